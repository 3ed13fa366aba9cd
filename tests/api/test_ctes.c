/* Common table expressions: written once in WITH in the order of need, whatever refers to them and how often; joins on conditions;
 * recursion. */
#include "support/fixture.h"

WEFT_DECLARE(Part);
WEFT_DECLARE(Stock);
struct Part {
    int64_t id;
    weft_opt_int64 whole_id;
    const char *name;
    weft_decimal price;
};
struct Stock {
    int64_t id, part_id;
    int32_t pieces;
};
WEFT_MODEL(Part, "part", WEFT_COLUMN(Part, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Part, whole_id),
           WEFT_COLUMN(Part, name, .length = 40), WEFT_COLUMN(Part, price, .precision = 10, .scale = 2));
WEFT_MODEL(Stock, "stock", WEFT_COLUMN(Stock, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Stock, part_id),
           WEFT_COLUMN(Stock, pieces));
WEFT_METADATA(models, &Part_model, &Stock_model);
FIXTURE_MODELS(models);

typedef struct Held {
    int64_t part_id, pieces;
} Held;
WEFT_ROW(Held, WEFT_FIELD(Held, part_id), WEFT_FIELD(Held, pieces));
typedef struct Number {
    int64_t v;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, v));
typedef struct Amount {
    weft_decimal v;
} Amount;
WEFT_ROW(Amount, WEFT_FIELD(Amount, v));
typedef struct Named {
    const char *name;
    weft_opt_int64 pieces;
} Named;
WEFT_ROW(Named, WEFT_FIELD(Named, name), WEFT_FIELD(Named, pieces));
typedef struct Tree {
    int64_t id, depth;
    const char *path;
    weft_decimal price;
} Tree;
WEFT_ROW(Tree, WEFT_FIELD(Tree, id), WEFT_FIELD(Tree, depth), WEFT_FIELD(Tree, path), WEFT_FIELD(Tree, price));

#define C(M, f) weft_col(M, f)
#define SAME(M, f, N, g) weft_op(C(M, f), "=", C(N, g))

/* 1 is the whole of 2 and 3, 2 that of 4 and 5; of part n there are n and 10 n pieces but for 5, of which there are none. */
static void add_parts(weft_session *s)
{
    static const char *const names[] = {"bike", "wheel", "frame", "spoke", "rim"};
    static const int64_t wholes[] = {0, 1, 1, 2, 2};
    static const char *const prices[] = {"100.00", "20.50", "60.00", "0.25", "9.99"};
    for (int64_t i = 0; i < 5; i++) {
        (void)weft_new(s, Part, .id = i + 1, .whole_id = {wholes[i] != 0, wholes[i]}, .name = names[i], .price = {prices[i]});
        if (i == 4)
            continue;
        (void)weft_new(s, Stock, .id = 2 * i + 1, .part_id = i + 1, .pieces = (int32_t)i + 1);
        (void)weft_new(s, Stock, .id = 2 * i + 2, .part_id = i + 1, .pieces = 10 * ((int32_t)i + 1));
    }
    commit_ok(s);
}

#define HELD \
    weft_select(.from = weft_from(Stock), .columns = weft_columns(C(Stock, part_id), weft_sum(C(Stock, pieces))), \
                .where = weft_gt(Stock, pieces, least), .group_by = weft_columns(C(Stock, part_id)))

