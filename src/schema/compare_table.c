/* What a table that both have must go through. */
#include "schema/comparing.h"
#include "schema/drawn.h"

#include "base/locale.h"
#include "type/type.h"

#include <string.h>

/* ---- columns ---- */

weft_schema_column wefti_comparing_column(const wefti_comparing *c, const weft_schema_table *table,
                                          const weft_schema_column *column)
{
    weft_schema_column now = *column;
    const weft_schema_constraint *key = wefti_def_primary_key(table);
    const bool in_key = key != NULL && wefti_comparing_names_contain(key->columns, column->name);
    if (c->ddl->adds_constraints) {
        now.nullable = now.nullable && !in_key && !now.identity && !now.identity_always;
    } else if (in_key && table->without_rowid) {
        now.nullable = false;
    } else if (in_key && wefti_def_count(key->columns) == 1 && !wefti_def_has_word(table->kept, WEFTI_DESC_KEY)) {
        const char *name = column->sql_type != NULL ? column->sql_type : wefti_ddl_type_name(c->ddl, column->type);
        now.identity = now.identity || (name != NULL && wefti_ascii_equal(name, "INTEGER"));
        now.nullable = now.nullable && !now.identity;
    }
    if (now.identity_always)
        now.identity = true;
    if (now.generated != NULL || now.identity)
        now.server_default = NULL;
    if (now.server_default != NULL && wefti_ascii_equal(now.server_default, "NULL"))
        now.server_default = NULL;
    if (!c->ddl->adds_constraints && now.collation != NULL && wefti_ascii_equal(now.collation, "BINARY"))
        now.collation = NULL;
    return now;
}

void wefti_comparing_columns(const wefti_comparing *c, const weft_schema_table *wanted_table, const weft_schema_table *found_table,
                             weft_schema_column *wanted, weft_schema_column *found)
{
    if (c->ddl->settle_column != NULL)
        c->ddl->settle_column(wanted, found);
    *wanted = wefti_comparing_column(c, wanted_table, wanted);
    *found = wefti_comparing_column(c, found_table, found);
}

static bool same_computed(wefti_comparing *c, const weft_schema_table *table, const weft_schema_column *wanted,
                          const weft_schema_column *found)
{
    return wefti_comparing_same_spelling(c, WEFTI_SPELT_COMPUTED, table, wanted->name, wanted->generated, found->generated) &&
           (wanted->generated == NULL || wanted->stored == found->stored);
}

/* A computed column that becomes plain keeps its values, where they are kept with the rows and can be altered. */
static bool becomes_plain(const wefti_comparing *c, const weft_schema_column *wanted, const weft_schema_column *found)
{
    return c->ddl->adds_constraints && wanted->generated == NULL && found->generated != NULL && found->stored;
}

static bool same_values(wefti_comparing *c, const weft_schema_table *table, const weft_schema_column *wanted,
                        const weft_schema_column *found)
{
    const bool row_number = !c->ddl->adds_constraints && wanted->identity && found->identity;
    return (row_number || wefti_comparing_same_type(c, table, wanted, found)) &&
           (c->ddl->adds_constraints ? wefti_def_same_word(wanted->collation, found->collation)
                                     : wefti_comparing_same_text(c, wanted->collation, found->collation));
}

static bool same_default(wefti_comparing *c, const weft_schema_table *table, const weft_schema_column *wanted,
                         const weft_schema_column *found)
{
    return wefti_comparing_same_spelling(c, WEFTI_SPELT_DEFAULT, table, wanted->name, wanted->server_default,
                                         found->server_default);
}

bool wefti_comparing_same_counting(const weft_schema_column *wanted, const weft_schema_column *found)
{
    return !wanted->identity || wefti_def_same_counting(&wanted->counting, &found->counting, (weft_type)wanted->type);
}

bool wefti_comparing_begins_to_count_on(const wefti_comparing *c, const weft_schema_table *wanted, const weft_schema_table *found)
{
    return c->ddl->counts_on != NULL && c->ddl->counts_on(wanted) && !c->ddl->counts_on(found);
}

