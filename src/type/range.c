/* Ranges: their text, and their order, which is PostgreSQL's: an empty one first, then by the lower bound, then by the upper one.
 * A value of a range of whole numbers or dates is settled as the server would, [1,5] as [1,6), so that what holds the same is the
 * same. Ranges of decimals are texts, whose bounds are compared as decimals. */
#include "type/type.h"

#include "base/locale.h"

#include <string.h>

static bool is_discrete(const wefti_type *row) { return row->bound != WEFT_TIMESTAMP; }

/* Infinity is no day that has a next one; beyond the last number there is none, which the server says. */
static bool has_next(const wefti_type *row, int64_t bound)
{
    const wefti_type *of = wefti_type_of(row->bound);
    return bound < of->greatest && (row->bound != WEFT_DATE || bound > of->least);
}

void wefti_range_settle(weft_value *value)
{
    const wefti_type *row = wefti_type_of(value->type);
    uint8_t ends = value->ends_;
    int64_t lower = (ends & WEFTI_NO_LOWER) != 0 ? 0 : value->as.range_.lower,
            upper = (ends & WEFTI_NO_UPPER) != 0 ? 0 : value->as.range_.upper;
    ends &= (uint8_t) ~((ends & WEFTI_NO_LOWER) != 0 ? WEFTI_LOWER_OPEN : 0u);
    ends &= (uint8_t) ~((ends & WEFTI_NO_UPPER) != 0 ? WEFTI_UPPER_CLOSED : 0u);
    const bool bounded = (ends & (WEFTI_NO_LOWER | WEFTI_NO_UPPER)) == 0, turned = bounded && lower > upper;
    const bool point = bounded && lower == upper && (ends & (WEFTI_LOWER_OPEN | WEFTI_UPPER_CLOSED)) == WEFTI_UPPER_CLOSED;
    bool empty = (ends & WEFTI_EMPTY) != 0 || (bounded && lower == upper && !point);
    if (is_discrete(row) && !turned && !empty) { /* a turned one is refused as it is */
        if ((ends & WEFTI_LOWER_OPEN) != 0 && has_next(row, lower)) {
            lower++;
            ends &= (uint8_t)~WEFTI_LOWER_OPEN;
        }
        if ((ends & WEFTI_UPPER_CLOSED) != 0 && has_next(row, upper)) {
            upper++;
            ends &= (uint8_t)~WEFTI_UPPER_CLOSED;
        }
        empty = bounded && lower == upper && ends == 0;
    }
    value->as.range_.lower = empty ? 0 : lower;
    value->as.range_.upper = empty ? 0 : upper;
    value->ends_ = empty ? (uint8_t)WEFTI_EMPTY : ends;
}

weft_value wefti_range_bound(const weft_value *range, bool upper)
{
    return (weft_value){.type = (weft_type)wefti_type_of(range->type)->bound,
                        .as.i = upper ? range->as.range_.upper : range->as.range_.lower};
}

/* ---- order ---- */

static int sign(int64_t a, int64_t b) { return a < b ? -1 : a > b; }

/* By what they are; compare gives the order of two bounds that there are. */
static int compare_ends(uint8_t a, uint8_t b, int (*compare)(const void *x, const void *y, bool upper), const void *x,
                        const void *y)
{
    if (((a | b) & WEFTI_EMPTY) != 0)
        return (b & WEFTI_EMPTY) / WEFTI_EMPTY - (a & WEFTI_EMPTY) / WEFTI_EMPTY;
    for (int upper = 0; upper < 2; upper++) {
        const uint8_t none = upper ? WEFTI_NO_UPPER : WEFTI_NO_LOWER, flag = upper ? WEFTI_UPPER_CLOSED : WEFTI_LOWER_OPEN;
        int order = (a & none) / none - (b & none) / none; /* without a bound: greatest above, least below */
        order = upper ? order : -order;
        if (order == 0 && (a & none) == 0)
            order = compare(x, y, upper != 0);
        if (order == 0)
            order = (a & flag) / flag - (b & flag) / flag;
        if (order != 0)
            return order;
    }
    return 0;
}

static int compare_bounds(const void *x, const void *y, bool upper)
{
    const weft_value *a = x, *b = y;
    return upper ? sign(a->as.range_.upper, b->as.range_.upper) : sign(a->as.range_.lower, b->as.range_.lower);
}

int wefti_ranges_compare(const weft_value *a, const weft_value *b)
{
    return compare_ends(a->ends_, b->ends_, compare_bounds, a, b);
}

bool wefti_ranges_equal(const weft_value *a, const weft_value *b)
{
    return a->ends_ == b->ends_ && a->as.range_.lower == b->as.range_.lower && a->as.range_.upper == b->as.range_.upper;
}

