/* A model with a column of every type, plain and optional, and what one can do to each in SQL and in C: FIXTURE_MODELS(things). */
#ifndef TESTS_ORM_THINGS_H
#define TESTS_ORM_THINGS_H

#include "support/fixture.h"

WEFT_DECLARE(Thing);
WEFT_DECLARE(Careful);
WEFT_DECLARE(Careless);
WEFT_DECLARE(Mixed);
WEFT_DECLARE(Counted);

typedef enum hue { RED, GREEN, BLUE } hue;

struct Thing {
    int64_t id;
    int16_t small;
    int32_t number;
    uint32_t whole;
    int64_t big;
    bool flag;
    float real;
    double precise;
    const char *text;
    char code[8];
    weft_bytes data;
    weft_timestamp at;
    weft_date day;
    weft_time hour;
    weft_uuid uuid;
    weft_decimal amount;
    weft_json json;
    hue hue;
    weft_opt_int16 maybe_small;
    weft_opt_int32 maybe_number;
    weft_opt_uint32 maybe_whole;
    weft_opt_int64 maybe_big;
    weft_opt_bool maybe_flag;
    weft_opt_float maybe_real;
    weft_opt_double maybe_precise;
    weft_opt_timestamp maybe_at;
    weft_opt_date maybe_day;
    weft_opt_time maybe_hour;
    weft_opt_uuid maybe_uuid;
};

/* All columns are checked; none is; some say for themselves; a version is. */
struct Careful {
    int64_t id;
    int32_t a, b;
};
struct Careless {
    int64_t id;
    int32_t a, b;
};
struct Mixed {
    int64_t id;
    int32_t plain, always, never;
};
struct Counted {
    int64_t id;
    int32_t a, b;
    int32_t version;
};

extern const weft_metadata things;

/* A column, and three values that differ. first and other are SQL; of two forms, the second is SQLite's. */
typedef struct thing_column {
    const char *name;
    size_t offset;
    const char *first[2], *other[2];
    weft_value third;
} thing_column;

extern const thing_column thing_columns[];
extern const size_t thing_column_count;

/* Leaves n rows, ids from 1 on, whose columns all hold their first values, and an empty session. */
void things_fill(fixture *f, int n);
void things_fill_with(fixture *f, int n, const char *column, const char *value); /* and this value in one column of all */
/* UPDATE of a column by SQL beside weft; where may be NULL. */
void things_put(fixture *f, const char *column, const char *sql, const char *where);

#endif
