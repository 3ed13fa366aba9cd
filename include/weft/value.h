/* Values: the C types a mapped field may have, their nullable forms, and a tagged union for parameters and rows. */
#ifndef WEFT_VALUE_H
#define WEFT_VALUE_H
#if defined(__GNUC__) && !defined(__clang__) /* what its macros make is the program's, wherever weft is installed */
#pragma GCC system_header
# 7 "<weft/value.h>"
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/export.h>

WEFT_BEGIN_DECLS

/* Microseconds since 1970-01-01 00:00:00 UTC. timestamptz on PostgreSQL, text 'YYYY-MM-DD HH:MM:SS.ffffff' in UTC on SQLite. */
typedef struct weft_timestamp { int64_t usec; } weft_timestamp;
/* Days since 1970-01-01 in the proleptic Gregorian calendar. */
typedef struct weft_date { int32_t days; } weft_date;
/* Microseconds since midnight, 0 to 86,400,000,000. */
typedef struct weft_time { int64_t usec; } weft_time;
/* Sixteen bytes in the order of the text form. */
typedef struct weft_uuid { unsigned char bytes[16]; } weft_uuid;
/* A hardware address (MAC): six bytes in the order of the text form, which is '08:00:2b:01:02:03' and kept so on SQLite. */
typedef struct weft_macaddr { unsigned char bytes[6]; } weft_macaddr;
/* A span of time as PostgreSQL has it: months, days and microseconds, which are kept apart; each may be negative. Where
 * intervals are compared, a month is 30 days and a day 24 hours: {.months = 1} equals {.days = 30}, and is kept as it was given
 * all the same. Text in ISO 8601 on SQLite, such as 'P1M2DT3H'. */
typedef struct weft_interval { int32_t months, days; int64_t usec; } weft_interval;
/* An exact decimal number as text, such as "-12.50"; a NULL text is SQL NULL. In initializers, as of JSON and addresses, with
 * braces: weft_new(s, Sale, .price = {"12.50"}). */
typedef struct weft_decimal { const char *text; } weft_decimal;
/* A JSON document as UTF-8 text; a NULL text is SQL NULL (the JSON null is the text "null"). PostgreSQL refuses what is no JSON;
 * SQLite keeps any text. */
typedef struct weft_json { const char *text; } weft_json;
/* An IP address as text, perhaps with the bits of its network: "10.0.0.1", "10.1.0.0/16", "2001:db8::1"; a NULL text is SQL
 * NULL. It equals other spellings of itself and comes back as PostgreSQL spells it. PostgreSQL only: a model with one is
 * WEFT_ERROR_UNSUPPORTED at weft_engine_open on SQLite. */
typedef struct weft_inet { const char *text; } weft_inet;
/* Binary data; a NULL data is SQL NULL, and empty data is a non-NULL pointer with size 0. */
typedef struct weft_bytes { const void *data; size_t size; } weft_bytes;

/* Nullable forms: NULL where set is false, whatever value holds. */
typedef struct weft_opt_int16 { bool set; int16_t value; } weft_opt_int16;
typedef struct weft_opt_int32 { bool set; int32_t value; } weft_opt_int32;
typedef struct weft_opt_int64 { bool set; int64_t value; } weft_opt_int64;
typedef struct weft_opt_uint32 { bool set; uint32_t value; } weft_opt_uint32;
typedef struct weft_opt_bool { bool set; bool value; } weft_opt_bool;
typedef struct weft_opt_float { bool set; float value; } weft_opt_float;
typedef struct weft_opt_double { bool set; double value; } weft_opt_double;
typedef struct weft_opt_timestamp { bool set; weft_timestamp value; } weft_opt_timestamp;
typedef struct weft_opt_date { bool set; weft_date value; } weft_opt_date;
typedef struct weft_opt_time { bool set; weft_time value; } weft_opt_time;
typedef struct weft_opt_uuid { bool set; weft_uuid value; } weft_opt_uuid;
typedef struct weft_opt_interval { bool set; weft_interval value; } weft_opt_interval;
typedef struct weft_opt_macaddr { bool set; weft_macaddr value; } weft_opt_macaddr;

