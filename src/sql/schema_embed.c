/* Embedded structs: the entries of a model, with those of the structs that it embeds in their places. */
#include "sql/schema_build.h"

#include "base/error.h"

#include <string.h>

#define MOST_LEVELS 8 /* of structs within structs; a set that embeds itself is found by it */

#define CHECK(condition, ...) \
    do { \
        if (!(condition)) \
            return wefti_build_error(build, table, field, __VA_ARGS__); \
    } while (0)

static bool has_other_options(const weft_attr *a)
{
    return a->target != NULL || a->enum_names != NULL || a->codec != NULL || a->column != NULL || a->sql_type != NULL ||
           a->primary_key || a->not_generated || a->nullable || a->not_null || a->unique || a->index || a->zero_is_unset ||
           a->version || a->guard != WEFT_GUARD_CHANGED || a->length != 0 || a->precision != 0 || a->scale != 0 ||
           a->references != NULL || a->on_delete != NULL || a->on_update != NULL || a->server_default != NULL ||
           a->comment != NULL || a->native_enum != NULL || a->deferrable || a->initially_deferred || a->deferred ||
           a->group != NULL || a->generated != NULL || a->stored || wefti_build_counts(a) || a->name != NULL ||
           a->columns != NULL || a->where != NULL || a->check != NULL || a->match_full || a->include != NULL ||
           a->storage != NULL || a->tablespace != NULL || a->insert_value != NULL || a->update_value != NULL;
}

static weft_status check_embed(const wefti_build *build, const wefti_table *table, const char *field, const weft_attr *embed)
{
    const weft_columns_set *set = embed->embedded;
    CHECK(embed->field != NULL && embed->field[0] != '\0', "an entry of the model has no field");
    CHECK(set != NULL && set->name != NULL && set->attrs != NULL && set->attr_count > 0, "the embedded struct has no columns");
    CHECK(set->attr_count <= WEFTI_MOST_ATTRS, "%s has %zu entries; at most %d are possible", set->name, set->attr_count,
          WEFTI_MOST_ATTRS);
    CHECK(embed->size == set->size, "the field has %zu bytes, and %s has %zu", embed->size, set->name, set->size);
    CHECK(!embed->flat || embed->prefix == NULL, ".flat and .prefix exclude each other");
    CHECK(!has_other_options(embed), "WEFT_EMBED takes .prefix and .flat; what else is to be said of columns stands in %s",
          set->name);
    return WEFT_OK;
}

/* a + b + c, which may be NULL. */
static const char *join(wefti_build *build, const char *a, const char *b, const char *c)
{
    const size_t sizes[] = {a != NULL ? strlen(a) : 0, strlen(b), c != NULL ? strlen(c) : 0};
    char *text = wefti_arena_alloc(build->arena, sizes[0] + sizes[1] + sizes[2] + 1);
    if (text == NULL)
        return NULL;
    if (a != NULL)
        memcpy(text, a, sizes[0]);
    memcpy(text + sizes[0], b, sizes[1]);
    if (c != NULL)
        memcpy(text + sizes[0] + sizes[1], c, sizes[2]);
    text[sizes[0] + sizes[1] + sizes[2]] = '\0';
    return text;
}

/* Where an embedded struct stands: its path in C, with a dot at its end, and what stands before the names of its columns. */
typedef struct place {
    const char *path, *prefix;
    size_t offset;
    int level;
} place;

