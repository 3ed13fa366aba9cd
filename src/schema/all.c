/* Everything of a definition, created or dropped: lists of operations in the order of dependencies. */
#include "schema/mention.h"
#include "schema/order.h"
#include "schema/render.h"

#include <stdlib.h>
#include <string.h>

typedef struct all {
    wefti_ops *ops;
    const wefti_ddl *ddl;
    const wefti_definition *definition;
    wefti_table_exists exists;
    wefti_keys_between keys;
    void *context;                     /* of the two */
    const weft_schema_table **by_name; /* the tables, sorted by name, then by schema */
    uint32_t *order;                   /* of tables: referred-to ones first */
    bool *there;                       /* by table, as it was before anything is done */
    wefti_edge *edges;                 /* the foreign keys and what views mention, table by table; NULL: they are only counted */
    uint32_t edge_count;
    uint32_t *first_edge;
    bool has_cycles;
} all;

static bool is_nullable(const weft_schema_table *table, const weft_schema_constraint *key)
{
    for (size_t i = 0; key->columns != NULL && key->columns[i] != NULL; i++) {
        const weft_schema_column *column = wefti_def_find_column(table, key->columns[i]);
        if (column != NULL && column->nullable)
            return true;
    }
    return false;
}

static int compare_table_to(const wefti_def_name *name, const weft_schema_table *table)
{
    int order = wefti_def_compare_texts(name->name, table->name);
    return order != 0 ? order : wefti_def_compare_texts(name->schema, table->schema);
}

static int compare_tables(const void *a, const void *b)
{
    const weft_schema_table *table = *(const weft_schema_table *const *)a;
    return compare_table_to(&(wefti_def_name){table->schema, table->name}, *(const weft_schema_table *const *)b);
}

static int compare_with_table(const void *name, const void *table)
{
    return compare_table_to(name, *(const weft_schema_table *const *)table);
}

/* The number of a table; count where the definition has none of the name. */
static uint32_t table_number(const all *a, const wefti_def_name *name)
{
    size_t count = a->definition->table_count;
    const weft_schema_table *const *found =
        count > 0 ? bsearch(name, (const void *)a->by_name, count, sizeof *a->by_name, compare_with_table) : NULL;
    return (uint32_t)(found != NULL ? (size_t)(*found - a->definition->tables) : count);
}

static void add_edge(all *a, uint32_t from, uint32_t to, bool nullable)
{
    if (a->edges != NULL)
        a->edges[a->edge_count] = (wefti_edge){.from = from, .to = to, .nullable = nullable};
    a->edge_count++;
}

