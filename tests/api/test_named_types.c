/* Columns of types that a database knows by their names alone: enums, domains and ranges, in the search path and in a schema of an
 * odd name, with texts, enums and a type of the program's own kept in them. They are keys, foreign keys, parameters, lists and
 * results on every path by which rows go. */
#include "support/fixture.h"

#ifndef LABEL_TYPE
#define LABEL_TYPE "label"
#define MOOD_TYPE "mood"
#define IN_SCHEMA false
#endif

typedef enum mood { SAD, CALM, GLAD } mood;
static const char *const moods[] = {"sad", "calm", "glad"};

/* A text in a room of its own. */
typedef struct mark {
    char text[24];
} mark;

static weft_value mark_encode(const mark *value)
{
    char *text = weft_type_room();
    (void)snprintf(text, WEFT_TYPE_ROOM, "%s", value->text);
    return weft_value_text(text);
}

static bool mark_decode(const weft_value *value, mark *to)
{
    return snprintf(to->text, sizeof to->text, "%.*s", (int)value->as.s.size, value->as.s.data) < (int)sizeof to->text;
}
WEFT_TYPE(mark, WEFT_TEXT, mark_encode, mark_decode, .postgres = LABEL_TYPE, .sqlite = "MARK_TEXT");

WEFT_DECLARE(Row);
WEFT_DECLARE(Kid);
WEFT_DECLARE(Pair);
WEFT_DECLARE(Half);
WEFT_DECLARE(Stamp);
struct Row {
    const char *code;
    const char *word;
    int32_t n;
    mood mood;
    weft_opt_mark mark;
    char short_word[24];
    Kid_list kids;
    Stamp_list stamps;
};
struct Kid {
    int64_t id;
    const char *row_code;
    const Row *row;
};
struct Pair {
    mood mood;
    const char *code;
    int32_t n;
    Half_list halves;
};
struct Half {
    int64_t id;
    mood mood;
    const char *code;
    const Pair *pair;
};
struct Stamp {
    mark mark;
    int32_t n;
    Row_list rows;
};
WEFT_MODEL(Row, "row", WEFT_COLUMN(Row, code, .primary_key = true, .sql_type = LABEL_TYPE),
           WEFT_COLUMN(Row, word, .nullable = true, .sql_type = LABEL_TYPE), WEFT_COLUMN(Row, n),
           WEFT_ENUM(Row, mood, moods, .sql_type = MOOD_TYPE), WEFT_COLUMN_AS(Row, mark, mark),
           WEFT_COLUMN(Row, short_word, .sql_type = LABEL_TYPE),
           WEFT_HAS_MANY(Row, kids, Kid, .back_populates = "row", .order_by = "id"),
           WEFT_MANY_TO_MANY(Row, stamps, Stamp, .through = "stamped(row_code, stamp_mark)", .back_populates = "rows"));
WEFT_MODEL(Kid, "kid", WEFT_COLUMN(Kid, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Kid, row_code, .nullable = true, .sql_type = LABEL_TYPE, .references = "row.code"),
           WEFT_BELONGS_TO(Kid, row, Row, .foreign_key = "row_code", .back_populates = "kids"));
WEFT_MODEL(Pair, "pair", WEFT_ENUM(Pair, mood, moods, .primary_key = true, .sql_type = MOOD_TYPE),
           WEFT_COLUMN(Pair, code, .primary_key = true, .sql_type = LABEL_TYPE), WEFT_COLUMN(Pair, n),
           WEFT_HAS_MANY(Pair, halves, Half, .foreign_key = "mood, code", .back_populates = "pair", .order_by = "id"));
WEFT_MODEL(Half, "half", WEFT_COLUMN(Half, id, .primary_key = true, .not_generated = true),
           WEFT_ENUM(Half, mood, moods, .sql_type = MOOD_TYPE), WEFT_COLUMN(Half, code, .sql_type = LABEL_TYPE),
           WEFT_FOREIGN_KEY(Half, "mood, code", "pair(mood, code)"),
           WEFT_BELONGS_TO(Half, pair, Pair, .foreign_key = "mood, code", .back_populates = "halves"));
