/* Deadlines that pass in the middle of what takes long: a stream after some of its rows and before the first, rows on their way in
 * by COPY and by arrays, a flush. A savepoint is what it costs, the connection goes on, and nothing runs any more. */
#include "support/fixture.h"

WEFT_DECLARE(Item);
struct Item {
    int64_t id;
    const char *name;
};
WEFT_MODEL(Item, "item", WEFT_COLUMN(Item, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Item, name));
WEFT_METADATA(models, &Item_model);
FIXTURE_MODELS(models);

typedef struct Number {
    int64_t n;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, n));

enum { SHORT_MS = 500, SLOW = 400, MANY = 1000, TAKEN = 900 };

/* The row of number SLOW takes for ever; rows are so large that those before it do not wait in the server's buffer. */
static void make_slow(fixture *f)
{
    if (f->postgres)
        test_database_exec(&f->database,
                           "INSERT INTO item SELECT i, 'old' FROM generate_series(1, 500) AS i; "
                           "CREATE VIEW slow AS SELECT id, CASE WHEN id = 400 THEN (SELECT length(CAST(pg_sleep(30) AS text))) "
                           "ELSE 1 END AS v, repeat('x', 8000) AS pad FROM item; "
                           "CREATE FUNCTION slow_of(bigint) RETURNS int LANGUAGE plpgsql AS $$BEGIN IF $1 = 400 THEN "
                           "PERFORM pg_sleep(30); END IF; RETURN 1; END$$");
    else
        test_database_exec(&f->database,
                           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) "
                           "INSERT INTO item SELECT i, 'old' FROM n; "
                           "CREATE VIEW slow AS SELECT id, CASE WHEN id = 400 THEN (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
                           "SELECT i FROM n) SELECT count(*) FROM n) ELSE 1 END AS v, hex(zeroblob(4000)) AS pad FROM item");
}

static void assert_nothing_runs(const fixture *f)
{
    if (f->postgres)
        assert_int_equal(test_database_integer(&f->database,
                                               "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND datname = "
                                               "current_database() AND pid <> pg_backend_pid()"),
                         0);
}

static weft_connection *take(fixture *f, uint32_t timeout_ms)
{
    weft_connection *c;
    weft_error error = {0};
    assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.timeout_ms = timeout_ms}, &error), WEFT_OK, &error);
    return c;
}

static void add_item(weft_connection *c, int64_t id)
{
    weft_error error = {0};
    const Item item = {.id = id, .name = "new"};
    assert_error(weft_insert_many(c, Item, &item, 1, NULL, &error), WEFT_OK, &error);
}

/* ---- streams ---- */

/* The rows that came before the deadline passed. */
static int read_until_the_deadline(weft_connection *c, const weft_model *slow, int64_t from)
{
    weft_result *result = NULL;
    weft_error error = {0};
    int rows = 0;
    const weft_rows_options query = {.from = slow,
                                     .columns = weft_columns(weft_cast(weft_named(slow, "v"), WEFT_INT64), weft_named(slow, "pad")),
                                     .where = weft_op(weft_named(slow, "id"), ">=", weft_val(from)),
                                     .stream = true};
    weft_status status = weft_connection_select(c, &query, &result, &error);
    if (status != WEFT_OK) {
        assert_error(status, WEFT_ERROR_TIMEOUT, &error);
        assert_null(result);
        return 0;
    }
    while (weft_result_next(result, &error))
        rows++;
    assert_error(error.status, WEFT_ERROR_TIMEOUT, &error);
    assert_false(weft_result_next(result, &error)); /* no rows that ended by themselves */
    assert_error(error.status, WEFT_ERROR_TIMEOUT, &error);
    weft_result_close(result);
    return rows;
}

