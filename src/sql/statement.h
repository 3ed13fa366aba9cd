/* Statements as data, their shapes, and what they compile to. No I/O.
 *
 * One walk over a statement produces either its shape (bytes that say everything but the values) together with the lifted values,
 * or its SQL text; both come from the same code in the same order, so that text and parameters cannot disagree. The engine looks
 * the shape up in the shared cache and compiles on a miss. */
#ifndef WEFTI_SQL_STATEMENT_H
#define WEFTI_SQL_STATEMENT_H

#include "base/shapecache.h"
#include "base/text.h"
#include "schema/operation.h"
#include "sql/schema.h"
#include "type/type.h"

#include <weft/connection.h>
#include <weft/expr.h>
#include <weft/statement.h>

typedef struct wefti_dialect wefti_dialect;
extern const wefti_dialect wefti_dialect_sqlite;
extern const wefti_dialect wefti_dialect_postgres;
extern const wefti_dialect *const wefti_dialects[]; /* all of them, ends with NULL */

/* What a dialect can do, for those above that must choose; ask these and never its name. */
typedef struct wefti_capabilities {
    const char *name;
    bool array_parameters_typed; /* arrays are parameters: INSERT and UPDATE of rows from one array per column */
    bool multi_row_values;       /* batches by VALUES lists of several rows */
    bool copy;
    bool returning_is_cheap;        /* else telling keys is: see wefti_driver.told_key */
    bool sequences;                 /* generated keys can be reserved in blocks */
    bool row_locks;                 /* FOR UPDATE, SKIP LOCKED, NOWAIT */
    bool serial_transactions;       /* at every isolation: nobody changes what a transaction that writes has read */
    bool calls_write;               /* a function within a SELECT, or within a view that it reads, may write */
    bool errors_end_nothing;        /* a transaction goes on after the error of a statement, with what went before it */
    bool nested_comments;           /* a comment in a comment must be closed, too */
    const char *temporary_schema;   /* in upper case: what is made in it lasts as long as the session; or NULL */
    const char *sets_by, *locks_by; /* parts of the names, in lower case, of functions that change settings or take locks which
                                      outlast the transaction, or NULL */
    uint32_t max_parameters;
} wefti_capabilities;
const wefti_capabilities *wefti_dialect_capabilities(const wefti_dialect *dialect);

/* A table whose rows come beside those of the entity: a LEFT JOIN from parent (0 is the query's own entity, i + 1 the i-th of them)
 * along relation. */
typedef struct wefti_joined_load {
    const wefti_relation *relation;
    uint16_t parent;
    const uint64_t *left_out; /* as of wefti_select, of the relationship's target */
} wefti_joined_load;

typedef struct wefti_beside {
    const wefti_joined_load *loads;
    uint16_t count;
} wefti_beside;

typedef struct wefti_select wefti_select;

/* Restricts the entity of a SELECT to rows among given keys. Without a relation they are its primary keys: one array per key
 * column. With one, the rows are what stands at the other end of a relationship of given owners: rows of relation->target whose
 * owner is among the keys. Either keys (one array per local column; for BELONGS_TO the values of the foreign keys) or owners (the
 * SELECT that gave the owners) is set then. */
typedef struct wefti_among {
    const wefti_relation *relation;
    const wefti_array *keys;
    const wefti_select *owners;
    bool one; /* without a relation: each array has one element, rendered "key = $n" */
} wefti_among;

/* Whether a list of joins ends with the step: one that joins nothing. */
static inline bool wefti_join_ends(const weft_join_step *step)
{
    return step->end_ != 0 || (step->model == NULL && step->to == NULL);
}

/* Whether there is a join in what a program says. */
static inline bool wefti_joins_some(const weft_join_step *said) { return said->list != NULL || !wefti_join_ends(said); }

/* What a program says where one or several may stand, as an array with its end; NULL where it says none. alone has room for one. */
static inline const weft_expr *const *wefti_items(const weft_expr *said, const weft_expr *alone[2])
{
    if (said == NULL || (said->op == WEFT_EXPR_LIST && said->args != NULL))
        return said != NULL ? said->args : NULL;
    alone[0] = said;
    alone[1] = &weft_end;
    return alone;
}

