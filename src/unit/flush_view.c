/* Several models of one table: a row is one row, whichever object it is written through.
 *
 * Before rows are planned, what was changed through views is put together: where the main model's object has changes too, or
 * several views have, all goes into the main one, and is one UPDATE. A row that one view alone has changed is written through it. A
 * delete through a view is the main object's, where that is in memory or has something that follows it. Afterwards the row's other
 * objects are stale, or gone with it. */
#include "unit/flush.h"

#include "base/error.h"
#include "object/columns.h"
#include "object/key.h"

static bool is_changed(const wefti_object *object)
{
    return object->change != NULL && !wefti_flush_is_doomed(object) && wefti_flush_may_update(object->change) &&
           wefti_object_has_edits(object);
}

/* ---- deletes ---- */

/* Whether the ORM does more for a deleted object than to delete its row. */
static bool is_followed(const wefti_table *main)
{
    for (uint16_t i = 0; i < main->relation_count; i++)
        if (main->relations[i].kind != WEFT_ATTR_BELONGS_TO || main->relations[i].cascade != WEFT_CASCADE_SAVE)
            return true;
    return false;
}

/* The main model's object of a row, as the database has it; *object NULL where there is no such row, or where none is in memory and
 * none is wanted. */
static weft_status find_main(wefti_flush *flush, const wefti_table *main, const weft_value *key, bool wanted, wefti_object **object)
{
    weft_session *session = flush->session;
    bool found = true;
    *object = wefti_key_find(session, main, key);
    if (*object == NULL)
        return wanted ? wefti_key_ask_values(session, main, key, object) : WEFT_OK;
    if (wefti_object_outdated(session, *object) && wefti_session_reload(session, *object, 1, &found) != WEFT_OK)
        return session->error.status;
    if (!found || (*object)->state != WEFTI_STATE_PERSISTENT)
        *object = NULL;
    return WEFT_OK;
}

static weft_status delete_main(wefti_flush *flush, wefti_object *view)
{
    weft_session *session = flush->session;
    const wefti_table *main = view->table->main;
    weft_value key[WEFTI_MAX_KEY_COLUMNS];
    if (view->state != WEFTI_STATE_PERSISTENT || !wefti_key_of_struct(view->table, view->change->base, key))
        return WEFT_OK;
    wefti_object *object;
    if (find_main(flush, main, key, is_followed(main), &object) != WEFT_OK || object == NULL)
        return session->error.status;
    if (wefti_flush_touch(flush, object) == NULL)
        return session->error.status;
    object->to_delete = true;
    view->to_delete = false; /* it goes with the main one */
    return WEFT_OK;
}

weft_status wefti_flush_delete_through_views(wefti_flush *flush)
{
    weft_status status = WEFT_OK;
    for (wefti_change *change = wefti_flush_first(flush); change != NULL && status == WEFT_OK;
         change = wefti_flush_next(flush, change))
        if (change->object->to_delete && change->object->table->main != change->object->table)
            status = delete_main(flush, change->object);
    return status;
}

/* ---- inserts ---- */

weft_status wefti_flush_check_view_insert(wefti_flush *flush, const wefti_table *view)
{
    for (uint16_t i = 0; i < view->main->column_count; i++) {
        const wefti_column *column = &view->main->columns[i];
        bool mapped = column->nullable || wefti_column_may_be_omitted(column);
        for (uint16_t k = 0; k < view->column_count && !mapped; k++)
            mapped = view->columns[k].main == column;
        if (!mapped)
            return wefti_session_fail(flush->session, WEFT_ERROR_MISUSE,
                                      "flush: a new %s cannot be inserted: %s.%s is not NULL, has no "
                                      "default, and is not mapped by %s; make a new %s",
                                      view->model->name, view->main->model->name, column->field->name, view->model->name,
                                      view->main->model->name);
    }
    return WEFT_OK;
}

/* ---- edits ---- */

static weft_status refuse_two_values(wefti_flush *flush, const wefti_column *column, wefti_object *object)
{
    weft_session *session = flush->session;
    const char *view = column->table->model->name, *main = column->main->table->model->name;
    wefti_session_fail(session, WEFT_ERROR_MISUSE, "flush: %s of %s was set to two values, through %s and through %s",
                       column->main->field->name, wefti_object_name(session, object), view, main);
    wefti_error_hint(&session->error, "both are models of one row: change a column through one of them");
    return session->error.status;
}

/* Whether the program has given the column of the object another value. */
static bool is_written(const wefti_object *object, const wefti_column *column, const void *was)
{
    if (wefti_columns_have(object->unloaded, column->index))
        return wefti_column_is_written(object, column->index);
    return !wefti_flush_equal(column, was, wefti_object_struct(object));
}

