/* The schema: collects the models, runs the steps that resolve them, and answers look-ups.
 *
 * Everything lives in the schema's arena and is written only while wefti_schema_new runs; afterwards it is read by any thread
 * without synchronisation. A model that is not quite right is refused here, with the change that would mend it, and never later. */
#include "sql/dialect.h"
#include "sql/schema_build.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

weft_status wefti_build_error(const wefti_build *build, const wefti_table *table, const char *field, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const char *model = table == NULL                                        ? "metadata"
                        : table->model != NULL && table->model->name != NULL ? table->model->name
                                                                             : table->name;
    return wefti_error_set(build->error, WEFT_ERROR_MODEL, "%s%s%s: %s", model, field != NULL ? "." : "",
                           field != NULL ? field : "", text);
}

weft_status wefti_build_check_name(const wefti_build *build, const wefti_table *table, const char *field, const char *what,
                                   const char *name)
{
    if (name == NULL || name[0] == '\0')
        return wefti_build_error(build, table, field, "the name of the %s is empty", what);
    size_t size = strlen(name);
    if (size > WEFTI_MAX_IDENTIFIER_BYTES)
        return wefti_build_error(build, table, field, "the name of the %s has %zu bytes; at most %d are portable", what, size,
                                 WEFTI_MAX_IDENTIFIER_BYTES);
    if (!wefti_utf8_valid(name, size))
        return wefti_build_error(build, table, field, "the name of the %s is not valid UTF-8", what);
    return WEFT_OK;
}

weft_status wefti_build_named(wefti_build *build, const wefti_table *table, const char *field, const wefti_named *what,
                              const wefti_column *const *columns, uint16_t count, const char **name)
{
    const char *names[WEFTI_MAX_KEY_COLUMNS + 1] = {NULL};
    weft_error error = {0};
    wefti_named named = *what;
    for (uint16_t i = 0; i < count; i++)
        names[i] = columns[i]->name;
    named.table = table->name;
    named.columns = names;
    *name = wefti_named_by(build->arena, build->schema->naming, &named, &error);
    if (*name != NULL)
        return WEFT_OK;
    return error.status == WEFT_ERROR_MODEL ? wefti_build_error(build, table, field, "%s", error.message)
                                            : wefti_error_memory(build->error);
}

/* ---- lists of names ---- */

bool wefti_name_is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

const char *wefti_name_skip_blanks(const char *at)
{
    while (wefti_name_is_blank(*at))
        at++;
    return at;
}

/* The text of the name, of which a doubled quote is one. */
static bool name_is(const wefti_name *name, const char *text)
{
    for (size_t i = 0; i < name->size; i++) {
        if (*text == '\0' || *text++ != name->text[i])
            return false;
        if (name->text[i] == '"' && i + 1 < name->size && name->text[i + 1] == '"')
            i++;
    }
    return *text == '\0';
}

char *wefti_name_copy(const wefti_name *name, wefti_arena *arena)
{
    char *copy = wefti_arena_strndup(arena, name->text, name->size), *to = copy;
    for (const char *from = copy; from != NULL && *from != '\0'; from++) {
        *to++ = *from;
        if (from[0] == '"' && from[1] == '"')
            from++;
    }
    if (to != NULL)
        *to = '\0';
    return copy;
}

const char *wefti_name_read(const char *at, const char *stop, wefti_name *name)
{
    if (*at == '"') {
        const char *end = at + 1;
        while (*end != '\0' && (end[0] != '"' || end[1] == '"'))
            end += *end == '"' ? 2 : 1;
        *name = (wefti_name){at + 1, (size_t)(end - at - 1), false};
        return *end == '"' ? end + 1 : NULL;
    }
    const char *end = at;
    while (*end != '\0' && *end != ',' && !wefti_name_is_blank(*end) && strchr(stop, *end) == NULL)
        end++;
    *name = (wefti_name){at, (size_t)(end - at), false};
    return end;
}

/* Past a name in double quotes, or a word up to one of the characters of stop. */
static const char *past_name(const char *at, const char *end, const char *stop)
{
    wefti_name name;
    const char *after = at < end && *at == '"' ? wefti_name_read(at, "", &name) : NULL;
    if (after != NULL && after <= end)
        return after;
    while (at < end && strchr(stop, *at) == NULL)
        at++;
    return at;
}

