/* A definition written down by hand, without a model or a struct: created in the order of dependencies, and dropped the other way
 * round; and the definition that models make. */
#include "fixtures/catalogue.h"

#include "sql/statement.h"

#include <string.h>

#include <weft/weft.h>

#define COLUMN(name_) \
    { \
        .name = (name_), .type = WEFT_INT64 \
    }

static const char *there; /* a table that exists, or NULL: nothing is known */

static bool is_there(void *context, const char *table)
{
    (void)context;
    return strcmp(there, table) == 0;
}

static void all_says(catalogue *p, const wefti_definition *definition, bool drop, const char *expected)
{
    wefti_ops ops;
    weft_error error = {0};
    wefti_text_clear(&p->said);
    wefti_ops_init(&ops);
    (drop ? wefti_ops_drop_all : wefti_ops_create_all)(&ops, p->ddl, definition, there != NULL ? is_there : NULL, p);
    weft_status status = wefti_ops_render(p->ddl, &ops, catalogue_run, p, &error);
    if (status != WEFT_OK)
        fail_msg("%s: %s", weft_status_name(status), error.message);
    assert_string_equal(catalogue_said(p), expected);
    wefti_ops_deinit(&ops);
}

/* leaf -> branch <-> trunk, and leaf -> soil, which another program keeps. */
static const weft_schema_column leaf_columns[] = {COLUMN("id"), COLUMN("branch_id"), COLUMN("soil_id")};
static const weft_schema_column branch_columns[] = {COLUMN("id"), {.name = "trunk_id", .type = WEFT_INT64, .nullable = true}};
static const weft_schema_column trunk_columns[] = {COLUMN("id"), COLUMN("branch_id")};

static const weft_schema_constraint leaf_constraints[] = {
    {.kind = WEFT_CONSTRAINT_PRIMARY_KEY, .columns = NAMES("id")},
    {.kind = WEFT_CONSTRAINT_FOREIGN_KEY, .columns = NAMES("branch_id"), .target_table = "branch"},
    {.kind = WEFT_CONSTRAINT_FOREIGN_KEY, .columns = NAMES("soil_id"), .target_table = "soil", .target_columns = NAMES("id")},
};
static const weft_schema_constraint branch_constraints[] = {
    {.kind = WEFT_CONSTRAINT_PRIMARY_KEY, .columns = NAMES("id")},
    {.kind = WEFT_CONSTRAINT_FOREIGN_KEY,
     .name = "up",
     .columns = NAMES("trunk_id"),
     .target_table = "trunk",
     .on_delete = "SET NULL"},
};
static const weft_schema_constraint trunk_constraints[] = {
    {.kind = WEFT_CONSTRAINT_PRIMARY_KEY, .columns = NAMES("id")},
    {.kind = WEFT_CONSTRAINT_FOREIGN_KEY, .columns = NAMES("branch_id"), .target_table = "branch"},
};
static const weft_schema_part by_branch[] = {{.column = "branch_id"}};
static const weft_schema_index leaf_index[] = {{.name = "ix_leaf", .parts = by_branch, .part_count = 1}};
static const weft_schema_table tree_tables[] = {
    {.name = "leaf",
     .columns = leaf_columns,
     .column_count = 3,
     .constraints = leaf_constraints,
     .constraint_count = 3,
     .indexes = leaf_index,
     .index_count = 1},
    {.name = "trunk", .columns = trunk_columns, .column_count = 2, .constraints = trunk_constraints, .constraint_count = 2},
    {.name = "branch", .columns = branch_columns, .column_count = 2, .constraints = branch_constraints, .constraint_count = 2},
};
static const wefti_definition tree = {.tables = tree_tables, .table_count = 3};

