/* What PostgreSQL's catalogue says. Each query gives the rows of all tables, ordered by table. The search path is empty while they
 * run: then every name in an expression is qualified, and the text does not depend on who asks. */
#include "schema/reading.h"

#include "base/error.h"

#include <string.h>

/* $1 is the list of schemas in all of them. What an extension has made is its own. */
#define IN_SCHEMAS(column) column " = ANY(CAST($1 AS oid[]))"
#define NOT_OF_EXTENSION(class, oid) \
    "NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '" class "'::regclass AND d.objid = " oid " AND d.deptype = 'e')"
/* Joined, which for many rows costs a tenth of what obj_description does. */
#define COMMENTS(class, oid, part) \
    " LEFT JOIN pg_description cd ON cd.classoid = '" class "'::regclass AND cd.objoid = " oid " AND cd.objsubid = " part " "
#define RELATIONS "c.relkind IN ('r', 'p', 'v', 'm', 'f')"

/* Parameters of the list as WITH takes them. */
#define STORAGE(list) \
    "CASE WHEN " list " IS NOT NULL THEN (SELECT string_agg(split_part(o, '=', 1) || '=' || CASE WHEN v ~ " \
    "'^([a-z_][a-z0-9_]*|-?[0-9.]+)$' THEN v ELSE quote_literal(v) END, ', ') FROM unnest(" list ") AS p (o), " \
    "LATERAL substr(o, strpos(o, '=') + 1) AS q (v)) END"
/* Where a table or an index is kept; NULL: in the database's own. */
#define SPACE(class) "(SELECT CAST(t.spcname AS text) FROM pg_tablespace t WHERE t.oid = " class ".reltablespace)"
#define TABLESPACE(class) "CASE WHEN " class ".reltablespace <> 0 THEN " SPACE(class) " END"
#define INDEX_STORAGE STORAGE("ic.reloptions") ", " TABLESPACE("ic") ", cd.description "

enum { HEADER = 4 }; /* PostgreSQL's VARHDRSZ, which typmod counts in of text and decimals */

/* ---- where to look ---- */

/* As pg_dump sets them: the texts of defaults and checks follow these. The catalogue's queries are planned in the order in which
 * they name their tables: searching for a better one takes longer than they run. */
const char wefti_read_settings_postgres[] =
    "SELECT set_config('search_path', '', true), set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO, MDY', true), "
    "set_config('intervalstyle', 'postgres', true), set_config('bytea_output', 'hex', true), "
    "set_config('quote_all_identifiers', 'off', true), set_config('standard_conforming_strings', 'on', true), "
    "set_config('extra_float_digits', '1', true), set_config('join_collapse_limit', '1', true), "
    "set_config('from_collapse_limit', '1', true), set_config('jit', 'off', true)";

static weft_status ignore_row(void *context, const weft_value *cells, weft_error *error)
{
    (void)context;
    (void)cells;
    (void)error;
    return WEFT_OK;
}

static weft_status take_server(void *context, const weft_value *cells, weft_error *error)
{
    wefti_reading *r = context;
    (void)error;
    r->default_schema = wefti_read_text(r, &cells[0]);
    r->server_version = wefti_read_integer(&cells[1]);
    r->tablespace = wefti_read_text(r, &cells[2]);
    return r->status;
}

static weft_status take_oid(void *context, const weft_value *cells, weft_error *error)
{
    (void)error;
    *(int64_t *)context = wefti_read_integer(&cells[0]);
    return WEFT_OK;
}

/* "{2200,16400}": as text, which is cast. */
static void find_schema(wefti_reading *r, const char *name, bool must, wefti_text *list)
{
    int64_t oid = 0;
    weft_value parameter = weft_value_text(name);
    if (r->status == WEFT_OK)
        r->status = r->asker->ask(r->asker->context, "SELECT CAST(oid AS bigint) FROM pg_catalog.pg_namespace WHERE nspname = $1",
                                  &parameter, 1, take_oid, &oid, r->error);
    if (oid == 0 && !must)
        return;
    if (r->status == WEFT_OK && oid == 0)
        r->status = wefti_error_set(r->error, WEFT_ERROR_NOT_FOUND, "there is no schema \"%s\"", name);
    wefti_text_add_format(list, "%s%lld", list->size > 1 ? "," : "", (long long)oid);
}

static const char *find_schemas(wefti_reading *r)
{
    static const char *const none[] = {NULL};
    const char *const first[] = {r->default_schema, NULL};
    const char *const *names = r->options->schemas != NULL ? r->options->schemas : r->default_schema != NULL ? first : none;
    wefti_text list;
    wefti_text_init(&list, 0);
    wefti_text_add_char(&list, '{');
    for (; *names != NULL; names++)
        find_schema(r, *names, true, &list);
    for (size_t i = 0; r->beside != NULL && i < r->beside->table_count; i++)
        if (wefti_def_begins_schema(r->beside, i, false))
            find_schema(r, r->beside->tables[i].schema, false, &list);
    wefti_text_add_char(&list, '}');
    const char *copy = list.failed ? NULL : wefti_arena_strdup(r->arena, list.data);
    wefti_text_deinit(&list);
    if (copy == NULL && r->status == WEFT_OK)
        r->status = wefti_error_memory(r->error);
    return copy;
}

/* As a statement would find them, without a lock: $1 has pairs of schema and name, in which the first may be null. */
static const char found_tables[] =
    "SELECT w.place, (SELECT CAST(c.oid AS bigint) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relname = w.pair ->> 1 AND " RELATIONS
    " AND n.nspname = ANY(CASE WHEN w.pair ->> 0 IS NULL THEN current_schemas(false) "
    "ELSE CAST(ARRAY[w.pair ->> 0] AS name[]) END) ORDER BY array_position(current_schemas(false), n.nspname) LIMIT 1) "
    "FROM json_array_elements(CAST(CAST($1 AS text) AS json)) WITH ORDINALITY AS w (pair, place)";

