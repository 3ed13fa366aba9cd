/* Rows that are gone: what a rollback brings back, what a delete of nothing says, and JSON that the database spells otherwise. */
#include "support/fixture.h"

WEFT_DECLARE(Thing);
struct Thing {
    int64_t id;
    const char *name;
    weft_json about;
};
WEFT_MODEL(Thing, "thing", WEFT_COLUMN(Thing, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Thing, name),
           WEFT_COLUMN(Thing, about));
WEFT_METADATA(things, &Thing_model);

FIXTURE_ROWS(things, "INSERT INTO thing (id, name, about) VALUES (1, 'a', '{}'), (2, 'b', '{}')");

static void an_object_met_as_gone_comes_back_with_its_row(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const Thing *one = weft_get(s, Thing, 1), *two = weft_get(s, Thing, 2);
    assert_call(s, weft_session_execute_text(s, "DELETE FROM thing WHERE id = 1", NULL), WEFT_OK);
    assert_null(weft_get(s, Thing, 1));
    assert_int_equal(weft_session_state_of(s, &Thing_model, one), WEFT_OBJECT_DELETED);
    rollback_ok(s);
    assert_ptr_equal(weft_get(s, Thing, 1), one);
    weft_edit(s, Thing, one)->name = "again";
    commit_ok(s);
    assert_rows(f, "SELECT name FROM thing ORDER BY id", "again\nb");
    weft_edit(s, Thing, two)->name = "c";
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    assert_call(s, weft_session_execute_text(s, "DELETE FROM thing", NULL), WEFT_OK);
    assert_null(weft_get(s, Thing, 1));
    assert_null(weft_get(s, Thing, 2));
    assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
    assert_ptr_equal(weft_get(s, Thing, 1), one);
    assert_ptr_equal(weft_get(s, Thing, 2), two);
    assert_string_equal(two->name, "c");
    commit_ok(s);
    assert_rows(f, "SELECT name FROM thing ORDER BY id", "again\nc");
}

static void a_row_that_is_gone_already_is_a_warning_or_stale_where_asked(void **state)
{
    fixture *f = *state;
    const Thing *one = weft_get(f->s, Thing, 1);
    test_database_exec(&f->database, "DELETE FROM thing WHERE id = 1");
    weft_delete(f->s, Thing, one);
    commit_ok(f->s);
    assert_int_equal(test_recorder_messages(f->recorder, WEFT_LOG_ORM, "0 of 1 rows were there"), 1);
    weft_session *s = weft_session_open(f->engine, &(const weft_session_options){.stale_deletes = true});
    const Thing *two = weft_get(s, Thing, 2);
    test_database_exec(&f->database, "DELETE FROM thing WHERE id = 2");
    weft_delete(s, Thing, two);
    assert_call(s, weft_session_flush(s), WEFT_ERROR_STALE);
    rollback_ok(s);
    weft_session_close(s);
}

static void a_rollback_takes_writes_back_that_came_too_late(void **state)
{
    fixture *f = *state;
    weft_session *s = weft_session_open(f->engine, &(const weft_session_options){.check_writes = true});
    Thing *one = weft_edit(s, Thing, weft_get(s, Thing, 1));
    one->name = "in time";
    commit_ok(s);
    one->name = "too late";
    assert_null(weft_get(s, Thing, 1));
    assert_status(s, WEFT_ERROR_MISUSE);
    rollback_ok(s);
    const Thing *there = weft_get(s, Thing, 1);
    assert_ok(s);
    assert_string_equal(there->name, "in time");
    weft_edit(s, Thing, there)->name = "then";
    commit_ok(s);
    assert_rows(f, "SELECT name FROM thing WHERE id = 1", "then");
    weft_session_close(s);
}

static void json_that_the_database_spells_with_other_blanks_is_no_change(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const char about[] = "{\"a\":1,\"b\":\"x  \\\" y\"}";
    weft_new(s, Thing, .id = 3, .name = "j", .about = {about});
    commit_ok(s);
    assert_call(s, weft_session_clear(s), WEFT_OK);
    const Thing *three = weft_get(s, Thing, 3);
    test_recorder_clear(f->recorder);
    weft_edit(s, Thing, three)->about = (weft_json){about};
    flush_ok(s);
    assert_true(TEST_NO_STATEMENTS(f->recorder));
    weft_edit(s, Thing, three)->about = (weft_json){"{\"a\":1,\"b\":\"x \\\" y\"}"}; /* a blank within a text */
    commit_ok(s);
    assert_int_equal(test_recorder_count_containing(f->recorder, "UPDATE"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(an_object_met_as_gone_comes_back_with_its_row),
        ON_BOTH(a_row_that_is_gone_already_is_a_warning_or_stale_where_asked),
        ON_BOTH(a_rollback_takes_writes_back_that_came_too_late),
        ON_BOTH(json_that_the_database_spells_with_other_blanks_is_no_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
