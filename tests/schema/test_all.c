/* A definition written down by hand, without a model or a struct: created in the order of dependencies, and dropped the other way
 * round; and the definition that models make. */
#include "fixtures/catalogue.h"

#include "schema/mention.h"
#include "sql/statement.h"

#include <string.h>

#include <weft/weft.h>

#define COLUMN(name_) \
    { \
        .name = (name_), .type = WEFT_INT64 \
    }

static const char *there; /* a table that exists, or NULL: nothing is known */

static bool is_there(void *context, const wefti_def_name *table)
{
    (void)context;
    return strcmp(there, table->name) == 0;
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
    const wefti_definition definition = {
        .tables = tables, .table_count = 1, .enums = moods, .enum_count = 1, .sequences = sequences, .sequence_count = 1};
    there = "nothing";
    all_says(p, &definition, false,
             "DO $weft$ BEGIN IF to_regtype('mood') IS NULL THEN CREATE TYPE mood AS ENUM ('sad', 'glad'); END IF; END $weft$\n"
             "CREATE SEQUENCE IF NOT EXISTS counter\n"
             "CREATE TABLE day (mood mood NOT NULL, no BIGINT NOT NULL DEFAULT (nextval('counter')))\n");
    test_database_exec(&p->database, "INSERT INTO day VALUES ('glad')");
    assert_int_equal(test_database_integer(&p->database, "SELECT no FROM day"), 1);
    there = NULL;
    all_says(p, &definition, true, "DROP TABLE IF EXISTS day\nDROP SEQUENCE IF EXISTS counter\nDROP TYPE IF EXISTS mood\n");
}

/* ---- views ---- */

/* a of c of b, none in order; each has a column with the name of another view, which is no reason to wait for it. */
static void views_come_after_what_they_read_and_go_before_it(void **state)
{
    catalogue *p = *state;
    static const weft_schema_part by_id[] = {{.column = "id"}};
    const weft_schema_index index = {.name = "ix", .parts = by_id, .part_count = 1};
    const weft_relation_kind stored = p->postgres ? WEFT_RELATION_MATERIALIZED_VIEW : WEFT_RELATION_VIEW;
    const weft_schema_table tables[] = {
        {.kind = WEFT_RELATION_VIEW, .name = "a", .definition = "SELECT x.id, b FROM (seed s JOIN c x ON (s.id = x.id))"},
        {.kind = stored,
         .name = "b",
         .definition = "SELECT id, id AS c, 1 AS \"Ab\" FROM seed",
         .indexes = &index,
         .index_count = 1},
        {.kind = WEFT_RELATION_VIEW,
         .name = "c",
         .definition = "SELECT id, id AS b, c AS a FROM b WHERE id IN (SELECT id FROM \"Z\")"},
        {.kind = WEFT_RELATION_VIEW, .name = "Z", .definition = "SELECT id FROM seed"},
        {.name = "seed", .columns = leaf_columns, .column_count = 1},
    };
    wefti_definition definition = {.tables = tables, .table_count = 5};
    definition.tables = tables;
    if (!p->postgres) {
        static weft_schema_table without[5];
        memcpy(without, tables, sizeof tables);
        without[1].index_count = 0;
        definition.tables = without;
    }
    there = "nothing";
    all_says(p, &definition, false,
             p->postgres ? "CREATE TABLE seed (id BIGINT NOT NULL)\n"
                           "CREATE MATERIALIZED VIEW b AS SELECT id, id AS c, 1 AS \"Ab\" FROM seed\n"
                           "CREATE VIEW \"Z\" AS SELECT id FROM seed\n"
                           "CREATE VIEW c AS SELECT id, id AS b, c AS a FROM b WHERE id IN (SELECT id FROM \"Z\")\n"
                           "CREATE VIEW a AS SELECT x.id, b FROM (seed s JOIN c x ON (s.id = x.id))\n"
                           "CREATE INDEX ix ON b (id)\n"
                         : "CREATE TABLE seed (id INTEGER NOT NULL)\n"
                           "CREATE VIEW b AS SELECT id, id AS c, 1 AS \"Ab\" FROM seed\n"
                           "CREATE VIEW \"Z\" AS SELECT id FROM seed\n"
                           "CREATE VIEW c AS SELECT id, id AS b, c AS a FROM b WHERE id IN (SELECT id FROM \"Z\")\n"
                           "CREATE VIEW a AS SELECT x.id, b FROM (seed s JOIN c x ON (s.id = x.id))\n");
    assert_int_equal(test_database_integer(&p->database, "SELECT count(*) FROM a"), 0);
    there = NULL;
    all_says(p, &definition, true,
             p->postgres ? "DROP VIEW IF EXISTS a\nDROP VIEW IF EXISTS c\nDROP VIEW IF EXISTS \"Z\"\n"
                           "DROP MATERIALIZED VIEW IF EXISTS b\nDROP TABLE IF EXISTS seed\n"
                         : "DROP VIEW IF EXISTS a\nDROP VIEW IF EXISTS c\nDROP VIEW IF EXISTS \"Z\"\n"
                           "DROP VIEW IF EXISTS b\nDROP TABLE IF EXISTS seed\n");
}

