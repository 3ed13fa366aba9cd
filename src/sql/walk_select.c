/* SELECT, both sinks: joins along relationships, joined loads, restrictions to owners and keys, and what surrounds them.
 *
 * There is no FROM element that nothing joins: every one but the first comes from a join along a relationship. Joined loads of
 * collections multiply rows, so a LIMIT, OFFSET or DISTINCT of the entity goes into a subquery and the joins stand around it. */
#include "sql/walk.h"

#include "base/error.h"

typedef struct join {
    const wefti_relation *relation;
    const wefti_source *from, *link, *target;
    bool outer;
} join;

/* The FROM elements of one SELECT; pointers are set when rendering only. */
typedef struct elements {
    const wefti_source *entity, *owner_link;
    uint16_t join_count;
    join joins[WEFTI_MAX_JOINS];
    const wefti_source *loads[WEFTI_MAX_JOINS], *load_links[WEFTI_MAX_JOINS];
} elements;

/* What a SELECT puts out: objects or the caller's columns, the keys of owners, rows to be counted, or 1. */
typedef enum output { OUTPUT_ROWS, OUTPUT_OWNER_KEYS, OUTPUT_COUNT, OUTPUT_ONE } output;

static uint16_t load_count(const wefti_select *select)
{
    return select->count || select->exists || select->columns != NULL ? 0 : select->joined_count;
}

static bool is_wrapped(const wefti_select *select)
{
    if (select->limit == 0 && select->offset == 0 && !select->distinct)
        return false;
    for (uint16_t i = 0; i < load_count(select); i++)
        if (select->joined[i].relation->to_many)
            return true;
    return false;
}

/* ---- FROM ---- */

static bool ends(const weft_join_step *step)
{
    return step->end_ != 0 || step->model == NULL;
}

static void note_joins(wefti_walk *walk, const weft_join_step *joins)
{
    size_t i = 0;
    for (; joins != NULL && !ends(&joins[i]); i++) {
        if (i == WEFTI_MAX_JOINS) {
            (void)wefti_walk_fail(walk, WEFT_ERROR_LIMIT, "a query may join at most %d times", WEFTI_MAX_JOINS);
            return;
        }
        const weft_join_step *step = &joins[i];
        wefti_walk_note_pointer(walk, step->model);
        wefti_walk_note(walk, (uint64_t)step->offset | (uint64_t)step->outer << 32 | UINT64_C(1) << 33);
        wefti_walk_note(walk, (uint64_t)(uint32_t)step->from_alias | (uint64_t)(uint32_t)step->to_alias << 32);
    }
    if (i > 0)
        wefti_walk_note(walk, WEFTI_NOTE_END);
}

static void add_join(wefti_walk *walk, elements *from, const weft_join_step *step)
{
    const wefti_source *source = wefti_walk_find_source(walk, step->model, step->from_alias, step->offset);
    const wefti_relation *relation = source != NULL ? wefti_walk_find_relation(walk, step->model, step->offset) : NULL;
    if (relation == NULL)
        return;
    const wefti_render *render = walk->render;
    for (uint16_t i = render->scope; i < render->source_count; i++) {
        const wefti_source *other = &render->sources[i];
        if (!other->hidden && other->table == relation->target && other->alias == step->to_alias) {
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the join along %s.%s: %s is in the query already under the number %d; give it another "
                                  "one by weft_join_as(number, %s, %s)", relation->source->model->name, relation->field,
                                  relation->target->model->name, step->to_alias, relation->source->model->name, relation->field);
            return;
        }
    }
    join *made = &from->joins[from->join_count++];
    *made = (join){ .relation = relation, .from = source, .outer = step->outer };
    if (relation->link != NULL)
        made->link = wefti_walk_add_source(walk, relation->link, 0, true);
    made->target = wefti_walk_add_source(walk, relation->target, step->to_alias, false);
}

/* Names everything that FROM will hold, because the columns before it use the names. */
static void add_elements(wefti_walk *walk, const wefti_select *select, elements *from)
{
    /* Nothing else is read before it is set; shapes are made often. */
    from->entity = from->owner_link = NULL;
    from->join_count = 0;
    if (walk->render == NULL)
        return;
    from->entity = wefti_walk_add_source(walk, select->from, 0, false);
    if (select->owners != NULL && select->owners->relation->link != NULL)
        from->owner_link = wefti_walk_add_source(walk, select->owners->relation->link, 0, true);
    for (size_t i = 0; select->joins != NULL && walk->status == WEFT_OK && !ends(&select->joins[i]); i++)
        add_join(walk, from, &select->joins[i]);
}

