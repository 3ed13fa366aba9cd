/* Numbers that the database counts: keys and other columns with the options of their sequences, and sequences of models. */
#include "support/fixture.h"

#include "type/type.h"

WEFT_DECLARE(Ticket);
WEFT_DECLARE(Guest);
WEFT_DECLARE(Stub);
struct Ticket {
    int64_t id;
    const char *title;
};
/* number is counted and no key; code and mark draw from sequences of the models. */
struct Guest {
    int32_t id;
    const char *name;
    int32_t number;
    weft_opt_int64 code;
    int64_t mark;
};
struct Stub {
    int64_t id;
    const char *name;
};
WEFT_MODEL(Ticket, "ticket", WEFT_COLUMN(Ticket, id, .primary_key = true, .counting = {.start = 1000, .increment = 10}),
           WEFT_COLUMN(Ticket, title, .unique = true));
WEFT_MODEL(Stub, "stub",
           WEFT_COLUMN(Stub, id, .primary_key = true, .identity_always = true,
                       .counting = {.increment = -7, .maximum_is_zero = true, .cache = 3}),
           WEFT_COLUMN(Stub, name));
WEFT_MODEL(Guest, "guest", WEFT_SEQUENCE(Guest, "guest code", .counting = {.start = 3, .maximum = 5, .cycle = true}),
           WEFT_SEQUENCE(Guest, "marks", .counting = {.minimum_is_zero = true, .increment = 2}),
           WEFT_COLUMN(Guest, id, .primary_key = true, .sequence = "marks"), WEFT_COLUMN(Guest, name),
           WEFT_COLUMN(Guest, number, .identity = true, .counting = {.start = 5, .cache = 1}),
           WEFT_COLUMN(Guest, code, .not_null = true, .sequence = "\"guest code\""),
           WEFT_COLUMN(Guest, mark, .identity_always = true));
static WEFT_METADATA(keys, &Ticket_model, &Stub_model);
static WEFT_METADATA(guests, &Guest_model, &Ticket_model);
FIXTURE_MODELS(keys);
static int open_guests(void **state) { return fixture_open(state, TEST_POSTGRES, &guests, NULL); }
#define OF_GUESTS(test) \
    { \
#test " (PostgreSQL)", test, open_guests, fixture_close, NULL \
    }

typedef struct Number {
    int64_t value;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, value));

/* The first and the last key, and that each is another and lies a step from its neighbour. */
static void assert_keys(fixture *f, const char *table, const char *expected)
{
    char sql[400];
    (void)snprintf(sql, sizeof sql,
                   "SELECT min(id), max(id), count(*), max(step), min(step) FROM (SELECT id, id - lag(id) OVER (ORDER BY id) AS "
                   "step FROM %s) AS q",
                   table);
    assert_rows(f, sql, expected);
}

