/* Schemas, enum types and sequences: what is made, changed and dropped of them. */
#include "schema/comparing.h"

#include <string.h>

static bool same(const char *schema_a, const char *a, const char *schema_b, const char *b)
{
    return wefti_def_same_word(a, b) && wefti_def_same_word(schema_a, schema_b);
}

/* ---- schemas ---- */

static bool has_schema(const weft_schema_table *tables, size_t count, const char *schema)
{
    for (size_t i = 0; i < count; i++)
        if (wefti_def_same_word(tables[i].schema, schema))
            return true;
    return false;
}

static void create_schemas(wefti_comparing *c)
{
    const wefti_definition *wanted = c->wanted;
    for (size_t i = 0; i < wanted->table_count; i++) {
        const char *schema = wanted->tables[i].schema;
        if (schema != NULL && !has_schema(c->found, c->found_count, schema) && !has_schema(wanted->tables, i, schema))
            WEFTI_COMPARING_ADD(c, WEFTI_PHASE_TYPES, WEFTI_OP_CREATE_SCHEMA, .of.create_schema = {schema, true});
    }
}

/* ---- enums ---- */

/* Whether the values that are there stand in the wanted ones, in this order. */
static bool only_grows(const weft_schema_enum *wanted, const weft_schema_enum *found)
{
    size_t at = 0;
    const size_t count = wefti_def_count(wanted->values);
    for (const char *const *value = found->values; value != NULL && *value != NULL; value++) {
        while (at < count && strcmp(wanted->values[at], *value) != 0)
            at++;
        if (at++ >= count)
            return false;
    }
    return true;
}

static void add_values(wefti_comparing *c, const weft_schema_enum *wanted, const weft_schema_enum *found)
{
    for (size_t i = 0; i < wefti_def_count(wanted->values); i++) {
        const char *before = NULL;
        if (wefti_comparing_names_contain(found->values, wanted->values[i]))
            continue;
        for (size_t k = i + 1; before == NULL && wanted->values[k] != NULL; k++)
            before = wefti_comparing_names_contain(found->values, wanted->values[k]) ? wanted->values[k] : NULL;
        WEFTI_COMPARING_ADD(c, WEFTI_PHASE_ENUM_VALUES, WEFTI_OP_ADD_ENUM_VALUE,
                            .of.add_enum_value = {{wanted->schema, wanted->name}, wanted->values[i], before, false});
    }
}

/* A column that has the type now takes the new one of the same name, and what rows have in it by their words. A default that goes
 * or becomes another one is gone then: the new type may have no such value. */
static void move_columns(wefti_comparing *c, const weft_schema_enum *type)
{
    for (size_t t = 0; t < c->found_count; t++)
        for (size_t i = 0; i < c->found[t].column_count && c->found[t].kind == WEFT_RELATION_TABLE; i++) {
            weft_schema_column *column = (weft_schema_column *)(uintptr_t)&c->found[t].columns[i];
            if (!wefti_def_same_word(column->enum_type, type->name) || !wefti_def_same_word(column->enum_schema, type->schema))
                continue;
            wefti_text to;
            wefti_text_init(&to, 0);
            wefti_add_qualified(&to, type->schema, type->name);
            wefti_text_add(&to, column->array ? "[]" : "");
            const char *type_text = wefti_comparing_keep(c, &to);
            const bool had = column->server_default != NULL;
            if (had && !wefti_comparing_keeps_default(c, &c->found[t], column))
                column->server_default = NULL;
            WEFTI_COMPARING_ADD(c, WEFTI_PHASE_TYPES, WEFTI_OP_ALTER_COLUMN,
                                .of.alter_column = {.table = wefti_def_name_of(&c->found[t]),
                                                    .column = column->name,
                                                    .type = type_text,
                                                    .using_ = wefti_comparing_cast(c, column, type_text, true),
                                                    .drop_default = had,
                                                    .set_default = wefti_comparing_found_text(c, column->server_default)});
        }
}

