/* What is within JSON: by paths, by containment, changed, and as rows; random documents and paths against a plain model, and the
 * edges by hand. */
#include "support/fixture.h"

WEFT_DECLARE(Item);
struct Item {
    int64_t id;
    const char *sku;
    weft_json extra, plain;
};
WEFT_MODEL(Item, "item", WEFT_COLUMN(Item, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Item, sku),
           WEFT_COLUMN(Item, extra, .nullable = true), WEFT_COLUMN(Item, plain, .sql_type = "json", .nullable = true));
WEFT_METADATA(models, &Item_model);
FIXTURE_MODELS(models);

typedef struct Id {
    int64_t id;
} Id;
WEFT_ROW(Id, WEFT_FIELD(Id, id));
typedef struct Seen {
    int64_t id;
    weft_json json;
    const char *text, *kind;
    bool has;
} Seen;
WEFT_ROW(Seen, WEFT_FIELD(Seen, id), WEFT_FIELD(Seen, json), WEFT_FIELD(Seen, text), WEFT_FIELD(Seen, kind), WEFT_FIELD(Seen, has));
typedef struct Changed {
    int64_t id;
    weft_json json;
} Changed;
WEFT_ROW(Changed, WEFT_FIELD(Changed, id), WEFT_FIELD(Changed, json));
typedef struct Tag {
    const char *value;
    int64_t position;
} Tag;
WEFT_ROW(Tag, WEFT_FIELD(Tag, value), WEFT_FIELD(Tag, position));
typedef struct Whole {
    weft_json value;
} Whole;
WEFT_ROW(Whole, WEFT_FIELD(Whole, value));
typedef struct Pair {
    const char *key, *value;
} Pair;
WEFT_ROW(Pair, WEFT_FIELD(Pair, key), WEFT_FIELD(Pair, value));
typedef struct Width {
    const char *sku;
    weft_opt_int64 width;
} Width;
WEFT_ROW(Width, WEFT_FIELD(Width, sku), WEFT_FIELD(Width, width));
typedef struct Tagged {
    const char *sku, *tag;
} Tagged;
WEFT_ROW(Tagged, WEFT_FIELD(Tagged, sku), WEFT_FIELD(Tagged, tag));

#define C(M, f) weft_col(M, f)

static void add_items(weft_session *s)
{
    static const char *const extras[] = {
        "{\"size\": {\"width\": 30, \"height\": null}, \"colour\": \"red\", \"tags\": [\"c\", \"cpp\", \"x\"]}",
        "{\"size\": {\"width\": \"12\"}, \"colour\": \"red\", \"tags\": []}", "{\"colour\": \"blue\", \"tags\": \"none\"}",
        "[1, 2.50, 1e2]", NULL};
    for (int64_t i = 0; i < 5; i++) {
        char sku[8];
        (void)snprintf(sku, sizeof sku, "X%d", (int)i + 1);
        (void)weft_new(s, Item, .id = i + 1, .sku = sku, .extra = {extras[i]}, .plain = {extras[i]});
        flush_ok(s);
    }
    commit_ok(s);
}

/* ---- by hand ---- */

static void scalars_at_paths_are_values_of_types(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_items(s);
    for (int round = 0; round < 2; round++) {
        const weft_expr *extra = C(Item, extra);
        Width_list widths = weft_rows(s, Width, .from = weft_from(Item),
                                      .columns = weft_columns(C(Item, sku), weft_json_value(extra, "$.size.width", WEFT_INT64)),
                                      .where = weft_and(weft_json_has(extra, "$.size"),
                                                        weft_op(weft_json_text(extra, "$.colour"), "=", weft_val("red"))),
                                      .order_by = weft_order(weft_asc(Item, id)));
        assert_ok(s);
        assert_int_equal(widths.count, 2);
        assert_int_equal(widths.items[0]->width.value, 30);
        assert_int_equal(widths.items[1]->width.value, 12);
    }
    assert_string_equal(
        fixture_last_sql(f),
        f->postgres
            ? "SELECT item.sku, CAST(item.extra #>> '{size,width}' AS bigint) FROM item WHERE item.extra #> '{size}' IS NOT NULL "
              "AND item.extra #>> '{colour}' = $1 ORDER BY item.id"
            : "SELECT item.sku, weft_integer(weft_json_text_at(item.extra, '[\"size\", \"width\"]'), 64) FROM item WHERE "
              "weft_json_has(item.extra, '[\"size\"]') AND weft_json_text_at(item.extra, '[\"colour\"]') = ?1 ORDER BY item.id");
    (void)weft_rows(s, Width, .from = weft_from(Item),
                    .columns = weft_columns(C(Item, sku), weft_json_value(C(Item, extra), "$.colour", WEFT_INT64)));
    assert_refused(s, WEFT_ERROR_DATA);
}

