/* expect: expected|before|string */
#include "models.h"

typedef struct Text {
    const char *text;
} Text;
WEFT_ROW(Text, WEFT_FIELD(Text, text));

void run(weft_session *s, const char *path)
{
    (void)path;
#ifdef CORRECT
    (void)weft_rows(s, Text, .from = weft_from(User), .columns = weft_columns(weft_json_text(weft_col(User, name), "$.a")));
#else
    (void)weft_rows(s, Text, .from = weft_from(User), .columns = weft_columns(weft_json_text(weft_col(User, name), path)));
#endif
}
