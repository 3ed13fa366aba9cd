/* What compares reports, and what they send. */
#define _GNU_SOURCE /* gmtime_r */
#include "report.h"

#include <time.h>

/* Of the report that runs: its name, that of its files, and what it has sent in types. */
static const char *report_name, *report_group;
static char sent[16384];

static void keep_sent(fixture *f)
{
    size_t size = strlen(sent);
    for (size_t i = 0; i < test_recorder_count(f->recorder); i++)
        size += (size_t)snprintf(sent + size, sizeof sent - size, "%s;\n", test_recorder_text(f->recorder, i));
    assert_true(size < sizeof sent);
    test_recorder_clear(f->recorder);
}

int report_open(void **state, test_backend backend, const weft_metadata *metadata, const char *rows, const char *group)
{
    report_name = *state;
    report_group = group;
    sent[0] = '\0';
    return fixture_open(state, backend, metadata, rows);
}

/* The part of a file of sent/ that is of the report, in memory that the caller frees; "" where there is none. */
static char *read_sent(const char *path)
{
    static char whole[1 << 17];
    char title[128];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    const size_t size = fread(whole, 1, sizeof whole - 1, file);
    assert_int_equal(fclose(file), 0);
    assert_true(size < sizeof whole - 1);
    whole[size] = '\0';
    (void)snprintf(title, sizeof title, "-- %s\n", report_name);
    const char *start = strstr(whole, title);
    if (start == NULL)
        return strdup("");
    start += strlen(title);
    if (strncmp(start, "-- ", 3) == 0) /* it sends nothing */
        return strdup("");
    const char *end = strstr(start, "\n-- ");
    return strndup(start, end != NULL ? (size_t)(end + 1 - start) : strlen(start));
}

static void write_sent(const char *path, bool postgres)
{
    static bool begun[2]; /* by this program, for each database */
    FILE *file = fopen(path, begun[postgres] ? "a" : "w");
    assert_non_null(file);
    begun[postgres] = true;
    (void)fprintf(file, "-- %s\n%s", report_name, sent);
    assert_int_equal(fclose(file), 0);
}

int report_close(void **state)
{
    fixture *f = *state;
    char path[512];
    keep_sent(f);
    (void)snprintf(path, sizeof path, REPORTS_SENT "/%s.%s.sql", report_group, f->postgres ? "postgresql" : "sqlite");
    if (getenv("WEFT_TEST_WRITE") != NULL)
        write_sent(path, f->postgres);
    char *expected = read_sent(path);
    assert_string_equal(sent, expected);
    free(expected);
    return fixture_close(state);
}

/* The value of an optional, or NULL where it is unset. */
static const void *value_of(const weft_attr *field, const char *at)
{
    if (((unsigned)field->field_type & WEFT_OPT) == 0)
        return at;
    return *(const bool *)at ? at + field->size / 2 : NULL; /* which is as large as what lies before it */
}

static void show_time(char *end, size_t room, int64_t seconds, bool with_time)
{
    struct tm civil;
    const time_t time = (time_t)seconds;
    (void)strftime(end, room, with_time ? "%Y-%m-%d %H:%M" : "%Y-%m-%d", gmtime_r(&time, &civil));
}

static void show_number(char *end, size_t room, double number)
{
    size_t length = (size_t)snprintf(end, room, "%.4f", number);
    for (int i = 0; i < 2 && end[length - 1] == '0'; i++)
        end[--length] = '\0';
}

static void show_items(char *end, size_t room, const weft_array_int64 *array)
{
    for (size_t i = 0, size = 0; i < array->count; i++)
        size += (size_t)snprintf(end + size, room - size, "%s%lld", i > 0 ? "," : "", (long long)array->items[i]);
}

static void show_texts(char *end, size_t room, const weft_array_text *array)
{
    for (size_t i = 0, size = 0; i < array->count; i++)
        size += (size_t)snprintf(end + size, room - size, "%s%s", i > 0 ? "," : "", array->items[i]);
}

static void add_field(char *end, size_t room, const weft_attr *field, const char *start)
{
    const void *at = value_of(field, start);
    const unsigned type = (unsigned)field->field_type & (WEFT_OPT - 1u);
    const bool is_text = at != NULL && (type == WEFT_DECIMAL || type == WEFT_TEXT || type == WEFT_JSON);
    const char *text = is_text ? *(const char *const *)at : "";
    if (at != NULL && field->codec != NULL)
        (void)snprintf(end, room, "%lld", (long long)field->codec->encode_(at).as.i);
    else if (at == NULL || text == NULL)
        (void)snprintf(end, room, "-");
    else if (type == WEFT_INT32)
        (void)snprintf(end, room, "%d", *(const int32_t *)at);
    else if (type == WEFT_BOOL)
        (void)snprintf(end, room, "%s", *(const bool *)at ? "true" : "false");
    else if (type == WEFT_INT64)
        (void)snprintf(end, room, "%lld", (long long)*(const int64_t *)at);
    else if (type == WEFT_DATE)
        show_time(end, room, ((const weft_date *)at)->days * INT64_C(86400), false);
    else if (type == WEFT_TIMESTAMP)
        show_time(end, room, ((const weft_timestamp *)at)->usec / 1000000, true);
    else if (type == WEFT_DECIMAL)
        show_number(end, room, strtod(text, NULL));
    else if (type == WEFT_DOUBLE)
        show_number(end, room, *(const double *)at);
    else if (type == (WEFT_ARRAY | WEFT_INT64))
        show_items(end, room, at);
    else if (type == (WEFT_ARRAY | WEFT_TEXT))
        show_texts(end, room, at);
    else
        (void)snprintf(end, room, "%s", text);
}

void report_show(char text[4096], const weft_row_type *type, const void *const *items, size_t count)
{
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        for (size_t f = 0; f < type->field_count; f++) {
            (void)snprintf(text + strlen(text), 4096 - strlen(text), "%s", f > 0 ? "|" : i > 0 ? "; " : "");
            add_field(text + strlen(text), 4096 - strlen(text), &type->fields[f], (const char *)items[i] + type->fields[f].offset);
        }
}

/* SQLite keeps decimals as texts: AS numeric) is AS TEXT) there. */
static void say_for(char said[4096], const fixture *f, const char *sql)
{
    static const char numeric[] = " AS numeric)", text[] = " AS TEXT)";
    const char *at = f->postgres ? NULL : strstr(sql, numeric);
    size_t size = 0;
    for (; at != NULL; sql = at + sizeof numeric - 1, at = strstr(sql, numeric))
        size += (size_t)snprintf(said + size, 4096 - size, "%.*s%s", (int)(at - sql), sql, text);
    (void)snprintf(said + size, 4096 - size, "%s", sql);
}

void report_compare(fixture *f, const weft_row_type *type, const void *const *items, size_t count, const char *sql,
                    const weft_values *parameters, const char *expected)
{
    char typed[4096], text[4096], said[4096];
    assert_ok(f->s);
    report_show(typed, type, items, count);
    keep_sent(f);
    say_for(said, f, sql);
    const weft_list list = weft_session_text_rows(f->s, type, said, parameters);
    assert_ok(f->s);
    test_recorder_clear(f->recorder);
    report_show(text, type, (const void *const *)(const void *)list.items, list.count);
    assert_string_equal(typed, expected);
    assert_string_equal(text, expected);
}
