/* Models and the fixture. */
#include "school.h"

#include <stdlib.h>

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

static int school_open(void **state, test_backend backend)
{
    fixture *f = calloc(1, sizeof *f);
    weft_error error = {0};
    assert_non_null(f);
    test_database_open(&f->database, backend);
    f->recorder = test_recorder_new();
    weft_engine_options options = {.metadata = &school, .log = test_recorder_log, .log_context = f->recorder,
                                   .log_level = WEFT_LOG_INFO, .pool = {.size = 4, .timeout_ms = 5000}};
    if (weft_engine_open(&f->engine, f->database.url, &options, &error) != WEFT_OK || weft_create_all(f->engine, &error) != WEFT_OK)
        fail_msg("open: %s", error.message);
    f->s = weft_session_open(f->engine, NULL);
    test_recorder_clear(f->recorder);
    *state = f;
    return 0;
}

int school_sqlite(void **state) { return school_open(state, TEST_SQLITE); }
int school_postgres(void **state) { return school_open(state, TEST_POSTGRES); }

int school_close(void **state)
{
    fixture *f = *state;
    weft_session_close(f->s);
    weft_engine_close(f->engine);
    test_recorder_free(f->recorder);
    test_database_drop(&f->database);
    free(f);
    return 0;
}

weft_session *school_session(const fixture *f, const weft_session_options *options)
{
    return weft_session_open(f->engine, options);
}

void school_rows(const fixture *f, const char *sql, const char *expected)
{
    char *rows = test_database_rows(&f->database, sql);
    assert_string_equal(rows, expected);
    free(rows);
}
