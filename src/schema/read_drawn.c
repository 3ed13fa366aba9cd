/* PostgreSQL's way to draw from a sequence, found in the text of a default. */
#include "schema/drawn.h"
#include "schema/naming.h"

#include "base/locale.h"
#include "base/memory.h"
#include "base/sqltext.h"

#include <string.h>

static const wefti_sql_rules *const rules = &wefti_sql_rules_postgres;

static wefti_sql_token next(const char **at, const char **begin)
{
    wefti_sql_token token;
    do {
        *begin = *at;
        token = wefti_sql_next(rules, at);
    } while (token == WEFTI_SQL_SPACE);
    return token;
}

static bool is_character(const char *begin, const char *end, char c) { return end == begin + 1 && *begin == c; }

static bool is_word(const char *begin, const char *end, const char *word)
{
    return end - begin == (ptrdiff_t)strlen(word) && wefti_ascii_begins(begin, word);
}

/* A literal from its quote on, with or without parentheses and a cast to text before it; *at is moved behind the literal. */
static const char *literal(const char **at)
{
    const char *begin;
    wefti_sql_token token;
    do
        token = next(at, &begin);
    while (token == WEFTI_SQL_OTHER && is_character(begin, *at, '('));
    return token == WEFTI_SQL_STRING && *begin == '\'' ? begin : NULL;
}

/* The literal of the next call, *end behind it; NULL: there is none. */
static const char *next_call(const char **at, const char **end)
{
    const char *begin;
    for (wefti_sql_token token = next(at, &begin); token != WEFTI_SQL_END; token = next(at, &begin)) {
        if (token != WEFTI_SQL_NAME || !is_word(begin, *at, "nextval"))
            continue;
        const char *inner = *at;
        if (next(&inner, &begin) != WEFTI_SQL_OTHER || *begin != '(')
            continue;
        const char *found = literal(&inner);
        if (found == NULL)
            continue;
        *at = *end = inner;
        return found;
    }
    return NULL;
}

/* One name of those with dots between them, where it stands; *text is moved behind it and its dot. */
static char *cut_name(char **text)
{
    char *name = *text, *to = name, *from = name;
    if (*from == '"') {
        for (from++; *from != '\0' && (*from != '"' || from[1] == '"'); from++) {
            *to++ = *from;
            from += *from == '"';
        }
        from += *from == '"';
    } else {
        for (; *from != '\0' && *from != '.'; from++)
            *to++ = *from >= 'A' && *from <= 'Z' ? (char)(*from - 'A' + 'a') : *from;
    }
    *text = *from == '.' ? from + 1 : NULL;
    const bool whole = *from == '.' || *from == '\0';
    *to = '\0';
    return whole && *name != '\0' ? name : NULL;
}

bool wefti_drawn_next(wefti_arena *arena, const char **at, wefti_def_name *name, bool *failed)
{
    for (const char *end, *begin = next_call(at, &end); begin != NULL; begin = next_call(at, &end)) {
        char *text = wefti_arena_alloc(arena, (size_t)(end - begin) + 1);
        if (text == NULL) {
            *failed = true;
            return false;
        }
        wefti_sql_unquote(begin, end, text);
        const char *first = cut_name(&text), *second = text != NULL ? cut_name(&text) : NULL;
        if (first == NULL || text != NULL) /* of a database, too, or no name */
            continue;
        *name = second != NULL ? (wefti_def_name){first, second} : (wefti_def_name){NULL, first};
        return true;
    }
    return false;
}

void wefti_drawn_add(wefti_text *text, const char *place, const char *name)
{
    wefti_text whole;
    wefti_text_init(&whole, 0);
    if (place != NULL)
        wefti_text_add_format(&whole, "%s.", place);
    wefti_add_identifier(&whole, name);
    wefti_text_add(text, "nextval(");
    wefti_add_quoted_text(text, true, whole.data != NULL ? whole.data : "", whole.size);
    wefti_text_add_char(text, ')');
    text->failed = text->failed || whole.failed;
    wefti_text_deinit(&whole);
}

