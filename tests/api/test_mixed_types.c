/* Columns of every type beside values and columns of every type, in what chooses and compares: a statement that was compiled for a
 * null gives for a value what one that was compiled for the value gives; what one database refuses before anything is sent, the
 * other does, too; and where both answer, they answer alike. */
#define _POSIX_C_SOURCE 200809L /* strdup */
#include "fixtures/mix.h"

FIXTURE_MODELS(mixes);

enum { COUNT = MIX_COUNT };

/* What it gives in each row; the status of the first error. */
static weft_status run(weft_connection *c, const weft_expr *e, bool in_condition, bool aggregate, char *out, size_t size,
                       weft_error *error)
{
    weft_result *result = NULL;
    const weft_expr *id = weft_col(Mix, id);
    const weft_rows_options *query =
        in_condition ? weft_select(.from = weft_from(Mix), .columns = id, .where = e, .order_by = weft_asc_of(id))
        : aggregate  ? weft_select(.from = weft_from(Mix), .columns = e)
                     : weft_select(.from = weft_from(Mix), .columns = e, .order_by = weft_asc_of(id));
    *out = '\0';
    *error = (weft_error){0};
    weft_status status = weft_connection_select(c, query, &result, error);
    while (status == WEFT_OK && weft_result_next(result, error)) {
        const weft_value v = weft_result_value(result, 0);
        mix_add_cell(out, size, &v);
    }
    status = error->status;
    weft_result_close(result);
    return status;
}

enum { WAYS = 9, PLACES = 6 };

static weft_status run_way(weft_connection *c, int way, int place, const weft_expr *x, const weft_expr *v, char *out, size_t size,
                           weft_error *error)
{
    const weft_expr *first = weft_eq(Mix, id, 1);
    const weft_expr *made = way == 0   ? weft_coalesce(x, v)
                            : way == 1 ? weft_case(first, x, v)
                            : way == 2 ? weft_case(first, v, x)
                            : way == 3 ? weft_fn("nullif", x, v)
                            : way == 4 ? weft_op(x, "IS DISTINCT FROM", v)
                            : way == 5 ? weft_between(x, v, x)
                            : way == 6 ? weft_op(x, "+", v)
                            : way == 7 ? weft_over(weft_lag(x, weft_val(1), v), .order_by = weft_asc(Mix, id))
                                       : weft_op(weft_tuple(x, weft_col(Mix, id)), ">=", weft_tuple(v, weft_val(1)));
    const weft_expr *placed = place == 0   ? made
                              : place == 1 ? weft_op(made, "/", weft_val(4))
                              : place == 2 ? weft_cast(made, WEFT_TEXT)
                              : place == 3 ? weft_op(made, "=", x)
                              : place == 4 ? weft_max(made)
                                           : weft_op(made, "<", weft_coalesce(x, v));
    const bool in_condition = (place == 3 || place == 5) && way != 7;
    return run(c, placed, in_condition, place == 4, out, size, error);
}

/* What both databases must agree on. A text that is no number is told before it is sent by one and by the server of the other;
 * what SQLite has no types for, PostgreSQL computes, or has no operator for. */
static bool agree(weft_status sqlite, weft_status postgres)
{
    return sqlite == postgres || sqlite == WEFT_ERROR_UNSUPPORTED || (sqlite == WEFT_ERROR_TYPE && postgres == WEFT_ERROR_DATA);
}

/* Texts that the server reads in more spellings than weft (7 is seven seconds), or refuses where SQLite finds nothing equal. */
static bool is_read_by_server(const char *column, const char *kind)
{
    return (strcmp(column, "span") == 0 && strcmp(kind, "text") == 0) || (strcmp(column, "json") == 0 && strcmp(kind, "tone") == 0);
}

enum { ALL = COUNT * COUNT * WAYS * PLACES };
static uint8_t statuses[2][ALL];
static char *found[ALL]; /* by SQLite */

static void columns_stand_beside_columns(void **state)
{
    fixture *f = *state;
    static char rows[1000];
    weft_error error = {0};
    weft_connection *c = NULL;
    const size_t step = getenv("WEFT_TEST_LONG") != NULL ? 1 : 5;
    size_t failed = 0;
    mix_rows(f);
    assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = true}, &error), WEFT_OK, &error);
    for (size_t i = 0; i < ALL; i += step) {
        const size_t column = i / (COUNT * WAYS * PLACES), other = i / (WAYS * PLACES) % COUNT;
        const int way = (int)(i / PLACES % WAYS), place = (int)(i % PLACES);
        const weft_status status = run_way(c, way, place, mix_columns[column].e, mix_columns[other].e, rows, sizeof rows, &error);
        if (!f->postgres) {
            statuses[0][i] = (uint8_t)status;
            found[i] = strdup(rows);
            continue;
        }
        const bool native = strcmp(mix_columns[column].name, "native") == 0 || strcmp(mix_columns[other].name, "native") == 0;
        const bool ordered = native && (way == 5 || way == 8 || place >= 4), both = status == WEFT_OK && statuses[0][i] == WEFT_OK;
        const bool own = status == WEFT_ERROR_SQL && statuses[0][i] != WEFT_ERROR_UNSUPPORTED;
        if (own || !agree(statuses[0][i], status) || (both && !ordered && !mix_are_alike(found[i], rows)))
            if (failed++ < 40)
                print_error("%s, column %s, way %d, place %d: %s:%s; SQLite %s:%s; %s\n", mix_columns[column].name,
                            mix_columns[other].name, way, place, weft_status_name(status), rows, weft_status_name(statuses[0][i]),
                            found[i], error.message);
        free(found[i]);
    }
    weft_connection_close(c);
    assert_int_equal(failed, 0);
}

