/* Orders and patterns mean the same on both databases, or are refused alike before anything is sent. */
#include "support/fixture.h"

WEFT_DECLARE(Chief);
WEFT_DECLARE(Task);
WEFT_DECLARE(Mark);
struct Chief {
    int64_t id;
    const char *nick;
    weft_opt_int64 over_id;
    const Chief *over;
    Task_list tasks;
};
struct Task {
    int64_t id;
    const char *name;
    weft_opt_int32 rank;
    weft_decimal cost;
    weft_opt_int64 chief_id;
    const Chief *chief;
    Mark_list marks;
};
struct Mark {
    int64_t id;
    int64_t task_id;
    weft_opt_int32 weight;
};
WEFT_MODEL(Chief, "chief", WEFT_COLUMN(Chief, id, .primary_key = true), WEFT_COLUMN(Chief, nick), WEFT_COLUMN(Chief, over_id),
           WEFT_BELONGS_TO(Chief, over, Chief, .foreign_key = "over_id"),
           WEFT_HAS_MANY(Chief, tasks, Task, .foreign_key = "chief_id", .order_by = "rank DESC, id"));
WEFT_MODEL(Task, "task", WEFT_COLUMN(Task, id, .primary_key = true), WEFT_COLUMN(Task, name), WEFT_COLUMN(Task, rank),
           WEFT_COLUMN(Task, cost, .nullable = true), WEFT_COLUMN(Task, chief_id),
           WEFT_BELONGS_TO(Task, chief, Chief, .foreign_key = "chief_id"),
           WEFT_HAS_MANY(Task, marks, Mark, .foreign_key = "task_id", .order_by = "weight, id"));
WEFT_MODEL(Mark, "mark", WEFT_COLUMN(Mark, id, .primary_key = true), WEFT_COLUMN(Mark, task_id), WEFT_COLUMN(Mark, weight));
WEFT_METADATA(models, &Chief_model, &Task_model, &Mark_model);

FIXTURE_ROWS(models,
             "INSERT INTO chief (id, nick, over_id) VALUES (1, 'zed', NULL), (2, 'abe', 1), (3, 'Moe', 2);"
             "INSERT INTO task (id, name, rank, cost, chief_id) VALUES (1, 'one', 5, '1.5', 1), (2, 'two', NULL, '10', 1), "
             "(3, 'three', 7, NULL, 2), (4, 'four', NULL, '9', NULL), (5, 'five', 5, '2', 3);"
             "INSERT INTO mark (id, task_id, weight) VALUES (1, 1, 3), (2, 1, NULL), (3, 2, 1), (4, 3, 2), (5, 3, 2), (6, 5, 9);");

