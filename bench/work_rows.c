/* W10: results of every size as plain structs, and one value of one row. By hand a statement is prepared once and run each time, as
 * weft's are; every return code is looked at, and rows go into blocks with their texts, chained, which is what a program needs
 * that keeps them. What weft does beside (types and UTF-8 of what is stored, deadlines, cancellation) is not asked of it. */
#define _DEFAULT_SOURCE
#include "work.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OID_INT8 = 20, LARGEST = 100000, MOST_RUNS = 2000 };
#define EPOCH_OFFSET_USEC 946684800000000 /* the server counts from 2000-01-01 */

typedef struct Line {
    int64_t id;
    const char *name, *title;
    double score;
    weft_timestamp created;
    weft_opt_int32 age;
} Line;
WEFT_ROW(Line, WEFT_FIELD(Line, id), WEFT_FIELD(Line, name), WEFT_FIELD(Line, title), WEFT_FIELD(Line, score),
         WEFT_FIELD(Line, created), WEFT_FIELD(Line, age));
typedef struct Name {
    const char *name;
} Name;
WEFT_ROW(Name, WEFT_FIELD(Name, name));
typedef struct Most {
    int64_t rows;
} Most;
WEFT_ROW(Most, WEFT_FIELD(Most, rows));
WEFT_PARAMETERS(Most);
#define LINE_COLUMNS \
    weft_columns(weft_col(BenchRow, id), weft_col(BenchRow, name), weft_col(BenchRow, title), weft_col(BenchRow, score), \
                 weft_col(BenchRow, created), weft_col(BenchRow, age))
WEFT_STATEMENT(lines, Line, Most, .from = weft_from(BenchRow), .columns = LINE_COLUMNS,
               .where = weft_le_col(BenchRow, id, Most, rows));
#define LINE_SQL "SELECT id, name, title, score, created, age FROM bench_row WHERE id <= "
#define NAME_SQL "SELECT name FROM bench_row WHERE id = "

typedef struct Curve {
    Work *work;
    weft_connection *connection;
    sqlite3_stmt *lines, *name; /* of SQLite */
    int64_t rows;               /* of a result; 0: the name of one row */
    int64_t runs;
} Curve;

static void check_count(const Curve *curve, int64_t count)
{
    if (count != (curve->rows == 0 ? 1 : curve->rows)) {
        bench_fail("rows", "another number of rows");
    }
}

static int64_t key_of(const Curve *curve, int64_t run) { return curve->rows == 0 ? run % LARGEST + 1 : curve->rows; }

/* ---- by hand ---- */

/* Lines in the order of the result, in the blocks that their texts are in: an array that grows by realloc takes longer. */
typedef struct LineOf {
    Line line;
    struct LineOf *next;
} LineOf;

typedef struct Lines {
    LineOf *first, **last;
    size_t count;
    RawMemory memory;
} Lines;

static Line *add_line(Lines *lines)
{
    LineOf *made = raw_take(&lines->memory, sizeof(*made));
    made->next = NULL;
    *lines->last = made;
    lines->last = &made->next;
    lines->count++;
    return &made->line;
}

static void sqlite_check(const Curve *curve, int rc, int wanted)
{
    if (rc != wanted) {
        bench_fail("rows", sqlite3_errmsg(curve->work->sqlite));
    }
}

static const char *sqlite_text(RawMemory *memory, sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    if (text == NULL) {
        bench_fail("rows", "no text");
    }
    return raw_copy(memory, text, (size_t)sqlite3_column_bytes(statement, column));
}

static int64_t sqlite_timestamp(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    if (text == NULL || sqlite3_column_bytes(statement, column) != 26) {
        bench_fail("rows", "no timestamp");
    }
    return raw_timestamp_read(text);
}

static int64_t sqlite_lines(const Curve *curve, sqlite3_stmt *statement)
{
    Lines lines = {.last = &lines.first};
    int rc;
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        Line *line = add_line(&lines);
        line->id = sqlite3_column_int64(statement, 0);
        line->name = sqlite_text(&lines.memory, statement, 1);
        line->title = sqlite_text(&lines.memory, statement, 2);
        line->score = sqlite3_column_double(statement, 3);
        line->created.usec = sqlite_timestamp(statement, 4);
        line->age.set = sqlite3_column_type(statement, 5) != SQLITE_NULL;
        line->age.value = line->age.set ? sqlite3_column_int(statement, 5) : 0;
    }
    sqlite_check(curve, rc, SQLITE_DONE);
    int64_t found = (int64_t)lines.count;
    raw_memory_free(&lines.memory);
    return found;
}

