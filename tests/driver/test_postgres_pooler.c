/* A real PgBouncer in transaction mode with three connections to the server, and more of weft's connections than that: each
 * transaction, and each statement outside of one, may run on another of them. */
#define _GNU_SOURCE
#include "postgres_support.h"
#include "server.h"

#include <weft/weft.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

WEFT_DECLARE(Room);
WEFT_DECLARE(Booking);
struct Room {
    int64_t id;
    const char *name;
    int32_t taken;
    Booking_list bookings;
};
struct Booking {
    int64_t id;
    int64_t room_id;
    weft_timestamp at;
    weft_date day;
    weft_bytes code;
    const Room *room;
};
WEFT_MODEL(Room, "room", WEFT_COLUMN(Room, id, .primary_key = true), WEFT_COLUMN(Room, name), WEFT_COLUMN(Room, taken),
           WEFT_HAS_MANY(Room, bookings, Booking, .foreign_key = "room_id", .back_populates = "room"));
WEFT_MODEL(Booking, "booking", WEFT_COLUMN(Booking, id, .primary_key = true), WEFT_COLUMN(Booking, room_id),
           WEFT_COLUMN(Booking, at), WEFT_COLUMN(Booking, day), WEFT_COLUMN(Booking, code),
           WEFT_BELONGS_TO(Booking, room, Room, .foreign_key = "room_id", .back_populates = "bookings"));
WEFT_METADATA(models, &Room_model, &Booking_model);

enum { THREADS = 4, ROUNDS = 8 };

static pg_server server;
static weft_error error;

#define MUST(call) must((call), __LINE__)
static void must(weft_status status, int line)
{
    if (status != WEFT_OK)
        fail_msg("line %d: %s: %s (%s)", line, weft_status_name(status), error.message, error.hint);
}

/* The role's own settings are all others than those that weft needs. */
static int start(void **state)
{
    (void)state;
    pg_server_start(&server, NULL, false);
    pg_server_shell(&server, "pg_bouncer");
    test_database_exec(&server.database, "CREATE ROLE plain LOGIN; GRANT ALL ON SCHEMA public TO plain; "
                                         "ALTER ROLE plain SET datestyle = 'SQL, DMY'; ALTER ROLE plain SET timezone = 'Japan'; "
                                         "ALTER ROLE plain SET bytea_output = 'escape'; "
                                         "ALTER ROLE plain SET intervalstyle = 'iso_8601'");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    pg_server_stop(&server);
    return 0;
}

static weft_engine *open_pooled(const char *more)
{
    char url[600];
    weft_engine *engine = NULL;
    weft_engine_options options = {.metadata = &models, .pool = {.size = 6, .timeout_ms = 60000, .fail_fast = true}};
    (void)snprintf(url, sizeof url, "postgresql://plain@/weft_test?host=%s&port=6432%s", server.folder, more);
    MUST(weft_engine_open(&engine, url, &options, &error));
    return engine;
}

/* The worker's findings; the main thread looks at them. */
typedef struct worker {
    weft_engine *engine;
    int number;
    pthread_t thread;
    char trouble[600];
} worker;

static void complain(worker *w, const char *what, const weft_error *why)
{
    if (w->trouble[0] == '\0')
        (void)snprintf(w->trouble, sizeof w->trouble, "thread %d: %s: %s: %s", w->number, what, weft_status_name(why->status),
                       why->message);
}

typedef struct booking_of {
    int number, round;
} booking_of;

static weft_timestamp moment(const booking_of *b) { return (weft_timestamp){1700000000000000 + b->number * 1000000 + b->round}; }

static weft_status book(weft_session *s, void *context)
{
    const booking_of *b = context;
    const Room *room = weft_get(s, Room, 1);
    if (room == NULL)
        return weft_session_status(s) != WEFT_OK ? weft_session_status(s) : WEFT_ERROR_NOT_FOUND;
    weft_edit(s, Room, room)->taken++;
    for (int i = 0; i < 3; i++)
        weft_new(s, Booking, .room_id = 1, .at = moment(b), .day = {b->number * 1000 + b->round},
                 .code = {(const uint8_t *)"\xff\\x\1", 4});
    return WEFT_OK;
}