static void a_cte_is_selected_from_and_joined(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_parts(s);
    for (int least = 0; least < 20; least += 10) {
        weft_cte(Held, .query = HELD);
        Held_list held = weft_rows(s, Held, .from = weft_from(Held), .where = weft_lt(Held, pieces, 30),
                                   .order_by = weft_order(weft_asc(Held, part_id)));
        assert_ok(s);
        assert_int_equal(held.count, least == 0 ? 2 : 1);
        assert_int_equal(held.items[0]->part_id, least == 0 ? 1 : 2);
        assert_int_equal(held.items[0]->pieces, least == 0 ? 11 : 20);
        if (f->postgres)
            assert_string_equal(fixture_last_sql(f),
                                "WITH \"Held\" AS (SELECT stock.part_id AS part_id, sum(stock.pieces) AS pieces FROM "
                                "stock WHERE stock.pieces > $1 GROUP BY stock.part_id) SELECT "
                                "\"Held\".part_id, \"Held\".pieces FROM \"Held\" WHERE \"Held\".pieces < $2 ORDER BY "
                                "\"Held\".part_id");
        Named_list named =
            weft_rows(s, Named, .from = weft_from(Part),
                      .joins =
                          weft_joins(weft_left_join_on(Held, weft_and(SAME(Held, part_id, Part, id), weft_lt(Held, pieces, 40)))),
                      .columns = weft_columns(C(Part, name), C(Held, pieces)), .where = weft_ge(Part, id, 3),
                      .order_by = weft_order(weft_asc(Part, id)));
        assert_ok(s);
        assert_int_equal(named.count, 3);
        assert_int_equal(named.items[0]->pieces.value, least == 0 ? 33 : 30);
        assert_false(named.items[1]->pieces.set);
        assert_string_equal(named.items[2]->name, "rim");
        assert_false(named.items[2]->pieces.set);
        assert_string_equal(
            fixture_last_sql(f),
            f->postgres
                ? "WITH \"Held\" AS (SELECT stock.part_id AS part_id, sum(stock.pieces) AS pieces FROM stock WHERE "
                  "stock.pieces > $1 GROUP BY stock.part_id) SELECT part.name, \"Held\".pieces FROM part LEFT JOIN \"Held\" ON "
                  "\"Held\".part_id = part.id AND \"Held\".pieces < $2 WHERE part.id >= $3 ORDER BY part.id"
                : "WITH \"Held\" AS (SELECT stock.part_id AS part_id, sum(stock.pieces) AS pieces FROM stock WHERE "
                  "stock.pieces > ?1 GROUP BY stock.part_id) SELECT part.name, \"Held\".pieces FROM part LEFT JOIN \"Held\" ON "
                  "\"Held\".part_id = part.id AND \"Held\".pieces < ?2 WHERE part.id >= ?3 ORDER BY part.id");
    }
}

static void ctes_refer_to_others_and_stand_where_they_are_needed(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_parts(s);
    for (int least = 0; least < 20; least += 10) {
        weft_cte(Held, .query = HELD);
        weft_cte_as(Few, Held,
                    .query = weft_select(.from = weft_from(Held), .columns = weft_columns(C(Held, part_id), C(Held, pieces)),
                                         .where = weft_lt(Held, pieces, 30)));
        weft_alias(Again, Held);
        /* Those of which there are few, beside how many rows there are in all, and each beside itself. */
        Held_list rows = weft_rows(s, Held, .from = weft_from(Few),
                                   .joins = weft_joins(weft_join_on(Held, SAME(Held, part_id, Few, part_id)),
                                                       weft_join_on(Again, SAME(Again, pieces, Held, pieces))),
                                   .columns = weft_columns(C(Again, part_id),
                                                           weft_scalar(weft_select(.from = weft_from(Held),
                                                                                   .columns = weft_columns(weft_count_all())))),
                                   .order_by = weft_order(weft_asc(Few, part_id)));
        assert_ok(s);
        assert_int_equal(rows.count, least == 0 ? 2 : 1);
        assert_int_equal(rows.items[0]->part_id, least == 0 ? 1 : 2);
        assert_int_equal(rows.items[0]->pieces, least == 0 ? 4 : 3);
        if (f->postgres)
            assert_string_equal(
                fixture_last_sql(f),
                "WITH \"Held\" AS (SELECT stock.part_id AS part_id, sum(stock.pieces) AS pieces FROM stock WHERE "
                "stock.pieces > $1 GROUP BY stock.part_id), \"Few\" AS (SELECT \"Held\".part_id AS part_id, \"Held\".pieces AS "
                "pieces FROM \"Held\" WHERE \"Held\".pieces < $2) SELECT \"Again\".part_id, (SELECT count(*) FROM \"Held\" AS "
                "\"Held_1\") FROM \"Few\" JOIN \"Held\" ON \"Held\".part_id = \"Few\".part_id JOIN \"Held\" AS \"Again\" ON "
                "\"Again\".pieces = \"Held\".pieces ORDER BY \"Few\".part_id");
    }
}

