/* One thread, one client: reads its startup message, greets, waits for its next bytes, and floods. What the client sends is read
 * only as far as that: one that sends much is blocked. */
#define _GNU_SOURCE
#include "flood.h"

#include "postgres_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define BLOCK_SIZE 65536

static size_t put_message(const flood_message *m, unsigned char *to, unsigned long number)
{
    size_t said = (m->said_size != 0 ? m->said_size : m->body_size) + 4;
    char letters[9];
    to[0] = (unsigned char)m->type;
    to[1] = (unsigned char)(said >> 24);
    to[2] = (unsigned char)(said >> 16);
    to[3] = (unsigned char)(said >> 8);
    to[4] = (unsigned char)said;
    memcpy(to + 5, m->body, m->body_size);
    if (m->counter_at != 0) {
        (void)snprintf(letters, sizeof letters, "%08lx", number & 0xffffffffu);
        memcpy(to + 5 + m->counter_at, letters, 8);
    }
    return m->body_size + 5;
}

static void flood(flood_server *server, int connection)
{
    static unsigned char block[BLOCK_SIZE];
    const flood_message *m = server->message;
    unsigned long number = 0;
    for (bool gone = false, first = true; !gone; first = false) {
        size_t used = 0;
        if (m->said_size != 0 && !first)
            memset(block, 'x', used = BLOCK_SIZE);
        else
            do
                used += put_message(m, block + used, number++);
            while (m->said_size == 0 && used + m->body_size + 5 <= BLOCK_SIZE);
        for (size_t at = 0; at < used && !gone;) {
            ssize_t sent = send(connection, block + at, used - at, MSG_NOSIGNAL);
            gone = sent <= 0;
            at += gone ? 0 : (size_t)sent;
            atomic_fetch_add(&server->sent_bytes, gone ? 0 : (unsigned long long)sent);
        }
    }
}

static void *serve(void *context)
{
    flood_server *server = context;
    char bytes[8192];
    int connection = accept(server->listener, NULL, NULL);
    if (connection < 0 || recv(connection, bytes, sizeof bytes, 0) <= 0)
        return NULL;
    if (server->greeting != NULL) {
        (void)!send(connection, server->greeting, server->greeting_size, MSG_NOSIGNAL);
        if (!server->at_once && recv(connection, bytes, sizeof bytes, 0) > 0 && server->preamble != NULL)
            (void)!send(connection, server->preamble, server->preamble_size, MSG_NOSIGNAL);
    }
    flood(server, connection);
    (void)close(connection);
    return NULL;
}

void flood_server_start(flood_server *server)
{
    server->listener = silent_server_start(server->folder, sizeof server->folder);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

void flood_server_stop(flood_server *server)
{
    (void)shutdown(server->listener, SHUT_RDWR);
    assert_int_equal(pthread_join(server->thread, NULL), 0);
    (void)close(server->listener);
}
