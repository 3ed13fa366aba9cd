/* Expressions over columns of every type give one answer on both databases, or are refused alike; what only PostgreSQL computes is
 * told as unsupported on SQLite. Operators, functions, casts, orders and assignments are asked of each pair of types. */
#include "support/fixture.h"

WEFT_DECLARE(Kind);
struct Kind {
    int64_t id;
    int16_t s;
    int32_t i;
    int64_t l;
    uint32_t u;
    bool b;
    float f;
    double d;
    weft_decimal m;
    const char *t;
    weft_bytes x;
    weft_timestamp at;
    weft_date day;
    weft_time hour;
    weft_uuid key;
    weft_json j;
    weft_macaddr mac;
};
WEFT_MODEL(Kind, "kind", WEFT_COLUMN(Kind, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Kind, s),
           WEFT_COLUMN(Kind, i), WEFT_COLUMN(Kind, l), WEFT_COLUMN(Kind, u), WEFT_COLUMN(Kind, b), WEFT_COLUMN(Kind, f),
           WEFT_COLUMN(Kind, d), WEFT_COLUMN(Kind, m), WEFT_COLUMN(Kind, t), WEFT_COLUMN(Kind, x), WEFT_COLUMN(Kind, at),
           WEFT_COLUMN(Kind, day), WEFT_COLUMN(Kind, hour), WEFT_COLUMN(Kind, key), WEFT_COLUMN(Kind, j), WEFT_COLUMN(Kind, mac));
WEFT_METADATA(models, &Kind_model);
FIXTURE_MODELS(models);

typedef struct Told {
    const char *v;
} Told;
WEFT_ROW(Told, WEFT_FIELD(Told, v));

#define COL(f) weft_col(Kind, f)
static const char *const fields[] = {"s", "i", "l", "u", "b", "f", "d", "m", "t", "x", "at", "day", "hour", "key", "j", "mac"};
static const weft_type types[] = {WEFT_INT16,  WEFT_INT32,   WEFT_INT64, WEFT_UINT32, WEFT_BOOL,      WEFT_FLOAT,
                                  WEFT_DOUBLE, WEFT_DECIMAL, WEFT_TEXT,  WEFT_BYTES,  WEFT_TIMESTAMP, WEFT_DATE,
                                  WEFT_TIME,   WEFT_UUID,    WEFT_JSON,  WEFT_MACADDR};
enum { FIELDS = sizeof fields / sizeof fields[0], ROWS = 6 };

#define SECONDS(n) (INT64_C(1000000) * (n))
static const char *const documents[ROWS] = {"{\"a\": 1, \"b\": [true, null]}",
                                            "{\"b\":[true,null],\"a\":1.0}",
                                            "[]",
                                            "\"x\"",
                                            "5e0",
                                            "{\"a\": {\"c\": \"\\u00e4\"}, \"n\": -0.50}"};

static void open_pair(fixture *pair[2], void *places[2])
{
    static const int64_t longs[ROWS] = {0, 1, -7, INT64_C(9007199254740993), 40, 2};
    static const double reals[ROWS] = {0, 1, -2.5, 9007199254740992.0, 1e20, 0.1};
    static const char *const decimals[ROWS] = {"0", "1", "-2.5", "9007199254740993", "40", "0.1"};
    static const char *const texts[ROWS] = {"", "1", "x", "true", "2024-02-29", "a\\b"};
    assert_int_equal(open_sqlite(&places[0]), 0);
    assert_int_equal(open_postgres(&places[1]), 0);
    for (int p = 0; p < 2; p++) {
        pair[p] = places[p];
        for (int r = 0; r < ROWS; r++) {
            weft_uuid key = {{(unsigned char)r, 0xab}};
            (void)weft_new(pair[p]->s, Kind, .id = r, .s = (int16_t)(r - 1), .i = r * 7 - 7, .l = longs[r], .u = (uint32_t)r,
                           .b = r % 2 == 1, .f = (float)reals[r], .d = reals[r], .m = {decimals[r]}, .t = texts[r],
                           .x = {texts[r], strlen(texts[r])}, .at = {r < 4 ? SECONDS(86400) * r : SECONDS(86400) * r + r * 1250},
                           .day = {r == 5 ? 3 : r}, .hour = {r < 3 ? SECONDS(3600) * r : SECONDS(3600) * r + 1500}, .key = key,
                           .j = {documents[r]}, .mac = {{(unsigned char)(250 * r), 0xab}});
        }
        commit_ok(pair[p]->s);
    }
}

static void close_pair(void *places[2])
{
    (void)fixture_close(&places[0]);
    (void)fixture_close(&places[1]);
}

static unsigned answers, refusals;

