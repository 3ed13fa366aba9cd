/* Questions whose answers once differed between the databases: groups and patterns. Both give the same answer or the same error. */
#include "support/fixture.h"

WEFT_DECLARE(Word);
struct Word {
    int64_t id;
    const char *text, *pattern;
    int32_t n;
    weft_opt_int32 m;
};
WEFT_MODEL(Word, "word", WEFT_COLUMN(Word, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Word, text, .nullable = true), WEFT_COLUMN(Word, pattern, .nullable = true), WEFT_COLUMN(Word, n),
           WEFT_COLUMN(Word, m));
WEFT_METADATA(models, &Word_model);
FIXTURE_MODELS(models);

typedef struct Count {
    int64_t v;
} Count;
WEFT_ROW(Count, WEFT_FIELD(Count, v));
typedef struct Pair {
    const char *a;
    weft_opt_int64 b;
} Pair;
WEFT_ROW(Pair, WEFT_FIELD(Pair, a), WEFT_FIELD(Pair, b));

#define COL(f) weft_col(Word, f)
#define ROWS(...) weft_rows(s, Pair, .from = weft_from(Word), __VA_ARGS__)

static void what_a_group_has_several_of_is_refused(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 1; i <= 4; i++)
        (void)weft_new(s, Word, .id = i, .text = i % 2 == 0 ? "even" : "odd", .n = i);
    commit_ok(s);
    const weft_expr *by_text = weft_columns(COL(text));
    (void)fixture_statements(f);
    const weft_expr *const columns[] = {
        weft_columns(COL(text), COL(n)),
        weft_columns(COL(text), weft_op(weft_sum(COL(n)), "+", COL(n))),
        weft_columns(weft_lower(COL(pattern)), weft_count_all()),
        weft_columns(COL(text), weft_coalesce(COL(m), COL(n))),
        weft_columns(COL(text), weft_case(weft_gt(Word, n, 1), weft_count_all(), weft_val(0))),
    };
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        (void)ROWS(.columns = columns[i], .group_by = by_text);
        assert_message(s, "of which a group may have several");
        assert_refused(s, WEFT_ERROR_MISUSE);
    }
    (void)ROWS(.columns = weft_columns(COL(text), weft_count_all()), .group_by = by_text,
               .order_by = weft_order(weft_asc(Word, n)));
    assert_message(s, "order_by names Word.n");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)ROWS(.columns = weft_columns(COL(text), weft_count_all()), .group_by = by_text, .having = weft_gt(Word, n, 1));
    assert_message(s, "having names Word.n");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)ROWS(.columns = weft_columns(COL(text), weft_count_all()));
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(fixture_statements(f), 0);
}

static void what_a_group_has_one_of_is_given(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 1; i <= 4; i++)
        (void)weft_new(s, Word, .id = i, .text = i % 2 == 0 ? "Even" : "Odd", .n = i);
    commit_ok(s);
    const weft_expr *low = weft_lower(COL(text)), *label = weft_label(low, "low");
    Pair_list l = ROWS(.columns = weft_columns(low, weft_count_all()), .group_by = weft_columns(low),
                       .order_by = weft_order(weft_asc_of(low)));
    assert_ok(s);
    assert_int_equal(l.count, 2);
    assert_string_equal(l.items[0]->a, "even");
    l = ROWS(.columns = weft_columns(label, weft_sum(COL(n))), .group_by = weft_columns(label),
             .order_by = weft_order(weft_desc_of(label), weft_asc_of(weft_max(COL(n)))),
             .having = weft_op(weft_sum(COL(n)), ">", weft_val(1)));
    assert_ok(s);
    assert_int_equal(l.count, 2);
    assert_string_equal(l.items[0]->a, "odd");
    /* The primary key decides about the row. */
    l = ROWS(.columns = weft_columns(COL(text), weft_op(COL(n), "+", COL(n))), .group_by = weft_columns(COL(id)),
             .order_by = weft_order(weft_asc(Word, n)), .having = weft_gt(Word, n, 1));
    assert_ok(s);
    assert_int_equal(l.count, 3);
    assert_true(l.items[0]->b.set && l.items[0]->b.value == 4);
    l = ROWS(.columns = weft_columns(weft_max(COL(text)), weft_count_all()), .having = weft_op(weft_count_all(), ">", weft_val(1)));
    assert_ok(s);
    assert_int_equal(l.count, 1);
    l = ROWS(.columns = weft_columns(weft_op(COL(text), "||", weft_val("!")), weft_literal(1)),
             .group_by = weft_columns(COL(text)));
    assert_ok(s);
    assert_int_equal(l.count, 2);
}

