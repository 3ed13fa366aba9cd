/* expect: braces */
/* variants: 5 */
#include "models.h"

/* Every macro that takes the fields of a struct refuses them without their braces. */
weft_status run(weft_session *s, weft_connection *c, weft_error *error)
{
    (void)s, (void)c, (void)error;
#ifdef CORRECT
#define AGE weft_some(30)
#define PARAMETER weft_value_int64(30)
#else
#define AGE 30
#define PARAMETER 30
#endif
#if VARIANT == 1
    return weft_get(s, User, weft_key(User, .age = AGE)) != NULL ? WEFT_OK : WEFT_ERROR_NOT_FOUND;
#elif VARIANT == 2
    const User *key = weft_key(User, .age = AGE);
    return weft_get(s, User, key) != NULL ? WEFT_OK : WEFT_ERROR_NOT_FOUND;
#elif VARIANT == 3
    return weft_insert_many(c, User, (&(User){.age = AGE}), 1, NULL, error);
#elif VARIANT == 4
    return weft_execute_text(c, "SELECT $1", weft_parameters(PARAMETER), error);
#else
    return weft_session_status(s) != WEFT_OK || weft_new(s, User, .name = "x", .age = AGE)->id == 0 ? WEFT_OK : WEFT_ERROR_MISUSE;
#endif
}
