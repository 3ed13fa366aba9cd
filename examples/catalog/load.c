/* The load: client threads on keep-alive connections ask for pages in a fixed pseudo-random order and check each answer's
 * status; a last round sends requests that make no sense. Figures come from the answers' own headers and from the engine. */
#define _POSIX_C_SOURCE 200809L
#include "load.h"

#include "client.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TARGET_BYTES = 480, TARGET_LIMIT = 2000, MAX_THREADS = 64 };

typedef struct Targets {
    char (*items)[TARGET_BYTES];
    size_t count;
} Targets;

typedef struct Round {
    const char *name;
    uint16_t port;
    const Targets *targets;
    size_t requests;
} Round;

typedef struct Worker {
    pthread_t thread;
    const Round *round;
    size_t requests, failures;
    uint32_t *latency_us; /* one for each request */
    uint64_t seed, statements, most_statements;
    char first_failure[TARGET_BYTES + 32];
} Worker;

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- what to ask for ---- */

static void add_target(Targets *targets, const char *prefix, const char *name, const char *suffix)
{
    Buffer text = {0};
    if (targets->items == NULL || targets->count == TARGET_LIMIT) {
        return;
    }
    buffer_add(&text, prefix);
    html(&text, "%u", name);
    buffer_add(&text, suffix);
    if (!text.failed && text.size < TARGET_BYTES) {
        memcpy(targets->items[targets->count++], text.data, text.size + 1);
    }
    buffer_free(&text);
}

static void add_numbered_target(Targets *targets, const char *prefix, int64_t number)
{
    char text[24];
    snprintf(text, sizeof(text), "%lld", (long long)number);
    add_target(targets, prefix, text, "");
}

static Targets new_targets(void) { return (Targets){.items = calloc(TARGET_LIMIT, TARGET_BYTES)}; }

static void package_targets(Package_list packages, const char *prefix, const char *suffix, Targets *targets)
{
    weft_each (Package, package, packages)
        add_target(targets, prefix, package->name, suffix);
}

static void mixed_targets(weft_session *s, Package_list packages, Targets *targets)
{
    size_t number = 0;
    weft_each (Package, package, packages) {
        switch (number++ % 16) {
        case 0: add_target(targets, "/search?q=", package->name, "&page=1"); break;
        case 1: add_target(targets, "/api/search?q=", package->name, ""); break;
        case 2:
        case 3: add_target(targets, "/api/package/", package->name, ""); break;
        default: add_target(targets, "/package/", package->name, ""); break;
        }
    }
    Maintainer_list maintainers = weft_query(s, Maintainer, .order_by = weft_asc(Maintainer, id), .limit = 100);
    weft_each (Maintainer, maintainer, maintainers)
        add_numbered_target(targets, maintainer->id % 2 == 0 ? "/maintainer/" : "/api/maintainer/", maintainer->id);
    Section_list sections = weft_query(s, Section, .order_by = weft_asc(Section, id));
    weft_each (Section, section, sections)
        add_target(targets, "/section/", section->name, "");
    Tag_list tags = weft_query(s, Tag, .order_by = weft_asc(Tag, id), .limit = 50);
    weft_each (Tag, tag, tags)
        add_target(targets, "/tag/", tag->name, "?page=1");
    for (int i = 0; i < 10; i++) {
        add_target(targets, "/", "", "");
        add_target(targets, "/status", "", "");
    }
}

/* ---- one round ---- */

static void *work(void *context)
{
    Worker *worker = context;
    const Targets *targets = worker->round->targets;
    Client client;
    client_init(&client, worker->round->port);
    for (size_t i = 0; i < worker->requests; i++) {
        worker->seed = worker->seed * 6364136223846793005u + 1442695040888963407u;
        const char *target = targets->items[(worker->seed >> 33) % targets->count];
        double began = now_seconds();
        Answer answer = client_request(&client, "GET", target);
        worker->latency_us[i] = (uint32_t)((now_seconds() - began) * 1e6);
        if (answer.status != 200) {
            if (worker->failures++ == 0) {
                snprintf(worker->first_failure, sizeof(worker->first_failure), "%d for %s", answer.status, target);
            }
            continue;
        }
        uint64_t statements = answer.statements > 0 ? (uint64_t)answer.statements : 0;
        worker->statements += statements;
        worker->most_statements = statements > worker->most_statements ? statements : worker->most_statements;
    }
    client_deinit(&client);
    return NULL;
}

/* Resident memory of the process, server and clients together, in MiB. */
static double resident_mib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%*s %ld", &pages) != 1) {
        pages = 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

