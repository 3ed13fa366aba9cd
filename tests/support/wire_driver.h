/* A driver of a program's own for tests: PostgreSQL by libpq's texts, wire://… for postgresql://…. It is made of weft's public
 * headers and libpq alone, and sends and reads nothing in binary but bytes. */
#ifndef WEFT_TESTS_WIRE_DRIVER_H
#define WEFT_TESTS_WIRE_DRIVER_H

#include <weft/driver.h>

extern const weft_driver wire_driver;

/* Registers it, once; ends the program where that fails. Any thread. */
void wire_driver_register(void);

#endif
