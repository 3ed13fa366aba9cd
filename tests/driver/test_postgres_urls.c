/* URLs and logins of the PostgreSQL driver: what is refused and why, and that no password gets out. A scripted server stands in
 * where a real one would have to be configured for the case. */
#define _GNU_SOURCE
#include "postgres_support.h"

#include <libpq-fe.h>

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define DRIVER wefti_postgres_driver
#define CANARY "s3cr3t-canary"

static bool mentions(const weft_error *error, const char *text)
{
    return strstr(error->message, text) != NULL || strstr(error->hint, text) != NULL;
}

static void bad_urls_are_refused_without_repeating_the_password(void **state)
{
    static const char *const urls[] = {
        "postgresql://u:" CANARY "%zz@h/d", "postgresql://u:" CANARY "%00@h/d", "postgresql://u:" CANARY "@h:port/d?x",
        "postgresql://u:" CANARY "@h/d?sslmode", "postgresql://u:" CANARY "@[::1/d", "postgresql://u:" CANARY "@h/d?password",
        "postgresql://u@h/d?password=" CANARY "&colour=red", "postgresql://u:" CANARY "@h/d?pgbouncer=maybe",
        /* passwords that are not percent-encoded, in every place where libpq would cut them */
        "postgresql://u:p@" CANARY "@h/d", "postgresql://u:p@" CANARY "@h:5432/d?sslmode=disable",
        "postgresql://u:p/" CANARY "@h/d", "postgresql://u:" CANARY "/p@h/d", "postgresql://u:p@a/" CANARY "@h/d",
        "postgresql://u:p@a?" CANARY "=x@h/d", "postgresql://u:p@a?sslmode=" CANARY "&" CANARY "=x@h/d", "postgresql://u:" CANARY,
        "postgresql://u:" CANARY "/d", "postgresql://u:" CANARY "?" CANARY "=1", "postgresql://a:1,u:" CANARY "/d",
        "postgresql://[::1]:" CANARY "/d", "postgresql://u@h/d?password=p&" CANARY "=x",
        "postgresql://u@h/d?sslpassword=p&" CANARY "=x&user=" CANARY, "postgresql://u@h/d?password=" CANARY "%",
        "postgresql://u:" CANARY "@h:0/d", "postgresql://u:" CANARY "@h:99999/d", "postgresql://h/d?port=" CANARY,
        "postgresql://h/d?port=5432," CANARY, "mysql://u:" CANARY "@h/d", ("host=h password=" CANARY)};
    (void)state;
    for (size_t i = 0; i < PG_COUNT(urls); i++) {
        wefti_target target;
        weft_error error;
        if (DRIVER.target_new(urls[i], NULL, &target, &error) != WEFT_ERROR_URL)
            fail_msg("%s was not refused", urls[i]);
        assert_false(mentions(&error, "canary"));
        assert_null(target.config);
    }
}

static void every_allocation_for_a_target_may_fail(void **state)
{
    static const char url[] = "postgresql://u:" CANARY "@a:1,b:2/d?hostaddr=127.0.0.1,127.0.0.2&options=-cx%3D1";
    (void)state;
    for (int forever = 0; forever < 2; forever++) {
        weft_status status = WEFT_ERROR_NO_MEMORY;
        int64_t n = 0;
        for (; status == WEFT_ERROR_NO_MEMORY && n < 1000; n++) {
            wefti_target target;
            weft_error error;
            (void)wefti_memory_fail_after(n, forever != 0);
            status = DRIVER.target_new(url, NULL, &target, &error);
            (void)wefti_memory_fail_after(-1, false);
            assert_false(mentions(&error, "canary"));
            if (status == WEFT_OK)
                DRIVER.target_free(&target);
        }
        assert_int_equal(status, WEFT_OK);
        assert_true(n > 10);
    }
}

