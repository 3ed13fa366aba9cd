/* Filling weft_error: no allocation, the first error kept unless told otherwise. */
#ifndef WEFTI_BASE_ERROR_H
#define WEFTI_BASE_ERROR_H

#include "base/paths.h"

#include <stdarg.h>

#include <weft/status.h>

/* Clears error, sets status and message, returns status. error may be NULL. */
weft_status wefti_error_set(weft_error *error, weft_status status, const char *format, ...) WEFT_PRINTF(3, 4) WEFTI_COLD;
weft_status wefti_error_setv(weft_error *error, weft_status status, const char *format, va_list arguments)
    WEFT_PRINTF(3, 0) WEFTI_COLD;
void wefti_error_hint(weft_error *error, const char *format, ...) WEFT_PRINTF(2, 3) WEFTI_COLD;
/* Puts "text: " before the message. */
void wefti_error_prefix(weft_error *error, const char *format, ...) WEFT_PRINTF(2, 3) WEFTI_COLD;
void wefti_error_clear(weft_error *error);
void wefti_error_copy(weft_error *to, const weft_error *from) WEFTI_COLD; /* either may be NULL */
weft_status wefti_error_memory(weft_error *error) WEFTI_COLD;             /* WEFT_ERROR_NO_MEMORY */
/* The same status, of a call that has certainly sent nothing to the database; WEFT_OK and a NULL error are left alone. */
static inline weft_status wefti_error_unsent(weft_status status, weft_error *error)
{
    if (status != WEFT_OK && error != NULL)
        error->nothing_sent = true;
    return status;
}
/* Copies text into one of the fixed fields, cut at a character. */
void wefti_error_field(char *field, size_t field_size, const char *text) WEFTI_COLD;

#endif
