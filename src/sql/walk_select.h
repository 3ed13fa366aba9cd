/* Private to the walk of SELECT: what its files share. */
#ifndef WEFTI_SQL_WALK_SELECT_H
#define WEFTI_SQL_WALK_SELECT_H

#include "base/limits.h"
#include "sql/walk.h"

#include <stddef.h>
#include <string.h>

typedef struct wefti_join {
    const weft_join_step *step;
    const wefti_relation *relation; /* NULL: on a condition alone */
    const wefti_source *from, *link, *target;
    bool outer; /* a row of the target may be missing */
} wefti_join;

/* The FROM elements of one SELECT; pointers are set when rendering only. */
typedef struct wefti_elements {
    const wefti_source *entity, *owner_link, *owner; /* owner: where wefti_walk_joins_owner */
    uint16_t join_count;
    wefti_join joins[WEFTI_MAX_JOINS];
    const wefti_source *loads[WEFTI_MAX_JOINS], *load_links[WEFTI_MAX_JOINS];
} wefti_elements;

/* Joined loads that count: none where there are no objects. */
/* SELECT of expressions, from nothing. */
static inline bool wefti_select_lacks_from(const wefti_select *select) { return select->from == NULL && select->source == NULL; }
static inline uint16_t wefti_select_load_count(const wefti_select *select)
{
    return select->beside == NULL || select->count || select->exists || select->columns != NULL ? 0 : select->beside->count;
}

/* The switches of a SELECT lie together, from distinct to plan, and are noted where one is set; what else it has begins with a note
 * of its own. */
_Static_assert(offsetof(wefti_select, plan) == offsetof(wefti_select, distinct) + sizeof(uint64_t) - 1,
               "the switches of wefti_select are one block");
static inline uint64_t wefti_select_switches(const wefti_select *select)
{
    uint64_t switches;
    memcpy(&switches, &select->distinct, sizeof switches);
    return switches;
}

/* FROM: names everything that it will hold, because the columns before it use the names; then writes it. */
void wefti_walk_note_joins(wefti_walk *walk, const weft_join_step *joins);
void wefti_walk_add_elements(wefti_walk *walk, const wefti_select *select, wefti_elements *from);
void wefti_walk_add_loads(wefti_walk *walk, const wefti_select *select, wefti_elements *from);
void wefti_walk_from(wefti_walk *walk, const char *word, const wefti_select *select, const wefti_elements *from);
/* What may come before it in the key: its selectable, whose table it gets in rendering, and its joins. */
void wefti_walk_note_from(wefti_walk *walk, wefti_select *select);
void wefti_walk_loads(wefti_walk *walk, const wefti_select *select, const wefti_elements *from);

/* The first note of a SELECT; out: what it puts out, 0: rows. */
static inline uint64_t wefti_select_head(unsigned out, bool has_switches)
{
    return WEFTI_KIND_SELECT | (uint64_t)out << 4 | (uint64_t)has_switches << 8;
}

/* A SELECT of columns within another statement; of wefti_no_columns: of 1. */
extern const weft_expr wefti_no_columns;
void wefti_walk_nested(wefti_walk *walk, wefti_select *select);

/* A SELECT within another or within a set operation. made: the table that it is to the SELECT around it, or NULL. single: its
 * column is given a name. compares: its rows are compared as wholes. */
void wefti_walk_inner(wefti_walk *walk, const weft_rows_options *options, const wefti_table *made, bool single, bool compares);
/* A query of either kind: a SELECT or a set operation. */
void wefti_walk_query(wefti_walk *walk, const weft_rows_options *query, const wefti_table *made, bool compares);

/* walk_lock.c: FOR UPDATE and its like; rendering only. */
void wefti_walk_lock(wefti_walk *walk, const wefti_select *select, const wefti_elements *from, bool has_loads);

/* WHERE; from is read while rendering only. */
void wefti_walk_where(wefti_walk *walk, const wefti_select *select, const wefti_elements *from);

/* walk_put.c: the row that a weft_put names, or NULL; its columns in the order of the row's fields; whether it is that of the table
 * that is made; the column that weft_out means. */
