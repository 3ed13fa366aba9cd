/* Engines: what a URL and options say, creating and dropping tables, and what a forked child may do. */
#include "fixtures/bank.h"

#include <sys/wait.h>
#include <unistd.h>

static weft_error error;

static weft_status open_and_close(const char *url, const weft_engine_options *options)
{
    weft_engine *engine = NULL;
    weft_status status = weft_engine_open(&engine, url, options, &error);
    assert_true((status == WEFT_OK) == (engine != NULL));
    weft_engine_close(engine);
    return status;
}

static void an_unknown_scheme_lists_the_known_ones(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "mysql://root:s3cret@host/db", "oracle:s3cret", "s3cret", "//s3cret", "", "root:s3cret@host"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        assert_int_equal(open_and_close(urls[i], NULL), WEFT_ERROR_URL);
        assert_null(strstr(error.message, "s3cret"));
        assert_null(strstr(error.hint, "s3cret"));
        if (urls[i][0] != '\0')
            assert_non_null(strstr(error.message, "sqlite, sqlite3, postgresql"));
    }
    assert_int_equal(open_and_close(NULL, NULL), WEFT_ERROR_URL);
    assert_int_equal(open_and_close("mysql://x", NULL), WEFT_ERROR_URL);
    assert_non_null(strstr(error.message, "\"mysql\""));
}

static void a_bad_url_does_not_show_its_password(void **state)
{
    (void)state;
    static const char *const urls[] = {"postgresql://u:s3cr%zzet@h/d", "postgresql://u:s3cret@h/d?nonsense=1"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        assert_int_equal(open_and_close(urls[i], NULL), WEFT_ERROR_URL);
        assert_null(strstr(error.message, "s3cr"));
        assert_null(strstr(error.hint, "s3cr"));
    }
}

static void the_url_is_shown_without_its_password(void **state)
{
    (void)state;
    weft_engine *engine = NULL;
    assert_int_equal(weft_engine_open(&engine, "postgresql://ada:s3cret@nowhere.invalid/db", NULL, &error), WEFT_OK);
    assert_string_equal(weft_engine_driver(engine), "postgresql");
    assert_null(strstr(weft_engine_url(engine), "s3cret"));
    assert_non_null(strstr(weft_engine_url(engine), "nowhere.invalid"));
    weft_engine_close(engine);
}

static void models_are_checked_at_open(void **state)
{
    (void)state;
    static const weft_model nameless = {.name = "Nameless", .table = "nameless", .size = 8};
    static const weft_model *const models[] = {&nameless};
    const weft_metadata metadata = {.models = models, .count = 1};
    assert_int_equal(open_and_close("sqlite://", &(weft_engine_options){.metadata = &metadata}), WEFT_ERROR_MODEL);
    assert_non_null(strstr(error.message, "Nameless"));
}

static void numeric_options_out_of_range_are_misuse(void **state)
{
    (void)state;
    assert_int_equal(open_and_close("sqlite://", &(weft_engine_options){.pool = {.size = 2000}}), WEFT_ERROR_MISUSE);
    assert_int_equal(open_and_close("sqlite://", &(weft_engine_options){.cache_bytes = 1, .prepared_statements = WEFT_NONE}),
                     WEFT_OK);
    weft_engine *engine = NULL;
    weft_cache_stats stats;
    assert_int_equal(weft_engine_open(&engine, "sqlite://", &(weft_engine_options){.cache_bytes = 1}, &error), WEFT_OK);
    weft_engine_cache_stats(engine, &stats);
    assert_int_equal(stats.limit_bytes, 64 << 10);
    weft_engine_close(engine);
    weft_engine_close(NULL);
    assert_int_equal(weft_engine_close_within(NULL, 1, &error), WEFT_OK);
}

static void ping_tells_whether_the_database_answers(void **state)
{
    bank *b = *state;
    MUST(b, weft_engine_ping(b->engine, &b->error));
    assert_true(TEST_NO_STATEMENTS(b->recorder));
    weft_engine *engine = NULL;
    assert_int_equal(weft_engine_open(&engine, "sqlite:////nowhere/at/all/x.db", NULL, &error), WEFT_OK);
    assert_int_not_equal(weft_engine_ping(engine, &error), WEFT_OK);
    assert_string_not_equal(error.message, "");
    weft_engine_close(engine);
}

static void a_refused_login_is_told_at_once_and_without_the_password(void **state)
{
    (void)state;
    weft_engine *engine = NULL;
    char url[900];
    const char *at = strchr(test_pg_url(), '@');
    assert_non_null(at);
    snprintf(url, sizeof url, "postgresql://weft_no_such_role:c4nary@%s", at + 1);
    assert_int_equal(weft_engine_open(&engine, url, NULL, &error), WEFT_OK);
    assert_int_equal(weft_engine_ping(engine, &error), WEFT_ERROR_AUTH);
    assert_null(strstr(error.message, "c4nary"));
    assert_null(strstr(error.hint, "c4nary"));
    assert_null(strstr(weft_engine_url(engine), "c4nary"));
    weft_engine_close(engine);
}

static void a_pool_that_is_used_up_says_so(void **state)
{
    bank *b = *state;
    weft_engine *engine = NULL;
    weft_connection *first = NULL, *second = NULL;
    weft_engine_options options = {.metadata = &bank_models, .pool = {.size = 1, .max_overflow = WEFT_NONE, .timeout_ms = 1000}};
    MUST(b, weft_engine_open(&engine, b->database.url, &options, &b->error));
    MUST(b, weft_engine_connect(engine, &first, NULL, &b->error));
    assert_int_equal(weft_engine_connect(engine, &second, NULL, &b->error), WEFT_ERROR_POOL_TIMEOUT);
    assert_null(second);
    assert_int_equal(weft_status_advice(b->error.status), WEFT_ADVICE_WAIT);
    weft_connection_close(first);
    MUST(b, weft_engine_connect(engine, &second, NULL, &b->error));
    assert_int_equal(weft_engine_close_within(engine, 20, &b->error), WEFT_ERROR_TIMEOUT);
    weft_connection_close(second);
}

