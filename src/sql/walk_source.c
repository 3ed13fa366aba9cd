/* What stands in FROM and is no SELECT, both sinks: rows of the program's, series, functions that give rows.
 *
 * Rows are lifted as one array for each of their columns, which point into the program's structs, so that a statement has one shape
 * for any number of them. */
#include "sql/walk_expr.h"
#include "sql/walk_select.h"

#include "base/error.h"

static unsigned series_type(const weft_row_type *row)
{
    return row->field_count == 1 && row->fields != NULL && row->fields[0].codec == NULL ? wefti_row_field_type(&row->fields[0])
                                                                                        : WEFT_UNMAPPED;
}

static bool has_steps(const weft_expr *call)
{
    return call->args != NULL && call->args[0] != NULL && call->args[1] != NULL && call->args[2] != NULL &&
           call->args[2]->op != WEFT_EXPR_END;
}

/* What is wrong with a series, or NULL. */
static const char *series_fault(const weft_selectable *selectable)
{
    const weft_expr *call = selectable->call;
    const unsigned type = series_type(selectable->row);
    const bool integer = wefti_type_is_integer((uint8_t)type) && wefti_type_of(type)->size >= sizeof(int32_t);
    if (call == NULL)
        return "has no bounds";
    if (!integer && type != WEFT_DATE && type != WEFT_TIMESTAMP)
        return "has a row of one field, an integer of 32 or 64 bits, a date or a timestamp";
    if (call->alias == 0)
        return integer || !has_steps(call) ? (type == WEFT_TIMESTAMP ? "of timestamps has a step: weft_series_by" : NULL)
                                           : "of dates has a step in a unit: weft_series_by";
    return !has_steps(call)                ? "has a unit and no step: weft_series_by"
           : integer                       ? "of integers has steps without a unit: weft_series_step"
           : !wefti_unit_adds(call->alias) ? "has a unit that cannot be added; it is WEFT_SECOND to WEFT_YEAR"
                                           : NULL;
}

const char *wefti_selectable_noun(weft_selectable_kind kind)
{
    static const char *const nouns[] = {[WEFT_SELECTABLE_ALIAS] = "alias",
                                        [WEFT_SELECTABLE_SUBQUERY] = "subquery",
                                        [WEFT_SELECTABLE_CTE] = "CTE",
                                        [WEFT_SELECTABLE_VALUES] = "list of rows",
                                        [WEFT_SELECTABLE_SERIES] = "series",
                                        [WEFT_SELECTABLE_FUNCTION] = "function",
                                        [WEFT_SELECTABLE_LATERAL] = "lateral subquery",
                                        [WEFT_SELECTABLE_TABLE] = "table",
                                        [WEFT_SELECTABLE_PARAMETERS] = "set of parameters",
                                        [WEFT_SELECTABLE_ELEMENTS] = "list of JSON elements",
                                        [WEFT_SELECTABLE_MEMBERS] = "list of JSON members",
                                        [WEFT_SELECTABLE_ITEMS] = "list of an array's items"};
    return (unsigned)kind < sizeof nouns / sizeof nouns[0] ? nouns[kind] : NULL;
}

weft_status wefti_refuse_model(const weft_model *model, weft_error *error)
{
    const weft_selectable *selectable = model->selectable;
    const char *noun = selectable != NULL ? wefti_selectable_noun(selectable->kind) : NULL;
    if (noun == NULL) {
        (void)wefti_error_set(error, WEFT_ERROR_MODEL, "%s is not among the engine's models", model->name);
        wefti_error_hint(error, "add &%s_model to the WEFT_METADATA that weft_engine_open was given", model->name);
    } else if (selectable->kind == WEFT_SELECTABLE_TABLE) {
        (void)wefti_error_set(error, WEFT_ERROR_MODEL, "the table %s has no model", model->name);
        wefti_error_hint(error, "declare one, or write by text SQL; rows are read by weft_rows");
    } else {
        (void)wefti_error_set(error, WEFT_ERROR_MODEL, "the %s %s is no model", noun, model->name);
        wefti_error_hint(error, "name the model itself; this stands in .from and .joins");
    }
    return WEFT_ERROR_MODEL;
}

