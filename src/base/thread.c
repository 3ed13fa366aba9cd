/* See thread.h. Numbers come from one 64-bit counter: at a thousand million threads a second it lasts five hundred years. Fork is
 * noticed by pthread_atfork's child handler, which only adds one to a variable: it may not lock, allocate or log. */
#define _GNU_SOURCE
#include "base/thread.h"

#include "base/atomic.h"
#include "base/memory.h"
#include "base/paths.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

WEFTI_THREAD_LOCAL uint64_t wefti_thread_number_;
WEFTI_THREAD_LOCAL unsigned wefti_cancellation_depth_;
uint64_t wefti_fork_generation_;
_Atomic(int) wefti_process_id_;

static wefti_atomic_u64 last_number;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static WEFTI_THREAD_LOCAL wefti_thread *own_thread; /* of weft's threads */

typedef struct start_data {
    wefti_thread *thread;
    void (*body)(void *context);
    void *context;
} start_data;

uint64_t wefti_thread_number_take(void)
{
    /* Relaxed: a number says nothing about any other memory. */
    wefti_thread_number_ = wefti_atomic_add_u64(&last_number, 1, WEFTI_RELAXED) + 1;
    return wefti_thread_number_;
}

/* ---- rooms ---- */

WEFTI_THREAD_LOCAL wefti_thread_rooms wefti_thread_rooms_;
static pthread_once_t rooms_once = PTHREAD_ONCE_INIT;
static pthread_key_t rooms_key;
static bool rooms_key_made; /* written once under rooms_once */

static void free_rooms(void *rooms)
{
    wefti_thread_rooms *own = rooms;
    for (int i = 0; i < WEFTI_ROOM_COUNT; i++)
        wefti_free(own->memory[i]);
    *own = (wefti_thread_rooms){{NULL}, {0}};
}

/* exit() from the main thread runs no key destructors. */
static void free_rooms_at_exit(void) { free_rooms(&wefti_thread_rooms_); }

static void make_rooms_key(void)
{
    rooms_key_made = pthread_key_create(&rooms_key, free_rooms) == 0;
    (void)atexit(free_rooms_at_exit);
}

void *wefti_thread_room_take(wefti_room which, size_t bytes)
{
    (void)pthread_once(&rooms_once, make_rooms_key);
    void *room = rooms_key_made && pthread_setspecific(rooms_key, &wefti_thread_rooms_) == 0 ? wefti_calloc(1, bytes) : NULL;
    if (room == NULL)
        return NULL;
    wefti_free(wefti_thread_rooms_.memory[which]);
    wefti_thread_rooms_.memory[which] = room;
    wefti_thread_rooms_.bytes[which] = bytes;
    return room;
}

static WEFTI_THREAD_LOCAL int system_number; /* 0: not asked for yet */

WEFTI_HOT int wefti_thread_system_number(void)
{
    if (system_number == 0)
        system_number = (int)gettid();
    return system_number;
}

void wefti_thread_name(int number, char name[WEFTI_THREAD_NAME_SIZE])
{
    char path[64];
    name[0] = '\0';
    (void)snprintf(path, sizeof path, "/proc/self/task/%d/comm", number);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    ssize_t size = read(file, name, WEFTI_THREAD_NAME_SIZE - 1);
    (void)close(file);
    name[size > 0 ? size : 0] = '\0';
    name[strcspn(name, "\n")] = '\0';
}

static void count_fork(void)
{
    wefti_fork_generation_++;
    system_number = 0; /* the forking thread has another one in the child */
}

static void register_fork_handler(void) { pthread_atfork(NULL, NULL, count_fork); }

static void read_process_id(void) { atomic_store_explicit(&wefti_process_id_, (int)getpid(), memory_order_relaxed); }

static void watch_process_id(void)
{
    if (pthread_atfork(NULL, NULL, read_process_id) == 0)
        read_process_id();
}

int wefti_process_id_take(void)
{
    static pthread_once_t watch_once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&watch_once, watch_process_id);
    const int id = atomic_load_explicit(&wefti_process_id_, memory_order_relaxed);
    return id != 0 ? id : (int)getpid();
}

void wefti_fork_watch(void) { pthread_once(&fork_once, register_fork_handler); }

static void *run_body(void *argument)
{
    start_data data = *(start_data *)argument;
    wefti_free(argument);
    own_thread = data.thread;
    data.body(data.context);
    return NULL;
}

bool wefti_thread_start(wefti_thread *thread, void (*body)(void *context), void *context, const char *name)
{
    thread->started = false;
    start_data *data = wefti_malloc(sizeof *data);
    if (data == NULL)
        return false;
    *data = (start_data){thread, body, context};
    wefti_atomic_store_u32(&thread->stop, 0, WEFTI_RELAXED); /* ordered by the creation of the thread */
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pthread_t handle;
    int failed = pthread_create(&handle, NULL, run_body, data);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (failed != 0) {
        wefti_free(data);
        return false;
    }
    char short_name[16] = {0};
    strncpy(short_name, name, sizeof short_name - 1);
    (void)pthread_setname_np(handle, short_name);
    thread->handle = (unsigned long)handle;
    thread->started = true;
    return true;
}

void wefti_thread_join(wefti_thread *thread)
{
    if (!thread->started)
        return;
    pthread_join((pthread_t)thread->handle, NULL);
    thread->started = false;
}

void wefti_thread_leave(wefti_thread *thread)
{
    if (thread->started)
        (void)pthread_detach((pthread_t)thread->handle);
    thread->started = false;
}

/* Relaxed, as the loads below: a wish, by which nothing else is published. */
void wefti_thread_ask_to_stop(wefti_thread *thread) { wefti_atomic_store_u32(&thread->stop, 1, WEFTI_RELAXED); }

bool wefti_thread_can_be_stopped(void) { return own_thread != NULL; }

bool wefti_thread_is_to_stop(void) { return own_thread != NULL && wefti_atomic_load_u32(&own_thread->stop, WEFTI_RELAXED) != 0; }

void wefti_thread_yield(void)
{
#if defined(WEFTI_SYNC_EXPLORE)
    if (wefti_scheduler_is_thread()) {
        wefti_scheduler_pause();
        return;
    }
#endif
    sched_yield();
}
