/* Commands that tell what there is. */
#include "command.h"

#include <stdlib.h>
#include <string.h>

static const char *message_of(const weft_revision *r)
{
    return r->migration != NULL && r->migration->message != NULL ? r->migration->message : "";
}

static void print_names(const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++)
        printf("%s%s", i > 0 ? ", " : "", names[i]);
}

static void print_json(command *c, const weft_revision *r, bool asked)
{
    json_item(c);
    fputs("{\"revision\": ", stdout);
    json_text(stdout, r->id);
    fputs(", \"message\": ", stdout);
    json_text(stdout, message_of(r));
    fputs(", \"file\": ", stdout);
    json_text(stdout, r->file);
    fputs(", \"parents\": ", stdout);
    json_list(stdout, r->parents);
    fputs(", \"depends_on\": ", stdout);
    json_list(stdout, r->depends_on);
    fputs(", \"labels\": ", stdout);
    json_list(stdout, r->labels);
    printf(", \"head\": %s, \"known\": %s", r->head ? "true" : "false", r->migration != NULL ? "true" : "false");
    if (asked)
        printf(", \"applied\": %s, \"edited\": %s, \"interrupted\": %s, \"steps\": %u", r->applied ? "true" : "false",
               r->edited ? "true" : "false", r->interrupted ? "true" : "false", r->steps);
    fputs("}", stdout);
}

static void print_line(const weft_revision *r, bool asked)
{
    printf("%s", r->id);
    if (r->labels[0] != NULL) {
        fputs(" [", stdout);
        print_names(r->labels);
        fputs("]", stdout);
    }
    fputs(r->head ? " (head)" : "", stdout);
    if (asked && r->migration == NULL)
        fputs(" (not in the history)", stdout);
    else if (asked)
        fputs(r->applied ? " (applied)" : r->interrupted ? " (interrupted)" : "", stdout);
    fputs(asked && r->edited ? " (edited)" : "", stdout);
    printf("%s%s\n", *message_of(r) != '\0' ? " " : "", message_of(r));
}

static void print_revision(command *c, const weft_revision *r, bool asked)
{
    if (c->json)
        print_json(c, r, asked);
    else
        print_line(r, asked);
}

static int read_history(command *c, bool connect, const weft_revision **revisions, size_t *count)
{
    weft_error error = {0};
    int code = open_history(c, connect);
    if (code == EXIT_DONE && weft_migrate_history(c->migrate, connect, revisions, count, &error) != WEFT_OK)
        code = complain_of(c, &error);
    if (code == EXIT_DONE && c->json)
        json_begin(c);
    return code;
}

static int end(command *c)
{
    if (c->json)
        json_end(c);
    return EXIT_DONE;
}

/* ---- a part of the history ---- */

