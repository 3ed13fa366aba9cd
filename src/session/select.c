/* Queries assembled step by step: every call copies the nodes and texts it is given into the select's own memory, because a node
 * literal lives only to the end of the block that it stands in. A select belongs to its session; in a failed session a static one
 * is given that does nothing. */
#include "session/calls.h"

#include "base/memory.h"
#include "sql/copy.h"
#include "sql/nodes.h"
#include "sql/walk.h"

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
    node_list where, order, columns, keys, distinct_on, having;
    const weft_loader **loaders;
    uint32_t loader_count, loader_capacity;
    weft_join_step joins[WEFTI_MAX_JOINS + 1];
    uint32_t join_count;
    int64_t limit, offset;
    const weft_model *of[WEFTI_MAX_JOINS + 1]; /* ends with NULL */
    uint32_t of_count;
    const weft_model *with[WEFTI_MAX_JOINS + 1]; /* likewise */
    uint32_t with_count;
    weft_lock lock;
    weft_plan_mode plan;
    bool distinct, skip_locked, no_wait, refresh, with_ties;
};

static weft_select inert;

static bool usable(weft_select *select)
{
    return select != NULL && select->session != NULL && wefti_session_enter(select->session);
}

weft_select *weft_select_open(weft_session *session, const weft_model *model)
{
    if (!wefti_session_enter(session) ||
        ((model == NULL || model->selectable == NULL) && wefti_session_table(session, model) == NULL))
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

static void fail_copy(weft_session *session, weft_status status)
{
    if (status == WEFT_ERROR_MISUSE)
        (void)wefti_session_fail(session, status, "an expression is deeper than %d or refers to itself", WEFTI_MAX_EXPR_DEPTH);
    else if (status == WEFT_ERROR_LIMIT)
        (void)wefti_session_fail(session, status, "an expression has more than %u nodes", WEFTI_MAX_EXPR_NODES);
    else
        (void)wefti_session_fail_memory(session);
}

static void *take(void *context, size_t size) { return wefti_arena_alloc(context, size); }

static const weft_expr *copy_node(weft_session *session, wefti_arena *arena, const weft_expr *node)
{
    weft_status status;
    weft_error error;
    if (wefti_nodes_watching() && wefti_nodes_check(&(wefti_node_roots){.where = node}, &error) != WEFT_OK)
        return (void)wefti_session_fail_with(session, &error), NULL;
    wefti_copier copier = {.alloc = take, .context = arena};
    const weft_expr *copy = wefti_expr_copy(&copier, node, &status);
    if (copy == NULL)
        fail_copy(session, status);
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
    const weft_expr *copy = copy_node(select->session, &select->arena, node);
    if (copy == NULL)
        return;
    list->items[list->count++] = copy;
    list->items[list->count] = &weft_end;
}

void weft_select_where(weft_select *select, const weft_expr *condition)
{
    WEFTI_NODES_ENTER;
    if (usable(select))
        add_node(select, &select->where, condition, "weft_select_where");
}

/* One node, or those of a list; place: of the node_list in the select. */
static void add_said(weft_select *select, size_t place, const weft_expr *said, const char *call)
{
    const weft_expr *alone[2], *const *items = wefti_items(said, alone);
    if (!usable(select))
        return;
    node_list *list = (node_list *)(void *)((char *)select + place);
    if (items == NULL)
        add_node(select, list, NULL, call);
    for (size_t i = 0; items != NULL && i < WEFTI_MAX_LIST_NODES && (items[i] == NULL || items[i]->op != WEFT_EXPR_END); i++)
        add_node(select, list, items[i], call);
}

void weft_select_having(weft_select *select, const weft_expr *condition)
{
    WEFTI_NODES_ENTER;
    if (usable(select))
        add_node(select, &select->having, condition, "weft_select_having");
}

void weft_select_columns(weft_select *select, const weft_expr *columns)
{
    WEFTI_NODES_ENTER;
    add_said(select, offsetof(weft_select, columns), columns, "weft_select_columns");
}

void weft_select_group(weft_select *select, const weft_expr *keys)
{
    WEFTI_NODES_ENTER;
    add_said(select, offsetof(weft_select, keys), keys, "weft_select_group");
}

void weft_select_distinct_on(weft_select *select, const weft_expr *columns)
{
    WEFTI_NODES_ENTER;
    add_said(select, offsetof(weft_select, distinct_on), columns, "weft_select_distinct_on");
}

void weft_select_order(weft_select *select, const weft_expr *order)
{
    WEFTI_NODES_ENTER;
    add_said(select, offsetof(weft_select, order), order, "weft_select_order");
}

static bool copy_columns(weft_select *select, weft_loader *copy)
{
    size_t count = 0;
    if (copy->columns == NULL)
        return true;
    while (count < WEFTI_MAX_LIST_NODES && copy->columns[count] != NULL && copy->columns[count]->op != WEFT_EXPR_END)
        count++;
    const weft_expr **columns = wefti_arena_alloc(&select->arena, (count + 1) * sizeof *columns);
    for (size_t i = 0; columns != NULL && i < count; i++)
        if ((columns[i] = copy_node(select->session, &select->arena, copy->columns[i])) == NULL)
            return false;
    if (columns != NULL)
        columns[count] = copy->columns[count] == NULL ? NULL : &weft_end;
    copy->columns = columns;
    return columns != NULL;
}

static const weft_loader *copy_loader(weft_select *select, const weft_loader *loader, int depth)
{
    weft_loader *copy = depth > WEFTI_MAX_LOAD_DEPTH ? NULL : wefti_arena_memdup(&select->arena, loader, sizeof *loader);
    if (copy == NULL || !copy_columns(select, copy) ||
        (copy->group != NULL && (copy->group = wefti_arena_strdup(&select->arena, copy->group)) == NULL))
        return NULL;
    if (loader->then == NULL)
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

static void add_loader(weft_select *select, const weft_loader *loader)
{
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

void weft_select_load(weft_select *select, const weft_loader *loader)
{
    WEFTI_NODES_ENTER;
    if (!usable(select))
        return;
    if (loader == NULL || loader->how != WEFT_LOADER_LIST)
        add_loader(select, loader);
    for (size_t i = 0; loader != NULL && loader->how == WEFT_LOADER_LIST && i < WEFTI_MAX_LIST_NODES; i++) {
        if (loader->then[i] != NULL && loader->then[i]->how == weft_load_end.how)
            break;
        add_loader(select, loader->then[i]);
    }
}

static void add_join(weft_select *select, weft_join_step join)
{
    if (select->join_count == WEFTI_MAX_JOINS) {
        wefti_session_fail(select->session, WEFT_ERROR_LIMIT, "a select has more than %d joins", WEFTI_MAX_JOINS);
        return;
    }
    if (join.on != NULL && (join.on = copy_node(select->session, &select->arena, join.on)) == NULL)
        return;
    select->joins[select->join_count++] = join;
    select->joins[select->join_count] = (weft_join_step){.end_ = 1};
}

void weft_select_join(weft_select *select, weft_join_step join)
{
    WEFTI_NODES_ENTER;
    if (!usable(select))
        return;
    if (join.list == NULL)
        add_join(select, join);
    for (const weft_join_step *step = join.list; step != NULL && !wefti_join_ends(step); step++)
        add_join(select, *step);
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

void weft_select_for_update(weft_select *select, bool skip_locked, bool no_wait)
{
    weft_select_lock(select, WEFT_FOR_UPDATE, skip_locked, no_wait);
}

void weft_select_lock(weft_select *select, weft_lock lock, bool skip_locked, bool no_wait)
{
    if (!usable(select))
        return;
    select->lock = lock;
    select->skip_locked = skip_locked;
    select->no_wait = no_wait;
}

/* One more of a list that ends with NULL. */
static void add_model(weft_select *select, const weft_model **list, uint32_t *count, const weft_model *model, const char *call)
{
    if (model == NULL)
        wefti_session_fail(select->session, WEFT_ERROR_MISUSE, "%s was given NULL", call);
    else if (*count == WEFTI_MAX_JOINS)
        wefti_session_fail(select->session, WEFT_ERROR_LIMIT, "%s was called for more than %d models", call, WEFTI_MAX_JOINS);
    else
        list[(*count)++] = model;
}

void weft_select_lock_of(weft_select *select, const weft_model *model)
{
    if (usable(select))
        add_model(select, select->of, &select->of_count, model, "weft_select_lock_of");
}

void weft_select_with(weft_select *select, const weft_model *cte)
{
    if (usable(select))
        add_model(select, select->with, &select->with_count, cte, "weft_select_with");
}

void weft_select_refresh(weft_select *select, bool refresh)
{
    if (usable(select))
        select->refresh = refresh;
}

void weft_select_plan(weft_select *select, weft_plan_mode plan)
{
    if (usable(select))
        select->plan = plan;
}

void weft_select_with_ties(weft_select *select, bool with_ties)
{
    if (usable(select))
        select->with_ties = with_ties;
}

/* ---- running ---- */

weft_select *weft_select_at(weft_select *select, const char *file, int line)
{
    if (select != NULL)
        (void)weft_session_at(select->session, file, line);
    return select;
}

/* What the options of a select refer to. */
typedef struct parts {
    weft_expr where, order, columns, keys, distinct_on, having;
    weft_loader load;
} parts;

/* A node over what was given one by one, or NULL where nothing was. */
static const weft_expr *node_of(weft_expr *node, int op, const node_list *list)
{
    *node = (weft_expr){.op = op, .args = list->items};
    return list->count > 0 ? node : NULL;
}

static weft_query_options options_of(const weft_select *select, parts *of)
{
    of->load = (weft_loader){.how = WEFT_LOADER_LIST, .then = select->loaders};
    return (weft_query_options){
        .joins.list = select->join_count > 0 ? select->joins : NULL,
        .where = node_of(&of->where, WEFT_EXPR_AND, &select->where),
        .order_by = node_of(&of->order, WEFT_EXPR_LIST, &select->order),
        .load = select->loaders != NULL ? &of->load : NULL,
        .distinct = select->distinct,
        .refresh = select->refresh,
        .plan = select->plan,
        .lock = select->lock,
        .of = select->of_count > 0 ? select->of : NULL,
        .skip_locked = select->skip_locked,
        .no_wait = select->no_wait,
        .limit = select->limit,
        .offset = select->offset,
        .file_ = select->session->file,
        .line_ = select->session->line,
    };
}

static bool runs_as(weft_select *select, const weft_model *model)
{
    if (!usable(select))
        return false;
    const char *rows = select->columns.count > 0       ? "weft_select_columns"
                       : select->keys.count > 0        ? "weft_select_group"
                       : select->having.count > 0      ? "weft_select_having"
                       : select->distinct_on.count > 0 ? "weft_select_distinct_on"
                       : select->with_ties             ? "weft_select_with_ties"
                       : select->with_count > 0        ? "weft_select_with"
                                                       : NULL;
    if (rows != NULL || select->model->selectable != NULL) {
        wefti_session_fail(select->session, WEFT_ERROR_MISUSE, "a select of %s%s%s gives rows and no objects: weft_select_rows",
                           select->model->name, rows != NULL ? " with " : "", rows != NULL ? rows : ", which is a selectable,");
        return false;
    }
    if (select->model == model)
        return true;
    wefti_session_fail(select->session, WEFT_ERROR_MISUSE, "a select of %s was run as one of %s", select->model->name,
                       model != NULL ? model->name : "(NULL)");
    return false;
}

weft_list weft_select_run(weft_select *select, const weft_model *model)
{
    parts of;
    if (!runs_as(select, model))
        return (weft_list){NULL, 0};
    weft_query_options options = options_of(select, &of);
    return weft_session_query(select->session, model, &options);
}

const void *weft_select_run_first(weft_select *select, const weft_model *model)
{
    parts of;
    if (!runs_as(select, model))
        return NULL;
    weft_query_options options = options_of(select, &of);
    return weft_session_first(select->session, model, &options);
}

const void *weft_select_run_one(weft_select *select, const weft_model *model, weft_status *status)
{
    parts of;
    if (!runs_as(select, model)) {
        if (status != NULL)
            *status = select != NULL && select->session != NULL ? select->session->error.status : WEFT_ERROR_MISUSE;
        return NULL;
    }
    weft_query_options options = options_of(select, &of);
    return weft_session_one(select->session, model, status, &options);
}

weft_status weft_select_run_scalar(weft_select *select, const weft_attr *value, void *out)
{
    if (select == NULL || select->session == NULL)
        return WEFT_ERROR_MISUSE;
    if (!wefti_scalar_has_place(select->session, value, out))
        return select->session->error.status;
    const weft_row_type row = wefti_scalar_row(value);
    return wefti_scalar_take(select->session, weft_select_run_rows(select, &row), value->size, out);
}

weft_list weft_select_run_page(weft_select *select, const weft_model *model, int64_t *total)
{
    parts of;
    if (total != NULL)
        *total = 0;
    if (!runs_as(select, model))
        return (weft_list){NULL, 0};
    weft_query_options options = options_of(select, &of);
    return weft_session_query_page(select->session, model, total, &options);
}

weft_list weft_select_run_rows(weft_select *select, const weft_row_type *type)
{
    parts of;
    if (!usable(select))
        return (weft_list){NULL, 0};
    if (select->loaders != NULL || select->refresh) {
        wefti_session_fail(select->session, WEFT_ERROR_MISUSE, "a select of %s with %s gives objects and no rows",
                           select->model->name, select->loaders != NULL ? "loaders" : "weft_select_refresh");
        return (weft_list){NULL, 0};
    }
    const weft_rows_options options = {
        .from = select->model,
        .joins.list = select->join_count > 0 ? select->joins : NULL,
        .columns = node_of(&of.columns, WEFT_EXPR_LIST, &select->columns),
        .where = node_of(&of.where, WEFT_EXPR_AND, &select->where),
        .group_by = node_of(&of.keys, WEFT_EXPR_LIST, &select->keys),
        .having = node_of(&of.having, WEFT_EXPR_AND, &select->having),
        .order_by = node_of(&of.order, WEFT_EXPR_LIST, &select->order),
        .distinct_on = node_of(&of.distinct_on, WEFT_EXPR_LIST, &select->distinct_on),
        .distinct = select->distinct,
        .with_ties = select->with_ties,
        .plan = select->plan,
        .lock = select->lock,
        .of = select->of_count > 0 ? select->of : NULL,
        .skip_locked = select->skip_locked,
        .no_wait = select->no_wait,
        .with = select->with_count > 0 ? select->with : NULL,
        .limit = select->limit,
        .offset = select->offset,
    };
    (void)weft_session_at(select->session, select->session->file, select->session->line); /* which usable took */
    return weft_session_rows(select->session, type, &options);
}

bool(weft_select_exists)(weft_select *select)
{
    parts of;
    if (!runs_as(select, select != NULL ? select->model : NULL))
        return false;
    weft_query_options options = options_of(select, &of);
    return weft_session_exists(select->session, select->model, &options);
}

int64_t(weft_select_count)(weft_select *select)
{
    parts of;
    if (!runs_as(select, select != NULL ? select->model : NULL))
        return 0;
    weft_query_options options = options_of(select, &of);
    return weft_session_count(select->session, select->model, &options);
}

/* ---- copies for the program ---- */

/* What a session that has failed gives: its statements do nothing, and one that is made of it later says why. */
static const weft_error not_kept = {.status = WEFT_ERROR_MISUSE, .message = "weft_keep copied nothing: its session had failed"};
static const weft_expr not_kept_node = {.op = WEFTI_EXPR_FAILED, .value.as.s.data = (const char *)(const void *)&not_kept};

const weft_expr *weft_session_keep(weft_session *session, const weft_expr *expr)
{
    WEFTI_NODES_ENTER;
    if (!wefti_session_enter(session))
        return &not_kept_node;
    if (expr == NULL)
        (void)wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_keep was given NULL; use weft_when for an optional condition");
    const weft_expr *copy = expr != NULL ? copy_node(session, &session->work, expr) : NULL;
    return copy != NULL ? copy : &not_kept_node;
}
