/* What ON CONFLICT says: which unique key is met, and what is done then. */
#include "base/error.h"
#include "sql/walk_expr.h"

/* ---- what goes together ---- */

static weft_status misuse(weft_error *error, const char *what, const char *hint)
{
    (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "%s", what);
    wefti_error_hint(error, "%s", hint);
    return WEFT_ERROR_MISUSE;
}

static weft_status check_target(const weft_insert_options *clause, weft_error *error)
{
    if (clause->conflict_key != NULL && clause->conflict_columns != NULL)
        return misuse(error, ".conflict_key and .conflict_columns at once", "one of them says which unique key conflicts");
    if (clause->conflict_key != NULL && clause->conflict_where != NULL)
        return misuse(error, ".conflict_where beside .conflict_key", "the condition of a partial index is found by its name");
    if (clause->conflict_where != NULL && clause->conflict_columns == NULL)
        return misuse(error,
                      ".conflict_where is the condition of a partial unique index: .on_conflict and .conflict_columns, which that "
                      "index has, belong to it",
                      "say .conflict_columns, or the index by its name: .conflict_key");
    return WEFT_OK;
}

static weft_status check_clause(const weft_insert_options *clause, weft_error *error)
{
    const bool updates = clause->on_conflict == WEFT_CONFLICT_UPDATE;
    const bool aims = clause->conflict_columns != NULL || clause->conflict_key != NULL;
    if ((unsigned)clause->on_conflict > WEFT_CONFLICT_UPDATE)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, ".on_conflict is %d, which is no weft_conflict", (int)clause->on_conflict);
    weft_status status = check_target(clause, error);
    if (status != WEFT_OK)
        return status;
    if (updates && (!aims || clause->set == NULL))
        return misuse(error,
                      !aims ? "WEFT_CONFLICT_UPDATE without .conflict_columns or .conflict_key"
                            : "WEFT_CONFLICT_UPDATE without .set",
                      ".conflict_columns say which unique key conflicts, .set = weft_sets(…) what is done to the row");
    if (!updates && (clause->set != NULL || clause->where != NULL))
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "%s without .on_conflict = WEFT_CONFLICT_UPDATE",
                               clause->set != NULL ? ".set" : "a condition on the rows to update");
    if (clause->on_conflict == WEFT_CONFLICT_ERROR && (aims || clause->otherwise != NULL))
        return misuse(error, ".conflict_columns, .conflict_key or .otherwise without .on_conflict",
                      "say what is done with the row: .on_conflict = WEFT_CONFLICT_DO_NOTHING or WEFT_CONFLICT_UPDATE");
    if (clause->otherwise != NULL && !aims)
        return misuse(error, ".otherwise of a clause that takes every conflict",
                      "only the last clause may leave .conflict_columns and .conflict_key out");
    return WEFT_OK;
}

weft_status wefti_conflict_check(const weft_insert_options *options, weft_error *error)
{
    weft_status status = WEFT_OK;
    int count = 0;
    for (const weft_insert_options *clause = options; clause != NULL && status == WEFT_OK; clause = clause->otherwise) {
        if (++count > WEFTI_MOST_CONFLICTS)
            return wefti_error_set(error, WEFT_ERROR_LIMIT, "an INSERT with more than %d clauses of .otherwise",
                                   WEFTI_MOST_CONFLICTS);
        status = check_clause(clause, error);
        if (status == WEFT_OK && clause != options && clause->on_conflict == WEFT_CONFLICT_ERROR)
            status =
                misuse(error, ".otherwise without .on_conflict", "leave .otherwise out: other conflicts are errors by themselves");
        if (status == WEFT_OK && clause != options && clause->inserted != NULL)
            status = misuse(error, ".inserted of .otherwise", "the first clause's counts the rows of all");
    }
    return status;
}

bool wefti_conflict_updates(const weft_insert_options *options)
{
    for (; options != NULL; options = options->otherwise)
        if (options->on_conflict == WEFT_CONFLICT_UPDATE)
            return true;
    return false;
}

/* ---- which key ---- */

static void render_columns(wefti_walk *walk, const wefti_table *table, const char *said)
{
    wefti_name_list list;
    if (!wefti_name_list_parse(&list, said, "", NULL)) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, ".conflict_columns \"%s\" is no list of columns", said);
        return;
    }
    wefti_walk_sql(walk, " (");
    for (uint16_t i = 0; i < list.count; i++) {
        const wefti_column *column = wefti_table_column_listed(table, &list.names[i]);
        if (column == NULL) {
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, ".conflict_columns: the table \"%s\" has no column \"%.*s\"",
                                  table->name, (int)list.names[i].size, list.names[i].text);
            return;
        }
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        wefti_walk_identifier(walk, column->name);
    }
    wefti_walk_sql(walk, ")");
}

