/* Tables that no struct describes, by weft_session_table: read once for all sessions of an engine, again after changes, and never
 * taken from those who hold them. Columns by weft_named, of these and of models. */
#define _POSIX_C_SOURCE 200809L /* pthread_barrier_t */
#include "support/fixture.h"

#include <pthread.h>

WEFT_DECLARE(Boat);
struct Boat {
    int64_t id;
    const char *name;
};
WEFT_MODEL(Boat, "boat", WEFT_COLUMN(Boat, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Boat, name, .column = "the name"));
WEFT_DECLARE(Crew);
struct Crew {
    int64_t id;
    weft_array_int64 years;
    weft_array_text names;
};
WEFT_MODEL(Crew, "crew", WEFT_COLUMN(Crew, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Crew, years),
           WEFT_COLUMN(Crew, names));
WEFT_METADATA(models, &Boat_model, &Crew_model);
FIXTURE_ROWS(models, "INSERT INTO boat (id, \"the name\") VALUES (1, 'eider'), (2, 'gull'); "
                     "CREATE TABLE log (id INTEGER PRIMARY KEY, actor TEXT NOT NULL, n INTEGER); "
                     "INSERT INTO log (id, actor, n) VALUES (1, 'eider', 5), (2, 'eider', NULL), (3, 'gull', 7); "
                     "CREATE VIEW busy AS SELECT actor, count(*) AS times FROM log GROUP BY actor");

typedef struct Actor {
    const char *actor;
    int64_t n;
} Actor;
WEFT_ROW(Actor, WEFT_FIELD(Actor, actor), WEFT_FIELD(Actor, n));
typedef struct Number {
    int64_t value;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, value));

static void a_table_is_read_once(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_model *log = weft_session_table(s, "log");
    assert_ok(s);
    assert_non_null(log);
    test_recorder_clear(f->recorder);
    assert_ptr_equal(weft_session_table(s, "log"), log);
    assert_true(TEST_NO_STATEMENTS(f->recorder));
    weft_session *other = weft_session_open(f->engine, NULL);
    assert_ptr_equal(weft_session_table(other, "log"), log);
    weft_session_close(other);
    const weft_expr *actor = weft_named(log, "actor");
    const Actor_list rows = weft_rows(s, Actor, .from = log, .joins = weft_join_on(Boat, weft_eq(Boat, name, actor)),
                                      .columns = weft_columns(actor, weft_count_all()), .group_by = actor,
                                      .where = weft_op(weft_named(log, "n"), ">", weft_val(4)), .order_by = weft_asc_of(actor));
    assert_ok(s);
    assert_int_equal(rows.count, 2);
    assert_string_equal(rows.items[0]->actor, "eider");
    assert_int_equal(rows.items[0]->n, 1);
    assert_true(TEST_STATEMENTS(f->recorder, f->postgres
                                                 ? "SELECT log.actor, count(*) FROM log JOIN boat ON boat.\"the name\" = log.actor "
                                                   "WHERE log.n > $1 GROUP BY log.actor ORDER BY log.actor"
                                                 : "SELECT log.actor, count(*) FROM log JOIN boat ON boat.\"the name\" = log.actor "
                                                   "WHERE log.n > ?1 GROUP BY log.actor ORDER BY log.actor NULLS LAST"));
    const weft_model *busy = weft_session_table(s, "busy");
    assert_ok(s);
    const Number_list times = weft_rows(s, Number, .from = busy, .columns = weft_cast(weft_named(busy, "times"), WEFT_INT64),
                                        .where = weft_op(weft_named(busy, "actor"), "=", weft_val("eider")));
    assert_ok(s);
    assert_int_equal(times.count, 1);
    assert_int_equal(times.items[0]->value, 2);
}

static int64_t rows_of(fixture *f, const weft_model *table)
{
    const Number_list list = weft_rows(f->s, Number, .from = table, .columns = weft_count(weft_named(table, "actor")));
    assert_ok(f->s);
    return list.items[0]->value;
}

