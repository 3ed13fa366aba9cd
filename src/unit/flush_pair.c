/* Rows of many-to-many tables: deleted before they are inserted, both between the inserts and the deletes of objects.
 *
 * A pair stands on the session once for both sides. Pairs with a deleted object are left out: its rows go by its key. A link of
 * collections that are not loaded may be there or not, and both are right; a row that memory knew and that is not there was deleted
 * by somebody else: stale. */
#include "unit/flush.h"

#include "base/error.h"

#include <string.h>

typedef struct pair_rows {
    const wefti_relation *relation;
    const void **left, **right;
    size_t n;
    bool certain;                                /* whether the rows are there is known */
    uint16_t columns[2 * WEFTI_MAX_KEY_COLUMNS]; /* of the link table, ascending */
    wefti_array arrays[2 * WEFTI_MAX_KEY_COLUMNS];
    uint16_t column_count;
} pair_rows;

static bool lives(const wefti_object *object)
{
    return (object->state == WEFTI_STATE_PENDING || object->state == WEFTI_STATE_PERSISTENT) && !object->to_delete;
}

weft_status wefti_flush_count_pairs(wefti_flush *flush)
{
    weft_session *session = flush->session;
    for (uint32_t i = 0; i < session->pair_count; i++) {
        wefti_pair *pair = &session->pairs[i];
        if (pair->how != 0 && !(lives(pair->left) && lives(pair->right)))
            pair->how = 0;
        pair->fresh = pair->left->state == WEFTI_STATE_PENDING || pair->right->state == WEFTI_STATE_PENDING;
        if (pair->how != 0)
            flush->pair_count++;
    }
    return WEFT_OK;
}

static void add_column(pair_rows *rows, const wefti_column *link, wefti_array array)
{
    uint16_t at = rows->column_count++;
    for (; at > 0 && rows->columns[at - 1] > link->index; at--) {
        rows->columns[at] = rows->columns[at - 1];
        rows->arrays[at] = rows->arrays[at - 1];
    }
    rows->columns[at] = link->index;
    rows->arrays[at] = array;
}

static void describe(pair_rows *rows)
{
    const wefti_relation *relation = rows->relation;
    for (uint16_t i = 0; i < relation->local_count; i++)
        add_column(rows, relation->link_local[i], wefti_flush_array(relation->local[i], rows->left, rows->n));
    for (uint16_t i = 0; i < relation->remote_count; i++)
        add_column(rows, relation->link_remote[i], wefti_flush_array(relation->remote[i], rows->right, rows->n));
}

static weft_status refuse_missing(wefti_flush *flush, const pair_rows *rows, size_t there)
{
    weft_session *session = flush->session;
    const wefti_table *link = rows->relation->link;
    wefti_session_fail(
        session, WEFT_ERROR_STALE,
        "flush: DELETE FROM %s: %zu of %zu links of %s.%s were there; the others were removed by another transaction", link->name,
        there, rows->n, rows->relation->source->model->name, rows->relation->field);
    wefti_error_hint(&session->error, "roll back, read the objects again and repeat (weft_transact does)");
    wefti_error_field(session->error.table, sizeof session->error.table, link->name);
    return session->error.status;
}

/* Links that may be there or not: in one statement. */
static weft_status send_uncertain(wefti_flush *flush, pair_rows *rows)
{
    weft_error error = {0};
    const wefti_table *link = rows->relation->link;
    weft_value values[2 * WEFTI_MAX_KEY_COLUMNS];
    wefti_dml dml = {.kind = rows->n == 1 ? WEFTI_DELETE : WEFTI_DELETE_ARRAYS,
                     .table = link,
                     .keys = rows->columns,
                     .key_count = rows->column_count};
    for (uint16_t i = 0; i < rows->column_count; i++)
        values[i] = rows->n == 1 ? wefti_flush_value(flush, &rows->arrays[i], 0) : wefti_array_value(&rows->arrays[i]);
    return wefti_flush_run(flush, &dml, values, rows->column_count, NULL, &error) == WEFT_OK
               ? WEFT_OK
               : wefti_flush_failed(flush, "DELETE FROM", link, &error);
}

/* A table without a key may hold a link twice, so the number of all rows would not tell that another link was missing: each is
 * counted by itself. */
