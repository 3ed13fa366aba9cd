/* A driver of a program's own, for tests: databases in memory, each with a name that its connections share (memory://name), or in a
 * file (memory+file:///path). A connection begins with its sqlite3 *. It is made of weft's public headers and sqlite3 alone. */
#ifndef WEFT_TESTS_MEMORY_DRIVER_H
#define WEFT_TESTS_MEMORY_DRIVER_H

#include <weft/driver.h>

/* The whole driver; and the least that one may have, with everything else left to weft, under the scheme "least". */
extern const weft_driver memory_driver, least_driver;

/* Registers both, once; ends the program where that fails. Any thread. */
void memory_driver_register(void);

#endif
