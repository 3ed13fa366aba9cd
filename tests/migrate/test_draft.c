/* Revisions that are written from the difference between models and database: applied they make the database what the models want,
 * undone what it was, and rows that both have stay. */
#include "fixtures/catalogue.h"

#include "base/memory.h"

#include "revisions.h"

/* ---- the same tables at two times ---- */

WEFT_DECLARE(Room);
WEFT_DECLARE(Guest);
WEFT_DECLARE(Old);
struct Room {
    int64_t id;
    const char *name;
    int32_t floor;
};
struct Guest {
    int64_t id;
    const char *name;
    weft_opt_int64 room_id, host_id;
    weft_opt_int32 nights;
};
struct Old {
    int64_t id;
    const char *what;
};
WEFT_MODEL(Room, "room", WEFT_COLUMN(Room, id, .primary_key = true), WEFT_COLUMN(Room, name, .length = 40, .index = true),
           WEFT_COLUMN(Room, floor), WEFT_CHECK(Room, "id > 0", .name = "ck_room"));
WEFT_MODEL(Guest, "guest", WEFT_COLUMN(Guest, id, .primary_key = true), WEFT_COLUMN(Guest, name),
           WEFT_COLUMN(Guest, room_id, .references = "room.id", .on_delete = "CASCADE"),
           WEFT_COLUMN(Guest, host_id, .references = "room.id"), WEFT_COLUMN(Guest, nights, .server_default = "1"));
WEFT_MODEL(Old, "old", WEFT_COLUMN(Old, id, .primary_key = true), WEFT_COLUMN(Old, what));
static WEFT_METADATA(before, &Room_model, &Guest_model, &Old_model);

WEFT_DECLARE(Hall);
WEFT_DECLARE(Visitor);
WEFT_DECLARE(Bill);
struct Hall {
    int64_t id;
    const char *name;
    int32_t level;
    weft_decimal price;
};
struct Visitor {
    int64_t id;
    const char *name;
    weft_opt_int64 room_id, host_id;
    weft_opt_int32 nights;
    const char *note;
};
struct Bill {
    int64_t id;
    int64_t guest_id;
    weft_opt_int32 sum;
};
WEFT_MODEL(Hall, "room", WEFT_COLUMN(Hall, id, .primary_key = true), WEFT_COLUMN(Hall, name, .length = 60, .unique = true),
           WEFT_COLUMN(Hall, level), WEFT_CHECK(Hall, "id > 0 AND level < 90", .name = "ck_room"),
           WEFT_COLUMN(Hall, price, .precision = 10, .scale = 2, .nullable = true));
WEFT_MODEL(Visitor, "guest", WEFT_COLUMN(Visitor, id, .primary_key = true), WEFT_COLUMN(Visitor, name),
           WEFT_COLUMN(Visitor, room_id, .references = "room.id", .on_delete = "SET NULL"),
           WEFT_COLUMN(Visitor, host_id, .references = "guest.id"), WEFT_COLUMN(Visitor, nights, .server_default = "2"),
           WEFT_COLUMN(Visitor, note, .nullable = true));
WEFT_MODEL(Bill, "bill", WEFT_COLUMN(Bill, id, .primary_key = true),
           WEFT_COLUMN(Bill, guest_id, .references = "guest.id", .index = true), WEFT_COLUMN(Bill, sum));
static WEFT_METADATA(after, &Hall_model, &Visitor_model, &Bill_model);

#define RENAMES "room.floor = level"

static void fill(const catalogue *c)
{
    test_database_exec(&c->database, "INSERT INTO room (id, name, floor) VALUES (1, 'a', 3), (2, 'b', 4)");
    test_database_exec(&c->database, "INSERT INTO guest (id, name, room_id) VALUES (1, 'x', 1), (2, 'y', 2), (3, 'z', NULL)");
    test_database_exec(&c->database, "INSERT INTO old (id, what) VALUES (1, 'gone')");
}

static void what_is_written_leads_there_and_back(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, NULL);
    draft_write(folder, "a1", "none", draft_of(c, folder, &before, NULL), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    assert_int_equal(draft_differences(c, folder, &before), 0);
    char *nothing = draft_of(c, folder, &before, NULL);
    assert_string_equal(nothing, "");
    weft_free(nothing);
    fill(c);
    draft_write(folder, "b1", "a1", draft_of(c, folder, &after, &(weft_draft_options){.renames = RENAMES}), NULL);
    upgrade_fails(c, folder, "head", WEFT_ERROR_UNSUPPORTED, "this step destroys data");
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    assert_int_equal(draft_differences(c, folder, &after), 0);
    assert_false(has_table(c, "old"));
    shows(c, "SELECT id, name, level, price FROM room ORDER BY id", "1|a|3|NULL\n2|b|4|NULL");
    shows(c, "SELECT id, name, room_id, note FROM guest ORDER BY id", "1|x|1|NULL\n2|y|2|NULL\n3|z|NULL|NULL");
    draft_moves(c, folder, weft_migrate_downgrade, "-1");
    draft_forget(folder, "b1");
    assert_int_equal(draft_differences(c, folder, &before), 0);
    shows(c, "SELECT id, name, floor FROM room ORDER BY id", "1|a|3\n2|b|4");
    shows(c, "SELECT id, name, room_id FROM guest ORDER BY id", "1|x|1\n2|y|2\n3|z|NULL");
    shows(c, "SELECT count(*) FROM old", "0");
}

