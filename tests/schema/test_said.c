/* What models say of their tables beside columns is what the databases have, by their own account, and does what it says. */
#include "fixtures/rules.h"

FIXTURE_MODELS(rules);
static int open_badges(void **state) { return fixture_open(state, TEST_POSTGRES, &rules_of_postgres, NULL); }

/* The same tables as models that say less. */
WEFT_DECLARE(PlainCrew);
WEFT_DECLARE(PlainSailor);
WEFT_DECLARE(PlainWatch);
struct PlainCrew {
    Crew is;
};
struct PlainSailor {
    Sailor is;
};
struct PlainWatch {
    Watch is;
};
static const char *const old_states[] = {"un'rested", "awake", "asleep"}, *const more_states[] = {"un'rested", "ill", "awake",
                                                                                                  "asleep"};
WEFT_MODEL(PlainCrew, "crew", WEFT_COLUMN(PlainCrew, is.id, .column = "id", .primary_key = true, .not_generated = true),
           WEFT_COLUMN(PlainCrew, is.name, .column = "name"),
           WEFT_COLUMN(PlainCrew, is.captain_id, .column = "captain_id", .references = "sailor.id"));
WEFT_MODEL(PlainSailor, "sailor", WEFT_COLUMN(PlainSailor, is.id, .column = "id", .primary_key = true, .not_generated = true),
           WEFT_COLUMN(PlainSailor, is.crew_id, .column = "crew_id"), WEFT_COLUMN(PlainSailor, is.name, .column = "name"),
           WEFT_COLUMN(PlainSailor, is.rank, .column = "rank", .nullable = true), WEFT_COLUMN(PlainSailor, is.age, .column = "age"),
           WEFT_COLUMN(PlainSailor, is.pay, .column = "pay", .precision = 8, .scale = 2),
           WEFT_FOREIGN_KEY(PlainSailor, "crew_id", "crew(id)", .name = "fk_sailor_crew"),
           WEFT_INDEX(PlainSailor, "upper(name)", .name = "ix_sailor_lower_name", .unique = true),
           WEFT_INDEX(PlainSailor, "crew_id, age DESC", .name = "ix_sailor_next_age", .where = "age IS NOT NULL"),
           WEFT_INDEX(PlainSailor, "age DESC, rank"), WEFT_INDEX(PlainSailor, "pay", .name = "ix_sailor_twice"),
           WEFT_INDEX(PlainSailor, "rank", .name = "ix_sailor_rank_hash"), WEFT_CHECK(PlainSailor, "age > 0"));
WEFT_MODEL(PlainWatch, "watch", WEFT_COLUMN(PlainWatch, is.id, .column = "id", .primary_key = true),
           WEFT_ENUM(PlainWatch, is.state, old_states, .column = "state", .index = true),
           WEFT_ENUM(PlainWatch, is.before, old_states, .column = "before", .server_default = "'awake'", .zero_is_unset = true),
           WEFT_COLUMN(PlainWatch, is.place, .column = "place"));
static WEFT_METADATA(plain, &PlainCrew_model, &PlainSailor_model, &PlainWatch_model);

WEFT_DECLARE(LongWatch);
struct LongWatch {
    Watch is;
};
WEFT_MODEL(LongWatch, "watch", WEFT_COLUMN(LongWatch, is.id, .column = "id", .primary_key = true),
           WEFT_ENUM(LongWatch, is.state, more_states, .column = "state", .native_enum = "Watch State", .index = true),
           WEFT_ENUM(LongWatch, is.before, more_states, .column = "before", .native_enum = "Watch State",
                     .server_default = "'awake'", .zero_is_unset = true),
           WEFT_COLUMN(LongWatch, is.place, .column = "place"));
static WEFT_METADATA(grown, &Crew_model, &Sailor_model, &LongWatch_model);

/* ---- as the database says it ---- */