static const char *sample_fault(const weft_selectable *selectable)
{
    static const char *const methods[] = {"bernoulli", "system", NULL};
    const weft_expr *call = selectable->call;
    if (call == NULL)
        return NULL;
    if (call->op != WEFT_EXPR_FN || call->name == NULL || !wefti_is_named(call->name, methods) || call->args == NULL)
        return "is sampled by something else than weft_sample_bernoulli or weft_sample_system";
    if (call->args[0] == NULL || call->args[0]->op == WEFT_EXPR_END || call->args[1] == NULL ||
        (call->args[1]->op != WEFT_EXPR_END && (call->args[2] == NULL || call->args[2]->op != WEFT_EXPR_END)))
        return "is a sample of a percentage, and perhaps a seed";
    const weft_model *of = selectable->of;
    return of != NULL && of->selectable != NULL && of->selectable->kind != WEFT_SELECTABLE_TABLE ? "is a sample of what is no table"
                                                                                                 : NULL;
}

const char *wefti_selectable_fault(const weft_selectable *selectable)
{
    if (selectable->kind != WEFT_SELECTABLE_ALIAS && selectable->row == NULL)
        return "has no row type";
    switch (selectable->kind) {
    case WEFT_SELECTABLE_ALIAS: return sample_fault(selectable);
    case WEFT_SELECTABLE_CTE:
    case WEFT_SELECTABLE_LATERAL:
    case WEFT_SELECTABLE_SUBQUERY: return selectable->query == NULL ? "has no query" : NULL;
    case WEFT_SELECTABLE_VALUES: return selectable->rows == NULL && selectable->row_count > 0 ? "is NULL" : NULL;
    case WEFT_SELECTABLE_SERIES: return series_fault(selectable);
    case WEFT_SELECTABLE_ELEMENTS:
    case WEFT_SELECTABLE_MEMBERS: return wefti_json_rows_fault(selectable);
    case WEFT_SELECTABLE_ITEMS: return wefti_array_rows_fault(selectable);
    case WEFT_SELECTABLE_PARAMETERS: return "stands in no FROM: weft_param(P, f) is the value of one";
    case WEFT_SELECTABLE_FUNCTION: return selectable->call == NULL || selectable->call->op != WEFT_EXPR_FN ? "is no weft_fn" : NULL;
    default: return NULL;
    }
}

static void walk_values(wefti_walk *walk, const weft_model *model)
{
    const weft_selectable *selectable = model->selectable;
    const weft_row_type *row = selectable->row;
    const wefti_table *table = walk->render != NULL ? wefti_walk_table(walk, model) : NULL;
    const uint32_t first = walk->render != NULL ? walk->render->parameter_count + 1 : 0;
    if (walk->literal)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s: rows of the program's are parameters, and stand in no weft_literally",
                              model->name);
    for (size_t i = 0; i < row->field_count && walk->status == WEFT_OK; i++) {
        const weft_attr *field = &row->fields[i];
        const wefti_array array = {.type = (uint16_t)wefti_attr_type(field),
                                   .size = (uint16_t)field->size,
                                   .count = selectable->row_count,
                                   .base = selectable->rows,
                                   .stride = row->size,
                                   .offset = field->offset};
        const uint16_t item = wefti_walk_item_type(&array);
        uint16_t type;
        uint8_t form;
        if (walk->render == NULL) {
            wefti_walk_lift_array(walk, &array);
            continue;
        }
        const wefti_column *column = &table->columns[i];
        if (wefti_type_is_array(column->type))
            (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED,
                                  "%s.%s: rows of the program's have no arrays; insert them into a table, or give them as JSON",
                                  model->name, field->field);
        else if (!wefti_form_of(item, true, column, column->type, &type, &form))
            (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s.%s has a type that no rows can have", model->name, field->field);
        else if (wefti_walk_has_type(walk, column->type))
            wefti_walk_add_parameter(walk, type, column, form);
    }
    if (walk->render != NULL && walk->status == WEFT_OK)
        walk->dialect->add_values(walk, table, first);
}

