/* What the files of the PostgreSQL driver share. A connection is driven without blocking: everything is sent with PQsend..., and
 * wait.c alone sleeps, always against a deadline. Invariant: outside a driver call libpq is idle and out of pipeline mode, unless
 * given_up (a deadline passed while the server worked: recover or discard), broken, or a streaming cursor is open. */
#ifndef WEFTI_POSTGRES_H
#define WEFTI_POSTGRES_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/locale.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/thread.h"
#include "driver/driver.h"
#include "driver/postgres/libpq.h"
#include "driver/prepared.h"

/* Types as PostgreSQL numbers them (catalog/pg_type.dat). */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_CHAR = 18,
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_OID = 26,
    OID_JSON = 114,
    OID_XML = 142,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_UNKNOWN = 705,
    OID_BPCHAR = 1042,
    OID_VARCHAR = 1043,
    OID_DATE = 1082,
    OID_TIME = 1083,
    OID_TIMESTAMP = 1114,
    OID_TIMESTAMPTZ = 1184,
    OID_NUMERIC = 1700,
    OID_CIDR = 650,
    OID_MACADDR = 829,
    OID_MACADDR_ARRAY = 1040,
    OID_INET = 869,
    OID_INET_ARRAY = 1041,
    OID_INTERVAL = 1186,
    OID_INTERVAL_ARRAY = 1187,
    OID_UUID = 2950,
    OID_JSONB = 3802,
    OID_FIRST_USER = 16384,
    OID_BOOL_ARRAY = 1000,
    OID_BYTEA_ARRAY = 1001,
    OID_INT2_ARRAY = 1005,
    OID_INT4_ARRAY = 1007,
    OID_TEXT_ARRAY = 1009,
    OID_INT8_ARRAY = 1016,
    OID_FLOAT4_ARRAY = 1021,
    OID_FLOAT8_ARRAY = 1022,
    OID_DATE_ARRAY = 1182,
    OID_TIME_ARRAY = 1183,
    OID_TIMESTAMPTZ_ARRAY = 1185,
    OID_NUMERIC_ARRAY = 1231,
    OID_UUID_ARRAY = 2951,
    OID_JSONB_ARRAY = 3807,
    OID_JSON_ARRAY = 199,
    OID_CIDR_ARRAY = 651,
    OID_CHAR_ARRAY = 1002,
    OID_NAME_ARRAY = 1003,
    OID_BPCHAR_ARRAY = 1014,
    OID_VARCHAR_ARRAY = 1015,
    OID_OID_ARRAY = 1028,
    OID_TIMESTAMP_ARRAY = 1115,
    OID_BIT = 1560,
    OID_VARBIT = 1562,
    OID_VARBIT_ARRAY = 1563,
    OID_TSVECTOR = 3614,
    OID_TSQUERY = 3615,
    OID_INT4RANGE = 3904,
    OID_INT4RANGE_ARRAY = 3905,
    OID_NUMRANGE = 3906,
    OID_NUMRANGE_ARRAY = 3907,
    OID_TSRANGE = 3908,
    OID_TSTZRANGE = 3910,
    OID_TSTZRANGE_ARRAY = 3911,
    OID_DATERANGE = 3912,
    OID_DATERANGE_ARRAY = 3913,
    OID_INT8RANGE = 3926,
    OID_INT8RANGE_ARRAY = 3927,
    OID_INT4MULTIRANGE = 4451,
    OID_NUMMULTIRANGE = 4532,
    OID_TSMULTIRANGE = 4533,
    OID_TSTZMULTIRANGE = 4534,
    OID_DATEMULTIRANGE = 4535,
    OID_INT8MULTIRANGE = 4536
};

#define POSTGRES_EPOCH_USEC INT64_C(946684800000000) /* 2000-01-01 from 1970-01-01 */
#define POSTGRES_EPOCH_DAYS 10957

#define POSTGRES_NAME_SIZE 56 /* of a prepared statement, with the NUL */

/* A list of the URL: "a,b,c". */
typedef struct wefti_postgres_list {
    char *text;   /* owned; the commas are NULs */
    char **items; /* owned; into text */
    size_t count;
} wefti_postgres_list;

#define WEFTI_POSTGRES_SPLIT 3 /* host, hostaddr, port */

