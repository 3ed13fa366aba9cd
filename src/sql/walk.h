/* Private to sql: the one walk over a statement and its two sinks.
 *
 * With render NULL the walk writes the shape: 8-byte notes that say everything but the values, and the values beside them. With
 * render set the same code writes SQL text and describes the parameters. A construct therefore calls, in one place and in this
 * order, wefti_walk_note for what it is, wefti_walk_sql for how it reads, and wefti_walk_value for what is lifted. Looking up
 * models, checking names and inferring types happen in the rendering only: they follow from the shape, so the cache remembers their
 * outcome. */
#ifndef WEFTI_SQL_WALK_H
#define WEFTI_SQL_WALK_H

#include "base/locale.h"
#include "sql/dialect.h"
#include "sql/schema_build.h"

#include <string.h>

/* How a value is made to fit its parameter; wefti_shape_bind acts on it. */
typedef enum wefti_form {
    WEFTI_FORM_PLAIN,
    WEFTI_FORM_INT16,
    WEFTI_FORM_INT32,
    WEFTI_FORM_UINT32, /* range */
    WEFTI_FORM_INT64,  /* retyped only */
    WEFTI_FORM_DOUBLE, /* integer to double */
    WEFTI_FORM_FLOAT,
    WEFTI_FORM_DECIMAL,       /* integer to text */
    WEFTI_FORM_DECIMAL_TEXT,  /* text: its form is checked */
    WEFTI_FORM_DECIMAL_SIZED, /* either: column->precision and scale are checked too */
    WEFTI_FORM_TEXT,          /* retyped: text to decimal, JSON, … */
    WEFTI_FORM_LENGTH,        /* text of at most column->length characters */
    WEFTI_FORM_ENUM,          /* number to name */
    WEFTI_FORM_ENUM_TEXT,     /* a name that must be known */
    WEFTI_FORM_ENUM_ITEMS,    /* a value that is an array of either, to one of names */
    WEFTI_FORM_BOOL,          /* integer to bool */
    WEFTI_FORM_COUNT,         /* of a LIMIT or OFFSET: not negative */
    WEFTI_FORM_READ,          /* text to a value of the parameter's type */
    WEFTI_FORM_LIKE,          /* a pattern as it is, whose end is checked */
    WEFTI_FORM_LIKE_PREFIX,
    WEFTI_FORM_LIKE_SUFFIX,
    WEFTI_FORM_LIKE_CONTAINS, /* literal text to a LIKE pattern */
    WEFTI_FORM_GLOB,          /* LIKE pattern to a GLOB pattern */
    WEFTI_FORM_GLOB_PREFIX,
    WEFTI_FORM_GLOB_SUFFIX,
    WEFTI_FORM_GLOB_CONTAINS,
    WEFTI_FORM_ARRAY_ENUM,         /* array of numbers to names */
    WEFTI_FORM_ARRAY_DECIMAL,      /* array of integers to decimals */
    WEFTI_FORM_ARRAY_DECIMAL_TEXT, /* array of texts: their form is checked */
    WEFTI_FORM_OWN,                /* of a type of the program's own: what its encoder refused is an error */
    WEFTI_FORM_OWN_ITEMS,          /* a value that is an array of fields of such a type */
    WEFTI_FORM_ARRAY_OWN,          /* fields that only a codec can read */
    WEFTI_FORM_ARRAY_FLOAT         /* array of doubles to floats, which a column of floats is compared as */
} wefti_form;

typedef struct wefti_parameter {
    const wefti_column *column;
    uint16_t type;
    uint8_t form;
} wefti_parameter;

/* One FROM element. Columns name it by model and alias; hidden ones (links, joined loads) cannot be named. many: a row of the
 * query's own model may have several of its rows beside it; outer: or none; later: comes behind the join that is being written;
 * unseen: the database does not let RETURNING name it; absent: there is no row of it. */
typedef struct wefti_source {
    const weft_model *model;  /* by which columns name it */
    const wefti_table *table; /* of a subquery: made for the statement */
    const char *name;
    int alias;
    bool hidden, many, outer, later, unseen, absent;
} wefti_source;

