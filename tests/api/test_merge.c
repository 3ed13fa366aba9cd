/* MERGE: what becomes of the rows of a table by those of another, and what is refused before it is sent. */
#include "support/fixture.h"

WEFT_DECLARE(Stock);
WEFT_DECLARE(Moved);
struct Stock {
    int64_t id;
    const char *sku;
    int32_t qty, version;
    weft_decimal price;
    weft_opt_int64 twice;
    weft_opt_date when;
};
struct Moved {
    int64_t id;
    const char *sku;
    int32_t qty;
};
WEFT_MODEL(Stock, "table", WEFT_COLUMN(Stock, id, .primary_key = true), WEFT_COLUMN(Stock, sku, .unique = true),
           WEFT_COLUMN(Stock, qty), WEFT_COLUMN(Stock, version, .version = true),
           WEFT_COLUMN(Stock, price, .precision = 8, .scale = 2, .server_default = "1.50"),
           WEFT_COLUMN(Stock, twice, .generated = "qty * 2"), WEFT_COLUMN(Stock, when));
WEFT_MODEL(Moved, "user", WEFT_COLUMN(Moved, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Moved, sku),
           WEFT_COLUMN(Moved, qty));
WEFT_METADATA(models, &Stock_model, &Moved_model);
FIXTURE_ROWS(models,
             "INSERT INTO \"table\" (sku, qty, version, price) VALUES ('a', 5, 1, 2.00), ('b', 7, 1, 2.00), ('c', 0, 1, 2.00)");

typedef struct Delivery {
    const char *sku;
    weft_opt_int32 qty;
} Delivery;
WEFT_ROW(Delivery, WEFT_FIELD(Delivery, sku), WEFT_FIELD(Delivery, qty));
typedef struct Ask {
    int32_t least, more;
} Ask;
WEFT_ROW(Ask, WEFT_FIELD(Ask, least), WEFT_FIELD(Ask, more));
WEFT_PARAMETERS(Ask);

#define C(M, f) weft_col(M, f)
#define STOCK "SELECT sku, qty, version, price, twice FROM \"table\" ORDER BY sku"

WEFT_CHANGE(take_in, Ask,
            weft_merged(Stock, .from = weft_from(Moved), .on = weft_eq_col(Stock, sku, Moved, sku),
                        .steps = weft_steps(
                            weft_matched_nothing(weft_lt_col(Moved, qty, Ask, least)),
                            weft_matched_update(NULL, weft_to_expr(Stock, qty, weft_op(C(Moved, qty), "+", weft_param(Ask, more)))),
                            weft_not_matched_nothing(weft_lt_col(Moved, qty, Ask, least)),
                            weft_not_matched_insert(NULL, weft_to_expr(Stock, sku, C(Moved, sku)),
                                                    weft_to_param(Stock, qty, Ask, more)))));

static bool is_unsupported(fixture *f, weft_session *s)
{
    if (f->postgres)
        return false;
    assert_message(s, "sqlite has no MERGE: an INSERT with .on_conflict inserts or updates");
    assert_refused(s, WEFT_ERROR_UNSUPPORTED);
    assert_int_equal(fixture_statements(f), 0);
    return true;
}

static void rows_are_updated_deleted_and_inserted(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const char *const wanted[] = {"a|5|2|2.00|10\nb|7|1|2.00|14\nd|4|1|1.50|8\ne|0|1|1.50|0",
                                         "a|8|3|2.00|16\nd|8|2|1.50|16\ne|0|2|1.50|0\nf|1|1|1.50|2"};
    static const Delivery lists[2][5] = {
        {{"a", {true, 0}}, {"c", {true, -3}}, {"d", {true, 4}}, {"e", {false, 0}}, {"g", {true, -1}}},
        {{"a", {true, 3}}, {"b", {true, -7}}, {"d", {true, 4}}, {"e", {false, 0}}, {"f", {true, 1}}}};
    if (f->postgres)
        assert_ptr_equal(weft_get(s, Stock, 1), weft_get(s, Stock, 1));
    (void)fixture_statements(f);
    for (int run = 0; run < 2; run++) {
        const Stock *seen = f->postgres ? weft_get(s, Stock, 1) : NULL;
        (void)fixture_statements(f);
        weft_values_of(Delivery, lists[run], 5);
        const weft_expr *pieces = weft_coalesce(C(Delivery, qty), weft_val(0)), *sum = weft_op(C(Stock, qty), "+", pieces);
        int64_t changed = -1;
        weft_session_merge_rows(
            s,
            weft_merge_into(Stock, .from = weft_from(Delivery), .on = weft_eq_col(Stock, sku, Delivery, sku),
                            .steps = weft_steps(weft_matched_delete(
                                                    weft_and(weft_op(sum, "<=", weft_val(0)), weft_op(pieces, "<", weft_val(0)))),
                                                weft_matched_update(&weft_true, weft_to_expr(Stock, qty, sum)),
                                                weft_not_matched_nothing(weft_op(pieces, "<", weft_val(0))),
                                                weft_not_matched_insert(NULL, weft_to_expr(Stock, sku, C(Delivery, sku)),
                                                                        weft_to_expr(Stock, qty, pieces)))),
            &changed);
        if (is_unsupported(f, s))
            continue;
        assert_ok(s);
        assert_int_equal(changed, run == 0 ? 4 : 5);
        assert_int_equal(weft_get(s, Stock, 1)->qty, run == 0 ? 5 : 8);
        assert_ptr_equal(weft_get(s, Stock, 1), seen);
        commit_ok(s);
        assert_rows(f, STOCK, wanted[run]);
    }
    if (f->postgres) {
        assert_int_equal(fixture_cached(f), 2); /* and weft_get */
    }
}

