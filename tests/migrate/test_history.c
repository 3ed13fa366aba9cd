/* Reading revisions: what a file says, what is wrong with it and where, and what the targets mean. */
#define _GNU_SOURCE
#include "fixtures/catalogue.h"

#include "revisions.h"

#include "base/memory.h"
#include "migrate/history.h"

#include <sqlite3.h>

static const wefti_migrate_dialect *dialect_of(const char *name) { return wefti_migrate_dialect_of(name, strlen(name)); }

/* ---- one file ---- */

static weft_status read_text(const char *driver, const char *text, wefti_arena *arena, wefti_revision *revision, weft_error *error)
{
    *error = (weft_error){0};
    return wefti_file_read(dialect_of(driver), arena, "a.sql", text, strlen(text), NULL, revision, error);
}

static void add_steps(wefti_text *text, const wefti_steps *steps)
{
    if (!steps->present)
        wefti_text_add(text, "absent");
    for (size_t i = 0; i < steps->count; i++) {
        const wefti_step *s = &steps->items[i];
        wefti_text_add_format(text, "%s%d%s%s%s%s<%s>", i > 0 ? " " : "", s->line, s->call ? " call" : "",
                              s->no_transaction ? " outside" : "", s->destructive ? " destructive" : "",
                              s->boundary ? " boundary" : "", s->sql);
    }
}

/* "up steps | down steps" */
static void reads_as(const char *driver, const char *body, const char *expected)
{
    wefti_arena arena;
    wefti_revision revision;
    weft_error error;
    wefti_text text, found;
    wefti_arena_init(&arena, 0);
    wefti_text_init(&text, 0);
    wefti_text_init(&found, 0);
    wefti_text_add_format(&text, "-- revision: a1\n-- parents: none\n%s", body);
    if (read_text(driver, text.data, &arena, &revision, &error) != WEFT_OK) {
        wefti_text_add(&found, error.message);
    } else {
        add_steps(&found, &revision.up);
        wefti_text_add(&found, " | ");
        add_steps(&found, &revision.down);
    }
    assert_string_equal(found.data, expected);
    wefti_text_deinit(&found);
    wefti_text_deinit(&text);
    wefti_arena_deinit(&arena);
}

static void a_file_says_what_is_done_on_each_database(void **state)
{
    (void)state;
    const char *body = "-- up\nCREATE TABLE a (x int);\nCREATE TABLE b (x int);\n"
                       "-- up postgresql\n-- no transaction\nCREATE INDEX CONCURRENTLY i ON a (x);\n"
                       "-- call fill\n-- up sqlite\nCREATE INDEX i ON a (x);\n"
                       "-- down\n-- destructive\nDROP TABLE b;\nDROP TABLE a\n";
    reads_as("postgresql", body,
             "4<CREATE TABLE a (x int)> 5<CREATE TABLE b (x int)> 8 outside<CREATE INDEX CONCURRENTLY i ON a (x)> 9 call<fill>"
             " | 14 destructive<DROP TABLE b> 15<DROP TABLE a>");
    reads_as("sqlite", body,
             "4<CREATE TABLE a (x int)> 5<CREATE TABLE b (x int)> 11<CREATE INDEX i ON a (x)> | 14 destructive<DROP TABLE b> "
             "15<DROP TABLE a>");
    reads_as("sqlite", "-- up postgresql\nSELECT 1;\n-- down sqlite\n", "absent | ");
    reads_as("postgresql", "--up\r\nSELECT 1;\r\n--DOWN\r\n", "4<SELECT 1> | ");
    reads_as("postgresql", "-- up\nALTER TYPE mood ADD VALUE 'new';\nSELECT 1;\n",
             "4 boundary<ALTER TYPE mood ADD VALUE 'new'> 5<SELECT 1> | absent");
}