static void keys_begin_and_go_on_as_the_model_says(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_error error = {0};
    const Ticket *first = weft_new(s, Ticket, .title = "one"), *second = weft_new(s, Ticket, .title = "two");
    flush_ok(s);
    assert_int_equal(first->id, f->postgres ? 1000 : 1);
    assert_int_equal(second->id, f->postgres ? 1010 : 2);
    char titles[6000][12];
    for (int i = 0; i < 100; i++) { /* in arrays */
        (void)snprintf(titles[i], sizeof titles[i], "a%d", i);
        (void)weft_new(s, Ticket, .title = titles[i]);
    }
    commit_ok(s);
    assert_keys(f, "ticket", f->postgres ? "1000|2010|102|10|10" : "1|102|102|1|1");
    for (int i = 100; i < 6000; i++) { /* by COPY, with keys that were taken before */
        (void)snprintf(titles[i], sizeof titles[i], "a%d", i);
        (void)weft_new(s, Ticket, .title = titles[i]);
    }
    commit_ok(s);
    assert_keys(f, "ticket", f->postgres ? "1000|61010|6002|10|10" : "1|6002|6002|1|1");
    weft_connection *c = NULL;
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    Ticket rows[] = {{.title = "b1"}, {.title = "b2"}, {.title = "one"}};
    assert_error(weft_insert_many(c, Ticket, rows, 3,
                                  &(weft_insert_options){.on_conflict = WEFT_CONFLICT_UPDATE,
                                                         .conflict_columns = "title",
                                                         .set =
                                                             weft_sets(weft_to_expr(Ticket, title, weft_excluded(Ticket, title)))},
                                  &error),
                 WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    assert_rows(
        f, "SELECT count(*), (SELECT id FROM ticket WHERE title = 'b2') - (SELECT id FROM ticket WHERE title = 'b1') FROM ticket",
        f->postgres ? "6004|10" : "6004|1");
    int64_t inserted = 0;
    assert_error(weft_execute_insert(c,
                                     weft_insert_into(Ticket, .columns = weft_columns(weft_col(Ticket, title)),
                                                      .query =
                                                          weft_select(.from = weft_from(Ticket),
                                                                      .columns = weft_columns(
                                                                          weft_op(weft_val("c"), "||", weft_col(Ticket, title))),
                                                                      .where = weft_starts_with(Ticket, title, "b"))),
                                     &inserted, &error),
                 WEFT_OK, &error);
    assert_int_equal(inserted, 2);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    assert_rows(f, "SELECT count(*), min((id - 1000) % 10) FROM ticket", f->postgres ? "6006|0" : "6006|-9");
    /* A key that is given is taken: the database makes those that are not. */
    (void)weft_new(s, Ticket, .id = 70007, .title = "given");
    commit_ok(s);
    assert_rows(f, "SELECT title FROM ticket WHERE id = 70007", "given");
    weft_connection_close(c);
}

static void what_is_always_counted_takes_no_value(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_error error = {0};
    const Stub *stub = weft_new(s, Stub, .name = "a");
    (void)weft_new(s, Stub, .name = "b");
    commit_ok(s);
    assert_int_equal(stub->id, f->postgres ? 0 : 1);
    for (int i = 0; i < 3000; i++)
        (void)weft_new(s, Stub, .name = "many");
    commit_ok(s);
    assert_rows(f, "SELECT count(*), count(DISTINCT id), count(CASE WHEN id % 7 = 0 THEN 1 END) FROM stub",
                f->postgres ? "3002|3002|3002" : "3002|3002|428");
    (void)fixture_statements(f);
    (void)weft_new(s, Stub, .id = 5, .name = "given");
    assert_call(s, weft_session_flush(s), WEFT_ERROR_MISUSE);
    assert_message(s, "Stub.id is counted by the database (.identity_always) and takes no value");
    rollback_ok(s);
    weft_edit(s, Stub, stub)->id = 9;
    assert_call(s, weft_session_flush(s), WEFT_ERROR_MISUSE);
    rollback_ok(s);
    weft_set(s, Stub, stub, id, 9);
    assert_refused(s, WEFT_ERROR_MISUSE);
    int64_t changed = 0;
    assert_call(s, weft_session_update(s, weft_update_of(Stub, .set = weft_sets(weft_to(Stub, id, 4)), .all = true), &changed),
                WEFT_ERROR_MISUSE);
    assert_message(s, "Stub.id is counted by the database (.identity_always) and takes no value");
    rollback_ok(s);
    assert_call(s,
                weft_session_insert(s,
                                    weft_insert_into(Stub, .columns = weft_columns(weft_col(Stub, id), weft_col(Stub, name)),
                                                     .query = weft_select(.from = weft_from(Stub),
                                                                          .columns = weft_columns(weft_col(Stub, id),
                                                                                                  weft_col(Stub, name)))),
                                    &changed),
                WEFT_ERROR_MISUSE);
    rollback_ok(s);
    weft_connection *c = NULL;
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    Stub rows[] = {{.name = "x"}, {.id = 3, .name = "y"}};
    assert_error(weft_insert_many(c, Stub, rows, 2, NULL, &error), WEFT_ERROR_MISUSE, &error);
    assert_true(error.nothing_sent);
    assert_non_null(strstr(error.message, "weft_insert_many: Stub.id is counted by the database"));
    weft_connection_close(c);
    for (const char *sql = fixture_last_sql(f); sql != NULL && strncmp(sql, "SELECT", 6) != 0; sql = NULL)
        assert_null(strstr(sql, "INSERT"));
    assert_rows(f, "SELECT count(*) FROM stub", "3002");
}

/* A policy keeps COPY away, so that keys taken before go with lists of values. */
static void keys_that_are_always_counted_go_by_each_path(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    test_database_exec(&f->database, "CREATE FUNCTION same() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'");
    test_database_exec(&f->database, "CREATE TRIGGER same BEFORE INSERT ON stub FOR EACH ROW EXECUTE FUNCTION same()");
    const Stub *stubs[1500];
    for (int i = 0; i < 1500; i++)
        stubs[i] = weft_new(s, Stub, .name = "a");
    commit_ok(s);
    test_database_exec(&f->database, "DROP TRIGGER same ON stub");
    test_database_exec(&f->database, "ALTER TABLE stub ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY");
    test_database_exec(&f->database, "CREATE POLICY every ON stub USING (true)");
    for (int i = 0; i < 1500; i++)
        (void)weft_new(s, Stub, .name = "b");
    commit_ok(s);
    assert_rows(f, "SELECT count(*), count(DISTINCT id), max(id), max(id % 7) FROM stub", "3000|3000|0|0");
    assert_int_equal(stubs[3]->id % 7, 0);
}

static void columns_that_are_no_keys_are_counted(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const Guest *a = weft_new(s, Guest, .name = "a"), *b = weft_new(s, Guest, .name = "b", .number = 100, .code = weft_some(0));
    flush_ok(s);
    assert_int_equal(a->id, 0);
    assert_int_equal(b->id, 2);
    assert_int_equal(a->number, 5);
    assert_int_equal(b->number, 100);
    assert_true(a->code.set);
    assert_int_equal(a->code.value, 3);
    assert_int_equal(b->code.value, 0); /* which is a value of an optional */
    assert_int_equal(a->mark, 1);
    assert_int_equal(b->mark, 2);
    commit_ok(s);
    weft_edit(s, Guest, a)->number = 50;
    commit_ok(s);
    for (int i = 0; i < 4; i++) {
        (void)weft_new(s, Guest, .name = "c");
        flush_ok(s);
    }
    commit_ok(s);
    assert_rows(f, "SELECT id, name, number, code, mark FROM guest ORDER BY id",
                "0|a|50|3|1\n2|b|100|0|2\n4|c|6|4|3\n6|c|7|5|4\n8|c|8|1|5\n10|c|9|2|6");
    for (int i = 0; i < 3000; i++)
        (void)weft_new(s, Guest, .name = "d");
    commit_ok(s);
    assert_rows(f,
                "SELECT count(*), count(DISTINCT id), max(id), count(DISTINCT mark), max(mark), max(code), min(number) FROM guest",
                "3006|3006|6010|3006|3006|5|6");
    weft_edit(s, Guest, a)->mark = 7;
    assert_call(s, weft_session_flush(s), WEFT_ERROR_MISUSE);
    assert_message(s, "Guest.mark is counted by the database (.identity_always)");
    rollback_ok(s);
}

static void a_sequence_is_asked_for_its_next_value(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t first = 0, second = 0, changed = 0;
    weft_error error = {0};
    assert_call(s, weft_take_value(s, Guest, "guest code", &first), WEFT_OK);
    assert_int_equal(first, 3);
    rollback_ok(s); /* which gives nothing back */
    weft_connection *c = NULL;
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_next_value(c, &Guest_model, "guest code", &second, &error), WEFT_OK, &error);
    assert_int_equal(second, 4);
    assert_error(weft_connection_next_value(c, &Guest_model, "none", &second, &error), WEFT_ERROR_MISUSE, &error);
    assert_string_equal(error.message, "the next value of \"none\": Guest declares no such sequence");
    weft_connection_close(c);
    (void)weft_new(s, Guest, .name = "a");
    (void)weft_new(s, Guest, .name = "b");
    flush_ok(s);
    assert_call(
        s,
        weft_session_update(s,
                            weft_update_of(Guest, .set = weft_sets(weft_to_expr(Guest, code, weft_next_value(Guest, "guest code"))),
                                           .all = true),
                            &changed),
        WEFT_OK);
    assert_int_equal(changed, 2);
    commit_ok(s);
    assert_rows(f, "SELECT sum(code) FROM guest", "5"); /* 5 and 1 went to the rows first; 2 and 3 after the cycle */
    const Number_list alone = weft_rows(s, Number, .columns = weft_columns(weft_next_value(Guest, "guest code")));
    assert_ok(s);
    assert_int_equal(alone.count, 1);
    assert_int_equal(alone.items[0]->value, 4);
    const Number_list numbers =
        weft_rows(s, Number, .from = weft_from(Guest),
                  .columns = weft_columns(weft_op(weft_next_value(Guest, "guest code"), "+", weft_val(100))));
    assert_ok(s);
    assert_int_equal(numbers.items[0]->value + numbers.items[1]->value, 206);
    assert_string_equal(fixture_last_sql(f), "SELECT nextval('\"guest code\"') + $1 FROM guest");
    weft_builder *builder = weft_builder_new();
    char name[20] = "guest code";
    const weft_expr *one = weft_builder_next_value(builder, &Guest_model, name);
    memset(name, 'x', sizeof name - 1);
    assert_int_equal(weft_rows(s, Number, .columns = one).count, 1);
    assert_ok(s);
    const weft_expr *none = weft_builder_next_value(builder, &Guest_model, "'; DROP TABLE guest; --");
    (void)weft_rows(s, Number, .columns = none);
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_builder_free(builder);
    (void)weft_rows(s, Number, .from = weft_from(Guest), .columns = weft_columns(weft_next_value(Guest, "none")));
    assert_message(s, "weft_next_value: Guest declares no sequence \"none\"");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_rows(s, Number, .from = weft_from(Guest),
                    .columns = weft_columns(weft_next_value(Ticket, "marks"))); /* another model's */
    assert_refused(s, WEFT_ERROR_MISUSE);
}

