/* What a thread does to itself with two sessions, what an error says about a row that others changed, and what is no change. */
#include "support/fixture.h"

#include <pthread.h>

typedef enum mood { CALM, WILD } mood;
static const char *const moods[] = {"calm", "wild"};
WEFT_DECLARE(Note);
WEFT_DECLARE(Page);
struct Note {
    int64_t id;
    const char *word;
    weft_opt_int32 count;
    weft_decimal price;
    weft_timestamp at;
    mood mood;
    weft_json about;
};
struct Page {
    int64_t id;
    const char *text;
    int32_t version;
};
WEFT_MODEL(Note, "note", WEFT_COLUMN(Note, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Note, word),
           WEFT_COLUMN(Note, count), WEFT_COLUMN(Note, price, .precision = 10, .scale = 2), WEFT_COLUMN(Note, at),
           WEFT_ENUM(Note, mood, moods), WEFT_COLUMN(Note, about, .nullable = true));
WEFT_MODEL(Page, "page", WEFT_COLUMN(Page, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Page, text),
           WEFT_COLUMN(Page, version, .version = true), WEFT_OPTIONS(Page, .guard = WEFT_GUARD_NONE));
WEFT_METADATA(models, &Note_model, &Page_model);
FIXTURE_ROWS(models, "INSERT INTO note (id, word, count, price, at, mood) VALUES (1, 'one', 5, '1.50', "
                     "'2024-02-29 12:00:00.000000', 'calm'), (2, 'two', NULL, '2.00', '2024-02-29 12:00:00.000000', 'wild');"
                     "INSERT INTO page (id, text, version) VALUES (1, 'a', 1), (2, 'b', 1), (3, 'c', 1);");

static void run_sql(fixture *f, const char *sql)
{
    weft_connection *c;
    weft_error error = {0};
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    assert_error(weft_execute_text(c, sql, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
}

/* ---- one thread, two sessions ---- */

static void a_thread_is_told_that_it_waits_for_itself(void **state)
{
    fixture *f = *state;
    weft_session *other = weft_session_open(f->engine, NULL);
    weft_edit(f->s, Note, weft_get(f->s, Note, 1))->word = "first";
    flush_ok(f->s);
    weft_new(other, Note, .id = 9, .word = "x", .price = {"1"});
    assert_call(other, weft_session_flush(other), f->postgres ? WEFT_OK : WEFT_ERROR_MISUSE);
    if (!f->postgres) {
        assert_message(other, "wait for itself");
        assert_true(weft_session_error(other)->nothing_sent);
        rollback_ok(other);
        (void)weft_query(other, Note, .for_update = true);
        assert_message(other, "test_alone.c");
        assert_refused(other, WEFT_ERROR_MISUSE);
        assert_int_equal(weft_query(other, Note).count, 2); /* reading waits for nobody */
        assert_ok(other);
    }
    commit_ok(f->s);
    rollback_ok(other);
    weft_new(other, Note, .id = 10, .word = "y", .price = {"1"});
    commit_ok(other);
    weft_session_close(other);
}

static void *end_there(void *session)
{
    weft_session *s = session;
    intptr_t good = weft_session_adopt(s) == WEFT_OK && weft_session_commit(s) == WEFT_OK;
    weft_session_close(s);
    return (void *)good;
}

static void a_session_that_another_thread_ends_is_waited_for(void **state)
{
    fixture *f = *state;
    pthread_t thread;
    void *good = NULL;
    weft_session *other = weft_session_open(f->engine, NULL);
    weft_new(other, Note, .id = 9, .word = "x", .price = {"1"});
    flush_ok(other);
    assert_call(other, weft_session_release(other), WEFT_OK);
    assert_int_equal(pthread_create(&thread, NULL, end_there, other), 0);
    weft_new(f->s, Note, .id = 10, .word = "y", .price = {"1"});
    weft_status status = weft_session_commit(f->s);
    pthread_join(thread, &good);
    assert_error(status, WEFT_OK, weft_session_error(f->s));
    assert_non_null(good);
}

static void a_thread_that_holds_the_connection_it_waits_for_is_told_where(void **state)
{
    fixture *f = *state;
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.pool = {.size = 1, .max_overflow = WEFT_NONE}});
    weft_session *one = weft_session_open(engine, NULL), *two = weft_session_open(engine, NULL);
    (void)weft_query(one, Note, .for_update = true);
    assert_ok(one);
    assert_call(two, weft_session_set_deadline(two, 100), WEFT_OK);
    (void)weft_query(two, Note);
    assert_status(two, WEFT_ERROR_POOL_TIMEOUT);
    assert_non_null(strstr(weft_session_error(two)->hint, "this thread itself"));
    assert_non_null(strstr(weft_session_error(two)->hint, "test_alone.c:"));
    rollback_ok(one);
    rollback_ok(two);
    assert_call(two, weft_session_set_deadline(two, 0), WEFT_OK);
    assert_int_equal(weft_query(two, Note).count, 2);
    weft_session_close(one);
    weft_session_close(two);
    weft_engine_close(engine);
}

