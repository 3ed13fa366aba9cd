/* Names of C for what a database calls as it likes. They depend on nothing but the names: the same schema gives the same models. */
#include "reflect.h"

#include <stdlib.h>
#include <string.h>

/* Words of C and C++, and what usual headers define. */
static const char *const reserved[] = {"alignas",
                                       "alignof",
                                       "and",
                                       "and_eq",
                                       "asm",
                                       "assert",
                                       "atomic_cancel",
                                       "atomic_commit",
                                       "atomic_noexcept",
                                       "auto",
                                       "bitand",
                                       "bitor",
                                       "bool",
                                       "break",
                                       "case",
                                       "catch",
                                       "char",
                                       "char16_t",
                                       "char32_t",
                                       "char8_t",
                                       "class",
                                       "co_await",
                                       "co_return",
                                       "co_yield",
                                       "compl",
                                       "complex",
                                       "concept",
                                       "const",
                                       "const_cast",
                                       "consteval",
                                       "constexpr",
                                       "constinit",
                                       "continue",
                                       "decltype",
                                       "default",
                                       "delete",
                                       "do",
                                       "double",
                                       "dynamic_cast",
                                       "else",
                                       "enum",
                                       "errno",
                                       "explicit",
                                       "export",
                                       "extern",
                                       "false",
                                       "float",
                                       "for",
                                       "friend",
                                       "goto",
                                       "i386",
                                       "if",
                                       "imaginary",
                                       "inline",
                                       "int",
                                       "linux",
                                       "long",
                                       "mutable",
                                       "namespace",
                                       "new",
                                       "noexcept",
                                       "noreturn",
                                       "not",
                                       "not_eq",
                                       "nullptr",
                                       "operator",
                                       "or",
                                       "or_eq",
                                       "private",
                                       "protected",
                                       "public",
                                       "reflexpr",
                                       "register",
                                       "reinterpret_cast",
                                       "requires",
                                       "restrict",
                                       "return",
                                       "short",
                                       "signed",
                                       "sizeof",
                                       "static",
                                       "static_assert",
                                       "static_cast",
                                       "stderr",
                                       "stdin",
                                       "stdout",
                                       "struct",
                                       "switch",
                                       "synchronized",
                                       "template",
                                       "this",
                                       "thread_local",
                                       "throw",
                                       "true",
                                       "try",
                                       "typedef",
                                       "typeid",
                                       "typename",
                                       "typeof",
                                       "typeof_unqual",
                                       "union",
                                       "unix",
                                       "unsigned",
                                       "using",
                                       "virtual",
                                       "void",
                                       "volatile",
                                       "wchar_t",
                                       "while",
                                       "xor",
                                       "xor_eq",
                                       "zero_"};

static bool is_reserved(const char *name)
{
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strcmp(reserved[i], name) == 0)
            return true;
    /* INT32_MAX and the like. */
    const size_t size = strlen(name);
    const bool limit = size > 4 && (strcmp(name + size - 4, "_MAX") == 0 || strcmp(name + size - 4, "_MIN") == 0);
    return limit || strcmp(name, "NULL") == 0 || strcmp(name, "EOF") == 0 || strcmp(name, "I") == 0;
}

/* ---- sets ---- */

bool name_is_free(const name_set *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->names[i], name) == 0)
            return false;
    return !is_reserved(name);
}

char *name_unique(name_set *set, const char *wanted)
{
    char *name = copy_of(wanted);
    if (is_reserved(name)) {
        free(name);
        name = text_of("%s_", wanted);
    }
    for (int i = 2; !name_is_free(set, name); i++) {
        free(name);
        name = text_of("%s_%d", wanted, i);
    }
    if (set->count == set->room) {
        set->room = set->room == 0 ? 16 : 2 * set->room;
        set->names = need(realloc(set->names, set->room * sizeof *set->names));
    }
    set->names[set->count++] = copy_of(name);
    return name;
}

void names_free(name_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        free(set->names[i]);
    free(set->names);
    *set = (name_set){0};
}

/* ---- letters ---- */

/* Those of Latin-1 from U+00C0 on. */
static const char *const latin[] = {"A", "A", "A", "A", "Ae", "A", "Ae", "C", "E", "E", "E", "E", "I",  "I", "I",  "I",
                                    "D", "N", "O", "O", "O",  "O", "Oe", "_", "O", "U", "U", "U", "Ue", "Y", "Th", "ss",
                                    "a", "a", "a", "a", "ae", "a", "ae", "c", "e", "e", "e", "e", "i",  "i", "i",  "i",
                                    "d", "n", "o", "o", "o",  "o", "oe", "_", "o", "u", "u", "u", "ue", "y", "th", "y"};

