/* What happens beside a stream that is not read to its end: every call works, or is refused by name and loses nothing; the stream
 * gives the rows of the state that it began with, or says why it has ended. */
#include "support/fixture.h"

#include <time.h>

WEFT_DECLARE(Thing);
WEFT_DECLARE(Kid);
struct Thing {
    int64_t id;
    int32_t n;
    const char *name;
    Kid_list kids;
};
struct Kid {
    int64_t id;
    weft_opt_int64 thing_id;
    const Thing *thing;
};
WEFT_MODEL(Thing, "thing", WEFT_COLUMN(Thing, id, .primary_key = true), WEFT_COLUMN(Thing, n, .index = true),
           WEFT_COLUMN(Thing, name), WEFT_HAS_MANY(Thing, kids, Kid, .foreign_key = "thing_id", .back_populates = "thing"));
WEFT_MODEL(Kid, "kid", WEFT_COLUMN(Kid, id, .primary_key = true), WEFT_COLUMN(Kid, thing_id, .references = "thing.id"),
           WEFT_BELONGS_TO(Kid, thing, Thing, .foreign_key = "thing_id", .back_populates = "kids"));
WEFT_METADATA(models, &Thing_model, &Kid_model);

enum { THINGS = 300 };
static const char rows_sql[] =
    "INSERT INTO thing (n, name) WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 300)"
    " SELECT i, 'name ' || i FROM c; INSERT INTO kid (thing_id) VALUES (1)";
FIXTURE_ROWS(models, rows_sql);

typedef struct stream {
    weft_result *result;
    int64_t last; /* n of the row before */
    int count;
} stream;

static void open_stream(weft_connection *c, stream *st)
{
    weft_error error = {0};
    *st = (stream){0};
    assert_error(weft_connection_select(c,
                                        &(weft_rows_options){.from = weft_from(Thing),
                                                             .stream = true,
                                                             .columns = weft_columns(weft_col(Thing, n), weft_col(Thing, name)),
                                                             .order_by = weft_order(weft_asc(Thing, n))},
                                        &st->result, &error),
                 WEFT_OK, &error);
}

static void check_row(const stream *st)
{
    int64_t n;
    char name[24];
    assert_true(weft_result_int64(st->result, 0, &n));
    (void)snprintf(name, sizeof name, "name %d", (int)n);
    assert_string_equal(weft_result_text(st->result, 1), name);
    assert_int_equal(n, st->count);
}

/* Rows are those that stood there at first, in order; false at the end, with *error. */
static bool read_row(stream *st, weft_error *error)
{
    if (!weft_result_next(st->result, error))
        return false;
    st->count++;
    check_row(st);
    return true;
}

static void read_all(stream *st)
{
    weft_error error = {0};
    while (read_row(st, &error))
        ;
    assert_error(error.status, WEFT_OK, &error);
    assert_int_equal(st->count, THINGS);
}

/* ---- one call of each kind ---- */

static weft_status make_one(weft_session *s, void *context)
{
    (void)context;
    (void)weft_new(s, Thing, .n = -7, .name = "t");
    return WEFT_OK;
}

enum call {
    GET,
    QUERY,
    LAZY,
    FLUSH_NEW,
    FLUSH_EDIT,
    FLUSH_MANY,
    DELETE,
    SAVEPOINT,
    TRANSACT,
    TEXT_WRITE,
    UPDATE_WHERE,
    INSERT_MANY,
    FETCH,
    TEXT_QUERY,
    SECOND,
    COMMIT,
    ROLLBACK,
    ROLLBACK_TO,
    CLEAR,
    CLOSE,
    CALLS
};

