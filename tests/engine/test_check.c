/* The start of a server: what of a database is not what its models want, and which of that stops it. */
#include "support/fixture.h"

#include "base/memory.h"

static const char *const kinds[] = {"double", "single"};

WEFT_DECLARE(Hotel);
WEFT_DECLARE(Room);
struct Hotel {
    int64_t id;
    const char *name;
};
struct Room {
    int64_t id;
    const char *label;
    weft_opt_int32 floor;
    weft_decimal price;
    int kind;
    int64_t hotel_id;
    int64_t beds;
};
WEFT_MODEL(Hotel, "hotel", WEFT_COLUMN(Hotel, id, .primary_key = true), WEFT_COLUMN(Hotel, name, .length = 20, .unique = true));
WEFT_MODEL(Room, "room", WEFT_COLUMN(Room, id, .primary_key = true), WEFT_COLUMN(Room, label), WEFT_COLUMN(Room, floor),
           WEFT_COLUMN(Room, price, .precision = 10, .scale = 2), WEFT_ENUM(Room, kind, kinds),
           WEFT_COLUMN(Room, hotel_id, .references = "hotel.id", .on_delete = "CASCADE", .index = true),
           WEFT_COLUMN(Room, beds, .server_default = "2", .zero_is_unset = true),
           WEFT_CHECK(Room, "beds>0", .name = "ck_room_beds"));
WEFT_METADATA(models, &Room_model, &Hotel_model);
FIXTURE_MODELS(models);

static void check(fixture *f, weft_difference **list, size_t *count)
{
    weft_error error = {0};
    assert_error(weft_engine_check(f->engine, list, count, &error), WEFT_OK, &error);
}

static void show(const weft_difference *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        print_error("  %d %s %s: %s\n", (int)list[i].kind, list[i].fatal ? "fatal" : "-", list[i].object, list[i].text);
}

/* This one alone; text NULL: none. */
static void expect(fixture *f, weft_difference_kind kind, bool fatal, const char *object, const char *name, const char *text)
{
    weft_difference *list = NULL;
    size_t count = 0;
    check(f, &list, &count);
    if (count != (text != NULL) ||
        (count == 1 && (list->kind != kind || list->fatal != fatal || strcmp(list->object, object) != 0 ||
                        strcmp(list->name, name) != 0 || strcmp(list->text, text) != 0))) {
        show(list, count);
        fail_msg("expected: %s", text != NULL ? text : "nothing");
    }
    weft_free(list);
}

#define SQL(text) test_database_exec(&f->database, (text))
#define MISSING(fatal, object, name, text) expect(f, WEFT_DIFFERENCE_MISSING, (fatal), (object), (name), (text))
#define EXTRA(fatal, object, name, text) expect(f, WEFT_DIFFERENCE_EXTRA, (fatal), (object), (name), (text))
#define CHANGED(fatal, object, name, text) expect(f, WEFT_DIFFERENCE_CHANGED, (fatal), (object), (name), (text))
#define NOTHING() expect(f, WEFT_DIFFERENCE_MISSING, false, "", "", NULL)

static void what_was_made_from_the_models_is_no_difference(void **state)
{
    fixture *f = *state;
    test_recorder_clear(f->recorder);
    NOTHING();
    assert_int_equal(test_recorder_count_containing(f->recorder, "CREATE"), 0);
    assert_in_range(test_recorder_count(f->recorder), 1, 9);
    SQL("CREATE TABLE of_others (id INTEGER NOT NULL)"); /* is nobody's business */
    NOTHING();
}

