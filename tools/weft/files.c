/* Commands that write files: a folder, a new revision, one that merges others. What cannot be read afterwards is not left there. */
#define _GNU_SOURCE
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int cannot(const command *c, const char *what, const char *path)
{
    int code = errno;
    return complain(c, EXIT_USAGE, "cannot %s %s: %s", what, path, strerrordesc_np(code));
}

static const char *folder_of(const command *c) { return c->settings.folder != NULL ? c->settings.folder : "migrations"; }

/* ---- init ---- */

int run_init(command *c)
{
    const char *folder = c->argument_count > 0 ? c->arguments[0] : folder_of(c), *path = c->config != NULL ? c->config : "weft.ini";
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return cannot(c, "make the folder", folder);
    FILE *file = fopen(path, "wx");
    if (file == NULL && errno != EEXIST)
        return cannot(c, "write", path);
    if (file != NULL) {
        fprintf(file, "[weft]\n# url = postgresql://user@host/database\nfolder = %s\n", folder);
        const int code = finish_file(c, file, path);
        if (code != EXIT_DONE)
            return code;
    }
    if (!c->quiet)
        printf("revisions are in %s, settings in %s%s\n", folder, path, file == NULL ? ", which was there" : "");
    return EXIT_DONE;
}

/* ---- a new file ---- */

typedef struct names {
    const char *items[64];
    size_t count;
} names;

static char *new_id(void)
{
    unsigned char bytes[4];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        unsigned value = (unsigned)now.tv_nsec ^ ((unsigned)now.tv_sec << 8) ^ (unsigned)getpid();
        memcpy(bytes, &value, sizeof bytes);
    }
    return text_of("%02x%02x%02x%02x", bytes[0], bytes[1], bytes[2], bytes[3]);
}

