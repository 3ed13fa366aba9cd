/* SELECT, both sinks: joins along relationships, joined loads, restrictions to owners and keys, and what surrounds them.
 *
 * There is no FROM element that nothing joins: every one but the first comes from a join along a relationship. Joined loads of
 * collections multiply rows, so a LIMIT, OFFSET or DISTINCT of the entity goes into a subquery and the joins stand around it; so
 * does a DISTINCT that is ordered by what is no column of the entity. */
#include "sql/walk_expr.h"
#include "sql/walk_select.h"

#include "base/error.h"

/* What a SELECT puts out: objects or the caller's columns, the keys of owners, rows to be counted, or 1. */
typedef enum output { OUTPUT_ROWS = 0, OUTPUT_OWNER_KEYS, OUTPUT_COUNT, OUTPUT_ONE } output;

/* Whether it has ORDER BY, LIMIT and the lock; of a SELECT within another they may say what is around it. */
typedef enum tail { TAIL_NONE, TAIL_ALONE, TAIL_WITHIN } tail;

static bool wants_wrapping(const wefti_select *select)
{
    /* DISTINCT takes its order from its columns, so what is no column of the entity becomes one within the subquery. */
    if (select->distinct && select->columns == NULL && (select->left_out != NULL || wefti_walk_orders_by_others(select)))
        return true;
    for (uint16_t i = 0; i < wefti_select_load_count(select); i++)
        if (select->beside->loads[i].relation->to_many)
            return true;
    return false;
}

static inline bool is_wrapped(const wefti_select *select)
{
    return (select->limit != 0 || select->offset != 0 || select->distinct) && wants_wrapping(select);
}

/* ---- columns ---- */

static void render_table_columns(wefti_walk *walk, const wefti_source *source, const uint64_t *left_out)
{
    const char *comma = "";
    for (uint16_t i = 0; i < source->table->column_count; i++) {
        if (wefti_columns_have(left_out, i))
            continue;
        wefti_walk_sql(walk, comma);
        wefti_walk_source_column(walk, source, &source->table->columns[i]);
        wefti_walk_add_column_result(walk, &source->table->columns[i]);
        comma = ", ";
    }
}

static void start_entity(wefti_walk *walk, const wefti_table *table, const uint64_t *left_out)
{
    wefti_render *render = walk->render;
    uint16_t *places = NULL, count = 0;
    if (left_out != NULL && (places = wefti_arena_alloc(&render->arena, table->column_count * sizeof *places)) == NULL) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_NO_MEMORY, "out of memory");
        return;
    }
    for (uint16_t i = 0; places != NULL && i < table->column_count; i++)
        places[i] = wefti_columns_have(left_out, i) ? (uint16_t)WEFTI_NO_PLACE : count++;
    render->entities[render->entity_count++] = (wefti_entity){table, (uint16_t)render->column_count, places};
}

static void render_load_columns(wefti_walk *walk, const wefti_select *select, const wefti_elements *from)
{
    for (uint16_t i = 0; i < wefti_select_load_count(select) && walk->status == WEFT_OK; i++) {
        start_entity(walk, from->loads[i]->table, select->beside->loads[i].left_out);
        wefti_walk_sql(walk, ", ");
        render_table_columns(walk, from->loads[i], select->beside->loads[i].left_out);
    }
}

/* A column of the owner's key, of the owner itself where it is joined. */
static void owner_key_column(wefti_walk *walk, const wefti_relation *relation, const wefti_elements *from, uint16_t i)
{
    if (from->owner != NULL)
        wefti_walk_source_column(walk, from->owner, relation->local[i]);
    else
        wefti_walk_source_column(walk, from->owner_link, relation->link_local[i]);
}

