/* The command line, opening what a command works on, and saying what went wrong. */
#define _GNU_SOURCE
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- words ---- */

void *need(void *memory)
{
    if (memory == NULL) {
        fputs("weft: out of memory\n", stderr);
        exit(EXIT_FAILED);
    }
    return memory;
}

char *text_of(const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = need(size < 0 ? NULL : malloc((size_t)size + 1));
    vsnprintf(text, (size_t)size + 1, format, arguments);
    va_end(arguments);
    return text;
}

char *copy_of(const char *text) { return text_of("%s", text); }

void append(char **list, const char *text)
{
    char *longer = *list != NULL ? text_of("%s, %s", *list, text) : copy_of(text);
    free(*list);
    *list = longer;
}

int complain(const command *c, int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    fprintf(stderr, "%s: ", c->program);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return code;
}

static int code_of(weft_status status)
{
    switch (status) {
    case WEFT_OK: return EXIT_DONE;
    case WEFT_ERROR_URL:
    case WEFT_ERROR_MISUSE: return EXIT_USAGE;
    case WEFT_ERROR_DATA:
    case WEFT_ERROR_NOT_FOUND:
    case WEFT_ERROR_NOT_UNIQUE: return EXIT_HISTORY;
    case WEFT_ERROR_LOCK_TIMEOUT:
    case WEFT_ERROR_BUSY: return EXIT_BUSY;
    default: return EXIT_FAILED;
    }
}

int finish_file(const command *c, FILE *file, const char *path)
{
    struct stat is;
    const bool plain = fstat(fileno(file), &is) == 0 && S_ISREG(is.st_mode); /* and no device, which is to stay */
    const bool failed = ferror(file) != 0 || fflush(file) != 0;
    const int why = errno;
    if (fclose(file) == 0 && !failed)
        return EXIT_DONE;
    const int code = failed ? why : errno;
    if (plain)
        (void)unlink(path);
    return complain(c, EXIT_USAGE, "cannot write %s: %s", path, strerrordesc_np(code));
}

int complain_of(const command *c, const weft_error *error)
{
    int code = complain(c, code_of(error->status), "%s", error->message);
    if (*error->hint != '\0')
        fprintf(stderr, "    %s\n", error->hint);
    return code;
}

int not_current(const command *c)
{
    const weft_revision *revisions;
    size_t count = 0;
    bool none = weft_migrate_history(c->migrate, true, &revisions, &count, NULL) == WEFT_OK;
    for (size_t i = 0; i < count; i++)
        none = none && !revisions[i].applied;
    const int code = complain(c, EXIT_NOT_CURRENT, "the database is not at the head: weft upgrade");
    if (none)
        fprintf(stderr, "    if its tables were made before it had a history, note so, and nothing is run: weft stamp REVISION\n");
    return code;
}

/* ---- opening ---- */

uint32_t number(const char *text)
{
    uint32_t value = 0;
    for (; text != NULL && *text != '\0'; text++)
        value = value * 10 + (uint32_t)(*text - '0');
    return value;
}

int open_engine_on(const command *c, const char *url, weft_engine **engine)
{
    weft_error error = {0};
    weft_engine_options options = {.pool = {.size = 2, .fail_fast = true}};
    return weft_engine_open(engine, url, &options, &error) == WEFT_OK ? EXIT_DONE : complain_of(c, &error);
}

int open_engine(command *c)
{
    if (c->settings.url == NULL)
        return complain(c, EXIT_USAGE, "no database is named: --url, WEFT_URL, or url in weft.ini");
    return open_engine_on(c, c->settings.url, &c->engine);
}

const char *driver_of(const command *c)
{
    const char *url = c->settings.url;
    if (c->settings.driver != NULL)
        return c->settings.driver;
    return url != NULL && strncmp(url, "sqlite", 6) == 0 ? "sqlite" : "postgresql";
}

static void tell_step(void *user, const weft_migration *migration, bool up, const char *sql)
{
    command *c = user;
    if (sql != NULL)
        return;
    if (c->json) {
        json_item(c);
        fputs("{\"revision\": ", stdout);
        json_text(stdout, migration->id);
        fprintf(stdout, ", \"way\": \"%s\", \"message\": ", up ? "up" : "down");
        json_text(stdout, migration->message);
        fputs("}", stdout);
    } else if (!c->quiet) {
        const char *message = migration->message != NULL ? migration->message : "";
        printf("%s %s%s%s\n", up ? "up" : "down", migration->id, *message != '\0' ? " " : "", message);
    }
    fflush(stdout);
}

int open_history(command *c, bool connect)
{
    int code = connect && c->engine == NULL ? open_engine(c) : EXIT_DONE;
    if (code != EXIT_DONE)
        return code;
    weft_migrate_close(c->migrate);
    return open_history_on(c, c->engine, driver_of(c), &c->migrate);
}