/* The parts for a database that was not asked do there what they do here, as long as both were the same before. */
static void parts_for_the_other_database_lead_there_and_back(void **state)
{
    catalogue *c = *state, other = *c;
    const char *driver = c->postgres ? "sqlite" : "postgresql";
    char folder[512];
    revisions_folder(folder, NULL);
    test_database_open(&other.database, c->postgres ? TEST_SQLITE : TEST_POSTGRES);
    other.postgres = !c->postgres;
    draft_write(folder, "a1", "none", draft_of(c, folder, &before, NULL),
                draft_of(c, folder, &before, &(weft_draft_options){.driver = driver}));
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    draft_moves(&other, folder, weft_migrate_upgrade, "head");
    assert_int_equal(draft_differences(&other, folder, &before), 0);
    fill(&other);
    char *here = draft_of(c, folder, &after, &(weft_draft_options){.renames = RENAMES}),
         *there = draft_of(c, folder, &after, &(weft_draft_options){.renames = RENAMES, .driver = driver});
    assert_non_null(strstr(there, "-- not compared\n"));
    assert_null(strstr(here, "-- not compared\n"));
    draft_write(folder, "b1", "a1", here, there);
    draft_moves(&other, folder, weft_migrate_upgrade, "head");
    assert_int_equal(draft_differences(&other, folder, &after), 0);
    shows(&other, "SELECT id, name, level, price FROM room ORDER BY id", "1|a|3|NULL\n2|b|4|NULL");
    shows(&other, "SELECT id, name, room_id, note FROM guest ORDER BY id", "1|x|1|NULL\n2|y|2|NULL\n3|z|NULL|NULL");
    draft_moves(&other, folder, weft_migrate_downgrade, "-1");
    shows(&other, "SELECT id, name, floor FROM room ORDER BY id", "1|a|3\n2|b|4");
    draft_forget(folder, "b1");
    assert_int_equal(draft_differences(&other, folder, &before), 0);
    test_database_drop(&other.database);
}

/* What one of the databases has no word for. */
WEFT_DECLARE(Shelf);
WEFT_DECLARE(Rack);
struct Shelf {
    int64_t id;
    const char *name;
};
struct Rack {
    int64_t id;
    const char *name;
    weft_opt_int32 more;
};
#define KEPT(M) \
    WEFT_OPTIONS(M, .comment = "of a table", .storage = "fillfactor = 70", .unlogged = true, .strict = true), \
        WEFT_PRIMARY_KEY(M, .comment = "of a key", .storage = "fillfactor = 80"), \
        WEFT_INDEX(M, "name text_pattern_ops", .name = "ix_kept", .include = "id", .comment = "of an index", \
                   .storage = "fillfactor = 60"), \
        WEFT_CHECK(M, "id > 0", .name = "ck_kept", .comment = "of a check")
WEFT_MODEL(Shelf, "shelf", WEFT_COLUMN(Shelf, id, .primary_key = true, .comment = "of a column"), WEFT_COLUMN(Shelf, name),
           KEPT(Shelf));
WEFT_MODEL(Rack, "shelf", WEFT_COLUMN(Rack, id, .primary_key = true, .comment = "of a column"), WEFT_COLUMN(Rack, name),
           WEFT_COLUMN(Rack, more), KEPT(Rack));
static WEFT_METADATA(shelves, &Shelf_model);
static WEFT_METADATA(racks, &Rack_model);

static void what_one_database_does_not_know_changes_on_none(void **state)
{
    static const char *const others[] = {"COMMENT", "fillfactor", "LOGGED", "STRICT", "INDEX", "rebuild"};
    catalogue *c = *state, other = *c;
    const char *driver = c->postgres ? "sqlite" : "postgresql";
    char folder[512];
    revisions_folder(folder, NULL);
    test_database_open(&other.database, c->postgres ? TEST_SQLITE : TEST_POSTGRES);
    other.postgres = !c->postgres;
    draft_write(folder, "a1", "none", draft_of(c, folder, &shelves, NULL),
                draft_of(c, folder, &shelves, &(weft_draft_options){.driver = driver}));
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    draft_moves(&other, folder, weft_migrate_upgrade, "head");
    assert_int_equal(draft_differences(c, folder, &shelves), 0);
    assert_int_equal(draft_differences(&other, folder, &shelves), 0);
    char *nothing = draft_of(c, folder, &shelves, &(weft_draft_options){.driver = driver});
    assert_string_equal(nothing, "");
    weft_free(nothing);
    char *here = draft_of(c, folder, &racks, NULL), *there = draft_of(c, folder, &racks, &(weft_draft_options){.driver = driver});
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_null(strstr(here, others[i]));
        assert_null(strstr(there, others[i]));
    }
    draft_write(folder, "b1", "a1", here, there);
    draft_moves(&other, folder, weft_migrate_upgrade, "head");
    assert_int_equal(draft_differences(&other, folder, &racks), 0);
    test_database_drop(&other.database);
}

