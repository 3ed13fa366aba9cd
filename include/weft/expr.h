/* Expressions: nodes as compound literals that live to the end of their block, or built on the heap by weft_builder.
 *
 * A value in a node is a parameter of the statement and never part of its text, but within weft_literally; text and bytes are
 * borrowed until the statement has run. Nodes are plain constant data: any thread may read them. What is wrong with a tree (a NULL
 * in a list, an unknown field, deeper than 64, values that do not fit) is told by the statement that it is part of, before anything
 * is sent. */
#ifndef WEFT_EXPR_H
#define WEFT_EXPR_H
#if defined(__GNUC__) && !defined(__clang__) /* what its macros make is the program's, wherever weft is installed */
#pragma GCC system_header
# 12 "<weft/expr.h>"
#endif

#include <weft/model.h>

WEFT_BEGIN_DECLS

typedef struct weft_expr weft_expr;
typedef struct weft_join_step weft_join_step;
typedef struct weft_rows_options weft_rows_options; /* a SELECT: see weft/connection.h */
typedef struct weft_write weft_write;               /* another statement: likewise */
typedef struct weft_schema_table weft_schema_table; /* see weft/schema.h */
typedef struct weft_window weft_window;

typedef enum weft_expr_op {
    WEFT_EXPR_NONE = 0,     /* a zeroed node: misuse */
    WEFT_EXPR_END,          /* weft_end */
    WEFT_EXPR_COLUMN,       /* model, offset, alias */
    WEFT_EXPR_VALUE,        /* value; its type from the other operand where there is one */
    WEFT_EXPR_STAR,         /* * in count(*) */
    WEFT_EXPR_TRUE,
    WEFT_EXPR_FALSE,
    /* column compared with value: model, offset, alias, value */
    WEFT_EXPR_EQ = 10,
    WEFT_EXPR_NE,
    WEFT_EXPR_LT,
    WEFT_EXPR_LE,
    WEFT_EXPR_GT,
    WEFT_EXPR_GE,
    WEFT_EXPR_LIKE,         /* case-sensitive on every database; \ escapes */
    WEFT_EXPR_NOT_LIKE,
    WEFT_EXPR_ILIKE,        /* not case-sensitive: ASCII letters on SQLite */
    WEFT_EXPR_STARTS_WITH,  /* value is taken literally, also % and _ */
    WEFT_EXPR_ENDS_WITH,
    WEFT_EXPR_CONTAINS,
    WEFT_EXPR_IN,           /* value.as.s: pointer to the items and their number, value.type the items' type */
    WEFT_EXPR_NOT_IN,
    WEFT_EXPR_IS_NULL = 30, /* args[0], or the column of model and offset */
    WEFT_EXPR_IS_NOT_NULL,
    /* args */
    WEFT_EXPR_AND = 40,
    WEFT_EXPR_OR,
    WEFT_EXPR_NOT,
    WEFT_EXPR_BETWEEN,      /* args: e, low, high */
    WEFT_EXPR_OP,           /* name between two args; =, <>, != with a null value become IS [NOT] NULL */
    WEFT_EXPR_FN,           /* name(args) */
    WEFT_EXPR_DISTINCT,     /* DISTINCT args[0], inside an aggregate */
    WEFT_EXPR_CAST,         /* args[0] as value.type */
    WEFT_EXPR_CASE,         /* args: when, then, when, then, …, and perhaps else */
    WEFT_EXPR_LABEL,        /* args[0] AS name */
    WEFT_EXPR_ANY,          /* EXISTS over the relationship at model, offset, alias; args[0] the condition on its target */
    WEFT_EXPR_LITERAL,      /* args[0], the values in it written into the statement's text */
    WEFT_EXPR_TUPLE,        /* args as one value, on both sides of a comparison by OP */
    WEFT_EXPR_BETWEEN_SYMMETRIC, /* args: e, one bound, the other */
    WEFT_EXPR_ASC = 60,
    WEFT_EXPR_DESC,
    WEFT_EXPR_NULLS_FIRST,  /* args[0]: an ASC or DESC */
    WEFT_EXPR_NULLS_LAST,
    WEFT_EXPR_SET = 70,     /* in UPDATE and DO UPDATE: column of model and offset = args[0], or = value */
    WEFT_EXPR_EXCLUDED,     /* in DO UPDATE: the column of the row that could not be inserted */
    WEFT_EXPR_LIST,         /* args: several nodes where .columns, .order_by, .set and the like take one or a list */
    WEFT_EXPR_SCALAR = 80,  /* the one value that query gives */
    WEFT_EXPR_EXISTS,       /* whether query gives a row */
    WEFT_EXPR_IN_QUERY,     /* args[0] among the rows of query */
    WEFT_EXPR_NOT_IN_QUERY,
    WEFT_EXPR_ANY_OF,       /* right of a comparison by OP: one of the rows of query; without query of the items in value */
    WEFT_EXPR_ALL_OF,       /* the same of all */
    WEFT_EXPR_ARRAY_OF,     /* the rows of query, of one column, as an array */
    WEFT_EXPR_FILTER = 90,  /* args: an aggregate, the condition on its rows */
    WEFT_EXPR_OVER,         /* args[0], a function, over window */
    WEFT_EXPR_ORDERED,      /* args: an aggregate, then what its rows are ordered by */
    WEFT_EXPR_WITHIN,       /* args: an aggregate of an order, then the order: WITHIN GROUP */
    WEFT_EXPR_ROLLUP,       /* in GROUP BY; args: keys, or tuples of them */
    WEFT_EXPR_CUBE,
    WEFT_EXPR_GROUPING_SETS, /* args: keys, tuples of them, or any of these three */
    WEFT_EXPR_DATE_ADD = 100, /* args: a date or timestamp, a number of units; the unit in alias, as in the next three */
    WEFT_EXPR_DATE_TRUNC,   /* args[0] */
    WEFT_EXPR_DATE_PART,    /* args[0] */
    WEFT_EXPR_DATE_DIFF,    /* args: the later, the earlier */
    WEFT_EXPR_NOW,
    WEFT_EXPR_TODAY,
    WEFT_EXPR_NEXT_VALUE = 110, /* of the sequence name, which the model declares */
    WEFT_EXPR_BY_PARAMETER = 120, /* the column of model and offset compared with or set to args[0], a parameter of a
                                     WEFT_STATEMENT; alias: LT to NOT_IN, or SET */
    WEFT_EXPR_JSON_GET = 130, /* args[0] JSON, name a path in it, as in the next four */
    WEFT_EXPR_JSON_TEXT,
    WEFT_EXPR_JSON_HAS,
    WEFT_EXPR_JSON_KIND,
    WEFT_EXPR_JSON_SET,       /* args: JSON, the new value */
    WEFT_EXPR_JSON_REMOVE,
    WEFT_EXPR_JSON_CONTAINS,  /* args: JSON, JSON */
    WEFT_EXPR_FRAGMENT = 140, /* name: SQL text, value.type what it gives; args: ARG */
    WEFT_EXPR_ARG,            /* args[0], which the text names as :name */
    WEFT_EXPR_PER_DATABASE,   /* args: of PostgreSQL, of SQLite */
    WEFT_EXPR_ARRAY_HAS = 150, /* args: array, item */
    WEFT_EXPR_ARRAY_CONTAINS, /* args: array, array; as the next two */
    WEFT_EXPR_ARRAY_OVERLAPS,
    WEFT_EXPR_ARRAY_CONCAT,
    WEFT_EXPR_ARRAY_LENGTH,   /* args[0] */
    WEFT_EXPR_ARRAY_APPEND,   /* args: array, item; as the next */
    WEFT_EXPR_ARRAY_REMOVE,
    WEFT_EXPR_ARRAY_ITEM,     /* args: array, its number from 1 on */
    WEFT_EXPR_ARRAY_LIST,     /* args: the items */
    WEFT_EXPR_RANGE_TEST = 160, /* name between two ranges, a bool */
    WEFT_EXPR_RANGE_HAS,      /* the same; args: range, item */
    WEFT_EXPR_RANGE_JOIN,     /* name between two ranges, a range */
    WEFT_EXPR_RANGE_BOUND,    /* name(args[0]): lower or upper */
    WEFT_EXPR_RANGE_IS,       /* name(args[0]), a bool */
    WEFT_EXPR_SEARCH          /* name, of a list; args: for some a text that stands in the SQL, then the operands */
} weft_expr_op;

struct weft_expr {
    int op;                       /* weft_expr_op */
    int alias;                    /* which occurrence of the model: 0, or the number given to weft_join_as */
    const weft_model *model;
    size_t offset;
    weft_value value;
    union {
        const char *name;
        const weft_rows_options *query; /* SCALAR, EXISTS, IN_QUERY, NOT_IN_QUERY */
        const weft_window *window;      /* OVER */
    };
    const weft_expr *const *args; /* ends with &weft_end */
};

/* Ends every list of nodes; a NULL among them is misuse, never an early end. */
WEFT_API extern const weft_expr weft_end;
/* A condition that holds for every row, which is what an absent one means, and one that holds for none. */
WEFT_API extern const weft_expr weft_true;
WEFT_API extern const weft_expr weft_false;
/* The * of count(*), and count(*), which is weft_count_all(). */
WEFT_API extern const weft_expr weft_star;
WEFT_API extern const weft_expr weft_rows_counted;

/* A list of nodes with its end. The macros below open and close such a list instead: what is an argument of one macro more is
 * read once more, and nodes hold nodes. */