static weft_status send_deletes(wefti_flush *flush, pair_rows *rows)
{
    weft_error error = {0};
    weft_session *session = flush->session;
    if (!rows->certain)
        return send_uncertain(flush, rows);
    const wefti_dml dml = {.kind = WEFTI_DELETE,
                           .table = rows->relation->link,
                           .keys = rows->columns,
                           .key_count = rows->column_count};
    uint32_t *each = wefti_flush_alloc(flush, rows->n * sizeof *each);
    size_t there = 0;
    if (each == NULL)
        return session->error.status;
    if (wefti_connection_run_many(&session->connection, &dml, rows->arrays, rows->n, NULL, NULL, wefti_session_deadline(session),
                                  NULL, each, NULL, &error) != WEFT_OK)
        return wefti_flush_failed(flush, "DELETE FROM", rows->relation->link, &error);
    for (size_t i = 0; i < rows->n; i++)
        there += each[i] > 0;
    return there == rows->n ? WEFT_OK : refuse_missing(flush, rows, there);
}

/* Where neither side is new, the link may be there: because nobody looked, or because somebody else has made it since. A conflict
 * with a table that weft made of the two sides alone can mean nothing else. */
static weft_status send_if_absent(wefti_flush *flush, const pair_rows *rows)
{
    weft_error error = {0};
    weft_session *session = flush->session;
    const wefti_table *link = rows->relation->link;
    const bool arrays = flush->can->array_parameters_typed;
    static const weft_insert_options nothing = {.on_conflict = WEFT_CONFLICT_DO_NOTHING};
    const wefti_dml dml = {.kind = arrays ? WEFTI_LINK_ARRAYS : WEFTI_LINK,
                           .table = link,
                           .columns = rows->columns,
                           .column_count = rows->column_count,
                           .conflict = link->model == NULL ? &nothing : NULL};
    weft_status status = WEFT_OK;
    if (!arrays)
        status = wefti_connection_run_many(&session->connection, &dml, rows->arrays, rows->n, NULL, NULL,
                                           wefti_session_deadline(session), NULL, NULL, NULL, &error);
    for (size_t start = 0; arrays && start < rows->n && status == WEFT_OK; start += WEFTI_WRITE_ARRAY_ROWS) {
        size_t count = rows->n - start < WEFTI_WRITE_ARRAY_ROWS ? rows->n - start : WEFTI_WRITE_ARRAY_ROWS;
        wefti_array parts[2 * WEFTI_MAX_KEY_COLUMNS];
        weft_value values[2 * WEFTI_MAX_KEY_COLUMNS];
        for (uint16_t i = 0; i < rows->column_count; i++) {
            parts[i] = wefti_array_part(&rows->arrays[i], start, count);
            values[i] = wefti_array_value(&parts[i]);
        }
        status = wefti_flush_run(flush, &dml, values, rows->column_count, NULL, &error);
    }
    return status == WEFT_OK ? WEFT_OK : wefti_flush_failed(flush, "INSERT INTO", link, &error);
}

static weft_status send_inserts(wefti_flush *flush, pair_rows *rows)
{
    if (!rows->certain)
        return send_if_absent(flush, rows);
    return wefti_flush_send_rows(flush, rows->relation->link, rows->columns, rows->column_count, rows->arrays, rows->n);
}

/* A link that must be there to be deleted, one that cannot be there when it is inserted. */
static bool is_certain(const wefti_pair *pair) { return pair->how < 0 ? pair->known : pair->fresh; }

static weft_status send_pairs(wefti_flush *flush, int how, weft_status (*send)(wefti_flush *flush, pair_rows *rows))
{
    weft_session *session = flush->session;
    bool *done = wefti_arena_zalloc(&flush->arena, session->pair_count + 1u);
    pair_rows rows = {0};
    rows.left = wefti_flush_alloc(flush, session->pair_count * sizeof *rows.left);
    rows.right = wefti_flush_alloc(flush, session->pair_count * sizeof *rows.right);
    if (done == NULL || rows.left == NULL || rows.right == NULL)
        return wefti_session_fail_memory(session);
    for (uint32_t i = 0; i < session->pair_count; i++) {
        if (done[i] || session->pairs[i].how != how)
            continue;
        rows.relation = session->pairs[i].relation;
        rows.certain = is_certain(&session->pairs[i]);
        rows.n = rows.column_count = 0;
        for (uint32_t k = i; k < session->pair_count; k++) {
            const wefti_pair *pair = &session->pairs[k];
            if (pair->how != how || pair->relation != rows.relation || is_certain(pair) != rows.certain)
                continue;
            done[k] = true;
            rows.left[rows.n] = wefti_object_struct(pair->left);
            rows.right[rows.n++] = wefti_object_struct(pair->right);
        }
        describe(&rows);
        wefti_flush_note_written(flush, rows.relation->link);
        if (send(flush, &rows) != WEFT_OK)
            return session->error.status;
    }
    return WEFT_OK;
}

weft_status wefti_flush_delete_pairs(wefti_flush *flush) { return send_pairs(flush, -1, send_deletes); }

weft_status wefti_flush_insert_pairs(wefti_flush *flush) { return send_pairs(flush, 1, send_inserts); }
