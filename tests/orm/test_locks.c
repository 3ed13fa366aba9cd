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

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_lock_shows_what_it_waited_for_on_every_path),
        ON_BOTH(loaders_of_a_locked_row_show_what_it_waited_for),
        ON_BOTH(edits_that_were_not_flushed_are_refused_under_a_lock),
        ON_BOTH(a_lock_names_what_it_covers),
    };
    return cmocka_run_group_tests_name("locks", tests, NULL, NULL);
}
