/* Decimals, and what expressions store: the same answer on SQLite and PostgreSQL, whatever the numbers. Random rows go into both,
 * the same questions are asked of both, and the answers are compared digit by digit. */
#include "support/fixture.h"

#include <stdint.h>

#include <weft/weft.h>

WEFT_DECLARE(Sum);
struct Sum {
    int64_t id;
    int32_t n;
    double d;
    weft_decimal amount, rate, free;
};
WEFT_MODEL(Sum, "sums", WEFT_COLUMN(Sum, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Sum, n), WEFT_COLUMN(Sum, d),
           WEFT_COLUMN(Sum, amount, .precision = 12, .scale = 2),
           WEFT_COLUMN(Sum, rate, .precision = 20, .scale = 7, .nullable = true), WEFT_COLUMN(Sum, free, .nullable = true),
           WEFT_CHECK(Sum, "amount < 99999999 AND amount >= -99999999", .name = "small_enough"));

WEFT_DECLARE(Price);
struct Price {
    weft_decimal amount;
    const char *name;
};
WEFT_MODEL(Price, "price", WEFT_COLUMN(Price, amount, .primary_key = true, .precision = 10, .scale = 2),
           WEFT_COLUMN(Price, name, .unique = true));

typedef enum Kind { FIRST, SECOND } Kind;
static const char *const kinds[] = {"first", "second"};
WEFT_DECLARE(Held);
struct Held {
    int64_t id;
    int16_t s;
    int32_t i;
    uint32_t u;
    int64_t l;
    bool b;
    float f;
    const char *text;
    Kind kind;
    weft_opt_timestamp at;
    weft_opt_date day;
    weft_opt_time hour;
    weft_opt_uuid uuid;
    weft_decimal amount;
};
WEFT_MODEL(Held, "held", WEFT_COLUMN(Held, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Held, s),
           WEFT_COLUMN(Held, i), WEFT_COLUMN(Held, u), WEFT_COLUMN(Held, l), WEFT_COLUMN(Held, b), WEFT_COLUMN(Held, f),
           WEFT_COLUMN(Held, text, .length = 5), WEFT_ENUM(Held, kind, kinds), WEFT_COLUMN(Held, at), WEFT_COLUMN(Held, day),
           WEFT_COLUMN(Held, hour), WEFT_COLUMN(Held, uuid), WEFT_COLUMN(Held, amount, .precision = 5, .scale = 2));
WEFT_METADATA(models, &Sum_model, &Price_model, &Held_model);
FIXTURE_MODELS(models);

typedef struct Number {
    weft_decimal v;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, v));
typedef struct Count {
    int64_t v;
} Count;
WEFT_ROW(Count, WEFT_FIELD(Count, v));

/* ---- both databases at once ---- */

static uint64_t seed = 7;

static unsigned below(unsigned limit)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % limit;
}

static const char *number(char *text, unsigned whole, unsigned places)
{
    size_t at = 0;
    if (below(3) == 0)
        text[at++] = '-';
    text[at++] = (char)('1' + below(9));
    for (unsigned i = below(whole); i > 0; i--)
        text[at++] = (char)('0' + below(10));
    if (places > 0) {
        text[at++] = '.';
        for (unsigned i = 0; i + 1 < places; i++)
            text[at++] = (char)('0' + below(10));
        text[at++] = (char)('1' + below(9));
    }
    text[at] = '\0';
    return text;
}

static void fill(fixture *pair[2])
{
    for (int64_t id = 1; id <= 150; id++) {
        char amount[40], rate[40], free_one[120];
        (void)number(amount, 7, below(3));
        (void)number(rate, 8, below(8));
        (void)number(free_one, 60, below(40));
        bool no_rate = below(9) == 0, no_free = below(9) == 0;
        int32_t n = (int32_t)below(9) - 4;
        for (int i = 0; i < 2; i++)
            weft_new(pair[i]->s, Sum, .id = id, .n = n == 0 ? 5 : n, .d = n / 4.0, .amount = {amount},
                     .rate = {no_rate ? NULL : rate}, .free = {no_free ? NULL : free_one});
    }
    for (int i = 0; i < 2; i++)
        commit_ok(pair[i]->s);
}

