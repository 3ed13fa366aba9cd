/* Migrates a populated catalogue while it answers: migrate_test URL. Client threads ask for pages without a pause and compare each
 * answer with what it must be, while the second revision (a column, a value of an enum, an index) comes and goes. */
#define _POSIX_C_SOURCE 200809L
#include "client.h"
#include "http.h"
#include "import.h"

#include "../check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST "c47a1001"

enum { PACKAGES = 3000, CLIENTS = 4, ROUNDS = 5, TARGETS = 60 };

/* Package p7 depends on p8 and p14, and is built of the source s0; each has a tag and one of ten maintainers. */
static Control control_of_many(bool second)
{
    Control control;
    char message[256];
    Buffer text = {0};
    for (int i = 0; i < PACKAGES; i++) {
        char stanza[400];
        snprintf(
            stanza, sizeof(stanza),
            "Package: p%d\nVersion: %d\nSection: c%d\nMaintainer: M%d <m%d@example.org>\nDepends: p%d, p%d (>= 2)\nTag: t::%d\n%s"
            "Source: s%d (1)\nDescription: number %d\n\n",
            i, i, i % 5, i % 10, i % 10, (i + 1) % PACKAGES, 2 * i % PACKAGES, i % 7,
            second && i == 3 ? "Built-Using: p4 (= 4)\n" : "", i / 100, i);
        buffer_add(&text, stanza);
    }
    CHECK(!text.failed && control_parse(&control, text.data, text.size, message), "%s", message);
    return control; /* the text is the control's */
}

static void import_many(weft_engine *engine, bool second)
{
    Control control = control_of_many(second);
    ImportResult result;
    weft_error error = {0};
    CHECK(import_control(engine, &control, false, &result, &error) == WEFT_OK, "%s", error.message);
    control_free(&control);
}

/* ---- requests ---- */

static char targets[TARGETS][80];
static char *expected[TARGETS];
static atomic_bool stop;
static atomic_size_t answered;

static void make_targets(void)
{
    static const char *const loads[] = {"eager", "batched", "lazy"};
    size_t count = 0;
    for (int i = 0; i < 18; i++) {
        snprintf(targets[count++], sizeof(targets[0]), "/package/p%d?load=%s", i * 151, loads[i % 3]);
        snprintf(targets[count++], sizeof(targets[0]), "/api/package/p%d?load=%s", i * 149, loads[(i + 1) % 3]);
    }
    for (int i = 1; i <= 5; i++) {
        snprintf(targets[count++], sizeof(targets[0]), "/api/section/c%d?page=%d", i - 1, i);
        snprintf(targets[count++], sizeof(targets[0]), "/maintainer/%d?page=2", i);
        snprintf(targets[count++], sizeof(targets[0]), "/api/tag/t::%d", i);
        snprintf(targets[count++], sizeof(targets[0]), "/search?q=number+%d", i);
    }
    for (; count < TARGETS; count++) {
        snprintf(targets[count], sizeof(targets[0]), "%s", count % 2 == 0 ? "/" : "/api/");
    }
}

static void *ask(void *context)
{
    Client client;
    client_init(&client, (uint16_t)(uintptr_t)context);
    for (size_t i = 0; !atomic_load(&stop); i++) {
        const size_t target = (i * 7 + (size_t)(uintptr_t)context) % TARGETS;
        Answer answer = client_request(&client, "GET", targets[target]);
        CHECK(answer.status == 200, "%s: %d: %.300s", targets[target], answer.status, answer.status != 0 ? answer.body : "");
        size_t same = 0;
        while (answer.body[same] != '\0' && answer.body[same] == expected[target][same]) {
            same++;
        }
        CHECK(answer.body[same] == expected[target][same], "%s gives %.150s instead of %.150s", targets[target], answer.body + same,
              expected[target] + same);
        atomic_fetch_add(&answered, 1);
    }
    client_deinit(&client);
    return NULL;
}

/* What each target gives, once: the package's own data is what was imported. */
static void take_expected(Client *client)
{
    for (size_t i = 0; i < TARGETS; i++) {
        Answer answer = client_request(client, "GET", targets[i]);
        CHECK(answer.status == 200, "%s: %d", targets[i], answer.status);
        expected[i] = strdup(answer.body);
        CHECK(expected[i] != NULL, "memory");
        int number;
        if (sscanf(targets[i], "/api/package/p%d", &number) == 1) {
            char part[80];
            snprintf(part, sizeof(part), "\"description\":null,\"tags\":[\"t::%d\"]", number % 7);
            CHECK(strstr(answer.body, part) != NULL, "%s is not in %s", part, answer.body);
            snprintf(part, sizeof(part), "\"p%d\"", 2 * number % PACKAGES);
            CHECK(strstr(answer.body, part) != NULL, "%s is not in %s", part, answer.body);
        }
    }
}

static void migrates(weft_engine *engine, const char *target)
{
    weft_error error = {0};
    weft_status status = catalog_migrate(engine, target, &error);
    CHECK(status == WEFT_OK, "%s: %s: %s", target, weft_status_name(status), error.message);
}

/* What the models want and what the database has. */
static void is_as_the_models_say(weft_engine *engine)
{
    weft_difference *differences;
    size_t count;
    weft_error error = {0};
    CHECK(weft_engine_check(engine, &differences, &count, &error) == WEFT_OK, "%s", error.message);
    CHECK(count == 0, "%zu differences: %s", count, differences[0].text);
    weft_free(differences);
}

static void migrations_come_and_go_while_it_answers(const Catalog *catalog, uint16_t port)
{
    pthread_t threads[CLIENTS];
    size_t least = 0;
    for (size_t i = 0; i < CLIENTS; i++) {
        CHECK(pthread_create(&threads[i], NULL, ask, (void *)(uintptr_t)port) == 0, "thread");
    }
    for (int round = 0; round < ROUNDS; round++) {
        migrates(catalog->engine, FIRST);
        migrates(catalog->engine, "head");
        for (least = atomic_load(&answered) + TARGETS; atomic_load(&answered) < least;) {
            sched_yield(); /* each state answers all kinds of requests */
        }
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
    }
    printf("%zu requests were answered meanwhile, %zu of them again\n", atomic_load(&answered),
           (size_t)atomic_load(&catalog->figures.retries));
}

int main(int count, char **arguments)
{
    Catalog catalog;
    Client client;
    weft_error error = {0};
    char message[256];
    CHECK(count == 2, "migrate_test URL");
    CHECK(catalog_open(&catalog, arguments[1], 4, false, &error) == WEFT_OK, "%s", error.message);
    is_as_the_models_say(catalog.engine);
    import_many(catalog.engine, false);
    HttpServer *server = http_start(&catalog, 0, CLIENTS + 1, message);
    CHECK(server != NULL, "%s", message);
    client_init(&client, http_port(server));
    make_targets();
    take_expected(&client);
    migrations_come_and_go_while_it_answers(&catalog, http_port(server));
    is_as_the_models_say(catalog.engine);
    import_many(catalog.engine, true);
    CHECK(strstr(client_request(&client, "GET", "/api/siblings/p7").body, "\"total\":100") != NULL, "a hundred of one source");
    CHECK(strstr(client_request(&client, "GET", "/api/package/p3").body, "built-using") != NULL, "what is built into p3");
    migrates(catalog.engine, FIRST);
    CHECK(strstr(client_request(&client, "GET", "/api/package/p3").body, "built-using") == NULL, "undone");
    for (size_t i = 0; i < TARGETS; i++) {
        free(expected[i]);
    }
    client_deinit(&client);
    http_stop(server);
    catalog_close(&catalog);
    return 0;
}
