/* How tables and indexes are kept, what indexes of keys and unique constraints have beside their columns, and comments on
 * constraints and indexes: PostgreSQL has what models and operations say, by its own account; SQLite leaves it out of models and
 * refuses it of operations. */
#include "fixtures/catalogue.h"

#include <weft/weft.h>

WEFT_DECLARE(Ship);
struct Ship {
    int64_t id;
    const char *name;
    int32_t masts;
    int32_t crew;
    weft_opt_int64 flag_id;
};

#define COLUMNS \
    WEFT_COLUMN(Ship, id, .primary_key = true), WEFT_COLUMN(Ship, name), WEFT_COLUMN(Ship, masts), WEFT_COLUMN(Ship, crew), \
        WEFT_COLUMN(Ship, flag_id)
#define MODEL(name_, ...) \
    static const weft_attr name_##_attrs[] = {__VA_ARGS__}; \
    static const weft_model name_##_model = {.name = "Ship", \
                                             .table = "ship", \
                                             .size = sizeof(Ship), \
                                             .attrs = name_##_attrs, \
                                             .attr_count = sizeof name_##_attrs / sizeof(weft_attr)}; \
    static WEFT_METADATA(name_, &name_##_model)

MODEL(full, COLUMNS, WEFT_OPTIONS(Ship, .storage = "fillfactor = 60, toast.autovacuum_enabled = off"),
      WEFT_PRIMARY_KEY(Ship, .include = "name, masts", .storage = "fillfactor = 70", .comment = "it's the key"),
      WEFT_UNIQUE(Ship, "name", .include = "crew", .storage = "deduplicate_items = OFF", .comment = "one name, one ship"),
      WEFT_INDEX(Ship, "masts, crew DESC", .storage = "fillfactor=80", .comment = "for the \"list\""),
      WEFT_CHECK(Ship, "masts > 0", .name = "ck_masts", .comment = "no rowing boats"),
      WEFT_FOREIGN_KEY(Ship, "flag_id", "ship(id)", .comment = "sails behind"));
MODEL(other, COLUMNS, WEFT_OPTIONS(Ship, .storage = "fillfactor = 55"),
      WEFT_PRIMARY_KEY(Ship, .include = "name, masts", .storage = "fillfactor = 75, deduplicate_items = off"),
      WEFT_UNIQUE(Ship, "name", .include = "masts", .comment = "one name"),
      WEFT_INDEX(Ship, "masts, crew DESC", .storage = "deduplicate_items = false", .comment = "for lists"),
      WEFT_CHECK(Ship, "masts > 0", .name = "ck_masts", .comment = "ships alone"), WEFT_FOREIGN_KEY(Ship, "flag_id", "ship(id)"));
MODEL(silent, COLUMNS, WEFT_UNIQUE(Ship, "name"), WEFT_INDEX(Ship, "masts, crew DESC"),
      WEFT_CHECK(Ship, "masts > 0", .name = "ck_masts"), WEFT_FOREIGN_KEY(Ship, "flag_id", "ship(id)"));
MODEL(named, COLUMNS, WEFT_PRIMARY_KEY(Ship, .name = "ship_key"), WEFT_UNIQUE(Ship, "name"), WEFT_INDEX(Ship, "masts, crew DESC"));
MODEL(spaced, COLUMNS, WEFT_OPTIONS(Ship, .tablespace = "weft Test Space"), WEFT_PRIMARY_KEY(Ship, .tablespace = "weft Test Space"),
      WEFT_INDEX(Ship, "masts", .tablespace = "weft Test Space"), WEFT_UNIQUE(Ship, "name", .tablespace = "pg_default"));
MODEL(unspaced, COLUMNS, WEFT_INDEX(Ship, "masts", .tablespace = "pg_default"), WEFT_UNIQUE(Ship, "name"));

/* As the catalogue says it. */
static const char kept_in[] =
    "SELECT c.relname, coalesce(array_to_string(c.reloptions, ', '), ''), coalesce(t.spcname, '-') FROM pg_class c LEFT JOIN "
    "pg_tablespace t ON "
    "t.oid = c.reltablespace WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'i') ORDER BY 1";
static const char keys[] = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'ship'::regclass AND "
                           "contype IN ('p', 'u') ORDER BY 1";
static const char comments[] =
    "SELECT conname, obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE conrelid = 'ship'::regclass UNION ALL SELECT "
    "c.relname, obj_description(c.oid, 'pg_class') FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = "
    "'ship'::regclass AND NOT i.indisunique ORDER BY 1";
static const char toast[] =
    "SELECT coalesce(array_to_string(t.reloptions, ', '), '') FROM pg_class c JOIN pg_class t ON t.oid = c.reltoastrelid "
    "WHERE c.oid = 'ship'::regclass";
static const char statement_of_sqlite[] =
    "CREATE TABLE ship (id INTEGER PRIMARY KEY, name TEXT NOT NULL, masts INTEGER NOT NULL, crew INTEGER NOT NULL, flag_id "
    "INTEGER, "
    "CONSTRAINT uq_ship_name UNIQUE (name), CONSTRAINT fk_ship_flag_id FOREIGN KEY (flag_id) REFERENCES ship (id), CONSTRAINT "
    "ck_masts CHECK (masts > 0))";

static void is_full(const catalogue *c)
{
    if (!c->postgres) {
        shows(c, "SELECT sql FROM sqlite_schema WHERE name = 'ship'", statement_of_sqlite);
        shows(c, "SELECT sql FROM sqlite_schema WHERE name LIKE 'ix%'",
              "CREATE INDEX ix_ship_masts_crew ON ship (masts, crew DESC)");
        return;
    }
    shows(c, kept_in,
          "ix_ship_masts_crew|fillfactor=80|-\npk_ship|fillfactor=70|-\nship|fillfactor=60|-\n"
          "uq_ship_name|deduplicate_items=off|-");
    shows(c, keys, "pk_ship|PRIMARY KEY (id) INCLUDE (name, masts)\nuq_ship_name|UNIQUE (name) INCLUDE (crew)");
    shows(c, comments,
          "ck_masts|no rowing boats\nfk_ship_flag_id|sails behind\nix_ship_masts_crew|for the \"list\"\npk_ship|it's the key\n"
          "uq_ship_name|one name, one ship");
    shows(c, toast, "autovacuum_enabled=off");
}

static weft_engine *engine_of(const catalogue *c, const weft_metadata *models)
{
    return catalogue_engine(c, &(weft_engine_options){.metadata = models, .check_schema = WEFT_SCHEMA_NONE});
}

/* What a comparison finds, in words, and with apply done. */
static char *difference(const catalogue *c, const weft_metadata *models, bool apply)
{
    weft_error error = {0};
    weft_engine *engine = engine_of(c, models);
    weft_schema *wanted = NULL, *found = NULL;
    weft_ops *ops = NULL;
    wefti_text text;
    char word[200];
    if (weft_schema_of_models(&wanted, models, c->postgres ? "postgresql" : "sqlite", &error) != WEFT_OK ||
        weft_reflect(&found, engine, NULL, &error) != WEFT_OK ||
        weft_schema_compare_on(engine, wanted, found, NULL, &ops, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    wefti_text_init(&text, 0);
    for (size_t i = 0; i < weft_ops_count(ops); i++) {
        weft_ops_describe(ops, i, word, sizeof word);
        wefti_text_add_format(&text, "%s%s", i > 0 ? "\n" : "", word);
    }
    if (apply && catalogue_apply(engine, ops, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    weft_ops_free(ops);
    weft_schema_free(found);
    weft_schema_free(wanted);
    weft_engine_close(engine);
    wefti_text_add(&text, "");
    return wefti_text_take(&text, NULL);
}

static void differs_at(const catalogue *c, const weft_metadata *models, bool apply, const char *expected, int line)
{
    char *found = difference(c, models, apply);
    if (strcmp(found, expected) != 0)
        print_error("line %d\n", line);
    assert_string_equal(found, expected);
    weft_free(found);
}
#define differs(c, models, apply, expected) differs_at((c), (models), (apply), (expected), __LINE__)

static void create_all(const catalogue *c, const weft_metadata *models)
{
    weft_error error = {0};
    weft_engine *engine = engine_of(c, models);
    if (weft_create_all(engine, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    weft_engine_close(engine);
}

static void what_models_say_is_made_and_compared(void **state)
{
    const catalogue *c = *state;
    create_all(c, &full);
    is_full(c);
    differs(c, &full, false, "");
    differs(c, &silent, false, ""); /* what nobody says stays */
    if (!c->postgres) {
        differs(c, &other, false, "");
        return;
    }
    differs(c, &other, true,
            "drop constraint uq_ship_name of ship\nadd unique constraint uq_ship_name to ship\n"
            "alter table ship: with fillfactor=55 without toast.autovacuum_enabled\n"
            "alter index pk_ship: with fillfactor=75, deduplicate_items=off\n"
            "alter index ix_ship_masts_crew: with deduplicate_items=false without fillfactor\n"
            "comment on constraint ck_masts of ship\ncomment on index ix_ship_masts_crew");
    shows(c, kept_in,
          "ix_ship_masts_crew|deduplicate_items=false|-\npk_ship|fillfactor=75, deduplicate_items=off|-\nship|fillfactor=55|-\n"
          "uq_ship_name|deduplicate_items=off|-");
    shows(c, keys, "pk_ship|PRIMARY KEY (id) INCLUDE (name, masts)\nuq_ship_name|UNIQUE (name) INCLUDE (masts)");
    shows(c, comments,
          "ck_masts|ships alone\nfk_ship_flag_id|sails behind\nix_ship_masts_crew|for lists\npk_ship|it's the key\n"
          "uq_ship_name|one name");
    shows(c, toast, "");
    differs(c, &other, false, "");
}

static void silent_models_begin_to_speak(void **state)
{
    const catalogue *c = *state;
    create_all(c, &silent);
    test_database_exec(&c->database, "INSERT INTO ship (name, masts, crew) VALUES ('Argo', 1, 50)");
    char *found = difference(c, &full, true);
    assert_int_equal(strcmp(found, "") != 0, c->postgres);
    weft_free(found);
    is_full(c);
    differs(c, &full, false, "");
    shows(c, "SELECT name, masts, crew FROM ship", "Argo|1|50");
}

static void a_key_has_the_name_that_it_is_given(void **state)
{
    const catalogue *c = *state;
    create_all(c, &named);
    if (c->postgres)
        shows(c, keys, "ship_key|PRIMARY KEY (id)\nuq_ship_name|UNIQUE (name)");
    differs(c, &named, false, "");
}

/* A server's start sees no more than a revision would change. */
static void a_check_leaves_what_nobody_says(void **state)
{
    const catalogue *c = *state;
    weft_error error = {0};
    create_all(c, &full);
    for (int i = 0; i < 2; i++) {
        weft_engine *engine = engine_of(c, i == 0 ? &silent : &full);
        weft_difference *differences = NULL;
        size_t count = 1;
        assert_int_equal(weft_engine_check(engine, &differences, &count, &error), WEFT_OK);
        if (count > 0)
            fail_msg("%s", differences[0].text);
        weft_free(differences);
        weft_engine_close(engine);
    }
}

/* A column that an index has beside is renamed, and goes: the constraint follows. */
static void columns_beside_are_renamed_and_go(void **state)
{
    const catalogue *c = *state;
    weft_error error = {0};
    static const weft_schema_column before[] = {{.name = "id", .type = WEFT_INT64},
                                                {.name = "n", .type = WEFT_INT32},
                                                {.name = "a", .type = WEFT_INT32}},
                                    after[] = {{.name = "id", .type = WEFT_INT64},
                                               {.name = "n", .type = WEFT_INT32},
                                               {.name = "b", .type = WEFT_INT32}};
    static const char *const id[] = {"id", NULL}, *const n[] = {"n", NULL}, *const a[] = {"a", NULL}, *const b[] = {"b", NULL};
    const weft_schema_constraint first[] = {{.kind = WEFT_CONSTRAINT_PRIMARY_KEY, .name = "pk", .columns = id, .include = a},
                                            {.kind = WEFT_CONSTRAINT_UNIQUE, .name = "uq", .columns = n, .include = a}},
                                 second[] = {{.kind = WEFT_CONSTRAINT_PRIMARY_KEY, .name = "pk", .columns = id, .include = b},
                                             {.kind = WEFT_CONSTRAINT_UNIQUE, .name = "uq", .columns = n, .include = b}},
                                 third[] = {{.kind = WEFT_CONSTRAINT_PRIMARY_KEY, .name = "pk", .columns = id},
                                            {.kind = WEFT_CONSTRAINT_UNIQUE, .name = "uq", .columns = n}};
    const weft_schema_table tables[] = {
        {.name = "t", .columns = before, .column_count = 3, .constraints = first, .constraint_count = 2},
        {.name = "t", .columns = after, .column_count = 3, .constraints = second, .constraint_count = 2},
        {.name = "t", .columns = after, .column_count = 2, .constraints = third, .constraint_count = 2}};
    static const char *const renames[] = {NULL, "t.a = b", NULL};
    static const char *const said[] = {"pk|PRIMARY KEY (id) INCLUDE (a)\nuq|UNIQUE (n) INCLUDE (a)",
                                       "pk|PRIMARY KEY (id) INCLUDE (b)\nuq|UNIQUE (n) INCLUDE (b)",
                                       "pk|PRIMARY KEY (id)\nuq|UNIQUE (n)"};
    static const size_t counts[] = {1, 1, 5}; /* a table; a rename; two constraints go and come without the column */
    weft_engine *engine = catalogue_engine(c, NULL);
    for (int i = 0; i < 3; i++) {
        weft_schema *wanted = catalogue_schema_of_table(c, &tables[i]), *found = catalogue_reflect(engine);
        weft_ops *ops = NULL;
        if (weft_schema_compare(wanted, found, renames[i], &ops, &error) != WEFT_OK ||
            catalogue_apply(engine, ops, &error) != WEFT_OK)
            fail_msg("%d: %s", i, error.message);
        assert_int_equal(weft_ops_count(ops), counts[i]);
        shows(c,
              "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 't'::regclass AND contype IN ('p', "
              "'u') ORDER BY 1",
              said[i]);
        weft_ops_free(ops);
        weft_schema_free(found);
        weft_schema_free(wanted);
    }
    weft_engine_close(engine);
}

static char *script(const weft_ops *ops, const catalogue *c, weft_error *error)
{
    char *made = NULL;
    (void)weft_ops_script(ops, c->postgres ? "postgresql" : "sqlite", &made, error);
    return made;
}

/* ---- tablespaces ---- */

/* On one connection, each by itself. */
static void run(const catalogue *c, const char *const *statements)
{
    weft_error error = {0};
    weft_connection *connection = NULL;
    weft_engine *engine = catalogue_engine(c, NULL);
    assert_int_equal(weft_engine_connect(engine, &connection, &(weft_connection_options){.autocommit = true}, &error), WEFT_OK);
    for (; *statements != NULL; statements++)
        if (weft_execute_text(connection, *statements, NULL, &error) != WEFT_OK)
            fail_msg("%s: %s", *statements, error.message);
    weft_connection_close(connection);
    weft_engine_close(engine);
}

static void tables_and_indexes_move(void **state)
{
    const catalogue *c = *state;
    if (c->postgres)
        run(c, (const char *const[]){"SET allow_in_place_tablespaces = on", "CREATE TABLESPACE \"weft Test Space\" LOCATION ''",
                                     NULL});
    create_all(c, &spaced);
    static const char there[] = "ix_ship_masts||weft Test Space\npk_ship||weft Test Space\nship||weft Test Space\nuq_ship_name||-";
    if (c->postgres)
        shows(c, kept_in, there);
    differs(c, &spaced, false, "");
    differs(c, &unspaced, true, c->postgres ? "alter index ix_ship_masts: in tablespace pg_default" : "");
    if (!c->postgres)
        return;
    shows(c, kept_in, "ix_ship_masts||-\npk_ship||weft Test Space\nship||weft Test Space\nuq_ship_name||-");
    differs(c, &spaced, true, "alter index ix_ship_masts: in tablespace weft Test Space");
    shows(c, kept_in, there);
    run(c, (const char *const[]){"DROP TABLE ship", "DROP TABLESPACE \"weft Test Space\"", NULL});
}

MODEL(unlogged, COLUMNS, WEFT_OPTIONS(Ship, .unlogged = true));
MODEL(bare, COLUMNS);

static void tables_are_logged_or_not(void **state)
{
    const catalogue *c = *state;
    static const char persistence[] = "SELECT relpersistence FROM pg_class WHERE oid = 'ship'::regclass";
    weft_error error = {0};
    create_all(c, &unlogged);
    differs(c, &unlogged, false, "");
    differs(c, &bare, false, ""); /* who says nothing of it leaves it */
    weft_engine *engine = engine_of(c, &unlogged);
    weft_schema *schema = catalogue_reflect(engine);
    assert_int_equal(weft_schema_find_table(schema, NULL, "ship")->unlogged, c->postgres);
    weft_schema_free(schema);
    weft_ops *ops = weft_ops_new();
    weft_ops_alter_table(ops, "ship", .logged = true);
    char *made = script(ops, c, &error);
    if (!c->postgres) {
        assert_null(made);
        assert_int_equal(error.status, WEFT_ERROR_UNSUPPORTED);
    } else {
        assert_string_equal(made, "ALTER TABLE ship SET LOGGED;\n");
        shows(c, persistence, "u");
        assert_int_equal(catalogue_apply(engine, ops, &error), WEFT_OK);
        shows(c, persistence, "p");
        differs(c, &bare, false, "");
        differs(c, &unlogged, true, "alter table ship: unlogged");
        shows(c, persistence, "u");
    }
    weft_free(made);
    weft_ops_free(ops);
    weft_engine_close(engine);
}

/* ---- operations ---- */

static void sqlite_refuses_it(const catalogue *c)
{
    weft_error error = {0};
    static const char *const hints[] = {"\"t\" is not possible on SQLite: INCLUDE",
                                        "\"ix\" is not possible on SQLite",
                                        "\"ship\": storage parameters, tablespaces and UNLOGGED are not possible",
                                        "\"pk\": storage parameters, tablespaces and UNLOGGED are not possible",
                                        "a comment on \"ship\" is not possible",
                                        "a comment on \"ix\" is not possible",
                                        "\"t\": storage parameters, tablespaces and UNLOGGED are not possible"};
    static const weft_schema_column column = {.name = "n", .type = WEFT_INT32};
    static const char *const names[] = {"n", NULL};
    const weft_schema_constraint rich = {.kind = WEFT_CONSTRAINT_UNIQUE, .columns = names, .include = names};
    for (int i = 0; i < 7; i++) {
        weft_ops *ops = weft_ops_new();
        weft_schema_table t = {.name = "t", .columns = &column, .column_count = 1};
        if (i == 0) {
            t.constraints = &rich;
            t.constraint_count = 1;
        }
        switch (i) {
        case 1:
            weft_ops_create_index(ops, "ship",
                                  weft_ops_index(.name = "ix", .parts = weft_ops_parts({.column = "n"}),
                                                 .storage = "fillfactor = 40"));
            break;
        case 2: weft_ops_alter_table(ops, "ship", .storage = "fillfactor = 30"); break;
        case 3: weft_ops_alter_index(ops, "pk", .tablespace = "fast"); break;
        case 4: weft_ops_comment_constraint(ops, "ship", "pk", "the key"); break;
        case 5: weft_ops_comment_index(ops, "ix", NULL); break;
        default:
            t.tablespace = i == 6 ? "fast" : NULL;
            weft_ops_create_table(ops, &t);
            break;
        }
        assert_null(script(ops, c, &error));
        assert_int_equal(error.status, WEFT_ERROR_UNSUPPORTED);
        if (strstr(error.message, hints[i]) == NULL)
            fail_msg("%d: %s", i, error.message);
        weft_ops_free(ops);
    }
}

static void operations_say_it(void **state)
{
    const catalogue *c = *state;
    weft_error error = {0};
    test_database_exec(&c->database, "CREATE TABLE ship (id bigint CONSTRAINT pk PRIMARY KEY, name text, n int)");
    weft_engine *engine = catalogue_engine(c, NULL);
    weft_ops *ops = weft_ops_new();
    weft_ops_add_constraint(ops, "ship",
                            weft_ops_constraint(.kind = WEFT_CONSTRAINT_UNIQUE, .columns = weft_ops_names("name"),
                                                .include = weft_ops_names("n", "id"), .storage = "fillfactor = 50",
                                                .comment = "a name"));
    weft_ops_create_index(ops, "ship",
                          weft_ops_index(.name = "Ix", .parts = weft_ops_parts({.column = "n"}), .storage = "fillfactor = 40",
                                         .where = "n > 1", .comment = "it's n"));
    weft_ops_alter_table(ops, "ship", .storage = "fillfactor = 30");
    weft_ops_alter_index(ops, "pk", .storage = "fillfactor = 20, deduplicate_items = off", .reset = "fillfactor");
    weft_ops_comment_constraint(ops, "ship", "pk", "the key");
    weft_ops_comment_index(ops, "Ix", "n");
    char *made = script(ops, c, &error);
    if (!c->postgres) {
        assert_null(made);
        weft_ops_free(ops);
        weft_engine_close(engine);
        sqlite_refuses_it(c);
        return;
    }
    assert_string_equal(made, "ALTER TABLE ship ADD CONSTRAINT uq_ship_name UNIQUE (name) INCLUDE (n, id) WITH (fillfactor = 50);\n"
                              "COMMENT ON CONSTRAINT uq_ship_name ON ship IS 'a name';\n"
                              "CREATE INDEX \"Ix\" ON ship (n) WITH (fillfactor = 40) WHERE n > 1;\n"
                              "COMMENT ON INDEX \"Ix\" IS 'it''s n';\n"
                              "ALTER TABLE ship SET (fillfactor = 30);\n"
                              "ALTER INDEX pk SET (fillfactor = 20, deduplicate_items = off), RESET (fillfactor);\n"
                              "COMMENT ON CONSTRAINT pk ON ship IS 'the key';\n"
                              "COMMENT ON INDEX \"Ix\" IS 'n';\n");
    weft_free(made);
    assert_int_equal(catalogue_apply(engine, ops, &error), WEFT_OK);
    shows(c, kept_in, "Ix|fillfactor=40|-\npk|deduplicate_items=off|-\nship|fillfactor=30|-\nuq_ship_name|fillfactor=50|-");
    shows(c, comments, "Ix|n\npk|the key\nuq_ship_name|a name");
    weft_ops_free(ops);
    ops = weft_ops_new();
    weft_ops_alter_index(ops, "pk", .storage = NULL);
    assert_null(script(ops, c, &error));
    assert_int_equal(error.status, WEFT_ERROR_MISUSE);
    weft_ops_free(ops);
    ops = weft_ops_new();
    weft_ops_comment_constraint(ops, "ship", NULL, "x");
    assert_int_equal(weft_ops_status(ops, &error), WEFT_ERROR_MISUSE);
    weft_ops_free(ops);
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_models_say_is_made_and_compared),
        ON_BOTH(silent_models_begin_to_speak),
        ON_BOTH(a_key_has_the_name_that_it_is_given),
        ON_BOTH(a_check_leaves_what_nobody_says),
        ON_POSTGRES(columns_beside_are_renamed_and_go),
        ON_BOTH(tables_and_indexes_move),
        ON_BOTH(tables_are_logged_or_not),
        ON_BOTH(operations_say_it),
    };
    return cmocka_run_group_tests_name("storing", tests, NULL, NULL);
}
