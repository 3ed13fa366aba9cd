/* Statements as constant data: written once at file scope, run as often as needed with other parameters, by any thread.
 *
 *     typedef struct Ask { weft_decimal least; const char *region; int64_t rows; } Ask;
 *     WEFT_ROW(Ask, WEFT_FIELD(Ask, least), WEFT_FIELD(Ask, region), WEFT_FIELD(Ask, rows));
 *     WEFT_PARAMETERS(Ask);
 *     WEFT_STATEMENT(top, Top, Ask, .from = weft_from(Customer), .columns = …,
 *                    .where = weft_and(weft_ge_col(Customer, spent, Ask, least), weft_eq_col(Customer, region, Ask, region)),
 *                    .limit_to = weft_param(Ask, rows));
 *
 *     Top_list list = weft_run(s, top, .least = {"100.00"}, .region = "north", .rows = 5);
 *
 * Such a statement cannot dangle, and an engine walks it once: later runs, on any thread and connection, only read the parameters.
 * It takes what weft_rows takes, as far as that is constant: columns, functions, subqueries, the selectables below, and the
 * constants WEFT_LITERAL_TEXT and its like; weft_eq and others that take a value do not compile at file scope. */
#ifndef WEFT_STATEMENT_H
#define WEFT_STATEMENT_H
#if defined(__GNUC__) && !defined(__clang__) /* what its macros make is the program's, wherever weft is installed */
#pragma GCC system_header
# 20 "<weft/statement.h>"
#endif

#include <weft/connection.h>

WEFT_BEGIN_DECLS

/* What weft notes of a statement that has run: zero at first, and nobody else's. */
typedef struct weft_statement_state { uint64_t words_[2]; } weft_statement_state;

/* A statement and its parameters. All that it refers to stays as it is for as long as the statement may run. */
typedef struct weft_statement {
    const char *name;                /* for messages */
    const weft_rows_options *query;
    const weft_row_type *row;        /* what its rows are read into; NULL: it gives none */
    const weft_row_type *parameters; /* with 64 fields at most */
    weft_statement_state *state;     /* the statement's own */
} weft_statement;

/* The fields of a struct of WEFT_ROW as the parameters of statements: WEFT_PARAMETERS(Ask), at file scope, behind WEFT_ROW. Then
 * weft_param(Ask, least), which weft_col is, too, stands for the value that a run gives for .least, wherever an expression may
 * stand, and weft_ge_col(Order, total, Ask, least) compares with it, typed. A field that is left out is zero: 0, or NULL where it
 * may be. As weft_eq does, = and <> with a NULL are IS NULL and IS NOT NULL. */
#define WEFT_PARAMETERS(P) WEFT_MAYBE_UNUSED static WEFT_SELECTABLE_(P, P, .kind = WEFT_SELECTABLE_PARAMETERS, .row = &P##_row)
#define weft_param(P, f) weft_col(P, f)
/* The parameters of a statement that has none: WEFT_STATEMENT(all, Count, weft_no_parameters, …); weft_run(s, all). */
typedef struct weft_no_parameters { char none_; } weft_no_parameters;
/* Its row type, without fields. Constant. */
WEFT_API extern const weft_row_type weft_no_parameters_row;
/* A column beside a pattern, or a part of a text, that is a parameter: weft_starts_with_param(User, name, Ask, prefix). */
#define weft_like_param(M, f, P, g) WEFT_BY_PARAMETER_(WEFT_EXPR_LIKE, M, f, P, g)
#define weft_not_like_param(M, f, P, g) WEFT_BY_PARAMETER_(WEFT_EXPR_NOT_LIKE, M, f, P, g)
#define weft_ilike_param(M, f, P, g) WEFT_BY_PARAMETER_(WEFT_EXPR_ILIKE, M, f, P, g)
#define weft_starts_with_param(M, f, P, g) WEFT_BY_PARAMETER_(WEFT_EXPR_STARTS_WITH, M, f, P, g)
#define weft_ends_with_param(M, f, P, g) WEFT_BY_PARAMETER_(WEFT_EXPR_ENDS_WITH, M, f, P, g)
#define weft_contains_param(M, f, P, g) WEFT_BY_PARAMETER_(WEFT_EXPR_CONTAINS, M, f, P, g)
/* A list as a parameter, for IN, of any length and one text: the field is a WEFT_LIST_OF(int64_t) ids, in the WEFT_ROW as
 * WEFT_LIST_FIELD(Ask, ids), and is given as .ids = {array, count}, borrowed until the statement has run; the condition is
 * weft_in_param(Order, id, Ask, ids). An empty one matches nothing, with weft_not_in_param everything. */
