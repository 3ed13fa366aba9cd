/* Statements of a script. For PostgreSQL the rules are psql's: a semicolon ends a statement outside of parentheses and of the body
 * of a routine in SQL, in which BEGIN and CASE are closed by END. For SQLite they are those of sqlite3_complete, which knows
 * triggers: a trigger ends with ";END;". What a token is base/sqltext says. */
#include "base/split.h"

#include "base/locale.h"
#include "base/memory.h"

#include <string.h>

const wefti_split_rules wefti_split_postgres = {.sql = &wefti_sql_rules_postgres, .routines = true};
const wefti_split_rules wefti_split_sqlite = {.sql = &wefti_sql_rules_sqlite, .triggers = true};

/* sqlite3_complete's states. */
typedef enum trigger_state {
    AT_START,
    IN_PLAIN,
    AFTER_EXPLAIN,
    AFTER_CREATE,
    IN_TRIGGER,
    TRIGGER_SEMICOLON,
    TRIGGER_END
} trigger_state;

typedef struct splitter {
    const wefti_split_rules *rules;
    wefti_piece *piece;
    size_t words; /* seen, names only */
    int parentheses, blocks;
    bool routine;
    bool value_follows; /* the word before was ADD */
    trigger_state state;
} splitter;

static void word_of(const char *begin, const char *end, char word[16])
{
    size_t size = (size_t)(end - begin);
    *word = '\0';
    if (size >= 16 || *begin == '"' || *begin == '[' || *begin == '`')
        return;
    for (size_t i = 0; i < size; i++)
        word[i] = (char)(begin[i] >= 'a' && begin[i] <= 'z' ? begin[i] - ('a' - 'A') : begin[i]);
    word[size] = '\0';
}

static bool is(const char *word, const char *other) { return strcmp(word, other) == 0; }

static const char *trouble_of(const wefti_piece *piece)
{
    static const char *const control[] = {"BEGIN", "COMMIT", "END", "ROLLBACK", "START", "SAVEPOINT", "RELEASE", "ABORT"};
    for (size_t i = 0; i < sizeof control / sizeof control[0]; i++)
        if (is(piece->words[0], control[i]))
            return "begins or ends a transaction, which is weft's to do; \"-- no transaction\" before a statement runs it outside "
                   "of one";
    if (is(piece->words[0], "PREPARE") && is(piece->words[1], "TRANSACTION"))
        return "ends a transaction, which is weft's to do";
    return NULL;
}

/* What the statement is by its first words; the routine's kind decides how it ends, so this is asked at each of them. */
static void note_word(splitter *s, const char *word)
{
    wefti_piece *p = s->piece;
    if (s->words < WEFTI_SPLIT_WORDS)
        memcpy(p->words[s->words], word, 16);
    s->words++;
    char(*w)[16] = p->words;
    if (s->words == 2 || s->words == 4) {
        size_t kind = s->words == 4 ? 3 : 1;
        bool creates = is(w[0], "CREATE") && (s->words == 2 || (is(w[1], "OR") && is(w[2], "REPLACE")));
        s->routine |= s->rules->routines && creates && (is(w[kind], "FUNCTION") || is(w[kind], "PROCEDURE"));
    }
    p->adds_value |= is(w[0], "ALTER") && is(w[1], "TYPE") && s->value_follows && is(word, "VALUE");
    s->value_follows = is(word, "ADD");
    p->concurrent |= s->words <= 5 && is(word, "CONCURRENTLY") && (is(w[0], "CREATE") || is(w[0], "DROP") || is(w[0], "REINDEX"));
    if (is(w[0], "COPY") && is(word, "STDIN"))
        p->trouble = "reads rows from the script, which only the database's shell does: write INSERT";
    p->concurrent |= s->words == 1 && is(word, "VACUUM");
    if (!s->routine || s->parentheses > 0)
        return;
    if (is(word, "BEGIN") || (s->blocks > 0 && is(word, "CASE")))
        s->blocks++;
    else if (s->blocks > 0 && is(word, "END"))
        s->blocks--;
}

