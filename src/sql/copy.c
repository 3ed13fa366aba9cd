/* Deep copies of expressions, and the two owners of copies that need no session: rooms and builders (builder.c).
 *
 * What is wrong with a tree is left as it is, as far as it can be copied: the statement that it becomes part of says so. */
#include "sql/copy.h"

#include "base/limits.h"
#include "sql/walk.h"

#include <string.h>

static void *duplicate(wefti_copier *copier, const void *data, size_t size)
{
    void *copy = copier->alloc(copier->context, size);
    if (copy != NULL && size > 0)
        memcpy(copy, data, size);
    return copy;
}

/* With a NUL behind it. */
static char *duplicate_text(wefti_copier *copier, const char *data, size_t size)
{
    char *copy = copier->alloc(copier->context, size + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}

static bool copy_items(wefti_copier *copier, weft_value *value)
{
    size_t count = value->as.s.size, size = wefti_item_size(value->type);
    if (count == 0 || size == 0 || value->as.s.data == NULL)
        return true;
    void *items = count < SIZE_MAX / size ? duplicate(copier, value->as.s.data, count * size) : NULL;
    if (items == NULL)
        return false;
    value->as.s.data = items;
    const bool are_texts = wefti_type_is_text(value->type);
    for (size_t i = 0; are_texts && i < count; i++) {
        const char **text = (const char **)items + i;
        if (*text != NULL && (*text = duplicate_text(copier, *text, strlen(*text))) == NULL)
            return false;
    }
    for (size_t i = 0; value->type == WEFT_BYTES && i < count; i++) {
        weft_bytes *bytes = (weft_bytes *)items + i;
        if (bytes->data != NULL && (bytes->data = duplicate_text(copier, bytes->data, bytes->size)) == NULL)
            return false;
    }
    return true;
}

static bool copy_value(wefti_copier *copier, int op, weft_value *value)
{
    if (copier->constant)
        return true;
    if (op == WEFT_EXPR_IN || op == WEFT_EXPR_NOT_IN || op == WEFT_EXPR_ANY_OF || op == WEFT_EXPR_ALL_OF)
        return copy_items(copier, value);
    if (!wefti_type_has_content(value->type) || value->is_null || value->as.s.data == NULL)
        return true;
    void *kept = copier->alloc(copier->context, wefti_value_room(value));
    if (kept != NULL)
        *value = wefti_value_copied(*value, kept);
    return kept != NULL;
}

static const weft_expr *copy_node(wefti_copier *copier, const weft_expr *node, int depth, weft_status *status);

static const weft_expr *const *copy_args(wefti_copier *copier, const weft_expr *const *args, int depth, weft_status *status)
{
    size_t count = 0;
    while (count < WEFTI_MAX_LIST_NODES && (args[count] == NULL || args[count]->op != WEFT_EXPR_END))
        count++;
    const weft_expr **copy = copier->alloc(copier->context, (count + 1) * sizeof *copy);
    if (copy == NULL) {
        *status = WEFT_ERROR_NO_MEMORY;
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        copy[i] = NULL;
        if (args[i] != NULL && (copy[i] = copy_node(copier, args[i], depth + 1, status)) == NULL)
            return NULL;
    }
    copy[count] = &weft_end;
    return copy;
}

static bool copy_part(wefti_copier *copier, const weft_expr **part, int depth, weft_status *status)
{
    return *part == NULL || (*part = copy_node(copier, *part, depth, status)) != NULL;
}

static const weft_rows_options *copy_query(wefti_copier *copier, const weft_rows_options *query, int depth, weft_status *status);

/* ---- selectables of constant data ---- */

/* The copy of a selectable, which takes its place wherever it stands. */
typedef struct wefti_copied {
    const struct wefti_copied *next;
    const weft_model *from;
    weft_model model;
    weft_selectable selectable;
} wefti_copied;

static bool copy_model(wefti_copier *copier, const weft_model **model, int depth, weft_status *status);

static bool copy_selectable(wefti_copier *copier, weft_selectable *copy, int depth, weft_status *status)
{
    return copy_model(copier, &copy->of, depth + 1, status) && copy_part(copier, &copy->call, depth + 1, status) &&
           (copy->query == NULL || (copy->query = copy_query(copier, copy->query, depth + 1, status)) != NULL);
}

/* Tables, and what stands for one, are themselves everywhere. */
static bool copy_model(wefti_copier *copier, const weft_model **model, int depth, weft_status *status)
{
    const weft_selectable *selectable = copier->constant && *model != NULL ? (*model)->selectable : NULL;
    if (selectable == NULL || (selectable->of == NULL && selectable->query == NULL && selectable->call == NULL) ||
        (selectable->of != NULL && selectable->of->selectable == NULL && selectable->call == NULL))
        return true;
    for (const wefti_copied *copied = copier->copied; copied != NULL; copied = copied->next)
        if (copied->from == *model) {
            *model = &copied->model;
            return true;
        }
    *status = depth > WEFTI_MAX_EXPR_DEPTH                     ? WEFT_ERROR_MISUSE
              : ++copier->copied_count > WEFTI_MAX_SELECTABLES ? WEFT_ERROR_LIMIT
                                                               : WEFT_ERROR_NO_MEMORY;
    wefti_copied *copied = *status == WEFT_ERROR_NO_MEMORY ? copier->alloc(copier->context, sizeof *copied) : NULL;
    if (copied == NULL)
        return false;
    *copied = (wefti_copied){.next = copier->copied, .from = *model, .model = **model, .selectable = *selectable};
    copied->model.selectable = &copied->selectable;
    copier->copied = copied; /* known before its query, which may name it */
    *model = &copied->model;
    *status = WEFT_OK;
    return copy_selectable(copier, &copied->selectable, depth, status);
}

/* A list of models, for .with and .of. */
static bool copy_models(wefti_copier *copier, const weft_model *const **with, int depth, weft_status *status)
{
    size_t count = 0;
    if (*with == NULL)
        return true;
    while (count <= WEFTI_MAX_SELECTABLES && (*with)[count] != NULL)
        count++;
    const weft_model **copy = copier->alloc(copier->context, (count + 1) * sizeof *copy);
    *status = copy == NULL ? WEFT_ERROR_NO_MEMORY : WEFT_OK;
    for (size_t i = 0; *status == WEFT_OK && i < count; i++) {
        copy[i] = (*with)[i];
        if (!copy_model(copier, &copy[i], depth, status))
            return false;
    }
    if (copy != NULL)
        copy[count] = NULL;
    *with = copy;
    return *status == WEFT_OK;
}

/* ---- queries ---- */

static bool copy_join(wefti_copier *copier, weft_join_step *join, int depth, weft_status *status)
{
    return copy_model(copier, &join->model, depth, status) && copy_model(copier, &join->to, depth, status) &&
           copy_part(copier, &join->on, depth, status);
}

static bool copy_joins(wefti_copier *copier, weft_join_step *said, int depth, weft_status *status)
{
    size_t count = 0;
    if (said->list == NULL)
        return copy_join(copier, said, depth, status);
    while (count <= WEFTI_MAX_JOINS && !wefti_join_ends(&said->list[count]))
        count++;
    weft_join_step *copy = duplicate(copier, said->list, (count + 1) * sizeof *copy);
    *status = copy == NULL ? WEFT_ERROR_NO_MEMORY : WEFT_OK;
    bool good = copy != NULL;
    for (size_t i = 0; good && i < count; i++)
        good = copy_join(copier, &copy[i], depth, status);
    said->list = copy;
    return good;
}

static bool copy_otherwise(wefti_copier *copier, const weft_insert_options **clause, int depth, weft_status *status)
{
    bool good = true;
    for (int i = 0; good && *clause != NULL && i <= WEFTI_MOST_CONFLICTS; i++) { /* more are refused when it runs */
        weft_insert_options *copy = duplicate(copier, *clause, sizeof *copy);
        *status = copy == NULL ? WEFT_ERROR_NO_MEMORY : WEFT_OK;
        *clause = copy;
        good = copy != NULL && copy_part(copier, &copy->set, depth, status) &&
               copy_part(copier, &copy->conflict_where, depth, status) && copy_part(copier, &copy->where, depth, status);
        if (good)
            clause = &copy->otherwise;
    }
    return good;
}

static bool copy_insert(wefti_copier *copier, const weft_insert **insert, int depth, weft_status *status)
{
    weft_insert *copy = duplicate(copier, *insert, sizeof *copy);
    *status = copy == NULL ? WEFT_ERROR_NO_MEMORY : WEFT_OK;
    *insert = copy;
    return copy != NULL && copy_part(copier, &copy->columns, depth, status) &&
           (copy->query == NULL || (copy->query = copy_query(copier, copy->query, depth, status)) != NULL) &&
           copy_part(copier, &copy->set, depth, status) && copy_part(copier, &copy->conflict_where, depth, status) &&
           copy_part(copier, &copy->update_where, depth, status) && copy_part(copier, &copy->returning, depth, status) &&
           copy_otherwise(copier, &copy->otherwise, depth, status);
}

static bool copy_update(wefti_copier *copier, const weft_update **update, int depth, weft_status *status)
{
    weft_update *copy = duplicate(copier, *update, sizeof *copy);
    *status = copy == NULL ? WEFT_ERROR_NO_MEMORY : WEFT_OK;
    *update = copy;
    return copy != NULL && copy_part(copier, &copy->set, depth, status) && copy_part(copier, &copy->where, depth, status) &&
           copy_model(copier, &copy->from, depth, status) && copy_joins(copier, &copy->joins, depth, status) &&
           copy_part(copier, &copy->returning, depth, status);
}

static bool copy_delete(wefti_copier *copier, const weft_delete **delete_, int depth, weft_status *status)
{
    weft_delete *copy = duplicate(copier, *delete_, sizeof *copy);
    *status = copy == NULL ? WEFT_ERROR_NO_MEMORY : WEFT_OK;
    *delete_ = copy;
    return copy != NULL && copy_part(copier, &copy->where, depth, status) && copy_model(copier, &copy->from, depth, status) &&
           copy_joins(copier, &copy->joins, depth, status) && copy_part(copier, &copy->returning, depth, status);
}

static bool copy_merge(wefti_copier *copier, const weft_merge_rows **merge, int depth, weft_status *status)
{
    weft_merge_rows *copy = duplicate(copier, *merge, sizeof *copy);
    size_t count = 0;
    *merge = copy;
    while (copy != NULL && copy->steps != NULL && count < WEFTI_MAX_JOINS && copy->steps[count].action != WEFT_MERGE_END_)
        count++;
    const bool ends = copy != NULL && copy->steps != NULL && copy->steps[count].action == WEFT_MERGE_END_;
    weft_merge_step *steps = ends ? duplicate(copier, copy->steps, (count + 1) * sizeof *steps) : NULL;
    *status = copy == NULL || (ends && steps == NULL) ? WEFT_ERROR_NO_MEMORY
              : copy->steps != NULL && !ends          ? WEFT_ERROR_LIMIT
                                                      : WEFT_OK;
    if (*status != WEFT_OK)
        return false;
    copy->steps = steps;
    for (size_t i = 0; i < count; i++)
        if (!copy_part(copier, &steps[i].when, depth, status) || !copy_part(copier, &steps[i].set, depth, status))
            return false;
    return copy_model(copier, &copy->from, depth, status) && copy_part(copier, &copy->on, depth, status);
}

static bool copy_write(wefti_copier *copier, const weft_write **write, int depth, weft_status *status)
{
    if (!copier->constant || *write == NULL)
        return true;
    weft_write *copy = duplicate(copier, *write, sizeof *copy);
    *status = copy == NULL ? WEFT_ERROR_NO_MEMORY : WEFT_OK;
    *write = copy;
    return copy != NULL && (copy->insert == NULL || copy_insert(copier, &copy->insert, depth, status)) &&
           (copy->update == NULL || copy_update(copier, &copy->update, depth, status)) &&
           (copy->delete_ == NULL || copy_delete(copier, &copy->delete_, depth, status)) &&
           (copy->merge == NULL || copy_merge(copier, &copy->merge, depth, status));
}

/* The members of a set operation; status says why not. */
static bool copy_members(wefti_copier *copier, weft_rows_options *copy, int depth, weft_status *status)
{
    const weft_rows_options *const *members = copy->members;
    size_t count = 0;
    while (count <= WEFTI_MAX_SET_MEMBERS && members != NULL && members[count] != NULL && members[count]->set_op != WEFT_SET_END_)
        count++;
    const weft_rows_options **copies = members != NULL ? duplicate(copier, members, (count + 1) * sizeof *members) : NULL;
    *status = members != NULL && copies == NULL ? WEFT_ERROR_NO_MEMORY : WEFT_OK;
    for (size_t i = 0; *status == WEFT_OK && i < count; i++)
        copies[i] = copy_query(copier, members[i], depth + 1, status);
    copy->members = copies;
    return *status == WEFT_OK;
}

/* A SELECT with all that it refers to but, where it is no constant data, the selectables, which have names of the program's. */
static const weft_rows_options *copy_query(wefti_copier *copier, const weft_rows_options *query, int depth, weft_status *status)
{
    *status = depth > WEFTI_MAX_EXPR_DEPTH ? WEFT_ERROR_MISUSE : WEFT_ERROR_NO_MEMORY;
    weft_rows_options *copy = depth > WEFTI_MAX_EXPR_DEPTH ? NULL : duplicate(copier, query, sizeof *query);
    if (copy == NULL)
        return NULL;
    if (copier->cut != NULL && (query->limit_to != NULL || query->offset_by != NULL))
        copier->cut(copier, query);
    *status = WEFT_OK;
    bool good = copy_model(copier, &copy->from, depth, status) && copy_joins(copier, &copy->joins, depth, status) &&
                copy_models(copier, &copy->with, depth, status) && copy_models(copier, &copy->of, depth, status) &&
                copy_write(copier, &copy->write, depth, status) && copy_part(copier, &copy->limit_to, depth, status) &&
                copy_part(copier, &copy->offset_by, depth, status);
    good = good && copy_members(copier, copy, depth, status) && copy_part(copier, &copy->columns, depth, status) &&
           copy_part(copier, &copy->group_by, depth, status) && copy_part(copier, &copy->distinct_on, depth, status) &&
           copy_part(copier, &copy->order_by, depth, status) && copy_part(copier, &copy->where, depth, status) &&
           copy_part(copier, &copy->having, depth, status);
    return good ? copy : NULL;
}

static const weft_window *copy_window(wefti_copier *copier, const weft_window *window, int depth, weft_status *status)
{
    *status = WEFT_ERROR_NO_MEMORY;
    weft_window *copy = duplicate(copier, window, sizeof *window);
    if (copy == NULL)
        return NULL;
    *status = WEFT_OK;
    return copy_part(copier, &copy->partition_by, depth, status) && copy_part(copier, &copy->order_by, depth, status) &&
                   copy_part(copier, &copy->frame.from.by, depth, status) && copy_part(copier, &copy->frame.to.by, depth, status)
               ? copy
               : NULL;
}

/* What stands where most nodes have a name. */
static bool copy_name(wefti_copier *copier, weft_expr *copy, int depth, weft_status *status)
{
    if (copy->name == NULL)
        return true;
    if (wefti_expr_has_query(copy))
        copy->query = copy_query(copier, copy->query, depth + 1, status);
    else if (copy->op == WEFT_EXPR_OVER)
        copy->window = copy_window(copier, copy->window, depth + 1, status);
    else if (!copier->constant)
        copy->name = duplicate_text(copier, copy->name, strlen(copy->name));
    return copy->name != NULL;
}

static const weft_expr *copy_node(wefti_copier *copier, const weft_expr *node, int depth, weft_status *status)
{
    *status = depth > WEFTI_MAX_EXPR_DEPTH                  ? WEFT_ERROR_MISUSE
              : ++copier->node_count > WEFTI_MAX_EXPR_NODES ? WEFT_ERROR_LIMIT
                                                            : WEFT_OK;
    if (*status != WEFT_OK)
        return NULL;
    *status = WEFT_ERROR_NO_MEMORY;
    weft_expr *copy = duplicate(copier, node, sizeof *node);
    if (copy == NULL || !copy_value(copier, node->op, &copy->value))
        return NULL;
    if (copier->replace != NULL && (*status = copier->replace(copier, copy)) != WEFT_OK)
        return NULL;
    const bool literal = copy->op == WEFT_EXPR_LITERAL;
    copier->literal += literal;
    *status = WEFT_ERROR_NO_MEMORY;
    if (!copy_model(copier, &copy->model, depth, status) || !copy_name(copier, copy, depth, status))
        return NULL;
    *status = WEFT_OK;
    if (copy->args != NULL && (copy->args = copy_args(copier, copy->args, depth, status)) == NULL)
        return NULL;
    copier->literal -= literal;
    const weft_expr **computed = wefti_expr_holds_operand(copy) ? &copy->value.as.nodes_[0] : NULL;
    return computed == NULL || copy_part(copier, computed, depth + 1, status) ? copy : NULL;
}

const weft_rows_options *wefti_query_copy(wefti_copier *copier, const weft_rows_options *query, weft_status *status)
{
    return copy_query(copier, query, 0, status);
}

const weft_expr *wefti_expr_copy(wefti_copier *copier, const weft_expr *expr, weft_status *status)
{
    return copy_node(copier, expr, 0, status);
}

/* ---- rooms ---- */

static void *take_room(void *context, size_t size)
{
    weft_room *room = context;
    size_t rounded = (size + 15) & ~(size_t)15;
    if (rounded < size || rounded > room->size - room->used)
        return NULL;
    void *at = room->bytes + room->used;
    room->used += rounded;
    return at;
}

/* What a room gives where it cannot copy: statements fail with the error. */
#define ROOM_FAILURE(name, what, text) \
    static const weft_error name##_error = {.status = (what), .message = text}; \
    static const weft_expr name = {.op = WEFTI_EXPR_FAILED, .value.as.s.data = (const char *)(const void *)&name##_error}
ROOM_FAILURE(full, WEFT_ERROR_LIMIT, "the room that weft_keep copies into is full; make WEFT_ROOM larger");
ROOM_FAILURE(tangled, WEFT_ERROR_MISUSE, "weft_keep: an expression is nested deeper than 64 levels, or contains itself");
ROOM_FAILURE(absent, WEFT_ERROR_MISUSE, "weft_keep was given NULL; use weft_when for an optional condition");

static bool is_usable(const weft_room *room) { return room != NULL && room->bytes != NULL && room->used <= room->size; }

const weft_expr *weft_room_keep(weft_room *room, const weft_expr *expr)
{
    weft_status status;
    if (expr == NULL || !is_usable(room))
        return expr == NULL ? &absent : &full;
    size_t before = room->used;
    wefti_copier copier = {.alloc = take_room, .context = room};
    const weft_expr *copy = wefti_expr_copy(&copier, expr, &status);
    if (copy != NULL)
        return copy;
    room->used = before;
    return status == WEFT_ERROR_MISUSE ? &tangled : &full;
}
