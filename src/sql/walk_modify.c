/* UPDATE and DELETE by condition and INSERT of a SELECT, both sinks; as statements and, where databases have such, as CTEs.
 *
 * The table that is written is the first source, and what stands beside it comes behind, so that conditions, assignments and
 * RETURNING name either. Databases do not let the joins of FROM name the table that is written: it counts as joined later. */
#include "sql/walk_expr.h"
#include "sql/walk_select.h"

#include "base/error.h"

/* ---- what a program says ---- */

static weft_status find_table(const wefti_schema *schema, const weft_model *model, const char *word, const wefti_table **table,
                              weft_error *error)
{
    if (model == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "the statement names no model: set .model");
    *table = wefti_schema_table(schema, model);
    if (*table != NULL)
        return wefti_table_check_written(*table, word, error);
    return wefti_refuse_model(model, error);
}

weft_status wefti_plan_take(weft_plan_mode given, uint8_t *plan, weft_error *error)
{
    if ((unsigned)given > WEFT_PLAN_GENERIC)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, ".plan: %u is no weft_plan_mode", (unsigned)given);
    *plan = (uint8_t)given;
    return WEFT_OK;
}

weft_status wefti_row_lock_take(weft_lock given, uint8_t *lock, weft_error *error)
{
    if ((unsigned)given > WEFT_FOR_KEY_SHARE)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, ".lock: %u is no weft_lock", (unsigned)given);
    *lock = (uint8_t)given;
    return WEFT_OK;
}

static weft_status check_where(const wefti_modify *modify, const char *word, bool all, weft_error *error)
{
    if (modify->where == NULL && !all) {
        (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "%s of every row of %s without .where", word, modify->table->name);
        wefti_error_hint(error, "add .where, or .all = true where every row is meant");
        return WEFT_ERROR_MISUSE;
    }
    if (modify->where != NULL && all) {
        (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "%s of %s: .where and .all = true contradict each other", word,
                              modify->table->name);
        wefti_error_hint(error, "keep one of them");
        return WEFT_ERROR_MISUSE;
    }
    if (modify->from == NULL && modify->joins != NULL && !wefti_join_ends(&modify->joins[0]))
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "%s of %s has .joins and no .from that they join to", word,
                               modify->table->name);
    return WEFT_OK;
}

static weft_status say_update(wefti_modify *modify, const wefti_schema *schema, const weft_update *update, weft_error *error)
{
    *modify = (wefti_modify){.kind = WEFTI_MODIFY_UPDATE, .where = update->where, .from = update->from};
    modify->set = wefti_items(update->set, modify->alone[0]);
    modify->returning = wefti_items(update->returning, modify->alone[1]);
    modify->joins = wefti_joined(&update->joins, modify->join_alone);
    weft_status status = find_table(schema, update->model, "UPDATE", &modify->table, error);
    if (status == WEFT_OK)
        status = check_where(modify, "UPDATE", update->all, error);
    if (status == WEFT_OK && (modify->set == NULL || modify->set[0] == &weft_end)) {
        (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "the UPDATE of %s sets nothing", modify->table->name);
        wefti_error_hint(error, "give .set = weft_sets(weft_to(…))");
        status = WEFT_ERROR_MISUSE;
    }
    return status;
}

static weft_status say_delete(wefti_modify *modify, const wefti_schema *schema, const weft_delete *delete_, weft_error *error)
{
    *modify = (wefti_modify){.kind = WEFTI_MODIFY_DELETE, .where = delete_->where, .from = delete_->from};
    modify->returning = wefti_items(delete_->returning, modify->alone[1]);
    modify->joins = wefti_joined(&delete_->joins, modify->join_alone);
    const weft_status status = find_table(schema, delete_->model, "DELETE", &modify->table, error);
    return status == WEFT_OK ? check_where(modify, "DELETE", delete_->all, error) : status;
}

