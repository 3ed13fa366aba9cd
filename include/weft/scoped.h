/* Scoped sessions: a registry hands each thread its own session of an engine, made on first use and cleaned up at the thread's
 * exit. A request: s = weft_scoped_session(registry), the work, weft_scoped_remove(registry). */
#ifndef WEFT_SCOPED_H
#define WEFT_SCOPED_H

#include <stdint.h>

#include <weft/export.h>
#include <weft/session.h>
#include <weft/status.h>

WEFT_BEGIN_DECLS

typedef struct weft_scoped weft_scoped;

/* Opens a registry over an engine, which must stay open as long. options apply to every session it makes and are copied; NULL is
 * allowed. Fails with WEFT_ERROR_NO_MEMORY, WEFT_ERROR_MISUSE (no engine); then *registry is NULL. The caller owns the registry and
 * ends it with weft_scoped_close before the engine closes. Any number of registries may be open. Any thread. */
WEFT_API weft_status weft_scoped_open(weft_scoped **registry, weft_engine *engine, const weft_session_options *options,
                                      weft_error *error);

/* The calling thread's session: the same one until weft_scoped_remove. Never NULL: without memory, or on a closed registry, a
 * failed session whose status says why. It belongs to the calling thread; the registry closes it. One thread-local load once the
 * thread has used the registry. Any thread. */
WEFT_API weft_session *weft_scoped_session(weft_scoped *registry);

/* Ends the calling thread's use: rolls back what is open, frees the objects, ends a deadline, gives the connection back; the
 * session's memory is kept for the thread's next use. Does nothing where there is no session. Any thread. */
WEFT_API void weft_scoped_remove(weft_scoped *registry);

/* A session for a request of the caller's own, beside the thread's default: the same token gives the same session in this thread
 * until weft_scoped_remove_for. For servers that serve several requests in turn on one thread. A token is any number or pointer but
 * 0, which is the thread's default. Never NULL, as weft_scoped_session. Any thread; tokens of different threads do not meet. */
WEFT_API weft_session *weft_scoped_session_for(weft_scoped *registry, uintptr_t token);

/* As weft_scoped_remove, for the session of a token; its memory is kept for the thread's next token. Any thread. */
WEFT_API void weft_scoped_remove_for(weft_scoped *registry, uintptr_t token);

/* Ends the registry. The calling thread's sessions are closed now; a session of another thread is closed by that thread, at its
 * next call on any registry or at its exit, because only it may touch it. Later calls on this registry, by threads that are still
 * at it, give a session that has failed with WEFT_ERROR_CLOSED. The engine must stay open until those threads have ended or made
 * such a call. NULL is allowed. Any thread, once. */
WEFT_API void weft_scoped_close(weft_scoped *registry);

WEFT_END_DECLS

#endif
