/* See misspelt.h. */
#include "migrate/misspelt.h"

#include <stddef.h>
#include <string.h>

enum { LONGEST = 20 };

static char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? (char)(letter + ('a' - 'A')) : letter; }

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

bool wefti_is_misspelt(const char *begin, const char *end, const char *word, unsigned changes)
{
    unsigned rows[3][LONGEST + 1]; /* of what begins the text by this letter, the one before and the one before that: by word's */
    const size_t size = (size_t)(end - begin), length = strlen(word);
    if (size > LONGEST || length > LONGEST || size > length + changes || length > size + changes)
        return false;
    for (size_t i = 0; i <= size; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3], *higher = rows[(i + 1) % 3];
        for (size_t k = 0; k <= length; k++) {
            if (i == 0 || k == 0) {
                row[k] = (unsigned)(i + k);
                continue;
            }
            const char letter = lower(begin[i - 1]);
            row[k] = least(above[k] + 1, row[k - 1] + 1);
            row[k] = least(row[k], above[k - 1] + (letter != word[k - 1]));
            if (i > 1 && k > 1 && letter == word[k - 2] && lower(begin[i - 2]) == word[k - 1])
                row[k] = least(row[k], higher[k - 2] + 1);
        }
    }
    return rows[size % 3][length] > 0 && rows[size % 3][length] <= changes;
}
