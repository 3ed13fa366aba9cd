/* Relationships in memory: both sides follow, unloaded sides stay unloaded, and what flush makes of it. */
#include "fixtures/school.h"

FIXTURE_MODELS(school);

static Author *new_author(weft_session *s, const char *name) { return weft_new(s, Author, .name = name, .code = "x"); }

static void append_sets_the_other_side_and_the_key(void **state)
{
    fixture *f = *state;
    Author *ann = new_author(f->s, "ann");
    Book *book = weft_new(f->s, Book, .title = "one");
    assert_int_equal(weft_append(f->s, Author, ann, books, Book, book), WEFT_OK);
    assert_ptr_equal(book->author, ann);
    assert_int_equal(ann->books.count, 1);
    weft_append(f->s, Author, ann, books, Book, book);
    assert_int_equal(ann->books.count, 1); /* once */
    commit_ok(f->s);
    assert_int_equal(book->author_id.value, ann->id);
    Author *bob = new_author(f->s, "bob");
    commit_ok(f->s);
    weft_assign(f->s, Book, book, author, Author, bob);
    assert_int_equal(book->author_id.value, bob->id); /* shown at once: bob's key is known */
    commit_ok(f->s);
    assert_rows(f, "SELECT a.name FROM book b JOIN author a ON a.id = b.author_id", "bob");
}

static void relationships_given_to_new_link_both_sides(void **state)
{
    fixture *f = *state;
    Author *ann = new_author(f->s, "ann");
    const Book *one = weft_new(f->s, Book, .title = "one", .author = ann);
    const Book *two = weft_new(f->s, Book, .title = "two", .author = ann);
    assert_int_equal(ann->books.count, 2);
    assert_ptr_equal(ann->books.items[0], one);
    const Book *both[] = {one, two};
    Author *bob = weft_new(f->s, Author, .name = "bob", .code = "y", .books = {both, 2});
    assert_int_equal(ann->books.count, 0);
    assert_int_equal(bob->books.count, 2);
    assert_ptr_equal(two->author, bob);
    commit_ok(f->s);
    assert_rows(f, "SELECT a.name, b.title FROM book b JOIN author a ON a.id = b.author_id ORDER BY b.id", "bob|one\nbob|two");
}

static void a_loop_over_a_changing_collection_sees_the_old_elements(void **state)
{
    fixture *f = *state;
    Author *ann = new_author(f->s, "ann"), *bob = new_author(f->s, "bob");
    for (int i = 0; i < 5; i++)
        weft_new(f->s, Book, .title = "b", .author = ann);
    int seen = 0;
    weft_each (Book, book, ann->books) {
        weft_assign(f->s, Book, book, author, Author, bob);
        weft_append(f->s, Author, ann, books, Book, weft_new(f->s, Book, .title = "new"));
        seen++;
    }
    assert_int_equal(seen, 5);
    assert_int_equal(ann->books.count, 5);
    assert_int_equal(bob->books.count, 5);
    commit_ok(f->s);
    assert_rows(f, "SELECT count(*) FROM book WHERE title = 'new'", "5");
}

static void an_unloaded_side_stays_unloaded_and_merges_when_it_loads(void **state)
{
    fixture *f = *state;
    Author *made = new_author(f->s, "ann");
    weft_new(f->s, Book, .title = "old", .author = made);
    weft_new(f->s, Book, .title = "leaves", .author = made);
    Author *other = new_author(f->s, "bob");
    commit_ok(f->s);
    int64_t ann_id = made->id, bob_id = other->id;
    weft_session_clear(f->s);
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.no_autoflush = true});
    const Author *ann = weft_get(s, Author, ann_id), *bob = weft_get(s, Author, bob_id);
    const Book *leaves = weft_first(s, Book, .where = weft_eq(Book, title, "leaves"));
    weft_assign(s, Book, leaves, author, Author, bob);
    Book *fresh = weft_new(s, Book, .title = "fresh", .author = ann);
    assert_false(weft_loaded(s, Author, ann, books));
    assert_int_equal(ann->books.count, 0);
    Book_list books = weft_lazy(s, Author, ann, books);
    assert_true(weft_loaded(s, Author, ann, books));
    assert_int_equal(books.count, 2);
    assert_string_equal(books.items[0]->title, "old");
    assert_ptr_equal(books.items[1], fresh);
    assert_int_equal(weft_lazy(s, Author, bob, books).count, 1);
    commit_ok(s);
    weft_session_close(s);
    assert_rows(f, "SELECT a.name, b.title FROM book b JOIN author a ON a.id = b.author_id ORDER BY b.id",
                "ann|old\nbob|leaves\nann|fresh");
}

