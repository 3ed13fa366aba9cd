/* Putting revisions in order: each behind its parents and what it depends on, otherwise as they were given (files by name). What
 * makes that impossible is told by the names of the files. */
#include "migrate/history.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

static wefti_revision *add(wefti_history *history, weft_error *error)
{
    if (history->count == history->capacity) {
        size_t capacity = history->capacity == 0 ? 16 : history->capacity * 2;
        wefti_revision *more = wefti_arena_alloc(&history->arena, capacity * sizeof *more);
        if (more == NULL) {
            (void)wefti_error_memory(error);
            return NULL;
        }
        if (history->count > 0)
            memcpy(more, history->revisions, history->count * sizeof *more);
        history->revisions = more;
        history->capacity = capacity;
    }
    return &history->revisions[history->count++];
}

/* ---- what is given ---- */

static weft_status add_file(void *user, const char *path, const char *text, size_t size, weft_error *error)
{
    wefti_history *history = user;
    wefti_revision *revision = add(history, error);
    return revision == NULL ? WEFT_ERROR_NO_MEMORY
                            : wefti_file_read(history->dialect, &history->arena, path, text, size, NULL, revision, error);
}

static const char *const nobody[] = {NULL};

static const char *const *given_list(const char *const *list) { return list != NULL ? list : nobody; }

static uint64_t add_names(uint64_t sum, const char *const *names)
{
    for (; *names != NULL; names++)
        sum = wefti_checksum_add(sum, *names, strlen(*names));
    return wefti_checksum_add(sum, "", 0);
}

/* One in C is one step each way. What its functions do cannot be told, so its number is that of its place in the history. */
static weft_status take_functions(wefti_history *history, const weft_migration *given, wefti_revision *revision, weft_error *error)
{
    memset(revision, 0, sizeof *revision);
    if (given->id == NULL || !wefti_id_valid(given->id))
        return wefti_error_set(error, WEFT_ERROR_DATA, "\"%s\" is no id of a migration: letters, digits and '_', at most 64",
                               given->id != NULL ? given->id : "");
    if (given->up == NULL)
        return wefti_error_set(error, WEFT_ERROR_DATA, "migration %s has neither a text nor a function .up", given->id);
    revision->migration = given;
    revision->id = given->id;
    revision->file = given->file != NULL ? given->file : wefti_arena_printf(&history->arena, "migration %s", given->id);
    revision->parents = given_list(given->parents);
    revision->depends_on = given_list(given->depends_on);
    revision->labels = given_list(given->labels);
    revision->checksum = add_names(add_names(WEFTI_CHECKSUM_START, revision->parents), revision->depends_on);
    for (int down = 0; down < 2; down++) {
        wefti_steps *steps = down ? &revision->down : &revision->up;
        steps->present = down ? given->down != NULL : true;
        steps->items = wefti_arena_zalloc(&history->arena, sizeof *steps->items);
        if (steps->items == NULL || revision->file == NULL)
            return wefti_error_memory(error);
        steps->count = 1;
        steps->items[0] = (wefti_step){.call = true, .sql = down ? "down" : "up", .no_transaction = given->no_transaction};
    }
    return WEFT_OK;
}

static weft_status take_given(wefti_history *history, const weft_migrations *migrations, weft_error *error)
{
    weft_status status = WEFT_OK;
    for (size_t i = 0; migrations != NULL && i < migrations->count && status == WEFT_OK; i++) {
        const weft_migration *given = migrations->items[i];
        wefti_revision *revision = add(history, error);
        if (revision == NULL)
            return WEFT_ERROR_NO_MEMORY;
        if (given->text != NULL) {
            const char *name = given->file != NULL ? given->file : given->id != NULL ? given->id : "migration";
            status =
                wefti_file_read(history->dialect, &history->arena, name, given->text, strlen(given->text), given, revision, error);
        } else {
            status = take_functions(history, given, revision, error);
        }
    }
    return status;
}

/* ---- names ---- */

size_t wefti_history_find(const wefti_history *history, const char *id)
{
    for (size_t i = 0; i < history->count; i++)
        if (strcmp(history->revisions[i].id, id) == 0)
            return i;
    return SIZE_MAX;
}

static weft_status check_names(const wefti_history *history, weft_error *error)
{
    for (size_t i = 0; i < history->count; i++) {
        const wefti_revision *r = &history->revisions[i];
        size_t first = wefti_history_find(history, r->id);
        if (first != i)
            return wefti_error_set(error, WEFT_ERROR_DATA, "%s and %s are both revision %s: give one of them another id",
                                   history->revisions[first].file, r->file, r->id);
        for (const char *const *label = r->labels; *label != NULL; label++) {
            if (wefti_history_find(history, *label) != SIZE_MAX)
                return wefti_error_set(error, WEFT_ERROR_DATA, "%s: the label %s is the id of a revision", r->file, *label);
            for (size_t k = 0; k <= i; k++)
                for (const char *const *other = history->revisions[k].labels; *other != NULL && other != label; other++)
                    if (strcmp(*other, *label) == 0)
                        return wefti_error_set(error, WEFT_ERROR_DATA, "%s and %s both have the label %s",
                                               history->revisions[k].file, r->file, *label);
        }
    }
    return WEFT_OK;
}

