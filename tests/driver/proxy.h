/* Something between the driver and the test server that knows where messages begin, and breaks the one that is wanted. */
#ifndef WEFT_TESTS_DRIVER_PROXY_H
#define WEFT_TESTS_DRIVER_PROXY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

typedef enum proxy_fault {
    PROXY_PASS,
    PROXY_CUT,        /* the connection ends before the message */
    PROXY_CUT_INSIDE, /* in the middle of it */
    PROXY_STALL,      /* the first half of it comes, and then nothing more, also to the server */
    PROXY_SHORT,      /* its length says 3, which no message can have */
    PROXY_LONG,       /* its length says 1 GB */
    PROXY_TYPE,       /* a type that no message has */
    PROXY_FIELDS,     /* its first two bytes, the number of fields where there are any, say 32767 */
    PROXY_TWICE       /* it comes twice */
} proxy_fault;

#define PROXY_PAIRS 16

typedef struct proxy_pair {
    int client, server;  /* -1: free */
    unsigned char *held; /* of the server's, up to the end of a message */
    size_t held_size, held_capacity;
    int stalled;
    int started; /* the client's first message has passed */
} proxy_pair;

typedef struct proxy {
    char folder[300]; /* of its socket */
    int listener, wake[2];
    pthread_t thread;
    atomic_int fault; /* armed */
    atomic_int type;  /* of the message; 0: any */
    atomic_int countdown;
    atomic_int done;            /* faults that happened */
    atomic_int logins;          /* connections taken */
    const char *refused_option; /* logins whose startup message contains it are answered with 42704; const after start */
    atomic_int refusals;
    proxy_pair pairs[PROXY_PAIRS]; /* its thread's */
} proxy;

/* The test server stands behind it. */
void proxy_start(proxy *p, const char *refused_option);
void proxy_stop(proxy *p);
/* The nth message (from 1) of this type that comes from the server from now on. */
void proxy_arm(proxy *p, proxy_fault fault, char type, int nth);
/* What to append to the URL of a test_database to go through it. */
void proxy_url(const proxy *p, char *more, size_t size);

#endif
