/* Comparing texts as the database reads them: what a program spells otherwise than PostgreSQL keeps it is no difference, what means
 * something else is one, and nothing of the asking stays or waits. */
#include "fixtures/catalogue.h"

#include "base/memory.h"
#include "engine/schemas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

#define RUN(...) run(p, (const char *const[]){__VA_ARGS__, NULL})

static void run(const catalogue *p, const char *const *statements)
{
    for (; *statements != NULL; statements++)
        test_database_exec(&p->database, *statements);
}

static weft_schema *reflect(weft_engine *engine)
{
    weft_error error = {0};
    weft_schema *schema = NULL;
    if (weft_reflect(&schema, engine, NULL, &error) != WEFT_OK)
        fail_msg("%s: %s", weft_status_name(error.status), error.message);
    return schema;
}

static weft_schema *schema_of(const catalogue *p, const wefti_definition *definition)
{
    weft_error error = {0};
    weft_schema *made = wefti_new_schema(p->ddl, &error);
    assert_non_null(made);
    made->definition = *definition;
    return made;
}

static weft_schema *schema_of_table(const catalogue *p, const weft_schema_table *table)
{
    return schema_of(p, &(wefti_definition){.tables = table, .table_count = 1});
}

static weft_ops *compare_on(weft_engine *engine, const weft_schema *wanted, const weft_schema *found)
{
    weft_error error = {0};
    weft_ops *ops = NULL;
    if (weft_schema_compare_on(engine, wanted, found, NULL, &ops, &error) != WEFT_OK)
        fail_msg("%s: %s", weft_status_name(error.status), error.message);
    return ops;
}

/* Ends the schemas and the list. */
static void expect(weft_engine *engine, weft_schema *wanted, bool same, const char *what)
{
    char text[300];
    weft_schema *found = reflect(engine);
    weft_ops *ops = compare_on(engine, wanted, found);
    assert_null(weft_ops_note(ops));
    if ((weft_ops_count(ops) == 0) != same) {
        for (size_t i = 0; i < weft_ops_count(ops); i++) {
            weft_ops_describe(ops, i, text, sizeof text);
            print_error("  %s\n", text);
        }
        for (size_t t = 0; t < found->definition.table_count; t++)
            for (size_t i = 0; i < found->definition.tables[t].constraint_count; i++)
                if (found->definition.tables[t].constraints[i].expression != NULL)
                    print_error("  found: %s\n", found->definition.tables[t].constraints[i].expression);
        fail_msg("%s: %s", what, same ? "a difference" : "no difference");
    }
    weft_ops_free(ops);
    weft_schema_free(found);
    weft_schema_free(wanted);
}

static void make(weft_engine *engine, const catalogue *p, const wefti_definition *definition, const char *what)
{
    weft_error error = {0};
    weft_ops *ops = NULL;
    weft_schema *wanted = schema_of(p, definition), *found = reflect(engine);
    assert_int_equal(weft_schema_compare(wanted, found, NULL, &ops, &error), WEFT_OK);
    if (catalogue_apply(engine, ops, &error) != WEFT_OK)
        fail_msg("%s: %s: %s", what, weft_status_name(error.status), error.message);
    weft_ops_free(ops);
    weft_schema_free(found);
    weft_schema_free(wanted);
}

/* ---- spellings that mean the same, and ones that do not ---- */

