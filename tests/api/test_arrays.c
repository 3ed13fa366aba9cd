/* Arrays as columns: every type of items comes back on every path by which rows go, on both databases. */
#include "fixtures/memory.h"

WEFT_DECLARE(Sheet);
struct Sheet {
    int64_t id;
    weft_array_int16 shorts;
    weft_array_int32 ints;
    weft_array_int64 longs;
    weft_array_uint32 counts;
    weft_array_float floats;
    weft_array_double doubles;
    weft_array_bool bools;
    weft_array_text texts;
    weft_array_bytes bytes;
    weft_array_decimal decimals;
    weft_array_json documents;
    weft_array_timestamp moments;
    weft_array_date dates;
    weft_array_time times;
    weft_array_uuid uuids;
    weft_array_interval spans;
    weft_array_macaddr addresses;
    weft_array_opt_int64 gaps;
    weft_array_opt_bool maybe;
    weft_array_opt_date days;
};
#define MAY_BE_NULL(f) WEFT_COLUMN(Sheet, f, .nullable = true)
WEFT_MODEL(Sheet, "sheet", WEFT_COLUMN(Sheet, id, .primary_key = true), MAY_BE_NULL(shorts), MAY_BE_NULL(ints), MAY_BE_NULL(longs),
           MAY_BE_NULL(counts), MAY_BE_NULL(floats), MAY_BE_NULL(doubles), MAY_BE_NULL(bools), MAY_BE_NULL(texts),
           MAY_BE_NULL(bytes), MAY_BE_NULL(decimals), MAY_BE_NULL(documents), MAY_BE_NULL(moments), MAY_BE_NULL(dates),
           MAY_BE_NULL(times), MAY_BE_NULL(uuids), MAY_BE_NULL(spans), MAY_BE_NULL(addresses), MAY_BE_NULL(gaps),
           MAY_BE_NULL(maybe), MAY_BE_NULL(days));

WEFT_DECLARE(Post);
struct Post {
    int64_t id;
    const char *title;
    weft_array_text tags;
    weft_array_int64 scores;
};
WEFT_MODEL(Post, "post", WEFT_COLUMN(Post, id, .primary_key = true), WEFT_COLUMN(Post, title), WEFT_COLUMN(Post, tags),
           WEFT_COLUMN(Post, scores, .nullable = true));
WEFT_METADATA(models, &Sheet_model, &Post_model);
FIXTURE_MODELS(models);

#define POSTS "SELECT id, tags, scores FROM post ORDER BY id"

static void an_array_goes_in_and_comes_back(void **state)
{
    fixture *f = *state;
    const Post *post = weft_new(f->s, Post, .title = "a", .tags = weft_texts("c", "it's \"so\" \\ {x}, y", ""),
                                .scores = weft_int64s(1, -5, INT64_MAX));
    (void)weft_new(f->s, Post, .title = "b", .tags = {(const char *const[]){""}, 0});
    commit_ok(f->s);
    assert_rows(f, POSTS,
                f->postgres ? "1|{c,\"it's \\\"so\\\" \\\\ {x}, y\",\"\"}|{1,-5,9223372036854775807}\n2|{}|NULL"
                            : "1|[\"c\",\"it's \\\"so\\\" \\\\ {x}, y\",\"\"]|[1,-5,9223372036854775807]\n2|[]|NULL");
    weft_session_clear(f->s);
    post = weft_get(f->s, Post, 1);
    assert_int_equal(post->tags.count, 3);
    assert_string_equal(post->tags.items[1], "it's \"so\" \\ {x}, y");
    assert_string_equal(post->tags.items[2], "");
    assert_int_equal(post->scores.count, 3);
    assert_true(post->scores.items[2] == INT64_MAX);
    post = weft_get(f->s, Post, 2);
    assert_int_equal(post->tags.count, 0);
    assert_non_null(post->tags.items);
    assert_null(post->scores.items);
}

/* ---- every type of items, against the structs that were given ---- */

enum { MOST_ITEMS = 5, ROWS = 40, MANY = 3000 };

typedef struct store {
    uint64_t random;
    char *at, *end; /* free memory for items */
} store;

static uint64_t next(store *s)
{
    s->random = s->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return s->random >> 33;
}

