/* Tables that no model describes, selected from by the names of their columns: as reflection read them and as a program made them,
 * beside models, in both databases' schemas. */
#include "support/fixture.h"

WEFT_DECLARE(Owner);
struct Owner {
    int64_t id;
    const char *name;
};
WEFT_MODEL(Owner, "owner", WEFT_COLUMN(Owner, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Owner, name));
WEFT_METADATA(models, &Owner_model);
FIXTURE_MODELS(models);

typedef struct Boat {
    int64_t id;
    const char *name;
    weft_decimal price;
    weft_opt_date built;
    const char *kind;
} Boat;
WEFT_ROW(Boat, WEFT_FIELD(Boat, id), WEFT_FIELD(Boat, name), WEFT_FIELD(Boat, price), WEFT_FIELD(Boat, built),
         WEFT_FIELD(Boat, kind));
typedef struct Pair {
    const char *owner, *boat;
} Pair;
WEFT_ROW(Pair, WEFT_FIELD(Pair, owner), WEFT_FIELD(Pair, boat));
typedef struct Sum {
    weft_opt_int64 owner;
    weft_decimal price;
} Sum;
WEFT_ROW(Sum, WEFT_FIELD(Sum, owner), WEFT_FIELD(Sum, price));
typedef struct Number {
    int64_t v;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, v));

static const char *const on_sqlite =
    "CREATE TABLE \"Old boat\" (id INTEGER PRIMARY KEY, \"the name\" TEXT NOT NULL, price \"DECIMAL_TEXT(10, 2)\", built "
    "DATE_TEXT, "
    "kind TEXT, owner INTEGER);"
    "INSERT INTO \"Old boat\" VALUES (1, 'Anna', '900.00', '2001-02-03', 'sail', 1), (2, 'Bert', '1000.50', NULL, 'row', 1), "
    "(3, 'Cleo', '99.99', '1999-12-31', 'sail', NULL), (4, 'Dora', '1000.50', '2010-01-01', 'motor', 2);";
static const char *const on_postgres =
    "CREATE TYPE boat_kind AS ENUM ('sail', 'row', 'motor');"
    "CREATE TABLE \"Old boat\" (id bigint PRIMARY KEY, \"the name\" varchar(20) NOT NULL, price numeric(10, 2), built date, "
    "kind boat_kind, owner integer);"
    "INSERT INTO \"Old boat\" VALUES (1, 'Anna', '900.00', '2001-02-03', 'sail', 1), (2, 'Bert', '1000.50', NULL, 'row', 1), "
    "(3, 'Cleo', '99.99', '1999-12-31', 'sail', NULL), (4, 'Dora', '1000.50', '2010-01-01', 'motor', 2);";

typedef struct harbor {
    weft_schema *schema;
    weft_builder *b;
    const weft_model *boat;
} harbor;

static harbor open_harbor(fixture *f)
{
    harbor h = {0};
    weft_error error;
    test_database_exec(&f->database, f->postgres ? on_postgres : on_sqlite);
    (void)weft_new(f->s, Owner, .id = 1, .name = "Ada");
    (void)weft_new(f->s, Owner, .id = 2, .name = "Bob");
    commit_ok(f->s);
    assert_error(weft_reflect(&h.schema, f->engine, NULL, &error), WEFT_OK, &error);
    h.b = weft_builder_new();
    h.boat = weft_builder_table(h.b, weft_schema_find_table(h.schema, NULL, "Old boat"));
    assert_non_null(h.boat);
    return h;
}

static void close_harbor(harbor *h)
{
    weft_builder_free(h->b);
    weft_schema_free(h->schema);
}

#define B(name) weft_builder_column(h.b, h.boat, name, 0)

