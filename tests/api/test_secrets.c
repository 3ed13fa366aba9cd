/* What errors and logs may say: no value of a parameter or a row, on any path and in any language of the server, unless the engine
 * shows values. Each test fails a statement in some way, with values that are easy to find, and everything that was logged and
 * reported is searched for them. */
#include "support/fixture.h"

#include <stdatomic.h>

static const char *const kinds[] = {"plain", "other"};
WEFT_DECLARE(Person);
WEFT_DECLARE(Visit);
struct Person {
    int64_t id;
    const char *code;
    int32_t age;
    weft_decimal balance;
    weft_opt_uuid token;
    weft_opt_date born;
    weft_opt_timestamp seen;
    const char *note;
    weft_bytes blob;
    int kind;
    Visit_list visits;
};
struct Visit {
    int64_t id;
    int64_t person_id;
    const Person *person;
};
WEFT_MODEL(Person, "person", WEFT_COLUMN(Person, id, .primary_key = true), WEFT_COLUMN(Person, code, .unique = true),
           WEFT_COLUMN(Person, age), WEFT_COLUMN(Person, balance, .precision = 14, .scale = 2), WEFT_COLUMN(Person, token),
           WEFT_COLUMN(Person, born), WEFT_COLUMN(Person, seen), WEFT_COLUMN(Person, note, .nullable = true, .length = 40),
           WEFT_COLUMN(Person, blob, .nullable = true), WEFT_ENUM(Person, kind, kinds),
           WEFT_CHECK(Person, "age >= 0", .name = "age_is_positive"),
           WEFT_HAS_MANY(Person, visits, Visit, .foreign_key = "person_id", .back_populates = "person"));
WEFT_MODEL(Visit, "visit", WEFT_COLUMN(Visit, id, .primary_key = true), WEFT_COLUMN(Visit, person_id, .references = "person.id"),
           WEFT_BELONGS_TO(Visit, person, Person, .foreign_key = "person_id", .back_populates = "visits"));
WEFT_METADATA(models, &Person_model, &Visit_model);
FIXTURE_MODELS(models);

/* One secret per type. */
#define TEXT "say \"SECRET\" it's {SECRET}"
#define NUMBER INT64_C(4711470047114700)
#define AGE (-47114711)
#define DECIMAL "47114711.47"
static const char *const needles[] = {"SECRET", "47114711", "47114700", "c0ffee00", "C0FFEE00", "1947-11-13", "13.11.1947"};

static weft_uuid secret_uuid(void)
{
    weft_uuid uuid = {{0xc0, 0xff, 0xee, 0, 0xc0, 0xff, 0x4e, 0, 0x80, 0xff, 0xee, 0, 0xc0, 0xff, 0xee, 0}};
    return uuid;
}

static weft_date secret_date(void)
{
    weft_date date = {0};
    assert_true(weft_date_parse("1947-11-13", &date));
    return date;
}

static const char *find_secret(const char *text)
{
    for (size_t i = 0; text != NULL && i < sizeof needles / sizeof needles[0]; i++)
        if (strstr(text, needles[i]) != NULL)
            return needles[i];
    return NULL;
}

/* Everything that was logged. */
typedef struct spy {
    atomic_int records, leaks;
    char first[512]; /* leak */
} spy;

static void watch(void *context, const weft_log_record *record)
{
    spy *s = context;
    s->records++;
    const char *leak = find_secret(record->message) != NULL ? record->message
                       : find_secret(record->sql) != NULL   ? record->sql
                                                            : NULL;
    if ((leak != NULL || record->parameters != NULL) && s->leaks++ == 0)
        snprintf(s->first, sizeof s->first, "%s", leak != NULL ? leak : "parameters");
}

static void assert_silent(const weft_error *e, const char *what)
{
    const char *const texts[] = {e->message, e->hint, e->constraint, e->table, e->column, e->schema, e->datatype, e->routine};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (find_secret(texts[i]) != NULL)
            fail_msg("%s: the error says %s", what, texts[i]);
}

