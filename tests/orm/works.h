/* Models for the tests of flush, each shaped after what it shows, and a fixture that gives every test a fresh database of each
 * kind. */
#ifndef TESTS_ORM_WORKS_H
#define TESTS_ORM_WORKS_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

#include "support/support.h"

WEFT_DECLARE(Writer);
WEFT_DECLARE(Novel);
WEFT_DECLARE(Tag);
WEFT_DECLARE(Team);
WEFT_DECLARE(Player);
WEFT_DECLARE(Badge);
WEFT_DECLARE(Node);
WEFT_DECLARE(Spot);
WEFT_DECLARE(Item);
WEFT_DECLARE(Place);
WEFT_DECLARE(Visit);
WEFT_DECLARE(Doc);
WEFT_DECLARE(Hen);
WEFT_DECLARE(Egg);
WEFT_DECLARE(Left);
WEFT_DECLARE(Right);
WEFT_DECLARE(Shelf);
WEFT_DECLARE(Tome);
WEFT_DECLARE(Club);
WEFT_DECLARE(Membership);
WEFT_DECLARE(Setting);
WEFT_DECLARE(Blob);

/* One to many with cascade and orphans; many to many. */
struct Writer {
    int64_t id;
    const char *name;
    Novel_list books;
    Tag_list tags;
};
struct Novel {
    int64_t id;
    const char *title;
    weft_opt_int32 year;
    int64_t author_id;
    const Writer *author;
};
struct Tag {
    int64_t id;
    const char *word;
    Writer_list authors;
};

/* One to many without cascade, nullable; one to one. */
struct Team {
    int64_t id;
    const char *name;
    Player_list players;
};
struct Player {
    int64_t id;
    const char *name;
    weft_opt_int64 team_id;
    const Team *team;
    const Badge *badge;
};
struct Badge {
    int64_t id;
    const char *code;
    weft_opt_int64 player_id;
    const Player *player;
};

/* Self-references: generated keys, given keys. */
struct Node {
    int64_t id;
    const char *name;
    weft_opt_int64 parent_id;
    const Node *parent;
    Node_list children;
};
struct Spot {
    int64_t id;
    weft_opt_int64 after_id;
    const Spot *after;
};

/* A key of text. */
struct Item {
    const char *code;
    const char *label;
    int32_t count;
    bool sold;
    double price;
};

/* Composite keys. */
struct Place {
    int32_t region;
    const char *code;
    const char *name;
    Visit_list visits;
};
struct Visit {
    int64_t id;
    weft_opt_int32 region;
    const char *code;
    const char *day;
    const Place *place;
};

struct Doc {
    int64_t id;
    const char *title;
    int32_t version;
};

/* Two tables that refer to each other, with keys that may be NULL, and with keys that may not. */
struct Hen {
    int64_t id;
    const char *name;
    weft_opt_int64 egg_id;
    const Egg *egg;
};
struct Egg {
    int64_t id;
    const char *colour;
    weft_opt_int64 hen_id;
    const Hen *hen;
};
struct Left {
    int64_t id;
    int64_t right_id;
    const Right *right;
};
struct Right {
    int64_t id;
    int64_t left_id;
    const Left *left;
};

/* Children that the database deletes. */
struct Shelf {
    int64_t id;
    const char *name;
    Tome_list tomes;
};
struct Tome {
    int64_t id;
    int64_t shelf_id;
    const Shelf *shelf;
};

/* The foreign key is part of the child's primary key. */
struct Club {
    int64_t id;
    const char *name;
    Membership_list memberships;
};
struct Membership {
    int64_t club_id;
    const char *person;
    const char *role;
    const Club *club;
};

/* Defaults of the database's, enums, text in place. */
typedef enum mood { CALM, GLAD, CROSS } mood;
struct Setting {
    int64_t id;
    weft_timestamp made_at;
    int32_t rank;
    weft_opt_int32 level;
    mood mood;
    char code[8];
    const char *note;
};

struct Blob {
    weft_uuid id;
    weft_bytes data;
    weft_decimal amount;
    weft_json json;
    weft_date day;
};

extern const weft_metadata works;

typedef struct fixture {
    test_database database;
    test_recorder *recorder;
    weft_engine *engine;
    weft_session *s;
    bool postgres;
} fixture;

int works_open_sqlite(void **state);
int works_open_postgres(void **state);
int works_close(void **state);

/* The statements since the last call of this or of works_clear. */
size_t works_statements(fixture *f);
void works_clear(fixture *f);
/* How many of them begin so. */
size_t works_starting(fixture *f, const char *with);
/* The rows of a query by another connection, joined by '|' and '\n'; empty text for none. */
#define assert_rows(f, sql, expected) works_assert_rows((f), (sql), (expected), __FILE__, __LINE__)
void works_assert_rows(fixture *f, const char *sql, const char *expected, const char *file, int line);
#define assert_ok(s, call) works_assert_status((s), (call), WEFT_OK, __FILE__, __LINE__)
#define assert_status(s, call, wanted) works_assert_status((s), (call), (wanted), __FILE__, __LINE__)
void works_assert_status(weft_session *s, weft_status status, weft_status wanted, const char *file, int line);
#define assert_message(s, part) works_assert_message((s), (part), __FILE__, __LINE__)
void works_assert_message(weft_session *s, const char *part, const char *file, int line);

#define ON_BOTH(test) \
    { #test " (SQLite)", test, works_open_sqlite, works_close, NULL }, \
        { #test " (PostgreSQL)", test, works_open_postgres, works_close, NULL }

#endif
