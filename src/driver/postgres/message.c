/* What an error or a notice of the server says to the program: decided by where it comes from, never by searching its text.
 *
 * An error that answers Parse knows no value, for none is bound yet: the server's text is taken whole, unless the statement's text
 * holds constants, which it may repeat. Any later error may repeat what was bound or read, in any language: it is told by its
 * SQLSTATE in weft's words, by the names that the server gives apart from its text, and by its position. DETAIL and CONTEXT, which
 * repeat rows, are shown only where the engine shows values. Names that code in the database chose by itself (RAISE ... USING)
 * are no names of the catalogue, and are treated as its text. */
#include "driver/postgres/postgres.h"

#include "base/sqltext.h"

#include <string.h>

#define SHOWN_TOKEN_BYTES 63
#define NOTICE_LOG_LIMIT 20 /* notices logged per statement: a loop of RAISE NOTICE must not flood the log */

void wefti_postgres_clean_message(const char *password, const char *message, char *to, size_t to_size)
{
    size_t used = 0, password_size = password != NULL ? strlen(password) : 0;
    for (const char *from = message; *from != '\0' && *from != '\n' && used + 4 < to_size;) {
        if (password_size > 2 && strncmp(from, password, password_size) == 0) {
            memcpy(to + used, "***", 3);
            used += 3;
            from += password_size;
        } else {
            to[used++] = *from++;
        }
    }
    to[used] = '\0';
}

/* Files of the languages that code in the database is written in: pl_exec.c, plperl.c, plpy_elog.c, pltcl.c. */
static bool is_raised(const PGresult *result)
{
    const char *file = PQresultErrorField(result, PG_DIAG_SOURCE_FILE);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (sqlstate != NULL && strncmp(sqlstate, "P0", 2) == 0)
        return true;
    return file != NULL && strncmp(file, "pl", 2) == 0 && strncmp(file, "plan", 4) != 0;
}

/* Whether all that the server says may be shown. */
static bool shows(const wefti_postgres_dbc *c, const PGresult *result)
{
    return c->config->show_all || (c->config->show_raised && is_raised(result));
}

const wefti_sql_rules *wefti_postgres_sql_rules(wefti_dbc *dbc)
{
    const wefti_postgres_dbc *c = (const wefti_postgres_dbc *)dbc;
    const char *standard = PQparameterStatus(c->pg, "standard_conforming_strings");
    return standard != NULL && strcmp(standard, "off") == 0 ? &wefti_sql_rules_postgres_backslashes : &wefti_sql_rules_postgres;
}

static int read_position(const PGresult *result)
{
    const char *text = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    int64_t position = 0;
    if (text == NULL || !wefti_int64_parse(text, strlen(text), &position) || position < 1 || position > INT32_MAX)
        return 0;
    return (int)position;
}

static void add_field(wefti_text *text, const char *before, const char *value, const char *after)
{
    if (value[0] == '\0')
        return;
    wefti_text_add(text, before);
    wefti_text_add(text, value);
    wefti_text_add(text, after);
}

static void add_names(wefti_text *text, const weft_error *error)
{
    const char *separator = ": ";
    if (error->constraint[0] != '\0') {
        wefti_text_add_format(text, "%sconstraint \"%s\"", separator, error->constraint);
        separator = " of ";
    } else if (error->column[0] != '\0') {
        wefti_text_add_format(text, "%scolumn \"%s\"", separator, error->column);
        separator = " of ";
    }
    if (error->table[0] != '\0')
        wefti_text_add_format(text, "%stable \"%s\"", separator, error->table);
    else if (error->datatype[0] != '\0')
        wefti_text_add_format(text, "%stype \"%s\"", separator, error->datatype);
}

/* The place, and what stands there where that is no literal. */
static void add_place(wefti_postgres_dbc *c, const char *sql, int position, wefti_text *text)
{
    if (position == 0)
        return;
    wefti_text_add_format(text, ", at character %d", position);
    if (sql == NULL)
        return;
    size_t offset = wefti_sql_offset(sql, position), size = wefti_sql_token_at(wefti_postgres_sql_rules(&c->dbc), sql, offset);
    if (size > 0 && size <= SHOWN_TOKEN_BYTES) {
        wefti_text_add(text, " (");
        wefti_text_add_bytes(text, sql + offset, size);
        wefti_text_add_char(text, ')');
    }
}

