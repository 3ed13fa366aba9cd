/* DISTINCT ON and WITH TIES: the same rows in the same order on both databases, compared with a loop over the same data. The table
 * and its columns have names that SQL reserves. */
#include "support/fixture.h"

WEFT_DECLARE(Order);
struct Order {
    int64_t id;
    weft_opt_int32 group;
    const char *select;
    weft_decimal total;
    weft_opt_date when;
};
WEFT_MODEL(Order, "order", WEFT_COLUMN(Order, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Order, group),
           WEFT_COLUMN(Order, select, .nullable = true), WEFT_COLUMN(Order, total), WEFT_COLUMN(Order, when));
WEFT_DECLARE(Kept);
struct Kept {
    int64_t id;
    int32_t version;
    weft_decimal total;
};
WEFT_MODEL(Kept, "kept", WEFT_COLUMN(Kept, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Kept, version, .version = true), WEFT_COLUMN(Kept, total));
WEFT_METADATA(models, &Order_model, &Kept_model);
FIXTURE_MODELS(models);

typedef struct Line {
    int64_t id;
    weft_opt_int64 group;
} Line;
WEFT_ROW(Line, WEFT_FIELD(Line, id), WEFT_FIELD(Line, group));
typedef struct Sum {
    weft_opt_int64 group;
    weft_decimal total;
    int64_t place;
} Sum;
WEFT_ROW(Sum, WEFT_FIELD(Sum, group), WEFT_FIELD(Sum, total), WEFT_FIELD(Sum, place));
typedef struct Text {
    const char *text;
} Text;
WEFT_ROW(Text, WEFT_FIELD(Text, text));
typedef struct Ask {
    weft_opt_int64 rows;
    int64_t from;
} Ask;
WEFT_ROW(Ask, WEFT_FIELD(Ask, rows), WEFT_FIELD(Ask, from));
WEFT_PARAMETERS(Ask);

#define C(M, f) weft_col(M, f)

enum { ROWS = 40 };
static bool has_group(int i) { return i % 7 != 3; }
static int group_of(int i) { return i * 5 % 6; }
static int cents_of(int i) { return i * 37 % 11 * 10; }

/* Decimals of one value in two spellings. */
static void add_rows(fixture *f)
{
    char texts[ROWS][16];
    for (int i = 0; i < ROWS; i++) {
        (void)snprintf(texts[i], sizeof texts[i], i % 2 != 0 ? "%d.%02d" : "%d.%02d000", cents_of(i) / 100, cents_of(i) % 100);
        (void)weft_new(f->s, Order, .id = i, .group = {has_group(i), group_of(i)},
                       .select = i % 5 == 0   ? NULL
                                 : i % 3 == 0 ? "a"
                                              : "B",
                       .total = {texts[i]}, .when = {i % 4 != 0, {i * 11 % 17}});
    }
    commit_ok(f->s);
    (void)fixture_statements(f);
}

/* By group, NULL last, then total downwards, then id. */
static int compare(const void *left, const void *right)
{
    const int a = *(const int *)left, b = *(const int *)right;
    if (has_group(a) != has_group(b))
        return has_group(a) ? -1 : 1;
    if (has_group(a) && group_of(a) != group_of(b))
        return group_of(a) - group_of(b);
    if (cents_of(a) != cents_of(b))
        return cents_of(b) - cents_of(a);
    return a - b;
}

static int first_of_each(int *ids)
{
    int all[ROWS], count = 0;
    for (int i = 0; i < ROWS; i++)
        all[i] = i;
    qsort(all, ROWS, sizeof all[0], compare);
    for (int i = 0; i < ROWS; i++)
        if (i == 0 || has_group(all[i]) != has_group(all[i - 1]) || (has_group(all[i]) && group_of(all[i]) != group_of(all[i - 1])))
            ids[count++] = all[i];
    return count;
}

