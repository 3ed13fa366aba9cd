/* Revisions about views that models say: made, changed, dropped, and made anew around the tables that they read. */
#include "fixtures/catalogue.h"

#include "base/memory.h"

#include "revisions.h"

WEFT_DECLARE(Room);
WEFT_DECLARE(Wide);
WEFT_DECLARE(High);
WEFT_DECLARE(Highest);
WEFT_DECLARE(Count);
WEFT_DECLARE(Higher);
WEFT_DECLARE(Strange);
struct Room {
    int64_t id;
    const char *name;
    int32_t floor;
};
struct Wide {
    int64_t id;
    const char *name;
    int32_t floor;
    weft_opt_int32 beds;
};
struct High {
    int64_t id;
    const char *name;
};
struct Highest {
    High is;
};
struct Count {
    int32_t floor;
    int64_t rooms;
};
struct Higher {
    High is;
};
struct Strange {
    High is;
};
#define HIGH(M, at, text) \
    WEFT_MODEL(M, "high", WEFT_COLUMN(M, at id, .column = "id", .primary_key = true), WEFT_COLUMN(M, at name, .column = "name"), \
               WEFT_OPTIONS(M, .view = text))
WEFT_MODEL(Room, "room", WEFT_COLUMN(Room, id, .primary_key = true), WEFT_COLUMN(Room, name, .length = 40),
           WEFT_COLUMN(Room, floor));
WEFT_MODEL(Wide, "room", WEFT_COLUMN(Wide, id, .primary_key = true), WEFT_COLUMN(Wide, name, .length = 60),
           WEFT_COLUMN(Wide, floor), WEFT_COLUMN(Wide, beds));
HIGH(High, , "SELECT id,name from room where floor>1 ; -- and not below");
HIGH(Higher, is., "SELECT id, name FROM room WHERE floor > 2 AND name IN ('b', 'c')");
WEFT_MODEL(Highest, "highest", WEFT_COLUMN(Highest, is.id, .column = "id", .primary_key = true),
           WEFT_COLUMN(Highest, is.name, .column = "name"),
           WEFT_OPTIONS(Highest, .view = "SELECT id, name FROM high WHERE id = (SELECT max(id) FROM high)"));
WEFT_MODEL(Count, "floor_count", WEFT_COLUMN(Count, floor, .primary_key = true), WEFT_COLUMN(Count, rooms),
           WEFT_INDEX(Count, "floor", .unique = true),
           WEFT_OPTIONS(Count, .materialized = true, .view = "SELECT floor, count(*) AS rooms FROM room GROUP BY floor"));
WEFT_MODEL(Strange, "strange", WEFT_COLUMN(Strange, is.id, .column = "id", .primary_key = true),
           WEFT_COLUMN(Strange, is.name, .column = "name"), WEFT_OPTIONS(Strange, .existing_view = true));

static WEFT_METADATA(bare, &Room_model);
static WEFT_METADATA(viewed, &Highest_model, &High_model, &Count_model, &Room_model);
static WEFT_METADATA(changed, &Highest_model, &Higher_model, &Count_model, &Room_model);
static WEFT_METADATA(widened, &Highest_model, &Higher_model, &Count_model, &Wide_model);
static WEFT_METADATA(fewer, &Higher_model, &Count_model, &Wide_model);
static WEFT_METADATA(with_strange, &High_model, &Room_model, &Strange_model);

static const struct {
    const char *id, *parent;
    const weft_metadata *models;
    const char *high, *views; /* rows of high; names of views */
} steps[] = {
    {"a1", "none", &bare, NULL, NULL},
    {"b1", "a1", &viewed, "b\nc\nd", "floor_count\nhigh\nhighest\nof_others"},
    {"c1", "b1", &changed, "b\nc", "floor_count\nhigh\nhighest\nof_others"},
    {"d1", "c1", &widened, "b\nc", "floor_count\nhigh\nhighest\nof_others"},
    {"e1", "d1", &fewer, "b\nc", "floor_count\nhigh\nof_others"},
};
enum { STEPS = sizeof steps / sizeof steps[0] };

static void shows_step(const catalogue *c, const char *folder, int i)
{
    assert_int_equal(draft_differences(c, folder, steps[i].models), 0);
    if (steps[i].views != NULL)
        shows(c,
              c->postgres ? "SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = "
                            "current_schema::regnamespace ORDER BY 1"
                          : "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY 1",
              steps[i].views);
    if (steps[i].high != NULL)
        shows(c, "SELECT name FROM high ORDER BY id", steps[i].high);
    shows(c, "SELECT count(*) FROM room", "4");
}

