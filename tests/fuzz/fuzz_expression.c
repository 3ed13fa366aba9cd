/* Trees of nodes that no macro would make: bytes choose operators, columns, values, names, lists and queries, whatever goes
 * together. The compiler refuses a tree with an error that says why, or gives, for both databases, one statement that their
 * grammars take (for SQLite, whose columns are there, too), with as many parameters as values, none of which stands in its text,
 * and the same statement when it is asked again. What is equal for the cache is equal. */
#include "fuzz.h"

#include "sql/schema.h"
#include "sql/statement.h"

#include <weft/weft.h>

#include <sqlite3.h>
#include <string.h>

#if defined(WEFT_HAS_PG_QUERY)
#include <pg_query.h>
#endif

WEFT_DECLARE(Item);
WEFT_DECLARE(Part);
static const char *const colours[] = {"red", "green", "it's blue"};
typedef enum Colour { RED } Colour;
struct Item {
    int64_t id;
    int16_t small;
    uint32_t whole;
    double precise;
    float real;
    bool flag;
    const char *text;
    char code[8];
    weft_bytes data;
    weft_timestamp at;
    weft_date day;
    weft_time hour;
    weft_uuid uuid;
    weft_decimal price;
    weft_json document;
    weft_interval span;
    weft_opt_int32 maybe;
    Colour colour;
    weft_array_int64 numbers;
    weft_array_text words;
    Part_list parts;
};
struct Part {
    int64_t id;
    weft_opt_int64 item_id;
    const char *name;
    const Item *item;
};
WEFT_MODEL(Item, "item", WEFT_COLUMN(Item, id, .primary_key = true), WEFT_COLUMN(Item, small), WEFT_COLUMN(Item, whole),
           WEFT_COLUMN(Item, precise), WEFT_COLUMN(Item, real), WEFT_COLUMN(Item, flag), WEFT_COLUMN(Item, text, .length = 5),
           WEFT_COLUMN(Item, code), WEFT_COLUMN(Item, data), WEFT_COLUMN(Item, at), WEFT_COLUMN(Item, day), WEFT_COLUMN(Item, hour),
           WEFT_COLUMN(Item, uuid), WEFT_COLUMN(Item, price, .precision = 12, .scale = 2), WEFT_COLUMN(Item, document),
           WEFT_COLUMN(Item, span), WEFT_COLUMN(Item, maybe), WEFT_ENUM(Item, colour, colours), WEFT_COLUMN(Item, numbers),
           WEFT_COLUMN(Item, words), WEFT_HAS_MANY(Item, parts, Part, .back_populates = "item"));
WEFT_MODEL(Part, "part", WEFT_COLUMN(Part, id, .primary_key = true), WEFT_COLUMN(Part, item_id, .references = "item.id"),
           WEFT_COLUMN(Part, name, .column = "the \"name\""), WEFT_BELONGS_TO(Part, item, Item, .back_populates = "parts"));
static WEFT_METADATA(models, &Item_model);

/* Stands in no text but where a literal was asked for. */
#define MARK "zq7"

typedef struct reader {
    const uint8_t *at;
    size_t left, nodes;
    bool literal; /* a value may stand in the text */
    struct room {
        struct room *next;
        max_align_t bytes[];
    } * rooms;
} reader;

static size_t pick(reader *in, size_t below)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++ % below;
}

static void *room(reader *in, size_t size)
{
    struct room *made = calloc(1, sizeof *made + size);
    MUST(made != NULL);
    made->next = in->rooms;
    in->rooms = made;
    return made->bytes;
}

/* ---- what trees are made of ---- */

