/* Running revisions. What runs together is one transaction with the note of how far it came: either both are there afterwards or
 * neither. Before a step that cannot run in one it is noted that it begins, so that after a crash somebody looks what became of
 * it. Each transaction reads the notes anew, for it is only then that nobody else writes them (on SQLite), and after a lock that
 * did not come it is begun again from what the database says. Where a table is built anew, foreign keys are off from before the
 * transaction to its end, and what refers to nothing is looked for before it is committed. */
#include "migrate/migrate.h"

#include "base/error.h"
#include "base/memory.h"
#include "engine/engine.h"
#include "engine/schemas.h"

#include <string.h>

#include <weft/migrate.h>

typedef struct run {
    weft_migrate *m;
    weft_connection *connection;
    const char *target;
    bool up;
    bool *set;   /* what is to be applied, or undone */
    size_t told; /* the revision that was told last, + 1; with its direction */
    bool told_up;
    const char *latest; /* the file of the revision that was run last */
    bool anew;          /* the next transaction builds tables anew */
    wefti_rebuilding rebuilding;
    weft_error *error;
} run;

uint32_t wefti_steps_together(const wefti_steps *steps, uint32_t from)
{
    uint32_t to = from;
    while (to < steps->count && !steps->items[to].no_transaction) {
        to++;
        if (steps->items[to - 1].boundary)
            return to;
    }
    return to == from && to < steps->count ? to + 1 : to;
}

weft_migration_step wefti_step_function(const weft_migrate *m, size_t place, const wefti_step *step)
{
    const weft_migration *migration = m->history.revisions[place].migration;
    if (strcmp(step->sql, "up") == 0 && migration->up != NULL)
        return migration->up;
    if (strcmp(step->sql, "down") == 0 && migration->down != NULL)
        return migration->down;
    for (const weft_migration_call *call = m->options.calls; call != NULL && call->name != NULL; call++)
        if (strcmp(call->name, step->sql) == 0)
            return call->step;
    return NULL;
}

/* ---- what is next ---- */

static bool next_job(const run *r, wefti_job *job)
{
    const weft_migrate *m = r->m;
    for (size_t i = m->history.count; i-- > 0;) {
        const wefti_noted *noted = &m->noted[i];
        bool down = noted->state == WEFTI_GOING_DOWN || (!r->up && noted->state == WEFTI_APPLIED && r->set[i]);
        if (down) {
            bool going = noted->state == WEFTI_GOING_DOWN;
            *job = (wefti_job){i, false, going ? noted->steps : 0, going && noted->begun};
            return true;
        }
    }
    for (size_t i = 0; r->up && i < m->history.count; i++) {
        const wefti_noted *noted = &m->noted[i];
        if (r->set[i] && noted->state != WEFTI_APPLIED) {
            bool going = noted->state == WEFTI_GOING_UP;
            *job = (wefti_job){i, true, going ? noted->steps : 0, going && noted->begun};
            return true;
        }
    }
    return false;
}

/* ---- before anything is run ---- */

static weft_status refuse(const run *r, size_t place, const wefti_step *step, weft_status status, const char *message,
                          const char *hint)
{
    const char *file = r->m->history.revisions[place].file;
    (void)wefti_error_set(r->error, status, "%s", message);
    if (step != NULL && step->line > 0)
        wefti_error_prefix(r->error, "%s:%d", file, step->line);
    else
        wefti_error_prefix(r->error, "%s", file);
    wefti_error_hint(r->error, "%s", hint);
    return status;
}

