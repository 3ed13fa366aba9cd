/* Text SQL: $1, $2, … become the dialect's placeholders. What is a parameter is the lexer's word: a $1 in a string, a quoted name
 * or a comment stays what it is. Each parameter that is given must be used: one that is not was forgotten, or another one was
 * meant. */
#include "sql/lexer.h"

#include "sql/dialect.h"

#include "base/error.h"

#include <string.h>

/* From here numbers are dear on databases that look each of them up among all others. */
#define MANY_PARAMETERS 256u

/* Of the number of a parameter, "$" among them, that errors show. */
#define SHOWN_DIGITS 24

/* Which of the parameters the text has named so far, and in which places. */
typedef struct used_parameters {
    size_t count;
    unsigned char *used; /* one byte each, from the arena */
    size_t places;
    uint16_t *order; /* of each place the parameter; NULL: placeholders have numbers */
} used_parameters;

static size_t read_number(const wefti_token *token)
{
    size_t number = 0;
    for (size_t i = 1; i < token->size && number <= WEFTI_MAX_PARAMETERS; i++)
        number = number * 10 + (size_t)(token->text[i] - '0');
    return number;
}

static weft_status names_none(const wefti_token *token, size_t count, weft_error *error)
{
    const int shown = token->size < SHOWN_DIGITS ? (int)token->size : SHOWN_DIGITS;
    return wefti_error_set(error, WEFT_ERROR_MISUSE, "the SQL text names the parameter %.*s%s, but %zu %s given", shown,
                           token->text, token->size > SHOWN_DIGITS ? "…" : "", count, count == 1 ? "is" : "are");
}

/* text NULL: only finds out what is used. */
static weft_status translate(wefti_lexer lexer, used_parameters *parameters, wefti_text *text, weft_error *error)
{
    const char *from = lexer.at;
    for (;;) {
        wefti_token token = wefti_lexer_next(&lexer);
        if (token.kind == WEFTI_TOKEN_END)
            break;
        if (token.kind != WEFTI_TOKEN_PARAMETER)
            continue;
        size_t number = read_number(&token), count = parameters->count;
        if (number == 0 || number > count)
            return names_none(&token, count, error);
        parameters->used[number - 1] = 1;
        if (text != NULL) {
            wefti_text_add_bytes(text, from, (size_t)(token.text - from));
            wefti_text_add_char(text, lexer.dialect->placeholder);
            if (parameters->order != NULL)
                parameters->order[parameters->places] = (uint16_t)(number - 1);
            else
                wefti_text_add_int(text, (int64_t)number);
        }
        parameters->places++;
        from = lexer.at;
    }
    if (text != NULL)
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

/* The text with the dialect's placeholders. Where there are many, and places to spare, they go without numbers. */
static const char *write_text(const wefti_lexer *lexer, used_parameters *parameters, bool may_order, wefti_arena *arena,
                              weft_status *status, weft_error *error)
{
    size_t places = parameters->places;
    size_t spare = parameters->count > lexer->dialect->capabilities.max_parameters ? parameters->count
                                                                                   : lexer->dialect->capabilities.max_parameters;
    if (may_order && parameters->count >= MANY_PARAMETERS && places <= spare)
        parameters->order = wefti_arena_alloc(arena, places * sizeof *parameters->order);
    wefti_text text;
    wefti_text_init(&text, 4 * WEFTI_MAX_SQL_BYTES);
    parameters->places = 0;
    *status = translate(*lexer, parameters, &text, error);
    const char *translated = text.failed ? NULL : wefti_arena_strndup(arena, text.data, text.size);
    if (translated == NULL)
        *status = wefti_error_memory(error);
    wefti_text_deinit(&text);
    return translated;
}

weft_status wefti_text_placeholders(const wefti_dialect *dialect, const char *sql, bool backslashes, size_t parameter_count,
                                    wefti_arena *arena, const char **translated, wefti_parameter_order *order, weft_error *error)
{
    *translated = sql;
    if (order != NULL)
        *order = (wefti_parameter_order){NULL, 0};
    if (sql == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "the SQL text is NULL");
    if (parameter_count > WEFTI_MAX_PARAMETERS)
        return wefti_error_set(error, WEFT_ERROR_LIMIT, "%zu parameters are given, at most %d are allowed", parameter_count,
                               (int)WEFTI_MAX_PARAMETERS);
    used_parameters parameters = {.count = parameter_count, .used = wefti_arena_zalloc(arena, parameter_count + 1)};
    if (parameters.used == NULL)
        return wefti_error_memory(error);
    wefti_lexer lexer = {dialect, backslashes, sql};
    weft_status status = translate(lexer, &parameters, NULL, error);
    if (status == WEFT_OK)
        status = check_all_used(&parameters, error);
    if (status == WEFT_OK && parameter_count > 0 && dialect->placeholder != '$')
        *translated = write_text(&lexer, &parameters, order != NULL, arena, &status, error);
    if (order != NULL && parameters.order != NULL)
        *order = (wefti_parameter_order){parameters.order, (uint32_t)parameters.places};
    return status;
}