static void the_database_says_of_them_what_the_models_say(void **state)
{
    fixture *f = *state;
    assert_rows(
        f,
        "SELECT c.relname, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle, s.seqtypid::regtype FROM "
        "pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid WHERE c.relnamespace = current_schema::regnamespace ORDER BY 1",
        "guest code|3|1|1|5|1|t|bigint\n"
        "guest_mark_seq|1|1|1|9223372036854775807|1|f|bigint\n"
        "guest_number_seq|5|1|1|2147483647|1|f|integer\n"
        "marks|0|2|0|9223372036854775807|1|f|bigint\n"
        "ticket_id_seq|1000|10|1|9223372036854775807|1|f|bigint");
    assert_rows(f,
                "SELECT attname, attidentity FROM pg_attribute WHERE attrelid = 'guest'::regclass AND attidentity <> '' ORDER BY 1",
                "mark|a\nnumber|d");
    weft_error error = {0};
    weft_session_close(f->s);
    f->s = NULL;
    assert_error(weft_create_all(f->engine, &error), WEFT_OK, &error); /* they are there */
    assert_error(weft_drop_all(f->engine, &error), WEFT_OK, &error);
    assert_rows(f,
                "SELECT count(*) FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid WHERE c.relnamespace = "
                "current_schema::regnamespace",
                "0");
}