static weft_status check_steps(const run *r, size_t place, bool up)
{
    const weft_migrate *m = r->m;
    const wefti_steps *steps = wefti_steps_of(m, place, up);
    if (!steps->present && up)
        return refuse(r, place, NULL, WEFT_ERROR_UNSUPPORTED, "there is no part \"-- up\" for this database",
                      "where nothing is to be done there, say so by an empty part: \"-- up\" and the database's name");
    if (!steps->present)
        return refuse(r, place, NULL, WEFT_ERROR_UNSUPPORTED, "there is no part \"-- down\" for this database: it cannot be undone",
                      "write one; where nothing is to be done, an empty one");
    for (size_t i = 0; i < steps->count; i++) {
        const wefti_step *step = &steps->items[i];
        if (step->call && wefti_step_function(m, place, step) == NULL)
            return refuse(r, place, step, WEFT_ERROR_UNSUPPORTED, "this program has no step of that name",
                          "run the program that registers it: weft_migrate_options.calls");
        if (step->destructive && !m->options.allow_destructive) {
            r->m->needs_leave = true;
            return refuse(r, place, step, WEFT_ERROR_UNSUPPORTED, "this step destroys data, which was not allowed",
                          "read it, then allow it: --allow-destructive, or .allow_destructive");
        }
    }
    return WEFT_OK;
}

static weft_status check_notes(const run *r)
{
    const weft_migrate *m = r->m;
    if (m->strangers.count > 0) {
        (void)wefti_error_set(r->error, WEFT_ERROR_SCHEMA, "the database has revision %s, which the history lacks",
                              m->strangers.items[0]);
        wefti_error_hint(r->error,
                         "a newer program has migrated it: run that one, or fetch its files; weft stamp --purge forgets it");
        return WEFT_ERROR_SCHEMA;
    }
    for (size_t i = 0; i < m->history.count; i++)
        if (wefti_version_edited(m, i))
            return refuse(r, i, NULL, WEFT_ERROR_SCHEMA, "the text was edited since it was applied",
                          "put it back and write a new revision; or accept the new text: weft stamp");
    return WEFT_OK;
}

/* All that would be run, against what was read. *outside: some of it needs more than transactions. */
static weft_status check_plan(const run *r, bool *any, bool *outside)
{
    const weft_migrate *m = r->m;
    weft_status status = check_notes(r);
    *any = *outside = false;
    for (size_t i = 0; i < m->history.count && status == WEFT_OK; i++) {
        wefti_state state = m->noted[i].state;
        if (!r->up && r->set[i] && state == WEFTI_GOING_UP)
            status = refuse(r, i, NULL, WEFT_ERROR_UNSUPPORTED, "applying it was interrupted, so that it cannot be undone",
                            "upgrade first; its steps that are not done yet may be edited");
        bool down = state == WEFTI_GOING_DOWN || (!r->up && r->set[i] && state == WEFTI_APPLIED);
        bool up = r->up && r->set[i] && state != WEFTI_APPLIED;
        if (status == WEFT_OK && down)
            status = check_steps(r, i, false);
        if (status == WEFT_OK && up)
            status = check_steps(r, i, true);
        for (int way = 0; way < 2; way++) {
            const wefti_steps *steps = wefti_steps_of(m, i, way == 0);
            for (size_t s = 0; (way == 0 ? up : down) && s < steps->count && status == WEFT_OK; s++) {
                *outside |= steps->items[s].no_transaction;
                if (m->pooled && m->options.schema != NULL && steps->items[s].no_transaction)
                    status = refuse(r, i, &steps->items[s], WEFT_ERROR_UNSUPPORTED,
                                    "a step outside of a transaction cannot be run in a tenant's schema through a pooler",
                                    "give the server's own address to migrate");
            }
        }
        *any |= up || down;
    }
    return status;
}

static weft_status resolve(run *r)
{
    weft_migrate *m = r->m;
    memset(r->set, 0, m->history.count);
    return r->up ? wefti_target_up(&m->history, m->applied, r->target, r->set, r->error)
                 : wefti_target_down(&m->history, m->applied, r->target, r->set, r->error);
}

/* ---- steps ---- */

