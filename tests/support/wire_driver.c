/* Statements are sent and waited for with poll against the deadline; one that is late is cancelled, and its end awaited. Results
 * are whole in memory. */
#include "support/wire_driver.h"

#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTINGS \
    "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'iso_8601'; SET bytea_output = 'hex'; SET " \
    "extra_float_digits = 3"
#define TEXT_BYTES 32

/* The types of the server by weft's, and of arrays of them; 0: as their place takes them. */
static const struct {
    Oid one, array;
} oids[WEFT_TYPE_COUNT_] = {
    [WEFT_INT16] = {21, 1005},  [WEFT_INT32] = {23, 1007},       [WEFT_INT64] = {20, 1016},      [WEFT_UINT32] = {20, 1016},
    [WEFT_BOOL] = {16, 1000},   [WEFT_FLOAT] = {700, 1021},      [WEFT_DOUBLE] = {701, 1022},    [WEFT_BYTES] = {17, 1001},
    [WEFT_DATE] = {1082, 1182}, [WEFT_TIMESTAMP] = {1184, 1185}, [WEFT_TIME] = {1083, 1183},     [WEFT_UUID] = {2950, 2951},
    [WEFT_INET] = {869, 1041},  [WEFT_DECIMAL] = {1700, 1231},   [WEFT_INTERVAL] = {1186, 1187}, [WEFT_MACADDR] = {829, 1040},
};

typedef struct run {
    PGresult *result;
    int next; /* row */
} run;

/* ---- errors ---- */

static weft_status lost(PGconn *pg, weft_error *error)
{
    (void)pg;
    return weft_driver_error(error, WEFT_ERROR_DISCONNECTED, "the server closed the connection");
}

static weft_status failed(PGconn *pg, const PGresult *result, weft_error *error)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE), *name = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    if (PQstatus(pg) != CONNECTION_OK || code == NULL)
        return lost(pg, error);
    weft_status status = weft_driver_error_sqlstate(error, code, "the server refused the statement, SQLSTATE %s", code);
    weft_driver_error_names(error, name, PQresultErrorField(result, PG_DIAG_TABLE_NAME),
                            PQresultErrorField(result, PG_DIAG_COLUMN_NAME));
    return status;
}

/* ---- waiting ---- */

/* false: nothing came. */
static bool wait_for_input(PGconn *pg, int left_ms)
{
    return left_ms != 0 && poll(&(struct pollfd){.fd = PQsocket(pg), .events = POLLIN}, 1, left_ms) != 0;
}

static void cancel(PGconn *pg)
{
    char ignored[256];
    PGcancel *request = PQgetCancel(pg);
    (void)PQcancel(request, ignored, sizeof ignored);
    PQfreeCancel(request);
}

/* The last result of what was sent; *late where it was cancelled. */
static PGresult *await(PGconn *pg, int64_t deadline, bool *late)
{
    PGresult *last = NULL, *result;
    *late = false;
    for (;;) {
        while (PQisBusy(pg) != 0) {
            if (!wait_for_input(pg, *late ? 200 : weft_driver_left_ms(deadline))) {
                *late = true; /* a request that comes between two statements is for neither, so it is made again */
                cancel(pg);
            } else if (PQconsumeInput(pg) == 0) {
                break;
            }
        }
        result = PQgetResult(pg);
        if (result == NULL)
            return last;
        if (last != NULL && PQresultStatus(last) == PGRES_FATAL_ERROR) {
            PQclear(result);
        } else {
            PQclear(last);
            last = result;
        }
    }
}

static weft_status judge(PGconn *pg, PGresult *result, bool late, weft_error *error)
{
    const ExecStatusType got = PQresultStatus(result);
    if (got == PGRES_TUPLES_OK || got == PGRES_COMMAND_OK)
        return WEFT_OK;
    weft_status status =
        got == PGRES_EMPTY_QUERY ? weft_driver_error(error, WEFT_ERROR_SQL, "the statement is empty") : failed(pg, result, error);
    return late && status != WEFT_ERROR_DISCONNECTED ? weft_driver_error(error, WEFT_ERROR_TIMEOUT, "the deadline passed") : status;
}