/* Arrays: count items one after the other. A NULL pointer to the items is SQL NULL, and an empty array is another pointer with
 * count 0. Items are borrowed as texts are: what weft gives lives as long as the object or row that holds it. An item that is
 * NULL is a NULL pointer among texts, bytes and the like; numbers and the like have it in weft_array_opt_... alone, and reading
 * it into another array is an error that names the column, as is an array of several dimensions. X(a, name, NAME, C type of an
 * item) stands for weft_array_<name>. */
#define WEFT_ARRAY_TYPES_(X, a) \
    X(a, int16, INT16, int16_t) X(a, int32, INT32, int32_t) X(a, int64, INT64, int64_t) \
    X(a, uint32, UINT32, uint32_t) X(a, float, FLOAT, float) X(a, double, DOUBLE, double) X(a, bool, BOOL, bool) \
    X(a, text, TEXT, const char *) X(a, timestamp, TIMESTAMP, weft_timestamp) X(a, date, DATE, weft_date) \
    X(a, time, TIME, weft_time) X(a, uuid, UUID, weft_uuid) X(a, interval, INTERVAL, weft_interval) \
    X(a, macaddr, MACADDR, weft_macaddr) X(a, bytes, BYTES, weft_bytes) X(a, decimal, DECIMAL, weft_decimal) \
    X(a, json, JSON, weft_json) X(a, inet, INET, weft_inet)
#define WEFT_OPT_ARRAY_TYPES_(X, a) \
    X(a, opt_int16, INT16, weft_opt_int16) X(a, opt_int32, INT32, weft_opt_int32) \
    X(a, opt_int64, INT64, weft_opt_int64) \
    X(a, opt_uint32, UINT32, weft_opt_uint32) X(a, opt_float, FLOAT, weft_opt_float) \
    X(a, opt_double, DOUBLE, weft_opt_double) X(a, opt_bool, BOOL, weft_opt_bool) \
    X(a, opt_timestamp, TIMESTAMP, weft_opt_timestamp) X(a, opt_date, DATE, weft_opt_date) \
    X(a, opt_time, TIME, weft_opt_time) X(a, opt_uuid, UUID, weft_opt_uuid) \
    X(a, opt_interval, INTERVAL, weft_opt_interval) X(a, opt_macaddr, MACADDR, weft_opt_macaddr)
#define WEFT_ARRAY_STRUCT_(a, name, NAME, T) \
    typedef struct weft_array_##name { T const *items; size_t count; } weft_array_##name;
WEFT_ARRAY_TYPES_(WEFT_ARRAY_STRUCT_, )
WEFT_OPT_ARRAY_TYPES_(WEFT_ARRAY_STRUCT_, )
#undef WEFT_ARRAY_STRUCT_
/* Arrays of constants: weft_new(s, Post, .tags = weft_texts("c", "sql")); of any other item type write
 * (weft_array_date){ dates, 2 }, which is also how an empty one is given: { dates, 0 }. */
#define WEFT_ARRAY_OF_(A, T, ...) ((A){ (T const[]){ __VA_ARGS__ }, sizeof((T const[]){ __VA_ARGS__ }) / sizeof(T) })
#define weft_int64s(...) WEFT_ARRAY_OF_(weft_array_int64, int64_t, __VA_ARGS__)
#define weft_int32s(...) WEFT_ARRAY_OF_(weft_array_int32, int32_t, __VA_ARGS__)
#define weft_doubles(...) WEFT_ARRAY_OF_(weft_array_double, double, __VA_ARGS__)
typedef const char *weft_text_item_;
#define weft_texts(...) WEFT_ARRAY_OF_(weft_array_text, weft_text_item_, __VA_ARGS__)

