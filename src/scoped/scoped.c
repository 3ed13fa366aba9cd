/* The scoped-session registry. Each thread has a table of its own, from (registry number, token) to session; nothing is shared but
 * the registry's number and its options. So the getter is a compare of the registry's number with the one this thread saw last, and
 * cleanup needs no other thread: a thread closes its own sessions when it exits (one pthread key for all registries), or when it
 * notices that their registry has been closed.
 *
 * Closing a registry sets its number to 0. Numbers are never reused, so an entry of a closed registry never matches again, also not
 * when the handle's memory has been taken for a new registry: handles are recycled and never freed, which makes a late call on a
 * closed one harmless, and recycled only when every epoch section that may have seen them open has ended. Invariant: a session in a
 * thread's table is owned by that thread. */
#define _GNU_SOURCE
#include <weft/scoped.h>

#include "base/atomic.h"
#include "base/epoch.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/sync.h"
#include "base/thread.h"
#include "orm/session.h"

#include <pthread.h>
#include <string.h>

#define SPARES 4u          /* recycled sessions of tokens that a thread keeps per registry */
#define FIRST_PLACES 8u
#define MAX_PLACES (1u << 20) /* tokens of one thread at once, half of it: more is a leak of the caller's */

struct weft_scoped {
    wefti_atomic_u64 number;     /* atomic: 0 once closed */
    weft_engine *engine;         /* const while open */
    weft_session_options options; /* const while open */
    weft_scoped *next_free;      /* under the mutex, while closed */
    wefti_epoch_entry retirement;
};

typedef struct scope_entry {
    uint64_t number;         /* of the registry; 0: free place */
    uintptr_t token;         /* 0: the thread's default */
    weft_scoped *registry;   /* to ask whether it is still open */
    weft_session *session;   /* this thread's; never NULL in a used place */
    weft_session *spare[SPARES]; /* in the default's entry: recycled sessions of tokens */
} scope_entry;

typedef struct thread_scope {
    uint32_t mask, used;
    uint64_t closings;       /* of registries, when this thread last looked for closed ones */
    scope_entry *places;
} thread_scope;

static WEFTI_THREAD_LOCAL struct { uint64_t number; weft_session *session; } last_default;
static WEFTI_THREAD_LOCAL thread_scope *own_scope;

static wefti_atomic_u64 last_number, closings;
static weft_scoped *free_handles;                              /* under handles_mutex */
static pthread_mutex_t handles_mutex = PTHREAD_MUTEX_INITIALIZER; /* opening and closing registries only */
static pthread_once_t once = PTHREAD_ONCE_INIT, fork_once = PTHREAD_ONCE_INIT;
static pthread_key_t exit_key;
static bool have_key;

/* ---- the thread's table ---- */

static uint32_t place_of(const thread_scope *scope, uint64_t number, uintptr_t token)
{
    uint64_t h = (number * UINT64_C(0x9e3779b97f4a7c15)) ^ ((uint64_t)token * UINT64_C(0xff51afd7ed558ccd));
    return (uint32_t)(h >> 32 ^ h) & scope->mask;
}

static scope_entry *find_entry(const thread_scope *scope, uint64_t number, uintptr_t token)
{
    if (scope == NULL)
        return NULL;
    for (uint32_t i = place_of(scope, number, token);; i = (i + 1) & scope->mask) {
        scope_entry *entry = &scope->places[i];
        if (entry->number == 0)
            return NULL;
        if (entry->number == number && entry->token == token)
            return entry;
    }
}

static void put_entry(thread_scope *scope, const scope_entry *new)
{
    uint32_t i = place_of(scope, new->number, new->token);
    while (scope->places[i].number != 0)
        i = (i + 1) & scope->mask;
    scope->places[i] = *new;
    scope->used++;
}

/* Keeps every chain of probes whole by moving later entries into the gap. */
static void take_out(thread_scope *scope, scope_entry *entry)
{
    uint32_t gap = (uint32_t)(entry - scope->places);
    for (uint32_t i = (gap + 1) & scope->mask; scope->places[i].number != 0; i = (i + 1) & scope->mask) {
        uint32_t home = place_of(scope, scope->places[i].number, scope->places[i].token);
        if (((i - home) & scope->mask) >= ((i - gap) & scope->mask)) {
            scope->places[gap] = scope->places[i];
            gap = i;
        }
    }
    memset(&scope->places[gap], 0, sizeof scope->places[gap]);
    scope->used--;
}

