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