#define WEFT_NODES(...) WEFT_NODES_ __VA_ARGS__ WEFT_NODES_END_
#define WEFT_NODES_ ((const weft_expr *const[]){
#define WEFT_NODES_END_ , &weft_end })

/* ---- values ----
 *
 * WEFT_VALUE_LIKE chooses by the class of the column, then by the C type of the value, the function that makes the value. Where
 * they do not fit it is one that names the column's type, or takes that type: the compiler's first line then says what is wanted,
 * the quoted source shows the field, and what was given is named beside it. Integers of every C type are taken where an integer
 * fits; one that the column cannot hold is WEFT_ERROR_TYPE when the statement runs, and so is one above INT64_MAX (a column of
 * decimals or reals takes it). */
struct weft_no_value { int is_; };
weft_value weft_value_of_no_known_type(struct weft_no_value value); /* never defined */
/* An expression where a value of a column's type stands, which is what the macros that compare and set columns make of one:
 * weft_gt(Order, total, weft_scalar(q)) is weft_op(weft_col(Order, total), ">", weft_scalar(q)). NULL is WEFT_ERROR_MISUSE when the
 * statement runs, and so is such a value where no column is compared or set in a statement (weft_session_set, parameters of
 * text). The node is borrowed until the statement has run. Any thread. */
WEFT_API weft_value weft_value_of_expr(const weft_expr *expr);
/* The same of a column of the program's own types; room is not used. */
WEFT_API weft_value weft_value_of_expr_as(const weft_expr *expr, char *room);
/* Never defined: chosen where value and column do not fit. */
#define WEFT_REFUSAL_(name) \
    struct weft_##name { int is_; }; \
    weft_value weft_##name##_does_not_take_this(struct weft_##name value); \
    weft_value weft_##name##_does_not_take_these(struct weft_##name items, size_t count)
WEFT_REFUSAL_(integer_column);
WEFT_REFUSAL_(real_column);
WEFT_REFUSAL_(bool_column);
WEFT_REFUSAL_(text_column);
WEFT_REFUSAL_(field_that_is_no_column);
WEFT_REFUSAL_(field_that_is_no_range);
#define WEFT_REFUSAL_OF_TYPE_(a, name, NAME, kind, also) WEFT_REFUSAL_(name##_column);
WEFT_SCALAR_TYPES_(WEFT_REFUSAL_OF_TYPE_, )
WEFT_CONTENT_TYPES_(WEFT_REFUSAL_OF_TYPE_, )
#undef WEFT_REFUSAL_OF_TYPE_
#undef WEFT_REFUSAL_

/* Arrays for weft_in: items of the column's C type, integers of any width and sign (an item above INT64_MAX is WEFT_ERROR_TYPE when
 * the statement runs, but beside a column of decimals). A NULL text, decimal or bytes among them is SQL NULL: it
 * equals nothing, and weft_not_in finds no row. Borrowed until the statement has run (weft_select_* copies them). Any thread. */
WEFT_API weft_value weft_items_int16(const short *items, size_t count);
WEFT_API weft_value weft_items_int32(const int *items, size_t count);
WEFT_API weft_value weft_items_long(const long *items, size_t count);
WEFT_API weft_value weft_items_int64(const long long *items, size_t count);
WEFT_API weft_value weft_items_int8(const signed char *items, size_t count);
WEFT_API weft_value weft_items_uint8(const unsigned char *items, size_t count);
WEFT_API weft_value weft_items_uint16(const unsigned short *items, size_t count);
WEFT_API weft_value weft_items_ulong(const unsigned long *items, size_t count);
WEFT_API weft_value weft_items_uint64(const unsigned long long *items, size_t count);
WEFT_API weft_value weft_items_uint32(const unsigned *items, size_t count);
WEFT_API weft_value weft_items_bool(const bool *items, size_t count);
WEFT_API weft_value weft_items_float(const float *items, size_t count);
WEFT_API weft_value weft_items_double(const double *items, size_t count);
WEFT_API weft_value weft_items_text(const char *const *items, size_t count);
WEFT_API weft_value weft_items_bytes(const weft_bytes *items, size_t count);
WEFT_API weft_value weft_items_decimal(const weft_decimal *items, size_t count);
WEFT_API weft_value weft_items_uuid(const weft_uuid *items, size_t count);
WEFT_API weft_value weft_items_date(const weft_date *items, size_t count);
WEFT_API weft_value weft_items_time(const weft_time *items, size_t count);
WEFT_API weft_value weft_items_timestamp(const weft_timestamp *items, size_t count);
WEFT_API weft_value weft_items_interval(const weft_interval *items, size_t count);
WEFT_API weft_value weft_items_macaddr(const weft_macaddr *items, size_t count);
WEFT_API weft_value weft_items_inet(const weft_inet *items, size_t count);
WEFT_API weft_value weft_items_json(const weft_json *items, size_t count);
struct weft_no_items { int is_; };
weft_value weft_items_of_no_known_type(struct weft_no_items items, size_t count); /* never defined */
/* As for single values, but that integers do not stand for reals. */
#define WEFT_ITEMS_FIT_(lvalue, a) \
    ((WEFT_ACCEPTS_(lvalue) >> WEFT_ITEMS_KIND_(a)) & 1u & (WEFT_ITEMS_KIND_(a) != 2 || WEFT_ACCEPTS_(lvalue) != 0x16u))

/* Where NDEBUG is not defined (WEFT_CHECK_NODES, 0 or 1, overrules it), nodes with values are noted, and a statement is
 * WEFT_ERROR_MISUSE with their file and line where one lies in a function that has returned, or where one that a loop made several
 * times stands several times side by side in a weft_and or weft_or: each then is the last. It costs some nanoseconds per node and
 * statement. */
#if !defined(WEFT_CHECK_NODES) && defined(NDEBUG)
#define WEFT_CHECK_NODES 0
#elif !defined(WEFT_CHECK_NODES)
#define WEFT_CHECK_NODES 1
#endif
#if WEFT_CHECK_NODES
#define WEFT_NODE_ weft_check_node(
#define WEFT_NODE_END_ , __FILE__, __LINE__)
#else
#define WEFT_NODE_ (
#define WEFT_NODE_END_ )
#endif
/* Notes a node for the checks above and gives it back. file is static. Any thread. */
WEFT_API const weft_expr *weft_check_node(const weft_expr *node, const char *file, int line);

/* A column compared with a value of its own type; one of another kind does not compile: weft_eq(User, name, "sandy"). An expression
 * may stand in the value's place, here and wherever a column is compared or set: weft_ge(Order, total, weft_scalar(q)),
 * weft_eq(Next, month, weft_date_add(weft_col(First, month), weft_val(1), WEFT_MONTH)), weft_to(Stock, qty, weft_op(…)); it is what
 * weft_op and weft_to_expr say, whose types meet when the statement is compiled. A long one is best given a name: macros repeat its
 * text. */
#define WEFT_COMPARE_(o, M, f, ...) \
    WEFT_NODE_ &(const weft_expr){ .op = (o), .model = &M##_model, .offset = offsetof(M, f), \
                                   .value = WEFT_OPERAND_LIKE_(((M *)0)->f, __VA_ARGS__) } WEFT_NODE_END_
#define weft_eq(M, f, ...) WEFT_COMPARE_(WEFT_EXPR_EQ, M, f, __VA_ARGS__) /* IS NULL where v is a null text or an unset optional */
#define weft_ne(M, f, ...) WEFT_COMPARE_(WEFT_EXPR_NE, M, f, __VA_ARGS__) /* IS NOT NULL likewise */
#define weft_lt(M, f, ...) WEFT_COMPARE_(WEFT_EXPR_LT, M, f, __VA_ARGS__)
#define weft_le(M, f, ...) WEFT_COMPARE_(WEFT_EXPR_LE, M, f, __VA_ARGS__)
#define weft_gt(M, f, ...) WEFT_COMPARE_(WEFT_EXPR_GT, M, f, __VA_ARGS__)
#define weft_ge(M, f, ...) WEFT_COMPARE_(WEFT_EXPR_GE, M, f, __VA_ARGS__)
/* A value of the type of a column, checked as theirs are, where no column stands beside it: weft_tuple(weft_val_like(Post, created,
 * last), weft_val_like(Post, id, id)). */
#define weft_val_like(M, f, ...) \
    WEFT_NODE_ &(const weft_expr){ .op = WEFT_EXPR_VALUE, .value = WEFT_VALUE_LIKE(((M *)0)->f, __VA_ARGS__) } WEFT_NODE_END_
/* A pattern: % stands for anything, _ for one character, and \ before one of them for itself. One that ends with a \ before nothing
 * is WEFT_ERROR_TYPE. weft_like and weft_not_like mind case, weft_ilike does not. */
