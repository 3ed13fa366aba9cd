/* How each type is kept by SQLite: one row per type. A type that is kept as another one shares its functions. Its names in SQL are
 * in the dialect. */
#ifndef WEFTI_DRIVER_SQLITE_CODEC_H
#define WEFTI_DRIVER_SQLITE_CODEC_H

#include "driver/sqlite/sqlite.h"

/* One call that binds parameters. */
typedef struct wefti_sqlite_binding {
    wefti_sqlite_run *run; /* NULL: to plain, from the arena */
    const wefti_statement *statement;
    unsigned char *next, *end; /* free part of run->copies: see room_of */
    bool copy;
    weft_error *error;
    wefti_arena *arena;
    weft_value *plain;
} wefti_sqlite_binding;

/* A parameter, checked, to its place: index counts parameters from 0, place from 1. The value is not NULL and of the row's type. */
typedef weft_status (*wefti_sqlite_put)(wefti_sqlite_binding *binding, size_t index, int place, const weft_value *value);
/* The same as an element of a JSON array. */
typedef weft_status (*wefti_sqlite_add)(const wefti_sqlite_binding *binding, size_t index, wefti_text *json,
                                        const weft_value *value);
/* run->row[column] from what the database holds, which is not NULL; kind: SQLITE_INTEGER, and so on. The cell has its type. */
typedef weft_status (*wefti_sqlite_get)(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error);
/* What an expression stores: gives arguments[0], which is not NULL, as the column keeps it, or refuses it. */
typedef void (*wefti_sqlite_keep)(sqlite3_context *context, int count, sqlite3_value **arguments, weft_type type);

/* Gives what a value that is not NULL is cast to the type; its text, as PostgreSQL shows it. */
typedef void (*wefti_sqlite_cast)(sqlite3_context *context, sqlite3_value *value, weft_type type);
typedef void (*wefti_sqlite_show)(sqlite3_context *context, sqlite3_value *value, weft_type type);

/* How a cell goes into a field of its own type without a look at anything else: see fill.c. */
typedef enum wefti_sqlite_how {
    WEFTI_SQLITE_BY_CELL, /* it does not */
    WEFTI_SQLITE_AS_INTEGER,
    WEFTI_SQLITE_AS_INTEGER_4, /* of four bytes */
    WEFTI_SQLITE_AS_REAL,
    WEFTI_SQLITE_AS_BOOL,
    WEFTI_SQLITE_AS_TEXT,
    WEFTI_SQLITE_AS_TIMESTAMP
} wefti_sqlite_how;

typedef struct wefti_sqlite_codec {
    wefti_sqlite_put put;
    wefti_sqlite_add add;
    wefti_sqlite_get get;
    wefti_sqlite_keep keep; /* in SQL weft_keep_ and the type's name; NULL: needs none, or has functions of its own */
    wefti_sqlite_cast cast; /* in SQL weft_to_ and the type's name; NULL: no cast goes through the driver */
    wefti_sqlite_show show; /* the text that PostgreSQL makes of a value; NULL: SQLite makes the same */
    const char *wanted;     /* what a cell should hold, in messages */
    const char *unkept;     /* of forms: which values have none */
    const char *no_form;    /* of forms: what an expression gave that is none of them */
    const char *misspelt;   /* what it holds where another program has written it another way; NULL: it has one way */
    const char *declared;   /* words of declarations that stand for the type, with blanks between; NULL: another row has them */
    uint8_t how;            /* wefti_sqlite_how */
    bool as_text;           /* a text that is made from the value, of at most WEFTI_FORM_BYTES */
} wefti_sqlite_codec;

extern const wefti_sqlite_codec wefti_sqlite_codecs[WEFT_TYPE_COUNT_];

extern const wefti_sqlite_codec wefti_sqlite_array_codec;

/* The row of a type; flags do not matter. That of WEFT_UNMAPPED for what no column has. */
static inline const wefti_sqlite_codec *wefti_sqlite_codec_of(unsigned type)
{
    type &= WEFTI_TYPE_ROWS - 1u;
    if (wefti_type_is_array(type))
        return &wefti_sqlite_array_codec;
    return &wefti_sqlite_codecs[type < WEFT_TYPE_COUNT_ ? type : WEFT_UNMAPPED];
}