static void add_loads(wefti_walk *walk, const wefti_select *select, elements *from)
{
    for (uint16_t i = 0; walk->render != NULL && i < load_count(select); i++) {
        const wefti_relation *relation = select->joined[i].relation;
        from->load_links[i] = relation->link != NULL ? wefti_walk_add_source(walk, relation->link, 0, true) : NULL;
        from->loads[i] = wefti_walk_add_source(walk, relation->target, 0, true);
    }
}

static void render_join(wefti_walk *walk, const char *word, const wefti_relation *relation, const wefti_source *from,
                        const wefti_source *link, const wefti_source *target)
{
    wefti_walk_sql(walk, word);
    if (link != NULL) {
        wefti_walk_source_name(walk, link);
        wefti_walk_sql(walk, " ON ");
        wefti_walk_join_columns(walk, link, relation->link_local, from, relation->local, relation->local_count);
        wefti_walk_sql(walk, word);
    }
    wefti_walk_source_name(walk, target);
    wefti_walk_sql(walk, " ON ");
    if (link != NULL)
        wefti_walk_join_columns(walk, target, relation->remote, link, relation->link_remote, relation->remote_count);
    else
        wefti_walk_join_columns(walk, target, relation->remote, from, relation->local, relation->local_count);
}

static void render_from(wefti_walk *walk, const wefti_select *select, const elements *from)
{
    if (walk->render == NULL || walk->status != WEFT_OK)
        return;
    wefti_walk_sql(walk, " FROM ");
    wefti_walk_source_name(walk, from->entity);
    if (from->owner_link != NULL) {
        const wefti_relation *relation = select->owners->relation;
        wefti_walk_sql(walk, " JOIN ");
        wefti_walk_source_name(walk, from->owner_link);
        wefti_walk_sql(walk, " ON ");
        wefti_walk_join_columns(walk, from->owner_link, relation->link_remote, from->entity, relation->remote, relation->remote_count);
    }
    for (uint16_t i = 0; i < from->join_count; i++)
        render_join(walk, from->joins[i].outer ? " LEFT JOIN " : " JOIN ", from->joins[i].relation, from->joins[i].from,
                    from->joins[i].link, from->joins[i].target);
}

static void render_loads(wefti_walk *walk, const wefti_select *select, const elements *from)
{
    if (walk->render == NULL || walk->status != WEFT_OK)
        return;
    for (uint16_t i = 0; i < load_count(select); i++) {
        uint16_t parent = select->joined[i].parent;
        render_join(walk, " LEFT JOIN ", select->joined[i].relation, parent == 0 ? from->entity : from->loads[parent - 1],
                    from->load_links[i], from->loads[i]);
    }
}

/* ---- columns ---- */

static void render_table_columns(wefti_walk *walk, const wefti_source *source)
{
    for (uint16_t i = 0; i < source->table->column_count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        wefti_walk_source_column(walk, source, &source->table->columns[i]);
        wefti_walk_add_result(walk, source->table->columns[i].type);
    }
}

static void start_entity(wefti_walk *walk, const wefti_table *table)
{
    wefti_render *render = walk->render;
    render->entities[render->entity_count++] = (wefti_entity){ table, (uint16_t)render->column_count };
}

static void render_load_columns(wefti_walk *walk, const wefti_select *select, const elements *from)
{
    for (uint16_t i = 0; i < load_count(select) && walk->status == WEFT_OK; i++) {
        start_entity(walk, from->loads[i]->table);
        wefti_walk_sql(walk, ", ");
        render_table_columns(walk, from->loads[i]);
    }
}

/* Where the owner's key stands in the result: among the entity's own columns, or appended from the link table. */
static void render_owner_columns(wefti_walk *walk, const wefti_select *select, const elements *from, bool from_subquery)
{
    wefti_render *render = walk->render;
    if (select->owners == NULL || walk->status != WEFT_OK)
        return;
    const wefti_relation *relation = select->owners->relation;
    render->owner_count = relation->local_count;
    for (uint16_t i = 0; i < relation->local_count; i++) {
        if (relation->link == NULL) {
            render->owner_columns[i] = relation->remote[i]->index;
            continue;
        }
        render->owner_columns[i] = (uint16_t)render->column_count;
        wefti_walk_sql(walk, ", ");
        if (from_subquery) {
            wefti_walk_identifier(walk, from->entity->name);
            wefti_walk_sql(walk, ".weft_owner_");
            wefti_walk_number(walk, i + 1);
        } else {
            wefti_walk_source_column(walk, from->owner_link, relation->link_local[i]);
        }
        wefti_walk_add_result(walk, relation->link_local[i]->type);
    }
}

