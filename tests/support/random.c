/* What repeats and lengthens random tests. */
#include "support/support.h"

#include <stdlib.h>

uint64_t test_number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

uint64_t test_seed(uint64_t otherwise) { return test_number("WEFT_TEST_SEED", otherwise); }

uint64_t test_runs(uint64_t otherwise) { return test_number("WEFT_TEST_RUNS", getenv("WEFT_TEST_SEED") != NULL ? 1 : otherwise); }
