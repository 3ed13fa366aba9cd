/* Columns of every type beside values and columns of every type, in what chooses and compares: a statement that was compiled for a
 * null gives for a value what one that was compiled for the value gives; what one database refuses before anything is sent, the
 * other does, too; and where both answer, they answer alike. */
#define _POSIX_C_SOURCE 200809L /* strdup */
#include "support/fixture.h"

enum tone { LOW, HIGH };
static const char *const tone_names[] = {"low", "high"};

WEFT_DECLARE(Mix);
struct Mix {
    int64_t id;
    weft_opt_int16 small;
    weft_opt_int32 number;
    weft_opt_int64 large;
    weft_opt_float single;
    weft_opt_double real;
    weft_decimal exact;
    const char *text;
    weft_opt_date day;
    weft_opt_timestamp at;
    weft_opt_time clock;
    weft_opt_interval span;
    weft_opt_uuid uuid;
    weft_opt_bool truth;
    weft_json json;
    weft_opt_int32 tone;
    weft_opt_int32 native;
    weft_array_int64 list;
};
WEFT_MODEL(Mix, "mix", WEFT_COLUMN(Mix, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Mix, small),
           WEFT_COLUMN(Mix, number), WEFT_COLUMN(Mix, large), WEFT_COLUMN(Mix, single), WEFT_COLUMN(Mix, real),
           WEFT_COLUMN(Mix, exact, .nullable = true), WEFT_COLUMN(Mix, text, .nullable = true), WEFT_COLUMN(Mix, day),
           WEFT_COLUMN(Mix, at), WEFT_COLUMN(Mix, clock), WEFT_COLUMN(Mix, span), WEFT_COLUMN(Mix, uuid), WEFT_COLUMN(Mix, truth),
           WEFT_COLUMN(Mix, json, .nullable = true), WEFT_ENUM(Mix, tone, tone_names),
           WEFT_ENUM(Mix, native, tone_names, .native_enum = "mix_tone"), WEFT_COLUMN(Mix, list, .nullable = true));
WEFT_METADATA(models, &Mix_model);
FIXTURE_MODELS(models);

#define DAY 86400000000
#define COLUMNS(F) \
    F(small) \
    F(number) \
    F(large) F(single) F(real) F(exact) F(text) F(day) F(at) F(clock) F(span) F(uuid) F(truth) F(json) F(tone) F(native) F(list)
#define COLUMN(name) {#name, &(const weft_expr){.op = WEFT_EXPR_COLUMN, .model = &Mix_model, .offset = offsetof(Mix, name)}},
static const struct {
    const char *name;
    const weft_expr *e;
} columns[] = {COLUMNS(COLUMN)};
enum { COUNT = sizeof columns / sizeof columns[0] };

static const int64_t items[] = {1, 2};

/* A constant of each column's type, or its null, as C code writes it. */
static weft_expr constant(size_t kind, bool set)
{
    switch (kind) {
    case 0: return *weft_val(((weft_opt_int16){.set = set, .value = 3}));
    case 1: return *weft_val(((weft_opt_int32){.set = set, .value = 3}));
    case 2: return *weft_val(((weft_opt_int64){.set = set, .value = 3000000000}));
    case 3: return *weft_val(((weft_opt_float){.set = set, .value = 0.5F}));
    case 4: return *weft_val(((weft_opt_double){.set = set, .value = 0.1}));
    case 5: return *weft_val((weft_decimal){set ? "2.50" : NULL});
    case 6: return *weft_val(set ? "7" : (const char *)NULL);
    case 7: return *weft_val(((weft_opt_date){.set = set, .value = {19001}}));
    case 8: return *weft_val(((weft_opt_timestamp){.set = set, .value = {19001 * DAY + 5}}));
    case 9: return *weft_val(((weft_opt_time){.set = set, .value = {3600000000}}));
    case 10: return *weft_val(((weft_opt_interval){.set = set, .value = {.days = 30}}));
    case 11: return *weft_val(((weft_opt_uuid){.set = set, .value = {{1}}}));
    case 12: return *weft_val(((weft_opt_bool){.set = set, .value = true}));
    case 13: return *weft_val((weft_json){set ? "{\"a\": 1}" : NULL});
    case 14: return *weft_val(set ? "low" : (const char *)NULL);
    case 15: return *weft_val(((weft_opt_int32){.set = set, .value = HIGH}));
    default: return *weft_val(((weft_array_int64){set ? items : NULL, 2}));
    }
}

