/* How columns and sequences are counted, as models say it and as databases have it: made, read, compared, changed. */
#include "support/fixture.h"

/* One table as models say more and more of it. number of the first is a plain column with rows. */
#define TABLE(M) \
    WEFT_DECLARE(M); \
    struct M { \
        int32_t id; \
        int64_t number; \
        weft_opt_int64 code; \
    }
TABLE(Plain);
TABLE(Counted);
TABLE(Narrow);
TABLE(Silent);
WEFT_MODEL(Plain, "seat", WEFT_COLUMN(Plain, id, .primary_key = true), WEFT_COLUMN(Plain, number), WEFT_COLUMN(Plain, code));
WEFT_MODEL(Counted, "seat",
           WEFT_SEQUENCE(Counted, "it's a \"code\"", .counting = {.start = 40, .minimum = -100, .increment = -20, .maximum = 100}),
           WEFT_SEQUENCE(Counted, "alone", .counting = {.cache = 20}),
           WEFT_COLUMN(Counted, id, .primary_key = true, .counting = {.increment = 5, .cycle = true}),
           WEFT_COLUMN(Counted, number, .identity_always = true, .counting = {.start = 3, .increment = 10}),
           WEFT_COLUMN(Counted, code, .not_null = true, .sequence = "\"it's a \"\"code\"\"\""));
WEFT_MODEL(Narrow, "seat",
           WEFT_SEQUENCE(Narrow, "it's a \"code\"", .counting = {.start = 7, .maximum = 9, .minimum = 7, .cycle = true}),
           WEFT_SEQUENCE(Narrow, "alone", .counting = {.start_is_zero = true, .minimum = -5}),
           WEFT_COLUMN(Narrow, id, .primary_key = true, .counting = {.minimum = 1000, .maximum = 2000}),
           WEFT_COLUMN(Narrow, number, .identity = true, .counting = {.increment = -1, .maximum = 500}),
           WEFT_COLUMN(Narrow, code, .not_null = true, .sequence = "\"it's a \"\"code\"\"\""));
WEFT_MODEL(Silent, "seat", WEFT_COLUMN(Silent, id, .primary_key = true), WEFT_COLUMN(Silent, number, .identity = true),
           WEFT_COLUMN(Silent, code, .not_null = true, .server_default = "nextval('\"it''s a \"\"code\"\"\"')"));
static WEFT_METADATA(plain, &Plain_model);
static WEFT_METADATA(counted, &Counted_model);
static WEFT_METADATA(narrow, &Narrow_model);
static WEFT_METADATA(silent, &Silent_model);
FIXTURE_MODELS(plain);

static weft_engine *engine_of(fixture *f, const weft_metadata *models)
{
    return fixture_engine(f, (weft_engine_options){.metadata = models});
}

