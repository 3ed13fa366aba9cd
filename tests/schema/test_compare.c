/* Comparing schemas: what is the same gives nothing, what differs gives the operations that make it the same, in an order that the
 * database takes, and rows that both schemas have stay. */
#include "fixtures/catalogue.h"

#include "base/memory.h"
#include "engine/schemas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

#define RUN(...) run(p, (const char *const[]){__VA_ARGS__, NULL})

static void run(const catalogue *p, const char *const *statements)
{
    for (; *statements != NULL; statements++)
        test_database_exec(&p->database, *statements);
}

static void show_operations(const weft_ops *ops)
{
    char text[300];
    for (size_t i = 0; i < weft_ops_count(ops); i++) {
        weft_ops_describe(ops, i, text, sizeof text);
        print_error("  %s%s\n", text, weft_ops_is_destructive(ops, i) ? " (loses what is stored)" : "");
    }
}

static weft_ops *compare(const weft_schema *wanted, const weft_schema *found, const char *renames)
{
    weft_error error = {0};
    weft_ops *ops = NULL;
    if (weft_schema_compare(wanted, found, renames, &ops, &error) != WEFT_OK)
        fail_msg("%s: %s", weft_status_name(error.status), error.message);
    return ops;
}

static void applies(weft_engine *engine, const weft_ops *ops, const char *what)
{
    weft_error error = {0};
    if (catalogue_apply(engine, ops, &error) == WEFT_OK)
        return;
    show_operations(ops);
    fail_msg("%s: %s: %s", what, weft_status_name(error.status), error.message);
}

/* ---- random pairs ---- */

enum { TABLES = 5, COLUMNS = 9, KEYS = 8, INDEXES = 3, PARTS = 2 };

typedef struct random_schema {
    bool postgres;
    uint32_t seed;
    wefti_definition definition;
    weft_schema_table tables[TABLES + 2];
    weft_schema_column columns[TABLES][COLUMNS];
    weft_schema_constraint constraints[TABLES][KEYS];
    weft_schema_index indexes[TABLES][INDEXES];
    weft_schema_part parts[TABLES][INDEXES][PARTS];
    char names[TABLES][KEYS + INDEXES][40];
    char views[2][80];
    const char *moods[6];
    weft_schema_enum enums[1];
    weft_schema_sequence sequences[1];
} random_schema;

static const char *const table_names[TABLES] = {"room", "we'ird \"N", "Hotel", "größe", "order"};
static const char *const column_names[] = {"a", "b c", "D", "it's"};

static uint32_t one_of(random_schema *r, uint32_t count)
{
    r->seed = r->seed * 1664525u + 1013904223u;
    return (r->seed >> 16) % count;
}

static bool chance(random_schema *r, uint32_t percent) { return one_of(r, 100) < percent; }

/* Numbers, as numbers or as texts: rows stay, whatever becomes of the type. */
static void random_columns(random_schema *r, int t)
{
    static const weft_type types[] = {WEFT_INT32, WEFT_INT64, WEFT_TEXT, WEFT_DECIMAL, WEFT_DOUBLE};
    weft_schema_column *c = r->columns[t];
    weft_schema_table *table = &r->tables[t];
    c[table->column_count++] = (weft_schema_column){.name = "id", .type = WEFT_INT64, .identity = chance(r, 60)};
    c[table->column_count++] = (weft_schema_column){.name = "n", .type = WEFT_INT64, .nullable = true};
    c[table->column_count++] = (weft_schema_column){.name = "f", .type = WEFT_INT64, .nullable = true};
    for (size_t i = 0; i < 4; i++) {
        if (chance(r, 30))
            continue;
        weft_schema_column *now = &c[table->column_count++];
        now->name = column_names[i];
        now->type = (uint8_t)types[one_of(r, 5)];
        now->nullable = chance(r, 60);
        now->length = now->type == WEFT_TEXT && chance(r, 40) ? 20 + (int)one_of(r, 2) : 0;
        if (!now->nullable || chance(r, 30)) /* rows that are there must have one */
            now->server_default = now->type == WEFT_TEXT ? "'7'" : r->postgres && now->type == WEFT_DECIMAL ? "7.5" : "7";
        now->collation = now->type == WEFT_TEXT && chance(r, 20) ? (r->postgres ? "C" : "NOCASE") : NULL;
        now->comment = r->postgres && chance(r, 20) ? (chance(r, 50) ? "it's" : "other") : NULL;
    }
    if (chance(r, 30))
        c[table->column_count++] = (weft_schema_column){.name = "g",
                                                        .type = WEFT_INT64,
                                                        .nullable = true,
                                                        .generated = chance(r, 50) ? "n * 2" : "n + 1",
                                                        .stored = r->postgres || chance(r, 50)};
    if (r->postgres && chance(r, 30))
        c[table->column_count++] = (weft_schema_column){.name = "m", .nullable = true, .enum_type = "mood"};
    table->columns = c;
}