/* A selectable that is no table, with the columns that its row says. */
typedef struct wefti_derived wefti_derived;
struct wefti_derived {
    wefti_derived *next;
    bool recursive; /* a CTE that refers to itself */
    wefti_table table;
    wefti_mapper mapper;
    wefti_column columns[];
};

/* The columns that a SELECT's rows go into. */
typedef struct wefti_into {
    const weft_rows_options *query;
    const wefti_table *table;
    const wefti_column **columns;
    uint16_t count;
    bool version; /* it is not among them, and begins behind them */
} wefti_into;

typedef struct wefti_groups wefti_groups; /* walk_grouping.c: of a SELECT with grouping sets, which the database has not */

typedef struct wefti_render {
    wefti_text text, with; /* with: the finished CTEs, which stand before the text */
    wefti_arena arena;     /* scratch */
    wefti_parameter *parameters;
    uint32_t parameter_count, parameter_capacity;
    wefti_source sources[2 * WEFTI_MAX_JOINS + 2 * WEFTI_MAX_EXPR_DEPTH];
    uint16_t source_count, scope; /* look-ups end at scope */
    uint16_t first;               /* where the sources of the innermost SELECT begin */
    uint32_t alias_number;
    uint16_t *column_types;
    const wefti_column **columns; /* that the results are read from, or NULL */
    uint32_t column_count, column_capacity;
    wefti_entity *entities;
    uint16_t entity_count;
    uint16_t owner_count, owner_columns[WEFTI_MAX_KEY_COLUMNS];
    const wefti_select *select;  /* whose labels ORDER BY may name */
    const wefti_select *around;  /* the one around it; or NULL */
    const wefti_table *excluded; /* in DO UPDATE */
    const wefti_into *into;      /* of the SELECT whose rows are inserted; or NULL */
    const wefti_column *counted; /* of RETURNING: what the database has made there is looked at beside the first column; or NULL */
    const wefti_table *made;     /* of the subquery in FROM that is walked: names and types of its columns; or NULL */
    wefti_derived *derived;      /* tables made for subqueries in FROM */
    uint32_t least_server;       /* of the statement: the version of a server that knows it; 0: any */
    bool returns_rows, writes, replan, as_text;
    uint8_t plan;          /* weft_plan_mode */
    bool recursive;        /* one of the CTEs refers to itself */
    bool compares;         /* the rows of the SELECT that is walked are compared with others as wholes */
    bool single;           /* the column of the SELECT that is walked gets a name, for weft_single */
    uint32_t texts;        /* bits: columns of the SELECT that is walked in which enums are cast to text; see walk_enum.c */
    uint32_t texts_within; /* the same of the members of the set operation that is walked next */
    wefti_groups *groups;  /* of the innermost SELECT that has some; or NULL */
    const char *no_aggregates, *no_windows; /* where what is walked stands, which may have none; or NULL */
    struct wefti_grouped *grouped;          /* SELECTs with groups, the innermost first, of whose groups it is; or NULL */
    bool orders_distinct; /* what is walked orders objects that DISTINCT puts together: it must have one value for each */
} wefti_render;

/* A selectable that the statement has met. */
typedef struct wefti_met {
    const weft_model *model;
    uint32_t at; /* the size of the key, or of WITH, before it: what is rewound to there has not met it */
    uint32_t depth;
    bool open, recursive, referred; /* a CTE whose query is walked; that refers to itself; that has done so */
} wefti_met;

/* As what the function that is walked next is called. */
typedef enum wefti_called { WEFTI_CALLED_ALONE, WEFTI_CALLED_OVER, WEFTI_CALLED_WITHIN } wefti_called;

