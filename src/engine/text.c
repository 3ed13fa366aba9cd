/* What a text statement is, told by its first word. Text is the program's own and trusted; this only keeps the connection's idea of
 * its transaction and of its session state right. What is not known counts as writing and as leaving something behind. */
#include "engine/engine_private.h"

#include <string.h>

typedef enum word_kind { WORD_READ, WORD_WRITE, WORD_TRANSACTION, WORD_STATE } word_kind;

static const struct { const char *word; word_kind kind; } known_words[] = {
    {"SELECT", WORD_READ},        {"VALUES", WORD_READ},       {"TABLE", WORD_READ},           {"EXPLAIN", WORD_READ},
    {"SHOW", WORD_READ},          {"WITH", WORD_WRITE},        {"INSERT", WORD_WRITE},         {"UPDATE", WORD_WRITE},
    {"DELETE", WORD_WRITE},       {"MERGE", WORD_WRITE},       {"REPLACE", WORD_WRITE},        {"CREATE", WORD_WRITE},
    {"ALTER", WORD_WRITE},        {"DROP", WORD_WRITE},        {"TRUNCATE", WORD_WRITE},       {"ANALYZE", WORD_WRITE},
    {"VACUUM", WORD_WRITE},       {"REINDEX", WORD_WRITE},     {"COMMENT", WORD_WRITE},        {"GRANT", WORD_WRITE},
    {"REVOKE", WORD_WRITE},       {"LOCK", WORD_WRITE},        {"NOTIFY", WORD_WRITE},         {"REFRESH", WORD_WRITE},
    {"CLUSTER", WORD_WRITE},      {"BEGIN", WORD_TRANSACTION}, {"START", WORD_TRANSACTION},    {"COMMIT", WORD_TRANSACTION},
    {"END", WORD_TRANSACTION},    {"ABORT", WORD_TRANSACTION}, {"ROLLBACK", WORD_TRANSACTION}, {"SAVEPOINT", WORD_TRANSACTION},
    {"RELEASE", WORD_TRANSACTION},
};

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool is_word_character(char c)
{
    return (upper(c) >= 'A' && upper(c) <= 'Z') || c == '_';
}

static const char *skip_comment(const char *p)
{
    int depth = 1;
    if (p[0] == '-') {
        while (*p != '\0' && *p != '\n')
            p++;
        return p;
    }
    for (p += 2; *p != '\0' && depth > 0; p++) {
        if (p[0] == '*' && p[1] == '/') {
            depth--;
            p++;
        } else if (p[0] == '/' && p[1] == '*') {
            depth++;
            p++;
        }
    }
    return p;
}

static const char *skip_space(const char *p)
{
    for (;;) {
        if (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r' || *p == '\f' || *p == '(' || *p == ';')
            p++;
        else if ((p[0] == '-' && p[1] == '-') || (p[0] == '/' && p[1] == '*'))
            p = skip_comment(p);
        else
            return p;
    }
}

/* True where the text at p is the word, and no longer one. */
static bool at_word(const char *p, const char *word)
{
    while (*word != '\0')
        if (upper(*p++) != *word++)
            return false;
    return !is_word_character(*p);
}

static const char *next_word(const char *p)
{
    while (is_word_character(*p))
        p++;
    return skip_space(p);
}

static bool mentions(const char *sql, const char *lower_part)
{
    size_t size = strlen(lower_part);
    for (; *sql != '\0'; sql++) {
        size_t i = 0;
        while (i < size && upper(sql[i]) == upper(lower_part[i]))
            i++;
        if (i == size)
            return true;
    }
    return false;
}

wefti_text_class wefti_text_classify(const char *sql)
{
    const char *p = skip_space(sql);
    word_kind kind = WORD_STATE;
    for (size_t i = 0; i < sizeof known_words / sizeof known_words[0]; i++)
        if (at_word(p, known_words[i].word))
            kind = known_words[i].kind;
    if (at_word(p, "SET") && at_word(next_word(p), "LOCAL"))
        kind = WORD_WRITE;
    if (at_word(p, "PREPARE") && at_word(next_word(p), "TRANSACTION"))
        kind = WORD_TRANSACTION;
    wefti_text_class class = {.reads = kind == WORD_READ, .transaction = kind == WORD_TRANSACTION, .dirties = kind == WORD_STATE,
        .writes = kind == WORD_WRITE && !at_word(p, "WITH") && !at_word(p, "SET")};
    if ((kind == WORD_READ || kind == WORD_WRITE) && (mentions(sql, "set_config") || mentions(sql, "advisory_lock")))
        class.dirties = true;
    if (at_word(p, "CREATE") && (at_word(next_word(p), "TEMP") || at_word(next_word(p), "TEMPORARY")))
        class.dirties = true;
    return class;
}
