/* Queries of a session: by key, by condition, counts. */
#include "session/calls.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/thread.h"
#include "object/key.h"
#include "sql/nodes.h"
#include "unit/unit.h"

#include <string.h>

static const weft_query_options no_options;

/* ---- queries ---- */

/* Notes the call site, too. */
static bool check_nodes(weft_session *session, const weft_query_options *options)
{
    weft_error error;
    wefti_node_roots roots = {.where = options->where,
                              .lists = {options->order_by},
                              .joins = &options->joins,
                              .load = options->load};
    if (wefti_nodes_check(&roots, &error) == WEFT_OK)
        return true;
    (void)wefti_session_fail_with(session, &error);
    return false;
}

static inline bool locks(const weft_query_options *options) { return options->for_update || options->lock != WEFT_LOCK_NONE; }

/* Whether it says anything that an object in the session does not answer by itself, or that is to be refused. */
static inline bool asks_more(const weft_query_options *options)
{
    const uintptr_t pointers = (uintptr_t)options->load | (uintptr_t)options->of | (uintptr_t)options->where |
                               (uintptr_t)options->order_by | (uintptr_t)options->joins.list | (uintptr_t)options->joins.model |
                               (uintptr_t)options->joins.to;
    const bool switches = options->refresh | options->for_update | options->skip_locked | options->no_wait | options->distinct;
    return (pointers | (uintptr_t)options->lock | (uintptr_t)options->plan | (uintptr_t)options->limit |
            (uintptr_t)options->offset | (uintptr_t)switches) != 0;
}

/* One row by its key: there is nothing to choose or to order, and what was to choose would be passed over for an object of the
 * session. */
static bool asks_for_a_key_alone(weft_session *session, const weft_model *model, const weft_query_options *options)
{
    const char *other = options->where != NULL               ? "where"
                        : wefti_joins_some(&options->joins)  ? "joins"
                        : options->of != NULL                ? "of"
                        : options->order_by != NULL          ? "order_by"
                        : options->distinct                  ? "distinct"
                        : options->limit != 0                ? "limit"
                        : options->offset != 0               ? "offset"
                        : options->plan != WEFT_PLAN_DEFAULT ? "plan"
                                                             : NULL;
    if (other == NULL)
        return true;
    (void)wefti_session_fail(session, WEFT_ERROR_MISUSE,
                             "weft_get takes no .%s: it gives the %s of a key. weft_first(s, %s, .where = …) and weft_one take it",
                             other, model->name, model->name);
    return false;
}

static bool take_lock(weft_session *session, const weft_query_options *options, uint8_t *lock)
{
    weft_error error; /* set where it fails */
    if (wefti_row_lock_take(options->lock, lock, &error) != WEFT_OK ||
        (!locks(options) &&
         wefti_row_lock_missing(options->of, options->skip_locked, options->no_wait, ".for_update", &error) != WEFT_OK))
        return wefti_session_fail_with(session, &error), false;
    const bool weaker = options->for_update && *lock != WEFT_LOCK_NONE && *lock != WEFT_FOR_UPDATE;
    if (weaker)
        wefti_session_fail(session, WEFT_ERROR_MISUSE,
                           ".for_update is the strongest .lock, and a weaker one was given beside it: keep one of them");
    if (options->for_update)
        *lock = WEFT_FOR_UPDATE;
    return !weaker;
}

static bool build_select(weft_session *session, const weft_model *model, const weft_query_options *options, wefti_select *select)
{
    const wefti_table *table = wefti_session_table(session, model);
    if (table == NULL)
        return false;
    if (options->limit < 0 || options->offset < 0) {
        wefti_session_fail(session, WEFT_ERROR_MISUSE, "a query of %s has a negative %s", model->name,
                           options->limit < 0 ? "limit" : "offset");
        return false;
    }
    session->file = options->file_;
    session->line = options->line_;
    uint8_t lock;
    if (!take_lock(session, options, &lock) || (wefti_nodes_watching() && !check_nodes(session, options)))
        return false;
    *select = (wefti_select){
        .from = table,
        .where = options->where,
        .distinct = options->distinct,
        .lock = lock,
        .skip_locked = options->skip_locked,
        .no_wait = options->no_wait,
        .lock_of = options->of,
        .limit = options->limit,
        .offset = options->offset,
    };
    select->joins = wefti_joined(&options->joins, select->join_alone);
    select->order_by = wefti_items_or_none(options->order_by, select->alone[0]);
    weft_error error = {0};
    if (wefti_plan_take(options->plan, &select->plan, &error) != WEFT_OK)
        return wefti_session_fail_with(session, &error), false;
    return true;
}

