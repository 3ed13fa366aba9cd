/* Lint: what is found, the comments that allow it, and the walk over a revision. */
#include "lint.h"

#include "command.h"

#include <stdlib.h>
#include <string.h>

/* ---- texts ---- */

void *lint_grow(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity == 0 ? 16 : *capacity * 2;
    return need(realloc(items, *capacity * size));
}

const char *lint_text(lint *l, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = need(size < 0 ? NULL : malloc((size_t)size + 1));
    vsnprintf(text, (size_t)size + 1, format, arguments);
    va_end(arguments);
    l->pool = lint_grow(l->pool, l->pool_count, &l->pool_capacity, sizeof *l->pool);
    l->pool[l->pool_count++] = text;
    return text;
}

void lint_add(lint_names *list, const char *name)
{
    list->items = lint_grow(list->items, list->count, &list->capacity, sizeof *list->items);
    list->items[list->count++] = name;
}

bool lint_has(const lint_names *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], name) == 0)
            return true;
    return false;
}

void lint_names_free(lint_names *list)
{
    free((void *)list->items);
    *list = (lint_names){0};
}

static int compare_words(const void *name, const void *item) { return strcmp(name, *(const char *const *)item); }

/* Words that are no names without quotes. */
static bool is_reserved(const char *name)
{
    static const char *const words[] = {"all",       "analyse",    "analyze", "and",          "any",       "array",   "as",
                                        "asc",       "between",    "both",    "case",         "cast",      "check",   "collate",
                                        "column",    "constraint", "create",  "cross",        "current",   "default", "deferrable",
                                        "desc",      "distinct",   "do",      "else",         "end",       "except",  "exists",
                                        "false",     "fetch",      "for",     "foreign",      "from",      "full",    "grant",
                                        "group",     "having",     "in",      "index",        "initially", "inner",   "intersect",
                                        "into",      "is",         "join",    "lateral",      "leading",   "left",    "like",
                                        "limit",     "localtime",  "natural", "not",          "null",      "offset",  "on",
                                        "only",      "or",         "order",   "outer",        "placing",   "primary", "references",
                                        "returning", "right",      "select",  "session_user", "set",       "some",    "symmetric",
                                        "table",     "then",       "to",      "trailing",     "true",      "union",   "unique",
                                        "update",    "user",       "using",   "values",       "variadic",  "when",    "where",
                                        "window",    "with"};
    return bsearch(name, words, sizeof words / sizeof words[0], sizeof words[0], compare_words) != NULL;
}

