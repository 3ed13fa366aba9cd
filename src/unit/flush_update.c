/* UPDATE and DELETE of rows by primary key, in the order of their keys, in as few statements as the database allows.
 *
 * Keys are those that the rows have in the database, read from the bases of the objects; with a version column the version seen
 * is part of the condition. A row that is not met was changed or deleted by somebody else: an UPDATE is then stale, a DELETE only
 * without a version worth no more than a warning. */
#include "unit/flush.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

#define MAX_KEYS (WEFTI_MAX_KEY_COLUMNS + 1)

typedef struct sending {
    wefti_flush *flush;
    const wefti_table *table;
    const wefti_flush_set *set; /* UPDATE */
    wefti_flush_row **rows;
    size_t n;
    uint16_t keys[MAX_KEYS];
    uint16_t key_count;
    const wefti_flush_set *checked; /* UPDATE: the old values that are conditions, too; NULL: none */
    uint64_t *met;                  /* bit per row that the statement told of; NULL: it does not tell */
    uint16_t *returning;            /* UPDATE: columns that the database computes, which come back */
    uint16_t returning_count;
    wefti_array *arrays; /* of the set's columns, then of the keys, then of what is checked */
    weft_value *values;  /* room for one value per array */
} sending;

static size_t width(const sending *s)
{
    return (size_t)(s->set == NULL ? 0 : s->set->column_count) + s->key_count + (s->checked == NULL ? 0 : s->checked->column_count);
}

/* Texts of every kind are checked as text. */
static wefti_array checked_array(const wefti_column *column, const void *const *old, size_t n)
{
    wefti_array array = wefti_flush_array(column, old, n);
    if (array.type == WEFT_JSON)
        array.type = WEFT_TEXT;
    return array;
}

static bool choose_returning(sending *s)
{
    const wefti_table *table = s->table;
    if (s->set == NULL || !table->has_made)
        return true;
    s->returning = wefti_flush_alloc(s->flush, table->column_count * sizeof *s->returning);
    for (uint16_t i = 0; s->returning != NULL && i < table->column_count; i++)
        if (table->columns[i].computed != NULL)
            s->returning[s->returning_count++] = i;
    return s->returning != NULL;
}

/* What the database has computed of the row as it is now. A column that is not loaded stays so. */
static weft_status take_computed(void *context, size_t place, const weft_value *cells, uint16_t count, weft_error *error)
{
    const sending *s = context;
    weft_status status = WEFT_OK;
    wefti_object *object = s->rows[place]->object;
    for (uint16_t c = 0; s->rows[place]->now == NULL && c < count && status == WEFT_OK; c++)
        if (!wefti_columns_have(object->unloaded, s->returning[c]))
            status = wefti_decode_field(&s->table->columns[s->returning[c]], &cells[c], wefti_object_struct(object),
                                        &object->cohort->batch->arena, error);
    return status;
}

static bool sending_init(sending *s, bool versioned)
{
    wefti_flush *flush = s->flush;
    const void **now = wefti_flush_alloc(flush, s->n * sizeof *now), **old = wefti_flush_alloc(flush, s->n * sizeof *old);
    for (uint16_t i = 0; i < s->table->key_count; i++)
        s->keys[s->key_count++] = s->table->key[i]->index;
    if (versioned && s->table->mapper->version != NULL)
        s->keys[s->key_count++] = s->table->mapper->version->index;
    s->arrays = wefti_flush_alloc(flush, width(s) * sizeof *s->arrays);
    s->values = wefti_flush_alloc(flush, width(s) * sizeof *s->values);
    if (now == NULL || old == NULL || s->arrays == NULL || s->values == NULL || !choose_returning(s))
        return false;
    for (size_t i = 0; i < s->n; i++) {
        now[i] = wefti_flush_now(s->rows[i]);
        old[i] = s->rows[i]->old;
    }
    wefti_array *array = s->arrays;
    for (uint16_t c = 0; s->set != NULL && c < s->set->column_count; c++)
        *array++ = wefti_flush_array(&s->table->columns[s->set->columns[c]], now, s->n);
    for (uint16_t k = 0; k < s->key_count; k++)
        *array++ = wefti_flush_array(&s->table->columns[s->keys[k]], old, s->n);
    for (uint16_t c = 0; s->checked != NULL && c < s->checked->column_count; c++)
        *array++ = checked_array(&s->table->columns[s->checked->columns[c]], old, s->n);
    return true;
}

