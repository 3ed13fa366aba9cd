/* What every stress program needs: options, a seeded random sequence per worker, a clock, latencies, and a place to report a broken
 * invariant from any thread. */
#ifndef STRESS_MEASURE_H
#define STRESS_MEASURE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/export.h>

enum { STRESS_BUCKETS = 40 * 8, STRESS_MOST_THREADS = 256 };

typedef struct stress_options {
    const char *url; /* NULL: the program's default */
    int threads;
    int seconds;
    uint64_t seed; /* from the clock where not given */
} stress_options;

/* Counts in eighths of powers of two of nanoseconds; one writer. */
typedef struct stress_latency {
    uint64_t counts[STRESS_BUCKETS];
} stress_latency;

/* Reads --database (or --url), --threads, --seconds, --seed and prints what is used; false after a message on a wrong one. The
 * fields hold the defaults at the call. */
bool stress_options_read(stress_options *options, int count, char **arguments);

/* The next number of a sequence, whose state it moves on (SplitMix64, Steele and others 2014). */
uint64_t stress_random(uint64_t *state);
/* 1 to count. */
int64_t stress_pick(uint64_t *state, int64_t count);
int64_t stress_now_ns(void);

void stress_latency_count(stress_latency *latency, int64_t ns);
void stress_latency_add(stress_latency *sum, const stress_latency *one);
/* One line: p50, p90, p99, p99.9 and the maximum, in microseconds. */
void stress_latency_print(const char *what, const stress_latency *latency);

/* Set when the time is over or an invariant broke; workers end when they see it. */
extern atomic_bool stress_stop;
/* Says what broke (the first twenty times), counts it, and stops the run. Any thread. */
void stress_broken(const char *format, ...) WEFT_PRINTF(1, 2);
int stress_broken_count(void);
/* Waits until the seconds are over or something broke, then sets stress_stop. */
void stress_wait(int seconds);
/* Gives each of options->threads workers of an array a thread that runs work on it, waits as stress_wait does, and joins them. */
void stress_run(const stress_options *options, void *(*work)(void *worker), void *workers, size_t worker_size);

#endif
