/* Cells into fields: every type, its nullable form, conversions without loss, and what does not fit. */
#include "fixtures/bank.h"

#include "engine/decode.h"

#include "base/error.h"
#include "type/type.h"

#define DECODE(type, cell, field) wefti_decode_value((uint16_t)(type), sizeof(field), &(cell), &(field), &arena, &error)

static wefti_arena arena;
static weft_error error;

static int arena_begin(void **state)
{
    (void)state;
    wefti_arena_init(&arena, 0);
    return 0;
}

static int arena_end(void **state)
{
    (void)state;
    wefti_arena_deinit(&arena);
    return 0;
}

static void integers_are_checked_against_their_field(void **state)
{
    (void)state;
    short small = 1;
    int middle = 1;
    unsigned natural = 1;
    int64_t large = 1;
    weft_value cell = weft_value_int64(32767);
    assert_int_equal(DECODE(WEFT_INT16, cell, small), WEFT_OK);
    assert_int_equal(small, 32767);
    cell = weft_value_int64(32768);
    assert_int_equal(DECODE(WEFT_INT16, cell, small), WEFT_ERROR_TYPE);
    assert_int_equal(small, 32767);
    cell = weft_value_int64(INT64_C(-2147483648));
    assert_int_equal(DECODE(WEFT_INT32, cell, middle), WEFT_OK);
    assert_int_equal(middle, INT32_MIN);
    cell = weft_value_int64(INT64_C(2147483648));
    assert_int_equal(DECODE(WEFT_INT32, cell, middle), WEFT_ERROR_TYPE);
    assert_int_equal(DECODE(WEFT_UINT32, cell, natural), WEFT_OK);
    assert_true(natural == 2147483648u);
    cell = weft_value_int64(-1);
    assert_int_equal(DECODE(WEFT_UINT32, cell, natural), WEFT_ERROR_TYPE);
    cell = weft_value_decimal((weft_decimal){"-9223372036854775808"});
    assert_int_equal(DECODE(WEFT_INT64, cell, large), WEFT_OK);
    assert_true(large == INT64_MIN);
    cell = weft_value_decimal((weft_decimal){"1.5"});
    assert_int_equal(DECODE(WEFT_INT64, cell, large), WEFT_ERROR_TYPE);
    cell = weft_value_text("7");
    assert_int_equal(DECODE(WEFT_INT64, cell, large), WEFT_ERROR_TYPE);
    assert_non_null(strstr(error.message, "a text value does not fit a field of type int64"));
}

static void reals_take_integers_and_decimals(void **state)
{
    (void)state;
    double real = 0;
    float narrow = 0;
    weft_value cell = weft_value_int64(-3);
    assert_int_equal(DECODE(WEFT_DOUBLE, cell, real), WEFT_OK);
    assert_true(real == -3.0);
    cell = weft_value_decimal((weft_decimal){"0.1"});
    assert_int_equal(DECODE(WEFT_DOUBLE, cell, real), WEFT_OK);
    assert_true(real == 0.1);
    cell = weft_value_double(1e300);
    assert_int_equal(DECODE(WEFT_FLOAT, cell, narrow), WEFT_ERROR_TYPE);
    cell = weft_value_double(0.1);
    assert_int_equal(DECODE(WEFT_FLOAT, cell, narrow), WEFT_OK);
    assert_true(narrow == 0.1f);
    cell = weft_value_double(0.5);
    int64_t integer = 4;
    assert_int_equal(DECODE(WEFT_INT64, cell, integer), WEFT_ERROR_TYPE);
    assert_int_equal(integer, 4);
}

static void null_fits_optionals_and_pointers_only(void **state)
{
    (void)state;
    weft_opt_int32 optional = {true, 5};
    weft_opt_timestamp moment = {true, {5}};
    const char *text = "x";
    weft_bytes bytes = {"x", 1};
    char chars[4] = "abc";
    int plain = 5;
    weft_value cell = weft_value_null(WEFT_INT32);
    assert_int_equal(DECODE(WEFT_OPT + WEFT_INT32, cell, optional), WEFT_OK);
    assert_false(optional.set);
    assert_int_equal(DECODE(WEFT_OPT + WEFT_TIMESTAMP, cell, moment), WEFT_OK);
    assert_false(moment.set);
    assert_int_equal(DECODE(WEFT_TEXT, cell, text), WEFT_OK);
    assert_null(text);
    assert_int_equal(DECODE(WEFT_BYTES, cell, bytes), WEFT_OK);
    assert_null(bytes.data);
    assert_int_equal(DECODE(WEFT_INT32, cell, plain), WEFT_ERROR_TYPE);
    assert_non_null(strstr(error.message, "weft_opt_int32"));
    assert_int_equal(plain, 5);
    assert_int_equal(DECODE(WEFT_CHARS, cell, chars), WEFT_ERROR_TYPE);
    assert_string_equal(chars, "abc");
}

