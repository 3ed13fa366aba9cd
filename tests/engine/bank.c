/* The models of the tests and their fixture. */
#include "bank.h"

static const char *const kind_names[] = {"checking", "saving"};

WEFT_MODEL(Account, "account",
    WEFT_COLUMN(Account, id, .primary_key = true),
    WEFT_COLUMN(Account, name, .length = 20, .unique = true),
    WEFT_COLUMN(Account, code),
    WEFT_ENUM(Account, kind, kind_names),
    WEFT_COLUMN(Account, balance),
    WEFT_COLUMN(Account, rate),
    WEFT_COLUMN(Account, opened_at, .server_default = "CURRENT_TIMESTAMP"),
    WEFT_COLUMN(Account, note, .nullable = true),
    WEFT_COLUMN(Account, rank, .server_default = "7"),
    WEFT_COLUMN(Account, frozen),
    WEFT_CHECK(Account, "balance >= -1000", .name = "ck_account_balance"));

WEFT_MODEL(Entry, "entry",
    WEFT_COLUMN(Entry, id, .primary_key = true),
    WEFT_COLUMN(Entry, account_id, .references = "account.id", .on_delete = "CASCADE"),
    WEFT_COLUMN(Entry, amount, .precision = 20, .scale = 4),
    WEFT_COLUMN(Entry, booked),
    WEFT_COLUMN(Entry, reference),
    WEFT_COLUMN(Entry, receipt, .nullable = true),
    WEFT_COLUMN(Entry, details, .nullable = true),
    WEFT_COLUMN(Entry, at),
    WEFT_COLUMN(Entry, part),
    WEFT_COLUMN(Entry, weight),
    WEFT_COLUMN(Entry, serial));

WEFT_METADATA(bank_models, &Entry_model, &Account_model);

void bank_must(bank *b, weft_status status, const char *file, int line)
{
    if (status == WEFT_OK)
        return;
    print_error("%s:%d: %s: %s (%s)\n", file, line, weft_status_name(status), b->error.message, b->error.hint);
    _fail(file, line);
}

int bank_open(void **state)
{
    bank *b = calloc(1, sizeof *b);
    assert_non_null(b);
    test_backend backend = (test_backend)(uintptr_t)*state;
    b->server = backend == TEST_POSTGRES;
    test_database_open(&b->database, backend);
    b->recorder = test_recorder_new();
    weft_engine_options options = {.metadata = &bank_models, .log = test_recorder_log, .log_context = b->recorder,
        .log_level = WEFT_LOG_INFO, .pool = {.size = 3, .max_overflow = WEFT_NONE, .timeout_ms = 5000}};
    MUST(b, weft_engine_open(&b->engine, b->database.url, &options, &b->error));
    MUST(b, weft_create_all(b->engine, &b->error));
    MUST(b, weft_engine_connect(b->engine, &b->c, NULL, &b->error));
    test_recorder_with_transactions(b->recorder, true);
    test_recorder_clear(b->recorder);
    *state = b;
    return 0;
}

int bank_close(void **state)
{
    bank *b = *state;
    weft_connection_close(b->c);
    weft_engine_close(b->engine);
    test_recorder_free(b->recorder);
    test_database_drop(&b->database);
    free(b);
    return 0;
}

weft_connection *bank_connect(bank *b, const weft_connection_options *options)
{
    weft_connection *connection = NULL;
    MUST(b, weft_engine_connect(b->engine, &connection, options, &b->error));
    return connection;
}

void bank_rows(bank *b, const char *sql, const char *expected, const char *file, int line)
{
    char *rows = test_database_rows(&b->database, sql);
    bool same = strcmp(rows, expected) == 0;
    if (!same)
        print_error("%s:%d: %s\n  gives:    %s\n  expected: %s\n", file, line, sql, rows, expected);
    free(rows);
    if (!same)
        _fail(file, line);
}

void bank_account(bank *b, const char *name, int64_t balance)
{
    Account account = {.name = name, .code = "c", .balance = balance};
    MUST(b, weft_insert_many(b->c, Account, &account, 1, NULL, &b->error));
}
