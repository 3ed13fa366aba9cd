/* Private to sql: what a dialect is made of. Data wherever data will do, and a few functions for syntax that differs in
 * structure. */
#ifndef WEFTI_SQL_DIALECT_H
#define WEFTI_SQL_DIALECT_H

#include "base/sqltext.h"
#include "schema/naming.h"
#include "schema/operation.h"
#include "sql/statement.h"
#include "type/names.h"

typedef struct wefti_walk wefti_walk;

/* Decimals kept as texts. Functions are written with their opening parenthesis. */
typedef struct wefti_decimal_name {
    const char *name, *function;
} wefti_decimal_name;
typedef struct wefti_decimal_sql {
    const char *collation;                           /* by value; written after an operand */
    const char *convert, *real, *integer;            /* what is no decimal to one, and a decimal to others */
    const char *store;                               /* (expression, precision, scale) or (expression): what the column holds */
    const wefti_decimal_name *operators, *functions; /* in place of those of the name; end with NULL */
    const wefti_decimal_name *integer_operators, *real_operators; /* the same of other numbers: (a, b, bits of the result) */
    const char *json_collation;                                   /* by content */
    const char *text;                 /* (expression, weft_type): the text that PostgreSQL makes of it */
    const char *single;               /* an aggregate: the value of the only row, and an error where there are several */
    const char *cast;                 /* before the name of a type: of what is cast to it */
    const char *json_get, *json_text; /* (JSON, key): in place of -> and ->> */
    const char *substr;
    const wefti_decimal_name *real_functions; /* of floating-point numbers, that refuse what is not defined */
    const wefti_decimal_name *real_windows;   /* the same of sums over windows whose first rows leave them; names alone */
    const wefti_decimal_name *float_windows;  /* the same of numbers of 32 bits */
    const char *float_sum;                    /* of other sums of these */
    const char *const *missing;               /* functions of numbers that have none for decimals; ends with NULL */
} wefti_decimal_sql;

/* All values between two, in FROM: open, the column's name, from, the first, between, the last, close. */
typedef struct wefti_series_sql {
    const char *open, *from, *between, *close;
} wefti_series_sql;

/* A series with steps, in FROM: open, the column's name, from, the first, the last and the step as a, z and n, the number of the
 * unit (0: none), close. open NULL: by the functions of standard SQL and generate_series. */
typedef struct wefti_steps_sql {
    const char *open, *from, *close;
} wefti_steps_sql;

/* Aggregates where the database orders no rows within them: functions with their parenthesis, of (order, value, separator, keys),
 * (order, share, value) and (order, value). indifferent: whose value no order changes. */
typedef struct wefti_sorted_sql {
    const wefti_decimal_name *functions; /* in place of those of the name, without an order; end with NULL */
    const char *joined, *share, *first, *frequent;
    const char *const *indifferent;
} wefti_sorted_sql;

/* Nodes of dates: functions, with their parenthesis, of the operands and the number of the unit; NULL: by those of standard SQL. */
typedef struct wefti_date_sql {
    const char *now, *today;
    const char *add_function, *trunc_function, *part_function, *diff_function;
    const char *time_function; /* of a timestamp its time, which infinity has not; NULL: a cast gives it */
} wefti_date_sql;

/* What is within JSON, by a path. functions: each is a function of the JSON, the path as a JSON array, and a value; else kind and
 * set are functions, which take the path as an array of texts, and the others operators between the two. */
typedef struct wefti_json_sql {
    bool functions;
    const char *get, *text, *has, *kind, *set, *remove, *contains;
    const char *each; /* a function of the JSON and a number, in FROM; NULL: by those of jsonb */
} wefti_json_sql;

/* Nodes of arrays. functions: each is a function of the operands and of the type of the items; else they are operators and
 * functions of PostgreSQL's arrays. */
/* A node of what one database alone has (WEFT_EXPR_SEARCH), in a list that ends with no name. */
typedef struct wefti_search {
    const char *name;
    const char *sql; /* before its operands, with the parenthesis; between them where it begins with a blank */
    uint8_t takes[2], gives;
    bool word, word_last; /* a text stands in the SQL before the operands, or behind them */
} wefti_search;

typedef struct wefti_array_sql {
    bool functions;
    const char *of, *of_open, *of_close; /* of the rows of a query: what comes before, between it and the type, and behind */
    const char *agg;                     /* the aggregate; NULL: as any function */
    const char *each;                    /* of an array, and of 256 times the items' type where there are functions: rows of them */
    const char *check[3]; /* that its items but NULL are among others: before it, between, behind; NULL: no table checks that */
} wefti_array_sql;