/* Ranges, of PostgreSQL alone: { .lower = 1, .upper = 5 } is [1,5), from lower on and before upper. lower_open leaves lower
 * out, upper_closed takes upper in; with no_lower or no_upper it has no bound there and that value says nothing; empty holds
 * nothing, as does one whose bounds are equal and not both in it. Ranges of whole numbers and dates that hold the same are equal,
 * and come back as [1,5) is written. A lower bound above the upper one is WEFT_ERROR_DATA. On SQLite a model with one is
 * WEFT_ERROR_UNSUPPORTED at weft_engine_open. X(a, name, NAME, C type of a bound) stands for weft_range_<name>. */
#define WEFT_RANGE_STRUCTS_(X, a) \
    X(a, int32, INT32, int32_t) X(a, int64, INT64, int64_t) X(a, date, DATE, weft_date) X(a, timestamp, TIMESTAMP, weft_timestamp)
#define WEFT_RANGE_STRUCT_(a, name, NAME, T) \
    typedef struct weft_range_##name { \
        T lower, upper; \
        bool lower_open, upper_closed, no_lower, no_upper, empty; \
    } weft_range_##name; \
    typedef struct weft_opt_range_##name { bool set; weft_range_##name value; } weft_opt_range_##name;
WEFT_RANGE_STRUCTS_(WEFT_RANGE_STRUCT_, )
#undef WEFT_RANGE_STRUCT_
/* A range of decimals is a text, as decimals are: { "[0.5,2.25)" }, { "(,10]" }, { "empty" }; a NULL text is SQL NULL. It equals
 * other spellings of itself. weft_range_decimal_parse takes it apart. */
typedef struct weft_range_decimal { const char *text; } weft_range_decimal;
/* Multiranges: count ranges one after the other, as arrays are. PostgreSQL sorts them, joins those that touch and leaves out what
 * is empty; { items, 0 } with any pointer is the empty one, and NULL items are SQL NULL. */
#define WEFT_MULTIRANGE_TYPES_(X, a) \
    X(a, int32, INT32, weft_range_int32) X(a, int64, INT64, weft_range_int64) X(a, decimal, DECIMAL, weft_range_decimal) \
    X(a, date, DATE, weft_range_date) X(a, timestamp, TIMESTAMP, weft_range_timestamp)
#define WEFT_MULTIRANGE_STRUCT_(a, name, NAME, T) \
    typedef struct weft_multirange_##name { T const *items; size_t count; } weft_multirange_##name;
WEFT_MULTIRANGE_TYPES_(WEFT_MULTIRANGE_STRUCT_, )
#undef WEFT_MULTIRANGE_STRUCT_

/* Bits, of PostgreSQL alone: count of them, eight to a byte, the first the highest of the first byte: { "\xa0", 4 } is 1010. A NULL
 * data is SQL NULL, and an empty one another pointer with count 0. */
typedef struct weft_bits { const void *data; size_t count; } weft_bits;
/* Arrays of ranges and of bits, of PostgreSQL alone, too: int4range[] and not a multirange, so that items may overlap, be empty and
 * stand in any order. Items that are NULL are those of weft_array_opt_range_..., a NULL text or NULL data. */
#define WEFT_RANGE_ARRAY_TYPES_(X, a) \
    X(a, range_int32, RANGE_INT32, weft_range_int32) X(a, range_int64, RANGE_INT64, weft_range_int64) \
    X(a, range_decimal, RANGE_DECIMAL, weft_range_decimal) X(a, range_date, RANGE_DATE, weft_range_date) \
    X(a, range_timestamp, RANGE_TIMESTAMP, weft_range_timestamp) X(a, bits, BITS, weft_bits)
#define WEFT_OPT_RANGE_ARRAY_TYPES_(X, a) \
    X(a, opt_range_int32, RANGE_INT32, weft_opt_range_int32) X(a, opt_range_int64, RANGE_INT64, weft_opt_range_int64) \
    X(a, opt_range_date, RANGE_DATE, weft_opt_range_date) X(a, opt_range_timestamp, RANGE_TIMESTAMP, weft_opt_range_timestamp)
