/* expect: User.name and Address.id are columns of different kinds */
#include "models.h"

void run(weft_session *s, const User *user, const Address *address, const Keyword *keyword, const char *text, int64_t number)
{
    (void)s, (void)user, (void)address, (void)keyword, (void)text, (void)number;
#ifdef CORRECT
    (void)weft_query(s, User, .where = weft_eq_col(User, name, Address, email));
#else
    (void)weft_query(s, User, .where = weft_eq_col(User, name, Address, id));
#endif
}
