/* Opening a file, for the connections and for the target that keeps one open. */
#include "driver/sqlite/sqlite.h"

#include <string.h>

void wefti_sqlite_add_escaped(wefti_text *text, const char *path)
{
    static const char digits[] = "0123456789ABCDEF";
    for (; *path != '\0'; path++) {
        unsigned char c = (unsigned char)*path;
        if (c > ' ' && c < 0x7f && strchr("%?#\"<>\\^`{|}", c) == NULL) {
            wefti_text_add_char(text, *path);
        } else {
            wefti_text_add_char(text, '%');
            wefti_text_add_char(text, digits[c >> 4]);
            wefti_text_add_char(text, digits[c & 15]);
        }
    }
}

/* The only way to tell SQLite that nobody changes the file is in a name of this form. */
static char *immutable_uri(const char *filename)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, "file:");
    wefti_sqlite_add_escaped(&text, filename);
    wefti_text_add(&text, "?immutable=1");
    return wefti_text_take(&text, NULL);
}

weft_status wefti_sqlite_open_file(const wefti_sqlite_config *config, sqlite3 **db, weft_error *error)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    flags |= config->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    flags |= config->must_exist || config->known_inode != 0 ? 0 : SQLITE_OPEN_CREATE;
    flags |= config->memory || config->immutable ? SQLITE_OPEN_URI : 0;
    char *uri = config->immutable ? immutable_uri(config->filename) : NULL;
    if (config->immutable && uri == NULL)
        return wefti_error_memory(error);
    int rc = sqlite3_open_v2(uri != NULL ? uri : config->filename, db, flags, config->vfs);
    wefti_free(uri);
    if (rc == SQLITE_OK)
        return WEFT_OK;
    weft_status status = wefti_sqlite_handle_error(*db, rc, error);
    if (config->vfs != NULL && (rc & 0xff) == SQLITE_ERROR && sqlite3_vfs_find(config->vfs) == NULL)
        status = wefti_error_set(error, WEFT_ERROR_URL,
                                 "option vfs of the URL names \"%s\", which nobody has registered with SQLite", config->vfs);
    if (*db != NULL && (rc & 0xff) == SQLITE_CANTOPEN) {
        wefti_error_prefix(error, "%s", config->filename);
        wefti_error_hint(error, "%s",
                         config->must_exist ? "the file must exist: mode=ro and mode=rw create none"
                                            : "the folder must exist and the process must be allowed to write to it");
    }
    (void)sqlite3_close_v2(*db);
    *db = NULL;
    return status;
}
