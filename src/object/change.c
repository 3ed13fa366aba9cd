/* Changes and the journal: what flush compares with, and how rollback restores.
 *
 * Before weft or the program may write to an object, its struct is copied into the journal once per mark (a transaction or a
 * savepoint). Undoing the journal from its newest entry to a mark gives the state at the mark: structs, relationship fields (their
 * arrays are never changed in place), states and places in the identity map. Text that saved copies point to lives in batches that
 * are not freed before the transaction has ended. */
#include "object/object.h"

#include "base/error.h"
#include "base/memory.h"
#include "sql/making.h"

#include <string.h>

void *wefti_object_copy(weft_session *session, const wefti_object *object)
{
    void *copy = wefti_arena_memdup(&session->work, wefti_object_struct(object), object->table->mapper->size);
    if (copy == NULL)
        wefti_session_fail_memory(session);
    return copy;
}

static bool write_journal(weft_session *session, wefti_object *object, void *saved)
{
    if (session->journal_count == session->journal_capacity) {
        uint32_t capacity = session->journal_capacity == 0 ? 32 : session->journal_capacity * 2;
        wefti_journal_entry *grown = wefti_realloc(session->journal, capacity * sizeof *grown);
        if (grown == NULL) {
            wefti_session_fail_memory(session);
            return false;
        }
        session->journal = grown;
        session->journal_capacity = capacity;
    }
    session->journal[session->journal_count++] = (wefti_journal_entry){
        .object = object,
        .saved = saved,
        .loaded = object->loaded,
        .unloaded = object->unloaded,
        .generation = object->generation,
        .state = object->state,
        .to_delete = object->to_delete,
        .mapped = object->mapped,
        .created = saved == NULL,
    };
    return true;
}

static wefti_change *new_change(weft_session *session, wefti_object *object)
{
    wefti_change *change = wefti_arena_zalloc(&session->work, sizeof *change);
    if (change == NULL) {
        wefti_session_fail_memory(session);
        return NULL;
    }
    change->object = object;
    change->mark = session->mark;
    return change;
}

static void add_change(weft_session *session, wefti_change *change)
{
    if (session->changes_last == NULL)
        session->changes = change;
    else
        session->changes_last->next = change;
    session->changes_last = change;
    session->change_count++;
    change->object->change = change;
}

static void copy_columns(const wefti_mapper *mapper, void *to, const void *from)
{
    for (uint16_t i = 0; i < mapper->field_count; i++) {
        const wefti_field *field = &mapper->fields[i];
        memcpy((char *)to + field->offset, (const char *)from + field->offset, field->size);
    }
}

static wefti_change *note_touched(weft_session *session, wefti_change *change)
{
    if (change->touched)
        return change;
    change->touched = true;
    change->next_touched = NULL;
    if (session->touched_last == NULL)
        session->touched = change;
    else
        session->touched_last->next_touched = change;
    session->touched_last = change;
    return change;
}

/* A pending object comes here first from weft_new, whose journal entry says that it did not exist. One that was touched before the
 * mark may have been written to since through its older pointer: at the mark, which followed a flush, its columns were those of the
 * base. */
wefti_change *wefti_object_touch(weft_session *session, wefti_object *object)
{
    wefti_change *change = object->change;
    session->maps[object->table->main->index].dirty = session->marked = true;
    if (change != NULL && change->mark == session->mark)
        return note_touched(session, change);
    bool created = change == NULL && object->state == WEFTI_STATE_PENDING;
    void *saved = wefti_object_copy(session, object);
    if (saved == NULL)
        return NULL;
    if (change != NULL)
        copy_columns(object->table->mapper, saved, change->base);
    if (change == NULL && (change = new_change(session, object)) == NULL)
        return NULL;
    if (!write_journal(session, object, created ? NULL : saved))
        return NULL;
    change->mark = session->mark;
    if (object->change == NULL) {
        change->base = saved;
        wefti_watch_drop(session, object);
        add_change(session, change);
    }
    return note_touched(session, change);
}

/* A base that the journal keeps is not overwritten. */
weft_status wefti_change_renew_base(weft_session *session, wefti_change *change)
{
    if (change->own_base) {
        memcpy(change->base, wefti_object_struct(change->object), change->object->table->mapper->size);
        return WEFT_OK;
    }
    void *base = wefti_object_copy(session, change->object);
    if (base == NULL)
        return session->error.status;
    change->base = base;
    change->own_base = true;
    return WEFT_OK;
}

bool wefti_change_set(weft_session *session, wefti_change *change, uint16_t column)
{
    const size_t size = wefti_mapper_words(change->object->table->mapper) * sizeof(uint64_t);
    if (change->set_columns == NULL && (change->set_columns = wefti_arena_zalloc(&session->work, size)) == NULL)
        return wefti_session_fail_memory(session), false;
    wefti_columns_add(change->set_columns, column);
    return true;
}