static wefti_dml make_dml(const sending *s, wefti_dml_kind kind)
{
    return (wefti_dml){.kind = kind,
                       .table = s->table,
                       .columns = s->set == NULL ? NULL : s->set->columns,
                       .column_count = s->set == NULL ? 0 : s->set->column_count,
                       .keys = s->keys,
                       .key_count = s->key_count,
                       .checked = s->checked == NULL ? NULL : s->checked->columns,
                       .checked_count = s->checked == NULL ? 0 : s->checked->column_count,
                       .returning = s->returning,
                       .returning_count = s->returning_count};
}

static wefti_flush_told told_to(const sending *s, size_t first)
{
    return (wefti_flush_told){.first = first, .met = s->met, .on_row = take_computed, .context = (void *)(uintptr_t)s};
}

static weft_status run_one(const sending *s, wefti_dml_kind kind, size_t row, uint64_t *changed, weft_error *error)
{
    wefti_dml dml = make_dml(s, kind);
    for (size_t i = 0; i < width(s); i++)
        s->values[i] = wefti_flush_value(s->flush, &s->arrays[i], row);
    if (s->flush->session->error.status != WEFT_OK)
        return s->flush->session->error.status;
    const wefti_flush_told told = told_to(s, row);
    return s->returning_count > 0 ? wefti_flush_run_told(s->flush, &dml, s->values, width(s), &told, changed, error)
                                  : wefti_flush_run(s->flush, &dml, s->values, width(s), changed, error);
}

static weft_status run_arrays(const sending *s, wefti_dml_kind kind, uint64_t *changed, weft_error *error)
{
    wefti_dml dml = make_dml(s, kind);
    dml.returning_ordinal = s->met != NULL || s->returning_count > 0;
    wefti_array *parts = wefti_flush_alloc(s->flush, width(s) * sizeof *parts);
    if (parts == NULL)
        return wefti_error_memory(error);
    for (size_t start = 0; start < s->n; start += WEFTI_WRITE_ARRAY_ROWS) {
        uint64_t some = 0;
        size_t count = s->n - start < WEFTI_WRITE_ARRAY_ROWS ? s->n - start : WEFTI_WRITE_ARRAY_ROWS;
        for (size_t i = 0; i < width(s); i++) {
            parts[i] = wefti_array_part(&s->arrays[i], start, count);
            s->values[i] = wefti_array_value(&parts[i]);
        }
        const wefti_flush_told told = told_to(s, start);
        weft_status status = dml.returning_ordinal ? wefti_flush_run_told(s->flush, &dml, s->values, width(s), &told, &some, error)
                                                   : wefti_flush_run(s->flush, &dml, s->values, width(s), &some, error);
        if (status != WEFT_OK)
            return status;
        *changed += some;
    }
    return WEFT_OK;
}

/* The rows from start on, row_count at a time. */
static weft_status run_by(const sending *s, wefti_dml_kind kind, uint32_t row_count, size_t start, size_t n, uint64_t *changed,
                          weft_error *error)
{
    weft_session *session = s->flush->session;
    wefti_dml dml = make_dml(s, kind);
    uint64_t some = 0;
    dml.row_count = row_count;
    wefti_array *parts = wefti_flush_alloc(s->flush, width(s) * sizeof *parts);
    if (parts == NULL)
        return wefti_error_memory(error);
    for (size_t i = 0; i < width(s); i++)
        parts[i] = wefti_array_part(&s->arrays[i], start, n);
    sending part = *s;
    part.rows += start;
    weft_status status =
        wefti_connection_run_many(&session->connection, &dml, parts, n, s->returning_count > 0 ? take_computed : NULL, &part,
                                  wefti_session_deadline(session), &some, NULL, NULL, error);
    *changed += some;
    return status;
}

