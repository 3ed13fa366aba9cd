/* weft_literally: values that stand in the text of a statement find what parameters find, whatever they hold; they belong to the
 * key of the cache; and they let partial indexes serve. */
#include "support/fixture.h"

#include <float.h>
#include <math.h>

typedef enum kind { PLAIN, QUOTED } kind;
static const char *const kinds[] = {"plain", "it's \\ \"quoted\""};
WEFT_DECLARE(Thing);
WEFT_DECLARE(Part);
struct Thing {
    int64_t id;
    int16_t s;
    int32_t i;
    int64_t l;
    uint32_t u;
    bool b;
    float f;
    double d;
    const char *t;
    kind k;
    weft_decimal m, n;
    weft_timestamp at;
    weft_date day;
    weft_time hour;
    weft_uuid uuid;
    weft_json j;
    weft_bytes raw;
    Part_list parts;
};
struct Part {
    int64_t id;
    int64_t thing;
    const char *state;
};
WEFT_DECLARE(Job);
struct Job {
    int64_t id;
    int64_t owner;
    const char *state;
};
WEFT_MODEL(Thing, "thing", WEFT_COLUMN(Thing, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Thing, s),
           WEFT_COLUMN(Thing, i), WEFT_COLUMN(Thing, l), WEFT_COLUMN(Thing, u), WEFT_COLUMN(Thing, b), WEFT_COLUMN(Thing, f),
           WEFT_COLUMN(Thing, d), WEFT_COLUMN(Thing, t, .nullable = true), WEFT_ENUM(Thing, k, kinds),
           WEFT_COLUMN(Thing, m, .precision = 12, .scale = 2), WEFT_COLUMN(Thing, n), WEFT_COLUMN(Thing, at),
           WEFT_COLUMN(Thing, day), WEFT_COLUMN(Thing, hour), WEFT_COLUMN(Thing, uuid), WEFT_COLUMN(Thing, j),
           WEFT_COLUMN(Thing, raw), WEFT_HAS_MANY(Thing, parts, Part, .foreign_key = "thing"));
WEFT_MODEL(Part, "part", WEFT_COLUMN(Part, id, .primary_key = true), WEFT_COLUMN(Part, thing), WEFT_COLUMN(Part, state));
WEFT_MODEL(Job, "job", WEFT_COLUMN(Job, id, .primary_key = true), WEFT_COLUMN(Job, owner), WEFT_COLUMN(Job, state),
           WEFT_INDEX(Job, "owner, id", .where = "state <> 'done'", .name = "job_open"));
WEFT_METADATA(models, &Thing_model, &Part_model, &Job_model);
FIXTURE_MODELS(models);

typedef struct Count {
    int64_t v;
} Count;
WEFT_ROW(Count, WEFT_FIELD(Count, v));
typedef struct Told {
    const char *v;
} Told;
WEFT_ROW(Told, WEFT_FIELD(Told, v));

static uint64_t seed = 11;

static unsigned below(unsigned limit)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % limit;
}

static const char *const texts[] = {"",
                                    "a",
                                    "O'Reilly",
                                    "''",
                                    "\\",
                                    "\\'",
                                    "'; DROP TABLE thing; --",
                                    "$1",
                                    "?1",
                                    "$$x$$",
                                    "/* no",
                                    "*/",
                                    "-- no",
                                    "line\nline",
                                    "tab\tcr\r",
                                    "\xf0\x9f\x98\x80 emoji",
                                    "\xc3\xa4\xc3\xb6",
                                    "%",
                                    "_",
                                    "a%",
                                    "[a]*?",
                                    "E'x'",
                                    "\"name\"",
                                    "'\\''",
                                    "\\x41",
                                    "\\\\",
                                    ":name",
                                    "0x1f",
                                    "NULL",
                                    "true"};
static const char *const numbers[] = {"0",      "1.50",   "1.5",   "-1.50",         "1",    "+2.00", "1e2",
                                      "100.00", "007.10", "-0.00", "9999999999.99", "0.01", "12.345"};
static const double reals[] = {0,   -0.0, 0.1, 0.5,     -1.25, 1e15,    123456789.123456789, 5e-324, DBL_MAX, -DBL_MAX,
                               3.0, 1e-7, 0.3, 2.0 / 3, 1e22,  16777216};