static void tables_without_models_are_created_by_dependency_and_dropped_in_reverse(void **state)
{
    catalogue *p = *state;
    test_database_exec(&p->database, "CREATE TABLE soil (id BIGINT PRIMARY KEY)");
    const char *keys = p->postgres ? "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND connamespace = "
                                     "current_schema()::regnamespace"
                                   : "SELECT (SELECT count(*) FROM pragma_foreign_key_list('leaf')) + (SELECT count(*) FROM "
                                     "pragma_foreign_key_list('branch')) + (SELECT count(*) FROM pragma_foreign_key_list('trunk'))";
    there = "nothing";
    all_says(p, &tree, false,
             p->postgres
                 ? "CREATE TABLE branch (id BIGINT NOT NULL, trunk_id BIGINT, CONSTRAINT pk_branch PRIMARY KEY (id))\n"
                   "CREATE TABLE leaf (id BIGINT NOT NULL, branch_id BIGINT NOT NULL, soil_id BIGINT NOT NULL, CONSTRAINT pk_leaf "
                   "PRIMARY KEY (id), CONSTRAINT fk_leaf_branch_id FOREIGN KEY (branch_id) REFERENCES branch, "
                   "CONSTRAINT fk_leaf_soil_id FOREIGN KEY (soil_id) REFERENCES soil (id))\n"
                   "CREATE TABLE trunk (id BIGINT NOT NULL, branch_id BIGINT NOT NULL, CONSTRAINT pk_trunk PRIMARY KEY (id))\n"
                   "ALTER TABLE branch ADD CONSTRAINT up FOREIGN KEY (trunk_id) REFERENCES trunk ON DELETE SET NULL\n"
                   "ALTER TABLE trunk ADD CONSTRAINT fk_trunk_branch_id FOREIGN KEY (branch_id) REFERENCES branch\n"
                   "CREATE INDEX ix_leaf ON leaf (branch_id)\n"
                 : "CREATE TABLE branch (id INTEGER NOT NULL, trunk_id INTEGER, CONSTRAINT pk_branch PRIMARY KEY (id), "
                   "CONSTRAINT up FOREIGN KEY (trunk_id) REFERENCES trunk ON DELETE SET NULL)\n"
                   "CREATE TABLE leaf (id INTEGER NOT NULL, branch_id INTEGER NOT NULL, soil_id INTEGER NOT NULL, "
                   "CONSTRAINT pk_leaf PRIMARY KEY (id), CONSTRAINT fk_leaf_branch_id FOREIGN KEY (branch_id) REFERENCES branch, "
                   "CONSTRAINT fk_leaf_soil_id FOREIGN KEY (soil_id) REFERENCES soil (id))\n"
                   "CREATE TABLE trunk (id INTEGER NOT NULL, branch_id INTEGER NOT NULL, CONSTRAINT pk_trunk PRIMARY KEY (id), "
                   "CONSTRAINT fk_trunk_branch_id FOREIGN KEY (branch_id) REFERENCES branch)\n"
                   "CREATE INDEX ix_leaf ON leaf (branch_id)\n");
    assert_int_equal(test_database_integer(&p->database, keys), 4);
    there = NULL;
    all_says(p, &tree, true,
             p->postgres ? "ALTER TABLE IF EXISTS branch DROP CONSTRAINT IF EXISTS up\n"
                           "ALTER TABLE IF EXISTS trunk DROP CONSTRAINT IF EXISTS fk_trunk_branch_id\n"
                           "DROP TABLE IF EXISTS trunk\nDROP TABLE IF EXISTS leaf\nDROP TABLE IF EXISTS branch\n"
                         : "PRAGMA defer_foreign_keys = ON\nDROP TABLE IF EXISTS trunk\nDROP TABLE IF EXISTS leaf\nDROP TABLE IF "
                           "EXISTS branch\n");
    assert_int_equal(test_database_integer(&p->database, keys), 0);
    assert_int_equal(test_database_integer(&p->database, "SELECT count(*) FROM soil"), 0);
}

