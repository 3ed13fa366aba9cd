/* Several models of one table: one row, whichever object it is written through. */
#include "support/fixture.h"

WEFT_DECLARE(Author);
WEFT_DECLARE(Article);
WEFT_DECLARE(Card);
WEFT_DECLARE(Stub);
WEFT_DECLARE(Comment);

struct Author {
    int64_t id;
    const char *name;
    Article_list articles;
};
struct Article {
    int64_t id;
    const char *title, *body;
    weft_decimal price;
    weft_opt_int32 pages;
    int64_t author_id;
    int version;
    const Author *author;
    Comment_list comments;
};
struct Card {
    int64_t id;
    const char *title;
    int64_t author_id;
    const Author *author;
};
struct Stub {
    int64_t id;
    weft_decimal price;
    weft_opt_int32 pages;
    int version;
};
struct Comment {
    int64_t id;
    int64_t article_id;
    const char *text;
};

WEFT_MODEL(Author, "author", WEFT_COLUMN(Author, id, .primary_key = true), WEFT_COLUMN(Author, name),
           WEFT_HAS_MANY(Author, articles, Article, .foreign_key = "author_id", .back_populates = "author"));
WEFT_MODEL(Article, "article", WEFT_COLUMN(Article, id, .primary_key = true),
           WEFT_COLUMN(Article, title, .length = 100, .index = true), WEFT_COLUMN(Article, body),
           WEFT_COLUMN(Article, price, .precision = 10, .scale = 2), WEFT_COLUMN(Article, pages),
           WEFT_COLUMN(Article, author_id, .references = "author.id"), WEFT_COLUMN(Article, version, .version = true),
           WEFT_BELONGS_TO(Article, author, Author, .foreign_key = "author_id", .back_populates = "articles"),
           WEFT_HAS_MANY(Article, comments, Comment, .foreign_key = "article_id", .cascade = WEFT_CASCADE_ALL));
WEFT_MODEL(Card, "article", WEFT_OPTIONS(Card, .view_of = &Article_model), WEFT_COLUMN(Card, id, .primary_key = true),
           WEFT_COLUMN(Card, title), WEFT_COLUMN(Card, author_id),
           WEFT_BELONGS_TO(Card, author, Author, .foreign_key = "author_id"));
WEFT_MODEL(Stub, "article", WEFT_OPTIONS(Stub, .view_of = &Article_model), WEFT_COLUMN(Stub, id, .primary_key = true),
           WEFT_COLUMN(Stub, price), WEFT_COLUMN(Stub, pages), WEFT_COLUMN(Stub, version));
WEFT_MODEL(Comment, "comment", WEFT_COLUMN(Comment, id, .primary_key = true),
           WEFT_COLUMN(Comment, article_id, .references = "article.id"), WEFT_COLUMN(Comment, text));
/* The view first: its main model is taken in before it. */
WEFT_METADATA(press, &Card_model, &Stub_model, &Comment_model);
FIXTURE_MODELS(press);

static void write_articles(fixture *f, int count)
{
    weft_session *s = f->s;
    Author *author = weft_new(s, Author, .name = "ann");
    for (int i = 0; i < count; i++) {
        Article *article =
            weft_new(s, Article, .title = weft_format(s, "t%d", i), .body = "long", .author = author, .price = {"1.50"});
        (void)article;
    }
    commit_ok(s);
    assert_call(s, weft_session_clear(s), WEFT_OK);
    test_recorder_clear(f->recorder);
}

static void one_table_is_made_for_all_its_models(void **state)
{
    fixture *f = *state;
    assert_rows(f,
                f->postgres
                    ? "SELECT count(*) FROM pg_class WHERE relname IN ('article', 'ix_article_title') AND relkind IN ('r', 'i')"
                    : "SELECT count(*) FROM sqlite_schema WHERE name IN ('article', 'ix_article_title')",
                "2");
    weft_error error;
    assert_error(weft_drop_all(f->engine, &error), WEFT_OK, &error);
    assert_error(weft_create_all(f->engine, &error), WEFT_OK, &error);
    assert_error(weft_create_all(f->engine, &error), WEFT_OK, &error);
}

