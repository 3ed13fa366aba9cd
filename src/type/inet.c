/* Addresses of the Internet protocol: their text, and their order, which is PostgreSQL's: by family, by the bits of the network
 * that both have, by its length, by the address. */
#define _POSIX_C_SOURCE 200809L
#include "type/type.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

bool wefti_inet_parse(const char *data, size_t size, wefti_inet *inet)
{
    char text[INET6_ADDRSTRLEN];
    const char *slash = memchr(data, '/', size);
    const size_t address_size = slash != NULL ? (size_t)(slash - data) : size, rest = size - address_size;
    int64_t bits = 0;
    if (address_size == 0 || address_size >= sizeof text)
        return false;
    memcpy(text, data, address_size);
    text[address_size] = '\0';
    *inet = (wefti_inet){.is_ipv6 = memchr(text, ':', address_size) != NULL};
    inet->size = inet->is_ipv6 ? 16 : 4;
    if (inet_pton(inet->is_ipv6 ? AF_INET6 : AF_INET, text, inet->bytes) != 1)
        return false;
    inet->bits = (uint8_t)(inet->size * 8);
    if (slash == NULL)
        return true;
    if (rest < 2 || rest > 4 || slash[1] < '0' || slash[1] > '9' || !wefti_int64_parse(slash + 1, rest - 1, &bits) ||
        bits > inet->bits)
        return false;
    inet->bits = (uint8_t)bits;
    return true;
}

size_t wefti_inet_write(const wefti_inet *inet, char text[WEFTI_FORM_BYTES])
{
    if (inet_ntop(inet->is_ipv6 ? AF_INET6 : AF_INET, inet->bytes, text, INET6_ADDRSTRLEN) == NULL)
        return 0;
    wefti_text out = {.data = text, .size = strlen(text), .capacity = WEFTI_FORM_BYTES}; /* has room: it does not grow */
    if (inet->bits < inet->size * 8) {
        wefti_text_add_char(&out, '/');
        wefti_text_add_int(&out, inet->bits);
    }
    text[out.size] = '\0';
    return out.size;
}

/* The first bits of two addresses of one family. */
static int compare_bits(const wefti_inet *a, const wefti_inet *b, unsigned bits)
{
    const int order = memcmp(a->bytes, b->bytes, bits / 8);
    if (order != 0 || bits % 8 == 0)
        return order;
    return (a->bytes[bits / 8] >> (8 - bits % 8)) - (b->bytes[bits / 8] >> (8 - bits % 8));
}

int wefti_inet_compare(const wefti_inet *a, const wefti_inet *b)
{
    if (a->is_ipv6 != b->is_ipv6)
        return a->is_ipv6 ? 1 : -1;
    int order = compare_bits(a, b, a->bits < b->bits ? a->bits : b->bits);
    order = order != 0 ? order : (int)a->bits - (int)b->bits;
    return order != 0 ? order : compare_bits(a, b, a->size * 8u);
}