static const int ops[] = {
    WEFT_EXPR_COLUMN,
    WEFT_EXPR_VALUE,
    WEFT_EXPR_COLUMN,
    WEFT_EXPR_VALUE,
    WEFT_EXPR_STAR,
    WEFT_EXPR_TRUE,
    WEFT_EXPR_FALSE,
    WEFT_EXPR_EQ,
    WEFT_EXPR_NE,
    WEFT_EXPR_LT,
    WEFT_EXPR_LE,
    WEFT_EXPR_GT,
    WEFT_EXPR_GE,
    WEFT_EXPR_LIKE,
    WEFT_EXPR_NOT_LIKE,
    WEFT_EXPR_ILIKE,
    WEFT_EXPR_STARTS_WITH,
    WEFT_EXPR_ENDS_WITH,
    WEFT_EXPR_CONTAINS,
    WEFT_EXPR_IN,
    WEFT_EXPR_NOT_IN,
    WEFT_EXPR_IS_NULL,
    WEFT_EXPR_IS_NOT_NULL,
    WEFT_EXPR_AND,
    WEFT_EXPR_OR,
    WEFT_EXPR_NOT,
    WEFT_EXPR_BETWEEN,
    WEFT_EXPR_OP,
    WEFT_EXPR_OP,
    WEFT_EXPR_FN,
    WEFT_EXPR_FN,
    WEFT_EXPR_DISTINCT,
    WEFT_EXPR_CAST,
    WEFT_EXPR_CASE,
    WEFT_EXPR_LABEL,
    WEFT_EXPR_ANY,
    WEFT_EXPR_LITERAL,
    WEFT_EXPR_TUPLE,
    WEFT_EXPR_BETWEEN_SYMMETRIC,
    WEFT_EXPR_ASC,
    WEFT_EXPR_DESC,
    WEFT_EXPR_NULLS_FIRST,
    WEFT_EXPR_NULLS_LAST,
    WEFT_EXPR_SET,
    WEFT_EXPR_EXCLUDED,
    WEFT_EXPR_SCALAR,
    WEFT_EXPR_EXISTS,
    WEFT_EXPR_IN_QUERY,
    WEFT_EXPR_NOT_IN_QUERY,
    WEFT_EXPR_ANY_OF,
    WEFT_EXPR_ALL_OF,
    WEFT_EXPR_ARRAY_OF,
    WEFT_EXPR_FILTER,
    WEFT_EXPR_OVER,
    WEFT_EXPR_ORDERED,
    WEFT_EXPR_WITHIN,
    WEFT_EXPR_ROLLUP,
    WEFT_EXPR_CUBE,
    WEFT_EXPR_GROUPING_SETS,
    WEFT_EXPR_DATE_ADD,
    WEFT_EXPR_DATE_TRUNC,
    WEFT_EXPR_DATE_PART,
    WEFT_EXPR_DATE_DIFF,
    WEFT_EXPR_NOW,
    WEFT_EXPR_TODAY,
    WEFT_EXPR_NEXT_VALUE,
    WEFT_EXPR_JSON_GET,
    WEFT_EXPR_JSON_TEXT,
    WEFT_EXPR_JSON_HAS,
    WEFT_EXPR_JSON_KIND,
    WEFT_EXPR_JSON_SET,
    WEFT_EXPR_JSON_REMOVE,
    WEFT_EXPR_JSON_CONTAINS,
    WEFT_EXPR_PER_DATABASE,
    WEFT_EXPR_ARRAY_HAS,
    WEFT_EXPR_ARRAY_CONTAINS,
    WEFT_EXPR_ARRAY_OVERLAPS,
    WEFT_EXPR_ARRAY_CONCAT,
    WEFT_EXPR_ARRAY_LENGTH,
    WEFT_EXPR_ARRAY_APPEND,
    WEFT_EXPR_ARRAY_REMOVE,
    WEFT_EXPR_ARRAY_ITEM,
    WEFT_EXPR_ARRAY_LIST,
    WEFT_EXPR_RANGE_TEST,
    WEFT_EXPR_RANGE_HAS,
    WEFT_EXPR_RANGE_JOIN,
    WEFT_EXPR_RANGE_BOUND,
    WEFT_EXPR_RANGE_IS,
    WEFT_EXPR_SEARCH,
    WEFT_EXPR_NONE,
    WEFT_EXPR_END,
    WEFT_EXPR_ARG,
    9999,
    -1,
};
/* Such as both databases know; what else is given to weft_op is the program's own. */
static const char *const operators[] = {"=",
                                        "<>",
                                        "!=",
                                        "<",
                                        "<=",
                                        ">",
                                        ">=",
                                        "+",
                                        "-",
                                        "*",
                                        "/",
                                        "%",
                                        "||",
                                        "&",
                                        "|",
                                        "<<",
                                        ">>",
                                        "IS DISTINCT FROM",
                                        "IS NOT DISTINCT FROM",
                                        "LIKE",
                                        "AND",
                                        "; DROP",
                                        "",
                                        "--",
                                        "=="};
