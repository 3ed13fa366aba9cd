/* Scratch objects: what weft_new and weft_edit give where there is nothing to give, so that a handler may chain calls and check
 * once.
 *
 * One block of memory per thread, overwritten by the next scratch object and freed when the thread ends. It never reaches a
 * session: a call from a foreign thread must not touch the session's memory. */
#define _POSIX_C_SOURCE 200809L
#include "object/scratch.h"

#include "base/memory.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { LAST_RESORT_BYTES = 64 * 1024 };

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool key_made;
static _Thread_local unsigned char *room;
static _Thread_local size_t room_bytes;

static void free_room(void *memory)
{
    room = NULL;
    room_bytes = 0;
    wefti_free(memory);
}

/* exit() from the main thread runs no key destructors. */
static void free_at_exit(void) { free_room(room); }

static void make_key(void)
{
    key_made = pthread_key_create(&key, free_room) == 0;
    (void)atexit(free_at_exit);
}

static unsigned char *take_room(size_t size)
{
    if (size <= room_bytes)
        return room;
    pthread_once(&key_once, make_key);
    unsigned char *grown = key_made ? wefti_malloc(size) : NULL;
    if (grown == NULL)
        return NULL;
    free_room(room);
    if (pthread_setspecific(key, grown) != 0) {
        wefti_free(grown);
        return NULL;
    }
    room = grown;
    room_bytes = size;
    return grown;
}

/* Out of memory for the room as well: all threads share this, nobody reads it. */
static _Alignas(16) unsigned char last_resort[LAST_RESORT_BYTES];

void *wefti_scratch_new(const weft_model *model, const void *values)
{
    size_t model_size = model != NULL ? model->size : sizeof(max_align_t);
    size_t size = WEFTI_HEADER_SIZE + model_size;
    unsigned char *memory = take_room(size);
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
