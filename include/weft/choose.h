/* The macros that choose by a C type. Written by scripts/choose from the lists of types in weft/value.h, which includes it: change
 * those, or the script, and run it. */
#ifndef WEFT_CHOOSE_H
#define WEFT_CHOOSE_H
#if defined(__GNUC__) && !defined(__clang__) /* what its macros make is the program's, wherever weft is installed */
#pragma GCC system_header
# 8 "<weft/choose.h>"
#endif

/* What columns are in the choices below. The objects are never defined: only their types are asked. */
#define WEFT_CLASS_(c) \
    typedef struct weft_##c##_class { int is_; } weft_##c##_class; \
    extern const weft_##c##_class weft_##c##_class_
WEFT_CLASS_(number);
WEFT_CLASS_(real);
WEFT_CLASS_(bool);
WEFT_CLASS_(text);
WEFT_CLASS_(timestamp);
WEFT_CLASS_(date);
WEFT_CLASS_(time);
WEFT_CLASS_(uuid);
WEFT_CLASS_(interval);
WEFT_CLASS_(macaddr);
WEFT_CLASS_(bytes);
WEFT_CLASS_(json);
WEFT_CLASS_(inet);
WEFT_CLASS_(other);
#undef WEFT_CLASS_

/* The type of an lvalue of a mappable C type. long and long long are both
 * listed: int64_t is one of them and programs use the other. char[n] is told from char * by its address, and char * is
 * WEFT_UNMAPPED; what has no type does not compile. */
