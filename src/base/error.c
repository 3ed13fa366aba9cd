/* Filling of weft_error, and what each status is called and means. Nothing here allocates: errors are reported when there is
 * no memory. */
#include "base/error.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

void wefti_error_field(char *field, size_t field_size, const char *text)
{
    size_t size = text != NULL ? strlen(text) : 0;
    if (size >= field_size)
        size = wefti_utf8_cut(text, size, field_size - 1);
    if (size > 0)
        memmove(field, text, size);
    field[size] = '\0';
}

weft_status wefti_error_setv(weft_error *error, weft_status status, const char *format, va_list arguments)
{
    if (error == NULL)
        return status;
    char message[sizeof error->message + 4]; /* arguments may point into error itself */
    if (vsnprintf(message, sizeof message, format, arguments) < 0)
        message[0] = '\0';
    wefti_error_clear(error);
    error->status = status;
    wefti_error_field(error->message, sizeof error->message, message);
    return status;
}

weft_status wefti_error_set(weft_error *error, weft_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)wefti_error_setv(error, status, format, arguments);
    va_end(arguments);
    return status;
}

void wefti_error_hint(weft_error *error, const char *format, ...)
{
    if (error == NULL)
        return;
    char hint[sizeof error->hint + 4];
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(hint, sizeof hint, format, arguments) < 0)
        hint[0] = '\0';
    va_end(arguments);
    wefti_error_field(error->hint, sizeof error->hint, hint);
}

void wefti_error_prefix(weft_error *error, const char *format, ...)
{
    if (error == NULL)
        return;
    char message[2 * sizeof error->message];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    size_t used = strlen(message);
    (void)snprintf(message + used, sizeof message - used, ": %s", error->message);
    wefti_error_field(error->message, sizeof error->message, message);
}

void wefti_error_clear(weft_error *error)
{
    if (error != NULL)
        memset(error, 0, sizeof *error);
}

void wefti_error_copy(weft_error *to, const weft_error *from)
{
    if (to == NULL || to == from)
        return;
    if (from != NULL)
        *to = *from;
    else
        wefti_error_clear(to);
}

weft_status wefti_error_memory(weft_error *error) { return wefti_error_set(error, WEFT_ERROR_NO_MEMORY, "out of memory"); }

const char *weft_status_name(weft_status status)
{
    static const char *const names[] = {
#define NAME(identifier, name, advice) name,
        WEFT_STATUS_LIST(NAME)
#undef NAME
    };
    return (unsigned)status < WEFT_STATUS_COUNT_ ? names[status] : "unknown status";
}

const char *weft_status_identifier(weft_status status)
{
    static const char *const identifiers[] = {
#define IDENTIFIER(identifier, name, advice) #identifier,
        WEFT_STATUS_LIST(IDENTIFIER)
#undef IDENTIFIER
    };
    return (unsigned)status < WEFT_STATUS_COUNT_ ? identifiers[status] : "unknown status";
}

weft_advice weft_status_advice(weft_status status)
{
    static const unsigned char advices[] = {
#define ADVICE(identifier, name, advice) WEFT_ADVICE_##advice,
        WEFT_STATUS_LIST(ADVICE)
#undef ADVICE
    };
    return (unsigned)status < WEFT_STATUS_COUNT_ ? (weft_advice)advices[status] : WEFT_ADVICE_FIX_PROGRAM;
}

bool weft_status_is_retryable(weft_status status) { return weft_status_advice(status) == WEFT_ADVICE_RETRY; }

bool weft_status_is_constraint(weft_status status)
{
    switch (status) {
    case WEFT_ERROR_UNIQUE:
    case WEFT_ERROR_FOREIGN_KEY:
    case WEFT_ERROR_NOT_NULL:
    case WEFT_ERROR_CHECK:
    case WEFT_ERROR_CONSTRAINT: return true;
    default: return false;
    }
}
