/* expect: constant */
#include "statements.h"

#ifdef CORRECT
WEFT_STATEMENT(of_ada, Id, Ask, .from = weft_from(User), .columns = weft_columns(weft_col(User, id)),
               .where = weft_op(weft_col(User, name), "=", WEFT_LITERAL_TEXT("ada")));
#else
WEFT_STATEMENT(of_ada, Id, Ask, .from = weft_from(User), .columns = weft_columns(weft_col(User, id)),
               .where = weft_eq(User, name, "ada"));
#endif
void run(weft_session *s) { (void)weft_run(s, of_ada); }
