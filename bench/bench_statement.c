/* W7: a three-condition SELECT from the caller's stack to its entry in the shared cache, and what a miss costs. Prints nanoseconds
 * per call: the lowest of several rounds, because everything else on the machine only adds. With --calls statement N it only makes
 * N calls, for a tool that counts instructions; --calls constant N makes them of a WEFT_STATEMENT with the same conditions. */
#define _GNU_SOURCE 1
#include "sql/statement.h"

#include <weft/weft.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 9
#define CALLS 200000

WEFT_DECLARE(User);
struct User {
    int64_t id;
    const char *name;
    const char *fullname;
    weft_opt_int32 age;
    int64_t created;
};

WEFT_MODEL(User, "user_account", WEFT_COLUMN(User, id, .primary_key = true), WEFT_COLUMN(User, name),
           WEFT_COLUMN(User, fullname, .nullable = true), WEFT_COLUMN(User, age), WEFT_COLUMN(User, created));
static WEFT_METADATA(models, &User_model);

typedef struct Ask {
    const char *name;
    int32_t age;
    int64_t created;
} Ask;
WEFT_ROW(Ask, WEFT_FIELD(Ask, name), WEFT_FIELD(Ask, age), WEFT_FIELD(Ask, created));
WEFT_PARAMETERS(Ask);
typedef struct Found {
    int64_t id;
} Found;
WEFT_ROW(Found, WEFT_FIELD(Found, id));
WEFT_STATEMENT(constant, Found, Ask, .from = weft_from(User), .columns = weft_columns(weft_col(User, id)),
               .where = weft_and(weft_eq_col(User, name, Ask, name), weft_gt_col(User, age, Ask, age),
                                 weft_lt_col(User, created, Ask, created)));

static wefti_schema *schema;
static const wefti_table *table;
static wefti_shape_cache *cache;

static double now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

_Noreturn static void fail(const char *what, const weft_error *error)
{
    fprintf(stderr, "%s: %s\n", what, error->message);
    exit(1);
}

static wefti_shape_entry *find(const wefti_statement_data *data, const weft_value **values)
{
    weft_error error;
    wefti_shape shape;
    if (wefti_shape_init(&shape, schema, &wefti_dialect_postgres, data, &error) != WEFT_OK)
        fail("shape", &error);
    if (!wefti_epoch_begin())
        exit(1);
    wefti_shape_entry *entry = wefti_shape_cache_find(cache, shape.hash, shape.key, shape.key_size);
    if (entry == NULL) {
        wefti_compiled *compiled;
        if (wefti_compile(schema, &wefti_dialect_postgres, data, &shape, &compiled, &error) != WEFT_OK)
            fail("compile", &error);
        entry = wefti_shape_cache_publish(cache, &compiled->entry);
    } else if ((data->kind == WEFTI_KIND_CONSTANT &&
                wefti_constant_values(&shape, (const wefti_compiled *)(const void *)entry, data->of.constant, &error) != WEFT_OK) ||
               wefti_shape_bind(&shape, (const wefti_compiled *)(const void *)entry, &error) != WEFT_OK) {
        fail("bind", &error);
    }
    wefti_epoch_end();
    *values = shape.values;
    wefti_shape_deinit(&shape);
    return entry;
}

static uint64_t hit(int64_t i)
{
    const weft_value *values;
    const wefti_select select = {.from = table,
                                 .where =
                                     weft_and(weft_eq(User, name, "sandy"), weft_gt(User, age, 18), weft_lt(User, created, i))};
    const wefti_statement_data data = {.kind = WEFTI_KIND_SELECT, .of.select = &select};
    return (uint64_t)(uintptr_t)find(&data, &values) ^ (uint64_t)(uintptr_t)values;
}

static uint64_t hit_constant(int64_t i)
{
    weft_error error;
    const weft_value *values;
    const Ask ask = {.name = "sandy", .age = 18, .created = i};
    wefti_constant given;
    if (wefti_constant_of(&given, &constant_statement, &ask, constant_statement.row != NULL, &error) != WEFT_OK)
        fail("constant", &error);
    const wefti_statement_data data = {.kind = WEFTI_KIND_CONSTANT, .of.constant = &given};
    return (uint64_t)(uintptr_t)find(&data, &values) ^ (uint64_t)(uintptr_t)values;
}

