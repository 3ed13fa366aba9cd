/* Relationships: which columns they join, the foreign keys they imply, and their other sides.
 *
 * Those that name their columns come first, because the foreign keys they imply may be what resolves the others. */
#include "sql/schema_build.h"

#include "base/error.h"

#include <string.h>

static bool is_relation(const weft_attr *attr) { return attr->kind >= WEFT_ATTR_HAS_MANY && attr->kind <= WEFT_ATTR_HAS_ONE; }

static const char *kind_name(weft_attr_kind kind)
{
    switch (kind) {
    case WEFT_ATTR_HAS_MANY: return "WEFT_HAS_MANY";
    case WEFT_ATTR_MANY_TO_MANY: return "WEFT_MANY_TO_MANY";
    case WEFT_ATTR_BELONGS_TO: return "WEFT_BELONGS_TO";
    default: return "WEFT_HAS_ONE";
    }
}

static const weft_attr *attr_of(const wefti_relation *relation)
{
    const wefti_table *table = relation->source;
    for (size_t i = 0; i < table->attr_count; i++)
        if (is_relation(&table->attrs[i]) && table->attrs[i].offset == relation->offset)
            return &table->attrs[i];
    return NULL;
}

/* Fills the column pairs of a relationship from a foreign key of child that refers to parent. */
static void join_by_key(wefti_relation *relation, const wefti_foreign_key *key)
{
    bool belongs_to = relation->kind == WEFT_ATTR_BELONGS_TO;
    relation->local_count = relation->remote_count = key->count;
    for (uint16_t i = 0; i < key->count; i++) {
        relation->local[i] = belongs_to ? key->columns[i] : key->target_columns[i];
        relation->remote[i] = belongs_to ? key->target_columns[i] : key->columns[i];
    }
}

/* From or to a view, where the database has no foreign key: a column may refer to a table besides. */
static weft_status join_by_columns(wefti_build *build, wefti_relation *relation, const wefti_column *const *columns, uint16_t count,
                                   const wefti_table *parent)
{
    wefti_foreign_key key = {.count = count};
    memcpy(key.columns, columns, count * sizeof *columns);
    memcpy(key.target_columns, parent->key, count * sizeof *columns);
    for (uint16_t i = 0; i < count; i++) {
        weft_status status = wefti_build_check_pair(build, relation->source, relation->field, columns[i], parent->key[i], NULL);
        if (status != WEFT_OK)
            return status;
    }
    join_by_key(relation, &key);
    return WEFT_OK;
}

static weft_status resolve_named(wefti_build *build, wefti_relation *relation, const weft_attr *attr)
{
    bool belongs_to = relation->kind == WEFT_ATTR_BELONGS_TO;
    wefti_table *child = wefti_build_own(belongs_to ? relation->source : relation->target);
    const wefti_table *parent = belongs_to ? relation->target : relation->source;
    wefti_name_list list;
    if (!wefti_name_list_parse(&list, attr->foreign_key, "", NULL))
        return wefti_build_error(build, relation->source, attr->field, ".foreign_key \"%s\" is no list of columns",
                                 attr->foreign_key);
    const wefti_column *columns[WEFTI_MAX_KEY_COLUMNS];
    weft_status status = wefti_build_find_columns(build, relation->source, attr->field, child, &list, columns);
    if (status != WEFT_OK) {
        wefti_error_hint(build->error, ".foreign_key of %s names columns of \"%s\"", kind_name(attr->kind), child->name);
        return status;
    }
    const wefti_foreign_key *key = NULL;
    for (uint16_t i = 0; i < child->foreign_key_count && key == NULL; i++) {
        const wefti_foreign_key *other = &child->foreign_keys[i];
        bool same = other->target == parent && other->count == list.count;
        for (uint16_t j = 0; same && j < list.count; j++) {
            bool found = false;
            for (uint16_t k = 0; k < other->count; k++)
                found = found || other->columns[k] == columns[j];
            same = found;
        }
        if (same)
            key = other;
    }
    const bool view = wefti_table_is_view(child) || wefti_table_is_view(parent);
    if (key == NULL && !view && wefti_table_foreign_key_over(child, columns, list.count) != NULL)
        return wefti_build_error(build, relation->source, attr->field, "\"%s.%s\" refers to the table \"%s\", not to \"%s\"",
                                 child->name, columns[0]->name,
                                 wefti_table_foreign_key_over(child, columns, list.count)->target->name, parent->name);
    if (key == NULL) {
        if (list.count != parent->key_count)
            return wefti_build_error(build, relation->source, attr->field,
                                     ".foreign_key names %d columns, but the primary key of \"%s\" "
                                     "has %d",
                                     list.count, parent->name, parent->key_count);
        if (view)
            return join_by_columns(build, relation, columns, list.count, parent);
        status = wefti_build_implied_key(build, child, columns, list.count, parent, parent->key, NULL);
        if (status != WEFT_OK)
            return status;
        key = &child->foreign_keys[child->foreign_key_count - 1];
    }
    join_by_key(relation, key);
    return WEFT_OK;
}