/* VALUES lists of the same length; what is left goes row by row. */
static weft_status run_lists(const sending *s, size_t *sent, uint64_t *changed, weft_error *error)
{
    size_t rows = wefti_write_list_rows(&s->flush->session->connection, width(s), 0, WEFTI_WRITE_UPDATE_ROWS);
    *sent = rows < 2 ? 0 : s->n - s->n % rows;
    return *sent == 0 ? WEFT_OK : run_by(s, WEFTI_UPDATE_ROWS, (uint32_t)rows, 0, *sent, changed, error);
}

/* Some rows were not there, or not in the version that was seen. */
static weft_status refuse_stale(const sending *s, const char *verb, uint64_t changed)
{
    weft_session *session = s->flush->session;
    weft_error error = {0};
    /* Rows that were written are told from those that were changed; rows that were deleted are not. */
    if (s->rows[0]->old != NULL && (s->n == 1 || s->set != NULL)) {
        wefti_flush_recheck recheck = {.flush = s->flush,
                                       .table = s->table,
                                       .verb = verb,
                                       .count = s->n,
                                       .missed = s->n - (size_t)changed,
                                       .versioned = !s->rows[0]->unversioned,
                                       .rows = wefti_flush_alloc(s->flush, s->n * sizeof(wefti_flush_row *))};
        if (recheck.rows == NULL)
            return session->error.status;
        memcpy(recheck.rows, s->rows, s->n * sizeof(wefti_flush_row *));
        weft_status status = wefti_flush_recheck_rows(&recheck);
        if (status != WEFT_OK)
            return status;
    }
    if (s->n == 1)
        return wefti_flush_refuse_stale(s->flush, verb, s->rows[0]->object, NULL, NULL, "");
    for (size_t i = 0; i < s->n; i++)
        if (wefti_object_from_before(session, s->rows[i]->object))
            session->changed_before = true; /* it may be that one */
    wefti_error_set(&error, WEFT_ERROR_STALE,
                    "flush: %s %s: %llu of %zu rows matched; the others were changed or deleted by another "
                    "transaction",
                    verb, s->table->name, (unsigned long long)changed, s->n);
    wefti_error_hint(&error, "roll back, read the rows again and repeat (weft_transact does)");
    wefti_error_field(error.table, sizeof error.table, s->table->name);
    return wefti_session_fail_with(session, &error);
}

/* The row is there, is what was read, and is locked; and still the database does not change it. */
static weft_status refuse_unmoved(const sending *s)
{
    weft_error error = {0};
    wefti_error_set(&error, WEFT_ERROR_CONSTRAINT, "flush: UPDATE %s: the database leaves a row as it was and gives no reason",
                    s->table->name);
    wefti_error_hint(&error, "a trigger BEFORE UPDATE that returns NULL, a rule, or a policy of row-level security does that");
    wefti_error_field(error.table, sizeof error.table, s->table->name);
    return wefti_session_fail_with(s->flush->session, &error);
}

static weft_status send_update(sending *s, uint64_t *changed)
{
    weft_error error = {0};
    const wefti_capabilities *can = s->flush->can;
    size_t sent = 0;
    weft_status status;
    *changed = 0;
    s->key_count = 0;
    if (!sending_init(s, !s->rows[0]->unversioned))
        return s->flush->session->error.status;
    if (s->n == 1) {
        status = run_one(s, WEFTI_UPDATE, 0, changed, &error);
    } else if (can->array_parameters_typed) {
        status = run_arrays(s, WEFTI_UPDATE_ARRAYS, changed, &error);
    } else {
        /* A list of VALUES does not tell which row is which. */
        status = can->multi_row_values && s->returning_count == 0 ? run_lists(s, &sent, changed, &error) : WEFT_OK;
        if (status == WEFT_OK && sent < s->n)
            status = run_by(s, WEFTI_UPDATE, 1, sent, s->n - sent, changed, &error);
    }
    return status == WEFT_OK ? WEFT_OK : wefti_flush_failed(s->flush, "UPDATE", s->table, &error);
}

