/* Nodes of text search and of hstore, for columns of weft_tsvector and weft_hstore fields; weft/expr.h includes it. */
#ifndef WEFT_SEARCH_H
#define WEFT_SEARCH_H
#if defined(__GNUC__) && !defined(__clang__) /* what its macros make is the program's, wherever weft is installed */
#pragma GCC system_header
# 7 "<weft/search.h>"
#endif

#include <weft/expr.h>

/* PostgreSQL alone has these: elsewhere they are WEFT_ERROR_UNSUPPORTED. Operands whose types are known and not what is wanted are
 * WEFT_ERROR_TYPE, both before anything is sent.
 *
 * What a text search looks through, of a text and the configuration (a literal, which stands in the SQL, so that indexes of the
 * same expression serve): weft_tsvector_of("english", weft_col(Page, body)). What it looks for: weft_tsquery_of in the language of
 * tsquery ("cat & !dog", else WEFT_ERROR_DATA), weft_tsquery_plain all words of a text, weft_tsquery_phrase these one after the
 * other, weft_tsquery_web as people write it for a search engine, of which nothing is an error. A text is an expression, as
 * weft_val("cat"). */
#define weft_tsvector_of(config, text) WEFT_SEARCH_IN_("to_tsvector", config, text)
#define weft_tsquery_of(config, text) WEFT_SEARCH_IN_("to_tsquery", config, text)
#define weft_tsquery_plain(config, text) WEFT_SEARCH_IN_("plainto_tsquery", config, text)
#define weft_tsquery_phrase(config, text) WEFT_SEARCH_IN_("phraseto_tsquery", config, text)
#define weft_tsquery_web(config, text) WEFT_SEARCH_IN_("websearch_to_tsquery", config, text)
/* Whether a query finds what a vector holds: weft_ts_matches(weft_col(Page, words), weft_tsquery_web("english", weft_val(asked))).
 * A GIN index serves it: WEFT_INDEX(Page, "words", .method = "gin"). How well it does, a float, by how often and, with _cover, how
 * near to each other; the parts of a text around what is found, with <b> and </b>; and the vector with all words of a weight, 'A'
 * to 'D', a literal: weft_ts_weight(vector, "A"). */
#define weft_ts_matches(vector, query) WEFT_SEARCH_("@@", vector, query)
#define weft_ts_rank(vector, query) WEFT_SEARCH_("ts_rank", vector, query)
#define weft_ts_rank_cover(vector, query) WEFT_SEARCH_("ts_rank_cd", vector, query)
#define weft_ts_headline(config, text, query) WEFT_SEARCH_IN_("ts_headline", config, text, query)
#define weft_ts_weight(vector, weight) WEFT_SEARCH_IN_("setweight", weight, vector)
/* Two vectors behind each other; two queries of which both, or one, must be found; what is found where the query does not. */
#define weft_tsvector_join(vector, other) WEFT_SEARCH_("tsvector ||", vector, other)
#define weft_tsquery_and(query, other) WEFT_SEARCH_("tsquery &&", query, other)
#define weft_tsquery_or(query, other) WEFT_SEARCH_("tsquery ||", query, other)
#define weft_tsquery_not(query) WEFT_SEARCH_("!!", query)

/* The value of a key in an hstore, a text, NULL where it has none; whether it has the key, all keys of an array of texts, any of
 * them; whether it has all pairs of another; the two together, where the other's value counts; and without a key:
 * weft_to_expr(Item, extra, weft_hstore_join(weft_col(Item, extra), weft_val(((weft_hstore){ "colour=>red" })))). GIN and GiST
 * indexes serve the conditions but for the value. */
#define weft_hstore_get(e, key) WEFT_SEARCH_("->", e, key)
#define weft_hstore_has(e, key) WEFT_SEARCH_("?", e, key)
#define weft_hstore_has_all(e, keys) WEFT_SEARCH_("?&", e, keys)
#define weft_hstore_has_any(e, keys) WEFT_SEARCH_("?|", e, keys)
#define weft_hstore_contains(e, other) WEFT_SEARCH_("@>", e, other)
#define weft_hstore_join(e, other) WEFT_SEARCH_("hstore ||", e, other)
#define weft_hstore_without(e, key) WEFT_SEARCH_("delete", e, key)

#define WEFT_SEARCH_(n, ...) \
    (&(const weft_expr){ .op = WEFT_EXPR_SEARCH, .name = (n), .args = WEFT_NODES_ __VA_ARGS__ WEFT_NODES_END_ })
#define WEFT_SEARCH_IN_(n, word, ...) \
    WEFT_SEARCH_(n, &(const weft_expr){ .op = WEFT_EXPR_VALUE, .value = weft_value_text("" word) }, __VA_ARGS__)

#endif
