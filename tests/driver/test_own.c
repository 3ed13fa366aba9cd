/* Drivers that are registered at run time: what registering refuses, a whole program on a database that weft has no driver for, and
 * drivers that fail or lie, at which nothing crashes and of which errors tell. */
#define _POSIX_C_SOURCE 200809L
#include "support/fixture.h"
#include "support/memory_driver.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

WEFT_DECLARE(Shelf);
WEFT_DECLARE(Volume);

struct Shelf {
    int64_t id;
    const char *name;
    Volume_list volumes;
};

struct Volume {
    int64_t id;
    const char *title;
    weft_opt_int32 pages;
    weft_decimal price;
    weft_timestamp bought;
    bool lent;
    weft_uuid mark;
    int64_t shelf_id;
    const Shelf *shelf;
};

WEFT_MODEL(Shelf, "shelf", WEFT_COLUMN(Shelf, id, .primary_key = true), WEFT_COLUMN(Shelf, name, .unique = true),
           WEFT_HAS_MANY(Shelf, volumes, Volume, .foreign_key = "shelf_id", .back_populates = "shelf",
                         .cascade = WEFT_CASCADE_ALL));
WEFT_MODEL(Volume, "volume", WEFT_COLUMN(Volume, id, .primary_key = true), WEFT_COLUMN(Volume, title), WEFT_COLUMN(Volume, pages),
           WEFT_COLUMN(Volume, price, .precision = 8, .scale = 2), WEFT_COLUMN(Volume, bought), WEFT_COLUMN(Volume, lent),
           WEFT_COLUMN(Volume, mark), WEFT_COLUMN(Volume, shelf_id),
           WEFT_BELONGS_TO(Volume, shelf, Shelf, .foreign_key = "shelf_id", .back_populates = "volumes"));
WEFT_METADATA(library, &Shelf_model, &Volume_model);

static int open_memory(void **state) { return fixture_open(state, TEST_MEMORY, &library, NULL); }
static int open_least(void **state) { return fixture_open(state, TEST_LEAST, &library, NULL); }

/* ---- registering ---- */

static weft_driver named(const char *name, const char *const *schemes)
{
    weft_driver driver = memory_driver;
    driver.name = name;
    driver.schemes = schemes;
    return driver;
}

static void refused(weft_driver driver, weft_status wanted, const char *part)
{
    weft_error error = {0};
    if (weft_driver_register(&driver, &error) != wanted || error.status != wanted || strstr(error.message, part) == NULL)
        fail_msg("%s: %s, not %s with \"%s\"", weft_status_identifier(error.status), error.message, weft_status_identifier(wanted),
                 part);
}

static void what_is_no_driver_is_refused_with_its_reason(void **state)
{
    static const char *const taken[] = {"fresh", "sqlite", NULL}, *const taken_by_own[] = {"memory", NULL};
    static const char *const misspelt[] = {"Fresh", NULL}, *const none[] = {NULL};
    (void)state;
    memory_driver_register();
    weft_driver driver = named("fresh", NULL);
    driver.size = 0;
    refused(driver, WEFT_ERROR_MISUSE, "sizeof(weft_driver)");
    driver = named("fresh", NULL);
    driver.step = NULL;
    refused(driver, WEFT_ERROR_MISUSE, "no function .step");
    driver = named("fresh", NULL);
    driver.dialect = "cobol";
    refused(driver, WEFT_ERROR_MISUSE, "cobol");
    driver.dialect = NULL;
    refused(driver, WEFT_ERROR_MISUSE, "postgresql");
    driver = named("fresh", NULL);
    driver.unprepare = NULL;
    refused(driver, WEFT_ERROR_MISUSE, ".unprepare");
    driver = named("fresh", NULL);
    driver.begin = (weft_status(*)(void *, const weft_driver_begin *, int64_t, weft_error *))(uintptr_t)1;
    refused(driver, WEFT_ERROR_MISUSE, ".rollback");
    refused(named(NULL, NULL), WEFT_ERROR_MISUSE, "(NULL)");
    refused(named("two words", NULL), WEFT_ERROR_MISUSE, "two words");
    refused(named("Fresh", NULL), WEFT_ERROR_MISUSE, "cannot be one");
    refused(named("fresh", none), WEFT_ERROR_MISUSE, "none in it");
    refused(named("fresh", misspelt), WEFT_ERROR_MISUSE, "Fresh");
    refused(named("fresh", taken), WEFT_ERROR_MISUSE, "\"sqlite\"");
    refused(named("fresh", taken_by_own), WEFT_ERROR_MISUSE, "\"memory\"");
    refused(named("postgresql", none), WEFT_ERROR_MISUSE, "none in it");
    refused(named("sqlite", NULL), WEFT_ERROR_MISUSE, "registered already");
    refused(memory_driver, WEFT_ERROR_MISUSE, "registered already");
    assert_int_equal(weft_driver_register(NULL, NULL), WEFT_ERROR_MISUSE);
    struct {
        weft_driver driver;
        void *later;
    } newer = {named("fresh", NULL), NULL};
    newer.driver.size = sizeof newer;
    newer.later = &newer;
    weft_error error;
    assert_int_equal(weft_driver_register(&newer.driver, &error), WEFT_ERROR_UNSUPPORTED);
    newer.later = NULL; /* what it does not use does no harm */
    newer.driver.name = "newer";
    assert_int_equal(weft_driver_register(&newer.driver, &error), WEFT_OK);
}

