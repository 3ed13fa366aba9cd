/* The two sinks of the walk: notes and lifted values, or text and parameters; and the FROM elements that columns are looked up
 * in. */
#include "sql/walk.h"

#include "base/error.h"
#include "base/locale.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>

weft_status wefti_walk_fail(wefti_walk *walk, weft_status status, const char *format, ...)
{
    if (walk->status != WEFT_OK)
        return walk->status;
    walk->status = status;
    va_list arguments;
    va_start(arguments, format);
    (void)wefti_error_setv(walk->error, status, format, arguments);
    va_end(arguments);
    return status;
}

static void fail_memory(wefti_walk *walk)
{
    if (walk->status == WEFT_OK)
        walk->status = wefti_error_memory(walk->error);
}

void *wefti_walk_room(wefti_walk *walk, size_t size)
{
    void *room = NULL;
    if (walk->render != NULL) {
        room = wefti_arena_zalloc(&walk->render->arena, size);
    } else {
        wefti_shape_block *block = wefti_calloc(1, sizeof *block + size);
        if (block != NULL) {
            block->next = walk->shape->blocks;
            walk->shape->blocks = block;
            room = block + 1;
        }
    }
    if (room == NULL)
        fail_memory(walk);
    return room;
}

void wefti_walk_refuse(wefti_walk *walk, const weft_value *value)
{
    if (wefti_own_had_no_room(value))
        fail_memory(walk);
    else
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "a value was refused by the encoder of its type");
}

void wefti_walk_rewind(wefti_walk *walk, wefti_walk_mark mark)
{
    if (walk->render != NULL) {
        if (!walk->render->text.failed) {
            walk->render->text.size = mark.size;
            if (walk->render->text.data != NULL)
                walk->render->text.data[mark.size] = '\0';
        }
        walk->render->parameter_count = mark.values;
        if (walk->render->groups != NULL)
            wefti_groups_rewind(walk->render, mark.size);
        if (walk->selectable_count > mark.arrays) {
            walk->selectable_count = (uint8_t)mark.arrays;
            walk->render->with.size = walk->selectables[mark.arrays].at;
        }
        return;
    }
    while (walk->selectable_count > 0 && walk->selectables[walk->selectable_count - 1].at >= mark.size)
        walk->selectable_count--;
    walk->shape->key_size = (uint32_t)mark.size;
    walk->shape->value_count = mark.values;
    walk->shape->array_count = mark.arrays;
}

/* ---- shape ---- */

bool wefti_walk_grow_key(wefti_walk *walk, size_t size)
{
    wefti_shape *shape = walk->shape;
    size_t needed = shape->key_size + size;
    if (walk->status != WEFT_OK)
        return false;
    if (needed > WEFTI_MAX_SQL_BYTES) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_LIMIT, "the statement is too large");
        return false;
    }
    size_t capacity = 2 * (size_t)shape->key_capacity;
    while (capacity < needed)
        capacity *= 2;
    bool is_inline = shape->key_room == shape->inline_key;
    unsigned char *room = is_inline ? wefti_malloc(capacity) : wefti_realloc(shape->key_room, capacity);
    if (room == NULL) {
        fail_memory(walk);
        return false;
    }
    if (is_inline)
        memcpy(room, shape->inline_key, shape->key_size);
    shape->key_room = room;
    shape->key_capacity = (uint32_t)capacity;
    return true;
}

void wefti_walk_note_text(wefti_walk *walk, const char *text)
{
    if (walk->render != NULL)
        return;
    size_t size = strlen(text);
    wefti_walk_note(walk, size);
    wefti_shape *shape = walk->shape;
    if (walk->status != WEFT_OK || (shape->key_capacity - shape->key_size < size && !wefti_walk_grow_key(walk, size)))
        return;
    memcpy(shape->key_room + shape->key_size, text, size);
    shape->key_size += (uint32_t)size;
}