/* Where the owner's key stands in the result: among the entity's own columns, or appended from the link table. */
static void render_owner_columns(wefti_walk *walk, const wefti_select *select, const wefti_elements *from, bool from_subquery)
{
    wefti_render *render = walk->render;
    const wefti_relation *relation = wefti_select_owned_by(select);
    if (relation == NULL || walk->status != WEFT_OK)
        return;
    const bool from_subquery_owner = from_subquery && wefti_walk_joins_owner(select);
    render->owner_count = relation->local_count;
    for (uint16_t i = 0; i < relation->local_count; i++) {
        if (relation->link == NULL && from->owner == NULL && !from_subquery_owner) {
            render->owner_columns[i] = wefti_entity_place(&render->entities[0], relation->remote[i]);
            continue;
        }
        render->owner_columns[i] = (uint16_t)render->column_count;
        wefti_walk_sql(walk, ", ");
        if (from_subquery) {
            wefti_walk_identifier(walk, from->entity->name);
            wefti_walk_sql(walk, ".weft_owner_");
            wefti_walk_number(walk, i + 1);
        } else {
            owner_key_column(walk, relation, from, i);
        }
        wefti_walk_add_column_result(walk, relation->local[i]);
    }
}

/* ---- the statement ---- */

static void note_left_out(wefti_walk *walk, const wefti_table *table, const uint64_t *left_out, uint64_t place)
{
    if (left_out == NULL)
        return;
    wefti_walk_note_pair(walk, WEFTI_NOTE_LEFT_OUT, place);
    for (uint16_t word = 0; word < wefti_mapper_words(table->mapper); word++)
        wefti_walk_note_pair(walk, word, left_out[word]);
}

void wefti_walk_note_from(wefti_walk *walk, wefti_select *select)
{
    wefti_walk_note_pair(walk, WEFTI_NOTE_FROM, (uint64_t)(uintptr_t)select->from);
    if (select->source != NULL) {
        const wefti_table *table = wefti_walk_note_selectable(walk, select->source);
        select->from = walk->render != NULL ? table : select->from;
    }
    if (select->joins != NULL)
        wefti_walk_note_joins(walk, select->joins);
}

static void note_with(wefti_walk *walk, const weft_model *const *with)
{
    for (size_t i = 0; walk->status == WEFT_OK && with[i] != NULL; i++) {
        if (i == WEFTI_MAX_SELECTABLES)
            (void)wefti_walk_fail(walk, WEFT_ERROR_LIMIT, ".with has more than %d CTEs", WEFTI_MAX_SELECTABLES);
        else if (with[i]->selectable == NULL || with[i]->selectable->kind != WEFT_SELECTABLE_CTE)
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, ".with: %s is no weft_cte", with[i]->name);
        wefti_walk_note(walk, WEFTI_NOTE_WITH);
        (void)wefti_walk_note_selectable(walk, with[i]);
    }
}

/* made: select again, where the walk makes its table. */
static void note_head(wefti_walk *walk, const wefti_select *select, wefti_select *made, output out)
{
    const uint64_t switches = wefti_select_switches(select);
    wefti_walk_note_pair(walk, wefti_select_head(out, switches != 0), (uint64_t)(uintptr_t)select->from);
    if (switches != 0)
        wefti_walk_note(walk, switches);
    if (made != NULL) {
        const wefti_table *table = wefti_walk_note_selectable(walk, made->source);
        made->from = walk->render != NULL ? table : made->from;
    }
    uint16_t loads = wefti_select_load_count(select);
    if (loads > 0)
        wefti_walk_note_pair(walk, WEFTI_NOTE_LOADS, loads);
    for (uint16_t i = 0; i < loads; i++)
        wefti_walk_note_pair(walk, (uint64_t)(uintptr_t)select->beside->loads[i].relation, select->beside->loads[i].parent);
    note_left_out(walk, select->from, select->left_out, 0);
    for (uint16_t i = 0; i < loads; i++)
        note_left_out(walk, select->beside->loads[i].relation->target, select->beside->loads[i].left_out, i + 1u);
    if (select->joins != NULL)
        wefti_walk_note_joins(walk, select->joins);
    if (select->with != NULL)
        note_with(walk, select->with);
    for (const weft_model *const *model = select->lock_of; model != NULL && *model != NULL; model++)
        wefti_walk_note_pair(walk, WEFTI_NOTE_LOCK, wefti_walk_model_note(walk, *model));
}

