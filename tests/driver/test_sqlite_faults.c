/* SQLite under failing I/O, failing memory inside SQLite, and processes that die: a transaction is there as a whole or not at all,
 * the file stays sound, and errors have their status.
 *
 * I/O fails through a VFS of ours that passes everything to the default one and fails the n-th call, once or for good; n counts up
 * until the work gets through. */
#define _POSIX_C_SOURCE 200809L
#include "base/error.h"
#include "driver/driver.h"
#include "support/support.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const wefti_driver *const driver = &wefti_sqlite_driver;

/* The plan of failures, for files and for SQLite's memory. */
static struct plan {
    int64_t countdown; /* < 0: nothing fails */
    bool forever;
    bool happened;
    int code;
} io_plan = {.countdown = -1}, memory_plan = {.countdown = -1};

static bool fails(struct plan *plan)
{
    if (plan->countdown < 0)
        return false;
    if (plan->countdown > 0) {
        plan->countdown--;
        return false;
    }
    plan->happened = true;
    if (!plan->forever)
        plan->countdown = -1;
    return true;
}

static void arm(struct plan *plan, int64_t countdown, bool forever, int code)
{
    *plan = (struct plan){.countdown = countdown, .forever = forever, .code = code};
}

typedef struct shim_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
} shim_file;

static sqlite3_file *real_of(sqlite3_file *file) { return ((shim_file *)file)->real; }

static int shim_close(sqlite3_file *f) { return real_of(f)->pMethods->xClose(real_of(f)); }
static int shim_read(sqlite3_file *f, void *to, int size, sqlite3_int64 at)
{
    return fails(&io_plan) ? SQLITE_IOERR_READ : real_of(f)->pMethods->xRead(real_of(f), to, size, at);
}
static int shim_write(sqlite3_file *f, const void *from, int size, sqlite3_int64 at)
{
    if (!fails(&io_plan))
        return real_of(f)->pMethods->xWrite(real_of(f), from, size, at);
    if (io_plan.code == SQLITE_IOERR && size > 1) /* a torn write: half of it arrives */
        (void)real_of(f)->pMethods->xWrite(real_of(f), from, size / 2, at);
    return io_plan.code == SQLITE_IOERR ? SQLITE_IOERR_WRITE : io_plan.code;
}
static int shim_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return fails(&io_plan) ? SQLITE_IOERR_TRUNCATE : real_of(f)->pMethods->xTruncate(real_of(f), size);
}
static int shim_sync(sqlite3_file *f, int flags)
{
    return fails(&io_plan) ? SQLITE_IOERR_FSYNC : real_of(f)->pMethods->xSync(real_of(f), flags);
}
static int shim_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return fails(&io_plan) ? SQLITE_IOERR_FSTAT : real_of(f)->pMethods->xFileSize(real_of(f), size);
}
static int shim_lock(sqlite3_file *f, int lock)
{
    return fails(&io_plan) ? SQLITE_IOERR_LOCK : real_of(f)->pMethods->xLock(real_of(f), lock);
}
static int shim_unlock(sqlite3_file *f, int lock) { return real_of(f)->pMethods->xUnlock(real_of(f), lock); }
static int shim_reserved(sqlite3_file *f, int *held) { return real_of(f)->pMethods->xCheckReservedLock(real_of(f), held); }
static int shim_control(sqlite3_file *f, int op, void *arg) { return real_of(f)->pMethods->xFileControl(real_of(f), op, arg); }
static int shim_sector(sqlite3_file *f) { return real_of(f)->pMethods->xSectorSize(real_of(f)); }
static int shim_device(sqlite3_file *f) { return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f)); }
static int shim_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **to)
{
    return fails(&io_plan) ? SQLITE_IOERR_SHMMAP : real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, to);
}
static int shim_shm_lock(sqlite3_file *f, int offset, int count, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), offset, count, flags);
}
static void shim_shm_barrier(sqlite3_file *f) { real_of(f)->pMethods->xShmBarrier(real_of(f)); }
static int shim_shm_unmap(sqlite3_file *f, int delete_flag) { return real_of(f)->pMethods->xShmUnmap(real_of(f), delete_flag); }

