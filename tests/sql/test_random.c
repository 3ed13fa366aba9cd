/* Random statements: whatever is put together, shape and text agree about the parameters, both databases take it, and both give the
 * same rows. The seeds are fixed, so that a failure repeats. */
#include "fixtures/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODES = 512, QUERIES = 32 };

#if defined(__SANITIZE_ADDRESS__)
enum { SEEDS = 1000 };
#else
enum { SEEDS = 10000 };
#endif
static uint64_t seeds(void) { return getenv("WEFT_TEST_LONG") != NULL ? 50000 : SEEDS; }

typedef struct maker {
    uint64_t state;
    weft_expr nodes[NODES];
    const weft_expr *lists[NODES][5];
    size_t used, query_count, window_count, set_count;
    weft_rows_options queries[QUERIES];
    const weft_rows_options *members[QUERIES][3];
    weft_window windows[QUERIES];
} maker;

static uint32_t next(maker *m, uint32_t below)
{
    m->state = m->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(m->state >> 33) % below;
}

static const weft_expr *keep(maker *m, weft_expr node, const weft_expr *const *args, size_t count)
{
    size_t at = m->used++;
    assert_true(at < NODES);
    if (args != NULL) {
        memcpy(m->lists[at], args, count * sizeof *args);
        m->lists[at][count] = &weft_end;
        node.args = m->lists[at];
    }
    m->nodes[at] = node;
    return &m->nodes[at];
}

/* What stands alone does so now and then. */
static const weft_expr *as_list(maker *m, size_t list)
{
    m->nodes[list] = (weft_expr){.op = WEFT_EXPR_LIST, .args = m->lists[list]};
    return list % 2 == 0 && m->lists[list][1] == &weft_end ? m->lists[list][0] : &m->nodes[list];
}

#define ARGS(...) (const weft_expr *[]){__VA_ARGS__}, sizeof((const weft_expr *[]){__VA_ARGS__}) / sizeof(const weft_expr *)

static const weft_expr *value(maker *m, weft_value v) { return keep(m, (weft_expr){.op = WEFT_EXPR_VALUE, .value = v}, NULL, 0); }

/* An expression of integers over users. */
static const weft_expr *number(maker *m, int depth)
{
    switch (next(m, depth > 0 ? 6 : 3)) {
    case 0: return keep(m, *weft_col(User, id), NULL, 0);
    case 1: return keep(m, *weft_col(User, age), NULL, 0);
    case 2: return value(m, weft_value_int64((int64_t)next(m, 50)));
    case 3:
        return keep(m, (weft_expr){.op = WEFT_EXPR_OP, .name = "+"},
                    ARGS(keep(m, *weft_col(User, id), NULL, 0), number(m, depth - 1)));
    case 4:
        return keep(m, (weft_expr){.op = WEFT_EXPR_OP, .name = "-"},
                    ARGS(number(m, depth - 1), keep(m, *weft_col(User, age), NULL, 0)));
    default:
        return keep(m, (weft_expr){.op = WEFT_EXPR_FN, .name = "coalesce"},
                    ARGS(keep(m, *weft_col(User, age), NULL, 0), number(m, depth - 1)));
    }
}

static const weft_expr *text(maker *m)
{
    static const char *const texts[] = {"sandy", "s%", "", "%", "S_o%", "100%", "x*", "[a]", "\\\\"};
    return value(m, weft_value_text(texts[next(m, 9)]));
}

static const weft_expr *compare_field(maker *m)
{
    static const int64_t ids[] = {1, 3, 9};
    const weft_expr *chosen = text(m);
    const char *t = chosen->value.as.s.data;
    switch (next(m, 12)) {
    case 0: return keep(m, *weft_eq(User, name, t), NULL, 0);
    case 1: return keep(m, *weft_ne(User, fullname, next(m, 2) == 0 ? t : NULL), NULL, 0);
    case 2: return keep(m, *weft_eq(User, fullname, next(m, 2) == 0 ? t : NULL), NULL, 0);
    case 3: return keep(m, *weft_like(User, name, t), NULL, 0);
    case 4: return keep(m, *weft_not_like(User, name, t), NULL, 0);
    case 5: return keep(m, *weft_ilike(User, name, t), NULL, 0);
    case 6: return keep(m, *weft_starts_with(User, fullname, t), NULL, 0);
    case 7: return keep(m, *weft_contains(User, name, t), NULL, 0);
    case 8: return keep(m, *weft_in(User, id, ids, next(m, 4)), NULL, 0);
    case 9: return keep(m, *weft_not_in(User, id, ids, next(m, 4)), NULL, 0);
    case 10: return keep(m, *weft_is_null(User, age), NULL, 0);
    default: return keep(m, *weft_lt(User, age, (int)next(m, 60)), NULL, 0);
    }
}