/* "Rooms have a floor" as rooms_have_a_floor. */
static void slug_of(const char *message, char slug[48])
{
    size_t size = 0;
    for (; *message != '\0' && size < 40; message++) {
        char letter = *message;
        letter = (char)(letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter);
        if ((letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9'))
            slug[size++] = letter;
        else if (size > 0 && slug[size - 1] != '_')
            slug[size++] = '_';
    }
    while (size > 0 && slug[size - 1] == '_')
        size--;
    slug[size] = '\0';
}

static void write_names(FILE *file, const char *directive, const names *list, const char *nothing)
{
    if (list->count == 0 && nothing == NULL)
        return;
    fprintf(file, "-- %s: %s", directive, list->count == 0 ? nothing : "");
    for (size_t i = 0; i < list->count; i++)
        fprintf(file, "%s%s", i > 0 ? ", " : "", list->items[i]);
    fputc('\n', file);
}

static size_t size_of_folder(const char *folder)
{
    size_t size = strlen(folder);
    while (size > 1 && folder[size - 1] == '/')
        size--;
    return size;
}

/* One of the folders of revisions, as its first size bytes name it; NULL: none is. */
static const char *known_folder(const command *c, const char *name, size_t size)
{
    const char *first = folder_of(c);
    if (size_of_folder(first) == size && strncmp(first, name, size) == 0)
        return first;
    for (char *const *one = c->folders; one != NULL && *one != NULL; one++)
        if (size_of_folder(*one) == size && strncmp(*one, name, size) == 0)
            return *one;
    return NULL;
}

/* Where a new file goes: as is said, else beside the first of its parents. NULL: there is no such folder, and it complains. */
static const char *folder_for(const command *c, const char *beside)
{
    const char *slash = beside != NULL ? strrchr(beside, '/') : NULL, *folder = NULL;
    if (c->version_path != NULL) {
        folder = known_folder(c, c->version_path, size_of_folder(c->version_path));
        if (folder == NULL)
            (void)complain(c, EXIT_USAGE,
                           "--version-path: %s is none of the folders of revisions: --folder and --folders name them",
                           c->version_path);
        return folder;
    }
    if (slash != NULL)
        folder = known_folder(c, beside, (size_t)(slash - beside));
    return folder != NULL ? folder : folder_of(c);
}

/* parts: what is done and undone; NULL: empty ones. beside: the file of a parent, or NULL. */
static int write_revision(command *c, const names *parents, const names *depends_on, const char *parts, const char *beside)
{
    char slug[48], day[40];
    time_t now = time(NULL);
    struct tm utc;
    const char *message = c->message != NULL ? c->message : "";
    if (strpbrk(message, "\r\n") != NULL)
        return complain(c, EXIT_USAGE, "a message is one line");
    const char *folder = folder_for(c, beside);
    if (folder == NULL)
        return EXIT_USAGE;
    slug_of(message, slug);
    gmtime_r(&now, &utc);
    snprintf(day, sizeof day, "%04d%02d%02d", (utc.tm_year + 1900) % 10000, utc.tm_mon + 1, utc.tm_mday);
    char *id = c->id != NULL ? copy_of(c->id) : new_id();
    char *path = text_of("%s/%s_%s%s%s.sql", folder, day, id, *slug != '\0' ? "_" : "", slug);
    char *part = text_of("%s/.%s.%ld.part", folder, id, (long)getpid()); /* others read the folder: it is whole at once */
    FILE *file = strchr(id, '/') == NULL ? fopen(part, "wx") : NULL;
    int code = EXIT_DONE;
    if (file == NULL) {
        code = cannot(c, "write", path);
    } else {
        names labels = {.items = {c->label}, .count = c->label != NULL ? 1 : 0};
        fprintf(file, "-- revision: %s\n", id);
        write_names(file, "parents", parents, "none");
        if (*message != '\0')
            fprintf(file, "-- message: %s\n", message);
        write_names(file, "depends-on", depends_on, NULL);
        write_names(file, "labels", &labels, NULL);
        fprintf(file, "\n%s", parts != NULL ? parts : "-- up\n\n-- down\n");
        code = finish_file(c, file, part);
        if (code == EXIT_DONE && link(part, path) != 0 && (access(path, F_OK) == 0 || rename(part, path) != 0))
            code = cannot(c, "write", path);
        else if (code == EXIT_DONE && (code = open_history(c, false)) != EXIT_DONE) /* it is part of a history */
            (void)unlink(path);
        (void)unlink(part);
    }
    if (code == EXIT_DONE && c->json) {
        json_begin(c);
        json_item(c);
        fputs("{\"revision\": ", stdout);
        json_text(stdout, id);
        fputs(", \"file\": ", stdout);
        json_text(stdout, path);
        fputs("}", stdout);
        if (c->autogenerate && c->given != NULL && c->given->lint != NULL)
            code = c->given->lint->after_revision(c, id);
        json_end(c);
    } else if (code == EXIT_DONE) {
        printf("%s\n", path);
    }
    if (code == EXIT_DONE && c->autogenerate && !c->quiet && !c->json && c->given != NULL && c->given->lint != NULL)
        code = c->given->lint->after_revision(c, id);
    free(id);
    free(path);
    free(part);
    return code;
}

/* ---- which parents ---- */

typedef struct told {
    const weft_revision *revisions;
    size_t count, *places;
    char *beside; /* the file of the first parent; owned */
} told;

static int tell(command *c, told *t)
{
    weft_error error = {0};
    int code = open_history(c, false);
    if (code == EXIT_DONE && weft_migrate_history(c->migrate, false, &t->revisions, &t->count, &error) != WEFT_OK)
        code = complain_of(c, &error);
    if (code == EXIT_DONE)
        t->places = need(calloc(t->count * 2 + 2, sizeof *t->places));
    return code;
}

/* Adds what a target stands for. */
static int add_target(command *c, told *t, const char *target, names *list, bool must_be_head)
{
    weft_error error = {0};
    size_t found;
    if (weft_migrate_resolve(c->migrate, target, t->places, &found, &error) != WEFT_OK)
        return complain_of(c, &error);
    for (size_t i = 0; i < found; i++) {
        const weft_revision *r = &t->revisions[t->places[i]];
        if (must_be_head && !r->head)
            return complain(c, EXIT_HISTORY, "%s is no head: a second successor makes a branch, which --splice allows", r->id);
        bool there = false;
        for (size_t k = 0; k < list->count; k++)
            there |= strcmp(list->items[k], r->id) == 0;
        if (list->count == sizeof list->items / sizeof list->items[0])
            return complain(c, EXIT_USAGE, "too many revisions are named");
        if (!there)
            list->items[list->count++] = need(copy_of(r->id));
        if (t->beside == NULL && r->file != NULL)
            t->beside = copy_of(r->file);
    }
    return EXIT_DONE;
}

static void free_names(names *list)
{
    for (size_t i = 0; i < list->count; i++)
        free((void *)(uintptr_t)list->items[i]);
}

int run_revision(command *c)
{
    told t = {0};
    names parents = {0}, depends_on = {0};
    int code = tell(c, &t);
    if (code == EXIT_DONE && c->head != NULL)
        code = add_target(c, &t, c->head, &parents, !c->splice);
    else if (code == EXIT_DONE && t.count > 0)
        code = add_target(c, &t, "head", &parents, true);
    char *each = copy_of(c->depends_on != NULL ? c->depends_on : ""), *rest = each;
    for (char *one = strtok_r(each, ", ", &rest); code == EXIT_DONE && one != NULL; one = strtok_r(NULL, ", ", &rest))
        code = add_target(c, &t, one, &depends_on, false);
    char *parts = NULL;
    if (code == EXIT_DONE && c->autogenerate)
        code = draft(c, &parts);
    if (code == EXIT_DONE && parts != NULL && *parts == '\0') {
        if (!c->quiet)
            fprintf(stderr, "models and database do not differ: there is nothing to write%s\n",
                    t.count > 0 ? ""
                                : "\n    a first revision, of what is there, is written for an empty database: name one by --url");
        if (c->json)
            puts("[]");
    } else if (code == EXIT_DONE) {
        code = write_revision(c, &parents, &depends_on, parts, parents.count > 0 ? t.beside : NULL);
    }
    free(parts);
    free(each);
    free(t.beside);
    free(t.places);
    free_names(&parents);
    free_names(&depends_on);
    return code;
}

int run_merge(command *c)
{
    told t = {0};
    names parents = {0}, none = {0};
    int code = tell(c, &t);
    if (code == EXIT_DONE && c->argument_count == 0)
        code = add_target(c, &t, "heads", &parents, true);
    for (size_t i = 0; i < c->argument_count && code == EXIT_DONE; i++)
        code = add_target(c, &t, c->arguments[i], &parents, !c->splice);
    if (code == EXIT_DONE && parents.count < 2)
        code = complain(c, EXIT_HISTORY, "there is nothing to merge: two heads are wanted");
    if (c->message == NULL)
        c->message = "merge";
    if (code == EXIT_DONE)
        code = write_revision(c, &parents, &none, NULL, t.beside);
    free(t.beside);
    free(t.places);
    free_names(&parents);
    return code;
}
