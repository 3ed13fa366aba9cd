/* The JSON twins of the pages. */
#include "catalog.h"

typedef struct Number {
    const char *name;
    uint64_t value;
} Number;

/* An object whose members are all counts: put_numbers(json, "pool", {"size", 10}, {"idle", 3}). */
#define put_numbers(json, name, ...) \
    put_number_list((json), (name), (const Number[]){__VA_ARGS__}, sizeof((const Number[]){__VA_ARGS__}) / sizeof(Number))

static void put_number_list(Json *json, const char *name, const Number *numbers, size_t count)
{
    json_open(json, name, '{');
    for (size_t i = 0; i < count; i++)
        json_int(json, numbers[i].name, (int64_t)numbers[i].value);
    json_close(json, '}');
}

static Json begin(Request *request)
{
    Json json = {.out = &request->body};
    json_open(&json, NULL, '{');
    return json;
}

static void put_cost(Json *json, const weft_session_stats *stats)
{
    put_numbers(json, "cost", {"statements", stats->statements}, {"rows", stats->rows}, {"objects", stats->objects},
                {"lazy_loads", stats->lazy_loads}, {"eager_loads", stats->eager_loads});
}

static void finish(Json *json)
{
    json_close(json, '}');
    buffer_add(json->out, "\n");
}

static void put_counts(Json *json, const char *name, NameCount_list counts)
{
    json_open(json, name, '[');
    weft_each (NameCount, count, counts) {
        json_open(json, NULL, '{');
        json_int(json, "id", count->id);
        json_text(json, "name", count->name);
        json_int(json, "packages", count->packages);
        json_close(json, '}');
    }
    json_close(json, ']');
}

void overview_json(Request *request, const Overview *overview)
{
    Json json = begin(request);
    json_int(&json, "packages", overview->packages);
    json_int(&json, "maintainers", overview->maintainers);
    json_int(&json, "tags", overview->tags);
    put_counts(&json, "sections", overview->sections);
    put_counts(&json, "busiest_maintainers", overview->busiest);
    finish(&json);
}

static void put_maintainer(Json *json, const Maintainer *maintainer)
{
    if (maintainer == NULL) {
        json_null(json, "maintainer");
        return;
    }
    json_open(json, "maintainer", '{');
    json_int(json, "id", maintainer->id);
    json_text(json, "name", maintainer->name);
    json_text(json, "email", maintainer->email);
    json_close(json, '}');
}

static void put_dependency(Json *json, const Dependency *dependency, const Package *other)
{
    json_open(json, NULL, '{');
    json_text(json, "kind", dependency_kinds[dependency->kind]);
    json_text(json, "package", other->name);
    json_bool(json, "known", other->known);
    json_text(json, "relation", dependency->relation);
    json_text(json, "version", dependency->version);
    json_bool(json, "alternative", dependency->alternative);
    json_close(json, '}');
}

void package_json(Request *request, const Package *package)
{
    Json json = begin(request);
    json_text(&json, "name", package->name);
    json_bool(&json, "known", package->known);
    json_text(&json, "version", package->version);
    json_text(&json, "architecture", package->architecture);
    json_text(&json, "priority", package->priority);
    json_text(&json, "section", package->section != NULL ? package->section->name : NULL);
    put_maintainer(&json, package->maintainer);
    json_text(&json, "homepage", package->homepage);
    if (package->installed_kib.set) {
        json_int(&json, "installed_kib", package->installed_kib.value);
    } else {
        json_null(&json, "installed_kib");
    }
    json_text(&json, "summary", package->summary);
    json_text(&json, "description", package->description);
    json_open(&json, "tags", '[');
    weft_each (Tag, tag, package->tags)
        json_text(&json, NULL, tag->name);
    json_close(&json, ']');
    json_open(&json, "dependencies", '[');
    weft_each (Dependency, dependency, package->dependencies)
        put_dependency(&json, dependency, dependency->target);
    json_close(&json, ']');
    json_open(&json, "dependents", '[');
    weft_each (Dependency, dependent, package->dependents)
        put_dependency(&json, dependent, dependent->package);
    json_close(&json, ']');
    put_cost(&json, &request->stats);
    finish(&json);
}

