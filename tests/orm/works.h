/* Models for the tests of flush, each shaped after what it shows: FIXTURE_MODELS(works). */
#ifndef TESTS_ORM_WORKS_H
#define TESTS_ORM_WORKS_H

#include "support/fixture.h"

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

/* How many of the statements since test_recorder_clear begin so. */
size_t works_starting(const fixture *f, const char *with);

#endif
