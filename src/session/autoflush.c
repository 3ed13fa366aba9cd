/* Autoflush: what a statement of the session will read is written before. */
#include "session/calls.h"

#include "base/error.h"
#include "unit/unit.h"

typedef struct touched {
    const weft_session *session;
    const weft_model *models[WEFTI_MAX_SELECTABLES]; /* looked at: a CTE may stand in many places, and refer to itself */
    int model_count;
    bool found;
    int depth;
} touched;

static void look_at_table(touched *t, const wefti_table *table)
{
    if (table != NULL && wefti_session_reads_dirty(t->session, table))
        t->found = true;
}

static void look_at_relation(touched *t, const weft_model *model, size_t offset)
{
    if (model != NULL && model->selectable != NULL)
        model = model->selectable->of;
    const wefti_table *table = model == NULL ? NULL : wefti_schema_table(t->session->schema, model);
    const wefti_relation *relation = table == NULL ? NULL : wefti_table_relation_at(table, offset);
    look_at_table(t, table);
    if (relation == NULL)
        return;
    look_at_table(t, relation->target);
    look_at_table(t, relation->link);
}

static void look_at_nodes(touched *t, const weft_expr *const *nodes);
static void look_at_said(touched *t, const weft_expr *said);
static void look_at_node(touched *t, const weft_expr *node);
static void look_at_query(touched *t, const weft_rows_options *query);

/* A model, or what a selectable stands for. */
static void look_at_model(touched *t, const weft_model *model)
{
    const weft_selectable *selectable = model->selectable;
    if (selectable == NULL) {
        look_at_table(t, wefti_schema_table(t->session->schema, model));
        return;
    }
    for (int i = 0; i < t->model_count; i++)
        if (t->models[i] == model)
            return;
    if (t->model_count == WEFTI_MAX_SELECTABLES) /* the statement is refused */
        return;
    t->models[t->model_count++] = model;
    if (selectable->kind == WEFT_SELECTABLE_TABLE)
        t->found = true; /* some model may be of it, or a view of it */
    else if (selectable->kind == WEFT_SELECTABLE_ALIAS && selectable->of != NULL)
        look_at_model(t, selectable->of);
    else if (selectable->query != NULL)
        look_at_query(t, selectable->query);
    else if (selectable->call != NULL)
        look_at_node(t, selectable->call);
}

static void look_at_joins(touched *t, const weft_join_step *join)
{
    for (; join != NULL && !wefti_join_ends(join); join++) {
        if (join->model != NULL)
            look_at_relation(t, join->model, join->offset);
        if (join->to != NULL)
            look_at_model(t, join->to);
        if (join->on != NULL)
            look_at_node(t, join->on);
    }
}

static void look_at_query(touched *t, const weft_rows_options *query)
{
    if (t->found || t->depth > WEFTI_MAX_EXPR_DEPTH)
        return;
    t->depth++;
    for (size_t i = 0; query->members != NULL && query->members[i] != NULL && query->members[i]->set_op != WEFT_SET_END_; i++)
        look_at_query(t, query->members[i]);
    if (query->from != NULL)
        look_at_model(t, query->from);
    weft_join_step alone[2];
    look_at_joins(t, wefti_joined(&query->joins, alone));
    look_at_said(t, query->columns);
    look_at_said(t, query->group_by);
    look_at_said(t, query->distinct_on);
    look_at_said(t, query->order_by);
    look_at_said(t, query->where);
    look_at_said(t, query->having);
    t->depth--;
}

static void look_at_window(touched *t, const weft_window *window)
{
    look_at_said(t, window->partition_by);
    look_at_said(t, window->order_by);
    look_at_said(t, window->frame.from.by);
    look_at_said(t, window->frame.to.by);
}

/* Malformed trees are reported by the compiler; here they only end the walk. */
static void look_at_node(touched *t, const weft_expr *node)
{
    if (t->found || t->depth > WEFTI_MAX_EXPR_DEPTH)
        return;
    t->depth++;
    t->found = t->found || node->op == WEFT_EXPR_FRAGMENT; /* which may read anything */
    if (node->op == WEFT_EXPR_ANY)
        look_at_relation(t, node->model, node->offset);
    else if (wefti_expr_has_query(node) && node->query != NULL)
        look_at_query(t, node->query);
    else if (node->op == WEFT_EXPR_OVER && node->window != NULL)
        look_at_window(t, node->window);
    else if (node->model != NULL && node->model->selectable == NULL) /* a selectable's FROM is looked at */
        look_at_table(t, wefti_schema_table(t->session->schema, node->model));
    look_at_nodes(t, wefti_expr_args(node));
    t->depth--;
}

static void look_at_nodes(touched *t, const weft_expr *const *nodes)
{
    for (size_t i = 0; !wefti_list_ends(nodes, i); i++)
        look_at_node(t, nodes[i]);
}

/* A node or a list of them, which is no level of nesting, or nothing. */
static void look_at_said(touched *t, const weft_expr *said)
{
    if (said != NULL && said->op == WEFT_EXPR_LIST)
        look_at_nodes(t, said->args);
    else if (said != NULL)
        look_at_node(t, said);
}

static bool flush_for_query(weft_session *session, const touched *t)
{
    if (!t->found || wefti_session_flush_touched(session) == WEFT_OK)
        return true;
    wefti_error_prefix(&session->error, "autoflush before a query");
    return false;
}

bool wefti_session_autoflush(weft_session *session, const wefti_select *select, const wefti_load *load)
{
    if (session->options.no_autoflush || session->flushing || !wefti_session_has_changes(session))
        return true;
    /* A delete may reach any table: by cascades here, by ON DELETE in the database. */
    touched t = {.session = session, .found = session->may_delete || (load != NULL && wefti_load_reads_dirty(load))};
    look_at_table(&t, select->from);
    if (select->source != NULL)
        look_at_model(&t, select->source);
    look_at_joins(&t, select->joins);
    look_at_said(&t, select->where);
    look_at_nodes(&t, select->order_by);
    look_at_nodes(&t, select->columns);
    look_at_nodes(&t, select->group_by);
    look_at_nodes(&t, select->distinct_on);
    look_at_said(&t, select->having);
    return flush_for_query(session, &t);
}

WEFTI_HOT bool wefti_session_autoflush_query(weft_session *session, const weft_rows_options *query)
{
    if (session->options.no_autoflush || session->flushing || !wefti_session_has_changes(session))
        return true;
    touched t = {.session = session, .found = session->may_delete};
    look_at_query(&t, query);
    return flush_for_query(session, &t);
}

bool wefti_session_autoflush_lazy(weft_session *session, const wefti_load *load)
{
    if (session->options.no_autoflush || session->flushing || (!session->may_delete && !wefti_load_reads_dirty(load)))
        return true;
    if (wefti_session_flush_touched(session) == WEFT_OK)
        return true;
    wefti_error_prefix(&session->error, "autoflush before a lazy load");
    return false;
}

/* What waits for a flush may be written through another model: then the object that is there does not know it. */
bool wefti_session_autoflush_models(weft_session *session, const wefti_table *table)
{
    bool waits = wefti_session_reads_dirty(session, table) || session->may_delete;
    return !waits || session->options.no_autoflush || wefti_session_flush_touched(session) == WEFT_OK;
}
