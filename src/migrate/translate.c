/* What a database that is not asked has: what the models want there, but for what is different on the one that was asked. There
 * the other one's words are taken, as far as they are words of both. */
#include "migrate/diff.h"

#include "base/error.h"
#include "base/locale.h"
#include "schema/naming.h"
#include "schema/render.h"

#include <string.h>

typedef struct translation {
    const wefti_definition *wanted, *found; /* of the database that was asked */
    const wefti_definition *other;          /* what the models want of the other one */
    const wefti_ops *ops;                   /* from found to wanted */
    const wefti_ddl *ddl;                   /* of the database that was asked */
    const char *const *own_views;           /* that a revision made */
    const weft_naming *naming;              /* of the models */
    bool materializes;                      /* the other one has views that keep their rows */
    const char *cast;                       /* the sign of a cast in texts of the former; NULL: none */
    wefti_arena *arena;
    bool failed;
} translation;

static void *room(translation *t, size_t count, size_t size)
{
    void *made = wefti_arena_zalloc(t->arena, (count + 1) * size);
    t->failed = t->failed || made == NULL;
    return made;
}

/* ---- names before and afterwards ---- */

static const char *renamed_table(const translation *t, const char *found)
{
    for (size_t i = 0; i < t->ops->count; i++)
        if (t->ops->items[i].kind == WEFTI_OP_RENAME_TABLE &&
            wefti_def_same_word(t->ops->items[i].of.rename_table.table.name, found))
            return t->ops->items[i].of.rename_table.to;
    return found;
}

static const char *table_before(const translation *t, const char *wanted)
{
    for (size_t i = 0; i < t->ops->count; i++)
        if (t->ops->items[i].kind == WEFTI_OP_RENAME_TABLE && wefti_def_same_word(t->ops->items[i].of.rename_table.to, wanted))
            return t->ops->items[i].of.rename_table.table.name;
    return wanted;
}

/* Of a column of a table, which is called as it is wanted; back: from the wanted name to the found one. */
static const char *renamed_column(const translation *t, const char *table, const char *column, bool back)
{
    for (size_t i = 0; i < t->ops->count; i++) {
        const wefti_op_rename_column *one = &t->ops->items[i].of.rename_column;
        if (t->ops->items[i].kind == WEFTI_OP_RENAME_COLUMN && wefti_def_same_word(one->table.name, table) &&
            wefti_def_same_word(back ? one->to : one->column, column))
            return back ? one->column : one->to;
    }
    return column;
}

static const char *const *renamed_columns(translation *t, const char *table, const char *const *columns, bool back)
{
    const size_t count = wefti_def_count(columns);
    const char **made = columns != NULL ? room(t, count, sizeof *made) : NULL;
    for (size_t i = 0; made != NULL && i < count; i++)
        made[i] = renamed_column(t, table, columns[i], back);
    return made;
}

/* ---- what is the same on the database that was asked ---- */

static bool is_key(const weft_schema_table *table, const char *column)
{
    const weft_schema_constraint *key = wefti_def_primary_key(table);
    for (size_t i = 0; key != NULL && key->columns[i] != NULL; i++)
        if (strcmp(key->columns[i], column) == 0)
            return true;
    return false;
}

/* Types of one name there are one type to it: one may have a single one for all integers. */
static bool same_type(const translation *t, const weft_schema_column *a, const weft_schema_column *b)
{
    const char *name = wefti_ddl_type_name(t->ddl, a->type);
    return a->type == b->type || (name != NULL && wefti_def_same_word(name, wefti_ddl_type_name(t->ddl, b->type)));
}

static bool same_form(const translation *t, const weft_schema_column *a, const weft_schema_column *b)
{
    return same_type(t, a, b) && a->array == b->array && a->length == b->length && a->precision == b->precision &&
           a->scale == b->scale && wefti_def_same_word(a->sql_type, b->sql_type) &&
           wefti_def_same_word(a->enum_type, b->enum_type) && wefti_def_same_word(a->enum_schema, b->enum_schema);
}

