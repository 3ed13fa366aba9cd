/* One thread, which polls all connections. What comes from the server is passed on message by message, so that a fault hits exactly
 * one; what comes from the client passes as it is. */
#define _GNU_SOURCE
#include "proxy.h"

#include "postgres_support.h"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <netdb.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static int dial_unix(const char *folder, const char *port)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.%s", folder, port);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (length > 0 && (size_t)length < sizeof address.sun_path && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static int dial_tcp(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int fd = -1;
    if (getaddrinfo(host, port, &hints, &found) != 0)
        return -1;
    for (const struct addrinfo *a = found; a != NULL && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
            (void)close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

static int dial_server(void)
{
    char host[300], port[32];
    test_server_address(host, sizeof host, port, sizeof port);
    return host[0] == '/' ? dial_unix(host, port) : dial_tcp(host, port);
}

static void put(int fd, const unsigned char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes += sent;
        size -= (size_t)sent;
    }
}

static void end_pair(proxy_pair *pair)
{
    (void)close(pair->client);
    (void)close(pair->server);
    free(pair->held);
    *pair = (proxy_pair){.client = -1, .server = -1};
}

static void accept_client(proxy *p)
{
    int client = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
    proxy_pair *pair = NULL;
    for (size_t i = 0; i < PROXY_PAIRS && pair == NULL; i++)
        if (p->pairs[i].client < 0)
            pair = &p->pairs[i];
    int server = pair != NULL ? dial_server() : -1;
    if (server < 0) {
        (void)close(client);
        return;
    }
    *pair = (proxy_pair){.client = client, .server = server};
    atomic_fetch_add(&p->logins, 1);
}

static const unsigned char refusal[] = "E\0\0\0\43SFATAL\0VFATAL\0C42704\0Mno such\0\0";

static void from_client(proxy *p, proxy_pair *pair)
{
    unsigned char bytes[8192];
    ssize_t size = recv(pair->client, bytes, sizeof bytes, 0);
    if (size <= 0) {
        end_pair(pair);
        return;
    }
    if (!pair->started && p->refused_option != NULL &&
        memmem(bytes, (size_t)size, p->refused_option, strlen(p->refused_option)) != NULL) {
        atomic_fetch_add(&p->refusals, 1);
        put(pair->client, refusal, sizeof refusal - 1);
        end_pair(pair);
        return;
    }
    pair->started = 1;
    if (!pair->stalled)
        put(pair->server, bytes, (size_t)size);
}

/* Sends one message on, or breaks it; false where that ended the connection. */
static bool pass_message(proxy *p, proxy_pair *pair, unsigned char *message, size_t size)
{
    int type = atomic_load(&p->type);
    proxy_fault fault = (proxy_fault)atomic_load(&p->fault);
    if (fault == PROXY_PASS || (type != 0 && type != message[0]) || atomic_fetch_sub(&p->countdown, 1) != 1) {
        put(pair->client, message, size);
        return true;
    }
    atomic_store(&p->fault, PROXY_PASS);
    atomic_fetch_add(&p->done, 1); /* before the client can see it */
    switch (fault) {
    case PROXY_CUT_INSIDE:
    case PROXY_STALL: put(pair->client, message, 5 + (size - 5) / 2); break;
    case PROXY_SHORT: memcpy(message + 1, "\0\0\0\3", 4); break;
    case PROXY_LONG: memcpy(message + 1, "\x40\0\0\0", 4); break;
    case PROXY_TYPE: message[0] = '!'; break;
    case PROXY_FIELDS: memcpy(message + 5, "\x7f\xff", size >= 7 ? 2 : size - 5); break;
    case PROXY_TWICE: put(pair->client, message, size); break;
    default: break;
    }
    bool ends = fault == PROXY_CUT || fault == PROXY_CUT_INSIDE;
    if (ends)
        end_pair(pair);
    else if (fault == PROXY_STALL)
        pair->stalled = 1;
    else
        put(pair->client, message, size);
    return !ends;
}

static void from_server(proxy *p, proxy_pair *pair)
{
    if (pair->held_capacity - pair->held_size < 8192) {
        pair->held_capacity = pair->held_capacity * 2 + 8192;
        pair->held = realloc(pair->held, pair->held_capacity);
    }
    ssize_t got = recv(pair->server, pair->held + pair->held_size, pair->held_capacity - pair->held_size, 0);
    if (got <= 0) {
        end_pair(pair);
        return;
    }
    pair->held_size += (size_t)got;
    size_t at = 0;
    while (pair->held_size - at >= 5) {
        const unsigned char *m = pair->held + at;
        size_t size = 1 + ((size_t)m[1] << 24 | (size_t)m[2] << 16 | (size_t)m[3] << 8 | m[4]);
        if (pair->held_size - at < size)
            break;
        if (!pair->stalled && !pass_message(p, pair, pair->held + at, size))
            return;
        at += size;
    }
    memmove(pair->held, pair->held + at, pair->held_size - at);
    pair->held_size -= at;
}

static void *serve(void *context)
{
    proxy *p = context;
    for (;;) {
        struct pollfd fds[2 + 2 * PROXY_PAIRS] = {{.fd = p->wake[0], .events = POLLIN}, {.fd = p->listener, .events = POLLIN}};
        for (size_t i = 0; i < PROXY_PAIRS; i++) {
            fds[2 + 2 * i] = (struct pollfd){.fd = p->pairs[i].client, .events = POLLIN};
            fds[3 + 2 * i] = (struct pollfd){.fd = p->pairs[i].server, .events = POLLIN};
        }
        (void)poll(fds, 2 + 2 * PROXY_PAIRS, -1);
        if (fds[0].revents != 0)
            break;
        for (size_t i = 0; i < PROXY_PAIRS; i++) {
            if (fds[2 + 2 * i].revents != 0 && p->pairs[i].client >= 0)
                from_client(p, &p->pairs[i]);
            if (fds[3 + 2 * i].revents != 0 && p->pairs[i].client >= 0)
                from_server(p, &p->pairs[i]);
        }
        if (fds[1].revents != 0)
            accept_client(p);
    }
    for (size_t i = 0; i < PROXY_PAIRS; i++)
        if (p->pairs[i].client >= 0)
            end_pair(&p->pairs[i]);
    return NULL;
}

void proxy_start(proxy *p, const char *refused_option)
{
    memset(p, 0, sizeof *p);
    p->refused_option = refused_option;
    for (size_t i = 0; i < PROXY_PAIRS; i++)
        p->pairs[i].client = p->pairs[i].server = -1;
    p->listener = silent_server_start(p->folder, sizeof p->folder);
    assert_int_equal(pipe(p->wake), 0);
    assert_int_equal(pthread_create(&p->thread, NULL, serve, p), 0);
}

void proxy_stop(proxy *p)
{
    assert_int_equal(write(p->wake[1], "", 1), 1);
    assert_int_equal(pthread_join(p->thread, NULL), 0);
    (void)close(p->wake[0]);
    (void)close(p->wake[1]);
    (void)close(p->listener);
}

void proxy_arm(proxy *p, proxy_fault fault, char type, int nth)
{
    atomic_store(&p->type, type);
    atomic_store(&p->countdown, nth);
    atomic_store(&p->fault, (int)fault);
}

void proxy_url(const proxy *p, char *more, size_t size)
{
    (void)snprintf(more, size, "&host=%s&port=5432&sslmode=disable&gssencmode=disable", p->folder);
}
