/* Private to the walk of expressions: what its files share. */
#ifndef WEFTI_SQL_WALK_EXPR_H
#define WEFTI_SQL_WALK_EXPR_H

#include "sql/walk.h"

/* Argument number at of a node that needs it; NULL after an error. */
const weft_expr *wefti_walk_argument(wefti_walk *walk, const weft_expr *expr, size_t at);
/* An error where a node has more than count arguments. */
void wefti_walk_no_more(wefti_walk *walk, const weft_expr *expr, size_t count);
/* " IN (" and what comes before the array. */
void wefti_walk_in_open(wefti_walk *walk, bool in, const wefti_column *column);
/* The SQL between a column and a value, spaces included; and what becomes of the pattern of LIKE and its kind. */
const char *wefti_walk_comparison(const wefti_dialect *dialect, int op);
uint8_t wefti_walk_pattern_form(const wefti_dialect *dialect, int op);
void wefti_walk_pattern(wefti_walk *walk, const weft_value *value, uint8_t form);

extern const wefti_hint wefti_hint_untyped; /* of a place that says nothing about types */
/* Constants among themselves: the database takes them for text, which JSON is not. */
static inline void wefti_hint_note_json(wefti_hint *hint)
{
    if (hint->type == WEFT_UNMAPPED)
        hint->untyped = WEFTI_UNTYPED_JSON;
}

void wefti_walk_op(wefti_walk *walk, const weft_expr *expr, int precedence);
void wefti_walk_fn(wefti_walk *walk, const weft_expr *expr);
void wefti_walk_distinct(wefti_walk *walk, const weft_expr *expr, const wefti_hint *hint);
void wefti_walk_cast(wefti_walk *walk, const weft_expr *expr);
void wefti_walk_case(wefti_walk *walk, const weft_expr *expr, const wefti_hint *hint);

/* walk_number.c: the kind of number that an expression gives, as the weft_type of that width (INT64 also of unsigned ones), or
 * WEFT_UNMAPPED where it is not known or the database computes as PostgreSQL does. */
uint8_t wefti_number_of(wefti_walk *walk, const weft_expr *expr);
uint8_t wefti_number_beside(wefti_walk *walk, const weft_expr *expr, const weft_expr *other); /* of an operand */
uint8_t wefti_number_combine(uint8_t a, uint8_t b);
uint8_t wefti_number_class(unsigned type);
bool wefti_number_is_whole(uint8_t number);
const char *wefti_number_function(const wefti_decimal_name *names, const char *name);
bool wefti_is_named(const char *name, const char *const *names);
bool wefti_takes_places(const char *name); /* whose second argument is a number of places */
void wefti_walk_bits(wefti_walk *walk, uint8_t number);
/* The operands' kinds are a and b, neither unknown. False: nothing is written. */
bool wefti_walk_arithmetic(wefti_walk *walk, const weft_expr *expr, uint8_t a, uint8_t b);
bool wefti_walk_number_fn(wefti_walk *walk, const weft_expr *expr);

/* walk_decimal.c. A decimal as a floating-point number, anything else as it is. */
void wefti_walk_real(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint);
/* An operand that is written as a decimal's text, with the collation by value where collated. Those that answer
 * false have written nothing: the usual way is right. */
void wefti_walk_decimal(wefti_walk *walk, const weft_expr *expr, const wefti_hint *hint, bool collated);
bool wefti_walk_decimal_op(wefti_walk *walk, const weft_expr *expr, bool compares);
bool wefti_walk_decimal_between(wefti_walk *walk, const weft_expr *const parts[3]);
bool wefti_walk_decimal_fn(wefti_walk *walk, const weft_expr *expr);
bool wefti_walk_decimal_cast(wefti_walk *walk, const weft_expr *inner, unsigned type);

/* Parentheses where a node binds less tightly than its surroundings ask. */
static inline bool wefti_walk_open_paren(wefti_walk *walk, int own, int around)
{
    if (own >= around)
        return false;
    wefti_walk_sql(walk, "(");
    return true;
}
static inline void wefti_walk_close_paren(wefti_walk *walk, bool opened)
{
    if (opened)
        wefti_walk_sql(walk, ")");
}

#endif
