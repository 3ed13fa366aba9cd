/* expect: braces */
/* variants: 11 */
#include "models.h"

/* A number beside an optional would set its .set: 30 would store 0. */
#if VARIANT == 1
typedef weft_opt_int16 optional;
#define VALUE 30
#elif VARIANT == 2
typedef weft_opt_int32 optional;
#define VALUE 30
#elif VARIANT == 3
typedef weft_opt_int64 optional;
#define VALUE INT64_C(30)
#elif VARIANT == 4
typedef weft_opt_uint32 optional;
#define VALUE 30u
#elif VARIANT == 5
typedef weft_opt_bool optional;
#define VALUE false
#elif VARIANT == 6
typedef weft_opt_float optional;
#define VALUE 1.5f
#elif VARIANT == 7
typedef weft_opt_double optional;
#define VALUE 1.5
#elif VARIANT == 8
typedef weft_opt_timestamp optional;
#define VALUE 1
#elif VARIANT == 9
typedef weft_opt_date optional;
#define VALUE 1
#elif VARIANT == 10
typedef weft_opt_time optional;
#define VALUE 1
#else
typedef weft_opt_uuid optional;
#define VALUE 1
#endif

WEFT_DECLARE(Pet);
struct Pet {
    int64_t id;
    optional age;
};

void run(weft_session *s)
{
#ifndef CORRECT
    (void)weft_new(s, Pet, .id = 1, .age = VALUE);
#elif VARIANT < 8
    (void)weft_new(s, Pet, .id = 1, .age = weft_some(VALUE));
#elif VARIANT < 11
    (void)weft_new(s, Pet, .id = 1, .age = weft_some({VALUE}));
#else
    (void)weft_new(s, Pet, .id = 1, .age = weft_some({{VALUE}}));
#endif
}
