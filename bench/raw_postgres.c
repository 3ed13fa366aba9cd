/* Hand-written PostgreSQL on libpq: binary parameters and results, pipelines, COPY. */
#define _DEFAULT_SOURCE
#include "raw.h"

#include "bench.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OID_INT8 = 20,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_INT8_ARRAY = 1016,
    OID_FLOAT8 = 701,
    OID_TIMESTAMPTZ = 1184,
    PIPELINE_ROWS = 1000 /* sent before their answers are read: both socket buffers hold them */
};
#define EPOCH_OFFSET_USEC 946684800000000 /* the server counts from 2000-01-01 */

uint64_t raw_get64(const char *at)
{
    uint64_t value;
    memcpy(&value, at, 8);
    return be64toh(value);
}

void raw_put64(char *at, uint64_t value)
{
    value = htobe64(value);
    memcpy(at, &value, 8);
}

static void put32(char *at, uint32_t value)
{
    value = htobe32(value);
    memcpy(at, &value, 4);
}

static double get_double(const char *at)
{
    uint64_t bits = raw_get64(at);
    double value;
    memcpy(&value, &bits, 8);
    return value;
}

static void put_double(char *at, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, 8);
    raw_put64(at, bits);
}

PGconn *raw_postgres_open(const char *url)
{
    PGconn *db = PQconnectdb(url);
    if (PQstatus(db) != CONNECTION_OK) {
        bench_fail("PostgreSQL", PQerrorMessage(db));
    }
    raw_postgres_exec(db, "SET client_min_messages = warning");
    return db;
}

void raw_postgres_check(PGconn *db, PGresult *result, ExecStatusType wanted)
{
    if (PQresultStatus(result) != wanted) {
        bench_fail("PostgreSQL", PQerrorMessage(db));
    }
}

void raw_postgres_exec(PGconn *db, const char *sql)
{
    PGresult *result = PQexec(db, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK) {
        bench_fail(sql, PQerrorMessage(db));
    }
    PQclear(result);
}

static const char *copy_cell(RawMemory *memory, const PGresult *result, int row, int column)
{
    return raw_copy(memory, PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column));
}

static void load_row(RawMemory *memory, RawMap *map, const PGresult *result, int at)
{
    BenchRow *row = raw_take(memory, sizeof(*row));
    row->id = (int64_t)raw_get64(PQgetvalue(result, at, 0));
    row->name = copy_cell(memory, result, at, 1);
    row->title = copy_cell(memory, result, at, 2);
    row->score = get_double(PQgetvalue(result, at, 3));
    row->created.usec = (int64_t)raw_get64(PQgetvalue(result, at, 4)) + EPOCH_OFFSET_USEC;
    row->age.set = !PQgetisnull(result, at, 5);
    uint32_t age = 0;
    if (row->age.set) {
        memcpy(&age, PQgetvalue(result, at, 5), 4);
    }
    row->age.value = (int32_t)be32toh(age);
    raw_map_put(map, row->id, row);
}

#define LOAD_SQL "SELECT id, name, title, score, created, age FROM bench_row"

static double end_load(RawMemory *memory, RawMap *map, double began, int64_t found, int64_t rows)
{
    raw_memory_free(memory);
    raw_map_free(map);
    if (found != rows) {
        bench_fail("load", "another number of rows");
    }
    return (bench_now_ns() - began) / (double)rows;
}

double raw_postgres_load(PGconn *db, int64_t rows)
{
    RawMemory memory = {0};
    RawMap map = {0};
    double began = bench_now_ns();
    PGresult *result = PQexecParams(db, LOAD_SQL, 0, NULL, NULL, NULL, NULL, 1);
    raw_postgres_check(db, result, PGRES_TUPLES_OK);
    int count = PQntuples(result);
    for (int i = 0; i < count; i++) {
        load_row(&memory, &map, result, i);
    }
    PQclear(result);
    return end_load(&memory, &map, began, count, rows);
}

double raw_postgres_load_single(PGconn *db, int64_t rows)
{
    RawMemory memory = {0};
    RawMap map = {0};
    int64_t found = 0;
    PGresult *result;
    double began = bench_now_ns();
    if (PQsendQueryParams(db, LOAD_SQL, 0, NULL, NULL, NULL, NULL, 1) != 1 || PQsetSingleRowMode(db) != 1) {
        bench_fail("PostgreSQL", PQerrorMessage(db));
    }
    while ((result = PQgetResult(db)) != NULL) {
        for (int i = 0; i < PQntuples(result); i++, found++) {
            load_row(&memory, &map, result, i);
        }
        PQclear(result);
    }
    return end_load(&memory, &map, began, found, rows);
}

/* ---- pipelines ---- */

static void drain_pipeline(PGconn *db, int64_t statements, ExecStatusType wanted)
{
    if (PQpipelineSync(db) != 1) {
        bench_fail("PostgreSQL", PQerrorMessage(db));
    }
    for (int64_t i = 0; i < statements; i++) {
        PGresult *result = PQgetResult(db);
        raw_postgres_check(db, result, wanted);
        PQclear(result);
        PQclear(PQgetResult(db)); /* the NULL that ends each statement */
    }
    PGresult *sync = PQgetResult(db);
    raw_postgres_check(db, sync, PGRES_PIPELINE_SYNC);
    PQclear(sync);
}

static void prepare(PGconn *db, const char *name, const char *sql, int count, const Oid *types)
{
    char text[64];
    snprintf(text, sizeof(text), "DEALLOCATE \"%s\"", name);
    PQclear(PQexec(db, text)); /* not there the first time */
    PGresult *result = PQprepare(db, name, sql, count, types);
    raw_postgres_check(db, result, PGRES_COMMAND_OK);
    PQclear(result);
}