static void rows_are_there(fixture *f)
{
    (void)weft_new(f->s, Mix, .id = 1, .small = weft_some(1), .number = weft_some(10), .large = weft_some(3000000000),
                   .single = weft_some(0.5F), .real = weft_some(0.25), .exact = {"2.5"}, .text = "7",
                   .day = weft_some((weft_date){19001}), .at = weft_some((weft_timestamp){19001 * DAY}),
                   .clock = weft_some((weft_time){3600000000}), .span = weft_some((weft_interval){.months = 1}),
                   .uuid = weft_some((weft_uuid){{1}}), .truth = weft_some(true), .json = {"{\"a\": 1.0}"}, .tone = weft_some(LOW),
                   .native = weft_some(HIGH), .list = {items, 2});
    (void)weft_new(f->s, Mix, .id = 2);
    (void)weft_new(f->s, Mix, .id = 3, .small = weft_some(-7), .number = weft_some(70000), .large = weft_some(-1),
                   .single = weft_some(0.1F), .real = weft_some(-2.5), .exact = {"-100.125"}, .text = "low",
                   .day = weft_some((weft_date){-400}), .at = weft_some((weft_timestamp){-1}), .clock = weft_some((weft_time){0}),
                   .span = weft_some((weft_interval){.days = -1}), .uuid = weft_some((weft_uuid){{2}}), .truth = weft_some(false),
                   .json = {"[1]"}, .tone = weft_some(HIGH), .native = weft_some(LOW), .list = {items, 1});
    commit_ok(f->s);
}

static void add_cell(char *out, size_t size, const weft_value *v)
{
    const size_t used = strlen(out);
    if (v->is_null)
        (void)snprintf(out + used, size - used, " N");
    else if (v->type == WEFT_TEXT || v->type == WEFT_DECIMAL || v->type == WEFT_JSON)
        (void)snprintf(out + used, size - used, " %d:%.*s", (int)v->type, (int)v->as.s.size, v->as.s.data);
    else if (v->type == WEFT_DOUBLE || v->type == WEFT_FLOAT)
        (void)snprintf(out + used, size - used, " %d:%.9g", (int)v->type, v->as.d);
    else if (v->type == WEFT_INTERVAL)
        (void)snprintf(out + used, size - used, " %d:%d/%d/%lld", (int)v->type, (int)v->as.interval.months,
                       (int)v->as.interval.days, (long long)v->as.interval.usec);
    else if (v->type == WEFT_UUID)
        (void)snprintf(out + used, size - used, " %d:%d", (int)v->type, v->as.uuid.bytes[0]);
    else if ((unsigned)v->type < WEFT_ARRAY)
        (void)snprintf(out + used, size - used, " %d:%lld", (int)v->type,
                       v->type == WEFT_BOOL ? (long long)v->as.b : (long long)v->as.i);
    else
        (void)snprintf(out + used, size - used, " %d", (int)v->type);
}

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
        add_cell(out, size, &v);
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

