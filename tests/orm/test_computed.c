/* Columns that the database computes: nothing writes them, whichever way rows go, and what they hold comes back with each write. */
#include "support/fixture.h"

WEFT_DECLARE(Crate);
WEFT_DECLARE(CrateSize);
WEFT_DECLARE(Tag);

struct Crate {
    int64_t id;
    const char *owner;
    const char *shown; /* between the columns that it is computed of */
    int32_t width;
    int64_t area;
    int32_t height;
    weft_opt_int32 room;
    bool flat;
    const char *label;
    int32_t version;
    Tag_list tags;
};
struct CrateSize { /* another model of crate's table */
    int64_t id;
    int32_t width, height;
    int64_t area;
};
struct Tag {
    char code[12];
    int32_t weight;
    double tons;
    weft_opt_int64 crate_id;
};

WEFT_MODEL(Crate, "crate", WEFT_COLUMN(Crate, id, .primary_key = true), WEFT_COLUMN(Crate, owner, .column = "the owner"),
           WEFT_COLUMN(Crate, shown, .generated = "\"the owner\" || '''s crate'", .stored = true, .index = true),
           WEFT_COLUMN(Crate, width), WEFT_COLUMN(Crate, area, .generated = "width * height", .unique = true),
           WEFT_COLUMN(Crate, height), WEFT_COLUMN(Crate, room, .generated = "NULLIF(width - 3, 0)", .stored = true),
           WEFT_COLUMN(Crate, flat, .generated = "height < width"),
           WEFT_COLUMN(Crate, label, .generated = "'[' || \"the owner\" || ']'", .deferred = true),
           WEFT_COLUMN(Crate, version, .version = true),
           WEFT_HAS_MANY(Crate, tags, Tag, .foreign_key = "crate_id", .cascade = WEFT_CASCADE_ALL));
WEFT_MODEL(CrateSize, "crate", WEFT_OPTIONS(CrateSize, .view_of = &Crate_model), WEFT_COLUMN(CrateSize, id, .primary_key = true),
           WEFT_COLUMN(CrateSize, width), WEFT_COLUMN(CrateSize, height), WEFT_COLUMN(CrateSize, area));
WEFT_MODEL(Tag, "tag", WEFT_OPTIONS(Tag, .guard = WEFT_GUARD_LOADED), WEFT_COLUMN(Tag, code, .primary_key = true),
           WEFT_COLUMN(Tag, weight), WEFT_COLUMN(Tag, tons, .generated = "weight / 1000.0"),
           WEFT_COLUMN(Tag, crate_id, .references = "crate.id"));
WEFT_METADATA(yard, &Crate_model, &CrateSize_model, &Tag_model);
FIXTURE_MODELS(yard);

#define ALL \
    "SELECT id, \"the owner\", shown, width, area, height, room, CASE WHEN flat THEN 1 ELSE 0 END, label FROM crate ORDER BY id"

/* No statement that writes names a computed column among those that it gives. */
static void assert_never_written(fixture *f)
{
    for (size_t i = 0; i < test_recorder_count(f->recorder); i++) {
        const char *sql = test_recorder_text(f->recorder, i), *given = sql;
        if (strncmp(sql, "INSERT", 6) != 0 && strncmp(sql, "UPDATE", 6) != 0 && strncmp(sql, "COPY", 4) != 0)
            continue;
        const char *returning = strstr(sql, " RETURNING ");
        const size_t size = returning != NULL ? (size_t)(returning - given) : strlen(given);
        char head[4000];
        assert_in_range(size, 1, sizeof head - 1);
        memcpy(head, given, size);
        head[size] = '\0';
        for (const char *const *name = (const char *const[]){"shown", "area", "room", "flat", "label", "tons", NULL}; *name != NULL;
             name++)
            if (strstr(head, *name) != NULL)
                fail_msg("%s is written by %s", *name, sql);
    }
}

static void is_computed(const Crate *crate, int width, int height, const char *owner)
{
    char shown[100], label[100];
    snprintf(shown, sizeof shown, "%s's crate", owner);
    snprintf(label, sizeof label, "[%s]", owner);
    assert_string_equal(crate->owner, owner);
    assert_string_equal(crate->shown, shown);
    assert_int_equal(crate->area, width * height);
    assert_int_equal(crate->room.set, width != 3);
    if (width != 3)
        assert_int_equal(crate->room.value, width - 3);
    assert_int_equal(crate->flat, height < width);
    if (weft_text_loaded(crate->label))
        assert_string_equal(crate->label, label);
}

