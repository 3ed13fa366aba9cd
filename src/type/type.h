/* What a type is, apart from SQL and drivers: one row per weft_type, in type.c. Whatever needs to know how a value of some type
 * is kept, compared, hashed or shown asks the row; a switch over types elsewhere is a mistake, but for a shortcut whose default
 * asks. */
#ifndef WEFTI_TYPE_TYPE_H
#define WEFTI_TYPE_TYPE_H

#include "base/arena.h"
#include "base/rowarray.h"
#include "base/text.h"

#include <weft/model.h>
#include <weft/status.h>

/* The member of weft_value.as that holds a type's values, and with the size how a field holds them. */
typedef enum wefti_kept {
    WEFTI_KEPT_NOWHERE, /* no such type */
    WEFTI_KEPT_INTEGER, /* .i; a field of 2, 4 or 8 bytes, unsigned where .least is 0 */
    WEFTI_KEPT_REAL,    /* .d; a float or a double */
    WEFTI_KEPT_BOOL,    /* .b */
    WEFTI_KEPT_PLAIN,   /* the first .size bytes of .as, as they lie in a field: a struct without padding, such as .uuid */
    WEFTI_KEPT_RANGE,   /* .range_, and .ends_: both bounds as integers, a weft_range_... */
    WEFTI_KEPT_OWN,     /* a type of the program's own: as its .base keeps it; the field is known to its codec alone */
    WEFTI_KEPT_TEXT,    /* .s; a pointer to text that ends in NUL */
    WEFTI_KEPT_CHARS,   /* .s; the text lies in the field, at most as long as it */
    WEFTI_KEPT_BYTES,   /* .s; a weft_bytes */
    WEFTI_KEPT_BITS,    /* .s, and in .ends_ the bits of the last byte that are none; a weft_bits */
    WEFTI_KEPT_ARRAY    /* .s: the items as they lie in memory, and their bytes; a weft_array_... */
} wefti_kept;

enum { WEFTI_FORM_BYTES = 80 };

/* Types among which operators and assignments go by themselves. OTHER: not known, or with operators of its own. From DATE on:
 * times, which are texts on a database without types for them. */
typedef enum wefti_family {
    WEFTI_FAMILY_OTHER,
    WEFTI_FAMILY_BOOL,
    WEFTI_FAMILY_NUMBER,
    WEFTI_FAMILY_TEXT,
    WEFTI_FAMILY_UUID,
    WEFTI_FAMILY_MACADDR,
    WEFTI_FAMILY_BYTES,
    WEFTI_FAMILY_JSON,
    WEFTI_FAMILY_ARRAY,
    WEFTI_FAMILY_DATE,
    WEFTI_FAMILY_TIMESTAMP,
    WEFTI_FAMILY_TIME,
    WEFTI_FAMILY_INTERVAL /* times are last */
} wefti_family;

typedef struct wefti_type {
    const char *name;     /* in messages about fields: "int32" */
    const char *word;     /* in messages about values: "integer" */
    const char *content;  /* what a text of the type must be: "decimal number"; NULL: any text is one, or it is none */
    const char *nullable; /* the field that holds NULL, too: "weft_opt_int32" */
    uint8_t kept;         /* wefti_kept */
    uint8_t kin;          /* the type whose values can be equal to these: WEFT_INT64 for all integers, WEFT_DOUBLE, WEFT_TEXT */
    uint8_t family;       /* wefti_family */
    uint8_t item;         /* the type as which weft keeps lists of values */
    uint8_t base;         /* of types of the program's own, and arrays of them: what their values are in a column; else 0 */
    uint8_t element;      /* of arrays: the type of an item; else 0 */
    uint8_t bound;        /* of ranges and multiranges: the type of what they are of; else 0 */
    bool optional_items;  /* of arrays: which is a weft_opt_... struct */
    uint16_t stride;      /* of arrays: its bytes */
    uint8_t align, optional_align, optional_at; /* of a plain field and its weft_opt_..., and where the value lies there */
    uint16_t size;                              /* of a plain field; 0 bytes: as long as the field says */
    uint16_t optional_size;                     /* 0: there is none */
    bool borrows;                               /* a plain field points to its content, and a NULL pointer is NULL */
    bool texts;              /* its only form that weft reads and writes is text: results that have it come as texts */
    bool by_name;            /* no number of the server's is known for it: what stands alone says its name */
    bool respelled;          /* has several spellings, of which a database may keep another than it was given */
    int64_t least, greatest; /* of integers, what the field holds */
    /* Neither is NULL, both are of types of one kin. NaN equals itself, 0 equals -0; decimals are equal by number. compare is an
     * order in which equal values are neighbours, not the database's for text. */
    bool (*equal)(const weft_value *a, const weft_value *b);
    int (*compare)(const weft_value *a, const weft_value *b);
    uint64_t (*hash)(const weft_value *value, uint64_t seed); /* equal values have one hash; not NULL */
    bool (*take)(const weft_value *from, weft_value *to);     /* from any type, where nothing is lost; not NULL */
    void (*show)(wefti_text *out, const weft_value *value);   /* as people read it, text without quotes; not NULL */
    /* Of what is kept as text where the database has no such type: the text, which .take reads; its order is that of the values,
     * but for intervals. The size, 0 where a value has none; not NULL. Of other types NULL. */
    size_t (*form)(const weft_value *value, char text[WEFTI_FORM_BYTES]);
    const weft_codec *codec; /* of types of the program's own */
} wefti_type;