static const weft_schema_column columns[] = {
    {.name = "n", .type = WEFT_INT64},
    {.name = "i", .type = WEFT_INT32},
    {.name = "price", .type = WEFT_DECIMAL, .precision = 10, .scale = 2},
    {.name = "t", .type = WEFT_TEXT, .nullable = true},
    {.name = "status", .type = WEFT_TEXT, .length = 20},
    {.name = "since", .type = WEFT_TIMESTAMP, .nullable = true},
    {.name = "on", .type = WEFT_BOOL},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

typedef struct spelling {
    const char *made, *wanted;
    bool differs;
    int of; /* of a default: the column */
} spelling;

static const spelling conditions_postgres[] = {
    {"price > 0", "price>0", false, 0},
    {"price > 0", "((price > (0)::numeric))", false, 0},
    {"status in ('a','b')", "status IN ('a', 'b')", false, 0},
    {"status in ('a','b')", "status = ANY (ARRAY['a','b'])", false, 0},
    {"status in ('a','b')", "\"status\"::text = ANY (ARRAY['a'::text,'b'::text])", false, 0},
    {"status in ('a','b')", "status in ('a','c')", true, 0},
    {"status in ('a','b')", "status in ('a','b','c')", true, 0},
    {"t in ('a','b')", "T in (E'a', 'b' )", false, 0},
    {"n between 1 and 5", "n >= 1 AND n <= 5", false, 0},
    {"n between 1 and 5", "n >= 1 AND n < 5", true, 0},
    {"n != 3", "n<>3", false, 0},
    {"n > -5", "n > (-5)", false, 0},
    {"lower(t) like 'a%'", "LOWER(t) ~~ 'a%'", false, 0},
    {"not \"on\"", "NOT (\"on\")", false, 0},
    {"length(t) > 3 or t is null", "char_length(t) > 3 OR t IS NULL", true, 0},
    {"coalesce(t, '') <> ''", "COALESCE( t,'' ) != ''", false, 0},
    {"since > timestamptz '2020-01-01 00:00:00+00'", "since > CAST('2020-01-01T00:00Z' AS timestamptz)", false, 0},
    {"since > timestamptz '2020-01-01 00:00:00+00'", "since > '2020-01-01 01:00+00'", true, 0},
    {"price > 1.0", "price > 1", true, 0}, /* PostgreSQL keeps them apart */
    {"t <> 'it''s'", "t <> $$it's$$", false, 0},
    {"n % 2 = 0 AND i > 0", "(n%2)=0 and (i>0)", false, 0},
    {"position('x' in t) = 1", "POSITION('x' IN t)=1", false, 0},
    {"case when n > 1 then i > 0 else true end", "CASE WHEN n>1 THEN i>0 ELSE 't'::boolean END", false, 0},
};

static const spelling conditions_sqlite[] = {
    {"price > 0", "price>0", false, 0},
    {"status in ('a','b')", "[status] IN ( 'a', 'b' )", false, 0},
    {"status in ('a','b')", "status in ('a','c')", true, 0},
    {"n <> 3", "(n)!=3", false, 0},
    {"n = 3", "`n`==3", false, 0},
    {"n = 16", "n = 0x10", false, 0},
    {"lower(t) like 'a%'", "LOWER(\"t\") LIKE 'a%'", false, 0},
    {"t <> x'00ff'", "t <> x'00fe'", true, 0},
    {"t <> x'00ff'", "t <> X'00FF'", false, 0},
    {"n > 12345678901234567", "n > 12345678901234568", true, 0},
    {"price > 0.12345678901234561", "price > 0.12345678901234562", true, 0},
    {"\"on\" = 1", "\"on\" = true", false, 0},
    {"n > 0 and i > 0", "n > 0 or i > 0", true, 0},
    {"t collate nocase = 'a'", "t = 'a'", true, 0},
};

static void conditions_are_compared_as_the_database_reads_them(void **state)
{
    catalogue *p = *state;
    weft_engine *engine = catalogue_engine(p, NULL);
    const spelling *all = p->postgres ? conditions_postgres : conditions_sqlite;
    const size_t count = p->postgres ? sizeof conditions_postgres / sizeof *all : sizeof conditions_sqlite / sizeof *all;
    for (size_t i = 0; i < count; i++) {
        weft_schema_constraint checks[] = {{.kind = WEFT_CONSTRAINT_CHECK, .name = "ck", .expression = all[i].made}};
        static const weft_schema_part n[] = {{.column = "n"}};
        weft_schema_index indexes[] = {{.name = "ix", .parts = n, .part_count = 1, .where = all[i].made}};
        weft_schema_table table = {.name = "room",
                                   .columns = columns,
                                   .column_count = COLUMNS,
                                   .constraints = checks,
                                   .constraint_count = 1,
                                   .indexes = indexes,
                                   .index_count = 1};
        make(engine, p, &(wefti_definition){.tables = &table, .table_count = 1}, all[i].made);
        indexes[0].where = all[i].wanted;
        expect(engine, schema_of_table(p, &table), !all[i].differs, all[i].wanted);
        indexes[0].where = all[i].made;
        checks[0].expression = all[i].wanted;
        checks[0].name = "ck_other"; /* a name that a rename has left */
        expect(engine, schema_of_table(p, &table), !all[i].differs, all[i].wanted);
        make(engine, p, &(wefti_definition){0}, "nothing");
    }
    weft_engine_close(engine);
}

static const spelling defaults_postgres[] = {
    {"1", "1", false, 0},
    {"1", "'1'", false, 0},
    {"-5", "'-5'::bigint", false, 0},
    {"1", "2", true, 0},
    {"1", "'1'::int", false, 1},
    {"0", "(0)", false, 2},
    {"0", "0::numeric", true, 2},
    {"1.50", "1.5", true, 2}, /* PostgreSQL keeps them apart */
    {"'x'", "'x'::text", false, 3},
    {"'x'", "CAST('x' AS text)", false, 3},
    {"'x'", "'y'", true, 3},
    {"'CURRENT_USER'", "CURRENT_USER", true, 3},
    {"'x'", "'x'::varchar", false, 4},
    {"'x'::text", "'x'", false, 4},
    {"now()", "NOW ( )", false, 5},
    {"now()", "pg_catalog.now()", false, 5},
    {"CURRENT_TIMESTAMP", "current_timestamp", false, 5},
    {"'2020-01-01'", "'2020-01-01 00:00'", false, 5},
    {"true", "'t'", false, 6},
    {"true", "TRUE", false, 6},
    {"true", "false", true, 6},
    {"(1 + 2) * 3", "(1+2)*3", false, 0},
};
static const spelling defaults_sqlite[] = {
    {"1", "(1)", false, 0},
    {"'x'", "( 'x' )", false, 3},
    {"'x'", "'y'", true, 3},
    {"CURRENT_TIMESTAMP", "current_timestamp", false, 5},
    {"(1 + 2) * 3", "(1+2)*3", false, 0},
    {"lower('X')", "LOWER( 'X' )", false, 3},
};

static void defaults_are_compared_as_the_database_reads_them(void **state)
{
    catalogue *p = *state;
    weft_engine *engine = catalogue_engine(p, NULL);
    const spelling *all = p->postgres ? defaults_postgres : defaults_sqlite;
    const size_t count = p->postgres ? sizeof defaults_postgres / sizeof *all : sizeof defaults_sqlite / sizeof *all;
    for (size_t i = 0; i < count; i++) {
        weft_schema_column given[COLUMNS];
        memcpy(given, columns, sizeof columns);
        given[all[i].of].server_default = all[i].made;
        const weft_schema_table table = {.name = "room", .columns = given, .column_count = COLUMNS};
        make(engine, p, &(wefti_definition){.tables = &table, .table_count = 1}, all[i].made);
        given[all[i].of].server_default = all[i].wanted;
        expect(engine, schema_of_table(p, &table), !all[i].differs, all[i].wanted);
        make(engine, p, &(wefti_definition){0}, "nothing");
    }
    weft_engine_close(engine);
}

/* ---- what else is text ---- */

static const weft_schema_column room_columns[] = {{.name = "id", .type = WEFT_INT64, .identity = true},
                                                  {.name = "n", .type = WEFT_INT64, .nullable = true},
                                                  {.name = "t", .type = WEFT_TEXT, .nullable = true},
                                                  {.name = "v", .type = WEFT_TEXT, .length = 9, .nullable = true}};
static const weft_schema_constraint room_key[] = {{.kind = WEFT_CONSTRAINT_PRIMARY_KEY, .name = "pk_room", .columns = NAMES("id")}};

static void computed_columns_and_expressions_of_indexes(void **state)
{
    catalogue *p = *state;
    weft_engine *engine = catalogue_engine(p, NULL);
    static const spelling computed[] = {{"n * 2", "n*2", false, 0}, {"n * 2", "((n)*(2))", false, 0}, {"n * 2", "n * 3", true, 0}};
    static const spelling parts[] = {{"lower(t)", "LOWER( t )", false, 0},
                                     {"lower(t)", "upper(t)", true, 0},
                                     {"n + 1", "(n+1)", false, 0},
                                     {"n + 1", "n + 2", true, 0}};
    for (size_t i = 0; i < 3; i++) {
        weft_schema_column given[5];
        memcpy(given, room_columns, sizeof room_columns);
        given[4] = (weft_schema_column){
            .name = "g", .type = WEFT_INT64, .nullable = true, .generated = computed[i].made, .stored = p->postgres};
        const weft_schema_table table = {
            .name = "room", .columns = given, .column_count = 5, .constraints = room_key, .constraint_count = 1};
        make(engine, p, &(wefti_definition){.tables = &table, .table_count = 1}, computed[i].made);
        given[4].generated = computed[i].wanted;
        expect(engine, schema_of_table(p, &table), !computed[i].differs, computed[i].wanted);
        make(engine, p, &(wefti_definition){0}, "nothing");
    }
    for (size_t i = 0; i < 4; i++) {
        weft_schema_part part[] = {{.expression = parts[i].made, .descending = true}, {.expression = "n"}};
        const weft_schema_index index[] = {{.name = "ix", .parts = part, .part_count = 2}};
        const weft_schema_table table = {.name = "room",
                                         .columns = room_columns,
                                         .column_count = 4,
                                         .constraints = room_key,
                                         .constraint_count = 1,
                                         .indexes = index,
                                         .index_count = 1};
        make(engine, p, &(wefti_definition){.tables = &table, .table_count = 1}, parts[i].made);
        part[0].expression = parts[i].wanted;
        part[1].expression = "( \"n\" )"; /* a column, whatever is around it */
        expect(engine, schema_of_table(p, &table), !parts[i].differs, parts[i].wanted);
        make(engine, p, &(wefti_definition){0}, "nothing");
    }
    weft_engine_close(engine);
}

static void views_are_what_they_read(void **state)
{
    catalogue *p = *state;
    weft_engine *engine = catalogue_engine(p, NULL);
    static const spelling selects[] = {
        {"SELECT id, n FROM room WHERE n > 0", "select room.id, room.n from room where n>0", false, 0},
        {"SELECT r.id, count(*) AS c FROM room r GROUP BY r.id", "SELECT r.id,COUNT(*) c FROM room AS r GROUP BY r.id", false, 0},
        {"SELECT id, n FROM room", "SELECT id, n AS m FROM room", true, 0},
        {"SELECT id, n FROM room", "SELECT id, n FROM room WHERE n > 0", true, 0},
        {"WITH x AS (SELECT id FROM room) SELECT id FROM x", "with X as (select id from room) select id from x", false, 0}};
    for (size_t i = 0; i < sizeof selects / sizeof selects[0]; i++) {
        weft_schema_table tables[] = {
            {.kind = WEFT_RELATION_VIEW, .name = "again", .definition = "SELECT id FROM seen"},
            {.name = "room", .columns = room_columns, .column_count = 4, .constraints = room_key, .constraint_count = 1},
            {.kind = WEFT_RELATION_VIEW, .name = "seen", .definition = selects[i].made}};
        const wefti_definition definition = {.tables = tables, .table_count = 3};
        make(engine, p, &definition, selects[i].made);
        tables[0].definition = "select seen.id from seen";
        tables[2].definition = selects[i].wanted;
        expect(engine, schema_of(p, &definition), !selects[i].differs, selects[i].wanted);
        make(engine, p, &(wefti_definition){0}, "nothing");
    }
    weft_engine_close(engine);
}

static void types_and_exclusions_have_many_names(void **state)
{
    catalogue *p = *state;
    weft_engine *engine = catalogue_engine(p, NULL);
    RUN("CREATE TYPE mood AS ENUM ('sad', 'it''s')",
        "CREATE TABLE room (id bigint NOT NULL, a int4, b varchar(7), c timestamptz, d numeric(8, 2), e int8range, f text[], "
        "m mood DEFAULT 'sad', CHECK (m <> 'it''s'), EXCLUDE USING gist (e WITH &&) WHERE (id > 0))");
    static const char *const moods[] = {"sad", "it's", NULL};
    weft_schema_column given[] = {{.name = "id", .sql_type = "int8"},
                                  {.name = "a", .sql_type = "integer", .nullable = true},
                                  {.name = "b", .sql_type = "character varying(7)", .nullable = true},
                                  {.name = "c", .sql_type = "timestamp with time zone", .nullable = true},
                                  {.name = "d", .sql_type = "decimal(8,2)", .nullable = true},
                                  {.name = "e", .sql_type = "INT8RANGE", .nullable = true},
                                  {.name = "f", .sql_type = "text ARRAY", .nullable = true},
                                  {.name = "m", .enum_type = "mood", .nullable = true, .server_default = "'sad'"}};
    weft_schema_constraint constraints[] = {{.kind = WEFT_CONSTRAINT_CHECK, .name = "room_m_check", .expression = "m != 'it''s'"},
                                            {.kind = WEFT_CONSTRAINT_EXCLUDE,
                                             .name = "room_e_excl",
                                             .expression = "using GIST (e with &&) where (id>0)"}};
    const weft_schema_table table = {
        .name = "room", .columns = given, .column_count = 8, .constraints = constraints, .constraint_count = 2};
    const weft_schema_enum type = {.name = "mood", .values = moods};
    const wefti_definition definition = {.tables = &table, .table_count = 1, .enums = &type, .enum_count = 1};
    expect(engine, schema_of(p, &definition), true, "names of types");
    given[2].sql_type = "character varying(8)";
    expect(engine, schema_of(p, &definition), false, "a longer text");
    given[2].sql_type = "varchar(7)";
    constraints[1].expression = "using GIST (e with &&) where (id>1)";
    expect(engine, schema_of(p, &definition), false, "another exclusion");
    constraints[1].expression = "using GIST (e with &&) where (id>0)";
    constraints[0].expression = "m <> 'sad'";
    expect(engine, schema_of(p, &definition), false, "another value of an enum");
    weft_engine_close(engine);
}

/* ---- history ---- */

/* What pg_dump writes is what the catalogue says, which PostgreSQL reads into something else. */
static void a_schema_that_was_dumped_and_restored_is_the_same(void **state)
{
    catalogue *p = *state;
    weft_engine *engine = catalogue_engine(p, NULL);
    const weft_schema_constraint checks[] = {{.kind = WEFT_CONSTRAINT_CHECK, .name = "ck_a", .expression = "v in ('a', 'b')"},
                                             {.kind = WEFT_CONSTRAINT_CHECK,
                                              .name = "ck_b",
                                              .expression = "v not in ('c', 'd') or t in ('x', 'y')"}};
    static const weft_schema_part n[] = {{.column = "n"}};
    const weft_schema_index indexes[] = {{.name = "ix", .parts = n, .part_count = 1, .where = "v IN ('a', 'b')"}};
    const weft_schema_table table = {.name = "room",
                                     .columns = room_columns + 1,
                                     .column_count = 3,
                                     .constraints = checks,
                                     .constraint_count = 2,
                                     .indexes = indexes,
                                     .index_count = 1};
    const wefti_definition definition = {.tables = &table, .table_count = 1};
    make(engine, p, &definition, "made");
    for (int round = 0; round < 3; round++) {
        weft_schema *there = reflect(engine);
        make(engine, p, &(wefti_definition){0}, "dropped");
        make(engine, p, &there->definition, "restored");
        expect(engine, schema_of(p, &definition), true, "after a restore");
        weft_schema_free(there);
    }
    weft_engine_close(engine);
}

static void tables_that_were_renamed_and_columns_that_were_altered_are_the_same(void **state)
{
    catalogue *p = *state;
    weft_engine *engine = catalogue_engine(p, NULL);
    RUN("CREATE TABLE hall (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, number bigint CHECK (number > 0), "
        "t varchar(9) DEFAULT 'x' CHECK (t IN ('x', 'y')), v varchar(9) CHECK (v <> 'x'))",
        "CREATE INDEX ON hall (lower(t)) WHERE number > 3", "ALTER TABLE hall RENAME TO room",
        "ALTER TABLE room RENAME COLUMN number TO n", "ALTER TABLE room ALTER COLUMN t TYPE text");
    weft_schema_column given[4];
    memcpy(given, room_columns, sizeof room_columns);
    given[2].server_default = "'x'";
    const weft_schema_constraint constraints[] = {room_key[0],
                                                  {.kind = WEFT_CONSTRAINT_CHECK, .name = "ck_room_n", .expression = "n>0"},
                                                  {.kind = WEFT_CONSTRAINT_CHECK,
                                                   .name = "ck_room_t",
                                                   .expression = "t in ('x','y')"},
                                                  {.kind = WEFT_CONSTRAINT_CHECK, .name = "ck_room_v", .expression = "v != 'x'"}};
    static const weft_schema_part parts[] = {{.expression = "lower(t)"}};
    const weft_schema_index index[] = {{.name = "ix_room_t", .parts = parts, .part_count = 1, .where = "n>3"}};
    const weft_schema_table table = {.name = "room",
                                     .columns = given,
                                     .column_count = 4,
                                     .constraints = constraints,
                                     .constraint_count = 4,
                                     .indexes = index,
                                     .index_count = 1};
    expect(engine, schema_of_table(p, &table), true, "renamed and altered");
    given[2].server_default = "'y'";
    expect(engine, schema_of_table(p, &table), false, "another default");
    weft_engine_close(engine);
}

/* ---- what it costs others ---- */

static void nobody_is_locked_and_nothing_stays(void **state)
{
    catalogue *p = *state;
    test_recorder *recorder = test_recorder_new();
    weft_engine *engine =
        catalogue_engine(p, &(weft_engine_options){.log = test_recorder_log, .log_context = recorder, .log_level = WEFT_LOG_INFO});
    weft_error error = {0};
    weft_connection *other = NULL;
    RUN("CREATE TABLE room (id bigint PRIMARY KEY, n bigint CHECK (n > 0), t text, v varchar(9))",
        "CREATE TABLE far (id bigint PRIMARY KEY REFERENCES room (id), n bigint DEFAULT 3)",
        "CREATE VIEW seen AS SELECT room.id FROM room JOIN far ON far.id = room.id WHERE room.n > 0");
    static const weft_schema_column far_columns[] = {{.name = "id", .type = WEFT_INT64},
                                                     {.name = "n", .type = WEFT_INT64, .nullable = true, .server_default = "'3'"}};
    const weft_schema_constraint far_keys[] = {
        {.kind = WEFT_CONSTRAINT_PRIMARY_KEY, .columns = NAMES("id")},
        {.kind = WEFT_CONSTRAINT_FOREIGN_KEY, .columns = NAMES("id"), .target_table = "room", .target_columns = NAMES("id")}};
    weft_schema_column plain[4];
    memcpy(plain, room_columns, sizeof room_columns);
    plain[0].identity = false;
    const weft_schema_constraint checks[] = {{.kind = WEFT_CONSTRAINT_PRIMARY_KEY, .columns = NAMES("id")},
                                             {.kind = WEFT_CONSTRAINT_CHECK, .name = "ck", .expression = "n>0"}};
    const weft_schema_table tables[] = {
        {.name = "far", .columns = far_columns, .column_count = 2, .constraints = far_keys, .constraint_count = 2},
        {.name = "room", .columns = plain, .column_count = 4, .constraints = checks, .constraint_count = 2},
        {.kind = WEFT_RELATION_VIEW,
         .name = "seen",
         .definition = "SELECT r.id FROM room r, far WHERE far.id = r.id AND r.n>0"}}; /* is another to PostgreSQL */
    const wefti_definition definition = {.tables = tables, .table_count = 3};
    weft_schema *wanted = schema_of(p, &definition), *found = reflect(engine);
    static const char catalogue_size[] = "SELECT (SELECT count(*) FROM pg_namespace) + (SELECT count(*) FROM pg_class) + "
                                         "(SELECT count(*) FROM pg_type) + (SELECT count(*) FROM pg_constraint)";
    const int64_t before = test_database_integer(&p->database, catalogue_size);
    assert_int_equal(weft_engine_connect(engine, &other, NULL, &error), WEFT_OK);
    assert_int_equal(weft_execute_text(other, "LOCK TABLE room, far, seen IN ACCESS EXCLUSIVE MODE", NULL, &error), WEFT_OK);
    test_recorder_clear(recorder);
    weft_ops *ops = compare_on(engine, wanted, found);
    assert_int_equal(weft_ops_count(ops), 2); /* the view goes and comes */
    assert_int_equal(test_recorder_count_containing(recorder, "CREATE SCHEMA"), 1);
    assert_int_equal(test_recorder_count_containing(recorder, "REFERENCES"), 0);
    weft_ops_free(ops);
    weft_connection_close(other);
    assert_int_equal(test_database_integer(&p->database, catalogue_size), before);
    weft_schema_free(found);
    weft_schema_free(wanted);
    weft_engine_close(engine);
    test_recorder_free(recorder);
}

static void structure_decides_alone_where_it_can(void **state)
{
    catalogue *p = *state;
    test_recorder *recorder = test_recorder_new();
    weft_engine *engine =
        catalogue_engine(p, &(weft_engine_options){.log = test_recorder_log, .log_context = recorder, .log_level = WEFT_LOG_INFO});
    weft_schema_constraint checks[] = {room_key[0], {.kind = WEFT_CONSTRAINT_CHECK, .name = "ck", .expression = "n > 0"}};
    const weft_schema_table table = {
        .name = "room", .columns = room_columns, .column_count = 4, .constraints = checks, .constraint_count = 2};
    make(engine, p, &(wefti_definition){.tables = &table, .table_count = 1}, "made");
    weft_schema *wanted = schema_of_table(p, &table), *found = reflect(engine);
    test_recorder_clear(recorder);
    weft_ops_free(compare_on(engine, wanted, found)); /* by tokens */
    assert_int_equal(test_recorder_count(recorder), 0);
    weft_schema_free(found);
    weft_schema_free(wanted);
    weft_engine_close(engine);
    test_recorder_free(recorder);
}

enum { MANY = 450 };

static void many_tables_are_made_a_few_at_a_time(void **state)
{
    catalogue *p = *state;
    test_recorder *recorder = test_recorder_new();
    weft_engine *engine =
        catalogue_engine(p, &(weft_engine_options){.log = test_recorder_log, .log_context = recorder, .log_level = WEFT_LOG_INFO});
    static weft_schema_table tables[MANY];
    static const weft_schema_column plain[] = {{.name = "id", .type = WEFT_INT64}, {.name = "n", .type = WEFT_INT64}};
    static char names[MANY][16];
    static weft_schema_constraint made[] = {{.kind = WEFT_CONSTRAINT_CHECK, .expression = "n > 0"}},
                                  wanted_ones[] = {{.kind = WEFT_CONSTRAINT_CHECK, .expression = "n>+0"}};
    made[0].expression = p->postgres ? "n > 0" : "n > 0x0";
    wanted_ones[0].expression = p->postgres ? "(n>(0))" : "n>0";
    for (int i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "t%03d", i);
        tables[i] =
            (weft_schema_table){.name = names[i], .columns = plain, .column_count = 2, .constraints = made, .constraint_count = 1};
    }
    const wefti_definition definition = {.tables = tables, .table_count = MANY};
    make(engine, p, &definition, "made");
    for (int i = 0; i < MANY; i++)
        tables[i].constraints = wanted_ones;
    test_recorder_clear(recorder);
    expect(engine, schema_of(p, &definition), true, "many tables");
    assert_int_equal(test_recorder_count_containing(recorder, "CREATE SCHEMA"), p->postgres ? 3 : 0);
    tables[MANY - 1].constraints = (const weft_schema_constraint[]){{.kind = WEFT_CONSTRAINT_CHECK, .expression = "n>1"}};
    expect(engine, schema_of(p, &definition), false, "one of many");
    weft_engine_close(engine);
    test_recorder_free(recorder);
}