/* The same where one may be left out: a list without elements says nothing. */
static inline const weft_expr *const *wefti_items_or_none(const weft_expr *said, const weft_expr *alone[2])
{
    const weft_expr *const *items = wefti_items(said, alone);
    return items != NULL && items[0] != NULL && items[0]->op == WEFT_EXPR_END ? NULL : items;
}

static inline const weft_join_step *wefti_joined(const weft_join_step *said, weft_join_step alone[2])
{
    if (said->list != NULL || wefti_join_ends(said))
        return said->list;
    alone[0] = *said;
    alone[1] = (weft_join_step){.end_ = 1};
    return alone;
}

/* What says the fields of a selectable: a selectable with a row of its own, or a table's model. */
const weft_model *wefti_model_of_fields(const weft_model *model);
/* The macro that makes such nodes. */
const char *wefti_walk_op_name(int op);

/* Whether a list has ended before its element i: one that is malformed ends there, and is refused where it is walked. */
static inline bool wefti_list_ends(const weft_expr *const *list, size_t i)
{
    return list == NULL || i >= WEFTI_MAX_LIST_NODES || list[i] == NULL || list[i]->op == WEFT_EXPR_END;
}

/* Whether a column is compared with or set to an expression that stands where a value would: weft_gt(M, f, e). */
static inline bool wefti_expr_is_computed(const weft_expr *expr)
{
    return (int)expr->value.type == WEFTI_EXPRESSION &&
           ((expr->op >= WEFT_EXPR_EQ && expr->op <= WEFT_EXPR_CONTAINS) || expr->op == WEFT_EXPR_SET);
}

static inline bool wefti_expr_is_order(const weft_expr *expr)
{
    return expr->op >= WEFT_EXPR_ASC && expr->op <= WEFT_EXPR_NULLS_LAST;
}

/* Whether a node holds its one operand in place of a value: such an expression, and the column of weft_asc and weft_desc. */
static inline bool wefti_expr_holds_operand(const weft_expr *expr)
{
    return wefti_expr_is_computed(expr) || (expr->args == NULL && wefti_expr_is_order(expr));
}

/* The nodes within a node. */
static inline const weft_expr *const *wefti_expr_args(const weft_expr *expr)
{
    return wefti_expr_holds_operand(expr) ? expr->value.as.nodes_ : expr->args;
}

/* An element of ORDER BY without its directions; NULL where they have nothing within, or too many stand around it. */
static inline const weft_expr *wefti_expr_ordered(const weft_expr *element)
{
    for (int depth = 0; element != NULL && wefti_expr_is_order(element); depth++) {
        const weft_expr *const *args = wefti_expr_args(element);
        element = depth < 4 && !wefti_list_ends(args, 0) ? args[0] : NULL;
    }
    return element;
}

/* Whether the node has a query where others have a name. */
static inline bool wefti_expr_has_query(const weft_expr *expr)
{
    return expr->op >= WEFT_EXPR_SCALAR && expr->op <= WEFT_EXPR_ARRAY_OF;
}

/* MODEL: none of the engine's, with what it is where it is no model at all. */
weft_status wefti_refuse_model(const weft_model *model, weft_error *error);
/* MISUSE for a number that is no weft_plan_mode; *plan gets it. */
weft_status wefti_plan_take(weft_plan_mode given, uint8_t *plan, weft_error *error);
weft_status wefti_row_lock_take(weft_lock given, uint8_t *lock, weft_error *error);
/* MISUSE where an option says how rows are locked, and none are; lock names the one that would. */
weft_status wefti_row_lock_missing(const weft_model *const *of, bool skip_locked, bool no_wait, const char *lock,
                                   weft_error *error);

/* Whether only a part of a query's rows is wanted. */
static inline bool wefti_query_is_cut(const weft_rows_options *query)
{
    return query->limit != 0 || query->offset != 0 || query->limit_to != NULL || query->offset_by != NULL;
}