struct wefti_walk {
    const wefti_schema *schema;
    const wefti_dialect *dialect;
    wefti_shape *shape; /* written where render is NULL */
    wefti_render *render;
    weft_error *error;
    weft_status status; /* the first error; then everything stops */
    uint32_t depth, node_count;
    wefti_called called;
    const weft_expr *ordered;  /* weft_ordered around the function that is walked next, or NULL */
    const weft_expr *distinct; /* the weft_distinct that may stand: the first argument of the function that is walked, or NULL */
    bool again;                /* of wefti_statement_data */
    bool literal;              /* within weft_literally: values go into the key and the text */
    bool writing_cte, in_cte;  /* a CTE that writes may stand here: see wefti_query_effects; the query of a CTE comes next */
    bool locks;                /* a transaction is begun for the statement, so that SELECTs within it may lock rows */
    bool last_member;          /* the last member of the innermost set operation is walked */
    uint8_t selectable_count;  /* that the statement has met: the key holds their numbers, for they may lie on the stack */
    wefti_met *selectables;    /* room for WEFTI_MAX_SELECTABLES, which nobody clears */
};
uint64_t wefti_walk_model_number(wefti_walk *walk, const weft_model *model); /* in place of its address */

/* The address of a table's model, or the number of another. */
static inline uint64_t wefti_walk_model_note(wefti_walk *walk, const weft_model *model)
{
    return walk->selectable_count == 0 ? (uint64_t)(uintptr_t)model : wefti_walk_model_number(walk, model);
}

typedef enum wefti_truth { WEFTI_TRUTH_OPEN, WEFTI_TRUTH_TRUE, WEFTI_TRUTH_FALSE } wefti_truth;

/* Which constants a place leaves without a type, where they are sent without one: those are cast. */
typedef enum wefti_untyped {
    WEFTI_UNTYPED_NONE,
    WEFTI_UNTYPED_JSON, /* what is not known is text there */
    WEFTI_UNTYPED_ALL   /* what is not known is an error there */
} wefti_untyped;

/* What a value stands beside. strict: a value that cannot be made to fit is an error, and not simply of another type. computed: a
 * number that the database works out, which is no text even where decimals are texts. untyped: a wefti_untyped. pattern: the form
 * of what is a pattern there, or 0. */
typedef struct wefti_hint {
    const wefti_column *column;
    uint8_t type, untyped, pattern;
    bool strict, assigned, computed;
} wefti_hint;

/* Made by a builder that failed: value.as.s.data points to the error. */
#define WEFTI_EXPR_FAILED 255
/* Made by the walk: written as its name, of the type of args[0]. */
#define WEFTI_EXPR_STANDIN 254

/* Notes that are no nodes. Parts of a statement that may be absent begin with theirs; no pointer is as small. */
enum {
    WEFTI_NOTE_END = 0xFF,
    WEFTI_NOTE_WHERE = 0x100,
    WEFTI_NOTE_COLUMNS,
    WEFTI_NOTE_GROUP,
    WEFTI_NOTE_HAVING,
    WEFTI_NOTE_ORDER,
    WEFTI_NOTE_OWNERS,
    WEFTI_NOTE_KEYS,
    WEFTI_NOTE_LIMIT,
    WEFTI_NOTE_OFFSET,
    WEFTI_NOTE_JOINS,
    WEFTI_NOTE_LOADS,
    WEFTI_NOTE_LOCK,
    WEFTI_NOTE_LEFT_OUT,
    WEFTI_NOTE_DISTINCT_ON,
    WEFTI_NOTE_SET,
    WEFTI_NOTE_FROM,
    WEFTI_NOTE_RETURNING,
    WEFTI_NOTE_WITH,
    WEFTI_NOTE_STEP
};

weft_status wefti_walk_fail(wefti_walk *walk, weft_status status, const char *format, ...) WEFT_PRINTF(3, 4);
/* Zeroed memory that lives as what is walked into: for nodes that stand for what was said. NULL after an error. */
void *wefti_walk_room(wefti_walk *walk, size_t size);
void wefti_walk_refuse(wefti_walk *walk, const weft_value *value); /* a value that is WEFTI_REFUSED and of no column */
bool wefti_walk_grow_key(wefti_walk *walk, size_t size);
void wefti_walk_note_text(wefti_walk *walk, const char *text);
void wefti_walk_lift_slow(wefti_walk *walk, const weft_value *value);
void wefti_walk_lift_items(wefti_walk *walk, const weft_value *value);
/* A column of an array of structs; what it points to stays where it is. */
void wefti_walk_lift_array(wefti_walk *walk, const wefti_array *array);
weft_type wefti_lifted_type(weft_type type); /* what items of a type become */
void wefti_walk_add_parameter(wefti_walk *walk, uint16_t type, const wefti_column *column, uint8_t form);