static weft_status take_found(void *context, const weft_value *cells, weft_error *error)
{
    wefti_reading *r = context;
    const int64_t place = wefti_read_integer(&cells[0]);
    (void)error;
    if (place > 0 && (uint64_t)place <= r->only->table_count)
        r->only_ids[place - 1] = wefti_read_integer(&cells[1]);
    return r->status;
}

/* [["schema", "name"], [null, "name"]] */
static void add_pair(wefti_text *pairs, bool first, const char *schema, const char *name)
{
    wefti_text_add(pairs, first ? "[[" : ",[");
    if (schema != NULL)
        wefti_text_add_json_string(pairs, schema, strlen(schema));
    else
        wefti_text_add(pairs, "null");
    wefti_text_add_char(pairs, ',');
    wefti_text_add_json_string(pairs, name, strlen(name));
    wefti_text_add_char(pairs, ']');
}

static void ask_pairs(wefti_reading *r, const char *sql, wefti_text *pairs, wefti_read_row on_row)
{
    wefti_text_add(pairs, pairs->size > 0 ? "]" : "[]");
    if (r->status == WEFT_OK && pairs->failed)
        r->status = wefti_error_memory(r->error);
    if (r->status == WEFT_OK) {
        const weft_value parameter = weft_value_text(pairs->data);
        wefti_read_ask(r, sql, &parameter, 1, on_row);
    }
}

static const char *find_tables(wefti_reading *r)
{
    wefti_text pairs;
    r->only_ids = wefti_arena_zalloc(r->arena, (r->only->table_count + 1) * sizeof *r->only_ids);
    if (r->status == WEFT_OK && r->only_ids == NULL)
        r->status = wefti_error_memory(r->error);
    wefti_text_init(&pairs, 0);
    for (size_t i = 0; i < r->only->table_count; i++)
        add_pair(&pairs, i == 0, r->only->tables[i].schema, r->only->tables[i].name);
    ask_pairs(r, found_tables, &pairs, take_found);
    wefti_text_clear(&pairs);
    wefti_text_add_char(&pairs, '{');
    for (size_t i = 0; r->status == WEFT_OK && i < r->only->table_count; i++)
        wefti_text_add_format(&pairs, "%s%lld", i > 0 ? "," : "", (long long)r->only_ids[i]);
    wefti_text_add_char(&pairs, '}');
    const char *copy = pairs.failed ? NULL : wefti_arena_strdup(r->arena, pairs.data);
    wefti_text_deinit(&pairs);
    if (copy == NULL && r->status == WEFT_OK)
        r->status = wefti_error_memory(r->error);
    return r->status == WEFT_OK ? copy : NULL;
}

/* What stands in queries, and what instead: where only tables are asked for, or of a server that is older than it. */
typedef struct other_words {
    const char *words, *instead;
    int64_t since; /* 0: where only tables are asked for */
} other_words;

static const other_words otherwise[] = {{"c.relnamespace = ANY(", "c.oid = ANY(", 0},
                                        {"i.indnullsnotdistinct", "CAST(NULL AS boolean)", 150000},
                                        {"k.confdelsetcols", "NULL", 150000}};

static const other_words *words_at(const wefti_reading *r, const char *at)
{
    for (size_t i = 0; i < sizeof otherwise / sizeof otherwise[0]; i++)
        if (strncmp(at, otherwise[i].words, strlen(otherwise[i].words)) == 0 &&
            (otherwise[i].since == 0 ? r->only != NULL : r->server_version < otherwise[i].since))
            return &otherwise[i];
    return NULL;
}

/* A query of all tables of schemas, or of tables: $1 is a list of either. */
static void ask_tables(wefti_reading *r, const char *sql, const weft_value *parameters, size_t count, wefti_read_row on_row)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    while (*sql != '\0') {
        const other_words *other = words_at(r, sql);
        if (other != NULL)
            wefti_text_add(&text, other->instead);
        else
            wefti_text_add_char(&text, *sql);
        sql += other != NULL ? strlen(other->words) : 1;
    }
    if (text.failed)
        r->status = r->status == WEFT_OK ? wefti_error_memory(r->error) : r->status;
    else
        wefti_read_ask(r, text.data, parameters, count, on_row);
    wefti_text_deinit(&text);
}

/* ---- tables and views ---- */

/* Those of its TOAST table stand among its own. */
#define PARAMETERS \
    "c.reloptions || (SELECT array_agg('toast.' || o) FROM pg_class b, unnest(b.reloptions) AS u (o) WHERE b.oid = " \
    "c.reltoastrelid)"
#define RELATION_STORAGE STORAGE(PARAMETERS) ", " TABLESPACE("c") ", c.relpersistence = 'u' AND c.relkind = 'r' "
#define RELATION_COMMENT COMMENTS("pg_class", "c.oid", "0")
#define OF_SCHEMAS IN_SCHEMAS("c.relnamespace") " AND " RELATIONS
#define NO_EXTENSION " AND " NOT_OF_EXTENSION("pg_class", "c.oid")
static const char relations[] =
    "SELECT CAST(c.oid AS bigint), CAST(n.nspname AS text), CAST(c.relname AS text), CAST(c.relkind AS text), c.relispartition, "
    "cd.description, CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END, "
    "CASE WHEN c.relkind = 'p' THEN 'PARTITION BY ' || pg_get_partkeydef(c.oid) END, "
    "CASE WHEN c.relispartition THEN 'PARTITION OF ' || (SELECT CAST(CAST(inhparent AS regclass) AS text) FROM pg_inherits "
    "WHERE inhrelid = c.oid) || ' ' || pg_get_expr(c.relpartbound, c.oid) END, c.relrowsecurity, " RELATION_STORAGE
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace" RELATION_COMMENT "WHERE " OF_SCHEMAS NO_EXTENSION
    " ORDER BY c.oid";

