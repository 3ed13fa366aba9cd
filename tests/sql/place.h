/* A database with the tables of shop, and compiled statements run on it through its driver. */
#ifndef TESTS_SQL_PLACE_H
#define TESTS_SQL_PLACE_H

#include "shop.h"

#include "base/memory.h"
#include "driver/driver.h"

#include "support/support.h"

typedef struct place {
    test_database database;
    const wefti_driver *driver;
    const wefti_dialect *dialect;
    wefti_target target;
    wefti_dbc *dbc;
    weft_error error;
} place;

void place_open(place *p, test_backend backend);
void place_close(place *p); /* drops the tables too */
void place_must(place *p, weft_status status, const char *what);
weft_status place_emit(void *context, const char *sql, weft_error *error); /* for DDL; context is the place */

/* Runs a statement with the values of its shape after the given ones; its rows as "a|b;c|d", or the number of changed rows. The
 * caller frees them by wefti_free. */
char *place_run(place *p, const wefti_statement_data *data, const weft_value *given, size_t given_count);
void expect_rows_at(place *p, const wefti_statement_data *data, const weft_value *given, size_t given_count, const char *expected,
                    const char *file, int line);

/* Users 1 (sandy, 2 addresses, keyword a), 2 (Spongebob, 1 address, keywords a and b), 3 (patrick, no age, nothing). */
void place_fill(place *p);

#define expect_rows(p, data, expected) expect_rows_at(p, data, NULL, 0, expected, __FILE__, __LINE__)
#define expect_rows_of(p, data, expected, ...) \
    do { \
        const weft_value given_[] = { __VA_ARGS__ }; \
        expect_rows_at(p, data, given_, sizeof given_ / sizeof given_[0], expected, __FILE__, __LINE__); \
    } while (0)
#define TEXT weft_value_text
#define INT weft_value_int64

#endif
