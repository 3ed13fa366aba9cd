/* Runs the examples of a page of docs/ in their order, in one session, on each database, and compares what each prints with what
 * the page says. After each the session must be well, and is committed. */
#define _GNU_SOURCE
#include "page.h"
#include "support/support.h"

#include <stdlib.h>
#include <unistd.h>

static char printed[65536];

/* Standard output goes into a file meanwhile. */
static const char *output_of(const page_example *example, weft_engine *engine, weft_session *s)
{
    FILE *file = tmpfile();
    fflush(stdout);
    const int before = dup(STDOUT_FILENO);
    if (file == NULL || before < 0 || dup2(fileno(file), STDOUT_FILENO) < 0)
        abort();
    example->run(engine, s);
    fflush(stdout);
    if (dup2(before, STDOUT_FILENO) < 0)
        abort();
    close(before);
    rewind(file);
    printed[fread(printed, 1, sizeof printed - 1, file)] = '\0';
    fclose(file);
    return printed;
}

static int run_on(test_backend backend)
{
    const char *const name = backend == TEST_POSTGRES ? "PostgreSQL" : "SQLite";
    test_database database;
    weft_engine *engine;
    weft_error error = {0};
    int wrong = 0;
    test_database_open(&database, backend);
    if (weft_engine_open(&engine, database.url, &(weft_engine_options){.metadata = page_models}, &error) != WEFT_OK ||
        weft_create_all(engine, &error) != WEFT_OK) {
        fprintf(stderr, "%s: %s\n", name, error.message);
        return 1;
    }
    weft_session *s = weft_session_open(engine, NULL);
    for (const page_example *example = page_examples; example->run != NULL; example++) {
        if (example->postgres_only && backend != TEST_POSTGRES)
            continue;
        const char *output = output_of(example, engine, s);
        if (strcmp(output, example->prints) != 0) {
            fprintf(stderr, "line %d on %s prints:\n%sinstead of:\n%s", example->line, name, output, example->prints);
            wrong++;
        }
        if (weft_session_commit(s) != WEFT_OK) {
            fprintf(stderr, "line %d on %s: %s\n", example->line, name, weft_session_error(s)->message);
            wrong++;
            weft_session_rollback(s);
        }
    }
    weft_session_close(s);
    weft_engine_close(engine);
    test_database_drop(&database);
    return wrong;
}

int main(void)
{
#ifdef PAGE_OF_POSTGRESQL
    const int wrong = run_on(TEST_POSTGRES);
#else
    const int wrong = run_on(TEST_SQLITE) + run_on(TEST_POSTGRES);
#endif
    return wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
