/* Columns of objects that are not loaded: sets of them, and how they are loaded later, for a whole cohort. */
#include "object/columns.h"

#include "base/memory.h"
#include "engine/decode.h"

#include <string.h>

const char weft_unloaded[16] = "";

typedef struct wefti_column_set {
    struct wefti_column_set *next;
    const wefti_table *table;
    uint64_t columns[];
} wefti_column_set;

/* A session knows a few sets: one for each way in which its queries leave columns out. */
bool wefti_columns_keep(weft_session *session, const wefti_table *table, const uint64_t *columns, const uint64_t **kept)
{
    const size_t size = wefti_mapper_words(table->mapper) * sizeof *columns;
    uint64_t any = 0;
    *kept = NULL;
    for (uint16_t word = 0; columns != NULL && word < wefti_mapper_words(table->mapper); word++)
        any |= columns[word];
    if (any == 0)
        return true;
    wefti_column_set *set = session->column_sets;
    while (set != NULL && (set->table != table || memcmp(set->columns, columns, size) != 0))
        set = set->next;
    if (set == NULL) {
        set = wefti_arena_alloc(&session->lists, sizeof *set + size);
        if (set == NULL)
            return wefti_session_fail_memory(session), false;
        set->next = session->column_sets;
        set->table = table;
        memcpy(set->columns, columns, size);
        session->column_sets = set;
    }
    *kept = set->columns;
    return true;
}

void wefti_columns_blank(wefti_object *object)
{
    const wefti_mapper *mapper = object->table->mapper;
    for (uint16_t i = 0; object->unloaded != NULL && i < mapper->field_count; i++) {
        const wefti_field *mapped = &mapper->fields[i];
        if (!wefti_columns_have(object->unloaded, i))
            continue;
        void *field = wefti_object_field(object, mapped->offset);
        memset(field, 0, mapped->size);
        if (mapped->borrows)
            *(const char **)field = weft_unloaded; /* with which weft_bytes begins, too */
    }
}

bool wefti_column_is_written(const wefti_object *object, uint16_t column)
{
    const wefti_field *field = &object->table->mapper->fields[column];
    const wefti_change *change = object->change;
    return change != NULL && (wefti_columns_have(change->set_columns, column) ||
                              !wefti_field_same_bytes(field, wefti_object_struct(object), change->base));
}

/* The value is what the row had all along: a rollback does not take it away, and it is no edit. */
static bool prepare(weft_session *session, wefti_change *change)
{
    if (change == NULL || change->own_base)
        return true;
    void *base = wefti_arena_memdup(&session->work, change->base, change->object->table->mapper->size);
    if (base == NULL)
        return wefti_session_fail_memory(session), false;
    change->base = base; /* the other one is the journal's */
    change->own_base = true;
    return true;
}

bool wefti_columns_fill(weft_session *session, wefti_object *object, const wefti_entity *entity, const weft_value *cells)
{
    const wefti_mapper *mapper = object->table->mapper;
    uint64_t left[WEFTI_COLUMN_WORDS];
    memcpy(left, object->unloaded, wefti_mapper_words(mapper) * sizeof *left);
    if (!prepare(session, object->change))
        return false;
    for (uint16_t i = 0; i < mapper->field_count; i++) {
        const wefti_field *field = &mapper->fields[i];
        const uint16_t place = wefti_entity_place(entity, field->column);
        if (!wefti_columns_have(left, i) || place == WEFTI_NO_PLACE || wefti_column_is_written(object, i))
            continue;
        if (wefti_decode_field(field->column, &cells[place], wefti_object_struct(object), &object->cohort->batch->arena,
                               &session->error) != WEFT_OK)
            return false;
        if (object->change != NULL)
            memcpy((char *)object->change->base + field->offset, wefti_object_field(object, field->offset), field->size);
        left[i / 64] &= ~(UINT64_C(1) << i % 64);
    }
    wefti_watch_update(session, object);
    return wefti_columns_keep(session, object->table, left, &object->unloaded);
}

