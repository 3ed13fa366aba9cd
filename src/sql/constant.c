/* Statements as constant data (WEFT_STATEMENT): found in the cache by a number of their own, compiled from a copy in which values
 * stand for the parameters, and run from the struct of the parameters without a walk.
 *
 * The number is given on the first run and kept in the statement's state, which is zero when the program or library that has it is
 * loaded: a statement that comes to lie where another one was has another number. Whether a parameter is NULL changes the text
 * only where = and <> compare it, or where it is a limit; which those are is worked out with the number, and only they are in the
 * key. For all others a value of the parameter's type stands in the copy, whatever is given, so that the text depends on nothing
 * else. */
#include "sql/copy.h"
#include "sql/making.h"
#include "sql/walk.h"
#include "sql/walk_expr.h"

#include "base/atomic.h"
#include "base/error.h"
#include "base/memory.h"

enum { MOST_PARAMETERS = 64 };

const weft_row_type weft_no_parameters_row = {.name = "weft_no_parameters", .size = sizeof(weft_no_parameters)};

static wefti_atomic_u64 last_number;

/* What the state holds: both are atomic, and the second is written before the first. */
static wefti_atomic_u64 *number_of(const weft_statement *statement)
{
    return (wefti_atomic_u64 *)(void *)&statement->state->words_[0];
}
static wefti_atomic_u64 *decisive_of(const weft_statement *statement)
{
    return (wefti_atomic_u64 *)(void *)&statement->state->words_[1];
}

/* ---- the copy ---- */

typedef struct giving {
    wefti_copier copier; /* first */
    const weft_statement *statement;
    uint64_t decisive, null; /* parameters by their bits: whose NULL changes the text; which of these are NULL */
    weft_error *error;
    wefti_arena arena;
} giving;

static void *take(void *context, size_t size) { return wefti_arena_alloc(context, size); }

static bool is_parameter(const weft_expr *expr)
{
    const weft_selectable *selectable = expr != NULL && expr->model != NULL ? expr->model->selectable : NULL;
    return selectable != NULL && selectable->kind == WEFT_SELECTABLE_PARAMETERS;
}

/* The number of the field, or -1 with the error set. */
static int field_of(giving *g, const weft_expr *expr)
{
    const weft_row_type *row = g->statement->parameters, *given = expr->model->selectable->row;
    if (row == NULL || given != row) {
        (void)wefti_error_set(g->error, WEFT_ERROR_MISUSE, "%s has a parameter of %s, and is run with those of %s",
                              g->statement->name, expr->model->name, row != NULL ? row->name : "(none)");
        return -1;
    }
    for (size_t i = 0; i < row->field_count; i++)
        if (row->fields[i].offset == expr->offset)
            return (int)i;
    (void)wefti_error_set(g->error, WEFT_ERROR_MISUSE, "%s: a parameter is no field of %s that WEFT_ROW lists", g->statement->name,
                          row->name);
    return -1;
}

/* A list of a field, as lists of weft_in are. */
static weft_value items_of(const weft_attr *field, const void *parameters)
{
    weft_value value = {.type = (weft_type)field->precision};
    WEFT_LIST_OF(void) list = {NULL, 0};
    if (parameters != NULL)
        memcpy(&list, (const char *)parameters + field->offset, sizeof list);
    value.as.s.data = list.items;
    value.as.s.size = list.count;
    return value;
}

/* Of an enum: its number is given by its name. */
static bool is_named(const weft_attr *field)
{
    return field->enum_names != NULL && !wefti_type_is_array((unsigned)field->field_type & ~(unsigned)WEFT_OPT);
}

/* A value of the field's type: a NULL, or one that is as wide as the type allows. */
static weft_value stand_in(const weft_attr *field, int number, bool is_null)
{
    if (field->kind == WEFT_ATTR_LIST) {
        weft_value items = items_of(field, NULL);
        items.from_ = (uint16_t)(number + 1);
        return items;
    }
    const unsigned given = is_named(field) ? (unsigned)WEFT_TEXT : wefti_attr_type(field) & ~(unsigned)WEFT_OPT;
    const unsigned type = wefti_type_has_own_items(given) ? given : wefti_type_base(given);
    weft_value value = weft_value_null((weft_type)(type == WEFT_CHARS ? (unsigned)WEFT_TEXT : type));
    value.is_null = is_null;
    value.from_ = (uint16_t)(number + 1);
    if (wefti_type_has_content(value.type))
        value.as.s.data = "";
    else if (wefti_type_is_integer((uint8_t)value.type))
        value.as.i = wefti_type_of(value.type)->greatest;
    return value;
}

