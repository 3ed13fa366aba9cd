/* expect: expected */
#include "models.h"

void run(weft_session *s, const User *user, const Address *address, const Keyword *keyword, const char *text, int64_t number)
{
    (void)s, (void)user, (void)address, (void)keyword, (void)text, (void)number;
#ifdef CORRECT
    (void)weft_query(s, User, .where = weft_sql(WEFT_BOOL, ":id > 1", weft_arg("id", weft_col(User, id))));
#else
    (void)weft_query(s, User, .where = weft_sql(WEFT_BOOL, text, weft_arg("id", weft_col(User, id))));
#endif
}
