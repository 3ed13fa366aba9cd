/* A server that logs its client in and then sends one message over and over, whatever the client does, until the client is gone. */
#ifndef WEFT_TESTS_DRIVER_FLOOD_H
#define WEFT_TESTS_DRIVER_FLOOD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct flood_message {
    const char *name;
    char type;
    const char *body;
    size_t body_size;
    size_t counter_at; /* eight letters of the body that differ each time; 0: none */
    size_t said_size;  /* the message says that it has so many bytes, and garbage follows; 0: it is what it is */
} flood_message;

typedef struct flood_server {
    const flood_message *message;
    const char *greeting; /* sent for the startup message; NULL: the flood begins there */
    size_t greeting_size;
    const char *preamble; /* sent for the first message after the login, before the flood */
    size_t preamble_size;
    bool at_once; /* the flood follows the greeting, whatever the client says */
    char folder[300];
    int listener;
    pthread_t thread;
    atomic_ullong sent_bytes;
} flood_server;

void flood_server_start(flood_server *server);
void flood_server_stop(flood_server *server); /* after the client has gone */

#endif
