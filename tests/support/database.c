/* Databases for tests: each test program gets places of its own, so that programs may run at the same time on one server.
 *
 * Rows are read and written here with sqlite3 and libpq directly: what weft stored is judged by something that is not weft. */
#define _XOPEN_SOURCE 700
#include "support/support.h"

#include "support/memory_driver.h"
#include "support/wire_driver.h"

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
#include <time.h>
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

/* The program's own database on the server: what other programs make and drop swells their system tables, not these. */
static struct {
    pthread_mutex_t lock;
    char server[512]; /* the URL that was given */
    char name[64];    /* empty: the database of that URL */
    char url[600];    /* empty: not made yet */
    pid_t owner;
} own = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Puts another database into a URL, postgresql://who@where/database?options. */
static void put_database(char *url, size_t size, const char *server, const char *name)
{
    const char *begin = strstr(server, "://");
    begin = begin != NULL ? begin + 3 : server;
    size_t before = strcspn(begin, "/?") + (size_t)(begin - server);
    const char *options = strchr(server, '?');
    int length = snprintf(url, size, "%.*s/%s%s", (int)before, server, name, options != NULL ? options : "");
    if (length < 0 || (size_t)length >= size) {
        give_up("WEFT_TEST_PG is too long");
    }
}

/* A server that has ended took the database along. A child made by fork leaves its parent's alone. */
static void drop_own(void)
{
    if (own.owner != getpid()) {
        return;
    }
    PGconn *connection = PQconnectdb(own.server);
    if (PQstatus(connection) == CONNECTION_OK) {
        char sql[160];
        PQsetNoticeReceiver(connection, ignore_notice, NULL);
        snprintf(sql, sizeof(sql), "DROP DATABASE IF EXISTS \"%s\"%s", own.name,
                 PQserverVersion(connection) >= 130000 ? " WITH (FORCE)" : "");
        PQclear(PQexec(connection, sql));
    }
    PQfinish(connection);
}

/* A copy of files costs a quarter of one through the log where syncs cost nothing. */
static void make_own(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(own.name, sizeof(own.name), "weft_%ld_%lld%09ld", (long)getpid(), (long long)now.tv_sec, now.tv_nsec);
    PGconn *connection = connect_postgres(own.server);
    char sql[160];
    snprintf(sql, sizeof(sql), "CREATE DATABASE \"%s\" TEMPLATE template0%s", own.name,
             PQserverVersion(connection) >= 150000 ? " STRATEGY FILE_COPY" : "");
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        give_up("%s%s", PQerrorMessage(connection), sql);
    }
    PQclear(result);
    PQfinish(connection);
    own.owner = getpid();
    atexit(drop_own);
    put_database(own.url, sizeof(own.url), own.server, own.name);
}

const char *test_pg_url(void)
{
    pthread_mutex_lock(&own.lock);
    if (own.url[0] == '\0') {
        const char *server = getenv("WEFT_TEST_PG");
        if (server == NULL || server[0] == '\0') {
            give_up("WEFT_TEST_PG is not set: this test needs the URL of a PostgreSQL server");
        }
        snprintf(own.server, sizeof(own.server), "%s", server);
        make_own();
    }
    pthread_mutex_unlock(&own.lock);
    return own.url;
}

void test_pg_use(const char *url)
{
    pthread_mutex_lock(&own.lock);
    snprintf(own.url, sizeof(own.url), "%s", url);
    pthread_mutex_unlock(&own.lock);
}

/* Connections are kept for the next statement, whatever its schema: a login costs more than a hundred statements. One in use
 * is not in the table. */
typedef struct kept_connection {
    PGconn *connection;
    pid_t owner;
    char url[sizeof(((test_database *)0)->url)];
    char place[sizeof(((test_database *)0)->place)]; /* its search path; empty: as it logged in */
} kept_connection;

static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static kept_connection kept[4];
static unsigned kept_next;