WEFT_MODEL(Stamp, "stamp", WEFT_COLUMN_AS(Stamp, mark, mark, .primary_key = true), WEFT_COLUMN(Stamp, n),
           WEFT_MANY_TO_MANY(Stamp, rows, Row, .through = "stamped(stamp_mark, row_code)", .back_populates = "stamps"));
WEFT_METADATA(models, &Row_model, &Kid_model, &Pair_model, &Half_model, &Stamp_model);

/* ---- databases ---- */

enum { LABELS = 3000 };

typedef struct named {
    fixture f;   /* first: fixture_close takes it */
    bool ranges; /* of which a label is one */
} named;

static const named *current;

static const char *label(size_t i)
{
    static char texts[LABELS][24];
    if (current->ranges)
        (void)snprintf(texts[i], sizeof texts[i], "[%d,%d)", (int)i, (int)i + 1);
    else
        (void)snprintf(texts[i], sizeof texts[i], "l%d", (int)i);
    return texts[i];
}

static void create_types(named *n, const char *kind)
{
    static char sql[LABELS * 12 + 400];
    int at = snprintf(sql, sizeof sql, "%sCREATE TYPE " MOOD_TYPE " AS ENUM ('sad', 'calm', 'glad'); ",
                      IN_SCHEMA ? "DROP SCHEMA IF EXISTS \"odd Types\" CASCADE; CREATE SCHEMA \"odd Types\"; " : "");
    if (strcmp(kind, "enum") == 0) {
        at += snprintf(sql + at, sizeof sql - (size_t)at, "CREATE TYPE " LABEL_TYPE " AS ENUM (");
        for (size_t i = 0; i < LABELS; i++)
            at += snprintf(sql + at, sizeof sql - (size_t)at, i > 0 ? ", '%s'" : "'%s'", label(i));
        (void)snprintf(sql + at, sizeof sql - (size_t)at, ")");
    } else if (strcmp(kind, "range") == 0)
        (void)snprintf(sql + at, sizeof sql - (size_t)at, "CREATE TYPE " LABEL_TYPE " AS RANGE (subtype = integer)");
    else
        (void)snprintf(sql + at, sizeof sql - (size_t)at, "CREATE DOMAIN " LABEL_TYPE " AS %s CHECK (VALUE <> '%s')", kind,
                       label(LABELS - 1));
    test_database_exec(&n->f.database, sql);
}

static int open_named(void **state, test_backend backend, const char *kind)
{
    named *n = calloc(1, sizeof *n);
    weft_error error = {0};
    assert_non_null(n);
    current = n;
    n->ranges = strstr(kind, "range") != NULL;
    test_database_open(&n->f.database, backend);
    n->f.recorder = test_recorder_new();
    n->f.metadata = &models;
    n->f.postgres = backend == TEST_POSTGRES;
    if (n->f.postgres)
        create_types(n, kind);
    n->f.engine = fixture_engine(&n->f, (weft_engine_options){.pool = {.size = 4, .timeout_ms = 5000}});
    if (weft_create_all(n->f.engine, &error) != WEFT_OK)
        fail_msg("tables: %s", error.message);
    n->f.s = weft_session_open(n->f.engine, NULL);
    test_recorder_clear(n->f.recorder);
    *state = n;
    return 0;
}

static int open_enum(void **state) { return open_named(state, TEST_POSTGRES, "enum"); }
static int open_domain(void **state) { return open_named(state, TEST_POSTGRES, "text"); }
static int open_range(void **state) { return open_named(state, TEST_POSTGRES, "int4range"); }
static int open_made(void **state) { return open_named(state, TEST_POSTGRES, "range"); }
static int open_sqlite(void **state) { return open_named(state, TEST_SQLITE, ""); }

/* ---- rows ---- */

static Row row_of(size_t i)
{
    Row row = {.code = label(i), .word = i % 3 == 0 ? NULL : label(i / 2), .n = (int32_t)i, .mood = (mood)(i % 3)};
    row.mark.set = i % 2 == 0;
    (void)snprintf(row.mark.value.text, sizeof row.mark.value.text, "%s", row.mark.set ? label(i / 3) : "");
    (void)snprintf(row.short_word, sizeof row.short_word, "%s", label(i / 4));
    return row;
}

