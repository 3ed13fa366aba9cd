/* Private to the walk of expressions: what its files share. */
#ifndef WEFTI_SQL_WALK_EXPR_H
#define WEFTI_SQL_WALK_EXPR_H

#include "sql/walk.h"

/* Argument number at of a node that needs it; NULL after an error. */
const weft_expr *wefti_walk_argument(wefti_walk *walk, const weft_expr *expr, size_t at);
const weft_expr *wefti_expr_argument(const weft_expr *expr, size_t at); /* the same where there may be none: NULL */
/* An error where a node has more than count arguments. */
void wefti_walk_no_more(wefti_walk *walk, const weft_expr *expr, size_t count);
/* " IN (" and what comes before the array. */
void wefti_walk_in_open(wefti_walk *walk, bool in, const wefti_column *column);
/* Whether a value of the type, that is not stored, is read as JSON where it stands: the database has texts in its place, and what
 * is none must be told as it is elsewhere. column: beside which it stands, or NULL. */
bool wefti_walk_reads_json(const wefti_walk *walk, unsigned type, const wefti_column *column);
/* The SQL between a column and a value, spaces included; and what becomes of the pattern of LIKE and its kind. */
const char *wefti_walk_comparison(const wefti_dialect *dialect, int op);
uint8_t wefti_walk_pattern_form(const wefti_dialect *dialect, int op);
void wefti_walk_pattern(wefti_walk *walk, const weft_value *value, uint8_t form);

/* Op, a small extra (nullness, type) and the field; the model; and the alias where there is one. */
static inline uint64_t wefti_node_head(const weft_expr *expr, unsigned extra)
{
    return (uint64_t)(unsigned)expr->op | (expr->alias != 0 ? 0x100u : 0u) | (uint64_t)extra << 16 | (uint64_t)expr->offset << 32;
}
/* The same of a column without alias. */
static inline uint64_t wefti_column_head(const weft_expr *column) { return WEFT_EXPR_COLUMN | (uint64_t)column->offset << 32; }
static inline bool wefti_tests_null(const weft_expr *expr)
{
    return expr->value.is_null && (expr->op == WEFT_EXPR_EQ || expr->op == WEFT_EXPR_NE);
}

static inline unsigned wefti_compare_extra(const weft_expr *expr)
{
    return (unsigned)expr->value.type | (wefti_tests_null(expr) ? 0x80u : 0);
}

/* walk_note.c: the shape of what most statements are, in one go and in the bytes of the walk. The leading terms of a list that
 * compare columns with values; how many there are. */
size_t wefti_note_comparisons(wefti_walk *walk, const weft_expr *const *terms);
/* What wefti_walk_condition notes, and what wefti_walk_columns does; false where it is another, and nothing is noted. */
bool wefti_note_condition(wefti_walk *walk, const weft_expr *condition, uint64_t note);
bool wefti_note_columns(wefti_walk *walk, const weft_expr *const *columns);

/* walk_computed.c: a column compared with an expression; and the expression that one is compared with or set to, NULL after an
 * error. */
void wefti_walk_compare_computed(wefti_walk *walk, const weft_expr *expr, int precedence);
const weft_expr *wefti_walk_computed(wefti_walk *walk, const weft_expr *expr);

extern const wefti_hint wefti_hint_condition;
extern const wefti_hint wefti_hint_column;  /* of a column of a SELECT, in which a text without a type is one */
extern const wefti_hint wefti_hint_untyped; /* of a place that says nothing about types */
/* Constants among themselves: the database takes them for text, which JSON is not. */
static inline void wefti_hint_note_json(wefti_hint *hint)
{
    if (hint->type == WEFT_UNMAPPED)
        hint->untyped = WEFTI_UNTYPED_JSON;
}

void wefti_walk_op(wefti_walk *walk, const weft_expr *expr, int precedence);
/* walk_op.c: a text beside a pattern; op: WEFT_EXPR_LIKE to CONTAINS, the last three with a value on the right. */
void wefti_walk_like(wefti_walk *walk, const weft_expr *left, const weft_expr *right, int op);
void wefti_walk_fn(wefti_walk *walk, const weft_expr *expr);
void wefti_walk_distinct(wefti_walk *walk, const weft_expr *expr, const wefti_hint *hint);
void wefti_walk_cast(wefti_walk *walk, const weft_expr *expr);
void wefti_walk_case(wefti_walk *walk, const weft_expr *expr, const wefti_hint *hint);

