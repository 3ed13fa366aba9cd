#define _POSIX_C_SOURCE 200809L /* clock_gettime */
/* Queries whose answers once depended on the database, or on which of two parts came first, with what each gives; and statements
 * that are refused alike before anything is sent. */
#include "support/fixture.h"

#include <time.h>

WEFT_DECLARE(Emp);
WEFT_DECLARE(Log);
struct Emp {
    int64_t id;
    weft_decimal salary;
    double ratio;
    bool active;
    const char *code;
    weft_json json;
    weft_timestamp at;
    int32_t n;
    Log_list logs;
};
struct Log {
    int64_t id, emp_id;
    const char *what;
};
WEFT_MODEL(Emp, "emp", WEFT_COLUMN(Emp, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Emp, salary),
           WEFT_COLUMN(Emp, ratio), WEFT_COLUMN(Emp, active), WEFT_COLUMN(Emp, code), WEFT_COLUMN(Emp, json), WEFT_COLUMN(Emp, at),
           WEFT_COLUMN(Emp, n), WEFT_HAS_MANY(Emp, logs, Log, .foreign_key = "emp_id"));
WEFT_MODEL(Log, "log", WEFT_COLUMN(Log, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Log, emp_id, .references = "emp.id"), WEFT_COLUMN(Log, what));
WEFT_METADATA(models, &Emp_model, &Log_model);
FIXTURE_MODELS(models);

static void rows_are_there(fixture *f)
{
    static const char *const words[] = {"a", "b"};
    for (int i = 1; i <= 4; i++)
        (void)weft_new(f->s, Emp, .id = i, .salary = {i % 2 != 0 ? "10.50" : "3.25"}, .ratio = i / 4.0 + 1, .active = i % 2 != 0,
                       .code = "abcdef", .json = {"[1, 2, 3]"}, .at = {1456704000000001}, .n = i);
    for (int i = 1; i <= 8; i++)
        (void)weft_new(f->s, Log, .id = i, .emp_id = 1 + i % 3, .what = words[i % 2]);
    commit_ok(f->s);
}

/* The rows as one text, or the status and the message. */
static const char *told(weft_connection *c, const weft_rows_options *query)
{
    static char text[2000];
    weft_error error = {0};
    weft_result *result = NULL;
    size_t used = 0;
    text[0] = '\0';
    (void)weft_connection_select(c, query, &result, &error);
    while (error.status == WEFT_OK && weft_result_next(result, &error)) {
        for (uint16_t i = 0; i < weft_result_columns(result); i++) {
            const weft_value v = weft_result_value(result, i);
            const char *before = i == 0 ? "" : "|";
            if (v.is_null)
                used += (size_t)snprintf(text + used, sizeof text - used, "%sN", before);
            else if (v.type == WEFT_DOUBLE)
                used += (size_t)snprintf(text + used, sizeof text - used, "%sd%g", before, v.as.d);
            else if (v.type == WEFT_TEXT || v.type == WEFT_DECIMAL || v.type == WEFT_JSON)
                used += (size_t)snprintf(text + used, sizeof text - used, "%s%.*s", before, (int)v.as.s.size, v.as.s.data);
            else
                used += (size_t)snprintf(text + used, sizeof text - used, "%s%lld", before,
                                         v.type == WEFT_BOOL ? (long long)v.as.b : (long long)v.as.i);
        }
        used += (size_t)snprintf(text + used, sizeof text - used, " ");
    }
    if (error.status != WEFT_OK)
        (void)snprintf(text, sizeof text, "%s: %s", weft_status_name(error.status), error.message);
    weft_result_close(result);
    (void)weft_connection_rollback(c, &error);
    return text;
}

static weft_connection *opened(const fixture *f)
{
    weft_connection *c = NULL;
    weft_error error = {0};
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    return c;
}

static int wrong;
/* Begins with what is wanted, which for rows is all of it. */
static void compare(weft_connection *c, const char *wanted, const char *query, const weft_rows_options *options, int line)
{
    const char *found = told(c, options);
    const bool refused = strstr(wanted, ": ") != NULL;
    if (refused ? strstr(found, wanted) != NULL : strcmp(found, wanted) == 0)
        return;
    wrong++;
    print_error("line %d: %s\n  gives %s\n  for   %s\n", line, query, found, wanted);
}
#define GIVES(wanted, ...) compare(c, (wanted), #__VA_ARGS__, weft_select(.from = weft_from(Emp), __VA_ARGS__), __LINE__)
#define C(f) weft_col(Emp, f)
#define L(f) weft_col(Log, f)
#define BY_ID .order_by = weft_asc(Emp, id)
#define IDS .columns = C(id), BY_ID
#define OF_LOGS(...) weft_select(.from = weft_from(Log), __VA_ARGS__)
#define OF_EMPS(...) weft_select(.from = weft_from(Emp), .columns = __VA_ARGS__)
#define OWN weft_eq_col(Log, emp_id, Emp, id)