static const char *const documents[] = {"1", "\"it's\"", "{\"a\": [1, 2]}", "null", "\"\\\\ \\\"\""};

static int64_t whole(void)
{
    static const int64_t ends[] = {0,         1,         -1,        7,         INT16_MIN,  INT16_MAX,
                                   INT32_MIN, INT32_MAX, INT64_MIN, INT64_MAX, UINT32_MAX, INT64_C(1) << 53};
    return below(3) == 0 ? ends[below(sizeof ends / sizeof ends[0])] : (int64_t)below(9) - 4;
}

#define PICK(list) list[below(sizeof(list) / sizeof(list)[0])]
static const char *const fields[] = {"s", "i", "l",  "u",   "b",    "f",    "d", "t",  "k",
                                     "m", "n", "at", "day", "hour", "uuid", "j", "raw"};
enum { FIELDS = sizeof fields / sizeof fields[0] };

static weft_uuid uuid_of(unsigned n)
{
    weft_uuid uuid = {{0xab, 0xcd}};
    uuid.bytes[15] = (unsigned char)n;
    return uuid;
}

/* A value for the field, which a column of it may hold where `kept`. */
static weft_value value_of(const char *field, bool kept)
{
    static const unsigned char bytes[] = {0, 1, '\'', '\\', 0xff, 0};
    int64_t w = whole();
    switch (field[0]) {
    case 's': return weft_value_int64(kept ? (int16_t)w : w);
    case 'i': return weft_value_int64(kept ? (int32_t)w : w);
    case 'l': return weft_value_int64(w);
    case 'u': return strcmp(field, "u") == 0 ? weft_value_int64(kept ? (uint32_t)w : w) : weft_value_uuid(uuid_of(below(4)));
    case 'b': return weft_value_bool(below(2));
    case 'f': return weft_value_double(kept ? (double)(float)PICK(((const double[]){0, 0.1, 0.5, -3, 1e30})) : PICK(reals));
    case 't': return weft_value_text(PICK(texts));
    case 'k': return weft_value_int64(kept ? below(2) : below(3));
    case 'm':
    case 'n': return weft_value_decimal((weft_decimal){kept && field[0] == 'm' ? numbers[below(12)] : PICK(numbers)});
    case 'a': return weft_value_timestamp((weft_timestamp){below(9) == 0 ? INT64_MAX : below(5) * INT64_C(86400000001)});
    case 'h': return weft_value_time((weft_time){below(4) == 0 ? INT64_C(86400000000) : below(5) * 1000001});
    case 'j': return weft_value_json((weft_json){PICK(documents)});
    case 'r': return weft_value_bytes((weft_bytes){bytes, below(7)});
    default: break;
    }
    if (strcmp(field, "day") == 0)
        return weft_value_date((weft_date){below(9) == 0 ? INT32_MIN : (int32_t)below(40) * 1000});
    return weft_value_double(PICK(reals));
}

static void fill(weft_session *s)
{
    for (int64_t id = 1; id <= 60; id++) {
        Thing *thing = weft_new(s, Thing, .id = id);
        thing->s = (int16_t)value_of("s", true).as.i;
        thing->i = (int32_t)value_of("i", true).as.i;
        thing->l = value_of("l", true).as.i;
        thing->u = (uint32_t)value_of("u", true).as.i;
        thing->b = value_of("b", true).as.b;
        thing->f = (float)value_of("f", true).as.d;
        thing->d = value_of("d", true).as.d;
        thing->t = below(9) == 0 ? NULL : value_of("t", true).as.s.data;
        thing->k = (kind)value_of("k", true).as.i;
        thing->m = (weft_decimal){value_of("m", true).as.s.data};
        thing->n = (weft_decimal){value_of("n", true).as.s.data};
        thing->at = (weft_timestamp){value_of("at", true).as.i};
        thing->day = (weft_date){(int32_t)value_of("day", true).as.i};
        thing->hour = (weft_time){value_of("hour", true).as.i};
        thing->uuid = value_of("uuid", true).as.uuid;
        thing->j = (weft_json){value_of("j", true).as.s.data};
        weft_value raw = value_of("raw", true);
        thing->raw = (weft_bytes){raw.as.s.data, raw.as.s.size};
        weft_append(s, Thing, thing, parts, Part, weft_new(s, Part, .state = below(2) == 0 ? "done" : PICK(texts)));
    }
    commit_ok(s);
}

