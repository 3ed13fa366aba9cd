/* What the calls of weft/migrate.h share: the handle, what the database says of each revision, and running a job. Private to
 * migrate. */
#ifndef WEFTI_MIGRATE_MIGRATE_H
#define WEFTI_MIGRATE_MIGRATE_H

#include "base/clock.h"
#include "base/text.h"
#include "base/thread.h"
#include "migrate/history.h"

typedef enum wefti_state { WEFTI_ABSENT, WEFTI_APPLIED, WEFTI_GOING_UP, WEFTI_GOING_DOWN } wefti_state;

/* What the table of versions says of a revision. */
typedef struct wefti_noted {
    wefti_state state;
    uint32_t steps;    /* done, where it is going up or down */
    bool begun;        /* and the next one was begun, outside of a transaction */
    uint64_t checksum; /* applied: of the text; going: of the steps that are done */
} wefti_noted;

/* Zero: not held. */
typedef struct wefti_lease {
    char owner[33];              /* who this process is; "": it has never had it */
    weft_connection *connection; /* of the thread that renews it */
    wefti_thread thread;
    wefti_atomic_u32 over; /* atomic */
} wefti_lease;

struct weft_migrate {
    weft_engine *engine;
    const wefti_migrate_dialect *dialect;
    weft_migrate_options options; /* texts copied */
    wefti_history history;
    const char *table, *lease_table; /* in SQL, quoted */
    int64_t key;                     /* of the lock */
    bool needs_leave;                /* the latest run was refused for a step that loses data */
    wefti_lease lease;
    bool pooled; /* the connection goes through a pooler, which may give each transaction to another process of the server */
    /* What was read last. One of these per revision. */
    wefti_noted *noted;
    bool *applied;
    wefti_arena read;          /* of the rest */
    wefti_name_list strangers; /* ids that the history lacks */
    weft_revision *told;
};

/* One revision, one way, from a step on. */
typedef struct wefti_job {
    size_t place;
    bool up;
    uint32_t step;
    bool begun;
} wefti_job;

/* ---- version.c ---- */

/* Reads the table of versions, if there is one. */
weft_status wefti_version_read(weft_migrate *m, weft_connection *connection, bool *there, weft_error *error);
/* The same under the lock; makes the table where it is missing. */
weft_status wefti_version_read_locked(weft_migrate *m, weft_connection *connection, weft_error *error);
/* The statement that makes the table. */
void wefti_version_add_table(const weft_migrate *m, wefti_text *sql);
weft_status wefti_version_create(weft_migrate *m, weft_connection *connection, weft_error *error);
/* What notes that a revision is in a state. */
void wefti_version_add_sql(const weft_migrate *m, wefti_text *sql, size_t place, wefti_state state, uint32_t steps, bool begun);
weft_status wefti_version_note(const weft_migrate *m, weft_connection *connection, size_t place, wefti_state state, uint32_t steps,
                               bool begun, weft_error *error);
/* Whether an applied one has another text now. */
bool wefti_version_edited(const weft_migrate *m, size_t place);

/* ---- apply.c ---- */

static inline const wefti_steps *wefti_steps_of(const weft_migrate *m, size_t place, bool up)
{
    const wefti_revision *r = &m->history.revisions[place];
    return up ? &r->up : &r->down;
}
/* The end of what runs together from a step on: in a transaction, or one step outside. */
uint32_t wefti_steps_together(const wefti_steps *steps, uint32_t from);
/* What a step calls; NULL: the program lacks it. */
weft_migration_step wefti_step_function(const weft_migrate *m, size_t place, const wefti_step *step);
/* Calls it; its operations are the caller's to run, and to free on an error, too. connection NULL: for a script. */
weft_status wefti_step_call(const weft_migrate *m, size_t place, const wefti_step *step, weft_connection *connection,
                            weft_ops **ops, weft_error *error);
/* Upgrades or downgrades. */
weft_status wefti_migrate_run(weft_migrate *m, const char *target, bool up, weft_error *error);
/* A connection for migrating, of whose transactions the caller knows. */
weft_status wefti_migrate_connect(weft_migrate *m, weft_connection **connection, weft_error *error);
weft_status wefti_migrate_no_engine(weft_error *error);
/* Waits a moment that differs from process to process; false: the deadline has passed. */
bool wefti_migrate_pause(wefti_deadline deadline);

/* ---- replay.c ---- */

/* A database in memory that has what the revisions before made: its tables, without rows. Zero: none. */
typedef struct wefti_replay {
    weft_engine *engine;
    weft_connection *connection;
} wefti_replay;
/* Runs what is in the set. WEFT_ERROR_UNSUPPORTED where a step in C is among it. */
weft_status wefti_replay_open(const weft_migrate *m, wefti_replay *replay, const bool *set, weft_error *error);
/* Runs a step there. The statements of one that builds a table anew, or is in C, are added to the text. */
weft_status wefti_replay_step(const weft_migrate *m, const wefti_replay *replay, const wefti_revision *revision,
                              const wefti_step *step, wefti_text *text, weft_error *error);
void wefti_replay_close(wefti_replay *replay);

/* ---- script.c ---- */

void wefti_script_add(wefti_text *text, const char *sql, bool destructive);
/* Gives the statements of a revision in C that has operations alone to emit. WEFT_ERROR_UNSUPPORTED for another one. */
weft_status wefti_script_operations(const weft_migrate *m, size_t place, const wefti_step *step,
                                    weft_status (*emit)(void *context, const char *sql, bool destructive, weft_error *error),
                                    void *context, weft_error *error);

/* ---- lock.c ---- */

/* By which one process migrates at a time. Zero: not held. */
typedef struct wefti_migrate_lock {
    bool session;
    int file;
    char *path;
} wefti_migrate_lock;
weft_status wefti_lock_take(weft_migrate *m, weft_connection *connection, bool outside, wefti_deadline deadline,
                            wefti_migrate_lock *lock, weft_error *error);
/* Within a transaction: its settings, and where only transactions can lock, the lock; WEFT_ERROR_BUSY: another one has it, or the
 * lease. */
weft_status wefti_lock_within(weft_migrate *m, weft_connection *connection, weft_error *error);
/* Of these settings how long its statements wait for locks. */
weft_status wefti_lock_patience(weft_migrate *m, weft_connection *connection, bool local, weft_error *error);
void wefti_lock_release(weft_migrate *m, weft_connection *connection, wefti_migrate_lock *lock);

/* ---- lease.c ---- */

/* WEFT_ERROR_BUSY where another process has it. */
weft_status wefti_lease_look(weft_migrate *m, weft_connection *connection, weft_error *error);
/* Takes it within the transaction that holds the lock, from whose commit on it is held; WEFT_ERROR_BUSY. */
weft_status wefti_lease_take(weft_migrate *m, weft_connection *connection, weft_error *error);
/* Renews it from now on. The caller ends it, after an error, too. */
weft_status wefti_lease_keep(weft_migrate *m, weft_error *error);
/* Within a transaction: nobody can take it before its end; WEFT_ERROR_BUSY where somebody has, or may have. */
weft_status wefti_lease_fence(weft_migrate *m, weft_connection *connection, weft_error *error);
/* Gives it back, where it is held. */
void wefti_lease_end(weft_migrate *m);

#endif
