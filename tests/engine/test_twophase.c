/* Commits in two phases: what is prepared waits under its name, seen by nobody, until any connection ends it. SQLite has none. */
#include "fixtures/purse.h"

FIXTURE_MODELS(purse);

#define OK(call) assert_error((call), WEFT_OK, &error)

static size_t waiting(const fixture *f)
{
    weft_error error = {0};
    weft_prepared *items;
    size_t count, ours = 0;
    OK(weft_engine_prepared(f->engine, &items, &count, &error));
    assert_int_equal(items == NULL, count == 0);
    for (size_t i = 0; i < count; i++)
        ours += strncmp(items[i].name, f->database.place, strlen(f->database.place)) == 0;
    weft_free(items);
    return ours;
}

/* Databases of other tests may be on the same server. */
static const char *name_of(const fixture *f, const char *rest)
{
    static char names[4][300];
    static int next;
    char *name = names[next = (next + 1) % 4];
    snprintf(name, sizeof names[0], "%s %s", f->database.place, rest);
    return name;
}

static void what_is_prepared_is_committed_from_anywhere(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    const char *name = name_of(f, "it's a \\ \"name\" – é");
    const weft_timestamp before = weft_timestamp_now();
    weft_new(f->s, Item, .amount = 5);
    assert_call(f->s, weft_session_prepare(f->s, name), WEFT_OK);
    assert_false(weft_session_in_transaction(f->s));
    assert_rows(f, "SELECT count(*) FROM item", "0");
    assert_null(weft_get(f->s, Item, 1)); /* not of this transaction */
    assert_ok(f->s);

    weft_prepared *items;
    size_t count, at = 0;
    OK(weft_engine_prepared(f->engine, &items, &count, &error));
    while (at < count && strcmp(items[at].name, name) != 0)
        at++;
    assert_true(at < count);
    assert_true(items[at].owner[0] != '\0');
    assert_in_range(items[at].since.usec - before.usec + 2000000, 0, 62000000);
    weft_free(items);

    weft_engine *other = fixture_engine(f, (weft_engine_options){0});
    OK(weft_engine_commit_prepared(other, name, &error));
    weft_engine_close(other);
    assert_rows(f, "SELECT amount FROM item", "5");
    assert_int_equal(waiting(f), 0);
    assert_error(weft_engine_commit_prepared(f->engine, name, &error), WEFT_ERROR_NOT_FOUND, &error);
    assert_non_null(strstr(error.message, name));
    assert_error(weft_engine_rollback_prepared(f->engine, name, &error), WEFT_ERROR_NOT_FOUND, &error);
    const Item *found = weft_get(f->s, Item, 1);
    assert_ok(f->s);
    assert_non_null(found);
    assert_int_equal(found->amount, 5);
}

static void what_is_rolled_back_was_never_there(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    const char *name = name_of(f, "gone");
    const Item *item = weft_new(f->s, Item, .amount = 5);
    assert_call(f->s, weft_session_prepare(f->s, name), WEFT_OK);
    assert_int_equal(waiting(f), 1);
    OK(weft_engine_rollback_prepared(f->engine, name, &error));
    assert_rows(f, "SELECT count(*) FROM item", "0");
    assert_int_equal(waiting(f), 0);
    assert_int_equal(weft_refresh(f->s, Item, item), WEFT_ERROR_NOT_FOUND);
    assert_ok(f->s);
    weft_new(f->s, Item, .amount = 6); /* the session goes on */
    commit_ok(f->s);
    assert_rows(f, "SELECT amount FROM item", "6");
}

static void it_outlives_its_engine(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    const char *name = name_of(f, "orphan");
    weft_engine *engine = fixture_engine(f, (weft_engine_options){0});
    weft_connection *c;
    OK(weft_engine_connect(engine, &c, NULL, &error));
    OK(weft_execute_text(c, "INSERT INTO item (amount) VALUES (7)", NULL, &error));
    OK(weft_connection_prepare(c, name, &error));
    assert_false(weft_connection_in_transaction(c));
    OK(weft_execute_text(c, "INSERT INTO item (amount) VALUES (8)", NULL, &error)); /* a transaction of its own */
    weft_connection_close(c);
    weft_engine_close(engine);
    assert_int_equal(waiting(f), 1);
    OK(weft_engine_commit_prepared(f->engine, name, &error));
    assert_rows(f, "SELECT amount FROM item", "7");
}

