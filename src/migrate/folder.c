/* The files of a folder, each read whole. */
#define _GNU_SOURCE
#include "migrate/history.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_FILE_BYTES (64u << 20)

static weft_status cannot(weft_error *error, const char *what, const char *path)
{
    int code = errno;
    weft_status status = wefti_error_set(error, code == ENOENT || code == ENOTDIR ? WEFT_ERROR_NOT_FOUND : WEFT_ERROR_IO,
                                         "cannot %s %s: %s", what, path, strerrordesc_np(code));
    if (error != NULL)
        error->native_code = code;
    return status;
}

static int by_name(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

static weft_status list(const char *folder, wefti_arena *arena, wefti_name_list *names, weft_error *error)
{
    DIR *open = opendir(folder);
    if (open == NULL) {
        weft_status status = cannot(error, "open the folder", folder);
        wefti_error_hint(error, "name the folder of the revisions, or make it: weft init");
        return status;
    }
    weft_status status = WEFT_OK;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(open);
        if (entry == NULL) {
            if (errno != 0)
                status = cannot(error, "read the folder", folder);
            break;
        }
        size_t size = strlen(entry->d_name);
        if (size < 5 || *entry->d_name == '.' || strcmp(entry->d_name + size - 4, ".sql") != 0)
            continue;
        char *path = wefti_arena_printf(arena, "%s/%s", folder, entry->d_name);
        if (path == NULL || !wefti_name_list_add(arena, names, path)) {
            status = wefti_error_memory(error);
            break;
        }
    }
    (void)closedir(open);
    if (status == WEFT_OK && names->count > 1)
        qsort(names->items, names->count, sizeof *names->items, by_name);
    return status;
}

static weft_status read_file(const char *path, wefti_text *text, weft_error *error)
{
    struct stat is;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe of that name would keep us */
    if (file < 0) {
        weft_status failed = cannot(error, "open", path);
        wefti_error_hint(error, "each name that ends with .sql is a revision's: let the process read it, or give it another name");
        return failed;
    }
    weft_status status = WEFT_OK;
    if (fstat(file, &is) == 0 && !S_ISREG(is.st_mode)) {
        status = wefti_error_set(error, WEFT_ERROR_DATA, "%s is no file", path);
        wefti_error_hint(error, "each name that ends with .sql is a revision's: give it another name");
        (void)close(file);
        return status;
    }
    char part[16384];
    for (;;) {
        ssize_t got = read(file, part, sizeof part);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = cannot(error, "read", path);
        if (got <= 0)
            break;
        wefti_text_add_bytes(text, part, (size_t)got);
        if (text->failed) {
            status = text->size + (size_t)got > MOST_FILE_BYTES
                         ? wefti_error_set(error, WEFT_ERROR_DATA, "%s has more than %u bytes", path, MOST_FILE_BYTES)
                         : wefti_error_memory(error);
            break;
        }
    }
    (void)close(file);
    return status;
}

weft_status wefti_folder_read(const char *folder, wefti_arena *arena,
                              weft_status (*take)(void *user, const char *path, const char *text, size_t size, weft_error *error),
                              void *user, weft_error *error)
{
    wefti_name_list names = {0};
    weft_status status = list(folder, arena, &names, error);
    for (size_t i = 0; i < names.count && status == WEFT_OK; i++) {
        wefti_text text;
        wefti_text_init(&text, MOST_FILE_BYTES);
        status = read_file(names.items[i], &text, error);
        if (status == WEFT_OK)
            status = take(user, names.items[i], text.data != NULL ? text.data : "", text.size, error);
        wefti_text_deinit(&text);
    }
    return status;
}