#define weft_like(M, f, ...) WEFT_COMPARE_(WEFT_EXPR_LIKE, M, f, __VA_ARGS__)
#define weft_not_like(M, f, ...) WEFT_COMPARE_(WEFT_EXPR_NOT_LIKE, M, f, __VA_ARGS__)
#define weft_ilike(M, f, ...) WEFT_COMPARE_(WEFT_EXPR_ILIKE, M, f, __VA_ARGS__)
#define weft_starts_with(M, f, ...) WEFT_COMPARE_(WEFT_EXPR_STARTS_WITH, M, f, __VA_ARGS__)
#define weft_ends_with(M, f, ...) WEFT_COMPARE_(WEFT_EXPR_ENDS_WITH, M, f, __VA_ARGS__)
#define weft_contains(M, f, ...) WEFT_COMPARE_(WEFT_EXPR_CONTAINS, M, f, __VA_ARGS__)
/* items: an array of count values of the column's type; an empty one matches nothing (not_in: everything). */
#define weft_in(M, f, items, count) \
    WEFT_NODE_ &(const weft_expr){ .op = WEFT_EXPR_IN, .model = &M##_model, .offset = offsetof(M, f), \
                                   .value = WEFT_ITEMS_LIKE(((M *)0)->f, items, count) } WEFT_NODE_END_
#define weft_not_in(M, f, items, count) \
    WEFT_NODE_ &(const weft_expr){ .op = WEFT_EXPR_NOT_IN, .model = &M##_model, .offset = offsetof(M, f), \
                                   .value = WEFT_ITEMS_LIKE(((M *)0)->f, items, count) } WEFT_NODE_END_
/* A column compared with another of the same kind (of a model, an alias, a CTE or another selectable); columns of different kinds
 * do not compile: weft_eq_col(Order, customer_id, Customer, id). weft_op compares any expressions, weft_op(e, "=", weft_col(M,
 * f)). Columns of arrays and of types of the program's own have one C type. */
#define weft_eq_col(M, f, N, g) WEFT_COMPARE_COLUMNS_("=", M, f, N, g)
#define weft_ne_col(M, f, N, g) WEFT_COMPARE_COLUMNS_("<>", M, f, N, g)
#define weft_lt_col(M, f, N, g) WEFT_COMPARE_COLUMNS_("<", M, f, N, g)
#define weft_le_col(M, f, N, g) WEFT_COMPARE_COLUMNS_("<=", M, f, N, g)
#define weft_gt_col(M, f, N, g) WEFT_COMPARE_COLUMNS_(">", M, f, N, g)
#define weft_ge_col(M, f, N, g) WEFT_COMPARE_COLUMNS_(">=", M, f, N, g)
#define WEFT_COMPARE_COLUMNS_(o, M, f, N, g) \
    (&(const weft_expr){ .op = WEFT_EXPR_OP, .offset = WEFT_ALIKE_(M, f, N, g), .name = (o), \
                         .args = WEFT_NODES_ weft_col(M, f), weft_col(N, g) WEFT_NODES_END_ })