static const sqlite3_io_methods shim_methods = {
    .iVersion = 2,
    .xClose = shim_close,
    .xRead = shim_read,
    .xWrite = shim_write,
    .xTruncate = shim_truncate,
    .xSync = shim_sync,
    .xFileSize = shim_size,
    .xLock = shim_lock,
    .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_reserved,
    .xFileControl = shim_control,
    .xSectorSize = shim_sector,
    .xDeviceCharacteristics = shim_device,
    .xShmMap = shim_shm_map,
    .xShmLock = shim_shm_lock,
    .xShmBarrier = shim_shm_barrier,
    .xShmUnmap = shim_shm_unmap,
};

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    sqlite3_vfs *real = vfs->pAppData;
    shim_file *shim = (shim_file *)file;
    shim->base.pMethods = NULL;
    shim->real = (sqlite3_file *)(shim + 1);
    if (fails(&io_plan))
        return SQLITE_CANTOPEN;
    int rc = real->xOpen(real, name, shim->real, flags, out_flags);
    if (rc == SQLITE_OK)
        shim->base.pMethods = &shim_methods;
    return rc;
}

static sqlite3_vfs shim_vfs;

/* SQLite's allocator with a plan of failures. Sizes are kept in front of each block. */
static void *counted_malloc(int size)
{
    if (fails(&memory_plan))
        return NULL;
    int64_t *block = malloc((size_t)size + 16);
    if (block == NULL)
        return NULL;
    block[0] = size;
    return block + 2;
}
static void counted_free(void *memory) { free(memory != NULL ? (int64_t *)memory - 2 : NULL); }
static void *counted_realloc(void *memory, int size)
{
    if (fails(&memory_plan))
        return NULL;
    int64_t *block = realloc((int64_t *)memory - 2, (size_t)size + 16);
    if (block == NULL)
        return NULL;
    block[0] = size;
    return block + 2;
}
static int counted_size(void *memory) { return memory != NULL ? (int)((int64_t *)memory)[-2] : 0; }
static int counted_roundup(int size) { return (size + 7) & ~7; }
static int counted_init(void *data)
{
    (void)data;
    return SQLITE_OK;
}
static void counted_shutdown(void *data) { (void)data; }

static int install(void **state)
{
    static const sqlite3_mem_methods methods = {.xMalloc = counted_malloc,
                                                .xFree = counted_free,
                                                .xRealloc = counted_realloc,
                                                .xSize = counted_size,
                                                .xRoundup = counted_roundup,
                                                .xInit = counted_init,
                                                .xShutdown = counted_shutdown};
    (void)state;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK || sqlite3_initialize() != SQLITE_OK)
        return -1;
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);
    shim_vfs = *real;
    shim_vfs.zName = "shim";
    shim_vfs.pNext = NULL;
    shim_vfs.pAppData = real;
    shim_vfs.szOsFile = (int)sizeof(shim_file) + real->szOsFile;
    shim_vfs.xOpen = shim_open;
    return sqlite3_vfs_register(&shim_vfs, 0) == SQLITE_OK ? 0 : -1;
}

static weft_status script(wefti_dbc *dbc, const char *sql, weft_error *error)
{
    return driver->execute_script(dbc, sql, WEFTI_NO_DEADLINE, error);
}