/* What leads from what is there to the schema is described in all, and done. */
static void lead_to(fixture *f, const weft_schema *wanted, char *all, size_t size)
{
    weft_error error = {0};
    weft_schema *found = NULL;
    weft_ops *ops = NULL;
    weft_connection *connection = NULL;
    all[0] = '\0';
    assert_error(weft_reflect(&found, f->engine, NULL, &error), WEFT_OK, &error);
    assert_error(weft_schema_compare_on(f->engine, wanted, found, NULL, &ops, &error), WEFT_OK, &error);
    for (size_t i = 0; i < weft_ops_count(ops); i++) {
        char text[200];
        weft_ops_describe(ops, i, text, sizeof text);
        (void)snprintf(all + strlen(all), size - strlen(all), "%s\n", text);
    }
    assert_error(weft_engine_connect(f->engine, &connection, NULL, &error), WEFT_OK, &error);
    assert_error(weft_ops_apply(ops, connection, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(connection, &error), WEFT_OK, &error);
    weft_connection_close(connection);
    weft_ops_free(ops);
    weft_schema_free(found);
}

static void assert_undone(fixture *f, const weft_schema *before)
{
    char all[2000];
    lead_to(f, before, all, sizeof all);
}

/* What a comparison of these models with the database finds is this, and done. */
static void assert_step(fixture *f, const weft_metadata *models, const char *expected)
{
    weft_error error = {0};
    weft_schema *wanted = NULL;
    char all[2000];
    assert_error(weft_schema_of_models(&wanted, models, f->postgres ? "postgresql" : "sqlite", &error), WEFT_OK, &error);
    lead_to(f, wanted, all, sizeof all);
    assert_string_equal(all, expected);
    weft_schema_free(wanted);
}

static void close_session(fixture *f)
{
    weft_session_close(f->s);
    f->s = NULL;
}

static const char options_of_all[] = "SELECT c.relname, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle "
                                     "FROM pg_sequence s JOIN pg_class c ON "
                                     "c.oid = s.seqrelid WHERE c.relnamespace = current_schema::regnamespace ORDER BY 1";
#define OPTIONS_OF_COUNTED \
    "alone|1|1|1|9223372036854775807|20|f\n" \
    "it's a \"code\"|40|-20|-100|100|1|f\n" \
    "seat_id_seq|1|5|1|2147483647|1|t\n" \
    "seat_number_seq|3|10|1|9223372036854775807|1|f"
#define OPTIONS_OF_NARROW \
    "alone|0|1|-5|9223372036854775807|1|f\n" \
    "it's a \"code\"|7|1|7|9|1|t\n" \
    "seat_id_seq|1000|1|1000|2000|1|f\n" \
    "seat_number_seq|500|-1|-9223372036854775808|500|1|f"

static void what_models_begin_to_count_goes_on_behind_the_rows(void **state)
{
    fixture *f = *state;
    for (int i = 1; i <= 3; i++)
        (void)weft_new(f->s, Plain, .number = 20 + i, .code = weft_some(i));
    commit_ok(f->s);
    close_session(f);
    assert_step(f, &counted,
                "create sequence it's a \"code\"\ncreate sequence alone\nalter column seat.id: counting\n"
                "alter column seat.number: identity always\n"
                "alter column seat.code: not null default nextval('\"it''s a \"\"code\"\"\"')\n");
    assert_rows(f, options_of_all, OPTIONS_OF_COUNTED);
    assert_step(f, &counted, "");
    test_database_exec(&f->database, "INSERT INTO seat DEFAULT VALUES");
    test_database_exec(&f->database, "INSERT INTO seat DEFAULT VALUES");
    assert_rows(f, "SELECT id, number, code FROM seat ORDER BY id", "1|21|1\n2|22|2\n3|23|3\n8|33|0\n13|43|-20");
    /* Narrower bounds, beyond which the numbers are: they begin anew. ALWAYS stays where a model does not say it. */
    assert_step(f, &narrow,
                "alter sequence alone\nalter sequence it's a \"code\"\nalter column seat.id: counting\n"
                "alter column seat.number: counting\nsequence it's a \"code\" goes on behind seat.code\n");
    assert_rows(f, options_of_all, OPTIONS_OF_NARROW);
    assert_step(f, &narrow, "");
    test_database_exec(&f->database, "INSERT INTO seat DEFAULT VALUES");
    test_database_exec(&f->database, "INSERT INTO seat DEFAULT VALUES");
    assert_rows(f, "SELECT id, number, code FROM seat WHERE id >= 1000 ORDER BY id", "1000|20|7\n1001|19|8");
    assert_step(f, &counted,
                "alter sequence alone\nalter sequence it's a \"code\"\nalter column seat.id: counting\n"
                "alter column seat.number: counting\nsequence it's a \"code\" goes on behind seat.code\n");
    assert_rows(f, options_of_all, OPTIONS_OF_COUNTED);
    assert_step(f, &counted, "");
    /* Models that say nothing of it leave it as it is. */
    assert_step(f, &silent, "");
    /* What they say no more of a column goes with what they say instead: a plain column draws from nothing. */
    assert_step(f, &plain, "alter column seat.number: identity\nalter column seat.code: null no default\n");
    assert_rows(f, options_of_all, OPTIONS_OF_COUNTED);
}

static void models_make_at_once_what_steps_lead_to(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    close_session(f);
    assert_error(weft_drop_all(f->engine, &error), WEFT_OK, &error);
    weft_engine *engine = engine_of(f, &counted);
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    assert_rows(f, options_of_all, OPTIONS_OF_COUNTED);
    assert_step(f, &counted, "");
    weft_difference *list = NULL;
    size_t count = 0;
    assert_error(weft_engine_check(engine, &list, &count, &error), WEFT_OK, &error);
    assert_int_equal(count, 0);
    assert_error(weft_drop_all(engine, &error), WEFT_OK, &error);
    assert_step(f, &counted, "create sequence it's a \"code\"\ncreate sequence alone\ncreate table seat\n");
    assert_rows(f, options_of_all, OPTIONS_OF_COUNTED);
    assert_error(weft_engine_check(engine, &list, &count, &error), WEFT_OK, &error);
    assert_int_equal(count, 0);
    weft_engine_close(engine);
}

static void a_server_that_starts_is_told_what_is_counted_otherwise(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    close_session(f);
    assert_error(weft_drop_all(f->engine, &error), WEFT_OK, &error);
    weft_engine *engine = engine_of(f, &counted);
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    test_database_exec(&f->database,
                       "ALTER TABLE seat ALTER id SET INCREMENT BY 1 SET NO CYCLE, ALTER number SET GENERATED BY DEFAULT");
    test_database_exec(&f->database, "ALTER SEQUENCE alone CACHE 1");
    test_database_exec(&f->database, "ALTER TABLE seat ALTER code DROP DEFAULT, ALTER code SET DEFAULT 5");
    test_database_exec(&f->database, "DROP SEQUENCE \"it's a \"\"code\"\"\"");
    weft_difference *list = NULL;
    size_t count = 0;
    assert_error(weft_engine_check(engine, &list, &count, &error), WEFT_OK, &error);
    char all[1000] = "";
    for (size_t i = 0; i < count; i++)
        (void)snprintf(all + strlen(all), sizeof all - strlen(all), "%d %s %s: %s\n", list[i].fatal, list[i].object, list[i].name,
                       list[i].text);
    weft_free(list);
    assert_string_equal(all,
                        "1 sequence it's a \"code\": there is no sequence it's a \"code\"\n"
                        "0 column id: seat.id is INTEGER NOT NULL generated instead of INTEGER NOT NULL generated by 5 cycle\n"
                        "0 column number: seat.number is BIGINT NOT NULL generated from 3 by 10 instead of BIGINT NOT NULL always "
                        "generated from 3 by 10\n"
                        "0 column code: seat.code is BIGINT NOT NULL DEFAULT 5 instead of BIGINT NOT NULL DEFAULT "
                        "nextval('\"it''s a \"\"code\"\"\"')\n"
                        "0 sequence alone: the sequence alone counts from 1 instead of cache 20\n");
    weft_engine_close(engine);
}

/* ---- rows that are there ---- */

#define TICKET(M, TYPE, ...) \
    WEFT_DECLARE(M); \
    struct M { \
        int64_t id; \
        TYPE number; \
    }; \
    WEFT_MODEL(M, "ticket", WEFT_COLUMN(M, id, .primary_key = true), WEFT_COLUMN(M, number, __VA_ARGS__)); \
    static WEFT_METADATA(M##_models, &M##_model)
TICKET(Ticket, int64_t, .identity = true);
TICKET(Downwards, int64_t, .identity = true, .counting = {.increment = -1});
TICKET(Bounded, int64_t, .identity = true, .counting = {.maximum = 100});
TICKET(Circle, int64_t, .identity = true, .counting = {.start = 4, .minimum = 2, .maximum = 10, .increment = 3, .cycle = true});
TICKET(Stepping, int64_t, .identity = true, .counting = {.start = 10, .maximum = 10, .increment = -20});
TICKET(Short, int16_t, .identity = true);
TICKET(Whole, int32_t, .identity = true, .counting = {.increment = 1});
TICKET(Upwards, int64_t, .identity = true, .counting = {.increment = 1});
TICKET(High, int64_t, .identity = true, .counting = {.start = 3000000000});

static void give_tickets(fixture *f, const char *type, const char *numbers)
{
    char sql[300];
    weft_error error = {0};
    if (f->s != NULL)
        close_session(f);
    assert_error(weft_drop_all(f->engine, &error), WEFT_OK, &error);
    test_database_exec(&f->database, "DROP TABLE IF EXISTS ticket");
    (void)snprintf(sql, sizeof sql,
                   "CREATE TABLE ticket (id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, number %s NOT NULL)", type);
    test_database_exec(&f->database, sql);
    if (numbers == NULL)
        return;
    (void)snprintf(sql, sizeof sql, "INSERT INTO ticket (number) VALUES %s", numbers);
    test_database_exec(&f->database, sql);
}

static void assert_next(fixture *f, const char *expected)
{
    test_database_exec(&f->database, "INSERT INTO ticket DEFAULT VALUES");
    assert_rows(f, "SELECT number FROM ticket ORDER BY id DESC LIMIT 1", expected);
}

/* The column still has the sequence of the serial that it was. */
static void a_serial_goes_on_as_an_identity(void **state)
{
    fixture *f = *state;
    give_tickets(f, "BIGSERIAL", NULL);
    for (int i = 0; i < 7; i++)
        test_database_exec(&f->database, "INSERT INTO ticket DEFAULT VALUES");
    assert_step(f, &Ticket_models, "alter column ticket.number: no default\nalter column ticket.number: identity\n");
    assert_next(f, "8");
    assert_step(f, &Downwards_models, "alter column ticket.number: counting\n");
    assert_next(f, "-1");
    assert_step(f, &Upwards_models, "alter column ticket.number: counting\n");
    assert_next(f, "9");
    assert_step(f, &Ticket_models, "");
    test_database_exec(&f->database, "DROP TABLE ticket");
}

static void numbers_that_are_set_anew_are_behind_the_rows(void **state)
{
    fixture *f = *state;
    give_tickets(f, "BIGINT GENERATED BY DEFAULT AS IDENTITY", "(1), (2), (50), (1000)");
    test_database_exec(&f->database, "SELECT setval('ticket_number_seq', 1000)");
    assert_step(f, &Bounded_models, "alter column ticket.number: counting\n"); /* 1000 is never met */
    assert_next(f, "51");
    assert_step(f, &Downwards_models, "alter column ticket.number: counting\n");
    assert_next(f, "-1");
    assert_next(f, "-2");
    assert_step(f, &Bounded_models, "alter column ticket.number: counting\n");
    assert_next(f, "52");
    test_database_exec(&f->database, "DROP TABLE ticket");
}

static void a_column_becomes_an_identity_at_the_end_of_its_range(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *type, *rows, *next;
        const weft_metadata *models;
    } cases[] = {
        {"SMALLINT", "(32767)", NULL, &Short_models},
        {"BIGINT", "(9223372036854775807)", NULL, &Ticket_models},
        {"BIGINT", "(-9223372036854775808)", NULL, &Downwards_models},
        {"BIGINT", "(99), (101)", "100", &Bounded_models},
        {"BIGINT", "(101)", "1", &Bounded_models},
        {"BIGINT", "(5)", "7", &Circle_models},
        {"BIGINT", "(3)", "4", &Circle_models},
        {"BIGINT", "(10), (11)", "2", &Circle_models},
        {"BIGINT", "(9223372036854775807), (-9223372036854775700)", "-9223372036854775710", &Stepping_models},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        give_tickets(f, cases[i].type, cases[i].rows);
        assert_step(f, cases[i].models, "alter column ticket.number: identity\n");
        assert_step(f, cases[i].models, "");
        if (cases[i].next != NULL)
            assert_next(f, cases[i].next);
    }
    test_database_exec(&f->database, "DROP TABLE ticket");
}

static void a_lesser_type_counts_within_itself_first(void **state)
{
    fixture *f = *state;
    give_tickets(f, "INTEGER GENERATED BY DEFAULT AS IDENTITY", NULL);
    assert_next(f, "1");
    assert_step(f, &High_models, "alter column ticket.number: type BIGINT\nalter column ticket.number: counting\n");
    test_database_exec(&f->database, "SELECT setval('ticket_number_seq', 3000000000)");
    assert_step(f, &Whole_models, "alter column ticket.number: counting\nalter column ticket.number: type INTEGER\n");
    assert_step(f, &Whole_models, "");
    assert_next(f, "2");
    test_database_exec(&f->database, "DROP TABLE ticket");
}

/* ---- columns that begin to draw ---- */

#define DRAWS(M, TYPE, FROM, ...) \
    WEFT_DECLARE(M); \
    struct M { \
        int64_t id; \
        TYPE number; \
    }; \
    WEFT_MODEL(M, "ticket", WEFT_SEQUENCE(M, "numbers", __VA_ARGS__), WEFT_COLUMN(M, id, .primary_key = true), \
               WEFT_COLUMN(M, number, FROM)); \
    static WEFT_METADATA(M##_models, &M##_model)
DRAWS(Ascends, int64_t, .sequence = "numbers", .counting = {.cache = 1});
DRAWS(Descends, int64_t, .sequence = "numbers", .counting = {.increment = -2, .start = 9, .maximum = 9});
DRAWS(Within, int32_t, .sequence = "numbers", .counting = {.maximum = 100});
DRAWS(Steps, int16_t, .sequence = "numbers", .counting = {.start = 2, .increment = 10, .maximum = 32000});
DRAWS(Least, int64_t, .sequence = "numbers", .counting = {.start = INT64_MIN, .minimum = INT64_MIN});
DRAWS(Raised, int64_t, .sequence = "numbers", .counting = {.minimum = 1000});
DRAWS(Straight, int64_t, .sequence = "numbers", .counting = {.minimum = -100, .maximum = 100, .start_is_zero = true});
DRAWS(Turned, int64_t, .sequence = "numbers",
      .counting = {.increment = -1, .minimum = -100, .maximum = 100, .start_is_zero = true});
DRAWS(Spelt, const char *, .server_default = "nextval('numbers')::text", .counting = {.cache = 1});
TICKET(Onwards, int64_t, .identity = true, .counting = {.minimum = -100, .maximum = 100, .start_is_zero = true});
TICKET(Around, int64_t, .identity = true, .counting = {.increment = -1, .minimum = -100, .maximum = 100, .start_is_zero = true});
TICKET(Lowest, int64_t, .identity = true, .counting = {.start = INT64_MIN, .minimum = INT64_MIN, .maximum = 50});

static void lead_to_models(fixture *f, const weft_metadata *models)
{
    weft_error error = {0};
    weft_schema *wanted = NULL;
    char all[2000];
    assert_error(weft_schema_of_models(&wanted, models, "postgresql", &error), WEFT_OK, &error);
    lead_to(f, wanted, all, sizeof all);
    weft_schema_free(wanted);
    assert_step(f, models, "");
}

/* By weft, whose row is the next one, and by text. */
static void assert_next_two(fixture *f, const weft_metadata *models, const char *expected, const char *after)
{
    weft_engine *engine = engine_of(f, models);
    weft_session *s = weft_session_open(engine, NULL);
    assert_non_null(weft_session_new(s, models->models[0], &(const Ascends){.number = 0}));
    commit_ok(s);
    weft_session_close(s);
    weft_engine_close(engine);
    assert_rows(f, "SELECT number FROM ticket ORDER BY id DESC LIMIT 1", expected);
    assert_next(f, after);
}

static void what_begins_to_draw_goes_on_behind_the_rows(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *type, *rows, *next, *after;
        const weft_metadata *models;
    } cases[] = {
        {"BIGINT", "(3), (-5), (7)", "8", "9", &Ascends_models},
        {"BIGINT", NULL, "1", "2", &Ascends_models}, /* no rows: from its start */
        {"BIGINT", "(-3)", "1", "2", &Ascends_models},
        {"BIGINT", "(9223372036854775807)", NULL, NULL, &Ascends_models},
        {"BIGINT", "(10), (11)", "9", "7", &Descends_models},
        {"BIGINT", "(4), (50)", "3", "1", &Descends_models}, /* 9, 7, 5 and 3 are its own */
        {"INTEGER", "(98), (101)", "99", "100", &Within_models},
        {"INTEGER", "(101)", "1", "2", &Within_models},
        {"SMALLINT", "(5), (31)", "32", "42", &Steps_models},
        {"SMALLINT", "(32), (-1)", "42", "52", &Steps_models},
        {"BIGINT", "(-9223372036854775808), (9223372036854775805)", "9223372036854775806", "9223372036854775807", &Least_models},
        {"BIGINT", NULL, "-9223372036854775808", "-9223372036854775807", &Least_models},
        {"TEXT", "('12'), ('x'), ('012345678901234567890'), ('3')", "13", "14", &Spelt_models},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        weft_error error = {0};
        weft_schema *before = NULL;
        test_database_exec(&f->database, "DROP TABLE IF EXISTS ticket; DROP SEQUENCE IF EXISTS numbers");
        give_tickets(f, cases[i].type, cases[i].rows);
        assert_error(weft_reflect(&before, f->engine, NULL, &error), WEFT_OK, &error);
        lead_to_models(f, cases[i].models);
        if (cases[i].next != NULL)
            assert_next_two(f, cases[i].models, cases[i].next, cases[i].after);
        /* Undone and done again it is a new sequence, behind the rows that there are now. */
        assert_undone(f, before);
        assert_rows(f, "SELECT count(*) FROM pg_sequences WHERE sequencename = 'numbers'", "0");
        lead_to_models(f, cases[i].models);
        if (cases[i].next != NULL && cases[i].models != &Within_models && cases[i].models != &Least_models)
            test_database_exec(&f->database, "INSERT INTO ticket DEFAULT VALUES");
        assert_rows(f, "SELECT count(*) - count(DISTINCT number) FROM ticket", "0");
        weft_schema_free(before);
    }
    test_database_exec(&f->database, "DROP TABLE ticket; DROP SEQUENCE numbers");
}

static void a_sequence_never_goes_back(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *made, *next;
    } cases[] = {
        {"CREATE SEQUENCE numbers START WITH 500", "500"},
        {"CREATE SEQUENCE numbers; SELECT setval('numbers', 500)", "501"},
        {"CREATE SEQUENCE numbers; ALTER SEQUENCE numbers RESTART WITH 500", "500"},
        {"CREATE SEQUENCE numbers START WITH 50; ALTER SEQUENCE numbers RESTART WITH 2", "4"}, /* which it would give */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        give_tickets(f, "BIGINT", "(1), (2), (3)");
        test_database_exec(&f->database, cases[i].made);
        test_database_exec(&f->database, "ALTER SEQUENCE numbers START WITH 1 NO MINVALUE NO MAXVALUE");
        assert_step(f, &Ascends_models, "alter column ticket.number: default nextval('numbers')\n");
        assert_next(f, cases[i].next);
        test_database_exec(&f->database, "DROP TABLE ticket; DROP SEQUENCE numbers");
    }
}