/* The type of the items of an array of fields. */
static inline uint16_t wefti_walk_item_type(const wefti_array *array)
{
    const uint16_t type = (uint16_t)(array->type & ~WEFT_OPT);
    return type == WEFT_CHARS ? (uint16_t)WEFT_TEXT : type;
}

static inline void wefti_walk_note(wefti_walk *walk, uint64_t note)
{
    wefti_shape *shape = walk->shape;
    if (walk->render != NULL || (shape->key_capacity - shape->key_size < 8 && !wefti_walk_grow_key(walk, 8)))
        return;
    memcpy(shape->key_room + shape->key_size, &note, 8);
    shape->key_size += 8;
}
/* Two notes at once: most nodes have two. */
static inline void wefti_walk_note_pair(wefti_walk *walk, uint64_t first, uint64_t second)
{
    wefti_shape *shape = walk->shape;
    if (walk->render != NULL || (shape->key_capacity - shape->key_size < 16 && !wefti_walk_grow_key(walk, 16)))
        return;
    memcpy(shape->key_room + shape->key_size, &first, 8);
    memcpy(shape->key_room + shape->key_size + 8, &second, 8);
    shape->key_size += 16;
}
static inline void wefti_walk_lift(wefti_walk *walk, const weft_value *value)
{
    wefti_shape *shape = walk->shape;
    if (__builtin_expect(shape->value_count < shape->value_capacity, 1))
        shape->values[shape->value_count++] = *value;
    else
        wefti_walk_lift_slow(walk, value);
}
static inline void wefti_walk_note_pointer(wefti_walk *walk, const void *pointer)
{
    wefti_walk_note(walk, (uint64_t)(uintptr_t)pointer);
}
static inline void wefti_walk_sql(wefti_walk *walk, const char *sql)
{
    if (walk->render != NULL)
        wefti_text_add(&walk->render->text, sql);
}

/* Both sinks can go back to a mark: what folds away leaves nothing behind. */
typedef struct wefti_walk_mark {
    size_t size;
    uint32_t values, arrays; /* rendering: the number of selectables met */
} wefti_walk_mark;
static inline wefti_walk_mark wefti_walk_mark_get(const wefti_walk *walk)
{
    if (walk->render != NULL)
        return (wefti_walk_mark){walk->render->text.size, walk->render->parameter_count, walk->selectable_count};
    return (wefti_walk_mark){walk->shape->key_size, walk->shape->value_count, walk->shape->array_count};
}
void wefti_walk_rewind(wefti_walk *walk, wefti_walk_mark mark);

/* walk_grouping.c: what is written in place of an expression, or of a column of a FROM element, of which groups stand in FROM;
 * false: it is none of these. Where render->groups is. */
bool wefti_walk_grouped(wefti_walk *walk, const weft_expr *expr);
bool wefti_walk_grouped_column(wefti_walk *walk, const wefti_source *source, const wefti_column *column);
void wefti_groups_rewind(wefti_render *render, size_t size); /* the text goes back to size */

/* Expressions. precedence: how tightly the surroundings bind; see walk_expr.c. Conditions that are known give their truth and write
 * nothing. */
