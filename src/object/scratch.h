/* Scratch objects of the calling thread. */
#ifndef WEFTI_OBJECT_SCRATCH_H
#define WEFTI_OBJECT_SCRATCH_H

#include "object/object.h"

/* A struct of the model with these values (NULL: zero) behind a header in WEFTI_STATE_SCRATCH; valid until the thread's next
 * one. */
void *wefti_scratch_new(const weft_model *model, const void *values);

#endif