#define WEFT_RANGE_ARRAY_STRUCT_(a, name, NAME, T) \
    typedef struct weft_array_##name { T const *items; size_t count; } weft_array_##name;
WEFT_RANGE_ARRAY_TYPES_(WEFT_RANGE_ARRAY_STRUCT_, )
WEFT_OPT_RANGE_ARRAY_TYPES_(WEFT_RANGE_ARRAY_STRUCT_, )
#undef WEFT_RANGE_ARRAY_STRUCT_
/* What a text search looks through and for, and a text with keys and values, of PostgreSQL alone: each as its text there,
 * { "'cat':3 'sit':5A" }, { "cat & !dog" }, { "\"a\"=>\"1\", \"b\"=>NULL" }; a NULL text is SQL NULL. They come back as the server
 * spells them. hstore is an extension, which the database must have. */
typedef struct weft_tsvector { const char *text; } weft_tsvector;
typedef struct weft_tsquery { const char *text; } weft_tsquery;
typedef struct weft_hstore { const char *text; } weft_hstore;
/* A key of an hstore with its value, which may be NULL. */
typedef struct weft_pair { const char *key, *value; } weft_pair;
/* X(a, name, NAME) stands for weft_<name>. */
#define WEFT_OTHER_TYPES_(X, a) \
    X(a, bits, BITS) X(a, tsvector, TSVECTOR) X(a, tsquery, TSQUERY) X(a, hstore, HSTORE)

/* Initializers of optionals: weft_new(s, Pet, .age = weft_some(30)), and with the type before them values of optionals:
 * weft_edit(s, Pet, pet)->age = (weft_opt_int32)weft_some(30). Without braces `.age = 30` would set .set: the macros of weft that
 * take an initializer refuse to compile it (gcc and clang), and -Wmissing-braces, part of -Wall, warns of it elsewhere. */
#define weft_some(...) { .set = true, .value = __VA_ARGS__ }
#define weft_unset { .set = false }

/* An untyped list; the typed lists of WEFT_DECLARE are made from it. items is an array of count pointers. */
typedef struct weft_list { const void *items; size_t count; } weft_list;

/* The types a column, parameter or result value may have. A nullable form is its type plus WEFT_OPT. */
typedef enum weft_type {
    WEFT_UNMAPPED = 0,
    WEFT_INT16 = 1,
    WEFT_INT32 = 2,
    WEFT_INT64 = 3,
    WEFT_UINT32 = 4, /* stored as BIGINT */
    WEFT_BOOL = 5,
    WEFT_FLOAT = 6,
    WEFT_DOUBLE = 7,
    WEFT_TEXT = 8,   /* UTF-8 without NUL */
    WEFT_CHARS = 9,  /* a char[n] field: text kept in place, at most n - 1 bytes */
    WEFT_BYTES = 10,
    WEFT_TIMESTAMP = 11,
    WEFT_DATE = 12,
    WEFT_TIME = 13,
    WEFT_UUID = 14,
    WEFT_DECIMAL = 15,
    WEFT_JSON = 16,
    WEFT_INTERVAL = 17,
    WEFT_INET = 18,
    WEFT_MACADDR = 19,
    WEFT_RANGE_INT32 = 20,
    WEFT_RANGE_INT64 = 21,
    WEFT_RANGE_DECIMAL = 22,
    WEFT_RANGE_DATE = 23,
    WEFT_RANGE_TIMESTAMP = 24,
    WEFT_BITS = 25,
    WEFT_TSVECTOR = 26,
    WEFT_TSQUERY = 27,
    WEFT_HSTORE = 28,
    WEFT_TYPE_COUNT_,
    WEFT_ARRAY = 1 << 5,        /* added to the type of the items: an array of them */
    WEFT_ARRAY_OF_OPT = 1 << 6, /* the same where the field's items are weft_opt_... structs */
    WEFT_MULTIRANGE = 1 << 6,   /* added to the type of a range, of which there are no such arrays */
    WEFT_ARRAY_OF_OPT_RANGE = (1 << 6) + 5, /* added to the type of a range: an array of optionals of it */
    WEFT_OPT = 0x1000 /* added to a type: the field is a weft_opt_... struct; higher flags are weft's own */
} weft_type;

