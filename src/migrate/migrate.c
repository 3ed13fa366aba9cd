/* The calls of weft/migrate.h that run no revision: the handle, stamping, telling what there is. */
#include "migrate/migrate.h"

#include "base/error.h"
#include "base/memory.h"
#include "engine/engine.h"

#include <string.h>

#define DEFAULT_LOCK_WAIT_MS 60000u

static void add_quoted(wefti_text *text, const char *name)
{
    wefti_text_add_char(text, '"');
    for (; *name != '\0'; name++) {
        if (*name == '"')
            wefti_text_add_char(text, '"');
        wefti_text_add_char(text, *name);
    }
    wefti_text_add_char(text, '"');
}

/* The table's name in SQL, and from it the lock's key: services that share a database have tables of their own. */
static weft_status name_table(weft_migrate *m, weft_error *error)
{
    const char *schema = m->options.version_schema, *table = m->options.version_table;
    wefti_text text;
    wefti_text_init(&text, 0);
    if (schema != NULL) {
        add_quoted(&text, schema);
        wefti_text_add_char(&text, '.');
    }
    add_quoted(&text, table != NULL ? table : "weft_version");
    if (!text.failed) {
        m->table = wefti_arena_strdup(&m->history.arena, text.data);
        m->lease_table = wefti_arena_printf(&m->history.arena, "%.*s_lease\"", (int)text.size - 1, text.data);
    }
    wefti_text_deinit(&text);
    if (m->table == NULL || m->lease_table == NULL)
        return wefti_error_memory(error);
    m->key = (int64_t)(wefti_checksum_add(WEFTI_CHECKSUM_START, m->table, strlen(m->table)) >> 1);
    return WEFT_OK;
}

static weft_status check_options(const weft_engine *engine, const weft_migrate_options *options,
                                 const wefti_migrate_dialect *dialect, weft_error *error)
{
    if (options == NULL || (engine == NULL && options->driver == NULL) ||
        (options->migrations == NULL && options->folder == NULL && options->folders == NULL))
        return wefti_error_set(error, WEFT_ERROR_MISUSE,
                               "weft_migrate_open needs an engine (or a .driver), and .migrations or a .folder");
    if (dialect == NULL)
        return wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "this database is not migrated by weft");
    if (options->schema != NULL && !dialect->schemas) {
        (void)wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "this database has no schemas, so that no tenant has one");
        wefti_error_hint(error, "each tenant has a file of its own there: name it in the URL");
        return WEFT_ERROR_UNSUPPORTED;
    }
    if (options->version_schema != NULL && !dialect->schemas)
        return wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "this database has no schemas: leave version_schema out");
    return WEFT_OK;
}

weft_status weft_migrate_open(weft_migrate **migrate, weft_engine *engine, const weft_migrate_options *options, weft_error *error)
{
    *migrate = NULL;
    const char *driver = engine != NULL ? engine->driver->dialect : options != NULL ? options->driver : NULL;
    const wefti_migrate_dialect *dialect = driver != NULL ? wefti_migrate_dialect_of(driver, strlen(driver)) : NULL;
    weft_status status = check_options(engine, options, dialect, error);
    if (status != WEFT_OK)
        return status;
    weft_migrate *m = wefti_calloc(1, sizeof *m);
    if (m == NULL)
        return wefti_error_memory(error);
    m->engine = engine;
    m->dialect = dialect;
    m->options = *options;
    if (m->options.version_schema == NULL)
        m->options.version_schema = m->options.schema;
    if (m->options.lock_wait_ms == 0)
        m->options.lock_wait_ms = DEFAULT_LOCK_WAIT_MS;
    wefti_arena_init(&m->read, 0);
    status = wefti_history_read(&m->history, dialect, options->migrations, options->folder, options->folders, error);
    if (status == WEFT_OK)
        status = name_table(m, error);
    if (status == WEFT_OK) {
        m->noted = wefti_arena_zalloc(&m->history.arena, (m->history.count + 1) * sizeof *m->noted);
        m->applied = wefti_arena_zalloc(&m->history.arena, m->history.count + 1);
        if (m->noted == NULL || m->applied == NULL)
            status = wefti_error_memory(error);
    }
    if (status != WEFT_OK) {
        weft_migrate_close(m);
        return status;
    }
    *migrate = m;
    return WEFT_OK;
}