static void what_is_read_only_is_compared_by_structure_and_says_so(void **state)
{
    catalogue *p = *state;
    weft_error error = {0};
    weft_engine *engine = NULL, *beside = catalogue_engine(p, NULL);
    char url[1024];
    RUN("CREATE TABLE room (id bigint PRIMARY KEY, n bigint CHECK (n > 0), t text, v varchar(9))");
    snprintf(url, sizeof url, "%s%%20-cdefault_transaction_read_only%%3Don", p->database.url);
    assert_int_equal(weft_engine_open(&engine, url, NULL, &error), WEFT_OK);
    weft_schema_column plain[4];
    memcpy(plain, room_columns, sizeof room_columns);
    plain[0].identity = false;
    const weft_schema_constraint checks[] = {{.kind = WEFT_CONSTRAINT_PRIMARY_KEY, .columns = NAMES("id")},
                                             {.kind = WEFT_CONSTRAINT_CHECK, .name = "room_n_check", .expression = "n>1"}};
    weft_schema_table table = {.name = "room", .columns = plain, .column_count = 4, .constraints = checks, .constraint_count = 2};
    weft_schema *wanted = schema_of_table(p, &table), *found = reflect(engine);
    weft_ops *ops = compare_on(engine, wanted, found);
    assert_int_equal(weft_ops_count(ops), 0);
    assert_string_equal(weft_ops_note(ops), "the database is read-only");
    weft_ops_free(ops);
    ops = compare_on(beside, wanted, found); /* a database for asking */
    assert_int_equal(weft_ops_count(ops), 2);
    assert_null(weft_ops_note(ops));
    weft_ops_free(ops);
    weft_schema_free(wanted);
    table.column_count = 3;
    wanted = schema_of_table(p, &table);
    ops = compare_on(engine, wanted, found);
    assert_int_equal(weft_ops_count(ops), 1);
    weft_ops_free(ops);
    weft_schema_free(wanted);
    weft_schema_free(found);
    weft_engine_close(engine);
    weft_engine_close(beside);
}

