/* URLs of PostgreSQL. libpq parses them, so that everything it knows works (several hosts, service files, TLS); weft takes its own
 * options out first and checks the rest by itself, because libpq's messages about a bad URL repeat parts of it, the password
 * included. Invariant: no text that leaves this file holds a password. */
#define _DEFAULT_SOURCE
#include "driver/postgres/postgres.h"

#include <stdio.h>
#include <string.h>

typedef struct own_options {
    bool pgbouncer;
    bool no_prepare;
    weft_plan_mode plan;
} own_options;

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool percent_valid(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '%') {
            if (hex_digit(text[1]) < 0 || hex_digit(text[2]) < 0 || (text[1] == '0' && text[2] == '0'))
                return false;
            text += 2;
        }
    return true;
}

/* Behind user and password, which end at an '@' before the first '/', and may contain a '?'. */
static const char *find_hosts(const char *url)
{
    const char *at = strstr(url, "://") + 3;
    size_t user = strcspn(at, "@/");
    return at[user] == '@' ? at + user + 1 : at;
}

/* The '?' before the options. */
static const char *find_options(const char *url) { return strchr(find_hosts(url), '?'); }

static const char *const encode_hint =
    "postgresql://user:password@host:port/database?option=value; percent-encode :/?#[]@% in a password";

/* One host[:port] of the list. */
static bool port_is_number(const char *host, const char *end)
{
    const char *colon = *host == '[' ? memchr(host, ']', (size_t)(end - host)) : host;
    colon = colon != NULL ? memchr(colon, ':', (size_t)(end - colon)) : NULL;
    for (const char *p = colon != NULL ? colon + 1 : end; p < end; p++)
        if (*p < '0' || *p > '9')
            return false;
    return true;
}

/* A password with a reserved character in it makes another URL of the same text: "p@ss" a host "ss@host", "p/ss" a host, a port and
 * a database. What looks like that is refused, for its parts would be sent, shown and logged as names. */
static weft_status check_parts(const char *url, weft_error *error)
{
    const char *hosts = find_hosts(url), *end = hosts + strcspn(hosts, "/?"), *path = end + strcspn(end, "?");
    if (memchr(hosts, '@', (size_t)(path - hosts)) != NULL) {
        (void)wefti_error_set(error, WEFT_ERROR_URL, "the URL has an '@' where host and database are named");
        wefti_error_hint(error, "%s", encode_hint);
        return WEFT_ERROR_URL;
    }
    for (const char *host = hosts; host < end;) {
        const char *comma = memchr(host, ',', (size_t)(end - host)), *stop = comma != NULL ? comma : end;
        if (!port_is_number(host, stop)) {
            (void)wefti_error_set(error, WEFT_ERROR_URL, "what follows a host's ':' in the URL is no port number");
            wefti_error_hint(error, "%s", encode_hint);
            return WEFT_ERROR_URL;
        }
        host = stop + (comma != NULL);
    }
    return WEFT_OK;
}

/* Ports given as an option, and the range of all. */
static bool ports_are_valid(const char *list)
{
    while (list != NULL && *list != '\0') {
        size_t size = strcspn(list, ",");
        int64_t port = 0;
        if (size > 0 && (!wefti_int64_parse(list, size, &port) || port < 1 || port > 65535))
            return false;
        list += size + (list[size] == ',');
    }
    return true;
}

static bool read_switch(const char *value, size_t size, bool *on)
{
    if (size == 1 && (*value == '0' || *value == '1')) {
        *on = *value == '1';
        return true;
    }
    return false;
}

static bool read_plan(const char *value, size_t size, weft_plan_mode *plan)
{
    static const struct plan_word {
        const char *word;
        weft_plan_mode plan;
    } words[] = {{"force_custom_plan", WEFT_PLAN_CUSTOM}, {"force_generic_plan", WEFT_PLAN_GENERIC}, {"auto", WEFT_PLAN_AUTO}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i].word) == size && memcmp(words[i].word, value, size) == 0) {
            *plan = words[i].plan;
            return true;
        }
    return false;
}

static bool libpq_knows(const PQconninfoOption *known, const char *key, size_t size)
{
    /* The URL form has two names of its own. */
    if ((size == 3 && memcmp(key, "ssl", 3) == 0))
        return true;
    for (; known->keyword != NULL; known++)
        if (strlen(known->keyword) == size && memcmp(known->keyword, key, size) == 0)
            return true;
    return false;
}

