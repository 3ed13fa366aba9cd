/* Connections as the layers above borrow them: row-wise statements, reserved keys, what keeps a statement alive, and what is
 * logged. */
#include "fixtures/bank.h"

#include "engine/facts.h"

static void acquire(bank *b, weft_connection *c)
{
    memset(c, 0xa5, sizeof *c); /* nothing of the caller's memory is read */
    MUST(b, wefti_connection_acquire(b->engine, c, WEFTI_NO_DEADLINE, __FILE__, __LINE__, &b->error));
}

static const wefti_table *accounts(bank *b) { return wefti_schema_table(b->engine->schema, &Account_model); }

/* Of the accounts' keys, as the catalogue says. */
static int64_t sequence_of(bank *b, weft_connection *c)
{
    wefti_arena arena;
    wefti_key_facts facts;
    wefti_arena_init(&arena, 0);
    MUST(b, wefti_key_facts_find(c, accounts(b), true, &arena, WEFTI_NO_DEADLINE, &facts, &b->error));
    wefti_arena_deinit(&arena);
    assert_true(facts.plain && facts.ascending && facts.may_reserve && !facts.triggers);
    return facts.sequence;
}

static void keys_are_reserved_in_one_statement(void **state)
{
    bank *b = *state;
    weft_connection c;
    int64_t keys[1000], more[3];
    acquire(b, &c);
    int64_t sequence = sequence_of(b, &c);
    test_recorder_clear(b->recorder);
    MUST(b, wefti_connection_reserve_keys(&c, sequence, 1000, keys, WEFTI_NO_DEADLINE, &b->error));
    MUST(b, wefti_connection_reserve_keys(&c, sequence, 3, more, WEFTI_NO_DEADLINE, &b->error));
    for (int i = 1; i < 1000; i++)
        assert_true(keys[i] > keys[i - 1]);
    assert_true(more[0] > keys[999]);
    assert_int_equal(test_recorder_count(b->recorder), 2);
    assert_int_equal(c.statements, 2);
    wefti_connection_release(&c);
    assert_null(c.engine);
    wefti_connection_release(&c);
}

static void a_database_without_sequences_says_so(void **state)
{
    bank *b = *state;
    weft_connection c;
    int64_t key;
    acquire(b, &c);
    weft_status status =
        wefti_connection_reserve_keys(&c, b->server ? sequence_of(b, &c) : 1, 1, &key, WEFTI_NO_DEADLINE, &b->error);
    assert_int_equal(status, b->engine->capabilities->sequences ? WEFT_OK : WEFT_ERROR_UNSUPPORTED);
    wefti_connection_release(&c);
}

typedef struct returned {
    size_t next;
    int64_t keys[100];
} returned;

static weft_status take_key(void *context, size_t index, const weft_value *row, uint16_t column_count, weft_error *error)
{
    returned *r = context;
    (void)error;
    assert_int_equal(index, r->next++);
    assert_int_equal(column_count, 1);
    r->keys[index] = row[0].as.i;
    return WEFT_OK;
}

static void many_rows_give_their_keys_and_counts_each(void **state)
{
    bank *b = *state;
    weft_connection c;
    Account rows[100];
    char names[100][16];
    returned r = {0};
    uint32_t each[100];
    uint64_t changed = 0;
    size_t failed = 0;
    for (int i = 0; i < 100; i++) {
        snprintf(names[i], sizeof names[i], "n%d", i);
        rows[i] = (Account){.name = names[i], .code = "c", .kind = KIND_SAVING, .balance = i};
    }
    const wefti_table *table = accounts(b);
    static const uint16_t columns[] = {1, 2, 3, 4, 9}, returning[] = {0};
    wefti_dml dml = {.kind = WEFTI_INSERT, .table = table, .columns = columns, .column_count = 5};
    if (b->engine->capabilities->returning_is_cheap) {
        dml.returning = returning;
        dml.returning_count = 1;
    } else {
        dml.tells_key = true;
    }
    wefti_array arrays[5];
    for (int i = 0; i < 5; i++) {
        const wefti_column *column = &table->columns[columns[i]];
        arrays[i] = (wefti_array){.type = column->field->type,
                                  .size = column->field->size,
                                  .count = 100,
                                  .base = rows,
                                  .stride = sizeof rows[0],
                                  .offset = column->field->offset};
    }
    acquire(b, &c);
    const wefti_begin begin = {.for_write = true};
    MUST(b, wefti_connection_begin(&c, &begin, WEFTI_NO_DEADLINE, &b->error));
    MUST(b, wefti_connection_run_many(&c, &dml, arrays, 100, take_key, &r, WEFTI_NO_DEADLINE, &changed, each, &failed, &b->error));
    assert_int_equal(changed, 100);
    assert_int_equal(r.next, 100);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(each[i], 1);
        assert_true(r.keys[i] > 0);
    }
    MUST(b, wefti_connection_commit(&c, WEFTI_NO_DEADLINE, &b->error));
    ROWS(b, "SELECT count(*), min(kind), sum(balance) FROM account", "100|saving|4950");
    MUST(b, wefti_connection_begin(&c, &begin, WEFTI_NO_DEADLINE, &b->error));
    rows[0].name = "new";
    assert_int_equal(wefti_connection_run_many(&c, &dml, arrays, 2, NULL, NULL, WEFTI_NO_DEADLINE, &changed, NULL, &failed,
                                               &b->error),
                     WEFT_ERROR_UNIQUE);
    assert_int_equal(failed, 1);
    wefti_connection_release(&c);
}