static void elements_and_members_are_rows(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_items(s);
    weft_json_each(Tag, weft_json_get(C(Item, extra), "$.tags"));
    Tagged_list tags = weft_rows(s, Tagged, .from = weft_from(Item), .joins = weft_joins(weft_cross_join(Tag)),
                                 .columns = weft_columns(C(Item, sku), C(Tag, value)), .where = weft_like(Tag, value, "c%"),
                                 .order_by = weft_order(weft_asc(Tag, position)));
    assert_ok(s);
    assert_int_equal(tags.count, 2);
    assert_string_equal(tags.items[0]->tag, "c");
    assert_string_equal(tags.items[1]->tag, "cpp");
    assert_string_equal(
        fixture_last_sql(f),
        f->postgres
            ? "SELECT item.sku, \"Tag\".value FROM item CROSS JOIN LATERAL (SELECT e.v #>> '{}' AS value, CAST(e.n AS bigint) AS "
              "position FROM (SELECT item.extra #> '{tags}' AS j) AS b CROSS JOIN LATERAL jsonb_array_elements(CASE "
              "jsonb_typeof(b.j) WHEN 'array' THEN b.j ELSE '[]' END) WITH ORDINALITY AS e(v, n)) AS \"Tag\" WHERE \"Tag\".value "
              "LIKE "
              "$1 ORDER BY \"Tag\".position"
            : "SELECT item.sku, \"Tag\".value FROM item CROSS JOIN weft_json_each(weft_json_at(item.extra, '[\"tags\"]'), 0) AS "
              "\"Tag\" "
              "WHERE \"Tag\".value GLOB ?1 ORDER BY \"Tag\".position NULLS LAST");
    tags = weft_rows(s, Tagged, .from = weft_from(Item), .joins = weft_joins(weft_left_join_on(Tag, weft_gt(Tag, position, 1))),
                     .columns = weft_columns(C(Item, sku), C(Tag, value)),
                     .order_by = weft_order(weft_asc(Item, id), weft_asc(Tag, position)));
    assert_ok(s);
    assert_int_equal(tags.count, 6);
    assert_string_equal(tags.items[1]->tag, "x");
    assert_null(tags.items[2]->tag);
    weft_json_each_as(Part, Whole, C(Item, plain));
    Whole_list parts = weft_rows(s, Whole, .from = weft_from(Item), .joins = weft_joins(weft_cross_join(Part)),
                                 .columns = weft_columns(C(Part, value)), .order_by = weft_order(weft_asc(Part, value)));
    assert_ok(s);
    assert_int_equal(parts.count, 3);
    assert_string_equal(parts.items[0]->value.text, "1");
    assert_string_equal(parts.items[1]->value.text, "2.50");
    assert_string_equal(parts.items[2]->value.text, "100");
    weft_json_members(Pair, weft_val(((weft_json){"{\"bb\": [1, {\"y\": 2}], \"a\": null, \"c\": \"\\u00fc\", \"d\": true}"})));
    Pair_list pairs = weft_rows(s, Pair, .from = weft_from(Pair), .order_by = weft_order(weft_asc(Pair, key)));
    assert_ok(s);
    assert_int_equal(pairs.count, 4);
    assert_string_equal(pairs.items[0]->key, "a");
    assert_null(pairs.items[0]->value);
    assert_string_equal(pairs.items[1]->key, "bb");
    assert_string_equal(pairs.items[1]->value, "[1, {\"y\": 2}]");
    assert_string_equal(pairs.items[2]->value, "\xc3\xbc");
    assert_string_equal(pairs.items[3]->value, "true");
    /* What is no array has no elements, within subqueries and groups too. */
    weft_json_each_as(Any, Tag, C(Item, extra));
    Id_list counts = weft_rows(s, Id, .from = weft_from(Item),
                               .columns = weft_columns(
                                   weft_scalar(weft_select(.from = weft_from(Any), .columns = weft_columns(weft_count_all())))),
                               .order_by = weft_order(weft_asc(Item, id)));
    assert_ok(s);
    assert_int_equal(counts.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(counts.items[i]->id, i == 3 ? 3 : 0);
}

static void documents_are_changed_in_place(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_items(s);
    const weft_json seven = {"{\"n\":7}"};
    int64_t changed = 0;
    assert_call(s,
                weft_session_update(s,
                                    weft_update_of(Item,
                                                   .set = weft_sets(weft_to_expr(Item, extra,
                                                                                 weft_json_set(C(Item, extra), "$.size.depth",
                                                                                               weft_val(seven)))),
                                                   .where = weft_lt(Item, id, 4)),
                                    &changed),
                WEFT_OK);
    assert_int_equal(changed, 3);
    assert_call(s,
                weft_session_update(s,
                                    weft_update_of(Item,
                                                   .set = weft_sets(
                                                       weft_to_expr(Item, extra, weft_json_remove(C(Item, extra), "$.tags[-1]"))),
                                                   .where = weft_eq(Item, id, 1)),
                                    NULL),
                WEFT_OK);
    commit_ok(s);
    assert_rows(
        f, "SELECT id, extra FROM item WHERE id <= 3 ORDER BY id",
        "1|{\"size\": {\"depth\": {\"n\": 7}, \"width\": 30, \"height\": null}, \"tags\": [\"c\", \"cpp\"], \"colour\": \"red\"}\n"
        "2|{\"size\": {\"depth\": {\"n\": 7}, \"width\": \"12\"}, \"tags\": [], \"colour\": \"red\"}\n"
        "3|{\"tags\": \"none\", \"colour\": \"blue\"}");
    (void)weft_rows(s, Changed, .from = weft_from(Item),
                    .columns = weft_columns(C(Item, id), weft_json_set(weft_val(((weft_json){"3"})), "$.a", weft_val(seven))));
    assert_refused(s, WEFT_ERROR_DATA);
    (void)weft_rows(s, Changed, .from = weft_from(Item), .where = weft_eq(Item, id, 4),
                    .columns = weft_columns(C(Item, id), weft_json_set(C(Item, extra), "$.a", weft_val(seven))));
    assert_refused(s, WEFT_ERROR_DATA);
}

static void numbers_and_texts_keep_what_they_are(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const struct {
        const char *json, *text;
    } cases[] = {{"12345678901234567890123", "12345678901234567890123"},
                 {"2.50", "2.50"},
                 {"1e3", "1000"},
                 {"-0.1e-2", "-0.001"},
                 {"\"a\\u0041\\n\\\"\\ud83d\\ude00\"", "aA\n\"\xf0\x9f\x98\x80"},
                 {"\"\"", ""},
                 {"true", "true"},
                 {"{\"b\":1,\"a\":[{}]}", "{\"a\": [{}], \"b\": 1}"},
                 {"null", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char document[128];
        (void)snprintf(document, sizeof document, "{\"v\": %s, \"v\\\"w\": %s}", cases[i].json, cases[i].json);
        (void)weft_new(s, Item, .id = (int64_t)i, .sku = "n", .extra = {document}, .plain = {document});
        flush_ok(s);
        Pair_list pairs = weft_rows(s, Pair, .from = weft_from(Item),
                                    .columns = weft_columns(weft_json_text(C(Item, extra), "$.v"),
                                                            weft_json_text(C(Item, plain), "$.\"v\\\"w\"")),
                                    .where = weft_eq(Item, id, (int64_t)i));
        assert_ok(s);
        const char *const got[] = {pairs.items[0]->key, pairs.items[0]->value};
        for (int side = 0; side < 2; side++)
            assert_true(cases[i].text == NULL ? got[side] == NULL : got[side] != NULL && strcmp(got[side], cases[i].text) == 0);
    }
    commit_ok(s);
    const weft_json null = {"null"};
    Id_list ids = weft_rows(s, Id, .from = weft_from(Item), .columns = weft_columns(C(Item, id)),
                            .where = weft_op(weft_json_get(C(Item, extra), "$.v"), "=", weft_val(null)));
    assert_ok(s);
    assert_int_equal(ids.count, 1);
    assert_int_equal(ids.items[0]->id, 8);
    /* 1000 by value, whatever its spelling. */
    const weft_json thousand = {"1000.0"};
    ids = weft_rows(s, Id, .from = weft_from(Item), .columns = weft_columns(C(Item, id)),
                    .where = weft_op(weft_json_get(C(Item, plain), "$.v"), "=", weft_val(thousand)));
    assert_ok(s);
    assert_int_equal(ids.count, 1);
    assert_int_equal(ids.items[0]->id, 2);
}

typedef struct Typed {
    weft_opt_int16 i16;
    weft_opt_int32 i32;
    weft_opt_int64 i64;
    weft_opt_double wide;
    weft_decimal decimal;
    weft_opt_bool yes;
    weft_opt_date day;
    weft_opt_timestamp at;
    weft_opt_uuid uuid;
    const char *text;
} Typed;
WEFT_ROW(Typed, WEFT_FIELD(Typed, i16), WEFT_FIELD(Typed, i32), WEFT_FIELD(Typed, i64), WEFT_FIELD(Typed, wide),
         WEFT_FIELD(Typed, decimal), WEFT_FIELD(Typed, yes), WEFT_FIELD(Typed, day), WEFT_FIELD(Typed, at), WEFT_FIELD(Typed, uuid),
         WEFT_FIELD(Typed, text));

static void scalars_become_values_of_every_type(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_json document = {
        "{\"n\": 12, \"t\": \" 12 \", \"d\": 2.50, \"b\": true, \"day\": \"2024-02-29\", \"at\": \"2024-02-29T12:30:00Z\", \"id\": "
        "\"00000000-0000-0000-0000-00000000000a\", \"null\": null, \"many\": [1, {\"a\": 2}]}"};
    const weft_expr *j = weft_val(document);
    (void)weft_new(s, Item, .id = 1, .sku = "x");
    commit_ok(s);
    for (int round = 0; round < 2; round++) {
        Typed_list rows =
            weft_rows(s, Typed, .from = weft_from(Item),
                      .columns = weft_columns(weft_json_value(j, "$.n", WEFT_INT16), weft_json_value(j, "$.t", WEFT_INT32),
                                              weft_json_value(j, "$.many[1].a", WEFT_INT64), weft_json_value(j, "$.d", WEFT_DOUBLE),
                                              weft_json_value(j, "$.d", WEFT_DECIMAL), weft_json_value(j, "$.b", WEFT_BOOL),
                                              weft_json_value(j, "$.day", WEFT_DATE), weft_json_value(j, "$.at", WEFT_TIMESTAMP),
                                              weft_json_value(j, "$.id", WEFT_UUID), weft_json_value(j, "$.many", WEFT_TEXT)));
        assert_ok(s);
        assert_int_equal(rows.count, 1);
        const Typed *t = rows.items[0];
        assert_true(t->i16.value == 12 && t->i32.value == 12 && t->i64.value == 2 && t->wide.value == 2.5 && t->yes.value);
        assert_string_equal(t->decimal.text, "2.50");
        assert_int_equal(t->day.value.days, 19782);
        assert_true(t->at.value.usec == INT64_C(19782) * 86400000000 + INT64_C(45000) * 1000000);
        assert_int_equal(t->uuid.value.bytes[15], 10);
        assert_string_equal(t->text, "[1, {\"a\": 2}]");
        rows =
            weft_rows(s, Typed, .from = weft_from(Item),
                      .columns =
                          weft_columns(weft_json_value(j, "$.null", WEFT_INT16), weft_json_value(j, "$.x", WEFT_INT32),
                                       weft_json_value(j, "$.n.a", WEFT_INT64), weft_json_value(j, "$.null", WEFT_DOUBLE),
                                       weft_json_value(j, "$.null", WEFT_DECIMAL), weft_json_value(j, "$.null", WEFT_BOOL),
                                       weft_json_value(j, "$.many[2]", WEFT_DATE), weft_json_value(j, "$.many[-3]", WEFT_TIMESTAMP),
                                       weft_json_value(j, "$.x.y.z", WEFT_UUID), weft_json_value(j, "$.null", WEFT_TEXT)));
        assert_ok(s);
        t = rows.items[0];
        assert_false(t->i16.set || t->i32.set || t->i64.set || t->wide.set || t->yes.set || t->day.set || t->at.set || t->uuid.set);
        assert_null(t->decimal.text);
        assert_null(t->text);
    }
    static const struct {
        const char *path;
        weft_type type;
    } wrong[] = {{"$.d", WEFT_INT64},        {"$.many", WEFT_INT32}, {"$.day", WEFT_INT16}, {"$.day", WEFT_DOUBLE},
                 {"$.b", WEFT_DECIMAL},      {"$.n", WEFT_DATE},     {"$.d", WEFT_UUID},    {"$.day", WEFT_BOOL},
                 {"$.many", WEFT_TIMESTAMP}, {"$.n", WEFT_TIME}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        weft_builder *b = weft_builder_new();
        const weft_expr *text = weft_builder_json(b, WEFT_EXPR_JSON_TEXT, j, wrong[i].path, NULL);
        (void)weft_rows(s, Id, .from = weft_from(Item), .columns = weft_columns(C(Item, id)),
                        .where = weft_not_null(weft_cast(text, wrong[i].type)));
        assert_refused(s, WEFT_ERROR_DATA);
        weft_builder_free(b);
    }
}

/* ---- a plain model ---- */

typedef struct node node;
struct node {
    char kind;        /* n, s, i, b, a, o */
    const char *text; /* of a scalar: what it says */
    const char *json; /* as JSON */
    size_t count;
    const node *items[4];
    const char *keys[4]; /* of an object, in jsonb's order */
};

static uint64_t seed;
static uint64_t pick(uint64_t count)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % count;
}

/* What a test makes lives to its end. */
static char pool[1 << 22];
static size_t used;
static void *room(size_t size)
{
    void *at = pool + used;
    used += (size + 15) / 16 * 16;
    assert_true(used <= sizeof pool);
    return at;
}

/* By length, then bytes. */
static const char *const keys[] = {"", "$", "0", "a", "b", "a.b", "b c", "q\"t", "\xc3\xbc\\"};
static const struct {
    char kind;
    const char *text, *json;
} scalars[] = {{'n', NULL, "null"},     {'s', "red", "\"red\""},
               {'s', "", "\"\""},       {'s', "q\"\\", "\"q\\\"\\\\\""},
               {'s', "1", "\"1\""},     {'i', "1", "1"},
               {'i', "2.50", "2.50"},   {'i', "2.5", "2.5"},
               {'i', "-7", "-7"},       {'b', "true", "true"},
               {'b', "false", "false"}, {'i', "12345678901234567890", "12345678901234567890"}};

static const node *make(int depth)
{
    node *made = room(sizeof *made);
    memset(made, 0, sizeof *made);
    const uint64_t what = depth == 0 ? 1 + pick(3) : pick(4);
    if (depth == 4 || what == 0) {
        const uint64_t i = pick(sizeof scalars / sizeof scalars[0]);
        *made = (node){.kind = scalars[i].kind, .text = scalars[i].text, .json = scalars[i].json};
        return made;
    }
    made->kind = what == 1 ? 'a' : 'o';
    uint64_t key = 0;
    for (uint64_t wanted = pick(4); made->count < wanted; made->count++) {
        key += 1 + pick(3);
        if (made->kind == 'o' && key > sizeof keys / sizeof keys[0])
            break;
        made->keys[made->count] = made->kind == 'o' ? keys[key - 1] : NULL;
        made->items[made->count] = make(depth + 1);
    }
    return made;
}

static void spell_text(char *text, const char *key)
{
    char *end = text + strlen(text);
    *end++ = '"';
    for (; *key != '\0'; key++) {
        if (*key == '"' || *key == '\\')
            *end++ = '\\';
        *end++ = *key;
    }
    *end++ = '"';
    *end = '\0';
}

static void append(char *text, const char *part) { (void)snprintf(text + strlen(text), strlen(part) + 1, "%s", part); }

/* As jsonb shows it, or, scrambled, with other blanks and the members the other way round. */
static void spell(char *text, const node *n, bool scrambled)
{
    if (n->json != NULL) {
        append(text, n->json);
        return;
    }
    append(text, n->kind == 'a' ? "[" : "{");
    for (size_t i = 0; i < n->count; i++) {
        const size_t at = scrambled && n->kind == 'o' ? n->count - 1 - i : i;
        append(text, i == 0 ? "" : scrambled ? " ," : ", ");
        if (n->kind == 'o') {
            spell_text(text, n->keys[at]);
            append(text, scrambled ? ":" : ": ");
        }
        spell(text, n->items[at], scrambled);
    }
    append(text, n->kind == 'a' ? "]" : "}");
}

static char *spelt(const node *n, bool scrambled)
{
    char *text = room(4096);
    text[0] = '\0';
    spell(text, n, scrambled);
    return text;
}

typedef struct step {
    const char *key; /* NULL: index */
    int index;
    char text[16]; /* what a path has in its place */
} step;

/* Where a step leads among the items, or -1; *append: where a new one would come. */
static int place(const node *n, const step *by)
{
    if (n->kind == 'o') {
        for (size_t i = 0; i < n->count; i++)
            if (strcmp(n->keys[i], by->text) == 0)
                return (int)i;
        return -1;
    }
    if (n->kind != 'a')
        return -1;
    const bool number = by->key == NULL || strcmp(by->key, "0") == 0;
    const int index = by->key == NULL ? by->index : 0, at = index < 0 ? index + (int)n->count : index;
    return number && at >= 0 && at < (int)n->count ? at : -1;
}

static size_t make_path(char *path, step steps[3])
{
    const size_t count = pick(4);
    path[0] = '\0';
    append(path, "$");
    for (size_t i = 0; i < count; i++) {
        if (pick(3) == 0) {
            steps[i] = (step){NULL, (int)pick(6) - 3, ""};
            (void)snprintf(steps[i].text, sizeof steps[i].text, "%d", steps[i].index);
            append(path, "[");
            append(path, steps[i].text);
            append(path, "]");
            continue;
        }
        const char *key = keys[pick(sizeof keys / sizeof keys[0])];
        steps[i] = (step){key, 0, ""};
        (void)snprintf(steps[i].text, sizeof steps[i].text, "%s", key);
        append(path, ".");
        if (strcmp(key, "a") == 0)
            append(path, "a");
        else
            spell_text(path, key);
    }
    return count;
}

static const node *walk(const node *n, const step *steps, size_t count)
{
    for (size_t i = 0; i < count && n != NULL; i++) {
        const int at = place(n, &steps[i]);
        n = at >= 0 ? n->items[at] : NULL;
    }
    return n;
}

enum { DOCUMENTS = 40 };
static const node *documents[DOCUMENTS];

static void add_documents(weft_session *s)
{
    used = 0;
    for (int64_t i = 0; i < DOCUMENTS; i++) {
        documents[i] = make(0);
        (void)weft_new(s, Item, .id = i, .sku = "d", .extra = {spelt(documents[i], i % 2 == 0)},
                       .plain = {spelt(documents[i], true)});
    }
    commit_ok(s);
}

static void random_paths_lead_where_the_model_says(void **state)
{
    static const char *const kinds[] = {
        ['n'] = "null", ['s'] = "string", ['i'] = "number", ['b'] = "boolean", ['a'] = "array", ['o'] = "object"};
    fixture *f = *state;
    weft_session *s = f->s;
    const uint64_t first = test_seed(20261129);
    for (uint64_t run = 0; run < test_runs(3); run++) {
        seed = first + run;
        rollback_ok(s);
        test_database_exec(&f->database, "DELETE FROM item");
        add_documents(s);
        const size_t mark = used;
        for (int query = 0; query < 60; query++) {
            used = mark;
            char path[128];
            step steps[3];
            const size_t count = make_path(path, steps);
            weft_builder *b = weft_builder_new();
            const weft_expr *column = query % 2 == 0 ? C(Item, extra) : C(Item, plain);
            const weft_expr *get = weft_builder_json(b, WEFT_EXPR_JSON_GET, column, path, NULL),
                            *text = weft_builder_json(b, WEFT_EXPR_JSON_TEXT, column, path, NULL),
                            *kind = weft_builder_json(b, WEFT_EXPR_JSON_KIND, column, path, NULL),
                            *has = weft_builder_json(b, WEFT_EXPR_JSON_HAS, column, path, NULL);
            Seen_list seen = weft_rows(s, Seen, .from = weft_from(Item), .columns = weft_columns(C(Item, id), get, text, kind, has),
                                       .order_by = weft_order(weft_asc(Item, id)));
            assert_ok(s);
            assert_int_equal(seen.count, DOCUMENTS);
            for (size_t i = 0; i < DOCUMENTS; i++) {
                const node *n = walk(documents[i], steps, count);
                const Seen *row = seen.items[i];
                const char *wanted = n == NULL ? NULL : spelt(n, false), *said = n == NULL         ? NULL
                                                                                 : n->json != NULL ? n->text
                                                                                                   : wanted;
                const bool good = row->has == (n != NULL) && (row->json.text == NULL) == (n == NULL) &&
                                  (n == NULL || strcmp(row->json.text, wanted) == 0) && (row->text == NULL) == (said == NULL) &&
                                  (said == NULL || strcmp(row->text, said) == 0) &&
                                  (n == NULL ? row->kind == NULL : strcmp(row->kind, kinds[(int)n->kind]) == 0);
                if (!good)
                    fail_msg("seed %llu: %s in %s gives %s, %s, %s, %d", (unsigned long long)(first + run), path,
                             spelt(documents[i], false), row->json.text != NULL ? row->json.text : "NULL",
                             row->text != NULL ? row->text : "NULL", row->kind != NULL ? row->kind : "NULL", row->has);
            }
            weft_builder_free(b);
        }
    }
}

/* Equal by content: numbers are, whatever their digits. */
static bool same(const node *a, const node *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == 'i')
        return strtod(a->text, NULL) == strtod(b->text, NULL);
    return strcmp(a->json, b->json) == 0;
}