typedef struct wefti_postgres_config {
    char **keywords; /* as PQconnectStartParams takes them; end with NULL */
    char **values;
    const char *password; /* one of values, or NULL */
    wefti_log log;
    uint32_t prepared_limit;
    const wefti_atomic_u64 *evictions; /* as in wefti_driver_options */
    bool no_prepare;
    bool replan;                /* statements whose plan depends on their values are planned for each run */
    uint8_t plan;               /* the weft_plan_mode of statements that ask for none */
    bool show_raised, show_all; /* as in wefti_driver_options */
    bool pooled;                /* the URL says so */
    bool wants_writable;        /* target_session_attrs does not do with a server that cannot write */
    atomic_bool no_options;     /* a pooler was met that takes none, and nothing that it cannot do is asked of it */
    uint32_t token;             /* random, in the names of prepared statements */
    size_t keyword_count;
    wefti_postgres_list lists[WEFTI_POSTGRES_SPLIT]; /* empty where there is one host */
    size_t host_count;                               /* logins of which each has a share of the time */
    uint32_t host_timeout_ms;                        /* connect_timeout of the URL, per host, or 0 */
    bool prefer_standby, random_order;
    wefti_atomic_u64 *avoided_until_ns; /* one per host: it did not answer lately; relaxed, a hint */
    char *options_without;              /* options for servers that do not know all of weft's settings, or NULL */
    atomic_bool plain_options;          /* such a server was met */
    atomic_bool clear_text_seen;        /* an unencrypted connection to another host was reported */
    atomic_bool pooler_seen;            /* named statements proved not to be ours: stop naming them */
} wefti_postgres_config;

/* A statement prepared on this connection. */
typedef struct wefti_postgres_handle {
    char name[POSTGRES_NAME_SIZE];
    uint64_t serial; /* of this connection's handles, never 0 */
    bool binary;     /* every column has a binary decoder: only asked where the statement gives no column types */
    uint16_t type_count;
    Oid types[]; /* of the parameters, where the statement gives none */
} wefti_postgres_handle;

/* A growing output of binary fields: arrays and COPY. */
typedef struct wefti_postgres_output {
    unsigned char *data; /* owned */
    size_t size, capacity;
} wefti_postgres_output;

/* Room for the binary form of a value without content. */
#define WEFTI_POSTGRES_FIXED 32

/* Parameters of one run, as libpq takes them; reused. */
typedef struct wefti_postgres_encoder {
    wefti_arena arena;
    size_t count, capacity;
    const char **values;
    int *lengths;
    int *formats;
    Oid *types;
    unsigned char (*fixed)[WEFTI_POSTGRES_FIXED]; /* room for values of fixed size */
    size_t total_bytes;
    wefti_postgres_output arrays; /* binary arrays of this run, one after another */
    size_t *array_starts;         /* offset in arrays + 1, or 0 */
    bool has_arrays;
} wefti_postgres_encoder;

/* How a column's cells are read. */
typedef struct wefti_postgres_column wefti_postgres_column;
typedef weft_status (*wefti_postgres_decode)(const wefti_postgres_column *column, const char *data, size_t size, weft_value *cell,
                                             wefti_arena *arena);
struct wefti_postgres_column {
    wefti_postgres_decode decode;
    weft_type type;
    Oid oid;
    int64_t min, max; /* of integers */
};

typedef struct wefti_postgres_dbc wefti_postgres_dbc;

typedef struct wefti_postgres_cursor {
    wefti_cursor cursor;
    wefti_postgres_dbc *c;
    PGresult *result;    /* owned; in single-row mode the present row */
    int row, row_total;  /* next row and rows of result */
    bool streaming;      /* libpq still gives results of this statement */
    bool piped;          /* a pipeline is to be left when streaming ends */
    bool in_transaction; /* the statement runs in a transaction block */
    bool writes;
    bool trusted; /* its command tag may be any: see tag.c */
    wefti_deadline deadline;
    weft_status failed; /* why streaming ended early; kept for later steps */
    uint16_t capacity;
    uint64_t columns_for; /* serial of the handle that columns and cells are set up for, or 0 */
    weft_value *cells;
    wefti_postgres_column *columns;
    wefti_arena arena; /* texts made for the present row */
    struct wefti_postgres_cursor *next_free;
} wefti_postgres_cursor;

