/* Work that comes in the wrong order or too much of it: parameters of text SQL too few, too many and of every type; conflicts
 * within one batch; sessions that read only, check their writes or load one by one; two sessions that race for a row; bodies of
 * transactions that fail in each way; failures in the middle of thousands of rows. */
#include "support/fixture.h"

WEFT_DECLARE(Stock);
WEFT_DECLARE(Move);
struct Stock {
    int64_t id;
    const char *code;
    int32_t amount;
    weft_opt_int32 reserve;
    weft_timestamp made;
    Move_list moves;
};
struct Move {
    int64_t id;
    int64_t stock_id;
    int32_t change;
    const Stock *stock;
};
WEFT_MODEL(Stock, "stock", WEFT_COLUMN(Stock, id, .primary_key = true), WEFT_COLUMN(Stock, code, .unique = true, .length = 20),
           WEFT_COLUMN(Stock, amount), WEFT_COLUMN(Stock, reserve), WEFT_COLUMN(Stock, made, .server_default = "CURRENT_TIMESTAMP"),
           WEFT_CHECK(Stock, "amount >= 0", .name = "enough"),
           WEFT_HAS_MANY(Stock, moves, Move, .foreign_key = "stock_id", .back_populates = "stock", .order_by = "id",
                         .cascade = WEFT_CASCADE_ALL));
WEFT_MODEL(Move, "move", WEFT_COLUMN(Move, id, .primary_key = true), WEFT_COLUMN(Move, stock_id, .references = "stock.id"),
           WEFT_COLUMN(Move, change), WEFT_BELONGS_TO(Move, stock, Stock, .foreign_key = "stock_id", .back_populates = "moves"));
WEFT_METADATA(models, &Stock_model);
FIXTURE_MODELS(models);

static void parameters_of_text_are_counted_and_typed(void **state)
{
    fixture *f = *state;
    weft_connection *c;
    weft_result *r;
    weft_error error = {0};
    weft_uuid uuid = {{1, 2, 3}};
    assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = true}, &error), WEFT_OK, &error);
    assert_error(weft_connection_query(c, "SELECT $1", NULL, &r, &error), WEFT_ERROR_MISUSE, &error);
    assert_error(weft_connection_query(c, "SELECT 1", weft_parameters(weft_value_int64(1)), &r, &error), WEFT_ERROR_MISUSE, &error);
    assert_error(weft_connection_query(c, "SELECT $2", weft_parameters(weft_value_int64(1)), &r, &error), WEFT_ERROR_MISUSE,
                 &error);
    assert_error(weft_connection_query(c, "SELECT $0", weft_parameters(weft_value_int64(1)), &r, &error), WEFT_ERROR_MISUSE,
                 &error);
    assert_error(weft_connection_query(c, "SELECT '$1', \"$1\" FROM (SELECT 1 AS \"$1\") x -- $1", NULL, &r, &error), WEFT_OK,
                 &error);
    weft_result_close(r);
    const weft_values *all =
        weft_parameters(weft_value_int64(-5), weft_value_double(0.25), weft_value_bool(true), weft_value_text("t?"),
                        weft_value_bytes((weft_bytes){"\0x", 2}), weft_value_timestamp((weft_timestamp){1}),
                        weft_value_date((weft_date){2}), weft_value_time((weft_time){3}), weft_value_uuid(uuid),
                        weft_value_decimal((weft_decimal){"1.50"}), weft_value_json((weft_json){"[1]"}),
                        weft_value_null(WEFT_TEXT));
    assert_error(weft_connection_query(c, "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $1", all, &r, &error), WEFT_OK,
                 &error);
    assert_true(weft_result_next(r, &error));
    int64_t n = 0;
    double d = 0;
    bool b = false;
    weft_bytes bytes = {NULL, 0};
    weft_timestamp moment = {0};
    weft_date day = {0};
    weft_time at = {0};
    weft_uuid back = {{0}};
    assert_true(weft_result_int64(r, 0, &n) && n == -5);
    assert_true(weft_result_double(r, 1, &d) && d == 0.25);
    assert_true(weft_result_bool(r, 2, &b) && b);
    assert_string_equal(weft_result_text(r, 3), "t?");
    assert_true(weft_result_bytes(r, 4, &bytes) && bytes.size == 2 && memcmp(bytes.data, "\0x", 2) == 0);
    assert_true(weft_result_timestamp(r, 5, &moment) && moment.usec == 1);
    assert_true(weft_result_date(r, 6, &day) && day.days == 2);
    assert_true(weft_result_time(r, 7, &at) && at.usec == 3);
    assert_true(weft_result_uuid(r, 8, &back) && memcmp(&back, &uuid, sizeof uuid) == 0);
    assert_string_equal(weft_result_text(r, 9), "1.50");
    assert_string_equal(weft_result_text(r, 10), "[1]");
    assert_true(weft_result_value(r, 11).is_null);
    assert_null(weft_result_text(r, 11));
    assert_true(weft_result_int64(r, 12, &n) && n == -5);
    weft_result_close(r);
    weft_connection_close(c);
}

