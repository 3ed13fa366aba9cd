/* A PostgreSQL server of the test's own, for what cannot be done to one that others use: restarts, signals, settings of the login.
 * A shell keeps it (scripts/lib/postgres.sh) and stops it when this process ends, however it ends. The test may signal its
 * processes: it runs as root, or the server runs as the same user. */
#ifndef WEFT_TESTS_DRIVER_SERVER_H
#define WEFT_TESTS_DRIVER_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "support/support.h"

typedef struct pg_server {
    char folder[256]; /* its data lie in data/, its socket is here */
    int port;
    int keeper_in; /* the keeper stops the server when this is closed */
    pid_t keeper;
    test_database database; /* a schema beside weft: for test_database_exec and the like as its superuser */
} pg_server;

/* settings: "max_connections=20 ssl=on", or NULL. tcp: it listens on 127.0.0.1 too. test_pg_url() is its database afterwards. */
void pg_server_start(pg_server *server, const char *settings, bool tcp);
void pg_server_stop(pg_server *server);
/* A function of scripts/lib/postgres.sh with its arguments; it must succeed. */
void pg_server_shell(const pg_server *server, const char *command);
/* The first lines of who may log in how; the server is told. */
void pg_server_set_hba(const pg_server *server, const char *lines);
/* A URL of the server for this user ("name", "name:password"), with more options ("&x=y") or "". */
void pg_server_url(const pg_server *server, const char *user, const char *more, char *url, size_t size);
pid_t pg_server_postmaster(const pg_server *server);
/* Waits until a query on the server gives true. */
void pg_server_wait_until(const pg_server *server, const char *query);

#endif