static void an_unknown_scheme_is_told_with_those_that_are_known(void **state)
{
    weft_engine *engine;
    weft_error error = {0};
    (void)state;
    memory_driver_register();
    assert_int_equal(weft_engine_open(&engine, "memori://x", NULL, &error), WEFT_ERROR_URL);
    assert_non_null(strstr(error.message, "sqlite, sqlite3, postgresql, postgres"));
    assert_non_null(strstr(error.message, "memory, memory+file"));
    assert_int_equal(weft_engine_open(&engine, "memory://", NULL, &error), WEFT_ERROR_URL); /* the driver says so */
    assert_non_null(strstr(error.message, "memory://name"));
}

static void *register_one(void *won)
{
    static const char *const schemes[] = {"raced", NULL};
    const weft_driver driver = named("raced", schemes);
    weft_error error;
    if (weft_driver_register(&driver, &error) == WEFT_OK)
        atomic_fetch_add((_Atomic(int) *)won, 1);
    return NULL;
}

static void of_threads_that_register_one_name_one_wins(void **state)
{
    pthread_t threads[8];
    static _Atomic(int) won;
    (void)state;
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, register_one, &won), 0);
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&won), 1);
}

static void passwords_of_urls_are_hidden(void **state)
{
    static const struct {
        const char *url, *shown;
    } cases[] = {
        {"memory://ann:canary@host/name", "memory://ann:***@host/name"},
        {"memory://ann@host/name", "memory://ann@host/name"},
        {"memory://host:5432/name?user=ann&password=canary&x=1", "memory://host:5432/name?user=ann&password=***&x=1"},
        {"memory://ann:can@ary@host", "memory://ann:***@host"},
        {"memory://name?api_key=canary", "memory://name?api_key=***"},
    };
    (void)state;
    memory_driver_register();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weft_engine *engine;
        assert_int_equal(weft_engine_open(&engine, cases[i].url, NULL, NULL), WEFT_OK);
        assert_string_equal(weft_engine_url(engine), cases[i].shown);
        assert_string_equal(weft_engine_driver(engine), "memory");
        weft_engine_close(engine);
    }
}

/* ---- a whole program ---- */

