/* Nodes on the heap, for programs that make expressions at run time and for bindings.
 *
 * A builder owns an arena. Its first failure is kept, and from then on every call gives one node that carries the error: a
 * statement that contains it fails with that error, so that a chain of calls needs no checks. */
#include "sql/copy.h"
#include "sql/walk.h"

#include "base/error.h"
#include "base/memory.h"

struct weft_builder {
    wefti_arena arena;
    weft_error error;
    weft_expr failed; /* what calls give after a failure */
};

/* Given where there is not even a builder. */
static const weft_error no_builder_error = {.status = WEFT_ERROR_NO_MEMORY, .message = "there is no builder: out of memory"};
static const weft_expr no_builder = {.op = WEFTI_EXPR_FAILED, .value.as.s.data = (const char *)(const void *)&no_builder_error};

weft_builder *weft_builder_new(void)
{
    weft_builder *builder = wefti_calloc(1, sizeof *builder);
    if (builder == NULL)
        return NULL;
    wefti_arena_init(&builder->arena, 0);
    builder->failed.op = WEFTI_EXPR_FAILED;
    builder->failed.value.as.s.data = (const char *)(const void *)&builder->error;
    return builder;
}

void weft_builder_free(weft_builder *builder)
{
    if (builder == NULL)
        return;
    wefti_arena_deinit(&builder->arena);
    wefti_free(builder);
}

static bool has_failed(const weft_builder *builder) { return builder->error.status != WEFT_OK; }

static const weft_expr *fail_memory(weft_builder *builder)
{
    if (!has_failed(builder))
        (void)wefti_error_memory(&builder->error);
    return &builder->failed;
}

static const weft_expr *add_node(weft_builder *builder, const weft_expr *node)
{
    const weft_expr *copy = wefti_arena_memdup(&builder->arena, node, sizeof *node);
    return copy != NULL ? copy : fail_memory(builder);
}

/* Copies what a value points to. */
static bool own_value(weft_builder *builder, weft_value *value)
{
    if (!wefti_type_has_content(value->type) || value->is_null || value->as.s.data == NULL)
        return true;
    void *kept = wefti_arena_alloc(&builder->arena, wefti_value_room(value));
    if (kept == NULL)
        (void)fail_memory(builder);
    else
        *value = wefti_value_copied(*value, kept);
    return kept != NULL;
}

static const weft_attr *find_field(weft_builder *builder, const weft_model *model, const char *field, size_t *offset)
{
    const weft_attr *attr = model != NULL && field != NULL ? wefti_model_field(model, field, offset) : NULL;
    if (attr != NULL)
        return attr;
    if (!has_failed(builder))
        (void)wefti_error_set(&builder->error, WEFT_ERROR_MISUSE, "%s has no field \"%s\"",
                              model != NULL ? model->name : "(no model)", field != NULL ? field : "(null)");
    return NULL;
}

const weft_expr *weft_builder_column(weft_builder *builder, const weft_model *model, const char *field, int alias)
{
    if (builder == NULL)
        return &no_builder;
    size_t offset = 0;
    const weft_attr *attr = has_failed(builder) ? NULL : find_field(builder, model, field, &offset);
    if (attr == NULL)
        return &builder->failed;
    return add_node(builder, &(weft_expr){.op = WEFT_EXPR_COLUMN, .alias = alias, .model = model, .offset = offset});
}

/* ---- tables without a struct ---- */

/* What weft does not have is read and sent as text of the type. */
static bool make_column(weft_builder *builder, const weft_schema_column *column, size_t i, weft_attr *attr)
{
    const char *own = column->sql_type != NULL ? column->sql_type : column->enum_type;
    const unsigned known = column->array ? wefti_array_type((unsigned)column->type, false) : (unsigned)column->type;
    const bool text = known == WEFT_UNMAPPED || (column->array && own != NULL);
    const weft_type type = text ? WEFT_TEXT : (weft_type)known;
    *attr = (weft_attr){.kind = WEFT_ATTR_COLUMN,
                        .field = wefti_arena_strdup(&builder->arena, column->name),
                        .offset = 16 * i,
                        .field_type = (int)type,
                        .precision = column->precision,
                        .scale = column->scale};
    attr->size = wefti_item_size(type);
    if (text && own != NULL)
        attr->sql_type = wefti_arena_printf(&builder->arena, "%s%s", own, column->array ? "[]" : "");
    return attr->field != NULL && (!text || own == NULL || attr->sql_type != NULL);
}