static void the_first_of_each_stays(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int ids[ROWS];
    add_rows(f);
    const int count = first_of_each(ids);
    assert_int_equal(count, 7);
    for (int64_t limit = 0; limit < 9; limit++)
        for (int64_t offset = 0; offset < 4; offset++) {
            Line_list lines =
                weft_rows(s, Line, .from = weft_from(Order), .columns = weft_columns(C(Order, id), C(Order, group)),
                          .distinct_on = weft_columns(C(Order, group)), .limit = limit, .offset = offset,
                          .order_by = weft_order(weft_asc(Order, group), weft_desc(Order, total), weft_asc(Order, id)));
            assert_ok(s);
            const int left = count - (int)offset;
            assert_int_equal(lines.count, limit == 0 || limit > left ? left : limit);
            for (size_t i = 0; i < lines.count; i++) {
                assert_int_equal(lines.items[i]->id, ids[i + (size_t)offset]);
                assert_true(lines.items[i]->group.set == has_group(ids[i + (size_t)offset]));
            }
        }
    assert_int_equal(fixture_cached(f), 1 + 4); /* the INSERT, and with or without a limit and an offset */
}

/* The same with what is no column of the result, in a subselect, a CTE, a set operation, an INSERT and a scalar. */
static void it_stands_wherever_a_select_does(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int ids[ROWS];
    add_rows(f);
    const int count = first_of_each(ids);
    for (int run = 0; run < 2; run++) {
        weft_subselect_as(First, Text,
                          weft_select(.from = weft_from(Order),
                                      .columns = weft_columns(weft_put(Text, text, weft_cast(C(Order, id), WEFT_TEXT))),
                                      .distinct_on = weft_columns(C(Order, group)),
                                      .order_by =
                                          weft_order(weft_asc(Order, group), weft_desc(Order, total), weft_asc(Order, id))));
        weft_cte_as(Again, Text,
                    .query = weft_union_all(weft_select(.from = weft_from(First), .columns = weft_columns(C(First, text))),
                                            weft_select(.from = weft_from(Order), .columns = weft_columns(C(Order, select)),
                                                        .distinct_on = weft_columns(C(Order, select)))));
        Text_list texts =
            weft_rows(s, Text, .from = weft_from(Again), .columns = weft_columns(C(Again, text)),
                      .order_by = weft_order(weft_asc_of(weft_op(weft_fn("length", C(Again, text)), "*", weft_val(run + 1))),
                                             weft_asc_of(weft_lower(C(Again, text)))));
        assert_ok(s);
        assert_int_equal(texts.count, count + 3);
        assert_null(texts.items[texts.count - 1]->text);
    }
    int64_t changed = 0;
    weft_session_insert(
        s,
        weft_insert_into(Kept, .columns = weft_columns(C(Kept, id), C(Kept, total)),
                         .query = weft_select(.from = weft_from(Order), .columns = weft_columns(C(Order, id), C(Order, total)),
                                              .distinct_on = weft_columns(C(Order, group)),
                                              .order_by = weft_order(weft_asc(Order, group), weft_desc(Order, total),
                                                                     weft_asc(Order, id)))),
        &changed);
    commit_ok(s);
    assert_int_equal(changed, count);
    char sql[400], wanted[200] = "";
    snprintf(sql, sizeof sql, "SELECT id, version FROM kept ORDER BY id");
    for (int id = 0; id < ROWS; id++)
        for (int i = 0; i < count; i++)
            if (ids[i] == id)
                snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), "%s%d|1", wanted[0] != '\0' ? "\n" : "", id);
    assert_rows(f, sql, wanted);
    /* Above which first totals a total lies: of the group of the row around. */
    weft_alias(Other, Order);
    assert_int_equal(
        weft_count_of(s, Order,
                      .where =
                          weft_op(C(Order, total), "=",
                                  weft_scalar(weft_select(.from = weft_from(Other), .columns = weft_columns(C(Other, total)),
                                                          .distinct_on = weft_columns(C(Other, group)),
                                                          .order_by = weft_order(weft_asc(Other, group), weft_desc(Other, total)),
                                                          .where = weft_eq_col(Other, group, Order, group))))),
        6);
    assert_ok(s);
}

