/* Every allocation of weft goes through these, so that tests can make the Nth one fail. Any thread. */
#ifndef WEFTI_BASE_MEMORY_H
#define WEFTI_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *wefti_malloc(size_t size);
void *wefti_calloc(size_t count, size_t size);
void *wefti_realloc(void *memory, size_t size);
void *wefti_aligned(size_t alignment, size_t size); /* freed by wefti_free */
void wefti_free(void *memory);
char *wefti_strdup(const char *text);                 /* NULL text gives NULL */
char *wefti_strndup(const char *text, size_t length); /* NUL-terminated copy of length bytes */

/* Tests: lets `countdown` allocations of this thread pass, then fails one (once) or all that follow (forever); a negative
 * countdown switches it off. Returns whether a failure happened since the last call. */
bool wefti_memory_fail_after(int64_t countdown, bool forever);

#endif