static weft_relation_kind relation_kind(char kind, bool partition)
{
    switch (kind) {
    case 'v': return WEFT_RELATION_VIEW;
    case 'm': return WEFT_RELATION_MATERIALIZED_VIEW;
    case 'f': return WEFT_RELATION_FOREIGN_TABLE;
    default: return partition ? WEFT_RELATION_PARTITION : WEFT_RELATION_TABLE;
    }
}

/* A text that what is read must have: the server answers NULL for what is no longer there, though its rows are still seen. The
 * reading is tried again (wefti_reads_again). */
static const char *required(wefti_reading *r, const weft_value *cell)
{
    if (cell->is_null && r->status == WEFT_OK)
        r->status = wefti_error_set(r->error, WEFT_ERROR_INTERNAL, "a table was dropped or changed while the schema was read");
    return wefti_read_text(r, cell);
}

/* " SELECT …;" */
static const char *query_of(wefti_reading *r, const char *definition)
{
    if (definition == NULL)
        return NULL;
    definition += strspn(definition, " ");
    const size_t size = strlen(definition);
    const char *query = wefti_arena_strndup(r->arena, definition, size > 0 && definition[size - 1] == ';' ? size - 1 : size);
    if (query == NULL && r->status == WEFT_OK)
        r->status = wefti_error_memory(r->error);
    return query;
}

/* Of what weft makes with it; else it is beside. */
static void keep_storage(wefti_reading *r, wefti_read_table *table, const weft_value *cells)
{
    const char *storage = wefti_read_text(r, &cells[0]), *tablespace = wefti_read_text(r, &cells[1]);
    if (table->table.kind == WEFT_RELATION_TABLE || table->table.kind == WEFT_RELATION_PARTITION) {
        table->table.storage = storage;
        table->table.tablespace = tablespace;
        table->table.unlogged = wefti_read_truth(&cells[2]);
        return;
    }
    if (storage != NULL)
        wefti_read_keep(r, table, wefti_arena_printf(r->arena, "WITH (%s)", storage));
    if (tablespace != NULL)
        wefti_read_keep(r, table, wefti_arena_printf(r->arena, "TABLESPACE %s", tablespace));
}

static weft_status take_relation(void *context, const weft_value *cells, weft_error *error)
{
    wefti_reading *r = context;
    weft_relation_kind kind = relation_kind(cells[3].as.s.data[0], wefti_read_truth(&cells[4]));
    (void)error;
    if (r->options->no_views && (kind == WEFT_RELATION_VIEW || kind == WEFT_RELATION_MATERIALIZED_VIEW))
        return WEFT_OK;
    const char *schema = wefti_read_text(r, &cells[1]), *name = wefti_read_text(r, &cells[2]);
    wefti_read_table *table = wefti_read_add_table(r, wefti_read_integer(&cells[0]), kind, schema, name);
    if (table == NULL)
        return r->status;
    table->table.comment = wefti_read_text(r, &cells[5]);
    if (kind == WEFT_RELATION_VIEW || kind == WEFT_RELATION_MATERIALIZED_VIEW)
        table->table.definition = query_of(r, required(r, &cells[6]));
    for (int i = 7; i < 9; i++)
        if (!cells[i].is_null)
            wefti_read_keep(r, table, wefti_read_text(r, &cells[i]));
    if (wefti_read_truth(&cells[9]))
        wefti_read_keep(r, table, "ENABLE ROW LEVEL SECURITY");
    keep_storage(r, table, &cells[10]);
    return r->status;
}

/* ---- columns ---- */

/* How the sequence s counts, and of which type it is. */
#define COUNTING "s.seqincrement, s.seqstart, s.seqmin, s.seqmax, s.seqcache, s.seqcycle, format_type(s.seqtypid, NULL) "

static weft_type type_of_counting(const wefti_reading *r, const weft_value *cells)
{
    return wefti_read_type_named(r->ddl, cells[6].as.s.data, cells[6].as.s.size);
}

static weft_counting counting_of(const wefti_reading *r, const weft_value *cells)
{
    const weft_counting full = {.increment = wefti_read_integer(&cells[0]),
                                .start = wefti_read_integer(&cells[1]),
                                .minimum = wefti_read_integer(&cells[2]),
                                .maximum = wefti_read_integer(&cells[3]),
                                .cache = wefti_read_integer(&cells[4]),
                                .cycle = wefti_read_truth(&cells[5])};
    return wefti_def_counting_of(&full, type_of_counting(r, cells));
}