/* How a step joins, however it says so. */
static inline weft_join_how wefti_join_how(const weft_join_step *step)
{
    return step->how != WEFT_JOIN_BY_FLAG ? step->how : step->outer ? WEFT_JOIN_LEFT : WEFT_JOIN_INNER;
}

struct wefti_select {
    const wefti_table *from;
    const weft_model *source; /* where that is no table's: an alias, whose table from is, or a subquery */
    const weft_join_step *joins;
    const weft_expr *const *columns; /* NULL: the entity's columns */
    const uint64_t *left_out;        /* of the entity's columns: those that are not read. None of mapper->always */
    const weft_expr *where;
    const weft_expr *const *group_by;
    const weft_expr *having;
    const weft_expr *const *order_by;
    const wefti_among *among;   /* rows that the floors above ask for; NULL: all */
    const wefti_beside *beside; /* what they want beside them; NULL: nothing */
    bool distinct;
    bool count;   /* SELECT count(*) of the rows, without limit, offset and order */
    bool exists;  /* SELECT 1 … LIMIT 1 */
    uint8_t lock; /* a weft_lock */
    bool skip_locked, no_wait, with_ties;
    uint8_t plan;                          /* weft_plan_mode */
    const weft_model *const *lock_of;      /* joined models whose rows are locked, too; ends with NULL */
    int64_t limit, offset;                 /* 0: none; WEFT_NONE: no rows */
    const weft_expr *limit_to, *offset_by; /* the same as values; NULL: none */
    const weft_expr *const *distinct_on;
    const weft_model *const *with; /* CTEs that run though nothing refers to them; ends with NULL */
    uint8_t effects;               /* see wefti_query_effects */
    const weft_expr *alone[4][2];  /* rooms of what stands alone in place of a list; copies point into the first */
    weft_join_step join_alone[2];
};

typedef enum wefti_dml_kind {
    WEFTI_INSERT,        /* one row: one parameter per column */
    WEFTI_INSERT_ROWS,   /* row_count rows in one VALUES list (multi_row_values) */
    WEFTI_INSERT_ARRAYS, /* one array parameter per column (array_parameters_typed), rows in the arrays' order */
    WEFTI_COPY,          /* COPY table (columns) FROM STDIN (FORMAT binary); no parameters */
    WEFTI_UPDATE,        /* one row: SET columns = …, WHERE keys = …; parameters: columns, keys, checked */
    WEFTI_UPDATE_ROWS,   /* from a VALUES list of row_count rows; parameters row by row: columns, keys, checked */
    WEFTI_UPDATE_ARRAYS, /* one array per column, then one per key and checked column */
    WEFTI_DELETE,        /* one row; parameters: keys */
    WEFTI_DELETE_ARRAYS, /* one array per key column, on every dialect */
    WEFTI_LINK,          /* INSERT of one row where no row has these columns; with .conflict a race adds none either */
    WEFTI_LINK_ARRAYS,   /* one array per column (array_parameters_typed) */
    WEFTI_INSERT_ORDINAL /* as INSERT_ARRAYS, with the key made in the statement: returns the row's number from 1 on, whether that
                            key is the one stored, and what returning says, its first column being the key */
} wefti_dml_kind;

/* Row-wise DML of the unit of work and of bulk calls. */
typedef struct wefti_dml {
    wefti_dml_kind kind;
    const wefti_table *table;
    const uint16_t *columns; /* indexes into table->columns, ascending; INSERT: given, UPDATE: set. May be empty for INSERT */
    uint16_t column_count;
    const uint16_t *keys; /* WHERE columns of UPDATE and DELETE (primary key, perhaps the version) */
    uint16_t key_count;
    const uint16_t *checked; /* UPDATE: columns that must hold what was read, too, NULL and every letter counted; their
                                    parameters follow those of the keys, texts of every kind as WEFT_TEXT */
    uint16_t checked_count;
    bool returning_ordinal;    /* UPDATE_ARRAYS: gives back the place in the arrays, from 1 on, of each row that was met */
    const uint16_t *returning; /* columns to give back, behind the place */
    uint16_t returning_count;
    bool tells_key;      /* INSERT: the driver tells the generated key, without RETURNING */
    bool keeps_key;      /* INSERT: what the database makes of the generated key is an error where the field cannot hold it */
    uint32_t row_count;  /* of the _ROWS kinds */
    uint16_t key_column; /* INSERT_ORDINAL: the column whose default is key_default, of the type key_type, in SQL */
    const char *key_default, *key_type;
    const weft_insert_options *conflict; /* what is done with rows that a unique key refuses; NULL: that is an error */
} wefti_dml;