static void tell(run *r, const wefti_job *job, const char *sql)
{
    const weft_migrate *m = r->m;
    const weft_migration *migration = m->history.revisions[job->place].migration;
    if (m->options.on_step == NULL)
        return;
    if (r->told != job->place + 1 || r->told_up != job->up)
        m->options.on_step(m->options.on_step_user, migration, job->up, NULL);
    r->told = job->place + 1;
    r->told_up = job->up;
    if (sql != NULL)
        m->options.on_step(m->options.on_step_user, migration, job->up, sql);
}

static weft_status failed_at(const run *r, const wefti_job *job, const wefti_step *step, weft_status status)
{
    const char *file = r->m->history.revisions[job->place].file;
    if (status == WEFT_OK)
        return status;
    if (step->line > 0)
        wefti_error_prefix(r->error, "%s:%d", file, step->line);
    else
        wefti_error_prefix(r->error, "%s, %s", file, step->sql);
    return status;
}

weft_status wefti_step_call(const weft_migrate *m, size_t place, const wefti_step *step, weft_connection *connection,
                            weft_ops **ops, weft_error *error)
{
    const bool within = connection != NULL && weft_connection_in_transaction(connection);
    *ops = weft_ops_new();
    if (weft_ops_status(*ops, error) != WEFT_OK)
        return WEFT_ERROR_NO_MEMORY;
    (*ops)->tag = m->options.tag;
    wefti_error_clear(error); /* a step that fails may say nothing */
    weft_status status = wefti_step_function(m, place, step)(*ops, connection, m->options.user, error);
    if (status == WEFT_OK && connection != NULL && weft_connection_in_transaction(connection) != within)
        status = wefti_error_set(error, WEFT_ERROR_MISUSE, "a step in C began or ended the transaction, which is the revision's");
    if (status == WEFT_OK)
        status = weft_ops_status(*ops, error);
    if (status != WEFT_OK && error->status == WEFT_OK)
        (void)wefti_error_set(error, status, "the step in C failed: %s", weft_status_name(status));
    return status;
}

/* Foreign keys cannot be turned off any more: the transaction begins again without them. */
static weft_status begin_anew(run *r)
{
    r->anew = true;
    return wefti_error_set(r->error, WEFT_ERROR_BUSY, "a table is to be built anew, and foreign keys are on");
}

static weft_status run_call(run *r, const wefti_job *job, const wefti_step *step)
{
    weft_ops *ops;
    weft_status status = wefti_step_call(r->m, job->place, step, r->connection, &ops, r->error);
    if (status == WEFT_OK && wefti_ops_rebuild(ops, r->connection) && weft_connection_in_transaction(r->connection) &&
        !r->rebuilding.prepared)
        status = begin_anew(r);
    if (status == WEFT_OK)
        status = weft_ops_apply(ops, r->connection, r->error);
    weft_ops_free(ops);
    return status;
}

static weft_status run_statement(void *context, const char *sql, weft_error *error) { return wefti_ops_run(context, sql, error); }

static weft_status run_rebuild(run *r, const wefti_step *step)
{
    const wefti_migrate_dialect *dialect = r->m->dialect;
    wefti_table_text text;
    wefti_op op;
    weft_ops *ops = weft_ops_new();
    weft_status status = weft_ops_status(ops, r->error);
    if (status == WEFT_OK && !dialect->cut_table(&ops->list.arena, step->sql, &text))
        status = wefti_error_memory(r->error);
    if (status == WEFT_OK)
        status = dialect->rebuild(r->connection, &ops->list.arena, &text, &op, r->error);
    if (status == WEFT_OK) /* references are looked at in the end, for all that the transaction has done */
        status = wefti_op_render(wefti_dialect_ddl(r->m->engine->dialect), &op, run_statement, r->connection, r->error);
    weft_ops_free(ops);
    return status;
}

