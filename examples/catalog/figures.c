/* The server's own counters. Sessions report N+1 patterns for themselves; here they are added up over requests by call site. */
#define _POSIX_C_SOURCE 200809L
#include "figures.h"

#include <stdlib.h>
#include <string.h>

void figures_init(Figures *figures)
{
    memset(figures, 0, sizeof(*figures));
    pthread_mutex_init(&figures->lock, NULL);
}

void figures_deinit(Figures *figures) { pthread_mutex_destroy(&figures->lock); }

void figures_count(Figures *figures, unsigned status)
{
    atomic_fetch_add_explicit(&figures->requests, 1, memory_order_relaxed);
    if (status >= 500) {
        atomic_fetch_add_explicit(&figures->server_errors, 1, memory_order_relaxed);
    } else if (status >= 400) {
        atomic_fetch_add_explicit(&figures->client_errors, 1, memory_order_relaxed);
    }
}

void figures_count_page(Figures *figures, int mode, uint64_t statements)
{
    atomic_fetch_add_explicit(&figures->mode_requests[mode], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&figures->mode_statements[mode], statements, memory_order_relaxed);
}

static bool same_site(const Site *site, const weft_n_plus_one *report)
{
    return site->line == report->line && site->file == report->file && site->model == report->model && site->field == report->field;
}

void figures_take_reports(Figures *figures, weft_session *session)
{
    const weft_n_plus_one *reports;
    size_t count = weft_session_n_plus_one(session, &reports);
    if (count == 0) {
        return;
    }
    pthread_mutex_lock(&figures->lock);
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < figures->site_count && !same_site(&figures->sites[at], &reports[i])) {
            at++;
        }
        if (at == FIGURE_SITES) {
            continue;
        }
        if (at == figures->site_count) {
            figures->sites[figures->site_count++] =
                (Site){.model = reports[i].model, .field = reports[i].field, .file = reports[i].file, .line = reports[i].line};
        }
        figures->sites[at].statements += reports[i].count;
        figures->sites[at].requests++;
    }
    pthread_mutex_unlock(&figures->lock);
}

static int by_statements(const void *left, const void *right)
{
    const Site *a = left, *b = right;
    return (a->statements < b->statements) - (a->statements > b->statements);
}

size_t figures_sites(Figures *figures, Site sites[FIGURE_SITES])
{
    pthread_mutex_lock(&figures->lock);
    size_t count = figures->site_count;
    memcpy(sites, figures->sites, count * sizeof(sites[0]));
    pthread_mutex_unlock(&figures->lock);
    qsort(sites, count, sizeof(sites[0]), by_statements);
    return count;
}