/* A view's SELECT names a relation: the one of that schema, else any of the name, for the schema may stand there or not. */
static void add_mention(all *a, uint32_t view, const wefti_mention *mention)
{
    const size_t count = a->definition->table_count;
    const wefti_def_name name = {mention->schema[0] != '\0' ? mention->schema : NULL, mention->name};
    const uint32_t exact = table_number(a, &name);
    if (exact < count) {
        add_edge(a, view, exact, false);
        return;
    }
    size_t from = 0, to = count;
    while (from < to) { /* the first of the name */
        const size_t middle = from + (to - from) / 2;
        if (wefti_def_compare_texts(a->by_name[middle]->name, mention->name) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    for (; from < count && wefti_def_compare_texts(a->by_name[from]->name, mention->name) == 0; from++)
        add_edge(a, view, (uint32_t)(a->by_name[from] - a->definition->tables), false);
}

/* One edge for each foreign key; one that leads out of the definition is as one of the table to itself: nothing waits for it. */
static void make_edges(all *a)
{
    a->edge_count = 0;
    for (size_t t = 0; t < a->definition->table_count; t++) {
        const weft_schema_table *table = &a->definition->tables[t];
        a->first_edge[t] = a->edge_count;
        for (size_t i = 0; i < table->constraint_count; i++) {
            const weft_schema_constraint *key = &table->constraints[i];
            if (key->kind != WEFT_CONSTRAINT_FOREIGN_KEY)
                continue;
            uint32_t to = table_number(a, &(wefti_def_name){key->target_schema, key->target_table});
            to = to < a->definition->table_count ? to : (uint32_t)t;
            add_edge(a, (uint32_t)t, to, is_nullable(table, key));
        }
        if (!wefti_ddl_is_view(table) || table->definition == NULL)
            continue;
        wefti_mentions mentions = {.rules = a->ddl->rules, .at = table->definition};
        while (wefti_mentions_next(&mentions))
            add_mention(a, (uint32_t)t, &mentions.found);
    }
}

static bool order_tables(all *a)
{
    wefti_arena *arena = &a->ops->arena;
    make_edges(a); /* counts */
    a->edges = wefti_arena_zalloc(arena, ((size_t)a->edge_count + 1) * sizeof *a->edges);
    if (a->edges == NULL)
        return false;
    make_edges(a);
    if (!wefti_order(arena, (uint32_t)a->definition->table_count, a->edges, a->edge_count, a->order))
        return false;
    for (uint32_t i = 0; i < a->edge_count; i++)
        a->has_cycles = a->has_cycles || (a->edges[i].in_cycle && !wefti_ddl_is_view(&a->definition->tables[a->edges[i].from]));
    return true;
}

static bool begin(all *a)
{
    wefti_arena *arena = &a->ops->arena;
    size_t count = a->definition->table_count;
    a->by_name = wefti_arena_zalloc(arena, (count + 1) * sizeof *a->by_name);
    a->order = wefti_arena_zalloc(arena, (count + 1) * sizeof *a->order);
    a->there = wefti_arena_zalloc(arena, count + 1);
    a->first_edge = wefti_arena_zalloc(arena, (count + 1) * sizeof *a->first_edge);
    if (a->by_name == NULL || a->order == NULL || a->there == NULL || a->first_edge == NULL) {
        a->ops->failed = true;
        return false;
    }
    for (size_t t = 0; t < count; t++)
        a->by_name[t] = &a->definition->tables[t];
    if (count > 1)
        qsort((void *)a->by_name, count, sizeof *a->by_name, compare_tables);
    if (!order_tables(a)) {
        a->ops->failed = true;
        return false;
    }
    for (size_t t = 0; a->exists != NULL && t < count; t++)
        a->there[t] = a->exists(a->context, &(wefti_def_name){a->definition->tables[t].schema, a->definition->tables[t].name});
    return true;
}

/* Whether the constraint is a foreign key that is added when all tables are there; *edge counts the table's foreign keys. */
static bool comes_later(const all *a, const weft_schema_constraint *constraint, uint32_t *edge)
{
    return constraint->kind == WEFT_CONSTRAINT_FOREIGN_KEY && a->edges[(*edge)++].in_cycle && a->ddl->adds_constraints;
}

/* A view without a SELECT is somebody else's. */
static bool is_own(const weft_schema_table *table) { return !wefti_ddl_is_view(table) || table->definition != NULL; }

/* ---- create ---- */

static void create_view(all *a, const weft_schema_table *view)
{
    const bool again = a->exists == NULL, replace = again && view->kind == WEFT_RELATION_VIEW && a->ddl->replaces_views;
    wefti_ops_add(a->ops, &(wefti_op){WEFTI_OP_CREATE_VIEW,
                                      .of.create_view = {.view = view, .if_not_exists = again && !replace, .replace = replace}});
}

static void create_table(all *a, uint32_t t)
{
    const weft_schema_table *table = &a->definition->tables[t];
    if (wefti_ddl_is_view(table)) {
        create_view(a, table);
        return;
    }
    weft_schema_table *now = wefti_arena_memdup(&a->ops->arena, table, sizeof *table);
    weft_schema_constraint *constraints = wefti_arena_alloc(&a->ops->arena, (table->constraint_count + 1) * sizeof *constraints);
    if (now == NULL || constraints == NULL) {
        a->ops->failed = true;
        return;
    }
    uint32_t edge = a->first_edge[t];
    now->constraints = constraints;
    now->constraint_count = 0;
    for (size_t i = 0; i < table->constraint_count; i++)
        if (!comes_later(a, &table->constraints[i], &edge))
            constraints[now->constraint_count++] = table->constraints[i];
    wefti_ops_add(a->ops, &(wefti_op){WEFTI_OP_CREATE_TABLE, .of.create_table = {now, a->exists == NULL}});
}

static void drop_key(all *a, const weft_schema_table *table, const weft_schema_constraint *key)
{
    const char *made[] = {key->name != NULL ? key->name : wefti_made_constraint_name(&a->ops->arena, table->name, key), NULL};
    const wefti_def_name from = wefti_def_name_of(table), to = {key->target_schema, key->target_table};
    const char *const *names = a->keys != NULL ? a->keys(a->context, &from, &to) : made;
    for (; *names != NULL; names++)
        wefti_ops_add(a->ops,
                      &(wefti_op){WEFTI_OP_DROP_CONSTRAINT, .of.drop_constraint = {wefti_def_name_of(table), *names, true}});
}

/* Foreign keys of cycles; drop: they are taken away. */
static void alter_cycles(all *a, uint32_t t, bool drop)
{
    const weft_schema_table *table = &a->definition->tables[t];
    uint32_t edge = a->first_edge[t];
    for (size_t i = 0; i < table->constraint_count; i++) {
        const weft_schema_constraint *key = &table->constraints[i];
        if (!comes_later(a, key, &edge))
            continue;
        if (drop)
            drop_key(a, table, key);
        else
            wefti_ops_add(a->ops, &(wefti_op){WEFTI_OP_ADD_CONSTRAINT, .of.add_constraint = {wefti_def_name_of(table), key}});
    }
}

static void create_indexes(all *a, uint32_t t)
{
    const weft_schema_table *table = &a->definition->tables[t];
    for (size_t i = 0; i < table->index_count; i++)
        wefti_ops_add(a->ops, &(wefti_op){WEFTI_OP_CREATE_INDEX,
                                          .of.create_index = {wefti_def_name_of(table), &table->indexes[i], a->exists == NULL}});
}

/* One that is there may be somebody else's: it stays as it is, and belongs to whom it did. A table of its name is an error. */
static void create_sequences(all *a)
{
    for (size_t i = 0; i < a->definition->sequence_count; i++) {
        weft_schema_sequence *sequence = wefti_arena_alloc(&a->ops->arena, sizeof *sequence);
        if (sequence == NULL) {
            a->ops->failed = true;
            return;
        }
        *sequence = a->definition->sequences[i];
        sequence->table = sequence->column = NULL; /* which is not there yet */
        const bool taken = a->exists != NULL && a->exists(a->context, &(wefti_def_name){sequence->schema, sequence->name});
        wefti_ops_add(a->ops, &(wefti_op){WEFTI_OP_CREATE_SEQUENCE, .of.create_sequence = {sequence, !taken}});
    }
}

void wefti_ops_create_all(wefti_ops *ops, const wefti_ddl *ddl, const wefti_definition *definition, wefti_table_exists exists,
                          void *context)
{
    all a = {.ops = ops, .ddl = ddl, .definition = definition, .exists = exists, .context = context};
    if (!begin(&a))
        return;
    for (size_t i = 0; i < definition->enum_count; i++)
        wefti_ops_add(ops, &(wefti_op){WEFTI_OP_CREATE_ENUM, .of.create_enum = {&definition->enums[i], exists != NULL}});
    create_sequences(&a);
    for (size_t i = 0; i < definition->table_count; i++)
        if (!a.there[a.order[i]] && is_own(&definition->tables[a.order[i]]))
            create_table(&a, a.order[i]);
    for (size_t i = 0; i < definition->table_count; i++)
        if (!a.there[a.order[i]])
            alter_cycles(&a, a.order[i], false);
    for (size_t i = 0; i < definition->table_count; i++)
        if (!a.there[a.order[i]] && is_own(&definition->tables[a.order[i]]))
            create_indexes(&a, a.order[i]);
}

/* ---- drop ---- */

static void drop_table(all *a, const weft_schema_table *table)
{
    const wefti_def_name name = wefti_def_name_of(table);
    if (wefti_ddl_is_view(table))
        wefti_ops_add(a->ops, &(wefti_op){WEFTI_OP_DROP_VIEW,
                                          .of.drop_view = {.view = name,
                                                           .materialized = table->kind == WEFT_RELATION_MATERIALIZED_VIEW,
                                                           .if_exists = true}});
    else
        wefti_ops_add(a->ops, &(wefti_op){WEFTI_OP_DROP_TABLE, .of.drop_table = {name, true, false}});
}

/* SQLite empties a table before it drops it, and looks into the tables that refer to it for the rows that go or change with its
 * own. There it wants all that those refer to, also what has been dropped before: "no such table". An empty table stands in for
 * such a one until all are gone. */
static bool is_missed(const all *a, const bool *gone, uint32_t dropped)
{
    for (uint32_t t = 0; t < a->definition->table_count; t++) {
        bool refers = false, goes_on = false;
        const uint32_t end = t + 1 < a->definition->table_count ? a->first_edge[t + 1] : a->edge_count;
        for (uint32_t e = a->first_edge[t]; e < end && !gone[t]; e++) {
            const uint32_t to = a->edges[e].to;
            refers = refers || to == dropped;
            goes_on = goes_on || !gone[to];
        }
        if (refers && goes_on && !wefti_ddl_is_view(&a->definition->tables[t]))
            return true;
    }
    return false;
}

/* The columns that a foreign key to the table names. */
static const char *const *target_of(const weft_schema_table *table, const weft_schema_constraint *key)
{
    const char *const *columns = key->target_columns;
    for (size_t i = 0; columns == NULL && i < table->constraint_count; i++)
        if (table->constraints[i].kind == WEFT_CONSTRAINT_PRIMARY_KEY)
            columns = table->constraints[i].columns;
    return columns;
}

/* The n-th foreign key of the definition that leads to the table, or NULL. */
static const weft_schema_constraint *key_to(const all *a, const weft_schema_table *table, size_t n)
{
    for (size_t t = 0; t < a->definition->table_count; t++)
        for (size_t i = 0; i < a->definition->tables[t].constraint_count; i++) {
            const weft_schema_constraint *key = &a->definition->tables[t].constraints[i];
            if (key->kind == WEFT_CONSTRAINT_FOREIGN_KEY && wefti_def_same_word(key->target_table, table->name) &&
                wefti_def_same_word(key->target_schema, table->schema) && n-- == 0)
                return key;
        }
    return NULL;
}

static bool is_unique_already(const weft_schema_table *table, const char *const *columns)
{
    for (size_t i = 0; i < table->constraint_count; i++)
        if (wefti_def_same_names(table->constraints[i].columns, columns))
            return true;
    return false;
}

/* The table's columns alone, with what foreign keys lead to as unique. */
static void stand_in(all *a, const weft_schema_table *table)
{
    size_t keys = 0;
    while (key_to(a, table, keys) != NULL)
        keys++;
    weft_schema_table *made = wefti_arena_zalloc(&a->ops->arena, sizeof *made);
    weft_schema_column *columns = wefti_arena_zalloc(&a->ops->arena, table->column_count * sizeof *columns + 1);
    weft_schema_constraint *constraints = wefti_arena_zalloc(&a->ops->arena, keys * sizeof *constraints + 1);
    if (made == NULL || columns == NULL || constraints == NULL) {
        a->ops->failed = true;
        return;
    }
    *made = (weft_schema_table){.schema = table->schema, .name = table->name, .columns = columns, .constraints = constraints};
    for (; made->column_count < table->column_count; made->column_count++) {
        const weft_schema_column *column = &table->columns[made->column_count];
        columns[made->column_count] = (weft_schema_column){.name = column->name, .type = WEFT_INT64, .nullable = true};
    }
    for (size_t n = 0; n < keys; n++) {
        const char *const *targets = target_of(table, key_to(a, table, n));
        if (targets != NULL && !is_unique_already(made, targets))
            constraints[made->constraint_count++] = (weft_schema_constraint){.kind = WEFT_CONSTRAINT_UNIQUE, .columns = targets};
    }
    wefti_ops_add(a->ops, &(wefti_op){WEFTI_OP_CREATE_TABLE, .of.create_table = {made, false}});
}

static void drop_tables(all *a)
{
    const size_t count = a->definition->table_count;
    const bool empties = a->has_cycles && a->ddl->drop_prelude != NULL;
    bool *gone = wefti_arena_zalloc(&a->ops->arena, 2 * count + 1), *stood_in = gone + count;
    if (gone == NULL) {
        a->ops->failed = true;
        return;
    }
    for (size_t i = count; i > 0; i--) {
        const uint32_t t = a->order[i - 1];
        gone[t] = true;
        if ((a->exists != NULL && !a->there[t]) || !is_own(&a->definition->tables[t]))
            continue;
        drop_table(a, &a->definition->tables[t]);
        stood_in[t] = empties && !wefti_ddl_is_view(&a->definition->tables[t]) && is_missed(a, gone, t);
        if (stood_in[t])
            stand_in(a, &a->definition->tables[t]);
    }
    for (size_t t = 0; t < count; t++)
        if (stood_in[t])
            drop_table(a, &a->definition->tables[t]);
}

void wefti_ops_drop_all(wefti_ops *ops, const wefti_ddl *ddl, const wefti_definition *definition, wefti_table_exists exists,
                        void *context)
{
    wefti_ops_drop_found(ops, ddl, definition, exists, NULL, context);
}

void wefti_ops_drop_found(wefti_ops *ops, const wefti_ddl *ddl, const wefti_definition *definition, wefti_table_exists exists,
                          wefti_keys_between keys, void *context)
{
    all a = {.ops = ops, .ddl = ddl, .definition = definition, .exists = exists, .keys = keys, .context = context};
    if (!begin(&a))
        return;
    if (a.has_cycles && ddl->drop_prelude != NULL)
        wefti_ops_add(ops, &(wefti_op){WEFTI_OP_EXECUTE, .of.execute = {NULL, ddl->drop_prelude}});
    for (size_t i = 0; i < definition->table_count; i++)
        if (exists == NULL || a.there[a.order[i]])
            alter_cycles(&a, a.order[i], true);
    drop_tables(&a);
    for (size_t i = definition->sequence_count; i > 0; i--)
        wefti_ops_add(ops, &(wefti_op){WEFTI_OP_DROP_SEQUENCE, .of.drop_sequence = {{definition->sequences[i - 1].schema,
                                                                                     definition->sequences[i - 1].name},
                                                                                    true}});
    for (size_t i = definition->enum_count; i > 0; i--)
        wefti_ops_add(ops, &(wefti_op){WEFTI_OP_DROP_ENUM,
                                       .of.drop_enum = {{definition->enums[i - 1].schema, definition->enums[i - 1].name}, true}});
}
