/* expect: not compatible with any */
#include "models.h"

typedef struct Place {
    const char *city;
} Place;
typedef struct Shop {
    int64_t id;
    Place place;
    int32_t number;
} Shop;
WEFT_DECLARE_VALUE(Place);
extern const weft_model Shop_model;
#ifdef CORRECT
WEFT_MODEL(Shop, "shop", WEFT_COLUMN(Shop, id, .primary_key = true), WEFT_EMBED(Shop, place, Place));
#else
WEFT_MODEL(Shop, "shop", WEFT_COLUMN(Shop, id, .primary_key = true), WEFT_EMBED(Shop, number, Place));
#endif