/* An engine on the fixture's database whose logs are watched; german: the server's messages are. */
typedef struct place {
    fixture *f;
    spy spy;
    weft_engine *engine;
    weft_session *s;
} place;

static void open_place(place *p, fixture *f, bool german, weft_engine_options options)
{
    char url[1024];
    weft_error error = {0};
    *p = (place){.f = f};
    snprintf(url, sizeof url, "%s%s", f->database.url, f->postgres && german ? "%20-clc_messages%3Dde_DE.UTF-8" : "");
    options.metadata = f->metadata;
    options.log = watch;
    options.log_context = &p->spy;
    options.log_level = WEFT_LOG_DEBUG;
    assert_error(weft_engine_open(&p->engine, url, &options, &error), WEFT_OK, &error);
    p->s = weft_session_open(p->engine, NULL);
}

static void close_place(place *p)
{
    weft_session_close(p->s);
    weft_engine_close(p->engine);
    if (p->spy.leaks != 0)
        fail_msg("%d of %d log records hold a secret, such as: %s", p->spy.leaks, p->spy.records, p->spy.first);
    assert_true(p->spy.records > 0);
}

/* The session failed and says nothing that it should not. */
static void assert_failed(place *p, const char *what)
{
    if (weft_session_status(p->s) == WEFT_OK)
        fail_msg("%s did not fail", what);
    assert_silent(weft_session_error(p->s), what);
    rollback_ok(p->s);
}

static Person *new_person(weft_session *s, const char *code, int age)
{
    return weft_new(s, Person, .code = code, .age = age, .balance = {DECIMAL}, .token = {true, secret_uuid()},
                    .born = {true, secret_date()}, .note = TEXT, .blob = {TEXT, sizeof TEXT});
}

/* One row among many is refused: one by one, as arrays, by COPY. */
static const size_t sizes[] = {1, 70, 600};

static void fail_rows(place *p, const char *what, const char *code, int age)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t k = 0; k < sizes[i]; k++)
            (void)new_person(p->s, k == sizes[i] / 2 ? code : weft_format(p->s, "SECRET %zu", k), k == sizes[i] / 2 ? age : 1);
        (void)weft_session_flush(p->s);
        assert_failed(p, what);
    }
}

static void prepare_rows(fixture *f)
{
    test_database_exec(
        &f->database,
        "INSERT INTO person (id, code, age, balance, kind) VALUES (4711470047114700, 'SECRET taken', 1, '1.00', 'plain')");
    if (f->postgres)
        test_database_exec(
            &f->database,
            "CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.age = 99 THEN "
            "RAISE NOTICE 'row %', NEW; RAISE WARNING USING MESSAGE = NEW.code, DETAIL = NEW.code, HINT = NEW.code; "
            "RAISE EXCEPTION 'refused %', NEW.code USING DETAIL = NEW.code, HINT = NEW.code, COLUMN = NEW.code, CONSTRAINT = "
            "NEW.code, "
            "DATATYPE = NEW.code, TABLE = NEW.code, SCHEMA = NEW.code; "
            "ELSIF NEW.age = 98 THEN RAISE unique_violation USING CONSTRAINT = NEW.code; "
            "ELSIF NEW.age = 97 THEN PERFORM NEW.code::int; ELSIF NEW.age = 96 THEN ASSERT false, NEW.code; "
            "ELSIF NEW.age = 95 THEN EXECUTE 'SELECT ' || quote_literal(NEW.code) || ' FROM ' || quote_ident(NEW.code); END IF; "
            "RETURN NEW; END $$; CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON person FOR EACH ROW EXECUTE FUNCTION guard(); "
            "CREATE DOMAIN small AS int CHECK (VALUE < 10); CREATE TABLE narrow (code varchar(8), n small, k int, EXCLUDE (k WITH "
            "=)); "
            "CREATE VIEW old AS SELECT * FROM person WHERE age > 1000 WITH CHECK OPTION");
    else
        test_database_exec(
            &f->database,
            "CREATE TRIGGER guard BEFORE INSERT ON person WHEN NEW.age BETWEEN 95 AND 99 BEGIN SELECT RAISE(ABORT, 'refused'); "
            "END; CREATE TABLE narrow (code TEXT CHECK (code <> 'SECRET'), n INTEGER CHECK (n < 10), k INTEGER UNIQUE) STRICT; "
            "CREATE VIRTUAL TABLE words USING fts5(x); CREATE VIRTUAL TABLE boxes USING rtree(id, a, b)");
}

