/* Tries the catalogue on a database: catalog_test URL odd.status. Import of odd input, import again, a changed file, pages and
 * JSON with hostile text, bad requests, and connections that the server loses in the middle. */
#define _POSIX_C_SOURCE 200809L
#include "client.h"
#include "http.h"
#include "import.h"

#include "../check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Control control_of(const char *text)
{
    Control control;
    char message[256];
    size_t size = strlen(text);
    char *data = malloc(size + 1);
    CHECK(data != NULL, "memory");
    memcpy(data, text, size + 1);
    CHECK(control_parse(&control, data, size, message), "%s", message);
    return control;
}

static void parser_reads_odd_input(const char *path)
{
    Control control;
    char message[256];
    CHECK(control_read(&control, path, message), "%s", message);
    CHECK(control.stanza_count == 3, "%zu stanzas", control.stanza_count);
    CHECK(control.skipped == 3, "%zu skipped", control.skipped);
    const Stanza *alpha = &control.stanzas[0];
    CHECK(alpha->relation_count == 6, "%zu relations", alpha->relation_count);
    const Relation *relations = control.relations + alpha->first_relation;
    CHECK(strcmp(relations[0].operator_, ">=") == 0 && strcmp(relations[0].version, "1.0") == 0, "beta (>= 1.0)");
    CHECK(relations[1].alternative && strcmp(relations[1].name, "gamma") == 0, "| gamma:any");
    CHECK(strcmp(relations[3].operator_, "=") == 0 && strcmp(relations[3].version, "1") == 0, "epsilon(=1)");
    CHECK(relations[4].version == NULL && relations[4].operator_ == NULL, "zeta ( >= )");
    CHECK(!alpha->installed_kib.set, "a size that is no number");
    CHECK(strcmp(alpha->maintainer_email, "zoe@example.org") == 0, "%s", alpha->maintainer_email);
    control_free(&control);
    CHECK(!control_read(&control, "/nonexistent/status", message) && message[0] != '\0', "a file that is not there");
    for (const char *const *text = (const char *const[]){"", "\n\n\n", ":", "Package:", "Package: \n", "a", " \t\n x", NULL};
         *text != NULL; text++) {
        control = control_of(*text);
        CHECK(control.stanza_count == 0, "'%s'", *text);
        control_free(&control);
    }
}

static ImportResult import_text(weft_engine *engine, Control *control)
{
    ImportResult result;
    weft_error error = {0};
    weft_status status = import_control(engine, control, false, &result, &error);
    CHECK(status == WEFT_OK, "%s: %s", weft_status_name(status), error.message);
    return result;
}

static const Package *package_of(weft_session *s, const char *name)
{
    const Package *package = weft_first(s, Package, .where = weft_eq(Package, name, name),
                                        .load = weft_load(weft_selectin(Package, dependencies, weft_joined(Dependency, target)),
                                                          weft_selectin(Package, tags), weft_joined(Package, maintainer),
                                                          weft_joined(Package, section)));
    CHECK(weft_session_status(s) == WEFT_OK, "%s", weft_session_error(s)->message);
    CHECK(package != NULL, "no package %s", name);
    return package;
}

static void import_twice_writes_once(weft_engine *engine, const char *path)
{
    Control control;
    char message[256];
    CHECK(control_read(&control, path, message), "%s", message);
    ImportResult first = import_text(engine, &control), second = import_text(engine, &control);
    CHECK(second.statements <= 7 && second.statements < first.statements, "%llu statements, then %llu",
          (unsigned long long)first.statements, (unsigned long long)second.statements);
    control_free(&control);
    weft_session *s = weft_session_open(engine, NULL);
    const Package *alpha = package_of(s, "alpha");
    CHECK(alpha->known && strcmp(alpha->version, "1:2.0~rc1-3+b1") == 0, "alpha");
    CHECK(alpha->dependencies.count == 6, "%zu dependencies", alpha->dependencies.count);
    CHECK(strcmp(alpha->dependencies.items[5]->target->name, "alpha") == 0, "a package may depend on itself");
    CHECK(!package_of(s, "gamma")->known, "gamma is only named");
    CHECK(weft_count_of(s, Dependency) == 6, "rows");
    CHECK(strcmp(alpha->tags.items[0]->name, "priority::optional") == 0, "%s", alpha->tags.items[0]->name);
    weft_session_close(s);
}

static void a_changed_file_updates(weft_engine *engine)
{
    Control control = control_of("Package: alpha\nVersion: 3\nMaintainer: Somebody Else <else@example.org>\nPriority: important\n"
                                 "Tag: role::program\nDepends: delta (>= 9), alpha, omega\n\nPackage: omega\nVersion: 1\n");
    import_text(engine, &control);
    control_free(&control);
    weft_session *s = weft_session_open(engine, NULL);
    const Package *alpha = package_of(s, "alpha");
    CHECK(strcmp(alpha->version, "3") == 0 && alpha->summary == NULL && alpha->section == NULL, "alpha");
    CHECK(strcmp(alpha->maintainer->email, "else@example.org") == 0, "%s", alpha->maintainer->email);
    CHECK(alpha->dependencies.count == 3, "%zu dependencies", alpha->dependencies.count);
    CHECK(strcmp(alpha->dependencies.items[0]->target->name, "delta") == 0, "delta");
    CHECK(strcmp(alpha->dependencies.items[0]->version, "9") == 0, "delta's version");
    CHECK(strcmp(alpha->dependencies.items[2]->target->name, "omega") == 0, "omega");
    CHECK(alpha->tags.count == 2, "%zu tags", alpha->tags.count);
    CHECK(weft_count_of(s, Dependency) == 3, "rows");
    weft_session_close(s);
}