/* Every value of an expression, in the order of the rows or of the value itself. */
static void assert_alike(fixture *pair[2], const char *what, const weft_expr *e, const weft_expr *order, const weft_expr *where,
                         bool distinct)
{
    Number_list lists[2];
    for (int i = 0; i < 2; i++) {
        lists[i] = weft_rows(pair[i]->s, Number, .from = weft_from(Sum), .columns = weft_columns(e), .order_by = order,
                             .where = where, .distinct = distinct);
        if (weft_session_status(pair[i]->s) != WEFT_OK)
            fail_msg("%s on %s: %s", what, i == 0 ? "SQLite" : "PostgreSQL", weft_session_error(pair[i]->s)->message);
    }
    if (lists[0].count != lists[1].count)
        fail_msg("%s: %zu rows on SQLite, %zu on PostgreSQL", what, lists[0].count, lists[1].count);
    for (size_t r = 0; r < lists[0].count; r++) {
        const char *a = lists[0].items[r]->v.text, *b = lists[1].items[r]->v.text;
        if ((a == NULL) != (b == NULL) || (a != NULL && strcmp(a, b) != 0))
            fail_msg("%s, row %zu: SQLite %s, PostgreSQL %s", what, r, a != NULL ? a : "NULL", b != NULL ? b : "NULL");
    }
}

#define A weft_col(Sum, amount)
#define R weft_col(Sum, rate)
#define F weft_col(Sum, free)
#define N weft_col(Sum, n)
#define D weft_col(Sum, d)
#define DEC(t) weft_val(((weft_decimal){t}))
#define OP(a, o, b) weft_op(a, o, b)
#define EACH(e) assert_alike(pair, #e, e, weft_order(weft_asc(Sum, id)), NULL, false)
#define ONE(e) assert_alike(pair, #e, e, NULL, NULL, false)
#define WHERE(e) assert_alike(pair, #e, A, weft_order(weft_asc(Sum, id)), e, false)
#define SORTED(e) assert_alike(pair, #e, e, weft_order(weft_asc_of(e), weft_asc(Sum, id)), weft_not_null_of(e), false)
#define weft_not_null_of(e) OP(OP(e, "=", e), "=", weft_val(true))

static void open_pair(fixture *pair[2], void *places[2])
{
    assert_int_equal(open_sqlite(&places[0]), 0);
    assert_int_equal(open_postgres(&places[1]), 0);
    pair[0] = places[0];
    pair[1] = places[1];
    fill(pair);
}

static void close_pair(void *places[2])
{
    (void)fixture_close(&places[0]);
    (void)fixture_close(&places[1]);
}

static void decimals_compute_alike(void **state)
{
    (void)state;
    fixture *pair[2];
    void *places[2] = {NULL, NULL};
    open_pair(pair, places);
    EACH(A);
    EACH(OP(A, "+", R));
    EACH(OP(A, "-", F));
    EACH(OP(OP(A, "*", R), "*", F));
    EACH(OP(A, "/", R));
    EACH(OP(F, "/", A));
    EACH(OP(A, "%", weft_val(7)));
    EACH(OP(A, "*", N));
    EACH(OP(N, "/", A));
    EACH(OP(A, "*", DEC("1.50")));
    EACH(OP(OP(weft_val(100), "-", A), "/", DEC("3")));
    EACH(weft_fn("abs", A));
    EACH(weft_fn("round", R, weft_val(2)));
    EACH(weft_fn("round", OP(A, "/", DEC("7"))));
    EACH(weft_fn("trunc", F, weft_val(3)));
    EACH(weft_fn("ceil", R));
    EACH(weft_fn("floor", A));
    EACH(weft_fn("sign", A));
    EACH(weft_fn("mod", A, N));
    EACH(weft_coalesce(R, A));
    EACH(weft_coalesce(R, N));
    EACH(weft_fn("nullif", R, A));
    EACH(weft_case(OP(A, ">", weft_val(0)), A, N));
    EACH(weft_cast(N, WEFT_DECIMAL));
    EACH(weft_cast(OP(A, "/", DEC("3")), WEFT_DECIMAL));
    ONE(weft_sum(A));
    ONE(weft_avg(A));
    ONE(weft_avg(F));
    ONE(weft_sum(OP(A, "*", R)));
    ONE(weft_min(A));
    ONE(weft_fn("max", R));
    ONE(weft_sum(weft_distinct(OP(A, "%", weft_val(3)))));
    ONE(weft_avg(weft_distinct(A)));
    ONE(OP(weft_sum(A), "/", weft_fn("count", A)));
    close_pair(places);
}