/* $2: weft's types and their names here, "1 SMALLINT" a line. The type of an array is that of its elements. */
#define COLUMN_COMMENT COMMENTS("pg_class", "a.attrelid", "a.attnum")
static const char columns[] =
    "WITH known AS (SELECT DISTINCT ON (CAST(to_regtype(split_part(line, ':', 2)) AS oid)) "
    "CAST(to_regtype(split_part(line, ':', 2)) AS oid) AS oid, CAST(split_part(line, ':', 1) AS bigint) AS type "
    "FROM regexp_split_to_table(CAST($2 AS text), ',') AS lines (line) ORDER BY 1, 2) "
    "SELECT CAST(a.attrelid AS bigint), CAST(a.attname AS text), known.type, CAST(e.oid AS bigint), a.atttypmod, "
    "format_type(a.atttypid, a.atttypmod), t.oid <> e.oid, NOT a.attnotnull, pg_get_expr(d.adbin, d.adrelid), "
    "CAST(a.attidentity AS text), CAST(a.attgenerated AS text), "
    "CASE WHEN a.attcollation <> t.typcollation THEN CAST(co.collname AS text) END, cd.description, "
    "CASE WHEN e.typtype = 'e' THEN CAST(en.nspname AS text) END, CAST(e.typname AS text), "
    "CASE WHEN t.typtype = 'd' THEN (WITH RECURSIVE up (oid) AS (SELECT t.typbasetype UNION ALL SELECT b.typbasetype FROM up JOIN "
    "pg_type b ON b.oid = up.oid WHERE b.typtype = 'd') SELECT k.type FROM up JOIN known k ON k.oid = CASE up.oid WHEN 1043 THEN "
    "25 ELSE up.oid "
    "END) END, " COUNTING "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid "
    "JOIN pg_type e ON e.oid = CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem ELSE t.oid END "
    "JOIN pg_namespace en ON en.oid = e.typnamespace LEFT JOIN known ON known.oid = e.oid "
    "LEFT JOIN pg_collation co ON co.oid = a.attcollation "
    "LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
    "LEFT JOIN pg_depend w ON a.attidentity <> '' AND w.classid = 'pg_class'::regclass AND w.refclassid = 'pg_class'::regclass AND "
    "w.refobjid = a.attrelid AND w.refobjsubid = a.attnum AND w.deptype = 'i' "
    "LEFT JOIN pg_sequence s ON s.seqrelid = w.objid" COLUMN_COMMENT "WHERE " OF_SCHEMAS
    " AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum";

enum { OID_VARCHAR = 1043 };

/* Whether the schema is one of those that are read. */
static bool is_read(const wefti_reading *r, const char *schema)
{
    bool found = wefti_read_schema(r, schema) == NULL;
    for (const char *const *name = r->options->schemas; name != NULL && *name != NULL && !found; name++)
        found = strcmp(*name, schema) == 0;
    return found || (r->beside != NULL && wefti_def_names_schema(r->beside, schema));
}

/* The schema of an enum as the definition has it: of tables that are looked up, a type is found by the search path, too. */
static const char *schema_of_type(const wefti_reading *r, const char *schema)
{
    if (r->only == NULL || schema == NULL)
        return wefti_read_schema(r, schema);
    return wefti_def_names_schema(r->only, schema) ? schema : NULL;
}

/* A type that weft can write down, with what its modifier says; else as the server spells it. */
static void set_type(wefti_reading *r, weft_schema_column *column, const weft_value *cells)
{
    const bool has_modifier = wefti_read_integer(&cells[4]) >= 0;
    const int64_t modifier = wefti_read_integer(&cells[4]) - HEADER;
    column->array = wefti_read_truth(&cells[6]);
    if (!cells[13].is_null) {
        const char *schema = wefti_read_text(r, &cells[13]);
        if (schema != NULL && (r->only != NULL || is_read(r, schema))) {
            column->enum_type = wefti_read_text(r, &cells[14]);
            column->enum_schema = schema_of_type(r, schema);
            return;
        }
    } else if (!cells[2].is_null && (!has_modifier || cells[2].as.i == WEFT_DECIMAL)) {
        column->type = (uint8_t)cells[2].as.i;
        if (has_modifier) { /* the scale has eleven bits and a sign */
            column->precision = (int)(modifier >> 16 & 0xffff);
            column->scale = (int)((modifier & 0x7ff) ^ 1024) - 1024;
        }
        return;
    } else if (cells[3].as.i == OID_VARCHAR && has_modifier) {
        column->type = WEFT_TEXT;
        column->length = (int)modifier;
        return;
    }
    column->array = false;
    column->type = cells[15].is_null ? (uint8_t)WEFT_UNMAPPED : (uint8_t)cells[15].as.i; /* of a domain: what its values are */
    column->sql_type = wefti_read_text(r, &cells[5]);
}

static weft_status take_column(void *context, const weft_value *cells, weft_error *error)
{
    wefti_reading *r = context;
    weft_schema_column *column = wefti_read_add_column(r, wefti_read_integer(&cells[0]), &cells[1]);
    (void)error;
    if (column == NULL)
        return r->status;
    set_type(r, column, cells);
    column->nullable = wefti_read_truth(&cells[7]);
    const char *expression = wefti_read_text(r, &cells[8]), *identity = wefti_read_word(r, &cells[9]),
               *generated = wefti_read_word(r, &cells[10]);
    column->identity = identity != NULL;
    column->identity_always = identity != NULL && identity[0] == 'a';
    if (identity != NULL && !cells[16].is_null)
        column->counting = counting_of(r, &cells[16]);
    column->stored = generated != NULL && generated[0] == 's';
    if (generated != NULL)
        column->generated = wefti_read_unwrapped(r, &wefti_sql_rules_postgres, required(r, &cells[8]));
    else
        column->server_default = expression;
    column->collation = wefti_read_text(r, &cells[11]);
    column->comment = wefti_read_text(r, &cells[12]);
    return r->status;
}

