/* The models that the programs of this folder make mistakes with. */
#ifndef WEFT_COMPILE_FAIL_MODELS_H
#define WEFT_COMPILE_FAIL_MODELS_H

#include <weft/weft.h>

WEFT_DECLARE(User);
WEFT_DECLARE(Address);
WEFT_DECLARE(Keyword);

struct User {
    int64_t id;
    const char *name;
    double score;
    bool active;
    weft_opt_int64 age;
    weft_timestamp created_at;
    Address_list addresses;
    Keyword_list keywords;
};

struct Address {
    int64_t id;
    const char *email;
    int64_t user_id;
    const User *user;
};

struct Keyword {
    int64_t id;
    const char *word;
};

#endif
