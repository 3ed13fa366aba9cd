/* Aggregates that put their rows in order, or hold texts, for which SQLite has none before 3.44: what PostgreSQL's string_agg,
 * percentile_cont, percentile_disc and mode give.
 *
 * weft_string_agg(value, separator) also goes over windows. The others are told their order by their first argument, for a function
 * does not see the collation of what it is given: a letter for all rows (a) or distinct values (u), one for the collation of the
 * value, and three for each key behind the separator: a or d, NULLs first or last, and its collation: bytes, n (NOCASE), r (RTRIM),
 * decimals, intervals or JSON, and of arrays '@' and the number of the items' type. Values that are NULL do not count. */
#define _GNU_SOURCE 1 /* qsort_r */
#include "driver/sqlite/sqlite.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FLAGS (SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS)

/* ---- texts put together, also over windows ---- */

typedef struct piece {
    size_t begin, value; /* where its separator and its value begin */
} piece;

typedef struct pieces {
    unsigned char *data;
    piece *list; /* from first on */
    size_t size, capacity, first, count, room;
    bool blob;
} pieces;

static bool grow(void **data, size_t item, size_t needed, size_t *capacity)
{
    size_t more = *capacity > 0 ? *capacity : 16;
    while (more < needed)
        more *= 2;
    if (more == *capacity)
        return true;
    void *larger = more < SIZE_MAX / item ? wefti_realloc(*data, more * item) : NULL;
    if (larger == NULL)
        return false;
    *data = larger;
    *capacity = more;
    return true;
}

/* What has left the frame is forgotten when it is more than what stays. */
static void forget(pieces *p)
{
    const size_t gone = p->count > 0 ? p->list[p->first].begin : p->size;
    if (p->first <= p->count || gone < p->size / 2)
        return;
    memmove(p->data, p->data + gone, p->size - gone);
    memmove(p->list, p->list + p->first, p->count * sizeof *p->list);
    for (size_t i = 0; i < p->count; i++) {
        p->list[i].begin -= gone;
        p->list[i].value -= gone;
    }
    p->size -= gone;
    p->first = 0;
}

static bool add_bytes(pieces *p, sqlite3_value *value)
{
    const void *data = sqlite3_value_blob(value);
    const size_t size = (size_t)sqlite3_value_bytes(value);
    void *room = p->data;
    if (!grow(&room, 1, p->size + size + 1, &p->capacity))
        return false;
    p->data = room;
    if (size > 0)
        memcpy(p->data + p->size, data, size);
    p->size += size;
    return true;
}

static void enter(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    pieces *p = sqlite3_aggregate_context(context, sizeof *p);
    if (sqlite3_value_type(arguments[0]) == SQLITE_NULL)
        return;
    void *list = p != NULL ? p->list : NULL;
    bool good = p != NULL && grow(&list, sizeof *p->list, p->first + p->count + 1, &p->room);
    if (good) {
        p->list = list;
        p->blob = sqlite3_value_type(arguments[0]) == SQLITE_BLOB;
        piece *last = &p->list[p->first + p->count];
        last->begin = p->size;
        good = add_bytes(p, arguments[1]);
        last->value = p->size;
        good = good && add_bytes(p, arguments[0]);
    }
    if (good)
        p->count++;
    else
        sqlite3_result_error_nomem(context);
}

static void leave(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    pieces *p = sqlite3_aggregate_context(context, 0);
    if (p == NULL || p->count == 0 || sqlite3_value_type(arguments[0]) == SQLITE_NULL)
        return;
    p->first++;
    p->count--;
    forget(p);
}

