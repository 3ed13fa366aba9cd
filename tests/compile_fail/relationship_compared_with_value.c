/* expect: not compatible with any|is incomplete|incompatible type */
#include "models.h"

void run(weft_session *s, const User *user, const Address *address, const Keyword *keyword, const char *text, int64_t number)
{
    (void)s, (void)user, (void)address, (void)keyword, (void)text, (void)number;
#ifdef CORRECT
    (void)weft_query(s, User, .where = weft_any(User, addresses, weft_eq(Address, id, 1)));
#else
    (void)weft_query(s, User, .where = weft_eq(User, addresses, 1));
#endif
}
