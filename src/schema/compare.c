/* Two definitions, and what leads from one to the other: tables are matched by name, what differs goes to lists by phase, and the
 * phases make the order. */
#include "schema/comparing.h"
#include "schema/mention.h"

#include "base/error.h"

#include <string.h>

void wefti_comparing_no_memory(wefti_comparing *c)
{
    if (c->status == WEFT_OK)
        c->status = wefti_error_memory(c->error);
}

void *wefti_comparing_room(wefti_comparing *c, size_t count, size_t size)
{
    void *made = wefti_arena_zalloc(c->arena, count * size + 1);
    if (made == NULL)
        wefti_comparing_no_memory(c);
    return made;
}

const char *wefti_comparing_keep(wefti_comparing *c, wefti_text *text)
{
    const char *made = text->failed ? NULL : wefti_arena_strdup(c->arena, text->data);
    wefti_text_deinit(text);
    if (made == NULL)
        wefti_comparing_no_memory(c);
    return made;
}

static bool is_compared(const weft_schema_table *table) { return table->kind == WEFT_RELATION_TABLE || wefti_ddl_is_view(table); }

static const weft_schema_table *wanted_of(const wefti_comparing *c, const weft_schema_table *found)
{
    const weft_schema_table *wanted = wefti_def_find_table(c->wanted, &(wefti_def_name){found->schema, found->name});
    return wanted != NULL && wanted->kind == found->kind ? wanted : NULL;
}

static wefti_pair *pair_of(const wefti_comparing *c, const char *schema, const char *name)
{
    for (size_t i = 0; i < c->pair_count; i++)
        if (wefti_def_same_word(c->pairs[i].wanted->name, name) && wefti_def_same_word(c->pairs[i].wanted->schema, schema))
            return &c->pairs[i];
    return NULL;
}

static void match_tables(wefti_comparing *c)
{
    c->pairs = wefti_comparing_room(c, c->found_count, sizeof *c->pairs);
    for (size_t i = 0; c->status == WEFT_OK && i < c->found_count; i++) {
        const weft_schema_table *wanted = is_compared(&c->found[i]) ? wanted_of(c, &c->found[i]) : NULL;
        if (wanted == NULL)
            continue;
        wefti_pair *pair = &c->pairs[c->pair_count++];
        pair->wanted = wanted;
        pair->found = &c->found[i];
        wefti_comparing_match(c, pair);
    }
}

/* ---- foreign keys ---- */

/* Whether what a foreign key leads to is not what it was: a column, or what sees to it that its columns are unique, made anew. */
static bool loses_target(const wefti_pair *target, const weft_schema_constraint *key)
{
    const weft_schema_table *found = target->found;
    const weft_schema_constraint *primary = wefti_def_primary_key(found);
    const char *const *columns = key->target_columns != NULL ? key->target_columns : primary != NULL ? primary->columns : NULL;
    for (size_t i = 0; i < found->column_count; i++)
        if ((target->column_goes[i] || target->column_changes[i]) && wefti_comparing_names_contain(columns, found->columns[i].name))
            return true;
    for (size_t i = 0; i < found->constraint_count; i++) {
        const weft_schema_constraint *one = &found->constraints[i];
        size_t held = 0;
        while (one->columns != NULL && one->columns[held] != NULL && wefti_comparing_names_contain(columns, one->columns[held]))
            held++;
        if (!target->constraint_stays[i] && (one->kind == WEFT_CONSTRAINT_PRIMARY_KEY || one->kind == WEFT_CONSTRAINT_UNIQUE) &&
            held == wefti_def_count(columns) && held == wefti_def_count(one->columns))
            return true;
    }
    for (size_t i = 0; i < found->index_count; i++) {
        const weft_schema_index *one = &found->indexes[i];
        size_t held = 0;
        while (held < one->part_count && one->parts[held].column != NULL &&
               wefti_comparing_names_contain(columns, one->parts[held].column))
            held++;
        if (!target->index_stays[i] && one->unique && held == wefti_def_count(columns) && held == one->part_count)
            return true;
    }
    return false;
}

