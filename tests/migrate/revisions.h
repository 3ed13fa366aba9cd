/* Revisions as texts, and a migration over them on an empty database of each kind. */
#ifndef TESTS_MIGRATE_REVISIONS_H
#define TESTS_MIGRATE_REVISIONS_H

#include "fixtures/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

/* A file of the folder. */
void revisions_write(const char *folder, const char *name, const char *text);
/* A new folder with these files: name, text, name, text, …, NULL. */
void revisions_folder(char folder[512], ...);

typedef struct migration {
    weft_engine *engine;
    weft_migrate *migrate;
    weft_error error;
} migration;

/* On the catalogue's database; fails the test where it cannot be opened. Options that say nothing of revisions get the folder. */
void migration_open(migration *m, const catalogue *c, const char *folder, weft_migrate_options options);
void migration_close(migration *m);

/* One call, on a migration of its own, of whose error message these are parts: NULL, NULL where it is to be WEFT_OK. */
typedef weft_status migration_call(weft_migrate *migrate, const char *target, weft_error *error);
void migration_does(const catalogue *c, const char *folder, migration_call *call, const char *target, weft_status wanted,
                    const char *message);
#define upgrades(c, folder, target) migration_does((c), (folder), weft_migrate_upgrade, (target), WEFT_OK, NULL)
#define downgrades(c, folder, target) migration_does((c), (folder), weft_migrate_downgrade, (target), WEFT_OK, NULL)
#define upgrade_fails(c, folder, target, status, message) \
    migration_does((c), (folder), weft_migrate_upgrade, (target), (status), (message))
#define downgrade_fails(c, folder, target, status, message) \
    migration_does((c), (folder), weft_migrate_downgrade, (target), (status), (message))
weft_status migration_stamp(weft_migrate *migrate, const char *target, weft_error *error);
#define stamps(c, folder, target) migration_does((c), (folder), migration_stamp, (target), WEFT_OK, NULL)

/* What is noted: "a1 applied 0, …" by id. */
void noted(const catalogue *c, const char *expected);
/* Whether a table is there. */
bool has_table(const catalogue *c, const char *table);

/* What makes the catalogue's database what the models want, as the parts of a file; freed with weft_free. */
char *draft_of(const catalogue *c, const char *folder, const weft_metadata *models, const weft_draft_options *options);
/* As the file id.sql of the folder; both texts are freed, and more may be NULL. */
void draft_write(const char *folder, const char *id, const char *parent, char *parts, char *more);
/* How many there are between models and database; they are printed. */
size_t draft_differences(const catalogue *c, const char *folder, const weft_metadata *models);
/* One call with leave to lose what is stored. */
void draft_moves(const catalogue *c, const char *folder, migration_call *call, const char *target);
/* Removes the file id.sql. */
void draft_forget(const char *folder, const char *id);

#endif