static void constraints_and_indexes_are_as_the_database_says_them(void **state)
{
    fixture *f = *state;
    if (f->postgres) {
        assert_rows(f,
                    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND connamespace = "
                    "current_schema::regnamespace ORDER BY 1",
                    "fk_crew_captain_id|FOREIGN KEY (captain_id) REFERENCES sailor(id) DEFERRABLE INITIALLY DEFERRED\n"
                    "fk_sailor_crew|FOREIGN KEY (crew_id) REFERENCES crew(id) DEFERRABLE");
        assert_rows(f,
                    "SELECT replace(indexdef, current_schema || '.', '') FROM pg_indexes WHERE tablename = 'sailor' AND indexname "
                    "LIKE 'ix%' ORDER BY indexname",
                    "CREATE INDEX ix_sailor_age_rank ON sailor USING btree (age DESC NULLS LAST, rank text_pattern_ops) INCLUDE "
                    "(name, crew_id)\n"
                    "CREATE UNIQUE INDEX ix_sailor_lower_name ON sailor USING btree (lower(name))\n"
                    "CREATE INDEX ix_sailor_next_age ON sailor USING btree (crew_id, ((age + 1)) DESC) WHERE (age IS NOT NULL)\n"
                    "CREATE INDEX ix_sailor_rank_hash ON sailor USING hash (rank)\n"
                    "CREATE INDEX ix_sailor_twice ON sailor USING btree (((pay * (2)::numeric)))");
        assert_rows(f,
                    "SELECT obj_description('crew'::regclass), col_description('crew'::regclass, 2), "
                    "col_description('crew'::regclass, 1)",
                    "who sails together|as painted on the ship's \"side\"|NULL");
        return;
    }
    assert_rows(f, "SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'sailor' AND sql IS NOT NULL ORDER BY name",
                "CREATE INDEX ix_sailor_age_rank ON sailor (age DESC, rank)\n"
                "CREATE UNIQUE INDEX ix_sailor_lower_name ON sailor ((lower(name)))\n"
                "CREATE INDEX ix_sailor_next_age ON sailor (crew_id, (age + 1) DESC) WHERE age IS NOT NULL\n"
                "CREATE INDEX ix_sailor_rank_hash ON sailor (rank)\n"
                "CREATE INDEX ix_sailor_twice ON sailor ((CAST(pay AS REAL) * 2))");
    assert_rows(
        f,
        "SELECT name, instr(sql, 'DEFERRABLE INITIALLY DEFERRED') > 0, instr(sql, 'DEFERRABLE') > 0 FROM sqlite_schema WHERE "
        "type = 'table' AND name IN ('crew', 'sailor') ORDER BY 1",
        "crew|1|1\nsailor|0|1");
}

static void what_only_postgresql_has_is_as_it_says_it(void **state)
{
    fixture *f = *state;
    assert_rows(f,
                "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype IN ('u', 'x') AND connamespace = "
                "current_schema::regnamespace ORDER BY 1",
                "ex_badge_1|EXCLUDE USING hash (number WITH =) WHERE ((series > 100))\n"
                "uq_badge_number|UNIQUE (number) DEFERRABLE INITIALLY DEFERRED\n"
                "uq_badge_series|UNIQUE NULLS NOT DISTINCT (series, number)");
    assert_rows(f, "SELECT replace(indexdef, current_schema || '.', '') FROM pg_indexes WHERE indexname = 'uq_badge_series_high'",
                "CREATE UNIQUE INDEX uq_badge_series_high ON badge USING btree (series) NULLS NOT DISTINCT WHERE (number > 5)");
}

/* ---- what is compared ---- */