static void a_serial_becomes_an_identity_and_is_one_again(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_schema *serial = NULL, *counted_schema = NULL;
    give_tickets(f, "BIGSERIAL", NULL);
    assert_error(weft_reflect(&serial, f->engine, NULL, &error), WEFT_OK, &error);
    assert_next(f, "1");
    assert_next(f, "2");
    lead_to_models(f, &Ticket_models);
    assert_error(weft_reflect(&counted_schema, f->engine, NULL, &error), WEFT_OK, &error);
    assert_next_two(f, &Ticket_models, "3", "4");
    assert_undone(f, serial);
    assert_next(f, "5");
    assert_next(f, "6");
    assert_undone(f, counted_schema);
    assert_next_two(f, &Ticket_models, "7", "8");
    assert_undone(f, serial);
    assert_next(f, "9");
    weft_schema_free(counted_schema);
    weft_schema_free(serial);
    test_database_exec(&f->database, "DROP TABLE ticket");
}

static void sequences_that_count_otherwise_are_behind_the_rows(void **state)
{
    fixture *f = *state;
    give_tickets(f, "BIGINT", "(2)");
    lead_to_models(f, &Ascends_models);
    assert_next_two(f, &Ascends_models, "3", "4");
    lead_to_models(f, &Raised_models);
    assert_next_two(f, &Raised_models, "1000", "1001");
    assert_step(f, &Straight_models, "alter sequence numbers\nsequence numbers goes on behind ticket.number\n");
    assert_next_two(f, &Straight_models, "5", "6"); /* 1001 is never met */
    assert_step(f, &Turned_models, "alter sequence numbers\nsequence numbers goes on behind ticket.number\n");
    assert_next_two(f, &Turned_models, "1", "0");
    assert_next_two(f, &Turned_models, "-1", "-2");
    lead_to_models(f, &Straight_models);
    assert_next_two(f, &Straight_models, "7", "8");
    lead_to_models(f, &Raised_models);
    assert_next_two(f, &Raised_models, "1002", "1003");
    /* The same of identities. */
    give_tickets(f, "BIGINT", "(-3), (4)");
    lead_to_models(f, &Onwards_models);
    assert_next_two(f, &Onwards_models, "5", "6");
    lead_to_models(f, &Around_models);
    assert_next_two(f, &Around_models, "-4", "-5");
    lead_to_models(f, &Onwards_models);
    assert_next_two(f, &Onwards_models, "7", "8");
    lead_to_models(f, &Lowest_models);
    assert_next_two(f, &Lowest_models, "9", "10");
    test_database_exec(&f->database, "SELECT setval('ticket_number_seq', 50)");
    test_database_exec(&f->database, "DELETE FROM ticket");
    lead_to_models(f, &High_models);
    assert_next(f, "51");
    lead_to_models(f, &Lowest_models);
    assert_next(f, "-9223372036854775808");
    test_database_exec(&f->database, "DROP TABLE ticket; DROP SEQUENCE IF EXISTS numbers");
}

