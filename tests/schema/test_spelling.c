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
        catalogue_make(p, engine, &(wefti_definition){.tables = &table, .table_count = 1}, all[i].made);
        indexes[0].where = all[i].wanted;
        catalogue_compares(engine, catalogue_schema_of_table(p, &table), !all[i].differs, all[i].wanted);
        indexes[0].where = all[i].made;
        checks[0].expression = all[i].wanted;
        checks[0].name = "ck_other"; /* a name that a rename has left */
        catalogue_compares(engine, catalogue_schema_of_table(p, &table), !all[i].differs, all[i].wanted);
        catalogue_make(p, engine, &(wefti_definition){0}, "nothing");
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
        catalogue_make(p, engine, &(wefti_definition){.tables = &table, .table_count = 1}, all[i].made);
        given[all[i].of].server_default = all[i].wanted;
        catalogue_compares(engine, catalogue_schema_of_table(p, &table), !all[i].differs, all[i].wanted);
        catalogue_make(p, engine, &(wefti_definition){0}, "nothing");
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
        catalogue_make(p, engine, &(wefti_definition){.tables = &table, .table_count = 1}, computed[i].made);
        given[4].generated = computed[i].wanted;
        catalogue_compares(engine, catalogue_schema_of_table(p, &table), !computed[i].differs, computed[i].wanted);
        catalogue_make(p, engine, &(wefti_definition){0}, "nothing");
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
        catalogue_make(p, engine, &(wefti_definition){.tables = &table, .table_count = 1}, parts[i].made);
        part[0].expression = parts[i].wanted;
        part[1].expression = "( \"n\" )"; /* a column, whatever is around it */
        catalogue_compares(engine, catalogue_schema_of_table(p, &table), !parts[i].differs, parts[i].wanted);
        catalogue_make(p, engine, &(wefti_definition){0}, "nothing");
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
        catalogue_make(p, engine, &definition, selects[i].made);
        tables[0].definition = "select seen.id from seen";
        tables[2].definition = selects[i].wanted;
        catalogue_compares(engine, catalogue_schema(p, &definition), !selects[i].differs, selects[i].wanted);
        catalogue_make(p, engine, &(wefti_definition){0}, "nothing");
    }
    weft_engine_close(engine);
}

/* Names of their own for what they show, views on views in no order, and one that is stored. */
static void views_on_views_are_made_in_their_order(void **state)
{
    catalogue *p = *state;
    weft_engine *engine = catalogue_engine(p, NULL);
    static const weft_schema_column of_m[] = {{.name = "id", .type = WEFT_INT64},
                                              {.name = "na me", .type = WEFT_TEXT, .nullable = true}};
    static const weft_schema_column of_z[] = {{.name = "One"}, {.name = "two"}};
    static const weft_schema_part id[] = {{.column = "id"}};
    static const weft_schema_index unique[] = {{.name = "ix_b", .parts = id, .part_count = 1, .unique = true}};
    weft_schema_table tables[] = {
        {.kind = WEFT_RELATION_VIEW,
         .name = "A",
         .definition = "SELECT \"One\", (SELECT max(m.id) FROM m) AS z FROM z WHERE two > 'a'"},
        {.kind = WEFT_RELATION_VIEW,
         .name = "c",
         .definition = "WITH q AS (SELECT \"One\" FROM \"A\") SELECT q.\"One\", z.two FROM q, z"},
        {.name = "m", .columns = of_m, .column_count = 2},
        {.kind = WEFT_RELATION_VIEW, .name = "z", .definition = "SELECT id, \"na me\" FROM m", .columns = of_z, .column_count = 2},
        {.kind = WEFT_RELATION_MATERIALIZED_VIEW,
         .name = "b",
         .definition = "SELECT \"One\" AS id FROM c",
         .indexes = unique,
         .index_count = 1}};
    const wefti_definition definition = {.tables = tables, .table_count = p->postgres ? 5 : 4};
    catalogue_make(p, engine, &definition, "views");
    catalogue_compares(engine, catalogue_schema(p, &definition), true, "as they were made");
    tables[0].definition = "select Z.\"One\",( select MAX(m.id) from m ) as z from Z where Z.two>'a'";
    tables[1].definition = "with Q as (select \"One\" from \"A\") select q.\"One\",z.two from q,z";
    tables[3].definition = "select m.id,m.\"na me\" from m";
    tables[4].definition = "select c.\"One\" id from c";
    catalogue_compares(engine, catalogue_schema(p, &definition), true, "spelt otherwise");
    tables[3].columns = (const weft_schema_column[]){{.name = "One"}, {.name = "three"}};
    tables[0].definition = "SELECT \"One\", (SELECT max(m.id) FROM m) AS z FROM z WHERE three > 'a'";
    tables[1].definition = "WITH q AS (SELECT \"One\" FROM \"A\") SELECT q.\"One\", z.three FROM q, z";
    catalogue_compares(engine, catalogue_schema(p, &definition), false, "another name");
    catalogue_make(p, engine, &definition, "another name");
    catalogue_compares(engine, catalogue_schema(p, &definition), true, "another name, made");
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
    catalogue_compares(engine, catalogue_schema(p, &definition), true, "names of types");
    given[2].sql_type = "character varying(8)";
    catalogue_compares(engine, catalogue_schema(p, &definition), false, "a longer text");
    given[2].sql_type = "varchar(7)";
    constraints[1].expression = "using GIST (e with &&) where (id>1)";
    catalogue_compares(engine, catalogue_schema(p, &definition), false, "another exclusion");
    constraints[1].expression = "using GIST (e with &&) where (id>0)";
    constraints[0].expression = "m <> 'sad'";
    catalogue_compares(engine, catalogue_schema(p, &definition), false, "another value of an enum");
    weft_engine_close(engine);
}