static void constants_of_a_case_are_as_what_stands_beside_it(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    weft_connection *c = opened(f);
    const weft_expr *whole = weft_case(weft_eq(Emp, active, true), weft_val(2), weft_val(3));
    const weft_expr *mixed = weft_case(weft_eq(Emp, active, true), weft_val(1.5), weft_val(((weft_decimal){"1.50"})));
    wrong = 0;
    GIVES("1 3 ", IDS, .where = weft_op(weft_op(C(salary), "-", C(ratio)), ">", whole));
    GIVES("1 2 3 4 ", IDS, .where = weft_op(whole, "<", weft_op(C(salary), "*", C(ratio))));
    GIVES("1 2 3 4 ", IDS, .where = weft_between(weft_coalesce(C(salary), C(ratio)), whole, weft_val(100)));
    GIVES("2 4 ", IDS, .where = weft_op(weft_op(C(salary), "/", weft_val(2.0)), "<", whole));
    GIVES("1 2 3 4 ", IDS, .where = weft_op(weft_tuple(weft_op(C(salary), "*", C(ratio)), C(id)), ">", weft_tuple(whole, C(id))));
    GIVES("d1.5 d1.5 d1.5 d1.5 ", .columns = weft_coalesce(mixed, C(ratio)), BY_ID);
    GIVES("d1.5 ", .columns = weft_coalesce(mixed, C(ratio)), .distinct = true);
    GIVES("d1.5 N d1.5 d1.5 ", .columns = weft_fn("nullif", mixed, C(ratio)), BY_ID);
    GIVES("d1.5 d1.5 d1.75 d2 ", .columns = weft_case(weft_gt(Emp, id, 2), C(ratio), mixed), BY_ID);
    weft_connection_close(c);
    assert_int_equal(wrong, 0);
}

static void members_of_a_set_are_compared_as_one_type(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    weft_connection *c = opened(f);
    const weft_expr *day = weft_cast(C(at), WEFT_DATE), *midnight = weft_cast(weft_cast(C(at), WEFT_DATE), WEFT_TIMESTAMP);
    const weft_expr *id = weft_cast(C(id), WEFT_DECIMAL);
    wrong = 0;
    GIVES("1 2 3 4 ", IDS,
          .where = weft_in_query(day, weft_union(OF_EMPS(weft_date_add(day, weft_val(1), WEFT_DAY)), OF_EMPS(midnight))));
    GIVES("1 2 3 4 ", IDS, .where = weft_in_query(midnight, weft_union(OF_EMPS(C(at)), OF_EMPS(day))));
    GIVES("", IDS, .where = weft_not_in_query(midnight, weft_union(OF_EMPS(C(at)), OF_EMPS(day))));
    GIVES("3 4 ", IDS,
          .where =
              weft_op(C(id), ">", weft_any_of(weft_union_all(OF_EMPS(weft_val(((weft_decimal){"2.5"}))), OF_EMPS(weft_val(3.5))))));
    GIVES("2 3 4 ", IDS,
          .where = weft_op(C(id), ">", weft_any_of(weft_union_all(OF_EMPS(weft_val(((weft_decimal){"2.5"}))), OF_EMPS(C(id))))));
    GIVES("1 2 3 4 ", IDS, .where = weft_op(day, "<=", weft_all_of(weft_union_all(OF_EMPS(midnight), OF_EMPS(day)))));
    GIVES("", IDS, .where = weft_in_query(C(salary), weft_union(OF_EMPS(C(id)), OF_EMPS(weft_op(C(id), "+", weft_val(100))))));
    GIVES("1 2 3 4 ", IDS, .where = weft_in_query(C(id), weft_union(OF_EMPS(id), OF_EMPS(C(ratio)))));
    GIVES("2 ", IDS, .where = weft_in_query(C(id), weft_intersect(OF_EMPS(id), OF_EMPS(C(ratio)))));
    GIVES("1 4 ", IDS,
          .where = weft_in_query(C(id), weft_except(OF_EMPS(C(id)), weft_union(OF_EMPS(C(ratio)), OF_EMPS(weft_val(3))))));
    GIVES("1 2 3 4 ", IDS,
          .where = weft_in_query(weft_tuple(C(id), C(salary)),
                                 weft_union(OF_EMPS(weft_columns(id, C(salary))), OF_EMPS(weft_columns(C(ratio), C(id))))));
    weft_connection_close(c);
    assert_int_equal(wrong, 0);
}

