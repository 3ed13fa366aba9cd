/* What models have no word for, or need not say. A schema that was made of models is silent about collations not because they are
 * to go: it cannot say them. So what is found of that kind is wanted as it is found, and a comparison leaves it alone: tables
 * without a key, and what else is told below. Comments, whether a constraint waits, what an index has beside its columns,
 * exclusions, indexes on expressions, views and types of enums count where a model says them; where models are silent, what is
 * found stays, too. What else a model could say and does not say is another matter: that is to go. */
#include "schema/comparing.h"
#include "schema/drawn.h"
#include "schema/mention.h"
#include "schema/reading.h"

#include "base/limits.h"
#include "base/locale.h"
#include "type/type.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_TEXT_BYTES = 4000 }; /* of a string literal that every compiler takes */

typedef struct adopting {
    wefti_comparing *c;
    wefti_definition *wanted; /* which is being made whole */
} adopting;

static bool is_short(const char *text) { return text == NULL || strlen(text) <= MOST_TEXT_BYTES; }
static bool is_name(const char *name) { return name[0] != '\0' && strlen(name) <= WEFTI_MAX_IDENTIFIER_BYTES; }

/* ---- columns ---- */

/* SQLite takes any word for a type. Models have one for those whose values have a type of C, and for texts those that SQLite takes
 * for texts. */
static bool has_field(const weft_schema_column *column)
{
    static const char *const begin[] = {"real", "double", "float", "numeric", "decimal", "boolean", "date",
                                        "time", "json",   "uuid",  "money",   "number",  NULL};
    static const char *const within[] = {"int", "char", "clob", "text", "blob", NULL};
    const char *type = column->sql_type;
    bool known = false;
    for (const char *const *word = begin; *word != NULL; word++)
        known = known || wefti_ascii_begins(type, *word);
    for (; *type != '\0' && !known; type++)
        for (const char *const *word = within; *word != NULL; word++)
            known = known || wefti_ascii_begins(type, *word);
    return known;
}

static bool is_only_key(const weft_schema_table *table, const char *column)
{
    const weft_schema_constraint *key = wefti_def_primary_key(table);
    return key != NULL && wefti_def_count(key->columns) == 1 && strcmp(key->columns[0], column) == 0;
}

static const weft_schema_column *column_like(const weft_schema_column *columns, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (wefti_ascii_equal(columns[i].name, name))
            return &columns[i];
    return NULL;
}

static bool can_say_condition(const adopting *a, const weft_schema_table *said, const char *condition);

static bool can_say_computed(const adopting *a, const weft_schema_table *table, const weft_schema_column *column)
{
    return column->generated == NULL ||
           ((a->c->ddl->adds_constraints || column->type != WEFT_DECIMAL) && can_say_condition(a, table, column->generated));
}

static bool can_say_identity(const adopting *a, const weft_schema_table *table, const weft_schema_column *column)
{
    const weft_schema_constraint *key = wefti_def_primary_key(table);
    return !column->identity || is_only_key(table, column->name) ||
           (a->c->ddl->adds_constraints && (key == NULL || !wefti_comparing_names_contain(key->columns, column->name)));
}

static bool can_say_column(const adopting *a, const weft_schema_table *table, const weft_schema_column *column)
{
    return can_say_computed(a, table, column) && can_say_identity(a, table, column) && is_name(column->name) &&
           is_short(column->server_default) && (a->c->ddl->adds_constraints || column->sql_type == NULL || has_field(column));
}

static bool refers(const weft_schema_table *table, const char *column)
{
    for (size_t i = 0; i < table->constraint_count; i++) {
        const weft_schema_constraint *key = &table->constraints[i];
        if (key->kind == WEFT_CONSTRAINT_FOREIGN_KEY && wefti_def_count(key->columns) == 1 && strcmp(key->columns[0], column) == 0)
            return true;
    }
    return false;
}

static bool is_whole_number(const adopting *a, const weft_schema_column *column)
{
    const char *name = column->sql_type;
    const weft_type type = name != NULL ? wefti_read_type_named(a->c->ddl, name, strcspn(name, "(")) : (weft_type)column->type;
    if (column->array || column->enum_type != NULL)
        return false;
    return (name != NULL && type == WEFT_UNMAPPED) || wefti_type_of(type)->kin == WEFT_INT64;
}

