/* WHERE of a SELECT, both sinks: keys, owners of a relationship, and the caller's condition, in this order. */
#include "sql/walk_expr.h"
#include "sql/walk_select.h"

static void walk_single_key(wefti_walk *walk, const wefti_source *source, const wefti_column *column, const wefti_array *key,
                            bool first)
{
    weft_value value = wefti_field_value(key->type, key->size, wefti_array_field(key, 0));
    if (column->field->own)
        wefti_own_hold(&value); /* until the statement has run */
    wefti_walk_note(walk, WEFT_EXPR_EQ | (uint64_t)(unsigned)value.type << 16);
    wefti_walk_sql(walk, first ? "" : " AND ");
    wefti_walk_source_column(walk, source, column);
    wefti_walk_sql(walk, " = ");
    if (walk->render != NULL)
        wefti_walk_value(walk, &value, &(wefti_hint){.column = column, .type = column->type, .strict = true});
    else
        wefti_walk_value(walk, &value, NULL);
}

static void walk_key_array(wefti_walk *walk, const wefti_column *column, const wefti_array *keys, bool alone)
{
    uint16_t item = wefti_walk_item_type(keys), type;
    uint8_t form;
    wefti_walk_note(walk, WEFT_EXPR_IN | (uint64_t)item << 16);
    if (walk->render == NULL) {
        weft_value value = {.type = (weft_type)(item | WEFTI_ARRAY)};
        value.as.s.data = (const char *)(const void *)keys;
        value.as.s.size = keys->count;
        wefti_walk_lift(walk, &value);
        return;
    }
    if (!wefti_form_of(item, true, column, column->type, &type, &form))
        (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s.%s: keys are %s values", column->table->name, column->name,
                              wefti_type_of(item)->word);
    else
        wefti_walk_add_parameter(walk, alone ? wefti_walk_placed(walk, type) : type, column, form);
}

/* columns of source among arrays of keys, which are lifted. one: single values instead. */
static void walk_keys(wefti_walk *walk, const wefti_source *source, const wefti_column *const *columns, uint16_t count,
                      const wefti_array *keys, bool one)
{
    for (uint16_t i = 0; one && i < count; i++)
        walk_single_key(walk, source, columns[i], &keys[i], i == 0);
    if (one)
        return;
    wefti_walk_sql(walk, count > 1 ? "(" : "");
    for (uint16_t i = 0; i < count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        wefti_walk_source_column(walk, source, columns[i]);
    }
    if (count > 1)
        wefti_walk_sql(walk, ") IN (");
    else
        wefti_walk_in_open(walk, true, columns[0]);
    for (uint16_t i = 0; i < count; i++)
        walk_key_array(walk, columns[i], &keys[i], count == 1);
    if (walk->render == NULL || walk->status != WEFT_OK)
        return;
    uint32_t first = walk->render->parameter_count - count + 1;
    if (count > 1)
        walk->dialect->add_tuples(walk, columns, count, first);
    else
        wefti_walk_placeholder(walk, first);
    wefti_walk_sql(walk, count > 1 ? ")" : walk->dialect->in_close);
}

static void walk_owners(wefti_walk *walk, const wefti_select *select, const wefti_elements *from)
{
    const wefti_among *owners = select->among;
    const wefti_relation *relation = owners->relation;
    const bool joined = wefti_walk_joins_owner(select);
    const wefti_source *source = joined ? from->owner : relation->link != NULL ? from->owner_link : from->entity;
    const wefti_column *const *columns = joined                   ? relation->local
                                         : relation->link != NULL ? relation->link_local
                                                                  : relation->remote;
    uint16_t count = relation->local_count;
    wefti_walk_note_pointer(walk, relation);
    wefti_walk_note(walk, owners->owners != NULL);
    if (owners->owners == NULL) {
        walk_keys(walk, source, columns, count, owners->keys, false);
        return;
    }
    wefti_walk_sql(walk, count > 1 ? "(" : "");
    for (uint16_t i = 0; i < count; i++) {
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        wefti_walk_source_column(walk, source, columns[i]);
    }
    wefti_walk_sql(walk, count > 1 ? ") IN (" : " IN (");
    wefti_walk_owner_select(walk, owners->owners, relation);
    wefti_walk_sql(walk, ")");
}

void wefti_walk_where(wefti_walk *walk, const wefti_select *select, const wefti_elements *from)
{
    const char *keyword = " WHERE ";
    const wefti_among *among = select->among;
    if (among != NULL && among->relation == NULL) {
        wefti_walk_note(walk, WEFTI_NOTE_KEYS | (uint64_t)among->one << 16);
        wefti_walk_sql(walk, keyword);
        walk_keys(walk, from->entity, select->from->key, select->from->key_count, among->keys, among->one);
        keyword = " AND ";
    } else if (among != NULL) {
        wefti_walk_note(walk, WEFTI_NOTE_OWNERS);
        wefti_walk_sql(walk, keyword);
        walk_owners(walk, select, from);
        keyword = " AND ";
    }
    if (select->where != NULL)
        wefti_walk_condition(walk, select->where, WEFTI_NOTE_WHERE, keyword,
                             among == NULL ? WEFTI_PRECEDENCE_NONE : WEFTI_PRECEDENCE_AND);
}
