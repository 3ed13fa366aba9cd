/* One kind of work alone, for instruction counts: bench_weft --calls WHAT N does it for N rows, a thousand at a time, on a SQLite
 * file of its own; with the URL of a PostgreSQL database behind it, there. Run for N and for 2 N rows under callgrind, the
 * difference is free of what comes before and after. */
#define _POSIX_C_SOURCE 200809L
#include "work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TABLE_ROWS = 1000 };

typedef struct Calls {
    Work work;
    int64_t round;
    BenchRow_list rows; /* of calls that need loaded ones */
} Calls;

static void insert_rows(Calls *calls)
{
    weft_session *s = calls->work.session;
    for (int64_t i = 0; i < TABLE_ROWS; i++) {
        const BenchRow *row = bench_row(i);
        weft_new(s, BenchRow, .name = row->name, .title = row->title, .score = row->score, .created = row->created,
                 .age = row->age);
    }
    weft_session_commit(s);
    weft_session_clear(s);
}

static void load_rows(Calls *calls)
{
    weft_session *s = calls->work.session;
    calls->rows = weft_query(s, BenchRow);
}

static void load_and_clear(Calls *calls)
{
    load_rows(calls);
    weft_session_clear(calls->work.session);
}

static void load_and_update(Calls *calls)
{
    weft_session *s = calls->work.session;
    load_rows(calls);
    weft_each (BenchRow, row, calls->rows)
        weft_edit(s, BenchRow, row)->score = (double)(calls->round + 1);
    weft_session_commit(s);
    weft_session_clear(s);
}

static void get_rows(Calls *calls)
{
    weft_session *s = calls->work.session;
    for (int64_t i = 1; i <= TABLE_ROWS; i++) {
        if (weft_get(s, BenchRow, i) == NULL) {
            bench_fail("get", "no such row");
        }
        weft_session_clear(s);
    }
}

static void get_loaded_row(Calls *calls)
{
    weft_session *s = calls->work.session;
    for (int64_t i = 1; i <= TABLE_ROWS; i++) {
        if (weft_get(s, BenchRow, 1) == NULL) {
            bench_fail("get", "no such row");
        }
    }
}

static void load_by_hand(Calls *calls) { raw_sqlite_load(calls->work.sqlite, TABLE_ROWS, NULL); }

static void insert_by_hand(Calls *calls) { raw_sqlite_insert(calls->work.sqlite, TABLE_ROWS); }

static void update_by_hand(Calls *calls) { raw_sqlite_update(calls->work.sqlite, TABLE_ROWS); }

static void fetch_rows(Calls *calls) { work_rows_calls(&calls->work, TABLE_ROWS, 1, WORK_FETCH); }

static void fetch_rows_by_hand(Calls *calls) { work_rows_calls(&calls->work, TABLE_ROWS, 1, WORK_BY_HAND); }

static void fetch_values(Calls *calls) { work_rows_calls(&calls->work, 0, TABLE_ROWS, WORK_FETCH); }

static void fetch_values_by_hand(Calls *calls) { work_rows_calls(&calls->work, 0, TABLE_ROWS, WORK_BY_HAND); }

static void fetch_row(Calls *calls) { work_rows_calls(&calls->work, 1, TABLE_ROWS, WORK_FETCH); }

static void fetch_row_by_hand(Calls *calls) { work_rows_calls(&calls->work, 1, TABLE_ROWS, WORK_BY_HAND); }

static void run_row(Calls *calls) { work_rows_calls(&calls->work, 1, TABLE_ROWS, WORK_STATEMENT); }

static void list_row(Calls *calls) { work_rows_calls(&calls->work, 1, TABLE_ROWS, WORK_SESSION); }

static const struct {
    const char *name;
    void (*run)(Calls *calls);
} kinds[] = {
    {"load", load_and_clear},
    {"insert", insert_rows},
    {"load-update", load_and_update},
    {"get", get_rows},
    {"get-loaded", get_loaded_row},
    {"load-by-hand", load_by_hand},
    {"insert-by-hand", insert_by_hand},
    {"update-by-hand", update_by_hand},
    {"rows", fetch_rows},
    {"rows-by-hand", fetch_rows_by_hand},
    {"value", fetch_values},
    {"value-by-hand", fetch_values_by_hand},
    {"row", fetch_row},
    {"row-by-hand", fetch_row_by_hand},
    {"row-statement", run_row},
    {"row-session", list_row},
};

static void open_database(Work *work, const char *url)
{
    weft_error error = {0};
    if (weft_engine_open(&work->engine, url, &(weft_engine_options){.metadata = &bench_models}, &error) != WEFT_OK ||
        weft_drop_all(work->engine, &error) != WEFT_OK || weft_create_all(work->engine, &error) != WEFT_OK) {
        bench_fail(url, error.message);
    }
    if (work->postgres) {
        work->pg = raw_postgres_open(url);
    } else {
        work->sqlite = raw_sqlite_open(url);
    }
    work->session = weft_session_open(work->engine, NULL);
}

static void open_file(Work *work, char *path)
{
    char url[320];
    int descriptor = mkstemp(path);
    if (descriptor < 0) {
        bench_fail(path, "cannot be made");
    }
    close(descriptor);
    snprintf(url, sizeof(url), "sqlite:///%s", path);
    open_database(work, url);
}

static void remove_file(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char name[320];
        snprintf(name, sizeof(name), "%s%s", path, ends[i]);
        unlink(name);
    }
}

void work_calls(const char *what, int64_t rows, const char *url)
{
    char path[256];
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof(path), "%s/bench_weft.XXXXXX", folder != NULL ? folder : "/tmp");
    Calls calls = {.work.postgres = url != NULL};
    size_t kind = 0;
    while (kind < sizeof(kinds) / sizeof(kinds[0]) && strcmp(kinds[kind].name, what) != 0) {
        kind++;
    }
    if (kind == sizeof(kinds) / sizeof(kinds[0])) {
        bench_fail(what, "no such work");
    }
    if (url != NULL) {
        open_database(&calls.work, url);
    } else {
        open_file(&calls.work, path);
    }
    if (strncmp(what, "insert", 6) != 0) {
        insert_rows(&calls);
    } else {
        bench_row(0); /* rows are made before */
    }
    for (; calls.round < rows / TABLE_ROWS; calls.round++) {
        kinds[kind].run(&calls);
        work_check(calls.work.session, what);
    }
    weft_session_close(calls.work.session);
    weft_engine_close(calls.work.engine);
    sqlite3_close(calls.work.sqlite);
    PQfinish(calls.work.pg);
    if (url == NULL) {
        remove_file(path);
    }
}
