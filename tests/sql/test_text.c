/* Where parameters stand in text SQL, judged by the databases themselves: random texts of quotes, comments and escapes are prepared
 * by each of them, and what they take for a parameter must be what weft takes for one. WEFT_TEST_SEED is the seed, WEFT_TEST_RUNS
 * how many texts are tried. */
#include "fixtures/place.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXTS = 6000, LONGEST = 14 };

static const char *const pieces[] = {
    "'",   "'",    "''",  "\"", "\\", "\\'", "$1", "$1",           "$1",       "$", "$$", "$a$", "$a",  "a$",   "E'",        "e'",
    "U&'", "u&\"", "N'",  "B'", "x'", "--",  "--", "/*",           "*/",       "/", "*",  "\n",  "\r",  "\t",   "\f",        " ",
    " ",   ",",    ", 1", "1",  "1E", "a",   "+",  "\xef\xbb\xbf", "\xc2\xa0", "[", "]",  "`",   "'s'", "'\n'", "' -- c\n'", "AS a",
    "(",   ")",    ";",   "||",
};

static uint64_t random_state;

static size_t pick(size_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (size_t)(random_state % below);
}

static void add(char *text, const char *more) { memcpy(text + strlen(text), more, strlen(more) + 1); }

static void make_text(char *text)
{
    text[0] = '\0';
    add(text, "SELECT ");
    for (size_t i = 0, count = 1 + pick(LONGEST); i < count; i++)
        add(text, pieces[pick(sizeof pieces / sizeof *pieces)]);
}

/* Whether the text has no parameters, or $1 and no other; it is neither where weft refuses both. */
static int parameters_for_weft(const wefti_dialect *dialect, const char *text, bool backslashes)
{
    int count = -1;
    for (size_t given = 0; given < 2; given++) {
        wefti_arena arena;
        weft_error error;
        const char *translated;
        wefti_arena_init(&arena, 0);
        if (wefti_text_placeholders(dialect, text, backslashes, &(wefti_text_parameters){.count = given}, &arena, &translated, NULL,
                                    &error) == WEFT_OK) {
            assert_int_equal(count, -1);
            count = (int)given;
        }
        wefti_arena_deinit(&arena);
    }
    return count;
}

static void show(const char *text, int database, int weft)
{
    for (; *text != '\0'; text++)
        print_error((unsigned char)*text < ' ' || (unsigned char)*text > '~' ? "\\x%02x" : "%c", (unsigned char)*text);
    print_error("\nhas %d parameters for the database, %d for weft\n", database, weft);
}

/* -1: the text is no statement. */
static int parameters_for_sqlite(sqlite3 *db, const char *text)
{
    sqlite3_stmt *stmt = NULL;
    const char *tail;
    int count = -1;
    if (sqlite3_prepare_v2(db, text, -1, &stmt, &tail) == SQLITE_OK && stmt != NULL && *tail == '\0') {
        count = sqlite3_bind_parameter_count(stmt);
        for (int i = 1; i <= count; i++)
            if (strcmp(sqlite3_bind_parameter_name(stmt, i), "$1") != 0)
                count = -1; /* a named one, which weft has none of */
    }
    (void)sqlite3_finalize(stmt);
    return count;
}

static void sqlite_and_weft_see_the_same_parameters(void **state)
{
    (void)state;
    sqlite3 *db;
    char text[512];
    size_t statements = 0;
    random_state = test_seed(20260501);
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    for (uint64_t i = 0, texts = test_number("WEFT_TEST_RUNS", 10ul * TEXTS); i < texts; i++) {
        make_text(text);
        int expected = parameters_for_sqlite(db, text), found;
        if (expected < 0 || (found = parameters_for_weft(&wefti_dialect_sqlite, text, false)) == expected) {
            statements += expected >= 0;
            continue;
        }
        show(text, expected, found);
        fail();
    }
    print_message("%zu statements\n", statements);
    assert_true(statements > 100);
    sqlite3_close(db);
}

static weft_status run_text(place *p, const char *sql, int64_t *number)
{
    wefti_statement statement = {.sql = sql, .sql_size = strlen(sql), .returns_rows = true};
    wefti_cursor *cursor = NULL;
    bool has_row = false;
    weft_status status = p->driver->execute(p->dbc, &statement, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &p->error);
    if (status == WEFT_OK && number != NULL) {
        status = p->driver->step(cursor, &has_row, &p->error);
        if (has_row)
            *number = cursor->row[0].as.i;
    }
    p->driver->finish(cursor);
    return status;
}

static int parameters_for_postgres(place *p, const char *text)
{
    char sql[600];
    int64_t count = -1;
    (void)snprintf(sql, sizeof sql, "PREPARE tried AS %s", text);
    if (run_text(p, sql, NULL) != WEFT_OK)
        return -1;
    place_must(p,
               run_text(p, "SELECT cardinality(parameter_types)::bigint FROM pg_prepared_statements WHERE name = 'tried'", &count),
               "count");
    place_must(p, run_text(p, "DEALLOCATE tried", NULL), "DEALLOCATE");
    return (int)count;
}

static void postgres_and_weft_see_the_same_parameters(void **state)
{
    (void)state;
    place p;
    char text[512];
    size_t statements = 0;
    random_state = test_seed(20260502);
    place_open(&p, TEST_POSTGRES);
    for (int standard = 0; standard < 2; standard++) {
        place_must(&p,
                   run_text(&p, standard ? "SET standard_conforming_strings = on" : "SET standard_conforming_strings = off", NULL),
                   "SET");
        place_must(&p, run_text(&p, "SET escape_string_warning = off", NULL), "SET");
        assert_int_equal(p.driver->backslashes(p.dbc), !standard);
        for (uint64_t i = 0, texts = test_number("WEFT_TEST_RUNS", TEXTS); i < texts; i++) {
            make_text(text);
            int expected = parameters_for_postgres(&p, text), found;
            if (expected < 0 || (found = parameters_for_weft(&wefti_dialect_postgres, text, !standard)) == expected) {
                statements += expected >= 0;
                continue;
            }
            show(text, expected, found);
            fail();
        }
    }
    print_message("%zu statements\n", statements);
    assert_true(statements > 100);
    place_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sqlite_and_weft_see_the_same_parameters),
        cmocka_unit_test(postgres_and_weft_see_the_same_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
