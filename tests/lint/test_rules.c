/* Each rule of lint: what it finds, and the safe form in which it finds nothing. */
#include "looked.h"

#include "support/support.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const lint_case sqlite_cases[] = {
    {LINT_SQLITE_ADD_NEEDS_ROWS, NULL, "ALTER TABLE room ADD COLUMN z INTEGER NOT NULL;",
     "ALTER TABLE room ADD COLUMN z INTEGER NOT NULL DEFAULT 0;", FAILS},
    {LINT_SQLITE_ADD_NEEDS_ROWS, NULL, "ALTER TABLE room ADD z TEXT DEFAULT CURRENT_TIMESTAMP;",
     "ALTER TABLE room ADD z TEXT DEFAULT 'current_timestamp';", FAILS},
    {LINT_SQLITE_ADD_NEEDS_ROWS, NULL, "ALTER TABLE room ADD z INTEGER DEFAULT (1 + 1);",
     "ALTER TABLE room ADD z INTEGER DEFAULT (1);", FAILS},
    {LINT_SQLITE_ADD_NEVER, NULL, "ALTER TABLE room ADD COLUMN z INTEGER UNIQUE;",
     "ALTER TABLE room ADD COLUMN z INTEGER CHECK (z IS NOT 5);", FAILS},
    {LINT_SQLITE_ADD_NEVER, NULL, "ALTER TABLE room ADD COLUMN z INTEGER AS (n) STORED;",
     "ALTER TABLE room ADD COLUMN z INTEGER AS (n) VIRTUAL;", FAILS},
    {LINT_SQLITE_DROP_REFUSED, NULL, "ALTER TABLE room DROP COLUMN \"M\";", "DROP INDEX ix_room_m; ALTER TABLE room DROP COLUMN m;",
     FAILS},
    {LINT_SQLITE_DROP_REFUSED, NULL, "ALTER TABLE room DROP COLUMN name;", "ALTER TABLE room DROP COLUMN n;", FAILS},
    {LINT_SQLITE_FK_PRAGMA, NULL, "PRAGMA foreign_keys = OFF;", "PRAGMA foreign_key_check;", NOTHING_SEEN},
    {LINT_SQLITE_RENAME_FIRST, NULL, "ALTER TABLE room RENAME TO old; CREATE TABLE room (id INTEGER PRIMARY KEY);",
     "CREATE TABLE new (id INTEGER PRIMARY KEY);", NOTHING_SEEN},
    {LINT_SQLITE_IN_TRANSACTION, NULL, "VACUUM;", "-- no transaction\nVACUUM;", FAILS},
    {LINT_SQLITE_REBUILD, NULL, "-- rebuild room\nCREATE TABLE room (id INTEGER PRIMARY KEY);",
     "CREATE TABLE new (id INTEGER PRIMARY KEY);", NOTHING_SEEN},
    {LINT_DROP_TABLE, NULL, "DROP TABLE [room];", "CREATE TABLE new (id INTEGER); DROP TABLE New;", NOTHING_SEEN},
    {LINT_DROP_COLUMN, NULL, "ALTER TABLE room DROP n;", "ALTER TABLE room ADD z INTEGER; ALTER TABLE room DROP z;", NOTHING_SEEN},
    {LINT_DROP_COLUMN, NULL, "-- rebuild room\nCREATE TABLE room (id INTEGER PRIMARY KEY, name TEXT, m INTEGER);",
     "-- rebuild room\nCREATE TABLE room (id INTEGER PRIMARY KEY, name TEXT NOT NULL, [N] INTEGER CHECK (n > 0), m INTEGER);",
     NOTHING_SEEN},
    {LINT_DROP_COLUMN, "CREATE TABLE odd (id INTEGER PRIMARY KEY, \"q\"\"x\" TEXT, [a b] TEXT, `c``d` TEXT);\n",
     "-- rebuild odd\nCREATE TABLE odd (id INTEGER PRIMARY KEY, \"a b\" TEXT, \"c`d\" TEXT);",
     "-- rebuild odd\nCREATE TABLE odd (id INTEGER PRIMARY KEY, [Q\"x] TEXT NOT NULL, `a b` TEXT, \"c`d\" TEXT);", NOTHING_SEEN},
    {LINT_DROP_VIEW, NULL, "DROP VIEW IF EXISTS names;", "DROP VIEW names; CREATE VIEW names AS SELECT 1;", NOTHING_SEEN},
    {LINT_RENAME_TABLE, NULL, "ALTER TABLE room RENAME TO chamber;", "ALTER TABLE room ADD z INTEGER;", NOTHING_SEEN},
    {LINT_RENAME_COLUMN, NULL, "ALTER TABLE room RENAME n TO nr;", "ALTER TABLE room ADD nr INTEGER;", NOTHING_SEEN},
    {LINT_DELETE_ALL_ROWS, NULL, "DELETE FROM room;", "DELETE FROM room WHERE id = 1;", NOTHING_SEEN},
    {LINT_UPDATE_ALL_ROWS, NULL, "UPDATE room SET n = 1;", "UPDATE room SET n = 1 WHERE id = 1;", NOTHING_SEEN},
};

