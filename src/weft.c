/* The version of the library. */
#include <weft/weft.h>

#ifndef WEFT_VERSION_TEXT
#define WEFT_VERSION_TEXT "0.1.0"
#endif

const char *weft_version(void) { return WEFT_VERSION_TEXT; }