static bool within(const node *a, const node *b);
static bool has_item(const node *const *items, size_t count, const node *b)
{
    for (size_t i = 0; i < count; i++)
        if (b->json != NULL ? items[i]->json != NULL && same(items[i], b) : items[i]->kind == b->kind && within(items[i], b))
            return true;
    return false;
}
static bool within(const node *a, const node *b)
{
    for (size_t i = 0; i < b->count; i++) {
        const node *const *items = a->items;
        size_t count = a->count;
        if (b->kind == 'o') {
            size_t at = 0;
            while (at < a->count && strcmp(a->keys[at], b->keys[i]) != 0)
                at++;
            items = a->items + at;
            count = at < a->count ? 1 : 0;
        }
        if (!has_item(items, count, b->items[i]))
            return false;
    }
    return true;
}
static bool model_contains(const node *a, const node *b)
{
    if (a->json != NULL || b->json != NULL)
        return a->json != NULL ? b->json != NULL && same(a, b) : a->kind == 'a' && has_item(a->items, a->count, b);
    return a->kind == b->kind && within(a, b);
}

/* Part of a document: some of its items, at random. */
static const node *part_of(const node *n)
{
    if (n->json != NULL)
        return n;
    node *made = room(sizeof *made);
    *made = *n;
    made->count = 0;
    for (size_t i = 0; i < n->count; i++)
        if (pick(2) == 0) {
            made->keys[made->count] = n->keys[i];
            made->items[made->count++] = part_of(n->items[i]);
        }
    return made;
}

