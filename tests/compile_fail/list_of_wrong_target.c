/* expect: not compatible with any */
#include "models.h"

#ifdef CORRECT
WEFT_MODEL(User, "user_account", WEFT_HAS_MANY(User, addresses, Address, .foreign_key = "user_id"));
#else
WEFT_MODEL(User, "user_account", WEFT_HAS_MANY(User, addresses, Keyword, .foreign_key = "user_id"));
#endif