static const char sqlite_tables[] =
    "CREATE TABLE room (id INTEGER PRIMARY KEY, name TEXT UNIQUE, n INTEGER, m INTEGER);\n"
    "CREATE INDEX ix_room_m ON room (m);\nINSERT INTO room VALUES (1, 'x', 1, 1);\nCREATE VIEW names AS SELECT id FROM room;\n";

static void check(const char *driver, const char *tables, const lint_case *c)
{
    weft_error error = {0};
    char before[8000];
    looked bad, good;
    snprintf(before, sizeof before, "%s%s", tables, c->before != NULL ? c->before : "");
    if (!look(&bad, driver, before, c->bad, &error) || !look(&good, driver, before, c->good, &error))
        fail_msg("%s: %s", lint_rules[c->rule].id, error.message);
    if (found(&bad, c->rule) == 0)
        fail_msg("%s does not find: %s", lint_rules[c->rule].id, c->bad);
    if (found(&good, c->rule) != 0)
        fail_msg("%s finds what is safe: %s", lint_rules[c->rule].id, c->good);
    look_end(&bad);
    look_end(&good);
}

static void each_rule_finds_the_dangerous_form_and_not_the_safe_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < looked_case_count; i++)
        check("postgresql", looked_tables, &looked_cases[i]);
    for (size_t i = 0; i < sizeof sqlite_cases / sizeof sqlite_cases[0]; i++)
        check("sqlite", sqlite_tables, &sqlite_cases[i]);
}

/* What is said to fail does, and its safe form does not. */
static void what_sqlite_is_said_to_refuse_it_refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sqlite_cases / sizeof sqlite_cases[0]; i++) {
        for (int form = 0; form < 2 && sqlite_cases[i].claim == FAILS; form++) {
            sqlite3 *db;
            assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
            assert_int_equal(sqlite3_exec(db, sqlite_tables, NULL, NULL, NULL), SQLITE_OK);
            const char *sql = form == 0 ? sqlite_cases[i].bad : sqlite_cases[i].good;
            if (strstr(sql, "no transaction") == NULL)
                assert_int_equal(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
            if ((sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK) != (form == 1))
                fail_msg("%s: %s", sql, sqlite3_errmsg(db));
            sqlite3_close(db);
        }
    }
}

static void no_rule_is_without_a_case_and_a_line_in_the_docs(void **state)
{
    (void)state;
    FILE *file = fopen(LINT_DOCS, "r");
    assert_non_null(file);
    char *docs = calloc(1, 200000);
    assert_non_null(docs);
    (void)fread(docs, 1, 199999, file);
    fclose(file);
    for (int rule = 0; rule < LINT_RULE_COUNT; rule++) {
        bool there = rule == LINT_IRREVERSIBLE; /* of a whole revision: below */
        char line[100];
        for (size_t i = 0; i < looked_case_count; i++)
            there |= looked_cases[i].rule == (lint_id)rule;
        for (size_t i = 0; i < sizeof sqlite_cases / sizeof sqlite_cases[0]; i++)
            there |= sqlite_cases[i].rule == (lint_id)rule;
        snprintf(line, sizeof line, "| `%s` |", lint_rules[rule].id);
        if (!there)
            fail_msg("no case for %s", lint_rules[rule].id);
        if (strstr(docs, line) == NULL)
            fail_msg("docs/lint.md has no line for %s", lint_rules[rule].id);
    }
    free(docs);
}

