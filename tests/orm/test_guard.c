/* What an update requires of rows that others may have changed: nothing is overwritten unseen, and nothing is told in vain. Each
 * test goes through the ways by which rows are written: one by itself, few, and many in one statement. */
#include "fixtures/things.h"

FIXTURE_MODELS(things);

static const int sizes[] = {1, 2, 130};
enum { SIZE_COUNT = sizeof sizes / sizeof sizes[0] };

/* Two rows go like many on PostgreSQL, one by one on SQLite. */
static bool is_no_other_way(const fixture *f, int size) { return f->postgres && size == 1; }

static void edit_all(fixture *f, Thing_list list, const thing_column *column)
{
    for (size_t i = 0; i < list.count; i++)
        assert_call(f->s, weft_session_set(f->s, &Thing_model, list.items[i], column->offset, column->third), WEFT_OK);
}

static Thing_list read_all(fixture *f)
{
    Thing_list list = weft_query(f->s, Thing, .order_by = weft_order(weft_asc(Thing, id)));
    assert_ok(f->s);
    return list;
}

static void assert_count(fixture *f, const char *where, int64_t expected)
{
    char sql[300];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM thing WHERE %s", where);
    int64_t found = test_database_integer(&f->database, sql);
    if (found != expected)
        print_message("%s: %lld rows\n", where, (long long)found);
    assert_int_equal(found, expected);
}

static void a_changed_value_of_any_type_is_not_overwritten(void **state)
{
    fixture *f = *state;
    for (size_t c = 0; c < thing_column_count; c++)
        for (int k = 0; k < SIZE_COUNT; k++) {
            const thing_column *column = &thing_columns[c];
            char where[40], condition[200];
            if (is_no_other_way(f, k))
                continue;
            things_fill_with(f, sizes[k], column->name, column->first[!f->postgres]);
            Thing_list list = read_all(f);
            edit_all(f, list, column);
            snprintf(where, sizeof where, "id = %d", (sizes[k] + 1) / 2);
            things_put(f, column->name, column->other[!f->postgres], where);
            weft_status status = weft_session_commit(f->s);
            if (status != WEFT_ERROR_STALE)
                print_message("%s %s, %d rows: %s\n", column->name, column->other[0], sizes[k], weft_status_identifier(status));
            assert_int_equal(status, WEFT_ERROR_STALE);
            assert_string_equal(weft_session_error(f->s)->column, column->name);
            assert_string_equal(weft_session_error(f->s)->table, "thing");
            rollback_ok(f->s);
            bool null = strcmp(column->other[!f->postgres], "NULL") == 0;
            snprintf(condition, sizeof condition, "%s%s %s %s", column->name, f->postgres ? "" : " COLLATE BINARY",
                     null ? "IS" : "=", column->other[!f->postgres]);
            assert_count(f, condition, 1);
        }
}

static void an_unchanged_value_of_any_type_is_no_alarm(void **state)
{
    fixture *f = *state;
    for (size_t c = 0; c < thing_column_count; c++)
        for (int k = 0; k < SIZE_COUNT; k++) {
            const thing_column *column = &thing_columns[c];
            if (is_no_other_way(f, k))
                continue;
            things_fill_with(f, sizes[k], column->name, column->first[!f->postgres]);
            edit_all(f, read_all(f), column);
            things_put(f, column->name, column->first[!f->postgres], NULL);                      /* written, and the same */
            things_put(f, column->offset == offsetof(Thing, big) ? "small" : "big", "77", NULL); /* another column */
            commit_ok(f->s);
            assert_count(f, column->offset == offsetof(Thing, big) ? "small = 77 AND big = 2" : "big = 77", sizes[k]);
        }
}

