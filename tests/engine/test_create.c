/* Creating and dropping tables that refer to each other, on real databases. */
#include "fixtures/bank.h"

WEFT_DECLARE(Team);
WEFT_DECLARE(Player);
WEFT_DECLARE(Place);
struct Team {
    int64_t id;
    const char *name;
    weft_opt_int64 captain_id;
};
struct Player {
    int64_t id;
    int64_t team_id;
    weft_opt_int64 trainer_id;
};
struct Place {
    int64_t group;
    const char *order;
    const char *weird;
};

WEFT_MODEL(Team, "team", WEFT_COLUMN(Team, id, .primary_key = true), WEFT_COLUMN(Team, name, .length = 10, .index = true),
           WEFT_COLUMN(Team, captain_id, .references = "player.id"), WEFT_UNIQUE(Team, "name, captain_id"));

WEFT_MODEL(Player, "player", WEFT_COLUMN(Player, id, .primary_key = true), WEFT_COLUMN(Player, team_id, .references = "team.id"),
           WEFT_COLUMN(Player, trainer_id, .references = "player.id"));

WEFT_MODEL(Place, "Select", WEFT_COLUMN(Place, group, .primary_key = true), WEFT_COLUMN(Place, order, .primary_key = true),
           WEFT_COLUMN(Place, weird, .column = "we\"ird ' col"), WEFT_INDEX(Place, "order, group DESC"));

WEFT_METADATA(cyclic_models, &Player_model, &Team_model);
WEFT_METADATA(quoted_models, &Place_model);

typedef struct place_of_test {
    test_database database;
    bool server;
} place_of_test;

static int database_open(void **state)
{
    static place_of_test place;
    place.server = (test_backend)(uintptr_t)*state == TEST_POSTGRES;
    test_database_open(&place.database, (test_backend)(uintptr_t)*state);
    *state = &place;
    return 0;
}

static int database_drop(void **state)
{
    test_database_drop(&((place_of_test *)*state)->database);
    return 0;
}

static weft_error error;

#define WELL(call) \
    do { \
        if ((call) != WEFT_OK) \
            fail_msg("%s: %s", weft_status_name(error.status), error.message); \
    } while (0)

static weft_engine *open_engine(place_of_test *place, const weft_metadata *metadata)
{
    weft_engine *engine = NULL;
    WELL(weft_engine_open(&engine, place->database.url, &(weft_engine_options){.metadata = metadata}, &error));
    return engine;
}

static int64_t foreign_keys(place_of_test *place)
{
    return test_database_integer(
        &place->database,
        place->server ? "SELECT count(*) FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace WHERE contype = 'f' "
                        "AND n.nspname = current_schema()"
                      : "SELECT (SELECT count(*) FROM pragma_foreign_key_list('team')) + (SELECT count(*) FROM "
                        "pragma_foreign_key_list('player'))");
}

static void tables_in_a_cycle_get_all_their_foreign_keys_each_time(void **state)
{
    place_of_test *place = *state;
    weft_engine *engine = open_engine(place, &cyclic_models);
    for (int i = 0; i < 3; i++) {
        WELL(weft_create_all(engine, &error));
        assert_int_equal(foreign_keys(place), 3);
        WELL(weft_create_all(engine, &error));
        assert_int_equal(foreign_keys(place), 3);
        WELL(weft_drop_all(engine, &error));
        assert_int_equal(foreign_keys(place), 0);
    }
    weft_engine_close(engine);
}

