/* .for_update: what the program sees is what the lock waited for, by whatever way it reads. */
#include "fixtures/works.h"

FIXTURE_ROWS(works, "INSERT INTO author VALUES (1, 'ada'), (2, 'bob'); INSERT INTO book VALUES (10, 'first', NULL, 1), "
                    "(11, 'second', NULL, 1), (12, 'third', NULL, 2)");

enum { PATHS = 7 };

static const Novel *lock_by(weft_session *s, int path)
{
    weft_status status = WEFT_OK;
    switch (path) {
    case 0: return weft_get(s, Novel, 10, .for_update = true);
    case 1: return weft_first(s, Novel, .where = weft_eq(Novel, id, 10), .for_update = true);
    case 2: return weft_one(s, Novel, &status, .where = weft_eq(Novel, id, 10), .for_update = true);
    case 3: {
        Novel_list list = weft_query(s, Novel, .order_by = weft_order(weft_asc(Novel, id)), .for_update = true);
        return list.count > 0 ? list.items[0] : NULL;
    }
    case 4: return weft_get(s, Novel, 10, .for_update = true, .load = weft_load(weft_selectin(Novel, author)));
    case 5: {
        weft_select *q = weft_select_new(s, Novel);
        weft_select_where(q, weft_eq(Novel, id, 10));
        weft_select_for_update(q, false, false);
        return weft_select_first(q, Novel);
    }
    default:
        return weft_first(s, Novel, .joins = weft_joins(weft_join(Novel, author)), .where = weft_eq(Novel, id, 10),
                          .for_update = true, .load = weft_load(weft_joined(Novel, author)));
    }
}

static void a_lock_shows_what_it_waited_for_on_every_path(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int path = 0; path < PATHS; path++) {
        char sql[100];
        const Novel *before = weft_get(s, Novel, 10);
        assert_non_null(before);
        snprintf(sql, sizeof sql, "UPDATE book SET title = 'by another %d' WHERE id = 10", path);
        test_database_exec(&f->database, sql);
        const Novel *locked = lock_by(s, path);
        assert_ok(s);
        assert_ptr_equal(locked, before);
        snprintf(sql, sizeof sql, "by another %d", path);
        assert_string_equal(locked->title, sql);
        weft_edit(s, Novel, locked)->title = "mine";
        commit_ok(s);
        assert_rows(f, "SELECT title FROM book WHERE id = 10", "mine");
    }
}

static void loaders_of_a_locked_row_show_what_it_waited_for(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int how = 0; how < 3; how++) {
        const Writer *writer = weft_get(s, Writer, 1, .load = weft_load(weft_selectin(Writer, books)), .refresh = true);
        assert_int_equal(writer->books.count, 2);
        test_database_exec(&f->database, how == 0   ? "UPDATE book SET title = 'joined' WHERE id = 10"
                                         : how == 1 ? "UPDATE book SET title = 'selectin' WHERE id = 10"
                                                    : "UPDATE book SET title = 'subquery' WHERE id = 10");
        writer = how == 0   ? weft_get(s, Writer, 1, .for_update = true, .load = weft_load(weft_joined(Writer, books)))
                 : how == 1 ? weft_get(s, Writer, 1, .for_update = true, .load = weft_load(weft_selectin(Writer, books)))
                            : weft_first(s, Writer, .where = weft_eq(Writer, id, 1), .for_update = true,
                                         .load = weft_load(weft_subquery(Writer, books)));
        assert_ok(s);
        assert_string_equal(writer->books.items[0]->title, how == 0 ? "joined" : how == 1 ? "selectin" : "subquery");
        rollback_ok(s);
    }
}

static void edits_that_were_not_flushed_are_refused_under_a_lock(void **state)
{
    fixture *f = *state;
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.no_autoflush = true});
    for (int path = 0; path < PATHS; path++) {
        weft_edit(s, Novel, weft_get(s, Novel, 10))->title = "mine";
        (void)lock_by(s, path);
        assert_refused(s, WEFT_ERROR_MISUSE);
    }
    weft_edit(f->s, Novel, weft_get(f->s, Novel, 10))->title = "flushed first";
    assert_string_equal(lock_by(f->s, 0)->title, "flushed first");
    weft_edit(f->s, Novel, weft_get(f->s, Novel, 10))->title = "and again";
    assert_string_equal(lock_by(f->s, 3)->title, "and again");
    commit_ok(f->s);
    weft_session_close(s);
}

static void a_lock_names_what_it_covers(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const Writer *writer = weft_get(s, Writer, 1);
    test_recorder_clear(f->recorder);
    (void)weft_query(s, Novel, .joins = weft_joins(weft_join(Novel, author)), .for_update = true);
    test_database_exec(&f->database,
                       f->postgres ? "SET lock_timeout = '5s'; UPDATE author SET name = 'free' WHERE id = 1" : "SELECT 1");
    (void)weft_query(s, Novel, .joins = weft_joins(weft_join(Novel, author)), .for_update = true, .of = weft_models(&Writer_model));
    assert_ok(s);
    if (f->postgres) {
        assert_int_equal(test_recorder_count_containing(f->recorder, "FOR UPDATE OF book"), 2);
        assert_int_equal(test_recorder_count_containing(f->recorder, "FOR UPDATE OF book, author"), 1);
        assert_string_equal(weft_get(s, Writer, 1)->name, "free");
    }
    assert_ptr_equal(weft_get(s, Writer, 1), writer);
    commit_ok(s);
    (void)weft_query(s, Novel, .for_update = true, .of = weft_models(&Writer_model));
    assert_refused(s, WEFT_ERROR_MISUSE); /* not joined */
    (void)weft_query(s, Novel, .joins = weft_joins(weft_join(Novel, author)), .of = weft_models(&Writer_model));
    assert_refused(s, WEFT_ERROR_MISUSE); /* locks nothing */
}