/* PostgreSQL takes no value away and moves none: the type is made anew beside the old one. */
static void make_again(wefti_comparing *c, const weft_schema_enum *wanted, const weft_schema_enum *found)
{
    wefti_text old;
    wefti_text_init(&old, 0);
    wefti_text_add_format(&old, "%.48s_weft_old", found->name);
    const char *name = wefti_comparing_keep(c, &old);
    WEFTI_COMPARING_ADD(c, WEFTI_PHASE_TYPES, WEFTI_OP_RENAME_ENUM, .of.rename_enum = {{found->schema, found->name}, name});
    WEFTI_COMPARING_ADD(c, WEFTI_PHASE_TYPES, WEFTI_OP_CREATE_ENUM, .of.create_enum = {wanted, false});
    move_columns(c, wanted);
    const wefti_op drop = {.kind = WEFTI_OP_DROP_ENUM, .destructive = true, .of.drop_enum = {{found->schema, name}, false}};
    wefti_ops_add(&c->phases[WEFTI_PHASE_TYPES], &drop);
}

static void change_enums(wefti_comparing *c)
{
    const wefti_definition *wanted = c->wanted;
    for (size_t i = 0; i < wanted->enum_count; i++) {
        const weft_schema_enum *type = &wanted->enums[i], *there = NULL;
        for (size_t k = 0; k < c->what->found->enum_count; k++)
            if (same(type->schema, type->name, c->found_enums[k].schema, c->found_enums[k].name))
                there = &c->found_enums[k];
        if (there == NULL)
            WEFTI_COMPARING_ADD(c, WEFTI_PHASE_TYPES, WEFTI_OP_CREATE_ENUM, .of.create_enum = {type, false});
        else if (only_grows(type, there))
            add_values(c, type, there);
        else
            make_again(c, type, there);
    }
    for (size_t k = 0; k < c->what->found->enum_count; k++) {
        const weft_schema_enum *there = &c->found_enums[k];
        bool stays = false;
        for (size_t i = 0; i < wanted->enum_count; i++)
            stays = stays || same(wanted->enums[i].schema, wanted->enums[i].name, there->schema, there->name);
        if (!stays)
            WEFTI_COMPARING_ADD(c, WEFTI_PHASE_DROP_TYPES, WEFTI_OP_DROP_ENUM,
                                .of.drop_enum = {{there->schema, there->name}, false});
    }
}

/* ---- sequences ---- */

static weft_type type_of(const weft_schema_sequence *one) { return one->type != WEFT_UNMAPPED ? (weft_type)one->type : WEFT_INT64; }

bool wefti_comparing_begins_anew(const weft_counting *wanted, const weft_counting *found, weft_type type)
{
    const weft_counting a = wefti_def_counting(wanted, type), b = wefti_def_counting(found, type);
    return a.minimum > b.minimum || a.maximum < b.maximum || (a.increment < 0) != (b.increment < 0);
}

static const weft_schema_sequence *sequence_of(const wefti_definition *d, const weft_schema_sequence *like)
{
    for (size_t i = 0; i < d->sequence_count; i++)
        if (same(d->sequences[i].schema, d->sequences[i].name, like->schema, like->name))
            return &d->sequences[i];
    return NULL;
}

bool wefti_comparing_follow(const wefti_comparing *c, weft_schema_sequence *sequence)
{
    const wefti_definition *found = c->what->found;
    for (size_t i = 0; sequence->table != NULL && sequence->column != NULL && i < found->table_count; i++) {
        const weft_schema_table *was = &found->tables[i], *now = &c->found[i];
        if (!same(was->schema, was->name, sequence->schema, sequence->table))
            continue;
        const wefti_def_name name = wefti_def_name_of(now);
        const weft_schema_table *stays = wefti_def_find_table(c->what->wanted, &name);
        for (size_t k = 0; k < was->column_count; k++) {
            if (strcmp(was->columns[k].name, sequence->column) != 0)
                continue;
            sequence->table = now->name;
            sequence->column = now->columns[k].name;
            return stays != NULL && wefti_def_find_column(stays, sequence->column) != NULL;
        }
    }
    return true;
}

/* A sequence that nobody wants and a default that stays draws from belongs to that column. */
static bool is_drawn_from(wefti_comparing *c, const weft_schema_sequence *sequence)
{
    for (size_t i = 0; i < c->pair_count; i++)
        if (c->pairs[i].wanted->kind == WEFT_RELATION_TABLE && wefti_comparing_is_drawn_from(c, &c->pairs[i], sequence))
            return true;
    return false;
}

