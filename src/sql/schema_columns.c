/* Columns: types from fields, defaults, and every rule that one column alone can break. */
#include "sql/schema_build.h"

#include "base/error.h"
#include "base/text.h"
#include "schema/definition.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CHECK(condition, ...) \
    do { \
        if (!(condition)) \
            return wefti_build_error(build, table, attr->field, __VA_ARGS__); \
    } while (0)

static bool is_plain_number(unsigned field_type)
{
    return (field_type & WEFT_OPT) == 0 &&
           (wefti_type_is_integer(field_type) || wefti_type_is_real(field_type) || field_type == WEFT_BOOL);
}

static weft_status check_enum(const wefti_build *build, const wefti_table *table, const weft_attr *attr)
{
    CHECK(attr->enum_count > 0 && attr->enum_count <= UINT16_MAX, "WEFT_ENUM needs between 1 and 65,535 names");
    for (size_t i = 0; i < attr->enum_count; i++) {
        CHECK(attr->enum_names[i] != NULL, "name %zu of the enum is NULL; every value from 0 needs a name", i);
        for (size_t j = 0; j < i; j++)
            CHECK(strcmp(attr->enum_names[i], attr->enum_names[j]) != 0, "the enum has the name \"%s\" twice (values %zu and %zu)",
                  attr->enum_names[i], j, i);
    }
    CHECK(attr->length == 0, ".length does not apply to an enum");
    CHECK(attr->native_enum == NULL || attr->sql_type == NULL, ".native_enum names the type, .sql_type too; one is enough");
    return WEFT_OK;
}

static weft_status check_nullable(const wefti_build *build, const wefti_table *table, const weft_attr *attr, uint8_t type,
                                  bool optional)
{
    CHECK(!attr->nullable || optional || wefti_type_borrows(wefti_attr_type(attr)),
          attr->field_type == WEFT_CHARS ? "a char array cannot hold NULL; make the field %s instead of setting .nullable"
                                         : "a plain field cannot hold NULL; make it %s instead of setting .nullable",
          attr->codec != NULL ? attr->codec->nullable_ : wefti_type_of(type)->nullable);
    CHECK(!attr->not_null || (optional && !attr->nullable),
          ".not_null belongs to an optional field, which can say that it has no value; other columns are NOT NULL without it, and "
          ".nullable is its opposite");
    CHECK(!attr->primary_key || (!optional && !attr->nullable),
          "a primary key cannot be NULL; use the plain type without .nullable");
    return WEFT_OK;
}

static weft_status check_sizes(const wefti_build *build, const wefti_table *table, const weft_attr *attr, uint8_t type)
{
    CHECK(attr->length == 0 || type != WEFT_BITS,
          ".length applies to text only; how many bits there are is said by .sql_type = \"bit(%d)\" or "
          "\"varbit(%d)\"",
          attr->length, attr->length);
    CHECK(attr->length == 0 || type == WEFT_TEXT, ".length applies to text only");
    CHECK(attr->length >= 0 && attr->length <= 10485760, ".length must be between 1 and 10,485,760");
    CHECK(attr->field_type != WEFT_CHARS || attr->length < (int)attr->size,
          ".length %d does not fit char[%zu], which holds %zu bytes and a NUL", attr->length, attr->size, attr->size - 1);
    CHECK(attr->field_type != WEFT_CHARS || attr->size > 1, "char[1] holds no text");
    CHECK((attr->precision == 0 && attr->scale == 0) || type == WEFT_DECIMAL, ".precision and .scale apply to weft_decimal only");
    CHECK(attr->precision >= 0 && attr->precision <= 1000 && attr->scale >= 0 && attr->scale <= attr->precision,
          "precision %d, scale %d: precision must be 1 to 1000 and scale 0 to precision", attr->precision, attr->scale);
    return WEFT_OK;
}

