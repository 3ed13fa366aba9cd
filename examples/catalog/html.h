/* What the HTML renderers share. */
#ifndef CATALOG_HTML_H
#define CATALOG_HTML_H

#include "catalog.h"

extern const char page_style[];

void page_begin(Request *request, const char *title);
void page_end(Request *request);

#endif
