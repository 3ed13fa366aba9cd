/* Arrays of PostgreSQL in fields of text, by .sql_type: on every path by which rows go; SQLite keeps the texts. */
#include "support/fixture.h"

WEFT_DECLARE(Box);
struct Box {
    int64_t id;
    const char *numbers;
    const char *words;
    const char *grid;
};
WEFT_MODEL(Box, "box", WEFT_COLUMN(Box, id, .primary_key = true),
           WEFT_COLUMN(Box, numbers, .sql_type = "bigint[]", .server_default = "'{}'"),
           WEFT_COLUMN(Box, words, .nullable = true, .sql_type = "varchar(5)[]"),
           WEFT_COLUMN(Box, grid, .nullable = true, .sql_type = "integer[][]"));
WEFT_METADATA(models, &Box_model);
FIXTURE_MODELS(models);

#define BOXES "SELECT id, numbers, words, grid FROM box ORDER BY id"

static void rows_go_in_and_out(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Box, .numbers = "{1,2}", .words = "{a,\"b c\"}", .grid = "{{1,2},{3,4}}");
    (void)weft_new(f->s, Box, .numbers = "{3}");
    (void)weft_new(f->s, Box, .words = "{}");
    commit_ok(f->s);
    assert_rows(f, BOXES, "1|{1,2}|{a,\"b c\"}|{{1,2},{3,4}}\n2|{3}|NULL|NULL\n3|{}|{}|NULL");
    Box_list boxes = weft_query(f->s, Box, .where = weft_eq(Box, numbers, "{1,2}"));
    assert_int_equal(boxes.count, 1);
    assert_string_equal(boxes.items[0]->words, "{a,\"b c\"}");
    assert_string_equal(boxes.items[0]->grid, "{{1,2},{3,4}}");
    assert_string_equal(weft_get(f->s, Box, 3)->numbers, "{}"); /* the default, read back */
    boxes = weft_query(f->s, Box, .order_by = weft_order(weft_asc(Box, id)));
    weft_each (Box, box, boxes)
        weft_edit(f->s, Box, box)->numbers = "{7,8}";
    commit_ok(f->s);
    assert_rows(f, "SELECT count(*) FROM box WHERE numbers = '{7,8}'", "3");
}

static void many_rows_go_in(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *connection = NULL;
    const Box boxes[] = {{.numbers = "{1}"}, {.numbers = "{2}", .words = "{x}"}, {.words = "{y}"}};
    assert_int_equal(weft_engine_connect(f->engine, &connection, NULL, &error), WEFT_OK);
    assert_error(weft_insert_many(connection, Box, boxes, 3, NULL, &error), WEFT_OK, &error);
    assert_int_equal(weft_connection_commit(connection, &error), WEFT_OK);
    weft_connection_close(connection);
    assert_rows(f, "SELECT numbers, words FROM box ORDER BY words",
                f->postgres ? "{2}|{x}\n{}|{y}\n{1}|NULL" : "{1}|NULL\n{2}|{x}\n{}|{y}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(rows_go_in_and_out), ON_BOTH(many_rows_go_in)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
