/* expect: _Generic.*(selector|association|compatible)|not compatible with any (association|generic) */
/* variants: 3 */
#include <weft/weft.h>

WEFT_DECLARE(Post);
struct Post {
    int64_t id;
    weft_array_int32 moods;
    weft_array_opt_uint32 maybe;
    weft_array_int64 longs;
    weft_array_text texts;
    double real;
};
enum { CALM, CURIOUS };
static const char *const names[] = {"calm", "curious"};

#ifdef CORRECT
WEFT_MODEL(Post, "post", WEFT_COLUMN(Post, id, .primary_key = true), WEFT_ENUM(Post, moods, names), WEFT_ENUM(Post, maybe, names));
#elif VARIANT == 1
WEFT_MODEL(Post, "post", WEFT_COLUMN(Post, id, .primary_key = true), WEFT_ENUM(Post, longs, names));
#elif VARIANT == 2
WEFT_MODEL(Post, "post", WEFT_COLUMN(Post, id, .primary_key = true), WEFT_ENUM(Post, texts, names));
#else
WEFT_MODEL(Post, "post", WEFT_COLUMN(Post, id, .primary_key = true), WEFT_ENUM(Post, real, names));
#endif
