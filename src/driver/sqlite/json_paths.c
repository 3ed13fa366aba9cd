/* What is within JSON, for SQLite's SQL, by the rules of PostgreSQL's jsonb and with its texts.
 *
 * A path is a JSON array of texts; each is the key of a member or, in an array, the number of an element from 0 on, from the end
 * where it is negative. weft_json_at(j, path) and weft_json_text_at(j, path) are #> and #>>, weft_json_has(j, path) says whether
 * there is anything, weft_json_kind(j, path) what, weft_json_contains(a, b) is @>, weft_json_set(j, path, value) is jsonb_set and
 * weft_json_remove(j, path) is #-. The rows of weft_json_each(j, which) are the elements of an array or, where which has the first
 * bit, the members of an object, as texts or, with the second, as JSON; nothing where j is neither. With which of 256 times a type
 * they are the items of an array of weft's. NULL gives NULL, but weft_json_has gives false. */
#include "driver/sqlite/codec.h"
#include "driver/sqlite/json.h"
#include "driver/sqlite/sqlite.h"

#include <string.h>

#define FLAGS (SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS)

static void give_text(sqlite3_context *context, const char *data, size_t size)
{
    sqlite3_result_text64(context, data, size, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/* As a text: a string is what it says, null is NULL. */
static void give_as_text(sqlite3_context *context, wefti_arena *arena, const wefti_json *json)
{
    if (json->kind == WEFTI_JSON_STRING)
        give_text(context, json->data, json->size);
    else if (json->kind != WEFTI_JSON_NULL)
        wefti_sqlite_give_json(context, arena, json);
}

/* ---- paths ---- */

/* An integer of 32 bits as PostgreSQL reads one in a path: blanks before it, and a sign. */
static bool index_of(const wefti_json *step, int64_t *index)
{
    const char *at = step->data, *end = step->data + step->size;
    while (at < end && (*at == ' ' || (*at >= '\t' && *at <= '\r')))
        at++;
    const bool negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    const char *digits = at;
    for (*index = 0; at < end && *at >= '0' && *at <= '9' && *index <= INT32_MAX; at++)
        *index = *index * 10 + (*at - '0');
    *index = negative ? -*index : *index;
    return at == end && at > digits && *index >= INT32_MIN && *index <= INT32_MAX;
}

static const wefti_json *step_into(const wefti_json *json, const wefti_json *step)
{
    int64_t index;
    if (json->kind == WEFTI_JSON_OBJECT)
        return wefti_json_member(json, step->data, step->size);
    if (json->kind != WEFTI_JSON_ARRAY || !index_of(step, &index))
        return NULL;
    index += index < 0 ? (int64_t)json->count : 0;
    return index >= 0 && index < (int64_t)json->count ? json->items[index] : NULL;
}

/* What stands at the path, or NULL, also after an error. */
static const wefti_json *find(sqlite3_context *context, wefti_arena *arena, sqlite3_value **arguments)
{
    const wefti_json *json = wefti_sqlite_read_json(context, arena, arguments[0]),
                     *path = json != NULL ? wefti_sqlite_read_json(context, arena, arguments[1]) : NULL;
    for (size_t i = 0; path != NULL && json != NULL && i < path->count; i++)
        json = step_into(json, path->items[i]);
    return path != NULL ? json : NULL;
}

typedef enum wanted { WANTED_JSON, WANTED_TEXT, WANTED_KIND, WANTED_PRESENCE } wanted;
static const wanted wants[] = {WANTED_JSON, WANTED_TEXT, WANTED_KIND, WANTED_PRESENCE};

static void at_path(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    static const char *const kinds[] = {"null", "string", "number", "boolean", "array", "object"};
    const wanted what = *(const wanted *)sqlite3_user_data(context);
    wefti_arena arena;
    if (wefti_sqlite_any_null(count, arguments)) {
        if (what == WANTED_PRESENCE)
            sqlite3_result_int(context, 0);
        return;
    }
    wefti_arena_init(&arena, 0);
    if (what == WANTED_PRESENCE)
        sqlite3_result_int(context, 0);
    const wefti_json *json = find(context, &arena, arguments);
    if (json != NULL && what == WANTED_JSON)
        wefti_sqlite_give_json(context, &arena, json);
    else if (json != NULL && what == WANTED_TEXT)
        give_as_text(context, &arena, json);
    else if (json != NULL && what == WANTED_KIND)
        give_text(context, kinds[json->kind], strlen(kinds[json->kind]));
    else if (json != NULL)
        sqlite3_result_int(context, 1);
    wefti_arena_deinit(&arena);
}

/* ---- containment ---- */

static bool is_scalar(const wefti_json *json) { return json->kind < WEFTI_JSON_ARRAY; }

static bool contains(const wefti_json *a, const wefti_json *b);

/* Whether an element of a is, or contains, the same. */
static bool has_element(const wefti_json *const *items, size_t count, const wefti_json *b)
{
    for (size_t i = 0; i < count; i++)
        if (is_scalar(b) ? is_scalar(items[i]) && wefti_json_compare(items[i], b) == 0
                         : items[i]->kind == b->kind && contains(items[i], b))
            return true;
    return false;
}

static bool contains_members(const wefti_json *a, const wefti_json *b)
{
    for (size_t i = 0; i < b->count; i++) {
        const wefti_json *member = wefti_json_member(a, b->items[i]->key, b->items[i]->key_size);
        if (member == NULL || !has_element(&member, 1, b->items[i]))
            return false;
    }
    return true;
}

/* What is neither array nor object counts as an array of one, but contains no array. */
static bool contains(const wefti_json *a, const wefti_json *b)
{
    if ((a->kind == WEFTI_JSON_OBJECT) != (b->kind == WEFTI_JSON_OBJECT) || (is_scalar(a) && !is_scalar(b)))
        return false;
    if (a->kind == WEFTI_JSON_OBJECT)
        return contains_members(a, b);
    const wefti_json *const *have = is_scalar(a) ? &a : a->items, *const *want = is_scalar(b) ? &b : b->items;
    const size_t have_count = is_scalar(a) ? 1 : a->count, want_count = is_scalar(b) ? 1 : b->count;
    for (size_t i = 0; i < want_count; i++)
        if (!has_element(have, have_count, want[i]))
            return false;
    return true;
}

static void contain(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    wefti_arena arena;
    if (wefti_sqlite_any_null(count, arguments))
        return;
    wefti_arena_init(&arena, 0);
    const wefti_json *a = wefti_sqlite_read_json(context, &arena, arguments[0]),
                     *b = a != NULL ? wefti_sqlite_read_json(context, &arena, arguments[1]) : NULL;
    if (b != NULL)
        sqlite3_result_int(context, contains(a, b));
    wefti_arena_deinit(&arena);
}

/* ---- changes ---- */

typedef struct change {
    sqlite3_context *context;
    wefti_arena *arena;
    const wefti_json *path, *value; /* value NULL: what is there is taken out */
    bool failed;
} change;

static const wefti_json *change_at(change *c, const wefti_json *json, size_t level);

static const wefti_json *fail_memory(change *c)
{
    sqlite3_result_error_nomem(c->context);
    c->failed = true;
    return NULL;
}

/* A copy of an array or object in which item number at is another one, is gone (NULL), or, where inserts, has one before it. */
static const wefti_json *with_item(change *c, const wefti_json *json, size_t at, const wefti_json *item, bool inserts)
{
    wefti_json *copy = wefti_arena_memdup(c->arena, json, sizeof *json);
    const wefti_json **items = wefti_arena_alloc(c->arena, (json->count + 1) * sizeof *items);
    size_t count = 0;
    if (copy == NULL || items == NULL)
        return fail_memory(c);
    for (size_t i = 0; i <= json->count; i++) {
        if (i == at && item != NULL)
            items[count++] = item;
        if (i < json->count && (i != at || inserts))
            items[count++] = json->items[i];
    }
    copy->items = items;
    copy->count = count;
    return copy;
}

static const wefti_json *as_member(change *c, const wefti_json *json, const char *key, size_t size)
{
    wefti_json *copy = json != NULL ? wefti_arena_memdup(c->arena, json, sizeof *json) : NULL;
    if (copy == NULL)
        return json != NULL ? fail_memory(c) : NULL;
    copy->key = key;
    copy->key_size = size;
    return copy;
}

/* Where a member of that key stands, or would stand. */
static size_t place_of(const wefti_json *json, const wefti_json *step, bool *found)
{
    size_t at = 0;
    *found = false;
    for (; at < json->count; at++) {
        const wefti_json *item = json->items[at];
        const int order =
            item->key_size != step->size ? (item->key_size > step->size ? 1 : -1) : memcmp(item->key, step->data, step->size);
        *found = order == 0;
        if (order >= 0)
            break;
    }
    return at;
}

static const wefti_json *change_member(change *c, const wefti_json *json, size_t level)
{
    const wefti_json *step = c->path->items[level], *made;
    const bool last = level + 1 == c->path->count;
    bool found;
    const size_t at = place_of(json, step, &found);
    if (!found && (!last || c->value == NULL))
        return json;
    if (last)
        made = as_member(c, c->value, step->data, step->size);
    else
        made = as_member(c, change_at(c, json->items[at], level + 1), step->data, step->size);
    return c->failed ? NULL : with_item(c, json, at, made, !found);
}

static const wefti_json *change_element(change *c, const wefti_json *json, size_t level)
{
    const bool last = level + 1 == c->path->count;
    const int64_t count = (int64_t)json->count;
    int64_t index;
    if (!index_of(c->path->items[level], &index)) {
        wefti_sqlite_refuse(c->context, "a step of a JSON path that leads into an array is no integer");
        c->failed = true;
        return NULL;
    }
    const bool before = index < -count;
    index += index < 0 ? count : 0;
    if (before || index >= count) /* there is none: a new one comes first or last */
        return last && c->value != NULL ? with_item(c, json, before ? 0 : (size_t)count, c->value, true) : json;
    const wefti_json *made = last ? c->value : change_at(c, json->items[index], level + 1);
    return c->failed ? NULL : with_item(c, json, (size_t)index, made, false);
}

static const wefti_json *change_at(change *c, const wefti_json *json, size_t level)
{
    return json->kind == WEFTI_JSON_OBJECT  ? change_member(c, json, level)
           : json->kind == WEFTI_JSON_ARRAY ? change_element(c, json, level)
                                            : json;
}

static void change_path(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    wefti_arena arena;
    change c = {.context = context, .arena = &arena};
    if (wefti_sqlite_any_null(count, arguments))
        return;
    wefti_arena_init(&arena, 0);
    const wefti_json *json = wefti_sqlite_read_json(context, &arena, arguments[0]);
    c.path = json != NULL ? wefti_sqlite_read_json(context, &arena, arguments[1]) : NULL;
    c.value = c.path != NULL && count > 2 ? wefti_sqlite_read_json(context, &arena, arguments[2]) : NULL;
    const bool good = c.path != NULL && (count == 2 || c.value != NULL);
    if (good && is_scalar(json)) {
        wefti_sqlite_refuse(context, "a JSON path is changed in what is neither array nor object");
    } else if (good) {
        const bool changes = c.path->count > 0 && (c.value != NULL || json->count > 0);
        json = changes ? change_at(&c, json, 0) : json;
        if (json != NULL)
            wefti_sqlite_give_json(context, &arena, json);
    }
    wefti_arena_deinit(&arena);
}

/* ---- rows ---- */

enum { COLUMN_KEY, COLUMN_VALUE, COLUMN_POSITION, COLUMN_JSON, COLUMN_WHICH };
enum { WHICH_MEMBERS = 1, WHICH_JSON = 2, WHICH_ITEMS = 256 }; /* the latter times the items' type, of an array of weft's */

typedef struct each_cursor {
    sqlite3_vtab_cursor base; /* first */
    wefti_arena arena;
    const wefti_json *json; /* whose items are the rows; NULL: none */
    size_t at;
    int which;
} each_cursor;

static int each_connect(sqlite3 *db, void *context, int count, const char *const *arguments, sqlite3_vtab **table, char **message)
{
    (void)context, (void)count, (void)arguments, (void)message;
    int rc = sqlite3_declare_vtab(db, "CREATE TABLE x(key TEXT, value TEXT, position INTEGER, json HIDDEN, which HIDDEN)");
    if (rc != SQLITE_OK)
        return rc;
    *table = sqlite3_malloc(sizeof **table);
    if (*table == NULL)
        return SQLITE_NOMEM;
    memset(*table, 0, sizeof **table);
    return sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
}

static int each_disconnect(sqlite3_vtab *table)
{
    sqlite3_free(table);
    return SQLITE_OK;
}

/* Both arguments are needed; where one is not known yet, another order of the joins is. */
static int each_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    int found = 0;
    (void)table;
    for (int i = 0; i < info->nConstraint; i++) {
        const int column = info->aConstraint[i].iColumn;
        if (column < COLUMN_JSON)
            continue;
        if (info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        if (!info->aConstraint[i].usable)
            return SQLITE_CONSTRAINT;
        info->aConstraintUsage[i].argvIndex = column - COLUMN_JSON + 1;
        info->aConstraintUsage[i].omit = 1;
        found |= 1 << (column - COLUMN_JSON);
    }
    info->estimatedCost = 10;
    info->estimatedRows = 10;
    return found == 3 ? SQLITE_OK : SQLITE_CONSTRAINT;
}

static int each_open(sqlite3_vtab *table, sqlite3_vtab_cursor **cursor)
{
    (void)table;
    each_cursor *c = sqlite3_malloc(sizeof *c);
    if (c == NULL)
        return SQLITE_NOMEM;
    memset(c, 0, sizeof *c);
    wefti_arena_init(&c->arena, 0);
    *cursor = &c->base;
    return SQLITE_OK;
}

static int each_close(sqlite3_vtab_cursor *cursor)
{
    each_cursor *c = (each_cursor *)(void *)cursor;
    wefti_arena_deinit(&c->arena);
    sqlite3_free(c);
    return SQLITE_OK;
}

static int each_filter(sqlite3_vtab_cursor *cursor, int number, const char *name, int count, sqlite3_value **arguments)
{
    each_cursor *c = (each_cursor *)(void *)cursor;
    (void)number, (void)name;
    wefti_arena_deinit(&c->arena);
    wefti_arena_init(&c->arena, 0);
    c->json = NULL;
    c->at = 0;
    if (count < 2 || wefti_sqlite_any_null(count, arguments))
        return SQLITE_OK;
    const char *data = (const char *)sqlite3_value_text(arguments[0]);
    const size_t size = (size_t)sqlite3_value_bytes(arguments[0]);
    /* The value is gone with the call; strings of the tree lie in its text. */
    const char *kept = data != NULL ? wefti_arena_strndup(&c->arena, data, size) : NULL;
    const wefti_json_status status = kept != NULL ? wefti_json_read(&c->arena, kept, size, &c->json) : WEFTI_JSON_MEMORY;
    c->which = sqlite3_value_int(arguments[1]);
    if (status == WEFTI_JSON_MEMORY)
        return SQLITE_NOMEM;
    if (status != WEFTI_JSON_OK) {
        c->json = NULL;
        cursor->pVtab->zErrMsg = sqlite3_mprintf("%s", wefti_json_fault(status));
        return SQLITE_MISMATCH; /* as wefti_sqlite_refuse says */
    }
    if (c->which >= WHICH_ITEMS && c->json->kind != WEFTI_JSON_ARRAY) {
        c->json = NULL;
        cursor->pVtab->zErrMsg = sqlite3_mprintf("what should be an array is none");
        return SQLITE_MISMATCH;
    }
    if (c->json->kind != ((c->which & WHICH_MEMBERS) != 0 ? WEFTI_JSON_OBJECT : WEFTI_JSON_ARRAY))
        c->json = NULL;
    return SQLITE_OK;
}

static int each_next(sqlite3_vtab_cursor *cursor)
{
    ((each_cursor *)(void *)cursor)->at++;
    return SQLITE_OK;
}

static int each_eof(sqlite3_vtab_cursor *cursor)
{
    const each_cursor *c = (const each_cursor *)(const void *)cursor;
    return c->json == NULL || c->at >= c->json->count;
}

static int each_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column)
{
    each_cursor *c = (each_cursor *)(void *)cursor;
    const wefti_json *item = c->json->items[c->at];
    wefti_arena arena;
    wefti_arena_init(&arena, 0); /* of what is written: it would grow with the rows */
    if (column == COLUMN_KEY && item->key != NULL)
        give_text(context, item->key, item->key_size);
    else if (column == COLUMN_VALUE && c->which >= WHICH_ITEMS)
        wefti_sqlite_give_item(context, &arena, (unsigned)c->which / WHICH_ITEMS, item);
    else if (column == COLUMN_VALUE && (c->which & WHICH_JSON) != 0)
        wefti_sqlite_give_json(context, &arena, item);
    else if (column == COLUMN_VALUE)
        give_as_text(context, &arena, item);
    else if (column == COLUMN_POSITION)
        sqlite3_result_int64(context, (sqlite3_int64)c->at + 1);
    wefti_arena_deinit(&arena);
    return SQLITE_OK;
}

static int each_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *rowid)
{
    *rowid = (sqlite3_int64)((each_cursor *)(void *)cursor)->at;
    return SQLITE_OK;
}