static void decimals_compare_and_sort_alike(void **state)
{
    (void)state;
    fixture *pair[2];
    void *places[2] = {NULL, NULL};
    open_pair(pair, places);
    WHERE(weft_gt(Sum, amount, ((weft_decimal){"9"})));
    WHERE(weft_le(Sum, amount, ((weft_decimal){"-10.5"})));
    WHERE(weft_between(A, DEC("-100"), weft_val(1000)));
    WHERE(weft_between(N, A, R));
    WHERE(weft_between_symmetric(A, weft_val(1000), DEC("-100")));
    WHERE(weft_between_symmetric(N, R, A));
    WHERE(OP(A, "<", R));
    WHERE(OP(A, ">", N));
    WHERE(OP(A, ">", D));
    WHERE(OP(A, "=", R));
    WHERE(OP(OP(A, "*", weft_val(3)), ">=", DEC("1e3")));
    WHERE(OP(OP(A, "-", A), "=", weft_val(0)));
    WHERE(OP(weft_coalesce(R, weft_val(0)), "<>", DEC("0.000")));
    WHERE(OP(OP(A, "*", weft_val(1.5)), ">", weft_val(100.0)));
    SORTED(A);
    SORTED(F);
    SORTED(OP(A, "*", R));
    const weft_expr *half = OP(OP(N, "*", DEC("1.0")), "*", OP(weft_cast(N, WEFT_DECIMAL), "+", weft_val(0)));
    assert_alike(pair, "distinct", half, weft_order(weft_asc_of(half)), NULL, true);
    close_pair(places);
}

static void a_sum_decides_about_its_group(void **state)
{
    fixture *f = *state;
    for (int64_t i = 1; i <= 10; i++)
        weft_new(f->s, Sum, .id = i, .n = 1, .amount = {"0.10"});
    commit_ok(f->s);
    Count_list l = weft_rows(f->s, Count, .from = weft_from(Sum), .columns = weft_columns(N), .group_by = weft_columns(N),
                             .having = OP(weft_sum(A), ">=", DEC("1.00")));
    assert_ok(f->s);
    assert_int_equal(l.count, 1);
    assert_int_equal(weft_count_of(f->s, Sum, .where = OP(OP(A, "*", weft_val(3)), "=", DEC("0.30"))), 10);
    const weft_expr *half = OP(A, "/", weft_val(2));
    l = weft_rows(f->s, Count, .from = weft_from(Sum), .columns = weft_columns(weft_fn("count", &weft_star)),
                  .group_by = weft_columns(half));
    assert_ok(f->s);
    assert_int_equal(l.count, 1);
}

/* ---- one value, one text ---- */

