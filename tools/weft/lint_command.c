/* weft lint: which revisions, and how what is found is told. */
#define _GNU_SOURCE
#include "lint.h"

#include "command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct work {
    command *c;
    lint l;
    const weft_revision *revisions;
    size_t count;
    bool *chosen; /* one per revision */
    weft_schema *models;
} work;

/* ---- settings ---- */

static bool on_sqlite(const command *c) { return strcmp(driver_of(c), "sqlite") == 0; }

static int begin(work *w, command *c)
{
    *w = (work){.c = c};
    lint_init(&w->l, on_sqlite(c));
    w->l.small = number(c->settings.lint_small_table);
    const char *unknown = c->settings.lint_rules != NULL ? lint_choose(&w->l, c->settings.lint_rules) : NULL;
    return unknown == NULL ? EXIT_DONE
                           : complain(c, EXIT_USAGE, "lint_rules: there is no rule \"%s\": weft lint --rules lists them", unknown);
}

static void end(work *w)
{
    lint_free(&w->l);
    weft_schema_free(w->models);
    free(w->chosen);
}

/* What the models want, where there are some: what they still have is not to go. */
static int read_models(work *w)
{
    weft_error error = {0};
    command *c = w->c;
    if (c->models == NULL && c->settings.models == NULL && (c->given == NULL || c->given->models == NULL))
        return EXIT_DONE;
    const int code = c->models == NULL ? open_models(c) : EXIT_DONE;
    if (code == EXIT_DONE && weft_schema_of_models(&w->models, c->models, driver_of(c), &error) != WEFT_OK)
        return complain_of(c, &error);
    w->l.models = w->models;
    return code;
}

/* ---- which revisions ---- */

static size_t place_of(const work *w, const char *id)
{
    size_t i = 0;
    while (i < w->count && strcmp(w->revisions[i].id, id) != 0)
        i++;
    return i;
}

/* The set and all that it needs: revisions stand behind those. */
static void close_over(const work *w, bool *set)
{
    for (size_t i = w->count; i-- > 0;) {
        for (const char *const *id = w->revisions[i].parents; set[i] && *id != NULL; id++)
            set[place_of(w, *id)] = true;
        for (const char *const *id = w->revisions[i].depends_on; set[i] && *id != NULL; id++)
            set[place_of(w, *id)] = true;
    }
}

static int resolve(work *w, const char *target, bool *set)
{
    weft_error error = {0};
    size_t *places = need(calloc(w->count * 2 + 2, sizeof *places)), found = 0;
    int code = EXIT_DONE;
    if (strcmp(target, "base") != 0 && weft_migrate_resolve(w->c->migrate, target, places, &found, &error) != WEFT_OK)
        code = complain_of(w->c, &error);
    for (size_t i = 0; i < found; i++)
        set[places[i]] = true;
    free(places);
    return code;
}

/* "FROM:TO", without what FROM has. */
static int choose_range(work *w, const char *range)
{
    char *from = copy_of(range), *to = strchr(from, ':');
    bool *before = need(calloc(w->count + 1, sizeof *before)), *wanted = need(calloc(w->count + 1, sizeof *wanted));
    *to++ = '\0';
    int code = resolve(w, from, before);
    if (code == EXIT_DONE)
        code = resolve(w, to, wanted);
    close_over(w, before);
    close_over(w, wanted);
    for (size_t i = 0; i < w->count; i++)
        w->chosen[i] |= wanted[i] && !before[i];
    free(before);
    free(wanted);
    free(from);
    return code;
}

static bool is_file(const char *text) { return strlen(text) > 4 && strcmp(text + strlen(text) - 4, ".sql") == 0; }

static const char *base_name(const char *path) { return strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path; }

static int choose_file(work *w, const char *path)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->revisions[i].file != NULL && strcmp(base_name(w->revisions[i].file), base_name(path)) == 0) {
            w->chosen[i] = true;
            return EXIT_DONE;
        }
    return complain(w->c, EXIT_HISTORY, "%s is none of the revisions' files: --folder says where they are", path);
}

