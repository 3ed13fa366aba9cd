/* What WEFT_CHECK_NODES finds: nodes of functions that have returned, and literals that a loop made anew; and what it must not find
 * in correct programs, which use nodes of their callers, of other threads, twice, again, and after errors. */
#define WEFT_CHECK_NODES 1
#include "support/fixture.h"

#include <pthread.h>

WEFT_DECLARE(Fish);
WEFT_DECLARE(Fin);
struct Fish {
    int64_t id;
    const char *name;
    int64_t weight;
    Fin_list fins;
};
struct Fin {
    int64_t id;
    int64_t fish_id;
};
WEFT_MODEL(Fish, "fish", WEFT_COLUMN(Fish, id, .primary_key = true), WEFT_COLUMN(Fish, name), WEFT_COLUMN(Fish, weight),
           WEFT_HAS_MANY(Fish, fins, Fin, .foreign_key = "fish_id"));
WEFT_MODEL(Fin, "fin", WEFT_COLUMN(Fin, id, .primary_key = true), WEFT_COLUMN(Fin, fish_id, .references = "fish.id"));
WEFT_METADATA(models, &Fish_model, &Fin_model);
FIXTURE_MODELS(models);
typedef struct Name {
    const char *name;
} Name;
WEFT_ROW(Name, WEFT_FIELD(Name, name));

static void make_fish(fixture *f)
{
    weft_new(f->s, Fish, .name = "carp", .weight = 5);
    weft_new(f->s, Fish, .name = "eel", .weight = 2);
    weft_new(f->s, Fish, .name = "pike", .weight = 7);
    commit_ok(f->s);
}

/* Where compilers do not follow. */
static const void *volatile hidden;

static inline void hide(const void *node)
{
    __asm__ volatile("" : "+r"(node) : : "memory");
    hidden = node;
}

static __attribute__((noinline)) void make_condition(int64_t weight) { hide(weft_gt(Fish, weight, weight)); }

static __attribute__((noinline)) void make_computed(void) { hide(weft_lower(weft_val("CARP"))); }

static __attribute__((noinline)) void make_order(void) { hide(weft_order(weft_desc(Fish, weight))); }

static __attribute__((noinline)) void make_joins(void) { hide(((weft_join_step)weft_joins(weft_outer_join(Fish, fins))).list); }

static __attribute__((noinline)) void make_load(void) { hide(weft_load(weft_selectin(Fish, fins))); }

static __attribute__((noinline)) void make_sets(void) { hide(weft_sets(weft_to(Fish, weight, 1))); }

static __attribute__((noinline)) void make_window(void)
{
    hide(&(const weft_window){.order_by = weft_order(weft_desc(Fish, weight))});
}

static __attribute__((noinline)) void make_query(void) { hide(weft_select(.from = weft_from(Fin), .where = weft_gt(Fin, id, 1))); }

static __attribute__((noinline)) void make_rows(void)
{
    Name rows[] = {{"carp"}, {"eel"}};
    hide(rows);
}

/* On AddressSanitizer's stack of its own nothing lies below anything. */
#if defined(__SANITIZE_ADDRESS__)
#define SEES_THE_STACK 0
#else
#define SEES_THE_STACK 1
#endif

#define REFUSED_AND_NOTHING_SENT(f, part) \
    do { \
        assert_message((f)->s, (part)); \
        assert_refused((f)->s, WEFT_ERROR_MISUSE); \
        assert_int_equal(fixture_statements(f), 0); \
    } while (0)

