/* expect: braces|integer|pointer|conversion */
/* variants: 3 */
#include "statements.h"

void run(weft_session *s)
{
#ifdef CORRECT
    (void)weft_run(s, by_score, .name = "x", .age = weft_some(3));
#elif VARIANT == 1
    (void)weft_run(s, by_score, .name = 3);
#elif VARIANT == 2
    (void)weft_run(s, by_score, .age = 3);
#else
    (void)weft_run(s, by_score, .price = 3);
#endif
}