double raw_postgres_insert(PGconn *db, int64_t rows)
{
    static const Oid types[] = {OID_TEXT, OID_TEXT, OID_FLOAT8, OID_TIMESTAMPTZ, OID_INT4};
    static const int formats[] = {1, 1, 1, 1, 1};
    char score[8], created[8], age[4];
    prepare(db, "raw_insert", "INSERT INTO bench_row (name, title, score, created, age) VALUES ($1, $2, $3, $4, $5) RETURNING id",
            5, types);
    double began = bench_now_ns();
    raw_postgres_exec(db, "BEGIN");
    if (PQenterPipelineMode(db) != 1) {
        bench_fail("PostgreSQL", "no pipeline");
    }
    for (int64_t i = 0; i < rows; i++) {
        const BenchRow *row = bench_row(i);
        put_double(score, row->score);
        raw_put64(created, (uint64_t)(row->created.usec - EPOCH_OFFSET_USEC));
        put32(age, (uint32_t)row->age.value);
        const char *const values[] = {row->name, row->title, score, created, row->age.set ? age : NULL};
        const int sizes[] = {(int)strlen(row->name), (int)strlen(row->title), 8, 8, 4};
        if (PQsendQueryPrepared(db, "raw_insert", 5, values, sizes, formats, 1) != 1) {
            bench_fail("PostgreSQL", PQerrorMessage(db));
        }
        if ((i + 1) % PIPELINE_ROWS == 0 || i + 1 == rows) {
            drain_pipeline(db, i % PIPELINE_ROWS + 1, PGRES_TUPLES_OK);
        }
    }
    PQexitPipelineMode(db);
    raw_postgres_exec(db, "COMMIT");
    return (bench_now_ns() - began) / (double)rows;
}

static char *put_field(char *at, const void *data, size_t size)
{
    put32(at, (uint32_t)size);
    memcpy(at + 4, data, size);
    return at + 4 + size;
}

static size_t copy_row(char *to, int64_t key, int64_t i)
{
    char number[8];
    const BenchRow *row = bench_row(i);
    to[0] = 0;
    to[1] = 6;
    char *at = to + 2;
    raw_put64(number, (uint64_t)key);
    at = put_field(at, number, 8);
    at = put_field(at, row->name, strlen(row->name));
    at = put_field(at, row->title, strlen(row->title));
    put_double(number, row->score);
    at = put_field(at, number, 8);
    raw_put64(number, (uint64_t)(row->created.usec - EPOCH_OFFSET_USEC));
    at = put_field(at, number, 8);
    put32(number, (uint32_t)row->age.value);
    if (row->age.set) {
        at = put_field(at, number, 4);
    } else {
        put32(at, UINT32_MAX);
        at += 4;
    }
    return (size_t)(at - to);
}

double raw_postgres_insert_copy(PGconn *db, int64_t rows)
{
    static char buffer[1 << 16];
    char text[160];
    size_t used = 19;
    double began = bench_now_ns();
    raw_postgres_exec(db, "BEGIN");
    snprintf(text, sizeof(text),
             "SELECT nextval((SELECT pg_get_serial_sequence('bench_row', 'id')::regclass)) FROM generate_series(1, %lld)",
             (long long)rows);
    PGresult *keys = PQexecParams(db, text, 0, NULL, NULL, NULL, NULL, 1);
    raw_postgres_check(db, keys, PGRES_TUPLES_OK);
    PGresult *result = PQexec(db, "COPY bench_row (id, name, title, score, created, age) FROM STDIN (FORMAT binary)");
    raw_postgres_check(db, result, PGRES_COPY_IN);
    PQclear(result);
    memcpy(buffer, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
    for (int64_t i = 0; i < rows; i++) {
        used += copy_row(buffer + used, (int64_t)raw_get64(PQgetvalue(keys, (int)i, 0)), i);
        if (used > sizeof(buffer) - 256) {
            PQputCopyData(db, buffer, (int)used);
            used = 0;
        }
    }
    buffer[used] = buffer[used + 1] = (char)0xff;
    PQputCopyData(db, buffer, (int)used + 2);
    PQputCopyEnd(db, NULL);
    PQclear(keys);
    while ((result = PQgetResult(db)) != NULL) {
        raw_postgres_check(db, result, PGRES_COMMAND_OK);
        PQclear(result);
    }
    raw_postgres_exec(db, "COMMIT");
    return (bench_now_ns() - began) / (double)rows;
}

double raw_postgres_update(PGconn *db, int64_t rows)
{
    static const Oid types[] = {OID_FLOAT8, OID_INT8};
    static const int formats[] = {1, 1}, sizes[] = {8, 8};
    char score[8], id[8];
    prepare(db, "raw_update", "UPDATE bench_row SET score = $1 WHERE id = $2", 2, types);
    double began = bench_now_ns();
    raw_postgres_exec(db, "BEGIN");
    PQenterPipelineMode(db);
    for (int64_t i = 0; i < rows; i++) {
        put_double(score, began / 1e9 + (double)i);
        raw_put64(id, (uint64_t)i + 1);
        const char *const values[] = {score, id};
        if (PQsendQueryPrepared(db, "raw_update", 2, values, sizes, formats, 1) != 1) {
            bench_fail("PostgreSQL", PQerrorMessage(db));
        }
        if ((i + 1) % PIPELINE_ROWS == 0 || i + 1 == rows) {
            drain_pipeline(db, i % PIPELINE_ROWS + 1, PGRES_COMMAND_OK);
        }
    }
    PQexitPipelineMode(db);
    raw_postgres_exec(db, "COMMIT");
    return (bench_now_ns() - began) / (double)rows;
}