/* As the index was made; the order of its parts has no say in what is unique. */
static void render_index(wefti_walk *walk, const wefti_index *index)
{
    for (uint16_t i = 0; i < index->part_count; i++) {
        const weft_schema_part *part = &index->parts[i];
        wefti_walk_sql(walk, i > 0 ? ", " : " (");
        if (part->column != NULL)
            wefti_walk_identifier(walk, part->column);
        else {
            wefti_walk_sql(walk, "(");
            wefti_walk_sql(walk, part->expression);
            wefti_walk_sql(walk, ")");
        }
        if (part->collation != NULL) {
            wefti_walk_sql(walk, " COLLATE ");
            wefti_walk_identifier(walk, part->collation);
        }
        if (part->operator_class != NULL && walk->dialect->conflicts_by_name) {
            wefti_walk_sql(walk, " ");
            wefti_walk_sql(walk, part->operator_class);
        }
    }
    wefti_walk_sql(walk, ")");
    if (index->where != NULL) {
        wefti_walk_sql(walk, " WHERE (");
        wefti_walk_sql(walk, index->where);
        wefti_walk_sql(walk, ")");
    }
}

static void render_primary_key(wefti_walk *walk, const wefti_table *table)
{
    for (uint16_t i = 0; i < table->key_count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : " (");
        wefti_walk_identifier(walk, table->key[i]->name);
    }
    wefti_walk_sql(walk, ")");
}

static void render_key(wefti_walk *walk, const wefti_table *table, const char *name)
{
    const wefti_table *main = table->main != NULL ? table->main : table;
    for (uint16_t i = 0; i < main->index_count; i++) {
        if (strcmp(main->indexes[i].name, name) != 0)
            continue;
        if (!main->indexes[i].unique)
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, ".conflict_key \"%s\" is an index that is not unique", name);
        render_index(walk, &main->indexes[i]);
        return;
    }
    if (main->key_name != NULL && strcmp(main->key_name, name) == 0) {
        render_primary_key(walk, main);
    } else if (walk->dialect->conflicts_by_name) {
        wefti_walk_sql(walk, " ON CONSTRAINT ");
        wefti_walk_identifier(walk, name);
    } else {
        (void)
            wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED,
                            ".conflict_key \"%s\" is no unique key of the models' table \"%s\", and %s knows keys by their columns "
                            "alone: declare it (WEFT_UNIQUE, or WEFT_INDEX with .unique), or say .conflict_columns",
                            name, table->name, walk->dialect->capabilities.name);
    }
}

/* Which index has the condition is told by its text: its values stand in it. */
static void walk_index_condition(wefti_walk *walk, const weft_expr *condition)
{
    const weft_expr literal = {.op = WEFT_EXPR_LITERAL, .args = (const weft_expr *const[]){condition, &weft_end}};
    wefti_walk_condition(walk, &literal, WEFTI_NOTE_WHERE, " WHERE ", WEFTI_PRECEDENCE_NONE);
    wefti_walk_note(walk, WEFTI_NOTE_END);
}

/* ---- clauses ---- */

static void note(wefti_walk *walk, const weft_insert_options *clause)
{
    wefti_walk_note(walk, (uint64_t)(unsigned)clause->on_conflict | (uint64_t)(clause->conflict_columns != NULL) << 8 |
                              (uint64_t)(clause->conflict_key != NULL) << 9 | (uint64_t)(clause->conflict_where != NULL) << 10 |
                              (uint64_t)(clause->where != NULL) << 11 | (uint64_t)(clause->otherwise != NULL) << 12);
    if (clause->conflict_columns != NULL)
        wefti_walk_note_text(walk, clause->conflict_columns);
    if (clause->conflict_key != NULL)
        wefti_walk_note_text(walk, clause->conflict_key);
}

static void walk_clause(wefti_walk *walk, const wefti_table *table, const weft_insert_options *clause)
{
    const weft_expr *alone[2];
    note(walk, clause);
    wefti_walk_sql(walk, " ON CONFLICT");
    if (walk->render != NULL && clause->conflict_columns != NULL)
        render_columns(walk, table, clause->conflict_columns);
    if (walk->render != NULL && clause->conflict_key != NULL)
        render_key(walk, table, clause->conflict_key);
    if (clause->conflict_where != NULL)
        walk_index_condition(walk, clause->conflict_where);
    if (clause->on_conflict == WEFT_CONFLICT_DO_NOTHING) {
        wefti_walk_sql(walk, " DO NOTHING");
        return;
    }
    if (walk->render != NULL)
        walk->render->excluded = table;
    wefti_walk_sql(walk, " DO UPDATE SET ");
    wefti_walk_sets(walk, table, wefti_items(clause->set, alone));
    if (clause->where != NULL) {
        wefti_walk_condition(walk, clause->where, WEFTI_NOTE_WHERE, " WHERE ", WEFTI_PRECEDENCE_NONE);
        wefti_walk_note(walk, WEFTI_NOTE_END);
    }
    if (walk->render != NULL)
        walk->render->excluded = NULL;
}

void wefti_walk_conflict(wefti_walk *walk, const wefti_table *table, const weft_insert_options *options)
{
    if (walk->status == WEFT_OK)
        walk->status = wefti_conflict_check(options, walk->error);
    if (walk->status != WEFT_OK || options == NULL || options->on_conflict == WEFT_CONFLICT_ERROR)
        return;
    if (options->otherwise != NULL && !walk->dialect->several_conflicts)
        (void)
            wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED,
                            "%s takes one ON CONFLICT in an INSERT: without .otherwise, or by DO NOTHING of every conflict and an "
                            "UPDATE after it",
                            walk->dialect->capabilities.name);
    if (walk->render != NULL)
        (void)wefti_walk_add_source(walk, table, 0, false);
    for (const weft_insert_options *clause = options; clause != NULL; clause = clause->otherwise)
        walk_clause(walk, table, clause);
}