static void statements_end_where_the_database_ends_them(void **state)
{
    (void)state;
    reads_as("postgresql",
             "-- up\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS $x$ SELECT 1; -- up\n$x$;SELECT ';' /* ; /* -- down */ ; */;;",
             "4<CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $x$ SELECT 1; -- up\n$x$> 5<SELECT ';'> | absent");
    reads_as(
        "postgresql",
        "-- up\nCREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3;",
        "4<CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END> 4<SELECT 3> | absent");
    reads_as("postgresql", "-- up\nCREATE RULE r AS ON INSERT TO a DO (SELECT 1; SELECT 2);SELECT E'\\';';",
             "4<CREATE RULE r AS ON INSERT TO a DO (SELECT 1; SELECT 2)> 4<SELECT E'\\';'> | absent");
    reads_as("sqlite",
             "-- up\nCREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE WHEN 1 THEN 2 END; SELECT 1; END;\nSELECT [;], `;`, "
             "\";\";",
             "4<CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN SELECT CASE WHEN 1 THEN 2 END; SELECT 1; END> 5<SELECT [;], `;`, "
             "\";\"> | absent");
    reads_as("sqlite", "-- up\nSELECT 1; /* ; */ -- ;\n", "4<SELECT 1> | absent");
}

typedef struct mistake {
    const char *driver, *text, *message;
} mistake;

static void are_told(const mistake *mistakes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        wefti_arena arena;
        wefti_revision revision;
        weft_error error;
        wefti_arena_init(&arena, 0);
        weft_status status = read_text(mistakes[i].driver, mistakes[i].text, &arena, &revision, &error);
        if (status != WEFT_ERROR_DATA || strncmp(error.message, mistakes[i].message, strlen(mistakes[i].message)) != 0)
            fail_msg("%s\ngives %s: %s\ninstead of %s", mistakes[i].text, weft_status_name(status), error.message,
                     mistakes[i].message);
        wefti_arena_deinit(&arena);
    }
}

