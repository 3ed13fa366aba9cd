/* Hand-written SQLite. */
#include "raw.h"

#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

sqlite3 *raw_sqlite_open(const char *url)
{
    sqlite3 *db;
    const char *path = strncmp(url, "sqlite:///", 10) == 0 ? url + 10 : url;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        bench_fail(path, sqlite3_errmsg(db));
    }
    sqlite3_busy_timeout(db, 10000);
    raw_sqlite_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON");
    return db;
}

void raw_sqlite_exec(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
        bench_fail(sql, message);
    }
}

sqlite3_stmt *raw_sqlite_prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) {
        bench_fail(sql, sqlite3_errmsg(db));
    }
    return statement;
}

static void step_done(sqlite3 *db, sqlite3_stmt *statement)
{
    if (sqlite3_step(statement) != SQLITE_DONE) {
        bench_fail("step", sqlite3_errmsg(db));
    }
    sqlite3_reset(statement);
}

static const char *copy_column(RawMemory *memory, sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return raw_copy(memory, text, (size_t)sqlite3_column_bytes(statement, column));
}

double raw_sqlite_load(sqlite3 *db, int64_t rows, size_t *bytes)
{
    RawMemory memory = {0};
    RawMap map = {0};
    int64_t found = 0;
    double began = bench_now_ns();
    sqlite3_stmt *statement = raw_sqlite_prepare(db, "SELECT id, name, title, score, created, age FROM bench_row");
    while (sqlite3_step(statement) == SQLITE_ROW) {
        BenchRow *row = raw_take(&memory, sizeof(*row));
        row->id = sqlite3_column_int64(statement, 0);
        row->name = copy_column(&memory, statement, 1);
        row->title = copy_column(&memory, statement, 2);
        row->score = sqlite3_column_double(statement, 3);
        row->created.usec = raw_timestamp_read((const char *)sqlite3_column_text(statement, 4));
        row->age.set = sqlite3_column_type(statement, 5) != SQLITE_NULL;
        row->age.value = row->age.set ? sqlite3_column_int(statement, 5) : 0;
        raw_map_put(&map, row->id, row);
        found++;
    }
    sqlite3_finalize(statement);
    if (bytes != NULL) {
        *bytes = memory.bytes + map.capacity * sizeof(map.entries[0]);
    }
    raw_memory_free(&memory);
    raw_map_free(&map);
    double took = bench_now_ns() - began;
    if (found != rows) {
        bench_fail("load", "another number of rows");
    }
    return took / (double)rows;
}

static void bind_row(sqlite3_stmt *statement, int at, const BenchRow *row, char created[32])
{
    raw_timestamp_write(row->created.usec, created);
    sqlite3_bind_text(statement, at + 1, row->name, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, at + 2, row->title, -1, SQLITE_STATIC);
    sqlite3_bind_double(statement, at + 3, row->score);
    sqlite3_bind_text(statement, at + 4, created, 26, SQLITE_STATIC);
    if (row->age.set) {
        sqlite3_bind_int(statement, at + 5, row->age.value);
    } else {
        sqlite3_bind_null(statement, at + 5);
    }
}

double raw_sqlite_insert(sqlite3 *db, int64_t rows)
{
    char created[32];
    int64_t *keys = malloc((size_t)rows * sizeof(*keys));
    if (keys == NULL) {
        bench_fail("memory", "none left");
    }
    double began = bench_now_ns();
    raw_sqlite_exec(db, "BEGIN IMMEDIATE");
    sqlite3_stmt *statement =
        raw_sqlite_prepare(db, "INSERT INTO bench_row (name, title, score, created, age) VALUES (?, ?, ?, ?, ?)");
    for (int64_t i = 0; i < rows; i++) {
        bind_row(statement, 0, bench_row(i), created);
        step_done(db, statement);
        keys[i] = sqlite3_last_insert_rowid(db);
    }
    sqlite3_finalize(statement);
    raw_sqlite_exec(db, "COMMIT");
    double took = bench_now_ns() - began;
    free(keys);
    return took / (double)rows;
}

double raw_sqlite_insert_many(sqlite3 *db, int64_t rows)
{
    enum { GROUP = 50 };
    static char created[GROUP][32];
    char sql[256 + GROUP * 20] = "INSERT INTO bench_row (name, title, score, created, age) VALUES (?, ?, ?, ?, ?)";
    double began = bench_now_ns();
    for (int i = 1; i < GROUP; i++) {
        strncat(sql, ", (?, ?, ?, ?, ?)", sizeof(sql) - strlen(sql) - 1);
    }
    raw_sqlite_exec(db, "BEGIN IMMEDIATE");
    sqlite3_stmt *statement = raw_sqlite_prepare(db, sql);
    for (int64_t i = 0; i + GROUP <= rows; i += GROUP) {
        for (int j = 0; j < GROUP; j++) {
            bind_row(statement, 5 * j, bench_row(i + j), created[j]);
        }
        step_done(db, statement);
    }
    sqlite3_finalize(statement);
    raw_sqlite_exec(db, "COMMIT");
    return (bench_now_ns() - began) / (double)rows;
}