#define WEFT_TYPE_OF(lvalue) \
    _Generic((lvalue), short: WEFT_INT16, int: WEFT_INT32, long: WEFT_INT64, long long: WEFT_INT64, unsigned: WEFT_UINT32, _Bool: \
        WEFT_BOOL, float: WEFT_FLOAT, double: WEFT_DOUBLE, const char *: WEFT_TEXT, char *: _Generic(&(lvalue), char \
        (*)[sizeof(lvalue)]: WEFT_CHARS, default: WEFT_UNMAPPED), weft_timestamp: WEFT_TIMESTAMP, weft_date: WEFT_DATE, weft_time: \
        WEFT_TIME, weft_uuid: WEFT_UUID, weft_interval: WEFT_INTERVAL, weft_macaddr: WEFT_MACADDR, weft_bytes: WEFT_BYTES, \
        weft_decimal: WEFT_DECIMAL, weft_json: WEFT_JSON, weft_inet: WEFT_INET, weft_opt_int16: WEFT_OPT + WEFT_INT16, \
        weft_opt_int32: WEFT_OPT + WEFT_INT32, weft_opt_int64: WEFT_OPT + WEFT_INT64, weft_opt_uint32: WEFT_OPT + WEFT_UINT32, \
        weft_opt_bool: WEFT_OPT + WEFT_BOOL, weft_opt_float: WEFT_OPT + WEFT_FLOAT, weft_opt_double: WEFT_OPT + WEFT_DOUBLE, \
        weft_opt_timestamp: WEFT_OPT + WEFT_TIMESTAMP, weft_opt_date: WEFT_OPT + WEFT_DATE, weft_opt_time: WEFT_OPT + WEFT_TIME, \
        weft_opt_uuid: WEFT_OPT + WEFT_UUID, weft_opt_interval: WEFT_OPT + WEFT_INTERVAL, weft_opt_macaddr: WEFT_OPT + \
        WEFT_MACADDR, weft_array_int16: WEFT_ARRAY + WEFT_INT16, weft_array_int32: WEFT_ARRAY + WEFT_INT32, weft_array_int64: \
        WEFT_ARRAY + WEFT_INT64, weft_array_uint32: WEFT_ARRAY + WEFT_UINT32, weft_array_float: WEFT_ARRAY + WEFT_FLOAT, \
        weft_array_double: WEFT_ARRAY + WEFT_DOUBLE, weft_array_bool: WEFT_ARRAY + WEFT_BOOL, weft_array_text: WEFT_ARRAY + \
        WEFT_TEXT, weft_array_timestamp: WEFT_ARRAY + WEFT_TIMESTAMP, weft_array_date: WEFT_ARRAY + WEFT_DATE, weft_array_time: \
        WEFT_ARRAY + WEFT_TIME, weft_array_uuid: WEFT_ARRAY + WEFT_UUID, weft_array_interval: WEFT_ARRAY + WEFT_INTERVAL, \
        weft_array_macaddr: WEFT_ARRAY + WEFT_MACADDR, weft_array_bytes: WEFT_ARRAY + WEFT_BYTES, weft_array_decimal: WEFT_ARRAY + \
        WEFT_DECIMAL, weft_array_json: WEFT_ARRAY + WEFT_JSON, weft_array_inet: WEFT_ARRAY + WEFT_INET, weft_array_range_int32: \
        WEFT_ARRAY + WEFT_RANGE_INT32, weft_array_range_int64: WEFT_ARRAY + WEFT_RANGE_INT64, weft_array_range_decimal: WEFT_ARRAY \
        + WEFT_RANGE_DECIMAL, weft_array_range_date: WEFT_ARRAY + WEFT_RANGE_DATE, weft_array_range_timestamp: WEFT_ARRAY + \
        WEFT_RANGE_TIMESTAMP, weft_array_bits: WEFT_ARRAY + WEFT_BITS, weft_array_opt_int16: WEFT_ARRAY_OF_OPT + WEFT_INT16, \
        weft_array_opt_int32: WEFT_ARRAY_OF_OPT + WEFT_INT32, weft_array_opt_int64: WEFT_ARRAY_OF_OPT + WEFT_INT64, \
        weft_array_opt_uint32: WEFT_ARRAY_OF_OPT + WEFT_UINT32, weft_array_opt_float: WEFT_ARRAY_OF_OPT + WEFT_FLOAT, \
        weft_array_opt_double: WEFT_ARRAY_OF_OPT + WEFT_DOUBLE, weft_array_opt_bool: WEFT_ARRAY_OF_OPT + WEFT_BOOL, \
        weft_array_opt_timestamp: WEFT_ARRAY_OF_OPT + WEFT_TIMESTAMP, weft_array_opt_date: WEFT_ARRAY_OF_OPT + WEFT_DATE, \
        weft_array_opt_time: WEFT_ARRAY_OF_OPT + WEFT_TIME, weft_array_opt_uuid: WEFT_ARRAY_OF_OPT + WEFT_UUID, \
        weft_array_opt_interval: WEFT_ARRAY_OF_OPT + WEFT_INTERVAL, weft_array_opt_macaddr: WEFT_ARRAY_OF_OPT + WEFT_MACADDR, \
        weft_array_opt_range_int32: WEFT_ARRAY_OF_OPT_RANGE + WEFT_RANGE_INT32, weft_array_opt_range_int64: \
        WEFT_ARRAY_OF_OPT_RANGE + WEFT_RANGE_INT64, weft_array_opt_range_date: WEFT_ARRAY_OF_OPT_RANGE + WEFT_RANGE_DATE, \
        weft_array_opt_range_timestamp: WEFT_ARRAY_OF_OPT_RANGE + WEFT_RANGE_TIMESTAMP, weft_range_int32: WEFT_RANGE_INT32, \
        weft_range_int64: WEFT_RANGE_INT64, weft_range_date: WEFT_RANGE_DATE, weft_range_timestamp: WEFT_RANGE_TIMESTAMP, \
        weft_range_decimal: WEFT_RANGE_DECIMAL, weft_opt_range_int32: WEFT_OPT + WEFT_RANGE_INT32, weft_opt_range_int64: WEFT_OPT \
        + WEFT_RANGE_INT64, weft_opt_range_date: WEFT_OPT + WEFT_RANGE_DATE, weft_opt_range_timestamp: WEFT_OPT + \
        WEFT_RANGE_TIMESTAMP, weft_multirange_int32: WEFT_MULTIRANGE + WEFT_RANGE_INT32, weft_multirange_int64: WEFT_MULTIRANGE + \
        WEFT_RANGE_INT64, weft_multirange_decimal: WEFT_MULTIRANGE + WEFT_RANGE_DECIMAL, weft_multirange_date: WEFT_MULTIRANGE + \
        WEFT_RANGE_DATE, weft_multirange_timestamp: WEFT_MULTIRANGE + WEFT_RANGE_TIMESTAMP, weft_bits: WEFT_BITS, weft_tsvector: \
        WEFT_TSVECTOR, weft_tsquery: WEFT_TSQUERY, weft_hstore: WEFT_HSTORE)