/* Without .foreign_key there must be exactly one foreign key that can be meant. */
static weft_status resolve_inferred(wefti_build *build, wefti_relation *relation, const weft_attr *attr)
{
    bool belongs_to = relation->kind == WEFT_ATTR_BELONGS_TO;
    const wefti_table *child = belongs_to ? relation->source : relation->target;
    const wefti_table *parent = belongs_to ? relation->target : relation->source;
    const wefti_foreign_key *key = NULL;
    for (uint16_t i = 0; i < child->foreign_key_count; i++) {
        if (child->foreign_keys[i].target != parent)
            continue;
        if (key != NULL)
            return wefti_build_error(build, relation->source, attr->field,
                                     "both \"%s\" and \"%s\" of \"%s\" refer to \"%s\"; say which one "
                                     "is meant by .foreign_key",
                                     key->columns[0]->name, child->foreign_keys[i].columns[0]->name, child->name, parent->name);
        key = &child->foreign_keys[i];
    }
    if (key == NULL)
        return wefti_build_error(build, relation->source, attr->field,
                                 "no column of \"%s\" refers to \"%s\"; name one by .foreign_key", child->name, parent->name);
    join_by_key(relation, key);
    return WEFT_OK;
}

static weft_status parse_order(wefti_build *build, wefti_relation *relation, const weft_attr *attr)
{
    wefti_name_list list;
    if (attr->order_by == NULL)
        return WEFT_OK;
    if (!wefti_name_list_parse(&list, attr->order_by, "", NULL))
        return wefti_build_error(build, relation->source, attr->field,
                                 ".order_by \"%s\" is no list of columns, such as \"name, id DESC\"", attr->order_by);
    const wefti_column *columns[WEFTI_MAX_KEY_COLUMNS];
    weft_status status = wefti_build_find_columns(build, relation->source, attr->field, relation->target, &list, columns);
    for (uint16_t i = 0; status == WEFT_OK && i < list.count; i++)
        relation->order[i] = (wefti_order_column){columns[i], list.names[i].descending};
    relation->order_count = status == WEFT_OK ? list.count : 0;
    return status;
}

