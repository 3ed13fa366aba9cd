/* weft_text_query: objects from text SQL by the names of its columns, on both databases: keys of every kind, columns that the text
 * leaves out or adds, objects that are there, texts that write, loaders, and what the program is told where it cannot be. */
#include "support/fixture.h"

static const char *const kinds[] = {"novel", "poem"};
typedef enum Kind { NOVEL, POEM } Kind;

WEFT_DECLARE(Writer);
WEFT_DECLARE(Book);
WEFT_DECLARE(Mark);
struct Writer {
    int32_t id;
    const char *name;
    const char *note;
    Book_list books;
};
struct Book {
    int64_t id;
    int32_t writer_id;
    int64_t version;
    const char *title;
    weft_decimal price;
    Kind kind;
    weft_opt_timestamp printed;
    int32_t year;
    const Writer *writer;
};
struct Mark {
    weft_uuid book;
    Kind kind;
    char place[8];
    int64_t stars;
};
WEFT_MODEL(Writer, "writer", WEFT_COLUMN(Writer, id, .primary_key = true), WEFT_COLUMN(Writer, name),
           WEFT_COLUMN(Writer, note, .nullable = true),
           WEFT_HAS_MANY(Writer, books, Book, .foreign_key = "writer_id", .back_populates = "writer", .order_by = "id"));
WEFT_MODEL(Book, "book", WEFT_COLUMN(Book, id, .primary_key = true), WEFT_COLUMN(Book, writer_id, .references = "writer.id"),
           WEFT_COLUMN(Book, version, .version = true), WEFT_COLUMN(Book, title),
           WEFT_COLUMN(Book, price, .precision = 10, .scale = 2), WEFT_ENUM(Book, kind, kinds), WEFT_COLUMN(Book, printed),
           WEFT_COLUMN(Book, year, .column = "Year of Print"),
           WEFT_BELONGS_TO(Book, writer, Writer, .foreign_key = "writer_id", .back_populates = "books"));
WEFT_MODEL(Mark, "mark", WEFT_COLUMN(Mark, book, .primary_key = true), WEFT_ENUM(Mark, kind, kinds, .primary_key = true),
           WEFT_COLUMN(Mark, place, .primary_key = true), WEFT_COLUMN(Mark, stars));
WEFT_METADATA(library, &Writer_model, &Book_model, &Mark_model);

#define MARKED "00000000-0000-4000-8000-00000000000"
#define ROWS \
    "INSERT INTO writer (id, name) VALUES (1, 'Ada'), (2, 'Ben'), (3, 'Cid');" \
    "INSERT INTO book (id, writer_id, version, title, price, kind, printed, \"Year of Print\") VALUES " \
    "(1, 1, 1, 'One', '1.50', 'novel', NULL, 1901), (2, 1, 4, 'Two', '22.00', 'poem', NULL, 1902), " \
    "(3, 2, 1, 'Three', '3.10', 'poem', '2020-02-29 12:00:00.000000', 1903);"
FIXTURE_ROWS(library, ROWS);

#define ALL_BOOKS "SELECT * FROM book ORDER BY id DESC"

static void whole_rows_are_whole_objects(void **state)
{
    fixture *f = *state;
    Book_list books = weft_text_query(f->s, Book, ALL_BOOKS, NULL);
    assert_ok(f->s);
    assert_int_equal(books.count, 3);
    assert_string_equal(fixture_last_sql(f), ALL_BOOKS);
    assert_int_equal(fixture_statements(f), 1);
    static const struct {
        int64_t id, version, year;
        const char *title, *price;
        Kind kind;
    } wanted[] = {{3, 1, 1903, "Three", "3.10", POEM}, {2, 4, 1902, "Two", "22.00", POEM}, {1, 1, 1901, "One", "1.50", NOVEL}};
    for (size_t i = 0; i < books.count; i++) {
        const Book *book = books.items[i];
        assert_int_equal(book->id, wanted[i].id);
        assert_int_equal(book->version, wanted[i].version);
        assert_int_equal(book->year, wanted[i].year);
        assert_string_equal(book->title, wanted[i].title);
        assert_string_equal(book->price.text, wanted[i].price);
        assert_int_equal(book->kind, wanted[i].kind);
        assert_int_equal(book->printed.set, i == 0);
        assert_ptr_equal(weft_get(f->s, Book, book->id), book); /* in the identity map, whole */
        assert_true(weft_loaded(f->s, Book, book, title));
    }
    assert_int_equal(fixture_statements(f), 0);
    /* They are written like any other. */
    weft_edit(f->s, Book, books.items[1])->title = "Zwei";
    commit_ok(f->s);
    assert_rows(f, "SELECT id, version, title FROM book ORDER BY id", "1|1|One\n2|5|Zwei\n3|1|Three");
}