/* What the models say of the column can stand beside an identity: they name no other source of its values, and store no NULL. */
static bool can_be_identity(const adopting *a, const weft_schema_column *wanted)
{
    return wanted->identity ||
           (wanted->server_default == NULL && wanted->generated == NULL && !wanted->nullable && is_whole_number(a, wanted));
}

/* A column that the models do not leave to the database is written by each INSERT, which ALWAYS would refuse. */
static void adopt_identity(weft_schema_column *wanted, const weft_schema_column *found)
{
    wanted->identity_always = wanted->identity_always || (wanted->identity && found->identity_always);
    wanted->identity = true;
    if (!wefti_def_says_counting(&wanted->counting))
        wanted->counting = found->counting;
}

/* SQLite makes values for a key of one column, which may have become one of several. */
void wefti_comparing_adopt_identity(wefti_comparing *c, const weft_schema_table *table, weft_schema_column *wanted,
                                    const weft_schema_column *found)
{
    const adopting a = {.c = c};
    const bool only_key = is_only_key(table, wanted->name);
    if (found->identity && (c->ddl->adds_constraints || only_key) && can_be_identity(&a, wanted) &&
        (wanted->identity || !only_key || refers(table, wanted->name)))
        adopt_identity(wanted, found);
}

static void adopt_column(const adopting *a, const weft_schema_table *table, weft_schema_column *wanted,
                         const weft_schema_column *found)
{
    const weft_schema_constraint *key = wefti_def_primary_key(table);
    if (wanted->comment == NULL)
        wanted->comment = found->comment;
    if (wanted->collation == NULL &&
        (wefti_comparing_kin(wanted) == wefti_comparing_kin(found) || wefti_comparing_kin(found) != WEFT_TEXT))
        wanted->collation = found->collation; /* a text that becomes a number has none */
    wefti_comparing_adopt_identity(a->c, table, wanted, found);
    if (!a->c->ddl->adds_constraints && key != NULL && wefti_comparing_names_contain(key->columns, wanted->name))
        wanted->nullable = found->nullable; /* SQLite lets a key be NULL */
}

static void adopt_columns(const adopting *a, weft_schema_table *wanted, const weft_schema_table *found)
{
    weft_schema_column *columns = wefti_comparing_room(a->c, wanted->column_count + found->column_count, sizeof *columns);
    size_t count = wanted->column_count;
    if (columns == NULL)
        return;
    memcpy(columns, wanted->columns, count * sizeof *columns);
    for (size_t i = 0; i < found->column_count; i++) {
        const weft_schema_column *column = &found->columns[i];
        weft_schema_column *same = (weft_schema_column *)(uintptr_t)
            wefti_def_find_column(&(weft_schema_table){.columns = columns, .column_count = wanted->column_count}, column->name);
        if (same != NULL)
            adopt_column(a, wanted, same, column);
        else if (!can_say_column(a, found, column) || column_like(columns, wanted->column_count, column->name) != NULL)
            columns[count++] = *column;
    }
    wanted->columns = columns;
    wanted->column_count = count;
}

/* Whether the text, or the column, is of a column of the table that goes: then what stands on it goes, too. */
static bool mentions_gone(const adopting *a, const weft_schema_table *wanted, const weft_schema_table *found, const char *text)
{
    for (size_t i = 0; text != NULL && i < found->column_count; i++)
        if (wefti_def_find_column(wanted, found->columns[i].name) == NULL &&
            wefti_comparing_mentions(a->c, text, found->columns[i].name))
            return true;
    return false;
}

static bool is_gone(const weft_schema_table *wanted, const char *column)
{
    return column != NULL && wefti_def_find_column(wanted, column) == NULL;
}

/* Columns that are computed of what goes. */
static void drop_computed(const adopting *a, weft_schema_table *wanted, const weft_schema_table *said,
                          const weft_schema_table *found)
{
    weft_schema_column *columns = (weft_schema_column *)(uintptr_t)wanted->columns;
    size_t count = said->column_count;
    for (size_t i = count; i < wanted->column_count; i++)
        if (!mentions_gone(a, wanted, found, columns[i].generated))
            columns[count++] = columns[i];
    wanted->column_count = count;
}

/* ---- which tables ---- */

static bool is_like_another(const adopting *a, const weft_schema_table *table)
{
    for (size_t i = 0; i < a->c->what->wanted->table_count; i++)
        if (wefti_ascii_equal(a->c->what->wanted->tables[i].name, table->name) &&
            wefti_def_same_word(a->c->what->wanted->tables[i].schema, table->schema))
            return true;
    return false;
}

