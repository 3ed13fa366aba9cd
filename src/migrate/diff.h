/* The models against the database. Private to migrate. */
#ifndef WEFTI_MIGRATE_DIFF_H
#define WEFTI_MIGRATE_DIFF_H

#include "engine/schemas.h"
#include "migrate/migrate.h"

typedef struct wefti_diff {
    weft_schema *wanted, *found;
    weft_ops *up, *down; /* down: what undoes up */
} wefti_diff;

/* Asks the database. What it holds, whatever the outcome, wefti_diff_free frees. */
weft_status wefti_diff_read(weft_migrate *m, const char *renames, wefti_diff *diff, weft_error *error);
void wefti_diff_free(wefti_diff *diff);
/* Both ways, of schemas that are there; the engine, which may be NULL, is asked how texts are read. */
weft_status wefti_diff_compare(weft_engine *engine, wefti_diff *diff, const char *renames, weft_error *error);
/* The parts of a file; compared: with the database itself. */
weft_status wefti_diff_write(const wefti_migrate_dialect *dialect, const wefti_diff *diff, bool compared, wefti_text *text,
                             weft_error *error);
/* What models want, for a database of this name. */
weft_status wefti_diff_wanted(const weft_migrate *m, const char *driver, weft_schema **wanted, weft_error *error);

/* translate.c: the found schema as another database would have it, of which it is given what models want. cast: the sign of
 * casts in the words of the one that was asked, or NULL. */
weft_status wefti_diff_translate(const wefti_diff *diff, const weft_schema *wanted, const char *cast, weft_schema **found,
                                 weft_error *error);

#endif
