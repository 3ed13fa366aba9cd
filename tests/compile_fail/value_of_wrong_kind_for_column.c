/* expect: integer_column|text_column|bool_column|real_column|timestamp_column|field_that_is_no_column */
/* variants: 8 */
#include "models.h"

/* The message names what the column takes. */
void run(weft_session *s, const User *user)
{
    (void)s, (void)user;
#ifdef CORRECT
#define PICK(right, wrong) right
#else
#define PICK(right, wrong) wrong
#endif
#if VARIANT == 1
    (void)weft_eq(User, id, PICK((size_t)1, "1"));
#elif VARIANT == 2
    (void)weft_eq(User, name, PICK("x", (uint64_t)1));
#elif VARIANT == 3
    (void)weft_eq(User, active, PICK(true, "true"));
#elif VARIANT == 4
    (void)weft_eq(User, score, PICK((unsigned char)1, "1"));
#elif VARIANT == 5
    (void)weft_in(User, created_at, ((const PICK(weft_timestamp, weft_date)[]){{0}}), 1);
#elif VARIANT == 6
    (void)weft_set(s, User, user, id, PICK((ptrdiff_t)1, 1.0));
#elif VARIANT == 7
    (void)weft_in(User, id, ((const PICK(unsigned short, bool)[]){1}), 1);
#else
    (void)weft_eq(User, PICK(id, addresses), PICK('x', 1));
#endif
}
