/* The scoped-session registry. Each thread has a table of its own, from (registry number, token) to session; nothing is shared but
 * the open registries (registry.c) and the count of closings. A registry's handle is its number, cast to a pointer that nobody
 * follows: a late call on a closed registry looks up a number that is not open, now or ever again.
 *
 * The getter compares the number with that of this thread's last session, and the count of closings with the one this thread has
 * seen. So each closing sends each thread through the slow path once, where it closes its own sessions of registries that are gone;
 * at its exit it closes all (one pthread key for all registries). Cleanup needs no other thread.
 *
 * Invariants: a session in a thread's table is owned by that thread, for one that the program releases or closes leaves the table
 * first (forget_session); and the table holds no registry that was closed before the count that the thread has noted. Sessions are
 * closed out of the table only, because closing may call the program's log, and that any function here. */
#define _GNU_SOURCE
#include <weft/scoped.h>

#include "base/atomic.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/thread.h"
#include "session/session.h"
#include "scoped/registry.h"

#include <pthread.h>

#define SPARES 4u /* recycled sessions of tokens that a thread keeps per registry */
#define FIRST_PLACES 8u
#define MAX_PLACES (1u << 20) /* tokens of one thread at once, half of it: more is a leak of the caller's */
#define NOBODY UINTPTR_MAX    /* a number that no registry has, nor NULL */

/* The sessions of a thread for one registry and token. */
typedef struct scope_entry {
    wefti_session_keeper keeper; /* of these sessions; first: the entry is found by it */
    uintptr_t number;            /* of the registry */
    uintptr_t token;             /* 0: the thread's default */
    weft_session *session;       /* NULL: none now; in a table only the default's entry may be without */
    weft_session *spare[SPARES]; /* in the default's entry: recycled sessions of tokens */
    struct scope_entry *next;    /* once taken out, to be closed */
    bool in_table;
} scope_entry;

typedef struct thread_scope {
    uint32_t mask, used;
    uint64_t closings;    /* of registries, when this thread last looked for closed ones */
    scope_entry **places; /* NULL: free */
} thread_scope;

static WEFTI_THREAD_LOCAL struct {
    uintptr_t number;
    uint64_t closings;
    weft_session *session;
} last_default = {.number = NOBODY};
static WEFTI_THREAD_LOCAL thread_scope *own_scope;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t exit_key;
static bool have_key;

/* ---- the thread's table ---- */

static uint32_t place_of(const thread_scope *scope, uintptr_t number, uintptr_t token)
{
    uint64_t h = ((uint64_t)number * UINT64_C(0x9e3779b97f4a7c15)) ^ ((uint64_t)token * UINT64_C(0xff51afd7ed558ccd));
    return (uint32_t)(h >> 32 ^ h) & scope->mask;
}

static scope_entry *find_entry(const thread_scope *scope, uintptr_t number, uintptr_t token)
{
    if (scope == NULL)
        return NULL;
    for (uint32_t i = place_of(scope, number, token);; i = (i + 1) & scope->mask) {
        scope_entry *entry = scope->places[i];
        if (entry == NULL || (entry->number == number && entry->token == token))
            return entry;
    }
}

static void put_entry(thread_scope *scope, scope_entry *new)
{
    uint32_t i = place_of(scope, new->number, new->token);
    while (scope->places[i] != NULL)
        i = (i + 1) & scope->mask;
    scope->places[i] = new;
    scope->used++;
    new->in_table = true;
}

/* Keeps every chain of probes whole by moving later entries into the gap. */
static scope_entry *take_out_at(thread_scope *scope, uint32_t gap)
{
    scope_entry *entry = scope->places[gap];
    for (uint32_t i = (gap + 1) & scope->mask; scope->places[i] != NULL; i = (i + 1) & scope->mask) {
        uint32_t home = place_of(scope, scope->places[i]->number, scope->places[i]->token);
        if (((i - home) & scope->mask) >= ((i - gap) & scope->mask)) {
            scope->places[gap] = scope->places[i];
            gap = i;
        }
    }
    scope->places[gap] = NULL;
    scope->used--;
    entry->in_table = false;
    return entry;
}

static void take_out(thread_scope *scope, const scope_entry *entry)
{
    uint32_t i = place_of(scope, entry->number, entry->token);
    while (scope->places[i] != entry)
        i = (i + 1) & scope->mask;
    (void)take_out_at(scope, i);
}

