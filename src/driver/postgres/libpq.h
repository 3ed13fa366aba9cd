/* The calls of libpq that may fail, in the C locale: libpq translates its messages into the language of the program's locale when
 * something fails, and what it says is shown in errors and decides what kind of error it was. scripts/check keeps them here. The
 * program's log callback, which they may come to, sees the program's locale all the same. */
#ifndef WEFTI_POSTGRES_LIBPQ_H
#define WEFTI_POSTGRES_LIBPQ_H

#include <libpq-fe.h>

#include "base/locale.h"

#define IN_C_LOCALE_(type, call) \
    do { \
        void *before = wefti_locale_enter(); \
        type value = (call); \
        wefti_locale_leave(before); \
        return value; \
    } while (0)

static inline PQconninfoOption *wefti_pq_parse(const char *url, char **message)
{
    IN_C_LOCALE_(PQconninfoOption *, PQconninfoParse(url, message));
}

static inline PGconn *wefti_pq_connect(const char *const *keywords, const char *const *values)
{
    IN_C_LOCALE_(PGconn *, PQconnectStartParams(keywords, values, 0));
}

static inline PostgresPollingStatusType wefti_pq_connect_poll(PGconn *pg)
{
    IN_C_LOCALE_(PostgresPollingStatusType, PQconnectPoll(pg));
}

static inline int wefti_pq_send_query(PGconn *pg, const char *sql) { IN_C_LOCALE_(int, PQsendQuery(pg, sql)); }

/* Of one statement and without parameters; its result is binary. */
static inline int wefti_pq_send_text(PGconn *pg, const char *sql)
{
    IN_C_LOCALE_(int, PQsendQueryParams(pg, sql, 0, NULL, NULL, NULL, NULL, 1));
}

static inline int wefti_pq_send_prepare(PGconn *pg, const char *name, const char *sql, int count, const Oid *types)
{
    IN_C_LOCALE_(int, PQsendPrepare(pg, name, sql, count, types));
}

static inline int wefti_pq_send_prepared(PGconn *pg, const char *name, int count, const char *const *values, const int *lengths,
                                         const int *formats, int result_format)
{
    IN_C_LOCALE_(int, PQsendQueryPrepared(pg, name, count, values, lengths, formats, result_format));
}

/* Freed with PQfreemem. */
static inline char *wefti_pq_literal(PGconn *pg, const char *text, size_t size)
{
    IN_C_LOCALE_(char *, PQescapeLiteral(pg, text, size));
}

static inline int wefti_pq_enter_pipeline(PGconn *pg) { IN_C_LOCALE_(int, PQenterPipelineMode(pg)); }
static inline int wefti_pq_exit_pipeline(PGconn *pg) { IN_C_LOCALE_(int, PQexitPipelineMode(pg)); }
static inline int wefti_pq_sync(PGconn *pg) { IN_C_LOCALE_(int, PQpipelineSync(pg)); }
static inline int wefti_pq_flush(PGconn *pg) { IN_C_LOCALE_(int, PQflush(pg)); }
static inline int wefti_pq_consume(PGconn *pg) { IN_C_LOCALE_(int, PQconsumeInput(pg)); }
static inline int wefti_pq_is_busy(PGconn *pg) { IN_C_LOCALE_(int, PQisBusy(pg)); }
static inline PGresult *wefti_pq_get_result(PGconn *pg) { IN_C_LOCALE_(PGresult *, PQgetResult(pg)); }
static inline int wefti_pq_put_copy(PGconn *pg, const char *data, int size) { IN_C_LOCALE_(int, PQputCopyData(pg, data, size)); }
static inline int wefti_pq_end_copy(PGconn *pg, const char *why) { IN_C_LOCALE_(int, PQputCopyEnd(pg, why)); }

#endif