static weft_status say_insert(wefti_modify *modify, const wefti_schema *schema, const weft_insert *insert, weft_error *error)
{
    *modify = (wefti_modify){.kind = WEFTI_MODIFY_INSERT, .insert = insert};
    modify->returning = wefti_items(insert->returning, modify->alone[1]);
    const weft_status status = find_table(schema, insert->model, "INSERT", &modify->table, error);
    if (status != WEFT_OK)
        return status;
    const weft_rows_options *query = insert->query;
    if (insert->columns == NULL || query == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE,
                               "the INSERT into %s has no %s: it takes .columns = weft_columns(…) and .query = "
                               "weft_select(…)",
                               modify->table->name, query == NULL ? ".query" : ".columns");
    if (query->plan != WEFT_PLAN_DEFAULT)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "the INSERT into %s: .plan belongs to weft_insert_into, not to its .query",
                               modify->table->name);
    if (query->set_op != WEFT_SET_NONE || query->write != NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE,
                               "the INSERT into %s: its .query is a SELECT; what else gives rows stands in the FROM of one, by "
                               "weft_subselect or weft_cte",
                               modify->table->name);
    return WEFT_OK;
}

static weft_status say_merge(wefti_modify *modify, const wefti_schema *schema, const weft_merge_rows *merge, weft_error *error)
{
    *modify = (wefti_modify){.kind = WEFTI_MODIFY_MERGE, .where = merge->on, .from = merge->from, .steps = merge->steps};
    const weft_status status = find_table(schema, merge->model, "MERGE", &modify->table, error);
    if (status != WEFT_OK)
        return status;
    const bool has_steps = merge->steps != NULL && merge->steps[0].action != WEFT_MERGE_END_;
    if (merge->from != NULL && merge->on != NULL && has_steps)
        return WEFT_OK;
    return wefti_error_set(error, WEFT_ERROR_MISUSE, "the MERGE into %s has no %s: it takes .from, .on and .steps = weft_steps(…)",
                           modify->table->name,
                           merge->from == NULL ? ".from"
                           : merge->on == NULL ? ".on"
                                               : ".steps");
}

static weft_status nothing_given(weft_error *error)
{
    return wefti_error_set(error, WEFT_ERROR_MISUSE,
                           "the statement is NULL: give weft_insert_into(…), weft_update_of(…), weft_delete_from(…) or "
                           "weft_merge_into(…)");
}

weft_status wefti_modify_of(wefti_modify *modify, const wefti_schema *schema, const weft_write *write, weft_error *error)
{
    weft_plan_mode plan = WEFT_PLAN_DEFAULT;
    weft_status status = WEFT_OK;
    if (write->insert != NULL) {
        status = say_insert(modify, schema, write->insert, error);
        plan = write->insert->plan;
    } else if (write->update != NULL) {
        status = say_update(modify, schema, write->update, error);
        plan = write->update->plan;
    } else if (write->delete_ != NULL) {
        status = say_delete(modify, schema, write->delete_, error);
        plan = write->delete_->plan;
    } else if (write->merge != NULL) {
        status = say_merge(modify, schema, write->merge, error);
        plan = write->merge->plan;
    } else {
        status = nothing_given(error);
    }
    return status == WEFT_OK ? wefti_plan_take(plan, &modify->plan, error) : status;
}

weft_status wefti_modify_shown(wefti_modify *modify, const wefti_schema *schema, const weft_rows_options *query, weft_error *error)
{
    if (query->from != NULL || wefti_joins_some(&query->joins) || query->columns != NULL || query->where != NULL ||
        query->group_by != NULL || query->having != NULL || query->order_by != NULL || query->distinct ||
        query->distinct_on != NULL || wefti_query_is_cut(query) || query->stream || query->set_op != WEFT_SET_NONE ||
        query->with != NULL || query->plan != WEFT_PLAN_DEFAULT || query->lock != WEFT_LOCK_NONE || query->of != NULL ||
        query->skip_locked || query->no_wait || query->with_ties)
        return wefti_error_set(error, WEFT_ERROR_MISUSE,
                               "a query that writes, of weft_updated and its like, has .write and nothing else");
    return wefti_modify_of(modify, schema, query->write, error);
}

