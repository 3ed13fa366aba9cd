/* The HTTP server: a thread pool on loopback. */
#ifndef CATALOG_HTTP_H
#define CATALOG_HTTP_H

#include "catalog.h"

typedef struct HttpServer HttpServer;

/* Serves a catalogue on 127.0.0.1; port 0 takes any free one. NULL with a message where it cannot. */
HttpServer *http_start(Catalog *catalog, uint16_t port, unsigned threads, char message[256]);
uint16_t http_port(const HttpServer *server);
/* Ends the threads; requests under way are finished. NULL is allowed. */
void http_stop(HttpServer *server);

#endif
