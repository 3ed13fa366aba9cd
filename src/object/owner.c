/* Who may use a session, and its sticky error.
 *
 * The owner word is atomic so that a call from a foreign thread reads it exactly and touches nothing else. */
#include "object/object.h"

#include "base/error.h"
#include "base/thread.h"

static const weft_error wrong_thread = {
    .status = WEFT_ERROR_WRONG_THREAD,
    .nothing_sent = true,
    .message = "this session belongs to another thread",
    .hint = "use one session per thread (weft_scoped_session), or hand it over with weft_session_release and weft_session_adopt",
};
static const weft_error no_session = {
    .status = WEFT_ERROR_MISUSE,
    .nothing_sent = true,
    .message = "the session is NULL",
};
WEFTI_HOT bool wefti_session_is_owned(const weft_session *session)
{
    /* Relaxed: the program orders a hand-over itself; a foreign thread reads a number that is not its own, whichever it is. */
    return session != NULL && !session->failed_static &&
           wefti_atomic_load_u64(&session->owner, WEFTI_RELAXED) == wefti_thread_number();
}

/* Those whose options say where they stand note it themselves. */
static void take_site(weft_session *session)
{
    session->file = session->next_file;
    session->line = session->next_line;
    session->next_file = NULL;
    session->next_line = 0;
}

bool wefti_session_enter_failed(weft_session *session)
{
    if (!wefti_session_is_owned(session))
        return false;
    take_site(session);
    return true;
}

WEFTI_HOT bool wefti_session_enter(weft_session *session)
{
    if (!wefti_session_is_owned(session) || session->error.status != WEFT_OK)
        return false;
    if (__builtin_expect(session->engine->fork_generation != wefti_fork_generation(), 0)) {
        wefti_engine_check(session->engine, &session->error);
        return false;
    }
    take_site(session);
    return true;
}

WEFTI_HOT weft_session *weft_session_at(weft_session *session, const char *file, int line)
{
    if (wefti_session_is_owned(session)) {
        session->next_file = file;
        session->next_line = file != NULL ? line : 0;
    }
    return session;
}

weft_status wefti_session_fail(weft_session *session, weft_status status, const char *format, ...)
{
    if (session->error.status == WEFT_OK) {
        va_list arguments;
        va_start(arguments, format);
        wefti_error_setv(&session->error, status, format, arguments);
        va_end(arguments);
    }
    return session->error.status;
}

weft_status wefti_session_fail_with(weft_session *session, const weft_error *error)
{
    if (error != &session->error && session->error.status == WEFT_OK)
        session->error = *error;
    return session->error.status;
}

weft_status wefti_session_fail_memory(weft_session *session)
{
    return wefti_session_fail(session, WEFT_ERROR_NO_MEMORY, "out of memory");
}

static WEFTI_COLD void refuse_model(weft_session *session, const weft_model *model)
{
    weft_error error;
    (void)wefti_refuse_model(model, &error);
    (void)wefti_session_fail_with(session, &error);
}

const wefti_table *wefti_session_table(weft_session *session, const weft_model *model)
{
    if (model == NULL) {
        wefti_session_fail(session, WEFT_ERROR_MISUSE, "the model is NULL");
        return NULL;
    }
    const wefti_table *table = wefti_schema_table(session->schema, model);
    if (table == NULL)
        refuse_model(session, model);
    return table;
}

WEFTI_HOT weft_status weft_session_status(const weft_session *session) { return weft_session_error(session)->status; }

WEFTI_HOT const weft_error *weft_session_error(const weft_session *session)
{
    if (session == NULL)
        return &no_session;
    return session->failed_static || wefti_session_is_owned(session) ? &session->error : &wrong_thread;
}