static void *take(store *s, size_t size)
{
    void *made = s->at;
    s->at += (size + 15) / 16 * 16;
    assert_true(s->at <= s->end);
    return made;
}

static const char *const odd_texts[] = {
    "", "NULL", "null", "a,b", "{}", "\"quoted\"", "back\\slash", " blank ", "gr\xc3\xb6\xc3\x9f", "'", "x"};
static const char *const odd_decimals[] = {"0", "-1.50", "1.5", "123456789012345678901234567890.123456789", "0.000001"};
static const double odd_reals[] = {0, -0.0, 1.5, -1e300, 1e-300, 3, 1e15, 123456789};
static const weft_timestamp moments[] = {{0}, {-1}, {INT64_C(1600000000123456)}, {INT64_MAX}, {-INT64_C(62135596800000000)}};
static const weft_interval spans[] = {{0, 0, 0}, {1, -2, 3}, {-14, 40, -INT64_C(3600000001)}};

#define SOME(count_) (size_t)(next(s) % ((count_) + 1))
/* NULL now and then, else an array of up to MOST_ITEMS items that are made by make. */
#define FILL(field, T, make) \
    do { \
        const size_t n_ = SOME(MOST_ITEMS); \
        T *items_ = next(s) % 6 == 0 ? NULL : take(s, MOST_ITEMS * sizeof(T)); \
        for (size_t i_ = 0; items_ != NULL && i_ < n_; i_++) \
            items_[i_] = make; \
        row->field.items = items_; \
        row->field.count = items_ != NULL ? n_ : 0; \
    } while (0)

static const char *text_of(store *s)
{
    return next(s) % 5 == 0 ? NULL : odd_texts[next(s) % (sizeof odd_texts / sizeof odd_texts[0])];
}

static weft_uuid uuid_of(store *s)
{
    weft_uuid uuid;
    for (size_t i = 0; i < sizeof uuid.bytes; i++)
        uuid.bytes[i] = (unsigned char)next(s);
    return uuid;
}

static weft_bytes bytes_of(store *s)
{
    unsigned char *bytes = take(s, 8);
    const size_t size = SOME(7);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)next(s);
    return next(s) % 5 == 0 ? (weft_bytes){NULL, 0} : (weft_bytes){bytes, size};
}

static int64_t long_of(store *s)
{
    static const int64_t edges[] = {0, -1, INT64_MIN, INT64_MAX, 5};
    return edges[next(s) % 5];
}

static void fill(store *s, Sheet *row, int64_t id)
{
    *row = (Sheet){.id = id};
    FILL(shorts, int16_t, (int16_t)(next(s) % 2 != 0 ? INT16_MIN : (int16_t)next(s)));
    FILL(ints, int32_t, (int32_t)next(s));
    FILL(longs, int64_t, long_of(s));
    FILL(counts, uint32_t, next(s) % 2 != 0 ? UINT32_MAX : (uint32_t)next(s));
    FILL(floats, float, (float)(next(s) % 100) / 8);
    FILL(doubles, double, odd_reals[next(s) % 8]);
    FILL(bools, bool, next(s) % 2 != 0);
    FILL(texts, const char *, text_of(s));
    FILL(bytes, weft_bytes, bytes_of(s));
    FILL(decimals, weft_decimal, (weft_decimal){next(s) % 5 == 0 ? NULL : odd_decimals[next(s) % 5]});
    FILL(documents, weft_json, (weft_json){next(s) % 5 == 0 ? NULL : next(s) % 2 != 0 ? "{\"a\": [1, \"x\"]}" : "null"});
    FILL(moments, weft_timestamp, moments[next(s) % 5]);
    FILL(dates, weft_date, (weft_date){(int32_t)(next(s) % 3000000) - 719162});
    FILL(times, weft_time, (weft_time){(int64_t)next(s) % INT64_C(86400000001)});
    FILL(uuids, weft_uuid, uuid_of(s));
    FILL(spans, weft_interval, spans[next(s) % 3]);
    FILL(addresses, weft_macaddr, ((weft_macaddr){{(unsigned char)next(s), 1, 2, 3, 4, (unsigned char)next(s)}}));
    FILL(gaps, weft_opt_int64, ((weft_opt_int64){next(s) % 2 != 0, long_of(s)}));
    FILL(maybe, weft_opt_bool, ((weft_opt_bool){next(s) % 2 != 0, next(s) % 2 != 0}));
    FILL(days, weft_opt_date, ((weft_opt_date){next(s) % 2 != 0, {(int32_t)(next(s) % 1000)}}));
}