/* As the query above reads it: a letter of weft's types and their names. */
static void ask_columns(wefti_reading *r, weft_value schemas)
{
    wefti_text known;
    wefti_text_init(&known, 0);
    for (unsigned type = 1; type < WEFTI_COLUMN_TYPES; type++) {
        const char *name = wefti_type_of(type)->family != WEFTI_FAMILY_ARRAY ? r->ddl->names[type].column : NULL;
        if (name != NULL && wefti_read_type_named(r->ddl, name, strlen(name)) == (weft_type)type)
            wefti_text_add_format(&known, "%s%u:%s", known.size > 0 ? "," : "", type, name);
    }
    if (known.failed)
        r->status = r->status == WEFT_OK ? wefti_error_memory(r->error) : r->status;
    else
        ask_tables(r, columns, (const weft_value[]){schemas, weft_value_text(known.data)}, 2, take_column);
    wefti_text_deinit(&known);
}

/* ---- constraints ---- */

/* What definitions have no room for. */
#define UNSAID "(k.connoinherit AND k.contype = 'c' AND c.relkind <> 'p' OR k.confdelsetcols IS NOT NULL)"

#define CONSTRAINT_COMMENT COMMENTS("pg_constraint", "k.oid", "0")
/* A row for each column of a key, those that its index has beside at the end. A partition's are its parent's.
 * Definitions, which are slow, only where they are read. */
static const char constraints[] =
    "SELECT CAST(k.conrelid AS bigint), CAST(k.oid AS bigint), CAST(k.conname AS text), CAST(k.contype AS text), k.condeferrable, "
    "k.condeferred, NOT k.convalidated, CAST(k.confupdtype AS text), CAST(k.confdeltype AS text), CAST(fn.nspname AS text), "
    "CAST(fc.relname AS text), CASE WHEN k.contype = 'c' THEN pg_get_expr(k.conbin, k.conrelid) WHEN k.contype = 'x' OR " UNSAID
    " THEN pg_get_constraintdef(k.oid) END, i.indnullsnotdistinct, CAST(a.attname AS text), CAST(fa.attname AS text), " UNSAID
    ", k.confmatchtype = 'f', u.place > i.indnkeyatts, " INDEX_STORAGE
    "FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid LEFT JOIN pg_class fc ON fc.oid = k.confrelid "
    "LEFT JOIN pg_namespace fn ON fn.oid = fc.relnamespace "
    "LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u') "
    "LEFT JOIN pg_class ic ON ic.oid = k.conindid AND k.contype IN ('p', 'u', 'x')" CONSTRAINT_COMMENT
    "LEFT JOIN LATERAL unnest(coalesce(CAST(i.indkey AS int2[]), k.conkey), k.confkey) WITH ORDINALITY AS u (own, other, place) "
    "ON k.contype IN ('p', 'u', 'f') "
    "LEFT JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.own "
    "LEFT JOIN pg_attribute fa ON fa.attrelid = k.confrelid AND fa.attnum = u.other "
    "WHERE " OF_SCHEMAS " AND k.contype IN ('p', 'u', 'f', 'c', 'x') AND k.conparentid = 0 "
    "AND (k.contype <> 'c' OR k.conislocal) ORDER BY k.conrelid, k.oid, u.place";

static weft_constraint_kind constraint_kind(char kind)
{
    switch (kind) {
    case 'p': return WEFT_CONSTRAINT_PRIMARY_KEY;
    case 'u': return WEFT_CONSTRAINT_UNIQUE;
    case 'f': return WEFT_CONSTRAINT_FOREIGN_KEY;
    case 'c': return WEFT_CONSTRAINT_CHECK;
    default: return WEFT_CONSTRAINT_EXCLUDE;
    }
}

static const char *action_of(const weft_value *cell)
{
    switch (cell->is_null || cell->as.s.size == 0 ? 'a' : cell->as.s.data[0]) {
    case 'r': return "RESTRICT";
    case 'c': return "CASCADE";
    case 'n': return "SET NULL";
    case 'd': return "SET DEFAULT";
    default: return NULL;
    }
}

/* "EXCLUDE USING gist (…) DEFERRABLE": without the first word and what the flags say. */
static const char *exclusion(wefti_reading *r, const char *definition, const weft_schema_constraint *constraint)
{
    static const char first[] = "EXCLUDE ";
    const char *end = constraint->initially_deferred ? " DEFERRABLE INITIALLY DEFERRED"
                      : constraint->deferrable       ? " DEFERRABLE"
                                                     : "";
    size_t size = definition != NULL ? strlen(definition) : 0, cut = strlen(end);
    if (size < sizeof first + cut || strcmp(definition + size - cut, end) != 0)
        return definition;
    return wefti_arena_strndup(r->arena, definition + sizeof first - 1, size - cut - (sizeof first - 1));
}

/* How the index of an exclusion is kept stands in the midst of its text where it is made, and is not in what the server says. */
static void keep_exclusion(wefti_reading *r, wefti_read_table *table, weft_schema_constraint *constraint)
{
    if (constraint->storage != NULL)
        wefti_read_keep(r, table, wefti_arena_printf(r->arena, "INDEX %s WITH (%s)", constraint->name, constraint->storage));
    if (constraint->tablespace != NULL)
        wefti_read_keep(r, table, wefti_arena_printf(r->arena, "INDEX %s TABLESPACE %s", constraint->name, constraint->tablespace));
    constraint->storage = constraint->tablespace = NULL;
}

