/* Fetch: the rows of a SELECT, or of a text, become objects, each row's object once per session.
 *
 * A row whose key is in the identity map gives the object that is there; it is overwritten only where it is stale (or a refresh was
 * asked for) and has no unflushed edits; what was edited and flushed is read again like any other. A refreshed object joins the
 * cohort of this fetch, with its text in the new batch, and its relationships are unloaded: they may have changed with it. */
#include "object/object.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/thread.h"
#include "object/columns.h"
#include "object/key.h"

#include <string.h>

enum {
    STREAMED_ROWS = 100, /* from which limit on rows are streamed */
    FEW_STALE = 16       /* objects that are read again without asking for memory */
};

typedef struct fetch_entity {
    const wefti_table *table;
    wefti_entity columns;     /* of the compiled statement */
    uint16_t first_key;       /* the place of the first key column in a row */
    const uint64_t *unloaded; /* in objects that are made of the rows */
    wefti_cohort *cohort;
    wefti_object *last; /* of the row before: joined rows repeat their owner */
    int64_t last_key;
} fetch_entity;

typedef struct fetch {
    weft_session *session;
    wefti_batch *batch;
    uint64_t older;
    wefti_object *reloaded; /* rows are those of objects that are there: this one's, unless they are others' */
    bool one_row;           /* a primary key names one row: nobody needs to look for a second */
    bool holds;             /* reading is as good as holding */
    weft_value *cells;      /* rows are those of a text: room for one whose key is to become the columns'; NULL: of a SELECT */
    bool locks;             /* rows of entity 0 are locked: what they hold now is what the program is to see */
    bool keeps;             /* and nobody else changes them until the transaction ends */
    uint16_t entity_count;
    fetch_entity entities[WEFTI_MAX_JOINS + 1];
    wefti_object *objects[WEFTI_MAX_JOINS + 1];
} fetch;

static bool row_key(const fetch_entity *entity, const weft_value *cells, weft_value key[WEFTI_MAX_KEY_COLUMNS])
{
    for (uint16_t i = 0; i < entity->table->key_count; i++) {
        key[i] = cells[wefti_entity_place(&entity->columns, entity->table->key[i])];
        if (key[i].is_null)
            return false;
    }
    return true;
}

/* The struct as it was before this mark is kept for the rollback of a savepoint. */
static bool prepare_overwrite(weft_session *session, wefti_object *object)
{
    wefti_change *change = object->change;
    return change == NULL || change->mark == session->mark || wefti_object_touch(session, object) != NULL;
}

static inline weft_status decode(fetch *f, const fetch_entity *entity, const weft_value *cells, wefti_object *object)
{
    const wefti_mapper *mapper = entity->table->mapper;
    if (entity->columns.places == NULL)
        return wefti_decode_row(mapper, cells, wefti_object_struct(object), &f->batch->arena, &f->session->error);
    object->unloaded = entity->unloaded;
    wefti_columns_blank(object);
    return wefti_decode_places(mapper, entity->columns.places, cells, wefti_object_struct(object), &f->batch->arena,
                               &f->session->error);
}

static bool overwrite(fetch *f, fetch_entity *entity, wefti_object *object, const weft_value *cells)
{
    weft_session *session = f->session;
    if (!prepare_overwrite(session, object) || !wefti_cohort_add(entity->cohort, object))
        return false;
    object->unloaded = NULL;
    if (decode(f, entity, cells, object) != WEFT_OK)
        return false;
    for (uint16_t i = 0; i < entity->table->relation_count; i++)
        wefti_object_unload(session, object, &entity->table->relations[i]);
    object->generation = session->generation;
    wefti_watch_update(session, object);
    if (f->holds && !wefti_object_hold(session, object))
        return false;
    return object->change == NULL || wefti_change_renew_base(session, object->change) == WEFT_OK;
}

static wefti_object *create(fetch *f, fetch_entity *entity, const weft_value *cells, uint32_t hash)
{
    weft_session *session = f->session;
    wefti_object *object = wefti_object_new(session, entity->table, entity->cohort, WEFTI_STATE_PERSISTENT);
    if (object == NULL || decode(f, entity, cells, object) != WEFT_OK || !wefti_map_insert_hashed(session, object, hash) ||
        (f->holds && !wefti_object_hold(session, object)))
        return NULL;
    return object;
}

