/* What scoped sees of the session. */
#ifndef WEFTI_SESSION_SESSION_H
#define WEFTI_SESSION_SESSION_H

#include <stdbool.h>

#include <weft/session.h>

/* Rolls back what is open, returns the connection, frees objects and lists in bulk, drops deadline and sticky error; keeps memory
 * for the thread's next use. Owner thread only. */
void wefti_session_recycle(weft_session *session);
/* The session that stands for "no memory" (status NO_MEMORY) and one that stands for a closed registry (status CLOSED); static,
 * owned by nobody. */
weft_session *wefti_session_failed(weft_status status);

/* Who keeps a session for the program, as a registry does, and closes it in the end. */
typedef struct wefti_session_keeper wefti_session_keeper;
struct wefti_session_keeper {
    /* The program takes the session away, by weft_session_release or weft_session_close: the keeper must forget it. Called once, on
     * the owner thread, before either has any effect; must neither close the session nor call the program. */
    void (*forget)(wefti_session_keeper *keeper, weft_session *session);
};
/* Sets the session's keeper; NULL: none, as at first. False for a static failed session, which nobody keeps. Owner thread only. */
bool wefti_session_keep(weft_session *session, wefti_session_keeper *keeper);

#endif