int open_history_on(command *c, weft_engine *engine, const char *driver, weft_migrate **migrate)
{
    weft_error error = {0};
    *migrate = NULL;
    c->naming = (weft_naming){c->settings.naming_ix, c->settings.naming_uq, c->settings.naming_ck,
                              c->settings.naming_fk, c->settings.naming_pk, c->settings.naming_ex};
    weft_migrate_options options = {
        .migrations = c->given != NULL ? c->given->migrations : NULL,
        .calls = c->given != NULL ? c->given->calls : NULL,
        .folder = c->settings.folder,
        .folders = (const char *const *)c->folders,
        .tag = c->tag,
        .driver = driver,
        .models = c->models,
        .naming = &c->naming,
        .schema = c->settings.schema,
        .ignored = c->settings.ignored,
        .version_table = c->settings.version_table,
        .version_schema = c->settings.version_schema,
        .lock_wait_ms = number(c->settings.lock_wait_ms),
        .lock_timeout_ms = number(c->settings.lock_timeout_ms),
        .one_transaction = c->one_transaction,
        .allow_destructive = c->allow_destructive,
        .on_step = tell_step,
        .on_step_user = c,
        .user = c->given != NULL ? c->given->user : NULL,
    };
    if (options.folder == NULL && options.migrations == NULL)
        options.folder = "migrations";
    const weft_status status = weft_migrate_open(migrate, engine, &options, &error);
    const int code = status == WEFT_OK ? EXIT_DONE : complain_of(c, &error);
    return status == WEFT_ERROR_IO ? EXIT_HISTORY : code; /* the revisions': no database is asked yet */
}

/* ---- the command line ---- */

static const struct {
    const char *name;
    int (*run)(command *c);
    size_t most;
    const char *arguments, *help;
} commands[] = {
    {"init", run_init, 1, "[FOLDER]", "makes a folder for revisions, and weft.ini"},
    {"revision", run_revision, 0, "-m MESSAGE", "writes the file of a new revision"},
    {"merge", run_merge, 60, "[TARGET...]", "writes a revision whose parents are the heads, or the targets"},
    {"upgrade", run_upgrade, 1, "[TARGET]", "applies revisions up to the target; head where none is named"},
    {"downgrade", run_downgrade, 1, "TARGET", "undoes what is beyond the target"},
    {"stamp", run_stamp, 60, "TARGET...", "notes that the database is at the targets, and runs nothing"},
    {"current", run_current, 0, "", "says where the database is"},
    {"history", run_history, 1, "[FROM:TO]", "lists the revisions, newest first"},
    {"heads", run_heads, 0, "", "lists those without a successor"},
    {"branches", run_branches, 0, "", "lists those with more than one successor"},
    {"show", run_show, 1, "TARGET", "shows a revision and its file"},
    {"check", run_check, 0, "", "says whether models and database differ"},
    {"lint", run_lint, 60, "[TARGET...]", "says what locks, loses or breaks in revisions; those that are pending"},
    {"embed", run_embed, 0, "", "writes the folder as one C file"},
    {"reflect", run_reflect, 0, "--c", "writes models of a database that is there: models.h and models.c"},
};
#define COMMANDS (sizeof commands / sizeof commands[0])