/* A function that gives rows on another database, and what to write here. */
typedef struct wefti_missing_source {
    const char *name, *hint;
} wefti_missing_source;

struct wefti_dialect {
    wefti_capabilities capabilities;
    char placeholder;                              /* before the number: $1 or ?1 */
    size_t own_name;                               /* of a codec: where it says its name in SQL */
    const wefti_type_names *names;                 /* by weft_type */
    const char *in_open, *not_in_open, *in_close;  /* around the array parameter of col IN (…) */
    const char *in_nothing, *not_in_nothing;       /* of no items */
    const char *in_bytes_open, *not_in_bytes_open; /* the same where the items are bytes */
    const char *in_json_open, *not_in_json_open;   /* the same where they are JSON, of which texts are made; or NULL */
    const char *items_open, *items_close, *item;   /* around an array in FROM, and its items; without any_all */
    const char *item_of_bytes, *item_of_json;
    const char *no_limit;       /* written before OFFSET where there is no LIMIT */
    const char *member_open;    /* of a set operation, before a SELECT with ORDER BY or LIMIT; ")" closes it */
    const char *only_schema;    /* NULL: there are several; else a model may name this one, which is as none */
    const char *table_list_sql; /* see statement.h; where there are several schemas, an array of them follows, and ")" */
    const char *key_list_sql;   /* the same of foreign keys; NULL: they are not dropped by themselves */
    bool like_is_glob;          /* case-sensitive patterns are sent as GLOB patterns */
    bool regular_expressions;   /* by the operators ~, ~*, !~ and !~* */
    bool null_is_least;         /* in ORDER BY */
    bool orders_within;         /* ORDER BY sees nothing of the queries around it */
    bool delete_using;          /* DELETE takes USING; else what stands beside the table is asked by EXISTS */
    bool returns_beside;        /* RETURNING names what stands beside the table that is written */
    bool ctes_write;
    bool exists_ignores_distinct; /* DISTINCT is left out within EXISTS, where OFFSET counts, too */
    bool having_counts;           /* HAVING without GROUP BY needs an aggregate among the columns */
    bool conflicts_by_name;       /* ON CONFLICT takes the name of a constraint */
    bool several_conflicts;       /* an INSERT takes several of them */
    bool grouping_sets;
    uint8_t of_several;               /* which operand of weft_per_database is this one's */
    bool any_all;                     /* a comparison takes ANY and ALL of a SELECT and of an array */
    bool outer_aggregates;            /* conditions of subqueries may have aggregates of the columns around them */
    bool extremes_miss_filters;       /* min and max with a FILTER over a window take rows that it leaves out */
    bool recursion_is_typed;          /* a recursive CTE's columns have one type in all members, its length and scale too */
    bool untyped_texts;               /* text and JSON parameters carry no type: where their place gives none they are cast */
    const char *const *any_functions; /* whose arguments may have any type, so that their place gives none; ends with NULL */
    const char *pattern_open, *pattern_close; /* around a computed pattern: an escape at its end stands for itself */
    const char *like, *not_like, *ilike, *ilike_close;
    const char *position;   /* a function of two texts: where the second begins in the first, from 1 on, or 0 */
    const char *same;       /* equal, or both NULL */
    const char *symmetric;  /* between a value and two bounds in either order; NULL: both orders are written, joined by OR */
    const char *exact_text; /* after a column: its text, of which every byte counts in comparisons */
    bool check_casts;       /* checked UUIDs and decimals are cast to their type, for a table may keep them as text */

    /* Where array_parameters_typed. */
    const char *cast;                   /* between a value and the type that it is cast to */
    const char *array_of;               /* after a type: an array of it */
    const char *rows_open, *rows_close; /* around arrays: rows, in FROM */
    const char *rows_numbered;          /* behind them, before AS: they have a number, from 1 on, as their last column */
    const char *const (*text_types)[2]; /* text types whose names alone mean another length, and what means the same without one, ""
                                           being text as it is; end with NULL */
    const char *const *column_words;    /* the types that its columns may name, by their first words; NULL: any name that it has */
    const char *const *padded_types;    /* that fill texts up with blanks, in lower case; ends with NULL */
    const char *unpadded;               /* after a value that is compared with such a column's text */
    void (*insert_ordinal)(wefti_walk *walk, const wefti_dml *dml); /* WEFTI_INSERT_ORDINAL */
    const char *copy_open, *copy_close;                             /* around "table (columns"; NULL: there is no COPY */

