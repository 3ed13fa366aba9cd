/* The deterministic scheduler of the explore build. Threads under it are real threads of which exactly one runs; at every atomic
 * operation, wait and wake of the seam the scheduler decides who goes on. Explorations repeat a test body until every schedule
 * with at most `preemptions` forced switches was seen (depth first over the recorded choices), or for a number of runs under
 * seeded random priorities. Memory is sequentially consistent here. Outside an exploration the seam behaves as usual, so that all
 * tests run in this build too; a hook of one's own may then be called at each point, which is how threads are suspended there. */
#ifndef WEFTI_BASE_SCHEDULER_H
#define WEFTI_BASE_SCHEDULER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum wefti_scheduler_kind {
    WEFTI_SCHEDULER_LOAD,
    WEFTI_SCHEDULER_STORE,
    WEFTI_SCHEDULER_RMW,
    WEFTI_SCHEDULER_FENCE,
    WEFTI_SCHEDULER_RELAXED /* publishes nothing: no point of the exploration, but one of the suspending hook */
} wefti_scheduler_kind;

#if defined(WEFTI_SYNC_EXPLORE)

#define WEFTI_SCHEDULER_MAX_THREADS 8

/* The calling thread's hook, called at each point outside explorations; NULL: none. */
typedef void (*wefti_scheduler_hook)(void *context, wefti_scheduler_kind kind, const void *address);
void wefti_scheduler_set_hook(wefti_scheduler_hook hook, void *context);

extern __attribute__((tls_model("initial-exec"))) _Thread_local void *wefti_scheduler_watched; /* not NULL: the slow path applies */
void wefti_scheduler_point_slow(wefti_scheduler_kind kind, const void *address);
void wefti_scheduler_pause(void); /* lets others run: a retry loop that waits for them ends */

static inline void wefti_scheduler_point(wefti_scheduler_kind kind, const void *address)
{
    if (wefti_scheduler_watched != NULL)
        wefti_scheduler_point_slow(kind, address);
}

/* For the seam's own blocking operations. True where the caller is under the scheduler. */
bool wefti_scheduler_is_thread(void);
/* Sleeps until wefti_scheduler_wake(address); where may_time_out, the scheduler may also end the sleep, once nobody else can run or
 * as one of the explored choices. Returns false for the latter. */
bool wefti_scheduler_block(const void *address, bool may_time_out);
/* How often sleeps of the calling thread were ended so in this run: a clock for tests, by which deadlines pass. */
uint32_t wefti_scheduler_time_outs(void);
void wefti_scheduler_wake(const void *address); /* all sleepers on address become able to run */

typedef struct wefti_scheduler_test {
    uint32_t thread_count;                          /* at most WEFTI_SCHEDULER_MAX_THREADS */
    void (*setup)(void *context);                   /* before each run, outside the schedule; may be NULL */
    void (*thread)(void *context, uint32_t number); /* the body of thread 0 .. thread_count - 1 */
    bool (*check)(void *context);                   /* after each run: false is a violation; also frees what setup made */
    void *context;
    uint32_t preemptions; /* exhaustive mode: forced switches per run */
    uint64_t max_runs;    /* exhaustive mode: stop there, incomplete; 0: no limit */
    uint64_t random_runs; /* not 0: random priorities instead, this many runs */
    uint64_t seed;
} wefti_scheduler_test;

typedef struct wefti_scheduler_result {
    uint64_t runs;   /* schedules executed */
    uint64_t points; /* points passed in all of them */
    uint32_t depth;  /* most points in one run */
    bool complete;   /* exhaustive mode saw every schedule within its bound */
    bool violated;   /* check failed, wefti_scheduler_fail was called, or no thread could go on */
    char reason[200];
    char schedule[400]; /* the threads in the order in which they ran, of the violating run */
} wefti_scheduler_result;

/* Runs the exploration on the calling thread and new ones. Stops at the first violation. */
void wefti_scheduler_explore(const wefti_scheduler_test *test, wefti_scheduler_result *result);
/* From a thread body: the run violates the property. */
void wefti_scheduler_fail(const char *reason);

#endif
#endif