/* What rows say by an expression, each as text and all in the order of the key; or why they do not. */
static void tell(fixture *f, const weft_expr *e, const weft_expr *where, char told[700])
{
    Told_list list = weft_rows(f->s, Told, .from = weft_from(Kind), .columns = weft_columns(weft_cast(e, WEFT_TEXT)),
                               .where = where, .order_by = weft_order(weft_asc(Kind, id)));
    told[0] = '\0';
    for (size_t i = 0; i < list.count; i++)
        (void)snprintf(told + strlen(told), 700 - strlen(told), "%.100s|", list.items[i]->v != NULL ? list.items[i]->v : "NULL");
    weft_status status = weft_session_status(f->s);
    if (status == WEFT_OK)
        return;
    (void)snprintf(told, 700, "%s", weft_status_identifier(status));
    rollback_ok(f->s);
}

/* unsupported: SQLite may say that it has no such thing. */
static void assert_alike_where(fixture *pair[2], const char *what, const weft_expr *e, const weft_expr *where, bool unsupported)
{
    char told[2][700];
    for (int p = 0; p < 2; p++)
        tell(pair[p], e, where, told[p]);
    if (unsupported && strcmp(told[0], "WEFT_ERROR_UNSUPPORTED") == 0)
        return;
    if (strcmp(told[0], told[1]) != 0 || strcmp(told[1], "WEFT_ERROR_SQL") == 0) {
        (void)printf("%s:\n  SQLite     %s\n  PostgreSQL %s\n", what, told[0], told[1]);
        if (test_recorder_count(pair[0]->recorder) > 0)
            (void)printf("  %s\n", test_recorder_text(pair[0]->recorder, test_recorder_count(pair[0]->recorder) - 1));
        fail();
    }
    answers += strncmp(told[0], "WEFT_", 5) != 0;
    refusals += strncmp(told[0], "WEFT_", 5) == 0;
}

static void assert_alike(fixture *pair[2], const char *what, const weft_expr *e, bool unsupported)
{
    assert_alike_where(pair, what, e, NULL, unsupported);
}

static const weft_expr *column(weft_builder *b, int field) { return weft_builder_column(b, &Kind_model, fields[field], 0); }

static const weft_expr *operation(weft_builder *b, const char *name, const weft_expr *left, const weft_expr *right)
{
    return weft_builder_node(b, WEFT_EXPR_OP, name, (const weft_expr *[]){left, right}, 2);
}

static weft_value constant(int field)
{
    weft_value value = {.type = types[field]};
    switch (types[field]) {
    case WEFT_BOOL: return weft_value_bool(true);
    case WEFT_FLOAT:
    case WEFT_DOUBLE: return weft_value_double(2.5);
    case WEFT_DECIMAL: return weft_value_decimal((weft_decimal){"1.0"});
    case WEFT_TEXT: return weft_value_text("x");
    case WEFT_BYTES: return weft_value_bytes((weft_bytes){"x", 1});
    case WEFT_TIMESTAMP: return weft_value_timestamp((weft_timestamp){SECONDS(86400)});
    case WEFT_DATE: return weft_value_date((weft_date){1});
    case WEFT_TIME: return weft_value_time((weft_time){SECONDS(3600)});
    case WEFT_UUID: value.as.uuid = (weft_uuid){{1, 0xab}}; return value;
    case WEFT_MACADDR: return weft_value_macaddr((weft_macaddr){{250, 0xab}});
    case WEFT_JSON: return weft_value_json((weft_json){"{\"b\": [true, null], \"a\": 1e0}"});
    default: return weft_value_int64(1);
    }
}

static void run_operators(const char *const *operators, size_t count, bool unsupported)
{
    fixture *pair[2];
    void *places[2] = {NULL, NULL};
    open_pair(pair, places);
    for (size_t o = 0; o < count; o++)
        for (int left = 0; left < FIELDS; left++)
            for (int right = 0; right < FIELDS; right++)
                for (int way = 0; way < 3; way++) {
                    char what[100];
                    weft_builder *b = weft_builder_new();
                    const weft_expr *a = way == 2 ? weft_builder_value(b, constant(left)) : column(b, left);
                    const weft_expr *c = way == 1 ? weft_builder_value(b, constant(right)) : column(b, right);
                    bool untyped = (way == 2 && types[left] == WEFT_TEXT) || (way == 1 && types[right] == WEFT_TEXT);
                    (void)snprintf(what, sizeof what, "%s %s %s (%d)", fields[left], operators[o], fields[right], way);
                    if (!untyped) /* read as one of what stands beside it, or not */
                        assert_alike(pair, what, operation(b, operators[o], a, c), unsupported);
                    weft_builder_free(b);
                }
    close_pair(places);
}

