/* Text search and hstore: columns, queries and what is made of them, on every path. SQLite has neither and says so before anything
 * is sent. */
#include "support/fixture.h"

WEFT_DECLARE(Page);
struct Page {
    int64_t id;
    const char *title, *body;
    weft_tsvector words;
    weft_tsvector own;
    weft_tsquery saved;
};
WEFT_MODEL(Page, "page", WEFT_COLUMN(Page, id, .primary_key = true), WEFT_COLUMN(Page, title), WEFT_COLUMN(Page, body),
           WEFT_COLUMN(Page, words, .generated = "setweight(to_tsvector('english', title), 'A') || to_tsvector('english', body)"),
           WEFT_COLUMN(Page, own, .nullable = true), WEFT_COLUMN(Page, saved, .nullable = true),
           WEFT_INDEX(Page, "words", .method = "gin"));

WEFT_DECLARE(Item);
struct Item {
    int64_t id;
    const char *name;
    weft_hstore extra;
};
WEFT_MODEL(Item, "item", WEFT_COLUMN(Item, id, .primary_key = true), WEFT_COLUMN(Item, name),
           WEFT_COLUMN(Item, extra, .nullable = true), WEFT_INDEX(Item, "extra", .method = "gin"));

/* Texts of such types, as they were before these had fields of their own. */
WEFT_DECLARE(Old);
struct Old {
    int64_t id;
    const char *during, *times, *words, *asked, *flags, *some;
};
WEFT_MODEL(Old, "old", WEFT_COLUMN(Old, id, .primary_key = true), WEFT_COLUMN(Old, during, .sql_type = "daterange"),
           WEFT_COLUMN(Old, times, .sql_type = "tstzmultirange", .nullable = true), WEFT_COLUMN(Old, words, .sql_type = "tsvector"),
           WEFT_COLUMN(Old, asked, .sql_type = "tsquery", .nullable = true), WEFT_COLUMN(Old, flags, .sql_type = "bit varying(3)"),
           WEFT_COLUMN(Old, some, .sql_type = "bit varying", .nullable = true));
WEFT_METADATA(models, &Page_model, &Old_model);
WEFT_METADATA(item_models, &Item_model);
static const weft_metadata no_models = {.models = NULL, .count = 0};
FIXTURE_MODELS(no_models);

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static weft_session *session_of(fixture *f, weft_engine **engine, const weft_metadata *metadata)
{
    weft_error error = {0};
    *engine = fixture_engine(f, (weft_engine_options){.metadata = metadata});
    assert_error(weft_create_all(*engine, &error), WEFT_OK, &error);
    return weft_session_open(*engine, NULL);
}

static void done(weft_session *s, weft_engine *engine)
{
    weft_session_close(s);
    weft_engine_close(engine);
}

/* ---- text search ---- */

static weft_session *pages(fixture *f, weft_engine **engine)
{
    weft_session *s = session_of(f, engine, &models);
    (void)weft_new(s, Page, .title = "Cats", .body = "They sleep, and dogs bark.", .own = {"'it''s':2B 'back\\\\slash' 'a b':1"},
                   .saved = {"cat & !dog"});
    (void)weft_new(s, Page, .title = "Dogs", .body = "A dog chases the cats of the house", .saved = {"'a b' <-> dog:*"});
    (void)weft_new(s, Page, .title = "Nothing", .body = "");
    commit_ok(s);
    weft_session_clear(s);
    return s;
}

