#include "revisions.h"

#include <sys/stat.h>

void revisions_write(const char *folder, const char *name, const char *text)
{
    char path[640];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        fail_msg("cannot write %s", path);
}

void revisions_folder(char folder[512], ...)
{
    test_path_new(folder, 512, "migrations");
    if (mkdir(folder, 0700) != 0)
        fail_msg("cannot make %s", folder);
    va_list files;
    va_start(files, folder);
    for (const char *name = va_arg(files, const char *); name != NULL; name = va_arg(files, const char *))
        revisions_write(folder, name, va_arg(files, const char *));
    va_end(files);
}

void migration_open(migration *m, const catalogue *c, const char *folder, weft_migrate_options options)
{
    memset(m, 0, sizeof *m);
    if (options.migrations == NULL && options.folder == NULL)
        options.folder = folder;
    weft_engine_options of_engine = {.pool = {.size = 2}};
    if (weft_engine_open(&m->engine, c->database.url, &of_engine, &m->error) != WEFT_OK ||
        weft_migrate_open(&m->migrate, m->engine, &options, &m->error) != WEFT_OK)
        fail_msg("%s: %s", weft_status_name(m->error.status), m->error.message);
}

void migration_close(migration *m)
{
    weft_migrate_close(m->migrate);
    weft_engine_close(m->engine);
}

weft_status migration_stamp(weft_migrate *migrate, const char *target, weft_error *error)
{
    return weft_migrate_stamp(migrate, target, false, error);
}

void migration_does(const catalogue *c, const char *folder, migration_call *call, const char *target, weft_status wanted,
                    const char *message)
{
    migration m;
    migration_open(&m, c, folder, (weft_migrate_options){.lock_wait_ms = 20000});
    weft_status status = call(m.migrate, target, &m.error);
    if (status != wanted || (message != NULL && strstr(m.error.message, message) == NULL))
        fail_msg("%s: %s (%s), instead of %s: %s", weft_status_name(status), m.error.message, m.error.hint,
                 weft_status_name(wanted), message != NULL ? message : "");
    migration_close(&m);
}

void noted(const catalogue *c, const char *expected)
{
    shows(c, "SELECT revision || ' ' || state || ' ' || steps || ' ' || begun FROM weft_version ORDER BY revision", expected);
}

bool has_table(const catalogue *c, const char *table)
{
    char sql[256];
    snprintf(sql, sizeof sql,
             c->postgres ? "SELECT (to_regclass('%s') IS NOT NULL)::int" : "SELECT count(*) FROM sqlite_schema WHERE name = '%s'",
             table);
    return test_database_integer(&c->database, sql) == 1;
}

/* ---- drafts ---- */

char *draft_of(const catalogue *c, const char *folder, const weft_metadata *models, const weft_draft_options *options)
{
    migration m;
    char *text;
    migration_open(&m, c, folder, (weft_migrate_options){.folder = folder, .models = models});
    if (weft_migrate_draft(m.migrate, options, &text, &m.error) != WEFT_OK)
        fail_msg("%s (%s)", m.error.message, m.error.hint);
    migration_close(&m);
    return text;
}

/* As a file of the folder; the text is freed. */
void draft_write(const char *folder, const char *id, const char *parent, char *parts, char *more)
{
    char name[40];
    wefti_text file;
    wefti_text_init(&file, 0);
    wefti_text_add_format(&file, "-- revision: %s\n-- parents: %s\n%s%s", id, parent, parts, more != NULL ? more : "");
    snprintf(name, sizeof name, "%s.sql", id);
    revisions_write(folder, name, file.data);
    wefti_text_deinit(&file);
    weft_free(parts);
    weft_free(more);
}

size_t draft_differences(const catalogue *c, const char *folder, const weft_metadata *models)
{
    migration m;
    weft_ops *ops;
    migration_open(&m, c, folder, (weft_migrate_options){.folder = folder, .models = models});
    if (weft_migrate_diff(m.migrate, NULL, &ops, &m.error) != WEFT_OK)
        fail_msg("%s (%s)", m.error.message, m.error.hint);
    const size_t count = weft_ops_count(ops);
    for (size_t i = 0; i < count; i++) {
        char text[200];
        weft_ops_describe(ops, i, text, sizeof text);
        print_message("%s\n", text);
    }
    weft_ops_free(ops);
    migration_close(&m);
    return count;
}

void draft_moves(const catalogue *c, const char *folder, migration_call *call, const char *target)
{
    migration m;
    migration_open(&m, c, folder, (weft_migrate_options){.folder = folder, .allow_destructive = true});
    if (call(m.migrate, target, &m.error) != WEFT_OK)
        fail_msg("%s (%s)", m.error.message, m.error.hint);
    migration_close(&m);
}

void draft_forget(const char *folder, const char *id)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s.sql", folder, id);
    assert_int_equal(remove(path), 0);
}
