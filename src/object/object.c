/* Objects: headers before structs, their names in messages, and what a pointer given by a program is. */
#include "object/object.h"

#include "base/text.h"

#include <string.h>

wefti_object *wefti_object_new(weft_session *session, const wefti_table *table, wefti_cohort *cohort, wefti_state state)
{
    wefti_batch *batch = cohort->batch;
    wefti_object *object = wefti_arena_alloc(&batch->arena, WEFTI_HEADER_SIZE + table->mapper->size);
    if (object == NULL) {
        wefti_session_fail_memory(session);
        return NULL;
    }
    memset(object, 0, WEFTI_HEADER_SIZE + table->mapper->size);
    object->table = table;
    object->home = batch;
    object->generation = session->generation;
    object->magic = WEFTI_OBJECT_MAGIC;
    object->state = (uint8_t)state;
    if (!wefti_cohort_add(cohort, object))
        return NULL;
    batch->refs++;
    if (session->options.report_unloaded)
        for (uint16_t i = 0; i < table->relation_count; i++)
            wefti_object_unload(session, object, &table->relations[i]);
    return object;
}

const char *wefti_object_name(weft_session *session, const wefti_object *object)
{
    weft_value key[WEFTI_MAX_KEY_COLUMNS];
    if (!session->engine->log_values)
        return object->table->model->name;
    wefti_object_key(object, key);
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add_format(&text, "%s(", object->table->model->name);
    for (uint16_t i = 0; i < object->table->key_count; i++) {
        if (i > 0)
            wefti_text_add(&text, ", ");
        if (wefti_type_is_text(key[i].type) && !key[i].is_null)
            wefti_text_add_bytes(&text, key[i].as.s.data, key[i].as.s.size < 40 ? key[i].as.s.size : 40);
        else
            wefti_value_show(&text, &key[i]);
    }
    wefti_text_add_char(&text, ')');
    const char *name = text.failed ? NULL : wefti_arena_strdup(&session->work, text.data);
    wefti_text_deinit(&text);
    return name != NULL ? name : object->table->model->name;
}

wefti_object *wefti_object_check(weft_session *session, const weft_model *model, const void *structure, const char *call)
{
    if (model == NULL) {
        wefti_session_fail(session, WEFT_ERROR_MISUSE, "%s was given no model", call);
        return NULL;
    }
    if (structure == NULL) {
        wefti_session_fail(session, WEFT_ERROR_MISUSE, "%s of %s was given NULL", call, model->name);
        return NULL;
    }
    wefti_object *object = wefti_object_of(structure);
    if (object->magic != WEFTI_OBJECT_MAGIC) {
        wefti_session_fail(session, WEFT_ERROR_MISUSE, "%s was given a %s that weft did not make; make objects with weft_new", call,
                           model->name);
        return NULL;
    }
    if (object->state == WEFTI_STATE_SCRATCH)
        return object;
    if (object->home->session != session) {
        wefti_session_fail(session, WEFT_ERROR_MISUSE, "%s was given a %s of another session", call, model->name);
        return NULL;
    }
    if (object->table->model != model) {
        wefti_session_fail(session, WEFT_ERROR_MISUSE, "%s was told %s and given a %s", call, model->name,
                           object->table->model->name);
        return NULL;
    }
    if (object->state == WEFTI_STATE_DETACHED || object->state == WEFTI_STATE_DELETED) {
        wefti_session_fail(session, WEFT_ERROR_MISUSE, "%s was given %s, which is no longer in the session (%s)", call,
                           wefti_object_name(session, object),
                           object->state == WEFTI_STATE_DELETED ? "deleted" : "expunged or rolled back");
        return NULL;
    }
    return object;
}