static void random_parts_are_contained_where_the_model_says(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const uint64_t first = test_seed(20261129);
    size_t found = 0;
    for (uint64_t run = 0; run < test_runs(3); run++) {
        seed = first + run;
        rollback_ok(s);
        test_database_exec(&f->database, "DELETE FROM item");
        add_documents(s);
        const size_t mark = used;
        for (int query = 0; query < 60; query++) {
            used = mark;
            const node *part = pick(4) == 0 ? make((int)pick(5)) : part_of(documents[pick(DOCUMENTS)]);
            part = pick(3) == 0 && part->count > 0 ? part->items[pick(part->count)] : part;
            const weft_json json = {spelt(part, pick(2) == 0)};
            Id_list ids = weft_rows(s, Id, .from = weft_from(Item), .columns = weft_columns(C(Item, id)),
                                    .where = weft_json_contains(query % 2 == 0 ? C(Item, extra) : C(Item, plain), weft_val(json)),
                                    .order_by = weft_order(weft_asc(Item, id)));
            assert_ok(s);
            size_t at = 0;
            for (int64_t i = 0; i < DOCUMENTS; i++) {
                const bool wanted = model_contains(documents[i], part), got = at < ids.count && ids.items[at]->id == i;
                at += got;
                found += got;
                if (wanted != got)
                    fail_msg("seed %llu: %s contains %s: %d", (unsigned long long)(first + run), spelt(documents[i], false),
                             json.text, got);
            }
        }
    }
    assert_true(found > 100);
}