WEFT_DECLARE(Desk);
struct Desk {
    int32_t id;
    int64_t label;
};
WEFT_MODEL(Desk, "desk", WEFT_SEQUENCE(Desk, "labels"), WEFT_COLUMN(Desk, id, .primary_key = true),
           WEFT_COLUMN(Desk, label, .sequence = "labels"));
WEFT_DECLARE(Chair);
struct Chair {
    int64_t id;
    const char *name;
};
WEFT_MODEL(Chair, "chair", WEFT_COLUMN(Chair, id, .primary_key = true, .sequence = "labels"),
           WEFT_COLUMN(Chair, name, .nullable = true));
static WEFT_METADATA(furniture, &Desk_model, &Chair_model);

static void a_sequence_of_two_tables_is_behind_the_rows_of_both(void **state)
{
    fixture *f = *state;
    close_session(f);
    test_database_exec(&f->database,
                       "CREATE TABLE desk (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, label bigint NOT NULL)");
    test_database_exec(&f->database, "CREATE TABLE chair (id bigint PRIMARY KEY, name text)");
    test_database_exec(&f->database, "INSERT INTO desk (label) VALUES (4), (2)");
    test_database_exec(&f->database, "INSERT INTO chair VALUES (9, 'a'), (1, 'b')");
    lead_to_models(f, &furniture);
    test_database_exec(&f->database,
                       "INSERT INTO desk DEFAULT VALUES; INSERT INTO chair DEFAULT VALUES; INSERT INTO desk DEFAULT VALUES");
    assert_rows(f, "SELECT label FROM desk UNION ALL SELECT id FROM chair ORDER BY 1", "1\n2\n4\n9\n10\n11\n12");
    test_database_exec(&f->database, "DROP TABLE desk, chair; DROP SEQUENCE labels");
}

