/* Models against the database: what differs, and a revision that makes it the same. */
#define _GNU_SOURCE
#include "command.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- models ---- */

void close_models(command *c)
{
    if (c->library != NULL)
        (void)dlclose(c->library);
    c->library = NULL;
}

int open_models(command *c)
{
    const char *path = c->settings.models;
    c->models = c->given != NULL ? c->given->models : NULL;
    if (path == NULL)
        return c->models != NULL
                   ? EXIT_DONE
                   : complain(c, EXIT_USAGE, "no models are named: --models ./libapp.so, WEFT_MODELS, or models in weft.ini");
    /* Without a slash it would be looked for where the system's libraries are. */
    char *file = strchr(path, '/') != NULL ? copy_of(path) : text_of("./%s", path);
    c->library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    free(file);
    if (c->library == NULL)
        return complain(c, EXIT_USAGE, "--models: %s", dlerror());
    const weft_metadata *(*models)(void) = NULL;
    void *found = dlsym(c->library, "weft_command_models");
    memcpy((void *)&models, &found, sizeof models);
    if (models == NULL || (c->models = models()) == NULL)
        return complain(c, EXIT_USAGE, "--models: %s exports no function \"const weft_metadata *weft_command_models(void)\"", path);
    return EXIT_DONE;
}

/* Models, database and history, which is at its head. */
static int open_all(command *c)
{
    weft_error error = {0};
    bool current = false;
    int code = open_models(c);
    if (code == EXIT_DONE)
        code = open_history(c, true);
    if (code == EXIT_DONE && weft_migrate_is_current(c->migrate, &current, &error) != WEFT_OK)
        return complain_of(c, &error);
    return code == EXIT_DONE && !current ? not_current(c) : code;
}

/* ---- renames ---- */

/* Whether the list has the name; blanks do not count. */
static bool lists(const char *list, const char *name)
{
    const size_t size = strlen(name);
    for (const char *at = list != NULL ? list : ""; *at != '\0'; at += strcspn(at, ",")) {
        at += strspn(at, ", ");
        if (strncmp(at, name, size) == 0 && at[size + strspn(at + size, " ")] != '=' &&
            strchr(", ", at[size]) != NULL) /* the end, too */
            return true;
    }
    return false;
}

/* A name as lists of renames take it: within quotes where it is no plain word. */
static char *quoted(const char *name)
{
    bool plain = true;
    char *made = need(malloc(2 * strlen(name) + 3)), *to = made;
    *to++ = '"';
    for (const char *c = name; *c != '\0'; c++) {
        plain = plain && strchr(" \t\r\n.,=\"'", *c) == NULL;
        *to++ = *c;
        if (*c == '"')
            *to++ = *c;
    }
    *to++ = '"';
    *to = '\0';
    if (!plain)
        return made;
    free(made);
    return copy_of(name);
}

/* What is asked, and what the options call it: "room.colour". */
static char *name_of(const weft_rename *rename)
{
    const char *const parts[] = {rename->schema, rename->table, rename->from};
    char *name = NULL;
    for (size_t i = 0; i < 3; i++) {
        char *part = parts[i] != NULL ? quoted(parts[i]) : NULL, *before = name;
        if (part == NULL)
            continue;
        name = before != NULL ? text_of("%s.%s", before, part) : copy_of(part);
        free(before);
        free(part);
    }
    return name;
}

/* As a shell takes it. */
static char *for_shell(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.=-";
    bool needs = false;
    char *made = need(malloc(4 * strlen(text) + 3)), *to = made;
    *to++ = '\'';
    for (const char *c = text; *c != '\0'; c++) {
        needs = needs || ((unsigned char)*c < 0x80 && strchr(plain, *c) == NULL);
        *to++ = *c;
        if (*c == '\'') {
            memcpy(to, "\\''", 3);
            to += 3;
        }
    }
    memcpy(to, "'", 2);
    if (needs)
        return made;
    free(made);
    return copy_of(text);
}

/* True: somebody answered. */
static bool ask(command *c, const weft_rename *rename)
{
    char *name = name_of(rename), *to = quoted(rename->to), *told = text_of("%s = %s", name, to);
    fprintf(stderr, "The %s %s is not wanted any more, and %s is new and looks like it.\nWas it renamed? [y/N] ",
            rename->table != NULL ? "column" : "table", name, rename->to);
    int answer = getchar();
    for (int rest = answer; rest != '\n' && rest != EOF;)
        rest = getchar();
    if (answer == 'y' || answer == 'Y')
        append(&c->renames, told);
    else if (answer != EOF)
        append(&c->no_renames, name);
    free(told);
    free(to);
    free(name);
    return answer != EOF;
}

/* What looks like a rename is never a drop without a word. *again: there are more renames than before. */
static int settle_renames(command *c, const weft_ops *ops, bool *again)
{
    size_t count;
    const weft_rename *renames = weft_ops_renames(ops, &count);
    const bool terminal = !c->json && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
    int code = EXIT_DONE;
    *again = false;
    for (size_t i = 0; i < count; i++) {
        char *name = name_of(&renames[i]);
        if (lists(c->no_renames, name)) {
            free(name);
            continue;
        }
        if (terminal && ask(c, &renames[i])) {
            *again = true;
            free(name);
            continue;
        }
        if (code == EXIT_DONE)
            code = complain(c, EXIT_QUESTION, "what looks like a rename loses what is stored where it is none: say for each");
        char *to = quoted(renames[i].to), *both = text_of("%s=%s", name, to);
        char *yes = for_shell(both), *no = for_shell(name);
        fprintf(stderr, "    --rename %s    or    --no-rename %s\n", yes, no);
        free(no);
        free(yes);
        free(both);
        free(to);
        free(name);
    }
    return code;
}

