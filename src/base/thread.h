/* Threads: numbers that are never reused, the generation of forks, and threads of weft's own. */
#ifndef WEFTI_BASE_THREAD_H
#define WEFTI_BASE_THREAD_H

#include "base/atomic.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEFTI_THREAD_LOCAL __attribute__((tls_model("initial-exec"))) _Thread_local

extern WEFTI_THREAD_LOCAL uint64_t wefti_thread_number_;
uint64_t wefti_thread_number_take(void);

/* The calling thread's number: 1 and up, never reused in this process. One thread-local load after the first call. Any thread. */
static inline uint64_t wefti_thread_number(void)
{
    uint64_t number = wefti_thread_number_;
    return number != 0 ? number : wefti_thread_number_take();
}

/* What a thread keeps for itself and is too large for thread-local storage: all of a library's must fit into the little that the C
 * library has left for those that dlopen brings in (glibc: 1,664 bytes for all of them), as the hot ones are read without a call.
 * A room has at least the bytes that are asked for; a larger one than there was is made anew. New ones are zeroed; NULL: no
 * memory, and the one that was is still there. They go when their thread ends. */
typedef enum wefti_room { WEFTI_ROOM_ENCODED, WEFTI_ROOM_NODES, WEFTI_ROOM_SCRATCH, WEFTI_ROOM_COUNT } wefti_room;
typedef struct wefti_thread_rooms {
    void *memory[WEFTI_ROOM_COUNT];
    size_t bytes[WEFTI_ROOM_COUNT];
} wefti_thread_rooms;
extern WEFTI_THREAD_LOCAL wefti_thread_rooms wefti_thread_rooms_;
void *wefti_thread_room_take(wefti_room which, size_t bytes);
static inline void *wefti_thread_room(wefti_room which, size_t bytes)
{
    return __builtin_expect(wefti_thread_rooms_.bytes[which] >= bytes, 1) ? wefti_thread_rooms_.memory[which]
                                                                          : wefti_thread_room_take(which, bytes);
}

/* The calling thread's number in the system (gettid), as debuggers and top show it; one thread-local load after the first call. */
int wefti_thread_system_number(void);
/* The name of a thread of this process by that number; "" where it has ended. */
#define WEFTI_THREAD_NAME_SIZE 16
void wefti_thread_name(int system_number, char name[WEFTI_THREAD_NAME_SIZE]);

/* Counts the forks between the first ancestor and this process. A handle keeps the value of its making (after a call of
 * wefti_fork_watch) and is foreign where the present one differs. Plain: only a child that has a single thread writes it. */
extern uint64_t wefti_fork_generation_;
static inline uint64_t wefti_fork_generation(void) { return wefti_fork_generation_; }
void wefti_fork_watch(void); /* starts counting; as often as you like */

/* getpid() without a system call; right in a fork's child too. Relaxed: written before other threads exist, at first use or in the
 * child. */
extern _Atomic(int) wefti_process_id_;
int wefti_process_id_take(void);
static inline int wefti_process_id(void)
{
    const int id = atomic_load_explicit(&wefti_process_id_, memory_order_relaxed);
    return __builtin_expect(id != 0, 1) ? id : wefti_process_id_take();
}

/* A thread of weft's: all signals blocked, not cancelled by anyone. The struct must live until the body has returned. */
typedef struct wefti_thread {
    unsigned long handle;
    bool started;
    wefti_atomic_u32 stop; /* atomic: 1: asked to give up what it waits for */
} wefti_thread;
bool wefti_thread_start(wefti_thread *thread, void (*body)(void *context), void *context, const char *name);
void wefti_thread_join(wefti_thread *thread);  /* does nothing where it was not started */
void wefti_thread_leave(wefti_thread *thread); /* instead of joining: it ends by itself, some time */
/* Asks a thread of weft's to give up waiting. Waits of drivers look at it every WEFTI_STOP_LOOK_NS on such threads; system calls
 * that cannot be interrupted (name lookup) end when they end. */
void wefti_thread_ask_to_stop(wefti_thread *thread);
#define WEFTI_STOP_LOOK_NS (25 * (int64_t)1000000)
/* About the calling thread; both false on the program's own threads. */
bool wefti_thread_can_be_stopped(void);
bool wefti_thread_is_to_stop(void);
void wefti_thread_yield(void);

/* A declaration that puts a cancellation of the thread off to the end of the block. Reading and writing sockets, files and the log
 * are places where pthread_cancel ends a thread; in the middle of a statement that would leave a connection nobody owns. The
 * program's own code is cancelled as before, and the thread's exit then gives back what it holds. */
#define WEFTI_NOT_CANCELLED \
    __attribute__((cleanup(wefti_cancellation_restore), unused)) int cancellation_before_ = wefti_cancellation_put_off()
extern WEFTI_THREAD_LOCAL unsigned wefti_cancellation_depth_; /* blocks of this kind that the thread is in: the outermost asks */
static inline int wefti_cancellation_put_off(void)
{
    int before = PTHREAD_CANCEL_DISABLE;
    if (wefti_cancellation_depth_++ == 0)
        (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    return before;
}
static inline void wefti_cancellation_restore(const int *before)
{
    int ignored;
    if (--wefti_cancellation_depth_ == 0)
        (void)pthread_setcancelstate(*before, &ignored);
}

#endif