/* A random condition; NULL where the builder refused it. */
static const weft_expr *condition(weft_builder *b, int depth)
{
    const char *field = fields[below(FIELDS)];
    unsigned what = below(depth > 0 ? 10 : 6);
    const weft_expr *args[4] = {NULL};
    if (what < 4) {
        int op = WEFT_EXPR_EQ + (int)below(6);
        if (strcmp(field, "t") == 0 && below(2) == 0)
            op = WEFT_EXPR_LIKE + (int)below(6);
        if (strcmp(field, "j") == 0)
            op = WEFT_EXPR_EQ + (int)below(2);
        return weft_builder_compare(b, (weft_expr_op)op, &Thing_model, field, value_of(field, below(3) != 0));
    }
    if (what == 4 && strcmp(field, "j") != 0) {
        weft_value items[6];
        size_t count = below(6);
        for (size_t i = 0; i < count; i++)
            items[i] = value_of(field, true);
        const weft_expr *in = weft_builder_in(b, &Thing_model, field, items, count);
        args[0] = in;
        return below(2) == 0 ? in : weft_builder_node(b, WEFT_EXPR_NOT, NULL, args, 1);
    }
    if (what <= 5) {
        field = fields[below(FIELDS - 2)];
        args[0] = weft_builder_column(b, &Thing_model, field, 0);
        args[1] = weft_builder_value(b, value_of(field, true));
        args[2] = weft_builder_value(b, value_of(field, true));
        if (strcmp(field, "b") == 0 || strcmp(field, "k") == 0 || strcmp(field, "j") == 0)
            return weft_builder_node(b, WEFT_EXPR_OP, "=", args, 2);
        return weft_builder_node(b, WEFT_EXPR_BETWEEN, NULL, args, 3);
    }
    size_t count = what == 9 ? 1 : 1 + below(3);
    for (size_t i = 0; i < count; i++)
        args[i] = condition(b, depth - 1);
    return weft_builder_node(b, what == 9 ? WEFT_EXPR_NOT : what < 8 ? WEFT_EXPR_AND : WEFT_EXPR_OR, NULL, args, count);
}

typedef struct answer {
    weft_status status;
    size_t count;
    int64_t ids[60];
} answer;

static answer ask(weft_session *s, const weft_expr *where, const weft_expr *sort)
{
    answer a = {.status = WEFT_OK};
    Thing_list list = weft_query(s, Thing, .where = where, .order_by = sort);
    a.status = weft_session_status(s);
    if (a.status != WEFT_OK) {
        rollback_ok(s);
        return a;
    }
    a.count = list.count;
    for (size_t i = 0; i < list.count; i++)
        a.ids[i] = list.items[i]->id;
    return a;
}

static void literals_find_what_parameters_find(void **state)
{
    fixture *f = *state;
    fill(f->s);
    const int rounds = getenv("WEFT_TEST_LONG") != NULL ? 20000 : 600;
    size_t found = 0, refused = 0;
    for (int round = 0; round < rounds; round++) {
        weft_builder *b = weft_builder_new();
        uint64_t before = seed;
        const weft_expr *where = condition(b, 2), *args[1] = {where};
        const weft_expr *sort = weft_order(weft_asc(Thing, id));
        answer by_parameters = ask(f->s, where, sort);
        (void)test_recorder_count(f->recorder);
        answer by_literals = ask(f->s, weft_builder_node(b, WEFT_EXPR_LITERAL, NULL, args, 1), sort);
        if (by_parameters.status != by_literals.status || by_parameters.count != by_literals.count ||
            memcmp(by_parameters.ids, by_literals.ids, sizeof by_literals.ids) != 0)
            fail_msg("seed %llu: parameters %s %zu, literals %s %zu, %s", (unsigned long long)before,
                     weft_status_name(by_parameters.status), by_parameters.count, weft_status_name(by_literals.status),
                     by_literals.count, fixture_last_sql(f));
        found += by_literals.count;
        refused += by_literals.status != WEFT_OK;
        weft_builder_free(b);
    }
    assert_true(found > 1000 && refused < (size_t)rounds / 2);
}

