/* SQLite, from version 3.40 on. Arrays are JSON texts read by json_each, so that a list of any length is one statement; bytes stand
 * in them as hexadecimal digits, which the driver's function weft_bytes reads. LIKE knows no case there: case-sensitive patterns
 * become GLOB patterns when they are bound, which also lets an index serve a prefix. */
#include "sql/walk.h"

#include <math.h>

/* Element number k.key of the array parameter. A join of several json_each compares every pair of elements; reading the other
 * arrays by position does not. */
static void add_element(wefti_walk *walk, const wefti_column *column, uint32_t parameter, bool first)
{
    const bool bytes = column->type == WEFT_BYTES;
    wefti_walk_sql(walk, bytes ? "weft_bytes(" : "");
    wefti_walk_sql(walk, first ? "k.value" : "json_extract(");
    if (!first) {
        wefti_walk_placeholder(walk, parameter);
        wefti_walk_sql(walk, ", '$[' || k.key || ']')");
    }
    wefti_walk_sql(walk, bytes ? ")" : "");
}

static void add_tuples(wefti_walk *walk, const wefti_column *const *columns, uint16_t count, uint32_t first)
{
    for (uint16_t i = 0; i < count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "SELECT ");
        add_element(walk, columns[i], first + i, i == 0);
    }
    wefti_walk_sql(walk, " FROM json_each(");
    wefti_walk_placeholder(walk, first);
    wefti_walk_sql(walk, ") AS k");
}

static void add_values(wefti_walk *walk, const wefti_table *table, uint32_t first)
{
    for (uint16_t i = 0; i < table->column_count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "(SELECT ");
        add_element(walk, &table->columns[i], first + i, i == 0);
        wefti_walk_sql(walk, " AS ");
        wefti_walk_identifier(walk, table->columns[i].name);
    }
    wefti_walk_sql(walk, " FROM json_each(");
    wefti_walk_placeholder(walk, first);
    wefti_walk_sql(walk, ") AS k)");
}

/* SQLite's reader of numbers may miss the last bit; what it reads exactly are whole numbers and short binary fractions. */
static void add_real(wefti_text *text, double value)
{
    char digits[WEFTI_DOUBLE_TEXT_SIZE];
    size_t size = wefti_double_write(value, digits);
    bool small = fabs(value) < 1e6;
    bool is_whole = small && value == (double)(int64_t)value, is_short = small && value * 1024 == (double)(int64_t)(value * 1024);
    if (isinf(value)) {
        wefti_text_add(text, value > 0 ? "9e999" : "(-9e999)");
    } else if (is_short && !(value == 0 && signbit(value))) {
        wefti_text_add(text, value < 0 ? "(" : "");
        wefti_text_add_bytes(text, digits, size);
        wefti_text_add(text, is_whole ? ".0" : "");
        wefti_text_add(text, value < 0 ? ")" : "");
    } else {
        wefti_text_add(text, "weft_real('");
        wefti_text_add_bytes(text, digits, size);
        wefti_text_add(text, "')");
    }
}

/* A decimal as the driver would send it: as it is where it is spelt so, else made by the driver's function. */
static void add_decimal(wefti_walk *walk, const weft_value *value, uint16_t spelling)
{
    wefti_text *text = &walk->render->text;
    const char *data = value->as.s.data;
    size_t size = value->as.s.size;
    int scale = (int)spelling - WEFTI_SPELLING_FIRST_SCALE;
    bool spelt = wefti_decimal_spelt(data, size, spelling);
    bool sized = scale >= 0 && wefti_decimal_fits(data, size, 131072 + scale, scale);
    if (!spelt)
        wefti_text_add(text, spelling == WEFTI_SPELLING_ANY ? "weft_decimal(" : "weft_decimal_store(");
    wefti_add_literal_bytes(text, walk->dialect, data, size);
    if (!spelt && sized)
        wefti_text_add_format(text, ", %d, %d", 131072 + scale, scale);
    wefti_text_add(text, spelt ? "" : ")");
}

/* What is kept as text. */
static void add_form(wefti_walk *walk, const weft_value *value)
{
    char form[WEFTI_FORM_BYTES];
    size_t size = wefti_value_form(value, form);
    if (size == 0)
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "a literal: a %s outside the years 1 to 9999 cannot be kept in order as text",
                              wefti_type_of(value->type)->word);
    wefti_add_literal_bytes(&walk->render->text, walk->dialect, form, size);
}