static void conflicts_within_a_batch_are_settled_or_told(void **state)
{
    fixture *f = *state;
    weft_connection *c;
    weft_error error = {0};
    uint64_t inserted = 77;
    const Stock rows[] = {{.code = "a", .amount = 1}, {.code = "b", .amount = 2}, {.code = "a", .amount = 3}};
    assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = true}, &error), WEFT_OK, &error);
    assert_error(weft_insert_many(c, Stock, rows, 3, NULL, &error), WEFT_ERROR_UNIQUE, &error);
    assert_rows(f, "SELECT count(*) FROM stock", "0");
    weft_insert_options ignore = {.on_conflict = WEFT_CONFLICT_DO_NOTHING, .inserted = &inserted};
    assert_error(weft_insert_many(c, Stock, rows, 3, &ignore, &error), WEFT_OK, &error);
    assert_int_equal(inserted, 2);
    assert_error(weft_insert_many(c, Stock, rows, 3, &ignore, &error), WEFT_OK, &error);
    assert_int_equal(inserted, 0);
    weft_insert_options update = {.on_conflict = WEFT_CONFLICT_UPDATE,
                                  .conflict_columns = "code",
                                  .inserted = &inserted,
                                  .set =
                                      weft_sets(weft_to_expr(Stock, amount,
                                                             weft_op(weft_col(Stock, amount), "+", weft_excluded(Stock, amount))))};
    assert_error(weft_insert_many(c, Stock, rows, 2, &update, &error), WEFT_OK, &error);
    assert_int_equal(inserted, 2);
    assert_rows(f, "SELECT code, amount FROM stock ORDER BY code", "a|2\nb|4");
    /* One row twice: each of its two values is added, on both databases. */
    assert_error(weft_insert_many(c, Stock, rows, 3, &update, &error), WEFT_OK, &error);
    assert_rows(f, "SELECT code, amount FROM stock ORDER BY code", "a|6\nb|6");
    update.conflict_columns = "amount";
    assert_error(weft_insert_many(c, Stock, rows, 1, &update, &error), WEFT_ERROR_SQL, &error);
    const Stock negative[] = {{.code = "c"}, {.code = "d", .amount = -1}};
    assert_error(weft_insert_many(c, Stock, negative, 2, &ignore, &error), WEFT_ERROR_CHECK, &error);
    assert_rows(f, "SELECT count(*) FROM stock", "2");
    weft_connection_close(c);
}