static int read_difference(command *c, weft_ops **ops)
{
    weft_error error = {0};
    for (bool again = true; again;) {
        if (weft_migrate_diff(c->migrate, c->renames, ops, &error) != WEFT_OK)
            return complain_of(c, &error);
        int code = settle_renames(c, *ops, &again);
        if (code != EXIT_DONE || again) {
            weft_ops_free(*ops);
            *ops = NULL;
        }
        if (code != EXIT_DONE)
            return code;
    }
    return EXIT_DONE;
}

/* ---- a revision ---- */

static void append_text(char **text, const char *more)
{
    char *longer = text_of("%s%s", *text, more);
    free(*text);
    *text = longer;
}

static void add_idle(char **idle, const char *driver)
{
    char *part = text_of("\n-- up %s\n\n-- down %s\n", driver, driver);
    append_text(idle, part);
    free(part);
}

static int add_parts(const command *c, weft_migrate *migrate, const char *driver, char **parts)
{
    weft_error error = {0};
    char *text;
    if (weft_migrate_draft(migrate, &(weft_draft_options){.renames = c->renames, .driver = driver}, &text, &error) != WEFT_OK)
        return complain_of(c, &error);
    if (**parts != '\0' && *text != '\0')
        append_text(parts, "\n");
    append_text(parts, text);
    weft_free(text);
    return EXIT_DONE;
}

/* Another database than the one of the URL. */
static int add_other_parts(command *c, const char *driver, char **parts)
{
    const bool postgres = strcmp(driver, "postgresql") == 0;
    const char *url = postgres ? c->settings.postgresql_url : c->settings.sqlite_url;
    weft_engine *engine = NULL;
    weft_migrate *migrate = NULL;
    if (url == NULL)
        return add_parts(c, c->migrate, driver, parts);
    int code = open_engine_on(c, url, &engine);
    if (code == EXIT_DONE)
        code = open_history_on(c, engine, driver, &migrate);
    if (code == EXIT_DONE)
        code = add_parts(c, migrate, NULL, parts);
    weft_migrate_close(migrate);
    weft_engine_close(engine);
    return code;
}

static int count_losses(const command *c, const weft_ops *ops)
{
    size_t losses = 0;
    for (size_t i = 0; i < weft_ops_count(ops); i++)
        losses += weft_ops_is_destructive(ops, i);
    if (losses > 0 && !c->quiet)
        fprintf(stderr, "%zu %s what is stored: read the file before it is applied\n", losses,
                losses == 1 ? "step loses" : "steps lose");
    return EXIT_DONE;
}

int draft(command *c, char **parts)
{
    weft_ops *ops = NULL;
    *parts = NULL;
    int code = open_all(c);
    if (code == EXIT_DONE)
        code = read_difference(c, &ops);
    if (code != EXIT_DONE)
        return code;
    *parts = copy_of("");
    const char *own = weft_engine_driver(c->engine);
    char *each = copy_of(c->settings.dialects != NULL ? c->settings.dialects : own), *rest = each, *idle = copy_of("");
    for (char *one = strtok_r(each, ", ", &rest); code == EXIT_DONE && one != NULL; one = strtok_r(NULL, ", ", &rest)) {
        const size_t before = strlen(*parts);
        code = strcmp(one, own) == 0 ? add_parts(c, c->migrate, NULL, parts) : add_other_parts(c, one, parts);
        if (code == EXIT_DONE && strlen(*parts) == before)
            add_idle(&idle, one);
    }
    if (**parts != '\0') /* where one has something to do, the others say that they have not */
        append_text(parts, idle);
    free(idle);
    free(each);
    if (code == EXIT_DONE)
        code = count_losses(c, ops);
    weft_ops_free(ops);
    return code;
}

/* ---- check ---- */

/* A database that cannot be asked how it reads texts is compared without them. */
static void tell_note(const command *c, const weft_ops *ops)
{
    if (weft_ops_note(ops) != NULL)
        (void)complain(c, EXIT_DONE, "types, defaults and conditions that are spelt otherwise were not compared: %s",
                       weft_ops_note(ops));
}

int run_check(command *c)
{
    weft_error error = {0};
    weft_ops *ops;
    int code = open_all(c);
    if (code == EXIT_DONE && weft_migrate_diff(c->migrate, c->renames, &ops, &error) != WEFT_OK)
        code = complain_of(c, &error);
    if (code != EXIT_DONE)
        return code;
    if (c->json)
        json_begin(c);
    for (size_t i = 0; i < weft_ops_count(ops); i++) {
        char text[400];
        weft_ops_describe(ops, i, text, sizeof text);
        if (c->json) {
            json_item(c);
            fputs("{\"difference\": ", stdout);
            json_text(stdout, text);
            printf(", \"destructive\": %s}", weft_ops_is_destructive(ops, i) ? "true" : "false");
        } else if (!c->quiet) {
            printf("%s%s\n", text, weft_ops_is_destructive(ops, i) ? " (loses what is stored)" : "");
        }
    }
    if (c->json)
        json_end(c);
    tell_note(c, ops);
    const size_t count = weft_ops_count(ops);
    weft_ops_free(ops);
    return count == 0
               ? EXIT_DONE
               : complain(c, EXIT_DIFFERENT, "models and database differ: weft revision --autogenerate writes what is missing");
}