weft_status wefti_object_set(weft_session *session, wefti_object *object, wefti_change *change, const wefti_column *column,
                             const weft_value *value, const char *call)
{
    weft_error error = {0};
    void *field = wefti_object_field(object, column->field->offset);
    if (wefti_decode_value(column->field->type, column->field->size, value, field, &object->cohort->batch->arena, &error) !=
        WEFT_OK) {
        wefti_error_prefix(&error, "%s: %s.%s", call, object->table->model->name, column->field->name);
        return wefti_session_fail_with(session, &error);
    }
    if (!wefti_change_set(session, change, column->index))
        return session->error.status;
    change->edited = true;
    return WEFT_OK;
}

weft_status wefti_object_make(weft_session *session, wefti_object *object, wefti_change *change, const wefti_column *column,
                              weft_maker maker)
{
    weft_value value;
    weft_error error = {0};
    if (wefti_make(column, maker, wefti_object_struct(object), session->options.user, &value, &error) != WEFT_OK)
        return wefti_session_fail_with(session, &error);
    return value.is_null ? WEFT_OK : wefti_object_set(session, object, change, column, &value, "a maker");
}

bool wefti_object_has_edits(const wefti_object *object)
{
    const wefti_change *change = object->change;
    if (change == NULL)
        return false;
    if (change->links != NULL || change->set_columns != NULL)
        return true;
    const wefti_mapper *mapper = object->table->mapper;
    for (uint16_t i = 0; change->edited && i < mapper->field_count; i++)
        if (!wefti_field_same_bytes(&mapper->fields[i], wefti_object_struct(object), change->base))
            return true;
    return false;
}

/* Its memory stays until the session is cleared: lists that programs hold, and collections of objects that nobody refreshes, may
 * still point to it. */
void wefti_object_detach(weft_session *session, wefti_object *object, wefti_state state)
{
    wefti_map_remove(session, object);
    object->state = (uint8_t)state;
    object->to_delete = false;
    wefti_watch_drop(session, object);
    if (object->cohort != NULL)
        wefti_cohort_leave(object);
}

static void restore(weft_session *session, const wefti_journal_entry *entry)
{
    wefti_object *object = entry->object;
    if (entry->created) {
        wefti_object_detach(session, object, WEFTI_STATE_DETACHED);
        return;
    }
    wefti_map_remove(session, object);
    memcpy(wefti_object_struct(object), entry->saved, object->table->mapper->size);
    object->loaded = entry->loaded;
    object->unloaded = entry->unloaded;
    object->generation = entry->generation;
    object->state = entry->state;
    object->to_delete = entry->to_delete;
    if (object->cohort == NULL && object->state == WEFTI_STATE_PERSISTENT)
        wefti_cohort_return(object);
    if (entry->mapped)
        wefti_map_insert(session, object);
    if (object->change != NULL) {
        object->change->base = entry->saved;
        object->change->links = NULL;
        object->change->link_count = 0;
        object->change->set_columns = NULL;
    }
}

static void drop_changes_of_detached(weft_session *session)
{
    wefti_change **at = &session->changes;
    session->changes_last = NULL;
    session->change_count = 0;
    while (*at != NULL) {
        wefti_change *change = *at;
        if (change->object->state == WEFTI_STATE_DETACHED) {
            change->object->change = NULL;
            *at = change->next;
            continue;
        }
        session->changes_last = change;
        session->change_count++;
        at = &change->next;
    }
}

void wefti_journal_undo(weft_session *session, uint32_t count)
{
    while (session->journal_count > count) {
        const wefti_journal_entry *entry = &session->journal[--session->journal_count];
        if (entry->object != NULL) /* NULL: expunged meanwhile */
            restore(session, entry);
    }
    for (wefti_change *change = session->changes; change != NULL; change = change->next) {
        change->links = NULL;
        change->link_count = 0;
        if (change->edited && change->object->state == WEFTI_STATE_PERSISTENT) /* written to since the mark without a new
                                                                                  weft_edit */
            copy_columns(change->object->table->mapper, wefti_object_struct(change->object), change->base);
    }
    session->pair_count = 0;
    drop_changes_of_detached(session);
}

WEFTI_HOT bool wefti_session_has_changes(const weft_session *session)
{
    if (session->pair_count > 0 || !session->marked)
        return session->pair_count > 0;
    for (uint16_t i = 0; i < session->schema->table_count; i++)
        if (session->maps[i].dirty)
            return true;
    return false;
}

static inline bool same_pointer(const wefti_field *mapped, const void *a, const void *b)
{
    const char *x = (const char *)a + mapped->offset, *y = (const char *)b + mapped->offset;
    return *(const void *const *)(const void *)x == *(const void *const *)(const void *)y;
}

