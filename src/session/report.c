/* Reports on how a program loads: statements per object from one call site. */
#include "session/calls.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_N_PLUS_ONE_AFTER = 8, MOST_SITES = 256 };

static wefti_call_site *find_site(weft_session *session, const void *what, const char *file, int line)
{
    for (uint32_t i = 0; i < session->site_count; i++) {
        wefti_call_site *site = &session->sites[i];
        if (site->what == what && site->line == line && (site->file == file || strcmp(site->file, file) == 0))
            return site;
    }
    if (session->site_count == MOST_SITES)
        return NULL;
    if (session->site_count == session->site_capacity) {
        uint32_t capacity = session->site_capacity == 0 ? 16 : session->site_capacity * 2;
        wefti_call_site *grown = wefti_realloc(session->sites, capacity * sizeof *grown);
        if (grown == NULL)
            return NULL; /* a report less, nothing else */
        session->sites = grown;
        session->site_capacity = capacity;
    }
    wefti_call_site *site = &session->sites[session->site_count++];
    *site = (wefti_call_site){.what = what, .file = file, .line = line};
    return site;
}

static void log_site(const weft_session *session, const wefti_call_site *site, bool is_relation)
{
    if (is_relation) {
        const wefti_relation *relation = site->what;
        wefti_log_text(&session->engine->log, WEFT_LOG_WARNING, WEFT_LOG_ORM,
                       "N+1: %s.%s was loaded by %llu statements from %s:%d; load it with the query "
                       "(.load = weft_load(weft_selectin(%s, %s)))",
                       relation->source->model->name, relation->field, (unsigned long long)site->count, site->file, site->line,
                       relation->source->model->name, relation->field);
        return;
    }
    const wefti_table *table = site->what;
    wefti_log_text(&session->engine->log, WEFT_LOG_WARNING, WEFT_LOG_ORM,
                   "N+1: %llu statements by weft_get of %s from %s:%d; fetch them together with weft_get_many or a relationship",
                   (unsigned long long)site->count, table->model->name, site->file, site->line);
}

void wefti_session_site(weft_session *session, const void *what, bool is_relation, const char *file, int line)
{
    if (file == NULL)
        return;
    wefti_call_site *site = find_site(session, what, file, line);
    if (site == NULL)
        return;
    site->count++;
    uint32_t after = session->options.n_plus_one_after == 0 ? DEFAULT_N_PLUS_ONE_AFTER : session->options.n_plus_one_after;
    if (after == WEFT_NONE || site->count != after)
        return;
    session->stats.n_plus_one++;
    log_site(session, site, is_relation);
}

static int by_count(const void *a, const void *b)
{
    const weft_n_plus_one *x = a, *y = b;
    return (x->count < y->count) - (x->count > y->count);
}

static bool is_relation(const wefti_schema *schema, const void *what)
{
    for (uint16_t i = 0; i < schema->table_count; i++)
        if (schema->tables[i] == what)
            return false;
    return true;
}

size_t weft_session_n_plus_one(const weft_session *session, const weft_n_plus_one **items)
{
    const weft_n_plus_one *unwanted;
    if (items == NULL)
        items = &unwanted;
    *items = NULL;
    weft_session *s = (weft_session *)(uintptr_t)session;
    if (!wefti_session_enter_failed(s))
        return 0;
    if (s->report_capacity < s->site_count) {
        weft_n_plus_one *grown = wefti_realloc(s->report, s->site_count * sizeof *grown);
        if (grown == NULL)
            return 0;
        s->report = grown;
        s->report_capacity = s->site_count;
    }
    uint32_t after = s->options.n_plus_one_after == 0 ? DEFAULT_N_PLUS_ONE_AFTER : s->options.n_plus_one_after;
    size_t count = 0;
    for (uint32_t i = 0; i < s->site_count; i++) {
        const wefti_call_site *site = &s->sites[i];
        if (site->count < after)
            continue;
        weft_n_plus_one *item = &s->report[count++];
        *item = (weft_n_plus_one){.count = site->count, .file = site->file, .line = site->line};
        if (is_relation(s->schema, site->what)) {
            const wefti_relation *relation = site->what;
            item->model = relation->source->model->name;
            item->field = relation->field;
        } else {
            item->model = ((const wefti_table *)site->what)->model->name;
        }
    }
    if (count > 1)
        qsort(s->report, count, sizeof *s->report, by_count);
    *items = s->report;
    return count;
}