/* Behind its parenthesis; *at is behind the opening one. False: there is none. */
static bool skip_call(const char **at)
{
    const char *begin;
    size_t open = 1;
    while (open > 0 && next(at, &begin) != WEFTI_SQL_END)
        open += is_character(begin, *at, '(') ? 1 : is_character(begin, *at, ')') ? (size_t)-1 : 0;
    return open == 0;
}

bool wefti_drawn_only(const char *text)
{
    const char *at = text, *begin;
    size_t open = 0;
    bool of_type = false; /* what follows AS and :: */
    wefti_sql_token token = next(&at, &begin);
    for (; is_character(begin, at, '(') || is_word(begin, at, "CAST"); token = next(&at, &begin))
        open += *begin == '(' ? 1 : 0;
    if (token != WEFTI_SQL_NAME || !is_word(begin, at, "nextval") || next(&at, &begin) != WEFTI_SQL_OTHER || *begin != '(' ||
        !skip_call(&at))
        return false;
    while ((token = next(&at, &begin)) != WEFTI_SQL_END) {
        const bool casts = is_character(begin, at, ':') || is_word(begin, at, "AS");
        if (is_character(begin, at, ')') ? open-- == 0 : !casts && !(of_type && token == WEFTI_SQL_NAME))
            return false;
        of_type = *begin != ')' && (casts || of_type);
    }
    return open == 0;
}

bool wefti_drawn_is_within(const wefti_definition *definition, const char *schema)
{
    bool within = schema == NULL;
    for (size_t i = 0; i < definition->table_count && !within; i++)
        within = wefti_def_same_word(definition->tables[i].schema, schema);
    return within;
}

bool wefti_drawn_is_home(const wefti_definition *definition, const char *schema)
{
    const char *place = definition->place;
    if (schema == NULL || place == NULL)
        return schema == NULL;
    if (*place != '"')
        return strcmp(place, schema) == 0;
    for (place++; *schema != '\0' && *place == *schema; schema++)
        place += *place == '"' ? 2 : 1;
    return *schema == '\0' && strcmp(place, "\"") == 0;
}

bool wefti_drawn_same(const wefti_definition *definition, const weft_schema_sequence *sequence, const char *schema,
                      const char *name)
{
    if (strcmp(sequence->name, name) != 0)
        return false;
    return wefti_def_same_word(sequence->schema, schema) || (sequence->schema == NULL && wefti_drawn_is_home(definition, schema));
}

/* Behind the place, the dot after it included, where they stand at `at`; within a literal its quotes are doubled. */
static const char *behind_place(const char *place, const char *at, const char *end, bool in_literal)
{
    for (; *place != '\0'; place++) {
        if (at >= end || *at++ != *place)
            return NULL;
        if (in_literal && *place == '\'' && (at >= end || *at++ != '\''))
            return NULL;
    }
    return *at == '.' ? at + 1 : NULL;
}

bool wefti_add_without_place(wefti_text *text, const char *place, wefti_sql_token kind, const char *begin, const char **at)
{
    static const char cast[] = "::reg";
    const bool in_literal = kind == WEFTI_SQL_STRING && *begin == '\'' && strncmp(*at, cast, strlen(cast)) == 0;
    if (place == NULL || *place == '\0' || (kind != WEFTI_SQL_NAME && !in_literal))
        return false;
    const char *behind = behind_place(place, begin + in_literal, *at, in_literal);
    if (behind == NULL || (!in_literal && behind != *at + 1))
        return false;
    if (in_literal) {
        wefti_text_add_char(text, '\'');
        wefti_text_add_bytes(text, behind, (size_t)(*at - behind));
    } else {
        *at = behind;
    }
    return true;
}

void wefti_add_all_without_place(wefti_text *text, const wefti_sql_rules *of, const char *place, const char *sql)
{
    wefti_text_add(text, "");
    for (const char *at = sql, *begin = at;; begin = at) {
        const wefti_sql_token kind = wefti_sql_next(of, &at);
        if (kind == WEFTI_SQL_END)
            return;
        if (!wefti_add_without_place(text, place, kind, begin, &at))
            wefti_text_add_bytes(text, begin, (size_t)(at - begin));
    }
}
