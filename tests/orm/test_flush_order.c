/* The order of statements, and what goes into one. */
#include "fixtures/works.h"

FIXTURE_MODELS(works);

static void flush_inserts_parent_before_children_in_one_statement_each(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Writer *author = weft_new(s, Writer, .name = "Le Guin");
    Novel *first = weft_new(s, Novel, .title = "Planet of Exile"), *second = weft_new(s, Novel, .title = "The Dispossessed");
    weft_append(s, Writer, author, books, Novel, first);
    weft_append(s, Writer, author, books, Novel, second);
    flush_ok(s);
    assert_int_equal(fixture_statements(f), 2);
    assert_true(author->id != 0 && first->id != 0 && second->id > first->id);
    assert_int_equal(first->author_id, author->id);
    commit_ok(s);
    assert_rows(f, "SELECT a.name, b.title FROM author a JOIN book b ON b.author_id = a.id ORDER BY b.id",
                "Le Guin|Planet of Exile\nLe Guin|The Dispossessed");
}

static void flush_inserts_a_parent_that_only_the_child_knows(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Novel *book = weft_new(s, Novel, .title = "Solaris");
    weft_assign(s, Novel, book, author, Writer, weft_new(s, Writer, .name = "Lem"));
    commit_ok(s);
    assert_true(strncmp(test_recorder_text(f->recorder, 0), "INSERT INTO author", 18) == 0);
    assert_true(strncmp(test_recorder_text(f->recorder, 1), "INSERT INTO book", 16) == 0);
    assert_rows(f, "SELECT a.name FROM author a JOIN book b ON b.author_id = a.id", "Lem");
}

static void flush_of_nothing_sends_nothing(void **state)
{
    fixture *f = *state;
    flush_ok(f->s);
    commit_ok(f->s);
    assert_true(TEST_NO_STATEMENTS(f->recorder));
    assert_false(weft_session_in_transaction(f->s));
}

static void rows_with_the_same_columns_share_a_statement(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_new(s, Setting, .rank = 1, .note = "a");
    weft_new(s, Setting, .rank = 2, .note = "b");
    weft_new(s, Setting, .rank = 3, .note = "c", .level = {true, 1});
    flush_ok(s);
    assert_int_equal(fixture_statements(f), 2);
    commit_ok(s);
    assert_rows(f, "SELECT rank, level, note FROM setting ORDER BY rank", "1|5|a\n2|5|b\n3|1|c");
}

static void of_one_table_updates_go_first_then_inserts_then_deletes(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Team *changed = weft_new(s, Team, .name = "changed"), *deleted = weft_new(s, Team, .name = "deleted");
    commit_ok(s);
    test_recorder_clear(f->recorder);
    weft_delete(s, Team, deleted);
    weft_new(s, Team, .name = "new");
    weft_edit(s, Team, changed)->name = "changed again";
    test_recorder_clear(f->recorder);
    flush_ok(s);
    size_t n = test_recorder_count(f->recorder);
    assert_true(n >= 3);
    assert_true(strncmp(test_recorder_text(f->recorder, n - 3), "UPDATE team", 11) == 0);
    assert_true(strncmp(test_recorder_text(f->recorder, n - 2), "INSERT INTO team", 16) == 0);
    assert_true(strncmp(test_recorder_text(f->recorder, n - 1), "DELETE FROM team", 16) == 0);
    commit_ok(s);
    assert_rows(f, "SELECT name FROM team ORDER BY name", "changed again\nnew");
}

static void updates_go_in_the_order_of_their_keys(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Item *items[3];
    const char *const codes[] = {"b", "c", "a"};
    for (int i = 0; i < 3; i++)
        items[i] = weft_new(s, Item, .code = codes[i], .label = "old");
    flush_ok(s);
    for (int i = 0; i < 3; i++)
        items[i]->label = weft_text(s, "new");
    commit_ok(s);
    assert_rows(f, "SELECT code, label FROM item ORDER BY code", "a|new\nb|new\nc|new");
}

static void a_tree_is_inserted_level_by_level(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Node *n121 = weft_new(s, Node, .name = "n121"), *n12 = weft_new(s, Node, .name = "n12"), *n1 = weft_new(s, Node, .name = "n1");
    Node *n11 = weft_new(s, Node, .name = "n11"), *n13 = weft_new(s, Node, .name = "n13"),
         *n122 = weft_new(s, Node, .name = "n122");
    weft_append(s, Node, n1, children, Node, n11);
    weft_append(s, Node, n1, children, Node, n12);
    weft_append(s, Node, n1, children, Node, n13);
    weft_assign(s, Node, n121, parent, Node, n12);
    weft_assign(s, Node, n122, parent, Node, n12);
    flush_ok(s);
    assert_int_equal(fixture_statements(f), 3);
    assert_true(n1->id < n11->id && n1->id < n12->id && n12->id < n121->id && n13->id < n121->id);
    commit_ok(s);
    assert_rows(f, "SELECT c.name, p.name FROM node c JOIN node p ON c.parent_id = p.id ORDER BY c.name",
                "n11|n1\nn12|n1\nn121|n12\nn122|n12\nn13|n1");
}

static void keys_given_as_values_order_a_table_that_refers_to_itself(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_new(s, Spot, .id = 103, .after_id = {true, 102});
    weft_new(s, Spot, .id = 102, .after_id = {true, 101});
    weft_new(s, Spot, .id = 101);
    commit_ok(s);
    assert_rows(f, "SELECT id, after_id FROM spot ORDER BY id", "101|NULL\n102|101\n103|102");
}

