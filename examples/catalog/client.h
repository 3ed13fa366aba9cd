/* An HTTP client on plain sockets that keeps its connection: enough to load the server and to look at its answers. */
#ifndef CATALOG_CLIENT_H
#define CATALOG_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Client {
    uint16_t port;
    int socket; /* -1 between connections */
    char *data; /* the last answer: headers, an empty line, body; NUL-terminated */
    size_t size, capacity;
} Client;

typedef struct Answer {
    int status;         /* 0 where there was no answer */
    int64_t statements; /* X-Weft-Statements, or -1 */
    const char *body;   /* until the next request */
    size_t body_size;
} Answer;

void client_init(Client *client, uint16_t port);
void client_deinit(Client *client);
/* Sends "GET target" (or another method) and reads the answer; connects anew where the connection was closed. */
Answer client_request(Client *client, const char *method, const char *target);

#endif