/* walk_tuple.c: an operator that has a tuple on one side. */
bool wefti_is_tuple_op(const weft_expr *expr);
/* How many values it has; more than WEFTI_MAX_KEY_COLUMNS are not counted. */
size_t wefti_tuple_count(wefti_walk *walk, const weft_expr *tuple);
void wefti_walk_tuple_op(wefti_walk *walk, const weft_expr *expr, int precedence);

/* walk_fragment.c: SQL text of the program's; and which one of the databases' is this one's, NULL after an error. */
void wefti_walk_fragment(wefti_walk *walk, const weft_expr *expr, int precedence);
const weft_expr *wefti_walk_of_database(wefti_walk *walk, const weft_expr *expr);

/* walk_any.c: an operator that has ANY or ALL on one side. */
bool wefti_is_any_all_op(const weft_expr *expr);
void wefti_walk_any_all(wefti_walk *walk, const weft_expr *expr, int precedence);
/* walk_derived.c: the column of a query of one, of its first member where it is a set operation; NULL: it has not one. */
const weft_expr *wefti_only_column(const weft_rows_options *query);

/* walk_aggregate.c */
void wefti_walk_filter(wefti_walk *walk, const weft_expr *expr);
void wefti_walk_ordered(wefti_walk *walk, const weft_expr *expr);
void wefti_walk_within(wefti_walk *walk, const weft_expr *expr);
/* The value in the order of WITHIN that it gives, or NULL where it gives another; and the kind of that. */
const weft_expr *wefti_within_value(const weft_expr *expr);
wefti_hint wefti_walk_within_type(wefti_walk *walk, const weft_expr *expr);
/* string_agg with an order or distinct values, where the database has neither: all of it. ordered: its node, or NULL. */
bool wefti_walk_joined(wefti_walk *walk, const weft_expr *function, const weft_expr *ordered);
/* ORDER BY within an aggregate, whose distinct argument stands in the text from .. to; does nothing where ordered is NULL. */
void wefti_walk_ordering(wefti_walk *walk, const weft_expr *function, const weft_expr *ordered, size_t from, size_t to);
/* walk_groups.c: where aggregates and windows may stand. Rendering only, as all that it says. */
bool wefti_is_aggregate(const weft_expr *expr);
bool wefti_has_window(const weft_expr *expr);
#define WEFTI_PLACE_OF_ROWS "a condition on rows (.where, a join)"
typedef struct wefti_ground {
    const char *no_aggregates, *no_windows;
    struct wefti_grouped *grouped;
} wefti_ground;
/* What is walked next may have no windows, and where aggregates says so no aggregates; place is a word for messages. Gives what was
 * before, for wefti_walk_leave. */
wefti_ground wefti_walk_enter(wefti_walk *walk, const char *place, bool aggregates);
void wefti_walk_leave(wefti_walk *walk, wefti_ground before);
/* Before the arguments of a function, whose call is as called says: refuses one that may not stand here. */
wefti_ground wefti_walk_enter_function(wefti_walk *walk, const weft_expr *expr, wefti_called called);

/* walk_arguments.c: refuses a number of arguments that the function does not take, and what does not count where it must; rendering
 * only. */
void wefti_walk_check_arguments(wefti_walk *walk, const weft_expr *expr);
/* Whether argument number at is an integer of 32 bits; and what is written as one where the database takes no wider. */
bool wefti_walk_counts(const weft_expr *expr, size_t at);
void wefti_walk_narrow(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint);
/* walk_window.c */
void wefti_walk_over(wefti_walk *walk, const weft_expr *expr);
/* walk_date.c: the nodes of dates; and the type of what they give. */
void wefti_walk_date(wefti_walk *walk, const weft_expr *expr);
uint8_t wefti_date_type(wefti_walk *walk, const weft_expr *expr);
const weft_expr *wefti_over_function(const weft_expr *expr); /* the function within OVER and FILTER, or the node itself */
/* Functions of windows: whose value is that of their first argument in another row; the third one of some stands in for it. */
bool wefti_picks_row(const char *name);
/* The kind of number that the others give, or WEFT_UNMAPPED where it is none of them. */
uint8_t wefti_window_number(const char *name);