static void a_cte_that_refers_to_itself_is_recursive(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_parts(s);
    for (int64_t root = 1; root <= 2; root++) {
        weft_cte(Tree,
                 .query = weft_union_all(
                     weft_select(.from = weft_from(Part),
                                 .columns = weft_columns(C(Part, id), weft_val(0), C(Part, name), C(Part, price)),
                                 .where = weft_eq(Part, id, root)),
                     weft_select(.from = weft_from(Part), .joins = weft_joins(weft_join_on(Tree, SAME(Part, whole_id, Tree, id))),
                                 .columns = weft_columns(C(Part, id), weft_op(C(Tree, depth), "+", weft_val(1)),
                                                         weft_op(weft_op(C(Tree, path), "||", weft_val("/")), "||", C(Part, name)),
                                                         weft_op(C(Tree, price), "+", C(Part, price))))));
        Tree_list tree = weft_rows(s, Tree, .from = weft_from(Tree), .order_by = weft_order(weft_asc(Tree, path)));
        assert_ok(s);
        assert_int_equal(tree.count, root == 1 ? 5 : 3);
        const Tree *rim = tree.items[root == 1 ? 3 : 1];
        assert_string_equal(rim->path, root == 1 ? "bike/wheel/rim" : "wheel/rim");
        assert_int_equal(rim->depth, 3 - root);
        assert_string_equal(rim->price.text, root == 1 ? "130.49" : "30.49");
        assert_int_equal(rim->id, 5);
        assert_string_equal(
            fixture_last_sql(f),
            f->postgres
                ? "WITH RECURSIVE \"Tree\" AS (SELECT part.id AS id, CAST($1 AS bigint) AS depth, CAST(part.name AS text) AS path, "
                  "CAST(part.price AS numeric) AS price FROM part WHERE part.id = $2 UNION ALL SELECT part.id AS id, "
                  "\"Tree\".depth + $3 AS depth, CAST((\"Tree\".path || $4) || part.name AS text) AS path, "
                  "CAST(\"Tree\".price + part.price AS numeric) AS price FROM part JOIN \"Tree\" ON part.whole_id = \"Tree\".id) "
                  "SELECT \"Tree\".id, \"Tree\".depth, \"Tree\".path, \"Tree\".price FROM \"Tree\" ORDER BY \"Tree\".path"
                : "WITH RECURSIVE \"Tree\" AS (SELECT part.id AS id, weft_integer(?1, 64) AS depth, part.name AS path, "
                  "part.price AS price FROM part WHERE part.id = ?2 UNION ALL SELECT part.id AS id, "
                  "weft_integer_add(\"Tree\".depth, ?3, 64) AS depth, (\"Tree\".path || ?4) || part.name AS path, "
                  "weft_decimal_add(\"Tree\".price, part.price) AS price FROM part JOIN \"Tree\" ON part.whole_id = \"Tree\".id) "
                  "SELECT \"Tree\".id, \"Tree\".depth, \"Tree\".path, \"Tree\".price FROM \"Tree\" ORDER BY \"Tree\".path NULLS "
                  "LAST");
    }
}

