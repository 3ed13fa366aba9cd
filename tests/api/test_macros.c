/* User code that the macros must take without a warning (the tests are compiled with -Wshadow, -Wconversion and -Wpedantic) and
 * without
 * evaluating an argument twice: nested loops with the same names, calls within calls, conditions that increment. */
#include "support/fixture.h"

WEFT_DECLARE(Tree);
WEFT_DECLARE(Leaf);
struct Tree {
    int64_t id;
    const char *name;
    weft_opt_int32 height;
    Leaf_list leaves;
};
struct Leaf {
    int64_t id;
    int64_t tree_id;
    const char *colour;
    double size;
    const Tree *tree;
};
WEFT_MODEL(Tree, "tree", WEFT_COLUMN(Tree, id, .primary_key = true), WEFT_COLUMN(Tree, name), WEFT_COLUMN(Tree, height),
           WEFT_HAS_MANY(Tree, leaves, Leaf, .foreign_key = "tree_id", .back_populates = "tree", .order_by = "id"));
WEFT_MODEL(Leaf, "leaf", WEFT_COLUMN(Leaf, id, .primary_key = true), WEFT_COLUMN(Leaf, tree_id, .references = "tree.id"),
           WEFT_COLUMN(Leaf, colour), WEFT_COLUMN(Leaf, size),
           WEFT_BELONGS_TO(Leaf, tree, Tree, .foreign_key = "tree_id", .back_populates = "leaves"));
WEFT_METADATA(models, &Tree_model);
FIXTURE_MODELS(models);

static int calls;

static weft_session *session_of(fixture *f) { return calls++, f->s; }
static const Tree *first_tree(fixture *f) { return calls++, weft_first(f->s, Tree, .order_by = weft_order(weft_asc(Tree, id))); }

static void arguments_are_evaluated_once(void **state)
{
    fixture *f = *state;
    calls = 0;
    weft_new(session_of(f), Tree, .name = "oak", .height = {true, 10});
    weft_new(session_of(f), Tree, .name = "elm");
    commit_ok(f->s);
    assert_int_equal(calls, 2);
    calls = 0;
    (void)weft_query(session_of(f), Tree, .where = weft_eq(Tree, name, "oak"));
    (void)weft_count_of(session_of(f), Tree);
    (void)weft_exists(session_of(f), Tree);
    (void)weft_first(session_of(f), Tree);
    assert_int_equal(calls, 4);
    calls = 0;
    weft_edit(f->s, Tree, first_tree(f))->name = "ash";
    (void)weft_lazy(f->s, Tree, first_tree(f), leaves);
    (void)weft_loaded(f->s, Tree, first_tree(f), leaves);
    (void)weft_set(f->s, Tree, first_tree(f), height, 3);
    (void)weft_refresh(f->s, Tree, first_tree(f));
    (void)weft_state_of(f->s, Tree, first_tree(f));
    (void)weft_append(f->s, Tree, first_tree(f), leaves, Leaf, weft_new(session_of(f), Leaf, .colour = "red"));
    assert_int_equal(calls, 8);
    int i = 0, j = 0, k = 0;
    const weft_expr *where =
        weft_or(weft_eq(Tree, height, i++), weft_lt(Tree, id, j++), weft_when(k++ > 5, weft_is_null(Tree, name)));
    assert_true(i == 1 && j == 1 && k == 1);
    (void)weft_query(f->s, Tree, .where = where);
    calls = 0;
    weft_each (Leaf, leaf, weft_lazy(session_of(f), Tree, first_tree(f), leaves))
        assert_string_equal(leaf->colour, "red");
    assert_int_equal(calls, 2);
    assert_ok(f->s);
}