/* Whether the table, which is called as it is wanted, is built anew: then no operation says which parts of it change. */
static bool is_rebuilt(const translation *t, const char *table)
{
    for (size_t i = 0; i < t->ops->count; i++)
        if (t->ops->items[i].kind == WEFTI_OP_REBUILD_TABLE &&
            wefti_def_same_word(t->ops->items[i].of.rebuild_table.table->name, table))
            return true;
    return false;
}

/* Whether an operation changes the column, or makes it anew. */
static bool is_column_changed(const translation *t, const char *table, const char *column)
{
    for (size_t i = 0; i < t->ops->count; i++) {
        const wefti_op *op = &t->ops->items[i];
        const wefti_op_alter_column *alter = &op->of.alter_column;
        const wefti_op_drop_column *drop = &op->of.drop_column;
        if ((op->kind == WEFTI_OP_ALTER_COLUMN && wefti_def_same_word(alter->table.name, table) &&
             wefti_def_same_word(alter->column, column)) ||
            (op->kind == WEFTI_OP_DROP_COLUMN && wefti_def_same_word(drop->table.name, table) &&
             wefti_def_same_word(drop->column, column)))
            return true;
    }
    return false;
}

static bool is_constraint_dropped(const translation *t, const char *table, const char *name)
{
    for (size_t i = 0; i < t->ops->count; i++) {
        const wefti_op_drop_constraint *drop = &t->ops->items[i].of.drop_constraint;
        if (t->ops->items[i].kind == WEFTI_OP_DROP_CONSTRAINT && wefti_def_same_word(drop->table.name, table) &&
            wefti_def_same_word(drop->name, name))
            return true;
    }
    return false;
}

/* What names mean on the side of b, as it is wanted. */
typedef struct wanted_names {
    const char *const *columns, *const *target_columns;
    const char *target;
} wanted_names;

/* by_name: a check is known by its name, too. */
static bool same_constraint(const weft_schema_constraint *a, const weft_schema_constraint *b, const wanted_names *of_b,
                            bool by_name)
{
    if (a->kind != b->kind || !wefti_def_same_names(a->columns, of_b->columns))
        return false;
    if (a->kind == WEFT_CONSTRAINT_CHECK || a->kind == WEFT_CONSTRAINT_EXCLUDE)
        return (by_name && a->name != NULL && wefti_def_same_word(a->name, b->name)) ||
               wefti_def_same_word(a->expression, b->expression);
    if (a->kind != WEFT_CONSTRAINT_FOREIGN_KEY)
        return true;
    return wefti_def_same_word(a->target_table, of_b->target) && wefti_def_same_word(a->on_delete, b->on_delete) &&
           wefti_def_same_word(a->on_update, b->on_update) && a->deferrable == b->deferrable &&
           a->initially_deferred == b->initially_deferred &&
           (a->target_columns == NULL || of_b->target_columns == NULL ||
            wefti_def_same_names(a->target_columns, of_b->target_columns));
}

static const weft_schema_constraint *constraint_like(const weft_schema_table *table, const weft_schema_constraint *one,
                                                     const wanted_names *names, bool by_name)
{
    for (size_t i = 0; table != NULL && i < table->constraint_count; i++)
        if (same_constraint(&table->constraints[i], one, names, by_name))
            return &table->constraints[i];
    return NULL;
}

/* What of the other database's table the found constraint is, where it stays; NULL: it does not. */
static const weft_schema_constraint *other_constraint(translation *t, const weft_schema_table *wanted,
                                                      const weft_schema_table *other, const weft_schema_constraint *now)
{
    if (wanted == NULL || other == NULL || is_constraint_dropped(t, wanted->name, now->name))
        return NULL;
    const char *const target = now->target_table != NULL ? renamed_table(t, now->target_table) : NULL;
    const wanted_names here = {renamed_columns(t, wanted->name, now->columns, false),
                               target != NULL ? renamed_columns(t, target, now->target_columns, false) : NULL, target};
    const weft_schema_constraint *then = constraint_like(wanted, now, &here, !is_rebuilt(t, wanted->name));
    if (then == NULL)
        return NULL;
    const wanted_names there = {then->columns, then->target_columns, then->target_table};
    return constraint_like(other, then, &there, true);
}

