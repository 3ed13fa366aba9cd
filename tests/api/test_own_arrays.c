/* Arrays of types of the program's own: on every path by which rows go, on both databases. */
#include "fixtures/memory.h"

typedef struct money {
    int64_t cents;
} money;
static weft_value money_encode(const money *value)
{
    return value->cents == -1 ? weft_value_null(WEFT_UNMAPPED) : weft_value_int64(value->cents);
}
static bool money_decode(const weft_value *value, money *to)
{
    to->cents = value->as.i;
    return value->as.i != 666;
}
WEFT_TYPE(money, WEFT_INT64, money_encode, money_decode);

/* A text that the encoder makes, of any characters; one that is empty is NULL. */
typedef struct label {
    char letters[24];
} label;
static weft_value label_encode(const label *value)
{
    char *room = weft_type_room();
    (void)snprintf(room, WEFT_TYPE_ROOM, "<%s>", value->letters);
    return value->letters[0] == '\0' ? weft_value_null(WEFT_TEXT) : weft_value_text(room);
}
static bool label_decode(const weft_value *value, label *to)
{
    const size_t size = value->as.s.size;
    if (size < 3 || size > sizeof to->letters || value->as.s.data[0] != '<')
        return false;
    memset(to, 0, sizeof *to);
    memcpy(to->letters, value->as.s.data + 1, size - 2);
    return true;
}
WEFT_TYPE(label, WEFT_TEXT, label_encode, label_decode);

typedef enum level { LOW, HIGH } level;
static weft_value level_encode(const level *value) { return weft_value_int64(*value == HIGH ? 10 : 1); }
static bool level_decode(const weft_value *value, level *to)
{
    *to = value->as.i == 10 ? HIGH : LOW;
    return value->as.i == 10 || value->as.i == 1;
}
WEFT_TYPE(level, WEFT_INT16, level_encode, level_decode, .postgres = "numeric(6,2)");

WEFT_DECLARE(Bill);
struct Bill {
    int64_t id;
    const char *title;
    weft_array_money prices;
    weft_array_opt_money gaps;
    weft_array_label labels;
    weft_array_opt_label notes;
    weft_array_level levels;
};
WEFT_MODEL(Bill, "bill", WEFT_COLUMN(Bill, id, .primary_key = true), WEFT_COLUMN(Bill, title), WEFT_COLUMN_AS(Bill, prices, money),
           WEFT_COLUMN_AS(Bill, gaps, money, .nullable = true), WEFT_COLUMN_AS(Bill, labels, label, .nullable = true),
           WEFT_COLUMN_AS(Bill, notes, label, .nullable = true), WEFT_COLUMN_AS(Bill, levels, level, .nullable = true));
WEFT_METADATA(models, &Bill_model);
FIXTURE_MODELS(models);

#define OF(T, ...) \
    { \
        (const T[]){__VA_ARGS__}, sizeof((const T[]){__VA_ARGS__}) / sizeof(T) \
    }
#define MONEYS(...) ((weft_array_money)OF(money, __VA_ARGS__))
#define LABELS(...) ((weft_array_label)OF(label, __VA_ARGS__))
#define NO_PRICES \
    { \
        (const money[]){{0}}, 0 \
    }
#define ROWS "SELECT id, prices, gaps, labels, notes, levels FROM bill ORDER BY id"

