/* Relationships that are not loaded: an empty field, or a marker by which a loop over one reports itself. */
#include "object/object.h"

#include "base/memory.h"

#define MARKER_MAGIC UINT64_C(0x756E6C6F61646564)

static wefti_unloaded_marker *marker_for(weft_session *session, const wefti_relation *relation)
{
    uint32_t index = 0;
    for (uint16_t t = 0; t < relation->source->index; t++)
        index += session->schema->tables[t]->relation_count;
    index += relation->index;
    if (session->markers == NULL) {
        uint32_t total = 0;
        for (uint16_t t = 0; t < session->schema->table_count; t++)
            total += session->schema->tables[t]->relation_count;
        session->markers = wefti_calloc(total, sizeof *session->markers);
        if (session->markers == NULL)
            return NULL;
    }
    if (session->markers[index] == NULL) {
        wefti_unloaded_marker *marker = wefti_calloc(1, sizeof *marker);
        if (marker == NULL)
            return NULL;
        *marker = (wefti_unloaded_marker){MARKER_MAGIC, session, relation};
        session->markers[index] = marker;
    }
    return session->markers[index];
}

void wefti_object_unload(weft_session *session, wefti_object *object, const wefti_relation *relation)
{
    object->loaded &= ~(UINT64_C(1) << relation->index);
    void *field = wefti_object_field(object, relation->offset);
    if (!relation->to_many) {
        *(const void **)field = NULL;
        return;
    }
    *(weft_list *)field = (weft_list){NULL, 0};
    if (session->options.report_unloaded)
        ((weft_list *)field)->items = marker_for(session, relation);
}

void weft_unloaded_report(const void *marker, const char *file, int line)
{
    const wefti_unloaded_marker *unloaded = marker;
    if (unloaded->magic != MARKER_MAGIC)
        return; /* an empty list that the program made itself */
    const wefti_relation *relation = unloaded->relation;
    wefti_log_text(&unloaded->session->engine->log, WEFT_LOG_WARNING, WEFT_LOG_ORM,
                   "%s.%s is not loaded: the loop at %s:%d sees nothing; use weft_lazy or load it with the query",
                   relation->source->model->name, relation->field, file, line);
}
