/* expect: User.name takes no items of Ask.ids */
#include "models.h"

typedef struct Ask {
    WEFT_LIST_OF(int64_t) ids;
} Ask;
WEFT_ROW(Ask, WEFT_LIST_FIELD(Ask, ids));
WEFT_PARAMETERS(Ask);
typedef struct Id {
    int64_t id;
} Id;
WEFT_ROW(Id, WEFT_FIELD(Id, id));
#ifdef CORRECT
WEFT_STATEMENT(some, Id, Ask, .from = weft_from(User), .columns = weft_columns(weft_col(User, id)),
               .where = weft_in_param(User, id, Ask, ids));
#else
WEFT_STATEMENT(some, Id, Ask, .from = weft_from(User), .columns = weft_columns(weft_col(User, id)),
               .where = weft_in_param(User, name, Ask, ids));
#endif
void run(weft_session *s, const int64_t *ids) { (void)weft_run(s, some, .ids = {ids, 3}); }