static void what_has_changed_is_read_again(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_model *log = weft_session_table(s, "log");
    assert_ok(s);
    /* Something else is defined: the table is the same, and stays. */
    weft_session_execute_text(s, "CREATE TABLE other (id INTEGER)", NULL);
    commit_ok(s);
    assert_ptr_equal(weft_session_table(s, "log"), log);
    weft_session_execute_text(s, "ALTER TABLE log ADD COLUMN place TEXT", NULL);
    commit_ok(s);
    const weft_model *larger = weft_session_table(s, "log");
    assert_ok(s);
    assert_ptr_not_equal(larger, log);
    assert_ptr_equal(weft_session_table(s, "log"), larger);
    assert_int_equal(rows_of(f, log), 3); /* who holds the old one goes on */
    (void)weft_rows(s, Number, .from = larger, .columns = weft_count(weft_named(larger, "place")));
    assert_ok(s);
    /* By others. */
    rollback_ok(s);
    test_database_exec(&f->database, "ALTER TABLE log ADD COLUMN day TEXT");
    assert_ptr_equal(weft_session_table(s, "log"), larger);
    weft_engine_clear_cache(f->engine);
    assert_ptr_not_equal(weft_session_table(s, "log"), larger);
    assert_ok(s);
}

static void what_is_not_there_is_said(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    assert_null(weft_session_table(s, "lag"));
    assert_message(s, "there is no table or view \"lag\"");
    assert_refused(s, WEFT_ERROR_NOT_FOUND);
    assert_null(weft_session_table(s, NULL));
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_null(weft_session_table(s, "log; DROP TABLE log"));
    assert_refused(s, WEFT_ERROR_NOT_FOUND);
    const weft_model *log = weft_session_table(s, "log");
    assert_ok(s);
    (void)weft_rows(s, Number, .from = log, .columns = weft_named(log, "size\" FROM log; --"));
    assert_message(s, "weft_named: there is no column \"size\" FROM log; --\" in log");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_rows(s, Number, .from = log, .columns = weft_count_all(), .where = weft_op(weft_named(NULL, "n"), "=", weft_val(1)));
    assert_message(s, "weft_named: the table of \"n\" is NULL");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_rows(s, Number, .from = log, .columns = weft_named(log, NULL));
    assert_refused(s, WEFT_ERROR_MISUSE);
}

static void columns_of_models_have_names_too(void **state)
{
    fixture *f = *state;
    weft_alias(Other, Boat);
    const Number_list found =
        weft_rows(f->s, Number, .from = weft_from(Boat), .columns = weft_named(&Boat_model, "id"),
                  .joins =
                      weft_join_on(Other, weft_op(weft_named(&Other_model, "the name"), ">", weft_named(&Boat_model, "the name"))));
    assert_ok(f->s);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.items[0]->value, 1);
    const weft_expr *kept = weft_keep(f->s, weft_op(weft_named(&Boat_model, "id"), "=", weft_val(2)));
    assert_string_equal(weft_first(f->s, Boat, .where = kept)->name, "gull");
}

/* A column is one and the same by its name and by its field: in GROUP BY, in ORDER BY of DISTINCT. */
static void a_name_and_a_field_are_one_column(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_expr *named = weft_named(&Boat_model, "the name"), *field = weft_col(Boat, name);
    for (int turned = 0; turned < 2; turned++) {
        const Actor_list rows =
            weft_rows(s, Actor, .from = weft_from(Boat), .columns = weft_columns(turned ? field : named, weft_count_all()),
                      .group_by = turned ? named : field, .order_by = weft_asc_of(turned ? named : field));
        assert_ok(s);
        assert_int_equal(rows.count, 2);
        assert_string_equal(rows.items[0]->actor, "eider");
        (void)weft_rows(s, Actor, .from = weft_from(Boat), .columns = weft_columns(turned ? field : named, weft_val(1)),
                        .distinct = true, .order_by = weft_asc_of(turned ? named : field));
        assert_ok(s);
    }
}

#define TEN(F, p) F(p##0) F(p##1) F(p##2) F(p##3) F(p##4) F(p##5) F(p##6) F(p##7) F(p##8) F(p##9)
#define SEVENTY(F) TEN(F, c1) TEN(F, c2) TEN(F, c3) TEN(F, c4) TEN(F, c5) TEN(F, c6) TEN(F, c7)
#define MEMBER(name) int64_t name;
#define NAMED(name) WEFT_FIELD(Many, name),
#define DECLARED(name) #name " INTEGER, "
#define GIVEN(name) "7, "
typedef struct Many {
    SEVENTY(MEMBER) int64_t last;
} Many;
WEFT_ROW(Many, SEVENTY(NAMED) WEFT_FIELD(Many, last));

