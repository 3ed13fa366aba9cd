/* CREATE and DROP for a schema: tables in dependency order with their constraints inline, foreign keys of cycles by ALTER TABLE
 * where the database can, then indexes. Nothing here writes to the schema, so one schema serves any number of databases. */
#include "sql/dialect.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/sqltext.h"

#include <string.h>

typedef struct ddl {
    const wefti_schema *schema;
    const wefti_dialect *dialect;
    wefti_table_exists exists;
    wefti_ddl_callback emit;
    void *context;
    weft_error *error;
    wefti_text text;
    bool *there;
} ddl;

static void add(ddl *d, const char *sql)
{
    wefti_text_add(&d->text, sql);
}

static void add_name(ddl *d, const char *name)
{
    wefti_add_identifier(&d->text, name);
}

static weft_status send(ddl *d)
{
    if (d->text.failed)
        return wefti_error_memory(d->error);
    weft_status status = d->emit(d->context, d->text.data, d->error);
    wefti_text_clear(&d->text);
    return status;
}

/* Asked once, before anything is sent: afterwards every table would be there. */
static weft_status begin(ddl *d)
{
    wefti_text_init(&d->text, WEFTI_MAX_SQL_BYTES);
    d->there = wefti_calloc(d->schema->table_count + 1u, sizeof *d->there);
    if (d->there == NULL)
        return wefti_error_memory(d->error);
    for (uint16_t i = 0; d->exists != NULL && i < d->schema->table_count; i++)
        d->there[i] = d->exists(d->context, d->schema->tables[i]->name);
    return WEFT_OK;
}

static void end(ddl *d)
{
    wefti_text_deinit(&d->text);
    wefti_free(d->there);
}

static bool is_there(const ddl *d, const wefti_table *table)
{
    return d->there[table->index];
}

/* ---- columns ---- */

static void add_type(ddl *d, const wefti_column *column)
{
    if (column->sql_type != NULL) {
        add(d, column->sql_type);
    } else if (column->type == WEFT_TEXT && column->length > 0 && d->dialect->sized_text) {
        wefti_text_add_format(&d->text, "VARCHAR(%d)", column->length);
    } else if (column->enum_names != NULL && d->dialect->enum_type != NULL) {
        add(d, d->dialect->enum_type);
    } else if (column->type == WEFT_DECIMAL && column->precision > 0) {
        wefti_text_add_format(&d->text, "%s(%d, %d)", d->dialect->type_names[column->type], column->precision, column->scale);
    } else {
        add(d, d->dialect->type_names[column->type]);
    }
}

/* A name, a number or one quoted text: what may stand after DEFAULT without parentheses on every database. */
static bool is_plain_default(const char *value)
{
    if (value[0] == '\'') {
        const char *end = strchr(value + 1, '\'');
        return end != NULL && end[1] == '\0';
    }
    for (const char *c = value; *c != '\0'; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '_' || *c == '.' ||
              (*c == '-' && c == value)))
            return false;
    return true;
}

/* A literal number as the column's texts are: 1.5 would be stored as SQLite writes numbers. False where the default is another. */
static bool add_decimal_default(ddl *d, const wefti_column *column)
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
    wefti_text_add_format(&d->text, " DEFAULT '%s%s%.*s", value[0] == '-' && !is_zero ? "-" : "", start == point ? "0" : "",
                          (int)(point - start), value + start);
    wefti_text_add_format(&d->text, "%s%.*s", fraction > 0 || places > 0 ? "." : "", (int)fraction, value + point + 1);
    for (; fraction < places; fraction++)
        wefti_text_add_char(&d->text, '0');
    wefti_text_add_char(&d->text, '\'');
    return true;
}

static void add_default(ddl *d, const wefti_column *column)
{
    const char *value = column->server_default;
    if (column->type == WEFT_DECIMAL && d->dialect->decimals != NULL && add_decimal_default(d, column))
        return;
    bool is_now = column->type == WEFT_TIMESTAMP && d->dialect->now != NULL && strcmp(value, "CURRENT_TIMESTAMP") == 0;
    wefti_text_add_format(&d->text, is_now || is_plain_default(value) ? " DEFAULT %s" : " DEFAULT (%s)",
                          is_now ? d->dialect->now : value);
}