const char *lint_quoted(lint *l, const char *name)
{
    bool plain = *name == '_' || (*name >= 'a' && *name <= 'z');
    size_t quotes = 0;
    for (const char *at = name; *at != '\0'; at++) {
        plain &= *at == '_' || (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9');
        quotes += *at == '"';
    }
    if (plain && !is_reserved(name))
        return lint_text(l, "%s", name);
    char *doubled = need(malloc(strlen(name) + quotes + 1)), *to = doubled;
    for (const char *at = name; *at != '\0'; at++) {
        if (*at == '"')
            *to++ = '"';
        *to++ = *at;
    }
    *to = '\0';
    const char *text = lint_text(l, "\"%s\"", doubled);
    free(doubled);
    return text;
}

const char *lint_plain(lint *l, const char *quoted)
{
    if (*quoted != '"')
        return quoted;
    char *plain = need(malloc(strlen(quoted) + 1)), *to = plain;
    for (const char *at = quoted; *at != '\0'; at++)
        *to++ = (char)((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || *at == '_' ? *at : '_');
    *to = '\0';
    const char *text = lint_text(l, "c%s", plain);
    free(plain);
    return text;
}

const char *lint_last_part(const char *name)
{
    const char *part = name;
    bool quoted = false;
    for (const char *at = name; *at != '\0'; at++) {
        quoted ^= *at == '"';
        part = *at == '.' && !quoted ? at + 1 : part;
    }
    return part;
}

/* ---- findings ---- */

static void report(lint *l, lint_id rule, bool error, const char *safe, const char *message, int line, size_t step)
{
    if (!l->tell || !l->on[rule] || (l->down && !lint_rule_is_told_down(rule)))
        return;
    error = error && (!l->down || lint_rule_is_error_down(rule));
    l->findings = lint_grow(l->findings, l->count, &l->capacity, sizeof *l->findings);
    l->findings[l->count++] = (lint_finding){.rule = rule,
                                             .error = error,
                                             .down = l->down,
                                             .revision = l->revision,
                                             .file = l->file,
                                             .line = line,
                                             .step = step,
                                             .message = l->down ? lint_text(l, "when it is undone, %s", message) : message,
                                             .safe = safe != NULL ? safe : ""};
}

static WEFT_PRINTF(2, 0) const char *format_text(lint *l, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = need(size < 0 ? NULL : malloc((size_t)size + 1));
    vsnprintf(text, (size_t)size + 1, format, arguments);
    const char *kept = lint_text(l, "%s", text);
    free(text);
    return kept;
}

static int line_of_step(const lint *l) { return l->steps != NULL && l->step < l->steps->count ? l->steps->items[l->step].line : 1; }

void lint_report(lint *l, lint_id rule, const char *safe, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(l, rule, lint_rules[rule].error, safe, format_text(l, format, arguments), line_of_step(l), l->step);
    va_end(arguments);
}

void lint_report_as(lint *l, lint_id rule, bool error, const char *safe, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    report(l, rule, error, safe, format_text(l, format, arguments), line_of_step(l), l->step);
    va_end(arguments);
}

/* ---- comments ---- */

static const char *skip(const char *at, const char *of) { return at + strspn(at, of); }

/* Marks what a comment allows. used: something was. */
static void allow(lint *l, size_t from, const weft_lint_comment *comment, lint_id rule, const char *reason)
{
    bool used = false;
    for (size_t i = from; i < l->count; i++) {
        lint_finding *f = &l->findings[i];
        if (f->rule != rule || (!comment->whole && (f->step != comment->step || f->down != l->down)))
            continue;
        f->allowed = reason;
        used = true;
    }
    if (!used)
        report(l, LINT_LINT_COMMENT_UNUSED, false, NULL,
               lint_text(l, "\"%s\" is allowed here, and nothing of it is found: the comment may go", lint_rules[rule].id),
               comment->line, SIZE_MAX);
}

/* "allow RULE, RULE reason" */
static void take_comment(lint *l, size_t from, const weft_lint_comment *comment)
{
    const char *at = comment->text;
    const char *safe = "-- lint: allow RULE why that does no harm here";
    if (strncmp(at, "allow", 5) != 0 || strchr(" \t", at[5]) == NULL) {
        report(l, LINT_LINT_COMMENT, true, safe, lint_text(l, "\"-- lint: %.60s\" says nothing that is known", at), comment->line,
               SIZE_MAX);
        return;
    }
    lint_id allowed[LINT_RULE_COUNT];
    size_t count = 0;
    for (bool more = true; more;) {
        at = skip(at + (count == 0 ? 5 : 0), " \t");
        size_t size = strcspn(at, " \t,");
        lint_id rule = lint_rule_of(at, size);
        if (rule == LINT_RULE_COUNT || count == LINT_RULE_COUNT) {
            report(l, LINT_LINT_COMMENT, true, safe,
                   size == 0
                       ? "a comment that allows something names a rule"
                       : lint_text(l, "there is no rule \"%.*s\": weft lint --rules lists them", (int)(size < 60 ? size : 60), at),
                   comment->line, SIZE_MAX);
            return;
        }
        allowed[count++] = rule;
        at += size;
        more = *skip(at, " \t") == ',';
        at = skip(at, more ? " \t," : " \t");
    }
    if (*at == '\0') {
        report(l, LINT_LINT_COMMENT, true, safe,
               lint_text(l, "\"%s\" is allowed without a reason, so it is not", lint_rules[allowed[0]].id), comment->line,
               SIZE_MAX);
        return;
    }
    for (size_t i = 0; i < count; i++)
        allow(l, from, comment, allowed[i], lint_text(l, "%s", at));
}

/* ---- a revision ---- */

void lint_init(lint *l, bool sqlite)
{
    *l = (lint){.sqlite = sqlite};
    for (size_t i = 0; i < LINT_RULE_COUNT; i++)
        l->on[i] = !lint_rules[i].off;
}

void lint_free(lint *l)
{
    for (size_t i = 0; i < l->table_count; i++)
        free(l->tables[i].columns);
    for (size_t i = 0; i < l->pool_count; i++)
        free(l->pool[i]);
    free(l->pool);
    free(l->findings);
    free(l->tables);
    free(l->objects);
    lint_names_free(&l->added);
    lint_names_free(&l->renamed);
    lint_names_free(&l->locked);
    lint_names_free(&l->not_valid);
}

const char *lint_choose(lint *l, const char *rules)
{
    for (const char *at = skip(rules, ", "); *at != '\0'; at = skip(at, ", ")) {
        const bool off = *at == '-';
        const size_t size = strcspn(at, ", ");
        const lint_id rule = lint_rule_of(at + off, size - off);
        if (rule == LINT_RULE_COUNT)
            return lint_text(l, "%.*s", (int)(size < 60 ? size : 60), at);
        l->on[rule] = !off;
        at += size;
    }
    return NULL;
}

static void note_added(lint *l, const json_t *tree)
{
    const json_t *node = json_object_get(tree, "ViewStmt"), *alter = json_object_get(tree, "AlterTableStmt");
    if (node != NULL)
        lint_add(&l->added, lint_text(l, "view %s", lint_range(l, json_object_get(node, "view"))));
    if ((node = json_object_get(tree, "CreateTableAsStmt")) != NULL)
        lint_add(&l->added, lint_text(l, "view %s", lint_range(l, json_object_get(json_object_get(node, "into"), "rel"))));
    if ((node = json_object_get(tree, "CreateFunctionStmt")) != NULL)
        lint_add(&l->added, lint_text(l, "routine %s", lint_qualified(l, json_object_get(node, "funcname"))));
    const char *table = alter != NULL ? lint_range(l, json_object_get(alter, "relation")) : "";
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(alter, "cmds"), i, item)
    {
        const json_t *cmd = json_object_get(item, "AlterTableCmd"),
                     *made = json_object_get(json_object_get(cmd, "def"), "Constraint");
        if (made != NULL && strcmp(lint_string(cmd, "subtype"), "AT_AddConstraint") == 0) {
            lint_add(&l->added, lint_text(l, "constraint %s", table));
            lint_add(&l->added, lint_text(l, "constraint %s.%s", table, lint_quoted(l, lint_string(made, "conname"))));
        }
    }
}

static void begin_step(lint *l, const weft_step *step)
{
    if (step->transaction == l->transaction)
        return;
    l->transaction = step->transaction;
    l->locked.count = l->not_valid.count = 0;
    l->altered = l->told_locks = false;
}

static void check_undoing(lint *l, const weft_steps *steps, const weft_steps *down)
{
    l->step = SIZE_MAX;
    if (steps->count > 0 && down->count == 0)
        report(l, LINT_IRREVERSIBLE, false, "-- down\nwhat undoes it",
               down->present ? "nothing undoes this revision: its part \"-- down\" is empty"
                             : "nothing undoes this revision: it has no part \"-- down\"",
               1, SIZE_MAX);
}

static int by_place(const void *a, const void *b)
{
    const lint_finding *x = a, *y = b;
    return x->line != y->line ? x->line - y->line : (int)x->rule - (int)y->rule;
}

/* The trees of a step, before any is looked at. */
static void read_step(lint *l, const weft_step *step)
{
    const char *trouble = NULL;
    size_t i;
    json_t *inner;
    if (step->call || l->sqlite) {
        if (!step->call)
            lint_sqlite_note_added(l, step);
        return;
    }
    json_t *tree = l->trees[l->step] = lint_parse(l, step->sql, &trouble);
    if (trouble != NULL)
        lint_report(l, LINT_UNPARSED, NULL, "this is not looked at, for the parser, which is that of PostgreSQL 15, says: %s",
                    trouble);
    note_added(l, tree);
    const json_t *block = json_object_get(tree, "DoStmt");
    if (block == NULL)
        return;
    trouble = NULL;
    l->within[l->step] = lint_block(l, step->sql, block, &trouble);
    if (trouble != NULL)
        lint_report(l, LINT_DO_BLOCK, "statements of the revision itself, or \"-- call\"",
                    "%swhat this DO block runs is not looked at: %s", json_array_size(l->within[l->step]) > 0 ? "some of " : "",
                    trouble);
    json_array_foreach(l->within[l->step], i, inner) note_added(l, inner);
}

static void look_at_step(lint *l, const weft_step *step)
{
    size_t i;
    json_t *inner;
    begin_step(l, step);
    if (step->call) {
        const bool function = strcmp(step->sql, "up") == 0 || strcmp(step->sql, "down") == 0;
        lint_report(l, LINT_CALL_STEP, NULL,
                    function ? "what the function %s in C does is not looked at" : "what \"-- call %s\" does in C is not looked at",
                    step->sql);
    } else if (l->sqlite) {
        lint_sqlite(l, step);
    } else if (l->trees[l->step] != NULL) {
        lint_postgres(l, step, l->trees[l->step]);
    }
    json_array_foreach(l->within[l->step], i, inner) lint_statement(l, step, inner);
}

/* One part. */
static void look_at_part(lint *l, const weft_steps *steps)
{
    l->steps = steps;
    l->transaction = 0;
    l->added.count = l->renamed.count = 0;
    l->trees = need(calloc(steps->count + 1, sizeof(json_t *)));
    l->within = need(calloc(steps->count + 1, sizeof(json_t *)));
    for (l->step = 0; l->step < steps->count; l->step++)
        read_step(l, &steps->items[l->step]);
    for (l->step = 0; l->step < steps->count; l->step++)
        look_at_step(l, &steps->items[l->step]);
    for (size_t i = 0; i < steps->count; i++) {
        json_decref(l->trees[i]);
        json_decref(l->within[i]);
    }
    free(l->trees);
    free(l->within);
    l->trees = l->within = NULL;
}

void lint_revision(lint *l, const char *revision, const char *file, const weft_steps *steps, const weft_steps *down, bool tell)
{
    const size_t from = l->count;
    const bool both = tell && !l->together;
    l->revision = lint_text(l, "%s", revision);
    l->file = lint_text(l, "%s", file != NULL ? file : "");
    l->tell = tell;
    l->revision_count++;
    if (tell && (!l->together || l->new_since == 0))
        l->new_since = l->revision_count;
    look_at_part(l, steps);
    check_undoing(l, steps, down);
    if (both) {
        lint_known known;
        lint_begin_down(l, &known);
        look_at_part(l, down);
        for (size_t i = 0; i < down->comment_count; i++)
            if (!down->comments[i].whole)
                take_comment(l, from, &down->comments[i]);
        lint_end_down(l, &known);
        l->steps = steps;
    }
    for (size_t i = 0; tell && i < steps->comment_count; i++)
        take_comment(l, from, &steps->comments[i]);
    if (l->count > from)
        qsort(l->findings + from, l->count - from, sizeof *l->findings, by_place);
    l->steps = NULL;
}
