/* What a text statement is, told by its first word. Text is the program's own and trusted; this only keeps the connection's idea of
 * its transaction and of its session state right. What is not known counts as writing and as leaving something behind.
 *
 * Transaction control must be seen whatever stands before it: a COMMIT that is sent all the same keeps rows which a rollback was to
 * undo. The words are therefore the lexer's, which reads comments and white space as the database does; a database that prepares
 * before it runs looks once more (SQLite's authorizer), the other one is believed by its command tags. */
#include "engine/engine_private.h"
#include "sql/lexer.h"

#include <string.h>

typedef enum word_kind { WORD_READ, WORD_EITHER, WORD_WRITE, WORD_TRANSACTION, WORD_STATE } word_kind;

static const struct {
    const char *word;
    word_kind kind;
} known_words[] = {
    {"SELECT", WORD_READ},         {"VALUES", WORD_READ},       {"TABLE", WORD_READ},           {"EXPLAIN", WORD_EITHER},
    {"SHOW", WORD_READ},           {"WITH", WORD_EITHER},       {"INSERT", WORD_WRITE},         {"UPDATE", WORD_WRITE},
    {"DELETE", WORD_WRITE},        {"MERGE", WORD_WRITE},       {"REPLACE", WORD_WRITE},        {"CREATE", WORD_WRITE},
    {"ALTER", WORD_WRITE},         {"DROP", WORD_WRITE},        {"TRUNCATE", WORD_WRITE},       {"ANALYZE", WORD_WRITE},
    {"VACUUM", WORD_WRITE},        {"REINDEX", WORD_WRITE},     {"COMMENT", WORD_WRITE},        {"GRANT", WORD_WRITE},
    {"REVOKE", WORD_WRITE},        {"LOCK", WORD_WRITE},        {"NOTIFY", WORD_WRITE},         {"REFRESH", WORD_WRITE},
    {"CLUSTER", WORD_WRITE},       {"BEGIN", WORD_TRANSACTION}, {"START", WORD_TRANSACTION},    {"COMMIT", WORD_TRANSACTION},
    {"END", WORD_TRANSACTION},     {"ABORT", WORD_TRANSACTION}, {"ROLLBACK", WORD_TRANSACTION}, {"SAVEPOINT", WORD_TRANSACTION},
    {"RELEASE", WORD_TRANSACTION},
};

/* The first tokens of the statement, behind empty statements and opening parentheses. */
static void read_start(wefti_lexer lexer, wefti_token *first, wefti_token *second)
{
    do
        *first = wefti_lexer_next(&lexer);
    while (first->kind == WEFTI_TOKEN_SIGN && (*first->text == ';' || *first->text == '('));
    *second = wefti_lexer_next(&lexer);
}

static word_kind kind_of(const wefti_token *first, const wefti_token *second)
{
    for (size_t i = 0; i < sizeof known_words / sizeof known_words[0]; i++)
        if (wefti_token_is(first, known_words[i].word))
            return known_words[i].kind;
    if (wefti_token_is(first, "SET") && wefti_token_is(second, "LOCAL"))
        return WORD_EITHER;
    return wefti_token_is(first, "PREPARE") && wefti_token_is(second, "TRANSACTION") ? WORD_TRANSACTION : WORD_STATE;
}

/* A comment that nests for one database ends earlier for another: what either would take for transaction control is refused, for
 * to this one the rest is no SQL at all. */
static bool is_transaction_elsewhere(const char *sql)
{
    wefti_token first, second;
    for (size_t i = 0; wefti_dialects[i] != NULL; i++) {
        if (!wefti_dialect_capabilities(wefti_dialects[i])->nested_comments)
            continue;
        read_start((wefti_lexer){.dialect = wefti_dialects[i], .at = sql}, &first, &second);
        if (kind_of(&first, &second) == WORD_TRANSACTION)
            return true;
    }
    return false;
}

static bool mentions_at(const char *sql, const char *lower_part)
{
    size_t i = 0;
    while (lower_part[i] != '\0' && (sql[i] >= 'A' && sql[i] <= 'Z' ? sql[i] + ('a' - 'A') : sql[i]) == lower_part[i])
        i++;
    return lower_part[i] == '\0';
}

static size_t count_mentions(const char *sql, const char *lower_part)
{
    size_t count = 0;
    for (; *sql != '\0'; sql++)
        count += mentions_at(sql, lower_part);
    return count;
}

static bool mentions(const char *sql, const char *lower_part) { return count_mentions(sql, lower_part) > 0; }

static bool is_one_of(const wefti_token *token, const char *const *words)
{
    while (*words != NULL && !wefti_token_is(token, *words))
        words++;
    return *words != NULL;
}

static bool is_sign(const wefti_token *token, char sign) { return token->kind == WEFTI_TOKEN_SIGN && *token->text == sign; }