#define WEFTI_MOST_CONFLICTS 64 /* clauses of one INSERT */

/* MISUSE where what is said of conflicts does not go together. */
weft_status wefti_conflict_check(const weft_insert_options *options, weft_error *error);
/* Whether some clause changes the row that is there. */
bool wefti_conflict_updates(const weft_insert_options *options);

typedef enum wefti_modify_kind {
    WEFTI_MODIFY_UPDATE,
    WEFTI_MODIFY_DELETE,
    WEFTI_MODIFY_INSERT,
    WEFTI_MODIFY_MERGE
} wefti_modify_kind;

/* UPDATE and DELETE by condition, INSERT of a SELECT's rows, MERGE. */
typedef struct wefti_modify {
    wefti_modify_kind kind;
    const wefti_table *table;
    const weft_expr *const *set, *const *returning;
    const weft_expr *where; /* NULL only where the caller has seen .all */
    const weft_model *from; /* what stands beside the table, with .joins */
    const weft_join_step *joins;
    const weft_insert *insert;    /* of INSERT: what has no place above */
    const weft_merge_step *steps; /* of MERGE, whose ON is where */
    uint8_t plan;                 /* weft_plan_mode */
    const weft_expr *alone[2][2]; /* rooms, as a wefti_select has */
    weft_join_step join_alone[2];
} wefti_modify;

/* What a program says of a statement that writes; MISUSE and MODEL as documented. */
weft_status wefti_modify_of(wefti_modify *modify, const wefti_schema *schema, const weft_write *write, weft_error *error);
/* The same of the query of weft_updated and its like. */
weft_status wefti_modify_shown(wefti_modify *modify, const wefti_schema *schema, const weft_rows_options *query,
                               weft_error *error); /* the same, and it need not give rows */
weft_status wefti_modify_query(wefti_modify *modify, const wefti_schema *schema, const weft_rows_options *query, weft_error *error);
/* What a query does beside reading, by itself, or by what stands in FROM and WITH. */
enum { WEFTI_WRITES = 1, WEFTI_LOCKS = 2 };
uint8_t wefti_query_effects_within(const weft_rows_options *query);
static inline uint8_t wefti_query_effects(const weft_rows_options *query)
{
    const bool plain =
        query->write == NULL && !wefti_joins_some(&query->joins) && query->with == NULL && query->lock == WEFT_LOCK_NONE;
    return plain && (query->from == NULL || query->from->selectable == NULL) ? 0 : wefti_query_effects_within(query);
}

/* Whether a query says nothing but a model, columns, the first of which is one of a table's, and perhaps a condition. Nothing of
 * it is to be refused but what walking finds, if the model is among the engine's. */
static inline bool wefti_query_is_plain(const weft_rows_options *query)
{
    const weft_expr *columns = query->columns;
    const uintptr_t others = (uintptr_t)query->joins.model | (uintptr_t)query->joins.to | (uintptr_t)query->joins.list |
                             (uintptr_t)query->group_by | (uintptr_t)query->order_by | (uintptr_t)query->having |
                             (uintptr_t)query->limit_to | (uintptr_t)query->offset_by | (uintptr_t)query->members |
                             (uintptr_t)query->distinct_on | (uintptr_t)query->of | (uintptr_t)query->with |
                             (uintptr_t)query->write | (uintptr_t)query->set_op | (uintptr_t)query->lock | (uintptr_t)query->plan;
    const bool switches = query->distinct | query->stream | query->with_ties | query->skip_locked | query->no_wait;
    return (others | (uintptr_t)switches | (uint64_t)query->limit | (uint64_t)query->offset) == 0 && columns != NULL &&
           (columns->op != WEFT_EXPR_LIST || (columns->args != NULL && (columns = columns->args[0]) != NULL)) &&
           columns->op == WEFT_EXPR_COLUMN && query->from != NULL && query->from->selectable == NULL;
}

