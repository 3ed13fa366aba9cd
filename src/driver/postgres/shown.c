/* The URL of a target as it is shown: one that reads back to the same target, but for its passwords, which are three stars.
 * Whatever is not plain is percent-encoded, so that libpq takes each part for what it was. */
#include "driver/postgres/postgres.h"

#include <string.h>

static const char *value_of(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword != NULL; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return options->val != NULL ? options->val : "";
    return "";
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
           c == '~';
}

/* keep: characters that stay as they are beside the plain ones. */
static void add_encoded(wefti_text *text, const char *value, size_t size, const char *keep)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)value[i];
        if (is_plain(value[i]) || strchr(keep, value[i]) != NULL) {
            wefti_text_add_char(text, value[i]);
        } else {
            wefti_text_add_char(text, '%');
            wefti_text_add_char(text, digits[c >> 4]);
            wefti_text_add_char(text, digits[c & 15]);
        }
    }
}

static size_t count_items(const char *list)
{
    size_t count = 1;
    for (; *list != '\0'; list++)
        count += *list == ',';
    return count;
}

/* An address of IPv6 stands in brackets, for its colons. */
static void add_host(wefti_text *text, const char *host, size_t size)
{
    bool address = memchr(host, ':', size) != NULL && memchr(host, '/', size) == NULL && memchr(host, ']', size) == NULL;
    if (address)
        wefti_text_add_char(text, '[');
    add_encoded(text, host, size, address ? ":" : "");
    if (address)
        wefti_text_add_char(text, ']');
}

/* Hosts with their ports; *ports_done false where the ports do not belong to the hosts one by one. */
static void add_hosts(wefti_text *text, const char *hosts, const char *ports, bool *ports_done)
{
    size_t count = count_items(hosts), port_count = count_items(ports);
    *ports_done = *ports != '\0' && *hosts != '\0' && (port_count == 1 || port_count == count);
    for (const char *host = hosts, *port = ports; count > 0; count--) {
        size_t size = strcspn(host, ","), digits = strcspn(port, ",");
        add_host(text, host, size);
        if (*ports_done && digits > 0) {
            wefti_text_add_char(text, ':');
            wefti_text_add_bytes(text, port, digits);
        }
        if (count > 1) {
            wefti_text_add_char(text, ',');
            host += size + 1;
            port += *ports_done && port_count > 1 ? digits + 1 : 0;
        }
    }
}

static void add_option(wefti_text *text, char *separator, const char *keyword, const char *value)
{
    wefti_text_add_char(text, *separator);
    *separator = '&';
    wefti_text_add(text, keyword);
    wefti_text_add_char(text, '=');
    add_encoded(text, value, strlen(value), "*/:,");
}

static bool stands_before(const char *keyword, bool with_user, bool with_ports)
{
    return strcmp(keyword, "host") == 0 || strcmp(keyword, "dbname") == 0 || strcmp(keyword, "user") == 0 ||
           (with_user && strcmp(keyword, "password") == 0) || (with_ports && strcmp(keyword, "port") == 0);
}

char *wefti_postgres_shown(const PQconninfoOption *parsed, const char *const *own)
{
    const char *user = value_of(parsed, "user"), *database = value_of(parsed, "dbname");
    bool ports_done = false;
    char separator = '?';
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, "postgresql://");
    if (*user != '\0') {
        add_encoded(&text, user, strlen(user), "");
        wefti_text_add(&text, *value_of(parsed, "password") != '\0' ? ":***@" : "@");
    }
    add_hosts(&text, value_of(parsed, "host"), value_of(parsed, "port"), &ports_done);
    wefti_text_add_char(&text, '/');
    add_encoded(&text, database, strlen(database), "");
    for (const PQconninfoOption *o = parsed; o->keyword != NULL; o++)
        if (o->val != NULL && o->val[0] != '\0' && !stands_before(o->keyword, *user != '\0', ports_done))
            add_option(&text, &separator, o->keyword, o->dispchar != NULL && o->dispchar[0] == '*' ? "***" : o->val);
    for (; own[0] != NULL; own += 2)
        add_option(&text, &separator, own[0], own[1]);
    char *shown = wefti_text_take(&text, NULL);
    wefti_text_deinit(&text);
    return shown;
}