static void a_decimal_is_found_however_it_is_given(void **state)
{
    fixture *f = *state;
    static const char *const spellings[] = {"1.5", "1.50", "+1.500", "15e-1", "0001.5", "0.15E1"};
    weft_new(f->s, Price, .amount = {"15E-1"}, .name = "a");
    weft_new(f->s, Price, .amount = {"-0"}, .name = "b");
    weft_new(f->s, Price, .amount = {"100"}, .name = "c");
    commit_ok(f->s);
    assert_rows(f, "SELECT amount, name FROM price ORDER BY name", "1.50|a\n0.00|b\n100.00|c");
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        weft_session_clear(f->s);
        weft_decimal key = {spellings[i]}, list[] = {{spellings[i]}, {"7"}};
        const Price *p = weft_get(f->s, Price, weft_key(Price, .amount = key));
        assert_ok(f->s);
        if (p == NULL || strcmp(p->name, "a") != 0)
            fail_msg("not found as %s", spellings[i]);
        assert_int_equal(weft_count_of(f->s, Price, .where = weft_eq(Price, amount, key)), 1);
        assert_int_equal(weft_count_of(f->s, Price, .where = weft_ne(Price, amount, key)), 2);
        assert_int_equal(weft_count_of(f->s, Price, .where = weft_in(Price, amount, list, 2)), 1);
        assert_int_equal(weft_count_of(f->s, Price, .where = weft_not_in(Price, amount, list, 2)), 2);
        assert_int_equal(weft_count_of(f->s, Price, .where = OP(weft_col(Price, amount), "=", weft_val(key))), 1);
    }
    weft_decimal longer = {"1.501"};
    assert_int_equal(weft_count_of(f->s, Price, .where = weft_eq(Price, amount, longer)), 0);
    assert_int_equal(weft_count_of(f->s, Price, .where = weft_lt(Price, amount, longer)), 2);
    weft_new(f->s, Price, .amount = {"1.500"}, .name = "d");
    assert_call(f->s, weft_session_flush(f->s), WEFT_ERROR_UNIQUE);
    rollback_ok(f->s);
}

static void what_other_programs_spell_otherwise_is_refused(void **state)
{
    fixture *f = *state;
    static const char *const bad[] = {
        "amount = '1.5'",
        "amount = '+1.50'",
        "amount = '01.50'",
        "amount = '1.50 '",
        "amount = '15e-1'",
        "amount = 1.5",
        "amount = 'x'",
        "at = '2024-02-29T12:00:00.000000'",
        "at = '2024-02-29 12:00:00'",
        "at = '2024-02-29 12:00:00.000000+00'",
        "at = 1709208000",
        "at = '0044-03-15 00:00:00.000000 BC'",
        "at = datetime('now')",
        "day = '2024-2-29'",
        "day = '10000-01-01'",
        "hour = '12:30'",
        "hour = '12:30:00'",
        "uuid = '550E8400-e29b-41d4-a716-446655440000'",
        "uuid = '550e8400e29b41d4a716446655440000'",
        "uuid = '{550e8400-e29b-41d4-a716-446655440000}'",
        "s = 32768",
        "s = '7x'",
        "b = 2",
        "b = 'true'",
        "u = -1",
    };
    weft_new(f->s, Held, .id = 1, .text = "x", .amount = {"1.50"});
    commit_ok(f->s);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char sql[200];
        (void)snprintf(sql, sizeof sql, "UPDATE held SET %s", bad[i]);
        test_database_exec(&f->database, sql);
        weft_session_clear(f->s);
        (void)weft_get(f->s, Held, 1);
        if (weft_session_status(f->s) != WEFT_ERROR_SCHEMA)
            fail_msg("%s: %s", bad[i], weft_status_identifier(weft_session_status(f->s)));
        rollback_ok(f->s);
        test_database_exec(&f->database, "UPDATE held SET amount = '1.50', at = NULL, day = NULL, hour = NULL, uuid = NULL, s = 0, "
                                         "b = 0, u = 0");
    }
    weft_session_clear(f->s);
    assert_non_null(weft_get(f->s, Held, 1));
    assert_ok(f->s);
}

