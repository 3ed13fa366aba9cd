/* expect: no member */
#include "models.h"

#ifdef CORRECT
WEFT_MODEL(Keyword, "keyword", WEFT_COLUMN(Keyword, id, .primary_key = true), WEFT_COLUMN(Keyword, word));
#else
WEFT_MODEL(Keyword, "keyword", WEFT_COLUMN(Keyword, id, .primary_key = true), WEFT_COLUMN(Keyword, wrod));
#endif
