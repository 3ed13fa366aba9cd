/* The parts "-- down". They are run when something has gone wrong, beside servers like those up: what locks, rewrites or fails is told
 * there, too, as a warning, for nobody is held up yet. That something goes which the revision has made is what undoing means; that
 * more goes is an error. */
#include "lint.h"

#include "command.h"

#include <stdlib.h>
#include <string.h>

bool lint_rule_is_told_down(lint_id rule)
{
    switch (rule) {
    case LINT_DROP_NOT_NULL:
    case LINT_ALTER_TYPE_PREPARED:
    case LINT_FK_WITHOUT_INDEX:
    case LINT_DROP_SCHEMA:
    case LINT_DROP_VIEW:
    case LINT_DROP_TYPE:
    case LINT_DROP_ROUTINE:
    case LINT_DROP_SEQUENCE:
    case LINT_DROP_CONSTRAINT:
    case LINT_RENAME_TABLE:
    case LINT_RENAME_COLUMN:
    case LINT_RENAME_SCHEMA:
    case LINT_RENAME_ENUM_VALUE:
    case LINT_SET_SCHEMA:
    case LINT_ENUM_VALUE_POSITION:
    case LINT_DOMAIN_CONSTRAINT:
    case LINT_DELETE_ALL_ROWS:
    case LINT_ROW_SECURITY:
    case LINT_NO_PRIMARY_KEY:
    case LINT_TYPE_JSON:
    case LINT_TYPE_TIMESTAMP:
    case LINT_TYPE_CHAR:
    case LINT_TYPE_SERIAL:
    case LINT_TYPE_INTEGER_KEY:
    case LINT_TYPE_VARCHAR:
    case LINT_INDEX_MANY_COLUMNS:
    case LINT_IRREVERSIBLE:
    case LINT_SQLITE_RENAME_FIRST: return false;
    default: return true;
    }
}

bool lint_rule_is_error_down(lint_id rule)
{
    return rule == LINT_DROP_TABLE || rule == LINT_DROP_COLUMN || rule == LINT_TRUNCATE || rule == LINT_DROP_DATABASE ||
           rule == LINT_LINT_COMMENT;
}

bool lint_was_made_up(lint *l, const char *table, const char *column)
{
    const size_t up = l->revision_count - 1;
    const lint_table *known = lint_table_of(l, table);
    const lint_column *one = column != NULL ? lint_column_of(known, column) : NULL;
    return l->down && known != NULL && (known->born == up || (one != NULL && one->born == up));
}

/* What is known, as it is before the part is looked at: undoing is no part of the history. */
void lint_begin_down(lint *l, lint_known *kept)
{
    *kept = (lint_known){.table_count = l->table_count, .object_count = l->object_count, .new_since = l->new_since};
    kept->tables = need(calloc(l->table_count + 1, sizeof *kept->tables));
    kept->objects = need(calloc(l->object_count + 1, sizeof *kept->objects));
    for (size_t i = 0; i < l->table_count; i++) {
        lint_table *copy = &kept->tables[i];
        *copy = l->tables[i];
        copy->columns = need(calloc(copy->column_count + 1, sizeof *copy->columns));
        copy->column_capacity = copy->column_count + 1;
        if (copy->column_count > 0)
            memcpy(copy->columns, l->tables[i].columns, copy->column_count * sizeof *copy->columns);
    }
    if (l->object_count > 0)
        memcpy(kept->objects, l->objects, l->object_count * sizeof *kept->objects);
    l->down = true;
    l->revision_count++; /* what the revision makes is in use when it is undone */
    l->new_since = l->revision_count;
}

void lint_end_down(lint *l, const lint_known *kept)
{
    for (size_t i = 0; i < l->table_count; i++)
        free(l->tables[i].columns);
    free(l->tables);
    free(l->objects);
    l->tables = kept->tables;
    l->table_count = kept->table_count;
    l->table_capacity = kept->table_count + 1;
    l->objects = kept->objects;
    l->object_count = kept->object_count;
    l->object_capacity = kept->object_count + 1;
    l->down = false;
    l->revision_count--;
    l->new_since = kept->new_since;
}