static const weft_expr *condition(maker *m, int depth);

static const weft_expr *over_relationship(maker *m)
{
    const weft_expr *inner = next(m, 2) == 0 ? keep(m, *weft_like(Address, email, "%x"), NULL, 0) : &weft_true;
    switch (next(m, 3)) {
    case 0:
        return keep(m, (weft_expr){.op = WEFT_EXPR_ANY, .model = &User_model, .offset = offsetof(User, addresses)}, ARGS(inner));
    case 1:
        return keep(m, (weft_expr){.op = WEFT_EXPR_ANY, .model = &User_model, .offset = offsetof(User, keywords)},
                    ARGS(keep(m, *weft_eq(Keyword, word, "b"), NULL, 0)));
    default:
        return keep(m, (weft_expr){.op = WEFT_EXPR_ANY, .model = &User_model, .offset = offsetof(User, addresses)},
                    ARGS(keep(m, (weft_expr){.op = WEFT_EXPR_ANY, .model = &Address_model, .offset = offsetof(Address, user)},
                              ARGS(compare_field(m)))));
    }
}

/* EXISTS, IN, ANY and ALL of a SELECT of addresses, which may name the user around it. */
static const weft_expr *over_query(maker *m)
{
    const weft_expr *own = next(m, 2) == 0 ? weft_eq_col(Address, user_id, User, id) : &weft_true;
    const weft_expr *where =
        keep(m, (weft_expr){.op = WEFT_EXPR_AND},
             ARGS(own->op == WEFT_EXPR_TRUE
                      ? own
                      : keep(m, *own, ARGS(keep(m, *weft_col(Address, user_id), NULL, 0), keep(m, *weft_col(User, id), NULL, 0))),
                  keep(m, *weft_like(Address, email, next(m, 2) == 0 ? "%x" : "s%"), NULL, 0)));
    const bool exists = next(m, 2) == 0;
    const size_t at = m->query_count++ % QUERIES;
    m->queries[at] = (weft_rows_options){.from = &Address_model, .where = where, .limit = next(m, 4) == 0 ? 5 : 0};
    if (exists)
        return keep(m, (weft_expr){.op = WEFT_EXPR_EXISTS, .query = &m->queries[at]}, NULL, 0);
    const size_t list = m->used++;
    m->lists[list][0] = keep(m, *weft_col(Address, user_id), NULL, 0);
    m->lists[list][1] = &weft_end;
    m->queries[at].columns = as_list(m, list);
    m->queries[at].limit = 0;
    static const char *const comparisons[] = {"=", "<>", "<", ">="};
    const uint32_t how = next(m, 8);
    if (how < 4)
        return keep(m, (weft_expr){.op = WEFT_EXPR_OP, .name = comparisons[how]},
                    ARGS(number(m, 1),
                         keep(m, (weft_expr){.op = next(m, 2) == 0 ? WEFT_EXPR_ANY_OF : WEFT_EXPR_ALL_OF, .query = &m->queries[at]},
                              NULL, 0)));
    return keep(m, (weft_expr){.op = how < 6 ? WEFT_EXPR_IN_QUERY : WEFT_EXPR_NOT_IN_QUERY, .query = &m->queries[at]},
                ARGS(number(m, 1)));
}

static weft_rows_options *query_of(maker *m, const weft_expr *column, const weft_expr *where)
{
    weft_rows_options *query = &m->queries[m->query_count++ % QUERIES];
    size_t list = m->used++;
    m->lists[list][0] = column;
    m->lists[list][1] = &weft_end;
    *query = (weft_rows_options){.from = &Address_model, .columns = as_list(m, list), .where = where};
    return query;
}