/* Whether models make anything in the schema: of another one they do not mean to say all. */
static bool is_said(const adopting *a, const char *schema)
{
    for (size_t i = 0; i < a->c->what->wanted->table_count; i++) {
        const weft_schema_table *table = &a->c->what->wanted->tables[i];
        if (wefti_def_same_word(table->schema, schema) && wefti_def_is_made(table))
            return true;
    }
    return schema == NULL;
}

static bool can_say_table(const adopting *a, const weft_schema_table *table)
{
    const weft_schema_constraint *key = wefti_def_primary_key(table);
    const size_t count = key != NULL ? wefti_def_count(key->columns) : 0;
    if (!is_said(a, table->schema) || count == 0 || count > WEFTI_MAX_KEY_COLUMNS || !is_name(table->name) ||
        table->column_count > WEFTI_MAX_COLUMNS || is_like_another(a, table))
        return false;
    for (size_t i = 0; i < count; i++) {
        const weft_schema_column *column = wefti_def_find_column(table, key->columns[i]);
        if (column == NULL || column->generated != NULL || !is_name(column->name) ||
            (!a->c->ddl->adds_constraints && column->sql_type != NULL && !has_field(column)))
            return false;
    }
    return !wefti_def_has_word(table->kept, WEFTI_DESC_KEY);
}

/* ---- constraints ---- */

static const char *const *target_columns(const weft_schema_table *target, const weft_schema_constraint *key)
{
    const weft_schema_constraint *primary = target != NULL ? wefti_def_primary_key(target) : NULL;
    return key->target_columns != NULL ? key->target_columns : primary != NULL ? primary->columns : NULL;
}

static const weft_schema_table *target_of(const adopting *a, const weft_schema_constraint *key)
{
    return wefti_def_find_table(a->c->what->wanted, &(wefti_def_name){key->target_schema, key->target_table});
}

static bool can_say_reference(const adopting *a, const weft_schema_table *said, const weft_schema_constraint *key)
{
    const weft_schema_table *target = target_of(a, key);
    const char *const *targets = target_columns(target, key);
    if (target == NULL || wefti_def_count(targets) != wefti_def_count(key->columns))
        return false;
    for (size_t i = 0; key->columns[i] != NULL; i++) {
        const weft_schema_column *from = wefti_def_find_column(said, key->columns[i]);
        const weft_schema_column *to = wefti_def_find_column(target, targets[i]);
        if (from == NULL || to == NULL || from->generated != NULL ||
            wefti_type_of(from->type)->kin != wefti_type_of(to->type)->kin ||
            (!from->nullable && key->on_delete != NULL && strcmp(key->on_delete, "SET NULL") == 0))
            return false;
    }
    return true;
}

/* A word, or a name within quotes. */
static bool is_named(const char *at, size_t size, const char *name)
{
    if (size >= 2 && (*at == '"' || *at == '`' || *at == '[')) {
        at++;
        size -= 2;
    }
    return strlen(name) == size && wefti_ascii_begins(at, name);
}

/* Decimals of SQLite are texts, and a condition of a model says CAST(price AS REAL) for price: another one it cannot say. */
static bool can_say_condition(const adopting *a, const weft_schema_table *said, const char *condition)
{
    static const char cast[] = "CAST(";
    if (condition == NULL || !is_short(condition) || a->c->ddl->adds_constraints)
        return condition == NULL || is_short(condition);
    for (const char *at = condition; *at != '\0';) {
        const char *start = at;
        const wefti_sql_token token = wefti_sql_next(a->c->ddl->rules, &at);
        if (token == WEFTI_SQL_END)
            break;
        for (size_t i = 0; token == WEFTI_SQL_NAME && i < said->column_count; i++)
            if (said->columns[i].type == WEFT_DECIMAL && is_named(start, (size_t)(at - start), said->columns[i].name) &&
                (start - condition < (ptrdiff_t)sizeof cast - 1 || !wefti_ascii_begins(start - (sizeof cast - 1), cast)))
                return false;
    }
    return true;
}

