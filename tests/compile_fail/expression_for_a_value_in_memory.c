/* expect: (text|integer)_column|no_value|_Generic|generic|weft_(value_)?decimal|incompatible */
/* variants: 8 */
#include "models.h"

typedef struct Priced {
    weft_decimal price;
} Priced;
extern const weft_model Priced_model;

/* An expression stands where a column is compared or set in a statement, and nowhere else that a value does. */
void run(weft_session *s, const User *user, const Priced *priced, const weft_expr *e)
{
    (void)s, (void)user, (void)priced, (void)e;
#ifdef CORRECT
#define PICK(right, wrong) right
#else
#define PICK(right, wrong) wrong
#endif
#if VARIANT == 1
    (void)weft_set(s, User, user, name, PICK("a", e));
#elif VARIANT == 2
    (void)weft_set(s, Priced, priced, price, PICK((weft_decimal){"1.5"}, e));
#elif VARIANT == 3
    (void)weft_get(s, User, PICK(7, e));
#elif VARIANT == 4
    (void)weft_val(PICK("a", e));
#elif VARIANT == 5
    (void)weft_in(User, name, (PICK((const char *const[]){"a"}, (const weft_expr *const[]){e})), 1);
#elif VARIANT == 6
    (void)weft_val_like(User, name, PICK("a", e));
#elif VARIANT == 7
    (void)weft_eq(User, name, PICK(e, &e));
#else
    (void)weft_eq(User, id, PICK(e, s));
#endif
}