/* The objects of a select, with what loaders and models say, after what it reads was written. */
static weft_status run_select(weft_session *session, const wefti_select *select, const weft_query_options *options, weft_list *list)
{
    wefti_load load;
    *list = (weft_list){NULL, 0};
    weft_status status = wefti_load_begin(&load, session, select->from, options->load);
    if (status == WEFT_OK && !wefti_session_autoflush(session, select, &load))
        status = session->error.status;
    if (status == WEFT_OK)
        status = wefti_load_query(&load, select, NULL, options->refresh, list);
    wefti_load_end(&load);
    return status;
}

static weft_list run_query(weft_session *session, const weft_model *model, const weft_query_options *options)
{
    weft_list list = {NULL, 0};
    wefti_select select;
    if (!wefti_session_enter(session) || !wefti_watch_check(session))
        return list;
    if (!build_select(session, model, options, &select))
        return list;
    if (run_select(session, &select, options, &list) != WEFT_OK)
        return (weft_list){NULL, 0};
    return list;
}

weft_list weft_session_query(weft_session *session, const weft_model *model, const weft_query_options *options)
{
    WEFTI_NODES_ENTER;
    return run_query(session, model, options != NULL ? options : &no_options);
}

const void *weft_session_first(weft_session *session, const weft_model *model, const weft_query_options *options)
{
    WEFTI_NODES_ENTER;
    weft_query_options one = options != NULL ? *options : no_options;
    if (one.limit == 0 || one.limit > 1)
        one.limit = one.limit == WEFT_NONE ? WEFT_NONE : 1;
    weft_list list = run_query(session, model, &one);
    return list.count == 0 ? NULL : ((const void *const *)list.items)[0];
}

const void *weft_session_one(weft_session *session, const weft_model *model, weft_status *status, const weft_query_options *options)
{
    WEFTI_NODES_ENTER;
    weft_query_options two = options != NULL ? *options : no_options;
    if (two.limit == 0 || (two.limit > 2 && two.limit != WEFT_NONE))
        two.limit = 2;
    weft_list list = run_query(session, model, &two);
    weft_status result = weft_session_status(session);
    if (result == WEFT_OK && list.count != 1)
        result = list.count == 0 ? WEFT_ERROR_NOT_FOUND : WEFT_ERROR_NOT_UNIQUE;
    if (status != NULL)
        *status = result;
    return result == WEFT_OK ? ((const void *const *)list.items)[0] : NULL;
}

weft_list weft_session_text_query(weft_session *session, const weft_model *model, const char *sql,
                                  const weft_text_query_options *options)
{
    static const weft_text_query_options nothing;
    weft_list list = {NULL, 0};
    WEFTI_NODES_ENTER;
    if (!wefti_session_enter(session) || !wefti_watch_check(session))
        return list;
    options = options != NULL ? options : &nothing;
    session->file = options->file_;
    session->line = options->line_;
    const wefti_table *table = wefti_session_table(session, model);
    if (table == NULL || !check_nodes(session, &(const weft_query_options){.load = options->load}))
        return list;
    wefti_load load;
    const wefti_select select = {.from = table};
    const wefti_object_text text = {sql, options->parameters};
    weft_status status = wefti_load_begin(&load, session, table, options->load);
    if (status == WEFT_OK && load.level.names_columns)
        status = wefti_session_fail(session, WEFT_ERROR_MISUSE,
                                    "weft_text_query(%s): the text says which columns are loaded, loaders of columns do not go "
                                    "with it",
                                    table->model->name);
    if (status == WEFT_OK)
        status = wefti_session_flush(session);
    if (status == WEFT_OK)
        status = wefti_load_query(&load, &select, &text, options->refresh, &list);
    wefti_load_end(&load);
    return status == WEFT_OK ? list : (weft_list){NULL, 0};
}