static void objects_are_kept_found_changed_and_deleted(void **state)
{
    fixture *f = *state;
    const weft_uuid mark = {{1, 2, 3}};
    Shelf *shelf = weft_new(f->s, Shelf, .name = "north");
    for (int i = 0; i < 40; i++)
        weft_new(f->s, Volume, .title = i % 2 == 0 ? "even" : "odd", .pages = {i % 2 == 0, i}, .price = {"12.5"},
                 .bought = {INT64_C(1700000000000000) + i}, .lent = i % 3 == 0, .mark = mark, .shelf = shelf);
    commit_ok(f->s);
    assert_rows(f,
                "SELECT count(*), sum(pages), min(price), min(bought), sum(lent), min(mark), count(DISTINCT shelf_id) FROM volume",
                "40|380|12.50|2023-11-14 22:13:20.000000|14|01020300-0000-0000-0000-000000000000|1");
    weft_session_clear(f->s);
    Volume_list found = weft_query(f->s, Volume, .where = weft_and(weft_is_null(Volume, pages), weft_eq(Volume, lent, true)),
                                   .order_by = weft_order(weft_asc(Volume, bought)), .load = weft_load(weft_joined(Volume, shelf)));
    assert_ok(f->s);
    assert_int_equal(found.count, 7);
    assert_string_equal(found.items[0]->shelf->name, "north");
    assert_true(found.items[0]->bought.usec == INT64_C(1700000000000003));
    assert_string_equal(found.items[0]->price.text, "12.50");
    assert_memory_equal(&found.items[0]->mark, &mark, sizeof mark);
    weft_edit(f->s, Volume, found.items[0])->title = "edited";
    commit_ok(f->s);
    assert_rows(f, "SELECT count(*) FROM volume WHERE title = 'edited'", "1");
    const Shelf *north = weft_first(f->s, Shelf, .where = weft_eq(Shelf, name, "north"));
    assert_int_equal(weft_lazy(f->s, Shelf, north, volumes).count, 40);
    weft_delete(f->s, Shelf, north);
    commit_ok(f->s);
    assert_rows(f, "SELECT (SELECT count(*) FROM volume) + (SELECT count(*) FROM shelf)", "0");
}

static void what_the_database_refuses_is_named(void **state)
{
    fixture *f = *state;
    weft_new(f->s, Shelf, .name = "north");
    commit_ok(f->s);
    weft_new(f->s, Shelf, .name = "north");
    assert_call(f->s, weft_session_flush(f->s), WEFT_ERROR_UNIQUE);
    assert_string_equal(weft_session_error(f->s)->table, "shelf");
    assert_string_equal(weft_session_error(f->s)->column, "name");
    assert_null(strstr(weft_session_error(f->s)->message, "north"));
    rollback_ok(f->s);
    weft_new(f->s, Volume, .title = "lost", .price = {"1"}, .shelf_id = 77);
    weft_status status = weft_session_commit(f->s);
    assert_error(status, WEFT_ERROR_FOREIGN_KEY, weft_session_error(f->s));
    rollback_ok(f->s);
    assert_rows(f, "SELECT count(*) FROM volume", "0");
    assert_rows(f, "SELECT count(*) FROM shelf", "1");
}

static void savepoints_and_rollbacks_undo_their_part(void **state)
{
    fixture *f = *state;
    weft_new(f->s, Shelf, .name = "kept");
    flush_ok(f->s);
    assert_call(f->s, weft_session_savepoint(f->s), WEFT_OK);
    weft_new(f->s, Shelf, .name = "undone");
    flush_ok(f->s);
    weft_new(f->s, Shelf, .name = "kept");
    assert_call(f->s, weft_session_flush(f->s), WEFT_ERROR_UNIQUE);
    assert_call(f->s, weft_session_savepoint_rollback(f->s), WEFT_OK);
    weft_new(f->s, Shelf, .name = "after");
    commit_ok(f->s);
    assert_rows(f, "SELECT group_concat(name) FROM (SELECT name FROM shelf ORDER BY id)", "kept,after");
    weft_new(f->s, Shelf, .name = "gone");
    flush_ok(f->s);
    rollback_ok(f->s);
    assert_rows(f, "SELECT count(*) FROM shelf", "2");
}

/* ---- threads ---- */

enum { THREADS = 6, ROUNDS = 25 };

typedef struct worker {
    weft_scoped *registry;
    int number, failed;
} worker;

static weft_status put_one(weft_session *s, void *context)
{
    (void)context;
    const Shelf *shelf = weft_first(s, Shelf, .where = weft_eq(Shelf, name, "shared"));
    weft_new(s, Volume, .title = "by a thread", .price = {"3"}, .shelf = shelf);
    return weft_session_status(s);
}

static void *work(void *context)
{
    worker *w = context;
    for (int i = 0; i < ROUNDS; i++) {
        weft_session *s = weft_scoped_session(w->registry);
        w->failed += weft_transact(s, put_one, NULL, &(weft_transact_options){.timeout_ms = 60000}) != WEFT_OK;
        weft_scoped_remove(w->registry);
    }
    return NULL;
}

