/* Errors of PostgreSQL and libpq. The connection's health is asked first: after a loss libpq gives no SQLSTATE, and an error of any
 * SQLSTATE on a connection that went with it is the loss of the connection. Then one table maps SQLSTATEs to statuses.
 *
 * Invariant: no message holds a password, nor a value; what an error says is decided in message.c. */
#define _GNU_SOURCE
#include "driver/postgres/postgres.h"

#include <stdio.h>
#include <string.h>
#include <weft/driver.h>

static const struct {
    char prefix[6];
    weft_status status;
} statuses[] = {
    /* the first match wins: codes before their classes */
    {"08P01", WEFT_ERROR_PROTOCOL},
    {"08", WEFT_ERROR_DISCONNECTED},
    {"0A", WEFT_ERROR_UNSUPPORTED},
    {"21", WEFT_ERROR_SQL},
    {"22", WEFT_ERROR_DATA},
    {"23502", WEFT_ERROR_NOT_NULL},
    {"23503", WEFT_ERROR_FOREIGN_KEY},
    {"23001", WEFT_ERROR_FOREIGN_KEY},
    {"23505", WEFT_ERROR_UNIQUE},
    {"23514", WEFT_ERROR_CHECK},
    {"23", WEFT_ERROR_CONSTRAINT},
    {"25P03", WEFT_ERROR_DISCONNECTED},
    {"25006", WEFT_ERROR_READ_ONLY},
    {"25P02", WEFT_ERROR_ROLLED_BACK},
    {"28", WEFT_ERROR_AUTH},
    {"3D000", WEFT_ERROR_AUTH},
    {"40001", WEFT_ERROR_SERIALIZATION},
    {"40P01", WEFT_ERROR_DEADLOCK},
    {"40003", WEFT_ERROR_OUTCOME_UNKNOWN},
    {"40", WEFT_ERROR_ROLLED_BACK},
    {"42P01", WEFT_ERROR_NO_TABLE},
    {"42501", WEFT_ERROR_AUTH},
    {"42", WEFT_ERROR_SQL},
    {"44", WEFT_ERROR_CHECK},
    {"53300", WEFT_ERROR_CONNECT},
    {"53", WEFT_ERROR_RESOURCE},
    {"54", WEFT_ERROR_RESOURCE},
    {"55006", WEFT_ERROR_BUSY},
    {"55P03", WEFT_ERROR_LOCK_TIMEOUT},
    {"57014", WEFT_ERROR_CANCELLED},
    {"57P01", WEFT_ERROR_DISCONNECTED},
    {"57P02", WEFT_ERROR_DISCONNECTED},
    {"57P03", WEFT_ERROR_CONNECT},
    {"57P04", WEFT_ERROR_DISCONNECTED},
    {"57P05", WEFT_ERROR_DISCONNECTED},
    {"57", WEFT_ERROR_CANCELLED},
    {"58", WEFT_ERROR_IO},
    {"P0001", WEFT_ERROR_DATA},
    {"XX001", WEFT_ERROR_CORRUPT},
    {"XX002", WEFT_ERROR_CORRUPT},
    {"XX", WEFT_ERROR_INTERNAL},
};

/* XX000: a row of the catalogue that was read is not there any more. 23505 is the catalogue's own, of names that were not committed
 * when they were looked for. 0A000: row-level security, and types that COPY does not convert. */
static const struct {
    wefti_meaning meaning;
    char sqlstate[6];
} meanings[] = {
    {WEFTI_MEANS_NAME_TAKEN, "42P07"},  {WEFTI_MEANS_NAME_TAKEN, "42710"},  {WEFTI_MEANS_NAMES_MOVED, "23505"},
    {WEFTI_MEANS_NAMES_MOVED, "42P07"}, {WEFTI_MEANS_NAMES_MOVED, "42710"}, {WEFTI_MEANS_NAMES_MOVED, "42P01"},
    {WEFTI_MEANS_NAMES_MOVED, "XX000"}, {WEFTI_MEANS_ROW_TWICE, "21000"},   {WEFTI_MEANS_NO_COPY, "0A000"},
    {WEFTI_MEANS_NO_COPY, "42501"},     {WEFTI_MEANS_NO_COPY, "42809"},     {WEFTI_MEANS_SOURCE_GONE, "XX000"},
    {WEFTI_MEANS_SOURCE_GONE, "42P01"},
};

bool wefti_postgres_means(const weft_error *error, wefti_meaning meaning)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].meaning == meaning && strcmp(error->sqlstate, meanings[i].sqlstate) == 0)
            return true;
    return false;
}

