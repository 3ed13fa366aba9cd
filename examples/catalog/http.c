/* GNU libmicrohttpd around catalog_answer: reads what a client sent with distrust, answers 400 where it makes no sense, and
 * never lets a request reach the database with text that is not UTF-8 or a number that is none. */
#define _POSIX_C_SOURCE 200809L
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_LIMIT_BYTES = 200, PAGE_LIMIT = 100000, IDLE_TIMEOUT_SECONDS = 30, CONNECTION_LIMIT = 1024 };

struct HttpServer {
    struct MHD_Daemon *daemon;
    Catalog *catalog;
};

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes %xx in place. What is no escape, or stands for NUL, becomes a byte that is not UTF-8, so that the check below refuses it:
 * libmicrohttpd's own decoder would cut the text at %00. */
static size_t decode(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (*from != '%') {
            *to++ = *from;
            continue;
        }
        int high = hex_digit(from[1]), low = high < 0 ? -1 : hex_digit(from[2]);
        int byte = low < 0 ? 0 : high * 16 + low;
        *to++ = (char)(byte == 0 ? 0xff : byte);
        from += low < 0 ? 0 : 2;
    }
    *to = '\0';
    return (size_t)(to - text);
}

/* UTF-8 without control characters, not too long. */
static bool is_plain_text(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    if (strlen(text) > TEXT_LIMIT_BYTES) {
        return false;
    }
    while (*at != '\0') {
        unsigned size = *at < 0x80 ? 1 : *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : 2;
        if (*at < 0x20 || *at == 0x7f || (*at >= 0x80 && *at < 0xc2) || *at > 0xf4) {
            return false;
        }
        if ((*at == 0xe0 && at[1] < 0xa0) || (*at == 0xed && at[1] > 0x9f) || (*at == 0xf0 && at[1] < 0x90) ||
            (*at == 0xf4 && at[1] > 0x8f)) {
            return false; /* overlong, a surrogate, or beyond U+10FFFF */
        }
        for (unsigned i = 1; i < size; i++) {
            if ((at[i] & 0xc0) != 0x80) {
                return false;
            }
        }
        at += size;
    }
    return true;
}

static const char *parameter(struct MHD_Connection *connection, const char *name)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
    return value != NULL ? value : "";
}

static bool read_page(const char *text, int64_t *page)
{
    char *end;
    *page = 1;
    if (*text == '\0') {
        return true;
    }
    errno = 0;
    *page = strtoll(text, &end, 10);
    return errno == 0 && *end == '\0' && *text >= '0' && *text <= '9' && *page >= 1 && *page <= PAGE_LIMIT;
}

static bool read_load(const char *text, LoadMode *load)
{
    static const char *const names[] = {"eager", "batched", "lazy"};
    *load = LOAD_EAGER;
    for (int mode = 0; mode < FIGURE_MODES; mode++) {
        if (strcmp(text, names[mode]) == 0) {
            *load = (LoadMode)mode;
            return true;
        }
    }
    return *text == '\0';
}

/* NULL where the request makes sense, else what is wrong with it. */
static const char *read_request(Request *request, struct MHD_Connection *connection, const char *url)
{
    request->json = strncmp(url, "/api", 4) == 0 && (url[4] == '/' || url[4] == '\0');
    request->path = request->json ? url + 4 : url;
    request->search = request->section = "";
    const char *search = parameter(connection, "q"), *section = parameter(connection, "section");
    if (!is_plain_text(url)) {
        return "The address is not UTF-8 text of up to 200 bytes.";
    }
    if (!is_plain_text(search) || !is_plain_text(section)) {
        return "q and section are UTF-8 text of up to 200 bytes.";
    }
    request->search = search;
    request->section = section;
    if (!read_page(parameter(connection, "page"), &request->page)) {
        return "page is a number from 1 to 100000.";
    }
    if (!read_load(parameter(connection, "load"), &request->load)) {
        return "load is eager, batched or lazy.";
    }
    return NULL;
}

static void add_headers(struct MHD_Response *response, const Request *request)
{
    char number[24];
    snprintf(number, sizeof(number), "%llu", (unsigned long long)request->stats.statements);
    MHD_add_response_header(response, "Content-Type", request->json ? "application/json" : "text/html; charset=utf-8");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(
        response, "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors "
        "'none'");
    MHD_add_response_header(response, "X-Weft-Statements", number);
}

static enum MHD_Result send_answer(struct MHD_Connection *connection, Request *request, unsigned status)
{
    static char sorry[] = "out of memory\n";
    bool good = !request->body.failed && request->body.data != NULL;
    struct MHD_Response *response =
        good ? MHD_create_response_from_buffer(request->body.size, request->body.data, MHD_RESPMEM_MUST_FREE)
             : MHD_create_response_from_buffer(sizeof(sorry) - 1, sorry, MHD_RESPMEM_PERSISTENT);
    if (response == NULL || !good) {
        buffer_free(&request->body);
    }
    if (response == NULL) {
        return MHD_NO;
    }
    if (good) {
        add_headers(response, request);
        if (status == MHD_HTTP_METHOD_NOT_ALLOWED) {
            MHD_add_response_header(response, "Allow", "GET, HEAD");
        }
    }
    enum MHD_Result queued = MHD_queue_response(connection, good ? status : MHD_HTTP_SERVICE_UNAVAILABLE, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **request_state)
{
    HttpServer *server = context;
    (void)version;
    (void)upload;
    (void)upload_size;
    (void)request_state;
    Request request = {.catalog = server->catalog};
    const char *fault = read_request(&request, connection, url);
    unsigned status;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        status = catalog_refuse(&request, MHD_HTTP_METHOD_NOT_ALLOWED, "This server answers GET and HEAD.");
        figures_count(&server->catalog->figures, status);
    } else if (fault != NULL) {
        status = catalog_refuse(&request, MHD_HTTP_BAD_REQUEST, fault);
        figures_count(&server->catalog->figures, status);
    } else {
        status = catalog_answer(&request);
    }
    return send_answer(connection, &request, status);
}

HttpServer *http_start(Catalog *catalog, uint16_t port, unsigned threads, char message[256])
{
    HttpServer *server = calloc(1, sizeof(*server));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (server == NULL) {
        snprintf(message, 256, "out of memory");
        return NULL;
    }
    server->catalog = catalog;
    errno = 0;
    server->daemon = MHD_start_daemon(MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD, port, NULL, NULL, answer, server,
                                      MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_THREAD_POOL_SIZE, threads,
                                      MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_SECONDS, MHD_OPTION_CONNECTION_LIMIT,
                                      (unsigned)CONNECTION_LIMIT, MHD_OPTION_UNESCAPE_CALLBACK, decode, NULL, MHD_OPTION_END);
    if (server->daemon == NULL) {
        snprintf(message, 256, "port %u: %s", (unsigned)port, errno != 0 ? strerror(errno) : "cannot be opened");
        free(server);
        return NULL;
    }
    return server;
}

uint16_t http_port(const HttpServer *server)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info != NULL ? info->port : 0;
}

void http_stop(HttpServer *server)
{
    if (server != NULL) {
        MHD_stop_daemon(server->daemon);
        free(server);
    }
}