static void add_column(ddl *d, const wefti_column *column)
{
    bool generated = column->table->generated == column;
    add_name(d, column->name);
    wefti_text_add_char(&d->text, ' ');
    if (generated && d->dialect->inline_key) {
        add(d, "INTEGER PRIMARY KEY");
        return;
    }
    add_type(d, column);
    if (generated && column->sql_type == NULL)
        add(d, d->dialect->generated_key);
    if (!column->nullable)
        add(d, " NOT NULL");
    if (column->server_default != NULL)
        add_default(d, column);
}

static void add_columns(ddl *d, const wefti_column *const *columns, uint16_t count)
{
    wefti_text_add_char(&d->text, '(');
    for (uint16_t i = 0; i < count; i++) {
        add(d, i > 0 ? ", " : "");
        add_name(d, columns[i]->name);
    }
    wefti_text_add_char(&d->text, ')');
}

/* ---- constraints ---- */

/* prefix_table_suffix, cut like the names that the schema makes. */
static void add_made_name(ddl *d, const char *prefix, const char *table, const char *suffix)
{
    char name[WEFTI_MAX_IDENTIFIER_BYTES + 1];
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add_format(&text, "%s_%s%s%s", prefix, table, suffix != NULL ? "_" : "", suffix != NULL ? suffix : "");
    if (text.failed) {
        d->text.failed = true;
    } else if (text.size <= WEFTI_MAX_IDENTIFIER_BYTES) {
        add_name(d, text.data);
    } else {
        uint32_t hash = 2166136261u;
        for (size_t i = 0; i < text.size; i++)
            hash = (hash ^ (unsigned char)text.data[i]) * 16777619u;
        size_t cut = wefti_utf8_cut(text.data, text.size, WEFTI_MAX_IDENTIFIER_BYTES - 9);
        memcpy(name, text.data, cut);
        name[cut] = '\0';
        wefti_text_clear(&text);
        wefti_text_add_format(&text, "%s_%08x", name, hash);
        if (text.failed)
            d->text.failed = true;
        else
            add_name(d, text.data);
    }
    wefti_text_deinit(&text);
}

static void add_foreign_key(ddl *d, const wefti_foreign_key *key)
{
    add(d, "CONSTRAINT ");
    add_name(d, key->name);
    add(d, " FOREIGN KEY ");
    add_columns(d, key->columns, key->count);
    add(d, " REFERENCES ");
    add_name(d, key->target->name);
    wefti_text_add_char(&d->text, ' ');
    add_columns(d, key->target_columns, key->count);
    if (key->on_delete != NULL) {
        add(d, " ON DELETE ");
        add(d, key->on_delete);
    }
    if (key->on_update != NULL) {
        add(d, " ON UPDATE ");
        add(d, key->on_update);
    }
}

/* Without minding the case of ASCII letters, as SQLite compares names. */
static bool is_same(const char *a, const char *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char x = a[i] >= 'A' && a[i] <= 'Z' ? (char)(a[i] + 32) : a[i], y = b[i] >= 'A' && b[i] <= 'Z' ? (char)(b[i] + 32) : b[i];
        if (x != y)
            return false;
    }
    return true;
}

static const wefti_column *decimal_named(const wefti_table *table, const char *name, size_t size)
{
    if (size >= 2 && (*name == '"' || *name == '`' || *name == '[')) {
        name++;
        size -= 2;
    }
    for (uint16_t i = 0; i < table->column_count; i++)
        if (table->columns[i].type == WEFT_DECIMAL && strlen(table->columns[i].name) == size &&
            is_same(table->columns[i].name, name, size))
            return &table->columns[i];
    return NULL;
}