wefti_truth wefti_walk_expr(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint);
/* As wefti_walk_expr, and a known truth is written out. */
void wefti_walk_operand(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint);
/* A scalar value as a parameter. */
void wefti_walk_value(wefti_walk *walk, const weft_value *value, const wefti_hint *hint);
const weft_expr *wefti_walk_next_slow(wefti_walk *walk, const weft_expr *const *list, size_t at, const char *what);
/* The next node of a list, or NULL at its end or after an error. what names the list: "weft_and". */
static inline const weft_expr *wefti_walk_next(wefti_walk *walk, const weft_expr *const *list, size_t at, const char *what)
{
    if (walk->status == WEFT_OK && list != NULL && at < WEFTI_MAX_LIST_NODES && list[at] != NULL && list[at]->op != WEFT_EXPR_END)
        return list[at];
    return wefti_walk_next_slow(walk, list, at, what);
}
/* WHERE and HAVING: note and keyword are written before what is left of the condition. */
void wefti_walk_condition(wefti_walk *walk, const weft_expr *condition, uint64_t note, const char *keyword, int precedence);
wefti_hint wefti_walk_infer(wefti_walk *walk, const weft_expr *expr);
/* The same by the first of its parts of which something is known, though a floating-point number may make the whole one. */
wefti_hint wefti_walk_infer_first(wefti_walk *walk, const weft_expr *expr); /* rendering only */
wefti_family wefti_family_of(const wefti_hint *hint);
wefti_family wefti_walk_family(wefti_walk *walk, const weft_expr *expr); /* of an expression; rendering only */
/* What must be written after an operand so that it is compared, ordered or grouped by value, or "". */
const char *wefti_expr_collation(wefti_walk *walk, const weft_expr *expr);
/* After an expression that was written from there on and has no collation of weft's: those within are its operands' alone. */
void wefti_walk_end_collation(wefti_walk *walk, const weft_expr *expr, size_t from);
const char *wefti_column_collation(const wefti_walk *walk, const wefti_column *column);
/* The same after the left of two that are compared, but for decimals; right may be NULL. */
const char *wefti_compared_collation(wefti_walk *walk, const weft_expr *left, const weft_expr *right);
/* Refuses what is no condition. */
void wefti_walk_check_condition(wefti_walk *walk, const weft_expr *expr);
/* Refuses an expression that no assignment converts to the column's type. */
void wefti_walk_check_assigned(wefti_walk *walk, const weft_expr *expr, const wefti_column *column);

/* walk_op.c: whether an operator tests for NULL where an operand is one: 1 IS NULL, 2 IS NOT NULL, 0 does not. */
int wefti_op_tests_null(const char *name);

/* walk_literal.c: what stands in the text instead of parameters. */
wefti_truth wefti_walk_literal(wefti_walk *walk, const weft_expr *expr, int precedence, const wefti_hint *hint);
void wefti_walk_note_literal(wefti_walk *walk, const weft_value *value); /* a value or an array, into the key */
/* The parameter that it would be, written out; rendering only. */
void wefti_walk_literal_value(wefti_walk *walk, const weft_value *value, uint16_t type, const wefti_column *column, uint8_t form);
/* The items of weft_in, with commas between them; type and form are those of the array. */
void wefti_walk_literal_items(wefti_walk *walk, const weft_value *items, uint16_t type, const wefti_column *column, uint8_t form);
/* Item number at of weft_in as a value. */
weft_value wefti_walk_item(const weft_value *items, size_t at);
/* A value made to fit by its form, as binding does; what is made anew is added to *blocks. */
weft_status wefti_bind_fit(wefti_shape_block **blocks, weft_value *value, const wefti_column *column, uint8_t form, uint16_t type,
                           weft_error *error);
uint16_t wefti_column_digits(const wefti_column *column); /* how the decimals beside it are spelt; NULL: as they are */
/* What stands within weft_literally, or the node itself. */
static inline const weft_expr *wefti_expr_bare(const weft_expr *expr)
{
    for (int i = 0; i < WEFTI_MAX_EXPR_DEPTH && expr->op == WEFT_EXPR_LITERAL && expr->args != NULL && expr->args[0] != NULL; i++)
        expr = expr->args[0];
    return expr;
}

/* walk_decimal.c: decimals on databases that keep them as texts; all of it does nothing elsewhere and without render. */
bool wefti_walk_is_decimal(wefti_walk *walk, const weft_expr *expr);
/* Whether it is a column of a table whose equal decimals have the same text; those of subqueries, CTEs and lists of values are as
 * their expressions give them. */