weft_status wefti_postgres_sqlstate_status(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (strncmp(sqlstate, statuses[i].prefix, strlen(statuses[i].prefix)) == 0)
            return statuses[i].status;
    return WEFT_ERROR_SQL;
}

weft_status weft_driver_error_sqlstate(weft_error *error, const char *sqlstate, const char *format, ...)
{
    char code[sizeof error->sqlstate];
    va_list arguments;
    wefti_error_field(code, sizeof code, sqlstate);
    const weft_status status = wefti_postgres_sqlstate_status(code);
    va_start(arguments, format);
    (void)wefti_error_setv(error, status, format, arguments);
    va_end(arguments);
    if (error != NULL)
        wefti_error_field(error->sqlstate, sizeof error->sqlstate, code);
    return status;
}

bool wefti_postgres_is_memory(const char *message)
{
    return strstr(message, "out of memory") != NULL || strstr(message, "cannot allocate memory for") != NULL;
}

/* libpq's reason for a failure, "" where its buffer may hold a text of the server's as well (postgres.h: server_spoke). */
void wefti_postgres_reason(const wefti_postgres_dbc *c, char *to, size_t to_size)
{
    wefti_postgres_clean_message(c->config->password, c->server_spoke ? "" : PQerrorMessage(c->pg), to, to_size);
}

weft_status wefti_postgres_lost(wefti_postgres_dbc *c, weft_error *error)
{
    char reason[320];
    if (c->notice_text[0] != '\0')
        wefti_error_field(reason, sizeof reason, c->notice_text);
    else
        wefti_postgres_reason(c, reason, sizeof reason);
    if (reason[0] == '\0')
        (void)snprintf(reason, sizeof reason, "the connection was closed");
    weft_status status = wefti_error_set(error, WEFT_ERROR_DISCONNECTED, "connection %llu to PostgreSQL was lost: %s",
                                         (unsigned long long)c->dbc.number, reason);
    if (error != NULL)
        wefti_error_field(error->sqlstate, sizeof error->sqlstate, c->notice_sqlstate);
    return status;
}

/* A statement in a failed transaction says only that it failed: the first error is what the program needs. */
static weft_status repeat_first_error(const wefti_postgres_dbc *c, weft_error *error)
{
    wefti_error_copy(error, &c->first_error);
    wefti_error_prefix(error, "the transaction had failed before and must be rolled back");
    return c->first_error.status;
}

/* The server has no code of its own for the end of statement_timeout: only its text tells it from a cancel, in the language of
 * lc_messages (PostgreSQL's message catalogues). */
static bool is_statement_timeout(const PGresult *result)
{
    static const char *const texts[] = {
        "canceling statement due to statement timeout",
        "storniere Anfrage wegen Zeitüberschreitung der Anfrage",
        "cancelando la sentencia debido a que se agotó el tiempo de espera de sentencias",
        "annulation de la requête à cause du délai écoulé pour l'exécution de l'instruction",
        "annullamento dell'istruzione a causa di timeout",
        "ステートメントのタイムアウトのためステートメントをキャンセルしています",
        "명령실행시간 초과로 작업을 취소합니다.",
        "выполнение оператора отменено из-за тайм-аута",
        "avbryter sats på grund av sats-timeout",
        "виконання оператора скасовано через тайм-аут",
        "由于语句执行超时，正在取消查询命令",
    };
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    for (size_t i = 0; primary != NULL && i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(primary, texts[i]) == 0)
            return true;
    return false;
}

/* An answer that libpq made up, for want of memory or of an answer that it understands. Whether the server has done what it was
 * asked for is not known then: a transaction that went on might commit what the program was told has failed. */
static weft_status own_error(wefti_postgres_dbc *c, const PGresult *result, weft_error *error)
{
    char message[400];
    const char *text = PQresultErrorMessage(result);
    wefti_postgres_clean_message(c->config->password, text != NULL ? text : "", message, sizeof message);
    weft_status status = wefti_postgres_is_memory(message) ? WEFT_ERROR_NO_MEMORY : WEFT_ERROR_PROTOCOL;
    c->broken = true;
    return wefti_error_set(error, status, "%s", message);
}

static bool is_on(PGconn *pg, const char *parameter, bool unknown)
{
    const char *value = PQparameterStatus(pg, parameter);
    return value != NULL ? strcmp(value, "on") == 0 : unknown;
}

/* A server on which a transaction that was begun to write cannot: a standby, or read-only by default. Servers before 14 do not
 * report that; there the URL's wish decides alone. */
static bool became_read_only(const wefti_postgres_dbc *c)
{
    bool wanted = c->config->wants_writable;
    if (c->begin.read_only || !(wanted || c->was_writable))
        return false;
    return is_on(c->pg, "in_hot_standby", wanted) || is_on(c->pg, "default_transaction_read_only", wanted);
}

