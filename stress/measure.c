/* Options, random numbers, latencies and broken invariants of the stress programs. */
#define _POSIX_C_SOURCE 200809L
#include "measure.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_MESSAGES = 20 };

atomic_bool stress_stop;
static atomic_int broken;
static pthread_mutex_t printing = PTHREAD_MUTEX_INITIALIZER;

uint64_t stress_random(uint64_t *state)
{
    uint64_t x = *state += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

int64_t stress_pick(uint64_t *state, int64_t count) { return (int64_t)(stress_random(state) % (uint64_t)count) + 1; }

int64_t stress_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool read_number(const char *name, const char *text, int64_t least, int64_t most, int64_t *number)
{
    char *end = NULL;
    long long value = text == NULL ? 0 : strtoll(text, &end, 10);
    if (text == NULL || end == text || *end != '\0' || value < least || value > most) {
        fprintf(stderr, "%s takes a number from %" PRId64 " to %" PRId64 "\n", name, least, most);
        return false;
    }
    *number = value;
    return true;
}

bool stress_options_read(stress_options *options, int count, char **arguments)
{
    int64_t threads = options->threads, seconds = options->seconds, seed = stress_now_ns() & INT64_MAX;
    for (int i = 1; i < count; i += 2) {
        const char *name = arguments[i], *value = i + 1 < count ? arguments[i + 1] : NULL;
        bool good = true;
        if (strcmp(name, "--database") == 0 || strcmp(name, "--url") == 0) {
            options->url = value;
            good = value != NULL;
        } else if (strcmp(name, "--threads") == 0) {
            good = read_number(name, value, 1, STRESS_MOST_THREADS, &threads);
        } else if (strcmp(name, "--seconds") == 0) {
            good = read_number(name, value, 1, 1000000, &seconds);
        } else if (strcmp(name, "--seed") == 0) {
            good = read_number(name, value, 0, INT64_MAX, &seed);
        } else {
            good = false;
        }
        if (!good) {
            fprintf(stderr, "usage: %s [--database URL] [--threads N] [--seconds N] [--seed N]\n", arguments[0]);
            return false;
        }
    }
    options->threads = (int)threads;
    options->seconds = (int)seconds;
    options->seed = (uint64_t)seed;
    printf("seed %" PRIu64 ", %d threads, %d seconds\n", options->seed, options->threads, options->seconds);
    return true;
}

void stress_latency_count(stress_latency *latency, int64_t ns)
{
    uint64_t value = ns < 8 ? 8 : (uint64_t)ns;
    unsigned power = 63u - (unsigned)__builtin_clzll(value);
    size_t bucket = (power - 3) * 8 + (value >> (power - 3) & 7);
    latency->counts[bucket < STRESS_BUCKETS ? bucket : STRESS_BUCKETS - 1]++;
}

void stress_latency_add(stress_latency *sum, const stress_latency *one)
{
    for (int i = 0; i < STRESS_BUCKETS; i++)
        sum->counts[i] += one->counts[i];
}

void stress_latency_print(const char *what, const stress_latency *latency)
{
    static const double shares[] = {0.5, 0.9, 0.99, 0.999, 1.0};
    uint64_t total = 0, seen = 0;
    for (int b = 0; b < STRESS_BUCKETS; b++)
        total += latency->counts[b];
    printf("%s latency µs:", what);
    for (int b = 0, next = 0; b < STRESS_BUCKETS && next < 5; b++) {
        seen += latency->counts[b];
        for (; next < 5 && total > 0 && (double)seen >= shares[next] * (double)total; next++)
            printf(next == 4   ? " max %.0f"
                   : next == 3 ? " p99.9 %.0f"
                   : next == 2 ? " p99 %.0f"
                   : next == 1 ? " p90 %.0f"
                               : " p50 %.0f",
                   (double)((UINT64_C(8) + (uint64_t)b % 8 + 1) << (b / 8)) / 1000.0);
    }
    putchar('\n');
}

void stress_broken(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    pthread_mutex_lock(&printing);
    if (atomic_fetch_add(&broken, 1) < MOST_MESSAGES) {
        fputs("BROKEN: ", stdout);
        vprintf(format, arguments);
        putchar('\n');
        fflush(stdout);
    }
    pthread_mutex_unlock(&printing);
    va_end(arguments);
    atomic_store(&stress_stop, true);
}

int stress_broken_count(void) { return atomic_load(&broken); }

void stress_wait(int seconds)
{
    int64_t end = stress_now_ns() + (int64_t)seconds * 1000000000;
    while (!atomic_load(&stress_stop) && stress_now_ns() < end)
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    atomic_store(&stress_stop, true);
}

void stress_run(const stress_options *options, void *(*work)(void *worker), void *workers, size_t worker_size)
{
    pthread_t threads[STRESS_MOST_THREADS];
    int started = 0;
    while (started < options->threads &&
           pthread_create(&threads[started], NULL, work, (char *)workers + (size_t)started * worker_size) == 0)
        started++;
    if (started < options->threads)
        stress_broken("only %d threads of %d could be started", started, options->threads);
    stress_wait(options->seconds);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}