static bool grow_values(wefti_walk *walk)
{
    wefti_shape *shape = walk->shape;
    if (shape->value_count >= WEFTI_MAX_PARAMETERS) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_LIMIT, "the statement has more than %d parameters", WEFTI_MAX_PARAMETERS);
        return false;
    }
    uint32_t capacity = 2 * shape->value_capacity;
    bool is_inline = shape->values == shape->inline_values;
    weft_value *values =
        is_inline ? wefti_malloc(capacity * sizeof *values) : wefti_realloc(shape->values, capacity * sizeof *values);
    if (values == NULL) {
        fail_memory(walk);
        return false;
    }
    if (is_inline)
        memcpy(values, shape->inline_values, shape->value_count * sizeof *values);
    shape->values = values;
    shape->value_capacity = capacity;
    return true;
}

void wefti_walk_lift_slow(wefti_walk *walk, const weft_value *value)
{
    if (walk->literal)
        wefti_walk_note_literal(walk, value);
    else if (grow_values(walk))
        walk->shape->values[walk->shape->value_count++] = *value;
}

/* Moves the arrays; values that point to them follow. */
static bool grow_arrays(wefti_walk *walk)
{
    wefti_shape *shape = walk->shape;
    uint32_t capacity = 2 * shape->array_capacity;
    const wefti_array *old = shape->arrays;
    wefti_array *arrays = wefti_malloc(capacity * sizeof *arrays);
    if (arrays == NULL) {
        fail_memory(walk);
        return false;
    }
    memcpy(arrays, old, shape->array_count * sizeof *arrays);
    for (uint32_t i = 0; i < shape->value_count; i++) {
        weft_value *value = &shape->values[i];
        if (((unsigned)value->type & WEFTI_ARRAY) == 0)
            continue;
        for (uint32_t a = 0; a < shape->array_count; a++)
            if (value->as.s.data == (const char *)&old[a])
                value->as.s.data = (const char *)&arrays[a];
    }
    if (shape->arrays != shape->inline_arrays)
        wefti_free(shape->arrays);
    shape->arrays = arrays;
    shape->array_capacity = capacity;
    return true;
}

weft_type wefti_lifted_type(weft_type type)
{
    bool narrow = (int)type == WEFTI_ITEMS_INT8 || (int)type == WEFTI_ITEMS_UINT8 || (int)type == WEFTI_ITEMS_UINT16;
    return narrow ? WEFT_INT64 : type;
}

weft_value wefti_walk_item(const weft_value *items, size_t at)
{
    const char *item = items->as.s.data + at * wefti_item_size(items->type);
    switch ((int)items->type) {
    case WEFTI_ITEMS_INT8: return weft_value_int64(*(const signed char *)item);
    case WEFTI_ITEMS_UINT8: return weft_value_int64(*(const unsigned char *)item);
    case WEFTI_ITEMS_UINT16: return weft_value_int64(*(const uint16_t *)(const void *)item);
    default: return wefti_field_value((uint16_t)items->type, 0, item);
    }
}

/* Narrow items as 64-bit integers, in a block of the shape; NULL after an error. */
static const int64_t *widen(wefti_walk *walk, const weft_value *value)
{
    size_t count = value->as.s.size;
    wefti_shape_block *block = count < WEFTI_MAX_VALUE_BYTES / 8 ? wefti_malloc(sizeof *block + count * sizeof(int64_t)) : NULL;
    if (block == NULL) {
        fail_memory(walk);
        return NULL;
    }
    block->next = walk->shape->blocks;
    walk->shape->blocks = block;
    walk->shape->widened = true;
    int64_t *wide = (int64_t *)(void *)(block + 1);
    for (size_t i = 0; i < count; i++)
        wide[i] = wefti_walk_item(value, i).as.i;
    return wide;
}