/* The type of a result column, where it is certain. */
static uint8_t result_type(wefti_walk *walk, const weft_expr *expr, int depth)
{
    if (depth > WEFTI_MAX_EXPR_DEPTH)
        return WEFT_UNMAPPED;
    if (expr->op == WEFT_EXPR_LABEL || expr->op == WEFT_EXPR_DISTINCT)
        return expr->args != NULL && expr->args[0] != NULL ? result_type(walk, expr->args[0], depth + 1) : (uint8_t)WEFT_UNMAPPED;
    if (expr->op == WEFT_EXPR_VALUE)
        return (uint8_t)expr->value.type;
    if (expr->op != WEFT_EXPR_FN && expr->op != WEFT_EXPR_CASE)
        return expr->op == WEFT_EXPR_OP && wefti_walk_infer(walk, expr).type != WEFT_BOOL ? (uint8_t)WEFT_UNMAPPED
                                                                                        : wefti_walk_infer(walk, expr).type;
    uint8_t type = wefti_walk_infer(walk, expr).type;
    if (expr->op == WEFT_EXPR_FN && (type == WEFT_TEXT || strcmp(expr->name, "count") == 0))
        return type;
    /* min, coalesce, CASE: all branches must agree. */
    for (size_t i = 0; expr->args[i] != NULL && expr->args[i]->op != WEFT_EXPR_END; i++) {
        bool is_else = expr->op == WEFT_EXPR_CASE && i % 2 == 0 && (expr->args[i + 1] == NULL || expr->args[i + 1]->op == WEFT_EXPR_END);
        if (expr->op == WEFT_EXPR_CASE && i % 2 == 0 && !is_else)
            continue;
        const weft_expr *branch = expr->args[i];
        uint8_t other = result_type(walk, branch, depth + 1);
        if (other != type && !(wefti_type_is_integer(other) && wefti_type_is_integer(type)) && !(branch->op == WEFT_EXPR_VALUE && branch->value.is_null))
            return WEFT_UNMAPPED;
    }
    return type;
}

static void walk_columns(wefti_walk *walk, const weft_expr *const *columns)
{
    const weft_expr *column;
    size_t i = 0;
    for (; (column = wefti_walk_next(walk, columns, i, "weft_columns")) != NULL; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        if (column->op == WEFT_EXPR_LABEL) {
            if (column->name == NULL || column->name[0] == '\0' || strlen(column->name) > WEFTI_MAX_IDENTIFIER_BYTES) {
                (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_label: a label has 1 to %d bytes", WEFTI_MAX_IDENTIFIER_BYTES);
                return;
            }
            wefti_walk_note(walk, WEFT_EXPR_LABEL);
            wefti_walk_note_text(walk, column->name);
        }
        wefti_walk_operand(walk, column, WEFTI_PRECEDENCE_NONE, NULL);
        if (column->op == WEFT_EXPR_LABEL) {
            wefti_walk_sql(walk, " AS ");
            wefti_walk_identifier(walk, column->name);
        }
        if (walk->render != NULL && walk->status == WEFT_OK)
            wefti_walk_add_result(walk, result_type(walk, column, 0));
    }
    wefti_walk_note(walk, WEFTI_NOTE_END);
    if (i == 0)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the list of weft_columns is empty");
}

/* ---- ORDER BY, GROUP BY ---- */

static bool has_label(const weft_expr *const *columns, const char *name)
{
    for (size_t i = 0; columns != NULL && i < WEFTI_MAX_LIST_NODES && columns[i] != NULL && columns[i]->op != WEFT_EXPR_END; i++)
        if (columns[i]->op == WEFT_EXPR_LABEL && columns[i]->name != NULL && strcmp(columns[i]->name, name) == 0)
            return true;
    return false;
}

/* The place of a column that is this very node, or 0. Naming it by its place keeps `GROUP BY f(x, $1)` equal to the column. */
static size_t place_of(const weft_expr *const *columns, const weft_expr *expr)
{
    for (size_t i = 0; columns != NULL && i < WEFTI_MAX_LIST_NODES && columns[i] != NULL && columns[i]->op != WEFT_EXPR_END; i++) {
        const weft_expr *column = columns[i];
        if (column == expr || (column->op == WEFT_EXPR_LABEL && column->args != NULL && column->args[0] == expr))
            return i + 1;
    }
    return 0;
}

static void walk_reference(wefti_walk *walk, const wefti_select *select, const weft_expr *expr)
{
    size_t place = expr->op != WEFT_EXPR_COLUMN && expr->op != WEFT_EXPR_LABEL ? place_of(select->columns, expr) : 0;
    if (place > 0) {
        wefti_walk_note(walk, WEFT_EXPR_STAR | (uint64_t)place << 16);
        wefti_walk_number(walk, (int64_t)place);
    } else if (expr->op == WEFT_EXPR_LABEL && expr->name != NULL && has_label(select->columns, expr->name)) {
        wefti_walk_note(walk, WEFT_EXPR_LABEL);
        wefti_walk_note_text(walk, expr->name);
        wefti_walk_identifier(walk, expr->name);
    } else {
        wefti_walk_operand(walk, expr, WEFTI_PRECEDENCE_NONE, NULL);
    }
}

typedef struct direction { const weft_expr *expr; bool descending, nulls_first, nulls_last; } direction;

/* Takes ASC, DESC and NULLS … off an element of ORDER BY. */
static direction peel(wefti_walk *walk, const weft_expr *expr)
{
    direction result = { .expr = expr };
    for (int depth = 0; result.expr->op >= WEFT_EXPR_ASC && result.expr->op <= WEFT_EXPR_NULLS_LAST; depth++) {
        result.descending = result.descending || result.expr->op == WEFT_EXPR_DESC;
        result.nulls_first = result.nulls_first || result.expr->op == WEFT_EXPR_NULLS_FIRST;
        result.nulls_last = result.nulls_last || result.expr->op == WEFT_EXPR_NULLS_LAST;
        const weft_expr *inner = depth < 4 ? wefti_walk_next(walk, result.expr->args, 0, "weft_order") : NULL;
        if (inner == NULL) {
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "an element of weft_order has no expression");
            break;
        }
        result.expr = inner;
    }
    return result;
}

