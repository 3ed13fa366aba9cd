/* Programs that are written as a reader of the headers would write them, of all that Core has: what they send is kept for both
 * databases in reports/sent, what they read and print was worked out by hand from the rows of models.c. */
#include "programs.h"

#define PROGRAMS_SEE
#include "shop.h"

REPORTS(programs, shop, shop_rows);

#define PROGRAM(name, read, printed) \
    void name(weft_session *s); \
    static void run_##name(void **state) { program_check(*state, name, (read), (printed)); } \
    struct fixture
#define ON(name) REPORT_ON_BOTH(run_##name)

PROGRAM(p01_cte, "Ada|1300.50; Cyd|1300.50\n", "Ada 1300.50\nCyd 1300.50\n");
PROGRAM(p02_tree, "7|all|0; 9|books|1; 8|tools|1; 10|saws|2; 12|fine|3; 13|finer|4; 14|finest|5\n",
        "all\n books\n tools\n  saws\n   fine\n    finer\n     finest\n");
PROGRAM(p03_alias, "Bob|Ada\n2|Bob|1|120.00|2020-08-26; 3|Cyd|1|90.50|2017-01-01\n", "Bob > Ada\nBob\nCyd\n");
PROGRAM(p04_windows,
        "north|700.00|700.00|1|245.00; north|40.00|740.00|3|159.00; north|600.50|1340.50|2|232.5833; south|5.00|5.00|7|5.00; "
        "south|30.00|35.00|5|17.50; south|20.00|55.00|6|188.75; south|300.00|355.00|2|242.2143; south|500.00|855.00|1|312.9286; "
        "south|100.00|955.00|4|322.9286; south|250.00|1205.00|3|258.6429\n",
        "north 700.00 700.00 1\nnorth 40.00 740.00 3\nnorth 600.50 1340.50 2\nsouth 5.00 5.00 7\nsouth 30.00 35.00 5\nsouth 20.00 "
        "55.00 6\nsouth 300.00 355.00 2\nsouth 500.00 855.00 1\nsouth 100.00 955.00 4\nsouth 250.00 1205.00 3\n");
PROGRAM(p05_subqueries, "Ada|2026-11-03 09:00; Bob|2026-11-20 12:00\n", "2\n");
PROGRAM(p06_sets, "Dan|best paid; Eve|silent\n", "Dan best paid\nEve silent\n");
PROGRAM(p07_values, "X2|1|0; X9|12|-\n", "X2 1 0\nX9 12 0\n");
PROGRAM(p09_calendar,
        "2026-11-01 00:00|0; 2026-11-02 00:00|0; 2026-11-03 00:00|2; 2026-11-04 00:00|0; 2026-11-05 00:00|0; 2026-11-06 00:00|0; "
        "2026-11-07 00:00|0; 2026-11-08 00:00|0; 2026-11-09 00:00|0; 2026-11-10 00:00|2; 2026-11-11 00:00|0; 2026-11-12 00:00|0; "
        "2026-11-13 00:00|0; 2026-11-14 00:00|0; 2026-11-15 00:00|0; 2026-11-16 00:00|0; 2026-11-17 00:00|0; 2026-11-18 00:00|0; "
        "2026-11-19 00:00|0; 2026-11-20 00:00|1; 2026-11-21 00:00|0; 2026-11-22 00:00|0; 2026-11-23 00:00|0; 2026-11-24 00:00|0; "
        "2026-11-25 00:00|0; 2026-11-26 00:00|0; 2026-11-27 00:00|0; 2026-11-28 00:00|0; 2026-11-29 00:00|0; 2026-11-30 00:00|0\n",
        "0\n0\n2\n0\n0\n0\n0\n0\n0\n2\n0\n0\n0\n0\n0\n0\n0\n0\n0\n1\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n");
PROGRAM(p10_distinct_on, "1|40.00; 2|100.00; 3|600.50; 7|250.00\nsouth|4|Bob, Dan\n", "4 1\n");
PROGRAM(
    p12_grouping,
    "-|-|2545.50|1; north|-|1340.50|0; north|paid|1300.50|0; north|sent|40.00|0; south|-|1205.00|0; south|done|30.00|0; "
    "south|paid|920.00|0; south|unpaid|250.00|0; south|void|5.00|0\n-|-|2545.50|1; north|-|1340.50|0; north|paid|1300.50|0; "
    "north|sent|40.00|0; south|-|1205.00|0; south|done|30.00|0; south|paid|920.00|0; south|unpaid|250.00|0; south|void|5.00|0\n",
    "9 9\n");
PROGRAM(p13_literal, "10|7|paid|500.00|2026-11-10 23:59; 6|7|unpaid|250.00|2999-01-01 00:00; 8|7|void|5.00|1970-01-01 00:00\n",
        "3\n");