static void rows_in_the_tens_of_thousands_go_in_or_not_at_all(void **state)
{
    enum { COUNT = 70000 };
    fixture *f = *state;
    weft_connection *c;
    weft_error error = {0};
    uint64_t inserted = 0;
    Stock *rows = calloc(COUNT, sizeof *rows);
    char(*codes)[12] = calloc(COUNT, sizeof *codes);
    for (int i = 0; i < COUNT; i++) {
        snprintf(codes[i], sizeof codes[i], "c%d", i);
        rows[i] = (Stock){.code = codes[i], .amount = i, .reserve = {i % 3 == 0, i}, .made = {i % 2}};
    }
    rows[COUNT - 5].amount = -1;
    weft_insert_options options = {.inserted = &inserted};
    assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = true}, &error), WEFT_OK, &error);
    assert_error(weft_insert_many(c, Stock, rows, COUNT, &options, &error), WEFT_ERROR_CHECK, &error);
    assert_string_equal(error.constraint, "enough");
    assert_rows(f, "SELECT count(*) FROM stock", "0");
    rows[COUNT - 5].amount = 0;
    assert_error(weft_insert_many(c, Stock, rows, COUNT, &options, &error), WEFT_OK, &error);
    assert_int_equal(inserted, COUNT);
    assert_rows(f, "SELECT count(*), count(reserve), sum(amount) FROM stock", "70000|23334|2449895005");
    weft_connection_close(c);
    free(codes);
    free(rows);
}

static void a_session_that_reads_only_refuses_every_write(void **state)
{
    fixture *f = *state;
    weft_new(f->s, Stock, .code = "a");
    commit_ok(f->s);
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.read_only = true});
    const Stock *stock = weft_first(s, Stock);
    assert_non_null(stock);
    weft_edit(s, Stock, stock)->amount = 5;
    assert_int_equal(weft_session_commit(s), WEFT_ERROR_READ_ONLY);
    assert_refused(s, WEFT_ERROR_READ_ONLY);
    assert_int_equal(stock->amount, 0);
    assert_int_not_equal(weft_session_update(s, weft_update_of(Stock, .set = weft_sets(weft_to(Stock, amount, 1)), .all = true),
                                             NULL),
                         WEFT_OK);
    rollback_ok(s);
    assert_int_not_equal(weft_session_delete_where(s, weft_delete_from(Stock, .all = true), NULL), WEFT_OK);
    rollback_ok(s);
    assert_int_not_equal(weft_session_execute_text(s, "DELETE FROM stock", NULL), WEFT_OK);
    rollback_ok(s);
    assert_int_equal(weft_session_savepoint(s), WEFT_OK);
    assert_int_equal(weft_query(s, Stock).count, 1);
    commit_ok(s);
    weft_session_close(s);
    assert_rows(f, "SELECT amount FROM stock", "0");
}

static void two_sessions_race_and_neither_is_lost(void **state)
{
    fixture *f = *state;
    weft_session *a = f->s, *b = weft_session_open(f->engine, &(weft_session_options){.timeout_ms = 1500});
    weft_new(a, Stock, .code = "x", .amount = 10);
    commit_ok(a);
    const Stock *in_a = weft_first(a, Stock, .for_update = true), *in_b = weft_first(b, Stock);
    assert_true(weft_session_in_transaction(a));
    assert_false(weft_session_in_transaction(b));
    assert_null(weft_first(b, Stock, .for_update = true)); /* waits for a, in vain */
    weft_status status = weft_session_status(b);
    /* On SQLite a thread that waits for its own session is told so at once. */
    assert_true(f->postgres ? status == WEFT_ERROR_TIMEOUT || status == WEFT_ERROR_LOCK_TIMEOUT : status == WEFT_ERROR_MISUSE);
    rollback_ok(b);
    weft_edit(a, Stock, in_a)->amount -= 3;
    commit_ok(a);
    assert_ptr_equal(weft_first(b, Stock, .for_update = true), in_b);
    assert_int_equal(in_b->amount, 7); /* what the lock waited for */
    weft_edit(b, Stock, in_b)->amount -= 3;
    commit_ok(b);
    if (f->postgres) {
        assert_non_null(weft_first(a, Stock, .for_update = true));
        assert_null(weft_first(b, Stock, .for_update = true, .skip_locked = true));
        assert_ok(b);
        assert_null(weft_first(b, Stock, .for_update = true, .no_wait = true));
        assert_refused(b, WEFT_ERROR_LOCK_TIMEOUT);
        rollback_ok(a);
    }
    weft_session_close(b);
    assert_rows(f, "SELECT amount FROM stock", "4");
}

