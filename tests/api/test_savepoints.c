/* Many rows within savepoints: what a savepoint's rollback undoes is gone however the rows were sent, and no way of sending meets a
 * limit that another one does not. */
#include "support/fixture.h"

#define TENS(X, p) X(p##0) X(p##1) X(p##2) X(p##3) X(p##4) X(p##5) X(p##6) X(p##7) X(p##8) X(p##9)
#define HUNDRED(X, p) \
    TENS(X, p##0) \
    TENS(X, p##1) TENS(X, p##2) TENS(X, p##3) TENS(X, p##4) TENS(X, p##5) TENS(X, p##6) TENS(X, p##7) TENS(X, p##8) TENS(X, p##9)

WEFT_DECLARE(Item);
struct Item {
    int64_t id;
    const char *name;
    int32_t hits;
};
WEFT_MODEL(Item, "item", WEFT_COLUMN(Item, id, .primary_key = true), WEFT_COLUMN(Item, name, .unique = true),
           WEFT_COLUMN(Item, hits));

WEFT_DECLARE(Form);
#define TEXT(c) const char *c;
struct Form {
    int64_t id;
    HUNDRED(TEXT, t)
};
#define TEXT_COLUMN(c) WEFT_COLUMN(Form, c, .server_default = "'d'"),
WEFT_MODEL(Form, "form", HUNDRED(TEXT_COLUMN, t) WEFT_COLUMN(Form, id, .primary_key = true));
WEFT_METADATA(models, &Item_model, &Form_model);
FIXTURE_MODELS(models);

static const int sizes[] = {1, 2, 63, 64, 65, 499, 500, 501, 2001};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

/* Items whose last one has the name that is taken. */
static void add_items(weft_session *s, int from, int count, const char *last)
{
    for (int i = 0; i < count; i++)
        (void)weft_new(s, Item, .id = from + i, .name = i == count - 1 && last != NULL ? last : weft_format(s, "n%d", from + i));
}

static void a_savepoint_undoes_what_a_failed_flush_left_whatever_its_size(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_items(s, 1, 1, "taken");
    commit_ok(s);
    for (int depth = 1; depth <= 3; depth++)
        for (int i = 0; i < SIZES; i++) {
            for (int level = 1; level <= depth; level++) {
                assert_call(s, weft_session_savepoint(s), WEFT_OK);
                add_items(s, 10 * level, 1, NULL);
                flush_ok(s);
            }
            add_items(s, 2000, sizes[i], "taken");
            assert_call(s, weft_session_flush(s), WEFT_ERROR_UNIQUE);
            assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
            if (depth > 1)
                assert_call(s, weft_session_savepoint_release(s), WEFT_OK);
            if (depth > 2)
                assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
            commit_ok(s);
            assert_rows(f, "SELECT id, name FROM item ORDER BY id", depth == 2 ? "1|taken\n10|n10" : "1|taken");
            test_database_exec(&f->database, "DELETE FROM item WHERE id > 1");
            weft_session_clear(s);
        }
}

static weft_status add_too_many(weft_session *s, void *context)
{
    add_items(s, 100, 1, "inside");
    (void)weft_session_flush(s);
    add_items(s, 2000, *(const int *)context, "taken");
    return WEFT_OK;
}

static void a_transaction_within_one_undoes_only_itself_whatever_its_size(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_items(s, 1, 1, "taken");
    commit_ok(s);
    for (int i = 0; i < SIZES; i++) {
        int count = sizes[i];
        add_items(s, 10, 1, "outside");
        assert_int_equal(weft_transact(s, add_too_many, &count, &(weft_transact_options){.savepoint = true}), WEFT_ERROR_UNIQUE);
        commit_ok(s);
        assert_rows(f, "SELECT id, name FROM item ORDER BY id", "1|taken\n10|outside");
        test_database_exec(&f->database, "DELETE FROM item WHERE id > 1");
        weft_session_clear(s);
    }
}

static Item *make_items(int from, int count, char (**names)[16])
{
    Item *items = calloc((size_t)count, sizeof *items);
    *names = calloc((size_t)count, sizeof **names);
    assert_non_null(items);
    assert_non_null(*names);
    for (int i = 0; i < count; i++) {
        snprintf((*names)[i], sizeof **names, "n%d", from + i);
        items[i] = (Item){.id = from + i, .name = (*names)[i]};
    }
    return items;
}

static void a_failed_batch_leaves_the_savepoints_of_the_program_as_they_were(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c;
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    Item first = {.id = 1, .name = "taken"}, inside = {.id = 2, .name = "inside"};
    assert_error(weft_insert_many(c, Item, &first, 1, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    for (int i = 0; i < SIZES; i++) {
        char(*names)[16];
        Item *items = make_items(100, sizes[i], &names);
        items[sizes[i] - 1].name = "taken";
        assert_error(weft_connection_savepoint(c, &error), WEFT_OK, &error);
        assert_error(weft_insert_many(c, Item, &inside, 1, NULL, &error), WEFT_OK, &error);
        assert_error(weft_connection_savepoint(c, &error), WEFT_OK, &error);
        assert_error(weft_insert_many(c, Item, items, (size_t)sizes[i], NULL, &error), WEFT_ERROR_UNIQUE, &error);
        assert_error(weft_connection_rollback_to(c, &error), WEFT_OK, &error);
        assert_error(weft_connection_rollback_to(c, &error), WEFT_OK, &error);
        assert_error(weft_connection_rollback_to(c, &error), WEFT_ERROR_MISUSE, &error);
        assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
        assert_rows(f, "SELECT id, name FROM item", "1|taken");
        free(items);
        free(names);
    }
    weft_connection_close(c);
}

/* What cannot be encoded is found on the way: the transaction goes on. */
static void a_row_that_cannot_be_sent_leaves_no_savepoint_behind(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 0; i < SIZES; i++) {
        assert_call(s, weft_session_savepoint(s), WEFT_OK);
        add_items(s, 1, 1, NULL);
        assert_call(s, weft_session_savepoint(s), WEFT_OK);
        add_items(s, 2000, sizes[i], "\xff\xfe");
        assert_call(s, weft_session_flush(s), WEFT_ERROR_DATA);
        assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
        assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
        commit_ok(s);
        assert_rows(f, "SELECT id FROM item", "");
    }
}

static void sixty_four_savepoints_leave_room_for_many_rows(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_error error = {0};
    for (int i = 0; i < 64; i++)
        assert_call(s, weft_session_savepoint(s), WEFT_OK);
    for (int i = 0, from = 1; i < SIZES; from += sizes[i++]) {
        add_items(s, from, sizes[i], NULL);
        flush_ok(s);
    }
    weft_connection *c = weft_session_connection(s);
    assert_non_null(c);
    for (int i = 0, from = 10000; i < SIZES; from += sizes[i++]) {
        char(*names)[16];
        Item *items = make_items(from, sizes[i], &names);
        assert_error(weft_insert_many(c, Item, items, (size_t)sizes[i], NULL, &error), WEFT_OK, &error);
        free(items);
        free(names);
    }
    for (int i = 0; i < 64; i++)
        assert_call(s, weft_session_savepoint_release(s), WEFT_OK);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM item", "7392");
}

static void a_sixty_fifth_savepoint_of_the_program_is_refused(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 64; i++)
        assert_call(f->s, weft_session_savepoint(f->s), WEFT_OK);
    assert_call(f->s, weft_session_savepoint(f->s), WEFT_ERROR_LIMIT);
    rollback_ok(f->s);
}

/* Form i gives the texts whose number divides by i % 90 + 1. */
static Form make_form(int i)
{
    Form form = {.id = 0};
    const char **texts = &form.t00;
    for (int t = 0; t < 100; t += i % 90 + 1)
        texts[t] = "given";
    return form;
}

static void assert_forms(fixture *f, int count)
{
    int64_t given[2] = {0, 0};
    for (int i = 0; i < count; i++) {
        given[0] += 95 % (i % 90 + 1) == 0;
        given[1] += 70 % (i % 90 + 1) == 0;
    }
    assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM form WHERE t95 = 'given'"), given[0]);
    assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM form WHERE t70 = 'given'"), given[1]);
    assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM form WHERE t95 = 'd'"), count - given[0]);
    assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM form WHERE t00 = 'given'"), count);
}

static void a_hundred_columns_may_have_defaults_on_every_way(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c;
    assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = true}, &error), WEFT_OK, &error);
    for (int k = 0; k < SIZES; k++) {
        Form *forms = calloc((size_t)sizes[k], sizeof *forms);
        assert_non_null(forms);
        for (int i = 0; i < sizes[k]; i++)
            forms[i] = make_form(i);
        assert_error(weft_insert_many(c, Form, forms, (size_t)sizes[k], NULL, &error), WEFT_OK, &error);
        assert_forms(f, sizes[k]);
        test_database_exec(&f->database, "DELETE FROM form");
        for (int i = 0; i < sizes[k]; i++)
            (void)weft_session_new(f->s, &Form_model, &forms[i]);
        commit_ok(f->s);
        assert_forms(f, sizes[k]);
        test_database_exec(&f->database, "DELETE FROM form");
        weft_session_clear(f->s);
        free(forms);
    }
    weft_connection_close(c);
}

