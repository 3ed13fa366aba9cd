/* FOR UPDATE and its like, while rendering: which rows a SELECT locks, and what cannot be locked. */
#include "sql/walk_expr.h"
#include "sql/walk_select.h"

#include "base/error.h"

/* The element of FROM that a model names there: 0 is that of .from, i + 1 what join number i joins; -1: none. */
static int place_of(const wefti_elements *from, const weft_model *model)
{
    if (from->entity != NULL && from->entity->model == model)
        return 0;
    for (uint16_t i = 0; i < from->join_count; i++)
        if (from->joins[i].target != NULL && from->joins[i].target->model == model)
            return i + 1;
    return -1;
}

/* Whether an outer join may leave the element without a row. */
static bool is_nullable(const wefti_elements *from, int place)
{
    bool nullable = place > 0 && from->joins[place - 1].outer;
    for (uint16_t i = (uint16_t)place; !nullable && i < from->join_count; i++) {
        const weft_join_how how = wefti_join_how(from->joins[i].step);
        nullable = how == WEFT_JOIN_RIGHT || how == WEFT_JOIN_FULL;
    }
    return nullable;
}

/* A table, by whatever name. */
static bool has_rows_to_lock(const weft_model *model)
{
    const weft_selectable *selectable = model->selectable;
    if (selectable != NULL && selectable->kind == WEFT_SELECTABLE_ALIAS && selectable->of != NULL)
        selectable = selectable->of->selectable;
    return selectable == NULL || selectable->kind == WEFT_SELECTABLE_TABLE;
}

static const char *noun_of(const weft_model *model)
{
    const weft_selectable *selectable = model->selectable;
    if (selectable->kind == WEFT_SELECTABLE_ALIAS)
        selectable = selectable->of->selectable;
    return wefti_selectable_noun(selectable->kind);
}

static void check_locked(wefti_walk *walk, const wefti_elements *from, const weft_model *model)
{
    const int place = place_of(from, model);
    if (place < 0)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, ".of names %s, which the query does not join", model->name);
    else if (!has_rows_to_lock(model))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "the %s %s has no rows to be locked: put .lock into its SELECT, or name tables by .of",
                              noun_of(model), model->name);
    else if (is_nullable(from, place))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "%s is on the side of an outer join that may have no row, whose rows cannot be locked%s", model->name,
                              place == 0 ? ": join the other way round" : "");
}

/* What makes rows of several, or of none, or NULL. */
static const char *what_hinders(const wefti_select *select)
{
    if (select->distinct || select->distinct_on != NULL)
        return select->distinct ? ".distinct" : ".distinct_on";
    if (select->group_by != NULL || select->having != NULL)
        return select->group_by != NULL ? ".group_by" : ".having";
    if (wefti_walk_any_aggregate(select->columns) || wefti_walk_any_aggregate(select->order_by))
        return "an aggregate";
    for (size_t i = 0; !wefti_list_ends(select->columns, i); i++)
        if (wefti_has_window(select->columns[i]))
            return "weft_over";
    return NULL;
}

static bool check_lock(wefti_walk *walk, const wefti_select *select, const wefti_elements *from)
{
    const char *hinders = what_hinders(select);
    const char *database = walk->dialect->capabilities.name;
    if (hinders != NULL)
        (void)wefti_walk_fail(
            walk, WEFT_ERROR_MISUSE,
            "a query that locks rows has %s, whose rows are no longer those of a table and cannot be locked: lock them "
            "in a weft_subselect or weft_cte, and make these of it",
            hinders);
    else if (from->entity == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, ".lock: a SELECT without .from has no rows to lock");
    else if (select->skip_locked && select->no_wait)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "skip_locked and no_wait exclude each other");
    else if (select->skip_locked && select->with_ties)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, ".skip_locked and .with_ties exclude each other");
    else if (select->no_wait && !walk->dialect->capabilities.row_locks)
        (void)wefti_walk_fail(
            walk, WEFT_ERROR_UNSUPPORTED,
            "%s has no locks of rows, and waits for the one who may write: leave .no_wait out, and shorten the wait "
            "by a deadline",
            database);
    return walk->status == WEFT_OK;
}

/* Rows of the query's own model, and of the joined ones that are named. What joined loads put beside them is not locked. */
static void write_names(wefti_walk *walk, const wefti_select *select, const wefti_elements *from, bool own)
{
    const char *comma = " OF ";
    if (own) {
        wefti_walk_sql(walk, comma);
        wefti_walk_identifier(walk, from->entity->name);
        comma = ", ";
    }
    for (const weft_model *const *model = select->lock_of; model != NULL && *model != NULL; model++) {
        const int place = place_of(from, *model);
        if (place < 0 || (place == 0 && own))
            continue;
        wefti_walk_sql(walk, comma);
        wefti_walk_identifier(walk, place == 0 ? from->entity->name : from->joins[place - 1].target->name);
        comma = ", ";
    }
}

weft_status wefti_row_lock_missing(const weft_model *const *of, bool skip_locked, bool no_wait, const char *lock, weft_error *error)
{
    if (of == NULL && !skip_locked && !no_wait)
        return WEFT_OK;
    return wefti_error_set(error, WEFT_ERROR_MISUSE, ".%s says what is locked, and nothing is: set %s, too",
                           of != NULL    ? "of"
                           : skip_locked ? "skip_locked"
                                         : "no_wait",
                           lock);
}

void wefti_walk_lock(wefti_walk *walk, const wefti_select *select, const wefti_elements *from, bool has_loads)
{
    static const char *const words[] = {[WEFT_FOR_UPDATE] = " FOR UPDATE",
                                        [WEFT_FOR_NO_KEY_UPDATE] = " FOR NO KEY UPDATE",
                                        [WEFT_FOR_SHARE] = " FOR SHARE",
                                        [WEFT_FOR_KEY_SHARE] = " FOR KEY SHARE"};
    if (walk->status != WEFT_OK)
        return;
    if (select->lock == WEFT_LOCK_NONE) {
        walk->status =
            wefti_row_lock_missing(select->lock_of, select->skip_locked, select->no_wait,
                                   select->columns != NULL || select->source != NULL ? ".lock" : ".for_update", walk->error);
        return;
    }
    walk->render->writes = true;
    if (!check_lock(walk, select, from))
        return;
    const weft_model *const *of = select->lock_of != NULL && *select->lock_of != NULL ? select->lock_of : NULL;
    /* Rows of another kind are locked by the names of what is joined to them. */
    const bool own = of == NULL || has_rows_to_lock(from->entity->model);
    if (own)
        check_locked(walk, from, from->entity->model);
    for (const weft_model *const *model = of; model != NULL && *model != NULL; model++)
        check_locked(walk, from, *model);
    if (!walk->dialect->capabilities.row_locks || walk->status != WEFT_OK)
        return;
    wefti_walk_sql(walk, words[select->lock]);
    if (has_loads || from->join_count > 0)
        write_names(walk, select, from, own);
    wefti_walk_sql(walk, select->skip_locked ? " SKIP LOCKED" : select->no_wait ? " NOWAIT" : "");
}