static int64_t sqlite_name(const Curve *curve, sqlite3_stmt *statement)
{
    RawMemory memory = {0};
    int64_t found = 0;
    int rc;
    for (; (rc = sqlite3_step(statement)) == SQLITE_ROW; found++) {
        Name *name = raw_take(&memory, sizeof(*name));
        name->name = sqlite_text(&memory, statement, 0);
    }
    sqlite_check(curve, rc, SQLITE_DONE);
    raw_memory_free(&memory);
    return found;
}

static void sqlite_by_hand(const Curve *curve, int64_t run)
{
    sqlite3_stmt *statement = curve->rows == 0 ? curve->name : curve->lines;
    sqlite_check(curve, sqlite3_bind_int64(statement, 1, key_of(curve, run)), SQLITE_OK);
    int64_t found = curve->rows == 0 ? sqlite_name(curve, statement) : sqlite_lines(curve, statement);
    sqlite_check(curve, sqlite3_reset(statement), SQLITE_OK);
    check_count(curve, found);
}

static const char *postgres_text(RawMemory *memory, const PGresult *result, int row, int column)
{
    return raw_copy(memory, PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column));
}

static void postgres_line(Lines *lines, const PGresult *result, int at)
{
    Line *line = add_line(lines);
    uint64_t score = raw_get64(PQgetvalue(result, at, 3));
    uint32_t age = 0;
    line->id = (int64_t)raw_get64(PQgetvalue(result, at, 0));
    line->name = postgres_text(&lines->memory, result, at, 1);
    line->title = postgres_text(&lines->memory, result, at, 2);
    memcpy(&line->score, &score, sizeof(score));
    line->created.usec = (int64_t)raw_get64(PQgetvalue(result, at, 4)) + EPOCH_OFFSET_USEC;
    line->age.set = !PQgetisnull(result, at, 5);
    if (line->age.set) {
        memcpy(&age, PQgetvalue(result, at, 5), 4);
    }
    line->age.value = (int32_t)be32toh(age);
}

static void postgres_by_hand(const Curve *curve, int64_t run)
{
    char key[8];
    const char *values[1] = {key};
    const int lengths[1] = {8}, formats[1] = {1};
    Lines lines = {.last = &lines.first};
    raw_put64(key, (uint64_t)key_of(curve, run));
    PGresult *result = PQexecPrepared(curve->work->pg, curve->rows == 0 ? "raw_name" : "raw_lines", 1, values, lengths, formats, 1);
    raw_postgres_check(curve->work->pg, result, PGRES_TUPLES_OK);
    int count = PQntuples(result);
    for (int i = 0; i < count; i++) {
        if (curve->rows == 0) {
            Name *name = raw_take(&lines.memory, sizeof(*name));
            name->name = postgres_text(&lines.memory, result, i, 0);
        } else {
            postgres_line(&lines, result, i);
        }
    }
    PQclear(result);
    check_count(curve, count);
    raw_memory_free(&lines.memory);
}

static double by_hand(void *context)
{
    Curve *curve = context;
    double began = bench_now_ns();
    for (int64_t i = 0; i < curve->runs; i++) {
        if (curve->work->postgres) {
            postgres_by_hand(curve, i);
        } else {
            sqlite_by_hand(curve, i);
        }
    }
    return (bench_now_ns() - began) / (double)curve->runs;
}

static void prepare_on_server(PGconn *db, const char *name, const char *sql)
{
    static const Oid types[1] = {OID_INT8};
    PGresult *result = PQprepare(db, name, sql, 1, types);
    raw_postgres_check(db, result, PGRES_COMMAND_OK);
    PQclear(result);
}

static void prepare_by_hand(Curve *curve)
{
    if (curve->work->postgres) {
        prepare_on_server(curve->work->pg, "raw_lines", LINE_SQL "$1");
        prepare_on_server(curve->work->pg, "raw_name", NAME_SQL "$1");
    } else {
        curve->lines = raw_sqlite_prepare(curve->work->sqlite, LINE_SQL "?1");
        curve->name = raw_sqlite_prepare(curve->work->sqlite, NAME_SQL "?1");
    }
}

/* ---- weft ---- */