/* Letters, digits and "_" of ASCII: every other character is one of those, or its number. */
static char *in_ascii(const char *name)
{
    const size_t room = 8 * strlen(name) + 2; /* a character of at least two bytes is at most seven letters */
    char *made = need(malloc(room)), *to = made;
    for (const unsigned char *at = (const unsigned char *)name; *at != '\0'; at++) {
        const size_t left = room - (size_t)(to - made);
        if (*at < 0x80) {
            *to++ = ascii_word(*at) != 0 ? (char)*at : '_';
            continue;
        }
        unsigned code = *at >= 0xf0 ? *at & 7u : *at >= 0xe0 ? *at & 15u : *at & 31u;
        while ((at[1] & 0xc0) == 0x80)
            code = ((code & 0x3ffff) << 6) | (*++at & 63u);
        if (code >= 0xc0 && code < 0x100)
            to += snprintf(to, left, "%s", latin[code - 0xc0]);
        else
            to += snprintf(to, left, "u%04x", code & 0xfffff);
    }
    *to = '\0';
    return made;
}

/* Several "_" are one, and none stands at an end: "__" belongs to compilers. */
static void tidy(char *name)
{
    char *to = name;
    for (const char *at = name; *at != '\0'; at++)
        if (*at != '_' || (to > name && to[-1] != '_'))
            *to++ = *at;
    while (to > name && to[-1] == '_')
        to--;
    *to = '\0';
}

char *name_of_field(const char *column)
{
    char *name = in_ascii(column);
    tidy(name);
    char *made = name[0] == '\0'                            ? copy_of("column")
                 : ascii_digit((unsigned char)name[0]) != 0 ? text_of("_%s", name)
                                                            : copy_of(name);
    free(name);
    return made;
}

/* ---- one and many ---- */

static const char *const irregular[][2] = {{"people", "person"},      {"children", "child"},     {"men", "man"},
                                           {"women", "woman"},        {"mice", "mouse"},         {"feet", "foot"},
                                           {"teeth", "tooth"},        {"geese", "goose"},        {"movies", "movie"},
                                           {"cookies", "cookie"},     {"ties", "tie"},           {"indices", "index"},
                                           {"vertices", "vertex"},    {"matrices", "matrix"},    {"criteria", "criterion"},
                                           {"analyses", "analysis"},  {"bases", "basis"},        {"statuses", "status"},
                                           {"buses", "bus"},          {"aliases", "alias"},      {"lives", "life"},
                                           {"leaves", "leaf"},        {"shelves", "shelf"},      {"halves", "half"},
                                           {"wolves", "wolf"},        {"knives", "knife"},       {"quizzes", "quiz"},
                                           {"houses", "house"},       {"causes", "cause"},       {"courses", "course"},
                                           {"purchases", "purchase"}, {"databases", "database"}, {"responses", "response"},
                                           {"licenses", "license"},   {"expenses", "expense"},   {"warehouses", "warehouse"},
                                           {"releases", "release"},   {"phases", "phase"},       {"cases", "case"},
                                           {"uses", "use"},           {"caches", "cache"},       {"heroes", "hero"},
                                           {"photos", "photo"}};
static const char *const same[] = {"series",    "species",     "news",   "sheep",    "fish",    "data",     "media",
                                   "equipment", "information", "money",  "metadata", "staff",   "address",  "process",
                                   "success",   "access",      "status", "alias",    "bus",     "analysis", "basis",
                                   "gas",       "canvas",      "atlas",  "class",    "business"};

static bool ends(const char *word, const char *end)
{
    const size_t size = strlen(word), tail = strlen(end);
    return size >= tail && ascii_compare(word + size - tail, end) == 0;
}

/* The last word of several, which "_" or a capital letter begins. */
static bool is_last(const char *word, const char *last)
{
    if (!ends(word, last))
        return false;
    const char *at = word + strlen(word) - strlen(last);
    return at == word || at[-1] == '_' || (ascii_upper((unsigned char)*at) != 0 && ascii_lower((unsigned char)at[-1]) != 0);
}

static bool is_same(const char *word, bool singular)
{
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (is_last(word, same[i]))
            return singular || i < 12;
    return false;
}

/* The word with its end replaced, letter by letter in the case of the end. */
static char *with_end(const char *word, size_t cut, const char *end)
{
    const size_t stays = strlen(word) - cut;
    char *made = text_of("%.*s%s", (int)stays, word, end);
    for (size_t i = stays; cut > 0 && made[i] != '\0'; i++)
        if (ascii_upper((unsigned char)word[i - stays < cut ? i : stays + cut - 1]) != 0)
            made[i] = (char)ascii_to_upper((unsigned char)made[i]);
    return made;
}

static bool is_vowel(char c) { return c != '\0' && strchr("aeiouAEIOU", c) != NULL; }

