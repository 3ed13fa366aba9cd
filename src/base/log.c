/* Log events: handing them to the callback, and the callback that writes to stderr.
 *
 * A callback that calls weft and so makes another event is not called again from inside itself: the inner event is dropped. */
#include "base/log.h"

#include "base/locale.h"
#include "base/text.h"

#include <stdio.h>

static _Thread_local bool inside_callback;

void wefti_log_event(const wefti_log *log, const weft_log_record *record)
{
    if (!wefti_log_wants(log, record->level) || inside_callback)
        return;
    inside_callback = true;
    log->callback(log->context, record);
    inside_callback = false;
}

void wefti_log_text(const wefti_log *log, weft_log_level level, weft_log_topic topic, const char *format, ...)
{
    if (!wefti_log_wants(log, level))
        return;
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(message, sizeof message, format, arguments) < 0)
        message[0] = '\0';
    va_end(arguments);
    weft_log_record record = {.level = level, .topic = topic, .message = message};
    wefti_log_event(log, &record);
}

static void add_text_value(wefti_text *line, const char *data, size_t size)
{
    size_t shown = wefti_utf8_cut(data, size, 200);
    wefti_text_add_json_string(line, data, shown);
    if (shown < size)
        wefti_text_add(line, "...");
}

static void add_value(wefti_text *line, const weft_value *value)
{
    char text[WEFT_TIMESTAMP_TEXT_SIZE];
    if (value->is_null) {
        wefti_text_add(line, "NULL");
        return;
    }
    switch (value->type) {
    case WEFT_FLOAT:
    case WEFT_DOUBLE:
        wefti_text_add_bytes(line, text, wefti_double_write(value->as.d, text));
        break;
    case WEFT_BOOL:
        wefti_text_add(line, value->as.b ? "true" : "false");
        break;
    case WEFT_UUID:
        wefti_text_add(line, weft_uuid_text(value->as.uuid, text));
        break;
    case WEFT_TIMESTAMP:
        wefti_text_add(line, weft_timestamp_text((weft_timestamp){value->as.i}, text));
        break;
    case WEFT_DATE:
        wefti_text_add(line, weft_date_text((weft_date){(int32_t)value->as.i}, text));
        break;
    case WEFT_TIME:
        wefti_text_add(line, weft_time_text((weft_time){value->as.i}, text));
        break;
    case WEFT_TEXT:
    case WEFT_CHARS:
    case WEFT_DECIMAL:
    case WEFT_JSON:
        add_text_value(line, value->as.s.data, value->as.s.size);
        break;
    case WEFT_BYTES:
        wefti_text_add_format(line, "<%zu bytes>", value->as.s.size);
        break;
    default:
        wefti_text_add_int(line, value->as.i);
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
