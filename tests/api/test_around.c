/* SELECTs within another that are ordered and grouped by what is of the query around them: SQLite's own ORDER BY and GROUP BY see
 * nothing of it. Compared with loops over the same data. */
#include "support/fixture.h"

WEFT_DECLARE(Item);
struct Item {
    int64_t id;
    int32_t x;
    weft_decimal price;
};
WEFT_DECLARE(Maker);
struct Maker {
    int64_t id;
    int32_t rank;
};
WEFT_DECLARE(Part);
struct Part {
    int64_t id, maker_id;
    weft_opt_int32 x;
    weft_decimal price;
    const Maker *maker;
};
WEFT_MODEL(Item, "item", WEFT_COLUMN(Item, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Item, x),
           WEFT_COLUMN(Item, price));
WEFT_MODEL(Maker, "maker", WEFT_COLUMN(Maker, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Maker, rank));
WEFT_MODEL(Part, "part", WEFT_COLUMN(Part, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Part, maker_id),
           WEFT_COLUMN(Part, x), WEFT_COLUMN(Part, price), WEFT_BELONGS_TO(Part, maker, Maker, .foreign_key = "maker_id"));
WEFT_METADATA(models, &Item_model, &Maker_model, &Part_model);
FIXTURE_MODELS(models);

typedef struct Pair {
    int64_t id;
    weft_opt_int64 found;
} Pair;
WEFT_ROW(Pair, WEFT_FIELD(Pair, id), WEFT_FIELD(Pair, found));
typedef struct Ids {
    int64_t id;
    weft_array_int64 ids;
} Ids;
WEFT_ROW(Ids, WEFT_FIELD(Ids, id), WEFT_FIELD(Ids, ids));

#define C(M, f) weft_col(M, f)

enum { ITEMS = 6, PARTS = 30, MAKERS = 4 };
static int item_x(int i) { return i * 7 % 10 - 2; }
static int item_cents(int i) { return i * 130 % 700; }
static bool part_has_x(int i) { return i % 6 != 4; }
static int part_x(int i) { return i * 11 % 13 - 3; }
static int part_cents(int i) { return i * 91 % 1000; }
static int rank_of(int maker) { return maker * 3 % 4; }

static void add_rows(fixture *f)
{
    char texts[ITEMS + PARTS][16];
    for (int i = 0; i < ITEMS + PARTS; i++) {
        const int cents = i < ITEMS ? item_cents(i) : part_cents(i - ITEMS);
        (void)snprintf(texts[i], sizeof texts[i], i % 2 != 0 ? "%d.%02d" : "%d.%02d00", cents / 100, cents % 100);
    }
    for (int i = 0; i < MAKERS; i++)
        (void)weft_new(f->s, Maker, .id = i, .rank = rank_of(i));
    for (int i = 0; i < ITEMS; i++)
        (void)weft_new(f->s, Item, .id = i, .x = item_x(i), .price = {texts[i]});
    for (int i = 0; i < PARTS; i++)
        (void)weft_new(f->s, Part, .id = i, .maker_id = i % MAKERS, .x = {part_has_x(i), part_x(i)}, .price = {texts[ITEMS + i]});
    commit_ok(f->s);
    (void)fixture_statements(f);
}

/* How far a part is from an item; a part without x is farther than any. */
static int x_between(int item, int part) { return part_has_x(part) ? abs(part_x(part) - item_x(item)) : 1000; }
static int cents_between(int item, int part) { return abs(part_cents(part) - item_cents(item)); }

/* The part that fewer than `at` others come before: by distance, upwards or downwards, then by id downwards. */
static int at_place(int (*between)(int item, int part), int item, int at, bool down)
{
    for (int i = 0; i < PARTS; i++) {
        int before = 0;
        for (int k = 0; k < PARTS; k++) {
            const int difference = down ? between(item, i) - between(item, k) : between(item, k) - between(item, i);
            before += difference < 0 || (difference == 0 && k > i);
        }
        if (before == at)
            return i;
    }
    return -1;
}

static void found_are(fixture *f, const weft_rows_options *query, int (*between)(int item, int part), int at, bool down)
{
    Pair_list pairs = weft_rows(f->s, Pair, .from = weft_from(Item), .columns = weft_columns(C(Item, id), weft_scalar(query)),
                                .order_by = weft_order(weft_asc(Item, id)));
    assert_ok(f->s);
    assert_int_equal(pairs.count, ITEMS);
    for (int i = 0; i < ITEMS; i++) {
        assert_true(pairs.items[i]->found.set);
        assert_int_equal(pairs.items[i]->found.value, at_place(between, i, at, down));
    }
}