#define WEFT_LIST_OF(T) struct { T const *items; size_t count; }
#define WEFT_LIST_FIELD(P, f) \
    { .kind = WEFT_ATTR_LIST, .field = #f, .offset = offsetof(P, f), .size = sizeof(((P *)0)->f), \
      .precision = WEFT_MAPPED_TYPE_(*((P *)0)->f.items) }
#define weft_in_param(M, f, P, g) WEFT_IN_PARAMETER_(WEFT_EXPR_IN, M, f, P, g)
#define weft_not_in_param(M, f, P, g) WEFT_IN_PARAMETER_(WEFT_EXPR_NOT_IN, M, f, P, g)
#define WEFT_IN_PARAMETER_(o, M, f, P, g) \
    (&(const weft_expr){ .op = WEFT_EXPR_BY_PARAMETER, .alias = (o), .model = &M##_model, .offset = offsetof(M, f) + \
        0 * sizeof(struct { int x_; _Static_assert(WEFT_ITEMS_FIT_(((M *)0)->f, ((P *)0)->g.items) != 0, \
            #M "." #f " takes no items of " #P "." #g); }), .args = WEFT_NODES_ weft_col(P, g) WEFT_NODES_END_ })
/* An assignment of a parameter, in weft_sets: weft_to_param(Job, state, Ask, state). */
#define weft_to_param(M, f, P, g) WEFT_BY_PARAMETER_(WEFT_EXPR_SET, M, f, P, g)
#define WEFT_BY_PARAMETER_(o, M, f, P, g) \
    (&(const weft_expr){ .op = WEFT_EXPR_BY_PARAMETER, .alias = (o), .model = &M##_model, \
                         .offset = offsetof(M, f) + WEFT_ALIKE_(M, f, P, g), .args = WEFT_NODES_ weft_col(P, g) WEFT_NODES_END_ })

/* Constants of a statement, which stand in its text as those within weft_literally do: weft_op(weft_col(Order, state), "=",
 * WEFT_LITERAL_TEXT("paid")). */
#define WEFT_LITERAL_TEXT(text) WEFT_LITERAL_(WEFT_TEXT, .as.s = { "" text, sizeof("" text) - 1 })
#define WEFT_LITERAL_DECIMAL(text) WEFT_LITERAL_(WEFT_DECIMAL, .as.s = { "" text, sizeof("" text) - 1 })
#define WEFT_LITERAL_INT(n) WEFT_LITERAL_(WEFT_INT64, .as.i = (n))
#define WEFT_LITERAL_DOUBLE(d_) WEFT_LITERAL_(WEFT_DOUBLE, .as.d = (d_))
#define WEFT_LITERAL_BOOL(b_) WEFT_LITERAL_(WEFT_BOOL, .as.b = (b_))
#define WEFT_LITERAL_(t, ...) \
    weft_literally((&(const weft_expr){ .op = WEFT_EXPR_VALUE, .value = { .type = (t), __VA_ARGS__ } }))

/* The selectables of expr.h at file scope: WEFT_CTE(Spent, .query = weft_select(…)); the forms with AS have another name than their
 * row. Parameters may stand within them. */
#define WEFT_ALIAS(A, M) WEFT_NAME_(A, M); WEFT_LASTING_(A, M, .kind = WEFT_SELECTABLE_ALIAS, .of = &M##_model)
#define WEFT_SAMPLED(A, M, how) \
    WEFT_NAME_(A, M); WEFT_LASTING_(A, M, .kind = WEFT_SELECTABLE_ALIAS, .of = &M##_model, .call = (how))
#define WEFT_CTE(R, ...) WEFT_LASTING_(R, R, .kind = WEFT_SELECTABLE_CTE, .row = &R##_row, __VA_ARGS__)
#define WEFT_CTE_AS(A, R, ...) \
    WEFT_NAME_(A, R); WEFT_LASTING_(A, R, .kind = WEFT_SELECTABLE_CTE, .row = &R##_row, __VA_ARGS__)
#define WEFT_SUBSELECT(R, q) WEFT_LASTING_(R, R, .kind = WEFT_SELECTABLE_SUBQUERY, .row = &R##_row, .query = (q))
#define WEFT_SUBSELECT_AS(A, R, q) \
    WEFT_NAME_(A, R); WEFT_LASTING_(A, R, .kind = WEFT_SELECTABLE_SUBQUERY, .row = &R##_row, .query = (q))
#define WEFT_LATERAL(R, q) WEFT_LASTING_(R, R, .kind = WEFT_SELECTABLE_LATERAL, .row = &R##_row, .query = (q))
#define WEFT_LATERAL_AS(A, R, q) \
    WEFT_NAME_(A, R); WEFT_LASTING_(A, R, .kind = WEFT_SELECTABLE_LATERAL, .row = &R##_row, .query = (q))
#define WEFT_SERIES(R, first, last) \
    WEFT_LASTING_(R, R, .kind = WEFT_SELECTABLE_SERIES, .row = &R##_row, .call = weft_fn("weft_series", first, last))
#define WEFT_SERIES_STEP(R, first, last, n) \
    WEFT_LASTING_(R, R, .kind = WEFT_SELECTABLE_SERIES, .row = &R##_row, .call = WEFT_STEPS_(0, first, last, n))
#define WEFT_SERIES_BY(R, first, last, n, unit) \
    WEFT_LASTING_(R, R, .kind = WEFT_SELECTABLE_SERIES, .row = &R##_row, .call = WEFT_STEPS_((int)(unit), first, last, n))
#define WEFT_JSON_EACH(R, e) WEFT_LASTING_(R, R, .kind = WEFT_SELECTABLE_ELEMENTS, .row = &R##_row, .call = (e))
#define WEFT_JSON_MEMBERS(R, e) WEFT_LASTING_(R, R, .kind = WEFT_SELECTABLE_MEMBERS, .row = &R##_row, .call = (e))
#define WEFT_UNNEST(R, e) WEFT_LASTING_(R, R, .kind = WEFT_SELECTABLE_ITEMS, .row = &R##_row, .call = (e))
#define WEFT_TABLE_FN(R, e) WEFT_LASTING_(R, R, .kind = WEFT_SELECTABLE_FUNCTION, .row = &R##_row, .call = (e))
#define WEFT_LASTING_(A, T, ...) WEFT_MAYBE_UNUSED static WEFT_SELECTABLE_(A, T, __VA_ARGS__)

/* A SELECT as constant data, whose rows are structs of R and whose parameters are the fields of P: WEFT_STATEMENT(top, Top, Ask,
 * .from = …, .where = …), at file scope. WEFT_STATEMENT_OF(q, R, P, query) takes a query made elsewhere, or one that writes and
 * gives rows: WEFT_STATEMENT_OF(closed, Id, Ask, weft_updated(Job, .set = …, .where = …, .returning = …)). */
#define WEFT_STATEMENT(q, R, P, ...) WEFT_STATEMENT_OF(q, R, P, (WEFT_STRUCT_(weft_rows_options) __VA_ARGS__ WEFT_STRUCT_END_))
#define WEFT_STATEMENT_OF(q, R, P, options) \
    typedef R##_list q##_list WEFT_MAYBE_UNUSED; \
    WEFT_MAYBE_UNUSED static inline q##_list q##_list_of(weft_list list_) { return R##_list_of(list_); } \
    WEFT_STATEMENT_(q, P, (options), &R##_row)
/* An INSERT, UPDATE, DELETE or MERGE as constant data that gives no rows: WEFT_CHANGE(close_jobs, Ask, weft_updated(Job, .set =
 * weft_sets(weft_to_param(Job, state, Ask, state)), .where = …)); run by weft_change. */
#define WEFT_CHANGE(q, P, options) WEFT_STATEMENT_(q, P, (options), NULL)
#define WEFT_STATEMENT_(q, P, options, rows_) \
    typedef P q##_parameters WEFT_MAYBE_UNUSED; \
    static weft_statement_state q##_state; \
    WEFT_MAYBE_UNUSED static const weft_statement q##_statement = { \
        .name = #q, .query = (options), .row = (rows_), .parameters = &P##_row, .state = &q##_state }
/* The parameters of a run, by their names. Without any they are an empty initializer, which is no C11. */
#define WEFT_GIVEN_(q, ...) \
    (WEFT_STRICT_ + WEFT_EMPTY_ + &(const q##_parameters){ __VA_ARGS__ } + WEFT_STRICT_END_)
#if defined(__clang__)
#define WEFT_EMPTY_ (0 * sizeof(struct { _Pragma("GCC diagnostic ignored \"-Wgnu-empty-initializer\"") \
    _Pragma("GCC diagnostic ignored \"-Wmissing-field-initializers\"") int x_; }))
#elif defined(__GNUC__)
#define WEFT_EMPTY_ (0 * sizeof(struct { _Pragma("GCC diagnostic ignored \"-Wpedantic\"") int x_; }))
#else
#define WEFT_EMPTY_ ((size_t)0)
#endif

/* Runs a statement on a connection and reads all its rows: weft_fetch_run(c, top, &rows, &result, &error, .rows = 5); rows is a
 * Top_list, and like its text it belongs to *result, which the caller ends with weft_result_close. */
#define weft_fetch_run(c, q, rows, result, ...) WEFT_FETCH_RUN_(c, q, rows, result, __VA_ARGS__, )
#define WEFT_FETCH_RUN_(c, q, rows, result, error, ...) \
    weft_connection_fetch_run((c), &q##_statement, WEFT_GIVEN_(q, __VA_ARGS__), (result), \
                              (weft_list *)(void *)WEFT_SAME(q##_list, rows), (error))
/* What weft_fetch_run does, without types: parameters is a struct of statement->parameters, and may be NULL where that has no
 * fields. Errors as of weft_connection_fetch; MISUSE where the statement gives no rows, where a parameter is of another struct than
 * the statement's, or within weft_literally; WEFT_ERROR_LIMIT for parameters of more than 64 fields. */
WEFT_API weft_status weft_connection_fetch_run(weft_connection *connection, const weft_statement *statement, const void *parameters,
                                               weft_result **result, weft_list *rows, weft_error *error);
/* Runs a statement on a connection; its rows are those of the result, as of weft_connection_select, a stream where the statement
 * says .stream: weft_open_run(c, top, &result, &error, .rows = 5). */
#define weft_open_run(c, q, result, ...) WEFT_OPEN_RUN_(c, q, result, __VA_ARGS__, )
#define WEFT_OPEN_RUN_(c, q, result, error, ...) \
    weft_connection_run((c), &q##_statement, WEFT_GIVEN_(q, __VA_ARGS__), (result), (error))
/* What weft_open_run does, without types. */
WEFT_API weft_status weft_connection_run(weft_connection *connection, const weft_statement *statement, const void *parameters,
                                         weft_result **result, weft_error *error);
/* Runs a WEFT_CHANGE on a connection; *changed, which may be NULL, gets the number of rows: weft_execute_run(c, close_jobs,
 * &changed, &error, .state = "closed"). */
#define weft_execute_run(c, q, changed, ...) WEFT_EXECUTE_RUN_(c, q, changed, __VA_ARGS__, )
#define WEFT_EXECUTE_RUN_(c, q, changed, error, ...) \
    weft_connection_execute_run((c), &q##_statement, WEFT_GIVEN_(q, __VA_ARGS__), (changed), (error))
/* What weft_execute_run does, without types. MISUSE where the statement gives rows. */
WEFT_API weft_status weft_connection_execute_run(weft_connection *connection, const weft_statement *statement,
                                                 const void *parameters, int64_t *changed, weft_error *error);

WEFT_END_DECLS

#endif