void wefti_walk_lift_items(wefti_walk *walk, const weft_value *value)
{
    weft_value wide;
    size_t stride = wefti_item_size(value->type);
    if (wefti_lifted_type(value->type) != value->type && value->as.s.data != NULL) {
        wide = *value;
        wide.type = WEFT_INT64;
        wide.as.s.data = (const char *)widen(walk, value);
        if (wide.as.s.data == NULL)
            return;
        value = &wide;
        stride = sizeof(int64_t);
    }
    if (stride == 0 || (value->as.s.data == NULL && value->as.s.size > 0)) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              stride == 0 ? "weft_in has items of an unknown type" : "the items of weft_in are NULL");
        return;
    }
    const uint32_t before = walk->shape->value_count;
    wefti_walk_lift_array(
        walk, &(wefti_array){.type = (uint16_t)value->type, .count = value->as.s.size, .base = value->as.s.data, .stride = stride});
    if (walk->shape->value_count > before)
        walk->shape->values[before].from_ = value->from_;
}

void wefti_walk_lift_array(wefti_walk *walk, const wefti_array *array)
{
    wefti_shape *shape = walk->shape;
    if (shape->array_count == shape->array_capacity && !grow_arrays(walk))
        return;
    shape->arrays[shape->array_count] = *array;
    weft_value lifted = {.type = (weft_type)(wefti_walk_item_type(array) | WEFTI_ARRAY)};
    lifted.as.s.data = (const char *)&shape->arrays[shape->array_count++];
    lifted.as.s.size = array->count;
    wefti_walk_lift(walk, &lifted);
}

/* ---- text ---- */

void wefti_walk_identifier(wefti_walk *walk, const char *name)
{
    if (walk->render != NULL)
        wefti_add_identifier(&walk->render->text, name);
}

void wefti_walk_number(wefti_walk *walk, int64_t number)
{
    if (walk->render != NULL)
        wefti_text_add_int(&walk->render->text, number);
}

void wefti_walk_placeholder(wefti_walk *walk, uint32_t number)
{
    if (walk->render == NULL)
        return;
    wefti_text_add_char(&walk->render->text, walk->dialect->placeholder);
    wefti_text_add_int(&walk->render->text, number);
}

void wefti_walk_add_parameter(wefti_walk *walk, uint16_t type, const wefti_column *column, uint8_t form)
{
    wefti_render *render = walk->render;
    if (render->parameter_count == render->parameter_capacity) {
        if (render->parameter_count >= WEFTI_MAX_PARAMETERS) {
            (void)wefti_walk_fail(walk, WEFT_ERROR_LIMIT, "the statement has more than %d parameters", WEFTI_MAX_PARAMETERS);
            return;
        }
        uint32_t capacity = render->parameter_capacity > 0 ? 2 * render->parameter_capacity : 32;
        wefti_parameter *parameters = wefti_arena_alloc(&render->arena, capacity * sizeof *parameters);
        if (parameters == NULL) {
            fail_memory(walk);
            return;
        }
        if (render->parameter_count > 0)
            memcpy(parameters, render->parameters, render->parameter_count * sizeof *parameters);
        render->parameters = parameters;
        render->parameter_capacity = capacity;
    }
    if (column != NULL && wefti_table_is_derived(column->table) && !wefti_column_is_named(column))
        column = NULL; /* which ends with the compiling; of one that is named the statement keeps a copy */
    render->parameters[render->parameter_count++] = (wefti_parameter){column, type, form};
}

void wefti_walk_add_result(wefti_walk *walk, uint16_t type)
{
    wefti_render *render = walk->render;
    if (render == NULL)
        return;
    if (render->column_count >= WEFTI_MAX_COLUMNS) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_LIMIT, "the result has more than %d columns", WEFTI_MAX_COLUMNS);
        return;
    }
    if (render->column_count == render->column_capacity) {
        uint32_t capacity = render->column_capacity > 0 ? 2 * render->column_capacity : 64;
        uint16_t *types = wefti_arena_alloc(&render->arena, capacity * sizeof *types);
        const wefti_column **columns = wefti_arena_alloc(&render->arena, capacity * sizeof *columns);
        if (types == NULL || columns == NULL) {
            fail_memory(walk);
            return;
        }
        if (render->column_count > 0) {
            memcpy(types, render->column_types, render->column_count * sizeof *types);
            memcpy(columns, render->columns, render->column_count * sizeof *columns);
        }
        render->column_types = types;
        render->columns = columns;
        render->column_capacity = capacity;
    }
    render->as_text = render->as_text || wefti_type_of(type)->texts;
    render->columns[render->column_count] = NULL;
    render->column_types[render->column_count++] = type;
}

