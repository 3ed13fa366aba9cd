/* A bad network: a TCP proxy of one thread in front of a PostgreSQL server's unix socket. Of the connections made through it some
 * are refused, some hang before the first byte, some stall or break after a random number of bytes; the rest pass. What hangs or
 * stalls is closed after a second. */
#ifndef STRESS_PROXY_H
#define STRESS_PROXY_H

#include <stdbool.h>
#include <stdint.h>

typedef struct stress_proxy stress_proxy;

typedef struct stress_proxy_counts {
    uint64_t passed, refused, hung, stalled, broken;
} stress_proxy_counts;

/* socket_path is the server's; port is the proxy's, on 127.0.0.1. False after a message. */
bool stress_proxy_open(stress_proxy **proxy, const char *socket_path, uint64_t seed, uint16_t *port);
/* From now on connections pass and stay; faults under way end within a second. */
void stress_proxy_mend(stress_proxy *proxy);
/* Connections that stand between a client and the server. */
int stress_proxy_open_count(stress_proxy *proxy);
/* Closes all of them and ends the thread; counts may be NULL. */
void stress_proxy_close(stress_proxy *proxy, stress_proxy_counts *counts);

#endif