static void what_is_there_is_left_alone_and_alone_is_dropped(void **state)
{
    catalogue *p = *state;
    const weft_schema_constraint keys[] = {{.kind = WEFT_CONSTRAINT_PRIMARY_KEY, .columns = NAMES("id")}};
    const weft_schema_table tables[] = {
        {.name = "one", .columns = leaf_columns, .column_count = 1, .constraints = keys, .constraint_count = 1},
        {.name = "two", .columns = leaf_columns, .column_count = 1},
    };
    const wefti_definition definition = {.tables = tables, .table_count = 2};
    test_database_exec(&p->database, "CREATE TABLE one (other TEXT)");
    there = "one";
    all_says(p, &definition, false,
             p->postgres ? "CREATE TABLE two (id BIGINT NOT NULL)\n" : "CREATE TABLE two (id INTEGER NOT NULL)\n");
    assert_int_equal(test_database_integer(&p->database, "SELECT count(other) FROM one"), 0);
    all_says(p, &definition, true, "DROP TABLE IF EXISTS one\n");
    assert_int_equal(test_database_integer(&p->database, "SELECT count(*) FROM two"), 0);
}

static void types_and_sequences_come_first_and_go_last(void **state)
{
    catalogue *p = *state;
    const weft_schema_enum moods[] = {{NULL, "mood", NAMES("sad", "glad")}};
    static const weft_schema_sequence sequences[] = {{.name = "counter"}};
    static const weft_schema_column columns[] = {{.name = "mood", .enum_type = "mood"},
                                                 {.name = "no", .type = WEFT_INT64, .server_default = "nextval('counter')"}};
    const weft_schema_table tables[] = {{.name = "day", .columns = columns, .column_count = 2}};
    const wefti_definition definition = {tables, 1, moods, 1, sequences, 1};
    there = "nothing";
    all_says(p, &definition, false,
             "CREATE TYPE mood AS ENUM ('sad', 'glad')\nCREATE SEQUENCE counter\n"
             "CREATE TABLE day (mood mood NOT NULL, no BIGINT NOT NULL DEFAULT (nextval('counter')))\n");
    test_database_exec(&p->database, "INSERT INTO day VALUES ('glad')");
    assert_int_equal(test_database_integer(&p->database, "SELECT no FROM day"), 1);
    there = NULL;
    all_says(p, &definition, true, "DROP TABLE IF EXISTS day\nDROP SEQUENCE IF EXISTS counter\nDROP TYPE IF EXISTS mood\n");
}

/* ---- models ---- */

enum size { SMALL, LARGE };
static const char *const size_names[] = {"small", "large"};
WEFT_DECLARE(Shirt);
struct Shirt {
    int64_t id;
    weft_decimal price;
    enum size size;
    weft_opt_timestamp at;
    const char *code;
};
WEFT_MODEL(Shirt, "shirt", WEFT_COLUMN(Shirt, id, .primary_key = true),
           WEFT_COLUMN(Shirt, price, .precision = 8, .scale = 2, .server_default = "1.5"), WEFT_ENUM(Shirt, size, size_names),
           WEFT_COLUMN(Shirt, at, .server_default = "CURRENT_TIMESTAMP"),
           WEFT_COLUMN(Shirt, code, .sql_type = "citext", .unique = true),
           WEFT_INDEX(Shirt, "price DESC, code", .where = "price > 1"), WEFT_CHECK(Shirt, "price < 100"));

