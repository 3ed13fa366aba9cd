/* Columns that the database counts, and the sequences that models declare. */
#include "sql/schema_build.h"

#include "base/error.h"
#include "base/locale.h"
#include "schema/definition.h"
#include "schema/drawn.h"

#include <string.h>

#define CHECK(condition, ...) \
    do { \
        if (!(condition)) \
            return wefti_build_error(build, table, field, __VA_ARGS__); \
    } while (0)

bool wefti_build_counts(const weft_attr *attr)
{
    return attr->identity || attr->identity_always || attr->autoincrement || attr->sequence != NULL ||
           wefti_def_says_counting(&attr->counting);
}

weft_status wefti_build_check_counting(const wefti_build *build, const wefti_table *table, const char *field,
                                       const weft_counting *counting, uint8_t type)
{
    const weft_counting full = wefti_def_counting(counting, type), widest = wefti_def_counting(&(weft_counting){0}, type);
    const long long least = (long long)-widest.maximum - 1, greatest = (long long)widest.maximum;
    CHECK(!(counting->start_is_zero && counting->start != 0) && !(counting->minimum_is_zero && counting->minimum != 0) &&
              !(counting->maximum_is_zero && counting->maximum != 0),
          "a number of .counting is said to be zero, and is another one");
    CHECK(full.cache > 0, ".counting.cache must be 1 or more");
    CHECK(full.minimum >= least && full.maximum <= greatest && full.increment >= least && full.increment <= greatest,
          ".counting must lie between %lld and %lld, which the column can hold", least, greatest);
    CHECK(full.minimum < full.maximum, ".counting.minimum (%lld) must be less than .counting.maximum (%lld)",
          (long long)full.minimum, (long long)full.maximum);
    CHECK(full.start >= full.minimum && full.start <= full.maximum,
          ".counting.start (%lld) must lie between .counting.minimum (%lld) and .counting.maximum (%lld)", (long long)full.start,
          (long long)full.minimum, (long long)full.maximum);
    return WEFT_OK;
}

/* ---- sequences ---- */

static const wefti_sequence *find(const wefti_schema *schema, const char *place, const char *name)
{
    for (uint16_t i = 0; i < schema->sequence_count; i++)
        if (strcmp(schema->sequences[i].name, name) == 0 && wefti_def_same_word(schema->sequences[i].table->schema_name, place))
            return &schema->sequences[i];
    return NULL;
}

/* "invoice_number" within the model's own schema first, then where no schema is said; "billing.invoice_number" there. */
static const wefti_sequence *find_near(const wefti_build *build, const wefti_table *table, const char *text)
{
    const char *place = NULL, *name = NULL;
    const bool qualified = wefti_table_name_read(text, strlen(text), build->arena, &place, &name);
    const wefti_sequence *found = find(build->schema, table->schema_name, text);
    if (found == NULL && name != NULL)
        found = find(build->schema, qualified ? place : table->schema_name, name);
    return found == NULL && name != NULL && !qualified ? find(build->schema, NULL, name) : found;
}

const wefti_sequence *wefti_table_sequence(const wefti_table *table, const char *name)
{
    const wefti_schema *schema = table->schema;
    for (uint16_t i = 0; i < schema->sequence_count; i++)
        if (schema->sequences[i].table == table && strcmp(schema->sequences[i].name, name) == 0)
            return &schema->sequences[i];
    return NULL;
}

static uint8_t type_named(const char *name)
{
    static const char *const names[] = {"smallint", "integer", "bigint"}; /* in the order of the types */
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (wefti_ascii_equal(names[i], name))
            return (uint8_t)((size_t)WEFT_INT16 + i);
    return WEFT_UNMAPPED;
}

