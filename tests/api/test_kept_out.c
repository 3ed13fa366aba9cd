/* Rows that a trigger keeps out (RETURN NULL on PostgreSQL, RAISE(IGNORE) on SQLite), on every way that rows go: the program is
 * told which table it was, and that a trigger may have done it. */
#include "support/fixture.h"

WEFT_DECLARE(Given);
WEFT_DECLARE(Made);
WEFT_DECLARE(Filled);
WEFT_DECLARE(Mark);

struct Given {
    int64_t id;
    int32_t no;
    Mark_list marks;
};
struct Made {
    int64_t id;
    int32_t no;
    int32_t version;
};
struct Filled {
    int64_t id;
    int32_t no;
    const char *note;
};
struct Mark {
    int64_t id;
    int32_t no;
    Given_list owners;
};

WEFT_MODEL(Given, "given", WEFT_COLUMN(Given, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Given, no),
           WEFT_MANY_TO_MANY(Given, marks, Mark, .through = "given_mark(given_id, mark_id)", .back_populates = "owners"));
WEFT_MODEL(Made, "made", WEFT_COLUMN(Made, id, .primary_key = true), WEFT_COLUMN(Made, no),
           WEFT_COLUMN(Made, version, .version = true));
WEFT_MODEL(Filled, "filled", WEFT_COLUMN(Filled, id, .primary_key = true), WEFT_COLUMN(Filled, no),
           WEFT_COLUMN(Filled, note, .server_default = "'?'"));
WEFT_MODEL(Mark, "mark", WEFT_COLUMN(Mark, id, .primary_key = true), WEFT_COLUMN(Mark, no),
           WEFT_MANY_TO_MANY(Mark, owners, Given, .through = "given_mark(mark_id, given_id)", .back_populates = "marks"));
WEFT_METADATA(models, &Given_model, &Made_model, &Filled_model, &Mark_model);
FIXTURE_MODELS(models);

static const int sizes[] = {1, 2, 70, 600};
enum { SIZES = sizeof sizes / sizeof sizes[0], MOST = 600 };

/* Odd numbers are kept out of what the events name: "INSERT", "UPDATE", "DELETE". */
static void keep_out(const fixture *f, const char *table, const char *event, const char *row)
{
    char sql[600];
    if (f->postgres)
        snprintf(sql, sizeof sql,
                 "CREATE OR REPLACE FUNCTION keep_%s_%s() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                 "IF %s %% 2 = 1 THEN RETURN NULL; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$; "
                 "CREATE TRIGGER keep_%s BEFORE %s ON %s FOR EACH ROW EXECUTE FUNCTION keep_%s_%s()",
                 table, event, row, event, event, table, table, event);
    else
        snprintf(sql, sizeof sql, "CREATE TRIGGER keep_%s_%s BEFORE %s ON %s WHEN %s %% 2 = 1 BEGIN SELECT RAISE(IGNORE); END",
                 table, event, event, table, row);
    test_database_exec(&f->database, sql);
}

static void assert_told(fixture *f, const char *table)
{
    const weft_error *error = weft_session_error(f->s);
    assert_status(f->s, WEFT_ERROR_CONSTRAINT);
    assert_string_equal(error->table, table);
    if (strstr(error->hint, "trigger") == NULL)
        fail_msg("the hint \"%s\" of \"%s\" names no trigger", error->hint, error->message);
    rollback_ok(f->s);
    weft_session_clear(f->s);
}

static void new_rows_that_are_kept_out_are_told_by_every_way(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    keep_out(f, "given", "INSERT", "NEW.no");
    keep_out(f, "made", "INSERT", "NEW.no");
    keep_out(f, "filled", "INSERT", "NEW.no");
    for (int k = 0; k < SIZES; k++) {
        for (int i = 1; i <= sizes[k]; i++)
            (void)weft_new(s, Given, .id = i, .no = i);
        (void)weft_session_commit(s);
        assert_told(f, "given");
        for (int i = 1; i <= sizes[k]; i++)
            (void)weft_new(s, Made, .no = i);
        (void)weft_session_commit(s);
        assert_told(f, "made");
        for (int given = 0; given < 2; given++) {
            for (int i = 1; i <= sizes[k]; i++)
                (void)weft_new(s, Filled, .id = given ? i : 0, .no = i);
            (void)weft_session_commit(s);
            assert_told(f, "filled");
        }
    }
    assert_rows(f, "SELECT count(*) FROM given", "0");
    assert_rows(f, "SELECT count(*) FROM made", "0");
    assert_rows(f, "SELECT count(*) FROM filled", "0");
}