/* As the driver keeps it. */
static void add_array(wefti_walk *walk, const weft_value *value)
{
    wefti_text json;
    wefti_text_init(&json, 0);
    const char *why = wefti_array_add_json(&json, value);
    if (why != NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_DATA, "a literal: an array %s", why);
    else if (!json.failed)
        wefti_add_literal_bytes(&walk->render->text, walk->dialect, json.data, json.size);
    walk->render->text.failed = walk->render->text.failed || json.failed;
    wefti_text_deinit(&json);
}

static void add_constant(wefti_walk *walk, const weft_value *value, uint16_t spelling)
{
    wefti_text *text = &walk->render->text;
    if (value->is_null) {
        wefti_text_add(text, "NULL");
        return;
    }
    if (wefti_type_is_array(value->type)) {
        add_array(walk, value);
        return;
    }
    switch (value->type) {
    case WEFT_TEXT:
    case WEFT_CHARS:
    case WEFT_JSON: wefti_add_literal_bytes(text, walk->dialect, value->as.s.data, value->as.s.size); break;
    case WEFT_BOOL: wefti_text_add(text, value->as.b ? "true" : "false"); break;
    case WEFT_DECIMAL: add_decimal(walk, value, spelling); break;
    case WEFT_BYTES:
        wefti_text_add(text, "x'");
        wefti_text_add_hex(text, value->as.s.data, value->as.s.size);
        wefti_text_add_char(text, '\'');
        break;
    case WEFT_FLOAT:
    case WEFT_DOUBLE:
        if (isnan(value->as.d))
            (void)wefti_walk_fail(walk, WEFT_ERROR_DATA, "a literal: SQLite has no NaN");
        add_real(text, value->as.d);
        break;
    default:
        if (wefti_type_of(value->type)->form != NULL) {
            add_form(walk, value);
            break;
        }
        wefti_text_add(text, value->as.i < 0 ? "(" : "");
        wefti_text_add_int(text, value->as.i);
        wefti_text_add(text, value->as.i < 0 ? ")" : "");
    }
}

/* Those of the driver. */
static const wefti_decimal_name decimal_operators[] = {{"+", "weft_decimal_add("},       {"-", "weft_decimal_subtract("},
                                                       {"*", "weft_decimal_multiply("},  {"/", "weft_decimal_divide("},
                                                       {"%", "weft_decimal_remainder("}, {NULL, NULL}};
static const wefti_decimal_name integer_operators[] = {{"+", "weft_integer_add("},          {"-", "weft_integer_subtract("},
                                                       {"*", "weft_integer_multiply("},     {"/", "weft_integer_divide("},
                                                       {"%", "weft_integer_remainder("},    {"<<", "weft_integer_shift_left("},
                                                       {">>", "weft_integer_shift_right("}, {NULL, NULL}};
static const wefti_decimal_name real_operators[] = {
    {"+", "weft_real_add("}, {"-", "weft_real_subtract("}, {"*", "weft_real_multiply("}, {"/", "weft_real_divide("}, {NULL, NULL}};
static const wefti_decimal_name decimal_functions[] = {{"sum", "weft_decimal_sum("},      {"avg", "weft_decimal_avg("},
                                                       {"abs", "weft_decimal_abs("},      {"round", "weft_decimal_round("},
                                                       {"trunc", "weft_decimal_trunc("},  {"ceil", "weft_decimal_ceil("},
                                                       {"ceiling", "weft_decimal_ceil("}, {"floor", "weft_decimal_floor("},
                                                       {"sign", "weft_decimal_sign("},    {"mod", "weft_decimal_remainder("},
                                                       {"div", "weft_decimal_quotient("}, {NULL, NULL}};
static const char *const decimal_missing[] = {"total", "sqrt",    "cbrt",    "exp",  "ln",    "log",  "log10", "log2",  "pow",
                                              "power", "acos",    "acosh",   "asin", "asinh", "atan", "atan2", "atanh", "cos",
                                              "cosh",  "degrees", "radians", "sin",  "sinh",  "tan",  "tanh",  NULL};
static const wefti_decimal_name real_functions[] = {
    {"sqrt", "weft_real_sqrt("},       {"exp", "weft_real_exp("},     {"ln", "weft_real_ln("},
    {"log", "weft_real_log("},         {"log10", "weft_real_log("},   {"power", "weft_real_power("},
    {"pow", "weft_real_power("},       {"sin", "weft_real_sin("},     {"cos", "weft_real_cos("},
    {"tan", "weft_real_tan("},         {"asin", "weft_real_asin("},   {"acos", "weft_real_acos("},
    {"atan", "weft_real_atan("},       {"atan2", "weft_real_atan2("}, {"sinh", "weft_real_sinh("},
    {"cosh", "weft_real_cosh("},       {"tanh", "weft_real_tanh("},   {"asinh", "weft_real_asinh("},
    {"acosh", "weft_real_acosh("},     {"atanh", "weft_real_atanh("}, {"degrees", "weft_real_degrees("},
    {"radians", "weft_real_radians("}, {"cbrt", "weft_real_cbrt("},   {NULL, NULL}};
