/* ANY and ALL over subqueries and lists: what holds is compared with loops that know three truths. */
#include "support/fixture.h"

WEFT_DECLARE(Left);
WEFT_DECLARE(Right);
struct Left {
    int64_t id;
    weft_opt_int32 number;
    weft_decimal amount;
    const char *text;
    weft_opt_date day;
    weft_opt_double real;
};
struct Right {
    int64_t id;
    int32_t part;
    weft_opt_int32 number;
    weft_decimal amount;
    const char *text;
    weft_opt_timestamp at;
    weft_opt_double real;
};
WEFT_MODEL(Left, "left_side", WEFT_COLUMN(Left, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Left, number),
           WEFT_COLUMN(Left, amount, .precision = 8, .scale = 3, .nullable = true), WEFT_COLUMN(Left, text, .nullable = true),
           WEFT_COLUMN(Left, day), WEFT_COLUMN(Left, real));
WEFT_MODEL(Right, "right_side", WEFT_COLUMN(Right, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Right, part),
           WEFT_COLUMN(Right, number), WEFT_COLUMN(Right, amount, .precision = 8, .scale = 1, .nullable = true),
           WEFT_COLUMN(Right, text, .nullable = true), WEFT_COLUMN(Right, at), WEFT_COLUMN(Right, real));
WEFT_METADATA(models, &Left_model, &Right_model);
FIXTURE_MODELS(models);

#define C(M, f) weft_col(M, f)
#define LIST(...) weft_columns(__VA_ARGS__)
#define ORDER(...) weft_order(__VA_ARGS__)

typedef struct Found {
    int64_t id;
    weft_opt_bool holds;
} Found;
WEFT_ROW(Found, WEFT_FIELD(Found, id), WEFT_FIELD(Found, holds));

enum { NOTHING = 99, LEFTS = 6, PARTS = 4, RIGHTS = 9 };
/* Part 0 has no NULL, 1 has one, 2 nothing else, 3 no rows. */
static const int lefts[LEFTS] = {1, 2, 10, 9, 5, NOTHING};
static const struct {
    int part, number;
} rights[RIGHTS] = {{0, 2}, {0, 9}, {0, 2}, {1, 10}, {1, NOTHING}, {1, 2}, {2, NOTHING}, {0, 5}, {1, 9}};
static const char *const operators[] = {"=", "<>", "<", "<=", ">", ">=", "!="};

static const char *text_of(int number, char room[16], const char *before, const char *behind)
{
    if (number == NOTHING)
        return NULL;
    (void)snprintf(room, 16, "%s%02d%s", before, number, behind);
    return room;
}

static void add_sides(weft_session *s)
{
    char rooms[LEFTS + RIGHTS][2][16];
    for (int i = 0; i < LEFTS; i++)
        (void)weft_new(s, Left, .id = i, .number = {lefts[i] != NOTHING, lefts[i]},
                       .amount = {text_of(lefts[i], rooms[i][0], "0", ".000")}, .text = text_of(lefts[i], rooms[i][1], "t", ""),
                       .day = {lefts[i] != NOTHING, {lefts[i]}}, .real = {lefts[i] != NOTHING, lefts[i] / 4.0});
    for (int i = 0; i < RIGHTS; i++) {
        const int n = rights[i].number;
        (void)weft_new(s, Right, .id = i, .part = rights[i].part, .number = {n != NOTHING, n},
                       .amount = {text_of(n, rooms[LEFTS + i][0], "0", ".0")}, .text = text_of(n, rooms[LEFTS + i][1], "t", ""),
                       .at = {n != NOTHING, {n * INT64_C(86400000000)}}, .real = {n != NOTHING, n / 4.0});
    }
    commit_ok(s);
}

