/* The table of codecs: a row for each type, and for each way of keeping values its functions. */
#include "driver/sqlite/codec.h"

#define INTEGER \
    .put = wefti_sqlite_put_integer, .add = wefti_sqlite_add_integer, .get = wefti_sqlite_get_integer, \
    .keep = wefti_sqlite_keep_integer
#define REAL \
    .put = wefti_sqlite_put_real, .add = wefti_sqlite_add_real, .get = wefti_sqlite_get_real, .keep = wefti_sqlite_keep_real, \
    .show = wefti_sqlite_show_real
#define TEXT .put = wefti_sqlite_put_data, .add = wefti_sqlite_add_text
/* Texts of one length or form that sort as the values do: weft's own way is the only one that comparisons find. */
#define FORM .put = wefti_sqlite_put_form, .add = wefti_sqlite_add_form, .get = wefti_sqlite_get_form, .as_text = true
#define TIME .no_form = "the value is no time of the column's type"

const wefti_sqlite_codec wefti_sqlite_codecs[WEFT_TYPE_COUNT_] = {
    [WEFT_UNMAPPED] = {.put = wefti_sqlite_put_nothing,
                       .add = wefti_sqlite_add_integer,
                       .get = wefti_sqlite_get_any,
                       .wanted = "a value"},
    [WEFT_INT16] = {INTEGER, .wanted = "a 16-bit integer"},
    [WEFT_INT32] = {INTEGER, .how = WEFTI_SQLITE_AS_INTEGER_4, .wanted = "a 32-bit integer"},
    [WEFT_INT64] = {INTEGER, .how = WEFTI_SQLITE_AS_INTEGER, .wanted = "an integer", .declared = "INTEGER BIGINT INT SMALLINT"},
    [WEFT_UINT32] = {INTEGER, .wanted = "an unsigned 32-bit integer"},
    [WEFT_BOOL] = {.put = wefti_sqlite_put_bool,
                   .add = wefti_sqlite_add_bool,
                   .get = wefti_sqlite_get_bool,
                   .keep = wefti_sqlite_keep_bool,
                   .cast = wefti_sqlite_cast_bool,
                   .show = wefti_sqlite_show_bool,
                   .wanted = "a boolean",
                   .how = WEFTI_SQLITE_AS_BOOL,
                   .declared = "BOOLEAN"},
    [WEFT_FLOAT] = {REAL, .wanted = "a number"},
    [WEFT_DOUBLE] = {REAL, .how = WEFTI_SQLITE_AS_REAL, .wanted = "a number", .declared = "REAL DOUBLE FLOAT"},
    [WEFT_TEXT] = {TEXT, .get = wefti_sqlite_get_text, .keep = wefti_sqlite_keep_text, .wanted = "text",
                   .how = WEFTI_SQLITE_AS_TEXT, .declared = "TEXT VARCHAR CHAR ENUM"},
    [WEFT_CHARS] = {TEXT, .get = wefti_sqlite_get_text, .wanted = "text"}, /* columns of char arrays are texts */
    [WEFT_BYTES] = {.put = wefti_sqlite_put_data,
                    .add = wefti_sqlite_add_bytes,
                    .get = wefti_sqlite_get_bytes,
                    .keep = wefti_sqlite_keep_bytes,
                    .cast = wefti_sqlite_cast_bytes,
                    .show = wefti_sqlite_show_bytes,
                    .wanted = "binary data",
                    .declared = "BLOB"},
    [WEFT_TIMESTAMP] = {FORM, TIME, .how = WEFTI_SQLITE_AS_TIMESTAMP, .keep = wefti_sqlite_keep_form, .wanted = "a timestamp",
                        .cast = wefti_sqlite_cast_form, .show = wefti_sqlite_show_moment,
                        .unkept = "a timestamp outside the years 1 to 9999 cannot be kept in order as text",
                        .misspelt = "a timestamp that is not written as YYYY-MM-DD HH:MM:SS.ffffff in UTC, of the years 1 to 9999",
                        .declared = "TIMESTAMP TIMESTAMPTZ DATETIME"},
    [WEFT_DATE] = {FORM, TIME, .keep = wefti_sqlite_keep_form, .wanted = "a date", .cast = wefti_sqlite_cast_form,
                   .unkept = "a date outside the years 1 to 9999 cannot be kept in order as text",
                   .misspelt = "a date that is not written as YYYY-MM-DD, of the years 1 to 9999", .declared = "DATE"},
    [WEFT_TIME] = {FORM, TIME, .keep = wefti_sqlite_keep_form, .wanted = "a time", .cast = wefti_sqlite_cast_form,
                   .show = wefti_sqlite_show_moment, .unkept = "a time of day is from 0 to 24 hours",
                   .misspelt = "a time that is not written as HH:MM:SS.ffffff", .declared = "TIME"},
    [WEFT_UUID] = {FORM, .no_form = "the value is no UUID", .keep = wefti_sqlite_keep_form, .cast = wefti_sqlite_cast_form,
                   .wanted = "a UUID", .misspelt = "a UUID that is not written in 36 lower-case characters", .declared = "UUID"},
    /* No order of texts is that of intervals, nor are equal ones one text: see WEFT_INTERVAL in functions.c. */
    [WEFT_INTERVAL] = {FORM, .no_form = "the value is no interval", .keep = wefti_sqlite_keep_form, .wanted = "an interval",
                       .misspelt = "an interval that is not written as P1Y2M3DT4H5M6.789S", .declared = "DURATION"},
    [WEFT_MACADDR] = {FORM, .no_form = "the value is no hardware address", .keep = wefti_sqlite_keep_form,
                      .cast = wefti_sqlite_cast_form, .wanted = "a hardware address",
                      .misspelt = "a hardware address that is not written as 08:00:2b:01:02:03", .declared = "MACADDR"},
    /* No column can have it: see the dialect. */
    [WEFT_INET] = {.put = wefti_sqlite_put_nothing,
                   .add = wefti_sqlite_add_nothing,
                   .get = wefti_sqlite_get_text,
                   .wanted = "an IP address"},
    [WEFT_RANGE_INT32] = {.put = wefti_sqlite_put_nothing,
                          .add = wefti_sqlite_add_nothing,
                          .get = wefti_sqlite_get_text,
                          .wanted = "a range"},
    [WEFT_RANGE_INT64] = {.put = wefti_sqlite_put_nothing,
                          .add = wefti_sqlite_add_nothing,
                          .get = wefti_sqlite_get_text,
                          .wanted = "a range"},
    [WEFT_RANGE_DECIMAL] = {.put = wefti_sqlite_put_nothing,
                            .add = wefti_sqlite_add_nothing,
                            .get = wefti_sqlite_get_text,
                            .wanted = "a range"},
    [WEFT_RANGE_DATE] = {.put = wefti_sqlite_put_nothing,
                         .add = wefti_sqlite_add_nothing,
                         .get = wefti_sqlite_get_text,
                         .wanted = "a range"},
    [WEFT_RANGE_TIMESTAMP] = {.put = wefti_sqlite_put_nothing,
                              .add = wefti_sqlite_add_nothing,
                              .get = wefti_sqlite_get_text,
                              .wanted = "a range"},
    [WEFT_DECIMAL] = {.put = wefti_sqlite_put_decimal,
                      .add = wefti_sqlite_add_decimal,
                      .get = wefti_sqlite_get_decimal,
                      .wanted = "a decimal",
                      .misspelt = "a decimal that is not written with the digits of the column",
                      .declared = "DECIMAL NUMERIC"},
    [WEFT_JSON] = {TEXT, .get = wefti_sqlite_get_json, .keep = wefti_sqlite_keep_json, .wanted = "JSON",
                   .cast = wefti_sqlite_cast_json, .show = wefti_sqlite_show_json, .misspelt = "JSON that is no text",
                   .declared = "JSON JSONB"},
};

/* All arrays are JSON texts. */
const wefti_sqlite_codec wefti_sqlite_array_codec = {.put = wefti_sqlite_put_array,
                                                     .add = wefti_sqlite_add_array,
                                                     .get = wefti_sqlite_get_array,
                                                     .wanted = "an array as JSON text"};
