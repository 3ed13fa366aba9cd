/* The unit of work, as the session sees it: relationships set in memory, and the flush that writes what changed. */
#ifndef WEFTI_UNIT_UNIT_H
#define WEFTI_UNIT_UNIT_H

#include "object/object.h"

/* Sets both sides of a relationship in memory and records what flush must do. how: +1, -1, 0 (assign). What must be known for that
 * and is not loaded is loaded. */
weft_status wefti_link(weft_session *session, wefti_object *object, const wefti_relation *relation, wefti_object *other, int how);

/* Writes every change. */
weft_status wefti_session_flush(weft_session *session);
/* Before a query: only what weft was told of since the last flush, so that its cost does not grow with the transaction. Writes
 * through older pointers wait for the next flush of all. */
weft_status wefti_session_flush_touched(weft_session *session);

#endif