static weft_schema_constraint *add(random_schema *r, int t, weft_constraint_kind kind, const char *prefix)
{
    weft_schema_table *table = &r->tables[t];
    char *name = r->names[t][table->constraint_count];
    weft_schema_constraint *c = &r->constraints[t][table->constraint_count++];
    snprintf(name, 40, "%s_%d_%d", prefix, t, (int)one_of(r, 2));
    *c = (weft_schema_constraint){.kind = kind, .name = name};
    return c;
}

static void random_constraints(random_schema *r, int t)
{
    static const char *const id[] = {"id", NULL}, *const n[] = {"n", NULL}, *const both[] = {"n", "id", NULL},
                             *const f[] = {"f", NULL};
    static const char *const actions[] = {NULL, "CASCADE", "SET NULL", "RESTRICT"};
    static const char *const checks[] = {"n > '-5'::integer", "n > 0", "n <> 100"};
    weft_schema_constraint *c = add(r, t, WEFT_CONSTRAINT_PRIMARY_KEY, "pk");
    c->columns = id;
    if (chance(r, 30)) {
        c = add(r, t, WEFT_CONSTRAINT_UNIQUE, "uq");
        c->columns = chance(r, 50) ? n : both;
        c->nulls_not_distinct = r->postgres && chance(r, 20);
    }
    if (chance(r, 40))
        add(r, t, WEFT_CONSTRAINT_CHECK, "ck")->expression = checks[1 + one_of(r, 2)];
    if (chance(r, 60)) {
        c = add(r, t, WEFT_CONSTRAINT_FOREIGN_KEY, "fk");
        c->columns = f;
        c->target_table = r->tables[one_of(r, (uint32_t)r->definition.table_count)].name;
        c->target_columns = chance(r, 50) || r->postgres ? id : NULL;
        c->on_delete = actions[one_of(r, 4)];
        c->on_update = actions[one_of(r, 4)];
        c->deferrable = chance(r, 30);
        c->initially_deferred = c->deferrable && chance(r, 50);
    }
    r->tables[t].constraints = r->constraints[t];
}

static void random_indexes(random_schema *r, int t)
{
    weft_schema_table *table = &r->tables[t];
    static const char *const include[] = {"f", NULL};
    for (int i = 0; i < INDEXES; i++) {
        if (chance(r, 50))
            continue;
        weft_schema_index *index = &r->indexes[t][table->index_count];
        weft_schema_part *parts = r->parts[t][table->index_count++];
        char *name = r->names[t][KEYS + i];
        snprintf(name, 40, "ix_%d_%d", i, (int)one_of(r, TABLES) == 0 ? 9 : t); /* now and then one that wanders */
        if (strstr(name, "_9") != NULL && t != 0)
            snprintf(name, 40, "ix_%d_%d", i, t);
        *index = (weft_schema_index){.name = name, .parts = parts, .part_count = 1 + one_of(r, PARTS)};
        for (size_t k = 0; k < index->part_count; k++) {
            parts[k] = (weft_schema_part){.column = k == 0 ? "n" : "id", .descending = chance(r, 30)};
            if (k == 0 && chance(r, 30))
                parts[k] = (weft_schema_part){.expression = "n + 1"};
            if (r->postgres && chance(r, 30))
                parts[k].nulls = chance(r, 50) ? WEFT_NULLS_FIRST : WEFT_NULLS_LAST;
        }
        index->where = chance(r, 30) ? "n > 3" : NULL;
        index->include = r->postgres && chance(r, 20) ? include : NULL;
        index->unique = index->part_count == 2 && parts[0].expression == NULL && chance(r, 30);
    }
    table->indexes = r->indexes[t];
}

