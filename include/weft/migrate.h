/* Migrations: revisions of a schema in order, each applied once, under a lock. They come from files that people review, from C, or
 * from both; docs/migrations.md is the guide.
 *
 *     weft_migrate *migrate;
 *     if (weft_migrate_open(&migrate, engine, &(weft_migrate_options){ .folder = "migrations" }, &error) == WEFT_OK)
 *         weft_migrate_upgrade(migrate, "head", &error);
 *     weft_migrate_close(migrate);
 */
#ifndef WEFT_MIGRATE_H
#define WEFT_MIGRATE_H
#if defined(__GNUC__) && !defined(__clang__) /* what its macros make is the program's, wherever weft is installed */
#pragma GCC system_header
# 14 "<weft/migrate.h>"
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/schema.h>

WEFT_BEGIN_DECLS

/* A history, checked, and the database it is for. One thread at a time; any number may be open. */
typedef struct weft_migrate weft_migrate;

/* A step in C: puts operations into ops, which are run when it returns, and may work on the connection, which is in the revision's
 * transaction (or in none, with .no_transaction). It must neither commit nor roll back. It may be called again after the
 * transaction was rolled back: where a lock did not come, and where its operations build tables of SQLite anew
 * (weft_ops_rebuild_table), for which foreign keys are off from before the transaction until its end; references are looked at
 * before the commit. */
typedef weft_status (*weft_migration_step)(weft_ops *ops, weft_connection *connection, void *user, weft_error *error);

/* One revision as the program has it: a file's text, or functions. Constant data. */
typedef struct weft_migration {
    const char *id;             /* "1a2b3c4d": letters, digits and '_', at most 64; of a text NULL, or what it says */
    const char *message;
    const char *const *parents; /* ids, ends with NULL; NULL: a first one */
    const char *const *depends_on, *const *labels;
    const char *file;           /* what messages call the text */
    const char *text;           /* of a file, with its directives, which say all of the above; NULL: one in C */
    weft_migration_step up, down; /* called alone, or by "-- call up" and "-- call down"; down NULL: it cannot be undone */
    bool no_transaction;        /* of one in C: its operations run one by one, each committed by itself */
    bool operations_only;       /* of one in C: its functions put operations into the list and do nothing else. Scripts have them,
                                   for which they are called with a connection that is NULL */
} weft_migration;

/* Revisions of a program, in any order. */
typedef struct weft_migrations { const weft_migration *const *items; size_t count; } weft_migrations;
/* WEFT_MIGRATIONS(migrations, &first, &second); defines them under a name. */
#define WEFT_MIGRATIONS(name_, ...) \
    const weft_migrations name_ = { (const weft_migration *const[]){ __VA_ARGS__ }, \
                                    sizeof((const weft_migration *const[]){ __VA_ARGS__ }) / sizeof(const weft_migration *) }
/* A list of ids: .parents = weft_migration_ids("1a2b3c4d"). */
#define weft_migration_ids(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* What "-- call NAME" of a file runs. */
typedef struct weft_migration_call { const char *name; weft_migration_step step; } weft_migration_call;

/* What weft_migrate_draft is told. Zero: nothing. */
typedef struct weft_draft_options {
    const char *renames; /* as weft_schema_compare takes them; NULL: none */
    const char *driver;  /* "postgresql", "sqlite": writes the parts for this database, by what leads there on the other one */
} weft_draft_options;

typedef struct weft_migrate_options {
    const weft_migrations *migrations; /* of the program; may be NULL where a folder is given, and both may be given */
    const char *folder;                /* whose files *.sql are revisions */
    const char *const *folders;        /* more of them, one history with it; ends with NULL */
    const weft_migration_call *calls;  /* ends with one whose name is NULL */
    const char *driver;                /* "postgresql", "sqlite": where no engine is given, and nothing is asked or run */
    const weft_metadata *models;       /* for weft_migrate_diff and _draft; default: the engine's */
    const weft_naming *naming;         /* of .models that have no convention of their own; must stay as long as the weft_migrate */
    const char *ignored;               /* tables that are nobody's business there, those of models, too: names with commas
                                          between, in which '*' stands for any letters */
    const char *schema;                /* of one tenant: in which unqualified names of the revisions are, and no others; the table
                                          of versions is there, too, unless version_schema says another. PostgreSQL's */
    const char *version_table;         /* in which applied revisions are noted; default "weft_version". Through a pooler there may
                                          be another one of this name and "_lease" beside it */
    const char *version_schema;        /* of that table; PostgreSQL's. Must exist */
    uint32_t lock_wait_ms;             /* for others that migrate, or hold locks, to end; default 60,000 */
    uint32_t lock_timeout_ms;          /* how long one statement waits for a lock of PostgreSQL before all is rolled back and tried
                                          again; default half of the server's deadlock_timeout, so that where it and a request
                                          wait for each other it is not the request that fails. Not of statements without a
                                          transaction */
    bool one_transaction;              /* for all revisions, as far as steps without one allow; default: one each */
    bool allow_destructive;            /* runs steps that are marked so */
    /* Called before each statement, and with sql NULL where a revision begins. It must not use the database. */
    void (*on_step)(void *user, const weft_migration *migration, bool up, const char *sql);
    void *on_step_user;
    void *user; /* of steps in C */
    const char *tag; /* a text for steps in C, which weft_ops_tag gives them: the name of a release, say. weft does nothing by it */
} weft_migrate_options;