/* Takes one key=value; *own_one says that it was weft's. */
static weft_status take_option(const PQconninfoOption *known, const char *option, size_t size, bool may_be_shown, own_options *own,
                               bool *own_one, weft_error *error)
{
    const char *equals = memchr(option, '=', size);
    size_t key_size = equals != NULL ? (size_t)(equals - option) : size;
    bool on = false;
    bool pgbouncer = key_size == 9 && memcmp(option, "pgbouncer", 9) == 0;
    if (key_size == 15 && memcmp(option, "plan_cache_mode", 15) == 0) {
        *own_one = true;
        if (equals == NULL || !read_plan(equals + 1, size - key_size - 1, &own->plan))
            return wefti_error_set(error, WEFT_ERROR_URL,
                                   "option plan_cache_mode of the URL takes auto, force_custom_plan or force_generic_plan");
        return WEFT_OK;
    }
    *own_one = pgbouncer || (key_size == 7 && memcmp(option, "prepare", 7) == 0);
    if (*own_one) {
        if (equals == NULL || !read_switch(equals + 1, size - key_size - 1, &on))
            return wefti_error_set(error, WEFT_ERROR_URL, "option %.*s of the URL takes 0 or 1", (int)key_size, option);
        if (pgbouncer)
            own->pgbouncer = on;
        else
            own->no_prepare = !on;
        return WEFT_OK;
    }
    if (equals == NULL)
        return wefti_error_set(error, WEFT_ERROR_URL, "an option of the URL has no '='");
    if (!libpq_knows(known, option, key_size)) {
        if (may_be_shown)
            (void)wefti_error_set(error, WEFT_ERROR_URL, "unknown option \"%.*s\" in the URL", key_size > 40 ? 40 : (int)key_size,
                                  option);
        else
            (void)wefti_error_set(error, WEFT_ERROR_URL, "unknown option in the URL, or a password that is not percent-encoded");
        wefti_error_hint(error, "libpq's connection parameters, pgbouncer=1, prepare=0 and plan_cache_mode are allowed");
        return WEFT_ERROR_URL;
    }
    return WEFT_OK;
}

/* The URL without weft's own options. */
static weft_status strip_options(const char *url, own_options *own, wefti_text *text, weft_error *error)
{
    const char *options = find_options(url);
    if (options == NULL) {
        wefti_text_add(text, url);
        return text->failed ? wefti_error_memory(error) : WEFT_OK;
    }
    PQconninfoOption *known = PQconndefaults();
    if (known == NULL)
        return wefti_error_memory(error);
    weft_status status = WEFT_OK;
    char separator = '?';
    /* What follows a password, or stands before an '@', may be a part of one. */
    bool may_be_shown = strstr(options, "password") == NULL && strchr(options, '@') == NULL;
    wefti_text_add_bytes(text, url, (size_t)(options - url));
    for (const char *option = options + 1; status == WEFT_OK && *option != '\0';) {
        size_t size = strcspn(option, "&");
        bool own_one = true;
        if (size > 0)
            status = take_option(known, option, size, may_be_shown, own, &own_one, error);
        if (!own_one) {
            wefti_text_add_char(text, separator);
            wefti_text_add_bytes(text, option, size);
            separator = '&';
        }
        option += size + (option[size] == '&');
    }
    PQconninfoFree(known);
    if (status == WEFT_OK && text->failed)
        status = wefti_error_memory(error);
    return status;
}

static const char *option_value(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword != NULL; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return options->val != NULL && options->val[0] != '\0' ? options->val : NULL;
    return NULL;
}

static bool add_setting(wefti_postgres_config *config, size_t *count, const char *keyword, const char *value)
{
    char *k = wefti_strdup(keyword), *v = wefti_strdup(value);
    if (k == NULL || v == NULL) {
        wefti_free(k);
        wefti_free(v);
        return false;
    }
    config->keywords[*count] = k;
    config->values[(*count)++] = v;
    return true;
}

/* A half-open connection is seen only by both: keepalives while waiting for an answer, tcp_user_timeout while sending. */
static const char *const defaults[][2] = {
    {"keepalives_idle", "30"},
    {"keepalives_interval", "10"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "60000"},
};
#define DEFAULT_COUNT (sizeof defaults / sizeof defaults[0])
#define SESSION_SETTINGS "-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c bytea_output=hex"
/* The server ends a statement whose client has gone: it looks at the socket while it works, and its keepalives find a half-open
 * one. Servers before version 14, some platforms and relatives of PostgreSQL refuse the first; see connect.c. */