static void assert_row(const Row *found, size_t i)
{
    const Row wanted = row_of(i);
    assert_non_null(found);
    assert_string_equal(found->code, wanted.code);
    assert_true((found->word == NULL) == (wanted.word == NULL) && found->n == wanted.n && found->mood == wanted.mood);
    assert_true(wanted.word == NULL || strcmp(found->word, wanted.word) == 0);
    assert_true(found->mark.set == wanted.mark.set &&
                (!wanted.mark.set || strcmp(found->mark.value.text, wanted.mark.value.text) == 0));
    assert_string_equal(found->short_word, wanted.short_word);
}

static void assert_all(fixture *f, size_t count)
{
    weft_session_clear(f->s);
    const Row_list rows = weft_query(f->s, Row, .order_by = weft_order(weft_asc(Row, n)));
    assert_ok(f->s);
    assert_int_equal(rows.count, count);
    for (size_t i = 0; i < count; i++)
        assert_row(rows.items[i], i);
    weft_session_clear(f->s);
    for (size_t i = 0; i < count; i += 1 + count / 10) {
        assert_row(weft_get(f->s, Row, label(i)), i);
        assert_ok(f->s);
    }
}

static void insert_many(fixture *f, size_t first, size_t count, const weft_insert_options *options)
{
    weft_connection *c;
    weft_error error = {0};
    Row *rows = calloc(count, sizeof *rows);
    for (size_t i = 0; i < count; i++)
        rows[i] = row_of(first + i);
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    assert_error(weft_insert_many(c, Row, rows, count, options, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    free(rows);
}

static void rows_of_any_number_are_kept(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < 3; i++) {
        const Row row = row_of(i);
        (void)weft_session_new(f->s, &Row_model, &row);
        flush_ok(f->s);
    }
    commit_ok(f->s);
    assert_all(f, 3);
    for (size_t i = 3; i < 300; i++) {
        const Row row = row_of(i);
        (void)weft_session_new(f->s, &Row_model, &row);
    }
    commit_ok(f->s);
    insert_many(f, 300, 100, NULL);
    insert_many(f, 400, 2000, NULL);
    assert_all(f, 2400);
}

/* One row, then many of them by one statement. */
static void changes_are_written(void **state)
{
    fixture *f = *state;
    insert_many(f, 0, 300, NULL);
    for (size_t most = 1; most <= 300; most += 299) {
        const Row_list rows = weft_query(f->s, Row, .order_by = weft_order(weft_asc(Row, n)));
        for (size_t i = 0; i < most; i++) {
            Row *row = weft_edit(f->s, Row, rows.items[i]);
            row->word = i % 5 == 0 ? NULL : label(i + 7);
            row->mood = (mood)((i + 1) % 3);
            row->mark.set = i % 2 != 0;
            (void)snprintf(row->mark.value.text, sizeof row->mark.value.text, "%s", label(i + 1));
        }
        commit_ok(f->s);
        weft_session_clear(f->s);
    }
    const Row_list rows = weft_query(f->s, Row, .order_by = weft_order(weft_asc(Row, n)));
    assert_int_equal(rows.count, 300);
    for (size_t i = 0; i < 300; i++) {
        const Row *row = rows.items[i];
        assert_true((row->word == NULL) == (i % 5 == 0) && row->mood == (mood)((i + 1) % 3) && row->mark.set == (i % 2 != 0));
        assert_true(row->word == NULL || strcmp(row->word, label(i + 7)) == 0);
        assert_true(!row->mark.set || strcmp(row->mark.value.text, label(i + 1)) == 0);
        weft_delete(f->s, Row, row);
    }
    commit_ok(f->s);
    assert_int_equal(weft_count_of(f->s, Row), 0);
    assert_ok(f->s);
}

static mark mark_of(size_t i)
{
    mark made;
    (void)snprintf(made.text, sizeof made.text, "%s", label(i));
    return made;
}

#define COUNT_OF(wanted, ...) \
    do { \
        const int64_t counted = weft_count_of(f->s, Row, .where = __VA_ARGS__); \
        assert_ok(f->s); \
        assert_int_equal(counted, wanted); \
    } while (0)

static void conditions_find_them(void **state)
{
    fixture *f = *state;
    insert_many(f, 0, 120, NULL);
    const char *const some[] = {label(3), label(50), label(119), label(400)};
    const int two[] = {SAD, GLAD};
    const mark marks[] = {mark_of(2), mark_of(8), mark_of(900)};
    COUNT_OF(1, weft_eq(Row, code, label(17)));
    COUNT_OF(0, weft_eq(Row, code, label(400)));
    COUNT_OF(119, weft_ne(Row, code, label(17)));
    COUNT_OF(40, weft_is_null(Row, word));
    COUNT_OF(2, weft_eq(Row, word, label(8)));
    COUNT_OF(3, weft_in(Row, code, some, 4));
    COUNT_OF(117, weft_not_in(Row, code, some, 4));
    COUNT_OF(0, weft_in(Row, code, some, 0));
    COUNT_OF(40, weft_eq(Row, mood, CALM));
    COUNT_OF(80, weft_in(Row, mood, two, 2));
    COUNT_OF(2, weft_eq_as(Row, mark, mark, mark_of(8)));
    COUNT_OF(4, weft_or(weft_eq_as(Row, mark, mark, mark_of(2)), weft_in_as(Row, mark, mark, marks, 3)));
    COUNT_OF(4, weft_eq(Row, short_word, label(8)));
    COUNT_OF(1, weft_literally(weft_eq(Row, code, label(17))));
    COUNT_OF(3, weft_literally(weft_in(Row, code, some, 4)));
    COUNT_OF(1, weft_between(weft_col(Row, code), weft_val(label(17)), weft_val(label(17))));
    COUNT_OF(1, weft_op(weft_col(Row, code), "=", weft_col(Row, short_word)));
}

static void updates_by_condition_set_them(void **state)
{
    fixture *f = *state;
    int64_t changed = 0;
    insert_many(f, 0, 60, NULL);
    assert_call(f->s,
                weft_session_update(f->s,
                                    weft_update_of(Row,
                                                   .set = weft_sets(weft_to(Row, word, label(9)), weft_to(Row, mood, GLAD),
                                                                    weft_to_as(Row, mark, mark, mark_of(11))),
                                                   .where = weft_eq(Row, mood, SAD)),
                                    &changed),
                WEFT_OK);
    assert_int_equal(changed, 20);
    COUNT_OF(20, weft_and(weft_eq(Row, word, label(9)), weft_eq_as(Row, mark, mark, mark_of(11))));
    COUNT_OF(40, weft_eq(Row, mood, GLAD));
}

static void upserts_meet_them(void **state)
{
    fixture *f = *state;
    const weft_insert_options options = {.on_conflict = WEFT_CONFLICT_UPDATE,
                                         .conflict_columns = "code",
                                         .set = weft_sets(weft_to_expr(Row, n, weft_excluded(Row, n)), weft_to(Row, word, label(5)),
                                                          weft_to(Row, mood, CALM))};
    for (size_t count = 1; count <= 1000; count = count == 1 ? 100 : count * 10) {
        insert_many(f, 0, count, &options);
        insert_many(f, 0, count, &options);
        COUNT_OF((int64_t)count, weft_and(weft_eq(Row, word, label(5)), weft_eq(Row, mood, CALM)));
    }
}

static void relationships_load_by_them(void **state)
{
    fixture *f = *state;
    insert_many(f, 0, 90, NULL);
    for (size_t i = 0; i < 180; i++)
        (void)weft_new(f->s, Kid, .id = (int64_t)i + 1, .row_code = i % 3 == 2 ? NULL : label(i / 2));
    commit_ok(f->s);
    weft_session_clear(f->s);
    for (int how = 0; how < 4; how++) {
        const weft_loader *load = how == 0   ? weft_load(weft_selectin(Row, kids))
                                  : how == 1 ? weft_load(weft_subquery(Row, kids))
                                  : how == 2 ? weft_load(weft_joined(Row, kids))
                                             : NULL;
        const Row_list rows = weft_query(f->s, Row, .load = load, .order_by = weft_order(weft_asc(Row, n)));
        size_t kids = 0;
        assert_ok(f->s);
        for (size_t i = 0; i < rows.count; i++) {
            const Kid_list list = how == 3 ? weft_lazy(f->s, Row, rows.items[i], kids) : rows.items[i]->kids;
            for (size_t k = 0; k < list.count; k++)
                assert_string_equal(list.items[k]->row_code, rows.items[i]->code);
            kids += list.count;
        }
        assert_ok(f->s);
        assert_int_equal(kids, 120);
        weft_session_clear(f->s);
    }
    for (int how = 0; how < 3; how++) {
        const Kid_list kids = weft_query(f->s, Kid,
                                         .load = how == 0   ? weft_load(weft_selectin(Kid, row))
                                                 : how == 1 ? weft_load(weft_subquery(Kid, row))
                                                            : weft_load(weft_joined(Kid, row)));
        assert_ok(f->s);
        assert_int_equal(kids.count, 180);
        for (size_t i = 0; i < kids.count; i++)
            assert_true(kids.items[i]->row_code == NULL ? kids.items[i]->row == NULL
                                                        : strcmp(kids.items[i]->row->code, kids.items[i]->row_code) == 0);
        weft_session_clear(f->s);
    }
}

static void keys_of_several_are_found_and_joined(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < 150; i++) {
        (void)weft_new(f->s, Pair, .mood = (mood)(i % 3), .code = label(i), .n = (int32_t)i);
        (void)weft_new(f->s, Half, .id = (int64_t)i + 1, .mood = (mood)(i % 3), .code = label(i));
    }
    commit_ok(f->s);
    for (int how = 0; how < 2; how++) {
        weft_session_clear(f->s);
        const Pair_list pairs =
            weft_query(f->s, Pair, .load = weft_load(how == 0 ? weft_selectin(Pair, halves) : weft_subquery(Pair, halves)),
                       .order_by = weft_order(weft_asc(Pair, n)));
        assert_ok(f->s);
        assert_int_equal(pairs.count, 150);
        for (size_t i = 0; i < pairs.count; i++)
            assert_true(pairs.items[i]->halves.count == 1 && pairs.items[i]->halves.items[0]->id == (int64_t)i + 1);
    }
    const Half_list halves = weft_query(f->s, Half, .load = weft_load(weft_selectin(Half, pair)));
    assert_ok(f->s);
    for (size_t i = 0; i < halves.count; i++)
        assert_int_equal(halves.items[i]->pair->n, halves.items[i]->id - 1);
    weft_session_clear(f->s);
    const Pair *pair = weft_get(f->s, Pair, weft_key(Pair, .mood = GLAD, .code = label(5)));
    assert_ok(f->s);
    assert_int_equal(pair->n, 5);
    const Pair_list all = weft_query(f->s, Pair);
    for (size_t i = 0; i < all.count; i++)
        weft_edit(f->s, Pair, all.items[i])->n += 1000;
    commit_ok(f->s);
    weft_session_clear(f->s);
    assert_int_equal(weft_get(f->s, Pair, weft_key(Pair, .mood = GLAD, .code = label(5)))->n, 1005);
}

