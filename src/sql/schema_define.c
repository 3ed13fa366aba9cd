/* What models want of a database, as a definition: the same data that reflection reads and that is written down by hand. Here alone
 * the schema of the models is translated into a database's own terms: which type an enum has, what a default or a condition says
 * where decimals are texts. Nothing is written to the schema, so one schema serves any number of databases. */
#include "sql/dialect.h"
#include "sql/places.h"

#include "base/error.h"
#include "base/locale.h"
#include "schema/drawn.h"
#include "schema/render.h"

#include <string.h>

typedef struct define {
    const wefti_schema *schema;
    const wefti_dialect *dialect;
    wefti_arena *arena;
    bool failed; /* no memory */
} define;

static void *room(define *d, size_t count, size_t size)
{
    void *made = wefti_arena_zalloc(d->arena, (count + 1) * size);
    d->failed = d->failed || made == NULL;
    return made;
}

/* The text becomes the arena's; NULL when out of memory. */
static const char *keep(define *d, wefti_text *text)
{
    const char *kept = text->failed ? NULL : wefti_arena_strndup(d->arena, text->data != NULL ? text->data : "", text->size);
    d->failed = d->failed || kept == NULL;
    wefti_text_deinit(text);
    return kept;
}

static const char *const *names_of(define *d, const wefti_column *const *columns, uint16_t count)
{
    const char **names = room(d, count, sizeof *names);
    for (uint16_t i = 0; names != NULL && i < count; i++)
        names[i] = columns[i]->name;
    return names;
}

/* ---- columns ---- */

/* A literal number as the column's texts are: 1.5 would be stored as SQLite writes numbers. False where the default is another. */
static bool add_decimal_default(wefti_text *text, const wefti_column *column)
{
    const char *value = column->server_default;
    size_t size = strlen(value);
    if (size >= 2 && value[0] == '\'' && value[size - 1] == '\'') {
        value++;
        size -= 2;
    }
    if (!wefti_decimal_valid(value, size, false) || memchr(value, 'e', size) != NULL || memchr(value, 'E', size) != NULL)
        return false;
    size_t start = value[0] == '-' || value[0] == '+' ? 1 : 0, point = start;
    while (point < size && value[point] != '.')
        point++;
    const wefti_column *spelling = wefti_column_spelling(column);
    size_t end = size, places = spelling->precision > 0 ? (size_t)spelling->scale : 0, fraction = 0;
    while (end > point + 1 && value[end - 1] == '0')
        end--;
    while (start < point && value[start] == '0')
        start++;
    fraction = end > point ? end - point - 1 : 0;
    bool is_zero = start == point && fraction == 0;
    wefti_text_add_format(text, "'%s%s%.*s", value[0] == '-' && !is_zero ? "-" : "", start == point ? "0" : "",
                          (int)(point - start), value + start);
    wefti_text_add_format(text, "%s%.*s", fraction > 0 || places > 0 ? "." : "", (int)fraction, value + point + 1);
    for (; fraction < places; fraction++)
        wefti_text_add_char(text, '0');
    wefti_text_add_char(text, '\'');
    return true;
}

static const char *default_of(define *d, const wefti_column *column)
{
    const char *value = column->server_default;
    if (value == NULL)
        return NULL;
    if (!d->dialect->ddl->made_types && wefti_drawn_only(value)) /* there a key counts by itself */
        return NULL;
    if (column->type == WEFT_TIMESTAMP && d->dialect->now != NULL && strcmp(value, "CURRENT_TIMESTAMP") == 0)
        return d->dialect->now;
    if (column->type != WEFT_DECIMAL || d->dialect->decimals == NULL)
        return value;
    wefti_text text;
    wefti_text_init(&text, 0);
    bool literal = add_decimal_default(&text, column);
    const char *kept = keep(d, &text);
    return literal ? kept : value;
}

/* One that is not kept is no column that every database has. */
static bool is_stored(const define *d, const wefti_column *column)
{
    return column->computed != NULL && (column->stored || !d->dialect->ddl->virtual_columns);
}