void wefti_walk_note_own(wefti_walk *walk, const wefti_column *column)
{
    if (walk->render != NULL && column != NULL && column->cast != NULL && !wefti_column_is_turned(column))
        walk->render->as_text = true;
}

void wefti_walk_add_column_result(wefti_walk *walk, const wefti_column *column)
{
    uint32_t before = walk->render != NULL ? walk->render->column_count : 0;
    wefti_walk_add_result(walk, column->type);
    wefti_walk_note_own(walk, column);
    /* What a subquery computes may be spelt in any way. */
    if (walk->render != NULL && walk->render->column_count > before && !wefti_table_is_derived(column->table))
        walk->render->columns[before] = column;
}

/* ---- FROM elements ---- */

static bool name_is_taken(const wefti_walk *walk, const char *name)
{
    const wefti_render *render = walk->render;
    for (uint16_t i = render->scope; i < render->source_count; i++)
        if (wefti_ascii_equal(render->sources[i].name, name)) /* SQLite takes them for one */
            return true;
    return false;
}

/* own: the name that is tried first. A table's own name is known by its address. */
static const char *make_name(wefti_walk *walk, const char *own)
{
    if (!name_is_taken(walk, own))
        return own;
    for (;;) {
        char name[WEFTI_MAX_IDENTIFIER_BYTES + 1];
        int cut = (int)wefti_utf8_cut(own, strlen(own), WEFTI_MAX_IDENTIFIER_BYTES - 11);
        (void)snprintf(name, sizeof name, "%.*s_%u", cut, own, (unsigned)++walk->render->alias_number);
        if (!name_is_taken(walk, name) && wefti_schema_table_named(walk->schema, name) == NULL)
            return wefti_arena_strdup(&walk->render->arena, name);
    }
}

static wefti_source *add_source(wefti_walk *walk, const wefti_table *table, const weft_model *model, const char *own, int alias,
                                bool hidden)
{
    wefti_render *render = walk->render;
    if (walk->status != WEFT_OK)
        return NULL;
    if (render->source_count == sizeof render->sources / sizeof render->sources[0]) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_LIMIT, "the statement joins too many tables");
        return NULL;
    }
    const char *name = make_name(walk, own);
    if (name == NULL) {
        fail_memory(walk);
        return NULL;
    }
    wefti_source *source = &render->sources[render->source_count++];
    *source = (wefti_source){model, table, name, alias, hidden, false, false, false, false, false};
    return source;
}

wefti_source *wefti_walk_add_source(wefti_walk *walk, const wefti_table *table, int alias, bool hidden)
{
    return add_source(walk, table, table->model, table->name, alias, hidden);
}

wefti_source *wefti_walk_add_selectable(wefti_walk *walk, const wefti_table *table, const weft_model *model)
{
    const bool own = table != NULL && table->model == model && wefti_table_is_derived(table);
    return table != NULL ? add_source(walk, table, model, own ? table->name : model->name, 0, false) : NULL;
}

const wefti_table *wefti_walk_table(wefti_walk *walk, const weft_model *model)
{
    const weft_selectable *selectable = model->selectable;
    if (selectable == NULL)
        return wefti_schema_table(walk->schema, model);
    if (selectable->kind == WEFT_SELECTABLE_ALIAS) {
        model = selectable->of;
        if (model == NULL || model->selectable == NULL)
            return model == NULL ? NULL : wefti_schema_table(walk->schema, model);
        if (model->selectable->kind == WEFT_SELECTABLE_ALIAS)
            return NULL;
    }
    wefti_derived *derived = wefti_walk_derived(walk, model);
    return derived != NULL ? &derived->table : NULL;
}

const wefti_column *wefti_walk_column_at(const wefti_table *table, size_t offset)
{
    if (!wefti_table_is_derived(table))
        return wefti_table_column_at(table, offset);
    for (uint16_t i = 0; i < table->column_count; i++)
        if (table->columns[i].field->offset == offset)
            return &table->columns[i];
    return NULL;
}