/* ---- random expressions in random spellings ---- */

/* One expression thrice: as it is made, spelt otherwise, and (that of the last) with one constant that is another. */
enum { MADE, SPELT, OTHER, SPELLINGS };

typedef struct speller {
    bool postgres;
    uint32_t seed, style[SPELLINGS];
    wefti_text texts[SPELLINGS];
    uint32_t constants, other; /* so far; the number of the one that is another */
} speller;

static uint32_t roll(uint32_t *seed, uint32_t count)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 16) % count;
}

static uint32_t one_of(speller *s, uint32_t count) { return roll(&s->seed, count); }

/* A blank that must be. */
static void blank(speller *s)
{
    static const char *const blanks[] = {" ", " ", "\n", "  ", " /* a */ "};
    for (int i = 0; i < SPELLINGS; i++)
        wefti_text_add(&s->texts[i], blanks[roll(&s->style[i], 5)]);
}

static void gap(speller *s)
{
    static const char *const gaps[] = {"", " ", "", "\t"};
    for (int i = 0; i < SPELLINGS; i++)
        wefti_text_add(&s->texts[i], gaps[roll(&s->style[i], 4)]);
}

static void word(speller *s, const char *text)
{
    for (int i = 0; i < SPELLINGS; i++) {
        const uint32_t style = roll(&s->style[i], 3);
        for (const char *c = text; *c != '\0'; c++)
            wefti_text_add_char(&s->texts[i], (style == 1 || (style == 2 && roll(&s->style[i], 2) == 0)) && *c >= 'a' && *c <= 'z'
                                                  ? (char)(*c - ('a' - 'A'))
                                                  : *c);
    }
}