/* The numbers from 1 to a limit; UNION ends a circle. */
static void recursion_ends_where_nothing_new_comes(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_parts(s);
    const weft_rows_options *one =
        weft_select(.from = weft_from(Part), .columns = weft_columns(weft_val(1)), .where = weft_eq(Part, id, 1));
    weft_cte(Number, .query = weft_union_all(one, weft_select(.from = weft_from(Number),
                                                              .columns = weft_columns(weft_op(C(Number, v), "+", weft_val(1))),
                                                              .where = weft_lt(Number, v, 100))));
    weft_cte_as(Circle, Number,
                .query = weft_union(one, weft_select(.from = weft_from(Circle),
                                                     .columns = weft_columns(
                                                         weft_op(weft_op(C(Circle, v), "*", weft_val(2)), "%", weft_val(7))))));
    for (int run = 0; run < 2; run++) {
        assert_int_equal(weft_rows(s, Number, .from = weft_from(Number)).count, 100);
        assert_int_equal(weft_rows(s, Number, .from = weft_from(Circle)).count, 3);
        /* Both in one statement, the one within the other's condition. */
        Number_list both = weft_rows(s, Number, .from = weft_from(Number),
                                     .where = weft_op(C(Number, v), "<",
                                                      weft_scalar(weft_select(.from = weft_from(Circle),
                                                                              .columns = weft_columns(weft_max(C(Circle, v)))))));
        assert_ok(s);
        assert_int_equal(both.count, 3);
    }
    /* Decimals of other spellings are the same rows. */
    weft_cte(Amount,
             .query =
                 weft_union(weft_select(.from = weft_from(Part), .columns = weft_columns(C(Part, price)),
                                        .where = weft_eq(Part, id, 1)),
                            weft_select(.from = weft_from(Amount),
                                        .columns = weft_columns(weft_op(C(Amount, v), "*", weft_val(((weft_decimal){"1.000"})))))));
    assert_int_equal(weft_rows(s, Amount, .from = weft_from(Amount)).count, 1);
    assert_ok(s);
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        count++;
    return count;
}

/* A condition that is known is left out, and with it the CTEs that it met first: those that others need are written there. */
static void what_is_left_out_takes_its_ctes_with_it(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_parts(s);
    const int least = 0;
    weft_cte(Held, .query = HELD);
    weft_cte_as(Few, Held,
                .query = weft_select(.from = weft_from(Held), .columns = weft_columns(C(Held, part_id), C(Held, pieces)),
                                     .where = weft_lt(Held, pieces, 30)));
    const weft_expr *few =
        weft_op(C(Part, id),
                "<=", weft_scalar(weft_select(.from = weft_from(Few), .columns = weft_columns(weft_max(C(Few, part_id))))));
    const weft_expr *held =
        weft_op(C(Part, id),
                "<=", weft_scalar(weft_select(.from = weft_from(Held), .columns = weft_columns(weft_max(C(Held, part_id))))));
    for (int run = 0; run < 4; run++) {
        const bool known = run % 2 == 0;
        const weft_expr *where =
            weft_and(weft_or(few, known ? &weft_true : held), held, weft_ge(Part, id, 2), weft_or(few, weft_gt(Part, id, 3)));
        Number_list rows = weft_rows(s, Number, .from = weft_from(Part), .columns = weft_columns(C(Part, id)), .where = where,
                                     .order_by = weft_order(weft_asc(Part, id)));
        assert_ok(s);
        assert_int_equal(rows.count, 2);
        assert_int_equal(rows.items[0]->v, 2);
        assert_int_equal(rows.items[1]->v, 4);
        assert_int_equal(count_of(fixture_last_sql(f), "\"Held\" AS ("), 1);
        assert_int_equal(count_of(fixture_last_sql(f), "\"Few\" AS ("), 1);
        assert_true(strstr(fixture_last_sql(f), "\"Held\" AS (") < strstr(fixture_last_sql(f), "\"Few\" AS ("));
        (void)weft_rows(s, Number, .from = weft_from(Part), .columns = weft_columns(C(Part, id)),
                        .where = weft_and(weft_or(few, &weft_true), weft_ge(Part, id, 2)));
        assert_ok(s);
        assert_null(strstr(fixture_last_sql(f), "WITH"));
    }
}

