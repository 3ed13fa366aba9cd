/* Objects as programs see them: making, editing, deleting, asking, leaving. */
#include "session/calls.h"

#include "base/error.h"
#include "object/columns.h"
#include "object/link.h"
#include "object/scratch.h"
#include "unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RELOAD_ALL UINT32_MAX

static __attribute__((noinline)) bool refuse_view(weft_session *session, const wefti_table *table, const char *call)
{
    weft_error error = {0};
    (void)wefti_table_check_written(table, call, &error);
    wefti_session_fail_with(session, &error);
    return false;
}

/* False: the session failed, for the model is a view's. */
static inline bool may_write(weft_session *session, const wefti_table *table, const char *call)
{
    return !wefti_table_is_view(table) || refuse_view(session, table, call);
}

/* ---- making ---- */

static wefti_cohort *fresh_cohort(weft_session *session, const wefti_table *table)
{
    wefti_map *map = &session->maps[table->index];
    if (map->fresh != NULL && map->fresh->batch == session->open_batch && map->fresh->batch->arena.used_bytes < 64 * 1024)
        return map->fresh;
    wefti_batch *batch = wefti_batch_open(session);
    if (batch == NULL)
        return NULL;
    map->fresh = wefti_cohort_new(batch, table);
    session->marked = true;
    wefti_batch_unref(batch); /* the session's own reference to its open batch remains */
    return map->fresh;
}

static bool take_links(weft_session *session, wefti_object *object, const void *values)
{
    for (uint16_t i = 0; i < object->table->relation_count; i++) {
        const wefti_relation *relation = &object->table->relations[i];
        const void *field = (const char *)values + relation->offset;
        weft_list list = {field, 1};
        if (relation->to_many)
            list = *(const weft_list *)field;
        else if (*(const void *const *)field == NULL)
            continue;
        for (size_t k = 0; k < list.count; k++) {
            const void *other = ((const void *const *)list.items)[k];
            wefti_object *target = wefti_object_check(session, relation->target->model, other, "weft_new");
            if (target == NULL || wefti_link(session, object, relation, target, relation->to_many ? 1 : 0) != WEFT_OK)
                return false;
        }
    }
    return true;
}

/* Relationships of a new object are loaded and empty, but for BELONGS_TO: its foreign key may name a row. */
static void empty_relations(weft_session *session, wefti_object *object)
{
    for (uint16_t i = 0; i < object->table->relation_count; i++) {
        const wefti_relation *relation = &object->table->relations[i];
        wefti_object_unload(session, object, relation);
        if (relation->kind == WEFT_ATTR_BELONGS_TO)
            continue;
        object->loaded |= UINT64_C(1) << relation->index;
        if (relation->to_many)
            *(weft_list *)wefti_object_field(object, relation->offset) = (weft_list){NULL, 0};
    }
}

/* What the program did not give: a column that a link will fill is given. */
static bool make_values(weft_session *session, wefti_object *object, wefti_change *change)
{
    const wefti_table *table = object->table;
    for (uint16_t i = 0; i < table->column_count; i++) {
        const wefti_column *column = &table->columns[i];
        const wefti_field *field = column->field;
        if (field->insert_value != NULL && wefti_field_says_nothing(field, wefti_object_struct(object)) &&
            !wefti_change_links(change, column) &&
            wefti_object_make(session, object, change, column, field->insert_value) != WEFT_OK)
            return false;
    }
    return true;
}

void *weft_session_new(weft_session *session, const weft_model *model, const void *values)
{
    if (!wefti_session_enter(session))
        return wefti_scratch_new(model, values);
    if (values == NULL) {
        wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_session_new was given no values");
        return wefti_scratch_new(model, NULL);
    }
    const wefti_table *table = wefti_session_table(session, model);
    wefti_cohort *cohort = table == NULL || !may_write(session, table, "weft_new") ? NULL : fresh_cohort(session, table);
    wefti_object *object = cohort == NULL ? NULL : wefti_object_new(session, table, cohort, WEFTI_STATE_PENDING);
    if (object == NULL)
        return wefti_scratch_new(model, values);
    memcpy(wefti_object_struct(object), values, table->mapper->size);
    empty_relations(session, object);
    wefti_change *change = wefti_object_own_text(session, object, NULL) ? wefti_object_touch(session, object) : NULL;
    if (change == NULL) {
        object->state = WEFTI_STATE_DETACHED;
        return wefti_scratch_new(model, values);
    }
    change->edited = true;
    if (!take_links(session, object, values) || (table->inserts_made && !make_values(session, object, change)))
        return wefti_scratch_new(model, values);
    return wefti_object_struct(object);
}

