/* W5: 1,000 parents with 10 children each. Each way is compared with the same way by hand, and with the best of them. */
#include "work.h"

#include <stdio.h>

static double in_by_hand(void *context)
{
    Work *work = context;
    return work->postgres ? raw_postgres_eager_in(work->pg, work->rows) : raw_sqlite_eager_in(work->sqlite, work->rows);
}

static double join_by_hand(void *context)
{
    Work *work = context;
    return work->postgres ? raw_postgres_eager_join(work->pg, work->rows) : raw_sqlite_eager_join(work->sqlite, work->rows);
}

static double each_by_hand(void *context)
{
    Work *work = context;
    return work->postgres ? raw_postgres_eager_each(work->pg, work->rows) : raw_sqlite_eager_each(work->sqlite, work->rows);
}

static double end_eager(Work *work, weft_session *s, BenchParent_list parents, double began)
{
    int64_t children = 0;
    weft_each (BenchParent, parent, parents)
        weft_each (BenchChild, child, parent->children)
            children += child->name != NULL;
    work_check(s, "parents");
    weft_session_close(s);
    if (children != 10 * work->rows) {
        bench_fail("children", "another number of rows");
    }
    return (bench_now_ns() - began) / (double)children;
}

static double in_objects(void *context)
{
    Work *work = context;
    double began = bench_now_ns();
    weft_session *s = weft_session_open(work->engine, NULL);
    return end_eager(work, s, weft_query(s, BenchParent, .load = weft_load(weft_selectin(BenchParent, children))), began);
}

static double join_objects(void *context)
{
    Work *work = context;
    double began = bench_now_ns();
    weft_session *s = weft_session_open(work->engine, NULL);
    return end_eager(work, s, weft_query(s, BenchParent, .load = weft_load(weft_joined(BenchParent, children))), began);
}

static double subquery_objects(void *context)
{
    Work *work = context;
    double began = bench_now_ns();
    weft_session *s = weft_session_open(work->engine, NULL);
    return end_eager(work, s, weft_query(s, BenchParent, .load = weft_load(weft_subquery(BenchParent, children))), began);
}

static double lazily(Work *work, bool unbatched)
{
    double began = bench_now_ns();
    weft_session *s =
        weft_session_open(work->engine, &(weft_session_options){.unbatched_lazy = unbatched, .n_plus_one_after = WEFT_NONE});
    BenchParent_list parents = weft_query(s, BenchParent);
    weft_each (BenchParent, parent, parents)
        (void)weft_lazy(s, BenchParent, parent, children);
    return end_eager(work, s, parents, began);
}

static double batched_objects(void *context) { return lazily(context, false); }

static double each_object(void *context) { return lazily(context, true); }

/* A source of rows with the numbers from 1 in a column i. */
static void put_numbers(const Work *work, int64_t count, char source[160])
{
    if (work->postgres) {
        snprintf(source, 160, "generate_series(1, %lld) AS n(i)", (long long)count);
    } else {
        snprintf(source, 160,
                 "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %lld) SELECT i FROM n) AS n",
                 (long long)count);
    }
}

static void fill_families(Work *work)
{
    char sql[512], source[160];
    work_exec(work, work->postgres ? "TRUNCATE bench_child, bench_parent" : "DELETE FROM bench_child; DELETE FROM bench_parent");
    put_numbers(work, work->rows, source);
    snprintf(sql, sizeof(sql), "INSERT INTO bench_parent (id, name) SELECT i, 'parent ' || i FROM %s", source);
    work_exec(work, sql);
    put_numbers(work, 10 * work->rows, source);
    snprintf(sql, sizeof(sql),
             "INSERT INTO bench_child (id, parent_id, name) SELECT i, 1 + (i * 7919) %% %lld, 'child ' || i FROM %s",
             (long long)work->rows, source);
    work_exec(work, sql);
    work_exec(work, work->postgres ? "ANALYZE bench_parent; ANALYZE bench_child" : "ANALYZE");
}

void work_eager(Work *work)
{
    char title[128];
    work->rows = work_scaled(work, 1000);
    fill_families(work);
    snprintf(title, sizeof(title), "W5 eager, %s: %lld parents with 10 children each", work->database, (long long)work->rows);
    bench_compare(title, "ns/child", work->options,
                  (BenchVariant[]){
                      {.name = "hand-written C, select-in", .run = in_by_hand, .context = work},
                      {.name = "weft, weft_selectin", .run = in_objects, .context = work, .goal = work->postgres ? 1.20 : 1.30},
                      {.name = "weft, weft_subquery", .run = subquery_objects, .context = work},
                      {.name = "weft, nested loop with weft_lazy (batched)", .run = batched_objects, .context = work, .goal = 1.30},
                  },
                  4);
    snprintf(title, sizeof(title), "W5 joined, %s", work->database);
    bench_compare(title, "ns/child", work->options,
                  (BenchVariant[]){
                      {.name = "hand-written C, LEFT JOIN", .run = join_by_hand, .context = work},
                      {.name = "weft, weft_joined", .run = join_objects, .context = work, .goal = work->postgres ? 1.20 : 1.30},
                  },
                  2);
    snprintf(title, sizeof(title), "W5 N+1, %s: a statement per parent, as it should not be done", work->database);
    bench_compare(title, "ns/child", work->options,
                  (BenchVariant[]){
                      {.name = "hand-written C", .run = each_by_hand, .context = work},
                      {.name = "weft, .unbatched_lazy", .run = each_object, .context = work},
                  },
                  2);
}