#define assert_tasks(s, list, ...) \
    assert_these((s), (list), (const int64_t[]){__VA_ARGS__}, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static void assert_these(weft_session *s, Task_list list, const int64_t *ids, size_t count)
{
    assert_ok(s);
    assert_int_equal(list.count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(list.items[i]->id, ids[i]);
}

static void distinct_objects_are_ordered_by_what_they_belong_to(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_join_step joins = weft_joins(weft_outer_join(Task, chief), weft_outer_join(Task, marks));
    assert_tasks(s,
                 weft_query(s, Task, .distinct = true, .joins = joins,
                            .order_by = weft_order(weft_asc_of(weft_lower(weft_col(Chief, nick))), weft_desc(Task, id))),
                 3, 5, 2, 1, 4);
    assert_tasks(s,
                 weft_query(s, Task, .distinct = true, .joins = joins, .limit = 2, .offset = 1,
                            .order_by = weft_order(weft_desc_of(weft_lower(weft_col(Chief, nick))), weft_asc(Task, id))),
                 1, 2);
    assert_tasks(s,
                 weft_query(s, Task, .distinct = true, .joins = joins,
                            .order_by = weft_order(weft_desc_of(weft_lower(weft_col(Task, name))))),
                 2, 3, 1, 4, 5);
    assert_tasks(s,
                 weft_query(s, Task, .distinct = true, .joins = joins,
                            .order_by =
                                weft_order(weft_asc_of(weft_op(weft_col(Task, cost), "*", weft_val(2))), weft_asc(Task, id))),
                 1, 5, 4, 2, 3);
    assert_int_equal(fixture_statements(f), 4);
}

static void distinct_objects_are_ordered_through_two_joins(void **state)
{
    fixture *f = *state;
    assert_tasks(f->s,
                 weft_query(f->s, Task, .distinct = true,
                            .joins =
                                weft_joins(weft_join(Task, chief), weft_join_from(0, 1, Chief, over), weft_outer_join(Task, marks)),
                            .order_by = weft_order(weft_asc_of(weft_col_at(1, Chief, nick)))),
                 5, 3);
}

static void distinct_objects_in_order_load_their_relationships(void **state)
{
    fixture *f = *state;
    for (int how = 0; how < 3; how++) {
        const weft_loader *load = how == 0   ? weft_load(weft_joined(Task, marks))
                                  : how == 1 ? weft_load(weft_selectin(Task, marks))
                                             : weft_load(weft_subquery(Task, marks));
        Task_list tasks =
            weft_query(f->s, Task, .distinct = true, .joins = weft_joins(weft_join(Task, chief), weft_join(Task, marks)),
                       .limit = 2, .order_by = weft_order(weft_asc_of(weft_lower(weft_col(Chief, nick))), weft_asc(Task, id)),
                       .load = load);
        assert_tasks(f->s, tasks, 3, 5);
        assert_int_equal(tasks.items[0]->marks.count, 2);
        assert_int_equal(tasks.items[1]->marks.count, 1);
        assert_call(f->s, weft_session_clear(f->s), WEFT_OK);
    }
}

static void an_order_of_which_objects_have_several_is_refused(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_join_step joins = weft_joins(weft_join(Task, marks));
    (void)fixture_statements(f);
    (void)weft_query(s, Task, .distinct = true, .joins = joins, .order_by = weft_order(weft_asc(Mark, weight)));
    assert_message(s, "Mark.weight");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_query(s, Task, .distinct = true, .joins = joins, .limit = 1,
                     .order_by = weft_order(weft_asc(Task, id), weft_desc_of(weft_op(weft_col(Mark, weight), "+", weft_val(1)))));
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_query(s, Chief, .distinct = true, .joins = weft_joins(weft_join(Chief, tasks), weft_join_from(0, 2, Task, chief)),
                     .order_by = weft_order(weft_asc_of(weft_col_at(2, Chief, nick))));
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(fixture_statements(f), 0);
    assert_int_equal(weft_query(s, Task, .joins = joins, .order_by = weft_order(weft_asc(Mark, weight))).count, 4);
    assert_ok(s);
}

typedef struct Word {
    const char *word;
} Word;
WEFT_ROW(Word, WEFT_FIELD(Word, word));

static void distinct_rows_are_ordered_by_what_they_list(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_join_step joins = weft_joins(weft_outer_join(Task, chief));
    Word_list words =
        weft_rows(s, Word, .from = weft_from(Task), .joins = joins, .distinct = true,
                  .columns = weft_columns(weft_label(weft_lower(weft_op(weft_col(Chief, nick), "||", weft_val("X"))), "word")),
                  .order_by = weft_order(weft_desc_of(weft_lower(weft_op(weft_col(Chief, nick), "||", weft_val("X"))))));
    assert_ok(s);
    assert_int_equal(words.count, 4);
    assert_null(words.items[0]->word);
    assert_string_equal(words.items[1]->word, "zedx");
    assert_string_equal(words.items[3]->word, "abex");
    (void)fixture_statements(f);
    (void)weft_rows(s, Word, .from = weft_from(Task), .joins = joins, .distinct = true,
                    .columns = weft_columns(weft_label(weft_col(Chief, nick), "word")), .order_by = weft_order(weft_asc(Task, id)));
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_rows(s, Word, .from = weft_from(Task), .joins = joins, .distinct = true,
                    .columns = weft_columns(weft_label(weft_op(weft_col(Chief, nick), "||", weft_val("X")), "word")),
                    .order_by = weft_order(weft_asc_of(weft_op(weft_col(Chief, nick), "||", weft_val("Y")))));
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(fixture_statements(f), 0);
}

static void null_is_greater_than_any_value(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    assert_tasks(s, weft_query(s, Task, .order_by = weft_order(weft_asc(Task, rank), weft_asc(Task, id))), 1, 5, 3, 2, 4);
    assert_tasks(s, weft_query(s, Task, .order_by = weft_order(weft_desc(Task, rank), weft_asc(Task, id))), 2, 4, 3, 1, 5);
    assert_tasks(s, weft_query(s, Task, .order_by = weft_order(weft_nulls_first(weft_asc(Task, rank)), weft_asc(Task, id))), 2, 4,
                 1, 5, 3);
    assert_tasks(s, weft_query(s, Task, .order_by = weft_order(weft_nulls_last(weft_desc(Task, rank)), weft_asc(Task, id))), 3, 1,
                 5, 2, 4);
    assert_tasks(s, weft_query(s, Task, .order_by = weft_order(weft_asc(Task, cost))), 1, 5, 4, 2, 3);
    assert_tasks(s,
                 weft_query(s, Task, .limit = 2, .order_by = weft_order(weft_desc(Task, rank), weft_asc(Task, id)),
                            .load = weft_load(weft_joined(Task, marks))),
                 2, 4);
    assert_tasks(s,
                 weft_query(s, Task, .joins = weft_joins(weft_outer_join(Task, chief)),
                            .order_by = weft_order(weft_desc_of(weft_lower(weft_col(Chief, nick))), weft_asc(Task, id))),
                 4, 1, 2, 5, 3);
}

static void null_is_greater_in_collections_too(void **state)
{
    fixture *f = *state;
    for (int how = 0; how < 3; how++) {
        const weft_loader *load = how == 0   ? weft_load(weft_joined(Chief, tasks, weft_joined(Task, marks)))
                                  : how == 1 ? weft_load(weft_selectin(Chief, tasks, weft_selectin(Task, marks)))
                                             : weft_load(weft_subquery(Chief, tasks, weft_subquery(Task, marks)));
        Chief_list chiefs = weft_query(f->s, Chief, .where = weft_eq(Chief, id, 1), .load = load);
        assert_ok(f->s);
        assert_tasks(f->s, chiefs.items[0]->tasks, 2, 1);
        assert_int_equal(chiefs.items[0]->tasks.items[1]->marks.items[0]->id, 1);
        assert_int_equal(chiefs.items[0]->tasks.items[1]->marks.items[1]->id, 2);
        assert_call(f->s, weft_session_clear(f->s), WEFT_OK);
    }
}

static void patterns_that_end_with_their_escape_are_refused(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_expr *const open[] = {weft_like(Task, name, "one\\"),
                                     weft_ilike(Task, name, "one\\"),
                                     weft_like(Task, name, "\\"),
                                     weft_not_like(Task, name, "%\\\\\\"),
                                     weft_op(weft_lower(weft_col(Task, name)), "LIKE", weft_val("\\")),
                                     weft_op(weft_col(Task, name), "ILIKE", weft_val("x\\")),
                                     weft_op(weft_col(Task, name), "NOT LIKE", weft_val("x\\"))};
    (void)fixture_statements(f);
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
        (void)weft_query(s, Task, .where = open[i]);
        assert_message(s, "escape");
        assert_refused(s, WEFT_ERROR_TYPE);
    }
    assert_int_equal(fixture_statements(f), 0);
    assert_int_equal(weft_query(s, Task, .where = weft_ilike(Task, name, "one\\\\")).count, 0);
    assert_int_equal(weft_query(s, Task, .where = weft_not_like(Task, name, "one\\\\")).count, 5);
    assert_int_equal(weft_query(s, Task, .where = weft_ends_with(Task, name, "\\")).count, 0);
    assert_int_equal(weft_query(s, Task, .where = weft_ilike(Task, name, "\\ONE")).count, 1);
    assert_ok(s);
}

/* Made by hand, of columns and in the places where directions are looked into: what has nothing within is refused in each. */
static void a_direction_of_nothing_is_refused_wherever_it_stands(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_expr none = {.op = WEFT_EXPR_DESC},
                    within = {.op = WEFT_EXPR_NULLS_FIRST, .args = (const weft_expr *const[]){&none, &weft_end}};
    const weft_expr *const bad[] = {&none, &within, weft_order(weft_asc(Task, id), &none), weft_asc_of(&within),
                                    weft_keep(s, &within)};
    (void)fixture_statements(f);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)weft_query(s, Task, .order_by = bad[i]);
        assert_refused(s, WEFT_ERROR_MISUSE);
        (void)weft_query(s, Task, .distinct = true, .joins = weft_join(Task, marks), .order_by = bad[i]);
        assert_refused(s, WEFT_ERROR_MISUSE);
        (void)weft_rows(s, Word, .from = weft_from(Task), .columns = weft_max(weft_col(Task, name)),
                        .group_by = weft_col(Task, rank), .order_by = bad[i]);
        assert_refused(s, WEFT_ERROR_MISUSE);
        (void)weft_rows(s, Word, .from = weft_from(Task),
                        .columns =
                            weft_over(weft_max(weft_col(Task, name)), .partition_by = weft_col(Task, rank), .order_by = bad[i]));
        assert_refused(s, WEFT_ERROR_MISUSE);
    }
    assert_int_equal(fixture_statements(f), 0);
    const weft_expr *kept = weft_keep(s, weft_order(weft_nulls_first(weft_desc(Task, rank)), weft_asc(Task, id)));
    assert_tasks(s, weft_query(s, Task, .order_by = kept), 2, 4, 3, 1, 5);
}