static void objects_fail_in_every_way(place *p)
{
    weft_session *s = p->s;
    const Person *person = weft_get(s, Person, NUMBER);
    assert_non_null(person);
    fail_rows(p, "a unique key", "SECRET taken", 1);
    fail_rows(p, "a check", "SECRET", AGE);
    for (int age = 95; age <= 99; age++)
        fail_rows(p, "code in the database", "SECRET", age);
    (void)weft_new(s, Visit, .person_id = NUMBER + 1);
    (void)weft_session_flush(s);
    assert_failed(p, "a foreign key");
    ((Person *)weft_new(s, Person, .code = "x", .balance = {"1"}))->kind = 47114711;
    (void)weft_session_flush(s);
    assert_failed(p, "a number that is no enum's");
    (void)weft_new(s, Person, .code = TEXT, .balance = {"4711471147114711.4711"});
    (void)weft_session_flush(s);
    assert_failed(p, "a decimal that does not fit");
    (void)weft_new(s, Person, .code = TEXT, .balance = {"SECRET"});
    (void)weft_session_flush(s);
    assert_failed(p, "a text that is no decimal");
    (void)weft_new(s, Person, .code = TEXT, .balance = {"1"}, .note = "SECRET SECRET SECRET SECRET SECRET SECRET SECRET");
    (void)weft_session_flush(s);
    assert_failed(p, "a text that is too long");
    (void)weft_new(s, Person, .code = "SECRET \xff", .balance = {"1"});
    (void)weft_session_flush(s);
    assert_failed(p, "a text that is no UTF-8");
    (void)weft_new(s, Person, .id = NUMBER, .code = "SECRET", .balance = {"1"});
    (void)weft_session_flush(s);
    assert_failed(p, "a key that is there");
    person = weft_get(s, Person, NUMBER);
    weft_edit(s, Person, person)->note = TEXT;
    test_database_exec(&p->f->database, "DELETE FROM person WHERE id = 4711470047114700");
    (void)weft_session_commit(s);
    assert_failed(p, "a row that is gone");
    assert_int_equal(weft_refresh(s, Person, person), WEFT_ERROR_NOT_FOUND);
    assert_silent(weft_session_error(s), "a refresh of a row that is gone");
    weft_edit(s, Person, person)->note = "again";
    assert_failed(p, "an edit of a row that is gone");
}

static void text_fails(place *p, const char *sql, weft_value value)
{
    weft_error error = {0};
    weft_connection *c;
    weft_result *result = NULL;
    assert_error(weft_engine_connect(p->engine, &c, NULL, &error), WEFT_OK, &error);
    bool has_parameter = strstr(sql, "$1") != NULL;
    weft_status status = weft_connection_query(c, sql, has_parameter ? weft_parameters(value) : NULL, &result, &error);
    while (status == WEFT_OK && weft_result_next(result, &error))
        continue;
    if (error.status == WEFT_OK)
        fail_msg("did not fail: %s", sql);
    assert_silent(&error, sql);
    weft_result_close(result);
    weft_connection_close(c);
}

static const char *const on_both[] = {
    "SELECT 'SECRET' FROM no_such_table",
    "SELECT 'SECRET' 'SECRET' 'SECRET' FROM person",
    "SELECT nothing('SECRET')",
    "SELECT FROM WHERE 'SECRET",
    "INSERT INTO narrow (k, n) VALUES (1, 11), (1, length($1))",
    "INSERT INTO visit (person_id) VALUES (4)",
    "INSERT INTO person (id, code, age, balance, kind) VALUES (7, $1, -5, '1', 'plain')",
    "INSERT INTO person (id, code, age, balance, kind) VALUES (7, $1, NULL, '1', 'plain')",
    "UPDATE person SET age = -5 WHERE code LIKE $1 OR 1 = 1",
    "DO 'SECRET",
};

