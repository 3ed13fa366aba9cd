/* What would be run, as a script for the database's shell, in the transactions in which it would be run. */
#include "migrate/migrate.h"

#include "base/error.h"
#include "base/memory.h"
#include "engine/schemas.h"
#include "schema/naming.h"

#include <string.h>

static void add_statement(wefti_text *text, const char *sql)
{
    wefti_text_add(text, sql);
    wefti_text_add(text, ";\n");
}

static void add_note(const weft_migrate *m, wefti_text *text, size_t place, wefti_state state, uint32_t steps, bool begun)
{
    wefti_version_add_sql(m, text, place, state, steps, begun);
    wefti_text_add(text, ";\n");
}

static weft_status refuse_call(const weft_migrate *m, size_t place, const char *why, const char *hint, weft_error *error)
{
    (void)wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "%s: %s", m->history.revisions[place].file, why);
    wefti_error_hint(error, "%s", hint);
    return WEFT_ERROR_UNSUPPORTED;
}

typedef struct emitting {
    weft_status (*emit)(void *context, const char *sql, bool destructive, weft_error *error);
    void *context;
    bool destructive;
} emitting;

static weft_status emit_one(void *context, const char *sql, weft_error *error)
{
    emitting *e = context;
    const bool destructive = e->destructive;
    e->destructive = false; /* the first statement of an operation is marked */
    return e->emit(e->context, sql, destructive, error);
}

weft_status wefti_script_operations(const weft_migrate *m, size_t place, const wefti_step *step,
                                    weft_status (*emit)(void *context, const char *sql, bool destructive, weft_error *error),
                                    void *context, weft_error *error)
{
    static const char hint[] = "leave this revision out of the range, and run it by the program";
    const weft_migration *migration = m->history.revisions[place].migration;
    const wefti_dialect *dialect = wefti_engine_dialect(m->dialect->name, error);
    emitting e = {emit, context, false};
    weft_ops *ops = NULL;
    if (!migration->operations_only || step->no_transaction || wefti_step_function(m, place, step) == NULL)
        return refuse_call(m, place, "a step in C cannot be written as SQL, unless it says .operations_only", hint, error);
    weft_status status = dialect != NULL ? wefti_step_call(m, place, step, NULL, &ops, error) : error->status;
    for (size_t i = 0; status == WEFT_OK && i < ops->list.count; i++) {
        e.destructive = weft_ops_is_destructive(ops, i);
        status = weft_ops_rebuilt(ops, i) != NULL
                     ? refuse_call(m, place, "operations that build a table anew cannot be written as a script", hint, error)
                     : wefti_op_render(wefti_dialect_ddl(dialect), &ops->list.items[i], emit_one, &e, error);
    }
    weft_ops_free(ops);
    return status;
}

void wefti_script_add(wefti_text *text, const char *sql, bool destructive)
{
    wefti_text_add(text, destructive ? "-- destructive\n" : "");
    add_statement(text, sql);
}

static weft_status add_operation(void *context, const char *sql, bool destructive, weft_error *error)
{
    (void)error;
    wefti_script_add(context, sql, destructive);
    return WEFT_OK;
}

static weft_status add_step(const weft_migrate *m, wefti_replay *replay, wefti_text *text, const wefti_revision *r,
                            const wefti_step *step, weft_error *error)
{
    if (step->call && replay == NULL)
        return wefti_script_operations(m, (size_t)(r - m->history.revisions), step, add_operation, text, error);
    if (step->rebuild)
        wefti_text_add(text, step->destructive ? "-- destructive\n" : "");
    else if (!step->call)
        wefti_script_add(text, step->sql, step->destructive);
    return replay != NULL ? wefti_replay_step(m, replay, r, step, text, error) : WEFT_OK;
}

static bool builds_anew(const wefti_steps *steps, uint32_t from, uint32_t to)
{
    for (; from < to; from++)
        if (steps->items[from].rebuild)
            return true;
    return false;
}

/* replay: what the database has before it, or NULL where no table is built anew. */
static weft_status add_revision(const weft_migrate *m, wefti_replay *replay, wefti_text *text, size_t place, bool up,
                                weft_error *error)
{
    const wefti_revision *r = &m->history.revisions[place];
    const wefti_steps *steps = wefti_steps_of(m, place, up);
    if (!steps->present)
        return wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "%s: there is no part \"-- %s\" for this database", r->file,
                               up ? "up" : "down");
    const char *message = r->migration->message != NULL ? r->migration->message : "";
    wefti_text_add_format(text, "\n-- %s %s%s%.*s\n", up ? "up" : "down", r->id, *message != '\0' ? ": " : "",
                          (int)strcspn(message, "\n"), message);
    wefti_state going = up ? WEFTI_GOING_UP : WEFTI_GOING_DOWN, ended = up ? WEFTI_APPLIED : WEFTI_ABSENT;
    weft_status status = WEFT_OK;
    for (uint32_t from = 0, first = 1; (first != 0 || from < steps->count) && status == WEFT_OK; first = 0) {
        uint32_t to = wefti_steps_together(steps, from);
        bool outside = from < steps->count && steps->items[from].no_transaction, all = to == steps->count;
        const bool anew = builds_anew(steps, from, to);
        if (!outside)
            wefti_text_add(text, anew ? m->dialect->script_anew_begin : m->dialect->script_begin);
        else
            add_note(m, text, place, going, from, true);
        for (; from < to && status == WEFT_OK; from++)
            status = add_step(m, replay, text, r, &steps->items[from], error);
        add_note(m, text, place, all ? ended : going, all ? 0 : to, false);
        if (!outside)
            wefti_text_add(text, anew ? m->dialect->script_anew_end : "COMMIT;\n");
    }
    return status;
}