static void nodes_of_functions_that_returned_are_refused(void **state)
{
    fixture *f = *state;
    make_fish(f);
    (void)fixture_statements(f);
    make_condition(3);
    (void)weft_query(f->s, Fish, .where = hidden);
    REFUSED_AND_NOTHING_SENT(f, "test_nodes.c:");
    make_condition(3);
    (void)weft_query(f->s, Fish, .where = weft_not((const weft_expr *)hidden));
    REFUSED_AND_NOTHING_SENT(f, "returned");
    make_condition(3);
    (void)weft_first(f->s, Fish, .where = hidden);
    REFUSED_AND_NOTHING_SENT(f, "returned");
    make_condition(3);
    (void)weft_one(f->s, Fish, NULL, .where = hidden);
    REFUSED_AND_NOTHING_SENT(f, "returned");
    make_condition(3);
    (void)weft_exists(f->s, Fish, .where = hidden);
    REFUSED_AND_NOTHING_SENT(f, "returned");
    make_condition(3);
    (void)weft_count_of(f->s, Fish, .where = hidden);
    REFUSED_AND_NOTHING_SENT(f, "returned");
    int64_t total;
    make_condition(3);
    (void)weft_query_page(f->s, Fish, &total, .where = hidden, .limit = 1);
    REFUSED_AND_NOTHING_SENT(f, "returned");
    make_computed();
    (void)weft_query(f->s, Fish, .where = weft_eq(Fish, name, (const weft_expr *)hidden));
    REFUSED_AND_NOTHING_SENT(f, "returned");
    make_order();
    (void)weft_query(f->s, Fish, .order_by = hidden);
    REFUSED_AND_NOTHING_SENT(f, "returned");
    make_joins();
    (void)weft_query(f->s, Fish, .joins = {.list = hidden});
    REFUSED_AND_NOTHING_SENT(f, "returned");
    make_load();
    (void)weft_query(f->s, Fish, .load = hidden);
    REFUSED_AND_NOTHING_SENT(f, "returned");
    make_condition(3);
    (void)weft_rows(f->s, Name, .from = weft_from(Fish), .columns = weft_columns(weft_col(Fish, name)), .having = hidden);
    REFUSED_AND_NOTHING_SENT(f, "returned");
    make_sets();
    (void)weft_session_update(f->s, weft_update_of(Fish, .set = hidden, .all = true), NULL);
    REFUSED_AND_NOTHING_SENT(f, "returned");
    make_condition(3);
    (void)weft_session_delete_where(f->s, weft_delete_from(Fish, .where = hidden), NULL);
    REFUSED_AND_NOTHING_SENT(f, "returned");
    make_window();
    (void)weft_rows(f->s, Name, .from = weft_from(Fish),
                    .columns = weft_columns(weft_over_window(weft_max(weft_col(Fish, name)), *(const weft_window *)hidden)));
    REFUSED_AND_NOTHING_SENT(f, "a window");
    make_query();
    (void)weft_query(f->s, Fish, .where = weft_exists_in(hidden));
    REFUSED_AND_NOTHING_SENT(f, "a SELECT");
    make_rows();
    weft_values_of(Name, (const Name *)hidden, 2);
    (void)weft_rows(f->s, Name, .from = weft_from(Name));
    REFUSED_AND_NOTHING_SENT(f, "an array of rows");
    weft_select *select = weft_select_new(f->s, Fish);
    make_condition(3);
    weft_select_where(select, hidden);
    REFUSED_AND_NOTHING_SENT(f, "returned");
    assert_rows(f, "SELECT sum(weight), count(*) FROM fish", "14|3");
}

static void nodes_of_functions_that_returned_are_refused_in_core(void **state)
{
    fixture *f = *state;
    weft_error error;
    weft_connection *c;
    weft_result *result;
    Name_list names;
    make_fish(f);
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    make_condition(3);
    assert_error(weft_connection_select(c, &(weft_rows_options){.from = &Fish_model, .where = hidden}, &result, &error),
                 WEFT_ERROR_MISUSE, &error);
    assert_true(error.nothing_sent && strstr(error.message, "test_nodes.c:") != NULL);
    make_order();
    assert_error(weft_fetch(c, Name, &names, &result, &error, .from = weft_from(Fish), .columns = hidden), WEFT_ERROR_MISUSE,
                 &error);
    make_sets();
    assert_error(weft_execute_update(c, weft_update_of(Fish, .set = hidden, .all = true), NULL, &error), WEFT_ERROR_MISUSE, &error);
    make_condition(3);
    assert_error(weft_execute_delete(c, weft_delete_from(Fish, .where = hidden), NULL, &error), WEFT_ERROR_MISUSE, &error);
    make_sets();
    Fish fish = {.id = 1, .name = "x"};
    assert_error(
        weft_insert_many(c, Fish, &fish, 1,
                         (&(weft_insert_options){.on_conflict = WEFT_CONFLICT_UPDATE, .conflict_columns = "id", .set = hidden}),
                         &error),
        WEFT_ERROR_MISUSE, &error);
    for (int place = 0; place < 2; place++) { /* its conditions, too */
        make_condition(3);
        const weft_insert_options options = {.on_conflict = WEFT_CONFLICT_UPDATE,
                                             .conflict_columns = "id",
                                             .set = weft_sets(weft_to(Fish, name, "y")),
                                             .where = place == 0 ? hidden : NULL,
                                             .conflict_where = place == 1 ? hidden : NULL};
        assert_error(weft_insert_many(c, Fish, &fish, 1, &options, &error), WEFT_ERROR_MISUSE, &error);
        assert_non_null(strstr(error.message, "test_nodes.c:"));
    }
    weft_connection_close(c);
    assert_rows(f, "SELECT sum(weight), count(*) FROM fish", "14|3");
}