WEFT_DECLARE(Wide);
WEFT_DECLARE(Low);
WEFT_DECLARE(Few);
struct Wide {
    int32_t id, number;
};
struct Low {
    int32_t id;
    uint32_t number;
};
struct Few {
    int32_t id;
    int16_t number;
};
WEFT_MODEL(Wide, "wide", WEFT_SEQUENCE(Wide, "far", .counting = {.start = 3000000000}), WEFT_COLUMN(Wide, id, .primary_key = true),
           WEFT_COLUMN(Wide, number, .sequence = "far"));
WEFT_MODEL(Low, "low", WEFT_SEQUENCE(Low, "down", .counting = {.minimum = -5, .start = 5}),
           WEFT_COLUMN(Low, id, .primary_key = true), WEFT_COLUMN(Low, number, .sequence = "down"));
WEFT_MODEL(Few, "few", WEFT_SEQUENCE(Few, "long", .counting = {.maximum = 32768}), WEFT_COLUMN(Few, id, .primary_key = true),
           WEFT_COLUMN(Few, number, .sequence = "long"));
static WEFT_METADATA(wides, &Wide_model);
static WEFT_METADATA(lows, &Low_model);
static WEFT_METADATA(fews, &Few_model);

static void a_sequence_counts_within_the_columns_that_draw_from_it(void **state)
{
    static const struct {
        const weft_metadata *models;
        const char *said;
    } all[] = {{&wides, "sequence \"far\" must lie between -2147483648 and 2147483647"},
               {&lows, "sequence \"down\" must lie between 0 and 4294967295"},
               {&fews, "sequence \"long\" must lie between -32768 and 32767"}};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        weft_error error = {0};
        weft_engine *engine = NULL;
        assert_int_equal(weft_engine_open(&engine, test_pg_url(), &(weft_engine_options){.metadata = all[i].models}, &error),
                         WEFT_ERROR_MODEL);
        if (strstr(error.message, all[i].said) == NULL)
            fail_msg("%s", error.message);
    }
}