/* sqlite3_complete's machine: word is "" for what is none of its words, NULL for a semicolon. */
static trigger_state next_state(trigger_state state, const char *word)
{
    bool semicolon = word == NULL, end = !semicolon && is(word, "END"), create = !semicolon && is(word, "CREATE");
    bool temporary = !semicolon && (is(word, "TEMP") || is(word, "TEMPORARY")), trigger = !semicolon && is(word, "TRIGGER");
    switch (state) {
    case AT_START:
        if (semicolon)
            return AT_START;
        return create ? AFTER_CREATE : is(word, "EXPLAIN") ? AFTER_EXPLAIN : IN_PLAIN;
    case IN_PLAIN: return semicolon ? AT_START : IN_PLAIN;
    case AFTER_EXPLAIN:
        if (semicolon)
            return AT_START;
        return create ? AFTER_CREATE : end || temporary || trigger || is(word, "EXPLAIN") ? IN_PLAIN : AFTER_EXPLAIN;
    case AFTER_CREATE:
        if (semicolon)
            return AT_START;
        return temporary ? AFTER_CREATE : trigger ? IN_TRIGGER : IN_PLAIN;
    case IN_TRIGGER: return semicolon ? TRIGGER_SEMICOLON : IN_TRIGGER;
    case TRIGGER_SEMICOLON: return semicolon ? TRIGGER_SEMICOLON : end ? TRIGGER_END : IN_TRIGGER;
    case TRIGGER_END: return semicolon ? AT_START : IN_TRIGGER;
    }
    return AT_START;
}

/* Whether the token ends the statement. */
static bool take(splitter *s, wefti_sql_token kind, const char *begin, const char *end)
{
    char word[16] = "";
    if (kind == WEFTI_SQL_NAME)
        word_of(begin, end, word);
    bool semicolon = kind == WEFTI_SQL_OTHER && *begin == ';';
    if (s->rules->triggers)
        s->state = next_state(s->state, semicolon ? NULL : word);
    if (kind == WEFTI_SQL_NAME)
        note_word(s, word);
    if (kind == WEFTI_SQL_OTHER && *begin == '(')
        s->parentheses++;
    if (kind == WEFTI_SQL_OTHER && *begin == ')' && s->parentheses > 0)
        s->parentheses--;
    if (!semicolon)
        return false;
    return s->rules->triggers ? s->state == AT_START : s->parentheses == 0 && s->blocks == 0;
}

bool wefti_split_next(const wefti_split_rules *rules, const char **at, wefti_piece *piece)
{
    splitter s = {.rules = rules, .piece = piece};
    memset(piece, 0, sizeof *piece);
    for (;;) {
        const char *begin = *at;
        wefti_sql_token kind = wefti_sql_next(rules->sql, at);
        if (kind == WEFTI_SQL_END)
            break;
        if (kind == WEFTI_SQL_SPACE)
            continue;
        bool semicolon = kind == WEFTI_SQL_OTHER && *begin == ';';
        if (piece->begin == NULL && semicolon)
            continue; /* an empty statement */
        if (piece->begin == NULL) {
            piece->begin = begin;
            if (kind == WEFTI_SQL_OTHER && (*begin == '\\' || *begin == '.')) {
                piece->trouble = "is a command of the database's shell, and no SQL";
                piece->trouble_at = begin;
            }
        }
        if (take(&s, kind, begin, *at)) {
            if (piece->trouble == NULL)
                piece->trouble = trouble_of(piece);
            if (piece->trouble_at == NULL)
                piece->trouble_at = piece->begin;
            return true;
        }
        piece->end = *at;
        if (**at == '\0' && wefti_split_unclosed(rules->sql, begin, *at)) {
            piece->trouble = "has a quote that nothing closes";
            piece->trouble_at = begin;
        }
    }
    if (piece->begin == NULL)
        return false;
    piece->open = true;
    if (piece->trouble == NULL) {
        bool within =
            s.parentheses > 0 || s.blocks > 0 || (rules->triggers && (s.state == IN_TRIGGER || s.state == TRIGGER_SEMICOLON));
        piece->trouble = within ? "does not end: a parenthesis, a body or a trigger is not closed" : trouble_of(piece);
    }
    if (piece->trouble_at == NULL)
        piece->trouble_at = piece->begin;
    return true;
}

bool wefti_split_unclosed(const wefti_sql_rules *rules, const char *begin, const char *end)
{
    size_t size = (size_t)(end - begin);
    char *more = wefti_malloc(size + 3);
    if (more == NULL)
        return false;
    memcpy(more, begin, size);
    memcpy(more + size, "\n;", 3);
    const char *at = more;
    (void)wefti_sql_next(rules, &at);
    bool unclosed = at == more + size + 2;
    wefti_free(more);
    return unclosed;
}