static void what_the_database_finds_equal_is_no_alarm(void **state)
{
    static const struct {
        size_t column;
        const char *sql[2];
    } kept[] = {
        {offsetof(Thing, real), {"'-0'", "-0.0"}},
        {offsetof(Thing, precise), {"'-0'", "-0.0"}},
        {offsetof(Thing, real), {"'infinity'", "9e999"}},
        {offsetof(Thing, precise), {"'-infinity'", "-9e999"}},
        {offsetof(Thing, real), {"'NaN'", NULL}},
        {offsetof(Thing, precise), {"'NaN'", NULL}},
        {offsetof(Thing, precise), {"5e-324", "5e-324"}},
        {offsetof(Thing, real), {"0.1", "0.100000001490116"}},
        {offsetof(Thing, at), {"'infinity'", "'infinity'"}},
        {offsetof(Thing, at), {"'-infinity'", "'-infinity'"}},
        {offsetof(Thing, hour), {"'24:00'", "'24:00:00.000000'"}},
        {offsetof(Thing, amount), {"'NaN'", "'NaN'"}},
        {offsetof(Thing, amount), {"1.500", "'1.5'"}},
        {offsetof(Thing, amount), {"-0.00", "'0'"}},
        {offsetof(Thing, json), {"'{\"b\":1,  \"a\":[1.0, null]}'", "'{\"b\":1,  \"a\":[1.0, null]}'"}},
        {offsetof(Thing, text), {"E'\\u0301a\\n%_\\\\'", "char(769) || 'a%_'"}},
    };
    fixture *f = *state;
    for (size_t c = 0; c < sizeof kept / sizeof kept[0]; c++)
        for (int k = 0; k < SIZE_COUNT; k++) {
            size_t at = 0;
            while (thing_columns[at].offset != kept[c].column)
                at++;
            if (kept[c].sql[!f->postgres] == NULL)
                continue;
            if (is_no_other_way(f, k))
                continue;
            things_fill_with(f, sizes[k], thing_columns[at].name, kept[c].sql[!f->postgres]);
            edit_all(f, read_all(f), &thing_columns[at]);
            weft_status status = weft_session_commit(f->s);
            if (status != WEFT_OK)
                print_message("%s = %s, %d rows: %s\n", thing_columns[at].name, kept[c].sql[!f->postgres], sizes[k],
                              weft_session_error(f->s)->message);
            assert_int_equal(status, WEFT_OK);
        }
}

/* The table is another's: its types hold more than the fields, or spell values otherwise. */
static void what_was_read_with_loss_is_compared_as_it_was_read(void **state)
{
    fixture *f = *state;
    if (f->postgres)
        test_database_exec(
            &f->database,
            "ALTER TABLE thing ALTER real TYPE double precision, ALTER precise TYPE numeric, ALTER code TYPE "
            "char(7), ALTER json TYPE json USING json::json, ALTER at TYPE timestamp, ALTER uuid TYPE text, ALTER text "
            "TYPE name, ALTER amount TYPE text");
    for (int k = 0; k < SIZE_COUNT; k++) {
        things_fill(f, sizes[k]);
        test_database_exec(&f->database,
                           f->postgres ? "UPDATE thing SET real = 0.1, precise = 0.12345678901234567890, code = 'abc', json = "
                                         "'{\"a\" : 1,  \"a\": 2}', text = 'n', "
                                         "at = '2024-01-01 00:00:00', uuid = '0A0B0C0D00004000800000000000000f', amount = '1.500'"
                                       : "UPDATE thing SET real = 0.1");
        static const char *const names[] = {"real", "precise", "code", "json", "at", "uuid", "text", "amount"};
        for (size_t n = 0; n < (f->postgres ? sizeof names / sizeof names[0] : 1); n++) {
            size_t at = 0;
            while (strcmp(thing_columns[at].name, names[n]) != 0)
                at++;
            Thing_list list = read_all(f);
            edit_all(f, list, &thing_columns[at]);
            if (weft_session_commit(f->s) != WEFT_OK)
                print_message("%s, %d rows: %s\n", names[n], sizes[k], weft_session_error(f->s)->message);
            assert_ok(f->s);
        }
        assert_count(f, "big = 0", sizes[k]);
    }
}

static int32_t number_of(fixture *f, int64_t id)
{
    char sql[100];
    snprintf(sql, sizeof sql, "SELECT number FROM thing WHERE id = %lld", (long long)id);
    return (int32_t)test_database_integer(&f->database, sql);
}

/* What another transaction wrote may be just what was to be written: a counter that two have raised by one. */
static void the_same_value_written_by_another_is_a_change(void **state)
{
    fixture *f = *state;
    for (int k = 0; k < SIZE_COUNT; k++) {
        things_fill(f, sizes[k]);
        Thing_list list = read_all(f);
        for (size_t i = 0; i < list.count; i++)
            weft_edit(f->s, Thing, list.items[i])->number += 1;
        test_database_exec(&f->database, "UPDATE thing SET number = number + 1 WHERE id = 1");
        assert_int_equal(weft_session_commit(f->s), WEFT_ERROR_STALE);
        rollback_ok(f->s);
        assert_int_equal(number_of(f, 1), 1);
    }
}