/* The function that makes the value for a field of lvalue's type; a
 * value of another kind does not compile. */
#define WEFT_TO_VALUE_(lvalue, ...) \
    _Generic(_Generic((lvalue), short: weft_number_class_, int: weft_number_class_, long: weft_number_class_, long long: \
        weft_number_class_, unsigned: weft_number_class_, weft_opt_int16: weft_number_class_, weft_opt_int32: weft_number_class_, \
        weft_opt_int64: weft_number_class_, weft_opt_uint32: weft_number_class_, weft_decimal: weft_number_class_, float: \
        weft_real_class_, double: weft_real_class_, weft_opt_float: weft_real_class_, weft_opt_double: weft_real_class_, _Bool: \
        weft_bool_class_, weft_opt_bool: weft_bool_class_, char *: weft_text_class_, const char *: weft_text_class_, \
        weft_timestamp: weft_timestamp_class_, weft_opt_timestamp: weft_timestamp_class_, default: _Generic((lvalue), weft_date: \
        weft_date_class_, weft_opt_date: weft_date_class_, weft_time: weft_time_class_, weft_opt_time: weft_time_class_, \
        weft_uuid: weft_uuid_class_, weft_opt_uuid: weft_uuid_class_, weft_interval: weft_interval_class_, weft_opt_interval: \
        weft_interval_class_, weft_macaddr: weft_macaddr_class_, weft_opt_macaddr: weft_macaddr_class_, weft_bytes: \
        weft_bytes_class_, weft_json: weft_json_class_, weft_inet: weft_inet_class_, default: weft_other_class_)), \
        weft_number_class: _Generic((__VA_ARGS__), int: weft_value_int64, char: weft_value_int64, signed char: weft_value_int64, \
        unsigned char: weft_value_int64, short: weft_value_int64, unsigned short: weft_value_int64, unsigned: weft_value_int64, \
        long: weft_value_int64, long long: weft_value_int64, unsigned long: weft_value_uint64, unsigned long long: \
        weft_value_uint64, default: _Generic((lvalue), weft_decimal: weft_value_decimal, default: _Generic((__VA_ARGS__), \
        weft_opt_int16: weft_value_opt_int16, weft_opt_int32: weft_value_opt_int32, weft_opt_int64: weft_value_opt_int64, \
        weft_opt_uint32: weft_value_opt_uint32, default: weft_integer_column_does_not_take_this))), weft_real_class: \
        _Generic((__VA_ARGS__), weft_opt_float: weft_value_opt_float, weft_opt_double: weft_value_opt_double, _Bool: \
        weft_real_column_does_not_take_this, long double: weft_real_column_does_not_take_this, default: weft_value_double), \
        weft_bool_class: _Generic((__VA_ARGS__), _Bool: weft_value_bool, int: weft_value_bool, weft_opt_bool: weft_value_opt_bool, \
        default: weft_bool_column_does_not_take_this), weft_text_class: _Generic((__VA_ARGS__), char *: weft_value_text, const \
        char *: weft_value_text, default: weft_text_column_does_not_take_this), weft_timestamp_class: _Generic((__VA_ARGS__), \
        weft_opt_timestamp: weft_value_opt_timestamp, default: weft_value_timestamp), weft_date_class: _Generic((__VA_ARGS__), \
        weft_opt_date: weft_value_opt_date, default: weft_value_date), weft_time_class: _Generic((__VA_ARGS__), weft_opt_time: \
        weft_value_opt_time, default: weft_value_time), weft_uuid_class: _Generic((__VA_ARGS__), weft_opt_uuid: \
        weft_value_opt_uuid, default: weft_value_uuid), weft_interval_class: _Generic((__VA_ARGS__), weft_opt_interval: \
        weft_value_opt_interval, default: weft_value_interval), weft_macaddr_class: _Generic((__VA_ARGS__), weft_opt_macaddr: \
        weft_value_opt_macaddr, default: weft_value_macaddr), weft_bytes_class: weft_value_bytes, weft_json_class: \
        weft_value_json, weft_inet_class: weft_value_inet, default: _Generic((lvalue), weft_array_int16: weft_value_array_int16, \
        weft_array_int32: weft_value_array_int32, weft_array_int64: weft_value_array_int64, weft_array_uint32: \
        weft_value_array_uint32, weft_array_float: weft_value_array_float, weft_array_double: weft_value_array_double, \
        weft_array_bool: weft_value_array_bool, weft_array_text: weft_value_array_text, weft_array_timestamp: \
        weft_value_array_timestamp, weft_array_date: weft_value_array_date, weft_array_time: weft_value_array_time, \
        weft_array_uuid: weft_value_array_uuid, weft_array_interval: weft_value_array_interval, weft_array_macaddr: \
        weft_value_array_macaddr, weft_array_bytes: weft_value_array_bytes, weft_array_decimal: weft_value_array_decimal, \
        weft_array_json: weft_value_array_json, weft_array_inet: weft_value_array_inet, weft_array_range_int32: \
        weft_value_array_range_int32, weft_array_range_int64: weft_value_array_range_int64, default: _Generic((lvalue), \
        weft_array_range_decimal: weft_value_array_range_decimal, weft_array_range_date: weft_value_array_range_date, \
        weft_array_range_timestamp: weft_value_array_range_timestamp, weft_array_bits: weft_value_array_bits, \
        weft_array_opt_int16: weft_value_array_opt_int16, weft_array_opt_int32: weft_value_array_opt_int32, weft_array_opt_int64: \
        weft_value_array_opt_int64, weft_array_opt_uint32: weft_value_array_opt_uint32, weft_array_opt_float: \
        weft_value_array_opt_float, weft_array_opt_double: weft_value_array_opt_double, weft_array_opt_bool: \
        weft_value_array_opt_bool, weft_array_opt_timestamp: weft_value_array_opt_timestamp, weft_array_opt_date: \
        weft_value_array_opt_date, weft_array_opt_time: weft_value_array_opt_time, weft_array_opt_uuid: weft_value_array_opt_uuid, \
        weft_array_opt_interval: weft_value_array_opt_interval, weft_array_opt_macaddr: weft_value_array_opt_macaddr, \
        weft_array_opt_range_int32: weft_value_array_opt_range_int32, weft_array_opt_range_int64: \
        weft_value_array_opt_range_int64, weft_array_opt_range_date: weft_value_array_opt_range_date, default: _Generic((lvalue), \
        weft_array_opt_range_timestamp: weft_value_array_opt_range_timestamp, weft_range_int32: weft_value_range_int32, \
        weft_range_int64: weft_value_range_int64, weft_range_date: weft_value_range_date, weft_range_timestamp: \
        weft_value_range_timestamp, weft_range_decimal: weft_value_range_decimal, weft_multirange_int32: \
        weft_value_multirange_int32, weft_multirange_int64: weft_value_multirange_int64, weft_multirange_decimal: \
        weft_value_multirange_decimal, weft_multirange_date: weft_value_multirange_date, weft_multirange_timestamp: \
        weft_value_multirange_timestamp, weft_bits: weft_value_bits, weft_tsvector: weft_value_tsvector, weft_tsquery: \
        weft_value_tsquery, weft_hstore: weft_value_hstore, weft_opt_range_int32: _Generic((__VA_ARGS__), weft_opt_range_int32: \
        weft_value_opt_range_int32, default: weft_value_range_int32), weft_opt_range_int64: _Generic((__VA_ARGS__), \
        weft_opt_range_int64: weft_value_opt_range_int64, default: weft_value_range_int64), weft_opt_range_date: \
        _Generic((__VA_ARGS__), weft_opt_range_date: weft_value_opt_range_date, default: weft_value_range_date), \
        weft_opt_range_timestamp: _Generic((__VA_ARGS__), weft_opt_range_timestamp: weft_value_opt_range_timestamp, default: \
        weft_value_range_timestamp), default: weft_field_that_is_no_column_does_not_take_this))))

