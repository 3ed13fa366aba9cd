/* Names of schemas, read from an engine's options, and put in place of marks and of what models say. */
#include "sql/places.h"

#include "base/error.h"
#include "base/locale.h"
#include "sql/dialect.h"
#include "sql/schema_build.h"

#include <string.h>

/* ---- reading ---- */

typedef struct reading {
    const wefti_schema *schema;
    wefti_arena *arena;
    const char **names;
    weft_error *error;
} reading;

static weft_status refuse(const reading *r, const char *text)
{
    (void)wefti_error_set(r->error, WEFT_ERROR_MISUSE, ".schemas \"%s\" is no list of schemas", text);
    wefti_error_hint(r->error,
                     "write those of models and of the database: \"billing = acme_billing, \\\"our sales\\\" = acme_sales\"");
    return WEFT_ERROR_MISUSE;
}

static weft_status check_name(const reading *r, const char *name)
{
    const size_t size = strlen(name);
    if (size == 0)
        return wefti_error_set(r->error, WEFT_ERROR_MISUSE, ".schemas has an empty name");
    if (size > WEFTI_MAX_IDENTIFIER_BYTES || !wefti_utf8_valid(name, size))
        return wefti_error_set(r->error, WEFT_ERROR_MISUSE, ".schemas: \"%s\" is %s", name,
                               size > WEFTI_MAX_IDENTIFIER_BYTES ? "longer than a name may be" : "not valid UTF-8");
    return WEFT_OK;
}

/* One name up to the character that ends it; *at is behind that, NULL where something else stands there. */
static const char *read_name(reading *r, const char **at, const char *stop)
{
    wefti_name name;
    const char *end = wefti_name_read(wefti_name_skip_blanks(*at), "=,", &name);
    *at = NULL;
    if (end == NULL)
        return NULL;
    end = wefti_name_skip_blanks(end);
    if (*end == '\0' ? *stop == ',' : *end == *stop)
        *at = *end == '\0' ? end : end + 1;
    return wefti_name_copy(&name, r->arena);
}

static weft_status take_pair(reading *r, const char *from, const char *to)
{
    weft_status status = check_name(r, from);
    if (status == WEFT_OK)
        status = check_name(r, to);
    if (status != WEFT_OK)
        return status;
    for (uint16_t i = 0; i < r->schema->place_count; i++) {
        if (strcmp(r->schema->place_names[i], from) != 0)
            continue;
        if (r->names[i] != NULL)
            return wefti_error_set(r->error, WEFT_ERROR_MISUSE, ".schemas names \"%s\" twice", from);
        r->names[i] = to;
        return WEFT_OK;
    }
    (void)wefti_error_set(r->error, WEFT_ERROR_MISUSE, ".schemas names \"%s\", which is the schema of no model", from);
    wefti_error_hint(r->error,
                     r->schema->place_count > 0 ? "a model of the metadata has \"%s\"" : "no model of the metadata has one",
                     r->schema->place_count > 0 ? r->schema->place_names[0] : "");
    return WEFT_ERROR_MISUSE;
}

static weft_status read_list(reading *r, const char *text)
{
    weft_status status = WEFT_OK;
    for (const char *at = wefti_name_skip_blanks(text); *at != '\0' && status == WEFT_OK; at = wefti_name_skip_blanks(at)) {
        const char *from = read_name(r, &at, "="), *to = at != NULL ? read_name(r, &at, ",") : NULL;
        if (at == NULL)
            return refuse(r, text);
        if (from == NULL || to == NULL)
            return wefti_error_memory(r->error);
        status = take_pair(r, from, to);
    }
    return status;
}

/* ---- checking ---- */