static void a_mistake_is_told_by_file_and_line(void **state)
{
    (void)state;
    static const mistake mistakes[] = {
        {"sqlite", "-- parents: none\n-- up\n", "a.sql:1: there is no line \"-- revision: ID\""},
        {"sqlite", "-- revision: a1\n-- up\n", "a.sql:1: there is no line \"-- parents: ID, …\""},
        {"sqlite", "-- revision: a1\n-- parent: b\n", "a.sql:2: there is no directive \"parent\""},
        {"sqlite", "-- revision: a-1\n", "a.sql:1: \"a-1\" is no id"},
        {"sqlite", "-- revision: head\n", "a.sql:1: \"head\" is no id"},
        {"sqlite", "-- revision: a1\n-- revision: a2\n", "a.sql:2: \"-- revision:\" stands twice"},
        {"sqlite", "-- revision: a1\n-- parents:\n", "a.sql:2: nothing is named here"},
        {"sqlite", "-- revision: a1\n-- parents: none\nSELECT 1;\n-- up\n", "a.sql:3: a statement before the first \"-- up\""},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up mysql\n",
         "a.sql:3: \"mysql\" is no database: postgresql and sqlite are"},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up:\n", "a.sql:3: "},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up\n\nBEGIN;\n", "a.sql:5: this begins or ends a transaction"},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up\nSELECT\n-- no transaction\n1;", "a.sql:4: a directive stands within"},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up\n-- no-transaction\nSELECT 1;",
         "a.sql:4: \"-- no-transaction\" is no directive"},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up\n-- no transaction\n-- down\n", "a.sql:4: no statement follows"},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up\n-- no transaction\n", "a.sql:4: no statement follows"},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up\nSELECT 'x;\nSELECT 2;\n",
         "a.sql:4: this has a quote that nothing closes"},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up\nSELECT 1; /* x\n", "a.sql:4: a comment that nothing closes"},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up\nCREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1;\n",
         "a.sql:4: this does not end"},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up\n.tables\n", "a.sql:4: this is a command of the database's shell"},
        {"postgresql", "-- revision: a1\n-- parents: none\n-- up\n\\d\n", "a.sql:4: this is a command of the database's shell"},
        {"postgresql", "-- revision: a1\n-- parents: none\n-- up\nSELECT (1;\n-- down\n", "a.sql:4: this does not end"},
        {"postgresql", "-- revision: a1\n-- parents: none\n-- up\nSELECT $a$ x;\n",
         "a.sql:4: this has a quote that nothing closes"},
        {"postgresql", "-- revision: a1\n-- parents: none\n-- up\nCOPY a FROM STDIN;\n1\n\\.\n",
         "a.sql:4: this reads rows from the script"},
        {"postgresql", "-- revision: a1\n-- parents: none\n-- up\nCREATE INDEX CONCURRENTLY i ON a (x);\n",
         "a.sql:4: this cannot run within"},
        {"postgresql", "-- revision: a1\n-- parents: none\n-- up\nVACUUM a;\n", "a.sql:4: this cannot run within"},
        {"sqlite", "-- revision: a1\n-- parents: none\n<<<<<<< HEAD\n", "a.sql:3: a conflict of a merge"},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up\nSELECT '\xff';\n", "a.sql:4: the text is not UTF-8"},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up\n-- rebuild t\nALTER TABLE t ADD x;\n",
         "a.sql:5: \"-- rebuild t\" wants \"CREATE TABLE t ("},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up\n-- rebuild t\nCREATE TABLE u (x);\n", "a.sql:5: \"-- rebuild t\""},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up\n-- rebuild t\nCREATE TABLE t AS SELECT 1;\n", "a.sql:5: "},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up\n-- rebuild t\nCREATE TEMP TABLE t (x);\n", "a.sql:5: "},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up\n-- rebuild t\n-- call f\n", "a.sql:4: \"-- rebuild\" wants"},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up\n-- rebuild t\n-- down\n", "a.sql:4: no statement follows"},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up\n-- no transaction\n-- rebuild t\nCREATE TABLE t (x);\n",
         "a.sql:5: a table is built anew within a transaction"},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- rebuild t\n-- up\n", "a.sql:3: a directive of a statement before"},
        {"postgresql", "-- revision: a1\n-- parents: none\n-- up\n-- rebuild t\nCREATE TABLE t (x int);\n",
         "a.sql:4: postgresql alters tables in place"},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up postgresql\n-- rebuild t\nCREATE TABLE t (x int);\n",
         "a.sql:4: postgresql alters tables in place"},
        {"postgresql", "-- revision: a1\n-- parents: none\n-- up sqlite\n-- rebuild t\nDROP TABLE t;\n", "a.sql:5: "},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- up\n-- parents: x\n", "a.sql:4: \"-- parents: x\" is no directive here"},
        {"sqlite", "-- revision: a1\n-- parents: none\n-- call f\n", "a.sql:3: \"-- call\" before the first"},
        {"sqlite", "", "a.sql:1: there is no line"},
    };
    are_told(mistakes, sizeof mistakes / sizeof mistakes[0]);
}

#define UP "-- revision: a1\n-- parents: none\n-- up\nSELECT 1;\n"
static void what_looks_like_a_directive_is_told(void **state)
{
    (void)state;
    static const mistake mistakes[] = {
        {"sqlite", UP "-- donw\nDROP TABLE a;\n", "a.sql:5: \"-- donw\" is no directive here, but looks like one"},
        {"sqlite", UP "-- Dow sqlite\nDROP TABLE a;\n", "a.sql:5: \"-- Dow sqlite\" is no directive"},
        {"sqlite", UP "-- down sqlite, postgresql\nDROP TABLE a;\n", "a.sql:5: \"-- down sqlite, postgresql\" is no directive"},
        {"sqlite", UP "-- upp postgresql\nDROP TABLE a;\n", "a.sql:5: \"-- upp postgresql\" is no directive"},
        {"sqlite", UP "-- +goose Down\nDROP TABLE a;\n", "a.sql:5: \"-- +goose Down\" is no directive"},
        {"sqlite", UP "-- migrate:down\nDROP TABLE a;\n", "a.sql:5: \"-- migrate:down\" is no directive"},
        {"sqlite", UP "-- downgrade\nDROP TABLE a;\n", "a.sql:5: \"-- downgrade\" is no directive"},
        {"sqlite", UP "-- distructive\nDROP TABLE a;\n", "a.sql:5: \"-- distructive\" is no directive"},
        {"sqlite", UP "-- destructive:\nDROP TABLE a;\n", "a.sql:5: \"-- destructive:\" is no directive"},
        {"sqlite", UP "-- rebuild: a\nCREATE TABLE a (x);\n", "a.sql:5: \"-- rebuild: a\" is no directive"},
        {"sqlite", UP "-- rebiuld a\nCREATE TABLE a (x);\n", "a.sql:5: \"-- rebiuld a\" is no directive"},
        {"postgresql", UP "-- no transacton\nVACUUM;\n", "a.sql:5: \"-- no transacton\" is no directive"},
        {"sqlite", "-- revison: a1\n", "a.sql:1: there is no directive \"revison\""},
        {"sqlite", "-- revision: a1\n-- depend-on: b1\n", "a.sql:2: there is no directive \"depend-on\""},
        {"sqlite", "-- revision: a1\n-- messsage: b1\n", "a.sql:2: there is no directive \"messsage\""},
    };
    are_told(mistakes, sizeof mistakes / sizeof mistakes[0]);
}

/* Words that are near to one of a directive, in sentences. */
static void comments_are_no_directives(void **state)
{
    (void)state;
    static const char *const comments[] = {"-- up to here nothing is lost",
                                           "-- down the road",
                                           "-- rebuilt tables come later on",
                                           "-- all rooms",
                                           "-- call it a day, says Don",
                                           "-- note: up",
                                           "-- instructions",
                                           "-- no transactions are needed",
                                           "--",
                                           "-- upload",
                                           "-- known"};
    for (size_t i = 0; i < sizeof comments / sizeof comments[0]; i++) {
        wefti_arena arena;
        wefti_revision revision;
        weft_error error;
        char text[200];
        snprintf(text, sizeof text, "-- revision: a1\n-- parents: none\n-- author: me\n-- up\n%s\nSELECT 1;\n%s\n-- down\n",
                 comments[i], comments[i]);
        wefti_arena_init(&arena, 0);
        if (read_text("sqlite", text, &arena, &revision, &error) != WEFT_OK)
            fail_msg("%s: %s", comments[i], error.message);
        assert_int_equal(revision.up.count, 1);
        assert_int_equal(revision.down.count, 0);
        wefti_arena_deinit(&arena);
    }
}

