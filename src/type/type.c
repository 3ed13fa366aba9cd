/* The table of types. A type is a row: how a field holds it, and which functions compare, hash and show its values; most types
 * share those of how they are kept. Its codecs are in the drivers, its names in SQL in the dialects. */
#include "type/type.h"

#include "base/locale.h"

#include <math.h>
#include <stdalign.h>
#include <string.h>

/* ---- integers, and what is kept as one ---- */

static bool integers_equal(const weft_value *a, const weft_value *b) { return a->as.i == b->as.i; }
static int compare_integers(const weft_value *a, const weft_value *b) { return a->as.i < b->as.i ? -1 : a->as.i > b->as.i; }
static uint64_t hash_integer(const weft_value *value, uint64_t seed) { return wefti_hash(&value->as.i, sizeof value->as.i, seed); }
static void show_integer(wefti_text *out, const weft_value *value) { wefti_text_add_int(out, value->as.i); }

static void show_unsigned(wefti_text *out, const weft_value *value)
{
    wefti_text_add_format(out, "%llu", (unsigned long long)value->as.i);
}

static void show_timestamp(wefti_text *out, const weft_value *value)
{
    char text[WEFT_TIMESTAMP_TEXT_SIZE];
    wefti_text_add_bytes(out, text, wefti_timestamp_write(value->as.i, text));
}

static void show_date(wefti_text *out, const weft_value *value)
{
    char text[WEFT_TIMESTAMP_TEXT_SIZE];
    wefti_text_add_bytes(out, text, wefti_date_write((int32_t)value->as.i, text));
}

static void show_time(wefti_text *out, const weft_value *value)
{
    char text[WEFT_TIMESTAMP_TEXT_SIZE];
    wefti_text_add_bytes(out, text, wefti_time_write(value->as.i, text));
}

/* Texts that sort as the values do: those of the years 1 to 9999, and infinity. */
#define FIRST_USEC INT64_C(-62135596800000000) /* 0001-01-01 00:00:00 */
#define LAST_USEC INT64_C(253402300799999999)  /* 9999-12-31 23:59:59.999999 */
#define FIRST_DAY (-719162)
#define LAST_DAY 2932896

static size_t form_timestamp(const weft_value *value, char text[WEFTI_FORM_BYTES])
{
    const int64_t i = value->as.i;
    return (i < FIRST_USEC || i > LAST_USEC) && i != INT64_MIN && i != INT64_MAX ? 0 : wefti_timestamp_write(i, text);
}

static size_t form_date(const weft_value *value, char text[WEFTI_FORM_BYTES])
{
    const int64_t i = value->as.i;
    return (i < FIRST_DAY || i > LAST_DAY) && i != INT32_MIN && i != INT32_MAX ? 0 : wefti_date_write((int32_t)i, text);
}

static size_t form_time(const weft_value *value, char text[WEFTI_FORM_BYTES])
{
    return value->as.i < 0 || value->as.i > INT64_C(86400000000) ? 0 : wefti_time_write(value->as.i, text);
}

/* ---- the other scalars ---- */

/* As databases compare: 0 equals -0, and NaN itself. */
static bool same_real(double a, double b) { return (a <= b && a >= b) || memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b)); }
static bool reals_equal(const weft_value *a, const weft_value *b) { return same_real(a->as.d, b->as.d); }
static int compare_reals(const weft_value *a, const weft_value *b)
{
    if (isnan(a->as.d) || isnan(b->as.d))
        return (isnan(a->as.d) != 0) - (isnan(b->as.d) != 0);
    return a->as.d < b->as.d ? -1 : a->as.d > b->as.d;
}

static uint64_t hash_real(const weft_value *value, uint64_t seed)
{
    const double real = same_real(value->as.d, 0) ? 0 : isnan(value->as.d) ? (double)NAN : value->as.d;
    return wefti_hash(&real, sizeof real, seed);
}

static void show_real(wefti_text *out, const weft_value *value)
{
    char text[WEFTI_DOUBLE_TEXT_SIZE];
    wefti_text_add_bytes(out, text, wefti_double_write(value->as.d, text));
}