/* Keys and orders that are expressions, texts in two spellings, aggregates and windows. */
static void it_goes_over_expressions_groups_and_windows(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_rows(f);
    /* Decimals of one value are one, however they are spelt; of each the one with the greatest id. */
    Line_list lines = weft_rows(s, Line, .from = weft_from(Order), .columns = weft_columns(C(Order, id), weft_val(1)),
                                .distinct_on = weft_columns(C(Order, total)),
                                .order_by = weft_order(weft_desc(Order, total), weft_desc(Order, id)));
    assert_ok(s);
    assert_int_equal(lines.count, 11);
    for (size_t i = 0; i < lines.count; i++) {
        int wanted = -1;
        for (int id = 0; id < ROWS; id++)
            if (cents_of(id) == 10 * (10 - (int)i))
                wanted = id;
        assert_int_equal(lines.items[i]->id, wanted);
    }
    /* Of each parity of group the greatest sum; NULL groups have none. */
    const weft_expr *parity = weft_op(C(Order, group), "%", weft_val(2)), *sum = weft_sum(C(Order, total));
    Sum_list sums =
        weft_rows(s, Sum, .from = weft_from(Order),
                  .columns = weft_columns(parity, sum, weft_over(weft_rank(), .order_by = weft_order(weft_desc_of(sum)))),
                  .group_by = weft_columns(parity, C(Order, select)), .distinct_on = weft_columns(parity),
                  .order_by = weft_order(weft_nulls_first(weft_asc_of(parity)), weft_desc_of(sum)));
    assert_ok(s);
    assert_int_equal(sums.count, 3);
    int most[3] = {0};
    for (int kind = 0; kind < 3; kind++) { /* NULL, "a", "B" */
        int cents[3] = {0};
        for (int i = 0; i < ROWS; i++)
            if ((i % 5 == 0 ? 0 : i % 3 == 0 ? 1 : 2) == kind)
                cents[has_group(i) ? 1 + group_of(i) % 2 : 0] += cents_of(i);
        for (int k = 0; k < 3; k++)
            most[k] = cents[k] > most[k] ? cents[k] : most[k];
    }
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal((long)(strtod(sums.items[i]->total.text, NULL) * 100 + 0.5), most[i]);
        assert_true(i == 0 ? !sums.items[i]->group.set : sums.items[i]->group.value == (int)i - 1);
    }
    /* By a window: of each quarter the row with the least id. */
    const weft_expr *quarter = weft_over(weft_ntile(weft_val(4)), .order_by = weft_order(weft_asc(Order, id)));
    lines = weft_rows(s, Line, .from = weft_from(Order), .columns = weft_columns(C(Order, id), quarter),
                      .distinct_on = weft_columns(quarter), .order_by = weft_order(weft_asc_of(quarter), weft_asc(Order, id)));
    assert_ok(s);
    assert_int_equal(lines.count, 4);
    for (size_t i = 0; i < lines.count; i++)
        assert_int_equal(lines.items[i]->id, i * ROWS / 4);
    /* Two keys, the second of which no order names. */
    lines =
        weft_rows(s, Line, .from = weft_from(Order), .columns = weft_columns(weft_val(0), C(Order, group)),
                  .distinct_on = weft_columns(C(Order, select), C(Order, group)), .order_by = weft_order(weft_asc(Order, group)));
    assert_ok(s);
    bool pairs[3][7] = {{false}};
    size_t wanted = 0;
    for (int i = 0; i < ROWS; i++)
        pairs[i % 5 == 0 ? 0 : i % 3 == 0 ? 1 : 2][has_group(i) ? group_of(i) : 6] = true;
    for (int i = 0; i < 21; i++)
        wanted += pairs[i / 7][i % 7];
    assert_int_equal(lines.count, wanted);
    assert_false(lines.items[lines.count - 1]->group.set);
}

