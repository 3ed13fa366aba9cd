/* A table of the thread's latest nodes with values, and the search for those that have gone; see nodes.h.
 *
 * A node below the frame of the function that takes it is nobody's, whatever the program does. A literal that was made anew before
 * any statement saw it, and stands several times side by side in a weft_and or weft_or, was meant as several. A table that is full
 * forgets, which only means fewer reports. */
#define _GNU_SOURCE 1 /* pthread_getattr_np */
#include "sql/nodes.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/thread.h"
#include "sql/statement.h"

#include <weft/connection.h>

#include <pthread.h>

wefti_atomic_u32 wefti_nodes_watched;

enum { NOTES = 64 };

typedef struct note {
    const weft_expr *node;
    const char *file;
    int line;
    uint32_t made; /* times since a statement saw it last */
} note;

static _Thread_local const char *entered, *lowest; /* the frame; the end of the thread's stack, NULL where it is not known yet */

static _Thread_local bool unseen; /* a call was entered and looked at no nodes: its session had failed */

/* NULL where there is no memory for them: nodes are then not noted, as in programs that do not check. */
static note *notes_of_thread(void) { return wefti_thread_room(WEFTI_ROOM_NODES, NOTES * sizeof(note)); }

static void forget_counts(void)
{
    note *notes = notes_of_thread();
    for (size_t i = 0; notes != NULL && i < NOTES; i++)
        notes[i].made = 0;
    unseen = false;
}

static note *note_of(const weft_expr *node)
{
    note *notes = notes_of_thread();
    return notes != NULL ? &notes[((uintptr_t)node >> 4) % NOTES] : NULL;
}

const weft_expr *weft_check_node(const weft_expr *node, const char *file, int line)
{
    note *n = note_of(node);
    if (unseen)
        forget_counts();
    if (n == NULL)
        return node;
    if (n->node != node)
        *n = (note){.node = node};
    n->file = file;
    n->line = line;
    n->made++;
    if (!wefti_nodes_watching())
        wefti_atomic_store_u32(&wefti_nodes_watched, 1, WEFTI_RELAXED);
    return node;
}

/* The low end of this thread's stack; the frame itself, below which then nothing lies, where it cannot be told or is left. */
static const char *find_lowest(const char *frame)
{
    pthread_attr_t attributes;
    void *base = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return frame;
    bool known = pthread_attr_getstack(&attributes, &base, &size) == 0;
    (void)pthread_attr_destroy(&attributes);
    return known && frame >= (const char *)base && frame < (const char *)base + size ? base : frame;
}

void wefti_nodes_enter(const void *frame)
{
    entered = frame;
    unseen = true;
    if (lowest == NULL || lowest > entered)
        lowest = find_lowest(entered);
}

typedef struct search {
    weft_error *error;
    const weft_model *models[WEFTI_MAX_SELECTABLES]; /* looked at */
    uint32_t model_count;
    uint32_t nodes, depth;
    bool failed;
} search;

static bool is_gone(const void *at) { return (const char *)at >= lowest && (const char *)at < entered; }

static bool fail_gone(search *s, const void *at, const char *what)
{
    const note *n = note_of(at);
    s->failed = true;
    if (n != NULL && n->node == at)
        (void)wefti_error_set(s->error, WEFT_ERROR_MISUSE, "the node made at %s:%d lies in a function that has returned", n->file,
                              n->line);
    else
        (void)wefti_error_set(s->error, WEFT_ERROR_MISUSE, "%s lies in a function that has returned", what);
    wefti_error_hint(s->error, "a node is a literal on the stack; copy it there by weft_keep");
    return false;
}

/* A node with a value in the tree that was made several times; NULL where there is none. */
static const note *made_anew(const weft_expr *node, int depth)
{
    const note *n = note_of(node);
    if (n != NULL && n->node == node && n->made > 1)
        return n;
    const weft_expr *const *args = wefti_expr_args(node);
    if (args == NULL || depth == 4)
        return NULL;
    n = NULL;
    for (size_t i = 0; i < 4 && n == NULL && args[i] != NULL && args[i] != &weft_end; i++)
        n = made_anew(args[i], depth + 1);
    return n;
}

static bool check_twice(search *s, const weft_expr *node)
{
    const note *n = made_anew(node, 0);
    if (n == NULL)
        return true;
    s->failed = true;
    (void)wefti_error_set(s->error, WEFT_ERROR_MISUSE,
                          "the node at %s:%d was made %u times in the same place and stands several times in one list: all are "
                          "the last",
                          n->file, n->line, (unsigned)n->made);
    wefti_error_hint(s->error, "copy each by weft_keep as it is made");
    return false;
}

static bool check_node(search *s, const weft_expr *node);