typedef enum wefti_statement_kind {
    WEFTI_KIND_SELECT,
    WEFTI_KIND_DML,
    WEFTI_KIND_MODIFY,
    WEFTI_KIND_CONSTANT,
    WEFTI_KIND_QUERY
} wefti_statement_kind;

/* A WEFT_STATEMENT with what its parameters are in this run. */
typedef struct wefti_constant {
    const weft_statement *statement;
    const void *parameters; /* a struct of statement->parameters */
    uint8_t effects;        /* see wefti_query_effects */
} wefti_constant;

/* What a program says of a SELECT. MODEL where a table's model is not part of the schema. */
weft_status wefti_select_from_options(wefti_select *select, const wefti_schema *schema, const weft_rows_options *options,
                                      weft_error *error);

/* MISUSE where the columns of a query say by weft_put that they go into another row. */
weft_status wefti_query_check_row(const weft_rows_options *query, const weft_row_type *type, weft_error *error);

struct wefti_places;

typedef struct wefti_statement_data {
    wefti_statement_kind kind;
    union {
        const wefti_select *select;
        const wefti_dml *dml;
        const wefti_modify *modify;
        const wefti_constant *constant;
        const weft_rows_options *query; /* a SELECT that wefti_query_is_plain, with the same key as that */
    } of;
    const wefti_table *from; /* of query */
    bool again;              /* it stands for a constant statement: what makers give is made in each run */
    bool literally;          /* values stand in the text, as within weft_literally; not for wefti_shape_note and its like */
} wefti_statement_data;

/* A table whose columns stand in a result, from first on. Where a column stands among them is said here only. */
typedef struct wefti_entity {
    const wefti_table *table;
    uint16_t first;
    const uint16_t *places; /* by column: which of the entity's cells is the column's; NULL: all are there, in their order */
} wefti_entity;
/* Among the entity's cells. */
static inline uint16_t wefti_entity_place(const wefti_entity *entity, const wefti_column *column)
{
    return entity->places == NULL ? column->index : entity->places[column->index];
}

/* Of the runs of a compiled statement, see .figures of weft_engine_options. */
typedef struct wefti_figures {
    wefti_atomic_u64 runs, failures, rows, time_ns, longest_ns; /* counts by themselves */
    int line;                                                   /* const, as is the next */
    char file[];                                                /* "" where it is not known */
} wefti_figures;

/* A compiled statement: immutable from publication; freed by epoch reclamation when evicted and no connection keeps it prepared.
 * entities[0] is the SELECT's own, entities[i + 1] that of the i-th joined load; none for .columns, count and exists. */
typedef struct wefti_compiled {
    wefti_shape_entry entry; /* first member; entry.id is statement.id */
    wefti_statement statement;
    uint16_t entity_count;
    const wefti_entity *entities;
    uint16_t owner_count; /* with an owner filter: result columns that hold the owner's key, relation->local order */
    uint16_t owner_columns[WEFTI_MAX_KEY_COLUMNS];
    const wefti_column *const *parameter_columns; /* the column each parameter stands for, or NULL: errors name it, enums convert by
                                                     it */
    const uint8_t *parameter_forms;               /* what wefti_shape_bind does with each; NULL: nothing */
    wefti_figures *figures;                       /* its own, made before publication; NULL: none are wanted */
    const weft_value *constants; /* of a WEFT_STATEMENT: what is lifted in each run; where from_ is not 0, that parameter's field
                                    less 1 */
} wefti_compiled;

