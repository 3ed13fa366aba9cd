/* W1 to W3 and W9: rows in bulk. */
#include "work.h"

#include <stdio.h>
#include <string.h>

void work_exec(Work *work, const char *sql)
{
    if (work->postgres) {
        raw_postgres_exec(work->pg, sql);
    } else {
        raw_sqlite_exec(work->sqlite, sql);
    }
}

int64_t work_scaled(const Work *work, int64_t count) { return work->options->quick ? count / 10 : count; }

void work_check(weft_session *session, const char *what)
{
    if (weft_session_status(session) != WEFT_OK) {
        bench_fail(what, weft_session_error(session)->message);
    }
}

static void empty_rows(void *context)
{
    Work *work = context;
    work_exec(work, work->postgres ? "TRUNCATE bench_row RESTART IDENTITY" : "DELETE FROM bench_row");
}

void work_fill_rows(Work *work)
{
    empty_rows(work);
    if (work->postgres) {
        raw_postgres_insert_copy(work->pg, work->rows);
        raw_postgres_exec(work->pg, "VACUUM ANALYZE bench_row");
    } else {
        raw_sqlite_insert(work->sqlite, work->rows);
        raw_sqlite_exec(work->sqlite, "PRAGMA wal_checkpoint(TRUNCATE)");
    }
}

/* ---- W1 ---- */

static double load_by_hand(void *context)
{
    Work *work = context;
    return work->postgres ? raw_postgres_load(work->pg, work->rows) : raw_sqlite_load(work->sqlite, work->rows, NULL);
}

static double load_single_by_hand(void *context)
{
    Work *work = context;
    return raw_postgres_load_single(work->pg, work->rows);
}

static double load_in_new_session(void *context)
{
    Work *work = context;
    double began = bench_now_ns();
    weft_session *s = weft_session_open(work->engine, NULL);
    BenchRow_list rows = weft_query(s, BenchRow);
    work_check(s, "load");
    if ((int64_t)rows.count != work->rows) {
        bench_fail("load", "another number of rows");
    }
    weft_session_close(s);
    return (bench_now_ns() - began) / (double)work->rows;
}

static double load_in_kept_session(void *context)
{
    Work *work = context;
    double began = bench_now_ns();
    BenchRow_list rows = weft_query(work->session, BenchRow);
    work_check(work->session, "load");
    if ((int64_t)rows.count != work->rows) {
        bench_fail("load", "another number of rows");
    }
    weft_session_clear(work->session);
    return (bench_now_ns() - began) / (double)work->rows;
}

void work_load(Work *work)
{
    char title[128];
    BenchVariant variants[5] = {{.name = "hand-written C, full result", .run = load_by_hand, .context = work}};
    size_t count = 1;
    work->rows = work_scaled(work, 100000);
    work_fill_rows(work);
    work->session = weft_session_open(work->engine, NULL);
    if (work->postgres) {
        variants[count++] = (BenchVariant){.name = "hand-written C, single-row mode", .run = load_single_by_hand, .context = work};
    }
    double goal = work->postgres ? 0.90 : 1.10;
    variants[count++] =
        (BenchVariant){.name = "weft, a session of its own", .run = load_in_new_session, .context = work, .goal = goal};
    variants[count++] = (BenchVariant){.name = "weft, a session kept", .run = load_in_kept_session, .context = work, .goal = goal};
    snprintf(title, sizeof(title), "W1 load, %s: %lld rows as objects with an identity map", work->database, (long long)work->rows);
    bench_compare(title, "ns/row", work->options, variants, count);
    weft_session_close(work->session);
}

/* ---- W2 ---- */

static double insert_by_hand(void *context)
{
    Work *work = context;
    return work->postgres ? raw_postgres_insert(work->pg, work->rows) : raw_sqlite_insert(work->sqlite, work->rows);
}

static double insert_best_by_hand(void *context)
{
    Work *work = context;
    return work->postgres ? raw_postgres_insert_copy(work->pg, work->rows) : raw_sqlite_insert_many(work->sqlite, work->rows);
}

static double insert_objects(void *context)
{
    Work *work = context;
    const BenchRow *last = NULL;
    double began = bench_now_ns();
    weft_session *s = weft_session_open(work->engine, NULL);
    for (int64_t i = 0; i < work->rows; i++) {
        const BenchRow *row = bench_row(i);
        last = weft_new(s, BenchRow, .name = row->name, .title = row->title, .score = row->score, .created = row->created,
                        .age = row->age);
    }
    weft_session_commit(s);
    work_check(s, "insert");
    if (last == NULL || last->id == 0) {
        bench_fail("insert", "no key");
    }
    weft_session_close(s);
    return (bench_now_ns() - began) / (double)work->rows;
}