/* Two orders end with the key, so that there is one answer; the first may be of the user around. */
static const weft_expr *order_of_addresses(maker *m)
{
    const weft_expr *id = keep(m, *weft_col(Address, id), NULL, 0), *user = keep(m, *weft_col(User, id), NULL, 0);
    const weft_expr *by = keep(m, (weft_expr){.op = WEFT_EXPR_OP, .name = next(m, 2) == 0 ? "-" : "+"}, ARGS(id, number(m, 1)));
    by = next(m, 2) == 0 ? keep(m, (weft_expr){.op = WEFT_EXPR_FN, .name = "abs"}, ARGS(by)) : by;
    by = next(m, 3) == 0 ? keep(m, (weft_expr){.op = WEFT_EXPR_OP, .name = "+"}, ARGS(by, user)) : by;
    size_t list = m->used++;
    m->lists[list][0] = keep(m, (weft_expr){.op = next(m, 2) == 0 ? WEFT_EXPR_ASC : WEFT_EXPR_DESC}, ARGS(by));
    m->lists[list][1] = keep(m, (weft_expr){.op = next(m, 2) == 0 ? WEFT_EXPR_ASC : WEFT_EXPR_DESC}, ARGS(id));
    m->lists[list][2] = &weft_end;
    return as_list(m, list);
}

static weft_rows_options *some_addresses(maker *m, const weft_expr *column)
{
    weft_rows_options *query =
        query_of(m, column, next(m, 2) == 0 ? keep(m, *weft_like(Address, email, next(m, 2) == 0 ? "%x" : "s%"), NULL, 0) : NULL);
    if (next(m, 2) == 0) {
        query->order_by = order_of_addresses(m);
        query->limit = 1 + (int64_t)next(m, 3);
        query->offset = (int64_t)next(m, 2);
    }
    return query;
}

/* IN of a UNION, INTERSECT or EXCEPT, whose members may be ordered and cut. */
static const weft_expr *over_set(maker *m)
{
    weft_rows_options *set = &m->queries[m->query_count++ % QUERIES];
    const size_t at = m->set_count++ % QUERIES;
    for (size_t i = 0; i < 2; i++)
        m->members[at][i] =
            some_addresses(m, keep(m, next(m, 2) == 0 ? *weft_col(Address, user_id) : *weft_col(Address, id), NULL, 0));
    m->members[at][2] = &weft_select_end;
    *set = (weft_rows_options){.set_op = (weft_set_op)(WEFT_UNION + (int)next(m, 4)), .members = m->members[at]};
    return keep(m, (weft_expr){.op = next(m, 2) == 0 ? WEFT_EXPR_IN_QUERY : WEFT_EXPR_NOT_IN_QUERY, .query = set},
                ARGS(number(m, 1)));
}

/* One value of a SELECT: of the first of an order, or of a group of what is around. */
static const weft_expr *scalar(maker *m)
{
    weft_rows_options *query;
    if (next(m, 3) == 0) {
        const weft_expr *count = keep(m, (weft_expr){.op = WEFT_EXPR_FN, .name = "count"}, ARGS(&weft_star));
        query = query_of(m, count, NULL);
        size_t list = m->used++;
        const weft_expr *ids = keep(m, (weft_expr){.op = WEFT_EXPR_OP, .name = "<"},
                                    ARGS(keep(m, *weft_col(Address, id), NULL, 0), keep(m, *weft_col(User, id), NULL, 0)));
        m->lists[list][0] = ids;
        m->lists[list][1] = &weft_end;
        query->group_by = as_list(m, list);
        list = m->used++;
        m->lists[list][0] = keep(m, (weft_expr){.op = next(m, 2) == 0 ? WEFT_EXPR_ASC : WEFT_EXPR_DESC}, ARGS(count));
        m->lists[list][1] = &weft_end;
        query->order_by = as_list(m, list);
    } else {
        query = some_addresses(m, next(m, 2) == 0 ? number(m, 2) : keep(m, *weft_col(Address, id), NULL, 0));
        query->order_by = order_of_addresses(m);
    }
    query->limit = 1;
    return keep(m, (weft_expr){.op = WEFT_EXPR_SCALAR, .query = query}, NULL, 0);
}

