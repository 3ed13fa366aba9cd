/* Where what a database has is not what models want, for a program that is to run on it: what it lacks, what is otherwise, what it
 * has beside, and whether statements of the models would fail. */
#ifndef WEFTI_SCHEMA_CHECK_H
#define WEFTI_SCHEMA_CHECK_H

#include <weft/engine.h>

#include "schema/compare.h"

typedef struct wefti_differences {
    weft_difference *items; /* in the arena of the check, texts included */
    size_t count, room;
} wefti_differences;

/* what->scratch is asked for types alone, and nothing is made. Those that are fatal come first. */
weft_status wefti_find_differences(const wefti_comparison *what, wefti_arena *arena, wefti_differences *differences,
                                   weft_error *error);

#endif
