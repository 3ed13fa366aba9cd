/* Errors of PostgreSQL and libpq. The connection's health is asked first: after a loss libpq gives no SQLSTATE, and an error of any
 * SQLSTATE on a connection that went with it is the loss of the connection. Then one table maps SQLSTATEs to statuses.
 *
 * Invariant: no message holds a password; server messages of class 22 repeat input in quotes, which is masked; DETAIL, which
 * repeats rows, is never copied. */
#define _GNU_SOURCE
#include "driver/postgres/postgres.h"

#include <stdio.h>
#include <string.h>

#define NOTICE_LOG_LIMIT 20 /* notices logged per statement: a loop of RAISE NOTICE must not flood the log */

static const struct {
    char prefix[6];
    weft_status status;
} statuses[] = { /* the first match wins: codes before their classes */
    {"08P01", WEFT_ERROR_PROTOCOL}, {"08", WEFT_ERROR_DISCONNECTED}, {"0A", WEFT_ERROR_UNSUPPORTED},
    {"21", WEFT_ERROR_SQL}, {"22", WEFT_ERROR_DATA},
    {"23502", WEFT_ERROR_NOT_NULL}, {"23503", WEFT_ERROR_FOREIGN_KEY}, {"23001", WEFT_ERROR_FOREIGN_KEY},
    {"23505", WEFT_ERROR_UNIQUE}, {"23514", WEFT_ERROR_CHECK}, {"23", WEFT_ERROR_CONSTRAINT},
    {"25P03", WEFT_ERROR_DISCONNECTED}, {"25006", WEFT_ERROR_READ_ONLY}, {"25P02", WEFT_ERROR_ROLLED_BACK},
    {"28", WEFT_ERROR_AUTH}, {"3D000", WEFT_ERROR_AUTH},
    {"40001", WEFT_ERROR_SERIALIZATION}, {"40P01", WEFT_ERROR_DEADLOCK}, {"40003", WEFT_ERROR_OUTCOME_UNKNOWN},
    {"40", WEFT_ERROR_ROLLED_BACK}, {"42P01", WEFT_ERROR_NO_TABLE}, {"42501", WEFT_ERROR_AUTH}, {"42", WEFT_ERROR_SQL},
    {"44", WEFT_ERROR_CHECK}, {"53300", WEFT_ERROR_CONNECT}, {"53", WEFT_ERROR_RESOURCE}, {"54", WEFT_ERROR_RESOURCE},
    {"55006", WEFT_ERROR_BUSY}, {"55P03", WEFT_ERROR_LOCK_TIMEOUT}, {"57014", WEFT_ERROR_CANCELLED},
    {"57P01", WEFT_ERROR_DISCONNECTED}, {"57P02", WEFT_ERROR_DISCONNECTED}, {"57P03", WEFT_ERROR_CONNECT},
    {"57P04", WEFT_ERROR_DISCONNECTED}, {"57P05", WEFT_ERROR_DISCONNECTED}, {"57", WEFT_ERROR_CANCELLED},
    {"58", WEFT_ERROR_IO}, {"P0001", WEFT_ERROR_DATA}, {"XX001", WEFT_ERROR_CORRUPT}, {"XX002", WEFT_ERROR_CORRUPT},
    {"XX", WEFT_ERROR_INTERNAL},
};

weft_status wefti_postgres_sqlstate_status(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (strncmp(sqlstate, statuses[i].prefix, strlen(statuses[i].prefix)) == 0)
            return statuses[i].status;
    return WEFT_ERROR_SQL;
}

void wefti_postgres_clean_message(const char *password, const char *message, char *to, size_t to_size)
{
    size_t used = 0, password_size = password != NULL ? strlen(password) : 0;
    for (const char *from = message; *from != '\0' && *from != '\n' && used + 4 < to_size;) {
        if (password_size > 2 && strncmp(from, password, password_size) == 0) {
            memcpy(to + used, "***", 3);
            used += 3;
            from += password_size;
        } else {
            to[used++] = *from++;
        }
    }
    to[used] = '\0';
}