static void vectors_and_queries_come_back(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = pages(f, &engine);
    assert_rows(f, "SELECT words, own, saved FROM page ORDER BY id",
                "'bark':6 'cat':1A 'dog':5 'sleep':3|'a b':1 'back\\\\slash' 'it''s':2B|'cat' & !'dog'\n"
                "'cat':6 'chase':4 'dog':1A,3 'hous':9|NULL|'a b' <-> 'dog':*\n'noth':1A|NULL|NULL");
    for (int way = 0; way < 2; way++) {
        weft_session_clear(s);
        Page_list list = way == 0 ? weft_query(s, Page, .order_by = weft_order(weft_asc(Page, id)))
                                  : weft_text_query(s, Page, "SELECT * FROM page ORDER BY id", NULL);
        assert_ok(s);
        assert_int_equal(list.count, 3);
        assert_string_equal(list.items[0]->words.text, "'bark':6 'cat':1A 'dog':5 'sleep':3");
        assert_string_equal(list.items[0]->own.text, "'a b':1 'back\\\\slash' 'it''s':2B");
        assert_string_equal(list.items[1]->saved.text, "'a b' <-> 'dog':*");
        assert_null(list.items[2]->own.text);
    }
    weft_edit(s, Page, weft_get(s, Page, 3))->own.text = "'x':1";
    weft_edit(s, Page, weft_get(s, Page, 1))->own.text = NULL;
    commit_ok(s);
    assert_rows(f, "SELECT own FROM page ORDER BY id", "NULL\nNULL\n'x':1");
    (void)weft_new(s, Page, .title = "t", .body = "b", .saved = {"cat &"});
    assert_int_not_equal(weft_session_flush(s), WEFT_OK);
    rollback_ok(s);
    done(s, engine);
}