static void random_views(random_schema *r)
{
    const size_t tables = r->definition.table_count;
    if (chance(r, 50)) {
        const bool other = chance(r, 50);
        snprintf(r->views[0], sizeof r->views[0], other ? "SELECT %s FROM %s" : "SELECT %s AS id FROM %s", other ? "id" : "n",
                 "room");
        r->tables[tables] = (weft_schema_table){.kind = WEFT_RELATION_VIEW, .name = "seen", .definition = r->views[0]};
        r->definition.table_count++;
        if (chance(r, 50)) {
            snprintf(r->views[1], sizeof r->views[1], "SELECT id FROM seen");
            r->tables[tables + 1] = (weft_schema_table){.kind = WEFT_RELATION_VIEW, .name = "again", .definition = r->views[1]};
            r->definition.table_count++;
        }
    }
}

static void make_random(random_schema *r, const catalogue *p, uint32_t seed)
{
    memset(r, 0, sizeof *r);
    r->postgres = p->postgres;
    r->seed = seed * 7919u;
    r->definition.tables = r->tables;
    for (int t = 0; t < TABLES; t++)
        if (t == 0 || chance(r, 70))
            r->tables[r->definition.table_count++].name = table_names[t];
    for (int t = 0; t < (int)r->definition.table_count; t++) {
        random_columns(r, t);
        random_constraints(r, t);
        random_indexes(r, t);
        r->tables[t].without_rowid = !p->postgres && !r->columns[t][0].identity;
        r->tables[t].comment = p->postgres && chance(r, 20) ? "of a table" : NULL;
    }
    if (p->postgres) {
        const char *const all[] = {"sad", "it's", "glad", "new", "größe"};
        size_t count = 0;
        for (size_t i = 0; i < 5; i++)
            if (i == 1 || chance(r, 70))
                r->moods[count++] = all[chance(r, 90) ? i : i];
        if (count > 2 && chance(r, 20)) {
            const char *first = r->moods[0];
            r->moods[0] = r->moods[1];
            r->moods[1] = first;
        }
        r->enums[0] = (weft_schema_enum){.name = "mood", .values = r->moods};
        r->definition.enums = r->enums;
        r->definition.enum_count = 1;
        r->sequences[0] =
            (weft_schema_sequence){.name = "seq", .start = 7, .increment = chance(r, 50) ? 3 : 0, .cycle = chance(r, 50)};
        r->definition.sequences = r->sequences;
        r->definition.sequence_count = chance(r, 70);
    }
    random_views(r);
}

static void fill(const catalogue *p, const random_schema *r)
{
    for (size_t t = 0; t < r->definition.table_count; t++) {
        wefti_text sql;
        if (r->tables[t].kind != WEFT_RELATION_TABLE)
            continue;
        for (int row = 1; row <= 3; row++) {
            wefti_text_init(&sql, 0);
            wefti_text_add(&sql, "INSERT INTO ");
            wefti_add_identifier(&sql, r->tables[t].name);
            wefti_text_add(&sql, " (id, n");
            size_t more = 0;
            for (size_t i = 3; i < r->tables[t].column_count; i++) {
                const weft_schema_column *column = &r->tables[t].columns[i];
                if (column->generated != NULL || column->enum_type != NULL)
                    continue;
                wefti_text_add(&sql, ", ");
                wefti_add_identifier(&sql, column->name);
                more++;
            }
            wefti_text_add_format(&sql, ") VALUES (%d, %d", row * 10, row + 10);
            while (more-- > 0)
                wefti_text_add(&sql, ", '7'");
            wefti_text_add_char(&sql, ')');
            test_database_exec(&p->database, sql.data);
            wefti_text_deinit(&sql);
        }
    }
}

static void rows_stayed(const catalogue *p, const random_schema *a, const random_schema *b, uint32_t seed)
{
    for (size_t t = 0; t < b->definition.table_count; t++) {
        wefti_text sql;
        const weft_schema_table *before = wefti_def_find_table(&a->definition, &(wefti_def_name){NULL, b->tables[t].name});
        if (b->tables[t].kind != WEFT_RELATION_TABLE || before == NULL)
            continue;
        wefti_text_init(&sql, 0);
        wefti_text_add(&sql, "SELECT sum(id * 1000 + n) FROM ");
        wefti_add_identifier(&sql, b->tables[t].name);
        const int64_t sum = test_database_integer(&p->database, sql.data);
        if (sum != 60036)
            fail_msg("seed %u: the rows of %s have become another: %lld", seed, b->tables[t].name, (long long)sum);
        wefti_text_deinit(&sql);
    }
}

