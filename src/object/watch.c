/* The debug option check_writes: finds writes through a pointer whose transaction has ended.
 *
 * When a transaction ends, every struct that had a mutable pointer is copied. Whenever the session is used next, the copies are
 * compared with the structs before weft itself writes to them: a difference is the program's. weft's own writes renew the copy. */
#include "object/object.h"

#include "base/memory.h"

#include <string.h>

typedef struct wefti_watch {
    struct wefti_watch *next;
    const wefti_object *object;
    unsigned char copy[];
} wefti_watch;

WEFTI_HOT void wefti_watch_free(weft_session *session)
{
    while (session->watches != NULL) {
        wefti_watch *next = session->watches->next;
        wefti_free(session->watches);
        session->watches = next;
    }
}

void wefti_watch_drop(weft_session *session, const wefti_object *object)
{
    for (wefti_watch **at = &session->watches; *at != NULL; at = &(*at)->next)
        if ((*at)->object == object) {
            wefti_watch *dropped = *at;
            *at = dropped->next;
            wefti_free(dropped);
            return;
        }
}

void wefti_watch_update(weft_session *session, const wefti_object *object)
{
    for (wefti_watch *watch = session->watches; watch != NULL; watch = watch->next)
        if (watch->object == object)
            memcpy(watch->copy, wefti_object_struct(object), object->table->mapper->size);
}

void wefti_watch_begin(weft_session *session)
{
    for (const wefti_change *change = session->changes; change != NULL; change = change->next) {
        const wefti_object *object = change->object;
        if (object->state != WEFTI_STATE_PERSISTENT)
            continue;
        wefti_watch_drop(session, object);
        wefti_watch *watch = wefti_malloc(sizeof *watch + object->table->mapper->size);
        if (watch == NULL)
            continue; /* a debugging aid: it finds less */
        watch->object = object;
        watch->next = session->watches;
        memcpy(watch->copy, wefti_object_struct(object), object->table->mapper->size);
        session->watches = watch;
    }
}

bool wefti_watch_compare(weft_session *session)
{
    for (const wefti_watch *watch = session->watches; watch != NULL; watch = watch->next) {
        const wefti_object *object = watch->object;
        for (uint16_t i = 0; i < object->table->column_count; i++) {
            const wefti_column *column = &object->table->columns[i];
            if (wefti_field_same_bytes(column->field, watch->copy, wefti_object_struct(object)))
                continue;
            wefti_session_fail(session, WEFT_ERROR_MISUSE,
                               "%s.%s was written through a mutable pointer after its transaction had ended; call weft_edit again",
                               object->table->model->name, column->field->name);
            return false;
        }
    }
    return true;
}

void wefti_watch_undo(weft_session *session)
{
    for (const wefti_watch *watch = session->watches; watch != NULL; watch = watch->next)
        for (uint16_t i = 0; i < watch->object->table->column_count; i++) {
            const wefti_column *column = &watch->object->table->columns[i];
            memcpy(wefti_object_field(watch->object, column->field->offset), watch->copy + column->field->offset,
                   column->field->size);
        }
}