/* ---- changes ---- */

static const node *changed(const node *n, const step *steps, size_t count, const node *value, bool *bad)
{
    if (n->json != NULL || count == 0)
        return n;
    if (n->kind == 'a' && steps->key != NULL && strcmp(steps->key, "0") != 0) {
        *bad = true;
        return n;
    }
    node *made = room(sizeof *made);
    *made = *n;
    const int at = place(n, steps);
    if (at >= 0 && count > 1) {
        made->items[at] = changed(n->items[at], steps + 1, count - 1, value, bad);
    } else if (at >= 0 && value != NULL) {
        made->items[at] = value;
    } else if (at >= 0) {
        made->count--;
        for (size_t i = (size_t)at; i < made->count; i++) {
            made->items[i] = n->items[i + 1];
            made->keys[i] = n->keys[i + 1];
        }
    } else if (count == 1 && value != NULL && n->count < 4) {
        size_t to = n->kind == 'a' ? (steps->key == NULL && steps->index < 0 ? 0 : n->count) : 0;
        while (n->kind == 'o' && to < n->count &&
               (strlen(n->keys[to]) < strlen(steps->text) ||
                (strlen(n->keys[to]) == strlen(steps->text) && strcmp(n->keys[to], steps->text) < 0)))
            to++;
        for (size_t i = n->count; i > to; i--) {
            made->items[i] = n->items[i - 1];
            made->keys[i] = n->keys[i - 1];
        }
        made->items[to] = value;
        made->keys[to] = n->kind == 'o' ? steps->text : NULL;
        made->count++;
    }
    return made;
}