static const char *const on_postgres[] = {
    "SELECT $1::int",
    "SELECT $1::text::uuid",
    "SELECT $1::tsquery",
    "SELECT $1::regclass",
    "SELECT nextval($1::text)",
    "SELECT $1::jsonb",
    "SELECT 'x' ~ ('(' || $1)",
    "SELECT set_config($1, 'x', true)",
    "SELECT pg_read_file($1)",
    "SELECT format('%!' || $1, 1)",
    "SELECT $1::text::int[]",
    "SELECT ('[' || $1 || ',')::int4range",
    "SELECT ('<' || $1::text)::xml",
    "SELECT convert_from($1::text::bytea, 'SECRET')",
    "SELECT code::int FROM person",
    "SELECT 1 / (age - 1) FROM person WHERE code LIKE 'SECRET%' OR code = $1",
    "INSERT INTO narrow (code) VALUES ($1)",
    "INSERT INTO narrow (n) VALUES ($1::text::int)",
    "SELECT length($1)::small",
    "INSERT INTO narrow (k) VALUES (5), (5)",
    "CREATE UNIQUE INDEX too_many ON person ((1 / (age - 1)))",
    "INSERT INTO old SELECT 5, $1, 5, 1, NULL, NULL, NULL, NULL, NULL, 'plain'",
    "SELECT 'SECRET'::int",
    "SELECT E'SECRET\\'::date",
    "DO $x$ BEGIN RAISE NOTICE '%', 'SECRET'; RAISE EXCEPTION '%', 'SECRET' USING HINT = 'SECRET', CONSTRAINT = 'SECRET'; END $x$",
    "DO $x$ BEGIN RAISE unique_violation USING TABLE = 'SECRET', SCHEMA = 'SECRET'; END $x$",
    "DO $x$ BEGIN EXECUTE 'SELECT ' || quote_ident('SECRET'); END $x$",
    "CREATE FUNCTION broken() RETURNS int LANGUAGE sql AS $x$ SELECT SECRET $x$",
    "CREATE FUNCTION broken() RETURNS int LANGUAGE plpgsql AS $x$ BEGIN SECRET SECRET; END $x$",
    "SET work_mem = 'SECRET'",
    "PREPARE p AS SELECT 'SECRET'::int",
    "LISTEN x 'SECRET'",
    "ALTER ROLE no_such_role PASSWORD 'SECRET'",
    "SELECT set_config('search_path', 'SECRET', true), 1/0",
    "COPY person FROM PROGRAM 'echo SECRET; exit 1'",
    "SELECT lo_import('/SECRET')",
    "SELECT to_number($1, 'S')::int",
    "TRUNCATE visit, 'SECRET'",
};

static const char *const on_sqlite[] = {
    "SELECT json_extract('{}', $1)",
    "SELECT * FROM json_each('{}', $1)",
    "SELECT json('{' || $1)",
    "SELECT * FROM words WHERE words MATCH '\"' || $1",
    "SELECT * FROM words WHERE words MATCH 'SECRET : x'",
    "INSERT INTO words (words) VALUES ($1)",
    "ATTACH '/nowhere/' || $1 AS other",
    "INSERT INTO narrow (code) VALUES ('SECRET')",
    "INSERT INTO narrow (n) VALUES ($1)",
    "INSERT INTO narrow (k) VALUES (5), (5)",
    "INSERT INTO boxes VALUES (1, 5, -5)",
    "SELECT load_extension($1)",
    "SELECT abs(-9223372036854775808), $1",
    "CREATE VIRTUAL TABLE broken USING fts5(x, tokenize = 'SECRET')",
    "SELECT 'a' LIKE 'b' ESCAPE $1",
    "SELECT code FROM person WHERE nothing = 'SECRET'",
    "VACUUM INTO '/nowhere/SECRET'",
    "PRAGMA journal_mode('SECRET) x",
    "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t) SELECT json_extract($1, $1) FROM t",
};

static void texts_fail(place *p, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        text_fails(p, texts[i], weft_value_text(TEXT));
}
#define TEXTS_FAIL(p, list) texts_fail((p), (list), sizeof(list) / sizeof(list)[0])