static void arrays_go_in_as_they_are_kept_and_come_back(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Bill, .title = "a", .prices = OF(money, {5}, {INT64_MAX}, {0}),
                   .gaps = OF(weft_opt_money, weft_some({7}), weft_unset),
                   .labels = OF(label, {"it's, {x}"}, {"say \"so\" \\"}, {""}),
                   .notes = OF(weft_opt_label, weft_unset, weft_some({"x"})), .levels = OF(level, HIGH, LOW));
    (void)weft_new(f->s, Bill, .title = "b", .prices = NO_PRICES);
    assert_call(f->s, weft_session_flush(f->s), WEFT_OK);
    commit_ok(f->s);
    assert_rows(f, ROWS,
                f->postgres
                    ? "1|{5,9223372036854775807,0}|{7,NULL}|{\"<it's, {x}>\",\"<say \\\"so\\\" \\\\>\",NULL}|{NULL,<x>}|"
                      "{10.00,1.00}\n2|{}|NULL|NULL|NULL|NULL"
                    : "1|[5,9223372036854775807,0]|[7,null]|[\"<it's, {x}>\",\"<say \\\"so\\\" \\\\>\",null]|[null,\"<x>\"]|"
                      "[10,1]\n2|[]|NULL|NULL|NULL|NULL");
    weft_session_clear(f->s);
    assert_null(weft_get(f->s, Bill, 1)); /* a NULL among labels, of which no label says it */
    assert_message(f->s, "bill.labels into the field Bill.labels: item 3 of the array is NULL, which no array of label holds");
    assert_refused(f->s, WEFT_ERROR_SCHEMA);
    test_database_exec(&f->database, "UPDATE bill SET labels = NULL");
    const Bill *bill = weft_get(f->s, Bill, 1);
    assert_ok(f->s);
    assert_true(bill->prices.count == 3 && bill->prices.items[0].cents == 5 && bill->prices.items[1].cents == INT64_MAX);
    assert_true(bill->gaps.count == 2 && bill->gaps.items[0].set && bill->gaps.items[0].value.cents == 7 &&
                !bill->gaps.items[1].set);
    assert_true(bill->notes.count == 2 && !bill->notes.items[0].set && bill->notes.items[1].set);
    assert_string_equal(bill->notes.items[1].value.letters, "x");
    assert_true(bill->levels.count == 2 && bill->levels.items[0] == HIGH && bill->levels.items[1] == LOW);
    bill = weft_get(f->s, Bill, 2);
    assert_true(bill->prices.count == 0 && bill->prices.items != NULL && bill->gaps.items == NULL && bill->levels.items == NULL);
}

/* ---- against a plain model ---- */

typedef struct store {
    uint64_t random;
    char *at, *end;
} store;

static uint64_t next(store *s)
{
    s->random = s->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return s->random >> 33;
}

static void *take(store *s, size_t size)
{
    void *made = s->at;
    s->at += (size + 15) / 16 * 16;
    assert_true(s->at <= s->end);
    return made;
}

enum { MOST_ITEMS = 5 };
static const label some_labels[] = {{"a"}, {"NULL"}, {"a,b"}, {"{}"}, {"\"q\""}, {"back\\slash"}, {" "}, {"gr\xc3\xb6\xc3\x9f"}};
static label label_of(store *s) { return some_labels[next(s) % 8]; }

#define FILL(field, T, null, make) \
    do { \
        const size_t n_ = next(s) % (MOST_ITEMS + 1); \
        T *items_ = (null) && next(s) % 5 == 0 ? NULL : take(s, MOST_ITEMS * sizeof(T)); \
        for (size_t i_ = 0; items_ != NULL && i_ < n_; i_++) \
            items_[i_] = make; \
        row->field.items = items_; \
        row->field.count = items_ != NULL ? n_ : 0; \
    } while (0)

static void fill(store *s, Bill *row, int64_t id)
{
    *row = (Bill){.id = id, .title = "t"};
    FILL(prices, money, false, ((money){(int64_t)next(s) % 600}));
    FILL(gaps, weft_opt_money, true, ((weft_opt_money){next(s) % 3 != 0, {(int64_t)next(s) % 600}}));
    FILL(labels, label, true, label_of(s));
    FILL(notes, weft_opt_label, true, ((weft_opt_label){next(s) % 3 != 0, label_of(s)}));
    FILL(levels, level, true, next(s) % 2 != 0 ? HIGH : LOW);
}

static Bill *filled(store *s, size_t count, uint64_t seed)
{
    const size_t size = count * 1024;
    s->random = seed;
    s->at = malloc(size);
    assert_non_null(s->at);
    s->end = s->at + size;
    Bill *rows = take(s, count * sizeof *rows);
    for (size_t i = 0; i < count; i++)
        fill(s, &rows[i], (int64_t)i + 1);
    return rows;
}