static void what_the_transaction_has_written_needs_no_check(void **state)
{
    fixture *f = *state;
    test_database_exec(
        &f->database,
        f->postgres
            ? "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.text := upper(NEW.text); NEW.number := "
              "NEW.number * "
              "2; RETURN NEW; END $$; CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON thing FOR EACH ROW EXECUTE FUNCTION shout()"
            : "CREATE TRIGGER shout AFTER UPDATE OF text ON thing BEGIN UPDATE thing SET text = upper(NEW.text), number = "
              "NEW.number * 2 "
              "WHERE id = NEW.id; END");
    for (int k = 0; k < SIZE_COUNT; k++) {
        things_fill(f, sizes[k]);
        for (int round = 0; round < 3; round++) {
            Thing_list list = read_all(f);
            for (int again = 0; again < 3; again++) {
                for (size_t i = 0; i < list.count; i++) {
                    Thing *thing = weft_edit(f->s, Thing, list.items[i]);
                    thing->text = again == 1 ? "second" : "first";
                    thing->number += 1;
                }
                flush_ok(f->s);
            }
            commit_ok(f->s);
        }
        assert_count(f, "text = 'FIRST'", sizes[k]);
    }
    Thing *made = weft_new(f->s, Thing, .id = 1000, .text = "made", .code = "x");
    flush_ok(f->s);
    made->text = "changed";
    commit_ok(f->s);
    weft_edit(f->s, Thing, made)->text = "again";
    commit_ok(f->s);
}

/* The transaction's own UPDATE of one column says nothing about the others: they may have been changed before it locked the row. */
static void what_it_has_not_written_is_checked_all_the_same(void **state)
{
    fixture *f = *state;
    for (int k = 0; k < SIZE_COUNT; k++)
        for (int way = 0; way < 4; way++) {
            things_fill(f, sizes[k]);
            Thing_list list = read_all(f);
            test_database_exec(&f->database, "UPDATE thing SET number = number + 10 WHERE id = 1");
            if (way == 1)
                assert_call(f->s, weft_session_savepoint(f->s), WEFT_OK);
            for (size_t i = 0; i < list.count; i++)
                weft_edit(f->s, Thing, list.items[i])->text = "first";
            flush_ok(f->s);
            if (way == 1)
                assert_call(f->s, weft_session_savepoint_rollback(f->s), WEFT_OK);
            if (way == 2)
                assert_call(f->s, weft_session_savepoint(f->s), WEFT_OK);
            if (way == 3)
                list = weft_query(f->s, Thing, .refresh = true);
            for (size_t i = 0; i < list.count; i++)
                weft_edit(f->s, Thing, list.items[i])->number += 1;
            assert_int_equal(weft_session_flush(f->s), way == 3 ? WEFT_OK : WEFT_ERROR_STALE);
            if (way != 3)
                assert_string_equal(weft_session_error(f->s)->column, "number");
            if (way == 2) {
                assert_int_equal(weft_session_savepoint_rollback(f->s), WEFT_OK);
                for (size_t i = 0; i < list.count; i++)
                    weft_edit(f->s, Thing, list.items[i])->text = "second";
            }
            if (way >= 2)
                commit_ok(f->s);
            else
                rollback_ok(f->s);
            assert_int_equal(number_of(f, 1), way == 3 ? 11 : 10);
            assert_count(f, "text = 'second'", way == 2 ? sizes[k] : 0);
        }
}

static void null_that_stays_null_is_no_alarm(void **state)
{
    fixture *f = *state;
    for (int k = 0; k < SIZE_COUNT; k++) {
        things_fill(f, sizes[k]); /* all optional columns are NULL */
        Thing_list list = read_all(f);
        for (size_t c = 0; c < thing_column_count; c++)
            if (strncmp(thing_columns[c].name, "maybe", 5) == 0 && !thing_columns[c].third.is_null)
                edit_all(f, list, &thing_columns[c]);
        commit_ok(f->s);
        assert_count(f, "maybe_big = 2 AND maybe_hour IS NOT NULL", sizes[k]);
    }
}

/* ---- what is checked, and how it is said ---- */