static const weft_expr *condition(maker *m, int depth)
{
    static const char *const comparisons[] = {"=", "<>", "<", ">=", "IS DISTINCT FROM"};
    switch (next(m, depth > 0 ? 12 : 6)) {
    case 0: return compare_field(m);
    case 4: return over_query(m);
    case 5: return over_set(m);
    case 1:
        return keep(m, (weft_expr){.op = WEFT_EXPR_OP, .name = comparisons[next(m, 5)]},
                    ARGS(keep(m, *weft_col(User, id), NULL, 0), number(m, 2)));
    case 2: return next(m, 2) == 0 ? &weft_true : &weft_false;
    case 3: return over_relationship(m);
    case 11:
        return keep(m, (weft_expr){.op = WEFT_EXPR_AND},
                    ARGS(condition(m, depth - 1), condition(m, depth - 1), condition(m, depth - 1)));
    case 6:
    case 7: return keep(m, (weft_expr){.op = WEFT_EXPR_OR}, ARGS(condition(m, depth - 1), condition(m, depth - 1)));
    case 8:
    case 9: return keep(m, (weft_expr){.op = WEFT_EXPR_NOT}, ARGS(condition(m, depth - 1)));
    default:
        return keep(m, (weft_expr){.op = next(m, 2) == 0 ? WEFT_EXPR_BETWEEN : WEFT_EXPR_BETWEEN_SYMMETRIC},
                    ARGS(keep(m, *weft_col(User, id), NULL, 0), number(m, 1), number(m, 1)));
    }
}

/* Rows are put in one order, so that the databases' own does not matter. */
static wefti_select random_select(maker *m, const weft_expr *const **order, wefti_joined_load *loads, wefti_beside *beside,
                                  weft_join_step *joins)
{
    wefti_select select = {.from = shop_table(&User_model), .where = condition(m, 3)};
    const weft_expr *by_id =
        keep(m, (weft_expr){.op = next(m, 2) == 0 ? WEFT_EXPR_ASC : WEFT_EXPR_DESC}, ARGS(keep(m, *weft_col(User, id), NULL, 0)));
    const weft_expr *first = keep(m, (weft_expr){.op = WEFT_EXPR_NULLS_LAST},
                                  ARGS(keep(m, (weft_expr){.op = WEFT_EXPR_DESC}, ARGS(keep(m, *weft_col(User, age), NULL, 0)))));
    size_t at = m->used++;
    m->lists[at][0] = next(m, 2) == 0 ? first : by_id;
    m->lists[at][1] = by_id;
    m->lists[at][2] = &weft_end;
    *order = m->lists[at];
    select.order_by = *order;
    select.limit = next(m, 3) == 0 ? 1 + (int64_t)next(m, 3) : 0;
    select.offset = next(m, 4) == 0 ? 1 : 0;
    loads[0] = (wefti_joined_load){.relation = RELATION(User, addresses), .parent = 0};
    loads[1] = (wefti_joined_load){.relation = RELATION(User, profile), .parent = 0};
    *beside = (wefti_beside){loads, (uint16_t)next(m, 3)};
    select.beside = beside;
    joins[0] = (weft_join_step)weft_outer_join(User, keywords);
    joins[1] = (weft_join_step){.end_ = 1};
    if (next(m, 4) == 0) {
        select.joins = joins;
        select.distinct = true;
    }
    select.count = next(m, 8) == 0;
    return select;
}

static weft_bound bound(maker *m, int kind)
{
    const bool distance = kind == WEFT_BOUND_PRECEDING || kind == WEFT_BOUND_FOLLOWING;
    return (weft_bound){(weft_bound_kind)kind, distance ? value(m, weft_value_int64(next(m, 3))) : NULL};
}

/* A function over a window whose order ends with the key, so that there is one answer. */
static const weft_expr *over_window(maker *m)
{
    static const char *const functions[] = {"sum", "min", "max", "count", "lag", "lead", "first_value", "row_number", "rank"};
    const uint32_t which = next(m, 9);
    const weft_expr *function = keep(m, (weft_expr){.op = WEFT_EXPR_FN, .name = functions[which]}, ARGS(number(m, 2)));
    if (which >= 7)
        m->lists[function - m->nodes][0] = &weft_end;
    if (which < 4 && next(m, 2) == 0)
        function = keep(m, (weft_expr){.op = WEFT_EXPR_FILTER}, ARGS(function, condition(m, 1)));
    weft_window *window = &m->windows[m->window_count++ % QUERIES];
    *window = (weft_window){.zero_ = 0};
    size_t list = m->used++;
    m->lists[list][0] = next(m, 2) == 0 ? number(m, 1) : keep(m, *weft_col(User, active), NULL, 0);
    m->lists[list][1] = &weft_end;
    window->partition_by = next(m, 2) == 0 ? as_list(m, list) : NULL;
    list = m->used++;
    m->lists[list][0] = keep(m, (weft_expr){.op = next(m, 2) == 0 ? WEFT_EXPR_ASC : WEFT_EXPR_DESC}, ARGS(number(m, 1)));
    m->lists[list][1] = keep(m, (weft_expr){.op = WEFT_EXPR_ASC}, ARGS(keep(m, *weft_col(User, id), NULL, 0)));
    m->lists[list][2] = &weft_end;
    window->order_by = as_list(m, list);
    const int from = (int)next(m, 4) - 2, to = from + (int)next(m, (uint32_t)(3 - from));
    if (next(m, 2) == 0 && to > WEFT_BOUND_FIRST)
        window->frame =
            (weft_frame){.unit = next(m, 2) == 0 ? WEFT_FRAME_ROWS : WEFT_FRAME_GROUPS, .from = bound(m, from), .to = bound(m, to)};
    return keep(m, (weft_expr){.op = WEFT_EXPR_OVER, .window = window}, ARGS(function));
}