static void defaults_that_draw_elsewhere_are_told(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_difference *found = NULL;
    size_t count = 0;
    assert_error(weft_engine_check(f->engine, &found, &count, &error), WEFT_OK, &error);
    assert_int_equal(count, 0);
    weft_free(found);
    static const char *const defaults[] = {"nextval('other')", "7"};
    test_database_exec(&f->database, "CREATE SEQUENCE other");
    for (size_t i = 0; i < 2; i++) {
        char sql[100];
        snprintf(sql, sizeof sql, "ALTER TABLE guest ALTER code SET DEFAULT %s", defaults[i]);
        test_database_exec(&f->database, sql);
        assert_error(weft_engine_check(f->engine, &found, &count, &error), WEFT_OK, &error);
        assert_int_equal(count, 1);
        assert_int_equal(found[0].kind, WEFT_DIFFERENCE_CHANGED);
        assert_string_equal(found[0].name, "code");
        assert_false(found[0].fatal);
        weft_free(found);
    }
}

/* An int32 key, which the database would let grow further. */
WEFT_DECLARE(Narrow);
struct Narrow {
    int32_t id;
    const char *name;
};
WEFT_MODEL(Narrow, "narrow", WEFT_COLUMN(Narrow, id, .primary_key = true), WEFT_COLUMN(Narrow, name, .nullable = true));
static WEFT_METADATA(narrows, &Narrow_model);

static void rows_whose_keys_do_not_fit_are_not_stored(void **state)
{
    static const size_t counts[] = {1, 2, 70, 2000};
    static Narrow rows[2000];
    weft_error error = {0};
    weft_engine *engine = NULL;
    weft_connection *c = NULL;
    (void)state;
    assert_error(weft_engine_open(&engine, "sqlite://", &(weft_engine_options){.metadata = &narrows}, &error), WEFT_OK, &error);
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        char sql[100];
        assert_error(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK, &error);
        snprintf(sql, sizeof sql, "INSERT INTO narrow (id) VALUES (%lld)", 2147483648LL - (long long)counts[i]);
        assert_error(weft_execute_text(c, sql, NULL, &error), WEFT_OK, &error);
        assert_error(weft_insert_many(c, Narrow, rows, counts[i], NULL, &error), WEFT_ERROR_DATA, &error);
        assert_non_null(strstr(error.message, counts[i] == 1
                                                  ? "narrow.id: the value does not fit 32 bits"
                                                  : "the next key of narrow, 2147483648, lies beyond what Narrow.id can hold"));
        uint64_t inserted = 9;
        if (counts[i] > 1)
            assert_error(weft_insert_many(c, Narrow, rows, counts[i] - 1, &(weft_insert_options){.inserted = &inserted}, &error),
                         WEFT_OK, &error); /* which fills it to the last */
        assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
        weft_connection_close(c);
        weft_session *s = weft_session_open(engine, NULL);
        assert_int_equal(weft_query(s, Narrow).count, counts[i]);
        assert_ok(s);
        for (size_t n = 0; n < counts[i]; n++)
            (void)weft_new(s, Narrow, .name = "more");
        assert_int_not_equal(weft_session_commit(s), WEFT_OK);
        rollback_ok(s);
        assert_int_equal(weft_query(s, Narrow).count, counts[i]);
        assert_call(s, weft_session_execute_text(s, "DELETE FROM narrow", NULL), WEFT_OK);
        commit_ok(s);
        weft_session_close(s);
    }
    weft_engine_close(engine);
}