/* Models that are silent of it want what was found: wefti_comparing_adopt. */
static bool counts_otherwise(const wefti_comparing *c, const weft_schema_table *wanted, const weft_schema_table *found)
{
    return c->ddl->counts_on != NULL && c->ddl->counts_on(wanted) != c->ddl->counts_on(found);
}

static bool same_column(wefti_comparing *c, const weft_schema_table *table, const weft_schema_column *wanted,
                        const weft_schema_column *found)
{
    return wanted->nullable == found->nullable && wanted->identity == found->identity &&
           wanted->identity_always == found->identity_always && wefti_comparing_same_counting(wanted, found) &&
           same_default(c, table, wanted, found);
}

static void match_columns(wefti_comparing *c, wefti_pair *pair)
{
    const weft_schema_table *found = pair->found;
    for (size_t i = 0; i < found->column_count; i++) {
        const weft_schema_column *there = wefti_def_find_column(pair->wanted, found->columns[i].name);
        if (there == NULL) {
            pair->column_goes[i] = pair->differs = true;
            continue;
        }
        weft_schema_column wanted = *there, now = found->columns[i];
        wefti_comparing_columns(c, pair->wanted, found, &wanted, &now);
        const bool plain = becomes_plain(c, &wanted, &now);
        pair->column_goes[i] = !plain && !same_computed(c, pair->wanted, &wanted, &now);
        pair->differs = pair->differs || plain;
        pair->column_changes[i] = !same_values(c, pair->wanted, &wanted, &now);
        pair->differs =
            pair->differs || pair->column_goes[i] || pair->column_changes[i] || !same_column(c, pair->wanted, &wanted, &now);
    }
    for (size_t i = 0; i < pair->wanted->column_count; i++)
        pair->differs = pair->differs || wefti_def_find_column(found, pair->wanted->columns[i].name) == NULL;
    for (size_t i = 0; i < found->column_count; i++)
        pair->disturbed = pair->disturbed || pair->column_goes[i] || pair->column_changes[i];
}

/* A column that is computed of one that goes or has another type is made anew. */
static void match_computed(const wefti_comparing *c, wefti_pair *pair)
{
    const weft_schema_table *found = pair->found;
    for (size_t i = 0; i < found->column_count; i++)
        for (size_t k = 0; found->columns[i].generated != NULL && k < found->column_count; k++)
            if ((pair->column_goes[k] || pair->column_changes[k]) &&
                wefti_comparing_mentions(c, found->columns[i].generated, found->columns[k].name))
                pair->column_goes[i] = true;
}

/* ---- constraints and indexes ---- */

static bool touched(const wefti_comparing *c, const wefti_pair *pair, const weft_schema_constraint *constraint)
{
    const bool key = constraint->kind == WEFT_CONSTRAINT_FOREIGN_KEY;
    for (size_t i = 0; i < pair->found->column_count; i++) {
        const char *name = pair->found->columns[i].name;
        if ((pair->column_goes[i] || (key && pair->column_changes[i])) &&
            (wefti_comparing_names_contain(constraint->columns, name) || wefti_comparing_names_contain(constraint->include, name) ||
             wefti_comparing_mentions(c, constraint->expression, name)))
            return true;
    }
    return false;
}

static bool touched_index(const wefti_comparing *c, const wefti_pair *pair, const weft_schema_index *index)
{
    for (size_t i = 0; i < pair->found->column_count; i++) {
        const char *name = pair->found->columns[i].name;
        bool stands = wefti_comparing_names_contain(index->include, name) || wefti_comparing_mentions(c, index->where, name);
        for (size_t p = 0; p < index->part_count; p++)
            stands = stands || wefti_def_same_word(index->parts[p].column, name) ||
                     wefti_comparing_mentions(c, index->parts[p].expression, name);
        if (pair->column_goes[i] && stands)
            return true;
    }
    return false;
}

/* What is the same under another name stays, unless something else is to have its name, or has the other one: what undoes a
 * revision gives everything the names by which the revision drops it. */
static bool takes_name(const wefti_comparing *c, const char *wanted, const char *found, bool by_name)
{
    if (by_name)
        return wefti_def_same_word(wanted, found);
    return (found == NULL || !wefti_comparing_is_name_wanted(c, found)) &&
           (wanted == NULL || !wefti_comparing_is_name_found(c, wanted));
}