uint64_t wefti_range_hash(const weft_value *value, uint64_t seed)
{
    return wefti_hash(&value->as.range_, sizeof value->as.range_, seed + value->ends_);
}

/* ---- text ---- */

static void show_bound(wefti_text *out, const weft_value *range, bool upper)
{
    const weft_value bound = wefti_range_bound(range, upper);
    const bool quoted = bound.type == WEFT_TIMESTAMP && bound.as.i != INT64_MIN && bound.as.i != INT64_MAX;
    wefti_text_add(out, quoted ? "\"" : "");
    wefti_show_moment(out, &bound);
    wefti_text_add(out, quoted ? "\"" : "");
}

/* As PostgreSQL writes it, which it reads, too. */
void wefti_range_show(wefti_text *out, const weft_value *value)
{
    const uint8_t ends = value->ends_;
    if ((ends & WEFTI_EMPTY) != 0) {
        wefti_text_add(out, "empty");
        return;
    }
    wefti_text_add_char(out, (ends & (WEFTI_LOWER_OPEN | WEFTI_NO_LOWER)) != 0 ? '(' : '[');
    if ((ends & WEFTI_NO_LOWER) == 0)
        show_bound(out, value, false);
    wefti_text_add_char(out, ',');
    if ((ends & WEFTI_NO_UPPER) == 0)
        show_bound(out, value, true);
    wefti_text_add_char(out, (ends & WEFTI_UPPER_CLOSED) != 0 ? ']' : ')');
}

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static void skip_blanks(const char **at, const char *end)
{
    while (*at < end && is_blank(**at))
        (*at)++;
}

/* A bound up to what ends it; no type of weft's has one that needs an escape. */
static bool split_bound(const char **at, const char *end, const char *stops, const char **bound, size_t *size)
{
    skip_blanks(at, end);
    const bool quoted = *at < end && **at == '"';
    *at += quoted;
    const char *first = *at;
    while (*at < end && (quoted ? **at != '"' : strchr(stops, **at) == NULL))
        if (strchr("\"\\", *(*at)++) != NULL) /* nor a NUL */
            return false;
    const char *last = *at;
    while (!quoted && last > first && is_blank(last[-1]))
        last--;
    *bound = first;
    *size = (size_t)(last - first);
    if (*at == end)
        return false;
    *at += quoted;
    skip_blanks(at, end);
    return *at < end && strchr(stops, **at) != NULL && (*size > 0 || !quoted);
}

bool wefti_range_split(const char *data, size_t size, wefti_range_text *text)
{
    const char *at = data, *end = data + size;
    *text = (wefti_range_text){.bounds = {"", ""}};
    skip_blanks(&at, end);
    while (end > at && is_blank(end[-1]))
        end--;
    if (end - at == 5 && wefti_ascii_begins(at, "empty")) {
        text->ends = WEFTI_EMPTY;
        return true;
    }
    if (end - at < 3 || (*at != '[' && *at != '('))
        return false;
    text->ends = *at++ == '(' ? WEFTI_LOWER_OPEN : 0;
    if (!split_bound(&at, end, ",", &text->bounds[0], &text->sizes[0]))
        return false;
    at++;
    if (!split_bound(&at, end, ")]", &text->bounds[1], &text->sizes[1]))
        return false;
    text->ends |= *at++ == ']' ? WEFTI_UPPER_CLOSED : 0;
    if (text->sizes[0] == 0)
        text->ends = (uint8_t)((text->ends & ~WEFTI_LOWER_OPEN) | WEFTI_NO_LOWER);
    if (text->sizes[1] == 0)
        text->ends = (uint8_t)((text->ends & ~WEFTI_UPPER_CLOSED) | WEFTI_NO_UPPER);
    return at == end;
}

bool wefti_multirange_next(const char **at, const char *end, const char **range, size_t *size, bool *valid)
{
    bool quoted = false;
    skip_blanks(at, end);
    if (*at == end) /* what closes it is there */
        return false;
    *range = *at;
    while (*at < end && (quoted || (**at != ')' && **at != ']')))
        quoted ^= *(*at)++ == '"';
    *valid = *at < end;
    *at += *valid;
    *size = (size_t)(*at - *range);
    skip_blanks(at, end);
    if (*at < end) {
        *valid = *valid && *(*at)++ == ',';
        skip_blanks(at, end);
        *valid = *valid && *at < end;
    }
    return *valid;
}

static bool read_bound(unsigned type, const char *data, size_t size, int64_t *bound)
{
    char text[WEFT_TIMESTAMP_TEXT_SIZE];
    weft_value value = {0};
    if (size >= sizeof text)
        return false;
    memcpy(text, data, size);
    text[size] = '\0';
    const bool valid =
        wefti_type_is_integer(type) ? wefti_int64_parse(text, size, &value.as.i) : wefti_value_read(type, text, size, &value);
    *bound = value.as.i;
    return valid && value.as.i >= wefti_type_of(type)->least && value.as.i <= wefti_type_of(type)->greatest;
}

