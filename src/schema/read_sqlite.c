/* What SQLite's catalogue says: its pragmas as tables of which a statement can be made, and the statements that it keeps of tables
 * and indexes, where all stands that pragmas do not tell (read_sqlite_text.c). */
#include "schema/read_sqlite.h"

#include "base/error.h"
#include "base/locale.h"
#include "base/sqltext.h"

#include <string.h>

/* Tables of modules (FTS, R-tree) have further ones in their shadow, which are theirs. */
static const char relations[] =
    "SELECT s.rowid, tl.name, tl.type, tl.wr, tl.strict, s.sql FROM pragma_table_list AS tl JOIN main.sqlite_schema AS s "
    "ON s.name = tl.name AND s.type IN ('table', 'view') WHERE tl.schema = 'main' AND tl.type IN ('table', 'view', 'virtual') "
    "AND tl.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY s.rowid";

static weft_status take_relation(void *context, const weft_value *cells, weft_error *error)
{
    wefti_reading *r = context;
    const char *name = wefti_read_text(r, &cells[1]), *type = wefti_read_text(r, &cells[2]), *text = wefti_read_text(r, &cells[5]);
    (void)error;
    if (r->status != WEFT_OK)
        return r->status;
    weft_relation_kind kind = strcmp(type, "view") == 0      ? WEFT_RELATION_VIEW
                              : strcmp(type, "virtual") == 0 ? WEFT_RELATION_FOREIGN_TABLE
                                                             : WEFT_RELATION_TABLE;
    if (kind == WEFT_RELATION_VIEW && r->options->no_views)
        return WEFT_OK;
    wefti_read_table *table = wefti_read_add_table(r, wefti_read_integer(&cells[0]), kind, r->default_schema, name);
    if (table == NULL)
        return r->status;
    table->table.without_rowid = wefti_read_truth(&cells[3]);
    table->table.strict = wefti_read_truth(&cells[4]);
    table->text = text;
    if (kind == WEFT_RELATION_VIEW)
        table->table.definition = wefti_read_view_text(r, text);
    else if (kind == WEFT_RELATION_FOREIGN_TABLE)
        wefti_read_keep(r, table, text);
    return r->status;
}

/* ---- columns ---- */

/* hidden: 0, 1 of a module's own, 2 and 3 computed (read, stored). */
#define COLUMNS(which) \
    "SELECT s.rowid, x.name, x.type, x.\"notnull\", x.dflt_value, x.pk, x.hidden FROM main.sqlite_schema AS s " \
    "JOIN pragma_table_xinfo(s.name, 'main') AS x WHERE s.type IN ('table', 'view') AND " which " ORDER BY s.rowid, x.cid"
static const char columns[] = COLUMNS("x.hidden <> 1"), columns_of_one[] = COLUMNS("x.hidden <> 1 AND s.rowid = $1"),
                  every_one[] = "SELECT max(x.cid) FROM main.sqlite_schema AS s JOIN pragma_table_xinfo(s.name, 'main') AS x "
                                "WHERE s.type IN ('table', 'view')";

/* "VARCHAR(20)", "DECIMAL_TEXT(10, 2)": the word, and up to two numbers. */
static size_t cut_type(const char *declared, int numbers[2], int *count)
{
    const char *at = declared;
    size_t size = strcspn(declared, "(");
    numbers[0] = numbers[1] = *count = 0;
    for (at += size; *at == '(' || *at == ','; (*count)++) {
        int64_t number;
        at++;
        at += strspn(at, " ");
        size_t digits = strspn(at, "0123456789");
        if (*count == 2 || digits == 0 || digits > 9 || !wefti_int64_parse(at, digits, &number))
            return 0;
        numbers[*count] = (int)number;
        at += digits;
        at += strspn(at, " ");
    }
    if (*count > 0 && strcmp(at, ")") != 0)
        return 0;
    while (size > 0 && declared[size - 1] == ' ')
        size--;
    return size;
}

/* A declared type that weft would write; else as it is. */
static void set_type(const wefti_reading *r, weft_schema_column *column, const char *declared)
{
    int numbers[2], count;
    const size_t size = cut_type(declared, numbers, &count);
    const weft_type type = wefti_read_type_named(r->ddl, declared, size);
    if (size == strlen("VARCHAR") && wefti_ascii_begins(declared, "VARCHAR") && count == 1 && numbers[0] > 0) {
        column->type = WEFT_TEXT;
        column->length = numbers[0];
    } else if (type != WEFT_UNMAPPED && (count == 0 || (type == WEFT_DECIMAL && count == 2 && numbers[0] > 0))) {
        column->array = wefti_type_is_array(type);
        column->type = column->array ? wefti_type_of(type)->element : (uint8_t)type;
        column->precision = numbers[0];
        column->scale = numbers[1];
    } else {
        column->sql_type = declared; /* may be empty: SQLite takes any value then */
    }
}