static void nothing_done_is_prepared_all_the_same(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c;
    OK(weft_engine_connect(f->engine, &c, NULL, &error));
    OK(weft_connection_prepare(c, name_of(f, "a"), &error)); /* not begun */
    OK(weft_connection_begin(c, &error));
    OK(weft_connection_prepare(c, name_of(f, "b"), &error));
    weft_result *result;
    OK(weft_connection_select(c, weft_select(.from = weft_from(Item)), &result, &error)); /* without a BEGIN */
    weft_result_close(result);
    OK(weft_connection_prepare(c, name_of(f, "c"), &error));
    weft_connection_close(c);
    assert_call(f->s, weft_session_prepare(f->s, name_of(f, "d")), WEFT_OK);
    assert_int_equal(waiting(f), 4);
    OK(weft_engine_commit_prepared(f->engine, name_of(f, "a"), &error));
    OK(weft_engine_rollback_prepared(f->engine, name_of(f, "b"), &error));
    OK(weft_engine_commit_prepared(f->engine, name_of(f, "c"), &error));
    OK(weft_engine_commit_prepared(f->engine, name_of(f, "d"), &error));
    assert_int_equal(waiting(f), 0);
}

static void what_cannot_commit_is_not_prepared(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c;
    test_database_exec(&f->database, "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int REFERENCES parent "
                                     "DEFERRABLE INITIALLY DEFERRED)");
    OK(weft_engine_connect(f->engine, &c, NULL, &error));
    assert_error(weft_execute_text(c, "SELECT 1 / 0", NULL, &error), WEFT_ERROR_DATA, &error);
    assert_error(weft_connection_prepare(c, name_of(f, "x"), &error), WEFT_ERROR_ROLLED_BACK, &error);
    assert_int_equal(error.outcome, WEFT_OUTCOME_ROLLED_BACK);
    OK(weft_execute_text(c, "INSERT INTO child VALUES (1)", NULL, &error));
    assert_error(weft_connection_prepare(c, name_of(f, "x"), &error), WEFT_ERROR_FOREIGN_KEY, &error);
    assert_int_equal(error.outcome, WEFT_OUTCOME_ROLLED_BACK);
    OK(weft_connection_rollback(c, &error));
    OK(weft_execute_text(c, "CREATE TEMPORARY TABLE t (i int)", NULL, &error));
    assert_error(weft_connection_prepare(c, name_of(f, "x"), &error), WEFT_ERROR_UNSUPPORTED, &error);
    OK(weft_connection_rollback(c, &error));
    OK(weft_execute_text(c, "INSERT INTO item (amount) VALUES (1)", NULL, &error));
    OK(weft_connection_prepare(c, name_of(f, "x"), &error));
    OK(weft_execute_text(c, "INSERT INTO item (amount) VALUES (2)", NULL, &error));
    assert_error(weft_connection_prepare(c, name_of(f, "x"), &error), WEFT_ERROR_MISUSE, &error); /* the name is taken */
    assert_non_null(strstr(error.message, name_of(f, "x")));
    assert_int_equal(error.outcome, WEFT_OUTCOME_ROLLED_BACK);
    assert_false(error.nothing_sent);
    assert_error(weft_connection_prepare(c, "", &error), WEFT_ERROR_MISUSE, &error);
    assert_true(error.nothing_sent);
    OK(weft_connection_rollback(c, &error));
    OK(weft_engine_commit_prepared(f->engine, name_of(f, "x"), &error));
    weft_connection_close(c);
    assert_int_equal(waiting(f), 0);
    assert_rows(f, "SELECT amount FROM item", "1");
    assert_rows(f, "SELECT count(*) FROM child", "0");
}