/* The form that a statement is of. */
static inline wefti_compiled *wefti_compiled_of(const wefti_statement *statement)
{
    return (wefti_compiled *)(uintptr_t)((const char *)statement - offsetof(wefti_compiled, statement));
}
/* The same statement with the names of an engine in place of marks; it keeps the other one. Freed as any. */
weft_status wefti_compiled_translate(const wefti_compiled *compiled, const struct wefti_places *places, wefti_compiled **translated,
                                     weft_error *error);

typedef struct wefti_shape_block wefti_shape_block;
struct wefti_shape_block {
    wefti_shape_block *next;
};

/* A statement's shape and its lifted values. Lives on the stack: small statements allocate nothing. */
typedef struct wefti_shape {
    void *user; /* weft_making.user; set before init, which leaves it */
    uint64_t hash;
    const unsigned char *key;
    uint32_t key_size;
    uint32_t value_count;
    weft_value *values;      /* in the order of the parameters; arrays: type | WEFTI_ARRAY, as.s.data points to a wefti_array */
    unsigned char *key_room; /* grows into heap memory past the inline room */
    uint32_t key_capacity, value_capacity;
    wefti_array *arrays; /* made from weft_in's items */
    uint32_t array_count, array_capacity;
    wefti_shape_block *blocks;                  /* memory of values that bind has made, and of the walk */
    bool widened;                               /* some of it holds items of weft_in */
    _Alignas(16) unsigned char inline_key[768]; /* written and compared by words */
    weft_value inline_values[24];
    wefti_array inline_arrays[4];
} wefti_shape;

/* Nothing is noted. */
static inline void wefti_shape_begin(wefti_shape *shape)
{
    shape->key_room = shape->inline_key;
    shape->key_size = 0;
    shape->key_capacity = sizeof shape->inline_key;
    shape->values = shape->inline_values;
    shape->value_count = 0;
    shape->value_capacity = sizeof shape->inline_values / sizeof shape->inline_values[0];
    shape->arrays = shape->inline_arrays;
    shape->array_count = 0;
    shape->array_capacity = sizeof shape->inline_arrays / sizeof shape->inline_arrays[0];
    shape->blocks = NULL;
    shape->widened = false;
}

/* constant.c: statements as constant data. What a program has given, checked, so that its parameters can be read; MISUSE and LIMIT
 * as documented. */
weft_status wefti_constant_of(wefti_constant *constant, const weft_statement *statement, const void *parameters, bool rows,
                              weft_error *error);
/* The key of the statement, whose values follow when its compiled form is known: wefti_constant_values. */
weft_status wefti_constant_shape(wefti_shape *shape, const wefti_constant *constant, weft_error *error);
weft_status wefti_constant_values(wefti_shape *shape, const wefti_compiled *compiled, const wefti_constant *constant,
                                  weft_error *error);

/* What the column's .update_value gives, with its content in the shape's memory. TYPE, NOT_NULL. */
weft_status wefti_shape_make(wefti_shape *shape, const wefti_column *column, weft_value *value, weft_error *error);

/* Works out shape and values; errors are those of the expressions (NULL in a list, depth, an unknown model or column, a value that
 * does not fit its column: MISUSE, MODEL, TYPE, LIMIT) with the place named; what follows from the shape alone is found by
 * wefti_compile, which then publishes nothing. deinit also after an error. For WEFTI_KIND_DML the caller passes the rows'
 * parameters; values that stand in a .set of .conflict are lifted as elsewhere and are the parameters after those of the rows. */
weft_status wefti_shape_walk(wefti_shape *shape, const wefti_schema *schema, const wefti_dialect *dialect,
                             const wefti_statement_data *data, weft_error *error);
