/* Many rows: few statements, and every object gets the key of its own row. */
#include "fixtures/works.h"

FIXTURE_MODELS(works);

static void insert_novels(fixture *f, int count)
{
    weft_session *s = f->s;
    char title[24];
    Writer *writer = weft_new(s, Writer, .name = "prolific");
    flush_ok(s);
    test_recorder_clear(f->recorder);
    Novel **novels = calloc((size_t)count, sizeof *novels);
    assert_non_null(novels);
    for (int i = 0; i < count; i++) {
        snprintf(title, sizeof title, "t%d", i);
        novels[i] = weft_new(s, Novel, .title = title, .author_id = writer->id, .year = {i % 3 != 0, i});
    }
    flush_ok(s);
    for (int i = 0; i < count; i++) {
        assert_true(novels[i]->id != 0 && (i == 0 || novels[i]->id > novels[i - 1]->id));
        assert_ptr_equal(weft_get(s, Novel, novels[i]->id), novels[i]);
    }
    commit_ok(s);
    char *rows = test_database_rows(&f->database, "SELECT id, title, year FROM book ORDER BY id");
    const char *at = rows;
    for (int i = 0; i < count; i++) {
        char line[64];
        int n = i % 3 != 0 ? snprintf(line, sizeof line, "%lld|t%d|%d", (long long)novels[i]->id, i, i)
                           : snprintf(line, sizeof line, "%lld|t%d|NULL", (long long)novels[i]->id, i);
        assert_memory_equal(at, line, (size_t)n);
        at += n + 1;
    }
    free(rows);
    free(novels);
}

static void rows_of_every_number_get_their_own_keys(void **state)
{
    fixture *f = *state;
    const int counts[] = {1, 2, 49, 50, 51, 63, 64, 65, 499, 500, 501};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        insert_novels(f, counts[i]);
        assert_call(f->s, weft_session_clear(f->s), WEFT_OK);
        test_database_exec(&f->database, "DELETE FROM book");
        test_database_exec(&f->database, "DELETE FROM author");
    }
}

static void thousands_of_rows_take_few_statements(void **state)
{
    fixture *f = *state;
    insert_novels(f, 20000);
    assert_true(test_recorder_count(f->recorder) <= (f->postgres ? 4 : 402));
}

static void keys_go_on_after_a_block(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t last = 0;
    for (int round = 0; round < 3; round++) {
        Team *teams[600];
        for (int i = 0; i < 600; i++)
            teams[i] = weft_new(s, Team, .name = "block");
        flush_ok(s);
        assert_true(teams[0]->id > last);
        last = teams[599]->id;
        Team *one = weft_new(s, Team, .name = "one"), *two = weft_new(s, Team, .name = "two");
        flush_ok(s);
        assert_true(one->id > last && two->id > one->id);
        last = two->id;
    }
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM team", "1806");
}

static void thousands_of_updates_and_deletes_take_few_statements(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    enum { COUNT = 1234 };
    Item *items[COUNT];
    char code[24];
    for (int i = 0; i < COUNT; i++) {
        snprintf(code, sizeof code, "c%05d", (i * 7919) % COUNT);
        items[i] = weft_new(s, Item, .code = code, .label = "old", .price = i);
    }
    commit_ok(s);
    Item_list all = weft_query(s, Item);
    assert_int_equal(all.count, COUNT);
    int i = 0;
    weft_each (Item, item, all) {
        Item *edited = weft_edit(s, Item, item);
        edited->count = 3;
        if (i++ % 2 == 0)
            edited->sold = true;
    }
    test_recorder_clear(f->recorder);
    flush_ok(s);
    assert_true(fixture_statements(f) <= (f->postgres ? 2 : 16)); /* what is left over from lists of a hundred counts once */
    commit_ok(s);
    assert_rows(f, "SELECT count(*), sum(count) FROM item WHERE sold", f->postgres ? "617|1851" : "617|1851");
    assert_rows(f, "SELECT count(*) FROM item WHERE count = 3", "1234");
    for (i = 0; i < COUNT - 1; i++)
        weft_delete(s, Item, items[i]);
    test_recorder_clear(f->recorder);
    flush_ok(s);
    assert_int_equal(fixture_statements(f), 1);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM item", "1");
}

