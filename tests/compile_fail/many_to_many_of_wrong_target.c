/* expect: not compatible with any */
#include "models.h"

#ifdef CORRECT
WEFT_MODEL(User, "user_account", WEFT_MANY_TO_MANY(User, keywords, Keyword, .through = "user_keyword(user_id, keyword_id)"));
#else
WEFT_MODEL(User, "user_account", WEFT_MANY_TO_MANY(User, keywords, Address, .through = "user_keyword(user_id, keyword_id)"));
#endif