static weft_status call_on_connection(weft_connection *c, int call, weft_error *error)
{
    weft_result *result = NULL;
    weft_status status = WEFT_OK;
    Thing rows[70] = {{0}};
    for (int i = 0; i < 70; i++)
        rows[i] = (Thing){.n = -100 - i, .name = "many"};
    const weft_rows_options options = {.from = weft_from(Thing), .stream = call == SECOND};
    if (call == TEXT_WRITE)
        return weft_execute_text(c, "UPDATE thing SET n = n + 1000", NULL, error);
    if (call == UPDATE_WHERE)
        return weft_execute_update(c, weft_update_of(Thing, .set = weft_sets(weft_to(Thing, n, -1)), .all = true), NULL, error);
    if (call == INSERT_MANY)
        return weft_insert_many(c, Thing, rows, 70, NULL, error);
    if (call == TEXT_QUERY)
        status = weft_connection_query(c, "SELECT 1", NULL, &result, error);
    else
        status = weft_connection_select(c, &options, &result, error);
    int count = 0;
    while (status == WEFT_OK && weft_result_next(result, error))
        count++;
    assert_true(status != WEFT_OK || count == (call == TEXT_QUERY ? 1 : THINGS));
    weft_result_close(result);
    return status;
}

static weft_status call_on_session(weft_session *s, const Thing *one, const Thing *five, int call)
{
    switch (call) {
    case GET: assert_true(weft_get(s, Thing, 77) != NULL || weft_session_status(s) != WEFT_OK); break;
    case QUERY: assert_true(weft_query(s, Thing).count == THINGS || weft_session_status(s) != WEFT_OK); break;
    case LAZY: assert_true(weft_lazy(s, Thing, one, kids).count == 1 || weft_session_status(s) != WEFT_OK); break;
    case FLUSH_MANY:
        for (int i = 0; i < 600; i++)
            (void)weft_new(s, Thing, .n = -i - 1, .name = "new");
        return weft_session_flush(s);
    case FLUSH_NEW: (void)weft_new(s, Thing, .n = 0, .name = "new"); return weft_session_flush(s);
    case FLUSH_EDIT: weft_edit(s, Thing, five)->n = 5000; return weft_session_flush(s);
    case DELETE: weft_delete(s, Thing, five); return weft_session_flush(s);
    case SAVEPOINT: return weft_session_savepoint(s);
    case TRANSACT: return weft_transact(s, make_one, NULL, &(weft_transact_options){.savepoint = true});
    case COMMIT: return weft_session_commit(s);
    case ROLLBACK: return weft_session_rollback(s);
    case ROLLBACK_TO: return weft_session_savepoint_rollback(s);
    default: return weft_session_clear(s);
    }
    return weft_session_status(s);
}

static bool is_connections(int call) { return call >= TEXT_WRITE && call <= SECOND; }

static void assert_names_the_stream(weft_status status, const weft_error *error)
{
    assert_error(status, WEFT_ERROR_MISUSE, error);
    if (strstr(error->message, "a stream of Thing is open on this connection") == NULL)
        fail_msg("\"%s\" does not name the stream", error->message);
    assert_true(error->nothing_sent);
}

static void every_call_beside_a_stream_works_or_names_it(void **state)
{
    fixture *f = *state;
    for (int call = 0; call < CALLS; call++) {
        weft_error error = {0};
        stream st;
        weft_session *s = weft_session_open(f->engine, NULL);
        const Thing *one = weft_get(s, Thing, 1), *five = weft_get(s, Thing, 5);
        if (call == ROLLBACK_TO)
            assert_call(s, weft_session_savepoint(s), WEFT_OK);
        weft_connection *c = weft_session_connection(s);
        open_stream(c, &st);
        for (int i = 0; i < 3; i++)
            assert_true(read_row(&st, &error));
        weft_status status = WEFT_OK;
        if (call == CLOSE)
            weft_session_close(s);
        else
            status = is_connections(call) ? call_on_connection(c, call, &error) : call_on_session(s, one, five, call);
        if (call >= COMMIT) {
            assert_int_equal(status, WEFT_OK);
            assert_false(read_row(&st, &error));
            assert_int_equal(error.status, WEFT_ERROR_CLOSED);
        } else if (f->postgres) {
            assert_names_the_stream(status, is_connections(call) ? &error : weft_session_error(s));
            read_all(&st);
        } else {
            assert_int_equal(status, WEFT_OK);
            check_row(&st);
            read_all(&st);
        }
        weft_result_close(st.result);
        if (call != CLOSE) {
            rollback_ok(s);
            assert_non_null(weft_get(s, Thing, 9));
            weft_session_close(s);
        }
        assert_rows(f, "SELECT count(*), min(n), max(n) FROM thing", "300|1|300");
    }
}

