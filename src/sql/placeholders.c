/* Text SQL: $1, $2, … or :name become the dialect's placeholders. What is a parameter is the lexer's word: a $1 in a string, a
 * quoted name or a comment stays what it is. Each parameter that is given must be used: one that is not was forgotten, or another
 * one was meant. */
#include "sql/lexer.h"

#include "sql/dialect.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

/* From here numbers are dear on databases that look each of them up among all others. */
#define MANY_PARAMETERS 256u

/* Of a parameter's number or name that errors show, "$" or ":" among them. */
#define SHOWN_BYTES 64

/* ---- what is given ---- */

weft_value weft_value_of_name(const char *name)
{
    return (weft_value){.type = (weft_type)WEFTI_NAME, .as.s = {name, name != NULL ? strlen(name) : 0}};
}

static bool is_name(const weft_value *value) { return (unsigned)value->type == WEFTI_NAME; }

static int by_name(const void *a, const void *b)
{
    const wefti_parameter_name *left = a, *right = b;
    const int order = memcmp(left->name, right->name, left->size < right->size ? left->size : right->size);
    return order != 0 ? order : (left->size > right->size) - (left->size < right->size);
}

static weft_status check_types(const weft_value *values, size_t count, weft_error *error)
{
    for (size_t i = 0; i < count; i++)
        if (values[i].ends_ == WEFTI_ENDS_LIST) {
            (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "parameter %zu of the SQL text is a list", i + 1);
            wefti_error_hint(error, "give an array, which the text takes apart: weft_value_array_int64 and its kin");
            return WEFT_ERROR_MISUSE;
        }
    for (size_t i = 0; i < count; i++)
        if ((unsigned)values[i].type >= WEFT_TYPE_COUNT_ && (unsigned)values[i].type != WEFTI_BEYOND_INT64 &&
            !wefti_type_is_values((unsigned)values[i].type))
            return wefti_error_set(error, WEFT_ERROR_MISUSE, "the type of parameter %zu is %u, which is no weft_type", i + 1,
                                   (unsigned)values[i].type);
    return WEFT_OK;
}

/* Arrays of types of the program's own become arrays of what these are kept as: the text says nothing of them. */
static weft_status take_own_items(wefti_text_parameters *taken, wefti_arena *arena, weft_error *error)
{
    weft_value *values = NULL;
    for (size_t i = 0; i < taken->count; i++) {
        size_t refused;
        if (taken->values[i].is_null || !wefti_type_has_own_items((unsigned)taken->values[i].type))
            continue;
        if (values == NULL) {
            values = wefti_arena_alloc(arena, taken->count * sizeof *values);
            if (values == NULL)
                return wefti_error_memory(error);
            memcpy(values, taken->values, taken->count * sizeof *values);
            taken->values = values;
        }
        if (!wefti_own_items(&values[i], wefti_arena_room, arena, &values[i], &refused))
            return wefti_error_memory(error);
        if (refused != SIZE_MAX)
            return wefti_error_set(error, WEFT_ERROR_TYPE,
                                   "parameter %zu of the SQL text: the encoder of its type refused item %zu", i + 1, refused + 1);
    }
    return WEFT_OK;
}

static weft_status mixes(weft_error *error)
{
    (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "some parameters of the SQL text have names, and others do not");
    wefti_error_hint(error, "give all by weft_parameter(\"name\", value), or none");
    return WEFT_ERROR_MISUSE;
}

