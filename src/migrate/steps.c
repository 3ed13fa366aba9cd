/* The steps of a revision, for tools that look at it. */
#include "base/error.h"
#include "migrate/migrate.h"

#include <string.h>

static int lines_in(const char *text)
{
    int lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

/* The statement cut, each token with its own NUL; NULL: no memory. */
static const char *const *tokens_of(const wefti_migrate_dialect *dialect, wefti_arena *arena, const char *sql)
{
    wefti_name_list list = {0};
    for (const char *at = sql;;) {
        const char *begin = at;
        wefti_sql_token kind = wefti_sql_next(dialect->cut->sql, &at);
        if (kind == WEFTI_SQL_END)
            break;
        if (kind == WEFTI_SQL_SPACE)
            continue;
        char *token = wefti_arena_strndup(arena, begin, (size_t)(at - begin));
        if (token == NULL || !wefti_name_list_add(arena, &list, token))
            return NULL;
    }
    static const char *const none[] = {NULL};
    return list.items != NULL ? list.items : none;
}

static bool tell_steps(weft_migrate *m, const wefti_steps *from, weft_step *told)
{
    static const char *const none[] = {NULL};
    uint32_t end = 0, transaction = 0;
    for (uint32_t i = 0; i < from->count; i++) {
        const wefti_step *step = &from->items[i];
        if (i == end) {
            end = wefti_steps_together(from, i);
            transaction++;
        }
        told[i] = (weft_step){.sql = step->sql,
                              .tokens = step->call ? none : tokens_of(m->dialect, &m->history.arena, step->sql),
                              .line = step->line,
                              .last_line = step->line + lines_in(step->sql),
                              .call = step->call,
                              .no_transaction = step->no_transaction,
                              .destructive = step->destructive,
                              .rebuild = step->rebuild,
                              .transaction = transaction};
        if (told[i].tokens == NULL)
            return false;
    }
    return true;
}

/* A comment is said of the step within which it stands, or of the next one. */
static size_t step_below(const weft_step *steps, size_t count, int line)
{
    size_t i = 0;
    while (i < count && steps[i].last_line < line)
        i++;
    return i;
}

weft_status weft_migrate_steps(weft_migrate *migrate, size_t place, bool up, weft_steps *steps, weft_error *error)
{
    memset(steps, 0, sizeof *steps);
    if (migrate == NULL || place >= migrate->history.count)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "the weft_migrate is NULL, or has no revision at this place");
    const wefti_revision *r = &migrate->history.revisions[place];
    const wefti_steps *from = wefti_steps_of(migrate, place, up);
    weft_step *told = wefti_arena_zalloc(&migrate->history.arena, (from->count + 1) * sizeof *told);
    weft_lint_comment *comments = wefti_arena_zalloc(&migrate->history.arena, (r->lint_count + 1) * sizeof *comments);
    if (told == NULL || comments == NULL || !tell_steps(migrate, from, told))
        return wefti_error_memory(error);
    for (size_t i = 0; i < r->lint_count; i++) {
        const wefti_lint_line *line = &r->lint[i];
        if (line->head || line->up == up)
            comments[steps->comment_count++] = (weft_lint_comment){.text = line->text,
                                                                   .line = line->line,
                                                                   .whole = line->head,
                                                                   .step = step_below(told, from->count, line->line)};
    }
    steps->items = told;
    steps->count = from->count;
    steps->comments = comments;
    steps->present = from->present || (r->migration->text == NULL && (up ? r->migration->up : r->migration->down) != NULL);
    return WEFT_OK;
}
