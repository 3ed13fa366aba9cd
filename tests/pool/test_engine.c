/* What the pool promises, asked through the public API. */
#define _GNU_SOURCE
#include <weft/weft.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void suspended_engine_gives_out_no_connection_until_resumed(void **state)
{
    (void)state;
    weft_engine *engine;
    weft_error error = {0};
    weft_engine_options options = {.pool = {.timeout_ms = 20}};
    assert_int_equal(weft_engine_open(&engine, "sqlite://", &options, &error), WEFT_OK);
    weft_connection *before, *connection;
    assert_int_equal(weft_engine_connect(engine, &before, NULL, &error), WEFT_OK);
    weft_engine_suspend(engine);
    weft_pool_stats stats;
    weft_engine_pool_stats(engine, &stats);
    assert_true(stats.suspended);
    assert_int_equal(weft_engine_connect(engine, &connection, NULL, &error), WEFT_ERROR_POOL_TIMEOUT);
    weft_connection_close(before); /* work under way ends as usual */
    assert_int_equal(weft_engine_connect(engine, &connection, NULL, &error), WEFT_ERROR_POOL_TIMEOUT);
    weft_engine_resume(engine);
    assert_int_equal(weft_engine_connect(engine, &connection, NULL, &error), WEFT_OK);
    weft_connection_close(connection);
    weft_engine_suspend(NULL);
    weft_engine_resume(NULL);
    weft_engine_close(engine);
}

/* The kernel completes the connection; nobody ever answers. */
static int listen_in_silence(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 16), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return listener;
}

static void closing_an_engine_does_not_wait_for_a_login_that_hangs(void **state)
{
    (void)state;
    uint16_t port;
    int listener = listen_in_silence(&port);
    char url[128];
    snprintf(url, sizeof url, "postgresql://u@127.0.0.1:%u/d?sslmode=disable&gssencmode=disable", port);
    weft_engine *engine;
    weft_error error = {0};
    weft_engine_options options = {.pool = {.timeout_ms = 50, .connect_timeout_ms = 600000}};
    assert_int_equal(weft_engine_open(&engine, url, &options, &error), WEFT_OK);
    weft_connection *connection;
    assert_int_equal(weft_engine_connect(engine, &connection, NULL, &error), WEFT_ERROR_POOL_TIMEOUT);
    weft_pool_stats stats;
    weft_engine_pool_stats(engine, &stats);
    assert_int_equal(stats.connecting, 1);
    assert_int_equal(weft_engine_close_within(engine, 60000, &error), WEFT_OK); /* the login would take ten times as long */
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suspended_engine_gives_out_no_connection_until_resumed),
        cmocka_unit_test(closing_an_engine_does_not_wait_for_a_login_that_hangs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
