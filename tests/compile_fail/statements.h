/* A statement with parameters that the programs of this folder make mistakes with. */
#ifndef WEFT_COMPILE_FAIL_STATEMENTS_H
#define WEFT_COMPILE_FAIL_STATEMENTS_H

#include "models.h"

typedef struct Ask {
    double least;
    const char *name;
    weft_opt_int64 age;
    weft_decimal price;
} Ask;
WEFT_ROW(Ask, WEFT_FIELD(Ask, least), WEFT_FIELD(Ask, name), WEFT_FIELD(Ask, age), WEFT_FIELD(Ask, price));
WEFT_PARAMETERS(Ask);
typedef struct Id {
    int64_t id;
} Id;
WEFT_ROW(Id, WEFT_FIELD(Id, id));
WEFT_STATEMENT(by_score, Id, Ask, .from = weft_from(User), .columns = weft_columns(weft_col(User, id)),
               .where = weft_and(weft_ge_col(User, score, Ask, least), weft_eq_col(User, name, Ask, name),
                                 weft_eq_col(User, age, Ask, age)));

#endif