static void only_what_is_written_is_checked_and_only_once(void **state)
{
    fixture *f = *state;
    things_fill(f, 1);
    const Thing *thing = weft_get(f->s, Thing, 1);
    test_recorder_clear(f->recorder);
    weft_edit(f->s, Thing, thing)->text = "a";
    flush_ok(f->s);
    weft_edit(f->s, Thing, thing)->text = "b";
    flush_ok(f->s);
    if (f->postgres)
        assert_true(TEST_STATEMENTS(f->recorder,
                                    "UPDATE thing SET text = $1 WHERE id = $2 AND text::text COLLATE \"C\" IS NOT DISTINCT FROM $3",
                                    "UPDATE thing SET text = $1 WHERE id = $2"));
    else
        assert_true(TEST_STATEMENTS(f->recorder, "UPDATE thing SET text = ?1 WHERE id = ?2 AND text COLLATE BINARY IS ?3",
                                    "UPDATE thing SET text = ?1 WHERE id = ?2"));
    commit_ok(f->s);
}

static void fill_small(fixture *f)
{
    test_database_exec(
        &f->database,
        "DELETE FROM careful; DELETE FROM careless; DELETE FROM mixed; INSERT INTO careful VALUES (1, 1, 1), "
        "(2, 1, 1), (3, 1, 1); INSERT INTO careless VALUES (1, 1, 1), (2, 1, 1); INSERT INTO mixed VALUES (1, 1, 1, 1), (2, 1, 1, "
        "1)");
    weft_session_clear(f->s);
}

static void a_model_that_says_loaded_checks_every_column(void **state)
{
    fixture *f = *state;
    for (int n = 1; n <= 2; n++) {
        fill_small(f);
        Careful_list list = weft_query(f->s, Careful, .limit = n, .order_by = weft_order(weft_asc(Careful, id)));
        for (size_t i = 0; i < list.count; i++)
            weft_edit(f->s, Careful, list.items[i])->a = 5;
        test_database_exec(&f->database, "UPDATE careful SET b = 2 WHERE id = 1");
        assert_int_equal(weft_session_commit(f->s), WEFT_ERROR_STALE);
        assert_string_equal(weft_session_error(f->s)->column, "b");
        rollback_ok(f->s);
    }
    weft_edit(f->s, Careful, weft_get(f->s, Careful, 1))->a = 6;
    commit_ok(f->s);
    assert_rows(f, "SELECT a, b FROM careful WHERE id = 1", "6|2");
}

static void a_model_that_says_loaded_checks_what_it_deletes(void **state)
{
    fixture *f = *state;
    for (int n = 1; n <= 2; n++) {
        fill_small(f);
        Careful_list list = weft_query(f->s, Careful, .limit = n, .order_by = weft_order(weft_asc(Careful, id)));
        for (size_t i = 0; i < list.count; i++)
            weft_delete(f->s, Careful, list.items[i]);
        test_database_exec(&f->database, "UPDATE careful SET b = 2 WHERE id = 1");
        assert_int_equal(weft_session_commit(f->s), WEFT_ERROR_STALE);
        rollback_ok(f->s);
        assert_rows(f, "SELECT count(*) FROM careful", "3");
        list = weft_query(f->s, Careful, .limit = n, .order_by = weft_order(weft_asc(Careful, id)));
        for (size_t i = 0; i < list.count; i++)
            weft_delete(f->s, Careful, list.items[i]);
        test_database_exec(&f->database, "DELETE FROM careful WHERE id = 1"); /* gone is changed */
        assert_int_equal(weft_session_commit(f->s), WEFT_ERROR_STALE);
        rollback_ok(f->s);
        weft_delete(f->s, Careful, weft_get(f->s, Careful, 3));
        commit_ok(f->s);
    }
}

static void none_at_any_place_lets_the_last_write_win(void **state)
{
    fixture *f = *state;
    fill_small(f);
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.guard = WEFT_GUARD_NONE});
    weft_session *sessions[] = {f->s, weft_session_open(f->engine, &(weft_session_options){.guard = WEFT_GUARD_NONE}),
                                weft_session_open(engine, NULL)};
    for (size_t i = 0; i < 3; i++) { /* by the model, by the session, by the engine */
        weft_session *s = sessions[i];
        if (i == 0) {
            weft_edit(s, Careless, weft_get(s, Careless, 1))->a = 5;
            test_database_exec(&f->database, "UPDATE careless SET a = 2");
        } else {
            weft_edit(s, Careful, weft_get(s, Careful, 1))->a = 5 + (int32_t)i;
            test_database_exec(&f->database, "UPDATE careful SET a = 2");
        }
        commit_ok(s);
    }
    assert_rows(f, "SELECT a FROM careless WHERE id = 1", "5");
    assert_rows(f, "SELECT a FROM careful WHERE id = 1", "7");
    weft_session_close(sessions[1]);
    weft_session_close(sessions[2]);
    weft_engine_close(engine);
}

