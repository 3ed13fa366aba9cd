/* Models and a fixture for the tests of engine, run on each database. */
#ifndef TESTS_ENGINE_BANK_H
#define TESTS_ENGINE_BANK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

#include "support/support.h"

WEFT_DECLARE(Account);
WEFT_DECLARE(Entry);

typedef enum account_kind { KIND_CHECKING, KIND_SAVING } account_kind;

struct Account {
    int64_t id;
    const char *name; /* at most 20 characters, unique */
    char code[8];
    account_kind kind;
    int64_t balance; /* checked: at least -1000 */
    weft_opt_double rate;
    weft_timestamp opened_at; /* by default now */
    const char *note;         /* nullable */
    weft_opt_int32 rank;      /* by default 7 */
    bool frozen;
};

struct Entry {
    int64_t id;
    int64_t account_id;
    weft_decimal amount;
    weft_date booked;
    weft_uuid reference;
    weft_bytes receipt; /* nullable */
    weft_json details;  /* nullable */
    weft_opt_time at;
    short part;
    float weight;
    unsigned serial;
};

extern const weft_metadata bank_models;

typedef struct bank {
    test_database database;
    weft_engine *engine;
    test_recorder *recorder; /* of statements, transactions too */
    weft_connection *c;
    weft_error error;
    bool server; /* a PostgreSQL: a failed statement fails its transaction, and connections can be killed */
} bank;

/* cmocka's setup and teardown: a database with the tables, an engine that records, and a connection. */
int bank_open(void **state);
int bank_close(void **state);
#define BANK_TEST(function) \
    cmocka_unit_test_prestate_setup_teardown(function, bank_open, bank_close, (void *)(uintptr_t)TEST_SQLITE), \
        cmocka_unit_test_prestate_setup_teardown(function, bank_open, bank_close, (void *)(uintptr_t)TEST_POSTGRES)

/* For what only a server has. */
#define BANK_SERVER_TEST(function) \
    cmocka_unit_test_prestate_setup_teardown(function, bank_open, bank_close, (void *)(uintptr_t)TEST_POSTGRES)

/* The call went well, or the error is printed and the test fails. */
#define MUST(b, call) bank_must((b), (call), __FILE__, __LINE__)
void bank_must(bank *b, weft_status status, const char *file, int line);

/* A second connection with these options, or a changed first one. */
weft_connection *bank_connect(bank *b, const weft_connection_options *options);

/* Rows as an outsider sees them are these. */
#define ROWS(b, sql, expected) bank_rows((b), (sql), (expected), __FILE__, __LINE__)
void bank_rows(bank *b, const char *sql, const char *expected, const char *file, int line);

/* Inserts by the connection: name and balance. */
void bank_account(bank *b, const char *name, int64_t balance);

#endif