#define VALUE(c) weft_val(1),
#define NINETY(X) TENS(X, a) TENS(X, b) TENS(X, c) TENS(X, d) TENS(X, e) TENS(X, f) TENS(X, g) TENS(X, h) TENS(X, i)

/* Lists of VALUES share their parameters with those of DO UPDATE SET, however many these are. */
static void a_set_may_hold_hundreds_of_values(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c;
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    for (int k = 0; k < SIZES; k++) {
        char(*names)[16];
        Item *items = make_items(1, sizes[k], &names);
        weft_insert_options options = {
            .on_conflict = WEFT_CONFLICT_UPDATE,
            .conflict_columns = "name",
            .set =
                f->postgres
                    ? weft_sets(weft_to_expr(
                          Item, hits,
                          weft_fn("greatest",
                                  NINETY(VALUE) weft_fn("greatest",
                                                        NINETY(VALUE) weft_fn("greatest",
                                                                              NINETY(VALUE) weft_fn("greatest",
                                                                                                    NINETY(VALUE) weft_val(7)))))))
                    : weft_sets(weft_to_expr(
                          Item, hits,
                          weft_fn("max", NINETY(VALUE)
                                             weft_fn("max", NINETY(VALUE)
                                                                weft_fn("max", NINETY(VALUE)
                                                                                   weft_fn("max", NINETY(VALUE) weft_val(7)))))))};
        for (int twice = 0; twice < 2; twice++)
            assert_error(weft_insert_many(c, Item, items, (size_t)sizes[k], &options, &error), WEFT_OK, &error);
        assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
        assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM item WHERE hits = 7"), sizes[k]);
        test_database_exec(&f->database, "DELETE FROM item");
        free(items);
        free(names);
    }
    weft_connection_close(c);
}

