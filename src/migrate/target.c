/* What a target means: [label@] (head | heads | base | id | beginning of an id) [+n | -n]. */
#include "migrate/history.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

typedef struct target {
    char branch[72], name[72]; /* "": not given */
    bool moves;
    int64_t by;
} target;

static weft_status parse(const char *text, target *t, weft_error *error)
{
    memset(t, 0, sizeof *t);
    const char *at = strchr(text, '@'), *name = at != NULL ? at + 1 : text;
    const char *sign = name + strcspn(name, "+-");
    size_t branch_size = at != NULL ? (size_t)(at - text) : 0, name_size = (size_t)(sign - name);
    bool good = branch_size < sizeof t->branch && name_size < sizeof t->name && (at == NULL || branch_size > 0);
    if (good && *sign != '\0') {
        t->moves = true;
        good = wefti_int64_parse(sign + 1, strlen(sign + 1), &t->by) && sign[1] >= '0' && sign[1] <= '9' && t->by > 0 &&
               t->by < 1000000;
        t->by = *sign == '-' ? -t->by : t->by;
    }
    if (!good || (name_size == 0 && !t->moves)) {
        weft_status status = wefti_error_set(error, WEFT_ERROR_NOT_FOUND, "\"%.100s\" is no target", text);
        wefti_error_hint(error, "head, heads, base, label@head, an id or its beginning, +2, -1, id+1 or id-1");
        return status;
    }
    memcpy(t->branch, text, branch_size);
    memcpy(t->name, name, name_size);
    return WEFT_OK;
}

/* ---- one revision ---- */

static bool has_label(const wefti_revision *r, const char *label)
{
    for (const char *const *own = r->labels; *own != NULL; own++)
        if (strcmp(*own, label) == 0)
            return true;
    return false;
}

/* By id, label, or a beginning that one id alone has. */
static weft_status find(const wefti_history *history, const char *name, size_t *found, weft_error *error)
{
    size_t first = SIZE_MAX, others = 0;
    for (size_t i = 0; i < history->count; i++) {
        const wefti_revision *r = &history->revisions[i];
        if (strcmp(r->id, name) == 0 || has_label(r, name)) {
            *found = i;
            return WEFT_OK;
        }
        if (strncmp(r->id, name, strlen(name)) != 0)
            continue;
        if (first != SIZE_MAX && others++ == 0)
            (void)wefti_error_set(error, WEFT_ERROR_NOT_UNIQUE, "\"%s\" begins more than one revision: %s (%s) and %s (%s)", name,
                                  history->revisions[first].id, history->revisions[first].file, r->id, r->file);
        first = first == SIZE_MAX ? i : first;
    }
    if (others > 0) {
        wefti_error_hint(error, "give more of the id");
        return WEFT_ERROR_NOT_UNIQUE;
    }
    *found = first;
    if (first != SIZE_MAX)
        return WEFT_OK;
    (void)wefti_error_set(error, WEFT_ERROR_NOT_FOUND, "no revision of the history is \"%s\", begins so or has it as a label",
                          name);
    wefti_error_hint(error, "weft history lists them");
    return WEFT_ERROR_NOT_FOUND;
}

/* ---- sets ---- */

static bool *new_set(wefti_history *history, weft_error *error)
{
    bool *set = wefti_arena_zalloc(&history->arena, history->count + 1);
    if (set == NULL)
        (void)wefti_error_memory(error);
    return set;
}

void wefti_history_close_over(const wefti_history *history, bool *set)
{
    for (size_t i = history->count; i-- > 0;)
        for (size_t b = 0; set[i] && b < history->revisions[i].before_count; b++)
            set[history->revisions[i].before[b]] = true;
}

/* Adds what needs one of the set; among: only over parents. */
static void add_later(const wefti_history *history, bool *set, bool parents_only)
{
    for (size_t i = 0; i < history->count; i++) {
        const wefti_revision *r = &history->revisions[i];
        for (size_t b = 0; b < (parents_only ? r->parent_count : r->before_count); b++)
            set[i] |= set[r->before[b]];
    }
}

/* The revision of a label and what comes after it; everything where there is no label. */
static weft_status branch_of(wefti_history *history, const char *name, bool **branch, weft_error *error)
{
    size_t root;
    if ((*branch = new_set(history, error)) == NULL)
        return WEFT_ERROR_NO_MEMORY;
    if (*name == '\0') {
        memset(*branch, true, history->count);
        return WEFT_OK;
    }
    weft_status status = find(history, name, &root, error);
    if (status == WEFT_OK) {
        (*branch)[root] = true;
        add_later(history, *branch, true);
    }
    return status;
}