static void pairs_are_written_once_whichever_side_tells(void **state)
{
    fixture *f = *state;
    Author *ann = new_author(f->s, "ann");
    Label *red = weft_new(f->s, Label, .word = "red"), *blue = weft_new(f->s, Label, .word = "blue");
    weft_append(f->s, Author, ann, labels, Label, red);
    weft_append(f->s, Label, red, authors, Author, ann);
    weft_append(f->s, Label, blue, authors, Author, ann);
    assert_int_equal(ann->labels.count, 2);
    assert_int_equal(red->authors.count, 1);
    commit_ok(f->s);
    assert_rows(f, "SELECT count(*) FROM author_label", "2");
    weft_remove(f->s, Author, ann, labels, Label, red);
    assert_int_equal(red->authors.count, 0);
    weft_append(f->s, Author, ann, labels, Label, red);
    weft_remove(f->s, Label, blue, authors, Author, ann);
    commit_ok(f->s);
    assert_rows(f, "SELECT l.word FROM author_label al JOIN label l ON l.id = al.label_id", "red");
}

static void removed_from_a_delete_orphan_collection_is_deleted(void **state)
{
    fixture *f = *state;
    Author *ann = new_author(f->s, "ann"), *bob = new_author(f->s, "bob");
    Desk *gone = weft_new(f->s, Desk, .place = "gone", .author = ann);
    Desk *moves = weft_new(f->s, Desk, .place = "moves", .author = ann);
    commit_ok(f->s);
    weft_remove(f->s, Author, ann, desks, Desk, gone);
    weft_remove(f->s, Author, ann, desks, Desk, moves);
    weft_append(f->s, Author, bob, desks, Desk, moves);
    const Desk *never = weft_new(f->s, Desk, .place = "never", .author = ann);
    weft_remove(f->s, Author, ann, desks, Desk, never);
    commit_ok(f->s);
    assert_rows(f, "SELECT d.place, a.name FROM desk d JOIN author a ON a.id = d.author_id", "moves|bob");
}

static void deleting_an_owner_cascades_or_clears_the_key(void **state)
{
    fixture *f = *state;
    Author *ann = new_author(f->s, "ann");
    Author *bob = new_author(f->s, "bob");
    weft_new(f->s, Book, .title = "kept", .author = ann);
    weft_new(f->s, Desk, .place = "gone", .author = ann);
    weft_append(f->s, Author, ann, labels, Label, weft_new(f->s, Label, .word = "red"));
    commit_ok(f->s);
    int64_t id = ann->id;
    weft_session_clear(f->s);
    (void)bob;
    weft_delete(f->s, Author, weft_get(f->s, Author, id));
    commit_ok(f->s);
    assert_rows(f, "SELECT title, author_id FROM book", "kept|NULL");
    assert_rows(f, "SELECT count(*) FROM desk", "0");
    assert_rows(f, "SELECT count(*) FROM author_label", "0");
    assert_rows(f, "SELECT name FROM author", "bob");
    assert_null(weft_get(f->s, Author, id));
}