PROGRAM(p15_statement, "Ada|700.00; Cyd|600.50\n", "Ada 700.00\nCyd 600.50\n");
PROGRAM(p16_text, "1|west; 2|north; 2|south\n1|Ada|north|36|true\n1|x\n", "1\nnorth 2\nsouth 2\nwest 1\n");
PROGRAM(p17_json, "X1|-; X1|30\nX1|c; X1|cotton; X9|cups\n", "2 3\n");
PROGRAM(p24_keep, "1|Ada|north|36|true\n", "1\n");
PROGRAM(p25_cohorts, "1970-01-01 00:00|1|0; 2026-10-01 00:00|2|2; 2026-11-01 00:00|1|0\n-|5; 1|1; 1|2; 1|4; 2|3; 3|-\n", "3\n");

/* What lies beyond the last bucket, each database says in the words of its own that the program has for it. */
void p14_buckets(weft_session *s);
static void run_p14_buckets(void **state)
{
    fixture *f = *state;
    if (f->postgres)
        program_check(f, p14_buckets, "1|4; 2|1; 3|1; 4|1; 6|3\n", "1 4\n2 1\n3 1\n4 1\n6 3\n");
    else
        program_check(f, p14_buckets, "1|4; 2|1; 3|1; 4|1; 6|1; 7|1; 8|1\n", "1 4\n2 1\n3 1\n4 1\n6 1\n7 1\n8 1\n");
}

/* ---- with posts, whose tags the databases write in their own ways ---- */

static int open_with_posts(void **state, test_backend backend)
{
    static const char *const tags[][5] = {{"orm", "c"}, {"orm", "sql", "c"}, {"orm", "c", "a", "b", "d"}, {"c"}};
    static const size_t counts[] = {2, 3, 5, 1};
    const int failed = report_open(state, backend, &shop, shop_rows, "programs");
    fixture *f = *state;
    for (int i = 1; i <= 22; i++) {
        char title[16];
        const bool tagged = i >= 3 && i <= 6;
        (void)snprintf(title, sizeof title, "post %d", i);
        weft_new(f->s, Post, .id = i, .created = {INT64_C(1767225600000000) + (i / 2) * INT64_C(86400000000)},
                 .title = weft_text(f->s, title), .tags = {tags[tagged ? i - 3 : 0], tagged ? counts[i - 3] : 0});
    }
    commit_ok(f->s);
    weft_session_clear(f->s);
    test_recorder_clear(f->recorder);
    return failed;
}