static void each_difference_is_told_and_those_that_stop_a_program_are_fatal(void **state)
{
    fixture *f = *state;
    SQL("ALTER TABLE room ADD stars integer");
    EXTRA(false, "column", "stars", "room.stars (INTEGER) is in no model");
    SQL("ALTER TABLE room ALTER stars SET NOT NULL");
    EXTRA(true, "column", "stars", "room.stars (INTEGER NOT NULL) is in no model and must be given a value");
    SQL("ALTER TABLE room ALTER stars SET DEFAULT 3");
    EXTRA(false, "column", "stars", "room.stars (INTEGER NOT NULL DEFAULT 3) is in no model");
    SQL("ALTER TABLE room DROP stars");
    SQL("ALTER TABLE room RENAME label TO name; ALTER TABLE room ALTER name DROP NOT NULL");
    weft_difference *list = NULL;
    size_t count = 0;
    check(f, &list, &count);
    assert_int_equal(count, 2);
    assert_true(list[0].fatal);
    assert_string_equal(list[0].text, "room has no column label (TEXT NOT NULL)");
    assert_string_equal(list[0].wanted, "TEXT NOT NULL");
    assert_string_equal(list[0].found, "");
    assert_false(list[1].fatal);
    weft_free(list);
    SQL("ALTER TABLE room RENAME name TO label");
    CHANGED(false, "column", "label", "room.label is TEXT instead of TEXT NOT NULL"); /* a newer revision lets NULL in */
    SQL("ALTER TABLE room ALTER label SET NOT NULL; ALTER TABLE room ALTER floor SET NOT NULL");
    CHANGED(true, "column", "floor", "room.floor is INTEGER NOT NULL instead of INTEGER");
    SQL("ALTER TABLE room ALTER floor DROP NOT NULL; ALTER TABLE room ALTER floor TYPE bigint");
    CHANGED(false, "column", "floor", "room.floor is BIGINT instead of INTEGER");
    SQL("ALTER TABLE room ALTER floor TYPE text");
    CHANGED(true, "column", "floor", "room.floor is TEXT instead of INTEGER");
    SQL("ALTER TABLE room ALTER floor TYPE integer USING 1; ALTER TABLE room ALTER beds DROP DEFAULT");
    CHANGED(true, "column", "beds", "room.beds is BIGINT NOT NULL instead of BIGINT NOT NULL DEFAULT 2");
    SQL("ALTER TABLE room ALTER beds SET DEFAULT 3"); /* texts are as they are */
    NOTHING();
    SQL("ALTER TABLE room ALTER id DROP IDENTITY");
    CHANGED(true, "column", "id", "room.id is BIGINT NOT NULL instead of BIGINT NOT NULL generated");
    SQL("CREATE SEQUENCE ids; ALTER TABLE room ALTER id SET DEFAULT nextval('ids')");
    weft_engine_check(f->engine, &list, &count, NULL);
    assert_int_equal(count, 1);
    assert_false(list[0].fatal); /* made in another way */
    weft_free(list);
    SQL("ALTER TABLE room ALTER id DROP DEFAULT; ALTER TABLE room ALTER id ADD GENERATED BY DEFAULT AS IDENTITY");
    NOTHING();
}

static void keys_constraints_and_indexes(void **state)
{
    fixture *f = *state;
    SQL("ALTER TABLE hotel DROP CONSTRAINT uq_hotel_name");
    MISSING(true, "unique constraint", "uq_hotel_name", "hotel has no unique constraint uq_hotel_name (name)");
    SQL("CREATE UNIQUE INDEX other ON hotel (name)");
    NOTHING();
    SQL("ALTER TABLE room DROP CONSTRAINT fk_room_hotel_id");
    MISSING(false, "foreign key", "fk_room_hotel_id", "room has no foreign key fk_room_hotel_id (hotel_id)");
    SQL("ALTER TABLE room ADD CONSTRAINT another FOREIGN KEY (hotel_id) REFERENCES hotel (id) ON DELETE CASCADE");
    NOTHING();
    SQL("DROP INDEX ix_room_hotel_id");
    MISSING(false, "index", "ix_room_hotel_id", "room has no index ix_room_hotel_id (hotel_id)");
    SQL("CREATE INDEX renamed ON room (hotel_id)");
    NOTHING();
    SQL("CREATE INDEX more ON room (label)");
    EXTRA(false, "index", "more", "room has an index more (label) that is in no model");
    SQL("DROP INDEX more; ALTER TABLE room DROP CONSTRAINT ck_room_beds");
    MISSING(false, "check", "ck_room_beds", "room has no check ck_room_beds (beds>0)");
    SQL("ALTER TABLE room ADD CONSTRAINT ck_other CHECK (beds > 0)");
    NOTHING();
    SQL("ALTER TABLE room DROP CONSTRAINT pk_room");
    MISSING(true, "primary key", "pk_room", "room has no primary key pk_room (id)");
    SQL("ALTER TABLE room ADD PRIMARY KEY (id, hotel_id)"); /* as a partitioned table must */
    CHANGED(false, "primary key", "pk_room", "the primary key of room is (id, hotel_id) instead of (id)");
    SQL("DROP TABLE room");
    MISSING(true, "table", "room", "there is no table room");
}

