/* Log events: handing them to the callback.
 *
 * A callback that calls weft and so makes another event is not called again from inside itself: the inner event is dropped. */
#include "base/log.h"

#include "base/locale.h"

#include <stdarg.h>
#include <stdio.h>

static _Thread_local bool inside_callback;

void wefti_log_event(const wefti_log *log, const weft_log_record *record)
{
    if (!wefti_log_wants(log, record->level) || inside_callback)
        return;
    inside_callback = true;
    void *locale = wefti_locale_pause();
    log->callback(log->context, record);
    wefti_locale_resume(locale);
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