/* More columns than any fixed number of nodes. */
static void a_table_of_many_columns_is_one_of_all_of_them(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_session_execute_text(s, "CREATE TABLE many (" SEVENTY(DECLARED) "last INTEGER)", NULL);
    (void)weft_session_execute_text(s, "INSERT INTO many VALUES (" SEVENTY(GIVEN) "8)", NULL);
    commit_ok(s);
    const weft_model *many = weft_session_table(s, "many");
    assert_ok(s);
    weft_subselect_as(Whole, Many, weft_select(.from = many));
    const Many_list rows = weft_rows(s, Many, .from = weft_from(Whole), .where = weft_eq(Whole, last, 8));
    assert_ok(s);
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.items[0]->c10, 7);
    assert_int_equal(rows.items[0]->c79, 7);
    assert_int_equal(rows.items[0]->last, 8);
    (void)weft_session_execute_text(s, "DROP TABLE many", NULL);
    commit_ok(s);
}

typedef struct Kinds {
    int64_t i, i2, i8, s, b;
    double f, d, n;
    bool o;
} Kinds;
WEFT_ROW(Kinds, WEFT_FIELD(Kinds, i), WEFT_FIELD(Kinds, i2), WEFT_FIELD(Kinds, i8), WEFT_FIELD(Kinds, s), WEFT_FIELD(Kinds, b),
         WEFT_FIELD(Kinds, f), WEFT_FIELD(Kinds, d), WEFT_FIELD(Kinds, n), WEFT_FIELD(Kinds, o));

/* Whoever has made the table, in whatever words: numbers are numbers. */
static void numbers_are_declared_in_many_words(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_session_execute_text(s,
                                    "CREATE TABLE kinds (i INT, i2 INT2, i8 int8, s SMALLINT, b BIGINT, f FLOAT, "
                                    "d DOUBLE PRECISION, n NUMERIC(10, 2), o BOOL)",
                                    NULL);
    (void)weft_session_execute_text(s, "INSERT INTO kinds VALUES (1, 2, 9007199254740993, 3, 4, 0.5, 1.5, 2.5, TRUE)", NULL);
    commit_ok(s);
    const weft_model *kinds = weft_session_table(s, "kinds");
    assert_ok(s);
    const weft_expr *columns =
        weft_columns(weft_named(kinds, "i"), weft_named(kinds, "i2"), weft_named(kinds, "i8"), weft_named(kinds, "s"),
                     weft_named(kinds, "b"), weft_named(kinds, "f"), weft_named(kinds, "d"),
                     weft_cast(weft_named(kinds, "n"), WEFT_DOUBLE), weft_named(kinds, "o"));
    const weft_expr *conditions[] = {weft_op(weft_named(kinds, "i"), "<", weft_val(2)),
                                     weft_op(weft_named(kinds, "i8"), "=", weft_val(9007199254740993)),
                                     weft_op(weft_named(kinds, "f"), "=", weft_val(0.5)),
                                     weft_op(weft_coalesce(weft_named(kinds, "n"), weft_val(1)), "<", weft_val(3)),
                                     weft_op(weft_named(kinds, "n"), ">", weft_named(kinds, "s")),
                                     weft_named(kinds, "o")};
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        const Kinds_list rows = weft_rows(s, Kinds, .from = kinds, .columns = columns,
                                          .where = i == 4 ? weft_not(conditions[i]) : conditions[i]); /* 2.5 is no more than 3 */
        assert_ok(s);
        assert_int_equal(rows.count, 1);
        const Kinds *row = rows.items[0];
        assert_true(row->i == 1 && row->i2 == 2 && row->i8 == 9007199254740993 && row->s == 3 && row->b == 4);
        assert_true(row->f == 0.5 && row->d == 1.5 && row->n == 2.5 && row->o);
    }
    (void)weft_session_execute_text(s, "DROP TABLE kinds", NULL);
    commit_ok(s);
}

