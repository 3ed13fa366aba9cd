/* The type that a column's declaration names, whoever has made the table. */
#include "driver/sqlite/codec.h"

#include "base/locale.h"

#include <string.h>

weft_type wefti_sqlite_declared_type(const char *declaration)
{
    char name[32];
    const size_t size = declaration != NULL ? strcspn(declaration, " (_") : 0;
    if (size == 0 || size >= sizeof name)
        return WEFT_UNMAPPED;
    memcpy(name, declaration, size);
    name[size] = '\0';
    for (unsigned type = 0; type < WEFT_TYPE_COUNT_; type++)
        for (const char *word = wefti_sqlite_codecs[type].declared; word != NULL && *word != '\0';) {
            const size_t length = strcspn(word, " ");
            if (length == size && wefti_ascii_begins(word, name))
                return (weft_type)type;
            word += length + strspn(word + length, " ");
        }
    return WEFT_UNMAPPED;
}