/* said: what the models say of the table. */
static bool can_say_constraint(const adopting *a, const weft_schema_table *said, const weft_schema_constraint *found)
{
    const size_t count = wefti_def_count(found->columns);
    if (found->kind == WEFT_CONSTRAINT_CHECK)
        return can_say_condition(a, said, found->expression);
    if (found->kind == WEFT_CONSTRAINT_EXCLUDE || count > WEFTI_MAX_KEY_COLUMNS)
        return false;
    for (size_t i = 0; i < count; i++)
        if (wefti_def_find_column(said, found->columns[i]) == NULL)
            return false;
    return found->kind != WEFT_CONSTRAINT_FOREIGN_KEY || can_say_reference(a, said, found);
}

static bool is_same_but(const adopting *a, const weft_schema_constraint *wanted, const weft_schema_constraint *found, bool by_name)
{
    if (wanted->kind != found->kind || (by_name && !wefti_def_same_word(wanted->name, found->name)))
        return false;
    if (wanted->kind == WEFT_CONSTRAINT_CHECK || wanted->kind == WEFT_CONSTRAINT_EXCLUDE)
        return by_name;
    if (!wefti_def_same_names(wanted->columns, found->columns))
        return false;
    return wanted->kind != WEFT_CONSTRAINT_FOREIGN_KEY ||
           (wefti_def_same_word(wanted->target_table, found->target_table) &&
            wefti_def_same_word(wanted->target_schema, found->target_schema) &&
            wefti_def_same_names(target_columns(target_of(a, wanted), wanted), target_columns(target_of(a, found), found)));
}

static const weft_schema_table *found_of(const adopting *a, const char *schema, const char *name)
{
    for (size_t i = 0; i < a->c->found_count; i++)
        if (wefti_def_same_word(a->c->found[i].name, name) && wefti_def_same_word(a->c->found[i].schema, schema))
            return &a->c->found[i];
    return NULL;
}

/* A foreign key between columns of one kind of type, of which one gets another: there can be none between them. */
static bool refers_to_another_type(const adopting *a, const weft_schema_table *wanted, const weft_schema_table *found,
                                   const weft_schema_constraint *key)
{
    const weft_schema_table *target = target_of(a, key), *target_found = found_of(a, key->target_schema, key->target_table);
    const char *const *targets = target_columns(target_found, key);
    for (size_t i = 0; target != NULL && targets != NULL && key->columns[i] != NULL && targets[i] != NULL; i++) {
        const weft_schema_column *from = wefti_def_find_column(wanted, key->columns[i]);
        const weft_schema_column *from_found = wefti_def_find_column(found, key->columns[i]);
        const weft_schema_column *to = wefti_def_find_column(target, targets[i]);
        const weft_schema_column *to_found = wefti_def_find_column(target_found, targets[i]);
        if (from != NULL && from_found != NULL && to != NULL && to_found != NULL &&
            wefti_comparing_kin(from_found) == wefti_comparing_kin(to_found) &&
            wefti_comparing_kin(from) != wefti_comparing_kin(to))
            return true;
    }
    return false;
}

static bool stands_on_gone(const adopting *a, const weft_schema_table *wanted, const weft_schema_table *found,
                           const weft_schema_constraint *one)
{
    for (const char *const *column = one->columns; column != NULL && *column != NULL; column++)
        if (is_gone(wanted, *column))
            return true;
    for (const char *const *column = one->include; column != NULL && *column != NULL; column++)
        if (is_gone(wanted, *column))
            return true;
    if (mentions_gone(a, wanted, found, one->expression))
        return true;
    if (one->kind != WEFT_CONSTRAINT_FOREIGN_KEY)
        return false;
    const weft_schema_table *target = found_of(a, one->target_schema, one->target_table);
    return target != NULL &&
           ((target_of(a, one) == NULL && can_say_table(a, target)) || refers_to_another_type(a, wanted, found, one));
}

static void adopt_text(const char **wanted, const char *found) { *wanted = *wanted != NULL ? *wanted : found; }

/* What the models leave open of a constraint that is there. */
static void adopt_constraint(const adopting *a, const weft_schema_table *wanted, const weft_schema_table *found,
                             weft_schema_constraint *made, const weft_schema_constraint *there)
{
    made->not_valid = there->not_valid;
    if (!made->deferrable) {
        made->deferrable = there->deferrable;
        made->initially_deferred = there->initially_deferred;
    }
    made->match_full = made->match_full || there->match_full;
    made->nulls_not_distinct = made->nulls_not_distinct || there->nulls_not_distinct;
    if (made->include == NULL && !stands_on_gone(a, wanted, found, there))
        made->include = there->include;
    adopt_text(&made->storage, there->storage);
    adopt_text(&made->tablespace, there->tablespace);
    adopt_text(&made->comment, there->comment);
}