/* Reads the history and checks it: texts that do not parse, parents that are missing, ids and labels that stand twice, circles. It
 * connects to nothing. What it is given, except the folder, must live until the close; the engine, too, which may be NULL where
 * the options name a .driver: then what would connect is WEFT_ERROR_MISUSE. The caller ends *migrate
 * with weft_migrate_close; NULL on an error, which is WEFT_ERROR_DATA with file and line in its message, WEFT_ERROR_NOT_FOUND or
 * WEFT_ERROR_IO (the folder), WEFT_ERROR_MISUSE, WEFT_ERROR_UNSUPPORTED (a version_schema on SQLite) or WEFT_ERROR_NO_MEMORY. */
WEFT_API weft_status weft_migrate_open(weft_migrate **migrate, weft_engine *engine, const weft_migrate_options *options,
                                       weft_error *error);
/* NULL is allowed. */
WEFT_API void weft_migrate_close(weft_migrate *migrate);

/* Applies what the target needs and the database lacks, in order, each revision with its note in one transaction. Targets: "head",
 * "heads", "label@head", an id or a beginning that only one has, "+2" from where the database is, "id+1", "id-1". Nothing to do is
 * WEFT_OK. Any number of processes may call it at once: one works, the others wait for it. After an error the revisions before the
 * failing one stay applied, and of that one the steps before the last that runs without a transaction; the next call goes on
 * there, after a crash, too. WEFT_ERROR_SCHEMA where the database has a revision that the history lacks, or one whose text has been
 * edited since; WEFT_ERROR_NOT_FOUND, WEFT_ERROR_NOT_UNIQUE: the target; WEFT_ERROR_LOCK_TIMEOUT: .lock_wait_ms has passed;
 * WEFT_ERROR_UNSUPPORTED: a destructive step without leave, a step in C that the program lacks, a revision without a part for this
 * database. These are told before anything is run. */
WEFT_API weft_status weft_migrate_upgrade(weft_migrate *migrate, const char *target, weft_error *error);
/* Undoes what is applied beyond the target, the newest first: "base" for all, an id that stays, "-1" for the newest one,
 * "label@base". Fails as weft_migrate_upgrade does; WEFT_ERROR_UNSUPPORTED where one of them cannot be
 * undone, before any is. */
WEFT_API weft_status weft_migrate_downgrade(weft_migrate *migrate, const char *target, weft_error *error);
/* Whether the latest upgrade or downgrade was refused for a step that loses data, for want of .allow_destructive. */
WEFT_API bool weft_migrate_needs_leave(const weft_migrate *migrate);
/* Notes that the database is at the target ("base" and "heads" too; several with commas between: "a1, b1"), as its texts are now,
 * and runs nothing. purge: also forgets revisions that the history lacks, which are WEFT_ERROR_SCHEMA else. */
WEFT_API weft_status weft_migrate_stamp(weft_migrate *migrate, const char *target, bool purge, weft_error *error);
/* The same as a script for the database's own shell, whatever the table of versions says; connects to nothing, so targets from
 * where the database is are WEFT_ERROR_MISUSE. The caller frees *script with weft_free; NULL on an error. */
WEFT_API weft_status weft_migrate_stamp_script(weft_migrate *migrate, const char *target, bool purge, char **script,
                                               weft_error *error);
/* What upgrading from one target to the other would run, or downgrading where `to` is the older, as a script for the database's own
 * shell, version table and transactions included; connects to nothing. Where a table of SQLite is built anew the revisions before
 * are replayed in memory, to write what that takes. The caller frees *script with weft_free; NULL on an error.
 * Revisions in C are asked for their operations where they say .operations_only; WEFT_ERROR_UNSUPPORTED where another step in C is
 * among them, or to be replayed, and where operations build a table anew. */