static void the_nearest_is_ordered_by_a_column_around(void **state)
{
    fixture *f = *state;
    add_rows(f);
    const weft_expr *x = weft_fn("abs", weft_op(C(Part, x), "-", C(Item, x)));
    const weft_expr *price = weft_fn("abs", weft_op(C(Part, price), "-", C(Item, price)));
    for (int at = 0; at < 4; at++) {
        found_are(f,
                  weft_select(.from = weft_from(Part), .columns = weft_columns(C(Part, id)), .limit = 1, .offset = at,
                              .order_by = weft_order(weft_asc_of(x), weft_desc(Part, id))),
                  x_between, at, false);
        found_are(f,
                  weft_select(.from = weft_from(Part), .columns = weft_columns(C(Part, id)), .limit = 1, .offset = at,
                              .order_by = weft_order(weft_desc_of(x), weft_desc(Part, id))),
                  x_between, at, true);
        found_are(f,
                  weft_select(.from = weft_from(Part), .columns = weft_columns(C(Part, id)), .limit = 1, .offset = at,
                              .order_by = weft_order(weft_desc_of(price), weft_desc(Part, id))),
                  cents_between, at, true);
    }
    /* What is not of the query around stays as it was. */
    Pair_list pairs =
        weft_rows(f->s, Pair, .from = weft_from(Item), .order_by = weft_order(weft_asc(Item, id)),
                  .columns = weft_columns(C(Item, id),
                                          weft_scalar(weft_select(.from = weft_from(Part), .columns = weft_columns(C(Part, id)),
                                                                  .limit = 1, .order_by = weft_order(weft_desc(Part, id))))));
    assert_ok(f->s);
    assert_non_null(strstr(fixture_last_sql(f), "(SELECT part.id FROM part ORDER BY part.id DESC LIMIT "));
    assert_int_equal(pairs.items[0]->found.value, PARTS - 1);
}

/* Values in it, and statements that are cached. */
static void values_stay_in_their_places(void **state)
{
    fixture *f = *state;
    add_rows(f);
    const size_t cached = fixture_cached(f);
    for (int weight = 1; weight < 4; weight++) {
        Pair_list pairs = weft_rows(
            f->s, Pair, .from = weft_from(Item), .order_by = weft_order(weft_asc(Item, id)), .where = weft_ge(Item, id, weight),
            .columns = weft_columns(
                C(Item, id),
                weft_scalar(
                    weft_select(.from = weft_from(Part), .columns = weft_columns(weft_op(C(Part, id), "+", weft_val(100 * weight))),
                                .limit = 1, .where = weft_and(weft_not_null(C(Part, x)), weft_lt(Part, id, PARTS - weight)),
                                .order_by =
                                    weft_order(weft_asc_of(weft_fn("abs", weft_op(weft_op(C(Part, x), "*", weft_val(weight)), "-",
                                                                                  C(Item, x)))),
                                               weft_asc_of(weft_op(C(Part, id), "*", weft_val(1 - 2 * (weight & 1)))))))));
        assert_ok(f->s);
        assert_int_equal(pairs.count, ITEMS - weight);
        for (int i = 0; i < (int)pairs.count; i++) {
            int best = -1, least = 0;
            for (int p = 0; p < PARTS - weight; p++) {
                const int distance = abs(part_x(p) * weight - item_x(i + weight));
                if (part_has_x(p) && (best < 0 || distance < least || (distance == least && (weight & 1) != 0))) {
                    best = p;
                    least = distance;
                }
            }
            assert_int_equal(pairs.items[i]->found.value, best + 100 * weight);
        }
    }
    assert_int_equal(fixture_cached(f), cached + 1);
}