static void links_are_made_and_unmade(void **state)
{
    fixture *f = *state;
    insert_many(f, 0, 40, NULL);
    const Stamp *stamp = weft_new(f->s, Stamp, .mark = mark_of(7), .n = 1);
    const Row_list rows = weft_query(f->s, Row);
    for (size_t i = 0; i < rows.count; i++)
        weft_append(f->s, Row, rows.items[i], stamps, Stamp, stamp);
    commit_ok(f->s);
    weft_session_clear(f->s);
    for (int how = 0; how < 2; how++) {
        const Stamp_list stamps =
            weft_query(f->s, Stamp, .load = weft_load(how == 0 ? weft_selectin(Stamp, rows) : weft_subquery(Stamp, rows)));
        assert_ok(f->s);
        assert_true(stamps.count == 1 && stamps.items[0]->rows.count == 40);
        if (how == 1) {
            const Row_list linked = stamps.items[0]->rows;
            for (size_t i = 0; i < 30; i++)
                weft_remove(f->s, Stamp, stamps.items[0], rows, Row, linked.items[i]);
            commit_ok(f->s);
        }
        weft_session_clear(f->s);
    }
    assert_rows(f, "SELECT count(*) FROM stamped", "10");
}

static void text_sql_takes_and_gives_them(void **state)
{
    fixture *f = *state;
    weft_connection *c;
    weft_error error = {0};
    insert_many(f, 0, 40, NULL);
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    for (int again = 0; again < 3; again++) {
        weft_result *result = NULL;
        weft_status status =
            weft_connection_query(c, "SELECT code, mark, word, n FROM \"row\" WHERE code = $1 OR (mark = $2 AND n = 12) ORDER BY n",
                                  weft_parameters(weft_value_text(label(3)), weft_value_text(label(4))), &result, &error);
        assert_error(status, WEFT_OK, &error);
        assert_true(weft_result_next(result, &error));
        assert_string_equal(weft_result_text(result, 0), label(3));
        assert_null(weft_result_text(result, 1));
        assert_null(weft_result_text(result, 2));
        assert_true(weft_result_next(result, &error));
        assert_string_equal(weft_result_text(result, 1), label(4));
        assert_false(weft_result_next(result, &error));
        weft_result_close(result);
    }
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
}

