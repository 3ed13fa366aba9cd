/* Targets and connections of a driver that a program has registered. */
#define _GNU_SOURCE
#include "driver/user/user.h"

#include "base/locale.h"

#include <string.h>

#define DEFAULT_PREPARED 256u

/* ---- targets ---- */

static bool is_secret(const char *name, size_t size)
{
    static const char *const words[] = {"pass", "pwd", "secret", "token", "key", "credential"};
    for (size_t at = 0; at < size; at++)
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (size - at >= strlen(words[i]) && wefti_ascii_same(name + at, words[i], strlen(words[i])))
                return true;
    return false;
}

/* Options behind '?', of which those that may be secrets lose their values. */
static void add_options(wefti_text *text, const char *at)
{
    while (*at != '\0') {
        const size_t size = strcspn(at + 1, "&;") + 1, name = strcspn(at, "=");
        const bool hidden = name < size && is_secret(at, name);
        wefti_text_add_bytes(text, at, hidden ? name + 1 : size);
        wefti_text_add(text, hidden ? "***" : "");
        at += size;
    }
}

/* The URL with "***" for its password, wherever URLs have one: scheme://user:password@place?password=… */
static char *shown(const char *url)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    const size_t scheme = strcspn(url, ":"), slashes = strncmp(url + scheme, "://", 3) == 0 ? 3 : url[scheme] == ':';
    const char *place = url + scheme + slashes, *options = place + strcspn(place, "?");
    const char *at = memrchr(place, '@', (size_t)(options - place));
    const char *colon = at != NULL ? memchr(place, ':', (size_t)(at - place)) : NULL;
    if (colon != NULL) {
        wefti_text_add_bytes(&text, url, (size_t)(colon + 1 - url));
        wefti_text_add(&text, "***");
        place = at;
    } else {
        wefti_text_add_bytes(&text, url, (size_t)(place - url));
    }
    wefti_text_add_bytes(&text, place, (size_t)(options - place));
    add_options(&text, options);
    char *display = wefti_text_take(&text, NULL);
    wefti_text_deinit(&text);
    return display;
}

weft_status wefti_user_target_new(const char *url, const wefti_driver_options *options, wefti_target *target, weft_error *error)
{
    const wefti_user_driver *driver = (const wefti_user_driver *)target->driver;
    static const wefti_driver_options defaults;
    weft_error own;
    if (options == NULL)
        options = &defaults;
    *target = (wefti_target){.driver = &driver->base};
    wefti_user_target *made = wefti_calloc(1, sizeof *made);
    if (made != NULL) {
        target->config = made;
        target->display = shown(url);
        *made = (wefti_user_target){.driver = driver,
                                    .log = options->log,
                                    .evictions = options->evictions,
                                    .prepared_limit = options->prepared_limit,
                                    .no_prepare = options->no_prepare || driver->own.prepare == NULL,
                                    .url = wefti_strdup(url),
                                    .application = wefti_strdup(options->application),
                                    .owner_pid = wefti_process_id()};
        made->given = (weft_driver_target){.url = made->url, .application = made->application, .context = driver->own.context};
    }
    weft_status status = WEFT_OK;
    if (made == NULL || target->display == NULL || made->url == NULL || (options->application != NULL && made->application == NULL))
        status = wefti_error_memory(error);
    wefti_error_clear(&own);
    if (status == WEFT_OK && driver->own.check_url != NULL) {
        status = wefti_user_judge(driver, driver->own.check_url(&made->given, &own), &own);
        if (status != WEFT_OK)
            wefti_error_copy(error, &own);
    }
    if (status != WEFT_OK)
        wefti_user_target_free(target);
    return status;
}

void wefti_user_target_free(wefti_target *target)
{
    wefti_user_target *made = target->config;
    if (made != NULL) {
        wefti_free(made->url);
        wefti_free(made->application);
    }
    wefti_free(made);
    wefti_free(target->display);
    *target = (wefti_target){0};
}

/* ---- connections ---- */

static weft_status open_own(wefti_user_dbc *c, wefti_deadline deadline, weft_error *error)
{
    const weft_driver *own = &c->driver->own;
    void *connection = NULL;
    weft_status status = wefti_user_judge(c->driver, own->open(&c->target->given, deadline, &connection, &c->error), &c->error);
    if (status == WEFT_OK && connection == NULL)
        status = wefti_error_set(&c->error, WEFT_ERROR_INTERNAL, "the driver \"%s\" opened a connection and gave none", own->name);
    if (status != WEFT_OK)
        wefti_error_copy(error, &c->error);
    wefti_error_clear(&c->error);
    c->connection = status == WEFT_OK ? connection : NULL;
    return status;
}