void listing_json(Request *request, const Listing *listing)
{
    Json json = begin(request);
    json_text(&json, "kind", listing->kind);
    json_text(&json, "title", listing->title);
    json_int(&json, "total", listing->total);
    json_int(&json, "page", listing->page);
    json_int(&json, "page_rows", PAGE_ROWS);
    json_open(&json, "packages", '[');
    weft_each (Package, package, listing->packages) {
        json_open(&json, NULL, '{');
        json_text(&json, "name", package->name);
        json_text(&json, "version", package->version);
        json_text(&json, "section", package->section != NULL ? package->section->name : NULL);
        json_text(&json, "summary", package->summary);
        put_maintainer(&json, package->maintainer);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    put_cost(&json, &request->stats);
    finish(&json);
}

static void put_pool(Json *json, const weft_pool_stats *pool)
{
    put_numbers(json, "pool", {"size", pool->size}, {"max_overflow", pool->max_overflow}, {"open", pool->open},
                {"idle", pool->idle}, {"in_use", pool->in_use}, {"waiting", pool->waiting}, {"checkouts", pool->checkouts},
                {"waits", pool->waits}, {"timeouts", pool->timeouts}, {"opened", pool->opened},
                {"open_failures", pool->open_failures}, {"retired_broken", pool->retired_broken},
                {"wait_p50_us", weft_histogram_percentile(&pool->wait, 0.5)},
                {"wait_p99_us", weft_histogram_percentile(&pool->wait, 0.99)}, {"wait_max_us", pool->wait.max_us});
}

static void put_cache(Json *json, const weft_cache_stats *cache)
{
    put_numbers(json, "statement_cache", {"hits", cache->hits}, {"misses", cache->misses}, {"races_lost", cache->races_lost},
                {"evictions", cache->evictions}, {"entries", cache->entries}, {"bytes", cache->bytes},
                {"limit_bytes", cache->limit_bytes});
}

static void put_modes(Json *json, Figures *figures)
{
    static const char *const names[FIGURE_MODES] = {"eager", "batched", "lazy"};
    json_open(json, "package_pages", '{');
    for (int mode = 0; mode < FIGURE_MODES; mode++) {
        uint64_t requests = atomic_load(&figures->mode_requests[mode]), statements = atomic_load(&figures->mode_statements[mode]);
        json_open(json, names[mode], '{');
        json_int(json, "requests", (int64_t)requests);
        json_int(json, "statements", (int64_t)statements);
        json_double(json, "statements_per_request", requests > 0 ? (double)statements / (double)requests : 0.0);
        json_close(json, '}');
    }
    json_close(json, '}');
}

void status_json(Request *request)
{
    Figures *figures = &request->catalog->figures;
    weft_pool_stats pool;
    weft_cache_stats cache;
    Site sites[FIGURE_SITES];
    weft_engine_pool_stats(request->catalog->engine, &pool);
    weft_engine_cache_stats(request->catalog->engine, &cache);
    Json json = begin(request);
    json_text(&json, "weft", weft_version());
    json_text(&json, "database", weft_engine_driver(request->catalog->engine));
    json_int(&json, "requests", (int64_t)atomic_load(&figures->requests));
    json_int(&json, "client_errors", (int64_t)atomic_load(&figures->client_errors));
    json_int(&json, "server_errors", (int64_t)atomic_load(&figures->server_errors));
    json_int(&json, "retries", (int64_t)atomic_load(&figures->retries));
    put_pool(&json, &pool);
    put_cache(&json, &cache);
    put_modes(&json, figures);
    json_open(&json, "n_plus_one", '[');
    size_t count = figures_sites(figures, sites);
    for (size_t i = 0; i < count; i++) {
        json_open(&json, NULL, '{');
        json_text(&json, "model", sites[i].model);
        json_text(&json, "field", sites[i].field);
        json_int(&json, "statements", (int64_t)sites[i].statements);
        json_int(&json, "requests", (int64_t)sites[i].requests);
        json_text(&json, "file", sites[i].file);
        json_int(&json, "line", sites[i].line);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    finish(&json);
}

void error_json(Request *request, unsigned status)
{
    Json json = begin(request);
    json_int(&json, "status", status);
    json_text(&json, "error", request->message);
    finish(&json);
}