typedef struct Number {
    int64_t id;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, id));

static const weft_lock locks[] = {WEFT_FOR_KEY_SHARE, WEFT_FOR_SHARE, WEFT_FOR_NO_KEY_UPDATE, WEFT_FOR_UPDATE};
static const char *const lock_words[] = {"FOR KEY SHARE", "FOR SHARE", "FOR NO KEY UPDATE", "FOR UPDATE"};
enum { LOCKS = sizeof locks / sizeof locks[0] };

static const Novel *lock_weakly(weft_session *s, int path, weft_lock lock, bool no_wait)
{
    if (path == 0)
        return weft_get(s, Novel, 10, .lock = lock, .no_wait = no_wait);
    if (path == 1)
        return weft_first(s, Novel, .where = weft_eq(Novel, id, 10), .lock = lock, .no_wait = no_wait);
    weft_select *q = weft_select_new(s, Novel);
    weft_select_where(q, weft_eq(Novel, id, 10));
    weft_select_lock(q, lock, false, no_wait);
    return weft_select_first(q, Novel);
}

/* Which of two locks of one row go together: the table of PostgreSQL's manual, 13.3.2. */
static void weaker_locks_let_others_do_more(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s, *other = weft_session_open(f->engine, NULL);
    for (int path = 0; path < 3; path++)
        for (int i = 0; i < LOCKS; i++) {
            const Novel *before = weft_get(s, Novel, 10);
            assert_non_null(before);
            char sql[100], title[20];
            snprintf(title, sizeof title, "%d of %d", i, path);
            snprintf(sql, sizeof sql, "UPDATE book SET title = '%s' WHERE id = 10", title);
            test_database_exec(&f->database, sql);
            test_recorder_clear(f->recorder);
            assert_ptr_equal(lock_weakly(s, path, locks[i], false), before);
            assert_ok(s);
            assert_string_equal(before->title, title);
            if (f->postgres)
                assert_int_equal(test_recorder_count_containing(f->recorder, lock_words[i]), 1);
            for (int k = 0; f->postgres && k < LOCKS; k++) {
                const bool together = i + k < LOCKS - 1; /* in the order of locks */
                assert_true((lock_weakly(other, path, locks[k], true) != NULL) == together);
                assert_int_equal(weft_session_status(other), together ? WEFT_OK : WEFT_ERROR_LOCK_TIMEOUT);
                rollback_ok(other);
            }
            commit_ok(s);
        }
    weft_session_close(other);
}

/* Behind FOR KEY SHARE the row may be another's, and what he wrote is not overwritten; behind the others nobody else writes. */
static void what_is_locked_for_its_key_is_checked(void **state)
{
    fixture *f = *state;
    for (int i = 0; f->postgres && i < LOCKS; i++) {
        test_database_exec(&f->database, "UPDATE book SET title = 'first' WHERE id = 10");
        const Novel *novel = weft_get(f->s, Novel, 10, .lock = locks[i]);
        assert_non_null(novel);
        weft_edit(f->s, Novel, novel)->title = "mine";
        if (i == 0)
            test_database_exec(&f->database, "UPDATE book SET title = 'theirs' WHERE id = 10");
        test_recorder_clear(f->recorder);
        assert_int_equal(weft_session_commit(f->s), i == 0 ? WEFT_ERROR_STALE : WEFT_OK);
        assert_int_equal(test_recorder_count_containing(f->recorder, "IS NOT DISTINCT FROM"), i == 0 ? 1 : 0);
        if (i == 0)
            rollback_ok(f->s);
        assert_rows(f, "SELECT title FROM book WHERE id = 10", i == 0 ? "theirs" : "mine");
    }
    (void)weft_get(f->s, Novel, 10, .for_update = true, .lock = WEFT_FOR_SHARE);
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)weft_query(f->s, Novel, .for_update = true, .lock = WEFT_FOR_KEY_SHARE);
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)weft_query(f->s, Novel, .lock = (weft_lock)9);
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    /* What is cut to a byte would be none; the object is there and current, too. */
    for (int lock = 5; lock <= 512; lock += lock < 256 ? 251 : 256) {
        assert_non_null(weft_get(f->s, Novel, 10));
        (void)weft_get(f->s, Novel, 10, .lock = (weft_lock)lock);
        assert_refused(f->s, WEFT_ERROR_MISUSE);
        (void)weft_query(f->s, Novel, .lock = (weft_lock)lock);
        assert_refused(f->s, WEFT_ERROR_MISUSE);
        (void)weft_rows(f->s, Number, .from = weft_from(Novel), .columns = weft_columns(weft_col(Novel, id)),
                        .lock = (weft_lock)lock);
        assert_refused(f->s, WEFT_ERROR_MISUSE);
    }
    assert_int_equal(weft_query(f->s, Novel, .for_update = true, .lock = WEFT_FOR_UPDATE).count, 3);
    commit_ok(f->s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_lock_shows_what_it_waited_for_on_every_path),
        ON_BOTH(loaders_of_a_locked_row_show_what_it_waited_for),
        ON_BOTH(edits_that_were_not_flushed_are_refused_under_a_lock),
        ON_BOTH(a_lock_names_what_it_covers),
        ON_BOTH(weaker_locks_let_others_do_more),
        ON_BOTH(what_is_locked_for_its_key_is_checked),
    };
    return cmocka_run_group_tests_name("locks", tests, NULL, NULL);
}
