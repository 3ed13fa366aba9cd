/* A SELECT with its joined loads.
 *
 * While rows come in, only pointers are noted: the object of each row, and for each joined relationship the pair of its two ends.
 * Rows multiply when several collections are joined, so pairs and objects may repeat in any order; that is settled afterwards, in
 * passes over arrays. What was loaded before the query is not noted: memory may hold changes that the rows do not know. */
#include "load/statement.h"

#include "base/memory.h"
#include "load/strategy.h"
#include "object/key.h"

struct joined_loads {
    uint16_t count;
    uint16_t table_count;       /* that the statement joins: SQLite takes 64 at most */
    uint16_t multiplying_count; /* all but many to one: a one to one that is none multiplies, too */
    bool raises;
    wefti_beside beside;
    wefti_joined_load loads[WEFTI_MAX_JOINS];
    wefti_load_pairs pairs[WEFTI_MAX_JOINS];
    uint64_t raise[WEFTI_MAX_JOINS + 1]; /* by entity */
};

/* ---- planning ---- */

/* What does not fit any more is loaded by statements of its own. */
static void add_joins(struct joined_loads *joined, const wefti_load_level *level, uint16_t parent)
{
    for (const wefti_load_node *node = level->nodes; node != NULL; node = node->next) {
        uint16_t tables = node->relation->kind == WEFT_ATTR_MANY_TO_MANY ? 2 : 1;
        if (!wefti_load_strategy_of(node->how)->joins || joined->table_count + tables > WEFTI_MAX_JOINS)
            continue;
        joined->table_count = (uint16_t)(joined->table_count + tables);
        uint16_t at = joined->count++;
        joined->loads[at] = (wefti_joined_load){node->relation, parent, node->below.left_out};
        joined->pairs[at] = (wefti_load_pairs){0};
        joined->raise[at + 1] = node->below.raise;
        joined->raises |= node->below.raise != 0;
        if (node->relation->kind != WEFT_ATTR_BELONGS_TO)
            joined->multiplying_count++;
        add_joins(joined, &node->below, (uint16_t)(at + 1));
    }
}

static bool has_join(const wefti_load_level *level)
{
    for (const wefti_load_node *node = level->nodes; node != NULL; node = node->next)
        if (wefti_load_strategy_of(node->how)->joins)
            return true;
    return false;
}

static weft_status plan_joins(wefti_load_statement *s)
{
    if (s->level == NULL || (s->level->raise == 0 && !has_join(s->level)))
        return WEFT_OK;
    s->joined = wefti_arena_alloc(s->arena, sizeof *s->joined);
    if (s->joined == NULL)
        return wefti_session_fail_memory(s->session);
    s->joined->count = s->joined->multiplying_count = s->joined->table_count = 0;
    for (const weft_join_step *join = s->select.joins; join != NULL && !wefti_join_ends(join); join++)
        s->joined->table_count++;
    s->joined->raises = s->level->raise != 0;
    s->joined->raise[0] = s->level->raise;
    add_joins(s->joined, s->level, 0);
    s->joined->beside = (wefti_beside){s->joined->loads, s->joined->count};
    if (s->joined->count > 0)
        s->select.beside = &s->joined->beside;
    return WEFT_OK;
}

/* A link table may hold a pair twice, whatever its model says of its key. */
static bool link_repeats(const wefti_relation *relation) { return relation->kind == WEFT_ATTR_MANY_TO_MANY; }

/* ---- rows ---- */

static wefti_object *find_owner(wefti_load_statement *s, const weft_value *cells, const wefti_compiled *compiled)
{
    const wefti_table *table = s->owned_by->source;
    if (table->key_count == 1) {
        const weft_value *key = &cells[compiled->owner_columns[0]];
        if (table->integer_key && s->last_owner != NULL && table->key[0]->field->type == WEFT_INT64 &&
            *(const int64_t *)wefti_object_field(s->last_owner, table->key[0]->field->offset) == key->as.i)
            return s->last_owner;
        s->last_owner = key->is_null ? NULL : wefti_key_find(s->session, table, key);
        return s->last_owner;
    }
    weft_value key[WEFTI_MAX_KEY_COLUMNS];
    const wefti_key_pairs pairs = {table, s->owned_by->local, s->owned_by->local, s->owned_by->local_count};
    uint16_t order[WEFTI_MAX_KEY_COLUMNS];
    if (!wefti_key_order(&pairs, order))
        return NULL;
    for (uint16_t i = 0; i < table->key_count; i++) {
        key[i] = cells[compiled->owner_columns[order[i]]];
        if (key[i].is_null)
            return NULL;
    }
    return wefti_key_find(s->session, table, key);
}

/* A row of somebody's whose key no owner has as it is spelt: the database takes it for an owner's. */
struct strange_owner {
    struct strange_owner *next;
    size_t pair;
    weft_value key[WEFTI_MAX_KEY_COLUMNS];
};

static bool note_strange(wefti_load_statement *s, const weft_value *cells, const wefti_compiled *compiled, wefti_object *other)
{
    const wefti_relation *relation = s->owned_by;
    const wefti_key_pairs pairs = {relation->source, relation->local, relation->local, relation->local_count};
    uint16_t order[WEFTI_MAX_KEY_COLUMNS];
    if (!wefti_key_is_spelled(&pairs) || !wefti_key_order(&pairs, order))
        return true;
    struct strange_owner *strange = wefti_arena_zalloc(s->arena, sizeof *strange);
    for (uint16_t i = 0; strange != NULL && i < pairs.count; i++) {
        const wefti_column *column = relation->source->key[i];
        weft_value *key = &strange->key[i];
        *key = cells[compiled->owner_columns[order[i]]];
        if (key->is_null)
            return true;
        const bool bytes = wefti_type_has_content(column->type);
        char *copy = bytes ? wefti_arena_alloc(s->arena, key->as.s.size + 1) : NULL;
        if (bytes && copy == NULL)
            strange = NULL;
        if (strange == NULL || !bytes)
            continue;
        memcpy(copy, key->as.s.data, key->as.s.size);
        copy[key->as.s.size] = '\0';
        key->as.s.data = copy;
    }
    if (strange == NULL)
        return wefti_session_fail_memory(s->session), false;
    strange->next = s->strange;
    strange->pair = s->pairs.count;
    s->strange = strange;
    return wefti_load_pairs_add(s->session, &s->pairs, NULL, other);
}