size_t wefti_table_name_before(const char *text, const char **rest)
{
    const char *all = text + strlen(text), *end = past_name(text, all, ".(");
    while (end < all && *end == '.')
        end = past_name(end + 1, all, ".(");
    *rest = wefti_name_skip_blanks(end);
    while (end > text && wefti_name_is_blank(end[-1]))
        end--;
    return (size_t)(end - text);
}

static const char *meant(const char *text, size_t size, wefti_arena *arena)
{
    const bool quoted = size >= 2 && text[0] == '"' && text[size - 1] == '"';
    const wefti_name name = {text + quoted, size - 2u * quoted, false};
    return quoted ? wefti_name_copy(&name, arena) : wefti_arena_strndup(arena, text, size);
}

bool wefti_table_name_read(const char *text, size_t size, wefti_arena *arena, const char **schema, const char **name)
{
    const char *end = text + size, *point = past_name(text, end, ".");
    const bool qualified = point < end && *point == '.';
    *name = qualified ? meant(point + 1, (size_t)(end - point - 1), arena) : meant(text, size, arena);
    if (!qualified)
        return false;
    *schema = point > text ? meant(text, (size_t)(point - text), arena) : NULL;
    if (point > text && *schema == NULL)
        *name = NULL;
    return true;
}

bool wefti_name_list_parse(wefti_name_list *list, const char *text, const char *stop, const char **rest)
{
    list->count = 0;
    for (const char *at = text;; at++) {
        at = wefti_name_skip_blanks(at);
        wefti_name *name = &list->names[list->count];
        at = wefti_name_read(at, stop, name);
        if (at == NULL || name->size == 0)
            return false;
        list->count++;
        at = wefti_name_skip_blanks(at);
        if (wefti_ascii_begins(at, "desc")) {
            name->descending = true;
            at = wefti_name_skip_blanks(at + 4);
        } else if (wefti_ascii_begins(at, "asc")) {
            at = wefti_name_skip_blanks(at + 3);
        }
        if (*at == '\0' || strchr(stop, *at) != NULL) {
            if (rest != NULL)
                *rest = at;
            return true;
        }
        if (*at != ',' || list->count == WEFTI_MAX_KEY_COLUMNS)
            return false;
    }
}

/* ---- tables while they are made ---- */

static uint32_t name_slot(const char *name, size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)name[i];
        hash = (hash ^ (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c)) * 16777619u;
    }
    return hash;
}

