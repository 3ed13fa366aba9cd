/* What models have no word for stays as it is found, when they are compared with a database; what they could say and do not say
 * goes. */
#include "fixtures/catalogue.h"

#include <stdio.h>
#include <string.h>

#include <weft/weft.h>

WEFT_DECLARE(Hall);
struct Hall {
    int64_t id;
    const char *name;
    weft_opt_int64 size;
    Hall_list halls;
    const Hall *other;
    weft_opt_int64 other_id;
};
WEFT_MODEL(Hall, "hall", WEFT_COLUMN(Hall, id, .primary_key = true), WEFT_COLUMN(Hall, name), WEFT_COLUMN(Hall, size),
           WEFT_COLUMN(Hall, other_id), WEFT_INDEX(Hall, "size", .name = "by_size"),
           WEFT_FOREIGN_KEY(Hall, "other_id", "hall(id)", .name = "of_other"),
           WEFT_BELONGS_TO(Hall, other, Hall, .foreign_key = "other_id", .back_populates = "halls"),
           WEFT_HAS_MANY(Hall, halls, Hall, .foreign_key = "other_id", .back_populates = "other"));
static WEFT_METADATA(models, &Hall_model);

static void run(const catalogue *c, const char *const *statements)
{
    for (; *statements != NULL; statements++)
        test_database_exec(&c->database, *statements);
}
#define RUN(...) run(c, (const char *const[]){__VA_ARGS__, NULL})

/* A table with the name of a name that weft takes, and more. */
#define LONG "a_name_of_more_than_sixty_three_bytes_which_is_no_name_that_models_may_have_anywhere"

static void make(const catalogue *c)
{
    if (c->postgres) {
        RUN("CREATE TYPE mood AS ENUM ('sad')", "CREATE SEQUENCE numbers",
            "CREATE TABLE hall (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL COLLATE \"C\", size bigint, "
            "other_id bigint CONSTRAINT of_other REFERENCES hall DEFERRABLE INITIALLY DEFERRED, doubled bigint GENERATED ALWAYS AS "
            "(size * 2) STORED, extra mood, CONSTRAINT apart EXCLUDE USING btree "
            "(size "
            "WITH =), CONSTRAINT one UNIQUE (doubled))",
            "COMMENT ON TABLE hall IS 'a hall'", "COMMENT ON COLUMN hall.name IS 'its name'",
            "CREATE INDEX by_size ON hall (size NULLS FIRST) INCLUDE (name)", "CREATE INDEX by_hash ON hall USING hash (name)",
            "CREATE INDEX by_lower ON hall (lower(name))", "CREATE INDEX by_extra ON hall (extra)", "CREATE TABLE keyless (x int)",
            "CREATE VIEW names AS SELECT name FROM hall", "CREATE VIEW of_keyless AS SELECT x FROM keyless",
            "CREATE TABLE gone (id int PRIMARY KEY)", "CREATE VIEW of_gone AS SELECT id FROM gone");
    } else {
        RUN("CREATE TABLE hall (id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, size INTEGER, other_id INTEGER "
            "CONSTRAINT "
            "of_other REFERENCES hall (id) DEFERRABLE INITIALLY DEFERRED, doubled INTEGER AS (size * 2), extra TEXT, "
            "anything, " LONG " INTEGER)",
            "CREATE INDEX by_size ON hall (size)", "CREATE INDEX by_lower ON hall (lower(name))",
            "CREATE INDEX by_extra ON hall (extra)", "CREATE TABLE keyless (x INTEGER)",
            "CREATE TABLE " LONG " (id INTEGER PRIMARY KEY)", "CREATE VIEW names AS SELECT name FROM hall",
            "CREATE VIEW of_keyless AS SELECT x FROM keyless", "CREATE TABLE gone (id INTEGER PRIMARY KEY)",
            "CREATE VIEW of_gone AS SELECT id FROM gone");
    }
}

static weft_ops *compare(weft_engine *engine, bool ask)
{
    weft_error error = {0};
    weft_schema *wanted, *found;
    weft_ops *ops = NULL;
    if (weft_schema_of_models(&wanted, &models, weft_engine_driver(engine), &error) != WEFT_OK)
        fail_msg("%s", error.message);
    found = catalogue_reflect(engine);
    weft_status status = ask ? weft_schema_compare_on(engine, wanted, found, NULL, &ops, &error)
                             : weft_schema_compare(wanted, found, NULL, &ops, &error);
    if (status != WEFT_OK)
        fail_msg("%s", error.message);
    weft_schema_free(found);
    weft_schema_free(wanted);
    return ops;
}

