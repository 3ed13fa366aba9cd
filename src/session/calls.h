/* What the files of session share. */
#ifndef WEFTI_SESSION_CALLS_H
#define WEFTI_SESSION_CALLS_H

#include "load/load.h"

enum { WEFTI_RELOAD_TOGETHER = 500 }; /* stale objects that are read again in one statement */

/* Flushes first where a pending change touches a table of the select or of its conditions, or one that the load (NULL: none)
 * reads. False: the session failed. */
bool wefti_session_autoflush(weft_session *session, const wefti_select *select, const wefti_load *load);
/* The same of a query whose tables are those that it names. */
bool wefti_session_autoflush_query(weft_session *session, const weft_rows_options *query);
/* The same before a lazy load, which reads nothing else. */
bool wefti_session_autoflush_lazy(weft_session *session, const wefti_load *load);

/* The same before columns of an object are read whose row may wait for a flush in an object of another model. */
bool wefti_session_autoflush_models(weft_session *session, const wefti_table *table);

/* One value into a variable, rows.c: whether there is one (nothing is entered yet); the row that it is; the only row into it, where
 * it is the only one. */
bool wefti_scalar_has_place(weft_session *session, const weft_attr *value, const void *out);
static inline weft_row_type wefti_scalar_row(const weft_attr *value)
{
    return (weft_row_type){.name = "scalar", .size = value->size, .fields = value, .field_count = 1};
}
weft_status wefti_scalar_take(weft_session *session, weft_list list, size_t size, void *out);

/* Counts a statement per object from a call site and reports it when there are many. what: a wefti_relation or a wefti_table. */
void wefti_session_site(weft_session *session, const void *what, bool is_relation, const char *file, int line);

#endif
