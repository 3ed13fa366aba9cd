/* expect: not compatible with any */
#include "models.h"

#ifdef CORRECT
WEFT_MODEL(Address, "address", WEFT_BELONGS_TO(Address, user, User, .foreign_key = "user_id"));
#else
WEFT_MODEL(Address, "address", WEFT_HAS_MANY(Address, user, User, .foreign_key = "user_id"));
#endif
