/* Benchmarks: weft beside hand-written C on the same work in the same run. Rounds alternate between the variants, and what is
 * printed first is the ratio to the hand-written one, paired round by round: on a noisy machine nothing else can be trusted. */
#ifndef WEFT_BENCH_H
#define WEFT_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENCH_VARIANTS = 8, BENCH_ROUNDS = 15 };

typedef struct BenchOptions {
    const char *sqlite;   /* URL, or NULL: leave it out */
    const char *postgres; /* URL, or NULL: leave it out */
    bool quick;           /* a tenth of the work, for a look */
    int rounds;
} BenchOptions;

/* One way to do the work. run does it once and returns nanoseconds per operation. prepare, where not NULL, runs before and
 * untimed. */
typedef struct BenchVariant {
    const char *name;
    double (*run)(void *context);
    void (*prepare)(void *context);
    void *context;
    double goal; /* the ratio wanted, or 0 */
} BenchVariant;

/* Measure the processor's time of the thread that asks instead of the time that passes: what a busy machine does not distort. Only
 * for work of one thread that waits for nobody, as SQLite's. */
extern bool bench_counts_cpu;
double bench_now_ns(void);

/* Ends the program with a message: a benchmark whose work fails measures nothing. */
_Noreturn void bench_fail(const char *what, const char *message);

/* Runs the variants round by round and prints a table; the first one is what the others are compared with. */
void bench_compare(const char *title, const char *unit, const BenchOptions *options, const BenchVariant *variants, size_t count);

/* Runs work on several threads that begin together; returns nanoseconds from the first to the last. number is 0 to threads - 1. */
double bench_threads(unsigned threads, void (*work)(void *context, unsigned number), void *context);

#endif