typedef struct NarrowKey {
    int32_t id;
} NarrowKey;
WEFT_ROW(NarrowKey, WEFT_FIELD(NarrowKey, id));
typedef struct Named {
    const char *name;
} Named;
WEFT_ROW(Named, WEFT_FIELD(Named, name));
WEFT_PARAMETERS(Named);
WEFT_CHANGE(name_again, Named,
            weft_inserted(Narrow, .columns = weft_columns(weft_col(Narrow, name)),
                          .query = weft_select(.from = weft_from(Narrow), .columns = weft_columns(weft_param(Named, name)))));
WEFT_STATEMENT_OF(key_again, NarrowKey, Named,
                  weft_inserted(Narrow, .columns = weft_columns(weft_col(Narrow, name)),
                                .query = weft_select(.from = weft_from(Narrow), .columns = weft_columns(weft_param(Named, name))),
                                .returning = weft_columns(weft_col(Narrow, id))));
static const weft_expr *const only_name = weft_col(Narrow, name);

/* The keys of two rows are left to the database, and the second one does not fit. */
static weft_status insert_two(weft_connection *c, int way, weft_error *error)
{
    NarrowKey_list rows;
    weft_result *result = NULL;
    int64_t count = 0;
    const weft_rows_options *two =
        weft_select(.from = weft_from(Narrow), .columns = weft_columns(weft_val("new")), .where = weft_lt(Narrow, id, 3));
    switch (way) {
    case 0: return weft_execute_insert(c, weft_insert_into(Narrow, .columns = only_name, .query = two), &count, error);
    case 1: return weft_execute_run(c, name_again, &count, error, .name = "new");
    case 2:
        return weft_fetch_of(c, NarrowKey, &rows, &result, error,
                             weft_inserted(Narrow, .columns = only_name, .query = two,
                                           .returning = weft_columns(weft_col(Narrow, id))));
    default: return weft_fetch_run(c, key_again, &rows, &result, error, .name = "new");
    }
}

static void insert_two_in_session(weft_session *s, int way)
{
    const weft_rows_options *two =
        weft_select(.from = weft_from(Narrow), .columns = weft_columns(weft_val("new")), .where = weft_lt(Narrow, id, 3));
    switch (way) {
    case 0: (void)weft_session_insert(s, weft_insert_into(Narrow, .columns = only_name, .query = two), NULL); break;
    case 1: (void)weft_change(s, name_again, NULL, .name = "new"); break;
    case 2:
        (void)weft_rows_of(s, NarrowKey,
                           weft_inserted(Narrow, .columns = only_name, .query = two,
                                         .returning = weft_columns(weft_col(Narrow, id))));
        break;
    default: (void)weft_run(s, key_again, .name = "new"); break;
    }
}