static void a_view_reads_its_columns_alone(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_articles(f, 3);
    Card_list cards =
        weft_query(s, Card, .order_by = weft_order(weft_desc(Card, title)), .load = weft_load(weft_selectin(Card, author)));
    assert_ok(s);
    assert_int_equal(cards.count, 3);
    assert_string_equal(cards.items[0]->title, "t2");
    assert_string_equal(cards.items[0]->author->name, "ann");
    assert_null(strstr(test_recorder_text(f->recorder, 0), "body"));
}

static void an_edit_through_a_view_is_one_update_that_counts(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_articles(f, 1);
    const Article *article = weft_first(s, Article);
    const Card *card = weft_first(s, Card);
    test_recorder_clear(f->recorder);
    weft_edit(s, Card, card)->title = "new";
    flush_ok(s);
    assert_non_null(strstr(test_recorder_text(f->recorder, 0), "UPDATE article SET title = "));
    assert_non_null(strstr(test_recorder_text(f->recorder, 0), "version = CASE WHEN article.version >= 2147483647 THEN 1 ELSE "));
    assert_int_equal(fixture_statements(f), 1);
    assert_string_equal(weft_get(s, Article, article->id)->title, "new");
    assert_int_equal(article->version, 2);
    weft_edit(s, Article, article)->body = "short";
    commit_ok(s);
    assert_rows(f, "SELECT title, body, version FROM article", "new|short|3");
}

static void a_batch_of_edits_through_a_view_counts_each_row(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_articles(f, 700);
    Card_list cards = weft_query(s, Card, .order_by = weft_order(weft_asc(Card, id)));
    for (size_t i = 0; i < cards.count; i++)
        weft_edit(s, Card, cards.items[i])->title = weft_format(s, "n%zu", i);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM article WHERE version = 2 AND title = 'n' || (id - (SELECT min(id) FROM article))", "700");
}

static void edits_through_two_models_are_one_update(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_articles(f, 2);
    Article_list articles = weft_query(s, Article, .order_by = weft_order(weft_asc(Article, id)));
    Card_list cards = weft_query(s, Card, .order_by = weft_order(weft_asc(Card, id)));
    Stub_list stubs = weft_query(s, Stub, .order_by = weft_order(weft_asc(Stub, id)));
    weft_edit(s, Article, articles.items[0])->body = "b";
    weft_edit(s, Card, cards.items[0])->title = "a";
    weft_edit(s, Stub, stubs.items[0])->pages = (weft_opt_int32)weft_some(7);
    /* Two views without the main object's edit. */
    weft_edit(s, Card, cards.items[1])->title = "c";
    weft_edit(s, Stub, stubs.items[1])->price = (weft_decimal){"9.00"};
    commit_ok(s);
    assert_rows(f, "SELECT title, body, price, coalesce(pages, 0), version FROM article ORDER BY id",
                "a|b|1.50|7|2\nc|long|9.00|0|2");
    assert_string_equal(cards.items[1]->title, "c");
    assert_string_equal(weft_get(s, Article, articles.items[1]->id)->price.text, "9.00");
    assert_int_equal(weft_get(s, Stub, stubs.items[0]->id)->version, 2);
    weft_edit(s, Stub, stubs.items[0])->pages = (weft_opt_int32)weft_some(8);
    commit_ok(s);
    assert_rows(f, "SELECT max(version) FROM article", "3");
}

static void two_views_bring_the_main_object_in(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_articles(f, 1);
    const Card *card = weft_first(s, Card);
    const Stub *stub = weft_first(s, Stub);
    weft_edit(s, Card, card)->title = "x";
    weft_edit(s, Stub, stub)->pages = (weft_opt_int32)weft_some(3);
    commit_ok(s);
    assert_rows(f, "SELECT title, pages, version, body FROM article", "x|3|2|long");
}

