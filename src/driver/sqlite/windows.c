/* weft_real_sum and weft_real_avg: sums of floating-point numbers over frames whose first rows leave them. SQLite's own subtract
 * what leaves, after which 1e20 + 1 - 1e20 is 0; PostgreSQL adds up what is there. So the numbers of the frame are kept, and added
 * up again when some have left. weft_float_window_sum is the same of numbers of 32 bits, whose sum has 32 bits at each step, as
 * PostgreSQL's sum of real; weft_float_sum, of groups and of frames that no row leaves, keeps none of them. */
#include "driver/sqlite/sqlite.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

typedef struct kind {
    bool average, single, keeps;
} kind;

typedef struct frame {
    double *numbers; /* in the order of the rows, from first on; of a kind that keeps them */
    size_t first, count, capacity;
    double sum;
    bool stale;        /* the sum is of other numbers */
    const char *fault; /* of the sum */
} frame;

static void add(const kind *k, frame *f, double number)
{
    const double before = f->sum;
    f->sum = k->single ? (double)(float)(before + number) : before + number;
    if (k->single && isinf(f->sum) && !isinf(before) && !isinf(number))
        f->fault = "a sum does not fit a floating-point number of 32 bits";
    else if (k->single && isnan(f->sum))
        f->fault = "the result is NaN, which SQLite has not";
}

static bool make_room(frame *f)
{
    if (f->first + f->count < f->capacity)
        return true;
    if (f->first > f->count) {
        memmove(f->numbers, f->numbers + f->first, f->count * sizeof *f->numbers);
        f->first = 0;
        return true;
    }
    const size_t capacity = f->capacity > 0 ? 2 * f->capacity : 16;
    double *numbers = capacity < SIZE_MAX / sizeof *numbers ? wefti_realloc(f->numbers, capacity * sizeof *numbers) : NULL;
    if (numbers == NULL)
        return false;
    f->numbers = numbers;
    f->capacity = capacity;
    return true;
}

static void enter(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    const kind *k = sqlite3_user_data(context);
    frame *f = sqlite3_aggregate_context(context, sizeof *f);
    if (sqlite3_value_type(arguments[0]) == SQLITE_NULL)
        return;
    if (f == NULL || (k->keeps && !make_room(f))) {
        sqlite3_result_error_nomem(context);
        return;
    }
    const double number = sqlite3_value_double(arguments[0]);
    if (k->keeps)
        f->numbers[f->first + f->count] = number;
    if (f->count++ == 0) {
        f->sum = number;
        f->stale = false;
        f->fault = NULL;
    } else {
        add(k, f, number);
    }
}

static void leave(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    frame *f = sqlite3_aggregate_context(context, 0);
    if (f == NULL || f->count == 0 || sqlite3_value_type(arguments[0]) == SQLITE_NULL)
        return;
    if (!((const kind *)sqlite3_user_data(context))->keeps) {
        f->fault = "weft_float_sum goes over no frame whose first rows leave it: call weft_float_window_sum";
        return;
    }
    f->first++;
    f->count--;
    f->stale = true;
}

static void give(sqlite3_context *context)
{
    const kind *k = sqlite3_user_data(context);
    frame *f = sqlite3_aggregate_context(context, 0);
    if (f == NULL || f->count == 0)
        return; /* NULL, as of no rows */
    if (f->stale) {
        f->sum = f->numbers[f->first];
        f->fault = NULL;
        for (size_t i = 1; i < f->count; i++)
            add(k, f, f->numbers[f->first + i]);
        f->stale = false;
    }
    if (f->fault != NULL)
        wefti_sqlite_refuse(context, f->fault);
    else
        sqlite3_result_double(context, k->average ? f->sum / (double)f->count : f->sum);
}

static void end(sqlite3_context *context)
{
    frame *f = sqlite3_aggregate_context(context, 0);
    give(context);
    if (f != NULL)
        wefti_free(f->numbers);
}

int wefti_sqlite_register_windows(sqlite3 *db)
{
    static const struct {
        const char *name;
        kind kind;
    } functions[] = {{"weft_real_sum", {.keeps = true}},
                     {"weft_real_avg", {.keeps = true, .average = true}},
                     {"weft_float_sum", {.single = true}},
                     {"weft_float_window_sum", {.keeps = true, .single = true}}};
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    int rc = SQLITE_OK;
    for (size_t i = 0; i < sizeof functions / sizeof *functions && rc == SQLITE_OK; i++)
        rc = sqlite3_create_window_function(db, functions[i].name, 1, flags, (void *)(uintptr_t)&functions[i].kind, enter, end,
                                            give, leave, NULL);
    return rc;
}