/* Of a WEFTI_KIND_QUERY, most often; false: it must be walked. */
bool wefti_shape_note(wefti_shape *shape, const wefti_statement_data *data);
/* The same of a WEFTI_KIND_SELECT. */
bool wefti_shape_note_select(wefti_shape *shape, const wefti_select *select);
static inline weft_status wefti_shape_init(wefti_shape *shape, const wefti_schema *schema, const wefti_dialect *dialect,
                                           const wefti_statement_data *data, weft_error *error)
{
    const bool noted = data->kind == WEFTI_KIND_QUERY    ? wefti_shape_note(shape, data)
                       : data->kind == WEFTI_KIND_SELECT ? wefti_shape_note_select(shape, data->of.select)
                                                         : false;
    return noted ? WEFT_OK : wefti_shape_walk(shape, schema, dialect, data, error);
}
void wefti_shape_drop(wefti_shape *shape);
static inline void wefti_shape_deinit(wefti_shape *shape)
{
    if (__builtin_expect(shape->key_room != shape->inline_key || shape->values != shape->inline_values ||
                             shape->arrays != shape->inline_arrays || shape->blocks != NULL,
                         0))
        wefti_shape_drop(shape);
}
void wefti_shape_blocks_free(wefti_shape_block *blocks);

/* Compiles for a dialect. The result is one block of memory, owned by the caller until published; freed by wefti_compiled_free. */
weft_status wefti_compile(const wefti_schema *schema, const wefti_dialect *dialect, const wefti_statement_data *data,
                          const wefti_shape *shape, wefti_compiled **compiled, weft_error *error);
void wefti_compiled_free(void *compiled);

/* Makes the values fit their columns before they are sent: enum numbers become their names, integers are checked against the
 * column's range, text against its length. Called with the shape that found compiled. WEFT_ERROR_TYPE names table and column. */
weft_status wefti_shape_bind_forms(wefti_shape *shape, const wefti_compiled *compiled, weft_error *error);
static inline weft_status wefti_shape_bind(wefti_shape *shape, const wefti_compiled *compiled, weft_error *error)
{
    return compiled->parameter_forms == NULL ? WEFT_OK : wefti_shape_bind_forms(shape, compiled, error);
}

/* WEFT_ERROR_TYPE of a value that is WEFTI_REFUSED, or MEMORY where that was why. */
weft_status wefti_refuse_own(const weft_value *value, const wefti_column *column, weft_error *error);

/* The size of one item of weft_in in its array; 0 where there are no items of the type. */
static inline size_t wefti_item_size(weft_type type) { return wefti_type_of(type)->size; }

/* Which parameter, counted from 0, stands in each place; NULL: the placeholders have numbers. */
typedef struct wefti_parameter_order {
    const uint16_t *parameters;
    uint32_t place_count;
} wefti_parameter_order;

typedef struct wefti_parameter_name {
    const char *name;
    size_t size, number; /* of the parameter, from 0 on */
} wefti_parameter_name;

/* Parameters of text SQL: values, and their names where they have some. */
typedef struct wefti_text_parameters {
    const weft_value *values;
    size_t count;
    const wefti_parameter_name *names; /* count of them, sorted; NULL: the parameters have numbers */
} wefti_text_parameters;

/* Takes those that a program gives, which may be NULL, apart into values and names; what it makes is from the arena. MISUSE for
 * some with names and some without, for names that are none or are given twice, and for values of no type. */
weft_status wefti_text_parameters_take(const weft_values *given, wefti_arena *arena, wefti_text_parameters *taken,
                                       weft_error *error);
/* Replaces $1, $2, … or :name of text SQL by the dialect's placeholders, leaving strings, quoted names, comments and dollar quotes
 * alone, and checks that all parameters are used and no other. backslashes: see lexer.h. *translated is from the arena, or sql
 * itself, and so is *order: many placeholders go without numbers. order may be NULL: all have theirs. */
weft_status wefti_text_placeholders(const wefti_dialect *dialect, const char *sql, bool backslashes,
                                    const wefti_text_parameters *parameters, wefti_arena *arena, const char **translated,
                                    wefti_parameter_order *order, weft_error *error);

/* ---- DDL ---- */

/* What the models want of a database of the dialect. From the arena, with names that are the schema's. */
weft_status wefti_schema_define(const wefti_schema *schema, const wefti_dialect *dialect, wefti_arena *arena,
                                wefti_definition *definition, weft_error *error);
