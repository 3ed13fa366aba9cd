/* Nothing in the library depends on the program's locale: numbers with a comma, and letters that are not ASCII's, change no row, no
 * model, no message and no status. The locales must be there: scripts/test makes them. */
#define _POSIX_C_SOURCE 200809L
#include "support/fixture.h"

#include <locale.h>

static const char *const kinds[] = {"INSIDE", "outside"};
WEFT_DECLARE(Reading);
struct Reading {
    int64_t id;
    double d;
    float f;
    weft_decimal n;
    weft_json more;
    int kind;
    const char *INDIGO;
};
WEFT_MODEL(Reading, "READING", WEFT_COLUMN(Reading, id, .primary_key = true), WEFT_COLUMN(Reading, d), WEFT_COLUMN(Reading, f),
           WEFT_COLUMN(Reading, n, .precision = 12, .scale = 3), WEFT_COLUMN(Reading, more), WEFT_ENUM(Reading, kind, kinds),
           WEFT_COLUMN(Reading, INDIGO, .nullable = true), WEFT_INDEX(Reading, "d DESC, INDIGO ASC"));
WEFT_METADATA(models, &Reading_model);
FIXTURE_MODELS(models);

/* Sets the locale, and shows that it is one: LC_ALL alone in the environment changes nothing. */
static void enter(const char *name)
{
    char number[32];
    assert_int_equal(setenv("LC_ALL", name, 1), 0);
    if (setlocale(LC_ALL, "") == NULL)
        fail_msg("there is no locale %s: run scripts/test, or localedef", name);
    (void)snprintf(number, sizeof number, "%.1f", 1.5);
    assert_string_equal(number, "1,5");
    if (strcmp(name, "tr_TR.UTF-8") == 0)
        assert_string_equal(setlocale(LC_CTYPE, NULL), name);
}

static void leave(void)
{
    assert_non_null(setlocale(LC_ALL, "C"));
    assert_int_equal(unsetenv("LC_ALL"), 0);
}

#define SOME 700 /* rows: enough for every way to write them */

static void use_numbers(fixture *f)
{
    weft_session *s = weft_session_open(f->engine, NULL);
    double items[600];
    float narrow[] = {0.5f, 5.0f};
    weft_decimal exact[] = {{"1.5"}, {"2.250"}};
    for (int i = 0; i < SOME; i++)
        weft_new(s, Reading, .d = i + 0.5, .f = (float)i, .n = {i % 2 == 0 ? "1.5" : "2.25"}, .more = {"{\"a\": 1.5}"},
                 .kind = i % 2, .INDIGO = weft_format(s, "%d", i));
    assert_call(s, weft_session_commit(s), WEFT_OK);
    for (size_t i = 0; i < 600; i++)
        items[i] = (double)i + 0.5;
    assert_int_equal(weft_query(s, Reading, .where = weft_in(Reading, d, items, 2)).count, 2);
    assert_int_equal(weft_query(s, Reading, .where = weft_in(Reading, d, items, 600)).count, 600);
    assert_int_equal(weft_query(s, Reading, .where = weft_not_in(Reading, d, items, 600)).count, SOME - 600);
    assert_int_equal(weft_query(s, Reading, .where = weft_in(Reading, f, narrow, 2)).count, 1);
    assert_int_equal(weft_query(s, Reading, .where = weft_in(Reading, n, exact, 1)).count, SOME / 2);
    assert_int_equal(weft_query(s, Reading, .where = weft_eq(Reading, n, (weft_decimal){"2.25"})).count, SOME / 2);
    assert_int_equal(weft_query(s, Reading, .where = weft_eq(Reading, d, 3.5)).count, 1);
    assert_int_equal(weft_query(s, Reading, .where = weft_eq(Reading, kind, 0)).count, SOME / 2);
    assert_int_equal(weft_query(s, Reading, .where = weft_ilike(Reading, INDIGO, "69%")).count, 11);
    assert_int_equal(
        weft_query(s, Reading, .where = weft_op(weft_col(Reading, INDIGO), "is not distinct from", weft_val("7"))).count, 1);
    assert_ok(s);
    weft_connection *c;
    weft_result *result;
    weft_error error = {0};
    double sum = 0, quarter = 0;
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_query(c, "SELECT sum(d), 0.25, $1 + 1 FROM \"READING\"", weft_parameters(weft_value_double(0.5)),
                                       &result, &error),
                 WEFT_OK, &error);
    assert_true(weft_result_next(result, &error));
    assert_true(weft_result_double(result, 0, &sum) && sum == SOME * SOME / 2.0);
    assert_true(weft_result_double(result, 1, &quarter) && quarter == 0.25);
    assert_true(weft_result_double(result, 2, &quarter) && quarter == 1.5);
    weft_result_close(result);
    weft_connection_close(c);
    weft_session_close(s);
}

