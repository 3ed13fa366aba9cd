/* Tables and columns whose names are words of SQL, hold blanks, quotes and capitals, or are as long as PostgreSQL allows: every
 * kind of statement quotes them. */
#include "support/fixture.h"

#define LONG_A "a23456789012345678901234567890123456789012345678901234567890abc"
#define LONG_B "b23456789012345678901234567890123456789012345678901234567890abc"

WEFT_DECLARE(Order);
WEFT_DECLARE(Line);
struct Order {
    int64_t id;
    const char *group;
    int32_t select;
    const char *weird;
    const char *quoted;
    const char *longest;
    weft_opt_int64 parent_id;
    const Order *parent;
    Order_list parts;
    Line_list lines;
};
struct Line {
    int64_t id;
    int64_t order_id;
    const char *text;
    const Order *order;
};
WEFT_MODEL(Order, "order", WEFT_COLUMN(Order, id, .primary_key = true),
           WEFT_COLUMN(Order, group, .column = "Group", .unique = true), WEFT_COLUMN(Order, select, .index = true),
           WEFT_COLUMN(Order, weird, .column = "weird name", .unique = true),
           WEFT_COLUMN(Order, quoted, .column = "it's \"quoted\"", .nullable = true),
           WEFT_COLUMN(Order, longest, .column = LONG_A, .nullable = true),
           WEFT_COLUMN(Order, parent_id, .column = "ParentId", .references = "order.id"),
           WEFT_BELONGS_TO(Order, parent, Order, .foreign_key = "ParentId", .back_populates = "parts"),
           WEFT_HAS_MANY(Order, parts, Order, .foreign_key = "ParentId", .back_populates = "parent", .order_by = "id DESC"),
           WEFT_HAS_MANY(Order, lines, Line, .foreign_key = "Where", .back_populates = "order", .order_by = "Group",
                         .cascade = WEFT_CASCADE_ALL));
WEFT_MODEL(Line, LONG_B, WEFT_COLUMN(Line, id, .primary_key = true),
           WEFT_COLUMN(Line, order_id, .column = "Where", .references = "order.id", .on_delete = "CASCADE"),
           WEFT_COLUMN(Line, text, .column = "Group"),
           WEFT_BELONGS_TO(Line, order, Order, .foreign_key = "Where", .back_populates = "lines"),
           WEFT_UNIQUE(Line, "Where, Group"));
WEFT_METADATA(models, &Order_model);
FIXTURE_MODELS(models);

static void odd_names_are_quoted_in_every_statement(void **state)
{
    fixture *f = *state;
    Order *whole = weft_new(f->s, Order, .group = "g", .select = 1, .weird = "w", .quoted = "q", .longest = "l");
    for (int i = 0; i < 3; i++) {
        Order *part = weft_new(f->s, Order, .group = weft_format(f->s, "g%d", i), .select = i, .weird = weft_format(f->s, "w%d", i),
                               .parent = whole);
        weft_append(f->s, Order, part, lines, Line, weft_new(f->s, Line, .text = "x"));
    }
    commit_ok(f->s);
    weft_session_clear(f->s);
    const weft_loader *const how[] = {weft_joined(Order, parts, weft_joined(Order, lines)),
                                      weft_selectin(Order, parts, weft_selectin(Order, lines)),
                                      weft_subquery(Order, parts, weft_subquery(Order, lines))};
    for (size_t i = 0; i < 3; i++) {
        const Order *found = weft_first(f->s, Order, .where = weft_and(weft_eq(Order, weird, "w"), weft_eq(Order, select, 1)),
                                        .load = weft_load(how[i]), .order_by = weft_order(weft_desc(Order, longest)));
        assert_ok(f->s);
        assert_non_null(found);
        assert_int_equal(found->parts.count, 3);
        assert_string_equal(found->parts.items[0]->weird, "w2");
        weft_each (Order, part, found->parts)
            assert_int_equal(part->lines.count, 1);
        weft_session_clear(f->s);
    }
    assert_int_equal(weft_count_of(f->s, Order, .joins = weft_joins(weft_join(Order, lines)),
                                   .where = weft_any(Order, lines, weft_eq(Line, text, "x"))),
                     3);
    weft_each (Order, o, weft_query(f->s, Order))
        weft_edit(f->s, Order, o)->quoted = "changed";
    commit_ok(f->s);
    assert_rows(f, "SELECT count(*) FROM \"order\" WHERE \"it's \"\"quoted\"\"\" = 'changed'", "4");
    weft_each (Order, o, weft_query(f->s, Order, .order_by = weft_order(weft_desc(Order, id))))
        weft_delete(f->s, Order, o);
    commit_ok(f->s);
    assert_rows(f, "SELECT count(*) FROM \"order\"", "0");
}

static void odd_names_are_quoted_in_statements_without_objects(void **state)
{
    fixture *f = *state;
    weft_connection *c;
    weft_error error = {0};
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    Order rows[2] = {{.id = 0, .group = "g", .select = 1, .weird = "a"}, {.group = "h", .select = 2, .weird = "b"}};
    assert_error(weft_insert_many(c, Order, rows, 2, NULL, &error), WEFT_OK, &error);
    uint64_t written = 0;
    const weft_expr *joined =
        weft_sets(weft_to_expr(Order, weird,
                               weft_op(weft_op(weft_col(Order, weird), "||", weft_val("-")), "||", weft_excluded(Order, weird))),
                  weft_to(Order, select, 5));
    weft_insert_options again = {.on_conflict = WEFT_CONFLICT_UPDATE,
                                 .conflict_columns = "Group",
                                 .inserted = &written,
                                 .set = joined};
    assert_error(weft_insert_many(c, Order, rows, 2, &again, &error), WEFT_OK, &error);
    assert_int_equal(written, 2);
    int64_t changed = 0;
    assert_error(weft_execute_update(c,
                                     weft_update_of(Order,
                                                    .set = weft_sets(weft_to(Order, quoted, "it's"), weft_to(Order, select, 9)),
                                                    .where = weft_like(Order, weird, "a%")),
                                     &changed, &error),
                 WEFT_OK, &error);
    assert_int_equal(changed, 1);
    weft_result *result;
    assert_error(weft_connection_select(
                     c,
                     &(weft_rows_options){.from = weft_from(Order),
                                          .columns = weft_columns(weft_label(weft_max(weft_col(Order, select)), "Biggest One"),
                                                                  weft_col(Order, quoted)),
                                          .group_by = weft_columns(weft_col(Order, quoted)),
                                          .order_by = weft_order(weft_desc_of(weft_max(weft_col(Order, select))))},
                     &result, &error),
                 WEFT_OK, &error);
    assert_true(weft_result_next(result, &error));
    assert_string_equal(weft_result_name(result, 0), "Biggest One");
    assert_string_equal(weft_result_text(result, 1), "it's");
    weft_result_close(result);
    assert_error(weft_execute_delete(c, weft_delete_from(Order, .where = weft_eq(Order, weird, "b-b")), &changed, &error), WEFT_OK,
                 &error);
    assert_int_equal(changed, 1);
    weft_connection_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(odd_names_are_quoted_in_every_statement),
        ON_BOTH(odd_names_are_quoted_in_statements_without_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