static weft_status add_needed(const wefti_history *history, wefti_revision *r, const char *const *names, int line, const char *what,
                              weft_error *error)
{
    for (; *names != NULL; names++) {
        size_t place = wefti_history_find(history, *names);
        if (place == SIZE_MAX) {
            (void)wefti_error_set(error, WEFT_ERROR_DATA, "its %s %s is not in the history", what, *names);
            wefti_error_hint(error, "is a file missing that was not checked in, or was it removed? Else mend the line");
        } else if (&history->revisions[place] == r) {
            (void)wefti_error_set(error, WEFT_ERROR_DATA, "revision %s is its own %s", r->id, what);
        } else {
            r->before[r->before_count++] = place;
            continue;
        }
        if (line > 0)
            wefti_error_prefix(error, "%s:%d", r->file, line);
        else
            wefti_error_prefix(error, "%s", r->file);
        return WEFT_ERROR_DATA;
    }
    return WEFT_OK;
}

static size_t length(const char *const *names)
{
    size_t count = 0;
    while (names[count] != NULL)
        count++;
    return count;
}

static weft_status connect_all(wefti_history *history, weft_error *error)
{
    for (size_t i = 0; i < history->count; i++) {
        wefti_revision *r = &history->revisions[i];
        size_t most = length(r->parents) + length(r->depends_on);
        r->before = wefti_arena_alloc(&history->arena, (most + 1) * sizeof *r->before);
        if (r->before == NULL)
            return wefti_error_memory(error);
        r->before_count = 0;
        weft_status status = add_needed(history, r, r->parents, r->parents_line, "parent", error);
        r->parent_count = r->before_count;
        if (status == WEFT_OK)
            status = add_needed(history, r, r->depends_on, r->depends_on_line, "dependency", error);
        if (status != WEFT_OK)
            return status;
    }
    return WEFT_OK;
}

/* ---- order ---- */

static size_t left_before(const wefti_history *history, const size_t *place, size_t at)
{
    const wefti_revision *r = &history->revisions[at];
    size_t next = 0;
    while (place[r->before[next]] != SIZE_MAX)
        next++;
    return r->before[next];
}

/* Each of those that are left needs another one of them, so going from one to another ends in a circle. */
static weft_status tell_circle(const wefti_history *history, const size_t *place, weft_error *error)
{
    size_t at = 0;
    while (place[at] != SIZE_MAX)
        at++;
    for (size_t i = 0; i < history->count; i++)
        at = left_before(history, place, at);
    wefti_text text;
    wefti_text_init(&text, 0);
    size_t begin = at;
    do {
        wefti_text_add_format(&text, "%s (%s) needs ", history->revisions[at].id, history->revisions[at].file);
        at = left_before(history, place, at);
    } while (at != begin);
    weft_status status = wefti_error_set(error, WEFT_ERROR_DATA, "revisions need each other in a circle: %.380s%s",
                                         text.data != NULL ? text.data : "", history->revisions[begin].id);
    wefti_error_hint(error, "one of them must name an older parent");
    wefti_text_deinit(&text);
    return status;
}

static bool ready(const wefti_revision *r, const size_t *place)
{
    for (size_t b = 0; b < r->before_count; b++)
        if (place[r->before[b]] == SIZE_MAX)
            return false;
    return true;
}

static weft_status put_in_order(wefti_history *history, weft_error *error)
{
    size_t count = history->count;
    size_t *place = wefti_arena_alloc(&history->arena, (count + 1) * sizeof *place); /* where each one goes */
    wefti_revision *sorted = wefti_arena_alloc(&history->arena, (count + 1) * sizeof *sorted);
    if (place == NULL || sorted == NULL)
        return wefti_error_memory(error);
    for (size_t i = 0; i < count; i++)
        place[i] = SIZE_MAX;
    for (size_t done = 0; done < count; done++) {
        size_t next = 0;
        while (next < count && (place[next] != SIZE_MAX || !ready(&history->revisions[next], place)))
            next++;
        if (next == count)
            return tell_circle(history, place, error);
        place[next] = done;
        sorted[done] = history->revisions[next];
        sorted[done].head = true;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t b = 0; b < sorted[i].before_count; b++) {
            sorted[i].before[b] = place[sorted[i].before[b]];
            sorted[sorted[i].before[b]].head &= b >= sorted[i].parent_count;
        }
    history->revisions = sorted;
    return WEFT_OK;
}

weft_status wefti_history_read(wefti_history *history, const wefti_migrate_dialect *dialect, const weft_migrations *migrations,
                               const char *folder, const char *const *folders, weft_error *error)
{
    memset(history, 0, sizeof *history);
    history->dialect = dialect;
    wefti_arena_init(&history->arena, 0);
    weft_status status = take_given(history, migrations, error);
    if (status == WEFT_OK && folder != NULL)
        status = wefti_folder_read(folder, &history->arena, add_file, history, error);
    for (; status == WEFT_OK && folders != NULL && *folders != NULL; folders++)
        status = wefti_folder_read(*folders, &history->arena, add_file, history, error);
    if (status == WEFT_OK)
        status = check_names(history, error);
    if (status == WEFT_OK)
        status = connect_all(history, error);
    if (status == WEFT_OK)
        status = put_in_order(history, error);
    if (status != WEFT_OK)
        wefti_history_free(history);
    return status;
}

void wefti_history_free(wefti_history *history) { wefti_arena_deinit(&history->arena); }