static bool check_list(search *s, const weft_expr *const *list, bool junction)
{
    if (list == NULL)
        return true;
    if (is_gone(list))
        return fail_gone(s, list, "a list of nodes");
    for (size_t i = 0; i < WEFTI_MAX_LIST_NODES && list[i] != NULL && list[i] != &weft_end; i++)
        if (!check_node(s, list[i]) || (junction && i > 0 && list[i] == list[i - 1] && !check_twice(s, list[i])))
            return false;
    return true;
}

/* One node, or a WEFT_EXPR_LIST, which is itself on the stack, and no level of nesting. */
static bool check_said(search *s, const weft_expr *said)
{
    if (said == NULL || is_gone(said) || said->op != WEFT_EXPR_LIST)
        return said == NULL || check_node(s, said);
    return check_list(s, said->args, false);
}

static bool check_query(search *s, const weft_rows_options *query);

/* What a SELECT selects from, where that is declared on the stack. */
static bool check_model(search *s, const weft_model *model)
{
    if (model == NULL || !is_gone(model)) {
        if (model == NULL || model->selectable == NULL || s->model_count == sizeof s->models / sizeof s->models[0])
            return true;
        for (uint32_t i = 0; i < s->model_count; i++)
            if (s->models[i] == model)
                return true;
        s->models[s->model_count++] = model;
        if (model->selectable->rows != NULL && is_gone(model->selectable->rows))
            return fail_gone(s, model->selectable->rows, "an array of rows");
        return check_query(s, model->selectable->query) && check_model(s, model->selectable->of) &&
               check_node(s, model->selectable->call);
    }
    return fail_gone(s, model, "a selectable");
}

static bool check_joins(search *s, const weft_join_step *said)
{
    weft_join_step alone[2];
    const weft_join_step *joins = said != NULL ? wefti_joined(said, alone) : NULL;
    if (joins != NULL && joins != alone && is_gone(joins))
        return fail_gone(s, joins, "a list of joins");
    for (size_t i = 0; joins != NULL && i < WEFTI_MAX_JOINS && !wefti_join_ends(&joins[i]); i++)
        if (!check_model(s, joins[i].to) || !check_node(s, joins[i].on))
            return false;
    return true;
}

static bool check_conflict(search *s, const weft_insert_options *options)
{
    return check_said(s, options->set) && check_node(s, options->conflict_where) && check_node(s, options->where);
}

static bool check_otherwise(search *s, const weft_insert_options *clause)
{
    bool good = true;
    for (int i = 0; good && clause != NULL && i < WEFTI_MOST_CONFLICTS; i++, clause = clause->otherwise)
        good = is_gone(clause) ? fail_gone(s, clause, "a clause of .otherwise") : check_conflict(s, clause);
    return good;
}

static bool check_write(search *s, const weft_write *write)
{
    const weft_update *update = write->update;
    const weft_delete *delete_ = write->delete_;
    const weft_insert *insert = write->insert;
    const weft_merge_rows *merge = write->merge;
    const void *gone = update != NULL && is_gone(update)     ? (const void *)update
                       : delete_ != NULL && is_gone(delete_) ? (const void *)delete_
                       : insert != NULL && is_gone(insert)   ? (const void *)insert
                       : merge != NULL && is_gone(merge)     ? (const void *)merge
                                                             : NULL;
    if (gone != NULL)
        return fail_gone(s, gone, "a statement that writes");
    bool good = true;
    if (update != NULL)
        good = check_said(s, update->set) && check_node(s, update->where) && check_model(s, update->from) &&
               check_joins(s, &update->joins) && check_said(s, update->returning);
    if (good && delete_ != NULL)
        good = check_node(s, delete_->where) && check_model(s, delete_->from) && check_joins(s, &delete_->joins) &&
               check_said(s, delete_->returning);
    if (good && insert != NULL)
        good = check_said(s, insert->columns) && check_query(s, insert->query) && check_said(s, insert->set) &&
               check_node(s, insert->conflict_where) && check_node(s, insert->update_where) && check_said(s, insert->returning) &&
               check_otherwise(s, insert->otherwise);
    if (good && merge != NULL && merge->steps != NULL && is_gone(merge->steps))
        return fail_gone(s, merge->steps, "a list of steps");
    good = good && (merge == NULL || (check_model(s, merge->from) && check_node(s, merge->on)));
    for (size_t i = 0;
         good && merge != NULL && merge->steps != NULL && i < WEFTI_MAX_JOINS && merge->steps[i].action != WEFT_MERGE_END_; i++)
        good = check_node(s, merge->steps[i].when) && check_said(s, merge->steps[i].set);
    return good;
}

