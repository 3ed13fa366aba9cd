/* What connections keep prepared follows the cache: memory, statements on the server, and what is in use. And engines that a forked
 * child opens. */
#include "fixtures/bank.h"

#include "base/epoch.h"

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHAPES 200

#define TERM(i) ((shape >> (i)&1) != 0 ? weft_ne(Account, name, "ada") : weft_ge(Account, balance, 3))

static void select_shape(bank *b, weft_connection *c, int shape, weft_result **result)
{
    MUST(b, weft_connection_select(c,
                                   &(weft_rows_options){.from = &Account_model,
                                                        .where = weft_and(TERM(0), TERM(1), TERM(2), TERM(3), TERM(4), TERM(5),
                                                                          TERM(6), TERM(7))},
                                   result, &b->error));
}

static void run_shapes(bank *b, weft_connection *c, int first, int count)
{
    for (int i = first; i < first + count; i++) {
        weft_result *result = NULL;
        select_shape(b, c, i, &result);
        weft_result_close(result);
    }
}

static void run_inserts(bank *b, int count)
{
    Account account = {.name = "x", .code = "c"};
    for (int i = 0; i < count; i++) {
        MUST(b, weft_connection_rollback(b->c, &b->error));
        MUST(b, weft_insert_many(b->c, Account, &account, 1, NULL, &b->error));
    }
    MUST(b, weft_connection_rollback(b->c, &b->error));
}

/* What the server has prepared for the connection. */
static int64_t prepared_on_server(bank *b)
{
    weft_result *result = NULL;
    int64_t count = -1;
    MUST(b, weft_connection_query(b->c, "SELECT count(*) FROM pg_prepared_statements", NULL, &result, &b->error));
    assert_true(weft_result_next(result, &b->error));
    assert_true(weft_result_int64(result, 0, &count));
    weft_result_close(result);
    MUST(b, weft_connection_rollback(b->c, &b->error));
    return count;
}

static void a_cleared_cache_is_followed_by_memory_and_server(void **state)
{
    bank *b = *state;
    weft_cache_stats stats;
    run_shapes(b, b->c, 0, SHAPES);
    MUST(b, weft_connection_rollback(b->c, &b->error));
    weft_engine_cache_stats(b->engine, &stats);
    size_t full = mallinfo2().uordblks;
    assert_true(stats.bytes > 100 * 1024);
    if (b->server)
        assert_true(prepared_on_server(b) >= SHAPES);
    weft_engine_clear_cache(b->engine);
    run_inserts(b, SHAPES / 8 + 2);
    wefti_epoch_reclaim(); /* the cache's references; the housekeeper's work otherwise */
    wefti_epoch_reclaim();
    if (b->server)
        assert_true(prepared_on_server(b) < 10);
#if !defined(__SANITIZE_ADDRESS__) && !defined(WEFTI_TSAN) /* whose allocators do not count */
    assert_true(mallinfo2().uordblks + stats.bytes / 2 < full);
#else
    (void)full;
#endif
}

static void evictions_of_a_small_cache_are_followed(void **state)
{
    bank *b = *state;
    weft_engine *engine = NULL;
    weft_connection *c = NULL, *ours = b->c;
    weft_cache_stats stats;
    MUST(b,
         weft_engine_open(&engine, b->database.url,
                          &(weft_engine_options){.metadata = &bank_models, .cache_bytes = 65536, .pool = {.size = 1}}, &b->error));
    MUST(b, weft_engine_connect(engine, &c, NULL, &b->error));
    for (int i = 0; i < SHAPES; i++) {
        run_shapes(b, c, i, 1);
        MUST(b, weft_connection_rollback(c, &b->error));
    }
    weft_engine_cache_stats(engine, &stats);
    assert_true(stats.evictions > SHAPES / 2);
    b->c = c;
    if (b->server) /* as many as the cache has, and what a sweep has not come to yet */
        assert_in_range(prepared_on_server(b), 1, 2 * stats.entries + 16);
    b->c = ours;
    weft_connection_close(c);
    weft_engine_close(engine);
}

static void what_is_open_outlives_its_eviction(void **state)
{
    bank *b = *state;
    weft_result *open = NULL;
    int rows = 0;
    for (int i = 0; i < 20; i++) {
        char name[21];
        snprintf(name, sizeof name, "n%d", i);
        bank_account(b, name, 10);
    }
    MUST(b, weft_connection_commit(b->c, &b->error));
    select_shape(b, b->c, 0, &open);
    assert_true(weft_result_next(open, &b->error));
    for (int round = 0; round < 10; round++) {
        weft_engine_clear_cache(b->engine);
        run_shapes(b, b->c, round * 8, 10); /* the first time also the shape that is open, under another id */
        assert_true(weft_result_next(open, &b->error));
        assert_string_equal(weft_result_name(open, 0), "id");
    }
    for (rows = 11; weft_result_next(open, &b->error);)
        rows++;
    assert_int_equal(b->error.status, WEFT_OK);
    assert_int_equal(rows, 20);
    weft_result_close(open);
    weft_engine_clear_cache(b->engine);
    run_shapes(b, b->c, 0, 40);
}

#ifndef WEFTI_TSAN /* which refuses threads in a forked child */
/* A fresh engine of a child on this URL; what connecting says. */
static weft_status connect_in_child(const char *url)
{
    weft_engine *engine = NULL;
    weft_connection *c = NULL;
    weft_error error = {0};
    pid_t child = fork();
    if (child == 0) {
        weft_status status = weft_engine_open(&engine, url, &(weft_engine_options){.metadata = &bank_models}, &error);
        if (status == WEFT_OK)
            status = weft_engine_connect(engine, &c, NULL, &error);
        if (status == WEFT_ERROR_FORKED && error.hint[0] == '\0')
            status = WEFT_ERROR_INTERNAL;
        weft_connection_close(c);
        weft_engine_close(engine);
        _exit((int)status);
    }
    int result = -1;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    return (weft_status)WEXITSTATUS(result);
}

static void a_childs_engine_opens_what_may_be_opened_and_is_told_what_may_not(void **state)
{
    bank *b = *state;
    char path[512], url[600];
    test_path_new(path, sizeof path, "child.db");
    snprintf(url, sizeof url, "sqlite:///%s", path);
    bank_account(b, "ada", 1);
    assert_int_equal(connect_in_child(b->database.url), b->server ? WEFT_OK : WEFT_ERROR_FORKED);
    assert_int_equal(connect_in_child(url), WEFT_OK);
    assert_int_equal(connect_in_child("sqlite://"), WEFT_OK);
    MUST(b, weft_connection_commit(b->c, &b->error));
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        BANK_TEST(a_cleared_cache_is_followed_by_memory_and_server),
        BANK_TEST(evictions_of_a_small_cache_are_followed),
        BANK_TEST(what_is_open_outlives_its_eviction),
#ifndef WEFTI_TSAN
        BANK_TEST(a_childs_engine_opens_what_may_be_opened_and_is_told_what_may_not),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