bool wefti_walk_is_spelt(wefti_walk *walk, const weft_expr *expr);
/* Whether equal decimals of two columns have the same text. */
bool wefti_column_spelt_alike(const wefti_column *a, const wefti_column *b);

#define WEFTI_PRECEDENCE_NONE 0
#define WEFTI_PRECEDENCE_OR 1
#define WEFTI_PRECEDENCE_AND 2
#define WEFTI_PRECEDENCE_NOT 3
#define WEFTI_PRECEDENCE_COMPARE 4
#define WEFTI_PRECEDENCE_OTHER 5
#define WEFTI_PRECEDENCE_SUM 6
#define WEFTI_PRECEDENCE_PRODUCT 7
#define WEFTI_PRECEDENCE_UNARY 8

/* Rendering helpers; no effect without render. */
void wefti_walk_identifier(wefti_walk *walk, const char *name);
void wefti_walk_table_name(wefti_walk *walk,
                           const wefti_table *table); /* with its schema; its columns need only the table's name */
void wefti_walk_number(wefti_walk *walk, int64_t number);
void wefti_walk_placeholder(wefti_walk *walk, uint32_t number);
void wefti_walk_source_column(wefti_walk *walk, const wefti_source *source, const wefti_column *column); /* name.column */
/* The table whose columns a model names, or NULL, also where the statement has not met it yet; rendering only. */
const wefti_table *wefti_walk_table(wefti_walk *walk, const weft_model *model);
static inline bool wefti_table_is_derived(const wefti_table *table)
{
    return table != NULL && table->model != NULL && table->model->selectable != NULL;
}
/* Whether it is written in FROM itself, and not named there. */
static inline bool wefti_table_is_inline(const wefti_table *table)
{
    return wefti_table_is_derived(table) && table->model->selectable->kind != WEFT_SELECTABLE_CTE &&
           table->model->selectable->kind != WEFT_SELECTABLE_TABLE;
}
/* The name of the field, for messages. */
const char *wefti_walk_field_name(const weft_model *model, size_t offset);
const wefti_column *wefti_walk_column_at(const wefti_table *table, size_t offset);
/* The element of a selectable, under its name. */
wefti_source *wefti_walk_add_selectable(wefti_walk *walk, const wefti_table *table, const weft_model *model);
/* Adds a FROM element under a name that nothing else has, its table's own where possible; NULL after an error. */
wefti_source *wefti_walk_add_source(wefti_walk *walk, const wefti_table *table, int alias, bool hidden);
void wefti_walk_source_name(wefti_walk *walk, const wefti_source *source); /* table AS name */
const wefti_source *wefti_walk_find_source(wefti_walk *walk, const weft_model *model, int alias, size_t offset);
const wefti_column *wefti_walk_find_column(wefti_walk *walk, const weft_model *model, size_t offset);
const wefti_relation *wefti_walk_find_relation(wefti_walk *walk, const weft_model *model, size_t offset);
void wefti_walk_add_result(wefti_walk *walk, uint16_t type);
void wefti_walk_add_column_result(wefti_walk *walk, const wefti_column *column);
/* The results have values of the column's type, which may be one that only the database knows. */
void wefti_walk_note_own(wefti_walk *walk, const wefti_column *column);
/* Whether the database has values of the type; UNSUPPORTED where not. */
bool wefti_walk_has_type(wefti_walk *walk, unsigned type);
/* What makes the column that was just written compare by value, where its texts alone do not. */
void wefti_walk_collation(wefti_walk *walk, const wefti_column *column);
/* a.x = b.x AND a.y = b.y; b_referred: b has the key that a's columns refer to, by whose collation texts are compared. */
void wefti_walk_join_columns(wefti_walk *walk, const wefti_source *a, const wefti_column *const *a_columns, const wefti_source *b,
                             const wefti_column *const *b_columns, uint16_t count, bool b_referred);

/* A list beside one column: texts take the column's own type where the dialect lets its place say so, as single texts do. */
static inline uint16_t wefti_walk_placed(const wefti_walk *walk, uint16_t array_type)
{
    bool text = array_type == (WEFT_TEXT | WEFTI_ARRAY);
    return text && walk->dialect->untyped_texts ? (uint16_t)(array_type | WEFTI_PLACED) : array_type;
}