bool wefti_columns_settle(weft_session *session, wefti_object *object, const uint64_t *known)
{
    uint64_t left[WEFTI_COLUMN_WORDS];
    for (uint16_t word = 0; word < wefti_mapper_words(object->table->mapper); word++)
        left[word] = object->unloaded[word] & ~known[word];
    return wefti_columns_keep(session, object->table, left, &object->unloaded);
}

static bool lacks(const wefti_object *object, const uint64_t *wanted)
{
    for (uint16_t word = 0; object->unloaded != NULL && word < wefti_mapper_words(object->table->mapper); word++)
        if ((object->unloaded[word] & wanted[word]) != 0)
            return true;
    return false;
}

/* Where the row's key stands, as the database has it: in the struct unless that was edited. */
static const void *row_of(const wefti_object *object)
{
    return object->change != NULL ? object->change->base : wefti_object_struct(object);
}

static size_t gather(const weft_session *session, wefti_object *object, const uint64_t *wanted, const void **structs)
{
    const wefti_cohort *cohort = object->cohort;
    size_t count = 1;
    structs[0] = row_of(object);
    for (uint32_t i = 0; cohort != NULL && i < cohort->count; i++) {
        const wefti_object *other = wefti_cohort_at(cohort, i);
        if (other == NULL || other == object || other->state != WEFTI_STATE_PERSISTENT || !other->mapped ||
            wefti_object_stale(session, other) || !lacks(other, wanted) || wefti_object_has_edits(other))
            continue;
        structs[count++] = row_of(other);
    }
    return count;
}

static weft_status ignore_row(void *context, wefti_object *const *objects, const weft_value *cells, const wefti_compiled *compiled)
{
    (void)context, (void)objects, (void)cells, (void)compiled;
    return WEFT_OK;
}

weft_status wefti_columns_load(weft_session *session, wefti_object *object, const uint64_t *wanted, bool alone, bool *found)
{
    const wefti_table *table = object->table;
    *found = true;
    if (!lacks(object, wanted))
        return WEFT_OK;
    const size_t room = alone || object->cohort == NULL ? 1 : object->cohort->count + (size_t)1;
    const void **structs = wefti_malloc(room * sizeof *structs);
    if (structs == NULL)
        return wefti_session_fail_memory(session);
    structs[0] = row_of(object);
    const size_t count = alone ? 1 : gather(session, object, wanted, structs);
    uint64_t left_out[WEFTI_COLUMN_WORDS];
    for (uint16_t word = 0; word < wefti_mapper_words(table->mapper); word++)
        left_out[word] = ~wanted[word];
    wefti_array keys[WEFTI_MAX_KEY_COLUMNS];
    for (uint16_t i = 0; i < table->key_count; i++) {
        const wefti_field *field = table->key[i]->field;
        keys[i] = (wefti_array){.type = field->type, .size = field->size, .count = count, .rows = structs, .offset = field->offset};
        left_out[table->key[i]->index / 64] &= ~(UINT64_C(1) << table->key[i]->index % 64);
    }
    const wefti_among among = {.keys = keys, .one = count == 1};
    const wefti_select select = {.from = table, .left_out = left_out, .among = &among};
    session->reloaded = object;
    session->fills = true;
    weft_status status = wefti_session_fetch(session, &select, 0, ignore_row, NULL);
    session->fills = false;
    session->reloaded = NULL;
    wefti_free(structs);
    *found = false;
    if (status != WEFT_OK)
        return status;
    for (uint16_t i = 0; i < table->column_count && !*found; i++)
        *found = wefti_columns_have(wanted, i) && wefti_column_is_loaded(object, i);
    *found = *found || !lacks(object, wanted);
    return !*found && count > 1 ? wefti_columns_load(session, object, wanted, true, found) : WEFT_OK;
}