static void random_changes_give_what_the_model_has(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const uint64_t first = test_seed(20261129);
    size_t checked = 0, refused = 0;
    for (uint64_t run = 0; run < test_runs(3); run++) {
        seed = first + run;
        rollback_ok(s);
        test_database_exec(&f->database, "DELETE FROM item");
        add_documents(s);
        const size_t mark = used;
        for (int query = 0; query < 150; query++) {
            used = mark;
            char path[128];
            step steps[3];
            const size_t count = make_path(path, steps), which = pick(DOCUMENTS);
            const node *value = pick(3) > 0 ? make(3) : NULL;
            const weft_json json = {value != NULL ? spelt(value, true) : NULL};
            bool bad = false;
            const node *n = documents[which], *wanted = changed(n, steps, count, value, &bad);
            bad = bad && (value != NULL || n->count > 0);
            weft_builder *b = weft_builder_new();
            const weft_expr *change = value != NULL ? weft_builder_json(b, WEFT_EXPR_JSON_SET, C(Item, extra), path, weft_val(json))
                                                    : weft_builder_json(b, WEFT_EXPR_JSON_REMOVE, C(Item, extra), path, NULL);
            Changed_list rows = weft_rows(s, Changed, .from = weft_from(Item), .columns = weft_columns(C(Item, id), change),
                                          .where = weft_eq(Item, id, (int64_t)which));
            weft_builder_free(b);
            if (bad || n->json != NULL) {
                refused++;
                assert_refused(s, WEFT_ERROR_DATA);
                continue;
            }
            assert_ok(s);
            checked++;
            if (strcmp(rows.items[0]->json.text, spelt(wanted, false)) != 0)
                fail_msg("seed %llu: %s of %s at %s gives %s instead of %s", (unsigned long long)(first + run),
                         value != NULL ? json.text : "removal", spelt(n, false), path, rows.items[0]->json.text,
                         spelt(wanted, false));
        }
    }
    assert_true(checked > 100 && refused > 0);
}

