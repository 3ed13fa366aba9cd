/* weft-catalog: imports Debian's package data, serves it over HTTP, and can drive and measure itself. */
#define _POSIX_C_SOURCE 200809L
#include "http.h"
#include "import.h"
#include "load.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Options {
    const char *database, *status, *avail;
    bool serve, selftest, echo;
    uint16_t port;
    unsigned threads;
    size_t requests;
} Options;

static int usage(FILE *out)
{
    fputs("weft-catalog --database URL [--status FILE | --avail FILE] [--serve] [--port N] [--threads N] [--requests N] "
          "[--selftest]\n"
          "  --database URL   sqlite:///file, sqlite:////absolute/file or postgresql://user@host/name\n"
          "  --status FILE    import a dpkg status file (/var/lib/dpkg/status)\n"
          "  --avail FILE     import what `apt-cache dumpavail` printed\n"
          "  --serve          keep serving until interrupted\n"
          "  --port N         on 127.0.0.1; default 8080 with --serve, else any free port\n"
          "  --threads N      of the server and of the self-test's clients; default 8\n"
          "  --requests N     per round of the self-test; default 4000\n"
          "  --echo           statements to stderr\n"
          "  --selftest       drive requests against the server and print what happened\n",
          out);
    return out == stderr ? 2 : 0;
}

static bool read_number(const char *text, unsigned long low, unsigned long high, unsigned long *number)
{
    char *end;
    errno = 0;
    *number = strtoul(text, &end, 10);
    return errno == 0 && *text >= '0' && *text <= '9' && *end == '\0' && *number >= low && *number <= high;
}

/* Takes an option with a value. */
static bool read_valued_option(Options *options, const char *name, const char *value)
{
    unsigned long number = 0;
    if (strcmp(name, "--database") == 0) {
        options->database = value;
    } else if (strcmp(name, "--status") == 0) {
        options->status = value;
    } else if (strcmp(name, "--avail") == 0) {
        options->avail = value;
    } else if (strcmp(name, "--port") == 0 && read_number(value, 0, UINT16_MAX, &number)) {
        options->port = (uint16_t)number;
    } else if (strcmp(name, "--threads") == 0 && read_number(value, 1, 64, &number)) {
        options->threads = (unsigned)number;
    } else if (strcmp(name, "--requests") == 0 && read_number(value, 1, 100000000, &number)) {
        options->requests = number;
    } else {
        return false;
    }
    return true;
}

static bool read_options(Options *options, int count, char **arguments)
{
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--serve") == 0) {
            options->serve = true;
        } else if (strcmp(arguments[i], "--selftest") == 0) {
            options->selftest = true;
        } else if (strcmp(arguments[i], "--echo") == 0) {
            options->echo = true;
        } else if (i + 1 >= count || !read_valued_option(options, arguments[i], arguments[i + 1])) {
            return false;
        } else {
            i++;
        }
    }
    if (options->serve && options->port == 0) {
        options->port = 8080;
    }
    return options->database != NULL && (options->status == NULL || options->avail == NULL);
}

static int fail(const char *what, const weft_error *error)
{
    fprintf(stderr, "weft-catalog: %s: %s: %s\n", what, weft_status_name(error->status), error->message);
    if (error->hint[0] != '\0') {
        fprintf(stderr, "weft-catalog: %s\n", error->hint);
    }
    return 1;
}

static int import_file(Catalog *catalog, const char *path)
{
    Control control;
    ImportResult result;
    weft_error error = {0};
    char message[256];
    if (!control_read(&control, path, message)) {
        fprintf(stderr, "weft-catalog: %s\n", message);
        return 1;
    }
    weft_status status = import_control(catalog->engine, &control, true, &result, &error);
    control_free(&control);
    if (status != WEFT_OK) {
        return fail("import", &error);
    }
    printf("imported %zu packages with %zu relations in %.2f s: %llu statements", result.packages, result.relations, result.seconds,
           (unsigned long long)result.statements);
    if (result.skipped > 0) {
        printf("; %zu entries are not installed or have no name", result.skipped);
    }
    printf("\n");
    return 0;
}

static void wait_for_signal(void)
{
    sigset_t signals;
    int number;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigwait(&signals, &number);
}

static int serve(Catalog *catalog, const Options *options)
{
    char message[256];
    HttpServer *server = http_start(catalog, options->port, options->threads, message);
    if (server == NULL) {
        fprintf(stderr, "weft-catalog: %s\n", message);
        return 1;
    }
    printf("serving http://127.0.0.1:%u/ with %u threads on %s\n", (unsigned)http_port(server), options->threads,
           weft_engine_url(catalog->engine));
    fflush(stdout);
    size_t failures = 0;
    if (options->selftest) {
        failures = load_run(catalog, http_port(server), options->threads, options->requests);
        printf("\n%s\n", failures == 0 ? "every request was answered as it should be" : "SOME REQUESTS WENT WRONG");
        fflush(stdout);
    }
    if (options->serve) {
        printf("press Ctrl-C to stop\n");
        fflush(stdout);
        wait_for_signal();
    }
    http_stop(server);
    return failures == 0 ? 0 : 1;
}

int main(int count, char **arguments)
{
    Options options = {.threads = 8, .requests = 4000};
    if (count == 2 && strcmp(arguments[1], "--help") == 0) {
        return usage(stdout);
    }
    if (!read_options(&options, count, arguments)) {
        return usage(stderr);
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    if (options.serve) { /* taken by sigwait; threads inherit the mask */
        sigaddset(&signals, SIGINT);
        sigaddset(&signals, SIGTERM);
    }
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    Catalog catalog;
    weft_error error = {0};
    if (catalog_open(&catalog, options.database, options.threads, options.echo, &error) != WEFT_OK) {
        return fail("open", &error);
    }
    const char *path = options.status != NULL ? options.status : options.avail;
    int result = path != NULL ? import_file(&catalog, path) : 0;
    if (result == 0 && (options.serve || options.selftest)) {
        result = serve(&catalog, &options);
    }
    catalog_close(&catalog);
    return result;
}