#define LIST "+"
/* value: offset of a text in command, of a list of texts with LIST; flag: of a bool; neither: a setting of this name. */
static const struct {
    const char *name, *setting;
    size_t value, flag;
    const char *help;
    const char *of; /* the commands that take it; NULL: all */
} options[] = {
    {"--url", "url", 0, 0, "URL       of the database (WEFT_URL; url in weft.ini)", NULL},
    {"--folder", "folder", 0, 0, "DIR       of the revisions (WEFT_FOLDER; migrations)", NULL},
    {"--folders", "folders", 0, 0, "DIRS      more of them, with commas (WEFT_FOLDERS)", NULL},
    {"--config", NULL, offsetof(command, config), 0, "FILE      in place of weft.ini", NULL},
    {"--driver", "driver", 0, 0, "NAME      sqlite or postgresql, where no database is asked", NULL},
    {"--version-table", "version_table", 0, 0, "NAME      in which revisions are noted (weft_version)", NULL},
    {"--version-schema", "version_schema", 0, 0, "NAME      of that table", NULL},
    {"--schema", "schema", 0, 0, "NAME      of one tenant, in which unqualified names are", NULL},
    {"--lock-wait-ms", "lock_wait_ms", 0, 0, "N         for others to end (60000)", NULL},
    {"--lock-timeout-ms", "lock_timeout_ms", 0, 0, "N         of each statement (half of the server's deadlock_timeout)", NULL},
    {"--json", NULL, 0, offsetof(command, json), "          prints JSON", NULL},
    {"--quiet", NULL, 0, offsetof(command, quiet), "          prints errors alone", NULL},
    {"-m", NULL, offsetof(command, message), 0, "TEXT      message of the new revision", "revision merge"},
    {"--message", NULL, offsetof(command, message), 0, "TEXT", "revision merge"},
    {"--rev-id", NULL, offsetof(command, id), 0, "ID        of the new revision", "revision merge"},
    {"--head", NULL, offsetof(command, head), 0, "TARGET    parent of the new revision; base: a new first one", "revision"},
    {"--splice", NULL, 0, offsetof(command, splice), "          the parent need not be a head", "revision merge"},
    {"--depends-on", NULL, offsetof(command, depends_on), 0, "IDS       that the new revision needs, with commas", "revision"},
    {"--branch-label", NULL, offsetof(command, label), 0, "NAME      of the branch that the new revision begins", "revision merge"},
    {"--version-path", NULL, offsetof(command, version_path), 0, "DIR       for the new file: one of the folders",
     "revision merge"},
    {"--autogenerate", NULL, 0, offsetof(command, autogenerate), "          writes what leads from the database to the models",
     "revision"},
    {"--models", "models", 0, 0, "FILE      a library with the function weft_command_models (WEFT_MODELS)", NULL},
    {"--dialects", "dialects", 0, 0, "NAMES     of databases for which a revision is written, with commas", NULL},
    {"--rename", LIST, offsetof(command, renames), 0, "OLD=NEW   a table, or TABLE.OLD=NEW a column, was renamed",
     "revision check"},
    {"--no-rename", LIST, offsetof(command, no_renames), 0, "OLD       it was not: it is dropped, and another one is new",
     "revision check"},
    {"--ignored", "ignored", 0, 0, "NAMES     of tables that are not compared, with commas; '*' for any letters", NULL},
    {"--allow-destructive", NULL, 0, offsetof(command, allow_destructive), "          runs steps that lose data",
     "upgrade downgrade"},
    {"--one-transaction", NULL, 0, offsetof(command, one_transaction), "          for all revisions", "upgrade downgrade"},
    {"--sql", NULL, 0, offsetof(command, sql), "          prints a script in place of running it: [FROM:]TO",
     "upgrade downgrade stamp"},
    {"--tag", NULL, offsetof(command, tag), 0, "TEXT      for steps in C, which may ask for it (weft_ops_tag)",
     "upgrade downgrade stamp"},
    {"--purge", NULL, 0, offsetof(command, purge), "          stamp: forgets revisions that the history lacks", "stamp"},
    {"--check", NULL, 0, offsetof(command, check), "          current: exit code 4 where it is not the head", "current"},
    {"--applied", NULL, 0, offsetof(command, applied), "          history, lint: asks the database, too", "history lint"},
    {"--output", NULL, offsetof(command, output), 0, "FILE      of embed (standard output); of reflect, without .h and .c (models)",
     "embed reflect"},
    {"--symbol", NULL, offsetof(command, symbol), 0, "NAME      of what embed writes (migrations), or reflect (models)",
     "embed reflect"},
    {"--c", NULL, 0, offsetof(command, c_files), "          reflect: as models in C", "reflect"},
    {"--include", LIST, offsetof(command, include), 0, "NAMES     reflect: of tables and views, with commas; '*' for any letters",
     "reflect"},
    {"--exclude", LIST, offsetof(command, exclude), 0, "NAMES     reflect: that are left out", "reflect"},
    {"--prefix", NULL, offsetof(command, prefix), 0, "NAME      reflect: before the names of structs", "reflect"},
    {"--force", NULL, 0, offsetof(command, force), "          reflect: writes over files that are there", "reflect"},
    {"--strict", NULL, 0, offsetof(command, strict), "          upgrade: runs nothing where lint finds an error", "upgrade"},
    {"--rules", NULL, 0, offsetof(command, rules), "          lint: lists its rules", "lint"},
    {"--lint-rules", "lint_rules", 0, 0, "NAMES     of rules to turn on, with '-' before it off, with commas", NULL},
    {"--lint-small-table", "lint_small_table", 0, 0, "N         rows below which locks of a table do not matter (0)", NULL},
    {"--help", NULL, 0, offsetof(command, help), "          this", NULL},
};
#define OPTIONS (sizeof options / sizeof options[0])
_Static_assert(OPTIONS <= MOST_OPTIONS, "command.took has no room for all options");

static void print_help(const command *c)
{
    printf("usage: %s COMMAND [options]\n\n", c->program);
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-10s %-12s %s\n", commands[i].name, commands[i].arguments, commands[i].help);
    puts("\noptions:");
    for (size_t i = 0; i < OPTIONS; i++)
        printf("  %-20s %s\n", options[i].name, options[i].help);
    puts("\nTargets: head, heads, base, label@head, an id or its beginning, +2, -1, id+1, id-1.\n"
         "Exit codes: 0 done; 1 the database refused; 2 command line or settings; 3 revisions or target; 4 not current;\n"
         "5 another process migrates; 6 data would be lost, and --allow-destructive was not given; 7 what looks like a rename\n"
         "is to be told; 8 models and database differ; 9 lint finds errors.");
}

