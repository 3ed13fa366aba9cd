/* Every allocation fails once: no leak, no half result, and the error says what happened. Sanitizers watch. */
#include "fixtures/shop.h"

#include "base/memory.h"

#include <string.h>

static weft_status ignore(void *context, const char *sql, weft_error *error)
{
    (void)context;
    (void)sql;
    (void)error;
    return WEFT_OK;
}

typedef weft_status (*attempt)(weft_error *error);

/* Runs it with the first, the second, … allocation failing, until none does; then once more without. */
static void fail_each_allocation(attempt run, int64_t at_least)
{
    (void)weft_val(0); /* notes of nodes are left out where there is no memory for them; here there is */
    for (int64_t n = 0;; n++) {
        weft_error error = {0};
        wefti_memory_fail_after(n, false);
        weft_status status = run(&error);
        bool failed = wefti_memory_fail_after(-1, false);
        if (!failed) {
            assert_int_equal(status, WEFT_OK);
            assert_true(n >= at_least);
            return;
        }
        assert_int_equal(status, WEFT_ERROR_NO_MEMORY);
        assert_int_equal(error.status, WEFT_ERROR_NO_MEMORY);
    }
}

static weft_status build_schema(weft_error *error)
{
    wefti_schema *schema;
    weft_status status = wefti_schema_new(&shop, &schema, error);
    if (status == WEFT_OK)
        wefti_schema_free(schema);
    else
        assert_null(schema);
    return status;
}

static weft_status create_and_drop(weft_error *error)
{
    weft_status status = wefti_ddl_create_all(shop_schema(), &wefti_dialect_postgres, NULL, ignore, NULL, error);
    return status != WEFT_OK ? status : wefti_ddl_drop_all(shop_schema(), &wefti_dialect_sqlite, NULL, ignore, NULL, error);
}

static weft_status whole_statement(const wefti_dialect *dialect, const wefti_statement_data *data, weft_error *error)
{
    wefti_shape shape;
    wefti_compiled *compiled = NULL;
    weft_status status = wefti_shape_init(&shape, shop_schema(), dialect, data, error);
    if (status == WEFT_OK)
        status = wefti_compile(shop_schema(), dialect, data, &shape, &compiled, error);
    if (status == WEFT_OK)
        status = wefti_shape_bind(&shape, compiled, error);
    else
        assert_null(compiled);
    wefti_compiled_free(compiled);
    wefti_shape_deinit(&shape);
    return status;
}

static weft_status large_select(weft_error *error)
{
    weft_expr nodes[60];
    const weft_expr *list[61];
    int colours[] = {0, 1};
    for (size_t i = 0; i < 60; i++) {
        nodes[i] = i % 3 == 0   ? *weft_in(Everything, colour, colours, 2)
                   : i % 3 == 1 ? *weft_starts_with(Everything, text, "a%")
                                : *weft_gt(Everything, price, 5);
        list[i] = &nodes[i];
    }
    list[60] = &weft_end;
    const weft_expr all = {.op = WEFT_EXPR_OR, .args = list};
    return whole_statement(&wefti_dialect_sqlite, SELECT(.from = shop_table(&Everything_model), .where = &all, .limit = 4), error);
}

static weft_status wrapped_select(weft_error *error)
{
    const wefti_joined_load loads[] = {{.relation = RELATION(User, addresses)}, {.relation = RELATION(User, keywords)}};
    return whole_statement(&wefti_dialect_postgres,
                           SELECT(.from = shop_table(&User_model), .beside = &(const wefti_beside){loads, 2}, .limit = 5,
                                  .where =
                                      weft_any(User, addresses,
                                               weft_has(Address, user, weft_any(User, addresses, weft_eq(Address, email, "x"))))),
                           error);
}

/* Groups in FROM, aggregates with an order, ALL of each row and a fragment. */
static weft_status grouped_select(weft_error *error)
{
    const weft_rows_options *all =
        weft_select(.from = weft_from(User), .columns = weft_columns(weft_label(weft_col(User, id), "each")));
    const weft_expr *name = weft_col(User, name);
    const weft_expr *names = weft_ordered(weft_string_agg(weft_distinct(name), weft_val(", ")), weft_desc(User, name));
    return whole_statement(&wefti_dialect_sqlite,
                           SELECT(.from = shop_table(&User_model),
                                  .columns = WEFT_NODES(name, names, weft_grouping(name), weft_mode(weft_asc(User, id)),
                                                        weft_sql(WEFT_TEXT, "upper(:n) || :n", weft_arg("n", name))),
                                  .where = weft_op(weft_col(User, id), ">", weft_all_of(all)),
                                  .group_by = WEFT_NODES(weft_cube(name, weft_col(User, age))),
                                  .having = weft_op(weft_count_all(), ">", weft_val(1))),
                           error);
}

static weft_status insert_rows(weft_error *error)
{
    const uint16_t columns[] = {1, 2, 3, 4, 5};
    return whole_statement(&wefti_dialect_sqlite,
                           DML(.kind = WEFTI_INSERT_ROWS, .table = shop_table(&User_model), .columns = columns, .column_count = 5,
                               .row_count = 50),
                           error);
}

