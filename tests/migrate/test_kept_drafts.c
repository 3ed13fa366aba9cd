/* Revisions about what models do not say and the database has: what it stands on changes under it. */
#define _GNU_SOURCE
#include "fixtures/catalogue.h"

#include "revisions.h"

typedef struct room {
    int64_t id, house_id, size;
    const char *name, *label;
    int mood;
} room;
typedef struct house {
    int64_t id;
    const char *word;
} house;

#define MODEL(name_, type_, table_, ...) \
    static const weft_model name_ = {.name = #name_, \
                                     .table = table_, \
                                     .size = sizeof(type_), \
                                     .attrs = (const weft_attr[]){__VA_ARGS__}, \
                                     .attr_count = sizeof((const weft_attr[]){__VA_ARGS__}) / sizeof(weft_attr)}
#define ID(type_) WEFT_COLUMN(type_, id, .primary_key = true, .not_generated = true)

static char *draft(const catalogue *c, const char *folder, const weft_metadata *models, const char *renames)
{
    return draft_of(c, folder, models, &(weft_draft_options){.renames = renames});
}

/* A new folder, and the database as the models want it: by a revision. */
static void begins(const catalogue *c, char folder[512], const weft_metadata *before)
{
    revisions_folder(folder, NULL);
    draft_write(folder, "a1", "none", draft(c, folder, before, NULL), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    assert_int_equal(draft_differences(c, folder, before), 0);
}

/* A revision leads to the models, and back. */
static void leads(const catalogue *c, const char *folder, const weft_metadata *before, const weft_metadata *after)
{
    draft_write(folder, "b1", "a1", draft(c, folder, after, NULL), NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    assert_int_equal(draft_differences(c, folder, after), 0);
    draft_moves(c, folder, weft_migrate_downgrade, "-1");
    draft_forget(folder, "b1");
    assert_int_equal(draft_differences(c, folder, before), 0);
}

/* ---- types ---- */

MODEL(numbered_house, house, "house", ID(house));
MODEL(worded_house, house, "house", WEFT_COLUMN(house, word, .column = "id", .primary_key = true, .length = 20));
MODEL(lodging, room, "room", ID(room), WEFT_COLUMN(room, house_id, .nullable = false, .references = "house.id"));
MODEL(lodging_nowhere, room, "room", ID(room), WEFT_COLUMN(room, house_id));
MODEL(lodging_by_word, room, "room", ID(room), WEFT_COLUMN(room, name, .column = "house_id", .length = 20));
static WEFT_METADATA(numbered, &lodging, &numbered_house);
static WEFT_METADATA(worded, &lodging_nowhere, &worded_house);
static WEFT_METADATA(worded_rooms, &lodging_by_word, &numbered_house);

/* A foreign key of models goes that they do not say any more, also where they cannot: of columns of two kinds there is none. */
static void a_key_goes_where_a_type_changes_at_one_end(void **state)
{
    static const weft_metadata *const after[] = {&worded, &worded_rooms};
    catalogue *c = *state;
    for (size_t i = 0; i < 2; i++) {
        char folder[512];
        if (i > 0)
            test_database_exec(&c->database, "DROP TABLE room; DROP TABLE house; DROP TABLE weft_version");
        begins(c, folder, &numbered);
        test_database_exec(&c->database, "INSERT INTO house (id) VALUES (7)");
        test_database_exec(&c->database, "INSERT INTO room (id, house_id) VALUES (1, 7)");
        leads(c, folder, &numbered, after[i]);
        shows(c, "SELECT id, house_id FROM room", "1|7");
    }
}

MODEL(named, room, "room", ID(room), WEFT_COLUMN(room, name, .length = 20));
MODEL(counted, room, "room", ID(room), WEFT_COLUMN(room, size, .column = "name"));
static WEFT_METADATA(texts, &named);
static WEFT_METADATA(numbers, &counted);

static void a_number_has_no_collation(void **state)
{
    catalogue *c = *state;
    char folder[512];
    begins(c, folder, &texts);
    test_database_exec(&c->database, "ALTER TABLE room ALTER COLUMN name TYPE varchar(20) COLLATE \"C\"");
    assert_int_equal(draft_differences(c, folder, &texts), 0);
    test_database_exec(&c->database, "INSERT INTO room (id, name) VALUES (1, '7')");
    leads(c, folder, &texts, &numbers);
    shows(c, "SELECT name FROM room", "7");
}

/* A draft that makes a number of a text: rows keep what becomes one, and what does not is an error on both databases. */
static void a_text_that_is_no_number_is_an_error(void **state)
{
    catalogue *c = *state;
    char folder[512];
    begins(c, folder, &texts);
    test_database_exec(&c->database, "INSERT INTO room (id, name) VALUES (1, '7'), (2, 'x')");
    draft_write(folder, "b1", "a1", draft(c, folder, &numbers, NULL), NULL);
    migration m;
    migration_open(&m, c, folder, (weft_migrate_options){.folder = folder, .allow_destructive = true});
    assert_int_equal(weft_migrate_upgrade(m.migrate, "head", &m.error), c->postgres ? WEFT_ERROR_DATA : WEFT_ERROR_CHECK);
    assert_non_null(strstr(m.error.message, "b1.sql:"));
    migration_close(&m);
    shows(c, "SELECT id, name FROM room ORDER BY id", "1|7\n2|x");
    draft_forget(folder, "b1");
    test_database_exec(&c->database, "DELETE FROM room WHERE id = 2");
    leads(c, folder, &texts, &numbers);
    shows(c, "SELECT id, name FROM room", "1|7");
}

/* The same by a list of operations. */
static void a_list_of_operations_says_so_too(void **state)
{
    catalogue *c = *state;
    weft_error error = {0};
    weft_schema *wanted, *found;
    char folder[512];
    begins(c, folder, &texts);
    test_database_exec(&c->database, "INSERT INTO room (id, name) VALUES (1, 'x')");
    weft_engine *engine = catalogue_engine(c, NULL);
    assert_int_equal(weft_schema_of_models(&wanted, &numbers, weft_engine_driver(engine), &error), WEFT_OK);
    found = catalogue_reflect(engine);
    weft_ops *ops = catalogue_compare(engine, wanted, found);
    assert_int_equal(catalogue_apply(engine, ops, &error), c->postgres ? WEFT_ERROR_DATA : WEFT_ERROR_CHECK);
    shows(c, "SELECT id, name FROM room", "1|x");
    weft_ops_free(ops);
    weft_schema_free(found);
    weft_schema_free(wanted);
    weft_engine_close(engine);
}

/* ---- what stays a while ---- */

static const char *const few_moods[] = {"sad"}, *const more_moods[] = {"sad", "glad"};
MODEL(sad, room, "room", ID(room), WEFT_COLUMN(room, name), WEFT_COLUMN(room, size),
      WEFT_ENUM(room, mood, few_moods, .native_enum = "mood"));
MODEL(glad, room, "room", ID(room), WEFT_COLUMN(room, label), WEFT_COLUMN(room, size),
      WEFT_ENUM(room, mood, more_moods, .native_enum = "mood"), WEFT_CHECK(room, "size > 0", .name = "ck_size"));
static WEFT_METADATA(sad_models, &sad);
static WEFT_METADATA(glad_models, &glad);

/* A new value is committed before what follows it: what fails then leaves all but the value as it was, for those who use it. */
static void a_new_value_of_an_enum_is_all_that_is_left_of_what_fails(void **state)
{
    catalogue *c = *state;
    char folder[512];
    begins(c, folder, &sad_models);
    test_database_exec(&c->database, "CREATE VIEW names AS SELECT name FROM room");
    test_database_exec(&c->database, "INSERT INTO room (id, name, size, mood) VALUES (1, 'a', -1, 'sad')");
    draft_write(folder, "b1", "a1", draft(c, folder, &glad_models, "room.name = label"), NULL);
    upgrade_fails(c, folder, "head", WEFT_ERROR_CHECK, "b1.sql:");
    shows(c, "SELECT name, size FROM room", "a|-1");
    shows(c, "SELECT name FROM names", "a");
    shows(c, "SELECT array_to_string(enum_range(NULL::mood), ' ')", "sad glad");
    test_database_exec(&c->database, "UPDATE room SET size = 1");
    draft_moves(c, folder, weft_migrate_upgrade, "head");
    assert_int_equal(draft_differences(c, folder, &glad_models), 0);
    shows(c, "SELECT label, mood FROM room", "a|sad");
}

MODEL(small, room, "room", ID(room), WEFT_COLUMN(room, name, .length = 20), WEFT_COLUMN(room, size));
MODEL(large, room, "room", ID(room), WEFT_COLUMN(room, name, .length = 40), WEFT_COLUMN(room, size));
static WEFT_METADATA(small_models, &small);
static WEFT_METADATA(large_models, &large);

/* The texts of others' views, which the database spells with its schema, are written for whoever has the tables in another one. */
static void views_of_others_come_back_without_a_schema(void **state)
{
    catalogue *c = *state;
    char folder[512];
    begins(c, folder, &small_models);
    test_database_exec(&c->database, "CREATE VIEW names AS SELECT name FROM room WHERE size > 1");
    test_database_exec(&c->database, "INSERT INTO room (id, name, size) VALUES (1, 'a', 1), (2, 'b', 2)");
    char *parts = draft(c, folder, &large_models, NULL);
    assert_null(strstr(parts, c->database.place));
    assert_non_null(strstr(parts, "CREATE VIEW names"));
    weft_free(parts);
    leads(c, folder, &small_models, &large_models);
    shows(c, "SELECT name FROM names", "b");
}

#define MADE_BY_OTHERS \
    "SELECT string_agg(line, chr(10) ORDER BY line) FROM (SELECT pg_get_triggerdef(oid) AS line FROM pg_trigger WHERE NOT " \
    "tgisinternal UNION ALL SELECT concat_ws(' ', polname, polpermissive, polcmd, pg_get_expr(polqual, polrelid), " \
    "pg_get_expr(polwithcheck, polrelid), polrelid::regclass) FROM pg_policy UNION ALL SELECT pg_get_ruledef(oid) FROM " \
    "pg_rewrite " \
    "WHERE rulename = 'ruled') AS lines"
#define UNTOUCHED "SELECT oid FROM pg_trigger WHERE tgname = 'untouched'"

/* A column gets no other type while a trigger or a policy names it. */
static void triggers_and_policies_come_back_around_a_column(void **state)
{
    static const char *const statements[] = {
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
        "CREATE TRIGGER \"of na\"\"me\" AFTER UPDATE OF size, name ON room FOR EACH ROW EXECUTE FUNCTION note()",
        "CREATE TRIGGER when_name BEFORE INSERT ON room FOR EACH ROW WHEN (new.name <> ' EXECUTE FUNCTION ') EXECUTE FUNCTION "
        "note()",
        "CREATE CONSTRAINT TRIGGER later AFTER UPDATE OF name ON room DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "
        "note('a', 'name')",
        "CREATE TRIGGER untouched AFTER UPDATE OF size ON room FOR EACH ROW EXECUTE FUNCTION note('name')",
        "CREATE POLICY \"po licy\" ON room AS RESTRICTIVE FOR UPDATE USING (name <> 'z') WITH CHECK (size > 0)",
        "INSERT INTO room (id, name, size) VALUES (1, 'a', 1)"};
    catalogue *c = *state;
    char folder[512];
    begins(c, folder, &small_models);
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        test_database_exec(&c->database, statements[i]);
    char *before = test_database_rows(&c->database, MADE_BY_OTHERS), *untouched = test_database_rows(&c->database, UNTOUCHED);
    char *parts = draft(c, folder, &large_models, NULL);
    assert_null(strstr(parts, c->database.place));
    draft_write(folder, "b1", "a1", parts, NULL);
    for (int round = 0; round < 2; round++) {
        draft_moves(c, folder, round == 0 ? weft_migrate_upgrade : weft_migrate_downgrade, round == 0 ? "head" : "-1");
        shows(c, MADE_BY_OTHERS, before);
        shows(c, UNTOUCHED, untouched);
        shows(c, "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'room'::regclass AND attname = 'name'",
              round == 0 ? "character varying(40)" : "character varying(20)");
    }
    free(untouched);
    free(before);
    test_database_exec(&c->database, "DROP TABLE room");
    test_database_exec(&c->database, "DROP FUNCTION note");
}

/* They went with the view. */
static void triggers_and_rules_of_a_view_come_back_with_it(void **state)
{
    catalogue *c = *state;
    char folder[512];
    begins(c, folder, &small_models);
    test_database_exec(&c->database, "CREATE VIEW names AS SELECT id, name FROM room WHERE size > 1");
    if (c->postgres) {
        test_database_exec(&c->database, "CREATE FUNCTION take() RETURNS trigger LANGUAGE plpgsql AS "
                                         "'BEGIN INSERT INTO room VALUES (new.id, new.name, 7); RETURN new; END'");
        test_database_exec(&c->database, "CREATE TRIGGER taken INSTEAD OF INSERT ON names FOR EACH ROW EXECUTE FUNCTION take()");
        test_database_exec(&c->database, "CREATE RULE ruled AS ON DELETE TO names DO INSTEAD DELETE FROM room WHERE id = old.id");
        test_database_exec(&c->database, "ALTER VIEW names SET (security_barrier = true, check_option = local)");
    } else {
        test_database_exec(&c->database, "CREATE TRIGGER taken INSTEAD OF INSERT ON names BEGIN INSERT INTO room VALUES (new.id, "
                                         "new.name, 7); SELECT 1; END");
        test_database_exec(&c->database,
                           "CREATE TRIGGER ruled INSTEAD OF DELETE ON names BEGIN DELETE FROM room WHERE id = old.id; "
                           "END");
    }
    draft_write(folder, "b1", "a1", draft(c, folder, &large_models, NULL), NULL);
    for (int round = 0; round < 2; round++) {
        draft_moves(c, folder, round == 0 ? weft_migrate_upgrade : weft_migrate_downgrade, round == 0 ? "head" : "-1");
        test_database_exec(&c->database, "INSERT INTO names VALUES (1, 'a'), (2, 'b')");
        test_database_exec(&c->database, "DELETE FROM names WHERE id = 1");
        shows(c, "SELECT id, name, size FROM room", "2|b|7");
        test_database_exec(&c->database, "DELETE FROM room");
        if (c->postgres)
            shows(c, "SELECT array_to_string(reloptions, ' ') FROM pg_class WHERE oid = 'names'::regclass",
                  "security_barrier=true check_option=local");
    }
    draft_forget(folder, "b1");
    assert_int_equal(draft_differences(c, folder, &small_models), 0);
    test_database_exec(&c->database, "DROP VIEW names");
    if (c->postgres)
        test_database_exec(&c->database, "DROP FUNCTION take");
}

/* ---- names ---- */

MODEL(first_names, room, "room", ID(room), WEFT_COLUMN(room, size), WEFT_COLUMN(room, house_id),
      WEFT_CHECK(room, "size > 0", .name = "ck_a"), WEFT_INDEX(room, "size", .name = "ix_a"),
      WEFT_UNIQUE(room, "size, house_id", .name = "uq_a"));
MODEL(other_names, room, "room", ID(room), WEFT_COLUMN(room, size), WEFT_COLUMN(room, house_id),
      WEFT_CHECK(room, "size > 0", .name = "ck_b"), WEFT_CHECK(room, "size < 1000", .name = "ck_a"),
      WEFT_INDEX(room, "size", .name = "ix_b"), WEFT_INDEX(room, "house_id", .name = "ix_a"),
      WEFT_UNIQUE(room, "size, house_id", .name = "uq_b"), WEFT_UNIQUE(room, "house_id, id", .name = "uq_a"));
static WEFT_METADATA(first_models, &first_names);
static WEFT_METADATA(other_models, &other_names);

/* Something new gets the name that something had which is to be called otherwise: undone, each has its name again, or the revision
 * could not be applied a second time. */
static void names_that_something_else_gets_come_back(void **state)
{
    catalogue *c = *state;
    char folder[512];
    begins(c, folder, &first_models);
    test_database_exec(&c->database, "INSERT INTO room (id, size, house_id) VALUES (1, 2, 3)");
    draft_write(folder, "b1", "a1", draft(c, folder, &other_models, NULL), NULL);
    for (int round = 0; round < 3; round++) {
        draft_moves(c, folder, weft_migrate_upgrade, "head");
        assert_int_equal(draft_differences(c, folder, &other_models), 0);
        draft_moves(c, folder, weft_migrate_downgrade, "-1");
    }
    if (c->postgres)
        shows(c, "SELECT conname FROM pg_constraint WHERE conrelid = 'room'::regclass AND contype IN ('c', 'u') ORDER BY 1",
              "ck_a\nuq_a");
    shows(c,
          c->postgres ? "SELECT indexdef LIKE '%(size)' FROM pg_indexes WHERE indexname = 'ix_a'"
                      : "SELECT sql LIKE '%(size)' FROM sqlite_schema WHERE name = 'ix_a'",
          c->postgres ? "t" : "1");
    draft_forget(folder, "b1");
    assert_int_equal(draft_differences(c, folder, &first_models), 0);
    shows(c, "SELECT id, size, house_id FROM room", "1|2|3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_key_goes_where_a_type_changes_at_one_end),
        ON_POSTGRES(a_number_has_no_collation),
        ON_BOTH(a_text_that_is_no_number_is_an_error),
        ON_BOTH(a_list_of_operations_says_so_too),
        ON_POSTGRES(a_new_value_of_an_enum_is_all_that_is_left_of_what_fails),
        ON_POSTGRES(views_of_others_come_back_without_a_schema),
        ON_POSTGRES(triggers_and_policies_come_back_around_a_column),
        ON_BOTH(triggers_and_rules_of_a_view_come_back_with_it),
        ON_BOTH(names_that_something_else_gets_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