#define SAME(field, is) \
    do { \
        assert_int_equal(a->field.items == NULL, b->field.items == NULL); \
        assert_int_equal(a->field.count, b->field.count); \
        for (size_t i_ = 0; i_ < a->field.count; i_++) \
            if (!(is)) \
                fail_msg("row %d: item %zu of " #field, (int)a->id, i_); \
    } while (0)

static void assert_same(const Bill *a, const Bill *b)
{
    assert_true(a->id == b->id);
    SAME(prices, a->prices.items[i_].cents == b->prices.items[i_].cents);
    SAME(gaps, a->gaps.items[i_].set == b->gaps.items[i_].set &&
                   (!a->gaps.items[i_].set || a->gaps.items[i_].value.cents == b->gaps.items[i_].value.cents));
    SAME(labels, strcmp(a->labels.items[i_].letters, b->labels.items[i_].letters) == 0);
    SAME(notes, a->notes.items[i_].set == b->notes.items[i_].set &&
                    (!a->notes.items[i_].set || strcmp(a->notes.items[i_].value.letters, b->notes.items[i_].value.letters) == 0));
    SAME(levels, a->levels.items[i_] == b->levels.items[i_]);
}

static void assert_stored(fixture *f, const Bill *rows, size_t count)
{
    weft_session_clear(f->s);
    Bill_list list = weft_query(f->s, Bill, .order_by = weft_order(weft_asc(Bill, id)));
    assert_ok(f->s);
    assert_int_equal(list.count, count);
    for (size_t i = 0; i < count; i++)
        assert_same(&rows[i], list.items[i]);
}

static void insert_many(fixture *f, const Bill *rows, size_t count)
{
    weft_error error = {0};
    weft_connection *connection = NULL;
    assert_int_equal(weft_engine_connect(f->engine, &connection, NULL, &error), WEFT_OK);
    assert_error(weft_insert_many(connection, Bill, rows, count, NULL, &error), WEFT_OK, &error);
    assert_int_equal(weft_connection_commit(connection, &error), WEFT_OK);
    weft_connection_close(connection);
}

static void rows_of_every_path_come_back(void **state)
{
    fixture *f = *state;
    static const size_t counts[] = {1, 65, 600, 3000};
    for (size_t c = 0; c < 4; c++) {
        store s;
        Bill *rows = filled(&s, counts[c], c + 1);
        const size_t few = counts[c] < 600 ? counts[c] : 600;
        insert_many(f, rows, counts[c]);
        assert_stored(f, rows, counts[c]);
        test_database_exec(&f->database, "DELETE FROM bill");
        weft_session_clear(f->s);
        for (size_t i = 0; i < few; i++)
            *weft_new(f->s, Bill, .id = rows[i].id) = rows[i];
        commit_ok(f->s);
        assert_stored(f, rows, few);
        test_database_exec(&f->database, "DELETE FROM bill");
        free(rows);
    }
}

static void edits_are_written(void **state)
{
    fixture *f = *state;
    static const size_t counts[] = {1, 65};
    for (size_t c = 0; c < 2; c++) {
        store s, t;
        Bill *rows = filled(&s, counts[c], 7), *others = filled(&t, counts[c], 8);
        insert_many(f, rows, counts[c]);
        Bill_list list = weft_query(f->s, Bill, .order_by = weft_order(weft_asc(Bill, id)));
        for (size_t i = 0; i < list.count; i++)
            *weft_edit(f->s, Bill, list.items[i]) = others[i];
        commit_ok(f->s);
        assert_stored(f, others, counts[c]);
        free(rows);
        free(others);
        test_database_exec(&f->database, "DELETE FROM bill");
        weft_session_clear(f->s);
    }
}

static void an_array_may_be_long(void **state)
{
    fixture *f = *state;
    enum { LONG = 20000 };
    label *items = malloc(LONG * sizeof *items);
    assert_non_null(items);
    for (int i = 0; i < LONG; i++)
        (void)snprintf(items[i].letters, sizeof items[i].letters, "%d", i);
    (void)weft_new(f->s, Bill, .title = "long", .prices = NO_PRICES, .labels = {items, LONG});
    commit_ok(f->s);
    weft_session_clear(f->s);
    const Bill *bill = weft_get(f->s, Bill, 1);
    assert_ok(f->s);
    assert_int_equal(bill->labels.count, LONG);
    for (int i = 0; i < LONG; i++)
        assert_string_equal(bill->labels.items[i].letters, items[i].letters);
    free(items);
}

/* ---- edits ---- */

static void equal_arrays_are_no_edits_and_copies_are_kept(void **state)
{
    fixture *f = *state;
    label items[] = {{"x"}, {"y"}};
    const Bill *bill = weft_new(f->s, Bill, .title = "a", .prices = OF(money, {1}), .labels = {items, 2});
    commit_ok(f->s);
    bill = weft_first(f->s, Bill);
    (void)fixture_statements(f);
    weft_edit(f->s, Bill, bill)->labels = LABELS({"x"}, {"y"});
    weft_edit(f->s, Bill, bill)->prices = MONEYS({1});
    commit_ok(f->s);
    assert_int_equal(fixture_statements(f), 0);
    items[1] = (label){"z"};
    weft_edit(f->s, Bill, bill)->labels = (weft_array_label){items, 2};
    flush_ok(f->s);
    items[1] = (label){"gone"};
    assert_string_equal(bill->labels.items[1].letters, "z");
    rollback_ok(f->s);
    assert_string_equal(bill->labels.items[1].letters, "y");
    assert_rows(f, "SELECT labels FROM bill", f->postgres ? "{<x>,<y>}" : "[\"<x>\",\"<y>\"]");
}

static void stale_arrays_are_told(void **state)
{
    fixture *f = *state;
    const Bill *bill = weft_new(f->s, Bill, .title = "a", .prices = OF(money, {1}), .labels = OF(label, {"x"}));
    commit_ok(f->s);
    bill = weft_first(f->s, Bill);
    test_database_exec(&f->database,
                       f->postgres ? "UPDATE bill SET labels = '{<other>}'" : "UPDATE bill SET labels = '[\"<other>\"]'");
    weft_edit(f->s, Bill, bill)->labels = LABELS({"mine"});
    assert_call(f->s, weft_session_flush(f->s), WEFT_ERROR_STALE);
    rollback_ok(f->s);
    weft_edit(f->s, Bill, bill)->labels = LABELS({"mine"});
    commit_ok(f->s);
    assert_rows(f, "SELECT labels FROM bill", f->postgres ? "{<mine>}" : "[\"<mine>\"]");
}

/* ---- what a function refuses ---- */

static void what_the_encoder_refuses_is_told(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    const Bill rows[2] = {{.id = 1, .title = "a", .prices = OF(money, {1})},
                          {.id = 2, .title = "b", .prices = OF(money, {1}, {-1})}};
    (void)weft_new(f->s, Bill, .title = "a", .prices = OF(money, {1}, {2}, {-1}));
    assert_call(f->s, weft_session_flush(f->s), WEFT_ERROR_TYPE);
    assert_message(f->s, "Bill.prices: the encoder of money refuses item 3 of the array");
    assert_string_equal(weft_session_error(f->s)->column, "prices");
    rollback_ok(f->s);
    weft_connection *connection = NULL;
    assert_int_equal(weft_engine_connect(f->engine, &connection, NULL, &error), WEFT_OK);
    assert_int_equal(weft_insert_many(connection, Bill, rows, 2, NULL, &error), WEFT_ERROR_TYPE);
    assert_non_null(strstr(error.message, "refuses item 2 of the array"));
    weft_connection_close(connection);
    (void)weft_count_of(f->s, Bill, .where = weft_array_contains_as(Bill, prices, money, MONEYS({1}, {-1})));
    assert_message(f->s, "item 2");
    assert_refused(f->s, WEFT_ERROR_TYPE);
    (void)weft_count_of(f->s, Bill, .where = weft_array_has_as(Bill, prices, money, ((money){-1})));
    assert_refused(f->s, WEFT_ERROR_TYPE);
}

static void what_the_decoder_refuses_is_told(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Bill, .title = "a", .prices = OF(money, {1}));
    commit_ok(f->s);
    test_database_exec(&f->database, f->postgres ? "UPDATE bill SET prices = '{1,666}'" : "UPDATE bill SET prices = '[1,666]'");
    weft_session_clear(f->s);
    assert_null(weft_get(f->s, Bill, 1));
    assert_message(f->s, "bill.prices into the field Bill.prices: the decoder of money refuses item 2 of the array");
    assert_refused(f->s, WEFT_ERROR_DATA);
}