static void literals_that_a_loop_made_anew_are_refused(void **state)
{
    fixture *f = *state;
    make_fish(f);
    (void)fixture_statements(f);
    const int64_t weights[] = {5, 2, 7};
    const weft_expr *terms[4];
    for (size_t i = 0; i < 3; i++)
        terms[i] = weft_eq(Fish, weight, weights[i]);
    terms[3] = &weft_end;
    const weft_expr any = {.op = WEFT_EXPR_OR, .args = terms};
    (void)weft_count_of(f->s, Fish, .where = &any);
    REFUSED_AND_NOTHING_SENT(f, "test_nodes.c:");
    for (size_t i = 0; i < 3; i++)
        terms[i] = weft_not(weft_in(Fish, weight, &weights[i], 1));
    (void)weft_query(f->s, Fish, .where = &any);
    REFUSED_AND_NOTHING_SENT(f, "made 3 times");
    /* Copies are what they were. */
    for (size_t i = 0; i < 3; i++)
        terms[i] = weft_keep(f->s, weft_eq(Fish, weight, weights[i]));
    assert_int_equal(weft_count_of(f->s, Fish, .where = &any), 3);
}

static size_t count_deep(fixture *f, const weft_expr *where, int depth)
{
    return depth > 0 ? count_deep(f, weft_and(where, weft_ge(Fish, weight, depth)), depth - 1)
                     : (size_t)weft_count_of(f->s, Fish, .where = where);
}

typedef struct other_thread {
    fixture *f;
    const weft_expr *where;
    size_t count;
} other_thread;

static void *count_on_another_thread(void *context)
{
    other_thread *other = context;
    weft_session *s = weft_session_open(other->f->engine, NULL);
    other->count = (size_t)weft_count_of(s, Fish, .where = weft_and(other->where, weft_lt(Fish, weight, 6)));
    weft_session_close(s);
    return NULL;
}

static const weft_expr by_weight = {.op = WEFT_EXPR_COLUMN, .model = &Fish_model, .offset = offsetof(Fish, weight)};

static void correct_programs_are_not_refused(void **state)
{
    fixture *f = *state;
    make_fish(f);
    const weft_expr *heavy = weft_gt(Fish, weight, 4);
    int64_t total = 0;
    for (int64_t i = 0; i < 200; i++) {
        const weft_expr *other = weft_eq(Fish, id, i);
        if (i % 3 == 0)
            continue;
        const weft_expr *both = weft_or(weft_and(heavy, other), weft_and(heavy, other));
        (void)weft_count_of(f->s, Fish, .where = weft_or(both, weft_not(other)));
        (void)weft_query_page(f->s, Fish, &total, .where = weft_and(heavy, heavy), .order_by = &by_weight);
    }
    assert_int_equal(total, 2);
    assert_int_equal(count_deep(f, heavy, 4), 2);
    other_thread other = {.f = f, .where = heavy};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, count_on_another_thread, &other), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(other.count, 1);
    /* Nodes that statements of a failed session did not look at. */
    for (int i = 0; i < 3; i++) {
        const weft_expr *node = weft_eq(Fish, weight, 5);
        if (i < 2)
            (void)weft_session_execute_text(f->s, "", NULL);
        (void)weft_count_of(f->s, Fish, .where = weft_or(weft_and(node, heavy), weft_and(node, node)));
        if (i < 2)
            assert_refused(f->s, WEFT_ERROR_MISUSE);
    }
    assert_ok(f->s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#if SEES_THE_STACK
        ON_BOTH(nodes_of_functions_that_returned_are_refused),
        ON_BOTH(nodes_of_functions_that_returned_are_refused_in_core),
#endif
        ON_BOTH(literals_that_a_loop_made_anew_are_refused),
        ON_BOTH(correct_programs_are_not_refused),
    };
    (void)nodes_of_functions_that_returned_are_refused;
    (void)nodes_of_functions_that_returned_are_refused_in_core;
    return cmocka_run_group_tests_name("nodes", tests, NULL, NULL);
}