static void two_values_for_one_column_are_refused(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_articles(f, 1);
    const Article *article = weft_first(s, Article);
    const Card *card = weft_first(s, Card);
    weft_edit(s, Article, article)->title = "one";
    weft_edit(s, Card, card)->title = "two";
    assert_call(s, weft_session_flush(s), WEFT_ERROR_MISUSE);
    assert_message(s, "title of Article was set to two values, through Card and through Article");
    rollback_ok(s);
    weft_edit(s, Article, article)->title = "same";
    weft_edit(s, Card, card)->title = "same";
    commit_ok(s);
    assert_rows(f, "SELECT title, version FROM article", "same|2");
}

static void another_writer_is_noticed_through_a_view(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_articles(f, 1);
    const Card *card = weft_first(s, Card);
    const Stub *stub = weft_first(s, Stub);
    test_database_exec(&f->database, "UPDATE article SET title = 'theirs', version = version + 1");
    weft_edit(s, Card, card)->title = "mine";
    assert_call(s, weft_session_flush(s), WEFT_ERROR_STALE);
    rollback_ok(s);
    stub = weft_get(s, Stub, stub->id);
    test_database_exec(&f->database, "UPDATE article SET body = 'theirs', version = version + 1");
    weft_edit(s, Stub, stub)->pages = (weft_opt_int32)weft_some(1);
    assert_call(s, weft_session_flush(s), WEFT_ERROR_STALE);
    rollback_ok(s);
}

static void a_view_that_waits_for_a_flush_is_seen_by_queries_of_the_other(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_articles(f, 1);
    const Card *card = weft_first(s, Card);
    weft_edit(s, Card, card)->title = "now";
    assert_int_equal(weft_count_of(s, Article, .where = weft_eq(Article, title, "now")), 1);
    const Author *author = weft_first(s, Author, .load = weft_load(weft_selectin(Author, articles)));
    assert_string_equal(author->articles.items[0]->title, "now");
    weft_edit(s, Article, author->articles.items[0])->title = "then";
    assert_int_equal(weft_count_of(s, Card, .where = weft_eq(Card, title, "then")), 1);
    commit_ok(s);
}

static void a_delete_through_a_view_is_the_rows(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_articles(f, 3);
    Article_list articles = weft_query(s, Article, .order_by = weft_order(weft_asc(Article, id)));
    for (size_t i = 0; i < 3; i++)
        (void)weft_new(s, Comment, .article_id = articles.items[i]->id, .text = "c");
    commit_ok(s);
    assert_call(s, weft_session_clear(s), WEFT_OK);
    Card_list cards = weft_query(s, Card, .order_by = weft_order(weft_asc(Card, id)));
    const Author *author = weft_first(s, Author, .load = weft_load(weft_selectin(Author, articles)));
    const Article *first = author->articles.items[0];
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    weft_delete(s, Card, cards.items[0]); /* whose main object is there */
    flush_ok(s);
    assert_int_equal(weft_state_of(s, Article, first), WEFT_OBJECT_DELETED);
    assert_int_equal(weft_state_of(s, Card, cards.items[0]), WEFT_OBJECT_DELETED);
    assert_int_equal(author->articles.count, 2);
    assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
    assert_int_equal(weft_state_of(s, Article, first), WEFT_OBJECT_PERSISTENT);
    assert_int_equal(weft_state_of(s, Card, cards.items[0]), WEFT_OBJECT_PERSISTENT);
    assert_int_equal(weft_session_in_transaction(s), 1);
    commit_ok(s);
    assert_call(s, weft_session_clear(s), WEFT_OK);
    cards = weft_query(s, Card, .order_by = weft_order(weft_asc(Card, id)));
    weft_edit(s, Card, cards.items[1])->title = "last words";
    weft_delete(s, Card, cards.items[1]); /* whose comments must go with it */
    const Article *third = weft_get(s, Article, cards.items[2]->id);
    weft_edit(s, Card, cards.items[2])->title = "late";
    weft_delete(s, Article, third);
    commit_ok(s);
    assert_int_equal(weft_state_of(s, Card, cards.items[2]), WEFT_OBJECT_DELETED);
    assert_rows(f, "SELECT count(*), (SELECT count(*) FROM comment) FROM article", "1|1");
}

