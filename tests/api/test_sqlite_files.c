/* A database file that is removed, renamed or replaced while an engine has it open: nothing is told to be committed that is lost,
 * and no new file appears in its place. And the URLs that name files. */
#define _XOPEN_SOURCE 700
#include "fixtures/purse.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct place {
    char folder[400], path[500], other[500];
    weft_engine *engine;
} place;

static void open_place(place *p, const char *options)
{
    char url[600];
    weft_error error;
    *p = (place){.engine = NULL};
    test_path_new(p->folder, sizeof p->folder, "files");
    assert_int_equal(mkdir(p->folder, 0700), 0);
    (void)snprintf(p->path, sizeof p->path, "%s/a.db", p->folder);
    (void)snprintf(p->other, sizeof p->other, "%s/b.db", p->folder);
    (void)snprintf(url, sizeof url, "sqlite:///%s%s", p->path, options);
    weft_engine_options given = {.metadata = &purse, .pool = {.size = 3, .max_overflow = WEFT_NONE}};
    assert_error(weft_engine_open(&p->engine, url, &given, &error), WEFT_OK, &error);
    assert_error(weft_create_all(p->engine, &error), WEFT_OK, &error);
}

static weft_status insert_one(weft_session *s)
{
    weft_new(s, Item, .amount = 1);
    return weft_session_commit(s);
}

/* Opens the pool's connections, all of them. */
static void warm(place *p)
{
    weft_connection *c[3];
    weft_error error;
    for (int i = 0; i < 3; i++)
        assert_error(weft_engine_connect(p->engine, &c[i], NULL, &error), WEFT_OK, &error);
    for (int i = 0; i < 3; i++)
        weft_connection_close(c[i]);
    weft_session *s = weft_session_open(p->engine, NULL);
    assert_int_equal(insert_one(s), WEFT_OK);
    weft_session_close(s);
}

static void remove_file(place *p) { assert_int_equal(unlink(p->path), 0); }
static void rename_file(place *p) { assert_int_equal(rename(p->path, p->other), 0); }

static void keep_a_hard_link(place *p)
{
    assert_int_equal(link(p->path, p->other), 0);
    assert_int_equal(unlink(p->path), 0);
}

static void remove_log(place *p)
{
    char log[520];
    (void)snprintf(log, sizeof log, "%s-wal", p->path);
    assert_int_equal(unlink(log), 0);
}

static void remove_all(place *p)
{
    char log[520];
    remove_file(p);
    remove_log(p);
    (void)snprintf(log, sizeof log, "%s-shm", p->path);
    (void)unlink(log);
}

static void make_database_with(const char *path, const char *more)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE item (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL)", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, more, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void make_database(const char *path) { make_database_with(path, ""); }

/* By SQLite itself. */
static int only_amount(const char *path, int64_t *amount)
{
    sqlite3 *db;
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_open(path, &db);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(db, "SELECT amount FROM item", -1, &stmt, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        *amount = sqlite3_column_int64(stmt, 0);
        rc = SQLITE_OK;
    }
    (void)sqlite3_finalize(stmt);
    (void)sqlite3_close(db);
    return rc;
}

static void replace_file(place *p)
{
    make_database(p->other);
    assert_int_equal(rename(p->other, p->path), 0);
}

static void replace_file_and_log(place *p)
{
    remove_all(p);
    make_database(p->path);
}