const char *weft_text(weft_session *session, const char *text)
{
    if (text == NULL || !wefti_session_enter(session))
        return text == NULL ? NULL : "";
    char *copy = wefti_arena_strdup(&session->work, text);
    if (copy == NULL)
        wefti_session_fail_memory(session);
    return copy == NULL ? "" : copy;
}

const char *weft_format(weft_session *session, const char *format, ...)
{
    if (!wefti_session_enter(session))
        return "";
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = length < 0 ? NULL : wefti_arena_alloc(&session->work, (size_t)length + 1);
    if (text != NULL)
        (void)vsnprintf(text, (size_t)length + 1, format, again);
    else
        wefti_session_fail_memory(session);
    va_end(again);
    va_end(arguments);
    return text == NULL ? "" : text;
}

/* ---- changing ---- */

/* A stale object is brought up to date before its struct becomes the base of a comparison. */
static bool make_current(weft_session *session, wefti_object *object, const char *call)
{
    if (!wefti_object_outdated(session, object))
        return true;
    bool found = false;
    if (wefti_session_reload(session, object, RELOAD_ALL, &found) != WEFT_OK)
        return false;
    if (found)
        return true;
    session->changed_before = session->changed_before || wefti_object_from_before(session, object);
    wefti_session_fail(session, WEFT_ERROR_STALE, "%s: the row of %s is gone", call, wefti_object_name(session, object));
    return false;
}

/* Columns that are not loaded and whose fields do not show it: a zero written there could not be told from one that was never read.
 * They are loaded first. */
static bool load_unmarked(weft_session *session, wefti_object *object)
{
    const wefti_mapper *mapper = object->table->mapper;
    uint64_t wanted[WEFTI_COLUMN_WORDS] = {0};
    bool any = false, found = true;
    for (uint16_t i = 0; i < mapper->field_count; i++)
        if (!wefti_column_is_loaded(object, i) && !mapper->fields[i].borrows) {
            wefti_columns_add(wanted, i);
            any = true;
        }
    if (!any)
        return true;
    if (wefti_columns_load(session, object, wanted, session->options.unbatched_lazy, &found) == WEFT_OK && !found)
        wefti_session_fail(session, WEFT_ERROR_STALE, "weft_edit: the row of %s is gone", wefti_object_name(session, object));
    return session->error.status == WEFT_OK;
}

void *weft_session_edit(weft_session *session, const weft_model *model, const void *structure)
{
    if (!wefti_session_enter(session) || structure == NULL || !wefti_watch_check(session))
        return wefti_scratch_new(model, structure);
    wefti_object *object = wefti_object_check(session, model, structure, "weft_edit");
    if (object == NULL)
        return wefti_scratch_new(model, NULL);
    if (object->state == WEFTI_STATE_SCRATCH)
        return wefti_object_struct(object);
    bool ready = may_write(session, object->table, "weft_edit") && make_current(session, object, "weft_edit") &&
                 (object->unloaded == NULL || load_unmarked(session, object));
    wefti_change *change = ready ? wefti_object_touch(session, object) : NULL;
    if (change == NULL)
        return wefti_scratch_new(model, structure);
    change->edited = true;
    return wefti_object_struct(object);
}