/* The mark of a column that is not loaded stays where it is; elsewhere it is no value. */
static bool keep_mark(weft_session *session, const wefti_object *object, const wefti_field *mapped)
{
    if (wefti_columns_have(object->unloaded, mapped->column->index))
        return true;
    wefti_session_fail(session, WEFT_ERROR_MISUSE, "%s.%s was given the text of a column that is not loaded",
                       object->table->model->name, mapped->name);
    wefti_error_hint(&session->error, "load the column first, by weft_lazy or weft_undefer");
    return false;
}

/* Arrays and bits. */
static bool own_value(weft_session *session, wefti_arena *arena, unsigned type, void *field)
{
    weft_value array = wefti_field_value(type, 0, field);
    if (array.is_null)
        return true;
    void *room = wefti_arena_alloc(arena, wefti_value_room(&array));
    if (room == NULL)
        return wefti_session_fail_memory(session), false;
    array = wefti_value_copied(array, room);
    return wefti_field_put(type, &array, field);
}

static inline bool own_field(weft_session *session, wefti_object *object, const wefti_field *mapped)
{
    void *field = wefti_object_field(object, mapped->offset);
    wefti_arena *arena = &object->cohort->batch->arena;
    if (*(const char **)field == weft_unloaded)
        return keep_mark(session, object, mapped);
    if (mapped->type == WEFT_BYTES) {
        weft_bytes *bytes = field;
        if (bytes->data != NULL && (bytes->data = wefti_arena_memdup(arena, bytes->data, bytes->size)) == NULL)
            return wefti_session_fail_memory(session), false;
        return true;
    }
    if (mapped->type != WEFT_TEXT && (wefti_type_is_array(mapped->type) || wefti_type_of(mapped->type)->kept == WEFTI_KEPT_BITS))
        return own_value(session, arena, mapped->type, field);
    const char **text = field; /* weft_decimal and weft_json hold just this pointer */
    if (*text == NULL)
        return true;
    size_t size = strlen(*text) + 1;
    char *copy = wefti_arena_aligned(arena, size, 1);
    if (copy == NULL)
        return wefti_session_fail_memory(session), false;
    *text = memcpy(copy, *text, size);
    return true;
}

bool wefti_object_own_text(weft_session *session, wefti_object *object, const void *base)
{
    const wefti_field *field = object->table->mapper->fields, *end = field + object->table->mapper->field_count;
    const void *structure = wefti_object_struct(object);
    for (; field < end; field++) {
        if (!field->borrows || (base != NULL && same_pointer(field, structure, base)))
            continue;
        if (!own_field(session, object, field))
            return false;
    }
    return true;
}

/* ---- rows that are this transaction's ---- */

bool wefti_hold_within_savepoint(weft_session *session, wefti_object *object, uint32_t known)
{
    if (session->hold_count == session->hold_capacity) {
        uint32_t capacity = session->hold_capacity == 0 ? 32 : session->hold_capacity * 2;
        wefti_object **grown = wefti_realloc(session->holds, capacity * sizeof(wefti_object *));
        if (grown == NULL) {
            wefti_session_fail_memory(session);
            return false;
        }
        session->holds = grown;
        session->hold_capacity = capacity;
    }
    session->holds[session->hold_count++] = object;
    object->held = session->hold;
    object->known = known;
    return true;
}

/* What was known of a row before the savepoint is forgotten, too: it is checked once more. */
void wefti_holds_undo(weft_session *session, uint32_t count)
{
    while (session->hold_count > count)
        session->holds[--session->hold_count]->held = 0;
}

static void release_superseded(weft_session *session)
{
    for (uint32_t i = 0; i < session->released_before_count; i++)
        wefti_batch_unref(session->released_before[i]);
    wefti_batch **emptied = session->released_before;
    uint32_t emptied_capacity = session->released_before_capacity;
    session->released_before = session->released;
    session->released_before_count = session->released_count;
    session->released_before_capacity = session->released_capacity;
    session->released = emptied;
    session->released_count = 0;
    session->released_capacity = emptied_capacity;
}

WEFTI_HOT void wefti_session_end_transaction(weft_session *session)
{
    if (session->options.check_writes)
        wefti_watch_begin(session);
    for (wefti_change *change = session->changes; change != NULL; change = change->next)
        change->object->change = NULL;
    session->changes = session->changes_last = NULL;
    session->touched = session->touched_last = NULL;
    session->change_count = 0;
    session->pair_count = 0;
    session->journal_count = 0;
    session->savepoint_count = 0;
    session->hold_count = 0;
    session->hold++;
    session->hold += session->hold == 0;
    session->generation++;
    session->mark++;
    for (uint16_t i = 0; session->marked && i < session->schema->table_count; i++) {
        session->maps[i].fresh = NULL;
        session->maps[i].dirty = session->maps[i].written = false;
    }
    session->marked = false;
    release_superseded(session);
    wefti_arena_reset(&session->work);
}
