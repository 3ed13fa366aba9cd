/* File and line in the log: those of the call that sent a statement, together, or none; and relationships that are loaded by a
 * statement of their own in the program. */
#include "support/fixture.h"

WEFT_DECLARE(Shelf);
WEFT_DECLARE(Jar);
struct Shelf {
    int64_t id;
    const char *name;
    Jar_list jars;
};
struct Jar {
    int64_t id;
    int64_t shelf_id;
    const Shelf *shelf;
};
WEFT_MODEL(Shelf, "shelf", WEFT_COLUMN(Shelf, id, .primary_key = true), WEFT_COLUMN(Shelf, name),
           WEFT_HAS_MANY(Shelf, jars, Jar, .foreign_key = "shelf_id", .back_populates = "shelf"));
WEFT_MODEL(Jar, "jar", WEFT_COLUMN(Jar, id, .primary_key = true), WEFT_COLUMN(Jar, shelf_id),
           WEFT_BELONGS_TO(Jar, shelf, Shelf, .foreign_key = "shelf_id", .back_populates = "jars"));
WEFT_METADATA(models, &Shelf_model);
FIXTURE_MODELS(models);

typedef struct site {
    const char *file;
    int line;
    char sql[28];
} site;
typedef struct sites {
    site all[80];
    size_t count;
} sites;

static void note(void *context, const weft_log_record *record)
{
    sites *s = context;
    if (record->topic != WEFT_LOG_STATEMENT && record->topic != WEFT_LOG_TRANSACTION)
        return;
    assert_true(s->count < sizeof s->all / sizeof s->all[0]);
    site *at = &s->all[s->count++];
    *at = (site){record->file, record->line, ""};
    snprintf(at->sql, sizeof at->sql, "%s", record->sql);
}

static void assert_site(const sites *s, const char *sql, int line)
{
    for (size_t i = 0; i < s->count; i++)
        if (strncmp(s->all[i].sql, sql, strlen(sql)) == 0 && s->all[i].file != NULL && s->all[i].line == line &&
            strstr(s->all[i].file, "test_sites.c") != NULL)
            return;
    fail_msg("no %s from line %d was logged", sql, line);
}

typedef struct Count {
    int64_t n;
} Count;
WEFT_ROW(Count, WEFT_FIELD(Count, n));
typedef struct Least {
    int64_t id;
} Least;
WEFT_ROW(Least, WEFT_FIELD(Least, id));
WEFT_PARAMETERS(Least);
WEFT_STATEMENT(above, Count, Least, .from = weft_from(Jar), .columns = weft_columns(weft_label(weft_count_all(), "n")),
               .where = weft_gt_col(Jar, id, Least, id));

enum { CALLS = 26 };
typedef struct line_of {
    const char *sql;
    int line;
} line_of;

static weft_status add_jar(weft_session *s, void *context)
{
    (void)context;
    weft_new(s, Jar, .shelf = weft_get(s, Shelf, 1));
    return WEFT_OK;
}

static weft_status leave_open(weft_session *s, void *context)
{
    (void)context;
    assert_int_equal(weft_session_savepoint(s), WEFT_OK);
    return WEFT_OK;
}