static void changes_are_merged_as_constant_data(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_new(s, Moved, .id = 1, .sku = "a", .qty = 10); /* flushed before */
    (void)weft_new(s, Moved, .id = 2, .sku = "x", .qty = 20);
    (void)weft_new(s, Moved, .id = 3, .sku = "b", .qty = 1);
    flush_ok(s);
    (void)fixture_statements(f);
    for (int run = 0; run < 3; run++) {
        int64_t changed = -1;
        weft_change(s, take_in, &changed, .least = run < 2 ? 5 : 100, .more = run);
        if (is_unsupported(f, s))
            return;
        assert_ok(s);
        assert_int_equal(changed, run < 2 ? 2 : 0);
    }
    commit_ok(s);
    assert_rows(f, STOCK, "a|11|3|2.00|22\nb|7|1|2.00|14\nc|0|1|2.00|0\nx|21|2|1.50|42");
}

/* Many rows, a CTE, an alias of the table itself. */
static void what_stands_beside_is_any_selectable(void **state)
{
    enum { MANY = 20000 };
    fixture *f = *state;
    weft_session *s = f->s;
    static Delivery list[MANY];
    static char names[MANY][8];
    for (int i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "m%05d", i);
        list[i] = (Delivery){names[i], {true, i}};
    }
    int64_t changed = 0;
    for (int run = 0; run < 2; run++) {
        weft_values_of(Delivery, list, run == 0 ? 700 : MANY);
        weft_cte_as(Big, Delivery,
                    .query = weft_select(.from = weft_from(Delivery), .where = weft_ge(Delivery, qty, 100),
                                         .columns = weft_columns(C(Delivery, sku), C(Delivery, qty))));
        weft_session_merge_rows(s,
                                weft_merge_into(Stock, .from = weft_from(Big), .on = weft_eq_col(Big, sku, Stock, sku),
                                                .steps =
                                                    weft_steps(weft_not_matched_insert(NULL, weft_to_expr(Stock, sku, C(Big, sku)),
                                                                                       weft_to_expr(Stock, qty, C(Big, qty)),
                                                                                       weft_to(Stock, version, 7)))),
                                &changed);
        if (is_unsupported(f, s))
            return;
        assert_ok(s);
        assert_int_equal(changed, run == 0 ? 600 : MANY - 700);
    }
    weft_alias(Other, Stock);
    weft_session_merge_rows(s,
                            weft_merge_into(Stock, .from = weft_from(Other), .on = weft_op(C(Stock, id), "=", C(Other, id)),
                                            .steps = weft_steps(weft_matched_delete(weft_op(C(Other, qty), ">=", weft_val(100))),
                                                                weft_matched_update(weft_is_not_null(Other, when),
                                                                                    weft_to(Stock, qty, 0)))),
                            &changed);
    assert_ok(s);
    assert_int_equal(changed, MANY - 100);
    commit_ok(s);
    assert_rows(f, STOCK, "a|5|1|2.00|10\nb|7|1|2.00|14\nc|0|1|2.00|0");
}

