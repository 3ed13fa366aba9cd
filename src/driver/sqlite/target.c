/* URLs of SQLite: where the database is and how it is opened.
 *
 * sqlite:///relative/path, sqlite:////absolute/path, sqlite:// (in memory). A relative path is resolved once, so that connections
 * opened after a change of the working folder reach the same file. A database in memory is one for the whole target: every
 * connection opens the same name of SQLite's memdb, and an anchor connection keeps it while the target lives. The database file is
 * never opened but by SQLite: closing any descriptor of it would drop the locks of the whole process. */
#define _POSIX_C_SOURCE 200809L
#include "driver/sqlite/sqlite.h"

#include "base/thread.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALLOWED "mode, immutable, busy_timeout, journal_mode, synchronous, foreign_keys, cache_size, mmap_size, vfs"

#define STREAM_WARN_MS 30000u

typedef struct option {
    const char *key;
    size_t key_size;
    char value[128]; /* decoded */
} option;

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

/* The pages that a savepoint may have to restore go to a file from 64 KiB on, unless SQLite is told otherwise.
 *
 * SQLite's memory statistics take one process-wide mutex per allocation. An application that wants them initialises SQLite itself,
 * or sets WEFT_SQLITE_MEMSTATUS=1. */
static void prepare_library(void)
{
    const char *keep = getenv("WEFT_SQLITE_MEMSTATUS");
    if (keep == NULL || strcmp(keep, "1") != 0)
        (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* refused where SQLite is in use already */
    (void)sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, WEFTI_SQLITE_UNDO_BYTES);
    (void)sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, WEFTI_SQLITE_FIRST_PAGES);
    (void)sqlite3_initialize();
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes %xx; false for bad escapes, NUL, or no room for the closing NUL. */
static bool decode(const char *data, size_t size, char *to, size_t to_size)
{
    size_t used = 0;
    for (size_t i = 0; i < size; i++) {
        char c = data[i];
        if (c == '%') {
            int high = size - i > 2 ? hex_value(data[i + 1]) : -1;
            int low = size - i > 2 ? hex_value(data[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0))
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (used + 1 >= to_size)
            return false;
        to[used++] = c;
    }
    to[used] = '\0';
    return true;
}

static const char *find_choice(const char *value, const char *const *choices)
{
    for (; *choices != NULL; choices++)
        if (strcmp(value, *choices) == 0)
            return *choices;
    return NULL;
}

static weft_status refuse_value(const option *o, const char *allowed, weft_error *error)
{
    return wefti_error_set(error, WEFT_ERROR_URL, "option %.*s of the URL cannot be \"%s\": it takes %s", (int)o->key_size, o->key,
                           o->value, allowed);
}

static weft_status read_switch(const option *o, bool *to, weft_error *error)
{
    static const char *const on[] = {"on", "1", "true", "yes", NULL}, *const off[] = {"off", "0", "false", "no", NULL};
    *to = find_choice(o->value, on) != NULL;
    return *to || find_choice(o->value, off) != NULL ? WEFT_OK : refuse_value(o, "on or off", error);
}

static weft_status read_mode(wefti_sqlite_config *config, const option *o, weft_error *error)
{
    if (strcmp(o->value, "ro") == 0)
        config->read_only = config->must_exist = true;
    else if (strcmp(o->value, "rw") == 0)
        config->must_exist = true;
    else if (strcmp(o->value, "memory") == 0)
        config->memory = true;
    else if (strcmp(o->value, "rwc") != 0)
        return refuse_value(o, "ro, rw, rwc or memory", error);
    return WEFT_OK;
}

static weft_status read_number(const option *o, int64_t least, int64_t most, int64_t *to, weft_error *error)
{
    if (wefti_int64_parse(o->value, strlen(o->value), to) && *to >= least && *to <= most)
        return WEFT_OK;
    return wefti_error_set(error, WEFT_ERROR_URL, "option %.*s of the URL cannot be \"%s\": it takes a number from %lld to %lld",
                           (int)o->key_size, o->key, o->value, (long long)least, (long long)most);
}

static bool is_key(const option *o, const char *name)
{
    return o->key_size == strlen(name) && memcmp(o->key, name, o->key_size) == 0;
}

static weft_status apply_option(wefti_sqlite_config *config, const option *o, weft_error *error)
{
    static const char *const journals[] = {"wal", "delete", "truncate", "persist", "memory", "off", NULL};
    static const char *const syncs[] = {"off", "normal", "full", "extra", NULL};
    int64_t number;
    weft_status status = WEFT_OK;
    if (is_key(o, "mode"))
        return read_mode(config, o, error);
    if (is_key(o, "immutable")) {
        status = read_switch(o, &config->immutable, error);
        config->read_only = config->read_only || config->immutable;
        config->must_exist = config->must_exist || config->immutable;
        return status;
    }
    if (is_key(o, "foreign_keys"))
        return read_switch(o, &config->foreign_keys, error);
    if (is_key(o, "cache_size"))
        return read_number(o, INT32_MIN, INT32_MAX, &config->cache_size, error);
    if (is_key(o, "mmap_size"))
        return read_number(o, 0, INT64_MAX, &config->mmap_size, error);
    if (is_key(o, "busy_timeout")) {
        if ((status = read_number(o, 0, 86400000, &number, error)) == WEFT_OK)
            config->busy_timeout_ms = (uint32_t)number;
    } else if (is_key(o, "journal_mode")) {
        if ((config->journal_mode = find_choice(o->value, journals)) == NULL)
            status = refuse_value(o, "wal, delete, truncate, persist, memory or off", error);
    } else if (is_key(o, "synchronous")) {
        if ((config->synchronous = find_choice(o->value, syncs)) == NULL)
            status = refuse_value(o, "off, normal, full or extra", error);
    } else if (is_key(o, "vfs")) {
        wefti_free(config->vfs);
        config->vfs = wefti_strdup(o->value);
        status = config->vfs != NULL ? WEFT_OK : wefti_error_memory(error);
    } else {
        status = wefti_error_set(error, WEFT_ERROR_URL, "unknown option \"%.*s\" in the SQLite URL",
                                 o->key_size > 40 ? 40 : (int)o->key_size, o->key);
        wefti_error_hint(error, "allowed are " ALLOWED);
    }
    return status;
}

static weft_status read_options(wefti_sqlite_config *config, const char *at, weft_error *error)
{
    while (*at != '\0') {
        size_t size = strcspn(at, "&");
        if (size > 0) {
            const char *equals = memchr(at, '=', size);
            option o = {.key = at, .key_size = equals != NULL ? (size_t)(equals - at) : size};
            if (equals != NULL && !decode(equals + 1, size - o.key_size - 1, o.value, sizeof o.value))
                return wefti_error_set(error, WEFT_ERROR_URL, "option %.*s of the URL has no valid value",
                                       o.key_size > 40 ? 40 : (int)o.key_size, o.key);
            weft_status status = apply_option(config, &o, error);
            if (status != WEFT_OK)
                return status;
        }
        at += size + (at[size] == '&');
    }
    return WEFT_OK;
}

/* An absolute path: SQLite treats names such as ":memory:" and "file:..." as special. */
static weft_status resolve_path(wefti_sqlite_config *config, const char *path, weft_error *error)
{
    wefti_text text;
    wefti_text_init(&text, 8192);
    if (path[0] != '/') {
        char folder[4096];
        if (getcwd(folder, sizeof folder) == NULL)
            return wefti_error_set(error, WEFT_ERROR_IO, "the working folder is not known: error %d", errno);
        wefti_text_add(&text, folder);
        wefti_text_add_char(&text, '/');
    }
    wefti_text_add(&text, path);
    config->filename = wefti_text_take(&text, NULL);
    return config->filename != NULL ? WEFT_OK : wefti_error_memory(error);
}

static weft_status name_memory(wefti_sqlite_config *config, weft_error *error)
{
    static _Atomic(uint64_t) last; /* relaxed: only uniqueness matters */
    if (config->read_only)
        return wefti_error_set(error, WEFT_ERROR_URL, "a database in memory cannot be opened read-only");
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, "file:/weft-");
    wefti_text_add_int(&text, (int64_t)atomic_fetch_add_explicit(&last, 1, memory_order_relaxed));
    wefti_text_add(&text, "?vfs=memdb");
    config->filename = wefti_text_take(&text, NULL);
    config->journal_mode = NULL;
    return config->filename != NULL ? WEFT_OK : wefti_error_memory(error);
}

