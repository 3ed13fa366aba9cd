/* Opening and closing connections. Login runs without blocking against a deadline, of which each host of the URL has a share; name
 * resolution inside libpq may block, which is why the pool opens on its helper threads. A connection of another process is never
 * spoken on: closing it there gives up this process's descriptor and leaves the session to its owner. */
#define _GNU_SOURCE
#include "driver/postgres/postgres.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static weft_status login_late(PGconn *pg, weft_error *error)
{
    return wefti_error_set(error, WEFT_ERROR_TIMEOUT, "the deadline passed while connecting to PostgreSQL at %s, port %s",
                           PQhost(pg) != NULL ? PQhost(pg) : "?", PQport(pg) != NULL ? PQport(pg) : "?");
}

/* Waits for what the login waits for. Neither a server that is silent nor one that sends without end keeps it. */
static weft_status await_login(PGconn *pg, bool reading, wefti_deadline deadline, size_t *bytes, weft_error *error)
{
    struct pollfd fd = {.fd = PQsocket(pg), .events = reading ? POLLIN : POLLOUT};
    if (wefti_deadline_passed(deadline))
        return login_late(pg, error);
    weft_status status = wefti_postgres_poll(&fd, deadline);
    if (status == WEFT_ERROR_TIMEOUT)
        return login_late(pg, error);
    if (status == WEFT_ERROR_CLOSED)
        return wefti_error_set(error, status, "given up connecting to PostgreSQL: the pool is closing");
    if (status != WEFT_OK)
        return wefti_error_set(error, WEFT_ERROR_CONNECT, "poll failed while connecting to PostgreSQL: error %d", errno);
    if (!wefti_postgres_login_within_bounds(pg, bytes))
        return wefti_error_set(error, WEFT_ERROR_PROTOCOL, "the login at %s, port %s sends without end",
                               PQhost(pg) != NULL ? PQhost(pg) : "?", PQport(pg) != NULL ? PQport(pg) : "?");
    return WEFT_OK;
}

static weft_status finish_login(const wefti_postgres_config *config, PGconn *pg, wefti_deadline deadline, weft_error *error)
{
    PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
    size_t bytes = 0;
    while (wanted != PGRES_POLLING_OK) {
        if (wanted == PGRES_POLLING_FAILED)
            return wefti_postgres_login_error(config, pg, error);
        weft_status status = await_login(pg, wanted == PGRES_POLLING_READING, deadline, &bytes, error);
        if (status != WEFT_OK)
            return status;
        wanted = wefti_pq_connect_poll(pg);
        if (PQstatus(pg) == CONNECTION_AUTH_OK) /* before, nothing but the login's own messages may be read */
            (void)wefti_postgres_drop_notifications(pg);
    }
    return WEFT_OK;
}

static bool is_local(const char *host)
{
    return host == NULL || host[0] == '/' || host[0] == '@' || host[0] == '\0' || strcmp(host, "localhost") == 0 ||
           strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

/* libpq's default, sslmode=prefer, goes on in the clear where the server, or someone in between, says that it has no TLS. */
static void warn_of_clear_text(const wefti_postgres_dbc *c)
{
    wefti_postgres_config *config = c->config;
    if (PQsslInUse(c->pg) || is_local(PQhost(c->pg)))
        return;
    for (size_t i = 0; config->keywords[i] != NULL; i++)
        if (strcmp(config->keywords[i], "sslmode") == 0 || strcmp(config->keywords[i], "gssencmode") == 0)
            return;
    if (!atomic_exchange_explicit(&config->clear_text_seen, true, memory_order_relaxed))
        wefti_log_text(&config->log, WEFT_LOG_WARNING, WEFT_LOG_GENERAL,
                       "PostgreSQL: the connection to %s is not encrypted; say sslmode=verify-full (or disable) in the URL",
                       PQhost(c->pg));
}

/* Poolers follow these two from one server connection to the next (they are reported to clients); bytes are read in both forms. */
#define POOLED_SETTINGS "SET timezone = 'UTC'; SET datestyle = 'ISO'"

/* Verbose messages during the login carry the SQLSTATE, which libpq gives in no other way there. */
weft_status wefti_postgres_log_in_once(wefti_postgres_dbc *c, const char *const *keywords, const char *const *values,
                                       wefti_deadline deadline, weft_error *error)
{
    c->pg = wefti_pq_connect(keywords, values);
    if (c->pg == NULL)
        return wefti_error_memory(error);
    (void)PQsetNoticeReceiver(c->pg, wefti_postgres_notice, c);
    if (PQstatus(c->pg) == CONNECTION_BAD)
        return wefti_postgres_login_error(c->config, c->pg, error);
    (void)PQsetErrorVerbosity(c->pg, PQERRORS_VERBOSE);
    weft_status status = finish_login(c->config, c->pg, deadline, error);
    if (status != WEFT_OK)
        return status;
    (void)PQsetErrorVerbosity(c->pg, PQERRORS_DEFAULT);
    if (PQsetnonblocking(c->pg, 1) != 0)
        return wefti_postgres_login_error(c->config, c->pg, error);
    if (PQprotocolVersion(c->pg) < 3)
        return wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "the server speaks a protocol older than PostgreSQL 7.4");
    const char *encoding = PQparameterStatus(c->pg, "server_encoding");
    warn_of_clear_text(c);
    c->check_utf8 = encoding == NULL || strcmp(encoding, "UTF8") != 0;
    c->was_writable = wefti_postgres_is_writable(c->pg);
    if (c->config->pooled || atomic_load_explicit(&c->config->no_options, memory_order_relaxed))
        return wefti_postgres_command(c, POOLED_SETTINGS, deadline, NULL, error);
    return WEFT_OK;
}