static void rows_of_a_cycle_go_in_and_out(void **state)
{
    place_of_test *place = *state;
    weft_engine *engine = open_engine(place, &cyclic_models);
    weft_connection *c = NULL;
    WELL(weft_create_all(engine, &error));
    WELL(weft_engine_connect(engine, &c, NULL, &error));
    WELL(weft_insert_many(c, Team, (&(Team){.id = 1, .name = "red"}), 1, NULL, &error));
    WELL(weft_insert_many(c, Player, (&(Player){.id = 1, .team_id = 1}), 1, NULL, &error));
    WELL(weft_execute_update(c, weft_update_of(Team, .set = weft_sets(weft_to(Team, captain_id, 1)), .all = true), NULL, &error));
    WELL(weft_connection_commit(c, &error));
    assert_int_equal(weft_execute_delete(c, weft_delete_from(Team, .all = true), NULL, &error), WEFT_ERROR_FOREIGN_KEY);
    weft_connection_close(c);
    WELL(weft_drop_all(engine, &error));
    weft_engine_close(engine);
}

static void odd_names_are_quoted_everywhere(void **state)
{
    place_of_test *place = *state;
    weft_engine *engine = open_engine(place, &quoted_models);
    weft_connection *c = NULL;
    weft_result *result = NULL;
    int64_t changed = 0;
    WELL(weft_create_all(engine, &error));
    WELL(weft_engine_connect(engine, &c, NULL, &error));
    Place places[] = {{.group = 1, .order = "a", .weird = "x"}, {.group = 2, .order = "b", .weird = "y"}};
    WELL(weft_insert_many(c, Place, places, 2, NULL, &error));
    WELL(weft_execute_update(c,
                             weft_update_of(Place, .set = weft_sets(weft_to(Place, weird, "z")),
                                            .where = weft_eq(Place, order, "b")),
                             &changed, &error));
    assert_int_equal(changed, 1);
    WELL(weft_connection_select(c,
                                &(weft_rows_options){.from = weft_from(Place),
                                                     .columns = weft_columns(weft_col(Place, weird)),
                                                     .order_by = weft_order(weft_desc(Place, group))},
                                &result, &error));
    assert_true(weft_result_next(result, &error));
    assert_string_equal(weft_result_text(result, 0), "z");
    assert_string_equal(weft_result_name(result, 0), "we\"ird ' col");
    weft_result_close(result);
    weft_connection_close(c);
    WELL(weft_drop_all(engine, &error));
    weft_engine_close(engine);
}

static void the_script_creates_the_same(void **state)
{
    place_of_test *place = *state;
    weft_engine *engine = open_engine(place, &cyclic_models);
    char *script = NULL;
    WELL(weft_create_script(engine, &script, &error));
    test_database_exec(&place->database, script);
    weft_free(script);
    assert_int_equal(foreign_keys(place), 3);
    WELL(weft_drop_all(engine, &error));
    assert_int_equal(foreign_keys(place), 0);
    weft_engine_close(engine);
}

/* What has the name of a table or an index and is none of the models' is never taken for it. */
static void an_object_that_cannot_be_made_is_an_error(void **state)
{
    static const char *const on_postgres[][2] = {{"CREATE SEQUENCE ix_team_name", "DROP SEQUENCE ix_team_name"},
                                                 {"CREATE SEQUENCE player", "DROP SEQUENCE player"},
                                                 {"CREATE TYPE team AS (x int)", "DROP TYPE team"},
                                                 {"CREATE TABLE uq_team_name_captain_id ()", "DROP TABLE uq_team_name_captain_id"},
                                                 {"CREATE TABLE other (x int); CREATE INDEX pk_player ON other (x)",
                                                  "DROP TABLE other"}};
    static const char *const on_sqlite[][2] = {{"CREATE TABLE other (x); CREATE INDEX ix_team_name ON other (x)",
                                                "DROP TABLE other"},
                                               {"CREATE TABLE other (x); CREATE INDEX player ON other (x)", "DROP TABLE other"}};
    place_of_test *place = *state;
    weft_engine *engine = open_engine(place, &cyclic_models);
    size_t count = place->server ? sizeof on_postgres / sizeof on_postgres[0] : sizeof on_sqlite / sizeof on_sqlite[0];
    for (size_t i = 0; i < count; i++) {
        const char *const *hurdle = place->server ? on_postgres[i] : on_sqlite[i];
        test_database_exec(&place->database, hurdle[0]);
        weft_status status = weft_create_all(engine, &error);
        if (status == WEFT_OK)
            fail_msg("was not noticed: %s", hurdle[0]);
        if (place->server)
            assert_int_equal(status, WEFT_ERROR_SCHEMA);
        assert_non_null(strstr(error.message, "CREATE "));
        assert_int_equal(foreign_keys(place), 0); /* nothing was made */
        test_database_exec(&place->database, hurdle[1]);
        WELL(weft_create_all(engine, &error));
        assert_int_equal(foreign_keys(place), 3);
        WELL(weft_drop_all(engine, &error));
    }
    weft_engine_close(engine);
}