static const weft_schema_index *index_named(const weft_schema_table *table, const char *name)
{
    for (size_t i = 0; table != NULL && i < table->index_count; i++)
        if (wefti_def_same_word(table->indexes[i].name, name))
            return &table->indexes[i];
    return NULL;
}

/* Whether an operation makes or drops it. */
static bool is_index_changed(const translation *t, const char *name)
{
    for (size_t i = 0; i < t->ops->count; i++) {
        const wefti_op *op = &t->ops->items[i];
        if ((op->kind == WEFTI_OP_DROP_INDEX && wefti_def_same_word(op->of.drop_index.index.name, name)) ||
            (op->kind == WEFTI_OP_CREATE_INDEX && wefti_def_same_word(op->of.create_index.index->name, name)))
            return true;
    }
    return false;
}

/* Whether an operation is about columns or constraints of the table, which is called as it is wanted. */
static bool is_table_changed(const translation *t, const char *name)
{
    for (size_t i = 0; i < t->ops->count; i++) {
        const wefti_op *op = &t->ops->items[i];
        const char *table = NULL;
        switch ((int)op->kind) {
        case WEFTI_OP_ADD_COLUMN: table = op->of.add_column.table.name; break;
        case WEFTI_OP_DROP_COLUMN: table = op->of.drop_column.table.name; break;
        case WEFTI_OP_RENAME_COLUMN: table = op->of.rename_column.table.name; break;
        case WEFTI_OP_ALTER_COLUMN: table = op->of.alter_column.table.name; break;
        case WEFTI_OP_ADD_CONSTRAINT: table = op->of.add_constraint.table.name; break;
        case WEFTI_OP_VALIDATE_CONSTRAINT: table = op->of.validate_constraint.table.name; break;
        case WEFTI_OP_DROP_CONSTRAINT: table = op->of.drop_constraint.table.name; break;
        case WEFTI_OP_REBUILD_TABLE: table = op->of.rebuild_table.table->name; break;
        default: break;
        }
        if (table != NULL && strcmp(table, name) == 0)
            return true;
    }
    return false;
}

/* Whether a type that the table has there gets other values. Its columns say nothing of that. */
static bool is_type_changed(const translation *t, const weft_schema_table *wanted)
{
    for (size_t i = 0; i < t->ops->count; i++) {
        const wefti_op *op = &t->ops->items[i];
        const char *type = op->kind == WEFTI_OP_ADD_ENUM_VALUE      ? op->of.add_enum_value.type.name
                           : op->kind == WEFTI_OP_RENAME_ENUM_VALUE ? op->of.rename_enum_value.type.name
                           : op->kind == WEFTI_OP_RENAME_ENUM       ? op->of.rename_enum.type.name
                                                                    : NULL;
        for (size_t c = 0; type != NULL && c < wanted->column_count; c++)
            if (wefti_def_same_word(wanted->columns[c].enum_type, type))
                return true;
    }
    return false;
}

/* ---- values of enums: of a type where there are such, else of a text with a CHECK ---- */

/* Whether the word stands in such a CHECK beside its column, as either database spells it. */
static bool is_word_of_values(const char *at, size_t size)
{
    static const char *const words[] = {"IN", "ANY", "ARRAY", "text", "character", "varying"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == size && wefti_ascii_begins(at, words[i]))
            return true;
    return false;
}