/* walk_type.c: what an operator does, as far as types are concerned. */
typedef enum wefti_rule {
    WEFTI_RULE_NONE,
    WEFTI_RULE_COMPARE,
    WEFTI_RULE_COMPUTE,
    WEFTI_RULE_JOIN,
    WEFTI_RULE_BITS,
    WEFTI_RULE_SHIFT,
    WEFTI_RULE_LIKE,
    WEFTI_RULE_LOGIC,
    WEFTI_RULE_MEMBER
} wefti_rule;
wefti_rule wefti_walk_rule(const char *name);
/* Refuse types that do not go together; no effect without render. */
void wefti_walk_check_op(wefti_walk *walk, const weft_expr *expr);
void wefti_walk_check_pair(wefti_walk *walk, const char *name, const weft_expr *a, const weft_expr *b); /* that are compared */
void wefti_walk_check_pattern(wefti_walk *walk, const wefti_column *column, const char *name);
void wefti_walk_check_fn(wefti_walk *walk, const weft_expr *expr);
/* The type of an array's items; 0 where it is none, or not known. */
unsigned wefti_walk_element(wefti_walk *walk, const weft_expr *expr);
void wefti_walk_check_results(wefti_walk *walk, const weft_expr *expr, const char *name); /* of CASE and the like */
void wefti_walk_check_cast(wefti_walk *walk, const weft_expr *inner, unsigned type);
/* What a constant becomes beside another operand: what it is inferred to be; a text among constants, where weft reads it, what
 * the other one is. */
wefti_hint wefti_walk_beside(wefti_walk *walk, const weft_expr *expr, const weft_expr *other);
/* The same of a result of CASE or an argument of a function whose arguments share a type, for which hint is what is inferred. */
wefti_hint wefti_walk_text_hint(wefti_walk *walk, const weft_expr *expr, const weft_expr *item, const wefti_hint *hint);
/* A text among constants, or a null: it has the type of what stands beside it. */
bool wefti_is_untyped_text(const weft_expr *expr);
uint8_t wefti_family_type(wefti_family family); /* a type of it, the widest of integers */
/* The function that casts to the type, with its parenthesis, where there must be one; false: nothing is written. */
bool wefti_walk_open_cast(wefti_walk *walk, unsigned type);
/* The same of what is a timestamp where a time is wanted; false: nothing is written. */
bool wefti_walk_open_time(wefti_walk *walk, const weft_expr *expr, unsigned type);
/* Whether an array and the type of one have integers of two widths. */
bool wefti_walk_other_width(wefti_walk *walk, const weft_expr *array, unsigned type);
/* Operands as PostgreSQL would convert them: to its text, and a date to a timestamp. */
void wefti_walk_as_text(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint);
void wefti_walk_as_timestamp(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint);
bool wefti_walk_mixes_times(wefti_walk *walk, const weft_expr *const *list, size_t count);
/* What the rules of a function say of its arguments: all of one type; texts, or the first. */
bool wefti_walk_takes_one_type(const weft_expr *expr);
bool wefti_walk_takes_texts(const weft_expr *expr);

/* walk_enum.c. Whether the database compares the two, enums of different types or one and a text, as texts alone; or some two of
 * several; or of what CASE and the like choose from. */
bool wefti_walk_mixes_enums(wefti_walk *walk, const weft_expr *a, const weft_expr *b);
bool wefti_walk_enums_mix(wefti_walk *walk, const weft_expr *const *list, size_t count);
/* The same of a value beside column number i of the members of a set operation, which then is a text in each of them. */
bool wefti_walk_members_mix(wefti_walk *walk, const weft_expr *e, const weft_rows_options *query, size_t i);
/* A query within an expression; texts: bits of the columns in which enums are cast to text, in each member of a set operation. */
void wefti_walk_members(wefti_walk *walk, const weft_rows_options *query, uint32_t texts);
/* The same of what is looked for in a query that gives a text among constants. */
bool wefti_walk_mixes_texts(wefti_walk *walk, const weft_expr *e, const weft_expr *column);
/* The same of the operands of a node of arrays; and as what both are cast then, an array where the expression is one. */
bool wefti_walk_items_mix(wefti_walk *walk, const weft_expr *expr);
weft_type wefti_walk_enum_as(wefti_walk *walk, const weft_expr *expr);
bool wefti_walk_enums_differ(wefti_walk *walk, const weft_expr *expr);
/* An operand, cast to text where it is of an enum's own type; and whether a column is. */
void wefti_walk_enum_text(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint);
bool wefti_walk_is_made_enum(wefti_walk *walk, const wefti_column *column);

/* walk_number.c: the kind of number that an expression gives, as the weft_type of that width (INT64 also of unsigned ones), or
 * WEFT_UNMAPPED where it is not known or the database computes as PostgreSQL does. */