static weft_status check_defaults(const wefti_build *build, const wefti_table *table, const weft_attr *attr)
{
    CHECK(attr->server_default == NULL || attr->server_default[0] != '\0',
          ".server_default is empty; write the SQL expression, such as \"''\"");
    CHECK(attr->server_default == NULL || attr->zero_is_unset || attr->codec == NULL || attr->field_type != 0,
          "a plain %s with .server_default cannot say whether zeros were meant; make it %s, or set .zero_is_unset = true to let "
          "them mean the default",
          attr->codec->name, attr->codec->nullable_);
    CHECK(attr->server_default == NULL || attr->zero_is_unset || attr->primary_key || attr->codec != NULL ||
              !is_plain_number((unsigned)attr->field_type),
          "a plain %s with .server_default cannot say whether zero was meant; make it %s, or set .zero_is_unset = true to let "
          "zero mean the "
          "default",
          attr->field_type == WEFT_BOOL ? "bool"
          : attr->enum_names != NULL    ? "enum"
                                        : "number",
          wefti_type_of((unsigned)attr->field_type)->nullable);
    return WEFT_OK;
}

static weft_status check_makers(const wefti_build *build, const wefti_table *table, const weft_attr *attr, uint8_t type)
{
    if (attr->insert_value == NULL && attr->update_value == NULL)
        return WEFT_OK;
    CHECK(attr->codec == NULL && !wefti_type_is_array(type),
          ".insert_value and .update_value are not for arrays and types of the program's own");
    CHECK(attr->generated == NULL && !wefti_build_counts(attr) && !attr->version,
          ".insert_value and .update_value would give what is computed, counted or a version another value");
    CHECK(attr->update_value == NULL || !attr->primary_key, "a key stays as it is; leave .update_value out");
    CHECK(attr->insert_value == NULL || !attr->primary_key || attr->not_generated || !wefti_type_is_integer(type) ||
              attr->enum_names != NULL,
          "the database makes this key; set .not_generated = true, for .insert_value makes it");
    return WEFT_OK;
}

static weft_status check_computed(const wefti_build *build, const wefti_table *table, const weft_attr *attr)
{
    CHECK(attr->generated != NULL || !attr->stored, ".stored belongs to .generated, which says what is computed");
    if (attr->generated == NULL)
        return WEFT_OK;
    CHECK(attr->generated[0] != '\0', ".generated is empty; write the SQL expression, such as \"width * height\"");
    CHECK(!attr->primary_key, "a column of the primary key cannot be computed");
    CHECK(!attr->version, "a .version column counts updates and cannot be computed");
    CHECK(attr->server_default == NULL && !attr->zero_is_unset && !attr->not_null,
          "a computed column is never given: .server_default, .zero_is_unset and .not_null say nothing of it; a plain field is NOT "
          "NULL by itself");
    CHECK(attr->references == NULL, "a computed column cannot refer to another one; leave .references out");
    return WEFT_OK;
}

/* Who counts it. Whether a key is made by the database is seen later (wefti_build_check_keys). */
static weft_status check_counted(const wefti_build *build, const wefti_table *table, const weft_attr *attr, uint8_t type)
{
    const bool identity = attr->identity || attr->identity_always;
    if (!wefti_build_counts(attr))
        return WEFT_OK;
    CHECK(wefti_type_is_integer(type) && attr->enum_names == NULL && attr->codec == NULL,
          ".identity, .counting and .sequence belong to integers");
    CHECK(attr->sequence == NULL || (!identity && attr->server_default == NULL && !wefti_def_says_counting(&attr->counting)),
          ".sequence is the column's default; .server_default and .identity would be others, and how it counts the WEFT_SEQUENCE "
          "says");
    CHECK(!identity || (attr->server_default == NULL && attr->generated == NULL),
          "an .identity column is counted; .server_default and .generated would give it other values");
    CHECK(attr->sequence == NULL || attr->generated == NULL, "a computed column is never given; leave .sequence out");
    CHECK(!attr->autoincrement || (attr->primary_key && attr->sequence == NULL && !attr->not_generated),
          ".autoincrement belongs to a generated key");
    CHECK(identity || attr->sequence != NULL || attr->primary_key, ".counting belongs to a generated key or an .identity column");
    CHECK(!attr->version, "a .version column counts updates by itself");
    CHECK(!attr->not_generated || !(identity || wefti_def_says_counting(&attr->counting)),
          ".not_generated says that the program gives the key; leave it or .identity and .counting out");
    CHECK(!attr->nullable && ((attr->field_type & WEFT_OPT) == 0 || attr->not_null),
          "a column that is counted is never NULL; make the field a plain one, or say .not_null");
    return wefti_build_check_counting(build, table, attr->field, &attr->counting, type);
}