static void add_words(wefti_postgres_dbc *c, const PGresult *result, const char *sql, const weft_error *error, wefti_text *text)
{
    const char *routine = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
    const char *bad_value = wefti_postgres_bad_value(result);
    wefti_text_add(text, wefti_postgres_words(bad_value != NULL ? bad_value : error->sqlstate));
    add_names(text, error);
    add_place(c, sql, error->position, text);
    wefti_text_add_format(text, " [%s", error->sqlstate);
    add_field(text, ", ", routine != NULL ? routine : "", "");
    wefti_text_add_char(text, ']');
}

/* Everything: the first line of each part, for messages are one line. */
static void add_all(const PGresult *result, wefti_text *text)
{
    static const struct {
        int field;
        const char *before;
    } parts[] = {{PG_DIAG_MESSAGE_PRIMARY, ""}, {PG_DIAG_MESSAGE_DETAIL, "; "}, {PG_DIAG_CONTEXT, "; "}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *part = PQresultErrorField(result, parts[i].field);
        if (part == NULL)
            continue;
        wefti_text_add(text, parts[i].before);
        wefti_text_add_bytes(text, part, strcspn(part, "\n"));
    }
}

static void fill_names(const PGresult *result, weft_error *error)
{
    wefti_error_field(error->constraint, sizeof error->constraint, PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME));
    wefti_error_field(error->table, sizeof error->table, PQresultErrorField(result, PG_DIAG_TABLE_NAME));
    wefti_error_field(error->column, sizeof error->column, PQresultErrorField(result, PG_DIAG_COLUMN_NAME));
    wefti_error_field(error->schema, sizeof error->schema, PQresultErrorField(result, PG_DIAG_SCHEMA_NAME));
    wefti_error_field(error->datatype, sizeof error->datatype, PQresultErrorField(result, PG_DIAG_DATATYPE_NAME));
}

#define USES_COLUMN \
    "a view, rule, trigger (UPDATE OF, WHEN), policy or computed column names the column: drop it before, and make it again " \
    "behind"

#define ONE_ROW "limit it to one row (.limit = 1), or take an aggregate of what it gives"

/* What mends what the server refuses in words which name no object. */
static void hint_of_routine(weft_error *error)
{
    static const struct {
        const char *sqlstate, *routine, *hint;
    } hints[] = {
        {"22023", "init_params",
         "the number that the sequence is at, or one of its options, lies beyond its bounds or its type: set it within first "
         "(setval, or RESTART), or keep the wider type; an identity is a smallint, an integer or a bigint"},
        {"42804", "ATPrepAlterColumnType",
         "the column's values do not become the new type by themselves: say by USING how they do"},
        {"42804", "ATExecAlterColumnType",
         "the column's default does not become the new type: drop it before, and set another one"},
        {"42804", "ATAddForeignKeyConstraint", "a foreign key and the columns that it refers to have types that can be compared"},
        {"42P16", "ATPrepAlterColumnType", "a column that partitions go by keeps its type: another table takes the rows"},
        {"22000", "range_serialize", "the lower bound of a range lies above its upper one"},
        {"0A000", "ATExecAlterColumnType", USES_COLUMN},
        {"0A000", "RememberAllDependentForRebuilding", USES_COLUMN}, /* from 17 on */
        {"2BP01", "reportDependentObjects",
         "drop what depends on it before (views, triggers, policies, foreign keys of other tables); CASCADE would take all along"},
        {"21000", "ExecSetParamPlan", ONE_ROW},
        {"21000", "ExecScanSubPlan", ONE_ROW},
        {"22014", "window_ntile", "give it a number of parts above zero"},
        {"22016", "window_nth_value", "rows are counted from 1 on"},
        {"42P01", "RangeVarGetRelidExtended", "make the table or sequence before it is named, or say its schema"},
    };
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
        if (strcmp(error->sqlstate, hints[i].sqlstate) == 0 && strcmp(error->routine, hints[i].routine) == 0)
            wefti_error_hint(error, "%s", hints[i].hint);
}