/* Columns instead of objects, each over a window of its own. */
static wefti_select random_windows(maker *m)
{
    wefti_select select = {.from = shop_table(&User_model), .where = condition(m, 2)};
    size_t list = m->used++;
    m->lists[list][0] = keep(m, *weft_col(User, id), NULL, 0);
    m->lists[list][1] = over_window(m);
    m->lists[list][2] = over_window(m);
    m->lists[list][3] = &weft_end;
    select.columns = m->lists[list];
    list = m->used++;
    m->lists[list][0] = keep(m, *weft_col(User, id), NULL, 0);
    m->lists[list][1] = &weft_end;
    select.order_by = m->lists[list];
    return select;
}

/* Columns that are SELECTs of their own. */
static wefti_select random_scalars(maker *m)
{
    wefti_select select = random_windows(m);
    const weft_expr **columns = m->lists[m->used++];
    columns[0] = select.columns[0];
    columns[1] = scalar(m);
    columns[2] = keep(m, (weft_expr){.op = WEFT_EXPR_OP, .name = "+"}, ARGS(scalar(m), number(m, 1)));
    columns[3] = &weft_end;
    select.columns = columns;
    return select;
}

/* ---- groups ---- */

/* Made anew wherever it stands. */
static const weft_expr *group_key(maker *m, uint32_t which)
{
    if (which == 0)
        return keep(m, *weft_col(User, active), NULL, 0);
    if (which == 1)
        return keep(m, *weft_col(User, age), NULL, 0);
    const weft_expr *three = keep(m, (weft_expr){.op = WEFT_EXPR_LITERAL}, ARGS(value(m, weft_value_int64(3))));
    return keep(m, (weft_expr){.op = WEFT_EXPR_OP, .name = "%"}, ARGS(keep(m, *weft_col(User, id), NULL, 0), three));
}

static const weft_expr *aggregate(maker *m)
{
    static const char *const names[] = {"sum", "min", "max", "count"};
    const weft_expr *made, *by_id = keep(m, (weft_expr){.op = next(m, 2) == 0 ? WEFT_EXPR_ASC : WEFT_EXPR_DESC},
                                         ARGS(keep(m, *weft_col(User, id), NULL, 0)));
    const weft_expr *age =
        keep(m, (weft_expr){.op = next(m, 2) == 0 ? WEFT_EXPR_ASC : WEFT_EXPR_DESC}, ARGS(keep(m, *weft_col(User, age), NULL, 0)));
    const weft_expr *name = keep(m, *weft_col(User, name), NULL, 0);
    switch (next(m, 8)) {
    case 0:
        made = keep(m, (weft_expr){.op = WEFT_EXPR_FN, .name = "string_agg"}, ARGS(name, text(m)));
        made = keep(m, (weft_expr){.op = WEFT_EXPR_ORDERED}, ARGS(made, age, by_id));
        break;
    case 1:
        name = keep(m, (weft_expr){.op = WEFT_EXPR_DISTINCT}, ARGS(name));
        made = keep(m, (weft_expr){.op = WEFT_EXPR_FN, .name = "string_agg"}, ARGS(name, text(m)));
        break;
    case 2:
        made = keep(m, (weft_expr){.op = WEFT_EXPR_WITHIN},
                    ARGS(keep(m, (weft_expr){.op = WEFT_EXPR_FN, .name = "mode"}, (const weft_expr *[]){&weft_end}, 0), age));
        break;
    case 3:
        made = keep(m, (weft_expr){.op = WEFT_EXPR_FN, .name = "percentile_disc"},
                    ARGS(value(m, weft_value_double(next(m, 5) / 4.0))));
        made = keep(m, (weft_expr){.op = WEFT_EXPR_WITHIN}, ARGS(made, by_id));
        break;
    case 4: made = keep(m, (weft_expr){.op = WEFT_EXPR_FN, .name = "count"}, ARGS(&weft_star)); break;
    default: made = keep(m, (weft_expr){.op = WEFT_EXPR_FN, .name = names[next(m, 4)]}, ARGS(number(m, 2)));
    }
    return next(m, 2) == 0 ? keep(m, (weft_expr){.op = WEFT_EXPR_FILTER}, ARGS(made, condition(m, 1))) : made;
}

