/* Copies of operations: they say the same on every database when what they were copied from is gone. */
#include "fixtures/catalogue.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Everything that operations point to lies in one block, so that it can be spoilt. */
typedef struct originals {
    size_t used;
    _Alignas(max_align_t) char block[32768];
} originals;

static void *keep(originals *o, const void *data, size_t size)
{
    char *kept = o->block + o->used;
    o->used += (size + 15) & ~(size_t)15;
    assert_in_range(o->used, 1, sizeof o->block);
    memcpy(kept, data, size);
    return kept;
}

static const char *text(originals *o, const char *value) { return keep(o, value, strlen(value) + 1); }

static const char *const *texts(originals *o, const char *a, const char *b)
{
    const char *list[] = {text(o, a), b != NULL ? text(o, b) : NULL, NULL};
    return keep(o, (const void *)list, sizeof list);
}

static wefti_def_name qualified(originals *o, const char *name) { return (wefti_def_name){text(o, "wing"), text(o, name)}; }
#define KEPT(o, type, ...) keep((o), &(type){__VA_ARGS__}, sizeof(type))
#define T(value) text(o, value)

/* ---- definitions in which all that may be set is set somewhere ---- */

static const weft_schema_column *columns(originals *o)
{
    const weft_schema_column list[] = {
        {.name = T("a"), .type = WEFT_TEXT, .length = 9, .collation = T("C"), .server_default = T("'x'"), .comment = T("of a")},
        {.name = T("b"), .sql_type = T("REAL"), .generated = T("1 + 2"), .stored = true},
        {.name = T("c"), .enum_type = T("mood"), .nullable = true},
        {.name = T("d"), .type = WEFT_INT64, .identity = true},
    };
    return keep(o, list, sizeof list);
}

static const weft_schema_constraint *constraints(originals *o)
{
    const weft_schema_constraint list[] = {
        {.kind = WEFT_CONSTRAINT_PRIMARY_KEY,
         .columns = texts(o, "d", NULL),
         .include = texts(o, "a", "b"),
         .storage = T("fillfactor=70"),
         .tablespace = T("fast"),
         .comment = T("of d")},
        {.kind = WEFT_CONSTRAINT_FOREIGN_KEY,
         .name = T("fk"),
         .columns = texts(o, "a", "d"),
         .target_schema = T("other"),
         .target_table = T("hall"),
         .target_columns = texts(o, "x", "y"),
         .on_delete = T("CASCADE"),
         .on_update = T("SET NULL")},
        {.kind = WEFT_CONSTRAINT_CHECK, .name = T("ck"), .expression = T("a <> 'y'")},
    };
    return keep(o, list, sizeof list);
}

static const weft_schema_index *an_index(originals *o)
{
    const weft_schema_part parts[] = {{.column = T("a"), .collation = T("C"), .operator_class = T("text_ops")},
                                      {.expression = T("lower(a)"), .descending = true}};
    return KEPT(o, weft_schema_index, .name = T("ix"), .parts = keep(o, parts, sizeof parts), .part_count = 2,
                .include = texts(o, "b", "c"), .method = T("btree"), .where = T("a > 'k'"), .unique = true,
                .storage = T("fillfactor=80"), .tablespace = T("slow"), .comment = T("of a"));
}

static const weft_schema_table *table(originals *o, weft_relation_kind kind)
{
    const bool view = kind != WEFT_RELATION_TABLE;
    return KEPT(o, weft_schema_table, .kind = kind, .schema = T("wing"), .name = T("room"), .comment = T("a room"),
                .definition = view ? T("SELECT 1, 2, 3, 4") : NULL, .columns = columns(o), .column_count = 4,
                .constraints = constraints(o), .constraint_count = view ? 0 : 3, .indexes = an_index(o), .index_count = 1,
                .kept = texts(o, "CREATE TRIGGER t", "CREATE RULE r"), .storage = view ? NULL : T("fillfactor=90"),
                .tablespace = view ? NULL : T("wide"));
}