void wefti_walk_table_name(wefti_walk *walk, const wefti_table *table)
{
    if (table->schema_sql != NULL) {
        wefti_walk_sql(walk, table->schema_sql);
        wefti_walk_sql(walk, ".");
    }
    wefti_walk_identifier(walk, table->name);
}

void wefti_walk_source_name(wefti_walk *walk, const wefti_source *source)
{
    if (walk->render == NULL || source == NULL)
        return;
    if (!wefti_table_is_inline(source->table)) /* wefti_walk_subquery has written it */
        wefti_walk_table_name(walk, source->table);
    if (source->name != source->table->name || wefti_table_is_inline(source->table)) {
        wefti_walk_sql(walk, " AS ");
        wefti_walk_identifier(walk, source->name);
    }
    /* Where rows stand there as arrays, their columns get their names so. */
    const bool rows = wefti_table_is_inline(source->table) && walk->dialect->rows_open != NULL &&
                      source->table->model->selectable->kind == WEFT_SELECTABLE_VALUES;
    for (uint16_t i = 0; rows && i < source->table->column_count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "(");
        wefti_walk_identifier(walk, source->table->columns[i].name);
    }
    wefti_walk_sql(walk, rows ? ")" : "");
}

void wefti_walk_source_column(wefti_walk *walk, const wefti_source *source, const wefti_column *column)
{
    if (walk->render == NULL || source == NULL || column == NULL ||
        (walk->render->groups != NULL && wefti_walk_grouped_column(walk, source, column)))
        return;
    wefti_walk_identifier(walk, source->name);
    wefti_walk_sql(walk, ".");
    wefti_walk_identifier(walk, column->name);
}

const char *wefti_walk_field_name(const weft_model *model, size_t offset)
{
    if (model == NULL)
        return "?";
    const weft_model *fields = wefti_model_of_fields(model);
    model = fields != NULL ? fields : model;
    const weft_selectable *selectable = model->selectable;
    for (size_t i = 0; selectable != NULL && selectable->row != NULL && i < selectable->row->field_count; i++)
        if (selectable->row->fields[i].offset == offset)
            return selectable->row->fields[i].field;
    for (size_t i = 0; i < model->attr_count; i++)
        if (model->attrs[i].field != NULL &&
            (model->attrs[i].offset == offset || (model->attrs[i].kind == WEFT_ATTR_EMBED && offset >= model->attrs[i].offset &&
                                                  offset - model->attrs[i].offset < model->attrs[i].size)))
            return model->attrs[i].field;
    return "(no mapped field)";
}

/* Among what is not seen from here. */
static bool stands_around(const wefti_render *render, const weft_model *model)
{
    for (uint16_t i = 0; i < render->scope; i++)
        if (render->sources[i].model == model && !render->sources[i].hidden)
            return true;
    return false;
}