static void a_table_is_selected_from_by_the_names_of_its_columns(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    harbor h = open_harbor(f);
    for (int round = 0; round < 2; round++) { /* the second time the statement is there */
        Boat_list boats =
            weft_rows(s, Boat, .from = h.boat, .columns = weft_columns(B("id"), B("the name"), B("price"), B("built"), B("kind")),
                      .where = weft_and(
                          weft_builder_compare(h.b, WEFT_EXPR_GE, h.boat, "price", weft_value_decimal((weft_decimal){"900"})),
                          weft_builder_compare(h.b, WEFT_EXPR_NE, h.boat, "kind", weft_value_text(round == 0 ? "row" : "motor"))),
                      .order_by = weft_order(weft_desc_of(B("price")), weft_asc_of(B("id"))));
        assert_ok(s);
        assert_int_equal(boats.count, 2);
        assert_int_equal(boats.items[0]->id, round == 0 ? 4 : 2);
        assert_string_equal(boats.items[0]->price.text, "1000.50");
        assert_string_equal(boats.items[1]->name, "Anna");
        assert_string_equal(boats.items[1]->kind, "sail");
        assert_int_equal(boats.items[1]->built.value.days, 11356);
        assert_int_equal(boats.items[0]->built.set, round == 0);
    }
    weft_connection *c;
    weft_error error;
    weft_result *result;
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_select(
                     c, &(const weft_rows_options){.from = h.boat, .order_by = weft_order(weft_asc_of(B("id"))), .limit = 1},
                     &result, &error),
                 WEFT_OK, &error);
    assert_true(weft_result_next(result, &error));
    assert_int_equal(weft_result_columns(result), 6);
    assert_string_equal(weft_result_name(result, 1), "the name");
    weft_date built;
    assert_true(weft_result_date(result, 3, &built));
    assert_string_equal(weft_result_text(result, 2), "900.00");
    weft_result_close(result);
    weft_connection_close(c);
    close_harbor(&h);
}

static void it_stands_beside_models_and_within_queries(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    harbor h = open_harbor(f);
    (void)weft_new(s, Owner, .id = 3, .name = "Cid"); /* is flushed before */
    Pair_list pairs = weft_rows(s, Pair, .from = weft_from(Owner),
                                .joins = {.to = h.boat, .on = weft_op(B("owner"), "=", weft_col(Owner, id)), .how = WEFT_JOIN_LEFT},
                                .columns = weft_columns(weft_col(Owner, name), B("the name")),
                                .order_by = weft_order(weft_asc(Owner, name), weft_asc_of(B("the name"))));
    assert_ok(s);
    assert_int_equal(pairs.count, 4);
    assert_string_equal(pairs.items[1]->boat, "Bert");
    assert_string_equal(pairs.items[3]->owner, "Cid");
    assert_null(pairs.items[3]->boat);
    Sum_list sums = weft_rows(s, Sum, .from = h.boat, .columns = weft_columns(B("owner"), weft_sum(B("price"))),
                              .group_by = weft_columns(B("owner")), .having = weft_op(weft_sum(B("price")), ">", weft_val(100)),
                              .order_by = weft_order(weft_asc_of(B("owner"))));
    assert_ok(s);
    assert_int_equal(sums.count, 2);
    assert_string_equal(sums.items[0]->price.text, "1900.50");
    Number_list counted =
        weft_rows(s, Number, .from = weft_from(Owner), .columns = weft_columns(weft_count_all()),
                  .where = weft_in_query(weft_col(Owner, id), weft_select(.from = h.boat, .columns = weft_columns(B("owner")),
                                                                          .where = weft_not_null(B("owner")))));
    assert_ok(s);
    assert_int_equal(counted.items[0]->v, 2);
    /* Beside itself: boats of one price. */
    const weft_selectable other = {.kind = WEFT_SELECTABLE_ALIAS, .of = h.boat};
    const weft_model twin = {.name = "Twin", .selectable = &other};
    Pair_list twins = weft_rows(s, Pair, .from = h.boat,
                                .joins = {.to = &twin,
                                          .on = weft_and(weft_op(weft_builder_column(h.b, &twin, "price", 0), "=", B("price")),
                                                         weft_op(weft_builder_column(h.b, &twin, "id", 0), ">", B("id")))},
                                .columns = weft_columns(B("the name"), weft_builder_column(h.b, &twin, "the name", 0)));
    assert_ok(s);
    assert_int_equal(twins.count, 1);
    assert_string_equal(twins.items[0]->owner, "Bert");
    assert_string_equal(twins.items[0]->boat, "Dora");
    /* What it has goes into a table of a model. */
    assert_call(s,
                weft_session_insert(s,
                                    weft_insert_into(Owner, .columns = weft_columns(weft_col(Owner, id), weft_col(Owner, name)),
                                                     .query =
                                                         weft_select(.from = h.boat,
                                                                     .columns = weft_columns(weft_op(B("id"), "+", weft_val(100)),
                                                                                             B("the name")))),
                                    NULL),
                WEFT_OK);
    assert_int_equal(weft_count_of(s, Owner, .where = weft_gt(Owner, id, 100)), 4);
    close_harbor(&h);
}

