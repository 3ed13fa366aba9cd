/* List arrays. They live until the session is cleared, because programs hold lists by value, and are never changed in place, only
 * past their end, so that a loop over one sees what it began with. */
#include "object/object.h"

#include <string.h>

WEFTI_HOT const void **wefti_list_alloc(weft_session *session, uint32_t capacity)
{
    wefti_list_header *header = wefti_arena_alloc(&session->lists, sizeof *header + (size_t)capacity * sizeof(void *));
    if (header == NULL) {
        wefti_session_fail_memory(session);
        return NULL;
    }
    *header = (wefti_list_header){.capacity = capacity};
    return (const void **)(void *)(header + 1);
}

static wefti_list_header *list_header(const weft_list *list) { return (wefti_list_header *)(uintptr_t)list->items - 1; }

bool wefti_list_append(weft_session *session, weft_list *list, const void *other)
{
    if (list->count > 0) {
        wefti_list_header *header = list_header(list);
        if (header->used == list->count && header->used < header->capacity) {
            ((const void **)(uintptr_t)list->items)[list->count++] = other;
            header->used = (uint32_t)list->count;
            return true;
        }
    }
    uint32_t capacity = list->count < 4 ? 8 : (uint32_t)list->count * 2;
    const void **items = wefti_list_alloc(session, capacity);
    if (items == NULL)
        return false;
    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof *items);
    items[list->count] = other;
    list->items = items;
    list->count++;
    list_header(list)->used = (uint32_t)list->count;
    return true;
}

bool wefti_list_contains(const weft_list *list, const void *other)
{
    const void *const *items = list->items;
    for (size_t i = 0; i < list->count; i++)
        if (items[i] == other)
            return true;
    return false;
}

bool wefti_list_without(weft_session *session, weft_list *list, const void *other)
{
    if (!wefti_list_contains(list, other))
        return true;
    const void *const *old = list->items;
    const void **items = wefti_list_alloc(session, (uint32_t)list->count);
    if (items == NULL)
        return false;
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        if (old[i] != other)
            items[count++] = old[i];
    *list = (weft_list){count > 0 ? items : NULL, count};
    if (count > 0)
        list_header(list)->used = (uint32_t)count;
    return true;
}
