/* Log events go to the callback that an engine was opened with. The callback is called without locks held. */
#ifndef WEFTI_BASE_LOG_H
#define WEFTI_BASE_LOG_H

#include "base/paths.h"

#include <weft/log.h>

typedef struct wefti_log {
    weft_log_callback callback; /* const after open; NULL: nothing is logged */
    void *context;
    weft_log_level level; /* events above it are not made */
} wefti_log;

static inline bool wefti_log_wants(const wefti_log *log, weft_log_level level)
{
    return log != NULL && log->callback != NULL && level <= log->level;
}
void wefti_log_event(const wefti_log *log, const weft_log_record *record);
/* For everything but statements. */
void wefti_log_text(const wefti_log *log, weft_log_level level, weft_log_topic topic, const char *format, ...)
    WEFT_PRINTF(4, 5) WEFTI_COLD;

#endif