static bool check_select(wefti_walk *walk, const wefti_select *select)
{
    if (wefti_select_lacks_from(select) && select->columns == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the query has no model to select from");
    else if (select->limit < 0 || select->offset < 0)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s is negative; zero means all rows, WEFT_NONE none",
                              select->limit < 0 ? "limit" : "offset");
    else if (wefti_select_load_count(select) > WEFTI_MAX_JOINS)
        (void)wefti_walk_fail(walk, WEFT_ERROR_LIMIT, "a query may load at most %d relationships by joins", WEFTI_MAX_JOINS);
    else if (select->with_ties && (select->order_by == NULL || (select->limit == 0 && select->limit_to == NULL)))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, ".with_ties goes with %s",
                              select->order_by == NULL ? ".order_by" : ".limit");
    return walk->status == WEFT_OK;
}

static void render_owner_keys(wefti_walk *walk, const wefti_relation *relation, const wefti_source *entity)
{
    for (uint16_t i = 0; entity != NULL && i < relation->local_count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        wefti_walk_source_column(walk, entity, relation->local[i]);
    }
}

static void walk_output(wefti_walk *walk, const wefti_select *select, const wefti_elements *from, output out,
                        const wefti_relation *relation, bool numbered)
{
    const bool whole = select->having != NULL && select->group_by == NULL && walk->dialect->having_counts;
    if (out == OUTPUT_ROWS && select->columns != NULL) {
        if (whole && walk->render != NULL && !wefti_walk_any_aggregate(select->columns))
            (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED,
                                  "%s takes .having without .group_by beside an aggregate alone: add weft_count_all() to .columns",
                                  walk->dialect->capabilities.name);
        wefti_walk_columns(walk, select->columns, select->distinct, numbered);
        return;
    }
    if (walk->render == NULL || walk->status != WEFT_OK)
        return;
    if (out == OUTPUT_OWNER_KEYS) {
        render_owner_keys(walk, relation, from->entity);
    } else if (out == OUTPUT_ONE) {
        wefti_walk_sql(walk, whole ? "count(*)" : "1");
        wefti_walk_add_result(walk, WEFT_INT32);
    } else if (out == OUTPUT_COUNT) {
        wefti_walk_sql(walk, "count(*)");
        wefti_walk_add_result(walk, WEFT_INT64);
    } else {
        if (select->source == NULL)
            start_entity(walk, select->from, select->left_out);
        render_table_columns(walk, from->entity, select->left_out);
        render_load_columns(walk, select, from);
        render_owner_columns(walk, select, from, false);
    }
}

/* ORDER BY, LIMIT and the lock. */
static void walk_tail(wefti_walk *walk, const wefti_select *select, output out, const wefti_elements *from)
{
    size_t count = 0;
    if (select->order_by != NULL)
        wefti_walk_order_by(walk, select, &count);
    if (walk->render != NULL && walk->status == WEFT_OK) {
        if (wefti_select_owned_by(select) != NULL && select->columns == NULL)
            wefti_walk_relation_order(walk, select->among->relation, from->entity, &count);
        if (out == OUTPUT_ROWS)
            wefti_walk_load_order(walk, select, from, &count);
    }
    wefti_walk_limit(walk, select);
    if (walk->render != NULL)
        wefti_walk_lock(walk, select, from, wefti_select_load_count(select) > 0);
}