/* ---- conditions ---- */

#define COUNT_OF(...) weft_count_of(f->s, Bill, .where = __VA_ARGS__)

static void add_bills(fixture *f)
{
    (void)weft_new(f->s, Bill, .title = "a", .prices = OF(money, {1}, {2}), .labels = OF(label, {"x"}, {"y"}),
                   .gaps = OF(weft_opt_money, weft_some({9}), weft_unset), .levels = OF(level, HIGH));
    (void)weft_new(f->s, Bill, .title = "b", .prices = OF(money, {2}), .labels = OF(label, {"y"}));
    (void)weft_new(f->s, Bill, .title = "c", .prices = NO_PRICES);
    commit_ok(f->s);
}

static void arrays_are_searched(void **state)
{
    fixture *f = *state;
    const weft_opt_money nine[] = {weft_some({9})};
    const level high[] = {HIGH};
    add_bills(f);
    assert_int_equal(COUNT_OF(weft_array_has_as(Bill, prices, money, ((money){2}))), 2);
    assert_int_equal(COUNT_OF(weft_array_has_as(Bill, labels, label, ((label){"x"}))), 1);
    assert_int_equal(COUNT_OF(weft_array_has_as(Bill, gaps, money, ((money){9}))), 1);
    assert_int_equal(COUNT_OF(weft_array_has_as(Bill, levels, level, HIGH)), 1);
    assert_int_equal(COUNT_OF(weft_array_contains_as(Bill, prices, money, MONEYS({2}, {1}))), 1);
    assert_int_equal(COUNT_OF(weft_array_contains_as(Bill, levels, level, ((weft_array_level){high, 1}))), 1);
    assert_int_equal(COUNT_OF(weft_array_contains_as(Bill, gaps, money, ((weft_array_opt_money){nine, 1}))), 1);
    assert_int_equal(COUNT_OF(weft_array_within_as(Bill, prices, money, MONEYS({2}, {7}))), 2);
    assert_int_equal(COUNT_OF(weft_array_overlaps_as(Bill, labels, label, LABELS({"z"}, {"y"}))), 2);
    assert_int_equal(COUNT_OF(weft_eq_as(Bill, prices, money, MONEYS({1}, {2}))), 1);
    assert_int_equal(COUNT_OF(weft_ne_as(Bill, labels, label, LABELS({"y"}))), 1);
    assert_int_equal(COUNT_OF(weft_lt_as(Bill, prices, money, MONEYS({2}))), 2);
    assert_int_equal(COUNT_OF(weft_eq_as(Bill, labels, label, ((weft_array_label){NULL, 0}))), 1);
    assert_int_equal(COUNT_OF(weft_op(weft_array_length(weft_col(Bill, prices)), "=", weft_val(1))), 1);
    assert_int_equal(COUNT_OF(weft_op(weft_array_item(weft_col(Bill, prices), weft_val(2)), "=", weft_val_as(money, ((money){2})))),
                     1);
    assert_int_equal(COUNT_OF(weft_eq_col(Bill, prices, Bill, prices)), 3);
    assert_ok(f->s);
    if (f->postgres)
        assert_int_equal(COUNT_OF(
                             weft_array_contains_of(weft_col(Bill, labels), weft_literally(weft_val_as(label, LABELS({"y"}))))),
                         2);
    assert_ok(f->s);
}

