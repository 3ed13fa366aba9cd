/* A session's connection: taken for one statement, or for a transaction from its first write on.
 *
 * At the default isolation reads take a connection for one statement and send no BEGIN; the first write, a higher isolation or
 * text SQL begins the transaction, and then the connection stays until commit or rollback. */
#include "object/object.h"

#include "base/error.h"
#include "base/thread.h"

WEFTI_HOT wefti_deadline wefti_session_deadline(const weft_session *session)
{
    return session->options.timeout_ms == 0
               ? session->deadline
               : wefti_deadline_earlier(session->deadline, wefti_deadline_after_ms(session->options.timeout_ms));
}

static __attribute__((noinline)) weft_status begin_transaction(weft_session *session, bool write, bool lazily)
{
    if (session->options.deferrable && !(session->read_only && session->isolation == WEFT_ISOLATION_SERIALIZABLE))
        return wefti_session_fail(session, WEFT_ERROR_MISUSE,
                                  ".deferrable is for sessions that are .read_only, with .isolation = WEFT_ISOLATION_SERIALIZABLE");
    const wefti_begin begin = {.isolation = (wefti_isolation)session->isolation,
                               .read_only = session->read_only,
                               .for_write = !session->read_only,
                               .deferrable = session->options.deferrable,
                               .lazily = lazily || !write,
                               .keep_id = session->options.keep_transaction_id};
    wefti_connection_belongs_to(&session->connection, wefti_thread_number());
    if (wefti_connection_begin(&session->connection, &begin, wefti_session_deadline(session), &session->error) != WEFT_OK)
        return session->error.status;
    session->in_transaction = true;
    session->reads_hold =
        session->isolation > WEFT_ISOLATION_READ_COMMITTED || (session->engine->capabilities->serial_transactions && !begin.lazily);
    session->stats.transactions++;
    if (session->options.on_begin == NULL)
        return WEFT_OK;
    weft_error error = {0};
    weft_status status = session->options.on_begin(session, &session->connection, session->options.user, &error);
    if (status == WEFT_OK)
        return WEFT_OK;
    if (error.message[0] == '\0')
        (void)wefti_error_set(&error, status, "the session's on_begin hook failed: %s", weft_status_name(status));
    error.status = status;
    return wefti_session_fail_with(session, &error);
}

/* Whether what only reads, at the default isolation, wants a transaction all the same. */
static __attribute__((noinline)) bool reads_want_transaction(weft_session *session)
{
    if (session->options.on_begin != NULL || session->options.deferrable ||
        session->is_bound) /* an error of a read must not fail the transaction around */
        return true;
    if (!session->engine->capabilities->calls_write)
        return false;
    if (!session->connection.driver->reads_alone || session->connection.dbc == NULL)
        return true;
    session->connection.dbc->only_reads = true;
    return false;
}

static weft_status connect(weft_session *session, bool write, bool lazily)
{
    if (!session->connected) {
        if (wefti_deadline_passed(session->deadline))
            return wefti_session_fail(session, WEFT_ERROR_TIMEOUT, "the session's deadline has passed");
        weft_status status =
            session->is_bound
                ? wefti_connection_acquire_within(&session->bond, &session->connection, wefti_session_deadline(session),
                                                  session->file, session->line, &session->error)
                : wefti_connection_acquire(session->engine, &session->connection, wefti_session_deadline(session), session->file,
                                           session->line, &session->error);
        if (status != WEFT_OK)
            return session->error.status;
        session->connection.settings = session->options.on_begin != NULL;
        session->connection.session = session;
        session->connection.user = session->options.user;
        session->connected = true;
    }
    session->connection.file = session->file; /* of this call, not of the one that took the connection */
    session->connection.line = session->line;
    session->connection.trace = session->trace[0] != '\0' ? session->trace : NULL;
    const bool wanted = write || session->transacting || session->isolation > WEFT_ISOLATION_READ_COMMITTED ||
                        (__builtin_expect(session->asks, 0) && reads_want_transaction(session));
    if (wanted && !session->in_transaction &&
        begin_transaction(session, (write || session->transacting) && !session->read_only, lazily && !session->transacting) !=
            WEFT_OK) {
        wefti_session_disconnect(session);
        return session->error.status;
    }
    return WEFT_OK;
}

WEFTI_HOT weft_status wefti_session_connect(weft_session *session, bool write) { return connect(session, write, false); }

weft_status wefti_session_connect_for_text(weft_session *session) { return connect(session, true, true); }

WEFTI_HOT void wefti_session_disconnect(weft_session *session)
{
    if (!session->connected || session->in_transaction)
        return;
    session->stats.statements += session->connection.statements;
    session->stats.rows += session->connection.rows;
    wefti_session_release(session);
    session->connected = false;
}