static void what_came_first_makes_no_difference(void **state)
{
    fixture *f = *state;
    static char after[1000], alone[1000], none[1000];
    weft_error error = {0};
    weft_connection *c = NULL;
    const size_t step = getenv("WEFT_TEST_LONG") != NULL ? 1 : 5;
    size_t failed = 0;
    mix_rows(f);
    assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = true}, &error), WEFT_OK, &error);
    for (size_t i = 0; i < ALL; i += step) {
        const size_t column = i / (COUNT * WAYS * PLACES), kind = i / (WAYS * PLACES) % COUNT;
        const int way = (int)(i / PLACES % WAYS), place = (int)(i % PLACES);
        if (is_read_by_server(mix_columns[column].name, mix_columns[kind].name))
            continue;
        const weft_expr null = mix_constant(kind, false), value = mix_constant(kind, true);
        const weft_status unset = run_way(c, way, place, mix_columns[column].e, &null, none, sizeof none, &error);
        const weft_status then = run_way(c, way, place, mix_columns[column].e, &value, after, sizeof after, &error);
        weft_engine_clear_cache(f->engine);
        const weft_status fresh = run_way(c, way, place, mix_columns[column].e, &value, alone, sizeof alone, &error);
        statuses[f->postgres][i] = (uint8_t)fresh;
        const bool unsupported = f->postgres && statuses[0][i] == WEFT_ERROR_UNSUPPORTED;
        const bool own = (unset == WEFT_ERROR_SQL || fresh == WEFT_ERROR_SQL) && !unsupported;
        const bool same = then == fresh && strcmp(after, alone) == 0;
        /* An enum of a type of its own is ordered as it is declared there. */
        const bool ordered = strcmp(mix_columns[column].name, "native") == 0 && (way == 5 || way == 8 || place >= 4);
        const bool as_other = !f->postgres || (agree(statuses[0][i], fresh) && (fresh != WEFT_OK || statuses[0][i] != WEFT_OK ||
                                                                                ordered || mix_are_alike(found[i], alone)));
        if (!f->postgres)
            found[i] = strdup(alone);
        if (same && as_other && !own)
            continue;
        if (failed++ < 40)
            print_error("%s, value %s, way %d, place %d: null %s:%s, then %s:%s, alone %s:%s; SQLite %s:%s; %s\n",
                        mix_columns[column].name, mix_columns[kind].name, way, place, weft_status_name(unset), none,
                        weft_status_name(then), after, weft_status_name(fresh), alone, weft_status_name(statuses[0][i]), found[i],
                        error.message);
    }
    weft_connection_close(c);
    for (size_t i = 0; f->postgres && i < ALL; i++)
        free(found[i]);
    assert_int_equal(failed, 0);
}

/* A value that stands in the text gives what the same value gives as a parameter, or is refused as well. */
static void values_in_the_text_mean_the_same(void **state)
{
    fixture *f = *state;
    static char bound[1000], literal[1000];
    weft_error error = {0}, bound_error = {0};
    weft_connection *c = NULL;
    const size_t step = getenv("WEFT_TEST_LONG") != NULL ? 1 : 7;
    size_t failed = 0;
    mix_rows(f);
    assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = true}, &error), WEFT_OK, &error);
    for (size_t i = 0; i < 2 * (size_t)ALL; i += step) {
        const size_t column = i / 2 / (COUNT * WAYS * PLACES), kind = i / 2 / (WAYS * PLACES) % COUNT;
        const int way = (int)(i / 2 / PLACES % WAYS), place = (int)(i / 2 % PLACES);
        const weft_expr value = mix_constant(kind, i % 2 != 0);
        const weft_status status = run_way(c, way, place, mix_columns[column].e, &value, bound, sizeof bound, &bound_error);
        const weft_status same =
            run_way(c, way, place, mix_columns[column].e, weft_literally(&value), literal, sizeof literal, &error);
        if ((same == status || (same != WEFT_OK && status != WEFT_OK)) && strcmp(bound, literal) == 0)
            continue;
        if (way == 6 &&
            strcmp(mix_columns[kind].name, "json") == 0) /* + of what has none: the server takes a null parameter as its own */
            continue;
        if (failed++ < 40)
            print_error("%s, %s %s, way %d, place %d: %s:%s; in the text %s:%s; %s; %s\n", mix_columns[column].name,
                        i % 2 != 0 ? "value" : "null", mix_columns[kind].name, way, place, weft_status_name(status), bound,
                        weft_status_name(same), literal, bound_error.message, error.message);
    }
    weft_connection_close(c);
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(what_came_first_makes_no_difference), ON_BOTH(columns_stand_beside_columns),
                                       ON_BOTH(values_in_the_text_mean_the_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