static size_t sums(weft_session *s, int kind, int64_t least)
{
    weft_cte_as(A, Held,
                .materialized = kind == 1   ? WEFT_MATERIALIZED
                                : kind == 2 ? WEFT_NOT_MATERIALIZED
                                            : WEFT_MATERIALIZED_DEFAULT,
                .query = HELD);
    weft_cte_as(B, Held,
                .query = weft_select(.from = kind == 3 ? weft_from(A) : weft_from(Stock),
                                     .columns = kind == 3 ? weft_columns(C(A, part_id), C(A, pieces))
                                                          : weft_columns(C(Stock, part_id), C(Stock, pieces))));
    const size_t count = weft_rows(s, Held, .from = kind >= 3 ? weft_from(B) : weft_from(A)).count;
    assert_ok(s);
    return count;
}

static void each_query_and_way_is_a_statement_of_its_own(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_parts(s);
    const size_t before = fixture_cached(f);
    for (int64_t least = 0; least < 20; least += 3) {
        const size_t a = least < 10 ? 4 : least < 20 ? 3 : 2;
        assert_int_equal(sums(s, 0, least), a);
        assert_int_equal(sums(s, 1, least), a);
        assert_non_null(strstr(fixture_last_sql(f), "\"A\" AS MATERIALIZED (SELECT"));
        assert_int_equal(sums(s, 2, least), a);
        assert_non_null(strstr(fixture_last_sql(f), "\"A\" AS NOT MATERIALIZED (SELECT"));
        assert_int_equal(sums(s, 3, least), a);
        assert_int_equal(sums(s, 4, least), 8);
    }
    assert_int_equal(fixture_cached(f), before + 5);
}

/* Of a table, or of another CTE in other letters: neither is hidden. */
static void a_name_that_is_taken_gets_a_number(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_parts(s);
    weft_cte_as(PART, Number,
                .query = weft_select(.from = weft_from(Part), .columns = weft_columns(C(Part, id)), .where = weft_ge(Part, id, 3)));
    weft_cte_as(low, Number, .query = weft_select(.from = weft_from(PART), .columns = weft_columns(C(PART, v))));
    weft_cte_as(LOW, Number, .query = weft_select(.from = weft_from(low), .columns = weft_columns(C(low, v))));
    for (int run = 0; run < 2; run++) {
        Number_list rows =
            weft_rows(s, Number, .from = weft_from(LOW),
                      .joins = weft_joins(weft_join_on(Part, SAME(Part, id, LOW, v)), weft_join_on(low, SAME(low, v, Part, id))),
                      .columns = weft_columns(C(LOW, v)), .where = weft_gt(low, v, 3));
        assert_ok(s);
        assert_int_equal(rows.count, 2);
    }
    assert_string_equal(fixture_last_sql(f),
                        f->postgres
                            ? "WITH \"PART_2\" AS (SELECT part.id AS v FROM part WHERE part.id >= $1), low_2 AS (SELECT "
                              "\"PART_2\".v AS v FROM \"PART_2\"), \"LOW\" AS (SELECT low_2.v AS v FROM low_2) SELECT "
                              "\"LOW\".v FROM \"LOW\" JOIN part ON part.id = \"LOW\".v JOIN low_2 ON low_2.v = part.id WHERE "
                              "low_2.v > $2"
                            : "WITH \"PART_2\" AS (SELECT part.id AS v FROM part WHERE part.id >= ?1), low_2 AS (SELECT "
                              "\"PART_2\".v AS v FROM \"PART_2\"), \"LOW\" AS (SELECT low_2.v AS v FROM low_2) SELECT "
                              "\"LOW\".v FROM \"LOW\" JOIN part ON part.id = \"LOW\".v JOIN low_2 ON low_2.v = part.id WHERE "
                              "low_2.v > ?2");
}