/* One table within and around; by what joins bring; by a SELECT of its own. */
static void tables_are_told_apart(void **state)
{
    fixture *f = *state;
    add_rows(f);
    weft_alias(Other, Item);
    Pair_list pairs =
        weft_rows(f->s, Pair, .from = weft_from(Item), .order_by = weft_order(weft_asc(Item, id)),
                  .columns = weft_columns(
                      C(Item, id),
                      weft_scalar(
                          weft_select(.from = weft_from(Other), .columns = weft_columns(C(Other, id)), .limit = 1,
                                      .where = weft_op(C(Other, id), "<>", C(Item, id)),
                                      .order_by = weft_order(weft_asc_of(weft_fn("abs", weft_op(C(Other, x), "-", C(Item, x)))),
                                                             weft_asc(Other, id))))));
    assert_ok(f->s);
    for (int i = 0; i < ITEMS; i++) {
        int best = -1;
        for (int k = 0; k < ITEMS; k++)
            if (k != i && (best < 0 || abs(item_x(k) - item_x(i)) < abs(item_x(best) - item_x(i))))
                best = k;
        assert_int_equal(pairs.items[i]->found.value, best);
    }
    const weft_expr *rank = weft_scalar(weft_select(.from = weft_from(Maker), .where = weft_eq_col(Maker, id, Part, maker_id),
                                                    .columns = weft_columns(C(Maker, rank))));
    for (int joined = 0; joined < 2; joined++) {
        const weft_expr *distance =
            weft_fn("abs", weft_op(joined != 0 ? C(Maker, rank) : rank, "-", weft_op(C(Item, id), "%", weft_val(4))));
        const weft_rows_options *query =
            joined != 0 ? weft_select(.from = weft_from(Part), .columns = weft_columns(C(Part, id)), .limit = 1,
                                      .joins = weft_joins(weft_join(Part, maker)),
                                      .order_by = weft_order(weft_asc_of(distance), weft_asc(Part, id)))
                        : weft_select(.from = weft_from(Part), .columns = weft_columns(C(Part, id)), .limit = 1,
                                      .order_by = weft_order(weft_asc_of(distance), weft_asc(Part, id)));
        pairs = weft_rows(f->s, Pair, .from = weft_from(Item), .order_by = weft_order(weft_asc(Item, id)),
                          .columns = weft_columns(C(Item, id), weft_scalar(query)));
        assert_ok(f->s);
        for (int i = 0; i < ITEMS; i++) {
            int best = 0;
            for (int p = 1; p < PARTS; p++)
                if (abs(rank_of(p % MAKERS) - i % 4) < abs(rank_of(best % MAKERS) - i % 4))
                    best = p;
            assert_int_equal(pairs.items[i]->found.value, best);
        }
    }
}

/* Groups by what is around and is no column: of all parts those nearer than 3 and the others, by their number. */
static void groups_are_of_what_is_around(void **state)
{
    fixture *f = *state;
    add_rows(f);
    const weft_expr *near = weft_op(weft_fn("abs", weft_op(C(Part, x), "-", C(Item, x))), "<", weft_val(3));
    for (int labelled = 0; labelled < 2; labelled++) {
        Pair_list pairs =
            weft_rows(f->s, Pair, .from = weft_from(Item), .order_by = weft_order(weft_asc(Item, id)),
                      .columns = weft_columns(
                          C(Item, id),
                          weft_scalar(
                              weft_select(.from = weft_from(Part), .columns = weft_columns(weft_label(weft_count_all(), "n")),
                                          .where = weft_not_null(C(Part, x)), .group_by = weft_columns(near),
                                          .order_by = labelled != 0 ? weft_order(weft_asc_of(weft_label(weft_count_all(), "n")))
                                                                    : weft_order(weft_asc_of(weft_count_all())),
                                          .limit = 1))));
        assert_ok(f->s);
        for (int i = 0; i < ITEMS; i++) {
            int count[2] = {0, 0};
            for (int p = 0; p < PARTS; p++)
                if (part_has_x(p))
                    count[x_between(i, p) < 3]++;
            const int least = count[0] == 0 || (count[1] != 0 && count[1] < count[0]) ? count[1] : count[0];
            assert_int_equal(pairs.items[i]->found.value, least);
        }
    }
    /* Whether there is a group of more than 12, without columns. */
    Item_list items = weft_query(f->s, Item, .order_by = weft_order(weft_asc(Item, id)),
                                 .where = weft_exists_in(weft_select(.from = weft_from(Part), .where = weft_not_null(C(Part, x)),
                                                                     .group_by = weft_columns(weft_op(C(Part, x), "-", C(Item, x))),
                                                                     .having = weft_op(weft_count_all(), ">",
                                                                                       weft_op(C(Item, id), "-", weft_val(1))))));
    assert_ok(f->s);
    size_t next = 0;
    for (int i = 0; i < ITEMS; i++) {
        int greatest = 0;
        for (int x = -10; x < 20; x++) {
            int count = 0;
            for (int p = 0; p < PARTS; p++)
                count += part_has_x(p) && part_x(p) == x;
            greatest = count > greatest ? count : greatest;
        }
        if (greatest > i - 1)
            assert_int_equal(items.items[next++]->id, i);
    }
    assert_int_equal(items.count, next);
    assert_in_range(next, 1, ITEMS - 1);
}