double raw_sqlite_update(sqlite3 *db, int64_t rows)
{
    double began = bench_now_ns();
    raw_sqlite_exec(db, "BEGIN IMMEDIATE");
    sqlite3_stmt *statement = raw_sqlite_prepare(db, "UPDATE bench_row SET score = ? WHERE id = ?");
    for (int64_t i = 1; i <= rows; i++) {
        sqlite3_bind_double(statement, 1, began / 1e9 + (double)i);
        sqlite3_bind_int64(statement, 2, i);
        step_done(db, statement);
    }
    sqlite3_finalize(statement);
    raw_sqlite_exec(db, "COMMIT");
    return (bench_now_ns() - began) / (double)rows;
}

/* ---- parents and children ---- */

typedef struct Family {
    RawMemory memory;
    RawMap parents, children;
    int64_t child_count;
} Family;

static BenchParent *add_parent(Family *family, sqlite3_stmt *statement, int column)
{
    BenchParent *parent = raw_take(&family->memory, sizeof(*parent));
    *parent =
        (BenchParent){.id = sqlite3_column_int64(statement, column), .name = copy_column(&family->memory, statement, column + 1)};
    parent->children.items = raw_take(&family->memory, 10 * sizeof(void *));
    raw_map_put(&family->parents, parent->id, parent);
    return parent;
}

static void add_child(Family *family, BenchParent *parent, sqlite3_stmt *statement, int column)
{
    BenchChild *child = raw_take(&family->memory, sizeof(*child));
    *child = (BenchChild){.id = sqlite3_column_int64(statement, column),
                          .parent_id = parent->id,
                          .parent = parent,
                          .name = copy_column(&family->memory, statement, column + 1)};
    ((const BenchChild **)(uintptr_t)parent->children.items)[parent->children.count++] = child;
    raw_map_put(&family->children, child->id, child);
    family->child_count++;
}

static double end_family(Family *family, double began, int64_t parents)
{
    raw_memory_free(&family->memory);
    raw_map_free(&family->parents);
    raw_map_free(&family->children);
    if (family->child_count != 10 * parents) {
        bench_fail("children", "another number of rows");
    }
    return (bench_now_ns() - began) / (double)family->child_count;
}

double raw_sqlite_eager_in(sqlite3 *db, int64_t parents)
{
    Family family = {0};
    char *keys = malloc((size_t)parents * 21 + 3);
    if (keys == NULL) {
        bench_fail("memory", "none left");
    }
    size_t used = 1;
    keys[0] = '[';
    double began = bench_now_ns();
    sqlite3_stmt *statement = raw_sqlite_prepare(db, "SELECT id, name FROM bench_parent");
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const BenchParent *parent = add_parent(&family, statement, 0);
        used += (size_t)snprintf(keys + used, 21, "%s%" PRId64, used > 1 ? "," : "", parent->id);
    }
    keys[used++] = ']';
    sqlite3_finalize(statement);
    statement =
        raw_sqlite_prepare(db, "SELECT parent_id, id, name FROM bench_child WHERE parent_id IN (SELECT value FROM json_each(?))");
    sqlite3_bind_text(statement, 1, keys, (int)used, SQLITE_STATIC);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        add_child(&family, raw_map_get(&family.parents, sqlite3_column_int64(statement, 0)), statement, 1);
    }
    sqlite3_finalize(statement);
    free(keys);
    return end_family(&family, began, parents);
}

double raw_sqlite_eager_join(sqlite3 *db, int64_t parents)
{
    Family family = {0};
    double began = bench_now_ns();
    sqlite3_stmt *statement =
        raw_sqlite_prepare(db,
                           "SELECT p.id, p.name, c.id, c.name FROM bench_parent p LEFT JOIN bench_child c ON c.parent_id = p.id");
    while (sqlite3_step(statement) == SQLITE_ROW) {
        BenchParent *parent = raw_map_get(&family.parents, sqlite3_column_int64(statement, 0));
        add_child(&family, parent != NULL ? parent : add_parent(&family, statement, 0), statement, 2);
    }
    sqlite3_finalize(statement);
    return end_family(&family, began, parents);
}

double raw_sqlite_eager_each(sqlite3 *db, int64_t parents)
{
    Family family = {0};
    double began = bench_now_ns();
    sqlite3_stmt *statement = raw_sqlite_prepare(db, "SELECT id, name FROM bench_parent");
    sqlite3_stmt *children = raw_sqlite_prepare(db, "SELECT id, name FROM bench_child WHERE parent_id = ?");
    while (sqlite3_step(statement) == SQLITE_ROW) {
        BenchParent *parent = add_parent(&family, statement, 0);
        sqlite3_bind_int64(children, 1, parent->id);
        while (sqlite3_step(children) == SQLITE_ROW) {
            add_child(&family, parent, children, 0);
        }
        sqlite3_reset(children);
    }
    sqlite3_finalize(children);
    sqlite3_finalize(statement);
    return end_family(&family, began, parents);
}