static void values_of_every_two_types_compare_alike_or_not_at_all(void **state)
{
    (void)state;
    static const char *const names[] = {"=", "<>", "<", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"};
    run_operators(names, sizeof names / sizeof names[0], false);
}

static void what_is_computed_of_every_two_types_is_alike(void **state)
{
    (void)state;
    static const char *const names[] = {"+", "-", "*"};
    run_operators(names, sizeof names / sizeof names[0], true);
}

static void texts_and_bits_and_conditions_of_every_two_types_are_alike(void **state)
{
    (void)state;
    static const char *const names[] = {"||", "&", "|", "<<", ">>", "AND", "OR", "ILIKE"};
    run_operators(names, sizeof names / sizeof names[0], true);
}

static void casts_of_every_type_to_every_type_are_alike(void **state)
{
    (void)state;
    fixture *pair[2];
    void *places[2] = {NULL, NULL};
    open_pair(pair, places);
    for (int from = 0; from < FIELDS; from++)
        for (int to = 0; to < FIELDS; to++)
            for (int64_t row = 0; row < ROWS; row++) {
                char what[60];
                weft_builder *b = weft_builder_new();
                (void)snprintf(what, sizeof what, "CAST(%s AS %s), row %d", fields[from], fields[to], (int)row);
                assert_alike_where(pair, what, weft_cast(column(b, from), types[to]), weft_eq(Kind, id, row), true);
                weft_builder_free(b);
            }
    close_pair(places);
}

static void results_of_every_two_types_are_one_type_or_refused(void **state)
{
    (void)state;
    fixture *pair[2];
    void *places[2] = {NULL, NULL};
    open_pair(pair, places);
    for (int left = 0; left < FIELDS; left++)
        for (int right = 0; right < FIELDS; right++) {
            char what[60];
            weft_builder *b = weft_builder_new();
            const weft_expr *a = column(b, left), *c = column(b, right), *value = weft_builder_value(b, constant(right));
            (void)snprintf(what, sizeof what, "%s and %s", fields[left], fields[right]);
            assert_alike(pair, what, weft_coalesce(a, c), false);
            assert_alike(pair, what, weft_fn("nullif", a, c), false);
            assert_alike(pair, what, weft_case(weft_gt(Kind, id, 2), a, c), false);
            assert_alike(pair, what, weft_between(a, c, a), false);
            assert_alike(pair, what, weft_between_symmetric(a, c, a), false);
            if (types[right] != WEFT_TEXT) {
                assert_alike(pair, what, weft_coalesce(a, value), false);
                assert_alike(pair, what, weft_case(weft_gt(Kind, id, 2), a, value), false);
                assert_alike(pair, what, weft_fn("nullif", a, value), false);
                assert_alike(pair, what, weft_between_symmetric(a, value, c), false);
                assert_alike(pair, what, weft_between(value, c, a), false);
                assert_alike(pair, what, weft_between_symmetric(value, c, a), false);
            }
            weft_builder_free(b);
        }
    close_pair(places);
}

static void functions_of_every_type_are_alike(void **state)
{
    (void)state;
    static const char *const names[] = {"abs",   "round", "trunc",  "ceil", "floor", "sign", "lower",
                                        "upper", "trim",  "length", "sqrt", "ln",    "exp"};
    static const char *const sums[] = {"sum", "avg", "min", "max", "count"};
    fixture *pair[2];
    void *places[2] = {NULL, NULL};
    open_pair(pair, places);
    for (int field = 0; field < FIELDS; field++) {
        weft_builder *b = weft_builder_new();
        char what[60];
        const weft_expr *c = column(b, field);
        for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
            for (int64_t row = 0; row < ROWS; row++) {
                (void)snprintf(what, sizeof what, "%s(%s)", names[n], fields[field]);
                assert_alike_where(pair, what, weft_builder_node(b, WEFT_EXPR_FN, names[n], &c, 1), weft_eq(Kind, id, row), true);
            }
        for (size_t n = 0; n < sizeof sums / sizeof sums[0]; n++) {
            const weft_expr *e = weft_builder_node(b, WEFT_EXPR_FN, sums[n], &c, 1);
            char told[2][700];
            for (int p = 0; p < 2; p++) {
                Told_list list = weft_rows(pair[p]->s, Told, .from = weft_from(Kind),
                                           .columns = weft_columns(weft_cast(e, WEFT_TEXT)), .where = weft_ne(Kind, id, 3));
                (void)snprintf(told[p], sizeof told[p], "%s", list.count == 1 ? list.items[0]->v : "");
                if (weft_session_status(pair[p]->s) != WEFT_OK) {
                    (void)snprintf(told[p], sizeof told[p], "%s", weft_status_identifier(weft_session_status(pair[p]->s)));
                    rollback_ok(pair[p]->s);
                }
            }
            if (strcmp(told[0], told[1]) != 0 && strcmp(told[0], "WEFT_ERROR_UNSUPPORTED") != 0)
                fail_msg("%s(%s): SQLite %s, PostgreSQL %s", sums[n], fields[field], told[0], told[1]);
        }
        weft_builder_free(b);
    }
    close_pair(places);
}

/* Of one value a subquery, so that both databases have one row. */
static void assert_aggregate_alike(fixture *pair[2], const char *name, int field, const weft_model *other, const weft_expr *e)
{
    char what[80];
    (void)snprintf(what, sizeof what, "%s of %s", name, fields[field]);
    const weft_rows_options *query = weft_select(.from = other, .columns = weft_columns(e));
    assert_alike_where(pair, what, weft_scalar(query), weft_eq(Kind, id, 1), false);
}

static void aggregates_with_an_order_are_alike_of_every_type(void **state)
{
    (void)state;
    fixture *pair[2];
    void *places[2] = {NULL, NULL};
    open_pair(pair, places);
    weft_alias(Other, Kind);
    for (int field = 0; field < FIELDS; field++) {
        weft_builder *b = weft_builder_new();
        const weft_expr *c = weft_builder_column(b, &Other_model, fields[field], 0), *id = weft_col(Other, id);
        const weft_expr *ids = weft_string_agg(weft_cast(id, WEFT_TEXT), weft_val(","));
        const struct {
            const char *name;
            const weft_expr *e;
        } all[] = {
            {"bool_and", weft_bool_and(c)},
            {"bool_or", weft_filter(weft_bool_or(c), weft_ne(Other, id, 1))},
            {"string_agg", weft_ordered(weft_string_agg(c, c), weft_asc_of(id))},
            {"string_agg by", weft_ordered(ids, weft_asc_of(c), weft_asc_of(id))},
            {"string_agg by, down",
             weft_filter(weft_ordered(ids, weft_nulls_first(weft_desc_of(c)), weft_desc_of(id)), weft_gt(Other, id, 0))},
            {"string_agg DISTINCT", weft_ordered(weft_string_agg(weft_distinct(c), weft_val("/")), weft_asc_of(c))},
            {"string_agg DISTINCT text", weft_string_agg(weft_distinct(weft_cast(c, WEFT_TEXT)), weft_val("/"))},
            {"percentile_disc", weft_percentile_disc(weft_val(0.4), weft_asc_of(c))},
            {"percentile_disc, down", weft_percentile_disc(weft_val(0.9), weft_desc_of(c))},
            {"percentile_cont", weft_filter(weft_percentile_cont(weft_val(0.25), weft_asc_of(c)), weft_lt(Other, id, 3))},
            {"mode", weft_mode(weft_asc_of(c))},
            {"mode of equals", weft_mode(weft_desc_of(weft_fn("nullif", c, c)))},
            {"count of distinct", weft_count(weft_distinct(c))},
        };
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
            assert_aggregate_alike(pair, all[i].name, field, &Other_model, all[i].e);
        weft_builder_free(b);
    }
    close_pair(places);
}

/* Groups by values of every type, by several sets of them. */
static void groups_of_every_type_are_alike(void **state)
{
    (void)state;
    fixture *pair[2];
    void *places[2] = {NULL, NULL};
    open_pair(pair, places);
    for (int field = 0; field < FIELDS; field++)
        for (int way = 0; way < 3; way++) {
            char told[2][900] = {"", ""};
            weft_builder *b = weft_builder_new();
            const weft_expr *c = column(b, field), *rest = weft_grouping(c), *least = weft_min(COL(id)),
                            *key = weft_cast(c, WEFT_TEXT);
            const weft_expr *most = weft_max(c);
            for (int p = 0; p < 2; p++) {
                Told_list list =
                    weft_rows(pair[p]->s, Told, .from = weft_from(Kind), .group_by = weft_columns(weft_rollup(c)),
                              .columns = weft_columns(
                                  way == 0   ? key
                                  : way == 1 ? weft_cast(most, WEFT_TEXT)
                                             : weft_cast(weft_over(weft_max(least), .partition_by = weft_columns(c)), WEFT_TEXT)),
                              .having = weft_op(least, "<>", weft_val(9)),
                              .order_by = weft_order(weft_asc_of(rest), weft_asc_of(least)));
                for (size_t i = 0; i < list.count; i++)
                    (void)snprintf(told[p] + strlen(told[p]), 900 - strlen(told[p]), "%.100s|",
                                   list.items[i]->v != NULL ? list.items[i]->v : "NULL");
                if (weft_session_status(pair[p]->s) != WEFT_OK) {
                    (void)snprintf(told[p], sizeof told[p], "%s", weft_status_identifier(weft_session_status(pair[p]->s)));
                    rollback_ok(pair[p]->s);
                }
            }
            if (strcmp(told[0], told[1]) != 0 || strcmp(told[0], "WEFT_ERROR_SQL") == 0)
                fail_msg("groups by %s (%d): SQLite %s, PostgreSQL %s", fields[field], way, told[0], told[1]);
            weft_builder_free(b);
        }
    close_pair(places);
}

/* Values of other rows, running aggregates and places, in the order of the column and of the key. */
static void windows_over_every_type_are_alike(void **state)
{
    (void)state;
    static const char *const names[] = {"lag", "lead", "first_value", "last_value", "min", "max", "count", "sum", "avg"};
    fixture *pair[2];
    void *places[2] = {NULL, NULL};
    open_pair(pair, places);
    for (int field = 0; field < FIELDS; field++) {
        weft_builder *b = weft_builder_new();
        char what[60];
        const weft_expr *c = column(b, field);
        const weft_window by_id = {.order_by = weft_order(weft_asc(Kind, id))},
                          near = {.order_by = weft_order(weft_desc(Kind, id)),
                                  .frame = weft_frame_rows(weft_preceding(weft_val(1)), weft_following(weft_val(1)))},
                          by_value = {.order_by = weft_order(weft_asc_of(c))}, of_value = {.partition_by = weft_columns(c)};
        for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
            const weft_expr *f = weft_builder_node(b, WEFT_EXPR_FN, names[n], &c, 1);
            (void)snprintf(what, sizeof what, "%s(%s) OVER", names[n], fields[field]);
            assert_alike(pair, what, weft_builder_over(b, f, &by_id), true);
            assert_alike(pair, what, weft_builder_over(b, f, &near), true);
            if (n >= 4)
                assert_alike(pair, what, weft_builder_over(b, weft_filter(f, weft_ne(Kind, id, 2)), &near), true);
        }
        (void)snprintf(what, sizeof what, "lag(%s, 2, value)", fields[field]);
        const weft_expr *value = weft_builder_value(b, constant(field));
        assert_alike(pair, what, weft_builder_over(b, weft_lag(c, weft_val(2), value), &by_id), true);
        if (types[field] != WEFT_JSON) {
            (void)snprintf(what, sizeof what, "rank by %s", fields[field]);
            assert_alike(pair, what, weft_builder_over(b, weft_rank(), &by_value), true);
        }
        (void)snprintf(what, sizeof what, "count by %s", fields[field]);
        assert_alike(pair, what, weft_builder_over(b, weft_count_all(), &of_value), true);
        weft_builder_free(b);
    }
    close_pair(places);
}

