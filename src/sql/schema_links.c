/* Link tables of many-to-many relationships: .through names a mapped table or makes one.
 *
 * A made table has the two keys as its columns and, together, as its primary key; it has no model. The other side of the
 * relationship finds it by name. */
#include "sql/schema_build.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

typedef struct through_text {
    const char *table; /* as it is written, and its size */
    size_t size;
    bool named; /* columns are given */
    wefti_name_list local, remote;
} through_text;

static weft_status bad_through(const wefti_build *build, const wefti_relation *relation, const weft_attr *attr)
{
    return wefti_build_error(build, relation->source, attr->field,
                             ".through \"%s\" is not \"table(%d columns for the key of %s%s %d for that "
                             "of %s)\"",
                             attr->through, relation->source->key_count, relation->source->name,
                             relation->source->key_count + relation->target->key_count > 2 ? ";" : ",", relation->target->key_count,
                             relation->target->name);
}

static weft_status parse_through(const wefti_build *build, const wefti_relation *relation, const weft_attr *attr, through_text *out)
{
    const char *open, *rest = NULL, *name = attr->through;
    const size_t size = wefti_table_name_before(name, &open);
    uint16_t local = relation->source->key_count, remote = relation->target->key_count;
    *out = (through_text){.table = name, .size = size, .named = *open == '('};
    if (size == 0 || (*open != '(' && *open != '\0'))
        return bad_through(build, relation, attr);
    if (*open == '\0')
        return WEFT_OK;
    if (!wefti_name_list_parse(&out->local, open + 1, ";)", &rest))
        return bad_through(build, relation, attr);
    if (*rest == ';') {
        if (!wefti_name_list_parse(&out->remote, rest + 1, ")", &rest))
            return bad_through(build, relation, attr);
    } else if (out->local.count == local + remote) {
        out->remote.count = remote;
        memcpy(out->remote.names, out->local.names + local, remote * sizeof *out->remote.names);
        out->local.count = local;
    }
    return *rest == ')' && out->local.count == local && out->remote.count == remote ? WEFT_OK : bad_through(build, relation, attr);
}

static const char *link_column_name(wefti_build *build, const wefti_name *name, const wefti_column *key)
{
    return name != NULL ? wefti_name_copy(name, build->arena)
                        : wefti_arena_printf(build->arena, "%s_%s", key->table->name, key->name);
}

static weft_status add_link_columns(wefti_build *build, wefti_table *link, const wefti_relation *relation, const weft_attr *attr,
                                    const wefti_name_list *names, const wefti_table *end, const wefti_column **out)
{
    for (uint16_t i = 0; i < end->key_count; i++) {
        wefti_column *column = (wefti_column *)(uintptr_t)&link->columns[link->column_count];
        *column = *end->key[i];
        column->table = link;
        column->main = column;
        column->index = link->column_count;
        column->name = link_column_name(build, names != NULL ? &names->names[i] : NULL, end->key[i]);
        if (column->name == NULL)
            return wefti_error_memory(build->error);
        weft_status status = wefti_build_check_name(build, relation->source, attr->field, "link column", column->name);
        if (status != WEFT_OK)
            return status;
        if (wefti_table_column_named(link, column->name) != NULL)
            return wefti_build_error(build, relation->source, attr->field,
                                     ".through has the column \"%s\" twice; name both columns, as in "
                                     "\"%s(from_id, to_id)\"",
                                     column->name, link->name);
        wefti_field *field = (wefti_field *)(uintptr_t)&link->mapper->fields[link->column_count];
        *field = *end->key[i]->field;
        field->column = column;
        field->name = column->name;
        field->offset = 0;
        field->version = field->zero_is_unset = false;
        column->field = field;
        column->primary_key = true;
        column->generated = column->unique = column->nullable = false;
        column->server_default = column->draws = NULL;
        column->identity = column->identity_always = false;
        column->counting = NULL;
        if (link->key_count == WEFTI_MAX_KEY_COLUMNS)
            return wefti_build_error(build, relation->source, attr->field, "the two keys together have more than %d columns",
                                     WEFTI_MAX_KEY_COLUMNS);
        link->key[link->key_count++] = column;
        out[i] = column;
        wefti_build_mapper(link)->field_count = ++link->column_count;
    }
    return WEFT_OK;
}