static weft_status say(void *pg, const char *sql, int64_t deadline, weft_error *error)
{
    bool late;
    if (PQsendQuery(pg, sql) == 0)
        return lost(pg, error);
    PGresult *result = await(pg, deadline, &late);
    weft_status status = PQresultStatus(result) == PGRES_EMPTY_QUERY ? WEFT_OK : judge(pg, result, late, error);
    PQclear(result);
    return status;
}

/* ---- connections ---- */

static void ignore_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

static void close_connection(void *pg) { PQfinish(pg); }

static weft_status open_connection(const weft_driver_target *target, int64_t deadline, void **connection, weft_error *error)
{
    char url[1024];
    (void)snprintf(url, sizeof url, "postgresql%s", strchr(target->url, ':'));
    PGconn *pg = PQconnectdb(url);
    if (PQstatus(pg) != CONNECTION_OK) {
        PQfinish(pg);
        return weft_driver_error(error, WEFT_ERROR_CONNECT, "the server cannot be reached");
    }
    (void)PQsetNoticeReceiver(pg, ignore_notice, NULL);
    (void)PQsetClientEncoding(pg, "UTF8");
    weft_status status = say(pg, SETTINGS, deadline, error);
    if (status != WEFT_OK)
        PQfinish(pg);
    else
        *connection = pg;
    return status;
}

static weft_driver_state state(void *pg)
{
    switch (PQtransactionStatus(pg)) {
    case PQTRANS_IDLE: return WEFT_DRIVER_IDLE;
    case PQTRANS_INERROR: return WEFT_DRIVER_FAILED;
    case PQTRANS_UNKNOWN: return WEFT_DRIVER_LOST;
    default: return WEFT_DRIVER_OPEN;
    }
}

static bool alive(void *pg, weft_error *error)
{
    struct pollfd socket = {.fd = PQsocket(pg), .events = POLLIN};
    while (PQstatus(pg) == CONNECTION_OK) {
        if (poll(&socket, 1, 0) == 0)
            return true;
        if (PQconsumeInput(pg) == 0)
            break;
    }
    (void)weft_driver_error(error, WEFT_ERROR_DISCONNECTED, "the server closed the connection");
    return false;
}

static weft_status reset(void *pg, int64_t deadline, weft_error *error)
{
    weft_status status = say(pg, "DISCARD ALL", deadline, error);
    return status == WEFT_OK ? say(pg, SETTINGS, deadline, error) : status;
}

/* ---- statements ---- */

typedef struct sent {
    Oid *types;
    const char **values;
    int *lengths, *formats;
    char (*texts)[TEXT_BYTES];
} sent;

static void free_sent(sent *s)
{
    free(s->types);
    free(s->values);
    free(s->lengths);
    free(s->formats);
    free(s->texts);
}

static void put(sent *s, size_t i, const weft_value *value, unsigned type)
{
    const unsigned one = type & 31u;
    s->types[i] = one >= WEFT_TYPE_COUNT_ ? 0 : (type & WEFT_ARRAY) != 0 ? oids[one].array : oids[one].one;
    s->values[i] = NULL;
    if (value->is_null)
        return;
    s->values[i] = s->texts[i];
    switch (value->type) {
    case WEFT_INT64: (void)snprintf(s->texts[i], TEXT_BYTES, "%lld", (long long)value->as.i); break;
    case WEFT_DOUBLE: (void)snprintf(s->texts[i], TEXT_BYTES, "%.17g", value->as.d); break;
    case WEFT_BOOL: (void)snprintf(s->texts[i], TEXT_BYTES, "%s", value->as.b ? "t" : "f"); break;
    default:
        s->values[i] = value->as.s.data;
        s->lengths[i] = (int)value->as.s.size;
        s->formats[i] = value->type == WEFT_BYTES;
    }
}

