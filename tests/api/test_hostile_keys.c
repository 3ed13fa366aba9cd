/* Keys and rows of every kind a table may have: keys of short, unsigned, bool, double, date, time, timestamp, decimal and char
 * arrays; keys below zero, at zero and at both ends; trees of oneself; one-to-one with orphans; and many rows of which one is
 * stale. */
#include "support/fixture.h"

WEFT_DECLARE(Sized);
WEFT_DECLARE(Dated);
WEFT_DECLARE(Coded);
WEFT_DECLARE(Node);
WEFT_DECLARE(Body);
WEFT_DECLARE(Soul);
WEFT_DECLARE(Number);
struct Sized {
    int16_t small;
    unsigned large;
    bool flag;
    double real;
    const char *text;
};
struct Dated {
    weft_date day;
    weft_time at;
    weft_timestamp moment;
    const char *text;
};
struct Coded {
    char code[6];
    weft_decimal price;
    const char *text;
};
struct Node {
    int64_t id;
    const char *name;
    weft_opt_int64 parent_id;
    const Node *parent;
    Node_list children;
};
struct Body {
    int64_t id;
    const char *name;
    int32_t version;
    const Soul *soul;
};
struct Soul {
    int64_t id;
    const char *name;
    weft_opt_int64 body_id;
    const Body *body;
};
struct Number {
    int64_t id;
    int32_t value;
};
WEFT_MODEL(Sized, "sized", WEFT_COLUMN(Sized, small, .primary_key = true), WEFT_COLUMN(Sized, large, .primary_key = true),
           WEFT_COLUMN(Sized, flag, .primary_key = true), WEFT_COLUMN(Sized, real, .primary_key = true), WEFT_COLUMN(Sized, text));
WEFT_MODEL(Dated, "dated", WEFT_COLUMN(Dated, day, .primary_key = true), WEFT_COLUMN(Dated, at, .primary_key = true),
           WEFT_COLUMN(Dated, moment, .primary_key = true), WEFT_COLUMN(Dated, text));
WEFT_MODEL(Coded, "coded", WEFT_COLUMN(Coded, code, .primary_key = true), WEFT_COLUMN(Coded, price, .primary_key = true),
           WEFT_COLUMN(Coded, text));
WEFT_MODEL(Node, "node", WEFT_COLUMN(Node, id, .primary_key = true), WEFT_COLUMN(Node, name),
           WEFT_COLUMN(Node, parent_id, .references = "node.id", .index = true),
           WEFT_BELONGS_TO(Node, parent, Node, .foreign_key = "parent_id", .back_populates = "children"),
           WEFT_HAS_MANY(Node, children, Node, .foreign_key = "parent_id", .back_populates = "parent", .order_by = "name",
                         .cascade = WEFT_CASCADE_ALL));
WEFT_MODEL(Body, "body", WEFT_COLUMN(Body, id, .primary_key = true), WEFT_COLUMN(Body, name),
           WEFT_COLUMN(Body, version, .version = true),
           WEFT_HAS_ONE(Body, soul, Soul, .foreign_key = "body_id", .back_populates = "body",
                        .cascade = WEFT_CASCADE_ALL | WEFT_CASCADE_DELETE_ORPHAN));
WEFT_MODEL(Soul, "soul", WEFT_COLUMN(Soul, id, .primary_key = true), WEFT_COLUMN(Soul, name),
           WEFT_COLUMN(Soul, body_id, .references = "body.id", .unique = true),
           WEFT_BELONGS_TO(Soul, body, Body, .foreign_key = "body_id", .back_populates = "soul"));
WEFT_MODEL(Number, "number", WEFT_COLUMN(Number, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Number, value));
WEFT_METADATA(models, &Sized_model, &Dated_model, &Coded_model, &Node_model, &Body_model, &Number_model);
FIXTURE_MODELS(models);