/* Names of constraints are a table's own on SQLite, which does nothing by them. */
static bool takes_constraint_name(const wefti_comparing *c, const char *wanted, const char *found, bool by_name)
{
    return takes_name(c, wanted, found, by_name) || (!by_name && !c->ddl->adds_constraints);
}

static void match_constraints(wefti_comparing *c, wefti_pair *pair, bool by_name)
{
    for (size_t w = 0; w < pair->wanted->constraint_count; w++)
        for (size_t f = 0; pair->constraint_of[w] == 0 && f < pair->found->constraint_count; f++) {
            const weft_schema_constraint *wanted = &pair->wanted->constraints[w], *found = &pair->found->constraints[f];
            if (pair->constraint_stays[f] || !takes_constraint_name(c, wanted->name, found->name, by_name) ||
                touched(c, pair, found) || !wefti_comparing_same_constraint(c, pair->wanted, wanted, found))
                continue;
            pair->constraint_of[w] = (uint32_t)f + 1;
            pair->constraint_stays[f] = true;
        }
}

static void match_indexes(wefti_comparing *c, wefti_pair *pair, bool by_name)
{
    for (size_t w = 0; w < pair->wanted->index_count; w++)
        for (size_t f = 0; pair->index_of[w] == 0 && f < pair->found->index_count; f++) {
            const weft_schema_index *wanted = &pair->wanted->indexes[w], *found = &pair->found->indexes[f];
            if (pair->index_stays[f] || !takes_name(c, wanted->name, found->name, by_name) || touched_index(c, pair, found) ||
                !wefti_comparing_same_index(c, pair->wanted, wanted, found))
                continue;
            pair->index_of[w] = (uint32_t)f + 1;
            pair->index_stays[f] = true;
        }
}

void wefti_comparing_match(wefti_comparing *c, wefti_pair *pair)
{
    const weft_schema_table *wanted = pair->wanted, *found = pair->found;
    pair->constraint_of = wefti_comparing_room(c, wanted->constraint_count, sizeof *pair->constraint_of);
    pair->index_of = wefti_comparing_room(c, wanted->index_count, sizeof *pair->index_of);
    pair->constraint_stays = wefti_comparing_room(c, found->constraint_count, 1);
    pair->index_stays = wefti_comparing_room(c, found->index_count, 1);
    pair->column_goes = wefti_comparing_room(c, found->column_count, 1);
    pair->column_changes = wefti_comparing_room(c, found->column_count, 1);
    if (c->status != WEFT_OK)
        return;
    if (wanted->kind == WEFT_RELATION_TABLE) {
        match_columns(c, pair);
        match_computed(c, pair);
        match_constraints(c, pair, true);
        match_constraints(c, pair, false);
        pair->differs = pair->differs || wanted->strict != found->strict || wanted->without_rowid != found->without_rowid ||
                        counts_otherwise(c, wanted, found);
        for (size_t i = 0; i < found->constraint_count; i++)
            pair->differs = pair->differs || !pair->constraint_stays[i];
        for (size_t i = 0; i < wanted->constraint_count; i++)
            pair->differs = pair->differs || pair->constraint_of[i] == 0;
    }
    match_indexes(c, pair, true);
    match_indexes(c, pair, false);
}

/* ---- where a table can be built anew ---- */

static bool is_added_plainly(const weft_schema_column *column)
{
    const char *value = column->server_default;
    if (column->identity || (column->generated != NULL && (column->stored || !column->nullable)))
        return false;
    if (value != NULL && (!wefti_ddl_is_plain(value) || wefti_ascii_begins(value, "current_")))
        return false;
    return column->nullable || column->generated != NULL || (value != NULL && !wefti_ascii_equal(value, "null"));
}