/* bind.c */
weft_status wefti_sqlite_put_integer(wefti_sqlite_binding *b, size_t index, int place, const weft_value *v);
weft_status wefti_sqlite_put_bool(wefti_sqlite_binding *b, size_t index, int place, const weft_value *v);
weft_status wefti_sqlite_put_real(wefti_sqlite_binding *b, size_t index, int place, const weft_value *v);
weft_status wefti_sqlite_put_data(wefti_sqlite_binding *b, size_t index, int place, const weft_value *v);
weft_status wefti_sqlite_put_decimal(wefti_sqlite_binding *b, size_t index, int place, const weft_value *v);
weft_status wefti_sqlite_put_form(wefti_sqlite_binding *b, size_t index, int place, const weft_value *v);
weft_status wefti_sqlite_put_nothing(wefti_sqlite_binding *b, size_t index, int place, const weft_value *v);
weft_status wefti_sqlite_add_nothing(const wefti_sqlite_binding *b, size_t index, wefti_text *json, const weft_value *v);
weft_status wefti_sqlite_add_integer(const wefti_sqlite_binding *b, size_t index, wefti_text *json, const weft_value *v);
weft_status wefti_sqlite_add_bool(const wefti_sqlite_binding *b, size_t index, wefti_text *json, const weft_value *v);
weft_status wefti_sqlite_add_real(const wefti_sqlite_binding *b, size_t index, wefti_text *json, const weft_value *v);
weft_status wefti_sqlite_add_text(const wefti_sqlite_binding *b, size_t index, wefti_text *json, const weft_value *v);
weft_status wefti_sqlite_add_bytes(const wefti_sqlite_binding *b, size_t index, wefti_text *json, const weft_value *v);
weft_status wefti_sqlite_add_decimal(const wefti_sqlite_binding *b, size_t index, wefti_text *json, const weft_value *v);
weft_status wefti_sqlite_put_array(wefti_sqlite_binding *b, size_t index, int place, const weft_value *v);
weft_status wefti_sqlite_add_array(const wefti_sqlite_binding *b, size_t index, wefti_text *json, const weft_value *v);
weft_status wefti_sqlite_add_form(const wefti_sqlite_binding *b, size_t index, wefti_text *json, const weft_value *v);

/* read.c */
weft_status wefti_sqlite_get_any(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error);
weft_status wefti_sqlite_get_integer(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error);
weft_status wefti_sqlite_get_bool(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error);
weft_status wefti_sqlite_get_real(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error);
weft_status wefti_sqlite_get_text(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error);
weft_status wefti_sqlite_get_bytes(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error);
weft_status wefti_sqlite_get_form(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error);
weft_status wefti_sqlite_get_decimal(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error);
weft_status wefti_sqlite_get_json(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error);
weft_status wefti_sqlite_get_array(wefti_sqlite_run *run, int column, sqlite3_value *v, int kind, weft_error *error);

/* arrays.c: the text of an array as a value of this type, or of one with optional items where one is NULL, from the arena. *item is
 * the number of the first item that is none, else SIZE_MAX; DATA where it is no array of one dimension. */
weft_status wefti_sqlite_read_array(wefti_arena *arena, unsigned type, const char *data, size_t size, weft_value *to, size_t *item);
/* An item as SQLite keeps values of the type: a function's result. */
void wefti_sqlite_give_item(sqlite3_context *context, wefti_arena *arena, unsigned element, const struct wefti_json *json);

/* guards.c */
void wefti_sqlite_keep_integer(sqlite3_context *context, int count, sqlite3_value **arguments, weft_type type);
void wefti_sqlite_keep_bool(sqlite3_context *context, int count, sqlite3_value **arguments, weft_type type);
void wefti_sqlite_keep_real(sqlite3_context *context, int count, sqlite3_value **arguments, weft_type type);
void wefti_sqlite_keep_text(sqlite3_context *context, int count, sqlite3_value **arguments, weft_type type);
void wefti_sqlite_keep_bytes(sqlite3_context *context, int count, sqlite3_value **arguments, weft_type type);
void wefti_sqlite_keep_json(sqlite3_context *context, int count, sqlite3_value **arguments, weft_type type);
void wefti_sqlite_keep_form(sqlite3_context *context, int count, sqlite3_value **arguments, weft_type type);

/* forms.c */
void wefti_sqlite_cast_bool(sqlite3_context *context, sqlite3_value *value, weft_type type);
void wefti_sqlite_cast_bytes(sqlite3_context *context, sqlite3_value *value, weft_type type);
void wefti_sqlite_cast_form(sqlite3_context *context, sqlite3_value *value, weft_type type);
void wefti_sqlite_cast_json(sqlite3_context *context, sqlite3_value *value, weft_type type);
void wefti_sqlite_show_bool(sqlite3_context *context, sqlite3_value *value, weft_type type);
void wefti_sqlite_show_real(sqlite3_context *context, sqlite3_value *value, weft_type type);
void wefti_sqlite_show_bytes(sqlite3_context *context, sqlite3_value *value, weft_type type);
void wefti_sqlite_show_moment(sqlite3_context *context, sqlite3_value *value, weft_type type);
void wefti_sqlite_show_json(sqlite3_context *context, sqlite3_value *value, weft_type type);

#endif
