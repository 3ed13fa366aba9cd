/* Models and data of the benchmarks, and the memory that the hand-written variants use. */
#include "rows.h"

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RAW_BLOCK_BYTES = 1 << 18 };

WEFT_MODEL(BenchRow, "bench_row", WEFT_COLUMN(BenchRow, id, .primary_key = true), WEFT_COLUMN(BenchRow, name),
           WEFT_COLUMN(BenchRow, title), WEFT_COLUMN(BenchRow, score), WEFT_COLUMN(BenchRow, created), WEFT_COLUMN(BenchRow, age));

WEFT_MODEL(BenchParent, "bench_parent", WEFT_COLUMN(BenchParent, id, .primary_key = true), WEFT_COLUMN(BenchParent, name),
           WEFT_HAS_MANY(BenchParent, children, BenchChild, .foreign_key = "parent_id", .back_populates = "parent"));

WEFT_MODEL(BenchChild, "bench_child", WEFT_COLUMN(BenchChild, id, .primary_key = true),
           WEFT_COLUMN(BenchChild, parent_id, .references = "bench_parent.id", .index = true), WEFT_COLUMN(BenchChild, name),
           WEFT_BELONGS_TO(BenchChild, parent, BenchParent, .foreign_key = "parent_id", .back_populates = "children"));

WEFT_METADATA(bench_models, &BenchRow_model, &BenchParent_model, &BenchChild_model);

typedef struct MadeRow {
    BenchRow row;
    char name[32], title[64];
} MadeRow;

static MadeRow *make_rows(void)
{
    MadeRow *made = malloc(BENCH_ROW_LIMIT * sizeof(*made));
    if (made == NULL) {
        bench_fail("memory", "none left");
    }
    for (int64_t i = 0; i < BENCH_ROW_LIMIT; i++) {
        MadeRow *at = &made[i];
        snprintf(at->name, sizeof(at->name), "name-%015lld", (long long)i);
        snprintf(at->title, sizeof(at->title), "a title of some forty bytes %012lld", (long long)i);
        at->row = (BenchRow){.name = at->name,
                             .title = at->title,
                             .score = (double)i * 0.5,
                             .created = {1700000000000000 + i * 1000003},
                             .age = {.set = i % 4 != 0, .value = (int32_t)(i % 90)}};
    }
    return made;
}

const BenchRow *bench_row(int64_t i)
{
    static MadeRow *made; /* kept to the end of the program */
    if (made == NULL) {
        made = make_rows();
    }
    return &made[i].row;
}

struct RawBlock {
    RawBlock *next;
    char bytes[];
};

void *raw_take(RawMemory *memory, size_t size)
{
    size = (size + 7) & ~(size_t)7;
    if (memory->left < size) {
        size_t bytes = size > RAW_BLOCK_BYTES ? size : RAW_BLOCK_BYTES;
        RawBlock *block = malloc(sizeof(*block) + bytes);
        if (block == NULL) {
            bench_fail("memory", "none left");
        }
        block->next = memory->blocks;
        memory->blocks = block;
        memory->at = block->bytes;
        memory->left = bytes;
        memory->bytes += bytes;
    }
    void *taken = memory->at;
    memory->at += size;
    memory->left -= size;
    return taken;
}

const char *raw_copy(RawMemory *memory, const char *text, size_t size)
{
    char *copy = raw_take(memory, size + 1);
    memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

void raw_memory_free(RawMemory *memory)
{
    while (memory->blocks != NULL) {
        RawBlock *next = memory->blocks->next;
        free(memory->blocks);
        memory->blocks = next;
    }
    *memory = (RawMemory){0};
}

static struct RawEntry *find_entry(struct RawEntry *entries, size_t capacity, int64_t key)
{
    size_t at = (size_t)((uint64_t)key * 0x9e3779b97f4a7c15u >> 20) & (capacity - 1);
    while (entries[at].key != 0 && entries[at].key != key) {
        at = (at + 1) & (capacity - 1);
    }
    return &entries[at];
}

void raw_map_put(RawMap *map, int64_t key, void *object)
{
    if (map->count * 4 >= map->capacity * 3) {
        size_t capacity = map->capacity == 0 ? 1024 : 2 * map->capacity;
        struct RawEntry *entries = calloc(capacity, sizeof(*entries));
        if (entries == NULL) {
            bench_fail("memory", "none left");
        }
        for (size_t i = 0; i < map->capacity; i++) {
            if (map->entries[i].key != 0) {
                *find_entry(entries, capacity, map->entries[i].key) = map->entries[i];
            }
        }
        free(map->entries);
        map->entries = entries;
        map->capacity = capacity;
    }
    struct RawEntry *entry = find_entry(map->entries, map->capacity, key);
    map->count += entry->key == 0;
    *entry = (struct RawEntry){key, object};
}

void *raw_map_get(const RawMap *map, int64_t key)
{
    return map->capacity == 0 ? NULL : find_entry(map->entries, map->capacity, key)->object;
}

void raw_map_free(RawMap *map)
{
    free(map->entries);
    *map = (RawMap){0};
}

/* Days from 1970-01-01 of a date (Howard Hinnant's days_from_civil). */
static int64_t days_of(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400, year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static int digits(const char *text, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

int64_t raw_timestamp_read(const char *text)
{
    int64_t days = days_of(digits(text, 4), digits(text + 5, 2), digits(text + 8, 2));
    int64_t seconds = days * 86400 + digits(text + 11, 2) * 3600 + digits(text + 14, 2) * 60 + digits(text + 17, 2);
    return seconds * 1000000 + digits(text + 20, 6);
}

static void put_digits(char *text, int64_t value, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        text[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

void raw_timestamp_write(int64_t usec, char text[32])
{
    int64_t days = usec / 86400000000, rest = usec % 86400000000;
    int64_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153, month = mp < 10 ? mp + 3 : mp - 9;
    memcpy(text, "0000-00-00 00:00:00.000000", 27);
    put_digits(text, yoe + era * 400 + (month <= 2), 4);
    put_digits(text + 5, month, 2);
    put_digits(text + 8, doy - (153 * mp + 2) / 5 + 1, 2);
    put_digits(text + 11, rest / 3600000000, 2);
    put_digits(text + 14, rest / 60000000 % 60, 2);
    put_digits(text + 17, rest / 1000000 % 60, 2);
    put_digits(text + 20, rest % 1000000, 6);
}