static bool bools_equal(const weft_value *a, const weft_value *b) { return a->as.b == b->as.b; }
static int compare_bools(const weft_value *a, const weft_value *b) { return (int)a->as.b - (int)b->as.b; }
static uint64_t hash_bool(const weft_value *value, uint64_t seed) { return seed * 31 + (value->as.b ? 3u : 2u); }
static void show_bool(wefti_text *out, const weft_value *value) { wefti_text_add(out, value->as.b ? "true" : "false"); }

static bool uuids_equal(const weft_value *a, const weft_value *b)
{
    return memcmp(a->as.uuid.bytes, b->as.uuid.bytes, sizeof a->as.uuid.bytes) == 0;
}

static int compare_uuids(const weft_value *a, const weft_value *b)
{
    return memcmp(a->as.uuid.bytes, b->as.uuid.bytes, sizeof a->as.uuid.bytes);
}

static uint64_t hash_uuid(const weft_value *value, uint64_t seed)
{
    return wefti_hash(value->as.uuid.bytes, sizeof value->as.uuid.bytes, seed);
}

static void show_uuid(wefti_text *out, const weft_value *value)
{
    char text[WEFT_UUID_TEXT_SIZE];
    wefti_text_add_bytes(out, text, wefti_uuid_write(value->as.uuid.bytes, text));
}

static size_t form_uuid(const weft_value *value, char text[WEFTI_FORM_BYTES])
{
    return wefti_uuid_write(value->as.uuid.bytes, text);
}

static bool intervals_equal(const weft_value *a, const weft_value *b)
{
    return wefti_interval_compare(&a->as.interval, &b->as.interval) == 0;
}
static int compare_intervals(const weft_value *a, const weft_value *b)
{
    return wefti_interval_compare(&a->as.interval, &b->as.interval);
}
static uint64_t hash_interval(const weft_value *value, uint64_t seed) { return wefti_interval_hash(&value->as.interval, seed); }
static size_t form_interval(const weft_value *value, char text[WEFTI_FORM_BYTES])
{
    return wefti_interval_write(&value->as.interval, text);
}
static void show_interval(wefti_text *out, const weft_value *value)
{
    char text[WEFTI_FORM_BYTES];
    wefti_text_add_bytes(out, text, wefti_interval_write(&value->as.interval, text));
}

static bool macaddrs_equal(const weft_value *a, const weft_value *b)
{
    return memcmp(a->as.macaddr.bytes, b->as.macaddr.bytes, sizeof a->as.macaddr.bytes) == 0;
}
static int compare_macaddrs(const weft_value *a, const weft_value *b)
{
    return memcmp(a->as.macaddr.bytes, b->as.macaddr.bytes, sizeof a->as.macaddr.bytes);
}
static uint64_t hash_macaddr(const weft_value *value, uint64_t seed)
{
    return wefti_hash(value->as.macaddr.bytes, sizeof value->as.macaddr.bytes, seed);
}
static size_t form_macaddr(const weft_value *value, char text[WEFTI_FORM_BYTES])
{
    return wefti_macaddr_write(&value->as.macaddr, text);
}
static void show_macaddr(wefti_text *out, const weft_value *value)
{
    char text[WEFTI_FORM_BYTES];
    wefti_text_add_bytes(out, text, wefti_macaddr_write(&value->as.macaddr, text));
}

/* ---- text and bytes ---- */

static bool contents_equal(const weft_value *a, const weft_value *b)
{
    return a->as.s.size == b->as.s.size && (a->as.s.size == 0 || memcmp(a->as.s.data, b->as.s.data, a->as.s.size) == 0);
}

static int compare_contents(const weft_value *a, const weft_value *b)
{
    const size_t size = a->as.s.size < b->as.s.size ? a->as.s.size : b->as.s.size;
    const int order = size == 0 ? 0 : memcmp(a->as.s.data, b->as.s.data, size);
    return order != 0 ? order : a->as.s.size < b->as.s.size ? -1 : a->as.s.size > b->as.s.size;
}

