/* Names are quoted the same way everywhere: a name that is reserved in either database is quoted in both, so that statements read
 * alike and a schema moves. */
#include "schema/naming.h"

#include "base/error.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

/* Reserved in PostgreSQL 15 (also where only as function or type name), or keywords that SQLite 3.40 does not take as names.
 * Sorted. */
static const char *const reserved[] = {"add",
                                       "all",
                                       "alter",
                                       "analyse",
                                       "analyze",
                                       "and",
                                       "any",
                                       "array",
                                       "as",
                                       "asc",
                                       "asymmetric",
                                       "authorization",
                                       "autoincrement",
                                       "between",
                                       "binary",
                                       "both",
                                       "case",
                                       "cast",
                                       "check",
                                       "collate",
                                       "collation",
                                       "column",
                                       "commit",
                                       "concurrently",
                                       "constraint",
                                       "create",
                                       "cross",
                                       "current_catalog",
                                       "current_date",
                                       "current_role",
                                       "current_schema",
                                       "current_time",
                                       "current_timestamp",
                                       "current_user",
                                       "default",
                                       "deferrable",
                                       "delete",
                                       "desc",
                                       "distinct",
                                       "do",
                                       "drop",
                                       "else",
                                       "end",
                                       "escape",
                                       "except",
                                       "exists",
                                       "false",
                                       "fetch",
                                       "for",
                                       "foreign",
                                       "freeze",
                                       "from",
                                       "full",
                                       "grant",
                                       "group",
                                       "having",
                                       "if",
                                       "ilike",
                                       "in",
                                       "index",
                                       "indexed",
                                       "initially",
                                       "inner",
                                       "insert",
                                       "intersect",
                                       "into",
                                       "is",
                                       "isnull",
                                       "join",
                                       "lateral",
                                       "leading",
                                       "left",
                                       "like",
                                       "limit",
                                       "localtime",
                                       "localtimestamp",
                                       "natural",
                                       "not",
                                       "nothing",
                                       "notnull",
                                       "null",
                                       "offset",
                                       "on",
                                       "only",
                                       "or",
                                       "order",
                                       "outer",
                                       "overlaps",
                                       "placing",
                                       "primary",
                                       "references",
                                       "returning",
                                       "right",
                                       "select",
                                       "session_user",
                                       "set",
                                       "similar",
                                       "some",
                                       "symmetric",
                                       "table",
                                       "tablesample",
                                       "then",
                                       "to",
                                       "trailing",
                                       "transaction",
                                       "true",
                                       "union",
                                       "unique",
                                       "update",
                                       "user",
                                       "using",
                                       "values",
                                       "variadic",
                                       "verbose",
                                       "when",
                                       "where",
                                       "window",
                                       "with"};

static int compare_words(const void *a, const void *b) { return strcmp(a, *(const char *const *)b); }

static bool is_plain(const char *name)
{
    if (!((name[0] >= 'a' && name[0] <= 'z') || name[0] == '_'))
        return false;
    for (const char *c = name; *c != '\0'; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '_'))
            return false;
    return bsearch(name, reserved, sizeof reserved / sizeof reserved[0], sizeof reserved[0], compare_words) == NULL;
}

static void add_quoted(wefti_text *text, const char *value, char quote)
{
    wefti_text_add_char(text, quote);
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == quote)
            wefti_text_add_char(text, quote);
        wefti_text_add_char(text, *c);
    }
    wefti_text_add_char(text, quote);
}

void wefti_add_identifier(wefti_text *text, const char *name)
{
    if (is_plain(name))
        wefti_text_add(text, name);
    else
        add_quoted(text, name, '"');
}

void wefti_add_qualified(wefti_text *text, const char *schema, const char *name)
{
    if (schema != NULL) {
        wefti_add_identifier(text, schema);
        wefti_text_add_char(text, '.');
    }
    wefti_add_identifier(text, name);
}