/* A row that was asked for by an object's key and has another: the database takes the two for equal. Where it was asked for this
 * object alone, the row is the object's, which gets its key; among several nobody knows whose it is. */
static bool take_respelled(fetch *f, fetch_entity *entity, const weft_value *cells, uint32_t hash, wefti_object **object)
{
    wefti_object *there = f->reloaded;
    if (f->session->fills)
        return !f->one_row || there->table != entity->table || there->unloaded == NULL ||
               wefti_columns_fill(f->session, there, &entity->columns, cells);
    if (!f->one_row || there->table != entity->table || (!f->session->flushing && wefti_object_has_edits(there)))
        return true;
    wefti_map_remove(f->session, there);
    if (!overwrite(f, entity, there, cells) || !wefti_map_insert_hashed(f->session, there, hash))
        return false;
    *object = there;
    return true;
}

static bool refuse_locked(weft_session *session, const wefti_object *object)
{
    wefti_session_fail(session, WEFT_ERROR_MISUSE,
                       "for_update: %s has edits that were not flushed, made upon what stood there before the "
                       "lock",
                       wefti_object_name(session, object));
    wefti_error_hint(&session->error, "lock first and edit then, or call weft_session_flush before the query");
    return false;
}

/* A key that is NULL: no row of an outer join. But nothing keeps a view, or a text, from having NULL in what the model says is the
 * key: there was a row where it is what is queried, or something else of it is not NULL. */
static __attribute__((noinline)) bool is_no_row(fetch *f, const fetch_entity *entity, const weft_value *row)
{
    const wefti_table *table = entity->table;
    const weft_value *cells = row + entity->columns.first;
    bool any = entity == f->entities;
    if (!wefti_table_is_view(table) && f->cells == NULL)
        return true;
    for (uint16_t i = 0; !any && i < table->column_count; i++) {
        const uint16_t place = wefti_entity_place(&entity->columns, &table->columns[i]);
        any = place != WEFTI_NO_PLACE && !cells[place].is_null;
    }
    if (!any)
        return true;
    if (f->cells != NULL) {
        wefti_session_fail(f->session, WEFT_ERROR_DATA, "a row of the text has NULL in the primary key of %s", table->model->name);
        wefti_error_hint(&f->session->error, "leave such rows out");
        return false;
    }
    wefti_session_fail(f->session, WEFT_ERROR_DATA, "a row of the view \"%s\" has NULL in the primary key of %s", table->name,
                       table->model->name);
    wefti_error_hint(&f->session->error, "leave such rows out, or give .primary_key to columns that tell the view's rows apart");
    return false;
}

/* Whether the row may have columns that the object has not. */
static inline bool lacks_some(const fetch_entity *entity, const wefti_object *there)
{
    return there->unloaded != NULL && there->unloaded != entity->unloaded;
}

/* False: the session failed. *object is NULL where an outer join found no row. */
static bool find_entity(fetch *f, fetch_entity *entity, const weft_value *row, wefti_object **object)
{
    const weft_value *cells = row + entity->columns.first;
    weft_value room[WEFTI_MAX_KEY_COLUMNS];
    const weft_value *key = room;
    *object = NULL;
    if (entity->table->key_count == 1) {
        key = &row[entity->first_key];
        if (key->is_null)
            return is_no_row(f, entity, row);
    } else if (!row_key(entity, cells, room)) {
        return is_no_row(f, entity, row);
    }
    uint32_t hash;
    wefti_object *there;
    if (entity->table->integer_key) {
        there = wefti_map_find_integer(f->session, entity->table, key->as.i, &hash);
    } else {
        hash = wefti_key_hash(entity->table, key);
        there = wefti_map_find(f->session, entity->table, key, hash);
    }
    if (there != NULL && !wefti_object_stale(f->session, there) && !wefti_object_awaits(there, f->older)) {
        *object = there;
        return !lacks_some(entity, there) || wefti_columns_fill(f->session, there, &entity->columns, cells);
    }
    if (entity->cohort == NULL && (entity->cohort = wefti_cohort_new(f->batch, entity->table)) == NULL)
        return false;
    if (there == NULL && f->reloaded != NULL)
        return take_respelled(f, entity, cells, hash, object);
    if (there == NULL)
        return (*object = create(f, entity, cells, hash)) != NULL;
    *object = there;
    if (wefti_object_has_edits(there) && f->locks && entity == f->entities)
        return refuse_locked(f->session, there);
    if (f->session->fills || wefti_object_has_edits(there))
        return !lacks_some(entity, there) || wefti_columns_fill(f->session, there, &entity->columns, cells);
    return there->cohort == entity->cohort || overwrite(f, entity, there, cells);
}

