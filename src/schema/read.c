/* What reading shares: lists that grow, cells, finding the table that a row is about, and putting it all together at the end. */
#include "schema/reading.h"

#include "base/error.h"
#include "base/locale.h"
#include "type/type.h"

#include <stdlib.h>
#include <string.h>

static void no_memory(wefti_reading *r)
{
    if (r->status == WEFT_OK)
        r->status = wefti_error_memory(r->error);
}

void *wefti_read_add(wefti_reading *r, wefti_read_list *list, size_t size)
{
    if (list->count == list->room) {
        size_t room = list->room < 8 ? 8 : 2 * list->room;
        void *items = room <= SIZE_MAX / size ? wefti_arena_alloc(r->arena, room * size) : NULL;
        if (items == NULL)
            return no_memory(r), NULL;
        if (list->count > 0)
            memcpy(items, list->items, list->count * size);
        list->items = items;
        list->room = room;
    }
    return memset((char *)list->items + list->count++ * size, 0, size);
}

void wefti_read_ask(wefti_reading *r, const char *sql, const weft_value *parameters, size_t count, wefti_read_row on_row)
{
    r->latest = NULL;
    if (r->status == WEFT_OK)
        r->status = r->asker->ask(r->asker->context, sql, parameters, count, on_row, r, r->error);
}

/* ---- tables ---- */

static int compare_with_id(const void *id, const void *table)
{
    int64_t wanted = *(const int64_t *)id, there = ((const wefti_read_table *)table)->id;
    return (wanted > there) - (wanted < there);
}

wefti_read_table *wefti_read_table_of(wefti_reading *r, int64_t id)
{
    if (r->latest != NULL && r->latest->id == id) /* rows come table by table */
        return r->latest;
    r->latest =
        r->tables.count == 0 ? NULL : bsearch(&id, r->tables.items, r->tables.count, sizeof(wefti_read_table), compare_with_id);
    return r->latest;
}

/* Which of the tables that are read it is. */
static const weft_schema_table *only_one(const wefti_reading *r, int64_t id, const char *name)
{
    for (size_t i = 0; i < r->only->table_count; i++)
        if (r->only_ids != NULL ? r->only_ids[i] == id : wefti_ascii_equal(r->only->tables[i].name, name))
            return &r->only->tables[i];
    return NULL;
}

wefti_read_table *wefti_read_add_table(wefti_reading *r, int64_t id, weft_relation_kind kind, const char *schema, const char *name)
{
    if (r->status != WEFT_OK || (r->options->include != NULL && !r->options->include(r->options->user, schema, name)))
        return NULL;
    const weft_schema_table *wanted = r->only != NULL ? only_one(r, id, name) : NULL;
    if (r->only != NULL && wanted == NULL)
        return NULL;
    wefti_read_table *table = WEFTI_READ_ADD(r, &r->tables, wefti_read_table);
    if (table == NULL)
        return NULL;
    table->id = id;
    table->place = wefti_read_schema(r, schema);
    table->table = (weft_schema_table){.kind = kind, .schema = table->place, .name = name};
    if (wanted != NULL) {
        table->table.schema = wanted->schema;
        table->table.name = wanted->name;
    }
    return table;
}

weft_schema_column *wefti_read_add_column(wefti_reading *r, int64_t id, const weft_value *name)
{
    wefti_read_table *table = wefti_read_table_of(r, id);
    weft_schema_column *column = table != NULL ? WEFTI_READ_ADD(r, &table->columns, weft_schema_column) : NULL;
    if (column != NULL)
        column->name = wefti_read_text(r, name);
    return column;
}

/* ---- cells ---- */

const char *wefti_read_text(wefti_reading *r, const weft_value *cell)
{
    if (cell->is_null)
        return NULL;
    const char *copy = wefti_arena_strndup(r->arena, cell->as.s.data, cell->as.s.size);
    if (copy == NULL)
        no_memory(r);
    return copy;
}

const char *wefti_read_word(wefti_reading *r, const weft_value *cell)
{
    return cell->is_null || cell->as.s.size == 0 ? NULL : wefti_read_text(r, cell);
}

int64_t wefti_read_integer(const weft_value *cell) { return cell->is_null ? 0 : cell->as.i; }