/* Where else a SELECT stands: IN, arrays, set operations. */
static void wherever_it_stands(void **state)
{
    fixture *f = *state;
    add_rows(f);
    const weft_expr *x = weft_fn("abs", weft_op(C(Part, x), "-", C(Item, x)));
    const weft_rows_options *two = weft_select(.from = weft_from(Part), .columns = weft_columns(C(Part, id)), .limit = 2,
                                               .order_by = weft_order(weft_asc_of(x), weft_desc(Part, id)));
    Ids_list lists = weft_rows(f->s, Ids, .from = weft_from(Item), .order_by = weft_order(weft_asc(Item, id)),
                               .columns = weft_columns(C(Item, id), weft_array_of(two)));
    assert_ok(f->s);
    const weft_rows_options *far = weft_select(.from = weft_from(Part), .columns = weft_columns(C(Part, id)), .limit = 1,
                                               .order_by = weft_order(weft_desc_of(x), weft_desc(Part, id)));
    for (int i = 0; i < ITEMS; i++) {
        assert_int_equal(lists.items[i]->ids.count, 2);
        for (int at = 0; at < 2; at++)
            assert_int_equal(lists.items[i]->ids.items[at], at_place(x_between, i, at, false));
    }
    size_t found = 0;
    for (int sought = 0; sought < PARTS; sought++) {
        Item_list items =
            weft_query(f->s, Item, .order_by = weft_order(weft_asc(Item, id)), .where = weft_in_query(weft_val(sought), two));
        Item_list either = weft_query(f->s, Item, .order_by = weft_order(weft_asc(Item, id)),
                                      .where = weft_in_query(weft_val(sought), weft_union_all(far, two)));
        assert_ok(f->s);
        size_t next = 0, other = 0;
        for (int i = 0; i < ITEMS; i++) {
            const bool is = at_place(x_between, i, 0, false) == sought || at_place(x_between, i, 1, false) == sought;
            if (is)
                assert_int_equal(items.items[next++]->id, i);
            if (is || at_place(x_between, i, 0, true) == sought)
                assert_int_equal(either.items[other++]->id, i);
        }
        assert_int_equal(items.count, next);
        assert_int_equal(either.count, other);
        found += next;
    }
    assert_int_equal(found, 2 * ITEMS);
}

static int compare_numbers(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

/* The sizes of groups by distance, each once; with the group of all of them; what is grouped, ordered and given is around. */
static void groups_may_be_distinct_and_of_sets(void **state)
{
    fixture *f = *state;
    add_rows(f);
    const weft_expr *x = weft_fn("abs", weft_op(C(Part, x), "-", C(Item, x)));
    for (int sets = 0; sets < 2; sets++) {
        Ids_list lists =
            weft_rows(f->s, Ids, .from = weft_from(Item), .order_by = weft_order(weft_asc(Item, id)),
                      .columns =
                          weft_columns(C(Item, id),
                                       weft_array_of(weft_select(.from = weft_from(Part), .columns = weft_columns(weft_count_all()),
                                                                 .distinct = true, .where = weft_not_null(C(Part, x)),
                                                                 .group_by = weft_columns(sets != 0 ? weft_rollup(x) : x),
                                                                 .order_by = weft_order(weft_asc_of(weft_count_all()))))));
        assert_ok(f->s);
        for (int i = 0; i < ITEMS; i++) {
            int counts[32] = {0}, sizes[33], count = 0, all = 0;
            for (int p = 0; p < PARTS; p++)
                if (part_has_x(p)) {
                    counts[x_between(i, p)]++;
                    all++;
                }
            for (int d = 0; d < 32; d++)
                if (counts[d] != 0)
                    sizes[count++] = counts[d];
            if (sets != 0)
                sizes[count++] = all;
            qsort(sizes, (size_t)count, sizeof sizes[0], compare_numbers);
            size_t next = 0;
            for (int k = 0; k < count; k++)
                if (k == 0 || sizes[k] != sizes[k - 1]) {
                    assert_true(next < lists.items[i]->ids.count);
                    assert_int_equal(lists.items[i]->ids.items[next++], sizes[k]);
                }
            assert_int_equal(lists.items[i]->ids.count, next);
        }
    }
    Pair_list pairs =
        weft_rows(f->s, Pair, .from = weft_from(Item), .order_by = weft_order(weft_asc(Item, id)),
                  .columns = weft_columns(C(Item, id),
                                          weft_scalar(weft_select(.from = weft_from(Part), .columns = weft_columns(C(Item, x)),
                                                                  .group_by = weft_columns(C(Item, x)), .limit = 1,
                                                                  .order_by = weft_order(weft_asc(Item, x))))));
    assert_ok(f->s);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(pairs.items[i]->found.value, item_x(i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(the_nearest_is_ordered_by_a_column_around),
        ON_BOTH(values_stay_in_their_places),
        ON_BOTH(tables_are_told_apart),
        ON_BOTH(groups_are_of_what_is_around),
        ON_BOTH(wherever_it_stands),
        ON_BOTH(groups_may_be_distinct_and_of_sets),
    };
    return cmocka_run_group_tests_name("around", tests, NULL, NULL);
}
