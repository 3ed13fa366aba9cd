/* What would be run, as a script for the database's shell, in the transactions in which it would be run. */
#include "migrate/migrate.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

static void add_statement(wefti_text *text, const char *sql)
{
    wefti_text_add(text, sql);
    wefti_text_add(text, ";\n");
}

static void add_note(const weft_migrate *m, wefti_text *text, size_t place, wefti_state state, uint32_t steps, bool begun)
{
    wefti_version_add_sql(m, text, place, state, steps, begun);
    wefti_text_add(text, ";\n");
}

static weft_status add_revision(const weft_migrate *m, wefti_text *text, size_t place, bool up, weft_error *error)
{
    const wefti_revision *r = &m->history.revisions[place];
    const wefti_steps *steps = wefti_steps_of(m, place, up);
    if (!steps->present)
        return wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "%s: there is no part \"-- %s\" for this database", r->file,
                               up ? "up" : "down");
    const char *message = r->migration->message != NULL ? r->migration->message : "";
    wefti_text_add_format(text, "\n-- %s %s%s%.*s\n", up ? "up" : "down", r->id, *message != '\0' ? ": " : "",
                          (int)strcspn(message, "\n"), message);
    wefti_state going = up ? WEFTI_GOING_UP : WEFTI_GOING_DOWN, ended = up ? WEFTI_APPLIED : WEFTI_ABSENT;
    for (uint32_t from = 0, first = 1; first != 0 || from < steps->count; first = 0) {
        uint32_t to = wefti_steps_together(steps, from);
        bool outside = from < steps->count && steps->items[from].no_transaction, all = to == steps->count;
        if (!outside)
            wefti_text_add(text, m->dialect->script_begin);
        else
            add_note(m, text, place, going, from, true);
        for (; from < to; from++) {
            if (steps->items[from].call) {
                (void)wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "%s: a step in C cannot be written as SQL", r->file);
                wefti_error_hint(error, "leave this revision out of the range, and run it by the program");
                return WEFT_ERROR_UNSUPPORTED;
            }
            if (steps->items[from].rebuild) {
                (void)wefti_error_set(error, WEFT_ERROR_UNSUPPORTED,
                                      "%s:%d: what building a table anew takes depends on what the table has", r->file,
                                      steps->items[from].line);
                wefti_error_hint(error, "leave this revision out of the range, and run it by the program");
                return WEFT_ERROR_UNSUPPORTED;
            }
            if (steps->items[from].destructive)
                wefti_text_add(text, "-- destructive\n");
            add_statement(text, steps->items[from].sql);
        }
        add_note(m, text, place, all ? ended : going, all ? 0 : to, false);
        if (!outside)
            wefti_text_add(text, "COMMIT;\n");
    }
    return WEFT_OK;
}

/* Whether all of a is in b. */
static bool is_within(const bool *a, const bool *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i] && !b[i])
            return false;
    return true;
}

static weft_status add_range(weft_migrate *m, wefti_text *text, const bool *from, const bool *to, weft_error *error)
{
    size_t count = m->history.count;
    weft_status status = WEFT_OK;
    if (is_within(from, to, count)) {
        for (size_t i = 0; i < count && status == WEFT_OK; i++)
            if (to[i] && !from[i])
                status = add_revision(m, text, i, true, error);
    } else if (is_within(to, from, count)) {
        for (size_t i = count; i-- > 0 && status == WEFT_OK;)
            if (from[i] && !to[i])
                status = add_revision(m, text, i, false, error);
    } else {
        status = wefti_error_set(error, WEFT_ERROR_NOT_FOUND,
                                 "neither end of the range comes before the other: they are of two branches");
    }
    return status;
}

weft_status weft_migrate_script(weft_migrate *migrate, const char *from, const char *to, char **script, weft_error *error)
{
    *script = NULL;
    if (migrate == NULL || from == NULL || to == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_migrate_script needs a weft_migrate and both ends of the range");
    size_t count = migrate->history.count;
    bool *have = wefti_arena_zalloc(&migrate->history.arena, count + 1),
         *want = wefti_arena_zalloc(&migrate->history.arena, count + 1);
    if (have == NULL || want == NULL)
        return wefti_error_memory(error);
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add_format(&text, "-- %s to %s, for %s\n", from, to, migrate->dialect->name);
    weft_status status = wefti_target_up(&migrate->history, NULL, from, have, error);
    if (status == WEFT_OK)
        status = wefti_target_up(&migrate->history, have, to, want, error);
    if (status == WEFT_OK) {
        wefti_version_add_table(migrate, &text);
        wefti_text_add(&text, ";\n");
        status = add_range(migrate, &text, have, want, error);
    }
    if (status == WEFT_OK && (*script = wefti_text_take(&text, NULL)) == NULL)
        status = wefti_error_memory(error);
    wefti_text_deinit(&text);
    return status;
}