static void mark(speller *s, const char *text)
{
    gap(s);
    for (int i = 0; i < SPELLINGS; i++)
        wefti_text_add(&s->texts[i], text);
    gap(s);
}

/* One of two ways, which are the same. */
static void either(speller *s, const char *a, const char *b)
{
    for (int i = 0; i < SPELLINGS; i++)
        wefti_text_add(&s->texts[i], roll(&s->style[i], 2) == 0 ? a : b);
}

static void column(speller *s, const char *name)
{
    for (int i = 0; i < SPELLINGS; i++) {
        const uint32_t style = roll(&s->style[i], 4);
        wefti_text_add_format(&s->texts[i],
                              style == 0                  ? "\"%s\""
                              : style == 1 && s->postgres ? "room.%s"
                              : style == 2                ? "(%s)"
                                                          : "%s",
                              name);
    }
}

static void number(speller *s, int value)
{
    const bool other = s->constants++ == s->other;
    for (int i = 0; i < SPELLINGS; i++)
        wefti_text_add_format(&s->texts[i], roll(&s->style[i], 4) == 0 ? "(%d)" : "%d", value + (i == OTHER && other ? 50 : 0));
}

static void string(speller *s, char letter, const char *cast)
{
    const bool other = s->constants++ == s->other;
    for (int i = 0; i < SPELLINGS; i++) {
        const uint32_t style = s->postgres ? roll(&s->style[i], 4) : 3;
        const char c = i == OTHER && other ? 'z' : letter;
        if (style == 0 && cast != NULL)
            wefti_text_add_format(&s->texts[i], "'%c'::%s", c, cast);
        else if (style == 1 && cast != NULL)
            wefti_text_add_format(&s->texts[i], "CAST('%c' AS %s)", c, cast);
        else
            wefti_text_add_format(&s->texts[i], style == 2 ? "E'%c'" : "'%c'", c);
    }
}

