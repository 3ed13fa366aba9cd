/* A model whose definition is in another translation unit than those that relate to it. */
#ifndef TESTS_API_ELSEWHERE_H
#define TESTS_API_ELSEWHERE_H

#include <weft/weft.h>

WEFT_DECLARE(Planet);
WEFT_DECLARE(Moon);
struct Planet {
    int64_t id;
    const char *name;
    const char *note;
    int32_t mass;
    Moon_list moons;
};
struct Moon {
    int64_t id;
    weft_opt_int64 planet_id;
    const char *name;
    const Planet *planet;
};

#endif
