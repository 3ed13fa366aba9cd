/* Set operations, both sinks: the rows of several SELECTs, which are the columns of one row type.
 *
 * Members that have an order or a limit, or are set operations, stand in parentheses of some kind, so that INTERSECT binds no
 * tighter than the others anywhere. Where equal values have different texts, the columns say by which collation rows are
 * compared. */
#include "base/limits.h"
#include "sql/dialect.h"
#include "sql/walk_select.h"

const weft_rows_options weft_select_end = {.set_op = WEFT_SET_END_};

static const char *const words[] = {[WEFT_UNION] = "weft_union",
                                    [WEFT_UNION_ALL] = "weft_union_all",
                                    [WEFT_INTERSECT] = "weft_intersect",
                                    [WEFT_EXCEPT] = "weft_except"};
static const char *const operators[] = {
    [WEFT_UNION] = " UNION ", [WEFT_UNION_ALL] = " UNION ALL ", [WEFT_INTERSECT] = " INTERSECT ", [WEFT_EXCEPT] = " EXCEPT "};

static bool check_set(wefti_walk *walk, const weft_rows_options *set)
{
    if (set->set_op < WEFT_UNION || set->set_op > WEFT_EXCEPT)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%d is no set operation", (int)set->set_op);
    else if (set->from != NULL || wefti_joins_some(&set->joins) || set->columns != NULL || set->where != NULL ||
             set->group_by != NULL || set->having != NULL || set->order_by != NULL || set->distinct || set->distinct_on != NULL ||
             wefti_query_is_cut(set) || set->stream || set->plan != WEFT_PLAN_DEFAULT || set->with_ties ||
             set->lock != WEFT_LOCK_NONE || set->of != NULL || set->skip_locked || set->no_wait || set->with != NULL ||
             set->write != NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "%s has members and nothing else: order and limit what selects from it, by weft_subselect",
                              words[set->set_op]);
    return walk->status == WEFT_OK;
}

static void walk_member(wefti_walk *walk, const weft_rows_options *member, weft_set_op of, const wefti_table *made, bool compares)
{
    const bool apart = member->set_op != WEFT_SET_NONE || member->order_by != NULL || wefti_query_is_cut(member) ||
                       (member->distinct_on != NULL && walk->dialect->distinct_on == NULL);
    if (member->set_op == WEFT_SET_NONE && member->lock != WEFT_LOCK_NONE)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "a member of %s has .lock, whose rows are no longer those of a table: lock them in "
                              "a weft_cte that it selects from",
                              words[of]);
    wefti_walk_sql(walk, apart ? walk->dialect->member_open : "");
    wefti_walk_query(walk, member, made, compares);
    wefti_walk_sql(walk, apart ? ")" : "");
}

static void walk_set(wefti_walk *walk, const weft_rows_options *set, const wefti_table *made, bool compares)
{
    size_t count = 0;
    if (walk->status != WEFT_OK || !check_set(walk, set))
        return;
    if (++walk->depth > WEFTI_MAX_EXPR_DEPTH)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "a SELECT is nested deeper than %d levels, or contains itself",
                              WEFTI_MAX_EXPR_DEPTH);
    wefti_walk_note_pair(walk, WEFTI_NOTE_SET, (uint64_t)set->set_op);
    compares = compares || set->set_op != WEFT_UNION_ALL;
    const bool around = walk->last_member;
    for (; walk->status == WEFT_OK && set->members != NULL; count++) {
        const weft_rows_options *member = set->members[count];
        if (member != NULL && member->set_op == WEFT_SET_END_)
            break;
        if (member == NULL)
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "member %zu of %s is NULL", count + 1, words[set->set_op]);
        else if (count == WEFTI_MAX_SET_MEMBERS)
            (void)wefti_walk_fail(walk, WEFT_ERROR_LIMIT, "%s has more than %d members", words[set->set_op], WEFTI_MAX_SET_MEMBERS);
        if (walk->status != WEFT_OK)
            break;
        wefti_walk_sql(walk, count > 0 ? operators[set->set_op] : "");
        walk->last_member = set->members[count + 1] != NULL && set->members[count + 1]->set_op == WEFT_SET_END_;
        walk_member(walk, member, set->set_op, made, compares);
    }
    walk->last_member = around;
    wefti_walk_note(walk, WEFTI_NOTE_END);
    walk->depth--;
    if (count < 2)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s has two members or more, and was given %zu", words[set->set_op], count);
}

void wefti_walk_query(wefti_walk *walk, const weft_rows_options *query, const wefti_table *made, bool compares)
{
    if (query->write != NULL)
        wefti_walk_modify_within(walk, query, made);
    else if (query->set_op == WEFT_SET_NONE)
        wefti_walk_inner(walk, query, made, false, compares);
    else
        walk_set(walk, query, made, compares);
}