weft_status wefti_modify_query(wefti_modify *modify, const wefti_schema *schema, const weft_rows_options *query, weft_error *error)
{
    const weft_status status = wefti_modify_shown(modify, schema, query, error);
    if (status == WEFT_OK && modify->kind == WEFTI_MODIFY_MERGE)
        return wefti_error_set(error, WEFT_ERROR_MISUSE,
                               "the MERGE into %s gives no rows: run it by weft_session_merge_rows or weft_execute_merge, or as a "
                               "WEFT_CHANGE",
                               modify->table->name);
    if (status == WEFT_OK && (modify->returning == NULL || modify->returning[0] == &weft_end))
        return wefti_error_set(error, WEFT_ERROR_MISUSE,
                               "what writes to %s and gives rows says which, by .returning = weft_columns(…)", modify->table->name);
    return status;
}

enum { DEEPEST_EFFECT = 16 };

static uint8_t effects_of_model(const weft_model *model, int depth);

static uint8_t effects_of(const weft_rows_options *query, int depth)
{
    if (query == NULL || depth > DEEPEST_EFFECT)
        return 0;
    uint8_t effects = query->write != NULL ? WEFTI_WRITES : query->lock != WEFT_LOCK_NONE ? WEFTI_LOCKS : 0;
    effects |= effects_of_model(query->from, depth);
    for (size_t i = 0; query->with != NULL && i < WEFTI_MAX_SELECTABLES && query->with[i] != NULL; i++)
        effects |= effects_of_model(query->with[i], depth);
    weft_join_step alone[2];
    const weft_join_step *joins = wefti_joined(&query->joins, alone);
    for (size_t i = 0; joins != NULL && i < WEFTI_MAX_JOINS && !wefti_join_ends(&joins[i]); i++)
        effects |= effects_of_model(joins[i].to, depth);
    return effects;
}

static uint8_t effects_of_model(const weft_model *model, int depth)
{
    const weft_selectable *selectable = model != NULL ? model->selectable : NULL;
    if (selectable != NULL && selectable->kind == WEFT_SELECTABLE_ALIAS && selectable->of != NULL)
        selectable = selectable->of->selectable;
    if (selectable == NULL || selectable->query == NULL)
        return 0;
    const uint8_t effects = effects_of(selectable->query, depth + 1);
    return selectable->kind == WEFT_SELECTABLE_CTE ? effects : effects & (uint8_t)~WEFTI_WRITES;
}

uint8_t wefti_query_effects_within(const weft_rows_options *query) { return effects_of(query, 0); }

/* ---- FROM and RETURNING ---- */

/* How the sources beside the table are written. */
typedef enum beside { BESIDE_NOTHING, BESIDE_FROM, BESIDE_USING, BESIDE_EXISTS } beside;

static beside how_beside(const wefti_walk *walk, const wefti_modify *modify)
{
    if (modify->from == NULL)
        return BESIDE_NOTHING;
    if (modify->kind != WEFTI_MODIFY_DELETE)
        return BESIDE_FROM;
    return walk->dialect->delete_using ? BESIDE_USING : BESIDE_EXISTS;
}

static void set_table_later(wefti_walk *walk, const wefti_source *target, bool later)
{
    if (walk->render != NULL && target != NULL)
        walk->render->sources[target - walk->render->sources].later = later;
}

static void walk_where(wefti_walk *walk, const wefti_modify *modify)
{
    if (modify->where != NULL)
        wefti_walk_condition(walk, modify->where, WEFTI_NOTE_WHERE, " WHERE ", WEFTI_PRECEDENCE_NONE);
    wefti_walk_note(walk, WEFTI_NOTE_END);
}

/* seen: the sources that the database lets RETURNING name. */
static void walk_returning(wefti_walk *walk, const wefti_modify *modify, uint16_t seen)
{
    wefti_render *render = walk->render;
    if (modify->returning == NULL || walk->status != WEFT_OK)
        return;
    if (wefti_walk_any_aggregate(modify->returning))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, ".returning has an aggregate, and gives a row for each that was written");
    wefti_walk_note(walk, WEFTI_NOTE_RETURNING);
    wefti_walk_sql(walk, " RETURNING ");
    for (uint16_t i = seen; render != NULL && i < render->source_count; i++)
        render->sources[i].unseen = true;
    const wefti_ground ground = wefti_walk_enter(walk, ".returning, a row for each that was written", false);
    wefti_walk_columns(walk, wefti_walk_put_in_order(walk, modify->returning), false, false);
    wefti_walk_leave(walk, ground);
    for (uint16_t i = seen; render != NULL && i < render->source_count; i++)
        render->sources[i].unseen = false;
    if (render != NULL && render->made == NULL)
        render->returns_rows = true;
}