static int bodies;

static weft_status fail_in_many_ways(weft_session *s, void *context)
{
    const int *how = context;
    bodies++;
    const Stock *stock = weft_first(s, Stock);
    weft_edit(s, Stock, stock)->amount = 100;
    switch (*how) {
    case 0: return WEFT_ERROR_NOT_FOUND;
    case 1: weft_new(s, Stock, .code = "x"); return WEFT_OK; /* refused by the flush of the commit */
    case 2:
        weft_edit(s, Stock, stock)->amount = -1;
        (void)weft_session_flush(s);
        return WEFT_OK;
    case 3: (void)weft_session_commit(s); return WEFT_OK;
    case 4: (void)weft_session_rollback(s); return WEFT_OK;
    case 5:
        (void)weft_session_savepoint(s);
        weft_edit(s, Stock, stock)->amount = 50;
        return WEFT_OK;
    default: return weft_transact(s, fail_in_many_ways, context, NULL);
    }
}

static void bodies_fail_in_each_way_and_leave_the_session_clean(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const weft_status wanted[] = {WEFT_ERROR_NOT_FOUND, WEFT_ERROR_UNIQUE, WEFT_ERROR_CHECK};
    weft_new(s, Stock, .code = "x", .amount = 10);
    commit_ok(s);
    for (int how = 0; how < 7; how++) {
        bodies = 0;
        weft_status status = weft_transact(s, fail_in_many_ways, &how, NULL);
        if (how < 3)
            assert_int_equal(status, wanted[how]);
        if (how == 6)
            assert_int_equal(status, WEFT_ERROR_MISUSE);
        assert_int_equal(bodies, 1);
        assert_ok(s);
        assert_false(weft_session_in_transaction(s));
        const Stock *stock = weft_first(s, Stock);
        int expected = how == 3 ? 100 : how == 5 ? 50 : 10;
        assert_int_equal(stock->amount, expected);
        weft_edit(s, Stock, stock)->amount = 10;
        commit_ok(s);
    }
    assert_int_equal(weft_transact(s, NULL, NULL, NULL), WEFT_ERROR_MISUSE);
    rollback_ok(s);
}

static void collections_given_to_new_are_linked(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Stock *from = weft_new(s, Stock, .code = "from");
    for (int i = 0; i < 3; i++)
        weft_append(s, Stock, from, moves, Move, weft_new(s, Move, .change = i));
    commit_ok(s);
    Move_list moves = weft_query(s, Move, .order_by = weft_order(weft_asc(Move, id)), .limit = 2);
    Stock *to = weft_new(s, Stock, .code = "to", .moves = moves);
    assert_int_equal(to->moves.count, 2);
    assert_ptr_equal(moves.items[0]->stock, to);
    commit_ok(s);
    assert_rows(f, "SELECT s.code, m.change FROM stock s JOIN move m ON m.stock_id = s.id ORDER BY m.id", "to|0\nto|1\nfrom|2");
    assert_int_equal(weft_lazy(s, Stock, from, moves).count, 1);
    weft_new(s, Move, .change = 9); /* whose stock_id of 0 refers to nothing */
    assert_int_equal(weft_session_commit(s), WEFT_ERROR_FOREIGN_KEY);
    assert_refused(s, WEFT_ERROR_FOREIGN_KEY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(parameters_of_text_are_counted_and_typed),
        ON_BOTH(conflicts_within_a_batch_are_settled_or_told),
        ON_BOTH(rows_in_the_tens_of_thousands_go_in_or_not_at_all),
        ON_BOTH(a_session_that_reads_only_refuses_every_write),
        ON_BOTH(two_sessions_race_and_neither_is_lost),
        ON_BOTH(bodies_fail_in_each_way_and_leave_the_session_clean),
        ON_BOTH(collections_given_to_new_are_linked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