/* Foreign keys that hold what is to go are dropped before it, and made anew where they are wanted. */
static void release_targets(wefti_comparing *c)
{
    for (size_t t = 0; t < c->found_count && c->ddl->adds_constraints; t++) {
        const weft_schema_table *table = &c->found[t];
        wefti_pair *own = pair_of(c, table->schema, table->name);
        for (size_t i = 0; i < table->constraint_count; i++) {
            const weft_schema_constraint *key = &table->constraints[i];
            if (key->kind != WEFT_CONSTRAINT_FOREIGN_KEY || (own != NULL && own->found != table))
                continue;
            const wefti_pair *target = pair_of(c, key->target_schema, key->target_table);
            if (target == NULL || target->wanted->kind != WEFT_RELATION_TABLE || !loses_target(target, key))
                continue;
            if (own == NULL && table->kind == WEFT_RELATION_TABLE)
                WEFTI_COMPARING_ADD(c, WEFTI_PHASE_DROP_KEYS, WEFTI_OP_DROP_CONSTRAINT,
                                    .of.drop_constraint = {wefti_def_name_of(table), key->name, false});
            for (size_t w = 0; own != NULL && w < own->wanted->constraint_count; w++)
                if (own->constraint_of[w] == i + 1)
                    own->constraint_of[w] = 0;
            if (own != NULL)
                own->constraint_stays[i] = false;
        }
    }
}

/* ---- tables that come and go ---- */

static bool never(void *context, const wefti_def_name *table)
{
    (void)context;
    (void)table;
    return false;
}

static bool always(void *context, const wefti_def_name *table)
{
    (void)context;
    (void)table;
    return true;
}

static bool is_new(const wefti_comparing *c, const weft_schema_table *wanted)
{
    return wanted->kind == WEFT_RELATION_TABLE && pair_of(c, wanted->schema, wanted->name) == NULL;
}

/* Without the foreign keys to tables that are there: those may have to change first. */
static void without_outer_keys(wefti_comparing *c, weft_schema_table *table)
{
    weft_schema_constraint *kept = wefti_comparing_room(c, table->constraint_count, sizeof *kept);
    size_t count = 0;
    for (size_t i = 0; kept != NULL && i < table->constraint_count; i++) {
        const weft_schema_constraint *one = &table->constraints[i];
        const bool later = c->ddl->adds_constraints && one->kind == WEFT_CONSTRAINT_FOREIGN_KEY &&
                           pair_of(c, one->target_schema, one->target_table) != NULL;
        if (later)
            WEFTI_COMPARING_ADD(c, WEFTI_PHASE_KEYS, WEFTI_OP_ADD_CONSTRAINT, .of.add_constraint = {wefti_def_name_of(table), one});
        else
            kept[count++] = *one;
    }
    table->constraints = kept;
    table->constraint_count = count;
}

static void create_tables(wefti_comparing *c)
{
    const wefti_definition *wanted = c->wanted;
    wefti_definition *made = wefti_comparing_room(c, 1, sizeof *made);
    weft_schema_table *tables = wefti_comparing_room(c, wanted->table_count, sizeof *tables);
    if (made == NULL || tables == NULL)
        return;
    made->tables = tables;
    for (size_t i = 0; i < wanted->table_count; i++)
        if (is_new(c, &wanted->tables[i])) {
            tables[made->table_count] = wanted->tables[i];
            without_outer_keys(c, &tables[made->table_count++]);
        }
    if (c->status == WEFT_OK)
        wefti_ops_create_all(&c->phases[WEFTI_PHASE_CREATE_TABLES], c->ddl, made, never, NULL);
}