static void a_new_row_comes_back_with_what_is_computed(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const Crate *crate = weft_new(s, Crate, .owner = "Ann", .width = 4, .height = 3);
    const Tag *tag = weft_new(s, Tag, .code = "a", .weight = 500);
    flush_ok(s);
    is_computed(crate, 4, 3, "Ann");
    assert_string_equal(crate->label, "[Ann]");
    assert_true(tag->tons == 0.5);
    commit_ok(s);
    assert_never_written(f);
    assert_rows(f, ALL, "1|Ann|Ann's crate|4|12|3|1|1|[Ann]");
}

/* Few rows, and as many as COPY would take, with keys made and given. */
static void many_new_rows_come_back_each_with_its_own(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    enum { MOST = 700 };
    static const Crate *crates[MOST];
    static const Tag *tags[MOST];
    for (int count = 2, first = 1; count <= MOST; first += count, count = count == 2 ? 90 : count == 90 ? MOST : MOST + 1) {
        for (int i = 0; i < count; i++) {
            crates[i] = weft_new(s, Crate, .owner = weft_format(s, "o%d", first + i), .width = first + i, .height = 1);
            Tag *tag = weft_new(s, Tag, .weight = first + i);
            snprintf(tag->code, sizeof tag->code, "t%d", first + i);
            tags[i] = tag;
        }
        flush_ok(s);
        for (int i = 0; i < count; i++) {
            char owner[20];
            snprintf(owner, sizeof owner, "o%d", first + i);
            is_computed(crates[i], first + i, 1, owner);
            assert_true(tags[i]->tons == (first + i) / 1000.0);
        }
    }
    commit_ok(s);
    assert_never_written(f);
    assert_rows(f, "SELECT count(*), sum(area), min(shown) FROM crate", "792|314028|o1's crate");
}

static void a_changed_row_comes_back_with_what_is_computed(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_new(s, Crate, .owner = "Ann", .width = 4, .height = 3);
    (void)weft_new(s, Tag, .code = "a", .weight = 500);
    commit_ok(s);
    assert_call(s, weft_session_clear(s), WEFT_OK);
    const Crate *crate = weft_get(s, Crate, 1);
    const Tag *tag = weft_get(s, Tag, "a");
    weft_edit(s, Crate, crate)->width = 3;
    weft_edit(s, Tag, tag)->weight = 250;
    test_recorder_clear(f->recorder);
    flush_ok(s);
    is_computed(crate, 3, 3, "Ann");
    assert_false(weft_text_loaded(crate->label)); /* as little loaded as before */
    assert_true(tag->tons == 0.25);
    assert_int_equal(fixture_statements(f), 2);
    /* Once more in one transaction: what came back is what is compared with, and guards compare it. */
    weft_edit(s, Crate, crate)->owner = "Bo";
    weft_edit(s, Tag, tag)->weight = 125;
    flush_ok(s);
    is_computed(crate, 3, 3, "Bo");
    assert_true(tag->tons == 0.125);
    flush_ok(s);
    assert_int_equal(fixture_statements(f), 2); /* and nothing is left to write */
    assert_string_equal(weft_lazy(s, Crate, crate, label), "[Bo]");
    weft_edit(s, Crate, crate)->owner = "Cy";
    flush_ok(s);
    assert_string_equal(crate->label, "[Cy]");
    commit_ok(s);
    assert_never_written(f);
    assert_rows(f, ALL, "1|Cy|Cy's crate|3|9|3|NULL|0|[Cy]");
}

