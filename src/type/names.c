/* What each database calls the types; a type that a database lacks has no row. */
#include "type/names.h"

#include <stdio.h>

const wefti_type_names wefti_names_postgres[WEFTI_COLUMN_TYPES] = {
    [WEFT_INT16] = {"SMALLINT", "smallint"},
    [WEFT_INT32] = {"INTEGER", "integer"},
    [WEFT_INT64] = {"BIGINT", "bigint"},
    [WEFT_UINT32] = {"BIGINT", "bigint"},
    [WEFT_BOOL] = {"BOOLEAN", "boolean"},
    [WEFT_FLOAT] = {"REAL", "real"},
    [WEFT_DOUBLE] = {"DOUBLE PRECISION", "double precision"},
    [WEFT_TEXT] = {"TEXT", "text"},
    [WEFT_CHARS] = {"TEXT", "text"},
    [WEFT_BYTES] = {"BYTEA", "bytea"},
    [WEFT_TIMESTAMP] = {"TIMESTAMPTZ", "timestamptz"},
    [WEFT_DATE] = {"DATE", "date"},
    [WEFT_TIME] = {"TIME", "time"},
    [WEFT_UUID] = {"UUID", "uuid"},
    [WEFT_DECIMAL] = {"NUMERIC", "numeric"},
    [WEFT_JSON] = {"JSONB", "jsonb"},
    [WEFT_INTERVAL] = {"INTERVAL", "interval"},
    [WEFT_INET] = {"INET", "inet"},
    [WEFT_MACADDR] = {"MACADDR", "macaddr"},
    [WEFT_ARRAY + WEFT_INT16] = {"SMALLINT[]", "smallint[]"},
    [WEFT_ARRAY + WEFT_INT32] = {"INTEGER[]", "integer[]"},
    [WEFT_ARRAY + WEFT_INT64] = {"BIGINT[]", "bigint[]"},
    [WEFT_ARRAY + WEFT_UINT32] = {"BIGINT[]", "bigint[]"},
    [WEFT_ARRAY + WEFT_BOOL] = {"BOOLEAN[]", "boolean[]"},
    [WEFT_ARRAY + WEFT_FLOAT] = {"REAL[]", "real[]"},
    [WEFT_ARRAY + WEFT_DOUBLE] = {"DOUBLE PRECISION[]", "double precision[]"},
    [WEFT_ARRAY + WEFT_TEXT] = {"TEXT[]", "text[]"},
    [WEFT_ARRAY + WEFT_BYTES] = {"BYTEA[]", "bytea[]"},
    [WEFT_ARRAY + WEFT_TIMESTAMP] = {"TIMESTAMPTZ[]", "timestamptz[]"},
    [WEFT_ARRAY + WEFT_DATE] = {"DATE[]", "date[]"},
    [WEFT_ARRAY + WEFT_TIME] = {"TIME[]", "time[]"},
    [WEFT_ARRAY + WEFT_UUID] = {"UUID[]", "uuid[]"},
    [WEFT_ARRAY + WEFT_DECIMAL] = {"NUMERIC[]", "numeric[]"},
    [WEFT_ARRAY + WEFT_JSON] = {"JSONB[]", "jsonb[]"},
    [WEFT_ARRAY + WEFT_INTERVAL] = {"INTERVAL[]", "interval[]"},
    [WEFT_ARRAY + WEFT_INET] = {"INET[]", "inet[]"},
    [WEFT_ARRAY + WEFT_MACADDR] = {"MACADDR[]", "macaddr[]"},
};

/* A name of a column that holds "TEXT" has TEXT affinity, and "INT" would come before it: what is kept as text says so and what it
 * is, and is never made a number. */
const wefti_type_names wefti_names_sqlite[WEFTI_COLUMN_TYPES] = {
    [WEFT_INT16] = {"INTEGER", "INTEGER"},
    [WEFT_INT32] = {"INTEGER", "INTEGER"},
    [WEFT_INT64] = {"INTEGER", "INTEGER"},
    [WEFT_UINT32] = {"INTEGER", "INTEGER"},
    [WEFT_BOOL] = {"BOOLEAN", "INTEGER"},
    [WEFT_FLOAT] = {"REAL", "REAL"},
    [WEFT_DOUBLE] = {"REAL", "REAL"},
    [WEFT_TEXT] = {"TEXT", "TEXT"},
    [WEFT_CHARS] = {"TEXT", "TEXT"},
    [WEFT_BYTES] = {"BLOB", "BLOB"},
    [WEFT_TIMESTAMP] = {"TIMESTAMP_TEXT", "TEXT"},
    [WEFT_DATE] = {"DATE_TEXT", "TEXT"},
    [WEFT_TIME] = {"TIME_TEXT", "TEXT"},
    [WEFT_UUID] = {"UUID_TEXT", "TEXT"},
    [WEFT_DECIMAL] = {"DECIMAL_TEXT", "TEXT"},
    [WEFT_JSON] = {"JSON_TEXT", "TEXT"},
    [WEFT_INTERVAL] = {"DURATION_TEXT", "TEXT"},
    [WEFT_MACADDR] = {"MACADDR_TEXT", "TEXT"},
    [WEFT_ARRAY + WEFT_INT16] = {"NUMBER_ARRAY_TEXT", "TEXT"},
    [WEFT_ARRAY + WEFT_INT32] = {"NUMBER_ARRAY_TEXT", "TEXT"},
    [WEFT_ARRAY + WEFT_INT64] = {"NUMBER_ARRAY_TEXT", "TEXT"},
    [WEFT_ARRAY + WEFT_UINT32] = {"NUMBER_ARRAY_TEXT", "TEXT"},
    [WEFT_ARRAY + WEFT_BOOL] = {"BOOLEAN_ARRAY_TEXT", "TEXT"},
    [WEFT_ARRAY + WEFT_FLOAT] = {"REAL_ARRAY_TEXT", "TEXT"},
    [WEFT_ARRAY + WEFT_DOUBLE] = {"REAL_ARRAY_TEXT", "TEXT"},
    [WEFT_ARRAY + WEFT_TEXT] = {"TEXT_ARRAY_TEXT", "TEXT"},
    [WEFT_ARRAY + WEFT_BYTES] = {"BLOB_ARRAY_TEXT", "TEXT"},
    [WEFT_ARRAY + WEFT_TIMESTAMP] = {"TIMESTAMP_ARRAY_TEXT", "TEXT"},
    [WEFT_ARRAY + WEFT_DATE] = {"DATE_ARRAY_TEXT", "TEXT"},
    [WEFT_ARRAY + WEFT_TIME] = {"TIME_ARRAY_TEXT", "TEXT"},
    [WEFT_ARRAY + WEFT_UUID] = {"UUID_ARRAY_TEXT", "TEXT"},
    [WEFT_ARRAY + WEFT_DECIMAL] = {"DECIMAL_ARRAY_TEXT", "TEXT"},
    [WEFT_ARRAY + WEFT_JSON] = {"JSON_ARRAY_TEXT", "TEXT"},
    [WEFT_ARRAY + WEFT_INTERVAL] = {"DURATION_ARRAY_TEXT", "TEXT"},
    [WEFT_ARRAY + WEFT_MACADDR] = {"MACADDR_ARRAY_TEXT", "TEXT"},
};

const char *wefti_type_function(const char *beginning, unsigned type, char name[static WEFTI_TYPE_NAME_BYTES])
{
    (void)snprintf(name, WEFTI_TYPE_NAME_BYTES, "%s%s", beginning, wefti_type_of(type)->name);
    return name;
}
