/* Drives the server with requests of its own and prints what happened. */
#ifndef CATALOG_LOAD_H
#define CATALOG_LOAD_H

#include "catalog.h"

/* Runs all rounds against the server on the port and prints the report. Returns the number of requests that went wrong. */
size_t load_run(Catalog *catalog, uint16_t port, unsigned threads, size_t requests);

#endif
