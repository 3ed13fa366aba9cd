/* expect: Line.name and User.id are columns of different kinds|text_column */
/* variants: 2 */
#include "models.h"

typedef struct Line {
    const char *name;
} Line;
WEFT_ROW(Line, WEFT_FIELD(Line, name));

void run(weft_session *s)
{
#ifdef CORRECT
    (void)weft_rows(s, Line, .from = weft_from(User), .columns = weft_columns(weft_put_col(Line, name, User, name)));
    (void)weft_rows(s, Line, .from = weft_from(User), .columns = weft_columns(weft_put_value(Line, name, "x")));
#elif VARIANT == 1
    (void)weft_rows(s, Line, .from = weft_from(User), .columns = weft_columns(weft_put_col(Line, name, User, id)));
#else
    (void)weft_rows(s, Line, .from = weft_from(User), .columns = weft_columns(weft_put_value(Line, name, 3)));
#endif
}
