/* A table built anew, by the steps that SQLite documents for what ALTER TABLE cannot do: the new one beside the old, the rows,
 * the old one away, the new one in its place, then indexes and triggers. Foreign keys must be off, or dropping the old table
 * deletes the rows that refer to it: they can be turned off outside of a transaction only, which is the caller's part. */
#include "schema/render_sqlite.h"

#include "base/limits.h"
#include "base/locale.h"

#include <string.h>

const wefti_rebuild_sql wefti_ddl_sqlite_rebuild_sql = {.keys = "PRAGMA foreign_keys",
                                                        .keys_on = "PRAGMA foreign_keys = ON",
                                                        .keys_off = "PRAGMA foreign_keys = OFF",
                                                        .renaming = "PRAGMA legacy_alter_table",
                                                        .renaming_on = "PRAGMA legacy_alter_table = ON",
                                                        .renaming_off = "PRAGMA legacy_alter_table = OFF",
                                                        .orphans = "PRAGMA foreign_key_check"};

/* A trigger, or an index in the words that made it. */
static bool is_statement(const char *kept) { return wefti_ascii_begins(kept, "CREATE "); }

static bool is_autoincrement(const char *kept)
{
    static const char word[] = "AUTOINCREMENT";
    const size_t size = strlen(kept), last = sizeof word - 1;
    return size >= last && wefti_ascii_equal(kept + size - last, word);
}

bool wefti_ddl_sqlite_autoincrement(const weft_schema_table *table)
{
    for (const char *const *kept = table->kept; kept != NULL && *kept != NULL; kept++)
        if (!is_statement(*kept) && is_autoincrement(*kept))
            return true;
    return false;
}

/* What would be lost is refused. */
static void check_kept(wefti_render_ddl *r, const weft_schema_table *table)
{
    for (const char *const *kept = table->kept; kept != NULL && *kept != NULL; kept++)
        if (!is_statement(*kept) && !is_autoincrement(*kept))
            wefti_ddl_cannot(r, "write the table's rebuild by hand, with what it has",
                             "building \"%s\" anew is not possible: it has %.200s", table->name, *kept);
}

static void say(wefti_render_ddl *r, const char *sql)
{
    wefti_ddl_add(r, sql);
    wefti_ddl_send(r);
}

static void add_columns(wefti_render_ddl *r, const wefti_op_rebuild_table *rebuild)
{
    wefti_ddl_add_if(r, rebuild->keeps_rowids, "rowid");
    for (size_t i = 0; rebuild->columns[i] != NULL; i++) {
        wefti_ddl_add_if(r, i > 0 || rebuild->keeps_rowids, ", ");
        wefti_ddl_add_name(r, rebuild->columns[i]);
    }
}

static void copy_rows(wefti_render_ddl *r, const wefti_op_rebuild_table *rebuild, const char *beside)
{
    if (rebuild->columns[0] == NULL && !rebuild->keeps_rowids)
        return; /* nothing that both have: rows would be empty */
    wefti_ddl_add(r, "INSERT INTO ");
    wefti_ddl_add_name(r, beside);
    wefti_ddl_add(r, " (");
    add_columns(r, rebuild);
    wefti_ddl_add(r, ") SELECT ");
    add_columns(r, rebuild);
    wefti_ddl_add(r, " FROM ");
    wefti_ddl_add_name(r, rebuild->table->name);
    wefti_ddl_send(r);
}

/* SQLite takes the text 'x' into a column of numbers, where nobody can read it. The constraint's name is what the error says. */
static void check_numbers(wefti_render_ddl *r, const wefti_op_rebuild_table *rebuild, const char *beside)
{
    for (const char *const *column = rebuild->numbers; column != NULL && *column != NULL; column++) {
        bool whole = false;
        for (const char *const *one = rebuild->whole; one != NULL && *one != NULL; one++)
            whole = whole || strcmp(*one, *column) == 0;
        wefti_text name;
        wefti_text_init(&name, 0);
        wefti_text_add_format(&name, "%s.%s has a value that is no %snumber", rebuild->table->name, *column, whole ? "whole " : "");
        wefti_ddl_add(r, "CREATE TEMP TABLE weft_numbers (count INTEGER, CONSTRAINT ");
        wefti_add_identifier(&r->text, name.failed ? "" : name.data);
        wefti_ddl_add(r, " CHECK (count = 0))");
        r->text.failed = r->text.failed || name.failed;
        wefti_text_deinit(&name);
        wefti_ddl_send(r);
        wefti_ddl_add(r, "INSERT INTO temp.weft_numbers SELECT count(*) FROM ");
        wefti_ddl_add_name(r, beside);
        wefti_ddl_add(r, " WHERE typeof(");
        wefti_ddl_add_name(r, *column);
        wefti_ddl_add(r, whole ? ") IN ('text', 'blob', 'real')" : ") IN ('text', 'blob')");
        wefti_ddl_send(r);
        say(r, "DROP TABLE temp.weft_numbers");
    }
}

/* The greatest number that was ever given out follows; renaming the table renames its row. The rows that were copied have made one
 * already, which stays where the table begins to count on, and where a row's number was changed to a greater one. */