/* Cells without their types; numbers by value, and what has several spellings not at all. */
static bool are_alike(const char *a, const char *b)
{
    char first[200], second[200];
    for (int used = 0; sscanf(a, " %199s%n", first, &used) == 1; a += used) {
        int taken = 0;
        if (sscanf(b, " %199s%n", second, &taken) != 1)
            return false;
        b += taken;
        const char *x = strchr(first, ':'), *y = strchr(second, ':');
        x = x != NULL ? x + 1 : first;
        y = y != NULL ? y + 1 : second;
        if (strcmp(x, y) == 0 || strpbrk(x, "{[/\"") != NULL)
            continue;
        char *x_end, *y_end;
        const double one = strtod(x, &x_end), other = strtod(y, &y_end);
        if (*x_end != '\0' || *y_end != '\0' || one - other > 1e-9 || other - one > 1e-9)
            return false;
    }
    return strspn(b, " ") == strlen(b);
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
    rows_are_there(f);
    assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = true}, &error), WEFT_OK, &error);
    for (size_t i = 0; i < ALL; i += step) {
        const size_t column = i / (COUNT * WAYS * PLACES), other = i / (WAYS * PLACES) % COUNT;
        const int way = (int)(i / PLACES % WAYS), place = (int)(i % PLACES);
        const weft_status status = run_way(c, way, place, columns[column].e, columns[other].e, rows, sizeof rows, &error);
        if (!f->postgres) {
            statuses[0][i] = (uint8_t)status;
            found[i] = strdup(rows);
            continue;
        }
        const bool native = strcmp(columns[column].name, "native") == 0 || strcmp(columns[other].name, "native") == 0;
        const bool ordered = native && (way == 5 || way == 8 || place >= 4), both = status == WEFT_OK && statuses[0][i] == WEFT_OK;
        const bool own = status == WEFT_ERROR_SQL && statuses[0][i] != WEFT_ERROR_UNSUPPORTED;
        if (own || !agree(statuses[0][i], status) || (both && !ordered && !are_alike(found[i], rows)))
            if (failed++ < 40)
                print_error("%s, column %s, way %d, place %d: %s:%s; SQLite %s:%s; %s\n", columns[column].name, columns[other].name,
                            way, place, weft_status_name(status), rows, weft_status_name(statuses[0][i]), found[i], error.message);
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
    rows_are_there(f);
    assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = true}, &error), WEFT_OK, &error);
    for (size_t i = 0; i < ALL; i += step) {
        const size_t column = i / (COUNT * WAYS * PLACES), kind = i / (WAYS * PLACES) % COUNT;
        const int way = (int)(i / PLACES % WAYS), place = (int)(i % PLACES);
        if (is_read_by_server(columns[column].name, columns[kind].name))
            continue;
        const weft_expr null = constant(kind, false), value = constant(kind, true);
        const weft_status unset = run_way(c, way, place, columns[column].e, &null, none, sizeof none, &error);
        const weft_status then = run_way(c, way, place, columns[column].e, &value, after, sizeof after, &error);
        weft_engine_clear_cache(f->engine);
        const weft_status fresh = run_way(c, way, place, columns[column].e, &value, alone, sizeof alone, &error);
        statuses[f->postgres][i] = (uint8_t)fresh;
        const bool unsupported = f->postgres && statuses[0][i] == WEFT_ERROR_UNSUPPORTED;
        const bool own = (unset == WEFT_ERROR_SQL || fresh == WEFT_ERROR_SQL) && !unsupported;
        const bool same = then == fresh && strcmp(after, alone) == 0;
        /* An enum of a type of its own is ordered as it is declared there. */
        const bool ordered = strcmp(columns[column].name, "native") == 0 && (way == 5 || way == 8 || place >= 4);
        const bool as_other = !f->postgres || (agree(statuses[0][i], fresh) && (fresh != WEFT_OK || statuses[0][i] != WEFT_OK ||
                                                                                ordered || are_alike(found[i], alone)));
        if (!f->postgres)
            found[i] = strdup(alone);
        if (same && as_other && !own)
            continue;
        if (failed++ < 40)
            print_error("%s, value %s, way %d, place %d: null %s:%s, then %s:%s, alone %s:%s; SQLite %s:%s; %s\n",
                        columns[column].name, columns[kind].name, way, place, weft_status_name(unset), none, weft_status_name(then),
                        after, weft_status_name(fresh), alone, weft_status_name(statuses[0][i]), found[i], error.message);
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
    rows_are_there(f);
    assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = true}, &error), WEFT_OK, &error);
    for (size_t i = 0; i < 2 * (size_t)ALL; i += step) {
        const size_t column = i / 2 / (COUNT * WAYS * PLACES), kind = i / 2 / (WAYS * PLACES) % COUNT;
        const int way = (int)(i / 2 / PLACES % WAYS), place = (int)(i / 2 % PLACES);
        const weft_expr value = constant(kind, i % 2 != 0);
        const weft_status status = run_way(c, way, place, columns[column].e, &value, bound, sizeof bound, &bound_error);
        const weft_status same = run_way(c, way, place, columns[column].e, weft_literally(&value), literal, sizeof literal, &error);
        if ((same == status || (same != WEFT_OK && status != WEFT_OK)) && strcmp(bound, literal) == 0)
            continue;
        if (way == 6 &&
            strcmp(columns[kind].name, "json") == 0) /* + of what has none: the server takes a null parameter as its own */
            continue;
        if (failed++ < 40)
            print_error("%s, %s %s, way %d, place %d: %s:%s; in the text %s:%s; %s; %s\n", columns[column].name,
                        i % 2 != 0 ? "value" : "null", columns[kind].name, way, place, weft_status_name(status), bound,
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