static void define_columns(define *d, const wefti_table *table, weft_schema_table *to)
{
    weft_schema_column *columns = room(d, table->column_count, sizeof *columns);
    to->columns = columns;
    for (uint16_t i = 0; columns != NULL && i < table->column_count; i++) {
        const wefti_column *column = &table->columns[i];
        bool generated = table->generated == column, native = column->native_enum != NULL && d->dialect->ddl->made_types;
        const wefti_type *row = wefti_type_of(column->type);
        const char *sql_type = native ? NULL : wefti_declared_type(d->dialect, column);
        const bool array = row->family == WEFTI_FAMILY_ARRAY;
        columns[i] = (weft_schema_column){.name = column->name,
                                          .type = native  ? WEFT_UNMAPPED
                                                  : array ? row->element
                                                          : column->type,
                                          .array = array && sql_type == NULL,
                                          .nullable = column->nullable,
                                          .sql_type = sql_type,
                                          .enum_type = native ? column->native_enum : NULL,
                                          .enum_schema = native ? table->schema_name : NULL,
                                          .length = column->length,
                                          .precision = column->precision,
                                          .scale = column->scale,
                                          .server_default = default_of(d, column),
                                          .generated = column->computed,
                                          .stored = is_stored(d, column),
                                          .comment = d->dialect->ddl->comments ? column->comment : NULL,
                                          .identity = column->identity ||
                                                      (generated && (d->dialect->inline_key || column->sql_type == NULL)),
                                          .identity_always = column->identity_always && d->dialect->ddl->made_types};
        if (column->counting != NULL && d->dialect->ddl->made_types)
            columns[i].counting = *column->counting;
        to->column_count++;
    }
}

/* ---- constraints ---- */

static const wefti_column *decimal_named(const wefti_table *table, const char *name, size_t size)
{
    if (size >= 2 && (*name == '"' || *name == '`' || *name == '[')) {
        name++;
        size -= 2;
    }
    for (uint16_t i = 0; i < table->column_count; i++)
        if (table->columns[i].type == WEFT_DECIMAL && strlen(table->columns[i].name) == size &&
            wefti_ascii_begins(name, table->columns[i].name))
            return &table->columns[i];
    return NULL;
}

/* The condition of a CHECK or of an index. Decimals that are texts are compared as numbers there: a function of the driver would be
 * missing in the database's own shell. */
static const char *condition_of(define *d, const wefti_table *table, const char *condition)
{
    bool after_point = false;
    wefti_text text;
    if (d->dialect->decimals == NULL || condition == NULL)
        return condition;
    wefti_text_init(&text, 0);
    for (const char *at = condition; *at != '\0';) {
        const char *start = at;
        wefti_sql_token token = wefti_sql_next(d->dialect->sql_rules, &at);
        bool is_decimal = token == WEFTI_SQL_NAME && *at != '(' && *at != '.' && !after_point &&
                          decimal_named(table, start, (size_t)(at - start)) != NULL;
        if (token == WEFTI_SQL_END)
            break;
        wefti_text_add_format(&text, is_decimal ? "CAST(%.*s AS REAL)" : "%.*s", (int)(at - start), start);
        after_point = token == WEFTI_SQL_OTHER && *start == '.';
    }
    return keep(d, &text);
}

bool wefti_computes_decimals(const wefti_dialect *dialect, const wefti_column *column)
{
    static const char cast[] = "CAST(";
    const char *text = column->computed;
    if (dialect->decimals == NULL || column->type == WEFT_DECIMAL)
        return dialect->decimals != NULL;
    for (const char *at = text; *at != '\0';) {
        const char *start = at;
        if (wefti_sql_next(dialect->sql_rules, &at) == WEFTI_SQL_END)
            break;
        if (decimal_named(column->table, start, (size_t)(at - start)) != NULL &&
            (start - text < (ptrdiff_t)sizeof cast - 1 || !wefti_ascii_begins(start - (sizeof cast - 1), cast)))
            return true;
    }
    return false;
}