bool wefti_read_truth(const weft_value *cell) { return !cell->is_null && (cell->type == WEFT_BOOL ? cell->as.b : cell->as.i != 0); }

const char *wefti_read_schema(const wefti_reading *r, const char *schema)
{
    return schema == NULL || (r->default_schema != NULL && strcmp(schema, r->default_schema) == 0) ? NULL : schema;
}

void wefti_read_add_name(wefti_reading *r, const char *const **names, const char *name)
{
    size_t count = wefti_def_count(*names);
    const bool full = (count & (count + 1)) == 0; /* there is room for 1, 3, 7, … and the end */
    const char **list = full ? wefti_arena_alloc(r->arena, 2 * (count + 1) * sizeof *list) : (const char **)(uintptr_t)*names;
    if (list == NULL || name == NULL) {
        no_memory(r);
        return;
    }
    if (full && count > 0)
        memcpy((void *)list, (const void *)*names, count * sizeof *list);
    list[count] = name;
    list[count + 1] = NULL;
    *names = list;
}

void wefti_read_keep(wefti_reading *r, wefti_read_table *table, const char *text)
{
    const char **kept = WEFTI_READ_ADD(r, &table->kept, const char *);
    if (kept != NULL && (*kept = text) == NULL) {
        table->kept.count--;
        no_memory(r);
    }
}

/* ---- words of definitions ---- */

const char *wefti_read_unwrapped(wefti_reading *r, const wefti_sql_rules *rules, const char *expression)
{
    while (expression != NULL && expression[0] == '(') {
        const char *at = expression;
        int depth = 0;
        do {
            const char *token = at;
            if (wefti_sql_next(rules, &at) == WEFTI_SQL_OTHER)
                depth += *token == '(' ? 1 : *token == ')' ? -1 : 0;
        } while (depth > 0 && *at != '\0');
        if (depth != 0 || *at != '\0') /* "(a) + (b)" */
            return expression;
        expression = wefti_arena_strndup(r->arena, expression + 1, strlen(expression) - 2);
    }
    if (expression == NULL)
        no_memory(r);
    return expression;
}

weft_type wefti_read_type_named(const wefti_ddl *ddl, const char *name, size_t size)
{
    char word[32];
    weft_type found = WEFT_UNMAPPED;
    if (size == 0 || size >= sizeof word)
        return WEFT_UNMAPPED;
    memcpy(word, name, size);
    word[size] = '\0';
    for (unsigned type = 1; type < WEFTI_COLUMN_TYPES; type++) {
        const char *other = ddl->names[type].column;
        if (other == NULL || !wefti_ascii_equal(word, other))
            continue;
        const unsigned element = wefti_type_of(type)->element; /* INTEGER of several sizes: the one that holds all */
        unsigned kin = element != 0 ? wefti_array_type(wefti_type_of(element)->kin, false) : wefti_type_of(type)->kin;
        bool widest = ddl->names[kin].column != NULL && wefti_ascii_equal(word, ddl->names[kin].column);
        if (found == WEFT_UNMAPPED)
            found = (weft_type)(widest ? kin : type);
    }
    return found;
}

/* ---- the whole ---- */

static int compare_names(const char *schema_a, const char *a, const char *schema_b, const char *b)
{
    return wefti_def_compare_tables(&(weft_schema_table){.schema = schema_a, .name = a},
                                    &(weft_schema_table){.schema = schema_b, .name = b});
}

static int compare_enums(const void *a, const void *b)
{
    const weft_schema_enum *x = a, *y = b;
    return compare_names(x->schema, x->name, y->schema, y->name);
}

static int compare_sequences(const void *a, const void *b)
{
    const weft_schema_sequence *x = a, *y = b;
    return compare_names(x->schema, x->name, y->schema, y->name);
}

/* Those without a name stay as they are in the statement, at the end of their kind: no two are equal. */
static int compare_constraints(const void *a, const void *b)
{
    const weft_schema_constraint *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->name == NULL || y->name == NULL)
        return (x->name == NULL) - (y->name == NULL);
    return strcmp(x->name, y->name);
}

static int compare_indexes(const void *a, const void *b)
{
    return strcmp(((const weft_schema_index *)a)->name, ((const weft_schema_index *)b)->name);
}