/* ---- tenants ---- */

WEFT_DECLARE(Bill);
struct Bill {
    int64_t id;
    int64_t number;
};
WEFT_MODEL(Bill, "bill", WEFT_OPTIONS(Bill, .schema = "bills"), WEFT_SEQUENCE(Bill, "numbers", .counting = {.start = 100}),
           WEFT_COLUMN(Bill, id, .primary_key = true), WEFT_COLUMN(Bill, number, .sequence = "numbers"));
static WEFT_METADATA(bills, &Bill_model);

static void work(fixture *f, weft_engine *engine, int64_t expected)
{
    int64_t next = 0;
    (void)f;
    weft_session *s = weft_session_open(engine, NULL);
    const Bill *bill = weft_new(s, Bill, .id = 0);
    flush_ok(s);
    assert_int_equal(bill->number, expected);
    assert_call(s, weft_take_value(s, Bill, "numbers", &next), WEFT_OK);
    assert_int_equal(next, expected + 1);
    assert_call(s,
                weft_session_update(s,
                                    weft_update_of(Bill,
                                                   .set = weft_sets(weft_to_expr(Bill, number, weft_next_value(Bill, "numbers"))),
                                                   .all = true),
                                    NULL),
                WEFT_OK);
    assert_call(s, weft_refresh(s, Bill, bill), WEFT_OK);
    assert_int_equal(bill->number, expected + 2);
    rollback_ok(s);
    weft_session_close(s);
}