static weft_status lock_one(weft_session *s, void *context)
{
    (void)context;
    (void)weft_get(s, Note, 1, .for_update = true);
    return weft_session_status(s);
}

static void rows_are_not_locked_where_nothing_may_be_written(void **state)
{
    fixture *f = *state;
    weft_session *reader = weft_session_open(f->engine, &(weft_session_options){.read_only = true});
    (void)weft_query(reader, Note, .for_update = true);
    assert_refused(reader, WEFT_ERROR_READ_ONLY);
    (void)weft_get(reader, Note, 1, .for_update = true);
    assert_refused(reader, WEFT_ERROR_READ_ONLY);
    weft_session_close(reader);
    (void)fixture_statements(f);
    assert_int_equal(weft_transact(f->s, lock_one, NULL, &(weft_transact_options){.read_only = true}), WEFT_ERROR_READ_ONLY);
    assert_int_equal(test_recorder_count_containing(f->recorder, "SELECT"), 0);
    assert_call(f->s, weft_transact(f->s, lock_one, NULL, NULL), WEFT_OK);
}

/* ---- what became of a row ---- */

static void expect_stale(fixture *f, const char *sql, const char *column, const char *read, const char *found)
{
    run_sql(f, sql);
    assert_int_equal(weft_session_commit(f->s), WEFT_ERROR_STALE);
    const weft_error *error = weft_session_error(f->s);
    assert_string_equal(error->column, column);
    assert_string_equal(error->read, read);
    assert_string_equal(error->found, found);
    if (found[0] != '\0')
        assert_null(strstr(error->message, found));
    rollback_ok(f->s);
    assert_call(f->s, weft_session_clear(f->s), WEFT_OK);
}

static void a_stale_row_says_what_was_read_and_what_was_found(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_edit(s, Note, weft_get(s, Note, 1))->word = "mine";
    expect_stale(f, "UPDATE note SET word = 'theirs' WHERE id = 1", "word", "one", "theirs");
    weft_edit(s, Note, weft_get(s, Note, 1))->count = (weft_opt_int32){6, true};
    expect_stale(f, "UPDATE note SET count = NULL WHERE id = 1", "count", "5", "NULL");
    weft_edit(s, Note, weft_get(s, Note, 1))->price = (weft_decimal){"3"};
    expect_stale(f, "UPDATE note SET price = '7.25' WHERE id = 1", "price", "1.50", "7.25");
    weft_edit(s, Note, weft_get(s, Note, 1))->mood = WILD;
    weft_edit(s, Note, weft_get(s, Note, 1))->at = (weft_timestamp){0};
    expect_stale(f, "UPDATE note SET at = '2025-01-01 00:00:00.000000' WHERE id = 1", "at", "2024-02-29 12:00:00.000000",
                 "2025-01-01 00:00:00.000000");
    weft_edit(s, Note, weft_get(s, Note, 1))->mood = WILD;
    expect_stale(f, "DELETE FROM note WHERE id = 1", "", "", "");
}