static double insert_structs(void *context)
{
    enum { GROUP = 1000 };
    static BenchRow rows[GROUP];
    Work *work = context;
    weft_connection *connection;
    weft_error error = {0};
    double began = bench_now_ns();
    weft_status status = weft_engine_connect(work->engine, &connection, NULL, &error);
    for (int64_t i = 0; i < work->rows && status == WEFT_OK; i += GROUP) {
        for (int64_t j = 0; j < GROUP; j++) {
            rows[j] = *bench_row(i + j);
        }
        status = weft_insert_many(connection, BenchRow, rows, GROUP, NULL, &error);
    }
    if (status == WEFT_OK) {
        status = weft_connection_commit(connection, &error);
    }
    if (status != WEFT_OK) {
        bench_fail("insert", error.message);
    }
    weft_connection_close(connection);
    return (bench_now_ns() - began) / (double)work->rows;
}

void work_insert(Work *work)
{
    char title[128];
    work->rows = work_scaled(work, 100000);
    snprintf(title, sizeof(title), "W2 insert, %s: %lld new objects in one transaction, keys back", work->database,
             (long long)work->rows);
    bench_compare(
        title, "ns/row", work->options,
        (BenchVariant[]){
            {.name = work->postgres ? "hand-written C, one per statement, pipelined" : "hand-written C, one per statement",
             .run = insert_by_hand,
             .prepare = empty_rows,
             .context = work},
            {.name = work->postgres ? "hand-written C, key block and binary COPY" : "hand-written C, 50 per statement (no keys)",
             .run = insert_best_by_hand,
             .prepare = empty_rows,
             .context = work},
            {.name = "weft, weft_new and commit",
             .run = insert_objects,
             .prepare = empty_rows,
             .context = work,
             .goal = work->postgres ? 0.30 : 0.90},
            {.name = "weft, weft_insert_many of structs (no keys)", .run = insert_structs, .prepare = empty_rows, .context = work},
        },
        4);
}

/* ---- W3 ---- */

static double update_by_hand(void *context)
{
    Work *work = context;
    return work->postgres ? raw_postgres_update(work->pg, work->rows) : raw_sqlite_update(work->sqlite, work->rows);
}

static void load_for_update(void *context)
{
    Work *work = context;
    weft_session_clear(work->session);
    weft_query(work->session, BenchRow);
    work_check(work->session, "load before update");
}

static double update_objects(void *context)
{
    Work *work = context;
    BenchRow_list rows = weft_query(work->session, BenchRow); /* from the load before: the objects, found again */
    double began = bench_now_ns();
    weft_each (BenchRow, row, rows)
        weft_edit(work->session, BenchRow, row)->score = began / 1e9 + (double)row->id;
    weft_session_commit(work->session);
    work_check(work->session, "update");
    return (bench_now_ns() - began) / (double)work->rows;
}

void work_update(Work *work)
{
    char title[128];
    work->rows = work_scaled(work, 100000);
    work_fill_rows(work);
    work->session = weft_session_open(work->engine, NULL);
    snprintf(title, sizeof(title), "W3 update, %s: one column of %lld loaded objects", work->database, (long long)work->rows);
    bench_compare(title, "ns/row", work->options,
                  (BenchVariant[]){
                      {.name =
                           work->postgres ? "hand-written C, one per statement, pipelined" : "hand-written C, one per statement",
                       .run = update_by_hand,
                       .context = work},
                      {.name = "weft, weft_edit and commit",
                       .run = update_objects,
                       .prepare = load_for_update,
                       .context = work,
                       .goal = work->postgres ? 0.65 : 0.85},
                  },
                  2);
    weft_session_close(work->session);
}

/* ---- W9 ---- */

void work_memory(Work *work)
{
    size_t raw_bytes = 0;
    work->rows = work_scaled(work, 100000);
    work_fill_rows(work);
    if (!work->postgres) {
        raw_sqlite_load(work->sqlite, work->rows, &raw_bytes);
    }
    weft_session *s = weft_session_open(work->engine, NULL);
    weft_session_stats stats;
    weft_query(s, BenchRow);
    work_check(s, "load");
    weft_session_stats_get(s, &stats);
    printf("\nW9 memory, %s: bytes per loaded object of W1, identity map and text included (goal 240)\n", work->database);
    printf("  %-46s %7.0f\n", "the struct alone", (double)sizeof(BenchRow));
    if (!work->postgres) {
        printf("  %-46s %7.0f\n", "hand-written C, blocks and a map", (double)raw_bytes / (double)work->rows);
    }
    printf("  %-46s %7.0f\n", "weft, all that the session holds", (double)stats.bytes / (double)stats.objects);
    weft_session_close(s);
}