weft_status weft_session_set(weft_session *session, const weft_model *model, const void *structure, size_t offset, weft_value value)
{
    if (!wefti_session_enter(session))
        return weft_session_status(session);
    wefti_object *object = wefti_object_check(session, model, structure, "weft_set");
    if (object == NULL || object->state == WEFTI_STATE_SCRATCH || !may_write(session, object->table, "weft_set"))
        return session->error.status;
    const wefti_column *column = wefti_table_column_at(object->table, offset);
    if (column == NULL)
        return wefti_session_fail(session, WEFT_ERROR_MISUSE,
                                  "weft_set: the field of %s at offset %zu is not a column; use weft_assign for relationships",
                                  model->name, offset);
    if (wefti_column_is_made(column)) {
        weft_error error = {0};
        (void)wefti_refuse_made(column, "weft_set:", &error);
        return wefti_session_fail_with(session, &error);
    }
    if ((int)value.type == WEFTI_EXPRESSION)
        return wefti_session_fail(
            session, WEFT_ERROR_MISUSE,
            "weft_set: %s.%s takes a value; an expression is set by weft_session_update(s, weft_update_of(…))", model->name,
            column->field->name);
    if (value.is_null && !column->nullable)
        return wefti_session_fail(session, WEFT_ERROR_NOT_NULL, "weft_set: %s.%s cannot be NULL", model->name, column->field->name);
    wefti_change *change = make_current(session, object, "weft_set") ? wefti_object_touch(session, object) : NULL;
    if (change == NULL)
        return session->error.status;
    return wefti_object_set(session, object, change, column, &value, "weft_set");
}

weft_status weft_session_delete(weft_session *session, const weft_model *model, const void *structure)
{
    if (!wefti_session_enter(session))
        return weft_session_status(session);
    if (structure == NULL)
        return WEFT_OK;
    wefti_object *object = wefti_object_check(session, model, structure, "weft_delete");
    if (object == NULL || object->state == WEFTI_STATE_SCRATCH || !may_write(session, object->table, "weft_delete"))
        return session->error.status;
    if (wefti_object_touch(session, object) == NULL)
        return session->error.status;
    object->to_delete = true;
    session->may_delete = true;
    return WEFT_OK;
}

weft_status weft_session_link(weft_session *session, const weft_model *model, const void *structure, size_t offset,
                              const void *other, int how)
{
    if (!wefti_session_enter(session))
        return weft_session_status(session);
    const char *call = how > 0 ? "weft_append" : how < 0 ? "weft_remove" : "weft_assign";
    wefti_object *object = wefti_object_check(session, model, structure, call);
    if (object == NULL || object->state == WEFTI_STATE_SCRATCH)
        return session->error.status;
    const wefti_relation *relation = wefti_table_relation_at(object->table, offset);
    if (relation == NULL)
        return wefti_session_fail(session, WEFT_ERROR_MISUSE, "%s: the field of %s at offset %zu is not a relationship", call,
                                  model->name, offset);
    wefti_object *target = NULL;
    if (other != NULL || how != 0) {
        target = wefti_object_check(session, relation->target->model, other, call);
        if (target == NULL || target->state == WEFTI_STATE_SCRATCH)
            return session->error.status;
    }
    if (relation->to_many != (how != 0))
        return wefti_session_fail(session, WEFT_ERROR_MISUSE, "%s on %s.%s: use %s", call, model->name, relation->field,
                                  relation->to_many ? "weft_append or weft_remove" : "weft_assign");
    if (!make_current(session, object, call) || (target != NULL && !make_current(session, target, call)))
        return session->error.status;
    return wefti_link(session, object, relation, target, how);
}

/* ---- asking ---- */

bool weft_session_loaded(const weft_session *session, const weft_model *model, const void *structure, size_t offset)
{
    if (!wefti_session_enter_failed((weft_session *)(uintptr_t)session) || structure == NULL)
        return false;
    const wefti_object *object = wefti_object_of(structure);
    if (object->magic != WEFTI_OBJECT_MAGIC || object->state == WEFTI_STATE_SCRATCH || object->table->model != model)
        return false;
    const wefti_relation *relation = wefti_table_relation_at(object->table, offset);
    if (relation != NULL)
        return (object->loaded & (UINT64_C(1) << relation->index)) != 0;
    const wefti_column *column = wefti_table_column_at(object->table, offset);
    return column != NULL && wefti_column_is_loaded(object, column->index);
}

