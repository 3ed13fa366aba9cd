/* Columns that say into which field of a row they go (weft_put): a label that names the row, too. They are put into the order of
 * the fields, so that everything else finds them by their places. */
#include "sql/walk_select.h"

#include "base/error.h"
#include "base/memory.h"

/* Rows of one name are one row: each file that includes its declaration has a copy of it. */
static bool same_row(const weft_row_type *a, const weft_row_type *b)
{
    return a == b || (a->size == b->size && a->field_count == b->field_count && strcmp(a->name, b->name) == 0);
}

/* The number of the field, or that of all fields after an error. */
static size_t field_of(wefti_walk *walk, const weft_row_type *row, const weft_expr *column)
{
    const weft_row_type *own = wefti_put_row(column);
    size_t i = 0;
    if (own == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_put of %s stands beside a column without: either all have it or none",
                              row->name);
    else if (!same_row(own, row))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_put of %s stands beside one of %s", row->name, own->name);
    while (i < row->field_count && row->fields[i].offset != column->offset)
        i++;
    if (i == row->field_count)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_put: %s is no field that WEFT_ROW of %s lists", column->name,
                              row->name);
    return walk->status == WEFT_OK ? i : row->field_count;
}

const weft_expr *const *wefti_walk_put_in_order(wefti_walk *walk, const weft_expr *const *columns)
{
    const weft_row_type *row = !wefti_list_ends(columns, 0) ? wefti_put_row(columns[0]) : NULL;
    if (row == NULL || walk->status != WEFT_OK)
        return columns;
    const weft_expr **list = wefti_walk_room(walk, (row->field_count + 1) * sizeof *list);
    for (size_t i = 0; list != NULL && walk->status == WEFT_OK && !wefti_list_ends(columns, i); i++) {
        const size_t field = field_of(walk, row, columns[i]);
        if (field < row->field_count && list[field] != NULL)
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_put gives %s.%s twice", row->name, row->fields[field].field);
        if (field < row->field_count)
            list[field] = columns[i];
    }
    for (size_t i = 0; list != NULL && walk->status == WEFT_OK && i < row->field_count; i++)
        if (list[i] == NULL)
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "no weft_put gives %s.%s", row->name, row->fields[i].field);
    if (list == NULL || walk->status != WEFT_OK)
        return columns;
    list[row->field_count] = &weft_end;
    return list;
}

void wefti_walk_check_put(wefti_walk *walk, const weft_expr *column, const wefti_table *made)
{
    const weft_row_type *row = wefti_put_row(column), *wanted = made != NULL ? made->model->selectable->row : NULL;
    if (row != NULL && wanted != NULL && !same_row(row, wanted))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_put of %s stands in the query of %s, whose row is %s", row->name,
                              made->name, wanted->name);
}

const weft_expr *wefti_put_meant(const weft_expr *const *columns, const weft_expr *expr)
{
    for (size_t i = 0; expr->op == WEFT_EXPR_LABEL && expr->args == NULL && !wefti_list_ends(columns, i); i++)
        if (columns[i]->op == WEFT_EXPR_LABEL && columns[i]->name != NULL && expr->name != NULL &&
            strcmp(columns[i]->name, expr->name) == 0)
            return columns[i];
    return expr;
}

WEFTI_HOT weft_status wefti_query_check_row(const weft_rows_options *query, const weft_row_type *type, weft_error *error)
{
    const weft_write *write = query->write;
    const weft_expr *said = write == NULL            ? query->columns
                            : write->insert != NULL  ? write->insert->returning
                            : write->update != NULL  ? write->update->returning
                            : write->delete_ != NULL ? write->delete_->returning
                                                     : NULL;
    const weft_expr *alone[2], *const *columns = wefti_items(said, alone);
    const weft_row_type *row = !wefti_list_ends(columns, 0) ? wefti_put_row(columns[0]) : NULL;
    if (row == NULL || type == NULL || same_row(row, type))
        return WEFT_OK;
    return wefti_error_set(error, WEFT_ERROR_MISUSE, "the columns are put into %s by weft_put, and its rows are read into %s",
                           row->name, type->name);
}
