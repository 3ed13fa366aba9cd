/* What asking databases for their spelling shares: the list of texts, in groups of few tables with all that they stand on. */
#include "schema/speller.h"

#include "base/error.h"

#include <string.h>

/* ---- the list ---- */

void wefti_spelling_init(wefti_spelling *spelling)
{
    *spelling = (wefti_spelling){0};
    wefti_arena_init(&spelling->arena, 0);
    spelling->end = &spelling->first;
}

void wefti_spelling_deinit(wefti_spelling *spelling) { wefti_arena_deinit(&spelling->arena); }

static bool same(const char *a, const char *b) { return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0); }

static bool keep(wefti_arena *arena, const char **text)
{
    return *text == NULL || (*text = wefti_arena_strdup(arena, *text)) != NULL;
}

wefti_spelt *wefti_spelling_of(wefti_spelling *spelling, const wefti_spelt *like)
{
    for (wefti_spelt *one = spelling->first; one != NULL; one = one->next)
        if (one->as == like->as && one->of_found == like->of_found && same(one->text, like->text) &&
            same(one->table, like->table) && same(one->column, like->column) && same(one->schema, like->schema))
            return one;
    wefti_spelt *made = wefti_arena_memdup(&spelling->arena, like, sizeof *like);
    if (made == NULL || !keep(&spelling->arena, &made->schema) || !keep(&spelling->arena, &made->table) ||
        !keep(&spelling->arena, &made->column) || !keep(&spelling->arena, &made->text))
        return NULL;
    *spelling->end = made;
    spelling->end = &made->next;
    spelling->open++;
    spelling->count++;
    return made;
}

/* ---- parts ---- */

void wefti_speller_no_memory(wefti_speller *s)
{
    if (s->status == WEFT_OK)
        s->status = wefti_error_memory(s->error);
}

void *wefti_speller_room(wefti_speller *s, size_t count, size_t size)
{
    void *made = wefti_arena_zalloc(&s->arena, count * size + 1);
    if (made == NULL)
        wefti_speller_no_memory(s);
    return made;
}

static wefti_speller_relation *relation_named(const wefti_speller *s, const char *schema, const char *name)
{
    for (size_t i = 0; i < s->relation_count; i++)
        if (same(s->relations[i].table->name, name) && same(s->relations[i].table->schema, schema))
            return &s->relations[i];
    return NULL;
}

wefti_speller_relation *wefti_speller_relation_of(const wefti_speller *s, const char *schema, const char *name, bool of_found)
{
    const char *place = of_found ? s->found_place : s->wanted_place;
    const bool is_place = schema[0] == '\0' || (place != NULL && strcmp(schema, place) == 0);
    return relation_named(s, is_place ? NULL : schema, name);
}

const weft_schema_column *wefti_speller_column_of(const wefti_speller *s, size_t item)
{
    const wefti_speller_relation *relation = s->tables[item];
    const char *name = s->items[item]->column;
    return relation != NULL && name != NULL ? wefti_def_find_column(relation->table, name) : NULL;
}

bool wefti_speller_add_column(wefti_speller *s, wefti_text *text, const char *name, const weft_schema_column *column,
                              bool collation)
{
    weft_error local = {0};
    wefti_render_ddl r = {.ddl = s->ddl, .error = &local};
    wefti_text_init(&r.text, 0);
    wefti_ddl_add_name(&r, name);
    wefti_text_add_char(&r.text, ' ');
    wefti_ddl_add_type(&r, column);
    if (collation && column->collation != NULL) {
        wefti_ddl_add(&r, " COLLATE ");
        wefti_ddl_add_name(&r, column->collation);
    }
    const bool added = r.status == WEFT_OK && !r.text.failed;
    if (r.text.failed)
        wefti_speller_no_memory(s);
    if (added)
        wefti_text_add_bytes(text, r.text.data, r.text.size);
    wefti_text_deinit(&r.text);
    return added;
}

