/* Nodes of what one database alone has, text search and hstore: operators and functions of a list of the dialect's, which says of
 * each what it takes and gives. */
#include "sql/walk_expr.h"

static const wefti_search *search_of(const wefti_walk *walk, const weft_expr *expr)
{
    const wefti_search *search = walk->dialect->searches;
    while (search != NULL && search->name != NULL && (expr->name == NULL || strcmp(search->name, expr->name) != 0))
        search++;
    return search != NULL && search->name != NULL ? search : NULL;
}

uint8_t wefti_search_type(const wefti_walk *walk, const weft_expr *expr)
{
    const wefti_search *search = search_of(walk, expr);
    return search != NULL ? search->gives : (uint8_t)WEFT_UNMAPPED;
}

/* The configuration, or the weight, which is the last one; it is a part of the statement's text. */
static void walk_word(wefti_walk *walk, const weft_expr *word, bool weight)
{
    const weft_value *value = &word->value;
    if (word->op != WEFT_EXPR_VALUE || value->type != WEFT_TEXT || value->is_null) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "the first operand of a node of text search is no text");
        return;
    }
    if (weight && (value->as.s.size != 1 || strchr("ABCDabcd", value->as.s.data[0]) == NULL)) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "a weight of words is A, B, C or D, not \"%.20s\"", value->as.s.data);
        return;
    }
    wefti_walk_note_text(walk, value->as.s.data);
    if (walk->render != NULL)
        wefti_add_literal(&walk->render->text, walk->dialect, value->as.s.data);
}

static void check_operand(wefti_walk *walk, const weft_expr *expr, const weft_expr *operand, unsigned wanted)
{
    const weft_expr *bare = wefti_expr_bare(operand);
    const unsigned given = bare->op == WEFT_EXPR_VALUE ? (unsigned)bare->value.type : wefti_walk_infer(walk, operand).type;
    const bool alike = wefti_type_of(given)->kin == wefti_type_of(wanted)->kin || given == WEFT_UNMAPPED;
    if (walk->status == WEFT_OK && !alike)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s takes a %s, and no %s; cast it", expr->name, wefti_type_of(wanted)->word,
                              wefti_type_of(given)->word);
}

static void walk_operand(wefti_walk *walk, const weft_expr *expr, size_t at, unsigned wanted, int precedence)
{
    const weft_expr *operand = wefti_walk_argument(walk, expr, at);
    if (operand == NULL)
        return;
    if (walk->render != NULL)
        check_operand(walk, expr, operand, wanted);
    const wefti_hint hint = {.type = (uint8_t)wanted, .strict = true, .untyped = WEFTI_UNTYPED_ALL};
    wefti_walk_operand(walk, operand, precedence, &hint);
}

void wefti_walk_search(wefti_walk *walk, const weft_expr *expr, int precedence)
{
    const wefti_search *search = search_of(walk, expr);
    if (search == NULL) {
        const char *name = expr->name != NULL ? expr->name : "";
        if (walk->dialect->searches != NULL)
            (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "no node of text search is called \"%s\"", name);
        else
            (void)wefti_walk_fail(walk, WEFT_ERROR_UNSUPPORTED, "%s has no text search of this kind and no hstore (%s)",
                                  walk->dialect->capabilities.name, name);
        return;
    }
    const size_t first = search->word ? 1 : 0, count = search->takes[1] != 0 ? 2 : 1;
    const bool infix = search->sql[0] == ' ', paren = infix && wefti_walk_open_paren(walk, WEFTI_PRECEDENCE_OTHER, precedence);
    for (size_t i = 0; i < first + count; i++)
        if (wefti_walk_argument(walk, expr, i) == NULL)
            return;
    wefti_walk_no_more(walk, expr, first + count);
    if (walk->status != WEFT_OK)
        return;
    wefti_walk_note(walk, (uint64_t)(unsigned)expr->op);
    wefti_walk_note_text(walk, expr->name);
    if (!infix)
        wefti_walk_sql(walk, search->sql);
    if (search->word && !search->word_last) {
        walk_word(walk, expr->args[0], false);
        wefti_walk_sql(walk, ", ");
    }
    for (size_t i = 0; i < count; i++) {
        wefti_walk_sql(walk, i == 0 ? "" : infix ? search->sql : ", ");
        walk_operand(walk, expr, first + i, search->takes[i],
                     infix || search->sql[0] == '(' ? WEFTI_PRECEDENCE_UNARY : WEFTI_PRECEDENCE_NONE);
    }
    if (search->word_last) {
        wefti_walk_sql(walk, ", ");
        walk_word(walk, expr->args[0], true);
    }
    wefti_walk_sql(walk, infix ? "" : ")");
    wefti_walk_close_paren(walk, paren);
    wefti_walk_note(walk, WEFTI_NOTE_END);
}
