/* The order of tables against a plain search for it, and thousands of models. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <weft/weft.h>

#include "sql/statement.h"

enum { KEYS = 3 };

WEFT_DECLARE(Node);
struct Node {
    int64_t id;
    weft_opt_int64 a, b, c;
};
WEFT_MODEL(Node, "node", WEFT_COLUMN(Node, id, .primary_key = true), WEFT_COLUMN(Node, a), WEFT_COLUMN(Node, b),
           WEFT_COLUMN(Node, c));
WEFT_DECLARE(Hard);
struct Hard {
    int64_t id;
    int64_t a, b, c;
};
WEFT_MODEL(Hard, "hard", WEFT_COLUMN(Hard, id, .primary_key = true), WEFT_COLUMN(Hard, a), WEFT_COLUMN(Hard, b),
           WEFT_COLUMN(Hard, c));

/* Models t0 to t<count - 1>; key k of model i refers to target[i][k], or nothing where that is negative. */
typedef struct world {
    int count;
    weft_model *models;
    weft_attr (*attrs)[KEYS + 1];
    char (*names)[16];
    char (*references)[KEYS][24];
    const weft_model **list;
    int (*target)[KEYS];
    bool *nullable;
} world;

static void *need(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    assert_non_null(memory);
    return memory;
}

static world make_world(int count)
{
    size_t n = (size_t)count;
    world w = {.count = count};
    w.models = need(n, sizeof *w.models);
    w.attrs = need(n, sizeof *w.attrs);
    w.names = need(n, sizeof *w.names);
    w.references = need(n, sizeof *w.references);
    w.list = need(n, sizeof *w.list);
    w.target = need(n, sizeof *w.target);
    w.nullable = need(n, sizeof *w.nullable);
    return w;
}

static void free_world(world *w)
{
    free(w->models);
    free(w->attrs);
    free(w->names);
    free(w->references);
    free((void *)w->list);
    free(w->target);
    free(w->nullable);
}

