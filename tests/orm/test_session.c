/* The session: identity, edits, rollback, savepoints, sticky errors, owner, memory. */
#include "fixtures/school.h"

#include <pthread.h>
#include <stdio.h>

FIXTURE_MODELS(school);

static Author *new_author(weft_session *s, const char *name) { return weft_new(s, Author, .name = name, .code = "x"); }

static int64_t stored_author(fixture *f, const char *name)
{
    Author *author = new_author(f->s, name);
    commit_ok(f->s);
    int64_t id = author->id;
    weft_session_clear(f->s);
    test_recorder_clear(f->recorder);
    return id;
}

static void a_row_is_one_object_per_session(void **state)
{
    fixture *f = *state;
    int64_t id = stored_author(f, "ann");
    const Author *got = weft_get(f->s, Author, id);
    assert_non_null(got);
    assert_string_equal(got->name, "ann");
    assert_string_equal(got->code, "x");
    assert_int_equal(got->mood, MOOD_CALM);
    assert_true(got->created_at.usec > 0);
    assert_false(got->age.set);
    assert_null(got->note);
    Author_list all = weft_query(f->s, Author);
    assert_int_equal(all.count, 1);
    assert_ptr_equal(all.items[0], got);
    test_recorder_clear(f->recorder);
    assert_ptr_equal(weft_get(f->s, Author, id), got);
    assert_true(TEST_NO_STATEMENTS(f->recorder));
    assert_null(weft_get(f->s, Author, id + 1000));
    assert_ok(f->s);
}

static void reads_send_no_begin_and_hold_no_connection(void **state)
{
    fixture *f = *state;
    int64_t id = stored_author(f, "ann");
    test_recorder_with_transactions(f->recorder, true);
    (void)weft_get(f->s, Author, id);
    (void)weft_query(f->s, Author);
    assert_int_equal(test_recorder_count(f->recorder), 2);
    assert_false(weft_session_in_transaction(f->s));
    weft_pool_stats stats;
    weft_engine_pool_stats(f->engine, &stats);
    assert_int_equal(stats.in_use, 0);
}

static void an_edit_updates_the_changed_column_only(void **state)
{
    fixture *f = *state;
    int64_t id = stored_author(f, "ann");
    const Author *author = weft_get(f->s, Author, id);
    test_recorder_clear(f->recorder);
    weft_edit(f->s, Author, author)->name = "bea";
    commit_ok(f->s);
    assert_int_equal(test_recorder_count(f->recorder), 1);
    assert_non_null(strstr(test_recorder_text(f->recorder, 0), "UPDATE author SET name = "));
    assert_null(strstr(test_recorder_text(f->recorder, 0), "note"));
    assert_rows(f, "SELECT name, mood FROM author", "bea|calm");
}

static void setting_a_field_back_sends_nothing(void **state)
{
    fixture *f = *state;
    int64_t id = stored_author(f, "ann");
    const Author *author = weft_get(f->s, Author, id);
    test_recorder_clear(f->recorder);
    Author *mutable = weft_edit(f->s, Author, author);
    mutable->name = "bea";
    mutable->name = "ann"; /* another pointer, the same text */
    mutable->mood = MOOD_KEEN;
    mutable->mood = MOOD_CALM;
    commit_ok(f->s);
    assert_true(TEST_NO_STATEMENTS(f->recorder));
}

static void borrowed_text_is_copied_by_flush(void **state)
{
    fixture *f = *state;
    int64_t id = stored_author(f, "ann");
    char buffer[16];
    Author *author = weft_edit(f->s, Author, weft_get(f->s, Author, id));
    memcpy(buffer, "first", sizeof "first");
    author->name = buffer;
    assert_int_equal(weft_session_flush(f->s), WEFT_OK);
    memcpy(buffer, "other", sizeof "other");
    assert_string_equal(author->name, "first");
    commit_ok(f->s);
    assert_rows(f, "SELECT name FROM author", "first");
}