static const char *const odd_names[] = {"plain", "a\\b", "q'q", "end\\", "\\' OR true) --", "\\\\"};
WEFT_DECLARE(Odd);
struct Odd {
    int64_t id;
    int kind;
};
WEFT_MODEL(Odd, "back\\slash'", WEFT_COLUMN(Odd, id, .primary_key = true), WEFT_ENUM(Odd, kind, odd_names));
WEFT_METADATA(odd_models, &Odd_model);

/* Names of enums and tables stand in literals, and mean themselves whatever standard_conforming_strings is. */
static void names_in_literals_mean_themselves(void **state)
{
    place_of_test *place = *state;
    for (int off = 0; off < (place->server ? 2 : 1); off++) {
        char url[1000];
        weft_engine *engine = NULL;
        snprintf(url, sizeof url, "%s%s", place->database.url, off ? "%20-cstandard_conforming_strings%3Doff" : "");
        WELL(weft_engine_open(&engine, url, &(weft_engine_options){.metadata = &odd_models}, &error));
        WELL(weft_create_all(engine, &error));
        weft_session *s = weft_session_open(engine, NULL);
        for (int round = 0; round < 2; round++) { /* the second by keys that are reserved: the table's name is in a literal */
            for (int i = 0; i < 6 * 20; i++)
                weft_new(s, Odd, .kind = i % 6);
            if (weft_session_commit(s) != WEFT_OK)
                fail_msg("%s", weft_session_error(s)->message);
        }
        for (int i = 0; i < 6; i++)
            assert_int_equal(weft_query(s, Odd, .where = weft_eq(Odd, kind, i)).count, 40);
        weft_session_close(s);
        char *names =
            test_database_rows(&place->database,
                               "SELECT kind FROM (SELECT DISTINCT kind FROM \"back\\slash'\") AS x ORDER BY length(kind), kind");
        assert_string_equal(names, "\\\\\na\\b\nq'q\nend\\\nplain\n\\' OR true) --");
        free(names);
        weft_connection *c;
        WELL(weft_engine_connect(engine, &c, NULL, &error));
        assert_int_equal(weft_execute_text(c, "INSERT INTO \"back\\slash'\" (kind) VALUES ($1)",
                                           weft_parameters(weft_value_text("ab")), &error),
                         WEFT_ERROR_CHECK);
        weft_connection_close(c);
        WELL(weft_drop_all(engine, &error));
        weft_engine_close(engine);
    }
}

#define ON_BOTH(function) \
    cmocka_unit_test_prestate_setup_teardown(function, database_open, database_drop, (void *)(uintptr_t)TEST_SQLITE), \
        cmocka_unit_test_prestate_setup_teardown(function, database_open, database_drop, (void *)(uintptr_t)TEST_POSTGRES)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(tables_in_a_cycle_get_all_their_foreign_keys_each_time),
        ON_BOTH(rows_of_a_cycle_go_in_and_out),
        ON_BOTH(odd_names_are_quoted_everywhere),
        ON_BOTH(the_script_creates_the_same),
        ON_BOTH(an_object_that_cannot_be_made_is_an_error),
        ON_BOTH(names_in_literals_mean_themselves),
    };
    return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