#define WEFTI_TYPE_ROWS 256
extern wefti_type wefti_types[WEFTI_TYPE_ROWS]; /* own.c adds rows; none changes */

/* The number of the first type of a program's own; those below are weft's. */
#define WEFTI_FIRST_OWN 96
/* Columns have types below this number: weft's own scalars, their arrays, and multiranges. */
#define WEFTI_COLUMN_TYPES WEFTI_FIRST_OWN

/* The row of a type; flags (WEFT_OPT, WEFTI_ARRAY, WEFTI_PLACED) do not matter. Never NULL: an unknown type is
 * WEFTI_KEPT_NOWHERE. */
static inline const wefti_type *wefti_type_of(unsigned type) { return &wefti_types[type & (WEFTI_TYPE_ROWS - 1u)]; }

static inline bool wefti_type_is_own(unsigned type) { return wefti_type_of(type)->kept == WEFTI_KEPT_OWN; }
/* The type of values of a field type, without flags. */
static inline unsigned wefti_type_base(unsigned type)
{
    return wefti_type_of(type)->base != 0 ? wefti_type_of(type)->base : type & (WEFTI_TYPE_ROWS - 1u);
}
/* Whether the items of such an array are of a type of the program's own. */
static inline bool wefti_type_has_own_items(unsigned type)
{
    return wefti_type_of(type)->base != 0 && wefti_type_of(type)->kept == WEFTI_KEPT_ARRAY;
}

/* A field type in six bits, for a dense switch over those that are weft's own: the type, with WEFTI_SHORT_OPT where the field is
 * optional. Any other (of the program's own, an array) is 0, that of no case. */
enum { WEFTI_SHORT_OPT = 32 };
static inline uint8_t wefti_type_short(unsigned field_type)
{
    const unsigned type = field_type & ~(unsigned)WEFT_OPT;
    return (uint8_t)(type >= WEFTI_SHORT_OPT ? 0 : type | ((field_type & WEFT_OPT) != 0 ? WEFTI_SHORT_OPT : 0u));
}

/* Whether a field, or what stands for one, is nothing but zero bytes. */
bool wefti_field_is_clear(const void *field, size_t size);

