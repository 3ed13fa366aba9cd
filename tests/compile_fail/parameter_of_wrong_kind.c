/* expect: User.name and Ask.least are columns of different kinds */
#include "models.h"

typedef struct Ask {
    double least;
} Ask;
WEFT_ROW(Ask, WEFT_FIELD(Ask, least));
WEFT_PARAMETERS(Ask);
typedef struct Id {
    int64_t id;
} Id;
WEFT_ROW(Id, WEFT_FIELD(Id, id));
#ifdef CORRECT
WEFT_STATEMENT(big, Id, Ask, .from = weft_from(User), .columns = weft_columns(weft_col(User, id)),
               .where = weft_ge_col(User, score, Ask, least));
#else
WEFT_STATEMENT(big, Id, Ask, .from = weft_from(User), .columns = weft_columns(weft_col(User, id)),
               .where = weft_ge_col(User, name, Ask, least));
#endif
void run(weft_session *s) { (void)weft_run(s, big, .least = 3); }