static int by_value(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static double percentile_ms(const uint32_t *sorted, size_t count, double fraction)
{
    return (double)sorted[(size_t)(fraction * (double)(count - 1))] / 1000.0;
}

static size_t print_round(const Round *round, const Worker *workers, unsigned threads, uint32_t *latency_us, double seconds)
{
    size_t failures = 0;
    uint64_t statements = 0, most = 0;
    for (unsigned i = 0; i < threads; i++) {
        failures += workers[i].failures;
        statements += workers[i].statements;
        most = workers[i].most_statements > most ? workers[i].most_statements : most;
    }
    qsort(latency_us, round->requests, sizeof(*latency_us), by_value);
    printf("%-28s %9zu %9.0f %8.2f %8.2f %8.2f %11.1f %6llu %6.0f\n", round->name, round->requests,
           (double)round->requests / seconds, percentile_ms(latency_us, round->requests, 0.50),
           percentile_ms(latency_us, round->requests, 0.95), percentile_ms(latency_us, round->requests, 0.99),
           (double)statements / (double)round->requests, (unsigned long long)most, resident_mib());
    for (unsigned i = 0; i < threads; i++) {
        if (workers[i].failures > 0) {
            printf("    %zu failed, first: %s\n", workers[i].failures, workers[i].first_failure);
        }
    }
    fflush(stdout);
    return failures;
}

static size_t run_round(const Round *round, unsigned threads)
{
    Worker workers[MAX_THREADS];
    threads = threads > MAX_THREADS ? MAX_THREADS : threads;
    uint32_t *latency_us = calloc(round->requests, sizeof(*latency_us));
    if (latency_us == NULL || round->targets->count == 0) {
        free(latency_us);
        printf("%s: nothing to ask for\n", round->name);
        return 1;
    }
    double began = now_seconds();
    unsigned started = 0;
    size_t given = 0;
    for (; started < threads; started++) {
        size_t share = round->requests * (started + 1) / threads - given;
        workers[started] =
            (Worker){.round = round, .requests = share, .latency_us = latency_us + given, .seed = 7919u * (started + 1)};
        given += share;
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started]) != 0) {
            break;
        }
    }
    for (unsigned i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    size_t failures = print_round(round, workers, started, latency_us, now_seconds() - began);
    free(latency_us);
    return failures + (started < threads);
}

/* ---- requests that make no sense ---- */

static size_t run_bad_requests(uint16_t port)
{
    static const struct {
        const char *method, *target;
        int expected;
    } requests[] = {
        {"GET", "/search?page=abc", 400},
        {"GET", "/search?page=0", 400},
        {"GET", "/search?page=-1", 400},
        {"GET", "/search?page=99999999999999999999", 400},
        {"GET", "/search?q=%ff%fe", 400},
        {"GET", "/search?q=a%00b", 400},
        {"GET", "/search?q=%zz", 400},
        {"GET", "/package/%C0%AF", 400},
        {"GET", "/maintainer/seven", 400},
        {"GET", "/maintainer/7;drop", 400},
        {"GET", "/maintainer/99999999999999999999", 400},
        {"GET", "/api/maintainer/-1", 400},
        {"GET", "/package/libc6?load=everything", 400},
        {"GET", "/package/no-such-package-at-all", 404},
        {"GET", "/section/nowhere", 404},
        {"GET", "/tag/no::tag", 404},
        {"GET", "/maintainer/999999999", 404},
        {"GET", "/package/", 404},
        {"GET", "/nothing", 404},
        {"GET", "/api/nothing", 404},
        {"POST", "/", 405},
        {"DELETE", "/package/libc6", 405},
        {"GET", "/search?q='%20OR%201=1%20--", 200},
        {"GET", "/search?q=%25_%5C", 200},
        {"GET", "/search?q=%3Cscript%3E", 200},
        {"HEAD", "/", 200},
    };
    size_t failures = 0, count = sizeof(requests) / sizeof(requests[0]);
    Client client;
    client_init(&client, port);
    for (size_t i = 0; i < count; i++) {
        Answer answer = client_request(&client, requests[i].method, requests[i].target);
        bool good = answer.status == requests[i].expected;
        if (good && answer.status == 200 && answer.body_size > 0 && strstr(answer.body, "<script") != NULL) {
            good = false;
        }
        if (!good) {
            failures++;
            printf("    %s %s: %d instead of %d\n", requests[i].method, requests[i].target, answer.status, requests[i].expected);
        }
    }
    client_deinit(&client);
    printf("%-28s %9zu, each answered as it should be: %s\n", "malformed and unknown", count, failures == 0 ? "yes" : "NO");
    return failures;
}

/* ---- statements per page ---- */

typedef struct Degree {
    const char *name;
    int64_t dependents;
} Degree;

WEFT_ROW(Degree, WEFT_FIELD(Degree, name), WEFT_FIELD(Degree, dependents));

/* The package whose number of reverse dependencies is nearest to the wanted one. */
static const Degree *nearest(Degree_list degrees, int64_t wanted)
{
    const Degree *best = NULL;
    weft_each (Degree, degree, degrees)
        if (best == NULL || llabs(degree->dependents - wanted) < llabs(best->dependents - wanted)) {
            best = degree;
        }
    return best;
}

