/* The database of a stress program: where it is, its engine with fresh tables, and what must be true of the pool at the end. */
#ifndef STRESS_DATABASE_H
#define STRESS_DATABASE_H

#include <weft/weft.h>

#include "measure.h"

/* Opens the engine on the options' database (by default a SQLite file of its own), with empty tables. After false a message has
 * been printed, and there is nothing to end. */
bool stress_database_begin(weft_engine **engine, const stress_options *options, const weft_metadata *metadata,
                           weft_pool_options pool);

/* For programs in which somebody writes and somebody reads: reads the options (stress_options_read), with two threads at least, and
 * begins with a connection for each and two more. */
bool stress_database_start(weft_engine **engine, stress_options *options, int count, char **arguments,
                           const weft_metadata *metadata);

/* Commits what the session has and closes it; false after a message. */
bool stress_database_commit(weft_session *s);

/* When all threads have ended: reports connections that are still out, drops the tables unless something broke, and closes. */
void stress_database_end(weft_engine *engine);

#endif