#define SETTINGS \
    "SELECT current_setting('timezone') || current_setting('datestyle') || current_setting('intervalstyle') || " \
    "current_setting('bytea_output')"
#define WANTED "UTCISO, MDYpostgreshex"

/* As the server sees it, wherever the statement runs. */
static bool settings_hold(weft_connection *connection, char *seen, size_t size)
{
    weft_error why;
    weft_result *result = NULL;
    if (weft_connection_query(connection, SETTINGS, NULL, &result, &why) != WEFT_OK || !weft_result_next(result, &why)) {
        (void)snprintf(seen, size, "%s", why.message);
        weft_result_close(result);
        return false;
    }
    (void)snprintf(seen, size, "%s", weft_result_text(result, 0));
    weft_result_close(result);
    return strncmp(seen, "UTCISO, ", 8) == 0 && strstr(seen, "postgreshex") != NULL;
}

static void look_at_settings(worker *w, bool autocommit)
{
    weft_error why = {0};
    weft_connection *connection = NULL;
    char seen[200];
    if (weft_engine_connect(w->engine, &connection, &(weft_connection_options){.autocommit = autocommit}, &why) != WEFT_OK) {
        complain(w, "connect", &why);
        return;
    }
    bool good = settings_hold(connection, seen, sizeof seen);
    if (good && !autocommit) /* made within the savepoint they would end with it */
        good = weft_connection_commit(connection, &why) == WEFT_OK && weft_connection_savepoint(connection, &why) == WEFT_OK &&
               settings_hold(connection, seen, sizeof seen) && weft_connection_rollback_to(connection, &why) == WEFT_OK &&
               settings_hold(connection, seen, sizeof seen);
    if (!good) {
        (void)snprintf(why.message, sizeof why.message, "\"%s\"", seen);
        complain(w, autocommit ? "settings of a statement" : "settings of a transaction", &why);
    }
    weft_connection_close(connection);
}

static void *work(void *context)
{
    worker *w = context;
    for (int round = 0; round < ROUNDS && w->trouble[0] == '\0'; round++) {
        booking_of b = {w->number, round};
        weft_session *s = weft_session_open(w->engine, NULL);
        if (weft_transact(s, book, &b, NULL) != WEFT_OK)
            complain(w, "transact", weft_session_error(s));
        Booking_list mine = weft_query(s, Booking, .where = weft_eq(Booking, at, moment(&b)));
        if (mine.count != 3 || mine.items[0]->day.days != w->number * 1000 + round || mine.items[0]->code.size != 4 ||
            memcmp(mine.items[0]->code.data, "\xff\\x\1", 4) != 0)
            complain(w, "what was booked is not found as it was", weft_session_error(s));
        weft_session_close(s);
        look_at_settings(w, round % 2 == 0);
    }
    return NULL;
}

static void four_threads_book_load_and_retry(void **state)
{
    (void)state;
    worker workers[THREADS];
    weft_engine *engine = open_pooled("&pgbouncer=1");
    MUST(weft_engine_ping(engine, &error));
    MUST(weft_create_all(engine, &error));
    weft_session *s = weft_session_open(engine, NULL);
    (void)weft_new(s, Room, .id = 1, .name = "blue");
    assert_int_equal(weft_session_commit(s), WEFT_OK);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){.engine = engine, .number = i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        if (workers[i].trouble[0] != '\0')
            fail_msg("%s", workers[i].trouble);
    Room_list rooms = weft_query(s, Room, .where = weft_eq(Room, name, "blue"), .load = weft_load(weft_selectin(Room, bookings)));
    assert_int_equal(rooms.count, 1);
    assert_int_equal(rooms.items[0]->taken, THREADS * ROUNDS);
    assert_int_equal(rooms.items[0]->bookings.count, 3 * THREADS * ROUNDS);
    weft_session_close(s);
    weft_engine_close(engine);
    assert_true(
        test_database_integer(&server.database, "SELECT count(DISTINCT pid) FROM pg_stat_activity WHERE usename = 'plain'") <= 3);
}