/* ---- constant statements, mistakes ---- */

typedef struct Ask {
    weft_json part;
    const char *colour;
} Ask;
WEFT_ROW(Ask, WEFT_FIELD(Ask, part), WEFT_FIELD(Ask, colour));
WEFT_PARAMETERS(Ask);
typedef struct Word {
    const char *value;
} Word;
WEFT_ROW(Word, WEFT_FIELD(Word, value));
WEFT_JSON_EACH(Word, weft_json_get(C(Item, extra), "$.tags"));
WEFT_STATEMENT(words, Word, Ask, .from = weft_from(Item), .joins = weft_joins(weft_cross_join(Word)),
               .columns = weft_columns(C(Word, value)),
               .where = weft_and(weft_json_contains(C(Item, extra), weft_param(Ask, part)),
                                 weft_op(weft_json_text(C(Item, extra), "$.colour"), "=", weft_param(Ask, colour))),
               .order_by = weft_order(weft_asc(Word, value)));

static void constant_statements_look_into_json(void **state)
{
    fixture *f = *state;
    add_items(f->s);
    const size_t before = fixture_cached(f);
    for (int round = 0; round < 3; round++) {
        Word_list list =
            weft_run(f->s, words, .part = {round == 1 ? "{\"size\": {\"width\": 3}}" : "{\"size\": {\"width\": 30.0}}"},
                     .colour = "red");
        assert_ok(f->s);
        assert_int_equal(list.count, round == 1 ? 0 : 3);
    }
    assert_int_equal(fixture_cached(f), before + 1);
}

