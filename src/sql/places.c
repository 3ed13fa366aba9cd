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
        wefti_text spelt;
        r.names[i] = r.names[i] != NULL ? r.names[i] : schema->place_names[i];
        wefti_text_init(&spelt, 0);
        wefti_add_identifier(&spelt, r.names[i]);
        sql[i] = spelt.failed ? NULL : wefti_arena_strdup(arena, spelt.data);
        wefti_text_deinit(&spelt);
        if (sql[i] == NULL)
            return wefti_error_memory(error);
    }
    *made = (wefti_places){schema, r.names, sql};
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

const char *wefti_places_text(const wefti_places *places, const char *sql, wefti_arena *arena)
{
    wefti_text text;
    if (places == NULL)
        return sql;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, "");
    for (const char *mark; sql != NULL && (mark = strchr(sql, WEFTI_PLACE_MARK)) != NULL;) {
        const int place = place_of(places, mark);
        wefti_text_add_bytes(&text, sql, (size_t)(mark - sql) + (place < 0));
        wefti_text_add(&text, place >= 0 ? places->sql[place] : "");
        sql = mark + (place < 0 ? 1 : 3);
    }
    wefti_text_add(&text, sql != NULL ? sql : "");
    const char *made = text.failed || sql == NULL ? NULL : wefti_arena_strndup(arena, text.data, text.size);
    wefti_text_deinit(&text);
    return made;
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
        for (size_t k = 0; k < table->column_count; k++)
            columns[k].enum_schema = wefti_places_name(places, columns[k].enum_schema);
    }
    for (size_t i = 0; places != NULL && i < definition->enum_count; i++) {
        weft_schema_enum *type = (weft_schema_enum *)(uintptr_t)&definition->enums[i];
        type->schema = wefti_places_name(places, type->schema);
    }
}
