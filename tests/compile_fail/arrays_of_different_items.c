/* expect: Numbers.items is no column that weft compares by itself */
#include <weft/weft.h>

WEFT_DECLARE(Numbers);
struct Numbers {
    int64_t id;
    weft_array_int64 items;
};
WEFT_DECLARE(Words);
struct Words {
    int64_t id;
    weft_array_int64 numbers;
    weft_array_text items;
};
extern const weft_model Numbers_model, Words_model;

const weft_expr *run(void);
const weft_expr *run(void)
{
    static const weft_expr *kept;
#ifdef CORRECT
    kept = weft_eq_col(Numbers, items, Words, numbers);
#else
    kept = weft_eq_col(Numbers, items, Words, items);
#endif
    return kept;
}
