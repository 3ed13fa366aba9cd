/* Core and statements by condition as users of other mappers know them: the cases of a catalogue of behaviours, one test each,
 * named by their numbers there (case_C…, case_B…). Where weft deliberately differs, the test says how and checks what is better. */
#include "support/fixture.h"

WEFT_DECLARE(Pair);
WEFT_DECLARE(Person);
WEFT_DECLARE(Odd);
WEFT_DECLARE(Item);
struct Pair {
    int64_t id;
    weft_opt_int32 x;
};
struct Person {
    int64_t id, order;
    const char *mixed, *plain;
};
struct Odd {
    int64_t id;
    int32_t blank, quote, percent, call, question, colon, name, end;
};
struct Item {
    int64_t id;
    const char *code, *name;
    int32_t pieces, initial;
    weft_opt_int32 level;
};
WEFT_MODEL(Pair, "pair", WEFT_COLUMN(Pair, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Pair, x));
WEFT_MODEL(Person, "user", WEFT_COLUMN(Person, id, .primary_key = true), WEFT_COLUMN(Person, order),
           WEFT_COLUMN(Person, mixed, .column = "MixedCase"), WEFT_COLUMN(Person, plain));
WEFT_MODEL(Odd, "odd (table)", WEFT_COLUMN(Odd, id, .primary_key = true), WEFT_COLUMN(Odd, blank, .column = "a b"),
           WEFT_COLUMN(Odd, quote, .column = "a\"b"), WEFT_COLUMN(Odd, percent, .column = "50%"),
           WEFT_COLUMN(Odd, call, .column = "f(x)"), WEFT_COLUMN(Odd, question, .column = "what?"),
           WEFT_COLUMN(Odd, colon, .column = "a:b"), WEFT_COLUMN(Odd, name, .column = ":x $1 ?1"),
           WEFT_COLUMN(Odd, end, .column = "[a];--"));
WEFT_MODEL(Item, "item", WEFT_COLUMN(Item, id, .primary_key = true), WEFT_COLUMN(Item, code, .length = 20, .unique = true),
           WEFT_COLUMN(Item, name, .length = 40), WEFT_COLUMN(Item, pieces),
           WEFT_COLUMN(Item, initial, .server_default = "7", .zero_is_unset = true),
           WEFT_COLUMN(Item, level, .server_default = "3"));
WEFT_METADATA(models, &Pair_model, &Person_model, &Odd_model, &Item_model);
FIXTURE_MODELS(models);

typedef struct Two {
    int64_t a, b;
} Two;
WEFT_ROW(Two, WEFT_FIELD(Two, a), WEFT_FIELD(Two, b));
typedef struct Node {
    int64_t id, x;
} Node;
WEFT_ROW(Node, WEFT_FIELD(Node, id), WEFT_FIELD(Node, x));
typedef struct Ratio {
    weft_decimal v;
} Ratio;
WEFT_ROW(Ratio, WEFT_FIELD(Ratio, v));

#define PAIRS "INSERT INTO pair (id, x) VALUES (1, 1), (2, NULL), (3, 3)"

static void is_in(const fixture *f, const char *part)
{
    if (strstr(fixture_last_sql(f), part) == NULL)
        fail_msg("no \"%s\" in: %s", part, fixture_last_sql(f));
}

static size_t found(fixture *f, const weft_expr *where)
{
    Pair_list list = weft_query(f->s, Pair, .where = where);
    assert_ok(f->s);
    return list.count;
}

static void case_C1_in_nothing_is_false_and_not_in_nothing_is_true(void **state)
{
    fixture *f = *state;
    const int none[1] = {0}, one[1] = {1};
    test_database_exec(&f->database, PAIRS);
    assert_int_equal(found(f, weft_in(Pair, x, none, 0)), 0);
    char empty[500];
    snprintf(empty, sizeof empty, "%s", fixture_last_sql(f));
    assert_int_equal(found(f, weft_not_in(Pair, x, none, 0)), 3); /* the row with NULL, too */
    assert_int_equal(found(f, weft_in(Pair, x, one, 1)), 1);
    assert_string_equal(fixture_last_sql(f), empty); /* one statement, whatever the length */
    assert_int_equal(found(f, weft_not_in(Pair, x, one, 1)), 1);
}

