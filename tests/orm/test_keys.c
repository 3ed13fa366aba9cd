/* Keys of every type: relationships in memory follow what is written, whatever the key is made of. */
#include "fixtures/kinds.h"

FIXTURE_MODELS(kinds);

enum { PARENTS = 3 };

/* Three parents, all with their children loaded (or not); four children of the first. */
static void set_up(weft_session *s, const kind *k)
{
    for (int i = 0; i < PARENTS; i++)
        kind_new_parent(s, k, i);
    for (int64_t id = 1; id <= 4; id++)
        kind_new_child(s, k, id, 0);
    commit_ok(s);
    assert_call(s, weft_session_clear(s), WEFT_OK);
}

static void load_children(weft_session *s, const kind *k)
{
    const weft_loader *const ends[] = {&weft_load_end};
    const weft_loader loader = {.how = WEFT_LOAD_SELECTIN, .model = k->parent, .offset = k->children, .then = ends};
    (void)weft_session_query(s, k->parent, &(const weft_query_options){.load = &loader});
    assert_ok(s);
}

static void expect(weft_session *s, const kind *k, size_t first, size_t second, size_t third, int line)
{
    const size_t wanted[PARENTS] = {first, second, third};
    for (int i = 0; i < PARENTS; i++) {
        const void *parent = kind_parent(s, k, i);
        if (parent == NULL || !weft_session_loaded(s, k->parent, parent, k->children)) {
            print_error("%s: parent %d is %s\n", k->name, i, parent == NULL ? "not found" : "not loaded");
            _fail(__FILE__, line);
        }
        if (kind_children(k, parent).count != wanted[i]) {
            print_error("%s: parent %d has %zu children instead of %zu\n", k->name, i, kind_children(k, parent).count, wanted[i]);
            _fail(__FILE__, line);
        }
    }
}
#define EXPECT(s, k, first, second, third) expect((s), (k), (first), (second), (third), __LINE__)

static void a_written_reference_moves_the_child(weft_session *s, const kind *k)
{
    set_up(s, k);
    load_children(s, k);
    EXPECT(s, k, 4, 0, 0);
    k->set_reference(weft_session_edit(s, k->child, kind_child(s, k, 1)), 1);
    flush_ok(s);
    EXPECT(s, k, 3, 1, 0);
    k->set_reference(weft_session_edit(s, k->child, kind_child(s, k, 2)), 2);
    flush_ok(s);
    EXPECT(s, k, 2, 1, 1);
    rollback_ok(s);
}

static void a_deleted_child_leaves_its_parent(weft_session *s, const kind *k)
{
    assert_call(s, weft_session_clear(s), WEFT_OK);
    load_children(s, k);
    assert_call(s, weft_session_delete(s, k->child, kind_child(s, k, 2)), WEFT_OK);
    flush_ok(s);
    EXPECT(s, k, 3, 0, 0);
    rollback_ok(s);
}

static void a_new_child_comes_to_the_parent_that_it_names(weft_session *s, const kind *k)
{
    assert_call(s, weft_session_clear(s), WEFT_OK);
    load_children(s, k);
    kind_new_child(s, k, 10, 2);
    kind_new_child(s, k, 11, 0);
    flush_ok(s);
    EXPECT(s, k, 5, 0, 1);
    rollback_ok(s);
}

/* The child's own side was never loaded: its foreign key alone says whom it leaves. */
static void an_assigned_child_leaves_whom_its_reference_names(weft_session *s, const kind *k)
{
    assert_call(s, weft_session_clear(s), WEFT_OK);
    load_children(s, k);
    const void *child = kind_child(s, k, 3);
    assert_call(s, weft_session_refresh(s, k->child, child), WEFT_OK);
    assert_false(weft_session_loaded(s, k->child, child, k->owner));
    assert_call(s, weft_session_link(s, k->child, child, k->owner, kind_parent(s, k, 1), 0), WEFT_OK);
    EXPECT(s, k, 3, 1, 0);
    flush_ok(s);
    EXPECT(s, k, 3, 1, 0);
    rollback_ok(s);
}

/* The collections are loaded while the assignment still waits: the row names the old parent. */
static void a_pending_move_is_merged_into_what_loads(fixture *f, const kind *k)
{
    weft_session *s = weft_session_open(f->engine, &(const weft_session_options){.no_autoflush = true});
    const void *child = kind_child(s, k, 3), *second = kind_parent(s, k, 1);
    assert_call(s, weft_session_link(s, k->child, child, k->owner, second, 0), WEFT_OK);
    for (int i = 0; i < PARENTS; i++)
        (void)weft_session_lazy(s, k->parent, kind_parent(s, k, i), k->children, NULL, 0);
    EXPECT(s, k, 3, 1, 0);
    assert_ptr_equal(kind_owner(k, child), second);
    rollback_ok(s);
    weft_session_close(s);
}

static void new_rows_of_both_go_in_the_right_order(weft_session *s, const kind *k)
{
    assert_call(s, weft_session_clear(s), WEFT_OK);
    load_children(s, k);
    for (int64_t id = 1; id <= 4; id++)
        assert_call(s, weft_session_delete(s, k->child, kind_child(s, k, id)), WEFT_OK);
    for (int i = 0; i < PARENTS; i++)
        assert_call(s, weft_session_delete(s, k->parent, kind_parent(s, k, i)), WEFT_OK);
    flush_ok(s);
    kind_new_child(s, k, 20, 1);
    for (int i = 0; i < PARENTS; i++)
        kind_new_parent(s, k, i);
    flush_ok(s);
    EXPECT(s, k, 0, 1, 0);
    rollback_ok(s);
    load_children(s, k);
    EXPECT(s, k, 4, 0, 0);
}

static void relationships_follow_keys_of_every_type(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < kind_count; i++) {
        const kind *k = &all_kinds[i];
        a_written_reference_moves_the_child(f->s, k);
        a_deleted_child_leaves_its_parent(f->s, k);
        a_new_child_comes_to_the_parent_that_it_names(f->s, k);
        an_assigned_child_leaves_whom_its_reference_names(f->s, k);
        a_pending_move_is_merged_into_what_loads(f, k);
        new_rows_of_both_go_in_the_right_order(f->s, k);
    }
}

/* Both the relationship and the foreign key are written, to different rows. */
static void a_reference_of_every_type_that_contradicts_is_refused(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < kind_count; i++) {
        const kind *k = &all_kinds[i];
        set_up(f->s, k);
        const void *child = kind_child(f->s, k, 1);
        void *edited = weft_session_edit(f->s, k->child, child);
        k->set_reference(edited, 1);
        weft_status status = weft_session_link(f->s, k->child, child, k->owner, kind_parent(f->s, k, 2), 0);
        if (status != WEFT_ERROR_MISUSE)
            print_error("%s\n", k->name);
        assert_call(f->s, status, WEFT_ERROR_MISUSE);
        rollback_ok(f->s);
        edited = weft_session_edit(f->s, k->child, child);
        k->set_reference(edited, 2);
        assert_call(f->s, weft_session_link(f->s, k->child, child, k->owner, kind_parent(f->s, k, 2), 0), WEFT_OK);
        commit_ok(f->s);
        assert_ptr_equal(kind_owner(k, child), kind_parent(f->s, k, 2));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(relationships_follow_keys_of_every_type),
        ON_BOTH(a_reference_of_every_type_that_contradicts_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
