/* Models and rows for the tests of load, on each database. The rows are put in beside weft, with the ids that the tests name. */
#ifndef TESTS_LOAD_SHOP_H
#define TESTS_LOAD_SHOP_H

#include "support/fixture.h"

WEFT_DECLARE(User);
WEFT_DECLARE(Address);
WEFT_DECLARE(Order);
WEFT_DECLARE(Item);
WEFT_DECLARE(Keyword);
WEFT_DECLARE(Profile);
WEFT_DECLARE(Node);
WEFT_DECLARE(Member);
WEFT_DECLARE(Entry);
WEFT_DECLARE(Badge);
WEFT_DECLARE(Land);
WEFT_DECLARE(Town);
WEFT_DECLARE(House);
WEFT_DECLARE(Part);

/* 7 jack: 1 address, 3 orders. 8 ed: 3 addresses. 9 fred: 1 address, 2 orders. 10 chuck: nothing. 7 and 9 have a profile. */
struct User {
    int64_t id;
    const char *name;
    Address_list addresses;
    Order_list orders;
    const Profile *profile;
};

struct Address {
    int64_t id;
    weft_opt_int64 user_id;
    const char *email;
    const User *user;
};

/* Order 5 has no address. */
struct Order {
    int64_t id;
    int64_t user_id;
    weft_opt_int64 address_id;
    const char *description;
    const User *user;
    const Address *address;
    Item_list items;
};

struct Item {
    int64_t id;
    const char *description;
    Order_list orders;
    Keyword_list keywords;
};

struct Keyword {
    int64_t id;
    const char *word;
};

struct Profile {
    int64_t id;
    int64_t user_id;
    const char *motto;
    const User *user;
};

/* 1 has 2, 3 and 4; 2 has 5 and 6; 5 has 7. 8 stands alone. */
struct Node {
    int64_t id;
    weft_opt_int64 parent_id;
    const char *name;
    const Node *parent;
    Node_list children;
};

/* Keys of two columns: (1, 'a') has 3 entries, (1, 'b') none, (2, 'a') one. */
struct Member {
    int32_t group_id;
    const char *code;
    const char *name;
    Entry_list entries;
    Badge_list badges;
};

struct Entry {
    int64_t id;
    weft_opt_int32 group_id;
    const char *code;
    const Member *member;
};

struct Badge {
    int64_t id;
    const char *name;
    Member_list members;
};

/* Loaded by default: a land's towns by select-in, a town's land by join, a town's houses by join. */
struct Land {
    int64_t id;
    const char *name;
    Town_list towns;
};

struct Town {
    int64_t id;
    int64_t land_id;
    const char *name;
    const Land *land;
    House_list houses;
};

struct House {
    int64_t id;
    int64_t town_id;
    const Town *town;
};

/* Refers to itself, with a default join; its other side is never loaded lazily. */
struct Part {
    int64_t id;
    weft_opt_int64 whole_id;
    const Part *whole;
    Part_list parts;
};

extern const weft_metadata shop;

/* A test program says FIXTURE_ROWS(shop, shop_rows); */
extern const char shop_rows[];

/* A new session in the place of the fixture's. */
weft_session *shop_session(fixture *f, const weft_session_options *options);

/* The ids of a list, in its order. */
#define assert_ids(list, ...) \
    do { \
        const int64_t expected_[] = {__VA_ARGS__}; \
        assert_int_equal((list).count, sizeof(expected_) / sizeof(expected_[0])); \
        for (size_t i_ = 0; i_ < (list).count; i_++) \
            assert_int_equal((list).items[i_]->id, expected_[i_]); \
    } while (0)

#endif