/* Nothing but columns that ALTER TABLE adds at the end, and ones that it drops. */
static bool changes_plainly(wefti_comparing *c, const wefti_pair *pair)
{
    size_t stay = 0;
    if (pair->wanted->strict != pair->found->strict || pair->wanted->without_rowid != pair->found->without_rowid ||
        counts_otherwise(c, pair->wanted, pair->found))
        return false;
    for (size_t i = 0; i < pair->found->constraint_count; i++)
        if (!pair->constraint_stays[i])
            return false;
    for (size_t i = 0; i < pair->wanted->constraint_count; i++)
        if (pair->constraint_of[i] == 0)
            return false;
    for (size_t i = 0; i < pair->found->column_count; i++) {
        const weft_schema_column *there = wefti_def_find_column(pair->wanted, pair->found->columns[i].name);
        if (there == NULL)
            continue;
        weft_schema_column wanted = *there, now = pair->found->columns[i];
        wefti_comparing_columns(c, pair->wanted, pair->found, &wanted, &now);
        if (pair->column_goes[i] || pair->column_changes[i] || !same_column(c, pair->wanted, &wanted, &now))
            return false;
        stay++;
    }
    for (size_t i = 0; i < pair->wanted->column_count; i++)
        if (wefti_def_find_column(pair->found, pair->wanted->columns[i].name) == NULL &&
            !is_added_plainly(&pair->wanted->columns[i]))
            return false;
    return stay > 0;
}

static bool has_column(const weft_schema_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (wefti_ascii_equal(table->columns[i].name, name))
            return true;
    return false;
}

static bool has_row_numbers(const wefti_comparing *c, const weft_schema_table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (wefti_comparing_column(c, table, &table->columns[i]).identity)
            return false; /* a column is the number */
    return !table->without_rowid && !has_column(table, "rowid");
}

/* Those that the table has first: the others are new. */
static weft_schema_index *ordered_indexes(wefti_comparing *c, const wefti_pair *pair, size_t *there)
{
    weft_schema_index *indexes = wefti_comparing_room(c, pair->wanted->index_count, sizeof *indexes);
    size_t count = 0;
    *there = 0;
    for (int is_new = 0; indexes != NULL && is_new < 2; is_new++)
        for (size_t i = 0; i < pair->wanted->index_count; i++)
            if ((pair->index_of[i] == 0) == (is_new != 0)) {
                indexes[count++] = pair->wanted->indexes[i];
                *there += is_new == 0;
            }
    return indexes;
}

/* What the found table has beside, but how the wanted one counts. */
static const char *const *kept_beside(wefti_comparing *c, const weft_schema_table *wanted, const weft_schema_table *found)
{
    const char **all = wefti_comparing_room(c, wefti_def_count(found->kept) + 2, sizeof *all);
    const bool ends = counts_otherwise(c, wanted, found) && !wefti_comparing_begins_to_count_on(c, wanted, found);
    size_t count = 0;
    for (const char *const *kept = found->kept; all != NULL && kept != NULL && *kept != NULL; kept++)
        if (!ends || !c->ddl->counts_on(&(weft_schema_table){.kept = (const char *const[]){*kept, NULL}}))
            all[count++] = *kept;
    if (all != NULL && wefti_comparing_begins_to_count_on(c, wanted, found))
        all[count] = WEFTI_COUNTED_ON;
    return all;
}

weft_type wefti_comparing_kin(const weft_schema_column *column)
{
    return column->array || column->enum_type != NULL ? WEFT_UNMAPPED : wefti_type_of(column->type)->kin;
}

/* Columns that are of whole numbers, or with others of fractions, and were not. */
static const char *const *become_numbers(wefti_comparing *c, const wefti_pair *pair, bool whole)
{
    const char **names = wefti_comparing_room(c, pair->wanted->column_count + 1, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; names != NULL && i < pair->wanted->column_count; i++) {
        const weft_schema_column *wanted = &pair->wanted->columns[i], *found = wefti_def_find_column(pair->found, wanted->name);
        if (found == NULL || wanted->generated != NULL)
            continue;
        const bool is_whole = wefti_comparing_kin(wanted) == WEFT_INT64, was_whole = wefti_comparing_kin(found) == WEFT_INT64;
        const bool is_number = wefti_comparing_kin(wanted) == WEFT_DOUBLE, was_number = wefti_comparing_kin(found) == WEFT_DOUBLE;
        if ((is_whole && !was_whole) || (is_number && !was_whole && !was_number && !whole))
            names[count++] = wanted->name;
    }
    return names;
}