static void walk_bound(wefti_walk *walk, const weft_expr *bound, unsigned type)
{
    const weft_expr cast = {.op = WEFT_EXPR_CAST,
                            .value.type = (weft_type)type,
                            .args = (const weft_expr *const[]){bound, &weft_end}};
    wefti_walk_operand(walk, &cast, WEFTI_PRECEDENCE_NONE, NULL);
}

/* First, last, step: from one to the other by steps. Dates are computed as timestamps, for standard SQL has no months of dates. */
static void walk_steps(wefti_walk *walk, const weft_selectable *selectable, unsigned type)
{
    const wefti_steps_sql *sql = &walk->dialect->steps;
    const weft_expr *call = selectable->call;
    const int unit = call->alias;
    const bool standard = sql->open == NULL, date = standard && type == WEFT_DATE;
    const unsigned step = unit == 0 ? type : (unsigned)WEFT_INT64;
    static const char *const names[] = {" AS a, ", " AS z, ", " AS n"};
    static const char *const commas[] = {", ", ", ", ""};
    if (type == WEFT_DATE && unit < WEFT_DAY)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "a series of dates has steps of days and longer; make it one of timestamps");
    wefti_walk_sql(walk, !standard   ? sql->open
                         : date      ? "(SELECT CAST(v.v AS date) AS "
                         : unit == 0 ? "(SELECT f.v AS "
                                     : "(SELECT v.v AS ");
    wefti_walk_identifier(walk, selectable->row->fields[0].field);
    wefti_walk_sql(walk, !standard ? sql->from : unit == 0 ? " FROM generate_series(" : " FROM (SELECT ");
    for (int i = 0; i < 3; i++) {
        wefti_walk_sql(walk, date && i < 2 ? "CAST(" : "");
        walk_bound(walk, call->args[i], i < 2 ? type : step);
        wefti_walk_sql(walk, date && i < 2 ? " AS timestamp)" : "");
        wefti_walk_sql(walk, standard && unit == 0 ? commas[i] : names[i]);
    }
    if (!standard) {
        wefti_walk_sql(walk, ", ");
        wefti_walk_number(walk, unit);
        wefti_walk_sql(walk, sql->close);
    } else if (unit == 0) {
        wefti_walk_sql(walk, ") AS f(v))");
    } else {
        wefti_walk_date_steps(walk, unit);
    }
}

/* It stands in a subquery, which sees nothing of what is around it. */
static void walk_series(wefti_walk *walk, const weft_model *model)
{
    const weft_selectable *selectable = model->selectable;
    const unsigned type = series_type(selectable->row);
    const wefti_series_sql *sql = type == WEFT_DATE ? &walk->dialect->series_of_dates : &walk->dialect->series;
    const weft_expr *bounds[2] = {wefti_walk_argument(walk, selectable->call, 0), wefti_walk_argument(walk, selectable->call, 1)};
    if (walk->status != WEFT_OK)
        return;
    const bool steps = has_steps(selectable->call);
    wefti_walk_no_more(walk, selectable->call, steps ? 3 : 2);
    wefti_walk_note_pair(walk, steps, (uint64_t)(unsigned)selectable->call->alias);
    wefti_render *render = walk->render;
    const uint16_t scope = render != NULL ? render->scope : 0;
    if (render != NULL)
        render->scope = render->source_count;
    if (steps) {
        walk_steps(walk, selectable, type);
    } else {
        wefti_walk_sql(walk, sql->open);
        wefti_walk_identifier(walk, selectable->row->fields[0].field);
        wefti_walk_sql(walk, sql->from);
        walk_bound(walk, bounds[0], type);
        wefti_walk_sql(walk, sql->between);
        walk_bound(walk, bounds[1], type);
        wefti_walk_sql(walk, sql->close);
    }
    if (render != NULL)
        render->scope = scope;
}