static int take_option(command *c, int argc, char **argv, int *i)
{
    const char *name = argv[*i], *equals = strchr(name, '=');
    size_t size = equals != NULL && name[1] == '-' ? (size_t)(equals - name) : strlen(name);
    for (size_t k = 0; k < OPTIONS; k++) {
        if (strlen(options[k].name) != size || strncmp(options[k].name, name, size) != 0)
            continue;
        c->took[k] = true;
        if (options[k].flag != 0) {
            if (name[size] == '=')
                return complain(c, EXIT_USAGE, "%s takes no value", options[k].name);
            *(bool *)(void *)((char *)c + options[k].flag) = true;
            return EXIT_DONE;
        }
        if (name[size] != '=' && *i + 1 >= argc)
            return complain(c, EXIT_USAGE, "%s wants a value", options[k].name);
        const char *value = name[size] == '=' ? name + size + 1 : argv[++*i];
        if (options[k].setting != NULL && options[k].value != 0) {
            append((char **)(void *)((char *)c + options[k].value), value);
            return EXIT_DONE;
        }
        if (options[k].setting != NULL)
            return settings_set(c, &c->settings, options[k].setting, value, options[k].name);
        *(const char **)(void *)((char *)c + options[k].value) = value;
        return EXIT_DONE;
    }
    return complain(c, EXIT_USAGE, "there is no option %s: --help lists them", name);
}

/* "-1" and "-12" are targets. */
static bool is_option(const char *text) { return text[0] == '-' && (text[1] < '0' || text[1] > '9') && text[1] != '\0'; }

static int take_arguments(command *c, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int code = EXIT_DONE;
        if (is_option(argv[i]))
            code = take_option(c, argc, argv, &i);
        else if (c->name == NULL)
            c->name = argv[i];
        else if (c->argument_count < sizeof c->arguments / sizeof c->arguments[0])
            c->arguments[c->argument_count++] = argv[i];
        else
            code = complain(c, EXIT_USAGE, "too many arguments");
        if (code != EXIT_DONE)
            return code;
    }
    return EXIT_DONE;
}

/* What a command does not know would be thought to have been heard. */
static int check_options(const command *c)
{
    const size_t size = strlen(c->name);
    for (size_t k = 0; k < OPTIONS; k++) {
        bool taken = !c->took[k] || options[k].of == NULL;
        for (const char *at = options[k].of; at != NULL && !taken; at = *at == ' ' ? at + 1 : *at == '\0' ? NULL : at) {
            const size_t word = strcspn(at, " ");
            taken = word == size && strncmp(at, c->name, size) == 0;
            at += word;
        }
        if (!taken)
            return complain(c, EXIT_USAGE, "%s is no option of %s, but of %s", options[k].name, c->name, options[k].of);
    }
    return EXIT_DONE;
}

static int run(command *c)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, c->name) != 0)
            continue;
        if (c->argument_count > commands[i].most)
            return complain(c, EXIT_USAGE, "too many arguments: %s %s %s", c->program, commands[i].name, commands[i].arguments);
        int code = check_options(c);
        if (code == EXIT_DONE)
            code = settings_read(c);
        return code == EXIT_DONE ? commands[i].run(c) : code;
    }
    return complain(c, EXIT_USAGE, "there is no command %s: --help lists them", c->name);
}

int weft_migrate_main(int argc, char **argv, const weft_command_options *given)
{
    command c = {.program = argc > 0 && argv[0] != NULL ? argv[0] : "weft", .given = given};
    const char *slash = strrchr(c.program, '/');
    c.program = slash != NULL ? slash + 1 : c.program;
    int code = take_arguments(&c, argc, argv);
    if (code == EXIT_DONE && c.help)
        print_help(&c);
    else if (code == EXIT_DONE && c.name == NULL)
        code = complain(&c, EXIT_USAGE, "no command is named: --help lists them");
    else if (code == EXIT_DONE)
        code = run(&c);
    weft_migrate_close(c.migrate);
    weft_engine_close(c.engine);
    close_models(&c);
    settings_free(&c.settings);
    for (char **folder = c.folders; folder != NULL && *folder != NULL; folder++)
        free(*folder);
    free(c.folders);
    free(c.renames);
    free(c.no_renames);
    free(c.include);
    free(c.exclude);
    if (fflush(stdout) != 0 && code == EXIT_DONE)
        code = complain(&c, EXIT_FAILED, "standard output cannot be written");
    return code;
}