static void add_hint(const wefti_postgres_dbc *c, const PGresult *result, bool whole, weft_error *error)
{
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    if (whole && hint != NULL)
        wefti_error_hint(error, "%s", hint);
    else if (is_raised(result) && !shows(c, result))
        wefti_error_hint(error, "what it says is shown where the engine is opened with .server_messages = true");
    else
        hint_of_routine(error);
}

void wefti_postgres_message(wefti_postgres_dbc *c, const PGresult *result, const char *sql, bool parsing, weft_status status,
                            weft_error *error)
{
    if (error == NULL)
        return;
    wefti_error_clear(error);
    error->status = status;
    wefti_error_field(error->sqlstate, sizeof error->sqlstate, PQresultErrorField(result, PG_DIAG_SQLSTATE));
    wefti_error_field(error->routine, sizeof error->routine, PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION));
    error->position = read_position(result);
    bool all = shows(c, result);
    /* Of all syntax errors this routine says but one: several commands in a prepared statement. */
    const bool several = strcmp(error->sqlstate, "42601") == 0 && strcmp(error->routine, "exec_parse_message") == 0;
    if (all || !is_raised(result))
        fill_names(result, error);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    bool parse_text = parsing && sql != NULL && primary != NULL && !wefti_sql_has_literal(wefti_postgres_sql_rules(&c->dbc), sql);
    wefti_text text;
    wefti_text_init(&text, 8192);
    if (several)
        wefti_text_add(&text, WEFTI_SEVERAL_STATEMENTS);
    else if (all)
        add_all(result, &text);
    else if (parse_text)
        wefti_text_add_bytes(&text, primary, strcspn(primary, "\n"));
    else
        add_words(c, result, sql, error, &text);
    bool usable = !text.failed && text.data != NULL; /* out of memory, or beyond any sensible length */
    char cleaned[sizeof error->message + 4];
    wefti_postgres_clean_message(c->config->password, usable ? text.data : wefti_postgres_words(error->sqlstate), cleaned,
                                 sizeof cleaned);
    wefti_error_field(error->message, sizeof error->message, cleaned);
    wefti_text_deinit(&text);
    add_hint(c, result, all || parse_text, error);
}

void wefti_postgres_notice(void *context, const PGresult *result)
{
    wefti_postgres_dbc *c = context;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    bool fatal = severity != NULL && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0);
    bool logging_in = PQstatus(c->pg) != CONNECTION_OK; /* nothing was sent that could be repeated */
    bool from_server = sqlstate != NULL;                /* libpq's own notices have no SQLSTATE and no values */
    if (message == NULL)
        message = PQresultErrorMessage(result);
    if (from_server && !logging_in && !shows(c, result))
        message = wefti_postgres_words(sqlstate);
    if (fatal) {
        wefti_error_field(c->notice_sqlstate, sizeof c->notice_sqlstate, sqlstate);
        wefti_error_field(c->notice_text, sizeof c->notice_text, message);
    }
    wefti_postgres_copy_noticed(c, result);
    if (c->notice_count++ >= NOTICE_LOG_LIMIT)
        return;
    bool warning = fatal || (severity != NULL && strcmp(severity, "WARNING") == 0);
    weft_log_level level = warning ? WEFT_LOG_WARNING : WEFT_LOG_DEBUG;
    const char *routine = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
    if (wefti_log_wants(&c->config->log, level))
        wefti_log_text(&c->config->log, level, WEFT_LOG_GENERAL, "PostgreSQL, connection %llu: %s %s: %.300s%s%s%s",
                       (unsigned long long)c->dbc.number, severity != NULL ? severity : "NOTICE", sqlstate != NULL ? sqlstate : "",
                       message != NULL ? message : "", routine != NULL ? " [" : "", routine != NULL ? routine : "",
                       routine != NULL ? "]" : "");
}
