/* Streams that stay open for long.
 *
 * A SELECT that gives its rows one by one reads one state of the database until it ends. In WAL nobody waits for it, but what is
 * written meanwhile cannot go from the WAL into the database: the WAL grows for as long as the stream is open. A stream that is
 * older than the engine's stream_warn_ms is therefore reported, once. Open streams hang on a list of their target; the pool's
 * housekeeper looks at it. The list is short and its mutex is held for a few instructions; logging is done after. */
#define _POSIX_C_SOURCE 200809L
#include "driver/sqlite/sqlite.h"

#include <stdio.h>
#include <sys/stat.h>

#define REPORTED_AT_ONCE 8

void wefti_sqlite_streams_init(wefti_sqlite_streams *streams, uint32_t warn_ms)
{
    wefti_mutex_init(&streams->mutex);
    streams->first = NULL;
    streams->warn_ns = warn_ms == WEFT_NONE ? 0 : (int64_t)warn_ms * WEFTI_NS_PER_MS;
}

void wefti_sqlite_streams_deinit(wefti_sqlite_streams *streams) { wefti_mutex_deinit(&streams->mutex); }

void wefti_sqlite_stream_begin(wefti_sqlite_run *run)
{
    wefti_sqlite_streams *streams = &run->dbc->config->streams;
    if (streams->warn_ns == 0)
        return;
    run->stream = (wefti_sqlite_stream){.number = run->dbc->base.number,
                                        .since_ns = wefti_now_ns(),
                                        .file = run->dbc->base.file,
                                        .line = run->dbc->base.line,
                                        .listed = true};
    wefti_mutex_lock(&streams->mutex);
    run->stream.next = streams->first;
    if (streams->first != NULL)
        streams->first->previous = &run->stream;
    streams->first = &run->stream;
    wefti_mutex_unlock(&streams->mutex);
}

void wefti_sqlite_stream_end(wefti_sqlite_run *run)
{
    wefti_sqlite_streams *streams = &run->dbc->config->streams;
    wefti_sqlite_stream *stream = &run->stream;
    wefti_mutex_lock(&streams->mutex);
    if (stream->next != NULL)
        stream->next->previous = stream->previous;
    if (stream->previous != NULL)
        stream->previous->next = stream->next;
    else
        streams->first = stream->next;
    wefti_mutex_unlock(&streams->mutex);
    stream->listed = false;
}

static size_t take_old_ones(wefti_sqlite_streams *streams, int64_t now_ns, wefti_sqlite_stream *old)
{
    size_t count = 0;
    wefti_mutex_lock(&streams->mutex);
    for (wefti_sqlite_stream *at = streams->first; at != NULL && count < REPORTED_AT_ONCE; at = at->next)
        if (!at->reported && now_ns - at->since_ns >= streams->warn_ns) {
            at->reported = true;
            old[count++] = *at;
        }
    wefti_mutex_unlock(&streams->mutex);
    return count;
}

/* By its path: a descriptor of the database's files must not be opened. -1: there is no WAL. */
static int64_t wal_size(const wefti_sqlite_config *config)
{
    char path[4200];
    struct stat file;
    if (config->memory)
        return -1;
    int length = snprintf(path, sizeof path, "%s-wal", config->filename);
    return length < (int)sizeof path && stat(path, &file) == 0 ? (int64_t)file.st_size : -1;
}

static void report(const wefti_sqlite_config *config, const wefti_sqlite_stream *stream, int64_t now_ns)
{
    char wal[96] = "";
    int64_t size = wal_size(config);
    if (size >= 0)
        (void)snprintf(wal, sizeof wal, "; the WAL has %lld bytes and cannot be emptied meanwhile", (long long)size);
    wefti_log_text(config->log, WEFT_LOG_WARNING, WEFT_LOG_GENERAL,
                   "a stream of SQLite has been open for %lld ms on connection %llu, taken at %s:%d%s",
                   (long long)((now_ns - stream->since_ns) / WEFTI_NS_PER_MS), (unsigned long long)stream->number,
                   stream->file != NULL ? stream->file : "(unknown)", stream->line, wal);
}

void wefti_sqlite_tend(const wefti_target *target, int64_t now_ns)
{
    wefti_sqlite_config *config = target->config;
    wefti_sqlite_look(config);
    wefti_sqlite_stream old[REPORTED_AT_ONCE];
    if (config->streams.warn_ns == 0)
        return;
    size_t count = take_old_ones(&config->streams, now_ns, old);
    for (size_t i = 0; i < count; i++)
        report(config, &old[i], now_ns);
}