/* What a comparison of these models with the database finds is done; how much it was. */
static size_t bring_in_step(fixture *f, const weft_metadata *models)
{
    weft_error error = {0};
    weft_schema *wanted = NULL, *found = NULL;
    weft_ops *ops = NULL;
    weft_connection *connection = NULL;
    assert_error(weft_schema_of_models(&wanted, models, f->postgres ? "postgresql" : "sqlite", &error), WEFT_OK, &error);
    assert_error(weft_reflect(&found, f->engine, NULL, &error), WEFT_OK, &error);
    assert_error(weft_schema_compare_on(f->engine, wanted, found, NULL, &ops, &error), WEFT_OK, &error);
    const size_t count = weft_ops_count(ops);
    assert_error(weft_engine_connect(f->engine, &connection, NULL, &error), WEFT_OK, &error);
    assert_error(weft_ops_apply(ops, connection, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(connection, &error), WEFT_OK, &error);
    weft_connection_close(connection);
    weft_ops_free(ops);
    weft_schema_free(found);
    weft_schema_free(wanted);
    return count;
}

static void what_models_begin_to_say_is_a_difference(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_session_close(f->s);
    f->s = NULL;
    assert_error(weft_drop_all(f->engine, &error), WEFT_OK, &error);
    assert_true(bring_in_step(f, &plain) > 0);
    test_database_exec(&f->database, "INSERT INTO watch (state, before, place) VALUES ('asleep', 'un''rested', 'mast')");
    assert_int_equal(bring_in_step(f, &plain), 0);
    assert_true(bring_in_step(f, &rules) > 0);
    constraints_and_indexes_are_as_the_database_says_them(state);
    assert_int_equal(bring_in_step(f, &rules), 0);
    assert_rows(f, "SELECT state, before FROM watch", "asleep|un'rested");
    assert_true(bring_in_step(f, &grown) > 0);
    assert_int_equal(bring_in_step(f, &grown), 0);
    if (f->postgres)
        assert_rows(f,
                    "SELECT e.enumlabel FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid WHERE t.typnamespace = "
                    "current_schema::regnamespace ORDER BY e.enumsortorder",
                    "un'rested\nill\nawake\nasleep");
    test_database_exec(&f->database, "UPDATE watch SET state = 'ill'; UPDATE watch SET state = 'awake'");
    /* Where models are silent, what is there stays. */
    const size_t less = bring_in_step(f, &plain);
    assert_int_equal(bring_in_step(f, &plain), 0);
    assert_true(less > 0); /* the enum is a text again, and expressions are others */
}

/* ---- what it does ---- */

static void a_deferred_key_is_checked_at_commit(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_new(s, Crew, .id = 1, .name = "red", .captain_id = weft_some(7));
    flush_ok(s); /* the captain is not there yet */
    (void)weft_new(s, Sailor, .id = 7, .crew_id = 1, .name = "Ann", .pay = {"10"});
    commit_ok(s);
    (void)weft_new(s, Crew, .id = 2, .name = "blue", .captain_id = weft_some(8));
    flush_ok(s);
    assert_call(s, weft_session_commit(s), WEFT_ERROR_FOREIGN_KEY);
    rollback_ok(s);
    assert_rows(f, "SELECT id FROM crew", "1");
}

static void an_index_of_an_expression_keeps_values_apart(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_new(s, Crew, .id = 1, .name = "red");
    (void)weft_new(s, Sailor, .id = 1, .crew_id = 1, .name = "Ann", .pay = {"10"});
    commit_ok(s);
    (void)weft_new(s, Sailor, .id = 2, .crew_id = 1, .name = "ANN", .pay = {"10"});
    assert_call(s, weft_session_commit(s), WEFT_ERROR_UNIQUE);
    rollback_ok(s);
    assert_rows(f, "SELECT name FROM sailor", "Ann");
}

static void deferred_unique_values_change_places(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const Badge *a = weft_new(s, Badge, .number = 1, .series = weft_some(1)),
                *b = weft_new(s, Badge, .number = 2, .series = weft_some(2));
    commit_ok(s);
    weft_edit(s, Badge, a)->number = 2;
    weft_edit(s, Badge, b)->number = 1;
    commit_ok(s);
    assert_rows(f, "SELECT number FROM badge ORDER BY id", "2\n1");
    (void)weft_new(s, Badge, .number = 5);
    (void)weft_new(s, Badge, .number = 5);
    assert_call(s, weft_session_commit(s), WEFT_ERROR_UNIQUE);
    rollback_ok(s);
    (void)weft_new(s, Badge, .number = 5, .series = weft_some(101));
    commit_ok(s);
    (void)weft_new(s, Badge, .number = 6);
    commit_ok(s);
    (void)weft_new(s, Badge, .number = 7); /* a second NULL among the high numbers */
    assert_call(s, weft_session_commit(s), WEFT_ERROR_UNIQUE);
    rollback_ok(s);
}

static void an_enum_is_a_type_of_its_own_where_there_are_such(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_error error = {0};
    (void)weft_new(s, Watch, .state = 1, .before = 2, .place = "mast");
    (void)weft_new(s, Watch, .state = 0, .before = 1, .place = "deck");
    (void)weft_new(s, Watch, .state = 2, .before = 0, .place = "hull");
    commit_ok(s);
    assert_rows(f, "SELECT state, before, place FROM watch ORDER BY id",
                "awake|asleep|mast\nun'rested|awake|deck\nasleep|awake|hull");
    const Watch_list watches = weft_query(s, Watch, .where = weft_or(weft_eq(Watch, state, 0), weft_ne(Watch, before, 1)),
                                          .order_by = weft_order(weft_asc(Watch, id)));
    assert_ok(s);
    assert_int_equal(watches.count, 2);
    weft_edit(s, Watch, watches.items[0])->state = 2;
    commit_ok(s);
    assert_int_equal(weft_count_of(s, Watch, .where = weft_eq_col(Watch, state, Watch, before)), 1);
    int64_t changed = 0;
    assert_call(s,
                weft_session_update(s,
                                    weft_update_of(Watch, .set = weft_sets(weft_to(Watch, before, 1)),
                                                   .where = weft_eq(Watch, state, 2)),
                                    &changed),
                WEFT_OK);
    assert_int_equal(changed, 2);
    commit_ok(s);
    assert_rows(f, "SELECT state, before FROM watch ORDER BY id", "asleep|awake\nun'rested|awake\nasleep|awake");
    assert_error(weft_create_all(f->engine, &error), WEFT_OK, &error); /* the type is there */
    if (!f->postgres)
        return;
    assert_rows(f,
                "SELECT t.typname, e.enumlabel FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid WHERE t.typnamespace = "
                "current_schema::regnamespace ORDER BY e.enumsortorder",
                "Watch State|un'rested\nWatch State|awake\nWatch State|asleep");
    assert_rows(f, "SELECT count(*) FROM pg_constraint WHERE conrelid = 'watch'::regclass AND contype = 'c'", "0");
    weft_session_close(s);
    f->s = NULL;
    assert_error(weft_drop_all(f->engine, &error), WEFT_OK, &error);
    assert_rows(f, "SELECT count(*) FROM pg_type WHERE typname = 'Watch State'", "0");
}

/* ---- foreign keys of several columns ---- */

WEFT_DECLARE(Site);
struct Site {
    int32_t block, number;
};
WEFT_MODEL(Site, "site", WEFT_COLUMN(Site, block, .primary_key = true), WEFT_COLUMN(Site, number, .primary_key = true));
#define TENT(M, ...) \
    WEFT_DECLARE(M); \
    struct M { \
        int64_t id; \
        weft_opt_int32 block, number; \
    }; \
    WEFT_MODEL(M, "tent", WEFT_COLUMN(M, id, .primary_key = true), WEFT_COLUMN(M, block), WEFT_COLUMN(M, number), \
               WEFT_FOREIGN_KEY(M, "block, number", "site(block, number)", __VA_ARGS__)); \
    static WEFT_METADATA(M##_models, &M##_model, &Site_model)
TENT(Tent, .match_full = true, .on_delete = "CASCADE", .deferrable = true);
TENT(Loose, .on_delete = "CASCADE", .deferrable = true);

static void all_columns_of_a_key_are_null_or_none(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_session_close(f->s);
    f->s = NULL;
    assert_error(weft_drop_all(f->engine, &error), WEFT_OK, &error);
    assert_true(bring_in_step(f, &Loose_models) > 0);
    test_database_exec(&f->database, "INSERT INTO site VALUES (1, 2)");
    test_database_exec(&f->database, "INSERT INTO tent (block, number) VALUES (1, 2), (NULL, NULL)");
    assert_true(bring_in_step(f, &Tent_models) > 0);
    assert_int_equal(bring_in_step(f, &Tent_models), 0);
    assert_rows(f, "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid = 'tent'::regclass",
                "FOREIGN KEY (block, number) REFERENCES site(block, number) MATCH FULL ON DELETE CASCADE DEFERRABLE");
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.metadata = &Tent_models});
    weft_session *s = weft_session_open(engine, NULL);
    (void)weft_new(s, Tent, .block = weft_some(1));
    assert_int_equal(weft_session_commit(s), WEFT_ERROR_FOREIGN_KEY);
    rollback_ok(s);
    (void)weft_new(s, Tent, .block = weft_some(1), .number = weft_some(2));
    commit_ok(s);
    weft_session_close(s);
    assert_error(weft_drop_all(engine, &error), WEFT_OK, &error);
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    assert_int_equal(bring_in_step(f, &Tent_models), 0);
    assert_int_equal(bring_in_step(f, &Loose_models), 0); /* which say nothing of it */
    assert_error(weft_drop_all(engine, &error), WEFT_OK, &error);
    weft_engine_close(engine);
}