/* The server does not know a setting, or cannot act on it: unknown parameter, value that its platform does not allow. */
static bool refuses_settings(const weft_error *error)
{
    return strcmp(error->sqlstate, "42704") == 0 || strcmp(error->sqlstate, "22023") == 0;
}

/* A pooler refused the options: without names of statements there is nothing else that it cannot do. */
static bool refuses_options(const wefti_postgres_config *config, const weft_error *error)
{
    return config->no_prepare && !config->pooled && error->status == WEFT_ERROR_UNSUPPORTED &&
           strcmp(error->sqlstate, "08P01") == 0;
}

/* One host, and once more with fewer settings where it refuses some. */
static weft_status log_in(wefti_postgres_dbc *c, size_t attempt, size_t host, wefti_deadline deadline, weft_error *error)
{
    wefti_postgres_config *config = c->config;
    const char **values = wefti_calloc(config->keyword_count + 1, sizeof *values);
    if (values == NULL)
        return wefti_error_memory(error);
    weft_status status = WEFT_OK;
    for (;;) {
        wefti_postgres_attempt_values(config, attempt, host, values);
        status = wefti_postgres_log_in_once(c, (const char *const *)config->keywords, values, deadline, error);
        if (status == WEFT_OK)
            break;
        PQfinish(c->pg);
        c->pg = NULL;
        c->notice_text[0] = c->notice_sqlstate[0] = '\0';
        if (refuses_options(config, error) && !atomic_exchange_explicit(&config->no_options, true, memory_order_relaxed))
            continue;
        if (!refuses_settings(error) || config->options_without == NULL ||
            atomic_exchange_explicit(&config->plain_options, true, memory_order_relaxed))
            break;
        wefti_log_text(&config->log, WEFT_LOG_WARNING, WEFT_LOG_GENERAL,
                       "PostgreSQL: the server does not take client_connection_check_interval or tcp_keepalives_idle; "
                       "statements of clients that are gone run to their end there");
    }
    wefti_free(values);
    return status;
}

/* What is left, divided by the attempts that are left. */
static wefti_deadline share_of(const wefti_postgres_config *config, wefti_deadline deadline, size_t attempts_left)
{
    wefti_deadline share = wefti_deadline_after_ms(config->host_timeout_ms);
    if (deadline == WEFTI_NO_DEADLINE || attempts_left == 1)
        return wefti_deadline_earlier(deadline, share);
    int64_t now = wefti_now_ns(), left = deadline > now ? deadline - now : 0;
    return wefti_deadline_earlier(now + left / (int64_t)attempts_left, share);
}

/* A refused login is not tried elsewhere, as in libpq: the other hosts have the same users. */
static bool is_final(weft_status status)
{
    return status == WEFT_OK || status == WEFT_ERROR_AUTH || status == WEFT_ERROR_NO_MEMORY || status == WEFT_ERROR_CLOSED;
}