static void a_stream_costs_its_savepoint(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    make_slow(f);
    const weft_model *slow = weft_session_table(f->s, "slow");
    assert_ok(f->s);
    weft_connection *c = take(f, SHORT_MS);
    for (int round = 0; round < 4; round++) {
        const int64_t from = round % 2 == 0 ? 1 : SLOW;
        const int rows = SLOW - (int)from;
        add_item(c, 1000 + 10 * round);
        assert_error(weft_connection_savepoint(c, &error), WEFT_OK, &error);
        add_item(c, 1001 + 10 * round);
        const int came = read_until_the_deadline(c, slow, from);
        assert_true(came <= rows && came >= rows - 10); /* what the server still had in its buffer */
        assert_error(weft_connection_rollback_to(c, &error), WEFT_OK, &error);
        assert_nothing_runs(f);
        add_item(c, 1002 + 10 * round);
        assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    }
    assert_rows(f, "SELECT id FROM item WHERE id >= 1000 ORDER BY id", "1000\n1002\n1010\n1012\n1020\n1022\n1030\n1032");
    /* Without one the transaction. */
    add_item(c, 2000);
    (void)read_until_the_deadline(c, slow, 1);
    assert_error(weft_connection_rollback(c, &error), WEFT_OK, &error);
    add_item(c, 2001);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    assert_rows(f, "SELECT id FROM item WHERE id >= 2000", "2001");
}

/* A stream that is closed before its end has to be read to its end for the transaction to go on: not beyond the deadline. */
static void a_stream_that_is_closed_early_costs_no_more(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    make_slow(f);
    const weft_model *slow = weft_session_table(f->s, "slow");
    weft_connection *c = take(f, SHORT_MS);
    add_item(c, 1000);
    assert_error(weft_connection_savepoint(c, &error), WEFT_OK, &error);
    add_item(c, 1001);
    weft_result *result = NULL;
    const weft_rows_options query = {.from = slow,
                                     .columns = weft_columns(weft_cast(weft_named(slow, "v"), WEFT_INT64), weft_named(slow, "pad")),
                                     .stream = true};
    assert_error(weft_connection_select(c, &query, &result, &error), WEFT_OK, &error);
    for (int i = 0; i < 10; i++)
        assert_true(weft_result_next(result, &error));
    weft_result_close(result);
    assert_error(weft_connection_rollback_to(c, &error), WEFT_OK, &error);
    assert_nothing_runs(f);
    add_item(c, 1002);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    assert_rows(f, "SELECT id FROM item WHERE id >= 1000 ORDER BY id", "1000\n1002");
}

/* ---- objects and rows of a session ---- */

static weft_status read_slowly(weft_session *s, int how)
{
    const weft_expr *const slow = weft_op(weft_fn("slow_of", weft_col(Item, id)), ">", weft_val(0));
    switch (how) {
    case 0: (void)weft_query(s, Item, .where = slow); break;
    case 1: (void)weft_query(s, Item, .where = weft_and(slow, weft_ge(Item, id, SLOW))); break;
    case 2: (void)weft_rows(s, Number, .from = weft_from(Item), .columns = weft_columns(weft_col(Item, id)), .where = slow); break;
    default: (void)weft_count_of(s, Item, .where = slow);
    }
    return weft_session_status(s);
}

static void reads_of_a_session_cost_its_savepoint(void **state)
{
    fixture *f = *state;
    make_slow(f);
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.timeout_ms = SHORT_MS});
    for (int how = 0; how < 4; how++) {
        const Item *item = weft_new(s, Item, .id = 1000 + 10 * how, .name = "new");
        assert_call(s, weft_session_savepoint(s), WEFT_OK);
        (void)weft_new(s, Item, .id = 1001 + 10 * how, .name = "new");
        flush_ok(s);
        assert_call(s, read_slowly(s, how), WEFT_ERROR_TIMEOUT);
        assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
        assert_nothing_runs(f);
        assert_string_equal(item->name, "new");
        (void)weft_new(s, Item, .id = 1002 + 10 * how, .name = "new");
        commit_ok(s);
        assert_call(s, read_slowly(s, how), WEFT_ERROR_TIMEOUT); /* outside of a transaction */
        rollback_ok(s);
        assert_int_equal(weft_count_of(s, Item), 502 + 2 * how);
    }
    weft_session_close(s);
    assert_rows(f, "SELECT id FROM item WHERE id >= 1000 ORDER BY id", "1000\n1002\n1010\n1012\n1020\n1022\n1030\n1032");
}