/* ---- domains ---- */

WEFT_DECLARE(Berth);
struct Berth {
    int64_t id;
    int32_t size;
    weft_opt_int32 rest;
};
WEFT_MODEL(Berth, "berth", WEFT_COLUMN(Berth, id, .primary_key = true), WEFT_COLUMN(Berth, size, .sql_type = "pos"),
           WEFT_COLUMN(Berth, rest, .sql_type = "pos"));
static WEFT_METADATA(berths, &Berth_model);

static void columns_of_domains_hold_what_they_are_made_of(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = NULL;
    Berth many[70];
    weft_session_close(f->s);
    f->s = NULL;
    assert_error(weft_drop_all(f->engine, &error), WEFT_OK, &error);
    test_database_exec(&f->database, "CREATE DOMAIN pos AS integer CHECK (VALUE > 0)");
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.metadata = &berths});
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    assert_int_equal(bring_in_step(f, &berths), 0);
    weft_session *s = weft_session_open(engine, NULL);
    for (int i = 0; i < 70; i++) {
        many[i] = (Berth){.size = i + 1};
        if (i % 2 == 0)
            many[i].rest = (weft_opt_int32)weft_some(i + 1);
        (void)weft_new(s, Berth, .size = 100 + i);
    }
    commit_ok(s);
    assert_int_equal(weft_query(s, Berth, .where = weft_ge(Berth, size, 168)).count, 2);
    (void)weft_new(s, Berth, .size = -1);
    assert_int_equal(weft_session_commit(s), WEFT_ERROR_CHECK);
    rollback_ok(s);
    weft_session_close(s);
    assert_error(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK, &error);
    assert_error(weft_insert_many(c, Berth, many, 70, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    assert_rows(f, "SELECT count(*), sum(size), sum(rest) FROM berth", "140|11900|1225");
    assert_error(weft_drop_all(engine, &error), WEFT_OK, &error);
    weft_engine_close(engine);
    test_database_exec(&f->database, "DROP DOMAIN pos");
}

static void sqlite_says_what_it_lacks(void **state)
{
    weft_error error = {0};
    weft_engine *engine = NULL;
    (void)state;
    assert_int_equal(weft_engine_open(&engine, "sqlite://", &(weft_engine_options){.metadata = &rules_of_postgres}, &error),
                     WEFT_OK);
    assert_int_equal(weft_create_all(engine, &error), WEFT_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "a constraint of \"badge\" is not possible on SQLite"));
    weft_engine_close(engine);
    assert_int_equal(weft_engine_open(&engine, "sqlite://", &(weft_engine_options){.metadata = &Tent_models}, &error), WEFT_OK);
    assert_int_equal(weft_create_all(engine, &error), WEFT_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "a constraint of \"tent\" is not possible on SQLite"));
    assert_non_null(strstr(error.message, "MATCH FULL"));
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(constraints_and_indexes_are_as_the_database_says_them),
        {"what_only_postgresql_has_is_as_it_says_it (PostgreSQL)", what_only_postgresql_has_is_as_it_says_it, open_badges,
         fixture_close, NULL},
        ON_BOTH(what_models_begin_to_say_is_a_difference),
        ON_BOTH(a_deferred_key_is_checked_at_commit),
        ON_BOTH(an_index_of_an_expression_keeps_values_apart),
        {"deferred_unique_values_change_places (PostgreSQL)", deferred_unique_values_change_places, open_badges, fixture_close,
         NULL},
        ON_BOTH(an_enum_is_a_type_of_its_own_where_there_are_such),
        ON_POSTGRES(all_columns_of_a_key_are_null_or_none),
        ON_POSTGRES(columns_of_domains_hold_what_they_are_made_of),
        cmocka_unit_test(sqlite_says_what_it_lacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