static void finds(const char *driver, const char *before, const char *text, lint_id rule, size_t count)
{
    weft_error error = {0};
    looked made;
    if (!look(&made, driver, before, text, &error))
        fail_msg("%s: %s", text, error.message);
    if (found(&made, rule) != count)
        fail_msg("%s is found %zu times, not %zu: %s", lint_rules[rule].id, found(&made, rule), count, text);
    look_end(&made);
}

static void names_are_told_apart_as_the_database_does(void **state)
{
    (void)state;
    const char *pg = "postgresql";
    finds(pg, "", "CREATE TABLE \"Room\" (id bigint PRIMARY KEY); CREATE INDEX i ON room (n);", LINT_INDEX_NOT_CONCURRENT, 1);
    finds(pg, "", "CREATE TABLE \"Room\" (id bigint PRIMARY KEY); CREATE INDEX i ON \"Room\" (n);", LINT_INDEX_NOT_CONCURRENT, 0);
    finds(pg, "", "CREATE TABLE room (id bigint PRIMARY KEY); CREATE INDEX i ON PUBLIC.Room (n);", LINT_INDEX_NOT_CONCURRENT, 0);
    finds(pg, "", "CREATE TABLE a.room (id bigint PRIMARY KEY); CREATE INDEX i ON b.room (n);", LINT_INDEX_NOT_CONCURRENT, 1);
    finds(pg, "", "CREATE TEMP TABLE room (n integer); CREATE INDEX i ON room (n);", LINT_INDEX_NOT_CONCURRENT, 0);
    finds(pg, "", "CREATE TABLE room AS SELECT 1 AS n; CREATE INDEX i ON room (n);", LINT_INDEX_NOT_CONCURRENT, 0);
    finds(pg, "", "CREATE TABLE old (n integer); ALTER TABLE old RENAME TO room; CREATE INDEX i ON room (n);",
          LINT_INDEX_NOT_CONCURRENT, 0);
    finds(pg, "", "TRUNCATE room; CREATE INDEX i ON room (n);", LINT_INDEX_NOT_CONCURRENT, 0);
    finds(pg, "CREATE TABLE room (n integer);", "CREATE INDEX i ON room (n);", LINT_INDEX_NOT_CONCURRENT, 1);
    finds("sqlite", "", "CREATE TABLE [Room] (id INTEGER); DROP TABLE \"rOOm\";", LINT_DROP_TABLE, 0);
}

static void partitioned_tables_have_forms_of_their_own(void **state)
{
    (void)state;
    weft_error error = {0};
    looked made;
    assert_true(look(&made, "postgresql", looked_tables, "CREATE INDEX i ON visit (id);", &error));
    assert_int_equal(found(&made, LINT_INDEX_NOT_CONCURRENT), 1);
    assert_non_null(strstr(made.l.findings[0].safe, "ON ONLY visit"));
    look_end(&made);
    finds("postgresql", looked_tables, "CREATE INDEX i ON ONLY visit (id);", LINT_INDEX_NOT_CONCURRENT, 0);
}

static void each_command_of_one_statement_is_looked_at(void **state)
{
    (void)state;
    const char *text =
        "ALTER TABLE room ADD z integer NOT NULL, ALTER n SET NOT NULL, /* DROP COLUMN m, */ DROP price, ADD CHECK (n > 0),\n"
        "-- lint is not told here\nADD q uuid DEFAULT gen_random_uuid();";
    static const lint_id all[] = {LINT_ADD_COLUMN_NOT_NULL, LINT_SET_NOT_NULL, LINT_DROP_COLUMN, LINT_CHECK_NOT_VALID_MISSING,
                                  LINT_ADD_COLUMN_VOLATILE_DEFAULT};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        finds("postgresql", looked_tables, text, all[i], 1);
}

