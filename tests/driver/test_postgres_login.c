/* Logins that a server refuses or takes away, and TLS, on a server of their own: what the program is told, and what the pool has
 * afterwards. Everything is asked through the public API. */
#define _GNU_SOURCE
#include "server.h"

#include <weft/weft.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECRET "s3cr3t-canary"
#define MANY_SECONDS_MS 60000 /* where an error must not wait for a time-out */

static pg_server server;

/* Everything that was logged, to look for what must or must not be in it. */
static char logged[16384];
static atomic_size_t logged_size;

static void keep_log(void *context, const weft_log_record *record)
{
    (void)context;
    size_t size = strlen(record->message), at = atomic_fetch_add(&logged_size, size + 1);
    if (at + size + 1 < sizeof logged)
        memcpy(logged + at, record->message, size); /* the NUL after it is there already */
}

static bool was_logged(const char *part)
{
    size_t size = atomic_load(&logged_size);
    return memmem(logged, size < sizeof logged ? size : sizeof logged, part, strlen(part)) != NULL;
}

/* With room for one connection, which its counts are about, and patience that a refusal must not need. */
static weft_engine *open_engine(const char *user, const char *more)
{
    char url[1024];
    weft_engine *engine = NULL;
    weft_error error;
    atomic_store(&logged_size, 0);
    memset(logged, 0, sizeof logged);
    pg_server_url(&server, user, more, url, sizeof url);
    weft_engine_options options = {.pool = {.size = 1, .max_overflow = WEFT_NONE, .timeout_ms = MANY_SECONDS_MS},
                                   .log = keep_log,
                                   .log_level = WEFT_LOG_DEBUG};
    if (weft_engine_open(&engine, url, &options, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    return engine;
}

static weft_status run_on(weft_engine *engine, const char *sql, weft_error *error)
{
    weft_connection *connection = NULL;
    weft_result *result = NULL;
    weft_status status = weft_engine_connect(engine, &connection, NULL, error);
    if (status == WEFT_OK)
        status = weft_connection_query(connection, sql, NULL, &result, error);
    weft_result_close(result);
    weft_connection_close(connection);
    return status;
}

static void expect_counts(weft_engine *engine, uint32_t open, uint64_t failures)
{
    weft_pool_stats stats;
    weft_engine_pool_stats(engine, &stats);
    assert_int_equal(stats.open, open);
    assert_int_equal(stats.in_use, 0);
    if (failures == 0)
        assert_int_equal(stats.open_failures, 0);
    else
        assert_true(stats.open_failures >= failures);
}

/* One login that is refused at once, whatever the pool's patience. */
static void expect_refused(const char *user, const char *more, const char *sqlstate, const char *part)
{
    weft_error error;
    weft_engine *engine = open_engine(user, more);
    weft_status status = run_on(engine, "SELECT 1", &error);
    if (status != WEFT_ERROR_AUTH || strstr(error.message, part) == NULL)
        fail_msg("%s%s: %s: %s", user, more, weft_status_name(status), error.message);
    assert_string_equal(error.sqlstate, sqlstate);
    assert_true(error.nothing_sent || error.outcome == WEFT_OUTCOME_NONE);
    expect_counts(engine, 0, 1);
    assert_null(strstr(error.message, SECRET));
    assert_false(was_logged(SECRET));
    weft_engine_close(engine);
}

static void expect_login(const char *user, const char *more)
{
    weft_error error;
    weft_engine *engine = open_engine(user, more);
    if (run_on(engine, "SELECT 1", &error) != WEFT_OK)
        fail_msg("%s%s: %s", user, more, error.message);
    expect_counts(engine, 1, 0);
    weft_engine_close(engine);
}

static void sql(const char *text) { test_database_exec(&server.database, text); }

static void a_wrong_password_is_refused_at_once_and_stays_secret(void **state)
{
    (void)state;
    expect_login("scram_user:" SECRET, "");
    expect_refused("scram_user:" SECRET "-not", "", "28P01", "password authentication failed for user \"scram_user\"");
    expect_refused("nobody_at_all:" SECRET, "", "28P01", "nobody_at_all");
    expect_refused("scram_user", "", "", "no password supplied");
    expect_refused("md5_user:" SECRET "-not", "", "28P01", "md5_user");
}

static void a_role_that_may_not_log_in_is_named(void **state)
{
    (void)state;
    sql("ALTER ROLE scram_user NOLOGIN");
    expect_refused("scram_user:" SECRET, "", "28000", "role \"scram_user\" is not permitted to log in");
    sql("ALTER ROLE scram_user LOGIN VALID UNTIL '2001-01-01'");
    expect_refused("scram_user:" SECRET, "", "28P01", "scram_user");
    sql("ALTER ROLE scram_user VALID UNTIL 'infinity'");
    expect_refused("barred_user", "", "28000", "pg_hba.conf rejects connection");
    sql("REVOKE CONNECT ON DATABASE weft_test FROM PUBLIC");
    expect_refused("scram_user:" SECRET, "", "42501", "permission denied for database");
    sql("GRANT CONNECT ON DATABASE weft_test TO PUBLIC");
    expect_login("scram_user:" SECRET, "");
}

/* What is connected goes on; only new logins meet the new password. */
static void a_changed_password_concerns_new_connections_only(void **state)
{
    weft_error error;
    (void)state;
    weft_engine *engine = open_engine("scram_user:" SECRET, "");
    assert_int_equal(run_on(engine, "SELECT 1", &error), WEFT_OK);
    sql("ALTER ROLE scram_user PASSWORD 'changed'");
    assert_int_equal(run_on(engine, "SELECT 1", &error), WEFT_OK);
    expect_counts(engine, 1, 0);
    weft_engine_invalidate(engine);
    assert_int_equal(run_on(engine, "SELECT 1", &error), WEFT_ERROR_AUTH);
    assert_string_equal(error.sqlstate, "28P01");
    expect_counts(engine, 0, 1);
    sql("ALTER ROLE scram_user PASSWORD '" SECRET "'");
    weft_status status = WEFT_ERROR_AUTH; /* the refusal is remembered until a login has been tried again */
    for (int i = 0; i < 500 && status == WEFT_ERROR_AUTH; i++) {
        sql("SELECT pg_sleep(0.02)");
        status = run_on(engine, "SELECT 1", &error);
    }
    assert_int_equal(status, WEFT_OK);
    weft_engine_close(engine);
}

static void tls_is_verified_as_asked(void **state)
{
    char more[600];
    (void)state;
    char *library = test_database_rows(&server.database, "SHOW ssl_library");
    if (library[0] == '\0')
        fail_msg("this PostgreSQL server was built without TLS");
    free(library);
    static const struct {
        const char *mode, *root, *host, *sqlstate, *refusal;
    } logins[] = {
        {"require", NULL, "host=localhost&hostaddr=127.0.0.1", "", NULL},
        {"verify-ca", "root", "host=elsewhere&hostaddr=127.0.0.1", "", NULL},
        {"verify-full", "root", "host=localhost&hostaddr=127.0.0.1", "", NULL},
        {"verify-full", "root", "host=elsewhere&hostaddr=127.0.0.1", "", "does not match host name \"elsewhere\""},
        {"verify-full", "other", "host=localhost&hostaddr=127.0.0.1", "", "certificate verify failed"},
        {"verify-ca", "other", "host=localhost&hostaddr=127.0.0.1", "", "certificate verify failed"},
        {"verify-ca", "nowhere", "host=localhost&hostaddr=127.0.0.1", "", "root certificate file"},
        {"disable", NULL, "host=localhost&hostaddr=127.0.0.1", "28000", "no encryption"},
    };
    for (size_t i = 0; i < sizeof logins / sizeof logins[0]; i++) {
        int length = snprintf(more, sizeof more, "&%s&gssencmode=disable&sslmode=%s", logins[i].host, logins[i].mode);
        if (logins[i].root != NULL)
            (void)snprintf(more + length, sizeof more - (size_t)length, "&sslrootcert=%s/%s.crt", server.folder, logins[i].root);
        if (logins[i].refusal == NULL)
            expect_login("tls_user:" SECRET, more);
        else
            expect_refused("tls_user:" SECRET, more, logins[i].sqlstate, logins[i].refusal);
    }
}

static void a_connection_is_encrypted_and_says_so(void **state)
{
    char more[600];
    weft_error error;
    weft_connection *connection;
    weft_result *result;
    bool encrypted = false;
    (void)state;
    (void)snprintf(more, sizeof more, "&host=localhost&sslmode=verify-full&sslrootcert=%s/root.crt&gssencmode=disable",
                   server.folder);
    weft_engine *engine = open_engine("tls_user:" SECRET, more);
    if (weft_engine_connect(engine, &connection, NULL, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    assert_int_equal(weft_connection_query(connection, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", NULL, &result,
                                           &error),
                     WEFT_OK);
    assert_true(weft_result_next(result, &error));
    assert_true(weft_result_bool(result, 0, &encrypted));
    assert_true(encrypted);
    weft_result_close(result);
    weft_connection_close(connection);
    weft_engine_close(engine);
}

static int start(void **state)
{
    (void)state;
    pg_server_start(&server, NULL, true);
    pg_server_shell(&server, "pg_certificates");
    sql("SET password_encryption = 'md5'; CREATE ROLE md5_user LOGIN PASSWORD '" SECRET "'; "
        "SET password_encryption = 'scram-sha-256'; CREATE ROLE scram_user LOGIN PASSWORD '" SECRET "'; "
        "CREATE ROLE tls_user LOGIN PASSWORD '" SECRET "'; CREATE ROLE barred_user LOGIN");
    char text[700];
    const char *const settings[] = {"ssl_cert_file", "server.crt", "ssl_key_file", "server.key"};
    for (size_t i = 0; i < 4; i += 2) {
        (void)snprintf(text, sizeof text, "ALTER SYSTEM SET %s = '%s/%s'", settings[i], server.folder, settings[i + 1]);
        sql(text);
    }
    sql("ALTER SYSTEM SET ssl = on");
    pg_server_set_hba(&server, "local all scram_user scram-sha-256\nlocal all nobody_at_all scram-sha-256\nlocal all md5_user md5\n"
                               "local all barred_user reject\nhostssl all tls_user 127.0.0.1/32 scram-sha-256");
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
        cmocka_unit_test(a_wrong_password_is_refused_at_once_and_stays_secret),
        cmocka_unit_test(a_role_that_may_not_log_in_is_named),
        cmocka_unit_test(a_changed_password_concerns_new_connections_only),
        cmocka_unit_test(tls_is_verified_as_asked),
        cmocka_unit_test(a_connection_is_encrypted_and_says_so),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
