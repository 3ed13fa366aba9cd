/* Which columns a flush sends: net changes, defaults of the database's, versions, and what must not be NULL. */
#include "fixtures/works.h"

FIXTURE_MODELS(works);

static void only_changed_columns_are_sent(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Item *item = weft_new(s, Item, .code = "x", .label = "one", .count = 1, .price = 2.5);
    flush_ok(s);
    test_recorder_clear(f->recorder);
    item->count = 2;
    flush_ok(s);
    assert_true(strstr(test_recorder_text(f->recorder, 0), "UPDATE item SET count = ") != NULL);
    assert_null(strstr(test_recorder_text(f->recorder, 0), "label"));
    assert_int_equal(fixture_statements(f), 1);
    commit_ok(s);
    assert_rows(f, "SELECT code, label, count FROM item", "x|one|2");
}

static void a_value_set_back_or_set_equal_sends_nothing(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Item *item = weft_new(s, Item, .code = "x", .label = "one", .count = 1, .price = 2.5);
    commit_ok(s);
    const Item *loaded = weft_first(s, Item);
    test_recorder_clear(f->recorder);
    item = weft_edit(s, Item, loaded);
    char equal[] = "one";
    item->label = "two";
    item->label = equal;
    item->count = 7;
    item->count = 1;
    flush_ok(s);
    assert_true(TEST_NO_STATEMENTS(f->recorder));
    memset(equal, 'x', 3);
    assert_string_equal(loaded->label, "one"); /* the session's own copy again */
    commit_ok(s);
}

static void a_mutable_pointer_may_be_written_through_after_a_flush(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Item *item = weft_new(s, Item, .code = "x", .label = "one");
    flush_ok(s);
    item->label = "two";
    item->count = 5;
    flush_ok(s);
    item->label = "three";
    commit_ok(s);
    assert_rows(f, "SELECT label, count FROM item", "three|5");
}

static void text_is_borrowed_until_the_flush_that_copies_it(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    char buffer[16];
    Item *items[3];
    for (int i = 0; i < 3; i++) {
        snprintf(buffer, sizeof buffer, "code%d", i);
        items[i] = weft_new(s, Item, .code = buffer, .label = buffer); /* weft_new copies at the call */
    }
    snprintf(buffer, sizeof buffer, "borrowed");
    items[1]->label = buffer;
    flush_ok(s);
    assert_true(items[1]->label != buffer);
    snprintf(buffer, sizeof buffer, "gone");
    assert_string_equal(items[1]->label, "borrowed");
    commit_ok(s);
    assert_rows(f, "SELECT code, label FROM item ORDER BY code", "code0|code0\ncode1|borrowed\ncode2|code2");
}

static void omitted_columns_take_their_defaults_and_come_back(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Setting *one = weft_new(s, Setting, .mood = GLAD, .code = "abc");
    flush_ok(s);
    assert_int_equal(fixture_statements(f), 1);
    assert_true(one->id != 0 && one->made_at.usec != 0);
    assert_int_equal(one->rank, 7);
    assert_true(one->level.set && one->level.value == 5);
    assert_string_equal(one->note, "none");
    Setting *many[5];
    for (int i = 0; i < 5; i++)
        many[i] = weft_new(s, Setting, .rank = i + 1);
    flush_ok(s);
    assert_int_equal(fixture_statements(f), 1);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(many[i]->rank, i + 1);
        assert_string_equal(many[i]->note, "none");
        assert_true(many[i]->id == one->id + i + 1);
    }
    flush_ok(s);
    assert_true(TEST_NO_STATEMENTS(f->recorder)); /* what came back is no change */
    commit_ok(s);
    assert_rows(f, "SELECT rank, level, mood, code, note FROM setting ORDER BY id",
                "7|5|glad|abc|none\n1|5|calm||none\n2|5|calm||none\n3|5|calm||none\n4|5|calm||none\n5|5|calm||none");
}

static void weft_set_stores_zero_and_null_where_a_default_would_fire(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Setting *setting = weft_new(s, Setting, .note = "x");
    assert_call(s, weft_set(s, Setting, setting, rank, 0), WEFT_OK);
    assert_call(s, weft_set_null(s, Setting, setting, level), WEFT_OK);
    commit_ok(s);
    assert_rows(f, "SELECT rank, level, note FROM setting", "0|NULL|x");
}