static void changes_and_objects_take_ctes_too(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_parts(s);
    const int least = 0;
    (void)weft_new(s, Stock, .id = 99, .part_id = 5, .pieces = 7); /* written before the CTE reads it */
    weft_cte(Held, .query = HELD);
    const weft_expr *most = weft_scalar(weft_select(.from = weft_from(Held), .columns = weft_columns(weft_max(C(Held, part_id)))));
    Part_list parts = weft_query(s, Part, .joins = weft_joins(weft_join_on(Held, SAME(Held, part_id, Part, id))),
                                 .where = weft_op(C(Part, id), "=", most), .limit = 1);
    assert_ok(s);
    assert_int_equal(parts.count, 1);
    assert_string_equal(parts.items[0]->name, "rim");
    int64_t changed = 0;
    weft_session_update(
        s, weft_update_of(Part, .set = weft_sets(weft_to(Part, name, "most")), .where = weft_op(C(Part, id), "=", most)), &changed);
    assert_ok(s);
    assert_int_equal(changed, 1);
    assert_int_equal(strncmp(fixture_last_sql(f), "WITH \"Held\" AS (SELECT", 22), 0);
    weft_session_delete_where(s, weft_delete_from(Part, .where = weft_op(C(Part, id), "=", most)), &changed);
    assert_ok(s);
    assert_int_equal(changed, 1);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM part", "4");
}

static void join_stock(weft_select *q, int32_t least)
{
    weft_select_join(q,
                     (weft_join_step)weft_join_on(Stock, weft_and(SAME(Stock, part_id, Part, id), weft_gt(Stock, pieces, least))));
}

static void a_join_on_a_condition_is_added_step_by_step(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_parts(s);
    weft_select *q = weft_select_new(s, Part);
    join_stock(q, 25); /* whose nodes are gone */
    weft_select_order(q, weft_desc(Part, id));
    Part_list parts = weft_select_all(q, Part);
    assert_ok(s);
    assert_int_equal(parts.count, 2);
    assert_string_equal(parts.items[0]->name, "spoke");
    assert_string_equal(parts.items[1]->name, "frame");
    weft_select_free(q);
}

/* SQLite takes part and Part for one name. */
static void an_alias_whose_name_differs_in_case_gets_a_number(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_parts(s);
    typedef Part PART;
    const weft_model PART_model = {.name = "PART",
                                   .size = sizeof(PART),
                                   .selectable = &(const weft_selectable){.kind = WEFT_SELECTABLE_ALIAS, .of = &Part_model}};
    Number_list rows =
        weft_rows(s, Number, .from = weft_from(Part), .joins = weft_joins(weft_join_on(PART, SAME(PART, id, Part, whole_id))),
                  .columns = weft_columns(C(PART, id)), .where = weft_eq(Part, name, "rim"));
    assert_ok(s);
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.items[0]->v, 2);
    assert_non_null(strstr(fixture_last_sql(f), "AS \"PART_1\""));
}

