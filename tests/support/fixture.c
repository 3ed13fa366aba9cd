/* See fixture.h. Rows are judged by a connection that is not weft's. */
#include "support/fixture.h"

int fixture_open(void **state, test_backend backend, const weft_metadata *metadata, const char *rows)
{
    fixture *f = calloc(1, sizeof *f);
    weft_error error = {0};
    assert_non_null(f);
    test_database_open(&f->database, backend);
    f->recorder = test_recorder_new();
    f->metadata = metadata;
    f->postgres = backend == TEST_POSTGRES;
    f->engine = fixture_engine(f, (weft_engine_options){.pool = {.size = 4, .timeout_ms = 5000}});
    if (weft_create_all(f->engine, &error) != WEFT_OK)
        fail_msg("tables: %s", error.message);
    if (rows != NULL)
        test_database_exec(&f->database, rows);
    f->s = weft_session_open(f->engine, NULL);
    test_recorder_clear(f->recorder);
    *state = f;
    return 0;
}

weft_engine *fixture_engine(fixture *f, weft_engine_options options)
{
    weft_engine *engine;
    weft_error error = {0};
    if (options.metadata == NULL)
        options.metadata = f->metadata;
    if (options.log == NULL) {
        options.log = test_recorder_log;
        options.log_context = f->recorder;
    }
    if (options.log_level == WEFT_LOG_OFF)
        options.log_level = WEFT_LOG_INFO;
    if (weft_engine_open(&engine, f->database.url, &options, &error) != WEFT_OK)
        fail_msg("engine: %s", error.message);
    return engine;
}

int fixture_close(void **state)
{
    fixture *f = *state;
    weft_session_close(f->s);
    weft_engine_close(f->engine);
    test_recorder_free(f->recorder);
    test_database_drop(&f->database);
    free(f);
    return 0;
}

const char *fixture_last_sql(const fixture *f) { return test_recorder_text(f->recorder, test_recorder_count(f->recorder) - 1); }

size_t fixture_cached(const fixture *f)
{
    weft_cached_statement *statements;
    size_t count;
    assert_int_equal(weft_engine_cached_statements(f->engine, &statements, &count, NULL), WEFT_OK);
    weft_free(statements);
    return count;
}

size_t fixture_statements(fixture *f)
{
    assert_ok(f->s);
    size_t count = test_recorder_count(f->recorder);
    test_recorder_clear(f->recorder);
    return count;
}

void fixture_assert_error(weft_status status, weft_status wanted, const weft_error *error, const char *file, int line)
{
    if (status == wanted)
        return;
    print_error("%s instead of %s: %s\n", weft_status_identifier(status), weft_status_identifier(wanted),
                error != NULL ? error->message : "");
    _fail(file, line);
}

void fixture_assert_message(const weft_session *s, const char *part, const char *file, int line)
{
    const char *message = weft_session_error(s)->message;
    if (strstr(message, part) != NULL)
        return;
    print_error("\"%s\" does not contain \"%s\"\n", message, part);
    _fail(file, line);
}

void fixture_assert_rows(const fixture *f, const char *sql, const char *expected, const char *file, int line)
{
    char *rows = test_database_rows(&f->database, sql);
    if (strcmp(rows, expected) == 0) {
        free(rows);
        return;
    }
    print_error("%s\ngives:\n%s\ninstead of:\n%s\n", sql, rows, expected);
    free(rows);
    _fail(file, line);
}