static Answer get(Client *client, const char *target, int status)
{
    Answer answer = client_request(client, "GET", target);
    CHECK(answer.status == status, "%s: %d instead of %d", target, answer.status, status);
    return answer;
}

static void pages_escape_what_they_show(Client *client)
{
    static const char *const targets[] = {"/",
                                          "/package/alpha",
                                          "/package/alpha?load=lazy",
                                          "/package/alpha?load=batched",
                                          "/package/gamma",
                                          "/package/beta",
                                          "/search?q=%3Cscript%3E",
                                          "/search?q=%22%27%26",
                                          "/section/web%2Fodd%20%22quoted%22%20%26%20%3Cb%3E",
                                          "/maintainer/1",
                                          "/tag/priority::optional",
                                          "/status",
                                          "/api/package/alpha",
                                          "/api/search?q=%3Cscript%3E",
                                          "/api/status",
                                          "/api/",
                                          "/api",
                                          "/search?section=nowhere"};
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        Answer answer = get(client, targets[i], 200);
        CHECK(strstr(answer.body, "<script") == NULL, "%s lets a script through", targets[i]);
        CHECK(strstr(answer.body, "href=\"javascript:") == NULL, "%s links to a script", targets[i]);
    }
    CHECK(strstr(get(client, "/package/alpha", 200).body, "&lt;script&gt;alert") != NULL, "the summary is shown");
    CHECK(strstr(get(client, "/api/package/alpha", 200).body, "\\u003cscript\\u003e") != NULL, "the summary is shown");
}

static void bad_requests_are_refused(Client *client)
{
    static const char *const wrong[] = {"/search?page=x", "/search?page=0",       "/search?page=1e9",      "/search?q=%ff",
                                        "/search?q=%00",  "/search?q=%",          "/package/%80",          "/maintainer/0x1",
                                        "/maintainer/-1", "/package/alpha?load=", "/package/alpha?load=no"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        get(client, wrong[i], strcmp(wrong[i], "/package/alpha?load=") == 0 ? 200 : 400);
    }
    get(client, "/package/none", 404);
    get(client, "/api/package/none", 404);
    get(client, "/package", 404);
    char target[800] = "/search?q=";
    memset(target + 10, 'x', 700);
    target[710] = '\0';
    get(client, target, 400);
}

/* Every connection of the server is ended by the database's administrator; requests may fail then, the server must not. */
static void server_outlives_its_connections(Client *client, const char *url)
{
    weft_engine *engine;
    weft_connection *connection;
    weft_error error = {0};
    CHECK(weft_engine_open(&engine, url, NULL, &error) == WEFT_OK, "%s", error.message);
    for (int round = 0; round < 5; round++) {
        CHECK(weft_engine_connect(engine, &connection, NULL, &error) == WEFT_OK, "%s", error.message);
        CHECK(weft_execute_text(
                  connection,
                  "DO $$ BEGIN PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'weft-catalog' AND "
                  "datname = current_database() AND pid <> pg_backend_pid(); END $$",
                  NULL, &error) == WEFT_OK,
              "%s", error.message);
        weft_connection_close(connection);
        int good = 0;
        for (int i = 0; i < 20; i++) {
            Answer answer = client_request(client, "GET", "/package/alpha");
            CHECK(answer.status == 200 || answer.status == 503, "%d", answer.status);
            good = answer.status == 200 ? good + 1 : 0;
        }
        CHECK(good > 0, "the server does not recover");
    }
    weft_engine_close(engine);
}

int main(int count, char **arguments)
{
    Catalog catalog;
    Client client;
    weft_error error = {0};
    char message[256];
    CHECK(count == 3, "catalog_test URL odd.status");
    parser_reads_odd_input(arguments[2]);
    CHECK(catalog_open(&catalog, arguments[1], 4, false, &error) == WEFT_OK, "%s", error.message);
    import_twice_writes_once(catalog.engine, arguments[2]);
    HttpServer *server = http_start(&catalog, 0, 4, message);
    CHECK(server != NULL, "%s", message);
    client_init(&client, http_port(server));
    pages_escape_what_they_show(&client);
    bad_requests_are_refused(&client);
    a_changed_file_updates(catalog.engine);
    if (strcmp(weft_engine_driver(catalog.engine), "postgresql") == 0) {
        server_outlives_its_connections(&client, arguments[1]);
    }
    client_deinit(&client);
    http_stop(server);
    catalog_close(&catalog);
    return 0;
}
