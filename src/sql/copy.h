/* Deep copies of expressions into any memory, for what outlives the block that its literals stand in. */
#ifndef WEFTI_SQL_COPY_H
#define WEFTI_SQL_COPY_H

#include <weft/connection.h>
#include <weft/expr.h>
#include <weft/status.h>

/* Where copies go: memory aligned to 16 bytes, or NULL where there is no more. */
typedef struct wefti_copier wefti_copier;
struct wefti_copier {
    void *(*alloc)(void *context, size_t size);
    void *context;
    uint32_t node_count; /* zero at first */
    /* What is copied is constant data: texts stay where they are, and selectables are copied with what they consist of. replace, if
     * not NULL, may make another node of a copied one before what it consists of is copied. */
    bool constant;
    weft_status (*replace)(wefti_copier *copier, weft_expr *copy);
    void (*cut)(wefti_copier *copier,
                const weft_rows_options *query); /* if not NULL, sees queries with a .limit_to or .offset_by */
    uint32_t literal;                            /* how many weft_literally are around */
    const struct wefti_copied *copied;           /* the selectables, each once */
    uint32_t copied_count;
};

/* The tree with its texts, bytes, names and items; NULL where it is deeper than WEFTI_MAX_EXPR_DEPTH or contains itself (MISUSE),
 * has too many nodes (LIMIT) or alloc gave NULL (NO_MEMORY): *status says. A NULL among args stays one: the statement reports it.
 * */
const weft_expr *wefti_expr_copy(wefti_copier *copier, const weft_expr *expr, weft_status *status);
/* The same of a query. */
const weft_rows_options *wefti_query_copy(wefti_copier *copier, const weft_rows_options *query, weft_status *status);

#endif
