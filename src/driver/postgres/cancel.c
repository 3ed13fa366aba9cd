/* Ending a statement that was given up, so that its connection can be kept. libpq's own request for it (PQcancel) blocks without a
 * limit, and sends the session's key in the clear. Instead another connection logs in at the same address, without blocking and
 * against the deadline like any other, and asks for pg_cancel_backend.
 *
 * A number of a process means something on one server only. Behind a pooler it is not the server's, and behind an address that
 * several servers share it may be another session's there: nothing is asked where a pooler is known, and the server is asked to end
 * only a session of the same user from the same port. Where that is not found the connection is closed, and the server sees by
 * itself that its client has gone. */
#define _GNU_SOURCE
#include "driver/postgres/postgres.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define OWN_SETTINGS 4

/* What pg_stat_activity calls client_port: -1 on a unix socket. */
static int local_port(PGconn *pg)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_storage room;
    } address = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t size = sizeof address;
    if (getsockname(PQsocket(pg), &address.any, &size) != 0)
        return 0;
    if (address.any.sa_family == AF_INET)
        return ntohs(address.v4.sin_port);
    return address.any.sa_family == AF_INET6 ? ntohs(address.v6.sin6_port) : -1;
}

/* Logs in where c is logged in. No name is looked up: the address is known. */
static weft_status log_in_beside(const wefti_postgres_dbc *c, wefti_postgres_dbc *beside, wefti_deadline deadline,
                                 weft_error *error)
{
    wefti_postgres_config *config = c->config;
    size_t room = config->keyword_count + OWN_SETTINGS + 1, count;
    const char **keywords = wefti_calloc(2 * room, sizeof *keywords), **values = keywords + room;
    if (keywords == NULL)
        return wefti_error_memory(error);
    wefti_postgres_attempt_values(config, 0, 0, values);
    for (count = 0; config->keywords[count] != NULL; count++)
        keywords[count] = config->keywords[count];
    const char *own[OWN_SETTINGS][2] = {{"host", PQhost(c->pg)},
                                        {"hostaddr", PQhostaddr(c->pg)},
                                        {"port", PQport(c->pg)},
                                        {"target_session_attrs", "any"}};
    for (size_t i = 0; i < OWN_SETTINGS; i++) { /* of a keyword that stands twice the last counts */
        keywords[count] = own[i][0];
        values[count++] = own[i][1] != NULL ? own[i][1] : "";
    }
    weft_status status = wefti_postgres_log_in_once(beside, keywords, values, deadline, error);
    wefti_free(keywords);
    return status;
}

weft_status wefti_postgres_canceller_open(const wefti_postgres_dbc *c, wefti_postgres_dbc *canceller, wefti_deadline deadline,
                                          weft_error *error)
{
    *canceller = (wefti_postgres_dbc){.config = c->config, .dbc = c->dbc};
    if (c->config->pooled || atomic_load_explicit(&c->config->pooler_seen, memory_order_relaxed))
        return wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "behind a pooler no session can be told to end its statement");
    return log_in_beside(c, canceller, deadline, error);
}

weft_status wefti_postgres_cancel(const wefti_postgres_dbc *c, wefti_postgres_dbc *canceller, wefti_deadline deadline,
                                  weft_error *error)
{
    char sql[256];
    PGresult *result = NULL;
    (void)snprintf(sql, sizeof sql,
                   "SELECT pg_catalog.pg_cancel_backend(pid) FROM pg_catalog.pg_stat_activity "
                   "WHERE pid = %d AND client_port = %d AND usename = session_user",
                   PQbackendPID(c->pg), local_port(c->pg));
    canceller->turns = 0;
    weft_status status = wefti_postgres_command(canceller, sql, deadline, &result, error);
    if (status == WEFT_OK && PQntuples(result) != 1)
        status = wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "the session of a statement was not found on its server");
    PQclear(result);
    return status;
}

void wefti_postgres_canceller_close(wefti_postgres_dbc *canceller)
{
    PQfinish(canceller->pg);
    canceller->pg = NULL;
}