/* The types that have a C type of their own, one line for each: X(a, name, NAME, kind, also) stands for weft_<name> and
 * WEFT_<NAME>. The macros that choose by type (weft/choose.h) are written from these lists by scripts/choose. kind is a number of
 * the type's own, from 7 on, and also the kinds of other values that its columns take, as bits: 0x6, integers, or nothing. A type
 * of the first list has weft_opt_<name> for NULL; a field of the second points to its content, and a NULL pointer is NULL. */
#define WEFT_SCALAR_TYPES_(X, a) \
    X(a, timestamp, TIMESTAMP, 8, 0u) \
    X(a, date, DATE, 9, 0u) \
    X(a, time, TIME, 10, 0u) \
    X(a, uuid, UUID, 11, 0u) \
    X(a, interval, INTERVAL, 14, 0u) \
    X(a, macaddr, MACADDR, 16, 0u)
#define WEFT_CONTENT_TYPES_(X, a) \
    X(a, bytes, BYTES, 7, 0u) \
    X(a, decimal, DECIMAL, 12, 0x6u) \
    X(a, json, JSON, 13, 0u) \
    X(a, inet, INET, 15, 0u)

struct weft_expr;
/* A value with its type: a statement's parameter, a cell of a row, a constant in an expression. Text and bytes are borrowed:
 * a parameter's from the caller until the call returns, a cell's from its row. type never carries WEFT_OPT; NULL is is_null. */
typedef struct weft_value {
    weft_type type;
    bool is_null;
    uint8_t ends_;  /* weft's own: how a range ends, and how many bits of the last byte are none of BITS */
    uint16_t from_; /* weft's own; 0 */
    union {
        int64_t i;      /* INT16, INT32, INT64, UINT32, TIMESTAMP (usec), DATE (days), TIME (usec) */
        double d;       /* FLOAT, DOUBLE */
        bool b;         /* BOOL */
        weft_uuid uuid; /* UUID */
        weft_interval interval; /* INTERVAL */
        weft_macaddr macaddr; /* MACADDR */
        struct { int64_t lower, upper; } range_; /* weft's own: RANGE_INT32 and so on */
        const struct weft_expr *nodes_[2]; /* weft's own: a list of one, where a value stands or in an order */
        struct { const char *data; size_t size; } s; /* TEXT, CHARS, DECIMAL, JSON, INET, RANGE_DECIMAL, TSVECTOR,
                                                         TSQUERY, HSTORE (NUL-terminated), BYTES, BITS;
                                                         arrays: the items, and how many bytes they take there */
    } as;
} weft_value;

/* The SQL NULL of a type. Any thread. */
WEFT_API weft_value weft_value_null(weft_type type);
/* A value of each C type; those that are not set are SQL NULL. What text, bytes, decimal and JSON point to is borrowed, and a NULL
 * there is SQL NULL. Any thread. */