/* What a CHECK of the table is to say: a type of the database's own (an enum, a domain) knows its values itself. */
static bool has_enum_check(define *d, const wefti_column *column)
{
    wefti_column settled = *column;
    if (column->enum_names == NULL && (column->item_names == NULL || d->dialect->arrays.check[0] == NULL))
        return false;
    settled.cast = NULL;
    d->failed = d->failed || !wefti_settle_cast(d->dialect, &settled, d->arena);
    return settled.cast == NULL;
}

static weft_schema_constraint enum_check(define *d, const wefti_column *column)
{
    static const char *const among[3] = {"", " IN (", ")"};
    const char *const *words = column->enum_names != NULL ? among : d->dialect->arrays.check;
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, words[0]);
    wefti_add_identifier(&text, column->name);
    wefti_text_add(&text, words[1]);
    for (uint16_t i = 0; i < column->enum_count; i++) {
        wefti_text_add(&text, i > 0 ? ", " : "");
        wefti_add_literal(&text, d->dialect, wefti_column_names(column)[i]);
    }
    wefti_text_add(&text, words[2]);
    return (weft_schema_constraint){.kind = WEFT_CONSTRAINT_CHECK, .name = column->check_name, .expression = keep(d, &text)};
}

static weft_schema_constraint unique(define *d, const wefti_index *index)
{
    return (weft_schema_constraint){.kind = WEFT_CONSTRAINT_UNIQUE,
                                    .name = index->name,
                                    .columns = names_of(d, index->columns, index->count),
                                    .nulls_not_distinct = index->nulls_not_distinct,
                                    .deferrable = index->deferrable,
                                    .initially_deferred = index->initially_deferred,
                                    .include = index->include,
                                    .storage = index->beside.storage,
                                    .tablespace = index->beside.tablespace,
                                    .comment = index->beside.comment};
}

static weft_schema_constraint foreign_key(define *d, const wefti_foreign_key *key)
{
    return (weft_schema_constraint){.kind = WEFT_CONSTRAINT_FOREIGN_KEY,
                                    .name = key->name,
                                    .columns = names_of(d, key->columns, key->count),
                                    .target_table = key->target->name,
                                    .target_schema = key->target->schema_name,
                                    .target_columns = names_of(d, key->target_columns, key->count),
                                    .on_delete = key->on_delete,
                                    .on_update = key->on_update,
                                    .deferrable = key->deferrable,
                                    .initially_deferred = key->initially_deferred,
                                    .match_full = key->match_full,
                                    .comment = key->comment};
}

static void define_constraints(define *d, const wefti_table *table, weft_schema_table *to)
{
    size_t most = (size_t)1 + table->index_count + table->foreign_key_count + table->column_count + table->check_count;
    weft_schema_constraint *constraints = room(d, most, sizeof *constraints);
    if (constraints == NULL)
        return;
    size_t count = 0;
    constraints[count++] = (weft_schema_constraint){.kind = WEFT_CONSTRAINT_PRIMARY_KEY,
                                                    .name = table->key_name,
                                                    .columns = names_of(d, table->key, table->key_count),
                                                    .include = table->key_include,
                                                    .storage = table->key_beside.storage,
                                                    .tablespace = table->key_beside.tablespace,
                                                    .comment = table->key_beside.comment};
    for (uint16_t i = 0; i < table->index_count; i++)
        if (table->indexes[i].constraint)
            constraints[count++] = unique(d, &table->indexes[i]);
    for (uint16_t i = 0; i < table->foreign_key_count; i++)
        constraints[count++] = foreign_key(d, &table->foreign_keys[i]);
    for (uint16_t i = 0; i < table->column_count; i++)
        if (has_enum_check(d, &table->columns[i]))
            constraints[count++] = enum_check(d, &table->columns[i]);
    for (uint16_t i = 0; i < table->check_count; i++)
        constraints[count++] =
            (weft_schema_constraint){.kind = table->checks[i].exclude ? WEFT_CONSTRAINT_EXCLUDE : WEFT_CONSTRAINT_CHECK,
                                     .name = table->checks[i].name,
                                     .expression = condition_of(d, table, table->checks[i].condition),
                                     .comment = table->checks[i].comment};
    for (size_t i = 0; i < count; i++)
        wefti_ddl_leave_out_of_constraint(d->dialect->ddl, &constraints[i]);
    to->constraints = constraints;
    to->constraint_count = count;
}

