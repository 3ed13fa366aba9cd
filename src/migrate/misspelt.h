/* Words that are like one of a file's directives. Private to migrate. */
#ifndef WEFTI_MIGRATE_MISSPELT_H
#define WEFTI_MIGRATE_MISSPELT_H

#include <stdbool.h>

/* Whether at most so many changes make the word of the text, whatever its letters' case, and at least one: a letter more, less or
 * another one, and two that have changed places. */
bool wefti_is_misspelt(const char *begin, const char *end, const char *word, unsigned changes);

#endif