static uint64_t sum_of(const char *body)
{
    wefti_arena arena;
    wefti_revision revision;
    weft_error error;
    uint64_t sums[2];
    char text[1024];
    snprintf(text, sizeof text, "-- revision: a1\n-- parents: none\n%s", body);
    for (int i = 0; i < 2; i++) {
        wefti_arena_init(&arena, 0);
        if (read_text(i == 0 ? "sqlite" : "postgresql", text, &arena, &revision, &error) != WEFT_OK)
            fail_msg("%s", error.message);
        sums[i] = revision.checksum;
        wefti_arena_deinit(&arena);
    }
    assert_true(sums[0] == sums[1]);
    return sums[0];
}

static void the_checksum_is_of_what_is_run(void **state)
{
    (void)state;
    uint64_t sum = sum_of("-- up\nSELECT 'a\nb', 1;\n-- down\n");
    assert_true(sum == sum_of("-- up\r\n\r\n-- why\r\nSELECT  'a\r\nb' , /* one */ 1;\r\n\r\n-- down\r\n"));
    assert_true(sum == sum_of("-- message: x\n-- up\nSELECT 'a\nb', 1;\n-- down\n"));
    assert_true(sum != sum_of("-- up\nSELECT 'a\n b', 1;\n-- down\n"));
    assert_true(sum != sum_of("-- up\nSELECT 'a\nb', 2;\n-- down\n"));
    assert_true(sum != sum_of("-- up\nSELECT 'a\nb', 1;\n"));
    assert_true(sum != sum_of("-- up sqlite\nSELECT 'a\nb', 1;\n-- down\n"));
    assert_true(sum != sum_of("-- up\n-- no transaction\nSELECT 'a\nb', 1;\n-- down\n"));
    assert_true(sum_of("-- up\nSELECT 1;\nSELECT 2;\n") != sum_of("-- up\nSELECT 1\nSELECT 2;\n"));
}

