/* What the parts of the catalogue server share: the open catalogue, a request, and what a page shows. */
#ifndef CATALOG_CATALOG_H
#define CATALOG_CATALOG_H

#include "buffer.h"
#include "figures.h"
#include "models.h"

/* How a page's relationships are loaded: ?load=eager (the default), batched or lazy. */
typedef enum LoadMode {
    LOAD_EAGER,   /* with the query: a statement per relationship */
    LOAD_BATCHED, /* weft_lazy while walking: still a statement per relationship */
    LOAD_LAZY     /* as other ORMs' lazy loading: a statement per object */
} LoadMode;

typedef struct Catalog {
    weft_engine *engine;
    weft_scoped *sessions;
    weft_scoped *unbatched; /* the same, for LOAD_LAZY */
    Figures figures;
} Catalog;

typedef struct Request {
    Catalog *catalog;
    const char *path;     /* decoded, without /api */
    const char *argument; /* what follows the route: a name or a number */
    const char *search;   /* ?q= */
    const char *section;  /* ?section= */
    int64_t page;         /* ?page=, from 1 */
    LoadMode load;
    bool json; /* below /api */
    Buffer body;
    char message[160];        /* of an error page */
    weft_session_stats stats; /* what the answer cost */
} Request;

enum { PAGE_ROWS = 50 };

typedef struct NameCount {
    int64_t id;
    const char *name;
    int64_t packages;
} NameCount;

WEFT_ROW(NameCount, WEFT_FIELD(NameCount, id), WEFT_FIELD(NameCount, name), WEFT_FIELD(NameCount, packages));

typedef struct Overview {
    int64_t packages, maintainers, tags;
    NameCount_list sections, busiest;
} Overview;

/* Packages under a heading, a page of them. */
typedef struct Listing {
    const char *kind; /* "section", "maintainer", "tag", "search" */
    const char *title, *subtitle;
    const char *path; /* of the page itself: kind and key; the key still to be escaped */
    Package_list packages;
    int64_t total, page;
} Listing;

/* Brings the schema to the head of the revisions of migrations/, or back to an earlier one ("c47a1001", "base") with the loss of
 * what came later. Any thread, and any number of servers at once, while others answer requests. */
weft_status catalog_migrate(weft_engine *engine, const char *target, weft_error *error);

/* Fills a catalogue: opens the engine, migrates its schema, opens the session registries. catalog_close undoes it. */
weft_status catalog_open(Catalog *catalog, const char *url, unsigned threads, bool echo, weft_error *error);
void catalog_close(Catalog *catalog);

/* Answers a request: fills its body and returns the HTTP status. Any thread. */
unsigned catalog_answer(Request *request);
/* An error page: fills the body with the message and returns the status. */
unsigned catalog_refuse(Request *request, unsigned status, const char *message);

void overview_html(Request *request, const Overview *overview);
void overview_json(Request *request, const Overview *overview);
void package_html(Request *request, const Package *package);
void package_json(Request *request, const Package *package);
void listing_html(Request *request, const Listing *listing);
void listing_json(Request *request, const Listing *listing);
void status_html(Request *request);
void status_json(Request *request);
void error_html(Request *request, unsigned status);
void error_json(Request *request, unsigned status);

#endif