static void loaded_may_be_said_by_the_session_and_by_the_engine(void **state)
{
    fixture *f = *state;
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.guard = WEFT_GUARD_LOADED});
    weft_session *sessions[] = {weft_session_open(f->engine, &(weft_session_options){.guard = WEFT_GUARD_LOADED}),
                                weft_session_open(engine, NULL)};
    for (size_t i = 0; i < 2; i++) {
        fill_small(f);
        weft_edit(sessions[i], Mixed, weft_get(sessions[i], Mixed, 1))->always = 5;
        weft_edit(sessions[i], Careless, weft_get(sessions[i], Careless, 1))->a = 5; /* its model says otherwise */
        test_database_exec(&f->database, "UPDATE mixed SET plain = 2; UPDATE careless SET b = 2");
        assert_int_equal(weft_session_commit(sessions[i]), WEFT_ERROR_STALE);
        assert_string_equal(weft_session_error(sessions[i])->column, "plain");
        weft_session_close(sessions[i]);
    }
    weft_engine_close(engine);
}

static void a_column_may_say_for_itself(void **state)
{
    static const struct {
        const char *sql;
        bool stale;
    } runs[] = {{"UPDATE mixed SET plain = 2", false},
                {"UPDATE mixed SET always = 2", true},
                {"UPDATE mixed SET never = 2", false}};
    fixture *f = *state;
    for (size_t i = 0; i < 3; i++)
        for (int n = 1; n <= 2; n++) {
            fill_small(f);
            Mixed_list list = weft_query(f->s, Mixed, .limit = n);
            for (size_t k = 0; k < list.count; k++)
                weft_edit(f->s, Mixed, list.items[k])->never = 5;
            test_database_exec(&f->database, runs[i].sql);
            assert_int_equal(weft_session_commit(f->s), runs[i].stale ? WEFT_ERROR_STALE : WEFT_OK);
            rollback_ok(f->s);
        }
}

static void long_values_take_no_part(void **state)
{
    fixture *f = *state;
    char *other = malloc(6000);
    assert_non_null(other);
    memset(other, 'x', 5999);
    other[5999] = '\0';
    for (int k = 0; k < SIZE_COUNT; k++)
        for (int length = 4000; length <= 5000; length += 1000) {
            things_fill(f, sizes[k]);
            Thing_list list = read_all(f);
            other[length] = '\0';
            for (size_t i = 0; i < list.count; i++)
                weft_edit(f->s, Thing, list.items[i])->text = other;
            commit_ok(f->s);
            other[length] = 'x';
            list = read_all(f);
            for (size_t i = 0; i < list.count; i++)
                weft_edit(f->s, Thing, list.items[i])->text = "short";
            things_put(f, "text", "'by another'", "id = 1");
            assert_int_equal(weft_session_commit(f->s), length > 4096 ? WEFT_OK : WEFT_ERROR_STALE);
            rollback_ok(f->s);
        }
    free(other);
}

/* ---- what holds a row ---- */

static void a_row_that_is_locked_needs_no_check(void **state)
{
    fixture *f = *state;
    things_fill(f, 2);
    Thing_list list = weft_query(f->s, Thing, .for_update = true);
    assert_int_equal(list.count, 2);
    const Thing *one = weft_get(f->s, Thing, 1, .for_update = true);
    test_recorder_clear(f->recorder);
    weft_edit(f->s, Thing, one)->number = 1;
    flush_ok(f->s);
    assert_true(TEST_STATEMENTS(f->recorder, f->postgres ? "UPDATE thing SET number = $1 WHERE id = $2"
                                                         : "UPDATE thing SET number = ?1 WHERE id = ?2"));
    commit_ok(f->s);
}