static weft_status check_options(const wefti_build *build, const wefti_relation *relation, const weft_attr *attr)
{
    bool many_to_many = relation->kind == WEFT_ATTR_MANY_TO_MANY;
    const wefti_table *table = relation->source, *target = relation->target;
    if (table->main != table && relation->kind != WEFT_ATTR_BELONGS_TO)
        return wefti_build_error(build, table, attr->field,
                                 "a view of %s has relationships to what its columns refer to, of "
                                 "WEFT_BELONGS_TO; others belong to %s",
                                 table->main->model->name, table->main->model->name);
    if (target->main != target)
        return wefti_build_error(build, table, attr->field, "a relationship leads to %s, of which %s is a view",
                                 target->main->model->name, target->model->name);
    if (table->main != table && attr->back_populates != NULL)
        return wefti_build_error(build, table, attr->field, ".back_populates belongs to %s", table->main->model->name);
    if ((wefti_table_is_view(table) || wefti_table_is_view(target)) && (attr->cascade & ~WEFT_CASCADE_SAVE) != 0)
        return wefti_build_error(build, table, attr->field, "the rows of a view are only read: leave .cascade out");
    if (many_to_many && attr->through == NULL)
        return wefti_build_error(build, table, attr->field,
                                 "a many-to-many relationship needs .through = \"table(column, column)\"");
    if (many_to_many && attr->foreign_key != NULL)
        return wefti_build_error(build, table, attr->field,
                                 ".foreign_key does not apply to WEFT_MANY_TO_MANY; name the columns in .through");
    if (!many_to_many && attr->through != NULL)
        return wefti_build_error(build, table, attr->field, ".through applies to WEFT_MANY_TO_MANY only");
    if ((attr->cascade & WEFT_CASCADE_DELETE_ORPHAN) != 0 && relation->kind != WEFT_ATTR_HAS_MANY &&
        relation->kind != WEFT_ATTR_HAS_ONE)
        return wefti_build_error(build, table, attr->field,
                                 "WEFT_CASCADE_DELETE_ORPHAN belongs to the side of the one owner (WEFT_HAS_MANY "
                                 "or WEFT_HAS_ONE), not to %s",
                                 kind_name(attr->kind));
    if ((unsigned)attr->lazy > WEFT_LOAD_RAISE)
        return wefti_build_error(build, table, attr->field,
                                 ".lazy is none of WEFT_LOAD_LAZY, _JOINED, _SUBQUERY, _SELECTIN, _RAISE");
    if (relation->order_count > 0 && !relation->to_many)
        return wefti_build_error(build, table, attr->field, ".order_by applies to collections only");
    for (uint16_t i = 0; i < relation->index; i++)
        if (table->relations[i].offset == relation->offset)
            return wefti_build_error(build, table, attr->field, "the field is mapped twice");
    return WEFT_OK;
}

static weft_status add_relation(wefti_build *build, wefti_table *table, wefti_relation *relation, const weft_attr *attr)
{
    const wefti_table *target = wefti_build_table_of(build, attr->target);
    *relation = (wefti_relation){.source = table,
                                 .target = target,
                                 .index = table->relation_count,
                                 .kind = attr->kind,
                                 .field = attr->field,
                                 .offset = attr->offset,
                                 .lazy = attr->lazy,
                                 .cascade = attr->cascade | WEFT_CASCADE_SAVE,
                                 .passive_deletes = attr->passive_deletes,
                                 .view_only = attr->view_only || wefti_table_is_view(table) || wefti_table_is_view(target)};
    relation->to_many = attr->kind == WEFT_ATTR_HAS_MANY || attr->kind == WEFT_ATTR_MANY_TO_MANY;
    weft_status status = parse_order(build, relation, attr);
    if (status == WEFT_OK)
        status = check_options(build, relation, attr);
    if (status == WEFT_OK && attr->kind == WEFT_ATTR_MANY_TO_MANY)
        return wefti_build_link(build, relation, attr);
    return status == WEFT_OK && attr->foreign_key != NULL ? resolve_named(build, relation, attr) : status;
}

weft_status wefti_build_relations(wefti_build *build, wefti_table *table)
{
    size_t count = 0;
    if (table->main != table && wefti_build_view_keys(build, table) != WEFT_OK)
        return build->error->status;
    for (size_t i = 0; i < table->attr_count; i++)
        count += is_relation(&table->attrs[i]);
    if (count == 0)
        return WEFT_OK;
    if (count > 64)
        return wefti_build_error(build, table, NULL, "the model has %zu relationships; at most 64 are possible", count);
    wefti_relation *relations = wefti_arena_zalloc(build->arena, count * sizeof *relations);
    if (relations == NULL)
        return wefti_error_memory(build->error);
    table->relations = relations;
    for (size_t i = 0; i < table->attr_count; i++) {
        const weft_attr *attr = &table->attrs[i];
        if (!is_relation(attr))
            continue;
        if (attr->target == NULL)
            return wefti_build_error(build, table, attr->field, "the relationship has no target model");
        weft_status status = add_relation(build, table, &relations[table->relation_count], attr);
        if (status != WEFT_OK)
            return status;
        table->relation_count++;
    }
    return WEFT_OK;
}

