/* W4: get by primary key, one statement each, on one to eight threads. A variant gives each thread what a server's thread has. */
#define _DEFAULT_SOURCE
#include "work.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

enum { MAX_THREADS = 8 };

typedef struct Gets {
    Work *work;
    unsigned threads;
    int64_t each;
    weft_scoped *registry;
    sqlite3 *sqlite[MAX_THREADS];
    sqlite3_stmt *statements[MAX_THREADS];
    PGconn *pg[MAX_THREADS];
} Gets;

/* A key by turns all over the table; every thread has a course of its own. */
static int64_t key_of(const Gets *gets, unsigned number, int64_t i)
{
    return 1 + (int64_t)(((uint64_t)i * 2654435761u + number * 40503u) % (uint64_t)gets->work->rows);
}

static void check_row(const BenchRow *row, int64_t key)
{
    if (row == NULL || row->id != key || row->name[0] != 'n') {
        bench_fail("get", "not the row");
    }
}

static void get_from_sqlite(void *context, unsigned number)
{
    Gets *gets = context;
    sqlite3_stmt *statement = gets->statements[number];
    for (int64_t i = 0; i < gets->each; i++) {
        RawMemory memory = {0};
        int64_t key = key_of(gets, number, i);
        sqlite3_bind_int64(statement, 1, key);
        if (sqlite3_step(statement) != SQLITE_ROW) {
            bench_fail("get", sqlite3_errmsg(gets->sqlite[number]));
        }
        BenchRow row = {.id = sqlite3_column_int64(statement, 0), .score = sqlite3_column_double(statement, 3)};
        row.name = raw_copy(&memory, (const char *)sqlite3_column_text(statement, 1), (size_t)sqlite3_column_bytes(statement, 1));
        row.title = raw_copy(&memory, (const char *)sqlite3_column_text(statement, 2), (size_t)sqlite3_column_bytes(statement, 2));
        row.created.usec = raw_timestamp_read((const char *)sqlite3_column_text(statement, 4));
        row.age.set = sqlite3_column_type(statement, 5) != SQLITE_NULL;
        row.age.value = sqlite3_column_int(statement, 5);
        check_row(&row, key);
        sqlite3_reset(statement);
        raw_memory_free(&memory);
    }
}

static void get_from_postgres(void *context, unsigned number)
{
    static const int sizes[] = {8}, formats[] = {1};
    Gets *gets = context;
    char parameter[8];
    const char *const values[] = {parameter};
    for (int64_t i = 0; i < gets->each; i++) {
        RawMemory memory = {0};
        int64_t key = key_of(gets, number, i);
        raw_put64(parameter, (uint64_t)key);
        PGresult *result = PQexecPrepared(gets->pg[number], "raw_get", 1, values, sizes, formats, 1);
        raw_postgres_check(gets->pg[number], result, PGRES_TUPLES_OK);
        BenchRow row = {.id = (int64_t)raw_get64(PQgetvalue(result, 0, 0))};
        row.name = raw_copy(&memory, PQgetvalue(result, 0, 1), (size_t)PQgetlength(result, 0, 1));
        row.title = raw_copy(&memory, PQgetvalue(result, 0, 2), (size_t)PQgetlength(result, 0, 2));
        uint64_t score = raw_get64(PQgetvalue(result, 0, 3));
        memcpy(&row.score, &score, 8);
        row.created.usec = (int64_t)raw_get64(PQgetvalue(result, 0, 4));
        row.age.set = !PQgetisnull(result, 0, 5);
        check_row(&row, key);
        PQclear(result);
        raw_memory_free(&memory);
    }
}

/* What a server's thread does per request. */
static void get_in_scoped_sessions(void *context, unsigned number)
{
    Gets *gets = context;
    for (int64_t i = 0; i < gets->each; i++) {
        int64_t key = key_of(gets, number, i);
        weft_session *s = weft_scoped_session(gets->registry);
        check_row(weft_get(s, BenchRow, key), key);
        weft_scoped_remove(gets->registry);
    }
}

