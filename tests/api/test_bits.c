/* Strings of bits as columns: what was stored comes back on every path, whatever stands behind the last bit in memory. SQLite has
 * none and says so before anything is sent. */
#include "support/fixture.h"

WEFT_DECLARE(Mask);
struct Mask {
    int64_t id;
    weft_bits flags;
    weft_bits byte;
    weft_bits given;
    const char *name;
    const char *digits;
};
WEFT_MODEL(Mask, "mask", WEFT_COLUMN(Mask, id, .primary_key = true), WEFT_COLUMN(Mask, flags, .nullable = true),
           WEFT_COLUMN(Mask, byte, .nullable = true, .sql_type = "bit(8)"),
           WEFT_COLUMN(Mask, given, .nullable = true, .server_default = "B'1'"), WEFT_COLUMN(Mask, name, .nullable = true),
           WEFT_COLUMN(Mask, digits, .nullable = true, .sql_type = "bit(4)"));

WEFT_DECLARE(Code);
struct Code {
    weft_bits bits;
    const char *word;
};
WEFT_MODEL(Code, "code", WEFT_COLUMN(Code, bits, .primary_key = true), WEFT_COLUMN(Code, word));
WEFT_METADATA(models, &Mask_model, &Code_model);
static const weft_metadata no_models = {.models = NULL, .count = 0};
FIXTURE_MODELS(no_models);

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define BITS(bytes, n) ((weft_bits){bytes, n})

static weft_session *session_of(fixture *f, weft_engine **engine)
{
    weft_error error = {0};
    *engine = fixture_engine(f, (weft_engine_options){.metadata = &models});
    assert_error(weft_create_all(*engine, &error), WEFT_OK, &error);
    return weft_session_open(*engine, NULL);
}

/* What is behind the last bit in memory is no bit. */
static const struct {
    weft_bits given;
    const char *digits;
} cases[] = {
    {{"", 0}, ""},
    {{"\xff", 1}, "1"},
    {{"\x00", 1}, "0"},
    {{"\xaf", 4}, "1010"},
    {{"\xa5", 8}, "10100101"},
    {{"\xa5\xff", 9}, "101001011"},
    {{"\x01\x02\x03", 24}, "000000010000001000000011"},
    {{NULL, 0}, NULL},
};

static bool is_case(weft_bits bits, size_t i)
{
    char digits[40];
    if (cases[i].digits == NULL || bits.data == NULL)
        return cases[i].digits == NULL && bits.data == NULL;
    return bits.count == strlen(cases[i].digits) && strcmp(weft_bits_text(bits, digits), cases[i].digits) == 0;
}

static void assert_all(fixture *f, weft_session *s, size_t count)
{
    char rows[32];
    (void)snprintf(rows, sizeof rows, "%zu", count);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char sql[128];
        (void)snprintf(sql, sizeof sql,
                       cases[i].digits != NULL ? "SELECT count(*) FROM mask WHERE id %% 8 = %zu AND flags::text = '%s'"
                                               : "SELECT count(*) FROM mask WHERE id %% 8 = %zu AND flags IS NULL",
                       i, cases[i].digits);
        (void)snprintf(rows, sizeof rows, "%zu", count / COUNT(cases));
        assert_rows(f, sql, rows);
    }
    for (int way = 0; way < 2; way++) {
        weft_session_clear(s);
        Mask_list list = way == 0 ? weft_query(s, Mask) : weft_text_query(s, Mask, "SELECT * FROM mask", NULL);
        assert_ok(s);
        assert_int_equal(list.count, count);
        for (size_t i = 0; i < count; i++)
            assert_true(is_case(list.items[i]->flags, (size_t)list.items[i]->id % COUNT(cases)));
    }
}

static void they_come_back_from_objects(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    for (size_t i = 1; i <= 2 * COUNT(cases); i++) {
        Mask *mask = weft_new(s, Mask, .id = (int64_t)i, .name = "m", .byte = BITS("\x0f", 8));
        mask->flags = BITS("\x00", 3);
        if (i <= COUNT(cases))
            flush_ok(s);
    }
    commit_ok(s);
    Mask_list list = weft_query(s, Mask);
    for (size_t i = 0; i < list.count; i++)
        weft_edit(s, Mask, list.items[i])->flags = cases[(size_t)list.items[i]->id % COUNT(cases)].given;
    commit_ok(s);
    assert_all(f, s, 2 * COUNT(cases));
    assert_rows(f, "SELECT DISTINCT byte FROM mask", "00001111");
    weft_session_close(s);
    weft_engine_close(engine);
}