static void a_comment_allows_one_finding_with_a_reason(void **state)
{
    (void)state;
    const char *pg = "postgresql";
    finds(pg, "", "-- lint: allow drop-table it is empty\nDROP TABLE a;\nDROP TABLE b;", LINT_DROP_TABLE, 1);
    finds(pg, "", "-- lint: allow drop-table, cascade both are meant\nDROP TABLE a CASCADE;", LINT_DROP_TABLE, 0);
    finds(pg, "", "-- lint: allow drop-table, cascade both are meant\nDROP TABLE a CASCADE;", LINT_CASCADE, 0);
    finds(pg, "", "-- lint: allow drop-table, cascade both are meant\nDROP TABLE a CASCADE;", LINT_LINT_COMMENT, 0);
    finds(pg, "", "DROP TABLE a,\n-- lint: allow drop-table it is empty\nb;", LINT_DROP_TABLE, 0);
    finds(pg, "", "-- lint: allow drop-table\nDROP TABLE a;", LINT_DROP_TABLE, 1);
    finds(pg, "", "-- lint: allow drop-table\nDROP TABLE a;", LINT_LINT_COMMENT, 1);
    finds(pg, "", "-- lint: allow drop-tabel it is empty\nDROP TABLE a;", LINT_LINT_COMMENT, 1);
    finds(pg, "", "-- lint: ignore drop-table it is empty\nDROP TABLE a;", LINT_LINT_COMMENT, 1);
    finds(pg, "", "SELECT '\n-- lint: allow drop-tabel no comment\n'; DROP TABLE a;", LINT_LINT_COMMENT, 0);
    finds(pg, "", "DROP TABLE a;\n-- lint: allow drop-table nothing follows", LINT_LINT_COMMENT_UNUSED, 1);
    finds("sqlite", "", "-- lint: allow drop-table it is empty\nDROP TABLE a;", LINT_DROP_TABLE, 0);
    finds("sqlite", "",
          "-- up postgresql\n-- lint: allow cascade of the other one\nDROP TABLE b CASCADE;\n-- up sqlite\nDROP TABLE a;",
          LINT_LINT_COMMENT_UNUSED, 0);
}

static void a_step_that_is_marked_destructive_is_a_warning(void **state)
{
    (void)state;
    weft_error error = {0};
    looked made;
    assert_true(look(&made, "postgresql", "", "-- destructive\nDROP TABLE a;\nDROP TABLE b;", &error));
    assert_int_equal(found(&made, LINT_DROP_TABLE), 2);
    for (size_t i = 0; i < made.l.count; i++)
        if (made.l.findings[i].rule == LINT_DROP_TABLE)
            assert_int_equal(made.l.findings[i].error, made.l.findings[i].line == 6);
    look_end(&made);
}