static void files_whose_decimals_have_a_collation_keep_working(void **state)
{
    fixture *f = *state;
    weft_connection *c;
    weft_error error = {0};
    assert_int_equal(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = true}, &error), WEFT_OK);
    assert_error(weft_execute_text(c, "DROP TABLE price", NULL, &error), WEFT_OK, &error);
    assert_error(weft_execute_text(c, "CREATE TABLE price (amount TEXT COLLATE WEFT_DECIMAL NOT NULL PRIMARY KEY, name VARCHAR)",
                                   NULL, &error),
                 WEFT_OK, &error);
    assert_error(weft_execute_text(c, "INSERT INTO price VALUES ('1.5', 'a'), ('+2', 'b'), ('1e1', 'c')", NULL, &error), WEFT_OK,
                 &error);
    weft_connection_close(c);
    Price_list all = weft_query(f->s, Price, .order_by = weft_order(weft_asc(Price, amount)));
    assert_ok(f->s);
    assert_int_equal(all.count, 3);
    assert_string_equal(all.items[2]->name, "c");
    weft_decimal ten = {"10.00"}, list[] = {{"2.000"}, {"1.50"}};
    assert_int_equal(weft_count_of(f->s, Price, .where = weft_eq(Price, amount, ten)), 1);
    assert_int_equal(weft_count_of(f->s, Price, .where = weft_in(Price, amount, list, 2)), 2);
    assert_int_equal(weft_count_of(f->s, Price, .where = weft_gt(Price, amount, list[0])), 1);
    weft_new(f->s, Price, .amount = {"2"}, .name = "d");
    assert_call(f->s, weft_session_flush(f->s), WEFT_ERROR_UNIQUE);
    rollback_ok(f->s);
}

static void a_file_survives_the_plain_shell(void **state)
{
    fixture *f = *state;
    char path[512], command[2000];
    for (int64_t i = 1; i <= 3; i++)
        weft_new(f->s, Sum, .id = i, .n = 1, .amount = {"2.5"}, .free = {"10.50"});
    weft_new(f->s, Price, .amount = {"9"}, .name = "nine");
    weft_new(f->s, Price, .amount = {"10"}, .name = "ten");
    commit_ok(f->s);
    test_path_new(path, sizeof path, "restored.db");
    (void)snprintf(command, sizeof command,
                   "sqlite3 '%s' .dump | sqlite3 '%s' && test \"$(sqlite3 '%s' 'PRAGMA integrity_check; "
                   "SELECT amount FROM sums LIMIT 1; SELECT count(*) FROM price WHERE amount = 9.00 OR amount = ''10.00''; "
                   "PRAGMA foreign_key_check')\" = \"$(printf 'ok\\n2.50\\n1')\"",
                   f->database.place, path, path);
    for (char *at = command; (at = strstr(at, "''")) != NULL; at += 4) { /* a quote within the shell's quotes */
        memmove(at + 4, at + 2, strlen(at + 2) + 1);
        memcpy(at, "'\\''", 4);
    }
    assert_int_equal(system(command), 0);
    (void)snprintf(command, sizeof command, "sqlite:///%s", path);
    weft_engine *engine;
    weft_error error = {0};
    assert_error(weft_engine_open(&engine, command, &(weft_engine_options){.metadata = &models}, &error), WEFT_OK, &error);
    weft_session *s = weft_session_open(engine, NULL);
    weft_decimal nine = {"9.0"};
    assert_int_equal(weft_count_of(s, Price, .where = weft_gt(Price, amount, nine)), 1);
    assert_ok(s);
    weft_session_close(s);
    weft_engine_close(engine);
}

/* ---- what expressions store ---- */

static void expect_update(fixture *f, const char *what, const weft_expr *set, weft_status wanted)
{
    weft_session_update(f->s, weft_update_of(Held, .set = weft_sets(set), .all = true), NULL);
    weft_status status = weft_session_status(f->s);
    if (status != wanted)
        fail_msg("%s: %s: %s", what, weft_status_identifier(status), weft_session_error(f->s)->message);
    rollback_ok(f->s);
    weft_session_clear(f->s);
    assert_non_null(weft_get(f->s, Held, 1));
    assert_ok(f->s);
}
#define STORES(f_, e, wanted) expect_update(f, #f_ " = " #e, weft_to_expr(Held, f_, e), wanted)
#define H(f_) weft_col(Held, f_)

