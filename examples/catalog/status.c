/* The status page: pool, statement cache and N+1 figures, live. */
#include "html.h"

typedef struct Figure {
    uint64_t value;
    const char *what;
} Figure;

#define put_figures(out, ...) \
    put_figure_list((out), (const Figure[]){__VA_ARGS__}, sizeof((const Figure[]){__VA_ARGS__}) / sizeof(Figure))

static void put_figure_list(Buffer *out, const Figure *figures, size_t count)
{
    buffer_add(out, "<ul class=\"figures\">");
    for (size_t i = 0; i < count; i++)
        html(out, "<li><b>%d</b> %s</li>", (int64_t)figures[i].value, figures[i].what);
    buffer_add(out, "</ul>");
}

static void put_pool(Buffer *out, const weft_pool_stats *pool)
{
    buffer_add(out, "<h2>Connection pool</h2>");
    put_figures(out, {pool->in_use, "in use"}, {pool->idle, "idle"}, {pool->waiting, "threads waiting"},
                {pool->checkouts, "checkouts"}, {pool->waits, "had to wait"}, {pool->timeouts, "timed out"},
                {pool->opened, "opened"}, {pool->retired_broken + pool->retired_generation, "lost"});
    html(out,
         "<p class=\"quiet\">Size %d and %d more under load. Waits: half under %d µs, 99 of 100 under %d µs, longest %d µs.</p>",
         (int64_t)pool->size, (int64_t)pool->max_overflow, (int64_t)weft_histogram_percentile(&pool->wait, 0.5),
         (int64_t)weft_histogram_percentile(&pool->wait, 0.99), (int64_t)pool->wait.max_us);
}

static void put_cache(Buffer *out, const weft_cache_stats *cache)
{
    buffer_add(out, "<h2>Compiled statements</h2>");
    put_figures(out, {cache->entries, "shapes"}, {cache->hits, "hits"}, {cache->misses, "misses"},
                {cache->races_lost, "races lost"}, {cache->evictions, "evicted"});
    html(out, "<p class=\"quiet\">%f KiB of %f KiB.</p>", (double)cache->bytes / 1024.0, (double)cache->limit_bytes / 1024.0);
}

static void put_modes(Buffer *out, Figures *figures)
{
    static const char *const names[FIGURE_MODES] = {"eager", "lazy, batched", "lazy, one by one"};
    buffer_add(out, "<h2>Package pages</h2><div class=\"wide\"><table><tr><th>loading</th><th class=\"number\">requests</th>"
                    "<th class=\"number\">statements per request</th></tr>");
    for (int mode = 0; mode < FIGURE_MODES; mode++) {
        uint64_t requests = atomic_load(&figures->mode_requests[mode]), statements = atomic_load(&figures->mode_statements[mode]);
        html(out, "<tr><td>%s</td><td class=\"number\">%d</td><td class=\"number\">%f</td></tr>", names[mode], (int64_t)requests,
             requests > 0 ? (double)statements / (double)requests : 0.0);
    }
    buffer_add(out, "</table></div>");
}

static void put_sites(Buffer *out, Figures *figures)
{
    Site sites[FIGURE_SITES];
    size_t count = figures_sites(figures, sites);
    buffer_add(out, "<h2>N+1: a statement per object</h2>");
    if (count == 0) {
        buffer_add(out, "<p class=\"quiet\">None seen. Open a package with <code>?load=lazy</code> to see some.</p>");
        return;
    }
    buffer_add(out, "<div class=\"wide\"><table><tr><th>relationship</th><th class=\"number\">statements</th>"
                    "<th class=\"number\">requests</th><th>place</th></tr>");
    for (size_t i = 0; i < count; i++) {
        html(out, "<tr><td>%s.%s</td><td class=\"number\">%d</td><td class=\"number\">%d</td><td>%s:%d</td></tr>", sites[i].model,
             sites[i].field != NULL ? sites[i].field : "(get)", (int64_t)sites[i].statements, (int64_t)sites[i].requests,
             sites[i].file, (int64_t)sites[i].line);
    }
    buffer_add(out, "</table></div>");
}

void status_html(Request *request)
{
    Buffer *out = &request->body;
    Figures *figures = &request->catalog->figures;
    weft_pool_stats pool;
    weft_cache_stats cache;
    weft_engine_pool_stats(request->catalog->engine, &pool);
    weft_engine_cache_stats(request->catalog->engine, &cache);
    page_begin(request, "Status");
    html(out,
         "<h1>Status</h1><p class=\"lead\">weft %s on %s. Reload for new figures, or read them as "
         "<a href=\"/api/status\">JSON</a>.</p>",
         weft_version(), weft_engine_driver(request->catalog->engine));
    put_figures(out, {atomic_load(&figures->requests), "requests"}, {atomic_load(&figures->client_errors), "refused (4xx)"},
                {atomic_load(&figures->server_errors), "failed (5xx)"}, {atomic_load(&figures->retries), "tried again"});
    put_pool(out, &pool);
    put_cache(out, &cache);
    put_modes(out, figures);
    put_sites(out, figures);
    page_end(request);
}