/* A name in the place of a default is a text for SQLite, whose quotes those of names may be; elsewhere it would be a column. */
static const char *default_text(wefti_reading *r, const char *value)
{
    static const char *const words[] = {"NULL", "TRUE", "FALSE", "CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP"};
    const char *end = value;
    if (value == NULL || wefti_sql_next(&wefti_sql_rules_sqlite, &end) != WEFTI_SQL_NAME || *end != '\0')
        return value;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (wefti_ascii_equal(value, words[i]))
            return value;
    char *name = wefti_arena_alloc(r->arena, (size_t)(end - value) + 1),
         *text = wefti_arena_alloc(r->arena, 2 * (size_t)(end - value) + 3);
    if (name == NULL || text == NULL) {
        r->status = wefti_error_memory(r->error);
        return NULL;
    }
    wefti_sql_unquote(value, end, name);
    char *to = text;
    *to++ = '\'';
    for (const char *from = name; *from != '\0'; from++) {
        *to++ = *from;
        if (*from == '\'')
            *to++ = '\'';
    }
    memcpy(to, "'", 2);
    return text;
}

static weft_status take_column(void *context, const weft_value *cells, weft_error *error)
{
    wefti_reading *r = context;
    weft_schema_column *column = wefti_read_add_column(r, wefti_read_integer(&cells[0]), &cells[1]);
    (void)error;
    if (column == NULL)
        return r->status;
    const char *declared = wefti_read_text(r, &cells[2]);
    if (declared != NULL)
        set_type(r, column, declared);
    column->nullable = !wefti_read_truth(&cells[3]) && !(r->latest->table.without_rowid && wefti_read_integer(&cells[5]) > 0);
    column->server_default = default_text(r, wefti_read_text(r, &cells[4]));
    column->stored = wefti_read_integer(&cells[6]) == 3;
    return r->status;
}

static weft_status ignore_row(void *context, const weft_value *cells, weft_error *error)
{
    (void)context, (void)cells, (void)error;
    return WEFT_OK;
}

/* Whether the database answers, and does not say that it cannot know. */
static bool answers(wefti_reading *r, const char *sql, const weft_value *parameter, wefti_read_row on_row)
{
    if (r->status != WEFT_OK)
        return false;
    wefti_read_ask(r, sql, parameter, parameter != NULL ? 1 : 0, on_row);
    if (r->status != WEFT_ERROR_SQL && r->status != WEFT_ERROR_NO_TABLE)
        return r->status == WEFT_OK;
    r->status = WEFT_OK;
    wefti_error_clear(r->error);
    return false;
}

/* A view that does not compile (a table is gone, a function is the program's) and a virtual table whose module is not there have no
 * columns, and are there all the same. One query where there is none of them. */
static void read_columns(wefti_reading *r)
{
    if (answers(r, every_one, NULL, ignore_row)) {
        wefti_read_ask(r, columns, NULL, 0, take_column);
        return;
    }
    for (size_t i = 0; r->status == WEFT_OK && i < r->tables.count; i++) {
        const wefti_read_table *table = &((wefti_read_table *)r->tables.items)[i];
        const weft_value id = weft_value_int64(table->id);
        if (table->table.kind == WEFT_RELATION_TABLE)
            wefti_read_ask(r, columns_of_one, &id, 1, take_column);
        else
            (void)answers(r, columns_of_one, &id, take_column);
    }
}

/* ---- the rest ---- */

/* Those without a statement belong to constraints. */
static const char statements[] =
    "SELECT t.rowid, i.type, i.name, i.sql FROM main.sqlite_schema AS i JOIN main.sqlite_schema AS t ON t.name = i.tbl_name "
    "AND t.type IN ('table', 'view') WHERE i.type IN ('index', 'trigger') AND i.sql IS NOT NULL ORDER BY t.rowid, i.type, i.name";

static weft_status take_statement(void *context, const weft_value *cells, weft_error *error)
{
    wefti_reading *r = context;
    wefti_read_table *table = wefti_read_table_of(r, wefti_read_integer(&cells[0]));
    (void)error;
    if (table == NULL)
        return r->status;
    const char *name = wefti_read_text(r, &cells[2]), *text = wefti_read_text(r, &cells[3]);
    if (cells[1].as.s.data[0] == 't')
        wefti_read_keep(r, table, text);
    else if (text != NULL)
        wefti_read_index_text(r, table, name, text);
    return r->status;
}

void wefti_read_sqlite(wefti_reading *r)
{
    for (const char *const *name = r->options->schemas; name != NULL && *name != NULL; name++)
        if (!wefti_ascii_equal(*name, "main"))
            r->status = wefti_error_set(r->error, WEFT_ERROR_NOT_FOUND, "there is no schema \"%s\": SQLite has main alone", *name);
    r->default_schema = "main";
    wefti_read_ask(r, relations, NULL, 0, take_relation);
    read_columns(r);
    for (size_t i = 0; r->status == WEFT_OK && i < r->tables.count; i++) {
        wefti_read_table *table = &((wefti_read_table *)r->tables.items)[i];
        if (table->table.kind == WEFT_RELATION_TABLE)
            wefti_read_table_text(r, table);
    }
    wefti_read_ask(r, statements, NULL, 0, take_statement);
}
