/* PostgreSQL, from version 15 on. Arrays are parameters of their own, so that a list of any length is one statement. */
#include "sql/dialect_postgres.h"

static void add_tuples(wefti_walk *walk, const wefti_column *const *columns, uint16_t count, uint32_t first)
{
    wefti_walk_sql(walk, "SELECT * FROM unnest(");
    for (uint16_t i = 0; i < count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        wefti_walk_placeholder(walk, first + i);
        wefti_walk_sql(walk, "::");
        if (columns[i]->cast != NULL)
            wefti_walk_sql(walk, columns[i]->cast);
        else if (walk->render != NULL)
            wefti_walk_sql(walk, wefti_names_postgres[walk->render->parameters[first + i - 1].type & (WEFTI_ARRAY - 1)].cast);
        wefti_walk_sql(walk, "[]");
    }
    wefti_walk_sql(walk, ")");
}

/* As the parameter would be: texts take the type of their place, all else names its own. */
static void add_constant(wefti_walk *walk, const weft_value *value, uint16_t spelling)
{
    wefti_text *text = &walk->render->text;
    (void)spelling;
    if (value->is_null) {
        const char *cast = wefti_type_is_text(value->type) || value->type == WEFT_JSON
                               ? NULL
                               : wefti_names_postgres[wefti_type_of_column(value->type)].cast;
        wefti_text_add(text, cast != NULL ? "NULL::" : "NULL");
        wefti_text_add(text, cast != NULL ? cast : "");
        return;
    }
    const bool array = wefti_type_is_array(value->type), whole = wefti_type_is_integer(value->type);
    const unsigned element = array ? wefti_type_of(value->type)->element : 0;
    wefti_text_add(text, whole ? "'" : "");
    if (!wefti_postgres_add_literal(text, value)) {
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "a literal is out of the range of a %s",
                              wefti_type_of(array ? element : value->type)->word);
        return;
    }
    wefti_text_add(text, whole ? "'" : "");
    if (array ? element == WEFT_TEXT || element == WEFT_JSON
              : value->type == WEFT_TEXT || value->type == WEFT_CHARS || value->type == WEFT_JSON || value->type == WEFT_BOOL)
        return;
    wefti_text_add(text, "::");
    wefti_text_add(text, wefti_names_postgres[wefti_type_of_column(value->type)].cast);
}

static void add_values(wefti_walk *walk, const wefti_table *table, uint32_t first)
{
    for (uint16_t i = 0; i < table->column_count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "unnest(");
        wefti_walk_placeholder(walk, first + i);
        wefti_walk_cast_to(walk, wefti_names_postgres[table->columns[i].type].cast);
        wefti_walk_sql(walk, "[]");
    }
    wefti_walk_sql(walk, ")");
}

#define CALL(n, gives_, ...) \
    { \
        .name = n, .sql = n "(", .takes = {__VA_ARGS__}, .gives = (gives_) \
    }
#define WITH_WORD(n, gives_, ...) \
    { \
        .name = n, .sql = n "(", .takes = {__VA_ARGS__}, .gives = (gives_), .word = true \
    }
#define BETWEEN(n, sign, gives_, ...) \
    { \
        .name = n, .sql = " " sign " ", .takes = {__VA_ARGS__}, .gives = (gives_) \
    }