#define ENDING_SETTINGS \
    " -c client_connection_check_interval=5s -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"

static char *join_options(const char *settings, const char *more, const char *own)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, settings);
    wefti_text_add(&text, more);
    if (own != NULL) {
        wefti_text_add_char(&text, ' ');
        wefti_text_add(&text, own);
    }
    char *joined = wefti_text_take(&text, NULL);
    wefti_text_deinit(&text);
    return joined;
}

/* options is refused by pgbouncer, so it is sent only where no pooler was announced. The URL's own come last and win. */
static bool add_session_options(wefti_postgres_config *config, size_t *count, const char *own, const own_options *weft)
{
    if (weft->pgbouncer)
        return own == NULL || add_setting(config, count, "options", own);
    const char *settings = weft->plan == WEFT_PLAN_CUSTOM    ? SESSION_SETTINGS " -c plan_cache_mode=force_custom_plan"
                           : weft->plan == WEFT_PLAN_GENERIC ? SESSION_SETTINGS " -c plan_cache_mode=force_generic_plan"
                                                             : SESSION_SETTINGS;
    char *all = join_options(settings, ENDING_SETTINGS, own);
    config->options_without = join_options(settings, "", own);
    bool done = all != NULL && config->options_without != NULL && add_setting(config, count, "options", all);
    wefti_free(all);
    return done;
}

static bool is_overridden(const char *keyword)
{
    return strcmp(keyword, "options") == 0 || strcmp(keyword, "client_encoding") == 0;
}

static bool copy_settings(wefti_postgres_config *config, const PQconninfoOption *parsed, const char *application,
                          const own_options *weft)
{
    size_t capacity = DEFAULT_COUNT + 8, count = 0;
    for (const PQconninfoOption *o = parsed; o->keyword != NULL; o++)
        capacity++;
    config->keywords = wefti_calloc(capacity, sizeof *config->keywords);
    config->values = wefti_calloc(capacity, sizeof *config->values);
    if (config->keywords == NULL || config->values == NULL)
        return false;
    for (const PQconninfoOption *o = parsed; o->keyword != NULL; o++) {
        if (o->val == NULL || o->val[0] == '\0' || is_overridden(o->keyword))
            continue;
        const char *value = o->val;
        /* libpq knows this word from version 16 only and takes it for a file name before. */
        if (PQlibVersion() < 160000 && strcmp(o->keyword, "sslrootcert") == 0 && strcmp(value, "system") == 0)
            value = "/etc/ssl/certs/ca-certificates.crt";
        if (!add_setting(config, &count, o->keyword, value))
            return false;
        if (strcmp(o->keyword, "password") == 0)
            config->password = config->values[count - 1];
    }
    for (size_t i = 0; i < DEFAULT_COUNT; i++)
        if (option_value(parsed, defaults[i][0]) == NULL && !add_setting(config, &count, defaults[i][0], defaults[i][1]))
            return false;
    bool done = add_setting(config, &count, "client_encoding", "UTF8") &&
                add_setting(config, &count, "fallback_application_name", application != NULL ? application : "weft") &&
                add_session_options(config, &count, option_value(parsed, "options"), weft);
    config->keyword_count = count;
    return done && wefti_postgres_hosts_init(config);
}

static char *make_display(const PQconninfoOption *parsed, const own_options *own, weft_plan_mode engine_plan)
{
    static const char *const plans[] = {
        [WEFT_PLAN_AUTO] = "auto", [WEFT_PLAN_CUSTOM] = "force_custom_plan", [WEFT_PLAN_GENERIC] = "force_generic_plan"};
    const char *given[8] = {NULL};
    size_t count = 0;
    if (own->pgbouncer)
        given[count] = "pgbouncer", given[count + 1] = "1", count += 2;
    if (own->no_prepare)
        given[count] = "prepare", given[count + 1] = "0", count += 2;
    if (own->plan != engine_plan)
        given[count] = "plan_cache_mode", given[count + 1] = plans[own->plan], count += 2;
    return wefti_postgres_shown(parsed, given);
}

