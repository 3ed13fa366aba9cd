/* expect: read-only location|const-qualified */
#include "models.h"

void run(weft_session *s, const User *user, const Address *address, const Keyword *keyword, const char *text, int64_t number)
{
    (void)s, (void)user, (void)address, (void)keyword, (void)text, (void)number;
#ifdef CORRECT
    weft_append(s, User, user, addresses, Address, address);
#else
    user->addresses.items[0] = address;
#endif
}