/* What each text, written into the statement, gives back. */
static void texts_come_back_as_they_were_written(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Thing, .id = 1, .t = "x", .m = {"1"}, .n = {"1"}, .j = {"1"}, .raw = {"", 0});
    commit_ok(f->s);
    for (int off = 0; off < 2; off++) {
        if (off == 1 && !f->postgres)
            break;
        if (off == 1)
            assert_call(f->s, weft_session_execute_text(f->s, "SET standard_conforming_strings = off", NULL), WEFT_OK);
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            Told_list told = weft_rows(f->s, Told, .from = weft_from(Thing),
                                       .columns = weft_columns(weft_coalesce(weft_literal(texts[i]), weft_col(Thing, t))));
            assert_ok(f->s);
            assert_int_equal(told.count, 1);
            assert_string_equal(told.items[0]->v, texts[i]);
            assert_int_equal(weft_count_of(f->s, Thing, .where = weft_literally(weft_eq(Thing, raw, ((weft_bytes){"\\'", 2})))), 0);
        }
    }
    assert_ok(f->s);
}

static void assert_sent(fixture *f, const char *part, bool there)
{
    const char *text = fixture_last_sql(f);
    if ((strstr(text, part) != NULL) != there)
        fail_msg("%s \"%s\": %s", there ? "not sent" : "sent", part, text);
}

static void values_within_stand_in_the_text_and_others_do_not(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t owner = 7;
    (void)weft_query(s, Part, .where = weft_and(weft_literally(weft_ne(Part, state, "done")), weft_eq(Part, thing, owner)));
    assert_sent(f, "part.state <> 'done'", true);
    assert_sent(f, "7", false);
    (void)weft_count_of(s, Part, .where = weft_or(weft_eq(Part, id, 3), weft_op(weft_col(Part, thing), "=", weft_literal(4711))));
    assert_sent(f, "4711", true);
    (void)weft_count_of(s, Thing, .where = weft_any(Thing, parts, weft_literally(weft_starts_with(Part, state, "do"))));
    assert_sent(f, f->postgres ? "LIKE 'do%'" : "GLOB 'do*'", true);
    (void)weft_rows(s, Count, .from = weft_from(Part), .columns = weft_columns(weft_count_all()),
                    .group_by = weft_columns(weft_col(Part, state)),
                    .having = weft_literally(weft_op(weft_count_all(), ">", weft_val(4712))));
    assert_sent(f, "4712", true);
    (void)weft_query(s, Thing, .joins = weft_joins(weft_join(Thing, parts)), .where = weft_literally(weft_eq(Part, state, "open")),
                     .load = weft_load(weft_subquery(Thing, parts)));
    assert_sent(f, "'open'", true);
    assert_call(s,
                weft_session_update(s,
                                    weft_update_of(Part, .set = weft_sets(weft_to_expr(Part, state, weft_literal("next"))),
                                                   .where = weft_literally(weft_is_null(Part, state))),
                                    NULL),
                WEFT_OK);
    assert_sent(f, "'next'", true);
    assert_call(s,
                weft_session_delete_where(s, weft_delete_from(Part, .where = weft_literally(weft_eq(Part, state, "gone"))), NULL),
                WEFT_OK);
    assert_sent(f, "'gone'", true);
    /* A condition that is known folds as it does without. */
    (void)weft_count_of(s, Part, .where = weft_and(weft_literally(&weft_true), weft_literally(weft_eq(Part, state, "x"))));
    assert_sent(f, "'x'", true);
    (void)weft_query(s, Part, .where = weft_eq(Part, id, 1),
                     .order_by = weft_order(weft_asc_of(weft_literal(2)), weft_desc(Part, id)));
    assert_ok(s);
}