/* Of the rows that were missed, those that hold what was read are written by key. */
static weft_status update_missed(const sending *s, uint64_t changed)
{
    wefti_flush_row **rows = wefti_flush_alloc(s->flush, s->n * sizeof(wefti_flush_row *));
    if (rows == NULL)
        return s->flush->session->error.status;
    memcpy(rows, s->rows, s->n * sizeof(wefti_flush_row *));
    wefti_flush_recheck recheck = {.flush = s->flush,
                                   .table = s->table,
                                   .verb = "UPDATE",
                                   .rows = rows,
                                   .count = s->n,
                                   .met = s->met,
                                   .missed = s->n - (size_t)changed,
                                   .versioned = !s->rows[0]->unversioned};
    weft_status status = wefti_flush_recheck_rows(&recheck);
    if (status != WEFT_OK || recheck.count == 0)
        return status;
    sending by_key = {.flush = s->flush, .table = s->table, .set = s->set, .rows = rows, .n = recheck.count};
    status = send_update(&by_key, &changed);
    return status == WEFT_OK && changed != by_key.n ? refuse_unmoved(&by_key) : status;
}

static weft_status update_group(sending *s)
{
    uint64_t changed;
    s->checked = s->rows[0]->checked;
    if (s->checked != NULL && s->n > 1 && s->flush->can->array_parameters_typed) {
        s->met = wefti_flush_alloc(s->flush, (s->n + 63) / 64 * sizeof *s->met);
        if (s->met == NULL)
            return s->flush->session->error.status;
        memset(s->met, 0, (s->n + 63) / 64 * sizeof *s->met);
    }
    weft_status status = send_update(s, &changed);
    if (status != WEFT_OK || changed == s->n)
        return status;
    return s->checked != NULL ? update_missed(s, changed) : refuse_stale(s, "UPDATE", changed);
}

/* The columns of a row that are this transaction's own once it was written: see wefti_object_hold. */
static uint32_t known_columns(const sending *s)
{
    uint64_t known = s->set != NULL ? s->set->bits[0] : 0;
    if (s->checked != NULL)
        known |= s->checked->bits[0];
    return (uint32_t)(known & ((UINT32_C(1) << WEFTI_KNOWN_COLUMNS) - 1));
}

/* A slice of rows with the same columns: sent, then their bases renewed while they are in the caches. */
static weft_status update_slice(wefti_flush *flush, const wefti_table *table, wefti_flush_row **rows, size_t n)
{
    sending s = {.flush = flush, .table = table, .set = rows[0]->set, .rows = rows, .n = n};
    weft_status status = update_group(&s);
    const uint32_t known = known_columns(&s);
    for (size_t i = 0; i < n && status == WEFT_OK; i++) {
        if (!wefti_object_hold_columns(flush->session, rows[i]->object, known))
            return flush->session->error.status;
        if (rows[i]->follows)
            status = wefti_flush_follow(flush, rows[i], rows[i]->old);
        if (rows[i]->now == NULL && status == WEFT_OK && !flush->session->committing)
            status = wefti_change_renew_base(flush->session, rows[i]->change);
    }
    return status;
}