static void what_is_refused_beside_a_stream_loses_nothing(void **state)
{
    fixture *f = *state;
    for (int autocommit = 0; autocommit < 2; autocommit++) {
        weft_error error = {0};
        weft_connection *c;
        stream st;
        assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = autocommit}, &error), WEFT_OK,
                     &error);
        assert_error(weft_execute_text(c, "INSERT INTO kid (thing_id) VALUES (2)", NULL, &error), WEFT_OK, &error);
        open_stream(c, &st);
        assert_true(read_row(&st, &error));
        for (int call = TEXT_WRITE; call <= SECOND; call++)
            assert_names_the_stream(call_on_connection(c, call, &error), &error);
        assert_names_the_stream(autocommit ? weft_connection_begin(c, &error) : weft_connection_savepoint(c, &error), &error);
        read_all(&st);
        for (int call = FETCH; call <= SECOND; call++) /* the last row was read: nothing is open any more */
            assert_error(call_on_connection(c, call, &error), WEFT_OK, &error);
        weft_result_close(st.result);
        assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
        weft_connection_close(c);
    }
    assert_rows(f, "SELECT count(*) FROM kid WHERE thing_id = 2", "2");
}

static void a_loop_that_moves_what_it_streams_ends(void **state)
{
    fixture *f = *state;
    for (int autocommit = 0; autocommit < 2; autocommit++) {
        weft_error error = {0};
        weft_connection *c;
        stream st, other;
        assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = autocommit}, &error), WEFT_OK,
                     &error);
        open_stream(c, &st);
        open_stream(c, &other);
        assert_true(read_row(&other, &error));
        while (read_row(&st, &error)) {
            const weft_values *values = weft_parameters(weft_value_int64(st.count));
            assert_error(weft_execute_text(c, "UPDATE thing SET n = n + 300 WHERE n = $1", values, &error), WEFT_OK, &error);
            check_row(&st); /* the present row is what it was */
        }
        assert_int_equal(error.status, WEFT_OK);
        assert_int_equal(st.count, THINGS);
        read_all(&other);
        weft_result_close(st.result);
        weft_result_close(other.result);
        assert_error(weft_execute_text(c, "UPDATE thing SET n = n - 300", NULL, &error), WEFT_OK, &error);
        assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
        weft_connection_close(c);
    }
    assert_rows(f, "SELECT count(*), min(n), max(n) FROM thing", "300|1|300");
}

/* ---- streams that only read ---- */

static void a_stream_of_a_reader_writes_nothing(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c;
    weft_result *result = NULL;
    assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = true, .read_only = true}, &error),
                 WEFT_OK, &error);
    if (f->postgres) {
        test_database_exec(&f->database, "CREATE FUNCTION hidden(i bigint) RETURNS bigint LANGUAGE sql VOLATILE AS "
                                         "'INSERT INTO kid (thing_id) VALUES (i) RETURNING id'");
        weft_status status =
            weft_connection_select(c,
                                   &(weft_rows_options){.from = weft_from(Thing),
                                                        .stream = true,
                                                        .columns = weft_columns(weft_fn("hidden", weft_col(Thing, id)))},
                                   &result, &error);
        while (status == WEFT_OK && weft_result_next(result, &error))
            ;
        assert_error(error.status, WEFT_ERROR_READ_ONLY, &error);
        weft_result_close(result);
    }
    for (int kind = 0; kind < 4; kind++) { /* closed at once, in the middle, at the end, and one that never was asked */
        stream st;
        open_stream(c, &st);
        for (int i = 0; i < kind * 100 && kind < 3; i++)
            assert_true(read_row(&st, &error));
        if (kind == 2)
            read_all(&st);
        weft_result_close(st.result);
        assert_false(weft_connection_in_transaction(c));
        assert_error(weft_execute_text(c, "INSERT INTO kid (thing_id) VALUES (3)", NULL, &error), WEFT_ERROR_READ_ONLY, &error);
        assert_error(weft_connection_begin(c, &error), WEFT_OK, &error);
        assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    }
    if (!f->postgres) {
        stream first, second;
        open_stream(c, &first);
        open_stream(c, &second);
        assert_true(read_row(&first, &error) && read_row(&second, &error));
        weft_result_close(first.result);
        read_all(&second);
        weft_result_close(second.result);
        assert_false(weft_connection_in_transaction(c));
    }
    weft_connection_close(c);
    assert_rows(f, "SELECT count(*) FROM kid", "1");
}