/* That value. */
#define WEFT_VALUE_LIKE(lvalue, ...) \
    WEFT_TO_VALUE_(lvalue, __VA_ARGS__)(__VA_ARGS__)

/* The same, or an expression in its place. */
#define WEFT_OPERAND_LIKE_(lvalue, ...) \
    _Generic((__VA_ARGS__), const weft_expr *: weft_value_of_expr, weft_expr *: weft_value_of_expr, default: \
        WEFT_TO_VALUE_(lvalue, __VA_ARGS__))(__VA_ARGS__)

/* A value whose type the other operand decides. */
#define WEFT_VALUE_OF(...) \
    _Generic((__VA_ARGS__), int: weft_value_int64, char: weft_value_int64, signed char: weft_value_int64, unsigned char: \
        weft_value_int64, short: weft_value_int64, unsigned short: weft_value_int64, unsigned: weft_value_int64, long: \
        weft_value_int64, long long: weft_value_int64, unsigned long: weft_value_uint64, unsigned long long: weft_value_uint64, \
        float: weft_value_double, double: weft_value_double, _Bool: weft_value_bool, char *: weft_value_text, const char *: \
        weft_value_text, weft_timestamp: weft_value_timestamp, weft_date: weft_value_date, weft_time: weft_value_time, weft_uuid: \
        weft_value_uuid, default: _Generic((__VA_ARGS__), weft_interval: weft_value_interval, weft_macaddr: weft_value_macaddr, \
        weft_bytes: weft_value_bytes, weft_decimal: weft_value_decimal, weft_json: weft_value_json, weft_inet: weft_value_inet, \
        weft_opt_int16: weft_value_opt_int16, weft_opt_int32: weft_value_opt_int32, weft_opt_int64: weft_value_opt_int64, \
        weft_opt_uint32: weft_value_opt_uint32, weft_opt_bool: weft_value_opt_bool, weft_opt_float: weft_value_opt_float, \
        weft_opt_double: weft_value_opt_double, weft_opt_timestamp: weft_value_opt_timestamp, weft_opt_date: weft_value_opt_date, \
        weft_opt_time: weft_value_opt_time, weft_opt_uuid: weft_value_opt_uuid, weft_opt_interval: weft_value_opt_interval, \
        weft_opt_macaddr: weft_value_opt_macaddr, weft_array_int16: weft_value_array_int16, default: _Generic((__VA_ARGS__), \
        weft_array_int32: weft_value_array_int32, weft_array_int64: weft_value_array_int64, weft_array_uint32: \
        weft_value_array_uint32, weft_array_float: weft_value_array_float, weft_array_double: weft_value_array_double, \
        weft_array_bool: weft_value_array_bool, weft_array_text: weft_value_array_text, weft_array_timestamp: \
        weft_value_array_timestamp, weft_array_date: weft_value_array_date, weft_array_time: weft_value_array_time, \
        weft_array_uuid: weft_value_array_uuid, weft_array_interval: weft_value_array_interval, weft_array_macaddr: \
        weft_value_array_macaddr, weft_array_bytes: weft_value_array_bytes, weft_array_decimal: weft_value_array_decimal, \
        weft_array_json: weft_value_array_json, weft_array_inet: weft_value_array_inet, weft_array_range_int32: \
        weft_value_array_range_int32, weft_array_range_int64: weft_value_array_range_int64, weft_array_range_decimal: \
        weft_value_array_range_decimal, default: _Generic((__VA_ARGS__), weft_array_range_date: weft_value_array_range_date, \
        weft_array_range_timestamp: weft_value_array_range_timestamp, weft_array_bits: weft_value_array_bits, \
        weft_array_opt_int16: weft_value_array_opt_int16, weft_array_opt_int32: weft_value_array_opt_int32, weft_array_opt_int64: \
        weft_value_array_opt_int64, weft_array_opt_uint32: weft_value_array_opt_uint32, weft_array_opt_float: \
        weft_value_array_opt_float, weft_array_opt_double: weft_value_array_opt_double, weft_array_opt_bool: \
        weft_value_array_opt_bool, weft_array_opt_timestamp: weft_value_array_opt_timestamp, weft_array_opt_date: \
        weft_value_array_opt_date, weft_array_opt_time: weft_value_array_opt_time, weft_array_opt_uuid: weft_value_array_opt_uuid, \
        weft_array_opt_interval: weft_value_array_opt_interval, weft_array_opt_macaddr: weft_value_array_opt_macaddr, \
        weft_array_opt_range_int32: weft_value_array_opt_range_int32, weft_array_opt_range_int64: \
        weft_value_array_opt_range_int64, weft_array_opt_range_date: weft_value_array_opt_range_date, \
        weft_array_opt_range_timestamp: weft_value_array_opt_range_timestamp, default: _Generic((__VA_ARGS__), weft_range_int32: \
        weft_value_range_int32, weft_range_int64: weft_value_range_int64, weft_range_date: weft_value_range_date, \
        weft_range_timestamp: weft_value_range_timestamp, weft_range_decimal: weft_value_range_decimal, weft_multirange_int32: \
        weft_value_multirange_int32, weft_multirange_int64: weft_value_multirange_int64, weft_multirange_decimal: \
        weft_value_multirange_decimal, weft_multirange_date: weft_value_multirange_date, weft_multirange_timestamp: \
        weft_value_multirange_timestamp, weft_bits: weft_value_bits, weft_tsvector: weft_value_tsvector, weft_tsquery: \
        weft_value_tsquery, weft_hstore: weft_value_hstore, weft_opt_range_int32: weft_value_opt_range_int32, \
        weft_opt_range_int64: weft_value_opt_range_int64, weft_opt_range_date: weft_value_opt_range_date, \
        weft_opt_range_timestamp: weft_value_opt_range_timestamp, default: weft_value_of_no_known_type)))))(__VA_ARGS__)

