/* The works that performance is measured on, and what they share. */
#ifndef WEFT_BENCH_WORK_H
#define WEFT_BENCH_WORK_H

#include "bench.h"
#include "raw.h"

typedef struct Work {
    const BenchOptions *options;
    const char *url;
    bool postgres;
    const char *database; /* "SQLite" or "PostgreSQL" */
    weft_engine *engine;
    sqlite3 *sqlite;       /* where not postgres */
    PGconn *pg;            /* where postgres */
    weft_session *session; /* of works that keep one over rounds */
    int64_t rows;
} Work;

void work_exec(Work *work, const char *sql);
/* Empties bench_row and fills it with work->rows rows of keys 1 and up. */
void work_fill_rows(Work *work);
/* Ends the program where the session failed. */
void work_check(weft_session *session, const char *what);
/* 100,000, or a tenth. */
int64_t work_scaled(const Work *work, int64_t count);

void work_load(Work *work);
void work_insert(Work *work);
void work_update(Work *work);
void work_get(Work *work);
void work_eager(Work *work);
void work_memory(Work *work);
void work_rows(Work *work);
/* For instruction counts: results of so many rows, or with 0 one value of one row, run times over. */
typedef enum WorkWay { WORK_BY_HAND, WORK_FETCH, WORK_SESSION, WORK_STATEMENT } WorkWay;
void work_rows_calls(Work *work, int64_t rows, int64_t runs, WorkWay way);

/* calls.c */
void work_calls(const char *what, int64_t rows, const char *url); /* url NULL: in a SQLite file of its own */

#endif
