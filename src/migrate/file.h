/* The text of one revision, read: its directives, and its steps for one database. Private to migrate. */
#ifndef WEFTI_MIGRATE_FILE_H
#define WEFTI_MIGRATE_FILE_H

#include "base/text.h"
#include "base/split.h"
#include "migrate/dialect.h"

#include <weft/migrate.h>

typedef struct wefti_step {
    bool call; /* sql is the name of a step in C */
    bool no_transaction, destructive;
    bool rebuild;  /* sql is a CREATE TABLE that says how a table shall be which is there */
    bool boundary; /* what comes after it needs its commit */
    int line;
    const char *sql;
} wefti_step;

typedef struct wefti_steps {
    wefti_step *items;
    size_t count;
    bool present; /* there is a part for the database, be it empty */
} wefti_steps;

/* "-- lint: TEXT" at the beginning of a line, of the head or of a part that is the database's. It is no directive: nothing that is
 * run depends on it. */
typedef struct wefti_lint_line {
    const char *text;
    int line;
    bool head, up;
} wefti_lint_line;

/* All of it lives in the arena it was read into, or in the program's constant data. */
typedef struct wefti_revision {
    const weft_migration *migration;
    const char *id, *file;                                          /* file: what messages call it */
    const char *const *parents, *const *depends_on, *const *labels; /* never NULL */
    int parents_line, depends_on_line;
    uint64_t checksum;
    wefti_steps up, down;
    wefti_lint_line *lint;
    size_t lint_count;
    /* history.c: */
    size_t *before; /* places of parents, then of what it depends on */
    size_t parent_count, before_count;
    bool head;
} wefti_revision;

/* Reads a text; WEFT_ERROR_DATA names file and line. name: the file. given: what the program says of it, whose id, if there is one,
 * must be the text's; NULL: nothing. */
weft_status wefti_file_read(const wefti_migrate_dialect *dialect, wefti_arena *arena, const char *name, const char *text,
                            size_t size, const weft_migration *given, wefti_revision *revision, weft_error *error);
/* Whether an id has the form of one. */
bool wefti_id_valid(const char *id);
/* Of the first steps of a revision in one direction: another text is another number. */
uint64_t wefti_steps_checksum(const wefti_steps *steps, size_t count);
uint64_t wefti_checksum_add(uint64_t sum, const void *data, size_t size);
#define WEFTI_CHECKSUM_START 0xcbf29ce484222325u

/* NULL-terminated lists in an arena; false: no memory. */
typedef struct wefti_name_list {
    const char **items;
    size_t count, capacity;
} wefti_name_list;
bool wefti_name_list_add(wefti_arena *arena, wefti_name_list *list, const char *name);

#endif