/* Adds why one host was no good; of two rounds the second one's reasons are kept. */
static void join_reasons(char *reasons, size_t size, const char *reason)
{
    static const char head[] = "cannot connect to PostgreSQL: ";
    size_t used = strlen(reasons);
    if (used > 0 && strncmp(reason, head, sizeof head - 1) == 0)
        reason += sizeof head - 1;
    if (used + 8 >= size)
        return;
    if (used > 0) {
        memcpy(reasons + used, "; ", 3);
        used += 2;
    }
    wefti_error_field(reasons + used, size - used, reason);
}

static weft_status log_in_anywhere(wefti_postgres_dbc *c, wefti_deadline deadline, weft_error *error)
{
    const wefti_postgres_config *config = c->config;
    size_t attempts = wefti_postgres_attempts(config);
    uint16_t *hosts = wefti_calloc(attempts, sizeof *hosts);
    char reasons[sizeof error->message] = "";
    weft_error own;
    weft_status status = WEFT_ERROR_CONNECT;
    if (hosts == NULL)
        return wefti_error_memory(error);
    wefti_postgres_order_hosts(config, hosts);
    for (size_t i = 0; i < attempts; i++) {
        wefti_error_clear(&own);
        status = log_in(c, i, hosts[i], share_of(config, deadline, attempts - i), &own);
        wefti_postgres_note_host(config, hosts[i], status);
        if (is_final(status))
            break;
        if (i == config->host_count)
            reasons[0] = '\0';
        join_reasons(reasons, sizeof reasons, own.message);
    }
    wefti_free(hosts);
    if (status == WEFT_OK || error == NULL)
        return status;
    wefti_error_copy(error, &own);
    error->status = status;
    if (!is_final(status))
        wefti_error_field(error->message, sizeof error->message, reasons);
    return status;
}

weft_status wefti_postgres_open(const wefti_target *target, wefti_deadline deadline, wefti_dbc **dbc, weft_error *error)
{
    wefti_postgres_config *config = target->config;
    *dbc = NULL;
    wefti_postgres_dbc *c = wefti_calloc(1, sizeof *c);
    if (c == NULL)
        return wefti_error_memory(error);
    c->config = config;
    c->dbc = (wefti_dbc){.driver = target->driver,
                         .number = wefti_dbc_next_number(),
                         .log = &config->log,
                         .opened_ns = wefti_now_ns(),
                         .owner_pid = wefti_process_id(),
                         .prepared = &c->prepared};
    wefti_arena_init(&c->encoder.arena, 256);
    weft_status status =
        wefti_prepared_init(&c->prepared, config->prepared_limit, config->evictions, wefti_postgres_evict, c, error);
    if (status == WEFT_OK)
        status = log_in_anywhere(c, deadline, error);
    if (status != WEFT_OK) {
        wefti_postgres_close(&c->dbc);
        return status;
    }
    c->encoding = PQclientEncoding(c->pg);
    c->check_always = c->check_utf8;
    wefti_log_text(&config->log, WEFT_LOG_INFO, WEFT_LOG_POOL,
                   "PostgreSQL: connection %llu opened, backend %d of server version %d", (unsigned long long)c->dbc.number,
                   PQbackendPID(c->pg), PQserverVersion(c->pg));
    *dbc = &c->dbc;
    return WEFT_OK;
}

/* Puts /dev/null in the place of the socket, so that libpq can free its memory without a byte reaching the server. */
static void detach_socket(PGconn *pg)
{
    int socket = PQsocket(pg);
    if (socket < 0)
        return;
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nowhere >= 0) {
        (void)dup3(nowhere, socket, O_CLOEXEC);
        (void)close(nowhere);
    }
}

void wefti_postgres_close(wefti_dbc *dbc)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    if (c == NULL)
        return;
    if (c->stream != NULL)
        wefti_postgres_cursor_free(c->stream);
    while (c->free_cursors != NULL) {
        wefti_postgres_cursor *cursor = c->free_cursors;
        c->free_cursors = cursor->next_free;
        wefti_postgres_cursor_free(cursor);
    }
    if (c->pg != NULL && wefti_postgres_foreign(dbc))
        detach_socket(c->pg);
    PQfinish(c->pg);
    wefti_prepared_deinit(&c->prepared);
    wefti_free(c->dead);
    wefti_postgres_encode_deinit(&c->encoder);
    wefti_free(c->dbc.facts);
    wefti_free(c);
}