bool wefti_speller_add_columns(wefti_speller *s, wefti_text *text, const wefti_speller_relation *relation)
{
    const weft_schema_table *table = relation->table, *found = relation->found;
    bool added = true;
    for (size_t i = 0; added && i < table->column_count; i++) {
        wefti_text_add(text, i > 0 ? ", " : "");
        added = wefti_speller_add_column(s, text, table->columns[i].name, &table->columns[i], true);
    }
    for (size_t i = 0; added && found != NULL && i < found->column_count; i++) {
        if (wefti_def_find_column(table, found->columns[i].name) != NULL)
            continue;
        wefti_text_add(text, table->column_count > 0 || i > 0 ? ", " : "");
        added = wefti_speller_add_column(s, text, found->columns[i].name, &found->columns[i], true);
    }
    return added;
}

bool wefti_speller_attempt(wefti_speller *s, wefti_text *text)
{
    bool taken = false;
    if (text->failed)
        wefti_speller_no_memory(s);
    else if (s->status == WEFT_OK)
        s->status = s->scratch->attempt(s->scratch->context, text->data, &taken, s->error);
    wefti_text_deinit(text);
    return taken && s->status == WEFT_OK;
}

void wefti_speller_run(wefti_speller *s, wefti_text *text)
{
    if (text->failed)
        wefti_speller_no_memory(s);
    else if (s->status == WEFT_OK)
        s->status = s->scratch->run(s->scratch->context, text->data, s->error);
    wefti_text_deinit(text);
}

void wefti_speller_answer(wefti_speller *s, size_t item, const char *answer, size_t size)
{
    s->items[item]->answer = wefti_arena_strndup(&s->spelling->arena, answer, size);
    if (s->items[item]->answer == NULL)
        wefti_speller_no_memory(s);
}

static const char *unquoted(wefti_speller *s, const char *name)
{
    if (name == NULL || *name != '"')
        return name;
    char *made = wefti_speller_room(s, strlen(name), 1), *to = made;
    for (const char *at = name + 1; made != NULL && *at != '\0' && !(*at == '"' && at[1] == '\0'); at++) {
        at += *at == '"';
        *to++ = *at;
    }
    return made;
}

/* ---- groups ---- */

static void find_relations(wefti_speller *s)
{
    const wefti_definition *wanted = s->place->wanted, *found = s->place->found;
    s->relations = wefti_speller_room(s, wanted->table_count + found->table_count, sizeof *s->relations);
    for (size_t i = 0; s->status == WEFT_OK && i < wanted->table_count; i++) {
        const wefti_def_name name = wefti_def_name_of(&wanted->tables[i]);
        s->relations[s->relation_count++] =
            (wefti_speller_relation){.table = &wanted->tables[i], .found = wefti_def_find_table(found, &name), .is_wanted = true};
    }
    for (size_t i = 0; s->status == WEFT_OK && i < found->table_count; i++) {
        const wefti_def_name name = wefti_def_name_of(&found->tables[i]);
        if (wefti_def_find_table(wanted, &name) == NULL)
            s->relations[s->relation_count++] = (wefti_speller_relation){.table = &found->tables[i], .found = &found->tables[i]};
    }
}

static void take_in_text(wefti_speller *s, const char *text, bool of_found);

/* With what it stands on. */
static void take_in(wefti_speller *s, wefti_speller_relation *relation)
{
    if (relation == NULL || relation->in)
        return;
    relation->in = true;
    if (wefti_ddl_is_view(relation->table))
        take_in_text(s, relation->table->definition, !relation->is_wanted);
}

static void take_in_text(wefti_speller *s, const char *text, bool of_found)
{
    wefti_mentions mentions = {.rules = s->ddl->rules, .at = text};
    while (text != NULL && wefti_mentions_next(&mentions)) {
        wefti_speller_relation *relation = wefti_speller_relation_of(s, mentions.found.schema, mentions.found.name, of_found);
        if (relation != NULL)
            relation->is_named = true;
        take_in(s, relation);
    }
}

static size_t count_in(const wefti_speller *s)
{
    size_t count = 0;
    for (size_t i = 0; i < s->relation_count; i++)
        count += s->relations[i].in;
    return count;
}