static const char *const functions[] = {
    "count", "sum",        "avg",       "min",      "max",     "coalesce",        "nullif", "lower",   "upper", "length",
    "abs",   "round",      "substr",    "trim",     "replace", "row_number",      "rank",   "lag",     "lead",  "first_value",
    "ntile", "string_agg", "array_agg", "json_agg", "mode",    "percentile_cont", "concat", "no such", "x(",    "",
    "now",   "greatest",   "least",     "exp",      "power",   "floor",           "random", "every"};
static const char *const names[] = {"a",   "n", "the \"name\"", "select", "$.a",  "$.a[0]", "$.\"x y\"", "$",
                                    "a.b", "'", "\"",           "",       "it's", "é",      "number"};

static weft_value some_value(reader *in)
{
    static const int64_t numbers[] = {0, 1, -1, 7, 255, 32767, 32768, INT32_MAX, INT64_MAX, INT64_MIN, 1712345678901234};
    static const char *const texts[] = {
        "", MARK, "it's " MARK, "%" MARK "_\\", MARK "\"; --", "12.50", "{\"a\": [1, \"" MARK "\"]}", "-0.000", "1e400", "NaN"};
    static const double doubles[] = {0, -0.0, 1.5, 1e300, -1e-300};
    static const char *const ranges[] = {"[1,2.5)", "(,)", "empty", MARK, NULL};
    const weft_type type = (weft_type)pick(in, 24);
    switch (pick(in, 13)) {
    case 9: {
        const int32_t bounds[2] = {(int32_t)numbers[pick(in, 8)], (int32_t)numbers[pick(in, 8)]};
        const size_t ends = pick(in, 32);
        return weft_value_range_int32((weft_range_int32){bounds[0], bounds[1], ends % 2 != 0, ends / 2 % 2 != 0, ends / 4 % 2 != 0,
                                                         ends / 8 % 2 != 0, ends / 16 != 0});
    }
    case 10: return weft_value_range_decimal((weft_range_decimal){ranges[pick(in, 5)]});
    case 11: return weft_value_bits((weft_bits){MARK, pick(in, 25)});
    case 12: {
        const char *text = texts[pick(in, 10)];
        switch (pick(in, 3)) {
        case 0: return weft_value_tsvector((weft_tsvector){text});
        case 1: return weft_value_tsquery((weft_tsquery){text});
        default: return weft_value_hstore((weft_hstore){text});
        }
    }
    case 0: return weft_value_null(type);
    case 1: return weft_value_double(doubles[pick(in, 5)]);
    case 2: return weft_value_bool(pick(in, 2) == 1);
    case 3: return weft_value_timestamp((weft_timestamp){numbers[pick(in, 11)]});
    case 4: return weft_value_bytes((weft_bytes){MARK "\0x", pick(in, 5)});
    case 5: return weft_value_date((weft_date){(int32_t)numbers[pick(in, 8)]});
    case 6: return weft_value_decimal((weft_decimal){texts[pick(in, 10)]});
    case 7: return weft_value_text(texts[pick(in, 10)]);
    default: return weft_value_int64(numbers[pick(in, 11)]);
    }
}

static weft_value some_items(reader *in)
{
    static const long long numbers[] = {3, 1, 2, INT64_MAX};
    static const char *const texts[] = {MARK, "b", NULL, ""};
    return pick(in, 2) == 0 ? weft_items_int64(numbers, pick(in, 5)) : weft_items_text(texts, pick(in, 5));
}

