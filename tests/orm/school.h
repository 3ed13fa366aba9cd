/* Models and a fixture for the tests of orm, run on each database. */
#ifndef TESTS_ORM_SCHOOL_H
#define TESTS_ORM_SCHOOL_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include <weft/weft.h>

#include "support/support.h"

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

typedef struct fixture {
    test_database database;
    test_recorder *recorder;
    weft_engine *engine;
    weft_session *s;
} fixture;

int school_sqlite(void **state);
int school_postgres(void **state);
int school_close(void **state);
/* A session beside the fixture's. */
weft_session *school_session(const fixture *f, const weft_session_options *options);
/* The rows of a query, asked beside weft, compared with the expected text. */
void school_rows(const fixture *f, const char *sql, const char *expected);
#define assert_ok(s) \
    do { \
        if (weft_session_status(s) != WEFT_OK) \
            fail_msg("%s", weft_session_error(s)->message); \
    } while (0)
#define commit_ok(s) \
    do { \
        if (weft_session_commit(s) != WEFT_OK) \
            fail_msg("commit: %s", weft_session_error(s)->message); \
    } while (0)

/* A test on each database. */
#define ON_BOTH(test) \
    {#test " on sqlite", test, school_sqlite, school_close, NULL}, {#test " on postgresql", test, school_postgres, school_close, \
        NULL}

#endif
