/* Commands that change a database, or say what would be run. */
#include "command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "from:to", or a target from base. */
static int print_script(command *c, const char *range, const char *without_from)
{
    weft_error error = {0};
    int code = open_history(c, false);
    if (code != EXIT_DONE)
        return code;
    char *from = copy_of(range), *colon = strchr(from, ':'), *script;
    const char *to = colon != NULL ? colon + 1 : from, *begin = colon != NULL ? from : without_from;
    if (colon != NULL)
        *colon = '\0';
    if (begin == NULL) {
        code = complain(c, EXIT_USAGE, "a script that undoes wants both ends: FROM:TO");
    } else if (weft_migrate_script(c->migrate, begin, to, &script, &error) == WEFT_OK) {
        fputs(script, stdout);
        weft_free(script);
    } else {
        code = complain_of(c, &error);
    }
    free(from);
    return code;
}

/* Asks whoever sits there; nobody is never asked. */
static bool has_leave(const command *c, const weft_error *error)
{
    if (c->json || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return false;
    fprintf(stderr, "%s\nRun it all the same? [y/N] ", error->message);
    int answer = getchar();
    return answer == 'y' || answer == 'Y';
}

static int run_on(command *c, bool up, const char *target)
{
    weft_status (*call)(weft_migrate *, const char *, weft_error *) = up ? weft_migrate_upgrade : weft_migrate_downgrade;
    weft_error error = {0};
    int code = open_history(c, true);
    if (code != EXIT_DONE)
        return code;
    if (c->json)
        json_begin(c);
    if (up && c->given != NULL && c->given->lint != NULL)
        code = c->given->lint->before_upgrade(c, target);
    if (code != EXIT_DONE) {
        if (c->json)
            json_end(c);
        return code;
    }
    weft_status status = call(c->migrate, target, &error);
    if (status != WEFT_OK && weft_migrate_needs_leave(c->migrate) && has_leave(c, &error)) {
        c->allow_destructive = true;
        code = open_history(c, true);
        status = code == EXIT_DONE ? call(c->migrate, target, &error) : WEFT_OK;
    }
    if (c->json)
        json_end(c);
    if (status == WEFT_OK)
        return code;
    code = complain_of(c, &error);
    return weft_migrate_needs_leave(c->migrate) ? EXIT_NEEDS_LEAVE : code;
}

int run_upgrade(command *c)
{
    const char *target = c->argument_count > 0 ? c->arguments[0] : "head";
    return c->sql ? print_script(c, target, "base") : run_on(c, true, target);
}

int run_downgrade(command *c)
{
    if (c->argument_count == 0)
        return complain(c, EXIT_USAGE, "say what shall stay: base, -1, or a revision");
    return c->sql ? print_script(c, c->arguments[0], NULL) : run_on(c, false, c->arguments[0]);
}

int run_lint(command *c)
{
    return c->given != NULL && c->given->lint != NULL
               ? c->given->lint->run(c)
               : complain(c, EXIT_USAGE,
                          "this program has no lint: the command weft has, or link weft::lint, and say .lint = &weft_lint");
}

int run_stamp(command *c)
{
    weft_error error = {0};
    char *targets = NULL, *script = NULL;
    if (c->argument_count == 0)
        return complain(c, EXIT_USAGE, "say where the database is: head, base, or a revision");
    int code = open_history(c, !c->sql);
    for (size_t i = 0; i < c->argument_count; i++)
        append(&targets, c->arguments[i]);
    if (code == EXIT_DONE && (c->sql ? weft_migrate_stamp_script(c->migrate, targets, c->purge, &script, &error)
                                     : weft_migrate_stamp(c->migrate, targets, c->purge, &error)) != WEFT_OK)
        code = complain_of(c, &error);
    if (script != NULL)
        fputs(script, stdout);
    weft_free(script);
    free(targets);
    return code;
}
