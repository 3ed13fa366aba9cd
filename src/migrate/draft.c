/* Operations as the parts of a revision's file. What is written is read again: a text that would mean something else, for a line of
 * it looks like a directive, is an error. */
#include "migrate/diff.h"

#include "base/error.h"
#include "base/memory.h"
#include "schema/naming.h"
#include "schema/render.h"

#include <string.h>

#include <weft/migrate.h>

#define LINE 100

typedef struct writer {
    const wefti_migrate_dialect *dialect;
    const wefti_ddl *ddl;
    wefti_text *text;
    const char *place; /* the schema that the database's texts name where the file is to name none; or NULL */
    bool destructive;  /* to be said before the next statement */
    uint32_t steps;    /* written */
} writer;

/* broken: the items of the first parenthesis each on a line of their own. */
static void add_sql(writer *w, const char *sql, bool broken)
{
    const char *at = sql;
    int depth = 0;
    bool done = false;
    for (;;) {
        const char *begin = at;
        const wefti_sql_token kind = wefti_sql_next(w->dialect->cut->sql, &at);
        if (kind == WEFTI_SQL_END)
            return;
        if (wefti_add_without_place(w->text, w->place, kind, begin, &at))
            continue;
        const char sign = kind == WEFTI_SQL_OTHER && broken && !done ? *begin : '\0';
        depth += sign == '(';
        depth -= sign == ')';
        done = done || (sign == ')' && depth == 0);
        if (done && sign == ')')
            wefti_text_add_char(w->text, '\n');
        wefti_text_add_bytes(w->text, begin, (size_t)(at - begin));
        if ((sign == '(' && depth == 1) || (sign == ',' && depth == 1)) {
            wefti_text_add(w->text, "\n    ");
            while (*at == ' ')
                at++;
        }
    }
}

static weft_status add_statement(void *context, const char *sql, weft_error *error)
{
    writer *w = context;
    const char *at = sql;
    wefti_piece piece;
    (void)error;
    if (!wefti_split_next(w->dialect->cut, &at, &piece))
        return WEFT_OK;
    wefti_text_add(w->text, w->destructive ? "-- destructive\n" : "");
    wefti_text_add(w->text, piece.concurrent && w->dialect->cut->routines ? "-- no transaction\n" : "");
    w->destructive = false;
    const char *const create = "CREATE TABLE ";
    add_sql(w, sql, strlen(sql) > LINE && strncmp(sql, create, strlen(create)) == 0);
    wefti_text_add(w->text, ";\n");
    w->steps++;
    return WEFT_OK;
}

static weft_status ignore(void *context, const char *sql, weft_error *error)
{
    (void)context;
    (void)sql;
    (void)error;
    return WEFT_OK;
}

/* A new column for which the rows that are there have nothing. */
static void add_warning(writer *w, const weft_schema_column *column)
{
    if (!column->nullable && column->server_default == NULL && column->generated == NULL && !column->identity &&
        !column->identity_always)
        wefti_text_add_format(w->text, "-- fails where there are rows: %s has no default, and is not to be NULL\n", column->name);
}

static bool takes_rows(const wefti_op_rebuild_table *rebuild, const char *column)
{
    for (const char *const *name = rebuild->columns; *name != NULL; name++)
        if (strcmp(*name, column) == 0)
            return true;
    return false;
}

static weft_status add_rebuild(writer *w, const wefti_op *op, weft_error *error)
{
    const wefti_op_rebuild_table *rebuild = &op->of.rebuild_table;
    const wefti_op create = {WEFTI_OP_CREATE_TABLE, .of.create_table = {rebuild->table, false}};
    weft_status status = wefti_op_render(w->ddl, op, ignore, NULL, error); /* whether it can be */
    if (status != WEFT_OK)
        return status;
    for (size_t i = 0; i < rebuild->table->column_count; i++)
        if (!takes_rows(rebuild, rebuild->table->columns[i].name))
            add_warning(w, &rebuild->table->columns[i]);
    wefti_text_add(w->text, "-- rebuild ");
    wefti_add_identifier(w->text, rebuild->table->name);
    wefti_text_add_char(w->text, '\n');
    status = wefti_op_render(w->ddl, &create, add_statement, w, error);
    for (size_t i = rebuild->index_count; i < rebuild->table->index_count && status == WEFT_OK; i++) {
        const wefti_op index = {WEFTI_OP_CREATE_INDEX,
                                .of.create_index = {wefti_def_name_of(rebuild->table), &rebuild->table->indexes[i], false}};
        status = wefti_op_render(w->ddl, &index, add_statement, w, error);
    }
    return status;
}

static weft_status add_operations(writer *w, const weft_ops *ops, weft_error *error)
{
    weft_status status = weft_ops_status(ops, error);
    for (size_t i = 0; i < ops->list.count && status == WEFT_OK; i++) {
        const wefti_op *op = &ops->list.items[i];
        w->destructive = weft_ops_is_destructive(ops, i);
        if (op->kind == WEFTI_OP_ADD_COLUMN)
            add_warning(w, op->of.add_column.column);
        status =
            op->kind == WEFTI_OP_REBUILD_TABLE ? add_rebuild(w, op, error) : wefti_op_render(w->ddl, op, add_statement, w, error);
    }
    w->destructive = false;
    return status;
}

