/* Every bound of weft in one place, each with its reason. */
#ifndef WEFTI_BASE_LIMITS_H
#define WEFTI_BASE_LIMITS_H

#define WEFTI_MAX_EXPR_DEPTH 64         /* recursion over expressions stays within 64 frames; deeper is a cycle or a mistake */
#define WEFTI_MAX_EXPR_NODES 65536u     /* in a statement: few shared nodes can stand for an endless tree */
#define WEFTI_MAX_LIST_NODES 4096       /* nodes in one list: a missing weft_end is found, not followed through memory */
#define WEFTI_MAX_IDENTIFIER_BYTES 63   /* PostgreSQL's NAMEDATALEN - 1; SQLite follows so that schemas port */
#define WEFTI_MAX_PARAMETERS 65535      /* PostgreSQL's protocol counts parameters in 16 bits */
#define WEFTI_MAX_COLUMNS 1600          /* PostgreSQL's columns per table and per result */
#define WEFTI_MAX_SQL_BYTES (1u << 20)  /* one statement's text */
#define WEFTI_MAX_TEXT_BYTES (1u << 30) /* a growing buffer: PostgreSQL's message limit */
#define WEFTI_MAX_VALUE_BYTES (1000u * 1000u * 1000u) /* larger messages kill a PostgreSQL connection without a SQLSTATE */
#define WEFTI_MAX_JOINS 32
#define WEFTI_MAX_SET_MEMBERS 500   /* of one set operation, which SQLite allows */
#define WEFTI_MAX_GROUP_KEYS 64     /* of grouping sets, which are bits */
#define WEFTI_MAX_GROUPING_SETS 256 /* SQLite reads 500 members of a set operation */
#define WEFTI_MAX_SELECTABLES 32    /* that are no tables, in a statement */
#define WEFTI_MAX_KEY_COLUMNS 8
#define WEFTI_MAX_LOAD_DEPTH 16   /* nesting of loader options */
#define WEFTI_MAX_LOAD_KEYS 50000 /* keys that one select-in statement carries: its parameter stays below a megabyte */
#define WEFTI_MAX_LOAD_COMPOSITE_KEYS \
    2000 /* the same of several columns: SQLite finds their parts by position, in quadratic
                                              time */
#define WEFTI_MAX_SAVEPOINTS 64
#define WEFTI_MAX_POOL_SLOTS 1024
#define WEFTI_ARENA_FREE_QUOTA_BYTES (1u << 20) /* arena blocks any thread may keep: a request's work, without shared counting */
#define WEFTI_ARENA_THREAD_BYTES (32u << 20)    /* arena blocks one thread may keep: a load of 100,000 rows does not fault pages */
/* Pages of a savepoint that SQLite keeps in memory. No more: what outgrows memory is written at once, and SQLite's Unix files mask
 * the size of a write with 0x1ffff, so that 128 KiB become 0 and read as a full disk. */
#define WEFTI_SQLITE_UNDO_BYTES 0x1ffff
/* Pages that SQLite takes at once for each database and each table of a statement's own, of which a write has several that hold one
 * page: with its 20, 87 KiB come and go with every statement, and the C library gives them back to the system each time. */
#define WEFTI_SQLITE_FIRST_PAGES 2
#define WEFTI_ARENA_BUDGET_BYTES (128u << 20) /* arena blocks all threads may keep beyond their free quota */

#endif