static void other_literals_are_other_statements(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 0; i < 3; i++)
        weft_new(s, Job, .owner = i, .state = i == 0 ? "a" : i == 1 ? "b" : "ab");
    commit_ok(s);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(weft_count_of(s, Job, .where = weft_literally(weft_eq(Job, state, "a"))), 1);
        assert_int_equal(weft_count_of(s, Job, .where = weft_literally(weft_eq(Job, state, "none"))), 0);
        assert_int_equal(weft_count_of(s, Job, .where = weft_eq(Job, state, "a")), 1);
        assert_int_equal(weft_count_of(s, Job, .where = weft_eq(Job, state, "b")), 1);
        assert_int_equal(weft_count_of(s, Job, .where = weft_literally(weft_in(Job, state, ((const char *const[]){"a", "b"}), 2))),
                         2);
        assert_int_equal(weft_count_of(s, Job, .where = weft_literally(weft_in(Job, state, ((const char *const[]){"ab", ""}), 2))),
                         1);
        assert_int_equal(weft_count_of(s, Job, .where = weft_literally(weft_in(Job, state, ((const char *const[]){"a"}), 1))), 1);
        assert_int_equal(weft_count_of(s, Job, .where = weft_literally(weft_in(Job, state, ((const char *const[]){"a"}), 0))), 0);
        assert_int_equal(weft_count_of(s, Job, .where = weft_literally(weft_not_in(Job, state, ((const char *const[]){"a"}), 0))),
                         3);
        assert_int_equal(weft_count_of(s, Job, .where = weft_literally(weft_eq(Job, owner, 1))), 1);
        assert_int_equal(weft_count_of(s, Job, .where = weft_literally(weft_ge(Job, owner, 1))), 2);
    }
    assert_ok(s);
}

static void many_different_literals_turn_the_caches_over_and_no_more(void **state)
{
    fixture *f = *state;
    enum { VALUES = 700 };
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.cache_bytes = 65536, .prepared_statements = 16});
    weft_session *s = weft_session_open(engine, NULL);
    for (int i = 0; i < VALUES; i++)
        (void)weft_new(s, Job, .owner = i, .state = "x");
    commit_ok(s);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < VALUES; i++) {
            const Job *job = weft_first(s, Job, .where = weft_literally(weft_eq(Job, owner, i)));
            assert_ok(s);
            assert_int_equal(job->owner, i);
        }
    weft_cache_stats stats;
    weft_engine_cache_stats(engine, &stats);
    assert_true(stats.bytes <= stats.limit_bytes && stats.evictions >= VALUES && stats.entries < VALUES);
    if (f->postgres) {
        weft_result *result;
        int64_t kept = 0;
        assert_int_equal(weft_connection_query(weft_session_connection(s), "SELECT count(*) FROM pg_prepared_statements", NULL,
                                               &result, NULL),
                         WEFT_OK);
        assert_true(weft_result_next(result, NULL) && weft_result_int64(result, 0, &kept));
        weft_result_close(result);
        assert_true(kept > 0 && kept <= 16);
    }
    weft_session_close(s);
    weft_engine_close(engine);
}

/* The plan of the statement that this session's connection keeps prepared, for the arguments. */
static void assert_plan(weft_session *s, const char *arguments, const char *part)
{
    weft_error error;
    weft_result *result;
    char sql[300], plan[2000] = "";
    weft_connection *c = weft_session_connection(s);
    assert_error(weft_connection_query(c,
                                       "SELECT name FROM pg_prepared_statements WHERE statement LIKE '%job.state%' AND "
                                       "generic_plans > 0",
                                       NULL, &result, &error),
                 WEFT_OK, &error);
    assert_true(weft_result_next(result, &error));
    (void)snprintf(sql, sizeof sql, "EXPLAIN (COSTS OFF) EXECUTE \"%s\"(%s)", weft_result_text(result, 0), arguments);
    weft_result_close(result);
    assert_error(weft_connection_query(c, sql, NULL, &result, &error), WEFT_OK, &error);
    while (weft_result_next(result, &error))
        (void)snprintf(plan + strlen(plan), sizeof plan - strlen(plan), "%s\n", weft_result_text(result, 0));
    weft_result_close(result);
    if (strstr(plan, part) == NULL)
        fail_msg("not %s: %s", part, plan);
}

static void a_partial_index_serves_a_literal_also_by_a_generic_plan(void **state)
{
    fixture *f = *state;
    test_database_exec(
        &f->database,
        f->postgres ? "INSERT INTO job (owner, state) SELECT n % 1000, CASE WHEN n % 500 = 0 THEN 'open' ELSE 'done' END FROM "
                      "generate_series(1, 20000) AS n"
                    : "INSERT INTO job (owner, state) WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < "
                      "20000) SELECT n "
                      "% 1000, CASE WHEN n % 500 = 0 THEN 'open' ELSE 'done' END FROM k");
    test_database_exec(&f->database, "ANALYZE");
    weft_session *s = f->s;
    for (int64_t i = 0; i < 12; i++)
        assert_int_equal(weft_query(s, Job,
                                    .where =
                                        weft_and(weft_literally(weft_ne(Job, state, "done")), weft_eq(Job, owner, i * 500 % 1000)))
                             .count,
                         20);
    assert_ok(s);
    if (f->postgres) {
        assert_plan(s, "500", "job_open");
        return;
    }
    char sql[1000];
    (void)snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", fixture_last_sql(f));
    char *plan = test_database_rows(&f->database, sql);
    if (strstr(plan, "USING INDEX job_open") == NULL)
        fail_msg("%s", plan);
    free(plan);
}