static inline bool wefti_type_is_integer(unsigned type) { return wefti_type_of(type)->kin == WEFT_INT64; }
static inline bool wefti_type_is_real(unsigned type) { return wefti_type_of(type)->kin == WEFT_DOUBLE; }
/* Whether values are UTF-8 text: text, decimals, JSON. */
static inline bool wefti_type_is_text(unsigned type)
{
    const uint8_t kept = wefti_type_of(type)->kept;
    return kept == WEFTI_KEPT_TEXT || kept == WEFTI_KEPT_CHARS;
}
/* Whether values are in .s: text, bytes or arrays. */
static inline bool wefti_type_has_content(unsigned type) { return wefti_type_of(type)->kept >= WEFTI_KEPT_TEXT; }
static inline bool wefti_type_is_array(unsigned type) { return wefti_type_of(type)->kept == WEFTI_KEPT_ARRAY; }
/* Which is kept as an array of ranges. */
static inline bool wefti_type_is_multirange(unsigned type) { return wefti_type_is_array(type) && wefti_type_of(type)->bound != 0; }
/* Whether a column may have the type, as the database knows it: one of weft's own, without flags. */
static inline bool wefti_type_is_columns(unsigned type)
{
    return type > WEFT_UNMAPPED && type < WEFTI_COLUMN_TYPES &&
           (type < WEFT_TYPE_COUNT_ || (wefti_type_is_array(type) && !wefti_type_of(type)->optional_items));
}
/* Whether a value may have it: also an array whose items are optionals, or of a type of the program's own. */
static inline bool wefti_type_is_values(unsigned type)
{
    return wefti_type_is_columns(type) || (type < WEFTI_TYPE_ROWS && wefti_type_is_array(type));
}
/* As what a column keeps values of this type, which has no flags: text of a char array, an array of what optionals hold. */
static inline unsigned wefti_type_of_column(unsigned type)
{
    return type == WEFT_CHARS ? (unsigned)WEFT_TEXT : wefti_type_is_array(type) ? (unsigned)wefti_type_of(type)->kin : type;
}
/* Whether a plain field of this field type points to its content. */
static inline bool wefti_type_borrows(unsigned field_type)
{
    return (field_type & WEFT_OPT) == 0 && wefti_type_of(field_type)->borrows;
}

/* ---- values ---- */

/* How many bytes the content of a value takes in one piece, with a closing NUL; 0 where the value holds it itself or is NULL. */
size_t wefti_value_room(const weft_value *value);
/* The value with its content copied to room, which has as many bytes and is aligned for any type. */
weft_value wefti_value_copied(weft_value value, void *room);

/* Values of types of one kin; two NULLs are equal. */
bool wefti_values_equal(const weft_value *a, const weft_value *b);
/* As wefti_values_equal, for values that must be there: a NULL is equal to nothing. */
static inline bool wefti_values_match(const weft_value *a, const weft_value *b)
{
    return !a->is_null && !b->is_null && wefti_values_equal(a, b);
}
/* Equal to the last bit, type included: which of two is meant makes no difference to anyone. Two NULLs are the same. */
bool wefti_values_same(const weft_value *a, const weft_value *b);
/* NULL is least. */
int wefti_values_compare(const weft_value *a, const weft_value *b);
/* By the type that is given: cells of rows may come as texts. */
uint64_t wefti_value_hash(unsigned type, const weft_value *value, uint64_t seed);
/* A value of another type as one of this; false where that is not possible without loss. What is borrowed stays borrowed. */
bool wefti_value_take(unsigned type, const weft_value *from, weft_value *to);
/* The value that a text stands for, of a type that is kept as text; a time also from the text of another that can be cast to it. */
bool wefti_value_read(unsigned type, const char *data, size_t size, weft_value *value);
/* As people read it: text without quotes, bytes by their number, NULL. */
void wefti_value_show(wefti_text *out, const weft_value *value);
/* The text of a value that is kept as such (see .form): its size, 0 where there is none. */
size_t wefti_value_form(const weft_value *value, char text[WEFTI_FORM_BYTES]);
/* Zero, false, the nil UUID; never true for text or bytes. */
bool wefti_value_is_zero(const weft_value *value);

/* ---- fields ---- */

/* The value of a field of this type at this address (reads OPT forms); borrowed text. */
weft_value wefti_field_value_any(unsigned type, uint16_t size, const void *field);
static inline weft_value wefti_field_value(unsigned type, uint16_t size, const void *field)
{
    switch (type) { /* what most fields are; NULL texts are left to the other */
    case WEFT_INT64:
    case WEFT_TIMESTAMP: return (weft_value){.type = (weft_type)type, .as.i = *(const int64_t *)field};
    case WEFT_INT32: return (weft_value){.type = WEFT_INT32, .as.i = *(const int32_t *)field};
    case WEFT_DOUBLE: return (weft_value){.type = WEFT_DOUBLE, .as.d = *(const double *)field};
    case WEFT_TEXT:
        if (*(const char *const *)field != NULL)
            return (weft_value){.type = WEFT_TEXT, .as.s = {*(const char *const *)field, strlen(*(const char *const *)field)}};
        break;
    default: break;
    }
    return wefti_field_value_any(type, size, field);
}