static void subqueries_name_what_is_grouped(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    weft_connection *c = opened(f);
    const weft_expr *count = weft_scalar(OF_LOGS(.columns = weft_count_all(), .where = OWN));
    const char *refused = "misuse: Emp.id stands in a subquery of a query with groups";
    wrong = 0;
    GIVES(refused, .columns = weft_columns(C(active), count), .group_by = C(active));
    GIVES(refused, .columns = C(active), .group_by = C(active), .having = weft_exists_in(OF_LOGS(.where = OWN)));
    GIVES(refused, .columns = C(active), .group_by = C(active), .having = weft_any(Emp, logs, weft_gt(Log, id, 0)));
    GIVES(refused, .columns = C(active), .group_by = C(active), .order_by = weft_asc_of(count));
    GIVES(refused, .columns = weft_columns(weft_count_all(), count));
    GIVES(refused, .columns = weft_columns(C(active), count), .group_by = weft_rollup(C(active)));
    GIVES("1|2 2|3 3|3 4|0 ", .columns = weft_columns(C(id), count), .group_by = C(id), BY_ID);
    GIVES("1|2 2|3 3|3 ", .columns = weft_columns(C(id), count), .group_by = C(id),
          .having = weft_any(Emp, logs, weft_gt(Log, id, 0)), BY_ID);
    GIVES("0|3 1|5 ", .columns = weft_columns(C(active), weft_sum(count)), .group_by = C(active),
          .order_by = weft_asc(Emp, active));
    GIVES("0|1 1|2 ", .columns = weft_columns(C(active), weft_count_all()), .where = weft_exists_in(OF_LOGS(.where = OWN)),
          .group_by = C(active), .order_by = weft_asc(Emp, active));
    /* Within the subquery a column of what stands around it has one value. */
    GIVES("1|3 2|5 3|6 4|4 ",
          .columns = weft_columns(C(id), weft_scalar(OF_LOGS(.columns = weft_op(weft_count_all(), "+", C(id)), .where = OWN))),
          BY_ID);
    GIVES("2 3 ", IDS, .where = weft_exists_in(OF_LOGS(.where = OWN, .having = weft_op(weft_count_all(), ">", weft_val(2)))));
    GIVES("4 ", IDS,
          .where = weft_exists_in(
              OF_LOGS(.columns = weft_count_all(), .where = OWN, .having = weft_op(weft_count_all(), "=", weft_val(0)))));
    GIVES(f->postgres ? "1 " : "unsupported: sqlite takes .having without .group_by beside an aggregate alone",
          .columns = weft_val(1), .having = weft_op(weft_count_all(), ">", weft_val(2)));
    weft_connection_close(c);
    assert_int_equal(wrong, 0);
}

static void rows_that_are_skipped_are_distinct_ones(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    weft_connection *c = opened(f);
    wrong = 0;
    GIVES("", IDS, .where = weft_exists_in(OF_LOGS(.columns = L(what), .distinct = true, .offset = 2)));
    GIVES("1 2 3 4 ", IDS, .where = weft_exists_in(OF_LOGS(.columns = L(what), .distinct = true, .offset = 1)));
    GIVES("1 2 3 4 ", IDS, .where = weft_exists_in(OF_LOGS(.columns = L(what), .distinct = true, .limit = 1)));
    GIVES("1 2 3 4 ", IDS, .where = weft_exists_in(OF_LOGS(.columns = L(what), .offset = 7)));
    GIVES("misuse: a query of weft_exists_in with .distinct and .offset says its .columns", IDS,
          .where = weft_exists_in(OF_LOGS(.distinct = true, .offset = 2)));
    weft_connection_close(c);
    assert_int_equal(wrong, 0);
}

