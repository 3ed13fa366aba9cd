/* Scratch objects: what weft_new and weft_edit give where there is nothing to give, so that a handler may chain calls and check
 * once.
 *
 * One block of memory per thread, overwritten by the next scratch object and freed when the thread ends. It never reaches a
 * session: a call from a foreign thread must not touch the session's memory. */
#include "object/scratch.h"

#include "base/thread.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { LAST_RESORT_BYTES = 64 * 1024 };

/* Out of memory for the room as well: all threads share this, nobody reads it. */
static _Alignas(16) unsigned char last_resort[LAST_RESORT_BYTES];

void *wefti_scratch_new(const weft_model *model, const void *values)
{
    size_t model_size = model != NULL ? model->size : sizeof(max_align_t);
    size_t size = WEFTI_HEADER_SIZE + model_size;
    unsigned char *memory = wefti_thread_room(WEFTI_ROOM_SCRATCH, size);
    if (memory == NULL) {
        memory = last_resort;
        if (size > sizeof last_resort)
            abort(); /* the schema refuses models of this size */
    }
    wefti_object *object = (wefti_object *)(void *)memory;
    memset(object, 0, size);
    object->magic = WEFTI_OBJECT_MAGIC;
    object->state = WEFTI_STATE_SCRATCH;
    void *structure = wefti_object_struct(object);
    if (values != NULL && model != NULL)
        memcpy(structure, values, model_size);
    return structure;
}