static void each_tenant_has_sequences_of_its_own(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_difference *list = NULL;
    size_t count = 0;
    const char *const schemas[] = {"bills = \"acme's \"\"bills\"\"\"", "bills = emca", NULL};
    close_session(f);
    assert_error(weft_drop_all(f->engine, &error), WEFT_OK, &error);
    test_database_exec(&f->database, "DROP SCHEMA IF EXISTS \"acme's \"\"bills\"\"\" CASCADE");
    test_database_exec(&f->database, "DROP SCHEMA IF EXISTS emca CASCADE");
    test_database_exec(&f->database, "DROP SCHEMA IF EXISTS bills CASCADE");
    for (int i = 0; i < 3; i++) {
        weft_engine *engine = fixture_engine(f, (weft_engine_options){.metadata = &bills, .schemas = schemas[i]});
        assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
        work(f, engine, 100);
        work(f, engine, 103);
        assert_error(weft_engine_check(engine, &list, &count, &error), WEFT_OK, &error);
        assert_int_equal(count, 0);
        weft_schema *wanted = NULL, *found = NULL;
        weft_ops *ops = NULL;
        assert_error(weft_schema_of_models(&wanted, &bills, "postgresql", &error), WEFT_OK, &error);
        assert_error(weft_reflect(&found, engine, NULL, &error), WEFT_OK, &error);
        assert_error(weft_schema_compare_on(engine, wanted, found, NULL, &ops, &error), WEFT_OK, &error);
        char text[200] = "";
        weft_ops_describe(ops, 0, text, sizeof text);
        assert_string_equal(text, "");
        weft_ops_free(ops);
        weft_schema_free(found);
        weft_schema_free(wanted);
        weft_engine_close(engine);
    }
    assert_rows(f,
                "SELECT schemaname, sequencename, last_value FROM pg_sequences WHERE sequencename = 'numbers' ORDER BY "
                "schemaname::text COLLATE \"C\"",
                "acme's \"bills\"|numbers|105\nbills|numbers|105\nemca|numbers|105");
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.metadata = &bills, .schemas = schemas[0]});
    assert_error(weft_drop_all(engine, &error), WEFT_OK, &error);
    weft_engine_close(engine);
    assert_rows(f, "SELECT count(*) FROM pg_sequences WHERE sequencename = 'numbers'", "2");
}

WEFT_DECLARE(Key);
struct Key {
    int64_t id;
    const char *name;
};
WEFT_MODEL(Key, "lock", WEFT_SEQUENCE(Key, "of_locks"),
           WEFT_COLUMN(Key, id, .primary_key = true, .identity_always = true, .counting = {.start = 9, .increment = 3}),
           WEFT_COLUMN(Key, name));
static WEFT_METADATA(lock_models, &Key_model);

static void a_table_of_a_sequences_name_is_told(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_engine *engine = engine_of(f, &lock_models);
    test_database_exec(&f->database, "CREATE TABLE of_locks (id integer)");
    assert_error(weft_create_all(engine, &error), WEFT_ERROR_SCHEMA, &error);
    assert_non_null(strstr(error.message, "of_locks"));
    test_database_exec(&f->database, "DROP TABLE of_locks");
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    assert_error(weft_drop_all(engine, &error), WEFT_OK, &error);
    weft_engine_close(engine);
}

/* SQLite counts keys by itself: what a model says beside is no difference there. */
static void models_of_keys_are_what_each_database_makes_of_them(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_difference *list = NULL;
    size_t count = 0;
    close_session(f);
    weft_engine *engine = engine_of(f, &lock_models);
    assert_error(weft_drop_all(f->engine, &error), WEFT_OK, &error);
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    assert_step(f, &lock_models, "");
    assert_error(weft_engine_check(engine, &list, &count, &error), WEFT_OK, &error);
    assert_int_equal(count, 0);
    assert_error(weft_drop_all(engine, &error), WEFT_OK, &error);
    assert_step(f, &lock_models, f->postgres ? "create sequence of_locks\ncreate table lock\n" : "create table lock\n");
    assert_step(f, &lock_models, "");
    test_database_exec(&f->database, "INSERT INTO lock (name) VALUES ('a'), ('b')");
    assert_rows(f, "SELECT id FROM lock ORDER BY id", f->postgres ? "9\n12" : "1\n2");
    assert_error(weft_drop_all(engine, &error), WEFT_OK, &error);
    weft_engine_close(engine);
}

