/* Models of an existing database, as C. */
#define _GNU_SOURCE
#include "reflect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "audit_*, tmp": whether one of the patterns is the name; '*' stands for any letters. */
static bool matches_one(const char *pattern, const char *end, const char *name)
{
    if (pattern == end)
        return *name == '\0';
    if (*pattern == '*')
        return matches_one(pattern + 1, end, name) || (*name != '\0' && matches_one(pattern, end, name + 1));
    return *name == *pattern && matches_one(pattern + 1, end, name + 1);
}

static bool matches(const char *patterns, const char *name)
{
    for (const char *at = patterns; at != NULL && *at != '\0'; at += strcspn(at, ",")) {
        at += strspn(at, ", ");
        size_t size = strcspn(at, ",");
        while (size > 0 && at[size - 1] == ' ')
            size--;
        if (size > 0 && matches_one(at, at + size, name))
            return true;
    }
    return false;
}

static bool is_included(void *user, const char *schema, const char *table)
{
    const command *c = user;
    const char *version = c->settings.version_table != NULL ? c->settings.version_table : "weft_version";
    const size_t size = strlen(version);
    (void)schema;
    if (strncmp(table, version, size) == 0 && (table[size] == '\0' || strcmp(table + size, "_lease") == 0))
        return false; /* weft's own */
    return !matches(c->settings.ignored, table) && !matches(c->exclude, table) &&
           (c->include == NULL || matches(c->include, table));
}

/* ---- the schema ---- */

static int read_schema(command *c, weft_schema **schema)
{
    weft_error error = {0};
    char *each = copy_of(c->settings.schema != NULL ? c->settings.schema : ""), *rest = each;
    const char *schemas[65] = {NULL};
    size_t count = 0;
    for (char *one = strtok_r(each, ", ", &rest); one != NULL && count < 64; one = strtok_r(NULL, ", ", &rest))
        schemas[count++] = one;
    const weft_reflect_options options = {.include = is_included, .user = c, .schemas = count > 0 ? schemas : NULL};
    const weft_status status = weft_reflect(schema, c->engine, &options, &error);
    free(each);
    return status == WEFT_OK ? EXIT_DONE : complain_of(c, &error);
}

/* ---- files ---- */

static int write_file(const reflection *r, const char *end, void (*write)(FILE *out, const reflection *r))
{
    char *path = text_of("%s%s", r->base, end);
    FILE *out = fopen(path, r->c->force ? "w" : "wx");
    int code = EXIT_DONE;
    if (out == NULL && errno == EEXIST)
        code = complain(r->c, EXIT_USAGE, "%s is there already: --force writes it anew, --output names another one", path);
    else if (out == NULL)
        code = complain(r->c, EXIT_USAGE, "cannot write %s: %s", path, strerrordesc_np(errno));
    if (out != NULL) {
        write(out, r);
        code = finish_file(r->c, out, path);
    }
    if (code == EXIT_DONE && r->c->json) {
        json_item(r->c);
        fputs("{\"file\": ", stdout);
        json_text(stdout, path);
        fputs("}", stdout);
    } else if (code == EXIT_DONE && !r->c->quiet) {
        printf("%s\n", path);
    }
    free(path);
    return code;
}

static bool is_symbol(const char *name)
{
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return size > 0 && name[size] == '\0' && (*name < '0' || *name > '9');
}

/* What stands in files without a model is told. */
static void tell_rows(const reflection *r)
{
    for (size_t i = 0; i < r->count && !r->c->quiet; i++)
        if (r->models[i].table->column_count == 0)
            fprintf(stderr, "%s: of %s nothing is written: it has no columns that can be read\n", r->c->program,
                    r->models[i].table->name);
        else if (!r->models[i].mapped && r->models[i].table->kind == WEFT_RELATION_TABLE)
            fprintf(stderr, "%s: %s has no model, only a struct for its rows: %s\n", r->c->program, r->models[i].table->name,
                    r->models[i].why);
}

static int write_models(command *c, const weft_schema *schema)
{
    reflection r = {.c = c, .schema = schema, .sqlite = strcmp(weft_engine_driver(c->engine), "sqlite") == 0};
    r.base = copy_of(c->output != NULL ? c->output : "models");
    r.symbol = c->symbol != NULL ? c->symbol : "models";
    if (c->settings.schema != NULL)
        r.home = text_of("%.*s", (int)strcspn(c->settings.schema, ", "), c->settings.schema);
    const size_t size = strlen(r.base);
    if (size > 2 && (strcmp(r.base + size - 2, ".c") == 0 || strcmp(r.base + size - 2, ".h") == 0))
        r.base[size - 2] = '\0';
    free(name_unique(&r.types, r.symbol));
    reflection_build(&r);
    if (c->json)
        json_begin(c);
    int code = write_file(&r, ".h", write_header);
    if (code == EXIT_DONE)
        code = write_file(&r, ".c", write_source);
    if (c->json)
        json_end(c);
    if (code == EXIT_DONE)
        tell_rows(&r);
    reflection_free(&r);
    return code;
}

int run_reflect(command *c)
{
    weft_schema *schema = NULL;
    const char *symbol = c->symbol != NULL ? c->symbol : "models";
    if (!c->c_files)
        return complain(c, EXIT_USAGE, "say what is to be written: weft reflect --c");
    if (!is_symbol(symbol))
        return complain(c, EXIT_USAGE, "--symbol: \"%s\" is no name in C", symbol);
    if (c->prefix != NULL && !is_symbol(c->prefix))
        return complain(c, EXIT_USAGE, "--prefix: \"%s\" begins no name in C", c->prefix);
    int code = open_engine(c);
    if (code == EXIT_DONE)
        code = read_schema(c, &schema);
    if (code == EXIT_DONE)
        code = write_models(c, schema);
    weft_schema_free(schema);
    return code;
}