static void rows_in_bulk_are_counted_as_they_are_stored(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c = NULL;
    static Given rows[MOST];
    static Made made[MOST];
    keep_out(f, "given", "INSERT", "NEW.no");
    keep_out(f, "made", "INSERT", "NEW.no");
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    for (int conflict = WEFT_CONFLICT_ERROR; conflict <= WEFT_CONFLICT_UPDATE; conflict++)
        for (int k = 0; k < SIZES; k++) {
            uint64_t inserted = 99;
            const weft_insert_options options = {.on_conflict = (weft_conflict)conflict,
                                                 .inserted = &inserted,
                                                 .conflict_columns = conflict == WEFT_CONFLICT_UPDATE ? "id" : NULL,
                                                 .set = conflict == WEFT_CONFLICT_UPDATE
                                                            ? weft_sets(weft_to_expr(Given, no, weft_excluded(Given, no)))
                                                            : NULL};
            for (int i = 0; i < sizes[k]; i++) {
                rows[i] = (Given){.id = i + 1, .no = i + 1};
                made[i] = (Made){.no = i + 1, .version = 1};
            }
            assert_error(weft_insert_many(c, Given, rows, (size_t)sizes[k], &options, &error), WEFT_OK, &error);
            assert_int_equal(inserted, sizes[k] / 2);
            assert_error(weft_insert_many(c, Made, made, (size_t)sizes[k], NULL, &error), WEFT_OK, &error);
            assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
            assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM given"), sizes[k] / 2);
            assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM made"), sizes[k] / 2);
            test_database_exec(&f->database, "DELETE FROM given");
            test_database_exec(&f->database, "DELETE FROM made");
        }
    weft_connection_close(c);
}

static void changes_that_are_kept_out_are_told(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const Given *given[MOST];
    static const Made *made[MOST];
    keep_out(f, "given", "UPDATE", "OLD.no");
    keep_out(f, "made", "UPDATE", "OLD.no");
    for (int k = 0; k < SIZES; k++) {
        for (int versions = 0; versions < 2; versions++) {
            for (int i = 0; i < sizes[k]; i++) {
                given[i] = weft_new(s, Given, .id = 1000 * (k + 1) + i, .no = i + 1);
                made[i] = weft_new(s, Made, .no = i + 1);
            }
            commit_ok(s);
            for (int i = 0; i < sizes[k]; i++)
                if (versions)
                    weft_edit(s, Made, made[i])->no = 1000 + 2 * i;
                else
                    weft_edit(s, Given, given[i])->no = 1000 + 2 * i;
            weft_status status = weft_session_commit(s);
            if (status != WEFT_ERROR_CONSTRAINT && status != WEFT_ERROR_STALE)
                fail_msg("%s: %s", weft_status_identifier(status), weft_session_error(s)->message);
            assert_string_equal(weft_session_error(s)->table, versions ? "made" : "given");
            rollback_ok(s);
            weft_session_clear(s);
            test_database_exec(&f->database, "DELETE FROM given");
            test_database_exec(&f->database, "DELETE FROM made");
        }
    }
}

static void links_that_are_kept_out_are_told(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    keep_out(f, "given_mark", "INSERT", "NEW.mark_id");
    for (int k = 0; k < SIZES; k++) {
        Given *owner = weft_new(s, Given, .id = k + 1, .no = 2);
        for (int i = 1; i <= sizes[k]; i++) {
            Mark *mark = weft_new(s, Mark, .id = 10000 * (k + 1) + i, .no = i);
            weft_append(s, Given, owner, marks, Mark, mark);
        }
        (void)weft_session_commit(s);
        assert_told(f, "given_mark");
    }
}

static void rows_whose_deletion_is_kept_out_are_not_taken_for_deleted_by_error(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    keep_out(f, "given", "DELETE", "OLD.no");
    for (int k = 0; k < SIZES; k++) {
        static const Given *given[MOST];
        for (int i = 0; i < sizes[k]; i++)
            given[i] = weft_new(s, Given, .id = 1000 * (k + 1) + i, .no = i + 1);
        commit_ok(s);
        for (int i = 0; i < sizes[k]; i++)
            weft_delete(s, Given, given[i]);
        weft_status status = weft_session_commit(s);
        if (status != WEFT_OK && status != WEFT_ERROR_STALE && status != WEFT_ERROR_CONSTRAINT)
            fail_msg("%s: %s", weft_status_identifier(status), weft_session_error(s)->message);
        rollback_ok(s);
        weft_session_clear(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(new_rows_that_are_kept_out_are_told_by_every_way),
        ON_BOTH(rows_in_bulk_are_counted_as_they_are_stored),
        ON_BOTH(changes_that_are_kept_out_are_told),
        ON_BOTH(links_that_are_kept_out_are_told),
        ON_BOTH(rows_whose_deletion_is_kept_out_are_not_taken_for_deleted_by_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
