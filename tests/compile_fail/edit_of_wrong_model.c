/* expect: not compatible with any */
#include "models.h"

void run(weft_session *s, const User *user, const Address *address, const Keyword *keyword, const char *text, int64_t number)
{
    (void)s, (void)user, (void)address, (void)keyword, (void)text, (void)number;
#ifdef CORRECT
    (void)weft_edit(s, Address, address);
#else
    (void)weft_edit(s, User, address);
#endif
}
