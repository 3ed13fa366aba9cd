/* Optional fields of columns that are NOT NULL: what is unset is the default, what is set is what it says, zeros too. */
#include "support/fixture.h"

#include <string.h>

WEFT_DECLARE(Lamp);
struct Lamp {
    int64_t id;
    const char *name;
    weft_opt_bool lit;
    weft_opt_int32 power;
    weft_opt_double height;
};
WEFT_MODEL(Lamp, "lamp", WEFT_COLUMN(Lamp, id, .primary_key = true), WEFT_COLUMN(Lamp, name),
           WEFT_COLUMN(Lamp, lit, .not_null = true, .server_default = "true"),
           WEFT_COLUMN(Lamp, power, .not_null = true, .server_default = "40"), WEFT_COLUMN(Lamp, height, .not_null = true));
WEFT_METADATA(models, &Lamp_model);
FIXTURE_MODELS(models);

#define LAMPS "SELECT name, CASE WHEN lit THEN 1 ELSE 0 END, power FROM lamp ORDER BY name"

static void what_is_unset_is_the_default_and_zero_is_zero(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Lamp, .name = "a", .height = weft_some(1.5));
    (void)weft_new(f->s, Lamp, .name = "b", .lit = weft_some(false), .power = weft_some(0), .height = weft_some(0.0));
    commit_ok(f->s);
    assert_rows(f, LAMPS, "a|1|40\nb|0|0");
    const Lamp *a = weft_query(f->s, Lamp, .order_by = weft_order(weft_asc(Lamp, name))).items[0];
    assert_true(a->lit.set && a->lit.value && a->power.set && a->power.value == 40);
    weft_edit(f->s, Lamp, a)->lit = (weft_opt_bool){.set = true, .value = false};
    commit_ok(f->s);
    assert_rows(f, LAMPS, "a|0|40\nb|0|0");
    assert_int_equal(weft_query(f->s, Lamp, .where = weft_eq(Lamp, lit, false)).count, 2);
}

static void null_is_refused(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Lamp, .name = "a");
    assert_int_equal(weft_session_flush(f->s), WEFT_ERROR_NOT_NULL);
    assert_message(f->s, "lamp.height is NOT NULL");
    rollback_ok(f->s);
    Lamp *a = weft_new(f->s, Lamp, .name = "a", .height = weft_some(1.0));
    commit_ok(f->s);
    assert_int_equal(weft_set_null(f->s, Lamp, a, power), WEFT_ERROR_NOT_NULL);
    rollback_ok(f->s);
    weft_edit(f->s, Lamp, a)->power = (weft_opt_int32){0};
    assert_int_equal(weft_session_flush(f->s), WEFT_ERROR_NOT_NULL);
    rollback_ok(f->s);
    assert_rows(f, LAMPS, "a|1|40");
}

static void many_rows_go_the_same_way(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *connection = NULL;
    const Lamp lamps[] = {{.name = "a", .height = {true, 1}},
                          {.name = "b", .lit = {true, false}, .height = {true, 2}},
                          {.name = "c", .power = {true, 0}, .height = {true, 3}}};
    assert_int_equal(weft_engine_connect(f->engine, &connection, NULL, &error), WEFT_OK);
    assert_error(weft_insert_many(connection, Lamp, lamps, 3, NULL, &error), WEFT_OK, &error);
    const Lamp none[] = {{.name = "d"}};
    assert_int_equal(weft_connection_commit(connection, &error), WEFT_OK);
    assert_int_equal(weft_insert_many(connection, Lamp, none, 1, NULL, &error), WEFT_ERROR_NOT_NULL);
    weft_connection_close(connection);
    assert_rows(f, LAMPS, "a|1|40\nb|0|40\nc|1|0");
}

static void the_column_takes_no_null(void **state)
{
    fixture *f = *state;
    assert_rows(f,
                f->postgres
                    ? "SELECT count(*) FROM pg_attribute WHERE attrelid = 'lamp'::regclass AND attnum > 0 AND NOT attnotnull"
                    : "SELECT count(*) FROM pragma_table_info('lamp') WHERE \"notnull\" = 0 AND pk = 0",
                "0");
}

WEFT_DECLARE(Wrong);
struct Wrong {
    int64_t id;
    int32_t plain;
};
WEFT_MODEL(Wrong, "wrong", WEFT_COLUMN(Wrong, id, .primary_key = true), WEFT_COLUMN(Wrong, plain, .not_null = true));
static WEFT_METADATA(wrong, &Wrong_model);

static void a_plain_field_is_refused(void **state)
{
    (void)state;
    weft_error error = {0};
    weft_engine *engine = NULL;
    assert_int_equal(weft_engine_open(&engine, "sqlite://", &(weft_engine_options){.metadata = &wrong}, &error), WEFT_ERROR_MODEL);
    assert_non_null(strstr(error.message, "Wrong.plain: .not_null belongs to an optional field"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(what_is_unset_is_the_default_and_zero_is_zero), ON_BOTH(null_is_refused),
                                       ON_BOTH(many_rows_go_the_same_way), ON_BOTH(the_column_takes_no_null),
                                       cmocka_unit_test(a_plain_field_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