static void note_direction(wefti_walk *walk, direction d)
{
    wefti_walk_note(walk, WEFT_EXPR_ASC | (uint64_t)d.descending << 16 | (uint64_t)d.nulls_first << 17 | (uint64_t)d.nulls_last << 18);
}

static void render_direction(wefti_walk *walk, direction d)
{
    wefti_walk_sql(walk, d.descending ? " DESC" : "");
    wefti_walk_sql(walk, d.nulls_first ? " NULLS FIRST" : d.nulls_last ? " NULLS LAST" : "");
}

static void begin_order(wefti_walk *walk, size_t *count)
{
    wefti_walk_sql(walk, (*count)++ > 0 ? ", " : " ORDER BY ");
}

static void walk_order_by(wefti_walk *walk, const wefti_select *select, size_t *count)
{
    const weft_expr *element;
    for (size_t i = 0; select->order_by != NULL && (element = wefti_walk_next(walk, select->order_by, i, "weft_order")) != NULL; i++) {
        direction d = peel(walk, element);
        if (walk->status != WEFT_OK)
            return;
        note_direction(walk, d);
        begin_order(walk, count);
        walk_reference(walk, select, d.expr);
        render_direction(walk, d);
    }
    if (select->order_by != NULL)
        wefti_walk_note(walk, WEFTI_NOTE_END);
}

static void render_relation_order(wefti_walk *walk, const wefti_relation *relation, const wefti_source *source, size_t *count)
{
    for (uint16_t i = 0; i < relation->order_count; i++) {
        begin_order(walk, count);
        wefti_walk_source_column(walk, source, relation->order[i].column);
        wefti_walk_sql(walk, relation->order[i].descending ? " DESC" : "");
    }
}

/* The order of collections, after that of the query; without one the owners stay together by their key. */
static void render_load_order(wefti_walk *walk, const wefti_select *select, const elements *from, size_t *count)
{
    if (walk->render == NULL || walk->status != WEFT_OK)
        return;
    for (uint16_t i = 0; i < load_count(select); i++) {
        const wefti_relation *relation = select->joined[i].relation;
        if (relation->order_count == 0)
            continue;
        for (uint16_t k = 0; *count == 0 && k < select->from->key_count; k++) {
            size_t first = k;
            begin_order(walk, &first);
            wefti_walk_source_column(walk, from->entity, select->from->key[k]);
            if (k + 1 == select->from->key_count)
                *count = first;
        }
        render_relation_order(walk, relation, from->loads[i], count);
    }
}

/* ---- LIMIT, OFFSET, FOR UPDATE ---- */

#define NO_ROWS ((int64_t)UINT32_MAX) /* WEFT_NONE */

static void walk_limit(wefti_walk *walk, const wefti_select *select)
{
    static const wefti_hint hint = { .type = WEFT_INT64 };
    int64_t offset = select->offset == NO_ROWS ? 0 : select->offset;
    if (select->limit != 0) {
        weft_value limit = weft_value_int64(select->limit == NO_ROWS ? 0 : select->limit);
        wefti_walk_sql(walk, " LIMIT ");
        wefti_walk_value(walk, &limit, &hint);
    } else if (offset != 0) {
        wefti_walk_sql(walk, walk->dialect->no_limit);
    }
    if (offset != 0) {
        weft_value value = weft_value_int64(offset);
        wefti_walk_sql(walk, " OFFSET ");
        wefti_walk_value(walk, &value, &hint);
    }
}