/* One number from a SELECT that has one row and one column. */
static bool run_number(weft_session *session, const wefti_select *select, int64_t *number)
{
    WEFTI_NOT_CANCELLED;
    *number = 0;
    if (!wefti_session_autoflush(session, select, NULL) || wefti_session_connect(session, false) != WEFT_OK)
        return false;
    wefti_statement_data data = {.kind = WEFTI_KIND_SELECT, .of.select = select};
    wefti_cursor *cursor = NULL;
    const wefti_compiled *compiled = NULL;
    bool has_row = false;
    weft_status status = wefti_connection_run(&session->connection, &data, NULL, 0, false, wefti_session_deadline(session), &cursor,
                                              &compiled, &session->error);
    if (status == WEFT_OK)
        status = wefti_connection_step(&session->connection, cursor, &has_row, &session->error);
    if (status == WEFT_OK && has_row && !cursor->row[0].is_null)
        *number = cursor->row[0].as.i;
    wefti_connection_finish(&session->connection, cursor, compiled);
    wefti_session_disconnect(session);
    return status == WEFT_OK;
}

/* A number says nothing of rows that could be locked. */
static bool locks_none(weft_session *session, const weft_query_options *options, const char *call)
{
    if (options == NULL || (!options->for_update && options->lock == WEFT_LOCK_NONE))
        return true;
    (void)wefti_session_fail(session, WEFT_ERROR_MISUSE,
                             "%s locks no rows: leave .for_update and .lock out, or query the rows that they are to lock", call);
    return false;
}

static int64_t count(weft_session *session, const weft_model *model, const weft_query_options *options)
{
    wefti_select select;
    int64_t number = 0;
    if (!build_select(session, model, options != NULL ? options : &no_options, &select))
        return 0;
    select.count = true;
    run_number(session, &select, &number);
    return number;
}

bool weft_session_exists(weft_session *session, const weft_model *model, const weft_query_options *options)
{
    WEFTI_NODES_ENTER;
    wefti_select select;
    int64_t number = 0;
    if (!wefti_session_enter(session) || !locks_none(session, options, "weft_exists") ||
        !build_select(session, model, options != NULL ? options : &no_options, &select))
        return false;
    select.exists = true;
    return run_number(session, &select, &number) && number != 0;
}

int64_t weft_session_count(weft_session *session, const weft_model *model, const weft_query_options *options)
{
    WEFTI_NODES_ENTER;
    return wefti_session_enter(session) && locks_none(session, options, "weft_count_of") ? count(session, model, options) : 0;
}

weft_list weft_session_query_page(weft_session *session, const weft_model *model, int64_t *total, const weft_query_options *options)
{
    WEFTI_NODES_ENTER;
    if (wefti_nodes_watching() && options != NULL && wefti_session_enter(session) && !check_nodes(session, options))
        return (weft_list){NULL, 0};
    weft_list list = weft_session_query(session, model, options);
    if (total != NULL)
        *total = wefti_session_enter(session) ? count(session, model, options) : 0;
    return list;
}

/* ---- by key ---- */

static bool no_such_name(weft_session *session, const wefti_table *table)
{
    wefti_session_fail(session, WEFT_ERROR_TYPE, "a key of %s was asked for whose %s is none of the enum's %u values",
                       table->model->name, table->key[0]->field->name, (unsigned)table->key[0]->enum_count);
    return false;
}

/* Of a key whose columns are of types of the program's own. */
static bool encoders_took(weft_session *session, const wefti_table *table, weft_value *key)
{
    weft_error error;
    for (uint16_t i = 0; i < table->key_count; i++)
        if ((int)key[i].type == WEFTI_REFUSED) {
            (void)wefti_refuse_own(&key[i], table->key[i], &error);
            return (void)wefti_session_fail_with(session, &error), false;
        }
    return true;
}

static bool key_from(weft_session *session, const wefti_table *table, const weft_key_value *given, weft_value *key)
{
    if (given->kind == 3 && given->p != NULL) {
        (void)wefti_key_of_struct(table, given->p, key);
        return encoders_took(session, table, key);
    }
    const wefti_column *column = table->key[0];
    if (given->kind == 4) {
        wefti_session_fail(session, WEFT_ERROR_TYPE, "weft_get: a key above 9223372036854775807 was given for %s",
                           table->model->name);
        return false;
    }
    if (table->key_count != 1) {
        wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_get: %s has a key of %u columns; give weft_key(%s, .%s = …, …)",
                           table->model->name, table->key_count, table->model->name, column->field->name);
        return false;
    }
    if (given->kind == 0 && column->enum_names != NULL && given->i >= 0 && given->i < column->enum_count) {
        key[0] = weft_value_text(column->enum_names[given->i]);
        return true;
    }
    if (given->kind == 0 && column->enum_names != NULL)
        return no_such_name(session, table);
    bool fits = given->kind == 0   ? wefti_type_is_integer(column->type)
                : given->kind == 1 ? wefti_type_is_text(column->type)
                                   : given->kind == 2 && column->type == WEFT_UUID;
    if (!fits) {
        wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_get: the key of %s, %s, is not of the given type", table->model->name,
                           column->field->name);
        return false;
    }
    key[0] = given->kind == 0   ? weft_value_int64(given->i)
             : given->kind == 1 ? weft_value_text(given->p)
                                : weft_value_uuid(given->u);
    key[0].type = (weft_type)column->type;
    return true;
}