static void rows_of_lists_and_copy_come_back(void **state)
{
    enum { MANY = 2500 };
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine, &models);
    static Page rows[MANY];
    weft_connection *c;
    weft_error error = {0};
    for (int i = 0; i < MANY; i++)
        rows[i] = (Page){.id = i + 1,
                         .title = "t",
                         .body = "cats",
                         .own = {i % 3 != 0 ? "'it''s':1 'a\"b,{}'" : NULL},
                         .saved = {i % 2 != 0 ? "'it''s' | !'a\"b'" : NULL}};
    assert_int_equal(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK);
    assert_error(weft_insert_many(c, Page, rows, 50, NULL, &error), WEFT_OK, &error);
    assert_error(weft_insert_many(c, Page, rows + 50, MANY - 50, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    assert_rows(
        f, "SELECT own, saved, count(*) FROM page GROUP BY 1, 2 ORDER BY 3, 1, 2",
        "NULL|'it''s' | !'a\"b'|417\nNULL|NULL|417\n'a\"b,{}' 'it''s':1|'it''s' | !'a\"b'|833\n'a\"b,{}' 'it''s':1|NULL|833");
    Page_list list = weft_query(s, Page, .where = weft_le(Page, id, 40));
    for (size_t i = 0; i < list.count; i++)
        weft_edit(s, Page, list.items[i])->saved.text = "dog";
    commit_ok(s); /* by one statement */
    assert_rows(f, "SELECT count(*) FROM page WHERE saved = 'dog'::tsquery", "40");
    done(s, engine);
}

static int found(weft_session *s, const weft_expr *where)
{
    int digits = 0;
    Page_list list = weft_query(s, Page, .where = where, .order_by = weft_order(weft_asc(Page, id)));
    assert_ok(s);
    for (size_t i = 0; i < list.count; i++)
        digits = digits * 10 + (int)list.items[i]->id;
    return digits;
}

typedef struct Hit {
    int64_t id;
    float rank;
    const char *headline;
} Hit;
WEFT_ROW(Hit, WEFT_FIELD(Hit, id), WEFT_FIELD(Hit, rank), WEFT_FIELD(Hit, headline));

static void pages_are_searched(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = pages(f, &engine);
    const weft_expr *words = weft_col(Page, words);
    assert_int_equal(found(s, weft_ts_matches(words, weft_tsquery_of("english", weft_val("cats & dog")))), 12);
    assert_non_null(strstr(fixture_last_sql(f), "page.words @@ to_tsquery('english', CAST($1 AS text))"));
    assert_int_equal(found(s, weft_ts_matches(words, weft_tsquery_plain("english", weft_val("the sleeping cats")))), 1);
    assert_int_equal(found(s, weft_ts_matches(words, weft_tsquery_phrase("english", weft_val("cats of the house")))), 2);
    assert_int_equal(found(s, weft_ts_matches(words, weft_tsquery_phrase("english", weft_val("house cats")))), 0);
    assert_int_equal(found(s, weft_ts_matches(words, weft_tsquery_web("english", weft_val("cats -bark or \"")))), 2);
    assert_int_equal(found(s, weft_ts_matches(words, weft_val((weft_tsquery){"cat:A"}))), 1);
    assert_int_equal(found(s, weft_ts_matches(words, weft_col(Page, saved))), 0);
    assert_int_equal(found(s, weft_ts_matches(weft_tsvector_of("simple", weft_col(Page, body)),
                                              weft_tsquery_not(weft_tsquery_of("simple", weft_val("cats"))))),
                     13);
    assert_int_equal(found(s, weft_ts_matches(words, weft_tsquery_or(weft_tsquery_of("english", weft_val("bark")),
                                                                     weft_tsquery_and(weft_val((weft_tsquery){"dog"}),
                                                                                      weft_val((weft_tsquery){"hous"}))))),
                     12);
    assert_int_equal(found(s, weft_eq(Page, saved, (weft_tsquery){"'cat' & !dog"})), 1);
    assert_int_equal(found(s, weft_literally(weft_ts_matches(words, weft_val((weft_tsquery){"cat & 'it''s' | hous"})))), 2);
    const weft_expr *query = weft_tsquery_web("english", weft_val("dogs"));
    Hit_list hits =
        weft_rows(s, Hit, .from = weft_from(Page),
                  .columns = weft_columns(weft_col(Page, id), weft_ts_rank(words, query),
                                          weft_ts_headline("english", weft_col(Page, body), query)),
                  .where = weft_ts_matches(words, query), .order_by = weft_order(weft_desc_of(weft_ts_rank(words, query))));
    assert_ok(s);
    assert_int_equal(hits.count, 2);
    assert_int_equal(hits.items[0]->id, 2);
    assert_true(hits.items[0]->rank > hits.items[1]->rank && hits.items[1]->rank > 0);
    assert_string_equal(hits.items[1]->headline, "They sleep, and <b>dogs</b> bark.");
    weft_session_update(
        s,
        weft_update_of(Page,
                       .set = weft_sets(
                           weft_to_expr(Page, own,
                                        weft_tsvector_join(weft_ts_weight(weft_tsvector_of("english", weft_col(Page, title)), "C"),
                                                           weft_val((weft_tsvector){"'more':7"})))),
                       .where = weft_eq(Page, id, 1)),
        NULL);
    commit_ok(s);
    assert_rows(f, "SELECT own FROM page WHERE id = 1", "'cat':1C 'more':8");
    done(s, engine);
}

static void what_does_not_go_together_is_refused(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = pages(f, &engine);
    (void)fixture_statements(f);
    (void)weft_count_of(s, Page, .where = weft_ts_matches(weft_col(Page, body), weft_val((weft_tsquery){"cat"})));
    assert_message(s, "tsvector");
    assert_refused(s, WEFT_ERROR_TYPE);
    (void)weft_count_of(s, Page, .where = weft_ts_matches(weft_col(Page, words), weft_val("cat")));
    assert_refused(s, WEFT_ERROR_TYPE);
    (void)weft_count_of(s, Page, .where = weft_ts_matches(weft_tsvector_of("english", weft_col(Page, id)), weft_col(Page, saved)));
    assert_refused(s, WEFT_ERROR_TYPE);
    const weft_expr odd = {.op = WEFT_EXPR_SEARCH, .name = "pg_sleep", .args = WEFT_NODES(weft_col(Page, words))};
    (void)weft_count_of(s, Page, .where = &odd);
    assert_refused(s, WEFT_ERROR_MISUSE);
    const weft_expr wordless = {.op = WEFT_EXPR_SEARCH,
                                .name = "to_tsvector",
                                .args = WEFT_NODES(weft_col(Page, id), weft_col(Page, body))};
    (void)weft_count_of(s, Page, .where = weft_ts_matches(&wordless, weft_col(Page, saved)));
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_count_of(s, Page, .where = weft_ts_matches(weft_ts_weight(weft_col(Page, words), "E"), weft_col(Page, saved)));
    assert_message(s, "a weight of words is A, B, C or D, not \"E\"");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_count_of(s, Page,
                        .where =
                            WEFT_SEARCH_("@@", weft_col(Page, words))); /* an operand is missing, behind which nothing is read */
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_count_of(s, Page,
                        .where = weft_ts_matches(weft_tsvector_of("it's none", weft_col(Page, body)), weft_col(Page, saved)));
    assert_int_not_equal(weft_session_status(s), WEFT_OK); /* the server's */
    rollback_ok(s);
    (void)weft_count_of(s, Page, .where = weft_ts_matches(weft_col(Page, words), weft_tsquery_of("english", weft_val("cat &"))));
    assert_int_not_equal(weft_session_status(s), WEFT_OK);
    rollback_ok(s);
    done(s, engine);
}

static void no_difference(weft_engine *engine, const weft_metadata *metadata)
{
    weft_schema *wanted = NULL, *given = NULL;
    weft_ops *ops = NULL;
    weft_difference *differences = NULL;
    size_t count = 0;
    weft_error error = {0};
    assert_error(weft_engine_check(engine, &differences, &count, &error), WEFT_OK, &error);
    assert_int_equal(count, 0);
    assert_error(weft_schema_of_models(&wanted, metadata, "postgresql", &error), WEFT_OK, &error);
    assert_error(weft_reflect(&given, engine, NULL, &error), WEFT_OK, &error);
    assert_error(weft_schema_compare_on(engine, wanted, given, NULL, &ops, &error), WEFT_OK, &error);
    assert_int_equal(weft_ops_count(ops), 0);
    weft_ops_free(ops);
    weft_schema_free(wanted);
    weft_schema_free(given);
}

static void the_schema_is_read_back(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine, &models);
    no_difference(engine, &models);
    done(s, engine);
}

