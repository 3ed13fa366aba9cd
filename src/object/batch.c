/* Memory of objects: batches, and cohorts.
 *
 * A batch is an arena that lives as long as some object's struct or text lies in it. Small loads share one open batch, so that a
 * thousand single gets do not take a thousand blocks; one that has grown large is not opened again. */
#include "object/object.h"

#include "base/memory.h"

#include <string.h>

enum { OPEN_BATCH_BYTES = 16 * 1024, FIRST_CHUNK_ITEMS = 8 };

static wefti_batch *new_batch(weft_session *session, size_t first_block_bytes)
{
    wefti_arena arena;
    wefti_arena_init(&arena, first_block_bytes);
    wefti_batch *batch = wefti_arena_alloc(&arena, sizeof *batch);
    if (batch == NULL) {
        wefti_session_fail_memory(session);
        return NULL;
    }
    *batch = (wefti_batch){.arena = arena, .session = session, .next = session->batches, .refs = 1};
    if (session->batches != NULL)
        session->batches->previous = batch;
    session->batches = batch;
    return batch;
}

wefti_batch *wefti_batch_open(weft_session *session)
{
    wefti_batch *open = session->open_batch;
    if (open != NULL && open->arena.used_bytes < OPEN_BATCH_BYTES) {
        open->refs++;
        return open;
    }
    wefti_batch *batch = new_batch(session, 2 * 1024);
    if (batch == NULL)
        return NULL;
    session->open_batch = batch;
    batch->refs++;
    if (open != NULL)
        wefti_batch_unref(open);
    return batch;
}

void wefti_batch_unref(wefti_batch *batch)
{
    if (--batch->refs > 0)
        return;
    weft_session *session = batch->session;
    if (batch->previous != NULL)
        batch->previous->next = batch->next;
    else
        session->batches = batch->next;
    if (batch->next != NULL)
        batch->next->previous = batch->previous;
    wefti_arena arena = batch->arena; /* the batch itself lies in it */
    wefti_arena_deinit(&arena);
}

/* Where the list cannot grow the reference is kept until the session is cleared: late, but never early. */
void wefti_batch_release_later(weft_session *session, wefti_batch *batch)
{
    if (session->released_count == session->released_capacity) {
        uint32_t capacity = session->released_capacity == 0 ? 32 : session->released_capacity * 2;
        wefti_batch **grown = wefti_realloc(session->released, capacity * sizeof *grown);
        if (grown == NULL)
            return;
        session->released = grown;
        session->released_capacity = capacity;
    }
    session->released[session->released_count++] = batch;
}

wefti_cohort *wefti_cohort_new(wefti_batch *batch, const wefti_table *table)
{
    wefti_cohort *cohort = wefti_arena_zalloc(&batch->arena, offsetof(wefti_cohort, chunks) + sizeof(wefti_object **) * 24);
    if (cohort == NULL) {
        wefti_session_fail_memory(batch->session);
        return NULL;
    }
    cohort->batch = batch;
    cohort->table = table;
    cohort->serial = ++batch->session->cohort_serial;
    return cohort;
}

/* Item 0 stands in the cohort itself; item i > 0 is item i - 1 of the chunks, of which chunk k begins at 8 * (2^k - 1). */
static wefti_object **cohort_slot(wefti_cohort *cohort, uint32_t index)
{
    if (index == 0)
        return &cohort->first;
    uint32_t shifted = (index - 1) / FIRST_CHUNK_ITEMS + 1;
    uint32_t chunk = 31u - (uint32_t)__builtin_clz(shifted);
    uint32_t start = FIRST_CHUNK_ITEMS * ((1u << chunk) - 1);
    if (cohort->chunks[chunk] == NULL) {
        size_t size = ((size_t)FIRST_CHUNK_ITEMS << chunk) * sizeof(wefti_object *);
        cohort->chunks[chunk] = wefti_arena_alloc(&cohort->batch->arena, size);
        if (cohort->chunks[chunk] == NULL)
            return NULL;
    }
    return &cohort->chunks[chunk][index - 1 - start];
}

wefti_object *wefti_cohort_at(const wefti_cohort *cohort, uint32_t index)
{
    if (index == 0)
        return cohort->first;
    uint32_t shifted = (index - 1) / FIRST_CHUNK_ITEMS + 1;
    uint32_t chunk = 31u - (uint32_t)__builtin_clz(shifted);
    return cohort->chunks[chunk][index - 1 - FIRST_CHUNK_ITEMS * ((1u << chunk) - 1)];
}

/* The slot of the next object, which begins a chunk or is the first. */
static wefti_object **first_of_chunk(wefti_cohort *cohort)
{
    wefti_object **slot = cohort_slot(cohort, cohort->count);
    if (slot == NULL || cohort->count == 0)
        return slot;
    cohort->next = slot + 1;
    cohort->end = slot + FIRST_CHUNK_ITEMS + cohort->count - 1; /* chunk k begins at 8 * (2^k - 1) and holds 8 * 2^k items */
    return slot;
}

/* The object's text moves with it: the old cohort's batch is released when the transaction ends, for text that the refresh
 * supersedes stays readable until then. */
bool wefti_cohort_move(wefti_cohort *cohort, wefti_object *object)
{
    wefti_object **slot = cohort->next != cohort->end ? cohort->next++ : first_of_chunk(cohort);
    if (slot == NULL) {
        wefti_session_fail_memory(cohort->batch->session);
        return false;
    }
    if (object->cohort != NULL) {
        *cohort_slot(object->cohort, object->cohort_index) = NULL;
        wefti_batch_release_later(cohort->batch->session, object->cohort->batch);
    }
    *slot = object;
    object->cohort = cohort;
    object->cohort_index = cohort->count++;
    cohort->batch->refs++;
    return true;
}

void wefti_cohort_leave(wefti_object *object)
{
    *cohort_slot(object->cohort, object->cohort_index) = NULL;
    object->left = object->cohort;
    object->cohort = NULL;
}

void wefti_cohort_return(wefti_object *object)
{
    object->cohort = object->left;
    *cohort_slot(object->cohort, object->cohort_index) = object;
}