static void take_column(reader *in, weft_expr *node)
{
    static const size_t items[] = {offsetof(Item, id),       offsetof(Item, small),
                                   offsetof(Item, whole),    offsetof(Item, precise),
                                   offsetof(Item, real),     offsetof(Item, flag),
                                   offsetof(Item, text),     offsetof(Item, code),
                                   offsetof(Item, data),     offsetof(Item, at),
                                   offsetof(Item, day),      offsetof(Item, hour),
                                   offsetof(Item, uuid),     offsetof(Item, price),
                                   offsetof(Item, document), offsetof(Item, span),
                                   offsetof(Item, maybe),    offsetof(Item, colour),
                                   offsetof(Item, numbers),  offsetof(Item, words),
                                   offsetof(Item, parts),    3};
    static const size_t parts[] = {offsetof(Part, id), offsetof(Part, item_id), offsetof(Part, name), offsetof(Part, item)};
    const bool part = pick(in, 4) == 3;
    node->model = part ? &Part_model : &Item_model;
    node->offset = part ? parts[pick(in, 4)] : items[pick(in, 22)];
    if (node->op == WEFT_EXPR_ANY && !part)
        node->offset = offsetof(Item, parts);
    node->alias = pick(in, 16) == 15;
}

static const weft_expr *some_node(reader *in, int depth);
static const weft_rows_options *some_query(reader *in, int depth);

static const weft_expr *const *some_nodes(reader *in, size_t count, int depth)
{
    const weft_expr **nodes = room(in, (count + 1) * sizeof(const weft_expr *));
    for (size_t i = 0; i < count; i++)
        nodes[i] = some_node(in, depth);
    nodes[count] = &weft_end;
    return nodes;
}

/* One node stands alone, at every other depth. */
static const weft_expr *list_of(reader *in, size_t count, int depth)
{
    const weft_expr *const *nodes = some_nodes(in, count, depth);
    weft_expr *list = count == 1 && depth % 2 == 1 ? NULL : room(in, sizeof *list);
    if (list != NULL)
        *list = (weft_expr){.op = WEFT_EXPR_LIST, .args = nodes};
    return list != NULL ? list : nodes[0];
}

/* 0 is no list more often than an empty one. */
static const weft_expr *some_list(reader *in, int depth)
{
    const size_t count = pick(in, 5);
    return count == 0 ? NULL : list_of(in, count - (count == 4 && pick(in, 8) == 7 ? 4 : 0), depth);
}

static weft_bound some_bound(reader *in, int depth)
{
    const weft_bound_kind kind = (weft_bound_kind)pick(in, WEFT_BOUND_LAST + 1);
    const bool counts = kind == WEFT_BOUND_PRECEDING || kind == WEFT_BOUND_FOLLOWING;
    return (weft_bound){.kind = kind, .by = counts ? some_node(in, depth) : NULL};
}

static const weft_window *some_window(reader *in, int depth)
{
    weft_window *window = room(in, sizeof *window);
    window->partition_by = some_list(in, depth);
    window->order_by = some_list(in, depth);
    window->frame.unit = (weft_frame_unit)pick(in, 4);
    if (window->frame.unit != 0) {
        window->frame.from = some_bound(in, depth);
        window->frame.to = some_bound(in, depth);
    }
    window->exclude = (weft_exclude)pick(in, 4);
    return window;
}

static size_t natural_count(int op, reader *in)
{
    switch (op) {
    case WEFT_EXPR_NOT:
    case WEFT_EXPR_DISTINCT:
    case WEFT_EXPR_CAST:
    case WEFT_EXPR_LABEL:
    case WEFT_EXPR_ANY:
    case WEFT_EXPR_LITERAL:
    case WEFT_EXPR_ASC:
    case WEFT_EXPR_DESC:
    case WEFT_EXPR_NULLS_FIRST:
    case WEFT_EXPR_NULLS_LAST:
    case WEFT_EXPR_IN_QUERY:
    case WEFT_EXPR_NOT_IN_QUERY:
    case WEFT_EXPR_OVER:
    case WEFT_EXPR_DATE_TRUNC:
    case WEFT_EXPR_DATE_PART:
    case WEFT_EXPR_JSON_GET:
    case WEFT_EXPR_JSON_TEXT:
    case WEFT_EXPR_JSON_HAS:
    case WEFT_EXPR_JSON_KIND:
    case WEFT_EXPR_JSON_REMOVE:
    case WEFT_EXPR_ARRAY_LENGTH:
    case WEFT_EXPR_ARG: return 1;
    case WEFT_EXPR_BETWEEN:
    case WEFT_EXPR_BETWEEN_SYMMETRIC: return 3;
    case WEFT_EXPR_FN:
    case WEFT_EXPR_TUPLE:
    case WEFT_EXPR_CASE:
    case WEFT_EXPR_ARRAY_LIST:
    case WEFT_EXPR_AND:
    case WEFT_EXPR_OR:
    case WEFT_EXPR_ROLLUP:
    case WEFT_EXPR_CUBE:
    case WEFT_EXPR_GROUPING_SETS: return pick(in, 4);
    default: return 2;
    }
}

