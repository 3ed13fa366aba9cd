/* The items of arrays in FROM: those of columns, of the program's and of expressions, of every type, on both databases. */
#include "support/fixture.h"

WEFT_DECLARE(Post);
struct Post {
    int64_t id;
    const char *title;
    weft_array_text tags;
    weft_array_int64 marks;
    weft_array_opt_int32 gaps;
    weft_array_decimal prices;
    weft_array_date days;
    weft_array_bool flags;
    weft_array_bytes scans;
    weft_array_double weights;
    weft_array_uuid keys;
    weft_array_json notes;
};
#define MAY_BE_NULL(f) WEFT_COLUMN(Post, f, .nullable = true)
WEFT_MODEL(Post, "post", WEFT_COLUMN(Post, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Post, title),
           MAY_BE_NULL(tags), MAY_BE_NULL(marks), MAY_BE_NULL(gaps), MAY_BE_NULL(prices), MAY_BE_NULL(days), MAY_BE_NULL(flags),
           MAY_BE_NULL(scans), MAY_BE_NULL(weights), MAY_BE_NULL(keys), MAY_BE_NULL(notes));
WEFT_METADATA(models, &Post_model);
FIXTURE_MODELS(models);

typedef struct Tag {
    const char *value;
    int32_t position;
} Tag;
WEFT_ROW(Tag, WEFT_FIELD(Tag, value), WEFT_FIELD(Tag, position));
typedef struct Number {
    weft_opt_int64 value;
    int64_t position;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, value), WEFT_FIELD(Number, position));
typedef struct Price {
    weft_decimal value;
} Price;
WEFT_ROW(Price, WEFT_FIELD(Price, value));
typedef struct Day {
    weft_date value;
    int64_t position;
} Day;
WEFT_ROW(Day, WEFT_FIELD(Day, value), WEFT_FIELD(Day, position));
typedef struct Flag {
    bool value;
} Flag;
WEFT_ROW(Flag, WEFT_FIELD(Flag, value));
typedef struct Scan {
    weft_bytes value;
} Scan;
WEFT_ROW(Scan, WEFT_FIELD(Scan, value));
typedef struct Weight {
    double value;
} Weight;
WEFT_ROW(Weight, WEFT_FIELD(Weight, value));
typedef struct Key {
    weft_uuid value;
} Key;
WEFT_ROW(Key, WEFT_FIELD(Key, value));
typedef struct Note {
    weft_json value;
} Note;
WEFT_ROW(Note, WEFT_FIELD(Note, value));
typedef struct Place {
    int64_t position;
} Place;
WEFT_ROW(Place, WEFT_FIELD(Place, position));
typedef struct Tagged {
    int64_t id;
    const char *tag;
    int64_t number;
} Tagged;
WEFT_ROW(Tagged, WEFT_FIELD(Tagged, id), WEFT_FIELD(Tagged, tag), WEFT_FIELD(Tagged, number));

#define C(M, f) weft_col(M, f)

static void add_posts(fixture *f)
{
    (void)weft_new(f->s, Post, .id = 1, .title = "a", .tags = weft_texts("c", "sql", "it's \"so\""),
                   .marks = weft_int64s(5, INT64_MIN), .gaps = {(const weft_opt_int32[]){weft_some(3), {0}, weft_some(-3)}, 3},
                   .prices = {(const weft_decimal[]){{"1.50"}, {"12.5"}, {"123456789012345678901234567890.5"}}, 3},
                   .days = {(const weft_date[]){{0}, {-719162}}, 2}, .flags = {(const bool[]){true, false}, 2},
                   .scans = {(const weft_bytes[]){{"a\0b", 3}, {"", 0}}, 2}, .weights = {(const double[]){0.1, 1e300}, 2},
                   .keys = {(const weft_uuid[]){{{0xab, 0xcd}}}, 1},
                   .notes = {(const weft_json[]){{"{\"a\": [1]}"}, {"null"}, {"\"x\""}}, 3});
    (void)weft_new(f->s, Post, .id = 2, .title = "b", .tags = weft_texts("sql"), .marks = weft_int64s(7));
    (void)weft_new(f->s, Post, .id = 3, .title = "c", .tags = {(const char *const[]){""}, 0});
    (void)weft_new(f->s, Post, .id = 4, .title = "d");
    commit_ok(f->s);
    (void)fixture_statements(f);
}