/* The table's own with what is left open, with room for those of the found one; *had: which of these they are. NULL: no memory. */
static weft_schema_constraint *adopt_own_constraints(const adopting *a, const weft_schema_table *wanted,
                                                     const weft_schema_table *found, bool **had)
{
    const size_t count = wanted->constraint_count;
    weft_schema_constraint *made = wefti_comparing_room(a->c, count + found->constraint_count, sizeof *made);
    bool *taken = wefti_comparing_room(a->c, count + found->constraint_count, 1);
    if (made == NULL || taken == NULL)
        return NULL;
    *had = taken + count;
    if (count > 0)
        memcpy(made, wanted->constraints, count * sizeof *made);
    for (int by_name = 1; by_name >= 0; by_name--)
        for (size_t f = 0; f < found->constraint_count; f++)
            for (size_t w = 0; w < count && !(*had)[f]; w++) {
                if (taken[w] || !is_same_but(a, &made[w], &found->constraints[f], by_name != 0))
                    continue;
                taken[w] = (*had)[f] = true;
                adopt_constraint(a, wanted, found, &made[w], &found->constraints[f]);
            }
    return made;
}

static void adopt_constraints(const adopting *a, weft_schema_table *wanted, const weft_schema_table *said,
                              const weft_schema_table *found)
{
    bool *had = NULL;
    weft_schema_constraint *made = adopt_own_constraints(a, wanted, found, &had);
    size_t count = wanted->constraint_count;
    if (made == NULL)
        return;
    for (size_t f = 0; f < found->constraint_count; f++)
        if (!had[f] && !can_say_constraint(a, said, &found->constraints[f]) &&
            !stands_on_gone(a, wanted, found, &found->constraints[f]))
            made[count++] = found->constraints[f];
    wanted->constraints = made;
    wanted->constraint_count = count;
}

/* ---- indexes ---- */

static bool is_usual(const char *method) { return method == NULL || wefti_ascii_equal(method, "btree"); }

static bool can_say_index(const adopting *a, const weft_schema_table *said, const weft_schema_index *found)
{
    for (size_t i = 0; i < found->part_count; i++)
        if (found->parts[i].column == NULL || wefti_def_find_column(said, found->parts[i].column) == NULL)
            return false;
    return found->part_count <= WEFTI_MAX_KEY_COLUMNS && is_usual(found->method) && is_name(found->name) &&
           can_say_condition(a, said, found->where);
}

static bool index_stands_on_gone(const adopting *a, const weft_schema_table *wanted, const weft_schema_table *found,
                                 const weft_schema_index *index)
{
    bool gone = mentions_gone(a, wanted, found, index->where);
    for (size_t i = 0; i < index->part_count; i++)
        gone = gone || is_gone(wanted, index->parts[i].column) || mentions_gone(a, wanted, found, index->parts[i].expression);
    for (const char *const *column = index->include; column != NULL && *column != NULL; column++)
        gone = gone || is_gone(wanted, *column);
    return gone;
}

static bool has_same_columns(const weft_schema_index *wanted, const weft_schema_index *found)
{
    if (wanted->part_count != found->part_count)
        return false;
    for (size_t i = 0; i < found->part_count; i++)
        if (!wefti_def_same_word(wanted->parts[i].column, found->parts[i].column) ||
            wanted->parts[i].descending != found->parts[i].descending)
            return false;
    return true;
}

static void adopt_parts(const adopting *a, weft_schema_index *wanted, const weft_schema_index *found)
{
    weft_schema_part *parts = wefti_comparing_room(a->c, wanted->part_count, sizeof *parts);
    for (size_t i = 0; parts != NULL && i < wanted->part_count; i++) {
        const weft_schema_part *there = &found->parts[i];
        parts[i] = wanted->parts[i];
        if (parts[i].collation == NULL)
            parts[i].collation = there->collation;
        if (parts[i].operator_class == NULL)
            parts[i].operator_class = there->operator_class;
        if (parts[i].nulls == WEFT_NULLS_DEFAULT)
            parts[i].nulls = there->nulls;
    }
    if (parts != NULL)
        wanted->parts = parts;
}