static inline const weft_row_type *wefti_put_row(const weft_expr *column)
{
    return column->op == WEFT_EXPR_LABEL ? (const weft_row_type *)(const void *)column->value.as.s.data : NULL;
}
static inline bool wefti_are_put(const weft_expr *const *columns)
{
    return columns != NULL && columns[0] != NULL && wefti_put_row(columns[0]) != NULL;
}
const weft_expr *const *wefti_walk_put_in_order(wefti_walk *walk, const weft_expr *const *columns);
void wefti_walk_check_put(wefti_walk *walk, const weft_expr *column, const wefti_table *made);
const weft_expr *wefti_put_meant(const weft_expr *const *columns, const weft_expr *expr);

/* The caller's columns, and GROUP BY and HAVING. */
/* numbered: under the names that wefti_numbered_begin gives them. */
void wefti_walk_columns(wefti_walk *walk, const weft_expr *const *columns, bool distinct, bool numbered);
void wefti_walk_group(wefti_walk *walk, const wefti_select *select, bool around);
/* The place of the column that says the same, or 0; and an element of GROUP BY or ORDER BY, by its place where that is needed. */
size_t wefti_walk_place(const wefti_select *select, const weft_expr *expr);
void wefti_walk_reference(wefti_walk *walk, const wefti_select *select, const weft_expr *expr, bool groups);
/* MISUSE where .distinct leaves no one value of an element of ORDER BY for a row. */
void wefti_walk_check_distinct_order(wefti_walk *walk, const wefti_select *select, const weft_expr *expr);

/* walk_cut.c: LIMIT and OFFSET, and DISTINCT ON where the database has it. */
void wefti_walk_cut(wefti_walk *walk, const wefti_select *select);
static inline void wefti_walk_limit(wefti_walk *walk, const wefti_select *select)
{
    if (select->limit != 0 || select->offset != 0 || select->limit_to != NULL || select->offset_by != NULL)
        wefti_walk_cut(walk, select);
}
void wefti_walk_count(wefti_walk *walk, const weft_expr *value); /* an integer that is not negative, as a parameter */
void wefti_walk_distinct_on(wefti_walk *walk, const wefti_select *select);
/* Where it has it not, or no FETCH WITH TIES: begin before SELECT, when its sources were added, rendering only; columns behind its
 * columns; end in place of ORDER BY, limits and locks. */
bool wefti_walk_numbers(const wefti_walk *walk, const wefti_select *select);
/* Whether a SELECT within another is ordered or grouped by what the database would not find there: the same is done with it, around
 * being true, and what groups it is named by wefti_walk_own_group, which says false where it has no such name. */
bool wefti_may_see_around(const wefti_select *select, const weft_expr *expr);
bool wefti_walk_sorts_by_around(wefti_walk *walk, const wefti_select *select);
bool wefti_walk_own_group(wefti_walk *walk, const wefti_select *select, const weft_expr *element, size_t number);
void wefti_numbered_begin(wefti_walk *walk, const wefti_select *select, const wefti_elements *from, bool around);
void wefti_numbered_columns(wefti_walk *walk, const wefti_select *select, bool around);
void wefti_numbered_end(wefti_walk *walk, const wefti_select *select, const wefti_elements *from, bool around);

/* The keys of grouping sets, without labels, and the sets as bits of them. */
typedef struct wefti_grouping {
    const weft_expr *keys[WEFTI_MAX_GROUP_KEYS];
    uint64_t sets[WEFTI_MAX_GROUPING_SETS];
    uint16_t key_count, set_count;
} wefti_grouping;
/* walk_derived.c: what e and column i of all members of a set operation (or of a query) are converted to where the database keeps
 * them in several ways, or WEFT_UNMAPPED; depth begins at 0. And the query with its columns so converted. */
uint8_t wefti_walk_members_type(wefti_walk *walk, const weft_expr *e, const weft_rows_options *query, size_t i, int depth);
const weft_rows_options *wefti_walk_cast_members(wefti_walk *walk, const weft_rows_options *query, const uint8_t *types,
                                                 size_t count);
/* walk_groups.c: what a SELECT is grouped by. */
typedef struct wefti_grouped_by {
    wefti_walk *walk;
    const wefti_select *select;
    const wefti_grouping *sets; /* NULL: .group_by is a list of keys */
    const char *place;
    int depth;
} wefti_grouped_by;
/* A SELECT of groups, and which sources are its own: subqueries in its columns, HAVING and ORDER BY may name of these only what all
 * rows of a group have alike. */