static void values_of_enums(void **state)
{
    fixture *f = *state;
    SQL("ALTER TABLE room DROP CONSTRAINT ck_room_kind; ALTER TABLE room ADD CONSTRAINT ck_room_kind CHECK (kind IN ('double'))");
    MISSING(true, "enum value", "kind", "room.kind takes no 'single'");
    SQL("ALTER TABLE room DROP CONSTRAINT ck_room_kind; "
        "ALTER TABLE room ADD CONSTRAINT ck CHECK (kind = ANY (ARRAY['single', 'it''s', 'double']))");
    EXTRA(false, "enum value", "kind", "room.kind takes 'it's', which is in no model");
    SQL("ALTER TABLE room DROP CONSTRAINT ck; CREATE TYPE kind AS ENUM ('single'); ALTER TABLE room ALTER kind TYPE kind USING "
        "'single'");
    weft_difference *list = NULL;
    size_t count = 0;
    check(f, &list, &count);
    assert_true(count >= 2);
    assert_true(list[0].fatal);
    assert_string_equal(list[0].text, "room.kind takes no 'double'");
    assert_false(list[1].fatal);
    weft_free(list);
}

static void what_sqlite_lacks_is_told(void **state)
{
    fixture *f = *state;
    SQL("ALTER TABLE room ADD COLUMN stars INTEGER");
    EXTRA(false, "column", "stars", "room.stars (INTEGER) is in no model");
    SQL("ALTER TABLE room DROP COLUMN stars");
    SQL("ALTER TABLE room RENAME COLUMN label TO name");
    weft_difference *list = NULL;
    size_t count = 0;
    check(f, &list, &count);
    assert_int_equal(count, 2); /* and one that must be given a value */
    assert_true(list[0].fatal && list[1].fatal);
    weft_free(list);
    SQL("ALTER TABLE room RENAME COLUMN name TO LABEL"); /* names are one in any case */
    NOTHING();
    SQL("DROP INDEX ix_room_hotel_id");
    MISSING(false, "index", "ix_room_hotel_id", "room has no index ix_room_hotel_id (hotel_id)");
    SQL("CREATE INDEX ix_room_hotel_id ON room (hotel_id)");
    SQL("DROP TABLE room");
    MISSING(true, "table", "room", "there is no table room");
    SQL("CREATE TABLE room (id INTEGER PRIMARY KEY, label TEXT NOT NULL, floor INTEGER, price DECIMAL_TEXT(10, 2) NOT NULL, "
        "kind TEXT NOT NULL CHECK (kind IN ('double')), hotel_id INTEGER NOT NULL REFERENCES hotel (id) ON DELETE CASCADE, "
        "beds INTEGER NOT NULL DEFAULT 2 CHECK (beds > 0))");
    check(f, &list, &count);
    show(list, count);
    assert_true(count > 0);
    assert_string_equal(list[0].text, "room.kind takes no 'single'");
    assert_true(count == 1 || !list[1].fatal);
    weft_free(list);
}

WEFT_DECLARE(Area);
struct Area {
    int64_t id;
    int64_t wide, high;
    int64_t size;
};
WEFT_MODEL(Area, "area", WEFT_COLUMN(Area, id, .primary_key = true), WEFT_COLUMN(Area, wide), WEFT_COLUMN(Area, high),
           WEFT_COLUMN(Area, size, .generated = "wide * high", .stored = true), WEFT_INDEX(Area, "size"),
           WEFT_INDEX(Area, "wide, high", .name = "ix_both", .unique = true), WEFT_CHECK(Area, "size > 0", .name = "ck_size"));
static WEFT_METADATA(areas, &Area_model);