/* A word of one letter, or that only an English one could be cut from, stays. */
static char *singular_of(const char *word)
{
    const size_t size = strlen(word);
    for (size_t i = 0; i < sizeof irregular / sizeof irregular[0]; i++)
        if (is_last(word, irregular[i][0]))
            return with_end(word, strlen(irregular[i][0]), irregular[i][1]);
    if (size < 3 || is_same(word, true) || !ends(word, "s") || ends(word, "ss") || ends(word, "us") || ends(word, "is"))
        return copy_of(word);
    if (ends(word, "ies") && size > 4)
        return with_end(word, 3, "y");
    if (ends(word, "sses") || ends(word, "xes") || ends(word, "ches") || ends(word, "shes") || ends(word, "zzes"))
        return with_end(word, 2, "");
    return with_end(word, 1, "");
}

char *plural_of(const char *word)
{
    const size_t size = strlen(word);
    for (size_t i = 0; i < sizeof irregular / sizeof irregular[0]; i++)
        if (is_last(word, irregular[i][1]))
            return with_end(word, strlen(irregular[i][1]), irregular[i][0]);
    if (size == 0 || is_same(word, false))
        return copy_of(word);
    if (ends(word, "y") && size > 1 && !is_vowel(word[size - 2]))
        return with_end(word, 1, "ies");
    if (ends(word, "s") || ends(word, "x") || ends(word, "ch") || ends(word, "sh") || ends(word, "z"))
        return text_of("%ses", word);
    return text_of("%ss", word);
}

/* ---- names made of names ---- */

/* "film_actors", "filmActors", "FILM_ACTORS" as FilmActor. */
char *name_of_type(const char *prefix, const char *table)
{
    char *name = in_ascii(table), *singular;
    tidy(name);
    singular = singular_of(name);
    free(name);
    bool lower = false, begins = true;
    for (const char *c = singular; *c != '\0'; c++)
        lower = lower || ascii_lower((unsigned char)*c) != 0;
    char *made = text_of("%s%s%s", prefix, *prefix == '\0' && ascii_digit((unsigned char)singular[0]) != 0 ? "T" : "", singular);
    char *to = made + strlen(made) - strlen(singular);
    for (const char *c = singular; *c != '\0'; c++) {
        if (*c == '_') {
            begins = true;
            continue;
        }
        *to++ = (char)(begins ? ascii_to_upper((unsigned char)*c) : lower ? *c : ascii_to_lower((unsigned char)*c));
        begins = ascii_digit((unsigned char)*c) != 0;
    }
    *to = '\0';
    free(singular);
    if (*made != '\0')
        return made;
    free(made);
    return copy_of("Table");
}

char *name_as_word(const char *type)
{
    char *made = need(malloc(2 * strlen(type) + 1)), *to = made;
    for (const char *c = type; *c != '\0'; c++) {
        const bool upper = ascii_upper((unsigned char)*c) != 0;
        if (upper && c > type && to[-1] != '_' &&
            (ascii_lower((unsigned char)c[-1]) != 0 ||
             (ascii_upper((unsigned char)c[-1]) != 0 && ascii_lower((unsigned char)c[1]) != 0)))
            *to++ = '_';
        *to++ = (char)ascii_to_lower((unsigned char)*c);
    }
    *to = '\0';
    return made;
}

char *name_of_reference(const char *column)
{
    const size_t size = strlen(column);
    if (size > 3 && (ends(column, "_id") || ends(column, "_fk")))
        return text_of("%.*s", (int)size - 3, column);
    if (size > 2 && (strcmp(column + size - 2, "Id") == 0 ||
                     (strcmp(column + size - 2, "ID") == 0 && ascii_lower((unsigned char)column[size - 3]) != 0)))
        return text_of("%.*s", (int)size - 2, column);
    return copy_of(column);
}

char *name_of_value(const char *type, const char *value)
{
    char *name = in_ascii(value);
    tidy(name);
    for (char *c = name; *c != '\0'; c++)
        *c = (char)ascii_to_upper((unsigned char)*c);
    char *word = name_as_word(type);
    for (char *c = word; *c != '\0'; c++)
        *c = (char)ascii_to_upper((unsigned char)*c);
    char *made = text_of("%s_%s", word, *name != '\0' ? name : "NONE");
    free(word);
    free(name);
    return made;
}

char *sql_quoted(const char *name)
{
    char *made = need(malloc(2 * strlen(name) + 3)), *to = made;
    *to++ = '"';
    for (const char *c = name; *c != '\0'; c++) {
        *to++ = *c;
        if (*c == '"')
            *to++ = '"';
    }
    *to++ = '"';
    *to = '\0';
    return made;
}

char *sql_name(const char *name)
{
    const size_t plain = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return name[plain] == '\0' && ascii_digit((unsigned char)*name) == 0 ? copy_of(name) : sql_quoted(name);
}
