/* One SELECT of a load: its rows become objects, and the relationships joined to it are filled in the same pass. */
#ifndef WEFTI_LOAD_STATEMENT_H
#define WEFTI_LOAD_STATEMENT_H

#include "load/fill.h"
#include "load/plan.h"

typedef struct wefti_load_statement {
    weft_session *session;
    wefti_arena *arena;             /* for what the statement needs while it runs */
    wefti_select select;            /* without joined loads: run adds them */
    const wefti_object_text *text;  /* instead of the select, whose table it is; the level joins nothing. NULL: none */
    const wefti_load_level *level;  /* of the select's own entity */
    const wefti_relation *owned_by; /* rows are others of this relationship: pairs are gathered, not objects */
    bool unwanted;                  /* neither is: the identity map is asked afterwards */
    uint64_t older;                 /* cohorts to refresh, see wefti_load_walk */
    bool repeats;                   /* after run: pairs may come several times (objects never do) */
    wefti_load_objects objects;
    wefti_load_pairs pairs;
    struct joined_loads *joined;   /* NULL: none */
    wefti_object *last_owner;      /* of the row before */
    struct strange_owner *strange; /* rows whose owner is spelt as none is, the last first; NULL: none */
} wefti_load_statement;

weft_status wefti_load_statement_run(wefti_load_statement *statement);
void wefti_load_statement_deinit(wefti_load_statement *statement);

#endif
