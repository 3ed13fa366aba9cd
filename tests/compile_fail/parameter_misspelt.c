/* expect: leest */
#include "statements.h"

void run(weft_session *s)
{
#ifdef CORRECT
    (void)weft_run(s, by_score, .least = 3);
#else
    (void)weft_run(s, by_score, .leest = 3);
#endif
}