static size_t print_statements_per_page(weft_session *s, uint16_t port)
{
    static const int64_t sizes[] = {5, 50, 500};
    Degree_list degrees =
        weft_rows(s, Degree, .columns = weft_columns(weft_col(Package, name), weft_count(weft_col(Dependency, package_id))),
                  .from = weft_from(Package), .joins = weft_join(Package, dependents), .where = weft_eq(Package, known, true),
                  .group_by = weft_col(Package, name));
    printf("\nstatements for one package page    eager   lazy, batched   lazy, one by one\n");
    size_t failures = 0;
    int64_t eager_before = -1;
    Client client;
    client_init(&client, port);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const Degree *degree = nearest(degrees, sizes[i]);
        if (degree == NULL) {
            failures++;
            continue;
        }
        static const char *const modes[] = {"eager", "batched", "lazy"};
        int64_t statements[3];
        for (int mode = 0; mode < 3; mode++) {
            Targets target = new_targets();
            add_target(&target, "/package/", degree->name, mode == 0 ? "?load=eager" : mode == 1 ? "?load=batched" : "?load=lazy");
            Answer answer = target.count == 1 ? client_request(&client, "GET", target.items[0]) : (Answer){0};
            statements[mode] = answer.statements;
            if (answer.status != 200) {
                failures++;
                printf("    %s, %s: %d\n", degree->name, modes[mode], answer.status);
            }
            free(target.items);
        }
        printf("%-22s %5lld links %5lld   %13lld   %16lld\n", degree->name, (long long)degree->dependents, (long long)statements[0],
               (long long)statements[1], (long long)statements[2]);
        if (eager_before >= 0 && statements[0] != eager_before) {
            failures++;
            printf("    the number of statements is not constant\n");
        }
        eager_before = statements[0];
    }
    client_deinit(&client);
    return failures;
}

/* ---- the engine's own figures ---- */

static void print_engine_figures(Catalog *catalog)
{
    Site sites[FIGURE_SITES];
    size_t count = figures_sites(&catalog->figures, sites);
    printf("\nN+1 report: a statement per object, by place\n");
    for (size_t i = 0; i < count && i < 6; i++) {
        const char *file = strrchr(sites[i].file, '/');
        printf("    %s.%s: %llu statements in %llu requests, from %s:%d\n", sites[i].model,
               sites[i].field != NULL ? sites[i].field : "(get)", (unsigned long long)sites[i].statements,
               (unsigned long long)sites[i].requests, file != NULL ? file + 1 : sites[i].file, sites[i].line);
    }
    if (count == 0) {
        printf("    none\n");
    }
    weft_pool_stats pool;
    weft_cache_stats cache;
    weft_engine_pool_stats(catalog->engine, &pool);
    weft_engine_cache_stats(catalog->engine, &cache);
    printf("\npool: %u of %u+%u open, %u in use, %llu checkouts, %llu waited (p99 %llu us), %llu timed out, %llu opened, %llu "
           "lost\n",
           pool.open, pool.size, pool.max_overflow, pool.in_use, (unsigned long long)pool.checkouts, (unsigned long long)pool.waits,
           (unsigned long long)weft_histogram_percentile(&pool.wait, 0.99), (unsigned long long)pool.timeouts,
           (unsigned long long)pool.opened, (unsigned long long)(pool.retired_broken + pool.retired_generation));
    printf("statement cache: %llu shapes, %llu KiB, %llu hits, %llu misses, %llu races lost, %llu evicted\n",
           (unsigned long long)cache.entries, (unsigned long long)(cache.bytes / 1024), (unsigned long long)cache.hits,
           (unsigned long long)cache.misses, (unsigned long long)cache.races_lost, (unsigned long long)cache.evictions);
}

size_t load_run(Catalog *catalog, uint16_t port, unsigned threads, size_t requests)
{
    weft_session *s = weft_session_open(catalog->engine, NULL);
    Package_list packages =
        weft_query(s, Package, .where = weft_eq(Package, known, true), .order_by = weft_asc(Package, id), .limit = 1000);
    Targets eager = new_targets(), batched = new_targets(), lazy = new_targets(), mixed = new_targets();
    package_targets(packages, "/package/", "", &eager);
    package_targets(packages, "/package/", "?load=batched", &batched);
    package_targets(packages, "/package/", "?load=lazy", &lazy);
    mixed_targets(s, packages, &mixed);
    printf("\n%-28s %9s %9s %8s %8s %8s %11s %6s %6s\n", "", "requests", "per s", "p50 ms", "p95 ms", "p99 ms", "stmts/req", "most",
           "MiB");
    const Round rounds[] = {
        {"package pages, eager", port, &eager, requests},
        {"package pages, lazy batched", port, &batched, requests / 4 + 1},
        {"package pages, one by one", port, &lazy, requests / 8 + 1},
        {"all kinds, pages and JSON", port, &mixed, requests},
        {"the same again", port, &mixed, requests}, /* memory has settled by now */
    };
    size_t failures = 0;
    for (size_t i = 0; i < sizeof(rounds) / sizeof(rounds[0]); i++) {
        failures += run_round(&rounds[i], threads);
    }
    failures += run_bad_requests(port);
    failures += print_statements_per_page(s, port);
    if (weft_session_status(s) != WEFT_OK) {
        printf("    %s\n", weft_session_error(s)->message);
        failures++;
    }
    weft_session_close(s);
    print_engine_figures(catalog);
    free(eager.items);
    free(batched.items);
    free(lazy.items);
    free(mixed.items);
    return failures;
}