static void an_unknown_option_is_named_with_those_allowed(void **state)
{
    wefti_target target;
    weft_error error;
    (void)state;
    assert_int_equal(DRIVER.target_new("postgresql://h/d?sslmode=disable&colour=red", NULL, &target, &error), WEFT_ERROR_URL);
    assert_true(mentions(&error, "\"colour\""));
    assert_true(mentions(&error, "pgbouncer"));
}

/* As libpq reads both, but for passwords and weft's own options; and weft shows what it has shown as it stands. */
static void assert_same_target(const char *url, const char *shown)
{
    static const char *const own[] = {"pgbouncer=1", "prepare=0", "plan_cache_mode=force_custom_plan"};
    const char *texts[2] = {url, shown};
    PQconninfoOption *read[2];
    wefti_target target;
    weft_error error;
    for (int i = 0; i < 2; i++) {
        char text[400];
        (void)snprintf(text, sizeof text, "%s", texts[i]);
        for (size_t k = 0; k < PG_COUNT(own); k++) {
            char *at = strstr(text, own[k]);
            if (at != NULL)
                memcpy(at, "sslcrl=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", strlen(own[k])); /* one that libpq knows */
        }
        read[i] = PQconninfoParse(text, NULL);
        assert_non_null(read[i]);
    }
    for (PQconninfoOption *a = read[0], *b = read[1]; a->keyword != NULL; a++, b++) {
        const char *one = a->val != NULL ? a->val : "", *other = b->val != NULL ? b->val : "";
        bool hidden = strstr(a->keyword, "password") != NULL;
        bool spread = strcmp(a->keyword, "port") == 0 && strchr(other, ',') != NULL; /* one for all hosts */
        if (!hidden && !spread)
            assert_string_equal(one, other);
        assert_int_equal(*one == '\0', *other == '\0');
    }
    PQconninfoFree(read[0]);
    PQconninfoFree(read[1]);
    assert_int_equal(DRIVER.target_new(shown, NULL, &target, &error), WEFT_OK);
    assert_string_equal(target.display, shown);
    DRIVER.target_free(&target);
}

static void good_urls_are_shown_without_their_password(void **state)
{
    static const struct {
        const char *url, *display;
    } urls[] = {
        {"postgresql://u:" CANARY "@h:5433/d?sslmode=disable", "postgresql://u:***@h:5433/d?sslmode=disable"},
        {"postgres://u:" CANARY "%3F%40@a,b:1,c/d?target_session_attrs=read-write",
         "postgresql://u:***@a,b:1,c/d?target_session_attrs=read-write"},
        {"postgresql://u@a,b,c:7/d", "postgresql://u@a,b,c:7/d"},
        {"postgresql://u@a,b/d?port=7", "postgresql://u@a:7,b:7/d"},
        {"postgresql://u@a,b,c/d?port=7,8", "postgresql://u@a,b,c/d?port=7,8"},
        {"postgresql://u@a/d?port=7,8,9", "postgresql://u@a/d?port=7,8,9"},
        {"postgresql://u:" CANARY "@[::1]:5433,[fe80::1%25eth0],10.0.0.1/d",
         "postgresql://u:***@[::1]:5433,[fe80::1%25eth0],10.0.0.1/d"},
        {"postgresql:///d?host=::1", "postgresql://[::1]/d"},
        {"postgresql:///d?host=%2Ftmp&password=" CANARY, "postgresql://%2Ftmp/d?password=***"},
        {"postgresql:///d?host=/tmp/a:b,/run&port=1,2", "postgresql://%2Ftmp%2Fa%3Ab:1,%2Frun:2/d"},
        {"postgresql:///d?port=5433&hostaddr=::1", "postgresql:///d?hostaddr=::1&port=5433"},
        {"postgresql://u:p?" CANARY "@h/d?prepare=0", "postgresql://u:***@h/d?prepare=0"},
        {"postgresql://u:p#[:" CANARY "]&=@h/d", "postgresql://u:***@h/d"},
        {"postgresql://h/d?password=p@" CANARY "&user=me@there", "postgresql://me%40there:***@h/d"},
        {"postgresql://u@h/d?sslpassword=" CANARY, "postgresql://u@h/d?sslpassword=***"},
        {"postgresql://u@h/a%2Fb%20%25?options=-c%20a%3Db", "postgresql://u@h/a%2Fb%20%25?options=-c%20a%3Db"},
        {"postgresql://h/d?pgbouncer=1&plan_cache_mode=force_custom_plan",
         "postgresql://h/d?pgbouncer=1&plan_cache_mode=force_custom_plan"},
        {"postgresql://", "postgresql:///"},
    };
    (void)state;
    for (size_t i = 0; i < PG_COUNT(urls); i++) {
        wefti_target target;
        weft_error error;
        if (DRIVER.target_new(urls[i].url, NULL, &target, &error) != WEFT_OK)
            fail_msg("%s: %s", urls[i].url, error.message);
        assert_string_equal(target.display, urls[i].display);
        assert_null(strstr(target.display, "canary"));
        assert_same_target(urls[i].url, target.display);
        DRIVER.target_free(&target);
    }
}