static void give(sqlite3_context *context)
{
    const pieces *p = sqlite3_aggregate_context(context, 0);
    if (p == NULL || p->count == 0)
        return; /* NULL, as of no rows */
    const size_t from = p->list[p->first].value;
    if (p->blob)
        sqlite3_result_blob64(context, p->data + from, p->size - from, SQLITE_TRANSIENT);
    else
        sqlite3_result_text64(context, (const char *)p->data + from, p->size - from, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void end(sqlite3_context *context)
{
    pieces *p = sqlite3_aggregate_context(context, 0);
    give(context);
    if (p != NULL) {
        wefti_free(p->data);
        wefti_free(p->list);
    }
}

/* ---- rows in order ---- */

enum { MOST_KEYS = 32, SPEC = 2 + 3 * MOST_KEYS };

typedef struct row {
    sqlite3_value **values;
    size_t at; /* which one it was: equal ones stay as they came */
} row;

typedef struct rows {
    row *list;
    size_t count, capacity;
    int width; /* of values */
    char spec[SPEC + 1];
    double share; /* of percentile_… */
    bool no_share;
} rows;

static int compare_bytes(const unsigned char *a, size_t a_size, const unsigned char *b, size_t b_size)
{
    const size_t common = a_size < b_size ? a_size : b_size;
    const int order = common > 0 ? memcmp(a, b, common) : 0;
    return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

static size_t without_blanks(const unsigned char *text, size_t size)
{
    while (size > 0 && text[size - 1] == ' ')
        size--;
    return size;
}

static int compare_texts(sqlite3_value *left, sqlite3_value *right, char collation)
{
    const unsigned char *a = sqlite3_value_text(left), *b = sqlite3_value_text(right);
    const int a_size = sqlite3_value_bytes(left), b_size = sqlite3_value_bytes(right);
    size_t a_bytes = (size_t)a_size, b_bytes = (size_t)b_size;
    int order = 0;
    switch (collation) {
    case 'd': return wefti_sqlite_compare_decimals(NULL, a_size, a, b_size, b);
    case 'i': return wefti_sqlite_compare_intervals(NULL, a_size, a, b_size, b);
    case 'j': return wefti_sqlite_compare_json(NULL, a_size, a, b_size, b);
    case 'n':
        order = sqlite3_strnicmp((const char *)a, (const char *)b, a_size < b_size ? a_size : b_size);
        return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
    case 'r':
        a_bytes = without_blanks(a, a_bytes);
        b_bytes = without_blanks(b, b_bytes);
        break;
    case 'b': break;
    default: return wefti_sqlite_compare_arrays((void *)(uintptr_t)(collation - '@'), a_size, a, b_size, b);
    }
    return compare_bytes(a, a_bytes, b, b_bytes);
}

/* As SQLite orders what is of different types: numbers before texts, these before bytes. */
static int class_of(sqlite3_value *value)
{
    const int type = sqlite3_value_type(value);
    return type == SQLITE_TEXT ? 2 : type == SQLITE_BLOB ? 3 : type == SQLITE_NULL ? 0 : 1;
}

static int compare(sqlite3_value *a, sqlite3_value *b, char collation)
{
    const int left = class_of(a), right = class_of(b);
    if (left != right || left == 0)
        return (left > right) - (left < right);
    if (left == 2)
        return compare_texts(a, b, collation);
    if (left == 3)
        return compare_bytes(sqlite3_value_blob(a), (size_t)sqlite3_value_bytes(a), sqlite3_value_blob(b),
                             (size_t)sqlite3_value_bytes(b));
    if (sqlite3_value_type(a) == SQLITE_INTEGER && sqlite3_value_type(b) == SQLITE_INTEGER) {
        const int64_t x = sqlite3_value_int64(a), y = sqlite3_value_int64(b);
        return (x > y) - (x < y);
    }
    const double x = sqlite3_value_double(a), y = sqlite3_value_double(b);
    return (x > y) - (x < y);
}

static int compare_key(sqlite3_value *a, sqlite3_value *b, const char key[3])
{
    const bool a_null = sqlite3_value_type(a) == SQLITE_NULL, b_null = sqlite3_value_type(b) == SQLITE_NULL;
    if (a_null || b_null)
        return a_null == b_null ? 0 : a_null == (key[1] == 'f') ? -1 : 1;
    const int order = compare(a, b, key[2]);
    return key[0] == 'd' ? -order : order;
}

/* Whether value and separator are the same. */
static bool same(const rows *r, const row *a, const row *b)
{
    return compare(a->values[0], b->values[0], r->spec[1]) == 0 && compare(a->values[1], b->values[1], 'b') == 0;
}

static int compare_rows(const void *left, const void *right, void *context)
{
    const rows *r = context;
    const row *a = left, *b = right;
    int order = 0;
    for (int i = 2; order == 0 && i < r->width; i++)
        order = compare_key(a->values[i], b->values[i], r->spec + 2 + 3 * (i - 2));
    if (order == 0 && r->spec[0] == 'u')
        order = compare(a->values[0], b->values[0], r->spec[1]);
    if (order == 0 && r->spec[0] == 'u')
        order = compare(a->values[1], b->values[1], 'b');
    return order != 0 ? order : a->at < b->at ? -1 : 1;
}

static int compare_values(const void *left, const void *right, void *context)
{
    const rows *r = context;
    const row *a = left, *b = right;
    const int order = compare_key(a->values[0], b->values[0], r->spec);
    return order != 0 ? order : a->at < b->at ? -1 : 1;
}

static void free_rows(rows *r)
{
    for (size_t i = 0; i < r->count; i++) {
        for (int v = 0; v < r->width; v++)
            sqlite3_value_free(r->list[i].values[v]);
        wefti_free(r->list[i].values);
    }
    wefti_free(r->list);
}

/* A row of width values; the first is not NULL. */
static bool keep_row(rows *r, int width, sqlite3_value **values)
{
    void *list = r->list;
    if (!grow(&list, sizeof *r->list, r->count + 1, &r->capacity))
        return false;
    r->list = list;
    r->width = width;
    row *last = &r->list[r->count];
    *last = (row){wefti_malloc((size_t)width * sizeof *last->values), r->count};
    if (last->values == NULL)
        return false;
    r->count++;
    bool good = true;
    for (int v = 0; v < width; v++)
        good = (last->values[v] = sqlite3_value_dup(values[v])) != NULL && good;
    return good;
}

static bool take_spec(rows *r, sqlite3_value *spec)
{
    const char *text = (const char *)sqlite3_value_text(spec);
    if (text == NULL || strlen(text) > SPEC)
        return false;
    memcpy(r->spec, text, strlen(text) + 1);
    return true;
}

/* The rows so far, with the order; NULL after an error, and where the value does not count. */
static rows *take(sqlite3_context *context, sqlite3_value *spec, sqlite3_value *value)
{
    rows *r = sqlite3_aggregate_context(context, sizeof *r);
    if (r == NULL || (r->spec[0] == '\0' && !take_spec(r, spec))) {
        sqlite3_result_error_nomem(context);
        return NULL;
    }
    return sqlite3_value_type(value) != SQLITE_NULL ? r : NULL;
}

/* (order, value, separator, keys) */
static void take_joined(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    if (count < 3 || count > 3 + MOST_KEYS || sqlite3_value_bytes(arguments[0]) != 2 + 3 * (count - 3)) {
        sqlite3_result_error(context, "an order of texts does not fit its keys", -1);
        return;
    }
    rows *r = take(context, arguments[0], arguments[1]);
    if (r != NULL && !keep_row(r, count - 1, arguments + 1))
        sqlite3_result_error_nomem(context);
}

static void join(sqlite3_context *context, rows *r)
{
    const bool distinct = r->spec[0] == 'u';
    const row *before = NULL;
    pieces p = {.blob = sqlite3_value_type(r->list[0].values[0]) == SQLITE_BLOB};
    bool good = true;
    if (distinct || r->width > 2)
        qsort_r(r->list, r->count, sizeof *r->list, compare_rows, r);
    for (size_t i = 0; good && i < r->count; i++) {
        if (distinct && before != NULL && same(r, before, &r->list[i]))
            continue;
        good = (before == NULL || add_bytes(&p, r->list[i].values[1])) && add_bytes(&p, r->list[i].values[0]);
        before = &r->list[i];
    }
    if (!good)
        sqlite3_result_error_nomem(context);
    else if (p.blob)
        sqlite3_result_blob64(context, p.data, p.size, SQLITE_TRANSIENT);
    else
        sqlite3_result_text64(context, (const char *)p.data, p.size, SQLITE_TRANSIENT, SQLITE_UTF8);
    wefti_free(p.data);
}

static void give_joined(sqlite3_context *context)
{
    rows *r = sqlite3_aggregate_context(context, 0);
    if (r == NULL)
        return;
    if (r->count > 0)
        join(context, r);
    free_rows(r);
}

/* ---- shares and frequencies ---- */

/* (order, share, value) */
static void take_share(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    rows *r = sqlite3_aggregate_context(context, sizeof *r);
    if (r != NULL) {
        r->no_share = sqlite3_value_type(arguments[1]) == SQLITE_NULL;
        r->share = sqlite3_value_double(arguments[1]);
        if (!r->no_share && !(r->share >= 0 && r->share <= 1)) {
            wefti_sqlite_refuse(context, "the share of a percentile is not between 0 and 1");
            return;
        }
    }
    r = take(context, arguments[0], arguments[2]);
    if (r != NULL && !keep_row(r, 1, arguments + 2))
        sqlite3_result_error_nomem(context);
}

/* (order, value) */
static void take_value(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    rows *r = take(context, arguments[0], arguments[1]);
    if (r != NULL && !keep_row(r, 1, arguments + 1))
        sqlite3_result_error_nomem(context);
}

/* The rows in order; NULL where there are none. */
static rows *in_order(sqlite3_context *context)
{
    rows *r = sqlite3_aggregate_context(context, 0);
    if (r == NULL || r->count == 0 || r->no_share)
        return NULL;
    qsort_r(r->list, r->count, sizeof *r->list, compare_values, r);
    return r;
}

static void end_rows(sqlite3_context *context)
{
    rows *r = sqlite3_aggregate_context(context, 0);
    if (r != NULL)
        free_rows(r);
}

static void give_between(sqlite3_context *context)
{
    const rows *r = in_order(context);
    if (r != NULL) {
        const double place = r->share * (double)(r->count - 1), whole = floor(place);
        const double low = sqlite3_value_double(r->list[(size_t)whole].values[0]);
        const double high = sqlite3_value_double(r->list[(size_t)ceil(place)].values[0]);
        sqlite3_result_double(context, place > whole ? low + (place - whole) * (high - low) : low);
    }
    end_rows(context);
}

static void give_first(sqlite3_context *context)
{
    const rows *r = in_order(context);
    if (r != NULL) {
        const size_t place = (size_t)ceil(r->share * (double)r->count);
        sqlite3_result_value(context, r->list[place > 1 ? place - 1 : 0].values[0]);
    }
    end_rows(context);
}

static void give_frequent(sqlite3_context *context)
{
    const rows *r = in_order(context);
    size_t best = 0, most = 0, begin = 0;
    for (size_t i = 1; r != NULL && i <= r->count; i++) {
        if (i < r->count && compare(r->list[begin].values[0], r->list[i].values[0], r->spec[2]) == 0)
            continue;
        if (i - begin > most) {
            most = i - begin;
            best = begin;
        }
        begin = i;
    }
    if (r != NULL)
        sqlite3_result_value(context, r->list[best].values[0]);
    end_rows(context);
}

/* ---- registering ---- */

int wefti_sqlite_register_sorted(sqlite3 *db)
{
    static const struct {
        const char *name;
        int arguments;
        void (*step)(sqlite3_context *, int, sqlite3_value **);
        void (*final)(sqlite3_context *);
    } aggregates[] = {{"weft_string_agg_sorted", -1, take_joined, give_joined},
                      {"weft_percentile_cont", 3, take_share, give_between},
                      {"weft_percentile_disc", 3, take_share, give_first},
                      {"weft_mode", 2, take_value, give_frequent}};
    int rc = sqlite3_create_window_function(db, "weft_string_agg", 2, FLAGS, NULL, enter, end, give, leave, NULL);
    for (size_t i = 0; i < sizeof aggregates / sizeof *aggregates && rc == SQLITE_OK; i++)
        rc = sqlite3_create_function_v2(db, aggregates[i].name, aggregates[i].arguments, FLAGS, NULL, NULL, aggregates[i].step,
                                        aggregates[i].final, NULL);
    return rc;
}
