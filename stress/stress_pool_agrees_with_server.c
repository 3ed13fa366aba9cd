/* Connections of a real database: threads check out, run a statement, sometimes leave a transaction open. On PostgreSQL they come
 * through a bad network (see proxy.h) which refuses logins, lets them hang, stalls and breaks connections; backends are terminated
 * at random, and connections live for a second. While it runs no statement fails but for its connection or its deadline, and no
 * more connections exist than the pool allows. Within five seconds of the end of the faults the pool's slots and counters, the
 * sockets and the server's pg_stat_activity agree; after close the server knows none, and the process has as many descriptors as
 * before.
 *
 *   stress_pool_agrees_with_server [--database URL] [--threads N] [--seconds N] [--seed N]
 */
#define _GNU_SOURCE
#include <weft/weft.h>

#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "measure.h"
#include "proxy.h"

enum { SIZE = 5, OVERFLOW = 3 };

typedef struct worker {
    pthread_t thread;
    uint64_t random, done, lost;
    stress_latency latency;
} worker;

static weft_engine *engine, *admin;
static char application[64];
static bool has_server;
static stress_proxy *proxy; /* in front of the server, where it is reached by a unix socket */

static bool may_happen(weft_status status)
{
    return status == WEFT_ERROR_DISCONNECTED || status == WEFT_ERROR_CONNECT || status == WEFT_ERROR_POOL_TIMEOUT ||
           status == WEFT_ERROR_TIMEOUT || status == WEFT_ERROR_BUSY || status == WEFT_ERROR_OUTCOME_UNKNOWN ||
           status == WEFT_ERROR_ROLLED_BACK;
}

static int64_t ask(weft_engine *on, const char *sql, const char *parameter, weft_error *error)
{
    weft_connection *c;
    weft_result *result;
    int64_t answer = -1;
    if (weft_engine_connect(on, &c, &(weft_connection_options){.autocommit = true}, error) != WEFT_OK)
        return -1;
    const weft_values *values = parameter != NULL ? weft_parameters(weft_value_text(parameter)) : NULL;
    if (weft_connection_query(c, sql, values, &result, error) == WEFT_OK) {
        if (!weft_result_next(result, error) || !weft_result_int64(result, 0, &answer))
            answer = -1;
        weft_result_close(result);
    }
    weft_connection_close(c);
    return answer;
}

static void *work(void *argument)
{
    worker *w = argument;
    while (!atomic_load(&stress_stop)) {
        weft_error error = {0};
        int64_t start = stress_now_ns(), answer = 0;
        weft_connection *c;
        weft_result *result = NULL;
        weft_status status = weft_engine_connect(engine, &c, &(weft_connection_options){.timeout_ms = 500}, &error);
        if (status == WEFT_OK) {
            status = weft_connection_query(c, "SELECT 7", NULL, &result, &error);
            if (status == WEFT_OK && weft_result_next(result, &error))
                weft_result_int64(result, 0, &answer);
            else if (status == WEFT_OK)
                status = error.status;
            weft_result_close(result);
            if (status == WEFT_OK && answer != 7)
                stress_broken("a statement answered %" PRId64, answer);
            if (status == WEFT_OK && stress_pick(&w->random, 4) != 1) /* else the transaction is left open */
                status = weft_connection_commit(c, &error);
            weft_connection_close(c);
        }
        stress_latency_count(&w->latency, stress_now_ns() - start);
        if (status != WEFT_OK && !may_happen(status))
            stress_broken("%s: %s", weft_status_identifier(status), error.message);
        w->done += status == WEFT_OK;
        w->lost += status != WEFT_OK;
    }
    return NULL;
}

static const char *const terminate_one = "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE "
                                         "application_name = $1 ORDER BY random() LIMIT 1) AS a";
static const char *const count_backends = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1";

static void *disturb(void *argument)
{
    uint64_t random = *(uint64_t *)argument;
    while (!atomic_load(&stress_stop)) {
        weft_error error = {0};
        weft_pool_stats stats;
        weft_engine_pool_stats(engine, &stats);
        if (stats.open + stats.connecting > SIZE + OVERFLOW)
            stress_broken("%u connections open, %u connecting", stats.open, stats.connecting);
        if (has_server && ask(admin, terminate_one, application, &error) < 0)
            stress_broken("cannot terminate a backend: %s", error.message);
        if (stress_pick(&random, 10) == 1)
            weft_engine_invalidate(engine);
        nanosleep(&(struct timespec){.tv_nsec = 1000000 * (long)stress_pick(&random, 40)}, NULL);
    }
    return NULL;
}

static int count_descriptors(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder != NULL && readdir(folder) != NULL)
        count++;
    if (folder != NULL)
        closedir(folder);
    return count;
}