/* ---- UPDATE and DELETE ---- */

static void walk_by_condition(wefti_walk *walk, const wefti_modify *modify, wefti_select *select)
{
    wefti_elements from;
    const beside how = how_beside(walk, modify);
    const wefti_source *target = walk->render != NULL ? wefti_walk_add_source(walk, modify->table, 0, false) : NULL;
    const uint16_t first = walk->render != NULL ? walk->render->source_count : 0;
    const bool deletes = modify->kind == WEFTI_MODIFY_DELETE;
    wefti_walk_sql(walk, deletes ? "DELETE FROM " : "UPDATE ");
    wefti_walk_table_name(walk, modify->table);
    if (how != BESIDE_NOTHING) {
        wefti_walk_note_from(walk, select);
        wefti_walk_add_elements(walk, select, &from);
    }
    if (!deletes) {
        wefti_walk_sql(walk, " SET ");
        wefti_walk_sets(walk, modify->table, modify->set);
    }
    static const char *const words[] = {"", " FROM ", " USING ", " WHERE EXISTS (SELECT 1 FROM "};
    if (how != BESIDE_NOTHING && walk->status == WEFT_OK) {
        set_table_later(walk, target, true);
        wefti_walk_from(walk, words[how], select, &from);
        set_table_later(walk, target, false);
    }
    walk_where(walk, modify);
    wefti_walk_sql(walk, how == BESIDE_EXISTS ? ")" : "");
    const bool all_seen = walk->dialect->returns_beside;
    walk_returning(walk, modify, walk->render == NULL || !all_seen ? first : walk->render->source_count);
}

/* ---- MERGE ---- */

static void set_absent(wefti_walk *walk, const wefti_source *target, bool absent)
{
    if (walk->render != NULL && target != NULL)
        walk->render->sources[target - walk->render->sources].absent = absent;
}

/* The macros of steps make a list of what they are given, which may be a list by itself: weft_sets(…). */
static const weft_expr *assignments_of(const weft_merge_step *step)
{
    const weft_expr *set = step->set;
    const bool lists = set != NULL && set->op == WEFT_EXPR_LIST && set->args != NULL && set->args[0] != NULL;
    const bool one = lists && set->args[0]->op == WEFT_EXPR_LIST && set->args[1] == &weft_end;
    return one ? set->args[0] : set;
}

static void walk_step(wefti_walk *walk, const wefti_modify *modify, const weft_merge_step *step, const wefti_source *target)
{
    static const char *const words[] = {[WEFT_MERGE_UPDATE] = " THEN UPDATE SET ",
                                        [WEFT_MERGE_DELETE] = " THEN DELETE",
                                        [WEFT_MERGE_KEEP] = " THEN DO NOTHING",
                                        [WEFT_MERGE_INSERT] = " THEN INSERT (",
                                        [WEFT_MERGE_LEAVE] = " THEN DO NOTHING"};
    const bool met = step->action < WEFT_MERGE_INSERT;
    wefti_walk_note(walk, WEFTI_NOTE_STEP | (uint64_t)step->action << 16);
    wefti_walk_sql(walk, met ? " WHEN MATCHED" : " WHEN NOT MATCHED");
    set_absent(walk, target, !met);
    if (step->when != NULL)
        wefti_walk_condition(walk, step->when, WEFTI_NOTE_WHERE, " AND ", WEFTI_PRECEDENCE_NONE);
    wefti_walk_note(walk, WEFTI_NOTE_END);
    wefti_walk_sql(walk, words[step->action]);
    const weft_expr *alone[2], *const *set = wefti_items(assignments_of(step), alone);
    if (step->action == WEFT_MERGE_UPDATE)
        wefti_walk_sets(walk, modify->table, set);
    else if (step->action == WEFT_MERGE_INSERT)
        wefti_walk_new_row(walk, modify->table, set);
    set_absent(walk, target, false);
}