/* The condition of a CHECK or of an index. Decimals that are texts are compared as numbers there: a function of the driver would be
 * missing in the database's own shell. */
static void add_condition(ddl *d, const wefti_table *table, const char *condition)
{
    bool after_point = false;
    if (d->dialect->decimals == NULL) {
        add(d, condition);
        return;
    }
    for (const char *at = condition; *at != '\0';) {
        const char *start = at;
        wefti_sql_token token = wefti_sql_next(d->dialect->sql_rules, &at);
        bool is_decimal = token == WEFTI_SQL_NAME && *at != '(' && *at != '.' && !after_point &&
            decimal_named(table, start, (size_t)(at - start)) != NULL;
        if (token == WEFTI_SQL_END)
            break;
        wefti_text_add_format(&d->text, is_decimal ? "CAST(%.*s AS REAL)" : "%.*s", (int)(at - start), start);
        after_point = token == WEFTI_SQL_OTHER && *start == '.';
    }
}

static void add_enum_check(ddl *d, const wefti_column *column)
{
    add(d, ", CONSTRAINT ");
    add_made_name(d, "ck", column->table->name, column->name);
    add(d, " CHECK (");
    add_name(d, column->name);
    add(d, " IN (");
    for (uint16_t i = 0; i < column->enum_count; i++) {
        add(d, i > 0 ? ", " : "");
        wefti_add_literal(&d->text, d->dialect, column->enum_names[i]);
    }
    add(d, "))");
}

static void add_constraints(ddl *d, const wefti_table *table)
{
    if (table->generated == NULL || !d->dialect->inline_key) {
        add(d, ", CONSTRAINT ");
        add_made_name(d, "pk", table->name, NULL);
        add(d, " PRIMARY KEY ");
        add_columns(d, table->key, table->key_count);
    }
    for (uint16_t i = 0; i < table->index_count; i++)
        if (table->indexes[i].constraint) {
            add(d, ", CONSTRAINT ");
            add_name(d, table->indexes[i].name);
            add(d, " UNIQUE ");
            add_columns(d, table->indexes[i].columns, table->indexes[i].count);
        }
    for (uint16_t i = 0; i < table->foreign_key_count; i++)
        if (!table->foreign_keys[i].in_cycle || !d->dialect->capabilities.alter_add_constraint) {
            add(d, ", ");
            add_foreign_key(d, &table->foreign_keys[i]);
        }
    for (uint16_t i = 0; i < table->column_count; i++)
        if (table->columns[i].enum_names != NULL)
            add_enum_check(d, &table->columns[i]);
    for (uint16_t i = 0; i < table->check_count; i++) {
        add(d, ", CONSTRAINT ");
        add_name(d, table->checks[i].name);
        add(d, " CHECK (");
        add_condition(d, table, table->checks[i].condition);
        wefti_text_add_char(&d->text, ')');
    }
}

/* ---- create ---- */

/* In a script only, which is written without a look at the database. Where the tables that exist are known, a name that is taken
 * all the same belongs to something else, and must be an error: IF NOT EXISTS would leave the object out and say nothing. */
static void add_if_not_exists(ddl *d)
{
    if (d->exists == NULL)
        add(d, "IF NOT EXISTS ");
}

static weft_status create_table(ddl *d, const wefti_table *table)
{
    add(d, "CREATE TABLE ");
    add_if_not_exists(d);
    add_name(d, table->name);
    add(d, " (");
    for (uint16_t i = 0; i < table->column_count; i++) {
        add(d, i > 0 ? ", " : "");
        add_column(d, &table->columns[i]);
    }
    add_constraints(d, table);
    add(d, ")");
    return send(d);
}

