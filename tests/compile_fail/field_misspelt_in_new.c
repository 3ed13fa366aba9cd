/* expect: no member|does not refer to any field */
#include "models.h"

void run(weft_session *s, const User *user, const Address *address, const Keyword *keyword, const char *text, int64_t number)
{
    (void)s, (void)user, (void)address, (void)keyword, (void)text, (void)number;
#ifdef CORRECT
    (void)weft_new(s, User, .name = "x");
#else
    (void)weft_new(s, User, .nmae = "x");
#endif
}
