/* The pages. Everything is inserted through html(), which escapes by place; the style sheet is in style.c and nothing comes from
 * elsewhere, so the pages work without a network. */
#include "html.h"

#include <string.h>

void page_begin(Request *request, const char *title)
{
    Buffer *out = &request->body;
    html(out,
         "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>%s · package catalogue</title>"
         "<link rel=\"icon\" href=\"data:,\"><style>",
         title);
    buffer_add(out, page_style);
    html(out,
         "</style></head><body><header><a class=\"home\" href=\"/\">package <b>catalogue</b></a>"
         "<form action=\"/search\" role=\"search\"><input type=\"search\" name=\"q\" maxlength=\"200\" value=\"%s\""
         " placeholder=\"Search names and summaries\" aria-label=\"Search packages\"><button>Search</button></form>"
         "<nav><a href=\"/status\">Status</a></nav></header><main>",
         request->search);
}

void page_end(Request *request)
{
    Buffer *out = &request->body;
    buffer_add(out, "</main><footer>");
    if (request->stats.statements > 0) {
        html(out, "<span>%d %s · %d rows · %d objects</span>", (int64_t)request->stats.statements,
             request->stats.statements == 1 ? "statement" : "statements", (int64_t)request->stats.rows,
             (int64_t)request->stats.objects);
    }
    buffer_add(out, "<span>Served by weft, a thread-safe ORM runtime in C.</span></footer></body></html>\n");
}

void overview_html(Request *request, const Overview *overview)
{
    Buffer *out = &request->body;
    page_begin(request, "Overview");
    html(out,
         "<h1>Packages</h1><ul class=\"figures\"><li><b>%d</b> packages</li><li><b>%d</b> maintainers</li><li><b>%d</b> tags</li>"
         "<li><b>%d</b> sections</li></ul>",
         overview->packages, overview->maintainers, overview->tags, (int64_t)overview->sections.count);
    html(out, "<section><h2>Sections</h2><ul class=\"chips\">");
    weft_each (NameCount, section, overview->sections)
        html(out, "<li><a href=\"/section/%u\">%s <small>%d</small></a></li>", section->name, section->name, section->packages);
    html(out, "</ul></section><section><h2>Busiest maintainers</h2><ol class=\"rows\">");
    weft_each (NameCount, maintainer, overview->busiest)
        html(out, "<li><a href=\"/maintainer/%d\">%s</a><span>%d packages</span></li>", maintainer->id, maintainer->name,
             maintainer->packages);
    html(out, "</ol></section>");
    page_end(request);
}

/* ---- a package ---- */

static void put_fact(Buffer *out, const char *name, const char *value)
{
    if (value != NULL) {
        html(out, "<div><dt>%s</dt><dd>%s</dd></div>", name, value);
    }
}

static void put_facts(Buffer *out, const Package *package)
{
    buffer_add(out, "<dl class=\"facts\">");
    put_fact(out, "Version", package->version);
    put_fact(out, "Architecture", package->architecture);
    if (package->section != NULL) {
        html(out, "<div><dt>Section</dt><dd><a href=\"/section/%u\">%s</a></dd></div>", package->section->name,
             package->section->name);
    }
    if (package->maintainer != NULL) {
        html(out, "<div><dt>Maintainer</dt><dd><a href=\"/maintainer/%d\">%s</a></dd></div>", package->maintainer->id,
             package->maintainer->name);
    }
    if (package->installed_kib.set) {
        html(out, "<div><dt>Installed size</dt><dd>%f MiB</dd></div>", (double)package->installed_kib.value / 1024.0);
    }
    /* Only addresses of the web become links: the file may say anything. */
    if (package->homepage != NULL &&
        (strncmp(package->homepage, "https://", 8) == 0 || strncmp(package->homepage, "http://", 7) == 0)) {
        html(out, "<div><dt>Homepage</dt><dd><a rel=\"noreferrer\" href=\"%s\">%s</a></dd></div>", package->homepage,
             package->homepage);
    } else {
        put_fact(out, "Homepage", package->homepage);
    }
    buffer_add(out, "</dl>");
}

