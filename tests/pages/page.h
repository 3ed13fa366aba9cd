/* What the programs of the pages in docs/ stand on. */
#ifndef WEFT_TESTS_PAGE_H
#define WEFT_TESTS_PAGE_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <weft/weft.h>

typedef struct page_example {
    void (*run)(weft_engine *engine, weft_session *s);
    const char *prints;
    int line; /* of the page */
    int postgres_only;
} page_example;

extern const page_example page_examples[];
extern const weft_metadata *const page_models;

#endif