/* The same of an array of items; integers do not stand for reals. */
#define WEFT_ITEMS_LIKE(lvalue, a, n) \
    _Generic(_Generic((lvalue), short: weft_number_class_, int: weft_number_class_, long: weft_number_class_, long long: \
        weft_number_class_, unsigned: weft_number_class_, weft_opt_int16: weft_number_class_, weft_opt_int32: weft_number_class_, \
        weft_opt_int64: weft_number_class_, weft_opt_uint32: weft_number_class_, weft_decimal: weft_number_class_, float: \
        weft_real_class_, double: weft_real_class_, weft_opt_float: weft_real_class_, weft_opt_double: weft_real_class_, _Bool: \
        weft_bool_class_, weft_opt_bool: weft_bool_class_, char *: weft_text_class_, const char *: weft_text_class_, \
        weft_timestamp: weft_timestamp_class_, weft_opt_timestamp: weft_timestamp_class_, default: _Generic((lvalue), weft_date: \
        weft_date_class_, weft_opt_date: weft_date_class_, weft_time: weft_time_class_, weft_opt_time: weft_time_class_, \
        weft_uuid: weft_uuid_class_, weft_opt_uuid: weft_uuid_class_, weft_interval: weft_interval_class_, weft_opt_interval: \
        weft_interval_class_, weft_macaddr: weft_macaddr_class_, weft_opt_macaddr: weft_macaddr_class_, weft_bytes: \
        weft_bytes_class_, weft_json: weft_json_class_, weft_inet: weft_inet_class_, default: weft_other_class_)), \
        weft_number_class: _Generic((a), signed char *: weft_items_int8, const signed char *: weft_items_int8, short *: \
        weft_items_int16, const short *: weft_items_int16, int *: weft_items_int32, const int *: weft_items_int32, long *: \
        weft_items_long, const long *: weft_items_long, long long *: weft_items_int64, const long long *: weft_items_int64, \
        unsigned *: weft_items_uint32, const unsigned *: weft_items_uint32, unsigned short *: weft_items_uint16, const unsigned \
        short *: weft_items_uint16, unsigned char *: weft_items_uint8, const unsigned char *: weft_items_uint8, unsigned long *: \
        weft_items_ulong, const unsigned long *: weft_items_ulong, unsigned long long *: weft_items_uint64, const unsigned long \
        long *: weft_items_uint64, default: _Generic((lvalue), weft_decimal: _Generic((a), weft_decimal *: weft_items_decimal, \
        const weft_decimal *: weft_items_decimal, default: weft_decimal_column_does_not_take_these), default: \
        weft_integer_column_does_not_take_these)), weft_real_class: _Generic((a), float *: weft_items_float, const float *: \
        weft_items_float, double *: weft_items_double, const double *: weft_items_double, default: \
        weft_real_column_does_not_take_these), weft_bool_class: _Generic((a), _Bool *: weft_items_bool, const _Bool *: \
        weft_items_bool, default: weft_bool_column_does_not_take_these), weft_text_class: _Generic((a), const char **: \
        weft_items_text, const char *const *: weft_items_text, default: weft_text_column_does_not_take_these), \
        weft_timestamp_class: _Generic((a), weft_timestamp *: weft_items_timestamp, const weft_timestamp *: weft_items_timestamp, \
        default: weft_timestamp_column_does_not_take_these), weft_date_class: _Generic((a), weft_date *: weft_items_date, const \
        weft_date *: weft_items_date, default: weft_date_column_does_not_take_these), weft_time_class: _Generic((a), weft_time *: \
        weft_items_time, const weft_time *: weft_items_time, default: weft_time_column_does_not_take_these), weft_uuid_class: \
        _Generic((a), weft_uuid *: weft_items_uuid, const weft_uuid *: weft_items_uuid, default: \
        weft_uuid_column_does_not_take_these), weft_interval_class: _Generic((a), weft_interval *: weft_items_interval, const \
        weft_interval *: weft_items_interval, default: weft_interval_column_does_not_take_these), weft_macaddr_class: \
        _Generic((a), weft_macaddr *: weft_items_macaddr, const weft_macaddr *: weft_items_macaddr, default: \
        weft_macaddr_column_does_not_take_these), weft_bytes_class: _Generic((a), weft_bytes *: weft_items_bytes, const weft_bytes \
        *: weft_items_bytes, default: weft_bytes_column_does_not_take_these), weft_json_class: _Generic((a), weft_json *: \
        weft_items_json, const weft_json *: weft_items_json, default: weft_json_column_does_not_take_these), weft_inet_class: \
        _Generic((a), weft_inet *: weft_items_inet, const weft_inet *: weft_items_inet, default: \
        weft_inet_column_does_not_take_these), default: weft_field_that_is_no_column_does_not_take_these)((a), (n))