/* serial is a word for a type, a default and a sequence, which belongs to its column. */
static void a_serial_column_is_what_it_was_made(void **state)
{
    catalogue *p = *state;
    weft_engine *engine = catalogue_engine(p, NULL);
    weft_schema_column given[] = {{.name = "id", .sql_type = "bigserial"},
                                  {.name = "a", .sql_type = "SERIAL", .nullable = true},
                                  {.name = "b", .type = WEFT_INT64, .server_default = "nextval('seq')"}};
    const weft_schema_sequence sequence = {.name = "seq"};
    const weft_schema_table table = {.name = "room", .columns = given, .column_count = 3};
    wefti_definition definition = {.tables = &table, .table_count = 1, .sequences = &sequence, .sequence_count = 1};
    catalogue_make(p, engine, &definition, "serial");
    catalogue_compares(engine, catalogue_schema(p, &definition), true, "serial");
    definition.sequence_count = 0; /* drawn from, all the same */
    catalogue_compares(engine, catalogue_schema(p, &definition), true, "a sequence of a default");
    given[1].sql_type = "bigserial";
    catalogue_compares(engine, catalogue_schema(p, &definition), false, "a greater one");
    given[1].sql_type = "integer";
    given[1].nullable = false;
    catalogue_make(p, engine, &definition, "no serial any more");
    catalogue_compares(engine, catalogue_schema(p, &definition), true, "no serial any more");
    shows(p,
          "SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = CAST(current_schema() AS regnamespace) ORDER BY 1",
          "room_id_seq\nseq");
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
    catalogue_make(p, engine, &definition, "made");
    for (int round = 0; round < 3; round++) {
        weft_schema *there = catalogue_reflect(engine);
        catalogue_make(p, engine, &(wefti_definition){0}, "dropped");
        catalogue_make(p, engine, &there->definition, "restored");
        catalogue_compares(engine, catalogue_schema(p, &definition), true, "after a restore");
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
    catalogue_compares(engine, catalogue_schema_of_table(p, &table), true, "renamed and altered");
    given[2].server_default = "'y'";
    catalogue_compares(engine, catalogue_schema_of_table(p, &table), false, "another default");
    weft_engine_close(engine);
}

/* What a rename changes in the database is no other change: a check, an index, a computed column follow it. */
static void expressions_follow_what_is_renamed(void **state)
{
    catalogue *p = *state;
    weft_engine *engine = catalogue_engine(p, NULL);
    weft_error error = {0};
    weft_ops *ops = NULL;
    RUN("CREATE TABLE \"Hall\" (id INTEGER NOT NULL PRIMARY KEY, length INTEGER, t TEXT DEFAULT 'length', "
        "CHECK (length > 0 AND length(t) > 3 AND t <> 'length'), CHECK (\"Hall\".\"length\" <> 3))",
        "CREATE INDEX ix ON \"Hall\" (abs(length)) WHERE length > 3", "INSERT INTO \"Hall\" VALUES (1, 7, 'four')");
    RUN(p->postgres ? "ALTER TABLE \"Hall\" ADD g INTEGER GENERATED ALWAYS AS (length * 2) STORED"
                    : "ALTER TABLE \"Hall\" ADD g INTEGER AS (length * 2)");
    static const weft_schema_column given[] = {
        {.name = "id", .type = WEFT_INT32},
        {.name = "the size", .type = WEFT_INT32, .nullable = true},
        {.name = "t", .type = WEFT_TEXT, .nullable = true, .server_default = "'length'"},
        {.name = "g", .type = WEFT_INT32, .nullable = true, .generated = "\"the size\"*2", .stored = true}};
    weft_schema_column columns_here[4];
    memcpy(columns_here, given, sizeof given);
    columns_here[0].sql_type = columns_here[1].sql_type = columns_here[3].sql_type = "INTEGER";
    columns_here[3].stored = p->postgres;
    const weft_schema_constraint constraints[] = {{.kind = WEFT_CONSTRAINT_PRIMARY_KEY, .columns = NAMES("id")},
                                                  {.kind = WEFT_CONSTRAINT_CHECK,
                                                   .expression = "\"the size\">0 AND length(t)>3 AND t<>'length'"},
                                                  {.kind = WEFT_CONSTRAINT_CHECK, .expression = "room.\"the size\" <> 3"}};
    static const weft_schema_part parts[] = {{.expression = "abs(\"the size\")"}};
    const weft_schema_index index[] = {{.name = "ix", .parts = parts, .part_count = 1, .where = "\"the size\">3"}};
    const weft_schema_table table = {.name = "room",
                                     .columns = columns_here,
                                     .column_count = 4,
                                     .constraints = constraints,
                                     .constraint_count = 3,
                                     .indexes = index,
                                     .index_count = 1};
    weft_schema *wanted = catalogue_schema_of_table(p, &table), *found = catalogue_reflect(engine);
    if (weft_schema_compare_on(engine, wanted, found, "\"Hall\" = room, \"Hall\".length = \"the size\"", &ops, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    char text[300];
    for (size_t i = 0; weft_ops_count(ops) != 2 && i < weft_ops_count(ops); i++) {
        weft_ops_describe(ops, i, text, sizeof text);
        print_error("  %s\n", text);
    }
    assert_int_equal(weft_ops_count(ops), 2); /* the renames */
    assert_int_equal(catalogue_apply(engine, ops, &error), WEFT_OK);
    catalogue_compares(engine, wanted, true, "renamed");
    shows(p, "SELECT * FROM room", "1|7|four|14");
    weft_ops_free(ops);
    weft_schema_free(found);
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
    weft_schema *wanted = catalogue_schema(p, &definition), *found = catalogue_reflect(engine);
    static const char catalogue_size[] = "SELECT (SELECT count(*) FROM pg_namespace) + (SELECT count(*) FROM pg_class) + "
                                         "(SELECT count(*) FROM pg_type) + (SELECT count(*) FROM pg_constraint)";
    const int64_t before = test_database_integer(&p->database, catalogue_size);
    assert_int_equal(weft_engine_connect(engine, &other, NULL, &error), WEFT_OK);
    assert_int_equal(weft_execute_text(other, "LOCK TABLE room, far, seen IN ACCESS EXCLUSIVE MODE", NULL, &error), WEFT_OK);
    test_recorder_clear(recorder);
    weft_ops *ops = catalogue_compare(engine, wanted, found);
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
    catalogue_make(p, engine, &(wefti_definition){.tables = &table, .table_count = 1}, "made");
    weft_schema *wanted = catalogue_schema_of_table(p, &table), *found = catalogue_reflect(engine);
    test_recorder_clear(recorder);
    weft_ops_free(catalogue_compare(engine, wanted, found)); /* by tokens */
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
    catalogue_make(p, engine, &definition, "made");
    for (int i = 0; i < MANY; i++)
        tables[i].constraints = wanted_ones;
    test_recorder_clear(recorder);
    catalogue_compares(engine, catalogue_schema(p, &definition), true, "many tables");
    assert_int_equal(test_recorder_count_containing(recorder, "CREATE SCHEMA"), p->postgres ? 3 : 0);
    tables[MANY - 1].constraints = (const weft_schema_constraint[]){{.kind = WEFT_CONSTRAINT_CHECK, .expression = "n>1"}};
    catalogue_compares(engine, catalogue_schema(p, &definition), false, "one of many");
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
    weft_schema *wanted = catalogue_schema_of_table(p, &table), *found = catalogue_reflect(engine);
    weft_ops *ops = catalogue_compare(engine, wanted, found);
    assert_int_equal(weft_ops_count(ops), 0);
    assert_string_equal(weft_ops_note(ops), "the database is read-only");
    weft_ops_free(ops);
    ops = catalogue_compare(beside, wanted, found); /* a database for asking */
    assert_int_equal(weft_ops_count(ops), 2);
    assert_null(weft_ops_note(ops));
    weft_ops_free(ops);
    weft_schema_free(wanted);
    table.column_count = 3;
    wanted = catalogue_schema_of_table(p, &table);
    ops = catalogue_compare(engine, wanted, found);
    assert_int_equal(weft_ops_count(ops), 1);
    weft_ops_free(ops);
    weft_schema_free(wanted);
    weft_schema_free(found);
    weft_engine_close(engine);
    weft_engine_close(beside);
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
    weft_schema *wanted = catalogue_schema(p, &(wefti_definition){.tables = tables, .table_count = 2}),
                *found = catalogue_reflect(engine);
    weft_ops *ops = catalogue_compare(engine, wanted, found);
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
    weft_schema *here = catalogue_reflect(engine);
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
        ON_BOTH(views_on_views_are_made_in_their_order),
        ON_POSTGRES(types_and_exclusions_have_many_names),
        ON_POSTGRES(a_serial_column_is_what_it_was_made),
        ON_BOTH(a_schema_that_was_dumped_and_restored_is_the_same),
        ON_POSTGRES(tables_that_were_renamed_and_columns_that_were_altered_are_the_same),
        ON_BOTH(expressions_follow_what_is_renamed),
        ON_POSTGRES(nobody_is_locked_and_nothing_stays),
        ON_BOTH(structure_decides_alone_where_it_can),
        ON_BOTH(many_tables_are_made_a_few_at_a_time),
        ON_POSTGRES(what_is_read_only_is_compared_by_structure_and_says_so),
        ON_BOTH(without_memory_asking_fails_and_leaves_nothing),
        ON_BOTH(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