static void new_copies_text_at_the_call(void **state)
{
    fixture *f = *state;
    char buffer[16];
    for (int i = 0; i < 3; i++) {
        snprintf(buffer, sizeof buffer, "n%d", i);
        new_author(f->s, buffer);
    }
    commit_ok(f->s);
    assert_rows(f, "SELECT name FROM author ORDER BY id", "n0\nn1\nn2");
}

static void rollback_restores_fields_links_and_states(void **state)
{
    fixture *f = *state;
    Author *ann = new_author(f->s, "ann");
    Book *book = weft_new(f->s, Book, .title = "one", .author = ann);
    commit_ok(f->s);
    const Author *author = weft_get(f->s, Author, ann->id, .load = weft_load(weft_selectin(Author, books)));
    assert_int_equal(author->books.count, 1);
    weft_edit(f->s, Author, author)->name = "changed";
    weft_edit(f->s, Author, author)->age = (weft_opt_int32){true, 9};
    weft_remove(f->s, Author, author, books, Book, book);
    assert_int_equal(author->books.count, 0);
    const Author *made = new_author(f->s, "made");
    assert_int_equal(weft_session_flush(f->s), WEFT_OK);
    weft_delete(f->s, Book, book);
    assert_int_equal(weft_session_flush(f->s), WEFT_OK);
    assert_int_equal(weft_state_of(f->s, Book, book), WEFT_OBJECT_DELETED);
    assert_int_equal(weft_session_rollback(f->s), WEFT_OK);
    assert_string_equal(author->name, "ann");
    assert_false(author->age.set);
    assert_int_equal(author->books.count, 1);
    assert_ptr_equal(author->books.items[0], book);
    assert_int_equal(weft_state_of(f->s, Book, book), WEFT_OBJECT_PERSISTENT);
    assert_int_equal(weft_state_of(f->s, Author, made), WEFT_OBJECT_DETACHED);
    assert_string_equal(made->name, "made"); /* readable until the next transaction ends */
    assert_rows(f, "SELECT name FROM author", "ann");
    assert_ptr_equal(weft_get(f->s, Book, book->id), book);
    assert_ok(f->s);
}

static void a_savepoint_undoes_only_what_came_after_it(void **state)
{
    fixture *f = *state;
    Author *ann = new_author(f->s, "ann");
    Author *bob = new_author(f->s, "bob");
    commit_ok(f->s);
    weft_edit(f->s, Author, ann)->name = "ann 2";
    assert_int_equal(weft_session_savepoint(f->s), WEFT_OK);
    weft_edit(f->s, Author, ann)->name = "ann 3";
    weft_edit(f->s, Author, bob)->name = "bob 3";
    Author *made = new_author(f->s, "made");
    assert_int_equal(weft_session_flush(f->s), WEFT_OK);
    assert_int_equal(weft_session_savepoint_rollback(f->s), WEFT_OK);
    assert_string_equal(ann->name, "ann 2");
    assert_string_equal(bob->name, "bob");
    assert_int_equal(weft_state_of(f->s, Author, made), WEFT_OBJECT_DETACHED);
    weft_edit(f->s, Author, bob)->name = "bob 4";
    commit_ok(f->s);
    assert_rows(f, "SELECT name FROM author ORDER BY id", "ann 2\nbob 4");
}

static void an_error_is_sticky_until_rollback(void **state)
{
    fixture *f = *state;
    weft_new(f->s, Label, .word = "same");
    weft_new(f->s, Label, .word = "same");
    assert_int_equal(weft_session_commit(f->s), WEFT_ERROR_UNIQUE);
    test_recorder_clear(f->recorder);
    assert_int_equal(weft_session_commit(f->s), WEFT_ERROR_UNIQUE);
    assert_int_equal(weft_query(f->s, Label).count, 0);
    Label *scratch = weft_new(f->s, Label, .word = "scratch");
    assert_non_null(scratch);
    scratch->word = "written";
    assert_int_equal(weft_state_of(f->s, Label, scratch), WEFT_OBJECT_NONE);
    assert_non_null(weft_edit(f->s, Label, scratch));
    assert_true(TEST_NO_STATEMENTS(f->recorder));
    assert_non_null(strstr(weft_session_error(f->s)->table, "label"));
    assert_int_equal(weft_session_rollback(f->s), WEFT_OK);
    weft_new(f->s, Label, .word = "same");
    commit_ok(f->s);
    assert_rows(f, "SELECT word FROM label", "same");
}