/* Adds to the views of such a definition the columns that the models read, which creating and comparing have no need of. */
weft_status wefti_schema_define_view_columns(const wefti_schema *schema, const wefti_dialect *dialect, wefti_arena *arena,
                                             const wefti_definition *definition, weft_error *error);
/* Each statement in order, of the lists of operations that schema/operation.h makes of it. */
/* places: see places.h; NULL: names are as models have them. */
weft_status wefti_ddl_create_in(const wefti_schema *schema, const wefti_dialect *dialect, const struct wefti_places *places,
                                wefti_table_exists exists, wefti_ddl_callback emit, void *context, weft_error *error);
weft_status wefti_ddl_create_all(const wefti_schema *schema, const wefti_dialect *dialect, wefti_table_exists exists,
                                 wefti_ddl_callback emit, void *context, weft_error *error);
weft_status wefti_ddl_drop_all(const wefti_schema *schema, const wefti_dialect *dialect, wefti_table_exists exists,
                               wefti_ddl_callback emit, void *context, weft_error *error);
weft_status wefti_ddl_drop_found(const wefti_schema *schema, const wefti_dialect *dialect, const struct wefti_places *places,
                                 wefti_table_exists exists, wefti_keys_between keys, wefti_ddl_callback emit, void *context,
                                 weft_error *error);
/* SELECTs of what there is in the schema that CREATE TABLE would use, and in those that models name; from the arena, NULL when out
 * of memory. A schema is two columns, its name and "first" or "". */
/* Of tables: schema and name; a schema that is there and holds nothing is a row, too, with "" for a name. */
const char *wefti_table_list_sql(const wefti_dialect *dialect, const struct wefti_places *places, const wefti_schema *schema,
                                 wefti_arena *arena);
/* Of foreign keys: schema and name of the table, those of the target, and the name of the key, by these. */
const char *wefti_key_list_sql(const wefti_dialect *dialect, const struct wefti_places *places, const wefti_schema *schema,
                               wefti_arena *arena);
bool wefti_dialect_lists_keys(const wefti_dialect *dialect);      /* else none is dropped by itself */
const wefti_ddl *wefti_dialect_ddl(const wefti_dialect *dialect); /* how the schema is changed and read */
/* ---- catalogue: NULL where the capability sequences is false ---- */

/* What decides about generated keys. $1: the quoted name of a table, $2: the column that the database fills in, or "", $3: an array
 * of the names of the key's columns. No row where there is no such table; else
 *   bool  rows go into the table as they are sent, but for triggers: no view, no foreign table, no rule
 *   bool  a trigger sees each row before it is stored and may store another, or none
 *   bool  all columns of the key give back the bytes that they are given
 *   text  the default of $2 as an expression; NULL: it has none
 *   text  the type of $2
 *   int64 the sequence that alone makes the default, or NULL
 *   bool  the sequence ascends and does not begin anew
 *   bool  values may be taken from it */
const char *wefti_dialect_key_facts_sql(const wefti_dialect *dialect);
enum { WEFTI_KEY_FACTS_COLUMNS = 8 };
/* Takes $1 values of the sequence $2, one row each. */
const char *wefti_dialect_reserve_keys_sql(const wefti_dialect *dialect);
/* What stands before a statement whose plan is asked for; the last column of each row is a line of it. */
const char *wefti_dialect_explain(const wefti_dialect *dialect);
/* *sql fills a materialized view anew; NULL where the dialect has none, and a plain view is in its place. False: no memory. */
bool wefti_dialect_refresh_view(const wefti_dialect *dialect, const struct wefti_places *places, const wefti_table *table,
                                bool concurrently, wefti_arena *arena, const char **sql);
/* The table as SQL names it, quoted where it must be. From the arena. */
const char *wefti_table_sql_name(const wefti_table *table, const struct wefti_places *places, wefti_arena *arena);
/* One bool: COPY into the table stores what INSERT would; with keys: and it stores the keys that it is given. From the arena. */
const char *wefti_copy_check_sql(const wefti_dialect *dialect, const struct wefti_places *places, const wefti_table *table,
                                 bool keys, wefti_arena *arena);

#endif