/* Writes a value that is not NULL to a field of this type (with or without WEFT_OPT) that borrows nothing; false where the field
 * cannot hold it. The value must be kept as the type keeps it. */
bool wefti_field_put(unsigned field_type, const weft_value *value, void *field);
/* Makes a field NULL; false where it cannot be. */
bool wefti_field_put_null(unsigned field_type, size_t size, void *field);
/* A value of this type to a plain field of it, which is not NULL; what it borrows stays borrowed. False where it does not fit. */
bool wefti_plain_put(unsigned type, const weft_value *value, void *to);
/* A value as an item of a list of its type's .item; what it borrows stays borrowed. False where it is out of that type's range. */
bool wefti_item_put(void *to, const weft_value *value);

/* ---- array.c ---- */

/* The items of a value that is an array and not NULL. */
wefti_array wefti_array_items(const weft_value *value);
static inline size_t wefti_array_count(const weft_value *value) { return value->as.s.size / wefti_type_of(value->type)->stride; }
static inline weft_value wefti_array_item(const weft_value *value, size_t i)
{
    const wefti_type *row = wefti_type_of(value->type);
    return wefti_field_value(row->element | (row->optional_items ? (unsigned)WEFT_OPT : 0u), 0, value->as.s.data + i * row->stride);
}
/* The type of an array of such items, 0 where there is none; optional: they may be NULL, and their C type cannot. */
unsigned wefti_array_type(unsigned item, bool optional);
/* Room for count items of an array type, at least one byte, zeroed and as an arena gives it; to becomes a value of it that is
 * filled by wefti_array_put. False without memory. */
bool wefti_array_new(wefti_arena *arena, unsigned type, size_t count, weft_value *to);
/* Item i from a value of the items' type or one that can be it, whose content is borrowed; false where the item cannot hold it. */
bool wefti_array_put(weft_value *array, size_t i, const weft_value *item);
/* An array as one of another type, from the arena; *refused is the number of the item that cannot be one, else the count. */
bool wefti_array_as(wefti_arena *arena, unsigned type, const weft_value *from, weft_value *to, size_t *refused);

/* Where memory for what is made anew comes from; NULL without memory. */
typedef void *(*wefti_allocate)(void *context, size_t size);
void *wefti_arena_room(void *arena, size_t size); /* an arena's */
/* The place of a name; count where it is none of them. */
size_t wefti_name_find(const char *const *names, size_t count, const char *data, size_t size);
/* An array of numbers as one of the names that stand for them, texts among which those names are as they are; false without memory.
 * *refused is the number of the item that is none, else SIZE_MAX. */
bool wefti_array_to_names(const weft_value *from, const char *const *names, size_t count, wefti_allocate allocate, void *context,
                          weft_value *to, size_t *refused);
/* The same the other way, as an array of this type, whose items are integers or optionals of them. */
bool wefti_array_of_names(wefti_arena *arena, unsigned type, const weft_value *from, const char *const *names, size_t count,
                          weft_value *to, size_t *refused);

/* The text of an array as PostgreSQL writes it, {1,NULL,"a b"}, or one of JSON, [1,null,"a b"], item by item. */
typedef struct wefti_array_text {
    bool valid; /* it is an array of one dimension */
    bool nulls; /* an item is NULL */
    bool json;
    size_t count; /* of items */
    const char *at, *end;
    char *item; /* the present one, ending with NUL, and its size */
    size_t size;
    bool is_null;
} wefti_array_text;
/* Looks through all of it; false without memory, which is the arena's. Then next gives one item after the other, count times. */
bool wefti_array_text_begin(wefti_array_text *text, wefti_arena *arena, const char *data, size_t size);
bool wefti_array_text_next(wefti_array_text *text);
/* Such a text as an array of this type, or of one with optional items where one is NULL: false without memory; *valid where it is
 * one and its items are what the type has. */
bool wefti_array_read(wefti_arena *arena, unsigned type, const char *data, size_t size, weft_value *to, bool *valid);