static void render_lock(wefti_walk *walk, const wefti_select *select, const elements *from, bool has_loads)
{
    if (!select->for_update || walk->render == NULL || walk->status != WEFT_OK)
        return;
    walk->render->writes = true;
    if (select->distinct || select->group_by != NULL) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "for_update locks rows; rows that DISTINCT or GROUP BY has put together cannot be locked");
        return;
    }
    if (select->skip_locked && select->no_wait)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "skip_locked and no_wait exclude each other");
    if (!walk->dialect->capabilities.row_locks)
        return;
    bool outer = has_loads;
    for (uint16_t i = 0; i < from->join_count; i++)
        outer = outer || from->joins[i].outer;
    wefti_walk_sql(walk, " FOR UPDATE");
    if (outer) {
        wefti_walk_sql(walk, " OF ");
        wefti_walk_identifier(walk, from->entity->name);
    }
    wefti_walk_sql(walk, select->skip_locked ? " SKIP LOCKED" : select->no_wait ? " NOWAIT" : "");
}

/* ---- WHERE ---- */

static uint8_t array_type(const wefti_array *array)
{
    uint8_t type = (uint8_t)(array->type & ~WEFT_OPT);
    return type == WEFT_CHARS ? (uint8_t)WEFT_TEXT : type;
}

static void walk_single_key(wefti_walk *walk, const wefti_source *source, const wefti_column *column, const wefti_array *key, bool first)
{
    weft_value value = wefti_field_value(key->type, key->size, wefti_array_field(key, 0));
    wefti_walk_note(walk, WEFT_EXPR_EQ | (uint64_t)(unsigned)value.type << 16);
    wefti_walk_sql(walk, first ? "" : " AND ");
    wefti_walk_source_column(walk, source, column);
    wefti_walk_sql(walk, " = ");
    if (walk->render != NULL)
        wefti_walk_value(walk, &value, &(wefti_hint){ column, column->type, true, false });
    else
        wefti_walk_value(walk, &value, NULL);
}

static void walk_key_array(wefti_walk *walk, const wefti_column *column, const wefti_array *keys)
{
    uint8_t item = array_type(keys), type, form;
    wefti_walk_note(walk, WEFT_EXPR_IN | (uint64_t)item << 16);
    if (walk->render == NULL) {
        weft_value value = { .type = (weft_type)(item | WEFTI_ARRAY) };
        value.as.s.data = (const char *)(const void *)keys;
        value.as.s.size = keys->count;
        wefti_walk_lift(walk, &value);
        return;
    }
    if (!wefti_form_of(item, true, column, column->type, &type, &form))
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s.%s: keys are %s values", column->table->name, column->name, wefti_type_word(item));
    else
        wefti_walk_add_parameter(walk, type, column, form);
}

void wefti_walk_keys(wefti_walk *walk, const wefti_source *source, const wefti_column *const *columns, uint16_t count,
                     const wefti_array *keys, bool one)
{
    for (uint16_t i = 0; one && i < count; i++)
        walk_single_key(walk, source, columns[i], &keys[i], i == 0);
    if (one)
        return;
    wefti_walk_sql(walk, count > 1 ? "(" : "");
    for (uint16_t i = 0; i < count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        wefti_walk_source_column(walk, source, columns[i]);
    }
    wefti_walk_sql(walk, count > 1 ? ") IN (" : walk->dialect->in_open);
    for (uint16_t i = 0; i < count; i++)
        walk_key_array(walk, columns[i], &keys[i]);
    if (walk->render == NULL || walk->status != WEFT_OK)
        return;
    uint32_t first = walk->render->parameter_count - count + 1;
    if (count > 1)
        walk->dialect->add_tuples(walk, columns, count, first);
    else
        wefti_walk_placeholder(walk, first);
    wefti_walk_sql(walk, count > 1 ? ")" : walk->dialect->in_close);
}

static void walk_owners(wefti_walk *walk, const wefti_owner_filter *owners, const wefti_source *entity, const wefti_source *link)
{
    const wefti_relation *relation = owners->relation;
    const wefti_source *source = relation->link != NULL ? link : entity;
    const wefti_column *const *columns = relation->link != NULL ? relation->link_local : relation->remote;
    uint16_t count = relation->local_count;
    wefti_walk_note_pointer(walk, relation);
    wefti_walk_note(walk, owners->owners != NULL);
    if (owners->owners == NULL) {
        wefti_walk_keys(walk, source, columns, count, owners->keys, false);
        return;
    }
    wefti_walk_sql(walk, count > 1 ? "(" : "");
    for (uint16_t i = 0; i < count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        wefti_walk_source_column(walk, source, columns[i]);
    }
    wefti_walk_sql(walk, count > 1 ? ") IN (" : " IN (");
    wefti_walk_owner_select(walk, owners->owners, relation);
    wefti_walk_sql(walk, ")");
}