static void functions_count_by_integers(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    weft_connection *c = opened(f);
    wrong = 0;
    GIVES("11 3.3 10.50 3.250 ", .columns = weft_fn("round", C(salary), weft_op(C(id), "-", weft_val(1))), BY_ID);
    GIVES("abcdef bcdef cdef def ", .columns = weft_fn("substr", C(code), C(id)), BY_ID);
    GIVES("b bc bcd bcde ", .columns = weft_fn("substr", C(code), weft_date_part(C(at), WEFT_MONTH), C(n)), BY_ID);
    GIVES("N 1 2 3 ", .columns = weft_over(weft_lag(C(id), weft_cast(weft_val(1), WEFT_INT64)), BY_ID));
    GIVES("1 1 2 2 ", .columns = weft_over(weft_fn("ntile", weft_val((int64_t)2)), BY_ID));
    GIVES("2 3 N N ", .columns = weft_op(C(json), "->", C(id)), BY_ID);
    GIVES("value does not fit its type: argument 2 of round does not fit 32 bits",
          .columns = weft_fn("round", C(salary), weft_val((int64_t)4294967295)));
    GIVES("value does not fit its type: argument 2 of substr is an integer", .columns = weft_fn("substr", C(code), weft_val(1.5)));
    GIVES("misuse: weft_fn: substr takes two to three arguments", .columns = weft_fn("substr", C(code)));
    GIVES("misuse: weft_fn: replace takes three arguments", .columns = weft_fn("replace", C(code), weft_val("a")));
    GIVES("misuse: weft_fn: lower takes one argument", .columns = weft_fn("lower", C(code), C(code)));
    GIVES("unsupported: mod takes integers and decimals", .columns = weft_fn("mod", C(ratio), weft_val(2)));
    GIVES("value does not fit its type: string_agg puts a text between", .columns = weft_fn("string_agg", C(code), weft_val(1)));
    GIVES("", IDS, .where = weft_op(C(code), "NOT ILIKE", weft_val("A%")));
    GIVES("1 2 3 4 ", IDS, .where = weft_op(C(code), "NOT ILIKE", weft_val("B%")));
    weft_connection_close(c);
    assert_int_equal(wrong, 0);
}

/* One that was compiled for the one is not run for the other. */
static void what_ran_before_makes_no_difference(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    weft_connection *c = opened(f);
    const weft_expr *tenth = weft_val(0.1), *word = weft_val("7");
    const weft_expr *plain[] = {weft_op(C(ratio), "*", tenth), weft_op(C(n), "=", word), weft_op(C(salary), "+", word)};
    const weft_expr *wrapped[] = {weft_op(C(ratio), "*", weft_per_database(tenth, tenth)),
                                  weft_op(C(n), "=", weft_per_database(word, word)),
                                  weft_op(C(salary), "+", weft_per_database(word, word))};
    for (int i = 0; i < 3; i++) {
        char found[2][2][2000]; /* by which came first, and which it is */
        for (int first = 0; first < 2; first++) {
            weft_engine_clear_cache(f->engine);
            for (int k = 0; k < 2; k++) {
                const int which = k == 0 ? first : 1 - first;
                const char *text = told(c, OF_EMPS(which == 0 ? plain[i] : wrapped[i], BY_ID));
                (void)snprintf(found[first][which], sizeof found[first][which], "%s", text);
            }
        }
        assert_string_equal(found[0][0], found[1][0]);
        assert_string_equal(found[0][1], found[1][1]);
    }
    weft_connection_close(c);
}

static void what_has_no_answer_is_an_error(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    weft_connection *c = opened(f);
    const weft_expr *never = weft_val(((weft_timestamp){INT64_MAX}));
    wrong = 0;
    for (int unit = 0; unit < 3; unit++) {
        const weft_expr *later[] = {weft_date_diff(never, C(at), WEFT_MONTH), weft_date_diff(never, C(at), WEFT_QUARTER),
                                    weft_date_diff(never, C(at), WEFT_YEAR)};
        const weft_expr *earlier[] = {weft_date_diff(C(at), never, WEFT_MONTH), weft_date_diff(C(at), never, WEFT_QUARTER),
                                      weft_date_diff(C(at), never, WEFT_YEAR)};
        GIVES("data error: ", .columns = later[unit]);
        GIVES("data error: ", .columns = earlier[unit]);
    }
    GIVES("553 553 553 553 ", .columns = weft_date_diff(C(at), weft_val(((weft_timestamp){1000000})), WEFT_MONTH));
#define FRAME(by) weft_over(weft_count_all(), BY_ID, .frame = weft_frame_rows(weft_preceding(by), weft_current_row))
    GIVES("value does not fit its type: the bound of a frame of rows or groups is a whole number", .columns = FRAME(weft_val(1.5)));
    GIVES("misuse: the bound of a frame names a column", .columns = FRAME(C(id)));
    GIVES("1 2 2 2 ", .columns = FRAME(weft_val(1)));
    GIVES("misuse: ", .columns = weft_json_get(C(json), "$.*"));
    weft_connection_close(c);
    assert_int_equal(wrong, 0);
}