/* SQLite opens a nameless database for an empty name: one that is gone when its connection closes. */
static weft_status no_file(weft_error *error)
{
    (void)wefti_error_set(error, WEFT_ERROR_URL, "the SQLite URL names no file");
    wefti_error_hint(error,
                     "sqlite:///file.db for a relative path, sqlite:////folder/file.db for an absolute one, sqlite:// for memory");
    return WEFT_ERROR_URL;
}

static weft_status read_url(wefti_sqlite_config *config, const char *url, weft_error *error)
{
    const char *at = strstr(url, "://");
    if (at == NULL || (at[3] != '\0' && at[3] != '/' && at[3] != '?')) {
        (void)wefti_error_set(error, WEFT_ERROR_URL, "a SQLite URL names no host");
        wefti_error_hint(
            error, "sqlite:///file.db for a relative path, sqlite:////folder/file.db for an absolute one, sqlite:// for memory");
        return WEFT_ERROR_URL;
    }
    const char *path = at + 3 + (at[3] == '/');
    size_t size = strcspn(path, "?");
    char decoded[4096];
    if (!decode(path, size, decoded, sizeof decoded))
        return wefti_error_set(error, WEFT_ERROR_URL, "the path of the URL is too long or has a bad %%-escape");
    weft_status status = path[size] == '?' ? read_options(config, path + size + 1, error) : WEFT_OK;
    if (status != WEFT_OK)
        return status;
    if ((decoded[0] == '\0' && at[3] != '/') || strcmp(decoded, ":memory:") == 0)
        config->memory = true;
    if (!config->memory && (decoded[0] == '\0' || decoded[strlen(decoded) - 1] == '/'))
        return no_file(error);
    status = config->memory ? name_memory(config, error) : resolve_path(config, decoded, error);
    if (status == WEFT_OK)
        wefti_sqlite_file_exists(config);
    return status;
}

