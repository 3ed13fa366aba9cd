/* See scheduler.h. One baton goes round: a worker runs until a point at which the scheduler gives the baton away, then sleeps
 * on its semaphore. A choice is recorded only where there was more than one option; a run replays the recorded choices and
 * takes the first option after them, and backtracking advances the last choice that has options left. The first option is
 * always to go on, so the depth-first order tries few switches first. The body must be deterministic apart from the schedule. */
#define _GNU_SOURCE
#include "base/scheduler.h"

#if defined(WEFTI_SYNC_EXPLORE)

#include "base/epoch.h"
#include "base/memory.h"
#include "base/thread.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#define MAX_CHOICES 4096
#define MAX_POINTS 20000 /* a run that is longer does not end */
#define TIME_OUT 0x80u   /* option: the sleep of this thread ends by its deadline */

typedef enum worker_state { RUNNABLE, BLOCKED, FINISHED } worker_state;

typedef struct explorer explorer;

/* What wefti_scheduler_watched points to: a worker of an exploration, or a hook. */
typedef struct watched {
    bool scheduled;
    wefti_scheduler_hook hook;
    void *context;
} watched;

typedef struct worker {
    watched watched;
    explorer *explorer;
    uint32_t number;
    pthread_t thread;
    sem_t go;
    worker_state state;
    const void *address; /* of the sleep */
    bool may_time_out, timed_out;
    uint32_t time_outs; /* in this run */
    uint32_t priority;  /* random mode: the highest runs */
} worker;

typedef struct choice {
    uint8_t taken, count;
    uint8_t option[2 * WEFTI_SCHEDULER_MAX_THREADS];
} choice;

struct explorer {
    const wefti_scheduler_test *test;
    wefti_scheduler_result *result;
    worker workers[WEFTI_SCHEDULER_MAX_THREADS];
    sem_t done;
    bool quit;
    choice *choices;
    uint32_t choice_count, position; /* recorded; replayed so far in this run */
    uint32_t preemptions, points;    /* in this run */
    uint64_t random;
    uint32_t lowest_priority;
    uint32_t change_at[4]; /* random mode: points at which the running thread falls behind */
    char schedule[400];
    size_t schedule_size;
    uint32_t last_scheduled;
};

WEFTI_THREAD_LOCAL void *wefti_scheduler_watched;
static WEFTI_THREAD_LOCAL watched own_hook;

static worker *self(void)
{
    watched *w = wefti_scheduler_watched;
    return w != NULL && w->scheduled ? (worker *)(void *)w : NULL;
}

bool wefti_scheduler_is_thread(void) { return self() != NULL; }

void wefti_scheduler_set_hook(wefti_scheduler_hook hook, void *context)
{
    own_hook = (watched){.hook = hook, .context = context};
    wefti_scheduler_watched = hook != NULL ? &own_hook : NULL;
}

static uint64_t next_random(explorer *e)
{
    e->random ^= e->random << 13;
    e->random ^= e->random >> 7;
    e->random ^= e->random << 17;
    return e->random;
}

static void note_schedule(explorer *e, uint8_t option)
{
    if (e->schedule_size + 16 < sizeof e->schedule)
        e->schedule_size +=
            (size_t)snprintf(e->schedule + e->schedule_size, sizeof e->schedule - e->schedule_size, "%s%u%s@%u",
                             e->schedule_size > 0 ? " " : "", option & ~TIME_OUT, (option & TIME_OUT) != 0 ? "!" : "", e->points);
}

/* Ends the run as a violation: the workers stay where they are for good, and the exploration stops. */
static void stop_violated(explorer *e, const char *reason)
{
    e->result->violated = true;
    snprintf(e->result->reason, sizeof e->result->reason, "%s", reason);
    memcpy(e->result->schedule, e->schedule, sizeof e->result->schedule);
    sem_post(&e->done);
    worker *w = self();
    if (w != NULL)
        for (;;)
            sem_wait(&w->go);
}

void wefti_scheduler_fail(const char *reason)
{
    worker *w = self();
    if (w != NULL)
        stop_violated(w->explorer, reason);
}

/* Lists what may happen next. `may_stay`: current could go on. Options that preempt are left out once the bound is reached. */
static uint8_t list_options(explorer *e, const worker *current, bool may_stay, uint8_t *option)
{
    uint8_t count = 0;
    bool spent = e->test->random_runs == 0 && e->preemptions >= e->test->preemptions;
    if (may_stay)
        option[count++] = (uint8_t)current->number;
    if (may_stay && spent)
        return count;
    for (uint32_t i = 0; i < e->test->thread_count; i++)
        if (e->workers[i].state == RUNNABLE && &e->workers[i] != current)
            option[count++] = (uint8_t)i;
    bool idle = count == 0;
    if (!idle && spent)
        return count;
    for (uint32_t i = 0; i < e->test->thread_count; i++)
        if (e->workers[i].state == BLOCKED && e->workers[i].may_time_out)
            option[count++] = (uint8_t)(i | TIME_OUT);
    return count;
}