static void a_view_without_what_a_row_must_have_inserts_nothing(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Author *author = weft_new(s, Author, .name = "ann");
    (void)weft_new(s, Card, .title = "t", .author = author);
    assert_call(s, weft_session_flush(s), WEFT_ERROR_MISUSE);
    assert_message(s, "a new Card cannot be inserted: Article.body");
    rollback_ok(s);
    assert_rows(f, "SELECT count(*) FROM author", "0");
}

static void a_relationship_of_a_view_writes_its_column(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_articles(f, 1);
    const Article *article = weft_first(s, Article);
    const Card *card = weft_first(s, Card);
    Author *bob = weft_new(s, Author, .name = "bob");
    weft_assign(s, Card, card, author, Author, bob);
    commit_ok(s);
    assert_rows(f, "SELECT a.name, r.version FROM article r JOIN author a ON a.id = r.author_id", "bob|2");
    article = weft_get(s, Article, article->id);
    assert_int_equal(article->author_id, bob->id);
    /* In one flush with an edit of the main object. */
    const Author *ann = weft_first(s, Author, .where = weft_eq(Author, name, "ann"));
    weft_assign(s, Card, weft_get(s, Card, card->id), author, Author, ann);
    weft_edit(s, Article, article)->body = "b";
    commit_ok(s);
    assert_rows(f, "SELECT a.name, r.version, r.body FROM article r JOIN author a ON a.id = r.author_id", "ann|3|b");
}

static void an_update_by_condition_counts_through_a_view(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_articles(f, 2);
    int64_t changed = 0;
    assert_call(s, weft_session_update(s, weft_update_of(Card, .set = weft_sets(weft_to(Card, title, "u")), .all = true), &changed),
                WEFT_OK);
    assert_int_equal(changed, 2);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM article WHERE title = 'u' AND version = 2", "2");
}

/* ---- any mixture, beside plain data ---- */

enum { ROWS = 6, STEPS = 400 };
typedef struct plain_row {
    bool there;
    char title[16], body[16];
    int pages;
} plain_row;
typedef struct both_sides {
    fixture *f;
    int64_t ids[ROWS];
    plain_row now[ROWS], committed[ROWS], saved[ROWS];
    bool has_savepoint;
} both_sides;

/* One column of one row through a model that has it; what a flush has not seen yet must not be set to two values. */
static void edit_one(both_sides *b, unsigned random)
{
    weft_session *s = b->f->s;
    unsigned row = random % ROWS, how = random / ROWS % 5, value = random / 64 % 1000;
    plain_row *plain = &b->now[row];
    if (!plain->there)
        return;
    if (how == 0 || how == 1)
        (void)snprintf(plain->title, sizeof plain->title, "t%u", value);
    if (how == 0)
        weft_edit(s, Card, weft_get(s, Card, b->ids[row]))->title = weft_text(s, plain->title);
    if (how == 1)
        weft_edit(s, Article, weft_get(s, Article, b->ids[row]))->title = weft_text(s, plain->title);
    if (how == 2 || how == 3)
        plain->pages = (int)value;
    if (how == 2)
        weft_edit(s, Stub, weft_get(s, Stub, b->ids[row]))->pages = (weft_opt_int32)weft_some((int)value);
    if (how == 3)
        weft_edit(s, Article, weft_get(s, Article, b->ids[row]))->pages = (weft_opt_int32)weft_some((int)value);
    if (how == 4) {
        (void)snprintf(plain->body, sizeof plain->body, "b%u", value);
        weft_edit(s, Article, weft_get(s, Article, b->ids[row]))->body = weft_text(s, plain->body);
    }
    if (random / 100000 % 3 != 0 || how < 4)
        flush_ok(s);
}

