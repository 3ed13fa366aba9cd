/* What a server does to its clients: processes that stop and go on, restarts under load, limits and time-outs of its own. On a
 * server of its own, through the public API; tests end with what the pool and the server say about the connections. */
#define _GNU_SOURCE
#include "server.h"

#include "base/clock.h"

#include <weft/weft.h>

#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static pg_server server;
static atomic_int drained_reasons; /* log records that name 57P05 */

static void look_for_reasons(void *context, const weft_log_record *record)
{
    (void)context;
    if (strstr(record->message, "57P05") != NULL)
        atomic_fetch_add(&drained_reasons, 1);
}

static weft_engine *open_engine(const char *user, weft_pool_options pool)
{
    char url[1024];
    weft_engine *engine = NULL;
    weft_error error;
    weft_engine_options options = {.pool = pool, .log = look_for_reasons, .log_level = WEFT_LOG_DEBUG};
    pg_server_url(&server, user, "", url, sizeof url);
    if (weft_engine_open(&engine, url, &options, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    return engine;
}

static weft_connection *check_out(weft_engine *engine, uint32_t timeout_ms)
{
    weft_error error;
    weft_connection *connection = NULL;
    weft_connection_options options = {.timeout_ms = timeout_ms, .autocommit = true};
    if (weft_engine_connect(engine, &connection, &options, &error) != WEFT_OK)
        fail_msg("connect: %s: %s", weft_status_name(error.status), error.message);
    return connection;
}

static weft_status ask(weft_connection *connection, const char *sql, int64_t *answer, weft_error *error)
{
    weft_result *result = NULL;
    weft_status status = weft_connection_query(connection, sql, NULL, &result, error);
    if (status == WEFT_OK && weft_result_next(result, error))
        (void)weft_result_int64(result, 0, answer);
    weft_result_close(result);
    return status;
}

static pid_t backend_of(weft_connection *connection)
{
    weft_error error;
    int64_t pid = 0;
    if (ask(connection, "SELECT pg_backend_pid()", &pid, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    assert_true(pid > 0);
    return (pid_t)pid;
}

#define UNDER_TEST "FROM pg_stat_activity WHERE application_name = 'under-test'"

/* The pool holds no connection that is out, and the server has exactly those that the pool has: as soon as helpers are done. */
static void expect_agreement(weft_engine *engine)
{
    weft_pool_stats stats;
    int64_t there = -1;
    bool agreed = false;
    for (int i = 0; i < 1000 && !agreed; i++) {
        weft_engine_pool_stats(engine, &stats);
        there = test_database_integer(&server.database, "SELECT count(*) " UNDER_TEST);
        agreed = there == stats.open && stats.connecting == 0 && stats.opened == stats.closed_total + stats.open;
        if (!agreed)
            test_database_exec(&server.database, "SELECT pg_sleep(0.01)");
    }
    if (!agreed)
        fail_msg("%lld connections on the server; the pool has %u open, %u coming, %llu opened, %llu closed", (long long)there,
                 stats.open, stats.connecting, (unsigned long long)stats.opened, (unsigned long long)stats.closed_total);
    assert_int_equal(stats.in_use, 0);
    assert_int_equal(stats.waiting, 0);
}

static void close_engine(weft_engine *engine)
{
    weft_engine_close(engine);
    pg_server_wait_until(&server, "NOT EXISTS (SELECT " UNDER_TEST ")");
}

static void send_signal(pid_t process, int number)
{
    if (kill(process, number) != 0)
        fail_msg("cannot signal the server's process %ld: the test must run as root or as the server's user", (long)process);
}

#define ONE_CONNECTION .size = 1, .max_overflow = WEFT_NONE

static void a_stopped_backend_is_given_up_at_the_deadline_and_never_returns(void **state)
{
    weft_error error;
    weft_pool_stats stats;
    char gone[120];
    int64_t answer = 0;
    (void)state;
    weft_engine *engine = open_engine("app", (weft_pool_options){ONE_CONNECTION, .reset_timeout_ms = 300});
    weft_connection *connection = check_out(engine, 200);
    pid_t stopped = backend_of(connection);
    send_signal(stopped, SIGSTOP);
    assert_int_equal(ask(connection, "SELECT 1", &answer, &error), WEFT_ERROR_TIMEOUT);
    assert_non_null(strstr(error.message, "deadline"));
    weft_connection_close(connection);
    connection = check_out(engine, 20000); /* the slot is filled anew while the old backend stands still */
    pid_t fresh = backend_of(connection);
    assert_int_not_equal(fresh, stopped);
    weft_engine_pool_stats(engine, &stats);
    assert_int_equal(stats.opened, 2);
    assert_int_equal(stats.closed_total, 1);
    assert_int_equal(stats.open, 1);
    send_signal(stopped, SIGCONT);
    (void)snprintf(gone, sizeof gone, "NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %ld)", (long)stopped);
    pg_server_wait_until(&server, gone);
    assert_int_equal(backend_of(connection), fresh);
    weft_connection_close(connection);
    expect_agreement(engine);
    close_engine(engine);
}

/* The postmaster answers neither logins nor cancels; the processes that it has started go on. */
static void a_stopped_postmaster_holds_up_new_connections_only(void **state)
{
    weft_error error, reason;
    weft_connection *late = NULL, *other = NULL;
    weft_pool_stats stats;
    int64_t answer = 0;
    (void)state;
    const weft_pool_options patience = {ONE_CONNECTION, .timeout_ms = 400, .connect_timeout_ms = 250, .reset_timeout_ms = 200};
    pid_t postmaster = pg_server_postmaster(&server);
    weft_engine *engine = open_engine("app", patience), *fresh = open_engine("app", patience);
    weft_connection *pooled = check_out(engine, 300);
    assert_int_equal(ask(pooled, "SELECT 7", &answer, &error), WEFT_OK);
    send_signal(postmaster, SIGSTOP);
    int64_t start = wefti_now_ns();
    weft_status refused = weft_engine_connect(fresh, &other, NULL, &reason);
    weft_status asked = ask(pooled, "SELECT 8", &answer, &error);
    weft_status slept = ask(pooled, "SELECT 1 FROM pg_sleep(600)", &answer, &error);
    weft_connection_close(pooled); /* a helper logs in beside it to end the statement, in vain */
    weft_status again = weft_engine_connect(engine, &late, NULL, &error);
    int64_t took = wefti_now_ns() - start;
    send_signal(postmaster, SIGCONT); /* before anything is judged: nothing else would end the test */
    assert_int_equal(refused, WEFT_ERROR_POOL_TIMEOUT);
    assert_non_null(strstr(reason.message, "while connecting to PostgreSQL"));
    assert_int_equal(asked, WEFT_OK);
    assert_int_equal(answer, 8);
    assert_int_equal(slept, WEFT_ERROR_TIMEOUT);
    assert_int_equal(again, WEFT_ERROR_POOL_TIMEOUT);
    assert_true(took < 20000 * (int64_t)WEFTI_NS_PER_MS);
    for (int i = 0; i < 100 && (late == NULL || other == NULL); i++) { /* attempts are paced after failures */
        if (late == NULL)
            (void)weft_engine_connect(engine, &late, NULL, &error);
        if (other == NULL)
            (void)weft_engine_connect(fresh, &other, NULL, &error);
    }
    assert_true(late != NULL && other != NULL);
    assert_int_equal(ask(late, "SELECT 9", &answer, &error), WEFT_OK);
    weft_connection_close(late);
    weft_connection_close(other);
    weft_engine_pool_stats(fresh, &stats);
    assert_true(stats.open_failures > 0);
    weft_engine_close(fresh);
    expect_agreement(engine);
    close_engine(engine);
}

/* ---- load ---- */

#define WORKERS 4

typedef struct load load;
typedef struct worker {
    load *of;
    int number;
    pthread_t thread;
    int64_t committed[8192], unknown[8192];
    size_t committed_count, unknown_count;
    uint64_t failures;
    char bad[200]; /* the first status that must not be */
} worker;

struct load {
    weft_engine *engine;
    atomic_bool stop;
    atomic_ulong done; /* transactions that were committed */
    worker workers[WORKERS];
};

static bool may_happen(weft_status status)
{
    return status == WEFT_ERROR_DISCONNECTED || status == WEFT_ERROR_CONNECT || status == WEFT_ERROR_POOL_TIMEOUT ||
           status == WEFT_ERROR_OUTCOME_UNKNOWN || status == WEFT_ERROR_TIMEOUT || status == WEFT_ERROR_ROLLED_BACK;
}

static weft_status insert_token(weft_engine *engine, int64_t token, weft_error *error)
{
    weft_connection *connection = NULL;
    weft_status status = weft_engine_connect(engine, &connection, NULL, error);
    if (status == WEFT_OK)
        status =
            weft_execute_text(connection, "INSERT INTO public.ledger VALUES ($1)", weft_parameters(weft_value_int64(token)), error);
    if (status == WEFT_OK)
        status = weft_connection_commit(connection, error);
    weft_connection_close(connection);
    return status;
}

static void *work(void *context)
{
    worker *w = context;
    for (int64_t i = 0; !atomic_load(&w->of->stop) && w->committed_count < 8192 && w->unknown_count < 8192; i++) {
        weft_error error = {0};
        int64_t token = i * WORKERS + w->number;
        weft_status status = insert_token(w->of->engine, token, &error);
        if (status == WEFT_OK) {
            w->committed[w->committed_count++] = token;
            atomic_fetch_add(&w->of->done, 1);
            continue;
        }
        w->failures++;
        if (status == WEFT_ERROR_OUTCOME_UNKNOWN || error.outcome == WEFT_OUTCOME_UNKNOWN)
            w->unknown[w->unknown_count++] = token;
        if (!may_happen(status) && w->bad[0] == '\0')
            (void)snprintf(w->bad, sizeof w->bad, "%s: %s", weft_status_name(status), error.message);
    }
    return NULL;
}

/* Until this many more transactions have been committed. */
static void wait_for(load *l, unsigned long more)
{
    unsigned long wanted = atomic_load(&l->done) + more;
    int64_t end = wefti_now_ns() + 60000 * (int64_t)WEFTI_NS_PER_MS;
    while (atomic_load(&l->done) < wanted && wefti_now_ns() < end)
        (void)poll(NULL, 0, 1); /* the cores are the workers' */
    assert_true(atomic_load(&l->done) >= wanted);
}

/* What was reported committed is there, each once; what was not, is not; of what is unknown nothing is asked. */
static void expect_ledger(const load *l)
{
    char sql[128];
    size_t committed = 0, unknown = 0;
    uint64_t failures = 0;
    for (int n = 0; n < WORKERS; n++) {
        const worker *w = &l->workers[n];
        if (w->bad[0] != '\0')
            fail_msg("%s", w->bad);
        for (size_t i = 0; i < w->committed_count; i += 64) { /* a sample one by one, all of them by number below */
            (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM public.ledger WHERE token = %lld", (long long)w->committed[i]);
            assert_int_equal(test_database_integer(&server.database, sql), 1);
        }
        for (size_t i = 0; i < w->unknown_count; i++) {
            (void)snprintf(sql, sizeof sql, "DELETE FROM public.ledger WHERE token = %lld", (long long)w->unknown[i]);
            test_database_exec(&server.database, sql);
        }
        committed += w->committed_count;
        unknown += w->unknown_count;
        failures += w->failures;
    }
    assert_int_equal(test_database_integer(&server.database, "SELECT count(*) FROM public.ledger"), committed);
    print_message("%zu committed, %zu unknown, %llu failures\n", committed, unknown, (unsigned long long)failures);
}

static void restart_under_load(const char *mode)
{
    static load l;
    char command[80];
    memset(&l, 0, sizeof l);
    test_database_exec(&server.database, "DROP TABLE IF EXISTS public.ledger; CREATE TABLE public.ledger (token int8 PRIMARY KEY); "
                                         "GRANT ALL ON public.ledger TO app");
    l.engine = open_engine("app", (weft_pool_options){.size = WORKERS, .timeout_ms = 20000});
    for (int i = 0; i < WORKERS; i++) {
        l.workers[i].of = &l;
        l.workers[i].number = i;
        assert_int_equal(pthread_create(&l.workers[i].thread, NULL, work, &l.workers[i]), 0);
    }
    wait_for(&l, 50);
    (void)snprintf(command, sizeof command, "pg_control restart --mode=%s", mode);
    pg_server_shell(&server, command);
    wait_for(&l, 50);
    atomic_store(&l.stop, true);
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_join(l.workers[i].thread, NULL), 0);
    weft_pool_stats stats;
    weft_engine_pool_stats(l.engine, &stats);
    assert_true(stats.retired_broken + stats.retired_generation > 0);
    assert_true(stats.open_failures < 200); /* paced, not hammered */
    expect_agreement(l.engine);
    expect_ledger(&l);
    close_engine(l.engine);
}

static void a_fast_restart_loses_no_transaction_that_was_reported(void **state)
{
    (void)state;
    restart_under_load("fast");
}

static void an_immediate_restart_loses_no_transaction_that_was_reported(void **state)
{
    (void)state;
    restart_under_load("immediate");
}

/* ---- a killer ---- */

/* Ends one session after another under load: each costs about one login, not the connections of all. */
static void a_killed_backend_costs_one_login(void **state)
{
    static load l;
    enum { KILLS = 25 };
    weft_pool_stats before, after;
    uint64_t killed = 0;
    (void)state;
    memset(&l, 0, sizeof l);
    test_database_exec(&server.database, "DROP TABLE IF EXISTS public.ledger; CREATE TABLE public.ledger (token int8 PRIMARY KEY); "
                                         "GRANT ALL ON public.ledger TO app");
    l.engine = open_engine("app", (weft_pool_options){.size = WORKERS, .max_overflow = WEFT_NONE, .timeout_ms = 20000});
    for (int i = 0; i < WORKERS; i++) {
        l.workers[i].of = &l;
        l.workers[i].number = i;
        assert_int_equal(pthread_create(&l.workers[i].thread, NULL, work, &l.workers[i]), 0);
    }
    wait_for(&l, 20);
    weft_engine_pool_stats(l.engine, &before);
    for (int i = 0; i < KILLS; i++) {
        wait_for(&l, 5);
        killed +=
            (uint64_t)test_database_integer(&server.database, "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid " UNDER_TEST
                                                              " ORDER BY random() LIMIT 1) AS one");
    }
    wait_for(&l, 20);
    atomic_store(&l.stop, true);
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_join(l.workers[i].thread, NULL), 0);
    weft_engine_pool_stats(l.engine, &after);
    assert_true(killed > KILLS / 2);
    if (after.opened - before.opened > killed + killed / 5 + WORKERS)
        fail_msg("%llu logins for %llu killed sessions", (unsigned long long)(after.opened - before.opened),
                 (unsigned long long)killed);
    assert_int_equal(after.generation, before.generation);
    expect_agreement(l.engine);
    expect_ledger(&l);
    close_engine(l.engine);
}

/* Nobody uses them: they are gone all the same. */
static void a_restart_ends_idle_connections_as_well(void **state)
{
    enum { COUNT = 5 };
    weft_connection *taken[COUNT];
    weft_pool_stats stats;
    (void)state;
    weft_engine *engine = open_engine("app", (weft_pool_options){.size = COUNT, .max_overflow = WEFT_NONE});
    for (int i = 0; i < COUNT; i++)
        taken[i] = check_out(engine, 0);
    for (int i = 0; i < COUNT; i++)
        weft_connection_close(taken[i]);
    pg_server_shell(&server, "pg_control restart --mode=fast");
    for (int i = 0; i < 500; i++) { /* the server may still begin */
        weft_connection *connection = NULL;
        weft_error error;
        if (weft_engine_connect(engine, &connection, NULL, &error) == WEFT_OK) {
            weft_connection_close(connection);
            break;
        }
    }
    for (int i = 0; i < 1000; i++) {
        weft_engine_pool_stats(engine, &stats);
        if (stats.closed_total >= COUNT)
            break;
        test_database_exec(&server.database, "SELECT pg_sleep(0.01)");
    }
    assert_int_equal(stats.closed_total, COUNT);
    expect_agreement(engine);
    close_engine(engine);
}

typedef struct question {
    weft_engine *engine;
    weft_transaction_id id;
    weft_status status;
    weft_outcome outcome;
    weft_error error;
} question;

static void *resolve(void *context)
{
    question *q = context;
    q->status = weft_outcome_resolve(q->engine, q->id, 60000, &q->outcome, &q->error);
    return NULL;
}

/* Also where those who only want a connection are told at once that there is none. */
static void an_outcome_is_asked_for_until_the_server_is_back(void **state)
{
    (void)state;
    for (int fails_fast = 0; fails_fast < 2; fails_fast++) {
        pthread_t thread;
        weft_pool_stats stats = {0};
        question q = {.engine = open_engine("app", (weft_pool_options){.size = 1, .fail_fast = fails_fast != 0})};
        q.id = (weft_transaction_id){
            .id = (uint64_t)test_database_integer(&server.database, "SELECT pg_current_xact_id()::text::int8"),
            .server = (uint64_t)test_database_integer(&server.database, "SELECT system_identifier FROM pg_control_system()"),
            .timeline = (uint32_t)test_database_integer(&server.database, "SELECT timeline_id FROM pg_control_checkpoint()")};
        pg_server_shell(&server, "pg_control stop --mode=fast");
        assert_int_equal(pthread_create(&thread, NULL, resolve, &q), 0);
        while (stats.open_failures == 0) {
            (void)poll(NULL, 0, 10);
            weft_engine_pool_stats(q.engine, &stats);
        }
        pg_server_shell(&server, "pg_control restart");
        assert_int_equal(pthread_join(thread, NULL), 0);
        if (q.status != WEFT_OK)
            fail_msg("%s: %s", weft_status_name(q.status), q.error.message);
        assert_int_equal(q.outcome, WEFT_OUTCOME_COMMITTED);
        close_engine(q.engine);
    }
}

/* ---- limits ---- */

typedef struct borrower {
    weft_engine *engine;
    weft_status status;
    pthread_t thread;
} borrower;

static void *borrow(void *context)
{
    borrower *b = context;
    weft_error error;
    weft_connection *connection;
    int64_t answer;
    b->status = weft_engine_connect(b->engine, &connection, NULL, &error);
    for (int i = 0; b->status == WEFT_OK && i < 3; i++)
        b->status = ask(connection, "SELECT 1 FROM pg_sleep(0.01)", &answer, &error);
    weft_connection_close(connection);
    return NULL;
}

/* The role may have two: more threads share them. */
static void a_full_server_leaves_the_pool_what_it_has(void **state)
{
    weft_pool_stats stats;
    borrower borrowers[6];
    (void)state;
    weft_engine *engine = open_engine("few", (weft_pool_options){.size = 5, .max_overflow = WEFT_NONE, .timeout_ms = 30000});
    for (int i = 0; i < 6; i++) {
        borrowers[i] = (borrower){.engine = engine, .status = WEFT_ERROR_INTERNAL};
        assert_int_equal(pthread_create(&borrowers[i].thread, NULL, borrow, &borrowers[i]), 0);
    }
    for (int i = 0; i < 6; i++) {
        assert_int_equal(pthread_join(borrowers[i].thread, NULL), 0);
        assert_int_equal(borrowers[i].status, WEFT_OK);
    }
    weft_engine_pool_stats(engine, &stats);
    assert_in_range(stats.open, 1, 2);
    expect_agreement(engine);
    close_engine(engine);
}

static void too_many_connections_are_told_with_the_servers_reason(void **state)
{
    enum { MOST = 40 };
    PGconn *taken[MOST];
    char url[1024];
    int count = 0;
    weft_error error;
    weft_connection *connection = NULL;
    (void)state;
    pg_server_url(&server, "app", "", url, sizeof url);
    do {
        taken[count] = PQconnectdb(url);
    } while (PQstatus(taken[count++]) == CONNECTION_OK && count < MOST);
    assert_int_equal(PQstatus(taken[count - 1]), CONNECTION_BAD);
    weft_engine *engine = open_engine("app", (weft_pool_options){ONE_CONNECTION, .timeout_ms = 300});
    weft_status status = weft_engine_connect(engine, &connection, NULL, &error);
    if (status != WEFT_ERROR_POOL_TIMEOUT && status != WEFT_ERROR_CONNECT)
        fail_msg("%s: %s", weft_status_name(status), error.message);
    assert_non_null(strstr(error.message, "connection slots"));
    weft_pool_stats stats;
    weft_engine_pool_stats(engine, &stats);
    assert_true(stats.open_failures >= 1);
    assert_int_equal(stats.open, 0);
    while (count > 0)
        PQfinish(taken[--count]);
    for (int i = 0; i < 100 && connection == NULL; i++)
        (void)weft_engine_connect(engine, &connection, NULL, &error);
    assert_non_null(connection);
    weft_connection_close(connection);
    expect_agreement(engine);
    close_engine(engine);
}

static void a_connection_that_the_server_ended_for_idleness_is_replaced_unseen(void **state)
{
    weft_pool_stats stats;
    char gone[120];
    (void)state;
    atomic_store(&drained_reasons, 0);
    weft_engine *engine = open_engine("idler", (weft_pool_options){ONE_CONNECTION, .ping_after_ms = 100});
    weft_connection *connection = check_out(engine, 20000);
    pid_t first = backend_of(connection);
    weft_connection_close(connection);
    (void)snprintf(gone, sizeof gone, "NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %ld)", (long)first);
    pg_server_wait_until(&server, gone);
    connection = check_out(engine, 20000);
    assert_int_not_equal(backend_of(connection), first);
    weft_connection_close(connection);
    weft_engine_pool_stats(engine, &stats);
    assert_int_equal(stats.opened, 2);
    assert_int_equal(stats.retired_broken, 1);
    assert_int_equal(stats.open_failures, 0);
    assert_true(atomic_load(&drained_reasons) > 0); /* the log says why */
    close_engine(engine);
}

static void a_transaction_that_the_server_ended_for_idleness_is_rolled_back(void **state)
{
    weft_error error;
    weft_connection *connection = NULL;
    char gone[120];
    (void)state;
    weft_engine *engine = open_engine("idler", (weft_pool_options){ONE_CONNECTION});
    assert_int_equal(weft_engine_connect(engine, &connection, NULL, &error), WEFT_OK);
    pid_t backend = backend_of(connection); /* begins a transaction */
    (void)snprintf(gone, sizeof gone, "NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %ld)", (long)backend);
    pg_server_wait_until(&server, gone);
    assert_int_equal(weft_connection_commit(connection, &error), WEFT_ERROR_DISCONNECTED);
    assert_string_equal(error.sqlstate, "25P03");
    assert_int_equal(error.outcome, WEFT_OUTCOME_ROLLED_BACK);
    assert_true(error.nothing_sent);
    weft_connection_close(connection);
    connection = check_out(engine, 20000);
    assert_int_not_equal(backend_of(connection), backend);
    weft_connection_close(connection);
    close_engine(engine);
}

static int start(void **state)
{
    (void)state;
    /* What was committed must outlive an immediate shutdown of the server, though not of the machine. */
    pg_server_start(&server, "max_connections=20 synchronous_commit=on autovacuum=off", false);
    test_database_exec(&server.database, "CREATE ROLE app LOGIN; CREATE ROLE few LOGIN CONNECTION LIMIT 2; "
                                         "CREATE ROLE idler LOGIN; "
                                         "ALTER ROLE idler SET idle_session_timeout = '150ms'; "
                                         "ALTER ROLE idler SET idle_in_transaction_session_timeout = '150ms'");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pg_server_stop(&server);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stopped_backend_is_given_up_at_the_deadline_and_never_returns),
        cmocka_unit_test(a_stopped_postmaster_holds_up_new_connections_only),
        cmocka_unit_test(a_fast_restart_loses_no_transaction_that_was_reported),
        cmocka_unit_test(an_immediate_restart_loses_no_transaction_that_was_reported),
        cmocka_unit_test(a_killed_backend_costs_one_login),
        cmocka_unit_test(a_restart_ends_idle_connections_as_well),
        cmocka_unit_test(an_outcome_is_asked_for_until_the_server_is_back),
        cmocka_unit_test(a_full_server_leaves_the_pool_what_it_has),
        cmocka_unit_test(too_many_connections_are_told_with_the_servers_reason),
        cmocka_unit_test(a_connection_that_the_server_ended_for_idleness_is_replaced_unseen),
        cmocka_unit_test(a_transaction_that_the_server_ended_for_idleness_is_rolled_back),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