static wefti_schema *open_world(world *w)
{
    for (int i = 0; i < w->count; i++) {
        w->models[i] = w->nullable[i] ? Node_model : Hard_model;
        memcpy(w->attrs[i], w->models[i].attrs, sizeof w->attrs[i]);
        snprintf(w->names[i], sizeof w->names[i], "t%d", i);
        for (int k = 0; k < KEYS; k++)
            if (w->target[i][k] >= 0) {
                snprintf(w->references[i][k], sizeof w->references[i][k], "t%d.id", w->target[i][k]);
                w->attrs[i][k + 1].references = w->references[i][k];
            }
        w->models[i].table = w->models[i].name = w->names[i];
        w->models[i].attrs = w->attrs[i];
        w->list[i] = &w->models[i];
    }
    const weft_metadata metadata = {.models = w->list, .count = (size_t)w->count};
    wefti_schema *schema = NULL;
    weft_error error = {0};
    if (wefti_schema_new(&metadata, &schema, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    return schema;
}

/* ---- the plain way ---- */

enum { MOST = 12 };

static void find_reachable(const world *w, bool reach[MOST][MOST])
{
    for (int i = 0; i < w->count; i++)
        for (int k = 0; k < KEYS; k++)
            if (w->target[i][k] >= 0)
                reach[i][w->target[i][k]] = true;
    for (int via = 0; via < w->count; via++)
        for (int i = 0; i < w->count; i++)
            for (int j = 0; j < w->count; j++)
                reach[i][j] = reach[i][j] || (reach[i][via] && reach[via][j]);
}

/* 0 nothing, 1 nullable keys in cycles, 2 keys in cycles, 3 others. */
static int waits_for(const world *w, bool reach[MOST][MOST], const bool *placed, int table)
{
    int most = 0;
    for (int k = 0; k < KEYS; k++) {
        int target = w->target[table][k];
        if (target < 0 || target == table || placed[target])
            continue;
        int weight = !reach[target][table] ? 3 : w->nullable[table] ? 1 : 2;
        most = weight > most ? weight : most;
    }
    return most;
}

/* Creating all follows the schema's order, and each foreign key is made once: with its table, or after all where it lies in a
 * cycle. */
static void assert_creation(const wefti_schema *schema)
{
    wefti_ops ops;
    wefti_definition definition;
    uint16_t created = 0;
    size_t keys = 0, wanted = 0;
    wefti_ops_init(&ops);
    assert_int_equal(wefti_schema_define(schema, &wefti_dialect_postgres, &ops.arena, &definition, NULL), WEFT_OK);
    wefti_ops_create_all(&ops, &wefti_ddl_postgres, &definition, NULL, NULL);
    for (size_t i = 0; i < ops.count; i++) {
        if (ops.items[i].kind == WEFTI_OP_CREATE_TABLE) {
            const weft_schema_table *table = ops.items[i].of.create_table.table;
            assert_string_equal(table->name, schema->tables[created++]->name);
            for (size_t k = 0; k < table->constraint_count; k++)
                keys += table->constraints[k].kind == WEFT_CONSTRAINT_FOREIGN_KEY;
        } else if (ops.items[i].kind == WEFTI_OP_ADD_CONSTRAINT) {
            assert_int_equal(created, schema->table_count);
            keys++;
        }
    }
    for (uint16_t t = 0; t < schema->table_count; t++)
        wanted += schema->tables[t]->foreign_key_count;
    assert_int_equal(created, schema->table_count);
    assert_int_equal(keys, wanted);
    wefti_ops_deinit(&ops);
}

static void assert_order(world *w)
{
    bool reach[MOST][MOST] = {{false}}, placed[MOST] = {false};
    wefti_schema *schema = open_world(w);
    find_reachable(w, reach);
    for (int done = 0; done < w->count; done++) {
        int best = -1, best_wait = 4;
        for (int t = 0; t < w->count; t++) {
            int wait = placed[t] ? 4 : waits_for(w, reach, placed, t);
            if (wait < best_wait) {
                best = t;
                best_wait = wait;
            }
        }
        placed[best] = true;
        assert_string_equal(schema->tables[done]->name, w->names[best]);
        assert_int_equal(schema->tables[done]->index, done);
        const wefti_table *table = schema->tables[done];
        for (int i = 0; i < table->foreign_key_count; i++) {
            const wefti_table *target = table->foreign_keys[i].target;
            int other = (int)strtol(target->name + 1, NULL, 10);
            assert_int_equal(table->foreign_keys[i].in_cycle, other != best && reach[other][best]);
        }
    }
    assert_creation(schema);
    wefti_schema_free(schema);
}

static void the_order_is_that_of_a_plain_search(void **state)
{
    (void)state;
    uint32_t seed = 5;
    for (int round = 0; round < 3000; round++) {
        world w = make_world(1 + round % MOST);
        for (int i = 0; i < w.count; i++) {
            seed = seed * 1664525u + 1013904223u;
            w.nullable[i] = (seed >> 16) % 2 == 0;
            for (int k = 0; k < KEYS; k++) {
                seed = seed * 1664525u + 1013904223u;
                w.target[i][k] = (int)((seed >> 12) % (uint32_t)(2 * w.count)) - w.count;
            }
        }
        assert_order(&w);
        free_world(&w);
    }
}

/* ---- thousands ---- */

static double seconds_for(int count)
{
    struct timespec from, to;
    world w = make_world(count);
    for (int i = 0; i < count; i++) /* a chain against the order of the metadata, and a star */
        for (int k = 0; k < KEYS; k++)
            w.target[i][k] = k == 0 && i + 1 < count ? i + 1 : k == 1 && i > 0 ? 0 : -1;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    wefti_schema *schema = open_world(&w);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    assert_int_equal(schema->table_count, count);
    wefti_schema_free(schema);
    free_world(&w);
    return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

/* Twenty times as many may cost a hundred times as much, for noise; by the square it would be four hundred in each attempt. */
static void the_cost_of_models_grows_with_their_number(void **state)
{
    (void)state;
    (void)seconds_for(1000);
    bool in_proportion = false;
    for (int attempt = 0; attempt < 5 && !in_proportion; attempt++) {
        double few = seconds_for(1000) + seconds_for(1000) + seconds_for(1000);
        in_proportion = seconds_for(20000) < 100 * (few / 3) + 0.05;
    }
    assert_true(in_proportion);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_that_of_a_plain_search),
        cmocka_unit_test(the_cost_of_models_grows_with_their_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
