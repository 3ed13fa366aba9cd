/* Comparing models with a database: the cases of a catalogue of behaviours that users of Alembic's autogenerate know, one test
 * each, named by their numbers there, and what is better here (draft_…). Each change is written as a revision, applied to a table
 * with rows, and undone; afterwards nothing differs. */
#define _GNU_SOURCE
#include "fixtures/catalogue.h"

#include "revisions.h"

/* ---- what is compared ---- */

static const char *words(const weft_ops *ops, char text[2000])
{
    text[0] = '\0';
    for (size_t i = 0; i < weft_ops_count(ops); i++) {
        char line[300];
        weft_ops_describe(ops, i, line, sizeof line);
        snprintf(text + strlen(text), 2000 - strlen(text), "%s%s", i > 0 ? "\n" : "", line);
    }
    return text;
}

static weft_ops *diff(const catalogue *c, const char *folder, const weft_metadata *models, const char *renames)
{
    migration m;
    weft_ops *ops;
    migration_open(&m, c, folder, (weft_migrate_options){.folder = folder, .models = models});
    if (weft_migrate_diff(m.migrate, renames, &ops, &m.error) != WEFT_OK)
        fail_msg("%s (%s)", m.error.message, m.error.hint);
    migration_close(&m);
    return ops;
}

static void differs(const catalogue *c, const char *folder, const weft_metadata *models, const char *renames, const char *expected)
{
    char text[2000];
    weft_ops *ops = diff(c, folder, models, renames);
    assert_string_equal(words(ops, text), expected);
    weft_ops_free(ops);
}

/* A new folder, and the database as the models want it: by a revision. */
static void begins(const catalogue *c, char folder[512], const weft_metadata *before)
{
    revisions_folder(folder, NULL);
    char *parts = draft_of(c, folder, before, NULL);
    revisions_write(folder, "a1.sql", "-- revision: a1\n-- parents: none\n-- up\n-- down\n"); /* where nothing is wanted */
    if (*parts != '\0')
        draft_write(folder, "a1", "none", parts, NULL);
    else
        weft_free(parts);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    assert_int_equal(draft_differences(c, folder, before), 0);
}