/* The field's type, perhaps + WEFT_OPT; 0 after an error. */
static unsigned field_type_of(const wefti_build *build, const wefti_table *table, const weft_attr *attr)
{
    unsigned type = WEFT_UNMAPPED;
    const char *problem = NULL;
    if (attr->codec == NULL)
        return (unsigned)attr->field_type;
    if (wefti_own_type(attr->codec, (unsigned)attr->field_type & ~(unsigned)WEFT_OPT, &type, &problem) == WEFT_OK &&
        attr->enum_names == NULL)
        return type | ((unsigned)attr->field_type & WEFT_OPT);
    const char *name = attr->codec->name != NULL ? attr->codec->name : "of the field";
    (void)wefti_build_error(build, table, attr->field, "the type %s %s", name,
                            problem != NULL ? problem : "cannot be an enum's: WEFT_ENUM and WEFT_TYPE exclude each other");
    return WEFT_UNMAPPED;
}

static weft_status check_column(const wefti_build *build, wefti_table *table, const weft_attr *attr)
{
    const unsigned field_type = field_type_of(build, table, attr);
    if (attr->codec != NULL && field_type == WEFT_UNMAPPED)
        return WEFT_ERROR_MODEL;
    uint8_t type = (uint8_t)wefti_type_of_column(wefti_type_base(field_type));
    bool optional = (attr->field_type & WEFT_OPT) != 0;
    CHECK(wefti_type_is_columns(type), "the field's type cannot be mapped");
    CHECK(!wefti_type_is_array(type) || (!attr->primary_key && attr->references == NULL), "%s",
          wefti_type_is_multirange(type) ? "a multirange is no key" : "an array is no key; give its items a table of their own");
    CHECK(attr->native_enum == NULL || attr->enum_names != NULL, ".native_enum belongs to WEFT_ENUM");
    CHECK(attr->offset + attr->size <= table->mapper->size && attr->size <= UINT16_MAX, "the field does not lie inside the struct");
    weft_status status = attr->enum_names != NULL ? check_enum(build, table, attr) : WEFT_OK;
    if (status == WEFT_OK)
        status = check_nullable(build, table, attr, type, optional);
    if (status == WEFT_OK)
        status = check_sizes(build, table, attr, type);
    if (status == WEFT_OK)
        status = check_computed(build, table, attr);
    if (status == WEFT_OK)
        status = check_defaults(build, table, attr);
    if (status == WEFT_OK)
        status = check_counted(build, table, attr, type);
    if (status == WEFT_OK)
        status = check_makers(build, table, attr, type);
    if (status == WEFT_OK)
        status = wefti_build_check_action(build, table, attr->field, ".on_delete", attr->on_delete);
    if (status == WEFT_OK)
        status = wefti_build_check_action(build, table, attr->field, ".on_update", attr->on_update);
    if (status != WEFT_OK)
        return status;
    CHECK(attr->references != NULL || (attr->on_delete == NULL && attr->on_update == NULL),
          ".on_delete and .on_update belong to .references = \"table.column\"");
    CHECK(attr->storage == NULL && attr->tablespace == NULL && attr->include == NULL,
          ".storage, .tablespace and .include belong to WEFT_INDEX, WEFT_UNIQUE and WEFT_PRIMARY_KEY");
    CHECK(!attr->match_full, ".match_full belongs to WEFT_FOREIGN_KEY: it is about several columns");
    CHECK(attr->references != NULL || attr->unique || !(attr->deferrable || attr->initially_deferred),
          ".deferrable and .initially_deferred belong to .references or .unique");
    CHECK(!attr->version ||
              (attr->codec == NULL && wefti_type_is_integer(type) && !optional && !attr->primary_key && attr->enum_names == NULL),
          ".version needs a plain integer that is not part of the primary key");
    CHECK(attr->guard >= WEFT_GUARD_CHANGED && attr->guard <= WEFT_GUARD_NONE, ".guard is none of weft_guard");
    CHECK(!attr->not_generated || attr->primary_key, ".not_generated applies to primary keys only");
    CHECK(attr->sql_type == NULL || attr->sql_type[0] != '\0', ".sql_type is empty");
    return WEFT_OK;
}