static void begin_constraint(wefti_reading *r, wefti_read_table *table, weft_schema_constraint *constraint, const weft_value *cells)
{
    constraint->kind = constraint_kind(cells[3].as.s.data[0]);
    const char *definition =
        constraint->kind == WEFT_CONSTRAINT_CHECK || constraint->kind == WEFT_CONSTRAINT_EXCLUDE || wefti_read_truth(&cells[15])
            ? required(r, &cells[11])
            : NULL;
    constraint->name = wefti_read_text(r, &cells[2]);
    constraint->deferrable = wefti_read_truth(&cells[4]);
    constraint->initially_deferred = wefti_read_truth(&cells[5]);
    constraint->not_valid = wefti_read_truth(&cells[6]);
    constraint->nulls_not_distinct = wefti_read_truth(&cells[12]);
    if (constraint->kind == WEFT_CONSTRAINT_FOREIGN_KEY) {
        constraint->on_update = action_of(&cells[7]);
        constraint->on_delete = action_of(&cells[8]);
        constraint->target_schema = wefti_read_schema(r, wefti_read_text(r, &cells[9]));
        constraint->target_table = wefti_read_text(r, &cells[10]);
        constraint->match_full = wefti_read_truth(&cells[16]);
    } else if (constraint->kind == WEFT_CONSTRAINT_CHECK) {
        constraint->expression = wefti_read_unwrapped(r, &wefti_sql_rules_postgres, definition);
    } else if (constraint->kind == WEFT_CONSTRAINT_EXCLUDE) {
        constraint->expression = exclusion(r, definition, constraint);
    }
    if (wefti_read_truth(&cells[15]) && definition != NULL)
        wefti_read_keep(r, table, wefti_arena_printf(r->arena, "CONSTRAINT %s %s", constraint->name, definition));
    constraint->comment = wefti_read_text(r, &cells[20]);
    constraint->storage = wefti_read_text(r, &cells[18]);
    constraint->tablespace = wefti_read_text(r, &cells[19]);
    if (constraint->kind == WEFT_CONSTRAINT_EXCLUDE)
        keep_exclusion(r, table, constraint);
}

static weft_status take_constraint(void *context, const weft_value *cells, weft_error *error)
{
    wefti_reading *r = context;
    wefti_read_table *table = wefti_read_table_of(r, wefti_read_integer(&cells[0]));
    (void)error;
    if (table == NULL)
        return r->status;
    weft_schema_constraint *constraint =
        table->constraints.count > 0 ? (weft_schema_constraint *)table->constraints.items + table->constraints.count - 1 : NULL;
    const int64_t oid = wefti_read_integer(&cells[1]);
    if (constraint == NULL || oid != table->latest) {
        constraint = WEFTI_READ_ADD(r, &table->constraints, weft_schema_constraint);
        table->latest = oid;
        if (constraint == NULL)
            return r->status;
        begin_constraint(r, table, constraint, cells);
    }
    if (!cells[13].is_null)
        wefti_read_add_name(r, wefti_read_truth(&cells[17]) ? &constraint->include : &constraint->columns,
                            wefti_read_text(r, &cells[13]));
    if (!cells[14].is_null)
        wefti_read_add_name(r, &constraint->target_columns, wefti_read_text(r, &cells[14]));
    return r->status;
}

/* ---- indexes ---- */

#define INDEX_COMMENT COMMENTS("pg_class", "ic.oid", "0")
/* A row for each part. Expressions only are asked of pg_get_indexdef, which is slow. */
static const char indexes[] =
    "SELECT CAST(i.indrelid AS bigint), CAST(i.indexrelid AS bigint), CAST(ic.relname AS text), i.indisunique, NOT i.indisvalid, "
    "i.indnullsnotdistinct, CASE WHEN am.amname <> 'btree' THEN CAST(am.amname AS text) END, "
    "pg_get_expr(i.indpred, i.indrelid), k.place > i.indnkeyatts, CAST(a.attname AS text), "
    "CASE WHEN k.number = 0 THEN pg_get_indexdef(i.indexrelid, CAST(k.place AS int), false) END, "
    "CASE WHEN am.amname = 'btree' THEN CAST(k.option AS bigint) END, CASE WHEN NOT oc.opcdefault THEN CAST(oc.opcname AS text) "
    "END, "
    "CASE WHEN co.oid <> coalesce(a.attcollation, CAST('pg_catalog.\"default\"' AS regcollation)) THEN CAST(co.collname AS text) "
    "END, " INDEX_STORAGE "FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid JOIN pg_class ic ON ic.oid = i.indexrelid "
    "JOIN pg_am am ON am.oid = ic.relam "
    "CROSS JOIN LATERAL unnest(CAST(i.indkey AS int2[]), CAST(i.indclass AS oid[]), CAST(i.indcollation AS oid[]), "
    "CAST(i.indoption AS int2[])) WITH ORDINALITY AS k (number, class, collated, option, place) "
    "LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number AND a.attnum <> 0 "
    "LEFT JOIN pg_opclass oc ON oc.oid = k.class LEFT JOIN pg_collation co ON co.oid = k.collated" INDEX_COMMENT "WHERE " OF_SCHEMAS
    " AND NOT ic.relispartition "
    "AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')) "
    "ORDER BY i.indrelid, i.indexrelid, k.place";

static void add_part(wefti_reading *r, wefti_read_table *table, const weft_value *cells)
{
    weft_schema_part *part = WEFTI_READ_ADD(r, &table->parts, weft_schema_part);
    if (part == NULL)
        return;
    const int64_t option = wefti_read_integer(&cells[11]);
    part->column = wefti_read_text(r, &cells[9]);
    part->expression = part->column != NULL ? NULL : wefti_read_unwrapped(r, &wefti_sql_rules_postgres, required(r, &cells[10]));
    part->descending = (option & 1) != 0;
    if (((option & 2) != 0) != part->descending)
        part->nulls = part->descending ? WEFT_NULLS_LAST : WEFT_NULLS_FIRST;
    part->operator_class = wefti_read_text(r, &cells[12]);
    part->collation = wefti_read_text(r, &cells[13]);
}