static uint8_t choose_recorded(explorer *e, const uint8_t *option, uint8_t count)
{
    if (count == 1)
        return option[0];
    if (e->position == MAX_CHOICES) {
        stop_violated(e, "a run has too many choices");
        return option[0];
    }
    choice *c = &e->choices[e->position];
    if (e->position == e->choice_count) {
        c->taken = 0;
        c->count = count;
        memcpy(c->option, option, count);
        e->choice_count++;
    } else if (c->count != count || memcmp(c->option, option, count) != 0) {
        stop_violated(e, "the body is not deterministic: a replay met other options");
        return option[0];
    }
    e->position++;
    return option[c->taken];
}

static uint8_t choose_random(explorer *e, worker *current, bool may_stay, const uint8_t *option, uint8_t count)
{
    for (size_t i = 0; i < sizeof e->change_at / sizeof e->change_at[0]; i++)
        if (may_stay && e->change_at[i] == e->points)
            current->priority = e->lowest_priority--;
    uint8_t best = option[0];
    uint32_t best_priority = 0;
    for (uint8_t i = 0; i < count; i++) {
        uint32_t priority = (option[i] & TIME_OUT) != 0 ? 1 : e->workers[option[i]].priority;
        if (priority > best_priority) {
            best_priority = priority;
            best = option[i];
        }
    }
    return best;
}

/* Decides who goes on, current being at a point (may_stay) or asleep or finished, and gives the baton away. */
static void schedule(explorer *e, worker *current, bool may_stay)
{
    uint8_t option[2 * WEFTI_SCHEDULER_MAX_THREADS];
    bool random = e->test->random_runs != 0;
    uint8_t count = list_options(e, current, may_stay, option);
    if (count == 0) {
        for (uint32_t i = 0; i < e->test->thread_count; i++)
            if (e->workers[i].state != FINISHED)
                stop_violated(e, "no thread can go on: a wake-up was lost");
        sem_post(&e->done);
        return;
    }
    uint8_t taken = random ? choose_random(e, current, may_stay, option, count) : choose_recorded(e, option, count);
    if ((may_stay && taken != current->number) || ((taken & TIME_OUT) != 0 && (option[0] & TIME_OUT) == 0))
        e->preemptions++;
    if (taken != e->last_scheduled) {
        e->last_scheduled = taken;
        note_schedule(e, taken);
    }
    worker *next = &e->workers[taken & ~TIME_OUT];
    if ((taken & TIME_OUT) != 0) {
        next->state = RUNNABLE;
        next->timed_out = true;
        next->time_outs++;
    }
    if (next == current)
        return;
    bool finished = current->state == FINISHED; /* once the baton is away, the next run may reset it */
    sem_post(&next->go);
    if (!finished)
        sem_wait(&current->go);
}

static void pass_point(worker *w)
{
    explorer *e = w->explorer;
    if (++e->points > MAX_POINTS)
        stop_violated(e, "a run does not end");
    schedule(e, w, true);
}

void wefti_scheduler_point_slow(wefti_scheduler_kind kind, const void *address)
{
    worker *w = self();
    if (w != NULL) {
        if (kind != WEFTI_SCHEDULER_RELAXED)
            pass_point(w);
        return;
    }
    watched *hook = wefti_scheduler_watched;
    if (hook->hook != NULL)
        hook->hook(hook->context, kind, address);
}

void wefti_scheduler_pause(void)
{
    worker *w = self();
    if (w == NULL)
        return;
    explorer *e = w->explorer;
    if (++e->points > MAX_POINTS)
        stop_violated(e, "a run does not end");
    w->priority = e->lowest_priority--;
    for (uint32_t i = 0; i < e->test->thread_count; i++)
        if (e->workers[i].state == RUNNABLE && &e->workers[i] != w) {
            schedule(e, w, false);
            return;
        }
    schedule(e, w, true);
}

bool wefti_scheduler_block(const void *address, bool may_time_out)
{
    worker *w = self();
    w->state = BLOCKED;
    w->address = address;
    w->may_time_out = may_time_out;
    w->timed_out = false;
    schedule(w->explorer, w, false);
    return !w->timed_out;
}

uint32_t wefti_scheduler_time_outs(void)
{
    worker *w = self();
    return w != NULL ? w->time_outs : 0;
}

