/* The functions that programs get their rows by, which keep what they give as text. */
#define _POSIX_C_SOURCE 200809L /* strdup */
#define PROGRAMS_SEE
#include "shop.h"

#include "programs.h"

#include <stdarg.h>

static char seen[16384], printed[16384];
static const fixture *running;

static void add(char text[16384], const char *part)
{
    const size_t size = strlen(text);
    assert_true(size + strlen(part) + 1 < 16384);
    memcpy(text + size, part, strlen(part) + 1);
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void see(const weft_row_type *type, weft_list list)
{
    enum { MOST = 64 };
    char *rows[MOST], text[4096];
    const void *const *items = list.items;
    assert_true(list.count <= MOST);
    for (size_t i = 0; i < list.count; i++) {
        report_show(text, type, &items[i], 1);
        rows[i] = strdup(text);
    }
    if (list.count > 0 && strstr(fixture_last_sql(running), " ORDER BY ") == NULL)
        qsort(rows, list.count, sizeof rows[0], by_text);
    for (size_t i = 0; i < list.count; i++) {
        add(seen, i > 0 ? "; " : "");
        add(seen, rows[i]);
        free(rows[i]);
    }
    add(seen, "\n");
}

static void see_objects(const weft_model *model, weft_list list)
{
    weft_attr fields[32];
    weft_row_type type = {.name = model->name, .size = model->size, .fields = fields};
    for (size_t i = 0; i < model->attr_count; i++)
        if (model->attrs[i].kind == WEFT_ATTR_COLUMN)
            fields[type.field_count++] = model->attrs[i];
    see(&type, list);
}

weft_list program_session_rows(weft_session *session, const weft_row_type *type, const weft_rows_options *options)
{
    const weft_list list = weft_session_rows(session, type, options);
    see(type, list);
    return list;
}

weft_list program_session_query(weft_session *session, const weft_model *model, const weft_query_options *options)
{
    const weft_list list = weft_session_query(session, model, options);
    see_objects(model, list);
    return list;
}

weft_list program_session_run(weft_session *session, const weft_statement *statement, const void *parameters)
{
    const weft_list list = weft_session_run(session, statement, parameters);
    see(statement->row, list);
    return list;
}

weft_list program_session_text_rows(weft_session *session, const weft_row_type *type, const char *sql,
                                    const weft_values *parameters)
{
    const weft_list list = weft_session_text_rows(session, type, sql, parameters);
    see(type, list);
    return list;
}

weft_list program_session_text_query(weft_session *session, const weft_model *model, const char *sql,
                                     const weft_text_query_options *options)
{
    const weft_list list = weft_session_text_query(session, model, sql, options);
    see_objects(model, list);
    return list;
}

weft_status program_connection_fetch(weft_connection *connection, const weft_row_type *type, const weft_rows_options *options,
                                     weft_result **result, weft_list *rows, weft_error *error)
{
    const weft_status status = weft_connection_fetch(connection, type, options, result, rows, error);
    assert_error(status, WEFT_OK, error);
    see(type, *rows);
    return status;
}

weft_status program_connection_fetch_text(weft_connection *connection, const weft_row_type *type, const char *sql,
                                          const weft_values *parameters, weft_result **result, weft_list *rows, weft_error *error)
{
    const weft_status status = weft_connection_fetch_text(connection, type, sql, parameters, result, rows, error);
    assert_error(status, WEFT_OK, error);
    see(type, *rows);
    return status;
}

int program_printf(const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    const int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    add(printed, text);
    return size;
}

static bool ordered(fixture *f) { return test_recorder_count_containing(f->recorder, " ORDER BY ") > 0; }

/* What is printed in the order of the rows. */
static void sort_lines(char text[16384])
{
    char copy[16384], *lines[64], *rest = copy;
    size_t count = 0;
    memcpy(copy, text, strlen(text) + 1);
    for (char *line = strtok_r(copy, "\n", &rest); line != NULL && count < 64; line = strtok_r(NULL, "\n", &rest))
        lines[count++] = line;
    qsort(lines, count, sizeof lines[0], by_text);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        add(text, lines[i]);
        add(text, "\n");
    }
}

static void compare(const char *given, const char *expected, const char *what)
{
    if (strcmp(given, expected) != 0)
        print_error("%s:\n%s\n", what, given);
    assert_string_equal(given, expected);
}

void program_check(fixture *f, void (*program)(weft_session *s), const char *read, const char *said)
{
    seen[0] = printed[0] = '\0';
    running = f;
    program(f->s);
    assert_ok(f->s);
    compare(seen, read, "rows");
    if (!ordered(f))
        sort_lines(printed);
    compare(printed, said, "printed");
}