static void defaults_come_back_into_the_right_rows_of_a_batch(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Setting *settings[200];
    for (int i = 0; i < 200; i++)
        settings[i] = weft_new(s, Setting, .id = i % 2 == 0 ? 0 : 100000 + i, .rank = i + 1, .mood = (mood)(i % 3));
    flush_ok(s);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(settings[i]->rank, i + 1);
        assert_true(settings[i]->made_at.usec != 0 && settings[i]->level.value == 5);
        assert_string_equal(settings[i]->note, "none");
        assert_true(i % 2 == 0 ? settings[i]->id > 0 : settings[i]->id == 100000 + i);
    }
    commit_ok(s);
    char *rows = test_database_rows(&f->database, "SELECT id, rank, mood FROM setting ORDER BY rank");
    const char *at = rows;
    static const char *const names[] = {"calm", "glad", "cross"};
    for (int i = 0; i < 200; i++) {
        char line[64];
        int n = snprintf(line, sizeof line, "%lld|%d|%s", (long long)settings[i]->id, i + 1, names[i % 3]);
        assert_memory_equal(at, line, (size_t)n);
        at += n + 1;
    }
    free(rows);
}

static void many_link_rows_take_one_statement_each_way(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Writer *writer = weft_new(s, Writer, .name = "w");
    Tag *tags[120];
    char word[16];
    for (int i = 0; i < 120; i++) {
        snprintf(word, sizeof word, "w%d", i);
        tags[i] = weft_new(s, Tag, .word = word);
        weft_append(s, Writer, writer, tags, Tag, tags[i]);
    }
    flush_ok(s);
    assert_rows(f, "SELECT count(*) FROM author_tag", "0"); /* not committed */
    test_recorder_clear(f->recorder);
    for (int i = 0; i < 100; i++)
        weft_remove(s, Writer, writer, tags, Tag, tags[i]);
    flush_ok(s);
    assert_int_equal(fixture_statements(f), 1);
    commit_ok(s);
    assert_rows(f, "SELECT count(*), min(tag_id) FROM author_tag", "20|101");
}

static void rows_refused_in_the_middle_leave_nothing(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const int counts[] = {10, 100, 700};
    for (int round = 0; round < 3; round++) {
        char word[16];
        for (int i = 0; i < counts[round]; i++) {
            snprintf(word, sizeof word, "w%d", i == counts[round] - 1 ? 3 : i);
            weft_new(s, Tag, .word = word);
        }
        assert_call(s, weft_session_flush(s), WEFT_ERROR_UNIQUE);
        assert_message(s, "flush: INSERT INTO tag");
        assert_string_equal(weft_session_error(s)->table, "tag");
        rollback_ok(s);
        assert_rows(f, "SELECT count(*) FROM tag", "0");
    }
}

static weft_status become_restricted(weft_session *session, weft_connection *connection, void *user, weft_error *error)
{
    (void)session;
    (void)user;
    return weft_execute_text(connection, "SET LOCAL ROLE weft_test_restricted", NULL, error);
}

/* Row-level security refuses COPY: the refusal is undone by a savepoint, and the rows go by INSERT. */
static void rows_go_by_insert_where_copy_is_refused(void **state)
{
    fixture *f = *state;
    char sql[2048];
    snprintf(
        sql, sizeof sql,
        "DO $$ BEGIN CREATE ROLE weft_test_restricted; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        "GRANT USAGE ON SCHEMA \"%s\" TO weft_test_restricted; GRANT ALL ON ALL TABLES IN SCHEMA \"%s\" TO weft_test_restricted;"
        "GRANT ALL ON ALL SEQUENCES IN SCHEMA \"%s\" TO weft_test_restricted;"
        "ALTER TABLE team ENABLE ROW LEVEL SECURITY; CREATE POLICY all_rows ON team USING (true) WITH CHECK (true)",
        f->database.place, f->database.place, f->database.place);
    test_database_exec(&f->database, sql);
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.on_begin = become_restricted});
    Team *teams[600];
    for (int i = 0; i < 600; i++)
        teams[i] = weft_new(s, Team, .name = i == 599 ? "last" : "team");
    commit_ok(s);
    assert_int_equal(works_starting(f, "COPY"), 1);
    assert_int_equal(works_starting(f, "INSERT"), 1);
    assert_int_equal(teams[599]->id, teams[0]->id + 599);
    assert_rows(f, "SELECT count(*), max(name) FROM team WHERE name = 'last'", "1|last");
    weft_session_close(s);
    test_database_exec(&f->database, "DROP OWNED BY weft_test_restricted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(rows_of_every_number_get_their_own_keys),
        ON_BOTH(thousands_of_rows_take_few_statements),
        ON_BOTH(keys_go_on_after_a_block),
        ON_BOTH(thousands_of_updates_and_deletes_take_few_statements),
        ON_BOTH(defaults_come_back_into_the_right_rows_of_a_batch),
        ON_BOTH(many_link_rows_take_one_statement_each_way),
        ON_BOTH(rows_refused_in_the_middle_leave_nothing),
        {"rows_go_by_insert_where_copy_is_refused", rows_go_by_insert_where_copy_is_refused, open_postgres, fixture_close, NULL},
    };
    return cmocka_run_group_tests_name("bulk flush", tests, NULL, NULL);
}
