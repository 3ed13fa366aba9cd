/* Texts as values of each type: what is read is written as a text that reads as the same; values of one type become those of
 * another or not, and are compared and hashed without harm. */
#include "fuzz.h"

#include "type/type.h"
#include "unit/json.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *text = fuzz_text(data + 1, size - 1);
    const weft_value as_text = {.type = WEFT_TEXT, .as.s = {text, size - 1}};
    for (unsigned type = WEFT_UNMAPPED + 1; type < WEFT_TYPE_COUNT_; type++) {
        weft_value value = {0}, taken = {0};
        char form[WEFTI_FORM_BYTES];
        if (wefti_value_take(type, &as_text, &taken))
            MUST(wefti_values_same(&taken, &taken));
        if (!wefti_value_read(type, text, size - 1, &value))
            continue;
        MUST(wefti_values_same(&value, &value) && wefti_values_compare(&value, &value) == 0);
        const size_t count = wefti_value_form(&value, form);
        if (count > 0) {
            weft_value again = {0};
            MUST(count <= WEFTI_FORM_BYTES);
            MUST(wefti_value_read(type, form, count, &again));
            MUST(wefti_values_equal(&value, &again));
            MUST(wefti_value_hash(type, &value, 7) == wefti_value_hash(type, &again, 7));
        }
        for (unsigned other = WEFT_UNMAPPED + 1; other < WEFT_TYPE_COUNT_; other++)
            if (wefti_value_take(other, &value, &taken))
                (void)wefti_value_hash(other, &taken, 1);
    }
    if (size > 2) {
        char *half = fuzz_text(data + 1, (size - 1) / 2);
        MUST(wefti_json_same(text, half) == wefti_json_same(half, text));
        MUST(!wefti_json_same(text, half) || (wefti_json_same(text, text) && wefti_json_same(half, half)));
        free(half);
    }
    free(text);
    return 0;
}