static weft_status run_step(run *r, const wefti_job *job, const wefti_step *step)
{
    tell(r, job, step->sql);
    weft_status status = step->call      ? run_call(r, job, step)
                         : step->rebuild ? run_rebuild(r, step)
                                         : wefti_ops_run(r->connection, step->sql, r->error);
    return failed_at(r, job, step, status);
}

/* ---- outside of a transaction ---- */

/* Something small in a transaction of its own, before whose end nobody takes the lease. Each statement of it sees what others have
 * done meanwhile, whatever the server's default. */
static weft_status fenced(run *r, weft_status (*body)(run *r, void *context, weft_error *error), void *context, weft_error *error)
{
    weft_migrate *m = r->m;
    weft_status status =
        wefti_connection_begin(r->connection, &(wefti_begin){.isolation = WEFTI_ISOLATION_READ_COMMITTED, .for_write = true},
                               WEFTI_NO_DEADLINE, error);
    if (status == WEFT_OK)
        status = wefti_lock_patience(m, r->connection, true, error);
    if (status == WEFT_OK)
        status = wefti_lease_fence(m, r->connection, error);
    if (status == WEFT_OK)
        status = body(r, context, error);
    if (status == WEFT_OK)
        status = weft_connection_commit(r->connection, error);
    if (status != WEFT_OK)
        (void)weft_connection_rollback(r->connection, NULL);
    return status;
}

typedef struct note {
    size_t place;
    wefti_state state;
    uint32_t steps;
    bool begun;
} note;

static weft_status write_note(run *r, void *context, weft_error *error)
{
    const note *n = context;
    return wefti_version_note(r->m, r->connection, n->place, n->state, n->steps, n->begun, error);
}

static weft_status note_outside(run *r, const note *what, weft_error *error)
{
    note own = *what;
    return r->m->pooled ? fenced(r, write_note, &own, error) : write_note(r, &own, error);
}

typedef struct look {
    wefti_arena *arena;
    const char *sql;
    bool begun;
    wefti_again again;
} look;

static weft_status look_for(run *r, void *context, weft_error *error)
{
    look *l = context;
    return r->m->dialect->look_again(r->connection, l->arena, l->sql, l->begun, &l->again, error);
}

/* What there is of a statement, and nothing broken of it. Through a pooler an index is dropped in a transaction, while no other
 * process can build one of its name. */
static weft_status look_outside(run *r, look *what, weft_error *error)
{
    return r->m->pooled ? fenced(r, look_for, what, error) : look_for(r, what, error);
}

/* After an error that the database answered, so that it was not done. */
static weft_status clean_up(run *r, const char *sql, const note *before, weft_status status)
{
    weft_error own = {0};
    const weft_status noted = note_outside(r, before, &own);
    if (r->m->pooled && noted == WEFT_ERROR_BUSY) { /* another one has the step, and has perhaps done it: that was the error */
        *r->error = own;
        return noted;
    }
    wefti_arena scratch;
    wefti_arena_init(&scratch, 0);
    if (sql != NULL)
        (void)look_outside(r, &(look){&scratch, sql, false, WEFTI_AGAIN_RUN}, NULL);
    wefti_arena_deinit(&scratch);
    return status;
}

/* A pooler speaks for itself with class 08, and knows no more than that the server is gone. */
static bool has_answered(const run *r)
{
    const char *state = r->error->sqlstate;
    return *state != '\0' ? strncmp(state, "08", 2) != 0 : r->m->dialect->lock_timeout_sql == NULL;
}

/* Through a pooler a setting would be the next one's. A function (sql NULL) sets its own where it changes tables. */
static weft_status be_patient_outside(const run *r, const char *sql)
{
    weft_migrate *m = r->m;
    if (m->pooled || m->dialect->no_lock_timeout_sql == NULL)
        return WEFT_OK;
    return sql != NULL && m->dialect->queues(sql)
               ? wefti_lock_patience(m, r->connection, false, r->error)
               : weft_execute_text(r->connection, m->dialect->no_lock_timeout_sql, NULL, r->error);
}

