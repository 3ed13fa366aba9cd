/* Transaction control in text SQL, however it is hidden: what was told to be rolled back is gone. Directed texts first, then random
 * ones; WEFT_TEST_SEED is their seed, WEFT_TEST_RUNS their number. */
#include "support/fixture.h"

WEFT_DECLARE(Note);
struct Note {
    int64_t id;
    int64_t number;
};
WEFT_MODEL(Note, "note", WEFT_COLUMN(Note, id, .primary_key = true), WEFT_COLUMN(Note, number));
WEFT_METADATA(models, &Note_model);
FIXTURE_MODELS(models);

enum { TEXTS = 700, LONGEST = 9 };

/* What the databases take for the end of a transaction although something stands before it, and all of its kinds. */
static const char *const control_everywhere[] = {
    "COMMIT",
    "commit",
    "CoMmIt;",
    "END",
    "ROLLBACK",
    "BEGIN",
    "SAVEPOINT a",
    "RELEASE SAVEPOINT a",
    "RELEASE a",
    "ROLLBACK TO a",
    "ROLLBACK TO SAVEPOINT a",
    "\t\r\n\f COMMIT",
    ";COMMIT",
    " ; ;; COMMIT",
    "-- note\nCOMMIT",
    "/* note */COMMIT",
    "/**/COMMIT",
    "/* -- */COMMIT",
    "/* ' */ COMMIT -- '",
    "/* \" $$ */COMMIT",
    "--\n--\n/*\n*/;--;\nEND",
    "/***/COMMIT",
    "/* * / */COMMIT",
    "COMMIT TRANSACTION",
    "END TRANSACTION",
    "-- a \\\nCOMMIT",
    "COMMIT/* and */",
    "COMMIT--",
    "/*/*/ */ */COMMIT",
};
static const char *const control_on_sqlite[] = {
    ("\xef\xbb\xbf"
     "COMMIT"),
    "\xef\xbb\xbf\xef\xbb\xbf COMMIT",
    " \xef\xbb\xbf/**/\xef\xbb\xbf;COMMIT",
    "/* /* */ COMMIT",
    "/* /* */ COMMIT /* */",
    "/* /* */ SAVEPOINT a",
    "/* /* */ END",
    "-- note\r\nCOMMIT",
    "/*/ /* */COMMIT",
    "END /* open",
};
static const char *const control_on_postgres[] = {
    "-- note\rCOMMIT",
    "--\r\rEND",
    "/* /* */ */ COMMIT",
    "/* -- */ -- /*\rCOMMIT",
    "ABORT",
    "ABORT WORK",
    "START TRANSACTION",
    "COMMIT AND CHAIN",
    "ROLLBACK AND CHAIN",
    "COMMIT WORK",
    "PREPARE TRANSACTION 'weft_text'",
    "PREPARE/**/TRANSACTION 'weft_text'",
    "prepare -- x\rtransaction 'weft_text'",
    "COMMIT PREPARED 'weft_text'",
    "ROLLBACK PREPARED 'weft_text'",
    "-- $$\rROLLBACK",
    "BEGIN ISOLATION LEVEL SERIALIZABLE",
    "/*/**/*/COMMIT",
    "--\\\rCOMMIT",
};

static int64_t notes(fixture *f)
{
    char sql[] = "SELECT count(*) FROM note";
    return test_database_integer(&f->database, sql);
}

static void expect_misuse_and_nothing_left(fixture *f, const char *text)
{
    weft_session *s = f->s;
    assert_call(s, weft_session_execute_text(s, "INSERT INTO note (number) VALUES (1)", NULL), WEFT_OK);
    weft_status status = weft_session_execute_text(s, text, NULL);
    if (status != WEFT_ERROR_MISUSE)
        fail_msg("%s: %s, %s", text, weft_status_name(status), weft_session_error(s)->message);
    rollback_ok(s);
    if (notes(f) != 0)
        fail_msg("%s left a row behind a rollback", text);
}