static bool same_texts(const char *a, const char *b) { return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0; }
static bool same_bytes(weft_bytes a, weft_bytes b)
{
    return a.data == NULL || b.data == NULL ? a.data == b.data
                                            : a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* is: of the items x and y. */
#define SAME(field, is) \
    do { \
        assert_int_equal(a->field.items == NULL, b->field.items == NULL); \
        assert_int_equal(a->field.count, b->field.count); \
        for (size_t i_ = 0; i_ < a->field.count; i_++) \
            if (!(is)) \
                fail_msg("row %d: item %zu of " #field, (int)a->id, i_); \
    } while (0)
#define X(field) a->field.items[i_]
#define Y(field) b->field.items[i_]
#define SAME_MEMORY(field) SAME(field, memcmp(&X(field), &Y(field), sizeof X(field)) == 0)
#define SAME_OPTION(field, part) \
    SAME(field, X(field).set == Y(field).set && (!X(field).set || X(field).value part == Y(field).value part))

static void assert_same(const Sheet *a, const Sheet *b)
{
    assert_true(a->id == b->id);
    SAME_MEMORY(shorts);
    SAME_MEMORY(ints);
    SAME_MEMORY(longs);
    SAME_MEMORY(counts);
    SAME_MEMORY(floats);
    SAME_MEMORY(doubles);
    SAME_MEMORY(bools);
    SAME(texts, same_texts(X(texts), Y(texts)));
    SAME(bytes, same_bytes(X(bytes), Y(bytes)));
    SAME(decimals, same_texts(X(decimals).text, Y(decimals).text));
    SAME(documents, same_texts(X(documents).text, Y(documents).text));
    SAME_MEMORY(moments);
    SAME_MEMORY(dates);
    SAME_MEMORY(times);
    SAME_MEMORY(uuids);
    SAME_MEMORY(spans);
    SAME_MEMORY(addresses);
    SAME_OPTION(gaps, );
    SAME_OPTION(maybe, );
    SAME_OPTION(days, .days);
}

static Sheet *filled(store *s, size_t count, uint64_t seed)
{
    const size_t size = count * 4096;
    s->random = seed;
    s->at = malloc(size);
    assert_non_null(s->at);
    s->end = s->at + size;
    Sheet *rows = take(s, count * sizeof *rows);
    for (size_t i = 0; i < count; i++)
        fill(s, &rows[i], (int64_t)i + 1);
    return rows;
}

static void assert_stored(fixture *f, const Sheet *rows, size_t count)
{
    weft_session_clear(f->s);
    Sheet_list list = weft_query(f->s, Sheet, .order_by = weft_order(weft_asc(Sheet, id)));
    assert_ok(f->s);
    assert_int_equal(list.count, count);
    for (size_t i = 0; i < count; i++)
        assert_same(&rows[i], list.items[i]);
}

static void insert_many(fixture *f, const Sheet *rows, size_t count)
{
    weft_error error = {0};
    weft_connection *connection = NULL;
    assert_int_equal(weft_engine_connect(f->engine, &connection, NULL, &error), WEFT_OK);
    assert_error(weft_insert_many(connection, Sheet, rows, count, NULL, &error), WEFT_OK, &error);
    assert_int_equal(weft_connection_commit(connection, &error), WEFT_OK);
    weft_connection_close(connection);
}

static void add_rows(fixture *f, const Sheet *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        Sheet *sheet = weft_new(f->s, Sheet, .id = rows[i].id);
        *sheet = rows[i];
    }
}

static void objects_come_back(void **state)
{
    fixture *f = *state;
    store s;
    Sheet *rows = filled(&s, ROWS, 1);
    void *memory = rows;
    for (size_t i = 0; i < ROWS; i++) { /* one by one */
        add_rows(f, rows + i, 1);
        commit_ok(f->s);
    }
    assert_stored(f, rows, ROWS);
    free(memory);
}

static void objects_of_one_flush_come_back(void **state)
{
    fixture *f = *state;
    store s;
    Sheet *rows = filled(&s, ROWS, 2);
    add_rows(f, rows, ROWS);
    commit_ok(f->s);
    assert_stored(f, rows, ROWS);
    free(rows);
}

static void rows_of_lists_come_back(void **state)
{
    fixture *f = *state;
    store s;
    Sheet *rows = filled(&s, ROWS, 3);
    insert_many(f, rows, ROWS);
    assert_stored(f, rows, ROWS);
    free(rows);
}

static void rows_of_a_copy_come_back(void **state)
{
    fixture *f = *state;
    store s;
    Sheet *rows = filled(&s, MANY, 4);
    insert_many(f, rows, MANY);
    assert_stored(f, rows, MANY);
    free(rows);
}

/* All objects get the arrays of others, by one statement or one for each; memory of the program's goes before they are read. */
static void edits_are_written(void **state)
{
    fixture *f = *state;
    store s, t;
    Sheet *rows = filled(&s, ROWS, 5), *others = filled(&t, ROWS, 6);
    insert_many(f, rows, ROWS);
    free(rows);
    Sheet_list list = weft_query(f->s, Sheet, .order_by = weft_order(weft_asc(Sheet, id)));
    for (size_t i = 0; i < ROWS; i++)
        *weft_edit(f->s, Sheet, list.items[i]) = others[i];
    commit_ok(f->s);
    for (size_t i = 0; i < ROWS; i++)
        assert_same(&others[i], list.items[i]);
    assert_stored(f, others, ROWS);
    free(others);
}

/* ---- what is no edit ---- */

static const Post *add_post(fixture *f)
{
    const Post *post = weft_new(f->s, Post, .title = "a", .tags = weft_texts("x", "y"), .scores = weft_int64s(1, 2));
    commit_ok(f->s);
    return post;
}

static void equal_arrays_are_no_edits(void **state)
{
    fixture *f = *state;
    const Post *post = add_post(f);
    char x[] = "x", y[] = "y";
    post = weft_first(f->s, Post);
    (void)fixture_statements(f);
    weft_edit(f->s, Post, post)->tags = weft_texts(x, y);
    weft_edit(f->s, Post, post)->scores = weft_int64s(1, 2);
    commit_ok(f->s);
    assert_int_equal(fixture_statements(f), 0);
    weft_edit(f->s, Post, post)->tags = weft_texts(x, "z");
    commit_ok(f->s);
    assert_rows(f, POSTS, f->postgres ? "1|{x,z}|{1,2}" : "1|[\"x\",\"z\"]|[1,2]");
}

static void the_session_keeps_a_copy(void **state)
{
    fixture *f = *state;
    const Post *post = add_post(f);
    char *text = malloc(8);
    const char **items = malloc(2 * sizeof *items);
    memcpy(text, "borrow", 7);
    items[0] = items[1] = text;
    weft_edit(f->s, Post, post)->tags = (weft_array_text){items, 2};
    flush_ok(f->s);
    memset(text, 'X', 8);
    free(text);
    free(items);
    assert_string_equal(post->tags.items[1], "borrow");
    commit_ok(f->s);
    assert_string_equal(weft_get(f->s, Post, 1)->tags.items[0], "borrow");
    weft_edit(f->s, Post, post)->tags = weft_texts("other");
    flush_ok(f->s);
    rollback_ok(f->s);
    assert_int_equal(post->tags.count, 2);
    assert_string_equal(post->tags.items[1], "borrow");
}

static void null_is_told_from_empty(void **state)
{
    fixture *f = *state;
    const Post *post = add_post(f);
    weft_edit(f->s, Post, post)->scores = (weft_array_int64){0};
    commit_ok(f->s);
    assert_rows(f, "SELECT count(*) FROM post WHERE scores IS NULL", "1");
    weft_edit(f->s, Post, post)->scores = (weft_array_int64){(const int64_t[]){0}, 0};
    commit_ok(f->s);
    assert_rows(f, POSTS, f->postgres ? "1|{x,y}|{}" : "1|[\"x\",\"y\"]|[]");
    weft_edit(f->s, Post, post)->tags = (weft_array_text){0};
    assert_call(f->s, weft_session_flush(f->s), WEFT_ERROR_NOT_NULL);
    assert_message(f->s, "tags");
    rollback_ok(f->s);
}

/* ---- what cannot be read ---- */

static void what_no_field_holds_is_told(void **state)
{
    fixture *f = *state;
    (void)add_post(f);
    if (f->postgres)
        assert_call(f->s, weft_session_execute_text(f->s, "UPDATE post SET scores = '{1,NULL}'", NULL), WEFT_OK);
    else
        assert_call(f->s, weft_session_execute_text(f->s, "UPDATE post SET scores = '[1,null]'", NULL), WEFT_OK);
    commit_ok(f->s);
    weft_session_clear(f->s);
    assert_null(weft_get(f->s, Post, 1));
    assert_message(f->s, "scores");
    assert_message(f->s, "NULL");
    assert_refused(f->s, WEFT_ERROR_SCHEMA);
    assert_call(f->s,
                weft_session_execute_text(f->s,
                                          f->postgres ? "UPDATE post SET scores = '{{1,2},{3,4}}'"
                                                      : "UPDATE post SET scores = '[[1,2],[3,4]]'",
                                          NULL),
                WEFT_OK);
    commit_ok(f->s);
    assert_null(weft_get(f->s, Post, 1));
    assert_message(f->s, "scores");
    assert_refused(f->s, WEFT_ERROR_SCHEMA);
}

static void bad_items_are_told_before_they_are_sent(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Sheet, .id = 1, .decimals = {(const weft_decimal[]){{"1.5"}, {"none"}}, 2});
    assert_call(f->s, weft_session_flush(f->s), WEFT_ERROR_DATA);
    rollback_ok(f->s);
    (void)weft_new(f->s, Sheet, .id = 1, .times = {(const weft_time[]){{-1}}, 1});
    assert_call(f->s, weft_session_flush(f->s), WEFT_ERROR_TYPE);
    rollback_ok(f->s);
    (void)weft_new(f->s, Sheet, .id = 1, .texts = {(const char *const[]){"\xff"}, 1});
    assert_call(f->s, weft_session_flush(f->s), WEFT_ERROR_DATA);
    rollback_ok(f->s);
}

