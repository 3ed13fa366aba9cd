/* expect: read-only object|const-qualified */
#include "models.h"

void run(weft_session *s, const User *user, const Address *address, const Keyword *keyword, const char *text, int64_t number)
{
    (void)s, (void)user, (void)address, (void)keyword, (void)text, (void)number;
#ifdef CORRECT
    weft_edit(s, User, address->user)->name = "x";
#else
    address->user->name = "x";
#endif
}
