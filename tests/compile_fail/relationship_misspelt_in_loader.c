/* expect: no member */
#include "models.h"

void run(weft_session *s, const User *user, const Address *address, const Keyword *keyword, const char *text, int64_t number)
{
    (void)s, (void)user, (void)address, (void)keyword, (void)text, (void)number;
#ifdef CORRECT
    (void)weft_query(s, User, .load = weft_load(weft_joined(User, addresses)));
#else
    (void)weft_query(s, User, .load = weft_load(weft_joined(User, adresses)));
#endif
}
