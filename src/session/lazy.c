/* weft_lazy: a relationship that no query has loaded, for all objects that were loaded together. */
#include "session/calls.h"

#include "base/error.h"
#include "object/scratch.h"

static weft_status refuse(weft_session *session, const wefti_relation *relation)
{
    const char *model = relation->source->model->name, *by = relation->lazy == WEFT_LOAD_RAISE ? "the model" : "the query";
    wefti_session_fail(session, WEFT_ERROR_LAZY_LOAD, "%s.%s is not loaded, and %s forbids to load it lazily", model,
                       relation->field, by);
    wefti_error_hint(&session->error, "load it with the query: .load = weft_load(weft_selectin(%s, %s))", model, relation->field);
    return session->error.status;
}

static bool is_refused(const wefti_object *object, const wefti_relation *relation)
{
    uint64_t raise = object->cohort == NULL ? 0 : object->cohort->raise;
    return relation->lazy == WEFT_LOAD_RAISE || (raise >> relation->index & 1) != 0;
}

static weft_status load_lazily(weft_session *session, wefti_object *object, const wefti_relation *relation)
{
    if (object->state == WEFTI_STATE_PENDING)
        return wefti_load_pending(session, object, relation);
    if (object->state != WEFTI_STATE_PERSISTENT)
        return WEFT_OK;
    if (is_refused(object, relation))
        return refuse(session, relation);
    wefti_load load;
    weft_status status = wefti_load_begin_lazy(&load, session, relation);
    if (status == WEFT_OK && !wefti_session_autoflush_lazy(session, &load))
        status = session->error.status;
    if (status == WEFT_OK)
        status = wefti_load_lazy(&load, object, session->options.unbatched_lazy);
    wefti_load_end(&load);
    return status;
}

const void *weft_session_lazy(weft_session *session, const weft_model *model, const void *structure, size_t offset,
                              const char *file, int line)
{
    if (!wefti_session_enter(session) || structure == NULL)
        return wefti_scratch_new(model, NULL);
    wefti_object *object = wefti_object_check(session, model, structure, "weft_lazy");
    if (object == NULL)
        return wefti_scratch_new(model, NULL);
    if (object->state == WEFTI_STATE_SCRATCH)
        return structure;
    const wefti_relation *relation = wefti_table_relation_at(object->table, offset);
    if (relation == NULL) {
        wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_lazy: the field of %s at offset %zu is not a relationship",
                           model->name, offset);
        return wefti_scratch_new(model, NULL);
    }
    session->file = file;
    session->line = line;
    if (wefti_object_outdated(session, object)) {
        bool found = false;
        if (wefti_session_reload(session, object, WEFTI_RELOAD_TOGETHER, &found) != WEFT_OK || !found)
            return wefti_scratch_new(model, NULL);
    }
    if (wefti_object_is_loaded(object, relation))
        return structure;
    uint64_t before = session->stats.lazy_loads;
    if (load_lazily(session, object, relation) != WEFT_OK)
        return wefti_scratch_new(model, NULL);
    if (session->stats.lazy_loads != before)
        wefti_session_site(session, relation, true, file, line);
    return structure;
}
