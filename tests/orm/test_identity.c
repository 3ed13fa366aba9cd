/* The identity map under keys of every pattern, with objects that leave and others that come in their place. */
#include "fixtures/school.h"

FIXTURE_MODELS(school);

enum { COUNT = 3000 };

static int64_t key_of(int pattern, int i)
{
    int64_t n = i + 1;
    switch (pattern) {
    case 0: return n;
    case 1: return n * 8;
    case 2: return n * 1024;
    case 3: return n * (INT64_C(1) << 32);
    case 4: return -n * 3;
    case 5: return INT64_MAX - n * 64;
    case 6: return n * INT64_C(2654435761) % 1000000007;
    default: return n / 8 * 4096 + n % 8;
    }
}

static void check_present(fixture *f, int pattern, const Branch *const *branches, int from, int step)
{
    weft_session_stats before, after;
    uint64_t looks = 0;
    weft_session_stats_get(f->s, &before);
    for (int i = from; i < COUNT; i += step, looks++)
        assert_ptr_equal(weft_get(f->s, Branch, key_of(pattern, i)), branches[i]);
    weft_session_stats_get(f->s, &after);
    assert_int_equal(after.identity_hits - before.identity_hits, looks);
    assert_int_equal(after.statements, before.statements);
}

/* Objects of which every third leaves, and comes back as another. */
static void run_pattern(fixture *f, int pattern)
{
    static const Branch *branches[COUNT];
    for (int i = 0; i < COUNT; i++)
        branches[i] = weft_new(f->s, Branch, .id = key_of(pattern, i), .name = "branch");
    flush_ok(f->s);
    check_present(f, pattern, branches, 0, 1);
    for (int i = 0; i < COUNT; i += 3)
        weft_expunge(f->s, Branch, branches[i]);
    check_present(f, pattern, branches, 1, 3);
    check_present(f, pattern, branches, 2, 3);
    assert_null(weft_get(f->s, Branch, 5 + INT64_C(7) * 1000003));
    for (int i = 0; i < COUNT; i += 3) {
        const Branch *again = weft_get(f->s, Branch, key_of(pattern, i));
        assert_non_null(again);
        assert_ptr_not_equal(again, branches[i]);
        branches[i] = again;
    }
    check_present(f, pattern, branches, 0, 1);
    assert_ok(f->s);
}

static void keys_of_every_pattern_find_their_objects(void **state)
{
    fixture *f = *state;
    for (int pattern = 0; pattern < 8; pattern++) {
        run_pattern(f, pattern);
        rollback_ok(f->s);
        assert_call(f->s, weft_session_clear(f->s), WEFT_OK);
    }
}

static void a_joined_owner_is_one_object_however_its_rows_come(void **state)
{
    fixture *f = *state;
    const Branch *roots[3];
    for (int i = 0; i < 3; i++)
        roots[i] = weft_new(f->s, Branch, .name = "root");
    for (int i = 0; i < 60; i++)
        weft_new(f->s, Branch, .name = "leaf", .parent = roots[i % 3]);
    commit_ok(f->s);
    assert_call(f->s, weft_session_clear(f->s), WEFT_OK);
    Branch_list leaves = weft_query(f->s, Branch, .where = weft_eq(Branch, name, "leaf"),
                                    .order_by = weft_order(weft_asc(Branch, id)), .load = weft_load(weft_joined(Branch, parent)));
    assert_int_equal(leaves.count, 60);
    for (size_t i = 0; i < leaves.count; i++) {
        assert_string_equal(leaves.items[i]->parent->name, "root");
        assert_ptr_equal(leaves.items[i]->parent, leaves.items[i % 3]->parent);
        assert_ptr_equal(weft_get(f->s, Branch, leaves.items[i]->parent->id), leaves.items[i]->parent);
    }
    assert_ok(f->s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(keys_of_every_pattern_find_their_objects),
        ON_BOTH(a_joined_owner_is_one_object_however_its_rows_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