/* A child made by fork leaves its parent's connections alone. */
static bool take_kept(const char *url, kept_connection *taken)
{
    bool found = false;
    pthread_mutex_lock(&kept_lock);
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]) && !found; i++) {
        if (kept[i].connection != NULL && kept[i].owner == getpid() && strcmp(kept[i].url, url) == 0) {
            *taken = kept[i];
            kept[i].connection = NULL;
            found = true;
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

void test_pg_log_out(void)
{
    pthread_mutex_lock(&kept_lock);
    finish_kept();
    pthread_mutex_unlock(&kept_lock);
}

static void keep(const kept_connection *given)
{
    static bool at_exit;
    pthread_mutex_lock(&kept_lock);
    if (!at_exit) {
        atexit(finish_kept);
    }
    at_exit = true;
    kept_connection *place = &kept[kept_next++ % (sizeof(kept) / sizeof(kept[0]))];
    PGconn *former = place->owner == getpid() ? place->connection : NULL;
    *place = *given;
    pthread_mutex_unlock(&kept_lock);
    if (former != NULL) {
        PQfinish(former);
    }
}

/* Whether the statement leaves nothing behind in its connection. */
static bool leaves_no_trace(const char *sql)
{
    static const char *const first[] = {"SELECT ",        "INSERT ", "UPDATE ", "DELETE ",  "CREATE TABLE ",
                                        "CREATE SCHEMA ", "DROP ",   "ALTER ",  "TRUNCATE "};
    bool known = false;
    for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
        known = known || strncmp(sql, first[i], strlen(first[i])) == 0;
    }
    return known && strchr(sql, ';') == NULL && strstr(sql, "advisory") == NULL && strstr(sql, "set_config") == NULL;
}

static bool ready(PGconn *connection)
{
    return PQstatus(connection) == CONNECTION_OK && PQtransactionStatus(connection) == PQTRANS_IDLE;
}

/* Makes the schema the connection's search path. False where the connection was lost meanwhile. */
static bool turn_to(kept_connection *taken, const char *place)
{
    if (strcmp(taken->place, place) != 0) {
        char sql[300];
        snprintf(sql, sizeof(sql), "SET search_path TO \"%s\"", place);
        PQclear(PQexec(taken->connection, place[0] != '\0' ? sql : "RESET search_path"));
        snprintf(taken->place, sizeof(taken->place), "%s", place);
    }
    return ready(taken->connection);
}

static bool take(kept_connection *taken, const char *url, const char *place)
{
    while (take_kept(url, taken)) {
        if (turn_to(taken, place)) {
            return true;
        }
        PQfinish(taken->connection);
    }
    return false;
}

static void log_in(kept_connection *taken, const char *url, const char *place)
{
    *taken = (kept_connection){.connection = connect_postgres(url), .owner = getpid()};
    snprintf(taken->url, sizeof(taken->url), "%s", url);
    if (!turn_to(taken, place)) {
        give_up("%s", PQerrorMessage(taken->connection));
    }
}

static void give_back(kept_connection *taken, const char *sql)
{
    if (!leaves_no_trace(sql) && ready(taken->connection)) {
        PQclear(PQexec(taken->connection, "DISCARD ALL"));
        taken->place[0] = '\0';
    }
    if (ready(taken->connection)) {
        keep(taken);
    } else {
        PQfinish(taken->connection);
    }
}

/* Where the server has ended the connection that was kept, the statement runs on a new one. */
static PGresult *run_on(const char *url, const char *place, const char *sql)
{
    kept_connection taken = {.connection = NULL};
    bool was_kept = take(&taken, url, place);
    if (!was_kept) {
        log_in(&taken, url, place);
    }
    PGresult *result = PQexec(taken.connection, sql);
    if (was_kept && PQstatus(taken.connection) != CONNECTION_OK) {
        PQclear(result);
        PQfinish(taken.connection);
        log_in(&taken, url, place);
        result = PQexec(taken.connection, sql);
    }
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        give_up("%s%s", PQerrorMessage(taken.connection), sql);
    }
    give_back(&taken, sql);
    return result;
}

static void put_url(char *url, size_t size, const char *place)
{
    const char *own_url = test_pg_url();
    int length = snprintf(url, size, "%s%coptions=-csearch_path%%3D%s", own_url, strchr(own_url, '?') != NULL ? '&' : '?', place);
    if (length < 0 || (size_t)length >= size) {
        give_up("WEFT_TEST_PG is too long");
    }
}

/* One connection serves all schemas of the program's database; a URL that a test has made itself is taken as it stands. */
static PGresult *run_postgres(const test_database *database, const char *sql)
{
    char url[sizeof(database->url)];
    put_url(url, sizeof(url), database->place);
    bool usual = strcmp(strchr(url, ':'), strchr(database->url, ':')) == 0; /* whoever opens it */
    return run_on(usual ? test_pg_url() : database->url, usual ? database->place : "", sql);
}