/* One statement, of which `done` were run before. */
static weft_status run_outside(run *r, const wefti_job *job, const wefti_step *step, const char *sql, uint32_t done, bool begun,
                               bool last)
{
    weft_migrate *m = r->m;
    wefti_state going = job->up ? WEFTI_GOING_UP : WEFTI_GOING_DOWN, ended = job->up ? WEFTI_APPLIED : WEFTI_ABSENT;
    look found = {&m->read, sql, begun, WEFTI_AGAIN_RUN};
    weft_status status = begun ? WEFT_OK : note_outside(r, &(note){job->place, going, done, true}, r->error);
    if (status == WEFT_OK)
        status = be_patient_outside(r, sql);
    if (status == WEFT_OK && sql != NULL)
        status = look_outside(r, &found, r->error);
    const bool runs = status == WEFT_OK && found.again == WEFTI_AGAIN_RUN;
    if (runs && sql != NULL) {
        tell(r, job, sql);
        status = weft_execute_text(r->connection, sql, NULL, r->error);
    } else if (runs) {
        status = run_step(r, job, step);
    }
    if (status != WEFT_OK) {
        (void)failed_at(r, job, step, sql == NULL ? WEFT_OK : status);
        return runs && has_answered(r) ? clean_up(r, sql, &(note){job->place, going, done, false}, status) : status;
    }
    return note_outside(r, &(note){job->place, last ? ended : going, last ? 0 : done + 1, false}, r->error);
}

/* A revision in C without a transaction: each of its operations by itself. */
static weft_status run_operations(run *r, const wefti_job *job, const wefti_step *step)
{
    weft_ops *ops;
    char *script = NULL;
    weft_status status = wefti_step_call(r->m, job->place, step, r->connection, &ops, r->error);
    if (status == WEFT_OK && wefti_ops_rebuild(ops, r->connection)) {
        status = wefti_error_set(r->error, WEFT_ERROR_UNSUPPORTED, "a table is built anew within a transaction only");
        wefti_error_hint(r->error, "leave .no_transaction out");
    }
    if (status == WEFT_OK)
        status = weft_ops_script(ops, r->m->dialect->name, &script, r->error);
    weft_ops_free(ops);
    if (status != WEFT_OK)
        return failed_at(r, job, step, status);
    const char *at = script;
    wefti_piece piece, ahead;
    bool more = wefti_split_next(r->m->dialect->cut, &at, &piece), ran = false;
    for (uint32_t done = 0; more && status == WEFT_OK; done++) {
        char *sql = wefti_strndup(piece.begin, (size_t)(piece.end - piece.begin));
        more = wefti_split_next(r->m->dialect->cut, &at, &ahead);
        if (sql == NULL)
            status = wefti_error_memory(r->error);
        else if (done >= job->step)
            status = run_outside(r, job, step, sql, done, job->begun && done == job->step, !more);
        ran |= done >= job->step;
        wefti_free(sql);
        piece = ahead;
    }
    if (status == WEFT_OK && !ran)
        status = note_outside(r, &(note){job->place, job->up ? WEFTI_APPLIED : WEFTI_ABSENT, 0, false}, r->error);
    weft_free(script);
    return status;
}

static weft_status run_job_outside(run *r, const wefti_job *job)
{
    const wefti_steps *steps = wefti_steps_of(r->m, job->place, job->up);
    const wefti_revision *revision = &r->m->history.revisions[job->place];
    tell(r, job, NULL);
    if (revision->migration->text == NULL)
        return run_operations(r, job, &steps->items[0]);
    const wefti_step *step = &steps->items[job->step];
    return run_outside(r, job, step, step->call ? NULL : step->sql, job->step, job->begun, job->step + 1 == steps->count);
}

/* ---- in a transaction ---- */