/* What the models leave open of one that is there. */
static void adopt_index(const adopting *a, weft_schema_index *wanted, const weft_schema_index *found)
{
    adopt_parts(a, wanted, found);
    if (wanted->method == NULL)
        wanted->method = found->method;
    wanted->nulls_not_distinct = wanted->nulls_not_distinct || found->nulls_not_distinct;
    adopt_text(&wanted->storage, found->storage);
    adopt_text(&wanted->tablespace, found->tablespace);
    adopt_text(&wanted->comment, found->comment);
}

static void adopt_indexes(const adopting *a, weft_schema_table *wanted, const weft_schema_table *said,
                          const weft_schema_table *found)
{
    weft_schema_index *made = wefti_comparing_room(a->c, wanted->index_count + found->index_count, sizeof *made);
    size_t count = wanted->index_count;
    if (made == NULL)
        return;
    memcpy(made, wanted->indexes, count * sizeof *made);
    for (size_t f = 0; f < found->index_count; f++) {
        const weft_schema_index *index = &found->indexes[f];
        bool named = false;
        for (size_t w = 0; w < wanted->index_count; w++) {
            const bool same = wefti_def_same_word(made[w].name, index->name);
            named = named || same;
            if (!same || !has_same_columns(&made[w], index))
                continue;
            adopt_index(a, &made[w], index);
            if (made[w].include == NULL && !index_stands_on_gone(a, wanted, found, index))
                made[w].include = index->include;
        }
        if (!named && !can_say_index(a, said, index) && !index_stands_on_gone(a, wanted, found, index))
            made[count++] = *index;
    }
    wanted->indexes = made;
    wanted->index_count = count;
}

void wefti_comparing_adopt_open(wefti_comparing *c, weft_schema_table *wanted, const weft_schema_table *found)
{
    const adopting a = {.c = c};
    bool *had = NULL;
    weft_schema_constraint *constraints = adopt_own_constraints(&a, wanted, found, &had);
    weft_schema_index *indexes = wefti_comparing_room(c, wanted->index_count, sizeof *indexes);
    if (constraints == NULL || indexes == NULL)
        return;
    if (wanted->index_count > 0)
        memcpy(indexes, wanted->indexes, wanted->index_count * sizeof *indexes);
    for (size_t w = 0; w < wanted->index_count; w++)
        for (size_t f = 0; f < found->index_count; f++) {
            if (!wefti_def_same_word(indexes[w].name, found->indexes[f].name) || !has_same_columns(&indexes[w], &found->indexes[f]))
                continue;
            adopt_index(&a, &indexes[w], &found->indexes[f]);
            if (indexes[w].include == NULL)
                indexes[w].include = found->indexes[f].include;
        }
    wanted->constraints = constraints;
    wanted->indexes = indexes;
}

/* ---- tables and views ---- */

static const char *const counted_on[] = {WEFTI_COUNTED_ON, NULL};

/* What the models say of its columns is declared as such a table takes it. */
void wefti_comparing_adopt_kind(wefti_comparing *c, weft_schema_table *wanted, const weft_schema_table *found)
{
    wanted->without_rowid = wanted->without_rowid || found->without_rowid;
    if (wanted->strict || !found->strict)
        return;
    weft_schema_column *columns = wefti_comparing_room(c, wanted->column_count, sizeof *columns);
    if (columns == NULL)
        return;
    memcpy(columns, wanted->columns, wanted->column_count * sizeof *columns);
    wefti_ddl_make_strict(c->ddl, columns, wanted->column_count);
    wanted->columns = columns;
    wanted->strict = true;
}

static void adopt_table(const adopting *a, weft_schema_table *wanted, const weft_schema_table *found)
{
    const weft_schema_table said = *wanted;
    wefti_comparing_adopt_kind(a->c, wanted, found);
    if (wefti_comparing_begins_to_count_on(a->c, found, wanted))
        wanted->kept = counted_on;
    adopt_text(&wanted->comment, found->comment);
    adopt_text(&wanted->storage, found->storage);
    adopt_text(&wanted->tablespace, found->tablespace);
    wanted->unlogged = wanted->unlogged || found->unlogged;
    adopt_columns(a, wanted, found);
    if (a->c->status == WEFT_OK)
        drop_computed(a, wanted, &said, found);
    adopt_constraints(a, wanted, &said, found);
    adopt_indexes(a, wanted, &said, found);
}