static void a_stale_row_among_many_says_it_too(void **state)
{
    fixture *f = *state;
    Note_list notes = weft_query(f->s, Note, .order_by = weft_order(weft_asc(Note, id)));
    weft_each (Note, note, notes)
        weft_edit(f->s, Note, note)->word = "mine";
    expect_stale(f, "UPDATE note SET word = 'theirs' WHERE id = 2", "word", "two", "theirs");
}

static void a_version_says_what_was_read_and_what_was_found(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_edit(s, Page, weft_get(s, Page, 1))->text = "mine";
    expect_stale(f, "UPDATE page SET version = 4 WHERE id = 1", "version", "1", "4");
    weft_delete(s, Page, weft_get(s, Page, 1));
    expect_stale(f, "UPDATE page SET version = 5 WHERE id = 1", "version", "4", "5");
    Page_list pages = weft_query(s, Page, .order_by = weft_order(weft_asc(Page, id)));
    weft_each (Page, page, pages)
        weft_edit(s, Page, page)->text = "all mine";
    expect_stale(f, "UPDATE page SET version = 8 WHERE id = 2", "version", "1", "8");
    weft_edit(s, Page, weft_get(s, Page, 3))->text = "mine";
    expect_stale(f, "DELETE FROM page WHERE id = 3", "", "", "");
    assert_rows(f, "SELECT id, text, version FROM page ORDER BY id", "1|a|5\n2|b|8");
}

/* ---- what is no change ---- */

static size_t updates_of(fixture *f, const char *before, const char *after)
{
    weft_edit(f->s, Note, weft_get(f->s, Note, 1))->about = (weft_json){before};
    commit_ok(f->s);
    assert_call(f->s, weft_session_clear(f->s), WEFT_OK);
    const Note *note = weft_get(f->s, Note, 1);
    test_recorder_clear(f->recorder);
    weft_edit(f->s, Note, note)->about = (weft_json){after};
    weft_status status = weft_session_commit(f->s);
    if (status != WEFT_OK)
        rollback_ok(f->s);
    return test_recorder_count_containing(f->recorder, "UPDATE");
}