static bool is_among(const char *const *names, const char *name)
{
    for (; *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

/* Those where the database is: applied, and nothing that follows is. */
static void mark_current(const weft_revision *revisions, size_t count, bool *marks)
{
    for (size_t i = 0; i < count; i++) {
        marks[i] = revisions[i].applied && revisions[i].migration != NULL;
        for (size_t k = 0; k < count; k++)
            marks[i] = marks[i] && !(revisions[k].applied && is_among(revisions[k].parents, revisions[i].id));
    }
}

/* One end of a range, at or length of name; nothing there means all. */
static int mark_end(command *c, const char *name, size_t length, const weft_revision *revisions, size_t count, bool *marks)
{
    weft_error error = {0};
    size_t found = 0;
    int code = EXIT_DONE;
    char *target = text_of("%.*s", (int)length, name);
    size_t *places = need(calloc(count + 1, sizeof *places));
    if (strcmp(target, "current") == 0)
        mark_current(revisions, count, marks);
    else if (weft_migrate_resolve(c->migrate, target, places, &found, &error) != WEFT_OK)
        code = complain_of(c, &error);
    for (size_t i = 0; i < found; i++)
        marks[places[i]] = true;
    free(places);
    free(target);
    return code;
}

/* Revisions stand in order, first ones first: what follows the beginning, and what leads to the end. */
static void spread(const weft_revision *revisions, size_t count, bool *after, bool *before)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            after[i] = after[i] || (after[k] && is_among(revisions[i].parents, revisions[k].id));
    for (size_t i = count; i-- > 0;)
        for (size_t k = 0; before[i] && k < i; k++)
            before[k] = before[k] || is_among(revisions[i].parents, revisions[k].id);
}

/* "FROM:TO", both among them; without one of them as far as there is. */
static int mark_range(command *c, const weft_revision *revisions, size_t count, bool *shown)
{
    const char *range = c->argument_count > 0 ? c->arguments[0] : ":", *colon = strchr(range, ':');
    bool *before = need(calloc(count + 1, sizeof *before));
    int code = EXIT_DONE;
    if (colon == NULL)
        code = complain(c, EXIT_USAGE,
                        "\"%s\" is no range: weft history FROM:TO, each a target or current, and either may be left out", range);
    const size_t length = colon != NULL ? (size_t)(colon - range) : 0;
    const bool all = length == 0 || (length == 4 && strncmp(range, "base", 4) == 0);
    memset(shown, all, count * sizeof *shown);
    memset(before, colon != NULL && colon[1] == '\0', count * sizeof *before);
    if (code == EXIT_DONE && !all)
        code = mark_end(c, range, length, revisions, count, shown);
    if (code == EXIT_DONE && colon[1] != '\0')
        code = mark_end(c, colon + 1, strlen(colon + 1), revisions, count, before);
    spread(revisions, count, shown, before);
    for (size_t i = 0; i < count; i++)
        shown[i] = shown[i] && before[i];
    free(before);
    return code;
}

int run_history(command *c)
{
    const weft_revision *revisions;
    size_t count;
    const char *range = c->argument_count > 0 ? c->arguments[0] : "";
    const bool asks = c->applied || strpbrk(range, "+-") != NULL || strstr(range, "current") != NULL;
    weft_error error = {0};
    int code = open_history(c, asks);
    if (code == EXIT_DONE && weft_migrate_history(c->migrate, asks, &revisions, &count, &error) != WEFT_OK)
        code = complain_of(c, &error);
    if (code != EXIT_DONE)
        return code;
    bool *shown = need(calloc(count + 1, sizeof *shown));
    code = mark_range(c, revisions, count, shown);
    if (code == EXIT_DONE && c->json)
        json_begin(c);
    for (size_t i = count; code == EXIT_DONE && i-- > 0;)
        if (shown[i])
            print_revision(c, &revisions[i], c->applied);
    free(shown);
    return code == EXIT_DONE ? end(c) : code;
}

int run_heads(command *c)
{
    const weft_revision *revisions;
    size_t count;
    int code = read_history(c, false, &revisions, &count);
    if (code != EXIT_DONE)
        return code;
    for (size_t i = count; i-- > 0;)
        if (revisions[i].head)
            print_revision(c, &revisions[i], false);
    return end(c);
}

static bool names(const char *const *list, const char *id)
{
    for (; *list != NULL; list++)
        if (strcmp(*list, id) == 0)
            return true;
    return false;
}

int run_branches(command *c)
{
    const weft_revision *revisions;
    size_t count;
    int code = read_history(c, false, &revisions, &count);
    if (code != EXIT_DONE)
        return code;
    for (size_t i = 0; i < count; i++) {
        size_t successors = 0;
        for (size_t k = 0; k < count; k++)
            successors += names(revisions[k].parents, revisions[i].id);
        if (successors < 2)
            continue;
        print_revision(c, &revisions[i], false);
        for (size_t k = 0; k < count && !c->json; k++)
            if (names(revisions[k].parents, revisions[i].id))
                printf("    -> %s %s\n", revisions[k].id, message_of(&revisions[k]));
    }
    return end(c);
}

/* Applied ones that no applied one follows, and what is not as it should be. */
int run_current(command *c)
{
    const weft_revision *revisions;
    size_t count;
    bool current = true;
    int code = read_history(c, true, &revisions, &count);
    if (code != EXIT_DONE)
        return code;
    for (size_t i = 0; i < count; i++) {
        const weft_revision *r = &revisions[i];
        bool followed = false;
        for (size_t k = 0; k < count; k++)
            followed |= revisions[k].applied && names(revisions[k].parents, r->id);
        if ((r->applied && !followed) || r->edited || r->interrupted)
            print_revision(c, r, true);
        current &= r->applied && !r->edited && r->migration != NULL;
    }
    (void)end(c);
    return c->check && !current ? not_current(c) : EXIT_DONE;
}

static void print_whole(const weft_revision *r)
{
    printf("revision:   %s%s\nmessage:    %s\nparents:    ", r->id, r->head ? " (head)" : "", message_of(r));
    print_names(r->parents[0] != NULL ? r->parents : (const char *const[]){"none", NULL});
    if (r->depends_on[0] != NULL) {
        fputs("\ndepends on: ", stdout);
        print_names(r->depends_on);
    }
    if (r->labels[0] != NULL) {
        fputs("\nlabels:     ", stdout);
        print_names(r->labels);
    }
    printf("\nfile:       %s\n\n%s", r->file != NULL ? r->file : "", r->migration->text != NULL ? r->migration->text : "(in C)\n");
}

int run_show(command *c)
{
    const weft_revision *revisions;
    size_t count, found;
    weft_error error = {0};
    const char *target = c->argument_count > 0 ? c->arguments[0] : "head";
    int code = open_history(c, strchr("+-", *target) != NULL);
    if (code == EXIT_DONE && weft_migrate_history(c->migrate, false, &revisions, &count, &error) != WEFT_OK)
        code = complain_of(c, &error);
    if (code != EXIT_DONE)
        return code;
    size_t *places = need(calloc(count + 1, sizeof *places));
    if (weft_migrate_resolve(c->migrate, target, places, &found, &error) != WEFT_OK) {
        code = complain_of(c, &error);
    } else if (c->json) {
        json_begin(c);
        for (size_t i = 0; i < found; i++)
            print_json(c, &revisions[places[i]], false);
        json_end(c);
    } else {
        for (size_t i = 0; i < found; i++)
            print_whole(&revisions[places[i]]);
    }
    free(places);
    return code;
}
