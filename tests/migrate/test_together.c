/* Many processes that migrate one database at once, and some that are killed: each revision is applied once, and the next upgrade
 * completes. Each step notes itself in a table, so that one which ran twice is seen. */
#define _GNU_SOURCE
#include "fixtures/catalogue.h"

#include "revisions.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HEAD(id, parents) "-- revision: " id "\n-- parents: " parents "\n"
#define NOTE(what) "INSERT INTO log (what) VALUES ('" what "');\n"
/* Outside of a transaction a step may be met twice by a crash; it says so itself. */
#define ONCE(what) "INSERT INTO log (what) SELECT '" what "' WHERE NOT EXISTS (SELECT 1 FROM log WHERE what = '" what "');\n"

static void write_history(const catalogue *c, char folder[512])
{
    revisions_folder(folder, "1.sql",
                     HEAD("a1", "none") "-- up\nCREATE TABLE log (what varchar(20) NOT NULL, x integer);\n" NOTE("a1"), "2.sql",
                     HEAD("b1", "a1") "-- up\n" NOTE("b1") "ALTER TABLE log ADD COLUMN y integer;\n", "4.sql",
                     HEAD("d1", "c1") "-- up\n" NOTE("d1") "-- no transaction\n" ONCE("d2") NOTE("d3"), "5.sql",
                     HEAD("e1", "d1") "-- up\nCREATE TABLE e (x integer);\n" NOTE("e1"), NULL);
    revisions_write(folder, "6.sql", /* rows that refer to a table which is dropped and made again stay */
                    HEAD("f1", "e1") "-- up\nCREATE TABLE p (id integer PRIMARY KEY);\n"
                                     "CREATE TABLE q (p_id integer REFERENCES p (id) ON DELETE CASCADE);\n"
                                     "INSERT INTO p VALUES (1), (2);\nINSERT INTO q VALUES (1), (2), (2);\n");
    revisions_write(folder, "7.sql",
                    HEAD("g1",
                         "f1") "-- up\n" NOTE("g1") "-- up sqlite\n-- rebuild p\n"
                                                    "CREATE TABLE p (id integer PRIMARY KEY, name text NOT NULL DEFAULT 'x');\n"
                                                    "-- up postgresql\nALTER TABLE p ADD COLUMN name text NOT NULL DEFAULT 'x';\n"
                                                    "-- up\n" NOTE("g2"));
    revisions_write(folder, "3.sql",
                    c->postgres ? HEAD("c1", "b1") "-- up\n" NOTE(
                                      "c1") "-- no transaction\nCREATE INDEX CONCURRENTLY ix_log ON log (x);\n" NOTE("c2")
                                : HEAD("c1", "b1") "-- up\n" NOTE("c1") "-- no transaction\nVACUUM;\n" NOTE("c2"));
}

static void is_whole(const catalogue *c)
{
    shows(c, "SELECT what || ' ' || count(*) FROM log GROUP BY what ORDER BY what",
          "a1 1\nb1 1\nc1 1\nc2 1\nd1 1\nd2 1\nd3 1\ne1 1\ng1 1\ng2 1");
    noted(c, "a1 applied 0 0\nb1 applied 0 0\nc1 applied 0 0\nd1 applied 0 0\ne1 applied 0 0\nf1 applied 0 0\ng1 applied 0 0");
    shows(c, "SELECT count(*) || ' ' || max(name) FROM q JOIN p ON p.id = q.p_id", "3 x");
    if (c->postgres)
        shows(c, "SELECT count(*) FROM pg_index WHERE NOT indisvalid", "0");
    else
        shows(c, "PRAGMA integrity_check", "ok");
}

/* In a child: upgrades and exits. */
static void upgrade_in_child(const catalogue *c, const char *folder)
{
    weft_engine *engine;
    weft_migrate *migrate;
    weft_error error = {0};
    weft_engine_options of_engine = {.pool = {.size = 1}};
    weft_migrate_options options = {.folder = folder, .lock_wait_ms = 120000};
    weft_status status = weft_engine_open(&engine, c->database.url, &of_engine, &error);
    if (status == WEFT_OK)
        status = weft_migrate_open(&migrate, engine, &options, &error);
    if (status == WEFT_OK)
        status = weft_migrate_upgrade(migrate, "head", &error);
    if (status != WEFT_OK)
        fprintf(stderr, "%s: %s\n", weft_status_name(status), error.message);
    _exit(status == WEFT_OK ? 0 : 1);
}