static wefti_target target_of(const char *path, const char *options)
{
    char url[600];
    wefti_target target;
    weft_error error = {0};
    (void)snprintf(url, sizeof url, "sqlite:///%s%s", path, options);
    if (driver->target_new(url, NULL, &target, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    return target;
}

static int64_t count_rows(wefti_dbc *dbc, const char *sql)
{
    wefti_statement statement = {.sql = sql, .sql_size = strlen(sql), .returns_rows = true};
    wefti_cursor *cursor;
    bool has_row = false;
    int64_t count = -1;
    weft_error error = {0};
    if (driver->execute(dbc, &statement, NULL, 0, false, WEFTI_NO_DEADLINE, &cursor, &error) != WEFT_OK)
        fail_msg("%s: %s", sql, error.message);
    if (driver->step(cursor, &has_row, &error) == WEFT_OK && has_row)
        count = cursor->row[0].as.i;
    driver->finish(cursor);
    return count;
}

/* Opens, adds ten rows in one transaction, and reads. *committed says what the driver claimed. */
static weft_status work(const wefti_target *target, bool *committed, weft_error *error)
{
    wefti_dbc *dbc = NULL;
    int64_t numbers[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    wefti_array parameter = {.type = WEFT_INT64, .count = 10, .base = numbers, .stride = sizeof *numbers};
    const char *sql = "INSERT INTO t (n, filler) VALUES (?1, zeroblob(700))";
    wefti_statement insert = {.id = 1, .sql = sql, .sql_size = strlen(sql), .parameter_count = 1, .writes = true};
    *committed = false;
    weft_status status = driver->open(target, WEFTI_NO_DEADLINE, &dbc, error);
    if (status == WEFT_OK)
        status = driver->begin(dbc, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, error);
    if (status == WEFT_OK)
        status = driver->execute_many(dbc, &insert, &parameter, 10, NULL, NULL, WEFTI_NO_DEADLINE, NULL, NULL, NULL, error);
    if (status == WEFT_OK) {
        status = driver->commit(dbc, WEFTI_NO_DEADLINE, error);
        *committed = status == WEFT_OK;
    }
    if (status == WEFT_OK)
        status = script(dbc, "SELECT count(*), sum(length(filler)) FROM t; PRAGMA wal_checkpoint", error);
    driver->close(dbc);
    return status;
}

static void create(const char *path, const char *options)
{
    weft_error error = {0};
    wefti_dbc *dbc = NULL;
    wefti_target target = target_of(path, options);
    assert_int_equal(driver->open(&target, WEFTI_NO_DEADLINE, &dbc, &error), WEFT_OK);
    assert_int_equal(script(dbc, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, filler BLOB); CREATE INDEX i ON t (n)",
                            &error),
                     WEFT_OK);
    driver->close(dbc);
    driver->target_free(&target);
}

/* Whole transactions only, as many as were promised (perhaps one more where the answer was an error), and a sound file. */
static int64_t check(const char *path, int64_t least, int64_t most)
{
    weft_error error = {0};
    wefti_dbc *dbc = NULL;
    wefti_target target = target_of(path, "");
    if (driver->open(&target, WEFTI_NO_DEADLINE, &dbc, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    int64_t rows = count_rows(dbc, "SELECT count(*) FROM t");
    assert_int_equal(rows % 10, 0);
    assert_in_range(rows, least, most);
    assert_int_equal(count_rows(dbc, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
    driver->close(dbc);
    driver->target_free(&target);
    return rows;
}

static void fail_every_call(struct plan *plan, bool forever, int code, const char *options)
{
    char path[512], shim_options[100];
    int64_t rows = 0, n = 0;
    test_path_new(path, sizeof path, "t.db");
    create(path, options);
    (void)snprintf(shim_options, sizeof shim_options, "?vfs=shim%s%s", options[0] != '\0' ? "&" : "",
                   options[0] != '\0' ? options + 1 : "");
    wefti_target target = target_of(path, shim_options), plain = target_of(path, options);
    for (;; n++) {
        weft_error error = {0};
        bool committed;
        assert_true(n < 20000);
        if (rows >= 200) { /* a small file is checked quickly */
            wefti_dbc *dbc = NULL;
            assert_int_equal(driver->open(&plain, WEFTI_NO_DEADLINE, &dbc, &error), WEFT_OK);
            assert_int_equal(script(dbc, "DELETE FROM t; VACUUM", &error), WEFT_OK);
            driver->close(dbc);
            rows = 0;
        }
        arm(plan, n, forever, code);
        weft_status status = work(&target, &committed, &error);
        bool happened = plan->happened;
        arm(plan, -1, false, 0);
        if (status != WEFT_OK && status != WEFT_ERROR_IO && status != WEFT_ERROR_RESOURCE && status != WEFT_ERROR_NO_MEMORY &&
            status != WEFT_ERROR_CORRUPT && status != WEFT_ERROR_BUSY && status != WEFT_ERROR_DISCONNECTED &&
            status != WEFT_ERROR_SQL && status != WEFT_ERROR_ROLLED_BACK)
            fail_msg("call %d: %s %s", (int)n, weft_status_identifier(status), error.message);
        rows = check(path, rows + (committed ? 10 : 0), rows + 10);
        if (!happened)
            break;
    }
    assert_true(n > 20);
    driver->target_free(&target);
    driver->target_free(&plain);
}

static void every_failing_io_call_leaves_whole_transactions(void **state)
{
    (void)state;
    fail_every_call(&io_plan, false, SQLITE_IOERR, "");
    fail_every_call(&io_plan, true, SQLITE_IOERR, "");
}

static void a_full_disk_leaves_whole_transactions(void **state)
{
    (void)state;
    fail_every_call(&io_plan, false, SQLITE_FULL, "");
    fail_every_call(&io_plan, true, SQLITE_FULL, "?journal_mode=delete&synchronous=full");
}

static void every_failing_allocation_inside_sqlite_leaves_whole_transactions(void **state)
{
    (void)state;
    fail_every_call(&memory_plan, false, 0, "");
    fail_every_call(&memory_plan, true, 0, "");
}

/* A child commits transactions and tells of each; it is killed after a few, at whatever it is doing then. */
static void a_killed_process_leaves_whole_transactions(void **state)
{
    (void)state;
    char path[512];
    int64_t rows = 0;
    test_path_new(path, sizeof path, "t.db");
    create(path, "");
    for (int round = 0; round < 20; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            wefti_target target = target_of(path, "");
            bool committed = true;
            while (committed) {
                weft_error error;
                (void)work(&target, &committed, &error);
                if (committed && write(ends[1], "c", 1) != 1)
                    break;
            }
            _exit(1);
        }
        close(ends[1]);
        char told;
        int64_t transactions = 0;
        while (transactions < 1 + round % 4 && read(ends[0], &told, 1) == 1)
            transactions++;
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        while (read(ends[0], &told, 1) == 1)
            transactions++;
        close(ends[0]);
        rows = check(path, rows + 10 * transactions, rows + 10 * transactions + 10);
    }
}

typedef struct storm_writer {
    const wefti_target *target;
    bool failed;
} storm_writer;

static void *write_in_storm(void *context)
{
    storm_writer *w = context;
    weft_error error = {0};
    wefti_dbc *dbc = NULL;
    weft_status status = driver->open(w->target, WEFTI_NO_DEADLINE, &dbc, &error);
    for (int i = 0; i < 25 && status == WEFT_OK; i++) {
        status = driver->begin(dbc, &(wefti_begin){.for_write = true}, WEFTI_NO_DEADLINE, &error);
        if (status == WEFT_OK)
            status = script(dbc, "UPDATE t SET n = n + 1", &error);
        if (status == WEFT_OK)
            status = driver->commit(dbc, WEFTI_NO_DEADLINE, &error);
    }
    if (status != WEFT_OK)
        (void)fprintf(stderr, "%s: %s\n", weft_status_identifier(status), error.message);
    w->failed = status != WEFT_OK;
    driver->close(dbc);
    return NULL;
}

static int storm_process(const char *path)
{
    enum { THREADS = 4 };
    wefti_target target = target_of(path, "?busy_timeout=60000");
    storm_writer writers[THREADS];
    pthread_t threads[THREADS];
    int failed = 0;
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (storm_writer){.target = &target};
        if (pthread_create(&threads[i], NULL, write_in_storm, &writers[i]) != 0)
            return 1;
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        failed += writers[i].failed;
    }
    driver->target_free(&target);
    return failed;
}

static void writers_of_several_processes_all_get_through(void **state)
{
    enum { PROCESSES = 4 };
    (void)state;
    char path[512];
    pid_t children[PROCESSES];
    weft_error error = {0};
    wefti_dbc *dbc = NULL;
    test_path_new(path, sizeof path, "t.db");
    create(path, "");
    wefti_target target = target_of(path, "");
    assert_int_equal(driver->open(&target, WEFTI_NO_DEADLINE, &dbc, &error), WEFT_OK);
    assert_int_equal(script(dbc, "INSERT INTO t (n) VALUES (0)", &error), WEFT_OK);
    driver->close(dbc);
    driver->target_free(&target);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(storm_process(path));
    }
    for (int i = 0; i < PROCESSES; i++) {
        int result = -1;
        assert_int_equal(waitpid(children[i], &result, 0), children[i]);
        assert_int_equal(result, 0);
    }
    target = target_of(path, "");
    assert_int_equal(driver->open(&target, WEFTI_NO_DEADLINE, &dbc, &error), WEFT_OK);
    assert_int_equal(count_rows(dbc, "SELECT n FROM t"), PROCESSES * 4 * 25);
    driver->close(dbc);
    driver->target_free(&target);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failing_io_call_leaves_whole_transactions),
        cmocka_unit_test(a_full_disk_leaves_whole_transactions),
        cmocka_unit_test(every_failing_allocation_inside_sqlite_leaves_whole_transactions),
        cmocka_unit_test(a_killed_process_leaves_whole_transactions),
        cmocka_unit_test(writers_of_several_processes_all_get_through),
    };
    return cmocka_run_group_tests(tests, install, NULL);
}