static void an_expression_stores_only_what_its_field_holds(void **state)
{
    fixture *f = *state;
    weft_new(f->s, Held, .id = 1, .s = INT16_MAX, .i = INT32_MAX, .u = UINT32_MAX, .l = INT64_MAX, .b = true, .f = 3e38F,
             .text = "abcde", .amount = {"999.99"});
    commit_ok(f->s);
    STORES(s, OP(H(s), "+", weft_val(1)), WEFT_ERROR_DATA);
    STORES(s, OP(H(s), "-", weft_val(1)), WEFT_OK);
    STORES(i, OP(H(i), "+", weft_val(1)), WEFT_ERROR_DATA);
    STORES(i, OP(weft_cast(H(i), WEFT_INT64), "+", weft_val(1)), WEFT_ERROR_DATA);
    STORES(l, OP(H(l), "+", weft_val(1)), WEFT_ERROR_DATA);
    STORES(f, OP(H(f), "*", weft_val(10.0)), WEFT_ERROR_DATA);
    STORES(text, OP(H(text), "||", weft_val("f")), WEFT_ERROR_DATA);
    STORES(text, weft_fn("upper", H(text)), WEFT_OK);
    STORES(amount, OP(H(amount), "+", DEC("0.01")), WEFT_ERROR_DATA);
    STORES(amount, OP(H(amount), "-", DEC("0.01")), WEFT_OK);
    STORES(s, OP(weft_cast(H(s), WEFT_DECIMAL), "/", weft_val(7)), WEFT_OK);
    STORES(b, OP(H(i), "<", weft_val(0)), WEFT_OK);
    weft_session_update(f->s,
                        weft_update_of(Held,
                                       .set = weft_sets(weft_to_expr(Held, amount, OP(H(amount), "/", weft_val(7))),
                                                        weft_to_expr(Held, s, OP(weft_cast(H(s), WEFT_DECIMAL), "/", weft_val(7)))),
                                       .all = true),
                        NULL);
    commit_ok(f->s);
    assert_rows(f, "SELECT amount, s FROM held", "142.86|4681");
}

static void sqlite_keeps_what_postgres_types_keep(void **state)
{
    fixture *f = *state;
    weft_new(f->s, Held, .id = 1, .u = UINT32_MAX, .text = "x", .amount = {"1"});
    commit_ok(f->s);
    STORES(u, OP(H(u), "+", weft_val(1)), WEFT_ERROR_DATA);
    STORES(u, OP(weft_val(0), "-", weft_val(1)), WEFT_ERROR_DATA);
    STORES(b, OP(H(id), "+", weft_val(1)), WEFT_ERROR_TYPE);
    STORES(b, weft_fn("unicode", H(text)), WEFT_ERROR_DATA);
    STORES(kind, weft_fn("lower", weft_val("THIRD")), WEFT_ERROR_CHECK);
    STORES(kind, weft_fn("lower", weft_val("SECOND")), WEFT_OK);
    STORES(uuid, weft_fn("lower", weft_val("no uuid")), WEFT_ERROR_TYPE);
    STORES(uuid, weft_fn("quote", weft_val("no uuid")), WEFT_ERROR_DATA);
    STORES(at, weft_fn("datetime", weft_val("now")), WEFT_OK);
    STORES(at, weft_fn("lower", weft_val("12024-01-01 00:00:00")), WEFT_ERROR_TYPE);
    STORES(at, weft_fn("datetime", weft_val("-2000-01-01 00:00:00")), WEFT_ERROR_DATA);
    STORES(day, weft_fn("date", weft_val("now")), WEFT_OK);
    STORES(hour, weft_fn("time", weft_val("now")), WEFT_OK);
    STORES(amount, weft_fn("lower", weft_val("x")), WEFT_ERROR_TYPE);
    STORES(amount, weft_fn("hex", weft_val("x")), WEFT_OK);
    STORES(amount, weft_fn("quote", weft_val("x")), WEFT_ERROR_DATA);
}