static void does(const weft_ops *ops, const char *expected)
{
    char all[2000] = "";
    for (size_t i = 0; i < weft_ops_count(ops); i++) {
        char text[200];
        weft_ops_describe(ops, i, text, sizeof text);
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s\n", text);
    }
    assert_string_equal(all, expected);
}

static void what_models_cannot_say_stays(void **state)
{
    catalogue *c = *state;
    weft_error error = {0};
    make(c);
    weft_engine *engine = catalogue_engine(c, NULL);
    weft_ops *ops = compare(engine, true), *plain = compare(engine, false);
    const char *expected =
        c->postgres
            ? "drop view of_gone\ndrop view names\ndrop constraint one of hall\ndrop index by_extra\ndrop column hall.doubled\n"
              "drop column hall.extra\ndrop table gone\ncreate view names\n"
            : "drop view of_gone\ndrop view names\ndrop index by_extra\ndrop column hall.doubled\ndrop column hall.extra\n"
              "drop table gone\ncreate view names\n";
    does(plain, expected);
    does(ops, expected);
    if (weft_ops_count(ops) > 0 && catalogue_apply(engine, ops, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    weft_ops_free(plain);
    weft_ops_free(ops);
    ops = compare(engine, true);
    does(ops, "");
    weft_ops_free(ops);
    if (c->postgres) {
        shows(c, "SELECT obj_description('hall'::regclass), col_description('hall'::regclass, 2)", "a hall|its name");
        shows(c,
              "SELECT relname FROM pg_class WHERE relkind IN ('i', 'v') AND relnamespace = current_schema()::regnamespace ORDER BY "
              "relname",
              "apart\nby_hash\nby_lower\nby_size\nhall_pkey\nnames\nof_keyless");
        shows(c,
              "SELECT attname FROM pg_attribute WHERE attrelid = 'hall'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY "
              "attnum",
              "id\nname\nsize\nother_id");
        shows(c, "SELECT typname FROM pg_type WHERE typname = 'mood' AND typnamespace = current_schema()::regnamespace", "mood");
    } else {
        shows(c, "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name",
              LONG "\nby_lower\nby_size\nhall\nkeyless\nnames\nof_keyless");
        shows(c,
              "SELECT count(*) FROM sqlite_schema WHERE name = 'hall' AND sql LIKE '%COLLATE NOCASE%' AND sql LIKE '%DEFERRED%' "
              "AND sql NOT LIKE '%size * 2%' AND sql LIKE '%anything%' AND sql LIKE '%" LONG "%'",
              "1");
    }
    weft_engine_close(engine);
}

/* Of two schemas that were read, or made by hand, each says all that it wants. */
static void what_was_read_says_all_that_it_wants(void **state)
{
    catalogue *c = *state;
    make(c);
    weft_engine *engine = catalogue_engine(c, NULL);
    weft_error error = {0};
    weft_schema *before = catalogue_reflect(engine);
    RUN("DROP INDEX by_lower", "DROP VIEW of_keyless", "DROP TABLE keyless");
    weft_schema *after = catalogue_reflect(engine);
    weft_ops *ops = NULL;
    assert_int_equal(weft_schema_compare(after, before, NULL, &ops, &error), WEFT_OK);
    does(ops, "drop view of_keyless\ndrop index by_lower\ndrop table keyless\n");
    weft_ops_free(ops);
    weft_schema_free(before);
    weft_schema_free(after);
    weft_engine_close(engine);
}

/* What a database is taken to have that is not asked: the models of another one. */
WEFT_DECLARE(Numbered);
struct Numbered {
    int64_t id;
    const char *name;
};
WEFT_MODEL(Numbered, "numbered", WEFT_COLUMN(Numbered, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Numbered, name));
static WEFT_METADATA(numbered, &Numbered_model, &Hall_model);

static void models_are_what_the_same_models_want(void **state)
{
    (void)state;
    static const char *const drivers[] = {"sqlite", "postgresql"};
    for (int i = 0; i < 2; i++) {
        weft_error error = {0};
        weft_schema *a, *b;
        weft_ops *ops;
        assert_int_equal(weft_schema_of_models(&a, &numbered, drivers[i], &error), WEFT_OK);
        assert_int_equal(weft_schema_of_models(&b, &numbered, drivers[i], &error), WEFT_OK);
        assert_int_equal(weft_schema_compare(a, b, NULL, &ops, &error), WEFT_OK);
        does(ops, "");
        weft_ops_free(ops);
        weft_schema_free(a);
        weft_schema_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(models_are_what_the_same_models_want),
                                       ON_BOTH(what_models_cannot_say_stays), ON_BOTH(what_was_read_says_all_that_it_wants)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