static void delete_one(both_sides *b, unsigned random)
{
    weft_session *s = b->f->s;
    unsigned row = random % ROWS;
    if (!b->now[row].there || random / ROWS % 4 != 0)
        return;
    if (random % 2 == 0)
        weft_delete(s, Card, weft_get(s, Card, b->ids[row]));
    else
        weft_delete(s, Article, weft_get(s, Article, b->ids[row]));
    b->now[row].there = false;
}

static void compare_all(both_sides *b)
{
    weft_session *s = b->f->s;
    for (int i = 0; i < ROWS; i++) {
        const Article *article = weft_get(s, Article, b->ids[i]);
        const Card *card = weft_get(s, Card, b->ids[i]);
        const Stub *stub = weft_get(s, Stub, b->ids[i]);
        assert_ok(s);
        assert_true((article != NULL) == b->now[i].there && (card != NULL) == b->now[i].there && (stub != NULL) == b->now[i].there);
        if (article == NULL)
            continue;
        assert_string_equal(article->title, b->now[i].title);
        assert_string_equal(article->body, b->now[i].body);
        assert_string_equal(card->title, b->now[i].title);
        assert_int_equal(article->pages.value, b->now[i].pages);
        assert_int_equal(stub->pages.value, b->now[i].pages);
        assert_int_equal(stub->version, article->version);
    }
}

static void end_or_save(both_sides *b, unsigned random)
{
    weft_session *s = b->f->s;
    switch (random % 6) {
    case 0:
        commit_ok(s);
        memcpy(b->committed, b->now, sizeof b->now);
        b->has_savepoint = false;
        break;
    case 1:
        rollback_ok(s);
        memcpy(b->now, b->committed, sizeof b->now);
        b->has_savepoint = false;
        break;
    case 2:
        if (!b->has_savepoint) {
            assert_call(s, weft_session_savepoint(s), WEFT_OK);
            memcpy(b->saved, b->now, sizeof b->now);
            b->has_savepoint = true;
        }
        break;
    case 3:
        if (b->has_savepoint) {
            assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
            memcpy(b->now, b->saved, sizeof b->now);
            b->has_savepoint = false;
        }
        break;
    default: compare_all(b); break;
    }
}

static void run_mixture(fixture *f, unsigned random)
{
    weft_session *s = f->s;
    both_sides b = {.f = f};
    write_articles(f, ROWS);
    Article_list articles = weft_query(s, Article, .order_by = weft_order(weft_asc(Article, id)));
    for (int i = 0; i < ROWS; i++) {
        b.ids[i] = articles.items[i]->id;
        b.now[i] = (plain_row){.there = true, .body = "long"};
        (void)snprintf(b.now[i].title, sizeof b.now[i].title, "t%d", i);
    }
    memcpy(b.committed, b.now, sizeof b.now);
    for (int step = 0; step < STEPS; step++) {
        random = random * 1103515245u + 12345u;
        unsigned drawn = random >> 4;
        if (drawn % 8 < 5)
            edit_one(&b, drawn / 8);
        else if (drawn % 8 == 5)
            delete_one(&b, drawn / 8);
        else
            end_or_save(&b, drawn / 8);
        assert_ok(s);
    }
    flush_ok(s);
    compare_all(&b);
    commit_ok(s);
    assert_call(s, weft_session_clear(s), WEFT_OK);
    test_database_exec(&f->database, "DELETE FROM article");
}

static void any_mixture_of_models_is_one_row(void **state)
{
    for (unsigned run = 1; run <= (getenv("WEFT_TEST_LONG") != NULL ? 300u : 4u); run++) {
        print_message("run %u\n", run);
        run_mixture(*state, run * 7919);
    }
}

/* ---- what is no view ---- */