typedef struct foreign {
    weft_session *s;
    const Author *author;
    weft_status seen[6];
    const char *message;
} foreign;

static void *use_foreign_session(void *context)
{
    foreign *t = context;
    t->seen[0] = weft_session_flush(t->s);
    t->seen[1] = weft_session_status(t->s);
    t->seen[2] = weft_session_commit(t->s);
    t->seen[3] = weft_query(t->s, Author).count == 0 ? WEFT_OK : WEFT_ERROR_INTERNAL;
    Author *scratch = weft_edit(t->s, Author, t->author);
    scratch->name = "written by another thread";
    t->seen[4] = weft_delete(t->s, Author, t->author);
    t->seen[5] = weft_session_adopt(t->s);
    t->message = weft_session_error(t->s)->message;
    return NULL;
}

static void a_foreign_thread_is_told_and_changes_nothing(void **state)
{
    fixture *f = *state;
    int64_t id = stored_author(f, "ann");
    foreign t = {.s = f->s, .author = weft_get(f->s, Author, id)};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, use_foreign_session, &t), 0);
    pthread_join(thread, NULL);
    assert_int_equal(t.seen[0], WEFT_ERROR_WRONG_THREAD);
    assert_int_equal(t.seen[1], WEFT_ERROR_WRONG_THREAD);
    assert_int_equal(t.seen[2], WEFT_ERROR_WRONG_THREAD);
    assert_int_equal(t.seen[3], WEFT_OK);
    assert_int_equal(t.seen[4], WEFT_ERROR_WRONG_THREAD);
    assert_int_equal(t.seen[5], WEFT_ERROR_WRONG_THREAD);
    assert_non_null(strstr(t.message, "another thread"));
    assert_ok(f->s);
    assert_string_equal(t.author->name, "ann");
}

static void *adopt_and_edit(void *context)
{
    foreign *t = context;
    t->seen[0] = weft_session_adopt(t->s);
    weft_edit(t->s, Author, t->author)->name = "moved";
    t->seen[1] = weft_session_commit(t->s);
    t->seen[2] = weft_session_release(t->s);
    return NULL;
}

static void a_released_session_can_be_adopted(void **state)
{
    fixture *f = *state;
    int64_t id = stored_author(f, "ann");
    foreign t = {.s = f->s, .author = weft_get(f->s, Author, id)};
    pthread_t thread;
    assert_int_equal(weft_session_release(f->s), WEFT_OK);
    assert_int_equal(weft_session_status(f->s), WEFT_ERROR_WRONG_THREAD);
    assert_int_equal(pthread_create(&thread, NULL, adopt_and_edit, &t), 0);
    pthread_join(thread, NULL);
    for (int i = 0; i < 3; i++)
        assert_int_equal(t.seen[i], WEFT_OK);
    assert_int_equal(weft_session_adopt(f->s), WEFT_OK);
    assert_string_equal(weft_get(f->s, Author, id)->name, "moved");
}

typedef struct parcel {
    weft_session *s;
    weft_result *stream;
    const Author *author;
    weft_status seen[8];
    int rows;
} parcel;

static void *go_on(void *context)
{
    parcel *p = context;
    weft_error error = {0};
    p->seen[0] = weft_session_adopt(p->s);
    while (weft_result_next(p->stream, &error))
        p->rows++;
    p->seen[1] = error.status;
    weft_result_close(p->stream);
    p->seen[2] = weft_session_savepoint_rollback(p->s);
    (void)new_author(p->s, "third");
    p->seen[3] = weft_session_commit(p->s);
    (void)weft_session_execute_text(p->s, "SELECT gone FROM nowhere", NULL);
    p->seen[4] = weft_session_release(p->s);
    return NULL;
}

