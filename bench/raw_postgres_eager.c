/* Hand-written PostgreSQL: parents with their children in three ways. */
#define _DEFAULT_SOURCE
#include "raw.h"

#include "bench.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { OID_INT8 = 20, OID_INT8_ARRAY = 1016 };

typedef struct Family {
    RawMemory memory;
    RawMap parents, children;
    int64_t child_count;
} Family;

static const char *copy_cell(RawMemory *memory, const PGresult *result, int row, int column)
{
    return raw_copy(memory, PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column));
}

static BenchParent *add_parent(Family *family, const PGresult *result, int row)
{
    BenchParent *parent = raw_take(&family->memory, sizeof(*parent));
    *parent =
        (BenchParent){.id = (int64_t)raw_get64(PQgetvalue(result, row, 0)), .name = copy_cell(&family->memory, result, row, 1)};
    parent->children.items = raw_take(&family->memory, 10 * sizeof(void *));
    raw_map_put(&family->parents, parent->id, parent);
    return parent;
}

static void add_child(Family *family, BenchParent *parent, const PGresult *result, int row, int column)
{
    BenchChild *child = raw_take(&family->memory, sizeof(*child));
    *child = (BenchChild){.id = (int64_t)raw_get64(PQgetvalue(result, row, column)),
                          .parent_id = parent->id,
                          .parent = parent,
                          .name = copy_cell(&family->memory, result, row, column + 1)};
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

static void ensure_prepared(PGconn *db, const char *name, const char *sql, int count, const Oid *types)
{
    PGresult *there = PQdescribePrepared(db, name);
    if (PQresultStatus(there) != PGRES_COMMAND_OK) {
        PGresult *result = PQprepare(db, name, sql, count, types);
        raw_postgres_check(db, result, PGRES_COMMAND_OK);
        PQclear(result);
    }
    PQclear(there);
}

static PGresult *execute(PGconn *db, const char *name, int count, const char *const *values, const int *sizes)
{
    static const int formats[] = {1};
    PGresult *result = PQexecPrepared(db, name, count, values, sizes, formats, 1);
    raw_postgres_check(db, result, PGRES_TUPLES_OK);
    return result;
}

static void put32(char *at, uint32_t value)
{
    value = htobe32(value);
    memcpy(at, &value, 4);
}

/* A binary int8[]: dimensions, no NULLs, element type, length, lower bound; then each element with its size. */
static size_t array_of_keys(char *to, const PGresult *parents)
{
    int count = PQntuples(parents);
    put32(to, 1);
    put32(to + 4, 0);
    put32(to + 8, OID_INT8);
    put32(to + 12, (uint32_t)count);
    put32(to + 16, 1);
    char *at = to + 20;
    for (int i = 0; i < count; i++, at += 12) {
        put32(at, 8);
        memcpy(at + 4, PQgetvalue(parents, i, 0), 8);
    }
    return (size_t)(at - to);
}

double raw_postgres_eager_in(PGconn *db, int64_t parents)
{
    static const Oid types[] = {OID_INT8_ARRAY};
    Family family = {0};
    ensure_prepared(db, "raw_parents", "SELECT id, name FROM bench_parent", 0, NULL);
    ensure_prepared(db, "raw_in", "SELECT parent_id, id, name FROM bench_child WHERE parent_id = ANY($1)", 1, types);
    char *keys = malloc(20 + (size_t)parents * 12);
    if (keys == NULL) {
        bench_fail("memory", "none left");
    }
    double began = bench_now_ns();
    PGresult *result = execute(db, "raw_parents", 0, NULL, NULL);
    for (int i = 0; i < PQntuples(result); i++) {
        add_parent(&family, result, i);
    }
    const char *const values[] = {keys};
    const int sizes[] = {(int)array_of_keys(keys, result)};
    PQclear(result);
    result = execute(db, "raw_in", 1, values, sizes);
    for (int i = 0; i < PQntuples(result); i++) {
        add_child(&family, raw_map_get(&family.parents, (int64_t)raw_get64(PQgetvalue(result, i, 0))), result, i, 1);
    }
    PQclear(result);
    free(keys);
    return end_family(&family, began, parents);
}

double raw_postgres_eager_join(PGconn *db, int64_t parents)
{
    Family family = {0};
    ensure_prepared(db, "raw_join",
                    "SELECT p.id, p.name, c.id, c.name FROM bench_parent p LEFT JOIN bench_child c ON c.parent_id = p.id", 0, NULL);
    double began = bench_now_ns();
    PGresult *result = execute(db, "raw_join", 0, NULL, NULL);
    for (int i = 0; i < PQntuples(result); i++) {
        BenchParent *parent = raw_map_get(&family.parents, (int64_t)raw_get64(PQgetvalue(result, i, 0)));
        add_child(&family, parent != NULL ? parent : add_parent(&family, result, i), result, i, 2);
    }
    PQclear(result);
    return end_family(&family, began, parents);
}

double raw_postgres_eager_each(PGconn *db, int64_t parents)
{
    static const Oid types[] = {OID_INT8};
    static const int sizes[] = {8};
    Family family = {0};
    ensure_prepared(db, "raw_parents", "SELECT id, name FROM bench_parent", 0, NULL);
    ensure_prepared(db, "raw_each", "SELECT id, name FROM bench_child WHERE parent_id = $1", 1, types);
    double began = bench_now_ns();
    PGresult *result = execute(db, "raw_parents", 0, NULL, NULL);
    for (int i = 0; i < PQntuples(result); i++) {
        BenchParent *parent = add_parent(&family, result, i);
        const char *const values[] = {PQgetvalue(result, i, 0)};
        PGresult *children = execute(db, "raw_each", 1, values, sizes);
        for (int j = 0; j < PQntuples(children); j++) {
            add_child(&family, parent, children, j, 0);
        }
        PQclear(children);
    }
    PQclear(result);
    return end_family(&family, began, parents);
}