/* A connection that keeps one statement prepared, and three open at once: none is pulled away. */
static void open_statements_outlive_prepared_table_and_cache(void **state)
{
    bank *b = *state;
    weft_engine *engine = NULL;
    weft_connection c;
    weft_engine_options options = {.metadata = &bank_models, .prepared_statements = 1, .cache_bytes = 1, .pool = {.size = 1}};
    MUST(b, weft_engine_open(&engine, b->database.url, &options, &b->error));
    bank_account(b, "ada", 1);
    bank_account(b, "bob", 2);
    MUST(b, weft_connection_commit(b->c, &b->error));
    MUST(b, wefti_connection_acquire(engine, &c, WEFTI_NO_DEADLINE, NULL, 0, &b->error));
    for (int round = 0; round < 20; round++) {
        wefti_cursor *cursors[3];
        const wefti_compiled *compiled[3];
        for (int i = 0; i < 3; i++) {
            wefti_select select = {.from = wefti_schema_table(engine->schema, &Account_model),
                                   .limit = i == 0 ? 0 : 5,
                                   .distinct = i == 2};
            wefti_statement_data data = {.kind = WEFTI_KIND_SELECT, .of.select = &select};
            MUST(b, wefti_connection_run(&c, &data, NULL, 0, false, WEFTI_NO_DEADLINE, &cursors[i], &compiled[i], &b->error));
            weft_engine_clear_cache(engine);
        }
        for (int i = 0; i < 3; i++) {
            bool has_row = true;
            size_t rows = 0;
            assert_int_equal(compiled[i]->entities[0].table->column_count, 10);
            while (has_row) {
                MUST(b, wefti_connection_step(&c, cursors[i], &has_row, &b->error));
                rows += has_row;
            }
            assert_int_equal(rows, 2);
            assert_non_null(strstr(compiled[i]->statement.sql, "SELECT"));
            wefti_connection_finish(&c, cursors[i], compiled[i]);
        }
    }
    wefti_connection_release(&c);
    weft_engine_close(engine);
}

static void a_connection_of_a_session_keeps_its_transaction(void **state)
{
    bank *b = *state;
    weft_connection c;
    int64_t changed = 5;
    acquire(b, &c);
    c.session = (struct weft_session *)(void *)b;
    const wefti_begin begin = {.for_write = true};
    MUST(b, wefti_connection_begin(&c, &begin, WEFTI_NO_DEADLINE, &b->error));
    MUST(b, weft_execute_delete(&c, weft_delete_from(Account, .all = true), &changed, &b->error));
    assert_int_equal(changed, 0);
    assert_int_equal(weft_connection_commit(&c, &b->error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_rollback(&c, &b->error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_begin(&c, &b->error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_savepoint(&c, &b->error), WEFT_ERROR_MISUSE);
    assert_non_null(strstr(b->error.hint, "weft_session_commit"));
    weft_connection_close(&c);
    assert_true(weft_connection_in_transaction(&c));
    wefti_connection_release(&c);
}

typedef struct seen {
    size_t statements;
    uint64_t rows;
    bool values;
    bool secret;
    int64_t duration;
} seen;

static void look(void *context, const weft_log_record *record)
{
    seen *s = context;
    assert_non_null(record->message);
    if (record->topic != WEFT_LOG_STATEMENT)
        return;
    s->statements++;
    s->rows += record->row_count;
    s->duration += record->duration_ns;
    s->values = record->parameters != NULL;
    for (size_t i = 0; record->parameters != NULL && i < record->parameter_count; i++)
        s->secret = s->secret || (record->parameters[i].type == WEFT_TEXT && !record->parameters[i].is_null &&
                                  strcmp(record->parameters[i].as.s.data, "secret") == 0);
}

static void logs_show_rows_and_times_and_values_only_when_asked(void **state)
{
    bank *b = *state;
    bank_account(b, "secret", 1);
    MUST(b, weft_connection_commit(b->c, &b->error));
    for (int shown = 0; shown < 2; shown++) {
        weft_engine *engine = NULL;
        weft_connection *c = NULL;
        weft_result *result = NULL;
        seen s = {0};
        weft_engine_options options = {
            .metadata = &bank_models, .log = look, .log_context = &s, .log_level = WEFT_LOG_INFO, .log_values = shown != 0};
        MUST(b, weft_engine_open(&engine, b->database.url, &options, &b->error));
        MUST(b, weft_engine_connect(engine, &c, NULL, &b->error));
        char name[] = "secret";
        MUST(b, weft_connection_select(c, &(weft_rows_options){.from = &Account_model, .where = weft_eq(Account, name, name)},
                                       &result, &b->error));
        name[0] = 'S';
        assert_true(weft_result_next(result, &b->error));
        assert_false(weft_result_next(result, &b->error));
        weft_result_close(result);
        assert_int_equal(s.statements, 1);
        assert_int_equal(s.rows, 1);
        assert_true(s.duration > 0);
        assert_true(s.values == (shown != 0));
        assert_true(s.secret == (shown != 0));
        weft_connection_close(c);
        weft_engine_close(engine);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BANK_SERVER_TEST(keys_are_reserved_in_one_statement),       BANK_TEST(a_database_without_sequences_says_so),
        BANK_TEST(many_rows_give_their_keys_and_counts_each),       BANK_TEST(open_statements_outlive_prepared_table_and_cache),
        BANK_TEST(a_connection_of_a_session_keeps_its_transaction), BANK_TEST(logs_show_rows_and_times_and_values_only_when_asked),
    };
    return cmocka_run_group_tests_name("borrowed connections", tests, NULL, NULL);
}