static void what_no_parameter_could_be_is_the_same_error(void **state)
{
    fixture *f = *state;
    weft_builder *b = weft_builder_new();
    const struct {
        const char *field;
        weft_value value;
    } bad[] = {
        {"t", {.type = WEFT_TEXT, .as.s = {"a\0b", 3}}},
        {"t", {.type = WEFT_TEXT, .as.s = {"a\xff", 2}}},
        {"t", {.type = WEFT_TEXT, .as.s = {"\xc0\xa7", 2}}},
        {"m", {.type = WEFT_DECIMAL, .as.s = {"1'", 2}}},
        {"m", {.type = WEFT_DECIMAL, .as.s = {"", 0}}},
        {"hour", {.type = WEFT_TIME, .as.i = -1}},
        {"d", {.type = WEFT_DOUBLE, .as.d = NAN}},
        {"f", {.type = WEFT_DOUBLE, .as.d = 1e300}},
        {"f", {.type = WEFT_DOUBLE, .as.d = INFINITY}},
        {"d", {.type = WEFT_DOUBLE, .as.d = -INFINITY}},
        {"at", {.type = WEFT_TIMESTAMP, .as.i = INT64_MIN}},
        {"at", {.type = WEFT_TIMESTAMP, .as.i = INT64_MIN + 1}},
        {"at", {.type = WEFT_TIMESTAMP, .as.i = INT64_C(253402300800000000)}},
        {"day", {.type = WEFT_DATE, .as.i = INT32_MAX}},
        {"day", {.type = WEFT_DATE, .as.i = -800000}},
        {"day", {.type = WEFT_DATE, .as.i = 2932897}},
        {"s", {.type = WEFT_INT64, .as.i = 32768}},
        {"i", {.type = WEFT_INT64, .as.i = INT64_MAX}},
        {"u", {.type = WEFT_INT64, .as.i = -1}},
        {"k", {.type = WEFT_INT64, .as.i = 2}},
        {"t", {.type = WEFT_INT64, .as.i = 2}},
        {"raw", {.type = WEFT_BYTES, .as.s = {NULL, 0}}},
    };
    (void)weft_new(f->s, Thing, .id = 1, .t = "x", .m = {"1"}, .n = {"1"}, .j = {"1"}, .raw = {"", 0});
    commit_ok(f->s);
    const weft_expr *sort = weft_order(weft_asc(Thing, id));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        for (int op = WEFT_EXPR_EQ; op <= WEFT_EXPR_GE; op++) {
            const weft_expr *plain = weft_builder_compare(b, (weft_expr_op)op, &Thing_model, bad[i].field, bad[i].value),
                            *args[1] = {plain};
            answer by_parameter = ask(f->s, plain, sort);
            answer by_literal = ask(f->s, weft_builder_node(b, WEFT_EXPR_LITERAL, NULL, args, 1), sort);
            if (by_parameter.status != by_literal.status || by_parameter.count != by_literal.count)
                fail_msg("%zu, op %d: %s %zu by a parameter, %s %zu by a literal", i, op, weft_status_name(by_parameter.status),
                         by_parameter.count, weft_status_name(by_literal.status), by_literal.count);
        }
    assert_int_equal(weft_builder_compare(b, WEFT_EXPR_EQ, &Thing_model, "t", weft_value_null(WEFT_TEXT))->op, WEFT_EXPR_EQ);
    (void)weft_query(f->s, Thing, .where = weft_literally(weft_asc(Thing, id)));
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    weft_builder_free(b);
}

