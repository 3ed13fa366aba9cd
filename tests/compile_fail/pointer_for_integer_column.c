/* expect: is incomplete|incompatible type */
#include "models.h"

void run(weft_session *s, const User *user, const Address *address, const Keyword *keyword, const char *text, int64_t number)
{
    (void)s, (void)user, (void)address, (void)keyword, (void)text, (void)number;
#ifdef CORRECT
    (void)weft_query(s, User, .where = weft_eq(User, id, user->id));
#else
    (void)weft_query(s, User, .where = weft_eq(User, id, user));
#endif
}