/* The same table made by another program: nothing in it says what its columns hold. */
static void tables_of_others_are_guarded_alike(void **state)
{
    fixture *f = *state;
    test_database_exec(&f->database, "DROP TABLE held; CREATE TABLE held (id INTEGER PRIMARY KEY, s, i, u, l, b, f, text, kind, "
                                     "at, day, hour, uuid, amount)");
    an_expression_stores_only_what_its_field_holds(state);
}

typedef struct Given {
    int64_t k;
    weft_decimal d;
} Given;
WEFT_ROW(Given, WEFT_FIELD(Given, k), WEFT_FIELD(Given, d));
typedef struct Tally {
    int64_t n;
    weft_decimal d;
} Tally;
WEFT_ROW(Tally, WEFT_FIELD(Tally, n), WEFT_FIELD(Tally, d));

static void assert_tally(fixture *f, const weft_model *from, const weft_expr *d, const weft_expr *k, size_t groups)
{
    Tally_list list = weft_rows(f->s, Tally, .from = from, .columns = weft_columns(weft_count_all(), weft_max(d)),
                                .group_by = weft_columns(d), .order_by = weft_order(weft_asc_of(weft_max(k))));
    assert_ok(f->s);
    assert_int_equal(list.count, groups);
    for (size_t i = 0; i < groups; i++)
        assert_int_equal(list.items[i]->n, 2);
}

/* Decimals of lists, subqueries and CTEs are as their expressions spell them: equal ones are one group all the same, are stored
 * as the column spells them, and are one key. */
static void decimals_of_selectables_are_numbers_too(void **state)
{
    fixture *f = *state;
    const Given values[] = {{1, {"10.50"}}, {2, {"10.5"}}, {3, {"1e1"}}, {4, {"+10.0"}}};
    weft_values_of(Given, values, 4);
    assert_tally(f, weft_from(Given), weft_col(Given, d), weft_col(Given, k), 2);
    weft_subselect_as(Sub, Given,
                      weft_select(.from = weft_from(Given),
                                  .columns =
                                      weft_columns(weft_col(Given, k), weft_op(weft_col(Given, d), "-",
                                                                               weft_coalesce(weft_col(Given, d), weft_val(0))))));
    Tally_list zero =
        weft_rows(f->s, Tally, .from = weft_from(Sub), .columns = weft_columns(weft_count_all(), weft_max(weft_col(Sub, d))),
                  .group_by = weft_columns(weft_col(Sub, d)));
    assert_ok(f->s);
    assert_int_equal(zero.count, 1);
    assert_int_equal(zero.items[0]->n, 4);
    weft_cte_as(With, Given,
                .query = weft_select(.from = weft_from(Given), .columns = weft_columns(weft_col(Given, k), weft_col(Given, d))));
    assert_tally(f, weft_from(With), weft_col(With, d), weft_col(With, k), 2);
    Tally_list rolled =
        weft_rows(f->s, Tally, .from = weft_from(Given), .columns = weft_columns(weft_count_all(), weft_max(weft_col(Given, d))),
                  .group_by = weft_columns(weft_rollup(weft_col(Given, d))));
    assert_ok(f->s);
    assert_int_equal(rolled.count, 3);
    int64_t inserted = 0;
    assert_call(f->s,
                weft_session_insert(f->s,
                                    weft_insert_into(Sum,
                                                     .columns = weft_columns(weft_col(Sum, id), weft_col(Sum, n), weft_col(Sum, d),
                                                                             weft_col(Sum, amount), weft_col(Sum, free)),
                                                     .query = weft_select(.from = weft_from(Given),
                                                                          .columns = weft_columns(weft_col(Given, k), weft_val(0),
                                                                                                  weft_val(0.0), weft_col(Given, d),
                                                                                                  weft_col(Given, d)))),
                                    &inserted),
                WEFT_OK);
    assert_int_equal(inserted, 4);
    assert_int_equal(weft_count_of(f->s, Sum, .where = weft_eq(Sum, free, (weft_decimal){"10.5"})), 2);
    assert_int_equal(weft_count_of(f->s, Sum, .where = weft_eq(Sum, amount, (weft_decimal){"10"})), 2);
    Sum_list all = weft_query(f->s, Sum, .order_by = weft_order(weft_asc(Sum, id)));
    assert_ok(f->s);
    assert_int_equal(all.count, 4);
    assert_call(f->s,
                weft_session_update(
                    f->s,
                    weft_update_of(Sum, .from = weft_from(Given), .set = weft_sets(weft_to_expr(Sum, free, weft_col(Given, d))),
                                   .where = weft_op(weft_col(Sum, id), "=", weft_op(weft_val(5), "-", weft_col(Given, k)))),
                    &inserted),
                WEFT_OK);
    assert_int_equal(inserted, 4);
    assert_int_equal(weft_count_of(f->s, Sum,
                                   .where = weft_and(weft_eq(Sum, free, (weft_decimal){"10"}),
                                                     weft_eq(Sum, amount, (weft_decimal){"10.50"}))),
                     2);
    /* one key */
    const weft_insert *twice =
        weft_insert_into(Price, .columns = weft_columns(weft_col(Price, amount), weft_col(Price, name)),
                         .query =
                             weft_select(.from = weft_from(Given),
                                         .columns = weft_columns(weft_col(Given, d), weft_cast(weft_col(Given, k), WEFT_TEXT))));
    assert_call(f->s, weft_session_insert(f->s, twice, &inserted), WEFT_ERROR_UNIQUE);
    rollback_ok(f->s);
}