static void arrays_are_changed_by_statements(void **state)
{
    fixture *f = *state;
    add_bills(f);
    weft_session_update(
        f->s,
        weft_update_of(Bill,
                       .set = weft_sets(
                           weft_to_expr(Bill, prices, weft_array_append(weft_col(Bill, prices), weft_val_as(money, ((money){3})))),
                           weft_to_expr(Bill, labels,
                                        weft_array_concat(weft_col(Bill, labels), weft_val_as(label, LABELS({"n"}, {"m"}))))),
                       .where = weft_lt(Bill, id, 3)),
        NULL);
    weft_session_update(f->s,
                        weft_update_of(Bill, .set = weft_sets(weft_to_as(Bill, prices, money, MONEYS({8}))),
                                       .where = weft_eq(Bill, id, 3)),
                        NULL);
    commit_ok(f->s);
    assert_rows(f, "SELECT id, prices, labels FROM bill ORDER BY id",
                f->postgres ? "1|{1,2,3}|{<x>,<y>,<n>,<m>}\n2|{2,3}|{<y>,<n>,<m>}\n3|{8}|NULL"
                            : "1|[1,2,3]|[\"<x>\",\"<y>\",\"<n>\",\"<m>\"]\n2|[2,3]|[\"<y>\",\"<n>\",\"<m>\"]\n3|[8]|NULL");
}

