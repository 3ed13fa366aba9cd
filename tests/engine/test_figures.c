/* Figures of statements: runs, failures, rows, times and the place they come from, kept where .figures of the engine asks for them;
 * and the failures of statements whose rows were under way, which logs and events tell, too. */
#include "fixtures/purse.h"

#include <pthread.h>

FIXTURE_MODELS(purse);

typedef struct Share {
    weft_decimal v;
} Share;
WEFT_ROW(Share, WEFT_FIELD(Share, v));

typedef struct failures {
    int logged, told;
    weft_status status;
    char sql[200], message[200];
} failures;

static void note_error(void *context, const weft_log_record *record)
{
    failures *seen = context;
    if (record->topic != WEFT_LOG_STATEMENT || record->level != WEFT_LOG_ERROR)
        return;
    seen->logged++;
    seen->status = record->status;
    snprintf(seen->sql, sizeof seen->sql, "%s", record->sql);
    snprintf(seen->message, sizeof seen->message, "%s", record->message);
}

static void note_end(void *context, const weft_log_record *record)
{
    failures *seen = context;
    if (record->status != WEFT_OK)
        seen->told++;
}
static const weft_events ends = {.after_statement = note_end};

static weft_cached_statement *find(weft_cached_statement *all, size_t count, const char *part)
{
    for (size_t i = 0; i < count; i++)
        if (strstr(all[i].sql, part) != NULL)
            return &all[i];
    fail_msg("no statement with %s is cached", part);
    return NULL;
}

static void runs_rows_and_times_are_counted(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.figures = true});
    weft_session *s = weft_session_open(engine, NULL);
    for (int64_t i = 1; i <= 5; i++)
        weft_new(s, Item, .amount = i);
    commit_ok(s);
    for (int64_t i = 0; i < 70; i++) /* the line of the first is kept */
        assert_int_equal(weft_query(s, Item, .where = weft_gt(Item, amount, i)).count, i < 5 ? 5 - i : 0);
    const int line = __LINE__ - 1;
    int64_t changed;
    assert_call(
        s,
        weft_session_update(s, weft_update_of(Item, .set = weft_sets(weft_to(Item, amount, 9)), .where = weft_le(Item, amount, 3)),
                            &changed),
        WEFT_OK);
    commit_ok(s);
    weft_session_close(s);
    weft_connection *c;
    assert_error(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK, &error);
    Item many[600] = {{0}};
    assert_error(weft_insert_many(c, Item, many, 600, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);

    weft_cached_statement *all;
    size_t count;
    assert_error(weft_engine_cached_statements(engine, &all, &count, &error), WEFT_OK, &error);
    const weft_cached_statement *query = find(all, count, "SELECT");
    assert_int_equal(query->runs, 70);
    assert_int_equal(query->rows, 5 + 4 + 3 + 2 + 1);
    assert_int_equal(query->failures, 0);
    assert_true(query->time_ns > query->longest_ns && query->longest_ns > 0);
    assert_non_null(strstr(query->file, "test_figures.c"));
    assert_int_equal(query->line, line);
    const weft_cached_statement *update = find(all, count, "UPDATE");
    assert_int_equal(update->runs, 1);
    assert_int_equal(update->rows, 3);
    assert_int_equal(update->time_ns, update->longest_ns);
    uint64_t inserted = 0;
    for (size_t i = 0; i < count; i++)
        if (strncmp(all[i].sql, "INSERT", 6) == 0 || strncmp(all[i].sql, "COPY", 4) == 0)
            inserted += all[i].rows;
    assert_int_equal(inserted, 605);
    weft_free(all);
    weft_engine_close(engine);
}

static void without_the_option_nothing_is_counted(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    assert_int_equal(weft_query(f->s, Item).count, 0);
    weft_cached_statement *all;
    size_t count;
    assert_error(weft_engine_cached_statements(f->engine, &all, &count, &error), WEFT_OK, &error);
    const weft_cached_statement *query = find(all, count, "SELECT");
    assert_int_equal(query->runs + query->rows + query->time_ns + query->longest_ns, 0);
    assert_null(query->file);
    assert_int_equal(query->line, 0);
    weft_free(all);
}