static void numeric(speller *s, int depth)
{
    switch (one_of(s, depth > 0 ? 6 : 2)) {
    case 0: column(s, "n"); break;
    case 1: column(s, "i"); break;
    case 2:
        mark(s, "(");
        numeric(s, depth - 1);
        mark(s, one_of(s, 2) == 0 ? "+" : "*");
        number(s, 1 + (int)one_of(s, 9));
        mark(s, ")");
        break;
    case 3:
        word(s, "abs");
        mark(s, "(");
        numeric(s, depth - 1);
        mark(s, ")");
        break;
    case 4:
        word(s, "length");
        mark(s, "(");
        column(s, one_of(s, 2) == 0 ? "t" : "v");
        mark(s, ")");
        break;
    default:
        word(s, "coalesce");
        mark(s, "(");
        numeric(s, depth - 1);
        mark(s, ",");
        number(s, (int)one_of(s, 9));
        mark(s, ")");
    }
}

static void condition(speller *s, int depth);

static void list(speller *s, bool texts)
{
    const uint32_t count = 2 + one_of(s, 3);
    mark(s, "(");
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            mark(s, ",");
        if (texts)
            string(s, (char)('a' + (char)one_of(s, 9)), NULL);
        else
            number(s, (int)one_of(s, 40));
    }
    mark(s, ")");
}