static void an_isolation_at_which_the_database_checks_needs_no_check(void **state)
{
    fixture *f = *state;
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.isolation = WEFT_ISOLATION_REPEATABLE_READ});
    things_fill(f, 1);
    const Thing *one = weft_get(s, Thing, 1);
    test_recorder_clear(f->recorder);
    weft_edit(s, Thing, one)->number = 1;
    if (f->postgres)
        things_put(f, "number", "7", NULL);
    weft_status status = weft_session_commit(s);
    assert_int_equal(status, f->postgres ? WEFT_ERROR_SERIALIZATION : WEFT_OK);
    assert_true(TEST_STATEMENTS(f->recorder, f->postgres ? "UPDATE thing SET number = $1 WHERE id = $2"
                                                         : "UPDATE thing SET number = ?1 WHERE id = ?2"));
    weft_session_close(s);
}

static void rolling_back_to_a_savepoint_takes_the_lock_back(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    things_fill(f, 2);
    const Thing *before = weft_get(s, Thing, 1), *locked = NULL;
    weft_new(s, Careful, .id = 9);
    flush_ok(s);                        /* a transaction */
    for (int how = 0; how < 2; how++) { /* by writing, by locking */
        assert_call(s, weft_session_savepoint(s), WEFT_OK);
        if (how == 0) {
            weft_edit(s, Thing, before)->number = 5;
            flush_ok(s);
        } else {
            locked = weft_get(s, Thing, 2, .for_update = true);
            assert_int_equal(locked->number, 0);
        }
        assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
    }
    test_database_exec(&f->database, "SET lock_timeout = '5s'; UPDATE thing SET number = 8"); /* nothing is locked */
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    weft_edit(s, Thing, before)->number = 6;
    assert_int_equal(weft_session_flush(s), WEFT_ERROR_STALE);
    assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
    weft_edit(s, Thing, locked)->number = 6;
    assert_int_equal(weft_session_flush(s), WEFT_ERROR_STALE);
    rollback_ok(s);
    assert_rows(f, "SELECT number FROM thing", "8\n8");
}

static void what_was_held_before_a_savepoint_stays_held(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    things_fill(f, 1);
    const Thing *one = weft_get(s, Thing, 1);
    weft_edit(s, Thing, one)->number = 1;
    flush_ok(s);
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    weft_edit(s, Thing, one)->number = 2;
    flush_ok(s);
    assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
    assert_int_equal(one->number, 1);
    test_recorder_clear(f->recorder);
    weft_edit(s, Thing, one)->number = 3;
    flush_ok(s);
    assert_true(TEST_STATEMENTS(f->recorder, f->postgres ? "UPDATE thing SET number = $1 WHERE id = $2"
                                                         : "UPDATE thing SET number = ?1 WHERE id = ?2"));
    commit_ok(s);
}

static void a_trigger_that_keeps_a_row_is_told_and_not_repeated(void **state)
{
    fixture *f = *state;
    test_database_exec(
        &f->database,
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
        "CREATE TRIGGER keep BEFORE UPDATE ON thing FOR EACH ROW WHEN (OLD.id = 1) EXECUTE FUNCTION keep();"
        "CREATE TRIGGER keep BEFORE UPDATE ON counted FOR EACH ROW EXECUTE FUNCTION keep(); INSERT INTO counted VALUES (1, 1, 1, "
        "1)");
    for (int k = 0; k < SIZE_COUNT; k++) {
        things_fill(f, sizes[k]);
        Thing_list list = read_all(f);
        for (size_t i = 0; i < list.count; i++)
            weft_edit(f->s, Thing, list.items[i])->number = 1;
        assert_int_equal(weft_session_commit(f->s), WEFT_ERROR_CONSTRAINT);
        assert_false(weft_status_is_retryable(weft_session_status(f->s)));
        rollback_ok(f->s);
    }
    weft_edit(f->s, Counted, weft_get(f->s, Counted, 1))->a = 2;
    assert_int_equal(weft_session_commit(f->s), WEFT_ERROR_CONSTRAINT);
    rollback_ok(f->s);
}

