/* Integers of every C type where an integer fits: compared, in lists, as keys, as parameters, set. What the column cannot hold is
 * an error before anything is sent, and never another number. */
#include "support/fixture.h"

#include <limits.h>

WEFT_DECLARE(File);
struct File {
    int64_t id;
    int64_t size;
    short depth;
    unsigned blocks;
    weft_decimal weight;
    double share;
    bool hidden;
};
WEFT_MODEL(File, "file", WEFT_COLUMN(File, id, .primary_key = true), WEFT_COLUMN(File, size), WEFT_COLUMN(File, depth),
           WEFT_COLUMN(File, blocks), WEFT_COLUMN(File, weight), WEFT_COLUMN(File, share), WEFT_COLUMN(File, hidden));
WEFT_METADATA(models, &File_model);
FIXTURE_MODELS(models);

static void make_files(fixture *f)
{
    weft_new(f->s, File, .size = 200, .depth = 1, .blocks = UINT_MAX, .weight = {"18446744073709551615"}, .share = 0.5);
    weft_new(f->s, File, .size = -7, .depth = -1, .blocks = 0, .weight = {"3"}, .share = 7.0, .hidden = true);
    weft_new(f->s, File, .size = INT64_MAX, .depth = SHRT_MAX, .blocks = 1, .weight = {"0"}, .share = 0);
    commit_ok(f->s);
}

static void integers_of_every_type_compare(void **state)
{
    fixture *f = *state;
    make_files(f);
    size_t bytes = 200;
    uint64_t most = INT64_MAX;
    ptrdiff_t distance = -7;
    unsigned char octet = 200;
    signed char step = -7;
    char letter = 1;
    unsigned short narrow = 200;
    assert_int_equal(weft_count_of(f->s, File, .where = weft_eq(File, size, bytes)), 1);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_eq(File, size, most)), 1);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_eq(File, size, distance)), 1);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_eq(File, size, octet)), 1);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_eq(File, size, step)), 1);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_eq(File, depth, letter)), 1);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_ge(File, size, narrow)), 2);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_lt(File, share, octet)), 3);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_eq(File, hidden, 1)), 1);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_op(weft_col(File, size), "<", weft_val(bytes))), 1);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_eq(File, weight, octet)), 0);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_eq(File, weight, (size_t)3)), 1);
    assert_ok(f->s);
}

static void integers_of_every_type_stand_in_lists(void **state)
{
    fixture *f = *state;
    make_files(f);
    const size_t sizes[] = {200, INT64_MAX, 5};
    const unsigned long long wide[] = {200};
    const unsigned short narrow[] = {200, 65535};
    const unsigned char octets[] = {200, 1};
    const signed char steps[] = {-7, -128};
    const ptrdiff_t distances[] = {-7, 200};
    assert_int_equal(weft_count_of(f->s, File, .where = weft_in(File, size, sizes, 3)), 2);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_not_in(File, size, sizes, 3)), 1);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_in(File, size, wide, 1)), 1);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_in(File, size, narrow, 2)), 1);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_in(File, size, octets, 2)), 1);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_in(File, size, steps, 2)), 1);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_in(File, size, distances, 2)), 2);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_in(File, weight, narrow, 0)), 0);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_in(File, weight, ((const size_t[]){3, 0}), 2)), 2);
    weft_select *select = weft_select_new(f->s, File);
    {
        unsigned char gone[] = {200, 0};
        weft_select_where(select, weft_in(File, size, gone, 2));
        gone[0] = 3;
    }
    assert_int_equal(weft_select_count(select), 1);
    assert_ok(f->s);
}

static void integers_of_every_type_are_keys(void **state)
{
    fixture *f = *state;
    make_files(f);
    int64_t first = weft_first(f->s, File, .where = weft_eq(File, size, 200))->id;
    assert_int_equal(weft_get(f->s, File, (size_t)first)->size, 200);
    assert_int_equal(weft_get(f->s, File, (uint64_t)first)->size, 200);
    assert_int_equal(weft_get(f->s, File, (unsigned char)first)->size, 200);
    assert_int_equal(weft_get(f->s, File, (unsigned short)first)->size, 200);
    assert_int_equal(weft_get(f->s, File, (ptrdiff_t)first)->size, 200);
    const size_t keys[] = {(size_t)first, 99999};
    File_list many = weft_get_many(f->s, File, keys, 2);
    assert_true(many.count == 2 && many.items[0]->size == 200 && many.items[1] == NULL);
    const unsigned short_keys[] = {(unsigned)first};
    assert_int_equal(weft_get_many(f->s, File, short_keys, 1).items[0]->size, 200);
    assert_ok(f->s);
}