/* A table between stands in the schema of its ends, where they have one and the same. */
static const char *schema_of_both(const wefti_relation *relation)
{
    const char *a = relation->source->schema_name, *b = relation->target->schema_name;
    return a != NULL && b != NULL && strcmp(a, b) == 0 ? a : NULL;
}

static weft_status make_link(wefti_build *build, wefti_relation *relation, const weft_attr *attr, const through_text *through)
{
    const wefti_table *source = relation->source, *target = relation->target;
    const char *name = NULL, *schema = schema_of_both(relation);
    (void)wefti_table_name_read(through->table, through->size, build->arena, &schema, &name);
    wefti_table *link = name != NULL ? wefti_build_add_table(build, schema, name) : NULL;
    wefti_column *columns = wefti_arena_zalloc(build->arena, (size_t)(source->key_count + target->key_count) * sizeof *columns);
    wefti_field *fields = wefti_arena_zalloc(build->arena, (size_t)(source->key_count + target->key_count) * sizeof *fields);
    if (link == NULL || columns == NULL || fields == NULL)
        return wefti_error_memory(build->error);
    link->columns = columns;
    wefti_build_mapper(link)->fields = fields;
    relation->link = link;
    weft_status status = wefti_build_check_name(build, source, attr->field, "link table", name);
    if (status == WEFT_OK)
        status =
            add_link_columns(build, link, relation, attr, through->named ? &through->local : NULL, source, relation->link_local);
    if (status == WEFT_OK)
        status =
            add_link_columns(build, link, relation, attr, through->named ? &through->remote : NULL, target, relation->link_remote);
    if (status == WEFT_OK)
        status = wefti_build_implied_key(build, link, relation->link_local, source->key_count, source, source->key, "CASCADE");
    if (status == WEFT_OK)
        status = wefti_build_implied_key(build, link, relation->link_remote, target->key_count, target, target->key, "CASCADE");
    if (status != WEFT_OK)
        return status;
    /* The primary key serves one direction; the other needs this. */
    wefti_index index = {.count = target->key_count};
    memcpy(index.columns, relation->link_remote, target->key_count * sizeof *index.columns);
    return wefti_build_index(build, link, &index, NULL);
}

/* The columns of an existing table: named, or those of its only foreign key to the end. */
static weft_status find_link_columns(wefti_build *build, wefti_relation *relation, const weft_attr *attr,
                                     const wefti_name_list *names, const wefti_table *end, bool second, const wefti_column **out)
{
    if (names != NULL)
        return wefti_build_find_columns(build, relation->source, attr->field, relation->link, names, out);
    const wefti_foreign_key *key = NULL;
    uint16_t matches = 0;
    for (uint16_t i = 0; i < relation->link->foreign_key_count; i++)
        if (relation->link->foreign_keys[i].target == end) {
            matches++;
            if (key == NULL || second)
                key = &relation->link->foreign_keys[i];
        }
    if (key == NULL || matches != 1 || key->count != end->key_count)
        return wefti_build_error(build, relation->source, attr->field,
                                 "\"%s\" has %d foreign keys to \"%s\"; name the columns in .through, as "
                                 "in \"%s(from_id, to_id)\"",
                                 relation->link->name, matches, end->name, relation->link->name);
    for (uint16_t i = 0; i < end->key_count; i++)
        for (uint16_t j = 0; j < key->count; j++)
            if (key->target_columns[j] == end->key[i])
                out[i] = key->columns[j];
    return WEFT_OK;
}