static void becomes(const catalogue *p, weft_engine *engine, const random_schema *r, uint32_t seed)
{
    char what[40];
    snprintf(what, sizeof what, "seed %u", seed);
    weft_schema *wanted = catalogue_schema(p, &r->definition), *found = catalogue_reflect(engine);
    weft_ops *ops = catalogue_compare(engine, wanted, found);
    applies(engine, ops, what);
    weft_schema_free(found);
    found = catalogue_reflect(engine);
    weft_ops *rest = catalogue_compare(engine, wanted, found);
    if (weft_ops_count(rest) > 0) {
        print_error("applied:\n");
        show_operations(ops);
        print_error("left:\n");
        show_operations(rest);
        fail_msg("seed %u: %zu operations are left", seed, weft_ops_count(rest));
    }
    weft_ops_free(ops);
    weft_ops_free(rest);
    weft_schema_free(found);
    weft_schema_free(wanted);
}

static void one_schema_becomes_another_and_rows_stay(void **state)
{
    catalogue *p = *state;
    const uint32_t rounds = getenv("WEFT_TEST_LONG") != NULL ? 1000 : 25;
    random_schema *a = malloc(sizeof *a), *b = malloc(sizeof *b), *none = calloc(1, sizeof *none);
    weft_engine *engine = catalogue_engine(p, NULL);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(none);
    for (uint32_t seed = 1; seed <= rounds; seed++) {
        make_random(a, p, seed);
        make_random(b, p, seed + 100000);
        becomes(p, engine, a, seed);
        fill(p, a);
        becomes(p, engine, b, seed);
        rows_stayed(p, a, b, seed);
        becomes(p, engine, none, seed);
    }
    weft_engine_close(engine);
    free(a);
    free(b);
    free(none);
}

/* ---- what is told ---- */

static bool says(const weft_ops *ops, const char *words)
{
    char text[300];
    for (size_t i = 0; i < weft_ops_count(ops); i++) {
        weft_ops_describe(ops, i, text, sizeof text);
        if (strcmp(text, words) == 0)
            return true;
    }
    return false;
}

static const weft_schema_column hall_columns[] = {{.name = "id", .type = WEFT_INT64, .identity = true},
                                                  {.name = "room_label", .type = WEFT_TEXT},
                                                  {.name = "size", .type = WEFT_INT64, .nullable = true}};
static const weft_schema_constraint hall_constraints[] = {{.kind = WEFT_CONSTRAINT_PRIMARY_KEY, .columns = NAMES("id")}};
static const weft_schema_table rooms = {
    .name = "rooms", .columns = hall_columns, .column_count = 3, .constraints = hall_constraints, .constraint_count = 1};