bool wefti_arrays_equal(const weft_value *a, const weft_value *b);
bool wefti_arrays_same(const weft_value *a, const weft_value *b);
int wefti_arrays_compare(const weft_value *a, const weft_value *b);
uint64_t wefti_array_hash(const weft_value *value, uint64_t seed);
void wefti_array_show(wefti_text *out, const weft_value *value);
/* As JSON, where a database keeps arrays so; what cannot stand in it, as words that follow the array's name, or NULL. */
const char *wefti_array_add_json(wefti_text *json, const weft_value *array);
size_t wefti_array_room(const weft_value *value);
weft_value wefti_array_copied(weft_value value, void *room);

void wefti_show_moment(wefti_text *out, const weft_value *value); /* as arrays and ranges have it: with its zone */

/* ---- range.c ---- */

/* How a range ends; .ends_ of a value. What has no bound has 0 for it, and is not open there; of an empty one all else is 0. */
enum { WEFTI_LOWER_OPEN = 1, WEFTI_UPPER_CLOSED = 2, WEFTI_NO_LOWER = 4, WEFTI_NO_UPPER = 8, WEFTI_EMPTY = 16 };
/* The value as the server would give it back: [1,5] of whole numbers is [1,6). */
void wefti_range_settle(weft_value *value);
/* A bound that there is, as a value. */
weft_value wefti_range_bound(const weft_value *range, bool upper);
/* The parts of the text of a range: bounds as they stand there, without quotes. */
typedef struct wefti_range_text {
    const char *bounds[2];
    size_t sizes[2];
    uint8_t ends;
} wefti_range_text;
bool wefti_range_split(const char *data, size_t size, wefti_range_text *text);
/* The same of the ranges of a multirange, one after the other: at is where the text goes on, after its { at first. False: no more,
 * and *valid false where there should have been one. */
bool wefti_multirange_next(const char **at, const char *end, const char **range, size_t *size, bool *valid);
/* A range, but of decimals, that a text stands for. */
bool wefti_range_read(unsigned type, const char *data, size_t size, weft_value *value);
/* The parts of a range of decimals, each bound a decimal. */
bool wefti_range_of_decimals(const char *data, size_t size, wefti_range_text *text);
bool wefti_ranges_equal(const weft_value *a, const weft_value *b);
int wefti_ranges_compare(const weft_value *a, const weft_value *b);
uint64_t wefti_range_hash(const weft_value *value, uint64_t seed);
void wefti_range_show(wefti_text *out, const weft_value *value);
bool wefti_decimal_ranges_equal(const weft_value *a, const weft_value *b);
int wefti_decimal_ranges_compare(const weft_value *a, const weft_value *b);
uint64_t wefti_decimal_range_hash(const weft_value *value, uint64_t seed);
/* The range that a type is, or a multirange is made of. */
static inline unsigned wefti_type_range(unsigned type)
{
    return wefti_type_is_array(type) ? wefti_type_of(type)->element : type & (WEFTI_TYPE_ROWS - 1u);
}

/* ---- bits.c ---- */

/* How many bits a value has. */
static inline size_t wefti_bits_count(const weft_value *value) { return value->as.s.size * 8 - value->ends_; }
/* Digits as bytes, in room for size / 8 + 1 of them; false where there are others. */
bool wefti_bits_read(const char *digits, size_t size, char *room, weft_value *value);
bool wefti_bits_equal(const weft_value *a, const weft_value *b);
int wefti_bits_compare(const weft_value *a, const weft_value *b);
uint64_t wefti_bits_hash(const weft_value *value, uint64_t seed);
void wefti_bits_show(wefti_text *out, const weft_value *value);

/* ---- own.c ---- */

/* The number of a codec's type, which gets a row where it has none; WEFT_ERROR_MODEL or WEFT_ERROR_LIMIT with what is wrong. shape:
 * 0, WEFT_ARRAY or WEFT_ARRAY_OF_OPT, of an array of such fields. Any thread. */