const wefti_source *wefti_walk_find_source(wefti_walk *walk, const weft_model *model, int alias, size_t offset)
{
    const wefti_render *render = walk->render;
    bool other_alias = false;
    if (walk->status != WEFT_OK)
        return NULL;
    if (model == NULL) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "a column node has no model");
        return NULL;
    }
    for (uint16_t i = render->source_count; i > render->scope; i--) {
        const wefti_source *source = &render->sources[i - 1];
        if (source->hidden || source->model != model)
            continue;
        if (source->alias == alias && source->unseen) {
            (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED, "%s.%s: %s gives back columns of the table that is written alone",
                                  model->name, wefti_walk_field_name(model, offset), walk->dialect->capabilities.name);
            return NULL;
        }
        if (source->alias == alias && source->absent) {
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s.%s stands where no row of %s is met: name columns of .from",
                                  model->name, wefti_walk_field_name(model, offset), model->name);
            return NULL;
        }
        if (source->alias == alias && !source->later)
            return source;
        if (source->alias == alias) {
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                                  "%s.%s stands in a join that comes before %s: a join sees what was joined before it, so put that "
                                  "of %s first",
                                  model->name, wefti_walk_field_name(model, offset), model->name, model->name);
            return NULL;
        }
        other_alias = true;
    }
    const char *field = wefti_walk_field_name(model, offset);
    if (model->selectable != NULL && model->selectable->kind == WEFT_SELECTABLE_PARAMETERS)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "%s.%s is a parameter, which has a value only in a WEFT_STATEMENT that is run "
                              "by weft_run",
                              model->name, field);
    else if (model->selectable != NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s stands in the query, but in no FROM that is seen from there",
                              model->name);
    else if (wefti_schema_table(walk->schema, model) == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MODEL,
                              "%s.%s: the model is not part of the engine's metadata; add &%s_model to "
                              "WEFT_METADATA",
                              model->name, field, model->name);
    else if (stands_around(render, model))
        (void)wefti_walk_fail(
            walk, WEFT_ERROR_MISUSE,
            "%s.%s stands in a subquery or series in FROM, which sees nothing of what stands beside it: weft_lateral "
            "does",
            model->name, field);
    else if (other_alias || alias != 0)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "%s.%s under the number %d stands in the query, but no join gives %s that number; see "
                              "weft_join_as",
                              model->name, field, alias, model->name);
    else
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE,
                              "%s.%s stands in the query, but %s is neither what it selects from nor joined; add "
                              "weft_join along a relationship that leads to it, or use weft_any",
                              model->name, field, model->name);
    return NULL;
}

static void fail_field(wefti_walk *walk, const wefti_table *table, const weft_model *model, size_t offset, const char *what)
{
    if (walk->status != WEFT_OK)
        return;
    const char *name = model != NULL ? model->name : "(no model)", *field = wefti_walk_field_name(model, offset);
    if (table == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MODEL, "%s.%s: the model is not part of the engine's metadata", name, field);
    else
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s.%s is not a %s", name, field, what);
}

const wefti_column *wefti_walk_find_column(wefti_walk *walk, const weft_model *model, size_t offset)
{
    const wefti_table *table = model != NULL ? wefti_walk_table(walk, model) : NULL;
    const wefti_column *column = table != NULL ? wefti_walk_column_at(table, offset) : NULL;
    if (column == NULL)
        fail_field(walk, table, model, offset, "column");
    return column;
}

const wefti_relation *wefti_walk_find_relation(wefti_walk *walk, const weft_model *model, size_t offset)
{
    const wefti_table *table = model != NULL ? wefti_walk_table(walk, model) : NULL;
    const bool has_any = table != NULL && !wefti_table_is_derived(table);
    const wefti_relation *relation = has_any ? wefti_table_relation_at(table, offset) : NULL;
    if (relation == NULL)
        fail_field(walk, table, model, offset, "relationship");
    return relation;
}

void wefti_walk_collation(wefti_walk *walk, const wefti_column *column)
{
    const char *const *collations = walk->dialect->collations;
    if (walk->render != NULL && column != NULL && collations != NULL && collations[column->type] != NULL)
        wefti_walk_sql(walk, collations[column->type]);
}

/* The collation of the left column decides on SQLite, as that of the key does in its foreign keys. */
void wefti_walk_join_columns(wefti_walk *walk, const wefti_source *a, const wefti_column *const *a_columns, const wefti_source *b,
                             const wefti_column *const *b_columns, uint16_t count, bool b_referred)
{
    if (b_referred && (wefti_walk_is_loose(b_columns, count) || wefti_walk_is_loose(a_columns, count))) {
        wefti_walk_join_columns(walk, b, b_columns, a, a_columns, count, false);
        return;
    }
    for (uint16_t i = 0; i < count; i++) {
        wefti_walk_sql(walk, i > 0 ? " AND " : "");
        wefti_walk_source_column(walk, a, a_columns[i]);
        if (walk->dialect->decimals != NULL && !wefti_column_spelt_alike(a_columns[i], b_columns[i]))
            wefti_walk_sql(walk, walk->dialect->decimals->collation);
        wefti_walk_sql(walk, " = ");
        wefti_walk_source_column(walk, b, b_columns[i]);
    }
}
