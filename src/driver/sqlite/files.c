/* Which files this process has open, so that a forked child does not open one that an ancestor had open at the fork.
 *
 * SQLite keeps one table of the locks that the process holds, by device and inode. Fork copies the table and not the locks: in the
 * child SQLite would believe in locks that are the parent's, answer "database is locked" for ever, or write without any lock. Each
 * connection therefore notes its file in a place that says in which generation of forks it was opened. The places are taken and
 * given back by single atomic operations, so that a fork finds no lock held; those of ancestors never change again in the child.
 * The file is looked at by its path only: to close a descriptor of it would drop the locks of the whole process.
 *
 * The same notes tell when a file was removed, renamed or replaced while connections have it open. SQLite goes on with the file
 * that it has, name or not, and what is committed to it is lost when the last connection closes. So the path is looked at before
 * each transaction that writes and before it is committed, and for readers now and then: by the housekeeper, which raises a number
 * that every call compares, and at every 256th call. In WAL the same is done for the log, which holds the last commits. */
#define _GNU_SOURCE 1
#include "driver/sqlite/sqlite.h"

#include "base/thread.h"

#include <string.h>
#include <sys/stat.h>

#define PLACES_PER_BLOCK 64
#define FREE 0
#define TAKEN UINT64_MAX /* being written */

struct wefti_sqlite_place {
    wefti_atomic_u64 state; /* FREE, TAKEN, or the generation + 1, which publishes the others */
    uint64_t device, inode;
};

typedef struct block {
    wefti_atomic_ptr next;
    wefti_sqlite_place places[PLACES_PER_BLOCK];
} block;

static block first_block; /* blocks stay until the process ends */

static block *next_of(block *b)
{
    return wefti_atomic_load_ptr(&b->next, WEFTI_ACQUIRE); /* pairs with the exchange in next_block */
}

static block *next_block(block *b)
{
    block *next = next_of(b);
    if (next != NULL)
        return next;
    block *made = wefti_calloc(1, sizeof *made);
    void *present = NULL;
    if (made == NULL || wefti_atomic_cas_ptr(&b->next, &present, made, WEFTI_ACQ_REL))
        return made;
    wefti_free(made);
    return present;
}

static wefti_sqlite_place *take_place(void)
{
    for (block *b = &first_block; b != NULL; b = next_block(b))
        for (size_t i = 0; i < PLACES_PER_BLOCK; i++) {
            uint64_t expected = FREE;
            if (wefti_atomic_load_u64(&b->places[i].state, WEFTI_RELAXED) == FREE &&
                wefti_atomic_cas_u64(&b->places[i].state, &expected, TAKEN, WEFTI_ACQUIRE)) /* pairs with wefti_sqlite_file_end */
                return &b->places[i];
        }
    return NULL;
}

/* Of places of this process only the state is read: their owners may be giving them back. */
static bool is_ancestors(uint64_t device, uint64_t inode)
{
    uint64_t own = wefti_fork_generation() + 1;
    for (block *b = &first_block; b != NULL; b = next_of(b))
        for (size_t i = 0; i < PLACES_PER_BLOCK; i++) {
            const wefti_sqlite_place *place = &b->places[i];
            uint64_t state = wefti_atomic_load_u64(&place->state, WEFTI_ACQUIRE); /* pairs with the release in note */
            if (state != FREE && state != TAKEN && state != own && place->device == device && place->inode == inode)
                return true;
        }
    return false;
}

static weft_status refuse(const wefti_sqlite_config *config, weft_error *error)
{
    (void)wefti_error_set(error, WEFT_ERROR_FORKED,
                          "%s was open in the process that forked this one, and SQLite's record of its "
                          "locks was copied",
                          config->filename);
    wefti_error_hint(error,
                     "fork before the parent opens the database, or close it in the parent before the fork, or exec a program "
                     "in the child");
    return WEFT_ERROR_FORKED;
}

weft_status wefti_sqlite_file_note(const wefti_sqlite_config *config, wefti_sqlite_place **place, weft_error *error)
{
    struct stat file;
    if (config->memory || *place != NULL || stat(config->filename, &file) != 0)
        return WEFT_OK;
    uint64_t device = (uint64_t)file.st_dev, inode = (uint64_t)file.st_ino;
    if (is_ancestors(device, inode))
        return refuse(config, error);
    wefti_sqlite_place *taken = take_place();
    if (taken == NULL)
        return wefti_error_memory(error);
    taken->device = device;
    taken->inode = inode;
    wefti_atomic_store_u64(&taken->state, wefti_fork_generation() + 1, WEFTI_RELEASE);
    *place = taken;
    return WEFT_OK;
}

void wefti_sqlite_file_end(wefti_sqlite_place *place)
{
    if (place != NULL)
        wefti_atomic_store_u64(&place->state, FREE, WEFTI_RELEASE);
}

/* ---- is it still there ---- */