/* Rows from place offset on, in the order of totals downwards, up to the last of those that are equal to row limit. */
static size_t ties_of(int64_t limit, int64_t offset, int *least)
{
    int cents[ROWS];
    for (int i = 0; i < ROWS; i++)
        cents[i] = cents_of(i);
    for (int i = 0; i < ROWS; i++)
        for (int k = i + 1; k < ROWS; k++)
            if (cents[k] > cents[i]) {
                const int other = cents[i];
                cents[i] = cents[k];
                cents[k] = other;
            }
    int64_t end = offset + limit < ROWS ? offset + limit : ROWS;
    while (limit > 0 && end < ROWS && end > offset && cents[end] == cents[end - 1])
        end++;
    *least = end > 0 ? cents[end - 1] : -1;
    return limit > 0 && end > offset ? (size_t)(end - offset) : 0;
}

WEFT_STATEMENT(best, Line, Ask, .from = weft_from(Order), .columns = weft_columns(C(Order, id), C(Order, group)),
               .order_by = weft_order(weft_desc(Order, total)), .limit_to = weft_param(Ask, rows),
               .offset_by = weft_param(Ask, from), .with_ties = true);

static void ties_of_the_last_come_too(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_rows(f);
    for (int64_t limit = 0; limit < 14; limit++)
        for (int64_t offset = 0; offset < ROWS + 2; offset += 3) {
            int least;
            const size_t wanted = ties_of(limit, offset, &least);
            Line_list lines = weft_rows(s, Line, .from = weft_from(Order), .columns = weft_columns(C(Order, id), C(Order, group)),
                                        .order_by = weft_order(weft_desc(Order, total)), .limit = limit > 0 ? limit : WEFT_NONE,
                                        .offset = offset, .with_ties = true);
            assert_ok(s);
            assert_int_equal(lines.count, wanted);
            if (wanted > 0)
                assert_int_equal(cents_of((int)lines.items[wanted - 1]->id), least);
            lines = weft_run(s, best, .rows = {true, limit}, .from = offset);
            assert_ok(s);
            assert_int_equal(lines.count, wanted);
        }
    assert_int_equal(weft_run(s, best, .from = 3).count, ROWS - 3); /* no limit */
    /* Behind DISTINCT ON and DISTINCT, of groups, and in a subselect: what is equal is equal in the order. */
    Line_list lines = weft_rows(s, Line, .from = weft_from(Order), .columns = weft_columns(C(Order, id), C(Order, group)),
                                .distinct_on = weft_columns(C(Order, group)), .with_ties = true, .limit = 2,
                                .order_by = weft_order(weft_asc(Order, group)));
    assert_ok(s);
    assert_int_equal(lines.count, 2);
    Sum_list sums =
        weft_rows(s, Sum, .from = weft_from(Order), .group_by = weft_columns(C(Order, group)),
                  .columns = weft_columns(weft_put(Sum, group, C(Order, group)), weft_put(Sum, total, weft_max(C(Order, total))),
                                          weft_put(Sum, place, weft_count_all())),
                  .order_by = weft_order(weft_desc_of(weft_out(Sum, place))), .limit = 1, .with_ties = true);
    assert_ok(s);
    int most = 0, times = 0, counts[7] = {0};
    for (int i = 0; i < ROWS; i++)
        counts[has_group(i) ? group_of(i) : 6]++;
    for (int i = 0; i < 7; i++)
        most = counts[i] > most ? counts[i] : most;
    for (int i = 0; i < 7; i++)
        times += counts[i] == most;
    assert_int_equal(sums.count, times);
    weft_subselect(Sum,
                   weft_select(.from = weft_from(Order), .distinct = true, .with_ties = true, .limit = 3, .offset = 1,
                               .columns = weft_columns(weft_put(Sum, group, weft_cast(weft_null(C(Order, group)), WEFT_INT32)),
                                                       weft_put(Sum, total, C(Order, total)), weft_put(Sum, place, weft_val(0))),
                               .order_by = weft_order(weft_desc_of(weft_out(Sum, total)))));
    lines = weft_rows(s, Line, .from = weft_from(Sum), .columns = weft_columns(weft_count_all(), weft_max(C(Sum, group))));
    assert_ok(s);
    bool seen[11][2] = {{false}};
    int64_t pairs = 0;
    for (int i = 0; i < ROWS; i++)
        seen[cents_of(i) / 10][!has_group(i)] = true;
    for (int cents = 10; cents >= 0 && pairs < 4; cents--)
        pairs += seen[cents][0] + seen[cents][1];
    assert_int_equal(lines.items[0]->id, pairs - 1);
}

