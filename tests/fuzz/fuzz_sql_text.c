/* SQL text, cut by the rules of each database: the tokens are the whole text, in order; masked text is a text again; scripts fall
 * into statements. */
#include "fuzz.h"

#include "base/sqltext.h"
#include "migrate/dialect.h"
#include "sql/lexer.h"

#include <string.h>

static void cut(const wefti_sql_rules *rules, const char *sql)
{
    const char *at = sql;
    bool literal = false;
    wefti_sql_token token;
    while (1) {
        const char *begin = at;
        token = wefti_sql_next(rules, &at);
        if (token == WEFTI_SQL_END)
            break;
        MUST(at > begin && at <= sql + strlen(sql));
        literal = literal || token == WEFTI_SQL_STRING || token == WEFTI_SQL_NUMBER;
        if (token == WEFTI_SQL_NAME) {
            char *name = malloc((size_t)(at - begin) + 1);
            MUST(name != NULL);
            wefti_sql_unquote(begin, at, name);
            MUST(strlen(name) <= (size_t)(at - begin));
            free(name);
        }
        const size_t offset = (size_t)(begin - sql);
        MUST(wefti_sql_token_at(rules, sql, offset) <= strlen(sql) - offset);
        MUST(wefti_sql_offset(sql, wefti_sql_position(sql, offset)) == offset || ((unsigned char)*begin & 0xc0) == 0x80);
    }
    MUST(*at == '\0');
    MUST(wefti_sql_has_literal(rules, sql) == literal);

    wefti_text masked;
    wefti_text_init(&masked, 1 << 20);
    wefti_sql_add_masked(rules, sql, &masked);
    const char *text = masked.data != NULL ? masked.data : "";
    for (at = text; (token = wefti_sql_next(rules, &at)) != WEFTI_SQL_END;) /* goes to the end as well */
        MUST(at <= text + strlen(text));
    wefti_text_deinit(&masked);
}

static void split(const wefti_migrate_dialect *dialect, const char *sql)
{
    const char *at = sql, *last = sql;
    wefti_piece piece;
    while (wefti_split_next(dialect->cut, &at, &piece)) {
        MUST(piece.begin >= last && piece.end >= piece.begin && at >= piece.end && at > last);
        MUST(piece.trouble == NULL || (piece.trouble_at >= sql && piece.trouble_at <= sql + strlen(sql)));
        last = at;
    }
}

static void lex(const wefti_dialect *dialect, bool backslashes, const char *sql)
{
    wefti_lexer lexer = {.dialect = dialect, .backslashes = backslashes, .at = sql};
    const char *last = sql;
    for (wefti_token token; (token = wefti_lexer_next(&lexer)).kind != WEFTI_TOKEN_END;) {
        MUST(token.size > 0 && token.text >= last && token.text + token.size <= sql + strlen(sql));
        last = token.text + token.size;
    }
    MUST(wefti_lexer_next(&lexer).kind == WEFTI_TOKEN_END);
}

/* Named parameters: each place of one is a placeholder in what becomes of the text, and there are no others. */
static void name(const wefti_dialect *dialect, const char *sql)
{
    static const wefti_parameter_name names[] = {{"a", 1, 0}, {"b", 1, 1}};
    wefti_arena arena;
    weft_error error = {0};
    const char *translated = NULL;
    wefti_parameter_order order;
    wefti_arena_init(&arena, 0);
    const wefti_text_parameters given = {.count = 2, .names = names};
    if (wefti_text_placeholders(dialect, sql, false, &given, &arena, &translated, &order, &error) == WEFT_OK) {
        size_t cut_out = 0;
        for (const char *at = sql; *at != '\0'; at++)
            cut_out += at[0] == ':' && (at[1] == 'a' || at[1] == 'b');
        MUST(cut_out >= 2 && strlen(translated) == strlen(sql));
    }
    wefti_arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *sql = fuzz_text(data, size);
    cut(&wefti_sql_rules_postgres, sql);
    cut(&wefti_sql_rules_postgres_backslashes, sql);
    cut(&wefti_sql_rules_sqlite, sql);
    split(&wefti_migrate_postgres, sql);
    split(&wefti_migrate_sqlite, sql);
    lex(&wefti_dialect_postgres, false, sql);
    lex(&wefti_dialect_postgres, true, sql);
    lex(&wefti_dialect_sqlite, false, sql);
    name(&wefti_dialect_postgres, sql);
    name(&wefti_dialect_sqlite, sql);
    free(sql);
    return 0;
}