static void a_version_is_checked_besides(void **state)
{
    fixture *f = *state;
    test_database_exec(&f->database, "INSERT INTO counted VALUES (1, 1, 1, 1), (2, 1, 1, 1)");
    for (int n = 1; n <= 2; n++) {
        static const char *const changes[] = {"UPDATE counted SET version = version + 1", "UPDATE counted SET a = 7"};
        for (size_t c = 0; c < 2; c++) {
            test_database_exec(&f->database, "UPDATE counted SET a = 1, b = 1, version = 1");
            weft_session_clear(f->s);
            Counted_list list = weft_query(f->s, Counted, .limit = n);
            for (size_t i = 0; i < list.count; i++)
                weft_edit(f->s, Counted, list.items[i])->a = 2;
            test_database_exec(&f->database, changes[c]);
            assert_int_equal(weft_session_commit(f->s), WEFT_ERROR_STALE);
            assert_string_equal(weft_session_error(f->s)->column, c == 0 ? "version" : "a");
            rollback_ok(f->s);
        }
    }
    weft_edit(f->s, Counted, weft_get(f->s, Counted, 1))->a = 3;
    commit_ok(f->s);
    assert_rows(f, "SELECT a, b, version FROM counted WHERE id = 1", "3|1|2");
}

/* ---- versions ---- */

static void an_update_by_condition_advances_the_version(void **state)
{
    fixture *f = *state;
    test_database_exec(&f->database, "INSERT INTO counted VALUES (1, 1, 1, 1), (2, 1, 1, 2147483647)");
    const Counted *one = weft_get(f->s, Counted, 1);
    weft_edit(f->s, Counted, one)->b = 5;
    weft_session *other = weft_session_open(f->engine, NULL);
    int64_t changed = 0;
    assert_call(other,
                weft_session_update(other, weft_update_of(Counted, .set = weft_sets(weft_to(Counted, a, 7)), .all = true),
                                    &changed),
                WEFT_OK);
    commit_ok(other);
    assert_int_equal(changed, 2);
    assert_rows(f, "SELECT version FROM counted ORDER BY id", "2\n1");
    assert_int_equal(weft_session_commit(f->s), WEFT_ERROR_STALE);
    rollback_ok(f->s);
    assert_call(other,
                weft_session_update(other,
                                    weft_update_of(Counted, .set = weft_sets(weft_to(Counted, version, 9)),
                                                   .where = weft_eq(Counted, id, 1)),
                                    NULL),
                WEFT_OK); /* the program's own */
    commit_ok(other);
    weft_connection *c = NULL;
    weft_error error = {0};
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    assert_int_equal(weft_execute_update(
                         c,
                         weft_update_of(Counted,
                                        .set = weft_sets(weft_to_expr(Counted, a, weft_op(weft_col(Counted, a), "+", weft_val(1)))),
                                        .where = weft_eq(Counted, id, 1)),
                         NULL, &error),
                     WEFT_OK);
    const Counted rows[] = {{.id = 1, .a = 3, .b = 3, .version = 1}, {.id = 3, .a = 3, .b = 3, .version = 1}};
    weft_insert_options upsert = {.on_conflict = WEFT_CONFLICT_UPDATE,
                                  .conflict_columns = "id",
                                  .set = weft_sets(weft_to_expr(Counted, b, weft_excluded(Counted, b)))};
    assert_error(weft_insert_many(c, Counted, rows, 2, &upsert, &error), WEFT_OK, &error);
    assert_int_equal(weft_connection_commit(c, &error), WEFT_OK);
    weft_connection_close(c);
    weft_session_close(other);
    assert_rows(f, "SELECT id, a, b, version FROM counted ORDER BY id", "1|8|3|11\n2|7|1|1\n3|3|3|1");
}

#define VERSIONED(N, T, table) \
    WEFT_DECLARE(N); \
    struct N { \
        int64_t id; \
        int32_t sum; \
        T ver; \
    }; \
    WEFT_MODEL(N, table, WEFT_COLUMN(N, id, .primary_key = true), WEFT_COLUMN(N, sum), WEFT_COLUMN(N, ver, .version = true))
VERSIONED(Narrow, int16_t, "narrow");
VERSIONED(Usual, int32_t, "usual");
VERSIONED(Unsigned, uint32_t, "unsign");
VERSIONED(Wide, int64_t, "wide");
WEFT_METADATA(versioned, &Narrow_model, &Usual_model, &Unsigned_model, &Wide_model);