typedef struct Wide {
    weft_opt_int64 rank;
} Wide;
WEFT_ROW(Wide, WEFT_FIELD(Wide, rank));
typedef struct Exact {
    weft_decimal rank;
} Exact;
WEFT_ROW(Exact, WEFT_FIELD(Exact, rank));

/* A column that the row around reads as a wider type, in a subselect, a CTE and a member of a set operation; twice: compiled anew,
 * and found. */
static void distinct_rows_within_are_ordered_by_columns_that_are_widened(void **state)
{
    fixture *f = *state;
    const weft_expr *greatest = weft_nulls_last(weft_desc(Task, rank));
    for (int run = 0; run < 2; run++) {
        weft_subselect(Wide, weft_select(.from = weft_from(Task), .columns = weft_col(Task, rank), .distinct = true,
                                         .order_by = greatest, .limit = 1));
        Wide_list one = weft_rows(f->s, Wide, .from = weft_from(Wide), .columns = weft_col(Wide, rank));
        assert_ok(f->s);
        assert_true(one.count == 1 && one.items[0]->rank.value == 7);
    }
    weft_subselect(Exact, weft_select(.from = weft_from(Task), .columns = weft_col(Task, rank), .distinct = true,
                                      .order_by = weft_order(greatest), .limit = 1));
    Exact_list exact = weft_rows(f->s, Exact, .from = weft_from(Exact), .columns = weft_col(Exact, rank));
    assert_ok(f->s);
    assert_true(exact.count == 1 && strcmp(exact.items[0]->rank.text, "7") == 0);
    weft_subselect(Wide, weft_union_all(weft_select(.from = weft_from(Task), .columns = weft_col(Task, rank), .distinct = true,
                                                    .order_by = greatest, .limit = 1),
                                        weft_select(.columns = weft_val((int64_t)5000000000))));
    Wide_list both = weft_rows(f->s, Wide, .from = weft_from(Wide), .columns = weft_col(Wide, rank));
    assert_ok(f->s);
    assert_int_equal(both.count, 2);
    assert_int_equal(both.items[0]->rank.value + both.items[1]->rank.value, 5000000007);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(distinct_objects_are_ordered_by_what_they_belong_to),
        ON_BOTH(distinct_objects_are_ordered_through_two_joins),
        ON_BOTH(distinct_objects_in_order_load_their_relationships),
        ON_BOTH(an_order_of_which_objects_have_several_is_refused),
        ON_BOTH(distinct_rows_are_ordered_by_what_they_list),
        ON_BOTH(null_is_greater_than_any_value),
        ON_BOTH(null_is_greater_in_collections_too),
        ON_BOTH(patterns_that_end_with_their_escape_are_refused),
        ON_BOTH(a_direction_of_nothing_is_refused_wherever_it_stands),
        ON_BOTH(distinct_rows_within_are_ordered_by_columns_that_are_widened),
    };
    return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
