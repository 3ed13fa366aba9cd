/* Views as models: which columns tell a view's rows apart, as far as its text and its indexes show it. What does not show is not
 * guessed, for a key that is none makes one object of several rows. */
#include "reflect.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_TOKENS = 4096, MOST_KEY = 8 };

typedef struct token {
    const char *at;
    size_t size;
    int depth; /* of parentheses */
} token;

typedef struct text {
    token tokens[MOST_TOKENS]; /* the last one is empty, at depth 0 */
    size_t count;
} text;

static int is_part(char c) { return ascii_word((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80; }

/* Behind a quoted part, in which a doubled quote is one, or a comment; at itself: there is neither. */
static const char *behind_quoted(const char *at, bool *comment)
{
    const char quote = *at == '[' ? ']' : *at;
    *comment = true;
    if (at[0] == '-' && at[1] == '-')
        return at + strcspn(at, "\n");
    if (at[0] == '/' && at[1] == '*') {
        const char *end = strstr(at + 2, "*/");
        return end != NULL ? end + 2 : at + strlen(at);
    }
    *comment = false;
    if (strchr("'\"`[", *at) == NULL)
        return at;
    for (at++; *at != '\0'; at++)
        if (*at == quote && (quote == ']' || *++at != quote))
            return at + (quote == ']');
    return at;
}

/* False: there are too many. */
static bool cut(text *t, const char *sql)
{
    int depth = 0;
    t->count = 0;
    for (const char *at = sql; *at != '\0' && t->count + 1 < MOST_TOKENS;) {
        bool comment = false;
        const char *begin = at;
        if (strchr(" \t\r\n;", *at) != NULL) {
            at++;
            continue;
        }
        at = behind_quoted(at, &comment);
        if (comment)
            continue;
        if (at == begin)
            while (is_part(*at))
                at++;
        at += at == begin;
        depth -= *begin == ')';
        t->tokens[t->count++] = (token){begin, (size_t)(at - begin), depth};
        depth += *begin == '(';
    }
    t->tokens[t->count] = (token){"", 0, 0};
    return t->count + 1 < MOST_TOKENS;
}

static bool is_word(const token *t, const char *word)
{
    return t->size == strlen(word) && ascii_compare_n(t->at, word, t->size) == 0;
}

static bool is_one_of(const token *t, const char *const *words)
{
    for (; *words != NULL; words++)
        if (is_word(t, *words))
            return true;
    return false;
}

static bool is_name(const token *t) { return t->size > 0 && (is_part(*t->at) || strchr("\"`[", *t->at) != NULL); }

static bool names(const token *t, const char *name)
{
    const bool quoted = t->size > 1 && strchr("\"`[", *t->at) != NULL;
    const size_t size = quoted ? t->size - 2 : t->size;
    return strlen(name) == size && ascii_compare_n(quoted ? t->at + 1 : t->at, name, size) == 0;
}

/* The first word of these at depth 0; the end where none is. */
static size_t find(const text *t, size_t from, const char *const *words)
{
    while (from < t->count && (t->tokens[from].depth > 0 || !is_one_of(&t->tokens[from], words)))
        from++;
    return from;
}

static size_t end_of_item(const text *t, size_t from, size_t end)
{
    while (from < end && (t->tokens[from].depth > 0 || !is_word(&t->tokens[from], ",")))
        from++;
    return from;
}

/* Whether an item of the SELECT is a column, "a" or "t.a", perhaps with a name of its own: *column is the last part of it. */
static bool is_column(const text *t, size_t from, size_t end, size_t *column)
{
    *column = from + 2 < end && is_word(&t->tokens[from + 1], ".") ? from + 2 : from;
    if (from >= end || !is_name(&t->tokens[*column]))
        return false;
    const size_t rest = end - *column - 1;
    return rest == 0 || (rest == 1 && is_name(&t->tokens[*column + 1])) || (rest == 2 && is_word(&t->tokens[*column + 1], "as"));
}

/* A call gives one row, unless the function gives several. */
static bool may_repeat_rows(const text *t, size_t from, size_t end)
{
    static const char *const plain[] = {"coalesce", "nullif",  "lower",    "upper", "trim", "btrim", "length", "round",
                                        "abs",      "concat",  "substr",   "count", "sum",  "min",   "max",    "avg",
                                        "replace",  "to_char", "greatest", "least", "date", "cast",  "ifnull", NULL};
    for (size_t i = from; i + 1 < end; i++)
        if (is_name(&t->tokens[i]) && is_word(&t->tokens[i + 1], "(") && !is_one_of(&t->tokens[i], plain))
            return true;
    return false;
}

typedef struct select_list {
    const text *t;
    size_t from, end; /* behind SELECT, up to FROM */
    const weft_schema_table *view;
} select_list;

static bool is_all(const select_list *s)
{
    return is_word(&s->t->tokens[s->end - 1], "*") &&
           (s->end - s->from == 1 || (s->end - s->from == 3 && is_word(&s->t->tokens[s->from + 1], ".")));
}

/* What the view calls a column; qualifier NULL: of whatever. NULL: the view does not have it as it is. */
static const char *output_of(const select_list *s, const char *name, const token *qualified)
{
    size_t item = 0;
    for (size_t from = s->from, end; from < s->end; from = end + 1, item++) {
        size_t column;
        end = end_of_item(s->t, from, s->end);
        if (item >= s->view->column_count || !is_column(s->t, from, end, &column))
            continue;
        const token *at = &s->t->tokens[column];
        const bool same = qualified == NULL
                              ? names(at, name)
                              : at->size == qualified->size && memcmp(at->at, qualified->at, at->size) == 0 &&
                                    (column == from) == (qualified[-1].size != 1 || *qualified[-1].at != '.') &&
                                    (column == from || (s->t->tokens[from].size == qualified[-2].size &&
                                                        memcmp(s->t->tokens[from].at, qualified[-2].at, qualified[-2].size) == 0));
        if (same)
            return s->view->columns[item].name;
    }
    return NULL;
}

/* Of one table: its key, where the view shows it. */
static size_t key_of_table(const reflection *r, const select_list *s, size_t from, size_t end, const char **key)
{
    const text *t = s->t;
    size_t name = from + 2 < end && is_word(&t->tokens[from + 1], ".") ? from + 2 : from, count = 0;
    const size_t rest = end - name - 1;
    const weft_schema_table *table = NULL;
    size_t tables;
    const weft_schema_table *list = weft_schema_tables(r->schema, &tables);
    for (size_t i = 0; i < tables; i++)
        if (list[i].kind == WEFT_RELATION_TABLE && names(&t->tokens[name], list[i].name))
            table = table == NULL ? &list[i] : NULL; /* of two that are called so it is not known which */
    const weft_schema_constraint *primary = table != NULL ? key_of(table) : NULL;
    if (primary == NULL || rest > 2 || (rest == 2 && !is_word(&t->tokens[name + 1], "as")) || may_repeat_rows(t, s->from, s->end))
        return 0;
    for (; primary->columns[count] != NULL && count < MOST_KEY; count++) {
        key[count] = is_all(s) ? primary->columns[count] : output_of(s, primary->columns[count], NULL);
        if (key[count] == NULL)
            return 0;
    }
    return primary->columns[count] == NULL ? count : 0;
}

/* Of groups: what they are made by. */
static size_t key_of_groups(const select_list *s, size_t from, size_t end, const char **key)
{
    const text *t = s->t;
    size_t count = 0;
    if (may_repeat_rows(t, s->from, s->end))
        return 0;
    for (size_t stop; from < end; from = stop + 1) {
        stop = end_of_item(t, from, end);
        const bool plain = stop - from == 1 || (stop - from == 3 && is_word(&t->tokens[from + 1], "."));
        if (!plain || count == MOST_KEY || (key[count] = output_of(s, NULL, &t->tokens[stop - 1])) == NULL)
            return 0;
        count++;
    }
    return count;
}

static size_t key_of_text(const reflection *r, const weft_schema_table *view, const text *t, const char **key)
{
    static const char *const set[] = {"union", "intersect", "except", "with", "values", "distinct", NULL}, *const from[] = {"from",
                                                                                                                            NULL};
    static const char *const group[] = {"group", NULL}, *const rest[] = {"having", "window", "order", "limit",
                                                                         "offset", "fetch",  NULL};
    static const char *const behind[] = {"where", "group", "having", "window", "order", "limit", "offset", "fetch", NULL};
    const size_t begin = find(t, 0, from), end = find(t, begin, behind), groups = find(t, begin, group);
    const select_list s = {t, 1, begin, view};
    if (t->count < 4 || !is_word(&t->tokens[0], "select") || begin < 2 || begin + 1 >= t->count || find(t, 0, set) < t->count)
        return 0;
    return groups + 2 < t->count ? key_of_groups(&s, groups + 2, find(t, groups, rest), key)
                                 : key_of_table(r, &s, begin + 1, end, key);
}

/* The columns of the smallest unique index of a view that keeps its rows. */
static size_t key_of_indexes(const weft_schema_table *view, const char **key)
{
    size_t count = 0;
    for (size_t i = 0; i < view->index_count; i++) {
        const weft_schema_index *index = &view->indexes[i];
        bool plain = index->unique && index->where == NULL && !index->invalid && index->part_count <= MOST_KEY &&
                     (count == 0 || index->part_count < count);
        for (size_t p = 0; p < index->part_count; p++)
            plain = plain && index->parts[p].column != NULL;
        if (!plain)
            continue;
        count = index->part_count;
        for (size_t p = 0; p < count; p++)
            key[p] = index->parts[p].column;
    }
    return count;
}

const weft_schema_table *view_with_key(const reflection *r, const weft_schema_table *view)
{
    typedef struct keyed {
        weft_schema_table table;
        weft_schema_constraint key;
        const char *columns[MOST_KEY + 1];
    } keyed;
    const char *key[MOST_KEY] = {0};
    size_t count = key_of_indexes(view, key);
    if (count == 0 && view->definition != NULL) {
        text *t = need(malloc(sizeof *t));
        count = cut(t, view->definition) ? key_of_text(r, view, t, key) : 0;
        free(t);
    }
    if (count == 0)
        return NULL;
    keyed *made = need(calloc(1, sizeof *made));
    made->table = *view;
    made->key = (weft_schema_constraint){.kind = WEFT_CONSTRAINT_PRIMARY_KEY, .columns = made->columns};
    made->table.constraints = &made->key;
    made->table.constraint_count = 1;
    memcpy(made->columns, key, count * sizeof *key);
    return &made->table;
}

/* PostgreSQL's text says the schema of whatever it reads; models mean the one that the database looks in first. */
char *view_text(const reflection *r, const char *definition)
{
    text *t = need(malloc(sizeof *t));
    char *made = copy_of(""), *with;
    const char *from = definition;
    size_t count;
    const weft_schema_table *list = weft_schema_tables(r->schema, &count);
    const bool known = !r->sqlite && cut(t, definition);
    for (size_t i = 0; known && i + 2 < t->count; i++) {
        bool relative = false;
        if (!is_name(&t->tokens[i]) || !is_word(&t->tokens[i + 1], ".") || (i > 0 && is_word(&t->tokens[i - 1], ".")))
            continue;
        for (size_t k = 0; k < count && !relative; k++)
            relative = (list[k].schema == NULL || (r->home != NULL && strcmp(list[k].schema, r->home) == 0)) &&
                       names(&t->tokens[i + 2], list[k].name);
        const token *before = i > 0 ? &t->tokens[i - 1] : &t->tokens[t->count];
        if (!relative || !(is_word(before, "from") || is_word(before, "join") || is_word(before, ",") || is_word(before, "(")) ||
            (i + 3 < t->count && is_word(&t->tokens[i + 3], ".")))
            continue;
        const bool in_from = is_word(before, "from") || is_word(before, "join");
        size_t k = i;
        while (!in_from && k > 0 && !is_word(&t->tokens[k], "from") && !is_word(&t->tokens[k], "select"))
            k--;
        if (!in_from && !is_word(&t->tokens[k], "from"))
            continue; /* a column of an alias */
        with = text_of("%s%.*s", made, (int)(t->tokens[i].at - from), from);
        free(made);
        made = with;
        from = t->tokens[i + 2].at;
    }
    with = text_of("%s%s", made, from);
    free(made);
    free(t);
    return with;
}