static bool has_query(int op)
{
    return op == WEFT_EXPR_SCALAR || op == WEFT_EXPR_EXISTS || op == WEFT_EXPR_IN_QUERY || op == WEFT_EXPR_NOT_IN_QUERY ||
           op == WEFT_EXPR_ARRAY_OF;
}

/* Of nodes of ranges and searches: such as are none of either, too. */
static const char *const range_names[] = {"@>", "<@",      "&&",          "<<",        "-|-",         "+",           "*",
                                          "-",  "lower",   "upper",       "isempty",   "lower_inc",   "to_tsvector", "to_tsquery",
                                          "@@", "ts_rank", "ts_headline", "setweight", "tsvector ||", "tsquery &&",  "!!",
                                          "->", "?",       "?&",          "hstore ||", "delete",      "none",        NULL};

static void name_it(reader *in, weft_expr *node)
{
    if (node->op == WEFT_EXPR_OP)
        node->name = operators[pick(in, sizeof operators / sizeof *operators)];
    else if (node->op == WEFT_EXPR_FN)
        node->name = functions[pick(in, sizeof functions / sizeof *functions)];
    else if (node->op >= WEFT_EXPR_RANGE_TEST && node->op <= WEFT_EXPR_SEARCH)
        node->name = range_names[pick(in, sizeof range_names / sizeof *range_names)];
    else if (node->op == WEFT_EXPR_LABEL || node->op == WEFT_EXPR_ARG || node->op == WEFT_EXPR_NEXT_VALUE ||
             (node->op >= WEFT_EXPR_JSON_GET && node->op <= WEFT_EXPR_JSON_REMOVE))
        node->name = names[pick(in, sizeof names / sizeof *names)];
}

static const weft_expr *some_node(reader *in, int depth)
{
    weft_expr *node = room(in, sizeof *node);
    const bool leaf = depth == 0 || in->left == 0 || in->nodes++ > 200;
    if (leaf && pick(in, 40) == 39)
        return NULL;
    node->op = leaf ? (pick(in, 2) == 0 ? WEFT_EXPR_COLUMN : WEFT_EXPR_VALUE) : ops[pick(in, sizeof ops / sizeof *ops)];
    const int op = node->op;
    if (op == WEFT_EXPR_COLUMN || (op >= WEFT_EXPR_EQ && op <= WEFT_EXPR_NOT_IN) || op == WEFT_EXPR_ANY || op == WEFT_EXPR_SET ||
        op == WEFT_EXPR_EXCLUDED || ((op == WEFT_EXPR_IS_NULL || op == WEFT_EXPR_IS_NOT_NULL) && pick(in, 2) == 0))
        take_column(in, node);
    if (op == WEFT_EXPR_IN || op == WEFT_EXPR_NOT_IN)
        node->value = some_items(in);
    else if (op == WEFT_EXPR_VALUE || (op >= WEFT_EXPR_EQ && op < WEFT_EXPR_IN))
        node->value = some_value(in);
    else if (op == WEFT_EXPR_CAST)
        node->value.type = (weft_type)pick(in, 40);
    else if ((op == WEFT_EXPR_ANY_OF || op == WEFT_EXPR_ALL_OF) && pick(in, 2) == 0)
        node->value = some_items(in);
    else if (op == WEFT_EXPR_ANY_OF || op == WEFT_EXPR_ALL_OF || has_query(op))
        node->query = some_query(in, depth - 1);
    else if (op == WEFT_EXPR_OVER)
        node->window = some_window(in, depth - 1);
    else
        name_it(in, node);
    if (op >= WEFT_EXPR_DATE_ADD && op <= WEFT_EXPR_DATE_DIFF)
        node->alias = (int)pick(in, WEFT_WEEKDAY + 2);
    in->literal = in->literal || op == WEFT_EXPR_LITERAL || op == WEFT_EXPR_SEARCH; /* which has a word of the program's */
    const bool wants = !leaf && node->model == NULL && op != WEFT_EXPR_VALUE;
    const size_t count = pick(in, 24) == 23 ? pick(in, 4) : natural_count(op, in);
    if (wants || op == WEFT_EXPR_ANY)
        node->args = some_nodes(in, op == WEFT_EXPR_ANY ? 1 : count, depth - 1);
    return node;
}

