/* A picture of the statement cache for dashboards. The cache is walked twice in one epoch section, first for the room that its
 * texts need; what is published in between and does not fit is left out. */
#include "base/error.h"
#include "base/memory.h"
#include "engine/engine_private.h"

#include <stdlib.h>
#include <string.h>

typedef struct picture {
    weft_cached_statement *statements; /* NULL: only the room is counted */
    size_t count, most;
    char *texts;
    size_t text_bytes, text_most;
} picture;

/* Counts by themselves: one may be of a later moment than another. */
static void add_figures(weft_cached_statement *statement, const wefti_figures *figures, char *room)
{
    statement->runs = wefti_atomic_load_u64(&figures->runs, WEFTI_RELAXED);
    statement->failures = wefti_atomic_load_u64(&figures->failures, WEFTI_RELAXED);
    statement->rows = wefti_atomic_load_u64(&figures->rows, WEFTI_RELAXED);
    statement->time_ns = wefti_atomic_load_u64(&figures->time_ns, WEFTI_RELAXED);
    statement->longest_ns = wefti_atomic_load_u64(&figures->longest_ns, WEFTI_RELAXED);
    if (figures->file[0] == '\0')
        return;
    memcpy(room, figures->file, strlen(figures->file) + 1);
    statement->file = room;
    statement->line = figures->line;
}

static void add(void *context, const wefti_shape_entry *entry)
{
    picture *p = context;
    const wefti_compiled *compiled = (const wefti_compiled *)(const void *)entry;
    const wefti_figures *figures = compiled->figures;
    const size_t sql_size = strlen(compiled->statement.sql) + 1;
    const size_t size = sql_size + (figures != NULL ? strlen(figures->file) + 1 : 0);
    if (p->statements != NULL) {
        if (p->count == p->most || size > p->text_most - p->text_bytes)
            return;
        memcpy(p->texts + p->text_bytes, compiled->statement.sql, sql_size);
        p->statements[p->count] =
            (weft_cached_statement){.sql = p->texts + p->text_bytes,
                                    .hits = wefti_atomic_load_u64(&entry->hits, WEFTI_RELAXED), /* a count by itself */
                                    .bytes = entry->size_bytes};
        if (figures != NULL)
            add_figures(&p->statements[p->count], figures, p->texts + p->text_bytes + sql_size);
    }
    p->count++;
    p->text_bytes += size;
}

static int by_hits(const void *a, const void *b)
{
    const weft_cached_statement *x = a, *y = b;
    return x->hits != y->hits ? (x->hits < y->hits ? 1 : -1) : strcmp(x->sql, y->sql);
}

static weft_status take(wefti_shape_cache *cache, picture *p, weft_error *error)
{
    picture room = {.statements = NULL};
    wefti_shape_cache_each(cache, add, &room);
    if (room.count == 0)
        return WEFT_OK;
    size_t head = room.count * sizeof *p->statements;
    p->statements = wefti_malloc(head + room.text_bytes);
    if (p->statements == NULL)
        return wefti_error_memory(error);
    p->most = room.count;
    p->texts = (char *)p->statements + head;
    p->text_most = room.text_bytes;
    wefti_shape_cache_each(cache, add, p);
    return WEFT_OK;
}

weft_status weft_engine_cached_statements(const weft_engine *engine, weft_cached_statement **statements, size_t *count,
                                          weft_error *error)
{
    weft_status status = wefti_engine_given(engine, error);
    if (status == WEFT_OK && (statements == NULL || count == NULL))
        status = wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_engine_cached_statements: a pointer to fill is NULL");
    if (status != WEFT_OK)
        return status;
    *statements = NULL;
    *count = 0;
    if (!wefti_epoch_begin())
        return wefti_error_memory(error);
    picture p = {.statements = NULL};
    status = take((wefti_shape_cache *)(uintptr_t)&engine->cache, &p, error);
    wefti_epoch_end();
    if (status != WEFT_OK)
        return status;
    if (p.count > 1)
        qsort(p.statements, p.count, sizeof *p.statements, by_hits);
    if (p.count == 0) { /* evicted meanwhile */
        wefti_free(p.statements);
        p.statements = NULL;
    }
    *statements = p.statements;
    *count = p.count;
    return WEFT_OK;
}