static const wefti_decimal_name real_windows[] = {{"sum", "weft_real_sum"}, {"avg", "weft_real_avg"}, {NULL, NULL}};
static const wefti_decimal_name float_windows[] = {{"sum", "weft_float_window_sum"}, {"avg", "weft_real_avg"}, {NULL, NULL}};
static const wefti_decimal_sql decimals = {
    .collation = " COLLATE WEFT_DECIMAL",
    .convert = "weft_decimal(",
    .real = "weft_decimal_real(",
    .integer = "weft_decimal_integer(",
    .store = "weft_decimal_store(",
    .operators = decimal_operators,
    .integer_operators = integer_operators,
    .real_operators = real_operators,
    .functions = decimal_functions,
    .json_collation = " COLLATE WEFT_JSON",
    .text = "weft_text(",
    .single = "weft_single(",
    .cast = "weft_to_",
    .json_get = "weft_json_get(",
    .json_text = "weft_json_text(",
    .substr = "weft_substr(",
    .real_functions = real_functions,
    .real_windows = real_windows,
    .float_windows = float_windows,
    .float_sum = "weft_float_sum(",
    .missing = decimal_missing,
};

static const wefti_decimal_name sorted_functions[] = {
    {"string_agg", "weft_string_agg("}, {"bool_and", "min("}, {"every", "min("}, {"bool_or", "max("}, {NULL, NULL}};
static const char *const indifferent[] = {"count",    "sum",     "avg",   "total",   "min",    "max",
                                          "bool_and", "bool_or", "every", "bit_and", "bit_or", NULL};
static const wefti_sorted_sql sorted = {.functions = sorted_functions,
                                        .joined = "weft_string_agg_sorted(",
                                        .share = "weft_percentile_cont(",
                                        .first = "weft_percentile_disc(",
                                        .frequent = "weft_mode(",
                                        .indifferent = indifferent};

/* The driver's. */
#define OF_ARRAY(a, name, NAME, T) [WEFT_ARRAY + WEFT_##NAME] = " COLLATE WEFT_ARRAY_" #NAME,
static const char *const collations[WEFTI_COLUMN_TYPES] = {[WEFT_INTERVAL] = " COLLATE WEFT_INTERVAL",
                                                           WEFT_ARRAY_TYPES_(OF_ARRAY, )};
#undef OF_ARRAY

/* Any other name would have the affinity of numbers, by which the text "0012" is kept as 12. */
static const char *const column_words[] = {"int",  "integer",  "tinyint",   "smallint", "mediumint", "bigint",
                                           "real", "double",   "float",     "numeric",  "decimal",   "boolean",
                                           "date", "datetime", "timestamp", "time",     NULL};

#define SERIES_FROM " FROM (WITH RECURSIVE s(v, z) AS (SELECT b.a, b.z FROM (SELECT "
#define SERIES_CLOSE " AS z) AS b WHERE b.a <= b.z UNION ALL SELECT s.v + 1, s.z FROM s WHERE s.v < s.z) SELECT s.v FROM s) AS s)"

/* The unit of a series of dates without a step. */
#define DAYS "4"
_Static_assert(WEFT_DAY == 4, "DAYS is the number of WEFT_DAY");
#define STEPS_FROM " FROM (WITH RECURSIVE b AS MATERIALIZED (SELECT "
#define STEPS_CLOSE \
    " AS u), s(k, v) AS (SELECT 0, weft_series_at(a, z, n, u, 0) FROM b UNION ALL SELECT s.k + 1, weft_series_at(b.a, b.z, b.n, " \
    "b.u, s.k + 1) FROM s CROSS JOIN b WHERE s.v IS NOT NULL) SELECT s.v FROM s WHERE s.v IS NOT NULL) AS s)"

static const wefti_missing_source missing_sources[] = {{"generate_series", "weft_series gives numbers and times on every database"},
                                                       {"unnest",
                                                        "weft_values_of gives the rows of an array of structs on every database"},
                                                       {"json_array_elements", "call json_each here"},
                                                       {"json_array_elements_text", "call json_each here"},
                                                       {"jsonb_array_elements", "call json_each here"},
                                                       {"jsonb_array_elements_text", "call json_each here"},
                                                       {"jsonb_each", "call json_each here"},
                                                       {"jsonb_each_text", "call json_each here"},
                                                       {"json_each_text", "call json_each here"},
                                                       {NULL, NULL}};