static weft_join_step some_joins(reader *in, int depth)
{
    if (pick(in, 3) != 2)
        return (weft_join_step){0};
    weft_join_step *joins = room(in, 3 * sizeof *joins);
    size_t count = 1 + pick(in, 2);
    for (size_t i = 0; i < count; i++) {
        joins[i] = (weft_join_step){.outer = pick(in, 2) == 1, .to_alias = (int)(i * pick(in, 2))};
        if (pick(in, 2) == 0) {
            joins[i].model = &Item_model;
            joins[i].offset = offsetof(Item, parts);
        } else {
            joins[i].to = pick(in, 2) == 0 ? &Part_model : &Item_model;
            joins[i].how = (weft_join_how)pick(in, WEFT_JOIN_CROSS + 1);
            joins[i].on = joins[i].how == WEFT_JOIN_CROSS ? NULL : some_node(in, depth);
        }
    }
    joins[count].end_ = 1;
    return count == 1 ? joins[0] : (weft_join_step){.list = joins};
}

static const weft_rows_options *some_query(reader *in, int depth)
{
    weft_rows_options *query = room(in, sizeof *query);
    depth = depth > 0 ? depth : 0;
    if (depth > 1 && pick(in, 8) == 7) {
        const weft_rows_options **members = room(in, 3 * sizeof(const weft_rows_options *));
        query->set_op = (weft_set_op)(WEFT_UNION + pick(in, 4));
        members[0] = some_query(in, depth - 1);
        members[1] = some_query(in, depth - 1);
        members[2] = &weft_select_end;
        query->members = members;
        return query;
    }
    const size_t from = pick(in, 8);
    query->from = from == 7 ? NULL : from == 6 ? &Part_model : &Item_model;
    if (query->from != NULL)
        query->joins = some_joins(in, depth);
    query->columns = some_list(in, depth);
    if (query->columns == NULL && depth > 0)
        query->columns = list_of(in, 1, depth);
    query->where = pick(in, 2) == 1 ? some_node(in, depth) : NULL;
    query->group_by = pick(in, 3) == 2 ? some_list(in, depth) : NULL;
    query->having = pick(in, 6) == 5 ? some_node(in, depth) : NULL;
    query->order_by = pick(in, 3) == 2 ? some_list(in, depth) : NULL;
    query->distinct = pick(in, 8) == 7;
    query->distinct_on = pick(in, 12) == 11 ? some_list(in, depth) : NULL;
    query->limit = (int64_t)pick(in, 4);
    query->offset = (int64_t)pick(in, 3);
    query->with_ties = pick(in, 12) == 11;
    return query;
}

/* ---- what is held to be true ---- */

static const wefti_schema *schema(void)
{
    static wefti_schema *built;
    weft_error error = {0};
    MUST(built != NULL || wefti_schema_new(&models, &built, &error) == WEFT_OK);
    return built;
}

static bool is_refusal(weft_status status)
{
    return status == WEFT_ERROR_MISUSE || status == WEFT_ERROR_TYPE || status == WEFT_ERROR_DATA || status == WEFT_ERROR_LIMIT ||
           status == WEFT_ERROR_MODEL || status == WEFT_ERROR_UNSUPPORTED || status == WEFT_ERROR_NOT_NULL;
}

static void refused_by(const char *grammar, const char *sql, const char *why)
{
    fprintf(stderr, "%s: %s\n%s\n", grammar, why, sql);
    abort();
}