/* A savepoint, what is pending and edited, a stream and an error. */
static void what_is_open_is_handed_over_too(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    pthread_t thread;
    const int64_t id = stored_author(f, "first");
    parcel p = {.s = f->s, .author = weft_get(f->s, Author, id)};
    (void)new_author(f->s, "second");
    assert_call(f->s, weft_session_savepoint(f->s), WEFT_OK);
    weft_edit(f->s, Author, p.author)->name = "undone";
    (void)new_author(f->s, "undone, too");
    const weft_rows_options query = {.from = weft_from(Author), .columns = weft_columns(weft_col(Author, name)), .stream = true};
    assert_error(weft_connection_select(weft_session_connection(f->s), &query, &p.stream, &error), WEFT_OK, &error);
    assert_true(weft_result_next(p.stream, &error));
    assert_int_equal(weft_session_release(f->s), WEFT_OK);
    assert_int_equal(pthread_create(&thread, NULL, go_on, &p), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(p.seen[i], WEFT_OK);
    assert_int_equal(p.rows, 2);
    assert_string_equal(p.author->name, "first");
    assert_int_equal(weft_session_adopt(f->s), WEFT_OK);
    assert_int_not_equal(weft_session_status(f->s), WEFT_OK);
    rollback_ok(f->s);
    assert_int_equal(weft_count_of(f->s, Author), 3);
    assert_rows(f, "SELECT name FROM author ORDER BY id", "first\nsecond\nthird");
}

static void stale_objects_refresh_together_when_met(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 5; i++)
        new_author(f->s, "n");
    commit_ok(f->s);
    weft_session_clear(f->s);
    Author_list all = weft_query(f->s, Author, .order_by = weft_order(weft_asc(Author, id)));
    assert_int_equal(all.count, 5);
    commit_ok(f->s);
    test_database_exec(&f->database, "UPDATE author SET name = 'new'");
    assert_string_equal(all.items[0]->name, "n"); /* the values last seen */
    test_recorder_clear(f->recorder);
    assert_ptr_equal(weft_get(f->s, Author, all.items[2]->id), all.items[2]);
    assert_int_equal(test_recorder_count(f->recorder), 1);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(all.items[i]->name, "new");
    test_recorder_clear(f->recorder);
    (void)weft_get(f->s, Author, all.items[4]->id);
    assert_true(TEST_NO_STATEMENTS(f->recorder));
}

static void edit_of_a_stale_object_reloads_it_first(void **state)
{
    fixture *f = *state;
    int64_t id = stored_author(f, "ann");
    const Author *author = weft_get(f->s, Author, id);
    commit_ok(f->s);
    test_database_exec(&f->database, "UPDATE author SET note = 'theirs'");
    weft_edit(f->s, Author, author)->name = "mine";
    assert_string_equal(author->note, "theirs");
    commit_ok(f->s);
    assert_rows(f, "SELECT name, note FROM author", "mine|theirs");
    test_database_exec(&f->database, "DELETE FROM author");
    weft_edit(f->s, Author, author)->name = "ghost";
    assert_int_equal(weft_session_commit(f->s), WEFT_ERROR_STALE);
}

