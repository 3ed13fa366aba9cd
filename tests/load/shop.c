/* The models and rows of shop.h. */
#include "shop.h"

WEFT_MODEL(User, "users",
    WEFT_COLUMN(User, id, .primary_key = true),
    WEFT_COLUMN(User, name),
    WEFT_HAS_MANY(User, addresses, Address, .foreign_key = "user_id", .back_populates = "user", .order_by = "id"),
    WEFT_HAS_MANY(User, orders, Order, .foreign_key = "user_id", .back_populates = "user", .order_by = "id DESC"),
    WEFT_HAS_ONE(User, profile, Profile, .foreign_key = "user_id", .back_populates = "user"));

WEFT_MODEL(Address, "addresses",
    WEFT_COLUMN(Address, id, .primary_key = true),
    WEFT_COLUMN(Address, user_id, .references = "users.id"),
    WEFT_COLUMN(Address, email),
    WEFT_BELONGS_TO(Address, user, User, .foreign_key = "user_id", .back_populates = "addresses"));

WEFT_MODEL(Order, "orders",
    WEFT_COLUMN(Order, id, .primary_key = true),
    WEFT_COLUMN(Order, user_id, .references = "users.id"),
    WEFT_COLUMN(Order, address_id, .references = "addresses.id"),
    WEFT_COLUMN(Order, description),
    WEFT_BELONGS_TO(Order, user, User, .foreign_key = "user_id", .back_populates = "orders"),
    WEFT_BELONGS_TO(Order, address, Address, .foreign_key = "address_id"),
    WEFT_MANY_TO_MANY(Order, items, Item, .through = "order_items(order_id, item_id)", .back_populates = "orders",
                      .order_by = "id"));

WEFT_MODEL(Item, "items",
    WEFT_COLUMN(Item, id, .primary_key = true),
    WEFT_COLUMN(Item, description),
    WEFT_MANY_TO_MANY(Item, orders, Order, .through = "order_items(item_id, order_id)", .back_populates = "items",
                      .order_by = "id"),
    WEFT_MANY_TO_MANY(Item, keywords, Keyword, .through = "item_keywords(item_id, keyword_id)", .order_by = "word"));

WEFT_MODEL(Keyword, "keywords",
    WEFT_COLUMN(Keyword, id, .primary_key = true),
    WEFT_COLUMN(Keyword, word));

WEFT_MODEL(Profile, "profiles",
    WEFT_COLUMN(Profile, id, .primary_key = true),
    WEFT_COLUMN(Profile, user_id, .references = "users.id"),
    WEFT_COLUMN(Profile, motto),
    WEFT_BELONGS_TO(Profile, user, User, .foreign_key = "user_id", .back_populates = "profile"));

WEFT_MODEL(Node, "nodes",
    WEFT_COLUMN(Node, id, .primary_key = true),
    WEFT_COLUMN(Node, parent_id, .references = "nodes.id"),
    WEFT_COLUMN(Node, name),
    WEFT_BELONGS_TO(Node, parent, Node, .foreign_key = "parent_id", .back_populates = "children"),
    WEFT_HAS_MANY(Node, children, Node, .foreign_key = "parent_id", .back_populates = "parent", .order_by = "id"));

WEFT_MODEL(Member, "members",
    WEFT_COLUMN(Member, group_id, .primary_key = true),
    WEFT_COLUMN(Member, code, .primary_key = true),
    WEFT_COLUMN(Member, name),
    WEFT_HAS_MANY(Member, entries, Entry, .foreign_key = "group_id, code", .back_populates = "member", .order_by = "id"),
    WEFT_MANY_TO_MANY(Member, badges, Badge, .through = "member_badges(group_id, code; badge_id)", .back_populates = "members",
                      .order_by = "id"));

WEFT_MODEL(Entry, "entries",
    WEFT_COLUMN(Entry, id, .primary_key = true),
    WEFT_COLUMN(Entry, group_id),
    WEFT_COLUMN(Entry, code, .nullable = true),
    WEFT_FOREIGN_KEY(Entry, "group_id, code", "members(group_id, code)"),
    WEFT_BELONGS_TO(Entry, member, Member, .foreign_key = "group_id, code", .back_populates = "entries"));

WEFT_MODEL(Badge, "badges",
    WEFT_COLUMN(Badge, id, .primary_key = true),
    WEFT_COLUMN(Badge, name),
    WEFT_MANY_TO_MANY(Badge, members, Member, .through = "member_badges(badge_id; group_id, code)", .back_populates = "badges"));

WEFT_MODEL(Land, "lands",
    WEFT_COLUMN(Land, id, .primary_key = true),
    WEFT_COLUMN(Land, name),
    WEFT_HAS_MANY(Land, towns, Town, .foreign_key = "land_id", .back_populates = "land", .order_by = "id",
                  .lazy = WEFT_LOAD_SELECTIN));