static void mentions(const wefti_sql_rules *rules, const char *sql, const char *expected)
{
    wefti_mentions m = {.rules = rules, .at = sql};
    wefti_text found;
    wefti_text_init(&found, 0);
    while (wefti_mentions_next(&m))
        wefti_text_add_format(&found, "%s%s%s ", m.found.schema, m.found.schema[0] != '\0' ? "." : "", m.found.name);
    assert_string_equal(found.size > 0 ? found.data : "", expected);
    wefti_text_deinit(&found);
}

static void what_a_select_reads_stands_in_from(void **state)
{
    (void)state;
    const wefti_sql_rules *p = &wefti_sql_rules_postgres, *s = &wefti_sql_rules_sqlite;
    mentions(p, "SELECT 1", "");
    mentions(p, "SELECT a, b FROM One WHERE c IN (d, e) ORDER BY f, g", "one ");
    mentions(p, "SELECT a FROM s.t AS x (y, z), \"U\".\"v \"\"w\" GROUP BY h, i", "s.t U.v \"w ");
    mentions(p, "SELECT a FROM db.s.t", "s.t ");
    mentions(p, "SELECT a FROM ((t x JOIN u ON ((x.a = u.a))) LEFT JOIN ONLY v USING (a, b)), w", "t u v w ");
    mentions(p, "SELECT (SELECT max(b) FROM x), c, d FROM y UNION ALL SELECT e, f FROM z", "x y z ");
    mentions(p, "SELECT a FROM (SELECT b, c FROM deep) d, e", "deep e ");
    mentions(p, "SELECT a FROM (VALUES (b, c), (d, e)) f, LATERAL (SELECT 1 FROM g) h", "g ");
    mentions(p, "SELECT a FROM f(1, b) WITH ORDINALITY x, y", "f y ");
    mentions(p, "WITH q AS (SELECT 1 FROM one), r AS (TABLE two) SELECT 'FROM no', x FROM q, r -- FROM never", "one two q r ");
    mentions(p, "SELECT a /* FROM no */ FROM/**/t", "t ");
    mentions(p, "SELECT \"from\", a FROM t", "t ");
    mentions(s, "SELECT a FROM [my t], `b``c`, \"D\"", "my t b`c D ");
    mentions(p, "SELECT a FROM", "");
    mentions(p, "))) FROM a, (", "a ");
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
    const weft_metadata shirts = {.models = (const weft_model *const[]){&Shirt_model}, .count = 1};
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
        ON_BOTH(views_come_after_what_they_read_and_go_before_it),
        cmocka_unit_test(what_a_select_reads_stands_in_from),
        cmocka_unit_test(models_become_the_same_data_in_each_databases_terms),
        cmocka_unit_test(made_names_fit_and_stay_different),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