/* Among the values of another column, and beside a second one as a tuple. */
static void values_of_every_two_types_are_found_in_queries_alike(void **state)
{
    (void)state;
    fixture *pair[2];
    void *places[2] = {NULL, NULL};
    open_pair(pair, places);
    weft_alias(Other, Kind);
    for (int left = 0; left < FIELDS; left++)
        for (int right = 0; right < FIELDS; right++) {
            char what[60];
            weft_builder *b = weft_builder_new();
            const weft_expr *a = column(b, left), *c = weft_builder_column(b, &Other_model, fields[right], 0);
            const weft_rows_options *query =
                weft_select(.from = weft_from(Other), .columns = weft_columns(c), .where = weft_ne(Other, id, 3));
            (void)snprintf(what, sizeof what, "%s IN %s", fields[left], fields[right]);
            assert_alike(pair, what, weft_in_query(a, query), false);
            assert_alike(pair, what, weft_not_in_query(a, query), false);
            if (types[left] != WEFT_TEXT)
                assert_alike(pair, what, weft_in_query(weft_builder_value(b, constant(left)), query), false);
            const weft_rows_options *computed = weft_select(.from = weft_from(Other), .columns = weft_columns(weft_coalesce(c, c)));
            assert_alike(pair, what, weft_in_query(a, computed), false);
            if (types[left] != WEFT_TEXT)
                assert_alike(pair, what, weft_in_query(weft_builder_value(b, constant(left)), computed), false);
            static const char *const comparisons[] = {"=", "<>", "<", ">="};
            for (size_t o = 0; o < sizeof comparisons / sizeof comparisons[0]; o++) {
                (void)snprintf(what, sizeof what, "%s %s ALL %s", fields[left], comparisons[o], fields[right]);
                assert_alike(pair, what, operation(b, comparisons[o], a, weft_all_of(query)), false);
                assert_alike(pair, what, operation(b, comparisons[o], a, weft_any_of(computed)), false);
                if (types[left] != WEFT_TEXT)
                    assert_alike(pair, what,
                                 operation(b, comparisons[o], weft_builder_value(b, constant(left)), weft_any_of(query)), false);
            }
            const weft_expr *own = column(b, right);
            (void)snprintf(what, sizeof what, "(%s, id) < (%s, 3)", fields[left], fields[right]);
            assert_alike(pair, what, weft_op(weft_tuple(a, COL(id)), "<", weft_tuple(own, weft_val(3))), true);
            assert_alike(pair, what, weft_op(weft_tuple(a, COL(id)), "=", weft_tuple(own, weft_val(3))), false);
            if (types[right] != WEFT_TEXT)
                assert_alike(pair, what,
                             weft_op(weft_tuple(a, COL(id)), ">=", weft_tuple(weft_builder_value(b, constant(right)), weft_val(3))),
                             true);
            weft_builder_free(b);
        }
    close_pair(places);
}

