/* All revisions of a program, put in order, and what targets mean among them. Private to migrate. */
#ifndef WEFTI_MIGRATE_HISTORY_H
#define WEFTI_MIGRATE_HISTORY_H

#include "migrate/file.h"

typedef struct wefti_history {
    const wefti_migrate_dialect *dialect;
    wefti_arena arena;
    wefti_revision *revisions; /* each behind those that it needs; const once read */
    size_t count, capacity;
} wefti_history;

/* Reads and checks; folder and folders may be NULL. On an error nothing is left to free. */
weft_status wefti_history_read(wefti_history *history, const wefti_migrate_dialect *dialect, const weft_migrations *migrations,
                               const char *folder, const char *const *folders, weft_error *error);
void wefti_history_free(wefti_history *history);
/* By its whole id; SIZE_MAX: there is none. */
size_t wefti_history_find(const wefti_history *history, const char *id);

/* What a text means, where applied says what the database has (one bool per revision; NULL: not known, and "+1" from there is
 * WEFT_ERROR_MISUSE). In sets there is one bool per revision, false before. */
/* The revisions themselves; none is "base". goals has room for all. */
weft_status wefti_target_goals(wefti_history *history, const bool *applied, const char *target, size_t *goals, size_t *count,
                               weft_error *error);
/* They and all that they need; several targets with commas between. */
weft_status wefti_target_up(wefti_history *history, const bool *applied, const char *target, bool *wanted, weft_error *error);
/* What is to be undone. */
weft_status wefti_target_down(wefti_history *history, const bool *applied, const char *target, bool *undone, weft_error *error);
/* Adds what the set needs. */
void wefti_history_close_over(const wefti_history *history, bool *set);

/* folder.c: calls with each file *.sql of a folder, in the order of their names. */
weft_status wefti_folder_read(const char *folder, wefti_arena *arena,
                              weft_status (*take)(void *user, const char *path, const char *text, size_t size, weft_error *error),
                              void *user, weft_error *error);

#endif