static void threads_share_the_engine_and_its_pool(void **state)
{
    fixture *f = *state;
    pthread_t threads[THREADS];
    worker workers[THREADS];
    weft_scoped *registry;
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.pool = {.size = 3}});
    weft_new(f->s, Shelf, .name = "shared");
    commit_ok(f->s);
    assert_int_equal(weft_scoped_open(&registry, engine, NULL, NULL), WEFT_OK);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){.registry = registry, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(workers[i].failed, 0);
    }
    weft_scoped_close(registry);
    weft_engine_close(engine);
    assert_rows(f, "SELECT count(*), count(DISTINCT id) FROM volume", "150|150");
}

/* ---- drivers that fail or lie ---- */

typedef enum fault {
    NO_FAULT,
    OPEN_FAILS,
    OPEN_GIVES_NOTHING,
    NO_SUCH_STATUS,
    SILENT, /* an error without a message */
    LOST,   /* at execute */
    LOST_AT_COMMIT,
    BUSY_AT_COMMIT,
    STEP_FAILS,
    TOO_FEW_COLUMNS,
    TOO_MANY_COLUMNS,
    NO_VALUE,
    NO_TYPE,
    NO_DATA,
    NO_END,
    NO_UTF8,
    TEXT_FOR_INTEGER,
    LARGE_INTEGER,
    WRONG_TIME,
    OTHER_SPELLING
} fault;

static _Atomic(int) fault_now;
static char open_ended[] = {'e', 'n', 'd'};

static bool is(fault f) { return atomic_load(&fault_now) == (int)f; }

static weft_status faulty_open(const weft_driver_target *target, int64_t deadline, void **connection, weft_error *error)
{
    if (is(OPEN_FAILS))
        return weft_driver_error(error, WEFT_ERROR_CONNECT, "the house is %s", "closed");
    if (is(OPEN_GIVES_NOTHING))
        return WEFT_OK;
    return memory_driver.open(target, deadline, connection, error);
}

static weft_status faulty_execute(weft_driver_rows *rows, const weft_value *values, size_t count, weft_error *error)
{
    const bool reads = strncmp(rows->statement->sql, "SELECT", 6) == 0, commits = strcmp(rows->statement->sql, "COMMIT") == 0;
    if (reads && is(NO_SUCH_STATUS))
        return (weft_status)999;
    if (reads && is(SILENT))
        return WEFT_ERROR_SQL;
    if ((reads && is(LOST)) || (commits && is(LOST_AT_COMMIT)))
        return weft_driver_error(error, WEFT_ERROR_DISCONNECTED, "the wire was cut");
    if (commits && is(BUSY_AT_COMMIT))
        return weft_driver_error(error, WEFT_ERROR_BUSY, "somebody reads");
    weft_status status = memory_driver.execute(rows, values, count, error);
    if (status == WEFT_OK && reads && is(TOO_FEW_COLUMNS))
        rows->column_count--;
    if (status == WEFT_OK && reads && is(TOO_MANY_COLUMNS))
        rows->column_count = UINT16_MAX;
    return status;
}

/* The third cell of a volume is its number of pages, the first its key, the second its title, the fifth a time. */
static void spoil(weft_value *cells, uint16_t count)
{
    static const weft_value nothing;
    if (count < 5)
        return;
    switch ((fault)atomic_load(&fault_now)) {
    case NO_VALUE: cells[1] = nothing; break;
    case NO_TYPE: cells[1].type = (weft_type)4000; break;
    case NO_DATA: cells[1] = (weft_value){.type = WEFT_TEXT, .as.s = {NULL, 5}}; break;
    case NO_END: cells[1] = (weft_value){.type = WEFT_TEXT, .as.s = {open_ended, 2}}; break;
    case NO_UTF8: cells[1] = weft_value_text("\xff"); break;
    case TEXT_FOR_INTEGER: cells[2] = weft_value_text("many"); break;
    case LARGE_INTEGER: cells[2] = weft_value_int64(INT64_C(5000000000)); break;
    case WRONG_TIME: cells[4] = weft_value_text("yesterday"); break;
    case OTHER_SPELLING: cells[4] = weft_value_text("2023-11-14T22:13:20Z"); break;
    default: break;
    }
}

