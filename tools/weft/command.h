/* What the parts of the command share. It uses weft's public headers alone. */
#ifndef WEFT_TOOLS_COMMAND_H
#define WEFT_TOOLS_COMMAND_H

#include <stdarg.h>
#include <stdio.h>

#include <weft/command.h>
#include <weft/weft.h>

/* Exit codes. */
enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,      /* the database, or a revision on it */
    EXIT_USAGE = 2,       /* command line, settings, environment */
    EXIT_HISTORY = 3,     /* the files: they do not parse or do not fit; or a target names nothing */
    EXIT_NOT_CURRENT = 4, /* current --check: not at the head */
    EXIT_BUSY = 5,        /* another process has the lock: later may work */
    EXIT_NEEDS_LEAVE = 6, /* something would be lost, and nobody could be asked */
    EXIT_QUESTION = 7,    /* what looks like a rename, and nobody could be asked */
    EXIT_DIFFERENT = 8,   /* check: models and database differ */
    EXIT_FINDINGS = 9     /* lint, upgrade --strict: errors were found */
};

/* A setting is NULL where nobody said it; texts are owned. */
typedef struct settings {
    char *url, *folder, *folders, *version_table, *version_schema, *driver;
    char *lock_wait_ms, *lock_timeout_ms;
    char *lint_rules, *lint_small_table;
    char *naming_ix, *naming_uq, *naming_ck, *naming_fk, *naming_pk, *naming_ex;
    char *models, *ignored, *dialects, *schema, *postgresql_url, *sqlite_url;
} settings;

enum { MOST_OPTIONS = 64 };

typedef struct command {
    const char *program, *name; /* weft, upgrade */
    const weft_command_options *given;
    settings settings;
    weft_naming naming; /* of the settings */
    const char *config; /* NULL: weft.ini, where there is one */
    /* Options of commands. */
    const char *message, *id, *head, *depends_on, *label, *output, *symbol, *prefix, *version_path, *tag;
    char *renames, *no_renames, *include, *exclude; /* with commas between; owned */
    bool c_files, force, autogenerate, splice, json, quiet, allow_destructive, one_transaction, purge, check, applied, sql, strict,
        rules, help;
    bool took[MOST_OPTIONS];   /* the options that were given, by their places in main.c */
    const char *arguments[64]; /* that are no options */
    size_t argument_count;
    char **folders; /* of the setting, one by one; ends with NULL; owned. NULL: there are none */
    /* Opened: */
    weft_engine *engine;
    weft_migrate *migrate;
    void *library;               /* of the models */
    const weft_metadata *models; /* NULL: none were asked for, or there are none */
    bool first_item;             /* of a list in JSON */
} command;

/* ---- main.c ---- */

/* Says what is wrong; the exit code. */
int complain(const command *c, int code, const char *format, ...) WEFT_PRINTF(3, 4);
int complain_of(const command *c, const weft_error *error);
int not_current(const command *c); /* says so */
/* Closes what was written, in C's words; where not all of it was, the file goes. */
int finish_file(const command *c, FILE *file, const char *path);
/* Opens the history, and where connect is said the database. EXIT_DONE, or complains. */
int open_history(command *c, bool connect);
/* Opens the database alone. */
int open_engine(command *c);
/* Without memory there is nothing to do but end. */
void *need(void *memory);
char *copy_of(const char *text);
/* Adds a text to a list with commas between. */
void append(char **list, const char *text);
char *text_of(const char *format, ...) WEFT_PRINTF(1, 2);

/* Opens an engine on a database. EXIT_DONE, or complains. */
int open_engine_on(const command *c, const char *url, weft_engine **engine);
/* The history on an engine, which may be NULL. */
int open_history_on(command *c, weft_engine *engine, const char *driver, weft_migrate **migrate);

/* Of a text that settings_set has found to be one; NULL: 0. */
uint32_t number(const char *text);
/* For which database the files are read where none is asked. */
const char *driver_of(const command *c);

/* ---- lint ---- */

/* The exit code of each. The history is open. */
struct weft_command_lint {
    int (*run)(command *c);
    int (*before_upgrade)(command *c, const char *target); /* EXIT_DONE: go on */
    int (*after_revision)(command *c, const char *id);
};

/* ---- compare.c ---- */

/* The parts of a revision that makes the database what the models want, for each dialect of the settings; "" where nothing differs.
 * The caller frees *parts. EXIT_DONE, or complains. */
int draft(command *c, char **parts);
/* c->models, of the program or of a library. EXIT_DONE, or complains. */
int open_models(command *c);
void close_models(command *c);

/* ---- settings.c ---- */

/* weft.ini, then the environment, then options. EXIT_DONE, or complains. */
int settings_read(command *c);
int settings_set(const command *c, settings *s, const char *name, const char *value, const char *where);
void settings_free(settings *s);

/* ---- embed.c ---- */

void write_c_text(FILE *out, const char *text);  /* as a string literal */
void write_c_bytes(FILE *out, const char *text); /* as the initializer of an array, of any length */

/* ---- commands ---- */

int run_init(command *c);
int run_revision(command *c);
int run_merge(command *c);
int run_upgrade(command *c);
int run_downgrade(command *c);
int run_stamp(command *c);
int run_current(command *c);
int run_history(command *c);
int run_heads(command *c);
int run_branches(command *c);
int run_show(command *c);
int run_embed(command *c);
int run_check(command *c);
int run_reflect(command *c);
int run_lint(command *c);

/* ---- json.c ---- */

void json_text(FILE *out, const char *text); /* NULL: null */
void json_list(FILE *out, const char *const *texts);
/* A list of objects: begin, item before each, end. */
void json_begin(command *c);
void json_item(command *c);
void json_end(command *c);

#endif
