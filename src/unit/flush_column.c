/* Columns of a row: what changed, what an INSERT leaves to the database, and what must not be NULL.
 *
 * Fields are compared by content with the struct as the database knows it, so that a value set and set back, or text copied to
 * another place, sends nothing. Rows with the same columns share one set, found by its bits. */
#include "unit/flush.h"
#include "unit/json.h"

#include "base/error.h"
#include "base/locale.h"
#include "base/text.h"
#include "object/columns.h"
#include "object/key.h"
#include "object/link.h"

#include <string.h>

static inline const void *field_of(const wefti_column *column, const void *structure)
{
    return (const char *)structure + column->field->offset;
}

bool wefti_flush_equal(const wefti_column *column, const void *a, const void *b)
{
    const void *x = field_of(column, a), *y = field_of(column, b);
    if (wefti_type_of(column->field->type)->kept != WEFTI_KEPT_RANGE && (column->field->type & WEFT_OPT) == 0 &&
        !column->field->own && !wefti_type_has_content(column->field->type))
        return wefti_field_same_bytes(column->field, a, b);
    const weft_value p = wefti_field_value(column->field->type, column->field->size, x);
    const weft_value q = wefti_field_value(column->field->type, column->field->size, y);
    if (wefti_values_same(&p, &q))
        return true;
    return column->type == WEFT_DECIMAL && !p.is_null && !q.is_null && wefti_decimal_valid(p.as.s.data, p.as.s.size, true) &&
           wefti_values_equal(&p, &q);
}

/* Whether the texts of the column decide which row it is, or which rows belong together. */
static bool is_key(const wefti_column *column)
{
    const wefti_table *table = column->table;
    bool key = column->primary_key || column->unique;
    for (uint16_t i = 0; !key && i < table->foreign_key_count; i++)
        for (uint16_t k = 0; k < table->foreign_keys[i].count; k++)
            key = key || table->foreign_keys[i].columns[k] == column;
    return key;
}

/* JSON of the same content is no edit, whichever way the database keeps it; but for a type that keeps texts as they are, and keys
 * that are compared as texts. */
static bool same_json(const wefti_flush *flush, const wefti_column *column, const void *a, const void *b)
{
    const char *p = *(const char *const *)field_of(column, a), *q = *(const char *const *)field_of(column, b);
    return p != NULL && q != NULL && (column->sql_type == NULL || !wefti_ascii_equal(column->sql_type, "json")) &&
           (flush->can->array_parameters_typed || !is_key(column)) && wefti_json_same(p, q);
}

static inline bool is_null(const wefti_column *column, const void *structure)
{
    const void *field = field_of(column, structure);
    if ((column->field->type & WEFT_OPT) != 0)
        return !*(const bool *)field;                                     /* every weft_opt_ struct begins with its flag */
    return column->field->borrows && *(const void *const *)field == NULL; /* weft_bytes begins with its pointer */
}

bool wefti_flush_is_null(const wefti_column *column, const void *structure) { return is_null(column, structure); }

void wefti_flush_clear(const wefti_column *column, void *structure)
{
    memset((char *)structure + column->field->offset, 0, column->field->size);
}

bool wefti_flush_omitted(const wefti_change *change, const wefti_column *column, const void *structure)
{
    if (!wefti_column_may_be_omitted(column))
        return false;
    if (change->set_columns != NULL && wefti_flush_has(change->set_columns, column->index))
        return false;
    return wefti_field_says_nothing(column->field, structure) && (change->links == NULL || !wefti_change_links(change, column));
}

weft_status wefti_flush_describe(wefti_flush *flush, wefti_flush_table *plan)
{
    const wefti_table *table = plan->table;
    plan->words = (uint16_t)((table->column_count + 63) / 64);
    plan->optional = wefti_flush_alloc(flush, 2 * (size_t)table->column_count * sizeof *plan->optional);
    if (plan->optional == NULL)
        return flush->session->error.status;
    plan->required = plan->optional + table->column_count;
    plan->guard = wefti_flush_guard(flush, table);
    for (uint16_t i = 0; i < table->column_count; i++) {
        const wefti_column *column = &table->columns[i];
        bool nullable_field = (column->field->type & WEFT_OPT) != 0 || column->field->borrows;
        if (wefti_column_may_be_omitted(column))
            plan->optional[plan->optional_count++] = column;
        if (nullable_field && !column->nullable)
            plan->required[plan->required_count++] = column;
    }
    plan->described = true;
    return WEFT_OK;
}