static void case_C2_null_in_nothing_is_false(void **state)
{
    fixture *f = *state;
    const int none[1] = {0};
    test_database_exec(&f->database, PAIRS);
    assert_int_equal(found(f, weft_and(weft_is_null(Pair, x), weft_in(Pair, x, none, 0))), 0);
    assert_int_equal(found(f, weft_and(weft_is_null(Pair, x), weft_not(weft_in(Pair, x, none, 0)))), 1);
}

static void case_C4_pairs_of_values(void **state)
{
    fixture *f = *state;
    test_database_exec(&f->database, PAIRS);
    const Node wanted[2] = {{1, 1}, {3, 3}};
    weft_values_of(Node, wanted, 2);
    Pair_list list = weft_query(f->s, Pair,
                                .where = weft_in_query(weft_tuple(weft_col(Pair, id), weft_col(Pair, x)),
                                                       weft_select(.from = weft_from(Node),
                                                                   .columns = weft_columns(weft_col(Node, id), weft_col(Node, x)))),
                                .order_by = weft_order(weft_asc(Pair, id)));
    assert_ok(f->s);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[0]->id, 1);
    assert_int_equal(list.items[1]->id, 3);
    is_in(f, "(pair.id, pair.x) IN (SELECT ");
    const weft_expr *const rest =
        weft_not_in_query(weft_tuple(weft_col(Pair, id), weft_coalesce(weft_col(Pair, x), weft_val(0))),
                          weft_select(.from = weft_from(Node), .columns = weft_columns(weft_col(Node, id), weft_col(Node, x))));
    assert_int_equal(found(f, rest), 1);
    list = weft_query(f->s, Pair,
                      .where = weft_in_query(weft_tuple(weft_col(Pair, id)),
                                             weft_select(.from = weft_from(Node),
                                                         .columns = weft_columns(weft_col(Node, id), weft_col(Node, x)))));
    assert_message(f->s, "the query of weft_in_query has as many columns as the weft_tuple values: 1");
    assert_refused(f->s, WEFT_ERROR_MISUSE);
}

/* A value that is NULL makes IS NULL, where SQLAlchemy compares a bound one as SQL does and finds nothing. */
static void case_C5_equality_with_null(void **state)
{
    fixture *f = *state;
    test_database_exec(&f->database, PAIRS);
    assert_int_equal(found(f, weft_eq(Pair, x, (weft_opt_int32){0})), 1);
    is_in(f, "x IS NULL");
    assert_int_equal(found(f, weft_op(weft_col(Pair, x), "=", weft_val((weft_opt_int32){0}))), 1);
}

static void case_C6_unequal_leaves_null_out_and_distinct_does_not(void **state)
{
    fixture *f = *state;
    test_database_exec(&f->database, PAIRS);
    assert_int_equal(found(f, weft_ne(Pair, x, 1)), 1);
    assert_int_equal(found(f, weft_op(weft_col(Pair, x), "IS DISTINCT FROM", weft_val(1))), 2);
    assert_int_equal(found(f, weft_op(weft_col(Pair, x), "IS NOT DISTINCT FROM", weft_val((weft_opt_int32){0}))), 1);
}

