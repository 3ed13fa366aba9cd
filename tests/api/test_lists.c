/* Lists of every type in weft_in and in assembled selects, keys of bytes and enums, and the typed getters of rows. */
#include "support/fixture.h"

typedef enum grade { GRADE_LOW, GRADE_MIDDLE, GRADE_HIGH } grade;
static const char *const grade_names[] = {"low", "middle", "high"};

WEFT_DECLARE(Sample);
struct Sample {
    int32_t id;
    unsigned number;
    bool flag;
    float real;
    double wide;
    weft_bytes data;
    weft_decimal price;
    weft_time at;
    weft_date day;
    weft_timestamp moment;
    weft_opt_uint32 maybe_number;
    weft_opt_bool maybe_flag;
    weft_opt_float maybe_real;
    weft_opt_time maybe_at;
};
WEFT_MODEL(Sample, "sample", WEFT_COLUMN(Sample, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Sample, number),
           WEFT_COLUMN(Sample, flag), WEFT_COLUMN(Sample, real), WEFT_COLUMN(Sample, wide),
           WEFT_COLUMN(Sample, data, .nullable = true), WEFT_COLUMN(Sample, price, .precision = 12, .scale = 3),
           WEFT_COLUMN(Sample, at), WEFT_COLUMN(Sample, day), WEFT_COLUMN(Sample, moment), WEFT_COLUMN(Sample, maybe_number),
           WEFT_COLUMN(Sample, maybe_flag), WEFT_COLUMN(Sample, maybe_real), WEFT_COLUMN(Sample, maybe_at));

/* Keys of bytes, and of an enum and bytes together. */
WEFT_DECLARE(Blob);
WEFT_DECLARE(Part);
WEFT_DECLARE(Level);
struct Blob {
    weft_bytes hash;
    const char *name;
    Part_list parts;
};
struct Part {
    weft_bytes blob_hash;
    grade grade;
    int32_t size;
    const Blob *blob;
};
struct Level {
    grade grade;
    const char *text;
};
WEFT_MODEL(Blob, "blob", WEFT_COLUMN(Blob, hash, .primary_key = true), WEFT_COLUMN(Blob, name),
           WEFT_HAS_MANY(Blob, parts, Part, .foreign_key = "blob_hash", .back_populates = "blob", .order_by = "size",
                         .cascade = WEFT_CASCADE_ALL));
WEFT_MODEL(Part, "part", WEFT_COLUMN(Part, blob_hash, .primary_key = true, .references = "blob.hash"),
           WEFT_ENUM(Part, grade, grade_names, .primary_key = true), WEFT_COLUMN(Part, size),
           WEFT_BELONGS_TO(Part, blob, Blob, .foreign_key = "blob_hash", .back_populates = "parts"));
WEFT_MODEL(Level, "level", WEFT_ENUM(Level, grade, grade_names, .primary_key = true), WEFT_COLUMN(Level, text));
WEFT_METADATA(models, &Sample_model, &Blob_model, &Level_model);
FIXTURE_MODELS(models);

static void add_samples(fixture *f)
{
    static const char *const prices[] = {"-0.500", "0", "1.25", "1000000.125"};
    for (int i = 0; i < 4; i++) {
        unsigned char data[3] = {0, (unsigned char)i, 0xFF};
        weft_new(f->s, Sample, .id = i + 1, .number = 4000000000u + (unsigned)i, .flag = i % 2 == 1, .real = 0.1f * (float)i,
                 .wide = 0.1 * i, .data = {i == 3 ? (const void *)"" : data, i == 3 ? 0 : 3}, .price = {prices[i]},
                 .at = {i * 1000001LL}, .day = {i - 1}, .moment = {i * 1000000007LL - 1}, .maybe_number = {i > 0, (uint32_t)i},
                 .maybe_flag = {i > 0, i > 1}, .maybe_real = {i > 0, 0.3f}, .maybe_at = {i > 0, {i}});
    }
    commit_ok(f->s);
    weft_session_clear(f->s);
}

static int64_t count_where(fixture *f, const weft_expr *condition)
{
    int64_t counted = weft_count_of(f->s, Sample, .where = condition);
    assert_ok(f->s);
    weft_select *q = weft_select_new(f->s, Sample);
    weft_select_where(q, condition);
    assert_int_equal(weft_select_count(q), counted);
    weft_select_free(q);
    return counted;
}