static weft_status connect_to(scripted_server *server, uint32_t timeout_ms, weft_error *error)
{
    char url[600];
    wefti_target target;
    wefti_dbc *dbc = NULL;
    scripted_server_url(server, "u:" CANARY "@", url, sizeof url);
    assert_int_equal(DRIVER.target_new(url, NULL, &target, error), WEFT_OK);
    weft_status status = DRIVER.open(&target, wefti_deadline_after_ms(timeout_ms), &dbc, error);
    assert_true((status == WEFT_OK) == (dbc != NULL));
    DRIVER.close(dbc);
    DRIVER.target_free(&target);
    scripted_server_stop(server);
    return status;
}

#define ASK_PASSWORD "R\0\0\0\10\0\0\0\3"

/* An ErrorResponse of these fields; size is filled in. */
static size_t error_response(char *to, const char *sqlstate, const char *message)
{
    int size = snprintf(to + 5, 300, "SFATAL%cVFATAL%cC%s%cM%s%c%c", 0, 0, sqlstate, 0, message, 0, 0);
    to[0] = 'E';
    to[1] = to[2] = 0;
    to[3] = (char)((size + 4) >> 8);
    to[4] = (char)(size + 4);
    return (size_t)size + 5;
}

static void a_refused_password_is_an_error_of_its_own_and_stays_hidden(void **state)
{
    scripted_server server = {0};
    weft_error error;
    char refusal[320];
    (void)state;
    scripted_server_answer(&server, PG_BYTES(ASK_PASSWORD));
    size_t size = error_response(refusal, "28P01", "password authentication failed, it was " CANARY " I think");
    scripted_server_answer(&server, refusal, size);
    scripted_server_start(&server);
    assert_int_equal(connect_to(&server, 10000, &error), WEFT_ERROR_AUTH);
    assert_string_equal(error.sqlstate, "28P01");
    assert_true(mentions(&error, "password authentication failed"));
    assert_false(mentions(&error, "canary"));
    assert_false(mentions(&error, "LOCATION"));
}

/* The server repeats what it was sent, which came from a file. */
static void a_password_of_a_file_stays_hidden_too(void **state)
{
    scripted_server server = {0};
    weft_error error;
    char refusal[320], url[1200], path[300];
    wefti_target target;
    wefti_dbc *dbc = NULL;
    (void)state;
    test_path_new(path, sizeof path, "passfile");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fprintf(file, "*:*:*:*:%s\n", CANARY) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
    scripted_server_answer(&server, PG_BYTES(ASK_PASSWORD));
    size_t size = error_response(refusal, "28P01", "password authentication failed, it was " CANARY " I think");
    scripted_server_answer(&server, refusal, size);
    scripted_server_start(&server);
    scripted_server_url(&server, "u@", url, sizeof url);
    size = strlen(url);
    (void)snprintf(url + size, sizeof url - size, "%cpassfile=%s", strchr(url, '?') != NULL ? '&' : '?', path);
    assert_int_equal(DRIVER.target_new(url, NULL, &target, &error), WEFT_OK);
    assert_int_equal(DRIVER.open(&target, wefti_deadline_after_ms(10000), &dbc, &error), WEFT_ERROR_AUTH);
    assert_true(mentions(&error, "it was *** I think"));
    assert_false(mentions(&error, "canary"));
    DRIVER.target_free(&target);
    scripted_server_stop(&server);
}