weft_object_state weft_session_state_of(const weft_session *session, const weft_model *model, const void *structure)
{
    if (!wefti_session_enter_failed((weft_session *)(uintptr_t)session) || structure == NULL)
        return WEFT_OBJECT_NONE;
    const wefti_object *object = wefti_object_of(structure);
    if (object->magic != WEFTI_OBJECT_MAGIC || object->state == WEFTI_STATE_SCRATCH || object->home->session != session ||
        object->table->model != model)
        return WEFT_OBJECT_NONE;
    if (object->to_delete || object->state == WEFTI_STATE_DELETED)
        return WEFT_OBJECT_DELETED;
    if (object->state == WEFTI_STATE_PENDING)
        return WEFT_OBJECT_PENDING;
    return object->state == WEFTI_STATE_PERSISTENT ? WEFT_OBJECT_PERSISTENT : WEFT_OBJECT_DETACHED;
}

/* ---- refreshing and leaving ---- */

weft_status weft_session_refresh(weft_session *session, const weft_model *model, const void *structure)
{
    if (!wefti_session_enter(session))
        return weft_session_status(session);
    wefti_object *object = wefti_object_check(session, model, structure, "weft_refresh");
    if (object == NULL || object->state == WEFTI_STATE_SCRATCH)
        return session->error.status;
    if (object->state == WEFTI_STATE_PENDING)
        return wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_refresh: %s was not inserted yet", model->name);
    if (wefti_table_is_view(object->table) && !session->options.no_autoflush && wefti_session_flush(session) != WEFT_OK)
        return session->error.status; /* its row shows what others' rows are */
    if (object->change != NULL) {
        memcpy(wefti_object_struct(object), object->change->base, object->table->mapper->size);
        object->change->links = NULL;
        object->change->link_count = 0;
        object->change->set_columns = NULL;
    }
    object->generation = 0; /* stale, so that the reload takes it */
    bool found = false;
    if (wefti_session_reload(session, object, 1, &found) != WEFT_OK)
        return session->error.status;
    return found ? WEFT_OK : WEFT_ERROR_NOT_FOUND;
}

static void drop_pairs_of(weft_session *session, const wefti_object *object)
{
    for (uint32_t i = 0; i < session->pair_count; i++)
        if (session->pairs[i].left == object || session->pairs[i].right == object)
            session->pairs[i].how = 0;
}

static void drop_change(weft_session *session, wefti_object *object)
{
    wefti_change **at = &session->changes;
    session->changes_last = NULL;
    while (*at != NULL) {
        if ((*at)->object == object) {
            *at = (*at)->next;
            session->change_count--;
            continue;
        }
        session->changes_last = *at;
        at = &(*at)->next;
    }
    object->change = NULL;
}

weft_status weft_session_expunge(weft_session *session, const weft_model *model, const void *structure)
{
    if (!wefti_session_enter(session))
        return weft_session_status(session);
    wefti_object *object = wefti_object_check(session, model, structure, "weft_expunge");
    if (object == NULL || object->state == WEFTI_STATE_SCRATCH)
        return session->error.status;
    for (const wefti_change *change = session->changes; change != NULL; change = change->next)
        for (const wefti_fk_link *link = change->links; link != NULL; link = link->next)
            if (link->owner == object && object->state == WEFTI_STATE_PENDING && change->object != object)
                return wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_expunge: new objects of the session refer to this %s",
                                          model->name);
    drop_pairs_of(session, object);
    if (object->change != NULL)
        drop_change(session, object);
    for (uint32_t i = 0; i < session->journal_count; i++)
        if (session->journal[i].object == object)
            session->journal[i].object = NULL;
    wefti_batch *text = object->cohort->batch;
    wefti_object_detach(session, object, WEFTI_STATE_DETACHED);
    wefti_batch_release_later(session, object->home);
    wefti_batch_release_later(session, text);
    return WEFT_OK;
}