/* The function that makes a list of items of any type. */
#define WEFT_TO_ITEMS_(a) \
    _Generic((a), const char **: weft_items_text, const char *const *: weft_items_text, signed char *: weft_items_int8, const \
        signed char *: weft_items_int8, short *: weft_items_int16, const short *: weft_items_int16, int *: weft_items_int32, const \
        int *: weft_items_int32, long *: weft_items_long, const long *: weft_items_long, long long *: weft_items_int64, const long \
        long *: weft_items_int64, unsigned *: weft_items_uint32, const unsigned *: weft_items_uint32, unsigned short *: \
        weft_items_uint16, const unsigned short *: weft_items_uint16, unsigned char *: weft_items_uint8, const unsigned char *: \
        weft_items_uint8, unsigned long *: weft_items_ulong, const unsigned long *: weft_items_ulong, default: _Generic((a), \
        unsigned long long *: weft_items_uint64, const unsigned long long *: weft_items_uint64, float *: weft_items_float, const \
        float *: weft_items_float, double *: weft_items_double, const double *: weft_items_double, _Bool *: weft_items_bool, const \
        _Bool *: weft_items_bool, weft_timestamp *: weft_items_timestamp, const weft_timestamp *: weft_items_timestamp, weft_date \
        *: weft_items_date, const weft_date *: weft_items_date, weft_time *: weft_items_time, const weft_time *: weft_items_time, \
        weft_uuid *: weft_items_uuid, const weft_uuid *: weft_items_uuid, weft_interval *: weft_items_interval, const \
        weft_interval *: weft_items_interval, weft_macaddr *: weft_items_macaddr, const weft_macaddr *: weft_items_macaddr, \
        default: _Generic((a), weft_bytes *: weft_items_bytes, const weft_bytes *: weft_items_bytes, weft_decimal *: \
        weft_items_decimal, const weft_decimal *: weft_items_decimal, weft_json *: weft_items_json, const weft_json *: \
        weft_items_json, weft_inet *: weft_items_inet, const weft_inet *: weft_items_inet, default: weft_items_of_no_known_type)))