static void texts_of_such_types_are_texts(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine, &models);
    for (int i = 0; i < 3; i++) {
        (void)weft_new(s, Old, .during = "[2026-01-01,2026-01-05]", .words = "'b' 'a'", .asked = "a & b", .flags = "101",
                       .times = i > 0 ? "{}" : NULL, .some = i > 0 ? "11" : NULL);
        if (i < 2)
            flush_ok(s); /* the last ones by one statement */
    }
    (void)weft_new(s, Old, .during = "empty", .words = "", .flags = "000");
    commit_ok(s);
    assert_rows(f, "SELECT during, words, asked, flags, times, old.some FROM old WHERE id = 3",
                "[2026-01-01,2026-01-06)|'a' 'b'|'a' & 'b'|101|{}|11");
    weft_session_clear(s);
    const Old *old = weft_get(s, Old, 1);
    assert_ok(s);
    assert_string_equal(old->during, "[2026-01-01,2026-01-06)");
    assert_string_equal(old->words, "'a' 'b'");
    assert_string_equal(old->flags, "101");
    assert_null(old->some);
    no_difference(engine, &models);
    done(s, engine);
}

/* ---- hstore ---- */

static weft_session *items(fixture *f, weft_engine **engine)
{
    weft_error error = {0};
    weft_connection *c;
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    assert_error(weft_execute_text(c, "CREATE EXTENSION IF NOT EXISTS hstore", NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    return session_of(f, engine, &item_models);
}

static const weft_pair odd[] = {
    {"a", "1"}, {"quote\"", "it's \\ back=>slash, "}, {"", ""}, {"none", NULL}, {"gr\xc3\xb6\xc3\x9f", "NULL"}};

static void assert_odd(const char *text)
{
    weft_pair pairs[8];
    char room[200];
    size_t count = 0;
    assert_true(strlen(text) < sizeof room);
    assert_true(weft_hstore_read((weft_hstore){text}, room, pairs, 8, &count));
    assert_int_equal(count, COUNT(odd));
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (k < COUNT(odd) && strcmp(odd[k].key, pairs[i].key) != 0)
            k++;
        assert_in_range(k, 0, COUNT(odd) - 1);
        assert_int_equal(odd[k].value == NULL, pairs[i].value == NULL);
        if (odd[k].value != NULL)
            assert_string_equal(pairs[i].value, odd[k].value);
    }
}

static void pairs_come_back(void **state)
{
    enum { MANY = 2100 };
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = items(f, &engine);
    char text[200];
    const size_t size = weft_hstore_write(odd, COUNT(odd), text, sizeof text);
    assert_int_equal(size, strlen(text));
    (void)weft_new(s, Item, .id = 1, .name = "one", .extra = {text});
    flush_ok(s);
    (void)weft_new(s, Item, .id = 2, .name = "two", .extra = {text});
    (void)weft_new(s, Item, .id = 3, .name = "three");
    commit_ok(s);
    static Item rows[MANY];
    weft_connection *c;
    weft_error error = {0};
    for (int i = 0; i < MANY; i++)
        rows[i] = (Item){.id = i + 4, .name = "n", .extra = {i % 2 != 0 ? text : NULL}};
    assert_int_equal(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK);
    assert_error(weft_insert_many(c, Item, rows, 40, NULL, &error), WEFT_OK, &error);
    assert_error(weft_insert_many(c, Item, rows + 40, MANY - 40, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    assert_rows(
        f,
        "SELECT count(*), count(extra -> 'none'), max(extra -> 'a'), max(extra -> 'quote\"'), max(extra -> ''), max(extra -> "
        "'gr\xc3\xb6\xc3\x9f'), max(array_length(akeys(extra), 1)) FROM item WHERE extra IS NOT NULL",
        "1052|0|1|it's \\ back=>slash, ||NULL|5");
    for (int way = 0; way < 2; way++) {
        weft_session_clear(s);
        Item_list list = way == 0 ? weft_query(s, Item) : weft_text_query(s, Item, "SELECT * FROM item", NULL);
        assert_ok(s);
        assert_int_equal(list.count, MANY + 3);
        for (size_t i = 0; i < list.count; i++)
            if (list.items[i]->extra.text != NULL)
                assert_odd(list.items[i]->extra.text);
    }
    weft_edit(s, Item, weft_get(s, Item, 3))->extra.text = "x=>1";
    weft_edit(s, Item, weft_get(s, Item, 1))->extra.text = NULL;
    commit_ok(s);
    assert_rows(f, "SELECT extra FROM item WHERE id IN (1, 3) ORDER BY id", "NULL\n\"x\"=>\"1\"");
    (void)weft_new(s, Item, .name = "t", .extra = {"no pair"});
    assert_int_not_equal(weft_session_flush(s), WEFT_OK);
    rollback_ok(s);
    done(s, engine);
}

typedef struct Extra {
    const char *colour;
    weft_hstore all;
} Extra;
WEFT_ROW(Extra, WEFT_FIELD(Extra, colour), WEFT_FIELD(Extra, all));

static void pairs_are_searched_and_changed(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = items(f, &engine);
    const weft_expr *extra = weft_col(Item, extra);
    (void)weft_new(s, Item, .id = 1, .name = "one", .extra = {"colour=>red, size=>5"});
    (void)weft_new(s, Item, .id = 2, .name = "two", .extra = {"colour=>blue, weight=>NULL"});
    (void)weft_new(s, Item, .id = 3, .name = "three");
    commit_ok(s);
#define ITEMS(...) weft_count_of(s, Item, .where = __VA_ARGS__)
    assert_int_equal(ITEMS(weft_op(weft_hstore_get(extra, weft_val("colour")), "=", weft_val("red"))), 1);
    assert_int_equal(ITEMS(weft_hstore_has(extra, weft_val("weight"))), 1);
    assert_int_equal(ITEMS(weft_hstore_has_all(extra, weft_val(weft_texts("colour", "size")))), 1);
    assert_int_equal(ITEMS(weft_hstore_has_any(extra, weft_val(weft_texts("weight", "size")))), 2);
    assert_int_equal(ITEMS(weft_hstore_contains(extra, weft_val((weft_hstore){"colour=>red"}))), 1);
    assert_int_equal(ITEMS(weft_eq(Item, extra, (weft_hstore){"size=>5, colour=>red"})), 1);
    assert_int_equal(ITEMS(weft_literally(weft_hstore_contains(extra, weft_val((weft_hstore){"colour=>blue"})))), 1);
    assert_int_equal(ITEMS(weft_literally(weft_hstore_has(extra, weft_val("size")))), 1);
    assert_int_equal(ITEMS(weft_is_null(Item, extra)), 1);
    assert_ok(s);
    Extra_list rows = weft_rows(s, Extra, .from = weft_from(Item),
                                .columns = weft_columns(weft_hstore_get(extra, weft_val("colour")),
                                                        weft_hstore_join(extra, weft_val((weft_hstore){"a=>b"}))),
                                .where = weft_eq(Item, id, 1));
    assert_ok(s);
    assert_string_equal(rows.items[0]->colour, "red");
    assert_string_equal(rows.items[0]->all.text, "\"a\"=>\"b\", \"size\"=>\"5\", \"colour\"=>\"red\"");
    weft_session_update(s,
                        weft_update_of(Item,
                                       .set = weft_sets(weft_to_expr(
                                           Item, extra,
                                           weft_hstore_without(weft_hstore_join(extra, weft_val((weft_hstore){"colour=>green"})),
                                                               weft_val("size")))),
                                       .where = weft_eq(Item, id, 1)),
                        NULL);
    weft_session_update(s,
                        weft_update_of(Item, .set = weft_sets(weft_to(Item, extra, (weft_hstore){"k=>v"})),
                                       .where = weft_eq(Item, id, 3)),
                        NULL);
    commit_ok(s);
    assert_rows(f, "SELECT extra FROM item WHERE id <> 2 ORDER BY id", "\"colour\"=>\"green\"\n\"k\"=>\"v\"");
    (void)ITEMS(weft_hstore_has(weft_col(Item, name), weft_val("size")));
    assert_refused(s, WEFT_ERROR_TYPE);
    no_difference(engine, &item_models);
    done(s, engine);
}

static void texts_of_pairs_are_read_and_written(void **state)
{
    static const char *const wrong[] = {"a", "a=>", "=>b", "a=>b c=>d", "\"a=>b", "a=>\"b", "a=>b,,c=>d"};
    weft_pair pairs[2];
    char room[64], text[16];
    size_t count;
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_false(weft_hstore_read((weft_hstore){wrong[i]}, room, pairs, 2, &count));
    assert_false(weft_hstore_read((weft_hstore){NULL}, room, pairs, 2, &count));
    assert_true(weft_hstore_read((weft_hstore){""}, room, pairs, 2, &count) && count == 0);
    assert_true(weft_hstore_read((weft_hstore){" a => b , \"c\"=>null,d=>\"NULL\" "}, room, pairs, 2, &count));
    assert_int_equal(count, 3);
    assert_string_equal(pairs[0].value, "b");
    assert_null(pairs[1].value);
    assert_int_equal(weft_hstore_write(odd, 1, text, sizeof text), 8);
    assert_string_equal(text, "\"a\"=>\"1\"");
    assert_int_equal(weft_hstore_write(odd, 1, text, 5), 8);
    assert_string_equal(text, "\"a\"=");
    assert_int_equal(weft_hstore_write(odd, 0, NULL, 0), 0);
}

static void sqlite_has_none(void **state)
{
    fixture *f = *state;
    weft_engine *engine = NULL;
    weft_error error = {0};
    assert_error(weft_engine_open(&engine, f->database.url, &(weft_engine_options){.metadata = &models}, &error),
                 WEFT_ERROR_UNSUPPORTED, &error);
    assert_non_null(strstr(error.message, "tsvector"));
    assert_error(weft_engine_open(&engine, f->database.url, &(weft_engine_options){.metadata = &item_models}, &error),
                 WEFT_ERROR_UNSUPPORTED, &error);
    assert_non_null(strstr(error.message, "hstore"));
    weft_connection *c;
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    const weft_value values[] = {weft_value_tsvector((weft_tsvector){"a"}), weft_value_tsquery((weft_tsquery){"a"}),
                                 weft_value_hstore((weft_hstore){"a=>b"})};
    for (size_t i = 0; i < COUNT(values); i++)
        assert_error(weft_execute_text(c, "SELECT $1", &(weft_values){&values[i], 1}, &error), WEFT_ERROR_UNSUPPORTED, &error);
    weft_connection_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(vectors_and_queries_come_back),
        ON_POSTGRES(rows_of_lists_and_copy_come_back),
        ON_POSTGRES(pages_are_searched),
        ON_POSTGRES(what_does_not_go_together_is_refused),
        ON_POSTGRES(the_schema_is_read_back),
        ON_POSTGRES(texts_of_such_types_are_texts),
        ON_POSTGRES(pairs_come_back),
        ON_POSTGRES(pairs_are_searched_and_changed),
        ON_SQLITE(sqlite_has_none),
        cmocka_unit_test(texts_of_pairs_are_read_and_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
