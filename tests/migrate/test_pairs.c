/* Random schemas of which one becomes another by a revision that was written from their difference: applied, by the upgrade and by
 * a script in the database's own shell, it leaves no difference to the one; undone, none to the other; and rows that both have
 * stay. WEFT_TEST_SEED is the first seed, WEFT_TEST_RUNS says how many. */
#define _GNU_SOURCE
#include "fixtures/catalogue.h"
#include "fixtures/pairs.h"

#include "migrate/diff.h"
#include "revisions.h"

#include <sys/stat.h>

typedef struct work {
    const catalogue *c;
    weft_engine *engine;
    char folder[512];
    uint32_t seed;
} work;

static bool is_no_version(void *user, const char *schema, const char *table)
{
    (void)user, (void)schema;
    return strcmp(table, "weft_version") != 0;
}

static weft_schema *reflect(weft_engine *engine)
{
    weft_error error = {0};
    weft_schema *schema;
    if (weft_reflect(&schema, engine, &(weft_reflect_options){.include = is_no_version}, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    return schema;
}

/* A revision that leads from what the database has to the schema. */
static void write_revision(const work *w, const random_schema *to, const char *id, const char *parent)
{
    weft_error error = {0};
    wefti_text text;
    char name[40];
    wefti_diff diff = {.wanted = catalogue_schema(w->c, &to->definition), .found = reflect(w->engine)};
    wefti_text_init(&text, 0);
    wefti_text_add_format(&text, "-- revision: %s\n-- parents: %s\n", id, parent);
    weft_status status = wefti_diff_compare(w->engine, &diff, NULL, &error);
    const char *driver = weft_engine_driver(w->engine);
    const wefti_migrate_dialect *dialect = wefti_migrate_dialect_of(driver, strlen(driver));
    wefti_text parts;
    wefti_text_init(&parts, 0);
    if (status == WEFT_OK)
        status = wefti_diff_write(dialect, &diff, true, &parts, &error);
    if (status != WEFT_OK)
        fail_msg("seed %u: %s (%s)", w->seed, error.message, error.hint);
    wefti_text_add(&text, parts.data);
    snprintf(name, sizeof name, "%s.sql", id);
    revisions_write(w->folder, name, text.data);
    wefti_text_deinit(&parts);
    wefti_text_deinit(&text);
    wefti_diff_free(&diff);
}

static void show_revisions(const work *w)
{
    static const char *const names[] = {"a1", "b1"};
    char path[600], line[4096];
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s.sql", w->folder, names[i]);
        FILE *file = fopen(path, "r");
        while (file != NULL && fgets(line, sizeof line, file) != NULL)
            print_error("%s", line);
        if (file != NULL)
            fclose(file);
    }
}

static void moves(const work *w, const catalogue *c, migration_call *call, const char *target)
{
    migration m;
    migration_open(&m, c, w->folder, (weft_migrate_options){.folder = w->folder, .allow_destructive = true});
    if (call(m.migrate, target, &m.error) != WEFT_OK) {
        show_revisions(w);
        fail_msg("seed %u, %s: %s (%s)", w->seed, target, m.error.message, m.error.hint);
    }
    migration_close(&m);
}

static void is_now(const work *w, weft_engine *engine, const random_schema *r, const char *when)
{
    weft_schema *wanted = catalogue_schema(w->c, &r->definition), *found = reflect(engine);
    weft_ops *ops = catalogue_compare(engine, wanted, found);
    if (weft_ops_count(ops) > 0) {
        char text[300];
        show_revisions(w);
        for (size_t i = 0; i < weft_ops_count(ops); i++) {
            weft_ops_describe(ops, i, text, sizeof text);
            print_error("left: %s\n", text);
        }
        fail_msg("seed %u: %zu differences are left %s", w->seed, weft_ops_count(ops), when);
    }
    weft_ops_free(ops);
    weft_schema_free(found);
    weft_schema_free(wanted);
}

static void run_script(const work *w, const catalogue *c, const char *from, const char *to)
{
    migration m;
    char *script, path[600], command[2400];
    migration_open(&m, c, w->folder, (weft_migrate_options){.folder = w->folder});
    if (weft_migrate_script(m.migrate, from, to, &script, &m.error) != WEFT_OK)
        fail_msg("seed %u: %s (%s)", w->seed, m.error.message, m.error.hint);
    migration_close(&m);
    revisions_write(w->folder, "script.txt", script);
    snprintf(path, sizeof path, "%s/script.txt", w->folder);
    if (c->postgres)
        snprintf(command, sizeof command, "psql -qX -v ON_ERROR_STOP=1 -f %s '%s' >/dev/null 2>&1", path, c->database.url);
    else
        snprintf(command, sizeof command, "sqlite3 -bail %s <%s >/dev/null", c->database.place, path);
    if (system(command) != 0) { /* NOLINT(cert-env33-c): a shell is what is tested */
        print_error("%s\n", script);
        fail_msg("seed %u: the script from %s to %s fails", w->seed, from, to);
    }
    weft_free(script);
}

/* What others did to it in the meantime, and what became of it in a backup, is no difference: PostgreSQL spells texts anew then. */
static void is_the_same_later(const work *w, const catalogue *c, weft_engine *engine, const random_schema *r)
{
    if (!c->postgres)
        return;
    test_database_exec(&c->database, "ALTER TABLE room RENAME TO \"or 'other\"");
    test_database_exec(&c->database, "ALTER TABLE \"or 'other\" RENAME COLUMN n TO m_n");
    test_database_exec(&c->database, "ALTER TABLE \"or 'other\" RENAME COLUMN m_n TO n");
    test_database_exec(&c->database, "ALTER TABLE \"or 'other\" RENAME TO room");
    is_now(w, engine, r, "after renames, there and back");
    if (w->seed % 8 != 1)
        return;
    char command[2400], sql[200];
    snprintf(command, sizeof command, "pg_dump --no-owner --schema='\"%s\"' --file=%s/dump.txt '%s'", c->database.place, w->folder,
             c->database.url);
    if (system(command) != 0) /* NOLINT(cert-env33-c) */
        fail_msg("seed %u: it is not dumped", w->seed);
    snprintf(sql, sizeof sql, "DROP SCHEMA \"%s\" CASCADE", c->database.place);
    test_database_exec(&c->database, sql);
    snprintf(command, sizeof command, "psql -qX -v ON_ERROR_STOP=1 -f %s/dump.txt '%s' >/dev/null", w->folder, c->database.url);
    if (system(command) != 0) /* NOLINT(cert-env33-c) */
        fail_msg("seed %u: what was dumped is not restored", w->seed);
    is_now(w, engine, r, "once it was dumped and restored");
}

/* In a database of their own, which is empty before and afterwards: making one takes as long as the rest. */
static void by_shell(const work *w, const catalogue *other, const random_schema *a, const random_schema *b,
                     const random_schema *none)
{
    weft_engine *engine = catalogue_engine(other, NULL);
    run_script(w, other, "base", "a1");
    is_now(w, engine, a, "after the first script");
    pairs_fill(other, a);
    pairs_draw(other, a, w->seed);
    run_script(w, other, "a1", "b1");
    is_now(w, engine, b, "after the script");
    is_the_same_later(w, other, engine, b);
    pairs_draw(other, b, w->seed);
    pairs_stayed(other, a, b, w->seed);
    run_script(w, other, "b1", "a1");
    is_now(w, engine, a, "after the script that undoes");
    pairs_draw(other, a, w->seed);
    run_script(w, other, "a1", "base");
    is_now(w, engine, none, "after the script that undoes all");
    weft_engine_close(engine);
}

static void what_is_written_leads_there_and_back(void **state)
{
    const catalogue *c = *state;
    const uint32_t first = (uint32_t)test_seed(1),
                   rounds = (uint32_t)test_number("WEFT_TEST_RUNS", getenv("WEFT_TEST_LONG") != NULL ? 1000 : 6);
    random_schema *a = malloc(sizeof *a), *b = malloc(sizeof *b), *none = calloc(1, sizeof *none);
    assert_true(a != NULL && b != NULL && none != NULL);
    catalogue other = *c;
    test_database_open(&other.database, other.postgres ? TEST_POSTGRES : TEST_SQLITE);
    for (uint32_t seed = first; seed < first + rounds; seed++) {
        work w = {.c = c, .engine = catalogue_engine(c, NULL), .seed = seed};
        revisions_folder(w.folder, NULL);
        pairs_make(a, c, seed);
        pairs_make(b, c, seed + 100000);
        write_revision(&w, a, "a1", "none");
        moves(&w, c, weft_migrate_upgrade, "head");
        is_now(&w, w.engine, a, "at first");
        pairs_fill(c, a);
        pairs_draw(c, a, seed);
        write_revision(&w, b, "b1", "a1");
        moves(&w, c, weft_migrate_upgrade, "head");
        is_now(&w, w.engine, b, "after the upgrade");
        pairs_draw(c, b, seed);
        pairs_stayed(c, a, b, seed);
        moves(&w, c, weft_migrate_downgrade, "a1");
        is_now(&w, w.engine, a, "after the downgrade");
        pairs_draw(c, a, seed);
        pairs_stayed(c, a, b, seed);
        if (seed % 3 == 0) { /* once more: what undoes has left everything by its name */
            moves(&w, c, weft_migrate_upgrade, "head");
            is_now(&w, w.engine, b, "after another upgrade");
            moves(&w, c, weft_migrate_downgrade, "a1");
            is_now(&w, w.engine, a, "after another downgrade");
        }
        by_shell(&w, &other, a, b, none);
        moves(&w, c, weft_migrate_downgrade, "base");
        is_now(&w, w.engine, none, "in the end");
        weft_engine_close(w.engine);
    }
    test_database_drop(&other.database);
    free(a);
    free(b);
    free(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(what_is_written_leads_there_and_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