static weft_status several(const wefti_history *history, const size_t *places, size_t count, const char *what, weft_error *error)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    for (size_t i = 0; i < count; i++)
        wefti_text_add_format(&text, "%s%s (%s)", i > 0 ? ", " : "", history->revisions[places[i]].id,
                              history->revisions[places[i]].file);
    weft_status status = wefti_error_set(error, WEFT_ERROR_NOT_UNIQUE, "%s: %.400s", what, text.data != NULL ? text.data : "");
    wefti_text_deinit(&text);
    return status;
}

static void heads_of(const wefti_history *history, const bool *branch, size_t *goals, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < history->count; i++)
        if (history->revisions[i].head && branch[i])
            goals[(*count)++] = i;
}

/* Applied ones of the branch that no applied one has as a parent. */
static void applied_heads(const wefti_history *history, const bool *applied, const bool *branch, size_t *goals, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < history->count; i++) {
        bool head = applied[i] && branch[i];
        for (size_t k = i + 1; k < history->count && head; k++)
            for (size_t b = 0; b < history->revisions[k].parent_count; b++)
                head &= !(applied[k] && history->revisions[k].before[b] == i);
        if (head)
            goals[(*count)++] = i;
    }
}

/* ---- moving ---- */

static weft_status too_far(const char *text, weft_error *error)
{
    return wefti_error_set(error, WEFT_ERROR_NOT_FOUND, "\"%s\" leads out of the history", text);
}

/* From one revision towards younger or older ones. base: it ended before the first one. */
static weft_status move_from(const wefti_history *history, const bool *branch, size_t *at, int64_t by, size_t *goals, bool *base,
                             const char *text, weft_error *error)
{
    *base = false;
    for (; by != 0; by += by > 0 ? -1 : 1) {
        size_t count = 0;
        if (*base)
            return too_far(text, error);
        for (size_t i = 0; i < history->count; i++) {
            const wefti_revision *child = by > 0 ? &history->revisions[i] : &history->revisions[*at];
            for (size_t b = 0; b < child->parent_count; b++)
                if (by > 0 ? child->before[b] == *at && branch[i] : child->before[b] == i)
                    goals[count++] = i;
        }
        if (count > 1) {
            weft_status status =
                several(history, goals, count, by > 0 ? "more than one revision follows" : "there is more than one parent", error);
            wefti_error_hint(error, "name the one that is meant");
            return status;
        }
        if (count == 0 && by > 0)
            return too_far(text, error);
        *base = count == 0;
        *at = count == 1 ? goals[0] : *at;
    }
    return WEFT_OK;
}

/* From where the database is, n revisions on: each of them must be the only one that can be next. */
static weft_status move_on(wefti_history *history, const bool *applied, const bool *branch, int64_t by, size_t *goals,
                           size_t *count, const char *text, weft_error *error)
{
    bool *have = new_set(history, error);
    if (have == NULL)
        return WEFT_ERROR_NO_MEMORY;
    memcpy(have, applied, history->count);
    size_t last = SIZE_MAX;
    for (; by > 0; by--) {
        *count = 0;
        for (size_t i = 0; i < history->count; i++) {
            bool next = !have[i] && branch[i];
            for (size_t b = 0; b < history->revisions[i].parent_count; b++)
                next &= have[history->revisions[i].before[b]];
            if (next)
                goals[(*count)++] = i;
        }
        if (*count > 1) {
            weft_status status = several(history, goals, *count, "more than one revision can be next", error);
            wefti_error_hint(error, "name the one that is meant, or label@+1");
            return status;
        }
        if (*count == 0)
            return too_far(text, error);
        last = goals[0];
        have[last] = true;
    }
    goals[0] = last;
    *count = 1;
    return WEFT_OK;
}

static weft_status not_known(const char *text, weft_error *error)
{
    return wefti_error_set(error, WEFT_ERROR_MISUSE, "\"%s\" counts from where a database is, and none is asked here", text);
}

static weft_status goals_of(wefti_history *history, const bool *applied, const char *text, const target *t, size_t *goals,
                            size_t *count, weft_error *error)
{
    bool *branch;
    *count = 0;
    weft_status status = branch_of(history, t->branch, &branch, error);
    if (status != WEFT_OK || strcmp(t->name, "base") == 0)
        return status;
    if (*t->name == '\0' && applied == NULL)
        return not_known(text, error);
    if (*t->name == '\0' && t->by > 0)
        return move_on(history, applied, branch, t->by, goals, count, text, error);
    bool head = strcmp(t->name, "head") == 0;
    if (head || strcmp(t->name, "heads") == 0) {
        heads_of(history, branch, goals, count);
        if (!t->moves && (!head || *count <= 1))
            return WEFT_OK;
    } else if (*t->name == '\0') {
        applied_heads(history, applied, branch, goals, count);
    } else {
        *count = 1;
        status = find(history, t->name, &goals[0], error);
        if (status == WEFT_OK && !branch[goals[0]])
            status = wefti_error_set(error, WEFT_ERROR_NOT_FOUND, "revision %s is not of the branch %s",
                                     history->revisions[goals[0]].id, t->branch);
    }
    if (status == WEFT_OK && *count > 1) {
        status = several(history, goals, *count,
                         *t->name == '\0' ? "the database is at more than one revision" : "there is more than one head", error);
        wefti_error_hint(error, "name one of them, \"heads\" for all, or put them together: weft merge");
    }
    if (status == WEFT_OK && *count == 0)
        status = too_far(text, error);
    if (status == WEFT_OK && t->moves) {
        bool base;
        size_t at = goals[0];
        status = move_from(history, branch, &at, t->by, goals, &base, text, error);
        goals[0] = at;
        *count = base ? 0 : 1;
    }
    return status;
}