struct wefti_postgres_dbc {
    wefti_dbc dbc;
    PGconn *pg;
    wefti_postgres_config *config; /* the target's; outlives the connection */
    bool given_up;                 /* a statement still runs on the server */
    bool broken;
    bool unsent; /* libpq could not take what was to be sent: no statement of this call can have been done */
    bool begin_pending;
    bool settings_due;       /* the present transaction is still without WEFTI_POSTGRES_SETTINGS; looked at behind poolers only */
    bool check_utf8;         /* texts of the present result are to be validated */
    bool check_always;       /* the server does not validate text (SQL_ASCII) */
    int encoding;            /* client_encoding at login, UTF-8; text SQL may set another */
    bool server_spoke;       /* an error of the server has come since libpq was last idle: PQerrorMessage may repeat it */
    bool copy_told;          /* libpq's last result said that a COPY goes on */
    bool was_writable;       /* the server said so at the login */
    bool transaction_failed; /* first_error holds why the open transaction failed */
    wefti_begin begin;
    wefti_prepared prepared;
    uint32_t name_serial; /* makes names unique once a prepare has ended in doubt */
    uint64_t last_handle;
    uint32_t missing_names;           /* statements in a row that the server did not know */
    char (*dead)[POSTGRES_NAME_SIZE]; /* names to DEALLOCATE with the next round trip outside a transaction */
    size_t dead_count, dead_capacity;
    wefti_postgres_encoder encoder;
    wefti_postgres_cursor *free_cursors;
    wefti_postgres_cursor *stream; /* the open streaming cursor */
    uint32_t open_cursors;
    uint32_t spin_failures, spin_skip;  /* of waits that began with polling */
    uint32_t turns;                     /* of sending and waiting since the call began */
    uint8_t plan_now;                   /* what the present transaction has set of plan_cache_mode: as round.plan, or PLAN_UNSURE */
    uint32_t syncs_pending;             /* sent in pipeline mode and not answered */
    bool leftover;                      /* answers nobody had asked for came before the last sync */
    bool copying;                       /* rows are being sent: all that may come are notices, and the end */
    size_t copy_bytes;                  /* that came meanwhile, notices not counted */
    bool brief;                         /* the call is answered by some bytes, see wefti_postgres_brief */
    size_t brief_bytes, brief_notified; /* that came for it; of them notifications */
    uint32_t notice_count;              /* since the last statement began */
    char notice_sqlstate[6];            /* of the last notice of severity FATAL or worse */
    char notice_text[256];
    weft_error first_error;
};

/* target.c */
weft_status wefti_postgres_target_new(const char *url, const wefti_driver_options *options, wefti_target *target,
                                      weft_error *error);
void wefti_postgres_target_free(wefti_target *target);
/* settings.c: URL where no server can make these right. */
weft_status wefti_postgres_check_settings(const wefti_postgres_config *config, weft_error *error);

/* hosts.c: the attempts of one login. */
bool wefti_postgres_hosts_init(wefti_postgres_config *config); /* false: out of memory */
void wefti_postgres_hosts_deinit(wefti_postgres_config *config);
size_t wefti_postgres_attempts(const wefti_postgres_config *config);
/* The order of one login: hosts[attempt], with room for all attempts. Hosts that lately let a login wait in vain are last. */
void wefti_postgres_order_hosts(const wefti_postgres_config *config, uint16_t *hosts);
/* A login at this host ended so. */
void wefti_postgres_note_host(const wefti_postgres_config *config, size_t host, weft_status status);
/* values has room for keyword_count + 1 pointers; what they point to is the config's. */
void wefti_postgres_attempt_values(const wefti_postgres_config *config, size_t attempt, size_t host, const char **values);

/* connect.c, state.c */
weft_status wefti_postgres_open(const wefti_target *target, wefti_deadline deadline, wefti_dbc **dbc, weft_error *error);
void wefti_postgres_close(wefti_dbc *dbc);
wefti_tx_state wefti_postgres_state(wefti_dbc *dbc);
int64_t wefti_postgres_server_process(const wefti_dbc *dbc);
weft_status wefti_postgres_ping(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error);
weft_status wefti_postgres_reset(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error);
weft_status wefti_postgres_recover(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error);
/* One host, these settings: c->pg is to be finished also where it fails. */
weft_status wefti_postgres_log_in_once(wefti_postgres_dbc *c, const char *const *keywords, const char *const *values,
                                       wefti_deadline deadline, weft_error *error);

/* cancel.c: a connection beside c, and what it is for. canceller is the caller's memory; close it also where opening failed. */
weft_status wefti_postgres_canceller_open(const wefti_postgres_dbc *c, wefti_postgres_dbc *canceller, wefti_deadline deadline,
                                          weft_error *error);