bool wefti_postgres_is_writable(PGconn *pg)
{
    return !is_on(pg, "in_hot_standby", true) && !is_on(pg, "default_transaction_read_only", true);
}

weft_status wefti_postgres_statement_error(wefti_postgres_dbc *c, const PGresult *result, const char *sql, bool parsing,
                                           weft_error *error)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    bool lost = PQstatus(c->pg) == CONNECTION_BAD;
    c->broken = c->broken || lost;
    if (sqlstate == NULL)
        return lost ? wefti_postgres_lost(c, error) : own_error(c, result, error);
    weft_status status = wefti_postgres_sqlstate_status(sqlstate);
    if (lost)
        status = WEFT_ERROR_DISCONNECTED;
    else if (strcmp(sqlstate, "25P02") == 0 && c->transaction_failed)
        return repeat_first_error(c, error);
    else if (strcmp(sqlstate, "57014") == 0 && is_statement_timeout(result))
        status = WEFT_ERROR_TIMEOUT;
    else if (wefti_postgres_bad_value(result) != NULL)
        status = WEFT_ERROR_DATA;
    else if (wefti_postgres_stale_plan(result))
        status = WEFT_ERROR_SERIALIZATION; /* the same transaction works when it is run again */
    bool misplaced = status == WEFT_ERROR_READ_ONLY && became_read_only(c);
    if (misplaced)
        status = WEFT_ERROR_DISCONNECTED; /* nothing was written; another attempt gets a connection to the right server */
    wefti_postgres_message(c, result, sql, parsing, status, error);
    if (misplaced) {
        c->dbc.misplaced = c->dbc.dirty = true;
        wefti_error_prefix(error, "the server became read-only and the connection is given up");
    }
    return status;
}

weft_status wefti_postgres_result_error(wefti_postgres_dbc *c, const PGresult *result, weft_error *error)
{
    return wefti_postgres_statement_error(c, result, NULL, false, error);
}

/* The type of a parameter was dropped, perhaps to be made anew under its name: the server looks it up by its number, in many
 * functions. What is internal to the server it says in English whatever the language. */
static bool names_lost_type(const PGresult *result, const char *sqlstate, const char *function)
{
    static const char internal[] = "cache lookup failed for type ";
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (strcmp(sqlstate, "XX000") == 0)
        return message != NULL && strncmp(message, internal, sizeof internal - 1) == 0;
    return strcmp(sqlstate, "42704") == 0 && strcmp(function, "lookup_type_cache") == 0;
}

/* Answers that only say that what was prepared no longer fits: the result of a plan changed, a type is gone, its name is gone, or
 * is another's. */
bool wefti_postgres_stale_plan(const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (sqlstate == NULL)
        return false;
    if (strcmp(sqlstate, "26000") == 0 || strcmp(sqlstate, "42P05") == 0)
        return true;
    const char *function = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
    return function != NULL && ((strcmp(sqlstate, "0A000") == 0 && strcmp(function, "RevalidateCachedQuery") == 0) ||
                                names_lost_type(result, sqlstate, function));
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
    } else if (writes && c->unsent) {
        error->outcome = WEFT_OUTCOME_ROLLED_BACK;
    } else if (writes && (c->broken || c->given_up)) {
        error->outcome = WEFT_OUTCOME_UNKNOWN;
        if (status != WEFT_ERROR_MISUSE) { /* the server may go on with it, and commit, or has */
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
    if (sqlstate[0] == '\0' && wefti_postgres_is_memory(full))
        return wefti_error_memory(error);
    const char *used = PQpass(pg); /* it may come from a file, or the environment */
    wefti_postgres_clean_message(used != NULL && used[0] != '\0' ? used : config->password, rest, message, sizeof message);
    (void)wefti_error_set(error, status, "cannot connect to PostgreSQL: %s", message);
    if (error != NULL)
        wefti_error_field(error->sqlstate, sizeof error->sqlstate, sqlstate);
    if (strcmp(sqlstate, "08P01") == 0 && strstr(rest, "startup parameter") != NULL) {
        status = WEFT_ERROR_UNSUPPORTED; /* as are the next: time does not mend them */
        wefti_error_hint(error, "a pooler in between takes no options: say pgbouncer=1 in the URL");
    } else if (sqlstate[0] == '\0' && strstr(full, "does not support SSL, but SSL was required") != NULL) {
        status = WEFT_ERROR_UNSUPPORTED;
        wefti_error_hint(error, "the server has no TLS: switch it on there, or say sslmode=prefer or sslmode=disable in the URL");
    }
    if (error != NULL)
        error->status = status;
    return status;
}