static void a_null_text_in_a_column_that_is_not_null_is_told_without_sql(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_new(s, Team, .name = "good");
    weft_new(s, Item, .code = "x");
    assert_call(s, weft_session_flush(s), WEFT_ERROR_NOT_NULL);
    assert_string_equal(weft_session_error(s)->table, "item");
    assert_string_equal(weft_session_error(s)->column, "label");
    assert_true(TEST_NO_STATEMENTS(f->recorder));
    assert_call(s, weft_session_commit(s), WEFT_ERROR_NOT_NULL); /* sticky */
    rollback_ok(s);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM team", "0");
}

static void text_that_is_too_long_and_enums_out_of_range_are_type_errors(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Writer *writer = weft_new(s, Writer, .name = "w");
    Novel *novel = weft_new(s, Novel, .title = "a title that is longer than its column of forty characters");
    weft_append(s, Writer, writer, books, Novel, novel);
    assert_call(s, weft_session_flush(s), WEFT_ERROR_TYPE);
    assert_string_equal(weft_session_error(s)->column, "title");
    rollback_ok(s);
    for (int n = 1; n <= 3; n++) {
        for (int i = 0; i < n; i++)
            weft_new(s, Setting, .mood = i == n - 1 ? (mood)17 : GLAD, .note = "x");
        assert_call(s, weft_session_flush(s), WEFT_ERROR_TYPE);
        assert_string_equal(weft_session_error(s)->column, "mood");
        rollback_ok(s);
    }
}

static void versions_begin_at_one_and_count_updates(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Doc *doc = weft_new(s, Doc, .title = "a"), *other = weft_new(s, Doc, .title = "b");
    flush_ok(s);
    assert_int_equal(doc->version, 1);
    doc->title = "a2";
    test_recorder_clear(f->recorder);
    flush_ok(s);
    assert_non_null(strstr(test_recorder_text(f->recorder, 0), "version = "));
    assert_int_equal(doc->version, 2);
    doc->title = "a3";
    other->title = "b2";
    commit_ok(s);
    assert_rows(f, "SELECT title, version FROM doc ORDER BY title", "a3|3\nb2|2");
    doc = weft_edit(s, Doc, doc);
    doc->version = 10; /* the program's own, against the version seen */
    commit_ok(s);
    assert_rows(f, "SELECT title, version FROM doc ORDER BY title", "a3|10\nb2|2");
}

static void an_update_or_delete_of_another_version_is_stale(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Doc *doc = weft_new(s, Doc, .title = "a"), *other = weft_new(s, Doc, .title = "b");
    commit_ok(s);
    doc = weft_edit(s, Doc, doc);
    commit_ok(s);
    doc = weft_edit(s, Doc, doc);
    test_database_exec(&f->database, "UPDATE doc SET version = 5 WHERE title = 'a'");
    doc->title = "mine";
    assert_call(s, weft_session_flush(s), WEFT_ERROR_STALE);
    assert_message(s, "the row of Doc was changed");
    assert_true(weft_status_is_retryable(weft_session_status(s)));
    rollback_ok(s);
    weft_edit(s, Doc, doc)->title = "mine now";
    weft_edit(s, Doc, other)->title = "b2";
    commit_ok(s);
    assert_rows(f, "SELECT title, version FROM doc ORDER BY title", "b2|2\nmine now|6");
    const Doc *seen = weft_get(s, Doc, doc->id), *other_seen = weft_get(s, Doc, other->id);
    test_database_exec(&f->database, "UPDATE doc SET version = 20 WHERE title = 'b2'");
    weft_delete(s, Doc, seen);
    weft_delete(s, Doc, other_seen);
    assert_call(s, weft_session_flush(s), WEFT_ERROR_STALE);
    assert_message(s, "1 of 2 rows");
    rollback_ok(s);
    assert_rows(f, "SELECT count(*) FROM doc", "2");
}