static int choose(work *w)
{
    command *c = w->c;
    int code = EXIT_DONE;
    for (size_t i = 0; i < w->count && c->argument_count == 0; i++)
        w->chosen[i] = !w->revisions[i].applied;
    for (size_t i = 0; i < c->argument_count && code == EXIT_DONE; i++) {
        const char *argument = c->arguments[i];
        code = is_file(argument)               ? choose_file(w, argument)
               : strchr(argument, ':') != NULL ? choose_range(w, argument)
                                               : resolve(w, argument, w->chosen);
    }
    return code;
}

/* ---- looking ---- */

static int look_at(work *w, size_t place)
{
    weft_error error = {0};
    weft_steps up, down;
    if (weft_migrate_steps(w->c->migrate, place, true, &up, &error) != WEFT_OK ||
        weft_migrate_steps(w->c->migrate, place, false, &down, &error) != WEFT_OK)
        return complain_of(w->c, &error);
    lint_revision(&w->l, w->revisions[place].id, w->revisions[place].file, &up, &down, w->chosen[place]);
    return EXIT_DONE;
}

/* Where a database is asked, it says how large its tables are, and what the revisions did not make. */
static int look(work *w, bool connected)
{
    weft_error error = {0};
    int code = EXIT_DONE;
    bool later = true; /* the database is as it was before those that are chosen */
    for (size_t i = 0; i < w->count; i++)
        later &= !w->chosen[i] || !w->revisions[i].applied;
    const bool asked = connected && later;
    if (asked && lint_ask(&w->l, w->c->engine, w->c->settings.schema, &error) != WEFT_OK)
        code = complain_of(w->c, &error);
    for (size_t i = 0; i < w->count && code == EXIT_DONE; i++)
        if (w->revisions[i].migration != NULL && !(asked && w->revisions[i].applied))
            code = look_at(w, i);
    return code;
}

static int open_work(work *w, command *c, bool connect)
{
    weft_error error = {0};
    int code = begin(w, c);
    if (code == EXIT_DONE && weft_migrate_history(c->migrate, connect, &w->revisions, &w->count, &error) != WEFT_OK)
        code = complain_of(c, &error);
    w->chosen = need(calloc(w->count + 1, sizeof *w->chosen));
    return code;
}

/* ---- telling ---- */

typedef struct paint {
    const char *bold, *error, *warning, *off;
} paint;

static paint paint_of(FILE *out)
{
    const char *none = getenv("NO_COLOR");
    const bool colours = isatty(fileno(out)) && (none == NULL || *none == '\0');
    return colours ? (paint){"\033[1m", "\033[1;31m", "\033[1;33m", "\033[0m"} : (paint){"", "", "", ""};
}

static void print_finding(FILE *out, const lint_finding *f, bool brief)
{
    const paint p = paint_of(out);
    fprintf(out, "%s%s:%d:%s %s%s:%s %s [%s]\n", p.bold, *f->file != '\0' ? f->file : f->revision, f->line, p.off,
            f->error ? p.error : p.warning, f->error ? "error" : "warning", p.off, f->message, lint_rules[f->rule].id);
    for (const char *line = f->safe; *line != '\0' && !brief;) {
        const size_t size = strcspn(line, "\n");
        fprintf(out, "%s%.*s\n", line == f->safe ? "    instead: " : "             ", (int)size, line);
        line += size + (line[size] == '\n');
    }
}

static void print_json(command *c, const lint_finding *f)
{
    json_item(c);
    fputs("{\"revision\": ", stdout);
    json_text(stdout, f->revision);
    fputs(", \"file\": ", stdout);
    json_text(stdout, *f->file != '\0' ? f->file : NULL);
    printf(", \"line\": %d, \"level\": \"%s\", \"rule\": \"%s\", \"message\": ", f->line, f->error ? "error" : "warning",
           lint_rules[f->rule].id);
    json_text(stdout, f->message);
    printf(", \"part\": \"%s\", \"instead\": ", f->down ? "down" : "up");
    json_text(stdout, *f->safe != '\0' ? f->safe : NULL);
    fputs(", \"allowed\": ", stdout);
    json_text(stdout, f->allowed);
    fputs("}", stdout);
}