/* Values of each type where text is wanted, and the other way round. */
static void types_fail(place *p)
{
    weft_timestamp seen = {0};
    assert_true(weft_timestamp_parse("1947-11-13 10:00:00", &seen));
    const weft_value values[] = {weft_value_int64(NUMBER),
                                 weft_value_double(47114711.47),
                                 weft_value_text(TEXT),
                                 weft_value_decimal((weft_decimal){DECIMAL}),
                                 weft_value_json((weft_json){"{\"a\": \"SECRET\""}),
                                 weft_value_uuid(secret_uuid()),
                                 weft_value_date(secret_date()),
                                 weft_value_timestamp(seen),
                                 weft_value_bytes((weft_bytes){TEXT, sizeof TEXT})};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        text_fails(p, p->f->postgres ? "SELECT ('x' || $1::text)::bool" : "SELECT json_extract('{}', 'x' || $1)", values[i]);
        text_fails(p, "INSERT INTO visit (id, person_id) VALUES (1, $1), (1, $1)", values[i]);
        text_fails(p, "SELECT $1 FROM no_such_table", values[i]);
    }
}

/* Text whose rows come one by one: the failing one is among the later. */
static void streams_fail(place *p)
{
    weft_error error = {0};
    weft_connection *c;
    weft_result *result = NULL;
    size_t rows = 0;
    assert_error(weft_engine_connect(p->engine, &c, NULL, &error), WEFT_OK, &error);
    for (int i = 0; i < 40; i++)
        assert_error(weft_execute_text(c, "INSERT INTO visit (person_id) SELECT id FROM person WHERE age = 1", NULL, &error),
                     WEFT_OK, &error);
    const weft_expr *failing = p->f->postgres ? weft_cast(weft_fn("concat", weft_val(TEXT), weft_col(Visit, id)), WEFT_INT64)
                                              : weft_fn("json_extract", weft_val("{}"), weft_fn("char", weft_col(Visit, id)));
    const weft_expr *cell = weft_case(weft_lt(Visit, id, 30), weft_val(INT64_C(1)), failing);
    weft_status status = weft_connection_select(c,
                                                &(weft_rows_options){.from = &Visit_model,
                                                                     .columns = weft_columns(cell),
                                                                     .order_by = weft_columns(weft_col(Visit, id)),
                                                                     .stream = true},
                                                &result, &error);
    for (; status == WEFT_OK && weft_result_next(result, &error); rows++)
        continue;
    assert_int_not_equal(error.status, WEFT_OK);
    assert_silent(&error, "a stream");
    weft_result_close(result);
    weft_connection_close(c);
}

static void nothing_shows_values(fixture *f, bool german, weft_engine_options options)
{
    place p;
    prepare_rows(f);
    open_place(&p, f, german, options);
    TEXTS_FAIL(&p, on_both);
    if (f->postgres)
        TEXTS_FAIL(&p, on_postgres);
    else
        TEXTS_FAIL(&p, on_sqlite);
    types_fail(&p);
    streams_fail(&p);
    objects_fail_in_every_way(&p);
    close_place(&p);
}

static void no_error_and_no_log_holds_a_value(void **state) { nothing_shows_values(*state, false, (weft_engine_options){0}); }

static void no_error_and_no_log_holds_a_value_where_statements_have_no_names(void **state)
{
    nothing_shows_values(*state, false, (weft_engine_options){.prepared_statements = WEFT_NONE});
}

