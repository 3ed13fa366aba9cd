/* Names of constraints and indexes by a convention of the models, as both databases have them. */
#include "fixtures/catalogue.h"

#include "base/text.h"
#include "schema/naming.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

static const char *const moods[] = {"glad", "sad"};

WEFT_DECLARE(Hotel);
WEFT_DECLARE(Room);
struct Hotel {
    int64_t id;
    const char *name, *country;
    Room_list rooms;
    Hotel_list partners;
};
struct Room {
    int64_t id, hotel_id;
    weft_opt_int64 number, floor;
    int mood;
    const Hotel *hotel;
};
WEFT_MODEL(Hotel, "hotel", WEFT_COLUMN(Hotel, id, .primary_key = true), WEFT_COLUMN(Hotel, name, .unique = true),
           WEFT_COLUMN(Hotel, country, .index = true),
           WEFT_HAS_MANY(Hotel, rooms, Room, .foreign_key = "hotel_id", .back_populates = "hotel"),
           WEFT_MANY_TO_MANY(Hotel, partners, Hotel, .through = "partner(one_id, other_id)"));
WEFT_MODEL(Room, "room", WEFT_COLUMN(Room, id, .primary_key = true), WEFT_COLUMN(Room, hotel_id), WEFT_COLUMN(Room, number),
           WEFT_COLUMN(Room, floor, .index = true), WEFT_ENUM(Room, mood, moods), WEFT_UNIQUE(Room, "hotel_id, number"),
           WEFT_INDEX(Room, "number DESC", .name = "given"), WEFT_INDEX(Room, "number, floor", .unique = true),
           WEFT_CHECK(Room, "floor > 0", .name = "high"),
           WEFT_BELONGS_TO(Room, hotel, Hotel, .foreign_key = "hotel_id", .back_populates = "rooms"));

/* What SQLAlchemy's documentation recommends, and more of it. */
static const weft_naming naming = {.ix = "ix_%(column_0_label)s",
                                   .uq = "uq_%(table_name)s_%(column_0_N_name)s",
                                   .ck = "ck_%(table_name)s_%(constraint_name)s",
                                   .fk = "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
                                   .pk = "pk_%(table_name)s_%(column_0N_name)s_100%%"};
static const weft_naming other_naming = {.ix = "%(column_0N_name)s_idx",
                                         .fk = "%(column_0_name)s_to_%(referred_column_0_label)s",
                                         .pk = "%(table_name)s_pkey"};
static WEFT_METADATA_NAMED(models, &naming, &Room_model);
static WEFT_METADATA_NAMED(others, &other_naming, &Room_model);
static WEFT_METADATA(plain, &Room_model);

static const char names_in_postgres[] = "SELECT conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid WHERE "
                                        "t.relnamespace = current_schema::regnamespace UNION SELECT "
                                        "indexname FROM pg_indexes WHERE schemaname = current_schema ORDER BY 1";
static const char expected[] =
    "ck_room_high\nck_room_mood\nfk_partner_one_id_hotel\nfk_partner_other_id_hotel\nfk_room_hotel_id_hotel\n"
    "given\nix_hotel_country\nix_partner_other_id\nix_room_floor\npk_hotel_id_100%\npk_partner_one_idother_id_100%\npk_room_id_100%"
    "\n"
    "uq_hotel_name\nuq_room_hotel_id_number\nuq_room_number_floor";

static weft_engine *engine_of(const catalogue *c, const weft_metadata *metadata)
{
    const weft_engine_options options = {.metadata = metadata};
    return catalogue_engine(c, &options);
}