/* The strings of column IN ('a', 'b') or column = ANY (ARRAY['a'::text, 'b'::text]); NULL: the condition says something else. */
static const char *const *values_in(translation *t, const char *condition, const char *column)
{
    const char **values = room(t, strlen(condition) / 2, sizeof *values);
    size_t count = 0;
    bool named = false;
    for (const char *at = condition; values != NULL && *at != '\0';) {
        const char *start = at;
        const wefti_sql_token token = wefti_sql_next(t->ddl->rules, &at);
        const size_t size = (size_t)(at - start);
        char *text = token == WEFTI_SQL_NAME || token == WEFTI_SQL_STRING ? room(t, size, 1) : NULL;
        if (text != NULL)
            wefti_sql_unquote(start, at, text);
        if (token == WEFTI_SQL_STRING)
            values[count++] = text;
        else if (text != NULL && strcmp(text, column) == 0)
            named = true;
        else if (token != WEFTI_SQL_SPACE && !(token == WEFTI_SQL_NAME && is_word_of_values(start, size)) &&
                 !(token == WEFTI_SQL_OTHER && strchr("(),=[]:", *start) != NULL))
            return NULL;
    }
    return named && count > 0 ? values : NULL;
}

/* What the models call the CHECK that keeps the values of a column; NULL: by their convention nothing of one column has a name. */
static const char *name_of_values(translation *t, const char *table, const char *column)
{
    const char *const columns[] = {column, NULL};
    const wefti_named what = {.kind = WEFTI_NAMED_CHECK, .table = table, .columns = columns, .of_enum = true};
    weft_error error = {0};
    const char *name = wefti_named_by(t->arena, t->naming, &what, &error);
    t->failed = t->failed || error.status == WEFT_ERROR_NO_MEMORY;
    return name;
}

/* The column whose values the CHECK of the table says, and which; NULL: it is no such CHECK. */
static const weft_schema_column *column_of_values(translation *t, const weft_schema_table *table,
                                                  const weft_schema_constraint *check, const char *const **values)
{
    for (size_t i = 0; check->kind == WEFT_CONSTRAINT_CHECK && check->name != NULL && i < table->column_count; i++) {
        const char *name = name_of_values(t, table->name, table->columns[i].name);
        *values = NULL;
        if (name != NULL && strcmp(name, check->name) == 0)
            *values = values_in(t, check->expression, table->columns[i].name);
        if (*values != NULL)
            return &table->columns[i];
    }
    return NULL;
}

/* As models say it where there are no types. */
static const char *say_values(translation *t, const char *column, const char *const *values)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_add_identifier(&text, column);
    for (size_t i = 0; values[i] != NULL; i++) {
        wefti_text_add(&text, i > 0 ? ", " : " IN (");
        wefti_add_quoted_text(&text, false, values[i], strlen(values[i]));
    }
    wefti_text_add_char(&text, ')');
    const char *made = text.failed ? NULL : wefti_arena_strndup(t->arena, text.data, text.size);
    t->failed = t->failed || made == NULL;
    wefti_text_deinit(&text);
    return made;
}

/* The values of the column of the table that was asked, where they are those of a text with a CHECK; NULL where nothing says so. */
static const char *const *values_before(translation *t, const weft_schema_table *found, const char *name)
{
    for (size_t i = 0; found != NULL && i < found->constraint_count; i++) {
        const char *const *values;
        const weft_schema_column *column = column_of_values(t, found, &found->constraints[i], &values);
        if (column != NULL && strcmp(column->name, name) == 0)
            return values;
    }
    return NULL;
}

static bool has_values(translation *t, const weft_schema_table *table, const weft_schema_column *column)
{
    return column->enum_type != NULL || values_before(t, table, column->name) != NULL;
}

/* ---- in the words of the other one ---- */

static const char *other_default(translation *t, const char *value)
{
    const char *cast = t->cast != NULL && value != NULL ? strstr(value, t->cast) : NULL;
    if (cast == NULL || strchr("'-0123456789", *value) == NULL)
        return value;
    const char *made = wefti_arena_strndup(t->arena, value, (size_t)(cast - value));
    t->failed = t->failed || made == NULL;
    return made;
}

static weft_schema_column other_column(translation *t, const weft_schema_column *column)
{
    weft_schema_column made = *column;
    if (made.type != WEFT_UNMAPPED)
        made.sql_type = NULL;
    made.enum_type = made.collation = made.comment = NULL;
    if (column->enum_type != NULL)
        made.type = WEFT_TEXT;
    made.server_default = other_default(t, column->server_default);
    return made;
}