/* walk_derived.c: SELECTs within a statement. */
void wefti_walk_scalar(wefti_walk *walk, const weft_expr *expr);
void wefti_walk_exists(wefti_walk *walk, const weft_expr *expr);
void wefti_walk_in_query(wefti_walk *walk, const weft_expr *expr, int precedence);
/* The only column of a scalar SELECT, or NULL. */
const weft_expr *wefti_scalar_column(const weft_expr *expr);
/* Says in the key what a selectable in FROM is, and makes its table, which it returns when rendering. A CTE is walked here where it
 * is met for the first time. */
const wefti_table *wefti_walk_note_selectable(wefti_walk *walk, const weft_model *model);
/* What stands in FROM before its name, both sinks: a subquery, rows, a series, a function; nothing where it is a name. */
void wefti_walk_subquery(wefti_walk *walk, const weft_model *model);
/* The table that a row of a program's is, made where there is none yet; NULL after an error. Rendering only. */
wefti_derived *wefti_walk_derived(wefti_walk *walk, const weft_model *model);

/* walk_source.c: how many rows of a sample stand there, both sinks; nothing for what is none. */
void wefti_walk_sampled(wefti_walk *walk, const weft_model *model);
/* What stands in FROM and is no SELECT, both sinks; nothing else is written for other selectables. */
void wefti_walk_rows_source(wefti_walk *walk, const weft_model *model);
const char *wefti_selectable_noun(weft_selectable_kind kind);          /* NULL: there is no such kind */
const char *wefti_selectable_fault(const weft_selectable *selectable); /* what is wrong with it, or NULL */

/* walk_cte.c */
/* A CTE that was just met: its query into WITH. Then one that was met before. */
void wefti_walk_cte(wefti_walk *walk, const weft_model *model);
void wefti_walk_cte_again(wefti_walk *walk, const weft_model *model);
/* The statement's text with its CTEs before it; rendering only. */
void wefti_walk_close_with(wefti_walk *walk);

/* The hash of a key, which has 16 bytes at least: word by word, as Firefox hashes, and mixed at last, for the low bits are looked
 * at. */
static inline uint64_t wefti_shape_hash_add(uint64_t hash, uint64_t word)
{
    return ((hash << 5 | hash >> 59) ^ word) * UINT64_C(0x517cc1b727220a95);
}
static inline uint64_t wefti_shape_hash_end(uint64_t hash, size_t size)
{
    hash = wefti_shape_hash_add(hash, size);
    return hash ^ hash >> 32;
}
static inline uint64_t wefti_shape_hash(const unsigned char *key, size_t size)
{
    uint64_t hash = 0, word;
    for (const unsigned char *at = key, *end = key + (size & ~(size_t)7); at < end; at += sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = wefti_shape_hash_add(hash, word);
    }
    if ((size & 7) != 0) {
        memcpy(&word, key + size - sizeof word, sizeof word);
        hash = wefti_shape_hash_add(hash, word);
    }
    return wefti_shape_hash_end(hash, size);
}

/* Statements. */
void wefti_walk_select(wefti_walk *walk, const wefti_select *select);
/* constant.c: what wefti_compile does for WEFTI_KIND_CONSTANT, and whether a shape is of one. */
weft_status wefti_constant_compile(const wefti_schema *schema, const wefti_dialect *dialect, const wefti_constant *constant,
                                   const wefti_shape *shape, wefti_compiled **compiled, weft_error *error);
static inline bool wefti_shape_is_constant(const wefti_shape *shape)
{
    uint64_t kind;
    memcpy(&kind, shape->key, sizeof kind);
    return (kind & 0xF) == WEFTI_KIND_CONSTANT;
}
/* The owners of a relationship as a subquery of its local columns. */
void wefti_walk_owner_select(wefti_walk *walk, const wefti_select *select, const wefti_relation *relation);
/* Whether the model says that the database takes keys of these columns for equal which are spelt differently: texts of another type
 * or collation. */