/* The change is these operations; written down it leads there, and back. */
static void leads(const catalogue *c, const char *folder, const weft_metadata *before, const weft_metadata *after,
                  const char *renames, const char *expected)
{
    differs(c, folder, after, renames, expected);
    draft_write(folder, "b1", "a1", draft_of(c, folder, after, &(weft_draft_options){.renames = renames}), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    assert_int_equal(draft_differences(c, folder, after), 0);
    draft_moves(c, folder, weft_migrate_downgrade, "-1");
    draft_forget(folder, "b1");
    assert_int_equal(draft_differences(c, folder, before), 0);
}

/* ---- models of one table at several times ---- */

typedef struct room {
    int64_t id, size;
    const char *name;
    int kind;
} room;
static const char *const few_kinds[] = {"double", "single"}, *const more_kinds[] = {"double", "single", "suite"};
#define ROOM(name_, ...) \
    static const weft_model name_##_model = {.name = #name_, \
                                             .table = "room", \
                                             .size = sizeof(room), \
                                             .attrs = (const weft_attr[]){__VA_ARGS__}, \
                                             .attr_count = sizeof((const weft_attr[]){__VA_ARGS__}) / sizeof(weft_attr)}; \
    static WEFT_METADATA(name_, &name_##_model)
#define ID WEFT_COLUMN(room, id, .primary_key = true, .not_generated = true)
#define NAME WEFT_COLUMN(room, name, .length = 20)

ROOM(plain, ID, NAME, WEFT_COLUMN(room, size));
ROOM(renamed, ID, WEFT_COLUMN(room, name, .column = "label", .length = 20), WEFT_COLUMN(room, size));
ROOM(default_1, ID, NAME, WEFT_COLUMN(room, size, .server_default = "1", .zero_is_unset = true));
ROOM(default_2, ID, NAME, WEFT_COLUMN(room, size, .server_default = "2", .zero_is_unset = true));
ROOM(indexed, ID, NAME, WEFT_COLUMN(room, size), WEFT_INDEX(room, "name", .name = "ix_room"));
ROOM(indexed_otherwise, ID, NAME, WEFT_COLUMN(room, size), WEFT_INDEX(room, "size, name", .name = "ix_room"));
ROOM(checked, ID, NAME, WEFT_COLUMN(room, size), WEFT_CHECK(room, "size > 0", .name = "ck_room"));
ROOM(checked_otherwise, ID, NAME, WEFT_COLUMN(room, size), WEFT_CHECK(room, "size > 1", .name = "ck_room"));
ROOM(keyed_otherwise, ID, WEFT_COLUMN(room, name, .length = 20, .primary_key = true), WEFT_COLUMN(room, size));
ROOM(few, ID, NAME, WEFT_COLUMN(room, size), WEFT_ENUM(room, kind, few_kinds));
ROOM(more, ID, NAME, WEFT_COLUMN(room, size), WEFT_ENUM(room, kind, more_kinds));
ROOM(unique, ID, WEFT_COLUMN(room, name, .length = 20, .unique = true),
     WEFT_COLUMN(room, size, .server_default = "1", .zero_is_unset = true));

static const weft_model hall_model = {.name = "hall",
                                      .table = "hall",
                                      .size = sizeof(room),
                                      .attrs = (const weft_attr[]){ID, NAME, WEFT_COLUMN(room, size)},
                                      .attr_count = 3};
static WEFT_METADATA(hall, &hall_model);

WEFT_DECLARE(Parent);
WEFT_DECLARE(Child);
struct Parent {
    int64_t id;
};
struct Child {
    int64_t id;
    int64_t parent_id;
};
WEFT_MODEL(Parent, "parent", WEFT_COLUMN(Parent, id, .primary_key = true, .not_generated = true));
WEFT_MODEL(Child, "child", WEFT_COLUMN(Child, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Child, parent_id, .references = "parent.id"));
static const weft_model Cascading_model = {
    .name = "Cascading",
    .table = "child",
    .size = sizeof(Child),
    .attrs = (const weft_attr[]){WEFT_COLUMN(Child, id, .primary_key = true, .not_generated = true),
                                 WEFT_COLUMN(Child, parent_id, .references = "parent.id", .on_delete = "CASCADE")},
    .attr_count = 2};
static WEFT_METADATA(family, &Child_model, &Parent_model);
static WEFT_METADATA(cascading, &Cascading_model, &Parent_model);

WEFT_DECLARE(Chicken);
WEFT_DECLARE(Egg);
struct Chicken {
    int64_t id;
    weft_opt_int64 egg_id;
};
struct Egg {
    int64_t id;
    weft_opt_int64 chicken_id;
};
WEFT_MODEL(Chicken, "chicken", WEFT_COLUMN(Chicken, id, .primary_key = true), WEFT_COLUMN(Chicken, egg_id, .references = "egg.id"));
WEFT_MODEL(Egg, "egg", WEFT_COLUMN(Egg, id, .primary_key = true), WEFT_COLUMN(Egg, chicken_id, .references = "chicken.id"));
static WEFT_METADATA(mutual, &Egg_model, &Chicken_model);
static const weft_metadata nothing = {0};

static void fill(const catalogue *c)
{
    test_database_exec(&c->database, "INSERT INTO room (id, name, size) VALUES (1, 'a', 10), (2, 'b', 20)");
}

static void stayed(const catalogue *c) { shows(c, "SELECT id, name, size FROM room ORDER BY id", "1|a|10\n2|b|20"); }

/* ---- the cases ---- */

static void case_A16_a_missing_table_is_listed_and_what_is_the_same_is_nothing(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, NULL);
    differs(c, folder, &plain, NULL, "create table room");
    begins(c, folder, &plain);
    differs(c, folder, &plain, NULL, "");
}

