/* A path, a line, and a document behind it: both are refused or looked into on SQLite, and what the nodes of JSON say of one place
 * agrees: what is there is had, is itself within itself, and is where it is put back. */
#include "fuzz.h"

#include <weft/weft.h>

#include <string.h>

WEFT_DECLARE(Thing);
struct Thing {
    int64_t id;
};
WEFT_MODEL(Thing, "thing", WEFT_COLUMN(Thing, id, .primary_key = true));
static WEFT_METADATA(models, &Thing_model);

typedef struct Seen {
    weft_json there, again, all;
    const char *text, *kind;
    bool has, contains;
} Seen;
WEFT_ROW(Seen, WEFT_FIELD(Seen, there), WEFT_FIELD(Seen, again), WEFT_FIELD(Seen, all), WEFT_FIELD(Seen, text),
         WEFT_FIELD(Seen, kind), WEFT_FIELD(Seen, has), WEFT_FIELD(Seen, contains));
typedef struct Put {
    weft_json all;
} Put;
WEFT_ROW(Put, WEFT_FIELD(Put, all));

static weft_connection *connect(void)
{
    static weft_engine *engine;
    static weft_connection *connection;
    if (engine == NULL) {
        MUST(weft_engine_open(&engine, "sqlite://", &(weft_engine_options){.metadata = &models}, NULL) == WEFT_OK);
        MUST(weft_engine_connect(engine, &connection, NULL, NULL) == WEFT_OK);
    }
    return connection;
}

static void is_refused(weft_status status)
{
    MUST(status == WEFT_ERROR_MISUSE || status == WEFT_ERROR_DATA || status == WEFT_ERROR_TYPE || status == WEFT_ERROR_LIMIT);
}

static void look(weft_connection *c, weft_builder *b, const char *path, const weft_expr *document)
{
    Seen_list rows;
    weft_result *result = NULL;
    weft_error error = {0};
    const weft_expr *there = weft_builder_json(b, WEFT_EXPR_JSON_GET, document, path, NULL);
    const weft_status status = weft_fetch(c, Seen, &rows, &result, &error,
                                          .columns = weft_columns(there, weft_json_get(there, "$"), weft_json_get(document, "$"),
                                                                  weft_builder_json(b, WEFT_EXPR_JSON_TEXT, document, path, NULL),
                                                                  weft_builder_json(b, WEFT_EXPR_JSON_KIND, document, path, NULL),
                                                                  weft_builder_json(b, WEFT_EXPR_JSON_HAS, document, path, NULL),
                                                                  weft_json_contains(document, document)));
    if (status != WEFT_OK) {
        is_refused(status);
        return;
    }
    MUST(rows.count == 1);
    const Seen *seen = rows.items[0];
    const bool has = seen->there.text != NULL;
    MUST(seen->all.text != NULL && seen->contains && seen->has == has && (seen->kind != NULL) == has);
    MUST(!has || strcmp(seen->there.text, seen->again.text) == 0);
    MUST((seen->text != NULL) == (has && strcmp(seen->kind, "null") != 0));
    if (has) {
        Put_list put;
        weft_result *changed = NULL;
        const weft_status set =
            weft_fetch(c, Put, &put, &changed, &error,
                       .columns = weft_columns(weft_builder_json(b, WEFT_EXPR_JSON_SET, document, path, there)));
        if (set == WEFT_OK)
            MUST(strcmp(put.items[0]->all.text, seen->all.text) == 0);
        else
            MUST(set == WEFT_ERROR_DATA); /* within a scalar */
        weft_result_close(changed);
    }
    weft_result_close(result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line = size > 0 ? memchr(data, '\n', size) : NULL;
    if (line == NULL || size > 4096)
        return 0;
    char *path = fuzz_text(data, (size_t)(line - data)), *text = fuzz_text(line + 1, size - (size_t)(line - data) - 1);
    weft_connection *c = connect();
    weft_builder *b = weft_builder_new();
    MUST(b != NULL);
    const weft_json document = {text};
    look(c, b, path, weft_builder_value(b, weft_value_json(document)));
    MUST(weft_connection_rollback(c, NULL) == WEFT_OK);
    weft_builder_free(b);
    free(path);
    free(text);
    return 0;
}
