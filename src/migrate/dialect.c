/* The databases that are migrated. */
#include "migrate/dialect.h"

#include "base/locale.h"

#include <string.h>

const wefti_migrate_dialect *const wefti_migrate_dialects[] = {&wefti_migrate_postgres, &wefti_migrate_sqlite, NULL};

const wefti_migrate_dialect *wefti_migrate_dialect_of(const char *name, size_t size)
{
    char copy[24];
    if (size >= sizeof copy)
        return NULL;
    memcpy(copy, name, size);
    copy[size] = '\0';
    for (size_t i = 0; wefti_migrate_dialects[i] != NULL; i++)
        if (wefti_ascii_equal(copy, wefti_migrate_dialects[i]->name))
            return wefti_migrate_dialects[i];
    return NULL;
}