static void define_indexes(define *d, const wefti_table *table, weft_schema_table *to)
{
    weft_schema_index *indexes = room(d, table->index_count, sizeof *indexes);
    to->indexes = indexes;
    for (uint16_t i = 0; indexes != NULL && i < table->index_count; i++) {
        const wefti_index *index = &table->indexes[i];
        if (index->constraint)
            continue;
        weft_schema_part *parts = room(d, index->part_count, sizeof *parts);
        for (uint16_t p = 0; parts != NULL && p < index->part_count; p++) {
            parts[p] = index->parts[p];
            parts[p].expression = condition_of(d, table, index->parts[p].expression);
        }
        indexes[to->index_count++] = (weft_schema_index){.name = index->name,
                                                         .parts = parts,
                                                         .part_count = index->part_count,
                                                         .method = index->method,
                                                         .include = index->include,
                                                         .storage = index->beside.storage,
                                                         .tablespace = index->beside.tablespace,
                                                         .comment = index->beside.comment,
                                                         .nulls_not_distinct = index->nulls_not_distinct,
                                                         .where = condition_of(d, table, index->where),
                                                         .unique = index->unique};
        wefti_ddl_leave_out_of_index(d->dialect->ddl, &indexes[to->index_count - 1], parts);
    }
}

/* Without a semicolon, blanks and comments at the end, where another statement's or a file's text goes on. */
static const char *select_of(define *d, const char *sql)
{
    const char *end = sql;
    for (const char *at = sql; *at != '\0';) {
        const char *start = at;
        const wefti_sql_token token = wefti_sql_next(d->dialect->sql_rules, &at);
        if (token == WEFTI_SQL_END)
            break;
        if (token != WEFTI_SQL_SPACE && *start != ';')
            end = at;
    }
    const char *kept = wefti_arena_strndup(d->arena, sql, (size_t)(end - sql));
    d->failed = d->failed || kept == NULL;
    return kept;
}

/* Its columns are what its SELECT gives. One that others make has no definition. Where no view keeps its rows, one that does not
 * is in its place. */
static void define_view(define *d, const wefti_table *table, weft_schema_table *to)
{
    const bool keeps = table->materialized && d->dialect->ddl->materialized_views;
    to->kind = keeps ? WEFT_RELATION_MATERIALIZED_VIEW : WEFT_RELATION_VIEW;
    to->definition = table->definition[0] != '\0' ? select_of(d, table->definition) : NULL;
    if (keeps)
        define_indexes(d, table, to);
}

static void define_enums(define *d, wefti_definition *definition)
{
    const wefti_schema *schema = d->schema;
    weft_schema_enum *enums = d->dialect->ddl->made_types ? room(d, schema->native_enum_count, sizeof *enums) : NULL;
    definition->enums = enums;
    for (uint16_t i = 0; enums != NULL && i < schema->native_enum_count; i++) {
        const wefti_column *column = schema->native_enums[i];
        const char **values = room(d, column->enum_count, sizeof *values);
        for (uint16_t v = 0; values != NULL && v < column->enum_count; v++)
            values[v] = wefti_column_names(column)[v];
        enums[definition->enum_count++] =
            (weft_schema_enum){.schema = column->table->schema_name, .name = column->native_enum, .values = values};
    }
}

/* The type of a sequence that is the column's, which is the server's affair where it has 64 bits. */
static uint8_t counted_as(const weft_schema_column *column)
{
    const bool less = column->sql_type == NULL && (column->type == WEFT_INT16 || column->type == WEFT_INT32);
    return less ? column->type : (uint8_t)WEFT_UNMAPPED;
}