static bool take_parameter(giving *g, const weft_expr *parameter, bool list, weft_value *value)
{
    const int number = field_of(g, parameter);
    if (number < 0)
        return false;
    if (list != (g->statement->parameters->fields[number].kind == WEFT_ATTR_LIST)) {
        (void)wefti_error_set(g->error, WEFT_ERROR_MISUSE, "%s: the parameter %s.%s %s", g->statement->name, parameter->model->name,
                              g->statement->parameters->fields[number].field,
                              list ? "is no list" : "is a list, which weft_in_param takes");
        return false;
    }
    if (g->copier.literal > 0) {
        (void)wefti_error_set(g->error, WEFT_ERROR_MISUSE,
                              "%s: the parameter %s.%s stands within weft_literally, whose values are part of the text",
                              g->statement->name, parameter->model->name, g->statement->parameters->fields[number].field);
        return false;
    }
    *value = stand_in(&g->statement->parameters->fields[number], number, (g->null >> number & 1u) != 0);
    return true;
}

/* Notes the parameters whose NULL decides, among the operands of a comparison. */
static void note_decisive(giving *g, const weft_expr *const *operands, int depth)
{
    for (size_t i = 0; !wefti_list_ends(operands, i); i++) {
        const weft_expr *bare = wefti_expr_bare(operands[i]);
        if (bare->op == WEFT_EXPR_TUPLE && depth == 0)
            note_decisive(g, bare->args, 1);
        else if (bare->op == WEFT_EXPR_COLUMN && is_parameter(bare))
            for (size_t f = 0; g->statement->parameters != NULL && f < g->statement->parameters->field_count; f++)
                if (g->statement->parameters->fields[f].offset == bare->offset)
                    g->decisive |= UINT64_C(1) << f;
    }
}

static weft_status replace(wefti_copier *copier, weft_expr *node)
{
    giving *g = (giving *)(void *)copier;
    if (node->op == WEFT_EXPR_OP && node->name != NULL && wefti_op_tests_null(node->name) != 0)
        note_decisive(g, node->args, 0);
    if (node->op == WEFT_EXPR_BY_PARAMETER) {
        const weft_expr *parameter = node->args != NULL ? node->args[0] : NULL;
        if (!is_parameter(parameter) ||
            (node->alias != WEFT_EXPR_SET && (node->alias < WEFT_EXPR_LT || node->alias > WEFT_EXPR_NOT_IN)))
            return wefti_error_set(g->error, WEFT_ERROR_MISUSE, "%s: a column is compared with no parameter", g->statement->name);
        node->op = node->alias;
        node->alias = 0;
        node->args = NULL;
        const bool list = node->op == WEFT_EXPR_IN || node->op == WEFT_EXPR_NOT_IN;
        return take_parameter(g, parameter, list, &node->value) ? WEFT_OK : g->error->status;
    }
    if (!is_parameter(node))
        return WEFT_OK;
    if (node->op == WEFT_EXPR_COLUMN) {
        weft_value value;
        if (!take_parameter(g, node, false, &value))
            return g->error->status;
        *node = (weft_expr){.op = WEFT_EXPR_VALUE, .value = value};
        return WEFT_OK;
    }
    if (node->op != WEFT_EXPR_IS_NULL && node->op != WEFT_EXPR_IS_NOT_NULL)
        return wefti_error_set(
            g->error, WEFT_ERROR_MISUSE,
            "%s: a field of %s stands where a column of a table is expected; weft_op and weft_eq_col compare with "
            "a parameter",
            g->statement->name, node->model->name);
    struct {
        weft_expr parameter;
        const weft_expr *list[2];
    } *operand = wefti_arena_alloc(&g->arena, sizeof *operand);
    if (operand == NULL)
        return wefti_error_memory(g->error);
    operand->parameter = (weft_expr){.op = WEFT_EXPR_COLUMN, .model = node->model, .offset = node->offset};
    operand->list[0] = &operand->parameter;
    operand->list[1] = &weft_end;
    *node = (weft_expr){.op = node->op, .args = operand->list};
    return WEFT_OK;
}