/* What the models want there, but for what is different here. */
static weft_schema_column column_before(translation *t, const weft_schema_table *found, const weft_schema_table *wanted,
                                        const weft_schema_table *other, const weft_schema_column *then,
                                        const weft_schema_column *now, const weft_schema_column *there)
{
    if (!(has_values(t, found, now) && has_values(t, other, there)) && !same_form(t, then, now))
        return other_column(t, now);
    weft_schema_column made = *there;
    if (!wefti_def_same_word(then->server_default, now->server_default))
        made.server_default = other_default(t, now->server_default);
    if (then->nullable != now->nullable && !is_key(wanted, then->name))
        made.nullable = now->nullable;
    if (!wefti_def_same_word(then->generated, now->generated)) {
        made.generated = now->generated;
        made.stored = now->stored;
    }
    return made;
}

static void take_columns(translation *t, weft_schema_table *made, const weft_schema_table *found, const weft_schema_table *wanted,
                         const weft_schema_table *other)
{
    weft_schema_column *columns = room(t, found->column_count, sizeof *columns);
    for (size_t i = 0; columns != NULL && i < found->column_count; i++) {
        const weft_schema_column *now = &found->columns[i];
        const char *name = wanted != NULL ? renamed_column(t, wanted->name, now->name, false) : now->name;
        const weft_schema_column *then = wanted != NULL ? wefti_def_find_column(wanted, name) : NULL,
                                 *there = other != NULL ? wefti_def_find_column(other, name) : NULL;
        if (then == NULL || there == NULL)
            columns[i] = other_column(t, now);
        else if (is_rebuilt(t, wanted->name) || is_column_changed(t, wanted->name, name))
            columns[i] = column_before(t, found, wanted, other, then, now, there);
        else
            columns[i] = *there;
        columns[i].name = now->name;
    }
    made->columns = columns;
    made->column_count = found->column_count;
}

/* One of the other database's, called as things are called before. */
static weft_schema_constraint constraint_before(translation *t, const char *table, const weft_schema_constraint *one)
{
    weft_schema_constraint made = *one;
    made.columns = renamed_columns(t, table, one->columns, true);
    made.include = renamed_columns(t, table, one->include, true);
    if (one->target_table != NULL) {
        made.target_table = table_before(t, one->target_table);
        made.target_columns = renamed_columns(t, one->target_table, one->target_columns, true);
    }
    return made;
}

static const weft_schema_enum *type_named(const wefti_definition *definition, const char *name)
{
    for (size_t i = 0; name != NULL && i < definition->enum_count; i++)
        if (wefti_def_same_word(definition->enums[i].name, name))
            return &definition->enums[i];
    return NULL;
}

/* A constraint that is not the other database's own: in its words. False: a type of a column there says it. */
static bool take_constraint(translation *t, const weft_schema_table *made, const weft_schema_table *found,
                            const weft_schema_constraint *now, weft_schema_constraint *to)
{
    const char *const *values;
    const weft_schema_column *column = column_of_values(t, found, now, &values);
    *to = *now;
    wefti_ddl_leave_out_of_constraint(t->ddl, to);
    if (column == NULL)
        return true;
    if (made->columns[column - found->columns].enum_type != NULL)
        return false;
    to->expression = say_values(t, column->name, values);
    return true;
}

/* The columns that have a type here and are texts there have a CHECK there. */
static size_t add_checks(translation *t, const weft_schema_table *made, const weft_schema_table *found,
                         weft_schema_constraint *constraints)
{
    size_t count = 0;
    for (size_t i = 0; i < found->column_count; i++) {
        const weft_schema_enum *type = type_named(t->found, found->columns[i].enum_type);
        if (type == NULL || made->columns[i].enum_type != NULL)
            continue;
        constraints[count] = (weft_schema_constraint){.kind = WEFT_CONSTRAINT_CHECK,
                                                      .name = name_of_values(t, found->name, found->columns[i].name),
                                                      .expression = say_values(t, found->columns[i].name, type->values)};
        count++;
    }
    return count;
}