static void a_server_that_is_starting_or_full_is_worth_another_try(void **state)
{
    static const char *const codes[] = {"57P03", "53300"};
    (void)state;
    for (size_t i = 0; i < PG_COUNT(codes); i++) {
        scripted_server server = {0};
        weft_error error;
        char refusal[320];
        size_t size = error_response(refusal, codes[i], "come back later");
        scripted_server_answer(&server, refusal, size);
        scripted_server_start(&server);
        assert_int_equal(connect_to(&server, 10000, &error), WEFT_ERROR_CONNECT);
        assert_string_equal(error.sqlstate, codes[i]);
    }
}

static void a_server_that_never_answers_costs_no_more_than_the_deadline(void **state)
{
    scripted_server server = {0};
    weft_error error;
    (void)state;
    scripted_server_start(&server);
    int64_t start = wefti_now_ns();
    assert_int_equal(connect_to(&server, 100, &error), WEFT_ERROR_TIMEOUT);
    assert_true(wefti_now_ns() - start < 5000 * (int64_t)WEFTI_NS_PER_MS);
}

static void garbage_from_a_server_is_a_failed_connection(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } garbage[] = {{PG_BYTES("HTTP/1.1 400 Bad Request\r\n\r\n")},
                   {PG_BYTES("R\xff\xff\xff\xff\0\0\0\0")},
                   {PG_BYTES("R\0\0\0\4")},
                   {PG_BYTES("R\0\0\0\10\0\0\0\143")},
                   {PG_BYTES("E\0\0\0\5\0")},
                   {PG_BYTES("Z\0\0\0\5I")}};
    (void)state;
    for (size_t i = 0; i < PG_COUNT(garbage); i++) {
        scripted_server server = {0};
        weft_error error;
        scripted_server_answer(&server, garbage[i].bytes, garbage[i].size);
        scripted_server_start(&server);
        weft_status status = connect_to(&server, 300, &error);
        assert_true(status == WEFT_ERROR_CONNECT || status == WEFT_ERROR_TIMEOUT || status == WEFT_ERROR_AUTH);
        assert_false(mentions(&error, "canary"));
    }
}

static void nobody_listening_is_a_failed_connection(void **state)
{
    wefti_target target;
    wefti_dbc *dbc = NULL;
    weft_error error;
    (void)state;
    assert_int_equal(DRIVER.target_new("postgresql://u:" CANARY "@/d?host=/nonexistent", NULL, &target, &error), WEFT_OK);
    assert_int_equal(DRIVER.open(&target, wefti_deadline_after_ms(10000), &dbc, &error), WEFT_ERROR_CONNECT);
    assert_null(dbc);
    assert_false(mentions(&error, "canary"));
    DRIVER.target_free(&target);
}

static void a_missing_database_or_user_is_the_environments_fault(void **state)
{
    test_database database;
    char url[900];
    wefti_target target;
    wefti_dbc *dbc = NULL;
    weft_error error;
    (void)state;
    test_database_open(&database, TEST_POSTGRES);
    (void)snprintf(url, sizeof url, "%s&dbname=nowhere", database.url);
    assert_int_equal(DRIVER.target_new(url, NULL, &target, &error), WEFT_OK);
    assert_int_equal(DRIVER.open(&target, wefti_deadline_after_ms(10000), &dbc, &error), WEFT_ERROR_AUTH);
    assert_string_equal(error.sqlstate, "3D000");
    DRIVER.target_free(&target);
    test_database_drop(&database);
}

