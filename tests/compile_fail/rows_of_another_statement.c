/* expect: initializing|invalid initializer|incompatible */
#include "statements.h"

void run(weft_session *s)
{
#ifdef CORRECT
    Id_list list = weft_run(s, by_score, .least = 3);
#else
    User_list list = weft_run(s, by_score, .least = 3);
#endif
    (void)list;
}
