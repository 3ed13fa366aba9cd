/* See proxy.h. A table of pairs and one poll loop; bytes go through a buffer on the stack, so a slow reader holds all of them up,
 * which is a fault like the others. */
#define _GNU_SOURCE
#include "proxy.h"

#include "measure.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MOST_PAIRS = 256, LOOK_MS = 20 };
#define FAULT_NS INT64_C(1000000000)

typedef enum fate { PASS, HANG, STALL, BREAK } fate;

typedef struct pair {
    int client, server; /* -1: none */
    fate fate;
    int64_t bytes_left; /* until the fate of STALL and BREAK comes about */
    int64_t until_ns;   /* 0: its time has not come */
} pair;

struct stress_proxy {
    pthread_t thread;
    int listener;
    char socket_path[108];
    uint64_t random;
    atomic_bool mended, stop;
    atomic_int open_count;
    stress_proxy_counts counts; /* the thread's */
    int pair_count;
    pair pairs[MOST_PAIRS];
};

static int connect_server(const stress_proxy *p)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, p->socket_path, sizeof address.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static fate draw_fate(stress_proxy *p)
{
    int64_t drawn = atomic_load(&p->mended) ? 100 : stress_pick(&p->random, 100);
    return drawn <= 8 ? HANG : drawn <= 16 ? STALL : drawn <= 32 ? BREAK : PASS;
}

static void count_fate(stress_proxy *p, fate f)
{
    p->counts.hung += f == HANG;
    p->counts.stalled += f == STALL;
    p->counts.broken += f == BREAK;
    p->counts.passed += f == PASS;
}

static void take_in(stress_proxy *p)
{
    int client = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0)
        return;
    bool refused = p->pair_count == MOST_PAIRS || (!atomic_load(&p->mended) && stress_pick(&p->random, 100) <= 10);
    pair new = {.client = client, .server = -1, .fate = draw_fate(p), .bytes_left = stress_pick(&p->random, 4000)};
    if (!refused && new.fate != HANG)
        refused = (new.server = connect_server(p)) < 0;
    if (refused) {
        p->counts.refused++;
        close(client);
        return;
    }
    count_fate(p, new.fate);
    if (new.fate == HANG)
        new.until_ns = stress_now_ns() + FAULT_NS;
    else
        atomic_fetch_add(&p->open_count, 1);
    p->pairs[p->pair_count++] = new;
}

static void drop(stress_proxy *p, int at)
{
    pair *gone = &p->pairs[at];
    close(gone->client);
    if (gone->server >= 0) {
        close(gone->server);
        atomic_fetch_sub(&p->open_count, 1);
    }
    *gone = p->pairs[--p->pair_count];
}

static bool send_all(int fd, const char *data, ssize_t size)
{
    for (ssize_t sent; size > 0; data += sent, size -= sent)
        if ((sent = send(fd, data, (size_t)size, MSG_NOSIGNAL)) <= 0)
            return false;
    return true;
}

/* One piece of what has arrived. False: the pair is over. */
static bool move(const stress_proxy *p, pair *moved, int from, int to)
{
    char data[8192];
    ssize_t size = recv(from, data, sizeof data, MSG_DONTWAIT);
    if (size < 0)
        return errno == EAGAIN || errno == EINTR;
    if (size == 0)
        return false;
    bool faulty = (moved->fate == STALL || moved->fate == BREAK) && !atomic_load(&p->mended);
    if (faulty && size >= moved->bytes_left)
        size = moved->bytes_left;
    if (to >= 0 && !send_all(to, data, size))
        return false;
    moved->bytes_left -= faulty ? size : 0;
    if (faulty && moved->bytes_left == 0) {
        if (moved->fate == BREAK)
            return false;
        moved->until_ns = stress_now_ns() + FAULT_NS;
    }
    return true;
}

static bool serve(const stress_proxy *p, pair *served, short client_events, short server_events)
{
    if (served->until_ns != 0) /* hangs or stalls: only its end is looked for */
        return stress_now_ns() < served->until_ns && (client_events & (POLLHUP | POLLERR | POLLRDHUP)) == 0;
    if (client_events != 0 && !move(p, served, served->client, served->server))
        return false;
    return server_events == 0 || served->until_ns != 0 || move(p, served, served->server, served->client);
}

static void *run(void *argument)
{
    stress_proxy *p = argument;
    struct pollfd fds[1 + 2 * MOST_PAIRS];
    while (!atomic_load(&p->stop)) {
        int pairs = p->pair_count;
        fds[0] = (struct pollfd){.fd = p->listener, .events = POLLIN};
        for (int i = 0; i < pairs; i++) {
            bool waits = p->pairs[i].until_ns != 0;
            fds[1 + 2 * i] = (struct pollfd){.fd = p->pairs[i].client, .events = waits ? POLLRDHUP : POLLIN | POLLRDHUP};
            fds[2 + 2 * i] = (struct pollfd){.fd = waits ? -1 : p->pairs[i].server, .events = POLLIN};
        }
        if (poll(fds, 1 + 2 * (nfds_t)pairs, LOOK_MS) < 0 && errno != EINTR)
            break;
        for (int i = pairs - 1; i >= 0; i--) /* backwards: drop moves the last one, which has been served, into the gap */
            if (!serve(p, &p->pairs[i], fds[1 + 2 * i].revents, fds[2 + 2 * i].revents))
                drop(p, i);
        if (fds[0].revents != 0)
            take_in(p);
    }
    while (p->pair_count > 0)
        drop(p, p->pair_count - 1);
    return NULL;
}

static int listen_anywhere(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 128) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        perror("proxy");
        if (fd >= 0)
            close(fd);
        return -1;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

bool stress_proxy_open(stress_proxy **proxy, const char *socket_path, uint64_t seed, uint16_t *port)
{
    stress_proxy *p = calloc(1, sizeof *p);
    if (p == NULL || strlen(socket_path) >= sizeof p->socket_path || (p->listener = listen_anywhere(port)) < 0) {
        fprintf(stderr, "no proxy in front of %s\n", socket_path);
        free(p);
        return false;
    }
    memcpy(p->socket_path, socket_path, strlen(socket_path) + 1);
    p->random = seed;
    if (pthread_create(&p->thread, NULL, run, p) != 0) {
        close(p->listener);
        free(p);
        return false;
    }
    *proxy = p;
    return true;
}

void stress_proxy_mend(stress_proxy *proxy) { atomic_store(&proxy->mended, true); }

int stress_proxy_open_count(stress_proxy *proxy) { return atomic_load(&proxy->open_count); }

void stress_proxy_close(stress_proxy *proxy, stress_proxy_counts *counts)
{
    atomic_store(&proxy->stop, true);
    pthread_join(proxy->thread, NULL);
    close(proxy->listener);
    if (counts != NULL)
        *counts = proxy->counts;
    free(proxy);
}