static void parameters_and_pending_changes_are_seen(void **state)
{
    fixture *f = *state;
    weft_new(f->s, Writer, .id = 9, .name = "Abe");
    Writer_list found = weft_text_query(f->s, Writer, "SELECT * FROM writer WHERE name LIKE $1 AND id < $2 ORDER BY id",
                                        weft_parameters(weft_value_text("A%"), weft_value_int64(100)));
    assert_ok(f->s);
    assert_int_equal(found.count, 2);
    assert_string_equal(found.items[0]->name, "Ada");
    assert_string_equal(found.items[1]->name, "Abe");
    found = weft_text_query(f->s, Writer, "SELECT * FROM writer WHERE id < $1", weft_parameters(weft_value_int64(0)));
    assert_ok(f->s);
    assert_int_equal(found.count, 0);
    rollback_ok(f->s);
}

/* A column that the model does not have is passed over; one that is missing is loaded when it is asked for, for all at once. */
static void columns_may_be_more_and_less(void **state)
{
    fixture *f = *state;
    Book_list books = weft_text_query(f->s, Book,
                                      "SELECT 7 AS seven, b.title AS titel, b.VERSION, b.writer_id, b.id, count(*) OVER () AS many "
                                      "FROM book b ORDER BY b.id",
                                      NULL);
    assert_ok(f->s);
    assert_int_equal(books.count, 3);
    (void)fixture_statements(f);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(books.items[i]->id, (int64_t)i + 1);
        assert_false(weft_loaded(f->s, Book, books.items[i], title));
        assert_false(weft_loaded(f->s, Book, books.items[i], year));
    }
    assert_string_equal(weft_lazy(f->s, Book, books.items[0], title), "One");
    assert_string_equal(weft_lazy(f->s, Book, books.items[2], title), "Three");
    assert_int_equal(fixture_statements(f), 1);
    /* What is not loaded is not written. */
    weft_edit(f->s, Book, books.items[1])->title = "II";
    commit_ok(f->s);
    assert_rows(f, "SELECT id, title, price, kind, \"Year of Print\" FROM book ORDER BY id",
                "1|One|1.50|novel|1901\n2|II|22.00|poem|1902\n3|Three|3.10|poem|1903");
    /* A text with more fills what is there. */
    weft_session_clear(f->s);
    Writer_list few = weft_text_query(f->s, Writer, "SELECT id FROM writer WHERE id = 1", NULL);
    assert_false(weft_loaded(f->s, Writer, few.items[0], name));
    Writer_list more = weft_text_query(f->s, Writer, "SELECT id, name FROM writer WHERE id = 1", NULL);
    assert_ptr_equal(few.items[0], more.items[0]);
    assert_string_equal(few.items[0]->name, "Ada");
    assert_false(weft_loaded(f->s, Writer, few.items[0], note));
}

static void objects_that_are_there_stay_as_they_are(void **state)
{
    fixture *f = *state;
    const Writer *ada = weft_get(f->s, Writer, 1);
    assert_call(f->s, weft_session_savepoint(f->s), WEFT_OK); /* in a transaction */
    ada = weft_get(f->s, Writer, 1);
    Writer_list all = weft_text_query(f->s, Writer, "SELECT id, 'X' AS name, note FROM writer WHERE id = 1", NULL);
    assert_ptr_equal(all.items[0], ada);
    assert_string_equal(ada->name, "Ada");
    all = weft_text_query(f->s, Writer, "SELECT id, 'X' AS name, note FROM writer WHERE id = 1", NULL, .refresh = true);
    assert_ok(f->s);
    assert_ptr_equal(all.items[0], ada);
    assert_string_equal(ada->name, "X");
    /* Each once, in the order in which they come. */
    all = weft_text_query(f->s, Writer, "SELECT w.* FROM writer w JOIN book b ON b.writer_id = w.id ORDER BY b.id DESC", NULL);
    assert_ok(f->s);
    assert_int_equal(all.count, 2);
    assert_int_equal(all.items[0]->id, 2);
    assert_int_equal(all.items[1]->id, 1);
    rollback_ok(f->s);
}