/* Room for one more entry, with at least half of the places free. */
static bool make_room(thread_scope *scope)
{
    if (scope->places != NULL && 2 * (scope->used + 1) <= scope->mask + 1)
        return true;
    uint32_t places = scope->places == NULL ? FIRST_PLACES : 2 * (scope->mask + 1);
    scope_entry *new = places > MAX_PLACES ? NULL : wefti_calloc(places, sizeof *new);
    if (new == NULL)
        return false;
    scope_entry *old = scope->places;
    uint32_t old_count = old == NULL ? 0 : scope->mask + 1;
    scope->places = new;
    scope->mask = places - 1;
    scope->used = 0;
    for (uint32_t i = 0; i < old_count; i++)
        if (old[i].number != 0)
            put_entry(scope, &old[i]);
    wefti_free(old);
    return true;
}

static void close_entry(scope_entry *entry)
{
    if (last_default.number == entry->number)
        last_default.number = 0;
    weft_session_close(entry->session);
    for (uint32_t i = 0; i < SPARES; i++)
        weft_session_close(entry->spare[i]);
}

/* At thread exit, also by cancellation. */
static void close_scope(void *value)
{
    thread_scope *scope = value;
    own_scope = NULL;
    for (uint32_t i = 0; scope->places != NULL && i <= scope->mask; i++)
        if (scope->places[i].number != 0)
            close_entry(&scope->places[i]);
    last_default.number = 0;
    wefti_free(scope->places);
    wefti_free(scope);
}

static bool is_open(const scope_entry *entry)
{
    /* Acquire: pairs with the release in weft_scoped_close. */
    return wefti_atomic_load_u64(&entry->registry->number, WEFTI_ACQUIRE) == entry->number;
}

/* Closes this thread's sessions of registries that were closed by others. */
static void close_stale(thread_scope *scope)
{
    uint64_t seen = wefti_atomic_load_u64(&closings, WEFTI_ACQUIRE);
    if (scope == NULL || scope->closings == seen)
        return;
    scope->closings = seen;
    for (uint32_t i = 0; scope->places != NULL && i <= scope->mask;) {
        scope_entry *entry = &scope->places[i];
        if (entry->number == 0 || is_open(entry)) {
            i++;
            continue;
        }
        scope_entry closing = *entry; /* out of the table first: closing may call back */
        take_out(scope, entry);
        close_entry(&closing);
    }
}

static void make_key(void) { have_key = pthread_key_create(&exit_key, close_scope) == 0; }

static thread_scope *make_scope(void)
{
    pthread_once(&once, make_key);
    thread_scope *scope = have_key ? wefti_calloc(1, sizeof *scope) : NULL;
    if (scope == NULL)
        return NULL;
    if (!make_room(scope) || pthread_setspecific(exit_key, scope) != 0) {
        wefti_free(scope->places);
        wefti_free(scope);
        return NULL;
    }
    scope->closings = wefti_atomic_load_u64(&closings, WEFTI_ACQUIRE);
    own_scope = scope;
    return scope;
}

/* ---- sessions ---- */

static weft_session *take_spare(scope_entry *entry)
{
    for (uint32_t i = 0; entry != NULL && i < SPARES; i++)
        if (entry->spare[i] != NULL) {
            weft_session *session = entry->spare[i];
            entry->spare[i] = NULL;
            return session;
        }
    return NULL;
}

/* The options and engine of a registry that is open under this number, read while it cannot be recycled. */
static bool read_registry(const weft_scoped *registry, uint64_t number, weft_engine **engine, weft_session_options *options)
{
    if (!wefti_epoch_begin())
        return false;
    bool open = wefti_atomic_load_u64(&registry->number, WEFTI_SEQ_CST) == number;
    if (open) {
        *engine = registry->engine;
        *options = registry->options;
    }
    wefti_epoch_end();
    return open;
}

static weft_session *open_session(weft_scoped *registry, uint64_t number)
{
    weft_engine *engine;
    weft_session_options options;
    return read_registry(registry, number, &engine, &options) ? weft_session_open(engine, &options) : NULL;
}

static weft_session *session_slow(weft_scoped *registry, uintptr_t token)
{
    close_stale(own_scope);
    uint64_t number = registry == NULL ? 0 : wefti_atomic_load_u64(&registry->number, WEFTI_ACQUIRE);
    if (number == 0)
        return wefti_session_failed(WEFT_ERROR_CLOSED);
    thread_scope *scope = own_scope != NULL ? own_scope : make_scope();
    if (scope == NULL)
        return wefti_session_failed(WEFT_ERROR_NO_MEMORY);
    scope_entry *entry = find_entry(scope, number, token);
    if (entry == NULL) {
        if (!make_room(scope))
            return wefti_session_failed(WEFT_ERROR_NO_MEMORY);
        scope_entry new = { .number = number, .token = token, .registry = registry };
        new.session = take_spare(find_entry(scope, number, 0));
        if (new.session == NULL)
            new.session = open_session(registry, number);
        if (new.session == NULL) /* closed just now, or no memory for the section */
            return wefti_session_failed(wefti_atomic_load_u64(&registry->number, WEFTI_ACQUIRE) == number ? WEFT_ERROR_NO_MEMORY
                                                                                                        : WEFT_ERROR_CLOSED);
        if (new.session == wefti_session_failed(WEFT_ERROR_NO_MEMORY))
            return new.session; /* nobody's: the next call tries again */
        put_entry(scope, &new);
        entry = find_entry(scope, number, token);
    }
    if (token == 0) {
        last_default.number = number;
        last_default.session = entry->session;
    }
    return entry->session;
}