/* Within weft_literally the numbers stand in the text. */
static void limits_may_be_literal(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_rows(f);
    weft_alias(Other, Order);
    for (int64_t limit = 1; limit < 4; limit++)
        for (int how = 0; how < 3; how++) {
            const weft_rows_options *query =
                how == 0 ? weft_select(.from = weft_from(Other), .columns = weft_columns(C(Other, id)), .limit = limit, .offset = 2,
                                       .order_by = weft_order(weft_asc(Other, id)))
                : how == 1
                    ? weft_select(.from = weft_from(Other), .columns = weft_columns(C(Other, id)), .limit_to = weft_val(limit),
                                  .offset_by = weft_val(2), .order_by = weft_order(weft_asc(Other, id)))
                    : weft_select(.from = weft_from(Other), .columns = weft_columns(C(Other, id)), .limit = limit, .offset = 2,
                                  .order_by = weft_order(weft_asc(Other, id)), .with_ties = true);
            assert_int_equal(weft_count_of(s, Order, .where = weft_literally(weft_in_query(C(Order, id), query))), limit);
            assert_ok(s);
        }
}

static void what_goes_together_is_said(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_rows(s, Line, .from = weft_from(Order), .columns = weft_columns(C(Order, id), C(Order, group)),
                    .distinct_on = weft_columns(C(Order, group)), .order_by = weft_order(weft_asc(Order, id)));
    assert_message(s, "element 1 of .order_by is none of .distinct_on");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_rows(s, Line, .from = weft_from(Order), .columns = weft_columns(C(Order, id), C(Order, group)),
                    .distinct_on = weft_columns(C(Order, group), C(Order, select)),
                    .order_by = weft_order(weft_asc(Order, select), weft_asc(Order, select), weft_asc(Order, id)));
    assert_message(s, "element 3 of .order_by is none of .distinct_on");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_rows(s, Line, .from = weft_from(Order), .columns = weft_columns(C(Order, id), C(Order, group)), .limit = 3,
                    .with_ties = true);
    assert_message(s, ".with_ties goes with .order_by");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_rows(s, Line, .from = weft_from(Order), .columns = weft_columns(C(Order, id), C(Order, group)),
                    .order_by = weft_order(weft_asc(Order, id)), .with_ties = true);
    assert_message(s, ".with_ties goes with .limit");
    assert_refused(s, WEFT_ERROR_MISUSE);
    const weft_expr *half = weft_op(C(Order, group), "/", weft_val(2));
    (void)weft_rows(s, Line, .from = weft_from(Order), .columns = weft_columns(C(Order, id), C(Order, group)),
                    .distinct_on = weft_columns(half), .order_by = weft_order(weft_asc_of(half)));
    assert_message(s, "element 1 of .order_by has a value in it");
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_cte(Line,
             .query = weft_union(weft_select(.from = weft_from(Order), .columns = weft_columns(C(Order, id), C(Order, group))),
                                 weft_select(.from = weft_from(Line), .columns = weft_columns(C(Line, id), C(Line, group)),
                                             .distinct_on = weft_columns(C(Line, id)))));
    (void)weft_rows(s, Line, .from = weft_from(Line));
    assert_message(s, "the member that refers to it can have no distinct_on");
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(fixture_statements(f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(the_first_of_each_stays),
        ON_BOTH(it_stands_wherever_a_select_does),
        ON_BOTH(it_goes_over_expressions_groups_and_windows),
        ON_BOTH(ties_of_the_last_come_too),
        ON_BOTH(limits_may_be_literal),
        ON_BOTH(what_goes_together_is_said),
    };
    return cmocka_run_group_tests_name("first_rows", tests, NULL, NULL);
}