static void refresh_discards_edits_and_expunge_forgets(void **state)
{
    fixture *f = *state;
    int64_t id = stored_author(f, "ann");
    const Author *author = weft_get(f->s, Author, id);
    weft_edit(f->s, Author, author)->name = "mine";
    assert_int_equal(weft_refresh(f->s, Author, author), WEFT_OK);
    assert_string_equal(author->name, "ann");
    commit_ok(f->s);
    assert_rows(f, "SELECT name FROM author", "ann");
    author = weft_get(f->s, Author, id);
    weft_edit(f->s, Author, author)->name = "mine";
    assert_int_equal(weft_expunge(f->s, Author, author), WEFT_OK);
    assert_int_equal(weft_state_of(f->s, Author, author), WEFT_OBJECT_DETACHED);
    commit_ok(f->s);
    assert_rows(f, "SELECT name FROM author", "ann");
    assert_ptr_not_equal(weft_get(f->s, Author, id), author);
    weft_session_stats stats;
    weft_session_stats_get(f->s, &stats);
    assert_int_equal(stats.objects, 1);
}

static void autoflush_only_before_queries_of_touched_tables(void **state)
{
    fixture *f = *state;
    new_author(f->s, "ann");
    test_recorder_clear(f->recorder);
    assert_int_equal(weft_query(f->s, Seat).count, 0);
    assert_int_equal(test_recorder_count_containing(f->recorder, "INSERT"), 0);
    assert_int_equal(weft_query(f->s, Author).count, 1);
    assert_int_equal(test_recorder_count_containing(f->recorder, "INSERT"), 1);
    commit_ok(f->s);
}

static void objects_of_another_session_or_model_are_refused(void **state)
{
    fixture *f = *state;
    int64_t id = stored_author(f, "ann");
    weft_session *other = weft_session_open(f->engine, NULL);
    const Author *theirs = weft_get(other, Author, id);
    weft_edit(f->s, Author, theirs)->name = "x";
    assert_int_equal(weft_session_status(f->s), WEFT_ERROR_MISUSE);
    assert_non_null(strstr(weft_session_error(f->s)->message, "another session"));
    weft_session_rollback(f->s);
    weft_session_close(other);
}

static void composite_keys_find_their_rows(void **state)
{
    fixture *f = *state;
    weft_new(f->s, Seat, .hall = 3, .mark = "A1", .price = 2.5);
    weft_new(f->s, Seat, .hall = 3, .mark = "A2", .price = 3.5);
    commit_ok(f->s);
    weft_session_clear(f->s);
    const Seat *seat = weft_get(f->s, Seat, weft_key(Seat, .hall = 3, .mark = "A2"));
    assert_non_null(seat);
    assert_true(seat->price > 3.4 && seat->price < 3.6);
    assert_null(weft_get(f->s, Seat, weft_key(Seat, .hall = 4, .mark = "A2")));
    test_recorder_clear(f->recorder);
    assert_ptr_equal(weft_get(f->s, Seat, weft_key(Seat, .hall = 3, .mark = "A2")), seat);
    assert_true(TEST_NO_STATEMENTS(f->recorder));
    (void)weft_get(f->s, Seat, 3);
    assert_int_equal(weft_session_status(f->s), WEFT_ERROR_MISUSE);
}

static void many_keys_cost_one_statement(void **state)
{
    fixture *f = *state;
    Author *first = new_author(f->s, "a");
    Author *second = new_author(f->s, "b");
    commit_ok(f->s);
    int64_t ids[4] = {second->id, 999999, first->id, second->id};
    weft_session_clear(f->s);
    test_recorder_clear(f->recorder);
    Author_list list = weft_get_many(f->s, Author, ids, 4);
    assert_int_equal(list.count, 4);
    assert_string_equal(list.items[0]->name, "b");
    assert_null(list.items[1]);
    assert_string_equal(list.items[2]->name, "a");
    assert_ptr_equal(list.items[3], list.items[0]);
    assert_int_equal(test_recorder_count(f->recorder), 1);
}