typedef struct Wrong {
    int64_t value;
} Wrong;
WEFT_ROW(Wrong, WEFT_FIELD(Wrong, value));

static void what_is_wrong_is_named(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const char *const paths[] = {"",    "a",    "$a",    "$.",    "$..a",  "$[",           "$[x]",
                                        "$[1", "$[-]", "$.\"a", "$.a b", "$[1]x", "$[1234567890]"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        weft_builder *b = weft_builder_new();
        (void)weft_rows(s, Changed, .from = weft_from(Item),
                        .columns =
                            weft_columns(C(Item, id), weft_builder_json(b, WEFT_EXPR_JSON_GET, C(Item, extra), paths[i], NULL)));
        assert_message(s, "weft_json_get: the path");
        assert_refused(s, WEFT_ERROR_MISUSE);
        weft_builder_free(b);
    }
    (void)weft_rows(s, Changed, .from = weft_from(Item), .columns = weft_columns(C(Item, id), weft_json_get(C(Item, sku), "$.a")));
    assert_message(s, "weft_json_get takes JSON");
    assert_refused(s, WEFT_ERROR_TYPE);
    (void)weft_rows(s, Id, .from = weft_from(Item), .columns = weft_columns(C(Item, id)),
                    .where = weft_json_contains(C(Item, extra), weft_val(3)));
    assert_message(s, "weft_json_contains takes JSON");
    assert_refused(s, WEFT_ERROR_TYPE);
    (void)weft_rows(s, Id, .from = weft_from(Item), .columns = weft_columns(C(Item, id)),
                    .where = weft_json_text(C(Item, extra), "$.a"));
    assert_refused(s, WEFT_ERROR_TYPE);
    weft_json_each(Wrong, C(Item, extra));
    (void)weft_rows(s, Wrong, .from = weft_from(Item), .joins = weft_joins(weft_cross_join(Wrong)),
                    .columns = weft_columns(C(Wrong, value)));
    assert_message(s, "has the fields value, a text or JSON, and position, an integer");
    assert_refused(s, WEFT_ERROR_MISUSE);
    if (f->postgres)
        return;
    test_database_exec(&f->database, "INSERT INTO item (id, sku, extra, plain) VALUES (1, 'x', '{no', '{}')");
    (void)weft_rows(s, Changed, .from = weft_from(Item),
                    .columns = weft_columns(C(Item, id), weft_json_get(C(Item, extra), "$.a")));
    assert_refused(s, WEFT_ERROR_DATA);
    weft_json_each_as(Broken, Word, C(Item, extra));
    (void)weft_rows(s, Word, .from = weft_from(Item), .joins = weft_joins(weft_cross_join(Broken)),
                    .columns = weft_columns(C(Broken, value)));
    assert_refused(s, WEFT_ERROR_DATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(scalars_at_paths_are_values_of_types),
        ON_BOTH(elements_and_members_are_rows),
        ON_BOTH(documents_are_changed_in_place),
        ON_BOTH(numbers_and_texts_keep_what_they_are),
        ON_BOTH(scalars_become_values_of_every_type),
        ON_BOTH(random_paths_lead_where_the_model_says),
        ON_BOTH(random_parts_are_contained_where_the_model_says),
        ON_BOTH(random_changes_give_what_the_model_has),
        ON_BOTH(constant_statements_look_into_json),
        ON_BOTH(what_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