static void expect_refused_by_connections(fixture *f, const char *text)
{
    static const weft_connection_options ways[] = {{.autocommit = false},
                                                   {.autocommit = true},
                                                   {.read_only = true},
                                                   {.isolation = WEFT_ISOLATION_SERIALIZABLE}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        weft_connection *c;
        weft_result *result;
        weft_error error;
        assert_error(weft_engine_connect(f->engine, &c, &ways[i], &error), WEFT_OK, &error);
        assert_error(weft_execute_text(c, text, NULL, &error), WEFT_ERROR_MISUSE, &error);
        assert_true(error.nothing_sent);
        assert_error(weft_connection_query(c, text, NULL, &result, &error), WEFT_ERROR_MISUSE, &error);
        assert_null(result);
        assert_error(weft_execute_text(c, "SELECT 1", NULL, &error), WEFT_OK, &error); /* goes on */
        weft_connection_close(c);
    }
}

static void check_all(fixture *f, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        expect_misuse_and_nothing_left(f, texts[i]);
        expect_refused_by_connections(f, texts[i]);
    }
}

static void transaction_control_is_seen_behind_whatever_the_database_passes_over(void **state)
{
    fixture *f = *state;
    check_all(f, control_everywhere, sizeof control_everywhere / sizeof *control_everywhere);
    if (f->postgres)
        check_all(f, control_on_postgres, sizeof control_on_postgres / sizeof *control_on_postgres);
    else
        check_all(f, control_on_sqlite, sizeof control_on_sqlite / sizeof *control_on_sqlite);
}

static void what_only_looks_like_transaction_control_is_run(void **state)
{
    static const char *const everywhere[] = {
        "SELECT 'COMMIT'",        "/* COMMIT */ SELECT 1",
        "-- COMMIT\nSELECT 1",    "SELECT 1 AS commit_",
        "SELECT 1 -- COMMIT",     "SELECT 1; -- COMMIT",
        "SELECT 1 AS \"commit\"", "INSERT INTO note (number) SELECT 2 WHERE 'END' = 'BEGIN'",
    };
    fixture *f = *state;
    weft_session *s = f->s;
    for (size_t i = 0; i < sizeof everywhere / sizeof *everywhere; i++)
        assert_call(s, weft_session_execute_text(s, everywhere[i], NULL), WEFT_OK);
    if (f->postgres) {
        assert_call(s, weft_session_execute_text(s, "SELECT $$COMMIT$$, $a$ ; COMMIT $a$, E'\\'; COMMIT'", NULL), WEFT_OK);
        assert_call(s, weft_session_execute_text(s, "DO $$ BEGIN END $$", NULL), WEFT_OK);
        assert_call(s, weft_session_execute_text(s, "SET TRANSACTION READ WRITE", NULL), WEFT_OK);
    } else {
        assert_call(s, weft_session_execute_text(s, "SELECT [commit] FROM (SELECT 1 AS [commit])", NULL), WEFT_OK);
        assert_call(s, weft_session_execute_text(s, "CREATE TRIGGER t AFTER INSERT ON note BEGIN SELECT 1; END", NULL), WEFT_OK);
    }
    rollback_ok(s);
    assert_int_equal(notes(f), 0);
}

/* The server refuses to end a transaction from inside a statement of it; where no transaction is open, a procedure may. */
static void a_procedure_that_commits_keeps_nothing_of_a_session(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    test_database_exec(&f->database, "CREATE PROCEDURE keep() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$");
    static const char *const texts[] = {"CALL keep()", "DO $$ BEGIN COMMIT; END $$", "DO $$ BEGIN ROLLBACK; END $$"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (int first = 0; first < 2; first++) {
            if (first == 0)
                assert_call(s, weft_session_execute_text(s, "INSERT INTO note (number) VALUES (1)", NULL), WEFT_OK);
            assert_int_not_equal(weft_session_execute_text(s, texts[i], NULL), WEFT_OK);
            rollback_ok(s);
            assert_int_equal(notes(f), 0);
        }
    }
    assert_call(s, weft_session_execute_text(s, "PREPARE kept AS INSERT INTO note (number) VALUES (1)", NULL), WEFT_OK);
    assert_call(s, weft_session_execute_text(s, "EXECUTE kept", NULL), WEFT_OK);
    rollback_ok(s);
    assert_int_equal(notes(f), 0);
}

