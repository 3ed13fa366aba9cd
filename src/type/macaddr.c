/* Hardware addresses: their text, six groups of two lower-case digits with colons between them as PostgreSQL writes it, and the
 * other forms that it documents. Their order is that of the bytes, and so that of the texts. */
#include "type/type.h"

#include <string.h>

enum { BYTES = 6, WRITTEN = 3 * BYTES - 1 };
_Static_assert(WEFT_MACADDR_TEXT_SIZE == WRITTEN + 1, "the room that programs have for a text");

/* At least WEFT_MACADDR_TEXT_SIZE bytes. */
static size_t write_text(const weft_macaddr *macaddr, char *text)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < BYTES; i++) {
        text[3 * i] = hex[macaddr->bytes[i] / 16];
        text[3 * i + 1] = hex[macaddr->bytes[i] % 16];
        text[3 * i + 2] = i + 1 < BYTES ? ':' : '\0';
    }
    return WRITTEN;
}

size_t wefti_macaddr_write(const weft_macaddr *macaddr, char text[WEFTI_FORM_BYTES]) { return write_text(macaddr, text); }

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* How many bytes stand between two separators, by the size of the text; 0: it is none. */
static size_t group_of(size_t size) { return size == WRITTEN ? 1 : size == 14 ? 2 : size == 13 ? 3 : size == 12 ? BYTES : 0; }

bool wefti_macaddr_parse(const char *data, size_t size, weft_macaddr *macaddr)
{
    const size_t group = group_of(size);
    const char separator = group == 0 || group == BYTES ? '\0' : data[2 * group];
    weft_macaddr read = {{0}};
    if (group == 0 || (separator != '\0' && separator != '-' && separator != (group == 2 ? '.' : ':')))
        return false;
    for (size_t i = 0; i < BYTES; i++) {
        if (i > 0 && i % group == 0 && *data++ != separator)
            return false;
        const int high = digit(*data++), low = digit(*data++);
        if (high < 0 || low < 0)
            return false;
        read.bytes[i] = (unsigned char)(high * 16 + low);
    }
    *macaddr = read;
    return true;
}

char *weft_macaddr_text(weft_macaddr value, char text[WEFT_MACADDR_TEXT_SIZE])
{
    (void)write_text(&value, text);
    return text;
}

bool weft_macaddr_parse(const char *text, weft_macaddr *value)
{
    return text != NULL && value != NULL && wefti_macaddr_parse(text, strlen(text), value);
}