weft_status wefti_flush_update(wefti_flush *flush, wefti_flush_table *plan, wefti_flush_row **rows, uint32_t count)
{
    const uint32_t most = wefti_write_slice_rows(flush->can);
    wefti_flush_note_written(flush, plan->table);
    weft_status status = wefti_flush_sort_by_key(flush, plan->table, rows, count);
    for (uint32_t i = 0; i < count && status == WEFT_OK; i++)
        if (rows[i]->waits)
            status = wefti_flush_take_late_keys(flush, rows[i]);
    if (status == WEFT_OK)
        status = wefti_flush_group_rows(flush, rows, count);
    for (uint32_t first = 0, end; first < count && status == WEFT_OK; first = end) {
        end = wefti_flush_group_end(rows, first, count);
        for (uint32_t start = first; start < end && status == WEFT_OK; start += most)
            status = update_slice(flush, plan->table, rows + start, end - start < most ? end - start : most);
    }
    return status;
}

/* Lists of keys travel as JSON where arrays have no types, and JSON has no bytes. */
static bool keys_fit_lists(const sending *s)
{
    for (uint16_t i = 0; i < s->table->key_count && !s->flush->can->array_parameters_typed; i++)
        if (s->table->key[i]->type == WEFT_BYTES || wefti_type_is_real(s->table->key[i]->type))
            return false;
    return true;
}

static weft_status miss_deleted(const sending *s, uint64_t changed)
{
    weft_session *session = s->flush->session;
    if (s->table->mapper->version != NULL || session->options.stale_deletes)
        return refuse_stale(s, "DELETE FROM", changed);
    wefti_log_text(&session->engine->log, WEFT_LOG_WARNING, WEFT_LOG_ORM, "flush: DELETE FROM %s: %llu of %zu rows were there",
                   s->table->name, (unsigned long long)changed, s->n);
    return WEFT_OK;
}

/* Where a model asks for more than the version, rows that others may have changed are locked and looked at first. */
static weft_status check_deleted(wefti_flush *flush, wefti_flush_table *plan, wefti_flush_row **rows, uint32_t count)
{
    if (!plan->described && wefti_flush_describe(flush, plan) != WEFT_OK)
        return flush->session->error.status;
    if (plan->guard == WEFT_GUARD_NONE || (plan->guard != WEFT_GUARD_LOADED && !plan->table->mapper->guarded_columns))
        return WEFT_OK;
    wefti_flush_recheck recheck = {.flush = flush,
                                   .table = plan->table,
                                   .verb = "DELETE FROM",
                                   .versioned = true,
                                   .rows = wefti_flush_alloc(flush, count * sizeof(wefti_flush_row *))};
    if (recheck.rows == NULL)
        return flush->session->error.status;
    for (uint32_t i = 0; i < count; i++) {
        if (wefti_flush_choose_checked(flush, plan, rows[i], NULL) != WEFT_OK)
            return flush->session->error.status;
        if (rows[i]->checked != NULL)
            recheck.rows[recheck.count++] = rows[i];
    }
    return recheck.count == 0 ? WEFT_OK : wefti_flush_recheck_rows(&recheck);
}

weft_status wefti_flush_delete(wefti_flush *flush, wefti_flush_table *plan, wefti_flush_row **rows, uint32_t count)
{
    weft_error error = {0};
    sending s = {.flush = flush, .table = plan->table, .rows = rows, .n = count};
    uint64_t changed = 0;
    if (wefti_flush_sort_by_key(flush, plan->table, rows, count) != WEFT_OK || check_deleted(flush, plan, rows, count) != WEFT_OK ||
        !sending_init(&s, true))
        return flush->session->error.status;
    weft_status status = s.n == 1             ? run_one(&s, WEFTI_DELETE, 0, &changed, &error)
                         : keys_fit_lists(&s) ? run_arrays(&s, WEFTI_DELETE_ARRAYS, &changed, &error)
                                              : run_by(&s, WEFTI_DELETE, 1, 0, s.n, &changed, &error);
    if (status != WEFT_OK)
        return wefti_flush_failed(flush, "DELETE FROM", plan->table, &error);
    return changed == s.n ? WEFT_OK : miss_deleted(&s, changed);
}