static void another_program_removes_it(place *p)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(unlink(p->path) == 0 ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static const struct {
    const char *name;
    void (*happen)(place *p);
    bool gone;
} events[] = {
    {"removed", remove_file, true},
    {"renamed", rename_file, true},
    {"its name removed, a hard link kept", keep_a_hard_link, true},
    {"removed with its log", remove_all, true},
    {"removed by another program", another_program_removes_it, true},
    {"replaced", replace_file, false},
    {"its log removed", remove_log, false},
    {"replaced with its log", replace_file_and_log, false},
};

static bool exists(const char *path)
{
    struct stat file;
    return stat(path, &file) == 0;
}

typedef enum work { OBJECTS, MANY, TEXT, BEGUN, WORKS } work;

/* Each kind of writing, on whichever of the pool's connections. */
static weft_status write_on(place *p, work kind, weft_error *error)
{
    weft_session *s = weft_session_open(p->engine, NULL);
    weft_status status;
    if (kind == TEXT || kind == BEGUN) {
        weft_connection *c;
        status = weft_engine_connect(p->engine, &c, &(weft_connection_options){.autocommit = kind == TEXT}, error);
        if (status == WEFT_OK)
            status = weft_execute_text(c, "INSERT INTO item (amount) VALUES (2)", NULL, error);
        if (status == WEFT_OK && kind == BEGUN)
            status = weft_connection_commit(c, error);
        weft_connection_close(c);
    } else {
        for (int i = 0; i < (kind == MANY ? 600 : 1); i++)
            weft_new(s, Item, .amount = 2);
        status = weft_session_commit(s);
        *error = *weft_session_error(s);
    }
    weft_session_close(s);
    return status;
}

static void what_is_written_to_a_file_that_is_gone_is_not_committed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        for (int kind = 0; kind < WORKS; kind++) {
            place p;
            weft_error error;
            open_place(&p, "");
            warm(&p);
            events[i].happen(&p);
            weft_status status = write_on(&p, (work)kind, &error);
            if (status != WEFT_ERROR_DISCONNECTED)
                fail_msg("%s, work %d: %s, %s", events[i].name, kind, weft_status_name(status), error.message);
            if (exists(p.path) == events[i].gone)
                fail_msg("%s: a file is %s", events[i].name, events[i].gone ? "there" : "not there");
            for (int again = 0; events[i].gone && again < 5; again++) {
                assert_int_equal(write_on(&p, (work)kind, &error), WEFT_ERROR_DISCONNECTED);
                assert_false(exists(p.path));
            }
            weft_engine_close(p.engine);
            assert_true(exists(p.path) != events[i].gone);
        }
}

static void a_transaction_that_is_open_when_the_file_goes_is_rolled_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        place p;
        open_place(&p, "");
        warm(&p);
        weft_session *s = weft_session_open(p.engine, NULL);
        weft_new(s, Item, .amount = 3);
        flush_ok(s);
        events[i].happen(&p);
        assert_call(s, weft_session_commit(s), WEFT_ERROR_DISCONNECTED);
        assert_int_equal(weft_session_error(s)->outcome, WEFT_OUTCOME_ROLLED_BACK);
        weft_session_close(s);
        weft_engine_close(p.engine);
    }
}

static void readers_notice_soon_that_the_file_is_gone(void **state)
{
    (void)state;
    place p;
    weft_status status = WEFT_OK;
    open_place(&p, "");
    warm(&p);
    remove_file(&p);
    weft_session *s = weft_session_open(p.engine, NULL);
    for (int i = 0; i < 600 && status == WEFT_OK; i++) {
        (void)weft_first(s, Item);
        status = weft_session_status(s);
    }
    assert_status(s, WEFT_ERROR_DISCONNECTED);
    weft_session_close(s);
    weft_engine_close(p.engine);
}

static void work_goes_on_when_the_file_is_back(void **state)
{
    (void)state;
    place p;
    weft_error error;
    open_place(&p, "");
    warm(&p);
    rename_file(&p);
    assert_int_equal(write_on(&p, OBJECTS, &error), WEFT_ERROR_DISCONNECTED);
    assert_int_equal(rename(p.other, p.path), 0);
    weft_status status = WEFT_ERROR_DISCONNECTED;
    for (int i = 0; i < 5 && status != WEFT_OK; i++)
        status = write_on(&p, OBJECTS, &error);
    assert_error(status, WEFT_OK, &error);
    weft_engine_close(p.engine);
}

static void a_file_that_an_engine_found_is_not_made_anew(void **state)
{
    (void)state;
    place p;
    char url[600];
    weft_error error;
    weft_engine *engine;
    open_place(&p, "");
    weft_engine_close(p.engine);
    (void)snprintf(url, sizeof url, "sqlite:///%s", p.path);
    assert_error(weft_engine_open(&engine, url, &(weft_engine_options){.metadata = &purse}, &error), WEFT_OK, &error);
    assert_int_equal(unlink(p.path), 0);
    assert_error(weft_engine_ping(engine, &error), WEFT_ERROR_DISCONNECTED, &error);
    assert_false(exists(p.path));
    weft_engine_close(engine);
}