static void assignments_of_every_type_are_alike(void **state)
{
    (void)state;
    fixture *pair[2];
    void *places[2] = {NULL, NULL};
    open_pair(pair, places);
    for (int to = 0; to < FIELDS; to++)
        for (int from = 0; from < FIELDS; from++) {
            char told[2][700];
            weft_builder *b = weft_builder_new();
            const weft_expr *args[] = {weft_coalesce(column(b, from), column(b, from))};
            for (int p = 0; p < 2; p++) {
                weft_expr set = *weft_builder_node(b, WEFT_EXPR_SET, NULL, args, 1);
                const weft_expr *target = column(b, to);
                set.model = target->model;
                set.offset = target->offset;
                weft_session_update(pair[p]->s, weft_update_of(Kind, .set = weft_sets(&set), .where = weft_lt(Kind, id, 2)), NULL);
                weft_status status = weft_session_status(pair[p]->s);
                if (status == WEFT_OK)
                    tell(pair[p], target, NULL, told[p]);
                else
                    (void)snprintf(told[p], sizeof told[p], "%s", weft_status_identifier(status));
                rollback_ok(pair[p]->s);
            }
            if (strcmp(told[0], told[1]) != 0 || strcmp(told[1], "WEFT_ERROR_SQL") == 0)
                fail_msg("%s = %s: SQLite %s, PostgreSQL %s", fields[to], fields[from], told[0], told[1]);
            weft_builder_free(b);
        }
    close_pair(places);
}