static sqlite3 *open_sqlite(const test_database *database)
{
    sqlite3 *connection = NULL;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI;
    if (sqlite3_open_v2(database->place, &connection, flags, NULL) != SQLITE_OK) {
        give_up("%s", sqlite3_errmsg(connection));
    }
    sqlite3_busy_timeout(connection, 10000);
    return connection;
}

static bool is_server(test_backend backend) { return backend == TEST_POSTGRES || backend == TEST_WIRE; }

static void open_schema(test_database *database)
{
    snprintf(database->place, sizeof(database->place), "test_%ld_%u", (long)getpid(), atomic_fetch_add(&next_place, 1));
    put_url(database->url, sizeof(database->url), database->place);
    char sql[600];
    snprintf(sql, sizeof(sql), "CREATE SCHEMA \"%s\"", database->place);
    PQclear(run_on(test_pg_url(), "", sql));
}

/* The same URL with another scheme. */
static void open_by(test_database *database, const char *scheme)
{
    char url[sizeof(database->url)];
    snprintf(url, sizeof(url), "%s", database->url);
    snprintf(database->url, sizeof(database->url), "%s%s", scheme, strchr(url, ':'));
}

static void open_memory(test_database *database)
{
    const char *scheme = database->backend == TEST_MEMORY ? memory_driver.name : least_driver.name;
    unsigned number = atomic_fetch_add(&next_place, 1);
    memory_driver_register();
    snprintf(database->url, sizeof(database->url), "%s://test_%u", scheme, number);
    snprintf(database->place, sizeof(database->place), "file:/test_%u?vfs=memdb", number);
    database->anchor = open_sqlite(database);
}

void test_database_open(test_database *database, test_backend backend)
{
    memset(database, 0, sizeof(*database));
    database->backend = backend;
    if (is_server(backend)) {
        open_schema(database);
        if (backend == TEST_WIRE || getenv("WEFT_TEST_OWN") != NULL) {
            wire_driver_register();
            open_by(database, wire_driver.name);
        }
        return;
    }
    if (backend != TEST_SQLITE) {
        open_memory(database);
        return;
    }
    test_path_new(database->place, sizeof(database->place), "test.db");
    const char *scheme = getenv("WEFT_TEST_OWN"); /* of one of the drivers that tests register */
    if (scheme == NULL) {
        snprintf(database->url, sizeof(database->url), "sqlite:///%s", database->place);
        return;
    }
    memory_driver_register();
    snprintf(database->url, sizeof(database->url), "%s+file:///%s", scheme, database->place);
}

void test_database_drop(test_database *database)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char text[600];
    if (is_server(database->backend)) {
        /* A test that failed may have left a transaction open. */
        snprintf(text, sizeof(text), "SET LOCAL lock_timeout = '20s'; DROP SCHEMA IF EXISTS \"%s\" CASCADE", database->place);
        PQclear(run_on(test_pg_url(), "", text));
        return;
    }
    sqlite3_close(database->anchor);
    if (database->backend != TEST_SQLITE) {
        return;
    }
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        snprintf(text, sizeof(text), "%s%s", database->place, suffixes[i]);
        unlink(text);
    }
}

void test_database_exec(const test_database *database, const char *sql)
{
    if (is_server(database->backend)) {
        PQclear(run_postgres(database, sql));
        return;
    }
    sqlite3 *connection = open_sqlite(database);
    char *message = NULL;
    if (sqlite3_exec(connection, sql, NULL, NULL, &message) != SQLITE_OK) {
        give_up("%s: %s", message, sql);
    }
    sqlite3_close(connection);
}

void test_database_kill_others(const test_database *database)
{
    test_database_exec(database, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                                 "WHERE datname = current_database() AND pid <> pg_backend_pid()");
}

static void put_cell(FILE *out, bool first, const char *text)
{
    fprintf(out, "%s%s", first ? "" : "|", text != NULL ? text : "NULL");
}

static void print_postgres_rows(const test_database *database, const char *sql, FILE *out)
{
    PGresult *result = run_postgres(database, sql);
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
    if (is_server(database->backend)) {
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