static weft_status check_tables(const wefti_places *places, const wefti_dialect *dialect, weft_error *error)
{
    const wefti_schema *schema = places->schema;
    for (uint16_t i = 0; i < schema->place_count && dialect->only_schema != NULL; i++)
        if (strcmp(places->names[i], dialect->only_schema) != 0) {
            (void)wefti_error_set(error, WEFT_ERROR_UNSUPPORTED, "%s has no schema \"%s\" for the models of \"%s\"",
                                  dialect->capabilities.name, places->names[i], schema->place_names[i]);
            wefti_error_hint(error, "its only schema is \"%s\"", dialect->only_schema);
            return WEFT_ERROR_UNSUPPORTED;
        }
    for (uint16_t a = 0; a < schema->table_count; a++)
        for (uint16_t b = 0; b < a; b++) {
            const wefti_table *one = schema->tables[b], *two = schema->tables[a];
            const char *place = wefti_places_name(places, one->schema_name);
            if (one->main != two->main && place != NULL && two->schema_name != NULL && wefti_ascii_equal(one->name, two->name) &&
                wefti_def_same_word(place, wefti_places_name(places, two->schema_name)))
                return wefti_error_set(error, WEFT_ERROR_MODEL,
                                       ".schemas makes one table of \"%s\" in \"%s\" and in \"%s\": both would be in \"%s\"",
                                       one->name, one->schema_name, two->schema_name, place);
        }
    return WEFT_OK;
}

static const char *identifier(const char *name, wefti_arena *arena)
{
    wefti_text spelt;
    wefti_text_init(&spelt, 0);
    wefti_add_identifier(&spelt, name);
    const char *made = spelt.failed ? NULL : wefti_arena_strdup(arena, spelt.data);
    wefti_text_deinit(&spelt);
    return made;
}

static weft_status check_sequences(const wefti_places *places, weft_error *error)
{
    const wefti_schema *schema = places->schema;
    for (uint16_t a = 0; a < schema->sequence_count; a++)
        for (uint16_t b = 0; b < a; b++) {
            const wefti_sequence *one = &schema->sequences[b], *two = &schema->sequences[a];
            const char *place = wefti_places_name(places, one->table->schema_name);
            if (strcmp(one->name, two->name) == 0 && wefti_def_same_word(place, wefti_places_name(places, two->table->schema_name)))
                return wefti_error_set(error, WEFT_ERROR_MODEL,
                                       ".schemas makes one sequence of two that are \"%s\": both would be in \"%s\"", one->name,
                                       place);
        }
    return WEFT_OK;
}

/* By the schema's sequences; NULL: no memory. */
static const wefti_place_default *defaults(const wefti_schema *schema, const char *const *sql, wefti_arena *arena)
{
    wefti_place_default *made = wefti_arena_zalloc(arena, (schema->sequence_count + 1u) * sizeof *made);
    for (uint16_t i = 0; made != NULL && i < schema->sequence_count; i++) {
        const wefti_sequence *sequence = &schema->sequences[i];
        const wefti_table *table = sequence->table;
        const char *place = NULL, *said = NULL;
        for (uint16_t k = 0; table->schema_name != NULL && k < schema->place_count; k++)
            if (strcmp(schema->place_names[k], table->schema_name) == 0) {
                place = sql[k];
                said = identifier(schema->place_names[k], arena);
                if (said == NULL)
                    return NULL;
            }
        made[i] = (wefti_place_default){wefti_sequence_next(sequence, said, arena),
                                        wefti_sequence_next(sequence, table->schema_sql, arena),
                                        wefti_sequence_next(sequence, place, arena)};
        if (made[i].said == NULL || made[i].marked == NULL || made[i].made == NULL)
            return NULL;
    }
    return made;
}

weft_status wefti_places_new(const wefti_schema *schema, const wefti_dialect *dialect, const char *text, wefti_arena *arena,
                             const wefti_places **places, weft_error *error)
{
    const size_t count = schema->place_count;
    reading r = {schema, arena, wefti_arena_zalloc(arena, (count + 1) * sizeof(char *)), error};
    const char **sql = wefti_arena_zalloc(arena, (count + 1) * sizeof *sql);
    wefti_places *made = wefti_arena_zalloc(arena, sizeof *made);
    *places = NULL;
    if (r.names == NULL || sql == NULL || made == NULL)
        return wefti_error_memory(error);
    weft_status status = read_list(&r, text);
    for (size_t i = 0; i < count && status == WEFT_OK; i++) {
        r.names[i] = r.names[i] != NULL ? r.names[i] : schema->place_names[i];
        sql[i] = identifier(r.names[i], arena);
        if (sql[i] == NULL)
            return wefti_error_memory(error);
    }
    *made = (wefti_places){schema, r.names, sql, status == WEFT_OK ? defaults(schema, sql, arena) : NULL};
    if (status == WEFT_OK && made->defaults == NULL)
        return wefti_error_memory(error);
    if (status == WEFT_OK)
        status = check_sequences(made, error);
    if (status == WEFT_OK)
        status = check_tables(made, dialect, error);
    if (status == WEFT_OK)
        *places = made;
    return status;
}

