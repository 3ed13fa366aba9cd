/* The table of prepared statements against a plain model of it. */
#define _POSIX_C_SOURCE 200809L
#include "base/memory.h"
#include "driver/prepared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define IDS 64

static int retained[IDS];
static int handles[IDS]; /* 1: alive */
static wefti_statement statements[IDS];
static uint64_t last_evicted;
static wefti_atomic_u64 evictions;
static bool given_up[IDS];

static void retain(const wefti_statement *statement) { retained[statement->id]++; }

static void release(const wefti_statement *statement)
{
    assert_int_equal(handles[statement->id], 0); /* the handle goes first */
    retained[statement->id]--;
}

static bool evicted(const wefti_statement *statement) { return given_up[statement->id]; }

static void evict(void *context, uint64_t id, void *handle)
{
    assert_ptr_equal(context, statements);
    assert_ptr_equal(handle, &handles[id]);
    assert_int_equal(handles[id], 1);
    handles[id] = 0;
    last_evicted = id;
}

static wefti_prepared_entry *add(wefti_prepared *table, uint64_t id)
{
    statements[id] = (wefti_statement){.id = id, .retain = retain, .release = release, .evicted = evicted};
    wefti_prepared_entry *entry = wefti_prepared_add(table, &statements[id], &handles[id]);
    if (entry != NULL)
        handles[id] = 1;
    return entry;
}

static void init(wefti_prepared *table, uint32_t limit)
{
    weft_error error;
    memset(retained, 0, sizeof retained);
    memset(handles, 0, sizeof handles);
    memset(given_up, 0, sizeof given_up);
    assert_int_equal(wefti_prepared_init(table, limit, &evictions, evict, statements, &error), WEFT_OK);
}

static void the_least_recently_found_goes_first(void **state)
{
    wefti_prepared table;
    (void)state;
    init(&table, 3);
    for (uint64_t id = 1; id <= 3; id++)
        assert_non_null(add(&table, id));
    assert_non_null(wefti_prepared_find(&table, 1));
    assert_non_null(add(&table, 4));
    assert_int_equal(last_evicted, 2);
    assert_null(wefti_prepared_find(&table, 2));
    assert_non_null(add(&table, 5));
    assert_int_equal(last_evicted, 3);
    assert_true(wefti_prepared_remove(&table, 1));
    assert_false(wefti_prepared_remove(&table, 1));
    wefti_prepared_deinit(&table);
    for (int id = 0; id < IDS; id++)
        assert_int_equal(retained[id], 0);
}

static void what_is_in_use_is_never_evicted(void **state)
{
    wefti_prepared table;
    (void)state;
    init(&table, 2);
    add(&table, 1)->busy = true;
    add(&table, 2);
    assert_non_null(add(&table, 3));
    assert_int_equal(last_evicted, 2);
    wefti_prepared_find(&table, 3)->busy = true;
    assert_null(add(&table, 4));
    assert_int_equal(retained[4], 0);
    wefti_prepared_find(&table, 1)->busy = false;
    assert_non_null(add(&table, 4));
    assert_int_equal(last_evicted, 1);
    wefti_prepared_deinit(&table);
    assert_int_equal(retained[3], 0);
}

static void give_up(uint64_t id)
{
    given_up[id] = true;
    wefti_atomic_bump_u64(&evictions, 1);
}

static void what_was_given_up_is_gone_after_a_bounded_number_of_finds(void **state)
{
    wefti_prepared table;
    (void)state;
    init(&table, 40);
    for (uint64_t id = 1; id <= 40; id++)
        assert_non_null(add(&table, id));
    for (uint64_t id = 2; id <= 40; id += 3)
        give_up(id);
    for (int i = 0; i < 40 / 8 + 1; i++)
        assert_non_null(wefti_prepared_find(&table, 1));
    for (uint64_t id = 1; id <= 40; id++) {
        assert_int_equal(retained[id], id % 3 == 2 ? 0 : 1);
        assert_int_equal(handles[id], retained[id]);
    }
    assert_int_equal(table.count, 27);
    give_up(1);
    assert_non_null(wefti_prepared_find(&table, 1)); /* what is found is not dropped by finding it */
    for (int i = 0; i < 12; i++)
        wefti_prepared_sweep(&table);
    assert_int_equal(retained[1], 0);
    assert_int_equal(table.swept, wefti_atomic_load_u64(&evictions, WEFTI_RELAXED)); /* nothing more to look for */
    wefti_prepared_deinit(&table);
}

static void what_is_in_use_is_given_up_when_it_is_free(void **state)
{
    wefti_prepared table;
    (void)state;
    init(&table, 8);
    for (uint64_t id = 1; id <= 3; id++)
        assert_non_null(add(&table, id));
    wefti_prepared_find(&table, 1)->busy = true;
    wefti_prepared_entry *pin = wefti_prepared_pin(&table, 2);
    give_up(1);
    give_up(2);
    for (int i = 0; i < 5; i++)
        wefti_prepared_sweep(&table);
    assert_int_equal(retained[1] + retained[2], 2);
    wefti_prepared_unpin(&table, pin);
    for (int i = 0; i < 2; i++)
        wefti_prepared_sweep(&table);
    assert_int_equal(retained[2], 0);
    assert_int_equal(retained[1], 1);
    wefti_prepared_find(&table, 1)->busy = false;
    for (int i = 0; i < 2; i++)
        wefti_prepared_sweep(&table);
    assert_int_equal(retained[1], 0);
    assert_int_equal(retained[3], 1);
    wefti_prepared_deinit(&table);
}

