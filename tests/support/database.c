/* Databases for tests: each test program gets places of its own, so that programs may run at the same time on one server.
 *
 * Rows are read and written here with sqlite3 and libpq directly: what weft stored is judged by something that is not weft. */
#define _XOPEN_SOURCE 700
#include "support/support.h"

#include <ftw.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_uint next_place = 1;
static char folder[256];
static pid_t folder_owner;
static pthread_once_t folder_once = PTHREAD_ONCE_INIT;

static _Noreturn void give_up(const char *format, ...) WEFT_PRINTF(1, 2);
static _Noreturn void give_up(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("test support: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)status;
    (void)kind;
    (void)at;
    return remove(path);
}

/* A child made by fork runs exit handlers too, and must leave its parent's files alone. */
static void remove_folder(void)
{
    if (getpid() == folder_owner) {
        nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    }
}

static void make_folder(void)
{
    const char *parent = getenv("TMPDIR");
    snprintf(folder, sizeof(folder), "%s/weft-test.XXXXXX", parent != NULL ? parent : "/tmp");
    if (mkdtemp(folder) == NULL) {
        give_up("cannot make a temporary folder");
    }
    folder_owner = getpid();
    atexit(remove_folder);
}

void test_path_new(char *path, size_t size, const char *name)
{
    pthread_once(&folder_once, make_folder);
    int length = snprintf(path, size, "%s/%u-%s", folder, atomic_fetch_add(&next_place, 1), name);
    if (length < 0 || (size_t)length >= size) {
        give_up("the path of %s is too long", name);
    }
}

const char *test_pg_url(void)
{
    const char *url = getenv("WEFT_TEST_PG");
    if (url == NULL || url[0] == '\0') {
        give_up("WEFT_TEST_PG is not set: this test needs the URL of a PostgreSQL server");
    }
    return url;
}

static void ignore_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

static PGconn *connect_postgres(const char *url)
{
    PGconn *connection = PQconnectdb(url);
    if (PQstatus(connection) != CONNECTION_OK) {
        give_up("%s", PQerrorMessage(connection));
    }
    PQsetNoticeReceiver(connection, ignore_notice, NULL);
    return connection;
}

/* Connections are kept for the next statement, a login costs more than most statements. One that is in use is not in the table. */
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    PGconn *connection;
    pid_t owner;
    char url[sizeof(((test_database *)0)->url)];
} kept[4];
static unsigned kept_next;

/* A child made by fork leaves its parent's connections alone. */
static PGconn *take_kept(const char *url)
{
    PGconn *found = NULL;
    pthread_mutex_lock(&kept_lock);
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]) && found == NULL; i++) {
        if (kept[i].connection != NULL && kept[i].owner == getpid() && strcmp(kept[i].url, url) == 0) {
            found = kept[i].connection;
            kept[i].connection = NULL;
        }
    }
    pthread_mutex_unlock(&kept_lock);
    return found;
}

static void finish_kept(void)
{
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        if (kept[i].connection != NULL && kept[i].owner == getpid()) {
            PQfinish(kept[i].connection);
            kept[i].connection = NULL;
        }
    }
}

static void keep(PGconn *connection, const char *url)
{
    static bool at_exit;
    pthread_mutex_lock(&kept_lock);
    if (!at_exit) {
        atexit(finish_kept);
    }
    at_exit = true;
    unsigned place = kept_next++ % (sizeof(kept) / sizeof(kept[0]));
    PGconn *former = kept[place].connection;
    pid_t owner = kept[place].owner;
    kept[place].connection = connection;
    kept[place].owner = getpid();
    snprintf(kept[place].url, sizeof(kept[place].url), "%s", url);
    pthread_mutex_unlock(&kept_lock);
    if (former != NULL && owner == getpid()) {
        PQfinish(former);
    }
}

/* Whether the statement leaves nothing behind in its connection. */
static bool leaves_no_trace(const char *sql)
{
    static const char *const first[] = {"SELECT ", "INSERT ", "UPDATE ", "DELETE ", "CREATE TABLE ", "DROP ", "ALTER ",
        "TRUNCATE "};
    bool known = false;
    for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
        known = known || strncmp(sql, first[i], strlen(first[i])) == 0;
    }
    return known && strchr(sql, ';') == NULL && strstr(sql, "advisory") == NULL && strstr(sql, "set_config") == NULL;
}

static PGresult *run_postgres(const char *url, const char *sql, bool may_keep)
{
    bool plain = may_keep && leaves_no_trace(sql);
    PGconn *connection = plain ? take_kept(url) : NULL;
    bool was_kept = connection != NULL;
    PGresult *result = was_kept ? PQexec(connection, sql) : NULL;
    if (was_kept && PQstatus(connection) != CONNECTION_OK) {
        PQclear(result);
        PQfinish(connection);
        was_kept = false;
    }
    if (!was_kept) {
        connection = connect_postgres(url);
        result = PQexec(connection, sql);
    }
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        give_up("%s%s", PQerrorMessage(connection), sql);
    }
    if (plain && PQtransactionStatus(connection) == PQTRANS_IDLE) {
        keep(connection, url);
    } else {
        PQfinish(connection);
    }
    return result;
}

