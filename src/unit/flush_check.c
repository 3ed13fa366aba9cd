/* What an UPDATE or DELETE requires of its row, so that nothing that another transaction has written is overwritten unseen.
 *
 * A row that was read outside of the present transaction, or without a lock where the database does not check by itself, is written
 * only where the checked columns still hold what was read: they are part of the condition. The database may find two values
 * different that weft reads as one (a double read into a float, blanks that fill a text up, a time spelt otherwise). So the rows
 * that a statement missed are locked and read by the next one, and compared as weft compares: those that hold what was read are
 * written by key, under that lock; any other row is stale. */
#define _POSIX_C_SOURCE 200809L
#include "unit/flush.h"

#include "base/error.h"
#include "base/locale.h"
#include "base/thread.h"
#include "object/key.h"

#include <stdio.h>
#include <string.h>

weft_guard wefti_flush_guard(const wefti_flush *flush, const wefti_table *table)
{
    const weft_guard guards[] = {flush->session->engine->guard, flush->session->options.guard, (weft_guard)table->mapper->guard};
    weft_guard guard = WEFT_GUARD_CHANGED;
    for (size_t i = 0; i < sizeof guards / sizeof guards[0]; i++)
        if (guards[i] == WEFT_GUARD_NONE || guard == WEFT_GUARD_CHANGED)
            guard = guards[i];
    return guard;
}

/* Values so long that sending them again would cost more than they are worth. */
static bool is_long(const wefti_column *column, const void *structure)
{
    const void *field = (const char *)structure + column->field->offset;
    if (column->field->type == WEFT_BYTES)
        return ((const weft_bytes *)field)->data != NULL && ((const weft_bytes *)field)->size > WEFTI_FLUSH_CHECKED_BYTES;
    if (column->field->type == WEFT_BITS || wefti_type_is_array(column->field->type)) {
        const weft_value array = wefti_field_value(column->field->type, 0, field);
        return wefti_value_room(&array) > WEFTI_FLUSH_CHECKED_BYTES;
    }
    const char *text = column->field->borrows ? *(const char *const *)field : NULL;
    return text != NULL && strnlen(text, WEFTI_FLUSH_CHECKED_BYTES + 1) > WEFTI_FLUSH_CHECKED_BYTES;
}

weft_status wefti_flush_choose_checked(wefti_flush *flush, wefti_flush_table *plan, wefti_flush_row *row, const uint64_t *written)
{
    const wefti_table *table = plan->table;
    bool all = plan->guard == WEFT_GUARD_LOADED, any = false;
    const wefti_object *owner = row->replaces != NULL ? row->replaces : row->object; /* of the row */
    const uint32_t known = wefti_object_known(flush->session, owner);
    if (plan->guard == WEFT_GUARD_NONE || known == UINT32_MAX ||
        (!all && !table->mapper->guarded_columns && (written == NULL || row->replaces != NULL)))
        return WEFT_OK;
    bool chosen_alone = !all && !table->mapper->guarded_columns, any_may_be_long = false;
    const uint64_t *unloaded = owner->unloaded; /* nothing was read that could have changed */
    const bool usual = known == 0 && unloaded == NULL;
    if (chosen_alone && usual && plan->like == row->set) { /* most rows are like the one before */
        row->checked = plan->like_checked;
        return WEFT_OK;
    }
    uint64_t bits[WEFTI_FLUSH_WORDS];
    if (row->replaces != NULL)
        written = NULL;
    for (uint16_t word = 0; word < plan->words; word++) {
        bits[word] = 0;
        for (uint64_t left = chosen_alone ? written[word] : UINT64_MAX; left != 0; left &= left - 1) {
            uint16_t i = (uint16_t)(word * 64 + __builtin_ctzll(left));
            if (i >= table->column_count)
                break;
            const wefti_column *column = &table->columns[i];
            /* What every update writes says nothing of who has overwritten whom. */
            const bool own = written != NULL && wefti_flush_has(written, i) && column->field->update_value == NULL;
            bool wanted = all || column->field->guard == WEFT_GUARD_LOADED || own;
            if (wefti_columns_have(unloaded, i) || (i < WEFTI_KNOWN_COLUMNS && (known >> i & 1) != 0))
                continue;
            if (!wanted || column->field->guard == WEFT_GUARD_NONE || column->primary_key || column->field->version)
                continue;
            any_may_be_long = any_may_be_long || column->field->borrows;
            if (is_long(column, row->old))
                continue;
            bits[word] |= left & -left;
            any = true;
        }
    }
    if (any) {
        row->checked = wefti_flush_set_of(flush, plan, &plan->checked_sets, bits);
        if (row->checked == NULL)
            return flush->session->error.status;
    }
    if (chosen_alone && usual && !any_may_be_long) {
        plan->like = row->set;
        plan->like_checked = row->checked;
    }
    return WEFT_OK;
}

