/* One value of one row into a variable: of every query and every type, and what is said of none and of several. */
#include "support/fixture.h"

typedef struct cents {
    int64_t n;
} cents;
static weft_value cents_encode(const cents *value) { return weft_value_int64(value->n); }
static bool cents_decode(const weft_value *value, cents *to)
{
    to->n = value->as.i;
    return value->as.i >= 0;
}
WEFT_TYPE(cents, WEFT_INT64, cents_encode, cents_decode);

WEFT_DECLARE(Sale);
struct Sale {
    int64_t id;
    const char *code;
    weft_decimal total;
    weft_opt_int32 n;
    weft_opt_double weight;
    weft_date day;
    weft_uuid mark;
    bool paid;
    weft_array_int32 parts;
    weft_json note;
};
WEFT_MODEL(Sale, "sale", WEFT_COLUMN(Sale, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Sale, code),
           WEFT_COLUMN(Sale, total, .precision = 12, .scale = 2), WEFT_COLUMN(Sale, n), WEFT_COLUMN(Sale, weight),
           WEFT_COLUMN(Sale, day), WEFT_COLUMN(Sale, mark), WEFT_COLUMN(Sale, paid), WEFT_COLUMN(Sale, parts),
           WEFT_COLUMN(Sale, note, .nullable = true));
WEFT_METADATA(models, &Sale_model);
FIXTURE_MODELS(models);

#define C(f) weft_col(Sale, f)
#define ONE(out, f) weft_scalar_into(f_->s, out, .from = weft_from(Sale), .columns = C(f), .where = weft_eq(Sale, id, 2))

static void add_sales(fixture *f)
{
    for (int i = 1; i <= 3; i++) {
        char code[8], total[16];
        (void)snprintf(code, sizeof code, "c%d", i);
        (void)snprintf(total, sizeof total, "%d.50", i * 10);
        weft_new(f->s, Sale, .id = i, .code = code, .total = {total}, .n = {.set = i == 2, .value = 20 * (i == 2)},
                 .day = {19000 + i}, .mark = {{(uint8_t)i}}, .paid = i == 2, .parts = weft_int32s(i, -i), .note = {"{\"a\": 1}"});
    }
    assert_call(f->s, weft_session_commit(f->s), WEFT_OK);
}

static void a_variable_of_any_type_takes_a_value(void **state)
{
    fixture *f_ = *state;
    add_sales(f_);
    int64_t id = 0;
    const char *code = NULL;
    char short_code[4] = "";
    weft_decimal total = {NULL};
    weft_opt_int32 n = {0};
    weft_opt_double weight = {.set = true};
    weft_date day = {0};
    weft_uuid mark = {{0}};
    bool paid = false;
    weft_array_int32 parts = {0};
    weft_json note = {NULL};
    assert_call(f_->s, ONE(&id, id), WEFT_OK);
    assert_call(f_->s, ONE(&code, code), WEFT_OK);
    assert_call(f_->s, ONE(&short_code, code), WEFT_OK);
    assert_call(f_->s, ONE(&total, total), WEFT_OK);
    assert_call(f_->s, ONE(&n, n), WEFT_OK);
    assert_call(f_->s, ONE(&weight, weight), WEFT_OK);
    assert_call(f_->s, ONE(&day, day), WEFT_OK);
    assert_call(f_->s, ONE(&mark, mark), WEFT_OK);
    assert_call(f_->s, ONE(&paid, paid), WEFT_OK);
    assert_call(f_->s, ONE(&parts, parts), WEFT_OK);
    assert_call(f_->s, ONE(&note, note), WEFT_OK);
    assert_int_equal(id, 2);
    assert_string_equal(code, "c2");
    assert_string_equal(short_code, "c2");
    assert_string_equal(total.text, "20.50");
    assert_true(n.set && n.value == 20);
    assert_false(weight.set);
    assert_int_equal(day.days, 19002);
    assert_int_equal(mark.bytes[0], 2);
    assert_true(paid);
    assert_true(parts.count == 2 && parts.items[1] == -2);
    assert_string_equal(note.text, "{\"a\": 1}");
}

static void every_query_gives_one(void **state)
{
    fixture *f = *state;
    add_sales(f);
    int64_t count = 0;
    weft_decimal most = {NULL};
    weft_new(f->s, Sale, .id = 4, .code = "new", .total = {"99.00"}, .day = {1}, .parts = weft_int32s(1)); /* is flushed before */
    assert_call(f->s, weft_scalar_into(f->s, &count, .from = weft_from(Sale), .columns = weft_count_all()), WEFT_OK);
    assert_int_equal(count, 4);
    assert_string_equal(fixture_last_sql(f), "SELECT count(*) FROM sale");
    assert_call(f->s, weft_scalar_into(f->s, &most, .from = weft_from(Sale), .columns = weft_max(C(total))), WEFT_OK);
    assert_string_equal(most.text, "99.00");
    const char *gone = NULL;
    assert_call(f->s,
                weft_scalar_of(f->s, &gone, weft_deleted(Sale, .where = weft_eq(Sale, id, 4), .returning = weft_columns(C(code)))),
                WEFT_OK);
    assert_string_equal(gone, "new");
    weft_select *q = weft_select_new(f->s, Sale);
    weft_select_columns(q, weft_count(weft_distinct(C(code))));
    weft_select_where(q, weft_lt(Sale, id, 3));
    assert_call(f->s, weft_select_scalar(q, &count), WEFT_OK);
    assert_int_equal(count, 2);
    weft_select_free(q);
    assert_call(f->s,
                weft_text_scalar(f->s, &count, "SELECT count(*) FROM sale WHERE id > :least",
                                 weft_parameters(weft_parameter("least", weft_value_int64(1)))),
                WEFT_OK);
    assert_int_equal(count, 2);
    assert_call(f->s, weft_scalar_into(f->s, &count, .columns = weft_val(7)), WEFT_OK);
    assert_int_equal(count, 7);
    const char *x = NULL;
    assert_call(f->s, weft_text_scalar(f->s, &x, "SELECT 'x' WHERE 1 = 1", NULL), WEFT_OK);
    assert_string_equal(x, "x");
}

