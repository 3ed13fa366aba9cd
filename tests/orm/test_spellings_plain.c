/* The tests of test_spellings.c over models that say no more of their keys than that they are texts: tables of other makers. */
#define PLAIN_MODELS 1
#include "test_spellings.c"
