/* Loading strategies: how relationships get from the database into objects.
 *
 * A load is planned first and run then, so that its caller can see to it that what it will read has been written. */
#ifndef WEFTI_LOAD_LOAD_H
#define WEFTI_LOAD_LOAD_H

#include "object/link.h"

typedef struct wefti_load_node wefti_load_node;

/* The relationships of the objects at one place of the plan. */
typedef struct wefti_load_level {
    wefti_load_node *nodes;
    uint64_t raise;           /* relationships that weft_lazy must refuse: bit = wefti_relation.index */
    const uint64_t *left_out; /* columns that are not loaded, as of wefti_select */
    bool only;                /* weft_load_only was among them */
    bool names_columns;       /* loaders have said so: objects that are there get the others, too */
} wefti_load_level;

typedef struct wefti_load {
    weft_session *session;
    wefti_arena arena;
    wefti_load_level level; /* of the objects that are asked for */
    bool planned;           /* there are loaders or defaults */
} wefti_load;

/* Whether the model of a table asks for relationships to be loaded with it. */
bool wefti_load_has_defaults(const wefti_table *table);

/* Plans what loaders (NULL: none) and models say for objects of a table. Where it fails, the session does. To be ended in any
 * case. */
weft_status wefti_load_begin(wefti_load *load, weft_session *session, const wefti_table *table, const weft_loader *loaders);
/* The same for one relationship of objects that are there. */
weft_status wefti_load_begin_lazy(wefti_load *load, weft_session *session, const wefti_relation *relation);
/* Whether a pending change touches a table that the plan reads. */
bool wefti_load_reads_dirty(const wefti_load *load);
void wefti_load_end(wefti_load *load);

/* Runs a query with its plan; the objects of entity 0 in row order without repeats go to list. refresh: objects that are there are
 * read again. text: the rows are its, after the flush, and select says the table alone; what is to be joined is loaded after it. */
weft_status wefti_load_query(wefti_load *load, const wefti_select *select, const wefti_object_text *text, bool refresh,
                             weft_list *list);
/* Loads what the plan says for these objects of its table; NULL among them are passed over. */
weft_status wefti_load_present(wefti_load *load, wefti_object *const *objects, size_t count);
/* Loads the plan's one relationship for a persistent object and those of its cohort, or alone. */
weft_status wefti_load_lazy(wefti_load *load, wefti_object *object, bool alone);

/* The relationship of an object without a row: nothing in the database belongs to it; what it refers to may be in memory. */
weft_status wefti_load_pending(weft_session *session, wefti_object *object, const wefti_relation *relation);
/* Loads a relationship in the middle of a change, whatever the model says about lazy loads: flushes nothing. */
weft_status wefti_load_needed(weft_session *session, wefti_object *object, const wefti_relation *relation);
/* Loads what a cascade must know, and nothing more. */
weft_status wefti_load_cascade(weft_session *session, const wefti_relation *relation, wefti_object *const *objects, size_t count);

#endif
