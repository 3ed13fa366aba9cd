/* Several hosts in a URL, hosts that are silent, and servers that do not know a setting. */
#define _GNU_SOURCE
#include "postgres_support.h"
#include "proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DRIVER wefti_postgres_driver
#define MS ((int64_t)WEFTI_NS_PER_MS)

/* A silent host and the test server, under names that fit into lists. */
typedef struct hosts {
    test_database database;
    char silent[300], real[300], port[32];
    int listener;
} hosts;

static int start_hosts(void **state)
{
    static hosts h;
    test_database_open(&h.database, TEST_POSTGRES);
    h.listener = silent_server_start(h.silent, sizeof h.silent);
    test_server_address(h.real, sizeof h.real, h.port, sizeof h.port);
    *state = &h;
    return 0;
}

static int stop_hosts(void **state)
{
    hosts *h = *state;
    (void)close(h->listener);
    test_database_drop(&h->database);
    return 0;
}

/* Logs in with these hosts; how long it took. */
static weft_status log_in(const hosts *h, const char *list, const char *more, wefti_deadline deadline, int64_t *took_ms,
                          weft_error *error)
{
    char url[2048];
    wefti_target target;
    wefti_dbc *dbc = NULL;
    (void)snprintf(url, sizeof url, "%s&%s%s", h->database.url, list, more);
    if (DRIVER.target_new(url, NULL, &target, error) != WEFT_OK)
        fail_msg("%s: %s", url, error->message);
    int64_t start = wefti_now_ns();
    weft_status status = DRIVER.open(&target, deadline, &dbc, error);
    *took_ms = (wefti_now_ns() - start) / MS;
    assert_true((status == WEFT_OK) == (dbc != NULL));
    if (dbc != NULL)
        assert_true(pg_backend(dbc) > 0);
    DRIVER.close(dbc);
    DRIVER.target_free(&target);
    return status;
}

static void list_of(const hosts *h, const char *first, const char *second, char *list, size_t size)
{
    const char *ports[2] = {strcmp(first, h->real) == 0 ? h->port : "5432", strcmp(second, h->real) == 0 ? h->port : "5432"};
    (void)snprintf(list, size, "host=%s,%s&port=%s,%s", first, second, ports[0], ports[1]);
}

static void a_silent_first_host_leaves_time_for_the_next(void **state)
{
    const hosts *h = *state;
    static const char *const wanted[] = {"", "&target_session_attrs=read-write", "&target_session_attrs=primary"};
    char list[800];
    list_of(h, h->silent, h->real, list, sizeof list);
    for (size_t i = 0; i < PG_COUNT(wanted); i++) {
        weft_error error;
        int64_t took;
        weft_status status = log_in(h, list, wanted[i], wefti_deadline_after_ms(3000), &took, &error);
        if (status != WEFT_OK)
            fail_msg("%s: %s", wanted[i], error.message);
        assert_in_range(took, 1400, 2999); /* half of it, then a login */
    }
}

static void connect_timeout_of_the_url_holds_for_each_host(void **state)
{
    const hosts *h = *state;
    char list[800];
    weft_error error;
    int64_t took;
    list_of(h, h->silent, h->real, list, sizeof list);
    assert_int_equal(log_in(h, list, "&connect_timeout=1", WEFTI_NO_DEADLINE, &took, &error), WEFT_OK);
    assert_true(took >= 1900); /* libpq's shortest is two seconds */
    (void)snprintf(list, sizeof list, "host=%s&port=5432", h->silent);
    assert_int_equal(log_in(h, list, "&connect_timeout=2", WEFTI_NO_DEADLINE, &took, &error), WEFT_ERROR_TIMEOUT);
    assert_non_null(strstr(error.message, h->silent));
}

static void hosts_that_refuse_cost_no_time_and_all_are_named(void **state)
{
    const hosts *h = *state;
    char list[800];
    weft_error error;
    int64_t took;
    list_of(h, "/nonexistent-a", h->real, list, sizeof list);
    assert_int_equal(log_in(h, list, "", wefti_deadline_after_ms(60000), &took, &error), WEFT_OK);
    assert_true(took < 20000);
    list_of(h, "/nonexistent-a", "/nonexistent-b", list, sizeof list);
    assert_int_equal(log_in(h, list, "", wefti_deadline_after_ms(60000), &took, &error), WEFT_ERROR_CONNECT);
    assert_non_null(strstr(error.message, "/nonexistent-a"));
    assert_non_null(strstr(error.message, "/nonexistent-b"));
    list_of(h, "/nonexistent-a", h->silent, list, sizeof list);
    assert_int_equal(log_in(h, list, "", wefti_deadline_after_ms(500), &took, &error), WEFT_ERROR_TIMEOUT);
    assert_non_null(strstr(error.message, "/nonexistent-a"));
    assert_non_null(strstr(error.message, h->silent));
}