static void integers_of_every_type_are_set(void **state)
{
    fixture *f = *state;
    make_files(f);
    const File *file = weft_first(f->s, File, .where = weft_eq(File, size, 200));
    (void)weft_set(f->s, File, file, size, (size_t)INT64_MAX - 1);
    (void)weft_set(f->s, File, file, depth, (unsigned char)255);
    (void)weft_set(f->s, File, file, blocks, (size_t)UINT_MAX);
    (void)weft_set(f->s, File, file, hidden, 1);
    (void)weft_set(f->s, File, file, share, (unsigned short)4);
    (void)weft_set(f->s, File, file, weight, UINT64_MAX);
    commit_ok(f->s);
    assert_rows(f, "SELECT size, depth, blocks, weight FROM file WHERE depth = 255",
                "9223372036854775806|255|4294967295|18446744073709551615");
    int64_t changed = 0;
    assert_call(f->s,
                weft_session_update(f->s,
                                    weft_update_of(File, .set = weft_sets(weft_to(File, size, (size_t)11)),
                                                   .where = weft_eq(File, depth, (short)255)),
                                    &changed),
                WEFT_OK);
    assert_int_equal(changed, 1);
    commit_ok(f->s);
    assert_rows(f, "SELECT size FROM file WHERE depth = 255", "11");
}

/* Both databases count to the same number, and what is above it is told. */
static void what_no_column_of_integers_holds_is_refused_before_it_is_sent(void **state)
{
    fixture *f = *state;
    make_files(f);
    const uint64_t beyond = (uint64_t)INT64_MAX + 1, list[] = {1, beyond};
    (void)fixture_statements(f);
    (void)weft_count_of(f->s, File, .where = weft_eq(File, size, beyond));
    assert_message(f->s, "file.size");
    assert_refused(f->s, WEFT_ERROR_TYPE);
    (void)weft_count_of(f->s, File, .where = weft_gt(File, depth, beyond));
    assert_refused(f->s, WEFT_ERROR_TYPE);
    (void)weft_count_of(f->s, File, .where = weft_in(File, size, list, 2));
    assert_refused(f->s, WEFT_ERROR_TYPE);
    (void)weft_count_of(f->s, File, .where = weft_op(weft_col(File, size), "<", weft_val(beyond)));
    assert_refused(f->s, WEFT_ERROR_TYPE);
    (void)weft_count_of(f->s, File, .where = weft_op(weft_val(beyond), "<", weft_val(1)));
    assert_refused(f->s, WEFT_ERROR_TYPE);
    (void)weft_get(f->s, File, beyond);
    assert_refused(f->s, WEFT_ERROR_TYPE);
    (void)weft_get_many(f->s, File, list, 2);
    assert_refused(f->s, WEFT_ERROR_TYPE);
    (void)weft_count_of(f->s, File, .where = weft_eq(File, depth, (size_t)SHRT_MAX + 1));
    assert_refused(f->s, WEFT_ERROR_TYPE);
    assert_int_equal(fixture_statements(f), 0);
    const File *file = weft_first(f->s, File);
    (void)weft_set(f->s, File, file, size, beyond);
    assert_refused(f->s, WEFT_ERROR_TYPE);
    (void)weft_session_execute_text(f->s, "UPDATE file SET size = $1", weft_parameters(weft_value_uint64(beyond)));
    assert_refused(f->s, WEFT_ERROR_TYPE);
    assert_rows(f, "SELECT count(*) FROM file WHERE size IN (200, -7)", "2");
}

static void decimals_hold_what_integers_do_not(void **state)
{
    fixture *f = *state;
    make_files(f);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_eq(File, weight, UINT64_MAX)), 1);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_op(weft_col(File, weight), "=", weft_val(UINT64_MAX))), 1);
    assert_int_equal(weft_count_of(f->s, File, .where = weft_lt(File, share, 1e19)), 3);
    assert_ok(f->s);
}

typedef struct Natural {
    uint32_t n;
} Natural;
WEFT_ROW(Natural, WEFT_FIELD(Natural, n));

static void casts_to_32_bits_without_sign_hold_what_fits(void **state)
{
    fixture *f = *state;
    make_files(f);
    const struct {
        const weft_expr *e;
        int64_t wanted; /* -1: WEFT_ERROR_DATA */
    } cases[] = {
        {weft_val(-1), -1},
        {weft_val(5000000000), -1},
        {weft_val("-1"), -1},
        {weft_val("4294967295"), UINT_MAX},
        {weft_literal(-1), -1},
        {weft_val(-1.0), -1},
        {weft_val(((weft_decimal){"-1"})), -1},
        {weft_val(2.5e9), 2500000000},
        {weft_col(File, size), -1},
        {weft_op(weft_col(File, size), "+", weft_val(4294967302)), UINT_MAX},
        {weft_col(File, depth), -1},
        {weft_col(File, share), 7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Natural_list list =
            weft_rows(f->s, Natural, .from = weft_from(File), .columns = weft_columns(weft_cast(cases[i].e, WEFT_UINT32)),
                      .where = weft_eq(File, size, -7));
        if (cases[i].wanted < 0) {
            assert_refused(f->s, WEFT_ERROR_DATA);
        } else {
            assert_ok(f->s);
            assert_int_equal(list.items[0]->n, cases[i].wanted);
        }
        rollback_ok(f->s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(integers_of_every_type_compare),
        ON_BOTH(integers_of_every_type_stand_in_lists),
        ON_BOTH(integers_of_every_type_are_keys),
        ON_BOTH(integers_of_every_type_are_set),
        ON_BOTH(what_no_column_of_integers_holds_is_refused_before_it_is_sent),
        ON_BOTH(decimals_hold_what_integers_do_not),
        ON_BOTH(casts_to_32_bits_without_sign_hold_what_fits),
    };
    return cmocka_run_group_tests_name("integers", tests, NULL, NULL);
}