static weft_status send_statement(PGconn *pg, const weft_driver_statement *statement, const weft_value *values, size_t count,
                                  weft_error *error)
{
    sent s = {calloc(count + 1, sizeof *s.types), calloc(count + 1, sizeof *s.values), calloc(count + 1, sizeof *s.lengths),
              calloc(count + 1, sizeof *s.formats), calloc(count + 1, sizeof *s.texts)};
    weft_status status = WEFT_OK;
    if (s.types == NULL || s.values == NULL || s.lengths == NULL || s.formats == NULL || s.texts == NULL)
        status = weft_driver_error(error, WEFT_ERROR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < count && status == WEFT_OK; i++)
        put(&s, i, &values[i],
            statement->parameter_types != NULL && i < statement->parameter_count ? statement->parameter_types[i] : values[i].type);
    if (status == WEFT_OK && PQsendQueryParams(pg, statement->sql, (int)count, s.types, s.values, s.lengths, s.formats, 0) == 0)
        status = lost(pg, error);
    free_sent(&s);
    return status;
}

static void finish(weft_driver_rows *rows)
{
    run *r = rows->state;
    PQclear(r->result);
    free(r);
}

static weft_status execute(weft_driver_rows *rows, const weft_value *values, size_t count, weft_error *error)
{
    PGconn *pg = rows->connection;
    bool late;
    run *r = calloc(1, sizeof *r);
    weft_status status = r != NULL ? send_statement(pg, rows->statement, values, count, error)
                                   : weft_driver_error(error, WEFT_ERROR_NO_MEMORY, "out of memory");
    rows->state = r;
    if (status == WEFT_OK) {
        r->result = await(pg, rows->deadline, &late);
        status = judge(pg, r->result, late, error);
    }
    if (status == WEFT_OK) {
        rows->column_count = (uint16_t)PQnfields(r->result);
        rows->changed_rows = strncmp(PQcmdStatus(r->result), "SELECT", 6) != 0 ? strtoull(PQcmdTuples(r->result), NULL, 10) : 0;
    } else if (r != NULL) {
        finish(rows);
    }
    return status;
}

static weft_status step(weft_driver_rows *rows, weft_value *cells, bool *has_row, weft_error *error)
{
    run *r = rows->state;
    (void)error;
    *has_row = r->next < PQntuples(r->result);
    for (int i = 0; *has_row && i < rows->column_count; i++) {
        const bool null = PQgetisnull(r->result, r->next, i) != 0;
        cells[i] = weft_value_text(null ? NULL : PQgetvalue(r->result, r->next, i));
    }
    r->next += *has_row;
    return WEFT_OK;
}

static const char *column_name(weft_driver_rows *rows, uint16_t column) { return PQfname(((run *)rows->state)->result, column); }

static weft_type column_type(weft_driver_rows *rows, uint16_t column)
{
    const Oid oid = PQftype(((run *)rows->state)->result, column);
    for (unsigned type = 1; type < WEFT_TYPE_COUNT_; type++)
        if (oids[type].one == oid || (oids[type].array == oid && oid != 0))
            return (weft_type)(type + (oids[type].array == oid ? (unsigned)WEFT_ARRAY : 0u));
    return oid == 114 || oid == 3802 ? WEFT_JSON : oid == 25 || oid == 1043 ? WEFT_TEXT : WEFT_UNMAPPED;
}

const weft_driver wire_driver = {
    .size = sizeof(weft_driver),
    .name = "wire",
    .dialect = "postgresql",
    .example = "wire://user@host/database",
    .open = open_connection,
    .close = close_connection,
    .execute = execute,
    .step = step,
    .finish = finish,
    .column_name = column_name,
    .column_type = column_type,
    .state = state,
    .alive = alive,
    .reset = reset,
    .script = say,
};

static void register_it(void)
{
    weft_error error;
    if (weft_driver_register(&wire_driver, &error) == WEFT_OK)
        return;
    (void)fprintf(stderr, "%s\n", error.message);
    exit(1);
}

void wire_driver_register(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, register_it);
}