static void computed_patterns_that_end_with_their_escape_match_it(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const struct {
        const char *text, *pattern;
        bool found;
    } words[] = {{"a\\", "a\\", true},
                 {"a\\", "A\\\\", true},
                 {"a", "a\\", false},
                 {"b\\", "a\\", false},
                 {"ab\\", "a%\\", true},
                 {"\\", "\\", true},
                 {"\\\\", "\\\\\\", true},
                 {"a%", "a\\%", true},
                 {"ab", "a\\%", false},
                 {"", "\\", false},
                 {"line\n\\", "LINE\n\\", true},
                 {"x", "_", true},
                 {"\xc3\xa4\\", "_\\", true},
                 {"ab", "a_", true}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        (void)weft_new(s, Word, .id = (int64_t)i + 1, .text = words[i].text, .pattern = words[i].pattern);
    commit_ok(s);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        int64_t id = (int64_t)i + 1,
                found = weft_count_of(s, Word, .where = weft_and(weft_eq(Word, id, id), weft_op(COL(text), "ILIKE", COL(pattern))));
        assert_ok(s);
        if (found != words[i].found)
            fail_msg("%s ILIKE %s: %d", words[i].text, words[i].pattern, (int)found);
        found = weft_count_of(s, Word,
                              .where = weft_and(weft_eq(Word, id, id),
                                                weft_op(COL(text), "ILIKE", weft_op(weft_val(""), "||", COL(pattern)))));
        assert_ok(s);
        assert_int_equal(found, words[i].found);
    }
    assert_int_equal(weft_count_of(s, Word, .where = weft_op(COL(text), "ILIKE", weft_literal("A_"))), 5);
    (void)weft_count_of(s, Word, .where = weft_op(COL(text), "LIKE", weft_literal("a\\")));
    assert_refused(s, WEFT_ERROR_TYPE);
}

static void operators_of_types_that_do_not_go_together_are_refused(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_new(s, Word, .id = 1, .text = "5", .n = 5);
    commit_ok(s);
    (void)fixture_statements(f);
    const weft_expr *is_five = weft_eq(Word, n, 5);
    const weft_expr *const refused[] = {weft_op(COL(text), "=", weft_val(5)),
                                        weft_op(COL(n), "<", COL(text)),
                                        weft_op(is_five, "=", COL(n)),
                                        weft_op(weft_op(COL(text), "+", weft_val(1)), "=", weft_val(6)),
                                        weft_op(weft_op(COL(n), "-", COL(text)), "=", weft_val(0)),
                                        weft_op(is_five, "=", weft_lower(COL(text))),
                                        weft_op(weft_op(is_five, "+", is_five), ">", weft_val(0)),
                                        weft_op(COL(text), "=", weft_literal(5))};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        (void)weft_count_of(s, Word, .where = refused[i]);
        if (weft_session_status(s) != WEFT_ERROR_TYPE)
            fail_msg("%zu: %s", i, weft_status_identifier(weft_session_status(s)));
        rollback_ok(s);
    }
    assert_int_equal(fixture_statements(f), 0);
    assert_int_equal(weft_count_of(s, Word, .where = weft_op(is_five, "=", weft_val(true))), 1);
    assert_int_equal(weft_count_of(s, Word, .where = weft_op(weft_cast(COL(text), WEFT_INT32), "=", COL(n))), 1);
    assert_int_equal(weft_count_of(s, Word, .where = weft_op(weft_op(COL(text), "||", weft_val("x")), "=", weft_val("5x"))), 1);
    assert_ok(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_a_group_has_several_of_is_refused),
        ON_BOTH(what_a_group_has_one_of_is_given),
        ON_BOTH(operators_of_types_that_do_not_go_together_are_refused),
        ON_BOTH(computed_patterns_that_end_with_their_escape_match_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
