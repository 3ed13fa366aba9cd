/* Models for the tests of sessions: FIXTURE_MODELS(school). */
#ifndef TESTS_ORM_SCHOOL_H
#define TESTS_ORM_SCHOOL_H

#include "support/fixture.h"

WEFT_DECLARE(Author);
WEFT_DECLARE(Book);
WEFT_DECLARE(Label);
WEFT_DECLARE(Desk);
WEFT_DECLARE(Branch);
WEFT_DECLARE(Seat);

typedef enum mood { MOOD_CALM, MOOD_KEEN } mood;

struct Author {
    int64_t id;
    const char *name;
    const char *note; /* nullable */
    weft_opt_int32 age;
    mood mood;
    char code[8];
    weft_timestamp created_at;
    Book_list books;
    Desk_list desks;
    Label_list labels;
};

struct Book {
    int64_t id;
    const char *title;
    weft_opt_int64 author_id;
    const Author *author;
};

struct Label {
    int64_t id;
    const char *word;
    Author_list authors;
};

struct Desk {
    int64_t id;
    int64_t author_id;
    const char *place;
    const Author *author;
};

struct Branch {
    int64_t id;
    const char *name;
    weft_opt_int64 parent_id;
    const Branch *parent;
    Branch_list children;
};

struct Seat {
    int64_t hall;
    const char *mark;
    double price;
};

extern const weft_metadata school;

#endif