/* SELECT without a subquery around it. */
static void walk_plain(wefti_walk *walk, const wefti_select *select, output out, const wefti_relation *relation, tail end)
{
    wefti_elements from;
    wefti_groups *groups = NULL;
    wefti_grouped *grouped = NULL;
    const bool around =
        end == TAIL_WITHIN && (select->order_by != NULL || select->group_by != NULL) && wefti_walk_sorts_by_around(walk, select);
    const bool numbered = around || ((select->distinct_on != NULL || select->with_ties) && wefti_walk_numbers(walk, select));
    from.entity = from.owner_link = from.owner = NULL;
    if (walk->render != NULL) {
        const uint16_t first = walk->render->source_count;
        wefti_walk_add_elements(walk, select, &from);
        wefti_walk_check_groups(walk, select);
        grouped = wefti_grouped_new(walk, select);
        wefti_grouped_enter(walk, grouped);
        if (numbered)
            wefti_numbered_begin(walk, select, out == OUTPUT_ONE ? NULL : &from, around);
        groups = wefti_groups_begin(walk, select, first);
        if (out == OUTPUT_ROWS)
            wefti_walk_add_loads(walk, select, &from);
        wefti_walk_sql(walk, select->distinct && !around ? "SELECT DISTINCT " : "SELECT ");
        if (select->distinct_on != NULL && !numbered)
            wefti_walk_distinct_on(walk, select);
        walk_output(walk, select, &from, out, relation, numbered);
        if (numbered)
            wefti_numbered_columns(walk, select, around);
        wefti_grouped_leave(walk, grouped);
        wefti_groups_source(walk, groups, true);
        wefti_walk_from(walk, " FROM ", select, &from);
        if (out == OUTPUT_ROWS)
            wefti_walk_loads(walk, select, &from);
    } else {
        if (out == OUTPUT_ROWS && select->columns != NULL) {
            if (select->distinct_on != NULL && !numbered)
                wefti_walk_distinct_on(walk, select);
            if (select->distinct || !wefti_note_columns(walk, select->columns))
                wefti_walk_columns(walk, select->columns, select->distinct, numbered);
        }
        if (numbered)
            wefti_numbered_columns(walk, select, around);
        if (select->source != NULL || select->joins != NULL)
            wefti_walk_from(walk, " FROM ", select, &from);
    }
    wefti_walk_where(walk, select, &from);
    if (groups != NULL)
        wefti_groups_source(walk, groups, false);
    wefti_grouped_enter(walk, grouped);
    if (select->group_by != NULL || select->having != NULL)
        wefti_walk_group(walk, select, around);
    if (numbered)
        wefti_numbered_end(walk, select, &from, around);
    else if (end != TAIL_NONE)
        walk_tail(walk, select, out, &from);
    wefti_grouped_leave(walk, grouped);
    if (groups != NULL)
        wefti_groups_end(walk, groups);
}

static void render_inner_columns(wefti_walk *walk, const wefti_select *select, const wefti_elements *inner)
{
    const wefti_relation *owners = wefti_select_owned_by(select);
    uint32_t results = walk->render->column_count;
    render_table_columns(walk, inner->entity, NULL); /* the order may be by any of them */
    walk->render->column_count = results;            /* they are columns of the subquery only */
    for (uint16_t i = 0; owners != NULL && (owners->link != NULL || inner->owner != NULL) && i < owners->local_count; i++) {
        wefti_walk_sql(walk, ", ");
        owner_key_column(walk, owners, inner, i);
        wefti_walk_sql(walk, " AS weft_owner_");
        wefti_walk_number(walk, i + 1);
    }
}