static weft_status prepare_within(weft_session *s, void *context)
{
    (void)weft_session_prepare(s, context);
    return WEFT_OK;
}

static void names_and_places_are_checked(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c;
    char name[202];
    memset(name, 'x', sizeof name);
    name[200] = '\0';
    (void)fixture_statements(f);
    assert_int_equal(weft_session_prepare(f->s, ""), WEFT_ERROR_MISUSE);
    assert_message(f->s, "needs a name");
    rollback_ok(f->s);
    assert_int_equal(weft_session_prepare(f->s, NULL), WEFT_ERROR_MISUSE);
    rollback_ok(f->s);
    assert_int_equal(weft_session_prepare(f->s, name), WEFT_ERROR_MISUSE);
    assert_message(f->s, "200 bytes");
    rollback_ok(f->s);
    assert_int_equal(weft_transact(f->s, prepare_within, name, NULL), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_engine_commit_prepared(f->engine, "", &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_engine_rollback_prepared(f->engine, name, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_engine_commit_prepared(NULL, "x", &error), WEFT_ERROR_MISUSE);
    size_t count;
    assert_int_equal(weft_engine_prepared(f->engine, NULL, &count, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_prepare(NULL, "x", &error), WEFT_ERROR_MISUSE);
    OK(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = true}, &error));
    assert_error(weft_connection_prepare(c, "x", &error), WEFT_ERROR_MISUSE, &error);
    OK(weft_connection_begin(c, &error));
    weft_session *inner = weft_session_open_on(c, NULL);
    weft_new(inner, Item, .amount = 1);
    flush_ok(inner);
    assert_error(weft_connection_prepare(c, "x", &error), WEFT_ERROR_MISUSE, &error);
    assert_int_equal(weft_session_prepare(inner, "x"), WEFT_ERROR_MISUSE);
    rollback_ok(inner);
    weft_session_close(inner);
    weft_connection_close(c);
    weft_new(f->s, Item, .amount = 1);
    c = weft_session_connection(f->s);
    assert_error(weft_connection_prepare(c, "x", &error), WEFT_ERROR_MISUSE, &error);
    rollback_ok(f->s);
    assert_int_equal(waiting(f), 0);
}

static void sqlite_has_one_phase(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_prepared *items;
    size_t count;
    weft_connection *c;
    weft_new(f->s, Item, .amount = 1);
    assert_int_equal(weft_session_prepare(f->s, "x"), WEFT_ERROR_UNSUPPORTED);
    assert_message(f->s, "sqlite does not commit in two phases");
    rollback_ok(f->s);
    OK(weft_engine_connect(f->engine, &c, NULL, &error));
    OK(weft_execute_text(c, "INSERT INTO item (amount) VALUES (2)", NULL, &error));
    assert_error(weft_connection_prepare(c, "x", &error), WEFT_ERROR_UNSUPPORTED, &error);
    OK(weft_connection_commit(c, &error)); /* the transaction goes on */
    weft_connection_close(c);
    assert_error(weft_engine_commit_prepared(f->engine, "x", &error), WEFT_ERROR_UNSUPPORTED, &error);
    assert_error(weft_engine_rollback_prepared(f->engine, "x", &error), WEFT_ERROR_UNSUPPORTED, &error);
    assert_error(weft_engine_prepared(f->engine, &items, &count, &error), WEFT_ERROR_UNSUPPORTED, &error);
    assert_rows(f, "SELECT amount FROM item", "2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(what_is_prepared_is_committed_from_anywhere),
        ON_POSTGRES(what_is_rolled_back_was_never_there),
        ON_POSTGRES(it_outlives_its_engine),
        ON_POSTGRES(nothing_done_is_prepared_all_the_same),
        ON_POSTGRES(what_cannot_commit_is_not_prepared),
        ON_POSTGRES(names_and_places_are_checked),
        ON_SQLITE(sqlite_has_one_phase),
    };
    return cmocka_run_group_tests_name("two phases", tests, NULL, NULL);
}
