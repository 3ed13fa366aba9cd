/* expect: expected */
#include "models.h"

extern const char *table_name;

#ifdef CORRECT
WEFT_MODEL(Keyword, "keyword", WEFT_COLUMN(Keyword, id, .primary_key = true));
#else
WEFT_MODEL(Keyword, table_name, WEFT_COLUMN(Keyword, id, .primary_key = true));
#endif
