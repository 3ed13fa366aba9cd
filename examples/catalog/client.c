/* A blocking HTTP/1.1 client for answers with Content-Length, which are all that the server sends. */
#define _POSIX_C_SOURCE 200809L
#include "client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_TIMEOUT_SECONDS = 30, ANSWER_LIMIT_BYTES = 64 << 20 };

void client_init(Client *client, uint16_t port) { *client = (Client){.port = port, .socket = -1}; }

static void disconnect(Client *client)
{
    if (client->socket >= 0) {
        close(client->socket);
        client->socket = -1;
    }
}

void client_deinit(Client *client)
{
    disconnect(client);
    free(client->data);
    client->data = NULL;
}

static bool connect_client(Client *client)
{
    if (client->socket >= 0) {
        return true;
    }
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(client->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval timeout = {.tv_sec = ANSWER_TIMEOUT_SECONDS};
    int on = 1;
    client->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (client->socket < 0) {
        return false;
    }
    setsockopt(client->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(client->socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    if (connect(client->socket, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        disconnect(client);
        return false;
    }
    return true;
}

static bool send_all(Client *client, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(client->socket, text, size, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        text += sent;
        size -= (size_t)sent;
    }
    return true;
}

/* Reads until the answer has at least this many bytes. */
static bool read_up_to(Client *client, size_t wanted)
{
    while (client->size < wanted) {
        if (client->size + 1 >= client->capacity) {
            size_t capacity = client->capacity == 0 ? 65536 : 2 * client->capacity;
            char *grown = capacity <= ANSWER_LIMIT_BYTES ? realloc(client->data, capacity) : NULL;
            if (grown == NULL) {
                return false;
            }
            client->data = grown;
            client->capacity = capacity;
        }
        ssize_t got = recv(client->socket, client->data + client->size, client->capacity - client->size - 1, 0);
        if (got <= 0) {
            return false;
        }
        client->size += (size_t)got;
        client->data[client->size] = '\0';
    }
    return true;
}

/* The number in a header of the answer, or -1. */
static int64_t header_number(const char *headers, const char *name)
{
    size_t size = strlen(name);
    for (const char *line = strstr(headers, "\r\n"); line != NULL && line[2] != '\r'; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, size) == 0 && line[2 + size] == ':') {
            return strtoll(line + 2 + size + 1, NULL, 10);
        }
    }
    return -1;
}

static Answer exchange(Client *client, const char *method, const char *target)
{
    char head[1024];
    int size = snprintf(head, sizeof(head), "%s %s HTTP/1.1\r\nHost: localhost\r\n\r\n", method, target);
    if (size < 0 || (size_t)size >= sizeof(head) || !connect_client(client) || !send_all(client, head, (size_t)size)) {
        return (Answer){0};
    }
    client->size = 0;
    const char *end = NULL;
    while (end == NULL) {
        if (!read_up_to(client, client->size + 1)) {
            return (Answer){0};
        }
        end = strstr(client->data, "\r\n\r\n");
    }
    size_t head_size = (size_t)(end - client->data) + 4;
    int64_t length = header_number(client->data, "Content-Length");
    bool bodyless = strcmp(method, "HEAD") == 0;
    if (length < 0 || strncmp(client->data, "HTTP/1.1 ", 9) != 0 ||
        (!bodyless && !read_up_to(client, head_size + (size_t)length))) {
        return (Answer){0};
    }
    return (Answer){
        .status = (int)strtol(client->data + 9, NULL, 10),
        .statements = header_number(client->data, "X-Weft-Statements"),
        .body = client->data + head_size,
        .body_size = bodyless ? 0 : (size_t)length,
    };
}

Answer client_request(Client *client, const char *method, const char *target)
{
    bool kept = client->socket >= 0;
    Answer answer = exchange(client, method, target);
    if (answer.status == 0) {
        disconnect(client);
        if (kept) { /* the server may have closed a connection that was idle: once more on a new one */
            answer = exchange(client, method, target);
        }
    }
    if (answer.status == 0) {
        disconnect(client);
    }
    return answer;
}