/* On the database that is asked, and by what is written for the other one. */
static void what_is_written_of_views_leads_there_and_back(void **state)
{
    catalogue *c = *state, other = *c;
    const char *driver = c->postgres ? "sqlite" : "postgresql";
    char folder[512];
    revisions_folder(folder, NULL);
    test_database_open(&other.database, c->postgres ? TEST_SQLITE : TEST_POSTGRES);
    other.postgres = !c->postgres;
    for (int i = 0; i < STEPS; i++) {
        char *here = draft_of(c, folder, steps[i].models, NULL);
        char *there = draft_of(c, folder, steps[i].models, &(weft_draft_options){.driver = driver});
        assert_string_not_equal(here, "");
        if (i == 1)
            assert_non_null(strstr(c->postgres ? here : there, "CREATE UNIQUE INDEX uq_floor_count_floor ON floor_count (floor)"));
        draft_write(folder, steps[i].id, steps[i].parent, here, there);
        for (int b = 0; b < 2; b++) {
            const catalogue *on = b == 0 ? c : &other;
            if (i == 1)
                test_database_exec(&on->database, "CREATE VIEW of_others AS SELECT id FROM room");
            draft_moves(on, folder, weft_migrate_upgrade, "head");
            if (i == 0)
                test_database_exec(&on->database,
                                   "INSERT INTO room (id, name, floor) VALUES (1, 'a', 1), (2, 'b', 3), (3, 'c', 3), (4, 'd', 4)");
            shows_step(on, folder, i);
        }
    }
    for (int i = STEPS - 2; i >= 0; i--) {
        draft_moves(c, folder, weft_migrate_downgrade, "-1");
        draft_moves(&other, folder, weft_migrate_downgrade, "-1");
        draft_forget(folder, steps[i + 1].id);
        shows_step(c, folder, i);
        shows_step(&other, folder, i);
    }
    test_database_drop(&other.database);
}

/* ---- in another schema ---- */

WEFT_DECLARE(Seen);
struct Seen {
    High is;
};
WEFT_MODEL(Seen, "seen", WEFT_COLUMN(Seen, is.id, .column = "id", .primary_key = true),
           WEFT_COLUMN(Seen, is.name, .column = "name"), WEFT_INDEX(Seen, "id", .unique = true),
           WEFT_OPTIONS(Seen, .schema = "audit", .materialized = true, .view = "SELECT id, name FROM high"));
WEFT_DECLARE(Note);
struct Note {
    int64_t id;
};
WEFT_MODEL(Note, "note", WEFT_COLUMN(Note, id, .primary_key = true), WEFT_OPTIONS(Note, .schema = "audit"));
static WEFT_METADATA(with_seen, &Seen_model, &High_model, &Room_model, &Note_model);
static WEFT_METADATA(without_seen, &High_model, &Room_model, &Note_model);

