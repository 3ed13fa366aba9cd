/* Two revisions, of which the second is looked at, and the cases that several programs share. */
#ifndef WEFT_TESTS_LINT_LOOKED_H
#define WEFT_TESTS_LINT_LOOKED_H

#include "lint.h"

typedef struct looked {
    weft_migrate *migrate;
    weft_steps steps;
    lint l;
} looked;

/* before: statements of the first revision; text: what stands behind "-- up" of the second one. False: it does not parse, and
 * error says why. */
bool look(looked *made, const char *driver, const char *before, const char *text, weft_error *error);
void look_end(looked *made);
/* How often a rule is found and not allowed. */
size_t found(const looked *made, lint_id rule);

/* What can be seen of a statement in PostgreSQL. */
typedef enum lint_claim {
    NOTHING_SEEN,
    SCANS,     /* rows are read or written anew under a lock for which writers wait */
    EXCLUSIVE, /* nobody may use a table that is there */
    FAILS      /* the statement */
} lint_claim;

typedef struct lint_case {
    lint_id rule;
    const char *before; /* beside looked_tables; may be NULL */
    const char *bad, *good;
    lint_claim claim; /* the bad one does it, the good one does not */
} lint_case;

extern const char looked_tables[]; /* room, guest, a partitioned table: with PostgreSQL's words */
extern const char looked_rows[];
extern const lint_case looked_cases[];
extern const size_t looked_case_count;

#endif