static void case_C8_names_are_quoted_where_they_must_be_and_nowhere_else(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Person, .order = 1, .mixed = "m", .plain = "p");
    commit_ok(f->s);
    is_in(f, "INSERT INTO \"user\" (\"order\", \"MixedCase\", plain)");
    Person_list list =
        weft_query(f->s, Person, .where = weft_eq(Person, order, 1), .order_by = weft_order(weft_asc(Person, mixed)));
    assert_int_equal(list.count, 1);
    assert_string_equal(list.items[0]->mixed, "m");
    is_in(
        f,
        "SELECT \"user\".id, \"user\".\"order\", \"user\".\"MixedCase\", \"user\".plain FROM \"user\" WHERE \"user\".\"order\" = ");
    is_in(f, "ORDER BY \"user\".\"MixedCase\"");
    char *script = NULL;
    weft_error error = {0};
    assert_int_equal(weft_create_script(f->engine, &script, &error), WEFT_OK);
    assert_non_null(strstr(script, "CREATE TABLE IF NOT EXISTS \"user\""));
    assert_non_null(strstr(script, "\"order\" "));
    assert_non_null(strstr(script, "\"MixedCase\" "));
    assert_null(strstr(script, "\"plain\""));
    weft_free(script);
}

static void case_C9_any_name_makes_a_column(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int32_t i = 0; i < 3; i++)
        (void)weft_new(s, Odd, .blank = i, .quote = 10 + i, .percent = 20 + i, .call = 30 + i, .question = 40 + i, .colon = 50 + i,
                       .name = 60 + i, .end = 70 + i);
    commit_ok(s);
    Odd_list list = weft_query(s, Odd,
                               .where = weft_and(weft_eq(Odd, blank, 1), weft_eq(Odd, quote, 11), weft_eq(Odd, percent, 21),
                                                 weft_eq(Odd, call, 31), weft_eq(Odd, question, 41), weft_eq(Odd, colon, 51),
                                                 weft_eq(Odd, name, 61), weft_eq(Odd, end, 71)));
    assert_ok(s);
    assert_int_equal(list.count, 1);
    Odd *edited = weft_edit(s, Odd, list.items[0]);
    edited->question = 1000;
    edited->name = 2000;
    commit_ok(s);
    assert_rows(f,
                "SELECT \"a b\", \"a\"\"b\", \"50%\", \"f(x)\", \"what?\", \"a:b\", \":x $1 ?1\", \"[a];--\" FROM \"odd (table)\" "
                "ORDER BY id",
                "0|10|20|30|40|50|60|70\n1|11|21|31|1000|51|2000|71\n2|12|22|32|42|52|62|72");
}

