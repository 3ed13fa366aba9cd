/* JSON: a scalar at a path as a type, a test, a row per element. */
#include "shop.h"
typedef struct Width {
    const char *sku;
    weft_opt_int64 width;
} Width;
WEFT_ROW(Width, WEFT_FIELD(Width, sku), WEFT_FIELD(Width, width));
typedef struct Tag {
    const char *value;
} Tag;
WEFT_ROW(Tag, WEFT_FIELD(Tag, value));
typedef struct Tagged {
    const char *sku, *tag;
} Tagged;
WEFT_ROW(Tagged, WEFT_FIELD(Tagged, sku), WEFT_FIELD(Tagged, tag));
void run(weft_session *s)
{
    const weft_expr *extra = weft_col(Item, extra);
    Width_list widths = weft_rows(s, Width, .from = weft_from(Item),
                                  .columns = weft_columns(weft_col(Item, sku), weft_json_value(extra, "$.size.width", WEFT_INT64)),
                                  .where = weft_and(weft_json_has(extra, "$.size"),
                                                    weft_op(weft_json_value(extra, "$.colour", WEFT_TEXT), "=", weft_val("red"))));
    weft_json_each(Tag, weft_json_get(extra, "$.tags"));
    Tagged_list tags =
        weft_rows(s, Tagged, .from = weft_from(Item), .joins = weft_cross_join(Tag),
                  .columns = weft_columns(weft_put_col(Tagged, sku, Item, sku), weft_put_col(Tagged, tag, Tag, value)),
                  .where = weft_like(Tag, value, "c%"));
    printf("%zu %zu\n", widths.count, tags.count);
}