void weft_migrate_close(weft_migrate *migrate)
{
    if (migrate == NULL)
        return;
    wefti_arena_deinit(&migrate->read);
    wefti_history_free(&migrate->history);
    wefti_free(migrate);
}

static weft_status given(const weft_migrate *migrate, const char *target, weft_error *error)
{
    if (migrate != NULL && target != NULL)
        return WEFT_OK;
    return wefti_error_set(error, WEFT_ERROR_MISUSE, migrate == NULL ? "the weft_migrate is NULL" : "the target is NULL");
}

weft_status weft_migrate_upgrade(weft_migrate *migrate, const char *target, weft_error *error)
{
    weft_status status = given(migrate, target, error);
    return status == WEFT_OK ? wefti_migrate_run(migrate, target, true, error) : status;
}

weft_status weft_migrate_downgrade(weft_migrate *migrate, const char *target, weft_error *error)
{
    weft_status status = given(migrate, target, error);
    return status == WEFT_OK ? wefti_migrate_run(migrate, target, false, error) : status;
}

bool weft_migrate_needs_leave(const weft_migrate *migrate) { return migrate != NULL && migrate->needs_leave; }

/* ---- stamping ---- */

static weft_status forget_strangers(weft_migrate *m, weft_connection *connection, bool purge, weft_error *error)
{
    weft_status status = WEFT_OK;
    if (m->strangers.count > 0 && !purge) {
        status = wefti_error_set(error, WEFT_ERROR_SCHEMA, "the database has revision %s, which the history lacks",
                                 m->strangers.items[0]);
        wefti_error_hint(error, "a newer program has migrated it; --purge, or purge, forgets it");
    }
    for (size_t i = 0; i < m->strangers.count && status == WEFT_OK; i++) {
        const char *sql = wefti_arena_printf(&m->read, "DELETE FROM %s WHERE revision = $1", m->table);
        status = sql != NULL ? weft_execute_text(connection, sql, weft_parameters(weft_value_text(m->strangers.items[i])), error)
                             : wefti_error_memory(error);
    }
    return status;
}

static weft_status stamp_within(weft_migrate *m, weft_connection *connection, const char *target, bool purge, weft_error *error)
{
    bool *wanted = wefti_arena_zalloc(&m->history.arena, m->history.count + 1);
    if (wanted == NULL)
        return wefti_error_memory(error);
    weft_status status = wefti_lock_within(m, connection, error);
    if (status == WEFT_OK)
        status = wefti_version_read_locked(m, connection, error);
    if (status == WEFT_OK)
        status = wefti_target_up(&m->history, m->applied, target, wanted, error);
    if (status == WEFT_OK)
        status = forget_strangers(m, connection, purge, error);
    for (size_t i = 0; i < m->history.count && status == WEFT_OK; i++) {
        if (wanted[i])
            status = wefti_version_note(m, connection, i, WEFTI_APPLIED, 0, false, error);
        else if (m->noted[i].state != WEFTI_ABSENT)
            status = wefti_version_note(m, connection, i, WEFTI_ABSENT, 0, false, error);
    }
    return status;
}

weft_status weft_migrate_stamp(weft_migrate *migrate, const char *target, bool purge, weft_error *error)
{
    weft_status status = given(migrate, target, error);
    if (status != WEFT_OK)
        return status;
    weft_connection *connection = NULL;
    wefti_migrate_lock lock;
    wefti_deadline deadline = wefti_deadline_after_ms(migrate->options.lock_wait_ms);
    status = wefti_migrate_connect(migrate, &connection, error);
    if (status != WEFT_OK) {
        weft_connection_close(connection);
        return status;
    }
    status = wefti_lock_take(migrate, connection, false, deadline, &lock, error);
    do {
        if (status == WEFT_OK || status == WEFT_ERROR_BUSY)
            status = wefti_connection_begin(connection, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, error);
        if (status == WEFT_OK)
            status = stamp_within(migrate, connection, target, purge, error);
        if (status == WEFT_OK)
            status = weft_connection_commit(connection, error);
        if (status != WEFT_OK)
            (void)weft_connection_rollback(connection, NULL);
    } while (status == WEFT_ERROR_BUSY && wefti_migrate_pause(deadline));
    wefti_lock_release(migrate, connection, &lock);
    weft_connection_close(connection);
    return status;
}