static void texts_that_write_give_what_they_wrote(void **state)
{
    fixture *f = *state;
    assert_call(f->s, weft_session_savepoint(f->s), WEFT_OK); /* in a transaction */
    const Writer *ada = weft_get(f->s, Writer, 1), *ben = weft_get(f->s, Writer, 2);
    Writer_list changed = weft_text_query(f->s, Writer, "UPDATE writer SET note = 'new', name = name || '!' RETURNING *", NULL);
    assert_ok(f->s);
    assert_int_equal(changed.count, 3);
    assert_string_equal(ada->name, "Ada!");
    assert_string_equal(ben->note, "new");
    (void)fixture_statements(f);
    assert_ptr_equal(weft_get(f->s, Writer, 1), ada);
    assert_int_equal(fixture_statements(f), 0); /* current */
    changed = weft_text_query(f->s, Writer, "INSERT INTO writer (id, name) VALUES (20, 'Dan') RETURNING id, name", NULL);
    assert_ok(f->s);
    assert_int_equal(changed.count, 1);
    assert_string_equal(changed.items[0]->name, "Dan");
    (void)fixture_statements(f);
    assert_string_equal(weft_lazy(f->s, Writer, ada, note), "new"); /* stale now: a trigger may have changed it */
    assert_true(fixture_statements(f) > 0);
    commit_ok(f->s);
    assert_rows(f, "SELECT id, name FROM writer ORDER BY id", "1|Ada!\n2|Ben!\n3|Cid!\n20|Dan");
}

static void relationships_are_loaded_beside(void **state)
{
    fixture *f = *state;
    Writer_list all =
        weft_text_query(f->s, Writer, "SELECT * FROM writer ORDER BY id", NULL, .load = weft_load(weft_selectin(Writer, books)));
    assert_ok(f->s);
    assert_int_equal(fixture_statements(f), 2);
    assert_int_equal(all.items[0]->books.count, 2);
    assert_int_equal(all.items[2]->books.count, 0);
    weft_session_clear(f->s);
    Book_list books = weft_text_query(f->s, Book, ALL_BOOKS, NULL, .load = weft_load(weft_joined(Book, writer)));
    assert_ok(f->s);
    assert_int_equal(fixture_statements(f), 2);
    assert_string_equal(books.items[0]->writer->name, "Ben");
    weft_session_clear(f->s);
    all = weft_text_query(f->s, Writer, "SELECT * FROM writer ORDER BY id", NULL, .load = weft_load(weft_subquery(Writer, books)));
    assert_ok(f->s);
    assert_int_equal(fixture_statements(f), 2);
    assert_int_equal(all.items[1]->books.count, 1);
    weft_session_clear(f->s);
    all = weft_text_query(f->s, Writer, "SELECT * FROM writer ORDER BY id", NULL, .load = weft_load(weft_raise(Writer, books)));
    assert_ok(f->s);
    (void)weft_lazy(f->s, Writer, all.items[0], books);
    assert_refused(f->s, WEFT_ERROR_LAZY_LOAD);
    weft_session_clear(f->s);
    /* Lazily for all that the text gave. */
    all = weft_text_query(f->s, Writer, "SELECT * FROM writer ORDER BY id", NULL);
    (void)fixture_statements(f);
    for (size_t i = 0; i < all.count; i++)
        (void)weft_lazy(f->s, Writer, all.items[i], books);
    assert_int_equal(fixture_statements(f), 1);
}

static void keys_of_every_kind_find_their_objects(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 9; i++) {
        Mark *mark = weft_new(f->s, Mark, .kind = i % 2 == 0 ? NOVEL : POEM, .stars = i);
        assert_true(weft_uuid_parse(i % 3 == 0 ? MARKED "1" : MARKED "2", &mark->book));
        snprintf(mark->place, sizeof mark->place, "p%d", i);
    }
    commit_ok(f->s);
    assert_call(f->s, weft_session_savepoint(f->s), WEFT_OK); /* in a transaction */
    Mark_list marks = weft_query(f->s, Mark, .order_by = weft_order(weft_asc(Mark, stars)));
    Mark_list texts = weft_text_query(f->s, Mark, "SELECT stars, place, kind, book FROM mark ORDER BY stars", NULL);
    assert_ok(f->s);
    assert_int_equal(texts.count, 9);
    for (size_t i = 0; i < 9; i++)
        assert_ptr_equal(texts.items[i], marks.items[i]);
    rollback_ok(f->s);
    weft_session_clear(f->s);
    /* Keys as texts and in other types of numbers are the same keys. */
    texts = weft_text_query(
        f->s, Mark, "SELECT stars, place, CAST(kind AS varchar(9)) AS kind, CAST(book AS text) AS book FROM mark ORDER BY stars",
        NULL);
    assert_ok(f->s);
    const Mark *mark = texts.items[3];
    assert_ptr_equal(weft_get(f->s, Mark, weft_key(Mark, .book = mark->book, .kind = mark->kind, .place = "p3")), mark);
    Writer_list writers =
        weft_text_query(f->s, Writer, "SELECT CAST(id AS numeric) AS id, name, note FROM writer ORDER BY id", NULL);
    assert_ok(f->s);
    (void)fixture_statements(f);
    assert_ptr_equal(weft_get(f->s, Writer, 2), writers.items[1]);
    assert_int_equal(fixture_statements(f), 0);
}

