/* Several hosts in one URL. libpq tries them in order but knows of no deadline while it is driven without blocking: a first host
 * that hangs would take all the time there is. So each host is a login of its own with an even share of the time that is left; what
 * a quick refusal leaves goes to the others. Which host is good enough (target_session_attrs) libpq decides as before, but for
 * prefer-standby, which is two rounds: the standbys, then any.
 *
 * A host that let a login wait in vain is tried last for a while: else each login would wait there first.
 *
 * Invariant: lists that libpq would refuse, or that have empty elements, are one attempt, which is given to libpq as it stands. */
#include "driver/postgres/postgres.h"

#include <stdlib.h>
#include <string.h>

#define AVOIDED_NS (10000 * (int64_t)WEFTI_NS_PER_MS)
#define MOST_HOSTS 1024 /* a list that is longer is libpq's to try */

static const char *const split[WEFTI_POSTGRES_SPLIT] = {"host", "hostaddr", "port"};

static const char *value_of(const wefti_postgres_config *config, const char *keyword)
{
    for (size_t i = 0; config->keywords[i] != NULL; i++)
        if (strcmp(config->keywords[i], keyword) == 0)
            return config->values[i];
    return NULL;
}

/* How many texts stand between the commas; 0 where one of them is empty. */
static size_t count_items(const char *list)
{
    size_t count = 1;
    bool empty = list[0] == '\0';
    for (const char *c = list; *c != '\0'; c++)
        if (*c == ',') {
            empty = empty || c == list || c[1] == ',' || c[1] == '\0';
            count++;
        }
    return empty ? 0 : count;
}

static bool split_list(wefti_postgres_list *list, const char *value)
{
    list->text = wefti_strdup(value);
    list->items = wefti_calloc(count_items(value), sizeof *list->items);
    if (list->text == NULL || list->items == NULL)
        return false;
    for (char *at = list->text; at != NULL;) {
        list->items[list->count++] = at;
        at = strchr(at, ',');
        if (at != NULL)
            *at++ = '\0';
    }
    return true;
}

bool wefti_postgres_hosts_init(wefti_postgres_config *config)
{
    const char *values[WEFTI_POSTGRES_SPLIT], *attributes = value_of(config, "target_session_attrs");
    const char *timeout = value_of(config, "connect_timeout"), *order = value_of(config, "load_balance_hosts");
    size_t counts[WEFTI_POSTGRES_SPLIT] = {0};
    for (size_t i = 0; i < WEFTI_POSTGRES_SPLIT; i++) {
        values[i] = value_of(config, split[i]);
        counts[i] = values[i] != NULL ? count_items(values[i]) : 1;
    }
    size_t hosts = values[1] != NULL ? counts[1] : counts[0];
    bool sound =
        hosts > 1 && hosts <= MOST_HOSTS && (values[0] == NULL || counts[0] == hosts) && (counts[2] == 1 || counts[2] == hosts);
    int64_t seconds = 0;
    if (timeout != NULL && !wefti_int64_parse(timeout, strlen(timeout), &seconds))
        seconds = 0;
    config->host_timeout_ms = seconds > 0 && seconds < 100000 ? (uint32_t)(seconds > 1 ? seconds : 2) * 1000 : 0;
    config->host_count = sound ? hosts : 1;
    config->prefer_standby = sound && attributes != NULL && strcmp(attributes, "prefer-standby") == 0;
    config->wants_writable = attributes != NULL && (strcmp(attributes, "read-write") == 0 || strcmp(attributes, "primary") == 0);
    config->random_order = sound && order != NULL && strcmp(order, "random") == 0;
    for (size_t i = 0; sound && i < WEFTI_POSTGRES_SPLIT; i++)
        if (values[i] != NULL && !split_list(&config->lists[i], values[i]))
            return false;
    config->avoided_until_ns = wefti_calloc(config->host_count, sizeof *config->avoided_until_ns);
    return config->avoided_until_ns != NULL;
}

void wefti_postgres_hosts_deinit(wefti_postgres_config *config)
{
    for (size_t i = 0; i < WEFTI_POSTGRES_SPLIT; i++) {
        wefti_free(config->lists[i].text);
        wefti_free(config->lists[i].items);
    }
    wefti_free(config->avoided_until_ns);
}

size_t wefti_postgres_attempts(const wefti_postgres_config *config)
{
    return config->host_count * (config->prefer_standby ? 2 : 1);
}

void wefti_postgres_order_hosts(const wefti_postgres_config *config, uint16_t *hosts)
{
    uint64_t now = (uint64_t)wefti_now_ns();
    size_t count = config->host_count, first = config->random_order ? weft_uuid_random().bytes[0] % count : 0;
    size_t front = 0, back = count;
    for (size_t i = 0; i < count; i++) {
        size_t host = (first + i) % count;
        bool avoided = wefti_atomic_load_u64(&config->avoided_until_ns[host], WEFTI_RELAXED) > now;
        hosts[avoided ? --back : front++] = (uint16_t)host;
    }
    for (size_t i = count; i < wefti_postgres_attempts(config); i++)
        hosts[i] = hosts[i - count];
}

void wefti_postgres_note_host(const wefti_postgres_config *config, size_t host, weft_status status)
{
    if (status == WEFT_ERROR_TIMEOUT)
        wefti_atomic_store_u64(&config->avoided_until_ns[host], (uint64_t)(wefti_now_ns() + AVOIDED_NS), WEFTI_RELAXED);
    else if (status == WEFT_OK)
        wefti_atomic_store_u64(&config->avoided_until_ns[host], 0, WEFTI_RELAXED);
}

static const char *replaced(const wefti_postgres_config *config, const char *keyword, size_t attempt, size_t host)
{
    for (size_t i = 0; i < WEFTI_POSTGRES_SPLIT; i++)
        if (config->lists[i].count > 0 && strcmp(keyword, split[i]) == 0)
            return config->lists[i].items[config->lists[i].count > 1 ? host : 0];
    if (config->prefer_standby && strcmp(keyword, "target_session_attrs") == 0)
        return attempt < config->host_count ? "standby" : "any";
    return NULL;
}

void wefti_postgres_attempt_values(const wefti_postgres_config *config, size_t attempt, size_t host, const char **values)
{
    bool plain = atomic_load_explicit(&config->plain_options, memory_order_relaxed);
    bool bare = atomic_load_explicit(&config->no_options, memory_order_relaxed);
    size_t i = 0;
    for (; config->keywords[i] != NULL; i++) {
        const char *value = replaced(config, config->keywords[i], attempt, host);
        if (plain && config->options_without != NULL && strcmp(config->keywords[i], "options") == 0)
            value = config->options_without;
        values[i] = value != NULL ? value : config->values[i];
        if (bare && strcmp(config->keywords[i], "options") == 0)
            values[i] = NULL;
    }
    values[i] = NULL;
}