const weft_model *weft_builder_table(weft_builder *builder, const weft_schema_table *table)
{
    if (builder == NULL || has_failed(builder))
        return NULL;
    if (table == NULL || table->name == NULL || table->column_count == 0 || table->column_count > WEFTI_MAX_COLUMNS) {
        (void)wefti_error_set(&builder->error, WEFT_ERROR_MISUSE, "weft_builder_table: the table \"%s\" %s",
                              table != NULL && table->name != NULL ? table->name : "(none)",
                              table == NULL              ? "is NULL"
                              : table->column_count == 0 ? "has no columns"
                                                         : "has no name, or too many columns");
        return NULL;
    }
    wefti_arena *arena = &builder->arena;
    weft_attr *attrs = wefti_arena_zalloc(arena, table->column_count * sizeof *attrs);
    weft_row_type *row = wefti_arena_zalloc(arena, sizeof *row);
    weft_selectable *selectable = wefti_arena_zalloc(arena, sizeof *selectable);
    weft_model *model = wefti_arena_zalloc(arena, sizeof *model);
    bool good = attrs != NULL && row != NULL && selectable != NULL && model != NULL;
    for (size_t i = 0; good && i < table->column_count; i++)
        good = make_column(builder, &table->columns[i], i, &attrs[i]);
    const char *name = wefti_arena_strdup(arena, table->name);
    const char *schema = table->schema != NULL ? wefti_arena_strdup(arena, table->schema) : NULL;
    if (!good || name == NULL || (table->schema != NULL && schema == NULL)) {
        (void)fail_memory(builder);
        return NULL;
    }
    *row = (weft_row_type){.name = name, .size = 16 * table->column_count, .fields = attrs, .field_count = table->column_count};
    *selectable = (weft_selectable){.kind = WEFT_SELECTABLE_TABLE, .row = row, .schema = schema};
    *model = (weft_model){.name = name, .size = row->size, .selectable = selectable};
    return model;
}

const weft_expr *weft_builder_value(weft_builder *builder, weft_value value)
{
    if (builder == NULL)
        return &no_builder;
    if (has_failed(builder) || !own_value(builder, &value))
        return &builder->failed;
    return add_node(builder, &(weft_expr){.op = WEFT_EXPR_VALUE, .value = value});
}

const weft_expr *weft_builder_compare(weft_builder *builder, weft_expr_op op, const weft_model *model, const char *field,
                                      weft_value value)
{
    if (builder == NULL)
        return &no_builder;
    size_t offset = 0;
    const weft_attr *attr = has_failed(builder) ? NULL : find_field(builder, model, field, &offset);
    if (attr == NULL || !own_value(builder, &value))
        return &builder->failed;
    bool is_set = op == WEFT_EXPR_SET;
    if (!is_set && (op < WEFT_EXPR_EQ || op > WEFT_EXPR_CONTAINS)) {
        (void)wefti_error_set(&builder->error, WEFT_ERROR_MISUSE, "weft_builder_compare: %d does not compare a column with a value",
                              (int)op);
        return &builder->failed;
    }
    return add_node(builder, &(weft_expr){.op = (int)op, .model = model, .offset = offset, .value = value});
}

/* ---- lists of values ---- */

/* An item as a single value beside the column would become: see wefti_form_of. */
static weft_value fit_item(weft_value item, unsigned field_type)
{
    const bool whole = wefti_type_is_integer(item.type);
    if (whole && wefti_type_is_real(field_type))
        return weft_value_double((double)item.as.i);
    const uint8_t family = wefti_type_of(field_type)->family;
    if (whole && family == WEFTI_FAMILY_BOOL)
        return weft_value_bool(item.as.i != 0);
    if (item.type == WEFT_TEXT && family == WEFTI_FAMILY_JSON)
        item.type = WEFT_JSON;
    return item;
}

/* The items of a list into the builder's memory, as items of a type; model and field are of messages, is_enum: whose numbers are
 * names. */