static void a_view_of_another_schema_comes_and_goes(void **state)
{
    catalogue *c = *state;
    char folder[512];
    weft_error error = {0};
    revisions_folder(folder, NULL);
    draft_write(folder, "a1", "none", draft_of(c, folder, &with_seen, NULL), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    assert_int_equal(draft_differences(c, folder, &with_seen), 0);
    test_database_exec(&c->database, "INSERT INTO room (id, name, floor) VALUES (1, 'a', 1), (2, 'b', 3)");
    const weft_engine_options options = {.metadata = &with_seen, .check_schema = WEFT_SCHEMA_REFUSE_ANY};
    weft_engine *engine = catalogue_engine(c, &options);
    weft_session *s = weft_session_open(engine, NULL);
    assert_int_equal(weft_query(s, Seen).count, 0);
    assert_int_equal(weft_refresh_view(s, Seen, true), WEFT_OK);
    assert_int_equal(weft_query(s, Seen).count, 1);
    assert_int_equal(weft_session_commit(s), WEFT_OK);
    weft_session_close(s);
    assert_int_equal(weft_drop_all(engine, &error), WEFT_OK);
    assert_int_equal(weft_create_all(engine, &error), WEFT_OK);
    shows(c, "SELECT schemaname, matviewname FROM pg_matviews", "audit|seen");
    weft_engine_close(engine);
    draft_write(folder, "b1", "a1", draft_of(c, folder, &without_seen, NULL), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    shows(c, "SELECT count(*) FROM pg_matviews", "0");
    draft_moves(c, folder, weft_migrate_downgrade, "-1");
    shows(c, "SELECT schemaname, matviewname FROM pg_matviews", "audit|seen");
}

/* ---- what a comparison says ---- */

static void differs(const catalogue *c, const weft_metadata *models, const char *expected)
{
    weft_error error = {0};
    weft_engine *engine = NULL;
    weft_schema *wanted, *found;
    weft_ops *ops;
    char said[1000] = "";
    if (weft_engine_open(&engine, c->database.url, NULL, &error) != WEFT_OK ||
        weft_schema_of_models(&wanted, models, c->postgres ? "postgresql" : "sqlite", &error) != WEFT_OK ||
        weft_reflect(&found, engine, NULL, &error) != WEFT_OK ||
        weft_schema_compare_on(engine, wanted, found, NULL, &ops, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    for (size_t i = 0; i < weft_ops_count(ops); i++) {
        size_t size = strlen(said);
        weft_ops_describe(ops, i, said + size, sizeof said - size);
        size = strlen(said);
        (void)snprintf(said + size, sizeof said - size, "; ");
    }
    assert_string_equal(said, expected);
    weft_ops_free(ops);
    weft_schema_free(wanted);
    weft_schema_free(found);
    weft_engine_close(engine);
}

#define SQL(text) test_database_exec(&c->database, (text))

static void views_of_others_stay(void **state)
{
    catalogue *c = *state;
    SQL(c->postgres
            ? "CREATE TABLE room (id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT pk_room PRIMARY KEY, name varchar(40) "
              "NOT NULL, floor integer NOT NULL)"
            : "CREATE TABLE room (id INTEGER PRIMARY KEY NOT NULL, name VARCHAR(40) NOT NULL, floor INTEGER NOT NULL)");
    SQL("CREATE VIEW strange AS SELECT id, name, floor AS f FROM room");
    SQL("CREATE VIEW stranger AS SELECT id FROM strange");
    differs(c, &bare, "");
    differs(c, &with_strange, "create view high; ");
    SQL("DROP VIEW stranger");
    SQL("DROP VIEW strange");
    differs(c, &with_strange, "create view high; "); /* others make it */
    SQL("CREATE TABLE strange (id integer)");
    differs(c, &with_strange, "create view high; ");
    SQL("DROP TABLE strange");
    SQL("CREATE VIEW high AS SELECT id, name FROM room AS r WHERE (floor > 2)");
    differs(c, &with_strange, "drop view high; create view high; ");
    SQL("DROP VIEW high");
    SQL("CREATE VIEW high AS SELECT /* all */ id , name FROM room WHERE (floor > 1)");
    differs(c, &with_strange, "");
}

/* One that keeps its rows is not one that does not. */
static void a_view_that_becomes_materialized_is_made_anew(void **state)
{
    catalogue *c = *state;
    SQL("CREATE TABLE room (id bigint GENERATED BY DEFAULT AS IDENTITY CONSTRAINT pk_room PRIMARY KEY, name varchar(40) NOT NULL, "
        "floor integer NOT NULL)");
    SQL("CREATE VIEW high AS SELECT id, name FROM room WHERE floor > 1");
    SQL("CREATE VIEW highest AS SELECT id, name FROM high WHERE id = (SELECT max(id) FROM high)");
    SQL("CREATE VIEW floor_count AS SELECT floor, count(*) AS rooms FROM room GROUP BY floor");
    differs(c, &viewed, "drop view floor_count; create view floor_count; create index uq_floor_count_floor on floor_count; ");
    SQL("DROP VIEW floor_count");
    SQL("CREATE MATERIALIZED VIEW floor_count AS SELECT floor, count(*) AS rooms FROM room GROUP BY floor");
    differs(c, &viewed, "create index uq_floor_count_floor on floor_count; ");
    SQL("CREATE UNIQUE INDEX uq_floor_count_floor ON floor_count (floor)");
    differs(c, &viewed, "");
    SQL("CREATE INDEX more ON floor_count (rooms)");
    differs(c, &viewed, "drop index more; ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_is_written_of_views_leads_there_and_back),
        ON_BOTH(views_of_others_stay),
        ON_POSTGRES(a_view_of_another_schema_comes_and_goes),
        ON_POSTGRES(a_view_that_becomes_materialized_is_made_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
