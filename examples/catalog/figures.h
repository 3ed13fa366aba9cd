/* What the server counts about itself; shown by the status page. Any thread. */
#ifndef CATALOG_FIGURES_H
#define CATALOG_FIGURES_H

#include <pthread.h>
#include <stdatomic.h>
#include <weft/weft.h>

enum { FIGURE_MODES = 3, FIGURE_SITES = 32 };

/* A call site that sent a statement per object, over all sessions. */
typedef struct Site {
    const char *model, *field, *file;
    int line;
    uint64_t statements, requests;
} Site;

typedef struct Figures {
    atomic_uint_fast64_t requests, client_errors, server_errors, retries;
    atomic_uint_fast64_t mode_requests[FIGURE_MODES], mode_statements[FIGURE_MODES]; /* of package pages, by LoadMode */
    pthread_mutex_t lock;
    Site sites[FIGURE_SITES]; /* lock */
    size_t site_count;        /* lock */
} Figures;

void figures_init(Figures *figures);
void figures_deinit(Figures *figures);

/* Counts an answered request by its HTTP status. */
void figures_count(Figures *figures, unsigned status);
/* Counts a package page's statements. */
void figures_count_page(Figures *figures, int mode, uint64_t statements);
/* Takes in a session's N+1 reports. */
void figures_take_reports(Figures *figures, weft_session *session);
/* Copies the sites, most statements first; returns their number. */
size_t figures_sites(Figures *figures, Site sites[FIGURE_SITES]);

#endif