static weft_status take_index(void *context, const weft_value *cells, weft_error *error)
{
    wefti_reading *r = context;
    wefti_read_table *table = wefti_read_table_of(r, wefti_read_integer(&cells[0]));
    (void)error;
    if (table == NULL)
        return r->status;
    const int64_t oid = wefti_read_integer(&cells[1]);
    weft_schema_index *index =
        table->indexes.count > 0 ? (weft_schema_index *)table->indexes.items + table->indexes.count - 1 : NULL;
    if (index == NULL || oid != table->latest_index) {
        index = WEFTI_READ_ADD(r, &table->indexes, weft_schema_index);
        table->latest_index = oid;
        table->parts = (wefti_read_list){0};
        if (index == NULL)
            return r->status;
        index->name = wefti_read_text(r, &cells[2]);
        index->unique = wefti_read_truth(&cells[3]);
        index->invalid = wefti_read_truth(&cells[4]);
        index->nulls_not_distinct = wefti_read_truth(&cells[5]);
        index->method = wefti_read_text(r, &cells[6]);
        if (!cells[7].is_null)
            index->where = wefti_read_unwrapped(r, &wefti_sql_rules_postgres, wefti_read_text(r, &cells[7]));
        index->storage = wefti_read_text(r, &cells[14]);
        index->tablespace = wefti_read_text(r, &cells[15]);
        index->comment = wefti_read_text(r, &cells[16]);
    }
    if (wefti_read_truth(&cells[8]))
        wefti_read_add_name(r, &index->include, wefti_read_text(r, &cells[9]));
    else
        add_part(r, table, cells);
    index->parts = table->parts.items;
    index->part_count = table->parts.count;
    return r->status;
}

/* ---- the rest ---- */

static const char kept[] =
    "SELECT CAST(t.tgrelid AS bigint), pg_get_triggerdef(t.oid), 1, CAST(t.tgname AS text) FROM pg_trigger t JOIN pg_class c ON "
    "c.oid = t.tgrelid "
    "WHERE " IN_SCHEMAS(
        "c.relnamespace") " AND NOT t.tgisinternal AND t.tgparentid = 0 "
                          "UNION ALL SELECT CAST(w.ev_class AS bigint), pg_get_ruledef(w.oid), 2, CAST(w.rulename AS text) FROM "
                          "pg_rewrite w JOIN pg_class c ON c.oid = w.ev_class "
                          "WHERE " IN_SCHEMAS(
                              "c.relnamespace") " AND w.rulename <> '_RETURN' "
                                                "UNION ALL SELECT CAST(p.polrelid AS bigint), 'POLICY ' || quote_ident(p.polname) "
                                                "|| CASE WHEN p.polpermissive THEN '' ELSE "
                                                "' AS RESTRICTIVE' END || ' FOR ' || CASE p.polcmd WHEN 'r' THEN 'SELECT' "
                                                "WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' "
                                                "END "
                                                "|| coalesce((SELECT ' TO ' || string_agg(quote_ident(o.rolname), ', ' ORDER BY "
                                                "o.rolname) FROM pg_roles o WHERE o.oid = ANY(p.polroles)), '') "
                                                "|| coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '') || "
                                                "coalesce(' WITH CHECK (' || "
                                                "pg_get_expr(p.polwithcheck, p.polrelid) || ')', ''), 3, CAST(p.polname AS text) "
                                                "FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid "
                                                "WHERE " IN_SCHEMAS(
                                                    "c.relnamespace") " "
                                                                      "UNION ALL SELECT CAST(h.inhrelid AS bigint), 'INHERITS ' || "
                                                                      "CAST(CAST(h.inhparent AS regclass) AS text), 4, '' FROM "
                                                                      "pg_inherits h "
                                                                      "JOIN pg_class c ON c.oid = h.inhrelid WHERE " IN_SCHEMAS(
                                                                          "c.relnamespace") " AND NOT c.relispartition AND "
                                                                                            "c.relkind IN ('r', 'f') "
                                                                                            "ORDER BY 1, 3, 4";

static weft_status take_kept(void *context, const weft_value *cells, weft_error *error)
{
    wefti_reading *r = context;
    wefti_read_table *table = wefti_read_table_of(r, wefti_read_integer(&cells[0]));
    (void)error;
    if (table != NULL)
        wefti_read_keep(r, table, required(r, &cells[1]));
    return r->status;
}

static const char enums[] =
    "SELECT CAST(t.oid AS bigint), CAST(n.nspname AS text), CAST(t.typname AS text), CAST(e.enumlabel AS text) FROM pg_type t "
    "JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_enum e ON e.enumtypid = t.oid WHERE t.typtype = 'e' "
    "AND " IN_SCHEMAS("t.typnamespace") " AND " NOT_OF_EXTENSION("pg_type", "t.oid") " ORDER BY t.oid, e.enumsortorder";

/* Of the columns of tables. */
static const char enums_of_tables[] =
    "SELECT CAST(t.oid AS bigint), CAST(n.nspname AS text), CAST(t.typname AS text), CAST(e.enumlabel AS text) FROM pg_type t "
    "JOIN pg_namespace n ON n.oid = t.typnamespace JOIN pg_enum e ON e.enumtypid = t.oid WHERE EXISTS (SELECT FROM pg_attribute a "
    "JOIN pg_type u ON u.oid = a.atttypid "
    "WHERE a.attrelid = ANY(CAST($1 AS oid[])) AND a.attnum > 0 AND t.oid IN (u.oid, u.typelem)) ORDER BY t.oid, e.enumsortorder";

