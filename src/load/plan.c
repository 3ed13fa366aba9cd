/* The plan of a load: one node per relationship and place, whatever number of loaders named it.
 *
 * Loaders of the query come first, so that they are checked before anything is sent and hide what the model says. Defaults are
 * added below them until a path would go through the same relationship twice or back by its other side: then what is reached
 * has been loaded by the way there. */
#include "load/strategy.h"

#include <string.h>

enum { MOST_NODES = 512 }; /* defaults of models that refer to each other in many ways end here */

typedef struct path_step {
    const struct path_step *above;
    const wefti_relation *relation;
} path_step;

typedef struct planning {
    weft_session *session;
    wefti_arena *arena;
    uint32_t node_count;
} planning;

bool wefti_load_has_defaults(const wefti_table *table)
{
    for (uint16_t i = 0; i < table->relation_count; i++)
        if (wefti_load_strategy_of(table->relations[i].lazy)->eager)
            return true;
    return false;
}

static wefti_load_node *find_node(const wefti_load_level *level, const wefti_relation *relation)
{
    wefti_load_node *node = level->nodes;
    while (node != NULL && node->relation != relation)
        node = node->next;
    return node;
}

static wefti_load_node *add_node(planning *p, wefti_load_level *level, const wefti_relation *relation)
{
    wefti_load_node *node = wefti_arena_zalloc(p->arena, sizeof *node);
    if (node == NULL) {
        wefti_session_fail_memory(p->session);
        return NULL;
    }
    node->relation = relation;
    node->below.left_out = relation->target->mapper->deferred;
    wefti_load_node **end = &level->nodes;
    while (*end != NULL)
        end = &(*end)->next;
    *end = node;
    p->node_count++;
    return node;
}

static weft_status wrong_place(planning *p, const wefti_table *table, const weft_loader *loader)
{
    const wefti_table *own = loader->model == NULL ? NULL : wefti_schema_table(p->session->schema, loader->model);
    if (own == table)
        return wefti_session_fail(p->session, WEFT_ERROR_MISUSE,
                                  "a loader names the field at offset %zu of %s, which is no relationship", loader->offset,
                                  table->model->name);
    const wefti_relation *relation = own == NULL ? NULL : wefti_table_relation_at(own, loader->offset);
    return wefti_session_fail(p->session, WEFT_ERROR_MISUSE, "a loader of %s%s%s stands where objects of %s are loaded",
                              loader->model == NULL ? "no model" : loader->model->name, relation == NULL ? "" : ".",
                              relation == NULL ? "" : relation->field, table->model->name);
}

/* ---- columns ---- */

static bool names_columns(int how) { return how >= WEFT_LOADER_ONLY && how <= WEFT_LOADER_UNDEFER_GROUP; }

/* The columns that the loader names, as bits. */
static weft_status named_columns(planning *p, const wefti_table *table, const weft_loader *loader, uint64_t *named)
{
    const wefti_mapper *mapper = table->mapper;
    bool any = false;
    for (uint16_t i = 0; loader->group != NULL && i < mapper->field_count; i++)
        if (mapper->fields[i].group != NULL && strcmp(mapper->fields[i].group, loader->group) == 0) {
            wefti_columns_add(named, i);
            any = true;
        }
    for (size_t i = 0; loader->columns != NULL && i < WEFTI_MAX_LIST_NODES; i++, any = true) {
        const weft_expr *node = loader->columns[i];
        if (node != NULL && node->op == WEFT_EXPR_END)
            break;
        const wefti_column *column = node != NULL && node->op == WEFT_EXPR_COLUMN && node->model == table->model
                                         ? wefti_table_column_at(table, node->offset)
                                         : NULL;
        if (column == NULL)
            return wefti_session_fail(
                p->session, WEFT_ERROR_MISUSE,
                "a loader of columns stands where objects of %s are loaded, and names what is no column of it", table->model->name);
        wefti_columns_add(named, column->index);
    }
    if (any)
        return WEFT_OK;
    return wefti_session_fail(p->session, WEFT_ERROR_MISUSE,
                              loader->how == WEFT_LOADER_UNDEFER_GROUP
                                  ? "no column of %s is of the group that weft_undefer_group names"
                                  : "a loader of columns of %s names none",
                              table->model->name);
}

static weft_status add_columns(planning *p, const wefti_table *table, const weft_loader *loader, wefti_load_level *level)
{
    const uint16_t words = wefti_mapper_words(table->mapper);
    uint64_t *named = wefti_arena_zalloc(p->arena, words * sizeof *named);
    uint64_t *left_out = wefti_arena_zalloc(p->arena, words * sizeof *left_out);
    if (named == NULL || left_out == NULL)
        return wefti_session_fail_memory(p->session);
    if (named_columns(p, table, loader, named) != WEFT_OK)
        return p->session->error.status;
    const bool takes = loader->how != WEFT_LOADER_DEFER, first_only = loader->how == WEFT_LOADER_ONLY && !level->only;
    uint64_t any = 0;
    for (uint16_t word = 0; word < words; word++) {
        const uint16_t columns = word + 1 < words ? 64 : (uint16_t)(table->column_count - 64 * word);
        const uint64_t all = UINT64_MAX >> (64 - columns), before = level->left_out != NULL ? level->left_out[word] : 0;
        left_out[word] = takes ? (first_only ? all : before) & ~named[word] : before | named[word];
        left_out[word] &= ~table->mapper->always[word];
        any |= left_out[word];
    }
    level->only = level->only || loader->how == WEFT_LOADER_ONLY;
    level->names_columns = true;
    level->left_out = any != 0 ? left_out : NULL;
    return WEFT_OK;
}