static void lists_of_every_type_find_their_rows(void **state)
{
    fixture *f = *state;
    add_samples(f);
    const unsigned numbers[] = {4000000000u, 4000000002u, 1};
    assert_int_equal(count_where(f, weft_in(Sample, number, numbers, 3)), 2);
    assert_int_equal(count_where(f, weft_not_in(Sample, number, numbers, 3)), 2);
    const bool flags[] = {true};
    assert_int_equal(count_where(f, weft_in(Sample, flag, flags, 1)), 2);
    assert_int_equal(count_where(f, weft_in(Sample, maybe_flag, flags, 1)), 2);
    const float reals[] = {0.1f, 0.2f, 7};
    const double doubles[] = {0.1, 0.2, 7};
    assert_int_equal(count_where(f, weft_in(Sample, real, reals, 3)), 2);
    assert_int_equal(count_where(f, weft_in(Sample, real, doubles, 3)), 2); /* as weft_eq compares */
    assert_int_equal(count_where(f, weft_eq(Sample, real, 0.1)), 1);
    assert_int_equal(count_where(f, weft_in(Sample, wide, doubles, 3)), 2);
    assert_int_equal(count_where(f, weft_not_in(Sample, maybe_real, ((const float[]){0.3f}), 1)), 0);
    const weft_bytes data[] = {{"\0\1\xFF", 3}, {"", 0}, {"\0\1", 2}};
    assert_int_equal(count_where(f, weft_in(Sample, data, data, 3)), 2);
    assert_int_equal(count_where(f, weft_not_in(Sample, data, data, 3)), 2);
    const weft_decimal prices[] = {{"1.250"}, {"-0.5"}, {"1000000.1250"}};
    assert_int_equal(count_where(f, weft_in(Sample, price, prices, 3)), 3);
    const int whole[] = {0, 1};
    assert_int_equal(count_where(f, weft_in(Sample, price, whole, 2)), 1);
    const weft_time times[] = {{0}, {3000003}};
    assert_int_equal(count_where(f, weft_in(Sample, at, times, 2)), 2);
    assert_int_equal(count_where(f, weft_in(Sample, maybe_at, times, 2)), 0);
    const weft_date days[] = {{-1}, {2}};
    assert_int_equal(count_where(f, weft_in(Sample, day, days, 2)), 2);
    const weft_timestamp moments[] = {{-1}, {3 * 1000000007LL - 1}};
    assert_int_equal(count_where(f, weft_in(Sample, moment, moments, 2)), 2);
    const long long large[] = {1, 1LL << 40, -5};
    assert_int_equal(count_where(f, weft_in(Sample, maybe_number, large, 3)), 1);
}

static void empty_lists_match_nothing_or_all_and_null_is_refused(void **state)
{
    fixture *f = *state;
    add_samples(f);
    assert_int_equal(count_where(f, weft_in(Sample, data, (const weft_bytes *)NULL, 0)), 0);
    assert_int_equal(count_where(f, weft_not_in(Sample, data, (const weft_bytes *)NULL, 0)), 4);
    assert_int_equal(count_where(f, weft_in(Sample, price, (const weft_decimal *)NULL, 0)), 0);
    assert_int_equal(count_where(f, weft_not_in(Sample, flag, (const bool *)NULL, 0)), 4);
    const weft_bytes with_null[] = {{"\0\1\xFF", 3}, {NULL, 0}};
    assert_int_equal(count_where(f, weft_in(Sample, data, with_null, 2)), 1);
    assert_int_equal(count_where(f, weft_not_in(Sample, data, with_null, 2)), 0);
    const weft_decimal no_price[] = {{NULL}, {"1.25"}};
    assert_int_equal(count_where(f, weft_in(Sample, price, no_price, 2)), 1);
    (void)weft_query(f->s, Sample, .where = weft_in(Sample, data, (const weft_bytes *)NULL, 2));
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    weft_select *q = weft_select_new(f->s, Sample);
    weft_select_where(q, weft_in(Sample, number, (const unsigned *)NULL, 2));
    assert_int_equal(weft_select_count(q), 0);
    weft_select_free(q);
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    const weft_decimal no_number[] = {{"1,25"}};
    (void)weft_count_of(f->s, Sample, .where = weft_in(Sample, price, no_number, 1));
    assert_refused(f->s, WEFT_ERROR_TYPE);
}

