/* weft_lazy: a relationship that no query has loaded, for all objects that were loaded together. */
#include "session/calls.h"

#include "base/error.h"
#include "object/columns.h"
#include "object/scratch.h"

#include <string.h>

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

/* The column and, where it is not loaded with the others, those of its group. */
static void add_group(const wefti_mapper *mapper, uint16_t column, uint64_t *wanted)
{
    const char *group = mapper->fields[column].group;
    wefti_columns_add(wanted, column);
    for (uint16_t i = 0; group != NULL && i < mapper->field_count; i++)
        if (mapper->fields[i].group != NULL && strcmp(mapper->fields[i].group, group) == 0)
            wefti_columns_add(wanted, i);
}

/* False: there is nothing to give. */
static bool load_column(weft_session *session, wefti_object *object, const wefti_column *column)
{
    uint64_t wanted[WEFTI_COLUMN_WORDS] = {0};
    bool found = false;
    if (wefti_column_is_loaded(object, column->index) || object->state != WEFTI_STATE_PERSISTENT)
        return true;
    if (object->table->has_models && !wefti_session_autoflush_models(session, object->table))
        return false;
    add_group(object->table->mapper, column->index, wanted);
    session->stats.lazy_loads++;
    return wefti_columns_load(session, object, wanted, session->options.unbatched_lazy, &found) == WEFT_OK && found;
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
    const wefti_column *column = relation == NULL ? wefti_table_column_at(object->table, offset) : NULL;
    if (relation == NULL && column == NULL) {
        wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_lazy: the field of %s at offset %zu is no relationship and no column",
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
    if (column != NULL)
        return load_column(session, object, column) ? structure : wefti_scratch_new(model, NULL);
    if (wefti_object_is_loaded(object, relation))
        return structure;
    uint64_t before = session->stats.lazy_loads;
    if (load_lazily(session, object, relation) != WEFT_OK)
        return wefti_scratch_new(model, NULL);
    if (session->stats.lazy_loads != before)
        wefti_session_site(session, relation, true, file, line);
    return structure;
}