static void nulls_and_infinities_are_literals_too(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_new(s, Thing, .id = 1, .d = -INFINITY, .f = INFINITY, .m = {"1.5"}, .n = {"1.50"}, .j = {"{}"}, .raw = {"", 0});
    (void)weft_new(s, Thing, .id = 2, .t = "x", .m = {"1"}, .n = {"NaN"}, .j = {"1"}, .raw = {"\0'", 2}, .at = {INT64_MIN},
                   .day = {INT32_MAX});
    commit_ok(s);
    const char *none = NULL;
#define FOUND(e) weft_count_of(s, Thing, .where = weft_literally(e))
    assert_int_equal(FOUND(weft_eq(Thing, t, none)), 1);
    assert_int_equal(FOUND(weft_ne(Thing, t, none)), 1);
    assert_int_equal(FOUND(weft_lt(Thing, t, none)), 0);
    assert_int_equal(FOUND(weft_op(weft_col(Thing, t), "=", weft_val(none))), 1);
    assert_int_equal(weft_count_of(s, Thing, .where = weft_op(weft_col(Thing, t), "IS NOT", weft_literal(none))), 1);
    assert_int_equal(FOUND(weft_eq(Thing, d, -INFINITY)), 1);
    assert_int_equal(FOUND(weft_eq(Thing, f, INFINITY)), 1);
    assert_int_equal(FOUND(weft_eq(Thing, at, ((weft_timestamp){INT64_MIN}))), 1);
    assert_int_equal(FOUND(weft_eq(Thing, day, ((weft_date){INT32_MAX}))), 1);
    assert_int_equal(FOUND(weft_eq(Thing, m, ((weft_decimal){"+1.500"}))), 1);
    assert_int_equal(FOUND(weft_eq(Thing, n, ((weft_decimal){"15e-1"}))), 1);
    assert_int_equal(FOUND(weft_eq(Thing, n, ((weft_decimal){"NaN"}))), 1);
    assert_int_equal(FOUND(weft_eq(Thing, raw, ((weft_bytes){"\0'", 2}))), 1);
    assert_int_equal(FOUND(weft_eq(Thing, raw, ((weft_bytes){"", 0}))), 1);
    assert_int_equal(FOUND(weft_op(weft_op(weft_col(Thing, m), "*", weft_val(3)), ">", weft_val(((weft_decimal){"3.00"})))), 1);
    assert_int_equal(FOUND(weft_op(weft_op(weft_col(Thing, l), "-", weft_val(-5)), "=", weft_val(5))), 2);
    assert_ok(s);
}

static void errors_of_the_server_do_not_repeat_literals(void **state)
{
    fixture *f = *state;
    if (!f->postgres) {
        (void)weft_query(f->s, Thing,
                         .where = weft_op(weft_fn("json_extract", weft_col(Thing, t), weft_literal("SECRET")), "=", weft_val("x")));
        rollback_ok(f->s);
        return;
    }
    (void)weft_new(f->s, Thing, .id = 1, .t = "x", .m = {"1"}, .n = {"1"}, .j = {"1"}, .raw = {"", 0});
    commit_ok(f->s);
    const weft_expr *const bad[] = {
        weft_op(weft_cast(weft_literal("SECRET"), WEFT_INT32), "=", weft_val(1)),
        weft_op(weft_col(Thing, i), "=", weft_fn("nosuch", weft_literal("SECRET"))),
        weft_op(weft_fn("to_date", weft_literal("SECRET"), weft_literal("YYYY")), "=", weft_col(Thing, day)),
        weft_op(weft_fn("to_tsquery", weft_literal("SECRET ' SECRET")), "@@", weft_fn("to_tsvector", weft_literal("x"))),
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        (void)weft_query(f->s, Thing, .where = bad[i]);
        assert_true(weft_session_status(f->s) != WEFT_OK);
        if (strstr(weft_session_error(f->s)->message, "SECRET") != NULL)
            fail_msg("%s", weft_session_error(f->s)->message);
        rollback_ok(f->s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(literals_find_what_parameters_find),
        ON_BOTH(texts_come_back_as_they_were_written),
        ON_BOTH(values_within_stand_in_the_text_and_others_do_not),
        ON_BOTH(other_literals_are_other_statements),
        ON_BOTH(many_different_literals_turn_the_caches_over_and_no_more),
        ON_BOTH(a_partial_index_serves_a_literal_also_by_a_generic_plan),
        ON_BOTH(what_no_parameter_could_be_is_the_same_error),
        ON_BOTH(nulls_and_infinities_are_literals_too),
        ON_BOTH(errors_of_the_server_do_not_repeat_literals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
