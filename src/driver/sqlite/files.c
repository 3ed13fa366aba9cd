/* Which files this process has open, so that a forked child does not open one that an ancestor had open at the fork.
 *
 * SQLite keeps one table of the locks that the process holds, by device and inode. Fork copies the table and not the locks: in the
 * child SQLite would believe in locks that are the parent's, answer "database is locked" for ever, or write without any lock. Each
 * connection therefore notes its file in a place that says in which generation of forks it was opened. The places are taken and
 * given back by single atomic operations, so that a fork finds no lock held; those of ancestors never change again in the child.
 * The file is looked at by its path only: to close a descriptor of it would drop the locks of the whole process. */
#define _GNU_SOURCE 1
#include "driver/sqlite/sqlite.h"

#include "base/thread.h"

#include <sys/stat.h>

#define PLACES_PER_BLOCK 64
#define FREE 0
#define TAKEN UINT64_MAX /* being written */

struct wefti_sqlite_place {
    wefti_atomic_u64 state;  /* FREE, TAKEN, or the generation + 1, which publishes the others */
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
    (void)wefti_error_set(error, WEFT_ERROR_FORKED, "%s was open in the process that forked this one, and SQLite's record of its "
                          "locks was copied", config->filename);
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