/* Adds the entries of a struct to *out, or counts them where that is NULL. */
static weft_status expand(wefti_build *build, const wefti_table *table, const weft_attr *attrs, size_t attr_count, const place *at,
                          weft_attr *out, size_t *count)
{
    for (size_t i = 0; i < attr_count; i++) {
        const weft_attr *attr = &attrs[i];
        const char *field = attr->field == NULL ? NULL : at->level > 0 ? join(build, at->path, attr->field, NULL) : attr->field;
        if (attr->field != NULL && field == NULL)
            return wefti_error_memory(build->error);
        if (attr->kind == WEFT_ATTR_EMBED) {
            CHECK(at->level < MOST_LEVELS, "structs are embedded deeper than %d, or embed themselves", MOST_LEVELS);
            weft_status status = check_embed(build, table, field, attr);
            if (status != WEFT_OK)
                return status;
            const char *prefix = attr->flat || attr->prefix != NULL ? attr->prefix : join(build, NULL, attr->field, "_");
            const place within = {.path = join(build, NULL, field, "."),
                                  .prefix = join(build, at->prefix, prefix != NULL ? prefix : "", NULL),
                                  .offset = at->offset + attr->offset,
                                  .level = at->level + 1};
            if (within.path == NULL || within.prefix == NULL || (prefix == NULL && !attr->flat))
                return wefti_error_memory(build->error);
            status = expand(build, table, attr->embedded->attrs, attr->embedded->attr_count, &within, out, count);
            if (status != WEFT_OK)
                return status;
            continue;
        }
        CHECK(at->level == 0 || attr->kind == WEFT_ATTR_COLUMN,
              "an embedded struct has columns only; indexes, constraints and relationships are entries of the model");
        CHECK(*count < WEFTI_MOST_ATTRS, "the model has more than %d entries with those of embedded structs", WEFTI_MOST_ATTRS);
        if (out != NULL)
            out[*count] = *attr;
        if (out != NULL && at->level > 0) {
            const char *column = attr->column != NULL ? attr->column : attr->field;
            out[*count].field = field;
            out[*count].offset += at->offset;
            out[*count].column = column != NULL ? join(build, at->prefix, column, NULL) : NULL;
            if (column != NULL && out[*count].column == NULL)
                return wefti_error_memory(build->error);
        }
        ++*count;
    }
    return WEFT_OK;
}

weft_status wefti_build_attrs(wefti_build *build, wefti_table *table)
{
    const weft_model *model = table->model;
    const place whole = {.level = 0};
    bool embeds = false;
    for (size_t i = 0; i < model->attr_count; i++)
        embeds = embeds || model->attrs[i].kind == WEFT_ATTR_EMBED;
    table->attrs = model->attrs;
    table->attr_count = model->attr_count;
    if (!embeds)
        return WEFT_OK;
    size_t count = 0;
    weft_status status = expand(build, table, model->attrs, model->attr_count, &whole, NULL, &count);
    if (status != WEFT_OK)
        return status;
    weft_attr *attrs = wefti_arena_alloc(build->arena, count * sizeof *attrs);
    if (attrs == NULL)
        return wefti_error_memory(build->error);
    table->attrs = attrs;
    table->attr_count = count;
    count = 0;
    return expand(build, table, model->attrs, model->attr_count, &whole, attrs, &count);
}

const weft_attr *wefti_model_field(const weft_model *model, const char *field, size_t *offset)
{
    const weft_selectable *selectable = model->selectable;
    if (selectable != NULL && selectable->kind == WEFT_SELECTABLE_ALIAS && selectable->of != NULL) {
        model = selectable->of;
        selectable = model->selectable;
    }
    const bool derived = selectable != NULL && selectable->row != NULL;
    const weft_attr *attrs = derived ? selectable->row->fields : model->attrs;
    size_t count = derived ? selectable->row->field_count : model->attr_count;
    *offset = 0;
    for (int level = 0; level <= MOST_LEVELS && attrs != NULL; level++) {
        const weft_attr *embed = NULL;
        for (size_t i = 0; i < count && embed == NULL; i++) {
            const size_t size = attrs[i].field != NULL ? strlen(attrs[i].field) : 0;
            if (size == 0 || strncmp(field, attrs[i].field, size) != 0)
                continue;
            if (field[size] == '\0' && attrs[i].kind != WEFT_ATTR_EMBED) {
                *offset += attrs[i].offset;
                return &attrs[i];
            }
            if (field[size] == '.' && attrs[i].kind == WEFT_ATTR_EMBED && attrs[i].embedded != NULL)
                embed = &attrs[i];
        }
        if (embed == NULL)
            return NULL;
        field += strlen(embed->field) + 1;
        *offset += embed->offset;
        attrs = embed->embedded->attrs;
        count = embed->embedded->attr_count;
    }
    return NULL;
}