static void key_and_relationship_told_differently_is_an_error(void **state)
{
    fixture *f = *state;
    Author *ann = new_author(f->s, "ann"), *bob = new_author(f->s, "bob");
    Book *book = weft_new(f->s, Book, .title = "one", .author = ann);
    commit_ok(f->s);
    weft_edit(f->s, Book, book)->author_id = (weft_opt_int64){true, bob->id};
    weft_assign(f->s, Book, book, author, Author, ann);
    assert_int_equal(weft_session_commit(f->s), WEFT_ERROR_MISUSE);
    weft_session_rollback(f->s);
    weft_edit(f->s, Book, book)->author_id = (weft_opt_int64){true, bob->id};
    commit_ok(f->s); /* the one that changed wins */
    assert_rows(f, "SELECT a.name FROM book b JOIN author a ON a.id = b.author_id", "bob");
    assert_string_equal(weft_lazy(f->s, Book, weft_get(f->s, Book, book->id), author)->name, "bob");
}

static void a_tree_is_stored_level_by_level(void **state)
{
    fixture *f = *state;
    Branch *leaf = weft_new(f->s, Branch, .name = "leaf");
    Branch *twig = weft_new(f->s, Branch, .name = "twig");
    Branch *root = weft_new(f->s, Branch, .name = "root");
    weft_append(f->s, Branch, root, children, Branch, twig);
    weft_append(f->s, Branch, twig, children, Branch, leaf);
    commit_ok(f->s);
    assert_rows(f, "SELECT c.name, p.name FROM branch c LEFT JOIN branch p ON p.id = c.parent_id ORDER BY c.name DESC",
                "twig|root\nroot|NULL\nleaf|twig");
    weft_session_clear(f->s);
    const Branch *top = weft_first(f->s, Branch, .where = weft_is_null(Branch, parent_id));
    const Branch *middle = weft_lazy(f->s, Branch, top, children).items[0];
    assert_ptr_equal(middle->parent, top);
    assert_string_equal(weft_lazy(f->s, Branch, middle, children).items[0]->name, "leaf");
}

static void assign_null_clears_an_optional_key(void **state)
{
    fixture *f = *state;
    Author *ann = new_author(f->s, "ann");
    Book *book = weft_new(f->s, Book, .title = "one", .author = ann);
    commit_ok(f->s);
    weft_assign(f->s, Book, book, author, Author, (const Author *)NULL);
    assert_false(book->author_id.set);
    commit_ok(f->s);
    assert_rows(f, "SELECT author_id FROM book", "NULL");
    weft_remove(f->s, Author, weft_get(f->s, Author, ann->id), books, Book, weft_get(f->s, Book, book->id));
    assert_int_equal(weft_session_status(f->s), WEFT_ERROR_MISUSE);
}

static void a_loop_over_what_is_not_loaded_is_reported(void **state)
{
    fixture *f = *state;
    Author *ann = new_author(f->s, "ann");
    weft_new(f->s, Book, .title = "one", .author = ann);
    commit_ok(f->s);
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.report_unloaded = true});
    const Author *author = weft_get(s, Author, ann->id);
    weft_each (Book, book, author->books)
        fail_msg("%s", book->title);
    assert_int_equal(test_recorder_messages(f->recorder, WEFT_LOG_ORM, "Author.books is not loaded"), 1);
    int seen = 0;
    weft_each (Book, book, weft_lazy(s, Author, author, books))
        seen += book->id > 0;
    assert_int_equal(seen, 1);
    assert_int_equal(test_recorder_messages(f->recorder, WEFT_LOG_ORM, "is not loaded"), 1);
    weft_session_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(append_sets_the_other_side_and_the_key),
        ON_BOTH(relationships_given_to_new_link_both_sides),
        ON_BOTH(a_loop_over_a_changing_collection_sees_the_old_elements),
        ON_BOTH(an_unloaded_side_stays_unloaded_and_merges_when_it_loads),
        ON_BOTH(pairs_are_written_once_whichever_side_tells),
        ON_BOTH(removed_from_a_delete_orphan_collection_is_deleted),
        ON_BOTH(deleting_an_owner_cascades_or_clears_the_key),
        ON_BOTH(key_and_relationship_told_differently_is_an_error),
        ON_BOTH(a_tree_is_stored_level_by_level),
        ON_BOTH(assign_null_clears_an_optional_key),
        ON_BOTH(a_loop_over_what_is_not_loaded_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