static bool take_items(weft_builder *builder, const char *model, const char *field, unsigned field_type, bool is_enum,
                       const weft_value *items, size_t count, weft_value *value)
{
    if (items == NULL && count > 0) {
        (void)wefti_error_set(&builder->error, WEFT_ERROR_MISUSE, "%s.%s: the list of %zu items is NULL", model, field, count);
        return false;
    }
    const weft_type type = count > 0 ? items[0].type : (weft_type)field_type;
    const weft_type fitted = count > 0 ? fit_item(items[0], field_type).type : type;
    const weft_type item_type = (weft_type)wefti_type_of(fitted)->item;
    size_t size = wefti_item_size(item_type);
    unsigned char *room = size > 0 && count < SIZE_MAX / 32 ? wefti_arena_alloc(&builder->arena, count * size + 1) : NULL;
    if (size > 0 && room == NULL) {
        (void)fail_memory(builder);
        return false;
    }
    for (size_t i = 0; i < count || size == 0; i++) {
        if (size == 0 || items[i].type != type || items[i].is_null) {
            (void)wefti_error_set(&builder->error, WEFT_ERROR_MISUSE,
                                  "%s.%s: item %zu of the list is NULL, or of another type than the first", model, field, i + 1);
            return false;
        }
        weft_value item = fit_item(items[i], field_type);
        if (!own_value(builder, &item))
            return false;
        const wefti_type *wanted = wefti_type_of(field_type);
        const bool beyond = !is_enum && wefti_type_is_integer(type) && wefti_type_is_integer(field_type) &&
                            (item.as.i < wanted->least || item.as.i > wanted->greatest);
        if (beyond || !wefti_item_put(room + i * size, &item)) {
            (void)wefti_error_set(&builder->error, WEFT_ERROR_TYPE, "%s.%s: item %zu of the list is out of the range of %s", model,
                                  field, i + 1, wanted->name);
            return false;
        }
    }
    *value = (weft_value){.type = item_type};
    value->as.s.data = (const char *)room;
    value->as.s.size = count;
    return true;
}

const weft_expr *weft_builder_in(weft_builder *builder, const weft_model *model, const char *field, const weft_value *items,
                                 size_t count)
{
    if (builder == NULL)
        return &no_builder;
    size_t offset = 0;
    weft_value value;
    const weft_attr *attr = has_failed(builder) ? NULL : find_field(builder, model, field, &offset);
    if (attr == NULL)
        return &builder->failed;
    const unsigned field_type = wefti_type_base(wefti_attr_type(attr) & (WEFT_OPT - 1u));
    if (!take_items(builder, model->name, field, field_type, attr->enum_names != NULL, items, count, &value))
        return &builder->failed;
    return add_node(builder, &(weft_expr){.op = WEFT_EXPR_IN, .model = model, .offset = offset, .value = value});
}

const weft_expr *weft_builder_items(weft_builder *builder, weft_expr_op op, weft_type type, const weft_value *items, size_t count)
{
    const bool all = op == WEFT_EXPR_ALL_OF;
    weft_value value;
    if (builder == NULL)
        return &no_builder;
    if (!has_failed(builder) && ((!all && op != WEFT_EXPR_ANY_OF) || (unsigned)type >= WEFT_TYPE_COUNT_))
        (void)wefti_error_set(&builder->error, WEFT_ERROR_MISUSE,
                              "weft_builder_items makes WEFT_EXPR_ANY_OF and WEFT_EXPR_ALL_OF, of items of a weft_type");
    if (has_failed(builder) || !take_items(builder, all ? "ALL" : "ANY", "items", (unsigned)type, false, items, count, &value))
        return &builder->failed;
    return add_node(builder, &(weft_expr){.op = (int)op, .value = value});
}

/* ---- nodes over nodes ---- */

/* The nodes with their end; NULL: the builder has failed. */
static const weft_expr *const *list_of(weft_builder *builder, const weft_expr *const *nodes, size_t count)
{
    if (nodes == NULL && count > 0 && !has_failed(builder))
        (void)wefti_error_set(&builder->error, WEFT_ERROR_MISUSE, "the list of %zu nodes is NULL", count);
    if (has_failed(builder))
        return NULL;
    const weft_expr **list = count < WEFTI_MAX_LIST_NODES ? wefti_arena_alloc(&builder->arena, (count + 1) * sizeof *list) : NULL;
    if (list == NULL) {
        if (count >= WEFTI_MAX_LIST_NODES)
            (void)wefti_error_set(&builder->error, WEFT_ERROR_LIMIT, "a list may have at most %d nodes", WEFTI_MAX_LIST_NODES - 1);
        else
            (void)fail_memory(builder);
        return NULL;
    }
    if (count > 0)
        memcpy(list, nodes, count * sizeof *list);
    list[count] = &weft_end;
    return list;
}

const weft_expr *weft_builder_list(weft_builder *builder, const weft_expr *const *nodes, size_t count)
{
    if (builder == NULL)
        return &no_builder;
    const weft_expr *const *list = list_of(builder, nodes, count);
    return list != NULL ? add_node(builder, &(weft_expr){.op = WEFT_EXPR_LIST, .args = list}) : &builder->failed;
}

const weft_expr *weft_builder_node(weft_builder *builder, weft_expr_op op, const char *name_unsafe, const weft_expr *const *args,
                                   size_t count)
{
    if (builder == NULL)
        return &no_builder;
    const weft_expr *const *list = list_of(builder, args, count);
    const char *name = name_unsafe != NULL && !has_failed(builder) ? wefti_arena_strdup(&builder->arena, name_unsafe) : NULL;
    if (name_unsafe != NULL && name == NULL)
        return fail_memory(builder);
    if (has_failed(builder))
        return &builder->failed;
    return add_node(builder, &(weft_expr){.op = (int)op, .name = name, .args = list});
}