weft_status wefti_user_open(const wefti_target *target, wefti_deadline deadline, wefti_dbc **dbc, weft_error *error)
{
    const wefti_user_target *config = target->config;
    *dbc = NULL;
    if (config->owner_pid != wefti_process_id())
        return wefti_error_set(error, WEFT_ERROR_FORKED, "the database was opened before fork()");
    wefti_user_dbc *c = wefti_calloc(1, sizeof *c);
    if (c == NULL)
        return wefti_error_memory(error);
    c->base = (wefti_dbc){.driver = target->driver,
                          .number = wefti_dbc_next_number(),
                          .log = config->log,
                          .opened_ns = wefti_now_ns(),
                          .owner_pid = wefti_process_id(),
                          .prepared = &c->prepared};
    c->driver = config->driver;
    c->target = config;
    const uint32_t limit = config->no_prepare ? 1 : config->prepared_limit == 0 ? DEFAULT_PREPARED : config->prepared_limit;
    weft_status status = wefti_prepared_init(&c->prepared, limit, config->evictions, wefti_user_run_evict, c, error);
    if (status == WEFT_OK)
        status = open_own(c, deadline, error);
    if (status != WEFT_OK) {
        wefti_user_close(&c->base);
        return status;
    }
    *dbc = &c->base;
    return WEFT_OK;
}

void wefti_user_close(wefti_dbc *dbc)
{
    wefti_user_dbc *c = (wefti_user_dbc *)dbc;
    if (c == NULL || c->base.owner_pid != wefti_process_id())
        return; /* what it holds is the parent's */
    wefti_prepared_deinit(&c->prepared);
    if (c->connection != NULL)
        c->driver->own.close(c->connection);
    wefti_free(c->base.facts);
    wefti_free(c);
}

bool wefti_user_alive(wefti_dbc *dbc, weft_error *error)
{
    wefti_user_dbc *c = (wefti_user_dbc *)dbc;
    const weft_driver *own = &c->driver->own;
    if (wefti_user_enter(c, WEFTI_NO_DEADLINE, error) != WEFT_OK)
        return false;
    if (own->alive == NULL || own->alive(c->connection, &c->error))
        return true;
    c->broken = true;
    if (c->error.message[0] == '\0')
        wefti_error_set(&c->error, WEFT_ERROR_DISCONNECTED, "the connection was lost");
    wefti_error_copy(error, &c->error);
    wefti_error_clear(&c->error);
    return false;
}

weft_status wefti_user_ping(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    wefti_user_dbc *c = (wefti_user_dbc *)dbc;
    const weft_driver *own = &c->driver->own;
    weft_status status = wefti_user_enter(c, deadline, error);
    if (status != WEFT_OK)
        return status;
    wefti_prepared_sweep(&c->prepared); /* no statement may come for long */
    return own->ping != NULL ? wefti_user_answered(c, own->ping(c->connection, deadline, &c->error), error)
                             : wefti_user_say(c, "SELECT 1", deadline, error);
}

static weft_status reset_own(wefti_user_dbc *c, wefti_deadline deadline, weft_error *error)
{
    const weft_driver *own = &c->driver->own;
    if (own->reset == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE,
                               "SQL of the program's own may have changed the session, and the driver \"%s\" takes nothing back",
                               own->name);
    weft_status status = wefti_user_answered(c, own->reset(c->connection, deadline, &c->error), error);
    c->base.dirty = status != WEFT_OK;
    c->base.greeted = false;
    return status;
}

weft_status wefti_user_reset(wefti_dbc *dbc, wefti_deadline deadline, weft_error *error)
{
    wefti_user_dbc *c = (wefti_user_dbc *)dbc;
    weft_status status = wefti_user_enter(c, deadline, error);
    if (status == WEFT_OK && c->open_rows > 0)
        status = wefti_error_set(error, WEFT_ERROR_MISUSE, "%u results are still open", c->open_rows);
    if (status == WEFT_OK && wefti_user_state(dbc) != WEFTI_TX_IDLE)
        status = wefti_user_rollback(dbc, deadline, error);
    if (status == WEFT_OK && c->base.dirty)
        status = reset_own(c, deadline, error);
    if (status == WEFT_OK)
        wefti_prepared_sweep(&c->prepared);
    return status;
}