static void options_that_do_nothing_are_refused(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    rows_are_there(f);
    for (int known = 0; known < 2; known++) { /* in the session, or not yet */
        for (int i = 0; i < 6; i++) {
            static const char *const names[] = {".where", ".order_by", ".distinct", ".limit", ".offset", ".plan"};
            weft_query_options options[6] = {
                {.where = weft_eq(Emp, id, 2)}, {.order_by = weft_asc(Emp, id)}, {.distinct = true}, {.limit = 1}, {.offset = 1},
                {.plan = WEFT_PLAN_CUSTOM}};
            assert_ok(s);
            if (known)
                assert_non_null(weft_get(s, Emp, 1));
            assert_null(weft_session_get(s, &Emp_model, weft_key_int64(1), &options[i]));
            assert_message(s, names[i]);
            assert_refused(s, WEFT_ERROR_MISUSE);
        }
        assert_null(weft_get(s, Emp, 1, .joins = weft_join(Emp, logs)));
        assert_message(s, "weft_get takes no .joins");
        assert_refused(s, WEFT_ERROR_MISUSE);
        (void)weft_session_clear(s);
    }
    weft_connection *c = opened(f);
    wrong = 0;
    const weft_rows_options *members[] = {OF_EMPS(C(id)), OF_EMPS(C(n)), &weft_select_end};
    GIVES("misuse: .members without .set_op", .columns = C(id), .members = members);
    weft_connection_close(c);
    assert_int_equal(wrong, 0);
    weft_session *odd = weft_session_open(f->engine, &(weft_session_options){.guard = (weft_guard)77});
    assert_message(odd, ".guard is 77");
    assert_status(odd, WEFT_ERROR_MISUSE);
    weft_session_close(odd);
}

static weft_status says_no(weft_session *session, weft_connection *connection, void *user, weft_error *error)
{
    (void)session, (void)connection, (void)user;
    (void)snprintf(error->message, sizeof error->message, "not before noon");
    return WEFT_ERROR_READ_ONLY;
}

static void a_hooks_message_is_kept(void **state)
{
    fixture *f = *state;
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.on_begin = says_no});
    assert_null(weft_first(s, Emp));
    assert_message(s, "not before noon");
    assert_status(s, WEFT_ERROR_READ_ONLY);
    weft_session_close(s);
}

/* Each level once asked twice what the one below is. */
static void deep_trees_compile_in_their_length(void **state)
{
    enum { DEPTH = 16 };
    static const char *const names[] = {"abs", "round", "coalesce", "nullif", "greatest", "least", "min", "+"};
    fixture *f = *state;
    const weft_expr *seven = weft_val("7");
    struct timespec from, to;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        weft_expr nodes[DEPTH];
        const weft_expr *args[DEPTH][3], *top = C(salary);
        for (int i = 0; i < DEPTH; i++) {
            args[i][0] = top;
            args[i][1] = n < 2 ? &weft_end : seven;
            args[i][2] = &weft_end;
            nodes[i] = (weft_expr){.op = names[n][0] == '+' ? WEFT_EXPR_OP : WEFT_EXPR_FN, .name = names[n], .args = args[i]};
            top = &nodes[i];
        }
        char *sql = NULL;
        weft_error error = {0};
        (void)weft_engine_sql(f->engine, weft_select(.from = weft_from(Emp), .columns = top), false, &sql, &error);
        weft_free(sql);
    }
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    assert_true(to.tv_sec - from.tv_sec < 5); /* it took minutes */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(constants_of_a_case_are_as_what_stands_beside_it),
        ON_BOTH(members_of_a_set_are_compared_as_one_type),
        ON_BOTH(subqueries_name_what_is_grouped),
        ON_BOTH(rows_that_are_skipped_are_distinct_ones),
        ON_BOTH(functions_count_by_integers),
        ON_BOTH(what_ran_before_makes_no_difference),
        ON_BOTH(what_has_no_answer_is_an_error),
        ON_BOTH(options_that_do_nothing_are_refused),
        ON_BOTH(a_hooks_message_is_kept),
        ON_BOTH(deep_trees_compile_in_their_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