static void check_function(wefti_walk *walk, const weft_expr *call)
{
    const wefti_missing_source *missing = walk->render != NULL ? walk->dialect->missing_sources : NULL;
    for (; missing != NULL && missing->name != NULL; missing++)
        if (call->name != NULL && wefti_ascii_equal(wefti_function_name(call->name), missing->name))
            (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED, "%s has no function %s: %s", walk->dialect->capabilities.name,
                                  missing->name, missing->hint);
}

/* Where a subquery may see what stands before it, its columns are cast to the types that the row has. */
static void walk_function(wefti_walk *walk, const weft_model *model)
{
    const weft_expr *call = model->selectable->call;
    const wefti_table *table = walk->render != NULL && walk->dialect->lateral != NULL ? wefti_walk_table(walk, model) : NULL;
    check_function(walk, call);
    wefti_walk_sql(walk, table != NULL ? walk->dialect->lateral : "");
    for (uint16_t i = 0; table != NULL && i < table->column_count && wefti_walk_has_type(walk, table->columns[i].type); i++) {
        wefti_walk_sql(walk, i > 0 ? ", CAST(f.c" : "(SELECT CAST(f.c");
        wefti_walk_number(walk, i + 1);
        wefti_walk_sql(walk, " AS ");
        wefti_walk_sql(walk, walk->dialect->names[table->columns[i].type].cast);
        wefti_walk_sql(walk, ") AS ");
        wefti_walk_identifier(walk, table->columns[i].name);
    }
    wefti_walk_sql(walk, table != NULL ? " FROM " : "");
    wefti_walk_operand(walk, call, WEFTI_PRECEDENCE_NONE, NULL);
    for (uint16_t i = 0; table != NULL && i < table->column_count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", c" : " AS f(c");
        wefti_walk_number(walk, i + 1);
    }
    wefti_walk_sql(walk, table != NULL ? "))" : "");
}

void wefti_walk_rows_source(wefti_walk *walk, const weft_model *model)
{
    switch (model->selectable->kind) {
    case WEFT_SELECTABLE_VALUES: walk_values(walk, model); break;
    case WEFT_SELECTABLE_SERIES: walk_series(walk, model); break;
    case WEFT_SELECTABLE_FUNCTION: walk_function(walk, model); break;
    case WEFT_SELECTABLE_ELEMENTS:
    case WEFT_SELECTABLE_MEMBERS: wefti_walk_json_rows(walk, model); break;
    case WEFT_SELECTABLE_ITEMS: wefti_walk_array_rows(walk, model); break;
    default: return;
    }
    wefti_walk_note(walk, WEFTI_NOTE_END);
}

void wefti_walk_sampled(wefti_walk *walk, const weft_model *model)
{
    const weft_selectable *selectable = model != NULL ? model->selectable : NULL;
    if (walk->status != WEFT_OK || selectable == NULL || selectable->kind != WEFT_SELECTABLE_ALIAS || selectable->call == NULL)
        return;
    static const wefti_hint number = {.type = WEFT_DOUBLE};
    const weft_expr *const *args = selectable->call->args;
    if (walk->render != NULL && !walk->dialect->samples)
        (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED, "%s takes no samples of tables, as %s is one",
                              walk->dialect->capabilities.name, model->name);
    wefti_walk_sql(walk,
                   wefti_ascii_equal(selectable->call->name, "system") ? " TABLESAMPLE SYSTEM (" : " TABLESAMPLE BERNOULLI (");
    wefti_walk_operand(walk, args[0], WEFTI_PRECEDENCE_NONE, &number);
    wefti_walk_sql(walk, ")");
    if (args[1]->op != WEFT_EXPR_END) {
        wefti_walk_sql(walk, " REPEATABLE (");
        wefti_walk_operand(walk, args[1], WEFTI_PRECEDENCE_NONE, &number);
        wefti_walk_sql(walk, ")");
    }
    wefti_walk_note(walk, WEFTI_NOTE_END);
}
