/* Batches, one run after the other in a transaction of their own where none is open, and scripts. */
#include "driver/user/user.h"

/* Where a batch stands. */
typedef struct batch {
    wefti_user_run *run;
    const wefti_statement *statement;
    const wefti_array *parameters;
    weft_value *values; /* of one run */
    wefti_arena arena;  /* what of them the program's own types have made */
    size_t width, rows; /* parameters of a row, and rows of a run */
    size_t count, index;
    uint64_t changed;
    uint32_t *changed_each;
    wefti_row_callback on_row;
    void *context;
} batch;

static weft_status take_rows(batch *b, weft_error *error)
{
    wefti_user_run *run = b->run;
    bool has_row = true;
    weft_status status = WEFT_OK;
    if (run->statement->told_table != NULL)
        return run->has_told && b->on_row != NULL ? b->on_row(b->context, b->index, &run->told, 1, error) : WEFT_OK;
    while (status == WEFT_OK && has_row) {
        status = wefti_user_run_next(run, &has_row, error);
        if (status == WEFT_OK && has_row && b->on_row != NULL)
            status = b->on_row(b->context, b->index, run->row, run->cursor.column_count, error);
    }
    return status;
}

/* What a type of the program's own makes may be overwritten when others are made. */
static weft_status read_field(batch *b, const wefti_array *array, size_t row, weft_value *value, weft_error *error)
{
    *value = wefti_field_value(array->type, array->size, wefti_array_field(array, row));
    const size_t size = wefti_type_is_own(array->type) ? wefti_value_room(value) : 0;
    if (size == 0)
        return WEFT_OK;
    void *room = wefti_arena_alloc(&b->arena, size);
    if (room == NULL)
        return wefti_error_memory(error);
    *value = wefti_value_copied(*value, room);
    return WEFT_OK;
}

static weft_status run_one(batch *b, wefti_deadline deadline, weft_error *error)
{
    wefti_user_run *run = b->run;
    const size_t count = b->rows * b->width;
    weft_status status = WEFT_OK;
    wefti_arena_reset(&b->arena);
    for (size_t p = 0; p < count && status == WEFT_OK; p++)
        status = read_field(b, &b->parameters[p % b->width], b->index + p / b->width, &b->values[p], error);
    if (status == WEFT_OK)
        status = wefti_user_run_start(run, b->values, count, false, deadline, error);
    if (status == WEFT_OK)
        status = take_rows(b, error);
    const uint64_t changed = run->cursor.changed_rows;
    wefti_user_run_end(run);
    if (status != WEFT_OK)
        return status;
    b->changed += changed;
    if (b->changed_each != NULL)
        b->changed_each[b->index] = (uint32_t)changed;
    return WEFT_OK;
}

static weft_status run_rows(batch *b, wefti_deadline deadline, weft_error *error)
{
    for (b->index = 0; b->index < b->count; b->index += b->rows) {
        weft_status status = WEFT_OK;
        if (b->index % 64 == 0 && b->index > 0 && wefti_deadline_passed(deadline))
            status = wefti_error_set(error, WEFT_ERROR_TIMEOUT, "the deadline passed after %zu of %zu rows", b->index, b->count);
        if (status == WEFT_OK)
            status = run_one(b, deadline, error);
        if (status != WEFT_OK)
            return status;
    }
    return WEFT_OK;
}

static weft_status run_batch(wefti_user_dbc *c, batch *b, wefti_deadline deadline, weft_error *error)
{
    weft_status status = wefti_user_begin_for(c, b->statement->writes, deadline, error);
    const bool own = status == WEFT_OK && b->count > b->rows && wefti_user_state(&c->base) == WEFTI_TX_IDLE;
    if (own)
        status = wefti_user_begin_now(c, &(wefti_begin){.for_write = true}, b->statement->writes, deadline, error);
    if (status == WEFT_OK)
        status = run_rows(b, deadline, error);
    if (!own || !c->in_transaction)
        return status;
    if (status == WEFT_OK)
        return wefti_user_commit(&c->base, deadline, error);
    b->changed = 0;
    if (!c->broken)
        (void)wefti_user_rollback(&c->base, WEFTI_NO_DEADLINE, NULL);
    if (error != NULL)
        error->outcome = WEFT_OUTCOME_ROLLED_BACK;
    return status;
}

weft_status wefti_user_execute_many(wefti_dbc *dbc, const wefti_statement *statement, const wefti_array *parameters, size_t count,
                                    wefti_row_callback on_row, void *context, wefti_deadline deadline, uint64_t *changed,
                                    uint32_t *changed_each, size_t *failed, weft_error *error)
{
    wefti_user_dbc *c = (wefti_user_dbc *)dbc;
    batch b = {.statement = statement,
               .parameters = parameters,
               .rows = statement->row_count > 1 ? statement->row_count : 1,
               .count = count,
               .changed_each = changed_each,
               .on_row = on_row,
               .context = context};
    b.width = statement->parameter_count / b.rows;
    wefti_arena_init(&b.arena, 0);
    weft_status status = wefti_user_enter(c, deadline, error);
    b.values = status == WEFT_OK ? wefti_calloc(statement->parameter_count + (size_t)1, sizeof *b.values) : NULL;
    if (status == WEFT_OK && b.values == NULL)
        status = wefti_error_memory(error);
    if (status == WEFT_OK)
        status = wefti_user_run_acquire(c, statement, &b.run, error);
    if (status == WEFT_OK) {
        status = run_batch(c, &b, deadline, error);
        wefti_user_run_release(b.run);
    }
    wefti_free(b.values);
    wefti_arena_deinit(&b.arena);
    if (status != WEFT_OK && failed != NULL)
        *failed = b.index;
    if (changed != NULL)
        *changed = b.changed;
    return status;
}

weft_status wefti_user_execute_script(wefti_dbc *dbc, const char *sql, wefti_deadline deadline, weft_error *error)
{
    wefti_user_dbc *c = (wefti_user_dbc *)dbc;
    weft_status status = wefti_user_enter(c, deadline, error);
    if (status == WEFT_OK)
        status = wefti_user_begin_for(c, true, deadline, error);
    dbc->dirty = dbc->dirty || c->driver->spoken->scripts_set;
    if (status == WEFT_OK)
        status = wefti_user_say_all(c, sql, deadline, error);
    if (status == WEFT_OK)
        wefti_user_went_well(c, false);
    return status;
}