static int compare(int a, const char *op, int b) /* 0, 1, or 2 for NULL */
{
    if (a == NOTHING || b == NOTHING)
        return 2;
    if (strcmp(op, "=") == 0)
        return a == b;
    if (op[0] == '<')
        return op[1] == '>' ? a != b : op[1] == '=' ? a <= b : a < b;
    return op[0] == '!' ? a != b : op[1] == '=' ? a >= b : a > b;
}

static int expected(int left, const char *op, bool all, const int *numbers, size_t count)
{
    int truth = all;
    for (size_t i = 0; i < count; i++) {
        const int each = compare(left, op, numbers[i]);
        if (each == !all)
            return each;
        truth = each == 2 ? 2 : truth;
    }
    return truth;
}

static void check(weft_session *s, const weft_expr *condition, const char *op, bool all, const int *numbers, size_t count)
{
    Found_list list = weft_rows(s, Found, .from = weft_from(Left), .columns = LIST(C(Left, id), condition),
                                .order_by = ORDER(weft_asc(Left, id)));
    assert_ok(s);
    assert_int_equal(list.count, LEFTS);
    size_t found = 0;
    for (int i = 0; i < LEFTS; i++) {
        const int truth = expected(lefts[i], op, all, numbers, count);
        assert_int_equal(list.items[i]->holds.set, truth != 2);
        assert_true(truth == 2 || list.items[i]->holds.value == (truth == 1));
        found += truth == 1;
    }
    /* As a condition, and its contrary. */
    list = weft_rows(s, Found, .from = weft_from(Left), .columns = LIST(C(Left, id), weft_val(1 == 1)), .where = condition);
    assert_ok(s);
    assert_int_equal(list.count, found);
}

/* Every operator over every kind of rows, and columns of every kind. */
static void rows_of_a_subquery_are_compared(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sides(s);
    const weft_expr *const left[] = {C(Left, number), C(Left, amount), C(Left, text),
                                     C(Left, day),    C(Left, real),   weft_op(C(Left, number), "+", weft_val(0)),
                                     C(Left, number), C(Left, real)};
    const weft_expr *const right[] = {C(Right, number), C(Right, amount),
                                      C(Right, text),   C(Right, at),
                                      C(Right, real),   C(Right, amount),
                                      C(Right, amount), weft_op(C(Right, number), "/", weft_val(4.0))};
    for (size_t kind = 0; kind < sizeof left / sizeof *left; kind++)
        for (int part = 0; part < PARTS; part++)
            for (size_t op = 0; op < sizeof operators / sizeof *operators; op++)
                for (int all = 0; all < 2; all++) {
                    int numbers[RIGHTS];
                    size_t count = 0;
                    for (int i = 0; i < RIGHTS; i++)
                        if (rights[i].part == part)
                            numbers[count++] = rights[i].number;
                    const weft_rows_options *q =
                        weft_select(.from = weft_from(Right), .columns = LIST(right[kind]), .where = weft_eq(Right, part, part));
                    check(s, weft_op_unsafe(left[kind], operators[op], all ? weft_all_of(q) : weft_any_of(q)), operators[op], all,
                          numbers, count);
                }
    assert_int_equal(fixture_cached(f) < 2 * 8 * 7 * 2 + 8, true); /* a part is a parameter */
}

