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
    if (op == WEFT_EXPR_IN || op == WEFT_EXPR_NOT_IN)
        return copy_items(copier, value);
    if (!wefti_type_has_content(value->type) || value->is_null || value->as.s.data == NULL)
        return true;
    value->as.s.data = duplicate_text(copier, value->as.s.data, value->as.s.size);
    return value->as.s.data != NULL;
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

static bool copy_list(wefti_copier *copier, const weft_expr *const **list, int depth, weft_status *status)
{
    return *list == NULL || (*list = copy_args(copier, *list, depth, status)) != NULL;
}

static bool copy_part(wefti_copier *copier, const weft_expr **part, int depth, weft_status *status)
{
    return *part == NULL || (*part = copy_node(copier, *part, depth, status)) != NULL;
}

static const weft_rows_options *copy_query(wefti_copier *copier, const weft_rows_options *query, int depth, weft_status *status);

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

/* A SELECT with all that it refers to but the selectable that it selects from, which has a name of the program's. */
static const weft_rows_options *copy_query(wefti_copier *copier, const weft_rows_options *query, int depth, weft_status *status)
{
    *status = depth > WEFTI_MAX_EXPR_DEPTH ? WEFT_ERROR_MISUSE : WEFT_ERROR_NO_MEMORY;
    weft_rows_options *copy = depth > WEFTI_MAX_EXPR_DEPTH ? NULL : duplicate(copier, query, sizeof *query);
    size_t joins = 0;
    while (copy != NULL && query->joins != NULL && joins <= WEFTI_MAX_JOINS && !wefti_join_ends(&query->joins[joins]))
        joins++;
    weft_join_step *steps = NULL;
    if (copy != NULL && query->joins != NULL)
        copy->joins = steps = duplicate(copier, query->joins, (joins + 1) * sizeof *query->joins);
    if (copy == NULL || (query->joins != NULL && steps == NULL))
        return NULL;
    *status = WEFT_OK;
    bool good = true;
    for (size_t i = 0; good && i < joins; i++)
        good = copy_part(copier, &steps[i].on, depth, status);
    good = good && copy_members(copier, copy, depth, status) && copy_list(copier, &copy->columns, depth, status) &&
           copy_list(copier, &copy->group_by, depth, status) && copy_list(copier, &copy->distinct_on, depth, status) &&
           copy_list(copier, &copy->order_by, depth, status) && copy_part(copier, &copy->where, depth, status) &&
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
    return copy_list(copier, &copy->partition_by, depth, status) && copy_list(copier, &copy->order_by, depth, status) &&
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
    else
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
    if (!copy_name(copier, copy, depth, status))
        return NULL;
    *status = WEFT_OK;
    if (node->args != NULL && (copy->args = copy_args(copier, node->args, depth, status)) == NULL)
        return NULL;
    return copy;
}

const weft_expr *wefti_expr_copy(wefti_copier *copier, const weft_expr *expr, weft_status *status)
{
    return copy_node(copier, expr, 0, status);
}

const weft_expr *const *wefti_expr_copy_list(wefti_copier *copier, const weft_expr *const *list, weft_status *status)
{
    *status = WEFT_OK;
    return copy_args(copier, list, 0, status);
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
    static const weft_expr name = {.op = WEFTI_EXPR_FAILED, .value.as.s.data = (const char *)(const void *)&name##_error}; \
    static const weft_expr *const name##_list[] = {&name, &weft_end}
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

const weft_expr *const *weft_room_keep_list(weft_room *room, const weft_expr *const *list)
{
    weft_status status;
    if (list == NULL || !is_usable(room))
        return list == NULL ? absent_list : full_list;
    size_t before = room->used;
    wefti_copier copier = {.alloc = take_room, .context = room};
    const weft_expr *const *copy = wefti_expr_copy_list(&copier, list, &status);
    if (copy != NULL)
        return copy;
    room->used = before;
    return status == WEFT_ERROR_MISUSE ? tangled_list : full_list;
}