WEFT_API weft_status weft_migrate_script(weft_migrate *migrate, const char *from, const char *to, char **script, weft_error *error);

/* A revision and what the database says of it. */
typedef struct weft_revision {
    const weft_migration *migration; /* NULL: the database has one that the history lacks */
    const char *id;
    const char *file;                /* NULL: none */
    const char *const *parents, *const *depends_on, *const *labels; /* end with NULL; never NULL themselves */
    bool applied;
    bool head;                       /* no other one has it as a parent */
    bool edited;                     /* its text is not the one that was applied */
    bool interrupted;                /* begun and not ended: steps says how many of its steps are done */
    uint32_t steps;
} weft_revision;
/* The revisions in order, first ones first, and behind them those that only the database has: an array which lives until the next
 * call or the close. Without .connect only the history is told. */
WEFT_API weft_status weft_migrate_history(weft_migrate *migrate, bool connect, const weft_revision **revisions, size_t *count,
                                          weft_error *error);
/* Whether every revision is applied as it is, and no other: for a server's start and its readiness. Changes nothing. */
WEFT_API weft_status weft_migrate_is_current(weft_migrate *migrate, bool *current, weft_error *error);
/* The revisions that a target stands for ("heads" may be several), as places in the array of weft_migrate_history. *places has room
 * for as many as there are. Connects only for "+1" and "-1". */
WEFT_API weft_status weft_migrate_resolve(weft_migrate *migrate, const char *target, size_t *places, size_t *count,
                                          weft_error *error);

/* One step of a revision, as it is read for the database. */
typedef struct weft_step {
    const char *sql;           /* a statement without its semicolon; of a call the name */
    const char *const *tokens; /* of the statement, as the database cuts it, without comments; ends with NULL. Of a call: none */
    int line, last_line;       /* in the file, where it begins and ends */
    bool call, no_transaction, destructive, rebuild; /* as the directives before it say */
    uint32_t transaction; /* those with one number are run in one transaction; outside of one each has its own number */
} weft_step;
/* A comment "-- lint: TEXT". It stands before a step or within it; step is the place of that one. */
typedef struct weft_lint_comment {
    const char *text;
    int line;
    bool whole;  /* it stands before the first part, and is said of all of the revision */
    size_t step; /* the count of the steps: nothing follows it */
} weft_lint_comment;
typedef struct weft_steps {
    const weft_step *items;
    size_t count;
    const weft_lint_comment *comments;
    size_t comment_count;
    bool present; /* there is a part for the database, be it empty; in C: there is a function */
} weft_steps;
/* What a revision does (up), or what undoes it, by its place in the array of weft_migrate_history: for tools that look it over
 * before it is run. Of a revision in C there are no steps. *steps lives until the close. Connects to nothing. WEFT_ERROR_MISUSE
 * where there is no such place, WEFT_ERROR_NO_MEMORY. */
WEFT_API weft_status weft_migrate_steps(weft_migrate *migrate, size_t place, bool up, weft_steps *steps, weft_error *error);

/* What leads from the database to the models: nothing where weft_ops_count is 0. The table of versions and .ignored ones are left
 * out. What stands under another name is a drop and an add unless renames says so (see weft_schema_compare); weft_ops_renames lists
 * what looks like a rename and was not told: ask before the list is used. The caller frees *ops with weft_ops_free; NULL on an
 * error: WEFT_ERROR_SCHEMA where the database is not at the head of the history, WEFT_ERROR_MISUSE without models or an engine, and
 * for renames of what is not there. Changes nothing. */
WEFT_API weft_status weft_migrate_diff(weft_migrate *migrate, const char *renames, weft_ops **ops, weft_error *error);
/* The same as text: the parts "-- up" and "-- down" of a revision for the database, empty where nothing differs. Steps that lose
 * what is stored are marked. With .driver the parts are for another database, which is not asked, and are marked so: what is
 * different on this one becomes what the models want there, and what is not is taken to be so there. The caller frees *text with
 * weft_free; NULL on an error, which are those of weft_migrate_diff and WEFT_ERROR_UNSUPPORTED for what cannot be said in a
 * file. options may be NULL. */
WEFT_API weft_status weft_migrate_draft(weft_migrate *migrate, const weft_draft_options *options, char **text, weft_error *error);

WEFT_END_DECLS

#endif