/* For what stands before the column that it belongs to, which then gets it. */
static const weft_schema_sequence *without_owner(wefti_comparing *c, const weft_schema_sequence *wanted)
{
    weft_schema_sequence *alone = wefti_comparing_room(c, 1, sizeof *alone);
    if (alone == NULL)
        return wanted;
    *alone = *wanted;
    alone->table = alone->column = NULL;
    if (wanted->table != NULL && wanted->column != NULL)
        WEFTI_COMPARING_ADD(c, WEFTI_PHASE_CONSTRAINTS, WEFTI_OP_OWN_SEQUENCE, .of.own_sequence = {wanted});
    return alone;
}

static bool has_owner(const wefti_comparing *c, const weft_schema_sequence *wanted)
{
    for (size_t i = 0; wanted->table != NULL && wanted->column != NULL && i < c->found_count; i++)
        if (same(c->found[i].schema, c->found[i].name, wanted->schema, wanted->table))
            return wefti_def_find_column(&c->found[i], wanted->column) != NULL;
    return wanted->table == NULL || wanted->column == NULL;
}

static void change_sequence(wefti_comparing *c, const weft_schema_sequence *wanted, const weft_schema_sequence *found)
{
    const bool anew = wefti_comparing_begins_anew(&wanted->counting, &found->counting, type_of(wanted));
    WEFTI_COMPARING_ADD(c, WEFTI_PHASE_TYPES, WEFTI_OP_ALTER_SEQUENCE,
                        .of.alter_sequence = {has_owner(c, wanted) ? wanted : without_owner(c, wanted),
                                              type_of(wanted) != type_of(found), anew});
    for (size_t i = 0; anew && i < c->pair_count; i++)
        if (c->pairs[i].wanted->kind == WEFT_RELATION_TABLE)
            wefti_comparing_pass_rows(c, &c->pairs[i], wanted);
}

/* Whether it is to belong to another column than it does; one that goes would take it along. */
static bool gets_owner(const wefti_comparing *c, const weft_schema_sequence *wanted, const weft_schema_sequence *found)
{
    weft_schema_sequence follows = *found;
    const bool stays = wefti_comparing_follow(c, &follows);
    return wanted->table != NULL && wanted->column != NULL &&
           (!stays || !wefti_def_same_word(wanted->table, follows.table) || !wefti_def_same_word(wanted->column, follows.column));
}

static void change_sequences(wefti_comparing *c)
{
    const wefti_definition *wanted = c->wanted, *found = c->what->found;
    for (size_t i = 0; i < wanted->sequence_count; i++) {
        const weft_schema_sequence *a = &wanted->sequences[i], *b = sequence_of(found, a);
        if (b == NULL)
            WEFTI_COMPARING_ADD(c, WEFTI_PHASE_TYPES, WEFTI_OP_CREATE_SEQUENCE, .of.create_sequence = {without_owner(c, a), false});
        else if (type_of(a) != type_of(b) || !wefti_def_same_counting(&a->counting, &b->counting, type_of(a)))
            change_sequence(c, a, b);
        else if (gets_owner(c, a, b))
            WEFTI_COMPARING_ADD(c, WEFTI_PHASE_CONSTRAINTS, WEFTI_OP_OWN_SEQUENCE, .of.own_sequence = {a});
    }
    for (size_t i = 0; i < found->sequence_count; i++) { /* one that belongs to a column has gone with it */
        const weft_schema_sequence *there = &found->sequences[i];
        weft_schema_sequence follows = *there;
        const wefti_op drop = {.kind = WEFTI_OP_DROP_SEQUENCE,
                               .destructive = true,
                               .of.drop_sequence = {{there->schema, there->name}, true}};
        if (sequence_of(wanted, there) == NULL && wefti_comparing_follow(c, &follows) && !is_drawn_from(c, there))
            wefti_ops_add(&c->phases[WEFTI_PHASE_DROP_TYPES], &drop);
    }
}

void wefti_comparing_types(wefti_comparing *c)
{
    if (!c->ddl->made_types)
        return;
    create_schemas(c);
    change_enums(c);
    change_sequences(c);
}