/* ---- conditions ---- */

#define COUNT_OF(...) weft_count_of(f->s, Post, .where = __VA_ARGS__)

static void add_posts(fixture *f)
{
    (void)weft_new(f->s, Post, .title = "a", .tags = weft_texts("c", "sql"), .scores = weft_int64s(1, 2, 3));
    (void)weft_new(f->s, Post, .title = "b", .tags = weft_texts("sql"), .scores = weft_int64s(3));
    (void)weft_new(f->s, Post, .title = "c", .tags = {(const char *const[]){""}, 0});
    (void)weft_new(f->s, Post, .title = "d", .tags = weft_texts("c", NULL), .scores = {(const int64_t[]){0}, 0});
    commit_ok(f->s);
}

static void arrays_are_searched(void **state)
{
    fixture *f = *state;
    const weft_array_text both = weft_texts("sql", "c"), none = {both.items, 0};
    add_posts(f);
    assert_int_equal(COUNT_OF(weft_array_has(Post, tags, "sql")), 2);
    assert_int_equal(COUNT_OF(weft_array_has(Post, tags, "x")), 0);
    assert_int_equal(COUNT_OF(weft_not(weft_array_has(Post, tags, "x"))), 3); /* of the one with NULL nobody knows */
    assert_int_equal(COUNT_OF(weft_array_has(Post, scores, 3)), 2);
    assert_int_equal(COUNT_OF(weft_array_contains(Post, tags, both)), 1);
    assert_int_equal(COUNT_OF(weft_array_contains(Post, tags, none)), 4);
    assert_int_equal(COUNT_OF(weft_array_within(Post, tags, both)), 3);
    assert_int_equal(COUNT_OF(weft_array_overlaps(Post, tags, both)), 3);
    assert_int_equal(COUNT_OF(weft_array_overlaps(Post, tags, none)), 0);
    assert_int_equal(COUNT_OF(weft_op(weft_array_length(weft_col(Post, tags)), "<", weft_val(2))), 2);
    assert_int_equal(COUNT_OF(weft_null(weft_array_length(weft_col(Post, scores)))), 1);
    assert_int_equal(COUNT_OF(weft_op(weft_array_item(weft_col(Post, tags), weft_val(1)), "=", weft_val("c"))), 2);
    assert_int_equal(COUNT_OF(weft_op(weft_array_item(weft_col(Post, scores), weft_val(2)), ">", weft_val(1))), 1);
    assert_int_equal(COUNT_OF(weft_array_has_of(weft_col(Post, scores), weft_col(Post, id))), 1);
    assert_int_equal(COUNT_OF(weft_eq(Post, tags, weft_texts("c", "sql"))), 1);
    assert_int_equal(COUNT_OF(weft_ne(Post, tags, weft_texts("c", "sql"))), 3);
    assert_int_equal(COUNT_OF(weft_lt(Post, scores, weft_int64s(1, 2, 4))), 2);
    assert_int_equal(COUNT_OF(weft_gt(Post, scores, weft_int64s(2))), 1);
    assert_ok(f->s);
    Post_list list = weft_query(f->s, Post, .order_by = weft_order(weft_asc(Post, scores)));
    assert_ok(f->s);
    assert_int_equal(list.count, 4);
    assert_string_equal(list.items[0]->title, "d");
    assert_string_equal(list.items[1]->title, "a");
    assert_string_equal(list.items[2]->title, "b");
}