static sqlite3 *database(void)
{
    static sqlite3 *db;
    if (db == NULL) {
        MUST(sqlite3_open(":memory:", &db) == SQLITE_OK);
        MUST(
            sqlite3_exec(db,
                         "CREATE TABLE item (id INTEGER PRIMARY KEY, small, whole, precise, real, flag, text, code, data, at, day, "
                         "hour, uuid, price, document, span, maybe, colour, numbers, words);"
                         "CREATE TABLE part (id INTEGER PRIMARY KEY, item_id, \"the \"\"name\"\"\");",
                         NULL, NULL, NULL) == SQLITE_OK);
    }
    return db;
}

/* Its functions are the driver's, which is not here: what they are called with is not looked at. */
static void sqlite_takes(const char *sql)
{
    static const char *const wrong[] = {"syntax error", "incomplete input", "unrecognized token", "ambiguous", "no such column"};
    const size_t count = sizeof wrong / sizeof *wrong;
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(database(), sql, -1, &statement, NULL) != SQLITE_OK)
        for (size_t i = 0; i < count; i++)
            if (strstr(sqlite3_errmsg(database()), wrong[i]) != NULL)
                refused_by("SQLite", sql, sqlite3_errmsg(database()));
    sqlite3_finalize(statement);
}

static void postgres_takes(const char *sql)
{
#if defined(WEFT_HAS_PG_QUERY)
    PgQueryParseResult parsed = pg_query_parse(sql);
    if (parsed.error != NULL)
        refused_by("PostgreSQL", sql, parsed.error->message);
    pg_query_free_parse_result(parsed);
#else
    (void)sql;
#endif
}

static void compile(const wefti_dialect *dialect, const wefti_select *select, bool literal)
{
    weft_error error = {0};
    wefti_shape shape, again;
    wefti_compiled *compiled = NULL, *second = NULL;
    const wefti_statement_data data = {.kind = WEFTI_KIND_SELECT, .of.select = select};
    weft_status status = wefti_shape_init(&shape, schema(), dialect, &data, &error);
    if (status == WEFT_OK)
        status = wefti_compile(schema(), dialect, &data, &shape, &compiled, &error);
    if (status == WEFT_OK) {
        const char *sql = compiled->statement.sql;
        if (compiled->statement.parameter_count != shape.value_count)
            fprintf(stderr, "%u parameters for %u values: %s\n", (unsigned)compiled->statement.parameter_count,
                    (unsigned)shape.value_count, sql);
        MUST(compiled->statement.parameter_count == shape.value_count);
        MUST(literal || strstr(sql, MARK) == NULL);
        if (dialect == &wefti_dialect_sqlite)
            sqlite_takes(sql);
        else
            postgres_takes(sql);
        MUST(wefti_shape_init(&again, schema(), dialect, &data, &error) == WEFT_OK);
        MUST(again.key_size == shape.key_size && memcmp(again.key, shape.key, shape.key_size) == 0);
        MUST(wefti_compile(schema(), dialect, &data, &again, &second, &error) == WEFT_OK);
        MUST(strcmp(sql, second->statement.sql) == 0);
        wefti_compiled_free(second);
        wefti_shape_deinit(&again);
        status = wefti_shape_bind(&shape, compiled, &error);
        MUST(status == WEFT_OK || is_refusal(status));
    } else {
        MUST(is_refusal(status) && error.message[0] != '\0');
        MUST(strstr(error.message, MARK) == NULL);
    }
    wefti_compiled_free(compiled);
    wefti_shape_deinit(&shape);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reader in = {.at = data, .left = size < 600 ? size : 600};
    weft_error error = {0};
    wefti_select select;
    const weft_rows_options *query = some_query(&in, 5);
    weft_status status = wefti_select_from_options(&select, schema(), query, &error);
    if (status == WEFT_OK) {
        compile(&wefti_dialect_sqlite, &select, in.literal);
        compile(&wefti_dialect_postgres, &select, in.literal);
    } else
        MUST(is_refusal(status));
    for (struct room *at = in.rooms, *next; at != NULL; at = next) {
        next = at->next;
        free(at);
    }
    return 0;
}
