/* Deep copies of expressions into any memory, for what outlives the block that its literals stand in. */
#ifndef WEFTI_SQL_COPY_H
#define WEFTI_SQL_COPY_H

#include <weft/expr.h>
#include <weft/status.h>

/* Where copies go: memory aligned to 16 bytes, or NULL where there is no more. */
typedef struct wefti_copier {
    void *(*alloc)(void *context, size_t size);
    void *context;
    uint32_t node_count; /* zero at first */
} wefti_copier;

/* The tree with its texts, bytes, names and items; NULL where it is deeper than WEFTI_MAX_EXPR_DEPTH or contains itself (MISUSE),
 * has too many nodes (LIMIT) or alloc gave NULL (NO_MEMORY): *status says. A NULL among args stays one: the statement reports it.
 * */
const weft_expr *wefti_expr_copy(wefti_copier *copier, const weft_expr *expr, weft_status *status);
/* The same of a list with its end. */
const weft_expr *const *wefti_expr_copy_list(wefti_copier *copier, const weft_expr *const *list, weft_status *status);

#endif
