/* What the benchmarks store: the row of loads, inserts and updates, and parents with children. Also what hand-written C keeps
 * loaded rows in: a block allocator and a map by key, as weft has its arena and identity map. */
#ifndef WEFT_BENCH_ROWS_H
#define WEFT_BENCH_ROWS_H

#include <weft/weft.h>

WEFT_DECLARE(BenchRow);
WEFT_DECLARE(BenchParent);
WEFT_DECLARE(BenchChild);

struct BenchRow {
    int64_t id;
    const char *name;  /* about 20 bytes */
    const char *title; /* about 40 bytes */
    double score;
    weft_timestamp created;
    weft_opt_int32 age;
};

struct BenchParent {
    int64_t id;
    const char *name;
    BenchChild_list children;
};

struct BenchChild {
    int64_t id;
    int64_t parent_id;
    const char *name;
    const BenchParent *parent;
};

extern const weft_metadata bench_models;

/* The i-th row to insert, its texts included; made once, so that making it is not measured. i is below BENCH_ROW_LIMIT. */
enum { BENCH_ROW_LIMIT = 100000 };
const BenchRow *bench_row(int64_t i);

/* ---- hand-written memory ---- */

typedef struct RawBlock RawBlock;
typedef struct RawMemory {
    RawBlock *blocks;
    char *at;
    size_t left, bytes;
} RawMemory;

void *raw_take(RawMemory *memory, size_t size);
const char *raw_copy(RawMemory *memory, const char *text, size_t size);
void raw_memory_free(RawMemory *memory);

/* Key → object, open addressing, keys not 0. */
typedef struct RawMap {
    struct RawEntry {
        int64_t key;
        void *object;
    } * entries;
    size_t capacity, count;
} RawMap;

void raw_map_put(RawMap *map, int64_t key, void *object);
void *raw_map_get(const RawMap *map, int64_t key);
void raw_map_free(RawMap *map);

/* "YYYY-MM-DD HH:MM:SS.ffffff" in UTC, as weft stores it in SQLite, read and written as one would by hand for that form only. */
int64_t raw_timestamp_read(const char *text);
void raw_timestamp_write(int64_t usec, char text[32]);

#endif