    const char *key_facts_sql, *reserve_keys_sql, *explain; /* see statement.h */
    const char *refresh_view, *refresh_view_beside; /* up to the view's name, the latter beside readers; NULL: views keep no rows */
    const char *rules_sql, *triggers_sql; /* whether rules and triggers may change what is inserted into the catalogue's row c */
    const char *table_row;                /* after these: FROM the catalogue's row c of a table, up to its quoted name */

    const wefti_sql_rules *sql_rules, *sql_rules_backslashes; /* how SQL is cut; the second where every string has escapes */
    const char *own_collations;                               /* how weft's own begin */
    const char *const *collations; /* by weft_type: after a column that is compared, ordered or grouped by, where equal values have
                                      different texts; NULL: there are none. No key or index can have such a column */

    /* Of text SQL: see lexer.h. */

    /* DDL */
    const wefti_ddl *ddl;
    bool inline_key;  /* generated keys are of one type, whatever the model says */
    const char *keep; /* with the name of the type: a function of (expression, 'table.column', length), for what an expression
                         stores; NULL: the database's columns see to it */
    const char *keep_unsigned, *keep_unsigned_close; /* without keep: around what a column of 32 bits without sign stores */
    const char *keep_enum;                           /* of (expression, 'table.column', name, name, and so on) */
    const wefti_decimal_sql *decimals;               /* NULL: the database has decimals */
    const char *enum_type;                           /* of the columns of enums; NULL: that of text */
    const char *now;                                 /* replaces the default CURRENT_TIMESTAMP of a timestamp, or NULL */

    /* A value, checked and of its final type, as it stands in the text; spelling: of decimals. */
    void (*add_constant)(wefti_walk *walk, const weft_value *value, uint16_t spelling);
    /* The inside of (a, b) IN (…): rows of count array parameters from the first on. */
    void (*add_tuples)(wefti_walk *walk, const wefti_column *const *columns, uint16_t count, uint32_t first);
    /* The rows of array parameters from the first on, one for each column of the table, in FROM before AS. */
    void (*add_values)(wefti_walk *walk, const wefti_table *table, uint32_t first);
    wefti_series_sql series, series_of_dates;
    wefti_steps_sql steps;
    wefti_json_sql json;
    const wefti_search *searches; /* NULL: none */
    wefti_array_sql arrays;
    wefti_date_sql dates;
    const wefti_sorted_sql *sorted; /* NULL: the database orders rows within aggregates */
    const char
        *distinct_on; /* before the list of what is to be distinct, whose first rows stay, ") " behind it; NULL: there is none */
    uint32_t merges_since;    /* the first version that has MERGE; 0: none */
    bool fetch_ties, samples; /* FETCH FIRST n ROWS WITH TIES; TABLESAMPLE */
    const char *lateral;      /* before a subquery in FROM that sees what stands before it; NULL: there is none */
    const wefti_missing_source *missing_sources; /* ends with NULL; NULL: the database tells */
};

/* The name of a function, given as the program wrote it, without the schema in which a database keeps its own. */
const char *wefti_function_name(const char *name);
/* One that every database, or one of them, has as an aggregate, whatever the number of its arguments. */
bool wefti_is_aggregate_name(const char *name);

/* 'value' with quotes doubled; with a backslash in it, as a string in which it means itself whatever the session's settings. */
void wefti_add_literal(wefti_text *text, const wefti_dialect *dialect, const char *value);
void wefti_add_literal_bytes(wefti_text *text, const wefti_dialect *dialect, const char *data, size_t size);

/* The type in SQL that the codec of a column of a program's own type says for this database, or NULL; as .sql_type would. */
const char *wefti_own_name(const wefti_dialect *dialect, const wefti_column *column);
/* sql_type.c. What CREATE TABLE says of the column's type; NULL: by weft's type. A name that the database does not have is text
 * there. */
const char *wefti_declared_type(const wefti_dialect *dialect, const wefti_column *column);

/* Whether decimals that are texts have a part in what the column is computed of. */
bool wefti_computes_decimals(const wefti_dialect *dialect, const wefti_column *column);
/* Fills column->cast: the type of .sql_type, without its length. NULL: text will do, or it is not known. False: out of memory. */
bool wefti_settle_cast(const wefti_dialect *dialect, wefti_column *column, wefti_arena *arena);

#endif
