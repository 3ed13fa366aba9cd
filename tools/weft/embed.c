/* A folder of revisions as one C file, so that a program carries them: weft_migrate_options.migrations = &migrations. */
#define _GNU_SOURCE
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void write_c_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\' || c == '?')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f)
            fprintf(out, "\\%03o", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

/* As numbers: a compiler need not take a literal of more than 4,095 characters. */
void write_c_bytes(FILE *out, const char *text)
{
    size_t column = 0;
    fputs("{", out);
    for (;; text++) {
        fprintf(out, "%s%d,", column++ % 24 == 0 ? "\n    " : " ", (int)(signed char)*text);
        if (*text == '\0')
            break;
    }
    fputs("\n}", out);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static void write_all(FILE *out, const char *symbol, const weft_revision *revisions, size_t count)
{
    fputs("/* Written by weft embed: write it again after a change of the revisions. */\n#include <weft/migrate.h>\n", out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "\nstatic const char text_%s[] = ", revisions[i].id);
        write_c_bytes(out, revisions[i].migration->text);
        fprintf(out, ";\nstatic const weft_migration revision_%s = {.id = \"%s\", .file = ", revisions[i].id, revisions[i].id);
        write_c_text(out, last_part(revisions[i].file));
        fprintf(out, ", .text = text_%s};\n", revisions[i].id);
    }
    if (count == 0) {
        fprintf(out, "\nextern const weft_migrations %s;\nconst weft_migrations %s = {0};\n", symbol, symbol);
        return;
    }
    fprintf(out, "\nextern const weft_migrations %s;\nWEFT_MIGRATIONS(%s", symbol, symbol);
    for (size_t i = 0; i < count; i++)
        fprintf(out, ",\n    &revision_%s", revisions[i].id);
    fputs(");\n", out);
}

static bool is_symbol(const char *name)
{
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return size > 0 && name[size] == '\0' && (*name < '0' || *name > '9');
}

int run_embed(command *c)
{
    const weft_revision *revisions;
    size_t count;
    weft_error error = {0};
    const char *symbol = c->symbol != NULL ? c->symbol : "migrations";
    if (!is_symbol(symbol))
        return complain(c, EXIT_USAGE, "--symbol: \"%s\" is no name in C", symbol);
    int code = open_history(c, false);
    if (code == EXIT_DONE && weft_migrate_history(c->migrate, false, &revisions, &count, &error) != WEFT_OK)
        code = complain_of(c, &error);
    for (size_t i = 0; code == EXIT_DONE && i < count; i++)
        if (revisions[i].migration->text == NULL)
            code = complain(c, EXIT_HISTORY, "revision %s is in C already", revisions[i].id);
    if (code != EXIT_DONE)
        return code;
    FILE *out = c->output != NULL ? fopen(c->output, "w") : stdout;
    if (out == NULL)
        return complain(c, EXIT_USAGE, "cannot write %s: %s", c->output, strerrordesc_np(errno));
    write_all(out, symbol, revisions, count);
    return out != stdout ? finish_file(c, out, c->output) : EXIT_DONE;
}