/* ---- all of it mixed ---- */

static unsigned roll(uint64_t *random, unsigned below)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(*random >> 33) % below;
}

#define SLOW \
    weft_select(.from = weft_from(Thing), .stream = true, \
                .columns = weft_columns(weft_col(Thing, n), weft_cast(weft_fn("pg_sleep", weft_val(0.05)), WEFT_TEXT), \
                                        weft_fn("repeat", weft_val("x"), weft_val(9000))))

typedef enum ending { COMMITS, UNDOES, ROLLS_BACK, CLOSES } ending;

/* The rest of it would come for fifteen seconds: nobody waits for it, and nothing is told as the program's mistake. */
static void a_stream_closed_while_its_query_runs_costs_its_transaction_at_most(void **state)
{
    fixture *f = *state;
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.pool = {.size = 2}});
    for (int how = 0; how < 2; how++)
        for (int end = COMMITS; end <= CLOSES; end++) {
            weft_connection *c;
            weft_result *result;
            weft_error error = {0};
            time_t start = time(NULL);
            const weft_connection_options options = {.timeout_ms = how == 0 ? 0 : 2000};
            assert_error(weft_engine_connect(engine, &c, &options, &error), WEFT_OK, &error);
            assert_error(weft_execute_text(c, "UPDATE thing SET n = n + 1000 WHERE id = 1", NULL, &error), WEFT_OK, &error);
            assert_error(weft_connection_savepoint(c, &error), WEFT_OK, &error);
            assert_error(weft_connection_select(c, SLOW, &result, &error), WEFT_OK, &error);
            assert_true(weft_result_next(result, &error));
            if (end == COMMITS && how == 1) { /* without a limit it waits for the rest, as the transaction is to stand */
                weft_result_close(result);
                weft_status status = weft_connection_commit(c, &error);
                assert_true(status != WEFT_OK && status != WEFT_ERROR_MISUSE);
                assert_int_equal(error.outcome, WEFT_OUTCOME_ROLLED_BACK);
            } else if (end == UNDOES && how == 1) {
                weft_status status = weft_connection_rollback_to(c, &error);
                assert_true(status != WEFT_OK && status != WEFT_ERROR_MISUSE);
                assert_error(weft_connection_rollback(c, &error), WEFT_OK, &error);
                assert_error(weft_execute_text(c, "SELECT 1", NULL, &error), WEFT_OK, &error);
                weft_result_close(result);
            } else if (end == ROLLS_BACK) {
                assert_error(weft_connection_rollback(c, &error), WEFT_OK, &error);
                weft_result_close(result);
                assert_error(weft_execute_text(c, "SELECT 1", NULL, &error), WEFT_OK, &error);
            } else {
                weft_connection_close(c);
                c = NULL;
                weft_result_close(result);
            }
            weft_connection_close(c);
            assert_true(time(NULL) - start < 10);
            assert_rows(f, "SELECT n FROM thing WHERE id = 1", "1");
        }
    weft_connection *c;
    weft_result *result;
    weft_error error = {0};
    assert_error(weft_engine_connect(engine, &c, &(weft_connection_options){.autocommit = true}, &error), WEFT_OK, &error);
    assert_error(weft_connection_select(c, SLOW, &result, &error), WEFT_OK, &error);
    assert_true(weft_result_next(result, &error));
    weft_result_close(result);
    for (int again = 0; again < 2; again++)
        assert_error(weft_execute_text(c, "SELECT 1", NULL, &error), WEFT_OK, &error);
    weft_connection_close(c);
    weft_engine_close(engine);
}

typedef struct mixture {
    fixture *f;
    weft_session *s;
    stream streams[3];
    int kids, kept; /* rows of kid, and as committed */
    uint64_t random;
} mixture;

static void close_streams(mixture *m)
{
    for (int i = 0; i < 3; i++)
        weft_result_close(m->streams[i].result);
    memset(m->streams, 0, sizeof m->streams);
}