/* The kind of such items: 2 integers, 4 reals, 5 bools, 6 texts, or the type's
 * own. */
#define WEFT_ITEMS_KIND_(a) \
    _Generic((a), const char **: 6, const char *const *: 6, signed char *: 2, const signed char *: 2, short *: 2, const short *: \
        2, int *: 2, const int *: 2, long *: 2, const long *: 2, long long *: 2, const long long *: 2, unsigned *: 2, const \
        unsigned *: 2, unsigned short *: 2, const unsigned short *: 2, unsigned char *: 2, const unsigned char *: 2, unsigned long \
        *: 2, const unsigned long *: 2, default: _Generic((a), unsigned long long *: 2, const unsigned long long *: 2, float *: 4, \
        const float *: 4, double *: 4, const double *: 4, _Bool *: 5, const _Bool *: 5, weft_timestamp *: 8, const weft_timestamp \
        *: 8, weft_date *: 9, const weft_date *: 9, weft_time *: 10, const weft_time *: 10, weft_uuid *: 11, const weft_uuid *: \
        11, weft_interval *: 14, const weft_interval *: 14, weft_macaddr *: 16, const weft_macaddr *: 16, default: _Generic((a), \
        weft_bytes *: 7, const weft_bytes *: 7, weft_decimal *: 12, const weft_decimal *: 12, weft_json *: 13, const weft_json *: \
        13, weft_inet *: 15, const weft_inet *: 15, default: 0)))