static void mistakes_are_told_before_anything_is_sent(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const Delivery list[] = {{"a", {true, 1}}, {"a", {true, 2}}};
    weft_values_of(Delivery, list, 2);
    const weft_expr *on = weft_eq_col(Stock, sku, Delivery, sku);
    const weft_model *from = weft_from(Delivery);
    if (!f->postgres)
        return; /* all of it is UNSUPPORTED there */
    const struct {
        const weft_merge_rows *merge;
        const char *message;
        weft_status status;
    } cases[] = {
        {weft_merge_into(Stock, .on = on, .steps = weft_steps(weft_matched_delete(NULL))), "the MERGE into table has no .from",
         WEFT_ERROR_MISUSE},
        {weft_merge_into(Stock, .from = from, .steps = weft_steps(weft_matched_delete(NULL))), "has no .on", WEFT_ERROR_MISUSE},
        {weft_merge_into(Stock, .from = from, .on = on), "has no .steps", WEFT_ERROR_MISUSE},
        {weft_merge_into(Stock, .from = weft_from(Stock), .on = on, .steps = weft_steps(weft_matched_delete(NULL))),
         "Stock is what the statement writes", WEFT_ERROR_MISUSE},
        {weft_merge_into(Stock, .from = from, .on = C(Stock, sku), .steps = weft_steps(weft_matched_delete(NULL))),
         "stands where a condition is expected", WEFT_ERROR_TYPE},
        {weft_merge_into(Stock, .from = from, .on = on, .steps = weft_steps(weft_matched_update(NULL, weft_to(Stock, twice, 3)))),
         "Stock.twice is computed by the database", WEFT_ERROR_MISUSE},
        {weft_merge_into(Stock, .from = from, .on = on,
                         .steps = weft_steps(weft_not_matched_insert(NULL, weft_to(Stock, twice, 3)))),
         "Stock.twice is computed by the database", WEFT_ERROR_MISUSE},
        {weft_merge_into(Stock, .from = from, .on = on,
                         .steps = weft_steps(weft_not_matched_insert(NULL, weft_to(Stock, qty, 1), weft_to(Stock, qty, 3)))),
         ".set gives Stock.qty two values", WEFT_ERROR_MISUSE},
        {weft_merge_into(Stock, .from = from, .on = on,
                         .steps = weft_steps(weft_not_matched_insert(NULL, weft_to_expr(Stock, qty, C(Stock, qty))))),
         "Stock.qty stands where no row of Stock is met", WEFT_ERROR_MISUSE},
        {weft_merge_into(Stock, .from = from, .on = on,
                         .steps = weft_steps(weft_not_matched_insert(weft_gt(Stock, qty, 3), weft_to(Stock, qty, 1)))),
         "Stock.qty stands where no row of Stock is met", WEFT_ERROR_MISUSE},
        {weft_merge_into(Stock, .from = from, .on = on,
                         .steps = weft_steps(weft_not_matched_insert(NULL, weft_to_expr(Stock, qty, C(Delivery, sku))))),
         "table.qty: a text is assigned", WEFT_ERROR_TYPE},
        {weft_merge_into(Stock, .from = from, .on = on, .steps = weft_steps(weft_matched_update(NULL, weft_to(Moved, qty, 1)))),
         "is not a column of \"table\"", WEFT_ERROR_MISUSE},
        {weft_merge_into(Stock, .from = from, .on = on,
                         .steps =
                             weft_steps(weft_matched_update(weft_op(weft_count_all(), ">", weft_val(1)), weft_to(Stock, qty, 1)))),
         "count is an aggregate", WEFT_ERROR_MISUSE},
        {weft_merge_into(Stock, .from = from, .on = on,
                         .steps = (const weft_merge_step[]){{.action = (weft_merge_action)9}, {.action = WEFT_MERGE_END_}}),
         "9 is no weft_merge_action", WEFT_ERROR_MISUSE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        weft_session_merge_rows(s, cases[i].merge, NULL);
        assert_message(s, cases[i].message);
        assert_refused(s, cases[i].status);
    }
    weft_rows_of(s, Delivery, weft_merged(Stock, .from = from, .on = on, .steps = weft_steps(weft_matched_delete(NULL))));
    assert_message(s, "the MERGE into table gives no rows");
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(fixture_statements(f), 0);
    /* One row of the table meets two: the database says so, and nothing is done. */
    weft_session_merge_rows(s,
                            weft_merge_into(Stock, .from = from, .on = on,
                                            .steps = weft_steps(weft_matched_update(NULL, weft_to(Stock, qty, 1)))),
                            NULL);
    assert_int_not_equal(weft_session_status(s), WEFT_OK);
    rollback_ok(s);
    assert_rows(f, STOCK, "a|5|1|2.00|10\nb|7|1|2.00|14\nc|0|1|2.00|0");
}

static void connections_merge_too(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c;
    static const Delivery list[] = {{"z", {true, 9}}};
    weft_values_of(Delivery, list, 1);
    for (int how = 0; how < 2; how++) {
        int64_t changed = 0;
        assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.read_only = how == 1}, &error), WEFT_OK,
                     &error);
        const weft_status status =
            weft_execute_merge(c,
                               weft_merge_into(Stock, .from = weft_from(Delivery), .on = weft_eq_col(Stock, sku, Delivery, sku),
                                               .steps = weft_steps(weft_not_matched_insert(
                                                   NULL, weft_to_expr(Stock, sku, C(Delivery, sku)), weft_to(Stock, qty, 1)))),
                               &changed, &error);
        assert_error(status, !f->postgres ? WEFT_ERROR_UNSUPPORTED : how == 1 ? WEFT_ERROR_READ_ONLY : WEFT_OK, &error);
        assert_int_equal(changed, f->postgres && how == 0);
        (void)weft_connection_commit(c, &error);
        weft_connection_close(c);
    }
    assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM \"table\" WHERE sku = 'z'"), f->postgres);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(rows_are_updated_deleted_and_inserted),
        ON_BOTH(changes_are_merged_as_constant_data),
        ON_BOTH(what_stands_beside_is_any_selectable),
        ON_BOTH(mistakes_are_told_before_anything_is_sent),
        ON_BOTH(connections_merge_too),
    };
    return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