const weft_expr *weft_builder_query(weft_builder *builder, weft_expr_op op, const weft_rows_options *query, const weft_expr *e)
{
    if (builder == NULL)
        return &no_builder;
    const weft_expr *const args[] = {e, &weft_end};
    return weft_builder_keep(builder, &(weft_expr){.op = (int)op, .query = query, .args = e != NULL ? args : NULL});
}

const weft_expr *weft_builder_date(weft_builder *builder, weft_expr_op op, weft_unit unit, const weft_expr *e, const weft_expr *n)
{
    if (builder == NULL)
        return &no_builder;
    const weft_expr *const args[] = {e, n != NULL ? n : &weft_end, &weft_end};
    return weft_builder_keep(builder, &(weft_expr){.op = (int)op, .alias = (int)unit, .args = args});
}

const weft_expr *weft_builder_next_value(weft_builder *builder, const weft_model *model, const char *sequence)
{
    if (builder == NULL)
        return &no_builder;
    return weft_builder_keep(builder, &(weft_expr){.op = WEFT_EXPR_NEXT_VALUE, .model = model, .name = sequence});
}

const weft_expr *weft_builder_json(weft_builder *builder, weft_expr_op op, const weft_expr *e, const char *path,
                                   const weft_expr *value)
{
    if (builder == NULL)
        return &no_builder;
    const weft_expr *const args[] = {e, value != NULL ? value : &weft_end, &weft_end};
    return weft_builder_keep(builder, &(weft_expr){.op = (int)op, .name = path, .args = args});
}

const weft_expr *weft_builder_sql(weft_builder *builder, weft_type type, const char *text_unsafe, const char *const *names,
                                  const weft_expr *const *args, size_t count)
{
    enum { MOST = 33 }; /* one more than a statement takes, which says so */
    weft_expr nodes[MOST];
    const weft_expr *inner[MOST][2], *list[MOST + 1];
    if (builder == NULL)
        return &no_builder;
    const size_t taken = names == NULL || args == NULL ? 0 : count < MOST ? count : MOST;
    for (size_t i = 0; i < taken; i++) {
        inner[i][0] = args[i];
        inner[i][1] = &weft_end;
        nodes[i] = (weft_expr){.op = WEFT_EXPR_ARG, .name = names[i], .args = inner[i]};
        list[i] = &nodes[i];
    }
    list[taken] = &weft_end;
    return weft_builder_keep(builder,
                             &(weft_expr){.op = WEFT_EXPR_FRAGMENT, .value.type = type, .name = text_unsafe, .args = list});
}

const weft_expr *weft_builder_over(weft_builder *builder, const weft_expr *function, const weft_window *window)
{
    if (builder == NULL)
        return &no_builder;
    const weft_expr *const args[] = {function, &weft_end};
    return weft_builder_keep(builder, &(weft_expr){.op = WEFT_EXPR_OVER, .window = window, .args = args});
}

/* ---- copies of whole trees ---- */

static void *take(void *context, size_t size) { return wefti_arena_alloc(context, size); }

static void fail_copy(weft_builder *builder, weft_status status)
{
    if (status == WEFT_ERROR_MISUSE)
        (void)wefti_error_set(&builder->error, status,
                              "weft_keep: an expression is nested deeper than %d levels, or contains itself", WEFTI_MAX_EXPR_DEPTH);
    else if (status == WEFT_ERROR_LIMIT)
        (void)wefti_error_set(&builder->error, status, "weft_keep: an expression has more than %u nodes", WEFTI_MAX_EXPR_NODES);
    else
        (void)fail_memory(builder);
}

static bool can_keep(weft_builder *builder, const void *given)
{
    if (given == NULL && !has_failed(builder))
        (void)wefti_error_set(&builder->error, WEFT_ERROR_MISUSE,
                              "weft_keep was given NULL; use weft_when for an optional condition");
    return !has_failed(builder);
}

const weft_expr *weft_builder_keep(weft_builder *builder, const weft_expr *expr)
{
    weft_status status;
    if (builder == NULL)
        return &no_builder;
    if (!can_keep(builder, expr))
        return &builder->failed;
    wefti_copier copier = {.alloc = take, .context = &builder->arena};
    const weft_expr *copy = wefti_expr_copy(&copier, expr, &status);
    if (copy == NULL)
        fail_copy(builder, status);
    return copy != NULL ? copy : &builder->failed;
}