static void loops_nest_with_the_names_of_users(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 0; i < 3; i++)
        weft_append(s, Tree, weft_new(s, Tree, .name = i == 0 ? "oak" : "elm"), leaves, Leaf,
                    weft_new(s, Leaf, .colour = (i & 1) == 0 ? "red" : "green", .size = i * 0.5));
    commit_ok(s);
    int seen = 0;
    weft_each (Tree, tree, weft_query(s, Tree))
        weft_each (Leaf, leaf, weft_lazy(s, Tree, tree, leaves))
            weft_each (Tree, other,
                       weft_query(s, Tree, .where = weft_and(weft_ne(Tree, id, leaf->tree_id), weft_eq(Tree, name, tree->name)))) {
                if (other == tree)
                    continue;
                seen++;
                break;
            }
    assert_int_equal(seen, 2);
    /* One after the other in a block, and without braces under if and else. */
    weft_each (Tree, tree, weft_query(s, Tree))
        seen++;
    weft_each (Tree, tree, weft_query(s, Tree))
        seen += tree->height.set;
    if (seen > 100)
        weft_each (Tree, tree, weft_query(s, Tree))
            seen--;
    else
        weft_each (Tree, tree, weft_query(s, Tree))
            seen++;
    assert_int_equal(seen, 8);
    Tree_list nothing = {NULL, 0};
    weft_each (Tree, tree, nothing)
        fail();
    switch (seen) {
    case 8:
        weft_each (Tree, tree, weft_query(s, Tree, .limit = 1))
            seen = 0;
        break;
    default: fail();
    }
    assert_int_equal(seen, 0);
}

#define TALL(h) weft_and(weft_is_not_null(Tree, height), weft_gt(Tree, height, h))
#define NAMED(n, ...) weft_query(s, Tree, .where = weft_and(weft_eq(Tree, name, n), __VA_ARGS__), .limit = 10, .offset = 0)

static void macros_of_users_may_hold_them(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_new(s, Leaf, .colour = "red", .tree = weft_new(s, Tree, .name = "oak", .height = {.set = true, .value = 20}));
    commit_ok(s);
    assert_int_equal(
        NAMED("oak", TALL(3), weft_any(Tree, leaves, weft_in(Leaf, colour, ((const char *[]){"red", "blue"}), 2))).count, 1);
    assert_int_equal(NAMED("oak", TALL(30)).count, 0);
    assert_int_equal(weft_count_of(s, Leaf, .where = weft_has(Leaf, tree, TALL((short)5))), 1);
    unsigned char small = 7;
    long long large = 7;
    float real = 0.5f;
    assert_int_equal(weft_count_of(s, Tree, .where = weft_or(weft_eq(Tree, height, small), weft_eq(Tree, height, large))), 0);
    assert_int_equal(weft_count_of(s, Leaf, .where = weft_or(weft_lt(Leaf, size, real), weft_lt(Leaf, size, 1))), 1);
    weft_opt_date no_day = {.set = false};
    weft_opt_time no_time = {.set = false};
    weft_opt_float half = {true, 0.5f};
    weft_opt_uint32 three = {true, 3};
    assert_int_equal(weft_count_of(s, Leaf,
                                   .where = weft_and(weft_lt(Leaf, size, 7u), weft_op(weft_col(Leaf, size), "<", weft_val(half)),
                                                     weft_op(weft_col(Leaf, id), "<>", weft_val(three)),
                                                     weft_op(weft_col(Leaf, id), "<", weft_val((unsigned short)9)))),
                     1);
    assert_true(weft_val(no_day)->value.is_null && weft_val(no_time)->value.is_null);
    char buffer[8] = "oak";
    char *pointer = buffer;
    assert_int_equal(weft_count_of(s, Tree, .where = weft_and(weft_eq(Tree, name, buffer), weft_eq(Tree, name, pointer))), 1);
    const Tree *got = weft_get(s, Tree, first_tree(f)->id,
                               .load = weft_load(weft_selectin(Tree, leaves, weft_joined(Leaf, tree)),
                                                 weft_load_when(large > 10, weft_raise(Tree, leaves))));
    assert_int_equal(got->leaves.count, 1);
    assert_ok(s);
}

/* What is assembled across blocks lives in the select. */
static void a_select_keeps_what_its_blocks_made(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 0; i < 5; i++)
        weft_new(s, Tree, .name = weft_format(s, "t%d", i), .height = {true, i});
    commit_ok(s);
    weft_select *q = weft_select_new(s, Tree);
    for (int i = 0; i < 2; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%d", i);
        weft_select_where(q, weft_ne(Tree, name, name));
        memset(name, '?', sizeof name - 1);
    }
    if (calls >= 0)
        weft_select_where(q, weft_lt(Tree, height, 4));
    weft_select_order(q, weft_desc(Tree, height));
    Tree_list found = weft_select_all(q, Tree);
    assert_ok(s);
    assert_int_equal(found.count, 2);
    assert_string_equal(found.items[0]->name, "t3");
    weft_select_free(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(arguments_are_evaluated_once),
        ON_BOTH(loops_nest_with_the_names_of_users),
        ON_BOTH(macros_of_users_may_hold_them),
        ON_BOTH(a_select_keeps_what_its_blocks_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