WEFT_DECLARE(Slot);
struct Slot {
    int64_t id;
    const char *name;
};
WEFT_MODEL(Slot, "slot", WEFT_COLUMN(Slot, id, .primary_key = true), WEFT_COLUMN(Slot, name));
WEFT_DECLARE(Once);
struct Once {
    Slot is;
};
WEFT_MODEL(Once, "slot", WEFT_COLUMN(Once, is.id, .column = "id", .primary_key = true, .autoincrement = true),
           WEFT_COLUMN(Once, is.name, .column = "name"));
static WEFT_METADATA(slot_models, &Slot_model);
static WEFT_METADATA(once_models, &Once_model);

static int64_t add_and_remove(fixture *f, weft_engine *engine)
{
    weft_session *s = weft_session_open(engine, NULL);
    Once *one = weft_new(s, Once, .is.name = "a");
    flush_ok(s);
    const int64_t id = one->is.id;
    (void)weft_new(s, Once, .is.name = "b");
    flush_ok(s);
    weft_delete(s, Once, one);
    commit_ok(s);
    weft_session_close(s);
    test_database_exec(&f->database, "DELETE FROM slot");
    return id;
}

/* A table that begins to count on is built anew on SQLite, behind its rows. */
static void numbers_of_rows_that_are_gone_do_not_return(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_difference *list = NULL;
    size_t count = 0;
    close_session(f);
    assert_error(weft_drop_all(f->engine, &error), WEFT_OK, &error);
    weft_engine *plain_engine = engine_of(f, &slot_models), *engine = engine_of(f, &once_models);
    assert_error(weft_create_all(plain_engine, &error), WEFT_OK, &error);
    test_database_exec(&f->database, "INSERT INTO slot (name) VALUES ('a'), ('b'), ('c')");
    assert_error(weft_engine_check(engine, &list, &count, &error), WEFT_OK, &error);
    assert_int_equal(count, f->postgres ? 0 : 1);
    if (count > 0)
        assert_string_equal(list[0].text, "slot gives out keys of rows that are gone again");
    weft_free(list);
    assert_step(f, &once_models, f->postgres ? "" : "build anew table slot\n");
    assert_step(f, &once_models, "");
    assert_rows(f, "SELECT id, name FROM slot ORDER BY id", "1|a\n2|b\n3|c");
    if (!f->postgres) { /* a row that goes before any is added */
        test_database_exec(&f->database, "DELETE FROM slot WHERE id = 3");
        assert_rows(f, "SELECT seq FROM sqlite_sequence WHERE name = 'slot'", "3");
        test_database_exec(&f->database, "INSERT INTO slot VALUES (3, 'c')");
    }
    assert_int_equal(add_and_remove(f, engine), 4);
    assert_int_equal(add_and_remove(f, engine), 6);
    assert_step(f, &slot_models, ""); /* which say nothing of it */
    assert_error(weft_engine_check(plain_engine, &list, &count, &error), WEFT_OK, &error);
    assert_int_equal(count, 0);
    assert_error(weft_drop_all(engine, &error), WEFT_OK, &error);
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    assert_int_equal(add_and_remove(f, engine), 1);
    assert_int_equal(add_and_remove(f, engine), 3);
    assert_step(f, &once_models, "");
    if (!f->postgres)
        assert_rows(f, "SELECT sql FROM sqlite_schema WHERE name = 'slot'",
                    "CREATE TABLE slot (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL)");
    assert_error(weft_drop_all(engine, &error), WEFT_OK, &error);
    weft_engine_close(engine);
    weft_engine_close(plain_engine);
}