static void rebuild(wefti_comparing *c, wefti_pair *pair)
{
    weft_schema_table *table = wefti_comparing_room(c, 1, sizeof *table);
    const char **columns = wefti_comparing_room(c, pair->wanted->column_count + 1, sizeof *columns);
    size_t count = 0, indexes;
    weft_schema_index *ordered = ordered_indexes(c, pair, &indexes);
    if (c->status != WEFT_OK)
        return;
    *table = *pair->wanted;
    table->kept = kept_beside(c, pair->wanted, pair->found);
    table->indexes = ordered;
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].generated == NULL && wefti_def_find_column(pair->found, table->columns[i].name) != NULL)
            columns[count++] = table->columns[i].name;
    wefti_op op = {.kind = WEFTI_OP_REBUILD_TABLE,
                   .of.rebuild_table = {table, columns, has_row_numbers(c, pair->wanted) && has_row_numbers(c, pair->found),
                                        indexes, NULL, become_numbers(c, pair, false), become_numbers(c, pair, true)}};
    for (size_t i = 0; i < pair->found->column_count; i++)
        op.destructive = op.destructive || (pair->found->columns[i].generated == NULL &&
                                            wefti_def_find_column(table, pair->found->columns[i].name) == NULL);
    for (size_t i = 0; i < pair->found->index_count; i++) /* the others are dropped and made with the table */
        if (!pair->index_stays[i])
            WEFTI_COMPARING_ADD(c, WEFTI_PHASE_DROP_INDEXES, WEFTI_OP_DROP_INDEX,
                                .of.drop_index = {{NULL, pair->found->indexes[i].name}, false, false});
    wefti_ops_add(&c->phases[WEFTI_PHASE_COLUMNS], &op);
}

/* ---- where it is altered ---- */

static bool widens_to_decimal(const weft_schema_column *from, const weft_schema_column *to)
{
    if (to->precision == 0)
        return from->type == WEFT_DECIMAL || wefti_type_of(from->type)->kin == WEFT_INT64;
    return from->type == WEFT_DECIMAL && from->precision > 0 && from->scale <= to->scale &&
           from->precision - from->scale <= to->precision - to->scale;
}

static bool widens(const weft_schema_column *from, const weft_schema_column *to)
{
    const wefti_type *a = wefti_type_of(from->type), *b = wefti_type_of(to->type);
    if (from->array || to->array || from->type == WEFT_UNMAPPED || from->sql_type != NULL || to->sql_type != NULL ||
        to->enum_type != NULL)
        return false;
    if (to->type == WEFT_DECIMAL)
        return widens_to_decimal(from, to);
    if (b->kin == WEFT_TEXT)
        return to->length == 0 || (a->kin == WEFT_TEXT && from->length > 0 && from->length <= to->length);
    return a->kin == b->kin && a->size <= b->size;
}

/* The type that the column gets has no room for the numbers of before: they change first. */
static bool counts_before_type(const weft_schema_column *wanted, const weft_schema_column *found)
{
    return wanted->identity && found->identity && wefti_type_of(wanted->type)->size < wefti_type_of(found->type)->size;
}

static void alter_identity(wefti_comparing *c, const wefti_pair *pair, const weft_schema_column *wanted,
                           const weft_schema_column *found)
{
    const bool counting = wanted->identity && found->identity && !wefti_comparing_same_counting(wanted, found);
    const bool before = counts_before_type(wanted, found);
    if (wanted->identity != found->identity || wanted->identity_always != found->identity_always || counting)
        WEFTI_COMPARING_ADD(
            c, WEFTI_PHASE_COLUMNS, WEFTI_OP_ALTER_COLUMN,
            .of.alter_column = {.table = wefti_def_name_of(pair->wanted),
                                .column = wanted->name,
                                .drop_identity = !wanted->identity,
                                .set_identity =
                                    wanted->identity && found->identity && wanted->identity_always != found->identity_always,
                                .add_identity = wanted->identity && !found->identity,
                                .always = wanted->identity_always,
                                .set_counting = counting,
                                .counting = wanted->counting,
                                .narrows = counting && (before || wefti_comparing_begins_anew(&wanted->counting, &found->counting,
                                                                                              (weft_type)wanted->type)),
                                .counted = wanted->type,
                                .is_of = before ? found->type : wanted->type});
}

