/* One engine, many threads: few connections, a statement cache far too small, and rows that must add up. */
#include "fixtures/bank.h"

#include <pthread.h>
#include <stdatomic.h>

#define THREADS 8
#define ROUNDS 150

typedef struct worker {
    bank *b;
    weft_engine *engine;
    unsigned number;
    weft_error error; /* looked at after the join */
    uint64_t read;
} worker;

/* Statements of as many shapes as there are limits and columns. */
static weft_status read_some(worker *w, weft_connection *c, unsigned round)
{
    weft_result *result = NULL;
    const weft_expr *all[] = {weft_col(Account, name), weft_col(Account, balance), weft_col(Account, kind), weft_col(Account, note),
                              &weft_end};
    const weft_expr some = {.op = WEFT_EXPR_LIST, .args = all + round % 4};
    weft_rows_options options = {.from = weft_from(Account),
                                 .columns = &some,
                                 .distinct = round % 3 == 0,
                                 .order_by = round % 5 == 0 ? weft_order(weft_asc(Account, name)) : NULL,
                                 .limit = 5,
                                 .offset = round % 2,
                                 .where = round % 7 == 0 ? weft_gt(Account, balance, -1) : NULL,
                                 .stream = round % 11 == 0};
    if (options.distinct)
        options.order_by = NULL;
    weft_status status = weft_connection_select(c, &options, &result, &w->error);
    while (status == WEFT_OK && weft_result_next(result, &w->error))
        w->read++;
    if (status == WEFT_OK)
        status = w->error.status;
    weft_result_close(result);
    return status;
}

static weft_status one_round(worker *w, unsigned round)
{
    weft_connection *c = NULL;
    weft_status status = weft_engine_connect(w->engine, &c, NULL, &w->error);
    if (status == WEFT_OK)
        status = weft_execute_update(
            c,
            weft_update_of(Account,
                           .set = weft_sets(weft_to_expr(Account, balance, weft_op(weft_col(Account, balance), "+", weft_val(1)))),
                           .where = weft_eq(Account, name, "shared")),
            NULL, &w->error);
    if (status == WEFT_OK)
        status = read_some(w, c, round + w->number);
    if (status == WEFT_OK)
        status = weft_connection_commit(c, &w->error);
    weft_connection_close(c);
    if (round % 50 == w->number)
        weft_engine_clear_cache(w->engine);
    return status;
}

static void *work(void *context)
{
    worker *w = context;
    for (unsigned round = 0; round < ROUNDS; round++)
        if (one_round(w, round) != WEFT_OK)
            break;
    return NULL;
}

static void threads_share_connections_and_statements(void **state)
{
    bank *b = *state;
    weft_engine *engine = NULL;
    worker workers[THREADS];
    pthread_t threads[THREADS];
    bank_account(b, "shared", 0);
    MUST(b, weft_connection_commit(b->c, &b->error));
    weft_engine_options options = {.metadata = &bank_models,
                                   .cache_bytes = 1,
                                   .prepared_statements = 8,
                                   .pool = {.size = 3, .max_overflow = 1}};
    MUST(b, weft_engine_open(&engine, b->database.url, &options, &b->error));
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (worker){.b = b, .engine = engine, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < THREADS; i++)
        if (workers[i].error.status != WEFT_OK)
            fail_msg("thread %u: %s: %s", i, weft_status_name(workers[i].error.status), workers[i].error.message);
    weft_pool_stats pool;
    weft_cache_stats cache;
    weft_engine_pool_stats(engine, &pool);
    weft_engine_cache_stats(engine, &cache);
    assert_int_equal(pool.in_use, 0);
    assert_int_equal(pool.waiting, 0);
    assert_true(cache.bytes <= cache.limit_bytes);
    assert_true(cache.hits > 0 && cache.misses > 0);
    assert_int_equal(test_database_integer(&b->database, "SELECT balance FROM account"), THREADS * ROUNDS);
    MUST(b, weft_engine_close_within(engine, 5000, &b->error));
}

static void *create(void *context)
{
    worker *w = context;
    (void)weft_create_all(w->engine, &w->error);
    return NULL;
}

static void all_servers_may_create_the_tables_at_once(void **state)
{
    bank *b = *state;
    for (int round = 0; round < 5; round++) {
        worker workers[THREADS];
        pthread_t threads[THREADS];
        MUST(b, weft_drop_all(b->engine, &b->error));
        for (unsigned i = 0; i < THREADS; i++) {
            workers[i] = (worker){.b = b, .engine = b->engine};
            assert_int_equal(pthread_create(&threads[i], NULL, create, &workers[i]), 0);
        }
        for (unsigned i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
        for (unsigned i = 0; i < THREADS; i++)
            if (workers[i].error.status != WEFT_OK)
                fail_msg("thread %u: %s: %s", i, workers[i].error.sqlstate, workers[i].error.message);
    }
    bank_account(b, "ada", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BANK_TEST(threads_share_connections_and_statements),
        BANK_TEST(all_servers_may_create_the_tables_at_once),
    };
    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