static void comparison(speller *s, int depth)
{
    static const char *const signs[] = {"<", ">", "<=", ">=", "="};
    const bool is_text = one_of(s, 2) == 0, is_short = one_of(s, 2) == 0;
    if (is_text)
        column(s, is_short ? "v" : "t");
    else
        numeric(s, depth);
    const uint32_t way = one_of(s, 5);
    if (way == 0) {
        blank(s);
        word(s, one_of(s, 2) == 0 ? "in" : "not in");
        list(s, is_text);
    } else if (way == 1) {
        blank(s);
        word(s, one_of(s, 2) == 0 ? "is null" : "is not null");
    } else if (way == 2) {
        gap(s);
        either(s, "<>", "!=");
        gap(s);
    } else {
        mark(s, signs[one_of(s, 5)]);
    }
    if (way >= 2 && is_text)
        string(s, (char)('a' + (char)one_of(s, 9)), is_short ? NULL : "text");
    else if (way >= 2)
        number(s, (int)one_of(s, 40));
}

static void condition(speller *s, int depth)
{
    const uint32_t way = one_of(s, depth > 0 ? 6 : 3);
    if (way < 3) {
        comparison(s, depth > 0 ? depth - 1 : 0);
    } else if (way == 3) {
        word(s, "not");
        mark(s, "(");
        condition(s, depth - 1);
        mark(s, ")");
    } else {
        const uint32_t count = 2 + one_of(s, 2);
        for (uint32_t i = 0; i < count; i++) {
            if (i > 0) {
                blank(s);
                word(s, way == 4 ? "and" : "or");
                blank(s);
            }
            mark(s, "(");
            condition(s, depth - 1);
            mark(s, ")");
        }
    }
}

static void begin_spelling(speller *s, bool postgres, uint32_t seed)
{
    *s = (speller){.postgres = postgres, .seed = seed * 7919u, .style = {seed, seed * 31u + 1, seed * 17u + 5}};
    s->other = seed % 3;
    for (int i = 0; i < SPELLINGS; i++)
        wefti_text_init(&s->texts[i], 0);
}

static void end_spelling(speller *s)
{
    for (int i = 0; i < SPELLINGS; i++)
        wefti_text_deinit(&s->texts[i]);
}

/* A table whose texts are one of the spellings. */
typedef struct room {
    weft_schema_column columns[6];
    weft_schema_constraint constraints[3];
    weft_schema_part parts[2];
    weft_schema_index index;
    weft_schema_table table;
} room;

static void furnish(room *to, const catalogue *p, const speller *s, int which, int changed)
{
#define TEXT(k) s[k].texts[(k) == changed ? OTHER : which].data
    memcpy(to->columns, room_columns, sizeof room_columns);
    to->columns[4] = (weft_schema_column){.name = "i", .type = WEFT_INT64, .nullable = true};
    to->columns[5] =
        (weft_schema_column){.name = "g", .type = WEFT_INT64, .nullable = true, .generated = TEXT(0), .stored = p->postgres};
    to->constraints[0] = room_key[0];
    to->constraints[1] = (weft_schema_constraint){.kind = WEFT_CONSTRAINT_CHECK, .name = "ck_a", .expression = TEXT(1)};
    to->constraints[2] = (weft_schema_constraint){.kind = WEFT_CONSTRAINT_CHECK, .name = "ck_b", .expression = TEXT(2)};
    to->parts[0] = (weft_schema_part){.column = "t"};
    to->parts[1] = (weft_schema_part){.expression = TEXT(3)};
    to->index = (weft_schema_index){.name = "ix", .parts = to->parts, .part_count = 2, .where = TEXT(4)};
    to->table = (weft_schema_table){.name = "room",
                                    .columns = to->columns,
                                    .column_count = 6,
                                    .constraints = to->constraints,
                                    .constraint_count = 3,
                                    .indexes = &to->index,
                                    .index_count = 1};
#undef TEXT
}

