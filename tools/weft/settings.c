/* Settings, in the order of increasing weight: weft.ini, the environment, options. */
#define _GNU_SOURCE
#include "command.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *variable;
    size_t at;
    const char *number; /* of what; NULL: any text */
} known[] = {
    {"lint_rules", "WEFT_LINT_RULES", offsetof(settings, lint_rules), NULL},
    {"lint_small_table", "WEFT_LINT_SMALL_TABLE", offsetof(settings, lint_small_table), "rows"},
    {"url", "WEFT_URL", offsetof(settings, url), NULL},
    {"folder", "WEFT_FOLDER", offsetof(settings, folder), NULL},
    {"folders", "WEFT_FOLDERS", offsetof(settings, folders), NULL},
    {"driver", "WEFT_DRIVER", offsetof(settings, driver), NULL},
    {"version_table", "WEFT_VERSION_TABLE", offsetof(settings, version_table), NULL},
    {"version_schema", "WEFT_VERSION_SCHEMA", offsetof(settings, version_schema), NULL},
    {"lock_wait_ms", "WEFT_LOCK_WAIT_MS", offsetof(settings, lock_wait_ms), "milliseconds"},
    {"lock_timeout_ms", "WEFT_LOCK_TIMEOUT_MS", offsetof(settings, lock_timeout_ms), "milliseconds"},
    {"schema", "WEFT_SCHEMA", offsetof(settings, schema), NULL},
    {"models", "WEFT_MODELS", offsetof(settings, models), NULL},
    {"ignored", "WEFT_IGNORED", offsetof(settings, ignored), NULL},
    {"naming_ix", "WEFT_NAMING_IX", offsetof(settings, naming_ix), NULL},
    {"naming_uq", "WEFT_NAMING_UQ", offsetof(settings, naming_uq), NULL},
    {"naming_ck", "WEFT_NAMING_CK", offsetof(settings, naming_ck), NULL},
    {"naming_fk", "WEFT_NAMING_FK", offsetof(settings, naming_fk), NULL},
    {"naming_pk", "WEFT_NAMING_PK", offsetof(settings, naming_pk), NULL},
    {"naming_ex", "WEFT_NAMING_EX", offsetof(settings, naming_ex), NULL},
    {"dialects", "WEFT_DIALECTS", offsetof(settings, dialects), NULL},
    {"postgresql_url", "WEFT_POSTGRESQL_URL", offsetof(settings, postgresql_url), NULL},
    {"sqlite_url", "WEFT_SQLITE_URL", offsetof(settings, sqlite_url), NULL},
};
#define KNOWN (sizeof known / sizeof known[0])

static char **field(settings *s, size_t i) { return (char **)(void *)((char *)s + known[i].at); }

static bool is_number(const char *value)
{
    size_t digits = strspn(value, "0123456789");
    return digits > 0 && digits < 10 && value[digits] == '\0';
}

int settings_set(const command *c, settings *s, const char *name, const char *value, const char *where)
{
    for (size_t i = 0; i < KNOWN; i++) {
        if (strcmp(known[i].name, name) != 0)
            continue;
        if (*value == '\0')
            return complain(c, EXIT_USAGE, "%s: %s is empty", where, name);
        if (known[i].number != NULL && !is_number(value))
            return complain(c, EXIT_USAGE, "%s: %s is a number of %s, not \"%s\"", where, name, known[i].number, value);
        if (strcmp(name, "driver") == 0 && strcmp(value, "sqlite") != 0 && strcmp(value, "postgresql") != 0)
            return complain(c, EXIT_USAGE, "%s: driver is sqlite or postgresql, not \"%s\"", where, value);
        free(*field(s, i));
        *field(s, i) = copy_of(value);
        return EXIT_DONE;
    }
    return complain(c, EXIT_USAGE, "%s: there is no setting \"%s\"", where, name);
}

typedef struct ini_reader_state {
    command *c;
    const char *path;
    int code;
} ini_reader_state;

static int take(void *user, const char *section, const char *name, const char *value)
{
    ini_reader_state *state = user;
    if (strcmp(section, "weft") == 0 && state->code == EXIT_DONE) /* inih goes on to the end of the file */
        state->code = settings_set(state->c, &state->c->settings, name, value != NULL ? value : "", state->path);
    return state->code == EXIT_DONE;
}

static int read_file(command *c)
{
    ini_reader_state state = {.c = c, .path = c->config != NULL ? c->config : "weft.ini"};
    int line = ini_parse(state.path, take, &state);
    if (line == 0 || (line == -1 && c->config == NULL && errno == ENOENT))
        return EXIT_DONE;
    if (line < 0)
        return complain(c, EXIT_USAGE, "%s cannot be read", state.path);
    return state.code != EXIT_DONE
               ? complain(c, state.code, "it stands in line %d of %s", line, state.path)
               : complain(c, EXIT_USAGE, "%s:%d is no setting: name = value, in the section [weft]", state.path, line);
}

/* "a, b c" is a and "b c". */
static void cut_folders(command *c)
{
    char *text = copy_of(c->settings.folders != NULL ? c->settings.folders : ""), *rest = text;
    size_t count = 0;
    c->folders = need(calloc(strlen(text) / 2 + 2, sizeof *c->folders));
    for (char *one = strtok_r(text, ",", &rest); one != NULL; one = strtok_r(NULL, ",", &rest)) {
        one += strspn(one, " \t");
        size_t size = strlen(one);
        while (size > 0 && (one[size - 1] == ' ' || one[size - 1] == '\t'))
            size--;
        if (size > 0)
            c->folders[count++] = text_of("%.*s", (int)size, one);
    }
    free(text);
}

int settings_read(command *c)
{
    settings of_options = c->settings;
    c->settings = (settings){0};
    int code = read_file(c);
    for (size_t i = 0; i < KNOWN && code == EXIT_DONE; i++) {
        const char *value = getenv(known[i].variable);
        if (value != NULL && *value != '\0')
            code = settings_set(c, &c->settings, known[i].name, value, known[i].variable);
    }
    for (size_t i = 0; i < KNOWN; i++) {
        if (*field(&of_options, i) == NULL)
            continue;
        free(*field(&c->settings, i));
        *field(&c->settings, i) = *field(&of_options, i);
    }
    cut_folders(c);
    return code;
}

void settings_free(settings *s)
{
    for (size_t i = 0; i < KNOWN; i++)
        free(*field(s, i));
}