static void note_cut(wefti_copier *copier, const weft_rows_options *query)
{
    giving *g = (giving *)(void *)copier;
    if (query->limit_to != NULL)
        note_decisive(g, (const weft_expr *const[]){query->limit_to, &weft_end}, 1);
    if (query->offset_by != NULL)
        note_decisive(g, (const weft_expr *const[]){query->offset_by, &weft_end}, 1);
}

/* NULL after an error. To be ended by wefti_arena_deinit of its arena. */
static const weft_rows_options *copy_statement(giving *g, const weft_statement *statement, uint64_t null, weft_error *error)
{
    weft_status status = WEFT_OK;
    *g = (giving){.copier = {.alloc = take, .context = &g->arena, .constant = true, .replace = replace, .cut = note_cut},
                  .statement = statement,
                  .null = null,
                  .error = error};
    wefti_arena_init(&g->arena, 0);
    error->status = WEFT_OK;
    const weft_rows_options *copy = wefti_query_copy(&g->copier, statement->query, &status);
    if (copy != NULL || error->status != WEFT_OK)
        return copy;
    if (status == WEFT_ERROR_MISUSE)
        (void)wefti_error_set(error, status, "%s is nested deeper than %d levels, or contains itself", statement->name,
                              WEFTI_MAX_EXPR_DEPTH);
    else if (status == WEFT_ERROR_LIMIT)
        (void)wefti_error_set(error, status, "%s has more than %u nodes or %d selectables", statement->name, WEFTI_MAX_EXPR_NODES,
                              WEFTI_MAX_SELECTABLES);
    else
        (void)wefti_error_memory(error);
    return NULL;
}

/* ---- the key ---- */

/* Gives the statement its number. Threads that come at once work out the same, and one of their numbers stays. */
static weft_status prepare(const weft_statement *statement, weft_error *error)
{
    giving g;
    uint64_t none = 0;
    const weft_rows_options *copy = copy_statement(&g, statement, 0, error);
    const weft_status status = copy != NULL ? WEFT_OK : error->status;
    if (status == WEFT_OK) {
        const uint64_t number = wefti_atomic_add_u64(&last_number, 1, WEFTI_RELAXED) + 1; /* only uniqueness matters */
        wefti_atomic_store_u64(decisive_of(statement), g.decisive, WEFTI_RELAXED);
        /* Release: who sees the number (the acquire load in wefti_constant_shape) sees what decides. */
        (void)wefti_atomic_cas_u64(number_of(statement), &none, number, WEFTI_ACQ_REL);
    }
    wefti_arena_deinit(&g.arena);
    return status;
}

WEFTI_HOT weft_status wefti_constant_of(wefti_constant *constant, const weft_statement *statement, const void *parameters,
                                        bool rows, weft_error *error)
{
    if (statement == NULL || statement->query == NULL || statement->state == NULL || statement->name == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "the statement is none that WEFT_STATEMENT has made");
    const size_t count = statement->parameters != NULL ? statement->parameters->field_count : 0;
    if (count > MOST_PARAMETERS)
        return wefti_error_set(error, WEFT_ERROR_LIMIT, "%s has %zu parameters; a statement may have %d", statement->name, count,
                               MOST_PARAMETERS);
    if (count > 0 && parameters == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "%s was given no parameters: it takes a %s", statement->name,
                               statement->parameters->name);
    if (rows != (statement->row != NULL))
        return wefti_error_set(error, WEFT_ERROR_MISUSE,
                               rows ? "%s gives no rows: it is run by weft_change or weft_execute_run"
                                    : "%s gives rows: it is run by weft_run, weft_fetch_run or weft_open_run",
                               statement->name);
    if (!rows && statement->query->write == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "%s is no weft_inserted, weft_updated or weft_deleted", statement->name);
    *constant = (wefti_constant){statement, parameters, wefti_query_effects(statement->query)};
    return wefti_query_check_row(statement->query, statement->row, error);
}