static weft_status imply_link_key(wefti_build *build, wefti_table *link, const wefti_column *const *columns, const wefti_table *end)
{
    if (wefti_table_is_view(link) || wefti_table_is_view(end) ||
        wefti_table_foreign_key_over(link, columns, end->key_count) != NULL)
        return WEFT_OK; /* a database has no foreign keys from or to views */
    return wefti_build_implied_key(build, link, columns, end->key_count, end, end->key, NULL);
}

weft_status wefti_build_link(wefti_build *build, wefti_relation *relation, const weft_attr *attr)
{
    const wefti_table *source = relation->source, *target = relation->target;
    through_text through;
    weft_status status = parse_through(build, relation, attr, &through);
    if (status != WEFT_OK)
        return status;
    relation->local_count = source->key_count;
    relation->remote_count = target->key_count;
    memcpy(relation->local, source->key, source->key_count * sizeof *relation->local);
    memcpy(relation->remote, target->key, target->key_count * sizeof *relation->remote);
    wefti_table *link = wefti_build_find_table(build, schema_of_both(relation), through.table, through.size);
    if (link == NULL && (wefti_table_is_view(source) || wefti_table_is_view(target)))
        return wefti_build_error(
            build, source, attr->field,
            ".through \"%s\" is no table of a model: what leads to a view is only read, and somebody must fill it", through.table);
    if (link == NULL)
        return make_link(build, relation, attr, &through);
    relation->link = link;
    relation->view_only = relation->view_only || wefti_table_is_view(link);
    if (link == source || link == target)
        return wefti_build_error(build, source, attr->field, ".through \"%s\" is one of the two ends", link->name);
    status = find_link_columns(build, relation, attr, through.named ? &through.local : NULL, source, false, relation->link_local);
    if (status == WEFT_OK)
        status =
            find_link_columns(build, relation, attr, through.named ? &through.remote : NULL, target, true, relation->link_remote);
    if (status == WEFT_OK)
        status = imply_link_key(build, link, relation->link_local, source);
    return status == WEFT_OK ? imply_link_key(build, link, relation->link_remote, target) : status;
}

/* ---- who uses a link table ---- */

static int compare_links(const void *left, const void *right)
{
    const wefti_relation *const *a = left, *const *b = right;
    if ((*a)->link != (*b)->link)
        return (uintptr_t)(*a)->link < (uintptr_t)(*b)->link ? -1 : 1;
    return *a == *b ? 0 : (uintptr_t)*a < (uintptr_t)*b ? -1 : 1;
}

static const wefti_relation **collect_links(const wefti_build *build, size_t *count)
{
    size_t most = 0;
    *count = 0;
    for (uint32_t t = 0; t < build->table_count; t++)
        most += build->tables[t]->relation_count;
    const wefti_relation **links = wefti_calloc(most + 1, sizeof *links);
    for (uint32_t t = 0; links != NULL && t < build->table_count; t++)
        for (uint16_t i = 0; i < build->tables[t]->relation_count; i++)
            if (build->tables[t]->relations[i].link != NULL)
                links[(*count)++] = &build->tables[t]->relations[i];
    return links;
}

/* Each of two relationships that know nothing of each other would show the other's rows, and write them twice. */
weft_status wefti_build_check_links(wefti_build *build)
{
    size_t count;
    weft_status status = WEFT_OK;
    const wefti_relation **links = collect_links(build, &count);
    if (links == NULL)
        return wefti_error_memory(build->error);
    if (count > 1)
        qsort((void *)links, count, sizeof *links, compare_links);
    for (size_t i = 0; status == WEFT_OK && i < count; i++)
        for (size_t j = i + 1; status == WEFT_OK && j < count && links[j]->link == links[i]->link; j++) {
            const wefti_relation *a = links[i], *b = links[j];
            if (a->back == b || a->view_only || b->view_only)
                continue;
            status = wefti_build_error(build, a->source, a->field,
                                       "%s.%s has the same link table, \"%s\"; make them the two sides of one relationship "
                                       "(.back_populates), or one of them .view_only, or give each a table of its own",
                                       b->source->model->name, b->field, a->link->name);
        }
    wefti_free((void *)links);
    return status;
}