static weft_status faulty_step(weft_driver_rows *rows, weft_value *cells, bool *has_row, weft_error *error)
{
    if (is(STEP_FAILS))
        return weft_driver_error_sqlstate(error, "40001", "try again");
    weft_status status = memory_driver.step(rows, cells, has_row, error);
    if (status == WEFT_OK && *has_row)
        spoil(cells, rows->column_count);
    return status;
}

static int open_faulty(void **state)
{
    static _Atomic(bool) registered;
    weft_driver driver = named("faulty", NULL);
    weft_error error;
    driver.open = faulty_open;
    driver.execute = faulty_execute;
    driver.step = faulty_step;
    driver.in_process = false; /* helper threads open and recover */
    if (!atomic_exchange(&registered, true) && weft_driver_register(&driver, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    atomic_store(&fault_now, NO_FAULT);
    fixture_open(state, TEST_MEMORY, &library, NULL);
    fixture *f = *state;
    Shelf *shelf = weft_new(f->s, Shelf, .name = "north");
    weft_new(f->s, Volume, .title = "one", .price = {"1"}, .bought = {INT64_C(1700000000000000)}, .shelf = shelf);
    commit_ok(f->s);
    weft_session_close(f->s);
    weft_engine_close(f->engine);
    char url[sizeof f->database.url];
    snprintf(url, sizeof url, "faulty://%s", strstr(f->database.url, "://") + 3);
    snprintf(f->database.url, sizeof f->database.url, "%s", url);
    f->engine = fixture_engine(f, (weft_engine_options){.pool = {.fail_fast = true}});
    f->s = weft_session_open(f->engine, NULL);
    return 0;
}

static int close_faulty(void **state)
{
    atomic_store(&fault_now, NO_FAULT);
    return fixture_close(state);
}

/* The pool tries again after a pause. */
static void expect_recovery(fixture *f)
{
    size_t count = 0;
    for (int i = 0; i < 200 && count != 1; i++) {
        count = weft_query(f->s, Volume).count;
        rollback_ok(f->s);
        (void)nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    assert_int_equal(count, 1);
}

static void open_wrongly(fixture *f, fault how, weft_status status, const char *part)
{
    atomic_store(&fault_now, (int)how);
    (void)weft_query(f->s, Volume);
    assert_status(f->s, status);
    assert_message(f->s, part);
    rollback_ok(f->s);
    atomic_store(&fault_now, NO_FAULT);
    expect_recovery(f);
}

static void a_driver_that_fails_to_open_is_heard(void **state)
{
    fixture *f = *state;
    open_wrongly(f, OPEN_FAILS, WEFT_ERROR_CONNECT, "the house is closed");
}

static void a_driver_that_opens_nothing_is_named(void **state)
{
    fixture *f = *state;
    open_wrongly(f, OPEN_GIVES_NOTHING, WEFT_ERROR_INTERNAL, "\"faulty\" opened a connection and gave none");
}

static void what_a_driver_gives_is_looked_at(void **state)
{
    static const struct {
        fault fault;
        weft_status status;
        const char *part;
    } cases[] = {
        {NO_SUCH_STATUS, WEFT_ERROR_INTERNAL, "999"},
        {SILENT, WEFT_ERROR_SQL, "SQL error"},
        {STEP_FAILS, WEFT_ERROR_SERIALIZATION, "try again"},
        {TOO_FEW_COLUMNS, WEFT_ERROR_DATA, "columns where"},
        {TOO_MANY_COLUMNS, WEFT_ERROR_LIMIT, "65535"},
        {NO_VALUE, WEFT_ERROR_SCHEMA, "nothing was put there"},
        {NO_TYPE, WEFT_ERROR_SCHEMA, "no weft_type"},
        {NO_DATA, WEFT_ERROR_SCHEMA, "points to nothing"},
        {NO_END, WEFT_ERROR_SCHEMA, "does not end with a NUL"},
        {NO_UTF8, WEFT_ERROR_SCHEMA, "UTF-8"},
        {TEXT_FOR_INTEGER, WEFT_ERROR_SCHEMA, "of the type text where it should hold one of int32"},
        {LARGE_INTEGER, WEFT_ERROR_SCHEMA, "does not fit"},
        {WRONG_TIME, WEFT_ERROR_SCHEMA, "timestamp"},
        {OTHER_SPELLING, WEFT_ERROR_SCHEMA, "not written as weft writes"},
    };
    fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        atomic_store(&fault_now, (int)cases[i].fault);
        (void)weft_query(f->s, Volume);
        const weft_error *error = weft_session_error(f->s);
        if (error->status != cases[i].status || strstr(error->message, cases[i].part) == NULL)
            fail_msg("case %zu: %s: %s", i, weft_status_identifier(error->status), error->message);
        if (cases[i].status == WEFT_ERROR_SCHEMA)
            assert_true(error->column[0] != '\0');
        rollback_ok(f->s);
        atomic_store(&fault_now, NO_FAULT);
        assert_int_equal(weft_query(f->s, Volume).count, 1);
        assert_ok(f->s);
        rollback_ok(f->s);
    }
}

static void a_connection_that_is_lost_is_replaced(void **state)
{
    fixture *f = *state;
    atomic_store(&fault_now, LOST);
    (void)weft_query(f->s, Volume);
    assert_status(f->s, WEFT_ERROR_DISCONNECTED);
    assert_message(f->s, "the wire was cut");
    rollback_ok(f->s);
    atomic_store(&fault_now, NO_FAULT);
    assert_int_equal(weft_query(f->s, Volume).count, 1);
    weft_new(f->s, Shelf, .name = "doubtful");
    flush_ok(f->s);
    atomic_store(&fault_now, LOST_AT_COMMIT);
    assert_call(f->s, weft_session_commit(f->s), WEFT_ERROR_OUTCOME_UNKNOWN);
    assert_int_equal(weft_session_error(f->s)->outcome, WEFT_OUTCOME_UNKNOWN);
    assert_message(f->s, "the wire was cut");
    rollback_ok(f->s);
    atomic_store(&fault_now, NO_FAULT);
    assert_int_equal(weft_query(f->s, Shelf).count, 1);
    assert_ok(f->s);
}

static void a_commit_that_is_refused_keeps_nothing_and_blocks_nobody(void **state)
{
    fixture *f = *state;
    weft_new(f->s, Shelf, .name = "refused");
    flush_ok(f->s);
    atomic_store(&fault_now, BUSY_AT_COMMIT);
    assert_call(f->s, weft_session_commit(f->s), WEFT_ERROR_BUSY);
    rollback_ok(f->s);
    atomic_store(&fault_now, NO_FAULT);
    weft_new(f->s, Shelf, .name = "later");
    commit_ok(f->s);
    assert_rows(f, "SELECT group_concat(name) FROM shelf", "north,later");
}

/* ---- what a driver asks for ---- */

static struct {
    size_t count;
    weft_type given[16], taken[16];
} typed;

static weft_status note_types(weft_driver_rows *rows, const weft_value *values, size_t count, weft_error *error)
{
    if (strncmp(rows->statement->sql, "INSERT INTO volume", 18) != 0)
        return memory_driver.execute(rows, values, count, error);
    typed.count = count;
    for (size_t i = 0; i < count && i < 16; i++) {
        typed.given[i] = values[i].type;
        typed.taken[i] = (weft_type)rows->statement->parameter_types[i];
    }
    return weft_driver_error(error, WEFT_ERROR_UNSUPPORTED, "noted");
}

/* The fixture's database by another driver. */
static void reopen(fixture *f, const char *scheme)
{
    char name[100];
    weft_session_close(f->s);
    weft_engine_close(f->engine);
    snprintf(name, sizeof name, "%s", strstr(f->database.url, "://") + 3);
    snprintf(f->database.url, sizeof f->database.url, "%s://%s", scheme, name);
    f->engine = fixture_engine(f, (weft_engine_options){.metadata = NULL});
    f->s = weft_session_open(f->engine, NULL);
}

static void register_once(weft_driver driver)
{
    weft_error error;
    if (weft_driver_register(&driver, &error) != WEFT_OK)
        fail_msg("%s", error.message);
}

static void values_come_plain_or_as_they_are(void **state)
{
    static const weft_type wanted[] = {WEFT_TEXT, WEFT_INT32, WEFT_DECIMAL, WEFT_TIMESTAMP, WEFT_BOOL, WEFT_UUID, WEFT_INT64};
    static const weft_type plain[] = {WEFT_TEXT, WEFT_INT64, WEFT_TEXT, WEFT_TEXT, WEFT_INT64, WEFT_TEXT, WEFT_INT64};
    fixture *f = *state;
    weft_driver driver = named("plain", NULL);
    driver.execute = note_types;
    driver.prepare = NULL;
    driver.unprepare = NULL;
    register_once(driver);
    driver.name = "typed";
    driver.typed_values = true;
    register_once(driver);
    for (int whole = 0; whole < 2; whole++) {
        reopen(f, whole ? "typed" : "plain");
        weft_new(f->s, Volume, .title = "a", .pages = {true, 5}, .price = {"1"}, .shelf_id = 1);
        assert_call(f->s, weft_session_flush(f->s), WEFT_ERROR_UNSUPPORTED);
        assert_int_equal(typed.count, 7);
        for (size_t i = 0; i < 7; i++) {
            assert_int_equal(typed.taken[i], wanted[i]);
            assert_int_equal(typed.given[i], whole ? wanted[i] : plain[i]);
        }
        rollback_ok(f->s);
    }
}

static weft_status open_bare(const weft_driver_target *target, int64_t deadline, void **connection, weft_error *error)
{
    weft_status status = memory_driver.open(target, deadline, connection, error);
    if (status == WEFT_OK) /* takes it away again */
        (void)sqlite3_create_function(*(sqlite3 **)*connection, "weft_decimal_add", 2, SQLITE_UTF8, NULL, NULL, NULL, NULL);
    return status;
}

static void what_the_database_lacks_is_named_and_the_rest_works(void **state)
{
    fixture *f = *state;
    weft_driver driver = named("bare", NULL);
    driver.open = open_bare;
    register_once(driver);
    reopen(f, "bare");
    weft_new(f->s, Volume, .title = "a", .price = {"1"}, .shelf = weft_new(f->s, Shelf, .name = "north"));
    commit_ok(f->s);
    assert_int_equal(weft_query(f->s, Volume, .where = weft_gt(Volume, price, 0)).count, 1);
    assert_ok(f->s);
    (void)weft_query(f->s, Volume,
                     .where = weft_op(weft_op(weft_col(Volume, price), "+", weft_col(Volume, price)), ">", weft_val(1)));
    assert_status(f->s, WEFT_ERROR_SQL);
    assert_message(f->s, "no such function: weft_decimal_add");
    rollback_ok(f->s);
    assert_int_equal(weft_query(f->s, Volume).count, 1);
    assert_ok(f->s);
}

int main(void)
{
#define OWN(test) \
    {#test " (memory)", test, open_memory, fixture_close, NULL}, { #test " (least)", test, open_least, fixture_close, NULL }
#define FAULTY(test) cmocka_unit_test_setup_teardown(test, open_faulty, close_faulty)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_driver_is_refused_with_its_reason),
        cmocka_unit_test(an_unknown_scheme_is_told_with_those_that_are_known),
        cmocka_unit_test(of_threads_that_register_one_name_one_wins),
        cmocka_unit_test(passwords_of_urls_are_hidden),
        OWN(objects_are_kept_found_changed_and_deleted),
        OWN(what_the_database_refuses_is_named),
        OWN(savepoints_and_rollbacks_undo_their_part),
        OWN(threads_share_the_engine_and_its_pool),
        cmocka_unit_test_setup_teardown(values_come_plain_or_as_they_are, open_memory, fixture_close),
        cmocka_unit_test_setup_teardown(what_the_database_lacks_is_named_and_the_rest_works, open_memory, fixture_close),
        FAULTY(a_driver_that_fails_to_open_is_heard),
        FAULTY(a_driver_that_opens_nothing_is_named),
        FAULTY(what_a_driver_gives_is_looked_at),
        FAULTY(a_connection_that_is_lost_is_replaced),
        FAULTY(a_commit_that_is_refused_keeps_nothing_and_blocks_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
