/* A program on models that weft reflect wrote: rows go in and come out by every relationship. */
#include "library.h"

#include <stdio.h>
#include <stdlib.h>

static void must(weft_session *s, weft_status status, const char *what)
{
    if (status == WEFT_OK)
        return;
    printf("%s: %s\n", what, weft_session_error(s)->message);
    exit(1);
}

static void fill(weft_session *s)
{
    Author *ann = weft_new(s, Author, .name = "Ann");
    Author *bob = weft_new(s, Author, .name = "Bob", .rank = weft_some(0), .active = weft_some(false));
    weft_append(s, Author, ann, authors_mentor, Author, bob);
    (void)weft_new(s, Passport, .number = "P1", .author = ann);
    Book *sea = weft_new(s, Book, .title = "Sea", .author = ann, .editor = bob);
    Book *tea = weft_new(s, Book, .title = "Tea", .author = ann);
    Tag *wet = weft_new(s, Tag, .code = "wet", .class_ = "of water");
    Tag *hot = weft_new(s, Tag, .code = "hot");
    weft_append(s, Book, sea, tags, Tag, wet);
    weft_append(s, Book, tea, tags, Tag, wet);
    weft_append(s, Tag, hot, books, Book, tea);
    must(s, weft_session_commit(s), "fill");
}

static void show_authors(weft_session *s, const weft_loader *load)
{
    Author_list authors = weft_query(s, Author, .order_by = weft_order(weft_asc(Author, name)), .load = load);
    weft_each (Author, author, authors) {
        printf("%s rank %d %s, mentor %s, passport %s:", author->name, (int)author->rank.value,
               author->active.value ? "active" : "retired", author->mentor != NULL ? author->mentor->name : "none",
               author->passport != NULL ? author->passport->number : "none");
        weft_each (Book, book, author->books_author) {
            printf(" %s", book->title);
            if (book->tags.count == 1)
                printf("/%s", book->tags.items[0]->code);
            else
                printf(" of %zu tags", book->tags.count);
        }
        printf(" edits %zu, teaches %zu\n", author->books_editor.count, author->authors_mentor.count);
    }
    must(s, weft_session_status(s), "authors");
}

static void change(weft_session *s)
{
    const Book *tea =
        weft_query(s, Book, .where = weft_eq(Book, title, "Tea"), .load = weft_load(weft_selectin(Book, tags))).items[0];
    const Tag *wet = weft_get(s, Tag, "wet");
    weft_remove(s, Book, tea, tags, Tag, weft_edit(s, Tag, wet));
    weft_edit(s, Book, tea)->title = "Green tea";
    must(s, weft_session_commit(s), "change");
    Tag_list tags = weft_query(s, Tag, .order_by = weft_order(weft_asc(Tag, code)), .load = weft_load(weft_selectin(Tag, books)));
    weft_each (Tag, tag, tags) {
        printf("%s (%s):", tag->code, tag->class_ != NULL ? tag->class_ : "-");
        weft_each (Book, book, tag->books)
            printf(" %s", book->title);
        puts("");
    }
}

/* A view has a struct for its rows, or a model where its key shows. */
static void show_view(weft_session *s)
{
    Title_list titles = weft_text_rows(s, Title, title_select, NULL);
    must(s, weft_session_status(s), "view");
    printf("%zu titles, all by %s\n", titles.count, titles.count > 0 ? titles.items[0]->name : "nobody");
    LongTitle_list longs = weft_query(s, LongTitle, .order_by = weft_order(weft_asc(LongTitle, title)));
    must(s, weft_session_status(s), "view by its key");
    printf("long:");
    weft_each (LongTitle, title, longs)
        printf("%s %s", title == longs.items[0] ? "" : ",", title->title);
    printf("; of %d author\n", (int)weft_count_of(s, ByAuthor, .where = weft_gt(ByAuthor, author_id, 0)));
}

int main(int count, char **arguments)
{
    weft_error error = {0};
    weft_engine *engine;
    const weft_engine_options options = {.metadata = &library, .check_schema = WEFT_SCHEMA_REFUSE};
    if (count < 2 || weft_engine_open(&engine, arguments[1], &options, &error) != WEFT_OK) {
        printf("open: %s\n", error.message);
        return 1;
    }
    weft_session *s = weft_session_open(engine, NULL);
    fill(s);
    weft_session_close(s);
    s = weft_session_open(engine, NULL);
    show_authors(s, weft_load(weft_joined(Author, mentor), weft_joined(Author, passport),
                              weft_joined(Author, books_author, weft_selectin(Book, tags)), weft_selectin(Author, books_editor),
                              weft_selectin(Author, authors_mentor)));
    change(s);
    show_view(s);
    weft_session_close(s);
    weft_engine_close(engine);
    return 0;
}