static uint64_t random_state;

static size_t pick(size_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (size_t)(random_state % below);
}

static void add(char *text, const char *more) { memcpy(text + strlen(text), more, strlen(more) + 1); }

static void make_text(char *text)
{
    static const char *const before[] = {" ",  "\n",    "\r", "\t", "\f",           "\v",           "--",   "-- x", "/*",
                                         "*/", "/* */", ";",  "(",  "\xef\xbb\xbf", "\xc2\xa0",     "'",    "\"",   "$$",
                                         "\\", "/",     "*",  "E'", "--\\",         "\xe2\x80\xa8", "\x01", "\\;"};
    static const char *const control[] = {
        "COMMIT",           "commit",       "END",   "ROLLBACK",          "BEGIN",
        "SAVEPOINT a",      "RELEASE a",    "ABORT", "START TRANSACTION", "PREPARE TRANSACTION 'weft_text'",
        "COMMIT AND CHAIN", "ROLLBACK TO a"};
    text[0] = '\0';
    for (size_t i = 0, count = pick(LONGEST); i < count; i++)
        add(text, before[pick(sizeof before / sizeof *before)]);
    if (pick(8) == 0)
        add(text, "INSERT INTO note (number) VALUES (3);");
    add(text, control[pick(sizeof control / sizeof *control)]);
    for (size_t i = 0, count = pick(3); i < count; i++)
        add(text, before[pick(sizeof before / sizeof *before)]);
}

static void show(const char *text)
{
    for (; *text != '\0'; text++)
        print_error((unsigned char)*text < ' ' || (unsigned char)*text > '~' ? "\\x%02x" : "%c", (unsigned char)*text);
    print_error("\n");
}

static int64_t count_notes(weft_connection *c)
{
    weft_result *result;
    weft_error error;
    int64_t count = -1;
    assert_error(weft_connection_query(c, "SELECT count(*) FROM note", NULL, &result, &error), WEFT_OK, &error);
    assert_true(weft_result_next(result, &error) && weft_result_int64(result, 0, &count));
    weft_result_close(result);
    return count;
}

static void no_random_text_keeps_what_is_rolled_back(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_connection *c;
    weft_error error;
    char text[512];
    size_t refused = 0;
    random_state = test_seed(20260503);
    assert_error(weft_engine_connect(f->engine, &c, &(weft_connection_options){.autocommit = true}, &error), WEFT_OK, &error);
    for (uint64_t i = 0, texts = test_number("WEFT_TEST_RUNS", TEXTS); i < texts; i++) {
        make_text(text);
        assert_call(s, weft_session_execute_text(s, "INSERT INTO note (number) VALUES (1)", NULL), WEFT_OK);
        weft_status status = weft_session_execute_text(s, text, NULL);
        refused += status == WEFT_ERROR_MISUSE;
        if (weft_session_status(s) == WEFT_OK)
            assert_call(s, weft_session_execute_text(s, "INSERT INTO note (number) VALUES (2)", NULL), WEFT_OK);
        rollback_ok(s);
        if (count_notes(c) == 0 && status != WEFT_OK)
            continue;
        show(text);
        fail_msg("%s, and %lld rows stay", weft_status_name(status), (long long)count_notes(c));
    }
    print_message("%zu texts were refused\n", refused);
    assert_true(refused > 30);
    weft_connection_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(transaction_control_is_seen_behind_whatever_the_database_passes_over),
        ON_BOTH(what_only_looks_like_transaction_control_is_run),
        ON_POSTGRES(a_procedure_that_commits_keeps_nothing_of_a_session),
        ON_BOTH(no_random_text_keeps_what_is_rolled_back),
    };
    return cmocka_run_group_tests_name("transaction control in text", tests, NULL, NULL);
}