static void fill_field(wefti_field *field, const wefti_column *column, const weft_attr *attr, unsigned field_type)
{
    field->column = column;
    field->name = attr->field;
    field->offset = attr->offset;
    field->size = (uint16_t)attr->size;
    field->type = (uint16_t)field_type;
    field->short_type = wefti_column_is_named(column) ? 0 : wefti_type_short(field_type); /* the column has another type */
    field->column_type = column->type;
    field->borrows = wefti_type_borrows(field_type);
    field->own = wefti_type_is_own(field_type);
    field->zero_is_unset = attr->zero_is_unset || column->identity || column->draws != NULL;
    field->version = attr->version;
    field->guard = (uint8_t)attr->guard;
    field->insert_value = attr->insert_value;
    field->update_value = attr->update_value;
    field->deferred = attr->deferred || attr->group != NULL;
    field->group = attr->group;
}

static void fill_column(wefti_column *column, wefti_field *field, const weft_attr *attr)
{
    bool optional = (attr->field_type & WEFT_OPT) != 0;
    const unsigned field_type = wefti_attr_type(attr);
    const uint8_t type = (uint8_t)wefti_type_of_column(wefti_type_base(field_type));
    column->name = attr->column != NULL ? attr->column : attr->field;
    column->field = field;
    const bool array = wefti_type_is_array(type), named = attr->enum_names != NULL;
    column->type = !named ? type : array ? (uint8_t)(WEFT_ARRAY + WEFT_TEXT) : (uint8_t)WEFT_TEXT;
    column->primary_key = attr->primary_key;
    column->nullable = (optional || attr->nullable) && !attr->not_null;
    /* Whether the key refers to something is seen once foreign keys are known. */
    column->generated = attr->primary_key && !attr->not_generated && attr->enum_names == NULL && attr->codec == NULL;
    column->unique = attr->unique;
    column->length = attr->length == 0 && attr->field_type == WEFT_CHARS ? (int)attr->size - 1 : attr->length;
    column->precision = attr->precision;
    column->scale = attr->scale;
    column->sql_type = attr->sql_type;
    column->server_default = attr->server_default;
    column->draws = attr->sequence;
    column->identity = attr->identity || attr->identity_always;
    column->identity_always = attr->identity_always;
    column->autoincrement = attr->autoincrement;
    column->counting = wefti_def_says_counting(&attr->counting) ? &attr->counting : NULL;
    column->computed = attr->generated;
    column->stored = attr->stored;
    column->comment = attr->comment;
    column->enum_names = array ? NULL : attr->enum_names;
    column->item_names = array ? attr->enum_names : NULL;
    column->enum_count = (uint16_t)attr->enum_count;
    column->native_enum = attr->native_enum;
    fill_field(field, column, attr, field_type);
}

static weft_status name_type(wefti_build *build, const wefti_table *table, const weft_attr *attr, wefti_column *column)
{
    weft_status status = wefti_build_check_name(build, table, attr->field, "type", attr->native_enum);
    if (status != WEFT_OK)
        return status;
    wefti_text text;
    wefti_text_init(&text, 0);
    if (table->schema_sql != NULL)
        wefti_text_add_format(&text, "%s.", table->schema_sql);
    wefti_add_identifier(&text, attr->native_enum);
    wefti_text_add(&text, column->item_names != NULL ? "[]" : "");
    column->sql_type = text.failed ? NULL : wefti_arena_strndup(build->arena, text.data, text.size);
    wefti_text_deinit(&text);
    return column->sql_type != NULL ? WEFT_OK : wefti_error_memory(build->error);
}

static weft_status check_twins(const wefti_build *build, const wefti_table *table, const weft_attr *attr,
                               const wefti_column *column)
{
    for (uint16_t i = 0; i < column->index; i++) {
        CHECK(!wefti_ascii_equal(table->columns[i].name, column->name),
              "the column \"%s\" is mapped by %s too; give one of them another .column", column->name,
              table->columns[i].field->name);
        CHECK(table->columns[i].field->offset != column->field->offset, "the field is mapped twice");
    }
    return WEFT_OK;
}