static int sqlite_with_posts(void **state) { return open_with_posts(state, TEST_SQLITE); }
static int postgres_with_posts(void **state) { return open_with_posts(state, TEST_POSTGRES); }
#define WITH_POSTS(name) \
    REPORT_ON_(run_##name, "SQLite", sqlite_with_posts), REPORT_ON_(run_##name, "PostgreSQL", postgres_with_posts)

PROGRAM(p11_pages,
        "22|2026-01-12 00:00|post 22|; 21|2026-01-11 00:00|post 21|; 20|2026-01-11 00:00|post 20|; 19|2026-01-10 00:00|post 19|; "
        "18|2026-01-10 00:00|post 18|; 17|2026-01-09 00:00|post 17|; 16|2026-01-09 00:00|post 16|; 15|2026-01-08 00:00|post 15|; "
        "14|2026-01-08 00:00|post 14|; 13|2026-01-07 00:00|post 13|; 12|2026-01-07 00:00|post 12|; 11|2026-01-06 00:00|post 11|; "
        "10|2026-01-06 00:00|post 10|; 9|2026-01-05 00:00|post 9|; 8|2026-01-05 00:00|post 8|; 7|2026-01-04 00:00|post 7|; "
        "6|2026-01-04 00:00|post 6|c; 5|2026-01-03 00:00|post 5|orm,c,a,b,d; 4|2026-01-03 00:00|post 4|orm,sql,c; 3|2026-01-02 "
        "00:00|post 3|orm,c\n2|2026-01-02 00:00|post 2|; 1|2026-01-01 00:00|post 1|\n",
        "");
void p18_arrays(weft_session *s);
static void run_p18_arrays(void **state)
{
    fixture *f = *state;
    program_check(
        f, p18_arrays,
        "3|2026-01-02 00:00|post 3|orm,c; 4|2026-01-03 00:00|post 4|orm,sql,c\nAda|1,2; Bob|4,5,9; Cyd|3; Dan|6,7,8,10; Eve|\n",
        "1\n10\n2\n2\n3\n4\n5\n6\n7\n8\n9\n");
    commit_ok(f->s);
    assert_rows(f, "SELECT tags FROM post WHERE id = 3", f->postgres ? "{c,sql}" : "[\"c\",\"sql\"]");
}

/* ---- a table that no struct describes ---- */

void p20_audit(weft_session *s);
static void run_p20_audit(void **state)
{
    fixture *f = *state;
    char printed[64];
    test_database_exec(&f->database,
                       f->postgres
                           ? "CREATE TABLE legacy_audit (id bigint PRIMARY KEY, actor text NOT NULL, \"at\" timestamptz)"
                           : "CREATE TABLE legacy_audit (id INTEGER PRIMARY KEY, actor TEXT NOT NULL, \"at\" TIMESTAMP_TEXT)");
    test_database_exec(&f->database,
                       "INSERT INTO legacy_audit (id, actor, \"at\") VALUES (1, 'Ada', '2999-01-01 00:00:00.000000'), "
                       "(2, 'Ada', '2999-02-01 00:00:00.000000'), (3, 'Bob', '2020-01-01 00:00:00.000000'), "
                       "(4, 'nobody', '2999-01-01 00:00:00.000000')");
    assert_non_null(weft_session_table(f->s, "legacy_audit")); /* which the engine keeps: the program asks for nothing */
    test_recorder_clear(f->recorder);
    (void)snprintf(printed, sizeof printed, "1\n%d\n%d\n%d\n%d\n", WEFT_TIMESTAMP, WEFT_TIMESTAMP, WEFT_TIMESTAMP, WEFT_TIMESTAMP);
    program_check(f, p20_audit, "Ada|2\n", printed);
}

/* ---- what one database lacks ---- */

void p08_lateral(weft_session *s);
static void run_p08_lateral(void **state)
{
    fixture *f = *state;
    if (f->postgres) {
        program_check(f, p08_lateral,
                      "Ada|2|40.00; Ada|1|700.00; Bob|5|100.00; Bob|4|300.00; Bob|9|20.00; Cyd|3|600.50; "
                      "Dan|6|250.00; Dan|10|500.00; Dan|7|30.00; Eve|-|-\n",
                      "Ada 40.00\nAda 700.00\nBob 100.00\nBob 300.00\nBob 20.00\nCyd 600.50\nDan 250.00\nDan 500.00\nDan "
                      "30.00\nEve (null)\n");
        return;
    }
    p08_lateral(f->s);
    assert_message(f->s, "number the rows by weft_row_number in a weft_cte");
    assert_refused(f->s, WEFT_ERROR_UNSUPPORTED);
}

void p23_archive(weft_session *s);
static void run_p23_archive(void **state)
{
    fixture *f = *state;
    if (!f->postgres) {
        p23_archive(f->s);
        assert_refused(f->s, WEFT_ERROR_UNSUPPORTED);
        return;
    }
    test_database_exec(&f->database, "DELETE FROM item WHERE order_id = 8");
    program_check(f, p23_archive, "", "1\n");
    commit_ok(f->s);
    assert_rows(f, "SELECT id, customer_id, total FROM order_archive", "8|7|5.00");
    assert_rows(f, "SELECT count(*) FROM orders", "9");
}

/* ---- what is written ---- */

void p19_money(weft_session *s);
static void run_p19_money(void **state)
{
    fixture *f = *state;
    program_check(
        f, p19_money,
        "1|1|X1|2|12000|{\"size\": {\"width\": 30}, \"tags\": [\"cotton\", \"new\", \"c\"], \"colour\": \"red\"}; "
        "3|3|X2|5|10000|{\"colour\": \"red\"}; 5|8|X9|1|15000|{\"size\": {}, \"tags\": [\"cups\"], \"colour\": \"blue\"}\n",
        "10000\n12000\n15000\n");
    commit_ok(f->s);
    assert_rows(f, "SELECT id, price FROM item ORDER BY id", "1|999\n2|999\n3|10000\n4|999\n5|15000");
}

void p21_upsert(weft_session *s);
static void run_p21_upsert(void **state)
{
    fixture *f = *state;
    if (f->postgres) {
        program_check(f, p21_upsert, "", "");
        commit_ok(f->s);
        assert_rows(f, "SELECT id, sku, qty FROM stock ORDER BY id", "1|X1|17\n3|X7|3"); /* 10 + 4 + 3; 0 - 9 is not kept */
        return;
    }
    p21_upsert(f->s);
    assert_message(f->s, "no MERGE: an INSERT with .on_conflict inserts or updates");
    assert_refused(f->s, WEFT_ERROR_UNSUPPORTED);
}

void p22_move(weft_session *s);
static void run_p22_move(void **state)
{
    fixture *f = *state;
    program_check(f, p22_move, "X1|4; X2|-5\n", "2\n");
    commit_ok(f->s);
    assert_rows(f, "SELECT id FROM order_archive ORDER BY id", "1\n2\n3\n4\n5\n7\n8\n9\n10"); /* all but that of 2999 */
    assert_rows(f, "SELECT sku, qty FROM stock ORDER BY sku", "X1|4\nX2|-5\nX7|3");
    assert_rows(f, "SELECT id FROM item ORDER BY id", "1\n2\n3\n4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON(p01_cte),        ON(p02_tree),           ON(p03_alias),         ON(p04_windows),
                                       ON(p05_subqueries), ON(p06_sets),           ON(p07_values),        ON(p08_lateral),
                                       ON(p09_calendar),   ON(p10_distinct_on),    WITH_POSTS(p11_pages), ON(p12_grouping),
                                       ON(p13_literal),    ON(p14_buckets),        ON(p15_statement),     ON(p16_text),
                                       ON(p17_json),       WITH_POSTS(p18_arrays), ON(p19_money),         ON(p20_audit),
                                       ON(p21_upsert),     ON(p22_move),           ON(p23_archive),       ON(p24_keep),
                                       ON(p25_cohorts)};
    return cmocka_run_group_tests_name("programs", tests, NULL, NULL);
}