/* Debian's long descriptions: a line with a dot parts paragraphs, indented lines stand as they are. */
static void put_description(Buffer *out, const char *text)
{
    bool open = false;
    while (text != NULL && *text != '\0') {
        size_t size = strcspn(text, "\n");
        char line[1024];
        size_t kept = size < sizeof(line) ? size : sizeof(line) - 1;
        while (kept < size && kept > 0 && ((unsigned char)text[kept] & 0xc0) == 0x80) {
            kept--;
        }
        memcpy(line, text, kept);
        line[kept] = '\0';
        bool parts = strcmp(line, ".") == 0 || line[0] == '\0';
        if (parts || !open) {
            buffer_add(out, open ? "</p>" : "");
            open = false;
        }
        if (!parts) {
            buffer_add(out, open ? (line[0] == ' ' ? "<br>" : " ") : "<p>");
            html(out, "%s", line);
            open = true;
        }
        text += size + (text[size] == '\n');
    }
    buffer_add(out, open ? "</p>" : "");
}

static void put_package_link(Buffer *out, const Package *package)
{
    buffer_add(out, package->known ? "<a" : "<a class=\"unknown\" title=\"Not described by the imported file\"");
    html(out, " href=\"/package/%u\">%s</a>", package->name, package->name);
}

static void put_constraint(Buffer *out, const Dependency *dependency)
{
    if (dependency->relation != NULL) {
        html(out, " <small class=\"tight\">%s %s</small>", dependency->relation, dependency->version);
    }
}

static void put_dependencies(Buffer *out, Dependency_list dependencies)
{
    int kind = -1;
    weft_each (Dependency, dependency, dependencies) {
        if (dependency->kind != kind) {
            buffer_add(out, kind < 0 ? "" : "</li></ul>");
            html(out, "<h3>%s</h3><ul class=\"links\"><li>", dependency_kinds[dependency->kind]);
        } else {
            buffer_add(out, dependency->alternative ? " <i>or</i> " : "</li><li>");
        }
        kind = dependency->kind;
        put_package_link(out, dependency->target);
        put_constraint(out, dependency);
    }
    buffer_add(out, kind < 0 ? "<p class=\"quiet\">None.</p>" : "</li></ul>");
}

static const char *const reverse_kinds[KIND_COUNT] = {"pre-depended on by", "depended on by", "recommended by",   "suggested by",
                                                      "enhanced by",        "broken by",      "in conflict with", "replaced by",
                                                      "provided by",        "built into"};

/* A library may have tens of thousands; a page shows the first of them. */
static void put_dependents(Buffer *out, Dependency_list dependents)
{
    enum { SHOWN = 600 };
    int kind = -1;
    size_t total = dependents.count;
    dependents.count = total > SHOWN ? SHOWN : total;
    weft_each (Dependency, dependent, dependents) {
        if (dependent->kind != kind) {
            buffer_add(out, kind < 0 ? "" : "</ul>");
            html(out, "<h3>%s</h3><ul class=\"links\">", reverse_kinds[dependent->kind]);
        }
        kind = dependent->kind;
        buffer_add(out, "<li>");
        put_package_link(out, dependent->package);
        put_constraint(out, dependent);
        buffer_add(out, "</li>");
    }
    buffer_add(out, kind < 0 ? "<p class=\"quiet\">None.</p>" : "</ul>");
    if (total > SHOWN) {
        html(out, "<p class=\"quiet\">And %d more; the JSON has all.</p>", (int64_t)(total - SHOWN));
    }
}