static void keys_of_odd_types_are_found_changed_and_deleted(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 0; i < 4; i++) {
        weft_new(s, Sized, .small = (int16_t)(i % 2 ? INT16_MIN : INT16_MAX), .large = 4294967295u - (unsigned)i, .flag = i > 1,
                 .real = i * 0.1 - 0.2, .text = "x");
        weft_new(s, Dated, .day = {i * 1000 - 2000}, .at = {i == 3 ? 86399999999 : i}, .moment = {i * -1000001LL}, .text = "x");
        Coded *coded = weft_new(s, Coded, .price = {i % 2 ? "1.50" : "-2"}, .text = "x");
        memcpy(coded->code, i > 1 ? "ÄÖb" : "a b c", 6);
    }
    commit_ok(s);
    for (int again = 0; again < 2; again++) {
        const Sized *sized =
            weft_get(s, Sized, weft_key(Sized, .small = INT16_MIN, .large = 4294967292u, .flag = true, .real = 0.1 * 3 - 0.2));
        const Dated *dated = weft_get(s, Dated, weft_key(Dated, .day = {1000}, .at = {86399999999}, .moment = {-3000003}));
        const Coded *coded = weft_get(s, Coded, weft_key(Coded, .code = "ÄÖb", .price = {"1.50"}));
        assert_ok(s);
        assert_non_null(sized);
        assert_non_null(dated);
        assert_non_null(coded);
        assert_ptr_equal(weft_get(s, Coded, weft_key(Coded, .code = "ÄÖb", .price = {"1.5"})), coded); /* the same number */
        weft_edit(s, Sized, sized)->text = weft_edit(s, Dated, dated)->text = weft_edit(s, Coded, coded)->text = again ? "z" : "y";
        commit_ok(s);
        weft_session_clear(s);
    }
    assert_rows(f, "SELECT (SELECT count(*) FROM sized WHERE text = 'z'), (SELECT count(*) FROM dated WHERE text = 'z')", "1|1");
    assert_int_equal(weft_count_of(s, Coded, .where = weft_eq(Coded, text, "z")), 1);
    weft_each (Sized, sized, weft_query(s, Sized))
        weft_delete(s, Sized, sized);
    weft_each (Dated, dated, weft_query(s, Dated))
        weft_delete(s, Dated, dated);
    weft_each (Coded, coded, weft_query(s, Coded))
        weft_delete(s, Coded, coded);
    commit_ok(s);
    assert_rows(f, "SELECT (SELECT count(*) FROM sized) + (SELECT count(*) FROM dated)", "0");
    assert_int_equal(weft_count_of(s, Coded), 0); /* its index has weft's collation, which no other connection knows */
}