static bool is_open(const mixture *m)
{
    for (int i = 0; i < 3; i++)
        if (m->streams[i].result != NULL && m->streams[i].count < THINGS + 1)
            return true;
    return false;
}

/* Streams begin over the same rows each: what steps write to `thing` is taken back by them. */
static void step_of_streams(mixture *m, unsigned which)
{
    weft_error error = {0};
    stream *st = &m->streams[which];
    if (st->result == NULL) {
        if (m->f->postgres && is_open(m))
            return;
        weft_connection *c = weft_session_connection(m->s);
        if (c != NULL)
            open_stream(c, st);
        return;
    }
    for (unsigned i = 0, rows = roll(&m->random, 150); i < rows; i++)
        if (!read_row(st, &error)) {
            assert_error(error.status, WEFT_OK, &error);
            assert_int_equal(st->count, THINGS);
            st->count = THINGS + 1;
            break;
        }
    if (st->count > THINGS || roll(&m->random, 4) == 0) {
        weft_result_close(st->result);
        *st = (stream){0};
    }
}

static void step_of_the_session(mixture *m, unsigned step)
{
    weft_session *s = m->s;
    int before = m->kids;
    weft_status status = WEFT_OK;
    switch (step) {
    case 0:
        (void)weft_new(s, Kid, .thing_id = weft_some(1 + (int64_t)roll(&m->random, THINGS)));
        m->kids++;
        break;
    case 1: status = weft_session_flush(s); break;
    case 2:
        status = weft_session_execute_text(s, "INSERT INTO kid (thing_id) VALUES (7)", NULL);
        m->kids++;
        break;
    case 3: (void)weft_count_of(s, Kid); break;
    case 4:
        (void)weft_session_execute_text(s, "UPDATE thing SET n = n + 1000", NULL);
        status = weft_session_execute_text(s, "UPDATE thing SET n = n - 1000", NULL);
        break;
    default: (void)weft_query(s, Thing, .limit = 5); break;
    }
    if (weft_session_status(s) == WEFT_OK)
        return;
    assert_true(m->f->postgres && is_open(m)); /* only there, only so, and the work of the transaction is told as lost */
    assert_names_the_stream(weft_session_status(s), weft_session_error(s));
    (void)status;
    (void)before;
    close_streams(m);
    rollback_ok(s);
    m->kids = m->kept;
}

static void end_of_the_mixture(mixture *m, bool commit)
{
    if (m->f->postgres && commit)
        close_streams(m); /* what is pending could not be flushed */
    if (commit)
        commit_ok(m->s);
    else
        rollback_ok(m->s);
    m->kids = m->kept = commit ? m->kids : m->kept;
    for (int i = 0; i < 3; i++) {
        weft_error error = {0};
        if (m->streams[i].result != NULL && m->streams[i].count <= THINGS) {
            assert_false(weft_result_next(m->streams[i].result, &error));
            assert_int_equal(error.status, WEFT_ERROR_CLOSED);
        }
    }
    close_streams(m);
    char count[16];
    (void)snprintf(count, sizeof count, "%d", m->kept);
    assert_rows(m->f, "SELECT count(*) FROM kid", count);
}

static void streams_beside_everything_agree_with_plain_data(void **state)
{
    mixture m = {.f = *state, .s = ((fixture *)*state)->s, .kids = 1, .kept = 1};
    m.random = test_seed(1);
    for (int i = 0; i < (getenv("WEFT_TEST_LONG") != NULL ? 20000 : 1500); i++) {
        unsigned what = roll(&m.random, 10);
        if (what < 5)
            step_of_streams(&m, roll(&m.random, 3));
        else if (what < 9)
            step_of_the_session(&m, roll(&m.random, 6));
        else
            end_of_the_mixture(&m, roll(&m.random, 2) == 0);
    }
    end_of_the_mixture(&m, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(a_stream_closed_while_its_query_runs_costs_its_transaction_at_most),
        ON_BOTH(every_call_beside_a_stream_works_or_names_it),
        ON_POSTGRES(what_is_refused_beside_a_stream_loses_nothing),
        ON_SQLITE(a_loop_that_moves_what_it_streams_ends),
        ON_BOTH(a_stream_of_a_reader_writes_nothing),
        ON_BOTH(streams_beside_everything_agree_with_plain_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
