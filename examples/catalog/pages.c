/* One handler per kind of page: it asks its session for objects and hands them to a renderer. A failed session gives NULL and empty
 * lists, so handlers may go on, and run_handler looks at the status once, at the end; what they answer then does not count. */
#include "catalog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned not_found(Request *request, const char *what)
{
    char message[64];
    snprintf(message, sizeof(message), "There is no such %s.", what);
    return catalog_refuse(request, 404, message);
}

static unsigned show_overview(Request *request, weft_session *s)
{
    Overview overview = {
        .packages = weft_count_of(s, Package, .where = weft_eq(Package, known, true)),
        .maintainers = weft_count_of(s, Maintainer),
        .tags = weft_count_of(s, Tag),
        .sections =
            weft_rows(s, NameCount,
                      .columns = weft_columns(weft_col(Section, id), weft_col(Section, name), weft_count(weft_col(Package, id))),
                      .from = weft_from(Section), .joins = weft_join(Section, packages),
                      .group_by = weft_columns(weft_col(Section, id), weft_col(Section, name)),
                      .order_by = weft_asc(Section, name)),
        .busiest = weft_rows(s, NameCount,
                             .columns = weft_columns(weft_col(Maintainer, id), weft_col(Maintainer, name),
                                                     weft_count(weft_col(Package, id))),
                             .from = weft_from(Maintainer), .joins = weft_join(Maintainer, packages),
                             .group_by = weft_columns(weft_col(Maintainer, id), weft_col(Maintainer, name)),
                             .order_by = weft_order(weft_desc_of(weft_count(weft_col(Package, id))), weft_asc(Maintainer, name)),
                             .limit = 12),
    };
    weft_session_stats_get(s, &request->stats);
    (request->json ? overview_json : overview_html)(request, &overview);
    return 200;
}

/* Everything the page shows in a fixed number of statements, however many dependencies there are. */
static const Package *load_eagerly(weft_session *s, const char *name)
{
    return weft_first(s, Package, .where = weft_eq(Package, name, name),
                      .load =
                          weft_load(weft_joined(Package, section), weft_joined(Package, maintainer), weft_selectin(Package, tags),
                                    weft_selectin(Package, dependencies, weft_joined(Dependency, target)),
                                    weft_selectin(Package, dependents, weft_joined(Dependency, package))));
}

/* The same page by walking. In an ordinary session the targets of all dependencies load together with the first; in one that
 * was opened with .unbatched_lazy each costs a statement, and the session's N+1 report names the two lines below that do it. */
static const Package *load_walking(weft_session *s, const char *name)
{
    const Package *package = weft_first(s, Package, .where = weft_eq(Package, name, name));
    (void)weft_lazy(s, Package, package, section);
    (void)weft_lazy(s, Package, package, maintainer);
    (void)weft_lazy(s, Package, package, tags);
    weft_each (Dependency, dependency, weft_lazy(s, Package, package, dependencies))
        (void)weft_lazy(s, Dependency, dependency, target);
    weft_each (Dependency, dependent, weft_lazy(s, Package, package, dependents))
        (void)weft_lazy(s, Dependency, dependent, package);
    return package;
}

static unsigned show_package(Request *request, weft_session *s)
{
    const Package *package = (request->load == LOAD_EAGER ? load_eagerly : load_walking)(s, request->argument);
    weft_session_stats_get(s, &request->stats);
    if (package == NULL || weft_session_status(s) != WEFT_OK) { /* a package may be there, and its relationships half loaded */
        return not_found(request, "package");
    }
    figures_count_page(&request->catalog->figures, (int)request->load, request->stats.statements);
    (request->json ? package_json : package_html)(request, package);
    return 200;
}

static unsigned show_listing(Request *request, weft_session *s, Listing *listing, const weft_expr *condition)
{
    listing->page = request->page;
    listing->path = request->argument;
    listing->packages = weft_query_page(s, Package, &listing->total, .where = condition, .order_by = weft_asc(Package, name),
                                        .load = weft_load(weft_joined(Package, section), weft_selectin(Package, maintainer)),
                                        .limit = PAGE_ROWS, .offset = (request->page - 1) * PAGE_ROWS);
    weft_session_stats_get(s, &request->stats);
    (request->json ? listing_json : listing_html)(request, listing);
    return 200;
}

static unsigned show_section(Request *request, weft_session *s)
{
    const Section *section = weft_first(s, Section, .where = weft_eq(Section, name, request->argument));
    if (section == NULL) {
        return not_found(request, "section");
    }
    Listing listing = {.kind = "section", .title = section->name, .subtitle = "Section"};
    return show_listing(request, s, &listing, weft_eq(Package, section_id, section->id));
}

static unsigned show_maintainer(Request *request, weft_session *s)
{
    char *end;
    errno = 0;
    long long id = strtoll(request->argument, &end, 10);
    if (errno != 0 || *end != '\0' || end == request->argument || id < 1) {
        return catalog_refuse(request, 400, "A maintainer is asked for by number, as in /maintainer/7.");
    }
    const Maintainer *maintainer = weft_get(s, Maintainer, id);
    if (maintainer == NULL) {
        return not_found(request, "maintainer");
    }
    Listing listing = {.kind = "maintainer", .title = maintainer->name, .subtitle = maintainer->email};
    return show_listing(request, s, &listing, weft_eq(Package, maintainer_id, maintainer->id));
}

