/* expect: is incomplete|incompatible type */
#include "models.h"

void run(weft_session *s, const User *user, const Address *address, const Keyword *keyword, const char *text, int64_t number)
{
    (void)s, (void)user, (void)address, (void)keyword, (void)text, (void)number;
#ifdef CORRECT
    weft_set(s, User, user, score, 1.5);
#else
    weft_set(s, User, user, score, "high");
#endif
}