static weft_status take_enum(void *context, const weft_value *cells, weft_error *error)
{
    wefti_reading *r = context;
    weft_schema_enum *last = r->enums.count > 0 ? (weft_schema_enum *)r->enums.items + r->enums.count - 1 : NULL;
    const int64_t oid = wefti_read_integer(&cells[0]);
    (void)error;
    if (last == NULL || oid != r->latest_enum) {
        last = WEFTI_READ_ADD(r, &r->enums, weft_schema_enum);
        r->latest_enum = oid;
        if (last == NULL)
            return r->status;
        last->schema = schema_of_type(r, wefti_read_text(r, &cells[1]));
        last->name = wefti_read_text(r, &cells[2]);
    }
    if (!cells[3].is_null)
        wefti_read_add_name(r, &last->values, wefti_read_text(r, &cells[3]));
    return r->status;
}

static const char sequences[] =
    "SELECT CAST(n.nspname AS text), CAST(c.relname AS text), CAST(o.relname AS text), CAST(a.attname AS text), " COUNTING
    "FROM pg_class c JOIN pg_sequence s ON s.seqrelid = c.oid JOIN pg_namespace n ON n.oid = c.relnamespace "
    "LEFT JOIN pg_depend w ON w.classid = 'pg_class'::regclass AND w.objid = c.oid AND w.deptype = 'a' AND "
    "w.refclassid = 'pg_class'::regclass AND w.refobjsubid > 0 LEFT JOIN pg_class o ON o.oid = w.refobjid LEFT JOIN pg_attribute a "
    "ON a.attrelid = w.refobjid AND a.attnum = w.refobjsubid "
    "WHERE " IN_SCHEMAS("c.relnamespace") " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND "
                                          "d.objid = c.oid AND d.deptype IN ('e', 'i')) ORDER BY 1, 2";

static weft_schema_sequence *add_sequence(wefti_reading *r, const char *schema, const char *name, const weft_value *counting)
{
    weft_schema_sequence *sequence = WEFTI_READ_ADD(r, &r->sequences, weft_schema_sequence);
    if (sequence == NULL)
        return NULL;
    const weft_type type = type_of_counting(r, counting);
    sequence->schema = schema;
    sequence->name = name;
    sequence->type = type == WEFT_INT64 ? WEFT_UNMAPPED : (uint8_t)type;
    sequence->counting = counting_of(r, counting);
    return sequence;
}

static weft_status take_sequence(void *context, const weft_value *cells, weft_error *error)
{
    wefti_reading *r = context;
    (void)error;
    weft_schema_sequence *sequence =
        add_sequence(r, wefti_read_schema(r, wefti_read_text(r, &cells[0])), wefti_read_text(r, &cells[1]), &cells[4]);
    if (sequence == NULL)
        return r->status;
    sequence->table = wefti_read_text(r, &cells[2]);
    sequence->column = wefti_read_text(r, &cells[3]);
    return r->status;
}

/* Of those that are looked up: as a statement would find them. */
static const char found_sequences[] =
    "SELECT w.place, " COUNTING "FROM json_array_elements(CAST(CAST($1 AS text) AS json)) WITH ORDINALITY AS w (pair, place) "
    "JOIN LATERAL (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = w.pair ->> 1 AND "
    "c.relkind = 'S' AND n.nspname = ANY(CASE WHEN w.pair ->> 0 IS NULL THEN current_schemas(false) "
    "ELSE CAST(ARRAY[w.pair ->> 0] AS name[]) END) ORDER BY array_position(current_schemas(false), n.nspname) LIMIT 1) AS f ON "
    "true "
    "JOIN pg_sequence s ON s.seqrelid = f.oid";

static weft_status take_found_sequence(void *context, const weft_value *cells, weft_error *error)
{
    wefti_reading *r = context;
    const int64_t place = wefti_read_integer(&cells[0]);
    (void)error;
    if (place > 0 && (uint64_t)place <= r->only->sequence_count) {
        const weft_schema_sequence *wanted = &r->only->sequences[place - 1];
        (void)add_sequence(r, wanted->schema, wanted->name, &cells[1]);
    }
    return r->status;
}

static void find_sequences(wefti_reading *r)
{
    wefti_text pairs;
    if (r->only->sequence_count == 0)
        return;
    wefti_text_init(&pairs, 0);
    for (size_t i = 0; i < r->only->sequence_count; i++)
        add_pair(&pairs, i == 0, r->only->sequences[i].schema, r->only->sequences[i].name);
    ask_pairs(r, found_sequences, &pairs, take_found_sequence);
    wefti_text_deinit(&pairs);
}

void wefti_read_postgres(wefti_reading *r)
{
    wefti_read_ask(r,
                   "SELECT CAST((current_schemas(false))[1] AS text), CAST(current_setting('server_version_num') AS bigint), "
                   "(SELECT CAST(t.spcname AS text) FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE "
                   "d.datname = current_database())",
                   NULL, 0, take_server);
    const char *list = r->only != NULL ? find_tables(r) : NULL; /* by the search path, which goes */
    if (r->only != NULL)
        find_sequences(r);
    wefti_read_ask(r, wefti_read_settings_postgres, NULL, 0, ignore_row);
    if (r->only == NULL)
        list = find_schemas(r);
    if (list == NULL)
        return;
    const weft_value schemas = weft_value_text(list);
    ask_tables(r, relations, &schemas, 1, take_relation);
    ask_columns(r, schemas);
    ask_tables(r, constraints, &schemas, 1, take_constraint);
    ask_tables(r, indexes, &schemas, 1, take_index);
    if (r->only != NULL) {
        wefti_read_ask(r, enums_of_tables, &schemas, 1, take_enum);
        return;
    }
    wefti_read_ask(r, kept, &schemas, 1, take_kept);
    wefti_read_ask(r, enums, &schemas, 1, take_enum);
    wefti_read_ask(r, sequences, &schemas, 1, take_sequence);
}