/* 0, and does not compile where the two fields are no columns of one kind; the message names both. */
#define WEFT_ALIKE_(M, f, N, g) \
    (0 * sizeof(struct { int x_; \
        _Static_assert(WEFT_ACCEPTS_(((M *)0)->f) == WEFT_ACCEPTS_(((N *)0)->g), \
            #M "." #f " and " #N "." #g " are columns of different kinds"); \
        _Static_assert(WEFT_ACCEPTS_(((M *)0)->f) != 0 || WEFT_SAME_STRUCT_(((M *)0)->f, ((N *)0)->g), \
            #M "." #f " is no column that weft compares by itself"); }))
/* Arrays and types of the program's own, and no pointer, which is a relationship. */
#define WEFT_SAME_STRUCT_(a, b) _Generic(a, __typeof__(b): __builtin_classify_type(a) != 5, default: 0)

/* Whether a column is NULL, or is not. */
#define weft_is_null(M, f) (&(const weft_expr){ .op = WEFT_EXPR_IS_NULL, .model = &M##_model, .offset = offsetof(M, f) })
#define weft_is_not_null(M, f) (&(const weft_expr){ .op = WEFT_EXPR_IS_NOT_NULL, .model = &M##_model, .offset = offsetof(M, f) })

/* Parts and their combination. weft_col is a column (weft_col_at: of the occurrence of its model that weft_join_as numbered n),
 * weft_val a value, whose type the other operand decides; where none does it is its C type, and C's true is an int: weft_val((bool)
 * true). weft_when is for an optional condition: the condition where the C expression is true, else weft_true. */
#define weft_col(M, f) (&(const weft_expr){ .op = WEFT_EXPR_COLUMN, .model = &M##_model, .offset = offsetof(M, f) })
#define weft_col_at(n, M, f) \
    (&(const weft_expr){ .op = WEFT_EXPR_COLUMN, .alias = (n), .model = &M##_model, .offset = offsetof(M, f) })
/* A column by its name, of a table that no struct describes (weft_session_table, weft_builder_table): weft_named(audit, "actor");
 * of a model by its name in SQL. Any text is safe: what is no column of it is WEFT_ERROR_MISUSE when the statement runs. */
#define weft_named(table, column) (&((const weft_expr[]){ weft_column_named((table), (column)) })[0])
/* The node that weft_named makes; column is borrowed as long as it is used. Any thread. */
WEFT_API weft_expr weft_column_named(const weft_model *table, const char *column);
#define weft_val(...) WEFT_NODE_ &(const weft_expr){ .op = WEFT_EXPR_VALUE, .value = WEFT_VALUE_OF(__VA_ARGS__) } WEFT_NODE_END_
#define weft_and(...) (&(const weft_expr){ .op = WEFT_EXPR_AND, .args = WEFT_NODES_ __VA_ARGS__ WEFT_NODES_END_ })
#define weft_or(...) (&(const weft_expr){ .op = WEFT_EXPR_OR, .args = WEFT_NODES_ __VA_ARGS__ WEFT_NODES_END_ })
#define weft_not(e) (&(const weft_expr){ .op = WEFT_EXPR_NOT, .args = WEFT_NODES_ e WEFT_NODES_END_ })
#define weft_when(condition, e) ((condition) ? (e) : &weft_true)
/* Conditions over expressions: weft_between(weft_col(User, age), weft_val(18), weft_val(65)); weft_null and weft_not_null are IS
 * NULL and IS NOT NULL of any expression. weft_between_symmetric takes its bounds in either order: it holds where weft_between does
 * with one of them as low or with the other. NULL where any of the three is. The databases may compute an operand several times. */
#define weft_between(e, low, high) (&(const weft_expr){ .op = WEFT_EXPR_BETWEEN, .args = WEFT_NODES_ e, low, high WEFT_NODES_END_ })
#define weft_between_symmetric(e, a, b) \
    (&(const weft_expr){ .op = WEFT_EXPR_BETWEEN_SYMMETRIC, .args = WEFT_NODES_ e, a, b WEFT_NODES_END_ })
#define weft_null(e) (&(const weft_expr){ .op = WEFT_EXPR_IS_NULL, .args = WEFT_NODES_ e WEFT_NODES_END_ })
#define weft_not_null(e) (&(const weft_expr){ .op = WEFT_EXPR_IS_NOT_NULL, .args = WEFT_NODES_ e WEFT_NODES_END_ })
/* Operator and function names are literals: a run-time string does not compile. The _unsafe forms take one; they check its form
 * (operators: operator characters or words; functions: an identifier), not its meaning.
 * A SELECT counts as reading, whatever its functions do: at the default isolation, where nothing has begun a transaction, it
 * commits by itself. A function that writes, locks or notifies belongs into weft_transact, behind weft_connection_begin or into
 * text SQL; else rollback does not undo it, and a transaction's lock ends with the statement. */
#define weft_op(l, o, r) (&(const weft_expr){ .op = WEFT_EXPR_OP, .name = "" o, .args = WEFT_NODES_ l, r WEFT_NODES_END_ })
#define weft_op_unsafe(l, o, r) (&(const weft_expr){ .op = WEFT_EXPR_OP, .name = (o), .args = WEFT_NODES_ l, r WEFT_NODES_END_ })
/* Whether a regular expression, in PostgreSQL's words ("^[ab]+$"), is found in a text; weft_imatches minds no case. A text that is
 * none is WEFT_ERROR_DATA. WEFT_ERROR_UNSUPPORTED on SQLite, which has none; weft_fn("regexp_replace", …) and its like are
 * PostgreSQL's, too. */
#define weft_matches(e, pattern) weft_op(e, "~", pattern)
#define weft_imatches(e, pattern) weft_op(e, "~*", pattern)
/* Several values as one, on both sides of =, <>, <, <=, >, >=: the first that differ decide. For the page after a row, by the index
 * that orders them: weft_op(weft_tuple(weft_col(Post, created), weft_col(Post, id)), "<", weft_tuple(weft_val(last->created),
 * weft_val(last->id))). Each value stands beside one of its type; with = and <> a null value is compared as weft_eq does, with the
 * others what has a NULL is neither before nor behind. */
#define weft_tuple(...) (&(const weft_expr){ .op = WEFT_EXPR_TUPLE, .args = WEFT_NODES_ __VA_ARGS__ WEFT_NODES_END_ })
#define weft_fn(...) WEFT_FN_(__VA_ARGS__, &weft_end)
#define WEFT_FN_(n, ...) (&(const weft_expr){ .op = WEFT_EXPR_FN, .name = "" n, .args = (const weft_expr *const[]){ __VA_ARGS__ } })
#define weft_fn_unsafe(...) WEFT_FN_UNSAFE_(__VA_ARGS__, &weft_end)
#define WEFT_FN_UNSAFE_(n, ...) (&(const weft_expr){ .op = WEFT_EXPR_FN, .name = (n), \
    .args = (const weft_expr *const[]){ __VA_ARGS__ } })
/* DISTINCT inside an aggregate: weft_count(weft_distinct(weft_col(User, name))). */
#define weft_distinct(e) (&(const weft_expr){ .op = WEFT_EXPR_DISTINCT, .args = WEFT_NODES_ e WEFT_NODES_END_ })
#define weft_count(e) weft_fn("count", e)
#define weft_count_all() (&weft_rows_counted)
#define weft_sum(e) weft_fn("sum", e)
#define weft_min(e) weft_fn("min", e)
#define weft_max(e) weft_fn("max", e)
#define weft_avg(e) weft_fn("avg", e)
#define weft_lower(e) weft_fn("lower", e)
#define weft_upper(e) weft_fn("upper", e)
#define weft_coalesce(...) weft_fn("coalesce", __VA_ARGS__)
/* weft_cast(e, WEFT_TEXT); weft_case(condition, result, condition, result, otherwise), the last of them optional; weft_label names
 * a column of the result, by a literal. */
#define weft_cast(e, t) \
    (&(const weft_expr){ .op = WEFT_EXPR_CAST, .value = { .type = (t) }, .args = WEFT_NODES_ e WEFT_NODES_END_ })
#define weft_case(...) (&(const weft_expr){ .op = WEFT_EXPR_CASE, .args = WEFT_NODES_ __VA_ARGS__ WEFT_NODES_END_ })
#define weft_label(e, n) (&(const weft_expr){ .op = WEFT_EXPR_LABEL, .name = "" n, .args = WEFT_NODES_ e WEFT_NODES_END_ })
/* The one value of a SELECT of one column, NULL where it gives no row; several rows are WEFT_ERROR_SQL: give it an aggregate, a
 * key or .limit = 1 and .order_by. Columns of what stands around it may be named within. q lives
 * as nodes do. weft_gt(Item, price, weft_scalar(weft_select(.from = weft_from(Item), .columns = weft_avg(weft_col(Item,
 * price))))). */
#define weft_scalar(q) (&(const weft_expr){ .op = WEFT_EXPR_SCALAR, .query = (q) })
/* Whether a SELECT gives a row, and whether a value is among those that a SELECT of one column gives; columns of what stands around
 * may be named within, and the SELECT of weft_exists_in needs no .columns: weft_not(weft_exists_in(weft_select(.from =
 * weft_from(Order), .where = weft_eq_col(Order, customer_id, Customer, id)))). Where a SELECT gives NULL, weft_not_in_query is true
 * of nothing, as NOT IN is. A weft_tuple is looked for among rows of as many columns: weft_in_query(weft_tuple(weft_col(Post, day),
 * weft_col(Post, id)), weft_select(.from = weft_from(Wanted), .columns = weft_columns(weft_col(Wanted, day), …))). */
#define weft_exists_in(q) (&(const weft_expr){ .op = WEFT_EXPR_EXISTS, .query = (q) })
#define weft_in_query(e, q) (&(const weft_expr){ .op = WEFT_EXPR_IN_QUERY, .query = (q), .args = WEFT_NODES_ e WEFT_NODES_END_ })
#define weft_not_in_query(e, q) \
    (&(const weft_expr){ .op = WEFT_EXPR_NOT_IN_QUERY, .query = (q), .args = WEFT_NODES_ e WEFT_NODES_END_ })
/* On the right of a comparison, by =, <>, <, <=, > or >=: it holds with one, or with all, of what a SELECT of one column gives or a
 * list holds: weft_op(weft_col(Employee, salary), ">=", weft_all_of(weft_select(.from = weft_from(Boss), .columns = …))). Of no
 * rows weft_all_of holds and weft_any_of does not; a NULL among the rows, or on the left, makes NULL of what the others do not
 * decide. weft_in and weft_in_query are the usual way to say = weft_any_of. items are as for weft_in, of a type that stands beside
 * the left side. */
#define weft_any_of(q) (&(const weft_expr){ .op = WEFT_EXPR_ANY_OF, .query = (q) })
#define weft_all_of(q) (&(const weft_expr){ .op = WEFT_EXPR_ALL_OF, .query = (q) })
#define weft_any_item(items, count) WEFT_ITEMS_NODE_(WEFT_EXPR_ANY_OF, items, count)
#define weft_all_items(items, count) WEFT_ITEMS_NODE_(WEFT_EXPR_ALL_OF, items, count)
#define WEFT_ITEMS_NODE_(o, items, n) \
    WEFT_NODE_ &(const weft_expr){ .op = (o), .value = WEFT_TO_ITEMS_(items)((items), (n)) } WEFT_NODE_END_
/* True where some object at the relationship's other end fulfils the condition: weft_any(User, addresses, weft_like(Address, email,
 * "%.org")). weft_has reads better where there is only one. */
#define weft_any(M, f, e) \
    (&(const weft_expr){ .op = WEFT_EXPR_ANY, .model = &M##_model, .offset = offsetof(M, f), \
                         .args = WEFT_NODES_ e WEFT_NODES_END_ })
#define weft_has(M, f, e) weft_any(M, f, e)

/* SQL text of the program's as one expression of the type that it says, anywhere an expression may stand; it is a literal: a
 * run-time text does not compile (weft_sql_unsafe takes one: never let it come from outside). Arguments are expressions that
 * the text names, as often as it likes; values among them are parameters, never text: weft_sql(WEFT_INT64, "width_bucket(:v, 0,
 * :top, 5)", weft_arg("v", weft_col(Order, total)), weft_arg("top", weft_val(500.0))). Each argument is one operand there, in
 * parentheses where it needs them. The type is what the database gives (of other integers and of texts the next larger will
 * do), WEFT_UNMAPPED where the program does not say; on SQLite decimals, dates, times and UUIDs are read as weft_cast reads a text.
 * MISUSE before anything is sent: an argument that is not named, a name without one, comments, semicolons, parameters such as
 * $1, and commas outside of parentheses; other text that is not one expression is an error of the database's. A session flushes
 * all changes before such a query: its text may read anything. weft_per_database is the first on PostgreSQL and the second on
 * SQLite. */
#define weft_sql(t, ...) WEFT_SQL_(t, __VA_ARGS__, &weft_end)
#define WEFT_SQL_(t, text, ...) WEFT_FRAGMENT_(t, "" text, __VA_ARGS__)
#define weft_sql_unsafe(t, ...) WEFT_SQL_UNSAFE_(t, __VA_ARGS__, &weft_end)
#define WEFT_SQL_UNSAFE_(t, text, ...) WEFT_FRAGMENT_(t, text, __VA_ARGS__)
#define WEFT_FRAGMENT_(t, text, ...) \
    (&(const weft_expr){ .op = WEFT_EXPR_FRAGMENT, .value = { .type = (t) }, .name = (text), \
                         .args = (const weft_expr *const[]){ __VA_ARGS__ } })
#define weft_arg(n, e) (&(const weft_expr){ .op = WEFT_EXPR_ARG, .name = "" n, .args = WEFT_NODES_ e WEFT_NODES_END_ })
#define weft_per_database(postgres, sqlite) \
    (&(const weft_expr){ .op = WEFT_EXPR_PER_DATABASE, .args = WEFT_NODES_ postgres, sqlite WEFT_NODES_END_ })

/* The values within e stand in the statement's text, quoted, whatever they hold, and typed as parameters would be: for constants
 * of the program that a partial index names, or that should decide about a plan; docs/plans.md says when.
 * weft_and(weft_literally(weft_ne(Job, state, "done")), weft_eq(Job, owner, owner)). Other values are another statement, which each
 * engine compiles, caches and each connection prepares by itself: with many different values the caches only turn over. Text of a
 * statement appears in logs, in weft_engine_cached_statements and in the server's views: never write secrets so. What could be no
 * parameter is the same error (WEFT_ERROR_DATA, WEFT_ERROR_TYPE). weft_literal is one value, where weft_val is. */
#define weft_literally(e) (&(const weft_expr){ .op = WEFT_EXPR_LITERAL, .args = WEFT_NODES_ e WEFT_NODES_END_ })
#define weft_literal(...) weft_literally(weft_val(__VA_ARGS__))

/* Lists of what to order by and of columns: .order_by = weft_order(weft_asc(User, name), weft_nulls_last(weft_desc(User, age))).
 * NULL is greater than any value on both databases, so it comes last upwards and first downwards unless weft_nulls_first or
 * weft_nulls_last says otherwise. Enums are ordered by their names, as texts are: by the database's collation. */
#define weft_asc(M, f) (&(const weft_expr){ .op = WEFT_EXPR_ASC, .value.as.nodes_ = { weft_col(M, f), &weft_end } })
#define weft_desc(M, f) (&(const weft_expr){ .op = WEFT_EXPR_DESC, .value.as.nodes_ = { weft_col(M, f), &weft_end } })
#define weft_asc_of(e) (&(const weft_expr){ .op = WEFT_EXPR_ASC, .args = WEFT_NODES_ e WEFT_NODES_END_ })
#define weft_desc_of(e) (&(const weft_expr){ .op = WEFT_EXPR_DESC, .args = WEFT_NODES_ e WEFT_NODES_END_ })
#define weft_nulls_first(e) (&(const weft_expr){ .op = WEFT_EXPR_NULLS_FIRST, .args = WEFT_NODES_ e WEFT_NODES_END_ })
#define weft_nulls_last(e) (&(const weft_expr){ .op = WEFT_EXPR_NULLS_LAST, .args = WEFT_NODES_ e WEFT_NODES_END_ })
#define weft_order(...) (&(const weft_expr){ .op = WEFT_EXPR_LIST, .args = WEFT_NODES_ __VA_ARGS__ WEFT_NODES_END_ })
#define weft_columns(...) (&(const weft_expr){ .op = WEFT_EXPR_LIST, .args = WEFT_NODES_ __VA_ARGS__ WEFT_NODES_END_ })

/* Columns by the fields that they go into, in any order: .columns = weft_columns(weft_put(Top, total, weft_sum(weft_col(Order,
 * total))), weft_put_col(Top, name, Customer, name), weft_put_value(Top, rank, 1)). Either all columns of a query say so, each
 * field once, or none does and places decide; what is missing, twice or of another row is MISUSE. weft_put_col takes a column of
 * the field's kind, weft_put_value a value of it; others do not compile. The rows are those of the struct that the query is run
 * or declared with. weft_out(Top, total) is such a column in .order_by and .group_by: weft_order(weft_desc_of(weft_out(Top,
 * total))). */
#define weft_put(R, f, e) WEFT_PUT_(R, f, 0, WEFT_NODES_ e WEFT_NODES_END_)
#define weft_put_col(R, f, M, g) WEFT_PUT_(R, f, WEFT_ALIKE_(R, f, M, g), WEFT_NODES_ weft_col(M, g) WEFT_NODES_END_)
#define weft_put_value(R, f, ...) \
    WEFT_PUT_(R, f, 0, WEFT_NODES_ WEFT_NODE_ &(const weft_expr){ \
        .op = WEFT_EXPR_VALUE, .value = WEFT_VALUE_LIKE(((R *)0)->f, __VA_ARGS__) } WEFT_NODE_END_ WEFT_NODES_END_)
#define weft_out(R, f) WEFT_PUT_(R, f, 0, NULL)
#define WEFT_PUT_(R, f, alike, ...) \
    (&(const weft_expr){ .op = WEFT_EXPR_LABEL, .offset = offsetof(R, f) + (alike), .name = #f, \
                         .value = { .as.s = { (const char *)(const void *)&R##_row, 0 } }, .args = __VA_ARGS__ })

/* An aggregate of the rows for which a condition holds: weft_filter(weft_count_all(), weft_eq(Order, state, "paid")). */
#define weft_filter(aggregate, condition) \
    (&(const weft_expr){ .op = WEFT_EXPR_FILTER, .args = WEFT_NODES_ aggregate, condition WEFT_NODES_END_ })
/* Whether a condition holds for all rows, or for one at least; rows where it is NULL do not count, and of no rows it is NULL. */
#define weft_bool_and(condition) weft_fn("bool_and", condition)
#define weft_bool_or(condition) weft_fn("bool_or", condition)
#define weft_every(condition) weft_fn("every", condition)
/* The texts (or bytes) of all rows, with a separator before each but the first; NULL rows are left out, empty ones are not, and of
 * no rows it is NULL: weft_ordered(weft_string_agg(weft_distinct(weft_col(Customer, name)), weft_val(", ")),
 * weft_asc(Customer, name)). */
#define weft_string_agg(e, separator) weft_fn("string_agg", e, separator)
/* An aggregate that takes its rows in an order, of elements as weft_order has them. With weft_distinct within, each is the argument
 * that is distinct. On SQLite the order of numbers that are added up says nothing, and aggregates of others than texts and numbers
 * know none: WEFT_ERROR_UNSUPPORTED. weft_filter stands around it. */
#define weft_ordered(aggregate, ...) \
    (&(const weft_expr){ .op = WEFT_EXPR_ORDERED, .args = WEFT_NODES_ aggregate, __VA_ARGS__ WEFT_NODES_END_ })
/* Aggregates of the values of one element of an order, such as weft_asc(Order, total); NULL is no value. The number below which the
 * share p of the values lies, between two of them in proportion: a double. The first value that is not below the share p. The most
 * frequent value, the first in the order where several are. p is from 0 to 1: another is WEFT_ERROR_DATA. Other aggregates of the
 * kind are PostgreSQL's alone: weft_within_group(weft_fn("rank", weft_val(5)), weft_asc(Order, total)). */
#define weft_percentile_cont(p, element) weft_within_group(weft_fn("percentile_cont", p), element)
#define weft_percentile_disc(p, element) weft_within_group(weft_fn("percentile_disc", p), element)
#define weft_mode(element) weft_within_group(WEFT_CALL_("mode"), element)
#define weft_within_group(aggregate, ...) \
    (&(const weft_expr){ .op = WEFT_EXPR_WITHIN, .args = WEFT_NODES_ aggregate, __VA_ARGS__ WEFT_NODES_END_ })
/* Groups of several sets of keys at once, elements of .group_by: all keys of weft_rollup, then without the last one, and so on to
 * none, which is one group of all rows; every subset of the keys of weft_cube; the sets that weft_grouping_sets lists, each a
 * key, a weft_tuple of keys or weft_nothing. A part of the first two may be a weft_tuple as well. With other elements of
 * .group_by each set is joined with theirs. Keys that a group's set has not are NULL in it; weft_grouping(a, b) tells those from
 * others: an integer with a bit for each of its keys, the last one lowest, which is 1 where the set has it not. Keys have no
 * values but in weft_literally; there are at most 64 and 256 sets, and weft_cube has 8 keys (WEFT_ERROR_LIMIT): .group_by =
 * weft_columns(weft_rollup(weft_col(Customer, region), weft_col(Order, state))). */
#define weft_rollup(...) (&(const weft_expr){ .op = WEFT_EXPR_ROLLUP, .args = WEFT_NODES_ __VA_ARGS__ WEFT_NODES_END_ })
#define weft_cube(...) (&(const weft_expr){ .op = WEFT_EXPR_CUBE, .args = WEFT_NODES_ __VA_ARGS__ WEFT_NODES_END_ })
#define weft_grouping_sets(...) \
    (&(const weft_expr){ .op = WEFT_EXPR_GROUPING_SETS, .args = WEFT_NODES_ __VA_ARGS__ WEFT_NODES_END_ })
#define weft_nothing (&(const weft_expr){ .op = WEFT_EXPR_TUPLE, .args = (const weft_expr *const[]){ &weft_end } })
#define weft_grouping(...) weft_fn("grouping", __VA_ARGS__)
/* A function over a window of rows beside each row, in .columns and .order_by: weft_over(weft_sum(weft_col(Sale, amount)),
 * .partition_by = weft_columns(weft_col(Sale, region)), .order_by = weft_order(weft_asc(Sale, day))). Without .partition_by all
 * rows are one partition; without .frame an aggregate takes those up to the present one and its equals in the order, or all
 * where there is no order. The function is an aggregate, perhaps with weft_filter, or one of those below; a query with groups has
 * windows over its groups. weft_window_of(W, …) declares a window that several functions share: weft_over_window(weft_rank(),
 * W). */
#define weft_over(...) WEFT_OVER_(__VA_ARGS__, .zero_ = 0)
#define WEFT_OVER_(fn, ...) \
    (&(const weft_expr){ .op = WEFT_EXPR_OVER, .window = WEFT_STRUCT_(weft_window) __VA_ARGS__ WEFT_STRUCT_END_, \
                         .args = WEFT_NODES_ fn WEFT_NODES_END_ })
#define weft_window_of(W, ...) const weft_window W = { __VA_ARGS__ }
#define weft_over_window(fn, W) (&(const weft_expr){ .op = WEFT_EXPR_OVER, .window = &(W), .args = WEFT_NODES_ fn WEFT_NODES_END_ })
/* The place in the window's order, from 1 on: each row its own, equal ones the same with gaps after them, or without gaps; the
 * number of n parts of about one size; the place as a share of all. weft_lag(e), weft_lag(e, weft_val(2)) and weft_lag(e,
 * weft_val(2), otherwise) are e of the row before, or two before, weft_lead of the row after, NULL or otherwise where there is
 * none; weft_first_value, weft_last_value and weft_nth_value(e, n) are of the frame's. */
#define weft_row_number() WEFT_CALL_("row_number")
#define weft_rank() WEFT_CALL_("rank")
#define weft_dense_rank() WEFT_CALL_("dense_rank")
#define weft_percent_rank() WEFT_CALL_("percent_rank")
#define weft_cume_dist() WEFT_CALL_("cume_dist")
#define WEFT_CALL_(n) (&(const weft_expr){ .op = WEFT_EXPR_FN, .name = (n), .args = (const weft_expr *const[]){ &weft_end } })
#define weft_ntile(n) weft_fn("ntile", n)
#define weft_lag(...) weft_fn("lag", __VA_ARGS__)
#define weft_lead(...) weft_fn("lead", __VA_ARGS__)
#define weft_first_value(e) weft_fn("first_value", e)
#define weft_last_value(e) weft_fn("last_value", e)
#define weft_nth_value(e, n) weft_fn("nth_value", e, n)

/* Which rows of its partition a function sees: .frame = weft_frame_rows(weft_preceding(weft_val(6)), weft_current_row). Rows are
 * counted one by one, groups by those that are equal in the order, a range by the distance in the order from the present row: its
 * one expression is a number then, and no decimal on SQLite (WEFT_ERROR_UNSUPPORTED). */
typedef enum weft_frame_unit { WEFT_FRAME_NONE, WEFT_FRAME_ROWS, WEFT_FRAME_RANGE, WEFT_FRAME_GROUPS } weft_frame_unit;
typedef enum weft_bound_kind {
    WEFT_BOUND_FIRST = -2, /* of the partition */
    WEFT_BOUND_PRECEDING,  /* by so many before */
    WEFT_BOUND_CURRENT,
    WEFT_BOUND_FOLLOWING,
    WEFT_BOUND_LAST
} weft_bound_kind;
typedef struct weft_bound { weft_bound_kind kind; const weft_expr *by; } weft_bound;
typedef struct weft_frame { weft_frame_unit unit; weft_bound from, to; } weft_frame;
#define weft_unbounded_preceding { .kind = WEFT_BOUND_FIRST }
#define weft_preceding(n) { .kind = WEFT_BOUND_PRECEDING, .by = (n) }
#define weft_current_row { .kind = WEFT_BOUND_CURRENT }
#define weft_following(n) { .kind = WEFT_BOUND_FOLLOWING, .by = (n) }
#define weft_unbounded_following { .kind = WEFT_BOUND_LAST }
/* Rows of the frame that a function does not see, .exclude of a window: the present one, it and its equals in the order, or these
 * without itself. Without .frame the frame is that of aggregates. */
typedef enum weft_exclude {
    WEFT_EXCLUDE_NO_OTHERS,
    WEFT_EXCLUDE_CURRENT_ROW,
    WEFT_EXCLUDE_GROUP,
    WEFT_EXCLUDE_TIES
} weft_exclude;
#define weft_frame_rows(first, last) { .unit = WEFT_FRAME_ROWS, .from = first, .to = last }
#define weft_frame_range(first, last) { .unit = WEFT_FRAME_RANGE, .from = first, .to = last }
#define weft_frame_groups(first, last) { .unit = WEFT_FRAME_GROUPS, .from = first, .to = last }
struct weft_window {
    int zero_;
    const weft_expr *partition_by, *order_by; /* one expression, or weft_columns(…) and weft_order(…) */
    weft_frame frame;
    weft_exclude exclude;
};

/* ---- dates and timestamps, alike on every database: in UTC, weeks beginning on Monday ---- */

typedef enum weft_unit {
    WEFT_SECOND = 1,
    WEFT_MINUTE,
    WEFT_HOUR,
    WEFT_DAY,
    WEFT_WEEK,
    WEFT_MONTH,
    WEFT_QUARTER,
    WEFT_YEAR,
    WEFT_WEEKDAY /* 1 Monday to 7 Sunday; of weft_date_part alone */
} weft_unit;
/* e, a date or a timestamp, and n units later (an integer; earlier where it is negative), of e's type:
 * weft_date_add(weft_col(Order, day), weft_val(3), WEFT_MONTH). Where the month has no such day it is its last one. A date has no
 * hours, minutes and seconds to add: WEFT_ERROR_TYPE; cast it to WEFT_TIMESTAMP. A result that no date can hold is WEFT_ERROR_DATA.
 * Infinity stays what it is. */
#define weft_date_add(e, n, unit) WEFT_DATED_(WEFT_EXPR_DATE_ADD, unit, e, n)
/* The beginning of the second, minute and so on in which e lies, of e's type. */
#define weft_date_trunc(e, unit) WEFT_DATED_(WEFT_EXPR_DATE_TRUNC, unit, e)
/* A part of e as an integer: the year (before 1 those of BC, -1 being 1 BC), quarter 1 to 4, month 1 to 12, week 1 to 53 of ISO
 * 8601, day of the month, hour, minute, second, weekday. A date's hour, minute and second are 0. NULL of infinity. */
#define weft_date_part(e, unit) WEFT_DATED_(WEFT_EXPR_DATE_PART, unit, e)
/* How many whole units lie between two dates or timestamps, as an integer; negative where the later one is earlier. Months,
 * quarters and years are full once the day of the month and the time are reached. Infinity is WEFT_ERROR_DATA. */
#define weft_date_diff(later, earlier, unit) WEFT_DATED_(WEFT_EXPR_DATE_DIFF, unit, later, earlier)
#define WEFT_DATED_(o, unit, ...) \
    (&(const weft_expr){ .op = (o), .alias = (int)(unit), .args = WEFT_NODES_ __VA_ARGS__ WEFT_NODES_END_ })
/* The timestamp at which the transaction (PostgreSQL) or the statement (SQLite, to the millisecond) began, and its day in UTC. */
#define weft_now() (&(const weft_expr){ .op = WEFT_EXPR_NOW })
#define weft_today() (&(const weft_expr){ .op = WEFT_EXPR_TODAY })

/* The next value of a sequence that the model declares (WEFT_SEQUENCE), an integer of 64 bits; it is taken whatever becomes of the
 * transaction, once for each row: .set = weft_sets(weft_to_expr(Invoice, number, weft_next_value(Invoice, "invoice_number"))).
 * Another name is MISUSE. UNSUPPORTED on SQLite. By itself it is asked for by weft_take_value. */
#define weft_next_value(M, n) (&(const weft_expr){ .op = WEFT_EXPR_NEXT_VALUE, .model = &M##_model, .name = "" n })

/* Assignments of UPDATE and DO UPDATE: .set = weft_sets(weft_to(User, active, false), weft_to(User, age, e)); weft_to takes a
 * value or an expression, weft_to_expr an expression. weft_excluded is
 * the value that could not be inserted, in DO UPDATE only. */
#define weft_sets(...) (&(const weft_expr){ .op = WEFT_EXPR_LIST, .args = WEFT_NODES_ __VA_ARGS__ WEFT_NODES_END_ })
#define weft_to(M, f, ...) WEFT_COMPARE_(WEFT_EXPR_SET, M, f, __VA_ARGS__)
#define weft_to_expr(M, f, e) \
    (&(const weft_expr){ .op = WEFT_EXPR_SET, .model = &M##_model, .offset = offsetof(M, f), \
                         .args = WEFT_NODES_ e WEFT_NODES_END_ })
#define weft_excluded(M, f) (&(const weft_expr){ .op = WEFT_EXPR_EXCLUDED, .model = &M##_model, .offset = offsetof(M, f) })

/* Joins follow a relationship from its model: .joins = weft_joins(weft_join(User, addresses)); weft_outer_join keeps a row that has
 * no partner, too. weft_join_to and weft_outer_join_to join an alias of the relationship's target, so that a model may stand there
 * twice: weft_alias(Boss, Employee); weft_joins(weft_join_to(Employee, boss, Boss)); another alias does not compile. M may be an
 * alias as well. weft_join_where and weft_outer_join_where have a condition beside that of the relationship: with the outer one a
 * row stays where no partner fulfils it. By numbers instead of names: weft_join_as gives the new occurrence of a model a number, by
 * which weft_col_at names it; weft_join_from goes on from occurrence m.
 *
 * weft_join_on joins any model or selectable on any condition over what stands before it and itself; with weft_left_join_on a row
 * stays without a partner, too, with weft_right_join_on what is joined does, with weft_full_join_on both do: their columns are NULL
 * then, so such a query gives rows and no objects. PostgreSQL takes a full join only on conditions of which one compares both sides
 * by =. weft_cross_join joins every row with every one:
 * weft_joins(weft_left_join_on(Total, weft_eq_col(Total, shop_id, Shop, id))). */
typedef enum weft_join_how {
    WEFT_JOIN_BY_FLAG, /* .outer says: inner or left */
    WEFT_JOIN_INNER,
    WEFT_JOIN_LEFT,
    WEFT_JOIN_RIGHT,
    WEFT_JOIN_FULL,
    WEFT_JOIN_CROSS
} weft_join_how;
struct weft_join_step {
    const weft_model *model; /* of the relationship; NULL: what .to says is joined */
    size_t offset;
    bool outer;
    int from_alias;          /* which occurrence of model */
    int to_alias;            /* the number that the target gets */
    int end_;                /* 1 in the closing entry */
    const weft_model *to;    /* what is joined on .on; with a relationship an alias of its target, or NULL */
    const weft_expr *on;     /* with a relationship beside its own condition, or NULL */
    weft_join_how how;       /* a relationship is joined inner or left */
    const weft_join_step *list; /* several, in place of all the above: what weft_joins says */
};
#define weft_join_on(A, e) { .to = &A##_model, .on = (e) }
#define weft_left_join_on(A, e) { .to = &A##_model, .on = (e), .outer = true }
#define weft_right_join_on(A, e) { .to = &A##_model, .on = (e), .how = WEFT_JOIN_RIGHT }
#define weft_full_join_on(A, e) { .to = &A##_model, .on = (e), .how = WEFT_JOIN_FULL }
#define weft_cross_join(A) { .to = &A##_model, .how = WEFT_JOIN_CROSS }
#define weft_join(M, f) { .model = &M##_model, .offset = offsetof(M, f) }
#define weft_outer_join(M, f) { .model = &M##_model, .offset = offsetof(M, f), .outer = true }
#define weft_join_to(M, f, A) { .model = &M##_model, .offset = WEFT_LEADS_TO_(M, f, A), .to = &A##_model }
#define weft_outer_join_to(M, f, A) { .model = &M##_model, .offset = WEFT_LEADS_TO_(M, f, A), .to = &A##_model, .outer = true }
#define WEFT_LEADS_TO_(M, f, A) (offsetof(M, f) + 0 * sizeof(_Generic(((M *)0)->f, const A *: 1, A##_list: 1)))
#define weft_join_where(M, f, e) { .model = &M##_model, .offset = offsetof(M, f), .on = (e) }
#define weft_outer_join_where(M, f, e) { .model = &M##_model, .offset = offsetof(M, f), .on = (e), .outer = true }
#define weft_join_as(n, M, f) { .model = &M##_model, .offset = offsetof(M, f), .to_alias = (n) }
#define weft_join_from(m, n, M, f) { .model = &M##_model, .offset = offsetof(M, f), .from_alias = (m), .to_alias = (n) }
#define weft_joins(...) { .list = (const weft_join_step[]){ __VA_ARGS__, { .end_ = 1 } } }
#define weft_from(M) (&M##_model)

/* ---- selectables ----
 *
 * What stands in FROM is a model: a table's, or one that is declared in a block and lives as long as it. Every macro that takes a
 * model and a field takes it. weft_alias(Boss, Employee) is a second occurrence of a model, so that a subquery may compare rows of
 * its table with those around it. weft_subselect(Total, weft_select(…)) is a SELECT that stands in FROM under the name of a struct
 * of WEFT_ROW, whose fields are its columns by position: a column's type is that of its field, to which other numbers are cast;
 * what no cast within the kind makes so is WEFT_ERROR_TYPE. Then weft_rows(s, Total, .from = weft_from(Total), .where =
 * weft_gt(Total, amount, 10)).
 *
 * weft_cte(Total, .query = weft_select(…)) is a common table expression: as weft_subselect, but written once, in WITH, however
 * often it stands in the statement, there and in other selectables; weft_alias(Other, Total) is a second occurrence of its rows.
 * weft_cte_as(Small, Total, …) has another name. What refers to it brings it into WITH, in the order needed. A CTE whose query is
 * weft_union_all or weft_union, and whose last member selects from the CTE itself or joins it, is recursive: the other members
 * give the first rows, the last one what comes of the rows found so far. .materialized = WEFT_MATERIALIZED has its rows worked out
 * once, WEFT_NOT_MATERIALIZED as part of each query that uses it; otherwise the database decides.
 *
 * weft_sampled(Some, Sale, weft_sample_bernoulli(weft_val(5.0))) is an alias of a model's table, or of a weft_builder_table, of
 * whose rows about so many percent stand there, each by chance; with weft_sample_system they are pages of the table, which is
 * quicker and evens out less: TABLESAMPLE. A second argument is a seed: the same seed gives the same rows as long as the table
 * stays as it is. A sample is joined by weft_join_on and its like. PostgreSQL only: WEFT_ERROR_UNSUPPORTED on SQLite.
 *
 * weft_lateral(Recent, weft_select(…)) is a weft_subselect that sees what stands before it in FROM, as a scalar subquery sees what
 * is around it, so that it gives other rows for each of those: weft_joins(weft_left_join_on(Recent, &weft_true)). PostgreSQL only:
 * WEFT_ERROR_UNSUPPORTED on SQLite, where weft_row_number in a weft_cte finds the first rows of each.
 *
 * weft_values_of(Wanted, list, n) are rows that the program has: an array of n structs of WEFT_ROW, borrowed until the statement
 * has run; none give no rows. One compiled statement serves arrays of any length. A field may be of a type of the program's own
 * (WEFT_FIELD_AS); fields that are arrays themselves are WEFT_ERROR_UNSUPPORTED: give them as JSON, or insert them into a table.
 * Then weft_joins(weft_left_join_on(Stock, weft_eq_col(Stock, sku, Wanted, sku))). Their order is lost; give the struct a number to
 * order by.
 *
 * weft_series(Day, first, last) are all integers or dates from first to last, both included, in the one field of the row, an
 * integer of 32 or 64 bits or a date: weft_series(Day, weft_val(from), weft_val(to)); none where last is less, or one of them is
 * NULL. weft_series_step(Number, first, last, n) are first, first + n, first + 2n and so on as long as they do not pass last, which
 * they need not meet; with a negative n they go down. weft_series_by(Hour, first, last, n, WEFT_HOUR) are dates or timestamps n
 * units apart, each as many units from the first as weft_date_add adds: January 31, February 28, March 31. A step of zero and a
 * bound that is infinite are WEFT_ERROR_DATA; a date has no hours, minutes and seconds (WEFT_ERROR_TYPE).
 *
 * weft_json_each(Tag, e) are the elements of a JSON array, which may be of what stands before it in FROM: weft_json_each(Tag,
 * weft_json_get(weft_col(Item, extra), "$.tags")); weft_joins(weft_cross_join(Tag)). The row has fields of these names: value, a
 * text (as weft_json_text gives) or a weft_json, and position, an integer from 1 on. weft_json_members(Pair, e) are the members of
 * an object, with the fields key, a text, and value. What is no array or object, and NULL, gives no rows.
 *
 * weft_unnest(Tag, e) are the items of an array, of what stands before it in FROM or of the program's: weft_unnest(Tag,
 * weft_col(Post, tags)). The row has the fields value, of the items' type (of any integer for integers), an optional or a pointer
 * where items may be NULL, and position, an integer from 1 on; either may be missing. NULL and an empty array give no rows.
 *
 * weft_table_fn(Element, weft_fn("jsonb_array_elements_text", weft_col(Item, tags))) is a function of the database that gives rows.
 * On PostgreSQL its columns are the row's fields by position, cast to their types; on SQLite those of the fields' names, as they
 * come. Its arguments may name what stands before it in FROM. Functions that SQLite lacks are WEFT_ERROR_UNSUPPORTED there. Each of
 * these has a second form that names it otherwise: weft_values_as(More, Wanted, list, n). */
typedef enum weft_selectable_kind {
    WEFT_SELECTABLE_ALIAS = 1, /* of; of a sample also call, weft_sample_bernoulli or weft_sample_system */
    WEFT_SELECTABLE_SUBQUERY,  /* row, query */
    WEFT_SELECTABLE_CTE,       /* row, query, materialized */
    WEFT_SELECTABLE_VALUES,    /* row, rows, row_count */
    WEFT_SELECTABLE_SERIES,    /* row, call: its arguments are the bounds, and the step, in units of .alias, a weft_unit */
    WEFT_SELECTABLE_FUNCTION,  /* row, call */
    WEFT_SELECTABLE_LATERAL,   /* row, query */
    WEFT_SELECTABLE_TABLE,     /* row, schema: of weft_builder_table */
    WEFT_SELECTABLE_PARAMETERS, /* row: of WEFT_PARAMETERS; in no FROM */
    WEFT_SELECTABLE_ELEMENTS,  /* row, call: the JSON */
    WEFT_SELECTABLE_MEMBERS,   /* row, call: the JSON */
    WEFT_SELECTABLE_ITEMS      /* row, call: the array */
} weft_selectable_kind;
typedef enum weft_materialized {
    WEFT_MATERIALIZED_DEFAULT, /* the database decides */
    WEFT_MATERIALIZED,
    WEFT_NOT_MATERIALIZED
} weft_materialized;

struct weft_selectable {
    weft_selectable_kind kind;
    const weft_model *of;
    const weft_row_type *row;
    const weft_rows_options *query;
    weft_materialized materialized;
    const void *rows;      /* structs of the row type, one after the other */
    size_t row_count;
    const weft_expr *call; /* weft_fn */
    const char *schema;    /* of a table; NULL: where the database looks first */
};

#define WEFT_SELECTABLE_(A, T, ...) \
    const weft_model A##_model = { .name = #A, .size = sizeof(T), .selectable = &(const weft_selectable){ __VA_ARGS__ } }
#define WEFT_NAME_(A, T) typedef T A WEFT_MAYBE_UNUSED; typedef T##_list A##_list WEFT_MAYBE_UNUSED
#define weft_alias(A, M) WEFT_NAME_(A, M); WEFT_SELECTABLE_(A, M, .kind = WEFT_SELECTABLE_ALIAS, .of = &M##_model)
#define weft_sampled(A, M, how) \
    WEFT_NAME_(A, M); WEFT_SELECTABLE_(A, M, .kind = WEFT_SELECTABLE_ALIAS, .of = &M##_model, .call = (how))
#define weft_sample_bernoulli(...) weft_fn("bernoulli", __VA_ARGS__)
#define weft_sample_system(...) weft_fn("system", __VA_ARGS__)
#define weft_subselect(R, q) WEFT_SELECTABLE_(R, R, .kind = WEFT_SELECTABLE_SUBQUERY, .row = &R##_row, .query = (q))
#define weft_subselect_as(A, R, q) \
    WEFT_NAME_(A, R); WEFT_SELECTABLE_(A, R, .kind = WEFT_SELECTABLE_SUBQUERY, .row = &R##_row, .query = (q))
#define weft_lateral(R, q) WEFT_SELECTABLE_(R, R, .kind = WEFT_SELECTABLE_LATERAL, .row = &R##_row, .query = (q))
#define weft_lateral_as(A, R, q) \
    WEFT_NAME_(A, R); WEFT_SELECTABLE_(A, R, .kind = WEFT_SELECTABLE_LATERAL, .row = &R##_row, .query = (q))
#define weft_cte(R, ...) WEFT_SELECTABLE_(R, R, .kind = WEFT_SELECTABLE_CTE, .row = &R##_row, __VA_ARGS__)
#define weft_cte_as(A, R, ...) \
    WEFT_NAME_(A, R); WEFT_SELECTABLE_(A, R, .kind = WEFT_SELECTABLE_CTE, .row = &R##_row, __VA_ARGS__)

#define weft_values_of(R, items, n) WEFT_VALUES_(R, R, items, n)
#define weft_values_as(A, R, items, n) WEFT_NAME_(A, R); WEFT_VALUES_(A, R, items, n)
#define WEFT_VALUES_(A, R, items, n) \
    WEFT_SELECTABLE_(A, R, .kind = WEFT_SELECTABLE_VALUES, .row = &R##_row, .rows = WEFT_SAME(R, items), .row_count = (n))
#define weft_series(R, first, last) WEFT_CALLED_(R, R, WEFT_SELECTABLE_SERIES, weft_fn("weft_series", first, last))
#define weft_series_as(A, R, first, last) \
    WEFT_NAME_(A, R); WEFT_CALLED_(A, R, WEFT_SELECTABLE_SERIES, weft_fn("weft_series", first, last))
#define weft_series_step(R, first, last, n) WEFT_CALLED_(R, R, WEFT_SELECTABLE_SERIES, WEFT_STEPS_(0, first, last, n))
#define weft_series_step_as(A, R, first, last, n) \
    WEFT_NAME_(A, R); WEFT_CALLED_(A, R, WEFT_SELECTABLE_SERIES, WEFT_STEPS_(0, first, last, n))
#define weft_series_by(R, first, last, n, unit) WEFT_CALLED_(R, R, WEFT_SELECTABLE_SERIES, WEFT_STEPS_((int)(unit), first, last, n))
#define weft_series_by_as(A, R, first, last, n, unit) \
    WEFT_NAME_(A, R); WEFT_CALLED_(A, R, WEFT_SELECTABLE_SERIES, WEFT_STEPS_((int)(unit), first, last, n))
#define WEFT_STEPS_(unit, ...) \
    (&(const weft_expr){ .op = WEFT_EXPR_FN, .alias = (unit), .name = "weft_series", \
                         .args = WEFT_NODES_ __VA_ARGS__ WEFT_NODES_END_ })
#define weft_json_each(R, e) WEFT_CALLED_(R, R, WEFT_SELECTABLE_ELEMENTS, e)
#define weft_json_each_as(A, R, e) WEFT_NAME_(A, R); WEFT_CALLED_(A, R, WEFT_SELECTABLE_ELEMENTS, e)
#define weft_json_members(R, e) WEFT_CALLED_(R, R, WEFT_SELECTABLE_MEMBERS, e)
#define weft_json_members_as(A, R, e) WEFT_NAME_(A, R); WEFT_CALLED_(A, R, WEFT_SELECTABLE_MEMBERS, e)
#define weft_unnest(R, e) WEFT_CALLED_(R, R, WEFT_SELECTABLE_ITEMS, e)
#define weft_unnest_as(A, R, e) WEFT_NAME_(A, R); WEFT_CALLED_(A, R, WEFT_SELECTABLE_ITEMS, e)
#define weft_table_fn(R, e) WEFT_CALLED_(R, R, WEFT_SELECTABLE_FUNCTION, e)
#define weft_table_fn_as(A, R, e) WEFT_NAME_(A, R); WEFT_CALLED_(A, R, WEFT_SELECTABLE_FUNCTION, e)
#define WEFT_CALLED_(A, R, k, e) WEFT_SELECTABLE_(A, R, .kind = (k), .row = &R##_row, .call = (e))

/* ---- nodes on the heap, for programs that build expressions at run time and for bindings ---- */

/* Owns nodes; every node it gives lives until weft_builder_free. One thread at a time. After a failure (bad field, out of memory)
 * every call gives a node that makes the statement fail with the builder's error, so that a chain needs no checks. */
typedef struct weft_builder weft_builder;

/* A new builder, or NULL when out of memory; the caller frees it. */
WEFT_API weft_builder *weft_builder_new(void);
/* Frees the builder and its nodes. NULL is allowed. */
WEFT_API void weft_builder_free(weft_builder *builder);
/* A column by the name of its field; alias as in weft_col_at, usually 0. */
WEFT_API const weft_expr *weft_builder_column(weft_builder *builder, const weft_model *model, const char *field, int alias);
/* A table or view without a struct, as weft_reflect read it or the program made it, to stand in FROM and in the joins of a SELECT
 * beside models; its columns are weft_builder_column(b, t, "name", 0) and the like, with the types that the table says:
 *
 *     const weft_model *t = weft_builder_table(b, weft_schema_find_table(schema, NULL, "orders"));
 *     weft_fetch(c, Total, &rows, &result, &error, .from = t, .columns = weft_columns(weft_builder_column(b, t, "total", 0)),
 *                .where = weft_builder_compare(b, WEFT_EXPR_GT, t, "day", weft_value_date(day)));
 *
 * A table joins by { .to = t, .on = e }. Columns of types that weft does not have are texts. The table is copied. NULL where memory
 * is out, or where the table has no name or no columns; what is made of it then makes statements fail. */
WEFT_API const weft_model *weft_builder_table(weft_builder *builder, const weft_schema_table *table);
/* A value; text and bytes are copied. */
WEFT_API const weft_expr *weft_builder_value(weft_builder *builder, weft_value value);
/* A column compared with a value (WEFT_EXPR_EQ to WEFT_EXPR_CONTAINS), or set to it (WEFT_EXPR_SET); text is copied. */
WEFT_API const weft_expr *weft_builder_compare(weft_builder *builder, weft_expr_op op, const weft_model *model, const char *field,
                                               weft_value value);
/* A column in a list of values of one type; they are copied. */
WEFT_API const weft_expr *weft_builder_in(weft_builder *builder, const weft_model *model, const char *field,
                                          const weft_value *items, size_t count);
/* ANY or ALL of a list (WEFT_EXPR_ANY_OF, WEFT_EXPR_ALL_OF), for the right side of a comparison; the items are of this type, and
 * are copied. */
WEFT_API const weft_expr *weft_builder_items(weft_builder *builder, weft_expr_op op, weft_type type, const weft_value *items,
                                             size_t count);
/* Any other node over count args; name (operator, function, label) is copied and must be trusted text or NULL. */
WEFT_API const weft_expr *weft_builder_node(weft_builder *builder, weft_expr_op op, const char *name_unsafe,
                                            const weft_expr *const *args, size_t count);
/* A node over a query (WEFT_EXPR_SCALAR to WEFT_EXPR_ALL_OF; e: what is sought by IN_QUERY and NOT_IN_QUERY, else NULL). The query
 * is copied, but for the selectables that it names. */
WEFT_API const weft_expr *weft_builder_query(weft_builder *builder, weft_expr_op op, const weft_rows_options *query,
                                             const weft_expr *e);
/* A node of dates (WEFT_EXPR_DATE_ADD to WEFT_EXPR_DATE_DIFF) over one or two args; n: NULL where the node has one. */
WEFT_API const weft_expr *weft_builder_date(weft_builder *builder, weft_expr_op op, weft_unit unit, const weft_expr *e,
                                            const weft_expr *n);
/* What weft_next_value is; the name is copied, and may be any text. */
WEFT_API const weft_expr *weft_builder_next_value(weft_builder *builder, const weft_model *model, const char *sequence);
/* A node of JSON (WEFT_EXPR_JSON_GET to WEFT_EXPR_JSON_CONTAINS) over one or two args; value: of WEFT_EXPR_JSON_SET, and the part
 * that WEFT_EXPR_JSON_CONTAINS looks for, else NULL. The path, which that has none of, is copied; it may be any text. */
WEFT_API const weft_expr *weft_builder_json(weft_builder *builder, weft_expr_op op, const weft_expr *e, const char *path,
                                            const weft_expr *value);
/* A fragment, as weft_sql_unsafe makes it, of count arguments with their names; the text must be trusted, and is copied. */
WEFT_API const weft_expr *weft_builder_sql(weft_builder *builder, weft_type type, const char *text_unsafe, const char *const *names,
                                           const weft_expr *const *args, size_t count);
/* A function over a window; the window is copied. */
WEFT_API const weft_expr *weft_builder_over(weft_builder *builder, const weft_expr *function, const weft_window *window);
/* A list of count nodes (WEFT_EXPR_LIST), for .order_by, .columns and the like. */
WEFT_API const weft_expr *weft_builder_list(weft_builder *builder, const weft_expr *const *nodes, size_t count);
/* A copy of a whole tree, however it was made, with its texts: what weft_keep calls. */
WEFT_API const weft_expr *weft_builder_keep(weft_builder *builder, const weft_expr *expr);

/* Memory of the caller's for trees that outlive a block, without a session or the heap: WEFT_ROOM(room, 4096); then
 * where = weft_keep(&room, weft_eq(…)). A node takes 64 bytes, a list 16 and more, texts what they have. Where it is full,
 * weft_keep gives a node with which a statement is WEFT_ERROR_LIMIT. One thread at a time. */
typedef struct weft_room { unsigned char *bytes; size_t size, used; } weft_room;
#define WEFT_ROOM(r, n) \
    union { max_align_t align_; unsigned char bytes[n]; } r##_bytes_; \
    weft_room r = { r##_bytes_.bytes, (n), 0 }
/* What weft_keep calls for a room; never NULL. */
WEFT_API const weft_expr *weft_room_keep(weft_room *room, const weft_expr *expr);

WEFT_END_DECLS

#include <weft/array.h>
#include <weft/json.h>
#include <weft/range.h>
#include <weft/search.h>

#ifndef WEFT_ALL_HEADERS_ /* <weft/weft.h> takes it in last: gcc notes the option at each function that is declared after it */
#include <weft/lasting.h>
#endif

#endif