static weft_status read_again(const writer *up, const writer *down, const char *parts, weft_error *error)
{
    static const char head[] = "-- revision: draft\n-- parents: none\n";
    wefti_arena arena;
    wefti_text text;
    wefti_revision revision;
    wefti_arena_init(&arena, 0);
    wefti_text_init(&text, 0);
    wefti_text_add(&text, head);
    wefti_text_add(&text, parts);
    weft_status status = text.failed
                             ? wefti_error_memory(error)
                             : wefti_file_read(up->dialect, &arena, "the draft", text.data, text.size, NULL, &revision, error);
    if (status == WEFT_OK && (revision.up.count != up->steps || revision.down.count != down->steps)) {
        status = wefti_error_set(error, WEFT_ERROR_UNSUPPORTED,
                                 "a text in the schema has a line that a revision's file would take for a directive");
        wefti_error_hint(error, "write this change as a revision in C, or change the comment that begins with \"--\"");
    }
    wefti_text_deinit(&text);
    wefti_arena_deinit(&arena);
    return status;
}

/* Texts of the database name its schema; a file is for whoever has the tables in another one, too. A table of that name makes
 * it the name of a table's column. */
static const char *place_of(const wefti_diff *diff)
{
    const wefti_definition *found = &diff->found->definition;
    for (size_t i = 0; found->place != NULL && i < found->table_count; i++)
        if (strcmp(found->tables[i].name, found->place) == 0)
            return NULL;
    return found->place;
}

weft_status wefti_diff_write(const wefti_migrate_dialect *dialect, const wefti_diff *diff, bool compared, wefti_text *text,
                             weft_error *error)
{
    const weft_ops *const ways[] = {diff->up, diff->down};
    writer writers[2];
    weft_status status = WEFT_OK;
    for (int i = 0; i < 2 && status == WEFT_OK; i++) {
        writers[i] = (writer){.dialect = dialect, .ddl = diff->wanted->ddl, .text = text, .place = i == 1 ? place_of(diff) : NULL};
        wefti_text_add_format(text, "%s-- %s %s\n%s", i > 0 ? "\n" : "", i == 0 ? "up" : "down", dialect->name,
                              compared ? "" : "-- not compared\n");
        status = add_operations(&writers[i], ways[i], error);
    }
    if (status == WEFT_OK && text->failed)
        status = wefti_error_memory(error);
    return status == WEFT_OK ? read_again(&writers[0], &writers[1], text->data, error) : status;
}

/* The same for a database that is not asked. */
static weft_status write_other(const weft_migrate *m, const wefti_migrate_dialect *dialect, const wefti_diff *diff,
                               const char *renames, wefti_text *text, weft_error *error)
{
    wefti_diff other = {0};
    weft_status status = wefti_diff_wanted(m, dialect->name, &other.wanted, error);
    if (status == WEFT_OK) {
        other.wanted->own_views = diff->wanted->own_views;
        status = wefti_diff_translate(diff, other.wanted, m->dialect->cast, &other.found, error);
    }
    if (status == WEFT_OK)
        status = wefti_diff_compare(NULL, &other, renames, error);
    if (status == WEFT_OK)
        status = wefti_diff_write(dialect, &other, false, text, error);
    wefti_diff_free(&other);
    return status;
}

weft_status weft_migrate_draft(weft_migrate *migrate, const weft_draft_options *options, char **text, weft_error *error)
{
    static const weft_draft_options none;
    weft_error own = {0};
    error = error != NULL ? error : &own;
    if (text == NULL || migrate == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_migrate_draft needs a weft_migrate, and a place for the text");
    *text = NULL;
    wefti_error_clear(error);
    options = options != NULL ? options : &none;
    const wefti_migrate_dialect *dialect =
        options->driver != NULL ? wefti_migrate_dialect_of(options->driver, strlen(options->driver)) : migrate->dialect;
    if (dialect == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "\"%s\" is no database that weft migrates", options->driver);
    wefti_diff diff;
    wefti_text made;
    wefti_text_init(&made, 0);
    wefti_text_add(&made, "");
    weft_status status = wefti_diff_read(migrate, options->renames, &diff, error);
    if (status == WEFT_OK && weft_ops_count(diff.up) > 0)
        status = dialect == migrate->dialect ? wefti_diff_write(dialect, &diff, true, &made, error)
                                             : write_other(migrate, dialect, &diff, options->renames, &made, error);
    if (status == WEFT_OK && (*text = wefti_text_take(&made, NULL)) == NULL)
        status = wefti_error_memory(error);
    wefti_text_deinit(&made);
    wefti_diff_free(&diff);
    return status;
}