/* A collation is said behind the type; without one the column has the type's own. */
static const char *type_of(wefti_comparing *c, const weft_schema_column *wanted)
{
    const char *type = wefti_comparing_type(c, wanted);
    wefti_text text;
    if (type == NULL || wanted->collation == NULL)
        return type;
    wefti_text_init(&text, 0);
    wefti_text_add_format(&text, "%s COLLATE ", type);
    wefti_add_identifier(&text, wanted->collation);
    return wefti_comparing_keep(c, &text);
}

static void alter_column(wefti_comparing *c, const wefti_pair *pair, const weft_schema_column *wanted,
                         const weft_schema_column *found)
{
    wefti_op op = {.kind = WEFTI_OP_ALTER_COLUMN};
    wefti_op_alter_column *alter = &op.of.alter_column;
    const bool changes = !same_values(c, pair->wanted, wanted, found);
    const bool another = !same_default(c, pair->wanted, wanted, found);
    *alter = (wefti_op_alter_column){.table = wefti_def_name_of(pair->wanted), .column = wanted->name};
    const bool identity_first = !wanted->identity || counts_before_type(wanted, found);
    if (identity_first)
        alter_identity(c, pair, wanted, found);
    if (changes) {
        const bool made = wanted->enum_type != NULL || found->enum_type != NULL;
        alter->type = type_of(c, wanted);
        alter->using_ = wefti_comparing_cast(c, wanted, wefti_comparing_type(c, wanted), made);
        op.destructive = !wefti_comparing_same_type(c, pair->wanted, wanted, found) && !widens(found, wanted);
    }
    alter->set_not_null = !wanted->nullable && found->nullable;
    alter->drop_not_null = wanted->nullable && !found->nullable;
    alter->drop_default = found->server_default != NULL && (changes || (another && wanted->server_default == NULL));
    alter->set_default = !changes && !another                              ? NULL
                         : wanted->server_default == found->server_default ? wefti_comparing_found_text(c, found->server_default)
                                                                           : wanted->server_default;
    alter->keeps_default = !another;
    alter->counted = wanted->sql_type == NULL ? wanted->type : (uint8_t)WEFT_UNMAPPED;
    alter->drop_expression = becomes_plain(c, wanted, found);
    if (alter->drop_expression || alter->type != NULL || alter->set_not_null || alter->drop_not_null || alter->drop_default ||
        alter->set_default != NULL)
        wefti_ops_add(&c->phases[WEFTI_PHASE_COLUMNS], &op);
    if (!identity_first)
        alter_identity(c, pair, wanted, found);
}

static void comment_column(wefti_comparing *c, const weft_schema_table *table, const weft_schema_column *wanted, const char *found)
{
    if (!wefti_def_same_word(wanted->comment, found))
        WEFTI_COMPARING_ADD(c, WEFTI_PHASE_COMMENTS, WEFTI_OP_COMMENT,
                            .of.comment = {.table = wefti_def_name_of(table),
                                           .column = wanted->name,
                                           .comment = wanted->comment,
                                           .kind = table->kind});
}

static void drop_column(wefti_comparing *c, const wefti_pair *pair, size_t i)
{
    const weft_schema_column *column = &pair->found->columns[i];
    const weft_schema_column *wanted = wefti_def_find_column(pair->wanted, column->name);
    const bool again = wanted != NULL;
    const wefti_op op = {.kind = WEFTI_OP_DROP_COLUMN,
                         .destructive = column->generated == NULL || (again && wanted->generated == NULL),
                         .of.drop_column = {wefti_def_name_of(pair->wanted), column->name, false, false}};
    wefti_ops_add(&c->phases[again || column->generated != NULL ? WEFTI_PHASE_DROP_COMPUTED : WEFTI_PHASE_DROP_COLUMNS], &op);
}