static void the_spelling_of_an_expression_makes_no_difference_and_a_constant_does(void **state)
{
    catalogue *p = *state;
    const uint32_t rounds = getenv("WEFT_TEST_LONG") != NULL ? 1000 : 40;
    weft_engine *engine = catalogue_engine(p, NULL);
    for (uint32_t seed = 1; seed <= rounds; seed++) {
        speller s[5];
        room made, spelt;
        char what[40];
        snprintf(what, sizeof what, "seed %u", seed);
        for (uint32_t k = 0; k < 5; k++) {
            begin_spelling(&s[k], p->postgres, seed * 8 + k);
            if (k == 0 || k == 3) {
                mark(&s[k], "(");
                numeric(&s[k], 3);
                mark(&s[k], "+");
                number(&s[k], 1); /* so that there is a constant, and no lone column */
                mark(&s[k], ")");
            } else {
                condition(&s[k], 3);
            }
        }
        furnish(&made, p, s, MADE, -1);
        make(engine, p, &(wefti_definition){.tables = &made.table, .table_count = 1}, what);
        furnish(&spelt, p, s, SPELT, -1);
        expect(engine, schema_of_table(p, &spelt.table), true, what);
        for (int k = 0; k < 5; k++) {
            if (s[k].constants <= s[k].other)
                continue;
            furnish(&spelt, p, s, SPELT, k);
            snprintf(what, sizeof what, "seed %u, text %d", seed, k);
            expect(engine, schema_of_table(p, &spelt.table), false, what);
        }
        make(engine, p, &(wefti_definition){0}, what);
        for (int k = 0; k < 5; k++)
            end_spelling(&s[k]);
    }
    weft_engine_close(engine);
}

/* ---- out of memory ---- */

static void without_memory_asking_fails_and_leaves_nothing(void **state)
{
    catalogue *p = *state;
    weft_engine *engine = catalogue_engine(p, NULL);
    RUN("CREATE TABLE room (id INTEGER PRIMARY KEY, n INTEGER DEFAULT 4, t TEXT CHECK (t <> 'y'))",
        "CREATE INDEX ix ON room (lower(t)) WHERE n > 5", "CREATE VIEW seen AS SELECT n FROM room WHERE n > 0");
    static const weft_schema_column given[] = {{.name = "id", .sql_type = "INTEGER", .identity = true},
                                               {.name = "n", .sql_type = "INTEGER", .nullable = true, .server_default = "(4)"},
                                               {.name = "t", .sql_type = "TEXT", .nullable = true}};
    const weft_schema_constraint constraints[] = {{.kind = WEFT_CONSTRAINT_PRIMARY_KEY, .columns = NAMES("id")},
                                                  {.kind = WEFT_CONSTRAINT_CHECK, .expression = "t!='y'"}};
    static const weft_schema_part parts[] = {{.expression = "LOWER( t )"}};
    static const weft_schema_index index[] = {{.name = "ix", .parts = parts, .part_count = 1, .where = "(n)>5"}};
    const weft_schema_table tables[] = {{.name = "room",
                                         .columns = given,
                                         .column_count = 3,
                                         .constraints = constraints,
                                         .constraint_count = 2,
                                         .indexes = index,
                                         .index_count = 1},
                                        {.kind = WEFT_RELATION_VIEW,
                                         .name = "seen",
                                         .definition = "select room.n from room where n>0"}};
    weft_schema *wanted = schema_of(p, &(wefti_definition){.tables = tables, .table_count = 2}), *found = reflect(engine);
    weft_ops *ops = compare_on(engine, wanted, found);
    const size_t expected = weft_ops_count(ops);
    assert_int_equal(expected, p->postgres ? 1 : 0); /* identity */
    weft_ops_free(ops);
    bool failed = true;
    for (int64_t nth = 0; failed; nth++) {
        weft_error error = {0};
        wefti_memory_fail_after(nth, false);
        const weft_status status = weft_schema_compare_on(engine, wanted, found, NULL, &ops, &error);
        failed = wefti_memory_fail_after(-1, false);
        if (status != WEFT_OK) {
            assert_int_equal(status, WEFT_ERROR_NO_MEMORY);
            assert_null(ops);
        } else {
            assert_int_equal(weft_ops_count(ops), expected);
            assert_null(weft_ops_note(ops));
            weft_ops_free(ops);
        }
        assert_in_range(nth, 0, 100000);
    }
    weft_schema_free(found);
    weft_schema_free(wanted);
    weft_engine_close(engine);
}

static void what_makes_no_sense_is_refused(void **state)
{
    catalogue *p = *state;
    weft_error error = {0};
    weft_ops *ops = NULL;
    weft_engine *engine = catalogue_engine(p, NULL);
    weft_schema *here = reflect(engine);
    weft_schema *there = wefti_new_schema(p->postgres ? &wefti_ddl_sqlite : &wefti_ddl_postgres, &error);
    assert_int_equal(weft_schema_compare_on(NULL, here, here, NULL, &ops, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_schema_compare_on(engine, here, there, NULL, &ops, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_schema_compare_on(engine, there, there, NULL, &ops, &error), WEFT_ERROR_MISUSE);
    assert_non_null(strstr(error.message, "sqlite"));
    assert_int_equal(weft_schema_compare_on(engine, NULL, here, NULL, &ops, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_schema_compare_on(engine, here, here, NULL, NULL, &error), WEFT_ERROR_MISUSE);
    weft_schema_free(there);
    weft_schema_free(here);
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(conditions_are_compared_as_the_database_reads_them),
        ON_BOTH(defaults_are_compared_as_the_database_reads_them),
        ON_BOTH(computed_columns_and_expressions_of_indexes),
        ON_BOTH(views_are_what_they_read),
        ON_POSTGRES(types_and_exclusions_have_many_names),
        ON_BOTH(a_schema_that_was_dumped_and_restored_is_the_same),
        ON_POSTGRES(tables_that_were_renamed_and_columns_that_were_altered_are_the_same),
        ON_POSTGRES(nobody_is_locked_and_nothing_stays),
        ON_BOTH(structure_decides_alone_where_it_can),
        ON_BOTH(many_tables_are_made_a_few_at_a_time),
        ON_POSTGRES(what_is_read_only_is_compared_by_structure_and_says_so),
        ON_BOTH(the_spelling_of_an_expression_makes_no_difference_and_a_constant_does),
        ON_BOTH(without_memory_asking_fails_and_leaves_nothing),
        ON_BOTH(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