void wefti_walk_where(wefti_walk *walk, const wefti_select *select, const wefti_source *entity, const wefti_source *link)
{
    const char *keyword = " WHERE ";
    if (select->keys != NULL) {
        wefti_walk_sql(walk, keyword);
        wefti_walk_keys(walk, entity, select->from->key, select->from->key_count, select->keys, select->one_key);
        keyword = " AND ";
    }
    if (select->owners != NULL) {
        wefti_walk_sql(walk, keyword);
        walk_owners(walk, select->owners, entity, link);
        keyword = " AND ";
    }
    if (select->where != NULL)
        wefti_walk_condition(walk, select->where, keyword);
}

/* ---- the statement ---- */

static void note_head(wefti_walk *walk, const wefti_select *select, output out)
{
    uint64_t flags = (uint64_t)out | (uint64_t)select->distinct << 2 | (uint64_t)(select->joins != NULL) << 3 |
                     (uint64_t)(select->columns != NULL) << 4 | (uint64_t)(select->where != NULL) << 5 |
                     (uint64_t)(select->group_by != NULL) << 6 | (uint64_t)(select->having != NULL) << 7 |
                     (uint64_t)(select->order_by != NULL) << 8 | (uint64_t)(select->owners != NULL) << 9 |
                     (uint64_t)(select->keys != NULL) << 10 | (uint64_t)select->one_key << 11 | (uint64_t)select->for_update << 12 |
                     (uint64_t)select->skip_locked << 13 | (uint64_t)select->no_wait << 14 | (uint64_t)(select->limit != 0) << 15 |
                     (uint64_t)(select->offset != 0 && select->offset != NO_ROWS) << 16;
    wefti_walk_note(walk, WEFTI_KIND_SELECT | flags << 8 | (uint64_t)load_count(select) << 32);
    wefti_walk_note_pointer(walk, select->from);
    for (uint16_t i = 0; i < load_count(select); i++) {
        wefti_walk_note_pointer(walk, select->joined[i].relation);
        wefti_walk_note(walk, select->joined[i].parent);
    }
    note_joins(walk, select->joins);
}

static bool check_select(wefti_walk *walk, const wefti_select *select)
{
    if (select->from == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the query has no model to select from");
    else if (select->limit < 0 || select->offset < 0)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s is negative; zero means all rows, WEFT_NONE none",
                              select->limit < 0 ? "limit" : "offset");
    else if (load_count(select) > WEFTI_MAX_JOINS)
        (void)wefti_walk_fail(walk, WEFT_ERROR_LIMIT, "a query may load at most %d relationships by joins", WEFTI_MAX_JOINS);
    return walk->status == WEFT_OK;
}

static void walk_group(wefti_walk *walk, const wefti_select *select)
{
    const weft_expr *element;
    for (size_t i = 0; select->group_by != NULL && (element = wefti_walk_next(walk, select->group_by, i, "group_by")) != NULL; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : " GROUP BY ");
        walk_reference(walk, select, element);
    }
    if (select->group_by != NULL)
        wefti_walk_note(walk, WEFTI_NOTE_END);
    if (select->having != NULL)
        wefti_walk_condition(walk, select->having, " HAVING ");
}

static void render_owner_keys(wefti_walk *walk, const wefti_relation *relation, const wefti_source *entity)
{
    for (uint16_t i = 0; entity != NULL && i < relation->local_count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        wefti_walk_source_column(walk, entity, relation->local[i]);
    }
}

static void walk_output(wefti_walk *walk, const wefti_select *select, const elements *from, output out, const wefti_relation *relation)
{
    if (out == OUTPUT_ROWS && select->columns != NULL) {
        walk_columns(walk, select->columns);
        return;
    }
    if (walk->render == NULL || walk->status != WEFT_OK)
        return;
    if (out == OUTPUT_OWNER_KEYS) {
        render_owner_keys(walk, relation, from->entity);
    } else if (out == OUTPUT_ONE) {
        wefti_walk_sql(walk, "1");
        wefti_walk_add_result(walk, WEFT_INT32);
    } else if (out == OUTPUT_COUNT) {
        wefti_walk_sql(walk, "count(*)");
        wefti_walk_add_result(walk, WEFT_INT64);
    } else {
        start_entity(walk, select->from);
        render_table_columns(walk, from->entity);
        render_load_columns(walk, select, from);
        render_owner_columns(walk, select, from, false);
    }
}

