/* The models of school.h. */
#include "school.h"

static const char *const moods[] = {"calm", "keen"};

WEFT_MODEL(Author, "author",
    WEFT_COLUMN(Author, id, .primary_key = true),
    WEFT_COLUMN(Author, name, .length = 40),
    WEFT_COLUMN(Author, note, .nullable = true),
    WEFT_COLUMN(Author, age),
    WEFT_ENUM(Author, mood, moods),
    WEFT_COLUMN(Author, code),
    WEFT_COLUMN(Author, created_at, .server_default = "CURRENT_TIMESTAMP", .zero_is_unset = true),
    WEFT_HAS_MANY(Author, books, Book, .foreign_key = "author_id", .back_populates = "author", .order_by = "id"),
    WEFT_HAS_MANY(Author, desks, Desk, .foreign_key = "author_id", .back_populates = "author", .order_by = "id",
                  .cascade = WEFT_CASCADE_ALL | WEFT_CASCADE_DELETE_ORPHAN),
    WEFT_MANY_TO_MANY(Author, labels, Label, .through = "author_label(author_id, label_id)", .back_populates = "authors",
                      .order_by = "id"));

WEFT_MODEL(Book, "book",
    WEFT_COLUMN(Book, id, .primary_key = true),
    WEFT_COLUMN(Book, title),
    WEFT_COLUMN(Book, author_id, .references = "author.id"),
    WEFT_BELONGS_TO(Book, author, Author, .foreign_key = "author_id", .back_populates = "books"));

WEFT_MODEL(Label, "label",
    WEFT_COLUMN(Label, id, .primary_key = true),
    WEFT_COLUMN(Label, word, .unique = true),
    WEFT_MANY_TO_MANY(Label, authors, Author, .through = "author_label(label_id, author_id)", .back_populates = "labels"));

WEFT_MODEL(Desk, "desk",
    WEFT_COLUMN(Desk, id, .primary_key = true),
    WEFT_COLUMN(Desk, author_id, .references = "author.id"),
    WEFT_COLUMN(Desk, place),
    WEFT_BELONGS_TO(Desk, author, Author, .foreign_key = "author_id", .back_populates = "desks"));

WEFT_MODEL(Branch, "branch",
    WEFT_COLUMN(Branch, id, .primary_key = true),
    WEFT_COLUMN(Branch, name),
    WEFT_COLUMN(Branch, parent_id, .references = "branch.id"),
    WEFT_BELONGS_TO(Branch, parent, Branch, .foreign_key = "parent_id", .back_populates = "children"),
    WEFT_HAS_MANY(Branch, children, Branch, .foreign_key = "parent_id", .back_populates = "parent", .order_by = "id"));

WEFT_MODEL(Seat, "seat",
    WEFT_COLUMN(Seat, hall, .primary_key = true),
    WEFT_COLUMN(Seat, mark, .primary_key = true),
    WEFT_COLUMN(Seat, price));

WEFT_METADATA(school, &Author_model, &Branch_model, &Seat_model);
