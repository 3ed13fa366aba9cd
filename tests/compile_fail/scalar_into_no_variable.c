/* expect: unary|indirection requires pointer|_Generic|negative|incomplete|controlling expression */
/* variants: 4 */
#include <weft/weft.h>

WEFT_DECLARE(Stay);
struct Stay {
    int64_t id;
};
WEFT_MODEL(Stay, "stay", WEFT_COLUMN(Stay, id, .primary_key = true));
struct other {
    int x;
};

weft_status count(weft_session *s, int64_t *n);
weft_status count(weft_session *s, int64_t *n)
{
#ifdef CORRECT
    char text[8];
    weft_opt_int64 most;
    (void)weft_scalar_into(s, &text, .columns = weft_val("x"));
    (void)weft_scalar_into(s, &most, .from = weft_from(Stay), .columns = weft_max(weft_col(Stay, id)));
    return weft_scalar_into(s, n, .from = weft_from(Stay), .columns = weft_count_all());
#elif VARIANT == 1
    return weft_scalar_into(s, *n, .from = weft_from(Stay), .columns = weft_count_all());
#elif VARIANT == 2
    struct other other;
    return weft_scalar_into(s, &other, .from = weft_from(Stay), .columns = weft_count_all());
#elif VARIANT == 3
    const int64_t *fixed = n;
    return weft_scalar_into(s, fixed, .from = weft_from(Stay), .columns = weft_count_all());
#else
    void *any = n;
    return weft_text_scalar(s, any, "SELECT 1", NULL);
#endif
}