static void items_of_a_column_stand_beside_its_row(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_posts(f);
    weft_unnest(Tag, C(Post, tags));
    Tagged_list rows = weft_rows(s, Tagged, .from = weft_from(Post), .joins = weft_joins(weft_cross_join(Tag)),
                                 .columns = weft_columns(C(Post, id), C(Tag, value), C(Tag, position)),
                                 .order_by = weft_order(weft_asc(Post, id), weft_desc(Tag, position)));
    assert_ok(s);
    static const Tagged expected[] = {{1, "it's \"so\"", 3}, {1, "sql", 2}, {1, "c", 1}, {2, "sql", 1}};
    assert_int_equal(rows.count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(rows.items[i]->id, expected[i].id);
        assert_string_equal(rows.items[i]->tag, expected[i].tag);
        assert_int_equal(rows.items[i]->number, expected[i].number);
    }
    assert_string_equal(
        fixture_last_sql(f),
        f->postgres
            ? "SELECT post.id, \"Tag\".value, \"Tag\".position FROM post CROSS JOIN LATERAL (SELECT CAST(e.v AS text) AS value, "
              "CAST(e.n AS integer) AS position FROM unnest(post.tags) WITH ORDINALITY AS e(v, n)) AS \"Tag\" ORDER BY post.id, "
              "\"Tag\".position DESC"
            : "SELECT post.id, \"Tag\".value, \"Tag\".position FROM post CROSS JOIN weft_json_each(post.tags COLLATE "
              "WEFT_ARRAY_TEXT, 2048) AS \"Tag\" "
              "ORDER BY post.id, \"Tag\".position DESC NULLS FIRST");
    /* Outer, for the rows without items; grouped by item; sought. */
    rows = weft_rows(s, Tagged, .from = weft_from(Post), .joins = weft_joins(weft_left_join_on(Tag, &weft_true)),
                     .columns = weft_columns(C(Post, id), C(Tag, value), weft_coalesce(C(Tag, position), weft_val(0))),
                     .where = weft_ge(Post, id, 2), .order_by = weft_order(weft_asc(Post, id)));
    assert_ok(s);
    assert_int_equal(rows.count, 3);
    assert_null(rows.items[2]->tag);
    rows = weft_rows(s, Tagged, .from = weft_from(Post), .joins = weft_joins(weft_cross_join(Tag)),
                     .columns = weft_columns(weft_count_all(), C(Tag, value), weft_fn("min", C(Post, id))),
                     .group_by = weft_columns(C(Tag, value)), .having = weft_op(weft_count_all(), ">", weft_val(1)));
    assert_ok(s);
    assert_int_equal(rows.count, 1);
    assert_string_equal(rows.items[0]->tag, "sql");
    assert_int_equal(rows.items[0]->id, 2);
    Post_list posts =
        weft_query(s, Post, .where = weft_exists_in(weft_select(.from = weft_from(Tag), .where = weft_eq(Tag, value, "sql"))),
                   .order_by = weft_order(weft_asc(Post, id)));
    assert_ok(s);
    assert_int_equal(posts.count, 2);
}

