/* What the type that a model names for a column (.sql_type) means for the texts that stand beside it. */
#include "sql/walk.h"

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '$' ||
           (unsigned char)c >= 0x80;
}

/* The size of a name in double quotes, or 0 where it does not end. */
static size_t quoted_size(const char *text)
{
    size_t size = 1;
    while (text[size] != '\0' && (text[size] != '"' || text[size + 1] == '"'))
        size += text[size] == '"' ? 2 : 1;
    return text[size] == '"' ? size + 1 : 0;
}

/* What stands in parentheses, which has none itself: lengths and the like. */
static size_t length_size(const char *text)
{
    const char *end = strchr(text, ')');
    return end != NULL ? (size_t)(end - text) + 1 : 0;
}

/* The brackets of an array, which say no size; 0 where they do. */
static size_t brackets_size(const char *text) { return text[1] == ']' ? 2 : 0; }

/* The name of a type without its length and collation: public."Odd type", character varying, integer[]. False where there is more
 * to it. */
static bool read_name(const char *type, char *name)
{
    size_t used = 0, size;
    for (; *type != '\0'; type += size) {
        const bool blank = *type == ' ';
        if (blank && wefti_ascii_begins(type + strspn(type, " "), "collate "))
            break;
        size = *type == '"'   ? quoted_size(type)
               : *type == '(' ? length_size(type)
               : *type == '[' ? brackets_size(type)
                              : (size_t)(blank || is_word(*type));
        if (size == 0)
            return false;
        if (*type != '(') {
            memcpy(name + used, type, size);
            used += size;
        }
    }
    while (used > 0 && name[used - 1] == ' ')
        used--;
    name[used] = '\0';
    return used > 0;
}

/* Of a name without the brackets at its end. */
static size_t size_of_base(const char *name, size_t size)
{
    while (size > 2 && strncmp(name + size - 2, "[]", 2) == 0)
        size -= 2;
    return size;
}

bool wefti_settle_cast(const wefti_dialect *dialect, wefti_column *column, wefti_arena *arena)
{
    const bool turned = wefti_type_is_array(column->type) && wefti_column_is_turned(column),
               texts = turned && column->type == WEFT_ARRAY + WEFT_TEXT;
    if (column->sql_type == NULL || (column->type != WEFT_TEXT && !turned) || dialect->text_types == NULL)
        return true;
    char *name = wefti_arena_aligned(arena, strlen(column->sql_type) + 1, 1);
    if (name == NULL)
        return false;
    column->cast = read_name(column->sql_type, name) ? name : NULL;
    if (column->cast == NULL)
        return true;
    const size_t size = strlen(name), base = size_of_base(name, size);
    const bool array = base < size, items = texts && array;
    const char *brackets = wefti_arena_strndup(arena, name + base, size - base);
    if (brackets == NULL)
        return false;
    name[base] = '\0';
    for (const char *const(*type)[2] = dialect->text_types; (*type)[0] != NULL; type++)
        if (wefti_ascii_equal(name, (*type)[0])) {
            const bool other = (*type)[1][0] != '\0' && !items, itself = (*type)[1][0] == '\0' && array && !items;
            column->cast = itself   ? name
                           : !other ? NULL
                           : array  ? wefti_arena_printf(arena, "%s%s", (*type)[1], brackets)
                                    : (*type)[1];
            name[base] = itself ? '[' : '\0';
            return column->cast != NULL || !other;
        }
    name[base] = brackets[0];
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

/* SQLite takes what contains one of these for text, or leaves it as it is; a schema or an array it does not take at all. */
static bool is_text_there(const char *type)
{
    static const char *const parts[] = {"char", "clob", "text", "blob"};
    bool text = false;
    if (strpbrk(type, ".[") != NULL)
        return false;
    for (; *type != '\0'; type++)
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
            text = text || wefti_ascii_begins(type, parts[i]);
    return text;
}

const char *wefti_declared_type(const wefti_dialect *dialect, const wefti_column *column)
{
    const char *after;
    const bool native = column->native_enum != NULL && dialect->text_types != NULL;
    const bool enumerated = column->enum_names != NULL && (column->sql_type == NULL || (column->native_enum != NULL && !native));
    if (column->item_names != NULL && column->native_enum != NULL && !native)
        return NULL; /* an array of texts */
    if (enumerated || column->sql_type == NULL || column->type != WEFT_TEXT || dialect->column_words == NULL)
        return enumerated ? dialect->enum_type : column->sql_type;
    if (column->field->own && wefti_own_name(dialect, column) == column->sql_type)
        return column->sql_type; /* for this database alone */
    for (const char *const *word = dialect->column_words; *word != NULL; word++)
        if (begins_with_word(column->sql_type, *word, &after))
            return column->sql_type;
    return is_text_there(column->sql_type) ? column->sql_type : wefti_ddl_type_name(dialect->ddl, WEFT_TEXT);
}