/* UNSUPPORTED where the session cannot be found. */
weft_status wefti_postgres_cancel(const wefti_postgres_dbc *c, wefti_postgres_dbc *canceller, wefti_deadline deadline,
                                  weft_error *error);
void wefti_postgres_canceller_close(wefti_postgres_dbc *canceller);

/* exchange.c */
bool wefti_postgres_foreign(const wefti_dbc *dbc); /* opened by another process */
bool wefti_postgres_alive(wefti_dbc *dbc, weft_error *error);
/* Whether a statement may be sent now; else why not, with nothing_sent. */
weft_status wefti_postgres_usable(wefti_postgres_dbc *c, wefti_deadline deadline, weft_error *error);
static inline bool wefti_postgres_in_transaction(const wefti_postgres_dbc *c)
{
    PGTransactionStatusType status = PQtransactionStatus(c->pg);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

/* A PQsend... call said no. */
weft_status wefti_postgres_send_failed(wefti_postgres_dbc *c, weft_error *error);
/* Runs text that is weft's own (BEGIN, ROLLBACK, DISCARD ALL, ...) by the simple protocol; result may be NULL. */
weft_status wefti_postgres_command(wefti_postgres_dbc *c, const char *sql, wefti_deadline deadline, PGresult **result,
                                   weft_error *error);
/* The same of what a server answers at once and with some bytes (ROLLBACK, DISCARD ALL, a sign of life), also for callers without a
 * deadline: neither one that is silent nor one that sends without end keeps it. */
weft_status wefti_postgres_brief(wefti_postgres_dbc *c, const char *sql, wefti_deadline deadline, weft_error *error);
bool wefti_postgres_send_sync(wefti_postgres_dbc *c);
/* Reads up to the last sync that was sent and leaves pipeline mode. */
weft_status wefti_postgres_pipeline_leave(wefti_postgres_dbc *c, wefti_deadline deadline, weft_error *error);

struct pollfd;
/* wait.c. WEFT_OK when ready, WEFT_ERROR_TIMEOUT, or WEFT_ERROR_IO with errno. */
/* WEFT_ERROR_TIMEOUT past the deadline, WEFT_ERROR_CLOSED on a helper thread that was asked to stop, WEFT_ERROR_IO. */
weft_status wefti_postgres_poll(struct pollfd *fd, wefti_deadline deadline);
/* All of these mark the connection given_up when the deadline passes, and broken when it is lost. */
weft_status wefti_postgres_wait(wefti_postgres_dbc *c, short events, wefti_deadline deadline, weft_error *error);
/* What has arrived; false where the connection is lost. */
bool wefti_postgres_read(wefti_postgres_dbc *c);
weft_status wefti_postgres_flush(wefti_postgres_dbc *c, wefti_deadline deadline, weft_error *error);
/* The next result as PQgetResult gives it, NULL at the end of a statement's results. */
weft_status wefti_postgres_next(wefti_postgres_dbc *c, wefti_deadline deadline, PGresult **result, weft_error *error);
/* The last result of a statement and the NULL after it; earlier ones of it are dropped, the first error among them wins. */
weft_status wefti_postgres_finish_command(wefti_postgres_dbc *c, wefti_deadline deadline, PGresult **result, weft_error *error);
/* The end of a pipeline came where a statement's answer was due: the connection is broken. */
weft_status wefti_postgres_no_answer(wefti_postgres_dbc *c, weft_error *error);
/* A statement began a COPY with the client, which the protocol cannot leave politely: the connection is broken. Only copy_in moves
 * copy data. */
weft_status wefti_postgres_no_copy(wefti_postgres_dbc *c, weft_error *error);

/* unasked.c: what a server sends that nobody asked for. */
void wefti_postgres_notice(void *context, const PGresult *result);
size_t wefti_postgres_drop_notifications(PGconn *pg); /* how many bytes they were */
/* Before what has arrived is read in a login: adds to *bytes; false where it is more than a login needs. */
bool wefti_postgres_login_within_bounds(PGconn *pg, size_t *bytes);
/* A notice that came meanwhile is no flood. */
void wefti_postgres_copy_noticed(wefti_postgres_dbc *c, const PGresult *notice);
/* The same of calls that some bytes answer. Else the connection is broken. */
weft_status wefti_postgres_brief_within_bounds(wefti_postgres_dbc *c, weft_error *error);
/* The same while rows are copied: libpq keeps what it cannot read until they are sent. Else the connection is broken. */
weft_status wefti_postgres_copy_within_bounds(wefti_postgres_dbc *c, weft_error *error);

/* error.c */
weft_status wefti_postgres_sqlstate_status(const char *sqlstate);
bool wefti_postgres_means(const weft_error *error, wefti_meaning meaning);
/* Fills error from a failed result (or the connection's loss behind it). sql, where known, is the statement's text; parsing says
 * that its Parse was refused, so that nothing had been bound. */
weft_status wefti_postgres_statement_error(wefti_postgres_dbc *c, const PGresult *result, const char *sql, bool parsing,
                                           weft_error *error);
/* The same of a statement that was running, its text unknown. */
weft_status wefti_postgres_result_error(wefti_postgres_dbc *c, const PGresult *result, weft_error *error);
/* What libpq itself says of a failure, without any text of the server's; "" where that cannot be told apart. */
void wefti_postgres_reason(const wefti_postgres_dbc *c, char *to, size_t to_size);
weft_status wefti_postgres_lost(wefti_postgres_dbc *c, weft_error *error);
bool wefti_postgres_is_writable(PGconn *pg); /* as far as the server has said; false where it has not */
/* Login failed: reads the SQLSTATE from a verbose message. */
weft_status wefti_postgres_login_error(const wefti_postgres_config *config, PGconn *pg, weft_error *error);
/* Copies a message without the password and without what follows its first line. */
void wefti_postgres_clean_message(const char *password, const char *message, char *to, size_t to_size);
/* message.c, words.c: fills error with what the program may read of a server's error. */
void wefti_postgres_message(wefti_postgres_dbc *c, const PGresult *result, const char *sql, bool parsing, weft_status status,
                            weft_error *error);
const wefti_sql_rules *wefti_postgres_sql_rules(wefti_dbc *dbc);
const char *wefti_postgres_words(const char *sqlstate);
/* The SQLSTATE of a value that is none of its type, where the server tells it by another one; else NULL. */
const char *wefti_postgres_bad_value(const PGresult *result);
bool wefti_postgres_stale_plan(const PGresult *result);
/* Adds what is known of the transaction to an error that ended a statement: in_transaction and writes as of when it was sent. */
/* Whether a message of libpq's, no server's, says that memory ended: it says so in no other way. */
bool wefti_postgres_is_memory(const char *message);
weft_status wefti_postgres_outcome(wefti_postgres_dbc *c, bool in_transaction, bool writes, weft_status status, weft_error *error);

/* encode.c, array.c, numeric.c */
/* Text SQL, or a function that it called, has set another client_encoding than UTF-8. */
static inline bool wefti_postgres_foreign_encoding(const wefti_postgres_dbc *c) { return PQclientEncoding(c->pg) != c->encoding; }
/* MISUSE then, but for text that may set it right; statement may be NULL. */
weft_status wefti_postgres_check_encoding(const wefti_postgres_dbc *c, const wefti_statement *statement, weft_error *error);
/* One parameter for a driver of the program's own: see wefti_spoken. */
weft_status wefti_postgres_plain(const wefti_statement *statement, const weft_value *parameters, size_t index, wefti_arena *arena,
                                 weft_value *plain, weft_error *error);
weft_status wefti_postgres_encode_start(wefti_postgres_encoder *encoder, size_t count, weft_error *error);
void wefti_postgres_encode_deinit(wefti_postgres_encoder *encoder);
weft_status wefti_postgres_encode(wefti_postgres_encoder *encoder, size_t index, unsigned type, const weft_value *value,
                                  weft_error *error);
/* type: of the elements, without WEFT_OPT. */
weft_status wefti_postgres_encode_array(wefti_postgres_encoder *encoder, size_t index, unsigned type, const wefti_array *array,
                                        weft_error *error);
/* The same of ranges of this type, as a multirange. */
weft_status wefti_postgres_encode_multirange(wefti_postgres_encoder *encoder, size_t index, unsigned type, const wefti_array *array,
                                             weft_error *error);
/* As text without a type: the server takes that of the place. */
weft_status wefti_postgres_encode_placed(wefti_postgres_encoder *encoder, size_t index, const wefti_array *array,
                                         weft_error *error);
void wefti_postgres_encode_arrays_done(wefti_postgres_encoder *encoder); /* after the last parameter: sets the arrays' pointers */
bool wefti_postgres_reserve(wefti_postgres_output *out, size_t size);
static inline void wefti_postgres_put16(unsigned char *to, uint16_t v)
{
    to[0] = (unsigned char)(v >> 8);
    to[1] = (unsigned char)v;
}
static inline void wefti_postgres_put32(unsigned char *to, uint32_t v)
{
    v = __builtin_bswap32(v);
    __builtin_memcpy(to, &v, sizeof v);
}
static inline void wefti_postgres_put64(unsigned char *to, uint64_t v)
{
    v = __builtin_bswap64(v);
    __builtin_memcpy(to, &v, sizeof v);
}
/* codec.c: how a type travels as a parameter and in lists. */
typedef struct wefti_postgres_codec {
    Oid parameter;      /* the type that a parameter says it has; 0: that of its place */
    Oid element, array; /* the types of a list */
    /* The binary form, as lists and COPY have it, and scalar parameters; to has room for
     * WEFTI_POSTGRES_VALUE_ROOM bytes and the content. The size, or 0
     * where there is no such form (out of range, no number) or nothing to write. */
    size_t (*put)(unsigned char *to, const weft_value *value);
} wefti_postgres_codec;
extern const wefti_postgres_codec wefti_postgres_codecs[WEFT_TYPE_COUNT_];
/* codec.c. The type of the server's for a multirange of such ranges. */
Oid wefti_postgres_multirange_of(unsigned range);
/* What a range of the server's, or a multirange, is of: the type of its bounds; 0 where it is none. */
Oid wefti_postgres_bound_of(Oid range, bool multirange);
/* What follows the first byte of a range, which says how it ends. */
enum { RANGE_EMPTY = 1, RANGE_LOWER_CLOSED = 2, RANGE_UPPER_CLOSED = 4, RANGE_NO_LOWER = 8, RANGE_NO_UPPER = 16 };
/* Room for the binary form of a value, beside its content. */
#define WEFTI_POSTGRES_VALUE_ROOM 48
/* Appends one field of an array, as a value of this type, as length and binary value, or length -1. */
weft_status wefti_postgres_put_field(wefti_postgres_output *out, unsigned type, const wefti_array *array, size_t row,
                                     weft_error *error);
/* Decimal text as a binary numeric: the size, at most 16 + size bytes, or 0 where it is no decimal or too large. */
size_t wefti_postgres_numeric_encode(const char *text, size_t size, unsigned char *to);
/* Binary numeric as text; NULL text with WEFT_ERROR_DATA where malformed. */
weft_status wefti_postgres_numeric_decode(const char *data, size_t size, wefti_arena *arena, const char **text, size_t *text_size);
static inline bool wefti_postgres_text_valid(const char *data, size_t size) { return size == 0 || wefti_utf8_valid(data, size); }

/* decode.c. The type of the items of an array of the server's; 0 where it is none, or of a type of the database's own. */
Oid wefti_postgres_item_of(Oid array);
/* The value as people read it, as the text of the cell, in the arena. */
weft_status wefti_postgres_show(const weft_value *value, weft_value *cell, wefti_arena *arena);

/* decode.c, decode_text.c */
/* A type of the server's, by its number. */
typedef struct wefti_postgres_server_type {
    Oid oid;
    uint8_t type;                        /* weft's type for it, or WEFT_UNMAPPED */
    const char *name;                    /* as SQL names it, or in words what it is */
    wefti_postgres_decode read, checked; /* its binary form; checked where the server does not vouch for UTF-8; NULL: none known */
} wefti_postgres_server_type;
const wefti_postgres_server_type *wefti_postgres_server_type_of(Oid oid); /* never NULL; any thread */
weft_type wefti_postgres_type_of(Oid oid);                                /* WEFT_UNMAPPED where weft has no type for it */
bool wefti_postgres_has_binary(Oid oid);
/* Chooses the decoder of a binary column; expected WEFT_UNMAPPED: its own type. False where there is none. */
bool wefti_postgres_choose_binary(wefti_postgres_column *column, Oid oid, weft_type expected, bool check_utf8);
/* The same of a column in text; the server's types that weft does not know are texts. */
bool wefti_postgres_choose_text(wefti_postgres_column *column, Oid oid, weft_type expected, bool check_utf8);
/* Whether values of a type of the server's can be read as one of weft's, in either form. */
bool wefti_postgres_converts(Oid oid, weft_type wanted);

/* cursor.c */
/* With room for this many columns. */
weft_status wefti_postgres_cursor_new(wefti_postgres_dbc *c, uint16_t column_count, wefti_postgres_cursor **cursor,
                                      weft_error *error);
/* Takes the columns of a first result; expected types or NULL. */
weft_status wefti_postgres_cursor_columns(wefti_postgres_cursor *cursor, const PGresult *result, const uint16_t *expected,
                                          uint16_t expected_count, weft_error *error);
weft_status wefti_postgres_decode_row(wefti_postgres_cursor *cursor, const PGresult *result, int row, weft_error *error);
weft_status wefti_postgres_step(wefti_cursor *cursor, bool *has_row, weft_error *error);
void wefti_postgres_finish(wefti_cursor *cursor);
void wefti_postgres_cursor_free(wefti_postgres_cursor *cursor);
const char *wefti_postgres_column_name(wefti_cursor *cursor, uint16_t column);
weft_type wefti_postgres_column_type(wefti_cursor *cursor, uint16_t column);
uint64_t wefti_postgres_row_count(PGresult *result); /* the number in the command tag, or 0 */
uint64_t wefti_postgres_changed_rows(PGresult *result);

/* tag.c */
bool wefti_postgres_tag_controls(const char *tag);
/* Fills error, and the connection is not used again. */
weft_status wefti_postgres_tag_unexpected(wefti_postgres_dbc *c, const char *tag, bool in_transaction, weft_error *error);
/* MISUSE where a statement that was not sent as transaction control turns out to have been some. */
static inline weft_status wefti_postgres_check_tag(wefti_postgres_dbc *c, PGresult *result, bool in_transaction, weft_error *error)
{
    const char *tag = PQcmdStatus(result);
    if (__builtin_expect((tag[0] == 'S' && tag[1] == 'E') || tag[0] == 'I' || tag[0] == 'U' || tag[0] == 'D', 1))
        return WEFT_OK; /* SELECT, INSERT, UPDATE, DELETE, and others that control nothing */
    return wefti_postgres_tag_controls(tag) ? wefti_postgres_tag_unexpected(c, tag, in_transaction, error) : WEFT_OK;
}

/* Beside the weft_plan_modes that statements ask for: the session's own again; and what a savepoint may have put back. */
enum { WEFTI_POSTGRES_PLAN_BACK = WEFT_PLAN_GENERIC + 1, WEFTI_POSTGRES_PLAN_UNSURE };

/* pipeline.c: what goes ahead of a statement in its round trip. */
typedef struct wefti_postgres_round {
    size_t dead; /* DEALLOCATE, each with a sync of its own */
    bool begin;
    bool settings; /* WEFTI_POSTGRES_SETTINGS */
    uint8_t plan;  /* sets plan_cache_mode for what follows in the transaction: a weft_plan_mode, or PLAN_BACK; 0: nothing */
    bool reads;    /* makes the transaction that the round trip is one that only reads */
    bool parse;
    bool piped;
    bool in_transaction; /* when the statement itself runs */
    const char *name;    /* of the prepared statement; "" unnamed */
    wefti_postgres_handle *handle;
    bool handle_new;   /* owned until it is in the table */
    bool handle_loose; /* owned: prepared, but the table has no room */
    bool parse_failed; /* the failure is that of the Parse */
} wefti_postgres_round;
/* The encoder holds the parameters' types already. */
weft_status wefti_postgres_round_open(wefti_postgres_dbc *c, const wefti_statement *statement, wefti_postgres_round *round,
                                      weft_error *error);
/* Sends the preliminaries (entering pipeline mode where there are any); the caller then sends its statement. */
weft_status wefti_postgres_round_send(wefti_postgres_dbc *c, const wefti_statement *statement, wefti_postgres_round *round,
                                      weft_error *error);
/* Reads their answers. WEFT_OK also where one failed, with *failure its result (to be cleared): the statement was skipped then. */
weft_status wefti_postgres_round_receive(wefti_postgres_dbc *c, const wefti_statement *statement, wefti_postgres_round *round,
                                         wefti_deadline deadline, PGresult **failure, weft_error *error);
/* Whether the server's own connection may be another one in each transaction: settings of the session do not last then. */
static inline bool wefti_postgres_pooled(const wefti_postgres_dbc *c)
{
    return __builtin_expect(c->config->pooled || atomic_load_explicit(&c->config->no_options, memory_order_relaxed), 0);
}
/* What start-up options set where there is no pooler, for the present transaction. */
#define WEFTI_POSTGRES_SETTINGS \
    "SELECT pg_catalog.set_config('TimeZone', 'UTC', true), pg_catalog.set_config('DateStyle', 'ISO', true), " \
    "pg_catalog.set_config('IntervalStyle', 'postgres', true), pg_catalog.set_config('bytea_output', 'hex', true)"
/* Disposes of a handle that the table did not take. */
void wefti_postgres_round_abandon(wefti_postgres_dbc *c, wefti_postgres_round *round);
void wefti_postgres_forget_all(wefti_postgres_dbc *c); /* the server has dropped them */
void wefti_postgres_evict(void *context, uint64_t id, void *handle);
void wefti_postgres_forget(wefti_dbc *dbc, uint64_t statement_id);
/* After a stale plan or an unknown name: forgets the statement; true where it may be run again. */
bool wefti_postgres_may_rerun(wefti_postgres_dbc *c, const wefti_statement *statement, const PGresult *failure,
                              const wefti_postgres_round *round);
/* Rolls back a transaction whose only statement is to run again; BEGIN becomes pending again. */
weft_status wefti_postgres_rewind(wefti_postgres_dbc *c, const wefti_postgres_round *round, wefti_deadline deadline,
                                  weft_error *error);

/* execute.c, many.c, script.c, copy.c, transaction.c */
weft_status wefti_postgres_execute(wefti_dbc *dbc, const wefti_statement *statement, const weft_value *parameters,
                                   size_t parameter_count, bool stream, wefti_deadline deadline, wefti_cursor **cursor,
                                   weft_error *error);
weft_status wefti_postgres_execute_many(wefti_dbc *dbc, const wefti_statement *statement, const wefti_array *parameters,
                                        size_t count, wefti_row_callback on_row, void *context, wefti_deadline deadline,
                                        uint64_t *changed, uint32_t *changed_each, size_t *failed, weft_error *error);
weft_status wefti_postgres_execute_script(wefti_dbc *dbc, const char *sql, wefti_deadline deadline, weft_error *error);
weft_status wefti_postgres_copy_in(wefti_dbc *dbc, const char *sql, const wefti_array *columns, size_t column_count, size_t count,
                                   wefti_deadline deadline, uint64_t *copied, weft_error *error);
weft_status wefti_postgres_begin(wefti_dbc *dbc, const wefti_begin *options, wefti_deadline deadline, weft_error *error);
weft_status wefti_postgres_commit(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error);
weft_status wefti_postgres_prepare(wefti_dbc *dbc, const char *name, wefti_deadline deadline, weft_error *error);
weft_status wefti_postgres_end_prepared(wefti_dbc *dbc, const char *name, bool commit, wefti_deadline deadline, weft_error *error);
/* What settle and allow_writes send. */
#define WEFTI_POSTGRES_SETTLE \
    "SAVEPOINT weft_settle; SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK TO SAVEPOINT weft_settle; RELEASE SAVEPOINT weft_settle"
#define WEFTI_POSTGRES_NO_WRITES "SET TRANSACTION READ ONLY"
weft_status wefti_postgres_settle(wefti_dbc *dbc, bool settings, wefti_deadline deadline, weft_error *error);
weft_status wefti_postgres_allow_writes(wefti_dbc *dbc, bool allowed, wefti_deadline deadline, weft_error *error);
weft_status wefti_postgres_rollback(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error);
/* shown.c: the URL of these settings and of weft's own options, pairs that end with NULL; the caller frees it. NULL: no memory. */
char *wefti_postgres_shown(const PQconninfoOption *parsed, const char *const *own);
/* resolve.c. The id of the open transaction, asked for by a round trip; *id is all zero where that fails. */
weft_status wefti_postgres_keep_id(wefti_postgres_dbc *c, wefti_deadline deadline, weft_transaction_id *id, weft_error *error);
weft_status wefti_postgres_resolve(wefti_dbc *dbc, const weft_transaction_id *id, wefti_deadline deadline, weft_outcome *outcome,
                                   weft_error *error);
/* The BEGIN of these options, built from constants. */
void wefti_postgres_begin_sql(const wefti_begin *options, char sql[128]);
/* The BEGIN that is held back, where one is, before the statements of a simple query. It stays pending. */
void wefti_postgres_add_begin(const wefti_postgres_dbc *c, wefti_text *text);

#endif
