/* The strategies, a row for each. */
#include "load/strategy.h"

static const wefti_load_strategy strategies[] = {
    [WEFT_LOAD_LAZY] = {.locks = WEFT_LOAD_LAZY},
    /* Rows that stand beside a locked one in its statement are those from before the lock was had: a statement after it sees what
     * the lock waited for. */
    [WEFT_LOAD_JOINED] = {.eager = true, .joins = true, .locks = WEFT_LOAD_SELECTIN, .load = wefti_load_by_keys},
    [WEFT_LOAD_SUBQUERY] = {.eager = true, .locks = WEFT_LOAD_SUBQUERY, .load = wefti_load_by_subquery},
    [WEFT_LOAD_SELECTIN] = {.eager = true, .locks = WEFT_LOAD_SELECTIN, .load = wefti_load_by_keys},
    [WEFT_LOAD_RAISE] = {.refuses = true, .locks = WEFT_LOAD_RAISE},
};

const wefti_load_strategy *wefti_load_strategy_of(weft_load_how how)
{
    return (size_t)how >= sizeof strategies / sizeof *strategies ? NULL : &strategies[how];
}