static const wefti_search searches[] = {
    WITH_WORD("to_tsvector", WEFT_TSVECTOR, WEFT_TEXT),
    WITH_WORD("to_tsquery", WEFT_TSQUERY, WEFT_TEXT),
    WITH_WORD("plainto_tsquery", WEFT_TSQUERY, WEFT_TEXT),
    WITH_WORD("phraseto_tsquery", WEFT_TSQUERY, WEFT_TEXT),
    WITH_WORD("websearch_to_tsquery", WEFT_TSQUERY, WEFT_TEXT),
    WITH_WORD("ts_headline", WEFT_TEXT, WEFT_TEXT, WEFT_TSQUERY),
    {.name = "setweight", .sql = "setweight(", .takes = {WEFT_TSVECTOR}, .gives = WEFT_TSVECTOR, .word = true, .word_last = true},
    BETWEEN("@@", "@@", WEFT_BOOL, WEFT_TSVECTOR, WEFT_TSQUERY),
    CALL("ts_rank", WEFT_FLOAT, WEFT_TSVECTOR, WEFT_TSQUERY),
    CALL("ts_rank_cd", WEFT_FLOAT, WEFT_TSVECTOR, WEFT_TSQUERY),
    BETWEEN("tsvector ||", "||", WEFT_TSVECTOR, WEFT_TSVECTOR, WEFT_TSVECTOR),
    BETWEEN("tsquery &&", "&&", WEFT_TSQUERY, WEFT_TSQUERY, WEFT_TSQUERY),
    BETWEEN("tsquery ||", "||", WEFT_TSQUERY, WEFT_TSQUERY, WEFT_TSQUERY),
    {.name = "!!", .sql = "(!! ", .takes = {WEFT_TSQUERY}, .gives = WEFT_TSQUERY},
    BETWEEN("->", "->", WEFT_TEXT, WEFT_HSTORE, WEFT_TEXT),
    BETWEEN("?", "?", WEFT_BOOL, WEFT_HSTORE, WEFT_TEXT),
    BETWEEN("?&", "?&", WEFT_BOOL, WEFT_HSTORE, WEFT_ARRAY + WEFT_TEXT),
    BETWEEN("?|", "?|", WEFT_BOOL, WEFT_HSTORE, WEFT_ARRAY + WEFT_TEXT),
    BETWEEN("@>", "@>", WEFT_BOOL, WEFT_HSTORE, WEFT_HSTORE),
    BETWEEN("hstore ||", "||", WEFT_HSTORE, WEFT_HSTORE, WEFT_HSTORE),
    CALL("delete", WEFT_HSTORE, WEFT_HSTORE, WEFT_TEXT),
    {.name = NULL},
};

/* Those of pg_proc that take "any" or a type that only arguments can fix which may be constants, and that a program can call by
 * name, up to PostgreSQL 17: none of pg_proc is missing (tests/api/test_constants.c). */
static const char *const any_functions[] = {"any_value",
                                            "array_agg",
                                            "array_fill",
                                            "concat",
                                            "concat_ws",
                                            "count",
                                            "first_value",
                                            "format",
                                            "json_agg",
                                            "json_agg_strict",
                                            "json_build_array",
                                            "json_build_object",
                                            "json_object_agg",
                                            "json_object_agg_strict",
                                            "json_object_agg_unique",
                                            "json_object_agg_unique_strict",
                                            "jsonb_agg",
                                            "jsonb_agg_strict",
                                            "jsonb_build_array",
                                            "jsonb_build_object",
                                            "jsonb_object_agg",
                                            "jsonb_object_agg_strict",
                                            "jsonb_object_agg_unique",
                                            "jsonb_object_agg_unique_strict",
                                            "lag",
                                            "last_value",
                                            "lead",
                                            "nth_value",
                                            "num_nonnulls",
                                            "num_nulls",
                                            "pg_collation_for",
                                            "pg_column_compression",
                                            "pg_column_size",
                                            "pg_column_toast_chunk_id",
                                            "pg_typeof",
                                            "to_json",
                                            "to_jsonb",
                                            NULL};

/* Bits of tgtype: 1 each row, 2 before, 4 at INSERT, 64 instead of. A partition has triggers of its own; a foreign one may have any
 * where it really is. */
#define SCHEMA_OF(n) n ".nspname::text, CASE WHEN " n ".nspname = current_schema() THEN 'first' ELSE '' END"
#define RULES "EXISTS (SELECT FROM pg_catalog.pg_rewrite AS w WHERE w.ev_class = c.oid AND w.ev_type = '3' AND w.ev_enabled <> 'D')"
#define TRIGGERS \
    "EXISTS (WITH RECURSIVE part(oid) AS (SELECT c.oid UNION ALL SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i JOIN part ON " \
    "i.inhparent = part.oid WHERE c.relkind = 'p') SELECT FROM part JOIN pg_catalog.pg_class AS q ON q.oid = part.oid WHERE " \
    "q.relkind = 'f' OR EXISTS (SELECT FROM pg_catalog.pg_trigger AS t WHERE t.tgrelid = q.oid AND t.tgtype & 5 = 5 AND " \
    "t.tgtype & 66 <> 0 AND t.tgenabled <> 'D'))"