/* Asks the database whose the strange rows are; those that are nobody's go. */
static weft_status settle_strange(wefti_load_statement *s)
{
    const wefti_table *table = s->owned_by->source;
    for (struct strange_owner *at = s->strange; at != NULL; at = at->next) {
        if (s->pairs.items[at->pair].owner != NULL)
            continue;
        wefti_object *owner;
        if (wefti_key_ask_values(s->session, table, at->key, &owner) != WEFT_OK)
            return s->session->error.status;
        for (const struct strange_owner *same = at; same != NULL; same = same->next)
            if (wefti_keys_equal(table, at->key, same->key))
                s->pairs.items[same->pair].owner = owner;
    }
    size_t kept = 0;
    for (size_t i = 0; i < s->pairs.count; i++)
        if (s->pairs.items[i].owner != NULL)
            s->pairs.items[kept++] = s->pairs.items[i];
    s->pairs.count = kept;
    return WEFT_OK;
}

static bool note_joined(wefti_load_statement *s, wefti_object *const *objects)
{
    struct joined_loads *joined = s->joined;
    for (uint16_t i = 0; i < joined->count; i++) {
        const wefti_joined_load *load = &joined->loads[i];
        wefti_object *owner = objects[load->parent], *other = objects[i + 1];
        wefti_load_pairs *pairs = &joined->pairs[i];
        if (owner == NULL || wefti_object_is_loaded(owner, load->relation))
            continue;
        if (pairs->count > 0 && pairs->items[pairs->count - 1].owner == owner && pairs->items[pairs->count - 1].other == other)
            continue;
        if (!wefti_load_pairs_add(s->session, pairs, owner, other))
            return false;
    }
    return true;
}

/* A cohort with one object is this statement's: what its loaders refuse holds for all that will join it. */
static void note_raises(const struct joined_loads *joined, wefti_object *const *objects)
{
    for (uint16_t i = 0; i <= joined->count; i++)
        if (objects[i] != NULL && joined->raise[i] != 0 && objects[i]->cohort != NULL && objects[i]->cohort->count == 1)
            objects[i]->cohort->raise |= joined->raise[i];
}

static weft_status take_row(void *context, wefti_object *const *objects, const weft_value *cells, const wefti_compiled *compiled)
{
    wefti_load_statement *s = context;
    bool taken = true;
    if (s->owned_by != NULL) {
        wefti_object *owner = find_owner(s, cells, compiled);
        taken = owner != NULL ? wefti_load_pairs_add(s->session, &s->pairs, owner, objects[0])
                              : note_strange(s, cells, compiled, objects[0]);
    } else if (!s->unwanted && (s->objects.count == 0 || s->objects.items[s->objects.count - 1] != objects[0])) {
        taken = wefti_load_objects_add(s->session, &s->objects, objects[0]);
    }
    if (taken && s->joined != NULL) {
        taken = note_joined(s, objects);
        if (s->joined->raises)
            note_raises(s->joined, objects);
    }
    return taken ? WEFT_OK : s->session->error.status;
}

static weft_status fill_joined(wefti_load_statement *s)
{
    weft_status status = WEFT_OK;
    bool multiplied = s->select.joins != NULL || s->joined->multiplying_count > 1 ||
                      (s->owned_by != NULL && s->owned_by->kind == WEFT_ATTR_MANY_TO_MANY);
    for (uint16_t i = 0; i < s->joined->count && status == WEFT_OK; i++) {
        const wefti_relation *relation = s->joined->loads[i].relation;
        bool below = s->joined->loads[i].parent != 0; /* one object may stand below several */
        status = wefti_load_fill(s->session, relation, &s->joined->pairs[i], NULL, multiplied || below || link_repeats(relation));
    }
    return status;
}

weft_status wefti_load_statement_run(wefti_load_statement *s)
{
    s->select.left_out = s->level != NULL ? s->level->left_out : s->select.from->mapper->deferred;
    weft_status status = plan_joins(s);
    if (status == WEFT_OK && s->text != NULL)
        status = wefti_session_fetch_text(s->session, s->select.from, s->text, s->older, take_row, s);
    else if (status == WEFT_OK)
        status = wefti_session_fetch(s->session, &s->select, s->older, take_row, s);
    if (status == WEFT_OK && s->strange != NULL)
        status = settle_strange(s);
    if (status != WEFT_OK)
        return status;
    bool multiplied = s->joined != NULL && s->joined->multiplying_count > 0;
    s->repeats = multiplied || (s->owned_by != NULL && link_repeats(s->owned_by));
    if (s->objects.count > 1 && (multiplied || s->select.joins != NULL || s->text != NULL))
        wefti_load_objects_unique(&s->objects);
    return s->joined == NULL ? WEFT_OK : fill_joined(s);
}

void wefti_load_statement_deinit(wefti_load_statement *s)
{
    wefti_load_objects_free(&s->objects);
    wefti_load_pairs_free(&s->pairs);
    for (uint16_t i = 0; s->joined != NULL && i < s->joined->count; i++)
        wefti_load_pairs_free(&s->joined->pairs[i]);
}