static void a_table_made_by_hand_says_its_types(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    harbor h = open_harbor(f);
    const weft_schema_column columns[] = {{.name = "id", .type = WEFT_INT64}, {.name = "the name", .type = WEFT_TEXT}};
    const weft_schema_table table = {.name = "Old boat", .columns = columns, .column_count = 2};
    const weft_model *boat = weft_builder_table(h.b, &table);
    Number_list rows =
        weft_rows(s, Number, .from = boat, .columns = weft_columns(weft_builder_column(h.b, boat, "id", 0)),
                  .where = weft_builder_compare(h.b, WEFT_EXPR_STARTS_WITH, boat, "the name", weft_value_text("Cl")));
    assert_ok(s);
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.items[0]->v, 3);
    assert_string_equal(fixture_last_sql(f),
                        f->postgres ? "SELECT \"Old boat\".id FROM \"Old boat\" WHERE \"Old boat\".\"the name\" LIKE $1"
                                    : "SELECT \"Old boat\".id FROM \"Old boat\" WHERE \"Old boat\".\"the name\" GLOB ?1");
    close_harbor(&h);
}

static void tables_of_two_schemas_are_two(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    harbor h = open_harbor(f);
    test_database_exec(
        &f->database,
        "DROP SCHEMA IF EXISTS \"far away\" CASCADE; CREATE SCHEMA \"far away\"; CREATE TABLE \"far away\".\"Old boat\" (id "
        "bigint PRIMARY KEY); INSERT INTO \"far away\".\"Old boat\" VALUES (3), (77)");
    const weft_schema_column columns[] = {{.name = "id", .type = WEFT_INT64}};
    const weft_schema_table table = {.schema = "far away", .name = "Old boat", .columns = columns, .column_count = 1};
    const weft_model *there = weft_builder_table(h.b, &table);
    Number_list rows = weft_rows(s, Number, .from = there,
                                 .joins = {.to = h.boat, .on = weft_op(B("id"), "=", weft_builder_column(h.b, there, "id", 0))},
                                 .columns = weft_columns(weft_builder_column(h.b, there, "id", 0)));
    assert_ok(s);
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.items[0]->v, 3);
    rollback_ok(s);
    test_database_exec(&f->database, "DROP SCHEMA \"far away\" CASCADE");
    close_harbor(&h);
}

static void mistakes_name_the_table_and_the_column(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    harbor h = open_harbor(f);
    (void)fixture_statements(f);
    (void)weft_rows(s, Number, .from = h.boat, .columns = weft_columns(B("id")),
                    .where = weft_builder_compare(h.b, WEFT_EXPR_EQ, h.boat, "id", weft_value_text("one")));
    assert_message(s, "Old boat.id");
    assert_refused(s, WEFT_ERROR_TYPE);
    (void)weft_rows(s, Number, .from = h.boat, .columns = weft_columns(B("colour")));
    assert_message(s, "Old boat has no field \"colour\"");
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(fixture_statements(f), 0);
    weft_builder *b = weft_builder_new();
    assert_null(weft_builder_table(b, NULL));
    (void)weft_rows(s, Number, .from = weft_from(Owner), .columns = weft_columns(weft_builder_column(b, NULL, "id", 0)));
    assert_message(s, "weft_builder_table");
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_builder_free(b);
    assert_null(weft_builder_table(NULL, NULL));
    close_harbor(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_table_is_selected_from_by_the_names_of_its_columns),
        ON_BOTH(it_stands_beside_models_and_within_queries),
        ON_BOTH(a_table_made_by_hand_says_its_types),
        ON_POSTGRES(tables_of_two_schemas_are_two),
        ON_BOTH(mistakes_name_the_table_and_the_column),
    };
    return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