uint8_t wefti_number_of(wefti_walk *walk, const weft_expr *expr);
bool wefti_walk_is_float(wefti_walk *walk, const weft_expr *expr);       /* of 32 bits, whose decimals have 6 digits */
uint8_t wefti_walk_number_kind(wefti_walk *walk, const weft_expr *expr); /* the same on every database; rendering only */
uint8_t wefti_number_beside(wefti_walk *walk, const weft_expr *expr, const weft_expr *other); /* of an operand */
uint8_t wefti_number_combine(uint8_t a, uint8_t b);
/* The same of results that share a type: floats stay floats beside all but doubles. */
uint8_t wefti_number_shared(uint8_t a, uint8_t b);
uint8_t wefti_number_class(unsigned type);
bool wefti_number_is_whole(uint8_t number);
const char *wefti_number_function(const wefti_decimal_name *names, const char *name);
bool wefti_is_named(const char *name, const char *const *names);
bool wefti_is_choice(const char *name); /* whose arguments share a type, which the result has */
/* Whether a function may have the star as its argument: count, and aggregates of the program's own. */
bool wefti_takes_star(const weft_expr *expr);
bool wefti_takes_places(const char *name); /* whose second argument is a number of places */
void wefti_walk_bits(wefti_walk *walk, uint8_t number);
/* The operands' kinds are a and b, neither unknown. False: nothing is written. */
bool wefti_walk_arithmetic(wefti_walk *walk, const weft_expr *expr, uint8_t a, uint8_t b);
bool wefti_walk_number_fn(wefti_walk *walk, const weft_expr *expr);

/* walk_decimal.c. A decimal as a floating-point number, anything else as it is. */
void wefti_walk_real(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint);
/* The same, and integers are converted, too, and what to a float is none: where the number itself is kept or compared. */
void wefti_walk_as_real(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint, uint8_t to);
/* Whether numbers of these kinds are compared as floating-point numbers though one of them is kept as another. */
bool wefti_walk_compares_real(const wefti_walk *walk, uint8_t a, uint8_t b);
/* An operand that is written as a decimal's text, with the collation by value where collated. Those that answer
 * false have written nothing: the usual way is right. */
void wefti_walk_decimal(wefti_walk *walk, const weft_expr *expr, const wefti_hint *hint, bool collated);
bool wefti_walk_decimal_op(wefti_walk *walk, const weft_expr *expr, bool compares);
/* As what a value and its bounds are written: WEFT_DECIMAL, WEFT_DOUBLE, or WEFT_UNMAPPED in the usual way. */
uint8_t wefti_walk_decimal_between(wefti_walk *walk, const weft_expr *const parts[3]);
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

/* walk_json.c: what is within JSON; and what gives its elements or members in FROM, both sinks. */
void wefti_walk_json(wefti_walk *walk, const weft_expr *expr, int precedence);
/* walk_array.c: nodes of arrays; the type of what one gives; and the aggregate, false where it is written as any function is. */
void wefti_walk_array(wefti_walk *walk, const weft_expr *expr, int precedence);
void wefti_walk_array_of(wefti_walk *walk, const weft_expr *expr);
void wefti_walk_array_list(wefti_walk *walk, const weft_expr *expr);
/* The column whose items those of an array are, or whose item it is, where these are no type that every database has; or NULL. */
const wefti_column *wefti_array_items_column(wefti_walk *walk, const weft_expr *expr);
uint8_t wefti_array_node_type(wefti_walk *walk, const weft_expr *expr);
bool wefti_walk_array_agg(wefti_walk *walk, const weft_expr *expr, const weft_expr *ordered);
/* walk_range.c: nodes of ranges; the type of what one gives, and of what a function of ranges does, if it is one. */
void wefti_walk_range(wefti_walk *walk, const weft_expr *expr, int precedence);
uint8_t wefti_range_node_type(wefti_walk *walk, const weft_expr *expr);
uint8_t wefti_range_function_type(wefti_walk *walk, const weft_expr *expr);
/* walk_search.c: nodes of text search and hstore; the type of what one gives. */
void wefti_walk_search(wefti_walk *walk, const weft_expr *expr, int precedence);
uint8_t wefti_search_type(const wefti_walk *walk, const weft_expr *expr);
void wefti_walk_json_rows(wefti_walk *walk, const weft_model *model);
const char *wefti_json_rows_fault(const weft_selectable *selectable); /* what is wrong with it, or NULL */
/* The items of an array in FROM, likewise. */
void wefti_walk_array_rows(wefti_walk *walk, const weft_model *model);
const char *wefti_array_rows_fault(const weft_selectable *selectable);

/* walk_date.c: whether dates can be added so many of the unit, and what follows the bounds a and z and the step n of a series. */
bool wefti_unit_adds(int unit);
void wefti_walk_date_steps(wefti_walk *walk, int unit);

#endif
