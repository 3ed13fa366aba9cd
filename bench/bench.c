/* The harness: clocks, alternating rounds, medians and ranges of paired ratios. */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool bench_counts_cpu;

double bench_now_ns(void)
{
    struct timespec now;
    clock_gettime(bench_counts_cpu ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

_Noreturn void bench_fail(const char *what, const char *message)
{
    fprintf(stderr, "bench: %s: %s\n", what, message);
    exit(1);
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double run_once(const BenchVariant *variant)
{
    if (variant->prepare != NULL) {
        variant->prepare(variant->context);
    }
    return variant->run(variant->context);
}

static void print_row(const BenchVariant *variant, double *ratios, double *values, int rounds, const char *unit, bool base)
{
    qsort(ratios, (size_t)rounds, sizeof(double), by_value);
    qsort(values, (size_t)rounds, sizeof(double), by_value);
    double median = ratios[rounds / 2], value = values[rounds / 2];
    char range[40] = "", goal[40] = "";
    if (!base) {
        snprintf(range, sizeof(range), "(%.2f to %.2f)", ratios[0], ratios[rounds - 1]);
    }
    if (variant->goal > 0) {
        snprintf(goal, sizeof(goal), "goal %.2f%s", variant->goal, median <= variant->goal ? ", met" : "");
    }
    printf("  %-46s %7.2f %-18s %10.0f %-10s %s\n", variant->name, median, range, value, unit, goal);
}

void bench_compare(const char *title, const char *unit, const BenchOptions *options, const BenchVariant *variants, size_t count)
{
    double ratios[BENCH_VARIANTS][BENCH_ROUNDS], values[BENCH_VARIANTS][BENCH_ROUNDS];
    int rounds = options->rounds > BENCH_ROUNDS ? BENCH_ROUNDS : options->rounds;
    if (count > BENCH_VARIANTS) {
        bench_fail(title, "too many variants");
    }
    for (size_t i = 0; i < count; i++) {
        run_once(&variants[i]); /* warm up: caches, prepared statements, files */
    }
    for (int round = 0; round < rounds; round++) {
        for (size_t i = 0; i < count; i++) {
            size_t at = round % 2 == 0 ? i : count - 1 - i;
            values[at][round] = run_once(&variants[at]);
        }
        for (size_t i = 0; i < count; i++) {
            ratios[i][round] = values[i][round] / values[0][round];
        }
    }
    printf("\n%s\n", title);
    for (size_t i = 0; i < count; i++) {
        print_row(&variants[i], ratios[i], values[i], rounds, unit, i == 0);
    }
    fflush(stdout);
}

typedef struct Crew {
    pthread_barrier_t start;
    void (*work)(void *context, unsigned number);
    void *context;
} Crew;

typedef struct Hand {
    pthread_t thread;
    Crew *crew;
    unsigned number;
    double began, ended;
} Hand;

static void *run_hand(void *context)
{
    Hand *hand = context;
    pthread_barrier_wait(&hand->crew->start);
    hand->began = bench_now_ns();
    hand->crew->work(hand->crew->context, hand->number);
    hand->ended = bench_now_ns();
    return NULL;
}

double bench_threads(unsigned threads, void (*work)(void *context, unsigned number), void *context)
{
    Crew crew = {.work = work, .context = context};
    Hand *hands = calloc(threads, sizeof(*hands));
    if (hands == NULL || pthread_barrier_init(&crew.start, NULL, threads) != 0) {
        bench_fail("threads", "out of memory");
    }
    for (unsigned i = 0; i < threads; i++) {
        hands[i].crew = &crew;
        hands[i].number = i;
        if (pthread_create(&hands[i].thread, NULL, run_hand, &hands[i]) != 0) {
            bench_fail("threads", "cannot be started");
        }
    }
    double began = 0, ended = 0;
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(hands[i].thread, NULL);
        began = i == 0 || hands[i].began < began ? hands[i].began : began;
        ended = hands[i].ended > ended ? hands[i].ended : ended;
    }
    pthread_barrier_destroy(&crew.start);
    free(hands);
    return ended - began;
}