static bool is_outside(const run *r, const wefti_job *job)
{
    const wefti_revision *revision = &r->m->history.revisions[job->place];
    const wefti_steps *steps = wefti_steps_of(r->m, job->place, job->up);
    uint32_t step = revision->migration->text == NULL ? 0 : job->step;
    return step < steps->count && steps->items[step].no_transaction;
}

/* What runs together. *all: the revision is done with it. */
static weft_status run_job_within(run *r, const wefti_job *job, bool *all)
{
    weft_migrate *m = r->m;
    const wefti_steps *steps = wefti_steps_of(m, job->place, job->up);
    uint32_t end = wefti_steps_together(steps, job->step);
    weft_status status = WEFT_OK;
    for (uint32_t i = job->step; i < end && !r->rebuilding.prepared; i++)
        if (steps->items[i].rebuild)
            return begin_anew(r);
    r->latest = m->history.revisions[job->place].file;
    tell(r, job, NULL);
    for (uint32_t i = job->step; i < end && status == WEFT_OK; i++)
        status = run_step(r, job, &steps->items[i]);
    if (status != WEFT_OK)
        return status;
    *all = end == steps->count;
    wefti_state state = *all ? (job->up ? WEFTI_APPLIED : WEFTI_ABSENT) : job->up ? WEFTI_GOING_UP : WEFTI_GOING_DOWN;
    status = wefti_version_note(m, r->connection, job->place, state, *all ? 0 : end, false, r->error);
    m->noted[job->place] = (wefti_noted){state, *all ? 0 : end, false, m->noted[job->place].checksum};
    m->applied[job->place] = state == WEFTI_APPLIED || state == WEFTI_GOING_DOWN;
    return status;
}

typedef enum unit { UNIT_DONE, UNIT_MORE, UNIT_OUTSIDE } unit;

/* One transaction: as much as belongs together of what is next. */
static weft_status run_unit(run *r, unit *what)
{
    weft_migrate *m = r->m;
    wefti_job job;
    bool all = true;
    weft_status status = wefti_lock_within(m, r->connection, r->error);
    if (status == WEFT_OK)
        status = wefti_version_read_locked(m, r->connection, r->error);
    *what = UNIT_DONE;
    while (status == WEFT_OK && next_job(r, &job)) {
        *what = UNIT_MORE;
        if (is_outside(r, &job)) {
            *what = UNIT_OUTSIDE;
            if (m->pooled) /* the lock ends with this transaction */
                status = wefti_lease_take(m, r->connection, r->error);
            break;
        }
        status = run_job_within(r, &job, &all);
        if (!m->options.one_transaction || !all)
            break;
    }
    return status;
}

static bool is_worth_another_try(weft_status status)
{
    return status == WEFT_ERROR_LOCK_TIMEOUT || status == WEFT_ERROR_BUSY || status == WEFT_ERROR_SERIALIZATION ||
           status == WEFT_ERROR_DEADLOCK;
}

/* One transaction, which has ended afterwards. */
static weft_status run_whole(run *r, unit *what)
{
    int64_t orphans = 0;
    weft_status status = wefti_connection_begin(r->connection, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, r->error);
    if (status == WEFT_OK && r->rebuilding.prepared)
        status = wefti_rebuilding_count(r->connection, &orphans, r->error);
    if (status == WEFT_OK)
        status = run_unit(r, what);
    if (status == WEFT_OK && r->rebuilding.prepared) {
        status = wefti_rebuilding_check(r->connection, orphans, r->error);
        if (status != WEFT_OK && r->latest != NULL)
            wefti_error_prefix(r->error, "%s", r->latest);
    }
    if (status == WEFT_OK)
        status = weft_connection_commit(r->connection, r->error);
    if (status != WEFT_OK)
        (void)weft_connection_rollback(r->connection, NULL);
    return status;
}