/* An object is found or brought up to date by its first row; the rows that follow with the same key need no look. */
static inline bool take_entity(fetch *f, fetch_entity *entity, const weft_value *row, wefti_object **object)
{
    const wefti_table *table = entity->table;
    const weft_value *key = table->integer_key ? &row[entity->first_key] : NULL;
    if (key == NULL || key->is_null)
        return find_entity(f, entity, row, object);
    if (entity->last != NULL && entity->last_key == key->as.i)
        return *object = entity->last, true;
    if (!find_entity(f, entity, row, object))
        return false;
    entity->last = *object;
    entity->last_key = key->as.i;
    return true;
}

static inline bool take_entities(fetch *f, const weft_value *row)
{
    for (uint16_t i = 0; i < f->entity_count; i++)
        if (!take_entity(f, &f->entities[i], row, &f->objects[i]))
            return false;
    return !f->keeps || f->objects[0] == NULL || wefti_object_hold(f->session, f->objects[0]);
}

static bool start_entity(fetch *f, uint16_t i, const wefti_entity *columns, const uint64_t *left_out)
{
    fetch_entity *entity = &f->entities[i];
    *entity = (fetch_entity){
        .table = columns->table,
        .columns = *columns,
        .first_key = (uint16_t)(columns->first + wefti_entity_place(columns, columns->table->key[0])),
    };
    return left_out == NULL || wefti_columns_keep(f->session, columns->table, left_out, &entity->unloaded);
}

static bool start_entities(fetch *f, const wefti_select *select, const wefti_compiled *compiled)
{
    f->entity_count = compiled->entity_count;
    for (uint16_t i = 0; i < f->entity_count; i++) {
        const uint64_t *left_out = i == 0 ? select->left_out : select->beside->loads[i - 1].left_out;
        if (!start_entity(f, i, &compiled->entities[i], left_out))
            return false;
    }
    return true;
}

static bool is_of(const wefti_column *column, const weft_value *cell)
{
    const unsigned type = wefti_type_base(column->type);
    return cell->is_null || (unsigned)cell->type == type || (wefti_type_is_integer(type) && wefti_type_is_integer(cell->type));
}

/* A text may give the key in other types than the columns'. NULL: the session failed. */
static __attribute__((noinline)) const weft_value *row_of_text(fetch *f, const wefti_cursor *cursor)
{
    const wefti_entity *entity = &f->entities[0].columns;
    const weft_value *row = cursor->row;
    for (uint16_t i = 0; i < entity->table->key_count; i++) {
        const wefti_column *column = entity->table->key[i];
        const uint16_t place = wefti_entity_place(entity, column);
        if (is_of(column, &cursor->row[place]))
            continue;
        if (row != f->cells)
            row = memcpy(f->cells, row, cursor->column_count * sizeof *row);
        if (!wefti_value_take(wefti_type_base(column->type), &cursor->row[place], &f->cells[place])) {
            wefti_session_fail(f->session, WEFT_ERROR_SCHEMA, "%s.%s: a %s value is none of the key's", entity->table->model->name,
                               column->field->name, wefti_type_of(cursor->row[place].type)->name);
            return NULL;
        }
    }
    return row;
}

static weft_status take_rows(fetch *f, wefti_cursor *cursor, const wefti_compiled *compiled, wefti_fetch_row on_row, void *context)
{
    weft_session *session = f->session;
    for (;;) {
        bool has_row = false;
        if (wefti_connection_step(&session->connection, cursor, &has_row, &session->error) != WEFT_OK)
            return session->error.status;
        if (!has_row)
            return WEFT_OK;
        const weft_value *row = f->cells == NULL ? cursor->row : row_of_text(f, cursor);
        if (row == NULL || !take_entities(f, row))
            return session->error.status;
        weft_status status = on_row(context, f->objects, row, compiled);
        if (status != WEFT_OK)
            return session->error.status != WEFT_OK ? session->error.status : status;
        if (f->one_row)
            return WEFT_OK;
    }
}

/* Rows that become objects while the server still sends are never all in memory twice, and the two work at the same time. A row by
 * itself is dearer for the client: few rows, and the short ones of relationships, come together. */