static void optionals_take_every_type(void **state)
{
    (void)state;
    weft_opt_int16 i16 = {0};
    weft_opt_uint32 u32 = {0};
    weft_opt_bool truth = {0};
    weft_opt_float f = {0};
    weft_opt_double d = {0};
    weft_opt_date date = {0};
    weft_opt_time time = {0};
    weft_opt_uuid uuid = {0};
    weft_uuid random = weft_uuid_random();
    weft_value cell = weft_value_int64(1);
    assert_int_equal(DECODE(WEFT_OPT + WEFT_INT16, cell, i16), WEFT_OK);
    assert_true(i16.set && i16.value == 1);
    assert_int_equal(DECODE(WEFT_OPT + WEFT_UINT32, cell, u32), WEFT_OK);
    assert_true(u32.set && u32.value == 1);
    assert_int_equal(DECODE(WEFT_OPT + WEFT_BOOL, cell, truth), WEFT_OK);
    assert_true(truth.set && truth.value);
    assert_int_equal(DECODE(WEFT_OPT + WEFT_FLOAT, cell, f), WEFT_OK);
    assert_true(f.set && f.value == 1.0f);
    assert_int_equal(DECODE(WEFT_OPT + WEFT_DOUBLE, cell, d), WEFT_OK);
    assert_true(d.set && d.value == 1.0);
    cell = weft_value_text("1970-01-02");
    assert_int_equal(DECODE(WEFT_OPT + WEFT_DATE, cell, date), WEFT_OK);
    assert_true(date.set && date.value.days == 1);
    cell = weft_value_text("00:00:01");
    assert_int_equal(DECODE(WEFT_OPT + WEFT_TIME, cell, time), WEFT_OK);
    assert_true(time.set && time.value.usec == 1000000);
    cell = weft_value_uuid(random);
    assert_int_equal(DECODE(WEFT_OPT + WEFT_UUID, cell, uuid), WEFT_OK);
    assert_true(uuid.set && memcmp(&uuid.value, &random, sizeof random) == 0);
    cell = weft_value_int64(2);
    assert_int_equal(DECODE(WEFT_OPT + WEFT_BOOL, cell, truth), WEFT_ERROR_TYPE);
    assert_true(truth.set && truth.value);
}

static void text_is_copied_or_borrowed(void **state)
{
    (void)state;
    char source[] = "hello";
    const char *text = NULL;
    char chars[6];
    memset(chars, 'x', sizeof chars);
    weft_value cell = weft_value_text(source);
    assert_int_equal(DECODE(WEFT_TEXT, cell, text), WEFT_OK);
    source[0] = 'j';
    assert_string_equal(text, "hello");
    assert_int_equal(wefti_decode_value(WEFT_TEXT, sizeof text, &cell, &text, NULL, &error), WEFT_OK);
    assert_ptr_equal(text, source);
    assert_int_equal(DECODE(WEFT_CHARS, cell, chars), WEFT_OK);
    assert_string_equal(chars, "jello");
    cell = weft_value_text("jelloo");
    assert_int_equal(DECODE(WEFT_CHARS, cell, chars), WEFT_ERROR_TYPE);
    assert_string_equal(chars, "jello");
    weft_bytes bytes = {NULL, 7};
    cell = weft_value_bytes((weft_bytes){"", 0});
    assert_int_equal(DECODE(WEFT_BYTES, cell, bytes), WEFT_OK);
    assert_non_null(bytes.data);
    assert_int_equal(bytes.size, 0);
    weft_decimal decimal = {NULL};
    cell = weft_value_text("12x");
    assert_int_equal(DECODE(WEFT_DECIMAL, cell, decimal), WEFT_ERROR_TYPE);
    cell = weft_value_int64(12);
    assert_int_equal(DECODE(WEFT_DECIMAL, cell, decimal), WEFT_OK);
    assert_string_equal(decimal.text, "12");
}

static weft_value cells_of(const wefti_table *table, uint16_t column, const void *row)
{
    const wefti_column *c = &table->columns[column];
    weft_value cell = wefti_field_value(c->field->type, c->field->size, (const char *)row + c->field->offset);
    if (c->enum_names != NULL)
        cell = weft_value_text(c->enum_names[cell.as.i]);
    return cell;
}

static void a_row_fills_a_struct_and_names_the_column_that_does_not_fit(void **state)
{
    (void)state;
    wefti_schema *schema = NULL;
    weft_value cells[10];
    Account from = {.id = 9,
                    .name = "ada",
                    .code = "1234567",
                    .kind = KIND_SAVING,
                    .balance = 3,
                    .rate = {true, 2.5},
                    .opened_at = {77},
                    .rank = {true, 4},
                    .frozen = true};
    Account to;
    assert_int_equal(wefti_schema_new(&bank_models, &schema, &error), WEFT_OK);
    const wefti_table *table = wefti_schema_table(schema, &Account_model);
    for (uint16_t i = 0; i < 10; i++)
        cells[i] = cells_of(table, i, &from);
    memset(&to, 0xff, sizeof to);
    assert_int_equal(wefti_decode_row(table->mapper, cells, &to, &arena, &error), WEFT_OK);
    assert_string_equal(to.name, "ada");
    assert_string_equal(to.code, "1234567");
    assert_null(to.note);
    assert_int_equal(to.kind, KIND_SAVING);
    assert_true(to.id == 9 && to.balance == 3 && to.rate.set && to.rate.value == 2.5 && to.opened_at.usec == 77 && to.rank.set &&
                to.rank.value == 4 && to.frozen);
    cells[3] = weft_value_text("savings");
    assert_int_equal(wefti_decode_row(table->mapper, cells, &to, &arena, &error), WEFT_ERROR_SCHEMA);
    assert_string_equal(error.table, "account");
    assert_string_equal(error.column, "kind");
    cells[3] = weft_value_text("checking");
    cells[4] = weft_value_null(WEFT_INT64);
    assert_int_equal(wefti_decode_row(table->mapper, cells, &to, &arena, &error), WEFT_ERROR_SCHEMA);
    assert_non_null(strstr(error.message, "account.balance into the field balance"));
    wefti_schema_free(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_checked_against_their_field),
        cmocka_unit_test(reals_take_integers_and_decimals),
        cmocka_unit_test(null_fits_optionals_and_pointers_only),
        cmocka_unit_test(optionals_take_every_type),
        cmocka_unit_test(text_is_copied_or_borrowed),
        cmocka_unit_test(a_row_fills_a_struct_and_names_the_column_that_does_not_fit),
    };
    return cmocka_run_group_tests_name("cells into fields", tests, arena_begin, arena_end);
}