static void keys_at_zero_and_at_both_ends_are_keys(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const int64_t keys[] = {0, -1, 1, INT64_MIN, INT64_MAX, INT32_MIN, 4294967296};
    enum { COUNT = sizeof keys / sizeof keys[0] };
    for (int i = 0; i < COUNT; i++)
        weft_new(s, Number, .id = keys[i], .value = i);
    commit_ok(s);
    weft_session_clear(s);
    for (int i = 0; i < COUNT; i++) {
        const Number *number = weft_get(s, Number, keys[i]);
        assert_non_null(number);
        assert_int_equal(number->value, i);
    }
    Number_list all = weft_get_many(s, Number, keys, COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(all.items[i]->value, i);
    weft_session_clear(s);
    all = weft_get_many(s, Number, ((const long[]){7, 0, 0, INT64_MAX, 7}), 5);
    assert_null(all.items[0]);
    assert_ptr_equal(all.items[1], all.items[2]);
    assert_int_equal(all.items[3]->value, 4);
    assert_null(all.items[4]);
    weft_new(s, Number, .id = 0, .value = 9);
    assert_int_not_equal(weft_session_commit(s), WEFT_OK);
    assert_refused(s, WEFT_ERROR_UNIQUE);
}

static Node *grow(weft_session *s, Node *parent, const char *name, int depth)
{
    Node *node = weft_new(s, Node, .name = name);
    if (parent != NULL)
        weft_append(s, Node, parent, children, Node, node);
    for (int i = 0; depth > 0 && i < 3; i++)
        grow(s, node, weft_format(s, "%s%d", name, i), depth - 1);
    return node;
}

static void a_tree_is_moved_about_and_deleted_without_being_loaded(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    grow(s, NULL, "a", 3);
    grow(s, NULL, "b", 2);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM node", "53");
    weft_session_clear(s);
    const Node *a = weft_first(s, Node, .where = weft_eq(Node, name, "a")),
               *b2 = weft_first(s, Node, .where = weft_eq(Node, name, "b2"));
    const Node *a01 = weft_first(s, Node, .where = weft_eq(Node, name, "a01"));
    weft_append(s, Node, b2, children, Node, a01); /* with what is below it */
    weft_assign(s, Node, b2, parent, Node, (const Node *)NULL);
    commit_ok(s);
    weft_delete(s, Node, a);
    commit_ok(s);
    assert_rows(f, "SELECT name FROM node WHERE parent_id IS NULL ORDER BY name", "b\nb2");
    assert_rows(f, "SELECT count(*) FROM node WHERE name LIKE 'a%'", "4");
    const Node *b = weft_first(s, Node, .where = weft_eq(Node, name, "b"),
                               .load = weft_load(weft_selectin(Node, children, weft_selectin(Node, children))));
    weft_assign(s, Node, b, parent, Node, b); /* below itself */
    weft_status status = weft_session_commit(s);
    assert_int_equal(status, WEFT_OK);
    weft_assign(s, Node, b, parent, Node, (const Node *)NULL);
    weft_append(s, Node, weft_lazy(s, Node, b2, children).items[0], children, Node, b);
    commit_ok(s);
    weft_delete(s, Node, b2);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM node", "0");
}

static void a_ring_of_rows_is_made_and_broken(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Node *n[3];
    for (int i = 0; i < 3; i++)
        n[i] = weft_new(s, Node, .name = weft_format(s, "n%d", i));
    for (int i = 0; i < 3; i++)
        weft_assign(s, Node, n[i], parent, Node, n[(i + 1) % 3]);
    commit_ok(s);
    assert_rows(f, "SELECT a.name, b.name FROM node a JOIN node b ON b.id = a.parent_id ORDER BY a.name", "n0|n1\nn1|n2\nn2|n0");
    for (int i = 0; i < 3; i++)
        assert_int_equal(weft_lazy(s, Node, n[i], children).count, 1);
    weft_delete(s, Node, n[1]); /* cascades all the way round */
    weft_status status = weft_session_commit(s);
    if (status != WEFT_OK)
        print_message("%s\n", weft_session_error(s)->message);
    assert_ok(s);
    assert_rows(f, "SELECT count(*) FROM node", "0");
}

static void one_to_one_moves_swaps_and_orphans(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const char all[] = "SELECT b.name, s.name FROM body b LEFT JOIN soul s ON s.body_id = b.id ORDER BY b.name";
    Body *a = weft_new(s, Body, .name = "a"), *b = weft_new(s, Body, .name = "b");
    Soul *x = weft_new(s, Soul, .name = "x", .body = a);
    weft_assign(s, Body, b, soul, Soul, weft_new(s, Soul, .name = "y"));
    commit_ok(s);
    assert_rows(f, all, "a|x\nb|y");
    (void)weft_lazy(s, Body, a, soul);
    const Soul *y = weft_lazy(s, Body, b, soul);
    weft_assign(s, Body, a, soul, Soul, y); /* x is an orphan now, y has moved: both want the unique key */
    assert_null(b->soul);
    assert_ptr_equal(y->body, a);
    commit_ok(s);
    assert_rows(f, all, "a|y\nb|NULL");
    assert_rows(f, "SELECT count(*) FROM soul", "1");
    assert_int_equal(weft_state_of(s, Soul, x), WEFT_OBJECT_DELETED);
    weft_assign(s, Body, weft_get(s, Body, a->id), soul, Soul, (const Soul *)NULL);
    weft_assign(s, Body, b, soul, Soul, y); /* given up and taken over in one flush */
    commit_ok(s);
    assert_rows(f, all, "a|NULL\nb|y");
    weft_delete(s, Body, b); /* its soul is not loaded */
    commit_ok(s);
    assert_rows(f, "SELECT (SELECT count(*) FROM body), (SELECT count(*) FROM soul)", "1|0");
}

static void one_to_one_is_replaced_by_a_new_one(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Body *body = weft_new(s, Body, .name = "a");
    weft_assign(s, Body, body, soul, Soul, weft_new(s, Soul, .name = "first"));
    commit_ok(s);
    for (int i = 0; i < 3; i++) {
        (void)weft_lazy(s, Body, body, soul);
        weft_assign(s, Body, body, soul, Soul, weft_new(s, Soul, .name = weft_format(s, "new %d", i)));
        commit_ok(s);
    }
    assert_rows(f, "SELECT b.name, s.name FROM soul s JOIN body b ON b.id = body_id", "a|new 2");
    weft_delete(s, Soul, weft_lazy(s, Body, body, soul)); /* told by the other side, and given anew by key */
    weft_new(s, Soul, .name = "last", .body_id = {true, body->id});
    commit_ok(s);
    assert_rows(f, "SELECT b.name, s.name FROM soul s JOIN body b ON b.id = body_id", "a|last");
    weft_delete(s, Soul, weft_lazy(s, Body, body, soul));
    assert_int_equal(weft_session_savepoint(s), WEFT_OK);
    weft_new(s, Soul, .name = "taken", .body = body);
    weft_new(s, Soul, .name = "taken too", .body_id = {true, body->id});
    assert_int_equal(weft_session_flush(s), WEFT_ERROR_UNIQUE);
    assert_int_equal(weft_session_savepoint_rollback(s), WEFT_OK);
    rollback_ok(s);
    assert_string_equal(weft_lazy(s, Body, body, soul)->name, "last");
}

static void one_stale_row_among_many_refuses_them_all(void **state)
{
    enum { COUNT = 300 };
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 0; i < COUNT; i++)
        weft_new(s, Body, .name = weft_format(s, "b%03d", i));
    commit_ok(s);
    Body_list bodies = weft_query(s, Body, .order_by = weft_order(weft_asc(Body, id)));
    test_database_exec(&f->database, "UPDATE body SET version = version + 1, name = 'late' WHERE name = 'b177'");
    weft_each (Body, body, bodies)
        weft_edit(s, Body, body)->name = "mine";
    assert_int_equal(weft_session_commit(s), WEFT_ERROR_STALE);
    rollback_ok(s);
    assert_rows(f, "SELECT count(*), count(DISTINCT name), max(version) FROM body", "300|300|2");
    assert_string_equal(bodies.items[0]->name, "b000");
    assert_int_equal(bodies.items[0]->version, 1);
    weft_each (Body, body, weft_query(s, Body))
        weft_edit(s, Body, body)->name = "mine";
    commit_ok(s);
    assert_rows(f, "SELECT count(DISTINCT name), min(version), max(version) FROM body", "1|2|3");
    test_database_exec(&f->database, "DELETE FROM body WHERE version = 3");
    weft_each (Body, body, bodies)
        weft_delete(s, Body, body);
    weft_status status = weft_session_commit(s);
    assert_int_equal(status, WEFT_ERROR_STALE);
    rollback_ok(s);
    assert_rows(f, "SELECT count(*) FROM body", "299");
    weft_each (Body, body, weft_query(s, Body))
        weft_delete(s, Body, body);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM body", "0");
}