/* The computed column is another one, with what stands on it: that is one difference. An index of another shape is one, too. */
static void what_stands_on_a_difference_is_none_of_its_own(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_difference *list = NULL;
    size_t count = 0;
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.metadata = &areas});
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    assert_error(weft_engine_check(engine, &list, &count, &error), WEFT_OK, &error);
    assert_int_equal(count, 0);
    SQL("DROP TABLE area");
    SQL(f->postgres ? "CREATE TABLE area (id bigint GENERATED BY DEFAULT AS IDENTITY, wide bigint NOT NULL, high bigint NOT NULL, "
                      "size bigint NOT "
                      "NULL DEFAULT 1, CONSTRAINT pk_area PRIMARY KEY (id), CONSTRAINT ck_size CHECK (size > 0))"
                    : "CREATE TABLE area (id INTEGER PRIMARY KEY, wide INTEGER NOT NULL, high INTEGER NOT NULL, size INTEGER NOT "
                      "NULL DEFAULT 1, "
                      "CONSTRAINT ck_size CHECK (size > 0))");
    SQL("CREATE INDEX ix_area_size ON area (size)");
    SQL("CREATE INDEX ix_both ON area (high, wide)");
    assert_error(weft_engine_check(engine, &list, &count, &error), WEFT_OK, &error);
    show(list, count);
    assert_int_equal(count, 2);
    assert_string_equal(list[0].object, "column");
    assert_string_equal(list[0].name, "size");
    assert_true(list[0].fatal);
    assert_int_equal(list[1].kind, WEFT_DIFFERENCE_CHANGED);
    assert_string_equal(list[1].object, "index");
    assert_string_equal(list[1].text, "the index ix_both of area is (high, wide) instead of (wide, high) and unique");
    assert_string_equal(list[1].wanted, "wide, high");
    assert_string_equal(list[1].found, "high, wide");
    assert_true(list[1].fatal);
    weft_free(list);
    SQL("DROP TABLE area");
    weft_engine_close(engine);
}

static weft_status open_with(const fixture *f, weft_schema_check how, test_recorder *recorder, weft_error *error)
{
    weft_engine *engine = NULL;
    const weft_status status = weft_engine_open(
        &engine, f->database.url,
        &(weft_engine_options){.metadata = &models, .check_schema = how, .log = test_recorder_log, .log_context = recorder}, error);
    if (status == WEFT_OK)
        assert_non_null(engine);
    else
        assert_null(engine);
    weft_engine_close(engine);
    return status;
}

static void an_engine_refuses_what_its_models_cannot_use(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    test_recorder *recorder = test_recorder_new();
    for (int how = WEFT_SCHEMA_NONE; how <= WEFT_SCHEMA_REFUSE_ANY; how++)
        assert_error(open_with(f, (weft_schema_check)how, recorder, &error), WEFT_OK, &error);
    assert_int_equal(test_recorder_messages(recorder, WEFT_LOG_GENERAL, "schema"), 0);
    SQL("ALTER TABLE room ADD COLUMN stars INTEGER");
    for (int how = WEFT_SCHEMA_NONE; how <= WEFT_SCHEMA_REFUSE_ANY; how++)
        assert_error(open_with(f, (weft_schema_check)how, recorder, &error), WEFT_OK, &error);
    assert_int_equal(test_recorder_messages(recorder, WEFT_LOG_GENERAL, "schema: room.stars"), 3);
    SQL("DROP INDEX ix_room_hotel_id");
    assert_error(open_with(f, WEFT_SCHEMA_REFUSE, recorder, &error), WEFT_OK, &error);
    assert_error(open_with(f, WEFT_SCHEMA_REFUSE_ANY, recorder, &error), WEFT_ERROR_SCHEMA, &error);
    assert_non_null(strstr(error.message, "room has no index ix_room_hotel_id (hotel_id)"));
    assert_null(strstr(error.message, "stars"));
    SQL("DROP TABLE room");
    SQL("DROP TABLE hotel");
    assert_error(open_with(f, WEFT_SCHEMA_WARN, recorder, &error), WEFT_OK, &error);
    assert_int_equal(test_recorder_messages(recorder, WEFT_LOG_GENERAL, "schema: there is no table hotel"), 1);
    assert_error(open_with(f, WEFT_SCHEMA_REFUSE, recorder, &error), WEFT_ERROR_SCHEMA, &error);
    assert_non_null(strstr(error.message, "there is no table room"));
    assert_non_null(strstr(error.message, "there is no table hotel"));
    assert_non_null(strstr(error.hint, "upgrade"));
    assert_error(open_with(f, (weft_schema_check)9, recorder, &error), WEFT_ERROR_MISUSE, &error);
    test_recorder_free(recorder);
}