static weft_status run_transaction(run *r, unit *what)
{
    wefti_deadline deadline = wefti_deadline_after_ms(r->m->options.lock_wait_ms);
    for (;;) {
        *r->error = (weft_error){0};
        const bool anew = r->anew;
        weft_status status = anew ? wefti_rebuilding_prepare(&r->rebuilding, r->connection, r->error) : WEFT_OK;
        if (status == WEFT_OK)
            status = run_whole(r, what);
        weft_status settled = wefti_rebuilding_settle(&r->rebuilding, r->connection, status == WEFT_OK ? r->error : NULL);
        if (status == WEFT_OK) {
            r->anew = false;
            return settled;
        }
        if (r->anew != anew)
            continue;
        r->told = 0;
        if (!is_worth_another_try(status) || !wefti_migrate_pause(deadline))
            return status;
    }
}

/* What run_unit found, and took the lease for. */
static weft_status run_leased(run *r)
{
    wefti_job job;
    *r->error = (weft_error){0};
    weft_status status = wefti_lease_keep(r->m, r->error);
    if (status == WEFT_OK && next_job(r, &job) && is_outside(r, &job))
        status = run_job_outside(r, &job);
    wefti_lease_end(r->m);
    return status;
}

/* The time of waiting is that of each step: it begins when the step has failed for the first time. */
static void wait_anew(const run *r, weft_status status, const wefti_job *job, wefti_job *failed, wefti_deadline *deadline)
{
    if (status == WEFT_OK || (failed->place == job->place && failed->up == job->up && failed->step == job->step))
        return;
    *failed = *job;
    *deadline = wefti_deadline_after_ms(r->m->options.lock_wait_ms);
}

static weft_status run_all(run *r)
{
    wefti_deadline deadline = wefti_deadline_after_ms(r->m->options.lock_wait_ms);
    wefti_job failed = {.place = SIZE_MAX};
    weft_status status = WEFT_OK;
    for (unit what = UNIT_MORE; what != UNIT_DONE && status == WEFT_OK;) {
        status = run_transaction(r, &what);
        if (status != WEFT_OK || what != UNIT_OUTSIDE)
            continue;
        wefti_job job = {.place = SIZE_MAX};
        bool there;
        if (r->m->pooled) {
            (void)next_job(r, &job);
            status = run_leased(r);
            wait_anew(r, status, &job, &failed, &deadline);
            if (is_worth_another_try(status) && wefti_migrate_pause(deadline))
                status = WEFT_OK; /* from what the database says then */
            continue;
        }
        do {
            *r->error = (weft_error){0};
            status = wefti_version_read(r->m, r->connection, &there, r->error);
            if (status == WEFT_OK && next_job(r, &job) && is_outside(r, &job))
                status = run_job_outside(r, &job);
            wait_anew(r, status, &job, &failed, &deadline);
        } while (is_worth_another_try(status) && wefti_migrate_pause(deadline));
    }
    return status;
}

/* ---- the whole ---- */

weft_status wefti_migrate_no_engine(weft_error *error)
{
    return wefti_error_set(error, WEFT_ERROR_MISUSE, "this weft_migrate was opened without an engine: it asks no database");
}

/* Whether the server's process is the one that the login told. */
static weft_status ask_process(weft_migrate *m, weft_connection *connection, weft_error *error)
{
    weft_result *rows;
    int64_t process = 0;
    m->pooled = false;
    if (m->dialect->process_sql == NULL || m->engine->driver->server_process == NULL)
        return WEFT_OK;
    weft_status status = weft_connection_query(connection, m->dialect->process_sql, NULL, &rows, error);
    if (status == WEFT_OK && weft_result_next(rows, NULL) && weft_result_int64(rows, 0, &process) && connection->dbc != NULL)
        m->pooled = process != m->engine->driver->server_process(connection->dbc);
    weft_result_close(rows);
    return status;
}