/* SELECT … FROM (SELECT entity … LIMIT …) AS entity LEFT JOIN collections. */
static void walk_wrapped(wefti_walk *walk, const wefti_select *select)
{
    wefti_elements outer, inner;
    wefti_render *render = walk->render;
    if (render != NULL) {
        outer = (wefti_elements){.entity = wefti_walk_add_source(walk, select->from, 0, true)};
        wefti_walk_add_loads(walk, select, &outer);
        if (walk->status != WEFT_OK)
            return;
        wefti_walk_sql(walk, "SELECT ");
        start_entity(walk, select->from, select->left_out);
        render_table_columns(walk, outer.entity, select->left_out);
        render_load_columns(walk, select, &outer);
        render_owner_columns(walk, select, &outer, true);
        wefti_walk_sql(walk, " FROM (");
    }
    uint16_t scope = render != NULL ? render->scope : 0, sources = render != NULL ? render->source_count : 0;
    if (render != NULL)
        render->scope = render->source_count;
    wefti_walk_add_elements(walk, select, &inner);
    wefti_walk_sql(walk, select->distinct ? "SELECT DISTINCT " : "SELECT ");
    if (render != NULL && walk->status == WEFT_OK)
        render_inner_columns(walk, select, &inner);
    wefti_walk_order_columns(walk, select);
    wefti_walk_from(walk, " FROM ", select, &inner);
    wefti_walk_where(walk, select, &inner);
    size_t count = 0;
    wefti_walk_order_names(walk, select, inner.entity, false, &count);
    wefti_walk_limit(walk, select);
    if (render != NULL)
        wefti_walk_lock(walk, select, &inner, false);
    if (render == NULL || walk->status != WEFT_OK)
        return;
    render->scope = scope;
    render->source_count = sources;
    wefti_walk_sql(walk, ") AS ");
    wefti_walk_identifier(walk, outer.entity->name);
    wefti_walk_loads(walk, select, &outer);
    count = 0;
    wefti_walk_order_names(walk, select, outer.entity, true, &count);
    wefti_walk_load_order(walk, select, &outer, &count);
}

static void walk_count(wefti_walk *walk, const wefti_select *select)
{
    if (!select->distinct && select->group_by == NULL && select->having == NULL) {
        walk_plain(walk, select, OUTPUT_COUNT, NULL, TAIL_NONE);
        return;
    }
    wefti_walk_sql(walk, "SELECT count(*) FROM (");
    walk_plain(walk, select, OUTPUT_ROWS, NULL, TAIL_NONE);
    wefti_walk_sql(walk, ") AS counted");
    if (walk->render == NULL)
        return;
    walk->render->column_count = 0;
    walk->render->entity_count = 0;
    walk->render->owner_count = 0;
    wefti_walk_add_result(walk, WEFT_INT64);
}

static void start_result(wefti_walk *walk, const wefti_select *select)
{
    if (walk->render == NULL)
        return;
    walk->render->select = select;
    walk->render->returns_rows = true;
    walk->render->entities =
        wefti_arena_zalloc(&walk->render->arena, (wefti_select_load_count(select) + 1u) * sizeof(wefti_entity));
    if (walk->render->entities == NULL && walk->status == WEFT_OK)
        walk->status = wefti_error_memory(walk->error);
}

const weft_expr wefti_no_columns = {.op = WEFT_EXPR_LIST, .args = (const weft_expr *const[]){&weft_end}};

void wefti_walk_nested(wefti_walk *walk, wefti_select *select)
{
    const output out = select->columns == wefti_no_columns.args ? OUTPUT_ONE : OUTPUT_ROWS;
    if (!check_select(walk, select))
        return;
    if (!walk->locks && select->lock != WEFT_LOCK_NONE)
        (void)
            wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                            "a SELECT within an expression has .lock, which belongs to the SELECT that is run, to a weft_subselect "
                            "or weft_cte in its FROM, or into a statement that writes");
    if (out == OUTPUT_ONE)
        select->columns = NULL;
    note_head(walk, select, select->source != NULL ? select : NULL, out);
    if (walk->status == WEFT_OK)
        walk_plain(walk, select, out, NULL, TAIL_WITHIN);
}