static wefti_flush_set *make_set(wefti_flush *flush, const wefti_flush_table *plan, const uint64_t *bits)
{
    size_t size = plan->words * sizeof *bits;
    wefti_flush_set *set = wefti_flush_alloc(flush, sizeof *set + size + plan->table->column_count * sizeof *set->columns);
    if (set == NULL)
        return NULL;
    set->bits = (uint64_t *)(void *)(set + 1);
    set->columns = (uint16_t *)(void *)(set->bits + plan->words);
    set->column_count = 0;
    memcpy(set->bits, bits, size);
    for (uint16_t i = 0; i < plan->table->column_count; i++)
        if (wefti_flush_has(bits, i))
            set->columns[set->column_count++] = i;
    return set;
}

static uint32_t slot_of(const wefti_flush_table *plan, const wefti_flush_sets *sets, const uint64_t *bits)
{
    uint64_t mix = 0;
    for (uint16_t i = 0; i < plan->words; i++)
        mix = (mix ^ bits[i]) * UINT64_C(0x9E3779B97F4A7C15);
    uint32_t at = (uint32_t)(mix >> 32) & sets->mask;
    while (sets->slots[at] != NULL && memcmp(sets->slots[at]->bits, bits, plan->words * sizeof *bits) != 0)
        at = (at + 1) & sets->mask;
    return at;
}

static bool grow_sets(wefti_flush *flush, const wefti_flush_table *plan, wefti_flush_sets *sets)
{
    wefti_flush_set **old = sets->slots;
    uint32_t old_size = sets->mask == 0 ? 0 : sets->mask + 1;
    uint32_t size = old_size == 0 ? 8 : 2 * old_size;
    sets->slots = wefti_arena_zalloc(&flush->arena, size * sizeof(wefti_flush_set *));
    if (sets->slots == NULL) {
        wefti_session_fail_memory(flush->session);
        return false;
    }
    sets->mask = size - 1;
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i] != NULL)
            sets->slots[slot_of(plan, sets, old[i]->bits)] = old[i];
    return true;
}

const wefti_flush_set *wefti_flush_find_set(wefti_flush *flush, wefti_flush_table *plan, wefti_flush_sets *sets,
                                            const uint64_t *bits)
{
    if (2 * sets->count >= sets->mask && !grow_sets(flush, plan, sets))
        return NULL;
    uint32_t at = slot_of(plan, sets, bits);
    if (sets->slots[at] == NULL) {
        sets->slots[at] = make_set(flush, plan, bits);
        sets->count++;
    }
    sets->newest = sets->slots[at];
    return sets->slots[at];
}

static weft_status refuse_null(wefti_flush *flush, const wefti_flush_row *row, const wefti_column *column)
{
    weft_session *session = flush->session;
    weft_error error = {0};
    wefti_error_set(&error, WEFT_ERROR_NOT_NULL, "flush: %s.%s is NOT NULL, and %s of a %s is NULL", column->table->name,
                    column->name, column->field->name, row->table->model->name);
    wefti_error_hint(&error, "give it a value, or declare the column .nullable");
    wefti_error_field(error.table, sizeof error.table, column->table->name);
    wefti_error_field(error.column, sizeof error.column, column->name);
    error.nothing_sent = true;
    return wefti_session_fail_with(session, &error);
}

static weft_status check_required(wefti_flush *flush, const wefti_flush_table *plan, const wefti_flush_row *row,
                                  const uint64_t *bits)
{
    const void *structure = wefti_object_struct(row->object);
    for (uint16_t i = 0; i < plan->required_count; i++) {
        const wefti_column *column = plan->required[i];
        if (is_null(column, structure) && wefti_flush_has(bits, column->index) &&
            !(row->waits && wefti_change_links(row->change, column)))
            return refuse_null(flush, row, column);
    }
    return WEFT_OK;
}