/* ---- telling ---- */

static weft_status read_notes(weft_migrate *m, weft_error *error)
{
    weft_connection *connection = NULL;
    bool there;
    if (m->engine == NULL)
        return wefti_migrate_no_engine(error);
    weft_status status = weft_engine_connect(m->engine, &connection, &(weft_connection_options){.autocommit = true}, error);
    if (status == WEFT_OK)
        status = wefti_version_read(m, connection, &there, error);
    weft_connection_close(connection);
    return status;
}

weft_status weft_migrate_history(weft_migrate *migrate, bool connect, const weft_revision **revisions, size_t *count,
                                 weft_error *error)
{
    static const char *const nobody[] = {NULL};
    *revisions = NULL;
    *count = 0;
    weft_status status = given(migrate, "", error);
    if (status == WEFT_OK && connect)
        status = read_notes(migrate, error);
    if (status != WEFT_OK)
        return status;
    if (!connect) {
        memset(migrate->noted, 0, migrate->history.count * sizeof *migrate->noted);
        wefti_arena_reset(&migrate->read);
        migrate->strangers = (wefti_name_list){0};
    }
    size_t all = migrate->history.count + migrate->strangers.count;
    weft_revision *told = wefti_arena_zalloc(&migrate->read, (all + 1) * sizeof *told);
    if (told == NULL)
        return wefti_error_memory(error);
    for (size_t i = 0; i < migrate->history.count; i++) {
        const wefti_revision *r = &migrate->history.revisions[i];
        const wefti_noted *noted = &migrate->noted[i];
        told[i] = (weft_revision){.migration = r->migration,
                                  .id = r->id,
                                  .file = r->migration->file,
                                  .parents = r->parents,
                                  .depends_on = r->depends_on,
                                  .labels = r->labels,
                                  .applied = noted->state == WEFTI_APPLIED,
                                  .head = r->head,
                                  .edited = wefti_version_edited(migrate, i),
                                  .interrupted = noted->state == WEFTI_GOING_UP || noted->state == WEFTI_GOING_DOWN,
                                  .steps = noted->steps};
    }
    for (size_t i = 0; i < migrate->strangers.count; i++)
        told[migrate->history.count + i] = (weft_revision){
            .id = migrate->strangers.items[i], .parents = nobody, .depends_on = nobody, .labels = nobody, .applied = true};
    *revisions = told;
    *count = all;
    return WEFT_OK;
}

weft_status weft_migrate_is_current(weft_migrate *migrate, bool *current, weft_error *error)
{
    *current = false;
    weft_status status = given(migrate, "", error);
    if (status == WEFT_OK)
        status = read_notes(migrate, error);
    if (status != WEFT_OK)
        return status;
    bool all = migrate->strangers.count == 0;
    for (size_t i = 0; i < migrate->history.count; i++)
        all &= migrate->noted[i].state == WEFTI_APPLIED && !wefti_version_edited(migrate, i);
    *current = all;
    return WEFT_OK;
}

weft_status weft_migrate_resolve(weft_migrate *migrate, const char *target, size_t *places, size_t *count, weft_error *error)
{
    *count = 0;
    weft_status status = given(migrate, target, error);
    bool counts =
        status == WEFT_OK && (strchr("+-", *target) != NULL || strstr(target, "@+") != NULL || strstr(target, "@-") != NULL);
    if (status == WEFT_OK && counts)
        status = read_notes(migrate, error);
    size_t *goals =
        status == WEFT_OK ? wefti_arena_alloc(&migrate->history.arena, (migrate->history.count * 2 + 2) * sizeof *goals) : NULL;
    if (status == WEFT_OK && goals == NULL)
        status = wefti_error_memory(error);
    if (status == WEFT_OK)
        status = wefti_target_goals(&migrate->history, counts ? migrate->applied : NULL, target, goals, count, error);
    if (status != WEFT_OK) {
        *count = 0;
        return status;
    }
    for (size_t i = 0; i < *count; i++)
        places[i] = goals[i];
    return WEFT_OK;
}