/* Plain columns before those that are computed of them. */
static void add_columns(wefti_comparing *c, const wefti_pair *pair, bool computed)
{
    for (size_t i = 0; i < pair->wanted->column_count; i++) {
        const weft_schema_column *column = &pair->wanted->columns[i];
        const weft_schema_column *there = wefti_def_find_column(pair->found, column->name);
        if ((column->generated != NULL) != computed || (there != NULL && !pair->column_goes[there - pair->found->columns]))
            continue;
        if (there != NULL && computed && column->generated == there->generated) {
            weft_schema_column *made = wefti_comparing_room(c, 1, sizeof *made);
            if (made == NULL)
                return;
            *made = *column;
            made->generated = wefti_comparing_found_text(c, there->generated);
            column = made;
        }
        WEFTI_COMPARING_ADD(c, WEFTI_PHASE_COLUMNS, WEFTI_OP_ADD_COLUMN,
                            .of.add_column = {wefti_def_name_of(pair->wanted), column, false});
    }
}

static void change_columns(wefti_comparing *c, const wefti_pair *pair)
{
    for (size_t i = 0; i < pair->found->column_count; i++) {
        if (pair->column_goes[i]) {
            drop_column(c, pair, i);
            continue;
        }
        const weft_schema_column *there = wefti_def_find_column(pair->wanted, pair->found->columns[i].name);
        weft_schema_column wanted = *there, found = pair->found->columns[i];
        wefti_comparing_columns(c, pair->wanted, pair->found, &wanted, &found);
        if (c->ddl->adds_constraints) {
            alter_column(c, pair, &wanted, &found);
            comment_column(c, pair->wanted, &wanted, found.comment);
        }
    }
    add_columns(c, pair, false);
    add_columns(c, pair, true);
}

bool wefti_comparing_is_drawn_from(wefti_comparing *c, const wefti_pair *pair, const weft_schema_sequence *sequence)
{
    for (size_t i = 0; i < pair->found->column_count; i++) {
        const char *value = pair->found->columns[i].server_default;
        const weft_schema_column *there = wefti_def_find_column(pair->wanted, pair->found->columns[i].name);
        if (there == NULL || value == NULL || strstr(value, sequence->name) == NULL)
            continue;
        weft_schema_column wanted = *there, found = pair->found->columns[i];
        wefti_comparing_columns(c, pair->wanted, pair->found, &wanted, &found);
        if (wanted.server_default != NULL && same_default(c, pair->wanted, &wanted, &found))
            return true;
    }
    return false;
}

void wefti_comparing_pass_rows(wefti_comparing *c, const wefti_pair *pair, const weft_schema_sequence *sequence)
{
    for (size_t i = 0; i < pair->found->column_count; i++) {
        const weft_schema_column *there = wefti_def_find_column(pair->wanted, pair->found->columns[i].name);
        const char *at = there != NULL ? there->server_default : NULL;
        wefti_def_name name;
        bool failed = false;
        if (at == NULL || pair->column_goes[i] || !wefti_drawn_only(at))
            continue;
        if (wefti_drawn_next(c->arena, &at, &name, &failed) && wefti_drawn_same(c->wanted, sequence, name.schema, name.name))
            WEFTI_COMPARING_ADD(c, WEFTI_PHASE_CONSTRAINTS, WEFTI_OP_PASS_ROWS,
                                .of.pass_rows = {{sequence->schema, sequence->name},
                                                 wefti_def_name_of(pair->wanted),
                                                 there->name,
                                                 there->sql_type == NULL ? there->type : (uint8_t)WEFT_UNMAPPED});
        if (failed)
            wefti_comparing_no_memory(c);
    }
}

bool wefti_comparing_keeps_default(wefti_comparing *c, const weft_schema_table *table, const weft_schema_column *column)
{
    for (size_t i = 0; i < c->pair_count; i++) {
        const weft_schema_column *there =
            c->pairs[i].found == table ? wefti_def_find_column(c->pairs[i].wanted, column->name) : NULL;
        if (there == NULL)
            continue;
        weft_schema_column wanted = *there, found = *column;
        wefti_comparing_columns(c, c->pairs[i].wanted, table, &wanted, &found);
        return same_default(c, c->pairs[i].wanted, &wanted, &found);
    }
    return false;
}