/* Two keys in sets of some kind. */
static const weft_expr *grouped_by(maker *m, uint32_t a, uint32_t b)
{
    const weft_expr *both = keep(m, (weft_expr){.op = WEFT_EXPR_TUPLE}, ARGS(group_key(m, a), group_key(m, b)));
    switch (next(m, 5)) {
    case 0: return keep(m, (weft_expr){.op = WEFT_EXPR_ROLLUP}, ARGS(group_key(m, a), group_key(m, b)));
    case 1: return keep(m, (weft_expr){.op = WEFT_EXPR_CUBE}, ARGS(group_key(m, b), group_key(m, a)));
    case 2:
        return keep(m, (weft_expr){.op = WEFT_EXPR_GROUPING_SETS},
                    ARGS(group_key(m, b), both, keep(m, (weft_expr){.op = WEFT_EXPR_TUPLE}, (const weft_expr *[]){&weft_end}, 0)));
    case 3:
        return keep(m, (weft_expr){.op = WEFT_EXPR_GROUPING_SETS},
                    ARGS(keep(m, (weft_expr){.op = WEFT_EXPR_CUBE}, ARGS(both)), group_key(m, a)));
    default: return both;
    }
}

static wefti_select random_groups(maker *m)
{
    wefti_select select = {.from = shop_table(&User_model), .where = condition(m, 1)};
    const uint32_t a = next(m, 3), b = (a + 1 + next(m, 2)) % 3;
    const weft_expr *rest = keep(m, (weft_expr){.op = WEFT_EXPR_FN, .name = "grouping"}, ARGS(group_key(m, a), group_key(m, b)));
    size_t list = m->used++;
    m->lists[list][0] = grouped_by(m, a, b);
    m->lists[list][1] = &weft_end;
    select.group_by = m->lists[list];
    list = m->used++;
    const weft_expr *all = keep(m, (weft_expr){.op = WEFT_EXPR_FN, .name = "sum"},
                                ARGS(keep(m, (weft_expr){.op = WEFT_EXPR_FN, .name = "count"}, ARGS(&weft_star))));
    weft_window *window = &m->windows[m->window_count++ % QUERIES];
    *window = (weft_window){.zero_ = 0};
    size_t partition = m->used++;
    m->lists[partition][0] = next(m, 2) == 0 ? group_key(m, a) : rest;
    m->lists[partition][1] = &weft_end;
    window->partition_by = as_list(m, partition);
    m->lists[list][0] = next(m, 2) == 0 ? group_key(m, b) : rest;
    m->lists[list][1] = aggregate(m);
    m->lists[list][2] = next(m, 3) == 0 ? keep(m, (weft_expr){.op = WEFT_EXPR_OVER, .window = window}, ARGS(all)) : aggregate(m);
    m->lists[list][3] = &weft_end;
    select.columns = m->lists[list];
    if (next(m, 2) == 0)
        select.having = keep(m, (weft_expr){.op = WEFT_EXPR_OP, .name = ">"},
                             ARGS(keep(m, (weft_expr){.op = WEFT_EXPR_FN, .name = "count"}, ARGS(&weft_star)),
                                  value(m, weft_value_int64(next(m, 3)))));
    list = m->used++;
    m->lists[list][0] = keep(m, (weft_expr){.op = WEFT_EXPR_DESC}, ARGS(rest));
    m->lists[list][1] = keep(m, (weft_expr){.op = WEFT_EXPR_ASC}, ARGS(group_key(m, a)));
    m->lists[list][2] = keep(m, (weft_expr){.op = WEFT_EXPR_DESC}, ARGS(group_key(m, b)));
    m->lists[list][3] = &weft_end;
    select.order_by = m->lists[list];
    return select;
}

