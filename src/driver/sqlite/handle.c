/* For drivers of a program's own whose database is a sqlite3 handle: what this driver adds to its connections and makes of
 * failures. */
#include "driver/sqlite/sqlite.h"

#include <weft/driver.h>

weft_status weft_driver_sqlite_functions(void *sqlite3_handle, weft_error *error)
{
    if (sqlite3_handle == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_driver_sqlite_functions: the handle is NULL");
    const int rc = wefti_sqlite_register(sqlite3_handle);
    return rc == SQLITE_OK ? WEFT_OK : wefti_sqlite_handle_error(sqlite3_handle, rc, error);
}

weft_status weft_driver_sqlite_error(void *sqlite3_handle, int code, const char *sql, bool running, weft_error *error)
{
    return wefti_sqlite_shown_error(sqlite3_handle, code, sql, running, error);
}

weft_type weft_driver_sqlite_type(const char *declaration) { return wefti_sqlite_declared_type(declaration); }
