/* What a threaded server does per request. The registry hands every thread its own session. */
#include "api.h"

#include <stdio.h>

static weft_scoped *sessions;

weft_status server_start(const char *url, weft_error *error)
{
    weft_engine *engine;
    weft_status status = weft_engine_open(&engine, url, &(weft_engine_options){
        .metadata = &models,
        .pool = { .size = 8, .max_overflow = 4, .timeout_ms = 2000, .max_lifetime_ms = 1800000 },
    }, error);
    if (status != WEFT_OK)
        return status;
    return weft_scoped_open(&sessions, engine, &(weft_session_options){ .timeout_ms = 500 }, error);
}

/* Reads: 2 statements whatever the number of users. */
int list_users(FILE *out)
{
    weft_session *s = weft_scoped_session(sessions);
    User_list users = weft_query(s, User, .load = weft_load(weft_selectin(User, addresses)));
    weft_each (User, user, users) {
        fprintf(out, "%s\n", user->name);
        weft_each (Address, address, user->addresses)
            fprintf(out, "  %s\n", address->email);
    }
    int http = weft_session_status(s) == WEFT_OK ? 200 : 503;
    weft_scoped_remove(sessions); /* connection to the pool, objects freed together */
    return http;
}

/* Writes: a body that weft_transact may run again when the database asks for a retry. The session's own error
 * outranks what the body returns, so a lost connection is retried and not reported as "not found". */
typedef struct Transfer { int64_t from, to; } Transfer;

static weft_status move_addresses(weft_session *s, void *context)
{
    const Transfer *t = context;
    const User *from = weft_get(s, User, t->from, .load = weft_load(weft_selectin(User, addresses)));
    const User *to = weft_get(s, User, t->to);
    if (from == NULL || to == NULL)
        return WEFT_ERROR_NOT_FOUND;
    weft_each (Address, address, from->addresses)
        weft_assign(s, Address, address, user, User, to); /* both collections and user_id follow */
    return WEFT_OK;
}

int post_transfer(int64_t from, int64_t to)
{
    weft_session *s = weft_scoped_session(sessions);
    weft_status status = weft_transact(s, move_addresses, &(Transfer){ from, to },
                                       &(weft_transact_options){ .isolation = WEFT_ISOLATION_SERIALIZABLE });
    weft_scoped_remove(sessions);
    switch (status) {
    case WEFT_OK: return 200;
    case WEFT_ERROR_NOT_FOUND: return 404;
    case WEFT_ERROR_OUTCOME_UNKNOWN: return 500; /* may have happened: a client must look before it repeats */
    default: return 503;
    }
}