WEFT_API weft_value weft_value_int64(int64_t value);
WEFT_API weft_value weft_value_double(double value);
WEFT_API weft_value weft_value_bool(bool value);
WEFT_API weft_value weft_value_text(const char *value);
WEFT_API weft_value weft_value_bytes(weft_bytes value);
WEFT_API weft_value weft_value_timestamp(weft_timestamp value);
WEFT_API weft_value weft_value_date(weft_date value);
WEFT_API weft_value weft_value_time(weft_time value);
WEFT_API weft_value weft_value_uuid(weft_uuid value);
WEFT_API weft_value weft_value_interval(weft_interval value);
WEFT_API weft_value weft_value_macaddr(weft_macaddr value);
WEFT_API weft_value weft_value_decimal(weft_decimal value);
WEFT_API weft_value weft_value_json(weft_json value);
WEFT_API weft_value weft_value_inet(weft_inet value);
WEFT_API weft_value weft_value_array_int16(weft_array_int16 value);
WEFT_API weft_value weft_value_array_int32(weft_array_int32 value);
WEFT_API weft_value weft_value_array_int64(weft_array_int64 value);
WEFT_API weft_value weft_value_array_uint32(weft_array_uint32 value);
WEFT_API weft_value weft_value_array_float(weft_array_float value);
WEFT_API weft_value weft_value_array_double(weft_array_double value);
WEFT_API weft_value weft_value_array_bool(weft_array_bool value);
WEFT_API weft_value weft_value_array_text(weft_array_text value);
WEFT_API weft_value weft_value_array_timestamp(weft_array_timestamp value);
WEFT_API weft_value weft_value_array_date(weft_array_date value);
WEFT_API weft_value weft_value_array_time(weft_array_time value);
WEFT_API weft_value weft_value_array_uuid(weft_array_uuid value);
WEFT_API weft_value weft_value_array_interval(weft_array_interval value);
WEFT_API weft_value weft_value_array_macaddr(weft_array_macaddr value);
WEFT_API weft_value weft_value_array_bytes(weft_array_bytes value);
WEFT_API weft_value weft_value_array_decimal(weft_array_decimal value);
WEFT_API weft_value weft_value_array_json(weft_array_json value);
WEFT_API weft_value weft_value_array_inet(weft_array_inet value);
WEFT_API weft_value weft_value_array_opt_int16(weft_array_opt_int16 value);
WEFT_API weft_value weft_value_array_opt_int32(weft_array_opt_int32 value);
WEFT_API weft_value weft_value_array_opt_int64(weft_array_opt_int64 value);
WEFT_API weft_value weft_value_array_opt_uint32(weft_array_opt_uint32 value);
WEFT_API weft_value weft_value_array_opt_float(weft_array_opt_float value);
WEFT_API weft_value weft_value_array_opt_double(weft_array_opt_double value);
WEFT_API weft_value weft_value_array_opt_bool(weft_array_opt_bool value);
WEFT_API weft_value weft_value_array_opt_timestamp(weft_array_opt_timestamp value);
WEFT_API weft_value weft_value_array_opt_date(weft_array_opt_date value);
WEFT_API weft_value weft_value_array_opt_time(weft_array_opt_time value);
WEFT_API weft_value weft_value_array_opt_uuid(weft_array_opt_uuid value);
WEFT_API weft_value weft_value_array_opt_interval(weft_array_opt_interval value);
WEFT_API weft_value weft_value_array_opt_macaddr(weft_array_opt_macaddr value);
WEFT_API weft_value weft_value_opt_int16(weft_opt_int16 value);
WEFT_API weft_value weft_value_opt_int32(weft_opt_int32 value);
WEFT_API weft_value weft_value_opt_int64(weft_opt_int64 value);
WEFT_API weft_value weft_value_opt_uint32(weft_opt_uint32 value);
WEFT_API weft_value weft_value_opt_bool(weft_opt_bool value);
WEFT_API weft_value weft_value_opt_float(weft_opt_float value);
WEFT_API weft_value weft_value_opt_double(weft_opt_double value);
WEFT_API weft_value weft_value_opt_timestamp(weft_opt_timestamp value);
WEFT_API weft_value weft_value_opt_date(weft_opt_date value);
WEFT_API weft_value weft_value_opt_time(weft_opt_time value);
WEFT_API weft_value weft_value_opt_uuid(weft_opt_uuid value);
WEFT_API weft_value weft_value_opt_interval(weft_opt_interval value);
WEFT_API weft_value weft_value_opt_macaddr(weft_opt_macaddr value);
WEFT_API weft_value weft_value_range_int32(weft_range_int32 value);
WEFT_API weft_value weft_value_opt_range_int32(weft_opt_range_int32 value);
WEFT_API weft_value weft_value_range_int64(weft_range_int64 value);
WEFT_API weft_value weft_value_opt_range_int64(weft_opt_range_int64 value);
WEFT_API weft_value weft_value_range_date(weft_range_date value);
WEFT_API weft_value weft_value_opt_range_date(weft_opt_range_date value);
WEFT_API weft_value weft_value_range_timestamp(weft_range_timestamp value);
WEFT_API weft_value weft_value_opt_range_timestamp(weft_opt_range_timestamp value);
WEFT_API weft_value weft_value_range_decimal(weft_range_decimal value);
WEFT_API weft_value weft_value_multirange_int32(weft_multirange_int32 value);
WEFT_API weft_value weft_value_multirange_int64(weft_multirange_int64 value);
WEFT_API weft_value weft_value_multirange_decimal(weft_multirange_decimal value);
WEFT_API weft_value weft_value_multirange_date(weft_multirange_date value);
WEFT_API weft_value weft_value_multirange_timestamp(weft_multirange_timestamp value);
WEFT_API weft_value weft_value_bits(weft_bits value);
WEFT_API weft_value weft_value_array_range_int32(weft_array_range_int32 value);
WEFT_API weft_value weft_value_array_range_int64(weft_array_range_int64 value);
WEFT_API weft_value weft_value_array_range_decimal(weft_array_range_decimal value);
WEFT_API weft_value weft_value_array_range_date(weft_array_range_date value);
WEFT_API weft_value weft_value_array_range_timestamp(weft_array_range_timestamp value);
WEFT_API weft_value weft_value_array_bits(weft_array_bits value);
WEFT_API weft_value weft_value_array_opt_range_int32(weft_array_opt_range_int32 value);
WEFT_API weft_value weft_value_array_opt_range_int64(weft_array_opt_range_int64 value);
WEFT_API weft_value weft_value_array_opt_range_date(weft_array_opt_range_date value);
WEFT_API weft_value weft_value_array_opt_range_timestamp(weft_array_opt_range_timestamp value);
WEFT_API weft_value weft_value_tsvector(weft_tsvector value);
WEFT_API weft_value weft_value_tsquery(weft_tsquery value);
WEFT_API weft_value weft_value_hstore(weft_hstore value);
/* An unsigned integer. One above INT64_MAX is WEFT_ERROR_TYPE where it is used, but beside decimals, which hold it. Any thread. */
WEFT_API weft_value weft_value_uint64(uint64_t value);

