/* Keys: taken from structs and rows, compared, hashed, and searched for.
 *
 * A key is an array of values in the order of its table's primary key; enums are their names, as the database has them. Everything
 * that decides which object a foreign key names, or whether two objects are one row's, asks here. */
#ifndef WEFTI_OBJECT_KEY_H
#define WEFTI_OBJECT_KEY_H

#include "object/object.h"

/* ---- values ---- */

/* A column of a struct as the database has it: enums are their names. Text is borrowed. */
weft_value wefti_column_value(const wefti_column *column, const void *structure);
/* The fields of two structs, column by column; two NULLs are equal. */
bool wefti_columns_equal(const wefti_column *const *a, const void *a_struct, const wefti_column *const *b, const void *b_struct,
                         uint16_t count);

/* ---- keys ---- */

uint32_t wefti_key_hash(const wefti_table *table, const weft_value *key);
bool wefti_keys_equal(const wefti_table *table, const weft_value *a, const weft_value *b);
/* The primary key of a struct; false where a part is NULL. */
bool wefti_key_of_struct(const wefti_table *table, const void *structure, weft_value key[WEFTI_MAX_KEY_COLUMNS]);
/* The object with this key in the identity map, whatever its state; NULL: none. */
wefti_object *wefti_key_find(weft_session *session, const wefti_table *table, const weft_value *key);

/* ---- keys that foreign keys name ---- */

/* The columns of two tables that a foreign key puts side by side. */
typedef struct wefti_key_pairs {
    const wefti_table *owner;                           /* the table that is referred to */
    const wefti_column *const *child, *const *referred; /* of the referring table; the column of owner that each equals */
    uint16_t count;
} wefti_key_pairs;

/* Of a relationship of any kind but many to many, from whichever side. */
wefti_key_pairs wefti_relation_pairs(const wefti_relation *relation);
wefti_key_pairs wefti_foreign_key_pairs(const wefti_foreign_key *foreign_key);
/* The pair of each column of the owner's primary key, in that key's order; false where the foreign key refers to other columns. */
bool wefti_key_order(const wefti_key_pairs *pairs, uint16_t order[WEFTI_MAX_KEY_COLUMNS]);
/* The key of the row that the child's struct refers to; false where a part is NULL, or other columns than the key are referred
 * to. */
bool wefti_key_named(const wefti_key_pairs *pairs, const void *child, weft_value key[WEFTI_MAX_KEY_COLUMNS]);
/* That row's object, where the identity map has it. */
wefti_object *wefti_key_owner(weft_session *session, const wefti_key_pairs *pairs, const void *child);
/* Whether the child's struct refers to the row of the owner's struct. A NULL refers to nothing. */
bool wefti_key_refers(const wefti_key_pairs *pairs, const void *child, const void *owner);

/* ---- what only the database knows ---- */

/* Whether a column of the primary key is of a type that keeps values in a spelling of its own: what it was given is not what is
 * read. */
bool wefti_key_is_respelled(const wefti_table *table);
/* Whether the primary key has texts, see wefti_key_is_spelled. */
bool wefti_key_is_spelling(const wefti_table *table);
/* Whether keys are texts, which the database may take for equal though they are spelt differently: another type than text, another
 * collation than that of bytes. */
bool wefti_key_is_spelled(const wefti_key_pairs *pairs);
/* The same, where the model says that the type is not plain text. */
bool wefti_key_is_loose(const wefti_key_pairs *pairs);
/* The owner whose key the database takes for the one that the child's struct refers to; NULL: none. Sends one statement. */
weft_status wefti_key_ask(weft_session *session, const wefti_key_pairs *pairs, const void *child, wefti_object **owner);
/* The object whose key the database takes for this one. */
weft_status wefti_key_ask_values(weft_session *session, const wefti_table *table, const weft_value *key, wefti_object **object);
/* One value of a key column as an array of one element, which borrows it. */
void wefti_key_array_of(const wefti_type *row, unsigned type, const weft_value *value, wefti_array *array); /* of any type */
static inline void wefti_key_array(const wefti_column *column, const weft_value *value, wefti_array *array)
{
    const wefti_type *row = wefti_type_of(column->type);
    if (row->kept == WEFTI_KEPT_INTEGER) /* little endian: the low half comes first */
        *array = (wefti_array){.type = row->item, .count = 1, .base = &value->as.i};
    else
        wefti_key_array_of(row, column->type, value, array);
}
/* wefti_key_owner; where a loose key finds nothing the database is asked. NULL also where the session failed. */
wefti_object *wefti_key_owner_asked(weft_session *session, const wefti_key_pairs *pairs, const void *child);

#endif