static double by_fetch(void *context)
{
    Curve *curve = context;
    weft_error error = {0};
    double began = bench_now_ns();
    for (int64_t i = 0; i < curve->runs; i++) {
        weft_result *result;
        weft_status status;
        size_t count;
        if (curve->rows == 0) {
            Name_list names;
            status =
                weft_fetch(curve->connection, Name, &names, &result, &error, .from = weft_from(BenchRow),
                           .columns = weft_columns(weft_col(BenchRow, name)), .where = weft_eq(BenchRow, id, key_of(curve, i)));
            count = names.count;
        } else {
            Line_list lines;
            status = weft_fetch(curve->connection, Line, &lines, &result, &error, .from = weft_from(BenchRow),
                                .columns = LINE_COLUMNS, .where = weft_le(BenchRow, id, curve->rows));
            count = lines.count;
        }
        if (status != WEFT_OK) {
            bench_fail("rows", error.message);
        }
        check_count(curve, (int64_t)count);
        weft_result_close(result);
    }
    return (bench_now_ns() - began) / (double)curve->runs;
}

static double by_statement(void *context)
{
    Curve *curve = context;
    weft_error error = {0};
    double began = bench_now_ns();
    for (int64_t i = 0; i < curve->runs; i++) {
        weft_result *result;
        Line_list found;
        if (weft_connection_fetch_run(curve->connection, &lines_statement, &(Most){curve->rows}, &result,
                                      (weft_list *)(void *)&found, &error) != WEFT_OK) {
            bench_fail("rows", error.message);
        }
        check_count(curve, (int64_t)found.count);
        weft_result_close(result);
    }
    return (bench_now_ns() - began) / (double)curve->runs;
}

static double by_session(void *context)
{
    Curve *curve = context;
    weft_session *s = curve->work->session;
    double began = bench_now_ns();
    for (int64_t i = 0; i < curve->runs; i++) {
        size_t count;
        if (curve->rows == 0) {
            count = weft_rows(s, Name, .from = weft_from(BenchRow), .columns = weft_columns(weft_col(BenchRow, name)),
                              .where = weft_eq(BenchRow, id, key_of(curve, i)))
                        .count;
        } else {
            count = weft_rows(s, Line, .from = weft_from(BenchRow), .columns = LINE_COLUMNS,
                              .where = weft_le(BenchRow, id, curve->rows))
                        .count;
        }
        work_check(s, "rows");
        check_count(curve, (int64_t)count);
        weft_session_clear(s);
    }
    return (bench_now_ns() - began) / (double)curve->runs;
}

static void compare(Curve *curve, const char *what, double goal)
{
    char title[128];
    BenchVariant variants[4] = {{.name = "hand-written C, prepared", .run = by_hand, .context = curve},
                                {.name = "weft_fetch", .run = by_fetch, .context = curve, .goal = goal},
                                {.name = "weft_rows, a session kept", .run = by_session, .context = curve, .goal = goal},
                                {.name = "a WEFT_STATEMENT", .run = by_statement, .context = curve, .goal = goal}};
    snprintf(title, sizeof(title), "W10 rows, %s: %s", curve->work->database, what);
    bench_compare(title, "ns/result", curve->work->options, variants, curve->rows == 0 ? 3 : 4);
}

static void open_curve(Curve *curve)
{
    Work *work = curve->work;
    weft_error error = {0};
    prepare_by_hand(curve);
    if (weft_engine_connect(work->engine, &curve->connection, NULL, &error) != WEFT_OK) {
        bench_fail("rows", error.message);
    }
}

static void close_curve(Curve *curve)
{
    weft_connection_close(curve->connection);
    if (curve->work->postgres) {
        raw_postgres_exec(curve->work->pg, "DEALLOCATE ALL");
    }
    sqlite3_finalize(curve->lines);
    sqlite3_finalize(curve->name);
}

void work_rows(Work *work)
{
    Curve curve = {.work = work};
    work->rows = LARGEST;
    work_fill_rows(work);
    work->session = weft_session_open(work->engine, NULL);
    open_curve(&curve);
    curve.runs = work_scaled(work, MOST_RUNS);
    compare(&curve, "one value of one row", 1.10);
    for (int64_t rows = 1; rows <= LARGEST; rows *= 10) {
        char what[64];
        curve.rows = rows;
        curve.runs = work_scaled(work, 2 * LARGEST / rows > MOST_RUNS ? MOST_RUNS : 2 * LARGEST / rows);
        curve.runs = curve.runs > 0 ? curve.runs : 1;
        snprintf(what, sizeof(what), "results of %lld rows as plain structs", (long long)rows);
        compare(&curve, what, rows == LARGEST ? 1.05 : 1.10);
    }
    close_curve(&curve);
    weft_session_close(work->session);
}

void work_rows_calls(Work *work, int64_t rows, int64_t runs, WorkWay way)
{
    static double (*const ways[])(void *context) = {by_hand, by_fetch, by_session, by_statement};
    Curve curve = {.work = work, .rows = rows, .runs = runs};
    open_curve(&curve);
    (void)ways[way](&curve);
    close_curve(&curve);
}