static inline bool wefti_walk_is_loose(const wefti_column *const *columns, uint16_t count)
{
    for (uint16_t i = 0; i < count; i++)
        if ((columns[i]->type == WEFT_TEXT && columns[i]->enum_names == NULL && columns[i]->sql_type != NULL) ||
            columns[i]->type == WEFT_JSON)
            return true;
    return false;
}
/* The relationship at whose other end the rows of a SELECT stand; NULL: of none. */
static inline const wefti_relation *wefti_select_owned_by(const wefti_select *select)
{
    return select->among == NULL ? NULL : select->among->relation;
}
/* Whether a load by owners joins them, so that each row tells its owner's key as the owner has it, and the database alone says
 * which rows are whose. */
static inline bool wefti_walk_joins_owner(const wefti_select *select)
{
    const wefti_relation *relation = wefti_select_owned_by(select);
    if (relation == NULL || relation->kind == WEFT_ATTR_BELONGS_TO)
        return false;
    return wefti_walk_is_loose(relation->local, relation->local_count) ||
           (relation->link == NULL && wefti_walk_is_loose(relation->remote, relation->remote_count));
}
void wefti_walk_dml(wefti_walk *walk, const wefti_dml *dml);
void wefti_walk_link(wefti_walk *walk, const wefti_dml *dml); /* the _LINK kinds; rendering only */
void wefti_walk_rows(wefti_walk *walk, const wefti_dml *dml); /* the rows of arrays: columns, keys and what is checked */
/* After a value: cast to the type, where the dialect casts so. */
static inline void wefti_walk_cast_to(wefti_walk *walk, const char *type)
{
    if (walk->dialect->cast == NULL)
        return;
    wefti_walk_sql(walk, walk->dialect->cast);
    wefti_walk_sql(walk, type);
}
/* Whether the column's type fills its texts up with blanks, which are gone when it is compared as text. */
bool wefti_is_padded(const wefti_dialect *dialect, const wefti_column *column);
/* The i-th column of rows that stand in FROM, cast where its type does not convert by itself. */
void wefti_walk_row_column(wefti_walk *walk, const char *rows, const char *prefix, uint16_t number, const wefti_column *column);
void wefti_walk_modify(wefti_walk *walk, const wefti_modify *change);
void wefti_walk_modify_within(wefti_walk *walk, const weft_rows_options *query, const wefti_table *made); /* in a CTE */
/* walk_dml.c: assignments. */
void wefti_walk_check_written(wefti_walk *walk, const weft_model *model,
                              const wefti_column *column); /* not what the database makes */
void wefti_walk_sets(wefti_walk *walk, const wefti_table *table, const weft_expr *const *sets);
void wefti_walk_new_row(wefti_walk *walk, const wefti_table *table, const weft_expr *const *sets); /* columns) VALUES (values) */
void wefti_walk_assigned(wefti_walk *walk, const weft_expr *expr, const wefti_hint *hint);
/* MISUSE: what makes rows in the database does not give a column with .insert_value. */
void wefti_walk_refuse_unmade(wefti_walk *walk, const wefti_column *column, const char *what);
/* A column as the function gives it that refuses what the column cannot hold. */
void wefti_walk_kept(wefti_walk *walk, const wefti_column *column);
bool wefti_walk_keeps(wefti_walk *walk, const weft_expr *expr, const wefti_column *to);
/* walk_derived.c: the type in SQL of a field of a row: an enum's is a text. */
uint8_t wefti_row_field_type(const weft_attr *field);
/* walk_conflict.c: what ON CONFLICT says; nothing where options are NULL or leave a conflict an error. The table is a source. */
void wefti_walk_conflict(wefti_walk *walk, const wefti_table *table, const weft_insert_options *options);

/* Types: how a value of one type is made to fit a parameter for a column (or of a type); false where it cannot. */
bool wefti_form_of(uint16_t value_type, bool is_array, const wefti_column *column, uint8_t type, uint16_t *parameter_type,
                   uint8_t *form);

#endif