static void take_constraints(translation *t, weft_schema_table *made, const weft_schema_table *found,
                             const weft_schema_table *wanted, const weft_schema_table *other)
{
    weft_schema_constraint *constraints = room(t, found->constraint_count + found->column_count, sizeof *constraints);
    size_t count = 0;
    for (size_t i = 0; constraints != NULL && made->columns != NULL && i < found->constraint_count; i++) {
        const weft_schema_constraint *now = &found->constraints[i];
        const weft_schema_constraint *there = other_constraint(t, wanted, other, now);
        if (there != NULL)
            constraints[count] = constraint_before(t, other->name, there);
        else if (!take_constraint(t, made, found, now, &constraints[count]))
            continue;
        if (constraints[count].name == NULL) /* it is dropped by name, if at all */
            constraints[count].name = wefti_made_constraint_name(t->arena, found->name, &constraints[count]);
        count++;
    }
    if (constraints != NULL && made->columns != NULL)
        count += add_checks(t, made, found, constraints + count);
    made->constraints = constraints;
    made->constraint_count = count;
}

/* Of this database, as models' are there. */
static weft_schema_index other_index(translation *t, const weft_schema_index *one)
{
    weft_schema_index made = *one;
    wefti_ddl_leave_out_of_index(t->ddl, &made, room(t, one->part_count, sizeof *made.parts));
    return made;
}

static weft_schema_index index_before(translation *t, const char *table, const weft_schema_index *one)
{
    weft_schema_index made = *one;
    weft_schema_part *parts = room(t, one->part_count, sizeof *parts);
    for (size_t i = 0; parts != NULL && i < one->part_count; i++) {
        parts[i] = one->parts[i];
        if (parts[i].column != NULL)
            parts[i].column = renamed_column(t, table, parts[i].column, true);
    }
    made.parts = parts;
    made.include = renamed_columns(t, table, one->include, true);
    return made;
}

static void take_indexes(translation *t, weft_schema_table *made, const weft_schema_table *found, const weft_schema_table *wanted,
                         const weft_schema_table *other)
{
    weft_schema_index *indexes = room(t, found->index_count, sizeof *indexes);
    for (size_t i = 0; indexes != NULL && i < found->index_count; i++) {
        const weft_schema_index *now = &found->indexes[i], *there = index_named(other, now->name);
        const bool stays = wanted != NULL && there != NULL && !is_index_changed(t, now->name);
        indexes[i] = stays ? index_before(t, other->name, there) : other_index(t, now);
    }
    made->indexes = indexes;
    made->index_count = found->index_count;
}

/* The other database's own, but for its names. */
static void take_whole(translation *t, weft_schema_table *made, const weft_schema_table *other)
{
    weft_schema_constraint *constraints = room(t, other->constraint_count, sizeof *constraints);
    for (size_t i = 0; constraints != NULL && i < other->constraint_count; i++)
        constraints[i] = constraint_before(t, other->name, &other->constraints[i]);
    made->columns = other->columns;
    made->column_count = other->column_count;
    made->constraints = constraints;
    made->constraint_count = other->constraint_count;
}

static bool is_view_changed(const translation *t, const char *name)
{
    for (size_t i = 0; i < t->ops->count; i++)
        if (t->ops->items[i].kind == WEFTI_OP_DROP_VIEW && wefti_def_same_word(t->ops->items[i].of.drop_view.view.name, name) &&
            !t->ops->items[i].of.drop_view.comes_back)
            return true;
    return false;
}

/* A view that the models say, or that a revision made: what they say of the other database, or where it changes the text that it
 * has here. False: it is somebody else's. */
