/* Scratch objects of the calling thread. */
#ifndef WEFTI_ORM_SCRATCH_H
#define WEFTI_ORM_SCRATCH_H

#include "orm/orm.h"

/* A struct of the model with these values (NULL: zero) behind a header in WEFTI_STATE_SCRATCH; valid until the thread's next
 * one. */
void *wefti_scratch_new(const weft_model *model, const void *values);

#endif