static bool is_the_same(const struct stat *file, uint64_t device, uint64_t inode)
{
    return (uint64_t)file->st_dev == device && (uint64_t)file->st_ino == inode;
}

static bool stat_wal(const wefti_sqlite_config *config, struct stat *file)
{
    char path[WEFTI_SQLITE_PATH_BYTES + 8];
    size_t size = strlen(config->filename);
    if (size > WEFTI_SQLITE_PATH_BYTES)
        return false;
    memcpy(path, config->filename, size);
    memcpy(path + size, "-wal", 5);
    return stat(path, file) == 0;
}

void wefti_sqlite_wal_note(wefti_sqlite_dbc *c)
{
    struct stat file;
    c->wal_inode = c->wal && !c->config->immutable && c->place != NULL && stat_wal(c->config, &file) ? (uint64_t)file.st_ino : 0;
}

static weft_status gone(wefti_sqlite_dbc *c, const char *what, weft_error *error)
{
    bool inside = c->in_transaction || c->begin_pending;
    c->broken = true; /* it would go on writing to a file that has no name */
    (void)wefti_error_set(error, WEFT_ERROR_DISCONNECTED, "the %s was removed or replaced", what);
    wefti_error_hint(error, "put the file back, or close the engine and open it anew; no new file is made in its place");
    if (error != NULL) {
        error->outcome = inside ? WEFT_OUTCOME_ROLLED_BACK : WEFT_OUTCOME_NONE;
        error->nothing_sent = true;
    }
    return WEFT_ERROR_DISCONNECTED;
}

weft_status wefti_sqlite_still_there(wefti_sqlite_dbc *c, weft_error *error)
{
    struct stat file;
    const wefti_sqlite_place *place = c->place;
    c->calls_unchecked = 0;
    c->looks_seen = wefti_atomic_load_u64(&c->config->looks, WEFTI_ACQUIRE); /* pairs with the one in wefti_sqlite_look */
    if (place == NULL)
        return WEFT_OK;
    if (stat(c->config->filename, &file) != 0 || !is_the_same(&file, place->device, place->inode))
        return gone(c, "database file", error);
    if (c->wal_inode == 0)
        return WEFT_OK;
    if (file.st_size == 0) { /* a database in WAL has one page at least */
        c->broken = true;
        return wefti_error_set(error, WEFT_ERROR_CORRUPT, "the database file was cut to nothing");
    }
    if (!stat_wal(c->config, &file) || !is_the_same(&file, place->device, c->wal_inode))
        return gone(c, "write-ahead log of the database", error);
    return WEFT_OK;
}

void wefti_sqlite_look(wefti_sqlite_config *config)
{
    struct stat file;
    if (config->memory)
        return;
    bool there = stat(config->filename, &file) == 0;
    uint64_t inode = there ? (uint64_t)file.st_ino : 0, wal = stat_wal(config, &file) ? (uint64_t)file.st_ino : 0;
    if (inode == config->looked_inode && wal == config->looked_wal)
        return;
    config->looked_inode = inode;
    config->looked_wal = wal;
    wefti_atomic_add_u64(&config->looks, 1, WEFTI_RELEASE); /* pairs with the loads in enter and still_there */
}

/* Under open_mutex. Once the engine has known a file at its path, no connection makes one there; and another file is not opened
 * while the log of the one before lies beside it: SQLite would take its pages for the other one's. */
weft_status wefti_sqlite_file_expected(wefti_sqlite_config *config, weft_error *error)
{
    struct stat file;
    if (config->memory)
        return WEFT_OK;
    bool there = stat(config->filename, &file) == 0;
    if (!there && config->known_inode == 0)
        return WEFT_OK;
    if (!there)
        (void)wefti_error_set(error, WEFT_ERROR_DISCONNECTED, "the database file %s was removed", config->filename);
    else if (config->known_inode == 0 || is_the_same(&file, config->known_device, config->known_inode) || config->known_wal == 0 ||
             !stat_wal(config, &file) || (uint64_t)file.st_ino != config->known_wal)
        return WEFT_OK;
    else
        (void)wefti_error_set(error, WEFT_ERROR_DISCONNECTED,
                              "the database file %s was replaced, and the write-ahead log of the one "
                              "before lies beside it",
                              config->filename);
    wefti_error_hint(error, "put the file back, or close the engine and open it anew; no new file is made in its place");
    return WEFT_ERROR_DISCONNECTED;
}

void wefti_sqlite_file_exists(wefti_sqlite_config *config)
{
    struct stat file;
    if (config->memory || stat(config->filename, &file) != 0)
        return;
    config->known_device = (uint64_t)file.st_dev;
    config->known_inode = (uint64_t)file.st_ino;
}

void wefti_sqlite_file_known(const wefti_sqlite_dbc *c)
{
    if (c->place == NULL)
        return;
    c->config->known_device = c->place->device;
    c->config->known_inode = c->place->inode;
    if (c->wal_inode != 0)
        c->config->known_wal = c->wal_inode;
}