/* Insertion sort: columns nearly always stand in the order of their fields. */
static weft_status sort_by_offset(wefti_build *build, wefti_mapper *mapper)
{
    uint16_t *order = wefti_arena_alloc(build->arena, mapper->field_count * sizeof *order);
    if (order == NULL)
        return wefti_error_memory(build->error);
    for (uint16_t i = 0; i < mapper->field_count; i++) {
        uint16_t at = i;
        for (; at > 0 && mapper->fields[order[at - 1]].offset > mapper->fields[i].offset; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    mapper->by_offset = order;
    return WEFT_OK;
}

static weft_status add_key_column(wefti_build *build, wefti_table *table, const weft_attr *attr, const wefti_column *column)
{
    CHECK(table->key_count < WEFTI_MAX_KEY_COLUMNS, "a primary key may have at most %d columns", WEFTI_MAX_KEY_COLUMNS);
    table->key[table->key_count++] = column;
    return WEFT_OK;
}

static weft_status take_options(wefti_build *build, wefti_table *table, const weft_attr *attr, bool *had_options)
{
    const weft_model_options *options = attr->options;
    CHECK(options != NULL && !*had_options, options == NULL ? "WEFT_OPTIONS has none" : "the model has WEFT_OPTIONS twice");
    CHECK(options->guard >= WEFT_GUARD_CHANGED && options->guard <= WEFT_GUARD_NONE, ".guard is none of weft_guard");
    wefti_build_mapper(table)->guard = (uint8_t)options->guard;
    table->beside = (wefti_storing){options->storage, options->tablespace, options->comment, options->unlogged};
    table->strict = options->strict;
    table->without_rowid = options->without_rowid;
    *had_options = true;
    weft_status status = wefti_build_check_beside(build, table, NULL, &table->beside);
    return status == WEFT_OK ? wefti_build_is_view(build, table, options) : status;
}

weft_status wefti_build_columns(wefti_build *build, wefti_table *table)
{
    bool had_options = false;
    wefti_column *columns = wefti_arena_zalloc(build->arena, table->attr_count * sizeof *columns);
    if (columns == NULL)
        return wefti_error_memory(build->error);
    wefti_field *fields = wefti_arena_zalloc(build->arena, table->attr_count * sizeof *fields);
    wefti_mapper *mapper = wefti_build_mapper(table);
    if (fields == NULL)
        return wefti_error_memory(build->error);
    table->columns = columns;
    mapper->fields = fields;
    for (size_t i = 0; i < table->attr_count; i++) {
        const weft_attr *attr = &table->attrs[i];
        if (attr->kind == WEFT_ATTR_OPTIONS && take_options(build, table, attr, &had_options) != WEFT_OK)
            return WEFT_ERROR_MODEL;
        if (attr->kind != WEFT_ATTR_COLUMN)
            continue;
        CHECK(table->column_count < WEFTI_MAX_COLUMNS, "a table may have at most %d columns", WEFTI_MAX_COLUMNS);
        wefti_column *column = &columns[table->column_count];
        weft_status status = check_column(build, table, attr);
        if (status != WEFT_OK)
            return status;
        fill_column(column, &fields[table->column_count], attr);
        column->table = table;
        column->main = column;
        column->index = table->column_count;
        status = wefti_build_check_name(build, table, attr->field, "column", column->name);
        if (status == WEFT_OK && attr->native_enum != NULL)
            status = name_type(build, table, attr, column);
        if (status == WEFT_OK)
            status = check_twins(build, table, attr, column);
        if (status == WEFT_OK && attr->primary_key)
            status = add_key_column(build, table, attr, column);
        if (status != WEFT_OK)
            return status;
        CHECK(!attr->version || mapper->version == NULL, "the model has two .version columns");
        if (attr->version)
            mapper->version = column;
        mapper->guarded_columns = mapper->guarded_columns || attr->guard != WEFT_GUARD_CHANGED;
        table->has_made = table->has_made || wefti_column_is_made(column);
        table->inserts_made = table->inserts_made || attr->insert_value != NULL;
        table->updates_made = table->updates_made || attr->update_value != NULL;
        mapper->field_count = ++table->column_count;
    }
    if (table->key_count == 0)
        return wefti_build_error(build, table, NULL, "the model has no primary key; set .primary_key = true on %s",
                                 wefti_table_is_view(table) ? "the columns that tell the view's rows apart" : "a column");
    return sort_by_offset(build, mapper);
}