WEFT_MODEL(Town, "towns",
    WEFT_COLUMN(Town, id, .primary_key = true),
    WEFT_COLUMN(Town, land_id, .references = "lands.id"),
    WEFT_COLUMN(Town, name),
    WEFT_BELONGS_TO(Town, land, Land, .foreign_key = "land_id", .back_populates = "towns", .lazy = WEFT_LOAD_JOINED),
    WEFT_HAS_MANY(Town, houses, House, .foreign_key = "town_id", .back_populates = "town", .order_by = "id",
                  .lazy = WEFT_LOAD_JOINED));

WEFT_MODEL(House, "houses",
    WEFT_COLUMN(House, id, .primary_key = true),
    WEFT_COLUMN(House, town_id, .references = "towns.id"),
    WEFT_BELONGS_TO(House, town, Town, .foreign_key = "town_id", .back_populates = "houses"));

WEFT_MODEL(Part, "parts",
    WEFT_COLUMN(Part, id, .primary_key = true),
    WEFT_COLUMN(Part, whole_id, .references = "parts.id"),
    WEFT_BELONGS_TO(Part, whole, Part, .foreign_key = "whole_id", .back_populates = "parts", .lazy = WEFT_LOAD_JOINED),
    WEFT_HAS_MANY(Part, parts, Part, .foreign_key = "whole_id", .back_populates = "whole", .order_by = "id",
                  .lazy = WEFT_LOAD_RAISE));

WEFT_METADATA(shop, &User_model, &Item_model, &Node_model, &Member_model, &Land_model, &Part_model);

const char shop_rows[] =
    "INSERT INTO users (id, name) VALUES (7, 'jack'), (8, 'ed'), (9, 'fred'), (10, 'chuck');"
    "INSERT INTO addresses (id, user_id, email) VALUES (1, 7, 'jack@bean.com'), (2, 8, 'ed@wood.com'), (3, 8, 'ed@bettyboop.com'),"
    " (4, 8, 'ed@lala.com'), (5, 9, 'fred@fred.com'), (6, NULL, 'nobody@nowhere.com');"
    "INSERT INTO orders (id, user_id, address_id, description) VALUES (1, 7, 1, 'order 1'), (2, 9, 4, 'order 2'),"
    " (3, 7, 1, 'order 3'), (4, 9, 4, 'order 4'), (5, 7, NULL, 'order 5');"
    "INSERT INTO items (id, description) VALUES (1, 'item 1'), (2, 'item 2'), (3, 'item 3'), (4, 'item 4'), (5, 'item 5');"
    "INSERT INTO order_items (order_id, item_id) VALUES (1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3), (3, 3), (3, 4), (3, 5),"
    " (4, 1), (4, 5), (5, 5);"
    "INSERT INTO keywords (id, word) VALUES (1, 'blue'), (2, 'red'), (3, 'green');"
    "INSERT INTO item_keywords (item_id, keyword_id) VALUES (1, 2), (1, 1), (2, 2), (3, 3);"
    "INSERT INTO profiles (id, user_id, motto) VALUES (1, 7, 'up'), (2, 9, 'on');"
    "INSERT INTO nodes (id, parent_id, name) VALUES (1, NULL, 'n1'), (2, 1, 'n2'), (3, 1, 'n3'), (4, 1, 'n4'), (5, 2, 'n5'),"
    " (6, 2, 'n6'), (7, 5, 'n7'), (8, NULL, 'n8');"
    "INSERT INTO members (group_id, code, name) VALUES (1, 'a', 'ann'), (1, 'b', 'bob'), (2, 'a', 'cid');"
    "INSERT INTO entries (id, group_id, code) VALUES (1, 1, 'a'), (2, 2, 'a'), (3, 1, 'a'), (4, 1, 'a'), (5, NULL, 'a'),"
    " (6, 1, NULL);"
    "INSERT INTO badges (id, name) VALUES (1, 'gold'), (2, 'iron');"
    "INSERT INTO member_badges (group_id, code, badge_id) VALUES (1, 'a', 1), (1, 'a', 2), (2, 'a', 2);"
    "INSERT INTO lands (id, name) VALUES (1, 'north'), (2, 'south');"
    "INSERT INTO towns (id, land_id, name) VALUES (1, 1, 'ash'), (2, 1, 'elm'), (3, 2, 'oak');"
    "INSERT INTO houses (id, town_id) VALUES (1, 1), (2, 1), (3, 3);"
    "INSERT INTO parts (id, whole_id) VALUES (1, NULL), (2, 1), (3, 2), (4, 2);";

weft_session *shop_session(fixture *f, const weft_session_options *options)
{
    weft_session_close(f->s);
    f->s = weft_session_open(f->engine, options);
    test_recorder_clear(f->recorder);
    return f->s;
}