static void one_first_exists_count_and_page(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 7; i++)
        new_author(f->s, i < 2 ? "low" : "high");
    commit_ok(f->s);
    weft_status status = WEFT_OK;
    assert_null(weft_one(f->s, Author, &status, .where = weft_eq(Author, name, "low")));
    assert_int_equal(status, WEFT_ERROR_NOT_UNIQUE);
    assert_null(weft_one(f->s, Author, &status, .where = weft_eq(Author, name, "none")));
    assert_int_equal(status, WEFT_ERROR_NOT_FOUND);
    assert_ok(f->s);
    assert_non_null(weft_first(f->s, Author, .order_by = weft_order(weft_desc(Author, id))));
    assert_true(weft_exists(f->s, Author, .where = weft_eq(Author, name, "high")));
    assert_false(weft_exists(f->s, Author, .where = weft_eq(Author, name, "none")));
    assert_int_equal(weft_count_of(f->s, Author), 7);
    assert_int_equal(weft_count_of(f->s, Author, .where = weft_eq(Author, name, "low")), 2);
    int64_t total = 0;
    Author_list page = weft_query_page(f->s, Author, &total, .order_by = weft_order(weft_asc(Author, id)), .limit = 2, .offset = 6);
    assert_int_equal(page.count, 1);
    assert_int_equal(total, 7);
    assert_int_equal(weft_query(f->s, Author, .limit = WEFT_NONE).count, 0);
    assert_ok(f->s);
    (void)weft_query(f->s, Author, .limit = -1);
    assert_int_equal(weft_session_status(f->s), WEFT_ERROR_MISUSE);
}

static void a_select_survives_the_blocks_it_was_built_in(void **state)
{
    fixture *f = *state;
    new_author(f->s, "ann");
    new_author(f->s, "bob");
    commit_ok(f->s);
    weft_select *q = weft_select_new(f->s, Author);
    for (int i = 0; i < 2; i++) {
        char name[8];
        snprintf(name, sizeof name, "%s", i == 0 ? "ann" : "bob");
        weft_select_where(q, weft_or(weft_eq(Author, name, name), weft_gt(Author, id, 0)));
        memset(name, 'z', sizeof name);
    }
    weft_select_order(q, weft_desc(Author, name));
    Author_list list = weft_select_all(q, Author);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.items[0]->name, "bob");
    weft_select_where(q, weft_eq(Author, name, "ann"));
    assert_int_equal(weft_select_all(q, Author).count, 1);
    assert_int_equal(weft_select_count(q), 1);
    (void)weft_select_all(q, Seat);
    assert_int_equal(weft_session_status(f->s), WEFT_ERROR_MISUSE);
}

static void a_null_among_conditions_is_misuse(void **state)
{
    fixture *f = *state;
    const char *name = NULL;
    (void)weft_query(f->s, Author, .where = weft_and(name != NULL ? weft_eq(Author, name, name) : NULL, weft_gt(Author, id, 0)));
    assert_int_equal(weft_session_status(f->s), WEFT_ERROR_MISUSE);
}

static void set_stores_zero_and_null(void **state)
{
    fixture *f = *state;
    Author *author = weft_new(f->s, Author, .name = "ann", .code = "x", .age = {true, 3}, .note = "n");
    commit_ok(f->s);
    weft_set_null(f->s, Author, author, note);
    weft_set(f->s, Author, author, age, 0);
    commit_ok(f->s);
    assert_rows(f, "SELECT note, age FROM author", "NULL|0");
    weft_set_null(f->s, Author, author, name);
    assert_int_equal(weft_session_status(f->s), WEFT_ERROR_NOT_NULL);
    weft_session_rollback(f->s);
    weft_edit(f->s, Author, author)->mood = (mood)7;
    assert_int_equal(weft_session_commit(f->s), WEFT_ERROR_TYPE);
}