/* Calls that send statements without options of a query, each with the beginning of what it sends. */
static void calls_of_a_session(weft_session *s, line_of *lines)
{
    size_t i = 0;
    assert_int_equal(weft_rows(s, Count, .from = weft_from(Jar), .columns = weft_columns(weft_count_all())).count, 1);
    lines[i++] = (line_of){"SELECT", __LINE__ - 1};
    const weft_rows_options *query = weft_select(.from = weft_from(Jar), .columns = weft_columns(weft_count_all()));
    assert_int_equal(weft_rows_of(s, Count, query).count, 1);
    lines[i++] = (line_of){"SELECT", __LINE__ - 1};
    assert_int_equal(weft_run(s, above, .id = 0).count, 1);
    lines[i++] = (line_of){"SELECT", __LINE__ - 1};
    assert_int_equal(weft_text_rows(s, Count, "SELECT count(*) AS n FROM jar", NULL).count, 1);
    lines[i++] = (line_of){"SELECT", __LINE__ - 1};
    assert_int_equal(weft_text_query(s, Jar, "SELECT * FROM jar", NULL).count, 1);
    lines[i++] = (line_of){"SELECT", __LINE__ - 1};
    int64_t n;
    assert_int_equal(weft_scalar_into(s, &n, .from = weft_from(Jar), .columns = weft_count_all()), WEFT_OK);
    lines[i++] = (line_of){"SELECT", __LINE__ - 1};
    assert_int_equal(weft_text_scalar(s, &n, "SELECT count(*) FROM jar", NULL), WEFT_OK);
    lines[i++] = (line_of){"SELECT", __LINE__ - 1};
    weft_select *counts = weft_select_new(s, Jar);
    weft_select_columns(counts, weft_count_all());
    assert_int_equal(weft_select_rows(counts, Count).count, 1);
    lines[i++] = (line_of){"SELECT", __LINE__ - 1};
    assert_int_equal(weft_select_scalar(counts, &n), WEFT_OK);
    lines[i++] = (line_of){"SELECT", __LINE__ - 1};
    weft_select *q = weft_select_new(s, Jar);
    weft_select_where(q, weft_gt(Jar, id, 0));
    const Jar_list jars = weft_select_all(q, Jar);
    lines[i++] = (line_of){"SELECT", __LINE__ - 1};
    assert_int_equal(weft_select_count(q), 1);
    lines[i++] = (line_of){"SELECT", __LINE__ - 1};
    assert_non_null(weft_select_first(q, Jar));
    lines[i++] = (line_of){"SELECT", __LINE__ - 1};
    assert_int_equal(weft_refresh(s, Jar, jars.items[0]), WEFT_OK);
    lines[i++] = (line_of){"SELECT", __LINE__ - 1};
    assert_int_equal(weft_session_savepoint(s), WEFT_OK);
    lines[i++] = (line_of){"SAVEPOINT", __LINE__ - 1};
    assert_int_equal(weft_session_update(s, weft_update_of(Shelf, .set = weft_sets(weft_to(Shelf, name, "z")), .all = true), NULL),
                     WEFT_OK);
    lines[i++] = (line_of){"UPDATE", __LINE__ - 2};
    assert_int_equal(weft_session_savepoint_release(s), WEFT_OK);
    lines[i++] = (line_of){"RELEASE", __LINE__ - 1};
    assert_int_equal(weft_session_execute_text(s, "DELETE FROM jar WHERE id < 0", NULL), WEFT_OK);
    lines[i++] = (line_of){"DELETE", __LINE__ - 1};
    assert_int_equal(weft_session_savepoint(s), WEFT_OK);
    assert_int_equal(weft_session_savepoint_rollback(s), WEFT_OK);
    lines[i++] = (line_of){"ROLLBACK TO", __LINE__ - 1};
    weft_new(s, Jar, .shelf = weft_get(s, Shelf, 1));
    assert_int_equal(weft_session_flush(s), WEFT_OK);
    lines[i++] = (line_of){"INSERT", __LINE__ - 1};
    assert_int_equal(weft_session_commit(s), WEFT_OK);
    lines[i++] = (line_of){"COMMIT", __LINE__ - 1};
    assert_int_equal(weft_session_flush(s), WEFT_OK);
    assert_int_equal(weft_session_execute_text(s, "DELETE FROM jar WHERE id < 0", NULL), WEFT_OK);
    assert_int_equal(weft_session_rollback(s), WEFT_OK);
    lines[i++] = (line_of){"ROLLBACK", __LINE__ - 1};
    assert_int_equal(weft_session_execute_text(s, "DELETE FROM jar WHERE id < 0", NULL), WEFT_OK);
    assert_int_equal(weft_transact(s, leave_open, NULL, &(weft_transact_options){.savepoint = true}), WEFT_OK);
    lines[i++] = (line_of){"SAVEPOINT weft_1", __LINE__ - 1};
    lines[i++] = (line_of){"RELEASE SAVEPOINT weft_2", __LINE__ - 2}; /* what the body left open */
    lines[i++] = (line_of){"RELEASE SAVEPOINT weft_1", __LINE__ - 3};
    assert_int_equal(weft_session_commit(s), WEFT_OK);
    assert_int_equal(weft_transact(s, add_jar, NULL, NULL), WEFT_OK);
    lines[i++] = (line_of){"INSERT", __LINE__ - 1};
    lines[i++] = (line_of){"COMMIT", __LINE__ - 2};
    assert_int_equal(i, CALLS);
}