static void a_server_that_speaks_german_says_as_little(void **state)
{
    fixture *f = *state;
    place p;
    weft_error error = {0};
    weft_connection *c;
    /* It does speak German: an engine that shows values shows its text. */
    open_place(&p, f, true, (weft_engine_options){.log_values = true});
    assert_error(weft_engine_connect(p.engine, &c, NULL, &error), WEFT_OK, &error);
    assert_int_equal(weft_execute_text(c, "SELECT $1::text::int", weft_parameters(weft_value_text("hush")), &error),
                     WEFT_ERROR_DATA);
    assert_non_null(strstr(error.message, "ung\xc3\xbcltige Eingabesyntax"));
    assert_non_null(strstr(error.message, "hush"));
    assert_int_equal(weft_connection_rollback(c, NULL), WEFT_OK);
    assert_int_equal(weft_execute_text(c, "SET LOCAL statement_timeout = 20", NULL, &error), WEFT_OK);
    assert_error(weft_execute_text(c, "SELECT pg_sleep(10)", NULL, &error), WEFT_ERROR_TIMEOUT, &error);
    weft_connection_close(c);
    p.spy.leaks = 0; /* it was asked for */
    close_place(&p);
    nothing_shows_values(f, true, (weft_engine_options){0});
}

static void what_code_raises_is_shown_where_it_is_asked_for(void **state)
{
    fixture *f = *state;
    place p;
    prepare_rows(f);
    open_place(&p, f, false, (weft_engine_options){.server_messages = true});
    weft_session *s = p.s;
    if (f->postgres) {
        (void)weft_new(s, Person, .code = "because", .age = 99, .balance = {"1"});
        assert_int_equal(weft_session_flush(s), WEFT_ERROR_DATA);
        assert_message(s, "refused because");
        assert_string_equal(weft_session_error(s)->hint, "because");
        rollback_ok(s);
        /* What the server itself says of a value stays unsaid. */
        (void)weft_new(s, Person, .code = "SECRET", .age = 97, .balance = {"1"});
        assert_int_equal(weft_session_flush(s), WEFT_ERROR_DATA);
        assert_silent(weft_session_error(s), "a cast in code");
        rollback_ok(s);
    }
    text_fails(&p, f->postgres ? "SELECT $1::int" : "SELECT json_extract('{}', $1)", weft_value_text(TEXT));
    close_place(&p);
}

static void what_names_mean_is_told_without_the_servers_text(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    prepare_rows(f);
    (void)new_person(s, "SECRET taken", 1);
    assert_call(s, weft_session_flush(s), WEFT_ERROR_UNIQUE);
    assert_string_equal(weft_session_error(s)->table, "person");
    assert_message(s, "person");
    if (f->postgres)
        assert_string_equal(weft_session_error(s)->constraint, "uq_person_code");
    rollback_ok(s);
    (void)new_person(s, "other", AGE);
    assert_int_equal(weft_session_flush(s), WEFT_ERROR_CHECK);
    assert_string_equal(weft_session_error(s)->constraint, "age_is_positive");
    assert_message(s, "age_is_positive");
    rollback_ok(s);
    weft_error error = {0};
    weft_connection *c;
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    /* A text without constants is answered whole; one with them by the place, and by what stands there. */
    assert_int_equal(weft_execute_text(c, "SELECT code FROM usr", NULL, &error), WEFT_ERROR_NO_TABLE);
    assert_non_null(strstr(error.message, f->postgres ? "relation \"usr\" does not exist" : "no such table: usr"));
    assert_int_equal(weft_connection_rollback(c, NULL), WEFT_OK);
    assert_int_equal(weft_execute_text(c, "SELECT '\xc3\xa4', code FROM usr", NULL, &error), WEFT_ERROR_NO_TABLE);
    assert_non_null(strstr(error.message, "usr"));
    if (f->postgres)
        assert_int_equal(error.position, 23);
    else
        assert_string_equal(error.table, "usr");
    assert_int_equal(weft_connection_rollback(c, NULL), WEFT_OK);
    assert_int_equal(weft_execute_text(c, "SELECT 'a', nothing FROM person", NULL, &error), WEFT_ERROR_SQL);
    assert_non_null(strstr(error.message, "nothing"));
    assert_int_equal(error.position, 13);
    weft_connection_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(no_error_and_no_log_holds_a_value),
        ON_POSTGRES(no_error_and_no_log_holds_a_value_where_statements_have_no_names),
        ON_POSTGRES(a_server_that_speaks_german_says_as_little),
        ON_BOTH(what_code_raises_is_shown_where_it_is_asked_for),
        ON_BOTH(what_names_mean_is_told_without_the_servers_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