/* made: the select itself, where it has a source, whose table the walk makes; else NULL. */
static inline void walk_made(wefti_walk *walk, const wefti_select *select, wefti_select *made)
{
    note_head(walk, select, made, select->count ? OUTPUT_COUNT : select->exists ? OUTPUT_ONE : OUTPUT_ROWS);
    start_result(walk, select);
    if (walk->status != WEFT_OK)
        return;
    if (select->count) {
        walk_count(walk, select);
    } else if (select->exists) {
        walk_plain(walk, select, OUTPUT_ONE, NULL, TAIL_NONE);
        wefti_walk_sql(walk, " LIMIT 1");
    } else if (is_wrapped(select)) {
        walk_wrapped(walk, select);
    } else {
        walk_plain(walk, select, OUTPUT_ROWS, NULL, TAIL_ALONE);
    }
}

__attribute__((noinline)) static void walk_source(wefti_walk *walk, wefti_select select)
{
    select.columns = wefti_walk_put_in_order(walk, select.columns);
    walk_made(walk, &select, select.source != NULL ? &select : NULL);
}

void wefti_walk_select(wefti_walk *walk, const wefti_select *select)
{
    if (!check_select(walk, select))
        return;
    walk->writing_cte = (select->effects & WEFTI_WRITES) != 0;
    walk->locks = select->effects != 0 || select->lock != WEFT_LOCK_NONE;
    if (select->source != NULL || wefti_are_put(select->columns))
        walk_source(walk, *select);
    else
        walk_made(walk, select, NULL);
}

/* What a subquery must leave as it was. */
typedef struct result_state {
    wefti_entity *entities;
    uint32_t column_count;
    uint16_t scope, source_count, entity_count, owner_count, owner_columns[WEFTI_MAX_KEY_COLUMNS];
} result_state;

static void save_result(wefti_render *render, result_state *saved)
{
    *saved = (result_state){.entities = render->entities,
                            .column_count = render->column_count,
                            .scope = render->scope,
                            .source_count = render->source_count,
                            .entity_count = render->entity_count,
                            .owner_count = render->owner_count};
    memcpy(saved->owner_columns, render->owner_columns, sizeof saved->owner_columns);
    render->scope = render->source_count;
}

static void restore_result(wefti_render *render, const result_state *saved)
{
    render->entities = saved->entities;
    render->column_count = saved->column_count;
    render->scope = saved->scope;
    render->source_count = saved->source_count;
    render->entity_count = saved->entity_count;
    render->owner_count = saved->owner_count;
    memcpy(render->owner_columns, saved->owner_columns, sizeof saved->owner_columns);
}

void wefti_walk_owner_select(wefti_walk *walk, const wefti_select *select, const wefti_relation *relation)
{
    if (!check_select(walk, select))
        return;
    if (select->from != relation->source) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_INTERNAL, "the owners of %s.%s are selected from %s", relation->source->name,
                              relation->field, select->from->name);
        return;
    }
    /* Joined loads of the owners play no part in finding their keys. */
    wefti_select owners = *select;
    owners.beside = NULL;
    owners.lock = WEFT_LOCK_NONE;
    bool ordered = owners.limit != 0 || owners.offset != 0;
    note_head(walk, &owners, NULL, OUTPUT_OWNER_KEYS);
    wefti_render *render = walk->render;
    result_state saved = {0};
    if (render != NULL)
        save_result(render, &saved);
    wefti_entity unused[1];
    if (owners.distinct) {
        wefti_walk_sql(walk, "SELECT ");
        render_owner_keys(walk, relation, render != NULL ? &(wefti_source){.table = relation->source, .name = "owners"} : NULL);
        wefti_walk_sql(walk, " FROM (");
        if (render != NULL) {
            render->entity_count = 0;
            render->entities = unused;
        }
        if (ordered && is_wrapped(&owners))
            walk_wrapped(walk, &owners);
        else
            walk_plain(walk, &owners, OUTPUT_ROWS, NULL, ordered ? TAIL_ALONE : TAIL_NONE);
        wefti_walk_sql(walk, ") AS owners");
    } else {
        walk_plain(walk, &owners, OUTPUT_OWNER_KEYS, relation, ordered ? TAIL_ALONE : TAIL_NONE);
    }
    if (render != NULL)
        restore_result(render, &saved);
}