/* Findings of level error that no comment allows. */
static size_t tell(const work *w, FILE *out, bool brief)
{
    size_t errors = 0, warnings = 0;
    for (size_t i = 0; i < w->l.count; i++) {
        const lint_finding *f = &w->l.findings[i];
        if (w->c->json)
            print_json(w->c, f);
        else if (f->allowed == NULL)
            print_finding(out, f, brief);
        errors += f->error && f->allowed == NULL;
        warnings += !f->error && f->allowed == NULL;
    }
    if (!w->c->json && !w->c->quiet && !brief && errors + warnings > 0)
        fprintf(out, "%zu %s, %zu %s\n", errors, errors == 1 ? "error" : "errors", warnings,
                warnings == 1 ? "warning" : "warnings");
    return errors;
}

static void print_rules(command *c)
{
    if (c->json)
        json_begin(c);
    for (size_t i = 0; i < LINT_RULE_COUNT; i++) {
        const lint_rule *r = &lint_rules[i];
        const char *level = r->off ? "off" : r->error ? "error" : "warning";
        if (c->json) {
            json_item(c);
            printf("{\"rule\": \"%s\", \"level\": \"%s\", \"about\": ", r->id, level);
            json_text(stdout, r->about);
            fputs("}", stdout);
        } else {
            printf("%-28s %-8s %s\n", r->id, level, r->about);
        }
    }
    if (c->json)
        json_end(c);
}

/* ---- the command ---- */

static int run(command *c)
{
    if (c->rules) {
        print_rules(c);
        return EXIT_DONE;
    }
    const bool connect = c->argument_count == 0 || c->applied;
    if (connect && c->settings.url == NULL)
        return complain(
            c, EXIT_USAGE,
            "what is pending only the database says: name it by --url, or revisions: weft lint head, weft lint base:heads");
    work w = {0};
    int code = open_history(c, connect);
    if (code != EXIT_DONE)
        return code;
    code = open_work(&w, c, connect);
    if (code == EXIT_DONE)
        code = read_models(&w);
    if (code == EXIT_DONE)
        code = choose(&w);
    if (code == EXIT_DONE)
        code = look(&w, connect);
    if (code == EXIT_DONE) {
        if (c->json)
            json_begin(c);
        code = tell(&w, stdout, false) > 0 ? EXIT_FINDINGS : EXIT_DONE;
        if (c->json)
            json_end(c);
    }
    end(&w);
    return code;
}

/* What is about to be run. What is wrong with history or target the upgrade says itself. */
static int before_upgrade(command *c, const char *target)
{
    weft_error error = {0};
    work w = {0};
    size_t found = 0, pending = 0;
    int code = begin(&w, c);
    if (code != EXIT_DONE || weft_migrate_history(c->migrate, true, &w.revisions, &w.count, &error) != WEFT_OK) {
        end(&w);
        return code;
    }
    bool *wanted = need(calloc(w.count + 1, sizeof *wanted));
    size_t *places = need(calloc(w.count * 2 + 2, sizeof *places));
    w.chosen = need(calloc(w.count + 1, sizeof *w.chosen));
    (void)weft_migrate_resolve(c->migrate, target, places, &found, &error);
    for (size_t i = 0; i < found; i++)
        wanted[places[i]] = true;
    close_over(&w, wanted);
    for (size_t i = 0; i < w.count; i++)
        pending += w.chosen[i] = wanted[i] && !w.revisions[i].applied;
    w.l.together = true;
    if (pending > 0 && look(&w, true) == EXIT_DONE && tell(&w, stderr, !c->strict) > 0 && c->strict)
        code = complain(c, EXIT_FINDINGS, "nothing was run, for --strict was given");
    free(places);
    free(wanted);
    end(&w);
    return code;
}

/* Of the newest file. */
static int after_revision(command *c, const char *id)
{
    work w = {0};
    int code = open_work(&w, c, false);
    const size_t place = code == EXIT_DONE ? place_of(&w, id) : 0;
    if (code == EXIT_DONE && place < w.count) {
        w.chosen[place] = true;
        code = look(&w, false);
    }
    if (code == EXIT_DONE)
        (void)tell(&w, stderr, false);
    end(&w);
    return code;
}

const weft_command_lint weft_lint = {.run = run, .before_upgrade = before_upgrade, .after_revision = after_revision};