static void both_databases_agree_about_random_statements(void **state)
{
    (void)state;
    place places[2];
    const uint64_t count = seeds();
    size_t with_rows = 0;
    for (int b = 0; b < 2; b++) {
        place_open(&places[b], b == 0 ? TEST_SQLITE : TEST_POSTGRES);
        place_fill(&places[b]);
    }
    for (uint64_t seed = 1; seed <= count; seed++) {
        static maker m;
        const weft_expr *const *order;
        wefti_joined_load loads[2];
        wefti_beside beside;
        weft_join_step joins[2];
        m.state = seed;
        m.used = 0;
        m.query_count = m.window_count = m.set_count = 0;
        wefti_select select = seed % 5 == 0   ? random_windows(&m)
                              : seed % 5 == 1 ? random_groups(&m)
                              : seed % 5 == 2 ? random_scalars(&m)
                                              : random_select(&m, &order, loads, &beside, joins);
        const wefti_statement_data data = {.kind = WEFTI_KIND_SELECT, .of.select = &select};
        char *rows[2];
        for (int b = 0; b < 2; b++)
            rows[b] = place_run(&places[b], &data, NULL, 0);
        if (strcmp(rows[0], rows[1]) != 0) {
            compiled_pair pair;
            compile_pair(&pair, &wefti_dialect_postgres, &data);
            fail_msg("seed %d: \"%s\" and \"%s\"\n%s", (int)seed, rows[0], rows[1], pair.compiled->statement.sql);
        }
        with_rows += rows[0][0] != '\0';
        wefti_free(rows[0]);
        wefti_free(rows[1]);
    }
    assert_true(with_rows > count / 4);
    for (int b = 0; b < 2; b++)
        place_close(&places[b]);
}

/* ---- the same as constant data ---- */

enum { OF_EACH = 32 };
typedef struct parameters {
    int64_t numbers[OF_EACH];
    const char *texts[OF_EACH];
} parameters;

static weft_attr fields[2 * OF_EACH];
static const weft_row_type parameters_row = {.name = "parameters",
                                             .size = sizeof(parameters),
                                             .fields = fields,
                                             .field_count = 2 * OF_EACH};
static const weft_selectable parameters_kind = {.kind = WEFT_SELECTABLE_PARAMETERS, .row = &parameters_row};
static const weft_model parameters_model = {.name = "parameters", .size = sizeof(parameters), .selectable = &parameters_kind};

static void name_fields(void)
{
    for (size_t i = 0; i < OF_EACH; i++) {
        fields[i] = (weft_attr){.field = "number",
                                .offset = offsetof(parameters, numbers) + i * sizeof(int64_t),
                                .size = sizeof(int64_t),
                                .field_type = WEFT_INT64};
        fields[OF_EACH + i] = (weft_attr){.field = "text",
                                          .offset = offsetof(parameters, texts) + i * sizeof(char *),
                                          .size = sizeof(char *),
                                          .field_type = WEFT_TEXT};
    }
}

/* Values of the nodes become parameters, and are kept in *given: those that stand alone, and those that columns are compared with
 * but for equality. */
static void take_parameters(maker *m, parameters *given)
{
    size_t numbers = 0, texts = 0;
    for (size_t i = 0, count = m->used; i < count; i++) {
        weft_expr *node = &m->nodes[i];
        const bool alone = node->op == WEFT_EXPR_VALUE, compares = node->op >= WEFT_EXPR_LT && node->op < WEFT_EXPR_IN;
        const bool is_text = node->value.type == WEFT_TEXT;
        if ((!alone && !compares) || node->value.is_null || (is_text ? texts : numbers) == OF_EACH || m->used + 1 >= NODES)
            continue;
        weft_expr parameter = {.op = WEFT_EXPR_COLUMN, .model = &parameters_model};
        parameter.offset = fields[is_text ? OF_EACH + texts : numbers].offset;
        if (is_text)
            given->texts[texts++] = node->value.as.s.data;
        else
            given->numbers[numbers++] = node->value.as.i;
        if (alone) {
            *node = parameter;
            continue;
        }
        const weft_expr compared = {.op = WEFT_EXPR_BY_PARAMETER, .alias = node->op, .model = node->model, .offset = node->offset};
        const weft_expr *made = keep(m, compared, ARGS(keep(m, parameter, NULL, 0)));
        *node = *made;
    }
}