/* A column of the database that is counted, as other models say it. */
#define CELL(M, C, ...) \
    WEFT_DECLARE(M); \
    struct M { \
        int32_t id; \
        C number; \
    }; \
    WEFT_MODEL(M, "cell", WEFT_COLUMN(M, id, .primary_key = true), WEFT_COLUMN(M, number, __VA_ARGS__)); \
    static WEFT_METADATA(M##_models, &M##_model)
CELL(Written, int32_t, .comment = NULL);
CELL(Fixed, int32_t, .server_default = "5", .zero_is_unset = true);
CELL(Unknown, weft_opt_int32, .comment = NULL);
CELL(Word, const char *, .comment = NULL);
CELL(Typed, int64_t, .sql_type = "numeric(20)");
CELL(Wide, int64_t, .comment = NULL);
CELL(Computed, int32_t, .generated = "id + 1");
WEFT_DECLARE(Drawn);
struct Drawn {
    int32_t id;
    int32_t number;
};
WEFT_MODEL(Drawn, "cell", WEFT_SEQUENCE(Drawn, "of_cells", .counting = {.start = 500}), WEFT_COLUMN(Drawn, id, .primary_key = true),
           WEFT_COLUMN(Drawn, number, .sequence = "of_cells"));
static WEFT_METADATA(Drawn_models, &Drawn_model);

static void what_models_say_instead_of_counting_counts(void **state)
{
    fixture *f = *state;
    static const struct {
        const weft_metadata *models;
        const char *by_default, *always, *given; /* given: what a row gets that says nothing, in place of 7 */
    } cases[] = {
        {&Written_models, "", "alter column cell.number: identity\n", "7"},
        {&Wide_models, "alter column cell.number: type BIGINT\n",
         "alter column cell.number: type BIGINT\nalter column cell.number: identity\n", "7"},
        {&Fixed_models, "alter column cell.number: no identity\nalter column cell.number: default 5\n", NULL, "5"},
        {&Drawn_models,
         "create sequence of_cells\nalter column cell.number: no identity\n"
         "alter column cell.number: default nextval('of_cells')\n",
         NULL, "500"},
        {&Unknown_models, "alter column cell.number: no identity\nalter column cell.number: null\n", NULL, "NULL"},
        {&Word_models, "alter column cell.number: no identity\nalter column cell.number: type TEXT\n", NULL, NULL},
        {&Typed_models, "alter column cell.number: no identity\nalter column cell.number: type numeric(20)\n", NULL, NULL},
        {&Computed_models, "drop column cell.number\nadd column cell.number\n", NULL, "3"},
    };
    close_session(f);
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        const size_t at = i / 2;
        const bool always = i % 2 == 1;
        weft_error error = {0};
        weft_schema *before = NULL;
        weft_difference *list = NULL;
        size_t count = 0;
        assert_error(weft_drop_all(f->engine, &error), WEFT_OK, &error);
        test_database_exec(&f->database, "DROP TABLE IF EXISTS cell");
        test_database_exec(&f->database, "DROP SEQUENCE IF EXISTS of_cells");
        test_database_exec(&f->database, always ? "CREATE TABLE cell (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, "
                                                  "number integer GENERATED ALWAYS AS IDENTITY (START WITH 6))"
                                                : "CREATE TABLE cell (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, "
                                                  "number integer GENERATED BY DEFAULT AS IDENTITY (START WITH 6))");
        test_database_exec(&f->database, "INSERT INTO cell DEFAULT VALUES");
        assert_error(weft_reflect(&before, f->engine, NULL, &error), WEFT_OK, &error);
        /* A server that starts says what a revision would change, and nothing else. */
        const char *step = always && cases[at].always != NULL ? cases[at].always : cases[at].by_default;
        weft_engine *engine = engine_of(f, cases[at].models);
        assert_error(weft_engine_check(engine, &list, &count, &error), WEFT_OK, &error);
        if ((count > 0) != (step[0] != '\0'))
            fail_msg("%zu: %s, where a revision says \"%s\"", i, count > 0 ? list[0].text : "nothing", step);
        weft_free(list);
        assert_step(f, cases[at].models, step);
        assert_step(f, cases[at].models, "");
        assert_error(weft_engine_check(engine, &list, &count, &error), WEFT_OK, &error);
        if (count > 0 && cases[at].models != &Typed_models) /* numeric(20), which it does not ask the server about */
            fail_msg("%zu: %s, when the revision is done", i, list[0].text);
        weft_free(list);
        weft_engine_close(engine);
        if (cases[at].given != NULL) {
            test_database_exec(&f->database, "INSERT INTO cell DEFAULT VALUES");
            assert_rows(f, "SELECT number FROM cell WHERE id = 2", cases[at].given);
            test_database_exec(&f->database, "DELETE FROM cell WHERE number IS NULL");
        }
        assert_undone(f, before);
        assert_rows(f,
                    "SELECT attidentity, attgenerated, attnotnull, atttypid::regtype FROM pg_attribute WHERE attrelid = "
                    "'cell'::regclass AND attname = 'number'",
                    always ? "a||t|integer" : "d||t|integer");
        weft_schema_free(before);
    }
}

/* As when an engine is opened with them. */
static void models_that_sqlite_cannot_count_make_no_schema(void **state)
{
    (void)state;
    weft_error error = {0};
    weft_schema *wanted = NULL;
    assert_error(weft_schema_of_models(&wanted, &counted, "sqlite", &error), WEFT_ERROR_UNSUPPORTED, &error);
    assert_null(wanted);
    assert_string_equal(error.message, "Counted.number: sqlite counts keys alone, and has no sequences");
    assert_string_equal(error.column, "number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(what_models_begin_to_count_goes_on_behind_the_rows),
        ON_POSTGRES(models_make_at_once_what_steps_lead_to),
        ON_POSTGRES(a_server_that_starts_is_told_what_is_counted_otherwise),
        ON_POSTGRES(a_serial_goes_on_as_an_identity),
        ON_POSTGRES(numbers_that_are_set_anew_are_behind_the_rows),
        ON_POSTGRES(a_column_becomes_an_identity_at_the_end_of_its_range),
        ON_POSTGRES(a_lesser_type_counts_within_itself_first),
        ON_POSTGRES(what_begins_to_draw_goes_on_behind_the_rows),
        ON_POSTGRES(a_sequence_never_goes_back),
        ON_POSTGRES(a_serial_becomes_an_identity_and_is_one_again),
        ON_POSTGRES(sequences_that_count_otherwise_are_behind_the_rows),
        ON_POSTGRES(a_sequence_of_two_tables_is_behind_the_rows_of_both),
        ON_POSTGRES(each_tenant_has_sequences_of_its_own),
        ON_BOTH(models_of_keys_are_what_each_database_makes_of_them),
        ON_POSTGRES(a_table_of_a_sequences_name_is_told),
        ON_BOTH(numbers_of_rows_that_are_gone_do_not_return),
        cmocka_unit_test(models_that_sqlite_cannot_count_make_no_schema),
        ON_POSTGRES(what_models_say_instead_of_counting_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