void wefti_add_quoted_text(wefti_text *text, bool backslash_strings, const char *data, size_t size)
{
    bool escapes = backslash_strings && size > 0 && memchr(data, '\\', size) != NULL;
    wefti_text_add(text, escapes ? "E'" : "'");
    for (size_t i = 0, from = 0; i <= size; i++) {
        if (i < size && data[i] != '\'' && !(escapes && data[i] == '\\'))
            continue;
        wefti_text_add_bytes(text, data + from, i - from);
        if (i < size)
            wefti_text_add_char(text, data[i]);
        from = i;
    }
    wefti_text_add_char(text, '\'');
}

/* FNV-1a: must not change between versions, because names in databases are made with it. */
static uint32_t stable_hash(const char *text, size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    return hash;
}

/* The text, or one of 63 bytes in its place. */
static const char *shortened(wefti_arena *arena, const wefti_text *text)
{
    if (text->failed)
        return NULL;
    if (text->size <= WEFTI_MAX_IDENTIFIER_BYTES)
        return wefti_arena_strndup(arena, text->data, text->size);
    return wefti_arena_printf(arena, "%.*s_%08x", (int)wefti_utf8_cut(text->data, text->size, WEFTI_MAX_IDENTIFIER_BYTES - 9),
                              text->data, stable_hash(text->data, text->size));
}

const char *wefti_made_name(wefti_arena *arena, const char *prefix, const char *table, const char *const *names, size_t count)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, prefix);
    wefti_text_add_char(&text, '_');
    wefti_text_add(&text, table);
    for (size_t i = 0; i < count; i++) {
        wefti_text_add_char(&text, '_');
        wefti_text_add(&text, names[i]);
    }
    const char *name = shortened(arena, &text);
    wefti_text_deinit(&text);
    return name;
}

/* ---- conventions ---- */

static const struct {
    const char *key; /* in weft_naming */
    size_t offset;
} templates[] = {
    [WEFTI_NAMED_INDEX] = {"ix", offsetof(weft_naming, ix)},       [WEFTI_NAMED_UNIQUE] = {"uq", offsetof(weft_naming, uq)},
    [WEFTI_NAMED_CHECK] = {"ck", offsetof(weft_naming, ck)},       [WEFTI_NAMED_FOREIGN_KEY] = {"fk", offsetof(weft_naming, fk)},
    [WEFTI_NAMED_PRIMARY_KEY] = {"pk", offsetof(weft_naming, pk)}, [WEFTI_NAMED_EXCLUSION] = {"ex", offsetof(weft_naming, ex)},
};
enum { KINDS = sizeof templates / sizeof templates[0] };

static const char *template_of(const weft_naming *naming, wefti_named_kind kind)
{
    return naming == NULL ? NULL : *(const char *const *)(const void *)((const char *)naming + templates[kind].offset);
}

bool wefti_naming_says(const weft_naming *naming, wefti_named_kind kind) { return template_of(naming, kind) != NULL; }

typedef enum token_kind { TOKEN_TABLE, TOKEN_REFERRED_TABLE, TOKEN_CONSTRAINT, TOKEN_COLUMN } token_kind;

typedef struct token {
    const char *at; /* its name */
    size_t size;
    token_kind kind;
    bool referred, label; /* of columns */
    bool all;             /* from number on */
    const char *between;  /* all of them */
    unsigned number;
} token;

static bool take(const char **at, const char *end, const char *word)
{
    const size_t size = strlen(word);
    if ((size_t)(end - *at) < size || memcmp(*at, word, size) != 0)
        return false;
    *at += size;
    return true;
}