/* "invalid input syntax for type uuid: "4f…"": what stands in quotes came from the statement's values. */
static void mask_quoted(char *message)
{
    char *to = message;
    bool inside = false;
    for (const char *from = message; *from != '\0'; from++) {
        if (*from == '"')
            inside = !inside;
        if (!inside || *from == '"')
            *to++ = *from;
    }
    *to = '\0';
}

weft_status wefti_postgres_lost(wefti_postgres_dbc *c, weft_error *error)
{
    char reason[320];
    const char *message = c->notice_text[0] != '\0' ? c->notice_text : PQerrorMessage(c->pg);
    wefti_postgres_clean_message(c->config->password, message, reason, sizeof reason);
    if (reason[0] == '\0')
        (void)snprintf(reason, sizeof reason, "the connection was closed");
    weft_status status = wefti_error_set(error, WEFT_ERROR_DISCONNECTED, "connection %llu to PostgreSQL was lost: %s",
                                         (unsigned long long)c->dbc.number, reason);
    if (error != NULL)
        wefti_error_field(error->sqlstate, sizeof error->sqlstate, c->notice_sqlstate);
    return status;
}

static void fill_fields(const PGresult *result, const char *sqlstate, weft_error *error)
{
    wefti_error_field(error->sqlstate, sizeof error->sqlstate, sqlstate);
    wefti_error_field(error->constraint, sizeof error->constraint, PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME));
    wefti_error_field(error->table, sizeof error->table, PQresultErrorField(result, PG_DIAG_TABLE_NAME));
    wefti_error_field(error->column, sizeof error->column, PQresultErrorField(result, PG_DIAG_COLUMN_NAME));
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    if (hint != NULL)
        wefti_error_hint(error, "%s", hint);
}

/* A statement in a failed transaction says only that it failed: the first error is what the program needs. */
static weft_status repeat_first_error(const wefti_postgres_dbc *c, weft_error *error)
{
    wefti_error_copy(error, &c->first_error);
    wefti_error_prefix(error, "the transaction had failed before and must be rolled back");
    return c->first_error.status;
}

weft_status wefti_postgres_result_error(wefti_postgres_dbc *c, const PGresult *result, weft_error *error)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (primary == NULL)
        primary = PQresultErrorMessage(result);
    weft_status status = sqlstate != NULL ? wefti_postgres_sqlstate_status(sqlstate) : WEFT_ERROR_PROTOCOL;
    char message[400];
    wefti_postgres_clean_message(c->config->password, primary != NULL ? primary : "", message, sizeof message);
    if (PQstatus(c->pg) == CONNECTION_BAD) {
        c->broken = true;
        if (sqlstate == NULL)
            return wefti_postgres_lost(c, error);
        status = WEFT_ERROR_DISCONNECTED;
    } else if (sqlstate == NULL) {
        status = strstr(message, "out of memory") != NULL ? WEFT_ERROR_NO_MEMORY : WEFT_ERROR_PROTOCOL;
        c->broken = c->broken || status == WEFT_ERROR_PROTOCOL; /* libpq goes on; who knows where the server is */
    } else if (strcmp(sqlstate, "25P02") == 0 && c->transaction_failed) {
        return repeat_first_error(c, error);
    } else if (strcmp(sqlstate, "57014") == 0 && strstr(message, "statement timeout") != NULL) {
        status = WEFT_ERROR_TIMEOUT;
    } else if (wefti_postgres_stale_plan(result)) {
        status = WEFT_ERROR_SERIALIZATION; /* the same transaction works when it is run again */
    }
    if (sqlstate != NULL && strncmp(sqlstate, "22", 2) == 0)
        mask_quoted(message);
    (void)wefti_error_set(error, status, "%s", message);
    if (error != NULL)
        fill_fields(result, sqlstate, error);
    return status;
}

/* Answers that only say that what was prepared no longer fits: the result of a plan changed, its name is gone, or is another's. */
bool wefti_postgres_stale_plan(const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (sqlstate == NULL)
        return false;
    if (strcmp(sqlstate, "26000") == 0 || strcmp(sqlstate, "42P05") == 0)
        return true;
    const char *function = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
    return strcmp(sqlstate, "0A000") == 0 && function != NULL && strcmp(function, "RevalidateCachedQuery") == 0;
}