bool wefti_range_read(unsigned type, const char *data, size_t size, weft_value *value)
{
    const unsigned of = wefti_type_of(type)->bound;
    wefti_range_text text;
    *value = (weft_value){.type = (weft_type)type};
    if (!wefti_range_split(data, size, &text))
        return false;
    value->ends_ = text.ends;
    if ((text.sizes[0] > 0 && !read_bound(of, text.bounds[0], text.sizes[0], &value->as.range_.lower)) ||
        (text.sizes[1] > 0 && !read_bound(of, text.bounds[1], text.sizes[1], &value->as.range_.upper)))
        return false;
    wefti_range_settle(value);
    return true;
}

/* ---- of decimals ---- */

bool wefti_range_of_decimals(const char *data, size_t size, wefti_range_text *text)
{
    if (!wefti_range_split(data, size, text))
        return false;
    for (int i = 0; i < 2; i++)
        if (text->sizes[i] > 0 && !wefti_decimal_valid(text->bounds[i], text->sizes[i], true))
            return false;
    return true;
}

static int compare_decimals(const void *x, const void *y, bool upper)
{
    const wefti_range_text *a = x, *b = y;
    return wefti_decimal_compare(a->bounds[upper], a->sizes[upper], b->bounds[upper], b->sizes[upper]);
}

static void settle_decimals(wefti_range_text *text)
{
    const bool bounded = (text->ends & (WEFTI_NO_LOWER | WEFTI_NO_UPPER | WEFTI_EMPTY)) == 0,
               both = (text->ends & (WEFTI_LOWER_OPEN | WEFTI_UPPER_CLOSED)) == WEFTI_UPPER_CLOSED;
    if (bounded && !both && wefti_decimal_compare(text->bounds[0], text->sizes[0], text->bounds[1], text->sizes[1]) == 0)
        text->ends = WEFTI_EMPTY;
}

static bool read_decimals(const weft_value *value, wefti_range_text *text)
{
    if (!wefti_range_of_decimals(value->as.s.data, value->as.s.size, text))
        return false;
    settle_decimals(text);
    return true;
}

/* Those that are none are compared as texts. */
int wefti_decimal_ranges_compare(const weft_value *a, const weft_value *b)
{
    wefti_range_text x, y;
    if (read_decimals(a, &x) && read_decimals(b, &y))
        return compare_ends(x.ends, y.ends, compare_decimals, &x, &y);
    const size_t size = a->as.s.size < b->as.s.size ? a->as.s.size : b->as.s.size;
    const int order = size > 0 ? memcmp(a->as.s.data, b->as.s.data, size) : 0;
    return order != 0 ? order : sign((int64_t)a->as.s.size, (int64_t)b->as.s.size);
}

bool wefti_decimal_ranges_equal(const weft_value *a, const weft_value *b) { return wefti_decimal_ranges_compare(a, b) == 0; }

uint64_t wefti_decimal_range_hash(const weft_value *value, uint64_t seed)
{
    wefti_range_text text;
    if (!read_decimals(value, &text))
        return wefti_hash(value->as.s.data, value->as.s.size, seed);
    for (int i = 0; i < 2 && (text.ends & WEFTI_EMPTY) == 0; i++)
        seed = text.sizes[i] > 0 ? wefti_decimal_hash(text.bounds[i], text.sizes[i], seed) : seed * 31;
    return seed * 31 + text.ends;
}

bool weft_range_decimal_parse(weft_range_decimal range, char *room, weft_decimal_bounds *bounds)
{
    wefti_range_text text;
    const char *copies[2] = {NULL, NULL};
    if (range.text == NULL || !wefti_range_of_decimals(range.text, strlen(range.text), &text))
        return false;
    settle_decimals(&text);
    const bool empty = (text.ends & WEFTI_EMPTY) != 0;
    for (int i = 0; i < 2 && !empty; i++) {
        if (text.sizes[i] == 0)
            continue;
        memcpy(room, text.bounds[i], text.sizes[i]);
        room[text.sizes[i]] = '\0';
        copies[i] = room;
        room += text.sizes[i] + 1;
    }
    *bounds = (weft_decimal_bounds){.lower = {copies[0]},
                                    .upper = {copies[1]},
                                    .lower_open = (text.ends & WEFTI_LOWER_OPEN) != 0,
                                    .upper_closed = (text.ends & WEFTI_UPPER_CLOSED) != 0,
                                    .empty = empty};
    return true;
}