static bool take_view(translation *t, weft_schema_table *made, const weft_schema_table *found, const weft_schema_table *other)
{
    const bool changed = is_view_changed(t, found->name);
    const bool own = wefti_def_is_listed(t->own_views, found);
    if (!wefti_ddl_is_view(found) || (other == NULL ? !own || !changed : other->definition == NULL || !wefti_ddl_is_view(other)))
        return false;
    *made = other != NULL ? *other : *found;
    if (other == NULL) {
        made->kind = t->materializes ? found->kind : WEFT_RELATION_VIEW;
        made->columns = NULL;
        made->column_count = 0;
        made->comment = NULL;
        made->kept = NULL;
        made->index_count = t->materializes ? found->index_count : 0;
    }
    if (changed)
        made->definition = found->definition;
    return true;
}

/* False: it is not there. */
static bool take_table(translation *t, weft_schema_table *made, const weft_schema_table *found)
{
    const wefti_def_name name = {found->schema, renamed_table(t, found->name)};
    const weft_schema_table *wanted = wefti_def_find_table(t->wanted, &name), *other = wefti_def_find_table(t->other, &name);
    if (found->kind != WEFT_RELATION_TABLE)
        return take_view(t, made, found, other);
    *made = (weft_schema_table){.kind = WEFT_RELATION_TABLE, .schema = found->schema, .name = found->name};
    if (other != NULL) { /* what this database does not know has not changed */
        made->comment = other->comment;
        made->storage = other->storage;
        made->tablespace = other->tablespace;
        made->unlogged = other->unlogged;
        made->strict = other->strict;
        made->without_rowid = other->without_rowid;
    }
    if (wanted != NULL && other != NULL && !is_table_changed(t, name.name) && !is_type_changed(t, wanted)) {
        take_whole(t, made, other);
    } else {
        take_columns(t, made, found, wanted, other);
        take_constraints(t, made, found, wanted, other);
    }
    take_indexes(t, made, found, wanted, other);
    return true;
}

/* ---- types of enums ---- */

/* The types that columns have before; what the models want of them, but for their values. */
static void take_enums(translation *t, wefti_definition *made)
{
    weft_schema_enum *enums = room(t, t->other->enum_count, sizeof *enums);
    made->enums = enums;
    for (size_t e = 0; enums != NULL && e < t->other->enum_count; e++) {
        weft_schema_enum type = t->other->enums[e];
        bool used = false;
        for (size_t i = 0; i < made->table_count; i++)
            for (size_t c = 0; c < made->tables[i].column_count; c++) {
                const char *column = made->tables[i].columns[c].name;
                if (!wefti_def_same_word(made->tables[i].columns[c].enum_type, type.name))
                    continue;
                const wefti_def_name name = {made->tables[i].schema, made->tables[i].name};
                const char *const *values = used ? NULL : values_before(t, wefti_def_find_table(t->found, &name), column);
                type.values = values != NULL ? values : type.values;
                used = true;
            }
        if (used)
            enums[made->enum_count++] = type;
    }
}

weft_status wefti_diff_translate(const wefti_diff *diff, const weft_schema *wanted, const char *cast, weft_schema **found,
                                 weft_error *error)
{
    weft_schema *made = *found = wefti_new_schema(wanted->ddl, error);
    if (made == NULL)
        return error->status;
    translation t = {.wanted = &diff->wanted->definition,
                     .found = &diff->found->definition,
                     .other = &wanted->definition,
                     .ops = &diff->up->list,
                     .ddl = diff->wanted->ddl,
                     .own_views = wanted->own_views,
                     .naming = wanted->naming,
                     .materializes = wanted->ddl->materialized_views,
                     .cast = cast,
                     .arena = &made->arena};
    weft_schema_table *tables = room(&t, t.found->table_count, sizeof *tables);
    size_t count = 0;
    for (size_t i = 0; tables != NULL && i < t.found->table_count; i++)
        count += take_table(&t, &tables[count], &t.found->tables[i]);
    made->definition = (wefti_definition){.tables = tables, .table_count = count, .place = t.found->place}; /* of views' texts */
    if (tables != NULL)
        take_enums(&t, &made->definition);
    return t.failed ? wefti_error_memory(error) : WEFT_OK;
}