static weft_value value_of(const wefti_constant *constant, unsigned number)
{
    const weft_attr *field = &constant->statement->parameters->fields[number];
    return wefti_field_value(wefti_attr_type(field), (uint16_t)field->size, (const char *)constant->parameters + field->offset);
}

WEFTI_HOT weft_status wefti_constant_shape(wefti_shape *shape, const wefti_constant *constant, weft_error *error)
{
    const weft_statement *statement = constant->statement;
    uint64_t key[3] = {WEFTI_KIND_CONSTANT, wefti_atomic_load_u64(number_of(statement), WEFTI_ACQUIRE)};
    if (key[1] == 0) {
        const weft_status status = prepare(statement, error);
        if (status != WEFT_OK)
            return status;
        key[1] = wefti_atomic_load_u64(number_of(statement), WEFTI_ACQUIRE);
    }
    /* Relaxed: ordered by the number. */
    for (uint64_t left = wefti_atomic_load_u64(decisive_of(statement), WEFTI_RELAXED); left != 0; left &= left - 1) {
        const unsigned number = (unsigned)__builtin_ctzll(left);
        if (value_of(constant, number).is_null)
            key[2] |= UINT64_C(1) << number;
    }
    memcpy(shape->key_room, key, sizeof key);
    shape->key_size = sizeof key;
    shape->key = shape->key_room;
    shape->hash = wefti_shape_hash(shape->key, shape->key_size);
    return WEFT_OK;
}

static bool make_room(wefti_shape *shape, uint32_t count)
{
    if (count <= shape->value_capacity)
        return true;
    weft_value *values = wefti_malloc(count * sizeof *values);
    if (values == NULL)
        return false;
    shape->values = values; /* the inline ones so far */
    shape->value_capacity = count;
    return true;
}

static bool is_list(const weft_value *value)
{
    return value->from_ != 0 && value->from_ != WEFTI_FROM_MAKER && ((unsigned)value->type & WEFTI_ARRAY) != 0;
}

/* The arrays of lists that are parameters. */
static bool make_arrays(wefti_shape *shape, const weft_value *constants, uint32_t count)
{
    uint32_t lists = 0;
    if (count <= shape->array_capacity)
        return true;
    for (uint32_t i = 0; i < count; i++)
        lists += is_list(&constants[i]);
    if (lists <= shape->array_capacity)
        return true;
    wefti_array *arrays = wefti_malloc(lists * sizeof *arrays);
    if (arrays == NULL)
        return false;
    shape->arrays = arrays; /* the inline ones so far */
    shape->array_capacity = lists;
    return true;
}

static weft_status take_list(wefti_shape *shape, const wefti_constant *constant, const weft_value *lifted, weft_value *value,
                             weft_error *error)
{
    const weft_attr *field = &constant->statement->parameters->fields[lifted->from_ - 1];
    const weft_value items = items_of(field, constant->parameters);
    if (items.as.s.data == NULL && items.as.s.size > 0)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "%s: the items of %s.%s are NULL", constant->statement->name,
                               constant->statement->parameters->name, field->field);
    wefti_array *array = &shape->arrays[shape->array_count++];
    *array = (wefti_array){.type = (uint16_t)items.type,
                           .count = items.as.s.size,
                           .base = items.as.s.data,
                           .stride = wefti_item_size(items.type)};
    *value = *lifted;
    value->from_ = 0;
    value->as.s.data = (const char *)array;
    value->as.s.size = array->count;
    return WEFT_OK;
}

static weft_status name_value(const wefti_constant *constant, const weft_attr *field, weft_value *value, weft_error *error)
{
    const bool among = !value->is_null && value->as.i >= 0 && (uint64_t)value->as.i < field->enum_count;
    const char *name = among ? field->enum_names[value->as.i] : NULL;
    if (!value->is_null && name == NULL)
        return wefti_error_set(error, WEFT_ERROR_TYPE, "%s: the parameter %s.%s is none of its enum's %zu values",
                               constant->statement->name, constant->statement->parameters->name, field->field, field->enum_count);
    *value = value->is_null ? weft_value_null(WEFT_TEXT) : weft_value_text(name);
    return WEFT_OK;
}