typedef struct Price {
    money value;
    int64_t position;
} Price;
WEFT_ROW(Price, WEFT_FIELD_AS(Price, value, money), WEFT_FIELD(Price, position));
typedef struct Shown {
    const char *title;
    weft_array_money prices;
    weft_array_label labels;
} Shown;
WEFT_ROW(Shown, WEFT_FIELD(Shown, title), WEFT_FIELD_AS(Shown, prices, money), WEFT_FIELD_AS(Shown, labels, label));

static void results_hold_them(void **state)
{
    fixture *f = *state;
    add_bills(f);
    weft_unnest(Price, weft_col(Bill, prices));
    Price_list prices = weft_rows(f->s, Price, .from = weft_from(Bill), .joins = weft_joins(weft_cross_join(Price)),
                                  .columns = weft_columns(weft_col(Price, value), weft_col(Price, position)),
                                  .order_by = weft_order(weft_asc(Bill, id), weft_asc(Price, position)));
    assert_ok(f->s);
    assert_int_equal(prices.count, 3);
    assert_true(prices.items[1]->value.cents == 2 && prices.items[1]->position == 2);
    Shown_list shown = weft_rows(f->s, Shown, .from = weft_from(Bill),
                                 .columns = weft_columns(weft_col(Bill, title), weft_col(Bill, prices), weft_col(Bill, labels)),
                                 .order_by = weft_order(weft_asc(Bill, id)));
    assert_ok(f->s);
    assert_int_equal(shown.count, 3);
    assert_true(shown.items[0]->prices.items[1].cents == 2);
    assert_string_equal(shown.items[0]->labels.items[1].letters, "y");
    assert_null(shown.items[2]->labels.items);
    shown = weft_text_rows(f->s, Shown, "SELECT labels, title, prices FROM bill ORDER BY id", NULL);
    assert_ok(f->s);
    assert_true(shown.items[0]->prices.items[0].cents == 1);
    assert_string_equal(shown.items[1]->labels.items[0].letters, "y");
    shown = weft_rows(f->s, Shown, .from = weft_from(Bill),
                      .columns = weft_columns(weft_val("x"), weft_array_agg(weft_col(Bill, id)),
                                              weft_val_as(label, LABELS({"p"}, {"q"}))));
    assert_ok(f->s);
    assert_int_equal(shown.items[0]->prices.count, 3);
    assert_string_equal(shown.items[0]->labels.items[1].letters, "q");
}

typedef struct Want {
    weft_array_money prices;
    money price;
} Want;
WEFT_ROW(Want, WEFT_FIELD_AS(Want, prices, money), WEFT_FIELD_AS(Want, price, money));
WEFT_PARAMETERS(Want);
typedef struct Found {
    int64_t id;
} Found;
WEFT_ROW(Found, WEFT_FIELD(Found, id));
WEFT_STATEMENT(with_prices, Found, Want, .from = weft_from(Bill), .columns = weft_columns(weft_col(Bill, id)),
               .where = weft_and(weft_array_contains_of(weft_col(Bill, prices), weft_param(Want, prices)),
                                 weft_array_has_of(weft_col(Bill, prices), weft_param(Want, price))));