static void the_session_is_set_up_whatever_the_server_says(void **state)
{
    wefti_driver_options options = {.application = "weft-test"};
    pg_fixture f;
    (void)state;
    pg_fixture_open(&f, &options, NULL);
    assert_int_equal(
        pg_integer(&f, "SELECT (current_setting('TimeZone') = 'UTC' AND current_setting('client_encoding') = 'UTF8' AND "
                       "current_setting('DateStyle') LIKE 'ISO%' AND current_setting('application_name') = 'weft-test' AND "
                       "current_schema() LIKE 'test%')::int"),
        1);
    pg_fixture_close(&f);
}

/* Told when the engine opens, and by their names. */
static void settings_that_no_server_can_make_right_are_refused_at_once(void **state)
{
    static const struct {
        const char *url, *named;
    } bad[] = {
        {"postgresql://u@h/d?sslmode=bogus", "sslmode"},
        {"postgresql://u@h/d?target_session_attrs=some", "target_session_attrs"},
        {"postgresql://u@h/d?gssencmode=maybe", "gssencmode"},
        {"postgresql://u@h/d?channel_binding=often", "channel_binding"},
        {"postgresql://u@h/d?ssl_min_protocol_version=TLSv9", "ssl_min_protocol_version"},
        {"postgresql://u@h:99999/d", "port"},
        {"postgresql://u@h:0/d", "port"},
        {"postgresql://u@h:5432,i:70000/d", "port"},
        {"postgresql://u@/d?host=h&port=54x", "port"},
        {"postgresql://u@h/d?connect_timeout=soon", "connect_timeout"},
        {"postgresql://u@h/d?keepalives_idle=1s", "keepalives_idle"},
    };
    (void)state;
    for (size_t i = 0; i < PG_COUNT(bad); i++) {
        wefti_target target = {0};
        weft_error error = {0};
        weft_status status = wefti_postgres_driver.target_new(bad[i].url, NULL, &target, &error);
        if (status != WEFT_ERROR_URL || strstr(error.message, bad[i].named) == NULL)
            fail_msg("%s: %s: %s", bad[i].url, weft_status_name(status), error.message);
    }
    static const char *const good[] = {"postgresql://u@h:65535/d?sslmode=verify-full", "postgresql://u@h:5432,i:1,j/d",
                                       "postgresql://u@/d?host=/tmp,h&port=5433&target_session_attrs=prefer-standby",
                                       "postgresql://u@h/d?connect_timeout=3&keepalives=0"};
    for (size_t i = 0; i < PG_COUNT(good); i++) {
        wefti_target target = {0};
        weft_error error = {0};
        if (wefti_postgres_driver.target_new(good[i], NULL, &target, &error) != WEFT_OK)
            fail_msg("%s: %s", good[i], error.message);
        wefti_postgres_driver.target_free(&target);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_that_no_server_can_make_right_are_refused_at_once),
        cmocka_unit_test(bad_urls_are_refused_without_repeating_the_password),
        cmocka_unit_test(every_allocation_for_a_target_may_fail),
        cmocka_unit_test(an_unknown_option_is_named_with_those_allowed),
        cmocka_unit_test(good_urls_are_shown_without_their_password),
        cmocka_unit_test(a_refused_password_is_an_error_of_its_own_and_stays_hidden),
        cmocka_unit_test(a_password_of_a_file_stays_hidden_too),
        cmocka_unit_test(a_server_that_is_starting_or_full_is_worth_another_try),
        cmocka_unit_test(a_server_that_never_answers_costs_no_more_than_the_deadline),
        cmocka_unit_test(garbage_from_a_server_is_a_failed_connection),
        cmocka_unit_test(nobody_listening_is_a_failed_connection),
        cmocka_unit_test(a_missing_database_or_user_is_the_environments_fault),
        cmocka_unit_test(the_session_is_set_up_whatever_the_server_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