/* All names that its statements give, by the words before them, sorted as PostgreSQL sorts them. */
static void sqlite_has(const catalogue *c, const char *names)
{
    char *sql = test_database_rows(&c->database, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL");
    const char *name = names;
    size_t count = 0;
    while (*name != '\0') {
        const size_t size = strcspn(name, "\n");
        char by_name[100], quoted[100], index[100];
        snprintf(by_name, sizeof by_name, "CONSTRAINT %.*s ", (int)size, name);
        snprintf(quoted, sizeof quoted, "CONSTRAINT \"%.*s\" ", (int)size, name);
        snprintf(index, sizeof index, "INDEX %.*s ON", (int)size, name);
        /* An INTEGER PRIMARY KEY has no name. */
        if (strncmp(name, "pk_hotel", 8) != 0 && strncmp(name, "pk_room", 7) != 0) {
            if (strstr(sql, by_name) == NULL && strstr(sql, quoted) == NULL && strstr(sql, index) == NULL)
                fail_msg("no %.*s in %s", (int)size, name, sql);
            count++;
        }
        name += size + (name[size] == '\n');
    }
    for (const char *at = sql; (at = strstr(at, "CONSTRAINT ")) != NULL; at++)
        count--;
    for (const char *at = sql; (at = strstr(at, "INDEX ")) != NULL; at++)
        count--;
    assert_int_equal(count, 0);
    free(sql);
}

static void has_names(const catalogue *c, const char *names)
{
    if (c->postgres)
        shows(c, names_in_postgres, names);
    else
        sqlite_has(c, names);
}

/* What leads from what is there to the models, in words. */
static void differs(const catalogue *c, weft_engine *engine, const weft_metadata *metadata, const char *wanted)
{
    weft_error error = {0};
    weft_schema *schema;
    char said[2000] = "";
    if (weft_schema_of_models(&schema, metadata, c->postgres ? "postgresql" : "sqlite", &error) != WEFT_OK)
        fail_msg("%s", error.message);
    weft_schema *found = catalogue_reflect(engine);
    weft_ops *ops = catalogue_compare(engine, schema, found);
    for (size_t i = 0; i < weft_ops_count(ops); i++) {
        size_t size = strlen(said);
        weft_ops_describe(ops, i, said + size, sizeof said - size);
        size = strlen(said);
        (void)snprintf(said + size, sizeof said - size, "; ");
    }
    assert_string_equal(said, wanted);
    weft_ops_free(ops);
    weft_schema_free(found);
    weft_schema_free(schema);
}

static void constraints_and_indexes_are_named_by_the_convention(void **state)
{
    catalogue *c = *state;
    weft_error error = {0};
    weft_engine *engine = engine_of(c, &models);
    assert_int_equal(weft_create_all(engine, &error), WEFT_OK);
    has_names(c, expected);
    differs(c, engine, &models, "");
    assert_int_equal(weft_drop_all(engine, &error), WEFT_OK);
    shows(c,
          c->postgres ? "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema" : "SELECT count(*) FROM sqlite_schema",
          "0");
    weft_engine_close(engine);
}

/* Constraints and indexes are the same under other names. */
static void another_convention_is_no_difference(void **state)
{
    catalogue *c = *state;
    weft_error error = {0};
    weft_engine *engine = engine_of(c, &models);
    assert_int_equal(weft_create_all(engine, &error), WEFT_OK);
    differs(c, engine, &others, "");
    weft_engine_close(engine);
}

static void revisions_say_the_names(void **state)
{
    catalogue *c = *state;
    weft_error error = {0};
    weft_engine *engine = catalogue_engine(c, NULL);
    weft_migrate *migrate;
    char *text = NULL;
    static const weft_migrations none = {0};
    for (int i = 0; i < 2; i++) { /* of the models, or of the migration where they have none */
        const weft_migrate_options options = {.migrations = &none,
                                              .models = i == 0 ? &models : &plain,
                                              .naming = i == 0 ? &other_naming : &naming};
        assert_int_equal(weft_migrate_open(&migrate, engine, &options, &error), WEFT_OK);
        for (int k = 0; k < 2; k++) {
            const weft_draft_options drafts = {.driver = k == 0 ? "postgresql" : "sqlite"};
            if (weft_migrate_draft(migrate, &drafts, &text, &error) != WEFT_OK)
                fail_msg("%s", error.message);
            assert_non_null(strstr(text, "CONSTRAINT fk_room_hotel_id_hotel FOREIGN KEY (hotel_id)"));
            assert_non_null(strstr(text, "CONSTRAINT ck_room_high CHECK (floor > 0)"));
            assert_non_null(strstr(text, "CREATE INDEX ix_room_floor ON room (floor)"));
            assert_non_null(strstr(text, "CONSTRAINT \"pk_partner_one_idother_id_100%\" PRIMARY KEY"));
            weft_free(text);
        }
        weft_migrate_close(migrate);
    }
    weft_engine_close(engine);
}

static void operations_are_named_by_it(void **state)
{
    catalogue *c = *state;
    weft_error error = {0};
    weft_engine *engine = catalogue_engine(c, NULL);
    weft_ops *ops = weft_ops_new();
    weft_ops_name_by(ops, &naming);
    const weft_schema_column columns[] = {{.name = "id", .type = WEFT_INT64}, {.name = "size", .type = WEFT_INT32}};
    const weft_schema_constraint constraints[] = {{.kind = WEFT_CONSTRAINT_PRIMARY_KEY, .columns = weft_ops_names("id", "size")},
                                                  {.kind = WEFT_CONSTRAINT_UNIQUE, .columns = weft_ops_names("size")},
                                                  {.kind = WEFT_CONSTRAINT_CHECK, .name = "small", .expression = "size < 9"},
                                                  {.kind = WEFT_CONSTRAINT_FOREIGN_KEY,
                                                   .columns = weft_ops_names("size", "id"),
                                                   .target_table = "box",
                                                   .target_columns = weft_ops_names("id", "size")}};
    weft_ops_create_table(ops, &(const weft_schema_table){.name = "box",
                                                          .columns = columns,
                                                          .column_count = 2,
                                                          .constraints = constraints,
                                                          .constraint_count = 4});
    weft_ops_create_index(ops, "box", weft_ops_index(.parts = weft_ops_parts({.column = "size"}, {.column = "id"})));
    weft_ops_create_index(ops, "box", weft_ops_index(.parts = weft_ops_parts({.column = "id"}), .name = "named"));
    if (c->postgres)
        weft_ops_add_constraint(ops, "box",
                                weft_ops_constraint(.kind = WEFT_CONSTRAINT_CHECK, .name = "large", .expression = "id > 0"));
    weft_connection *connection;
    assert_int_equal(weft_engine_connect(engine, &connection, NULL, &error), WEFT_OK);
    if (weft_ops_apply(ops, connection, &error) != WEFT_OK || weft_connection_commit(connection, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    weft_connection_close(connection);
    weft_ops_free(ops);
    has_names(c, c->postgres ? "ck_box_large\nck_box_small\nfk_box_size_box\nix_box_size\nnamed\npk_box_idsize_100%\nuq_box_size"
                             : "ck_box_small\nfk_box_size_box\nix_box_size\nnamed\npk_box_idsize_100%\nuq_box_size");
    ops = weft_ops_new();
    weft_ops_name_by(ops, &naming);
    weft_ops_create_table(ops,
                          &(const weft_schema_table){.name = "crate",
                                                     .columns = columns,
                                                     .column_count = 2,
                                                     .constraints = &(const weft_schema_constraint){.kind = WEFT_CONSTRAINT_CHECK,
                                                                                                    .expression = "id > 1"},
                                                     .constraint_count = 1});
    assert_int_equal(weft_ops_status(ops, &error), WEFT_ERROR_MODEL);
    assert_string_equal(error.message,
                        "the naming convention's .ck has \"constraint_name\", but it was given none; give it a .name");
    weft_ops_free(ops);
    weft_engine_close(engine);
}

/* ---- what is refused ---- */

static void refused(const weft_naming *convention, const char *part)
{
    weft_error error = {0};
    weft_schema *schema = NULL;
    weft_metadata wrong = models;
    wrong.naming = convention;
    assert_int_equal(weft_schema_of_models(&schema, &wrong, "sqlite", &error), WEFT_ERROR_MODEL);
    if (strstr(error.message, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, error.message);
    assert_null(schema);
    weft_engine *engine = NULL;
    const weft_engine_options options = {.metadata = &wrong};
    assert_int_equal(weft_engine_open(&engine, "sqlite::memory:", &options, &error), WEFT_ERROR_MODEL);
    assert_null(engine);
}
#define REFUSED(part, ...) refused(&(const weft_naming){__VA_ARGS__}, part)

static void a_token_that_is_none_is_named(void **state)
{
    (void)state;
    REFUSED("the naming convention's .fk has \"colum_0_name\", which is no token", .fk = "fk_%(colum_0_name)s");
    REFUSED(".ex has \"table\", which is no token", .ex = "%(table)s"); /* although nothing is called by it */
    REFUSED(".ix has \"%d\", which is no token", .ix = "ix_%d");
    REFUSED(".ix has \"column_0_name\", which is no token", .ix = "ix_%(column_0_name)d");
    REFUSED(".ix has \"%(column_0_name\"", .ix = "ix_%(column_0_name");
    REFUSED(".ix has \"column_N_name\"", .ix = "%(column_N_name)s");
    REFUSED(".ix has \"column_0_names\"", .ix = "%(column_0_names)s");
    REFUSED(".ix has \"column_0__N_name\"", .ix = "%(column_0__N_name)s");
    REFUSED(".pk is empty", .pk = "");
    REFUSED("partner: the naming convention's .ix has \"column_1_name\", but it has fewer columns",
            .ix = "%(table_name)s_%(column_1_name)s");
    REFUSED("Room.mood: the naming convention's .ck has \"column_1_name\", but it has fewer columns",
            .ck = "%(table_name)s_%(column_1_name)s");
    REFUSED(".uq has \"referred_table_name\", which only a foreign key has", .uq = "%(referred_table_name)s");
    REFUSED(".ix has \"constraint_name\", but it was given none; give it a .name", .ix = "%(constraint_name)s");
    REFUSED("have the same name, \"all\"", .ix = "all");
}

/* ---- texts ---- */

static void called(const char *template, const char *wanted)
{
    static const char *const columns[] = {"a", "b", "c", NULL}, *const targets[] = {"x", "y", "z", NULL};
    wefti_arena arena;
    weft_error error = {0};
    wefti_arena_init(&arena, 0);
    const weft_naming by = {.fk = template};
    const wefti_named what = {WEFTI_NAMED_FOREIGN_KEY, "tab", "mine", columns, "far", targets, 0, false};
    const char *name = wefti_named_by(&arena, &by, &what, &error);
    assert_string_equal(name != NULL ? name : error.message, wanted);
    wefti_arena_deinit(&arena);
}

static void every_token_stands_for_what_it_says(void **state)
{
    (void)state;
    called("x%(table_name)s%%%(constraint_name)s", "xtab%mine");
    called("%(constraint_name)s_%(column_0_name)s%(column_2_name)s", "mine_ac");
    called("%(constraint_name)s%(column_0_N_name)s-%(column_1_N_name)s-%(column_0N_name)s", "minea_b_c-b_c-abc");
    called("%(constraint_name)s.%(column_1_label)s.%(column_0_N_label)s", "mine.tab_b.tab_a_tab_b_tab_c");
    called("%(constraint_name)s.%(referred_table_name)s.%(referred_column_1_name)s.%(referred_column_0_N_label)s",
           "mine.far.y.far_x_far_y_far_z");
    called("%(table_name)s", "mine"); /* nothing asks for the name that it was given: it stays */
}

/* Two long names that begin alike are two, of at most 63 bytes, in whole characters. */
static void long_names_are_cut_and_stay_apart(void **state)
{
    static const char *const one[] = {"a_column_whose_name_is_very_long_indeed_and_longer_still_1", NULL};
    static const char *const two[] = {"a_column_whose_name_is_very_long_indeed_and_longer_still_2", NULL};
    static const char *const umlauts[] = {"größe_größe_größe_größe_größe_größe_größe_größe", NULL};
    const char *const *const columns[] = {one, two, umlauts};
    const weft_naming by = {.ix = "ix__%(column_0_label)s", .pk = "%(table_name)s"};
    const char *names[3];
    wefti_arena arena;
    (void)state;
    wefti_arena_init(&arena, 0);
    for (int i = 0; i < 3; i++) {
        const wefti_named what = {.kind = WEFTI_NAMED_INDEX, .table = "a_table_of_some_length", .columns = columns[i]};
        names[i] = wefti_named_by(&arena, &by, &what, NULL);
        assert_non_null(names[i]);
        assert_in_range(strlen(names[i]), 60, 63);
        assert_true(wefti_utf8_valid(names[i], strlen(names[i])));
        assert_int_equal(strncmp(names[i], "ix__a_table_of_some_length_", 27), 0);
    }
    assert_string_not_equal(names[0], names[1]);
    assert_string_equal(names[0],
                        "ix__a_table_of_some_length_a_column_whose_name_is_very_073913e4"); /* names in databases do not change */
    wefti_arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(constraints_and_indexes_are_named_by_the_convention),
        ON_BOTH(another_convention_is_no_difference),
        ON_BOTH(revisions_say_the_names),
        ON_BOTH(operations_are_named_by_it),
        cmocka_unit_test(a_token_that_is_none_is_named),
        cmocka_unit_test(every_token_stands_for_what_it_says),
        cmocka_unit_test(long_names_are_cut_and_stay_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