static bool is_worth_streaming(const wefti_select *select)
{
    bool few = select->limit > 0 && select->limit <= STREAMED_ROWS;
    return !few && select->among == NULL && select->beside == NULL;
}

weft_status wefti_session_fetch(weft_session *session, const wefti_select *select, uint64_t older, wefti_fetch_row on_row,
                                void *context)
{
    WEFTI_NOT_CANCELLED;
    if (select->lock != WEFT_LOCK_NONE && session->read_only)
        return wefti_session_fail(session, WEFT_ERROR_READ_ONLY,
                                  "with .read_only = true a session or transaction cannot lock rows");
    if (wefti_session_connect(session, select->lock != WEFT_LOCK_NONE) != WEFT_OK)
        return session->error.status;
    if (select->lock_of != NULL) /* rows that are locked without being seen: what was read of them before is not theirs any more */
        wefti_session_age(session);
    fetch f; /* entities and objects are set as far as they are used: clearing them all would cost more than a get */
    f.session = session;
    f.batch = NULL;
    f.reloaded = session->reloaded;
    f.cells = NULL;
    f.locks = select->lock != WEFT_LOCK_NONE;
    f.keeps = f.locks && (select->lock != WEFT_FOR_KEY_SHARE || !session->engine->capabilities->row_locks);
    f.older = f.locks ? session->cohort_serial : older; /* what the lock waited for is newer than anything that was read before */
    f.one_row = select->among != NULL && select->among->one && select->joins == NULL && select->beside == NULL;
    f.entity_count = 0;
    f.holds = wefti_reads_hold(session);
    wefti_statement_data data = {.kind = WEFTI_KIND_SELECT, .of.select = select};
    wefti_cursor *cursor = NULL;
    const wefti_compiled *compiled = NULL;
    weft_status status = wefti_connection_run(&session->connection, &data, NULL, 0, is_worth_streaming(select),
                                              wefti_session_deadline(session), &cursor, &compiled, &session->error);
    if (status == WEFT_OK && (f.batch = wefti_batch_open(session)) == NULL)
        status = session->error.status;
    if (status == WEFT_OK)
        status = start_entities(&f, select, compiled) ? take_rows(&f, cursor, compiled, on_row, context) : session->error.status;
    wefti_connection_finish(&session->connection, cursor, compiled);
    if (f.batch != NULL)
        wefti_batch_unref(f.batch);
    wefti_session_disconnect(session);
    if (status != WEFT_OK && session->error.status == WEFT_OK)
        wefti_session_fail(session, status, "a row could not be taken");
    return session->error.status;
}

/* ---- text ---- */

static weft_status start_text(fetch *f, const wefti_table *table, wefti_cursor *cursor)
{
    weft_session *session = f->session;
    const size_t cells = (cursor->column_count + (size_t)1) * sizeof *f->cells;
    f->cells = wefti_malloc(cells + table->column_count * sizeof(uint16_t));
    uint64_t left_out[WEFTI_COLUMN_WORDS] = {0};
    if (f->cells == NULL || (f->batch = wefti_batch_open(session)) == NULL)
        return wefti_session_fail_memory(session);
    uint16_t *places = (uint16_t *)(void *)((char *)f->cells + cells); /* for as long as the fetch lasts */
    if (wefti_cursor_columns(cursor, table, places, &session->error) != WEFT_OK)
        return session->error.status;
    for (uint16_t i = 0; i < table->column_count; i++)
        if (places[i] == WEFTI_NO_PLACE)
            wefti_columns_add(left_out, i);
    const wefti_entity columns = {.table = table, .places = places};
    return start_entity(f, 0, &columns, left_out) ? WEFT_OK : session->error.status;
}