/* ---- rows on their way in ---- */

/* Another transaction has inserted the row TAKEN and does not end. */
static weft_connection *hold_a_key(fixture *f)
{
    weft_connection *holder = take(f, 0);
    add_item(holder, TAKEN);
    return holder;
}

static void rows_on_their_way_cost_their_savepoint(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    static Item items[MANY];
    weft_connection *holder = hold_a_key(f), *c = take(f, SHORT_MS);
    for (int i = 0; i < MANY; i++)
        items[i] = (Item){.id = i + 1, .name = "new"};
    const weft_insert_options keeps_first = {.on_conflict = WEFT_CONFLICT_DO_NOTHING};
    for (int how = 0; how < 3; how++) { /* COPY; arrays, which resolve; few rows */
        const int first = how == 2 ? TAKEN - 50 : 0, count = how == 2 ? 100 : MANY;
        add_item(c, 2000 + 10 * how);
        assert_error(weft_connection_savepoint(c, &error), WEFT_OK, &error);
        add_item(c, 2001 + 10 * how);
        assert_error(weft_insert_many(c, Item, items + first, (size_t)count, how == 1 ? &keeps_first : NULL, &error),
                     WEFT_ERROR_TIMEOUT, &error);
        assert_error(weft_connection_rollback_to(c, &error), WEFT_OK, &error);
        assert_nothing_runs(f);
        assert_error(weft_insert_many(c, Item, items, 600, how == 0 ? NULL : &keeps_first, &error), WEFT_OK, &error);
        assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    }
    assert_rows(f, "SELECT count(*) FROM item WHERE id <= 600", "600");
    assert_rows(f, "SELECT id FROM item WHERE id > 600 ORDER BY id", "2000\n2010\n2020");
    /* Without one the transaction, and in autocommit all rows of the call. */
    add_item(c, 3000);
    assert_error(weft_insert_many(c, Item, items + 600, 400, NULL, &error), WEFT_ERROR_TIMEOUT, &error);
    assert_error(weft_connection_rollback(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.timeout_ms = SHORT_MS, .autocommit = true}, &error),
                 WEFT_OK, &error);
    assert_error(weft_insert_many(c, Item, items + 600, 400, NULL, &error), WEFT_ERROR_TIMEOUT, &error);
    add_item(c, 3001);
    weft_connection_close(c);
    assert_error(weft_connection_rollback(holder, &error), WEFT_OK, &error);
    weft_connection_close(holder);
    assert_rows(f, "SELECT id FROM item WHERE id > 600 ORDER BY id", "2000\n2010\n2020\n3001");
}

static void a_flush_costs_its_savepoint(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *holder = hold_a_key(f);
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.timeout_ms = SHORT_MS});
    (void)weft_new(s, Item, .id = 2000, .name = "new");
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    for (int i = 0; i < MANY; i++)
        (void)weft_new(s, Item, .id = i + 1, .name = "new");
    assert_call(s, weft_session_flush(s), WEFT_ERROR_TIMEOUT);
    assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
    assert_nothing_runs(f);
    for (int i = 0; i < TAKEN - 1; i++)
        (void)weft_new(s, Item, .id = i + 1, .name = "new");
    commit_ok(s);
    weft_session_close(s);
    assert_error(weft_connection_rollback(holder, &error), WEFT_OK, &error);
    weft_connection_close(holder);
    assert_rows(f, "SELECT count(*), max(id) FROM item", "900|2000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_stream_costs_its_savepoint),
        ON_BOTH(a_stream_that_is_closed_early_costs_no_more),
        ON_POSTGRES(reads_of_a_session_cost_its_savepoint),
        ON_POSTGRES(rows_on_their_way_cost_their_savepoint),
        ON_POSTGRES(a_flush_costs_its_savepoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
