/* Opening and closing: one engine per database, one session registry per kind of session. */
#include "catalog.h"

#include <weft/migrate.h>

#include <string.h>

/* The revisions of migrations/, written into the program by weft embed. */
extern const weft_migrations catalog_migrations;

weft_status catalog_migrate(weft_engine *engine, const char *target, weft_error *error)
{
    weft_migrate *migrate;
    const bool up = strcmp(target, "head") == 0;
    const weft_migrate_options options = {.migrations = &catalog_migrations, .allow_destructive = !up};
    weft_status status = weft_migrate_open(&migrate, engine, &options, error);
    if (status == WEFT_OK) {
        status = up ? weft_migrate_upgrade(migrate, target, error) : weft_migrate_downgrade(migrate, target, error);
    }
    weft_migrate_close(migrate);
    return status;
}

weft_status catalog_open(Catalog *catalog, const char *url, unsigned threads, bool echo, weft_error *error)
{
    memset(catalog, 0, sizeof(*catalog));
    figures_init(&catalog->figures);
    weft_status status = weft_engine_open(&catalog->engine, url,
                                          &(weft_engine_options){
                                              .metadata = &catalog_models,
                                              .echo = echo,
                                              .application_name = "weft-catalog",
                                              .pool = {.size = threads, .max_overflow = 4, .timeout_ms = 5000},
                                          },
                                          error);
    if (status == WEFT_OK) {
        status = catalog_migrate(catalog->engine, "head", error);
    }
    if (status == WEFT_OK) {
        status = weft_scoped_open(&catalog->sessions, catalog->engine, &(weft_session_options){.timeout_ms = 5000}, error);
    }
    if (status == WEFT_OK) {
        status = weft_scoped_open(&catalog->unbatched, catalog->engine,
                                  &(weft_session_options){.timeout_ms = 5000, .unbatched_lazy = true}, error);
    }
    if (status != WEFT_OK) {
        catalog_close(catalog);
    }
    return status;
}

void catalog_close(Catalog *catalog)
{
    weft_scoped_close(catalog->sessions);
    weft_scoped_close(catalog->unbatched);
    weft_engine_close(catalog->engine);
    figures_deinit(&catalog->figures);
    catalog->sessions = catalog->unbatched = NULL;
    catalog->engine = NULL;
}
