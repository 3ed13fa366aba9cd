/* What scoped sees of the session. */
#ifndef WEFTI_ORM_SESSION_H
#define WEFTI_ORM_SESSION_H

#include <weft/session.h>

/* Rolls back what is open, returns the connection, frees objects and lists in bulk, drops deadline and sticky error; keeps memory
 * for the thread's next use. Owner thread only. */
void wefti_session_recycle(weft_session *session);
/* The session that stands for "no memory" (status NO_MEMORY) and one that stands for a closed registry (status CLOSED); static,
 * owned by nobody. */
weft_session *wefti_session_failed(weft_status status);

#endif
