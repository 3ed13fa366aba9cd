/* The one place that calls the allocator.
 *
 * Each thread has a switch that makes one of its coming allocations fail. It is thread-local, so a test that fails allocations of
 * its own thread leaves the threads of a pool alone, and the check costs one load of thread-local memory. */
#include "base/memory.h"

#include "base/paths.h"

#include <stdlib.h>
#include <string.h>

typedef struct failure_plan {
    bool armed;
    bool forever;
    bool happened;
    int64_t countdown; /* allocations that still pass */
} failure_plan;

static _Thread_local failure_plan plan;

bool wefti_memory_fail_after(int64_t countdown, bool forever)
{
    bool happened = plan.happened;
    plan.happened = false;
    plan.armed = countdown >= 0;
    plan.forever = forever;
    plan.countdown = countdown;
    return happened;
}

static bool must_fail(void)
{
    if (plan.countdown > 0) {
        plan.countdown--;
        return false;
    }
    plan.happened = true;
    if (!plan.forever)
        plan.armed = false;
    return true;
}

void *wefti_malloc(size_t size)
{
    if (__builtin_expect(plan.armed, 0) && must_fail())
        return NULL;
    return malloc(size > 0 ? size : 1);
}

void *wefti_calloc(size_t count, size_t size)
{
    if (__builtin_expect(plan.armed, 0) && must_fail())
        return NULL;
    return count > 0 && size > 0 ? calloc(count, size) : calloc(1, 1);
}

void *wefti_realloc(void *memory, size_t size)
{
    if (__builtin_expect(plan.armed, 0) && must_fail())
        return NULL;
    return realloc(memory, size > 0 ? size : 1);
}

void *wefti_aligned(size_t alignment, size_t size)
{
    if (__builtin_expect(plan.armed, 0) && must_fail())
        return NULL;
    if (size > SIZE_MAX - alignment)
        return NULL;
    size_t rounded = size > 0 ? (size + alignment - 1) & ~(alignment - 1) : alignment;
    return aligned_alloc(alignment, rounded);
}

WEFTI_HOT void wefti_free(void *memory) { free(memory); }

char *wefti_strdup(const char *text) { return text != NULL ? wefti_strndup(text, strlen(text)) : NULL; }

char *wefti_strndup(const char *text, size_t length)
{
    if (text == NULL || length == SIZE_MAX)
        return NULL;
    char *copy = wefti_malloc(length + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}
