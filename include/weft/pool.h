/* The connection pool's knobs and figures. A pool belongs to an engine; the functions are in engine.h. */
#ifndef WEFT_POOL_H
#define WEFT_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/export.h>

WEFT_BEGIN_DECLS

/* In numeric options zero means the documented default, and this an explicit none: no overflow, do not wait, never retire. */
#define WEFT_NONE UINT32_MAX

/* Zero is the default everywhere. Times are in milliseconds; those below a floor are raised to it. */
typedef struct weft_pool_options {
    uint32_t size;            /* connections kept; default 10, at least 1, at most 1024 together with max_overflow. Too many threads
                                 on the server slow each other down: two to four times its cores is a good size */
    uint32_t max_overflow;    /* connections above size while threads wait, closed again when idle for overflow_idle_ms; default 5;
                                 WEFT_NONE: none. Lets a burst through without holding the server's slots for good */
    uint32_t timeout_ms;      /* longest wait for a connection; default 30 000; WEFT_NONE: do not wait for one that is in use
                                 (opening a connection is still waited for). Without it requests pile up behind a database that does
                                 not answer */
    uint32_t max_waiters;     /* threads that may wait at once; default 1024, at most 4096. One more fails at once with
                                 WEFT_ERROR_POOL_TIMEOUT: a full queue sheds load instead of growing */
    uint32_t connect_timeout_ms; /* one attempt to open; default 10 000, floor 250. A login that hangs holds a helper, never a
                                    borrower */
    uint32_t max_lifetime_ms; /* a connection older is closed when idle; default 1 800 000; WEFT_NONE: never; floor 1 000. Each
                                 connection's own is up to a tenth shorter, at random, so that they do not all end together.
                                 Prevents server memory growth, and finds new addresses after a failover */
    uint32_t idle_timeout_ms; /* an idle connection above min_idle is closed; default 600 000; WEFT_NONE: never; floor 1 000. Gives
                                 the server's slots back, and ends before firewalls forget the connection */
    uint32_t overflow_idle_ms; /* the same for connections above size; default 5 000; floor 100 */
    uint32_t min_idle;        /* connections opened ahead while idle ones are fewer (up to size); default 0. Keeps a first request
                                 after a quiet night from paying for the login */
    uint32_t keepalive_ms;    /* an idle connection is asked this often; default 120 000; WEFT_NONE: never; floor 1 000. Keeps
                                 firewalls from dropping it, and finds dead ones before a request does */
    uint32_t ping_after_ms;   /* a connection idle for longer is asked before it is given out; default 1 000; WEFT_NONE: never;
                                 floor 100. Prevents statements on a connection that died meanwhile; the window keeps busy ones from
                                 paying */
    uint32_t leak_after_ms;   /* a connection out for longer is reported once, with thread, file and line; default none; floor 100.
                                 Costs a reading of the kernel's last tick per checkout, so it may come 10 ms early */
    uint32_t reset_timeout_ms; /* the rollback of a connection that comes back in a transaction, and the answer of one that is
                                 asked; default 5 000; floor 100; then it is closed */
    uint32_t helper_threads;  /* at most this many threads open, ask and close connections; default 4, floor 3, at most 16.
                                 One of them is kept from logins and one from asking, so that neither kind holds up the other
                                 when it hangs. In-process databases (SQLite) need none */
    uint32_t barging_us;      /* how long a waiting thread may be overtaken by one that happens to find a connection, in
                                 microseconds, before connections are handed to it in order of arrival; default 200; WEFT_NONE:
                                 strictly in order, at the cost of a switch of threads per checkout */
    bool use_histogram;       /* measure how long connections are out; costs a clock read per checkout and return */
} weft_pool_options;

#define WEFT_POOL_BUCKETS 32

/* Bucket i counts spans of [2^i, 2^(i+1)) microseconds; bucket 0 also shorter ones, the last also longer ones. */
typedef struct weft_histogram {
    uint64_t count;
    uint64_t total_us;
    uint64_t max_us;
    uint64_t buckets[WEFT_POOL_BUCKETS];
} weft_histogram;

/* A picture taken without a lock: each number is exact, their sums may be a checkout apart. */
typedef struct weft_pool_stats {
    uint32_t size, max_overflow;
    uint32_t open;             /* connections that exist, also those being asked or closed */
    uint32_t idle, in_use, connecting;
    uint32_t waiting;          /* threads in line */
    uint32_t helpers;          /* helper threads running */
    bool suspended, closed;
    uint64_t generation;       /* of server losses and invalidations */
    uint64_t checkouts;        /* given out */
    uint64_t waits;            /* checkouts that had to wait, successful or not */
    uint64_t hand_offs;        /* connections handed from one thread to the oldest in line */
    uint64_t overtaken;        /* connections taken by a thread that came by while others stood in line: see barging_us */
    uint64_t timeouts;         /* waits that ended without a connection */
    uint64_t refused;          /* checkouts refused because max_waiters stood in line */
    uint64_t opened, closed_total, open_failures;
    uint64_t retired_lifetime, retired_idle, retired_generation, retired_broken;
    uint64_t pings, ping_failures;
    uint64_t resets, reset_failures;
    uint64_t leaks;            /* reported */
    weft_histogram wait;       /* of the checkouts that waited */
    weft_histogram use;        /* with .use_histogram */
} weft_pool_stats;

/* The span in microseconds below which the fraction (0 to 1) of the counted spans lies, rounded up to a bucket's end; 0 where
 * nothing was counted. Any thread. */
WEFT_API uint64_t weft_histogram_percentile(const weft_histogram *histogram, double fraction);

WEFT_END_DECLS

#endif