typedef struct Summary {
    const char *most;
    mark mark;
    int64_t count;
    double half;
    bool some;
} Summary;
WEFT_ROW(Summary, WEFT_FIELD(Summary, most), WEFT_FIELD_AS(Summary, mark, mark), WEFT_FIELD(Summary, count),
         WEFT_FIELD(Summary, half), WEFT_FIELD(Summary, some));

/* Beside values of weft's types, which their text must not change. */
static void results_have_them(void **state)
{
    fixture *f = *state;
    insert_many(f, 0, 40, NULL);
    const Summary_list found =
        weft_rows(f->s, Summary, .from = weft_from(Row), .where = weft_is_not_null(Row, mark),
                  .columns =
                      weft_columns(weft_coalesce(weft_col(Row, word), weft_col(Row, code)), weft_col(Row, mark), weft_count_all(),
                                   weft_cast(weft_col(Row, n), WEFT_DOUBLE), weft_op(weft_col(Row, n), ">", weft_val(10))),
                  .group_by = weft_columns(weft_col(Row, code), weft_col(Row, word), weft_col(Row, mark), weft_col(Row, n)),
                  .order_by = weft_order(weft_asc(Row, n)));
    assert_ok(f->s);
    assert_int_equal(found.count, 20);
    for (size_t i = 0; i < 20; i++) {
        const size_t n = 2 * i;
        assert_string_equal(found.items[i]->most, label(n % 3 == 0 ? n : n / 2));
        assert_string_equal(found.items[i]->mark.text, label(n / 3));
        assert_true(found.items[i]->count == 1 && found.items[i]->half == (double)n && found.items[i]->some == (n > 10));
    }
    const Row_list rows = weft_query(f->s, Row, .distinct = true, .order_by = weft_order(weft_asc(Row, code)));
    assert_ok(f->s);
    assert_int_equal(rows.count, 40);
}