/* What is built of the same source as a package: the one page that loads this column. */
static unsigned show_siblings(Request *request, weft_session *s)
{
    const Package *package =
        weft_first(s, Package, .where = weft_eq(Package, name, request->argument), .load = weft_undefer(weft_col(Package, source)));
    if (package == NULL || package->source == NULL) {
        return not_found(request, "package");
    }
    Listing listing = {.kind = "siblings", .title = package->source, .subtitle = "Source package"};
    return show_listing(request, s, &listing, weft_eq(Package, source, package->source));
}

static unsigned show_tag(Request *request, weft_session *s)
{
    const Tag *tag = weft_first(s, Tag, .where = weft_eq(Tag, name, request->argument));
    if (tag == NULL) {
        return not_found(request, "tag");
    }
    Listing listing = {.kind = "tag", .title = tag->name, .subtitle = "Tag"};
    return show_listing(request, s, &listing, weft_any(Package, tags, weft_eq(Tag, id, tag->id)));
}

/* The text as a pattern for a match anywhere, its own % _ \ taken literally. In the session's memory. */
static const char *pattern_of(weft_session *s, const char *text)
{
    char escaped[2 * 200 + 1];
    size_t size = 0;
    for (; *text != '\0' && size + 2 < sizeof(escaped); text++) {
        if (strchr("%_\\", *text) != NULL) {
            escaped[size++] = '\\';
        }
        escaped[size++] = *text;
    }
    escaped[size] = '\0';
    return weft_format(s, "%%%s%%", escaped);
}

static unsigned show_search(Request *request, weft_session *s)
{
    const char *text = request->search, *section = request->section;
    const char *pattern = pattern_of(s, text);
    Listing listing = {.kind = "search", .title = *text != '\0' ? text : "All packages", .subtitle = "Search"};
    return show_listing(request, s, &listing,
                        weft_and(weft_eq(Package, known, true),
                                 weft_when(*text != '\0',
                                           weft_or(weft_ilike(Package, name, pattern), weft_ilike(Package, summary, pattern))),
                                 weft_when(*section != '\0', weft_has(Package, section, weft_eq(Section, name, section)))));
}

static unsigned show_status(Request *request, weft_session *s)
{
    (void)s;
    (request->json ? status_json : status_html)(request);
    return 200;
}

/* ---- routes ---- */

static const struct {
    const char *path; /* one that ends with a slash takes an argument */
    unsigned (*show)(Request *request, weft_session *s);
} routes[] = {
    {"/package/", show_package}, {"/maintainer/", show_maintainer}, {"/section/", show_section}, {"/tag/", show_tag},
    {"/search", show_search},    {"/siblings/", show_siblings},     {"/status", show_status},    {"", show_overview},
};

/* One request, one session. What went wrong in any call of the handler is found here. */
static unsigned run_handler(Request *request, unsigned (*show)(Request *, weft_session *))
{
    enum { ATTEMPTS = 3 };
    weft_scoped *registry = request->load == LOAD_LAZY ? request->catalog->unbatched : request->catalog->sessions;
    weft_session *s = weft_scoped_session(registry);
    unsigned http = show(request, s);
    weft_status status = weft_session_status(s);
    for (int attempt = 1; attempt < ATTEMPTS && weft_status_is_retryable(status); attempt++) {
        atomic_fetch_add(&request->catalog->figures.retries, 1); /* a connection that broke: reading again is safe */
        weft_session_rollback(s);
        request->body.size = 0;
        http = show(request, s);
        status = weft_session_status(s);
    }
    if (status != WEFT_OK) {
        const weft_error *error = weft_session_error(s);
        bool input = weft_status_advice(status) == WEFT_ADVICE_FIX_INPUT;
        fprintf(stderr, "%s: %s: %s\n", request->path, weft_status_name(status), error->message);
        http = catalog_refuse(request, input ? 400 : 503,
                              input ? "The database cannot take this value."
                                    : "The database does not answer just now. Try again in a moment.");
    }
    figures_take_reports(&request->catalog->figures, s);
    weft_scoped_remove(registry);
    return http;
}

unsigned catalog_answer(Request *request)
{
    unsigned http = 0;
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]) && http == 0; i++) {
        size_t size = strlen(routes[i].path);
        bool takes_argument = size > 0 && routes[i].path[size - 1] == '/';
        if (strncmp(request->path, routes[i].path, size) != 0) {
            continue;
        }
        request->argument = request->path + size;
        bool alone = *request->argument == '\0' || strcmp(request->argument, "/") == 0;
        if (takes_argument ? *request->argument != '\0' : alone) {
            http = run_handler(request, routes[i].show);
        }
    }
    if (http == 0) {
        http = not_found(request, "page");
    }
    figures_count(&request->catalog->figures, http);
    return http;
}

unsigned catalog_refuse(Request *request, unsigned status, const char *message)
{
    snprintf(request->message, sizeof(request->message), "%s", message);
    request->body.size = 0;
    (request->json ? error_json : error_html)(request, status);
    return status;
}