#define ALIKE(e) assert_alike(pair, #e, e, false)

static void texts_among_constants_are_read_as_what_stands_beside_them(void **state)
{
    (void)state;
    fixture *pair[2];
    void *places[2] = {NULL, NULL};
    open_pair(pair, places);
    ALIKE(weft_op(COL(i), "=", weft_val("7")));
    ALIKE(weft_op(COL(s), "<", weft_val(" 2 ")));
    ALIKE(weft_op(COL(d), "=", weft_val("1e20")));
    ALIKE(weft_op(COL(f), "=", weft_val("0.1")));
    ALIKE(weft_op(COL(b), "=", weft_val("yes")));
    ALIKE(weft_op(COL(b), "=", weft_val("F")));
    ALIKE(weft_op(COL(day), ">", weft_val("1970-01-02")));
    ALIKE(weft_op(COL(at), "=", weft_val("1970-01-02T00:00:00Z")));
    ALIKE(weft_op(COL(at), ">=", weft_val("1970-01-02 02:00:00+02")));
    ALIKE(weft_op(COL(hour), "=", weft_val("01:00")));
    ALIKE(weft_op(COL(key), "=", weft_val("01AB0000-0000-0000-0000-000000000000")));
    ALIKE(weft_op(COL(mac), "=", weft_val("FAab.0000.0000")));
    ALIKE(weft_coalesce(COL(mac), weft_val("00-00-00-00-00-01")));
    ALIKE(weft_op(COL(x), "=", weft_val("true")));
    ALIKE(weft_op(COL(m), "=", weft_val("1.000")));
    ALIKE(weft_op(COL(j), "=", weft_val("{\"a\":1,\"b\":[true,null]}")));
    ALIKE(weft_fn("nullif", COL(i), weft_val("7")));
    ALIKE(weft_coalesce(COL(at), weft_val("2024-01-01")));
    ALIKE(weft_case(weft_gt(Kind, id, 2), COL(day), weft_val("2024-01-01")));
    ALIKE(weft_between(COL(day), weft_val("1970-01-01"), weft_val("1970-01-03")));
    ALIKE(weft_between_symmetric(COL(day), weft_val("1970-01-03"), weft_val("1970-01-01")));
    ALIKE(weft_between_symmetric(COL(day), COL(at), weft_val("1970-01-01")));
    ALIKE(weft_between_symmetric(COL(m), weft_val("40.0"), weft_val("1")));
    ALIKE(weft_between_symmetric(COL(d), COL(l), COL(m)));
    ALIKE(weft_literally(weft_between_symmetric(COL(i), weft_val(7), COL(s))));
    ALIKE(weft_not(weft_op(COL(b), "AND", weft_val("on"))));
    ALIKE(weft_op(weft_val(5), "=", weft_val(" 5")));
    ALIKE(weft_op(weft_fn("abs", COL(i)), "=", weft_val("7")));
    ALIKE(weft_op(weft_op(COL(s), "+", COL(l)), "<", weft_val("70000")));
    ALIKE(weft_op(weft_op(COL(l), "&", weft_val(1)), "=", weft_val("1")));
    ALIKE(weft_op(weft_fn("length", COL(t)), "IS DISTINCT FROM", weft_val("1")));
    ALIKE(weft_between(weft_fn("sqrt", COL(u)), weft_val("0.5"), weft_val("1.5")));
    ALIKE(weft_op(weft_cast(COL(d), WEFT_DECIMAL), ">", weft_val("0.05")));
    ALIKE(weft_op(weft_coalesce(COL(day), COL(at)), ">=", weft_val("1970-01-03")));
    ALIKE(weft_literally(weft_op(COL(day), "<", weft_val("1970-01-03"))));
    ALIKE(weft_literally(weft_op(weft_op(COL(d), "*", weft_val(2.0)), "=", weft_val("2"))));
    for (int p = 0; p < 2; p++) {
        const weft_expr *const unread[] = {weft_op(COL(i), "=", weft_val("seven")),   weft_op(COL(at), "=", weft_val("soon")),
                                           weft_op(COL(b), "=", weft_val("maybe")),   weft_op(COL(key), "=", weft_val("1")),
                                           weft_op(COL(s), "=", weft_val("70000")),   weft_op(COL(mac), "=", weft_val("08:00")),
                                           weft_op(COL(hour), "=", weft_val("25:00"))};
        for (size_t i = 0; i < sizeof unread / sizeof unread[0]; i++) {
            (void)weft_count_of(pair[p]->s, Kind, .where = unread[i]);
            assert_refused(pair[p]->s, p == 0 ? WEFT_ERROR_TYPE : WEFT_ERROR_DATA);
        }
    }
    close_pair(places);
}