static bool check_parts(search *s, const weft_rows_options *query)
{
    bool good = true;
    if (query->write != NULL)
        good = is_gone(query->write) ? fail_gone(s, query->write, "a statement that writes") : check_write(s, query->write);
    if (good && query->with != NULL && is_gone(query->with))
        good = fail_gone(s, query->with, "a list of CTEs");
    for (size_t i = 0; good && query->with != NULL && i < WEFTI_MAX_SELECTABLES && query->with[i] != NULL; i++)
        good = check_model(s, query->with[i]);
    if (good && query->of != NULL && is_gone(query->of))
        good = fail_gone(s, query->of, "a list of models");
    for (size_t i = 0; good && query->of != NULL && i <= WEFTI_MAX_JOINS && query->of[i] != NULL; i++)
        good = check_model(s, query->of[i]);
    if (query->members != NULL && is_gone(query->members))
        good = fail_gone(s, query->members, "a list of SELECTs");
    for (size_t i = 0; good && query->members != NULL && query->members[i] != NULL && query->members[i] != &weft_select_end; i++)
        good = check_query(s, query->members[i]);
    good = good && check_model(s, query->from) && check_joins(s, &query->joins) && check_said(s, query->columns) &&
           check_said(s, query->group_by) && check_said(s, query->distinct_on) && check_said(s, query->order_by) &&
           check_node(s, query->where) && check_node(s, query->having) && check_node(s, query->limit_to) &&
           check_node(s, query->offset_by);
    return good;
}

static bool check_query(search *s, const weft_rows_options *query)
{
    if (query == NULL || s->depth >= WEFTI_MAX_EXPR_DEPTH)
        return true;
    if (is_gone(query))
        return fail_gone(s, query, "a SELECT");
    s->depth++;
    const bool good = check_parts(s, query);
    s->depth--;
    return good;
}

static bool check_window(search *s, const weft_window *window)
{
    if (window == NULL)
        return true;
    if (is_gone(window))
        return fail_gone(s, window, "a window");
    return check_said(s, window->partition_by) && check_said(s, window->order_by) && check_node(s, window->frame.from.by) &&
           check_node(s, window->frame.to.by);
}

/* What is too deep or endless is left to the walk. */
static bool check_node(search *s, const weft_expr *node)
{
    if (node == NULL || s->depth >= WEFTI_MAX_EXPR_DEPTH || ++s->nodes > WEFTI_MAX_EXPR_NODES)
        return true;
    if (is_gone(node))
        return fail_gone(s, node, "a node");
    s->depth++;
    bool good = check_list(s, wefti_expr_args(node), node->op == WEFT_EXPR_AND || node->op == WEFT_EXPR_OR);
    if (good && wefti_expr_has_query(node))
        good = check_query(s, node->query);
    else if (good && node->op == WEFT_EXPR_OVER)
        good = check_window(s, node->window);
    s->depth--;
    return good;
}

static bool check_loaders(search *s, const weft_loader *const *load);

static bool check_loader(search *s, const weft_loader *loader)
{
    if (is_gone(loader))
        return fail_gone(s, loader, "a loader");
    if (!check_list(s, loader->columns, false))
        return false;
    if (s->depth >= WEFTI_MAX_LOAD_DEPTH)
        return true;
    s->depth++;
    const bool good = check_loaders(s, loader->then);
    s->depth--;
    return good;
}

static bool check_loaders(search *s, const weft_loader *const *load)
{
    if (load == NULL)
        return true;
    if (is_gone(load))
        return fail_gone(s, load, "a list of loaders");
    for (size_t i = 0; i < WEFTI_MAX_LIST_NODES && load[i] != NULL; i++) {
        if (!check_loader(s, load[i]))
            return false;
        if (load[i]->how == weft_load_end.how)
            break;
    }
    return true;
}

weft_status wefti_nodes_check(const wefti_node_roots *roots, weft_error *error)
{
    search s = {.error = error};
    if (entered == NULL || lowest == NULL)
        return WEFT_OK;
    bool good = (roots->write == NULL || check_write(&s, roots->write)) && check_query(&s, roots->query) &&
                check_model(&s, roots->from) && check_node(&s, roots->where) && check_node(&s, roots->having);
    for (size_t i = 0; i < sizeof roots->lists / sizeof roots->lists[0]; i++)
        good = good && check_said(&s, roots->lists[i]);
    if (good && roots->conflict != NULL)
        good = check_conflict(&s, roots->conflict) && check_otherwise(&s, roots->conflict->otherwise);
    if (good)
        (void)check_joins(&s, roots->joins);
    const weft_loader *load = s.failed ? NULL : roots->load;
    if (load != NULL && (is_gone(load) || load->how != WEFT_LOADER_LIST))
        (void)check_loader(&s, load);
    else if (load != NULL)
        (void)check_loaders(&s, load->then);
    forget_counts(); /* a statement has seen them, or has not: what is made from now on is new */
    return s.failed ? WEFT_ERROR_MISUSE : WEFT_OK;
}