static void many_changed_rows_come_back_each_with_its_own(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    enum { COUNT = 150 };
    for (int i = 0; i < COUNT; i++)
        (void)weft_new(s, Crate, .owner = weft_format(s, "o%d", i), .width = i + 1, .height = 1);
    commit_ok(s);
    assert_call(s, weft_session_clear(s), WEFT_OK);
    Crate_list crates = weft_query(s, Crate, .order_by = weft_order(weft_desc(Crate, id)));
    assert_int_equal(crates.count, COUNT);
    weft_each (Crate, crate, crates)
        weft_edit(s, Crate, crate)->width = crate->width + 1000;
    test_recorder_clear(f->recorder);
    flush_ok(s);
    weft_each (Crate, crate, crates) {
        char owner[20];
        snprintf(owner, sizeof owner, "o%d", (int)crate->id - 1);
        is_computed(crate, (int)crate->id + 1000, 1, owner);
    }
    if (f->postgres)
        assert_int_equal(fixture_statements(f), 1);
    commit_ok(s);
    assert_never_written(f);
    assert_rows(f, "SELECT sum(area) FROM crate", "161325");
}

static void a_computed_field_changed_by_hand_is_refused(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_new(s, Crate, .owner = "Ann", .width = 4, .height = 3);
    commit_ok(s);
    assert_call(s, weft_session_clear(s), WEFT_OK);
    const Crate *crate = weft_get(s, Crate, 1);
    weft_edit(s, Crate, crate)->area = 13;
    assert_call(s, weft_session_flush(s), WEFT_ERROR_MISUSE);
    assert_message(s, "Crate.area is computed by the database and takes no value");
    assert_string_equal(weft_session_error(s)->column, "area");
    rollback_ok(s);
    weft_edit(s, Crate, crate)->label = "mine"; /* not loaded */
    assert_call(s, weft_session_flush(s), WEFT_ERROR_MISUSE);
    assert_message(s, "Crate.label is computed");
    rollback_ok(s);
    (void)weft_new(s, Crate, .owner = "Bo", .width = 4, .height = 4, .shown = "mine");
    assert_call(s, weft_session_flush(s), WEFT_ERROR_MISUSE);
    assert_message(s, "Crate.shown is computed");
    rollback_ok(s);
    assert_call(s, weft_set(s, Crate, crate, flat, true), WEFT_ERROR_MISUSE);
    assert_message(s, "Crate.flat is computed");
    rollback_ok(s);
    const CrateSize *size = weft_get(s, CrateSize, 1);
    weft_edit(s, CrateSize, size)->area = 1;
    assert_call(s, weft_session_flush(s), WEFT_ERROR_MISUSE);
    assert_message(s, "CrateSize.area is computed");
    rollback_ok(s);
    /* Set and set back is no change. */
    weft_edit(s, Crate, crate)->area = 13;
    weft_edit(s, Crate, crate)->area = 12;
    flush_ok(s);
    assert_rows(f, ALL, "1|Ann|Ann's crate|4|12|3|1|1|[Ann]");
}

static void another_model_of_the_table_computes_too(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_new(s, Crate, .owner = "Ann", .width = 4, .height = 3);
    commit_ok(s);
    const CrateSize *size = weft_get(s, CrateSize, 1);
    const Crate *crate = weft_get(s, Crate, 1);
    weft_edit(s, CrateSize, size)->height = 10;
    flush_ok(s);
    assert_int_equal(size->area, 40);
    crate = weft_get(s, Crate, 1);
    is_computed(crate, 4, 10, "Ann");
    weft_edit(s, Crate, crate)->height = 5;
    weft_edit(s, CrateSize, size)->width = 5;
    flush_ok(s);
    is_computed(crate, 5, 5, "Ann");
    size = weft_get(s, CrateSize, 1);
    assert_int_equal(size->area, 25);
    commit_ok(s);
    assert_never_written(f);
}

/* A deleted row whose place another one takes is updated. */
static void a_row_that_takes_the_place_of_another_is_computed_anew(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_new(s, Tag, .code = "a", .weight = 500);
    commit_ok(s);
    const Tag *old = weft_get(s, Tag, "a");
    assert_call(s, weft_delete(s, Tag, old), WEFT_OK);
    const Tag *tag = weft_new(s, Tag, .code = "a", .weight = 750);
    flush_ok(s);
    assert_true(tag->tons == 0.75);
    commit_ok(s);
    assert_rows(f, "SELECT weight, tons FROM tag", "750|0.75");
}