static void texts_of_values_are_those_of_postgres(void **state)
{
    (void)state;
    static const double reals[] = {
        0,       1,   100000,  1e6,     123456789, 1e14,     1e15,       1.5e16,           0.0001,
        0.00001, 0.1, 1.0 / 3, -2.5e-7, 1e300,     4.9e-324, 123456.789, 99999999999999.9, 0.30000000000000004,
        5e-5};
    fixture *pair[2];
    void *places[2] = {NULL, NULL};
    open_pair(pair, places);
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) {
        for (int p = 0; p < 2; p++) {
            const Kind *kind = weft_get(pair[p]->s, Kind, 1);
            weft_edit(pair[p]->s, Kind, kind)->d = reals[i];
            weft_edit(pair[p]->s, Kind, kind)->f = (float)(reals[i] > 1e38 || (reals[i] > 0 && reals[i] < 1e-30) ? 3 : reals[i]);
            commit_ok(pair[p]->s);
        }
        ALIKE(weft_op(weft_val("d "), "||", COL(d)));
        ALIKE(weft_op(COL(f), "||", weft_val("")));
        ALIKE(weft_cast(COL(f), WEFT_DECIMAL));
        ALIKE(weft_cast(COL(d), WEFT_DECIMAL));
    }
    for (int from = -3; from < 5; from++)
        for (int length = -1; length < 5; length++) {
            assert_alike(pair, "substr", weft_fn("substr", COL(t), weft_val(from), weft_val(length)), false);
            assert_alike(pair, "substr", weft_fn("substr", COL(t), weft_val(from)), false);
        }
    close_pair(places);
}

static void json_is_compared_by_content_everywhere(void **state)
{
    (void)state;
    fixture *pair[2];
    void *places[2] = {NULL, NULL};
    open_pair(pair, places);
    static const char *const more[] = {"[]",
                                       "[1]",
                                       "null",
                                       "true",
                                       "false",
                                       "\"\"",
                                       "\"y\"",
                                       "0",
                                       "-1e2",
                                       "{}",
                                       "[[]]",
                                       "{\"a\":[]}",
                                       "{\"bb\":1,\"a\":2}",
                                       "{\"a\":2,\"bb\":1.0}",
                                       "{\"a\":2,\"a\":3}",
                                       "{\"a\":3}",
                                       "[1,2]",
                                       "[2]",
                                       "100e-1",
                                       "10",
                                       "\"\\u0041\"",
                                       "\"A\"",
                                       " [ 1 ] ",
                                       "[[1,{\"x\":null}]]",
                                       "{\"a\":\"\\/\"}",
                                       "{\"a\":\"/\"}"};
    for (int p = 0; p < 2; p++) {
        for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
            (void)weft_new(pair[p]->s, Kind, .id = 100 + (int64_t)i, .j = {more[i]}, .m = {"0"}, .t = "", .x = {"", 0});
        commit_ok(pair[p]->s);
    }
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        const weft_json json = {more[i]};
        ALIKE(weft_eq(Kind, j, json));
        ALIKE(weft_ne(Kind, j, json));
        ALIKE(weft_lt(Kind, j, json));
        ALIKE(weft_ge(Kind, j, json));
        ALIKE(weft_op(weft_val(json), "IS DISTINCT FROM", COL(j)));
        ALIKE(weft_fn("nullif", COL(j), weft_val(json)));
        ALIKE(weft_between(COL(j), weft_val(json), weft_val((weft_json){"[1]"})));
        ALIKE(weft_op(COL(j), "->>", weft_val("a")));
        ALIKE(weft_op(weft_op(COL(j), "->", weft_val("a")), "->", weft_val(0)));
        ALIKE(weft_op(weft_op(COL(j), "->", weft_val("a")), "=", weft_val(json)));
    }
    for (int at = -3; at < 3; at++)
        ALIKE(weft_op(COL(j), "->>", weft_val(at)));
    char told[2][3000];
    for (int p = 0; p < 2; p++) {
        weft_session *s = pair[p]->s;
        Told_list l = weft_rows(s, Told, .from = weft_from(Kind), .columns = weft_columns(weft_cast(COL(id), WEFT_TEXT)),
                                .order_by = weft_order(weft_desc_of(COL(j)), weft_asc(Kind, id)));
        assert_ok(s);
        told[p][0] = '\0';
        for (size_t i = 0; i < l.count; i++)
            (void)snprintf(told[p] + strlen(told[p]), 3000 - strlen(told[p]), "%s ", l.items[i]->v);
        l = weft_rows(s, Told, .from = weft_from(Kind), .columns = weft_columns(weft_cast(weft_count_all(), WEFT_TEXT)),
                      .group_by = weft_columns(COL(j)), .order_by = weft_order(weft_asc_of(COL(j))));
        assert_ok(s);
        for (size_t i = 0; i < l.count; i++)
            (void)snprintf(told[p] + strlen(told[p]), 3000 - strlen(told[p]), "%s,", l.items[i]->v);
        l = weft_rows(s, Told, .from = weft_from(Kind),
                      .columns = weft_columns(weft_cast(weft_count(weft_distinct(COL(j))), WEFT_TEXT)));
        assert_ok(s);
        (void)snprintf(told[p] + strlen(told[p]), 3000 - strlen(told[p]), " %s", l.items[0]->v);
    }
    assert_string_equal(told[0], told[1]);
    close_pair(places);
}

