/* expect: (integer|text|bool|timestamp)_column|is_no_column|weft_(value_)?(double|decimal|bytes|timestamp)|type 'double' */
/* variants: 12 */
#include "models.h"

typedef struct Priced {
    weft_decimal price;
    weft_bytes picture;
} Priced;
extern const weft_model Priced_model;

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
#elif VARIANT == 8
    (void)weft_eq(Priced, price, PICK((weft_decimal){"1.5"}, 1.5));
#elif VARIANT == 9
    (void)weft_eq(Priced, price, PICK(7L, (weft_opt_int32){0}));
#elif VARIANT == 10
    (void)weft_eq(Priced, picture, PICK((weft_bytes){0}, "bytes"));
#elif VARIANT == 11
    (void)weft_eq(User, created_at, PICK((weft_opt_timestamp){0}, (weft_opt_date){0}));
#else
    (void)weft_eq(User, PICK(id, addresses), PICK('x', 1));
#endif
}
