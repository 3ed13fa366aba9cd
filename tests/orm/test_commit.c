/* A COMMIT that the database refuses after the flush went well: nothing of the flush is left in memory either. */
#include "fixtures/school.h"

FIXTURE_MODELS(school);

/* From here on every UPDATE of a branch leaves something that only COMMIT looks at. */
static void make_commits_fail(fixture *f)
{
    test_database_exec(&f->database, "CREATE TABLE dangling (id BIGINT REFERENCES branch(id) DEFERRABLE INITIALLY DEFERRED)");
    if (f->postgres) {
        test_database_exec(&f->database, "CREATE FUNCTION dangle() RETURNS trigger LANGUAGE plpgsql AS"
                                         " $$ BEGIN INSERT INTO dangling VALUES (-99); RETURN NULL; END $$");
        test_database_exec(&f->database, "CREATE TRIGGER dangles AFTER UPDATE ON branch FOR EACH ROW EXECUTE FUNCTION dangle()");
    } else {
        test_database_exec(&f->database,
                           "CREATE TRIGGER dangles AFTER UPDATE ON branch BEGIN INSERT INTO dangling VALUES (-99); END");
    }
}

static void let_commits_be(fixture *f)
{
    test_database_exec(&f->database, f->postgres ? "DROP TRIGGER dangles ON branch" : "DROP TRIGGER dangles");
}

static void a_refused_commit_takes_its_flush_back(void **state)
{
    fixture *f = *state;
    const Branch *root = weft_new(f->s, Branch, .name = "one");
    const Branch *other = weft_new(f->s, Branch, .name = "other");
    commit_ok(f->s);
    make_commits_fail(f);
    weft_edit(f->s, Branch, root)->name = "two";
    const Branch *fresh = weft_new(f->s, Branch, .name = "fresh", .parent = other);
    assert_call(f->s, weft_session_commit(f->s), WEFT_ERROR_FOREIGN_KEY);
    assert_refused(f->s, WEFT_ERROR_FOREIGN_KEY);
    assert_string_equal(root->name, "one");
    assert_int_equal(weft_state_of(f->s, Branch, fresh), WEFT_OBJECT_DETACHED);
    assert_rows(f, "SELECT name FROM branch ORDER BY id", "one\nother");
    assert_int_equal(weft_query(f->s, Branch).count, 2);
    assert_string_equal(root->name, "one");
    let_commits_be(f);
    weft_edit(f->s, Branch, root)->name = "two";
    commit_ok(f->s);
    assert_rows(f, "SELECT name FROM branch ORDER BY id", "two\nother");
}

/* The value goes back to what the database had before the first flush of the transaction. */
static void a_commit_compares_with_what_was_flushed_before(void **state)
{
    fixture *f = *state;
    const Branch *root = weft_new(f->s, Branch, .name = "one");
    commit_ok(f->s);
    Branch *edited = weft_edit(f->s, Branch, root);
    edited->name = "two";
    flush_ok(f->s);
    edited->name = "one";
    commit_ok(f->s);
    assert_rows(f, "SELECT name FROM branch", "one");
    edited = weft_edit(f->s, Branch, root);
    edited->name = "three";
    commit_ok(f->s);
    test_recorder_clear(f->recorder);
    commit_ok(f->s);
    assert_int_equal(fixture_statements(f), 0);
    edited = weft_edit(f->s, Branch, root);
    edited->name = "three";
    commit_ok(f->s);
    assert_int_equal(test_recorder_count_containing(f->recorder, "UPDATE"), 0);
    assert_rows(f, "SELECT name FROM branch", "three");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_refused_commit_takes_its_flush_back),
        ON_BOTH(a_commit_compares_with_what_was_flushed_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