static void an_update_of_a_row_that_is_gone_is_stale_and_a_delete_of_it_a_warning(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Item *a = weft_new(s, Item, .code = "a", .label = "l"), *b = weft_new(s, Item, .code = "b", .label = "l");
    commit_ok(s);
    a = weft_edit(s, Item, a);
    b = weft_edit(s, Item, b);
    test_database_exec(&f->database, "DELETE FROM item WHERE code = 'a'");
    a->count = b->count = 3;
    assert_call(s, weft_session_flush(s), WEFT_ERROR_STALE);
    assert_message(s, "the row of Item was deleted");
    rollback_ok(s);
    assert_rows(f, "SELECT code, count FROM item", "b|0");
    const Item *gone = weft_get(s, Item, "b");
    test_database_exec(&f->database, "DELETE FROM item");
    weft_delete(s, Item, gone);
    commit_ok(s);
    assert_int_equal(test_recorder_messages(f->recorder, WEFT_LOG_ORM, "rows were there"), 1);
}

static void a_primary_key_may_change(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Item *item = weft_new(s, Item, .code = "old", .label = "l");
    commit_ok(s);
    item = weft_edit(s, Item, item);
    item->code = "new";
    flush_ok(s);
    test_recorder_clear(f->recorder);
    assert_ptr_equal(weft_get(s, Item, "new"), item);
    assert_true(TEST_NO_STATEMENTS(f->recorder));
    assert_null(weft_get(s, Item, "old"));
    rollback_ok(s);
    assert_string_equal(item->code, "old");
    assert_ptr_equal(weft_get(s, Item, "old"), item);
    weft_edit(s, Item, item)->code = "newer";
    commit_ok(s);
    assert_rows(f, "SELECT code FROM item", "newer");
    assert_ptr_equal(weft_get(s, Item, "newer"), item);
}

static void every_type_goes_there_and_back(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Blob *blobs[3];
    for (int i = 0; i < 3; i++)
        blobs[i] = weft_new(s, Blob, .id = weft_uuid_random(), .data = {"a\0b", 3}, .amount = {"12.50"}, .json = {"{\"a\": 1}"},
                            .day = {19000 + i});
    blobs[1]->data = (weft_bytes){NULL, 0};
    blobs[1]->amount.text = NULL;
    commit_ok(s);
    assert_rows(f, "SELECT amount FROM blob ORDER BY day", "12.50\nNULL\n12.50");
    for (int i = 0; i < 3; i++)
        blobs[i] = weft_edit(s, Blob, blobs[i]);
    test_recorder_clear(f->recorder);
    flush_ok(s);
    assert_true(TEST_NO_STATEMENTS(f->recorder)); /* reloaded, and equal to what was */
    blobs[0]->data = (weft_bytes){"xyz", 3};
    blobs[2]->json.text = "[]";
    blobs[2]->amount.text = "-0.01";
    commit_ok(s);
    assert_rows(f, "SELECT amount FROM blob ORDER BY day", "12.50\nNULL\n-0.01");
    blobs[0] = weft_edit(s, Blob, blobs[0]);
    assert_memory_equal(blobs[0]->data.data, "xyz", 3);
    rollback_ok(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(only_changed_columns_are_sent),
        ON_BOTH(a_value_set_back_or_set_equal_sends_nothing),
        ON_BOTH(a_mutable_pointer_may_be_written_through_after_a_flush),
        ON_BOTH(text_is_borrowed_until_the_flush_that_copies_it),
        ON_BOTH(omitted_columns_take_their_defaults_and_come_back),
        ON_BOTH(weft_set_stores_zero_and_null_where_a_default_would_fire),
        ON_BOTH(a_null_text_in_a_column_that_is_not_null_is_told_without_sql),
        ON_BOTH(text_that_is_too_long_and_enums_out_of_range_are_type_errors),
        ON_BOTH(versions_begin_at_one_and_count_updates),
        ON_BOTH(an_update_or_delete_of_another_version_is_stale),
        ON_BOTH(an_update_of_a_row_that_is_gone_is_stale_and_a_delete_of_it_a_warning),
        ON_BOTH(a_primary_key_may_change),
        ON_BOTH(every_type_goes_there_and_back),
    };
    return cmocka_run_group_tests_name("columns of flush", tests, NULL, NULL);
}
