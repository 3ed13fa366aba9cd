/* The one file that sees every layer: it fills the tables through which lower layers call higher ones, and knows the version. */
#include <weft/weft.h>

#include "engine/engine.h"
#include "load/load.h"
#include "orm/orm.h"

/* The orm works from the engine's schema alone and keeps nothing beside an engine. */
const wefti_engine_hooks wefti_engine_hook = {.engine_opened = NULL, .engine_closing = NULL};

const wefti_load_hooks wefti_loading = {
    .query = wefti_load_query,
    .load = wefti_load_present,
    .lazy = wefti_load_lazy,
};

#ifndef WEFT_VERSION_TEXT
#define WEFT_VERSION_TEXT "0.1.0"
#endif

const char *weft_version(void)
{
    return WEFT_VERSION_TEXT;
}
