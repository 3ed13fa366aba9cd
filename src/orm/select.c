/* Queries assembled step by step: every call copies the nodes and texts it is given into the select's own memory, because a node
 * literal lives only to the end of the block that it stands in. A select belongs to its session; in a failed session a static one
 * is given that does nothing. */
#include "orm/orm.h"

#include "base/memory.h"

#include <string.h>

typedef struct node_list {
    const weft_expr **items; /* ends with &weft_end */
    uint32_t count, capacity;
} node_list;

struct weft_select {
    weft_session *session;
    const weft_model *model;
    weft_select *next;
    wefti_arena arena;
    node_list where, order;
    const weft_loader **loaders;
    uint32_t loader_count, loader_capacity;
    weft_join_step joins[WEFTI_MAX_JOINS + 1];
    uint32_t join_count;
    int64_t limit, offset;
    bool distinct;
};

static weft_select inert;

static bool usable(weft_select *select)
{
    return select != NULL && select->session != NULL && wefti_session_enter(select->session);
}

weft_select *weft_select_open(weft_session *session, const weft_model *model)
{
    if (!wefti_session_enter(session) || wefti_session_table(session, model) == NULL)
        return &inert;
    weft_select *select = wefti_calloc(1, sizeof *select);
    if (select == NULL) {
        wefti_session_fail_memory(session);
        return &inert;
    }
    select->session = session;
    select->model = model;
    wefti_arena_init(&select->arena, 1024);
    select->next = session->selects;
    session->selects = select;
    return select;
}

void weft_select_free(weft_select *select)
{
    if (select == NULL || select->session == NULL || !wefti_session_enter_failed(select->session))
        return;
    for (weft_select **at = &select->session->selects; *at != NULL; at = &(*at)->next)
        if (*at == select) {
            *at = select->next;
            break;
        }
    wefti_arena_deinit(&select->arena);
    wefti_free(select);
}

/* ---- copies ---- */

static bool copy_items(weft_select *select, weft_value *value)
{
    size_t count = value->as.s.size, size = wefti_item_size(value->type);
    if (count == 0 || size == 0 || value->as.s.data == NULL) /* what is wrong here is told when the select runs */
        return true;
    void *items = count < SIZE_MAX / size ? wefti_arena_memdup(&select->arena, value->as.s.data, count * size) : NULL;
    if (items == NULL)
        return false;
    value->as.s.data = items;
    bool are_texts = value->type == WEFT_TEXT || value->type == WEFT_DECIMAL || value->type == WEFT_JSON;
    for (size_t i = 0; are_texts && i < count; i++) {
        const char **text = (const char **)items + i;
        if (*text != NULL && (*text = wefti_arena_strdup(&select->arena, *text)) == NULL)
            return false;
    }
    for (size_t i = 0; value->type == WEFT_BYTES && i < count; i++) {
        weft_bytes *bytes = (weft_bytes *)items + i;
        if (bytes->data != NULL && (bytes->data = wefti_arena_strndup(&select->arena, bytes->data, bytes->size)) == NULL)
            return false;
    }
    return true;
}

static bool copy_value(weft_select *select, const weft_expr *node, weft_value *value)
{
    if (node->op == WEFT_EXPR_IN || node->op == WEFT_EXPR_NOT_IN)
        return copy_items(select, value);
    bool has_text = value->type == WEFT_TEXT || value->type == WEFT_CHARS || value->type == WEFT_BYTES ||
                    value->type == WEFT_DECIMAL ||
                    value->type == WEFT_JSON;
    if (!has_text || value->is_null || value->as.s.data == NULL)
        return true;
    value->as.s.data = wefti_arena_strndup(&select->arena, value->as.s.data, value->as.s.size);
    return value->as.s.data != NULL;
}

static const weft_expr *copy_node(weft_select *select, const weft_expr *node, int depth);

static const weft_expr *const *copy_args(weft_select *select, const weft_expr *const *args, int depth)
{
    size_t count = 0;
    while (count < WEFTI_MAX_LIST_NODES && (args[count] == NULL || args[count]->op != WEFT_EXPR_END))
        count++;
    const weft_expr **copy = wefti_arena_alloc(&select->arena, (count + 1) * sizeof *copy);
    if (copy == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        copy[i] = NULL; /* a NULL stays one: running the select reports it */
        if (args[i] != NULL && (copy[i] = copy_node(select, args[i], depth + 1)) == NULL)
            return NULL;
    }
    copy[count] = &weft_end;
    return copy;
}

static const weft_expr *copy_node(weft_select *select, const weft_expr *node, int depth)
{
    if (depth > WEFTI_MAX_EXPR_DEPTH) {
        wefti_session_fail(select->session, WEFT_ERROR_MISUSE, "an expression is deeper than %d or refers to itself",
                           WEFTI_MAX_EXPR_DEPTH);
        return NULL;
    }
    weft_expr *copy = wefti_arena_memdup(&select->arena, node, sizeof *node);
    if (copy == NULL || !copy_value(select, node, &copy->value))
        return NULL;
    if (node->name != NULL && (copy->name = wefti_arena_strdup(&select->arena, node->name)) == NULL)
        return NULL;
    if (node->args != NULL && (copy->args = copy_args(select, node->args, depth)) == NULL)
        return NULL;
    return copy;
}