static void what_looks_like_a_rename_is_a_question_and_a_rename_is_told(void **state)
{
    catalogue *p = *state;
    weft_engine *engine = catalogue_engine(p, NULL);
    weft_error error = {0};
    size_t count = 0;
    RUN(p->postgres ? "CREATE TABLE room (id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, label TEXT NOT NULL, size BIGINT)"
                    : "CREATE TABLE room (id INTEGER PRIMARY KEY, label TEXT NOT NULL, size INTEGER)",
        "INSERT INTO room VALUES (1, 'a', 2)");
    weft_schema *wanted = catalogue_schema(p, &(wefti_definition){.tables = &rooms, .table_count = 1}),
                *found = catalogue_reflect(engine);
    weft_ops *ops = compare(wanted, found, NULL);
    assert_int_equal(weft_ops_count(ops), 2);
    assert_true(says(ops, "create table rooms"));
    assert_true(says(ops, "drop table room"));
    assert_false(weft_ops_is_destructive(ops, 0));
    assert_true(weft_ops_is_destructive(ops, 1));
    const weft_rename *renames = weft_ops_renames(ops, &count);
    assert_int_equal(count, 1);
    assert_null(renames[0].table);
    assert_string_equal(renames[0].from, "room");
    assert_string_equal(renames[0].to, "rooms");
    weft_ops_free(ops);
    ops = compare(wanted, found, "room = rooms");
    renames = weft_ops_renames(ops, &count);
    assert_int_equal(count, 1);
    assert_string_equal(renames[0].table, "rooms");
    assert_string_equal(renames[0].from, "label");
    assert_string_equal(renames[0].to, "room_label");
    assert_true(says(ops, p->postgres ? "drop column rooms.label" : "build anew table rooms"));
    assert_true(weft_ops_is_destructive(ops, weft_ops_count(ops) - 1));
    weft_ops_free(ops);
    assert_int_equal(weft_schema_compare(wanted, found, "room = rooms, room.lable = room_label", &ops, &error), WEFT_ERROR_MISUSE);
    assert_non_null(strstr(error.message, "room.lable") != NULL ? "" : strstr(error.message, "rooms.lable"));
    assert_null(ops);
    assert_int_equal(weft_schema_compare(wanted, found, "room: hall", &ops, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_schema_compare(wanted, found, "room = attic", &ops, &error), WEFT_ERROR_MISUSE);
    assert_non_null(strstr(error.message, "attic"));
    ops = compare(wanted, found, "room.label = rooms.room_label, room = rooms");
    assert_int_equal(weft_ops_count(ops), 2);
    (void)weft_ops_renames(ops, &count);
    assert_int_equal(count, 0);
    applies(engine, ops, "renames");
    weft_ops_free(ops);
    weft_schema_free(found);
    found = catalogue_reflect(engine);
    ops = compare(wanted, found, NULL);
    assert_int_equal(weft_ops_count(ops), 0);
    shows(p, "SELECT id, room_label, size FROM rooms", "1|a|2");
    weft_ops_free(ops);
    weft_schema_free(found);
    weft_schema_free(wanted);
    weft_engine_close(engine);
}

/* ---- out of memory ---- */

/* All that the operations are and say, as one text. */
static char *words_of(const catalogue *p, const weft_ops *ops)
{
    wefti_text words;
    char *script = NULL, text[300];
    size_t count = 0;
    const weft_rename *renames = weft_ops_renames(ops, &count);
    wefti_text_init(&words, 0);
    for (size_t i = 0; i < weft_ops_count(ops); i++) {
        weft_ops_describe(ops, i, text, sizeof text);
        wefti_text_add_format(&words, "%s%s\n", text, weft_ops_is_destructive(ops, i) ? " (loses what is stored)" : "");
    }
    for (size_t i = 0; i < count; i++)
        wefti_text_add_format(&words, "%s = %s?\n", renames[i].from, renames[i].to);
    assert_int_equal(weft_ops_script(ops, p->ddl->name, &script, NULL), WEFT_OK);
    wefti_text_add(&words, script);
    weft_free(script);
    char *copy = malloc(words.size + 1);
    assert_non_null(copy);
    memcpy(copy, words.data, words.size + 1);
    wefti_text_deinit(&words);
    return copy;
}

static void without_memory_comparing_fails_and_leaves_nothing(void **state)
{
    catalogue *p = *state;
    random_schema *a = malloc(sizeof *a), *b = malloc(sizeof *b);
    assert_non_null(a);
    assert_non_null(b);
    for (uint32_t seed = 1; seed <= 8; seed++) {
        make_random(a, p, seed);
        make_random(b, p, seed + 500);
        a->tables[0].name = "rooms"; /* one that looks like a rename */
        weft_schema *wanted = catalogue_schema(p, &a->definition), *found = catalogue_schema(p, &b->definition);
        weft_ops *ops = compare(wanted, found, seed % 2 == 0 ? "room = rooms" : NULL);
        char *expected = words_of(p, ops);
        weft_ops_free(ops);
        bool failed = true;
        for (int64_t nth = 0; failed; nth++) {
            weft_error error = {0};
            wefti_memory_fail_after(nth, false);
            const weft_status status = weft_schema_compare(wanted, found, seed % 2 == 0 ? "room = rooms" : NULL, &ops, &error);
            failed = wefti_memory_fail_after(-1, false);
            if (status != WEFT_OK) {
                assert_int_equal(status, WEFT_ERROR_NO_MEMORY);
                assert_null(ops);
            } else {
                char *words = words_of(p, ops);
                assert_string_equal(words, expected);
                free(words);
                weft_ops_free(ops);
            }
            assert_in_range(nth, 0, 100000);
        }
        free(expected);
        weft_schema_free(found);
        weft_schema_free(wanted);
    }
    free(a);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_looks_like_a_rename_is_a_question_and_a_rename_is_told),
        ON_BOTH(one_schema_becomes_another_and_rows_stay),
        ON_BOTH(without_memory_comparing_fails_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