static void the_statements_are_these(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_rows_options *q = weft_select(.from = weft_from(Right), .columns = LIST(C(Right, number)));
    (void)weft_rows(s, Found, .from = weft_from(Left), .columns = LIST(C(Left, id), weft_val(1 == 1)),
                    .where =
                        weft_and(weft_op(C(Left, number), ">", weft_all_of(q)), weft_op(C(Left, number), "=", weft_any_of(q))));
    assert_ok(s);
    assert_string_equal(
        fixture_last_sql(f),
        f->postgres
            ? "SELECT left_side.id, $1 FROM left_side WHERE left_side.number > ALL (SELECT right_side.number FROM right_side) AND "
              "left_side.number = ANY (SELECT right_side.number FROM right_side)"
            : "SELECT left_side.id, ?1 FROM left_side WHERE (SELECT CASE WHEN min(c) = 0 THEN 0 WHEN count(*) > count(c) THEN NULL "
              "ELSE 1 END FROM (SELECT left_side.number > weft_value AS c FROM (SELECT right_side.number AS weft_value FROM "
              "right_side))) AND left_side.number IN (SELECT right_side.number FROM right_side)");
    const int numbers[] = {3, 4};
    (void)weft_rows(s, Found, .from = weft_from(Left), .columns = LIST(C(Left, id), weft_val(1 == 1)),
                    .where = weft_op(C(Left, number), "<=", weft_any_item(numbers, 2)));
    assert_ok(s);
    assert_string_equal(fixture_last_sql(f),
                        f->postgres
                            ? "SELECT left_side.id, $1 FROM left_side WHERE left_side.number <= ANY ($2)"
                            : "SELECT left_side.id, ?1 FROM left_side WHERE (SELECT CASE WHEN max(c) = 1 THEN 1 WHEN count(*) > "
                              "count(c) THEN NULL ELSE 0 END FROM (SELECT left_side.number <= weft_item.value AS c FROM "
                              "json_each(?2) AS weft_item))");
}

static void items_of_a_list_are_compared(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sides(s);
    static const int numbers[] = {9, 2, 10};
    static const char *const texts[] = {"t09", "t02", NULL};
    static const weft_decimal decimals[] = {{"9"}, {"2.00"}, {"10.0"}};
    static const weft_date days[] = {{9}, {2}, {10}};
    static const double reals[] = {2.25, 0.5, 2.5};
    const int with_null[] = {9, 2, NOTHING};
    const size_t before = fixture_cached(f);
    for (size_t count = 0; count <= 3; count++)
        for (size_t op = 0; op < sizeof operators / sizeof *operators; op++) {
            const char *o = operators[op];
            check(s, weft_op_unsafe(C(Left, number), o, weft_any_item(numbers, count)), o, false, numbers, count);
            check(s, weft_op_unsafe(C(Left, number), o, weft_all_items(numbers, count)), o, true, numbers, count);
            check(s, weft_op_unsafe(weft_op(C(Left, number), "+", weft_val(0)), o, weft_all_items(numbers, count)), o, true,
                  numbers, count);
            check(s, weft_op_unsafe(C(Left, text), o, weft_any_item(texts, count)), o, false, with_null, count);
            check(s, weft_op_unsafe(weft_lower(C(Left, text)), o, weft_all_items(texts, count)), o, true, with_null, count);
            check(s, weft_op_unsafe(C(Left, amount), o, weft_any_item(decimals, count)), o, false, numbers, count);
            check(s, weft_op_unsafe(C(Left, amount), o, weft_all_items(numbers, count)), o, true, numbers, count);
            check(s, weft_op_unsafe(C(Left, day), o, weft_all_items(days, count)), o, true, numbers, count);
            check(s, weft_op_unsafe(C(Left, real), o, weft_any_item(reals, count)), o, false, numbers, count);
        }
    assert_int_equal(fixture_cached(f), before + 7 * 9 * 2); /* whatever the length */
}