/* As a flush begins them; the program's structs stay as they are. */
static void rows_inserted_at_once_begin_their_versions(void **state)
{
    enum { MANY = 600 };
    fixture *f = *state;
    static Page pages[MANY];
    weft_error error = {0};
    weft_connection *c;
    test_database_exec(&f->database, "DELETE FROM page");
    (void)weft_new(f->s, Page, .id = 100000, .text = "t");
    commit_ok(f->s);
    for (int i = 0; i < MANY; i++)
        pages[i] = (Page){.id = i + 1, .text = "t", .version = i == 7 ? 5 : 0};
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    const size_t parts[] = {1, 9, MANY - 10}; /* by COPY, too */
    for (size_t i = 0, first = 0; i < 3; first += parts[i++])
        assert_error(weft_insert_many(c, Page, pages + first, parts[i], NULL, &error), WEFT_OK, &error);
    assert_error(weft_insert_many(c, Page, pages, 2,
                                  &(weft_insert_options){.on_conflict = WEFT_CONFLICT_UPDATE,
                                                         .conflict_columns = "id",
                                                         .set = weft_to_expr(Page, text, weft_excluded(Page, text))},
                                  &error),
                 WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    assert_int_equal(pages[0].version, 0);
    assert_int_equal(pages[7].version, 5);
    assert_rows(f, "SELECT version, count(*) FROM page GROUP BY version ORDER BY version", "1|598\n2|2\n5|1");
    weft_edit(f->s, Page, weft_get(f->s, Page, 300))->text = "u";
    commit_ok(f->s);
    assert_int_equal(weft_get(f->s, Page, 300)->version, 2);
}

static void json_of_the_same_content_is_no_change(void **state)
{
    fixture *f = *state;
    static const char *const same[][2] = {
        {"{\"b\":1,\"aa\":[true,null,{\"x\":\"y\"}]}", "{ \"aa\" : [true, null, {\"x\":\"y\"}], \"b\" : 1 }"},
        {"[1, 2.50, -0, 1e2, 12345678901234567890]", "[1.0,2.5,0,100,12345678901234567890.0]"},
        {"{\"k\\u00e9\":\"\\ud83d\\ude00\\n/\"}", "{\"k\xc3\xa9\":\"\xf0\x9f\x98\x80\\n\\/\"}"},
        {"{\"one\":{\"p\":1,\"q\":{\"r\":[],\"s\":{}}}}", "{\"one\":{\"q\":{\"s\":{},\"r\":[]},\"p\":1}}"},
        {"\"a\"", " \"a\" "},
        {"[0.1, 1e400, 100000000000000000000000000000000000001]", "[1e-1,10e399,100000000000000000000000000000000000001.0]"},
    };
    static const char *const other[][2] = {
        {"{\"b\":1,\"a\":2}", "{\"a\":1,\"b\":2}"},
        {"[1,2]", "[2,1]"},
        {"[1]", "[1,1]"},
        {"{\"a\":1}", "{\"a\":1,\"b\":1}"},
        {"{\"a\":1,\"b\":1}", "{\"a\":1}"},
        {"1", "\"1\""},
        {"1", "1.0000000001"},
        {"0.1", "0.1000000000000000055511151231257827"},
        {"9007199254740993", "9007199254740992.0"},
        {"null", "false"},
        {"{}", "[]"},
        {"{\"a\":null}", "{}"},
        {"\"a\"", "\"A\""},
        {"\"a\\u0301\"", "\"\xc3\xa1\""},
        {"{\"a\":1}", "{\"a\":1,\"a\":2}"},
        {"[1]", "[01]"},
        {"[1]", "[1"},
        {"1", "+1"},
        {"{\"a\":1}", "{\"a\":1 1}"},
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (updates_of(f, same[i][0], same[i][1]) != 0)
            fail_msg("%s and %s are taken for different", same[i][0], same[i][1]);
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        if (updates_of(f, other[i][0], other[i][1]) != 1)
            fail_msg("%s and %s are taken for equal", other[i][0], other[i][1]);
}

static void json_of_a_thousand_keys_is_compared_or_sent(void **state)
{
    fixture *f = *state;
    enum { KEYS = 1000, ROOM = KEYS * 24 };
    char *there = calloc(1, ROOM), *back = calloc(1, ROOM);
    for (int i = 0; i < KEYS; i++) {
        snprintf(there + strlen(there), 24, "%c\"key%d\":%d", i == 0 ? '{' : ',', i, i);
        snprintf(back + strlen(back), 24, "%c\"key%d\":%d", i == 0 ? '{' : ',', KEYS - 1 - i, KEYS - 1 - i);
    }
    there[strlen(there)] = back[strlen(back)] = '}';
    assert_true(updates_of(f, there, back) <= 1);
    assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM note WHERE about IS NOT NULL"), 1);
    free(there);
    free(back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_thread_is_told_that_it_waits_for_itself),
        ON_BOTH(a_session_that_another_thread_ends_is_waited_for),
        ON_BOTH(a_thread_that_holds_the_connection_it_waits_for_is_told_where),
        ON_BOTH(rows_are_not_locked_where_nothing_may_be_written),
        ON_BOTH(a_stale_row_says_what_was_read_and_what_was_found),
        ON_BOTH(a_stale_row_among_many_says_it_too),
        ON_BOTH(a_version_says_what_was_read_and_what_was_found),
        ON_BOTH(rows_inserted_at_once_begin_their_versions),
        ON_BOTH(json_of_the_same_content_is_no_change),
        ON_BOTH(json_of_a_thousand_keys_is_compared_or_sent),
    };
    return cmocka_run_group_tests_name("alone", tests, NULL, NULL);
}
