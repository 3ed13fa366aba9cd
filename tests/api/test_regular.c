/* Regular expressions, where the database has them. */
#include "support/fixture.h"

WEFT_DECLARE(Word);
struct Word {
    int64_t id;
    const char *text;
};
WEFT_MODEL(Word, "word", WEFT_COLUMN(Word, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Word, text));
WEFT_METADATA(words, &Word_model);
FIXTURE_ROWS(words, "INSERT INTO word (id, text) VALUES (1, 'apple'), (2, 'Berry'), (3, 'cherry'), (4, '^a')");

static int64_t count_of(fixture *f, const weft_expr *where)
{
    const int64_t count = weft_count_of(f->s, Word, .where = where);
    assert_ok(f->s);
    return count;
}

static void a_regular_expression_is_found(void **state)
{
    fixture *f = *state;
    const weft_expr *text = weft_col(Word, text);
    assert_int_equal(count_of(f, weft_matches(text, weft_val("rry$"))), 2);
    assert_string_equal(fixture_last_sql(f), "SELECT count(*) FROM word WHERE word.text ~ $1");
    assert_int_equal(count_of(f, weft_matches(text, weft_val("^[a-c]"))), 2);
    assert_int_equal(count_of(f, weft_imatches(text, weft_val("^[a-c]"))), 3);
    assert_int_equal(count_of(f, weft_not(weft_imatches(text, weft_val("^[a-c]")))), 1);
    assert_int_equal(count_of(f, weft_op(text, "!~", weft_val("rry$"))), 2);
    assert_int_equal(count_of(f, weft_op(text, "!~*", weft_val("^B"))), 3);
    /* What a regular expression is made of, and a value that only one row has. */
    assert_int_equal(count_of(f, weft_matches(text, weft_op(weft_val("^"), "||", weft_lower(text)))), 2);
    assert_int_equal(count_of(f, weft_matches(weft_val("apple pie"), text)), 2);
    assert_int_equal(count_of(f, weft_op(weft_matches(text, weft_val("a")), "=", weft_val(true))), 2);
    (void)weft_count_of(f->s, Word, .where = weft_matches(text, weft_val("(")));
    assert_refused(f->s, WEFT_ERROR_DATA);
    (void)weft_count_of(f->s, Word, .where = weft_matches(weft_col(Word, id), weft_val("1")));
    assert_refused(f->s, WEFT_ERROR_TYPE);
}

static void sqlite_has_none(void **state)
{
    fixture *f = *state;
    (void)weft_count_of(f->s, Word, .where = weft_matches(weft_col(Word, text), weft_val("rry$")));
    assert_message(f->s, "no regular expressions (\"~\")");
    assert_refused(f->s, WEFT_ERROR_UNSUPPORTED);
    (void)weft_count_of(f->s, Word, .where = weft_op(weft_col(Word, text), "!~*", weft_val("rry$")));
    assert_refused(f->s, WEFT_ERROR_UNSUPPORTED);
    assert_int_equal(fixture_statements(f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_POSTGRES(a_regular_expression_is_found), ON_SQLITE(sqlite_has_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