/* Until the pool, the network and the server name the same number of connections, or five seconds are over. */
static void agree(bool closed)
{
    int64_t end = stress_now_ns() + INT64_C(5000000000), server = 0, sockets = 0;
    weft_pool_stats stats = {0};
    for (;;) {
        weft_error error = {0};
        if (!closed)
            weft_engine_pool_stats(engine, &stats);
        server = has_server ? ask(admin, count_backends, application, &error) : stats.open;
        sockets = proxy != NULL ? stress_proxy_open_count(proxy) : server;
        bool counted = closed || stats.opened - stats.closed_total == stats.open;
        if (server == stats.open && sockets == server && counted && stats.in_use == 0 && stats.waiting == 0 &&
            stats.connecting == 0)
            return;
        if (stress_now_ns() > end)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    stress_broken("after 5 s: the pool has %u open (%" PRIu64 " opened, %" PRIu64 " closed), %u in use, %u connecting; "
                  "there are %" PRId64 " sockets; the server has %" PRId64,
                  stats.open, stats.opened, stats.closed_total, stats.in_use, stats.connecting, sockets, server);
}

/* Copies a URL's host, which may be written with %2F. */
static bool read_host(const char *url, char *host, size_t size)
{
    const char *from = strstr(url, "host=");
    size_t length = 0;
    for (from = from != NULL ? from + 5 : ""; *from != '\0' && *from != '&' && length + 1 < size; length++) {
        bool slash = strncmp(from, "%2F", 3) == 0;
        host[length] = slash ? '/' : *from;
        from += slash ? 3 : 1;
    }
    host[length] = '\0';
    return host[0] == '/';
}

/* The URL of the same database through the proxy; the server's own where it is not reached by a unix socket. */
static const char *through_bad_network(const char *url, uint64_t seed)
{
    static char changed[512];
    char user[64], database[64], host[80], path[108];
    uint16_t port;
    if (!has_server || sscanf(url, "postgresql://%63[^@/:]@/%63[^?]", user, database) != 2 || !read_host(url, host, sizeof host))
        return url;
    snprintf(path, sizeof path, "%s/.s.PGSQL.5432", host);
    if (!stress_proxy_open(&proxy, path, seed, &port))
        return NULL;
    snprintf(changed, sizeof changed, "postgresql://%s@127.0.0.1:%u/%s?sslmode=disable&gssencmode=disable", user, port, database);
    return changed;
}

static bool open_engines(const stress_options *options)
{
    weft_error error = {0};
    weft_engine_options knobs = {.pool = {.size = SIZE,
                                          .max_overflow = OVERFLOW,
                                          .timeout_ms = 10000,
                                          .connect_timeout_ms = 300,
                                          .reset_timeout_ms = 300,
                                          .max_lifetime_ms = 1000,
                                          .keepalive_ms = 1000,
                                          .ping_after_ms = 100,
                                          .overflow_idle_ms = 200},
                                 .application_name = application};
    weft_engine_options quiet = {.pool = {.size = 1}, .application_name = "weft-stress-admin"};
    const char *url = through_bad_network(options->url, options->seed);
    if (url != NULL && weft_engine_open(&engine, url, &knobs, &error) == WEFT_OK &&
        weft_engine_open(&admin, options->url, &quiet, &error) == WEFT_OK && ask(admin, "SELECT 7", NULL, &error) == 7)
        return true;
    fprintf(stderr, "%s\n", error.message);
    return false;
}

static void report(const stress_options *options, const worker *workers)
{
    worker sum = {0};
    for (int i = 0; i < options->threads; i++) {
        sum.done += workers[i].done;
        sum.lost += workers[i].lost;
        stress_latency_add(&sum.latency, &workers[i].latency);
    }
    printf("%" PRIu64 " transactions, %.0f a second, %" PRIu64 " lost with their connection\n", sum.done,
           (double)sum.done / options->seconds, sum.lost);
    stress_latency_print("transaction", &sum.latency);
    if (sum.done == 0)
        stress_broken("nothing was done");
}

int main(int argc, char **argv)
{
    stress_options options = {.url = "sqlite://", .threads = 12, .seconds = 5};
    if (!stress_options_read(&options, argc, argv))
        return 2;
    snprintf(application, sizeof application, "weft-stress-%ld", (long)getpid());
    has_server = strncmp(options.url, "sqlite", 6) != 0;
    int descriptors = count_descriptors();
    if (!open_engines(&options))
        return 2;
    static worker workers[STRESS_MOST_THREADS];
    pthread_t disturber;
    for (int i = 0; i < options.threads; i++)
        workers[i].random = options.seed + (uint64_t)i;
    pthread_create(&disturber, NULL, disturb, &options.seed);
    stress_run(&options, work, workers, sizeof workers[0]);
    pthread_join(disturber, NULL);
    if (proxy != NULL)
        stress_proxy_mend(proxy);
    report(&options, workers);
    agree(false);
    weft_engine_close(engine);
    agree(true);
    weft_engine_close(admin);
    stress_proxy_counts counts = {0};
    if (proxy != NULL)
        stress_proxy_close(proxy, &counts);
    if (has_server)
        printf("connections: %" PRIu64 " passed, %" PRIu64 " refused, %" PRIu64 " hung, %" PRIu64 " stalled, %" PRIu64 " broken\n",
               counts.passed, counts.refused, counts.hung, counts.stalled, counts.broken);
    int left = count_descriptors();
    if (left != descriptors)
        stress_broken("%d descriptors, %d before", left, descriptors);
    return stress_broken_count() == 0 ? 0 : 1;
}