static weft_status create_index(ddl *d, const wefti_table *table, const wefti_index *index)
{
    add(d, index->unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ");
    add_if_not_exists(d);
    add_name(d, index->name);
    add(d, " ON ");
    add_name(d, table->name);
    add(d, " (");
    for (uint16_t i = 0; i < index->count; i++) {
        add(d, i > 0 ? ", " : "");
        add_name(d, index->columns[i]->name);
        add(d, index->descending[i] ? " DESC" : "");
    }
    add(d, ")");
    if (index->where != NULL) {
        add(d, " WHERE ");
        add_condition(d, table, index->where);
    }
    return send(d);
}

static weft_status create_indexes(ddl *d, const wefti_table *table)
{
    weft_status status = WEFT_OK;
    for (uint16_t i = 0; status == WEFT_OK && i < table->index_count; i++)
        if (!table->indexes[i].constraint)
            status = create_index(d, table, &table->indexes[i]);
    return status;
}

/* Foreign keys of cycles; drop: they are taken away. */
static weft_status alter_cycles(ddl *d, const wefti_table *table, bool drop)
{
    weft_status status = WEFT_OK;
    for (uint16_t i = 0; status == WEFT_OK && i < table->foreign_key_count; i++) {
        const wefti_foreign_key *key = &table->foreign_keys[i];
        if (!key->in_cycle)
            continue;
        add(d, drop ? "ALTER TABLE IF EXISTS " : "ALTER TABLE ");
        add_name(d, table->name);
        if (drop) {
            add(d, " DROP CONSTRAINT IF EXISTS ");
            add_name(d, key->name);
        } else {
            add(d, " ADD ");
            add_foreign_key(d, key);
        }
        status = send(d);
    }
    return status;
}

weft_status wefti_ddl_create_all(const wefti_schema *schema, const wefti_dialect *dialect, wefti_table_exists exists,
                                 wefti_ddl_callback emit, void *context, weft_error *error)
{
    ddl d = { .schema = schema, .dialect = dialect, .exists = exists, .emit = emit, .context = context, .error = error };
    weft_status status = begin(&d);
    for (uint16_t i = 0; status == WEFT_OK && i < schema->table_count; i++)
        if (!is_there(&d, schema->tables[i]))
            status = create_table(&d, schema->tables[i]);
    for (uint16_t i = 0; status == WEFT_OK && dialect->capabilities.alter_add_constraint && i < schema->table_count; i++)
        if (!is_there(&d, schema->tables[i]))
            status = alter_cycles(&d, schema->tables[i], false);
    for (uint16_t i = 0; status == WEFT_OK && i < schema->table_count; i++)
        if (!is_there(&d, schema->tables[i]))
            status = create_indexes(&d, schema->tables[i]);
    end(&d);
    return status;
}

/* ---- drop ---- */

static bool has_cycles(const wefti_schema *schema)
{
    for (uint16_t t = 0; t < schema->table_count; t++)
        for (uint16_t i = 0; i < schema->tables[t]->foreign_key_count; i++)
            if (schema->tables[t]->foreign_keys[i].in_cycle)
                return true;
    return false;
}

weft_status wefti_ddl_drop_all(const wefti_schema *schema, const wefti_dialect *dialect, wefti_table_exists exists,
                               wefti_ddl_callback emit, void *context, weft_error *error)
{
    ddl d = { .schema = schema, .dialect = dialect, .exists = exists, .emit = emit, .context = context, .error = error };
    weft_status status = begin(&d);
    if (status == WEFT_OK && dialect->drop_prelude != NULL && has_cycles(schema)) {
        add(&d, dialect->drop_prelude);
        status = send(&d);
    }
    for (uint16_t i = 0; status == WEFT_OK && dialect->capabilities.alter_add_constraint && i < schema->table_count; i++)
        if (exists == NULL || is_there(&d, schema->tables[i]))
            status = alter_cycles(&d, schema->tables[i], true);
    for (uint16_t i = schema->table_count; status == WEFT_OK && i > 0; i--) {
        const wefti_table *table = schema->tables[i - 1];
        if (exists != NULL && !is_there(&d, table))
            continue;
        add(&d, "DROP TABLE IF EXISTS ");
        add_name(&d, table->name);
        status = send(&d);
    }
    end(&d);
    return status;
}