/* Names and values in turn. */
static weft_status take_named(const weft_values *given, wefti_arena *arena, wefti_text_parameters *taken, weft_error *error)
{
    const size_t count = given->count / 2;
    wefti_parameter_name *names = wefti_arena_alloc(arena, count * sizeof *names);
    weft_value *values = wefti_arena_alloc(arena, count * sizeof *values);
    if (names == NULL || values == NULL)
        return wefti_error_memory(error);
    for (size_t i = 0; i < given->count; i++)
        if (is_name(&given->items[i]) != (i % 2 == 0))
            return mixes(error);
    for (size_t i = 0; i < count; i++) {
        const char *name = given->items[2 * i].as.s.data;
        const size_t size = name != NULL ? wefti_name_size(name) : 0;
        if (size == 0 || name[size] != '\0')
            return wefti_error_set(error, WEFT_ERROR_MISUSE,
                                   "weft_parameter: \"%.60s\" is no name of a parameter; letters, digits and _ are, a letter first",
                                   name != NULL ? name : "(null)");
        names[i] = (wefti_parameter_name){name, size, i};
        values[i] = given->items[2 * i + 1];
    }
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 1; i < count; i++)
        if (by_name(&names[i - 1], &names[i]) == 0)
            return wefti_error_set(error, WEFT_ERROR_MISUSE, "the parameter %.60s is given twice", names[i].name);
    *taken = (wefti_text_parameters){values, count, names};
    return WEFT_OK;
}

weft_status wefti_text_parameters_take(const weft_values *given, wefti_arena *arena, wefti_text_parameters *taken,
                                       weft_error *error)
{
    *taken = (wefti_text_parameters){NULL, 0, NULL};
    if (given == NULL || given->count == 0)
        return WEFT_OK;
    if (given->items == NULL) {
        (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "the parameters are NULL and counted");
        wefti_error_hint(error, "give weft_parameters(…), or NULL for none");
        return WEFT_ERROR_MISUSE;
    }
    bool named = is_name(&given->items[0]);
    const size_t count = named ? (given->count + 1) / 2 : given->count;
    if (count > WEFTI_MAX_PARAMETERS)
        return wefti_error_set(error, WEFT_ERROR_LIMIT, "%zu parameters are given, at most %d are allowed", count,
                               (int)WEFTI_MAX_PARAMETERS);
    for (size_t i = 1; !named && i < given->count; i++)
        named = is_name(&given->items[i]);
    if (named && given->count % 2 != 0)
        return mixes(error);
    *taken = (wefti_text_parameters){given->items, given->count, NULL};
    weft_status status = named ? take_named(given, arena, taken, error) : WEFT_OK;
    if (status == WEFT_OK)
        status = check_types(taken->values, taken->count, error);
    return status == WEFT_OK ? take_own_items(taken, arena, error) : status;
}

/* ---- what the text names ---- */

/* Which of the parameters the text has named so far, and in which places. */
typedef struct used_parameters {
    const wefti_text_parameters *given;
    unsigned char *used; /* one byte each, from the arena */
    size_t places;
    uint16_t *order; /* of each place the parameter; NULL: placeholders have numbers */
} used_parameters;

/* From 1 on; 0: there is none. */
static size_t number_of(const wefti_text_parameters *given, const wefti_token *token)
{
    size_t number = 0;
    if (given->names != NULL) {
        const wefti_parameter_name key = {token->text + 1, token->size - 1, 0};
        const wefti_parameter_name *found =
            token->text[0] == ':' ? bsearch(&key, given->names, given->count, sizeof key, by_name) : NULL;
        return found != NULL ? found->number + 1 : 0;
    }
    for (size_t i = 1; i < token->size && number <= WEFTI_MAX_PARAMETERS; i++)
        number = number * 10 + (size_t)(token->text[i] - '0');
    return number <= given->count ? number : 0;
}

static weft_status names_none(const wefti_token *token, const wefti_text_parameters *given, weft_error *error)
{
    const int shown = token->size < SHOWN_BYTES ? (int)token->size : SHOWN_BYTES;
    const char *more = token->size > SHOWN_BYTES ? "…" : "";
    if (given->names == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "the SQL text names the parameter %.*s%s, but %zu %s given", shown,
                               token->text, more, given->count, given->count == 1 ? "is" : "are");
    (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "the SQL text names the parameter %.*s%s, which is not given", shown,
                          token->text, more);
    wefti_error_hint(error,
                     token->text[0] == '$' ? "the parameters have names: %.60s is :%.60s in the text"
                                           : "given is %.60s; what is no parameter has a blank behind its colon: [1: %.60s]",
                     given->names[0].name, given->names[0].name);
    return WEFT_ERROR_MISUSE;
}