/* The values of a second run. */
static void change_values(maker *m)
{
    static const char *const texts[] = {"spongebob", "%d%", "S", "b@x"};
    for (size_t i = 0; i < m->used; i++) {
        weft_value *v = &m->nodes[i].value;
        const int op = m->nodes[i].op;
        if ((op != WEFT_EXPR_VALUE && (op < WEFT_EXPR_LT || op >= WEFT_EXPR_IN)) || v->is_null)
            continue;
        if (v->type == WEFT_TEXT)
            *v = weft_value_text(texts[i % 4]);
        else
            v->as.i = v->as.i == 0 ? 1 : v->as.i / 2;
    }
}

static char *run_options(place *p, const weft_rows_options *options)
{
    wefti_select select;
    place_must(p, wefti_select_from_options(&select, shop_schema(), options, &p->error), "options");
    return place_run(p, &(const wefti_statement_data){.kind = WEFTI_KIND_SELECT, .of.select = &select}, NULL, 0);
}

static void statements_of_constant_data_give_what_others_give(void **state)
{
    (void)state;
    place places[2];
    const uint64_t count = seeds() / 4;
    size_t with_rows = 0, with_parameters = 0;
    name_fields();
    for (int b = 0; b < 2; b++) {
        place_open(&places[b], b == 0 ? TEST_SQLITE : TEST_POSTGRES);
        place_fill(&places[b]);
    }
    for (uint64_t seed = 1; seed <= count; seed++) {
        static maker m;
        static parameters given[2];
        static const weft_expr id = {.op = WEFT_EXPR_COLUMN, .model = &User_model, .offset = offsetof(User, id)};
        const weft_expr by_id = {.op = WEFT_EXPR_ASC, .args = (const weft_expr *const[]){&id, &weft_end}};
        m.state = seed;
        m.used = m.query_count = m.window_count = m.set_count = 0;
        weft_rows_options options = {.from = &User_model, .columns = &id, .order_by = &by_id};
        weft_expr columns = {.op = WEFT_EXPR_LIST};
        if (seed % 2 == 0) {
            const wefti_select windows = random_windows(&m);
            columns.args = windows.columns;
            options.columns = &columns;
            options.where = windows.where;
        } else {
            options.where = condition(&m, 3);
        }
        char *rows[2][2];
        static weft_expr first[NODES];
        memcpy(first, m.nodes, sizeof first);
        for (int run = 0; run < 2; run++) {
            if (run == 1)
                change_values(&m);
            for (int b = 0; b < 2; b++)
                rows[run][b] = run_options(&places[b], &options);
        }
        const size_t used = m.used;
        memset(given, 0, sizeof given);
        take_parameters(&m, &given[1]);
        static weft_expr second[NODES];
        memcpy(second, m.nodes, sizeof second);
        memcpy(m.nodes, first, sizeof first);
        m.used = used;
        take_parameters(&m, &given[0]);
        assert_memory_equal(second, m.nodes, used * sizeof second[0]);
        with_parameters += given[0].numbers[0] != 0 || given[0].texts[0] != NULL;
        weft_statement_state notes = {{0}};
        const weft_statement statement = {
            .name = "random", .query = &options, .row = &parameters_row, .parameters = &parameters_row, .state = &notes};
        for (int run = 0; run < 2; run++)
            for (int b = 0; b < 2; b++) {
                wefti_constant constant;
                place_must(&places[b],
                           wefti_constant_of(&constant, &statement, &given[run], statement.row != NULL, &places[b].error),
                           "constant");
                char *got =
                    place_run(&places[b], &(const wefti_statement_data){.kind = WEFTI_KIND_CONSTANT, .of.constant = &constant},
                              NULL, 0);
                if (strcmp(got, rows[run][b]) != 0)
                    fail_msg("seed %d, run %d, %s: \"%s\" and \"%s\"", (int)seed, run, places[b].driver->name, got, rows[run][b]);
                with_rows += got[0] != '\0';
                wefti_free(got);
                wefti_free(rows[run][b]);
            }
    }
    assert_true(with_rows > count && with_parameters > count / 2);
    for (int b = 0; b < 2; b++)
        place_close(&places[b]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_databases_agree_about_random_statements),
        cmocka_unit_test(statements_of_constant_data_give_what_others_give),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
