/* What depends on the program's locale in C, done without it: numbers have a point, letters are ASCII's, messages are English. The
 * functions of the C library that this replaces are banned in the library; scripts/check has the list. */
#ifndef WEFTI_BASE_LOCALE_H
#define WEFTI_BASE_LOCALE_H

#include <stdbool.h>
#include <stddef.h>

#define WEFTI_DOUBLE_TEXT_SIZE 32

/* As strtod. */
double wefti_double_read(const char *text, char **end);
/* As %.17g: reads back as the same number. The length. */
size_t wefti_double_write(double value, char text[WEFTI_DOUBLE_TEXT_SIZE]);
/* As %.*e, with at most 17 digits behind the point. The length. */
size_t wefti_double_write_digits(double value, int digits, char text[WEFTI_DOUBLE_TEXT_SIZE]);

/* Without minding the case of ASCII letters: as strcmp, equal, and whether text begins with start. */
int wefti_ascii_compare(const char *a, const char *b);
bool wefti_ascii_equal(const char *a, const char *b);
bool wefti_ascii_begins(const char *text, const char *start);
bool wefti_ascii_same(const char *a, const char *b, size_t size); /* of two of the size, which no zero ends */

/* The calling thread's locale becomes C until leave gets what enter gave: for other libraries, whose messages and numbers follow
 * it. */
void *wefti_locale_enter(void);
void wefti_locale_leave(void *before);
/* The program's locale again, for a callback of the program, until resume gets what pause gave. */
void *wefti_locale_pause(void);
void wefti_locale_resume(void *before);

#endif
