/* Text SQL: $1, $2, … become the dialect's placeholders. What is a parameter is the lexer's word: a $1 in a string, a quoted name
 * or a comment stays what it is. Each parameter that is given must be used: one that is not was forgotten, or another one was
 * meant.
 * */
#include "sql/lexer.h"

#include "sql/dialect.h"

#include "base/error.h"

#include <string.h>

/* Which of the parameters the text has named so far. */
typedef struct used_parameters {
    size_t count;
    unsigned char *used; /* one byte each, from the arena */
} used_parameters;

static size_t read_number(const wefti_token *token)
{
    size_t number = 0;
    for (size_t i = 1; i < token->size && number <= WEFTI_MAX_PARAMETERS; i++)
        number = number * 10 + (size_t)(token->text[i] - '0');
    return number;
}

static weft_status translate(wefti_lexer *lexer, used_parameters *parameters, wefti_text *text, weft_error *error)
{
    const char *from = lexer->at;
    for (;;) {
        wefti_token token = wefti_lexer_next(lexer);
        if (token.kind == WEFTI_TOKEN_END)
            break;
        if (token.kind != WEFTI_TOKEN_PARAMETER)
            continue;
        size_t number = read_number(&token), count = parameters->count;
        if (number == 0 || number > count)
            return wefti_error_set(error, WEFT_ERROR_MISUSE, "the SQL text names the parameter $%zu, but %zu %s given", number,
                                   count, count == 1 ? "is" : "are");
        parameters->used[number - 1] = 1;
        wefti_text_add_bytes(text, from, (size_t)(token.text - from));
        wefti_text_add_char(text, lexer->dialect->placeholder);
        wefti_text_add_int(text, (int64_t)number);
        from = lexer->at;
    }
    wefti_text_add(text, from);
    return WEFT_OK;
}

static weft_status check_all_used(const used_parameters *parameters, weft_error *error)
{
    const unsigned char *unused = parameters->count > 0 ? memchr(parameters->used, 0, parameters->count) : NULL;
    if (unused == NULL)
        return WEFT_OK;
    return wefti_error_set(error, WEFT_ERROR_MISUSE, "%zu parameters are given, but the SQL text does not use $%zu",
                           parameters->count, (size_t)(unused - parameters->used) + 1);
}

weft_status wefti_text_placeholders(const wefti_dialect *dialect, const char *sql, bool backslashes, size_t parameter_count,
                                    wefti_arena *arena, const char **translated, weft_error *error)
{
    *translated = sql;
    if (sql == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "the SQL text is NULL");
    if (parameter_count > WEFTI_MAX_PARAMETERS)
        return wefti_error_set(error, WEFT_ERROR_LIMIT, "%zu parameters are given, at most %d are allowed", parameter_count,
                               (int)WEFTI_MAX_PARAMETERS);
    used_parameters parameters = {parameter_count, wefti_arena_zalloc(arena, parameter_count + 1)};
    if (parameters.used == NULL)
        return wefti_error_memory(error);
    wefti_lexer lexer = {dialect, backslashes, sql};
    wefti_text text;
    wefti_text_init(&text, 4 * WEFTI_MAX_SQL_BYTES);
    weft_status status = translate(&lexer, &parameters, &text, error);
    if (status == WEFT_OK)
        status = check_all_used(&parameters, error);
    if (status == WEFT_OK && parameter_count > 0 && dialect->placeholder != '$') {
        *translated = text.failed ? NULL : wefti_arena_strndup(arena, text.data, text.size);
        if (*translated == NULL)
            status = wefti_error_memory(error);
    }
    wefti_text_deinit(&text);
    return status;
}