static void arrays_are_changed_by_statements(void **state)
{
    fixture *f = *state;
    add_posts(f);
    weft_session_update(
        f->s,
        weft_update_of(Post,
                       .set = weft_sets(weft_to_expr(Post, tags, weft_array_append(weft_col(Post, tags), weft_val("n"))),
                                        weft_to_expr(Post, scores,
                                                     weft_array_concat(weft_col(Post, scores), weft_val(weft_int64s(7, 3))))),
                       .where = weft_lt(Post, id, 4)),
        NULL);
    weft_session_update(
        f->s,
        weft_update_of(Post, .set = weft_sets(weft_to_expr(Post, scores, weft_array_remove(weft_col(Post, scores), weft_val(3)))),
                       .where = weft_eq(Post, id, 1)),
        NULL);
    weft_session_update(
        f->s, weft_update_of(Post, .set = weft_sets(weft_to(Post, tags, weft_texts("new"))), .where = weft_eq(Post, id, 4)), NULL);
    commit_ok(f->s);
    assert_rows(f, POSTS,
                f->postgres ? "1|{c,sql,n}|{1,2,7}\n2|{sql,n}|{3,7,3}\n3|{n}|{7,3}\n4|{new}|{}"
                            : "1|[\"c\",\"sql\",\"n\"]|[1,2,7]\n2|[\"sql\",\"n\"]|[3,7,3]\n3|[\"n\"]|[7,3]\n4|[\"new\"]|[]");
}

