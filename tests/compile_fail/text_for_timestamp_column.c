/* expect: is incomplete|incompatible type */
#include "models.h"

void run(weft_session *s, const User *user, const Address *address, const Keyword *keyword, const char *text, int64_t number)
{
    (void)s, (void)user, (void)address, (void)keyword, (void)text, (void)number;
#ifdef CORRECT
    (void)weft_query(s, User, .where = weft_gt(User, created_at, user->created_at));
#else
    (void)weft_query(s, User, .where = weft_gt(User, created_at, "2024-01-01"));
#endif
}
