/* What sql makes and drivers run: a statement, and parameters that are columns of values. In base because both layers share it. */
#ifndef WEFTI_BASE_ROWARRAY_H
#define WEFTI_BASE_ROWARRAY_H

#include <weft/value.h>

#include <string.h>

typedef struct wefti_statement wefti_statement;

/* Added to a type in wefti_statement.parameter_types: the parameter is a wefti_array. PostgreSQL sends a binary array; SQLite
 * binds JSON text for json_each (text, integers, doubles, booleans, uuid, date and time as their texts). */
#define WEFTI_ARRAY 0x2000
/* Added to WEFTI_ARRAY: the elements are texts of the type that the place of the parameter has, whatever that is (PostgreSQL). */
#define WEFTI_PLACED 0x4000

/* Types of values that no column has. A whole number above INT64_MAX, its bits in as.i: it fits decimals and nothing else. Items of
 * weft_in that are widened to INT64 when a statement takes them. Types of the program's own come after them. */
#define WEFTI_BEYOND_INT64 63
/* What a function of the program's own types refused: fits nothing. */
#define WEFTI_REFUSED 59
#define WEFTI_ITEMS_INT8 60
#define WEFTI_ITEMS_UINT8 61
#define WEFTI_ITEMS_UINT16 62

/* What stands where a value would is an expression: weft_value_of_expr. */
#define WEFTI_EXPRESSION 95

/* The name of the parameter that follows it in weft_parameters, in as.s: weft_value_of_name. */
#define WEFTI_NAME 94
#define WEFTI_ENDS_LIST 0x80 /* ends_ of the value of a list, which has the type of its items */

/* A column of values read from the fields of structs: field i lies at rows[i] + offset, or at base + i * stride + offset where rows
 * is NULL. A field is NULL where its WEFT_OPT is unset or its text, bytes, decimal or JSON pointer is NULL. */
typedef struct wefti_array {
    uint16_t type; /* weft_type, perhaps + WEFT_OPT; WEFT_CHARS allowed */
    uint16_t size; /* bytes of a WEFT_CHARS field */
    size_t count;
    const void *const *rows;
    const void *base;
    size_t stride;
    size_t offset;
} wefti_array;

static inline const void *wefti_array_field(const wefti_array *a, size_t i)
{
    return a->rows != NULL ? (const char *)a->rows[i] + a->offset : (const char *)a->base + i * a->stride + a->offset;
}

/* A list as the parameter of execute: the value only points to it, and its type says WEFTI_ARRAY. */
static inline weft_value wefti_array_value(const wefti_array *a)
{
    return (weft_value){.type = (weft_type)((a->type & ~WEFT_OPT) | WEFTI_ARRAY), .as.s = {(const char *)a, sizeof *a}};
}
static inline const wefti_array *wefti_value_array(const weft_value *value) { return (const void *)value->as.s.data; }

/* A statement as a driver sees it: const while anyone holds it. id is from a 64-bit counter, never reused; 0 is one-off text that
 * is not kept prepared. A connection that keeps it prepared calls retain once and release when it forgets it, so that running a
 * prepared statement writes nothing shared. */
/* Texts of decimals, so that equal ones are equal texts: with as many digits after the point as the column has, or as few as the
 * value needs; ANY keeps those that were given, without sign, exponent or zeros that say nothing. */
enum { WEFTI_SPELLING_ANY, WEFTI_SPELLING_SHORTEST, WEFTI_SPELLING_FIRST_SCALE };
#define WEFTI_SPELLING_SCALE(scale) ((uint16_t)(WEFTI_SPELLING_FIRST_SCALE + (scale)))

struct wefti_statement {
    uint64_t id;
    const char *sql;
    size_t sql_size;
    uint16_t parameter_count;
    uint16_t column_count;
    uint32_t row_count;              /* rows that one run inserts or updates, their parameters one row after the other; 0: as 1 */
    const uint16_t *parameter_order; /* placeholders without numbers: the parameter, from 0 on, of each; NULL: they have numbers */
    uint32_t place_count;            /* of parameter_order */
    const uint16_t *parameter_types; /* weft_type, perhaps + WEFTI_ARRAY; NULL: each value's own type */
    const uint16_t *column_types;    /* weft_type without OPT; NULL: as the database reports */
    /* Where decimals are texts: how each one is written, and must be in the results; NULL: all as ANY. Times and UUIDs of the
     * results must be spelt as weft does but where ANY stands, which is where they are computed. */
    const uint16_t *parameter_spellings, *column_spellings;
    const char *told_table, *told_column; /* an INSERT that tells the key of its row without returning it; NULL: none */
    uint32_t least_server;                /* the version of a server that knows what it says, as 150000; 0: any */
    bool returns_rows;
    bool writes;
    bool as_text;  /* among its results are types that only the database knows: their one form that weft can read is text */
    bool nameless; /* its text is another each time: never prepared by name */
    bool replan;   /* its best plan depends on its values: planned for each run, where the driver has a choice */
    uint8_t plan;  /* weft_plan_mode that it asks for by itself; 0: the engine's */
    bool text;     /* the program's own SQL, in which transaction control is refused */
    void (*retain)(const wefti_statement *statement); /* NULL where id is 0 */
    void (*release)(const wefti_statement *statement);
    bool (*evicted)(const wefti_statement *statement); /* its maker has given it up: not worth keeping; NULL: never */
};

#endif