static void a_select_keeps_the_items_of_its_lists(void **state)
{
    fixture *f = *state;
    add_samples(f);
    weft_select *q = weft_select_new(f->s, Sample);
    {
        char text[8] = "1.25", byte[3] = {0, 1, (char)0xFF};
        weft_decimal prices[] = {{text}, {"-0.5"}};
        weft_bytes data[] = {{byte, 3}, {"\0\2\xFF", 3}};
        unsigned numbers[] = {4000000000u, 4000000001u, 4000000002u};
        bool flags[] = {false, true};
        weft_select_where(q, weft_or(weft_in(Sample, price, prices, 2), weft_in(Sample, data, data, 2)));
        weft_select_where(q, weft_and(weft_in(Sample, number, numbers, 3), weft_in(Sample, flag, flags, 2)));
        memset(text, '!', sizeof text - 1);
        memset(byte, '!', sizeof byte);
        memset(prices, 0, sizeof prices);
        memset(data, 0, sizeof data);
        memset(numbers, 0, sizeof numbers);
        memset(flags, 0, sizeof flags);
    }
    assert_int_equal(weft_select_count(q), 3);
    assert_int_equal(weft_select_all(q, Sample).count, 3);
    weft_select_free(q);
    weft_builder *b = weft_builder_new();
    q = weft_select_new(f->s, Sample);
    weft_value items[] = {weft_value_bytes((weft_bytes){"\0\1\xFF", 3}), weft_value_bytes((weft_bytes){"", 0})};
    weft_value decimals[] = {weft_value_decimal((weft_decimal){"1000000.125"}), weft_value_decimal((weft_decimal){"0.0"})};
    weft_select_where(q, weft_builder_in(b, &Sample_model, "data", items, 2));
    weft_select_where(q, weft_builder_in(b, &Sample_model, "price", decimals, 2));
    weft_builder_free(b);
    assert_int_equal(weft_select_count(q), 2);
    weft_select_free(q);
    assert_ok(f->s);
}

static void keys_of_bytes_and_enums_load_and_relate(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 0; i < 5; i++) {
        unsigned char hash[4] = {(unsigned char)(250 + i), 0, '\'', (unsigned char)i};
        Blob *blob = weft_new(s, Blob, .hash = {hash, sizeof hash}, .name = weft_format(s, "b%d", i));
        for (int part = 0; part < i % 4; part++)
            weft_append(s, Blob, blob, parts, Part, weft_new(s, Part, .grade = (grade)part, .size = part));
    }
    commit_ok(s);
    weft_session_clear(s);
    const weft_loader *const how[] = {weft_joined(Blob, parts), weft_selectin(Blob, parts), weft_subquery(Blob, parts)};
    for (size_t i = 0; i < 4; i++) {
        size_t parts = 0;
        const weft_loader *load = i < 3 ? how[i] : &weft_load_none;
        weft_each (Blob, blob, weft_query(s, Blob, .load = load))
            weft_each (Part, part, weft_lazy(s, Blob, blob, parts)) {
                assert_ptr_equal(part->blob, blob);
                parts++;
            }
        assert_ok(s);
        assert_int_equal(parts, 6);
        commit_ok(s); /* what is stale comes again, by its keys */
        weft_each (Blob, blob, weft_query(s, Blob))
            assert_int_equal(blob->hash.size, 4);
        weft_session_clear(s);
    }
    const Part *part = weft_get(s, Part, weft_key(Part, .blob_hash = {"\xFD\0'\3", 4}, .grade = GRADE_HIGH));
    assert_non_null(part);
    assert_int_equal(part->size, 2);
    weft_each (Blob, blob, weft_query(s, Blob))
        weft_delete(s, Blob, blob);
    commit_ok(s);
    assert_rows(f, "SELECT count(*), (SELECT count(*) FROM part) FROM blob", "0|0");
}

static void a_key_of_an_enum_is_found_by_its_value(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 0; i < 3; i++)
        weft_new(s, Level, .grade = (grade)i, .text = grade_names[i]);
    commit_ok(s);
    weft_session_clear(s);
    const Level *high = weft_get(s, Level, GRADE_HIGH);
    assert_ok(s);
    assert_non_null(high);
    assert_string_equal(high->text, "high");
    assert_ptr_equal(weft_get(s, Level, "high"), high);
    assert_ptr_equal(weft_get(s, Level, weft_key(Level, .grade = GRADE_HIGH)), high);
    assert_string_equal(weft_get(s, Level, GRADE_LOW)->text, "low");
    assert_null(weft_get(s, Level, 3));
    assert_refused(s, WEFT_ERROR_TYPE);
    assert_null(weft_get(s, Level, -1));
    assert_refused(s, WEFT_ERROR_TYPE);
}

