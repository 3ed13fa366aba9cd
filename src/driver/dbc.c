/* What is common to the connections of all drivers: their numbers, and the process they belong to. */
#define _POSIX_C_SOURCE 200809L
#include "driver/driver.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static _Atomic(uint64_t) last_number; /* relaxed: only uniqueness matters */
static _Atomic(int) process_id;       /* relaxed: written before other threads exist, at first use or in a fork's child */
static pthread_once_t watch_once = PTHREAD_ONCE_INIT;

uint64_t wefti_dbc_next_number(void) { return atomic_fetch_add_explicit(&last_number, 1, memory_order_relaxed) + 1; }

static void read_process_id(void) { atomic_store_explicit(&process_id, (int)getpid(), memory_order_relaxed); }

static void watch_forks(void)
{
    if (pthread_atfork(NULL, NULL, read_process_id) == 0)
        read_process_id();
}

int wefti_process_id(void)
{
    int id = atomic_load_explicit(&process_id, memory_order_relaxed);
    if (id != 0)
        return id;
    (void)pthread_once(&watch_once, watch_forks);
    id = atomic_load_explicit(&process_id, memory_order_relaxed);
    return id != 0 ? id : (int)getpid();
}