static void every_type_of_items_comes_back(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_posts(f);
#define ITEMS(R, field, n) \
    weft_unnest(R, C(Post, field)); \
    R##_list field##_rows = weft_rows(s, R, .from = weft_from(Post), .joins = weft_joins(weft_cross_join(R)), \
                                      .columns = weft_row_columns_##R, .where = weft_eq(Post, id, 1)); \
    assert_ok(s); \
    assert_int_equal(field##_rows.count, n)
#define weft_row_columns_Number weft_columns(C(Number, value), C(Number, position))
#define weft_row_columns_Price weft_columns(C(Price, value))
#define weft_row_columns_Day weft_columns(C(Day, value), C(Day, position))
#define weft_row_columns_Flag weft_columns(C(Flag, value))
#define weft_row_columns_Scan weft_columns(C(Scan, value))
#define weft_row_columns_Weight weft_columns(C(Weight, value))
#define weft_row_columns_Key weft_columns(C(Key, value))
#define weft_row_columns_Note weft_columns(C(Note, value))
    {
        ITEMS(Number, marks, 2);
        assert_true(marks_rows.items[1]->value.value == INT64_MIN);
    }
    ITEMS(Number, gaps, 3); /* of 32 bits, into 64 */
    assert_false(gaps_rows.items[1]->value.set);
    assert_int_equal(gaps_rows.items[1]->position, 2);
    assert_int_equal(gaps_rows.items[2]->value.value, -3);
    ITEMS(Price, prices, 3);
    assert_string_equal(prices_rows.items[0]->value.text, "1.50");
    assert_string_equal(prices_rows.items[2]->value.text, "123456789012345678901234567890.5");
    ITEMS(Day, days, 2);
    assert_int_equal(days_rows.items[1]->value.days, -719162);
    ITEMS(Flag, flags, 2);
    assert_true(flags_rows.items[0]->value && !flags_rows.items[1]->value);
    ITEMS(Scan, scans, 2);
    assert_int_equal(scans_rows.items[0]->value.size, 3);
    assert_memory_equal(scans_rows.items[0]->value.data, "a\0b", 3);
    assert_int_equal(scans_rows.items[1]->value.size, 0);
    ITEMS(Weight, weights, 2);
    assert_true(weights_rows.items[0]->value == 0.1 && weights_rows.items[1]->value == 1e300);
    ITEMS(Key, keys, 1);
    assert_int_equal(keys_rows.items[0]->value.bytes[1], 0xcd);
    ITEMS(Note, notes, 3);
    assert_string_equal(notes_rows.items[0]->value.text, "{\"a\": [1]}");
    assert_string_equal(notes_rows.items[1]->value.text, "null");
    /* By value: 12.5 is more than 2, and not less as a text. */
    Price_list dear = weft_rows(s, Price, .from = weft_from(Post), .joins = weft_joins(weft_cross_join(Price)),
                                .columns = weft_columns(C(Price, value)), .where = weft_gt(Price, value, ((weft_decimal){"2"})),
                                .order_by = weft_order(weft_asc(Price, value)));
    assert_ok(s);
    assert_int_equal(dear.count, 2);
    assert_string_equal(dear.items[0]->value.text, "12.5");
    weft_unnest(Place, C(Post, days));
    assert_int_equal(weft_rows(s, Place, .from = weft_from(Post), .joins = weft_joins(weft_cross_join(Place)),
                               .columns = weft_columns(C(Place, position)), .order_by = weft_order(weft_desc(Place, position)))
                         .items[0]
                         ->position,
                     2);
    assert_ok(s);
}

typedef struct Asked {
    int64_t first, least;
} Asked;
WEFT_ROW(Asked, WEFT_FIELD(Asked, first), WEFT_FIELD(Asked, least));
WEFT_PARAMETERS(Asked);
WEFT_UNNEST(Number, weft_array_append(weft_array(weft_param(Asked, first), weft_param(Asked, least)), weft_param(Asked, least)));
WEFT_STATEMENT(appended, Number, Asked, .from = weft_from(Number), .order_by = weft_order(weft_desc(Number, position)), .limit = 2);

/* Arrays that the program gives, and what expressions make; one statement for any length. */
static void arrays_of_the_program_are_rows(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_posts(f);
    size_t cached = 0;
    for (size_t n = 0; n < 3; n++) {
        static const int64_t ids[] = {2, 9, 1};
        weft_unnest_as(Wanted, Number, weft_val(((weft_array_int64){ids, n})));
        Tagged_list rows = weft_rows(s, Tagged, .from = weft_from(Wanted),
                                     .joins = weft_joins(weft_left_join_on(Post, weft_eq_col(Post, id, Wanted, value))),
                                     .columns = weft_columns(C(Wanted, value), C(Post, title), C(Wanted, position)),
                                     .order_by = weft_order(weft_asc(Wanted, position)));
        assert_ok(s);
        assert_int_equal(rows.count, n);
        if (n > 0)
            assert_string_equal(rows.items[0]->tag, "b");
        if (n > 1)
            assert_true(rows.items[1]->tag == NULL && rows.items[1]->id == 9 && rows.items[1]->number == 2);
        cached = n == 0 ? fixture_cached(f) : cached;
        assert_int_equal(fixture_cached(f), cached);
    }
    for (int64_t least = 3; least < 5; least++) {
        Number_list numbers = weft_run(s, appended, .first = 2, .least = least);
        assert_ok(s);
        assert_int_equal(numbers.count, 2);
        assert_int_equal(numbers.items[0]->value.value, least);
        assert_int_equal(numbers.items[0]->position, 3);
        assert_int_equal(numbers.items[1]->value.value, least);
    }
    weft_unnest_as(Nothing, Tag, weft_val((weft_array_text){0}));
    assert_int_equal(weft_rows(s, Tag, .from = weft_from(Nothing)).count, 0);
    assert_ok(s);
}

static void what_does_not_fit_is_named(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_unnest_as(Wrong, Day, C(Post, tags));
    (void)weft_rows(s, Day, .from = weft_from(Post), .joins = weft_joins(weft_cross_join(Wrong)),
                    .columns = weft_columns(C(Wrong, value), C(Wrong, position)));
    assert_message(s, "Wrong.value is a date, and the items are text values");
    assert_refused(s, WEFT_ERROR_TYPE);
    weft_unnest_as(Scalar, Tag, C(Post, title));
    (void)weft_rows(s, Tag, .from = weft_from(Post), .joins = weft_joins(weft_cross_join(Scalar)),
                    .columns = weft_columns(C(Scalar, value), C(Scalar, position)));
    assert_message(s, "Scalar: the type of the items is not known; cast them");
    assert_refused(s, WEFT_ERROR_TYPE);
    weft_unnest_as(Other, Tagged, C(Post, tags));
    (void)weft_rows(s, Tagged, .from = weft_from(Post), .joins = weft_joins(weft_cross_join(Other)),
                    .columns = weft_columns(C(Other, id), C(Other, tag), C(Other, number)));
    assert_message(s, "has the fields value, of a type that arrays have, and position, an integer");
    assert_refused(s, WEFT_ERROR_MISUSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(items_of_a_column_stand_beside_its_row),
        ON_BOTH(every_type_of_items_comes_back),
        ON_BOTH(arrays_of_the_program_are_rows),
        ON_BOTH(what_does_not_fit_is_named),
    };
    return cmocka_run_group_tests_name("unnest", tests, NULL, NULL);
}
