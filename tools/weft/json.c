/* JSON of what the command prints. */
#include "command.h"

void json_text(FILE *out, const char *text)
{
    if (text == NULL) {
        fputs("null", out);
        return;
    }
    fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

void json_list(FILE *out, const char *const *texts)
{
    fputc('[', out);
    for (size_t i = 0; texts != NULL && texts[i] != NULL; i++) {
        fputs(i > 0 ? ", " : "", out);
        json_text(out, texts[i]);
    }
    fputc(']', out);
}

void json_begin(command *c)
{
    c->first_item = true;
    fputs("[", stdout);
}

void json_item(command *c)
{
    fputs(c->first_item ? "\n  " : ",\n  ", stdout);
    c->first_item = false;
}

void json_end(command *c) { fputs(c->first_item ? "]\n" : "\n]\n", stdout); }