static void copy_sequence(wefti_render_ddl *r, const char *table, const char *beside)
{
    wefti_ddl_add(r, "DELETE FROM sqlite_sequence WHERE name = ");
    wefti_ddl_add_literal(r, beside);
    wefti_ddl_add(r, " AND seq < (SELECT seq FROM sqlite_sequence WHERE name = ");
    wefti_ddl_add_literal(r, table);
    wefti_ddl_add(r, ")");
    wefti_ddl_send(r);
    wefti_ddl_add(r, "INSERT INTO sqlite_sequence (name, seq) SELECT ");
    wefti_ddl_add_literal(r, beside);
    wefti_ddl_add(r, ", seq FROM sqlite_sequence WHERE name = ");
    wefti_ddl_add_literal(r, table);
    wefti_ddl_add(r, " AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ");
    wefti_ddl_add_literal(r, beside);
    wefti_ddl_add(r, ")");
    wefti_ddl_send(r);
}

static void replace(wefti_render_ddl *r, const weft_schema_table *table, const char *beside)
{
    wefti_ddl_add(r, "DROP TABLE ");
    wefti_ddl_add_name(r, table->name);
    wefti_ddl_send(r);
    wefti_ddl_add(r, "ALTER TABLE ");
    wefti_ddl_add_name(r, beside);
    wefti_ddl_add(r, " RENAME TO ");
    wefti_ddl_add_name(r, table->name);
    wefti_ddl_send(r);
}

/* Renaming a column to what it is called compiles every view and trigger, and fails where one does not. */
static void verify(wefti_render_ddl *r, const weft_schema_table *table)
{
    if (table->column_count == 0)
        return;
    wefti_ddl_add(r, "ALTER TABLE ");
    wefti_ddl_add_name(r, table->name);
    wefti_ddl_add(r, " RENAME COLUMN ");
    wefti_ddl_add_name(r, table->columns[0].name);
    wefti_ddl_add(r, " TO ");
    wefti_ddl_add_name(r, table->columns[0].name);
    wefti_ddl_send(r);
}

const char *wefti_ddl_rebuilt_name(wefti_arena *arena, const char *table)
{
    return wefti_made_name(arena, "weft_new", table, NULL, 0);
}

/* Constraints have the names that they would have in the table itself. */
static bool name_constraints(wefti_arena *arena, const weft_schema_table *table, weft_schema_table *beside)
{
    weft_schema_constraint *constraints = wefti_arena_alloc(arena, (table->constraint_count + 1) * sizeof *constraints);
    for (size_t i = 0; constraints != NULL && i < table->constraint_count; i++) {
        constraints[i] = table->constraints[i];
        if (constraints[i].name == NULL)
            constraints[i].name = wefti_made_constraint_name(arena, table->name, &constraints[i]);
    }
    beside->constraints = constraints;
    return constraints != NULL;
}

static void create(wefti_render_ddl *r, const wefti_op_rebuild_table *rebuild, const weft_schema_table *beside)
{
    if (rebuild->create == NULL) {
        wefti_ddl_sqlite_create_table(r, &(wefti_op){WEFTI_OP_CREATE_TABLE, .of.create_table = {beside, false}});
        return;
    }
    wefti_ddl_add(r, "CREATE TABLE ");
    wefti_ddl_add_name(r, beside->name);
    wefti_ddl_add(r, " ");
    wefti_ddl_add(r, rebuild->create);
    wefti_ddl_send(r);
}

void wefti_ddl_sqlite_rebuild(wefti_render_ddl *r, const wefti_op *op)
{
    const wefti_op_rebuild_table *rebuild = &op->of.rebuild_table;
    const weft_schema_table *table = rebuild->table;
    weft_schema_table beside = *table;
    wefti_arena arena;
    wefti_arena_init(&arena, 0);
    beside.name = wefti_ddl_rebuilt_name(&arena, table->name);
    if (beside.name == NULL || !name_constraints(&arena, table, &beside)) {
        r->text.failed = true;
        wefti_ddl_send(r);
        wefti_arena_deinit(&arena);
        return;
    }
    check_kept(r, table);
    say(r, wefti_ddl_sqlite_rebuild_sql.renaming_on); /* views and triggers stay as they are, and are looked at in the end */
    create(r, rebuild, &beside);
    copy_rows(r, rebuild, beside.name);
    check_numbers(r, rebuild, beside.name);
    if (wefti_ddl_sqlite_autoincrement(table))
        copy_sequence(r, table->name, beside.name);
    replace(r, table, beside.name);
    say(r, wefti_ddl_sqlite_rebuild_sql.renaming_off);
    for (size_t i = 0; i < table->index_count; i++)
        wefti_ddl_sqlite_create_index(r, &(wefti_op){WEFTI_OP_CREATE_INDEX,
                                                     .of.create_index = {{NULL, table->name}, &table->indexes[i], false}});
    for (const char *const *kept = table->kept; kept != NULL && *kept != NULL; kept++)
        if (is_statement(*kept))
            say(r, *kept);
    verify(r, table);
    wefti_arena_deinit(&arena);
}