static weft_status set_schema(const weft_migrate *m, weft_connection *connection, weft_error *error)
{
    weft_result *rows;
    const weft_values *const schema = weft_parameters(weft_value_text(m->options.schema));
    weft_status status = weft_connection_query(connection, m->dialect->schema_sql, schema, &rows, error);
    if (status != WEFT_OK)
        return status;
    const bool there = weft_result_next(rows, error);
    weft_result_close(rows);
    if (!there) {
        status = wefti_error_set(error, WEFT_ERROR_NOT_FOUND, "there is no schema \"%s\"", m->options.schema);
        wefti_error_hint(error, "create the tenant's schema before it is migrated");
        return status;
    }
    return m->pooled ? WEFT_OK
                     : weft_execute_text(connection, m->dialect->schema_set_sql,
                                         weft_parameters(weft_value_text(m->options.schema), weft_value_bool(false)), error);
}

weft_status wefti_migrate_connect(weft_migrate *m, weft_connection **connection, weft_error *error)
{
    *connection = NULL;
    if (m->engine == NULL)
        return wefti_migrate_no_engine(error);
    weft_status status =
        weft_engine_connect(m->engine, connection, &(weft_connection_options){.timeout_ms = WEFT_NONE, .autocommit = true}, error);
    if (status == WEFT_OK && m->dialect->keeps_connection)
        status = weft_connection_detach(*connection, error);
    if (status == WEFT_OK)
        status = ask_process(m, *connection, error);
    if (status == WEFT_OK && m->options.schema != NULL)
        status = set_schema(m, *connection, error);
    for (size_t i = 0; status == WEFT_OK && !m->pooled && m->dialect->settings[i] != NULL; i++)
        status = weft_execute_text(*connection, m->dialect->settings[i], weft_parameters(weft_value_bool(false)), error);
    return status;
}

/* The first revision meets what it is to make: somebody has given a database that is there a history. */
static void hint_of_first(const run *r, weft_status status)
{
    const weft_migrate *m = r->m;
    bool first = r->up && *r->error->hint == '\0' &&
                 (*r->error->sqlstate != '\0' ? wefti_driver_means(m->engine->driver, r->error, WEFTI_MEANS_NAME_TAKEN)
                                              : status == WEFT_ERROR_SQL);
    for (size_t i = 0; i < m->history.count; i++)
        first = first && m->noted[i].state == WEFTI_ABSENT;
    if (first)
        wefti_error_hint(r->error, "if its tables were made before it had a history, note so, and nothing is run: weft stamp");
}

weft_status wefti_migrate_run(weft_migrate *m, const char *target, bool up, weft_error *error)
{
    weft_error own;
    run r = {.m = m, .target = target, .up = up, .error = error != NULL ? error : &own};
    *r.error = (weft_error){0};
    m->needs_leave = false;
    r.set = wefti_arena_zalloc(&m->history.arena, m->history.count + 1);
    if (r.set == NULL)
        return wefti_error_memory(error);
    bool there, any = false, outside = false;
    weft_status status = wefti_migrate_connect(m, &r.connection, r.error);
    if (status == WEFT_OK)
        status = wefti_version_read(m, r.connection, &there, r.error);
    if (status == WEFT_OK)
        status = resolve(&r);
    if (status == WEFT_OK)
        status = check_plan(&r, &any, &outside);
    if (status == WEFT_OK && any) {
        wefti_migrate_lock lock;
        status = wefti_lock_take(m, r.connection, outside, wefti_deadline_after_ms(m->options.lock_wait_ms), &lock, r.error);
        if (status == WEFT_OK) /* others may have worked meanwhile */
            status = wefti_version_read(m, r.connection, &there, r.error);
        if (status == WEFT_OK)
            status = check_plan(&r, &any, &outside);
        if (status == WEFT_OK && any) {
            status = run_all(&r);
            if (status != WEFT_OK)
                hint_of_first(&r, status);
        }
        wefti_lock_release(m, r.connection, &lock);
    }
    weft_connection_close(r.connection);
    return status;
}
