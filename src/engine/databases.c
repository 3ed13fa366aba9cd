/* The databases that engines open: weft's own, and those whose drivers programs have registered, each with the SQL that it
 * understands.
 *
 * What was registered is a list that only grows, at its head: who opens an engine walks it without a lock, and of two that
 * register the same name or scheme at once the second sees the first when its exchange fails. */
#include "base/atomic.h"
#include "base/error.h"
#include "base/memory.h"
#include "engine/engine_private.h"

#include <string.h>

#include <weft/driver.h>

typedef struct database {
    const struct database *next;
    const wefti_driver *driver;
    const wefti_dialect *dialect;
} database;

static const database own[] = {
    {&own[1], &wefti_sqlite_driver, &wefti_dialect_sqlite},
    {NULL, &wefti_postgres_driver, &wefti_dialect_postgres},
};

static wefti_atomic_ptr registered; /* the newest; the last of them goes on to own */

/* Acquire: pairs with the release of who registers; the entries are seen whole. */
static const database *first(void)
{
    const database *newest = wefti_atomic_load_ptr(&registered, WEFTI_ACQUIRE);
    return newest != NULL ? newest : own;
}

static bool names_scheme(const database *d, const char *name, size_t size)
{
    for (const char *const *scheme = d->driver->schemes; *scheme != NULL; scheme++)
        if (strlen(*scheme) == size && memcmp(*scheme, name, size) == 0)
            return true;
    return false;
}

static const database *find(const database *from, const char *scheme, size_t size)
{
    while (from != NULL && !names_scheme(from, scheme, size))
        from = from->next;
    return from;
}

static void add_schemes(const database *d, char *list, size_t size)
{
    size_t used = strlen(list);
    for (const char *const *scheme = d->driver->schemes; *scheme != NULL; scheme++) {
        const size_t length = strlen(*scheme);
        if (used + length + 3 > size)
            return;
        if (used > 0) {
            memcpy(list + used, ", ", 2);
            used += 2;
        }
        memcpy(list + used, *scheme, length + 1);
        used += length;
    }
}

/* weft's own first. */
static void list_schemes(char *list, size_t size)
{
    *list = '\0';
    for (const database *d = own; d != NULL; d = d->next)
        add_schemes(d, list, size);
    for (const database *d = first(); d != own; d = d->next)
        add_schemes(d, list, size);
}

const wefti_dialect *wefti_engine_dialect(const char *name, weft_error *error)
{
    const database *found = name != NULL ? find(first(), name, strlen(name)) : NULL;
    for (const database *d = first(); name != NULL && found == NULL && d != NULL; d = d->next)
        if (strcmp(d->driver->name, name) == 0)
            found = d;
    if (found != NULL)
        return found->dialect;
    char list[200];
    list_schemes(list, sizeof list);
    (void)wefti_error_set(error, WEFT_ERROR_MISUSE, "\"%s\" is no database of weft's: %s are", name != NULL ? name : "", list);
    return NULL;
}

/* Only the scheme is shown: what follows may be a password. */
static weft_status unknown_scheme(const char *url, size_t length, weft_error *error)
{
    char known[200], scheme[32];
    list_schemes(known, sizeof known);
    if (url[length] != ':' || length == 0 || length >= sizeof scheme) {
        (void)wefti_error_set(error, WEFT_ERROR_URL, "the database URL does not begin with a scheme; known are %s", known);
    } else {
        memcpy(scheme, url, length);
        scheme[length] = '\0';
        (void)wefti_error_set(error, WEFT_ERROR_URL, "unknown scheme \"%s\" of the database URL; known are %s", scheme, known);
    }
    wefti_error_hint(error, "for instance %s or %s; weft_driver_register makes others known", own[0].driver->example,
                     own[1].driver->example);
    return WEFT_ERROR_URL;
}

weft_status wefti_database_of(const char *url, const wefti_driver **driver, const wefti_dialect **dialect, weft_error *error)
{
    if (url == NULL || *url == '\0')
        return wefti_error_set(error, WEFT_ERROR_URL, "the database URL is empty");
    const size_t length = strcspn(url, ":/@ ?#");
    const database *found = url[length] == ':' ? find(first(), url, length) : NULL;
    if (found == NULL)
        return unknown_scheme(url, length, error);
    *driver = found->driver;
    *dialect = found->dialect;
    return WEFT_OK;
}

/* ---- registering ---- */

/* MISUSE where a name or a scheme is taken by an entry from this one on. */
static weft_status check_free(const database *from, const wefti_driver *driver, weft_error *error)
{
    for (const database *d = from; d != NULL; d = d->next)
        if (strcmp(d->driver->name, driver->name) == 0)
            return wefti_error_set(error, WEFT_ERROR_MISUSE, "a driver with the name \"%s\" is registered already", driver->name);
    for (const char *const *scheme = driver->schemes; *scheme != NULL; scheme++) {
        const database *taken = find(from, *scheme, strlen(*scheme));
        if (taken != NULL)
            return wefti_error_set(error, WEFT_ERROR_MISUSE, "the scheme \"%s\" of the driver \"%s\" is that of the driver \"%s\"",
                                   *scheme, driver->name, taken->driver->name);
    }
    return WEFT_OK;
}

weft_status weft_driver_register(const weft_driver *driver, weft_error *error)
{
    static const wefti_driver *const speakers[] = {&wefti_sqlite_driver, &wefti_postgres_driver, NULL};
    const wefti_driver *made = NULL;
    weft_status status = wefti_user_driver_new(driver, speakers, &made, error);
    if (status != WEFT_OK)
        return status;
    database *entry = wefti_malloc(sizeof *entry);
    if (entry == NULL) {
        wefti_user_driver_free(made);
        return wefti_error_memory(error);
    }
    void *head = wefti_atomic_load_ptr(&registered, WEFTI_ACQUIRE);
    do {
        const database *from = head != NULL ? head : own;
        const wefti_dialect *dialect = wefti_engine_dialect(made->dialect, NULL);
        *entry = (database){.next = from, .driver = made, .dialect = dialect};
        status = check_free(from, made, error);
    } while (status == WEFT_OK && !wefti_atomic_cas_ptr(&registered, &head, entry, WEFTI_ACQ_REL));
    if (status != WEFT_OK) {
        wefti_free(entry);
        wefti_user_driver_free(made);
    }
    return status;
}
