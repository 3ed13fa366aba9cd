/* Creating and dropping tables that refer to each other, on real databases. */
#include "bank.h"

WEFT_DECLARE(Team);
WEFT_DECLARE(Player);
WEFT_DECLARE(Place);
struct Team { int64_t id; const char *name; weft_opt_int64 captain_id; };
struct Player { int64_t id; int64_t team_id; weft_opt_int64 trainer_id; };
struct Place { int64_t group; const char *order; const char *weird; };

WEFT_MODEL(Team, "team",
    WEFT_COLUMN(Team, id, .primary_key = true),
    WEFT_COLUMN(Team, name, .length = 10, .index = true),
    WEFT_COLUMN(Team, captain_id, .references = "player.id"),
    WEFT_UNIQUE(Team, "name, captain_id"));

WEFT_MODEL(Player, "player",
    WEFT_COLUMN(Player, id, .primary_key = true),
    WEFT_COLUMN(Player, team_id, .references = "team.id"),
    WEFT_COLUMN(Player, trainer_id, .references = "player.id"));

WEFT_MODEL(Place, "Select",
    WEFT_COLUMN(Place, group, .primary_key = true),
    WEFT_COLUMN(Place, order, .primary_key = true),
    WEFT_COLUMN(Place, weird, .column = "we\"ird ' col"),
    WEFT_INDEX(Place, "order, group DESC"));

WEFT_METADATA(cyclic_models, &Player_model, &Team_model);
WEFT_METADATA(quoted_models, &Place_model);

typedef struct place_of_test { test_database database; bool server; } place_of_test;

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
    return test_database_integer(&place->database,
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
        weft_update_of(Place, .set = weft_sets(weft_to(Place, weird, "z")), .where = weft_eq(Place, order, "b")), &changed,
        &error));
    assert_int_equal(changed, 1);
    WELL(weft_connection_select(c,
        &(weft_rows_options){.from = weft_from(Place), .columns = weft_columns(weft_col(Place, weird)),
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
    };
    return cmocka_run_group_tests_name("tables", tests, NULL, NULL);
}