typedef struct Bad {
    int64_t id;
    const char *title;
    int32_t pages;
} Bad;
static const weft_model_options of_article = {.view_of = &Article_model};
#define BAD(name_, table_name, ...) \
    static const weft_model name_ = {.name = "Bad", \
                                     .table = (table_name), \
                                     .size = sizeof(Bad), \
                                     .attrs = (const weft_attr[]){__VA_ARGS__}, \
                                     .attr_count = sizeof((const weft_attr[]){__VA_ARGS__}) / sizeof(weft_attr)}
#define OPTIONS \
    { \
        .kind = WEFT_ATTR_OPTIONS, .options = &of_article \
    }
BAD(another_table, "articles", OPTIONS, WEFT_COLUMN(Bad, id, .primary_key = true));
BAD(unknown_column, "article", OPTIONS, WEFT_COLUMN(Bad, id, .primary_key = true), WEFT_COLUMN(Bad, title, .column = "headline"));
BAD(another_type, "article", OPTIONS, WEFT_COLUMN(Bad, id, .primary_key = true), WEFT_COLUMN(Bad, pages, .column = "title"));
BAD(not_nullable, "article", OPTIONS, WEFT_COLUMN(Bad, id, .primary_key = true), WEFT_COLUMN(Bad, pages));
BAD(indexed, "article", OPTIONS, WEFT_COLUMN(Bad, id, .primary_key = true), WEFT_COLUMN(Bad, title, .index = true));
BAD(another_key, "article", OPTIONS, WEFT_COLUMN(Bad, id), WEFT_COLUMN(Bad, title, .primary_key = true));
BAD(no_view, "article", WEFT_COLUMN(Bad, id, .primary_key = true));

static void what_is_no_view_of_its_model_is_told_at_once(void **state)
{
    (void)state;
    static const struct {
        const weft_model *model;
        const char *part;
    } wrong[] = {
        {&another_table, "a view of Article stands for the table \"article\", not for \"articles\""},
        {&unknown_column, "Bad.title: Article has no column \"headline\""},
        {&another_type, "Bad.pages: the column \"title\" has another type in Article"},
        {&not_nullable, "Bad.pages: the column \"pages\" can be NULL in Article"},
        {&indexed, "belong to Article"},
        {&another_key, "primary key"},
        {&no_view, ".view_of = &Article_model"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const weft_model *models[] = {&Article_model, wrong[i].model};
        const weft_metadata metadata = {.models = models, .count = 2};
        weft_error error;
        weft_engine *engine = NULL;
        assert_error(weft_engine_open(&engine, "sqlite://:memory:", &(weft_engine_options){.metadata = &metadata}, &error),
                     WEFT_ERROR_MODEL, &error);
        if (strstr(error.message, wrong[i].part) == NULL)
            fail_msg("\"%s\" is not in \"%s\"", wrong[i].part, error.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(one_table_is_made_for_all_its_models),
        ON_BOTH(a_view_reads_its_columns_alone),
        ON_BOTH(an_edit_through_a_view_is_one_update_that_counts),
        ON_BOTH(a_batch_of_edits_through_a_view_counts_each_row),
        ON_BOTH(edits_through_two_models_are_one_update),
        ON_BOTH(two_views_bring_the_main_object_in),
        ON_BOTH(two_values_for_one_column_are_refused),
        ON_BOTH(another_writer_is_noticed_through_a_view),
        ON_BOTH(a_view_that_waits_for_a_flush_is_seen_by_queries_of_the_other),
        ON_BOTH(a_delete_through_a_view_is_the_rows),
        ON_BOTH(a_view_without_what_a_row_must_have_inserts_nothing),
        ON_BOTH(a_relationship_of_a_view_writes_its_column),
        ON_BOTH(an_update_by_condition_counts_through_a_view),
        ON_BOTH(any_mixture_of_models_is_one_row),
        cmocka_unit_test(what_is_no_view_of_its_model_is_told_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
