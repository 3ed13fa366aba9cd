/* expect: invalid initializer|incompatible type */
#include "models.h"

void run(weft_session *s, const User *user, const Address *address, const Keyword *keyword, const char *text, int64_t number)
{
    (void)s, (void)user, (void)address, (void)keyword, (void)text, (void)number;
#ifdef CORRECT
    weft_each (Keyword, k, user->keywords)
        (void)k;
#else
    weft_each (Address, a, user->keywords)
        (void)a;
#endif
}