typedef struct Years {
    weft_array_int64 years;
    weft_array_text names;
} Years;
WEFT_ROW(Years, WEFT_FIELD(Years, years), WEFT_FIELD(Years, names));

static void arrays_are_arrays(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_new(s, Crew, .id = 1, .years = weft_int64s(3, 4), .names = weft_texts("anna"));
    (void)weft_new(s, Crew, .id = 2, .years = weft_int64s(5), .names = weft_texts("anna", "{o,\"k\"}"));
    commit_ok(s);
    const weft_model *crew = weft_session_table(s, "crew");
    assert_ok(s);
    const weft_expr *years = weft_named(crew, "years"), *names = weft_named(crew, "names");
    const weft_expr *conditions[] = {weft_op(weft_array_length(names), "=", weft_val(2)), weft_array_has_of(years, weft_val(5)),
                                     weft_op(years, "=", weft_val(weft_int64s(5))), weft_op(years, ">", weft_val(weft_int64s(4)))};
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        const Years_list rows = weft_rows(s, Years, .from = crew, .columns = weft_columns(years, names), .where = conditions[i]);
        assert_ok(s);
        assert_int_equal(rows.count, 1);
        assert_true(rows.items[0]->years.count == 1 && rows.items[0]->years.items[0] == 5);
        assert_true(rows.items[0]->names.count == 2 && strcmp(rows.items[0]->names.items[1], "{o,\"k\"}") == 0);
    }
    const Number_list same = weft_rows(s, Number, .from = crew, .columns = weft_named(crew, "id"),
                                       .joins = weft_join_on(Crew, weft_eq(Crew, years, years)), .order_by = weft_asc(Crew, id));
    assert_ok(s);
    assert_int_equal(same.count, 2);
}

static void columns_of_results_are_found_by_name(void **state)
{
    fixture *f = *state;
    weft_result *result;
    weft_error error;
    const weft_model *log = weft_session_table(f->s, "log");
    weft_connection *c = weft_session_connection(f->s);
    assert_error(weft_connection_select(c, weft_select(.from = log, .order_by = weft_asc_of(weft_named(log, "id"))), &result,
                                        &error),
                 WEFT_OK, &error);
    assert_int_equal(weft_result_find(result, "actor"), 1);
    assert_int_equal(weft_result_find(result, "n"), 2);
    assert_int_equal(weft_result_find(result, "N"), -1);
    assert_int_equal(weft_result_find(result, NULL), -1);
    assert_int_equal(weft_result_find(NULL, "n"), -1);
    int64_t n = 0;
    assert_true(weft_result_next(result, &error));
    assert_true(weft_result_int64(result, (uint16_t)weft_result_find(result, "n"), &n));
    assert_int_equal(n, 5);
    weft_result_close(result);
}

enum { THREADS = 4 };
static pthread_barrier_t ready;

static void *ask(void *engine)
{
    weft_session *s = weft_session_open(engine, NULL);
    (void)pthread_barrier_wait(&ready);
    const weft_model *found = weft_session_table(s, "log");
    weft_session_close(s);
    return (void *)(uintptr_t)found;
}

/* Which of them reads it is nobody's business: they get one. */
static void threads_that_ask_at_once_get_one(void **state)
{
    fixture *f = *state;
    pthread_t threads[THREADS];
    void *found[THREADS];
    assert_int_equal(pthread_barrier_init(&ready, NULL, THREADS), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask, f->engine), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], &found[i]), 0);
    assert_int_equal(pthread_barrier_destroy(&ready), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_non_null(found[i]);
        assert_ptr_equal(found[i], found[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(a_table_is_read_once),
                                       ON_BOTH(what_has_changed_is_read_again),
                                       ON_BOTH(what_is_not_there_is_said),
                                       ON_BOTH(columns_of_models_have_names_too),
                                       ON_BOTH(a_name_and_a_field_are_one_column),
                                       ON_BOTH(a_table_of_many_columns_is_one_of_all_of_them),
                                       ON_BOTH(numbers_are_declared_in_many_words),
                                       ON_BOTH(arrays_are_arrays),
                                       ON_BOTH(columns_of_results_are_found_by_name),
                                       ON_BOTH(threads_that_ask_at_once_get_one)};
    return cmocka_run_group_tests_name("tables without a struct", tests, NULL, NULL);
}
