/* Constants where nothing says their type: they are texts and JSON on both databases; and texts beside constants of other types, as
 * which they are read. */
#include "sql/dialect_postgres.h"

#include "support/fixture.h"

WEFT_DECLARE(Thing);
struct Thing {
    int64_t id;
    const char *name;
    int32_t n;
    double real;
    weft_decimal price;
};
WEFT_MODEL(Thing, "thing", WEFT_COLUMN(Thing, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Thing, name),
           WEFT_COLUMN(Thing, n), WEFT_COLUMN(Thing, real), WEFT_COLUMN(Thing, price));
WEFT_METADATA(models, &Thing_model);
FIXTURE_ROWS(models, "INSERT INTO thing (id, name, n, real, price) VALUES (1, 'a', 7, 1.5, '2.5'), (2, 'b', 8, 9007199254740992.0, "
                     "'9007199254740993')");

typedef struct Text {
    const char *v;
} Text;
WEFT_ROW(Text, WEFT_FIELD(Text, v));
typedef struct Truth {
    bool v;
} Truth;
WEFT_ROW(Truth, WEFT_FIELD(Truth, v));

#define X weft_val("x")
#define COL(f) weft_col(Thing, f)
#define BY_ID(fn) weft_over(fn, .order_by = weft_order(weft_asc(Thing, id)))

static void gives(fixture *f, const char *what, const weft_expr *e, const char *first, const char *second)
{
    Text_list rows =
        weft_rows(f->s, Text, .from = weft_from(Thing), .columns = weft_columns(e), .order_by = weft_order(weft_asc(Thing, id)));
    const char *wanted[] = {first, second};
    if (weft_session_status(f->s) != WEFT_OK)
        fail_msg("%s: %s", what, weft_session_error(f->s)->message);
    assert_int_equal(rows.count, 2);
    for (int i = 0; i < 2; i++) {
        const char *v = rows.items[i]->v;
        if ((v == NULL) != (wanted[i] == NULL) || (v != NULL && strcmp(v, wanted[i]) != 0))
            fail_msg("%s, row %d: %s in place of %s", what, i, v != NULL ? v : "NULL", wanted[i] != NULL ? wanted[i] : "NULL");
    }
}
#define GIVES(e, first, second) gives(f, #e, e, first, second)

static void functions_of_windows_take_constants_alone(void **state)
{
    fixture *f = *state;
    GIVES(BY_ID(weft_lag(X)), NULL, "x");
    assert_non_null(strstr(fixture_last_sql(f), f->postgres ? "lag(CAST($1 AS text))" : "lag(?1)"));
    GIVES(BY_ID(weft_lead(X)), "x", NULL);
    GIVES(BY_ID(weft_lag(X, weft_val(1))), NULL, "x");
    GIVES(BY_ID(weft_lag(X, weft_val(1), weft_val("y"))), "y", "x");
    GIVES(BY_ID(weft_lag(X, weft_val(1), COL(name))), "a", "x");
    GIVES(BY_ID(weft_lag(COL(name), weft_val(1), X)), "x", "a");
    GIVES(BY_ID(weft_first_value(X)), "x", "x");
    GIVES(BY_ID(weft_last_value(X)), "x", "x");
    GIVES(BY_ID(weft_nth_value(X, weft_val(1))), "x", "x");
    GIVES(weft_cast(BY_ID(weft_lag(weft_val(((weft_json){"[1]"})))), WEFT_TEXT), NULL, "[1]");
    GIVES(weft_cast(BY_ID(weft_lead(weft_val(5))), WEFT_TEXT), "5", NULL);
}

/* A text there is what the other one is. */
static void what_stands_in_reads_a_text(void **state)
{
    fixture *f = *state;
    GIVES(weft_cast(BY_ID(weft_lag(weft_val("05"), weft_val(1), COL(n))), WEFT_TEXT), "7", "5");
    GIVES(weft_cast(BY_ID(weft_lag(weft_val(5), weft_val(1), weft_val("07"))), WEFT_TEXT), "7", "5");
    GIVES(weft_cast(BY_ID(weft_lag(weft_val(INT64_C(3000000000)), weft_val(1), COL(n))), WEFT_TEXT), "7", "3000000000");
}

/* A function of pg_proc whose arguments may have any type has its name among those whose constants are cast. Those are left out
 * whose other arguments say the type (arrays, ranges), that are an operator's or internal, and that are of texts, too. */