static void triggers_end_as_sqlite_says(void **state)
{
    (void)state;
    static const char *const words[] = {"CREATE",  "TEMP", "TRIGGER", "BEGIN", "END",    ";",       "SELECT",   "x",
                                        "EXPLAIN", "';'",  "[;]",     "case",  "-- ;\n", "/* ; */", "temporary"};
    unsigned seed = 7;
    for (int round = 0; round < 20000; round++) {
        char text[256] = "";
        int count = (int)(seed % 12) + 1;
        for (int i = 0; i < count; i++) {
            seed = seed * 1103515245u + 12345u;
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s ",
                     words[(seed >> 16) % (sizeof words / sizeof words[0])]);
        }
        const char *at = text;
        wefti_piece piece;
        while (wefti_split_next(&wefti_split_sqlite, &at, &piece)) {
            char *part = strndup(piece.begin, (size_t)(at - piece.begin));
            assert_int_equal(sqlite3_complete(part), !piece.open);
            for (char *end = strchr(part, ';'); !piece.open && end != NULL && end[1] != '\0'; end = strchr(end + 1, ';')) {
                char kept = end[1]; /* and no earlier */
                end[1] = '\0';
                assert_false(sqlite3_complete(part));
                end[1] = kept;
            }
            free(part);
        }
    }
}

/* ---- a history ---- */

#define R(...) (&(const weft_migration){.up = step, .down = step, .id = __VA_ARGS__})
#define OF(...) weft_migration_ids(__VA_ARGS__)

static weft_status step(weft_ops *ops, weft_connection *connection, void *user, weft_error *error)
{
    (void)ops, (void)connection, (void)user, (void)error;
    return WEFT_OK;
}

/* a1 - b1 - c1 - m1 - n1
 *    \ b2 ------/        x1 (shop) - x2, which depends on b1 */
static const weft_migration *const forked_items[] = {
    R("n1", .parents = OF("m1")),
    R("m1", .parents = OF("c1", "b2")),
    R("x2", .parents = OF("x1"), .depends_on = OF("b1")),
    R("c1", .parents = OF("b1")),
    R("b1", .parents = OF("a1")),
    R("b2", .parents = OF("a1")),
    R("a1", .parents = NULL),
    R("x1", .parents = NULL, .labels = OF("shop")),
};