static weft_status load_more(weft_session *session, wefti_object *object, const weft_loader *loaders)
{
    const wefti_select touched = {.from = object->table};
    wefti_load load;
    weft_status status = wefti_load_begin(&load, session, object->table, loaders);
    if (status == WEFT_OK && !wefti_session_autoflush(session, &touched, &load))
        status = session->error.status;
    if (status == WEFT_OK)
        status = wefti_load_present(&load, &object, 1);
    wefti_load_end(&load);
    return status;
}

static const void *get_from_map(weft_session *session, wefti_object *object, const weft_query_options *options, bool *done)
{
    *done = !options->refresh && !locks(options);
    if (object->to_delete)
        return *done = true, NULL;
    if (!*done)
        return NULL;
    if (wefti_object_outdated(session, object)) {
        bool found = false;
        if (wefti_session_reload(session, object, WEFTI_RELOAD_TOGETHER, &found) != WEFT_OK)
            return NULL;
        if (!found) {
            if (session->in_transaction && wefti_object_touch(session, object) == NULL) /* a rollback may bring the row back */
                return NULL;
            wefti_object_detach(session, object, WEFTI_STATE_DELETED);
            *done = !wefti_key_is_spelling(object->table); /* another object may have the row under another spelling */
            return NULL;
        }
    } else {
        session->stats.identity_hits++;
    }
    if (options->load != NULL && load_more(session, object, options->load) != WEFT_OK)
        return NULL;
    return wefti_object_struct(object);
}

static weft_status keep_object(void *context, wefti_object *const *objects, const weft_value *cells, const wefti_compiled *compiled)
{
    (void)cells, (void)compiled;
    *(wefti_object **)context = objects[0];
    return WEFT_OK;
}

static inline __attribute__((always_inline)) const void *get_by_statement(weft_session *session, const wefti_table *table,
                                                                          const weft_value *key, const weft_query_options *options,
                                                                          uint8_t lock)
{
    wefti_array arrays[WEFTI_MAX_KEY_COLUMNS];
    for (uint16_t i = 0; i < table->key_count; i++)
        wefti_key_array(table->key[i], &key[i], &arrays[i]);
    const wefti_among among = {.keys = arrays, .one = true};
    wefti_select select = {.from = table,
                           .left_out = table->mapper->deferred,
                           .among = &among,
                           .lock = lock,
                           .skip_locked = options->skip_locked,
                           .no_wait = options->no_wait};
    weft_list list = {NULL, 0};
    wefti_object *object = NULL;
    wefti_session_site(session, table, false, options->file_, options->line_);
    if (options->load == NULL && !wefti_load_has_defaults(table)) {
        if (wefti_session_fetch(session, &select, options->refresh ? session->cohort_serial : 0, keep_object, &object) != WEFT_OK ||
            object == NULL)
            return NULL;
        return wefti_object_struct(object);
    }
    if (run_select(session, &select, options, &list) != WEFT_OK || list.count == 0)
        return NULL;
    return ((const void *const *)list.items)[0];
}

/* Whether a new object may have the key of this one, which is to be deleted, or whose row SQL may have deleted. */
static bool may_be_replaced(const weft_session *session, const wefti_object *object)
{
    const wefti_change *change = object->to_delete || wefti_object_outdated(session, object) ? session->touched : NULL;
    while (change != NULL && (change->object->state != WEFTI_STATE_PENDING || change->object->table != object->table))
        change = change->next_touched;
    return change != NULL;
}