static void rows_changed_by_condition_make_objects_stale(void **state)
{
    fixture *f = *state;
    int64_t id = stored_author(f, "ann"), changed = 0;
    const Author *author = weft_get(f->s, Author, id);
    assert_int_equal(weft_session_update(f->s, weft_update_of(Author, .set = weft_sets(weft_to(Author, name, "bea")), .all = true),
                                         &changed),
                     WEFT_OK);
    assert_int_equal(changed, 1);
    assert_string_equal(weft_get(f->s, Author, id)->name, "bea");
    assert_string_equal(author->name, "bea");
    weft_session_rollback(f->s);
    assert_string_equal(weft_get(f->s, Author, id)->name, "ann");
    assert_int_equal(weft_session_update(f->s, weft_update_of(Author, .set = weft_sets(weft_to(Author, name, "x"))), NULL),
                     WEFT_ERROR_MISUSE);
    weft_session_rollback(f->s);
    assert_int_equal(weft_session_delete_where(f->s, weft_delete_from(Author, .where = weft_eq(Author, id, id), .all = true), NULL),
                     WEFT_ERROR_MISUSE);
    weft_session_rollback(f->s);
    assert_int_equal(weft_session_delete_where(f->s, weft_delete_from(Author, .where = weft_eq(Author, id, id)), &changed),
                     WEFT_OK);
    assert_null(weft_get(f->s, Author, id));
    commit_ok(f->s);
    assert_rows(f, "SELECT count(*) FROM author", "0");
}

static void late_writes_are_found_where_asked_for(void **state)
{
    fixture *f = *state;
    int64_t id = stored_author(f, "ann");
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.check_writes = true});
    Author *author = weft_edit(s, Author, weft_get(s, Author, id));
    author->name = "bea";
    commit_ok(s);
    author->name = "too late";
    assert_int_equal(weft_session_commit(s), WEFT_ERROR_MISUSE);
    assert_non_null(strstr(weft_session_error(s)->message, "Author.name"));
    weft_session_close(s);
    assert_rows(f, "SELECT name FROM author", "bea");
}

static void objects_that_left_stay_readable_in_collections(void **state)
{
    fixture *f = *state;
    Author *ann = new_author(f->s, "ann");
    weft_new(f->s, Book, .title = "goes", .author = ann);
    weft_new(f->s, Book, .title = "stays", .author = ann);
    commit_ok(f->s);
    int64_t id = ann->id;
    weft_session_clear(f->s);
    const Author *author = weft_first(f->s, Author, .load = weft_load(weft_selectin(Author, books)));
    const Book *goes = author->books.items[0];
    commit_ok(f->s);
    test_database_exec(&f->database, "DELETE FROM book WHERE title = 'goes'");
    assert_null(weft_get(f->s, Book, goes->id));
    for (int i = 0; i < 4; i++)
        commit_ok(f->s);
    assert_string_equal(author->books.items[0]->title, "goes"); /* the values last seen */
    assert_int_equal(weft_state_of(f->s, Book, goes), WEFT_OBJECT_DELETED);
    assert_int_equal(weft_lazy(f->s, Author, author, books).count, 1); /* a stale owner is refreshed first */
    test_database_exec(&f->database, "DELETE FROM book");
    test_database_exec(&f->database, "DELETE FROM author");
    commit_ok(f->s);
    assert_int_equal(weft_lazy(f->s, Author, author, books).count, 0);
    assert_null(weft_get(f->s, Author, id));
    assert_ok(f->s);
}

static void memory_stays_flat_over_many_transactions(void **state)
{
    fixture *f = *state;
    int64_t id = stored_author(f, "ann");
    weft_session_stats stats;
    uint64_t settled = 0;
    for (int i = 0; i < 300; i++) {
        const Author *author = weft_get(f->s, Author, id);
        weft_edit(f->s, Author, author)->age = (weft_opt_int32){true, i};
        commit_ok(f->s);
        weft_session_stats_get(f->s, &stats);
        if (i == 99)
            settled = stats.bytes;
    }
    assert_true(stats.bytes <= settled + 4096);
}