/* The present time of the wall clock in UTC. Any thread. */
WEFT_API weft_timestamp weft_timestamp_now(void);
/* A random (version 4) UUID from the system's generator. Any thread. */
WEFT_API weft_uuid weft_uuid_random(void);
/* Begins with the time now (version 7), the rest is random; see weft_make_uuid7. */
WEFT_API weft_uuid weft_uuid_timed(void);
/* Room for the text forms below, with the closing NUL: dates and times take WEFT_TIMESTAMP_TEXT_SIZE, too. */
#define WEFT_TIMESTAMP_TEXT_SIZE 40
#define WEFT_UUID_TEXT_SIZE 37
#define WEFT_INTERVAL_TEXT_SIZE 80
#define WEFT_MACADDR_TEXT_SIZE 18
/* Writes "YYYY-MM-DD HH:MM:SS.ffffff" (UTC; "infinity" and "-infinity" for the ends of the range) into text and returns it. Any
 * thread. */
WEFT_API char *weft_timestamp_text(weft_timestamp value, char text[WEFT_TIMESTAMP_TEXT_SIZE]);
/* Reads "YYYY-MM-DD[ T]HH:MM[:SS[.ffffff]][Z|+hh[:mm]]", without an offset as UTC; false, and *value unchanged, where it is not
 * one. Any thread. */
