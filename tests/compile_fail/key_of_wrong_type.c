/* expect: not compatible with any */
#include "models.h"

void run(weft_session *s, const User *user, const Address *address, const Keyword *keyword, const char *text, int64_t number)
{
    (void)s, (void)user, (void)address, (void)keyword, (void)text, (void)number;
#ifdef CORRECT
    (void)weft_get(s, User, 1);
#else
    (void)weft_get(s, User, 1.5);
#endif
}