static void conditions_of_tables_compare_decimals_by_value(void **state)
{
    fixture *f = *state;
    weft_new(f->s, Sum, .id = 1, .n = 1, .amount = {"100000000"});
    assert_call(f->s, weft_session_flush(f->s), WEFT_ERROR_CHECK);
    rollback_ok(f->s);
    weft_new(f->s, Sum, .id = 1, .n = 1, .amount = {"9.5"});
    weft_new(f->s, Sum, .id = 2, .n = 1, .amount = {"-9.5"});
    commit_ok(f->s);
}

/* A NUL is no blank: PostgreSQL keeps none in texts, and what ends in one is no number. */
static void a_text_that_ends_in_a_zero_byte_is_no_number(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_type types[] = {WEFT_INT64, WEFT_DOUBLE, WEFT_DECIMAL, WEFT_BOOL};
    (void)weft_new(s, Held, .id = 1, .text = "1", .amount = {"1"});
    commit_ok(s);
    for (size_t i = 0; i < 4; i++) {
        const weft_expr *cast = weft_op(weft_cast(weft_col(Held, text), types[i]), "=",
                                        types[i] == WEFT_BOOL ? weft_val(true) : weft_cast(weft_val(1), types[i]));
        test_database_exec(&f->database, "UPDATE held SET text = CAST(x'3100' AS TEXT) WHERE id = 1");
        (void)weft_count_of(s, Held, .where = cast);
        assert_refused(s, WEFT_ERROR_DATA);
        test_database_exec(&f->database, "UPDATE held SET text = ' 1 ' WHERE id = 1");
        assert_int_equal(weft_count_of(s, Held, .where = cast), 1);
        rollback_ok(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_compute_alike),
        cmocka_unit_test(decimals_compare_and_sort_alike),
        ON_BOTH(a_sum_decides_about_its_group),
        ON_BOTH(a_decimal_is_found_however_it_is_given),
        ON_SQLITE(what_other_programs_spell_otherwise_is_refused),
        ON_SQLITE(files_whose_decimals_have_a_collation_keep_working),
        ON_SQLITE(a_text_that_ends_in_a_zero_byte_is_no_number),
        ON_SQLITE(a_file_survives_the_plain_shell),
        ON_BOTH(an_expression_stores_only_what_its_field_holds),
        ON_SQLITE(sqlite_keeps_what_postgres_types_keep),
        ON_SQLITE(tables_of_others_are_guarded_alike),
        ON_BOTH(decimals_of_selectables_are_numbers_too),
        ON_BOTH(conditions_of_tables_compare_decimals_by_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
