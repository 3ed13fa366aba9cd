/* Text SQL: $1, $2, … become the dialect's placeholders. Strings, quoted names and comments are passed over by the dialect's own
 * rules, so that a $1 in them stays what it is. */
#include "sql/dialect.h"

#include "base/error.h"

#include <string.h>

typedef struct text_scanner {
    const wefti_dialect *dialect;
    const char *at;
} text_scanner;

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 0x80;
}

static const char *skip_quoted(const char *at, char quote, bool backslash)
{
    for (at++; *at != '\0'; at++) {
        bool pair = (backslash && *at == '\\' && at[1] != '\0') || (*at == quote && at[1] == quote);
        if (!pair && *at == quote)
            return at + 1;
        at += pair;
    }
    return at;
}

static const char *skip_comment(const text_scanner *scanner, const char *at)
{
    if (at[0] == '-') {
        while (*at != '\0' && *at != '\n')
            at++;
        return at;
    }
    int depth = 0;
    while (*at != '\0') {
        if (at[0] == '/' && at[1] == '*' && (depth == 0 || scanner->dialect->nested_comments)) {
            depth++;
            at += 2;
        } else if (at[0] == '*' && at[1] == '/') {
            at += 2;
            if (--depth == 0)
                return at;
        } else {
            at++;
        }
    }
    return at;
}

/* $tag$ … $tag$; NULL where at is no such quote. */
static const char *skip_dollar_quote(const char *at)
{
    const char *end = at + 1;
    if (*end >= '0' && *end <= '9')
        return NULL;
    while (is_word(*end))
        end++;
    if (*end != '$')
        return NULL;
    size_t size = (size_t)(end + 1 - at);
    for (end++; *end != '\0'; end++)
        if (*end == '$' && strncmp(end, at, size) == 0)
            return end + size;
    return end;
}

/* Passes over what holds no parameters; NULL where the text at hand is ordinary. */
static const char *skip_opaque(const text_scanner *scanner, const char *start)
{
    const char *at = scanner->at;
    const wefti_dialect *dialect = scanner->dialect;
    if (*at == '\'') {
        bool escapes = dialect->backslash_strings && at > start && (at[-1] == 'E' || at[-1] == 'e') &&
            (at - 1 == start || !is_word(at[-2]));
        return skip_quoted(at, '\'', escapes);
    }
    if (*at == '"' || (*at == '`' && dialect->bracket_names))
        return skip_quoted(at, *at, false);
    if (*at == '[' && dialect->bracket_names) {
        const char *end = strchr(at, ']');
        return end != NULL ? end + 1 : at + strlen(at);
    }
    if ((at[0] == '-' && at[1] == '-') || (at[0] == '/' && at[1] == '*'))
        return skip_comment(scanner, at);
    if (*at == '$' && dialect->dollar_quotes && (at == start || !is_word(at[-1])))
        return skip_dollar_quote(at);
    return NULL;
}

static size_t read_number(const char **at)
{
    size_t number = 0;
    while (**at >= '0' && **at <= '9') {
        if (number <= WEFTI_MAX_PARAMETERS)
            number = number * 10 + (size_t)(**at - '0');
        (*at)++;
    }
    return number;
}

static weft_status translate(const wefti_dialect *dialect, const char *sql, size_t count, wefti_text *text, size_t *highest,
                             weft_error *error)
{
    text_scanner scanner = { dialect, sql };
    const char *from = sql;
    while (*scanner.at != '\0') {
        const char *after = skip_opaque(&scanner, sql);
        if (after != NULL) {
            scanner.at = after;
            continue;
        }
        const char *at = scanner.at++;
        if (*at != '$' || at[1] < '0' || at[1] > '9' || (at > sql && (is_word(at[-1]) || at[-1] == '$')))
            continue;
        size_t number = read_number(&scanner.at);
        if (number == 0 || number > count)
            return wefti_error_set(error, WEFT_ERROR_MISUSE, "the SQL text names the parameter $%zu, but %zu %s given", number,
                                   count, count == 1 ? "is" : "are");
        *highest = number > *highest ? number : *highest;
        wefti_text_add_bytes(text, from, (size_t)(at - from));
        wefti_text_add_char(text, dialect->placeholder);
        wefti_text_add_int(text, (int64_t)number);
        from = scanner.at;
    }
    wefti_text_add(text, from);
    return WEFT_OK;
}

weft_status wefti_text_placeholders(const wefti_dialect *dialect, const char *sql, size_t parameter_count, wefti_arena *arena,
                                    const char **translated, weft_error *error)
{
    *translated = sql;
    if (sql == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "the SQL text is NULL");
    wefti_text text;
    wefti_text_init(&text, 4 * WEFTI_MAX_SQL_BYTES);
    size_t highest = 0;
    weft_status status = translate(dialect, sql, parameter_count, &text, &highest, error);
    if (status == WEFT_OK && highest < parameter_count)
        status = wefti_error_set(error, WEFT_ERROR_MISUSE, "%zu parameters are given, but the SQL text does not use $%zu",
                                 parameter_count, highest + 1);
    if (status == WEFT_OK && highest > 0 && dialect->placeholder != '$') {
        *translated = text.failed ? NULL : wefti_arena_strndup(arena, text.data, text.size);
        if (*translated == NULL)
            status = wefti_error_memory(error);
    }
    wefti_text_deinit(&text);
    return status;
}
