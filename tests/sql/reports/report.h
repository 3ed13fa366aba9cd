/* Reports said twice, in types and as text: what gives both of them as texts, compares them with what was worked out by hand, and
 * compares the SQL that types have sent with the one kept for each database in sent/. */
#ifndef TESTS_SQL_REPORTS_REPORT_H
#define TESTS_SQL_REPORTS_REPORT_H

#include "support/fixture.h"

/* A program says once which models its reports use: REPORTS(shop, models, rows), with the name of its files in sent/; and lists its
 * reports by REPORT_ON_BOTH. */
#define REPORTS(group, metadata, rows) \
    static int open_sqlite(void **state) { return report_open(state, TEST_SQLITE, &(metadata), (rows), #group); } \
    static int open_postgres(void **state) { return report_open(state, TEST_POSTGRES, &(metadata), (rows), #group); } \
    struct fixture
#define REPORT_ON_(test, database, open) \
    { \
#test " (" database ")", test, open, report_close, #test \
    }
#define REPORT_ON_BOTH(test) REPORT_ON_(test, "SQLite", open_sqlite), REPORT_ON_(test, "PostgreSQL", open_postgres)

int report_open(void **state, test_backend backend, const weft_metadata *metadata, const char *rows, const char *group);
/* Compares what the report has sent in types with sent/GROUP.DATABASE.sql, which WEFT_TEST_WRITE=1 writes anew, of all reports of
 * the program: what is new there is for eyes. */
int report_close(void **state);

/* Rows as text: fields by |, rows by "; ", NULL as -, decimals and doubles with two digits or as many of four as they need, times
 * in UTC, items of arrays by commas. */
void report_show(char text[4096], const weft_row_type *type, const void *const *items, size_t count);
/* The rows of a typed report, those of its text with the parameters, which may be NULL, and those expected. Decimals
 * that the text computes are CAST(… AS numeric), which is the database's word on SQLite, too. */
void report_compare(fixture *f, const weft_row_type *type, const void *const *items, size_t count, const char *sql,
                    const weft_values *parameters, const char *expected);
/* rows: an R_list. */
#define REPORT(f, R, rows, sql, parameters, expected) \
    report_compare((f), &R##_row, (const void *const *)(const void *)(rows).items, (rows).count, (sql), (parameters), (expected))

#endif