/* The next parameter, or the end. */
static wefti_token next_parameter(wefti_lexer *lexer, bool named)
{
    for (;;) {
        wefti_token token = wefti_lexer_next(lexer);
        if (token.kind == WEFTI_TOKEN_END || token.kind == WEFTI_TOKEN_PARAMETER)
            return token;
        if (!named || token.kind != WEFTI_TOKEN_SIGN || token.text[0] != ':')
            continue;
        const size_t size = wefti_name_size(token.text + 1);
        lexer->at = token.text + (token.text[1] == ':' ? 2 : 1 + size); /* a cast, or the name */
        if (size > 0)
            return (wefti_token){WEFTI_TOKEN_PARAMETER, token.text, size + 1};
    }
}

/* text NULL: only finds out what is used. */
static weft_status translate(wefti_lexer lexer, used_parameters *parameters, wefti_text *text, weft_error *error)
{
    const char *from = lexer.at;
    for (;;) {
        const wefti_token token = next_parameter(&lexer, parameters->given->names != NULL);
        if (token.kind == WEFTI_TOKEN_END)
            break;
        const size_t number = number_of(parameters->given, &token);
        if (number == 0)
            return names_none(&token, parameters->given, error);
        parameters->used[number - 1] = 1;
        if (text != NULL) {
            wefti_text_add_bytes(text, from, (size_t)(token.text - from));
            if (parameters->given->names != NULL && wefti_text_ends_word(text)) /* THEN:v */
                wefti_text_add_char(text, ' ');
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
    const wefti_text_parameters *given = parameters->given;
    const unsigned char *unused = given->count > 0 ? memchr(parameters->used, 0, given->count) : NULL;
    if (unused == NULL)
        return WEFT_OK;
    const size_t number = (size_t)(unused - parameters->used);
    for (size_t i = 0; given->names != NULL && i < given->count; i++)
        if (given->names[i].number == number)
            return wefti_error_set(error, WEFT_ERROR_MISUSE, "the parameter %.60s is given, but the SQL text does not use :%.60s",
                                   given->names[i].name, given->names[i].name);
    return wefti_error_set(error, WEFT_ERROR_MISUSE, "%zu parameters are given, but the SQL text does not use $%zu", given->count,
                           number + 1);
}

/* The text with the dialect's placeholders. Where there are many, and places to spare, they go without numbers. */
static const char *write_text(const wefti_lexer *lexer, used_parameters *parameters, bool may_order, wefti_arena *arena,
                              weft_status *status, weft_error *error)
{
    const size_t places = parameters->places, count = parameters->given->count;
    const size_t spare = count > lexer->dialect->capabilities.max_parameters ? count : lexer->dialect->capabilities.max_parameters;
    if (may_order && lexer->dialect->placeholder != '$' && count >= MANY_PARAMETERS && places <= spare)
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

weft_status wefti_text_placeholders(const wefti_dialect *dialect, const char *sql, bool backslashes,
                                    const wefti_text_parameters *parameters, wefti_arena *arena, const char **translated,
                                    wefti_parameter_order *order, weft_error *error)
{
    *translated = sql;
    if (order != NULL)
        *order = (wefti_parameter_order){NULL, 0};
    if (sql == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "the SQL text is NULL");
    if (parameters->count > WEFTI_MAX_PARAMETERS)
        return wefti_error_set(error, WEFT_ERROR_LIMIT, "%zu parameters are given, at most %d are allowed", parameters->count,
                               (int)WEFTI_MAX_PARAMETERS);
    used_parameters used = {.given = parameters, .used = wefti_arena_zalloc(arena, parameters->count + 1)};
    if (used.used == NULL)
        return wefti_error_memory(error);
    wefti_lexer lexer = {dialect, backslashes, sql};
    weft_status status = translate(lexer, &used, NULL, error);
    if (status == WEFT_OK)
        status = check_all_used(&used, error);
    if (status == WEFT_OK && parameters->count > 0 && (dialect->placeholder != '$' || parameters->names != NULL))
        *translated = write_text(&lexer, &used, order != NULL, arena, &status, error);
    if (order != NULL && used.order != NULL)
        *order = (wefti_parameter_order){used.order, (uint32_t)used.places};
    return status;
}