static bool have_name(const weft_schema_table *tables, size_t count, const char *name)
{
    for (size_t t = 0; t < count; t++) {
        for (size_t i = 0; i < tables[t].index_count; i++)
            if (wefti_def_same_word(tables[t].indexes[i].name, name))
                return true;
        for (size_t i = 0; i < tables[t].constraint_count; i++)
            if (wefti_def_same_word(tables[t].constraints[i].name, name))
                return true;
    }
    return false;
}

bool wefti_comparing_is_name_wanted(const wefti_comparing *c, const char *name)
{
    return have_name(c->wanted->tables, c->wanted->table_count, name);
}

bool wefti_comparing_is_name_found(const wefti_comparing *c, const char *name) { return have_name(c->found, c->found_count, name); }

static bool is_gone(const wefti_comparing *c, const weft_schema_table *found)
{
    return found->kind == WEFT_RELATION_TABLE && wanted_of(c, found) == NULL;
}

static void drop_constraint(wefti_comparing *c, wefti_phase phase, const weft_schema_table *table,
                            const weft_schema_constraint *one)
{
    WEFTI_COMPARING_ADD(c, phase, WEFTI_OP_DROP_CONSTRAINT, .of.drop_constraint = {wefti_def_name_of(table), one->name, false});
}

/* Tables go last, but what has a name that another is to have goes before: indexes, and keys with what refers to them. Whether keys
 * do. */
static bool free_names(wefti_comparing *c, const weft_schema_table *table)
{
    bool keys = false;
    for (size_t i = 0; i < table->index_count; i++)
        if (wefti_comparing_is_name_wanted(c, table->indexes[i].name))
            WEFTI_COMPARING_ADD(c, WEFTI_PHASE_DROP_INDEXES, WEFTI_OP_DROP_INDEX,
                                .of.drop_index = {{table->schema, table->indexes[i].name}, false, false});
    for (size_t i = 0; i < table->constraint_count && c->ddl->adds_constraints; i++) {
        const weft_schema_constraint *one = &table->constraints[i];
        if (one->kind == WEFT_CONSTRAINT_FOREIGN_KEY || one->kind == WEFT_CONSTRAINT_CHECK ||
            !wefti_comparing_is_name_wanted(c, one->name))
            continue;
        drop_constraint(c, WEFTI_PHASE_DROP_CONSTRAINTS, table, one);
        keys = true;
    }
    return keys;
}

/* References between tables that go; those to tables that stay are another's affair (release_targets). */
static void drop_inner_keys(wefti_comparing *c)
{
    for (size_t t = 0; t < c->found_count; t++)
        for (size_t i = 0; is_gone(c, &c->found[t]) && i < c->found[t].constraint_count; i++) {
            const weft_schema_constraint *one = &c->found[t].constraints[i];
            if (one->kind == WEFT_CONSTRAINT_FOREIGN_KEY && pair_of(c, one->target_schema, one->target_table) == NULL)
                drop_constraint(c, WEFTI_PHASE_DROP_KEYS, &c->found[t], one);
        }
}

static void drop_tables(wefti_comparing *c)
{
    wefti_definition *gone = wefti_comparing_room(c, 1, sizeof *gone);
    weft_schema_table *tables = wefti_comparing_room(c, c->found_count, sizeof *tables);
    wefti_ops *list = &c->phases[WEFTI_PHASE_DROP_TABLES];
    bool names = false;
    if (gone == NULL || tables == NULL)
        return;
    gone->tables = tables;
    for (size_t i = 0; i < c->found_count; i++)
        if (is_gone(c, &c->found[i])) {
            tables[gone->table_count++] = c->found[i];
            names = free_names(c, &c->found[i]) || names;
        }
    if (names)
        drop_inner_keys(c);
    wefti_ops_drop_all(list, c->ddl, gone, always, NULL);
    for (size_t i = 0; i < list->count; i++) {
        wefti_op *op = &list->items[i];
        op->destructive = op->kind == WEFTI_OP_DROP_TABLE;
        if (op->kind == WEFTI_OP_DROP_TABLE)
            op->of.drop_table.if_exists = false;
    }
}

/* ---- views ---- */