#define TWO_WRITERS(N, f, engine, n) \
    do { \
        weft_session *a = weft_session_open(engine, NULL), *b = weft_session_open(engine, NULL); \
        N##_list in_a = weft_query(a, N, .limit = (int64_t)(n)), in_b = weft_query(b, N, .limit = (int64_t)(n)); \
        for (size_t i = 0; i < (n); i++) { \
            weft_edit(a, N, in_a.items[i])->sum += 10; \
            weft_edit(b, N, in_b.items[i])->sum = 77; \
        } \
        commit_ok(a); \
        assert_int_equal(weft_session_commit(b), WEFT_ERROR_STALE); \
        assert_string_equal(weft_session_error(b)->column, "ver"); \
        weft_session_close(b); \
        assert_int_equal(weft_get(a, N, 1)->ver, 1); \
        assert_int_equal(weft_get(a, N, 1)->sum, 10); \
        weft_edit(a, N, weft_get(a, N, 1))->sum = 11; \
        commit_ok(a); \
        assert_int_equal(weft_get(a, N, 1)->ver, 2); \
        weft_session_close(a); \
    } while (0)

static void after_the_greatest_version_comes_the_first(void **state)
{
    fixture *f = *state;
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.metadata = &versioned});
    weft_error error = {0};
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    for (size_t n = 1; n <= 2; n++) {
        test_database_exec(&f->database, "DELETE FROM narrow; DELETE FROM usual; DELETE FROM unsign; DELETE FROM wide;"
                                         "INSERT INTO narrow VALUES (1, 0, 32767), (2, 0, 32767); INSERT INTO usual VALUES (1, 0, "
                                         "2147483647), (2, 0, 2147483647);"
                                         "INSERT INTO unsign VALUES (1, 0, 4294967295), (2, 0, 4294967295);"
                                         "INSERT INTO wide VALUES (1, 0, 9223372036854775807), (2, 0, 9223372036854775807)");
        TWO_WRITERS(Narrow, f, engine, n);
        TWO_WRITERS(Usual, f, engine, n);
        TWO_WRITERS(Unsigned, f, engine, n);
        TWO_WRITERS(Wide, f, engine, n);
    }
    test_database_exec(&f->database,
                       "UPDATE narrow SET ver = 32767; UPDATE wide SET ver = 9223372036854775807; UPDATE unsign SET ver = "
                       "4294967295");
    weft_session *s = weft_session_open(engine, NULL);
    assert_call(s, weft_session_update(s, weft_update_of(Narrow, .set = weft_sets(weft_to(Narrow, sum, 1)), .all = true), NULL),
                WEFT_OK);
    assert_call(s, weft_session_update(s, weft_update_of(Wide, .set = weft_sets(weft_to(Wide, sum, 1)), .all = true), NULL),
                WEFT_OK);
    assert_call(s, weft_session_update(s, weft_update_of(Unsigned, .set = weft_sets(weft_to(Unsigned, sum, 1)), .all = true), NULL),
                WEFT_OK);
    commit_ok(s);
    assert_rows(f, "SELECT max(n.ver), max(w.ver), max(u.ver) FROM narrow n, wide w, unsign u", "1|1|1");
    weft_session_close(s);
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_changed_value_of_any_type_is_not_overwritten),
        ON_BOTH(an_unchanged_value_of_any_type_is_no_alarm),
        ON_BOTH(what_the_database_finds_equal_is_no_alarm),
        ON_BOTH(what_was_read_with_loss_is_compared_as_it_was_read),
        ON_BOTH(the_same_value_written_by_another_is_a_change),
        ON_BOTH(what_the_transaction_has_written_needs_no_check),
        ON_BOTH(what_it_has_not_written_is_checked_all_the_same),
        ON_BOTH(null_that_stays_null_is_no_alarm),
        ON_BOTH(only_what_is_written_is_checked_and_only_once),
        ON_BOTH(a_model_that_says_loaded_checks_every_column),
        ON_BOTH(a_model_that_says_loaded_checks_what_it_deletes),
        ON_BOTH(none_at_any_place_lets_the_last_write_win),
        ON_BOTH(loaded_may_be_said_by_the_session_and_by_the_engine),
        ON_BOTH(a_column_may_say_for_itself),
        ON_BOTH(long_values_take_no_part),
        ON_BOTH(a_row_that_is_locked_needs_no_check),
        ON_BOTH(an_isolation_at_which_the_database_checks_needs_no_check),
        ON_POSTGRES(rolling_back_to_a_savepoint_takes_the_lock_back),
        ON_BOTH(what_was_held_before_a_savepoint_stays_held),
        ON_POSTGRES(a_trigger_that_keeps_a_row_is_told_and_not_repeated),
        ON_BOTH(a_version_is_checked_besides),
        ON_BOTH(an_update_by_condition_advances_the_version),
        ON_BOTH(after_the_greatest_version_comes_the_first),
    };
    return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
