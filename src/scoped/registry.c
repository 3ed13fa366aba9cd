/* The table of open registries: chains of nodes by number, under a mutex that is taken to open and to close, at a thread's first
 * use of a registry, and by each thread once after a closing. A node lives as long as its registry is open: memory stays flat.
 *
 * Numbers are counted up and never reused: a closed one is found by nobody again. They are as wide as a pointer, which carries them
 * as the program's handle. Where pointers have 32 bits they end after 4,294,967,294 registries, and then none can be opened; with
 * 64 bits they last. Invariant: a closing is counted under the mutex that also guards the chains, so who sees the count or has
 * called close itself, second or not, finds the registry gone. */
#include "scoped/registry.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/sync.h"

#include <pthread.h>

#define CHAINS 1024u /* numbers in a row fall into different ones */

typedef struct node {
    struct node *next;
    uintptr_t number;
    wefti_registry registry; /* const */
} node;

struct wefti_registry_count wefti_registry_count;

static wefti_mutex mutex = {.mutex = PTHREAD_MUTEX_INITIALIZER};
static node *chains[CHAINS]; /* under the mutex, as last_number */
static uintptr_t last_number;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

/* A child that is forked while another thread holds the mutex could not open registries of its own. */
static void lock_all(void) { wefti_mutex_lock(&mutex); }
static void unlock_all(void) { wefti_mutex_unlock(&mutex); }
static void watch_forks(void) { pthread_atfork(lock_all, unlock_all, unlock_all); }

/* The link that points to the node, or to the NULL at the end of its chain. Under the mutex. */
static node **find_link(uintptr_t number)
{
    node **link = &chains[number % CHAINS];
    while (*link != NULL && (*link)->number != number)
        link = &(*link)->next;
    return link;
}

weft_status wefti_registry_open(const wefti_registry *registry, uintptr_t *number, weft_error *error)
{
    pthread_once(&fork_once, watch_forks);
    node *new = wefti_malloc(sizeof *new);
    if (new == NULL)
        return wefti_error_memory(error);
    new->registry = *registry;
    wefti_mutex_lock(&mutex);
    bool left = last_number < UINTPTR_MAX - 1;
    if (left) {
        new->number = ++last_number;
        new->next = chains[new->number % CHAINS];
        chains[new->number % CHAINS] = new;
        *number = new->number;
    }
    wefti_mutex_unlock(&mutex);
    if (left)
        return WEFT_OK;
    wefti_free(new);
    return wefti_error_set(error, WEFT_ERROR_LIMIT, "no registry can be opened any more: their numbers are used up");
}

bool wefti_registry_find(uintptr_t number, wefti_registry *copy)
{
    if (number == 0)
        return false;
    wefti_mutex_lock(&mutex);
    const node *found = *find_link(number);
    if (found != NULL && copy != NULL)
        *copy = found->registry;
    wefti_mutex_unlock(&mutex);
    return found != NULL;
}

void wefti_registry_close(uintptr_t number)
{
    wefti_mutex_lock(&mutex);
    node **link = find_link(number), *found = *link;
    if (found != NULL) {
        *link = found->next;
        /* Release pairs with the acquiring loads of threads that look whether anything was closed. */
        wefti_atomic_add_u64(&wefti_registry_count.closings, 1, WEFTI_ACQ_REL);
    }
    wefti_mutex_unlock(&mutex);
    wefti_free(found);
}