WEFTI_HOT weft_status wefti_constant_values(wefti_shape *shape, const wefti_compiled *compiled, const wefti_constant *constant,
                                            weft_error *error)
{
    const uint32_t count = compiled->statement.parameter_count;
    if (!make_room(shape, count) || !make_arrays(shape, compiled->constants, count))
        return wefti_error_memory(error);
    shape->value_count = count;
    for (uint32_t i = 0; i < count; i++) {
        const unsigned from = compiled->constants[i].from_;
        if (from == WEFTI_FROM_MAKER) {
            const weft_status status = wefti_shape_make(shape, compiled->parameter_columns[i], &shape->values[i], error);
            if (status != WEFT_OK)
                return status;
            continue;
        }
        if (is_list(&compiled->constants[i])) {
            const weft_status status = take_list(shape, constant, &compiled->constants[i], &shape->values[i], error);
            if (status != WEFT_OK)
                return status;
            continue;
        }
        shape->values[i] = from == 0 ? compiled->constants[i] : value_of(constant, from - 1);
        const weft_attr *field = from == 0 ? NULL : &constant->statement->parameters->fields[from - 1];
        if (field == NULL || (field->codec == NULL && field->enum_names == NULL))
            continue;
        if (is_named(field)) {
            const weft_status status = name_value(constant, field, &shape->values[i], error);
            if (status != WEFT_OK)
                return status;
            continue;
        }
        if (wefti_own_had_no_room(&shape->values[i]))
            return wefti_error_memory(error);
        if ((int)shape->values[i].type == WEFTI_REFUSED)
            return wefti_error_set(error, WEFT_ERROR_TYPE, "%s: the encoder of its type refused the parameter %s.%s",
                                   constant->statement->name, constant->statement->parameters->name, field->field);
        wefti_own_hold(&shape->values[i]);
    }
    return WEFT_OK;
}

/* ---- compiling ---- */

/* The copy as a statement of the other kinds. */
static weft_status say(const wefti_schema *schema, const weft_rows_options *query, bool rows, wefti_select *select,
                       wefti_modify *modify, wefti_statement_data *data, weft_error *error)
{
    if (query->write == NULL) {
        *data = (wefti_statement_data){.kind = WEFTI_KIND_SELECT, .of.select = select, .again = true};
        return wefti_select_from_options(select, schema, query, error);
    }
    *data = (wefti_statement_data){.kind = WEFTI_KIND_MODIFY, .of.modify = modify, .again = true};
    return rows ? wefti_modify_query(modify, schema, query, error) : wefti_modify_of(modify, schema, query->write, error);
}

weft_status wefti_constant_compile(const wefti_schema *schema, const wefti_dialect *dialect, const wefti_constant *constant,
                                   const wefti_shape *shape, wefti_compiled **compiled, weft_error *error)
{
    giving g;
    wefti_select select;
    wefti_modify modify;
    wefti_statement_data data;
    wefti_shape walked;
    uint64_t null;
    *compiled = NULL;
    memcpy(&null, shape->key + 2 * sizeof null, sizeof null);
    const weft_rows_options *copy = copy_statement(&g, constant->statement, null, error);
    weft_status status =
        copy != NULL ? say(schema, copy, constant->statement->row != NULL, &select, &modify, &data, error) : error->status;
    if (status == WEFT_OK) {
        walked.user = shape->user;
        status = wefti_shape_init(&walked, schema, dialect, &data, error);
        walked.key = shape->key;
        walked.key_size = shape->key_size;
        walked.hash = shape->hash;
        if (status == WEFT_OK && walked.widened)
            status = wefti_error_set(error, WEFT_ERROR_MISUSE, "%s: items of weft_in have 32 or 64 bits in a constant statement",
                                     constant->statement->name);
        if (status == WEFT_OK)
            status = wefti_compile(schema, dialect, &data, &walked, compiled, error);
        wefti_shape_deinit(&walked);
    }
    wefti_arena_deinit(&g.arena);
    return status;
}
