/* Creating, dropping and reading schemas: the cases of a catalogue of behaviours that users of other object mappers know, one test
 * each, named by their numbers there, and what is better here than there (schema_…). Expected is what the cases say. */
#include "fixtures/catalogue.h"

#include <string.h>

#include <weft/weft.h>

/* ---- models ---- */

WEFT_DECLARE(Shop);
WEFT_DECLARE(Sale);
WEFT_DECLARE(Line);
struct Shop {
    int64_t id;
};
struct Sale {
    int64_t id, shop_id;
};
struct Line {
    int64_t id, sale_id;
};
WEFT_MODEL(Shop, "shop", WEFT_COLUMN(Shop, id, .primary_key = true));
WEFT_MODEL(Sale, "sale", WEFT_COLUMN(Sale, id, .primary_key = true), WEFT_COLUMN(Sale, shop_id, .references = "shop.id"));
WEFT_MODEL(Line, "line", WEFT_COLUMN(Line, id, .primary_key = true), WEFT_COLUMN(Line, sale_id, .references = "sale.id"));
static WEFT_METADATA(child_first, &Line_model, &Sale_model, &Shop_model);

WEFT_DECLARE(A);
WEFT_DECLARE(B);
struct A {
    int64_t id;
    weft_opt_int64 b_id;
};
struct B {
    int64_t id;
    weft_opt_int64 a_id;
};
WEFT_MODEL(A, "a", WEFT_COLUMN(A, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(A, b_id),
           WEFT_FOREIGN_KEY(A, "b_id", "b(id)", .name = "a_to_b"));
WEFT_MODEL(B, "b", WEFT_COLUMN(B, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(B, a_id),
           WEFT_FOREIGN_KEY(B, "a_id", "a(id)", .name = "b_to_a"));
static WEFT_METADATA(cycle, &A_model, &B_model);

WEFT_DECLARE(P);
WEFT_DECLARE(Q);
struct P {
    const char *code;
};
struct Q {
    int64_t id;
    const char *p_id;
    const char *n;
    int32_t pos;
};
WEFT_MODEL(P, "p", WEFT_COLUMN(P, code, .primary_key = true));
WEFT_MODEL(Q, "q", WEFT_COLUMN(Q, id, .primary_key = true), WEFT_COLUMN(Q, p_id, .references = "p.code", .index = true),
           WEFT_COLUMN(Q, n, .length = 20, .unique = true), WEFT_COLUMN(Q, pos), WEFT_CHECK(Q, "pos > 0", .name = "ck_q_pos"),
           WEFT_CHECK(Q, "pos < 100"));
static WEFT_METADATA(named, &P_model, &Q_model);

static const weft_model Second_model = {.name = "Second",
                                        .table = "shop",
                                        .size = sizeof(Shop),
                                        .attrs = (const weft_attr[]){WEFT_COLUMN(Shop, id, .primary_key = true)},
                                        .attr_count = 1};
static WEFT_METADATA(twice, &Shop_model, &Second_model);

/* ---- an engine whose statements are noted ---- */

typedef struct noting {
    weft_engine *engine;
    test_recorder *recorder;
    weft_error error;
} noting;

static noting open_noting(const catalogue *c, const weft_metadata *models)
{
    noting n = {.recorder = test_recorder_new()};
    n.engine = catalogue_engine(
        c, &(weft_engine_options){.metadata = models, .echo = true, .log = test_recorder_log, .log_context = n.recorder});
    return n;
}

static void close_noting(noting *n)
{
    weft_engine_close(n->engine);
    test_recorder_free(n->recorder);
}

static void creates(noting *n)
{
    test_recorder_clear(n->recorder);
    if (weft_create_all(n->engine, &n->error) != WEFT_OK)
        fail_msg("%s: %s", weft_status_name(n->error.status), n->error.message);
}

static void drops(noting *n)
{
    test_recorder_clear(n->recorder);
    if (weft_drop_all(n->engine, &n->error) != WEFT_OK)
        fail_msg("%s: %s", weft_status_name(n->error.status), n->error.message);
}

/* The statements that change the schema, by their beginnings: each up to the first parenthesis, a line each. */
static void sent(const noting *n, const char *expected)
{
    wefti_text said;
    wefti_text_init(&said, 0);
    wefti_text_add(&said, "");
    for (size_t i = 0; i < test_recorder_count(n->recorder); i++) {
        const char *sql = test_recorder_text(n->recorder, i);
        if (strncmp(sql, "CREATE", 6) == 0 || strncmp(sql, "DROP", 4) == 0 || strncmp(sql, "ALTER", 5) == 0)
            wefti_text_add_format(&said, "%.*s\n", (int)strcspn(sql, "("), sql);
    }
    assert_string_equal(said.data, expected);
    wefti_text_deinit(&said);
}

/* Foreign keys, as the database's own catalogue has them: "a(b_id) -> b", a line each. */
static void refers(const catalogue *c, const char *expected)
{
    shows(c,
          c->postgres ? "SELECT conrelid::regclass || '(' || attname || ') -> ' || confrelid::regclass FROM pg_constraint k JOIN "
                        "pg_attribute a ON a.attrelid = conrelid AND attnum = conkey[1] WHERE contype = 'f' AND k.connamespace = "
                        "current_schema()::regnamespace ORDER BY 1"
                      : "SELECT t.name || '(' || \"from\" || ') -> ' || \"table\" FROM sqlite_schema t, "
                        "pragma_foreign_key_list(t.name) WHERE t.type = 'table' ORDER BY 1",
          expected);
}

static void has_tables(const catalogue *c, const char *expected)
{
    shows(c,
          c->postgres ? "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
                      : "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY 1",
          expected);
}

/* ---- D: creating and dropping ---- */

static void case_D1_tables_given_child_first_are_created_by_their_keys_and_dropped_in_reverse(void **state)
{
    catalogue *c = *state;
    noting n = open_noting(c, &child_first);
    creates(&n);
    sent(&n, "CREATE TABLE shop \nCREATE TABLE sale \nCREATE TABLE line \n");
    refers(c, "line(sale_id) -> sale\nsale(shop_id) -> shop");
    drops(&n);
    sent(&n, "DROP TABLE IF EXISTS line\nDROP TABLE IF EXISTS sale\nDROP TABLE IF EXISTS shop\n");
    has_tables(c, "");
    close_noting(&n);
}

static void case_D2_a_cycle_of_named_keys_is_added_by_ALTER_and_taken_away_before_its_tables(void **state)
{
    catalogue *c = *state;
    noting n = open_noting(c, &cycle);
    creates(&n);
    sent(&n, "CREATE TABLE a \nCREATE TABLE b \nALTER TABLE a ADD CONSTRAINT a_to_b FOREIGN KEY \n"
             "ALTER TABLE b ADD CONSTRAINT b_to_a FOREIGN KEY \n");
    assert_int_equal(test_recorder_count_containing(n.recorder, "REFERENCES"), 2);
    refers(c, "a(b_id) -> b\nb(a_id) -> a");
    drops(&n);
    has_tables(c, "");
    assert_int_equal(test_recorder_count_containing(n.recorder, "DROP CONSTRAINT"), 2);
    assert_int_equal(test_recorder_count_containing(n.recorder, "DROP TABLE"), 2);
    const size_t last = test_recorder_count(n.recorder);
    assert_non_null(strstr(test_recorder_text(n.recorder, last - 1), "DROP TABLE"));
    assert_non_null(strstr(test_recorder_text(n.recorder, last - 2), "DROP TABLE"));
    close_noting(&n);
}

static void case_D4_on_SQLite_a_cycle_stands_in_the_tables_and_is_dropped_with_rows_and_no_warning(void **state)
{
    catalogue *c = *state;
    noting n = open_noting(c, &cycle);
    creates(&n);
    sent(&n, "CREATE TABLE a \nCREATE TABLE b \n");
    assert_int_equal(test_recorder_count_containing(n.recorder, "REFERENCES"), 2);
    refers(c, "a(b_id) -> b\nb(a_id) -> a");
    test_database_exec(&c->database, "INSERT INTO a VALUES (1, NULL)");
    test_database_exec(&c->database, "INSERT INTO b VALUES (1, 1)");
    test_database_exec(&c->database, "UPDATE a SET b_id = 1");
    drops(&n);
    has_tables(c, "");
    assert_int_equal(test_recorder_messages(n.recorder, WEFT_LOG_GENERAL, ""), 0);
    close_noting(&n);
}

static void case_D5_what_was_created_on_one_database_is_whole_on_the_other(void **state)
{
    catalogue *c = *state, other = *c;
    test_database_open(&other.database, c->postgres ? TEST_SQLITE : TEST_POSTGRES);
    other.postgres = !c->postgres;
    noting here = open_noting(c, &cycle), there = open_noting(&other, &cycle);
    creates(&here);
    creates(&there);
    refers(c, "a(b_id) -> b\nb(a_id) -> a");
    refers(&other, "a(b_id) -> b\nb(a_id) -> a");
    drops(&here);
    drops(&there);
    has_tables(c, "");
    has_tables(&other, "");
    close_noting(&here);
    close_noting(&there);
    test_database_drop(&other.database);
}

static const char *constraint_name(const weft_schema_table *table, weft_constraint_kind kind, const char *part)
{
    for (size_t i = 0; i < table->constraint_count; i++) {
        const weft_schema_constraint *k = &table->constraints[i];
        if (k->kind == kind && (part == NULL || strstr(k->expression, part) != NULL))
            return k->name;
    }
    return NULL;
}

/* The convention is fixed, and the same on both databases; whoever wants another name gives it (.name). */
static void case_D6_keys_constraints_and_indexes_have_names_by_a_rule(void **state)
{
    catalogue *c = *state;
    noting n = open_noting(c, &named);
    creates(&n);
    weft_schema *schema = catalogue_reflect(n.engine);
    const weft_schema_table *q = weft_schema_find_table(schema, NULL, "q");
    assert_non_null(q);
    assert_string_equal(constraint_name(weft_schema_find_table(schema, NULL, "p"), WEFT_CONSTRAINT_PRIMARY_KEY, NULL), "pk_p");
    if (c->postgres) /* on SQLite the number of the row: INTEGER PRIMARY KEY */
        assert_string_equal(constraint_name(q, WEFT_CONSTRAINT_PRIMARY_KEY, NULL), "pk_q");
    assert_string_equal(constraint_name(q, WEFT_CONSTRAINT_FOREIGN_KEY, NULL), "fk_q_p_id");
    assert_string_equal(constraint_name(q, WEFT_CONSTRAINT_UNIQUE, NULL), "uq_q_n");
    assert_string_equal(constraint_name(q, WEFT_CONSTRAINT_CHECK, "> 0"), "ck_q_pos");
    assert_string_equal(constraint_name(q, WEFT_CONSTRAINT_CHECK, "< 100"), "ck_q_2"); /* the second one of the model */
    assert_int_equal(q->index_count, 1);
    assert_string_equal(q->indexes[0].name, "ix_q_p_id");
    weft_schema_free(schema);
    close_noting(&n);
}

static void case_D8_two_models_of_one_table_are_refused_and_the_way_out_is_named(void **state)
{
    catalogue *c = *state;
    weft_error error = {0};
    weft_engine *engine = NULL;
    assert_int_equal(weft_engine_open(&engine, c->database.url, &(weft_engine_options){.metadata = &twice}, &error),
                     WEFT_ERROR_MODEL);
    assert_null(engine);
    if (strstr(error.message, "Shop") == NULL || strstr(error.message, "Second") == NULL ||
        (strstr(error.message, ".view_of") == NULL && strstr(error.hint, ".view_of") == NULL))
        fail_msg("%s (%s)", error.message, error.hint);
}

/* ---- D: reading ---- */

static void case_D9_a_table_that_is_missing_is_found_missing(void **state)
{
    catalogue *c = *state;
    noting n = open_noting(c, &child_first);
    weft_schema *schema = catalogue_reflect(n.engine);
    size_t count = 1;
    (void)weft_schema_tables(schema, &count);
    assert_int_equal(count, 0);
    assert_null(weft_schema_find_table(schema, NULL, "shop"));
    assert_null(weft_schema_find_table(schema, "nowhere", "shop"));
    weft_schema_free(schema);
    weft_status status = weft_reflect(&schema, n.engine, &(weft_reflect_options){.schemas = NAMES("nowhere")}, &n.error);
    assert_int_equal(status, WEFT_ERROR_NOT_FOUND);
    assert_null(schema);
    assert_non_null(strstr(n.error.message, "nowhere"));
    weft_difference *differences = NULL;
    assert_int_equal(weft_engine_check(n.engine, &differences, &count, &n.error), WEFT_OK);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++)
        assert_true(differences[i].kind == WEFT_DIFFERENCE_MISSING && differences[i].fatal);
    weft_free(differences);
    weft_connection *connection = NULL;
    assert_int_equal(weft_engine_connect(n.engine, &connection, NULL, &n.error), WEFT_OK);
    assert_int_equal(weft_execute_text(connection, "DELETE FROM shop", NULL, &n.error), WEFT_ERROR_NO_TABLE);
    weft_connection_close(connection);
    close_noting(&n);
}

static bool only_child(void *user, const char *schema, const char *table)
{
    (void)user, (void)schema;
    return strcmp(table, "child") == 0;
}

static void case_D10_a_child_is_read_with_its_parent_and_a_key_in_its_own_order(void **state)
{
    catalogue *c = *state;
    test_database_exec(&c->database, "CREATE TABLE parent (id integer PRIMARY KEY)");
    test_database_exec(&c->database, "CREATE TABLE child (a integer NOT NULL, b integer NOT NULL, parent_id integer REFERENCES "
                                     "parent (id), PRIMARY KEY (b, a))");
    weft_engine *engine = catalogue_engine(c, NULL);
    weft_error error = {0};
    for (int alone = 0; alone < 2; alone++) {
        weft_schema *schema = NULL;
        const weft_reflect_options options = {.include = alone ? only_child : NULL};
        assert_int_equal(weft_reflect(&schema, engine, &options, &error), WEFT_OK);
        const weft_schema_table *child = weft_schema_find_table(schema, NULL, "child");
        assert_non_null(child);
        assert_int_equal(weft_schema_find_table(schema, NULL, "parent") == NULL, alone);
        assert_int_equal(child->constraint_count, 2);
        assert_int_equal(child->constraints[0].kind, WEFT_CONSTRAINT_PRIMARY_KEY);
        assert_string_equal(child->constraints[0].columns[0], "b");
        assert_string_equal(child->constraints[0].columns[1], "a");
        assert_null(child->constraints[0].columns[2]);
        assert_string_equal(child->columns[0].name, "a");
        assert_string_equal(child->constraints[1].target_table, "parent");
        assert_string_equal(child->constraints[1].columns[0], "parent_id");
        weft_schema_free(schema);
    }
    weft_engine_close(engine);
}

/* ---- what is better ---- */

/* Made by somebody else, the keys of a cycle have other names: the database's. */
static void schema_a_cycle_whose_keys_have_other_names_is_dropped(void **state)
{
    catalogue *c = *state;
    noting n = open_noting(c, &cycle);
    test_database_exec(&c->database, "CREATE TABLE a (id bigint PRIMARY KEY, b_id bigint)");
    test_database_exec(&c->database, "CREATE TABLE b (id bigint PRIMARY KEY, a_id bigint REFERENCES a (id))");
    if (c->postgres) {
        test_database_exec(&c->database, "ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b (id)");
    } else {
        test_database_exec(&c->database, "DROP TABLE a");
        test_database_exec(&c->database, "CREATE TABLE a (id bigint PRIMARY KEY, b_id bigint REFERENCES b (id))");
    }
    test_database_exec(&c->database, "INSERT INTO a VALUES (1, NULL)");
    test_database_exec(&c->database, "INSERT INTO b VALUES (1, 1)");
    test_database_exec(&c->database, "UPDATE a SET b_id = 1");
    refers(c, "a(b_id) -> b\nb(a_id) -> a");
    drops(&n);
    has_tables(c, "");
    close_noting(&n);
}

#define LONG "a_column_whose_name_takes_nearly_all_the_room_there_is_"
static const weft_schema_column long_columns[] = {{.name = LONG "1", .type = WEFT_INT64}, {.name = LONG "2", .type = WEFT_INT64}};
static const weft_schema_constraint long_constraints[] = {
    {.kind = WEFT_CONSTRAINT_UNIQUE, .columns = NAMES(LONG "1")},
    {.kind = WEFT_CONSTRAINT_UNIQUE, .columns = NAMES(LONG "2")},
    {.kind = WEFT_CONSTRAINT_UNIQUE, .columns = NAMES(LONG "1", LONG "2")},
};
static const weft_schema_table long_table = {
    .name = "long", .columns = long_columns, .column_count = 2, .constraints = long_constraints, .constraint_count = 3};

static void schema_names_that_are_too_long_are_cut_and_stay_apart(void **state)
{
    catalogue *c = *state;
    weft_engine *engine = catalogue_engine(c, NULL);
    weft_error error = {0};
    weft_ops *ops = weft_ops_new();
    weft_ops_create_table(ops, &long_table);
    assert_int_equal(catalogue_apply(engine, ops, &error), WEFT_OK);
    weft_ops_free(ops);
    weft_schema *schema = catalogue_reflect(engine);
    const weft_schema_table *table = weft_schema_find_table(schema, NULL, "long");
    assert_int_equal(table->constraint_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_in_range(strlen(table->constraints[i].name), 1, 63); /* what PostgreSQL keeps of a name */
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(table->constraints[i].name, table->constraints[k].name);
    }
    weft_schema_free(schema);
    weft_engine_close(engine);
}

/* The names of constraints, descending parts of an index, and a key that takes no NULL. */
static void schema_what_SQLite_says_only_in_its_text_is_read(void **state)
{
    catalogue *c = *state;
    test_database_exec(&c->database, "CREATE TABLE room (id INTEGER PRIMARY KEY, name TEXT, floor INTEGER, CONSTRAINT named UNIQUE "
                                     "(name, floor), CONSTRAINT high CHECK (floor < 90))");
    test_database_exec(&c->database, "CREATE INDEX ix ON room (floor DESC, name)");
    weft_engine *engine = catalogue_engine(c, NULL);
    weft_schema *schema = catalogue_reflect(engine);
    const weft_schema_table *room = weft_schema_find_table(schema, NULL, "room");
    assert_false(weft_schema_find_column(room, "id")->nullable);
    assert_true(weft_schema_find_column(room, "name")->nullable);
    assert_string_equal(constraint_name(room, WEFT_CONSTRAINT_UNIQUE, NULL), "named");
    assert_string_equal(constraint_name(room, WEFT_CONSTRAINT_CHECK, "90"), "high");
    assert_int_equal(room->index_count, 1);
    assert_true(room->indexes[0].parts[0].descending);
    assert_false(room->indexes[0].parts[1].descending);
    weft_schema_free(schema);
    weft_engine_close(engine);
}

/* The models are constant: creating and dropping again and again says the same each time. */
static void schema_creating_writes_nothing_to_the_models(void **state)
{
    catalogue *c = *state;
    noting n = open_noting(c, &cycle);
    wefti_text first;
    wefti_text_init(&first, 0);
    for (int round = 0; round < 3; round++) {
        wefti_text said;
        wefti_text_init(&said, 0);
        creates(&n);
        for (size_t i = 0; i < test_recorder_count(n.recorder); i++)
            wefti_text_add_format(round == 0 ? &first : &said, "%s\n", test_recorder_text(n.recorder, i));
        if (round > 0)
            assert_string_equal(said.data, first.data);
        wefti_text_deinit(&said);
        drops(&n);
    }
    wefti_text_deinit(&first);
    close_noting(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(case_D1_tables_given_child_first_are_created_by_their_keys_and_dropped_in_reverse),
        ON_POSTGRES(case_D2_a_cycle_of_named_keys_is_added_by_ALTER_and_taken_away_before_its_tables),
        ON_SQLITE(case_D4_on_SQLite_a_cycle_stands_in_the_tables_and_is_dropped_with_rows_and_no_warning),
        ON_BOTH(case_D5_what_was_created_on_one_database_is_whole_on_the_other),
        ON_BOTH(case_D6_keys_constraints_and_indexes_have_names_by_a_rule),
        ON_BOTH(case_D8_two_models_of_one_table_are_refused_and_the_way_out_is_named),
        ON_BOTH(case_D9_a_table_that_is_missing_is_found_missing),
        ON_BOTH(case_D10_a_child_is_read_with_its_parent_and_a_key_in_its_own_order),
        ON_BOTH(schema_a_cycle_whose_keys_have_other_names_is_dropped),
        ON_BOTH(schema_names_that_are_too_long_are_cut_and_stay_apart),
        ON_SQLITE(schema_what_SQLite_says_only_in_its_text_is_read),
        ON_BOTH(schema_creating_writes_nothing_to_the_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