WEFT_API bool weft_timestamp_parse(const char *text, weft_timestamp *value);
/* Writes the 36 characters of a UUID into text and returns it. Any thread. */
WEFT_API char *weft_uuid_text(weft_uuid value, char text[WEFT_UUID_TEXT_SIZE]);
/* Reads the 36-character form (or 32 digits); false where it is not one. Any thread. */
WEFT_API bool weft_uuid_parse(const char *text, weft_uuid *value);
/* Writes "YYYY-MM-DD" into text and returns it. Any thread. */
WEFT_API char *weft_date_text(weft_date value, char text[WEFT_TIMESTAMP_TEXT_SIZE]);
/* Reads "YYYY-MM-DD"; false where it is not one. Any thread. */
WEFT_API bool weft_date_parse(const char *text, weft_date *value);
/* Writes "HH:MM:SS.ffffff" into text and returns it. Any thread. */
WEFT_API char *weft_time_text(weft_time value, char text[WEFT_TIMESTAMP_TEXT_SIZE]);
/* Reads "HH:MM[:SS[.ffffff]]"; false where it is not one. Any thread. */
WEFT_API bool weft_time_parse(const char *text, weft_time *value);
/* Writes an interval as ISO 8601, each part with its own sign and none that is zero ("P1Y2M-3DT4H5M6.789S", "PT0S"), into text and
 * returns it. Any thread. */
WEFT_API char *weft_interval_text(weft_interval value, char text[WEFT_INTERVAL_TEXT_SIZE]);
/* Reads that form, and weeks ("P2W"); false where it is not one, or does not fit. Any thread. */
WEFT_API bool weft_interval_parse(const char *text, weft_interval *value);
/* Writes the 17 characters of a hardware address ("08:00:2b:01:02:03") into text and returns it. Any thread. */
WEFT_API char *weft_macaddr_text(weft_macaddr value, char text[WEFT_MACADDR_TEXT_SIZE]);
/* Reads that form, and "08-00-2b-01-02-03", "08002b:010203", "08002b-010203", "0800.2b01.0203", "0800-2b01-0203" and
 * "08002b010203", with digits of either case; false where it is none of them. Any thread. */
WEFT_API bool weft_macaddr_parse(const char *text, weft_macaddr *value);
/* Bit number i, from 0 on; false beyond the last. Any thread. */
WEFT_API bool weft_bits_at(weft_bits bits, size_t i);
/* Writes them as digits, "1010", into text, which has count + 1 bytes, and returns it. Any thread. */
WEFT_API char *weft_bits_text(weft_bits bits, char *text);
/* Reads such digits into data, which has a byte for each eight of them or a part of these; false where there are others. Any
 * thread. */
WEFT_API bool weft_bits_parse(const char *text, void *data, weft_bits *bits);
/* Writes pairs as the text of an hstore into text, at most size bytes with the closing NUL; gives the size that the whole has
 * without it, so that a first call with size 0 tells how much room there must be. Of a key that occurs twice the server keeps one.
 * Any thread. */
WEFT_API size_t weft_hstore_write(const weft_pair *pairs, size_t count, char *text, size_t size);
/* Takes the text of an hstore apart: up to most pairs, whose texts lie in room, which has as many bytes as the text, with its NUL;
 * *count is how many there are. False where it is none, or NULL. Any thread. */
WEFT_API bool weft_hstore_read(weft_hstore value, char *room, weft_pair *pairs, size_t most, size_t *count);
/* What a range of decimals holds; a bound that there is none of is a NULL text. */
typedef struct weft_decimal_bounds { weft_decimal lower, upper; bool lower_open, upper_closed, empty; } weft_decimal_bounds;
/* Takes a range of decimals apart; what the bounds point to lies in room, which has as many bytes as the text, with its NUL. False
 * where it is none, or NULL. Any thread. */
WEFT_API bool weft_range_decimal_parse(weft_range_decimal range, char *room, weft_decimal_bounds *bounds);

WEFT_END_DECLS

#include <weft/choose.h>

#endif