/* In HAVING, within set operations, over them, and correlated. */
static void they_stand_anywhere(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sides(s);
    weft_alias(Other, Right);
    const weft_rows_options *both =
        weft_union_all(weft_select(.from = weft_from(Right), .columns = LIST(C(Right, number)), .where = weft_eq(Right, part, 0)),
                       weft_select(.from = weft_from(Right), .columns = LIST(C(Right, number)), .where = weft_eq(Right, id, 3)));
    static const int numbers[] = {2, 9, 2, 5, 10};
    check(s, weft_op(C(Left, number), "<", weft_any_of(both)), "<", false, numbers, 5);
    check(s, weft_op(C(Left, number), "=", weft_any_of(both)), "=", false, numbers, 5);
    check(s, weft_op(C(Left, number), "<>", weft_all_of(both)), "<>", true, numbers, 5);
    /* The greatest of each part: of part 1 none, for NULL may be greater. */
    Found_list list =
        weft_rows(s, Found, .from = weft_from(Right), .columns = LIST(C(Right, id), weft_val(1 == 1)),
                  .order_by = ORDER(weft_asc(Right, id)),
                  .where = weft_op(C(Right, number), ">=",
                                   weft_all_of(weft_select(.from = weft_from(Other),
                                                           .columns = LIST(weft_label(weft_col(Other, number), "most")),
                                                           .where = weft_eq_col(Other, part, Right, part)))));
    assert_ok(s);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0]->id, 1);
    list = weft_rows(s, Found, .from = weft_from(Right), .group_by = LIST(C(Right, part)),
                     .columns = LIST(C(Right, part), weft_val(1 == 1)), .order_by = ORDER(weft_asc(Right, part)),
                     .having = weft_op(C(Right, part), ">",
                                       weft_all_of(weft_select(.from = weft_from(Left), .columns = LIST(C(Left, id)),
                                                               .where = weft_lt(Left, id, 1)))));
    assert_ok(s);
    assert_int_equal(list.count, 2);
    /* A null value is no test for NULL there. */
    const weft_opt_int32 unknown = {0};
    list = weft_rows(s, Found, .from = weft_from(Left), .columns = LIST(C(Left, id), weft_val(1 == 1)),
                     .where = weft_op(weft_val(unknown), "=",
                                      weft_any_of(weft_select(.from = weft_from(Right), .columns = LIST(C(Right, number))))));
    assert_ok(s);
    assert_int_equal(list.count, 0);
    /* Kept, and built. */
    const int items[] = {2, 10};
    const weft_expr *kept = weft_keep(s, weft_op(C(Left, number), "=", weft_any_item(items, 2)));
    list = weft_rows(s, Found, .from = weft_from(Left), .columns = LIST(C(Left, id), weft_val(1 == 1)), .where = kept,
                     .order_by = ORDER(weft_asc(Left, id)));
    assert_ok(s);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[1]->id, 2);
    weft_builder *builder = weft_builder_new();
    const weft_value values[] = {weft_value_int64(2), weft_value_int64(10)};
    const weft_expr *const sides[] = {C(Left, number), weft_builder_items(builder, WEFT_EXPR_ANY_OF, WEFT_INT32, values, 2)};
    const weft_expr *const every[] = {C(Left, text), weft_builder_items(builder, WEFT_EXPR_ALL_OF, WEFT_TEXT, NULL, 0)};
    check(s, weft_builder_node(builder, WEFT_EXPR_OP, "=", sides, 2), "=", false, items, 2);
    check(s, weft_builder_node(builder, WEFT_EXPR_OP, "<", every, 2), "<", true, items, 0);
    (void)weft_rows(s, Found, .from = weft_from(Left),
                    .columns = LIST(C(Left, id), weft_builder_items(builder, WEFT_EXPR_IN, WEFT_INT32, values, 2)));
    assert_message(s, "weft_builder_items makes WEFT_EXPR_ANY_OF and WEFT_EXPR_ALL_OF");
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_builder_free(builder);
}

static void refused(weft_session *s, const weft_expr *e, weft_status status, const char *message)
{
    (void)weft_rows(s, Found, .from = weft_from(Left), .columns = LIST(C(Left, id), e));
    assert_message(s, message);
    assert_refused(s, status);
}

