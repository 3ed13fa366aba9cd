/* What the type that a model names for a column (.sql_type) means for the texts that stand beside it. */
#include "sql/walk.h"

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

bool wefti_walk_text_cast(const wefti_dialect *dialect, const wefti_column *column, char cast[WEFTI_MAX_IDENTIFIER_BYTES + 1])
{
    size_t size = 0;
    if (column->sql_type == NULL || column->type != WEFT_TEXT)
        return false;
    while (is_word(column->sql_type[size]) || wefti_ascii_begins(column->sql_type + size, " varying"))
        size++;
    const char *rest = column->sql_type + size + strspn(column->sql_type + size, " ");
    if (size == 0 || size > WEFTI_MAX_IDENTIFIER_BYTES || (*rest != '\0' && *rest != '(' && !wefti_ascii_begins(rest, "collate")))
        return false;
    memcpy(cast, column->sql_type, size);
    cast[size] = '\0';
    for (const char *const(*type)[2] = dialect->text_types; (*type)[0] != NULL; type++)
        if (wefti_ascii_equal(cast, (*type)[0])) {
            memcpy(cast, (*type)[1], strlen((*type)[1]) + 1);
            return cast[0] != '\0';
        }
    return true;
}

/* Whether text begins with a word in lower case, whatever the text's case; what follows stands at *rest, after blanks. */
static bool begins_with_word(const char *text, const char *word, const char **rest)
{
    for (; *word != '\0'; text++, word++)
        if (*text != *word && (*text < 'A' || *text > 'Z' || *text + ('a' - 'A') != *word))
            return false;
    *rest = text + strspn(text, " ");
    return strchr(" (", *text) != NULL; /* or the end */
}

bool wefti_is_padded(const wefti_dialect *dialect, const wefti_column *column)
{
    const char *rest, *after;
    for (const char *const *type = dialect->padded_types; type != NULL && column->sql_type != NULL && *type != NULL; type++)
        if (begins_with_word(column->sql_type, *type, &rest))
            return !begins_with_word(rest, "varying", &after);
    return false;
}