/* A name that SQLite does not know does not make numbers of texts. */
static void digits_stay_as_they_are(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Row, .code = "0012", .word = "1e3", .short_word = "7.0", .mood = CALM);
    commit_ok(f->s);
    weft_session_clear(f->s);
    const Row *row = weft_get(f->s, Row, "0012");
    assert_ok(f->s);
    assert_string_equal(row->code, "0012");
    assert_string_equal(row->word, "1e3");
    assert_string_equal(row->short_word, "7.0");
    assert_rows(f, "SELECT typeof(code), typeof(word), typeof(short_word) FROM row", "text|text|text");
}

#define ON_ALL(test) \
    {#test " (enum)", test, open_enum, fixture_close, NULL}, {#test " (domain)", test, open_domain, fixture_close, NULL}, \
        {#test " (domain of a range)", test, open_range, fixture_close, NULL}, \
        {#test " (range)", test, open_made, fixture_close, NULL}, \
    { \
#test " (SQLite)", test, open_sqlite, fixture_close, NULL \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_ALL(rows_of_any_number_are_kept),
        ON_ALL(changes_are_written),
        ON_ALL(conditions_find_them),
        ON_ALL(updates_by_condition_set_them),
        ON_ALL(upserts_meet_them),
        ON_ALL(relationships_load_by_them),
        ON_ALL(keys_of_several_are_found_and_joined),
        ON_ALL(links_are_made_and_unmade),
        ON_ALL(text_sql_takes_and_gives_them),
        ON_ALL(results_have_them),
        {"digits_stay_as_they_are (SQLite)", digits_stay_as_they_are, open_sqlite, fixture_close, NULL},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