static void a_loaded_row_may_come_to_follow_a_new_one(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Node *old = weft_new(s, Node, .name = "old");
    commit_ok(s);
    Node *new = weft_new(s, Node, .name = "new");
    weft_append(s, Node, new, children, Node, old);
    commit_ok(s);
    assert_rows(f, "SELECT p.name FROM node c JOIN node p ON c.parent_id = p.id WHERE c.name = 'old'", "new");
}

static void a_row_may_refer_to_itself(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Node *node = weft_new(s, Node, .name = "ouroboros");
    weft_assign(s, Node, node, parent, Node, node);
    weft_new(s, Spot, .id = 5, .after_id = {true, 5});
    commit_ok(s);
    assert_rows(f, "SELECT id = parent_id FROM node", f->postgres ? "t" : "1");
    assert_rows(f, "SELECT id, after_id FROM spot", "5|5");
    weft_delete(s, Node, node);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM node", "0");
}

static void a_cycle_of_rows_is_closed_by_an_update(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Hen *hen = weft_new(s, Hen, .name = "Berta");
    Egg *egg = weft_new(s, Egg, .colour = "white");
    weft_assign(s, Hen, hen, egg, Egg, egg);
    weft_assign(s, Egg, egg, hen, Hen, hen);
    flush_ok(s);
    assert_int_equal(fixture_statements(f), 3);
    assert_int_equal(hen->egg_id.value, egg->id);
    assert_int_equal(egg->hen_id.value, hen->id);
    commit_ok(s);
    assert_rows(f, "SELECT h.name, e.colour FROM hen h JOIN egg e ON h.egg_id = e.id AND e.hen_id = h.id", "Berta|white");
    test_recorder_clear(f->recorder);
    weft_delete(s, Hen, hen);
    weft_delete(s, Egg, egg);
    flush_ok(s);
    assert_int_equal(test_recorder_count_containing(f->recorder, "UPDATE"), 1);
    assert_int_equal(test_recorder_count_containing(f->recorder, "DELETE"), 2);
    commit_ok(s);
    assert_rows(f, "SELECT (SELECT count(*) FROM hen) + (SELECT count(*) FROM egg)", "0");
}

static void tables_in_a_cycle_need_no_update_where_their_rows_do_not(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 0; i < 3; i++) {
        Hen *hen = weft_new(s, Hen, .name = "hen");
        Egg *egg = weft_new(s, Egg, .colour = "brown"), *other = weft_new(s, Egg, .colour = "blue");
        weft_assign(s, Hen, hen, egg, Egg, egg);
        weft_assign(s, Egg, other, hen, Hen, hen);
    }
    flush_ok(s);
    assert_int_equal(test_recorder_count_containing(f->recorder, "UPDATE"), 0);
    assert_int_equal(fixture_statements(f), 3); /* eggs, their hens, the hens' eggs */
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM egg e JOIN hen h ON e.hen_id = h.id", "3");
    assert_rows(f, "SELECT count(*) FROM egg e JOIN hen h ON h.egg_id = e.id", "3");
}

static void a_cycle_without_a_nullable_key_is_told_before_anything_is_sent(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Left *left = weft_new(s, Left, .id = 0);
    Right *right = weft_new(s, Right, .id = 0);
    weft_assign(s, Left, left, right, Right, right);
    weft_assign(s, Right, right, left, Left, left);
    assert_call(s, weft_session_flush(s), WEFT_ERROR_MISUSE);
    assert_message(s, "leftie.right_id");
    assert_message(s, "rightie.left_id");
    assert_true(TEST_NO_STATEMENTS(f->recorder));
    rollback_ok(s);
}

static void a_read_only_session_refuses_to_flush(void **state)
{
    fixture *f = *state;
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.read_only = true});
    weft_new(s, Team, .name = "x");
    assert_call(s, weft_session_flush(s), WEFT_ERROR_READ_ONLY);
    assert_true(TEST_NO_STATEMENTS(f->recorder));
    weft_session_close(s);
}

static weft_status flush_again(weft_session *session, weft_connection *connection, void *user, weft_error *error)
{
    (void)connection;
    (void)error;
    *(weft_status *)user = weft_session_flush(session);
    return WEFT_OK;
}

static void flush_inside_flush_is_misuse(void **state)
{
    fixture *f = *state;
    weft_status inner = WEFT_OK;
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.on_begin = flush_again, .user = &inner});
    weft_new(s, Team, .name = "x");
    assert_call(s, weft_session_flush(s), WEFT_ERROR_MISUSE);
    assert_int_equal(inner, WEFT_ERROR_MISUSE);
    rollback_ok(s);
    weft_session_close(s);
    assert_rows(f, "SELECT count(*) FROM team", "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(flush_inserts_parent_before_children_in_one_statement_each),
        ON_BOTH(flush_inserts_a_parent_that_only_the_child_knows),
        ON_BOTH(flush_of_nothing_sends_nothing),
        ON_BOTH(rows_with_the_same_columns_share_a_statement),
        ON_BOTH(of_one_table_updates_go_first_then_inserts_then_deletes),
        ON_BOTH(updates_go_in_the_order_of_their_keys),
        ON_BOTH(a_tree_is_inserted_level_by_level),
        ON_BOTH(keys_given_as_values_order_a_table_that_refers_to_itself),
        ON_BOTH(a_loaded_row_may_come_to_follow_a_new_one),
        ON_BOTH(a_row_may_refer_to_itself),
        ON_BOTH(a_cycle_of_rows_is_closed_by_an_update),
        ON_BOTH(tables_in_a_cycle_need_no_update_where_their_rows_do_not),
        ON_BOTH(a_cycle_without_a_nullable_key_is_told_before_anything_is_sent),
        ON_BOTH(a_read_only_session_refuses_to_flush),
        ON_BOTH(flush_inside_flush_is_misuse),
    };
    return cmocka_run_group_tests_name("order of flush", tests, NULL, NULL);
}