static sqlite3 *open_sqlite(const test_database *database)
{
    sqlite3 *connection = NULL;
    if (sqlite3_open(database->place, &connection) != SQLITE_OK) {
        give_up("%s", sqlite3_errmsg(connection));
    }
    sqlite3_busy_timeout(connection, 10000);
    return connection;
}

static void open_schema(test_database *database)
{
    const char *server = test_pg_url();
    snprintf(database->place, sizeof(database->place), "test_%ld_%u", (long)getpid(), atomic_fetch_add(&next_place, 1));
    char sql[600];
    snprintf(sql, sizeof(sql), "DROP SCHEMA IF EXISTS \"%s\" CASCADE; CREATE SCHEMA \"%s\"", database->place, database->place);
    PQclear(run_postgres(server, sql, false));
    int length = snprintf(database->url, sizeof(database->url), "%s%coptions=-csearch_path%%3D%s", server,
        strchr(server, '?') != NULL ? '&' : '?', database->place);
    if (length < 0 || (size_t)length >= sizeof(database->url)) {
        give_up("WEFT_TEST_PG is too long");
    }
}

void test_database_open(test_database *database, test_backend backend)
{
    memset(database, 0, sizeof(*database));
    database->backend = backend;
    if (backend == TEST_POSTGRES) {
        open_schema(database);
        return;
    }
    test_path_new(database->place, sizeof(database->place), "test.db");
    snprintf(database->url, sizeof(database->url), "sqlite:///%s", database->place);
}

void test_database_drop(test_database *database)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char text[600];
    if (database->backend == TEST_POSTGRES) {
        /* A test that failed may have left a transaction open. */
        snprintf(text, sizeof(text), "SET lock_timeout = '20s'; DROP SCHEMA IF EXISTS \"%s\" CASCADE", database->place);
        PQclear(run_postgres(test_pg_url(), text, false));
        return;
    }
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        snprintf(text, sizeof(text), "%s%s", database->place, suffixes[i]);
        unlink(text);
    }
}

void test_database_exec(const test_database *database, const char *sql)
{
    if (database->backend == TEST_POSTGRES) {
        PQclear(run_postgres(database->url, sql, !database->logs_in_anew));
        return;
    }
    sqlite3 *connection = open_sqlite(database);
    char *message = NULL;
    if (sqlite3_exec(connection, sql, NULL, NULL, &message) != SQLITE_OK) {
        give_up("%s: %s", message, sql);
    }
    sqlite3_close(connection);
}

static void put_cell(FILE *out, bool first, const char *text)
{
    fprintf(out, "%s%s", first ? "" : "|", text != NULL ? text : "NULL");
}

static void print_postgres_rows(const test_database *database, const char *sql, FILE *out)
{
    PGresult *result = run_postgres(database->url, sql, !database->logs_in_anew);
    for (int row = 0; row < PQntuples(result); row++) {
        fputs(row > 0 ? "\n" : "", out);
        for (int column = 0; column < PQnfields(result); column++) {
            put_cell(out, column == 0, PQgetisnull(result, row, column) ? NULL : PQgetvalue(result, row, column));
        }
    }
    PQclear(result);
}

static void print_sqlite_rows(const test_database *database, const char *sql, FILE *out)
{
    sqlite3 *connection = open_sqlite(database);
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(connection, sql, -1, &statement, NULL);
    for (int row = 0; code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW; row++, code = SQLITE_OK) {
        fputs(row > 0 ? "\n" : "", out);
        for (int column = 0; column < sqlite3_column_count(statement); column++) {
            put_cell(out, column == 0, (const char *)sqlite3_column_text(statement, column));
        }
    }
    if (code != SQLITE_DONE) {
        give_up("%s: %s", sqlite3_errmsg(connection), sql);
    }
    sqlite3_finalize(statement);
    sqlite3_close(connection);
}

char *test_database_rows(const test_database *database, const char *sql)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL) {
        give_up("out of memory");
    }
    if (database->backend == TEST_POSTGRES) {
        print_postgres_rows(database, sql, out);
    } else {
        print_sqlite_rows(database, sql, out);
    }
    fclose(out);
    return text;
}

int64_t test_database_integer(const test_database *database, const char *sql)
{
    char *text = test_database_rows(database, sql);
    char *end = text;
    int64_t value = strtoll(text, &end, 10);
    if (end == text) {
        give_up("no integer in \"%s\": %s", text, sql);
    }
    free(text);
    return value;
}