/* Those that models declare come first, in their order. What else defaults name (nextval): one that a single column draws from is
 * that column's, and has its type, as of a serial. */
static void define_sequences(define *d, wefti_definition *definition)
{
    size_t most = d->schema->sequence_count;
    for (size_t t = 0; t < definition->table_count; t++)
        most += definition->tables[t].column_count;
    weft_schema_sequence *sequences = d->dialect->ddl->made_types ? room(d, most, sizeof *sequences) : NULL;
    definition->sequences = sequences;
    for (uint16_t i = 0; sequences != NULL && i < d->schema->sequence_count; i++) {
        const wefti_sequence *one = &d->schema->sequences[i];
        sequences[definition->sequence_count++] = (weft_schema_sequence){.schema = one->table->schema_name,
                                                                         .name = one->name,
                                                                         .type = one->type,
                                                                         .counting = *one->counting};
    }
    for (size_t t = 0; sequences != NULL && t < definition->table_count; t++) {
        const weft_schema_table *table = &definition->tables[t];
        for (size_t i = 0; i < table->column_count; i++) {
            const char *at = table->columns[i].server_default;
            wefti_def_name name;
            if (at == NULL || strchr(at, WEFTI_PLACE_MARK) != NULL || /* of one that is there */
                !wefti_drawn_next(d->arena, &at, &name, &d->failed))
                continue;
            weft_schema_sequence *one = NULL;
            for (size_t s = 0; s < definition->sequence_count && one == NULL; s++)
                if (wefti_def_same_word(sequences[s].schema, name.schema) && strcmp(sequences[s].name, name.name) == 0)
                    one = &sequences[s];
            if (one == NULL) {
                sequences[definition->sequence_count++] = (weft_schema_sequence){.schema = name.schema,
                                                                                 .name = name.name,
                                                                                 .type = counted_as(&table->columns[i]),
                                                                                 .table = table->name,
                                                                                 .column = table->columns[i].name};
            } else if (one->table != NULL) {
                one->table = one->column = NULL;
                one->type = WEFT_UNMAPPED;
            }
        }
    }
}

static const char *const counted_on[] = {WEFTI_COUNTED_ON, NULL};

weft_status wefti_schema_define(const wefti_schema *schema, const wefti_dialect *dialect, wefti_arena *arena,
                                wefti_definition *definition, weft_error *error)
{
    define d = {.schema = schema, .dialect = dialect, .arena = arena};
    weft_schema_table *tables = room(&d, schema->table_count, sizeof *tables);
    *definition = (wefti_definition){.tables = tables};
    define_enums(&d, definition);
    for (uint16_t i = 0; !d.failed && i < schema->table_count; i++) {
        const wefti_table *table = schema->tables[i];
        if (table->main != table)
            continue; /* a view of another model's table */
        weft_schema_table *to = &tables[definition->table_count++];
        to->name = table->name;
        to->schema = table->schema_name;
        to->comment = table->beside.comment;
        to->storage = table->beside.storage;
        to->unlogged = table->beside.unlogged;
        to->tablespace = table->beside.tablespace;
        wefti_ddl_leave_out_of_table(dialect->ddl, to);
        if (wefti_table_is_view(table)) {
            define_view(&d, table, to);
            continue;
        }
        define_columns(&d, table, to);
        to->strict = table->strict && dialect->ddl->table_kinds;
        to->without_rowid = table->without_rowid && dialect->ddl->table_kinds;
        if (to->strict)
            wefti_ddl_make_strict(dialect->ddl, (weft_schema_column *)(uintptr_t)to->columns, to->column_count);
        if (dialect->inline_key && table->generated != NULL && table->generated->autoincrement)
            to->kept = counted_on;
        define_constraints(&d, table, to);
        define_indexes(&d, table, to);
    }
    define_sequences(&d, definition);
    return d.failed ? wefti_error_memory(error) : WEFT_OK;
}