/* ---- stale rows ---- */

/* What a column holds, as text that fits a field of weft_error. */
static void show(char *out, size_t size, const wefti_column *column, const void *structure)
{
    weft_value value = wefti_column_value(column, structure);
    wefti_arena arena;
    wefti_text text;
    size_t refused;
    wefti_arena_init(&arena, 0);
    wefti_text_init(&text, 0);
    if (column->item_names != NULL && !value.is_null)
        text.failed =
            !wefti_array_to_names(&value, column->item_names, column->enum_count, wefti_arena_room, &arena, &value, &refused);
    if (!text.failed)
        wefti_value_show(&text, &value);
    wefti_error_field(out, size, text.failed ? NULL : text.data);
    wefti_text_deinit(&text);
    wefti_arena_deinit(&arena);
}

weft_status wefti_flush_refuse_stale(wefti_flush *flush, const char *verb, wefti_object *object, const wefti_column *column,
                                     const char *read, const char *found)
{
    weft_session *session = flush->session;
    const wefti_table *table = object->table;
    const char *name = wefti_object_name(session, object);
    bool before = wefti_object_from_before(session, object);
    /* The session itself has sent SQL since then, which may have changed any row. */
    const bool own = session->aged && wefti_object_stale(session, object);
    const char *who = own ? "" : " by another transaction";
    weft_error error = {0};
    if (column != NULL)
        wefti_error_set(&error, WEFT_ERROR_STALE, "flush: %s %s: the row of %s was changed%s since it was read (%s)", verb,
                        table->name, name, who, column->field->name);
    else
        wefti_error_set(&error, WEFT_ERROR_STALE, "flush: %s %s: the row of %s was %sdeleted%s", verb, table->name, name,
                        found == NULL ? "" : "changed or ", who);
    if (before) {
        session->changed_before = true;
        wefti_error_hint(&error,
                         "%s was read before weft_transact was called, so another attempt would not notice the change; read "
                         "it in the body, or decide again and call weft_transact anew",
                         table->model->name);
    } else if (own) {
        wefti_error_hint(&error,
                         "the session has sent SQL of its own since: read %s again (weft_get) after such SQL and before it is "
                         "changed; if it was another transaction's, roll back and repeat",
                         table->model->name);
    } else {
        wefti_error_hint(&error, "roll back, read the rows again and repeat (weft_transact does)");
    }
    wefti_error_field(error.table, sizeof error.table, table->name);
    if (column != NULL)
        wefti_error_field(error.column, sizeof error.column, column->name);
    wefti_error_field(error.read, sizeof error.read, read);
    wefti_error_field(error.found, sizeof error.found, found);
    return wefti_session_fail_with(session, &error);
}

/* ---- rows that were missed ---- */

enum { LOOK_NOT, LOOK_GONE, LOOK_SAME, LOOK_WRITTEN, LOOK_CHANGED };

typedef struct look {
    uint8_t what;
    const wefti_column *changed;
    char *read, *found; /* of that column, where it is to be reported */
} look;

typedef struct looking {
    wefti_flush_recheck *recheck;
    wefti_flush_row **rows; /* those to look at, sorted by key */
    look *looks;
    size_t count;
    wefti_arena arena; /* of one row */
    void *structure;
} looking;

