/* expect: not compatible with any */
#include "models.h"

void run(weft_session *s, const User *user, const Address *address, const Keyword *keyword, const char *text, int64_t number)
{
    (void)s, (void)user, (void)address, (void)keyword, (void)text, (void)number;
    weft_alias(Other, Address);
    weft_alias(Word, Keyword);
#ifdef CORRECT
    (void)weft_query(s, User, .joins = weft_joins(weft_join_to(User, addresses, Other)), .where = weft_eq(Other, email, text));
    (void)weft_query(s, User, .joins = weft_joins(weft_join_to(User, keywords, Word)));
#else
    (void)weft_query(s, User, .joins = weft_joins(weft_join_to(User, addresses, Word)), .where = weft_eq(Other, email, text));
#endif
}
