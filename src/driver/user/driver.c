/* From the table of functions that a program registers to a driver as pool and engine see it. */
#include "driver/user/user.h"

#include <string.h>

static const wefti_user_driver *of(const wefti_dbc *dbc) { return ((const wefti_user_dbc *)dbc)->driver; }

static void forget(wefti_dbc *dbc, uint64_t statement_id)
{
    wefti_user_dbc *c = (wefti_user_dbc *)dbc;
    wefti_prepared_entry *entry = wefti_prepared_find(&c->prepared, statement_id);
    if (entry != NULL && !entry->busy)
        (void)wefti_prepared_remove(&c->prepared, statement_id);
}

static size_t parameter_limit(wefti_dbc *dbc)
{
    const size_t limit = of(dbc)->own.most_parameters;
    const size_t most = limit != 0 ? limit : of(dbc)->spoken->most_parameters;
    return most < WEFTI_MAX_PARAMETERS ? most : WEFTI_MAX_PARAMETERS;
}

static const wefti_sql_rules *sql_rules(wefti_dbc *dbc) { return of(dbc)->spoken->cut->sql; }

static const wefti_driver functions = {
    .target_new = wefti_user_target_new,
    .target_free = wefti_user_target_free,
    .open = wefti_user_open,
    .close = wefti_user_close,
    .state = wefti_user_state,
    .alive = wefti_user_alive,
    .ping = wefti_user_ping,
    .reset = wefti_user_reset,
    .recover = wefti_user_reset, /* a statement that met its deadline has ended */
    .begin = wefti_user_begin,
    .commit = wefti_user_commit,
    .rollback = wefti_user_rollback,
    .settle = wefti_user_settle,
    .allow_writes = wefti_user_allow_writes,
    .execute = wefti_user_execute,
    .step = wefti_user_step,
    .column_name = wefti_user_column_name,
    .column_type = wefti_user_column_type,
    .finish = wefti_user_finish,
    .execute_many = wefti_user_execute_many,
    .execute_script = wefti_user_execute_script,
    .told_key = wefti_user_told_key,
    .forget = forget,
    .sql_rules = sql_rules,
    .parameter_limit = parameter_limit,
};

/* ---- registering ---- */

static bool is_word(const char *word, bool scheme)
{
    const char *at = word;
    if (word == NULL || !((*at >= 'a' && *at <= 'z') || (!scheme && *at >= 'A' && *at <= 'Z')))
        return false;
    while ((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || *at == '-' || *at == '.' || *at == '+' ||
           (!scheme && ((*at >= 'A' && *at <= 'Z') || *at == '_')))
        at++;
    return *at == '\0' && at - word <= 31;
}

static weft_status check_functions(const weft_driver *own, weft_error *error)
{
    const struct {
        const char *name;
        bool there;
    } needed[] = {
        {"open", own->open != NULL}, {"close", own->close != NULL},   {"execute", own->execute != NULL},
        {"step", own->step != NULL}, {"finish", own->finish != NULL}, {"column_name", own->column_name != NULL},
    };
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!needed[i].there)
            return wefti_error_set(error, WEFT_ERROR_MISUSE, "the driver \"%s\" has no function .%s", own->name, needed[i].name);
    if ((own->prepare != NULL) != (own->unprepare != NULL))
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "the driver \"%s\" has one of .prepare and .unprepare: both are needed",
                               own->name);
    const int transactions = (own->begin != NULL) + (own->commit != NULL) + (own->rollback != NULL);
    if (transactions != 0 && transactions != 3)
        return wefti_error_set(error, WEFT_ERROR_MISUSE,
                               "the driver \"%s\" has some of .begin, .commit and .rollback: all three are needed, or none",
                               own->name);
    return WEFT_OK;
}

/* Members behind what this library knows must be zero. */
static weft_status take_members(const weft_driver *given, weft_driver *own, weft_error *error)
{
    const size_t least = offsetof(weft_driver, script) + sizeof given->script;
    if (given->size < least)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "the driver's .size is %zu: set it to sizeof(weft_driver)", given->size);
    for (size_t i = sizeof *given; i < given->size; i++)
        if (((const unsigned char *)given)[i] != 0)
            return wefti_error_set(error, WEFT_ERROR_UNSUPPORTED,
                                   "the driver was compiled for a newer weft, and sets members that this one does not know");
    memset(own, 0, sizeof *own);
    memcpy(own, given, given->size < sizeof *own ? given->size : sizeof *own);
    return WEFT_OK;
}

static weft_status check_words(const weft_driver *own, weft_error *error)
{
    if (!is_word(own->name, false))
        return wefti_error_set(error, WEFT_ERROR_MISUSE,
                               "the driver's name \"%s\" is no name: a letter first, then letters, digits and -_.+, at most 31",
                               own->name != NULL ? own->name : "(NULL)");
    for (const char *const *scheme = own->schemes; scheme != NULL && *scheme != NULL; scheme++)
        if (!is_word(*scheme, true))
            return wefti_error_set(error, WEFT_ERROR_MISUSE,
                                   "the driver \"%s\" has the scheme \"%s\": a small letter first, then small letters, digits and "
                                   "-.+, at most 31",
                                   own->name, *scheme);
    if (own->schemes != NULL && own->schemes[0] == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "the driver \"%s\" has a list of schemes with none in it", own->name);
    if (own->schemes == NULL && !is_word(own->name, true))
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "the driver \"%s\" has no schemes, and its name cannot be one", own->name);
    return WEFT_OK;
}

weft_status wefti_user_driver_new(const weft_driver *given, const wefti_driver *const *speakers, const wefti_driver **made,
                                  weft_error *error)
{
    weft_driver own;
    *made = NULL;
    if (given == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "the driver is NULL");
    weft_status status = take_members(given, &own, error);
    if (status == WEFT_OK)
        status = check_words(&own, error);
    if (status == WEFT_OK)
        status = check_functions(&own, error);
    if (status != WEFT_OK)
        return status;
    while (*speakers != NULL && (own.dialect == NULL || strcmp((*speakers)->name, own.dialect) != 0))
        speakers++;
    if (*speakers == NULL)
        return wefti_error_set(
            error, WEFT_ERROR_MISUSE,
            "the driver \"%s\" has the dialect \"%s\", which is none of weft's: \"sqlite\" and \"postgresql\" are", own.name,
            own.dialect != NULL ? own.dialect : "(NULL)");
    wefti_user_driver *driver = wefti_calloc(1, sizeof *driver);
    if (driver == NULL)
        return wefti_error_memory(error);
    driver->own = own;
    driver->spoken = (*speakers)->spoken;
    driver->schemes[0] = own.name;
    driver->base = functions;
    driver->base.name = own.name;
    driver->base.dialect = (*speakers)->name;
    driver->base.spoken = (*speakers)->spoken;
    driver->base.schemes = own.schemes != NULL ? own.schemes : driver->schemes;
    driver->base.example = own.example != NULL ? own.example : own.name;
    driver->base.means = (*speakers)->means;
    driver->base.state_sql = own.several_rows ? (*speakers)->state_sql : NULL;
    driver->base.one_cursor = !own.several_rows;
    driver->base.in_process = own.in_process;
    *made = &driver->base;
    return WEFT_OK;
}

void wefti_user_driver_free(const wefti_driver *driver) { wefti_free((void *)(uintptr_t)driver); }