/* Alembic drops the column, and all that is in it, without a word. */
static void case_A18_what_may_be_renamed_is_asked_and_told_it_is_renamed(void **state)
{
    catalogue *c = *state;
    char folder[512];
    size_t count;
    begins(c, folder, &plain);
    fill(c);
    weft_ops *ops = diff(c, folder, &renamed, NULL);
    const weft_rename *renames = weft_ops_renames(ops, &count);
    assert_int_equal(count, 1);
    assert_string_equal(renames[0].table, "room");
    assert_string_equal(renames[0].from, "name");
    assert_string_equal(renames[0].to, "label");
    bool loses = false;
    for (size_t i = 0; i < weft_ops_count(ops); i++)
        loses = loses || weft_ops_is_destructive(ops, i);
    assert_true(loses);
    weft_ops_free(ops);
    leads(c, folder, &plain, &renamed, "room.name = label", "rename column room.name to label");
    stayed(c);
    ops = diff(c, folder, &hall, NULL);
    renames = weft_ops_renames(ops, &count);
    assert_int_equal(count, 1);
    assert_null(renames[0].table);
    assert_string_equal(renames[0].from, "room");
    assert_string_equal(renames[0].to, "hall");
    weft_ops_free(ops);
    differs(c, folder, &hall, "room = hall", "rename table room to hall");
}

static void case_A20_another_default_is_noticed_without_an_option(void **state)
{
    catalogue *c = *state;
    char folder[512];
    begins(c, folder, &default_1);
    fill(c);
    leads(c, folder, &default_1, &default_2, NULL, c->postgres ? "alter column room.size: default 2" : "build anew table room");
    stayed(c);
}

static void case_A21_an_index_of_other_columns_is_dropped_and_made(void **state)
{
    catalogue *c = *state;
    char folder[512];
    begins(c, folder, &indexed);
    fill(c);
    leads(c, folder, &indexed, &indexed_otherwise, NULL, "drop index ix_room\ncreate index ix_room on room");
    stayed(c);
}