weft_session *weft_scoped_session(weft_scoped *registry)
{
    if (registry != NULL) {
        uint64_t number = wefti_atomic_load_u64(&registry->number, WEFTI_ACQUIRE);
        if (number == last_default.number && number != 0)
            return last_default.session;
    }
    return session_slow(registry, 0);
}

weft_session *weft_scoped_session_for(weft_scoped *registry, uintptr_t token)
{
    return token == 0 ? weft_scoped_session(registry) : session_slow(registry, token);
}

static scope_entry *own_entry(weft_scoped *registry, uintptr_t token)
{
    close_stale(own_scope);
    uint64_t number = registry == NULL ? 0 : wefti_atomic_load_u64(&registry->number, WEFTI_ACQUIRE);
    return number == 0 ? NULL : find_entry(own_scope, number, token);
}

void weft_scoped_remove(weft_scoped *registry)
{
    scope_entry *entry = own_entry(registry, 0);
    if (entry != NULL)
        wefti_session_recycle(entry->session);
}

void weft_scoped_remove_for(weft_scoped *registry, uintptr_t token)
{
    if (token == 0) {
        weft_scoped_remove(registry);
        return;
    }
    scope_entry *entry = own_entry(registry, token);
    if (entry == NULL)
        return;
    weft_session *session = entry->session;
    uint64_t number = entry->number;
    take_out(own_scope, entry);
    wefti_session_recycle(session);
    scope_entry *keeper = find_entry(own_scope, number, 0);
    for (uint32_t i = 0; keeper != NULL && i < SPARES; i++)
        if (keeper->spare[i] == NULL) {
            keeper->spare[i] = session;
            return;
        }
    weft_session_close(session);
}

/* ---- the registry ---- */

/* A child that is forked while another thread holds the mutex could not open registries of its own. */
static void lock_handles(void) { pthread_mutex_lock(&handles_mutex); }
static void unlock_handles(void) { pthread_mutex_unlock(&handles_mutex); }
static void watch_forks(void) { pthread_atfork(lock_handles, unlock_handles, unlock_handles); }

weft_status weft_scoped_open(weft_scoped **registry, weft_engine *engine, const weft_session_options *options, weft_error *error)
{
    if (registry == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_scoped_open: the pointer to the registry is NULL");
    *registry = NULL;
    if (engine == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_scoped_open needs an engine");
    pthread_once(&fork_once, watch_forks);
    pthread_mutex_lock(&handles_mutex);
    weft_scoped *new = free_handles;
    if (new != NULL)
        free_handles = new->next_free;
    pthread_mutex_unlock(&handles_mutex);
    if (new == NULL)
        new = wefti_calloc(1, sizeof *new);
    if (new == NULL)
        return wefti_error_memory(error);
    new->engine = engine;
    new->options = options != NULL ? *options : (weft_session_options){ 0 };
    uint64_t number = wefti_atomic_add_u64(&last_number, 1, WEFTI_RELAXED) + 1; /* only uniqueness matters */
    wefti_atomic_store_u64(&new->number, number, WEFTI_RELEASE); /* pairs with the getter's load: engine and options are set */
    *registry = new;
    return WEFT_OK;
}

static void recycle_handle(wefti_epoch_entry *retirement)
{
    weft_scoped *registry = (void *)((char *)retirement - offsetof(weft_scoped, retirement));
    pthread_mutex_lock(&handles_mutex);
    registry->next_free = free_handles;
    free_handles = registry;
    pthread_mutex_unlock(&handles_mutex);
}

void weft_scoped_close(weft_scoped *registry)
{
    if (registry == NULL || wefti_atomic_exchange_u64(&registry->number, 0, WEFTI_ACQ_REL) == 0)
        return;
    wefti_atomic_add_u64(&closings, 1, WEFTI_ACQ_REL); /* after the number: who sees the count sees the registry closed */
    close_stale(own_scope);
    wefti_epoch_retire(&registry->retirement, recycle_handle);
    if (!wefti_epoch_active())
        wefti_epoch_reclaim();
}