static uint64_t shape_only(int64_t i)
{
    weft_error error;
    wefti_shape shape;
    const wefti_select select = {.from = table,
                                 .where =
                                     weft_and(weft_eq(User, name, "sandy"), weft_gt(User, age, 18), weft_lt(User, created, i))};
    wefti_statement_data data = {.kind = WEFTI_KIND_SELECT, .of.select = &select};
    if (wefti_shape_init(&shape, schema, &wefti_dialect_postgres, &data, &error) != WEFT_OK)
        fail("shape", &error);
    uint64_t hash = shape.hash;
    wefti_shape_deinit(&shape);
    return hash;
}

static uint64_t compile_only(int64_t i)
{
    weft_error error;
    wefti_shape shape;
    wefti_compiled *compiled;
    const wefti_select select = {.from = table,
                                 .where =
                                     weft_and(weft_eq(User, name, "sandy"), weft_gt(User, age, 18), weft_lt(User, created, i))};
    wefti_statement_data data = {.kind = WEFTI_KIND_SELECT, .of.select = &select};
    if (wefti_shape_init(&shape, schema, &wefti_dialect_postgres, &data, &error) != WEFT_OK ||
        wefti_compile(schema, &wefti_dialect_postgres, &data, &shape, &compiled, &error) != WEFT_OK)
        fail("compile", &error);
    uint64_t size = compiled->statement.sql_size;
    wefti_compiled_free(compiled);
    wefti_shape_deinit(&shape);
    return size;
}

/* Fills the cache with other shapes: the same conditions beside ever more others. */
static void fill(int shapes)
{
    weft_expr nodes[16];
    const weft_expr *list[17];
    for (int n = 0; n < shapes; n++) {
        for (int bit = 0; bit < 16; bit++) {
            nodes[bit] = (n >> bit & 1) != 0 ? *weft_ge(User, created, bit) : *weft_le(User, id, bit);
            list[bit] = &nodes[bit];
        }
        list[16] = &weft_end;
        const weft_expr all = {.op = WEFT_EXPR_AND, .args = list};
        const weft_value *values;
        const wefti_select select = {.from = table, .where = &all};
        (void)find(&(const wefti_statement_data){.kind = WEFTI_KIND_SELECT, .of.select = &select}, &values);
    }
}

static double measure(uint64_t (*call)(int64_t), int calls)
{
    volatile uint64_t sink = 0;
    double best = 1e18;
    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        for (int i = 0; i < calls; i++)
            sink = sink ^ call(i);
        double each = (now_ns() - start) / calls;
        best = each < best ? each : best;
    }
    return best;
}

static void print_times(void)
{
    printf("W7 statement: three conditions, nanoseconds per call (goal: shape + lookup at most 120)\n");
    printf("  %-44s %8.1f\n", "shape and hash", measure(shape_only, CALLS));
    int filled = 0;
    for (int shapes = 10; shapes <= 10000; shapes *= 10) {
        fill(shapes - filled > 0 ? shapes : 0);
        filled = shapes;
        char label[64];
        (void)snprintf(label, sizeof label, "shape, lookup, binding among %d shapes", shapes);
        printf("  %-44s %8.1f\n", label, measure(hit, CALLS));
    }
    printf("  %-44s %8.1f\n", "constant data: key, lookup, binding", measure(hit_constant, CALLS));
    printf("  %-44s %8.1f\n", "shape and full compile (a miss)", measure(compile_only, CALLS / 20));
}

int main(int argc, char **argv)
{
    weft_error error;
    if (wefti_schema_new(&models, &schema, &error) != WEFT_OK)
        fail("schema", &error);
    table = wefti_schema_table(schema, &User_model);
    cache = aligned_alloc(64, (sizeof *cache + 63) / 64 * 64);
    if (cache == NULL || !wefti_shape_cache_init(cache, 256u << 20))
        return 1;
    if (argc == 4 && strcmp(argv[1], "--calls") == 0 && strcmp(argv[2], "statement") == 0)
        for (int64_t i = 0, calls = strtoll(argv[3], NULL, 10); i < calls; i++)
            (void)hit(i);
    else if (argc == 4 && strcmp(argv[1], "--calls") == 0 && strcmp(argv[2], "constant") == 0)
        for (int64_t i = 0, calls = strtoll(argv[3], NULL, 10); i < calls; i++)
            (void)hit_constant(i);
    else
        print_times();
    wefti_shape_cache_deinit(cache);
    wefti_epoch_drain();
    free(cache);
    wefti_schema_free(schema);
    return 0;
}
