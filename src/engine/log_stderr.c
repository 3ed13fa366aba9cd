/* The log callback that writes a line to stderr for each event. */
#include "base/text.h"
#include "type/type.h"

#include <weft/log.h>

#include <stdio.h>

static void add_text_value(wefti_text *line, const char *data, size_t size)
{
    size_t shown = wefti_utf8_cut(data, size, 200);
    wefti_text_add_json_string(line, data, shown);
    if (shown < size)
        wefti_text_add(line, "...");
}

static void add_value(wefti_text *line, const weft_value *value)
{
    if (!value->is_null && wefti_type_is_text(value->type)) {
        add_text_value(line, value->as.s.data, value->as.s.size);
    } else if (!value->is_null && wefti_type_has_content(value->type)) {
        wefti_text_add_char(line, '<');
        wefti_value_show(line, value);
        wefti_text_add_char(line, '>');
    } else {
        wefti_value_show(line, value);
    }
}

/* Line breaks would make two lines of one event. */
static void add_one_line(wefti_text *line, const char *text)
{
    for (const char *p = text; *p != '\0'; p++)
        wefti_text_add_char(line, (unsigned char)*p < 0x20 ? ' ' : *p);
}

static void add_parameters(wefti_text *line, const weft_log_record *record)
{
    wefti_text_add(line, " [");
    for (size_t i = 0; i < record->parameter_count; i++) {
        if (i > 0)
            wefti_text_add(line, ", ");
        add_value(line, &record->parameters[i]);
    }
    wefti_text_add_char(line, ']');
}

void weft_log_stderr(void *context, const weft_log_record *record)
{
    static const char *const levels[] = {"off", "error", "warning", "info", "debug"};
    static const char *const origins[] = {"", " compiled", " cached", " text"};
    (void)context;
    if (record == NULL)
        return;
    wefti_text line;
    wefti_text_init(&line, 16384);
    wefti_text_add_format(&line, "weft %s: ", (unsigned)record->level < 5 ? levels[record->level] : "?");
    if (record->message != NULL)
        add_one_line(&line, record->message);
    if (record->sql != NULL) {
        wefti_text_add_char(&line, ' ');
        add_one_line(&line, record->sql);
    }
    if (record->parameters != NULL)
        add_parameters(&line, record);
    else if (record->parameter_count > 0)
        wefti_text_add_format(&line, " [%zu parameters]", record->parameter_count);
    if (record->topic == WEFT_LOG_STATEMENT)
        wefti_text_add_format(&line, " rows=%llu", (unsigned long long)record->row_count);
    wefti_text_add(&line, (unsigned)record->origin < 4 ? origins[record->origin] : "");
    if (record->duration_ns > 0)
        wefti_text_add_format(&line, " %lld.%03d ms", (long long)(record->duration_ns / 1000000),
                              (int)(record->duration_ns / 1000 % 1000));
    if (record->connection != 0)
        wefti_text_add_format(&line, " connection=%llu", (unsigned long long)record->connection);
    if (record->status != WEFT_OK)
        wefti_text_add_format(&line, " status=\"%s\"", weft_status_name(record->status));
    if (record->file != NULL)
        wefti_text_add_format(&line, " at %s:%d", record->file, record->line);
    line.failed = false; /* a line over its limit is shown as far as it got */
    if (line.size == line.limit_bytes)
        line.size--;
    wefti_text_add_char(&line, '\n');
    if (!line.failed)
        (void)fwrite(line.data, 1, line.size, stderr);
    wefti_text_deinit(&line);
}
