/* Every allocation of a session's work fails once, and then all that follow it: nothing crashes, nothing leaks, and what was
 * reported as committed is there while what was not is absent. */
#include "fixtures/school.h"

#include "base/memory.h"

FIXTURE_MODELS(school);

typedef struct Named {
    const char *title;
    int64_t id;
} Named;
WEFT_ROW(Named, WEFT_FIELD(Named, title), WEFT_FIELD(Named, id));

static int work(const fixture *f, weft_session **session)
{
    weft_session *s = *session =
        weft_session_open(f->engine, &(weft_session_options){.report_unloaded = true, .check_writes = true});
    Author *ann = weft_new(s, Author, .name = "ann", .code = "x", .note = "a note");
    for (int i = 0; i < 12; i++) {
        weft_append(s, Author, ann, books, Book, weft_new(s, Book, .title = weft_format(s, "book %d", i)));
        weft_append(s, Author, ann, labels, Label, weft_new(s, Label, .word = weft_format(s, "word %d", i)));
    }
    weft_session_flush(s);
    weft_session_savepoint(s);
    weft_edit(s, Author, ann)->name = "renamed";
    weft_session_savepoint_rollback(s);
    weft_status stored = weft_session_commit(s);
    if (stored != WEFT_OK)
        return 0;
    Author_list authors =
        weft_query(s, Author, .where = weft_and(weft_like(Author, name, "a%"), weft_gt(Author, id, 0)),
                   .load = weft_load(weft_joined(Author, books), weft_selectin(Author, labels, weft_selectin(Label, authors)),
                                     weft_subquery(Author, desks)));
    weft_each (Author, author, authors) {
        weft_edit(s, Author, author)->note = "edited";
        weft_each (Label, label, author->labels)
            if (label->id % 2 == 0)
                weft_remove(s, Author, author, labels, Label, label);
    }
    weft_select *q = weft_select_new(s, Book);
    weft_select_where(q, weft_eq(Book, title, "book 3"));
    weft_each (Book, book, weft_select_all(q, Book))
        weft_delete(s, Book, book);
    (void)weft_text_rows(s, Named, "SELECT id, title FROM book WHERE id > $1", weft_parameters(weft_value_int64(0)));
    (void)weft_text_query(s, Book, "SELECT * FROM book WHERE id > $1", weft_parameters(weft_value_int64(0)),
                          .load = weft_load(weft_selectin(Book, author)));
    weft_session_rollback(s);
    (void)weft_text_query(s, Author, "SELECT id FROM author", NULL);
    (void)weft_lazy(s, Author, weft_first(s, Author), books);
    return 1;
}

static bool one_run(fixture *f, int64_t n, bool forever)
{
    weft_session *s = NULL;
    wefti_memory_fail_after(n, forever);
    int stored = work(f, &s);
    bool failed = wefti_memory_fail_after(-1, false);
    weft_status status = weft_session_status(s);
    weft_session_close(s);
    if (!failed && status != WEFT_OK)
        fail_msg("without a failed allocation: %s", weft_status_name(status));
    if (stored == 0 && status != WEFT_ERROR_NO_MEMORY && status != WEFT_ERROR_OUTCOME_UNKNOWN)
        fail_msg("allocation %lld: %s", (long long)n, weft_status_name(status));
    if (status != WEFT_ERROR_OUTCOME_UNKNOWN)
        assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM book"), stored * 12);
    test_database_exec(&f->database, "DELETE FROM author_label");
    test_database_exec(&f->database, "DELETE FROM book");
    test_database_exec(&f->database, "DELETE FROM label");
    test_database_exec(&f->database, "DELETE FROM author");
    test_recorder_clear(f->recorder);
    return failed;
}

static void every_allocation_may_fail_once(void **state)
{
    int64_t n = 0;
    while (one_run(*state, n, false))
        n++;
    assert_true(n > 50);
}

static void every_allocation_may_be_the_last(void **state)
{
    int64_t n = 0;
    while (one_run(*state, n, true))
        n += n < 60 ? 1 : 7;
    assert_true(n > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(every_allocation_may_fail_once),
        ON_BOTH(every_allocation_may_be_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