static void parameters_are_arrays_of_them(void **state)
{
    fixture *f = *state;
    add_bills(f);
    Found_list found = weft_run(f->s, with_prices, .prices = MONEYS({2}), .price = {1});
    assert_ok(f->s);
    assert_int_equal(found.count, 1);
    found = weft_run(f->s, with_prices, .prices = MONEYS({2}), .price = {2});
    assert_ok(f->s);
    assert_int_equal(found.count, 2);
    (void)weft_run(f->s, with_prices, .prices = MONEYS({2}, {-1}), .price = {2});
    assert_message(f->s, "item 2");
    assert_refused(f->s, WEFT_ERROR_TYPE);
}

/* ---- tables ---- */

static void tables_hold_arrays_of_what_they_are_kept_as(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_schema *wanted = NULL, *given = NULL;
    weft_ops *ops = NULL;
    weft_difference *differences = NULL;
    size_t count = 1;
    if (f->postgres)
        assert_rows(f,
                    "SELECT string_agg(format_type(atttypid, atttypmod), ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = "
                    "'bill'::regclass AND attnum > 2",
                    "bigint[] bigint[] text[] text[] numeric(6,2)[]");
    else
        assert_rows(f, "SELECT name, type FROM pragma_table_info('bill') WHERE cid > 1",
                    "prices|NUMBER_ARRAY_TEXT\ngaps|NUMBER_ARRAY_TEXT\nlabels|TEXT_ARRAY_TEXT\nnotes|TEXT_ARRAY_TEXT\nlevels|"
                    "NUMBER_ARRAY_TEXT");
    assert_error(weft_engine_check(f->engine, &differences, &count, &error), WEFT_OK, &error);
    if (count > 0)
        fail_msg("%s", differences[0].text);
    assert_error(weft_schema_of_models(&wanted, &models, f->postgres ? "postgresql" : "sqlite", &error), WEFT_OK, &error);
    assert_error(weft_reflect(&given, f->engine, NULL, &error), WEFT_OK, &error);
    assert_error(weft_schema_compare_on(f->engine, wanted, given, NULL, &ops, &error), WEFT_OK, &error);
    assert_int_equal(weft_ops_count(ops), 0);
    weft_ops_free(ops);
    weft_schema_free(given);
    weft_schema_free(wanted);
}

/* ---- without memory ---- */

static weft_status work(fixture *f, weft_session **session)
{
    weft_session *s = *session = weft_session_open(f->engine, NULL);
    const weft_array_label others = LABELS({"x"}, {"y"});
    for (int i = 0; i < 3; i++)
        (void)weft_new(s, Bill, .title = "t", .prices = OF(money, {i}, {5}), .labels = OF(label, {"a longer text"}));
    if (weft_session_commit(s) != WEFT_OK)
        return weft_session_status(s);
    weft_each (Bill, bill,
               weft_query(s, Bill,
                          .where = weft_and(weft_array_has_as(Bill, prices, money, ((money){5})),
                                            weft_array_contains_as(Bill, labels, label, LABELS({"a longer text"})))))
        weft_edit(s, Bill, bill)->labels = others;
    (void)weft_session_flush(s);
    (void)weft_text_rows(s, Shown, "SELECT title, prices, labels FROM bill", NULL);
    (void)weft_session_rollback(s);
    return weft_session_status(s);
}

static void every_allocation_may_fail(void **state) { fixture_fail_each_allocation(*state, work, "bill", "3"); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(arrays_go_in_as_they_are_kept_and_come_back),
        ON_BOTH(rows_of_every_path_come_back),
        ON_BOTH(edits_are_written),
        ON_BOTH(an_array_may_be_long),
        ON_BOTH(equal_arrays_are_no_edits_and_copies_are_kept),
        ON_BOTH(stale_arrays_are_told),
        ON_BOTH(what_the_encoder_refuses_is_told),
        ON_BOTH(what_the_decoder_refuses_is_told),
        ON_BOTH(arrays_are_searched),
        ON_BOTH(arrays_are_changed_by_statements),
        ON_BOTH(results_hold_them),
        ON_BOTH(parameters_are_arrays_of_them),
        ON_BOTH(tables_hold_arrays_of_what_they_are_kept_as),
        ON_BOTH(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
