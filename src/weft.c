/* The one file that sees every layer: it fills the tables through which lower layers call higher ones, and knows the version. */
#include <weft/weft.h>

#include "load/load.h"
#include "orm/orm.h"

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