static wefti_history forked(void)
{
    wefti_history history;
    weft_error error = {0};
    if (wefti_history_read(&history, dialect_of("sqlite"), &(weft_migrations){forked_items, 8}, NULL, NULL, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    return history;
}

static void names_of(const wefti_history *h, const bool *set, char names[256])
{
    *names = '\0';
    for (size_t i = 0; i < h->count; i++)
        if (set[i])
            snprintf(names + strlen(names), 256 - strlen(names), "%s%s", *names != '\0' ? " " : "", h->revisions[i].id);
}

/* What a target leads to, where the database has what `has` leads to. */
static void leads(const char *has, bool up, const char *target, const char *expected)
{
    wefti_history h = forked();
    bool applied[16] = {false}, set[16] = {false};
    weft_error error = {0};
    char names[512];
    for (char part[32]; *has != '\0'; has += strlen(part), has += *has == ' ') {
        snprintf(part, sizeof part, "%.*s", (int)strcspn(has, " "), has);
        assert_int_equal(wefti_target_up(&h, NULL, part, applied, &error), WEFT_OK);
    }
    weft_status status =
        up ? wefti_target_up(&h, applied, target, set, &error) : wefti_target_down(&h, applied, target, set, &error);
    for (size_t i = 0; i < h.count; i++)
        set[i] &= up ? !applied[i] : applied[i];
    names_of(&h, set, names);
    if (status != WEFT_OK)
        snprintf(names, sizeof names, "%s", error.message);
    if (strncmp(names, expected, strlen(expected)) != 0 || (status == WEFT_OK && strcmp(names, expected) != 0))
        fail_msg("%s gives: %s, instead of: %s", target, names, expected);
    wefti_history_free(&h);
}

static void a_history_is_put_in_order(void **state)
{
    (void)state;
    wefti_history h = forked();
    bool all[16], heads[16];
    char names[256];
    for (size_t i = 0; i < h.count; i++) {
        all[i] = true;
        heads[i] = h.revisions[i].head;
        for (size_t b = 0; b < h.revisions[i].before_count; b++)
            assert_true(h.revisions[i].before[b] < i);
    }
    names_of(&h, heads, names);
    assert_true(strcmp(names, "x2 n1") == 0 || strcmp(names, "n1 x2") == 0);
    names_of(&h, all, names);
    assert_int_equal(strlen(names), 8 * 3 - 1);
    wefti_history_free(&h);
}

static void targets_are_revisions(void **state)
{
    (void)state;
    leads("base", true, "a1", "a1");
    leads("base", true, "n", "a1 b1 c1 b2 m1 n1");
    leads("base", true, "head", "there is more than one head: ");
    leads("base", true, "heads", "a1 b1 c1 b2 m1 n1 x1 x2");
    leads("base", true, "shop@head", "a1 b1 x1 x2");
    leads("base", true, "shop", "x1");
    leads("base", true, "a1@head", "a1 b1 c1 b2 m1 n1");
    leads("base", true, "b", "\"b\" begins more than one revision: b");
    leads("base", true, "q", "no revision of the history is \"q\"");
    leads("base", true, "+1", "more than one revision can be next: a1 (migration a1), x1 (migration x1)");
    leads("base", true, "a1@+1", "a1");
    leads("a1", true, "shop@+2", "b1 x1 x2");
    leads("b1", true, "c1+1", "c1 b2 m1");
    leads("base", true, "c1-1", "a1 b1");
    leads("base", true, "a1-1", "");
    leads("base", true, "a1-2", "\"a1-2\" leads out of the history");
    leads("base", true, "m1-1", "there is more than one parent");
    leads("base", true, "a1+1", "more than one revision follows");
    leads("base", true, "shop@c1", "revision c1 is not of the branch shop");
    leads("base", true, "a1@head-1", "a1 b1 c1 b2 m1");
    leads("base", true, "+x", "\"+x\" is no target");
    leads("base", true, "", "\"\" is no target");
    leads("base", true, "@", "\"@\" is no target");
    leads("heads", true, "+1", "\"+1\" leads out of the history");
}

static void targets_say_what_is_undone(void **state)
{
    (void)state;
    leads("n1", false, "base", "a1 b1 c1 b2 m1 n1");
    leads("n1", false, "-1", "n1");
    leads("n1", false, "-2", "m1 n1");
    leads("n1", false, "-3", "the database is at more than one revision: ");
    leads("n1", false, "b1", "c1 m1 n1");
    leads("heads", false, "b1", "c1 m1 n1 x2");
    leads("heads", false, "-1", "the database is at more than one revision");
    leads("heads", false, "shop@-1", "x2");
    leads("heads", false, "shop@base", "x1 x2");
    leads("heads", false, "a1@base", "a1 b1 c1 b2 m1 n1 x2");
    leads("c1", false, "n1", "the database does not have revision n1");
    leads("c1", false, "c1-2", "b1 c1");
    leads("c1", false, "-9", "\"-9\" leads out of the history");
}

static void refuses(const char *message, const weft_migration *const *items, size_t count)
{
    wefti_history history;
    weft_error error = {0};
    assert_int_equal(wefti_history_read(&history, dialect_of("sqlite"), &(weft_migrations){items, count}, NULL, NULL, &error),
                     WEFT_ERROR_DATA);
    if (strncmp(error.message, message, strlen(message)) != 0)
        fail_msg("%s, instead of %s", error.message, message);
}
#define REFUSES(message, ...) \
    refuses(message, (const weft_migration *const[]){__VA_ARGS__}, \
            sizeof((const weft_migration *const[]){__VA_ARGS__}) / sizeof(void *))

static void what_is_no_history_is_told_by_its_files(void **state)
{
    (void)state;
    REFUSES("migration a1: its parent z9 is not in the history", R("a1", .parents = OF("z9")));
    REFUSES("b.sql:2: its parent z9 is not in the history",
            &(const weft_migration){.file = "b.sql", .text = "-- revision: b\n-- parents: z9\n"});
    REFUSES("b.sql:3: its dependency z9 is not in the history",
            &(const weft_migration){.file = "b.sql", .text = "-- revision: b\n-- parents: none\n-- depends-on: z9\n"});
    REFUSES("migration a1: revision a1 is its own parent", R("a1", .parents = OF("a1")));
    REFUSES("revisions need each other in a circle: ", R("a1", .parents = NULL), R("b1", .parents = OF("c1")),
            R("c1", .parents = OF("b1")), R("d1", .parents = OF("c1")));
    REFUSES("migration a1 and migration a1 are both revision a1", R("a1", .parents = NULL), R("a1", .parents = NULL));
    REFUSES("migration a1 and migration b1 both have the label x", R("a1", .parents = NULL, .labels = OF("x")),
            R("b1", .parents = NULL, .labels = OF("x")));
    REFUSES("migration b1: the label a1 is the id of a revision", R("a1", .parents = NULL),
            R("b1", .parents = NULL, .labels = OF("a1")));
    REFUSES("migration a1 has neither a text nor a function .up", &(const weft_migration){.id = "a1"});
    REFUSES("\"\" is no id of a migration", &(const weft_migration){.up = step});
    REFUSES("b.sql:1: the text is of b, and the program says c",
            &(const weft_migration){.id = "c", .file = "b.sql", .text = "-- revision: b\n-- parents: none\n"});
}

static void without_memory_reading_fails_and_leaves_nothing(void **state)
{
    (void)state;
    char folder[512];
    revisions_folder(
        folder, "a.sql",
        "-- revision: a1\n-- parents: none\n-- labels: x, y\n-- up\nCREATE TABLE a (x int);\n-- call f\n-- down\nDROP TABLE a;\n",
        "b.sql", "-- revision: b1\n-- parents: a1\n-- up\nSELECT 'x';\n", NULL);
    const weft_migration *const items[] = {R("c1", .parents = OF("b1"))};
    bool failed = true;
    for (int64_t nth = 0; failed; nth++) {
        wefti_history history;
        weft_error error = {0};
        wefti_memory_fail_after(nth, false);
        weft_status status =
            wefti_history_read(&history, dialect_of("postgresql"), &(weft_migrations){items, 1}, folder, NULL, &error);
        failed = wefti_memory_fail_after(-1, false);
        if (status == WEFT_OK) {
            assert_int_equal(history.count, 3);
            wefti_history_free(&history);
        } else {
            assert_int_equal(status, WEFT_ERROR_NO_MEMORY);
            assert_true(failed);
        }
    }
    wefti_history history;
    weft_error error = {0};
    assert_int_equal(wefti_history_read(&history, dialect_of("sqlite"), NULL, "/nowhere/at/all", NULL, &error),
                     WEFT_ERROR_NOT_FOUND);
    assert_string_equal(error.message, "cannot open the folder /nowhere/at/all: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_says_what_is_done_on_each_database),
        cmocka_unit_test(statements_end_where_the_database_ends_them),
        cmocka_unit_test(a_mistake_is_told_by_file_and_line),
        cmocka_unit_test(what_looks_like_a_directive_is_told),
        cmocka_unit_test(comments_are_no_directives),
        cmocka_unit_test(the_checksum_is_of_what_is_run),
        cmocka_unit_test(triggers_end_as_sqlite_says),
        cmocka_unit_test(a_history_is_put_in_order),
        cmocka_unit_test(targets_are_revisions),
        cmocka_unit_test(targets_say_what_is_undone),
        cmocka_unit_test(what_is_no_history_is_told_by_its_files),
        cmocka_unit_test(without_memory_reading_fails_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