static const char functions_of_any[] =
    "SELECT DISTINCT p.proname::text AS v FROM pg_catalog.pg_proc AS p WHERE p.pronamespace = 'pg_catalog'::regnamespace "
    "AND EXISTS (SELECT FROM unnest(p.proargtypes::oid[]) AS a(t) JOIN pg_catalog.pg_type AS t ON t.oid = a.t WHERE "
    "t.typname IN ('any', 'anyelement', 'anynonarray', 'anycompatible', 'anycompatiblenonarray')) AND NOT EXISTS (SELECT "
    "FROM unnest(p.proargtypes::oid[]) AS a(t) JOIN pg_catalog.pg_type AS t ON t.oid = a.t WHERE t.typname ~ "
    "'^(any.*(array|range)|internal|oid)$' AND t.typname <> 'anynonarray') AND p.proname !~ "
    "'_(out|any|transfn|populate_record|populate_record_valid|populate_recordset)$' AND NOT EXISTS (SELECT FROM "
    "pg_catalog.pg_operator AS o WHERE "
    "o.oprcode = p.oid) AND NOT EXISTS (SELECT FROM pg_catalog.pg_aggregate AS g WHERE g.aggfnoid = p.oid AND g.aggkind <> "
    "'n') AND NOT EXISTS (SELECT FROM pg_catalog.pg_proc AS q WHERE q.proname = p.proname AND q.pronargs = p.pronargs AND "
    "q.proargtypes[0] = 'text'::regtype AND p.proargtypes[0] <> 'text'::regtype)";

static void no_function_of_the_server_is_forgotten(void **state)
{
    fixture *f = *state;
    Text_list rows = weft_text_rows(f->s, Text, functions_of_any, NULL);
    assert_ok(f->s);
    assert_true(rows.count > 20);
    weft_each (Text, row, rows) {
        const char *const *name = wefti_dialect_postgres.any_functions;
        while (*name != NULL && strcmp(*name, row->v) != 0)
            name++;
        if (*name == NULL)
            fail_msg("%s takes any type", row->v);
    }
}

static void aggregates_and_choices_take_constants_alone(void **state)
{
    fixture *f = *state;
    const weft_expr *one[] = {weft_min(X), weft_max(X), weft_within_group(weft_fn("mode"), weft_asc_of(X)),
                              weft_within_group(weft_fn("percentile_disc", weft_val(0.5)), weft_asc_of(X)),
                              weft_array_item(weft_array_agg(weft_cast(X, WEFT_TEXT)), weft_val(1))};
    for (size_t i = 0; i < sizeof one / sizeof one[0]; i++) {
        Text_list rows = weft_rows(f->s, Text, .from = weft_from(Thing), .columns = weft_columns(one[i]));
        assert_ok(f->s);
        assert_true(rows.count == 1 && strcmp(rows.items[0]->v, "x") == 0);
    }
    GIVES(weft_coalesce(X), "x", "x");
    GIVES(weft_coalesce(X, weft_val("y")), "x", "x");
    GIVES(weft_fn("nullif", X, weft_val("y")), "x", "x");
    GIVES(weft_case(weft_eq(Thing, id, 1), X), "x", NULL);
    GIVES(weft_array_item(weft_array(weft_val("y"), X), weft_val(2)), "x", "x");
    const weft_expr *sums[] = {weft_sum(weft_val("5")), weft_fn("avg", weft_val("5"))};
    for (int i = 0; i < 2; i++) {
        (void)weft_rows(f->s, Text, .from = weft_from(Thing), .columns = weft_columns(weft_cast(sums[i], WEFT_TEXT)));
        assert_message(f->s, "takes no text; cast it");
        assert_refused(f->s, WEFT_ERROR_TYPE);
    }
}

static void holds(fixture *f, const char *what, const weft_expr *e)
{
    Truth_list rows = weft_rows(f->s, Truth, .columns = weft_columns(e));
    if (weft_session_status(f->s) != WEFT_OK)
        fail_msg("%s: %s", what, weft_session_error(f->s)->message);
    if (rows.count != 1 || !rows.items[0]->v)
        fail_msg("%s does not hold", what);
}