/* SELECT without a subquery around it. */
static void walk_plain(wefti_walk *walk, const wefti_select *select, output out, const wefti_relation *relation, bool ordered)
{
    elements from;
    add_elements(walk, select, &from);
    if (out == OUTPUT_ROWS)
        add_loads(walk, select, &from);
    wefti_walk_sql(walk, select->distinct ? "SELECT DISTINCT " : "SELECT ");
    walk_output(walk, select, &from, out, relation);
    render_from(walk, select, &from);
    if (out == OUTPUT_ROWS)
        render_loads(walk, select, &from);
    wefti_walk_where(walk, select, from.entity, from.owner_link);
    walk_group(walk, select);
    if (!ordered)
        return;
    size_t count = 0;
    walk_order_by(walk, select, &count);
    if (select->owners != NULL && walk->render != NULL && select->columns == NULL && walk->status == WEFT_OK)
        render_relation_order(walk, select->owners->relation, from.entity, &count);
    if (out == OUTPUT_ROWS)
        render_load_order(walk, select, &from, &count);
    walk_limit(walk, select);
    render_lock(walk, select, &from, load_count(select) > 0);
}

static bool is_own_column(const wefti_select *select, const weft_expr *expr)
{
    return expr->op == WEFT_EXPR_COLUMN && expr->alias == 0 && expr->model == select->from->model;
}

/* What the outer ORDER BY needs and the entity does not have becomes a column of the subquery. */
static void walk_order_columns(wefti_walk *walk, const wefti_select *select)
{
    const weft_expr *element;
    for (size_t i = 0; select->order_by != NULL && (element = wefti_walk_next(walk, select->order_by, i, "weft_order")) != NULL; i++) {
        direction d = peel(walk, element);
        note_direction(walk, d);
        if (walk->status != WEFT_OK)
            return;
        if (is_own_column(select, d.expr)) {
            wefti_walk_mark mark = wefti_walk_mark_get(walk);
            wefti_walk_operand(walk, d.expr, WEFTI_PRECEDENCE_NONE, NULL);
            if (walk->render != NULL)
                wefti_walk_rewind(walk, mark);
            continue;
        }
        wefti_walk_sql(walk, ", ");
        wefti_walk_operand(walk, d.expr, WEFTI_PRECEDENCE_NONE, NULL);
        wefti_walk_sql(walk, " AS weft_order_");
        wefti_walk_number(walk, (int64_t)i + 1);
    }
    if (select->order_by != NULL)
        wefti_walk_note(walk, WEFTI_NOTE_END);
}

static void render_order_names(wefti_walk *walk, const wefti_select *select, const wefti_source *entity, bool outside, size_t *count)
{
    const weft_expr *element;
    if (walk->render == NULL)
        return;
    for (size_t i = 0; select->order_by != NULL && (element = wefti_walk_next(walk, select->order_by, i, "weft_order")) != NULL; i++) {
        direction d = peel(walk, element);
        begin_order(walk, count);
        if (is_own_column(select, d.expr)) {
            wefti_walk_source_column(walk, entity, wefti_walk_find_column(walk, d.expr->model, d.expr->offset));
        } else {
            if (outside) {
                wefti_walk_identifier(walk, entity->name);
                wefti_walk_sql(walk, ".");
            }
            wefti_walk_sql(walk, "weft_order_");
            wefti_walk_number(walk, (int64_t)i + 1);
        }
        render_direction(walk, d);
    }
    if (select->owners != NULL && walk->status == WEFT_OK)
        render_relation_order(walk, select->owners->relation, entity, count);
}

static void render_inner_columns(wefti_walk *walk, const wefti_select *select, const elements *inner)
{
    const wefti_relation *owners = select->owners != NULL ? select->owners->relation : NULL;
    uint32_t results = walk->render->column_count;
    render_table_columns(walk, inner->entity);
    walk->render->column_count = results; /* they are columns of the subquery only */
    for (uint16_t i = 0; owners != NULL && owners->link != NULL && i < owners->local_count; i++) {
        wefti_walk_sql(walk, ", ");
        wefti_walk_source_column(walk, inner->owner_link, owners->link_local[i]);
        wefti_walk_sql(walk, " AS weft_owner_");
        wefti_walk_number(walk, i + 1);
    }
}

