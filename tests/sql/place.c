/* Running compiled statements without the engine. */
#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void place_must(place *p, weft_status status, const char *what)
{
    if (status != WEFT_OK)
        fail_msg("%s on %s: %s: %s", what, p->driver->name, weft_status_name(status), p->error.message);
}

weft_status place_emit(void *context, const char *sql, weft_error *error)
{
    place *p = context;
    weft_status status = p->driver->execute_script(p->dbc, sql, WEFTI_NO_DEADLINE, error);
    if (status != WEFT_OK)
        print_error("%s\n", sql);
    return status;
}

void place_open(place *p, test_backend backend)
{
    wefti_driver_options options = { 0 };
    memset(p, 0, sizeof *p);
    test_database_open(&p->database, backend);
    p->driver = backend == TEST_SQLITE ? &wefti_sqlite_driver : &wefti_postgres_driver;
    p->dialect = backend == TEST_SQLITE ? &wefti_dialect_sqlite : &wefti_dialect_postgres;
    place_must(p, p->driver->target_new(p->database.url, &options, &p->target, &p->error), "target");
    place_must(p, p->driver->open(&p->target, WEFTI_NO_DEADLINE, &p->dbc, &p->error), "open");
    place_must(p, wefti_ddl_create_all(shop_schema(), p->dialect, NULL, place_emit, p, &p->error), "create all");
}

void place_close(place *p)
{
    place_must(p, wefti_ddl_drop_all(shop_schema(), p->dialect, NULL, place_emit, p, &p->error), "drop all");
    p->driver->close(p->dbc);
    p->driver->target_free(&p->target);
    test_database_drop(&p->database);
}

static void add_cell(wefti_text *text, const weft_value *cell)
{
    if (cell->is_null)
        wefti_text_add(text, "-");
    else if (cell->type == WEFT_TEXT || cell->type == WEFT_DECIMAL || cell->type == WEFT_JSON)
        wefti_text_add_bytes(text, cell->as.s.data, cell->as.s.size);
    else if (cell->type == WEFT_BOOL)
        wefti_text_add(text, cell->as.b ? "t" : "f");
    else if (cell->type == WEFT_DOUBLE || cell->type == WEFT_FLOAT)
        wefti_text_add_format(text, "%g", cell->as.d);
    else
        wefti_text_add_int(text, cell->as.i);
}

char *place_run(place *p, const wefti_statement_data *data, const weft_value *given, size_t given_count)
{
    compiled_pair pair;
    weft_value values[64];
    compile_pair(&pair, p->dialect, data);
    place_must(p, wefti_shape_bind(&pair.shape, pair.compiled, &p->error), "bind");
    assert_int_equal(given_count + pair.shape.value_count, pair.compiled->statement.parameter_count);
    for (size_t i = 0; i < given_count; i++)
        values[i] = given[i];
    for (uint32_t i = 0; i < pair.shape.value_count; i++)
        values[given_count + i] = pair.shape.values[i];
    wefti_statement statement = pair.compiled->statement;
    statement.id = 0; /* not kept: the statement is freed below */
    wefti_cursor *cursor = NULL;
    if (p->driver->execute(p->dbc, &statement, values, statement.parameter_count, false, WEFTI_NO_DEADLINE, &cursor,
        &p->error) != WEFT_OK)
        fail_msg("%s: %s\n%s", p->driver->name, p->error.message, statement.sql);
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, "");
    bool has_row = false;
    place_must(p, statement.returns_rows ? p->driver->step(cursor, &has_row, &p->error) : WEFT_OK, statement.sql);
    while (has_row) {
        assert_int_equal(cursor->column_count, statement.column_count);
        for (uint16_t i = 0; i < cursor->column_count; i++) {
            wefti_text_add(&text, i > 0 ? "|" : text.size > 0 ? ";" : "");
            add_cell(&text, &cursor->row[i]);
        }
        place_must(p, p->driver->step(cursor, &has_row, &p->error), statement.sql);
    }
    if (!statement.returns_rows)
        wefti_text_add_int(&text, (int64_t)cursor->changed_rows);
    p->driver->finish(cursor);
    free_pair(&pair);
    return wefti_text_take(&text, NULL);
}

void expect_rows_at(place *p, const wefti_statement_data *data, const weft_value *given, size_t given_count,
                    const char *expected, const char *file, int line)
{
    char *rows = place_run(p, data, given, given_count);
    if (strcmp(rows, expected) != 0) {
        print_error("%s: got \"%s\", expected \"%s\"\n", p->driver->name, rows, expected);
        _fail(file, line);
    }
    wefti_free(rows);
}
void place_fill(place *p)
{
    const uint16_t user[] = { 0, 1, 2, 3, 5 }, address[] = { 1, 2 }, keyword[] = { 0, 1 }, link[] = { 0, 1 };
    const wefti_statement_data *users = DML(.kind = WEFTI_INSERT, .table = shop_table(&User_model), .columns = user,
                                            .column_count = 5);
    weft_value no_age = weft_value_null(WEFT_INT32), age = INT(30), older = INT(41), zero = INT(0);
    no_age.type = age.type = older.type = zero.type = WEFT_INT32;
    expect_rows_of(p, users, "1", INT(1), TEXT("sandy"), TEXT("Sandy"), age, zero);
    expect_rows_of(p, users, "1", INT(2), TEXT("Spongebob"), weft_value_null(WEFT_TEXT), older, zero);
    expect_rows_of(p, users, "1", INT(3), TEXT("patrick"), TEXT("100%_\\*"), no_age, zero);
    const wefti_statement_data *addresses = DML(.kind = WEFTI_INSERT, .table = shop_table(&Address_model), .columns = address,
                                                .column_count = 2);
    expect_rows_of(p, addresses, "1", TEXT("sandy@x"), INT(1));
    expect_rows_of(p, addresses, "1", TEXT("s@y"), INT(1));
    expect_rows_of(p, addresses, "1", TEXT("b@x"), INT(2));
    const wefti_statement_data *words = DML(.kind = WEFTI_INSERT, .table = shop_table(&Keyword_model), .columns = keyword,
                                            .column_count = 2);
    expect_rows_of(p, words, "1", INT(1), TEXT("a"));
    expect_rows_of(p, words, "1", INT(2), TEXT("b"));
    const wefti_table *table = wefti_schema_table_named(shop_schema(), "user_keyword");
    const wefti_statement_data *links = DML(.kind = WEFTI_INSERT, .table = table, .columns = link, .column_count = 2);
    expect_rows_of(p, links, "1", INT(1), INT(1));
    expect_rows_of(p, links, "1", INT(2), INT(1));
    expect_rows_of(p, links, "1", INT(2), INT(2));
}