weft_status wefti_target_goals(wefti_history *history, const bool *applied, const char *text, size_t *goals, size_t *count,
                               weft_error *error)
{
    target t;
    weft_status status = parse(text, &t, error);
    return status == WEFT_OK ? goals_of(history, applied, text, &t, goals, count, error) : status;
}

weft_status wefti_target_up(wefti_history *history, const bool *applied, const char *text, bool *wanted, weft_error *error)
{
    size_t count = 0, *goals = wefti_arena_alloc(&history->arena, (history->count * 2 + 2) * sizeof *goals);
    weft_status status = goals != NULL ? WEFT_OK : wefti_error_memory(error);
    for (const char *at = text, *end; at != NULL && status == WEFT_OK; at = *end == ',' ? end + 1 : NULL) {
        at += strspn(at, " ");
        end = at + strcspn(at, ",");
        const char *one = wefti_arena_strndup(&history->arena, at, (size_t)(end - at));
        status = one != NULL ? wefti_target_goals(history, applied, one, goals, &count, error) : wefti_error_memory(error);
        for (size_t i = 0; i < count && status == WEFT_OK; i++)
            wanted[goals[i]] = true;
    }
    if (status == WEFT_OK)
        wefti_history_close_over(history, wanted);
    return status;
}

/* "-2": the newest of what is applied, and then the newest of what is left. */
static weft_status undo_last(wefti_history *history, const bool *applied, const char *text, const target *t, size_t *goals,
                             bool *undone, weft_error *error)
{
    bool *have = new_set(history, error), *branch;
    if (have == NULL)
        return WEFT_ERROR_NO_MEMORY;
    memcpy(have, applied, history->count);
    weft_status status = branch_of(history, t->branch, &branch, error);
    for (int64_t left = -t->by; left > 0 && status == WEFT_OK; left--) {
        size_t count;
        applied_heads(history, have, branch, goals, &count);
        if (count == 0)
            return too_far(text, error);
        if (count > 1) {
            status = several(history, goals, count, "the database is at more than one revision", error);
            wefti_error_hint(error, "say of which branch: label@-1, or name what shall stay");
            return status;
        }
        undone[goals[0]] = true;
        add_later(history, undone, false);
        for (size_t i = 0; i < history->count; i++)
            have[i] &= !undone[i];
    }
    return status;
}

weft_status wefti_target_down(wefti_history *history, const bool *applied, const char *text, bool *undone, weft_error *error)
{
    target t;
    bool *branch;
    size_t count = 0, *goals = wefti_arena_alloc(&history->arena, (history->count * 2 + 2) * sizeof *goals);
    if (goals == NULL)
        return wefti_error_memory(error);
    weft_status status = parse(text, &t, error);
    if (status == WEFT_OK && t.moves && *t.name == '\0' && t.by < 0)
        status = applied != NULL ? undo_last(history, applied, text, &t, goals, undone, error) : not_known(text, error);
    else if (status == WEFT_OK)
        status = goals_of(history, applied, text, &t, goals, &count, error);
    if (status == WEFT_OK && count == 0 && !(*t.name == '\0' && t.by < 0)) {
        status = branch_of(history, t.branch, &branch, error);
        for (size_t i = 0; i < history->count && status == WEFT_OK; i++)
            undone[i] = branch[i];
        if (status == WEFT_OK)
            add_later(history, undone, false);
    }
    for (size_t i = 0; i < count && status == WEFT_OK; i++) {
        if (applied != NULL && !applied[goals[i]])
            return wefti_error_set(error, WEFT_ERROR_NOT_FOUND, "the database does not have revision %s",
                                   history->revisions[goals[i]].id);
        undone[goals[i]] = true;
    }
    if (status == WEFT_OK && count > 0) {
        add_later(history, undone, false);
        for (size_t i = 0; i < count; i++)
            undone[goals[i]] = false;
    }
    return status;
}
