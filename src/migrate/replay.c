/* The history in memory: for scripts, in which a table is built anew by what it has at that point. Only what changes the schema is
 * run, for rows are not there, and a statement about them may fail for want of others. */
#include "migrate/migrate.h"

#include "base/error.h"
#include "engine/schemas.h"

#include <string.h>

#include <weft/engine.h>

static bool changes_schema(const wefti_migrate_dialect *dialect, const char *sql)
{
    static const char *const words[] = {"CREATE", "ALTER", "DROP"};
    wefti_piece piece;
    if (!wefti_split_next(dialect->cut, &sql, &piece))
        return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(piece.words[0], words[i]) == 0)
            return true;
    return false;
}

static weft_status add_statement(void *context, const char *sql, weft_error *error)
{
    (void)error;
    wefti_text_add_format(context, "%s;\n", sql);
    return WEFT_OK;
}

static weft_status rebuild(const weft_migrate *m, const wefti_replay *replay, const wefti_step *step, wefti_text *text,
                           weft_error *error)
{
    wefti_table_text table;
    wefti_op op;
    weft_ops *ops = weft_ops_new();
    weft_status status = weft_ops_status(ops, error);
    if (status == WEFT_OK && !m->dialect->cut_table(&ops->list.arena, step->sql, &table))
        status = wefti_error_memory(error);
    if (status == WEFT_OK)
        status = m->dialect->rebuild(replay->connection, &ops->list.arena, &table, &op, error);
    if (status == WEFT_OK) {
        wefti_ops_add(&ops->list, &op);
        status = wefti_ops_render(wefti_dialect_ddl(replay->engine->dialect), &ops->list, add_statement, text, error);
    }
    if (status == WEFT_OK)
        status = weft_ops_apply(ops, replay->connection, error);
    weft_ops_free(ops);
    return status;
}

static weft_status replay_statement(const weft_migrate *m, const wefti_replay *replay, const char *sql, weft_error *error)
{
    return changes_schema(m->dialect, sql) ? weft_execute_text(replay->connection, sql, NULL, error) : WEFT_OK;
}

typedef struct replaying {
    const weft_migrate *m;
    const wefti_replay *replay;
    wefti_text *text;
} replaying;

static weft_status replay_operation(void *context, const char *sql, bool destructive, weft_error *error)
{
    const replaying *one = context;
    wefti_script_add(one->text, sql, destructive);
    return replay_statement(one->m, one->replay, sql, error);
}

weft_status wefti_replay_step(const weft_migrate *m, const wefti_replay *replay, const wefti_revision *revision,
                              const wefti_step *step, wefti_text *text, weft_error *error)
{
    weft_status status = WEFT_OK;
    replaying one = {m, replay, text};
    if (step->call && !revision->migration->operations_only) {
        (void)wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "%s: a step in C cannot be replayed in memory", revision->file);
        wefti_error_hint(error, "a later revision builds a table anew, which takes what the table has then: run it by the program");
        return WEFT_ERROR_UNSUPPORTED;
    }
    if (step->call)
        status = wefti_script_operations(m, (size_t)(revision - m->history.revisions), step, replay_operation, &one, error);
    else if (step->rebuild)
        status = rebuild(m, replay, step, text, error);
    else
        status = replay_statement(m, replay, step->sql, error);
    if (status != WEFT_OK)
        wefti_error_prefix(error, "%s:%d, in memory", revision->file, step->line);
    return status;
}

weft_status wefti_replay_open(const weft_migrate *m, wefti_replay *replay, const bool *set, weft_error *error)
{
    wefti_text ignored;
    wefti_text_init(&ignored, 0);
    weft_status status =
        weft_engine_open(&replay->engine, m->dialect->replay_url, &(weft_engine_options){.pool = {.size = 1}}, error);
    if (status == WEFT_OK)
        status = weft_engine_connect(replay->engine, &replay->connection, &(weft_connection_options){.autocommit = true}, error);
    for (size_t i = 0; i < m->history.count && status == WEFT_OK; i++)
        for (size_t s = 0; set[i] && s < m->history.revisions[i].up.count && status == WEFT_OK; s++)
            status = wefti_replay_step(m, replay, &m->history.revisions[i], &m->history.revisions[i].up.items[s], &ignored, error);
    wefti_text_deinit(&ignored);
    return status;
}

void wefti_replay_close(wefti_replay *replay)
{
    weft_connection_close(replay->connection);
    weft_engine_close(replay->engine);
    *replay = (wefti_replay){0};
}