/* ---- all of a table ---- */

static void change_constraints(wefti_comparing *c, const wefti_pair *pair)
{
    const wefti_def_name name = wefti_def_name_of(pair->wanted);
    for (size_t i = 0; i < pair->found->constraint_count; i++) {
        const weft_schema_constraint *found = &pair->found->constraints[i];
        const bool key = found->kind == WEFT_CONSTRAINT_FOREIGN_KEY;
        if (!pair->constraint_stays[i])
            WEFTI_COMPARING_ADD(c, key ? WEFTI_PHASE_DROP_KEYS : WEFTI_PHASE_DROP_CONSTRAINTS, WEFTI_OP_DROP_CONSTRAINT,
                                .of.drop_constraint = {name, found->name, false});
    }
    for (size_t i = 0; i < pair->wanted->constraint_count; i++) {
        const weft_schema_constraint *wanted = &pair->wanted->constraints[i];
        const weft_schema_constraint *found =
            pair->constraint_of[i] > 0 ? &pair->found->constraints[pair->constraint_of[i] - 1] : NULL;
        const wefti_phase phase = wanted->kind == WEFT_CONSTRAINT_FOREIGN_KEY ? WEFTI_PHASE_KEYS : WEFTI_PHASE_CONSTRAINTS;
        if (found == NULL)
            WEFTI_COMPARING_ADD(c, phase, WEFTI_OP_ADD_CONSTRAINT, .of.add_constraint = {name, wanted});
        else if (found->not_valid && !wanted->not_valid)
            WEFTI_COMPARING_ADD(c, phase, WEFTI_OP_VALIDATE_CONSTRAINT, .of.validate_constraint = {name, found->name});
    }
}

static void change_indexes(wefti_comparing *c, const wefti_pair *pair)
{
    for (size_t i = 0; i < pair->found->index_count; i++)
        if (!pair->index_stays[i])
            WEFTI_COMPARING_ADD(c, WEFTI_PHASE_DROP_INDEXES, WEFTI_OP_DROP_INDEX,
                                .of.drop_index = {{pair->found->schema, pair->found->indexes[i].name}, false, false});
    for (size_t i = 0; i < pair->wanted->index_count; i++)
        if (pair->index_of[i] == 0)
            WEFTI_COMPARING_ADD(c, WEFTI_PHASE_INDEXES, WEFTI_OP_CREATE_INDEX,
                                .of.create_index = {wefti_def_name_of(pair->wanted), &pair->wanted->indexes[i], false});
}

void wefti_comparing_change(wefti_comparing *c, wefti_pair *pair)
{
    if (pair->wanted->kind == WEFT_RELATION_TABLE) {
        if (!c->ddl->adds_constraints && pair->differs && !changes_plainly(c, pair)) {
            rebuild(c, pair);
            return;
        }
        wefti_comparing_move_kept(c, pair);
        if (c->ddl->adds_constraints)
            change_constraints(c, pair);
        change_columns(c, pair);
    }
    change_indexes(c, pair);
    for (size_t i = 0; pair->wanted->kind != WEFT_RELATION_TABLE && c->ddl->adds_constraints && i < pair->wanted->column_count;
         i++) {
        const weft_schema_column *there = wefti_def_find_column(pair->found, pair->wanted->columns[i].name);
        if (there != NULL)
            comment_column(c, pair->wanted, &pair->wanted->columns[i], there->comment);
    }
    if (c->ddl->adds_constraints && !wefti_def_same_word(pair->wanted->comment, pair->found->comment))
        WEFTI_COMPARING_ADD(c, WEFTI_PHASE_COMMENTS, WEFTI_OP_COMMENT,
                            .of.comment = {.table = wefti_def_name_of(pair->wanted),
                                           .comment = pair->wanted->comment,
                                           .kind = pair->wanted->kind});
    if (c->ddl->adds_constraints)
        wefti_comparing_beside(c, pair);
}
