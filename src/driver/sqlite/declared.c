/* The type that a column's declaration names, whoever has made the table. */
#include "driver/sqlite/codec.h"

#include "base/locale.h"
#include "type/names.h"

#include <string.h>

/* An array that weft has declared: of integers of any size as the largest, and so on. */
static weft_type declared_array(const char *declaration)
{
    for (unsigned item = WEFT_UNMAPPED + 1; item < WEFT_TYPE_COUNT_; item++) {
        const char *name = wefti_names_sqlite[WEFT_ARRAY + item].column;
        if (name != NULL && wefti_ascii_equal(declaration, name))
            return (weft_type)wefti_array_type(wefti_type_of(item)->kin, false);
    }
    return WEFT_UNMAPPED;
}

weft_type wefti_sqlite_declared_type(const char *declaration)
{
    char name[32];
    const weft_type array = declaration != NULL ? declared_array(declaration) : WEFT_UNMAPPED;
    if (array != WEFT_UNMAPPED)
        return array;
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
