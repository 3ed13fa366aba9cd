/* expect: invalid initializer|incompatible type */
#include "models.h"

void run(weft_session *s, const User *user, const Address *address, const Keyword *keyword, const char *text, int64_t number)
{
    (void)s, (void)user, (void)address, (void)keyword, (void)text, (void)number;
#ifdef CORRECT
    User_list list = weft_query(s, User);
    (void)list;
#else
    Address_list list = weft_query(s, User);
    (void)list;
#endif
}