static void gets_in_a_loop_are_reported(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 20; i++)
        new_author(f->s, "n");
    commit_ok(f->s);
    int64_t first = weft_first(f->s, Author, .order_by = weft_order(weft_asc(Author, id)))->id;
    weft_session_clear(f->s);
    int line = 0;
    for (int i = 0; i < 20; i++) {
        line = __LINE__ + 1;
        (void)weft_get(f->s, Author, first + i);
    }
    const weft_n_plus_one *reports = NULL;
    assert_int_equal(weft_session_n_plus_one(f->s, &reports), 1);
    assert_string_equal(reports[0].model, "Author");
    assert_null(reports[0].field);
    assert_int_equal(reports[0].count, 20);
    assert_int_equal(reports[0].line, line);
    assert_int_equal(test_recorder_messages(f->recorder, WEFT_LOG_ORM, "N+1"), 1);
}

typedef struct call_site {
    const char *file;
    int line;
} call_site;

static void note_site(void *context, const weft_log_record *record)
{
    if (record->topic == WEFT_LOG_STATEMENT)
        *(call_site *)context = (call_site){record->file, record->line};
}

static void records_of_statements_name_the_call(void **state)
{
    fixture *f = *state;
    call_site site = {0};
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.log = note_site, .log_context = &site});
    weft_session *s = weft_session_open(engine, NULL);
    const int64_t ids[] = {1, 2};
#define NAMES_ITS_LINE(call) \
    do { \
        site = (call_site){0}; \
        (void)(call); \
        assert_ok(s); \
        assert_int_equal(site.line, __LINE__); \
        assert_string_equal(site.file, __FILE__); \
    } while (0)
    NAMES_ITS_LINE(weft_get(s, Author, 1));
    NAMES_ITS_LINE(weft_get_many(s, Author, ids, 2));
    NAMES_ITS_LINE(weft_query(s, Author));
    NAMES_ITS_LINE(weft_first(s, Author));
    NAMES_ITS_LINE(weft_exists(s, Author));
    NAMES_ITS_LINE(weft_count_of(s, Author));
    weft_new(s, Author, .name = "eve");
    NAMES_ITS_LINE(weft_session_flush(s));
#undef NAMES_ITS_LINE
    weft_new(s, Author, .name = "ada");
    (weft_session_flush)(s); /* the function, as from another language */
    assert_null(site.file);  /* not that of the query before */
    weft_session_close(s);
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_row_is_one_object_per_session),
        ON_BOTH(reads_send_no_begin_and_hold_no_connection),
        ON_BOTH(an_edit_updates_the_changed_column_only),
        ON_BOTH(setting_a_field_back_sends_nothing),
        ON_BOTH(borrowed_text_is_copied_by_flush),
        ON_BOTH(new_copies_text_at_the_call),
        ON_BOTH(rollback_restores_fields_links_and_states),
        ON_BOTH(a_savepoint_undoes_only_what_came_after_it),
        ON_BOTH(an_error_is_sticky_until_rollback),
        ON_BOTH(a_foreign_thread_is_told_and_changes_nothing),
        ON_BOTH(a_released_session_can_be_adopted),
        ON_BOTH(what_is_open_is_handed_over_too),
        ON_BOTH(stale_objects_refresh_together_when_met),
        ON_BOTH(edit_of_a_stale_object_reloads_it_first),
        ON_BOTH(refresh_discards_edits_and_expunge_forgets),
        ON_BOTH(autoflush_only_before_queries_of_touched_tables),
        ON_BOTH(objects_of_another_session_or_model_are_refused),
        ON_BOTH(composite_keys_find_their_rows),
        ON_BOTH(many_keys_cost_one_statement),
        ON_BOTH(one_first_exists_count_and_page),
        ON_BOTH(a_select_survives_the_blocks_it_was_built_in),
        ON_BOTH(a_null_among_conditions_is_misuse),
        ON_BOTH(set_stores_zero_and_null),
        ON_BOTH(rows_changed_by_condition_make_objects_stale),
        ON_BOTH(late_writes_are_found_where_asked_for),
        ON_BOTH(objects_that_left_stay_readable_in_collections),
        ON_BOTH(memory_stays_flat_over_many_transactions),
        ON_BOTH(gets_in_a_loop_are_reported),
        ON_BOTH(records_of_statements_name_the_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
