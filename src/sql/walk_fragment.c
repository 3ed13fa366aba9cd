/* SQL text of the program's within expressions, both sinks, and expressions of which each database has its own.
 *
 * The text is trusted, and still cut into tokens as the database does: to find the names of arguments outside of strings and
 * quoted names, and because it must be one expression that ends where it ends. Each argument is walked where the text names it
 * first; named again it is the same text once more, with the same parameters. */
#include "base/sqltext.h"
#include "sql/lexer.h"
#include "sql/walk_expr.h"

enum { MOST_ARGUMENTS = 32, MOST_DEPTH = 255 };

typedef struct fragment {
    const weft_expr *expr;
    size_t count;
    const weft_expr *args[MOST_ARGUMENTS];
    size_t from[MOST_ARGUMENTS], to[MOST_ARGUMENTS]; /* in the text; 0 to 0: not named yet */
    bool used[MOST_ARGUMENTS];
} fragment;

static void fail(wefti_walk *walk, const fragment *f, const char *what)
{
    (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_sql: \"%.60s\" %s", f->expr->name, what);
}

static bool take_arguments(wefti_walk *walk, fragment *f)
{
    const weft_expr *arg;
    for (; (arg = wefti_walk_next(walk, f->expr->args, f->count, "weft_sql")) != NULL; f->count++) {
        const char *name = arg->op == WEFT_EXPR_ARG ? arg->name : NULL;
        if (name == NULL || name[0] == '\0' || name[wefti_name_size(name)] != '\0')
            fail(walk, f, "has an argument that is no weft_arg(\"name\", e), whose name has letters, digits and _");
        else if (f->count == MOST_ARGUMENTS)
            (void)wefti_walk_fail(walk, WEFT_ERROR_LIMIT, "weft_sql has more than %d arguments", MOST_ARGUMENTS);
        for (size_t i = 0; walk->status == WEFT_OK && i < f->count; i++)
            if (strcmp(f->args[i]->name, name) == 0)
                fail(walk, f, "has two arguments of one name");
        if (walk->status != WEFT_OK)
            return false;
        f->args[f->count] = arg;
    }
    return walk->status == WEFT_OK;
}

static void walk_argument(wefti_walk *walk, fragment *f, const char *name, size_t size)
{
    size_t i = 0;
    while (i < f->count && (strlen(f->args[i]->name) != size || memcmp(f->args[i]->name, name, size) != 0))
        i++;
    if (i == f->count) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_sql: \"%.60s\" names :%.*s, which no weft_arg has", f->expr->name,
                              (int)(size < 63 ? size : 63), name);
        return;
    }
    wefti_text *text = walk->render != NULL ? &walk->render->text : NULL;
    if (text != NULL && wefti_text_ends_word(text)) /* THEN:v */
        wefti_text_add_char(text, ' ');
    if (f->used[i]) {
        if (text != NULL)
            wefti_text_repeat(text, f->from[i], f->to[i] - f->from[i]);
        return;
    }
    const weft_expr *inner = wefti_walk_argument(walk, f->args[i], 0);
    wefti_walk_no_more(walk, f->args[i], 1);
    f->used[i] = true;
    f->from[i] = text != NULL ? text->size : 0;
    if (inner != NULL) /* nothing in the text says that a parameter is JSON */
        wefti_walk_operand(walk, inner, WEFTI_PRECEDENCE_UNARY, &wefti_hint_column);
    f->to[i] = text != NULL ? text->size : 0;
}

static bool has_comment(const char *from, const char *to)
{
    for (const char *c = from; c + 1 < to; c++)
        if ((c[0] == '-' && c[1] == '-') || (c[0] == '/' && c[1] == '*'))
            return true;
    return false;
}

/* What keeps the text from being one expression, or NULL. */
static const char *fault_of(wefti_sql_token token, const char *from, const char *to, int depth)
{
    const bool closed = to - from > 1 && (to[-1] == '\'' || to[-1] == '"' || to[-1] == '$' || to[-1] == '`' || to[-1] == ']');
    if (token == WEFTI_SQL_PARAMETER)
        return "has a parameter of the database's; values are weft_arg(\"name\", weft_val(…)), named :name";
    if (token == WEFTI_SQL_SPACE && has_comment(from, to))
        return "has a comment";
    if (token == WEFTI_SQL_STRING && *to == '\0' && !closed)
        return "has a string that nothing closes";
    if (token == WEFTI_SQL_OTHER && *from == ';')
        return "has a semicolon: it is one expression";
    if (token == WEFTI_SQL_OTHER && *from == ',' && depth == 0)
        return "has a comma outside of parentheses: it is one expression";
    return depth < 0 || depth > MOST_DEPTH ? "has parentheses that do not fit" : NULL;
}

