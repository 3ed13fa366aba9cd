/* weft beside hand-written sqlite3 and libpq: bench_weft --sqlite URL|FILE --postgres URL [--quick] [--rounds N] [--cpu] [load
 * insert update get eager memory rows]... Without names, all of them. --cpu: processor time, SQLite only, without get.
 * bench_weft --calls WHAT N: see calls.c. */
#include "work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    void (*run)(Work *work);
} works[] = {
    {"load", work_load},   {"insert", work_insert}, {"update", work_update}, {"get", work_get},
    {"eager", work_eager}, {"memory", work_memory}, {"rows", work_rows},
};
enum { WORK_COUNT = sizeof(works) / sizeof(works[0]) };

static int usage(void)
{
    fprintf(stderr, "bench_weft [--sqlite URL] [--postgres URL] [--quick] [--rounds N] [--cpu] [load insert update get eager "
                    "memory rows]...\n");
    return 2;
}

static void open_work(Work *work)
{
    weft_error error = {0};
    if (weft_engine_open(&work->engine, work->url, &(weft_engine_options){.metadata = &bench_models}, &error) != WEFT_OK ||
        weft_drop_all(work->engine, &error) != WEFT_OK || weft_create_all(work->engine, &error) != WEFT_OK) {
        bench_fail(work->database, error.message);
    }
    if (work->postgres) {
        work->pg = raw_postgres_open(work->url);
    } else {
        work->sqlite = raw_sqlite_open(work->url);
    }
}

static void close_work(Work *work)
{
    weft_engine_close(work->engine);
    PQfinish(work->pg);
    sqlite3_close(work->sqlite);
}

static void run_works(const BenchOptions *options, const char *url, bool postgres, const bool wanted[WORK_COUNT])
{
    Work work = {.options = options, .url = url, .postgres = postgres, .database = postgres ? "PostgreSQL" : "SQLite"};
    open_work(&work);
    for (size_t i = 0; i < WORK_COUNT; i++) {
        if (wanted[i]) {
            works[i].run(&work);
        }
    }
    close_work(&work);
}

int main(int count, char **arguments)
{
    BenchOptions options = {.rounds = 5};
    if ((count == 4 || count == 5) && strcmp(arguments[1], "--calls") == 0) {
        work_calls(arguments[2], strtol(arguments[3], NULL, 10), arguments[4]); /* or NULL, which ends them */
        return 0;
    }
    bool wanted[WORK_COUNT] = {false}, any = false;
    for (int i = 1; i < count; i++) {
        size_t at = 0;
        while (at < WORK_COUNT && strcmp(arguments[i], works[at].name) != 0) {
            at++;
        }
        if (at < WORK_COUNT) {
            wanted[at] = any = true;
        } else if (strcmp(arguments[i], "--quick") == 0) {
            options.quick = true;
            options.rounds = 3;
        } else if (strcmp(arguments[i], "--cpu") == 0) {
            bench_counts_cpu = true;
        } else if (i + 1 < count && strcmp(arguments[i], "--sqlite") == 0) {
            options.sqlite = arguments[++i];
        } else if (i + 1 < count && strcmp(arguments[i], "--postgres") == 0) {
            options.postgres = arguments[++i];
        } else if (i + 1 < count && strcmp(arguments[i], "--rounds") == 0) {
            options.rounds = (int)strtol(arguments[++i], NULL, 10);
        } else {
            return usage();
        }
    }
    if ((options.sqlite == NULL && options.postgres == NULL) || options.rounds < 1) {
        return usage();
    }
    for (size_t i = 0; i < WORK_COUNT && !any; i++) {
        wanted[i] = !bench_counts_cpu || works[i].run != work_get;
    }
    if (bench_counts_cpu && options.postgres != NULL) {
        return usage(); /* half of the work is the server's */
    }
    printf("Ratios to hand-written C of the same run: median of %d alternating rounds (lowest to highest).\n", options.rounds);
    if (options.sqlite != NULL) {
        char url[1024]; /* a file's path is taken, too */
        bool is_url = strncmp(options.sqlite, "sqlite:", 7) == 0;
        snprintf(url, sizeof(url), "%s%s", is_url ? "" : "sqlite:///", options.sqlite);
        run_works(&options, url, false, wanted);
    }
    if (options.postgres != NULL) {
        run_works(&options, options.postgres, true, wanted);
    }
    return 0;
}