static const wefti_column *first_difference(const wefti_flush_recheck *recheck, const wefti_flush_row *row, const void *found)
{
    const wefti_column *version = recheck->versioned ? recheck->table->mapper->version : NULL;
    if (version != NULL && !wefti_flush_equal(version, found, row->old))
        return version;
    for (uint16_t i = 0; row->checked != NULL && i < row->checked->column_count; i++) {
        const wefti_column *column = &recheck->table->columns[row->checked->columns[i]];
        if (!wefti_flush_equal(column, found, row->old))
            return column;
    }
    return NULL;
}

static bool is_written(const wefti_flush_recheck *recheck, const wefti_flush_row *row, const void *found)
{
    for (uint16_t i = 0; row->set != NULL && i < row->set->column_count; i++)
        if (!wefti_flush_equal(&recheck->table->columns[row->set->columns[i]], found, wefti_flush_now(row)))
            return false;
    return row->set != NULL;
}

/* The place of the row with this key, or count. */
static size_t find_row(const looking *l, const void *found)
{
    const wefti_table *table = l->recheck->table;
    size_t low = 0, high = l->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = 0;
        for (uint16_t i = 0; i < table->key_count && order == 0; i++) {
            const wefti_column *column = table->key[i];
            weft_value a = wefti_field_value(column->field->type, column->field->size,
                                             (const char *)l->rows[middle]->old + column->field->offset);
            weft_value b = wefti_field_value(column->field->type, column->field->size, (const char *)found + column->field->offset);
            order = wefti_values_compare(&a, &b);
        }
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return l->count;
}

static weft_status keep_shown(const looking *l, look *found, const void *old)
{
    const size_t size = sizeof((weft_error *)0)->found;
    wefti_flush *flush = l->recheck->flush;
    found->read = wefti_flush_alloc(flush, 2 * size);
    if (found->read == NULL)
        return flush->session->error.status;
    found->found = found->read + size;
    show(found->read, size, found->changed, old);
    show(found->found, size, found->changed, l->structure);
    return WEFT_OK;
}

/* only: the one row that was asked for, whatever its key is spelt like; else count. */
static weft_status take_row(looking *l, const weft_value *cells, size_t only, weft_error *error)
{
    const wefti_flush_recheck *recheck = l->recheck;
    wefti_arena_reset(&l->arena);
    memset(l->structure, 0, recheck->table->mapper->size);
    weft_status status = wefti_decode_row(recheck->table->mapper, cells, l->structure, &l->arena, error);
    if (status != WEFT_OK)
        return status;
    size_t at = only < l->count ? only : find_row(l, l->structure);
    if (at == l->count)
        return WEFT_OK;
    look *found = &l->looks[at];
    found->changed = first_difference(recheck, l->rows[at], l->structure);
    found->what = found->changed == NULL                                                   ? LOOK_SAME
                  : recheck->met == NULL && is_written(recheck, l->rows[at], l->structure) ? LOOK_WRITTEN
                                                                                           : LOOK_CHANGED;
    return found->what == LOOK_SAME ? WEFT_OK : keep_shown(l, found, l->rows[at]->old);
}

/* Rows start to end - 1, in one statement that locks them where the database locks rows. */
static weft_status look_at(looking *l, size_t start, size_t end)
{
    WEFTI_NOT_CANCELLED;
    const wefti_table *table = l->recheck->table;
    weft_session *session = l->recheck->flush->session;
    const size_t count = end - start;
    const void **olds = wefti_flush_alloc(l->recheck->flush, count * sizeof *olds);
    wefti_array keys[WEFTI_MAX_KEY_COLUMNS];
    weft_error error = {0};
    if (olds == NULL)
        return session->error.status;
    for (size_t i = 0; i < count; i++)
        olds[i] = l->rows[start + i]->old;
    for (uint16_t i = 0; i < table->key_count; i++)
        keys[i] = wefti_flush_array(table->key[i], olds, count);
    const wefti_among among = {.keys = keys, .one = count == 1};
    const wefti_select select = {.from = table, .among = &among, .lock = WEFT_FOR_UPDATE};
    const wefti_statement_data data = {.kind = WEFTI_KIND_SELECT, .of.select = &select};
    wefti_cursor *cursor = NULL;
    const wefti_compiled *compiled = NULL;
    weft_status status = wefti_connection_run(&session->connection, &data, NULL, 0, false, wefti_session_deadline(session), &cursor,
                                              &compiled, &error);
    for (bool has_row = true; status == WEFT_OK;) {
        status = wefti_connection_step(&session->connection, cursor, &has_row, &error);
        if (status != WEFT_OK || !has_row)
            break;
        status = take_row(l, cursor->row, count == 1 ? start : l->count, &error);
    }
    wefti_connection_finish(&session->connection, cursor, compiled);
    return status == WEFT_OK ? WEFT_OK : wefti_flush_failed(l->recheck->flush, "SELECT from", table, &error);
}

