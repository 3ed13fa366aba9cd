/* What the dialects have in common: literals, names of functions, reading their capabilities. */
#include "sql/dialect.h"

#include "base/locale.h"

#include <string.h>

void wefti_add_literal(wefti_text *text, const wefti_dialect *dialect, const char *value)
{
    wefti_add_literal_bytes(text, dialect, value, strlen(value));
}

void wefti_add_literal_bytes(wefti_text *text, const wefti_dialect *dialect, const char *data, size_t size)
{
    wefti_add_quoted_text(text, dialect->sql_rules->escape_strings, data, size);
}

const wefti_dialect *const wefti_dialects[] = {&wefti_dialect_sqlite, &wefti_dialect_postgres, NULL};

const char *wefti_function_name(const char *name)
{
    static const char schema[] = "pg_catalog.";
    return wefti_ascii_begins(name, schema) ? name + sizeof schema - 1 : name;
}

bool wefti_is_aggregate_name(const char *name)
{
    static const char *const names[] = {"count",
                                        "sum",
                                        "avg",
                                        "total",
                                        "group_concat",
                                        "string_agg",
                                        "array_agg",
                                        "range_agg",
                                        "range_intersect_agg",
                                        "bool_and",
                                        "bool_or",
                                        "every",
                                        "json_agg",
                                        "jsonb_agg",
                                        "json_object_agg",
                                        "jsonb_object_agg",
                                        "json_group_array",
                                        "json_group_object",
                                        "bit_and",
                                        "bit_or",
                                        "bit_xor",
                                        "any_value",
                                        "stddev",
                                        "stddev_pop",
                                        "stddev_samp",
                                        "variance",
                                        "var_pop",
                                        "var_samp",
                                        "corr",
                                        "covar_pop",
                                        "covar_samp",
                                        "percentile_cont",
                                        "percentile_disc",
                                        "mode"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (wefti_ascii_equal(name, names[i]))
            return true;
    return false;
}

const wefti_capabilities *wefti_dialect_capabilities(const wefti_dialect *dialect) { return &dialect->capabilities; }

const wefti_ddl *wefti_dialect_ddl(const wefti_dialect *dialect) { return dialect->ddl; }
bool wefti_dialect_lists_keys(const wefti_dialect *dialect) { return dialect->key_list_sql != NULL; }