weft_status wefti_postgres_outcome(wefti_postgres_dbc *c, bool in_transaction, bool writes, weft_status status, weft_error *error)
{
    weft_error own;
    if (error == NULL) /* first_error is wanted all the same */
        (void)wefti_error_set(error = &own, status, "%s", weft_status_name(status));
    if (in_transaction) {
        if (c->broken)
            error->outcome = WEFT_OUTCOME_ROLLED_BACK; /* COMMIT was not sent */
        if (!c->transaction_failed && status != WEFT_ERROR_TIMEOUT) {
            c->transaction_failed = true;
            wefti_error_copy(&c->first_error, error);
        }
    } else if (writes && (c->broken || c->given_up)) {
        error->outcome = WEFT_OUTCOME_UNKNOWN;
        if (status == WEFT_ERROR_DISCONNECTED) {
            status = error->status = WEFT_ERROR_OUTCOME_UNKNOWN;
            wefti_error_hint(error, "the statement may have been committed; look before running it again");
        }
    }
    return status;
}

/* The pattern ": XXXXX: " of a verbose message; the words around it may be translated. */
static bool find_sqlstate(const char *message, char sqlstate[6], const char **rest)
{
    for (const char *p = strchr(message, ':'); p != NULL; p = strchr(p + 1, ':')) {
        const char *code = p + 1 + strspn(p + 1, " ");
        size_t letters = strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"); /* FATAL and ERROR have no digit, a SQLSTATE has */
        if (code > p + 1 && strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 && code[5] == ':' && letters < 5) {
            memcpy(sqlstate, code, 5);
            sqlstate[5] = '\0';
            *rest = code + 6 + strspn(code + 6, " ");
            return true;
        }
    }
    return false;
}

weft_status wefti_postgres_login_error(const wefti_postgres_config *config, PGconn *pg, weft_error *error)
{
    const char *full = PQerrorMessage(pg), *rest = full;
    char sqlstate[6] = "", message[400];
    weft_status status = WEFT_ERROR_CONNECT;
    if (find_sqlstate(full, sqlstate, &rest)) {
        status = wefti_postgres_sqlstate_status(sqlstate);
        if (status != WEFT_ERROR_AUTH && status != WEFT_ERROR_CONNECT && status != WEFT_ERROR_READ_ONLY)
            status = WEFT_ERROR_CONNECT;
    } else if (strstr(full, "no password supplied") != NULL || strstr(full, "certificate") != NULL) {
        status = WEFT_ERROR_AUTH;
    }
    wefti_postgres_clean_message(config->password, rest, message, sizeof message);
    (void)wefti_error_set(error, status, "cannot connect to PostgreSQL: %s", message);
    if (error != NULL)
        wefti_error_field(error->sqlstate, sizeof error->sqlstate, sqlstate);
    if (strcmp(sqlstate, "08P01") == 0 && strstr(rest, "startup parameter") != NULL)
        wefti_error_hint(error, "a pooler in between takes no options: say pgbouncer=1 in the URL");
    return status;
}

void wefti_postgres_notice(void *context, const PGresult *result)
{
    wefti_postgres_dbc *c = context;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    bool fatal = severity != NULL && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0);
    if (message == NULL)
        message = PQresultErrorMessage(result);
    if (fatal) {
        wefti_error_field(c->notice_sqlstate, sizeof c->notice_sqlstate, sqlstate);
        wefti_error_field(c->notice_text, sizeof c->notice_text, message);
    }
    if (c->notice_count++ >= NOTICE_LOG_LIMIT)
        return;
    bool warning = fatal || (severity != NULL && strcmp(severity, "WARNING") == 0);
    weft_log_level level = warning ? WEFT_LOG_WARNING : WEFT_LOG_DEBUG;
    if (wefti_log_wants(&c->config->log, level))
        wefti_log_text(&c->config->log, level, WEFT_LOG_GENERAL, "PostgreSQL, connection %llu: %s %s: %.300s",
                       (unsigned long long)c->dbc.number, severity != NULL ? severity : "NOTICE", sqlstate != NULL ? sqlstate : "",
                       message != NULL ? message : "");
}