static void a_type_of_the_programs_own_is_decoded(void **state)
{
    fixture *f = *state;
    add_sales(f);
    cents price = {7};
    weft_opt_cents most = {.set = true};
    assert_call(f->s, weft_scalar_as(f->s, cents, &price, .from = weft_from(Sale), .columns = C(id), .where = weft_eq(Sale, id, 3)),
                WEFT_OK);
    assert_int_equal(price.n, 3);
    assert_call(f->s,
                weft_scalar_as(f->s, cents, &most, .from = weft_from(Sale), .columns = weft_max(C(id)),
                               .where = weft_gt(Sale, id, 9)),
                WEFT_OK);
    assert_false(most.set);
    assert_call(f->s, weft_scalar_as(f->s, cents, &price, .columns = weft_val(-5)), WEFT_ERROR_DATA);
    assert_int_equal(price.n, 3);
    weft_session_rollback(f->s);
}

/* Neither is an error of the session's, and the variable stays. */
static void none_and_several_are_told_apart(void **state)
{
    fixture *f = *state;
    add_sales(f);
    int64_t id = 77;
    assert_int_equal(weft_scalar_into(f->s, &id, .from = weft_from(Sale), .columns = C(id), .where = weft_eq(Sale, id, 9)),
                     WEFT_ERROR_NOT_FOUND);
    assert_int_equal(weft_scalar_into(f->s, &id, .from = weft_from(Sale), .columns = C(id)), WEFT_ERROR_NOT_UNIQUE);
    assert_int_equal(weft_text_scalar(f->s, &id, "SELECT id FROM sale WHERE id = 9", NULL), WEFT_ERROR_NOT_FOUND);
    assert_int_equal(weft_text_scalar(f->s, &id, "SELECT id FROM sale", NULL), WEFT_ERROR_NOT_UNIQUE);
    assert_ok(f->s);
    assert_int_equal(id, 77);
    weft_opt_int64 most = {.set = true, .value = 5};
    assert_call(f->s,
                weft_scalar_into(f->s, &most, .from = weft_from(Sale), .columns = weft_max(C(id)), .where = weft_gt(Sale, id, 9)),
                WEFT_OK);
    assert_false(most.set);
}

#define REFUSED(call, status, said) \
    do { \
        assert_call(f->s, (call), status); \
        if (strstr(weft_session_error(f->s)->message, said) == NULL) \
            fail_msg("%s", weft_session_error(f->s)->message); \
        assert_int_equal(id, 77); \
        weft_session_rollback(f->s); \
    } while (0)

static void what_does_not_fit_is_named(void **state)
{
    fixture *f = *state;
    add_sales(f);
    int64_t id = 77, *const nowhere = NULL;
    REFUSED(weft_scalar_into(f->s, &id, .from = weft_from(Sale), .columns = weft_max(C(id)), .where = weft_gt(Sale, id, 9)),
            WEFT_ERROR_SCHEMA, "scalar.value");
    REFUSED(weft_scalar_into(f->s, &id, .from = weft_from(Sale), .columns = weft_columns(C(id), C(code))), WEFT_ERROR_MISUSE,
            "the query gives 2 columns and scalar has 1 field");
    REFUSED(weft_scalar_into(f->s, &id, .from = weft_from(Sale), .columns = C(code), .limit = 1), WEFT_ERROR_SCHEMA,
            "scalar.value");
    REFUSED(weft_text_scalar(f->s, &id, "SELECT id, code FROM sale", NULL), WEFT_ERROR_MISUSE,
            "the statement gives 2 columns and scalar has 1 field");
    REFUSED(weft_text_scalar(f->s, &id, "SELECT code FROM sale WHERE id = 1", NULL), WEFT_ERROR_SCHEMA, "scalar.value");
    REFUSED(weft_scalar_into(f->s, nowhere, .columns = weft_val(1)), WEFT_ERROR_MISUSE, "a scalar was given no place");
    REFUSED(weft_text_scalar(f->s, nowhere, "SELECT 1", NULL), WEFT_ERROR_MISUSE, "a scalar was given no place");
    weft_select *q = weft_select_new(f->s, Sale);
    REFUSED(weft_select_scalar(q, nowhere), WEFT_ERROR_MISUSE, "a scalar was given no place");
    assert_int_equal(weft_select_run_scalar(NULL, NULL, NULL), WEFT_ERROR_MISUSE);
    assert_ok(f->s);
    assert_call(f->s, weft_scalar_into(f->s, &id, .from = weft_from(Sale), .columns = weft_count_all()), WEFT_OK);
    assert_int_equal(id, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_variable_of_any_type_takes_a_value),
        ON_BOTH(every_query_gives_one),
        ON_BOTH(a_type_of_the_programs_own_is_decoded),
        ON_BOTH(none_and_several_are_told_apart),
        ON_BOTH(what_does_not_fit_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