static void walk_text(wefti_walk *walk, fragment *f)
{
    const char *at = f->expr->name;
    int depth = 0;
    while (*at != '\0' && walk->status == WEFT_OK) {
        const char *from = at;
        const size_t name = at[0] == ':' ? wefti_name_size(at + 1) : 0;
        if (name > 0) {
            walk_argument(walk, f, at + 1, name);
            at += 1 + name;
            continue;
        }
        wefti_sql_token token = WEFTI_SQL_OTHER;
        if (at[0] == ':') /* a cast, or of a slice */
            at += at[1] == ':' ? 2 : 1;
        else
            token = wefti_sql_next(walk->dialect->sql_rules, &at);
        if (token == WEFTI_SQL_OTHER)
            depth += strchr("([", *from) != NULL ? 1 : strchr(")]", *from) != NULL ? -1 : 0;
        const char *fault = fault_of(token, from, at, depth);
        if (fault != NULL)
            fail(walk, f, fault);
        else if (walk->render != NULL)
            wefti_text_add_bytes(&walk->render->text, from, (size_t)(at - from));
    }
    if (walk->status == WEFT_OK && depth != 0)
        fail(walk, f, "has parentheses that do not fit");
}

/* Where the database has no such type, what the text gives is made one, or refused: texts in a form of the database's own, and
 * floating-point numbers that it has computed from decimals, would be equal to nothing. */
static bool open_read(wefti_walk *walk, unsigned type)
{
    const wefti_decimal_sql *sql = walk->render != NULL ? walk->dialect->decimals : NULL;
    const wefti_family family = wefti_family_of(&(wefti_hint){.type = (uint8_t)type});
    if (sql == NULL)
        return false;
    if (type == WEFT_DECIMAL) {
        wefti_walk_sql(walk, sql->convert);
        return true;
    }
    return (family == WEFTI_FAMILY_DATE || family == WEFTI_FAMILY_TIME || family == WEFTI_FAMILY_TIMESTAMP ||
            family == WEFTI_FAMILY_UUID || family == WEFTI_FAMILY_MACADDR) &&
           wefti_walk_open_cast(walk, type);
}

void wefti_walk_fragment(wefti_walk *walk, const weft_expr *expr, int precedence)
{
    fragment f = {.expr = expr};
    const unsigned type = wefti_type_of_column((unsigned)expr->value.type & (WEFT_OPT - 1u));
    if (expr->name == NULL || expr->name[strspn(expr->name, " \t\r\n")] == '\0')
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_sql has no text");
    else if (type != WEFT_UNMAPPED && !wefti_type_is_columns(type))
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_sql: %u is no weft_type", (unsigned)expr->value.type);
    if (walk->status != WEFT_OK || !take_arguments(walk, &f) || (type != WEFT_UNMAPPED && !wefti_walk_has_type(walk, type)))
        return;
    wefti_walk_note(walk, WEFT_EXPR_FRAGMENT | (uint64_t)type << 16);
    wefti_walk_note_text(walk, expr->name);
    (void)precedence;
    const bool reads = open_read(walk, type);
    wefti_walk_sql(walk, "("); /* what is no expression (SELECT's words, a second name) is one nowhere, then */
    walk_text(walk, &f);
    wefti_walk_sql(walk, reads ? "))" : ")");
    for (size_t i = 0; walk->status == WEFT_OK && i < f.count; i++)
        if (!f.used[i])
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "weft_sql: \"%.60s\" does not name :%.60s", expr->name, f.args[i]->name);
    wefti_walk_note(walk, WEFTI_NOTE_END);
}

const weft_expr *wefti_walk_of_database(wefti_walk *walk, const weft_expr *expr)
{
    (void)wefti_walk_argument(walk, expr, 0);
    (void)wefti_walk_argument(walk, expr, 1);
    wefti_walk_no_more(walk, expr, 2);
    return walk->status == WEFT_OK ? expr->args[walk->dialect->of_several] : NULL;
}
