/* weft: a thread-safe ORM runtime for multithreaded servers on PostgreSQL and SQLite. This header takes in the others, but for
 * <weft/driver.h>, which is for whoever writes a driver.
 *
 * Conventions. Functions are named weft_noun_verb and take the noun first. A `T **` parameter gives an object that the caller owns;
 * a returned const pointer is borrowed, and its comment says how long it lives. Option structs: zero is the default. Engine-level
 * calls return a weft_status and fill a weft_error that the caller owns (NULL is allowed); sessions keep their error.
 * Threads: engines, pools, models and registries are shared; connections, sessions, selects, results and builders belong to one
 * thread at a time. */
#ifndef WEFT_H
#define WEFT_H

#define WEFT_ALL_HEADERS_
#include <weft/connection.h>
#include <weft/engine.h>
#include <weft/event.h>
#include <weft/export.h>
#include <weft/expr.h>
#include <weft/load.h>
#include <weft/log.h>
#include <weft/migrate.h>
#include <weft/model.h>
#include <weft/pool.h>
#include <weft/schema.h>
#include <weft/scoped.h>
#include <weft/session.h>
#include <weft/statement.h>
#include <weft/status.h>
#include <weft/type.h>
#include <weft/value.h>

#define WEFT_VERSION_MAJOR 0
#define WEFT_VERSION_MINOR 1
#define WEFT_VERSION_PATCH 0

WEFT_BEGIN_DECLS

/* "0.1.0": the library's version, which may be newer than the header's. Any thread. */
WEFT_API const char *weft_version(void);

WEFT_END_DECLS

#undef WEFT_ALL_HEADERS_
#include <weft/lasting.h>

#endif