/* As many as the limit lets in, at least one. */
static void make_group(wefti_speller *s)
{
    s->item_count = 0;
    for (size_t i = 0; i < s->relation_count; i++)
        s->relations[i].in = s->relations[i].made = s->relations[i].is_named = s->relations[i].is_asked = false;
    for (wefti_spelt *item = s->spelling->first; item != NULL; item = item->next) {
        wefti_speller_relation *relation = item->asked ? NULL : relation_named(s, item->schema, item->table);
        const bool belongs = s->item_count == 0 || (relation != NULL && relation->is_asked);
        if (item->asked || (!belongs && count_in(s) >= WEFTI_SPELLER_TABLES))
            continue;
        if (relation != NULL)
            relation->is_asked = true;
        if (item->as == WEFTI_SPELT_VIEW)
            take_in_text(s, item->text, item->of_found);
        else
            take_in(s, relation);
        s->tables[s->item_count] = relation;
        s->items[s->item_count++] = item;
        item->asked = true;
        s->spelling->open--;
    }
}

/* Whether all that a text reads is in the scratch, and nothing else: no table that is there is read or locked. */
static bool stands(wefti_speller *s, const char *text, bool of_found)
{
    wefti_mentions mentions = {.rules = s->ddl->rules, .at = text};
    while (text != NULL && wefti_mentions_next(&mentions)) {
        const wefti_mention *name = &mentions.found;
        const wefti_speller_relation *relation = wefti_speller_relation_of(s, name->schema, name->name, of_found);
        if (relation != NULL ? !relation->made : name->schema[0] != '\0')
            return false;
        if (relation == NULL && s->ddl->speller->is_elsewhere != NULL && s->ddl->speller->is_elsewhere(s, name->name))
            return false;
    }
    return text != NULL;
}

static void make_views(wefti_speller *s)
{
    for (bool again = true; again && s->status == WEFT_OK;) {
        again = false;
        for (size_t i = 0; i < s->relation_count; i++) {
            wefti_speller_relation *view = &s->relations[i];
            if (!view->in || view->made || !wefti_ddl_is_view(view->table) || !stands(s, view->table->definition, !view->is_wanted))
                continue;
            s->ddl->speller->view(s, view);
            again = again || view->made;
        }
    }
    for (size_t i = 0; i < s->item_count && s->status == WEFT_OK; i++)
        if (s->items[i]->as == WEFTI_SPELT_VIEW && stands(s, s->items[i]->text, s->items[i]->of_found))
            s->ddl->speller->ask_view(s, i);
}

/* Of all that is left, where nothing can be made. */
static void ask_types(wefti_speller *s)
{
    s->item_count = 0;
    for (wefti_spelt *item = s->spelling->first; item != NULL; item = item->next) {
        if (item->answer == NULL && item->as == WEFTI_SPELT_TYPE)
            s->items[s->item_count++] = item;
        item->asked = true;
    }
    s->spelling->open = 0;
    if (s->item_count > 0 && s->ddl->speller->types != NULL)
        s->ddl->speller->types(s);
}

static void ask_group(wefti_speller *s)
{
    if (s->spelling->refused == NULL)
        make_group(s);
    s->status = s->scratch->begin(s->scratch->context, s->error);
    if (s->status != WEFT_OK)
        return;
    if (s->spelling->refused == NULL)
        s->ddl->speller->begin(s);
    if (s->status == WEFT_OK && s->spelling->refused != NULL) {
        ask_types(s);
    } else if (s->status == WEFT_OK) {
        s->ddl->speller->tables(s);
        make_views(s);
        if (s->status == WEFT_OK)
            s->ddl->speller->finish(s);
    }
    s->scratch->end(s->scratch->context);
}

weft_status wefti_spell(const wefti_spelling_place *place, const wefti_scratch *scratch, wefti_spelling *spelling,
                        weft_error *error)
{
    wefti_speller s = {.place = place, .ddl = place->ddl, .scratch = scratch, .spelling = spelling, .error = error};
    wefti_arena_init(&s.arena, 0);
    s.wanted_place = unquoted(&s, place->wanted_place);
    s.found_place = unquoted(&s, place->found_place);
    find_relations(&s);
    s.items = wefti_speller_room(&s, spelling->count, sizeof *s.items);
    s.tables = wefti_speller_room(&s, spelling->count, sizeof *s.tables);
    while (s.status == WEFT_OK && spelling->open > 0)
        ask_group(&s);
    wefti_arena_deinit(&s.arena);
    return s.status;
}