/* The models are read, the tables made and found again, and statuses told as in the C locale. */
static void use_names(fixture *f)
{
    weft_error error = {0};
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.pool = {.size = 1}});
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    weft_connection *c;
    assert_error(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK, &error);
    assert_error(weft_execute_text(c, "select * from no_such_table", NULL, &error), WEFT_ERROR_NO_TABLE, &error);
    assert_int_equal(weft_connection_rollback(c, NULL), WEFT_OK);
    assert_error(weft_execute_text(c, "commit", NULL, &error), WEFT_ERROR_MISUSE, &error);
    assert_error(weft_execute_text(c, "INSERT INTO \"READING\" (d, f, n, more, kind) VALUES (1, 1, '1', '{}', 'inside')", NULL,
                                   &error),
                 WEFT_ERROR_CHECK, &error);
    weft_connection_close(c);
    weft_engine_close(engine);
    if (f->postgres) { /* libpq's own words are German in a program that is */
        char url[1000];
        const char *at = strchr(f->database.url, '@');
        assert_non_null(at);
        snprintf(url, sizeof url, "postgresql://no_such_role%s", at);
        assert_error(weft_engine_open(&engine, url, NULL, &error), WEFT_OK, &error);
        assert_error(weft_engine_ping(engine, &error), WEFT_ERROR_AUTH, &error);
        assert_non_null(strstr(error.message, "no_such_role"));
        weft_engine_close(engine);
        assert_error(weft_engine_open(&engine, "postgresql://localhost/x?sslmode=sometimes", NULL, &error), WEFT_ERROR_URL, &error);
        assert_non_null(strstr(error.message, "invalid sslmode value"));
    }
}

static void the_comma_of_german_changes_no_row(void **state)
{
    enter("de_DE.UTF-8");
    use_numbers(*state);
    leave();
}

static void the_letters_of_turkish_change_no_name(void **state)
{
    enter("tr_TR.UTF-8");
    use_names(*state);
    use_numbers(*state);
    leave();
}

/* What is written under one locale is read under another. */
static void a_locale_that_changes_meanwhile_changes_nothing(void **state)
{
    fixture *f = *state;
    use_numbers(f);
    test_database_exec(&f->database, "DELETE FROM \"READING\"");
    enter("de_DE.UTF-8");
    use_names(f);
    use_numbers(f);
    leave();
    assert_rows(f, "SELECT count(*) FROM \"READING\" WHERE d IN (0.5, 699.5)", "2");
}

/* What the callback wrote; connections are opened and closed on other threads, whose records do not count. */
typedef struct log_book {
    weft_log_topic topic;
    int records;
    char number[32];
} log_book;

static void write_number(void *context, const weft_log_record *record)
{
    log_book *book = context;
    if (record->topic != book->topic)
        return;
    book->records++;
    (void)snprintf(book->number, sizeof book->number, "%.1f", 1.5);
}

/* The program's own code runs in the program's locale, where libraries below are kept from it, too: notices come within libpq. */
static void the_log_is_written_in_the_programs_locale(void **state)
{
    fixture *f = *state;
    log_book book = {.topic = f->postgres ? WEFT_LOG_GENERAL : WEFT_LOG_STATEMENT};
    enter("de_DE.UTF-8");
    weft_engine *engine = fixture_engine(
        f, (weft_engine_options){.log = write_number, .log_context = &book, .log_level = WEFT_LOG_DEBUG, .server_messages = true});
    weft_connection *c;
    weft_error error = {0};
    assert_error(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK, &error);
    const char *sql = f->postgres ? "DO $$ BEGIN RAISE WARNING 'heard'; END $$" : "SELECT json_array(2.5)";
    assert_error(weft_execute_text(c, sql, NULL, &error), WEFT_OK, &error);
    weft_connection_close(c);
    weft_engine_close(engine);
    leave();
    assert_int_equal(book.records, 1);
    assert_string_equal(book.number, "1,5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(the_comma_of_german_changes_no_row),
        ON_BOTH(the_letters_of_turkish_change_no_name),
        ON_BOTH(a_locale_that_changes_meanwhile_changes_nothing),
        ON_BOTH(the_log_is_written_in_the_programs_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