static bool same_view(wefti_comparing *c, const weft_schema_table *wanted, const weft_schema_table *found)
{
    if (!wefti_comparing_same_spelling(c, WEFTI_SPELT_VIEW, wanted, NULL, wanted->definition, found->definition))
        return false;
    for (size_t i = 0; i < wanted->column_count; i++)
        if (i >= found->column_count || strcmp(wanted->columns[i].name, found->columns[i].name) != 0)
            return false;
    return wanted->column_count == 0 || wanted->column_count == found->column_count;
}

/* Whether a view stands on something that goes or changes under it. */
static bool stands_on(const wefti_comparing *c, const weft_schema_table *view, const bool *goes)
{
    wefti_mentions mentions = {.rules = c->ddl->rules, .at = view->definition};
    while (view->definition != NULL && wefti_mentions_next(&mentions))
        for (size_t i = 0; i < c->found_count; i++)
            if (goes[i] && &c->found[i] != view && strcmp(c->found[i].name, mentions.found.name) == 0)
                return true;
    return false;
}

/* By found ones: a view that is dropped, a table that goes or is disturbed. */
static bool *what_goes(wefti_comparing *c)
{
    bool *goes = wefti_comparing_room(c, c->found_count, 1), again = true;
    for (size_t i = 0; goes != NULL && i < c->found_count; i++) {
        const weft_schema_table *found = &c->found[i], *wanted = wanted_of(c, found);
        const wefti_pair *pair = wanted != NULL ? pair_of(c, wanted->schema, wanted->name) : NULL;
        if (is_compared(found))
            goes[i] =
                wanted == NULL || (pair != NULL && pair->disturbed) || (wefti_ddl_is_view(found) && !same_view(c, wanted, found));
    }
    while (goes != NULL && again) {
        again = false;
        for (size_t i = 0; i < c->found_count; i++)
            if (!goes[i] && wefti_ddl_is_view(&c->found[i]) && stands_on(c, &c->found[i], goes))
                goes[i] = again = true;
    }
    return goes;
}

/* Before tables and columns are renamed: names are those that the database has then. */
static void drop_views(wefti_comparing *c, const bool *goes)
{
    wefti_definition *gone = wefti_comparing_room(c, 1, sizeof *gone);
    weft_schema_table *views = wefti_comparing_room(c, c->found_count, sizeof *views);
    wefti_ops *list = &c->phases[WEFTI_PHASE_DROP_VIEWS];
    if (gone == NULL || views == NULL)
        return;
    gone->tables = views;
    for (size_t i = 0; i < c->found_count; i++)
        if (goes[i] && wefti_ddl_is_view(&c->found[i]))
            views[gone->table_count++] = c->found[i];
    wefti_ops_drop_all(list, c->ddl, gone, always, NULL);
    for (size_t i = 0; i < list->count && c->status == WEFT_OK; i++) {
        wefti_op_drop_view *drop = &list->items[i].of.drop_view;
        if (list->items[i].kind != WEFTI_OP_DROP_VIEW)
            continue;
        const weft_schema_table *found = wefti_def_find_table(gone, &drop->view),
                                *wanted = found != NULL ? wanted_of(c, found) : NULL;
        drop->if_exists = false;
        drop->comes_back = wanted != NULL && same_view(c, wanted, found);
    }
}

static void create_views(wefti_comparing *c, const bool *goes)
{
    const wefti_definition *wanted = c->wanted;
    wefti_definition *made = wefti_comparing_room(c, 1, sizeof *made);
    weft_schema_table *views = wefti_comparing_room(c, wanted->table_count, sizeof *views);
    if (made == NULL || views == NULL)
        return;
    made->tables = views;
    for (size_t i = 0; i < wanted->table_count; i++) {
        const wefti_pair *pair = pair_of(c, wanted->tables[i].schema, wanted->tables[i].name);
        if (!wefti_ddl_is_view(&wanted->tables[i]) || (pair != NULL && !goes[pair->found - c->found]))
            continue;
        weft_schema_table *view = &views[made->table_count++];
        *view = wanted->tables[i];
        if (pair != NULL && view->definition == pair->found->definition)
            view->definition = wefti_comparing_found_text(c, view->definition);
    }
    wefti_ops_create_all(&c->phases[WEFTI_PHASE_CREATE_VIEWS], c->ddl, made, never, NULL);
    for (size_t i = 0; i < made->table_count; i++) {
        const wefti_pair *pair = pair_of(c, views[i].schema, views[i].name);
        wefti_comparing_bring_kept(c, &views[i], pair != NULL ? pair->found : NULL);
    }
}

