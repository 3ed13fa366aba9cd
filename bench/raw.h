/* The work as hand-written C does it: prepared statements, binary values where there are any, blocks and a map instead of
 * malloc per object. Each returns nanoseconds per operation unless said otherwise. */
#ifndef WEFT_BENCH_RAW_H
#define WEFT_BENCH_RAW_H

#include <libpq-fe.h>
#include <sqlite3.h>

#include "rows.h"

/* The file of a sqlite:/// URL; the same settings as weft's driver: WAL, synchronous NORMAL, foreign keys, no mutex. */
sqlite3 *raw_sqlite_open(const char *url);
void raw_sqlite_exec(sqlite3 *db, const char *sql);
sqlite3_stmt *raw_sqlite_prepare(sqlite3 *db, const char *sql);
double raw_sqlite_load(sqlite3 *db, int64_t rows, size_t *bytes);
double raw_sqlite_insert(sqlite3 *db, int64_t rows);      /* one row per statement */
double raw_sqlite_insert_many(sqlite3 *db, int64_t rows); /* 50 rows per statement */
double raw_sqlite_update(sqlite3 *db, int64_t rows);
double raw_sqlite_eager_in(sqlite3 *db, int64_t parents); /* per child */
double raw_sqlite_eager_join(sqlite3 *db, int64_t parents);
double raw_sqlite_eager_each(sqlite3 *db, int64_t parents); /* a statement per parent */

PGconn *raw_postgres_open(const char *url);
void raw_postgres_exec(PGconn *db, const char *sql);
void raw_postgres_check(PGconn *db, PGresult *result, ExecStatusType wanted);
double raw_postgres_load(PGconn *db, int64_t rows);
double raw_postgres_load_single(PGconn *db, int64_t rows); /* single-row mode */
double raw_postgres_insert(PGconn *db, int64_t rows);      /* one row per statement, pipelined, keys returned */
double raw_postgres_insert_copy(PGconn *db, int64_t rows); /* a block of keys and binary COPY */
double raw_postgres_update(PGconn *db, int64_t rows);      /* pipelined */
double raw_postgres_eager_in(PGconn *db, int64_t parents);
double raw_postgres_eager_join(PGconn *db, int64_t parents);
double raw_postgres_eager_each(PGconn *db, int64_t parents);

/* Big-endian numbers, as the server's binary form has them. */
uint64_t raw_get64(const char *at);
void raw_put64(char *at, uint64_t value);

#endif