/* Of a view what is beside its definition, and indexes that models have no word for. */
static void adopt_view(const adopting *a, weft_schema_table *wanted, const weft_schema_table *found)
{
    weft_schema_index *made = wefti_comparing_room(a->c, wanted->index_count + found->index_count, sizeof *made);
    size_t count = wanted->index_count;
    if (wanted->comment == NULL)
        wanted->comment = found->comment;
    if (made == NULL)
        return;
    if (count > 0)
        memcpy(made, wanted->indexes, count * sizeof *made);
    for (size_t f = 0; f < found->index_count && wanted->kind == found->kind; f++) {
        const weft_schema_index *index = &found->indexes[f];
        bool named = false, plain = is_usual(index->method) && is_name(index->name) && index->part_count <= WEFTI_MAX_KEY_COLUMNS;
        for (size_t i = 0; i < index->part_count; i++)
            plain = plain && index->parts[i].column != NULL;
        for (size_t w = 0; w < wanted->index_count; w++)
            if (wefti_def_same_word(made[w].name, index->name)) {
                named = true;
                if (has_same_columns(&made[w], index))
                    adopt_index(a, &made[w], index);
            }
        if (!named && !plain)
            made[count++] = *index;
    }
    wanted->indexes = made;
    wanted->index_count = count;
}

static bool is_mentioned(const adopting *a, const weft_schema_table *table, const wefti_mention *mention)
{
    const char *schema = table->schema != NULL ? table->schema : a->c->what->found->first;
    return strcmp(table->name, mention->name) == 0 &&
           (mention->schema[0] == '\0' || schema == NULL || strcmp(schema, mention->schema) == 0);
}

static bool names_one_of(const adopting *a, const weft_schema_table *view, const weft_schema_table *const *tables, size_t count)
{
    wefti_mentions mentions = {.rules = a->c->ddl->rules, .at = view->definition};
    while (view->definition != NULL && wefti_mentions_next(&mentions))
        for (size_t i = 0; i < count; i++)
            if (is_mentioned(a, tables[i], &mentions.found))
                return true;
    return false;
}

/* A view that is somebody else's is wanted as it is found, whatever it is; where there is none, nobody makes it. */
static void adopt_existing(const adopting *a, weft_schema_table *tables)
{
    size_t count = 0;
    for (size_t i = 0; i < a->wanted->table_count; i++) {
        const bool is_others = wefti_ddl_is_view(&tables[i]) && tables[i].definition == NULL;
        const weft_schema_table *found = is_others ? found_of(a, tables[i].schema, tables[i].name) : NULL;
        if (found != NULL)
            tables[count++] = *found;
        else if (!is_others)
            tables[count++] = tables[i];
    }
    a->wanted->table_count = count;
}

/* Others' views stay, but one on a table that goes will go with it, and so do those on it. */
static void adopt_views(const adopting *a, weft_schema_table *tables)
{
    wefti_comparing *c = a->c;
    const weft_schema_table **gone = wefti_comparing_room(c, c->found_count, sizeof *gone);
    bool *goes = wefti_comparing_room(c, c->found_count, 1), again = true;
    size_t count = 0;
    if (gone == NULL || goes == NULL)
        return;
    for (size_t i = 0; i < c->found_count; i++)
        if (c->found[i].kind == WEFT_RELATION_TABLE &&
            wefti_def_find_table(a->wanted, &(wefti_def_name){c->found[i].schema, c->found[i].name}) == NULL)
            gone[count++] = &c->found[i];
    while (again) {
        again = false;
        for (size_t i = 0; i < c->found_count; i++)
            if (!goes[i] && wefti_ddl_is_view(&c->found[i]) && names_one_of(a, &c->found[i], gone, count)) {
                gone[count++] = &c->found[i];
                goes[i] = again = true;
            }
    }
    for (size_t i = 0; i < c->found_count; i++)
        if (wefti_ddl_is_view(&c->found[i]) && !goes[i] && !wefti_def_is_listed(c->what->own_views, &c->found[i]) &&
            wefti_def_find_table(a->wanted, &(wefti_def_name){c->found[i].schema, c->found[i].name}) == NULL)
            tables[a->wanted->table_count++] = c->found[i];
}