/* What goes wrong with step i by itself, or beside those before it. */
static bool check_step(wefti_walk *walk, const wefti_modify *modify, size_t i)
{
    const weft_merge_step *step = &modify->steps[i];
    const bool met = step->action < WEFT_MERGE_INSERT,
               sets = step->action == WEFT_MERGE_UPDATE || step->action == WEFT_MERGE_INSERT;
    const char *table = modify->table->name;
    if (step->action > WEFT_MERGE_LEAVE)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "step %zu of the MERGE into %s: %d is no weft_merge_action", i + 1, table,
                              (int)step->action);
    else if (i == WEFTI_MAX_JOINS)
        (void)wefti_walk_fail(walk, WEFT_ERROR_LIMIT, "the MERGE into %s has more than %d steps", table, WEFTI_MAX_JOINS);
    else if (step->set != NULL && !sets)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "step %zu of the MERGE into %s has .set, and sets nothing", i + 1, table);
    for (size_t k = 0; k < i && walk->status == WEFT_OK; k++)
        if (modify->steps[k].when == NULL && (modify->steps[k].action < WEFT_MERGE_INSERT) == met)
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                                  "step %zu of the MERGE into %s is never taken: step %zu takes all rows of its kind", i + 1, table,
                                  k + 1);
    return walk->status == WEFT_OK;
}

static void walk_merge(wefti_walk *walk, const wefti_modify *modify, wefti_select *select)
{
    wefti_elements from;
    const wefti_source *target = walk->render != NULL ? wefti_walk_add_source(walk, modify->table, 0, false) : NULL;
    if (walk->render != NULL && walk->dialect->merges_since == 0)
        (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED,
                              "%s has no MERGE: an INSERT with .on_conflict inserts or updates, and weft_delete_from takes .from",
                              walk->dialect->capabilities.name);
    wefti_walk_sql(walk, "MERGE INTO ");
    wefti_walk_table_name(walk, modify->table);
    wefti_walk_note_from(walk, select);
    wefti_walk_add_elements(walk, select, &from);
    if (walk->status != WEFT_OK)
        return;
    if (walk->render != NULL)
        walk->render->least_server = walk->dialect->merges_since;
    set_table_later(walk, target, true);
    wefti_walk_from(walk, " USING ", select, &from);
    set_table_later(walk, target, false);
    wefti_walk_sql(walk, " ON ");
    wefti_walk_check_condition(walk, modify->where);
    const wefti_ground ground = wefti_walk_enter(walk, "MERGE", false);
    wefti_walk_operand(walk, modify->where, WEFTI_PRECEDENCE_NONE, NULL);
    for (size_t i = 0; walk->status == WEFT_OK && modify->steps[i].action != WEFT_MERGE_END_; i++) {
        if (check_step(walk, modify, i))
            walk_step(walk, modify, &modify->steps[i], target);
    }
    wefti_walk_leave(walk, ground);
    wefti_walk_note(walk, WEFTI_NOTE_END);
}

/* ---- INSERT ---- */

static const wefti_column *column_into(wefti_walk *walk, const wefti_modify *modify, const wefti_into *into, const weft_expr *node)
{
    const wefti_column *column = node->op == WEFT_EXPR_COLUMN ? wefti_walk_find_column(walk, node->model, node->offset) : NULL;
    if (walk->status != WEFT_OK)
        return NULL;
    if (column == NULL || column->table != modify->table)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, ".columns of an INSERT into %s are columns of it: weft_col(%s, …)",
                              modify->table->name, modify->table->model->name);
    else
        wefti_walk_check_written(walk, node->model, column);
    for (uint16_t i = 0; i < into->count; i++)
        if (into->columns[i] == column)
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, ".columns of an INSERT into %s has %s twice", modify->table->name,
                                  column->name);
    return column;
}

static void refuse_unmade(wefti_walk *walk, const wefti_column *column, const wefti_into *into)
{
    for (uint16_t i = 0; i < into->count; i++)
        if (into->columns[i] == column || into->columns[i]->main == column)
            return;
    wefti_walk_refuse_unmade(walk, column, "an INSERT of a query's rows");
}