static uint64_t hash_content(const weft_value *value, uint64_t seed)
{
    return wefti_hash(value->as.s.data, value->as.s.size, seed);
}
/* Those that are none are compared as texts. */
static bool read_inets(const weft_value *a, const weft_value *b, wefti_inet *left, wefti_inet *right)
{
    return wefti_inet_parse(a->as.s.data, a->as.s.size, left) && wefti_inet_parse(b->as.s.data, b->as.s.size, right);
}
static int compare_inets(const weft_value *a, const weft_value *b)
{
    wefti_inet left, right;
    return read_inets(a, b, &left, &right) ? wefti_inet_compare(&left, &right) : compare_contents(a, b);
}
static bool inets_equal(const weft_value *a, const weft_value *b) { return compare_inets(a, b) == 0; }
static uint64_t hash_inet(const weft_value *value, uint64_t seed)
{
    wefti_inet inet;
    if (!wefti_inet_parse(value->as.s.data, value->as.s.size, &inet))
        return hash_content(value, seed);
    return wefti_hash(inet.bytes, inet.size, seed + inet.bits);
}

static void show_text(wefti_text *out, const weft_value *value) { wefti_text_add_bytes(out, value->as.s.data, value->as.s.size); }
static void show_bytes(wefti_text *out, const weft_value *value) { wefti_text_add_format(out, "%zu bytes", value->as.s.size); }

static int compare_decimals(const weft_value *a, const weft_value *b)
{
    return wefti_decimal_compare(a->as.s.data, a->as.s.size, b->as.s.data, b->as.s.size);
}

static bool decimals_equal(const weft_value *a, const weft_value *b) { return contents_equal(a, b) || compare_decimals(a, b) == 0; }

static uint64_t hash_decimal(const weft_value *value, uint64_t seed)
{
    return wefti_decimal_hash(value->as.s.data, value->as.s.size, seed);
}

/* ---- the table ---- */

#define FIELD(T) .size = sizeof(T), .align = alignof(T)
#define OPTIONAL(T) .nullable = #T, .optional_size = sizeof(T), .optional_align = alignof(T), .optional_at = offsetof(T, value)
#define AS_INTEGER .kept = WEFTI_KEPT_INTEGER, .equal = integers_equal, .compare = compare_integers, .hash = hash_integer
#define AS_REAL \
    .kept = WEFTI_KEPT_REAL, .equal = reals_equal, .compare = compare_reals, .hash = hash_real, .take = wefti_take_real, \
    .show = show_real
#define AS_CONTENT .equal = contents_equal, .compare = compare_contents, .hash = hash_content
#define INTEGER_OF(low, high) \
    .word = "integer", .family = WEFTI_FAMILY_NUMBER, .kin = WEFT_INT64, .item = WEFT_INT64, AS_INTEGER, \
    .take = wefti_take_integer, .show = show_integer, .least = (low), .greatest = (high)