WEFT_DECLARE(Text);
WEFT_DECLARE(Typed);
WEFT_DECLARE(Grown);
struct Text {
    int64_t id;
    int mood;
};
struct Typed {
    Text is;
};
struct Grown {
    Text is;
    weft_opt_int32 more;
};
static const char *const moods[] = {"sad", "it's ok"}, *const more_moods[] = {"sad", "calm", "it's ok"};
WEFT_MODEL(Text, "diary", WEFT_COLUMN(Text, id, .primary_key = true), WEFT_ENUM(Text, mood, moods));
WEFT_MODEL(Typed, "diary", WEFT_COLUMN(Typed, is.id, .column = "id", .primary_key = true),
           WEFT_ENUM(Typed, is.mood, moods, .column = "mood", .native_enum = "mood of"));
WEFT_MODEL(Grown, "diary", WEFT_COLUMN(Grown, is.id, .column = "id", .primary_key = true),
           WEFT_ENUM(Grown, is.mood, more_moods, .column = "mood", .native_enum = "mood of", .server_default = "'calm'",
                     .zero_is_unset = true),
           WEFT_COLUMN(Grown, more));
static WEFT_METADATA(text_moods, &Text_model);
static WEFT_METADATA(typed_moods, &Typed_model);
static WEFT_METADATA(grown_moods, &Grown_model);

WEFT_DECLARE(Drawn);
WEFT_DECLARE(Undrawn);
struct Drawn {
    int64_t id;
    weft_opt_int32 mood;
    int64_t number;
};
struct Undrawn {
    Drawn is;
};
static const char *const kept_moods[] = {"sad", "it's ok"};
WEFT_MODEL(Drawn, "drawn", WEFT_SEQUENCE(Drawn, "Numbers"), WEFT_COLUMN(Drawn, id, .primary_key = true),
           WEFT_ENUM(Drawn, mood, more_moods, .native_enum = "mood", .server_default = "'sad'"),
           WEFT_COLUMN(Drawn, number, .sequence = "Numbers"));
WEFT_MODEL(Undrawn, "drawn", WEFT_COLUMN(Undrawn, is.id, .column = "id", .primary_key = true),
           WEFT_ENUM(Undrawn, is.mood, kept_moods, .column = "mood", .native_enum = "mood", .server_default = "'sad'"),
           WEFT_COLUMN(Undrawn, is.number, .column = "number"));
static WEFT_METADATA(drawn, &Drawn_model);
static WEFT_METADATA(undrawn, &Undrawn_model);