/* The main object takes what the view's was changed to. */
static weft_status take_edits(wefti_flush *flush, wefti_object *view, wefti_object *main)
{
    weft_session *session = flush->session;
    wefti_change *change = wefti_flush_touch(flush, main);
    wefti_flush_row row = {.table = view->table, .object = view, .change = view->change};
    if (change == NULL || (row.change->links != NULL && wefti_flush_take_keys(flush, &row) != WEFT_OK))
        return session->error.status;
    const void *was = view->change->base, *now = wefti_object_struct(view);
    uint64_t taken[WEFTI_COLUMN_WORDS] = {0};
    for (uint16_t i = 0; i < view->table->column_count; i++) {
        const wefti_column *column = &view->table->columns[i], *target = column->main;
        void *field = wefti_object_field(main, target->field->offset);
        if (!is_written(view, column, was))
            continue;
        wefti_columns_add(taken, i);
        const bool written = is_written(main, target, change->base), known = !wefti_columns_have(main->unloaded, target->index);
        bool same = (known || written) && wefti_columns_equal(&column, now, &target, wefti_object_struct(main), 1);
        if (!same && written)
            return refuse_two_values(flush, column, main);
        if (same)
            continue;
        const weft_value value =
            wefti_field_value(column->field->type, column->field->size, (const char *)now + column->field->offset);
        if (wefti_decode_value(target->field->type, target->field->size, &value, field, &main->cohort->batch->arena,
                               &session->error) != WEFT_OK)
            return session->error.status;
        if (!known && !wefti_change_set(session, change, target->index))
            return session->error.status;
        change->edited = true;
    }
    if (row.waits)
        return WEFT_OK; /* a key that is not known yet is written through the view */
    view->change->links = NULL;
    view->change->link_count = 0;
    view->change->set_columns = NULL;
    if (view->unloaded != NULL && !wefti_columns_settle(session, view, taken))
        return session->error.status;
    if (!wefti_object_own_text(session, view, was))
        return session->error.status;
    return wefti_change_renew_base(session, view->change);
}

static weft_status put_together(wefti_flush *flush, wefti_object *view)
{
    weft_session *session = flush->session;
    const wefti_table *main = view->table->main;
    weft_value key[WEFTI_MAX_KEY_COLUMNS];
    if (!wefti_key_of_struct(view->table, view->change->base, key))
        return WEFT_OK;
    wefti_object *object;
    bool several = false;
    for (const wefti_table *model = main; model != NULL; model = model->next_view) {
        const wefti_object *other = model == view->table ? NULL : wefti_key_find(session, model, key);
        if (other != NULL && wefti_flush_is_doomed(other)) /* the row goes */
            return wefti_object_own_text(session, view, view->change->base) ? wefti_change_renew_base(session, view->change)
                                                                            : session->error.status;
        several = several || (other != NULL && is_changed(other));
    }
    if (!several)
        return WEFT_OK;
    if (find_main(flush, main, key, true, &object) != WEFT_OK || object == NULL)
        return session->error.status;
    return take_edits(flush, view, object);
}

weft_status wefti_flush_put_views_together(wefti_flush *flush)
{
    weft_status status = WEFT_OK;
    for (wefti_change *change = wefti_flush_first(flush); change != NULL && status == WEFT_OK;
         change = wefti_flush_next(flush, change))
        if (change->object->table->main != change->object->table && is_changed(change->object))
            status = put_together(flush, change->object);
    return status;
}

/* ---- afterwards ---- */

static weft_status leave_behind(weft_session *session, const wefti_object *written, bool gone)
{
    weft_value key[WEFTI_MAX_KEY_COLUMNS];
    (void)wefti_key_of_struct(written->table, wefti_object_struct(written), key);
    for (const wefti_table *model = written->table->main; model != NULL; model = model->next_view) {
        wefti_object *other = model == written->table ? NULL : wefti_key_find(session, model, key);
        if (other == NULL || other->state != WEFTI_STATE_PERSISTENT)
            continue;
        if (!gone) {
            if (!wefti_object_has_edits(other))
                other->generation = 0; /* stale, whatever weft_transact keeps */
            continue;
        }
        if (wefti_object_touch(session, other) == NULL) /* a rollback brings it back */
            return session->error.status;
        wefti_object_detach(session, other, WEFTI_STATE_DELETED);
    }
    return WEFT_OK;
}

weft_status wefti_flush_leave_views_behind(wefti_flush *flush)
{
    weft_status status = WEFT_OK;
    for (uint16_t t = 0; t < flush->schema->table_count; t++) {
        const wefti_flush_table *plan = &flush->tables[t];
        for (uint32_t i = 0; plan->table->has_models && i < plan->update_count && status == WEFT_OK; i++)
            status = leave_behind(flush->session, plan->updates[i].object, false);
    }
    for (uint32_t i = 0; i < flush->doomed_count && status == WEFT_OK; i++)
        if (flush->doomed[i]->table->has_models && flush->doomed[i]->state == WEFTI_STATE_PERSISTENT)
            status = leave_behind(flush->session, flush->doomed[i], true);
    return status;
}