static int64_t version_of(const wefti_column *column, const void *structure)
{
    return wefti_field_value(column->field->type, column->field->size, field_of(column, structure)).as.i;
}

static void set_version(const wefti_column *column, void *structure, int64_t version)
{
    weft_value value = weft_value_int64(version);
    (void)wefti_decode_value(column->field->type, column->field->size, &value, (char *)structure + column->field->offset, NULL,
                             NULL);
}

/* The field was written to, and its column is the database's. */
static weft_status refuse_made(wefti_flush *flush, const wefti_column *column)
{
    weft_error error = {0};
    (void)wefti_refuse_made(column, "flush:", &error);
    return wefti_session_fail_with(flush->session, &error);
}

weft_status wefti_flush_choose_insert(wefti_flush *flush, wefti_flush_table *plan, wefti_flush_row *row)
{
    uint64_t bits[WEFTI_FLUSH_WORDS];
    const wefti_table *table = plan->table;
    void *structure = wefti_object_struct(row->object);
    for (uint16_t i = 0; i < plan->words; i++)
        bits[i] = UINT64_MAX;
    if (table->column_count % 64 != 0)
        bits[plan->words - 1] = (UINT64_C(1) << table->column_count % 64) - 1;
    for (uint16_t i = 0; i < plan->optional_count; i++) {
        uint16_t index = plan->optional[i]->index;
        const bool omitted = wefti_flush_omitted(row->change, plan->optional[i], structure);
        if (!omitted && wefti_column_is_made(plan->optional[i]))
            return refuse_made(flush, plan->optional[i]);
        if (omitted)
            bits[index / 64] &= ~(UINT64_C(1) << index % 64);
    }
    if (table->mapper->version != NULL && version_of(table->mapper->version, structure) == 0)
        set_version(table->mapper->version, structure, 1);
    if (check_required(flush, plan, row, bits) != WEFT_OK)
        return flush->session->error.status;
    row->set = wefti_flush_set_of(flush, plan, &plan->insert_sets, bits);
    return row->set == NULL ? flush->session->error.status : WEFT_OK;
}

/* What is equal in other bytes (text that lies elsewhere, padding, what follows the NUL of a char array) becomes what the session
 * has: it is no edit any more. */
static void share_bytes(const wefti_column *column, void *structure, const void *old)
{
    memcpy((char *)structure + column->field->offset, field_of(column, old), column->field->size);
}

static void mark_waiting(const wefti_flush_row *row, uint64_t *bits)
{
    for (const wefti_fk_link *link = row->change->links; link != NULL; link = link->next) {
        const wefti_key_pairs pairs = wefti_relation_pairs(link->relation);
        if (link->owner == NULL || link->owner->state != WEFTI_STATE_PENDING)
            continue;
        for (uint16_t i = 0; i < pairs.count; i++)
            bits[pairs.child[i]->index / 64] |= UINT64_C(1) << pairs.child[i]->index % 64;
    }
}

/* The row of a deleted object goes on as this one's: what an INSERT would leave to the database stays as it is there, and is as
 * little loaded as it was. */
static bool keep_omitted(wefti_flush *flush, const wefti_flush_table *plan, const wefti_flush_row *row)
{
    uint64_t unloaded[WEFTI_FLUSH_WORDS] = {0};
    for (uint16_t i = 0; i < plan->optional_count; i++) {
        const wefti_column *column = plan->optional[i];
        if (!wefti_flush_omitted(row->change, column, wefti_object_struct(row->object)))
            continue;
        memcpy(wefti_object_field(row->object, column->field->offset), field_of(column, row->old), column->field->size);
        if (wefti_columns_have(row->replaces->unloaded, column->index))
            wefti_columns_add(unloaded, column->index);
    }
    return wefti_columns_keep(flush->session, plan->table, unloaded, &row->object->unloaded);
}

/* A column that was not loaded is written where it was written to, whatever it holds: what it held before is not known. */
static bool choose_unloaded(const wefti_flush_row *row, uint64_t *bits)
{
    const wefti_object *object = row->object;
    const uint64_t *unloaded = row->replaces != NULL ? row->replaces->unloaded : object->unloaded;
    bool any = false;
    for (uint16_t i = 0; unloaded != NULL && i < row->table->column_count; i++) {
        if (!wefti_columns_have(unloaded, i))
            continue;
        if (row->replaces != NULL ? wefti_columns_have(object->unloaded, i) : !wefti_column_is_written(object, i))
            continue;
        wefti_columns_add(bits, i);
        any = true;
    }
    return any;
}