/* ---- names that stay ---- */

static void keep_name(wefti_comparing *c, const wefti_pair *pair, bool index, const char *wanted, const char *found)
{
    wefti_kept_names *list = c->what->kept;
    wefti_arena *arena = c->candidate_arena;
    if (list == NULL || wanted == NULL || found == NULL || strcmp(wanted, found) == 0 || c->status != WEFT_OK)
        return;
    if (list->count == list->room) {
        const size_t room = list->room == 0 ? 8 : 2 * list->room;
        wefti_kept_name *items = wefti_arena_alloc(arena, room * sizeof *items);
        if (items != NULL && list->count > 0)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->room = items != NULL ? room : 0;
    }
    const wefti_kept_name kept = {
        .table = {pair->wanted->schema != NULL ? wefti_arena_strdup(arena, pair->wanted->schema) : NULL,
                  wefti_arena_strdup(arena, pair->wanted->name)},
        .index = index,
        .wanted = wefti_arena_strdup(arena, wanted),
        .found = wefti_arena_strdup(arena, found),
    };
    if (list->items == NULL || kept.table.name == NULL || kept.wanted == NULL || kept.found == NULL ||
        (pair->wanted->schema != NULL && kept.table.schema == NULL)) {
        list->count = list->room = 0;
        wefti_comparing_no_memory(c);
        return;
    }
    list->items[list->count++] = kept;
}

static void keep_names(wefti_comparing *c, const wefti_pair *pair)
{
    for (size_t i = 0; i < pair->wanted->constraint_count && pair->wanted->kind == WEFT_RELATION_TABLE; i++) {
        const uint32_t of = pair->constraint_of[i];
        if (of > 0 && pair->constraint_stays[of - 1])
            keep_name(c, pair, false, pair->wanted->constraints[i].name, pair->found->constraints[of - 1].name);
    }
    for (size_t i = 0; i < pair->wanted->index_count; i++) {
        const uint32_t of = pair->index_of[i];
        if (of > 0 && pair->index_stays[of - 1])
            keep_name(c, pair, true, pair->wanted->indexes[i].name, pair->found->indexes[of - 1].name);
    }
}

/* ---- all ---- */

static bool begin(wefti_comparing *c)
{
    const wefti_definition *found = c->what->found;
    c->found = wefti_copy_tables(c->arena, found->tables, found->table_count);
    c->found_count = found->table_count;
    c->found_enums = wefti_comparing_room(c, found->enum_count, sizeof *c->found_enums);
    if (c->found == NULL)
        wefti_comparing_no_memory(c);
    if (c->status == WEFT_OK && found->enum_count > 0)
        memcpy(c->found_enums, found->enums, found->enum_count * sizeof *c->found_enums);
    return c->status == WEFT_OK;
}

static void compare(wefti_comparing *c)
{
    if (!begin(c))
        return;
    wefti_comparing_rename(c);
    if (c->status == WEFT_OK && c->what->of_models)
        wefti_comparing_adopt(c);
    if (c->status == WEFT_OK)
        match_tables(c);
    bool *goes = c->status == WEFT_OK ? what_goes(c) : NULL;
    if (c->status != WEFT_OK)
        return;
    drop_views(c, goes);
    release_targets(c);
    wefti_comparing_types(c);
    create_tables(c);
    for (size_t i = 0; i < c->pair_count && c->status == WEFT_OK; i++)
        if (!goes[c->pairs[i].found - c->found] || c->pairs[i].wanted->kind == WEFT_RELATION_TABLE)
            wefti_comparing_change(c, &c->pairs[i]);
    for (size_t i = 0; i < c->pair_count && c->status == WEFT_OK; i++)
        keep_names(c, &c->pairs[i]);
    drop_tables(c);
    create_views(c, goes);
    wefti_comparing_candidates(c);
}