static void mistakes_name_the_cte(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)fixture_statements(f);
    const weft_rows_options *id = weft_select(.from = weft_from(Part), .columns = weft_columns(C(Part, id)));
    const weft_expr *const v = weft_columns(weft_col(Part, id));
    {
        weft_cte(Number, .query = weft_select(.from = weft_from(Number), .columns = weft_columns(C(Number, v))));
        (void)weft_rows(s, Number, .from = weft_from(Number));
        assert_message(s, "Number refers to itself: only the FROM of the last member");
        assert_refused(s, WEFT_ERROR_MISUSE);
    }
    {
        weft_cte(Number,
                 .query = weft_union_all(weft_select(.from = weft_from(Number), .columns = weft_columns(C(Number, v))), id));
        (void)weft_rows(s, Number, .from = weft_from(Number));
        assert_message(s, "refers to itself");
        assert_refused(s, WEFT_ERROR_MISUSE);
    }
    {
        weft_alias(P, Part);
        weft_cte(Number,
                 .query = weft_union_all(id, weft_select(.from = weft_from(P),
                                                         .joins = weft_joins(weft_left_join_on(Number, SAME(Number, v, P, id))),
                                                         .columns = weft_columns(C(P, id)))));
        (void)weft_rows(s, Number, .from = weft_from(Number));
        assert_message(s, "outer join to itself");
        assert_refused(s, WEFT_ERROR_MISUSE);
    }
    {
        weft_cte(Number, .query = weft_union_all(id, weft_select(.from = weft_from(Number),
                                                                 .columns = weft_columns(weft_max(C(Number, v))))));
        (void)weft_rows(s, Number, .from = weft_from(Number));
        assert_message(s, "Number is recursive: the member that refers to it can have no aggregates");
        assert_refused(s, WEFT_ERROR_MISUSE);
    }
    {
        /* Two that refer to each other. */
        weft_selectable selectables[2] = {{.kind = WEFT_SELECTABLE_CTE, .row = &Number_row}};
        selectables[1] = selectables[0];
        const weft_model a = {.name = "a", .size = sizeof(Number), .selectable = &selectables[0]},
                         b = {.name = "b", .size = sizeof(Number), .selectable = &selectables[1]};
        selectables[0].query =
            weft_select(.from = &b,
                        .columns = weft_columns((&(const weft_expr){.op = WEFT_EXPR_COLUMN, .model = &b, .offset = 0})));
        selectables[1].query =
            weft_select(.from = &a,
                        .columns = weft_columns((&(const weft_expr){.op = WEFT_EXPR_COLUMN, .model = &a, .offset = 0})));
        (void)weft_rows(s, Number, .from = &a);
        assert_message(s, "a refers to itself");
        assert_refused(s, WEFT_ERROR_MISUSE);
    }
    {
        weft_cte(Number, .query = id);
        (void)weft_rows(s, Number, .from = weft_from(Part), .columns = weft_columns(C(Number, v)));
        assert_message(s, "Number stands in the query, but in no FROM");
        assert_refused(s, WEFT_ERROR_MISUSE);
        (void)weft_rows(s, Number, .from = weft_from(Number), .joins = weft_joins(weft_join_on(Number, &weft_true)), .columns = v);
        assert_message(s, "Number is in the query already; join a weft_alias");
        assert_refused(s, WEFT_ERROR_MISUSE);
        (void)weft_rows(s, Number, .from = weft_from(Part), .joins = weft_joins(weft_join_on(Number, NULL)), .columns = v);
        assert_message(s, "no condition");
        assert_refused(s, WEFT_ERROR_MISUSE);
        weft_cte_as(None, Number, .materialized = WEFT_MATERIALIZED);
        (void)weft_rows(s, Number, .from = weft_from(None));
        assert_message(s, "the CTE None has no query");
        assert_refused(s, WEFT_ERROR_MISUSE);
        weft_cte_as(Two, Number,
                    .query = weft_select(.from = weft_from(Part), .columns = weft_columns(C(Part, id), C(Part, name))));
        (void)weft_rows(s, Number, .from = weft_from(Two));
        assert_message(s, "more columns");
        assert_refused(s, WEFT_ERROR_MISUSE);
    }
    assert_int_equal(fixture_statements(f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_cte_is_selected_from_and_joined),
        ON_BOTH(ctes_refer_to_others_and_stand_where_they_are_needed),
        ON_BOTH(a_cte_that_refers_to_itself_is_recursive),
        ON_BOTH(recursion_ends_where_nothing_new_comes),
        ON_BOTH(what_is_left_out_takes_its_ctes_with_it),
        ON_BOTH(each_query_and_way_is_a_statement_of_its_own),
        ON_BOTH(a_name_that_is_taken_gets_a_number),
        ON_BOTH(changes_and_objects_take_ctes_too),
        ON_BOTH(a_join_on_a_condition_is_added_step_by_step),
        ON_BOTH(an_alias_whose_name_differs_in_case_gets_a_number),
        ON_BOTH(mistakes_name_the_cte),
    };
    return cmocka_run_group_tests_name("ctes", tests, NULL, NULL);
}