static void walk_columns_into(wefti_walk *walk, const wefti_modify *modify, wefti_into *into)
{
    const weft_expr *node;
    if (walk->render != NULL)
        into->columns = wefti_arena_alloc(&walk->render->arena, modify->table->column_count * sizeof *into->columns);
    if (walk->render != NULL && into->columns == NULL && walk->status == WEFT_OK)
        walk->status = wefti_error_memory(walk->error);
    const wefti_column *version = wefti_table_version(modify->table);
    into->version = version != NULL;
    const weft_expr *alone[2], *const *columns = wefti_items(modify->insert->columns, alone);
    for (size_t i = 0; (node = wefti_walk_next(walk, columns, i, ".columns of an INSERT")) != NULL; i++) {
        wefti_walk_note_pair(walk, (uint64_t)(unsigned)node->op | (uint64_t)node->offset << 32,
                             wefti_walk_model_note(walk, node->model));
        const wefti_column *column = walk->render != NULL ? column_into(walk, modify, into, node) : NULL;
        if (column == NULL)
            continue;
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        wefti_walk_identifier(walk, column->name);
        into->columns[into->count++] = column;
        into->version = into->version && column != version;
    }
    wefti_walk_note(walk, WEFTI_NOTE_END);
    if (walk->render == NULL || walk->status != WEFT_OK)
        return;
    if (into->count == 0)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, ".columns of an INSERT into %s is empty", modify->table->name);
    const wefti_table *all = modify->table->main;
    for (uint16_t i = 0; all->inserts_made && i < all->column_count && walk->status == WEFT_OK; i++)
        if (all->columns[i].field->insert_value != NULL)
            refuse_unmade(walk, &all->columns[i], into);
    if (into->version) {
        wefti_walk_sql(walk, ", ");
        wefti_walk_identifier(walk, version->name);
    }
}

/* Whether a LIMIT or OFFSET is written. */
static bool says_limit(const weft_rows_options *query)
{
    return query->limit != 0 || query->offset != 0 || (query->limit_to != NULL && !query->limit_to->value.is_null) ||
           (query->offset_by != NULL && !query->offset_by->value.is_null);
}

/* The key that the database counts for these rows, in more bits than its field has: it is looked at as it is made. */
static const wefti_column *counted_key(const wefti_walk *walk, const wefti_into *into)
{
    const wefti_column *key = into->table->generated;
    if (walk->render == NULL || key == NULL || !walk->dialect->inline_key || wefti_type_of(key->type)->greatest == INT64_MAX)
        return NULL;
    for (uint16_t i = 0; i < into->count; i++)
        if (into->columns[i] == key)
            return NULL;
    return key;
}

static void walk_insert(wefti_walk *walk, const wefti_modify *modify)
{
    const weft_insert *insert = modify->insert;
    const weft_insert_options conflict = {.on_conflict = insert->on_conflict,
                                          .conflict_columns = insert->conflict_columns,
                                          .set = insert->set,
                                          .conflict_where = insert->conflict_where,
                                          .where = insert->update_where,
                                          .conflict_key = insert->conflict_key,
                                          .otherwise = insert->otherwise};
    wefti_into into = {.query = insert->query, .table = modify->table};
    wefti_walk_sql(walk, "INSERT INTO ");
    wefti_walk_table_name(walk, modify->table);
    wefti_walk_sql(walk, " (");
    walk_columns_into(walk, modify, &into);
    wefti_walk_sql(walk, ") ");
    wefti_render *render = walk->render;
    const uint16_t scope = render != NULL ? render->scope : 0;
    const wefti_into *around = render != NULL ? render->into : NULL;
    if (render != NULL) {
        render->into = &into;
        render->scope = render->source_count;
    }
    walk->in_cte = true; /* its SELECT is looked at like that of a CTE */
    wefti_walk_inner(walk, insert->query, NULL, false, false);
    if (render != NULL) {
        render->into = around;
        render->scope = scope;
    }
    /* SQLite takes ON for that of a join where the SELECT ends with FROM, as it may with any condition that folds. */
    if (insert->on_conflict != WEFT_CONFLICT_ERROR && insert->query->group_by == NULL && insert->query->having == NULL &&
        insert->query->order_by == NULL && !says_limit(insert->query))
        wefti_walk_sql(walk, walk->dialect->no_limit);
    const uint16_t first = render != NULL ? render->source_count : 0;
    wefti_walk_conflict(walk, modify->table, &conflict);
    if (render != NULL && render->source_count == first)
        (void)wefti_walk_add_source(walk, modify->table, 0, false);
    const wefti_column *counted = counted_key(walk, &into);
    if (modify->returning == NULL && counted != NULL) {
        wefti_walk_sql(walk, " RETURNING "); /* whose rows nobody takes */
        wefti_walk_kept(walk, counted);
        return;
    }
    if (render != NULL)
        render->counted = counted;
    walk_returning(walk, modify, UINT16_MAX);
    if (render != NULL)
        render->counted = NULL;
}

