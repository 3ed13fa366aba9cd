/* expect: is incomplete|incompatible type */
#include "models.h"

void run(weft_session *s, const User *user, const Address *address, const Keyword *keyword, const char *text, int64_t number)
{
    (void)s, (void)user, (void)address, (void)keyword, (void)text, (void)number;
#ifdef CORRECT
    const int64_t items[] = {1};
    (void)weft_query(s, User, .where = weft_in(User, id, items, 1));
#else
    const double items[] = {1.5};
    (void)weft_query(s, User, .where = weft_in(User, id, items, 1));
#endif
}