/* Room for one more entry, with at least half of the places free. */
static bool make_room(thread_scope *scope)
{
    if (scope->places != NULL && 2 * (scope->used + 1) <= scope->mask + 1)
        return true;
    uint32_t places = scope->places == NULL ? FIRST_PLACES : 2 * (scope->mask + 1);
    scope_entry **new = places > MAX_PLACES ? NULL : wefti_calloc(places, sizeof(scope_entry *));
    if (new == NULL)
        return false;
    scope_entry **old = scope->places;
    uint32_t old_count = old == NULL ? 0 : scope->mask + 1;
    scope->places = new;
    scope->mask = places - 1;
    scope->used = 0;
    for (uint32_t i = 0; i < old_count; i++)
        if (old[i] != NULL)
            put_entry(scope, old[i]);
    wefti_free(old);
    return true;
}

/* The program has taken a session away; a token without one needs no entry. The default's stays: it has the spares. */
static void forget_session(wefti_session_keeper *keeper, weft_session *session)
{
    scope_entry *entry = (scope_entry *)(void *)keeper;
    if (last_default.session == session)
        last_default.number = NOBODY;
    for (uint32_t i = 0; i < SPARES; i++)
        if (entry->spare[i] == session) {
            entry->spare[i] = NULL;
            return;
        }
    entry->session = NULL;
    if (entry->token != 0 && entry->in_table) {
        take_out(own_scope, entry);
        wefti_free(entry);
    }
}

/* An empty entry in this thread's table; NULL: no memory. */
static scope_entry *add_entry(uintptr_t number, uintptr_t token)
{
    scope_entry *new = make_room(own_scope) ? wefti_calloc(1, sizeof *new) : NULL;
    if (new == NULL)
        return NULL;
    new->keeper.forget = forget_session;
    new->number = number;
    new->token = token;
    put_entry(own_scope, new);
    return new;
}

/* ---- closing what is this thread's ---- */

static void close_kept(weft_session **place)
{
    weft_session *session = *place;
    *place = NULL;
    if (session == NULL)
        return;
    if (last_default.session == session)
        last_default.number = NOBODY;
    (void)wefti_session_keep(session, NULL);
    weft_session_close(session);
}

/* Entries that were taken out of the table. */
static void close_entries(scope_entry *first)
{
    WEFTI_NOT_CANCELLED; /* nobody else has the list */
    while (first != NULL) {
        scope_entry *entry = first;
        first = entry->next;
        close_kept(&entry->session);
        for (uint32_t i = 0; i < SPARES; i++)
            close_kept(&entry->spare[i]);
        wefti_free(entry);
    }
}

/* Takes out the entries of registries that are closed, or all. */
static scope_entry *take_entries(thread_scope *scope, bool all)
{
    scope_entry *taken = NULL;
    uintptr_t open = NOBODY; /* the number that was found open last: entries of tokens share it */
    for (uint32_t i = 0; i <= scope->mask;) {
        const scope_entry *entry = scope->places[i];
        if (entry != NULL && (all || (entry->number != open && !wefti_registry_find(entry->number, NULL)))) {
            scope_entry *out = take_out_at(scope, i); /* another entry may have moved here */
            out->next = taken;
            taken = out;
            continue;
        }
        open = entry != NULL ? entry->number : open;
        i++;
    }
    return taken;
}

/* At thread exit, also by cancellation. */
static void close_scope(void *value)
{
    thread_scope *scope = value;
    scope_entry *all = take_entries(scope, true);
    own_scope = NULL;
    last_default.number = NOBODY;
    wefti_free(scope->places);
    wefti_free(scope);
    close_entries(all);
}

/* Acquire: pairs with the release in wefti_registry_close; what was closed by then is not found open. */
static uint64_t count_closings(void) { return wefti_atomic_load_u64(&wefti_registry_count.closings, WEFTI_ACQUIRE); }

/* Closes this thread's sessions of registries that were closed, by whomever. */
static void close_stale(thread_scope *scope)
{
    uint64_t seen = count_closings();
    if (scope == NULL || scope->closings == seen)
        return;
    scope->closings = seen;
    close_entries(take_entries(scope, false));
}

static void make_key(void) { have_key = pthread_key_create(&exit_key, close_scope) == 0; }

