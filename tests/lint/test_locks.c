/* What lint says of a statement is what PostgreSQL does: the dangerous forms are run on tables with rows, and the safe ones, too.
 * The catalogue says which locks they hold, whether tables were written anew, and whether rows were read. */
#include "looked.h"

#include "support/support.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static PGconn *connect_new(void)
{
    PGconn *conn = PQconnectdb(test_pg_url());
    if (PQstatus(conn) != CONNECTION_OK)
        fail_msg("%s", PQerrorMessage(conn));
    PQclear(PQexec(conn, "SET client_min_messages = error; SET search_path = public"));
    return conn;
}

static bool runs(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    const ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static void must_run(PGconn *conn, const char *sql)
{
    if (!runs(conn, sql))
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
}

static long ask(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
    const long value = strtol(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return value;
}

/* ---- one revision ---- */

/* The tables that were there, in a table of the session, with the files that hold their rows. */
static void remember(PGconn *conn)
{
    must_run(conn, "DROP TABLE IF EXISTS pg_temp.were; CREATE TEMP TABLE were AS SELECT oid, relfilenode, relkind, 0::bigint AS "
                   "scans FROM pg_class "
                   "WHERE relnamespace = "
                   "'public'::regnamespace AND relkind IN ('r', 'p', 'm')");
}

#define LOCKS \
    "FROM pg_locks l JOIN pg_temp.were w ON w.oid = l.relation AND w.relkind IN ('r', 'p', 'm') WHERE l.pid = pg_backend_pid() " \
    "AND l.mode IN "
#define BLOCKING "('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')"

/* How often each table was read through, so far: the server counts on over transactions. */
static void count_scans(PGconn *conn)
{
    must_run(conn, "UPDATE pg_temp.were w SET scans = coalesce(pg_stat_get_xact_numscans(w.oid), 0)");
}

/* Of tables on which the transaction holds a lock now for which writers wait. */
static bool has_scanned(PGconn *conn)
{
    return ask(conn, "SELECT count(*) " LOCKS BLOCKING " AND pg_stat_get_xact_numscans(w.oid) > w.scans") > 0;
}

typedef struct seen {
    bool scanned, exclusive, failed;
} seen;

static void see(PGconn *conn, seen *s, const char *sql)
{
    count_scans(conn);
    s->failed |= !runs(conn, sql);
    if (s->failed)
        return;
    s->exclusive |= ask(conn, "SELECT count(*) " LOCKS "('AccessExclusiveLock')") > 0;
    s->scanned |= has_scanned(conn);
    s->scanned |= ask(conn, "SELECT count(*) FROM pg_temp.were w JOIN pg_class c USING (oid) WHERE w.relkind = 'r' AND "
                            "c.relfilenode <> w.relfilenode") > 0 &&
                  strstr(sql, "TRUNCATE") == NULL;
}

/* Outside of a transaction what is held cannot be seen afterwards: those_that_are_concurrent_let_others_write looks at it. */
static seen apply(PGconn *conn, const char *before, const char *text)
{
    weft_error error = {0};
    looked made;
    seen s = {0};
    must_run(conn, "DROP SCHEMA IF EXISTS public, attic, loft, cellar CASCADE; CREATE SCHEMA public; SET search_path = public");
    must_run(conn, looked_tables);
    must_run(conn, looked_rows);
    if (before != NULL)
        must_run(conn, before);
    must_run(conn, "ANALYZE");
    remember(conn);
    assert_true(look(&made, "postgresql", "", text, &error));
    uint32_t transaction = 0;
    for (size_t i = 0; i < made.steps.count && !s.failed; i++) {
        const weft_step *step = &made.steps.items[i];
        if (step->call)
            continue;
        if (step->transaction != transaction) {
            must_run(conn, transaction > 0 && PQtransactionStatus(conn) == PQTRANS_INTRANS ? "COMMIT" : "SELECT 1");
            must_run(conn, step->no_transaction ? "SELECT 1" : "BEGIN");
        }
        transaction = step->transaction;
        if (step->no_transaction)
            s.failed |= !runs(conn, step->sql);
        else
            see(conn, &s, step->sql);
    }
    if (PQtransactionStatus(conn) != PQTRANS_IDLE)
        must_run(conn, "ROLLBACK");
    look_end(&made);
    return s;
}

static bool does(const seen *s, lint_claim claim)
{
    return claim == SCANS ? s->scanned : claim == EXCLUSIVE ? s->exclusive : s->failed;
}

static void what_is_claimed_is_what_the_database_does(void **state)
{
    (void)state;
    PGconn *conn = connect_new();
    bool wrong = false;
    for (size_t i = 0; i < looked_case_count; i++) {
        const lint_case *c = &looked_cases[i];
        const char *id = lint_rules[c->rule].id;
        const seen bad = apply(conn, c->before, c->bad), good = apply(conn, c->before, c->good);
        const bool known_to_fail = c->claim == FAILS || c->rule == LINT_TYPE_JSON;
        if (c->claim != NOTHING_SEEN && !does(&bad, c->claim))
            print_message("%s: is not seen with: %s\n", id, c->bad), wrong = true;
        if (c->claim != NOTHING_SEEN && does(&good, c->claim))
            print_message("%s: is seen with the safe form, too: %s\n", id, c->good), wrong = true;
        if (bad.failed && !known_to_fail)
            print_message("%s: this fails: %s\n", id, c->bad), wrong = true;
        if (good.failed)
            print_message("%s: the safe form fails: %s %s\n", id, c->good, PQerrorMessage(conn)), wrong = true;
    }
    assert_false(wrong);
    PQfinish(conn);
}

/* ---- types ---- */

static void types_are_written_anew_as_is_said(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"varchar(10)", "varchar(20)"},
                                           {"varchar(10)", "varchar(5)"},
                                           {"varchar(10)", "varchar"},
                                           {"varchar(10)", "text"},
                                           {"text", "varchar"},
                                           {"text", "varchar(90)"},
                                           {"varchar", "text"},
                                           {"char(3)", "char(5)"},
                                           {"char(3)", "text"},
                                           {"numeric(6,2)", "numeric(8,2)"},
                                           {"numeric(6,2)", "numeric(8,3)"},
                                           {"numeric(6,2)", "numeric"},
                                           {"numeric", "numeric(60,2)"},
                                           {"numeric(6)", "numeric(9)"},
                                           {"integer", "bigint"},
                                           {"bigint", "integer"},
                                           {"timestamp(3)", "timestamp(6)"},
                                           {"timestamp(3)", "timestamp"},
                                           {"timestamp", "timestamp(6)"},
                                           {"timestamp", "timestamp(3)"},
                                           {"timestamptz(3)", "timestamptz"},
                                           {"date", "timestamp"},
                                           {"cidr", "inet"},
                                           {"json", "jsonb"},
                                           {"time(3)", "time"},
                                           {"varbit(4)", "varbit(9)"},
                                           {"varbit(9)", "varbit(4)"},
                                           {"bit(4)", "bit(4)"},
                                           {"real", "double precision"},
                                           {"integer[]", "bigint[]"},
                                           {"varchar(4)[]", "varchar(9)[]"},
                                           {"text", "text"},
                                           {"interval", "interval"}};
    PGconn *conn = connect_new();
    lint l;
    lint_init(&l, false);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char sql[200];
        const lint_type from = lint_type_parse(&l, pairs[i][0]), to = lint_type_parse(&l, pairs[i][1]);
        must_run(conn, "SET timezone = 'Europe/Berlin'; DROP TABLE IF EXISTS public.t");
        snprintf(sql, sizeof sql, "CREATE TABLE public.t (v %s)", pairs[i][0]);
        must_run(conn, sql);
        const long file = ask(conn, "SELECT relfilenode FROM pg_class WHERE oid = 'public.t'::regclass");
        snprintf(sql, sizeof sql, "ALTER TABLE public.t ALTER v TYPE %s", pairs[i][1]);
        must_run(conn, sql);
        const bool anew = ask(conn, "SELECT relfilenode FROM pg_class WHERE oid = 'public.t'::regclass") != file;
        /* Where an array is written anew is not told apart: it is said of all of them. */
        if (anew != lint_type_rewrites(&from, &to) && strchr(pairs[i][0], '[') == NULL)
            fail_msg("%s to %s %s", pairs[i][0], pairs[i][1], anew ? "is written anew" : "is not written anew");
        if (anew && !lint_type_rewrites(&from, &to))
            fail_msg("%s to %s is written anew", pairs[i][0], pairs[i][1]);
    }
    lint_free(&l);
    PQfinish(conn);
}