static void the_kind_of_server_is_asked_of_every_host(void **state)
{
    const hosts *h = *state;
    char list[800];
    weft_error error;
    int64_t took;
    list_of(h, h->real, h->real, list, sizeof list);
    assert_int_equal(log_in(h, list, "&target_session_attrs=standby", wefti_deadline_after_ms(60000), &took, &error),
                     WEFT_ERROR_CONNECT);
    assert_non_null(strstr(error.message, "standby"));
    assert_int_equal(log_in(h, list, "&target_session_attrs=prefer-standby", wefti_deadline_after_ms(60000), &took, &error),
                     WEFT_OK);
    list_of(h, h->silent, h->real, list, sizeof list); /* a quarter for its first round, half of the rest for its second */
    assert_int_equal(log_in(h, list, "&target_session_attrs=prefer-standby", wefti_deadline_after_ms(4000), &took, &error),
                     WEFT_OK);
    assert_in_range(took, 2000, 3999);
}

static void lists_that_do_not_fit_together_are_refused_as_libpq_does(void **state)
{
    const hosts *h = *state;
    weft_error error;
    int64_t took;
    assert_int_equal(log_in(h, "host=/a,/b&port=1,2,3", "", wefti_deadline_after_ms(5000), &took, &error), WEFT_ERROR_CONNECT);
    assert_non_null(strstr(error.message, "could not match 3 port numbers to 2 hosts"));
    assert_int_equal(log_in(h, "hostaddr=127.0.0.1&host=a,b", "", wefti_deadline_after_ms(5000), &took, &error),
                     WEFT_ERROR_CONNECT);
    assert_non_null(strstr(error.message, "could not match 2 host names to 1 hostaddr"));
}

/* 28P01 from the first host: the second one has the same users. */
static void a_refused_login_is_not_tried_on_the_next_host(void **state)
{
    const hosts *h = *state;
    static const char refusal[] = "E\0\0\0\43SFATAL\0VFATAL\0C28P01\0Mno such\0\0";
    scripted_server server = {0};
    char list[800];
    weft_error error;
    int64_t took;
    scripted_server_answer(&server, PG_BYTES(refusal));
    scripted_server_start(&server);
    list_of(h, server.folder, h->real, list, sizeof list);
    weft_status status = log_in(h, list, "&gssencmode=disable", wefti_deadline_after_ms(10000), &took, &error);
    scripted_server_stop(&server);
    assert_int_equal(status, WEFT_ERROR_AUTH);
    assert_string_equal(error.sqlstate, "28P01");
}

typedef struct seen {
    int settings;
} seen;

static void see(void *context, const weft_log_record *record)
{
    seen *s = context;
    s->settings += strstr(record->message, "client_connection_check_interval") != NULL;
}

static void a_server_that_does_not_know_a_setting_is_asked_without_it(void **state)
{
    const hosts *h = *state;
    seen s = {0};
    wefti_log log = {.callback = see, .context = &s, .level = WEFT_LOG_WARNING};
    wefti_driver_options options = {.log = &log};
    proxy p;
    wefti_target target;
    weft_error error;
    char more[400], url[2048];
    proxy_start(&p, "client_connection_check_interval");
    proxy_url(&p, more, sizeof more);
    (void)snprintf(url, sizeof url, "%s%s", h->database.url, more);
    assert_int_equal(DRIVER.target_new(url, &options, &target, &error), WEFT_OK);
    for (int i = 0; i < 2; i++) {
        wefti_dbc *dbc = NULL;
        if (DRIVER.open(&target, wefti_deadline_after_ms(20000), &dbc, &error) != WEFT_OK)
            fail_msg("%s", error.message);
        assert_true(pg_backend(dbc) > 0);
        DRIVER.close(dbc);
    }
    DRIVER.target_free(&target);
    proxy_stop(&p);
    assert_int_equal(atomic_load(&p.refusals), 1); /* the second login knows */
    assert_int_equal(atomic_load(&p.logins), 3);
    assert_int_equal(s.settings, 1);
}

static void an_unknown_setting_of_the_url_is_named(void **state)
{
    const hosts *h = *state;
    weft_error error;
    wefti_target target;
    wefti_dbc *dbc = NULL;
    char url[2048];
    (void)snprintf(url, sizeof url, "%s&options=-cno_such_setting%%3D1", h->database.url);
    assert_int_equal(DRIVER.target_new(url, NULL, &target, &error), WEFT_OK);
    assert_int_equal(DRIVER.open(&target, wefti_deadline_after_ms(20000), &dbc, &error), WEFT_ERROR_CONNECT);
    assert_string_equal(error.sqlstate, "42704");
    assert_non_null(strstr(error.message, "no_such_setting"));
    DRIVER.target_free(&target);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start_hosts, stop_hosts)
    const struct CMUnitTest tests[] = {
        TEST(a_silent_first_host_leaves_time_for_the_next),
        TEST(connect_timeout_of_the_url_holds_for_each_host),
        TEST(hosts_that_refuse_cost_no_time_and_all_are_named),
        TEST(the_kind_of_server_is_asked_of_every_host),
        TEST(lists_that_do_not_fit_together_are_refused_as_libpq_does),
        TEST(a_refused_login_is_not_tried_on_the_next_host),
        TEST(a_server_that_does_not_know_a_setting_is_asked_without_it),
        TEST(an_unknown_setting_of_the_url_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