static void add_schema(const weft_migrate *m, wefti_text *text)
{
    if (m->options.schema == NULL)
        return;
    wefti_text_add(text, m->dialect->schema_script);
    wefti_add_identifier(text, m->options.schema);
    wefti_text_add(text, ";\n");
}

/* Whether all of a is in b. */
static bool is_within(const bool *a, const bool *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i] && !b[i])
            return false;
    return true;
}

/* Whether anything between the two builds a table anew. */
static bool range_builds_anew(const weft_migrate *m, const bool *from, const bool *to)
{
    for (size_t i = 0; i < m->history.count; i++) {
        const wefti_steps *steps = wefti_steps_of(m, i, to[i]);
        if (from[i] != to[i] && builds_anew(steps, 0, (uint32_t)steps->count))
            return true;
    }
    return false;
}

static weft_status add_range(weft_migrate *m, wefti_text *text, const bool *from, const bool *to, weft_error *error)
{
    size_t count = m->history.count;
    weft_status status = WEFT_OK;
    const bool up = is_within(from, to, count);
    if (!up && !is_within(to, from, count))
        return wefti_error_set(error, WEFT_ERROR_NOT_FOUND,
                               "neither end of the range comes before the other: they are of two branches");
    wefti_replay replay = {0};
    const bool anew = range_builds_anew(m, from, to);
    if (anew)
        status = wefti_replay_open(m, &replay, from, error);
    for (size_t k = 0; k < count && status == WEFT_OK; k++) {
        const size_t i = up ? k : count - 1 - k;
        if (from[i] != to[i])
            status = add_revision(m, anew ? &replay : NULL, text, i, up, error);
    }
    wefti_replay_close(&replay);
    return status;
}

weft_status weft_migrate_stamp_script(weft_migrate *migrate, const char *target, bool purge, char **script, weft_error *error)
{
    *script = NULL;
    if (migrate == NULL || target == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_migrate_stamp_script needs a weft_migrate and a target");
    bool *wanted = wefti_arena_zalloc(&migrate->history.arena, migrate->history.count + 1);
    if (wanted == NULL)
        return wefti_error_memory(error);
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add_format(&text, "-- stamp %s, for %s: %s\n", target, migrate->dialect->name, migrate->dialect->shell);
    weft_status status = wefti_target_up(&migrate->history, NULL, target, wanted, error);
    add_schema(migrate, &text);
    wefti_text_add(&text, migrate->dialect->script_begin);
    wefti_version_add_table(migrate, &text);
    wefti_text_add(&text, ";\n");
    if (purge)
        wefti_text_add_format(&text, "DELETE FROM %s;\n", migrate->table);
    for (size_t i = 0; i < migrate->history.count; i++)
        add_note(migrate, &text, i, wanted[i] ? WEFTI_APPLIED : WEFTI_ABSENT, 0, false);
    wefti_text_add(&text, "COMMIT;\n");
    if (status == WEFT_OK && (*script = wefti_text_take(&text, NULL)) == NULL)
        status = wefti_error_memory(error);
    wefti_text_deinit(&text);
    return status;
}

weft_status weft_migrate_script(weft_migrate *migrate, const char *from, const char *to, char **script, weft_error *error)
{
    weft_error own;
    error = error != NULL ? error : &own;
    *script = NULL;
    if (migrate == NULL || from == NULL || to == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_migrate_script needs a weft_migrate and both ends of the range");
    size_t count = migrate->history.count;
    bool *have = wefti_arena_zalloc(&migrate->history.arena, count + 1),
         *want = wefti_arena_zalloc(&migrate->history.arena, count + 1);
    if (have == NULL || want == NULL)
        return wefti_error_memory(error);
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add_format(&text, "-- %s to %s, for %s: %s\n", from, to, migrate->dialect->name, migrate->dialect->shell);
    weft_status status = wefti_target_up(&migrate->history, NULL, from, have, error);
    if (status == WEFT_OK)
        status = wefti_target_up(&migrate->history, have, to, want, error);
    if (status == WEFT_OK) {
        add_schema(migrate, &text);
        wefti_version_add_table(migrate, &text);
        wefti_text_add(&text, ";\n");
        status = add_range(migrate, &text, have, want, error);
    }
    if (status == WEFT_OK && (*script = wefti_text_take(&text, NULL)) == NULL)
        status = wefti_error_memory(error);
    wefti_text_deinit(&text);
    return status;
}
