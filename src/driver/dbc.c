/* What is common to the connections of all drivers: their numbers. */
#include "driver/driver.h"

#include <stdatomic.h>

static _Atomic(uint64_t) last_number; /* relaxed: only uniqueness matters */

uint64_t wefti_dbc_next_number(void) { return atomic_fetch_add_explicit(&last_number, 1, memory_order_relaxed) + 1; }