/* column_0_name, referred_column_0N_label: what stands between "%(" and ")s". False: it is no token. */
static bool read_token(token *t)
{
    const char *at = t->at, *const end = t->at + t->size;
    const bool whole = (t->kind = TOKEN_TABLE, take(&at, end, "table_name")) ||
                       (t->kind = TOKEN_REFERRED_TABLE, take(&at, end, "referred_table_name")) ||
                       (t->kind = TOKEN_CONSTRAINT, take(&at, end, "constraint_name"));
    if (whole)
        return at == end;
    t->kind = TOKEN_COLUMN;
    t->referred = take(&at, end, "referred_");
    if (!take(&at, end, "column_") || at == end || *at < '0' || *at > '9')
        return false;
    for (t->number = 0; at < end && *at >= '0' && *at <= '9' && t->number < WEFTI_MAX_COLUMNS; at++)
        t->number = 10 * t->number + (unsigned)(*at - '0');
    t->between = "";
    t->all = take(&at, end, "N_");
    if (!t->all && take(&at, end, "_N_")) {
        t->all = true;
        t->between = "_";
    } else if (!t->all && !take(&at, end, "_")) {
        return false;
    }
    t->label = take(&at, end, "label");
    return (t->label || take(&at, end, "name")) && at == end;
}

/* The next token of a template, behind what goes before it, which text gets (it may be NULL); *at is moved behind it. False: there
 * is none, or no such token, which *bad says. */
static bool next_token(const char **at, token *t, wefti_text *text, bool *bad)
{
    *bad = false;
    while (**at != '\0') {
        const char *begin = *at, *end = begin + strcspn(begin, "%");
        if (text != NULL)
            wefti_text_add_bytes(text, begin, (size_t)(end - begin));
        *at = end;
        if (*end == '\0')
            return false;
        if (end[1] == '%') {
            if (text != NULL)
                wefti_text_add_char(text, '%');
            *at = end + 2;
            continue;
        }
        const char *close = end[1] == '(' ? strchr(end, ')') : NULL;
        *t = (token){.at = end + 2, .size = close != NULL ? (size_t)(close - end - 2) : 0};
        *bad = close == NULL || close[1] != 's' || !read_token(t);
        if (close == NULL)
            *t = (token){.at = end, .size = strlen(end)};
        *at = *bad ? end + strlen(end) : close + 2;
        return !*bad;
    }
    return false;
}

static weft_status refuse(weft_error *error, wefti_named_kind kind, const token *t, const char *why)
{
    return wefti_error_set(error, WEFT_ERROR_MODEL, "the naming convention's .%s has \"%.*s\"%s", templates[kind].key,
                           (int)wefti_utf8_cut(t->at, t->size, 60), t->at, why);
}

weft_status wefti_naming_check(const weft_naming *naming, weft_error *error)
{
    for (int kind = 0; kind < KINDS; kind++) {
        const char *at = template_of(naming, (wefti_named_kind)kind);
        token t;
        bool bad = false;
        if (at == NULL)
            continue;
        if (*at == '\0')
            return wefti_error_set(error, WEFT_ERROR_MODEL, "the naming convention's .%s is empty", templates[kind].key);
        while (next_token(&at, &t, NULL, &bad))
            continue;
        if (bad)
            return refuse(error, (wefti_named_kind)kind, &t,
                          ", which is no token: %(table_name)s, %(constraint_name)s, %(column_0_name)s, %(column_0_N_name)s, "
                          "%(column_0_label)s, %(referred_table_name)s, %(referred_column_0_name)s; %% is a percent sign");
    }
    return WEFT_OK;
}

static const char *add_columns(wefti_text *text, const wefti_named *what, const token *t)
{
    const char *const *columns = t->referred ? what->target_columns : what->columns,
                      *table = t->referred ? what->target : what->table;
    const size_t count = wefti_def_count(columns);
    if (t->number >= count)
        return count == 0 ? (t->referred ? ", but it refers to no columns" : ", but it has no columns")
                          : ", but it has fewer columns";
    for (size_t i = t->number; i < count && (t->all || i == t->number); i++) {
        wefti_text_add(text, i > t->number ? t->between : "");
        if (t->label) {
            wefti_text_add(text, table);
            wefti_text_add_char(text, '_');
        }
        wefti_text_add(text, columns[i]);
    }
    return NULL;
}