static void core_gives_no_value_to_a_computed_column(void **state)
{
    fixture *f = *state;
    weft_connection *connection = NULL;
    weft_error error = {0};
    enum { MOST = 600 };
    static Crate crates[MOST];
    weft_session_close(f->s);
    f->s = NULL;
    for (int i = 0; i < MOST; i++)
        crates[i] = (Crate){.owner = "core", .width = i + 1, .height = 2, .version = 1};
    assert_error(weft_engine_connect(f->engine, &connection, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_insert_many(connection, &Crate_model, crates, 1, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_insert_many(connection, &Crate_model, crates + 1, 5, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_insert_many(connection, &Crate_model, crates + 6, MOST - 6, NULL, &error), WEFT_OK, &error);
    Crate again = {.id = 1, .owner = "upsert", .width = 7000, .height = 2, .version = 1};
    weft_insert_options upsert = {.on_conflict = WEFT_CONFLICT_UPDATE,
                                  .conflict_columns = "id",
                                  .set = weft_sets(weft_to_expr(Crate, width, weft_excluded(Crate, width)))};
    assert_error(weft_connection_insert_many(connection, &Crate_model, &again, 1, &upsert, &error), WEFT_OK, &error);
    assert_never_written(f);
    upsert.set = weft_sets(weft_to(Crate, area, 1));
    assert_error(weft_connection_insert_many(connection, &Crate_model, &again, 1, &upsert, &error), WEFT_ERROR_MISUSE, &error);
    assert_non_null(strstr(error.message, "Crate.area is computed"));
    crates[3].flat = true;
    assert_error(weft_connection_insert_many(connection, &Crate_model, crates, 5, NULL, &error), WEFT_ERROR_MISUSE, &error);
    assert_non_null(strstr(error.message, "Crate.flat is computed"));
    assert_error(weft_connection_commit(connection, &error), WEFT_OK, &error);
    weft_connection_close(connection);
    assert_rows(f, "SELECT count(*), max(area), sum(width * height - area) FROM crate", "600|14000|0");
}

static void an_update_by_condition_gives_no_value_either(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const Crate *crate = weft_new(s, Crate, .owner = "Ann", .width = 4, .height = 3);
    int64_t changed = 0;
    flush_ok(s);
    assert_call(
        s,
        weft_session_update(s, weft_update_of(Crate, .set = weft_sets(weft_to(Crate, width, 9)), .where = weft_eq(Crate, area, 12)),
                            &changed),
        WEFT_OK);
    assert_int_equal(changed, 1);
    crate = weft_first(s, Crate, .where = weft_gt(Crate, area, 20));
    assert_ok(s);
    is_computed(crate, 9, 3, "Ann");
    assert_call(s,
                weft_session_update(
                    s, weft_update_of(Crate, .set = weft_sets(weft_to(Crate, area, 9)), .where = weft_eq(Crate, id, 1)), &changed),
                WEFT_ERROR_MISUSE);
    assert_message(s, "Crate.area is computed");
    rollback_ok(s);
}

static void a_rollback_takes_back_what_was_computed(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const Crate *crate = weft_new(s, Crate, .owner = "Ann", .width = 4, .height = 3);
    commit_ok(s);
    crate = weft_get(s, Crate, 1);
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    weft_edit(s, Crate, crate)->width = 5;
    flush_ok(s);
    assert_int_equal(crate->area, 15);
    assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
    crate = weft_get(s, Crate, 1);
    is_computed(crate, 4, 3, "Ann");
    weft_edit(s, Crate, crate)->height = 7;
    commit_ok(s);
    assert_rows(f, ALL, "1|Ann|Ann's crate|4|28|7|1|0|[Ann]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_new_row_comes_back_with_what_is_computed),
        ON_BOTH(many_new_rows_come_back_each_with_its_own),
        ON_BOTH(a_changed_row_comes_back_with_what_is_computed),
        ON_BOTH(many_changed_rows_come_back_each_with_its_own),
        ON_BOTH(a_computed_field_changed_by_hand_is_refused),
        ON_BOTH(another_model_of_the_table_computes_too),
        ON_BOTH(a_row_that_takes_the_place_of_another_is_computed_anew),
        ON_BOTH(core_gives_no_value_to_a_computed_column),
        ON_BOTH(an_update_by_condition_gives_no_value_either),
        ON_BOTH(a_rollback_takes_back_what_was_computed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
