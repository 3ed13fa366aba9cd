/* What models say of a schema that was read: types of fields, keys, relationships both ways. What no model can say is left out, with
 * the reason; weft leaves it alone when it compares. */
#include "reflect.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_KEY_COLUMNS = 8, MOST_NAME_BYTES = 63, MOST_TEXT_BYTES = 4000, MOST_RELATIONS = 64, MOST_ENUM_VALUES = 65535 };

size_t count_of(const char *const *names)
{
    size_t count = 0;
    while (names != NULL && names[count] != NULL)
        count++;
    return count;
}

static bool contains(const char *const *names, const char *name)
{
    for (; names != NULL && *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static bool equal(const char *a, const char *b) { return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0); }
static bool is_long(const char *text) { return text != NULL && strlen(text) > MOST_TEXT_BYTES; }

const weft_schema_constraint *key_of(const weft_schema_table *table)
{
    for (size_t i = 0; i < table->constraint_count; i++)
        if (table->constraints[i].kind == WEFT_CONSTRAINT_PRIMARY_KEY)
            return &table->constraints[i];
    return NULL;
}

const field *field_of(const model *m, const char *column)
{
    for (size_t i = 0; column != NULL && i < m->table->column_count; i++)
        if (strcmp(m->table->columns[i].name, column) == 0)
            return m->fields[i].name != NULL ? &m->fields[i] : NULL;
    return NULL;
}

/* ---- types ---- */

static const struct {
    const char *plain, *optional; /* NULL: a pointer, which may be NULL */
    const char *element;          /* of an array of PostgreSQL's that is kept as text */
} types[] = {[WEFT_INT16] = {"int16_t", "weft_opt_int16", "SMALLINT"},
             [WEFT_INT32] = {"int32_t", "weft_opt_int32", "INTEGER"},
             [WEFT_INT64] = {"int64_t", "weft_opt_int64", "BIGINT"},
             [WEFT_UINT32] = {"uint32_t", "weft_opt_uint32", "BIGINT"},
             [WEFT_BOOL] = {"bool", "weft_opt_bool", "BOOLEAN"},
             [WEFT_FLOAT] = {"float", "weft_opt_float", "REAL"},
             [WEFT_DOUBLE] = {"double", "weft_opt_double", "DOUBLE PRECISION"},
             [WEFT_TEXT] = {"const char *", NULL, "TEXT"},
             [WEFT_CHARS] = {"const char *", NULL, "TEXT"},
             [WEFT_BYTES] = {"weft_bytes", NULL, "BYTEA"},
             [WEFT_TIMESTAMP] = {"weft_timestamp", "weft_opt_timestamp", "TIMESTAMPTZ"},
             [WEFT_DATE] = {"weft_date", "weft_opt_date", "DATE"},
             [WEFT_TIME] = {"weft_time", "weft_opt_time", "TIME"},
             [WEFT_UUID] = {"weft_uuid", "weft_opt_uuid", "UUID"},
             [WEFT_DECIMAL] = {"weft_decimal", NULL, "NUMERIC"},
             [WEFT_JSON] = {"weft_json", NULL, "JSONB"},
             [WEFT_INTERVAL] = {"weft_interval", "weft_opt_interval", "INTERVAL"},
             [WEFT_INET] = {"weft_inet", NULL, "INET"},
             [WEFT_MACADDR] = {"weft_macaddr", "weft_opt_macaddr", "MACADDR"},
             [WEFT_RANGE_INT32] = {"weft_range_int32", "weft_opt_range_int32", "INT4RANGE"},
             [WEFT_RANGE_INT64] = {"weft_range_int64", "weft_opt_range_int64", "INT8RANGE"},
             [WEFT_RANGE_DECIMAL] = {"weft_range_decimal", NULL, "NUMRANGE"},
             [WEFT_RANGE_DATE] = {"weft_range_date", "weft_opt_range_date", "DATERANGE"},
             [WEFT_RANGE_TIMESTAMP] = {"weft_range_timestamp", "weft_opt_range_timestamp", "TSTZRANGE"},
             [WEFT_BITS] = {"weft_bits", NULL, "BIT VARYING"},
             [WEFT_TSVECTOR] = {"weft_tsvector", NULL, "TSVECTOR"},
             [WEFT_TSQUERY] = {"weft_tsquery", NULL, "TSQUERY"},
             [WEFT_HSTORE] = {"weft_hstore", NULL, "HSTORE"},
             [WEFT_MULTIRANGE + WEFT_RANGE_INT32] = {"weft_multirange_int32", NULL, "INT4MULTIRANGE"},
             [WEFT_MULTIRANGE + WEFT_RANGE_INT64] = {"weft_multirange_int64", NULL, "INT8MULTIRANGE"},
             [WEFT_MULTIRANGE + WEFT_RANGE_DECIMAL] = {"weft_multirange_decimal", NULL, "NUMMULTIRANGE"},
             [WEFT_MULTIRANGE + WEFT_RANGE_DATE] = {"weft_multirange_date", NULL, "DATEMULTIRANGE"},
             [WEFT_MULTIRANGE + WEFT_RANGE_TIMESTAMP] = {"weft_multirange_timestamp", NULL, "TSTZMULTIRANGE"},
/* Any item may be NULL, whatever the column says. */
#define ARRAY_OF(a, name, NAME, T) [WEFT_ARRAY + WEFT_##NAME] = {"weft_array_" #name, NULL, NULL},
             WEFT_OPT_ARRAY_TYPES_(ARRAY_OF, ) ARRAY_OF(, text, TEXT, ) ARRAY_OF(, bytes, BYTES, ) ARRAY_OF(, decimal, DECIMAL, )
                 ARRAY_OF(, json, JSON, ) ARRAY_OF(, inet, INET, ) WEFT_OPT_RANGE_ARRAY_TYPES_(ARRAY_OF, )
                     ARRAY_OF(, range_decimal, RANGE_DECIMAL, ) ARRAY_OF(, bits, BITS, )
#undef ARRAY_OF
};

static bool begins(const char *text, const char *word) { return ascii_compare_n(text, word, strlen(word)) == 0; }

/* What the field of a type of PostgreSQL's has that is none of weft's. */
static weft_type kind_on_postgres(const char *type)
{
    if (begins(type, "timestamp"))
        return WEFT_TIMESTAMP;
    if (begins(type, "time") && strstr(type, "with time zone") == NULL)
        return WEFT_TIME;
    if (begins(type, "interval"))
        return WEFT_INTERVAL;
    return strcmp(type, "json") == 0 ? WEFT_JSON : WEFT_TEXT;
}

static bool has(const char *type, const char *word)
{
    for (; *type != '\0'; type++)
        if (begins(type, word))
            return true;
    return false;
}

/* What values of a declared type of SQLite's are, by its rules of affinity; times of others are texts in their form. WEFT_UNMAPPED: any. */
static weft_type kind_on_sqlite(const char *type)
{
    if (begins(type, "bool"))
        return WEFT_BOOL;
    if (has(type, "int"))
        return WEFT_INT64;
    if (has(type, "char") || has(type, "clob") || has(type, "text"))
        return strpbrk(type, ".[") == NULL ? WEFT_TEXT : WEFT_UNMAPPED;
    if (has(type, "blob"))
        return WEFT_BYTES;
    if (has(type, "real") || has(type, "floa") || has(type, "doub") || begins(type, "numeric") || begins(type, "decimal") ||
        begins(type, "number") || begins(type, "money"))
        return WEFT_DOUBLE;
    if (begins(type, "date") || begins(type, "timestamp") || begins(type, "time"))
        return strspn(type, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(type) ? WEFT_TEXT : WEFT_UNMAPPED;
    return begins(type, "json") ? WEFT_JSON : begins(type, "uuid") ? WEFT_UUID : WEFT_UNMAPPED;
}

static bool is_home(const reflection *r, const char *schema) { return schema == NULL || equal(schema, r->home); }

static bool same_schema(const reflection *r, const char *a, const char *b) { return is_home(r, a) ? is_home(r, b) : equal(a, b); }

static const weft_schema_enum *enum_of(const reflection *r, const weft_schema_column *column)
{
    for (size_t i = 0; i < r->enum_count; i++)
        if (strcmp(r->enums[i].name, column->enum_type) == 0 && same_schema(r, r->enums[i].schema, column->enum_schema))
            return &r->enums[i];
    return NULL;
}

static char *type_name(const weft_schema_column *column)
{
    char *name = sql_name(column->enum_type), *schema = column->enum_schema != NULL ? sql_name(column->enum_schema) : NULL;
    char *made = schema != NULL ? text_of("%s.%s", schema, name) : copy_of(name);
    free(schema);
    free(name);
    return made;
}

/* Whether the place in the enum's list that a default names is the first: then zero, the default of a field, is the same. */
static bool is_first_value(const weft_schema_enum *values, const char *value)
{
    char *quotedly = text_of("'%s'", values->values[0]);
    const bool is = value == NULL || strncmp(value, quotedly, strlen(quotedly)) == 0;
    free(quotedly);
    return is;
}

static char *array_of(const weft_schema_column *column)
{
    if (column->enum_type != NULL) {
        char *name = type_name(column), *made = text_of("%s[]", name);
        free(name);
        return made;
    }
    if (column->type == WEFT_TEXT && column->length > 0)
        return text_of("VARCHAR(%d)[]", column->length);
    if (column->type == WEFT_DECIMAL && column->precision > 0)
        return text_of("NUMERIC(%d, %d)[]", column->precision, column->scale);
    return text_of("%s[]", types[column->type].element);
}

/* Type and .sql_type of the field. */
static void find_type(const reflection *r, field *f)
{
    const weft_schema_column *column = f->column;
    f->kind = (weft_type)column->type;
    const bool sized = column->length > 0 || column->precision > 0 || column->enum_type != NULL;
    if (column->array && !sized && !f->key && column->type < WEFT_TYPE_COUNT_ && types[WEFT_ARRAY + column->type].plain != NULL) {
        f->kind = (weft_type)(WEFT_ARRAY + column->type);
    } else if (column->array) {
        f->kind = WEFT_TEXT;
        f->sql_type = array_of(column);
    } else if (column->enum_type != NULL) {
        f->kind = WEFT_TEXT;
        f->sql_type = type_name(column);
    } else if (column->sql_type != NULL && column->type != WEFT_UNMAPPED && !r->sqlite) {
        f->sql_type = copy_of(column->sql_type); /* a domain */
    } else if (column->type == WEFT_UNMAPPED) {
        const char *type = column->sql_type != NULL ? column->sql_type : "";
        f->kind = r->sqlite ? kind_on_sqlite(type) : kind_on_postgres(type);
        f->sql_type = copy_of(type);
    } else if (column->type == WEFT_DECIMAL && (column->scale < 0 || column->scale > column->precision)) {
        f->sql_type = text_of("NUMERIC(%d, %d)", column->precision, column->scale);
    }
    f->values = f->key || column->enum_type == NULL ? NULL : enum_of(r, column);
    if (f->values != NULL && count_of(f->values->values) > MOST_ENUM_VALUES)
        f->values = NULL;
}

/* ---- defaults ---- */

/* 0, 0.0, '0'::smallint, false: what a field has that nobody has set. */
static bool is_zero(const char *value)
{
    bool digits = false;
    value += strspn(value, "(' ");
    if (begins(value, "false"))
        return ascii_word((unsigned char)value[5]) == 0;
    for (; *value == '0' || *value == '.'; value++)
        digits = digits || *value == '0';
    if (!digits || ascii_word((unsigned char)*value) != 0)
        return false;
    value += strspn(value, ")' ");
    return *value == '\0' || strncmp(value, "::", 2) == 0;
}

static const char *default_of(const field *f) { return f->draws != NULL ? f->draws : f->column->server_default; }

/* A name within a literal: with quotes where it is no plain word. */
static char *quoted_name(const char *name)
{
    bool plain = !ascii_digit((unsigned char)*name);
    for (const char *at = name; *at != '\0'; at++)
        plain = plain && (ascii_lower((unsigned char)*at) || ascii_digit((unsigned char)*at) || *at == '_');
    char *quoted = copy_of("");
    for (const char *at = name; !plain && *at != '\0'; at++) {
        char *more = text_of("%s%s%c", quoted, *at == '"' ? "\"" : *at == '\'' ? "'" : "", *at);
        free(quoted);
        quoted = more;
    }
    char *all = plain ? copy_of(name) : text_of("\"%s\"", quoted);
    free(quoted);
    return all;
}

/* A column that counts by a sequence of its own, as a serial does: by its name without that of the schema, in which the models'
 * tables need not be. */
static void find_sequence(const reflection *r, const model *m, field *f)
{
    static const char begin[] = "nextval('", end[] = "'::regclass)";
    const char *value = f->column->server_default;
    const size_t size = value != NULL ? strlen(value) : 0;
    size_t count;
    const weft_schema_sequence *sequences = weft_schema_sequences(r->schema, &count);
    if (size < sizeof begin + sizeof end || strncmp(value, begin, strlen(begin)) != 0 ||
        strcmp(value + size - strlen(end), end) != 0)
        return;
    for (size_t i = 0; i < count; i++) {
        const weft_schema_sequence *one = &sequences[i];
        if (one->schema != NULL || m->table->schema != NULL || one->table == NULL || !equal(one->table, m->table->name) ||
            !equal(one->column, f->column->name))
            continue;
        char *name = quoted_name(one->name), *drawn = text_of("%s'::regclass)", name);
        if (size > strlen(drawn) && strcmp(value + size - strlen(drawn), drawn) == 0) /* and not from another one */
            f->draws = text_of("nextval('%s", drawn);
        free(drawn);
        free(name);
        return;
    }
}

/* A plain field cannot say whether zero is meant where something else is the default: then it is an optional one. */
static void find_default(field *f)
{
    const char *value = default_of(f);
    if (value == NULL || f->column->generated != NULL || ascii_compare(value, "NULL") == 0 || (f->column->identity && f->key))
        return;
    f->server_default = value;
    if (f->key || f->optional || types[f->kind].optional == NULL || f->kind == WEFT_TIMESTAMP || f->kind == WEFT_UUID)
        return;
    if (is_zero(value)) {
        f->zero_is_unset = true;
        return;
    }
    f->optional = f->not_null = true;
}

/* The first value is that of a field which nobody has set; another default is that of an optional one. */
static void find_default_value(field *f)
{
    const char *value = default_of(f);
    if (value == NULL || f->column->generated != NULL || begins(value, "NULL"))
        return;
    f->server_default = value;
    f->not_null = !f->optional && !is_first_value(f->values, value);
    f->zero_is_unset = !f->optional && !f->not_null;
    f->optional = f->optional || f->not_null;
}

/* ---- fields ---- */

static bool says_condition(const reflection *r, const model *m, const char *condition);

static const char *why_no_field(const reflection *r, const model *m, size_t i)
{
    const weft_schema_column *column = &m->table->columns[i];
    if (column->generated != NULL && m->fields[i].key)
        return "computed";
    if (column->generated != NULL && ((r->sqlite && m->fields[i].kind == WEFT_DECIMAL) || !says_condition(r, m, column->generated)))
        return is_long(column->generated) ? "computed by a text that is longer than a string in C" : "computed of decimals";
    if (strlen(column->name) > MOST_NAME_BYTES || column->name[0] == '\0')
        return "its name is longer than weft takes";
    if (is_long(column->server_default))
        return "its default is longer than a string in C";
    for (size_t k = 0; k < i; k++)
        if (ascii_compare(m->table->columns[k].name, column->name) == 0)
            return "its name differs from another one's by capital letters only";
    return r->sqlite && m->fields[i].kind == WEFT_UNMAPPED ? "a type that says nothing of its values" : NULL;
}

bool says_counting(const weft_counting *c)
{
    return c->start != 0 || c->increment != 0 || c->minimum != 0 || c->maximum != 0 || c->cache != 0 || c->cycle ||
           c->start_is_zero || c->minimum_is_zero || c->maximum_is_zero;
}

/* A key that refers to another, or of several columns, is the program's to give. */
static bool is_counted(const reflection *r, const model *m, const field *f)
{
    const weft_schema_constraint *key = key_of(m->table);
    if (!f->column->identity || r->sqlite)
        return false;
    if (f->key && key->columns[1] != NULL)
        return false;
    for (size_t i = 0; f->key && i < m->table->constraint_count; i++) {
        const weft_schema_constraint *one = &m->table->constraints[i];
        if (one->kind == WEFT_CONSTRAINT_FOREIGN_KEY && one->columns[1] == NULL && strcmp(one->columns[0], f->column->name) == 0)
            return false;
    }
    return true;
}

/* SQLite's AUTOINCREMENT, alone or at the end of what is said of the key. */
bool is_counting_on(const char *kept)
{
    static const char word[] = "AUTOINCREMENT";
    const size_t size = strlen(kept);
    return size >= strlen(word) && ascii_compare(kept + size - strlen(word), word) == 0 && !begins(kept, "CREATE ");
}

static bool counts_on(const weft_schema_table *table)
{
    for (const char *const *kept = table->kept; kept != NULL && *kept != NULL; kept++)
        if (is_counting_on(*kept))
            return true;
    return false;
}

/* What models make of it that do not declare it: it has the type of the column that it belongs to. */
bool has_usual_type(const reflection *r, const weft_schema_sequence *sequence)
{
    const weft_schema_column *column = NULL;
    const weft_schema_table *table =
        sequence->table != NULL ? weft_schema_find_table(r->schema, sequence->schema, sequence->table) : NULL;
    if (table != NULL && sequence->column != NULL)
        column = weft_schema_find_column(table, sequence->column);
    const bool less = column != NULL && column->sql_type == NULL && (column->type == WEFT_INT16 || column->type == WEFT_INT32);
    return (sequence->type != WEFT_UNMAPPED ? sequence->type : WEFT_INT64) == (less ? column->type : WEFT_INT64);
}

const model *model_that_draws(const reflection *r, const weft_schema_sequence *sequence)
{
    if (r->sqlite || strlen(sequence->name) > MOST_NAME_BYTES ||
        (!says_counting(&sequence->counting) && has_usual_type(r, sequence) && sequence->table != NULL))
        return NULL; /* it is made with the column that it belongs to */
    char *name = quoted_name(sequence->name), *place = sequence->schema != NULL ? quoted_name(sequence->schema) : NULL;
    char *drawn = place != NULL ? text_of("nextval('%s.%s'::regclass)", place, name) : text_of("nextval('%s'::regclass)", name),
         *within = text_of(".%s'::regclass)", name);
    const model *found = NULL;
    for (size_t i = 0; i < r->count && found == NULL; i++)
        for (size_t k = 0; r->models[i].mapped && k < r->models[i].table->column_count && found == NULL; k++) {
            const char *value = r->models[i].table->columns[k].server_default;
            const bool draws = value != NULL && (strstr(value, drawn) != NULL ||
                                                 (place == NULL && is_home(r, NULL) && strstr(value, within) != NULL));
            if (draws && same_schema(r, r->models[i].table->schema, sequence->schema) && r->models[i].fields[k].name != NULL)
                found = &r->models[i];
        }
    free(within);
    free(drawn);
    free(place);
    free(name);
    return found;
}

static void build_field(const reflection *r, model *m, size_t i)
{
    const weft_schema_constraint *key = key_of(m->table);
    field *f = &m->fields[i];
    f->column = &m->table->columns[i];
    f->key = key != NULL && contains(key->columns, f->column->name);
    find_type(r, f);
    find_sequence(r, m, f);
    f->why = why_no_field(r, m, i);
    if (f->why != NULL && m->mapped)
        return;
    if (f->kind == WEFT_UNMAPPED)
        f->kind = WEFT_TEXT; /* of rows: whatever it is */
    const bool may_be_null = (f->column->nullable && !f->key) || !m->mapped;
    if (f->values != NULL && !m->mapped)
        f->values = NULL;
    f->optional = may_be_null && (types[f->kind].optional != NULL || (f->values != NULL && !f->column->array));
    f->nullable = may_be_null && !f->optional;
    if (f->values == NULL || f->column->array)
        find_default(f);
    else
        find_default_value(f);
    const bool integer = f->kind == WEFT_INT16 || f->kind == WEFT_INT32 || f->kind == WEFT_INT64;
    f->not_generated =
        f->key && !is_view(m->table) && integer && key->columns[1] == NULL && !f->column->identity && f->server_default == NULL;
    f->counted = m->mapped && is_counted(r, m, f);
    f->autoincrement = m->mapped && f->key && key->columns[1] == NULL && f->column->identity && counts_on(m->table);
    const char *enumerated = f->column->array ? "weft_array_opt_int32" : "weft_opt_int32";
    f->type = f->values != NULL ? enumerated : f->optional ? types[f->kind].optional : types[f->kind].plain;
    char *wanted = name_of_field(f->column->name);
    f->name = name_unique(&m->names, wanted);
    free(wanted);
}

/* ---- tables ---- */

const char *schema_to_say(const reflection *r, const char *schema) { return is_home(r, schema) ? NULL : schema; }

/* What is in another schema has its name before its own. */
static char *type_in(const reflection *r, const char *schema, const char *name)
{
    const char *prefix = r->c->prefix != NULL ? r->c->prefix : "";
    if (is_home(r, schema))
        return name_of_type(prefix, name);
    char *both = text_of("%s_%s", schema, name), *made = name_of_type(prefix, both);
    free(both);
    return made;
}

static const char *why_no_model(const reflection *r, const model *m)
{
    const weft_schema_table *table = m->table;
    const weft_schema_constraint *key = key_of(table);
    if (table->kind != WEFT_RELATION_TABLE && (!is_view(table) || key == NULL || is_long(table->definition)))
        return table->kind == WEFT_RELATION_VIEW                ? "a view"
               : table->kind == WEFT_RELATION_MATERIALIZED_VIEW ? "a materialized view"
               : table->kind == WEFT_RELATION_PARTITION         ? "a partition"
                                                                : "a table that is kept elsewhere";
    if (r->sqlite && !is_home(r, table->schema))
        return "a table of another schema";
    if (key == NULL)
        return "a table without a primary key";
    if (count_of(key->columns) > MOST_KEY_COLUMNS)
        return "a primary key of more columns than weft takes";
    if (strlen(table->name) > MOST_NAME_BYTES)
        return "its name is longer than weft takes";
    for (const char *const *kept = table->kept; kept != NULL && *kept != NULL; kept++)
        if (r->sqlite && strcmp(*kept, "PRIMARY KEY DESC") == 0)
            return "its key is DESC";
    for (size_t i = 0; &r->models[i] != m; i++)
        if (r->models[i].mapped && same_schema(r, r->models[i].table->schema, table->schema) &&
            ascii_compare(r->models[i].table->name, table->name) == 0)
            return "its name differs from another one's by capital letters only";
    return NULL;
}

/* After the fields: a key without one. */
static void check_key(model *m)
{
    const weft_schema_constraint *key = key_of(m->table);
    for (size_t i = 0; m->mapped && i < m->table->column_count; i++)
        if (contains(key->columns, m->table->columns[i].name) && m->fields[i].name == NULL) {
            m->why = "a column of its key has no field";
            m->mapped = false;
        }
}

static void build_fields(reflection *r, model *m)
{
    m->fields = need(calloc(m->table->column_count + 1, sizeof *m->fields));
    m->said = need(calloc(m->table->constraint_count + 1, sizeof *m->said));
    for (size_t i = 0; i < m->table->column_count; i++)
        build_field(r, m, i);
    const bool was = m->mapped;
    check_key(m);
    if (!was || m->mapped)
        return;
    names_free(&m->names); /* rows have them all */
    for (size_t i = 0; i < m->table->column_count; i++) {
        free(m->fields[i].name);
        free(m->fields[i].sql_type);
        free(m->fields[i].draws);
        m->fields[i] = (field){0};
        build_field(r, m, i);
    }
}

static void build_model(reflection *r, model *m, const weft_schema_table *table)
{
    const char *prefix = r->c->prefix != NULL ? r->c->prefix : "";
    const weft_schema_table *keyed = is_view(table) && is_home(r, table->schema) ? view_with_key(r, table) : NULL;
    m->table = keyed != NULL ? keyed : table;
    m->keyed = (void *)(uintptr_t)keyed;
    m->why = why_no_model(r, m);
    m->mapped = m->why == NULL;
    char *wanted = type_in(r, table->schema, table->name);
    m->type = name_unique(&r->types, wanted);
    m->word = name_as_word(wanted + strlen(prefix));
    free(wanted);
    build_fields(r, m);
    if (!m->mapped) {
        char *word = name_as_word(m->type), *select = text_of("%s_select", word);
        m->select = name_unique(&r->types, select);
        free(select);
        free(word);
    }
}

const model *model_named(const reflection *r, const char *schema, const char *name)
{
    for (size_t i = 0; i < r->count; i++)
        if (same_schema(r, r->models[i].table->schema, schema) && equal(r->models[i].table->name, name))
            return &r->models[i];
    return NULL;
}

/* ---- constraints ---- */

/* Types that one column may refer to in another: all integers are one. */
static int kin_of(weft_type kind) { return kind == WEFT_INT16 || kind == WEFT_INT32 ? WEFT_INT64 : (int)kind; }

static const char *const *targets_of(const model *target, const weft_schema_constraint *key)
{
    const weft_schema_constraint *primary = key_of(target->table);
    return key->target_columns != NULL ? key->target_columns : primary != NULL ? primary->columns : NULL;
}

static bool says_reference(const reflection *r, const model *m, const weft_schema_constraint *key)
{
    const model *target = model_named(r, key->target_schema, key->target_table);
    const char *const *targets = target != NULL ? targets_of(target, key) : NULL;
    if (target == NULL || !target->mapped || count_of(targets) != count_of(key->columns))
        return false;
    for (size_t i = 0; key->columns[i] != NULL; i++) {
        const field *from = field_of(m, key->columns[i]), *to = field_of(target, targets[i]);
        if (from == NULL || to == NULL || from->column->generated != NULL || kin_of(from->kind) != kin_of(to->kind) ||
            (from->values == NULL) != (to->values == NULL) ||
            ((!from->column->nullable || from->key) && equal(key->on_delete, "SET NULL")))
            return false;
    }
    return true;
}

static bool is_part(char c) { return ascii_word((unsigned char)c) != 0 || c == '_' || (unsigned char)c >= 0x80; }

/* Decimals of SQLite are texts, which a condition of a model compares as numbers: another condition it cannot say. */
static bool says_condition(const reflection *r, const model *m, const char *condition)
{
    static const char cast[] = "CAST(";
    if (condition == NULL || is_long(condition))
        return condition == NULL;
    for (size_t i = 0; r->sqlite && i < m->table->column_count; i++) {
        const char *name = m->table->columns[i].name;
        const size_t size = strlen(name);
        for (const char *at = condition; m->table->columns[i].type == WEFT_DECIMAL && *at != '\0'; at++) {
            if (ascii_compare_n(at, name, size) != 0 || is_part(at[size]) || (at > condition && is_part(at[-1])))
                continue;
            const char *start = at > condition && at[-1] == '"' ? at - 1 : at;
            if (start - condition < (ptrdiff_t)sizeof cast - 1 ||
                ascii_compare_n(start - (sizeof cast - 1), cast, sizeof cast - 1) != 0)
                return false;
        }
    }
    return true;
}

static bool says_constraint(const reflection *r, const model *m, const weft_schema_constraint *one)
{
    if (one->kind == WEFT_CONSTRAINT_PRIMARY_KEY)
        return true;
    if (one->kind == WEFT_CONSTRAINT_CHECK)
        return says_condition(r, m, one->expression);
    if (one->kind == WEFT_CONSTRAINT_EXCLUDE || count_of(one->columns) > MOST_KEY_COLUMNS)
        return false;
    for (size_t i = 0; one->columns[i] != NULL; i++)
        if (field_of(m, one->columns[i]) == NULL)
            return false;
    return one->kind != WEFT_CONSTRAINT_FOREIGN_KEY || says_reference(r, m, one);
}

static bool is_word(const char *name)
{
    return name == NULL || (*name != '\0' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0');
}

bool says_all_of_index(const reflection *r, const weft_schema_index *index)
{
    bool all = !r->sqlite && is_word(index->method);
    for (size_t i = 0; i < index->part_count && all; i++)
        all = is_word(index->parts[i].operator_class) &&
              (index->parts[i].collation == NULL || strlen(index->parts[i].collation) <= MOST_NAME_BYTES);
    for (const char *const *name = index->include; name != NULL && *name != NULL && all; name++)
        all = strlen(*name) <= MOST_NAME_BYTES;
    return all;
}

bool says_include(const model *m, const char *const *names)
{
    size_t count = 0;
    for (; names != NULL && names[count] != NULL; count++)
        if (field_of(m, names[count]) == NULL)
            return false;
    return count > 0 && count <= MOST_KEY_COLUMNS;
}

const char *why_not_index(const reflection *r, const model *m, const weft_schema_index *index)
{
    const bool all = says_all_of_index(r, index);
    if (index->method != NULL && ascii_compare(index->method, "btree") != 0 && !all)
        return "its method";
    if (index->part_count > MOST_KEY_COLUMNS || strlen(index->name) > MOST_NAME_BYTES)
        return "its size";
    if (!says_condition(r, m, index->where))
        return "its condition";
    for (size_t i = 0; i < index->part_count; i++)
        if (index->parts[i].column == NULL) /* its text is this database's, and models are for others, too */
            return "an expression";
        else if (index->parts[i].column != NULL && field_of(m, index->parts[i].column) == NULL)
            return "a column without a field";
    return NULL;
}

/* ---- relationships ---- */

static relation *add_relation(model *m, relation_kind kind, const model *target, const weft_schema_constraint *key)
{
    m->relations = need(realloc(m->relations, (m->relation_count + 1) * sizeof *m->relations));
    relation *made = &m->relations[m->relation_count++];
    *made = (relation){.kind = kind, .target = target, .key = key};
    return made;
}

static bool refers_to_key(const model *target, const weft_schema_constraint *key)
{
    const weft_schema_constraint *primary = key_of(target->table);
    const char *const *targets = targets_of(target, key);
    if (count_of(targets) != count_of(primary->columns))
        return false;
    for (size_t i = 0; targets[i] != NULL; i++)
        if (!contains(primary->columns, targets[i]))
            return false;
    return true;
}

static bool same_set(const char *const *a, const char *const *b)
{
    if (count_of(a) != count_of(b))
        return false;
    for (; *a != NULL; a++)
        if (!contains(b, *a))
            return false;
    return true;
}

/* Whether there is at most one row for each row that is referred to. */
static bool is_unique(const model *m, const weft_schema_constraint *key)
{
    for (size_t i = 0; i < m->table->constraint_count; i++) {
        const weft_schema_constraint *one = &m->table->constraints[i];
        if ((one->kind == WEFT_CONSTRAINT_PRIMARY_KEY || one->kind == WEFT_CONSTRAINT_UNIQUE) &&
            same_set(one->columns, key->columns))
            return true;
    }
    for (size_t i = 0; i < m->table->index_count; i++) {
        const weft_schema_index *index = &m->table->indexes[i];
        bool same = index->unique && index->where == NULL && index->part_count == count_of(key->columns);
        for (size_t p = 0; same && p < index->part_count; p++)
            same = index->parts[p].column != NULL && contains(key->columns, index->parts[p].column);
        if (same)
            return true;
    }
    return false;
}

static bool is_relation(const model *m, size_t i)
{
    return m->mapped && m->said[i] && m->table->constraints[i].kind == WEFT_CONSTRAINT_FOREIGN_KEY;
}

/* The two foreign keys of a table that has nothing but them, which are its key: true. */
static bool is_link(const reflection *r, const model *m, size_t ends[2])
{
    const weft_schema_constraint *key = m->mapped ? key_of(m->table) : NULL;
    size_t count = 0;
    for (size_t i = 0; key != NULL && i < m->table->constraint_count; i++)
        if (m->table->constraints[i].kind == WEFT_CONSTRAINT_FOREIGN_KEY) {
            if (count == 2 || !is_relation(m, i))
                return false;
            ends[count++] = i;
        }
    if (count != 2 || m->table->column_count != count_of(key->columns))
        return false;
    const weft_schema_constraint *a = &m->table->constraints[ends[0]], *b = &m->table->constraints[ends[1]];
    if (count_of(a->columns) + count_of(b->columns) != m->table->column_count)
        return false;
    for (size_t i = 0; i < m->table->column_count; i++)
        if (contains(a->columns, m->table->columns[i].name) == contains(b->columns, m->table->columns[i].name))
            return false;
    const model *left = model_named(r, a->target_schema, a->target_table),
                *right = model_named(r, b->target_schema, b->target_table);
    return left != m && right != m && refers_to_key(left, a) && refers_to_key(right, b);
}

/* The first of the names that is free; else the last, with a number. */
static char *choose(model *m, char *const *candidates, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (candidates[i][0] != '\0' && name_is_free(&m->names, candidates[i]))
            return name_unique(&m->names, candidates[i]);
    return name_unique(&m->names, candidates[count - 1]);
}

static size_t keys_to(const reflection *r, const model *from, const model *to)
{
    size_t count = 0;
    for (size_t i = 0; i < from->table->constraint_count; i++)
        if (is_relation(from, i))
            count += model_named(r, from->table->constraints[i].target_schema, from->table->constraints[i].target_table) == to;
    return count;
}

static char *reference_name(model *m, const model *target, const weft_schema_constraint *key)
{
    char *stem = key->columns[1] == NULL ? name_of_reference(key->columns[0]) : copy_of(target->word);
    char *names[3] = {name_of_field(stem), copy_of(target->word), NULL};
    names[2] = text_of("%s_%s", names[0], names[1]);
    char *chosen = choose(m, names, 3);
    for (int i = 0; i < 3; i++)
        free(names[i]);
    free(stem);
    return chosen;
}

/* films; films_original_language where several keys lead here; parent has children. */
static char *back_name(reflection *r, model *target, const model *m, const char *reference, bool many)
{
    char *word = many ? plural_of(m->word) : copy_of(m->word);
    const bool alone = keys_to(r, m, target) == 1;
    char *longer = text_of("%s_%s", word, reference);
    char *names[2] = {copy_of(m == target && many && strcmp(reference, "parent") == 0 ? "children"
                              : alone && m != target                                  ? word
                                                                                      : longer),
                      longer};
    char *chosen = choose(target, names, 2);
    free(names[0]);
    free(longer);
    free(word);
    return chosen;
}

static model *changeable(const reflection *r, const model *m) { return &r->models[m - r->models]; }

static void relate(reflection *r, model *m, const weft_schema_constraint *key, bool back)
{
    model *target = changeable(r, model_named(r, key->target_schema, key->target_table));
    if (!refers_to_key(target, key) || m->relation_count >= MOST_RELATIONS)
        return;
    for (size_t i = 0; i < m->relation_count; i++) /* two constraints of one meaning */
        if (m->relations[i].kind == BELONGS_TO && m->relations[i].target == target &&
            same_set(m->relations[i].key->columns, key->columns))
            return;
    const bool one = is_unique(m, key);
    char *name = reference_name(m, target, key);
    relation *own = add_relation(m, BELONGS_TO, target, key);
    own->name = name;
    if (!back || target->relation_count >= MOST_RELATIONS)
        return;
    char *other = back_name(r, target, m, name, !one);
    m->relations[m->relation_count - 1].back = copy_of(other);
    relation *theirs = add_relation(target, one ? HAS_ONE : HAS_MANY, m, key);
    theirs->name = other;
    theirs->back = copy_of(name);
}

/* One side of many to many: keywords; where both sides are one table, by the column that leads there. */
static char *link_name(model *m, const model *target, const model *link, const weft_schema_constraint *there)
{
    char *stem = name_of_reference(there->columns[0]), *field_name = name_of_field(stem);
    char *names[3] = {plural_of(m == target ? field_name : target->word), NULL, NULL};
    names[1] = text_of("%s_%s", names[0], link->word);
    names[2] = text_of("%s_%s", names[1], field_name);
    char *chosen = choose(m, names, 3);
    for (int i = 0; i < 3; i++)
        free(names[i]);
    free(field_name);
    free(stem);
    return chosen;
}

static void link_both(reflection *r, const model *link, const size_t ends[2])
{
    const weft_schema_constraint *a = &link->table->constraints[ends[0]], *b = &link->table->constraints[ends[1]];
    model *left = changeable(r, model_named(r, a->target_schema, a->target_table));
    model *right = changeable(r, model_named(r, b->target_schema, b->target_table));
    if (left->relation_count + 2 > MOST_RELATIONS || right->relation_count + 2 > MOST_RELATIONS)
        return;
    char *there = link_name(left, right, link, b), *back = link_name(right, left, link, a);
    relation *one = add_relation(left, MANY_TO_MANY, right, a);
    one->name = there;
    one->back = copy_of(back);
    one->other = b;
    one->link = link;
    relation *two = add_relation(right, MANY_TO_MANY, left, b);
    two->name = back;
    two->back = copy_of(there);
    two->other = a;
    two->link = link;
}

static void build_relations(reflection *r)
{
    size_t ends[2];
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < r->models[i].table->constraint_count; k++)
            if (is_relation(&r->models[i], k))
                relate(r, &r->models[i], &r->models[i].table->constraints[k], !is_link(r, &r->models[i], ends));
    for (size_t i = 0; i < r->count; i++)
        if (is_link(r, &r->models[i], ends))
            link_both(r, &r->models[i], ends);
}

/* ---- all ---- */

static void name_enums(reflection *r)
{
    r->enum_types = need(calloc(r->enum_count + 1, sizeof *r->enum_types));
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < r->models[i].table->column_count; k++) {
            const weft_schema_enum *values = r->models[i].fields[k].name != NULL ? r->models[i].fields[k].values : NULL;
            if (values == NULL || r->enum_types[values - r->enums] != NULL)
                continue;
            char *wanted = type_in(r, values->schema, values->name);
            r->enum_types[values - r->enums] = name_unique(&r->types, wanted);
            free(wanted);
        }
}

void reflection_build(reflection *r)
{
    size_t count;
    const weft_schema_table *tables = weft_schema_tables(r->schema, &count);
    r->enums = weft_schema_enums(r->schema, &r->enum_count);
    r->models = need(calloc(count + 1, sizeof *r->models));
    for (size_t i = 0; i < count; i++)
        if (tables[i].kind != WEFT_RELATION_PARTITION)
            build_model(r, &r->models[r->count++], &tables[i]);
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; r->models[i].mapped && k < r->models[i].table->constraint_count; k++)
            r->models[i].said[k] = says_constraint(r, &r->models[i], &r->models[i].table->constraints[k]);
    build_relations(r);
    name_enums(r);
}

static void free_model(model *m)
{
    for (size_t i = 0; i < m->table->column_count; i++) {
        free(m->fields[i].name);
        free(m->fields[i].sql_type);
        free(m->fields[i].draws);
    }
    for (size_t i = 0; i < m->relation_count; i++) {
        free(m->relations[i].name);
        free(m->relations[i].back);
    }
    free(m->fields);
    free(m->said);
    free(m->relations);
    free(m->type);
    free(m->word);
    free(m->select);
    names_free(&m->names);
    free(m->keyed);
}

void reflection_free(reflection *r)
{
    for (size_t i = 0; i < r->count; i++)
        free_model(&r->models[i]);
    for (size_t i = 0; i < r->enum_count; i++)
        free(r->enum_types[i]);
    free(r->models);
    free(r->enum_types);
    free(r->base);
    free(r->home);
    names_free(&r->types);
}