/* In place, equal ones as they are: few items. */
static void sort_constraints(weft_schema_constraint *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        weft_schema_constraint item = items[i];
        size_t at = i;
        for (; at > 0 && compare_constraints(&items[at - 1], &item) > 0; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

/* What foreign keys refer to has the names of the wanted tables, too. */
static void rename_targets(wefti_reading *r, wefti_read_table *from)
{
    weft_schema_constraint *constraints = from->constraints.items;
    for (size_t i = 0; i < from->constraints.count; i++)
        for (size_t t = 0; constraints[i].target_table != NULL && t < r->tables.count; t++) {
            const wefti_read_table *target = &((const wefti_read_table *)r->tables.items)[t];
            if (wefti_ascii_equal(target->table.name, constraints[i].target_table) &&
                wefti_def_compare_texts(target->place, constraints[i].target_schema) == 0) {
                constraints[i].target_schema = target->table.schema;
                constraints[i].target_table = target->table.name;
                break;
            }
        }
}

static void finish_table(wefti_reading *r, wefti_read_table *from)
{
    if (r->only != NULL)
        rename_targets(r, from);
    weft_schema_table *table = &from->table;
    table->columns = from->columns.items;
    table->column_count = from->columns.count;
    sort_constraints(from->constraints.items, from->constraints.count);
    table->constraints = from->constraints.items;
    table->constraint_count = from->constraints.count;
    if (from->indexes.count > 1)
        qsort(from->indexes.items, from->indexes.count, sizeof(weft_schema_index), compare_indexes);
    table->indexes = from->indexes.items;
    table->index_count = from->indexes.count;
    if (from->kept.count > 0 && WEFTI_READ_ADD(r, &from->kept, const char *) != NULL)
        table->kept = from->kept.items; /* ends with NULL */
}

static const char *spell_name(wefti_reading *r, const char *name)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_add_identifier(&text, name);
    const char *made = text.failed ? NULL : wefti_arena_strdup(r->arena, text.data);
    wefti_text_deinit(&text);
    if (made == NULL)
        no_memory(r);
    return made;
}

static void finish(wefti_reading *r)
{
    wefti_definition *d = r->definition;
    size_t count = r->tables.count;
    weft_schema_table *tables = wefti_arena_alloc(r->arena, (count + 1) * sizeof *tables);
    if (tables == NULL) {
        no_memory(r);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        wefti_read_table *from = &((wefti_read_table *)r->tables.items)[i];
        finish_table(r, from);
        tables[i] = from->table;
    }
    if (count > 1)
        qsort(tables, count, sizeof *tables, wefti_def_compare_tables);
    if (r->enums.count > 1)
        qsort(r->enums.items, r->enums.count, sizeof(weft_schema_enum), compare_enums);
    if (r->sequences.count > 1)
        qsort(r->sequences.items, r->sequences.count, sizeof(weft_schema_sequence), compare_sequences);
    *d = (wefti_definition){.tables = tables,
                            .table_count = count,
                            .enums = r->enums.items,
                            .enum_count = r->enums.count,
                            .sequences = r->sequences.items,
                            .sequence_count = r->sequences.count,
                            .tablespace = r->tablespace};
    if (r->ddl->made_types && r->default_schema != NULL) {
        d->place = spell_name(r, r->default_schema);
        d->first = r->default_schema;
    }
}

static weft_status read_it(wefti_reading *r)
{
    *r->definition = (wefti_definition){0};
    r->ddl->read(r);
    if (r->status == WEFT_OK)
        finish(r);
    return r->status;
}

weft_status wefti_read_tables(const wefti_ddl *ddl, const wefti_asker *asker, const wefti_definition *wanted, wefti_arena *arena,
                              wefti_definition *definition, weft_error *error)
{
    static const weft_reflect_options all;
    wefti_reading r = {
        .ddl = ddl, .asker = asker, .options = &all, .only = wanted, .arena = arena, .definition = definition, .error = error};
    return read_it(&r);
}

weft_status wefti_read_definition(const wefti_ddl *ddl, const wefti_asker *asker, const weft_reflect_options *options,
                                  const wefti_definition *beside, wefti_arena *arena, wefti_definition *definition,
                                  weft_error *error)
{
    wefti_reading r = {
        .ddl = ddl, .asker = asker, .options = options, .beside = beside, .arena = arena, .definition = definition, .error = error};
    return read_it(&r);
}
