/* What a server sends without being asked: notices, notifications, reports of parameters. None of it may pile up or keep a call.
 *
 * Notices go to the log as they come, a few per statement. Notifications are dropped: weft has no use for them, and libpq would
 * keep each until somebody asks. Reports of parameters libpq keeps by name; a login that brings more than any server has is ended.
 * So is a COPY during which more comes than notices and an end: libpq would keep it until the rows are sent. */
#define _GNU_SOURCE
#include "driver/postgres/postgres.h"

#include <string.h>
#include <sys/ioctl.h>

#define LOGIN_BYTES (1u << 20)    /* certificates and tickets are tens of kilobytes, reports of parameters some hundred bytes */
#define GREETING_BYTES (1u << 16) /* of it behind the password: libpq looks each parameter up among all that came before */
#define COPY_BYTES (1u << 18)
#define BRIEF_BYTES (1u << 17)
#define NOTIFIED_BYTES (1u << 24) /* with notifications, which waited for the end of a transaction and come with its ROLLBACK */
#define LEAST_BUFFER (1u << 14)   /* libpq's */

void wefti_postgres_copy_noticed(wefti_postgres_dbc *c, const PGresult *notice)
{
    size_t size = PQresultMemorySize(notice); /* more than what came over the wire */
    c->copy_bytes -= size < c->copy_bytes ? size : c->copy_bytes;
}

size_t wefti_postgres_drop_notifications(PGconn *pg)
{
    size_t bytes = 0;
    for (PGnotify *notify = PQnotifies(pg); notify != NULL; notify = PQnotifies(pg)) {
        bytes += strlen(notify->relname) + strlen(notify->extra) + 11; /* as they came over the wire */
        PQfreemem(notify);
    }
    return bytes;
}

/* An estimate that is not too high: libpq reads as much as its buffer holds, which grows by what is piling up in it. */
static size_t bytes_waiting(PGconn *pg, size_t piled)
{
    int waiting = 0;
    if (ioctl(PQsocket(pg), FIONREAD, &waiting) != 0 || waiting <= 0)
        return 0;
    return (size_t)waiting < LEAST_BUFFER + piled ? (size_t)waiting : LEAST_BUFFER + piled;
}

bool wefti_postgres_login_within_bounds(PGconn *pg, size_t *bytes)
{
    if (PQstatus(pg) == CONNECTION_AUTH_OK && *bytes < LOGIN_BYTES - GREETING_BYTES)
        *bytes = LOGIN_BYTES - GREETING_BYTES;
    *bytes += bytes_waiting(pg, 0);
    return *bytes <= LOGIN_BYTES;
}

weft_status wefti_postgres_copy_within_bounds(wefti_postgres_dbc *c, weft_error *error)
{
    c->copy_bytes += bytes_waiting(c->pg, c->copy_bytes);
    if (c->copy_bytes <= COPY_BYTES)
        return WEFT_OK;
    c->broken = true;
    return wefti_error_set(error, WEFT_ERROR_PROTOCOL, "PostgreSQL sends without end while rows are copied");
}

weft_status wefti_postgres_brief_within_bounds(wefti_postgres_dbc *c, weft_error *error)
{
    c->brief_bytes += bytes_waiting(c->pg, 0);
    if (c->brief_bytes <= BRIEF_BYTES + c->brief_notified && c->brief_bytes <= NOTIFIED_BYTES)
        return WEFT_OK;
    c->broken = true;
    return wefti_error_set(error, WEFT_ERROR_PROTOCOL, "PostgreSQL sends without end and does not answer");
}