/* What is wrong with it; NULL: it stands in the text. */
static const char *add_token(wefti_text *text, const wefti_named *what, const token *t)
{
    const char *const given = what->given != NULL ? what->given : what->of_enum ? what->columns[0] : NULL;
    switch (t->kind) {
    case TOKEN_COLUMN: return add_columns(text, what, t);
    case TOKEN_TABLE: wefti_text_add(text, what->table); return NULL;
    case TOKEN_REFERRED_TABLE:
        if (what->target == NULL)
            return ", which only a foreign key has";
        wefti_text_add(text, what->target);
        return NULL;
    case TOKEN_CONSTRAINT: break;
    }
    if (given == NULL)
        return ", but it was given none; give it a .name";
    wefti_text_add(text, given);
    return NULL;
}

static bool asks_for_name(const char *template)
{
    token t;
    bool bad = false;
    while (next_token(&template, &t, NULL, &bad))
        if (t.kind == TOKEN_CONSTRAINT)
            return true;
    return false;
}

static const char *own_name(wefti_arena *arena, const wefti_named *what)
{
    const char *prefix = templates[what->kind].key;
    if (what->number > 0)
        return wefti_arena_printf(arena, "%s_%.*s_%d", prefix, (int)wefti_utf8_cut(what->table, strlen(what->table), 50),
                                  what->table, what->number);
    return wefti_made_name(arena, prefix, what->table, what->columns,
                           what->kind == WEFTI_NAMED_PRIMARY_KEY ? 0 : wefti_def_count(what->columns));
}

const char *wefti_named_by(wefti_arena *arena, const weft_naming *naming, const wefti_named *what, weft_error *error)
{
    const char *at = template_of(naming, what->kind), *problem = NULL, *name;
    if (what->given != NULL && (at == NULL || !asks_for_name(at)))
        return what->given;
    if (at == NULL) {
        name = own_name(arena, what);
    } else {
        wefti_text text;
        token t;
        bool bad = false;
        wefti_text_init(&text, 0);
        wefti_text_add(&text, "");
        while (problem == NULL && next_token(&at, &t, &text, &bad))
            problem = add_token(&text, what, &t);
        name = problem == NULL ? shortened(arena, &text) : NULL;
        wefti_text_deinit(&text);
        if (problem != NULL) {
            (void)refuse(error, what->kind, &t, problem);
            return NULL;
        }
    }
    if (name == NULL)
        (void)wefti_error_memory(error);
    return name;
}

wefti_named wefti_named_constraint(const char *table, const weft_schema_constraint *constraint)
{
    static const wefti_named_kind kinds[] = {[WEFT_CONSTRAINT_PRIMARY_KEY] = WEFTI_NAMED_PRIMARY_KEY,
                                             [WEFT_CONSTRAINT_UNIQUE] = WEFTI_NAMED_UNIQUE,
                                             [WEFT_CONSTRAINT_FOREIGN_KEY] = WEFTI_NAMED_FOREIGN_KEY,
                                             [WEFT_CONSTRAINT_CHECK] = WEFTI_NAMED_CHECK,
                                             [WEFT_CONSTRAINT_EXCLUDE] = WEFTI_NAMED_EXCLUSION};
    return (wefti_named){.kind = kinds[constraint->kind],
                         .table = table,
                         .given = constraint->name,
                         .columns = constraint->columns,
                         .target = constraint->target_table,
                         .target_columns = constraint->target_columns};
}

const char *wefti_made_constraint_name(wefti_arena *arena, const char *table, const weft_schema_constraint *constraint)
{
    if (table == NULL || constraint->kind == WEFT_CONSTRAINT_CHECK || constraint->kind == WEFT_CONSTRAINT_EXCLUDE)
        return NULL;
    wefti_named what = wefti_named_constraint(table, constraint);
    what.given = NULL;
    return wefti_named_by(arena, NULL, &what, NULL);
}