#define NOW "strftime('%Y-%m-%d %H:%M:%f000', 'now')"

const wefti_dialect wefti_dialect_sqlite = {
    .capabilities = {.name = "sqlite",
                     .multi_row_values = true,
                     .errors_end_nothing = true,
                     .serial_transactions = true,
                     .max_parameters = 32766},
    .placeholder = '?',
    .own_name = offsetof(weft_codec, sqlite),
    .names = wefti_names_sqlite,
    .column_words = column_words,
    .in_open = " IN (SELECT value FROM json_each(",
    .not_in_open = " NOT IN (SELECT value FROM json_each(",
    .in_nothing = " IN ()",
    .not_in_nothing = " NOT IN ()",
    .in_bytes_open = " IN (SELECT weft_bytes(value) FROM json_each(",
    .not_in_bytes_open = " NOT IN (SELECT weft_bytes(value) FROM json_each(",
    .in_json_open = " IN (SELECT weft_to_json(value) FROM json_each(",
    .not_in_json_open = " NOT IN (SELECT weft_to_json(value) FROM json_each(",
    .in_close = "))",
    .items_open = "json_each(",
    .items_close = ") AS weft_item",
    .item = "weft_item.value",
    .item_of_bytes = "weft_bytes(weft_item.value)",
    .item_of_json = "weft_to_json(weft_item.value)",
    .explain = "EXPLAIN QUERY PLAN ",
    .no_limit = " LIMIT -1",
    .member_open = "SELECT * FROM (",
    .only_schema = "main",
    .table_list_sql = "SELECT 'main', 'first', name FROM sqlite_master WHERE type IN ('table', 'view')",
    .like_is_glob = true,
    .null_is_least = true,
    .several_conflicts = true,
    .exists_ignores_distinct = true,
    .having_counts = true,
    .orders_within = true,
    .extremes_miss_filters = true, /* seen with 3.40, in frames that do not begin with the partition */
    .pattern_open = "weft_pattern(",
    .pattern_close = ")",
    .like = " GLOB ",
    .not_like = " NOT GLOB ",
    .ilike = " LIKE ",
    .ilike_close = " ESCAPE '\\'",
    .position = "instr",
    .same = " IS ",
    .exact_text = " COLLATE BINARY",
    .sql_rules = &wefti_sql_rules_sqlite,
    .sql_rules_backslashes = &wefti_sql_rules_sqlite,
    .inline_key = true,
    .ddl = &wefti_ddl_sqlite,
    .enum_type = "ENUM_TEXT",
    .decimals = &decimals,
    .keep = "weft_keep_",
    .own_collations = " COLLATE WEFT_",
    .collations = collations,
    .keep_enum = "weft_keep_enum(",
    .dates = {.now = NOW,
              .today = "date('now')",
              .add_function = "weft_date_add(",
              .trunc_function = "weft_date_trunc(",
              .part_function = "weft_date_part(",
              .diff_function = "weft_date_diff(",
              .time_function = "weft_time_of("},
    .sorted = &sorted,
    .of_several = 1,
    .now = NOW, /* with the microseconds that comparisons of texts need */
    .add_constant = add_constant,
    .add_tuples = add_tuples,
    .add_values = add_values,
    .series = {"(SELECT s.v AS ", SERIES_FROM, " AS a, ", SERIES_CLOSE},
    .series_of_dates = {"(SELECT s.v AS ", STEPS_FROM, " AS a, ", " AS z, 1 AS n, " DAYS STEPS_CLOSE},
    .steps = {"(SELECT s.v AS ", STEPS_FROM, STEPS_CLOSE},
    .arrays = {.functions = true,
               .of = "(WITH weft_q(v) AS (",
               .of_open = ") SELECT weft_array_of(v, ",
               .of_close = ") FROM weft_q)",
               .agg = "weft_array_agg(",
               .each = "weft_json_each("},
    .json = {.functions = true,
             .get = "weft_json_at(",
             .text = "weft_json_text_at(",
             .has = "weft_json_has(",
             .kind = "weft_json_kind(",
             .set = "weft_json_set(",
             .remove = "weft_json_remove(",
             .contains = "weft_json_contains(",
             .each = "weft_json_each("},
    .missing_sources = missing_sources,
};