static weft_status add_loaders(planning *p, const wefti_table *table, const weft_loader *const *loaders, int depth,
                               wefti_load_level *level)
{
    if (loaders == NULL)
        return WEFT_OK;
    for (int i = 0;; i++) {
        const weft_loader *loader = loaders[i];
        if (loader == NULL || i == WEFTI_MAX_LIST_NODES)
            return wefti_session_fail(p->session, WEFT_ERROR_MISUSE,
                                      loader == NULL ? "NULL stands among the loaders of %s; use weft_load_when"
                                                     : "the list of loaders of %s does not end with &weft_load_end",
                                      table->model->name);
        if (loader == &weft_load_end || loader->how == -2)
            return WEFT_OK;
        if (loader == &weft_load_none || loader->how == -1)
            continue;
        if (loader->how == WEFT_LOADER_LIST && depth < WEFTI_MAX_LOAD_DEPTH) {
            if (add_loaders(p, table, loader->then, depth + 1, level) != WEFT_OK)
                return p->session->error.status;
            continue;
        }
        if (depth == WEFTI_MAX_LOAD_DEPTH)
            return wefti_session_fail(p->session, WEFT_ERROR_MISUSE, "loaders are nested deeper than %d", WEFTI_MAX_LOAD_DEPTH);
        if (names_columns(loader->how)) {
            if (add_columns(p, table, loader, level) != WEFT_OK)
                return p->session->error.status;
            continue;
        }
        if (wefti_load_strategy_of((weft_load_how)loader->how) == NULL)
            return wefti_session_fail(p->session, WEFT_ERROR_MISUSE,
                                      "a loader of %s has the strategy %d, which is none of weft_load_how", table->model->name,
                                      loader->how);
        const wefti_relation *relation = loader->model != table->model ? NULL : wefti_table_relation_at(table, loader->offset);
        if (relation == NULL)
            return wrong_place(p, table, loader);
        wefti_load_node *node = find_node(level, relation);
        if (node == NULL && (node = add_node(p, level, relation)) == NULL)
            return WEFT_ERROR_NO_MEMORY;
        node->how = (weft_load_how)loader->how;
        weft_status status = add_loaders(p, relation->target, loader->then, depth + 1, &node->below);
        if (status != WEFT_OK)
            return status;
    }
}

static bool goes_back(const path_step *path, const wefti_relation *relation)
{
    for (; path != NULL; path = path->above)
        if (path->relation == relation || path->relation->back == relation)
            return true;
    return false;
}

static weft_status add_defaults(planning *p, const wefti_table *table, const path_step *path, int depth, wefti_load_level *level)
{
    for (uint16_t i = 0; i < table->relation_count && depth < WEFTI_MAX_LOAD_DEPTH && p->node_count < MOST_NODES; i++) {
        const wefti_relation *relation = &table->relations[i];
        if (!wefti_load_strategy_of(relation->lazy)->eager || goes_back(path, relation) || find_node(level, relation) != NULL)
            continue;
        wefti_load_node *node = add_node(p, level, relation);
        if (node == NULL)
            return WEFT_ERROR_NO_MEMORY;
        node->how = relation->lazy;
    }
    for (wefti_load_node *node = level->nodes; node != NULL; node = node->next) {
        if (wefti_load_strategy_of(node->how)->refuses)
            level->raise |= UINT64_C(1) << node->relation->index;
        if (!wefti_load_strategy_of(node->how)->eager)
            continue;
        const path_step step = {path, node->relation};
        weft_status status = add_defaults(p, node->relation->target, &step, depth + 1, &node->below);
        if (status != WEFT_OK)
            return status;
    }
    return WEFT_OK;
}

weft_status wefti_load_plan(weft_session *session, wefti_arena *arena, const wefti_table *table, const weft_loader *const *loaders,
                            wefti_load_level *level)
{
    planning p = {.session = session, .arena = arena};
    weft_status status = add_loaders(&p, table, loaders, 0, level);
    return status == WEFT_OK ? add_defaults(&p, table, NULL, 0, level) : status;
}

weft_status wefti_load_plan_relation(weft_session *session, wefti_arena *arena, const wefti_relation *relation,
                                     wefti_load_level *level)
{
    planning p = {.session = session, .arena = arena};
    wefti_load_node *node = add_node(&p, level, relation);
    if (node == NULL)
        return WEFT_ERROR_NO_MEMORY;
    node->how = WEFT_LOAD_SELECTIN;
    const path_step step = {NULL, relation};
    return add_defaults(&p, relation->target, &step, 0, &node->below);
}

bool wefti_load_level_reads_dirty(const weft_session *session, const wefti_load_level *level)
{
    for (const wefti_load_node *node = level->nodes; node != NULL; node = node->next) {
        const wefti_relation *relation = node->relation;
        if (!wefti_load_strategy_of(node->how)->eager)
            continue;
        if (wefti_session_reads_dirty(session, relation->target) ||
            (relation->link != NULL && wefti_session_reads_dirty(session, relation->link)) ||
            wefti_load_level_reads_dirty(session, &node->below))
            return true;
    }
    return false;
}