/* The third row divides by zero: on SQLite and of a stream the first two have been given by then. */
static weft_status divide(weft_connection *c, bool stream, int *rows, weft_error *error)
{
    weft_result *result = NULL;
    *rows = 0;
    weft_status status = weft_connection_select(
        c,
        weft_select(.from = weft_from(Item), .stream = stream, .order_by = weft_order(weft_asc(Item, id)),
                    .columns = weft_columns(
                        weft_op(weft_val(1), "/", weft_cast(weft_op(weft_col(Item, amount), "-", weft_val(3)), WEFT_DECIMAL)))),
        &result, error);
    if (status != WEFT_OK)
        return status;
    while (weft_result_next(result, error))
        ++*rows;
    weft_result_close(result);
    return error->status;
}

static void failures_under_way_are_failures(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    test_database_exec(&f->database, "INSERT INTO item (amount) VALUES (1), (2), (3), (4)");
    for (int round = 0; round < 4; round++) {
        const bool figures = round % 2 == 1, listens = round / 2 == 1;
        failures seen = {0};
        int rows;
        weft_engine *engine = fixture_engine(f, (weft_engine_options){.figures = figures,
                                                                      .log = note_error,
                                                                      .log_context = &seen,
                                                                      .events = listens ? &ends : NULL,
                                                                      .events_context = &seen});
        weft_connection *c;
        assert_error(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK, &error);
        const weft_status failed = divide(c, true, &rows, &error);
        assert_int_equal(failed, WEFT_ERROR_DATA);
        assert_int_equal(rows, 2);
        assert_int_equal(seen.logged, 1);
        assert_int_equal(seen.status, WEFT_ERROR_DATA);
        assert_non_null(strstr(seen.sql, "SELECT"));
        assert_non_null(strstr(seen.message, "zero"));
        assert_int_equal(weft_connection_rollback(c, &error), WEFT_OK);
        assert_int_equal(divide(c, false, &rows, &error), WEFT_ERROR_DATA);
        assert_int_equal(seen.logged, 2);
        assert_int_equal(weft_connection_rollback(c, &error), WEFT_OK);
        memset(&error, 0, sizeof error);
        weft_result *result = NULL; /* text, whose strings are not shown */
        const char *sql = f->postgres ? "SELECT 1 / (amount - 3), 'secret' FROM item"
                                      : "SELECT json(CASE amount WHEN 3 THEN 'x' ELSE '1' END), 'secret' FROM item";
        weft_status status = weft_connection_query(c, sql, NULL, &result, &error);
        while (status == WEFT_OK && weft_result_next(result, &error))
            continue;
        weft_result_close(result);
        assert_int_not_equal(status != WEFT_OK ? status : error.status, WEFT_OK);
        assert_int_equal(seen.logged, 3);
        assert_null(strstr(seen.sql, "secret"));
        assert_int_equal(seen.told, listens ? 3 : 0);
        weft_connection_close(c);
        weft_cached_statement *all;
        size_t count;
        assert_error(weft_engine_cached_statements(engine, &all, &count, &error), WEFT_OK, &error);
        const weft_cached_statement *query = find(all, count, "SELECT");
        assert_int_equal(query->runs, figures ? 2 : 0);
        assert_int_equal(query->failures, figures ? 2 : 0);
        weft_free(all);
        weft_engine_close(engine);
    }
}

enum { THREADS = 4, ROUNDS = 200 };

static void *get_items(void *argument)
{
    weft_session *s = weft_session_open(argument, NULL);
    size_t found = 0;
    for (int64_t i = 0; i < ROUNDS; i++)
        found += weft_query(s, Item, .where = weft_eq(Item, amount, i % 4 + 1)).count;
    const bool well = weft_session_status(s) == WEFT_OK && found == ROUNDS;
    weft_session_close(s);
    return well ? argument : NULL;
}

