/* Log events: one callback per engine. */
#ifndef WEFT_LOG_H
#define WEFT_LOG_H

#include <stdint.h>

#include <weft/status.h>
#include <weft/value.h>

WEFT_BEGIN_DECLS

typedef enum weft_log_level {
    WEFT_LOG_OFF,
    WEFT_LOG_ERROR,
    WEFT_LOG_WARNING,
    WEFT_LOG_INFO, /* statements, transactions, connections opened and closed */
    WEFT_LOG_DEBUG /* checkouts, cache, loads */
} weft_log_level;

typedef enum weft_log_topic {
    WEFT_LOG_STATEMENT,   /* a statement was run: sql, row_count, duration_ns are set */
    WEFT_LOG_TRANSACTION, /* BEGIN, COMMIT, ROLLBACK, savepoints: sql and duration_ns are set */
    WEFT_LOG_POOL,
    WEFT_LOG_CACHE,
    WEFT_LOG_ORM,         /* N+1 reports, misuse found by debug options */
    WEFT_LOG_GENERAL
} weft_log_topic;

typedef struct weft_log_record {
    weft_log_level level;
    weft_log_topic topic;
    const char *message;           /* never NULL; valid during the call, as are the other texts */
    const char *sql;               /* statement text with placeholders, or NULL */
    const weft_value *parameters;  /* NULL unless the engine was opened with .log_values = true */
    size_t parameter_count;        /* the count, whether or not the values are shown */
    uint64_t row_count;            /* rows returned or changed */
    int64_t duration_ns;
    uint64_t connection;           /* number of the database connection in this process, or 0 */
    weft_status status;
    const char *file;              /* call site where known, else NULL */
    int line;
} weft_log_record;

/* Called on the thread that caused the event (or a thread of the pool), with no lock held. It must not call weft on the same
 * session or connection; it may be called from several threads at once. */
typedef void (*weft_log_callback)(void *context, const weft_log_record *record);

/* Writes records to stderr, one line each; the callback behind .echo = true. Any thread. */
WEFT_API void weft_log_stderr(void *context, const weft_log_record *record);

WEFT_END_DECLS

#endif
