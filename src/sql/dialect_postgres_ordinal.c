/* INSERT from arrays that says which row is which: the rows carry their numbers, and the key that the database makes is made beside
 * them, by the column's own default, before it is inserted. The answer has, for each row, its number, whether the key that was
 * stored is the one made for it (a trigger may have stored another, or nothing), and the columns to give back.
 *
 * INSERT can return nothing of its source, and the order of what it returns promises nothing: the rows it returns are numbered
 * here, and the numbers believed only where the keys agree. */
#include "sql/dialect_postgres.h"

static const wefti_column *column_of(const wefti_dml *dml, uint16_t index) { return &dml->table->columns[index]; }

static void render_numbered(wefti_walk *walk, const char *prefix, uint16_t count)
{
    for (uint16_t i = 1; i <= count; i++) {
        wefti_walk_sql(walk, ", ");
        wefti_walk_sql(walk, prefix);
        wefti_walk_number(walk, i);
    }
}

/* weft_v(n, k, c1, …): the rows with their numbers and keys. */
static void render_source(wefti_walk *walk, const wefti_dml *dml)
{
    wefti_walk_sql(walk, "WITH weft_v AS MATERIALIZED (SELECT n, (");
    wefti_walk_sql(walk, dml->key_default);
    wefti_walk_sql(walk, ")::");
    wefti_walk_sql(walk, dml->key_type);
    wefti_walk_sql(walk, " AS k");
    render_numbered(walk, "c", dml->column_count);
    wefti_walk_sql(walk, " FROM ");
    wefti_walk_rows(walk, dml);
    wefti_walk_sql(walk, " WITH ORDINALITY AS weft_u(c1");
    for (uint16_t i = 2; i <= dml->column_count; i++) {
        wefti_walk_sql(walk, ", c");
        wefti_walk_number(walk, i);
    }
    wefti_walk_sql(walk, ", n))");
}

/* weft_i(r1, …): what was inserted. */
static void render_insert(wefti_walk *walk, const wefti_dml *dml)
{
    wefti_walk_sql(walk, ", weft_i AS (INSERT INTO ");
    wefti_walk_table_name(walk, dml->table);
    wefti_walk_sql(walk, " (");
    wefti_walk_identifier(walk, column_of(dml, dml->key_column)->name);
    for (uint16_t i = 0; i < dml->column_count; i++) {
        wefti_walk_sql(walk, ", ");
        wefti_walk_identifier(walk, column_of(dml, dml->columns[i])->name);
    }
    wefti_walk_sql(walk, ") OVERRIDING SYSTEM VALUE SELECT k");
    for (uint16_t i = 0; i < dml->column_count; i++) {
        wefti_walk_sql(walk, ", ");
        wefti_walk_row_column(walk, "", "c", (uint16_t)(i + 1), column_of(dml, dml->columns[i]));
    }
    wefti_walk_sql(walk, " FROM weft_v ORDER BY n RETURNING ");
    for (uint16_t i = 0; i < dml->returning_count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        wefti_walk_identifier(walk, dml->table->name);
        wefti_walk_sql(walk, ".");
        wefti_walk_identifier(walk, column_of(dml, dml->returning[i])->name);
        wefti_walk_sql(walk, " AS r");
        wefti_walk_number(walk, i + 1);
    }
    wefti_walk_sql(walk, ")");
}

void wefti_postgres_insert_ordinal(wefti_walk *walk, const wefti_dml *dml)
{
    render_source(walk, dml);
    render_insert(walk, dml);
    wefti_walk_sql(walk, ", weft_r AS (SELECT row_number() OVER () AS n, weft_i.* FROM weft_i) "
                         "SELECT weft_v.n, weft_v.k IS NOT DISTINCT FROM weft_r.r1");
    wefti_walk_add_result(walk, WEFT_INT64);
    wefti_walk_add_result(walk, WEFT_BOOL);
    for (uint16_t i = 0; i < dml->returning_count; i++)
        wefti_walk_add_column_result(walk, column_of(dml, dml->returning[i]));
    render_numbered(walk, "r", dml->returning_count);
    wefti_walk_sql(walk, " FROM weft_v LEFT JOIN weft_r ON weft_r.n = weft_v.n");
    walk->render->returns_rows = true;
}