/* Every function that is said to be stable is one of the server's, and none of them is volatile. */
static void functions_that_are_said_to_be_stable_are(void **state)
{
    (void)state;
    PGconn *conn = connect_new();
    PGresult *result = PQexec(
        conn,
        "SELECT proname, bool_or(provolatile = 'v') FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace GROUP BY proname");
    long stable = 0, volatile_ = 0;
    for (int i = 0; i < PQntuples(result); i++) {
        const bool is_volatile = *PQgetvalue(result, i, 1) == 't';
        const bool said = lint_function_is_stable(PQgetvalue(result, i, 0));
        if (is_volatile && said)
            fail_msg("%s is volatile", PQgetvalue(result, i, 0));
        stable += said;
        volatile_ += is_volatile;
    }
    assert_true(stable > 300 && volatile_ > 100);
    assert_false(lint_function_is_stable("my_own_function"));
    PQclear(result);
    PQfinish(conn);
}

/* ---- CONCURRENTLY ---- */

static void those_that_are_concurrent_let_others_write(void **state)
{
    (void)state;
    static const char *const statements[] = {"CREATE INDEX CONCURRENTLY i ON room (n)", "DROP INDEX CONCURRENTLY ix_room_m",
                                             "REINDEX TABLE CONCURRENTLY room",
                                             "ALTER TABLE visit DETACH PARTITION visit_1 CONCURRENTLY"};
    PGconn *conn = connect_new(), *reader = connect_new(), *writer = connect_new();
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        must_run(conn, "DROP SCHEMA IF EXISTS public, attic CASCADE; CREATE SCHEMA public; SET search_path = public");
        must_run(conn, looked_tables);
        must_run(conn, looked_rows);
        /* An old transaction that has read the tables: what is concurrent waits for it. */
        must_run(reader, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM room; SELECT count(*) FROM visit");
        assert_int_equal(PQsendQuery(conn, statements[i]), 1);
        char waits[200];
        snprintf(waits, sizeof waits, "SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND wait_event_type = 'Lock'",
                 PQbackendPID(conn));
        while (ask(writer, waits) == 0)
            (void)poll(NULL, 0, 5);
        must_run(writer, "BEGIN; SET LOCAL lock_timeout = '5s'; INSERT INTO room VALUES (9001, 'new', 1, 1); SELECT count(*) "
                         "FROM visit; SELECT "
                         "count(*) FROM room; COMMIT");
        assert_int_equal(PQisBusy(conn), 1);
        must_run(reader, "COMMIT");
        for (PGresult *result; (result = PQgetResult(conn)) != NULL; PQclear(result))
            if (PQresultStatus(result) != PGRES_COMMAND_OK)
                fail_msg("%s: %s", statements[i], PQerrorMessage(conn));
    }
    PQfinish(conn);
    PQfinish(reader);
    PQfinish(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_claimed_is_what_the_database_does),
        cmocka_unit_test(types_are_written_anew_as_is_said),
        cmocka_unit_test(functions_that_are_said_to_be_stable_are),
        cmocka_unit_test(those_that_are_concurrent_let_others_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