/* Behind WITH stands what reads, unless one of these words stands somewhere; FOR UPDATE is one, too. */
static bool only_reads(wefti_lexer lexer)
{
    static const char *const writing[] = {"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "INTO", NULL};
    for (wefti_token token = wefti_lexer_next(&lexer); token.kind != WEFTI_TOKEN_END; token = wefti_lexer_next(&lexer))
        if (is_one_of(&token, writing) || (is_sign(&token, ';') && wefti_lexer_next(&lexer).kind != WEFTI_TOKEN_END))
            return false;
    return true;
}

/* CREATE TEMP …, CREATE OR REPLACE TEMP VIEW …, SELECT … INTO TEMP …, and what stands in a schema for such. */
static bool makes_temporary(wefti_lexer lexer, const char *schema)
{
    static const char *const before[] = {"CREATE", "REPLACE", "LOCAL", "GLOBAL", "INTO", NULL};
    static const char *const temporary[] = {"TEMP", "TEMPORARY", NULL};
    bool expected = false;
    for (wefti_token token = wefti_lexer_next(&lexer); token.kind != WEFTI_TOKEN_END; token = wefti_lexer_next(&lexer)) {
        if ((expected && is_one_of(&token, temporary)) || (schema != NULL && wefti_token_is(&token, schema)))
            return true;
        expected = is_one_of(&token, before);
    }
    return false;
}

/* ---- settings ---- */

/* What calls of the function that sets do. One that is not understood may do anything. */
typedef struct settings {
    bool any;     /* there is a call, or the text names the function in another way */
    bool lasting; /* one may outlast the transaction */
    bool
        database; /* one may be of a setting of the database's; those with a point in their name (app.tenant) are a program's own */
} settings;

/* Behind the function's name: ('name', value, true), the value one token. */
static void read_call(wefti_lexer *lexer, bool *own, bool *local)
{
    wefti_token tokens[7];
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++)
        tokens[i] = wefti_lexer_next(lexer);
    const bool named =
        is_sign(&tokens[0], '(') && tokens[1].kind == WEFTI_TOKEN_OPAQUE && *tokens[1].text == '\'' && is_sign(&tokens[2], ',');
    *own = named && memchr(tokens[1].text, '.', tokens[1].size) != NULL;
    *local = is_sign(&tokens[0], '(') && is_sign(&tokens[2], ',') && is_sign(&tokens[4], ',') &&
             wefti_token_is(&tokens[5], "TRUE") && is_sign(&tokens[6], ')');
}

static settings settings_of(wefti_lexer lexer, const char *function)
{
    const size_t mentioned = function != NULL ? count_mentions(lexer.at, function) : 0, size = mentioned > 0 ? strlen(function) : 0;
    size_t own = 0, local = 0;
    wefti_token token = {.kind = mentioned > 0 ? WEFTI_TOKEN_WORD : WEFTI_TOKEN_END};
    while (token.kind != WEFTI_TOKEN_END) {
        token = wefti_lexer_next(&lexer);
        bool is_own, is_local;
        wefti_lexer call = lexer; /* within one there may be another */
        if (token.kind != WEFTI_TOKEN_WORD || token.size != size || !mentions_at(token.text, function))
            continue;
        read_call(&call, &is_own, &is_local);
        own += is_own;
        local += is_local;
    }
    return (settings){.any = mentioned > 0, .lasting = local < mentioned, .database = own < mentioned};
}

/* SET [SESSION | LOCAL] app.tenant = … */
static bool sets_own(wefti_lexer lexer)
{
    wefti_token first, second, at;
    read_start(lexer, &first, &second);
    do
        at = wefti_lexer_next(&lexer);
    while (at.text != second.text);
    const bool more = wefti_token_is(&second, "SESSION") || wefti_token_is(&second, "LOCAL");
    const wefti_token name = more ? wefti_lexer_next(&lexer) : second, point = wefti_lexer_next(&lexer);
    return wefti_token_is(&first, "SET") && name.kind == WEFTI_TOKEN_WORD && is_sign(&point, '.');
}

/* Definitions, and settings: a search path decides which table a name means. */
static bool defines(const wefti_token *first, word_kind kind, wefti_lexer lexer)
{
    static const char *const words[] = {"CREATE", "ALTER", "DROP", "SET", NULL};
    return (kind == WORD_STATE || is_one_of(first, words)) && !sets_own(lexer);
}

static bool alters(const wefti_token *first)
{
    static const char *const words[] = {"CREATE", "ALTER", "DROP", NULL};
    return is_one_of(first, words);
}

wefti_text_class wefti_text_classify(const wefti_dialect *dialect, const char *sql)
{
    wefti_lexer lexer = {.dialect = dialect, .at = sql};
    wefti_token first, second;
    read_start(lexer, &first, &second);
    word_kind kind = kind_of(&first, &second);
    if (wefti_token_is(&first, "WITH") && only_reads(lexer))
        kind = WORD_READ;
    const wefti_capabilities *can = wefti_dialect_capabilities(dialect);
    const settings sets = settings_of(lexer, can->sets_by);
    bool locks = can->locks_by != NULL && mentions(sql, can->locks_by);
    return (wefti_text_class){.empty = first.kind == WEFTI_TOKEN_END,
                              .reads = kind == WORD_READ,
                              .writes = kind == WORD_WRITE,
                              .transaction = kind == WORD_TRANSACTION || is_transaction_elsewhere(sql),
                              .dirties = kind == WORD_STATE || (sets.any && sets.lasting) || locks ||
                                         makes_temporary(lexer, can->temporary_schema),
                              .defines = defines(&first, kind, lexer) || (sets.any && sets.database),
                              .alters = alters(&first)};
}

bool wefti_text_reads(const weft_connection *connection, const char *sql)
{
    return sql != NULL && wefti_text_classify(connection->engine->dialect, sql).reads;
}

bool wefti_text_leaves(const weft_connection *connection, const char *sql)
{
    static const char *const words[] = {"INSERT", "UPDATE", "MERGE", "REPLACE", NULL};
    wefti_token first, second;
    if (sql == NULL)
        return true;
    read_start((wefti_lexer){.dialect = connection->engine->dialect, .at = sql}, &first, &second);
    return wefti_text_reads(connection, sql) || is_one_of(&first, words);
}
