/* The pool that a C programmer writes when order matters: a mutex and a queue of waiters, each with a condition of its own, served
 * first in first out. What weft's waits are compared with, here and in stress/. Connections are any pointers. */
#ifndef BENCH_FIFO_POOL_H
#define BENCH_FIFO_POOL_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

enum { FIFO_POOL_MOST = 64 };

typedef struct fifo_waiter {
    pthread_cond_t condition;
    void *given;
    struct fifo_waiter *next;
} fifo_waiter;

typedef struct fifo_pool {
    pthread_mutex_t mutex;
    void *idle[FIFO_POOL_MOST];
    uint32_t idle_count;
    fifo_waiter *first, **last;
} fifo_pool;

/* With so many connections, at most FIFO_POOL_MOST, that stand for themselves. */
static inline void fifo_pool_init(fifo_pool *pool, uint32_t connections)
{
    pthread_mutex_init(&pool->mutex, NULL);
    pool->first = NULL;
    pool->last = &pool->first;
    for (pool->idle_count = 0; pool->idle_count < connections; pool->idle_count++)
        pool->idle[pool->idle_count] = &pool->idle[pool->idle_count];
}

static inline void *fifo_pool_take(fifo_pool *pool)
{
    void *connection;
    pthread_mutex_lock(&pool->mutex);
    if (pool->idle_count > 0)
        connection = pool->idle[--pool->idle_count];
    else {
        fifo_waiter w = {.given = NULL, .next = NULL};
        pthread_cond_init(&w.condition, NULL);
        *pool->last = &w;
        pool->last = &w.next;
        while (w.given == NULL)
            pthread_cond_wait(&w.condition, &pool->mutex);
        connection = w.given;
        pthread_cond_destroy(&w.condition);
    }
    pthread_mutex_unlock(&pool->mutex);
    return connection;
}

static inline void fifo_pool_give(fifo_pool *pool, void *connection)
{
    pthread_mutex_lock(&pool->mutex);
    fifo_waiter *w = pool->first;
    if (w != NULL) {
        pool->first = w->next;
        if (pool->first == NULL)
            pool->last = &pool->first;
        w->given = connection;
        pthread_cond_signal(&w->condition);
    } else
        pool->idle[pool->idle_count++] = connection;
    pthread_mutex_unlock(&pool->mutex);
}

static inline void fifo_pool_end(fifo_pool *pool) { pthread_mutex_destroy(&pool->mutex); }

#endif