static const wefti_column *first_made(const wefti_table *table, const uint64_t *bits)
{
    for (uint16_t i = 0; i < table->column_count; i++)
        if (wefti_column_is_made(&table->columns[i]) && wefti_flush_has(bits, i))
            return &table->columns[i];
    return NULL;
}

static void raise_version(const wefti_column *version, const wefti_flush_row *row, uint64_t *bits)
{
    void *structure = wefti_object_struct(row->object);
    if (!wefti_flush_has(bits, version->index) || row->replaces != NULL)
        set_version(version, structure, wefti_version_after(version, version_of(version, row->old)));
    bits[version->index / 64] |= UINT64_C(1) << version->index % 64;
}

/* Columns with .update_value that the program did not write. */
static bool make_updated(wefti_flush *flush, wefti_flush_row *row, uint64_t *bits)
{
    wefti_change *change = wefti_flush_touch(flush, row->object);
    for (uint16_t i = 0; change != NULL && i < row->table->column_count; i++) {
        const wefti_column *column = &row->table->columns[i];
        if (column->field->update_value == NULL || wefti_flush_has(bits, i))
            continue;
        if (wefti_object_make(flush->session, row->object, change, column, column->field->update_value) != WEFT_OK)
            return false;
        bits[i / 64] |= UINT64_C(1) << i % 64;
        row->new_text = row->new_text || column->field->borrows;
    }
    return change != NULL;
}

weft_status wefti_flush_choose_update(wefti_flush *flush, wefti_flush_table *plan, wefti_flush_row *row)
{
    uint64_t bits[WEFTI_FLUSH_WORDS];
    const wefti_table *table = plan->table;
    void *structure = wefti_object_struct(row->object);
    const bool partly = row->object->unloaded != NULL || (row->replaces != NULL && row->replaces->unloaded != NULL);
    bool any = row->waits;
    if (!any && !partly && memcmp(structure, row->old, table->mapper->size) == 0)
        return WEFT_OK;
    memset(bits, 0, plan->words * sizeof *bits);
    if (row->replaces != NULL && !keep_omitted(flush, plan, row))
        return flush->session->error.status;
    if (partly && choose_unloaded(row, bits))
        any = row->new_text = true;
    for (uint16_t i = 0; i < table->column_count; i++) {
        const wefti_field *field = &table->mapper->fields[i];
        if (wefti_field_same_bytes(field, structure, row->old))
            continue;
        const wefti_column *column = field->column;
        if (partly && wefti_flush_has(bits, i))
            continue;
        if (wefti_flush_equal(column, structure, row->old) ||
            (column->type == WEFT_JSON && !column->field->own && same_json(flush, column, structure, row->old))) {
            if (row->replaces == NULL)
                share_bytes(column, structure, row->old);
            continue;
        }
        bits[i / 64] |= UINT64_C(1) << i % 64;
        row->rekeyed = row->rekeyed || column->primary_key;
        row->new_text = row->new_text || field->borrows;
        any = true;
    }
    if (row->waits)
        mark_waiting(row, bits);
    if (!any)
        return WEFT_OK;
    if (table->updates_made && !make_updated(flush, row, bits))
        return flush->session->error.status;
    const wefti_column *made = table->has_made ? first_made(table, bits) : NULL;
    if (made != NULL)
        return refuse_made(flush, made);
    if (wefti_flush_touch(flush, row->object) == NULL)
        return flush->session->error.status;
    if (table->mapper->version != NULL)
        raise_version(table->mapper->version, row, bits);
    if (check_required(flush, plan, row, bits) != WEFT_OK)
        return flush->session->error.status;
    row->set = wefti_flush_set_of(flush, plan, &plan->update_sets, bits);
    return row->set == NULL ? flush->session->error.status : wefti_flush_choose_checked(flush, plan, row, bits);
}