static void what_cannot_be_is_told(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *sql;
        weft_status status;
        const char *told;
    } wrong[] = {
        {"SELECT name FROM writer", WEFT_ERROR_MISUSE, "no column id, without which there is no Book"},
        {"SELECT id, version FROM book", WEFT_ERROR_MISUSE, "no column writer_id, without which there is no Book"},
        {"SELECT id, writer_id FROM book", WEFT_ERROR_MISUSE, "no column version, without which there is no Book"},
        {"SELECT b.*, w.id FROM book b JOIN writer w ON w.id = b.writer_id", WEFT_ERROR_MISUSE, "are both called id"},
        {"SELECT 'x' AS id, 1 AS writer_id, 1 AS version", WEFT_ERROR_SCHEMA, "Book.id"},
        {"SELECT 1 AS id, 1 AS writer_id, 1 AS version, 5 AS title", WEFT_ERROR_SCHEMA, "book.title"},
        {"SELECT 77 AS id, 1 AS writer_id, 1 AS version, 'drama' AS kind", WEFT_ERROR_SCHEMA, "book.kind"},
        {"SELECT b.* FROM writer w LEFT JOIN book b ON b.writer_id = w.id ORDER BY w.id", WEFT_ERROR_DATA,
         "NULL in the primary key"},
        {"DELETE FROM book", WEFT_ERROR_MISUSE, "no column id"},
        {"COMMIT", WEFT_ERROR_MISUSE, ""},
        {"SELECT * FROM book; SELECT 1", WEFT_ERROR_SQL, ""},
        {"SELECT * FROM book WHERE id = $1", WEFT_ERROR_MISUSE, ""},
        {"SELECT * FROM no_such", WEFT_ERROR_NO_TABLE, ""},
        {"", WEFT_ERROR_MISUSE, ""},
        {NULL, WEFT_ERROR_MISUSE, ""},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Book_list books = weft_text_query(f->s, Book, wrong[i].sql, NULL);
        assert_int_equal(books.count, 0);
        assert_status(f->s, wrong[i].status);
        assert_message(f->s, wrong[i].told);
        rollback_ok(f->s);
    }
    (void)weft_text_query(f->s, Book, ALL_BOOKS, NULL, .load = weft_load(weft_load_only(weft_col(Book, title))));
    assert_message(f->s, "the text says which columns are loaded");
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)weft_text_query(f->s, Book, ALL_BOOKS, NULL, .load = weft_load(weft_selectin(Writer, books)));
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    assert_rows(f, "SELECT count(*) FROM book", "3"); /* the DELETE was rolled back */
}

/* Many rows, in an order that is none of the keys': the same objects as those of the query. */
static void many_rows_are_the_querys(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 20000; i++)
        weft_new(f->s, Writer, .id = 100 + i, .name = weft_format(f->s, "w%d", i * 7919 % 20000));
    commit_ok(f->s);
    weft_session_clear(f->s);
    assert_call(f->s, weft_session_savepoint(f->s), WEFT_OK); /* in a transaction */
    Writer_list texts = weft_text_query(f->s, Writer, "SELECT name, id, note FROM writer WHERE id >= $1 ORDER BY name",
                                        weft_parameters(weft_value_int64(100)));
    assert_ok(f->s);
    Writer_list query = weft_query(f->s, Writer, .where = weft_ge(Writer, id, 100), .order_by = weft_order(weft_asc(Writer, name)));
    assert_int_equal(texts.count, 20000);
    assert_int_equal(query.count, 20000);
    for (size_t i = 0; i < query.count; i++)
        assert_ptr_equal(texts.items[i], query.items[i]);
    rollback_ok(f->s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(whole_rows_are_whole_objects),
        ON_BOTH(parameters_and_pending_changes_are_seen),
        ON_BOTH(columns_may_be_more_and_less),
        ON_BOTH(objects_that_are_there_stay_as_they_are),
        ON_BOTH(texts_that_write_give_what_they_wrote),
        ON_BOTH(relationships_are_loaded_beside),
        ON_BOTH(keys_of_every_kind_find_their_objects),
        ON_BOTH(what_cannot_be_is_told),
        ON_BOTH(many_rows_are_the_querys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