static void tables_are_created_in_order_and_left_as_they_are(void **state)
{
    bank *b = *state;
    char *script = NULL;
    MUST(b, weft_create_all(b->engine, &b->error));
    assert_int_equal(test_recorder_count_containing(b->recorder, "CREATE"), 0);
    MUST(b, weft_drop_all(b->engine, &b->error));
    assert_int_equal(test_recorder_count_containing(b->recorder, "DROP TABLE"), 2);
    MUST(b, weft_drop_all(b->engine, &b->error));
    assert_int_equal(test_recorder_count_containing(b->recorder, "DROP TABLE"), 2);
    test_database_exec(&b->database, "CREATE TABLE account (id integer PRIMARY KEY, old integer)");
    MUST(b, weft_drop_all(b->engine, &b->error));
    test_recorder_clear(b->recorder);
    MUST(b, weft_create_all(b->engine, &b->error));
    assert_true(TEST_STATEMENTS(b->recorder, "BEGIN", "SELECT …", "CREATE TABLE account …", "CREATE TABLE entry …", "COMMIT"));
    MUST(b, weft_create_script(b->engine, &script, &b->error));
    assert_non_null(strstr(script, " account ("));
    assert_true(strstr(script, " entry (") > strstr(script, " account ("));
    weft_free(script);
    bank_account(b, "ada", 1);
    MUST(b, weft_connection_commit(b->c, &b->error));
}

typedef struct Good {
    int64_t id;
} Good;
typedef struct Wrong {
    int64_t id;
    int64_t good_id;
} Wrong;

static void creation_is_undone_as_a_whole(void **state)
{
    bank *b = *state;
    static const weft_attr good[] = {WEFT_COLUMN(Good, id, .primary_key = true)};
    static const weft_attr wrong[] = {WEFT_COLUMN(Wrong, id, .primary_key = true),
                                      WEFT_COLUMN(Wrong, good_id, .references = "good.id"),
                                      WEFT_CHECK(Wrong, "no_such_function(id)")};
    static const weft_model models[] = {
        {.name = "Good", .table = "good", .size = sizeof(Good), .attrs = good, .attr_count = 1},
        {.name = "Wrong", .table = "wrong", .size = sizeof(Wrong), .attrs = wrong, .attr_count = 3}};
    const weft_metadata metadata = {.models = (const weft_model *const[]){&models[1], &models[0]}, .count = 2};
    weft_engine *engine = NULL;
    MUST(b, weft_engine_open(&engine, b->database.url, &(weft_engine_options){.metadata = &metadata}, &b->error));
    assert_int_not_equal(weft_create_all(engine, &b->error), WEFT_OK);
    assert_non_null(strstr(b->error.message, "no_such_function"));
    weft_engine_close(engine);
    test_database_exec(&b->database, "CREATE TABLE good (id integer)");
}

static void a_child_process_is_told_so_and_disturbs_nothing(void **state)
{
    bank *b = *state;
    bank_account(b, "ada", 1);
    weft_result *result = NULL;
    MUST(b, weft_connection_select(b->c, &(weft_rows_options){.from = &Account_model}, &result, &b->error));
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int failures = 0;
        weft_connection *c = NULL;
        failures += weft_engine_connect(b->engine, &c, NULL, &b->error) != WEFT_ERROR_FORKED;
        failures += weft_engine_ping(b->engine, NULL) != WEFT_ERROR_FORKED;
        failures += weft_create_all(b->engine, &b->error) != WEFT_ERROR_FORKED;
        failures += weft_connection_commit(b->c, &b->error) != WEFT_ERROR_FORKED;
        failures += weft_connection_rollback(b->c, &b->error) != WEFT_ERROR_FORKED;
        failures += weft_execute_text(b->c, "DELETE FROM account", NULL, &b->error) != WEFT_ERROR_FORKED;
        weft_connection_close(b->c);
        weft_engine_close(b->engine);
        _exit(failures);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_true(weft_result_next(result, &b->error));
    weft_result_close(result);
    bank_account(b, "bob", 2);
    MUST(b, weft_connection_commit(b->c, &b->error));
    assert_int_equal(test_database_integer(&b->database, "SELECT count(*) FROM account"), 2);
}

static void versions_agree(void **state)
{
    (void)state;
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", WEFT_VERSION_MAJOR, WEFT_VERSION_MINOR, WEFT_VERSION_PATCH);
    assert_string_equal(weft_version(), text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_scheme_lists_the_known_ones),
        cmocka_unit_test(a_bad_url_does_not_show_its_password),
        cmocka_unit_test(the_url_is_shown_without_its_password),
        cmocka_unit_test(models_are_checked_at_open),
        cmocka_unit_test(numeric_options_out_of_range_are_misuse),
        BANK_TEST(ping_tells_whether_the_database_answers),
        cmocka_unit_test(a_refused_login_is_told_at_once_and_without_the_password),
        BANK_TEST(a_pool_that_is_used_up_says_so),
        BANK_TEST(tables_are_created_in_order_and_left_as_they_are),
        BANK_TEST(creation_is_undone_as_a_whole),
        BANK_TEST(a_child_process_is_told_so_and_disturbs_nothing),
        cmocka_unit_test(versions_agree),
    };
    return cmocka_run_group_tests_name("engines", tests, NULL, NULL);
}