/* bytea, int8, int2, int4, text, date, time, timestamp, timestamptz, uuid and varchar without limits of their own. */
#define EXACT_TYPES "'{17,20,21,23,25,1043,1082,1083,1114,1184,2950}'::oid[]"

/* The sequence of an identity column depends on it; the default of another depends on its sequence. */
static const char key_facts_sql[] =
    "SELECT c.relkind IN ('r', 'p') AND NOT " RULES ", " TRIGGERS ", "
    "(SELECT pg_catalog.bool_and(a.atttypmod = -1 AND a.atttypid = ANY (" EXACT_TYPES ")) FROM pg_catalog.pg_attribute AS a WHERE "
    "a.attrelid = c.oid AND a.attname = ANY ($3::text[])), "
    "CASE WHEN k.attidentity = '' THEN k.expression ELSE 'nextval(' || s.seqrelid || '::oid::regclass)' END, "
    "pg_catalog.format_type(k.atttypid, k.atttypmod), s.seqrelid::bigint, s.seqincrement > 0 AND NOT s.seqcycle, "
    "pg_catalog.has_sequence_privilege(s.seqrelid, 'USAGE') "
    "FROM pg_catalog.pg_class AS c LEFT JOIN (SELECT a.attrelid, a.attnum, a.atttypid, a.atttypmod, a.attidentity, d.oid, "
    "pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS expression FROM pg_catalog.pg_attribute AS a LEFT JOIN pg_catalog.pg_attrdef AS "
    "d "
    "ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attname = $2::text AND NOT a.attisdropped) AS k ON k.attrelid = "
    "c.oid "
    "LEFT JOIN LATERAL (SELECT q.* FROM pg_catalog.pg_sequence AS q WHERE CASE WHEN k.attidentity <> '' THEN q.seqrelid IN (SELECT "
    "e.objid FROM pg_catalog.pg_depend AS e WHERE e.refclassid = 'pg_catalog.pg_class'::regclass AND e.refobjid = k.attrelid AND "
    "e.refobjsubid = k.attnum AND e.deptype = 'i' AND e.classid = 'pg_catalog.pg_class'::regclass) ELSE k.expression ~ "
    "'^nextval[(]''[^'']+''::regclass[)]$' AND q.seqrelid IN (SELECT e.refobjid FROM pg_catalog.pg_depend AS e WHERE e.classid = "
    "'pg_catalog.pg_attrdef'::regclass AND e.objid = k.oid AND e.refclassid = 'pg_catalog.pg_class'::regclass AND e.refobjsubid = "
    "0) "
    "END) AS s ON true WHERE c.oid = pg_catalog.to_regclass($1)";

static const char *const text_types[][2] = {
    {"char", "bpchar"}, {"character", "bpchar"},   {"bpchar", "bpchar"}, {"nchar", "bpchar"},
    {"varchar", ""},    {"character varying", ""}, {"text", ""},         {"decimal", "numeric"},
    {"bit", "\"bit\""}, {"bit varying", "varbit"}, {"name", ""},         {"serial", ""},
    {"bigserial", ""},  {"smallserial", ""},       {NULL, NULL}};

static const char *const padded_types[] = {"char", "character", "bpchar", "nchar", NULL};