weft_status wefti_build_inferred(wefti_build *build, wefti_table *table)
{
    for (uint16_t i = 0; i < table->relation_count; i++) {
        wefti_relation *relation = (wefti_relation *)(uintptr_t)&table->relations[i];
        if (relation->local_count > 0)
            continue;
        weft_status status = resolve_inferred(build, relation, attr_of(relation));
        if (status != WEFT_OK)
            return status;
    }
    return WEFT_OK;
}

/* ---- the other side ---- */

static bool kinds_match(const wefti_relation *a, const wefti_relation *b)
{
    if (a->kind == WEFT_ATTR_MANY_TO_MANY || b->kind == WEFT_ATTR_MANY_TO_MANY)
        return a->kind == b->kind;
    return (a->kind == WEFT_ATTR_BELONGS_TO) != (b->kind == WEFT_ATTR_BELONGS_TO);
}

static bool columns_match(const wefti_relation *a, const wefti_relation *b)
{
    if (a->link != b->link || a->local_count != b->remote_count || a->remote_count != b->local_count)
        return false;
    const wefti_column *const *a_side = a->link != NULL ? a->link_local : a->local, *const *b_side = a->link != NULL
                                                                                                         ? b->link_remote
                                                                                                         : b->remote;
    if (memcmp(a_side, b_side, a->local_count * sizeof *a_side) != 0)
        return false;
    a_side = a->link != NULL ? a->link_remote : a->remote;
    b_side = a->link != NULL ? b->link_local : b->local;
    return memcmp(a_side, b_side, a->remote_count * sizeof *a_side) == 0;
}

static weft_status pair_up(wefti_build *build, wefti_relation *relation, const char *field)
{
    wefti_relation *back = NULL;
    for (uint16_t i = 0; i < relation->target->relation_count; i++)
        if (strcmp(relation->target->relations[i].field, field) == 0)
            back = (wefti_relation *)(uintptr_t)&relation->target->relations[i];
    const char *target = relation->target->model->name;
    if (back == NULL)
        return wefti_build_error(build, relation->source, relation->field, ".back_populates: %s has no relationship \"%s\"", target,
                                 field);
    if (back->target != relation->source)
        return wefti_build_error(build, relation->source, relation->field, ".back_populates: %s.%s leads to %s, not back to %s",
                                 target, field, back->target->model->name, relation->source->model->name);
    const weft_attr *other = attr_of(back);
    if (other->back_populates != NULL && strcmp(other->back_populates, relation->field) != 0)
        return wefti_build_error(build, relation->source, relation->field,
                                 "%s.%s has .back_populates = \"%s\"; both sides must name each "
                                 "other",
                                 target, field, other->back_populates);
    if (back == relation || !kinds_match(relation, back))
        return wefti_build_error(build, relation->source, relation->field,
                                 "%s and %s (%s.%s) cannot be two sides of one relationship", kind_name(relation->kind),
                                 kind_name(back->kind), target, field);
    if (!columns_match(relation, back))
        return wefti_build_error(build, relation->source, relation->field,
                                 "%s.%s, the other side by .back_populates, joins by other columns; "
                                 "make .foreign_key or .through agree",
                                 target, field);
    if ((back->back != NULL && back->back != relation) || (relation->back != NULL && relation->back != back))
        return wefti_build_error(build, relation->source, relation->field,
                                 "%s.%s is the other side of another relationship already", target, field);
    relation->back = back;
    back->back = relation;
    return WEFT_OK;
}

weft_status wefti_build_backs(wefti_build *build, wefti_table *table)
{
    weft_status status = WEFT_OK;
    for (uint16_t i = 0; status == WEFT_OK && i < table->relation_count; i++) {
        wefti_relation *relation = (wefti_relation *)(uintptr_t)&table->relations[i];
        const weft_attr *attr = attr_of(relation);
        if (attr->back_populates != NULL)
            status = pair_up(build, relation, attr->back_populates);
    }
    return status;
}
