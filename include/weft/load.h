/* Loader options: how the relationships of a query's objects are loaded, nested in paths. */
#ifndef WEFT_LOAD_H
#define WEFT_LOAD_H
#if defined(__GNUC__) && !defined(__clang__) /* what its macros make is the program's, wherever weft is installed */
#pragma GCC system_header
# 7 "<weft/load.h>"
#endif

#include <weft/model.h>

WEFT_BEGIN_DECLS

typedef struct weft_loader weft_loader;

struct weft_expr;

/* One relationship, how it is loaded, and what is loaded beyond it; or which columns are loaded. The macros below make them as
 * compound literals, which live to the end of their block; without macros a static one does as well. */
struct weft_loader {
    int how;                        /* weft_load_how, or one of weft_loader_op */
    const weft_model *model;
    size_t offset;
    const weft_loader *const *then; /* loaders on the relationship's target; ends with &weft_load_end */
    const struct weft_expr *const *columns; /* of ONLY, DEFER and UNDEFER; ends with &weft_end */
    const char *group;              /* of UNDEFER_GROUP */
};

typedef enum weft_loader_op {
    WEFT_LOADER_LIST = -3,          /* several, in .then: what weft_load says */
    WEFT_LOADER_END = -2,
    WEFT_LOADER_NONE = -1,
    WEFT_LOADER_ONLY = 24,
    WEFT_LOADER_DEFER,
    WEFT_LOADER_UNDEFER,
    WEFT_LOADER_UNDEFER_GROUP
} weft_loader_op;

/* Ends every list of loaders; a NULL among them is misuse. */
WEFT_API extern const weft_loader weft_load_end;
/* Loads nothing: what weft_load_when gives when its condition is false. */
WEFT_API extern const weft_loader weft_load_none;

#define WEFT_LOADER_(h, M, f, ...) \
    (&(const weft_loader){ .how = (h), .model = &M##_model, .offset = offsetof(M, f), \
                           .then = (const weft_loader *const[]){ __VA_ARGS__ } })
#define WEFT_JOINED_(M, f, ...) WEFT_LOADER_(WEFT_LOAD_JOINED, M, f, __VA_ARGS__)
#define WEFT_SUBQUERY_(M, f, ...) WEFT_LOADER_(WEFT_LOAD_SUBQUERY, M, f, __VA_ARGS__)
#define WEFT_SELECTIN_(M, f, ...) WEFT_LOADER_(WEFT_LOAD_SELECTIN, M, f, __VA_ARGS__)
/* With the query, by LEFT JOIN; by one more statement that repeats the query as a subquery; by one more with the keys that were
 * loaded (see weft_load_how). weft_joined(User, addresses), or with loaders for what is loaded: weft_selectin(User, orders,
 * weft_joined(Order, item)). */
#define weft_joined(M, ...) WEFT_JOINED_(M, __VA_ARGS__, &weft_load_end)
#define weft_subquery(M, ...) WEFT_SUBQUERY_(M, __VA_ARGS__, &weft_load_end)
#define weft_selectin(M, ...) WEFT_SELECTIN_(M, __VA_ARGS__, &weft_load_end)
/* weft_lazy on it becomes an error. */
#define weft_raise(M, f) WEFT_LOADER_(WEFT_LOAD_RAISE, M, f, &weft_load_end)
/* Not with the query, whatever the model says. */
#define weft_lazily(M, f) WEFT_LOADER_(WEFT_LOAD_LAZY, M, f, &weft_load_end)
/* Which columns are loaded, of the objects where the loader stands: only these, all but these, these beside the others (what the
 * model says is .deferred), or those of a .group. weft_load(weft_load_only(weft_col(User, name), weft_col(User, age)),
 * weft_selectin(User, articles, weft_undefer(weft_col(Article, body)))); needs weft/expr.h. Columns of keys, versions, foreign keys
 * and relationships come along in any case. Of several loaders the later ones add to the earlier ones. A column that is not loaded
 * is told from its value by weft_loaded, and loaded by weft_lazy. */
#define weft_load_only(...) WEFT_LOADER_COLUMNS_(WEFT_LOADER_ONLY, __VA_ARGS__)
#define weft_defer(...) WEFT_LOADER_COLUMNS_(WEFT_LOADER_DEFER, __VA_ARGS__)
#define weft_undefer(...) WEFT_LOADER_COLUMNS_(WEFT_LOADER_UNDEFER, __VA_ARGS__)
#define weft_undefer_group(name) (&(const weft_loader){ .how = WEFT_LOADER_UNDEFER_GROUP, .group = (name) })
#define WEFT_LOADER_COLUMNS_(h, ...) (&(const weft_loader){ .how = (h), .columns = WEFT_NODES_ __VA_ARGS__ WEFT_NODES_END_ })
/* A loader only where the condition holds. */
#define weft_load_when(condition, l) ((condition) ? (l) : &weft_load_none)
/* Several loaders for .load, which takes one as it is: weft_load(weft_joined(User, profile), weft_selectin(User, addresses)). */
#define weft_load(...) \
    (&(const weft_loader){ .how = WEFT_LOADER_LIST, .then = (const weft_loader *const[]){ __VA_ARGS__, &weft_load_end } })

WEFT_END_DECLS

#endif
