/* expect: read-only object|const-qualified */
#include "models.h"

void run(weft_session *s, const User *user, const Address *address, const Keyword *keyword, const char *text, int64_t number)
{
    (void)s, (void)user, (void)address, (void)keyword, (void)text, (void)number;
#ifdef CORRECT
    weft_each (User, u, weft_query(s, User))
        weft_edit(s, User, u)->active = false;
#else
    weft_each (User, u, weft_query(s, User))
        u->active = false;
#endif
}