static void keys_of_what_a_select_gives_fit_or_are_refused(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = NULL;
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.metadata = &narrows});
    weft_session_close(f->s);
    f->s = NULL;
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    for (int i = 0; i < 12; i++) {
        test_database_exec(&f->database, "DELETE FROM narrow");
        test_database_exec(&f->database, "INSERT INTO narrow (id, name) VALUES (1, 'a'), (2, 'b')");
        if (i == 0) { /* they fit */
            assert_error(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK, &error);
            if (f->postgres)
                test_database_exec(&f->database, "ALTER TABLE narrow ALTER id RESTART WITH 3");
            assert_error(insert_two(c, 0, &error), WEFT_OK, &error);
            assert_error(weft_insert_many(c, Narrow, &(Narrow){.name = "one"}, 1, NULL, &error), WEFT_OK, &error);
            assert_string_equal(fixture_last_sql(f),
                                f->postgres
                                    ? "INSERT INTO narrow (name) VALUES ($1)"
                                    : "INSERT INTO narrow (name) VALUES (?1) RETURNING weft_keep_int32(narrow.id, 'narrow.id')");
            assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
            weft_connection_close(c);
            assert_rows(f, "SELECT id, name FROM narrow ORDER BY id", "1|a\n2|b\n3|new\n4|new\n5|one");
            test_database_exec(&f->database, "DELETE FROM narrow WHERE id > 2");
        }
        if (f->postgres)
            test_database_exec(&f->database, "ALTER TABLE narrow ALTER id RESTART WITH 2147483647");
        else
            test_database_exec(&f->database, "INSERT INTO narrow (id) VALUES (2147483646)");
        if (i < 8) {
            const bool autocommit = i >= 4;
            assert_error(weft_engine_connect(engine, &c, &(weft_connection_options){.autocommit = autocommit}, &error), WEFT_OK,
                         &error);
            if (!autocommit)
                assert_error(weft_execute_text(c, "UPDATE narrow SET name = 'c' WHERE id = 1", NULL, &error), WEFT_OK, &error);
            const weft_status status = insert_two(c, i % 4, &error);
            assert_int_not_equal(status, WEFT_OK);
            if (!f->postgres) {
                if (status != WEFT_ERROR_DATA)
                    fail_msg("%d: %s", i, error.message);
                assert_non_null(strstr(error.message, "narrow.id"));
                if (!autocommit) /* what went before stays */
                    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
            }
            weft_connection_close(c);
            assert_rows(f, "SELECT id, name FROM narrow WHERE id < 9 ORDER BY id",
                        f->postgres || autocommit ? "1|a\n2|b" : "1|c\n2|b");
        } else {
            weft_session *s = weft_session_open(engine, NULL);
            insert_two_in_session(s, i % 4);
            assert_int_not_equal(weft_session_status(s), WEFT_OK);
            if (!f->postgres)
                assert_message(s, "narrow.id");
            rollback_ok(s);
            weft_session_close(s);
        }
        assert_rows(f, "SELECT count(*) FROM narrow WHERE name = 'new'", "0");
    }
    weft_engine_close(engine);
}

WEFT_DECLARE(Numbered);
struct Numbered {
    int64_t id;
};
WEFT_MODEL(Numbered, "numbered", WEFT_SEQUENCE(Numbered, "numbers", .counting = {.start = 50}),
           WEFT_COLUMN(Numbered, id, .primary_key = true, .sequence = "numbers"));
static WEFT_METADATA(numbered, &Numbered_model);

static void sqlite_counts_keys_alone(void **state)
{
    weft_error error = {0};
    int64_t value = 0;
    weft_engine *engine = NULL;
    (void)state;
    assert_int_equal(weft_engine_open(&engine, "sqlite://", &(weft_engine_options){.metadata = &guests}, &error),
                     WEFT_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "Guest.number: sqlite counts keys alone, and has no sequences"));
    assert_null(engine);
    assert_error(weft_engine_open(&engine, "sqlite://", &(weft_engine_options){.metadata = &numbered}, &error), WEFT_OK, &error);
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    weft_session *s = weft_session_open(engine, NULL);
    const Numbered *one = weft_new(s, Numbered, .id = 0);
    flush_ok(s);
    assert_int_equal(one->id, 1);
    assert_call(s, weft_take_value(s, Numbered, "numbers", &value), WEFT_ERROR_UNSUPPORTED);
    rollback_ok(s);
    (void)weft_rows(s, Number, .from = weft_from(Numbered), .columns = weft_columns(weft_next_value(Numbered, "numbers")));
    assert_refused(s, WEFT_ERROR_UNSUPPORTED);
    weft_session_close(s);
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(keys_begin_and_go_on_as_the_model_says),
        ON_BOTH(what_is_always_counted_takes_no_value),
        ON_POSTGRES(keys_that_are_always_counted_go_by_each_path),
        OF_GUESTS(columns_that_are_no_keys_are_counted),
        OF_GUESTS(a_sequence_is_asked_for_its_next_value),
        OF_GUESTS(a_sequence_counts_within_the_columns_that_draw_from_it),
        OF_GUESTS(defaults_that_draw_elsewhere_are_told),
        OF_GUESTS(the_database_says_of_them_what_the_models_say),
        cmocka_unit_test(sqlite_counts_keys_alone),
        cmocka_unit_test(rows_whose_keys_do_not_fit_are_not_stored),
        ON_BOTH(keys_of_what_a_select_gives_fit_or_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