static pid_t start(const catalogue *c, const char *folder)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        upgrade_in_child(c, folder);
    return child;
}

static void many_at_once_apply_each_revision_once(void **state)
{
    const catalogue *c = *state;
    enum { COUNT = 50 };
    char folder[512];
    pid_t children[COUNT];
    write_history(c, folder);
    for (int i = 0; i < COUNT; i++)
        children[i] = start(c, folder);
    int failed = 0;
    for (int i = 0; i < COUNT; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        failed += status != 0;
    }
    assert_int_equal(failed, 0);
    is_whole(c);
}

static void pause_us(long us)
{
    struct timespec left = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    nanosleep(&left, NULL);
}

static void forget_all(const catalogue *c)
{
    test_database_exec(&c->database, "DROP TABLE IF EXISTS log");
    test_database_exec(&c->database, "DROP TABLE IF EXISTS e");
    test_database_exec(&c->database, "DROP TABLE IF EXISTS q");
    test_database_exec(&c->database, "DROP TABLE IF EXISTS p");
    test_database_exec(&c->database, "DROP TABLE IF EXISTS weft_version");
}

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void ends_well(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* How far it came, as one number: what is noted. */
static size_t how_far(const catalogue *c)
{
    size_t sum = 0;
    if (!has_table(c, "weft_version"))
        return 0;
    char *rows = test_database_rows(&c->database, "SELECT revision || state || steps || begun FROM weft_version ORDER BY revision");
    for (const char *at = rows; *at != '\0'; at++)
        sum = sum * 31 + (unsigned char)*at;
    free(rows);
    return sum;
}

/* Nothing of a process that is gone: settings, locks, tables made for a while. */
static void leaves_nothing(const catalogue *c)
{
    if (c->postgres) {
        shows(
            c,
            "SELECT count(*) FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = current_database()",
            "0");
        shows(c,
              "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND "
              "database = (SELECT oid FROM pg_database WHERE datname = current_database())",
              "0");
        shows(c,
              "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY relname",
              "e\nlog\np\nq\nweft_version");
    } else {
        shows(c, "PRAGMA journal_mode", "wal");
        shows(c, "PRAGMA foreign_key_check", "");
        shows(c, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", "e\nlog\np\nq\nweft_version");
    }
}

static void the_next_upgrade_completes_what_a_killed_one_began(void **state)
{
    const catalogue *c = *state;
    enum { MOST = 64 };
    const int rounds = getenv("WEFT_TEST_LONG") != NULL ? 200 : 8;
    char folder[512];
    unsigned seed = 11;
    size_t places[MOST], met = 0;
    write_history(c, folder);
    double begun = now_us();
    ends_well(start(c, folder));
    const double whole = now_us() - begun; /* of one that nobody kills */
    is_whole(c);
    forget_all(c);
    /* As many rounds as it takes to have been stopped at several places, too. */
    for (int round = 0; round < rounds || (met < 4 && round < 40 * rounds); round++) {
        pid_t children[3];
        const int processes = round % 3 == 0 ? 3 : 1;
        for (int i = 0; i < processes; i++)
            children[i] = start(c, folder);
        for (int i = 0; i < processes; i++) {
            seed = seed * 1103515245u + 12345u;
            pause_us((long)(whole * 1.1 * (double)(seed >> 16) / 65536.0));
            kill(children[i], SIGKILL);
        }
        for (int i = 0; i < processes; i++)
            assert_int_equal(waitpid(children[i], NULL, 0), children[i]);
        const size_t place = how_far(c);
        size_t at = 0;
        while (at < met && places[at] != place)
            at++;
        if (at == met && met < MOST)
            places[met++] = place;
        ends_well(start(c, folder));
        is_whole(c);
        leaves_nothing(c);
        forget_all(c);
    }
    print_message("killed at %zu places\n", met);
    assert_true(met >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(many_at_once_apply_each_revision_once),
        ON_BOTH(the_next_upgrade_completes_what_a_killed_one_began),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
