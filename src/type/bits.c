/* Strings of bits, eight to a byte, the first the highest: what stands behind the last is nothing. Their order is PostgreSQL's: by
 * bits, the shorter first where all of it is the same. */
#include "type/type.h"

#include <string.h>

/* The last byte without what is none of the bits. */
static unsigned char last_of(const weft_value *value)
{
    const unsigned char byte = (unsigned char)value->as.s.data[value->as.s.size - 1];
    return (unsigned char)(byte & (0xffu << value->ends_));
}

int wefti_bits_compare(const weft_value *a, const weft_value *b)
{
    const size_t x = a->as.s.size, y = b->as.s.size, size = x < y ? x : y;
    const int order = size > 1 ? memcmp(a->as.s.data, b->as.s.data, size - 1) : 0;
    if (order != 0 || size == 0)
        return order != 0 ? order : x < y ? -1 : x > y;
    const unsigned char left = x == size ? last_of(a) : (unsigned char)a->as.s.data[size - 1],
                        right = y == size ? last_of(b) : (unsigned char)b->as.s.data[size - 1];
    if (left != right)
        return left < right ? -1 : 1;
    return wefti_bits_count(a) < wefti_bits_count(b) ? -1 : wefti_bits_count(a) > wefti_bits_count(b);
}

bool wefti_bits_equal(const weft_value *a, const weft_value *b)
{
    return wefti_bits_count(a) == wefti_bits_count(b) && wefti_bits_compare(a, b) == 0;
}

uint64_t wefti_bits_hash(const weft_value *value, uint64_t seed)
{
    const size_t size = value->as.s.size;
    if (size == 0)
        return seed * 31;
    const unsigned char last = last_of(value);
    return wefti_hash(&last, 1, wefti_hash(value->as.s.data, size - 1, seed + value->ends_));
}

static bool bit_at(const void *data, size_t i) { return (((const unsigned char *)data)[i / 8] >> (7 - i % 8) & 1) != 0; }

void wefti_bits_show(wefti_text *out, const weft_value *value)
{
    for (size_t i = 0, count = wefti_bits_count(value); i < count && !out->failed; i++)
        wefti_text_add_char(out, bit_at(value->as.s.data, i) ? '1' : '0');
}

bool wefti_bits_read(const char *digits, size_t size, char *room, weft_value *value)
{
    const size_t bytes = size / 8 + (size % 8 != 0);
    memset(room, 0, bytes);
    for (size_t i = 0; i < size; i++) {
        if (digits[i] != '0' && digits[i] != '1')
            return false;
        if (digits[i] == '1')
            room[i / 8] = (char)(unsigned char)((unsigned char)room[i / 8] | 0x80u >> i % 8);
    }
    *value = (weft_value){.type = WEFT_BITS, .ends_ = (uint8_t)(bytes * 8 - size), .as.s = {room, bytes}};
    return true;
}

bool weft_bits_at(weft_bits bits, size_t i) { return bits.data != NULL && i < bits.count && bit_at(bits.data, i); }

char *weft_bits_text(weft_bits bits, char *text)
{
    for (size_t i = 0; i < bits.count; i++)
        text[i] = weft_bits_at(bits, i) ? '1' : '0';
    text[bits.count] = '\0';
    return text;
}

bool weft_bits_parse(const char *text, void *data, weft_bits *bits)
{
    weft_value value;
    const size_t size = text != NULL ? strlen(text) : 0;
    if (text == NULL || text[strspn(text, "01")] != '\0' || !wefti_bits_read(text, size, data, &value))
        return false;
    *bits = (weft_bits){data, size};
    return true;
}