typedef struct Gathered {
    const char *title;
    weft_array_int64 ids;
    weft_array_text titles;
} Gathered;
WEFT_ROW(Gathered, WEFT_FIELD(Gathered, title), WEFT_FIELD(Gathered, ids), WEFT_FIELD(Gathered, titles));

static void results_hold_arrays(void **state)
{
    fixture *f = *state;
    weft_alias(Other, Post);
    add_posts(f);
    Gathered_list all =
        weft_rows(f->s, Gathered, .from = weft_from(Post),
                  .columns =
                      weft_columns(weft_val("all"), weft_array_agg(weft_col(Post, id)),
                                   weft_array_of(
                                       weft_select(.from = weft_from(Other), .columns = weft_columns(weft_col(Other, title)),
                                                   .where = weft_gt(Other, id, 2), .order_by = weft_order(weft_desc(Other, id))))));
    assert_ok(f->s);
    assert_int_equal(all.count, 1);
    assert_int_equal(all.items[0]->ids.count, 4);
    assert_int_equal(all.items[0]->titles.count, 2);
    assert_string_equal(all.items[0]->titles.items[0], "d");
    all = weft_rows(f->s, Gathered, .from = weft_from(Post),
                    .columns = weft_columns(weft_col(Post, title), weft_col(Post, scores), weft_col(Post, tags)),
                    .order_by = weft_order(weft_asc(Post, id)), .limit = 3);
    assert_ok(f->s);
    assert_int_equal(all.count, 3);
    assert_true(all.items[0]->ids.items[2] == 3);
    assert_null(all.items[2]->ids.items);
    /* Through a SELECT in FROM, put into its fields and compared as columns. */
    weft_subselect(Gathered,
                   weft_select(.from = weft_from(Other), .columns = weft_columns(weft_put_col(Gathered, title, Other, title),
                                                                                 weft_put_col(Gathered, ids, Other, scores),
                                                                                 weft_put_col(Gathered, titles, Other, tags))));
    Gathered_list same =
        weft_rows(f->s, Gathered, .from = weft_from(Post),
                  .joins = weft_joins(weft_join_on(Gathered, weft_and(weft_eq_col(Gathered, titles, Post, tags),
                                                                      weft_eq_col(Gathered, title, Post, title)))),
                  .columns = weft_columns(weft_put_col(Gathered, title, Gathered, title),
                                          weft_put_col(Gathered, ids, Gathered, ids), weft_put_col(Gathered, titles, Post, tags)),
                  .order_by = weft_order(weft_asc(Post, id)));
    assert_ok(f->s);
    assert_int_equal(same.count, 4);
    assert_true(same.items[0]->ids.items[2] == 3);
    assert_int_equal(same.items[0]->titles.count, all.items[0]->titles.count);
    all = weft_rows(f->s, Gathered, .from = weft_from(Post), .order_by = weft_order(weft_asc(Post, id)),
                    .columns = weft_columns(weft_col(Post, title), weft_array(weft_col(Post, id), weft_val(7)),
                                            weft_array(weft_val("x"), weft_col(Post, title), weft_val((const char *)NULL))));
    assert_ok(f->s);
    assert_int_equal(all.items[1]->ids.count, 2);
    assert_true(all.items[1]->ids.items[0] == 2 && all.items[1]->ids.items[1] == 7);
    assert_int_equal(all.items[1]->titles.count, 3);
    assert_string_equal(all.items[1]->titles.items[1], "b");
    assert_null(all.items[1]->titles.items[2]);
    all = weft_text_rows(f->s, Gathered, "SELECT title, scores AS ids, tags AS titles FROM post ORDER BY id", NULL);
    assert_ok(f->s);
    assert_int_equal(all.items[0]->ids.count, 3);
    assert_string_equal(all.items[0]->titles.items[1], "sql");
    assert_null(all.items[3]->titles.items[1]);
}

