/* JSON compared by content, as a database does that keeps values and not texts. */
#ifndef WEFTI_UNIT_JSON_H
#define WEFTI_UNIT_JSON_H

#include <stdbool.h>

/* Whether both are well-formed and mean the same: blanks, the order of keys, the spelling of numbers (1, 1.0, 1e0) and escapes do
 * not count. False also where that would take long to find out, and where a key stands twice. */
bool wefti_json_same(const char *a, const char *b);

#endif
