/* See database.h. The tables of a run in which something broke stay, to be looked at. */
#include "database.h"

#include <inttypes.h>
#include <stdio.h>

#include "support/support.h"

bool stress_database_begin(weft_engine **engine, const stress_options *options, const weft_metadata *metadata,
                           weft_pool_options pool)
{
    char path[256], own[320];
    weft_error error = {0};
    test_path_new(path, sizeof path, "stress.db");
    snprintf(own, sizeof own, "sqlite:///%s", path);
    *engine = NULL;
    if (weft_engine_open(engine, options->url != NULL ? options->url : own,
                         &(weft_engine_options){.metadata = metadata, .pool = pool}, &error) == WEFT_OK &&
        weft_drop_all(*engine, &error) == WEFT_OK && weft_create_all(*engine, &error) == WEFT_OK)
        return true;
    fprintf(stderr, "cannot begin: %s\n", error.message);
    weft_engine_close(*engine);
    return false;
}

bool stress_database_start(weft_engine **engine, stress_options *options, int count, char **arguments,
                           const weft_metadata *metadata)
{
    if (!stress_options_read(options, count, arguments))
        return false;
    if (options->threads < 2)
        options->threads = 2;
    return stress_database_begin(engine, options, metadata,
                                 (weft_pool_options){.size = (uint32_t)options->threads + 2, .timeout_ms = 30000});
}

bool stress_database_commit(weft_session *s)
{
    bool good = weft_session_commit(s) == WEFT_OK;
    if (!good)
        fprintf(stderr, "cannot begin: %s\n", weft_session_error(s)->message);
    weft_session_close(s);
    return good;
}

void stress_database_end(weft_engine *engine)
{
    weft_pool_stats stats;
    weft_engine_pool_stats(engine, &stats);
    if (stats.in_use != 0 || stats.waiting != 0)
        stress_broken("%" PRIu32 " connections are still out, %" PRIu32 " threads wait", stats.in_use, stats.waiting);
    if (stress_broken_count() == 0)
        weft_drop_all(engine, NULL);
    weft_engine_close(engine);
}