void wefti_scheduler_wake(const void *address)
{
    worker *w = self();
    explorer *e = w->explorer;
    for (uint32_t i = 0; i < e->test->thread_count; i++)
        if (e->workers[i].state == BLOCKED && e->workers[i].address == address)
            e->workers[i].state = RUNNABLE;
    pass_point(w);
}

static void *worker_main(void *argument)
{
    worker *w = argument;
    explorer *e = w->explorer;
    /* What a thread does once in its life must not differ between the first run and its replays. */
    (void)wefti_thread_number();
    if (wefti_epoch_begin())
        wefti_epoch_end();
    sem_post(&e->done);
    for (;;) {
        sem_wait(&w->go);
        if (e->quit)
            return NULL;
        wefti_scheduler_watched = w;
        e->test->thread(e->test->context, w->number);
        w->state = FINISHED;
        wefti_scheduler_watched = NULL;
        schedule(e, w, false);
    }
}

static void prepare_run(explorer *e)
{
    e->position = e->preemptions = e->points = 0;
    e->schedule_size = 0;
    e->schedule[0] = 0;
    e->last_scheduled = UINT32_MAX;
    e->lowest_priority = 1000;
    for (uint32_t i = 0; i < e->test->thread_count; i++) {
        worker *w = &e->workers[i];
        w->state = RUNNABLE;
        w->address = NULL;
        w->time_outs = 0;
        w->priority = 2000 + (uint32_t)(next_random(e) % 1000000) * 8 + i;
    }
    for (size_t i = 0; i < sizeof e->change_at / sizeof e->change_at[0]; i++)
        e->change_at[i] = 1 + (uint32_t)(next_random(e) % (e->result->depth > 0 ? e->result->depth : 20));
}

static void run_once(explorer *e)
{
    const wefti_scheduler_test *test = e->test;
    prepare_run(e);
    if (test->setup != NULL)
        test->setup(test->context);
    worker nobody = {.state = FINISHED, .number = UINT8_MAX};
    schedule(e, &nobody, false);
    sem_wait(&e->done);
    e->result->runs++;
    e->result->points += e->points;
    if (e->points > e->result->depth)
        e->result->depth = e->points;
    if (!e->result->violated && !test->check(test->context)) {
        e->result->violated = true;
        snprintf(e->result->reason, sizeof e->result->reason, "the check after the run failed");
        memcpy(e->result->schedule, e->schedule, sizeof e->result->schedule);
    }
}

/* Moves on to the next schedule; false when all were seen. */
static bool backtrack(explorer *e)
{
    while (e->choice_count > 0) {
        choice *last = &e->choices[e->choice_count - 1];
        if (last->taken + 1 < last->count) {
            last->taken++;
            return true;
        }
        e->choice_count--;
    }
    return false;
}

static void run_all(explorer *e)
{
    const wefti_scheduler_test *test = e->test;
    for (;;) {
        run_once(e);
        if (e->result->violated)
            return;
        if (test->random_runs != 0) {
            if (e->result->runs >= test->random_runs)
                return;
            continue;
        }
        if (!backtrack(e)) {
            e->result->complete = true;
            return;
        }
        if (test->max_runs != 0 && e->result->runs >= test->max_runs)
            return;
    }
}

void wefti_scheduler_explore(const wefti_scheduler_test *test, wefti_scheduler_result *result)
{
    *result = (wefti_scheduler_result){0};
    explorer *e = wefti_calloc(1, sizeof *e);
    choice *choices = wefti_calloc(MAX_CHOICES, sizeof *choices);
    if (e == NULL || choices == NULL) {
        result->violated = true;
        snprintf(result->reason, sizeof result->reason, "out of memory");
        wefti_free(e);
        wefti_free(choices);
        return;
    }
    e->test = test;
    e->result = result;
    e->choices = choices;
    e->random = test->seed * 2654435761u + 88172645463325252u;
    sem_init(&e->done, 0, 0);
    for (uint32_t i = 0; i < test->thread_count; i++) {
        worker *w = &e->workers[i];
        *w = (worker){.watched = {.scheduled = true}, .explorer = e, .number = i};
        sem_init(&w->go, 0, 0);
        pthread_create(&w->thread, NULL, worker_main, w);
        sem_wait(&e->done);
    }
    run_all(e);
    bool abandoned = result->violated && strcmp(result->reason, "the check after the run failed") != 0;
    e->quit = true;
    for (uint32_t i = 0; i < test->thread_count; i++) {
        if (abandoned) {
            pthread_detach(e->workers[i].thread); /* asleep in the middle of the body, with the explorer's memory */
            continue;
        }
        sem_post(&e->workers[i].go);
        pthread_join(e->workers[i].thread, NULL);
    }
    if (!abandoned) {
        wefti_free(choices);
        wefti_free(e);
    }
}

#else
typedef int wefti_scheduler_is_not_built;
#endif