static void lists_of_a_builder_mean_what_literal_ones_mean(void **state)
{
    (void)state;
    fixture *pair[2];
    void *places[2] = {NULL, NULL};
    open_pair(pair, places);
    const struct {
        const char *field;
        weft_value item;
    } asked[] = {
        {"m", weft_value_text("1")},
        {"m", weft_value_text("1.00")},
        {"m", weft_value_decimal((weft_decimal){"-2.500"})},
        {"m", weft_value_int64(40)},
        {"d", weft_value_int64(INT64_C(9007199254740993))},
        {"d", weft_value_double(0.1)},
        {"f", weft_value_double(0.1)},
        {"f", weft_value_int64(1)},
        {"l", weft_value_int64(40)},
        {"t", weft_value_text("x")},
        {"b", weft_value_bool(true)},
        {"b", weft_value_int64(1)},
        {"at", weft_value_timestamp((weft_timestamp){0})},
        {"at", weft_value_date((weft_date){0})},
        {"i", weft_value_double(7)},
        {"i", weft_value_text("7")},
        {"j", weft_value_json((weft_json){"[]"})},
        {"j", weft_value_text("[]")},
        {"key", weft_value_text("x")},
        {"m", weft_value_text("much")},
    };
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
        for (int p = 0; p < 2; p++) {
            weft_builder *b = weft_builder_new();
            int64_t found[2];
            weft_status status[2];
            const weft_expr *const ways[] = {weft_builder_in(b, &Kind_model, asked[i].field, &asked[i].item, 1),
                                             weft_builder_compare(b, WEFT_EXPR_EQ, &Kind_model, asked[i].field, asked[i].item)};
            for (int way = 0; way < 2; way++) {
                found[way] = weft_count_of(pair[p]->s, Kind, .where = ways[way]);
                status[way] = weft_session_status(pair[p]->s);
                if (status[way] != WEFT_OK)
                    rollback_ok(pair[p]->s);
            }
            if (status[0] != status[1] || found[0] != found[1])
                fail_msg("%s, %zu, %s: IN %s %d, = %s %d", asked[i].field, i, p == 0 ? "SQLite" : "PostgreSQL",
                         weft_status_identifier(status[0]), (int)found[0], weft_status_identifier(status[1]), (int)found[1]);
            weft_builder_free(b);
        }
    close_pair(places);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_every_two_types_compare_alike_or_not_at_all),
        cmocka_unit_test(what_is_computed_of_every_two_types_is_alike),
        cmocka_unit_test(texts_and_bits_and_conditions_of_every_two_types_are_alike),
        cmocka_unit_test(casts_of_every_type_to_every_type_are_alike),
        cmocka_unit_test(results_of_every_two_types_are_one_type_or_refused),
        cmocka_unit_test(functions_of_every_type_are_alike),
        cmocka_unit_test(aggregates_with_an_order_are_alike_of_every_type),
        cmocka_unit_test(groups_of_every_type_are_alike),
        cmocka_unit_test(windows_over_every_type_are_alike),
        cmocka_unit_test(values_of_every_two_types_are_found_in_queries_alike),
        cmocka_unit_test(assignments_of_every_type_are_alike),
        cmocka_unit_test(texts_among_constants_are_read_as_what_stands_beside_them),
        cmocka_unit_test(texts_of_values_are_those_of_postgres),
        cmocka_unit_test(json_is_compared_by_content_everywhere),
        cmocka_unit_test(lists_of_a_builder_mean_what_literal_ones_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