/* The identity map was looked at where the key is an integer: then object is what it has. */
__attribute__((noinline)) static const void *get_by_any_key(weft_session *session, const wefti_table *table,
                                                            const weft_key_value *given, const weft_query_options *options,
                                                            bool looked, wefti_object *object)
{
    weft_value key[WEFTI_MAX_KEY_COLUMNS];
    uint8_t lock;
    if (!key_from(session, table, given, key) || !take_lock(session, options, &lock) ||
        !asks_for_a_key_alone(session, table->model, options))
        return NULL;
    for (uint16_t i = 0; i < table->key_count; i++)
        if (key[i].is_null)
            return NULL; /* no row has a NULL key */
    if (!looked)
        object = wefti_key_find(session, table, key);
    bool waits = session->maps[table->main->index].dirty || session->may_delete;              /* of views it was seen to */
    bool edited = lock != WEFT_LOCK_NONE && object != NULL && wefti_object_has_edits(object); /* perhaps through an older pointer */
    bool may_be_new = object == NULL || may_be_replaced(session, object);
    if (((may_be_new || lock != WEFT_LOCK_NONE) && (waits || edited)) && !session->options.no_autoflush) {
        if ((edited ? wefti_session_flush(session) : wefti_session_flush_touched(session)) != WEFT_OK)
            return NULL;
        object = wefti_key_find(session, table, key);
    }
    bool done = false;
    const void *found = object == NULL ? NULL : get_from_map(session, object, options, &done);
    if (done || session->error.status != WEFT_OK)
        return found;
    return get_by_statement(session, table, key, options, lock);
}

const void *weft_session_get(weft_session *session, const weft_model *model, weft_key_value given,
                             const weft_query_options *options)
{
    if (!wefti_session_enter(session) || !wefti_watch_check(session))
        return NULL;
    const wefti_table *table = wefti_schema_table(session->schema, model);
    if (options == NULL)
        options = &no_options;
    session->file = options->file_;
    session->line = options->line_;
    if (table == NULL || model == NULL)
        return wefti_session_table(session, model), NULL;
    if (table->has_models && !wefti_session_autoflush_models(session, table))
        return NULL;
    bool integer = table->integer_key && given.kind == 0;
    uint32_t hash;
    wefti_object *object = integer ? wefti_map_find_integer(session, table, given.i, &hash) : NULL;
    bool current = object != NULL && !object->to_delete && !wefti_object_outdated(session, object);
    if (!current || asks_more(options))
        return get_by_any_key(session, table, &given, options, integer, object);
    session->stats.identity_hits++;
    return wefti_object_struct(object);
}

/* ---- several by key ---- */

static const void *item_at(const weft_value *keys, size_t i, weft_value *value, const wefti_column *column)
{
    const uint16_t size = (uint16_t)wefti_item_size(keys->type);
    const char *item = keys->as.s.data + i * size;
    *value = wefti_field_value((uint16_t)keys->type, size, item);
    value->type = (weft_type)column->type;
    return item;
}

static bool keys_fit(weft_session *session, const wefti_table *table, const weft_value *keys)
{
    const wefti_column *column = table->key[0];
    bool fits = table->key_count == 1 && ((wefti_type_is_integer((uint8_t)keys->type) && wefti_type_is_integer(column->type)) ||
                                          (keys->type == WEFT_TEXT && wefti_type_is_text(column->type)) ||
                                          (keys->type == WEFT_UUID && column->type == WEFT_UUID));
    if ((int)keys->type == WEFTI_BEYOND_INT64)
        wefti_session_fail(session, WEFT_ERROR_TYPE, "weft_get_many: a key above 9223372036854775807 was given for %s",
                           table->model->name);
    else if (!fits)
        wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_get_many: the keys are not of the type of %s's key",
                           table->model->name);
    else if (keys->as.s.data == NULL)
        wefti_session_fail(session, WEFT_ERROR_MISUSE, "weft_get_many: the list of %zu keys of %s is NULL", keys->as.s.size,
                           table->model->name);
    return fits && keys->as.s.data != NULL;
}

/* Rows hold the names of an enum's values: so do *keys then, in *names, which the caller frees. */
static bool name_keys(weft_session *session, const wefti_table *table, weft_value *keys, const char ***names)
{
    const wefti_column *column = table->key[0];
    const size_t count = keys->as.s.size;
    *names = NULL;
    if (table->key_count != 1 || column->enum_names == NULL || !wefti_type_is_integer((uint8_t)keys->type) ||
        (int)keys->type == WEFTI_BEYOND_INT64 || keys->as.s.data == NULL)
        return true;
    if ((*names = wefti_malloc(count * sizeof **names)) == NULL)
        return wefti_session_fail_memory(session) == WEFT_OK;
    for (size_t i = 0; i < count; i++) {
        weft_value key;
        (void)item_at(keys, i, &key, column);
        if (key.as.i < 0 || key.as.i >= column->enum_count)
            return no_such_name(session, table);
        (*names)[i] = column->enum_names[key.as.i];
    }
    *keys = weft_items_text(*names, count);
    return true;
}