static void fill(originals *o, wefti_ops *ops)
{
    o->used = 0;
    const wefti_def_name room = qualified(o, "room");
    const weft_schema_column *plain = KEPT(o, weft_schema_column, .name = T("n"), .type = WEFT_INT64, .nullable = true);
    const wefti_op all[] = {
        {WEFTI_OP_CREATE_SCHEMA, .of.create_schema = {T("wing"), true}},
        {WEFTI_OP_DROP_SCHEMA, .of.drop_schema = {T("wing"), true, true}},
        {WEFTI_OP_CREATE_TABLE, .of.create_table = {table(o, WEFT_RELATION_TABLE), true}},
        {WEFTI_OP_DROP_TABLE, .of.drop_table = {room, true, false}},
        {WEFTI_OP_RENAME_TABLE, .of.rename_table = {room, T("hall")}},
        {WEFTI_OP_ADD_COLUMN, .of.add_column = {room, plain, false}},
        {WEFTI_OP_ADD_COLUMN, .of.add_column = {room, columns(o), false}},
        {WEFTI_OP_DROP_COLUMN, .of.drop_column = {room, T("a"), false, false}},
        {WEFTI_OP_RENAME_COLUMN, .of.rename_column = {room, T("a"), T("z")}},
        {WEFTI_OP_ALTER_COLUMN,
         .of.alter_column = {room, T("a"), T("text"), T("a || 'x'"), .set_default = T("'q'"), .drop_identity = true}},
        {WEFTI_OP_CREATE_INDEX, .of.create_index = {room, an_index(o), true}},
        {WEFTI_OP_DROP_INDEX, .of.drop_index = {qualified(o, "ix"), true, false}},
        {WEFTI_OP_ADD_CONSTRAINT, .of.add_constraint = {room, constraints(o) + 1}},
        {WEFTI_OP_VALIDATE_CONSTRAINT, .of.validate_constraint = {room, T("ck")}},
        {WEFTI_OP_DROP_CONSTRAINT, .of.drop_constraint = {room, T("ck"), true}},
        {WEFTI_OP_REBUILD_TABLE, .of.rebuild_table = {table(o, WEFT_RELATION_TABLE), texts(o, "a", "d"), true, 1, T("(a int)"),
                                                      texts(o, "d", "e"), texts(o, "f", "g")}},
        {WEFTI_OP_CREATE_ENUM,
         .of.create_enum = {KEPT(o, weft_schema_enum, .schema = T("wing"), .name = T("mood"), .values = texts(o, "sad", "glad")),
                            true}},
        {WEFTI_OP_ADD_ENUM_VALUE, .of.add_enum_value = {qualified(o, "mood"), T("calm"), T("glad"), false}},
        {WEFTI_OP_ADD_ENUM_VALUE, .of.add_enum_value = {qualified(o, "mood"), T("wild"), NULL, false}},
        {WEFTI_OP_RENAME_ENUM_VALUE, .of.rename_enum_value = {qualified(o, "mood"), T("sad"), T("blue")}},
        {WEFTI_OP_RENAME_ENUM, .of.rename_enum = {qualified(o, "mood"), T("humour")}},
        {WEFTI_OP_DROP_ENUM, .of.drop_enum = {qualified(o, "mood"), true}},
        {WEFTI_OP_CREATE_SEQUENCE,
         .of.create_sequence = {KEPT(o, weft_schema_sequence, .schema = T("wing"), .name = T("counter"), .counting.start = 5),
                                false}},
        {WEFTI_OP_ALTER_SEQUENCE, .of.alter_sequence = {.sequence = KEPT(o, weft_schema_sequence, .schema = T("wing"),
                                                                         .name = T("counter"), .counting.maximum = 9)}},
        {WEFTI_OP_OWN_SEQUENCE, .of.own_sequence = {KEPT(o, weft_schema_sequence, .schema = T("wing"), .name = T("counter"),
                                                         .table = T("room"), .column = T("a"))}},
        {WEFTI_OP_PASS_ROWS, .of.pass_rows = {qualified(o, "counter"), room, T("a"), WEFT_INT32}},
        {WEFTI_OP_DROP_SEQUENCE, .of.drop_sequence = {qualified(o, "counter"), true}},
        {WEFTI_OP_CREATE_VIEW, .of.create_view = {.view = table(o, WEFT_RELATION_VIEW)}},
        {WEFTI_OP_CREATE_VIEW, .of.create_view = {.view = table(o, WEFT_RELATION_MATERIALIZED_VIEW), .no_data = true}},
        {WEFTI_OP_DROP_VIEW, .of.drop_view = {.view = room, .materialized = true}},
        {WEFTI_OP_COMMENT, .of.comment = {.table = room, .column = T("a"), .comment = T("of a")}},
        {WEFTI_OP_COMMENT, .of.comment = {.table = room, .constraint = T("ck"), .comment = T("of a check")}},
        {WEFTI_OP_COMMENT, .of.comment = {.table = qualified(o, "ix"), .index = true, .comment = T("of an index")}},
        {WEFTI_OP_INSERT,
         .of.insert = {room, plain, 1,
                       keep(o, (const weft_value[]){{.type = WEFT_TEXT, .as.s = {T("a value"), 7}}, weft_value_null(WEFT_INT32)},
                            2 * sizeof(weft_value)),
                       2}},
        {WEFTI_OP_STORE,
         .of.store = {.what = room, .storage = T("fillfactor=70"), .reset = T("parallel_workers"), .tablespace = T("fast")}},
        {WEFTI_OP_EXECUTE, .of.execute = {T("postgresql"), T("SELECT 1")}},
        {WEFTI_OP_EXECUTE, .of.execute = {NULL, T("SELECT 2")}},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        wefti_ops_add(ops, &all[i]);
    assert_false(ops->failed);
}

static weft_status note(void *context, const char *sql, weft_error *error)
{
    (void)error;
    wefti_text_add(context, sql);
    wefti_text_add(context, "\n");
    return WEFT_OK;
}

/* What each operation says on each database, its refusal included. */
static void tell(const wefti_ops *ops, wefti_text *said)
{
    const wefti_ddl *databases[] = {&wefti_ddl_sqlite, &wefti_ddl_postgres};
    for (size_t i = 0; i < ops->count; i++)
        for (size_t d = 0; d < 2; d++) {
            weft_error error = {0};
            weft_status status = wefti_op_render(databases[d], &ops->items[i], note, said, &error);
            wefti_text_add_format(said, "%d on %s: %s %s %s\n", (int)ops->items[i].kind, databases[d]->name,
                                  weft_status_name(status), error.message, error.hint);
        }
    assert_false(said->failed);
}

static void copies_say_the_same_when_their_originals_are_gone(void **state)
{
    (void)state;
    originals *o = malloc(sizeof *o);
    assert_non_null(o);
    wefti_ops ops, copies, again;
    wefti_text wanted, found;
    wefti_text_init(&wanted, 0);
    wefti_text_init(&found, 0);
    wefti_ops_init(&ops);
    wefti_ops_init(&copies);
    wefti_ops_init(&again);
    fill(o, &ops);
    tell(&ops, &wanted);
    wefti_ops_copy(&copies, &ops);
    wefti_ops_deinit(&ops);
    memset(o->block, 0xA5, sizeof o->block);
    free(o);
    tell(&copies, &found);
    assert_string_equal(found.data, wanted.data);

    bool seen[WEFTI_OP_COUNT_] = {false};
    for (size_t i = 0; i < copies.count; i++)
        seen[copies.items[i].kind] = true;
    for (int kind = 0; kind < WEFTI_OP_COUNT_; kind++)
        if (!seen[kind])
            fail_msg("no operation %d was copied", kind);
    const weft_schema_table *room = copies.items[WEFTI_OP_CREATE_TABLE].of.create_table.table;
    assert_string_equal(room->kept[1], "CREATE RULE r"); /* of what no statement says */
    assert_null(room->kept[2]);
    assert_string_equal(room->indexes[0].include[1], "c");
    assert_string_equal(room->indexes[0].parts[1].expression, "lower(a)");

    wefti_ops_copy(&again, &copies);
    wefti_ops_deinit(&copies);
    wefti_text_clear(&found);
    tell(&again, &found);
    assert_string_equal(found.data, wanted.data);
    wefti_ops_deinit(&again);
    wefti_text_deinit(&wanted);
    wefti_text_deinit(&found);
}

static void without_memory_a_copy_fails_and_says_nothing(void **state)
{
    (void)state;
    originals *o = malloc(sizeof *o);
    wefti_ops ops;
    wefti_text said;
    assert_non_null(o);
    wefti_ops_init(&ops);
    wefti_text_init(&said, 0);
    fill(o, &ops);
    bool failed = true;
    for (int64_t nth = 0; failed; nth++) {
        weft_error error = {0};
        wefti_ops copies;
        wefti_ops_init(&copies);
        copies.arena.block_bytes = 64; /* small blocks: more to fail */
        wefti_memory_fail_after(nth, false);
        wefti_ops_copy(&copies, &ops);
        failed = wefti_memory_fail_after(-1, false);
        if (copies.failed) {
            assert_int_equal(wefti_ops_render(&wefti_ddl_postgres, &copies, note, &said, &error), WEFT_ERROR_NO_MEMORY);
            assert_int_equal(said.size, 0);
        } else {
            assert_int_equal(copies.count, ops.count);
        }
        wefti_ops_deinit(&copies);
        assert_in_range(nth, 0, 10000);
    }
    wefti_text_deinit(&said);
    wefti_ops_deinit(&ops);
    free(o);
}

static void a_list_that_failed_makes_its_copy_fail(void **state)
{
    (void)state;
    wefti_ops ops, copies;
    wefti_ops_init(&ops);
    wefti_ops_init(&copies);
    ops.failed = true;
    wefti_ops_copy(&copies, &ops);
    assert_true(copies.failed);
    wefti_ops_deinit(&ops);
    wefti_ops_deinit(&copies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_say_the_same_when_their_originals_are_gone),
        cmocka_unit_test(without_memory_a_copy_fails_and_says_nothing),
        cmocka_unit_test(a_list_that_failed_makes_its_copy_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