/* A row is a struct: there is no key that could be missing or too many. Ten thousand zeros are ten thousand values. */
static void case_C10_every_row_has_every_column(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    const Pair rows[3] = {{1, {true, 5}}, {2, {0}}, {3, {true, 0}}};
    weft_connection *c = NULL;
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    assert_error(weft_insert_many(c, Pair, rows, 3, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    assert_rows(f, "SELECT id, x FROM pair ORDER BY id", "1|5\n2|NULL\n3|0");
}

static void insert_2500(fixture *f)
{
    enum { ROWS = 2500 };
    static Item *items[ROWS];
    char code[20];
    for (int i = 0; i < ROWS; i++) {
        snprintf(code, sizeof code, "c%d", i);
        items[i] = weft_new(f->s, Item, .code = code, .name = "n", .pieces = ROWS - i);
    }
    test_recorder_clear(f->recorder);
    flush_ok(f->s);
    for (int i = 0; i < ROWS; i++)
        assert_int_equal(items[i]->id, i + 1);
    commit_ok(f->s);
    assert_rows(f, "SELECT count(*), min(id), max(id), sum(CASE WHEN pieces + id = 2501 THEN 1 ELSE 0 END) FROM item",
                "2500|1|2500|2500");
}

/* SQLAlchemy sends three statements, and on SQLite one per row where the order counts. */
static void case_C12_and_C13_many_rows_give_their_keys_in_the_order_of_the_objects(void **state)
{
    fixture *f = *state;
    insert_2500(f);
    assert_true(test_recorder_count(f->recorder) <= 3 + 2500 / 64);
}

static void case_C14_an_update_counts_what_it_met(void **state)
{
    fixture *f = *state;
    test_database_exec(&f->database, PAIRS);
    int64_t changed = -1;
    assert_call(f->s,
                weft_session_update(f->s,
                                    weft_update_of(Pair, .set = weft_sets(weft_to(Pair, x, 3)), .where = weft_eq(Pair, id, 3)),
                                    &changed),
                WEFT_OK);
    assert_int_equal(changed, 1);
}

static void case_C16_members_of_a_union_have_their_own_limits(void **state)
{
    fixture *f = *state;
    test_database_exec(&f->database, PAIRS);
    weft_subselect(Two,
                   weft_union_all(weft_select(.from = weft_from(Pair), .columns = weft_columns(weft_col(Pair, id), weft_literal(1)),
                                              .order_by = weft_order(weft_asc(Pair, id)), .limit = 1),
                                  weft_select(.from = weft_from(Pair), .columns = weft_columns(weft_col(Pair, id), weft_literal(2)),
                                              .order_by = weft_order(weft_desc(Pair, id)), .limit = 1)));
    Two_list rows = weft_rows(f->s, Two, .from = weft_from(Two), .order_by = weft_order(weft_asc(Two, b)));
    assert_ok(f->s);
    assert_int_equal(rows.count, 2);
    assert_int_equal(rows.items[0]->a, 1);
    assert_int_equal(rows.items[1]->a, 3);
}

/* Integers divide as integers on both databases; who wants the fraction says so by a decimal. */
static void case_C17_division(void **state)
{
    fixture *f = *state;
    test_database_exec(&f->database, "INSERT INTO pair (id, x) VALUES (1, 7), (2, -7)");
    Ratio_list rows = weft_rows(f->s, Ratio, .from = weft_from(Pair), .order_by = weft_order(weft_asc(Pair, id)),
                                .columns = weft_columns(weft_op(weft_cast(weft_col(Pair, x), WEFT_DECIMAL), "/", weft_val(2))));
    assert_ok(f->s);
    assert_int_equal(rows.count, 2);
    assert_string_equal(rows.items[0]->v.text, "3.5000000000000000");
    assert_string_equal(rows.items[1]->v.text, "-3.5000000000000000");
    Two_list whole = weft_rows(f->s, Two, .from = weft_from(Pair), .order_by = weft_order(weft_asc(Pair, id)),
                               .columns = weft_columns(weft_op(weft_col(Pair, x), "/", weft_val(2)),
                                                       weft_op(weft_col(Pair, x), "%", weft_val(2))));
    assert_ok(f->s);
    assert_int_equal(whole.items[0]->a, 3);
    assert_int_equal(whole.items[1]->a, -3); /* towards zero, as in C */
    assert_int_equal(whole.items[1]->b, -1);
}

/* Fields are filled by position from a list of columns: no name is invented for the second of two. */
static void case_C18_columns_of_one_name_are_two(void **state)
{
    fixture *f = *state;
    test_database_exec(&f->database, PAIRS);
    weft_alias(Other, Pair);
    Two_list rows =
        weft_rows(f->s, Two, .from = weft_from(Pair), .joins = weft_joins(weft_join_on(Other, weft_lt_col(Pair, id, Other, id))),
                  .columns = weft_columns(weft_col(Pair, id), weft_col(Other, id)),
                  .order_by = weft_order(weft_asc(Pair, id), weft_asc(Other, id)));
    assert_ok(f->s);
    assert_int_equal(rows.count, 3);
    assert_int_equal(rows.items[2]->a, 2);
    assert_int_equal(rows.items[2]->b, 3);
    rows =
        weft_rows(f->s, Two, .from = weft_from(Pair), .columns = weft_columns(weft_col(Pair, id), weft_col(Pair, id)), .limit = 1);
    assert_ok(f->s);
    assert_int_equal(rows.items[0]->a, rows.items[0]->b);
}

/* A product of two tables is asked for by name; a table that nothing joins is an error before anything is sent, not a warning. */
static void case_C20_a_table_that_nothing_joins_is_refused(void **state)
{
    fixture *f = *state;
    test_database_exec(&f->database, PAIRS);
    test_recorder_clear(f->recorder);
    Two_list rows = weft_rows(f->s, Two, .from = weft_from(Pair), .columns = weft_columns(weft_col(Pair, id), weft_col(Item, id)));
    assert_int_equal(rows.count, 0);
    assert_true(TEST_NO_STATEMENTS(f->recorder));
    assert_message(f->s, "Item");
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    weft_alias(Other, Pair);
    rows = weft_rows(f->s, Two, .from = weft_from(Pair), .joins = weft_joins(weft_cross_join(Other)),
                     .columns = weft_columns(weft_col(Pair, id), weft_col(Other, id)));
    assert_ok(f->s);
    assert_int_equal(rows.count, 9);
    is_in(f, "CROSS JOIN");
}

static void case_C21_a_subquery_that_names_the_outer_table_is_correlated(void **state)
{
    fixture *f = *state;
    test_database_exec(&f->database, PAIRS);
    weft_alias(Other, Pair);
    Two_list rows =
        weft_rows(f->s, Two, .from = weft_from(Pair), .order_by = weft_order(weft_asc(Pair, id)),
                  .columns = weft_columns(weft_col(Pair, id), weft_scalar(weft_select(.from = weft_from(Other),
                                                                                      .columns = weft_columns(weft_count_all()),
                                                                                      .where = weft_lt_col(Other, id, Pair, id)))));
    assert_ok(f->s);
    assert_int_equal(rows.count, 3);
    for (int64_t i = 0; i < 3; i++)
        assert_int_equal(rows.items[i]->b, i);
    is_in(f, "(SELECT count(*) FROM pair AS \"Other\" WHERE \"Other\".id < pair.id)");
}

static void case_C22_a_recursive_CTE(void **state)
{
    fixture *f = *state;
    weft_cte(Node,
             .query = weft_union_all(weft_select(.columns = weft_columns(weft_val((int64_t)1), weft_val((int64_t)1))),
                                     weft_select(.from = weft_from(Node),
                                                 .columns = weft_columns(weft_op(weft_col(Node, id), "+", weft_val((int64_t)1)),
                                                                         weft_op(weft_col(Node, x), "*", weft_val((int64_t)2))),
                                                 .where = weft_lt(Node, id, 10))));
    Node_list rows = weft_rows(f->s, Node, .from = weft_from(Node), .order_by = weft_order(weft_asc(Node, id)));
    assert_ok(f->s);
    assert_int_equal(rows.count, 10);
    assert_int_equal(rows.items[9]->x, 512);
    is_in(f, "WITH RECURSIVE \"Node\"");
}

static void case_C22_a_DELETE_in_WITH(void **state)
{
    fixture *f = *state;
    test_database_exec(&f->database, PAIRS);
    weft_cte(Node, .query = weft_deleted(Pair, .where = weft_is_not_null(Pair, x),
                                         .returning = weft_columns(weft_col(Pair, id), weft_col(Pair, x))));
    Node_list rows = weft_rows(f->s, Node, .from = weft_from(Node), .order_by = weft_order(weft_asc(Node, id)));
    if (!f->postgres) {
        assert_refused(f->s, WEFT_ERROR_UNSUPPORTED);
        return;
    }
    assert_ok(f->s);
    assert_int_equal(rows.count, 2);
    is_in(f, "WITH \"Node\" AS (DELETE FROM pair WHERE pair.x IS NOT NULL RETURNING ");
    commit_ok(f->s);
    assert_rows(f, "SELECT id FROM pair", "2");
}

static void case_C24_an_upsert_with_a_condition_on_both_rows(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = NULL;
    test_database_exec(&f->database, "INSERT INTO item (code, name, pieces) VALUES ('a', 'old', 5), ('b', 'old', 5)");
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    const Item rows[3] = {{.code = "a", .name = "new", .pieces = 9},
                          {.code = "b", .name = "new", .pieces = 1},
                          {.code = "c", .name = "new", .pieces = 1}};
    uint64_t written = 0;
    const weft_insert_options options = {.on_conflict = WEFT_CONFLICT_UPDATE,
                                         .conflict_columns = "code",
                                         .set = weft_sets(weft_to_expr(Item, name, weft_excluded(Item, name)),
                                                          weft_to_expr(Item, pieces, weft_excluded(Item, pieces))),
                                         .where = weft_op(weft_excluded(Item, pieces), ">", weft_col(Item, pieces)),
                                         .inserted = &written};
    assert_error(weft_insert_many(c, Item, rows, 3, &options, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    assert_int_equal(written, 2);
    assert_rows(f, "SELECT code, name, pieces FROM item ORDER BY code", "a|new|9\nb|old|5\nc|new|1");
    is_in(f, "ON CONFLICT (code) DO UPDATE SET name = excluded.name, pieces = excluded.pieces WHERE ");
}

/* What a field does not say is left to the default, in the session and in Core alike; there is one rule. */
static void case_C25_the_default_of_what_is_not_said(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = NULL;
    const Item rows[2] = {{.code = "a", .name = "n"}, {.code = "b", .name = "n", .initial = 1, .level = {true, 0}}};
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    assert_error(weft_insert_many(c, Item, rows, 2, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    (void)weft_new(f->s, Item, .code = "c", .name = "n");
    (void)weft_new(f->s, Item, .code = "d", .name = "n", .initial = 1, .level = {true, 0});
    Item *null = weft_new(f->s, Item, .code = "e", .name = "n");
    weft_set_null(f->s, Item, null, level); /* explicit */
    commit_ok(f->s);
    assert_rows(f, "SELECT code, initial, level FROM item ORDER BY code", "a|7|3\nb|1|0\nc|7|3\nd|1|0\ne|7|NULL");
}

/* Names of 60 bytes and more, of which PostgreSQL keeps 63. */
WEFT_DECLARE(Wide);
struct Wide {
    int64_t id;
    int32_t one, other;
};
#define TABLE_60 "a_table_whose_name_is_nearly_as_long_as_a_name_may_be_at_all"
#define COLUMN_60 "a_column_whose_name_is_nearly_as_long_as_a_name_may_be_here_"
WEFT_MODEL(Wide, TABLE_60, WEFT_COLUMN(Wide, id, .primary_key = true),
           WEFT_COLUMN(Wide, one, .column = COLUMN_60 "a", .index = true),
           WEFT_COLUMN(Wide, other, .column = COLUMN_60 "b", .index = true));
WEFT_METADATA(wide, &Wide_model);
WEFT_DECLARE(Over);
struct Over {
    int64_t id;
    int32_t one;
};
WEFT_MODEL(Over, "over", WEFT_COLUMN(Over, id, .primary_key = true), WEFT_COLUMN(Over, one),
           WEFT_INDEX(Over, "one", .name = "an_index_" TABLE_60));
WEFT_METADATA(over, &Over_model);

static void case_C26_names_that_are_too_long(void **state)
{
    fixture *f = *state;
    weft_error error;
    weft_engine *engine = NULL;
    /* What the convention makes is cut to what the database keeps, and stays apart. */
    assert_error(weft_engine_open(&engine, f->database.url, &(weft_engine_options){.metadata = &wide}, &error), WEFT_OK, &error);
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    weft_engine_close(engine);
    assert_rows(f,
                f->postgres
                    ? "SELECT count(DISTINCT indexname), max(length(indexname)) <= 63 FROM pg_indexes WHERE tablename = '" TABLE_60
                      "' AND indexname <> (SELECT conname FROM pg_constraint WHERE contype = 'p' AND conrelid = '" TABLE_60
                      "'::regclass)"
                    : "SELECT count(DISTINCT name), max(length(name)) <= 63 FROM sqlite_schema WHERE type = 'index' AND tbl_name = "
                      "'" TABLE_60 "'",
                f->postgres ? "2|t" : "2|1");
    /* What the program says is not. */
    assert_int_equal(weft_engine_open(&engine, f->database.url, &(weft_engine_options){.metadata = &over}, &error),
                     WEFT_ERROR_MODEL);
    assert_non_null(strstr(error.message, "has 69 bytes; at most 63 are portable"));
    /* A label of 63 bytes, and one of 64. */
#define LABELLED(label) \
    (void)weft_rows(f->s, Two, .from = weft_from(Pair), \
                    .columns = weft_columns(weft_label(weft_col(Pair, id), label), weft_col(Pair, id)), \
                    .order_by = weft_order(weft_asc_of(weft_label(weft_col(Pair, id), label))))
    LABELLED(TABLE_60 "abc");
    assert_ok(f->s);
    LABELLED(TABLE_60 "abcd");
    assert_refused(f->s, WEFT_ERROR_MISUSE);
}

static void case_C28_a_literal_is_quoted_by_rule(void **state)
{
    fixture *f = *state;
    test_database_exec(&f->database, "INSERT INTO item (code, name, pieces) VALUES ('a', 'it''s', 1), ('b', 'a\\b', 1)");
    assert_int_equal(weft_count_of(f->s, Item, .where = weft_literally(weft_eq(Item, name, "it's"))), 1);
    is_in(f, "item.name = 'it''s'");
    assert_int_equal(weft_count_of(f->s, Item, .where = weft_literally(weft_eq(Item, name, "a\\b"))), 1);
    assert_int_equal(weft_count_of(f->s, Item, .where = weft_literally(weft_eq(Item, name, "' OR 1 = 1 --"))), 0);
    assert_ok(f->s);
}

/* ---- by condition, beside loaded objects ---- */

static void add_items(fixture *f)
{
    test_database_exec(&f->database,
                       "INSERT INTO item (code, name, pieces) VALUES ('a', 'ed', 1), ('b', 'ed', 2), ('c', 'jack', 3)");
}

/* What a loaded object shows belongs to the state that was read; after the statement it is stale and reads itself again when it is
 * asked for: right also where a trigger or the database's own idea of equality had its say. */
static void case_B1_and_B2_loaded_objects_follow_an_UPDATE(void **state)
{
    fixture *f = *state;
    add_items(f);
    Item_list list = weft_query(f->s, Item, .order_by = weft_order(weft_asc(Item, id)));
    assert_int_equal(list.count, 3);
    test_recorder_clear(f->recorder);
    int64_t changed = 0;
    assert_call(f->s,
                weft_session_update(f->s,
                                    weft_update_of(Item, .set = weft_sets(weft_to(Item, pieces, 10)),
                                                   .where = weft_eq(Item, name, "ed")),
                                    &changed),
                WEFT_OK);
    assert_int_equal(changed, 2);
    assert_int_equal(test_recorder_count(f->recorder), 1);
    assert_int_equal(weft_get(f->s, Item, list.items[0]->id)->pieces, 10);
    assert_int_equal(weft_get(f->s, Item, list.items[1]->id)->pieces, 10);
    assert_int_equal(weft_get(f->s, Item, list.items[2]->id)->pieces, 3);
    assert_call(f->s,
                weft_session_update(
                    f->s,
                    weft_update_of(Item,
                                   .set = weft_sets(weft_to_expr(Item, pieces, weft_op(weft_col(Item, pieces), "*", weft_val(2)))),
                                   .where = weft_eq(Item, name, "jack")),
                    NULL),
                WEFT_OK);
    assert_int_equal(weft_get(f->s, Item, list.items[2]->id)->pieces, 6);
    assert_ptr_equal(weft_get(f->s, Item, list.items[2]->id), list.items[2]);
    assert_ok(f->s);
}

static void case_B4_a_DELETE_by_condition_and_its_rollback(void **state)
{
    fixture *f = *state;
    add_items(f);
    Item_list list = weft_query(f->s, Item, .order_by = weft_order(weft_asc(Item, id)));
    const int64_t id = list.items[0]->id;
    int64_t deleted = 0;
    assert_call(f->s, weft_session_delete_where(f->s, weft_delete_from(Item, .where = weft_eq(Item, name, "ed")), &deleted),
                WEFT_OK);
    assert_int_equal(deleted, 2);
    assert_null(weft_get(f->s, Item, id));
    assert_ok(f->s);
    rollback_ok(f->s);
    assert_non_null(weft_get(f->s, Item, id));
    assert_int_equal(weft_count_of(f->s, Item), 3);
    assert_ok(f->s);
}

/* Objects are made by weft_new; the flush sends them in one statement. */
static void case_B5_two_new_objects_are_one_statement(void **state)
{
    fixture *f = *state;
    const Item *one = weft_new(f->s, Item, .code = "a", .name = "x"), *two = weft_new(f->s, Item, .code = "b", .name = "y");
    flush_ok(f->s);
    assert_int_equal(test_recorder_count(f->recorder), 1);
    assert_int_equal(one->id, 1);
    assert_int_equal(two->id, 2);
    assert_int_equal(one->initial, 7); /* what the database made is read back */
    assert_true(weft_state_of(f->s, Item, one) == WEFT_OBJECT_PERSISTENT);
    commit_ok(f->s);
}

static void case_B6_rows_that_leave_different_columns_out_are_grouped(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Item, .code = "a", .name = "x", .initial = 1);
    (void)weft_new(f->s, Item, .code = "b", .name = "y", .level = {true, 2});
    (void)weft_new(f->s, Item, .code = "c", .name = "z", .initial = 5);
    (void)weft_new(f->s, Item, .code = "d", .name = "z", .level = {true, 4});
    commit_ok(f->s);
    assert_rows(f, "SELECT code, initial, level FROM item ORDER BY code", "a|1|3\nb|7|2\nc|5|3\nd|7|4");
    assert_int_equal(test_recorder_count_containing(f->recorder, "INSERT INTO item"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(case_C1_in_nothing_is_false_and_not_in_nothing_is_true),
        ON_BOTH(case_C2_null_in_nothing_is_false),
        ON_BOTH(case_C4_pairs_of_values),
        ON_BOTH(case_C5_equality_with_null),
        ON_BOTH(case_C6_unequal_leaves_null_out_and_distinct_does_not),
        ON_BOTH(case_C8_names_are_quoted_where_they_must_be_and_nowhere_else),
        ON_BOTH(case_C9_any_name_makes_a_column),
        ON_BOTH(case_C10_every_row_has_every_column),
        ON_BOTH(case_C12_and_C13_many_rows_give_their_keys_in_the_order_of_the_objects),
        ON_BOTH(case_C14_an_update_counts_what_it_met),
        ON_BOTH(case_C16_members_of_a_union_have_their_own_limits),
        ON_BOTH(case_C17_division),
        ON_BOTH(case_C18_columns_of_one_name_are_two),
        ON_BOTH(case_C20_a_table_that_nothing_joins_is_refused),
        ON_BOTH(case_C21_a_subquery_that_names_the_outer_table_is_correlated),
        ON_BOTH(case_C22_a_recursive_CTE),
        ON_BOTH(case_C22_a_DELETE_in_WITH),
        ON_BOTH(case_C24_an_upsert_with_a_condition_on_both_rows),
        ON_BOTH(case_C25_the_default_of_what_is_not_said),
        ON_BOTH(case_C26_names_that_are_too_long),
        ON_BOTH(case_C28_a_literal_is_quoted_by_rule),
        ON_BOTH(case_B1_and_B2_loaded_objects_follow_an_UPDATE),
        ON_BOTH(case_B4_a_DELETE_by_condition_and_its_rollback),
        ON_BOTH(case_B5_two_new_objects_are_one_statement),
        ON_BOTH(case_B6_rows_that_leave_different_columns_out_are_grouped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
