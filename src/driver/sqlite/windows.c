/* weft_real_sum and weft_real_avg: sums of floating-point numbers over frames whose first rows leave them. SQLite's own subtract
 * what leaves, after which 1e20 + 1 - 1e20 is 0; PostgreSQL adds up what is there. So the numbers of the frame are kept, and added
 * up again when some have left. */
#include "driver/sqlite/sqlite.h"

#include "base/memory.h"

#include <string.h>

typedef struct frame {
    double *numbers; /* in the order of the rows, from first on */
    size_t first, count, capacity;
    double sum;
    bool stale; /* the sum is of other numbers */
} frame;

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
    frame *f = sqlite3_aggregate_context(context, sizeof *f);
    if (sqlite3_value_type(arguments[0]) == SQLITE_NULL)
        return;
    if (f == NULL || !make_room(f)) {
        sqlite3_result_error_nomem(context);
        return;
    }
    const double number = sqlite3_value_double(arguments[0]);
    f->numbers[f->first + f->count++] = number;
    f->sum = f->count == 1 ? number : f->sum + number;
    f->stale = f->stale && f->count > 1;
}

static void leave(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    frame *f = sqlite3_aggregate_context(context, 0);
    if (f == NULL || f->count == 0 || sqlite3_value_type(arguments[0]) == SQLITE_NULL)
        return;
    f->first++;
    f->count--;
    f->stale = true;
}

static void give(sqlite3_context *context)
{
    const bool *average = sqlite3_user_data(context);
    frame *f = sqlite3_aggregate_context(context, 0);
    if (f == NULL || f->count == 0)
        return; /* NULL, as of no rows */
    if (f->stale) {
        f->sum = f->numbers[f->first];
        for (size_t i = 1; i < f->count; i++)
            f->sum += f->numbers[f->first + i];
        f->stale = false;
    }
    sqlite3_result_double(context, *average ? f->sum / (double)f->count : f->sum);
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
    static bool sums = false, averages = true;
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    int rc = sqlite3_create_window_function(db, "weft_real_sum", 1, flags, &sums, enter, end, give, leave, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_window_function(db, "weft_real_avg", 1, flags, &averages, enter, end, give, leave, NULL);
    return rc;
}