/* A row that did not come with the others has another spelling of its key, or is gone. */
static weft_status look_at_all(looking *l)
{
    weft_status status = WEFT_OK;
    for (size_t start = 0; start < l->count && status == WEFT_OK; start += WEFTI_WRITE_ARRAY_ROWS)
        status = look_at(l, start, l->count - start < WEFTI_WRITE_ARRAY_ROWS ? l->count : start + WEFTI_WRITE_ARRAY_ROWS);
    for (size_t i = 0; i < l->count && status == WEFT_OK; i++) {
        if (l->looks[i].what != LOOK_NOT)
            continue;
        if (l->count > 1)
            status = look_at(l, i, i + 1);
        if (status == WEFT_OK && l->looks[i].what == LOOK_NOT) {
            l->looks[i].what = LOOK_GONE;
            return wefti_flush_refuse_stale(l->recheck->flush, l->recheck->verb, l->rows[i]->object, NULL, NULL, NULL);
        }
    }
    return status;
}

static weft_status refuse_first(const looking *l, uint8_t what)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->looks[i].what == what)
            return wefti_flush_refuse_stale(l->recheck->flush, l->recheck->verb, l->rows[i]->object, l->looks[i].changed,
                                            l->looks[i].read, l->looks[i].found);
    return WEFT_OK;
}

/* Where it is not known which rows were met, those that hold what was to be written count as met as far as the number of missed
 * ones allows: one more than that, and another transaction has written just the same, which is a change like any other. */
static weft_status decide(looking *l)
{
    size_t same = 0;
    if (refuse_first(l, LOOK_CHANGED) != WEFT_OK)
        return l->recheck->flush->session->error.status;
    for (size_t i = 0; i < l->count; i++)
        same += l->looks[i].what == LOOK_SAME;
    if (same < l->recheck->missed && refuse_first(l, LOOK_WRITTEN) != WEFT_OK)
        return l->recheck->flush->session->error.status;
    l->recheck->count = 0;
    for (size_t i = 0; i < l->count; i++)
        if (l->looks[i].what == LOOK_SAME)
            l->recheck->rows[l->recheck->count++] = l->rows[i];
    return WEFT_OK;
}

weft_status wefti_flush_recheck_rows(wefti_flush_recheck *recheck)
{
    wefti_flush *flush = recheck->flush;
    looking l = {.recheck = recheck};
    l.rows = wefti_flush_alloc(flush, recheck->count * sizeof(wefti_flush_row *));
    l.looks = wefti_flush_alloc(flush, recheck->count * sizeof *l.looks);
    l.structure = wefti_flush_alloc(flush, recheck->table->mapper->size);
    if (l.rows == NULL || l.looks == NULL || l.structure == NULL)
        return flush->session->error.status;
    for (size_t i = 0; i < recheck->count; i++)
        if (recheck->met == NULL || (recheck->met[i / 64] >> i % 64 & 1) == 0)
            l.rows[l.count++] = recheck->rows[i];
    memset(l.looks, 0, recheck->count * sizeof *l.looks);
    wefti_arena_init(&l.arena, 0);
    weft_status status = look_at_all(&l);
    wefti_arena_deinit(&l.arena);
    return status == WEFT_OK ? decide(&l) : status;
}
