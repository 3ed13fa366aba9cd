/* expect: not compatible with any */
#include "models.h"

void run(weft_session *s, const User *user, const Address *address, const Keyword *keyword, const char *text, int64_t number)
{
    (void)s, (void)user, (void)address, (void)keyword, (void)text, (void)number;
#ifdef CORRECT
    weft_assign(s, Address, address, user, User, user);
#else
    weft_assign(s, Address, address, user_id, User, user);
#endif
}