static void put_modes(Request *request, const Package *package)
{
    static const struct {
        const char *query, *label;
    } modes[] = {{"eager", "eager"}, {"batched", "lazy, batched"}, {"lazy", "lazy, one by one"}};
    html(&request->body, "<p class=\"modes\">This page took <b>%d</b> %s. Load it ", (int64_t)request->stats.statements,
         request->stats.statements == 1 ? "statement" : "statements");
    for (int mode = 0; mode < 3; mode++) {
        buffer_add(&request->body, mode > 0 ? " · " : "");
        if (mode == (int)request->load) {
            html(&request->body, "<b>%s</b>", modes[mode].label);
        } else {
            html(&request->body, "<a href=\"/package/%u?load=%s\">%s</a>", package->name, modes[mode].query, modes[mode].label);
        }
    }
    html(&request->body,
         " · or as <a href=\"/api/package/%u\">JSON</a> · <a href=\"/siblings/%u\">built of the same source</a>.</p>",
         package->name, package->name);
}

void package_html(Request *request, const Package *package)
{
    Buffer *out = &request->body;
    page_begin(request, package->name);
    html(out, "<h1>%s</h1><p class=\"lead\">%s</p>", package->name,
         package->known ? package->summary : "Not described by the imported file: virtual, or not installed here.");
    if (package->known) {
        put_facts(out, package);
        put_description(out, package->description);
    }
    if (package->tags.count > 0) {
        buffer_add(out, "<ul class=\"chips\">");
        weft_each (Tag, tag, package->tags)
            html(out, "<li><a href=\"/tag/%u\">%s</a></li>", tag->name, tag->name);
        buffer_add(out, "</ul>");
    }
    put_modes(request, package);
    html(out, "<div class=\"columns\"><section><h2>Dependencies <small>%d</small></h2>", (int64_t)package->dependencies.count);
    put_dependencies(out, package->dependencies);
    html(out, "</section><section><h2>Reverse dependencies <small>%d</small></h2>", (int64_t)package->dependents.count);
    put_dependents(out, package->dependents);
    buffer_add(out, "</section></div>");
    page_end(request);
}

/* ---- packages under a heading ---- */

static void put_page_link(Request *request, const Listing *listing, int64_t page, const char *label)
{
    Buffer *out = &request->body;
    if (strcmp(listing->kind, "search") == 0) {
        html(out, "<a href=\"/search?q=%u&amp;section=%u&amp;page=%d\">%s</a>", request->search, request->section, page, label);
    } else {
        html(out, "<a href=\"/%u/%u?page=%d\">%s</a>", listing->kind, listing->path, page, label);
    }
}

void listing_html(Request *request, const Listing *listing)
{
    Buffer *out = &request->body;
    int64_t pages = (listing->total + PAGE_ROWS - 1) / PAGE_ROWS;
    page_begin(request, listing->title);
    html(out, "<p class=\"kind\">%s</p><h1>%s</h1><p class=\"lead\">%d %s</p><ol class=\"rows\">", listing->subtitle,
         listing->title, listing->total, listing->total == 1 ? "package" : "packages");
    weft_each (Package, package, listing->packages) {
        buffer_add(out, "<li><div>");
        put_package_link(out, package);
        html(out, " <small>%s</small><p>%s</p></div><span>", package->version, package->summary);
        if (package->maintainer != NULL) {
            html(out, "<a href=\"/maintainer/%d\">%s</a>", package->maintainer->id, package->maintainer->name);
        }
        buffer_add(out, "</span></li>");
    }
    buffer_add(out, "</ol><nav class=\"pages\">");
    if (listing->page > 1) {
        put_page_link(request, listing, listing->page - 1, "← Back");
    }
    if (pages > 1) {
        html(out, "<span>Page %d of %d</span>", listing->page, pages);
    }
    if (listing->page < pages) {
        put_page_link(request, listing, listing->page + 1, "Further →");
    }
    buffer_add(out, "</nav>");
    page_end(request);
}

void error_html(Request *request, unsigned status)
{
    page_begin(request, "Error");
    html(&request->body, "<p class=\"kind\">%d</p><h1>%s</h1><p><a href=\"/\">To the overview</a></p>", (int64_t)status,
         request->message);
    page_end(request);
}