/* ---- after a deadline ---- */

enum { SHORT_MS = 700 };

static const char *slow_sql(const fixture *f)
{
    return f->postgres ? "SELECT pg_sleep(30)"
                       : "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT count(*) FROM n";
}

/* What was given up has ended on the server, too. */
static void assert_nothing_runs(const fixture *f)
{
    if (f->postgres)
        assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND "
                                                             "datname = current_database() AND query LIKE '%pg_sleep(30)%' AND "
                                                             "pid <> pg_backend_pid()"),
                         0);
}

static void add_item(weft_connection *c, int id)
{
    weft_error error = {0};
    char name[16];
    (void)snprintf(name, sizeof name, "n%d", id);
    const Item item = {.id = id, .name = name};
    assert_error(weft_insert_many(c, Item, &item, 1, NULL, &error), WEFT_OK, &error);
}

static void a_savepoint_is_what_a_deadline_costs(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c;
    assert_int_equal(weft_engine_connect(f->engine, &c, &(weft_connection_options){.timeout_ms = SHORT_MS}, &error), WEFT_OK);
    assert_error(weft_connection_begin(c, &error), WEFT_OK, &error);
    add_item(c, 1);
    for (int round = 0; round < 2; round++) {
        assert_error(weft_connection_savepoint(c, &error), WEFT_OK, &error);
        add_item(c, 10);
        assert_error(weft_connection_savepoint(c, &error), WEFT_OK, &error);
        add_item(c, 20);
        assert_error(weft_execute_text(c, slow_sql(f), NULL, &error), WEFT_ERROR_TIMEOUT, &error);
        assert_error(weft_connection_rollback_to(c, &error), WEFT_OK, &error);
        assert_nothing_runs(f);
        add_item(c, 30 + round);
        if (round == 0)
            assert_error(weft_execute_text(c, slow_sql(f), NULL, &error), WEFT_ERROR_TIMEOUT, &error);
        assert_error(round == 0 ? weft_connection_rollback_to(c, &error) : weft_connection_release(c, &error), WEFT_OK, &error);
        add_item(c, 2 + round);
    }
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    assert_rows(f, "SELECT id FROM item ORDER BY id", "1\n2\n3\n10\n31");
    /* Without a savepoint the transaction is what it costs, and the connection is good for another. */
    add_item(c, 40);
    assert_error(weft_execute_text(c, slow_sql(f), NULL, &error), WEFT_ERROR_TIMEOUT, &error);
    if (f->postgres)
        assert_error(weft_connection_rollback_to(c, &error), WEFT_ERROR_TIMEOUT, &error);
    assert_error(weft_connection_rollback(c, &error), WEFT_OK, &error);
    add_item(c, 50);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    assert_rows(f, "SELECT id FROM item WHERE id >= 40", "50");
}