static void what_was_given_up_before_it_was_added_goes_too(void **state)
{
    wefti_prepared table;
    (void)state;
    init(&table, 8);
    give_up(5);
    for (int i = 0; i < 2; i++)
        assert_null(wefti_prepared_find(&table, 5)); /* the eviction has been seen */
    assert_non_null(add(&table, 5));
    assert_non_null(wefti_prepared_find(&table, 5));
    for (int i = 0; i < 2; i++)
        assert_null(wefti_prepared_find(&table, 6));
    assert_int_equal(retained[5], 0);
    assert_int_equal(table.count, 0);
    wefti_prepared_deinit(&table);
}

static void the_table_agrees_with_a_model_through_random_use(void **state)
{
    enum { LIMIT = 7 };
    wefti_prepared table;
    unsigned seed = 7;
    uint64_t order[LIMIT + 1]; /* most recent first */
    size_t count = 0;
    (void)state;
    init(&table, LIMIT);
    for (int step = 0; step < 20000; step++) {
        uint64_t id = 1 + (uint64_t)rand_r(&seed) % (IDS - 1);
        size_t at = 0;
        while (at < count && order[at] != id)
            at++;
        bool known = at < count;
        assert_int_equal(wefti_prepared_find(&table, id) != NULL, known);
        if (known)
            memmove(&order[at], &order[at + 1], (--count - at) * sizeof order[0]);
        if (known && rand_r(&seed) % 8 == 0) {
            assert_true(wefti_prepared_remove(&table, id));
            continue;
        }
        if (!known) {
            assert_non_null(add(&table, id));
            if (count == LIMIT)
                assert_int_equal(last_evicted, order[--count]);
        }
        memmove(&order[1], order, count++ * sizeof order[0]);
        order[0] = id;
        assert_int_equal(table.count, count);
    }
    wefti_prepared_deinit(&table);
    for (int id = 0; id < IDS; id++)
        assert_int_equal(retained[id], 0);
}

/* Whoever notes an entry finds it by the mark until it is gone, or another is noted at the same place. */
static void what_was_noted_is_recalled_as_long_as_it_is_there(void **state)
{
    wefti_prepared table;
    (void)state;
    assert_null(wefti_prepared_recall(&(wefti_prepared){.limit = 0}, 7));
    init(&table, 3);
    wefti_prepared_entry *one = add(&table, 1), *two = add(&table, 2);
    assert_null(wefti_prepared_recall(&table, 0));
    assert_null(wefti_prepared_recall(&table, 17));
    wefti_prepared_note(&table, one, 17);
    assert_ptr_equal(wefti_prepared_recall(&table, 17), one);
    assert_null(wefti_prepared_recall(&table, 17 + (UINT64_C(1) << 40)));
    wefti_prepared_note(&table, two, 17 + (UINT64_C(1) << 40));
    assert_null(wefti_prepared_recall(&table, 17));
    assert_ptr_equal(wefti_prepared_recall(&table, 17 + (UINT64_C(1) << 40)), two);
    wefti_prepared_note(&table, one, 18);
    assert_true(wefti_prepared_remove(&table, 1));
    assert_null(wefti_prepared_recall(&table, 18));
    assert_ptr_equal(add(&table, 3), one); /* its place, but not its mark */
    assert_null(wefti_prepared_recall(&table, 18));
    two->pins++;
    assert_true(wefti_prepared_remove(&table, 2));
    assert_null(wefti_prepared_recall(&table, 17 + (UINT64_C(1) << 40)));
    wefti_prepared_unpin(&table, two);
    assert_null(wefti_prepared_recall(&table, 0));
    wefti_prepared_deinit(&table);
}

static void running_out_of_memory_leaves_an_empty_table(void **state)
{
    (void)state;
    for (int n = 0; n < 2; n++) {
        wefti_prepared table;
        weft_error error;
        (void)wefti_memory_fail_after(n, false);
        assert_int_equal(wefti_prepared_init(&table, 4, NULL, evict, NULL, &error), WEFT_ERROR_NO_MEMORY);
        (void)wefti_memory_fail_after(-1, false);
        assert_null(wefti_prepared_find(&table, 1));
        wefti_prepared_deinit(&table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_recently_found_goes_first),
        cmocka_unit_test(what_is_in_use_is_never_evicted),
        cmocka_unit_test(what_was_given_up_is_gone_after_a_bounded_number_of_finds),
        cmocka_unit_test(what_is_in_use_is_given_up_when_it_is_free),
        cmocka_unit_test(what_was_given_up_before_it_was_added_goes_too),
        cmocka_unit_test(the_table_agrees_with_a_model_through_random_use),
        cmocka_unit_test(what_was_noted_is_recalled_as_long_as_it_is_there),
        cmocka_unit_test(running_out_of_memory_leaves_an_empty_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