/* ---- statements ---- */

void wefti_walk_modify(wefti_walk *walk, const wefti_modify *modify)
{
    wefti_select select = {0};
    const weft_rows_options others = {.from = modify->from, .joins.list = modify->joins, .columns = &wefti_no_columns};
    wefti_walk_note(walk, WEFTI_KIND_MODIFY | (uint64_t)modify->kind << 8 | (uint64_t)(modify->where != NULL) << 10 |
                              (uint64_t)(modify->from != NULL) << 11 | (uint64_t)(modify->returning != NULL) << 12 |
                              (uint64_t)modify->plan << 16);
    wefti_walk_note_pointer(walk, modify->table);
    if (walk->status == WEFT_OK && modify->from != NULL)
        walk->status = wefti_select_from_options(&select, walk->schema, &others, walk->error);
    if (select.source == NULL && select.from == modify->table)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s is what the statement writes: .from takes a weft_alias of it",
                              modify->table->model->name);
    if (walk->status != WEFT_OK)
        return;
    const wefti_select *around = walk->render != NULL ? walk->render->select : NULL;
    if (walk->render != NULL) {
        walk->render->writes = true;
        walk->render->select = &select; /* it has no labels */
    }
    const bool writing = walk->writing_cte;
    walk->locks = true;
    walk->writing_cte = true; /* in its FROM, or in that of the SELECT that is inserted: it writes itself */
    walk->in_cte = false;
    if (modify->kind == WEFTI_MODIFY_INSERT) {
        wefti_walk_note(walk, modify->insert->on_conflict != WEFT_CONFLICT_ERROR);
        walk_insert(walk, modify);
    } else if (modify->kind == WEFTI_MODIFY_MERGE) {
        walk_merge(walk, modify, &select);
    } else {
        walk_by_condition(walk, modify, &select);
    }
    walk->writing_cte = writing;
    if (walk->render != NULL)
        walk->render->select = around;
}

void wefti_walk_modify_within(wefti_walk *walk, const weft_rows_options *query, const wefti_table *made)
{
    wefti_modify modify;
    wefti_render *render = walk->render;
    if (walk->status != WEFT_OK)
        return;
    if (!walk->writing_cte)
        (void)wefti_walk_fail(
            walk, WEFT_ERROR_MISUSE,
            "a query that writes stands where only a SELECT may: put it into a weft_cte in .from, .joins or .with of "
            "the SELECT that is run");
    else if (!walk->dialect->ctes_write)
        (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED,
                              "%s has no CTEs that write: run the statement by itself, by weft_rows_of, and then the SELECT",
                              walk->dialect->capabilities.name);
    else
        walk->status = wefti_modify_query(&modify, walk->schema, query, walk->error);
    if (walk->status == WEFT_OK && modify.plan != WEFT_PLAN_DEFAULT)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, ".plan belongs to the statement that is run, not to one within it");
    if (walk->status != WEFT_OK)
        return;
    if (render == NULL) {
        wefti_walk_modify(walk, &modify);
        return;
    }
    const wefti_table *around = render->made;
    const wefti_into *into = render->into;
    const uint32_t columns = render->column_count;
    const uint16_t sources = render->source_count, first = render->first;
    render->made = made;
    render->into = NULL;
    render->first = render->source_count;
    wefti_walk_modify(walk, &modify);
    render->made = around;
    render->into = into;
    render->column_count = columns;
    render->source_count = sources;
    render->first = first;
}
