/* Comments at the end of statements, for those who look at the server's views and logs: which request sent it (W3C Trace Context)
 * and from where, in the form of sqlcommenter (google.github.io/sqlcommenter/spec): keys in their order, values as in URLs.
 *
 * A text that is another for each request cannot be prepared by name, and counts as another statement in pg_stat_statements only
 * where that looks at comments, which it does not. */
#include "base/error.h"
#include "engine/engine_private.h"

#include <stdio.h>
#include <string.h>

static void add_value(wefti_text *text, const char *key, const char *value)
{
    wefti_text_add(text, text->data[text->size - 1] == '*' ? "" : ",");
    wefti_text_add(text, key);
    wefti_text_add(text, "='");
    for (; *value != '\0'; value++) {
        const unsigned char c = (unsigned char)*value;
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-_.~", c) != NULL;
        if (plain)
            wefti_text_add_char(text, (char)c);
        else
            wefti_text_add_format(text, "%%%02X", c);
    }
    wefti_text_add_char(text, '\'');
}

const wefti_statement *wefti_comment_add_to(const weft_connection *connection, const wefti_statement *statement,
                                            wefti_commented *room)
{
    wefti_text *text = &room->text;
    if (connection->file == NULL && connection->trace == NULL)
        return statement;
    wefti_text_init(text, statement->sql_size + 4096);
    wefti_text_add_bytes(text, statement->sql, statement->sql_size);
    wefti_text_add(text, "\n/*"); /* a line of its own: the text may end in a comment */
    if (connection->file != NULL) {
        char line[16];
        (void)snprintf(line, sizeof line, "%d", connection->line);
        add_value(text, "file", connection->file);
        add_value(text, "line", line);
    }
    if (connection->trace != NULL)
        add_value(text, "traceparent", connection->trace);
    wefti_text_add(text, "*/");
    if (text->failed) { /* it goes without one */
        wefti_text_deinit(text);
        return statement;
    }
    room->used = true;
    room->statement = *statement;
    room->statement.sql = text->data;
    room->statement.sql_size = text->size;
    room->statement.nameless = true;
    return &room->statement;
}

/* 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01: version, trace, parent, flags, as hexadecimal digits. */
static bool is_trace(const char *trace)
{
    static const unsigned char ends[] = {2, 35, 52, 55};
    size_t part = 0;
    bool zero = true;
    for (size_t i = 0; i <= 55; i++) {
        const bool digit = (trace[i] >= '0' && trace[i] <= '9') || (trace[i] >= 'a' && trace[i] <= 'f');
        if (i < ends[part]) {
            if (!digit)
                return false;
            zero = zero && trace[i] == '0';
            continue;
        }
        if (trace[i] != (i == 55 ? '\0' : '-') || (zero && (part == 1 || part == 2)) || (part == 0 && memcmp(trace, "ff", 2) == 0))
            return false;
        zero = true;
        part++;
    }
    return true;
}

weft_status wefti_trace_take(char room[WEFTI_TRACE_BYTES], const char *traceparent, weft_error *error)
{
    if (traceparent == NULL) {
        room[0] = '\0';
        return WEFT_OK;
    }
    if (is_trace(traceparent)) {
        memcpy(room, traceparent, WEFTI_TRACE_BYTES);
        return WEFT_OK;
    }
    (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "\"%.60s\" is no traceparent", traceparent);
    wefti_error_hint(error, "it looks like 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, in lower case");
    if (error != NULL)
        error->nothing_sent = true;
    return WEFT_ERROR_MISUSE;
}

weft_status weft_connection_set_trace(weft_connection *connection, const char *traceparent, weft_error *error)
{
    if (connection == NULL || connection->engine == NULL)
        return wefti_connection_usable(connection, error);
    weft_status status = wefti_trace_take(connection->own_trace, traceparent, error);
    if (status == WEFT_OK)
        connection->trace = traceparent != NULL ? connection->own_trace : NULL;
    return status;
}
