/* See locale.h. The C locale is glibc's own object, which newlocale gives without taking memory. */
#define _GNU_SOURCE
#include "base/locale.h"

#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void) { c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0); }

static locale_t the_c_locale(void)
{
    (void)pthread_once(&c_locale_once, make_c_locale);
    return c_locale;
}

double wefti_double_read(const char *text, char **end) { return strtod_l(text, end, the_c_locale()); }

size_t wefti_double_write(double value, char text[WEFTI_DOUBLE_TEXT_SIZE])
{
    void *before = wefti_locale_enter();
    int length = snprintf(text, WEFTI_DOUBLE_TEXT_SIZE, "%.17g", value);
    wefti_locale_leave(before);
    return length > 0 ? (size_t)length : 0;
}

size_t wefti_double_write_digits(double value, int digits, char text[WEFTI_DOUBLE_TEXT_SIZE])
{
    void *before = wefti_locale_enter();
    int length = snprintf(text, WEFTI_DOUBLE_TEXT_SIZE, "%.*e", digits < 17 ? digits : 17, value);
    wefti_locale_leave(before);
    return length > 0 ? (size_t)length : 0;
}

static _Thread_local unsigned depth;      /* of enter without leave */
static _Thread_local locale_t of_program; /* while there is one */

void *wefti_locale_enter(void)
{
    locale_t before = uselocale(the_c_locale());
    if (depth++ == 0)
        of_program = before;
    return before;
}

void wefti_locale_leave(void *before)
{
    depth--;
    (void)uselocale(before);
}

void *wefti_locale_pause(void) { return depth != 0 ? uselocale(of_program) : NULL; }

void wefti_locale_resume(void *before) { (void)uselocale(before); }

static int lower(char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; }

int wefti_ascii_compare(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return (unsigned char)lower(*a) - (unsigned char)lower(*b);
}

bool wefti_ascii_equal(const char *a, const char *b) { return wefti_ascii_compare(a, b) == 0; }

bool wefti_ascii_begins(const char *text, const char *start)
{
    while (*start != '\0' && lower(*text) == lower(*start)) {
        text++;
        start++;
    }
    return *start == '\0';
}

bool wefti_ascii_same(const char *a, const char *b, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}