/* ---- without memory ---- */

/* Arrays on every path; the status of the session. */
static weft_status work(fixture *f, weft_session **session)
{
    weft_session *s = *session = weft_session_open(f->engine, NULL);
    const char *const words[] = {"c", NULL, "a longer word than the others"};
    for (int i = 0; i < 3; i++)
        (void)weft_new(s, Post, .title = "t", .tags = {words, 3}, .scores = weft_int64s(1, i));
    if (weft_session_commit(s) != WEFT_OK)
        return weft_session_status(s);
    weft_each (Post, post,
               weft_query(s, Post, .where = weft_and(weft_array_has(Post, tags, "c"), weft_gt(Post, scores, weft_int64s(1)))))
        weft_edit(s, Post, post)->tags = (weft_array_text){words + 2, 1};
    (void)weft_session_flush(s);
    (void)weft_text_rows(s, Gathered, "SELECT title, scores AS ids, tags AS titles FROM post", NULL);
    (void)weft_rows(s, Gathered, .from = weft_from(Post),
                    .columns = weft_columns(weft_val("all"), weft_array_agg(weft_col(Post, id)), weft_val(weft_texts("x", "y"))));
    (void)weft_session_rollback(s);
    return weft_session_status(s);
}

typedef struct Streamed {
    weft_decimal id; /* of an integer */
    const char *title;
    weft_array_text tags;
    weft_array_int64 scores;
} Streamed;
WEFT_ROW(Streamed, WEFT_FIELD(Streamed, id), WEFT_FIELD(Streamed, title), WEFT_FIELD(Streamed, tags), WEFT_FIELD(Streamed, scores));

