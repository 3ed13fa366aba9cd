/* What runs the programs and sees what they send, read and print. */
#ifndef TESTS_SQL_PROGRAMS_PROGRAMS_H
#define TESTS_SQL_PROGRAMS_PROGRAMS_H

#include "report.h"

extern const weft_metadata shop;
extern const char shop_rows[];

/* Runs a program and compares the rows of all its lists, a line for each list, with read, and what it has printed with printed.
 * Rows are as report_show says; those of a statement without ORDER BY are sorted, and so are lines that are printed where nothing
 * was sent with one. */
void program_check(fixture *f, void (*program)(weft_session *s), const char *read, const char *printed);

#endif