/* SELECT … FROM (SELECT entity … LIMIT …) AS entity LEFT JOIN collections. */
static void walk_wrapped(wefti_walk *walk, const wefti_select *select)
{
    elements outer, inner;
    wefti_render *render = walk->render;
    if (render != NULL) {
        outer = (elements){ .entity = wefti_walk_add_source(walk, select->from, 0, true) };
        add_loads(walk, select, &outer);
        if (walk->status != WEFT_OK)
            return;
        wefti_walk_sql(walk, "SELECT ");
        start_entity(walk, select->from);
        render_table_columns(walk, outer.entity);
        render_load_columns(walk, select, &outer);
        render_owner_columns(walk, select, &outer, true);
        wefti_walk_sql(walk, " FROM (");
    }
    uint16_t scope = render != NULL ? render->scope : 0, sources = render != NULL ? render->source_count : 0;
    if (render != NULL)
        render->scope = render->source_count;
    add_elements(walk, select, &inner);
    wefti_walk_sql(walk, select->distinct ? "SELECT DISTINCT " : "SELECT ");
    if (render != NULL && walk->status == WEFT_OK)
        render_inner_columns(walk, select, &inner);
    walk_order_columns(walk, select);
    render_from(walk, select, &inner);
    wefti_walk_where(walk, select, inner.entity, inner.owner_link);
    size_t count = 0;
    render_order_names(walk, select, inner.entity, false, &count);
    walk_limit(walk, select);
    render_lock(walk, select, &inner, false);
    if (render == NULL || walk->status != WEFT_OK)
        return;
    render->scope = scope;
    render->source_count = sources;
    wefti_walk_sql(walk, ") AS ");
    wefti_walk_identifier(walk, outer.entity->name);
    render_loads(walk, select, &outer);
    count = 0;
    render_order_names(walk, select, outer.entity, true, &count);
    render_load_order(walk, select, &outer, &count);
}

static void walk_count(wefti_walk *walk, const wefti_select *select)
{
    if (!select->distinct && select->group_by == NULL && select->having == NULL) {
        walk_plain(walk, select, OUTPUT_COUNT, NULL, false);
        return;
    }
    wefti_walk_sql(walk, "SELECT count(*) FROM (");
    walk_plain(walk, select, OUTPUT_ROWS, NULL, false);
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
    walk->render->entities = wefti_arena_zalloc(&walk->render->arena, (load_count(select) + 1u) * sizeof(wefti_entity));
    if (walk->render->entities == NULL && walk->status == WEFT_OK)
        walk->status = wefti_error_memory(walk->error);
}

void wefti_walk_select(wefti_walk *walk, const wefti_select *select)
{
    output out = select->count ? OUTPUT_COUNT : select->exists ? OUTPUT_ONE : OUTPUT_ROWS;
    if (!check_select(walk, select))
        return;
    note_head(walk, select, out);
    start_result(walk, select);
    if (walk->status != WEFT_OK)
        return;
    if (select->count) {
        walk_count(walk, select);
    } else if (select->exists) {
        walk_plain(walk, select, OUTPUT_ONE, NULL, false);
        wefti_walk_sql(walk, " LIMIT 1");
    } else if (is_wrapped(select)) {
        walk_wrapped(walk, select);
    } else {
        walk_plain(walk, select, OUTPUT_ROWS, NULL, true);
    }
}

/* What a subquery must leave as it was. */
typedef struct result_state {
    wefti_entity *entities;
    uint32_t column_count;
    uint16_t scope, source_count, entity_count, owner_count, owner_columns[WEFTI_MAX_KEY_COLUMNS];
} result_state;

static void save_result(wefti_render *render, result_state *saved)
{
    *saved = (result_state){ .entities = render->entities, .column_count = render->column_count, .scope = render->scope,
                             .source_count = render->source_count, .entity_count = render->entity_count, .owner_count = render->owner_count };
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
        (void)wefti_walk_fail(walk, WEFT_ERROR_INTERNAL, "the owners of %s.%s are selected from %s", relation->source->name, relation->field,
                              select->from->name);
        return;
    }
    /* Joined loads of the owners play no part in finding their keys. */
    wefti_select owners = *select;
    owners.joined_count = 0;
    owners.for_update = false;
    bool ordered = owners.limit != 0 || owners.offset != 0;
    note_head(walk, &owners, OUTPUT_OWNER_KEYS);
    wefti_render *render = walk->render;
    result_state saved;
    if (render != NULL)
        save_result(render, &saved);
    wefti_entity unused[1];
    if (owners.distinct) {
        wefti_walk_sql(walk, "SELECT ");
        render_owner_keys(walk, relation, render != NULL ? &(wefti_source){ relation->source, "owners", 0, false } : NULL);
        wefti_walk_sql(walk, " FROM (");
        if (render != NULL) {
            render->entity_count = 0;
            render->entities = unused;
        }
        walk_plain(walk, &owners, OUTPUT_ROWS, NULL, ordered);
        wefti_walk_sql(walk, ") AS owners");
    } else {
        walk_plain(walk, &owners, OUTPUT_OWNER_KEYS, relation, ordered);
    }
    if (render != NULL)
        restore_result(render, &saved);
}