static uint32_t model_slot(const weft_model *model)
{
    return (uint32_t)(((uintptr_t)model >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 32);
}

static void index_name(wefti_build *build, uint32_t table)
{
    const char *name = build->tables[table]->name;
    uint32_t i = name_slot(name, strlen(name));
    while (build->by_name[i & build->slot_mask] != 0)
        i++;
    build->by_name[i & build->slot_mask] = table + 1;
}

static void index_model(wefti_build *build, uint32_t table)
{
    uint32_t i = model_slot(build->tables[table]->model);
    while (build->by_model[i & build->slot_mask] != 0)
        i++;
    build->by_model[i & build->slot_mask] = table + 1;
}

/* Room for one more table, and the tables found by name and by model. */
static bool grow_tables(wefti_build *build)
{
    uint32_t capacity = build->table_capacity > 0 ? 2 * build->table_capacity : 16;
    wefti_table **tables = wefti_arena_alloc(build->arena, capacity * sizeof *tables);
    build->by_name = wefti_arena_zalloc(build->arena, 2 * capacity * sizeof *build->by_name);
    build->by_model = wefti_arena_zalloc(build->arena, 2 * capacity * sizeof *build->by_model);
    if (tables == NULL || build->by_name == NULL || build->by_model == NULL)
        return false;
    if (build->table_count > 0)
        memcpy(tables, build->tables, build->table_count * sizeof *tables);
    build->tables = tables;
    build->table_capacity = capacity;
    build->slot_mask = 2 * capacity - 1;
    for (uint32_t t = 0; t < build->table_count; t++) {
        if (build->tables[t]->main == build->tables[t]) /* a table is found by its name as the main model has it */
            index_name(build, t);
        if (build->tables[t]->model != NULL)
            index_model(build, t);
    }
    return true;
}

/* The number of a schema among those that models name; -1: out of memory, or there are too many. */
static int place_number(wefti_build *build, const char *name)
{
    wefti_schema *schema = build->schema;
    uint16_t i = 0;
    while (i < schema->place_count && strcmp(schema->place_names[i], name) != 0)
        i++;
    if (i < schema->place_count)
        return i;
    if (schema->place_names == NULL)
        schema->place_names = wefti_arena_zalloc(build->arena, WEFTI_MOST_PLACES * sizeof *schema->place_names);
    if (schema->place_names == NULL || i == WEFTI_MOST_PLACES)
        return -1;
    ((const char **)(uintptr_t)schema->place_names)[i] = name;
    return schema->place_count++;
}

static const char *place_sql(wefti_build *build, const char *name)
{
    wefti_text text;
    const int number = place_number(build, name);
    if (number < 0)
        return NULL;
    if (build->schema->marks)
        return wefti_arena_printf(build->arena, "%c%c%c", WEFTI_PLACE_MARK, 'a' + number / 16, 'a' + number % 16);
    wefti_text_init(&text, 0);
    wefti_add_identifier(&text, name);
    const char *sql = text.failed ? NULL : wefti_arena_strndup(build->arena, text.data, text.size);
    wefti_text_deinit(&text);
    return sql;
}

static wefti_table *add_table(wefti_build *build, const char *schema, const char *name, wefti_table *main)
{
    if (build->table_count == build->table_capacity && !grow_tables(build))
        return NULL;
    wefti_table *table = wefti_arena_zalloc(build->arena, sizeof *table);
    wefti_mapper *mapper = wefti_arena_zalloc(build->arena, sizeof *mapper);
    if (table == NULL || mapper == NULL)
        return NULL;
    table->mapper = mapper;
    table->schema = build->schema;
    table->name = name;
    table->schema_name = schema;
    if (schema != NULL && (table->schema_sql = place_sql(build, schema)) == NULL)
        return NULL;
    table->main = main != NULL ? main : table;
    build->tables[build->table_count++] = table;
    if (main == NULL) {
        index_name(build, build->table_count - 1);
        return table;
    }
    build->schema->has_views = true;
    main->has_models = table->has_models = true;
    while (main->next_view != NULL)
        main = wefti_build_own(main->next_view);
    main->next_view = table;
    return table;
}

wefti_table *wefti_build_add_table(wefti_build *build, const char *schema, const char *name)
{
    return add_table(build, schema, name, NULL);
}

static bool same_schema(const char *a, const char *b) { return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0; }

static wefti_table *table_named(const wefti_build *build, const char *schema, const char *name, size_t size)
{
    if (build->slot_mask == 0)
        return NULL;
    for (uint32_t i = name_slot(name, size), at; (at = build->by_name[i & build->slot_mask]) != 0; i++) {
        wefti_table *table = build->tables[at - 1];
        if (strlen(table->name) == size && memcmp(table->name, name, size) == 0 && same_schema(table->schema_name, schema))
            return table;
    }
    return NULL;
}

/* Within the model's own schema first, then where no schema is said. */
static wefti_table *table_near(const wefti_build *build, const char *schema, const char *name, size_t size)
{
    wefti_table *table = table_named(build, schema, name, size);
    return table == NULL && schema != NULL ? table_named(build, NULL, name, size) : table;
}

wefti_table *wefti_build_find_table(const wefti_build *build, const char *schema, const char *text, size_t size)
{
    const char *name = NULL, *said = NULL;
    wefti_table *table = table_near(build, schema, text, size);
    if (table != NULL)
        return table;
    const bool qualified = wefti_table_name_read(text, size, build->arena, &said, &name);
    if (name == NULL)
        return NULL;
    return qualified ? table_named(build, said, name, strlen(name)) : table_near(build, schema, name, strlen(name));
}

wefti_table *wefti_build_table_of(const wefti_build *build, const weft_model *model)
{
    if (build->slot_mask == 0)
        return NULL;
    for (uint32_t i = model_slot(model), at; (at = build->by_model[i & build->slot_mask]) != 0; i++)
        if (build->tables[at - 1]->model == model)
            return build->tables[at - 1];
    return NULL;
}

/* A table met before whose name is the same to a database. */
static const wefti_table *find_same_name(const wefti_build *build, const char *schema, const char *name)
{
    if (build->slot_mask == 0)
        return NULL;
    for (uint32_t i = name_slot(name, strlen(name)), at; (at = build->by_name[i & build->slot_mask]) != 0; i++)
        if (wefti_ascii_equal(build->tables[at - 1]->name, name) && same_schema(build->tables[at - 1]->schema_name, schema))
            return build->tables[at - 1];
    return NULL;
}

/* Doubles an array whose count is a power of two or zero; the new element is zero. */
static void *grow(wefti_arena *arena, const void *items, uint16_t count, size_t size)
{
    if (count > 0 && (count & (count - 1)) != 0)
        return (void *)(uintptr_t)items;
    void *grown = wefti_arena_zalloc(arena, (count > 0 ? 2u * count : 1u) * size);
    if (grown != NULL && count > 0)
        memcpy(grown, items, count * size);
    return grown;
}

wefti_foreign_key *wefti_build_add_foreign_key(wefti_build *build, wefti_table *table)
{
    wefti_foreign_key *keys = grow(build->arena, table->foreign_keys, table->foreign_key_count, sizeof *keys);
    if (keys == NULL)
        return NULL;
    table->foreign_keys = keys;
    return &keys[table->foreign_key_count++];
}

wefti_index *wefti_build_add_index(wefti_build *build, wefti_table *table)
{
    wefti_index *indexes = grow(build->arena, table->indexes, table->index_count, sizeof *indexes);
    if (indexes == NULL)
        return NULL;
    table->indexes = indexes;
    return &indexes[table->index_count++];
}

static weft_status add_model(wefti_build *build, const weft_model *model);

/* The model that another one is a view of. */
static weft_status add_main(wefti_build *build, const wefti_table *view, const weft_model *main)
{
    if (main == view->model || wefti_build_view_of(main) != NULL)
        return wefti_build_error(build, view, NULL, ".view_of leads to %s, which is %s", main->name,
                                 main == view->model ? "the model itself" : "a view, too");
    if (main->table == NULL || strcmp(main->table, view->model->table) != 0)
        return wefti_build_error(build, view, NULL, "a view of %s stands for the table \"%s\", not for \"%s\"", main->name,
                                 main->table == NULL ? "" : main->table, view->model->table);
    return add_model(build, main);
}

static weft_status add_model(wefti_build *build, const weft_model *model)
{
    if (wefti_build_table_of(build, model) != NULL)
        return WEFT_OK;
    const wefti_table nameless = {.model = model, .name = ""};
    weft_status status = wefti_build_check_name(build, &nameless, NULL, "table", model->table);
    if (status != WEFT_OK)
        return status;
    const weft_model *main = wefti_build_view_of(model);
    const char *schema = wefti_build_schema_of(model);
    if (schema != NULL && (status = wefti_build_check_name(build, &nameless, NULL, "schema", schema)) != WEFT_OK)
        return status;
    if (main != NULL && (status = add_main(build, &nameless, main)) != WEFT_OK)
        return status;
    if (main != NULL && schema != NULL && !same_schema(schema, wefti_build_schema_of(main)))
        return wefti_build_error(build, &nameless, NULL,
                                 ".schema \"%s\" is not that of %s, whose table this is a view of; leave it out", schema,
                                 main->name);
    schema = main != NULL ? wefti_build_schema_of(main) : schema;
    const wefti_table *same = find_same_name(build, schema, model->table);
    if (same != NULL && same->model != main)
        return wefti_build_error(build, &nameless, NULL,
                                 "the table \"%s\" is mapped by %s already; give each model a table of its own, or say "
                                 "WEFT_OPTIONS(%s, .view_of = &%s_model)",
                                 model->table, same->model->name, model->name, same->model->name);
    if (schema != NULL && place_number(build, schema) < 0 && build->schema->place_count == WEFTI_MOST_PLACES)
        return wefti_build_error(build, &nameless, NULL, "the models name more than %d schemas", WEFTI_MOST_PLACES);
    wefti_table *table = add_table(build, schema, model->table, main == NULL ? NULL : wefti_build_table_of(build, main));
    if (table == NULL)
        return wefti_error_memory(build->error);
    table->model = model;
    wefti_build_mapper(table)->size = model->size;
    index_model(build, build->table_count - 1);
    if (build->table_count > UINT16_MAX)
        return wefti_build_error(build, table, NULL, "too many models");
    return wefti_build_check_parts(build, table);
}

/* The models of metadata and, breadth first, those that relationships lead to. */
static weft_status collect_models(wefti_build *build, const weft_metadata *metadata)
{
    for (size_t i = 0; metadata != NULL && i < metadata->count; i++) {
        if (metadata->models == NULL || metadata->models[i] == NULL)
            return wefti_build_error(build, NULL, NULL, "model %zu of the list is NULL", i + 1);
        weft_status status = add_model(build, metadata->models[i]);
        if (status != WEFT_OK)
            return status;
    }
    for (uint32_t t = 0; t < build->table_count; t++) {
        const wefti_table *table = build->tables[t];
        for (size_t i = 0; i < table->attr_count; i++) {
            if (table->attrs[i].target == NULL)
                continue;
            weft_status status = add_model(build, table->attrs[i].target);
            if (status != WEFT_OK)
                return status;
        }
    }
    return WEFT_OK;
}

/* An integer key that stands alone, refers to nothing and has no default is made by the database. */
static void mark_generated(wefti_table *table)
{
    if (table->model == NULL || table->key_count != 1) {
        for (uint16_t i = 0; i < table->key_count; i++) /* the parts of a composite key are the program's: zero is a value there */
            ((wefti_column *)(uintptr_t)table->key[i])->generated = false;
        return;
    }
    wefti_column *key = (wefti_column *)(uintptr_t)table->key[0];
    table->integer_key = wefti_type_is_integer(key->type);
    if (!table->integer_key || !key->generated || key->server_default != NULL || wefti_table_is_view(table))
        key->generated = false;
    for (uint16_t i = 0; i < table->foreign_key_count; i++)
        if (table->foreign_keys[i].count == 1 && table->foreign_keys[i].columns[0] == key)
            key->generated = false;
    if (key->generated)
        table->generated = key;
}

static weft_status fill_slots(wefti_build *build)
{
    wefti_schema *schema = build->schema;
    uint32_t capacity = 4;
    while (capacity < 2 * build->table_count + 1)
        capacity *= 2;
    schema->slots = wefti_arena_zalloc(build->arena, capacity * sizeof *schema->slots);
    if (schema->slots == NULL)
        return wefti_error_memory(build->error);
    schema->slot_mask = capacity - 1;
    for (uint32_t t = 0; t < build->table_count; t++) {
        const wefti_table *table = build->tables[t];
        if (table->model == NULL)
            continue;
        uint32_t i = (uint32_t)(((uintptr_t)table->model >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 32);
        while (schema->slots[i & schema->slot_mask] != NULL)
            i++;
        schema->slots[i & schema->slot_mask] = table;
    }
    return WEFT_OK;
}

/* A decimal that refers to another one is kept as that one is: 1.5 refers to 1.50. A key may refer further; rounds are bounded,
 * for keys may refer in a circle. */
static void share_spellings(const wefti_build *build)
{
    for (int round = 0; round < WEFTI_MAX_KEY_COLUMNS; round++)
        for (uint32_t t = 0; t < build->table_count; t++)
            for (uint16_t k = 0; k < build->tables[t]->foreign_key_count; k++) {
                const wefti_foreign_key *key = &build->tables[t]->foreign_keys[k];
                for (uint16_t i = 0; i < key->count; i++) {
                    wefti_column *column = (wefti_column *)(uintptr_t)key->columns[i];
                    const wefti_column *spelling = wefti_column_spelling(key->target_columns[i]);
                    if (column->type == WEFT_DECIMAL && spelling->type == WEFT_DECIMAL && spelling != column)
                        column->spelt_as = spelling;
                }
            }
}

typedef weft_status (*table_step)(wefti_build *build, wefti_table *table);

static weft_status build_all(wefti_build *build, const weft_metadata *metadata)
{
    /* Link tables are added by the relations step and need none of the steps before it. */
    static const table_step steps[] = {wefti_build_sequences,  wefti_build_columns,      wefti_build_drawn,
                                       wefti_build_check_view, wefti_build_view_columns, wefti_build_foreign_keys,
                                       wefti_build_relations,  wefti_build_inferred,     wefti_build_backs,
                                       wefti_build_indexes};
    weft_status status = collect_models(build, metadata);
    for (size_t step = 0; status == WEFT_OK && step < sizeof steps / sizeof steps[0]; step++) {
        uint32_t count = build->table_count;
        for (uint32_t t = 0; status == WEFT_OK && t < count; t++)
            if (build->tables[t]->model != NULL)
                status = steps[step](build, build->tables[t]);
    }
    for (uint32_t t = 0; t < build->table_count; t++)
        mark_generated(build->tables[t]);
    if (status == WEFT_OK)
        status = wefti_build_check_keys(build);
    if (status == WEFT_OK)
        share_spellings(build);
    if (status == WEFT_OK)
        status = wefti_build_check_links(build);
    if (status == WEFT_OK)
        status = wefti_build_enums(build);
    if (status == WEFT_OK)
        status = wefti_build_check_names(build);
    if (status == WEFT_OK)
        status = wefti_build_loading(build);
    if (status == WEFT_OK)
        status = fill_slots(build);
    return status == WEFT_OK ? wefti_build_order(build) : status;
}

static weft_status new_schema(const weft_metadata *metadata, bool marks, wefti_schema **schema, weft_error *error)
{
    *schema = NULL;
    wefti_schema *made = wefti_calloc(1, sizeof *made);
    if (made == NULL)
        return wefti_error_memory(error);
    wefti_arena_init(&made->arena, 8192);
    made->marks = marks;
    wefti_build build = {.schema = made, .arena = &made->arena, .error = error};
    made->naming = metadata != NULL ? metadata->naming : NULL;
    weft_status status = wefti_naming_check(made->naming, error);
    if (status == WEFT_OK)
        status = build_all(&build, metadata);
    if (status != WEFT_OK) {
        wefti_schema_free(made);
        return status;
    }
    *schema = made;
    return WEFT_OK;
}

weft_status wefti_schema_new(const weft_metadata *metadata, wefti_schema **schema, weft_error *error)
{
    return new_schema(metadata, false, schema, error);
}

/* Where there is one schema only, all that models name are that one, or the engine is refused. */
weft_status wefti_schema_new_translated(const weft_metadata *metadata, const wefti_dialect *dialect, wefti_schema **schema,
                                        weft_error *error)
{
    weft_status status = new_schema(metadata, dialect->only_schema == NULL, schema, error);
    for (uint16_t t = 0; status == WEFT_OK && dialect->only_schema != NULL && t < (*schema)->table_count; t++)
        if ((*schema)->tables[t]->schema_name != NULL)
            wefti_build_own((*schema)->tables[t])->schema_name = dialect->only_schema;
    if (status == WEFT_OK)
        status = wefti_schema_settle(*schema, dialect, error);
    if (status != WEFT_OK) {
        wefti_schema_free(*schema);
        *schema = NULL;
    }
    return status;
}

void wefti_schema_free(wefti_schema *schema)
{
    if (schema == NULL)
        return;
    wefti_arena_deinit(&schema->arena);
    wefti_free(schema);
}

/* ---- look-ups ---- */

weft_status wefti_table_check_written(const wefti_table *table, const char *call, weft_error *error)
{
    if (!wefti_table_is_view(table))
        return WEFT_OK;
    wefti_error_set(error, WEFT_ERROR_MISUSE, "%s: %s is the model of the view \"%s\", which is only read", call,
                    table->model->name, table->name);
    wefti_error_hint(error, "write to the tables that the view reads, through their models or by text");
    return WEFT_ERROR_MISUSE;
}

const wefti_table *wefti_schema_table_named(const wefti_schema *schema, const char *name)
{
    for (uint16_t i = 0; i < schema->table_count; i++)
        if (strcmp(schema->tables[i]->name, name) == 0)
            return schema->tables[i]->main;
    return NULL;
}

const wefti_table *wefti_schema_table_in(const wefti_schema *schema, const char *place, const char *name)
{
    for (uint16_t i = 0; i < schema->table_count; i++)
        if (strcmp(schema->tables[i]->name, name) == 0 && same_schema(schema->tables[i]->schema_name, place))
            return schema->tables[i]->main;
    return NULL;
}

const wefti_column *wefti_table_column_at(const wefti_table *table, size_t offset)
{
    const wefti_mapper *mapper = table->mapper;
    if (mapper->by_offset == NULL)
        return NULL;
    uint16_t low = 0, high = mapper->field_count;
    while (low < high) {
        uint16_t middle = (uint16_t)((low + high) / 2);
        const wefti_field *field = &mapper->fields[mapper->by_offset[middle]];
        if (field->offset == offset)
            return field->column;
        if (field->offset < offset)
            low = (uint16_t)(middle + 1);
        else
            high = middle;
    }
    return NULL;
}

const wefti_relation *wefti_table_relation_at(const wefti_table *table, size_t offset)
{
    for (uint16_t i = 0; i < table->relation_count; i++)
        if (table->relations[i].offset == offset)
            return &table->relations[i];
    return NULL;
}

const wefti_column *wefti_table_column_listed(const wefti_table *table, const wefti_name *name)
{
    for (uint16_t i = 0; i < table->column_count; i++)
        if (name_is(name, table->columns[i].name))
            return &table->columns[i];
    return NULL;
}

const wefti_column *wefti_table_column_named(const wefti_table *table, const char *name)
{
    for (uint16_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}