static const sqlite3_module each_module = {.xConnect = each_connect,
                                           .xBestIndex = each_best_index,
                                           .xDisconnect = each_disconnect,
                                           .xOpen = each_open,
                                           .xClose = each_close,
                                           .xFilter = each_filter,
                                           .xNext = each_next,
                                           .xEof = each_eof,
                                           .xColumn = each_column,
                                           .xRowid = each_rowid};

int wefti_sqlite_register_json(sqlite3 *db)
{
    static const struct {
        const char *name;
        int arguments;
        const void *data;
        void (*function)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {{"weft_json_at", 2, &wants[WANTED_JSON], at_path},
                     {"weft_json_text_at", 2, &wants[WANTED_TEXT], at_path},
                     {"weft_json_kind", 2, &wants[WANTED_KIND], at_path},
                     {"weft_json_has", 2, &wants[WANTED_PRESENCE], at_path},
                     {"weft_json_contains", 2, NULL, contain},
                     {"weft_json_set", 3, NULL, change_path},
                     {"weft_json_remove", 2, NULL, change_path}};
    int rc = sqlite3_create_module_v2(db, "weft_json_each", &each_module, NULL, NULL);
    for (size_t i = 0; i < sizeof functions / sizeof *functions && rc == SQLITE_OK; i++)
        rc = sqlite3_create_function_v2(db, functions[i].name, functions[i].arguments, FLAGS, (void *)(uintptr_t)functions[i].data,
                                        functions[i].function, NULL, NULL, NULL);
    return rc;
}
