/* SQLite keeps the text of what was created, as it was typed: whatever SQLite takes for CREATE is read as a schema, which compares
 * equal with itself, and can be written as a script or says why not. */
#include "fuzz.h"

#include "base/split.h"

#include <string.h>

#include <weft/weft.h>

#include <weft/schema.h>

static void create(weft_connection *connection, const char *text)
{
    wefti_piece piece;
    weft_error error;
    for (const char *at = text; wefti_split_next(&wefti_split_sqlite, &at, &piece);) {
        if (strcmp(piece.words[0], "CREATE") != 0) /* nothing that opens files */
            continue;
        char *sql = fuzz_text((const uint8_t *)piece.begin, (size_t)(piece.end - piece.begin));
        (void)weft_execute_text(connection, sql, NULL, &error);
        free(sql);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    weft_engine *engine = NULL;
    weft_connection *connection = NULL;
    weft_schema *schema = NULL;
    weft_ops *ops = NULL;
    weft_error error;
    char *text = fuzz_text(data, size);
    MUST(weft_engine_open(&engine, "sqlite://", &(weft_engine_options){.pool = {.size = 1, .max_overflow = WEFT_NONE}}, &error) ==
         WEFT_OK);
    MUST(weft_engine_connect(engine, &connection, &(weft_connection_options){.timeout_ms = 200, .autocommit = true}, &error) ==
         WEFT_OK);
    create(connection, text);
    weft_connection_close(connection);
    if (weft_reflect(&schema, engine, NULL, &error) == WEFT_OK) {
        MUST(weft_schema_compare(schema, schema, NULL, &ops, &error) == WEFT_OK);
        if (weft_ops_count(ops) != 0) {
            char told[200];
            weft_ops_describe(ops, 0, told, sizeof told);
            fprintf(stderr, "%s\nis another one: %s\n", text, told);
            MUST(false);
        }
        weft_ops_free(ops);
        size_t count = 0;
        const weft_schema_table *tables = weft_schema_tables(schema, &count);
        ops = weft_ops_new();
        for (size_t i = 0; i < count; i++)
            if (tables[i].kind == WEFT_RELATION_TABLE)
                weft_ops_create_table(ops, &tables[i]);
        char *script = NULL;
        if (weft_ops_script(ops, "sqlite", &script, &error) == WEFT_OK)
            weft_free(script);
        else
            MUST(error.message[0] != '\0');
        weft_ops_free(ops);
        weft_schema_free(schema);
    } else {
        MUST(error.message[0] != '\0');
    }
    weft_engine_close(engine);
    free(text);
    return 0;
}