static void nothing_is_lost_between_threads(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    test_database_exec(&f->database, "INSERT INTO item (amount) VALUES (1), (2), (3), (4)");
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.figures = true});
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, get_items, engine), 0);
    for (int i = 0; i < THREADS; i++) {
        void *well = NULL;
        assert_int_equal(pthread_join(threads[i], &well), 0);
        assert_non_null(well);
    }
    weft_cached_statement *all;
    size_t count;
    assert_error(weft_engine_cached_statements(engine, &all, &count, &error), WEFT_OK, &error);
    const weft_cached_statement *query = find(all, count, "SELECT");
    assert_int_equal(query->runs, THREADS * ROUNDS);
    assert_int_equal(query->rows, THREADS * ROUNDS);
    weft_free(all);
    weft_engine_close(engine);
}

typedef struct origins {
    char ended[64], before[64]; /* a letter for each record of a statement */
} origins;

static void add_origin(char *to, const weft_log_record *record)
{
    if (record->topic == WEFT_LOG_STATEMENT && strlen(to) < 60)
        (void)strncat(to, &"ncht"[record->origin], 1);
    else
        assert_int_equal(record->origin, WEFT_ORIGIN_NONE);
}

static void note_origin(void *context, const weft_log_record *record) { add_origin(((origins *)context)->ended, record); }

static weft_status note_before(void *context, const weft_log_record *record, weft_error *error)
{
    (void)error;
    add_origin(((origins *)context)->before, record);
    return WEFT_OK;
}
static const weft_events origin_events = {.before_statement = note_before};

/* Compiled, cached hit or text: on each path by which statements run, and for each of their kinds. */
static void records_say_where_a_statement_came_from(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    origins seen = {0};
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.log = note_origin,
                                                                  .log_context = &seen,
                                                                  .log_level = WEFT_LOG_INFO,
                                                                  .events = &origin_events,
                                                                  .events_context = &seen});
    weft_session *s = weft_session_open(engine, NULL);
    for (int i = 0; i < 3; i++)
        (void)weft_query(s, Item, .where = weft_gt(Item, amount, i));
    (void)weft_rows(s, Share, .from = weft_from(Item), .columns = weft_sum(weft_col(Item, amount)));
    (void)weft_rows(s, Share, .from = weft_from(Item), .columns = weft_sum(weft_col(Item, amount)));
    assert_call(s, weft_session_execute_text(s, "DELETE FROM item WHERE amount < 0", NULL), WEFT_OK);
    (void)weft_query(s, Item, .where = weft_gt(Item, amount, 7));
    commit_ok(s);
    assert_string_equal(seen.ended, "chhchth");
    assert_string_equal(seen.before, "chhchth");
    weft_engine_clear_cache(engine);
    (void)weft_query(s, Item, .where = weft_gt(Item, amount, 7));
    (void)weft_query(s, Item, .where = weft_gt(Item, amount, 7));
    weft_session_close(s);
    assert_string_equal(seen.ended, "chhchthch");
    weft_connection *c;
    weft_result *result;
    seen = (origins){0};
    assert_error(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK, &error);
    for (int i = 0; i < 2; i++) { /* what is told when it ends says how it began */
        assert_error(weft_connection_select(c, &(weft_rows_options){.from = weft_from(Item), .columns = weft_col(Item, amount)},
                                            &result, &error),
                     WEFT_OK, &error);
        weft_result_close(result);
        assert_error(weft_connection_query(c, "SELECT 1", NULL, &result, &error), WEFT_OK, &error);
        weft_result_close(result);
    }
    weft_connection_close(c);
    assert_string_equal(seen.ended, "ctht");
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(runs_rows_and_times_are_counted), ON_BOTH(without_the_option_nothing_is_counted),
        ON_BOTH(failures_under_way_are_failures), ON_BOTH(records_say_where_a_statement_came_from),
        ON_BOTH(nothing_is_lost_between_threads),
    };
    return cmocka_run_group_tests_name("figures", tests, NULL, NULL);
}