static void deletes_in_every_state_are_one_delete(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Node *pending = weft_new(s, Node, .name = "pending");
    weft_delete(s, Node, pending);
    commit_ok(s);
    Node *node = weft_new(s, Node, .name = "n"), *child = weft_new(s, Node, .name = "c", .parent = node);
    commit_ok(s);
    weft_edit(s, Node, node)->name = "edited";
    weft_delete(s, Node, node);
    weft_delete(s, Node, node);
    weft_edit(s, Node, child)->name = "edited too";
    weft_append(s, Node, node, children, Node, weft_new(s, Node, .name = "late child"));
    assert_int_equal(weft_session_savepoint(s), WEFT_OK); /* flushes */
    assert_int_equal(weft_count_of(s, Node), 0);
    assert_int_equal(weft_session_savepoint_release(s), WEFT_OK);
    assert_int_equal(weft_state_of(s, Node, node), WEFT_OBJECT_DELETED);
    rollback_ok(s);
    assert_int_equal(weft_state_of(s, Node, node), WEFT_OBJECT_PERSISTENT);
    assert_string_equal(weft_get(s, Node, node->id)->name, "n");
    assert_int_equal(weft_lazy(s, Node, node, children).count, 1);
    weft_session_savepoint(s);
    weft_delete(s, Node, node);
    flush_ok(s);
    assert_null(weft_get(s, Node, node->id));
    assert_int_equal(weft_session_savepoint_rollback(s), WEFT_OK);
    assert_ptr_equal(weft_get(s, Node, node->id), node);
    commit_ok(s);
    assert_rows(f, "SELECT name FROM node ORDER BY id", "n\nc");
    weft_delete(s, Node, (const Node *)NULL);
    commit_ok(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(keys_of_odd_types_are_found_changed_and_deleted),
        ON_BOTH(keys_at_zero_and_at_both_ends_are_keys),
        ON_BOTH(a_tree_is_moved_about_and_deleted_without_being_loaded),
        ON_BOTH(a_ring_of_rows_is_made_and_broken),
        ON_BOTH(one_to_one_moves_swaps_and_orphans),
        ON_BOTH(one_to_one_is_replaced_by_a_new_one),
        ON_BOTH(one_stale_row_among_many_refuses_them_all),
        ON_BOTH(deletes_in_every_state_are_one_delete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