typedef struct wefti_grouped {
    struct wefti_grouped *around;
    wefti_grouped_by by;
    uint16_t first, end;
    bool strict; /* what is walked is no SELECT of its own, and yet a subquery: weft_any */
} wefti_grouped;
/* Rendering only. NULL: it has no groups, or an error; then the others do nothing. In pairs around what is of groups. */
wefti_grouped *wefti_grouped_new(wefti_walk *walk, const wefti_select *select);
void wefti_grouped_enter(wefti_walk *walk, wefti_grouped *grouped);
void wefti_grouped_leave(wefti_walk *walk, wefti_grouped *grouped);
/* A column that is about to be written. */
void wefti_grouped_check(wefti_walk *walk, const wefti_source *source, const wefti_column *column);
bool wefti_has_grouping_sets(const weft_expr *const *group_by);
bool wefti_walk_flatten(wefti_walk *walk, const wefti_select *select, wefti_grouping *list); /* false: an error */
bool wefti_expr_has_value(const weft_expr *expr); /* what is another expression where it is written a second time */
void wefti_walk_grouping_sets(wefti_walk *walk, const wefti_select *select); /* GROUP BY of them */
/* A SELECT of groups, where the database has no grouping sets: begin after its sources were added, first being where they begin,
 * and before its columns; around FROM and WHERE; then the end. begin gives NULL where there are none, and the others do nothing. */
wefti_groups *wefti_groups_begin(wefti_walk *walk, const wefti_select *select, uint16_t first);
void wefti_groups_source(wefti_walk *walk, wefti_groups *groups, bool begins);
void wefti_groups_end(wefti_walk *walk, wefti_groups *groups);
bool wefti_walk_is_of_groups(const wefti_walk *walk); /* what is walked is of groups in FROM, whose aggregates are columns */
/* What an element of .group_by or .order_by stands for: a label for the column that has it. */
const weft_expr *wefti_walk_meaning(const wefti_select *select, const weft_expr *expr);
bool wefti_is_scalar(const weft_expr *expr);                       /* no function, or one that is known to be no aggregate */
bool wefti_walk_same_node(const weft_expr *a, const weft_expr *b); /* whether they say the same */
bool wefti_walk_any_aggregate(const weft_expr *const *list);
bool wefti_has_aggregate(const weft_expr *said); /* NULL, a node, or a WEFT_EXPR_LIST */
/* MISUSE where columns, HAVING or ORDER BY name outside of aggregates what a group may have several of. */
void wefti_walk_check_groups(wefti_walk *walk, const wefti_select *select);

/* ORDER BY; count says how many elements were written. */
void wefti_walk_order_by(wefti_walk *walk, const wefti_select *select, size_t *count);
typedef struct wefti_direction {
    const weft_expr *expr;
    bool descending, nulls_first, nulls_last;
} wefti_direction;
wefti_direction wefti_walk_direction(wefti_walk *walk, const weft_expr *element); /* takes ASC, DESC and NULLS … off it */
void wefti_walk_order_end(wefti_walk *walk, wefti_direction direction); /* what stands behind an element; rendering only */
void wefti_walk_note_direction(wefti_walk *walk, wefti_direction direction);
void wefti_walk_window_order(wefti_walk *walk, const weft_expr *const *list);       /* of a window */
const weft_expr *wefti_walk_ordered_by(wefti_walk *walk, const weft_expr *element); /* an element without its direction */
void wefti_walk_relation_order(wefti_walk *walk, const wefti_relation *relation, const wefti_source *source, size_t *count);
/* The order of collections, after that of the query; without one the owners stay together by their key. */
void wefti_walk_load_order(wefti_walk *walk, const wefti_select *select, const wefti_elements *from, size_t *count);
/* For a SELECT in a subquery: what the outer ORDER BY needs and the entity does not have becomes a column of it, which both
 * name. */
bool wefti_walk_orders_by_others(const wefti_select *select); /* the entity's own columns do not suffice */
void wefti_walk_order_columns(wefti_walk *walk, const wefti_select *select);
void wefti_walk_order_names(wefti_walk *walk, const wefti_select *select, const wefti_source *entity, bool outside, size_t *count);

#endif
