/* The models of works.h. */
#include "works.h"

WEFT_MODEL(Writer, "author",
    WEFT_COLUMN(Writer, id, .primary_key = true),
    WEFT_COLUMN(Writer, name, .unique = true),
    WEFT_HAS_MANY(Writer, books, Novel, .foreign_key = "author_id", .back_populates = "author",
                  .cascade = WEFT_CASCADE_ALL | WEFT_CASCADE_DELETE_ORPHAN, .order_by = "id"),
    WEFT_MANY_TO_MANY(Writer, tags, Tag, .through = "author_tag(author_id, tag_id)", .back_populates = "authors",
        .order_by = "id"));
WEFT_MODEL(Novel, "book",
    WEFT_COLUMN(Novel, id, .primary_key = true),
    WEFT_COLUMN(Novel, title, .length = 40),
    WEFT_COLUMN(Novel, year),
    WEFT_COLUMN(Novel, author_id, .references = "author.id"),
    WEFT_BELONGS_TO(Novel, author, Writer, .foreign_key = "author_id", .back_populates = "books"));
WEFT_MODEL(Tag, "tag",
    WEFT_COLUMN(Tag, id, .primary_key = true),
    WEFT_COLUMN(Tag, word, .unique = true),
    WEFT_MANY_TO_MANY(Tag, authors, Writer, .through = "author_tag(tag_id, author_id)", .back_populates = "tags",
        .order_by = "id"));

WEFT_MODEL(Team, "team",
    WEFT_COLUMN(Team, id, .primary_key = true),
    WEFT_COLUMN(Team, name),
    WEFT_HAS_MANY(Team, players, Player, .foreign_key = "team_id", .back_populates = "team", .order_by = "id"));
WEFT_MODEL(Player, "player",
    WEFT_COLUMN(Player, id, .primary_key = true),
    WEFT_COLUMN(Player, name),
    WEFT_COLUMN(Player, team_id, .references = "team.id"),
    WEFT_BELONGS_TO(Player, team, Team, .foreign_key = "team_id", .back_populates = "players"),
    WEFT_HAS_ONE(Player, badge, Badge, .foreign_key = "player_id", .back_populates = "player"));
WEFT_MODEL(Badge, "badge",
    WEFT_COLUMN(Badge, id, .primary_key = true),
    WEFT_COLUMN(Badge, code),
    WEFT_COLUMN(Badge, player_id, .references = "player.id", .unique = true),
    WEFT_BELONGS_TO(Badge, player, Player, .foreign_key = "player_id", .back_populates = "badge"));

WEFT_MODEL(Node, "node",
    WEFT_COLUMN(Node, id, .primary_key = true),
    WEFT_COLUMN(Node, name),
    WEFT_COLUMN(Node, parent_id, .references = "node.id"),
    WEFT_BELONGS_TO(Node, parent, Node, .foreign_key = "parent_id", .back_populates = "children"),
    WEFT_HAS_MANY(Node, children, Node, .foreign_key = "parent_id", .back_populates = "parent", .cascade = WEFT_CASCADE_ALL,
                  .order_by = "id"));
WEFT_MODEL(Spot, "spot",
    WEFT_COLUMN(Spot, id, .primary_key = true),
    WEFT_COLUMN(Spot, after_id, .references = "spot.id"),
    WEFT_BELONGS_TO(Spot, after, Spot, .foreign_key = "after_id"));

WEFT_MODEL(Item, "item",
    WEFT_COLUMN(Item, code, .primary_key = true),
    WEFT_COLUMN(Item, label),
    WEFT_COLUMN(Item, count),
    WEFT_COLUMN(Item, sold),
    WEFT_COLUMN(Item, price));

WEFT_MODEL(Place, "place",
    WEFT_COLUMN(Place, region, .primary_key = true),
    WEFT_COLUMN(Place, code, .primary_key = true),
    WEFT_COLUMN(Place, name),
    WEFT_HAS_MANY(Place, visits, Visit, .foreign_key = "region, code", .back_populates = "place", .cascade = WEFT_CASCADE_ALL,
                  .lazy = WEFT_LOAD_RAISE)); /* flush loads it all the same */
WEFT_MODEL(Visit, "visit",
    WEFT_COLUMN(Visit, id, .primary_key = true),
    WEFT_COLUMN(Visit, region),
    WEFT_COLUMN(Visit, code, .nullable = true),
    WEFT_COLUMN(Visit, day),
    WEFT_FOREIGN_KEY(Visit, "region, code", "place(region, code)"),
    WEFT_BELONGS_TO(Visit, place, Place, .foreign_key = "region, code", .back_populates = "visits"));