/* ---- using ---- */

const char *wefti_places_name(const wefti_places *places, const char *name)
{
    for (uint16_t i = 0; places != NULL && name != NULL && i < places->schema->place_count; i++)
        if (strcmp(places->schema->place_names[i], name) == 0)
            return places->names[i];
    return name;
}

/* -1: it is no mark. */
static int place_of(const wefti_places *places, const char *mark)
{
    if (mark[1] < 'a' || mark[1] > 'p' || mark[2] < 'a' || mark[2] > 'p')
        return -1;
    const int place = (mark[1] - 'a') * 16 + (mark[2] - 'a');
    return place < places->schema->place_count ? place : -1;
}

/* Into a literal, which the mark begins. */
static void add_within(wefti_text *text, bool escapes, const char *name)
{
    for (; *name != '\0'; name++) {
        if (*name == '\'' || (escapes && *name == '\\'))
            wefti_text_add_char(text, *name);
        wefti_text_add_char(text, *name);
    }
}

const char *wefti_places_text(const wefti_places *places, const char *sql, wefti_arena *arena)
{
    const char *const begin = sql;
    wefti_text text;
    if (places == NULL)
        return sql;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, "");
    for (const char *mark; sql != NULL && (mark = strchr(sql, WEFTI_PLACE_MARK)) != NULL;) {
        const int place = place_of(places, mark);
        wefti_text_add_bytes(&text, sql, (size_t)(mark - sql) + (place < 0));
        if (place >= 0 && mark > begin && mark[-1] == '\'')
            add_within(&text, mark - begin > 1 && mark[-2] == 'E', places->sql[place]);
        else
            wefti_text_add(&text, place >= 0 ? places->sql[place] : "");
        sql = mark + (place < 0 ? 1 : 3);
    }
    wefti_text_add(&text, sql != NULL ? sql : "");
    const char *made = text.failed || sql == NULL ? NULL : wefti_arena_strndup(arena, text.data, text.size);
    wefti_text_deinit(&text);
    return made;
}

/* That of a column which draws from a sequence of the models; else the text itself. */
static const char *default_of(const wefti_places *places, const char *text)
{
    for (uint16_t i = 0; text != NULL && i < places->schema->sequence_count; i++) {
        const wefti_place_default *one = &places->defaults[i];
        if (strcmp(text, one->said) == 0 || strcmp(text, one->marked) == 0)
            return one->made;
    }
    return text;
}

static bool is_declared(const wefti_places *places, const weft_schema_sequence *one)
{
    for (uint16_t i = 0; i < places->schema->sequence_count; i++)
        if (strcmp(places->schema->sequences[i].name, one->name) == 0 &&
            wefti_def_same_word(places->schema->sequences[i].table->schema_name, one->schema))
            return true;
    return false;
}

void wefti_places_define(const wefti_places *places, wefti_definition *definition)
{
    for (size_t i = 0; places != NULL && i < definition->table_count; i++) {
        weft_schema_table *table = (weft_schema_table *)(uintptr_t)&definition->tables[i];
        weft_schema_constraint *constraints = (weft_schema_constraint *)(uintptr_t)table->constraints;
        weft_schema_column *columns = (weft_schema_column *)(uintptr_t)table->columns;
        table->schema = wefti_places_name(places, table->schema);
        for (size_t k = 0; k < table->constraint_count; k++)
            constraints[k].target_schema = wefti_places_name(places, constraints[k].target_schema);
        for (size_t k = 0; k < table->column_count; k++) {
            columns[k].enum_schema = wefti_places_name(places, columns[k].enum_schema);
            columns[k].server_default = default_of(places, columns[k].server_default);
        }
    }
    for (size_t i = 0; places != NULL && i < definition->enum_count; i++) {
        weft_schema_enum *type = (weft_schema_enum *)(uintptr_t)&definition->enums[i];
        type->schema = wefti_places_name(places, type->schema);
    }
    for (size_t i = 0; places != NULL && i < definition->sequence_count; i++) { /* of others' the models' SQL says the name */
        weft_schema_sequence *sequence = (weft_schema_sequence *)(uintptr_t)&definition->sequences[i];
        if (is_declared(places, sequence))
            sequence->schema = wefti_places_name(places, sequence->schema);
    }
}
