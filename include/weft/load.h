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

/* One relationship, how it is loaded, and what is loaded beyond it. The macros below make them as compound literals, which live to
 * the end of their block; without macros a static one does as well. */
struct weft_loader {
    int how;                        /* weft_load_how; -1 is none, -2 the end */
    const weft_model *model;
    size_t offset;
    const weft_loader *const *then; /* loaders on the relationship's target; ends with &weft_load_end */
};

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
/* A loader only where the condition holds. */
#define weft_load_when(condition, l) ((condition) ? (l) : &weft_load_none)
/* The list for .load: weft_load(weft_joined(User, profile), weft_selectin(User, addresses)). */
#define weft_load(...) ((const weft_loader *const[]){ __VA_ARGS__, &weft_load_end })

WEFT_END_DECLS

#endif