WEFT_MODEL(Doc, "doc",
    WEFT_COLUMN(Doc, id, .primary_key = true),
    WEFT_COLUMN(Doc, title),
    WEFT_COLUMN(Doc, version, .version = true));

WEFT_MODEL(Hen, "hen",
    WEFT_COLUMN(Hen, id, .primary_key = true),
    WEFT_COLUMN(Hen, name),
    WEFT_COLUMN(Hen, egg_id, .references = "egg.id"),
    WEFT_BELONGS_TO(Hen, egg, Egg, .foreign_key = "egg_id"));
WEFT_MODEL(Egg, "egg",
    WEFT_COLUMN(Egg, id, .primary_key = true),
    WEFT_COLUMN(Egg, colour),
    WEFT_COLUMN(Egg, hen_id, .references = "hen.id"),
    WEFT_BELONGS_TO(Egg, hen, Hen, .foreign_key = "hen_id"));
WEFT_MODEL(Left, "leftie",
    WEFT_COLUMN(Left, id, .primary_key = true),
    WEFT_COLUMN(Left, right_id, .references = "rightie.id"),
    WEFT_BELONGS_TO(Left, right, Right, .foreign_key = "right_id"));
WEFT_MODEL(Right, "rightie",
    WEFT_COLUMN(Right, id, .primary_key = true),
    WEFT_COLUMN(Right, left_id, .references = "leftie.id"),
    WEFT_BELONGS_TO(Right, left, Left, .foreign_key = "left_id"));

WEFT_MODEL(Shelf, "shelf",
    WEFT_COLUMN(Shelf, id, .primary_key = true),
    WEFT_COLUMN(Shelf, name),
    WEFT_HAS_MANY(Shelf, tomes, Tome, .foreign_key = "shelf_id", .back_populates = "shelf", .cascade = WEFT_CASCADE_ALL,
                  .passive_deletes = true));
WEFT_MODEL(Tome, "tome",
    WEFT_COLUMN(Tome, id, .primary_key = true),
    WEFT_COLUMN(Tome, shelf_id, .references = "shelf.id", .on_delete = "CASCADE"),
    WEFT_BELONGS_TO(Tome, shelf, Shelf, .foreign_key = "shelf_id", .back_populates = "tomes"));

WEFT_MODEL(Club, "club",
    WEFT_COLUMN(Club, id, .primary_key = true),
    WEFT_COLUMN(Club, name),
    WEFT_HAS_MANY(Club, memberships, Membership, .foreign_key = "club_id", .back_populates = "club"));
WEFT_MODEL(Membership, "membership",
    WEFT_COLUMN(Membership, club_id, .primary_key = true, .references = "club.id"),
    WEFT_COLUMN(Membership, person, .primary_key = true),
    WEFT_COLUMN(Membership, role),
    WEFT_BELONGS_TO(Membership, club, Club, .foreign_key = "club_id", .back_populates = "memberships"));

static const char *const moods[] = { "calm", "glad", "cross" };
WEFT_MODEL(Setting, "setting",
    WEFT_COLUMN(Setting, id, .primary_key = true),
    WEFT_COLUMN(Setting, made_at, .server_default = "CURRENT_TIMESTAMP"),
    WEFT_COLUMN(Setting, rank, .server_default = "7", .zero_is_unset = true),
    WEFT_COLUMN(Setting, level, .server_default = "5"),
    WEFT_ENUM(Setting, mood, moods),
    WEFT_COLUMN(Setting, code),
    WEFT_COLUMN(Setting, note, .server_default = "'none'"));

WEFT_MODEL(Blob, "blob",
    WEFT_COLUMN(Blob, id, .primary_key = true),
    WEFT_COLUMN(Blob, data, .nullable = true),
    WEFT_COLUMN(Blob, amount, .nullable = true, .precision = 12, .scale = 2),
    WEFT_COLUMN(Blob, json, .nullable = true),
    WEFT_COLUMN(Blob, day));

WEFT_METADATA(works, &Writer_model, &Novel_model, &Tag_model, &Team_model, &Player_model, &Badge_model, &Node_model, &Spot_model,
    &Item_model, &Place_model, &Visit_model, &Doc_model, &Hen_model, &Egg_model, &Left_model, &Right_model, &Shelf_model,
    &Tome_model, &Club_model, &Membership_model, &Setting_model, &Blob_model);

size_t works_starting(const fixture *f, const char *with)
{
    size_t found = 0;
    for (size_t i = 0; i < test_recorder_count(f->recorder); i++)
        found += strncmp(test_recorder_text(f->recorder, i), with, strlen(with)) == 0;
    return found;
}
