/* Brings Debian control data into the catalogue. */
#ifndef CATALOG_IMPORT_H
#define CATALOG_IMPORT_H

#include "stanza.h"

typedef struct ImportResult {
    size_t packages, relations, skipped;
    uint64_t statements;
    double seconds;
} ImportResult;

/* Stores all stanzas, in batches of one transaction each. Running it again with the same or a newer file updates what is there.
 * progress says what is being done on stdout; short imports say nothing. */
weft_status import_control(weft_engine *engine, const Control *control, bool progress, ImportResult *result, weft_error *error);

#endif