/* The keys that no current object has, as an array of pointers to the items. */
static size_t gather_missing(weft_session *session, const wefti_table *table, const weft_value *keys, const void **missing)
{
    size_t count = 0;
    for (size_t i = 0; i < keys->as.s.size; i++) {
        weft_value key;
        const void *item = item_at(keys, i, &key, table->key[0]);
        if (key.is_null)
            continue;
        const wefti_object *object = wefti_key_find(session, table, &key);
        if (object == NULL || wefti_object_outdated(session, object))
            missing[count++] = item;
    }
    return count;
}

/* *rows: current objects with these keys, so many there must be. */
static weft_status fetch_missing(weft_session *session, const wefti_table *table, const weft_value *keys, size_t *rows)
{
    const void **missing = wefti_malloc((keys->as.s.size + 1) * sizeof *missing); /* not of session->work: see reload */
    if (missing == NULL)
        return wefti_session_fail_memory(session);
    size_t count = gather_missing(session, table, keys, missing);
    weft_status status = WEFT_OK;
    if (count > 0) {
        wefti_array array = {.type = (uint16_t)keys->type, .count = count, .rows = missing};
        const wefti_among among = {.keys = &array};
        wefti_select select = {.from = table, .among = &among};
        weft_list list;
        status = run_select(session, &select, &no_options, &list);
        *rows = list.count;
    }
    *rows += keys->as.s.size - count;
    wefti_free(missing);
    return status;
}

/* More rows came than keys were found again: the database takes some for equal that are spelt otherwise. */
static bool get_respelled(weft_session *session, const wefti_table *table, const weft_value *keys, const void **items)
{
    for (size_t i = 0; i < keys->as.s.size; i++) {
        weft_value key;
        (void)item_at(keys, i, &key, table->key[0]);
        if (items[i] != NULL || key.is_null)
            continue;
        items[i] = get_by_statement(session, table, &key, &no_options, WEFT_LOCK_NONE);
        if (session->error.status != WEFT_OK)
            return false;
    }
    return true;
}

/* keys are of the type of the rows. */
static weft_list get_each(weft_session *session, const wefti_table *table, const weft_value *keys)
{
    weft_list list = {NULL, 0};
    bool touches = wefti_session_reads_dirty(session, table) || session->may_delete;
    if (touches && !session->options.no_autoflush && wefti_session_flush_touched(session) != WEFT_OK)
        return list;
    size_t rows = 0, found = 0;
    if (fetch_missing(session, table, keys, &rows) != WEFT_OK)
        return list;
    const void **items = wefti_list_alloc(session, (uint32_t)keys->as.s.size);
    if (items == NULL)
        return list;
    for (size_t i = 0; i < keys->as.s.size; i++) {
        weft_value key;
        item_at(keys, i, &key, table->key[0]);
        const wefti_object *object = key.is_null ? NULL : wefti_key_find(session, table, &key);
        bool current = object != NULL && !object->to_delete && !wefti_object_outdated(session, object);
        items[i] = current ? wefti_object_struct(object) : NULL;
        found += current;
    }
    if (found < rows && wefti_key_is_spelling(table) && !get_respelled(session, table, keys, items))
        return list;
    return (weft_list){items, keys->as.s.size};
}

weft_list weft_session_get_many(weft_session *session, const weft_model *model, weft_value keys, const char *file, int line)
{
    weft_list list = {NULL, 0};
    const char **names = NULL;
    if (!wefti_session_enter(session))
        return list;
    session->file = file;
    session->line = line;
    const wefti_table *table = wefti_session_table(session, model);
    if (table != NULL && keys.as.s.size > 0 && name_keys(session, table, &keys, &names) && keys_fit(session, table, &keys))
        list = get_each(session, table, &keys);
    wefti_free(names);
    return list;
}

weft_key_value weft_key_int64(int64_t key) { return (weft_key_value){.kind = 0, .i = key}; }
weft_key_value weft_key_uint64(uint64_t key) { return (weft_key_value){.kind = key > INT64_MAX ? 4 : 0, .i = (int64_t)key}; }
weft_key_value weft_key_text(const char *key) { return (weft_key_value){.kind = 1, .p = key}; }
weft_key_value weft_key_uuid(weft_uuid key) { return (weft_key_value){.kind = 2, .u = key}; }
weft_key_value weft_key_struct(const void *key) { return (weft_key_value){.kind = 3, .p = key}; }
