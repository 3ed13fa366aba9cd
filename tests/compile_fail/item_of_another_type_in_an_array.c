/* expect: weft_(text|bool|integer)_column|array_(text|opt_int64) */
/* variants: 5 */
#include <weft/weft.h>

WEFT_DECLARE(Post);
struct Post {
    int64_t id;
    weft_array_text tags;
    weft_array_bool open;
    weft_array_opt_int64 scores;
};
WEFT_MODEL(Post, "post", WEFT_COLUMN(Post, id, .primary_key = true), WEFT_COLUMN(Post, tags), WEFT_COLUMN(Post, open),
           WEFT_COLUMN(Post, scores));

const Post *first(weft_session *s);
const Post *first(weft_session *s)
{
#ifdef CORRECT
    const weft_expr *has =
        weft_and(weft_array_has(Post, tags, "c"), weft_array_has(Post, open, true), weft_array_has(Post, scores, 5));
    return weft_first(s, Post,
                      .where = weft_and(has, weft_array_overlaps(Post, tags, weft_texts("c")),
                                        weft_eq(Post, scores, (weft_array_opt_int64){0})));
#elif VARIANT == 1
    return weft_first(s, Post, .where = weft_array_has(Post, tags, 7));
#elif VARIANT == 2
    return weft_first(s, Post, .where = weft_array_has(Post, open, "yes"));
#elif VARIANT == 3
    return weft_first(s, Post, .where = weft_array_has(Post, scores, "5"));
#elif VARIANT == 4
    return weft_first(s, Post, .where = weft_array_overlaps(Post, tags, weft_int64s(1)));
#else
    return weft_first(s, Post, .where = weft_eq(Post, scores, weft_int64s(1)));
#endif
}