static void a_file_cut_to_nothing_is_corrupt(void **state)
{
    (void)state;
    place p;
    weft_error error;
    open_place(&p, "");
    warm(&p);
    assert_int_equal(truncate(p.path, 0), 0);
    assert_int_equal(write_on(&p, OBJECTS, &error), WEFT_ERROR_CORRUPT);
    weft_engine_close(p.engine);
}

/* ---- URLs ---- */

static void urls_that_name_no_file_are_refused(void **state)
{
    (void)state;
    static const char *const urls[] = {"sqlite:///",
                                       "sqlite:////",
                                       "sqlite:///?mode=rw",
                                       "sqlite:///folder/",
                                       "sqlite:///%2F",
                                       "sqlite:///a.db?immutable=perhaps",
                                       "sqlite:///a.db?immutabel=1"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        weft_engine *engine;
        weft_error error = {0};
        assert_error(weft_engine_open(&engine, urls[i], NULL, &error), WEFT_ERROR_URL, &error);
        assert_true(error.hint[0] != '\0' || strstr(error.message, "on or off") != NULL);
    }
}

static void the_shown_url_opens_the_same_file_from_anywhere(void **state)
{
    (void)state;
    static const char *const names[] = {"plain.db", "with%20space.db", "with space too.db", "a%3Fb.db",
                                        "a#b.db",   "per%25cent.db",   "%C3%A4.db"};
    char folder[400], before[1024];
    test_path_new(folder, sizeof folder, "shown");
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_non_null(getcwd(before, sizeof before));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char url[600];
        weft_engine *first, *second;
        weft_error error;
        assert_int_equal(chdir(folder), 0);
        (void)snprintf(url, sizeof url, "sqlite:///%s?busy_timeout=100", names[i]);
        assert_error(weft_engine_open(&first, url, &(weft_engine_options){.metadata = &purse}, &error), WEFT_OK, &error);
        assert_error(weft_create_all(first, &error), WEFT_OK, &error);
        weft_session *s = weft_session_open(first, NULL);
        assert_int_equal(insert_one(s), WEFT_OK);
        weft_session_close(s);
        assert_int_equal(chdir("/"), 0);
        assert_error(weft_engine_open(&second, weft_engine_url(first), &(weft_engine_options){.metadata = &purse}, &error), WEFT_OK,
                     &error);
        assert_string_equal(weft_engine_url(second), weft_engine_url(first));
        assert_non_null(strstr(weft_engine_url(first), "?busy_timeout=100"));
        s = weft_session_open(second, NULL);
        assert_int_equal(weft_count_of(s, Item), 1);
        weft_session_close(s);
        weft_engine_close(second);
        weft_engine_close(first);
    }
    assert_int_equal(chdir(before), 0);
}

static void an_immutable_file_is_read_without_locks_or_logs(void **state)
{
    (void)state;
    place p;
    char url[600], log[520];
    weft_error error;
    weft_engine *engine;
    open_place(&p, "");
    warm(&p);
    weft_engine_close(p.engine);
    (void)snprintf(log, sizeof log, "%s-wal", p.path);
    (void)snprintf(url, sizeof url, "sqlite:///%s?immutable=1", p.path);
    assert_error(weft_engine_open(&engine, url, &(weft_engine_options){.metadata = &purse}, &error), WEFT_OK, &error);
    weft_session *s = weft_session_open(engine, NULL);
    assert_int_equal(weft_count_of(s, Item), 1);
    assert_ok(s);
    assert_false(exists(log));
    assert_int_equal(insert_one(s), WEFT_ERROR_READ_ONLY);
    weft_session_close(s);
    weft_engine_close(engine);
    (void)snprintf(url, sizeof url, "sqlite:///%s/none.db?immutable=1", p.folder);
    assert_error(weft_engine_open(&engine, url, NULL, &error), WEFT_OK, &error);
    assert_error(weft_engine_ping(engine, &error), WEFT_ERROR_IO, &error);
    weft_engine_close(engine);
}