static void case_A22_a_check_is_noticed_and_so_is_another_text_of_the_same_name(void **state)
{
    catalogue *c = *state;
    char folder[512];
    begins(c, folder, &plain);
    fill(c);
    leads(c, folder, &plain, &checked, NULL, c->postgres ? "add check ck_room to room" : "build anew table room");
    draft_write(folder, "b1", "a1", draft_of(c, folder, &checked, NULL), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    differs(c, folder, &checked_otherwise, NULL,
            c->postgres ? "drop constraint ck_room of room\nadd check ck_room to room" : "build anew table room");
    stayed(c);
}

static void case_A24_A25_parents_come_first_and_go_last(void **state)
{
    catalogue *c = *state;
    char folder[512];
    begins(c, folder, &nothing);
    leads(c, folder, &nothing, &family, NULL, "create table parent\ncreate table child");
    draft_write(folder, "b1", "a1", draft_of(c, folder, &family, NULL), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    differs(c, folder, &nothing, NULL, "drop table child\ndrop table parent");
    draft_write(folder, "c1", "b1", draft_of(c, folder, &nothing, NULL), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    assert_false(has_table(c, "parent") || has_table(c, "child"));
}

static void case_A26_another_ON_DELETE_is_dropped_and_made(void **state)
{
    catalogue *c = *state;
    char folder[512];
    begins(c, folder, &family);
    test_database_exec(&c->database, "INSERT INTO parent VALUES (1)");
    test_database_exec(&c->database, "INSERT INTO child VALUES (7, 1)");
    leads(c, folder, &family, &cascading, NULL,
          c->postgres ? "drop constraint fk_child_parent_id of child\nadd foreign key fk_child_parent_id to child"
                      : "build anew table child");
    shows(c, "SELECT id, parent_id FROM child", "7|1");
}

/* ---- what is better ---- */

static void draft_tables_that_refer_to_each_other_are_made(void **state)
{
    catalogue *c = *state;
    char folder[512];
    begins(c, folder, &nothing);
    leads(c, folder, &nothing, &mutual, NULL,
          c->postgres ? "create table chicken\ncreate table egg\nadd foreign key fk_chicken_egg_id to chicken\n"
                        "add foreign key fk_egg_chicken_id to egg"
                      : "create table chicken\ncreate table egg");
}

static void draft_another_primary_key_is_noticed(void **state)
{
    catalogue *c = *state;
    char folder[512];
    begins(c, folder, &plain);
    fill(c);
    leads(c, folder, &plain, &keyed_otherwise, NULL,
          c->postgres ? "drop constraint pk_room of room\nadd primary key pk_room to room" : "build anew table room");
    stayed(c);
}

static void draft_another_value_of_an_enum_is_noticed(void **state)
{
    catalogue *c = *state;
    char folder[512];
    begins(c, folder, &few);
    test_database_exec(&c->database, "INSERT INTO room (id, name, size, kind) VALUES (1, 'a', 10, 'single')");
    leads(c, folder, &few, &more, NULL,
          c->postgres ? "drop constraint ck_room_kind of room\nadd check ck_room_kind to room" : "build anew table room");
    shows(c, "SELECT id, name, size, kind FROM room", "1|a|10|single");
}

/* What other programs wrote by hand is no difference for ever. */
static void draft_other_spellings_are_no_difference(void **state)
{
    catalogue *c = *state;
    char folder[512];
    revisions_folder(folder, NULL);
    test_database_exec(&c->database, c->postgres
                                         ? "CREATE TABLE room (id bigint PRIMARY KEY, name varchar(20) NOT NULL UNIQUE, size "
                                           "int8 NOT NULL DEFAULT (1))"
                                         : "CREATE TABLE room (id INTEGER PRIMARY KEY, name varchar(20) NOT NULL UNIQUE, size "
                                           "INTEGER NOT NULL DEFAULT (1))");
    differs(c, folder, &unique, NULL, "");
}

static void draft_constraints_without_names_are_noticed(void **state)
{
    catalogue *c = *state;
    char folder[512];
    begins(c, folder, &plain);
    test_database_exec(&c->database, "DROP TABLE room");
    test_database_exec(&c->database, c->postgres
                                         ? "CREATE TABLE room (id bigint PRIMARY KEY, name varchar(20) NOT NULL UNIQUE, size "
                                           "bigint NOT NULL CHECK (size > 5))"
                                         : "CREATE TABLE room (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE, size "
                                           "INTEGER NOT NULL CHECK (size > 5))");
    fill(c);
    differs(c, folder, &plain, NULL,
            c->postgres ? "drop constraint room_name_key of room\ndrop constraint room_size_check of room"
                        : "build anew table room");
    draft_write(folder, "b1", "a1", draft_of(c, folder, &plain, NULL), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    differs(c, folder, &plain, NULL, "");
    test_database_exec(&c->database, "INSERT INTO room (id, name, size) VALUES (3, 'a', 0)");
}

/* What leads from the first schema to the second is this, and it does. The second ends. */
static void leads_from(const catalogue *c, weft_schema *wanted, const char *expected)
{
    char text[2000];
    weft_error error;
    weft_engine *engine = catalogue_engine(c, NULL);
    weft_schema *found = catalogue_reflect(engine);
    weft_ops *ops = catalogue_compare(engine, wanted, found);
    assert_string_equal(words(ops, text), expected);
    if (catalogue_apply(engine, ops, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    weft_ops_free(ops);
    weft_schema_free(found);
    found = catalogue_reflect(engine);
    ops = catalogue_compare(engine, wanted, found);
    assert_string_equal(words(ops, text), "");
    weft_ops_free(ops);
    weft_schema_free(found);
    weft_schema_free(wanted);
    weft_engine_close(engine);
}

static weft_schema *reflected(const catalogue *c)
{
    weft_engine *engine = catalogue_engine(c, NULL);
    weft_schema *schema = catalogue_reflect(engine);
    weft_engine_close(engine);
    return schema;
}

/* Two databases, each made by these statements: what leads from the first to the second, and that it does. */
static void becomes(const catalogue *c, const char *const *before, const char *const *after, const char *expected)
{
    catalogue other = *c;
    test_database_open(&other.database, c->postgres ? TEST_POSTGRES : TEST_SQLITE);
    for (; *before != NULL; before++)
        test_database_exec(&c->database, *before);
    for (; *after != NULL; after++)
        test_database_exec(&other.database, *after);
    leads_from(c, reflected(&other), expected);
    test_database_drop(&other.database);
}

static void draft_another_computing_expression_is_noticed(void **state)
{
    catalogue *c = *state;
    becomes(c, NAMES("CREATE TABLE a (x integer, y integer GENERATED ALWAYS AS (x + 1) STORED)", "INSERT INTO a (x) VALUES (1)"),
            NAMES("CREATE TABLE a (x integer, y integer GENERATED ALWAYS AS (x + 2) STORED)"),
            c->postgres ? "drop column a.y\nadd column a.y" : "build anew table a");
    shows(c, "SELECT x, y FROM a", "1|3");
}

static void draft_another_view_is_noticed(void **state)
{
    catalogue *c = *state;
    test_database_exec(&c->database, "CREATE TABLE a (x integer)");
    test_database_exec(&c->database, "INSERT INTO a VALUES (1), (2)");
    test_database_exec(&c->database, "CREATE VIEW v AS SELECT x FROM a WHERE x > 1");
    weft_schema *wanted = reflected(c);
    test_database_exec(&c->database, "DROP VIEW v");
    test_database_exec(&c->database, "CREATE VIEW v AS SELECT x FROM a");
    leads_from(c, wanted, "drop view v\ncreate view v");
    shows(c, "SELECT x FROM v", "2");
}

static void draft_types_sequences_and_exclusions_are_noticed(void **state)
{
    catalogue *c = *state;
    becomes(c, NAMES("CREATE TYPE mood AS ENUM ('sad')", "CREATE TABLE a (m mood, r int4range)", "INSERT INTO a VALUES ('sad')"),
            NAMES("CREATE TYPE mood AS ENUM ('sad', 'glad')", "CREATE SEQUENCE numbers",
                  "CREATE TABLE a (m mood, r int4range, CONSTRAINT apart EXCLUDE USING gist (r WITH &&))"),
            "add value 'glad' to enum mood\ncreate sequence numbers\nadd exclusion constraint apart to a");
    shows(c, "SELECT m FROM a", "sad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(case_A16_a_missing_table_is_listed_and_what_is_the_same_is_nothing),
        ON_BOTH(case_A18_what_may_be_renamed_is_asked_and_told_it_is_renamed),
        ON_BOTH(case_A20_another_default_is_noticed_without_an_option),
        ON_BOTH(case_A21_an_index_of_other_columns_is_dropped_and_made),
        ON_BOTH(case_A22_a_check_is_noticed_and_so_is_another_text_of_the_same_name),
        ON_BOTH(case_A24_A25_parents_come_first_and_go_last),
        ON_BOTH(case_A26_another_ON_DELETE_is_dropped_and_made),
        ON_BOTH(draft_tables_that_refer_to_each_other_are_made),
        ON_BOTH(draft_another_primary_key_is_noticed),
        ON_BOTH(draft_another_value_of_an_enum_is_noticed),
        ON_BOTH(draft_other_spellings_are_no_difference),
        ON_BOTH(draft_constraints_without_names_are_noticed),
        ON_BOTH(draft_another_computing_expression_is_noticed),
        ON_BOTH(draft_another_view_is_noticed),
        ON_POSTGRES(draft_types_sequences_and_exclusions_are_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