static void free_config(wefti_postgres_config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; config->keywords != NULL && config->keywords[i] != NULL; i++) {
        if (config->values[i] == config->password || strcmp(config->keywords[i], "sslpassword") == 0)
            explicit_bzero(config->values[i], strlen(config->values[i]));
        wefti_free(config->keywords[i]);
        wefti_free(config->values[i]);
    }
    wefti_postgres_hosts_deinit(config);
    wefti_free(config->options_without);
    wefti_free(config->keywords);
    wefti_free(config->values);
    wefti_free(config);
}

static weft_status parse_url(const char *url, own_options *own, PQconninfoOption **parsed, weft_error *error)
{
    if (strncmp(url, "postgresql://", 13) != 0 && strncmp(url, "postgres://", 11) != 0)
        return wefti_error_set(error, WEFT_ERROR_URL, "the URL does not begin with postgresql:// or postgres://");
    if (!percent_valid(url))
        return wefti_error_set(error, WEFT_ERROR_URL,
                               "the URL has a '%%' that is not followed by two hexadecimal digits (write %%25), or %%00");
    wefti_text text;
    wefti_text_init(&text, 0);
    weft_status status = check_parts(url, error);
    if (status == WEFT_OK)
        status = strip_options(url, own, &text, error);
    if (status == WEFT_OK) {
        char *message = NULL; /* may repeat the password: never shown */
        *parsed = wefti_pq_parse(text.data, &message);
        if (*parsed == NULL && (message == NULL || wefti_postgres_is_memory(message))) {
            status = wefti_error_memory(error);
        } else if (*parsed == NULL) {
            status = wefti_error_set(error, WEFT_ERROR_URL, "libpq cannot parse the URL");
            wefti_error_hint(error, "%s", encode_hint);
        } else if (!ports_are_valid(option_value(*parsed, "port"))) {
            status = wefti_error_set(error, WEFT_ERROR_URL, "a port of the URL is no number from 1 to 65535");
            PQconninfoFree(*parsed);
            *parsed = NULL;
        }
        PQfreemem(message);
    }
    if (text.data != NULL)
        explicit_bzero(text.data, text.size);
    wefti_text_deinit(&text);
    return status;
}

weft_status wefti_postgres_target_new(const char *url, const wefti_driver_options *options, wefti_target *target, weft_error *error)
{
    own_options own = {.plan = options != NULL ? options->plan : WEFT_PLAN_DEFAULT};
    PQconninfoOption *parsed = NULL;
    *target = (wefti_target){0};
    weft_status status = parse_url(url, &own, &parsed, error);
    if (status == WEFT_OK && own.pgbouncer && own.plan == WEFT_PLAN_GENERIC) {
        PQconninfoFree(parsed);
        status = wefti_error_set(error, WEFT_ERROR_URL, "pgbouncer=1 plans each run; force_generic_plan cannot be had with it");
    }
    if (status != WEFT_OK)
        return status;
    wefti_postgres_config *config = wefti_calloc(1, sizeof *config);
    target->config = config;
    target->display = make_display(parsed, &own, options != NULL ? options->plan : WEFT_PLAN_DEFAULT);
    if (config == NULL || target->display == NULL ||
        !copy_settings(config, parsed, options != NULL ? options->application : NULL, &own)) {
        wefti_postgres_target_free(target);
        status = wefti_error_memory(error);
    } else {
        if (options != NULL && options->log != NULL)
            config->log = *options->log;
        config->evictions = options != NULL ? options->evictions : NULL;
        config->show_raised = options != NULL && options->show_raised;
        config->show_all = options != NULL && options->show_all;
        config->prepared_limit = options != NULL && options->prepared_limit != 0 ? options->prepared_limit : 256;
        config->pooled = own.pgbouncer;
        config->replan = own.plan == WEFT_PLAN_DEFAULT;
        config->plan = (uint8_t)own.plan;
        config->no_prepare = own.pgbouncer || own.no_prepare || (options != NULL && options->no_prepare);
        weft_uuid random = weft_uuid_random();
        memcpy(&config->token, random.bytes, sizeof config->token);
        atomic_init(&config->pooler_seen, false);
        atomic_init(&config->plain_options, false);
        atomic_init(&config->no_options, false);
        atomic_init(&config->clear_text_seen, false);
        status = wefti_postgres_check_settings(config, error);
        if (status != WEFT_OK)
            wefti_postgres_target_free(target);
    }
    PQconninfoFree(parsed);
    return status;
}

void wefti_postgres_target_free(wefti_target *target)
{
    free_config(target->config);
    wefti_free(target->display);
    *target = (wefti_target){0};
}