static void add_node(weft_select *select, node_list *list, const weft_expr *node, const char *call)
{
    if (node == NULL) {
        wefti_session_fail(select->session, WEFT_ERROR_MISUSE, "%s was given NULL; use weft_when for an optional condition", call);
        return;
    }
    if (list->count + 1 >= list->capacity) {
        uint32_t capacity = list->capacity == 0 ? 8 : list->capacity * 2;
        const weft_expr **grown = wefti_arena_alloc(&select->arena, capacity * sizeof *grown);
        if (grown == NULL) {
            wefti_session_fail_memory(select->session);
            return;
        }
        if (list->count > 0)
            memcpy(grown, list->items, list->count * sizeof *grown);
        list->items = grown;
        list->capacity = capacity;
    }
    const weft_expr *copy = copy_node(select, node, 0);
    if (copy == NULL) {
        wefti_session_fail_memory(select->session);
        return;
    }
    list->items[list->count++] = copy;
    list->items[list->count] = &weft_end;
}

void weft_select_where(weft_select *select, const weft_expr *condition)
{
    if (usable(select))
        add_node(select, &select->where, condition, "weft_select_where");
}

void weft_select_order(weft_select *select, const weft_expr *order)
{
    if (usable(select))
        add_node(select, &select->order, order, "weft_select_order");
}

static const weft_loader *copy_loader(weft_select *select, const weft_loader *loader, int depth)
{
    weft_loader *copy = depth > WEFTI_MAX_LOAD_DEPTH ? NULL : wefti_arena_memdup(&select->arena, loader, sizeof *loader);
    if (copy == NULL || loader->then == NULL)
        return copy;
    size_t count = 0;
    while (count < WEFTI_MAX_LIST_NODES && loader->then[count] != NULL && loader->then[count]->how != weft_load_end.how)
        count++;
    const weft_loader **then = wefti_arena_alloc(&select->arena, (count + 1) * sizeof *then);
    if (then == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if ((then[i] = copy_loader(select, loader->then[i], depth + 1)) == NULL)
            return NULL;
    then[count] = loader->then[count] == NULL ? NULL : &weft_load_end;
    copy->then = then;
    return copy;
}

void weft_select_load(weft_select *select, const weft_loader *loader)
{
    if (!usable(select))
        return;
    if (loader == NULL) {
        wefti_session_fail(select->session, WEFT_ERROR_MISUSE,
                           "weft_select_load was given NULL; use weft_load_when for an optional loader");
        return;
    }
    if (select->loader_count + 1 >= select->loader_capacity) {
        uint32_t capacity = select->loader_capacity == 0 ? 8 : select->loader_capacity * 2;
        const weft_loader **grown = wefti_arena_alloc(&select->arena, capacity * sizeof *grown);
        if (grown == NULL) {
            wefti_session_fail_memory(select->session);
            return;
        }
        if (select->loader_count > 0)
            memcpy(grown, select->loaders, select->loader_count * sizeof *grown);
        select->loaders = grown;
        select->loader_capacity = capacity;
    }
    const weft_loader *copy = copy_loader(select, loader, 0);
    if (copy == NULL) {
        wefti_session_fail(select->session, WEFT_ERROR_MISUSE, "loaders are nested deeper than %d, or memory is short",
                           WEFTI_MAX_LOAD_DEPTH);
        return;
    }
    select->loaders[select->loader_count++] = copy;
    select->loaders[select->loader_count] = &weft_load_end;
}

void weft_select_join(weft_select *select, weft_join_step join)
{
    if (!usable(select))
        return;
    if (select->join_count == WEFTI_MAX_JOINS) {
        wefti_session_fail(select->session, WEFT_ERROR_LIMIT, "a select has more than %d joins", WEFTI_MAX_JOINS);
        return;
    }
    select->joins[select->join_count++] = join;
    select->joins[select->join_count] = (weft_join_step){ .end_ = 1 };
}

void weft_select_limit(weft_select *select, int64_t limit)
{
    if (usable(select))
        select->limit = limit;
}

void weft_select_offset(weft_select *select, int64_t offset)
{
    if (usable(select))
        select->offset = offset;
}

void weft_select_distinct(weft_select *select, bool distinct)
{
    if (usable(select))
        select->distinct = distinct;
}

/* ---- running ---- */

static weft_query_options options_of(const weft_select *select, weft_expr *both)
{
    *both = (weft_expr){ .op = WEFT_EXPR_AND, .args = select->where.items };
    return (weft_query_options){
        .joins = select->join_count > 0 ? select->joins : NULL, .where = select->where.count > 0 ? both : NULL,
        .order_by = select->order.items, .load = select->loaders, .distinct = select->distinct, .limit = select->limit,
        .offset = select->offset,
    };
}

static bool runs_as(weft_select *select, const weft_model *model)
{
    if (!usable(select))
        return false;
    if (select->model == model)
        return true;
    wefti_session_fail(select->session, WEFT_ERROR_MISUSE, "a select of %s was run as one of %s", select->model->name,
                       model != NULL ? model->name : "(NULL)");
    return false;
}

weft_list weft_select_run(weft_select *select, const weft_model *model)
{
    weft_expr both;
    if (!runs_as(select, model))
        return (weft_list){ NULL, 0 };
    weft_query_options options = options_of(select, &both);
    return weft_session_query(select->session, model, &options);
}

const void *weft_select_run_first(weft_select *select, const weft_model *model)
{
    weft_expr both;
    if (!runs_as(select, model))
        return NULL;
    weft_query_options options = options_of(select, &both);
    return weft_session_first(select->session, model, &options);
}

int64_t weft_select_count(weft_select *select)
{
    weft_expr both;
    if (!usable(select))
        return 0;
    weft_query_options options = options_of(select, &both);
    return weft_session_count(select->session, select->model, &options);
}
