/* Which ways the compiler is to keep apart. A statement of a few rows runs between two system calls, and what its instructions cost
 * is mostly that their pages and cache lines have to be fetched again each time; so what errors take, and what is rare, shall not
 * lie among them. */
#ifndef WEFTI_BASE_PATHS_H
#define WEFTI_BASE_PATHS_H

/* Of functions that are called where something has gone wrong or is told: blocks that call them are moved out of the way. */
#define WEFTI_COLD __attribute__((cold))
/* Of functions that each small statement runs through: they lie together. */
#define WEFTI_HOT __attribute__((hot))

#endif