weft_status wefti_own_type(const weft_codec *codec, unsigned shape, unsigned *type, const char **problem);
/* The same; WEFT_UNMAPPED where that is not possible. */
unsigned wefti_own_type_known(const weft_codec *codec, unsigned shape);
/* The type of an entry's field, perhaps + WEFT_OPT. */
static inline unsigned wefti_attr_type(const weft_attr *attr)
{
    const unsigned shape = (unsigned)attr->field_type & ~(unsigned)WEFT_OPT;
    return attr->codec == NULL ? (unsigned)attr->field_type
                               : wefti_own_type_known(attr->codec, shape) | ((unsigned)attr->field_type & WEFT_OPT);
}
/* A field as a value of its .base; WEFTI_REFUSED where its encoder refuses it. What an encoder makes may be overwritten once some
 * other values were read: whoever keeps one holds it. */
weft_value wefti_own_value(const wefti_type *row, const void *field);
/* Whether it is WEFTI_REFUSED because the encoder had no memory to write to. */
bool wefti_own_had_no_room(const weft_value *value);
/* Copies what an encoder has made to where it stays until 64 others are held by the thread. */
void wefti_own_hold(weft_value *value);
/* False where the decoder refuses it, or it is no value of the .base. */
bool wefti_own_put(const wefti_type *row, const weft_value *value, void *field);
/* An array of fields of such a type as one of values of its .base; room comes from allocate, which gives NULL without memory. At
 * the first field that is refused *refused is its number, else the count. */
bool wefti_own_array(const wefti_array *from, wefti_allocate allocate, void *context, wefti_array *to, size_t *refused);
/* The same of a value that is an array; *refused is SIZE_MAX where none is. */
bool wefti_own_items(const weft_value *from, wefti_allocate allocate, void *context, weft_value *to, size_t *refused);

/* ---- interval.c ---- */

/* As values: 30 days are a month, 24 hours a day. */
int wefti_interval_compare(const weft_interval *a, const weft_interval *b);
uint64_t wefti_interval_hash(const weft_interval *interval, uint64_t seed);
size_t wefti_interval_write(const weft_interval *interval, char text[WEFTI_FORM_BYTES]);
bool wefti_interval_parse(const char *data, size_t size, weft_interval *interval);
/* Also with words, as the style "postgres" has it, 1 mon -3 days 04:05:06.7; a NUL stands behind the data. */
bool wefti_interval_read(const char *data, size_t size, weft_interval *interval);

/* ---- macaddr.c ---- */

size_t wefti_macaddr_write(const weft_macaddr *macaddr, char text[WEFTI_FORM_BYTES]);
bool wefti_macaddr_parse(const char *data, size_t size, weft_macaddr *macaddr);

/* ---- inet.c ---- */

typedef struct wefti_inet {
    bool is_ipv6;
    uint8_t bits; /* of the network; all of the address where there is none */
    uint8_t size; /* of the address */
    unsigned char bytes[16];
} wefti_inet;
bool wefti_inet_parse(const char *data, size_t size, wefti_inet *inet);
size_t wefti_inet_write(const wefti_inet *inet, char text[WEFTI_FORM_BYTES]);
int wefti_inet_compare(const wefti_inet *a, const wefti_inet *b);

/* ---- what rows of the table refer to ---- */

bool wefti_take_text(const weft_value *from, weft_value *to);
bool wefti_take_bytes(const weft_value *from, weft_value *to);
bool wefti_take_integer(const weft_value *from, weft_value *to);
bool wefti_take_real(const weft_value *from, weft_value *to);
bool wefti_take_bool(const weft_value *from, weft_value *to);
bool wefti_take_timestamp(const weft_value *from, weft_value *to);
bool wefti_take_date(const weft_value *from, weft_value *to);
bool wefti_take_time(const weft_value *from, weft_value *to);
bool wefti_take_uuid(const weft_value *from, weft_value *to);
bool wefti_take_interval(const weft_value *from, weft_value *to);
bool wefti_take_decimal(const weft_value *from, weft_value *to);
bool wefti_take_inet(const weft_value *from, weft_value *to);
bool wefti_take_macaddr(const weft_value *from, weft_value *to);
bool wefti_take_array(const weft_value *from, weft_value *to);
bool wefti_take_bits(const weft_value *from, weft_value *to);
bool wefti_take_range(const weft_value *from, weft_value *to);
bool wefti_take_decimal_range(const weft_value *from, weft_value *to);

#endif