static void expect_shirt(const wefti_dialect *dialect, const char *const expected[5])
{
    wefti_schema *schema;
    wefti_arena arena;
    wefti_definition definition;
    weft_error error = {0};
    wefti_arena_init(&arena, 0);
    const weft_metadata shirts = {(const weft_model *const[]){&Shirt_model}, 1};
    assert_int_equal(wefti_schema_new(&shirts, &schema, &error), WEFT_OK);
    assert_int_equal(wefti_schema_define(schema, dialect, &arena, &definition, &error), WEFT_OK);
    const weft_schema_table *table = wefti_def_find_table(&definition, &(wefti_def_name){NULL, "shirt"});
    assert_non_null(table);
    assert_int_equal(table->column_count, 5);
    const weft_schema_column *id = wefti_def_find_column(table, "id"), *price = wefti_def_find_column(table, "price");
    const weft_schema_column *size = wefti_def_find_column(table, "size"), *at = wefti_def_find_column(table, "at");
    assert_true(id->identity && id->type == WEFT_INT64 && !id->nullable);
    assert_string_equal(price->server_default, expected[0]);
    assert_true(price->precision == 8 && price->scale == 2 && price->sql_type == NULL);
    if (expected[1] != NULL)
        assert_string_equal(size->sql_type, expected[1]);
    else
        assert_null(size->sql_type);
    assert_string_equal(at->server_default, expected[2]);
    assert_true(at->nullable && at->type == WEFT_TIMESTAMP);
    assert_string_equal(wefti_def_find_column(table, "code")->sql_type, "citext");
    assert_null(wefti_def_find_column(table, "none"));

    static const weft_constraint_kind kinds[] = {WEFT_CONSTRAINT_PRIMARY_KEY, WEFT_CONSTRAINT_UNIQUE, WEFT_CONSTRAINT_CHECK,
                                                 WEFT_CONSTRAINT_CHECK};
    static const char *const names[] = {"pk_shirt", "uq_shirt_code", "ck_shirt_size", "ck_shirt_1"};
    assert_int_equal(table->constraint_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(table->constraints[i].kind, kinds[i]);
        assert_string_equal(table->constraints[i].name, names[i]);
    }
    assert_ptr_equal(wefti_def_primary_key(table), &table->constraints[0]);
    assert_string_equal(table->constraints[2].expression, "size IN ('small', 'large')");
    assert_string_equal(table->constraints[3].expression, expected[3]);
    assert_int_equal(table->index_count, 1);
    assert_int_equal(table->indexes[0].part_count, 2);
    assert_true(table->indexes[0].parts[0].descending && !table->indexes[0].parts[1].descending);
    assert_string_equal(table->indexes[0].where, expected[4]);
    wefti_schema_free(schema);
    wefti_arena_deinit(&arena);
}

static void models_become_the_same_data_in_each_databases_terms(void **state)
{
    (void)state;
    expect_shirt(&wefti_dialect_postgres, (const char *const[]){"1.5", NULL, "CURRENT_TIMESTAMP", "price < 100", "price > 1"});
    expect_shirt(&wefti_dialect_sqlite, (const char *const[]){"'1.50'", "ENUM_TEXT", "strftime('%Y-%m-%d %H:%M:%f000', 'now')",
                                                              "CAST(price AS REAL) < 100", "CAST(price AS REAL) > 1"});
}

/* ---- names ---- */

#define LONG_TABLE "a_table_whose_name_is_rather_long"
#define LONG_COLUMN "and_a_column_with_a_long_name_too_"

static void made_names_fit_and_stay_different(void **state)
{
    (void)state;
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    assert_string_equal(wefti_made_name(&arena, "fk", "room", NAMES("a", "b"), 2), "fk_room_a_b");
    const char *a = wefti_made_name(&arena, "ix", LONG_TABLE, NAMES(LONG_COLUMN "a"), 1);
    const char *b = wefti_made_name(&arena, "ix", LONG_TABLE, NAMES(LONG_COLUMN "b"), 1);
    assert_int_equal(strlen(a), 63);
    assert_string_equal(a, "ix_a_table_whose_name_is_rather_long_and_a_column_with_641951e1"); /* for ever: databases have it */
    assert_string_not_equal(a, b);
    wefti_arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(tables_without_models_are_created_by_dependency_and_dropped_in_reverse),
        ON_BOTH(what_is_there_is_left_alone_and_alone_is_dropped),
        ON_POSTGRES(types_and_sequences_come_first_and_go_last),
        cmocka_unit_test(models_become_the_same_data_in_each_databases_terms),
        cmocka_unit_test(made_names_fit_and_stay_different),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