weft_status wefti_session_fetch_text(weft_session *session, const wefti_table *table, const wefti_object_text *text, uint64_t older,
                                     wefti_fetch_row on_row, void *context)
{
    WEFTI_NOT_CANCELLED;
    if (wefti_session_connect_for_text(session) != WEFT_OK)
        return session->error.status;
    if (!wefti_text_reads(&session->connection, text->sql))
        wefti_session_age(session);
    fetch f = {.session = session, .older = older, .holds = wefti_reads_hold(session), .entity_count = 1};
    wefti_cursor *cursor = NULL;
    weft_status status = wefti_connection_text(&session->connection, text->sql, text->parameters, true,
                                               wefti_session_deadline(session), &cursor, &session->error);
    if (status == WEFT_OK)
        status = start_text(&f, table, cursor);
    if (status == WEFT_OK)
        status = take_rows(&f, cursor, NULL, on_row, context);
    if (!wefti_text_leaves(&session->connection, text->sql))
        wefti_session_age(session); /* what it has returned may be no more */
    if (status == WEFT_ERROR_TYPE)
        session->error.status = WEFT_ERROR_SCHEMA; /* as of other rows of texts */
    wefti_connection_finish(&session->connection, cursor, NULL);
    wefti_free(f.cells);
    if (f.batch != NULL)
        wefti_batch_unref(f.batch);
    return session->error.status;
}

/* ---- reload ---- */

static weft_status ignore_row(void *context, wefti_object *const *objects, const weft_value *cells, const wefti_compiled *compiled)
{
    (void)context, (void)objects, (void)cells, (void)compiled;
    return WEFT_OK;
}

static size_t gather_stale(const weft_session *session, wefti_object *object, uint32_t most, const void **structs,
                           wefti_object **objects)
{
    size_t count = 1;
    structs[0] = wefti_object_struct(object);
    objects[0] = object;
    const wefti_cohort *cohort = object->cohort;
    for (uint32_t i = 0; i < cohort->count && count < most; i++) {
        wefti_object *other = wefti_cohort_at(cohort, i);
        if (other == NULL || other == object || !other->mapped || !wefti_object_outdated(session, other))
            continue;
        structs[count] = wefti_object_struct(other);
        objects[count++] = other;
    }
    return count;
}

/* What none of the objects had loaded: the rest is read again. NULL: nothing. */
static const uint64_t *left_out_by_all(wefti_object *const *objects, size_t count, uint64_t left_out[WEFTI_COLUMN_WORDS])
{
    const uint16_t words = wefti_mapper_words(objects[0]->table->mapper);
    uint64_t any = 0;
    if (objects[0]->unloaded == NULL)
        return NULL;
    memcpy(left_out, objects[0]->unloaded, words * sizeof *left_out);
    for (size_t i = 1; i < count; i++) {
        if (objects[i]->unloaded == NULL)
            return NULL;
        for (uint16_t word = 0; objects[i]->unloaded != objects[0]->unloaded && word < words; word++)
            left_out[word] &= objects[i]->unloaded[word];
    }
    for (uint16_t word = 0; word < words; word++)
        any |= left_out[word];
    return any == 0 ? NULL : left_out;
}

weft_status wefti_session_reload(weft_session *session, wefti_object *object, uint32_t most, bool *found)
{
    const wefti_table *table = object->table;
    size_t room = most < object->cohort->count ? most : object->cohort->count;
    const void *few[2 * FEW_STALE], **structs = few; /* not of session->work, where the fetch may leave what must stay */
    *found = false;
    if (room >= FEW_STALE && (structs = wefti_malloc(2 * (room + 1) * sizeof *structs)) == NULL)
        return wefti_session_fail_memory(session);
    wefti_object **objects = (wefti_object **)(void *)(structs + (room >= FEW_STALE ? room + 1 : FEW_STALE));
    size_t count = gather_stale(session, object, most, structs, objects);
    wefti_array keys[WEFTI_MAX_KEY_COLUMNS];
    for (uint16_t i = 0; i < table->key_count; i++)
        keys[i] = (wefti_array){.type = table->key[i]->field->type,
                                .size = table->key[i]->field->size,
                                .count = count,
                                .rows = structs,
                                .offset = table->key[i]->field->offset};
    uint64_t left_out[WEFTI_COLUMN_WORDS];
    const wefti_among among = {.keys = keys, .one = count == 1};
    wefti_select select = {.from = table, .left_out = left_out_by_all(objects, count, left_out), .among = &among};
    session->reloaded = object;
    weft_status status = wefti_session_fetch(session, &select, 0, ignore_row, NULL);
    session->reloaded = NULL;
    for (size_t i = 0; status == WEFT_OK && i < count; i++)
        objects[i]->gone = objects[i]->generation != session->generation;
    *found = status == WEFT_OK && !object->gone;
    if (structs != few)
        wefti_free(structs);
    if (status == WEFT_OK && !*found && count > 1 && wefti_key_is_spelling(table))
        return wefti_session_reload(session, object, 1, found);
    return status;
}