static weft_status text_sql(weft_error *error)
{
    wefti_arena arena;
    const char *translated;
    wefti_arena_init(&arena, 0);
    weft_status status = wefti_text_placeholders(&wefti_dialect_sqlite, "SELECT $1, $2", false,
                                                 &(wefti_text_parameters){.count = 2}, &arena, &translated, NULL, error);
    wefti_text_parameters taken;
    if (status == WEFT_OK)
        status = wefti_text_parameters_take(weft_parameters(weft_parameter("b", weft_value_int64(1)),
                                                            weft_parameter("a", weft_value_int64(2))),
                                            &arena, &taken, error);
    if (status == WEFT_OK)
        status = wefti_text_placeholders(&wefti_dialect_postgres, "SELECT :a, :b", false, &taken, &arena, &translated, NULL, error);
    wefti_arena_deinit(&arena);
    return status;
}

static weft_status build_expression(weft_error *error)
{
    weft_builder *builder = weft_builder_new();
    weft_value items[] = {weft_value_text("a"), weft_value_text("b")};
    const weft_expr *terms[] = {weft_builder_compare(builder, WEFT_EXPR_EQ, &User_model, "name", weft_value_text("x")),
                                weft_builder_in(builder, &User_model, "fullname", items, 2),
                                weft_builder_node(builder, WEFT_EXPR_IS_NULL, NULL,
                                                  (const weft_expr *[]){weft_builder_column(builder, &User_model, "age", 0)}, 1)};
    const weft_expr *all = weft_builder_node(builder, WEFT_EXPR_AND, NULL, terms, 3);
    const weft_expr *alone[2];
    const weft_expr *order =
        weft_builder_list(builder, (const weft_expr *[]){weft_builder_column(builder, &User_model, "name", 0)}, 1);
    weft_status status =
        whole_statement(&wefti_dialect_postgres,
                        SELECT(.from = shop_table(&User_model), .where = all, .order_by = wefti_items(order, alone)), error);
    weft_builder_free(builder);
    return status;
}

typedef struct Held {
    int64_t user_id, n;
} Held;
WEFT_ROW(Held, WEFT_FIELD(Held, user_id), WEFT_FIELD(Held, n));
typedef struct Number {
    int64_t n;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, n));

/* Rows, a series, a CTE with windows, joins of every kind and conditions over SELECTs, copied by a builder. */
static weft_status report(const wefti_dialect *dialect, weft_error *error)
{
    static const Held rows[] = {{1, 2}, {2, 3}};
    weft_values_of(Held, rows, 2);
    weft_series(Number, weft_val(1), weft_val(3));
    const weft_expr *window =
        weft_over(weft_filter(weft_count_all(), weft_gt(Held, n, 1)), .partition_by = weft_columns(weft_col(Held, n)),
                  .order_by = weft_columns(weft_desc(Held, user_id)),
                  .frame = weft_frame_rows(weft_preceding(weft_val(1)), weft_current_row));
    weft_builder *builder = weft_builder_new();
    weft_cte_as(Best, Held,
                .query = weft_select(.from = weft_from(Held),
                                     .columns = weft_order(weft_col(Held, user_id), weft_builder_keep(builder, window))));
    const weft_rows_options *addresses =
        weft_select(.from = weft_from(Address), .columns = weft_columns(weft_col(Address, user_id)),
                    .where = weft_eq_col(Address, user_id, User, id));
    const weft_expr *where =
        weft_builder_keep(builder, weft_or(weft_exists_in(addresses), weft_in_query(weft_col(User, id), addresses),
                                           weft_eq(User, name, "x")));
    const weft_rows_options options = {.from = weft_from(User),
                                       .joins = weft_joins(weft_full_join_on(Best, weft_eq_col(Best, user_id, User, id)),
                                                           weft_cross_join(Number)),
                                       .columns = weft_order(weft_col(User, id), weft_col(Best, n), weft_col(Number, n)),
                                       .where = where};
    wefti_select select;
    weft_status status = wefti_select_from_options(&select, shop_schema(), &options, error);
    if (status == WEFT_OK)
        status = whole_statement(dialect, &(const wefti_statement_data){.kind = WEFTI_KIND_SELECT, .of.select = &select}, error);
    weft_builder_free(builder);
    return status;
}

static weft_status report_on_postgres(weft_error *error) { return report(&wefti_dialect_postgres, error); }

static weft_status report_on_sqlite(weft_error *error) { return report(&wefti_dialect_sqlite, error); }

static void schemas(void **state)
{
    (void)state;
    fail_each_allocation(build_schema, 3);
}

static void ddl(void **state)
{
    (void)state;
    fail_each_allocation(create_and_drop, 3);
}

static void statements(void **state)
{
    (void)state;
    fail_each_allocation(large_select, 10);
    fail_each_allocation(wrapped_select, 3);
    fail_each_allocation(grouped_select, 4);
    fail_each_allocation(insert_rows, 3);
}

static void text(void **state)
{
    (void)state;
    fail_each_allocation(text_sql, 2);
}

static void builders(void **state)
{
    (void)state;
    fail_each_allocation(build_expression, 3);
}

static void reports(void **state)
{
    (void)state;
    fail_each_allocation(report_on_postgres, 5);
    fail_each_allocation(report_on_sqlite, 5);
}

int main(void)
{
    (void)shop_schema();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemas), cmocka_unit_test(ddl),      cmocka_unit_test(statements),
        cmocka_unit_test(text),    cmocka_unit_test(builders), cmocka_unit_test(reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