/* COPY, a batch by arrays and rows one by one, each with the settings of the role's against it. */
static void rows_in_bulk_arrive_as_they_are(void **state)
{
    (void)state;
    static Booking rows[700];
    weft_engine *engine = open_pooled("&pgbouncer=1");
    weft_connection *connection = NULL;
    MUST(weft_drop_all(engine, &error));
    MUST(weft_create_all(engine, &error));
    test_database_exec(&server.database, "INSERT INTO public.room (id, name, taken) VALUES (1, 'red', 0)");
    MUST(weft_engine_connect(engine, &connection, NULL, &error));
    for (int count = 1; count <= 700; count = count < 70 ? count + 69 : count * 10) {
        for (int i = 0; i < count; i++)
            rows[i] =
                (Booking){.room_id = 1, .at = moment(&(booking_of){count, i}), .day = {i}, .code = {(const uint8_t *)"\\", 1}};
        MUST(weft_insert_many(connection, Booking, rows, (size_t)count, NULL, &error));
        MUST(weft_connection_commit(connection, &error));
    }
    weft_connection_close(connection);
    assert_int_equal(test_database_integer(&server.database,
                                           "SELECT count(*) FROM public.booking WHERE code = '\\x5c' AND "
                                           "(extract(epoch FROM at) * 1000000)::int8 - 1700000000000000 - (day - '1970-01-01') "
                                           "IN (1000000, 70000000, 700000000)"),
                     771);
    weft_engine_close(engine);
}

static void a_command_that_no_transaction_may_hold_runs_all_the_same(void **state)
{
    (void)state;
    weft_engine *engine = open_pooled("&pgbouncer=1");
    weft_connection *connection = NULL;
    MUST(weft_engine_connect(engine, &connection, &(weft_connection_options){.autocommit = true}, &error));
    MUST(weft_execute_text(connection, "CREATE TABLE heap (id int8)", NULL, &error));
    MUST(weft_execute_text(connection, "VACUUM heap", NULL, &error));
    MUST(weft_execute_text(connection, "DROP TABLE heap", NULL, &error));
    weft_connection_close(connection);
    weft_engine_close(engine);
}

/* PgBouncer refuses "options" and knows no prepared statements: told at once, with what to do about it. */
static void a_pooler_that_was_not_announced_is_told_with_the_hint(void **state)
{
    (void)state;
    weft_engine *engine = open_pooled("");
    assert_int_equal(weft_engine_ping(engine, &error), WEFT_ERROR_UNSUPPORTED);
    assert_string_equal(error.sqlstate, "08P01");
    assert_non_null(strstr(error.hint, "pgbouncer=1"));
    weft_engine_close(engine);
}

/* WEFT_NONE prepared statements: what engine.h says of poolers in transaction mode. */
static void without_names_of_statements_no_announcement_is_needed(void **state)
{
    (void)state;
    weft_engine *engine = open_pooled("&prepare=0");
    weft_connection *connection = NULL;
    char seen[200];
    for (int i = 0; i < 8; i++) {
        MUST(weft_engine_connect(engine, &connection, &(weft_connection_options){.autocommit = i % 2 == 0}, &error));
        if (!settings_hold(connection, seen, sizeof seen))
            fail_msg("the settings are \"%s\", not \"%s\"", seen, WANTED);
        weft_connection_close(connection);
    }
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_threads_book_load_and_retry),
        cmocka_unit_test(rows_in_bulk_arrive_as_they_are),
        cmocka_unit_test(a_command_that_no_transaction_may_hold_runs_all_the_same),
        cmocka_unit_test(a_pooler_that_was_not_announced_is_told_with_the_hint),
        cmocka_unit_test(without_names_of_statements_no_announcement_is_needed),
    };
    return cmocka_run_group_tests_name("pooler", tests, start, stop);
}