static void look_at_one(const char *text, size_t expected)
{
    weft_error error = {0};
    const weft_migration a = {.text = text, .file = "a1.sql"};
    WEFT_MIGRATIONS(one, &a);
    looked made = {0};
    weft_steps down;
    assert_int_equal(weft_migrate_open(&made.migrate, NULL, &(weft_migrate_options){.migrations = &one, .driver = "postgresql"},
                                       &error),
                     WEFT_OK);
    assert_int_equal(weft_migrate_steps(made.migrate, 1, true, &made.steps, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_migrate_steps(made.migrate, 0, true, &made.steps, &error), WEFT_OK);
    assert_int_equal(weft_migrate_steps(made.migrate, 0, false, &down, &error), WEFT_OK);
    lint_init(&made.l, false);
    lint_revision(&made.l, "a1", "a1.sql", &made.steps, &down, true);
    assert_int_equal(found(&made, LINT_IRREVERSIBLE), expected);
    assert_int_equal(found(&made, LINT_DROP_TABLE), 0);
    assert_int_equal(found(&made, LINT_LINT_COMMENT) + found(&made, LINT_LINT_COMMENT_UNUSED), 0);
    look_end(&made);
}

static void a_revision_that_nothing_undoes_is_named(void **state)
{
    (void)state;
    look_at_one("-- revision: a1\n-- parents: none\n-- up\nSELECT 1;\n", 1);
    look_at_one("-- revision: a1\n-- parents: none\n-- up\nSELECT 1;\n-- down\n", 1);
    look_at_one("-- revision: a1\n-- parents: none\n-- up\nSELECT 1;\n-- down\nSELECT 2;\n", 0);
    look_at_one("-- revision: a1\n-- parents: none\n-- up\n-- down\n", 0);
}

/* What is found in the part "-- down" of a revision behind these two, each with "error" or "warning"; "": nothing. */
static void undoing_finds(const char *driver, const char *up, const char *down, const char *expected)
{
    static const char before[] = "-- revision: a1\n-- parents: none\n-- up\nCREATE TABLE room (id bigint PRIMARY KEY, n integer);\n"
                                 "CREATE INDEX ix ON room (n);\n-- down\nDROP TABLE room;\n";
    weft_error error = {0};
    char text[1000], told[1000] = "";
    lint l;
    weft_migrate *migrate;
    snprintf(text, sizeof text, "-- revision: b1\n-- parents: a1\n-- up\n%s\n-- down\n%s\n", up, down);
    const weft_migration a = {.text = before, .file = "a1.sql"}, b = {.text = text, .file = "b1.sql"};
    WEFT_MIGRATIONS(both, &a, &b);
    if (weft_migrate_open(&migrate, NULL, &(weft_migrate_options){.migrations = &both, .driver = driver}, &error) != WEFT_OK)
        fail_msg("%s: %s", text, error.message);
    lint_init(&l, strcmp(driver, "sqlite") == 0);
    for (size_t i = 0; i < 2; i++) {
        weft_steps steps, undoing;
        assert_int_equal(weft_migrate_steps(migrate, i, true, &steps, &error), WEFT_OK);
        assert_int_equal(weft_migrate_steps(migrate, i, false, &undoing, &error), WEFT_OK);
        lint_revision(&l, i == 0 ? "a1" : "b1", "file", &steps, &undoing, i == 1);
    }
    for (size_t i = 0; i < l.count; i++) {
        const lint_finding *f = &l.findings[i];
        if (!f->down || f->allowed != NULL)
            continue;
        const size_t size = strlen(told);
        snprintf(told + size, sizeof told - size, "%s%d %s %s", size > 0 ? ", " : "", f->line, f->error ? "error" : "warning",
                 lint_rules[f->rule].id);
        assert_non_null(strstr(f->message, "when it is undone, "));
    }
    if (strcmp(told, expected) != 0)
        fail_msg("%s\n%s\nfinds %s\nnot   %s", up, down, told, expected);
    /* Undoing is no part of the history: what the next revision meets is what was made. */
    if (strstr(up, "CREATE TABLE hall") != NULL)
        assert_non_null(lint_table_of(&l, "hall"));
    assert_non_null(lint_table_of(&l, "room"));
    lint_free(&l);
    weft_migrate_close(migrate);
}

static void what_undoes_is_looked_at(void **state)
{
    (void)state;
    undoing_finds("postgresql", "CREATE TABLE hall (id bigint PRIMARY KEY);", "DROP TABLE hall;", "");
    undoing_finds("postgresql", "ALTER TABLE room ADD COLUMN k integer;", "ALTER TABLE room DROP COLUMN k;", "");
    undoing_finds("postgresql", "SELECT 1;", "DROP TABLE room;", "6 error drop-table");
    undoing_finds("postgresql", "ALTER TABLE room ADD COLUMN k integer;", "ALTER TABLE room DROP COLUMN n;", "6 error drop-column");
    undoing_finds("postgresql", "SELECT 1;", "-- destructive\nDROP TABLE room;", "7 warning drop-table");
    undoing_finds("postgresql", "DROP INDEX ix;", "CREATE INDEX ix ON room (n);", "6 warning index-not-concurrent");
    undoing_finds("postgresql", "DROP INDEX ix;", "-- no transaction\nCREATE INDEX CONCURRENTLY ix ON room (n);", "");
    undoing_finds("postgresql", "DROP INDEX ix;", "-- lint: allow index-not-concurrent it is small\nCREATE INDEX ix ON room (n);",
                  "");
    undoing_finds("postgresql", "-- lint: allow drop-index-not-concurrent so\nDROP INDEX ix;", "SELECT 1;\nDROP INDEX ix;",
                  "8 warning drop-index-not-concurrent");
    undoing_finds("postgresql", "SELECT 1;", "-- lint: allow no-such-rule x\nSELECT 1;", "6 error lint-comment");
    undoing_finds("postgresql", "CREATE TABLE hall (id bigint PRIMARY KEY);",
                  "ALTER TABLE hall ADD CHECK (id > 1);\nDROP TABLE hall;", "6 warning check-not-valid-missing");
    undoing_finds("postgresql", "ALTER TABLE room RENAME TO hall;\nALTER TABLE hall RENAME TO room;",
                  "ALTER TABLE room ADD COLUMN s serial;", "7 warning add-column-serial");
    undoing_finds("postgresql", "SELECT 1;", "-- call undo_it\nDO $$ BEGIN CREATE INDEX i ON room (n); END $$;",
                  "6 warning call-step, 7 warning index-not-concurrent");
    undoing_finds("sqlite", "CREATE TABLE hall (id INTEGER PRIMARY KEY);", "DROP TABLE hall;", "");
    undoing_finds("sqlite", "SELECT 1;", "DROP TABLE room;", "6 error drop-table");
    undoing_finds("sqlite", "SELECT 1;", "ALTER TABLE room ADD COLUMN k integer NOT NULL;", "6 warning sqlite-add-needs-rows");
}

/* Before the first part it is said of all of the revision. */
static void a_comment_in_the_head_allows_it_everywhere(void **state)
{
    (void)state;
    look_at_one("-- revision: a1\n-- lint: allow irreversible, drop-table nobody has them\n-- parents: none\n-- up\nDROP TABLE a;\n"
                "DROP TABLE b;\n",
                0);
}

static void steps_say_which_run_together(void **state)
{
    (void)state;
    weft_error error = {0};
    looked made;
    assert_true(
        look(&made, "postgresql", "",
             "SELECT 1; SELECT\n2;\nALTER TYPE e ADD VALUE 'x';\nSELECT 3;\n-- no transaction\nVACUUM;\n-- call f\nSELECT 4",
             &error));
    static const uint32_t transactions[] = {1, 1, 1, 2, 3, 4, 4};
    assert_int_equal(made.steps.count, 7);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(made.steps.items[i].transaction, transactions[i]);
    assert_int_equal(made.steps.items[1].line, 4);
    assert_int_equal(made.steps.items[1].last_line, 5);
    assert_string_equal(made.steps.items[1].tokens[1], "2");
    assert_null(made.steps.items[1].tokens[2]);
    assert_true(made.steps.items[5].call);
    look_end(&made);
}

static void a_huge_file_and_an_empty_one_are_looked_at(void **state)
{
    (void)state;
    const size_t statements = 5000;
    char *text = malloc(statements * 80 + 1), *at = text;
    assert_non_null(text);
    for (size_t i = 0; i < statements; i++)
        at += snprintf(at, 80, "CREATE TABLE t%zu (id bigint PRIMARY KEY);\nCREATE INDEX ON t%zu (id);\n", i, i);
    finds("postgresql", "", text, LINT_INDEX_NOT_CONCURRENT, 0);
    free(text);
    finds("postgresql", "", "", LINT_UNPARSED, 0);
    finds("sqlite", "", "", LINT_UNPARSED, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_finds_the_dangerous_form_and_not_the_safe_one),
        cmocka_unit_test(what_sqlite_is_said_to_refuse_it_refuses),
        cmocka_unit_test(no_rule_is_without_a_case_and_a_line_in_the_docs),
        cmocka_unit_test(names_are_told_apart_as_the_database_does),
        cmocka_unit_test(partitioned_tables_have_forms_of_their_own),
        cmocka_unit_test(each_command_of_one_statement_is_looked_at),
        cmocka_unit_test(a_comment_allows_one_finding_with_a_reason),
        cmocka_unit_test(a_step_that_is_marked_destructive_is_a_warning),
        cmocka_unit_test(a_revision_that_nothing_undoes_is_named),
        cmocka_unit_test(what_undoes_is_looked_at),
        cmocka_unit_test(a_comment_in_the_head_allows_it_everywhere),
        cmocka_unit_test(steps_say_which_run_together),
        cmocka_unit_test(a_huge_file_and_an_empty_one_are_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