static void file_and_line_belong_together_for_every_statement(void **state)
{
    fixture *f = *state;
    sites seen = {.count = 0};
    line_of lines[CALLS];
    weft_error error = {0};
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.log = note, .log_context = &seen, .log_level = WEFT_LOG_INFO});
    weft_session *s = weft_session_open(engine, NULL);
    assert_int_equal(weft_query(s, Shelf).count, 0);
    int query = __LINE__ - 1;
    weft_new(s, Shelf, .name = "x");
    commit_ok(s);
    weft_session_clear(s);
    Shelf_list one = weft_query(s, Shelf);
    int again = __LINE__ - 1;
    assert_int_equal(one.count, 1);
    const Jar_list jars = weft_lazy(s, Shelf, one.items[0], jars);
    int lazy = __LINE__ - 1;
    assert_int_equal(jars.count, 0);
    weft_new(s, Jar, .shelf = one.items[0]);
    commit_ok(s);
    weft_session_clear(s);
    const Shelf *got = weft_get(s, Shelf, 1);
    int get = __LINE__ - 1;
    assert_non_null(got);
    calls_of_a_session(s, lines);
    weft_session_close(s);
    weft_connection *c;
    assert_error(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK, &error);
    int connect = __LINE__ - 1;
    assert_error(weft_execute_text(c, "UPDATE shelf SET name = 'y'", NULL, &error), WEFT_OK, &error);
    weft_connection_close(c);
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    assert_error(weft_engine_ping(engine, &error), WEFT_OK, &error);
    weft_engine_close(engine);
    assert_site(&seen, "SELECT", query);
    assert_site(&seen, "SELECT", again);
    assert_site(&seen, "SELECT", lazy);
    assert_site(&seen, "SELECT", get);
    for (size_t i = 0; i < CALLS; i++)
        assert_site(&seen, lines[i].sql, lines[i].line);
    assert_site(&seen, "UPDATE", connect);
    for (size_t i = 0; i < seen.count; i++) {
        assert_int_equal(seen.all[i].file == NULL, seen.all[i].line == 0);
        if (seen.all[i].file != NULL)
            assert_non_null(strstr(seen.all[i].file, "test_sites.c"));
    }
}

typedef struct slow_ones {
    int count, fast;
    char sql[200];
    int64_t duration_ns;
    void *user;
} slow_ones;

static void note_slow(void *context, const weft_log_record *record)
{
    slow_ones *seen = context;
    if (record->topic != WEFT_LOG_STATEMENT)
        return;
    if (record->level != WEFT_LOG_WARNING) {
        seen->fast++;
        return;
    }
    seen->count++;
    seen->duration_ns = record->duration_ns;
    seen->user = record->user;
    snprintf(seen->sql, sizeof seen->sql, "%s", record->sql);
}

static void slow_statements_are_logged_with_the_request_they_belong_to(void **state)
{
    fixture *f = *state;
    int request;
    slow_ones seen = {0};
    const char *sql = f->postgres ? "SELECT pg_sleep(0.05)"
                                  : "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 500000) "
                                    "SELECT count(*) FROM c";
    weft_engine *engine =
        fixture_engine(f,
                       (weft_engine_options){.log = note_slow, .log_context = &seen, .log_level = WEFT_LOG_WARNING, .slow_ms = 10});
    weft_session *s = weft_session_open(engine, &(weft_session_options){.user = &request});
    assert_int_equal(weft_session_execute_text(s, sql, NULL), WEFT_OK);
    assert_true(seen.count >= 1); /* a busy machine may make others slow, too */
    weft_session_close(s);
    weft_engine_close(engine);
    assert_int_equal(seen.fast, 0);
    assert_true(seen.duration_ns >= 10000000);
    assert_ptr_equal(seen.user, &request);
    seen = (slow_ones){0};
    engine = fixture_engine(
        f, (weft_engine_options){.log = note_slow, .log_context = &seen, .log_level = WEFT_LOG_WARNING, .slow_ms = 600000});
    s = weft_session_open(engine, NULL);
    assert_int_equal(weft_session_execute_text(s, sql, NULL), WEFT_OK);
    assert_int_equal(weft_query(s, Shelf).count, 0);
    weft_session_close(s);
    weft_engine_close(engine);
    assert_int_equal(seen.count + seen.fast, 0);
}

static void a_relationship_may_be_loaded_without_being_used(void **state)
{
    fixture *f = *state;
    Shelf *shelf = weft_new(f->s, Shelf, .name = "x");
    weft_new(f->s, Jar, .shelf = shelf);
    commit_ok(f->s);
    weft_session_clear(f->s);
    const Shelf *loaded = weft_query(f->s, Shelf).items[0];
    weft_lazy(f->s, Shelf, loaded, jars); /* compilers say nothing */
    assert_true(weft_loaded(f->s, Shelf, loaded, jars));
    assert_int_equal(loaded->jars.count, 1);
    weft_lazy(f->s, Jar, loaded->jars.items[0], shelf);
    assert_ptr_equal(loaded->jars.items[0]->shelf, loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(file_and_line_belong_together_for_every_statement),
        ON_BOTH(slow_statements_are_logged_with_the_request_they_belong_to),
        ON_BOTH(a_relationship_may_be_loaded_without_being_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