/* What the definitions are, with what was found under the names that are wanted. */
static weft_status spell(const wefti_comparing *c, wefti_spelling *spelling, weft_error *error)
{
    wefti_definition found = *c->what->found;
    found.tables = c->found;
    found.table_count = c->found_count;
    found.enums = c->found_enums;
    const wefti_spelling_place place = {.ddl = c->ddl,
                                        .wanted = c->wanted,
                                        .found = &found,
                                        .wanted_place = c->what->wanted_place,
                                        .found_place = c->what->found_place};
    return wefti_spell(&place, c->what->scratch, spelling, error);
}

static void keep_whole(wefti_comparing *c)
{
    wefti_definition *whole = c->what->whole;
    if (whole == NULL || !c->what->of_models)
        return;
    *whole =
        (wefti_definition){.tables = wefti_copy_tables(c->candidate_arena, c->wanted->tables, c->wanted->table_count),
                           .table_count = c->wanted->table_count,
                           .enums = wefti_copy_enums(c->candidate_arena, c->wanted->enums, c->wanted->enum_count),
                           .enum_count = c->wanted->enum_count,
                           .sequences = wefti_copy_sequences(c->candidate_arena, c->wanted->sequences, c->wanted->sequence_count),
                           .sequence_count = c->wanted->sequence_count};
    if (whole->tables == NULL || whole->enums == NULL || whole->sequences == NULL)
        wefti_comparing_no_memory(c);
}

/* Once, with what the database has said so far; *again: there was more to ask it. */
static weft_status compare_once(const wefti_comparison *what, wefti_spelling *spelling, wefti_ops *ops,
                                wefti_candidates *candidates, bool *again, weft_error *error)
{
    wefti_arena arena;
    wefti_comparing c = {.what = what,
                         .ddl = what->ddl,
                         .arena = &arena,
                         .wanted = what->wanted,
                         .spelling = spelling,
                         .candidates = candidates,
                         .candidate_arena = &ops->arena,
                         .error = error};
    wefti_arena_init(&arena, 0);
    candidates->count = 0;
    for (int i = 0; i < WEFTI_PHASE_COUNT_; i++)
        wefti_ops_init(&c.phases[i]);
    compare(&c);
    *again = c.status == WEFT_OK && spelling != NULL && spelling->open > 0;
    if (*again)
        c.status = spell(&c, spelling, error);
    else if (c.status == WEFT_OK)
        keep_whole(&c);
    for (int i = 0; i < WEFTI_PHASE_COUNT_; i++) {
        if (c.status == WEFT_OK && !*again)
            wefti_ops_copy(ops, &c.phases[i]);
        if (ops->failed)
            wefti_comparing_no_memory(&c);
        wefti_ops_deinit(&c.phases[i]);
    }
    wefti_arena_deinit(&arena);
    return c.status;
}

/* Answers may let things be compared that were not before: then there is more to ask. */
weft_status wefti_compare(const wefti_comparison *what, wefti_ops *ops, wefti_candidates *candidates, weft_error *error)
{
    wefti_spelling spelling;
    bool again = true;
    weft_status status = WEFT_OK;
    wefti_spelling_init(&spelling);
    while (status == WEFT_OK && again)
        status = compare_once(what, what->scratch != NULL ? &spelling : NULL, ops, candidates, &again, error);
    if (what->refused != NULL)
        *what->refused = spelling.refused;
    wefti_spelling_deinit(&spelling);
    return status;
}
