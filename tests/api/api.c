/* See api.h. Rows are judged by a connection that is not weft's. */
#include "api.h"

int api_open(void **state, test_backend backend, const weft_metadata *metadata)
{
    fixture *f = calloc(1, sizeof *f);
    weft_error error = { 0 };
    assert_non_null(f);
    test_database_open(&f->database, backend);
    f->recorder = test_recorder_new();
    f->metadata = metadata;
    f->postgres = backend == TEST_POSTGRES;
    f->engine = api_engine(f, (weft_engine_options){ .pool = { .size = 4, .timeout_ms = 5000 } });
    if (weft_create_all(f->engine, &error) != WEFT_OK)
        fail_msg("tables: %s", error.message);
    f->s = weft_session_open(f->engine, NULL);
    test_recorder_clear(f->recorder);
    *state = f;
    return 0;
}

weft_engine *api_engine(fixture *f, weft_engine_options options)
{
    weft_engine *engine;
    weft_error error = { 0 };
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

int api_close(void **state)
{
    fixture *f = *state;
    weft_session_close(f->s);
    weft_engine_close(f->engine);
    test_recorder_free(f->recorder);
    test_database_drop(&f->database);
    free(f);
    return 0;
}

void api_assert_error(weft_status status, weft_status wanted, const weft_error *error, const char *file, int line)
{
    if (status == wanted)
        return;
    print_error("%s instead of %s: %s\n", weft_status_identifier(status), weft_status_identifier(wanted),
                error != NULL ? error->message : "");
    _fail(file, line);
}

void api_assert_status(const weft_session *s, weft_status wanted, const char *file, int line)
{
    api_assert_error(weft_session_status(s), wanted, weft_session_error(s), file, line);
}

void api_commit(weft_session *s, const char *file, int line)
{
    api_assert_error(weft_session_commit(s), WEFT_OK, weft_session_error(s), file, line);
}

void api_assert_refused(weft_session *s, weft_status wanted, const char *file, int line)
{
    api_assert_status(s, wanted, file, line);
    api_assert_error(weft_session_rollback(s), WEFT_OK, weft_session_error(s), file, line);
}

void api_assert_rows(const fixture *f, const char *sql, const char *expected, const char *file, int line)
{
    char *rows = test_database_rows(&f->database, sql);
    if (strcmp(rows, expected) != 0) {
        print_error("%s\ngives:\n%s\ninstead of:\n%s\n", sql, rows, expected);
        free(rows);
        _fail(file, line);
    }
    free(rows);
}