weft_status wefti_schema_define_view_columns(const wefti_schema *schema, const wefti_dialect *dialect, wefti_arena *arena,
                                             const wefti_definition *definition, weft_error *error)
{
    define d = {.schema = schema, .dialect = dialect, .arena = arena};
    for (size_t i = 0; i < definition->table_count && !d.failed; i++) {
        weft_schema_table *to = (weft_schema_table *)(uintptr_t)&definition->tables[i];
        if (wefti_ddl_is_view(to))
            define_columns(&d, wefti_schema_table_in(schema, to->schema, to->name), to);
    }
    return d.failed ? wefti_error_memory(error) : WEFT_OK;
}

/* ---- all tables of a schema ---- */

/* Those that are not there: it takes a right that who may make tables need not have. */
static void create_schemas(wefti_ops *ops, const wefti_definition *definition, wefti_table_exists exists, void *context)
{
    for (size_t t = 0; t < definition->table_count; t++)
        if (wefti_def_begins_schema(definition, t, true) &&
            (exists == NULL || !exists(context, &(wefti_def_name){definition->tables[t].schema, NULL})))
            wefti_ops_add(ops, &(wefti_op){WEFTI_OP_CREATE_SCHEMA, .of.create_schema = {definition->tables[t].schema, true}});
}

static void leave_others_sequences(wefti_definition *definition)
{
    weft_schema_sequence *sequences = (weft_schema_sequence *)(uintptr_t)definition->sequences;
    size_t count = 0;
    for (size_t i = 0; i < definition->sequence_count; i++)
        if (wefti_drawn_is_within(definition, sequences[i].schema))
            sequences[count++] = sequences[i];
    definition->sequence_count = count;
}

static weft_status emit_all(bool drop, const wefti_schema *schema, const wefti_dialect *dialect, const wefti_places *places,
                            wefti_table_exists exists, wefti_keys_between keys, wefti_ddl_callback emit, void *context,
                            weft_error *error)
{
    wefti_ops ops;
    wefti_definition definition;
    wefti_ops_init(&ops);
    weft_status status = wefti_schema_define(schema, dialect, &ops.arena, &definition, error);
    if (status == WEFT_OK) {
        leave_others_sequences(&definition);
        wefti_places_define(places, &definition);
        if (!drop)
            create_schemas(&ops, &definition, exists, context);
        if (drop)
            wefti_ops_drop_found(&ops, dialect->ddl, &definition, exists, keys, context);
        else
            wefti_ops_create_all(&ops, dialect->ddl, &definition, exists, context);
        status = wefti_ops_render(dialect->ddl, &ops, emit, context, error);
    }
    wefti_ops_deinit(&ops);
    return status;
}

weft_status wefti_ddl_create_in(const wefti_schema *schema, const wefti_dialect *dialect, const wefti_places *places,
                                wefti_table_exists exists, wefti_ddl_callback emit, void *context, weft_error *error)
{
    return emit_all(false, schema, dialect, places, exists, NULL, emit, context, error);
}

weft_status wefti_ddl_create_all(const wefti_schema *schema, const wefti_dialect *dialect, wefti_table_exists exists,
                                 wefti_ddl_callback emit, void *context, weft_error *error)
{
    return emit_all(false, schema, dialect, NULL, exists, NULL, emit, context, error);
}

weft_status wefti_ddl_drop_all(const wefti_schema *schema, const wefti_dialect *dialect, wefti_table_exists exists,
                               wefti_ddl_callback emit, void *context, weft_error *error)
{
    return emit_all(true, schema, dialect, NULL, exists, NULL, emit, context, error);
}

weft_status wefti_ddl_drop_found(const wefti_schema *schema, const wefti_dialect *dialect, const wefti_places *places,
                                 wefti_table_exists exists, wefti_keys_between keys, wefti_ddl_callback emit, void *context,
                                 weft_error *error)
{
    return emit_all(true, schema, dialect, places, exists, keys, emit, context, error);
}