/* A pool's only connection, that of the engine which made the file: its log comes after it. */
static void the_log_of_a_new_file_is_known_from_the_beginning(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        place p;
        int64_t amount = 0;
        open_place(&p, i == 0 ? "" : "?busy_timeout=100");
        weft_session *s = weft_session_open(p.engine, NULL);
        assert_int_equal(insert_one(s), WEFT_OK);
        remove_log(&p);
        assert_int_equal(insert_one(s), WEFT_ERROR_DISCONNECTED);
        weft_session_close(s);
        weft_engine_close(p.engine);

        open_place(&p, "");
        s = weft_session_open(p.engine, NULL);
        assert_int_equal(insert_one(s), WEFT_OK);
        make_database_with(p.other, "INSERT INTO item VALUES (1, 500)");
        assert_int_equal(rename(p.other, p.path), 0);
        for (int attempt = 0; attempt < 3; attempt++) {
            assert_int_equal(insert_one(s), WEFT_ERROR_DISCONNECTED);
            assert_int_equal(weft_session_rollback(s), WEFT_OK);
        }
        weft_session_close(s);
        weft_engine_close(p.engine);
        remove_log(&p); /* as its documentation asks of who exchanges files */
        assert_int_equal(only_amount(p.path, &amount), SQLITE_OK);
        assert_int_equal(amount, 500);
    }
}

static void a_file_in_wal_in_a_folder_that_may_not_be_written_is_explained(void **state)
{
    (void)state;
    place p;
    weft_error error;
    open_place(&p, "");
    weft_engine_close(p.engine);
    const char *const options[] = {"", "?mode=ro"};
    char above[500];
    (void)snprintf(above, sizeof above, "%s/..", p.folder);
    assert_int_equal(chmod(above, 0711), 0);
    assert_int_equal(chmod(p.folder, 0555), 0);
    for (int i = 0; i < 2; i++) {
        int status;
        pid_t child = fork();
        if (child == 0) { /* root may write everywhere */
            char url[600];
            weft_engine *engine;
            (void)snprintf(url, sizeof url, "sqlite:///%s%s", p.path, options[i]);
            if (getuid() == 0 && setuid(65534) != 0)
                _exit(1);
            if (weft_engine_open(&engine, url, NULL, &error) != WEFT_OK)
                _exit(2);
            _exit(weft_engine_ping(engine, &error) != WEFT_ERROR_READ_ONLY ? 3 : strstr(error.hint, "immutable=1") == NULL ? 4 : 0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    assert_int_equal(chmod(p.folder, 0700), 0);
    assert_int_equal(chmod(above, 0700), 0);
}

static void a_vfs_that_nobody_registered_is_told_as_the_urls(void **state)
{
    (void)state;
    weft_engine *engine;
    weft_error error;
    assert_error(weft_engine_open(&engine, "sqlite:///a.db?vfs=nosuch", NULL, &error), WEFT_OK, &error);
    assert_error(weft_engine_ping(engine, &error), WEFT_ERROR_URL, &error);
    assert_non_null(strstr(error.message, "\"nosuch\""));
    weft_engine_close(engine);
}

static void read_only_refuses_locks_alike(void **state)
{
    fixture *f = *state;
    weft_session *s = weft_session_open(f->engine, &(weft_session_options){.read_only = true});
    assert_null(weft_first(s, Item, .for_update = true));
    assert_status(s, WEFT_ERROR_READ_ONLY);
    weft_session_close(s);
}

FIXTURE_MODELS(purse);

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_to_a_file_that_is_gone_is_not_committed),
        cmocka_unit_test(a_transaction_that_is_open_when_the_file_goes_is_rolled_back),
        cmocka_unit_test(readers_notice_soon_that_the_file_is_gone),
        cmocka_unit_test(work_goes_on_when_the_file_is_back),
        cmocka_unit_test(a_file_that_an_engine_found_is_not_made_anew),
        cmocka_unit_test(a_file_cut_to_nothing_is_corrupt),
        cmocka_unit_test(urls_that_name_no_file_are_refused),
        cmocka_unit_test(the_shown_url_opens_the_same_file_from_anywhere),
        cmocka_unit_test(an_immutable_file_is_read_without_locks_or_logs),
        cmocka_unit_test(the_log_of_a_new_file_is_known_from_the_beginning),
        cmocka_unit_test(a_file_in_wal_in_a_folder_that_may_not_be_written_is_explained),
        cmocka_unit_test(a_vfs_that_nobody_registered_is_told_as_the_urls),
        ON_BOTH(read_only_refuses_locks_alike),
    };
    return cmocka_run_group_tests_name("SQLite's files", tests, NULL, NULL);
}