static void mistakes_say_what_to_write(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)fixture_statements(f);
    const int numbers[] = {1};
    const weft_rows_options *q = weft_select(.from = weft_from(Right), .columns = LIST(C(Right, number)));
    refused(s, weft_op(weft_any_of(q), "<", C(Left, number)), WEFT_ERROR_MISUSE, "weft_any_of stands on the right of a comparison");
    refused(s, weft_op(C(Left, number), "+", weft_all_of(q)), WEFT_ERROR_MISUSE, "weft_all_of is compared by =, <>");
    refused(s, weft_all_of(q), WEFT_ERROR_MISUSE,
            "weft_all_of stands on the right of a comparison: weft_op(e, \">\", weft_all_of(");
    refused(s,
            weft_op(C(Left, number), ">",
                    weft_all_of(weft_select(.from = weft_from(Right), .columns = LIST(C(Right, id), C(Right, part))))),
            WEFT_ERROR_MISUSE, "the query of weft_all_of has one column");
    refused(s, weft_op(C(Left, text), ">", weft_all_of(q)), WEFT_ERROR_TYPE, "cast one of them");
    refused(s, weft_op(C(Left, text), ">", weft_all_items(numbers, 1)), WEFT_ERROR_TYPE, "of another type than its left side");
    refused(s, weft_op(weft_tuple(C(Left, id), C(Left, number)), "=", weft_any_of(q)), WEFT_ERROR_MISUSE, "one value on its left");
    refused(s, weft_literally(weft_op(C(Left, number), "=", weft_any_item(numbers, 1))), WEFT_ERROR_UNSUPPORTED, "weft_in is one");
    if (!f->postgres)
        refused(s, weft_op(weft_over(weft_count_all()), ">", weft_all_of(q)), WEFT_ERROR_UNSUPPORTED,
                "put it into a weft_subselect");
    assert_int_equal(fixture_statements(f), 0);
}

/* Frames without some of their rows. */
static void frames_exclude_rows(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_sides(s);
    for (int exclude = 0; exclude < 4; exclude++)
        for (int framed = 0; framed < 2; framed++) {
            const weft_window window = {.order_by = ORDER(weft_asc(Right, part)), .exclude = (weft_exclude)exclude};
            const weft_window rows = {.order_by = ORDER(weft_asc(Right, part)),
                                      .exclude = (weft_exclude)exclude,
                                      .frame = weft_frame_groups(weft_preceding(weft_val(1)), weft_following(weft_val(0)))};
            const weft_expr *count = framed ? weft_over_window(weft_count_all(), rows) : weft_over_window(weft_count_all(), window);
            Found_list list = weft_rows(s, Found, .from = weft_from(Right), .columns = LIST(count, weft_val(1 == 1)),
                                        .order_by = ORDER(weft_asc(Right, id)));
            assert_ok(s);
            assert_int_equal(list.count, RIGHTS);
            for (int i = 0; i < RIGHTS; i++) {
                int seen = 0;
                for (int j = 0; j < RIGHTS; j++) {
                    const bool peer = rights[j].part == rights[i].part;
                    const bool in_frame = rights[j].part <= rights[i].part && (!framed || rights[j].part >= rights[i].part - 1);
                    const bool out = exclude == WEFT_EXCLUDE_CURRENT_ROW ? j == i
                                     : exclude == WEFT_EXCLUDE_GROUP     ? peer
                                                                         : exclude == WEFT_EXCLUDE_TIES && peer && j != i;
                    seen += in_frame && !out;
                }
                assert_int_equal(list.items[i]->id, seen);
            }
        }
    assert_non_null(strstr(fixture_last_sql(f), " EXCLUDE TIES)"));
    refused(s, weft_over(weft_count_all(), .exclude = (weft_exclude)9), WEFT_ERROR_MISUSE, "9 is nothing that a frame excludes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(rows_of_a_subquery_are_compared), ON_BOTH(the_statements_are_these),
        ON_BOTH(items_of_a_list_are_compared),    ON_BOTH(they_stand_anywhere),
        ON_BOTH(mistakes_say_what_to_write),      ON_BOTH(frames_exclude_rows),
    };
    return cmocka_run_group_tests_name("any_all", tests, NULL, NULL);
}