static void a_sessions_savepoint_is_what_a_deadline_costs(void **state)
{
    fixture *f = *state;
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.timeout_ms = SHORT_MS});
    for (int round = 0; round < 2; round++) {
        add_items(s, 1 + 10 * round, 1, NULL);
        assert_call(s, weft_session_savepoint(s), WEFT_OK);
        add_items(s, 2 + 10 * round, 3, NULL);
        flush_ok(s);
        assert_call(s, weft_session_execute_text(s, slow_sql(f), NULL), WEFT_ERROR_TIMEOUT);
        assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
        assert_nothing_runs(f);
        add_items(s, 5 + 10 * round, 1, NULL);
        commit_ok(s);
    }
    weft_session_close(s);
    assert_rows(f, "SELECT id FROM item ORDER BY id", "1\n5\n11\n15");
}

static void a_bound_sessions_transaction_is_what_a_deadline_costs(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c;
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    assert_error(weft_connection_begin(c, &error), WEFT_OK, &error);
    add_item(c, 1);
    weft_session *s = weft_session_open_on(c, &(weft_session_options){.timeout_ms = SHORT_MS});
    add_items(s, 2, 1, NULL);
    flush_ok(s);
    assert_call(s, weft_session_execute_text(s, slow_sql(f), NULL), WEFT_ERROR_TIMEOUT);
    assert_call(s, weft_session_rollback(s), WEFT_OK);
    add_items(s, 3, 1, NULL);
    commit_ok(s);
    add_items(s, 4, 1, NULL);
    flush_ok(s);
    assert_call(s, weft_session_execute_text(s, slow_sql(f), NULL), WEFT_ERROR_TIMEOUT);
    weft_session_close(s);
    assert_nothing_runs(f);
    add_item(c, 5);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    assert_rows(f, "SELECT id FROM item ORDER BY id", "1\n3\n5");
}

/* ---- what a body hands on ---- */

static weft_status break_unique(weft_session *s, void *context)
{
    (void)context;
    weft_error error = {0};
    return weft_execute_text(weft_session_connection(s), "INSERT INTO item (id, name, hits) VALUES (7, 'taken', 0)", NULL, &error);
}

static void a_body_that_hands_an_error_on_keeps_its_details(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_items(s, 1, 1, "taken");
    commit_ok(s);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(weft_transact(s, break_unique, NULL, NULL), WEFT_ERROR_UNIQUE);
        assert_int_equal(weft_session_status(s), WEFT_OK);
        assert_non_null(strstr(weft_session_error(s)->message, "item"));
        assert_string_equal(weft_session_error(s)->table, "item");
    }
    assert_int_equal(weft_transact(s, break_unique, NULL, &(weft_transact_options){.isolation = (weft_isolation)17}),
                     WEFT_ERROR_MISUSE);
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_session *other = weft_session_open(f->engine, &(weft_session_options){.isolation = (weft_isolation)17});
    add_items(other, 9, 1, NULL);
    assert_call(other, weft_session_commit(other), WEFT_ERROR_MISUSE);
    weft_session_close(other);
    assert_rows(f, "SELECT name FROM item", "taken");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_savepoint_undoes_what_a_failed_flush_left_whatever_its_size),
        ON_BOTH(a_transaction_within_one_undoes_only_itself_whatever_its_size),
        ON_BOTH(a_failed_batch_leaves_the_savepoints_of_the_program_as_they_were),
        ON_BOTH(a_row_that_cannot_be_sent_leaves_no_savepoint_behind),
        ON_BOTH(sixty_four_savepoints_leave_room_for_many_rows),
        ON_BOTH(a_sixty_fifth_savepoint_of_the_program_is_refused),
        ON_BOTH(a_hundred_columns_may_have_defaults_on_every_way),
        ON_BOTH(a_set_may_hold_hundreds_of_values),
        ON_BOTH(a_savepoint_is_what_a_deadline_costs),
        ON_BOTH(a_sessions_savepoint_is_what_a_deadline_costs),
        ON_BOTH(a_bound_sessions_transaction_is_what_a_deadline_costs),
        ON_BOTH(a_body_that_hands_an_error_on_keeps_its_details),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
