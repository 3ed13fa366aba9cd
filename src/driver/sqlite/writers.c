/* The writers of one target take turns before they ask SQLite for its write lock.
 *
 * SQLite has one writer at a time and no queue: connections that find it busy sleep and try again, and under load some try for
 * seconds. Within a process that is needless. A connection that is about to write takes the turn, or waits in order for it;
 * SQLite's own lock then only has to be shared with other processes. The turn decides nothing about correctness, SQLite's lock
 * does: a connection that writes without it (text SQL, a read transaction that turns to writing) merely waits in SQLite's way.
 *
 * Handing the turn over on every commit would cost a thread switch per transaction (a convoy), and so would waking a waiter that
 * finds it taken again. So a free turn goes to whoever comes first, a newcomer included, until the oldest waiter has waited
 * BARGE_NS; then it is handed to that one. Before, the oldest is woken at most every NUDGE_NS, and wakes by itself when its time
 * is up, so a turn that nobody takes is not left lying. Invariant, under the mutex: a waiter is in the queue until it has the turn
 * or has given up, and one that gives up has just seen that the turn is another's. Signals are sent under the mutex, so a waiter's
 * event outlives them. */
#include "driver/sqlite/sqlite.h"

#include "base/thread.h"

#define BARGE_NS 1000000 /* 40 short transactions */
#define NUDGE_NS 100000  /* some times what waking a thread costs */

void wefti_sqlite_writers_init(wefti_sqlite_writers *writers)
{
    wefti_mutex_init(&writers->mutex);
    writers->writer = writers->oldest = writers->newest = NULL;
    writers->nudged_ns = 0;
}

void wefti_sqlite_writers_deinit(wefti_sqlite_writers *writers) { wefti_mutex_deinit(&writers->mutex); }

static void leave_queue(wefti_sqlite_writers *writers, wefti_sqlite_dbc *c)
{
    wefti_sqlite_dbc **at = &writers->oldest, *before = NULL;
    while (*at != c) {
        before = *at;
        at = &before->next_writer;
    }
    *at = c->next_writer;
    if (writers->newest == c)
        writers->newest = before;
    c->next_writer = NULL;
}

static void join_queue(wefti_sqlite_writers *writers, wefti_sqlite_dbc *c)
{
    c->next_writer = NULL;
    c->waiting_since_ns = wefti_now_ns();
    if (writers->newest != NULL)
        writers->newest->next_writer = c;
    else
        writers->oldest = c;
    writers->newest = c;
}

/* Under the mutex: whether the turn is c's now. */
static bool try_turn(wefti_sqlite_writers *writers, wefti_sqlite_dbc *c, bool queued)
{
    if (writers->writer == NULL)
        writers->writer = c;
    if (writers->writer != c)
        return false;
    if (queued)
        leave_queue(writers, c);
    return true;
}

static weft_status wait_for_turn(wefti_sqlite_writers *writers, wefti_sqlite_dbc *c, weft_error *error)
{
    int64_t until = c->waiting_since_ns + (int64_t)c->config->busy_timeout_ms * WEFTI_NS_PER_MS;
    int64_t entitled = c->waiting_since_ns + BARGE_NS, now = c->waiting_since_ns;
    if (c->deadline < until)
        until = c->deadline;
    for (bool in_time = true;;) {
        uint32_t prepared = wefti_event_prepare(&c->turn);
        wefti_mutex_lock(&writers->mutex);
        bool mine = try_turn(writers, c, true);
        if (!mine && !in_time)
            leave_queue(writers, c);
        wefti_mutex_unlock(&writers->mutex);
        if (mine)
            return WEFT_OK;
        if (!in_time)
            return wefti_sqlite_error(c, SQLITE_BUSY, error);
        (void)wefti_event_wait(&c->turn, prepared, now < entitled && entitled < until ? entitled : until);
        now = wefti_now_ns();
        in_time = now < until;
    }
}

/* The turn is that of another session of the calling thread, which cannot end while this one waits. */
static weft_status refuse_own(const wefti_sqlite_dbc *c, const wefti_sqlite_dbc *holder, weft_error *error)
{
    (void)wefti_error_set(
        error, WEFT_ERROR_MISUSE,
        "this thread would wait for itself: connection %llu (%s:%d) holds SQLite's right to write until its transaction ends, and "
        "connection %llu (%s:%d) needs it",
        (unsigned long long)holder->base.number, holder->base.file != NULL ? holder->base.file : "?", holder->base.line,
        (unsigned long long)c->base.number, c->base.file != NULL ? c->base.file : "?", c->base.line);
    wefti_error_hint(error, "end the transaction of the other session first, or work in one session");
    return WEFT_ERROR_MISUSE;
}

weft_status wefti_sqlite_turn_take(wefti_sqlite_dbc *c, weft_error *error)
{
    wefti_sqlite_writers *writers = &c->config->writers;
    if (c->has_turn)
        return WEFT_OK;
    wefti_mutex_lock(&writers->mutex);
    bool mine = try_turn(writers, c, false);
    const wefti_sqlite_dbc *holder = writers->writer;
    /* Where the holder is this thread's it stays so while this thread is here. */
    bool own = !mine && wefti_atomic_load_u64(&holder->base.thread, WEFTI_RELAXED) == wefti_thread_number();
    if (!mine && !own)
        join_queue(writers, c);
    wefti_mutex_unlock(&writers->mutex);
    if (own)
        return refuse_own(c, holder, error);
    weft_status status = mine ? WEFT_OK : wait_for_turn(writers, c, error);
    c->has_turn = status == WEFT_OK;
    return status;
}

void wefti_sqlite_turn_give(wefti_sqlite_dbc *c)
{
    if (!c->has_turn)
        return;
    wefti_sqlite_writers *writers = &c->config->writers;
    c->has_turn = false;
    wefti_mutex_lock(&writers->mutex);
    wefti_sqlite_dbc *oldest = writers->oldest;
    writers->writer = NULL;
    if (oldest != NULL) {
        int64_t now = wefti_now_ns();
        bool hand_over = now - oldest->waiting_since_ns >= BARGE_NS;
        if (hand_over)
            writers->writer = oldest;
        if (hand_over || now - writers->nudged_ns >= NUDGE_NS) {
            writers->nudged_ns = now;
            wefti_event_signal(&oldest->turn);
        }
    }
    wefti_mutex_unlock(&writers->mutex);
}