static bool make_scope(uint64_t seen)
{
    pthread_once(&once, make_key);
    thread_scope *scope = have_key ? wefti_calloc(1, sizeof *scope) : NULL;
    if (scope == NULL)
        return false;
    if (!make_room(scope) || pthread_setspecific(exit_key, scope) != 0) {
        wefti_free(scope->places);
        wefti_free(scope);
        return false;
    }
    scope->closings = seen;
    own_scope = scope;
    return true;
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

/* A session for an entry that has none, or for a new entry (*entry NULL). */
static weft_status make_session(uintptr_t number, uintptr_t token, scope_entry **entry)
{
    wefti_registry registry;
    uint64_t seen = count_closings(); /* before the look: a closing after it is noticed by the next call */
    if (!wefti_registry_find(number, &registry))
        return WEFT_ERROR_CLOSED;
    if (own_scope == NULL && !make_scope(seen))
        return WEFT_ERROR_NO_MEMORY;
    if (*entry == NULL)
        *entry = add_entry(number, token);
    if (*entry == NULL)
        return WEFT_ERROR_NO_MEMORY;
    weft_session *session = take_spare(find_entry(own_scope, number, 0));
    if (session == NULL)
        session = weft_session_open(registry.engine, &registry.options);
    if (wefti_session_keep(session, &(*entry)->keeper)) {
        (*entry)->session = session;
        return WEFT_OK;
    }
    if (token != 0) { /* a failed one, which is nobody's: the next call tries again */
        take_out(own_scope, *entry);
        wefti_free(*entry);
    }
    return weft_session_status(session);
}

static weft_session *session_slow(weft_scoped *registry, uintptr_t token)
{
    uintptr_t number = (uintptr_t)registry;
    close_stale(own_scope);
    scope_entry *entry = find_entry(own_scope, number, token);
    if (entry == NULL || entry->session == NULL) {
        weft_status status = make_session(number, token, &entry);
        if (status != WEFT_OK)
            return wefti_session_failed(status);
    }
    if (token == 0) {
        last_default.number = number;
        last_default.closings = own_scope->closings;
        last_default.session = entry->session;
    }
    return entry->session;
}

weft_session *weft_scoped_session(weft_scoped *registry)
{
    if ((uintptr_t)registry == last_default.number && count_closings() == last_default.closings)
        return last_default.session;
    return session_slow(registry, 0);
}

weft_session *weft_scoped_session_for(weft_scoped *registry, uintptr_t token)
{
    return token == 0 ? weft_scoped_session(registry) : session_slow(registry, token);
}

static scope_entry *own_entry(weft_scoped *registry, uintptr_t token)
{
    close_stale(own_scope);
    return find_entry(own_scope, (uintptr_t)registry, token);
}

void weft_scoped_remove(weft_scoped *registry)
{
    const scope_entry *entry = own_entry(registry, 0);
    if (entry != NULL && entry->session != NULL)
        wefti_session_recycle(entry->session);
}

/* Keeps a recycled session for the thread's next token. False: no room for it, no memory, or the registry is closed. */
static bool keep_spare(uintptr_t number, weft_session *session)
{
    scope_entry *entry = find_entry(own_scope, number, 0);
    if (entry == NULL && own_scope != NULL && wefti_registry_find(number, NULL))
        entry = add_entry(number, 0);
    for (uint32_t i = 0; entry != NULL && i < SPARES; i++)
        if (entry->spare[i] == NULL) {
            entry->spare[i] = session;
            return wefti_session_keep(session, &entry->keeper);
        }
    return false;
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
    take_out(own_scope, entry);
    wefti_free(entry);
    (void)wefti_session_keep(session, NULL);
    wefti_session_recycle(session);
    if (!keep_spare((uintptr_t)registry, session))
        weft_session_close(session);
}

/* ---- the registry ---- */

weft_status weft_scoped_open(weft_scoped **registry, weft_engine *engine, const weft_session_options *options, weft_error *error)
{
    if (registry == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_scoped_open: the pointer to the registry is NULL");
    *registry = NULL;
    if (engine == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_scoped_open needs an engine");
    wefti_registry new = {.engine = engine};
    if (options != NULL)
        new.options = *options;
    uintptr_t number = 0;
    weft_status status = wefti_registry_open(&new, &number, error);
    if (status == WEFT_OK)
        *registry = (weft_scoped *)number; /* not memory: nobody follows it */
    return status;
}

void weft_scoped_close(weft_scoped *registry)
{
    if (registry == NULL)
        return;
    wefti_registry_close((uintptr_t)registry);
    close_stale(own_scope);
}