/* A URL that opens the same file wherever it is used; an absolute one stays as it was given. */
static char *show_url(const wefti_sqlite_config *config, const char *url)
{
    const char *path = strstr(url, "://") + 3, *options = strchr(path, '?');
    if (config->memory || strncmp(path, "//", 2) == 0)
        return wefti_strdup(url);
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, "sqlite:///");
    wefti_sqlite_add_escaped(&text, config->filename);
    wefti_text_add(&text, options != NULL ? options : "");
    return wefti_text_take(&text, NULL);
}

static void free_config(wefti_sqlite_config *config)
{
    if (config == NULL)
        return;
    if (config->owner_pid == wefti_process_id())
        (void)sqlite3_close_v2(config->anchor);
    (void)pthread_mutex_destroy(&config->open_mutex);
    wefti_sqlite_writers_deinit(&config->writers);
    wefti_sqlite_streams_deinit(&config->streams);
    wefti_free(config->filename);
    wefti_free(config->vfs);
    wefti_free(config);
}

weft_status wefti_sqlite_target_new(const char *url, const wefti_driver_options *options, wefti_target *target, weft_error *error)
{
    (void)pthread_once(&library_once, prepare_library);
    wefti_fork_watch();
    *target = (wefti_target){0};
    if (sqlite3_threadsafe() == 0)
        return wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "this SQLite library was built without thread safety");
    wefti_sqlite_config *config = wefti_calloc(1, sizeof *config);
    if (config == NULL)
        return wefti_error_memory(error);
    (void)pthread_mutex_init(&config->open_mutex, NULL);
    wefti_sqlite_writers_init(&config->writers);
    uint32_t warn_ms = options != NULL ? options->stream_warn_ms : WEFT_NONE;
    wefti_sqlite_streams_init(&config->streams, warn_ms == 0 ? STREAM_WARN_MS : warn_ms);
    config->owner_pid = wefti_process_id();
    config->journal_mode = "wal";
    config->synchronous = "normal";
    config->foreign_keys = true;
    config->busy_timeout_ms = 5000;
    config->mmap_size = -1;
    config->show_raised = options != NULL && options->show_raised;
    config->show_all = options != NULL && options->show_all;
    config->prepared_limit = options != NULL && options->prepared_limit > 0 ? options->prepared_limit : 256;
    config->evictions = options != NULL ? options->evictions : NULL;
    config->log = options != NULL ? options->log : NULL;
    weft_status status = read_url(config, url, error);
    if (status == WEFT_OK && config->memory)
        status = wefti_sqlite_open_file(config, &config->anchor, error);
    if (status == WEFT_OK && (target->display = show_url(config, url)) == NULL)
        status = wefti_error_memory(error);
    if (status != WEFT_OK) {
        free_config(config);
        return status;
    }
    target->config = config;
    return WEFT_OK;
}

void wefti_sqlite_target_free(wefti_target *target)
{
    if (target == NULL)
        return;
    free_config(target->config);
    wefti_free(target->display);
    *target = (wefti_target){0};
}
