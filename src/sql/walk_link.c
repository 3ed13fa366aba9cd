/* Rows of many-to-many tables that may be there already: inserted where they are not, so that a link is one row however often it
 * was made. Whether one is there is asked of the table itself, not of a constraint, which such a table may lack. */
#include "sql/walk_expr.h"

static const wefti_column *column_of(const wefti_dml *dml, uint16_t i) { return &dml->table->columns[dml->columns[i]]; }

/* c1 or $1: the i-th value of the row. */
static void render_value(wefti_walk *walk, const wefti_dml *dml, const char *rows, uint16_t i)
{
    if (dml->kind == WEFTI_LINK) {
        wefti_walk_placeholder(walk, i + 1u);
        return;
    }
    wefti_walk_sql(walk, rows);
    wefti_walk_sql(walk, ".c");
    wefti_walk_number(walk, i + 1);
}

static void render_rows(wefti_walk *walk, const wefti_dml *dml, const char *rows)
{
    if (dml->kind == WEFTI_LINK)
        return;
    wefti_walk_sql(walk, " FROM ");
    wefti_walk_sql(walk, walk->dialect->rows_open);
    for (uint16_t i = 0; i < dml->column_count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        wefti_walk_placeholder(walk, i + 1u);
        const wefti_column *column = column_of(dml, i);
        wefti_walk_cast_to(walk, column->cast != NULL ? column->cast : walk->dialect->names[column->type].cast);
        wefti_walk_sql(walk, walk->dialect->array_of);
    }
    wefti_walk_sql(walk, walk->dialect->rows_close);
    wefti_walk_sql(walk, " AS ");
    wefti_walk_sql(walk, rows);
    for (uint16_t i = 0; i < dml->column_count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", c" : "(c");
        wefti_walk_number(walk, i + 1);
    }
    wefti_walk_sql(walk, ")");
}

void wefti_walk_link(wefti_walk *walk, const wefti_dml *dml)
{
    const char *rows = strcmp(dml->table->name, "v") == 0 ? "w" : "v"; /* any but the table's own */
    wefti_walk_sql(walk, "INSERT INTO ");
    wefti_walk_table_name(walk, dml->table);
    for (uint16_t i = 0; i < dml->column_count; i++) {
        const wefti_column *column = column_of(dml, i);
        uint16_t type = dml->kind == WEFTI_LINK ? column->type : (uint16_t)(column->type | WEFTI_ARRAY);
        wefti_walk_add_parameter(walk, type, column, WEFTI_FORM_PLAIN);
        wefti_walk_sql(walk, i > 0 ? ", " : " (");
        wefti_walk_identifier(walk, column->name);
    }
    wefti_walk_sql(walk, ") SELECT ");
    for (uint16_t i = 0; i < dml->column_count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        render_value(walk, dml, rows, i);
    }
    render_rows(walk, dml, rows);
    wefti_walk_sql(walk, " WHERE NOT EXISTS (SELECT 1 FROM ");
    wefti_walk_table_name(walk, dml->table);
    for (uint16_t i = 0; i < dml->column_count; i++) {
        wefti_walk_sql(walk, i > 0 ? " AND " : " WHERE ");
        wefti_walk_identifier(walk, dml->table->name);
        wefti_walk_sql(walk, ".");
        wefti_walk_identifier(walk, column_of(dml, i)->name);
        wefti_walk_sql(walk, " = ");
        render_value(walk, dml, rows, i);
    }
    wefti_walk_sql(walk, dml->conflict != NULL ? ") ON CONFLICT DO NOTHING" : ")");
}