/* text means value, spelt otherwise where it may be; more is greater. */
static void is_read(fixture *f, const char *type, const char *text, const weft_expr *value, const weft_expr *more)
{
    const weft_expr *t = weft_val(text), *true_ = weft_op(weft_val(1), "=", weft_val(1));
    const struct {
        const char *what;
        const weft_expr *e;
    } cases[] = {
        {"=", weft_op(t, "=", value)},
        {"= on the right", weft_op(value, "=", t)},
        {"between", weft_between(t, value, more)},
        {"between texts", weft_between(t, t, more)},
        {"between symmetric", weft_between_symmetric(value, more, t)},
        {"tuple", weft_op(weft_tuple(t, weft_val(1)), "<", weft_tuple(more, weft_val(0)))},
        {"case", weft_op(weft_case(true_, t, more), "=", value)},
        {"case, else", weft_op(weft_case(weft_not(true_), more, t), "=", value)},
        {"coalesce", weft_op(weft_coalesce(t, more), "=", value)},
        {"coalesce of one that is computed", weft_op(weft_coalesce(t, weft_case(true_, more)), "=", value)},
        {"nullif", weft_null(weft_fn("nullif", t, value))},
        {"nullif on the right", weft_null(weft_fn("nullif", value, t))},
        {"in", weft_in_query(t, &(weft_rows_options){.columns = weft_columns(value)})},
        {"any", weft_op(t, "=", weft_any_of(&(weft_rows_options){.columns = weft_columns(value)}))},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char what[80];
        (void)snprintf(what, sizeof what, "%s: %s", type, cases[i].what);
        holds(f, what, cases[i].e);
    }
    /* What a query gives has its type before it is compared. */
    (void)weft_rows(f->s, Truth, .columns = weft_columns(weft_in_query(value, &(weft_rows_options){.columns = weft_columns(t)})));
    assert_message(f->s, "and a text on its right; cast one of them");
    assert_refused(f->s, WEFT_ERROR_TYPE);
}

static void texts_are_read_as_constants_beside_them_are(void **state)
{
    fixture *f = *state;
    is_read(f, "timestamp", "1970-01-01 02:00:00+02", weft_val(((weft_timestamp){0})), weft_val(((weft_timestamp){1})));
    is_read(f, "date", "1970-01-01", weft_val(((weft_date){0})), weft_val(((weft_date){1})));
    is_read(f, "time", "00:00:00.0", weft_val(((weft_time){0})), weft_val(((weft_time){1})));
    is_read(f, "UUID", "AB000000000000000000000000000000", weft_val(((weft_uuid){{0xab}})), weft_val(((weft_uuid){{0xac}})));
    is_read(f, "address", "AB-00-00-00-00-00", weft_val(((weft_macaddr){{0xab}})), weft_val(((weft_macaddr){{0xac}})));
    is_read(f, "integer", " 05", weft_val(5), weft_val(6));
    is_read(f, "double", "5.0", weft_val(5.0), weft_val(6.5));
    is_read(f, "decimal", "5.00", weft_val(((weft_decimal){"5.0"})), weft_val(((weft_decimal){"6"})));
    is_read(f, "interval", "P30D", weft_val(((weft_interval){.months = 1})), weft_val(((weft_interval){.days = 100})));
    is_read(f, "JSON", "[ 5.0]", weft_val(((weft_json){"[5]"})), weft_val(((weft_json){"[6]"})));
}

/* A bound is compared with the value, not with the other bound. */
static void a_bound_may_be_wider_than_the_other(void **state)
{
    fixture *f = *state;
    const weft_expr *large = weft_val(INT64_C(3000000000)), *low = weft_val(INT64_C(-3000000000));
    const weft_expr *values[] = {weft_val(7.5), weft_val(((weft_decimal){"7.5"}))};
    for (int i = 0; i < 2; i++) {
        GIVES(weft_cast(weft_between(values[i], COL(n), large), WEFT_TEXT), "true", "false");
        GIVES(weft_cast(weft_between(values[i], low, COL(n)), WEFT_TEXT), "false", "true");
        GIVES(weft_cast(weft_between_symmetric(values[i], large, COL(n)), WEFT_TEXT), "true", "false");
    }
    GIVES(weft_cast(weft_between(weft_val("7"), weft_val("05"), COL(n)), WEFT_TEXT), "true", "true");
    GIVES(weft_cast(weft_between(weft_val("2.50"), weft_val("02"), COL(price)), WEFT_TEXT), "true", "true");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(functions_of_windows_take_constants_alone),   ON_BOTH(what_stands_in_reads_a_text),
        ON_POSTGRES(no_function_of_the_server_is_forgotten),  ON_BOTH(aggregates_and_choices_take_constants_alone),
        ON_BOTH(texts_are_read_as_constants_beside_them_are), ON_BOTH(a_bound_may_be_wider_than_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