/* More than an error has room for. */
static void a_long_list_is_cut_and_counted(void **state)
{
    fixture *f = *state;
    char sql[100];
    weft_error error = {0};
    test_recorder *recorder = test_recorder_new();
    for (int i = 0; i < 40; i++) {
        snprintf(sql, sizeof sql, "ALTER TABLE room ADD a_column_with_a_long_name_%d integer NOT NULL", i);
        SQL(sql);
    }
    assert_error(open_with(f, WEFT_SCHEMA_REFUSE, recorder, &error), WEFT_ERROR_SCHEMA, &error);
    const char *more = strstr(error.message, "; and ");
    assert_non_null(more);
    assert_non_null(strstr(error.message, "a_column_with_a_long_name_2 (INTEGER NOT NULL) is in no model"));
    const long rest = strtol(more + 6, NULL, 10);
    assert_in_range(rest, 30, 39);
    assert_string_equal(strstr(more, "more"), "more");
    test_recorder_free(recorder);
}

static void a_database_that_cannot_be_reached_is_no_schema(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_engine *engine = NULL;
    const char *url = f->postgres ? "postgresql://nobody@/nothing?host=/nowhere" : "sqlite:////nowhere/at/all.db";
    weft_engine_options options = {.metadata = &models,
                                   .check_schema = WEFT_SCHEMA_WARN,
                                   .pool = {.fail_fast = true, .timeout_ms = 2000}};
    assert_error(weft_engine_open(&engine, url, &options, &error), WEFT_OK, &error);
    weft_engine_close(engine);
    options.check_schema = WEFT_SCHEMA_REFUSE;
    assert_int_not_equal(weft_engine_open(&engine, url, &options, &error), WEFT_OK);
    assert_int_not_equal(error.status, WEFT_ERROR_SCHEMA);
    assert_null(engine);
}

static void what_makes_no_sense_is_refused(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_difference *list = NULL;
    size_t count = 0;
    weft_engine *engine = NULL;
    assert_int_equal(weft_engine_check(NULL, &list, &count, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_engine_check(f->engine, NULL, &count, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_engine_check(f->engine, &list, NULL, NULL), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_engine_open(&engine, f->database.url, NULL, &error), WEFT_OK);
    assert_int_equal(weft_engine_check(engine, &list, &count, &error), WEFT_ERROR_MISUSE);
    assert_non_null(strstr(error.message, ".metadata"));
    weft_engine_close(engine);
}

static void without_memory_it_fails_and_leaves_nothing(void **state)
{
    fixture *f = *state;
    weft_difference *list = NULL;
    size_t count = 0, expected = 0;
    SQL("ALTER TABLE room ADD COLUMN stars INTEGER");
    SQL("DROP INDEX ix_room_hotel_id");
    if (f->postgres)
        SQL("ALTER TABLE room ALTER floor TYPE varchar(7)");
    check(f, &list, &expected);
    assert_int_equal(expected, f->postgres ? 3 : 2);
    weft_free(list);
    bool failed = true;
    for (int64_t nth = 0; failed; nth++) {
        weft_error error = {0};
        wefti_memory_fail_after(nth, false);
        const weft_status status = weft_engine_check(f->engine, &list, &count, &error);
        failed = wefti_memory_fail_after(-1, false);
        assert_int_equal(status == WEFT_OK ? WEFT_ERROR_NO_MEMORY : status, WEFT_ERROR_NO_MEMORY);
        assert_int_equal(count, status == WEFT_OK ? expected : 0);
        assert_true((list != NULL) == (status == WEFT_OK));
        weft_free(list);
        assert_in_range(nth, 0, 100000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_was_made_from_the_models_is_no_difference),
        ON_POSTGRES(each_difference_is_told_and_those_that_stop_a_program_are_fatal),
        ON_POSTGRES(keys_constraints_and_indexes),
        ON_BOTH(what_stands_on_a_difference_is_none_of_its_own),
        ON_POSTGRES(values_of_enums),
        ON_SQLITE(what_sqlite_lacks_is_told),
        ON_BOTH(an_engine_refuses_what_its_models_cannot_use),
        ON_POSTGRES(a_long_list_is_cut_and_counted),
        ON_BOTH(a_database_that_cannot_be_reached_is_no_schema),
        ON_BOTH(what_makes_no_sense_is_refused),
        ON_BOTH(without_memory_it_fails_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