static void getters_give_every_type(void **state)
{
    fixture *f = *state;
    add_samples(f);
    weft_connection *c;
    weft_result *r;
    weft_error error = {0};
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    const weft_rows_options options = {.from = weft_from(Sample),
                                       .order_by = weft_order(weft_asc(Sample, id)),
                                       .columns = weft_columns(weft_col(Sample, data), weft_col(Sample, day), weft_col(Sample, at),
                                                               weft_col(Sample, price), weft_col(Sample, maybe_at))};
    assert_error(weft_connection_select(c, &options, &r, &error), WEFT_OK, &error);
    assert_true(weft_result_next(r, &error));
    weft_bytes bytes = {NULL, 0};
    weft_date day = {77};
    weft_time at = {77};
    assert_true(weft_result_bytes(r, 0, &bytes));
    assert_int_equal(bytes.size, 3);
    assert_memory_equal(bytes.data, "\0\0\xFF", 3);
    assert_false(weft_result_bytes(r, 1, &bytes));
    assert_true(weft_result_date(r, 1, &day));
    assert_int_equal(day.days, -1);
    assert_true(weft_result_time(r, 2, &at));
    assert_int_equal(at.usec, 0);
    at.usec = 77;
    assert_false(weft_result_time(r, 4, &at)); /* NULL */
    assert_false(weft_result_date(r, 0, &day));
    assert_false(weft_result_time(r, 9, &at));
    assert_int_equal(at.usec, 77);
    assert_int_equal(day.days, -1);
    weft_result_close(r);
    assert_error(weft_connection_query(c, "SELECT '2024-02-29', '23:59:60', 'ab', 12", NULL, &r, &error), WEFT_OK, &error);
    assert_true(weft_result_next(r, &error));
    assert_true(weft_result_date(r, 0, &day));
    assert_int_equal(day.days, 19782);
    assert_false(weft_result_date(r, 2, &day));
    assert_false(weft_result_date(r, 3, &day));
    assert_true(weft_result_bytes(r, 2, &bytes));
    assert_memory_equal(bytes.data, "ab", 2);
    assert_false(weft_result_bytes(r, 3, &bytes));
    weft_result_close(r);
    weft_connection_close(c);
}

static void getters_of_nothing_give_nothing(void **state)
{
    (void)state;
    weft_bytes bytes = {NULL, 7};
    weft_date day = {7};
    weft_time at = {7};
    assert_false(weft_result_bytes(NULL, 0, &bytes));
    assert_false(weft_result_date(NULL, 0, &day));
    assert_false(weft_result_time(NULL, 0, &at));
    assert_false(weft_result_bytes(NULL, 0, NULL));
    assert_int_equal((int)bytes.size + day.days + (int)at.usec, 21);
}

/* What a list of so many conditions finds; every seventh of them folds away. */
static int64_t count_by(fixture *f, weft_expr_op op, int terms)
{
    const bool any = op == WEFT_EXPR_OR;
    const weft_expr *list[4095];
    char word[16];
    weft_builder *b = weft_builder_new();
    for (int i = 0; i < terms; i++) {
        (void)snprintf(word, sizeof word, "%d", i);
        list[i] = i % 7 == 6 && i != terms - 1
                      ? (any ? &weft_false : &weft_true)
                      : weft_builder_compare(b, any ? WEFT_EXPR_EQ : WEFT_EXPR_NE, &Level_model, "text", weft_value_text(word));
    }
    const weft_expr *all = weft_builder_node(b, op, NULL, list, (size_t)terms);
    int64_t count = weft_count_of(f->s, Level, .where = all);
    assert_ok(f->s);
    assert_int_equal(weft_count_of(f->s, Level, .where = weft_not(all)), 3 - count);
    assert_int_equal(weft_count_of(f->s, Level, .where = weft_and(weft_eq(Level, grade, GRADE_LOW), all)), any);
    assert_ok(f->s);
    weft_builder_free(b);
    return count;
}

static void thousands_of_conditions_stand_in_one_list(void **state)
{
    fixture *f = *state;
    static const int lengths[] = {2, 127, 128, 129, 130, 256, 257, 999, 1000, 1001, 2048, 4095};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        weft_new(f->s, Level, .grade = GRADE_LOW, .text = "0");
        weft_new(f->s, Level, .grade = GRADE_MIDDLE, .text = weft_format(f->s, "%d", lengths[i] - 1));
        weft_new(f->s, Level, .grade = GRADE_HIGH, .text = "none");
        assert_int_equal(weft_session_flush(f->s), WEFT_OK);
        assert_int_equal(count_by(f, WEFT_EXPR_OR, lengths[i]), 2);
        assert_int_equal(count_by(f, WEFT_EXPR_AND, lengths[i]), 1);
        assert_int_equal(weft_session_rollback(f->s), WEFT_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(lists_of_every_type_find_their_rows),       ON_BOTH(empty_lists_match_nothing_or_all_and_null_is_refused),
        ON_BOTH(a_select_keeps_the_items_of_its_lists),     ON_BOTH(keys_of_bytes_and_enums_load_and_relate),
        ON_BOTH(a_key_of_an_enum_is_found_by_its_value),    ON_BOTH(getters_give_every_type),
        ON_BOTH(thousands_of_conditions_stand_in_one_list), cmocka_unit_test(getters_of_nothing_give_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