/* The kinds that a column of lvalue's type takes, as bits; 0 for what is no
 * column. */
#define WEFT_ACCEPTS_(lvalue) \
    _Generic((lvalue), short: 0xeu, int: 0xeu, long: 0xeu, long long: 0xeu, unsigned: 0xeu, weft_opt_int16: 0xeu, weft_opt_int32: \
        0xeu, weft_opt_int64: 0xeu, weft_opt_uint32: 0xeu, float: 0x16u, double: 0x16u, weft_opt_float: 0x16u, weft_opt_double: \
        0x16u, _Bool: 0x22u, weft_opt_bool: 0x22u, char *: 0x40u, const char *: 0x40u, weft_timestamp: 0x100u, weft_opt_timestamp: \
        0x100u, weft_date: 0x200u, default: _Generic((lvalue), weft_opt_date: 0x200u, weft_time: 0x400u, weft_opt_time: 0x400u, \
        weft_uuid: 0x800u, weft_opt_uuid: 0x800u, weft_interval: 0x4000u, weft_opt_interval: 0x4000u, weft_macaddr: 0x10000u, \
        weft_opt_macaddr: 0x10000u, weft_bytes: 0x80u, weft_decimal: 0x1006u, weft_json: 0x2000u, weft_inet: 0x8000u, default: \
        0u))

#endif
