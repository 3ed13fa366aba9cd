/* expect: not compatible with any */
#include "models.h"

#ifdef CORRECT
typedef struct Note {
    int64_t id;
    const char *text;
} Note;
#else
typedef struct Note {
    int64_t id;
    const int *text;
} Note;
#endif
WEFT_MODEL(Note, "note", WEFT_COLUMN(Note, id, .primary_key = true), WEFT_COLUMN(Note, text));