enum { STREAMED = 300 };

/* What a struct holds of a row lasts until the next row, also where a second struct is read of the same. */
static void rows_one_by_one_are_read_into_structs(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < STREAMED; i++)
        (void)weft_new(f->s, Post, .title = weft_format(f->s, "t%d", i),
                       .tags = weft_texts(weft_format(f->s, "a%d", i), i % 3 == 0 ? NULL : "b"),
                       .scores = i % 4 == 0 ? (weft_array_int64){NULL, 0} : weft_int64s(i, -i));
    commit_ok(f->s);
    for (int stream = 0; stream < 2; stream++) {
        weft_error error = {0};
        weft_connection *c;
        weft_result *result;
        assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
        assert_error(weft_connection_select(c,
                                            weft_select(.from = weft_from(Post),
                                                        .columns = weft_columns(weft_col(Post, id), weft_col(Post, title),
                                                                                weft_col(Post, tags), weft_col(Post, scores)),
                                                        .order_by = weft_asc(Post, id), .stream = stream != 0),
                                            &result, &error),
                     WEFT_OK, &error);
        int i = 0;
        for (; weft_result_next(result, &error); i++) {
            Streamed first, second;
            char wanted[16];
            assert_error(weft_result_into(result, &Streamed_row, &first, &error), WEFT_OK, &error);
            assert_error(weft_result_into(result, &Streamed_row, &second, &error), WEFT_OK, &error);
            (void)snprintf(wanted, sizeof wanted, "%d", i + 1);
            assert_string_equal(first.id.text, wanted);
            (void)snprintf(wanted, sizeof wanted, "t%d", i);
            assert_string_equal(first.title, wanted);
            (void)snprintf(wanted, sizeof wanted, "a%d", i);
            assert_int_equal(first.tags.count, 2);
            assert_string_equal(first.tags.items[0], wanted);
            assert_string_equal(second.tags.items[0], wanted);
            assert_true(i % 3 == 0 ? first.tags.items[1] == NULL : strcmp(first.tags.items[1], "b") == 0);
            assert_int_equal(first.scores.count, i % 4 == 0 ? 0 : 2);
            assert_true(i % 4 == 0 ? first.scores.items == NULL : first.scores.items[1] == -i);
        }
        assert_int_equal(error.status, WEFT_OK);
        assert_int_equal(i, STREAMED);
        weft_result_close(result);
        assert_error(weft_connection_rollback(c, &error), WEFT_OK, &error);
        /* What does not fit names column and field. */
        assert_error(weft_connection_select(c,
                                            weft_select(.from = weft_from(Post),
                                                        .columns = weft_columns(weft_col(Post, id), weft_col(Post, title),
                                                                                weft_col(Post, scores), weft_col(Post, tags)),
                                                        .limit = 1),
                                            &result, &error),
                     WEFT_OK, &error);
        Streamed wrong;
        assert_true(weft_result_next(result, &error));
        assert_error(weft_result_into(result, &Streamed_row, &wrong, &error), WEFT_ERROR_SCHEMA, &error);
        assert_non_null(strstr(error.message, "Streamed.scores"));
        weft_result_close(result);
        weft_connection_close(c);
    }
}

static void every_allocation_may_fail(void **state) { fixture_fail_each_allocation(*state, work, "post", "3"); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(an_array_goes_in_and_comes_back),
        ON_BOTH(objects_come_back),
        ON_BOTH(objects_of_one_flush_come_back),
        ON_BOTH(rows_of_lists_come_back),
        ON_BOTH(rows_of_a_copy_come_back),
        ON_BOTH(edits_are_written),
        ON_BOTH(equal_arrays_are_no_edits),
        ON_BOTH(the_session_keeps_a_copy),
        ON_BOTH(null_is_told_from_empty),
        ON_BOTH(what_no_field_holds_is_told),
        ON_BOTH(bad_items_are_told_before_they_are_sent),
        ON_BOTH(arrays_are_searched),
        ON_BOTH(arrays_are_changed_by_statements),
        ON_BOTH(results_hold_arrays),
        ON_BOTH(rows_one_by_one_are_read_into_structs),
        ON_BOTH(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