/* Whatever schema the draft was made of, a tenant's tables are its own. */
static void drafts_name_no_schema_that_is_migrated(void **state)
{
    catalogue *c = *state;
    char folder[512], schema[64], sql[300];
    revisions_folder(folder, NULL);
    draft_write(folder, "a1", "none", draft_of(c, folder, &drawn, NULL), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    char *made = draft_of(c, folder, &undrawn, NULL);
    assert_non_null(strstr(made, "SET DEFAULT ('sad'::mood)"));
    assert_non_null(strstr(made, "SET DEFAULT (nextval('\"Numbers\"'::regclass))"));
    char *first = wefti_malloc(strlen(made) + 1);
    assert_non_null(first);
    memcpy(first, made, strlen(made) + 1);
    draft_write(folder, "b1", "a1", made, NULL);
    snprintf(schema, sizeof schema, "It's%.20s", c->database.place);
    snprintf(sql, sizeof sql, "CREATE SCHEMA \"%s\"", schema);
    test_database_exec(&c->database, sql);
    migration m;
    migration_open(&m, c, folder, (weft_migrate_options){.folder = folder, .schema = schema, .allow_destructive = true});
    if (weft_migrate_upgrade(m.migrate, "head", &m.error) != WEFT_OK ||
        weft_migrate_downgrade(m.migrate, "-1", &m.error) != WEFT_OK)
        fail_msg("%s", m.error.message);
    migration_close(&m);
    snprintf(
        sql, sizeof sql,
        "SELECT DISTINCT n.nspname FROM pg_depend d JOIN pg_attrdef a ON a.oid = d.objid JOIN pg_class s ON s.oid = d.refobjid "
        "JOIN pg_namespace n ON n.oid = s.relnamespace WHERE s.relkind = 'S' AND a.adrelid = '\"It''s%.20s\".drawn'::regclass",
        c->database.place);
    shows(c, sql, schema);
    /* Made of the tenant's, the draft is the same. */
    draft_forget(folder, "b1");
    migration_open(&m, c, folder, (weft_migrate_options){.folder = folder, .schema = schema, .models = &undrawn});
    char *of_tenant = NULL;
    if (weft_migrate_draft(m.migrate, NULL, &of_tenant, &m.error) != WEFT_OK)
        fail_msg("%s", m.error.message);
    assert_string_equal(of_tenant, first);
    weft_free(of_tenant);
    migration_close(&m);
    wefti_free(first);
    snprintf(sql, sizeof sql, "DROP SCHEMA \"%s\" CASCADE", schema);
    test_database_exec(&c->database, sql);
}

/* Text, a type of its own, and one value more, which is the default: on the database that is asked and on the other one. That a
 * text becomes a type is seen by the database that has types. */
static void types_of_enums_lead_there_and_back(void **state)
{
    static const struct {
        const char *id, *parent;
        const weft_metadata *models;
    } steps[] = {{"a1", "none", &text_moods}, {"b1", "a1", &typed_moods}, {"c1", "b1", &grown_moods}};
    catalogue *c = *state, other = *c;
    const char *driver = c->postgres ? "sqlite" : "postgresql";
    const int first = c->postgres ? 0 : 1;
    char folder[512];
    revisions_folder(folder, NULL);
    test_database_open(&other.database, c->postgres ? TEST_SQLITE : TEST_POSTGRES);
    other.postgres = !c->postgres;
    for (int i = first; i < 3; i++) {
        char *here = draft_of(c, folder, steps[i].models, NULL),
             *there = draft_of(c, folder, steps[i].models, &(weft_draft_options){.driver = driver});
        if (*there == '\0') { /* nothing is to be done there */
            weft_free(there);
            there = wefti_malloc(64);
            snprintf(there, 64, "-- up %s\n\n-- down %s\n", driver, driver);
        }
        draft_write(folder, steps[i].id, i == first ? "none" : steps[i].parent, here, there);
        draft_moves(c, folder, weft_migrate_upgrade, "head");
        draft_moves(&other, folder, weft_migrate_upgrade, "head");
        assert_int_equal(draft_differences(c, folder, steps[i].models), 0);
        assert_int_equal(draft_differences(&other, folder, steps[i].models), 0);
        if (i == first) {
            test_database_exec(&c->database, "INSERT INTO diary (id, mood) VALUES (1, 'it''s ok')");
            test_database_exec(&other.database, "INSERT INTO diary (id, mood) VALUES (1, 'it''s ok')");
        }
    }
    test_database_exec(&c->database, "INSERT INTO diary (id, mood) VALUES (2, 'calm')");
    test_database_exec(&other.database, "INSERT INTO diary (id, mood) VALUES (2, 'calm')");
    test_database_exec(&c->database, "DELETE FROM diary WHERE id = 2");
    test_database_exec(&other.database, "DELETE FROM diary WHERE id = 2");
    for (int i = 2; i > first; i--) {
        draft_moves(c, folder, weft_migrate_downgrade, "-1");
        draft_moves(&other, folder, weft_migrate_downgrade, "-1");
        draft_forget(folder, steps[i].id);
        assert_int_equal(draft_differences(c, folder, steps[i - 1].models), 0);
        assert_int_equal(draft_differences(&other, folder, steps[i - 1].models), 0);
    }
    shows(c, "SELECT id, mood FROM diary", "1|it's ok");
    shows(&other, "SELECT id, mood FROM diary", "1|it's ok");
    test_database_drop(&other.database);
}

static void what_looks_like_a_rename_is_listed(void **state)
{
    catalogue *c = *state;
    char folder[512];
    migration m;
    weft_ops *ops;
    size_t count;
    revisions_folder(folder, NULL);
    draft_write(folder, "a1", "none", draft_of(c, folder, &before, NULL), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    migration_open(&m, c, folder, (weft_migrate_options){.folder = folder, .models = &after});
    assert_int_equal(weft_migrate_diff(m.migrate, NULL, &ops, &m.error), WEFT_OK);
    const weft_rename *renames = weft_ops_renames(ops, &count);
    assert_int_equal(count, 1);
    assert_string_equal(renames[0].table, "room");
    assert_string_equal(renames[0].from, "floor");
    assert_string_equal(renames[0].to, "level");
    weft_ops_free(ops);
    assert_int_equal(weft_migrate_diff(m.migrate, "room.flor = level", &ops, &m.error), WEFT_ERROR_MISUSE);
    assert_null(ops);
    migration_close(&m);
}

/* Views, types and sequences, of which models say nothing. A view stands on what changes under it, and goes with what goes. */
static void what_models_do_not_say_stays(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, NULL);
    draft_write(folder, "a1", "none", draft_of(c, folder, &before, NULL), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    fill(c);
    test_database_exec(&c->database, "CREATE VIEW names AS SELECT id, name FROM room");
    test_database_exec(&c->database, "CREATE VIEW more_names AS SELECT name FROM names");
    test_database_exec(&c->database, "CREATE VIEW what AS SELECT what FROM old");
    test_database_exec(&c->database, "CREATE VIEW a_what AS SELECT * FROM what");
    if (c->postgres) {
        test_database_exec(&c->database, "CREATE TYPE mood AS ENUM ('good', 'bad')");
        test_database_exec(&c->database, "CREATE SEQUENCE numbers");
    }
    assert_int_equal(draft_differences(c, folder, &before), 0);
    draft_write(folder, "b1", "a1", draft_of(c, folder, &after, &(weft_draft_options){.renames = RENAMES}), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    assert_int_equal(draft_differences(c, folder, &after), 0);
    shows(c, "SELECT name FROM more_names ORDER BY name", "a\nb");
    if (c->postgres)
        shows(c, "SELECT nextval('numbers'), 'good'::mood", "1|good");
    else
        shows(c, "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name", "more_names\nnames");
    draft_moves(c, folder, weft_migrate_downgrade, "-1");
    draft_forget(folder, "b1");
    assert_int_equal(draft_differences(c, folder, &before), 0);
    shows(c, "SELECT name FROM more_names ORDER BY name", "a\nb");
    shows(c, "SELECT count(*) FROM a_what", "0"); /* undone, they are there again */
}

/* ---- sequences, which only defaults name ---- */

WEFT_DECLARE(Ticket);
struct Ticket {
    int64_t id;
    int64_t number, round;
};
WEFT_MODEL(Ticket, "ticket", WEFT_COLUMN(Ticket, id, .primary_key = true, .server_default = "nextval('ticket_id_seq'::regclass)"),
           WEFT_COLUMN(Ticket, number, .server_default = "1000 + nextval('\"It''s drawn\"')", .zero_is_unset = true),
           WEFT_COLUMN(Ticket, round, .server_default = "nextval('\"It''s drawn\"'::regclass)", .zero_is_unset = true));
static WEFT_METADATA(tickets, &Ticket_model);
static const weft_metadata nothing;

#define SEQUENCES \
    "SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = current_schema()::regnamespace ORDER BY relname"

static void a_sequence_that_a_default_draws_from_is_made_with_it(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, NULL);
    draft_write(folder, "a1", "none", draft_of(c, folder, &tickets, NULL), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    shows(c, SEQUENCES, "It's drawn\nticket_id_seq");
    test_database_exec(&c->database, "INSERT INTO ticket DEFAULT VALUES");
    shows(c, "SELECT id, number, round FROM ticket", "1|1001|2");
    assert_int_equal(draft_differences(c, folder, &tickets), 0);
    /* The one of a single column is that column's, and goes with it; the other one stays for whoever draws from it. */
    shows(c,
          "SELECT pg_get_serial_sequence('ticket', 'id') LIKE '%.ticket_id_seq', pg_get_serial_sequence('ticket', 'round') IS NULL",
          "t|t");
    draft_write(folder, "b1", "a1", draft_of(c, folder, &nothing, NULL), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    shows(c, SEQUENCES, "It's drawn");
    assert_int_equal(draft_differences(c, folder, &nothing), 0);
    draft_moves(c, folder, weft_migrate_downgrade, "a1");
    shows(c, SEQUENCES, "It's drawn\nticket_id_seq");
    draft_forget(folder, "b1");
    assert_int_equal(draft_differences(c, folder, &tickets), 0);
    draft_moves(c, folder, weft_migrate_downgrade, "base");
    shows(c, SEQUENCES, "");
}

/* A serial of somebody else, with options of its own, and one in words that name the schema. */
static void a_sequence_that_is_there_stays_as_it_is(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, NULL);
    test_database_exec(&c->database, "CREATE SEQUENCE \"It's drawn\" INCREMENT BY 5 START WITH 50 CACHE 7");
    test_database_exec(&c->database, "CREATE TABLE ticket (id bigserial PRIMARY KEY, number bigint NOT NULL DEFAULT 1000 + "
                                     "nextval('\"It''s drawn\"'), round bigint NOT NULL DEFAULT nextval('\"It''s drawn\"'))");
    test_database_exec(&c->database, "CREATE SEQUENCE unused");
    assert_int_equal(draft_differences(c, folder, &tickets), 0);
    test_database_exec(&c->database, "DROP TABLE ticket");
    draft_write(folder, "a1", "none", draft_of(c, folder, &tickets, NULL), NULL); /* its sequence is gone, the other is not */
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    test_database_exec(&c->database, "INSERT INTO ticket DEFAULT VALUES");
    shows(c, "SELECT id, number, round FROM ticket", "1|1050|55");
    draft_moves(c, folder, weft_migrate_downgrade, "base");
    shows(c, SEQUENCES, "It's drawn\nunused");
}

/* A sequence of a schema in which the models have nothing is somebody else's: it is neither made nor dropped. */
WEFT_DECLARE(Lodger);
struct Lodger {
    int64_t id, number;
};
WEFT_MODEL(Lodger, "lodger", WEFT_COLUMN(Lodger, id, .primary_key = true),
           WEFT_COLUMN(Lodger, number, .server_default = "nextval('\"Weft''s Elsewhere\".numbers')", .zero_is_unset = true));
static WEFT_METADATA(lodgers, &Lodger_model);

static void a_sequence_of_another_schema_is_left_alone(void **state)
{
    catalogue *c = *state;
    char folder[512];
    weft_error error = {0};
    revisions_folder(folder, NULL);
    test_database_exec(&c->database, "CREATE SCHEMA \"Weft's Elsewhere\" CREATE SEQUENCE numbers START WITH 70");
    draft_write(folder, "a1", "none", draft_of(c, folder, &lodgers, NULL), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    assert_int_equal(draft_differences(c, folder, &lodgers), 0);
    draft_moves(c, folder, weft_migrate_downgrade, "base");
    weft_engine *engine = catalogue_engine(c, &(weft_engine_options){.metadata = &lodgers});
    if (weft_create_all(engine, &error) != WEFT_OK || weft_drop_all(engine, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    weft_engine_close(engine);
    shows(c, "SELECT nextval('\"Weft''s Elsewhere\".numbers')", "70");
    test_database_exec(&c->database, "DROP SCHEMA \"Weft's Elsewhere\" CASCADE");
}

/* On SQLite a key counts by itself. */
WEFT_DECLARE(Coupon);
struct Coupon {
    int64_t id;
    const char *name;
};
WEFT_MODEL(Coupon, "coupon", WEFT_COLUMN(Coupon, id, .primary_key = true, .server_default = "nextval('coupon_id_seq'::regclass)"),
           WEFT_COLUMN(Coupon, name));
static WEFT_METADATA(coupons, &Coupon_model);

static void models_of_a_serial_serve_both(void **state)
{
    const catalogue *c = *state;
    weft_error error = {0};
    weft_engine *engine = catalogue_engine(c, &(weft_engine_options){.metadata = &coupons});
    for (int round = 0; round < 2; round++) {
        if (weft_create_all(engine, &error) != WEFT_OK || weft_create_all(engine, &error) != WEFT_OK) /* all of it may be there */
            fail_msg("%s", error.message);
        weft_session *s = weft_session_open(engine, NULL);
        const Coupon *one = weft_new(s, Coupon, .name = "one"), *two = weft_new(s, Coupon, .name = "two");
        assert_int_equal(weft_session_commit(s), WEFT_OK);
        assert_true(one->id > 0 && two->id > 0 && one->id != two->id);
        weft_session_close(s);
        if (weft_drop_all(engine, &error) != WEFT_OK)
            fail_msg("%s", error.message);
        assert_false(has_table(c, "coupon"));
    }
    if (c->postgres)
        shows(c, SEQUENCES, "");
    weft_engine_close(engine);
}

static void tables_of_others_are_left_alone(void **state)
{
    catalogue *c = *state;
    char folder[512];
    migration m;
    weft_ops *ops;
    char text[100];
    revisions_folder(folder, NULL);
    test_database_exec(&c->database, "CREATE TABLE audit_log (x integer)");
    test_database_exec(&c->database, "CREATE TABLE auditor (x integer PRIMARY KEY)");
    static const weft_metadata none = {0};
    migration_open(&m, c, folder, (weft_migrate_options){.folder = folder, .models = &none, .ignored = "spatial, audit_*"});
    assert_int_equal(weft_migrate_stamp(m.migrate, "heads", false, &m.error), WEFT_OK); /* the table of versions is there */
    assert_true(has_table(c, "weft_version"));
    assert_int_equal(weft_migrate_diff(m.migrate, NULL, &ops, &m.error), WEFT_OK);
    assert_int_equal(weft_ops_count(ops), 1);
    weft_ops_describe(ops, 0, text, sizeof text);
    assert_string_equal(text, "drop table auditor");
    assert_true(weft_ops_is_destructive(ops, 0));
    weft_ops_free(ops);
    migration_close(&m);
}

/* Those of models, too: neither made nor changed. */
static void ignored_tables_of_models_are_left_alone(void **state)
{
    catalogue *c = *state;
    char folder[512], *text = NULL;
    migration m;
    weft_ops *ops;
    static const weft_model *const list[] = {&Room_model, &Old_model};
    static const weft_metadata both = {list, 2, NULL};
    revisions_folder(folder, NULL);
    for (int there = 0; there < 2; there++) {
        if (there == 1)
            test_database_exec(&c->database, "CREATE TABLE old (other integer PRIMARY KEY)");
        migration_open(&m, c, folder, (weft_migrate_options){.folder = folder, .models = &both, .ignored = "ol*, nothing"});
        assert_int_equal(weft_migrate_diff(m.migrate, NULL, &ops, &m.error), WEFT_OK);
        for (size_t i = 0; i < weft_ops_count(ops); i++) {
            char said[200];
            weft_ops_describe(ops, i, said, sizeof said);
            assert_null(strstr(said, "old"));
        }
        assert_true(weft_ops_count(ops) > 0);
        weft_ops_free(ops);
        for (int other = 0; other < 2; other++) {
            const char *driver = other == 0 ? NULL : c->postgres ? "sqlite" : "postgresql";
            assert_int_equal(weft_migrate_draft(m.migrate, &(weft_draft_options){.driver = driver}, &text, &m.error), WEFT_OK);
            assert_null(strstr(text, "old"));
            assert_non_null(strstr(text, "CREATE TABLE room"));
            weft_free(text);
        }
        migration_close(&m);
    }
}

WEFT_DECLARE(Dues);
struct Dues {
    int64_t id;
};
WEFT_MODEL(Dues, "bill", WEFT_OPTIONS(Dues, .schema = "bills"), WEFT_COLUMN(Dues, id, .primary_key = true, .autoincrement = true));

/* The engine says that what models call "bills" is the one schema that there is; models beside its own are called so, too. */
static void models_beside_an_engines_own_are_called_as_it_calls_them(void **state)
{
    catalogue *c = *state;
    char folder[512], *text = NULL;
    static const weft_model *const list[] = {&Dues_model};
    static const weft_metadata dues = {list, 1, NULL};
    weft_error error = {0};
    weft_engine *engine = NULL;
    weft_migrate *migrate = NULL;
    revisions_folder(folder, NULL);
    assert_int_equal(weft_engine_open(&engine, c->database.url,
                                      &(weft_engine_options){.metadata = &dues, .schemas = "bills = main"}, &error),
                     WEFT_OK);
    assert_int_equal(weft_migrate_open(&migrate, engine, &(weft_migrate_options){.folder = folder, .models = &dues}, &error),
                     WEFT_OK);
    if (weft_migrate_draft(migrate, NULL, &text, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    assert_non_null(strstr(text, "CREATE TABLE bill (id INTEGER PRIMARY KEY AUTOINCREMENT"));
    weft_free(text);
    weft_migrate_close(migrate);
    weft_engine_close(engine);
}

static void what_cannot_be_compared_is_told(void **state)
{
    catalogue *c = *state;
    char folder[512];
    migration m;
    weft_ops *ops;
    char *text;
    revisions_folder(folder, "1.sql", "-- revision: a1\n-- parents: none\n-- up\n", NULL);
    migration_open(&m, c, folder, (weft_migrate_options){.folder = folder});
    assert_int_equal(weft_migrate_diff(m.migrate, NULL, &ops, &m.error), WEFT_ERROR_MISUSE);
    assert_non_null(strstr(m.error.message, "there are no models"));
    migration_close(&m);
    migration_open(&m, c, folder, (weft_migrate_options){.folder = folder, .models = &before});
    assert_int_equal(weft_migrate_diff(m.migrate, NULL, &ops, &m.error), WEFT_ERROR_SCHEMA);
    assert_non_null(strstr(m.error.message, "not at the head"));
    assert_null(ops);
    assert_int_equal(weft_migrate_draft(m.migrate, NULL, &text, &m.error), WEFT_ERROR_SCHEMA);
    assert_null(text);
    assert_int_equal(weft_migrate_draft(m.migrate, &(weft_draft_options){.driver = "oracle"}, &text, &m.error), WEFT_ERROR_MISUSE);
    migration_close(&m);
    weft_migrate *offline;
    const weft_migrate_options options = {.folder = folder, .models = &before, .driver = "sqlite"};
    assert_int_equal(weft_migrate_open(&offline, NULL, &options, &m.error), WEFT_OK);
    assert_int_equal(weft_migrate_diff(offline, NULL, &ops, &m.error), WEFT_ERROR_MISUSE);
    weft_migrate_close(offline);
}

/* What a file would take for a directive is not written into one. */
static void a_line_that_is_a_directive_is_refused(void **state)
{
    catalogue *c = *state;
    char folder[512], *text;
    migration m;
    static const weft_metadata none = {0};
    revisions_folder(folder, NULL);
    test_database_exec(&c->database, "CREATE TABLE t (x integer PRIMARY KEY)");
    test_database_exec(&c->database, "CREATE VIEW v AS SELECT 1 AS a FROM t\n-- down\nUNION SELECT 2");
    migration_open(&m, c, folder, (weft_migrate_options){.folder = folder, .models = &none});
    assert_int_equal(weft_migrate_draft(m.migrate, NULL, &text, &m.error), WEFT_ERROR_UNSUPPORTED);
    assert_non_null(strstr(m.error.message, "directive"));
    assert_null(text);
    migration_close(&m);
}

static void without_memory_nothing_is_written(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, NULL);
    draft_write(folder, "a1", "none", draft_of(c, folder, &before, NULL), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    test_database_exec(&c->database, "CREATE VIEW what AS SELECT what FROM old");
    const weft_draft_options options = {.renames = RENAMES, .driver = c->postgres ? "sqlite" : "postgresql"};
    char *expected[2] = {draft_of(c, folder, &after, &(weft_draft_options){.renames = RENAMES}),
                         draft_of(c, folder, &after, &options)};
    migration m;
    migration_open(&m, c, folder, (weft_migrate_options){.folder = folder, .models = &after});
    const int64_t step = getenv("WEFT_TEST_LONG") != NULL ? 1 : 29;
    size_t refused = 0;
    for (int other = 0; other < 2; other++) {
        bool failed = true;
        for (int64_t nth = 0; failed; nth += step) {
            char *text;
            wefti_memory_fail_after(nth, false);
            const weft_status status =
                weft_migrate_draft(m.migrate, other ? &options : &(weft_draft_options){.renames = RENAMES}, &text, &m.error);
            failed = wefti_memory_fail_after(-1, false);
            if (status == WEFT_OK)
                assert_string_equal(text, expected[other]);
            else
                assert_null(text);
            refused += status == WEFT_ERROR_NO_MEMORY;
            weft_free(text);
            assert_in_range(nth, 0, 100000);
        }
    }
    assert_true(refused > 10);
    migration_close(&m);
    weft_free(expected[0]);
    weft_free(expected[1]);
}

WEFT_DECLARE(Heir);
struct Heir {
    int32_t id;
    weft_opt_int32 more;
};
WEFT_MODEL(Heir, "heir", WEFT_COLUMN(Heir, id, .primary_key = true, .server_default = "nextval('old_id_seq')"),
           WEFT_COLUMN(Heir, more));
static WEFT_METADATA(heirs, &Heir_model);

/* The table goes whose column the sequence was, and it becomes the other column's; undone, it is given back. */
static void a_sequence_goes_back_to_a_table_that_comes_back(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, NULL);
    test_database_exec(&c->database, "CREATE TABLE old (id serial PRIMARY KEY, more integer)");
    test_database_exec(&c->database, "CREATE TABLE heir (id integer PRIMARY KEY DEFAULT nextval('old_id_seq'), more integer)");
    draft_write(folder, "a1", "none", draft_of(c, folder, &heirs, NULL), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    assert_int_equal(draft_differences(c, folder, &heirs), 0);
    test_database_exec(&c->database, "INSERT INTO heir DEFAULT VALUES");
    draft_moves(c, folder, weft_migrate_downgrade, "-1");
    test_database_exec(&c->database, "INSERT INTO old DEFAULT VALUES");
    test_database_exec(&c->database, "INSERT INTO heir DEFAULT VALUES");
    shows(c, "SELECT old.id, max(heir.id), pg_get_serial_sequence('old', 'id') LIKE '%.old_id_seq' FROM old, heir GROUP BY 1",
          "2|3|t");
}

#define ROOM_OF(M, ...) \
    WEFT_DECLARE(M); \
    struct M { \
        int64_t id; \
        int32_t more; \
    }; \
    WEFT_MODEL(M, "counted", __VA_ARGS__); \
    static WEFT_METADATA(M##_models, &M##_model)
ROOM_OF(Reusing, WEFT_COLUMN(Reusing, id, .primary_key = true), WEFT_COLUMN(Reusing, more));
ROOM_OF(Counting, WEFT_COLUMN(Counting, id, .primary_key = true, .autoincrement = true), WEFT_COLUMN(Counting, more));
ROOM_OF(Indexed, WEFT_COLUMN(Indexed, id, .primary_key = true), WEFT_COLUMN(Indexed, more), WEFT_INDEX(Indexed, "more"));

/* That keys do not return is undone by the revision that began it, and by no other. */
static void keys_return_where_the_revision_is_undone(void **state)
{
    catalogue *c = *state;
    static const char counts[] = "SELECT count(*) FROM sqlite_schema WHERE name = 'counted' AND sql LIKE '%AUTOINCREMENT%'";
    char folder[512];
    revisions_folder(folder, NULL);
    draft_write(folder, "a1", "none", draft_of(c, folder, &Reusing_models, NULL), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    test_database_exec(&c->database, "INSERT INTO counted (id, more) VALUES (7, 1)");
    draft_write(folder, "b1", "a1", draft_of(c, folder, &Counting_models, NULL), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    shows(c, counts, "1");
    char *text = draft_of(c, folder, &Indexed_models, NULL);
    assert_null(strstr(text, "rebuild"));
    draft_write(folder, "c1", "b1", text, NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    assert_int_equal(draft_differences(c, folder, &Indexed_models), 0);
    draft_moves(c, folder, weft_migrate_downgrade, "-1");
    shows(c, counts, "1");
    draft_moves(c, folder, weft_migrate_downgrade, "-1");
    shows(c, counts, "0");
    shows(c, "SELECT id, more FROM counted", "7|1");
    draft_forget(folder, "c1");
    draft_forget(folder, "b1");
    assert_int_equal(draft_differences(c, folder, &Reusing_models), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_is_written_leads_there_and_back),
        ON_BOTH(parts_for_the_other_database_lead_there_and_back),
        ON_BOTH(what_one_database_does_not_know_changes_on_none),
        ON_BOTH(types_of_enums_lead_there_and_back),
        ON_POSTGRES(a_sequence_goes_back_to_a_table_that_comes_back),
        ON_SQLITE(keys_return_where_the_revision_is_undone),
        ON_POSTGRES(drafts_name_no_schema_that_is_migrated),
        ON_BOTH(what_looks_like_a_rename_is_listed),
        ON_BOTH(what_models_do_not_say_stays),
        ON_POSTGRES(a_sequence_that_a_default_draws_from_is_made_with_it),
        ON_POSTGRES(a_sequence_that_is_there_stays_as_it_is),
        ON_POSTGRES(a_sequence_of_another_schema_is_left_alone),
        ON_BOTH(models_of_a_serial_serve_both),
        ON_BOTH(tables_of_others_are_left_alone),
        ON_BOTH(ignored_tables_of_models_are_left_alone),
        ON_SQLITE(models_beside_an_engines_own_are_called_as_it_calls_them),
        ON_BOTH(what_cannot_be_compared_is_told),
        ON_SQLITE(a_line_that_is_a_directive_is_refused),
        ON_BOTH(without_memory_nothing_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
