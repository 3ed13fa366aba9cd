/* expect: not compatible with any */
#include "models.h"

#ifdef CORRECT
typedef struct Point {
    int64_t id;
    double x;
} Point;
#else
typedef struct Point {
    int64_t id;
    long double x;
} Point;
#endif
WEFT_MODEL(Point, "point", WEFT_COLUMN(Point, id, .primary_key = true), WEFT_COLUMN(Point, x));