static void get_in_one_session(void *context, unsigned number)
{
    Gets *gets = context;
    weft_session *s = weft_session_open(gets->work->engine, &(weft_session_options){.n_plus_one_after = WEFT_NONE});
    for (int64_t i = 0; i < gets->each; i++) {
        int64_t key = key_of(gets, number, i);
        check_row(weft_get(s, BenchRow, key), key);
    }
    weft_session_close(s);
}

static void get_again(void *context, unsigned number)
{
    Gets *gets = context;
    weft_session *s = weft_session_open(gets->work->engine, NULL);
    (void)number;
    for (int64_t i = 0; i < gets->each; i++) {
        check_row(weft_get(s, BenchRow, 7), 7);
    }
    weft_session_close(s);
}

static double timed(Gets *gets, void (*work)(void *, unsigned))
{
    return bench_threads(gets->threads, work, gets) / (double)(gets->each * gets->threads);
}

static double get_by_hand(void *context)
{
    Gets *gets = context;
    return timed(gets, gets->work->postgres ? get_from_postgres : get_from_sqlite);
}

static double get_scoped(void *context) { return timed(context, get_in_scoped_sessions); }

static double get_session(void *context) { return timed(context, get_in_one_session); }

static double get_cached(void *context) { return timed(context, get_again); }

static void open_connections(Gets *gets)
{
    static const char sql[] = "SELECT id, name, title, score, created, age FROM bench_row WHERE id = ";
    char text[128];
    snprintf(text, sizeof(text), "%s%s", sql, gets->work->postgres ? "$1" : "?");
    for (unsigned i = 0; i < MAX_THREADS; i++) {
        if (gets->work->postgres) {
            static const Oid types[] = {20};
            gets->pg[i] = raw_postgres_open(gets->work->url);
            PGresult *result = PQprepare(gets->pg[i], "raw_get", text, 1, types);
            raw_postgres_check(gets->pg[i], result, PGRES_COMMAND_OK);
            PQclear(result);
        } else {
            gets->sqlite[i] = raw_sqlite_open(gets->work->url);
            gets->statements[i] = raw_sqlite_prepare(gets->sqlite[i], text);
        }
    }
}

static void close_connections(Gets *gets)
{
    for (unsigned i = 0; i < MAX_THREADS; i++) {
        if (gets->work->postgres) {
            PQfinish(gets->pg[i]);
        } else {
            sqlite3_finalize(gets->statements[i]);
            sqlite3_close(gets->sqlite[i]);
        }
    }
}

void work_get(Work *work)
{
    static const unsigned threads[] = {1, 2, 4, 8};
    Gets gets = {.work = work};
    weft_error error = {0};
    work->rows = work_scaled(work, 100000);
    work_fill_rows(work);
    open_connections(&gets);
    if (weft_scoped_open(&gets.registry, work->engine, NULL, &error) != WEFT_OK) {
        bench_fail("registry", error.message);
    }
    for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
        char title[128];
        gets.threads = threads[i];
        gets.each = work_scaled(work, 40000) / (int64_t)threads[i];
        snprintf(title, sizeof(title), "W4 get by key, %s: %u thread%s, a statement each", work->database, threads[i],
                 threads[i] == 1 ? "" : "s");
        bench_compare(title, "ns/get", work->options,
                      (BenchVariant[]){
                          {.name = "hand-written C, autocommit", .run = get_by_hand, .context = &gets},
                          {.name = "weft, scoped session and pool for each", .run = get_scoped, .context = &gets, .goal = 1.10},
                          {.name = "weft, in one session", .run = get_session, .context = &gets},
                          {.name = "weft, from the identity map (no statement)", .run = get_cached, .context = &gets},
                      },
                      4);
    }
    weft_scoped_close(gets.registry);
    close_connections(&gets);
}