weft_status wefti_build_sequences(wefti_build *build, wefti_table *table)
{
    wefti_schema *schema = build->schema;
    for (size_t i = 0; i < table->attr_count; i++) {
        const weft_attr *attr = &table->attrs[i];
        if (attr->kind != WEFT_ATTR_SEQUENCE)
            continue;
        weft_status status = wefti_build_check_name(build, table, attr->name, "sequence", attr->name);
        uint8_t type = WEFT_UNMAPPED;
        if (status == WEFT_OK && attr->sql_type != NULL && (type = type_named(attr->sql_type)) == WEFT_UNMAPPED)
            status = wefti_build_error(build, table, attr->name, ".sql_type of a WEFT_SEQUENCE is smallint, integer or bigint");
        if (status == WEFT_OK)
            status = wefti_build_check_counting(build, table, attr->name, &attr->counting,
                                                type != WEFT_UNMAPPED ? type : (uint8_t)WEFT_INT64);
        if (status != WEFT_OK)
            return status;
        if (attr->identity || attr->identity_always || attr->sequence != NULL)
            return wefti_build_error(build, table, attr->name,
                                     "WEFT_SEQUENCE takes .counting; .identity and .sequence are said of columns");
        wefti_sequence *sequences = wefti_arena_zalloc(build->arena, (schema->sequence_count + 1u) * sizeof *sequences);
        if (sequences == NULL || schema->sequence_count == UINT16_MAX)
            return wefti_error_memory(build->error);
        if (schema->sequence_count > 0)
            memcpy(sequences, schema->sequences, schema->sequence_count * sizeof *sequences);
        sequences[schema->sequence_count++] = (wefti_sequence){table, attr->name, &attr->counting, type};
        schema->sequences = sequences;
    }
    return WEFT_OK;
}

/* ---- columns ---- */

const char *wefti_sequence_next(const wefti_sequence *sequence, const char *place, wefti_arena *arena)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_drawn_add(&text, place, sequence->name);
    const char *made = text.failed ? NULL : wefti_arena_strndup(arena, text.data, text.size);
    wefti_text_deinit(&text);
    return made;
}

/* What a sequence says of its numbers must lie within a column that draws from it, as what a column's own counting says. */
static weft_status check_drawn(const wefti_build *build, const wefti_table *table, const wefti_column *column,
                               const wefti_sequence *sequence)
{
    const char *field = column->field->name;
    const wefti_type *type = wefti_type_of(column->type);
    const weft_counting *said = sequence->counting,
                        full = wefti_def_counting(said, sequence->type != WEFT_UNMAPPED ? sequence->type : WEFT_INT64);
    const int64_t numbers[] = {full.start, said->minimum, said->maximum};
    for (size_t i = 0; wefti_type_is_integer(column->type) && i < sizeof numbers / sizeof numbers[0]; i++)
        CHECK(numbers[i] >= type->least && numbers[i] <= type->greatest,
              "start, minimum and maximum of the sequence \"%s\" must lie between %lld and %lld, which the column can hold",
              sequence->name, (long long)type->least, (long long)type->greatest);
    return WEFT_OK;
}

weft_status wefti_build_drawn(wefti_build *build, wefti_table *table)
{
    for (uint16_t i = 0; i < table->column_count; i++) {
        wefti_column *column = (wefti_column *)(uintptr_t)&table->columns[i];
        if (column->draws == NULL)
            continue;
        const wefti_sequence *sequence = find_near(build, table, column->draws);
        if (sequence == NULL)
            return wefti_build_error(build, table, column->field->name,
                                     "no model declares the sequence \"%s\"; add WEFT_SEQUENCE(%s, \"%s\") to the model",
                                     column->draws, table->model->name, column->draws);
        const weft_status status = check_drawn(build, table, column, sequence);
        if (status != WEFT_OK)
            return status;
        column->server_default = wefti_sequence_next(sequence, sequence->table->schema_sql, build->arena);
        if (column->server_default == NULL)
            return wefti_error_memory(build->error);
    }
    return WEFT_OK;
}

weft_status wefti_build_check_keys(const wefti_build *build)
{
    for (uint32_t t = 0; t < build->table_count; t++) {
        const wefti_table *table = build->tables[t];
        for (uint16_t i = 0; i < table->key_count && table->model != NULL; i++) {
            const wefti_column *key = table->key[i];
            if ((key->identity || key->counting != NULL || key->autoincrement) && table->generated != key)
                return wefti_build_error(build, table, key->field->name,
                                         "the database counts a key that is one integer, refers to nothing and has no default; "
                                         "this one takes no .identity, .counting and .autoincrement");
            if (key->draws != NULL && table->key_count > 1)
                return wefti_build_error(build, table, key->field->name,
                                         "a key of several columns is the program's to give; it takes no .sequence");
        }
    }
    return WEFT_OK;
}