/* Of the types those that models name are wanted as they say; the others stay. */
static void adopt_enums(const adopting *a)
{
    const wefti_definition *said = a->c->what->wanted;
    const size_t found_count = a->c->what->found->enum_count;
    weft_schema_enum *enums = wefti_comparing_room(a->c, said->enum_count + found_count, sizeof *enums);
    size_t count = said->enum_count;
    if (enums == NULL)
        return;
    if (count > 0)
        memcpy(enums, said->enums, count * sizeof *enums);
    for (size_t i = 0; i < found_count; i++) {
        const weft_schema_enum *found = &a->c->found_enums[i];
        bool named = false;
        for (size_t w = 0; w < said->enum_count; w++)
            named =
                named || (wefti_def_same_word(enums[w].name, found->name) && wefti_def_same_word(enums[w].schema, found->schema));
        if (!named)
            enums[count++] = *found;
    }
    a->wanted->enums = enums;
    a->wanted->enum_count = count;
}

/* Those that are there stay as they are, but for how they count where a model says it. */
static void adopt_sequences(const adopting *a)
{
    const wefti_definition *said = a->c->what->wanted, *found = a->c->what->found;
    weft_schema_sequence *sequences = wefti_comparing_room(a->c, said->sequence_count + found->sequence_count, sizeof *sequences);
    size_t count = 0;
    if (sequences == NULL)
        return;
    for (size_t i = 0; i < found->sequence_count; i++) {
        sequences[count] = found->sequences[i];
        count += wefti_comparing_follow(a->c, &sequences[count]) ? 1 : 0;
    }
    const size_t there_already = count;
    for (size_t i = 0; i < said->sequence_count; i++) {
        const weft_schema_sequence *one = &said->sequences[i];
        bool there = false;
        for (size_t k = 0; k < count && !there; k++) {
            there = wefti_drawn_same(found, &sequences[k], one->schema, one->name);
            if (there && k >= there_already) /* two columns draw from it */
                sequences[k].table = sequences[k].column = NULL;
            if (there && wefti_def_says_counting(&one->counting))
                sequences[k].counting = one->counting;
            if (there && wefti_def_says_type(one))
                sequences[k].type = one->type;
        }
        if (there)
            continue;
        sequences[count] = *one;
        if (wefti_drawn_is_home(found, one->schema))
            sequences[count].schema = NULL;
        if (!wefti_drawn_is_within(said, sequences[count].schema)) /* which was not read */
            continue;
        const wefti_def_name owner = {sequences[count].schema, one->table};
        if (one->table != NULL && wefti_def_find_table(said, &owner) == NULL) /* it is of another schema */
            sequences[count].table = sequences[count].column = NULL;
        count++;
    }
    a->wanted->sequences = sequences;
    a->wanted->sequence_count = count;
}

void wefti_comparing_adopt(wefti_comparing *c)
{
    const wefti_definition *said = c->what->wanted;
    wefti_definition *wanted = wefti_comparing_room(c, 1, sizeof *wanted);
    weft_schema_table *tables = wefti_comparing_room(c, said->table_count + c->found_count, sizeof *tables);
    const adopting a = {c, wanted};
    if (wanted == NULL || tables == NULL)
        return;
    *wanted = *said;
    wanted->tables = tables;
    adopt_enums(&a);
    adopt_sequences(&a);
    memcpy(tables, said->tables, said->table_count * sizeof *tables);
    for (size_t i = 0; i < c->found_count && c->status == WEFT_OK; i++) {
        const weft_schema_table *found = &c->found[i];
        size_t w = 0;
        while (w < said->table_count &&
               (!wefti_def_same_word(tables[w].name, found->name) || !wefti_def_same_word(tables[w].schema, found->schema)))
            w++;
        if (w < said->table_count && wefti_ddl_is_view(&tables[w]) && tables[w].definition != NULL && wefti_ddl_is_view(found))
            adopt_view(&a, &tables[w], found);
        if (found->kind != WEFT_RELATION_TABLE)
            continue;
        if (w < said->table_count && tables[w].kind == WEFT_RELATION_TABLE)
            adopt_table(&a, &tables[w], found);
        else if (w == said->table_count && !can_say_table(&a, found))
            tables[wanted->table_count++] = *found;
    }
    if (c->status == WEFT_OK) {
        adopt_existing(&a, tables);
        adopt_views(&a, tables);
    }
    if (wanted->table_count > 1)
        qsort(tables, wanted->table_count, sizeof *tables, wefti_def_compare_tables);
    c->wanted = wanted;
}