const wefti_dialect wefti_dialect_postgres = {
    .capabilities = {.name = "postgresql",
                     .array_parameters_typed = true,
                     .copy = true,
                     .returning_is_cheap = true,
                     .sequences = true,
                     .row_locks = true,
                     .calls_write = true,
                     .nested_comments = true,
                     .temporary_schema = "PG_TEMP",
                     .sets_by = "set_config",
                     .locks_by = "advisory_lock",
                     .max_parameters = WEFTI_MAX_PARAMETERS},
    .placeholder = '$',
    .own_name = offsetof(weft_codec, postgres),
    .names = wefti_names_postgres,
    .in_open = " = ANY(",
    .not_in_open = " <> ALL(",
    .in_nothing = " = ANY('{}')",
    .not_in_nothing = " <> ALL('{}')",
    .in_bytes_open = " = ANY(",
    .not_in_bytes_open = " <> ALL(",
    .in_close = ")",
    .no_limit = "",
    .member_open = "(",
    .table_list_sql =
        "SELECT " SCHEMA_OF("n") ", COALESCE(c.relname::text, '') FROM pg_catalog.pg_namespace AS n LEFT JOIN "
                                 "pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'f', 'v', 'm') "
                                 "WHERE n.nspname IN (current_schema()",
    .key_list_sql = "SELECT " SCHEMA_OF("n") ", c.relname::text, " SCHEMA_OF(
        "m") ", t.relname::text, k.conname::text FROM "
             "pg_catalog.pg_constraint AS k JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid JOIN pg_catalog.pg_class AS t "
             "ON t.oid = k.confrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace JOIN "
             "pg_catalog.pg_namespace AS m ON m.oid = t.relnamespace WHERE k.contype = 'f' AND k.conparentid = 0 AND "
             "n.nspname IN (current_schema()",
    .key_facts_sql = key_facts_sql,
    .refresh_view = "REFRESH MATERIALIZED VIEW ",
    .refresh_view_beside = "REFRESH MATERIALIZED VIEW CONCURRENTLY ",
    .explain = "EXPLAIN ",
    .reserve_keys_sql = "SELECT pg_catalog.nextval($2::bigint::oid::regclass) FROM pg_catalog.generate_series(1, $1::bigint)",
    .rules_sql = RULES,
    .triggers_sql = TRIGGERS,
    .table_row = " FROM pg_catalog.pg_class AS c WHERE c.oid = pg_catalog.to_regclass(",
    .untyped_texts = true,
    .any_functions = any_functions,
    .pattern_open = "regexp_replace(",
    .pattern_close = ", E'^(([^\\\\\\\\]|\\\\\\\\.)*)\\\\\\\\$', E'\\\\1\\\\\\\\\\\\\\\\')",
    .like = " LIKE ",
    .not_like = " NOT LIKE ",
    .ilike = " ILIKE ",
    .ilike_close = "",
    .position = "strpos",
    .same = " IS NOT DISTINCT FROM ",
    .symmetric = " BETWEEN SYMMETRIC ",
    .exact_text = "::text COLLATE \"C\"",
    .check_casts = true,
    .dates = {.now = "CURRENT_TIMESTAMP", .today = "CURRENT_DATE"},
    .delete_using = true,
    .returns_beside = true,
    .ctes_write = true,
    .conflicts_by_name = true,
    .any_all = true,
    .grouping_sets = true,
    .outer_aggregates = true,
    .recursion_is_typed = true,
    .cast = "::",
    .array_of = "[]",
    .rows_open = "unnest(",
    .rows_close = ")",
    .rows_numbered = " WITH ORDINALITY",
    .text_types = text_types,
    .padded_types = padded_types,
    .unpadded = "::bpchar::text",
    .insert_ordinal = wefti_postgres_insert_ordinal,
    .copy_open = "COPY ",
    .copy_close = ") FROM STDIN (FORMAT binary)",
    .sql_rules = &wefti_sql_rules_postgres,
    .sql_rules_backslashes = &wefti_sql_rules_postgres_backslashes,
    .ddl = &wefti_ddl_postgres,
    /* Columns of unsigned integers are BIGINT; oid is the type whose range is theirs. */
    .keep_unsigned = "CAST(CAST(CAST(",
    .keep_unsigned_close = " AS bigint) AS oid) AS bigint)",
    .add_constant = add_constant,
    .add_tuples = add_tuples,
    .add_values = add_values,
    .series = {"(SELECT f.v AS ", " FROM generate_series(", ", ", ") AS f(v))"},
    .series_of_dates = {"(SELECT b.a + f.v AS ", " FROM (SELECT ", " AS a, ",
                        " AS z) AS b CROSS JOIN LATERAL generate_series(0, b.z - b.a) AS f(v))"},
    .regular_expressions = true,
    .distinct_on = "DISTINCT ON (",
    .merges_since = 150000,
    .fetch_ties = true,
    .samples = true,
    .lateral = "LATERAL ",
    .arrays = {.of = "ARRAY(", .of_close = ")", .each = "unnest(", .check = {"array_remove(", ", NULL::text) <@ ARRAY[", "]"}},
    .searches = searches,
    .json = {.get = " #> ",
             .text = " #>> ",
             .has = " #> ",
             .kind = "jsonb_typeof(",
             .set = "jsonb_set(",
             .remove = " #- ",
             .contains = " @> "},
};
