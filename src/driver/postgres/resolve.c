/* What became of a transaction whose COMMIT was not answered. Its id is asked for before COMMIT is sent; the server tells later by
 * pg_xact_status whether it committed. An id alone would not do: a standby that took over without having seen the transaction gives
 * its id to another one, so cluster and timeline belong to it. */
#include "driver/postgres/postgres.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CLUSTER "(SELECT system_identifier FROM pg_catalog.pg_control_system())"
/* The first eight digits of a WAL file's name. */
#define TIMELINE \
    "pg_catalog.int8(('x' || pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, " \
    "8))::bit(32))"

static uint64_t number(PGresult *result, int column)
{
    uint64_t n = 0;
    for (const char *digit = PQgetvalue(result, 0, column); *digit >= '0' && *digit <= '9'; digit++)
        n = n * 10 + (uint64_t)(*digit - '0');
    return n;
}

static weft_status one_row(wefti_postgres_dbc *c, const char *sql, int columns, wefti_deadline deadline, PGresult **result,
                           weft_error *error)
{
    weft_status status = wefti_postgres_command(c, sql, deadline, result, error);
    if (status != WEFT_OK || (PQntuples(*result) == 1 && PQnfields(*result) == columns))
        return status;
    PQclear(*result);
    *result = NULL;
    c->broken = true;
    return wefti_error_set(error, WEFT_ERROR_PROTOCOL, "the server did not answer a question about a transaction");
}

weft_status wefti_postgres_keep_id(wefti_postgres_dbc *c, wefti_deadline deadline, weft_transaction_id *id, weft_error *error)
{
    PGresult *result = NULL;
    *id = (weft_transaction_id){0};
    weft_status status =
        one_row(c,
                "SELECT pg_catalog.pg_current_xact_id_if_assigned(), " CLUSTER ", CASE WHEN pg_catalog.pg_is_in_recovery() "
                "THEN 0 ELSE " TIMELINE " END",
                3, deadline, &result, error);
    if (status != WEFT_OK)
        return status;
    *id = (weft_transaction_id){.id = number(result, 0), .server = number(result, 1), .timeline = (uint32_t)number(result, 2)};
    PQclear(result);
    return WEFT_OK;
}

static weft_status cannot_know(const char *why, weft_error *error)
{
    (void)wefti_error_set(error, WEFT_ERROR_OUTCOME_UNKNOWN, "what became of the transaction cannot be told: %s", why);
    wefti_error_hint(error, "look at the rows that it would have written");
    if (error != NULL)
        error->outcome = WEFT_OUTCOME_UNKNOWN;
    return WEFT_ERROR_OUTCOME_UNKNOWN;
}

static weft_status judge(const char *answer, weft_outcome *outcome, weft_error *error)
{
    static const struct {
        const char *answer;
        weft_outcome outcome;
        const char *why;
    } answers[] = {
        {"committed", WEFT_OUTCOME_COMMITTED, NULL},
        {"aborted", WEFT_OUTCOME_ROLLED_BACK, NULL},
        {"in progress", WEFT_OUTCOME_NONE, NULL},
        {"too old", WEFT_OUTCOME_UNKNOWN, "it is so old that the server has forgotten it"},
        {"standby", WEFT_OUTCOME_UNKNOWN, "the server that was asked is a standby"},
        {"cluster", WEFT_OUTCOME_UNKNOWN, "the server that was asked has another database cluster"},
        {"timeline", WEFT_OUTCOME_UNKNOWN, "another server has taken over since, and may have given its id to another transaction"},
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        if (strcmp(answer, answers[i].answer) == 0) {
            *outcome = answers[i].outcome;
            return answers[i].why == NULL ? WEFT_OK : cannot_know(answers[i].why, error);
        }
    return cannot_know("the server gives an answer that weft does not know", error);
}

weft_status wefti_postgres_resolve(wefti_dbc *dbc, const weft_transaction_id *id, wefti_deadline deadline, weft_outcome *outcome,
                                   weft_error *error)
{
    wefti_postgres_dbc *c = (wefti_postgres_dbc *)dbc;
    PGresult *result = NULL;
    char sql[900];
    *outcome = WEFT_OUTCOME_UNKNOWN;
    if (id->id == 0)
        return cannot_know("it had no id before its COMMIT, for it had written nothing", error);
    weft_status status = wefti_postgres_usable(c, deadline, error);
    if (status != WEFT_OK)
        return status;
    /* The functions are asked only where CASE comes to them: some are errors elsewhere. */
    (void)snprintf(sql, sizeof sql,
                   "SELECT CASE WHEN " CLUSTER " <> %" PRId64 " THEN 'cluster' WHEN pg_catalog.pg_is_in_recovery() THEN 'standby' "
                   "WHEN " TIMELINE " <> %" PRIu32 " THEN 'timeline' "
                   "ELSE coalesce(pg_catalog.pg_xact_status('%" PRIu64 "'::pg_catalog.xid8), 'too old') END",
                   (int64_t)id->server, id->timeline, id->id);
    weft_error refused;
    status = one_row(c, sql, 1, deadline, &result, &refused);
    if (status != WEFT_OK && strcmp(refused.sqlstate, "22023") == 0)
        return cannot_know("the server has not come to its id yet, so that it has lost what it knew", error);
    if (status != WEFT_OK) {
        wefti_error_copy(error, &refused);
        return status;
    }
    status = judge(PQgetvalue(result, 0, 0), outcome, error);
    PQclear(result);
    return status;
}