#define FIRST_OF_(first, second) first
#define SECOND_OF_(first, second) second
#define ARRAY_ROW(a, name_, NAME, T) \
    [FIRST_OF_ a + WEFT_##NAME] = {.name = "array of " #name_, \
                                   .word = "array", \
                                   .nullable = "weft_array_" #name_, \
                                   .family = WEFTI_FAMILY_ARRAY, \
                                   .kept = WEFTI_KEPT_ARRAY, \
                                   .kin = WEFT_ARRAY + WEFT_##NAME, \
                                   .item = FIRST_OF_ a + WEFT_##NAME, \
                                   .element = WEFT_##NAME, \
                                   .optional_items = SECOND_OF_ a, \
                                   .stride = sizeof(T), \
                                   .borrows = true, \
                                   .respelled = true, \
                                   FIELD(weft_array_##name_), \
                                   .equal = wefti_arrays_equal, \
                                   .compare = wefti_arrays_compare, \
                                   .hash = wefti_array_hash, \
                                   .take = wefti_take_array, \
                                   .show = wefti_array_show},

#define MULTIRANGE_ROW(a, name_, NAME, T) \
    [WEFT_MULTIRANGE + WEFT_RANGE_##NAME] = {.name = "multirange of " #name_, \
                                             .word = "multirange", \
                                             .nullable = "weft_multirange_" #name_, \
                                             .family = WEFTI_FAMILY_OTHER, \
                                             .kept = WEFTI_KEPT_ARRAY, \
                                             .kin = WEFT_MULTIRANGE + WEFT_RANGE_##NAME, \
                                             .item = WEFT_MULTIRANGE + WEFT_RANGE_##NAME, \
                                             .element = WEFT_RANGE_##NAME, \
                                             .bound = WEFT_##NAME, \
                                             .stride = sizeof(T), \
                                             .borrows = true, \
                                             .respelled = true, \
                                             FIELD(weft_multirange_##name_), \
                                             .equal = wefti_arrays_equal, \
                                             .compare = wefti_arrays_compare, \
                                             .hash = wefti_array_hash, \
                                             .take = wefti_take_array, \
                                             .show = wefti_array_show},
#define RANGE_OF(name_, NAME) \
    .name = "range of " #name_, .word = "range", .family = WEFTI_FAMILY_OTHER, .kept = WEFTI_KEPT_RANGE, .kin = WEFT_RANGE_##NAME, \
    .item = WEFT_RANGE_##NAME, .bound = WEFT_##NAME, .respelled = true, FIELD(weft_range_##name_), \
    OPTIONAL(weft_opt_range_##name_), .equal = wefti_ranges_equal, .compare = wefti_ranges_compare, .hash = wefti_range_hash, \
    .take = wefti_take_range, .show = wefti_range_show

/* What only the server reads: any text may be one. */
#define TEXT_OF(name_, NAME, word_) \
    .name = #name_, .word = (word_), .nullable = "weft_" #name_, .kept = WEFTI_KEPT_TEXT, .kin = WEFT_##NAME, .item = WEFT_##NAME, \
    .borrows = true, .respelled = true, .texts = true, FIELD(weft_##name_), AS_CONTENT, .take = wefti_take_text, .show = show_text

wefti_type wefti_types[WEFTI_TYPE_ROWS] = {
    [WEFT_UNMAPPED] = {.name = "unknown", .word = "untyped"},
    [WEFT_INT16] = {.name = "int16", INTEGER_OF(INT16_MIN, INT16_MAX), FIELD(int16_t), OPTIONAL(weft_opt_int16)},
    [WEFT_INT32] = {.name = "int32", INTEGER_OF(INT32_MIN, INT32_MAX), FIELD(int32_t), OPTIONAL(weft_opt_int32)},
    [WEFT_INT64] = {.name = "int64", INTEGER_OF(INT64_MIN, INT64_MAX), FIELD(int64_t), OPTIONAL(weft_opt_int64)},
    [WEFT_UINT32] = {.name = "uint32", INTEGER_OF(0, UINT32_MAX), FIELD(uint32_t), OPTIONAL(weft_opt_uint32)},
    [WEFT_BOOL] = {.name = "bool",
                   .family = WEFTI_FAMILY_BOOL,
                   .word = "boolean",
                   .kept = WEFTI_KEPT_BOOL,
                   .kin = WEFT_BOOL,
                   .item = WEFT_BOOL,
                   FIELD(bool),
                   OPTIONAL(weft_opt_bool),
                   .equal = bools_equal,
                   .compare = compare_bools,
                   .hash = hash_bool,
                   .take = wefti_take_bool,
                   .show = show_bool},
    [WEFT_FLOAT] = {.name = "float",
                    .family = WEFTI_FAMILY_NUMBER,
                    .word = "floating-point",
                    .kin = WEFT_DOUBLE,
                    .item = WEFT_DOUBLE,
                    AS_REAL,
                    FIELD(float),
                    OPTIONAL(weft_opt_float)},
    [WEFT_DOUBLE] = {.name = "double",
                     .family = WEFTI_FAMILY_NUMBER,
                     .word = "floating-point",
                     .kin = WEFT_DOUBLE,
                     .item = WEFT_DOUBLE,
                     AS_REAL,
                     FIELD(double),
                     OPTIONAL(weft_opt_double)},
    [WEFT_TEXT] = {.name = "text",
                   .family = WEFTI_FAMILY_TEXT,
                   .word = "text",
                   .nullable = "const char *",
                   .kept = WEFTI_KEPT_TEXT,
                   .kin = WEFT_TEXT,
                   .item = WEFT_TEXT,
                   .borrows = true,
                   FIELD(const char *),
                   AS_CONTENT,
                   .take = wefti_take_text,
                   .show = show_text},
    [WEFT_CHARS] = {.name = "char array",
                    .word = "text",
                    .family = WEFTI_FAMILY_TEXT,
                    .nullable = "const char *",
                    .kept = WEFTI_KEPT_CHARS,
                    .kin = WEFT_TEXT,
                    .item = WEFT_TEXT,
                    .align = 1,
                    AS_CONTENT,
                    .take = wefti_take_text,
                    .show = show_text},
    [WEFT_BYTES] = {.name = "bytes",
                    .word = "binary",
                    .family = WEFTI_FAMILY_BYTES,
                    .nullable = "weft_bytes",
                    .kept = WEFTI_KEPT_BYTES,
                    .kin = WEFT_BYTES,
                    .item = WEFT_BYTES,
                    .borrows = true,
                    FIELD(weft_bytes),
                    AS_CONTENT,
                    .take = wefti_take_bytes,
                    .show = show_bytes},
    [WEFT_TIMESTAMP] = {.name = "timestamp",
                        .family = WEFTI_FAMILY_TIMESTAMP,
                        .word = "timestamp",
                        .kin = WEFT_TIMESTAMP,
                        .item = WEFT_TIMESTAMP,
                        AS_INTEGER,
                        FIELD(weft_timestamp),
                        OPTIONAL(weft_opt_timestamp),
                        .respelled = true,
                        .take = wefti_take_timestamp,
                        .form = form_timestamp,
                        .show = show_timestamp,
                        .least = INT64_MIN,
                        .greatest = INT64_MAX},
    [WEFT_DATE] = {.name = "date",
                   .family = WEFTI_FAMILY_DATE,
                   .word = "date",
                   .kin = WEFT_DATE,
                   .item = WEFT_DATE,
                   AS_INTEGER,
                   FIELD(weft_date),
                   OPTIONAL(weft_opt_date),
                   .respelled = true,
                   .take = wefti_take_date,
                   .form = form_date,
                   .show = show_date,
                   .least = INT32_MIN,
                   .greatest = INT32_MAX},
    [WEFT_TIME] = {.name = "time",
                   .family = WEFTI_FAMILY_TIME,
                   .word = "time",
                   .kin = WEFT_TIME,
                   .item = WEFT_TIME,
                   AS_INTEGER,
                   FIELD(weft_time),
                   OPTIONAL(weft_opt_time),
                   .respelled = true,
                   .take = wefti_take_time,
                   .form = form_time,
                   .show = show_time,
                   .least = INT64_MIN,
                   .greatest = INT64_MAX},
    [WEFT_UUID] = {.name = "uuid",
                   .word = "uuid",
                   .family = WEFTI_FAMILY_UUID,
                   .kept = WEFTI_KEPT_PLAIN,
                   .kin = WEFT_UUID,
                   .item = WEFT_UUID,
                   FIELD(weft_uuid),
                   OPTIONAL(weft_opt_uuid),
                   .respelled = true,
                   .equal = uuids_equal,
                   .compare = compare_uuids,
                   .hash = hash_uuid,
                   .take = wefti_take_uuid,
                   .form = form_uuid,
                   .show = show_uuid},
    [WEFT_DECIMAL] = {.name = "decimal",
                      .family = WEFTI_FAMILY_NUMBER,
                      .word = "decimal",
                      .content = "decimal number",
                      .nullable = "weft_decimal",
                      .kept = WEFTI_KEPT_TEXT,
                      .kin = WEFT_DECIMAL,
                      .item = WEFT_DECIMAL,
                      .borrows = true,
                      .respelled = true,
                      FIELD(weft_decimal),
                      .equal = decimals_equal,
                      .compare = compare_decimals,
                      .hash = hash_decimal,
                      .take = wefti_take_decimal,
                      .show = show_text},
    [WEFT_JSON] = {.name = "json",
                   .word = "JSON",
                   .family = WEFTI_FAMILY_JSON,
                   .nullable = "weft_json",
                   .kept = WEFTI_KEPT_TEXT,
                   .kin = WEFT_JSON,
                   .item = WEFT_JSON,
                   .borrows = true,
                   .respelled = true,
                   FIELD(weft_json),
                   AS_CONTENT,
                   .take = wefti_take_text,
                   .show = show_text},
    [WEFT_INET] = {.name = "inet",
                   .word = "inet",
                   .content = "IP address",
                   .nullable = "weft_inet",
                   .kept = WEFTI_KEPT_TEXT,
                   .kin = WEFT_INET,
                   .item = WEFT_INET,
                   .borrows = true,
                   .respelled = true,
                   FIELD(weft_inet),
                   .equal = inets_equal,
                   .compare = compare_inets,
                   .hash = hash_inet,
                   .take = wefti_take_inet,
                   .show = show_text},
    [WEFT_INTERVAL] = {.name = "interval",
                       .family = WEFTI_FAMILY_INTERVAL,
                       .word = "interval",
                       .kept = WEFTI_KEPT_PLAIN,
                       .kin = WEFT_INTERVAL,
                       .item = WEFT_INTERVAL,
                       .respelled = true,
                       FIELD(weft_interval),
                       OPTIONAL(weft_opt_interval),
                       .equal = intervals_equal,
                       .compare = compare_intervals,
                       .hash = hash_interval,
                       .take = wefti_take_interval,
                       .form = form_interval,
                       .show = show_interval},
    [WEFT_MACADDR] = {.name = "macaddr",
                      .word = "hardware address",
                      .family = WEFTI_FAMILY_MACADDR,
                      .kept = WEFTI_KEPT_PLAIN,
                      .kin = WEFT_MACADDR,
                      .item = WEFT_MACADDR,
                      FIELD(weft_macaddr),
                      OPTIONAL(weft_opt_macaddr),
                      .respelled = true,
                      .equal = macaddrs_equal,
                      .compare = compare_macaddrs,
                      .hash = hash_macaddr,
                      .take = wefti_take_macaddr,
                      .form = form_macaddr,
                      .show = show_macaddr},
    [WEFT_RANGE_INT32] = {RANGE_OF(int32, INT32)},
    [WEFT_RANGE_INT64] = {RANGE_OF(int64, INT64)},
    [WEFT_RANGE_DECIMAL] = {.name = "range of decimal",
                            .word = "range",
                            .content = "range of decimals",
                            .nullable = "weft_range_decimal",
                            .family = WEFTI_FAMILY_OTHER,
                            .kept = WEFTI_KEPT_TEXT,
                            .kin = WEFT_RANGE_DECIMAL,
                            .item = WEFT_RANGE_DECIMAL,
                            .bound = WEFT_DECIMAL,
                            .borrows = true,
                            .respelled = true,
                            FIELD(weft_range_decimal),
                            .equal = wefti_decimal_ranges_equal,
                            .compare = wefti_decimal_ranges_compare,
                            .hash = wefti_decimal_range_hash,
                            .take = wefti_take_decimal_range,
                            .show = show_text},
    [WEFT_RANGE_DATE] = {RANGE_OF(date, DATE)},
    [WEFT_RANGE_TIMESTAMP] = {RANGE_OF(timestamp, TIMESTAMP)},
    [WEFT_BITS] = {.name = "bits",
                   .word = "bit string",
                   .nullable = "weft_bits",
                   .kept = WEFTI_KEPT_BITS,
                   .kin = WEFT_BITS,
                   .item = WEFT_BITS,
                   .borrows = true,
                   FIELD(weft_bits),
                   .equal = wefti_bits_equal,
                   .compare = wefti_bits_compare,
                   .hash = wefti_bits_hash,
                   .take = wefti_take_bits,
                   .show = wefti_bits_show},
    [WEFT_TSVECTOR] = {TEXT_OF(tsvector, TSVECTOR, "tsvector")},
    [WEFT_TSQUERY] = {TEXT_OF(tsquery, TSQUERY, "tsquery")},
    [WEFT_HSTORE] = {TEXT_OF(hstore, HSTORE, "hstore"), .by_name = true},
    WEFT_MULTIRANGE_TYPES_(MULTIRANGE_ROW, ) WEFT_ARRAY_TYPES_(ARRAY_ROW, (WEFT_ARRAY, false))
        WEFT_OPT_ARRAY_TYPES_(ARRAY_ROW, (WEFT_ARRAY_OF_OPT, true)) WEFT_RANGE_ARRAY_TYPES_(ARRAY_ROW, (WEFT_ARRAY, false))
            WEFT_OPT_RANGE_ARRAY_TYPES_(ARRAY_ROW, (WEFT_ARRAY_OF_OPT_RANGE, true))
                /* No column's: numbers beyond INT64_MAX, and what weft_in takes and widens. */
                [WEFTI_BEYOND_INT64] = {.name = "uint64",
                                        .word = "integer",
                                        AS_INTEGER,
                                        .kin = WEFTI_BEYOND_INT64,
                                        .item = WEFTI_BEYOND_INT64,
                                        FIELD(uint64_t),
                                        .least = INT64_MIN,
                                        .greatest = INT64_MAX,
                                        .show = show_unsigned},
    [WEFTI_EXPRESSION] = {.name = "expression", .word = "expression"},
    [WEFTI_REFUSED] = {.name = "refused", .word = "refused"},
    [WEFTI_ITEMS_INT8] = {.name = "int8", .word = "integer", FIELD(int8_t)},
    [WEFTI_ITEMS_UINT8] = {.name = "uint8", .word = "integer", FIELD(uint8_t)},
    [WEFTI_ITEMS_UINT16] = {.name = "uint16", .word = "integer", FIELD(uint16_t)},
};

_Static_assert(WEFT_ARRAY_OF_OPT_RANGE + WEFT_RANGE_INT32 > WEFT_MULTIRANGE + WEFT_RANGE_TIMESTAMP &&
                   WEFT_ARRAY_OF_OPT_RANGE + WEFT_RANGE_TIMESTAMP < WEFTI_EXPRESSION && WEFTI_EXPRESSION < WEFTI_FIRST_OWN,
               "the numbers of arrays of optional ranges meet others");
_Static_assert(WEFT_ARRAY + WEFT_BITS < WEFTI_REFUSED, "the numbers of arrays meet those that no column has");
_Static_assert(WEFT_TYPE_COUNT_ <= WEFT_ARRAY, "the numbers of types meet those of arrays");

/* ---- values ---- */

bool wefti_values_equal(const weft_value *a, const weft_value *b)
{
    if (a->is_null || b->is_null)
        return a->is_null && b->is_null;
    const wefti_type *type = wefti_type_of(a->type);
    return type->equal != NULL && type->equal(a, b);
}

bool wefti_values_same(const weft_value *a, const weft_value *b)
{
    if (a->type != b->type || a->is_null != b->is_null)
        return false;
    if (a->is_null)
        return true;
    switch (wefti_type_of(a->type)->kept) {
    case WEFTI_KEPT_NOWHERE: return true; /* two values of no type */
    case WEFTI_KEPT_INTEGER: return a->as.i == b->as.i;
    case WEFTI_KEPT_BOOL: return a->as.b == b->as.b;
    case WEFTI_KEPT_REAL: return memcmp(&a->as.d, &b->as.d, sizeof a->as.d) == 0;
    case WEFTI_KEPT_PLAIN: return memcmp(&a->as, &b->as, wefti_type_of(a->type)->size) == 0;
    case WEFTI_KEPT_RANGE: return wefti_ranges_equal(a, b);
    case WEFTI_KEPT_BITS: return wefti_bits_equal(a, b);
    case WEFTI_KEPT_ARRAY: return wefti_arrays_same(a, b);
    default: return contents_equal(a, b);
    }
}

int wefti_values_compare(const weft_value *a, const weft_value *b)
{
    if (a->is_null || b->is_null)
        return (int)b->is_null - (int)a->is_null;
    const wefti_type *type = wefti_type_of(a->type);
    return type->compare != NULL ? type->compare(a, b) : 0;
}

uint64_t wefti_value_hash(unsigned type, const weft_value *value, uint64_t seed)
{
    const wefti_type *row = wefti_type_of(type);
    return value->is_null || row->hash == NULL ? seed * 31 + 1 : row->hash(value, seed);
}

size_t wefti_value_form(const weft_value *value, char text[WEFTI_FORM_BYTES])
{
    const wefti_type *row = wefti_type_of(value->type);
    return row->form != NULL ? row->form(value, text) : 0;
}

void wefti_value_show(wefti_text *out, const weft_value *value)
{
    const wefti_type *row = wefti_type_of(value->type);
    if (value->is_null)
        wefti_text_add(out, "NULL");
    else if (row->show != NULL)
        row->show(out, value);
    else
        wefti_text_add(out, row->word != NULL ? row->word : "unknown");
}

bool wefti_value_is_zero(const weft_value *value)
{
    switch (value->is_null ? WEFTI_KEPT_NOWHERE : (wefti_kept)wefti_type_of(value->type)->kept) {
    case WEFTI_KEPT_INTEGER: return value->as.i == 0;
    case WEFTI_KEPT_REAL: return value->as.d == 0;
    case WEFTI_KEPT_BOOL: return !value->as.b;
    case WEFTI_KEPT_PLAIN: return wefti_field_is_clear(&value->as, wefti_type_of(value->type)->size);
    default: return false;
    }
}