static void they_come_back_from_lists_and_copy(void **state)
{
    enum { MANY = 2400 };
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    static Mask rows[MANY];
    weft_connection *c;
    weft_error error = {0};
    for (size_t i = 0; i < MANY; i++)
        rows[i] = (Mask){.id = (int64_t)i + 1,
                         .flags = cases[(i + 1) % COUNT(cases)].given,
                         .byte = BITS("\xf0", 8),
                         .digits = i % 3 > 0 ? "1010" : NULL};
    assert_int_equal(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK);
    assert_error(weft_insert_many(c, Mask, rows, 80, NULL, &error), WEFT_OK, &error);
    assert_error(weft_insert_many(c, Mask, rows + 80, MANY - 80, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    assert_all(f, s, MANY);
    assert_rows(f, "SELECT DISTINCT byte FROM mask", "11110000");
    assert_rows(f, "SELECT digits, count(*) FROM mask GROUP BY digits ORDER BY digits", "1010|1600\nNULL|800");
    weft_session_close(s);
    weft_engine_close(engine);
}

static void many_bits_come_back(void **state)
{
    enum { LONG = 100001 };
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    unsigned char *bytes = malloc(LONG / 8 + 1);
    for (size_t i = 0; i < LONG / 8 + 1; i++)
        bytes[i] = (unsigned char)(i * 7);
    Mask *mask = weft_new(s, Mask, .id = 1, .flags = {bytes, LONG});
    commit_ok(s);
    assert_rows(f, "SELECT length(flags), substring(flags FROM 1 FOR 16) FROM mask", "100001|0000000000000111");
    weft_session_clear(s);
    mask = weft_edit(s, Mask, weft_get(s, Mask, 1));
    assert_ok(s);
    assert_int_equal(mask->flags.count, LONG);
    assert_memory_equal(mask->flags.data, bytes, LONG / 8);
    bytes[LONG / 8] ^= 0x7f; /* behind the last */
    mask->flags = BITS(bytes, LONG);
    (void)fixture_statements(f);
    flush_ok(s);
    free(bytes);
    assert_int_equal(mask->flags.count, LONG);
    mask->name = "n";
    commit_ok(s);
    weft_session_close(s);
    weft_engine_close(engine);
}

static void they_are_compared_and_computed(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    const weft_expr *flags = weft_col(Mask, flags);
    (void)weft_new(s, Mask, .id = 1, .flags = BITS("\xa0", 4), .byte = BITS("\xa5", 8));
    (void)weft_new(s, Mask, .id = 2, .flags = BITS("\xa0", 5));
    (void)weft_new(s, Mask, .id = 3); /* the default */
    commit_ok(s);
    assert_int_equal(weft_count_of(s, Mask, .where = weft_eq(Mask, flags, BITS("\xaf", 4))), 1);
    assert_int_equal(weft_count_of(s, Mask, .where = weft_ge(Mask, flags, BITS("\xa0", 4))), 2);
    assert_int_equal(weft_count_of(s, Mask, .where = weft_literally(weft_eq(Mask, flags, BITS("\xaf", 4)))), 1);
    assert_non_null(strstr(fixture_last_sql(f), "'1010'::bit varying"));
    assert_int_equal(weft_count_of(s, Mask, .where = weft_eq(Mask, given, BITS("\xff", 1))), 3);
    assert_int_equal(weft_count_of(s, Mask, .where = weft_eq(Mask, byte, BITS("\xa5", 8))), 1);
    assert_int_equal(weft_count_of(s, Mask,
                                   .where = weft_and(weft_eq(Mask, id, 1), weft_op(weft_op(flags, "&", weft_val(BITS("\x20", 4))),
                                                                                   "=", weft_val(BITS("\x20", 4))))),
                     1);
    assert_ok(s);
    weft_session_update(s, weft_update_of(Mask, .set = weft_sets(weft_to(Mask, flags, BITS("", 0))), .where = weft_eq(Mask, id, 1)),
                        NULL);
    commit_ok(s);
    assert_rows(f, "SELECT length(flags) FROM mask WHERE id = 1", "0");
    (void)weft_new(s, Mask, .id = 9, .byte = BITS("\xa5", 7));
    assert_int_not_equal(weft_session_flush(s), WEFT_OK);
    assert_refused(s, WEFT_ERROR_DATA);
    weft_session_close(s);
    weft_engine_close(engine);
}

static void bits_are_a_key(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    (void)weft_new(s, Code, .bits = BITS("\x80", 1), .word = "a");
    const Code *long_one = weft_new(s, Code, .bits = BITS("\x80", 2), .word = "b");
    commit_ok(s);
    assert_ptr_equal(weft_get(s, Code, weft_key(Code, .bits = BITS("\xbf", 2))), long_one);
    weft_session_clear(s);
    const Code *code = weft_get(s, Code, weft_key(Code, .bits = BITS("\xff", 1)));
    assert_ok(s);
    assert_string_equal(code->word, "a");
    weft_edit(s, Code, code)->word = "c";
    commit_ok(s);
    assert_rows(f, "SELECT bits, word FROM code ORDER BY 1", "1|c\n10|b");
    weft_session_close(s);
    weft_engine_close(engine);
}

static void digits_are_read_and_written(void **state)
{
    unsigned char bytes[2];
    char digits[12];
    weft_bits bits;
    (void)state;
    assert_true(weft_bits_parse("1010010111", bytes, &bits));
    assert_int_equal(bits.count, 10);
    assert_string_equal(weft_bits_text(bits, digits), "1010010111");
    assert_true(weft_bits_at(bits, 0) && !weft_bits_at(bits, 1) && weft_bits_at(bits, 9) && !weft_bits_at(bits, 10));
    assert_true(weft_bits_parse("", bytes, &bits) && bits.count == 0 && bits.data != NULL);
    assert_false(weft_bits_parse("102", bytes, &bits));
    assert_false(weft_bits_parse(NULL, bytes, &bits));
}

static void sqlite_has_none(void **state)
{
    fixture *f = *state;
    weft_engine *engine = NULL;
    weft_error error = {0};
    assert_error(weft_engine_open(&engine, f->database.url, &(weft_engine_options){.metadata = &models}, &error),
                 WEFT_ERROR_UNSUPPORTED, &error);
    assert_non_null(strstr(error.message, "bit string"));
    weft_connection *c;
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    const weft_value bits = weft_value_bits(BITS("\x80", 1));
    assert_error(weft_execute_text(c, "SELECT $1", &(weft_values){&bits, 1}, &error), WEFT_ERROR_UNSUPPORTED, &error);
    weft_connection_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(they_come_back_from_objects),
        ON_POSTGRES(they_come_back_from_lists_and_copy),
        ON_POSTGRES(many_bits_come_back),
        ON_POSTGRES(they_are_compared_and_computed),
        ON_POSTGRES(bits_are_a_key),
        ON_SQLITE(sqlite_has_none),
        cmocka_unit_test(digits_are_read_and_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
