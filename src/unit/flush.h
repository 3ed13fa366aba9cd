/* What the files of flush share: the plan of one flush.
 *
 * flush.c walks the session's changes and makes rows of them; flush_delete.c adds what cascades delete; flush_link.c takes keys
 * from owners; flush_column.c compares and chooses columns; flush_sort.c orders; flush_insert.c, flush_update.c and flush_pair.c
 * send. The plan lives in an arena of its own that goes with the flush; what must outlive it is copied into session->work. Owner
 * thread only. */
#ifndef WEFTI_UNIT_FLUSH_H
#define WEFTI_UNIT_FLUSH_H

#include "engine/write.h"
#include "object/object.h"

#define WEFTI_FLUSH_WORDS (WEFTI_MAX_COLUMNS / 64)

/* The columns of one statement; rows with the same columns share one. */
typedef struct wefti_flush_set {
    uint64_t *bits;
    uint16_t *columns; /* ascending indexes */
    uint16_t column_count;
} wefti_flush_set;

/* Sets that are found by their bits: one, or a hash of many. */
typedef struct wefti_flush_sets {
    wefti_flush_set *newest;
    wefti_flush_set **slots; /* open addressing */
    uint32_t count, mask;    /* mask 0: there are no slots yet */
} wefti_flush_sets;

/* One change of one row of one table: an object that lies in several tables has one for each. */
typedef struct wefti_flush_row {
    const wefti_table *table;
    wefti_object *object;
    wefti_change *change;
    const wefti_flush_set *set;     /* NULL: nothing to write */
    const wefti_flush_set *checked; /* UPDATE: columns that must hold what was read; NULL: none */
    const void *now;                /* the struct whose values are sent; NULL: the object's own */
    const void *old;                /* UPDATE, DELETE: the struct with the key that the row has in the database */
    wefti_object *replaces;         /* an UPDATE that takes over the row of this deleted object */
    bool waits;                     /* some owner has no key yet */
    bool late;                      /* an UPDATE that needs an INSERT of its own component */
    bool releases;                  /* an UPDATE that frees a unique foreign key, which another row may take */
    bool rekeyed;                   /* an UPDATE that changes the primary key */
    bool unversioned;               /* an UPDATE of a row that this flush inserted: its version is known */
    bool follows;                   /* a foreign key was written alone: the relationship follows it afterwards */
    bool new_text;                  /* an UPDATE of text that is still the program's */
} wefti_flush_row;

typedef struct wefti_flush_table {
    const wefti_table *table;
    wefti_flush_row *inserts, *updates, *deletes;
    uint32_t insert_count, update_count, delete_count;
    uint32_t insert_capacity, update_capacity;
    wefti_flush_sets insert_sets, update_sets, checked_sets;
    const wefti_flush_set *like, *like_checked; /* the last UPDATE's columns, and those that it requires whatever they hold */
    const wefti_column **optional;              /* columns that an INSERT may leave out */
    const wefti_column **required;              /* NOT NULL columns whose field can say NULL */
    uint16_t optional_count, required_count;
    uint16_t words;             /* of a set's bits */
    weft_guard guard;           /* of the engine, the session and the model together */
    bool doomed;                /* some row of it is to be deleted */
    bool described;             /* the lists above are made */
    bool self_links;            /* some row waits for or refers to another new row of the table */
    uint16_t reach;             /* the last table that one of this table's rows must come after */
    const wefti_object **given; /* new objects by their keys, open addressing; NULL: not asked for yet */
    uint32_t given_slots;
} wefti_flush_table;

/* A foreign key left out of an INSERT because its owner comes later: written by an UPDATE once that is there. */
typedef struct wefti_flush_deferred {
    struct wefti_flush_deferred *next;
    wefti_flush_row *row;
    const wefti_fk_link *link; /* NULL: the key was given as a value */
    const wefti_column *const *columns;
    uint16_t column_count;
    const void *wanted; /* copy of the struct with the value */
} wefti_flush_deferred;

typedef struct wefti_flush {
    weft_session *session;
    bool all; /* every change, not only what was touched since the last flush */
    const wefti_schema *schema;
    const wefti_capabilities *can;
    wefti_arena arena;
    wefti_flush_table *tables; /* by table index */
    wefti_object **doomed;     /* to be deleted: pending and persistent, in the order found */
    uint32_t doomed_count, doomed_capacity;
    uint32_t scanned;    /* doomed whose relationships were followed */
    uint32_t row_count;  /* inserts, updates and deletes with something to send */
    uint32_t pair_count; /* pairs that are neither cancelled nor with a doomed side */
    wefti_flush_deferred *deferred;
} wefti_flush;

static inline bool wefti_flush_is_doomed(const wefti_object *object) { return object->change != NULL && object->change->doomed; }
/* Whether the row of the change's object may need an UPDATE: what is equal to its base does not. */
static inline bool wefti_flush_may_update(const wefti_change *change)
{
    return change->object->state == WEFTI_STATE_PERSISTENT && (change->edited || change->links != NULL);
}

static inline const void *wefti_flush_now(const wefti_flush_row *row)
{
    return row->now != NULL ? row->now : wefti_object_struct(row->object);
}
static inline bool wefti_flush_has(const uint64_t *bits, uint16_t column) { return (bits[column / 64] >> (column % 64) & 1) != 0; }
/* A new one in the plan's arena; on NULL the session has failed. */
void *wefti_flush_alloc(wefti_flush *flush, size_t size);
/* The changes to look at; those touched meanwhile come at the end. */
static inline wefti_change *wefti_flush_first(const wefti_flush *flush)
{
    return flush->all ? flush->session->changes : flush->session->touched;
}
static inline wefti_change *wefti_flush_next(const wefti_flush *flush, const wefti_change *change)
{
    return flush->all ? change->next : change->next_touched;
}
wefti_change *wefti_flush_touch(wefti_flush *flush, wefti_object *object);
/* Rows of the table are sent: what loads see from now on may be undone by a savepoint. */
static inline void wefti_flush_note_written(wefti_flush *flush, const wefti_table *table)
{
    flush->session->maps[table->main->index].written = flush->session->marked = true;
}

/* ---- flush_column.c ---- */

bool wefti_flush_equal(const wefti_column *column, const void *a, const void *b); /* two structs' fields, by content */
bool wefti_flush_is_null(const wefti_column *column, const void *structure);
void wefti_flush_clear(const wefti_column *column, void *structure); /* to NULL, or zero */
/* Whether an INSERT of this pending object leaves the column to the database. */
bool wefti_flush_omitted(const wefti_change *change, const wefti_column *column, const void *structure);
weft_status wefti_flush_describe(wefti_flush *flush, wefti_flush_table *table);
/* Chooses the columns of a row and checks that none is NULL that must not be. */
weft_status wefti_flush_choose_insert(wefti_flush *flush, wefti_flush_table *table, wefti_flush_row *row);
weft_status wefti_flush_choose_update(wefti_flush *flush, wefti_flush_table *table, wefti_flush_row *row);
/* The set with these bits, made on first use. NULL: no memory. */
const wefti_flush_set *wefti_flush_find_set(wefti_flush *flush, wefti_flush_table *table, wefti_flush_sets *sets,
                                            const uint64_t *bits);
static inline const wefti_flush_set *wefti_flush_set_of(wefti_flush *flush, wefti_flush_table *table, wefti_flush_sets *sets,
                                                        const uint64_t *bits)
{
    /* Most rows are like the one before. */
    bool newest = table->words == 1 && sets->newest != NULL && sets->newest->bits[0] == bits[0];
    return newest ? sets->newest : wefti_flush_find_set(flush, table, sets, bits);
}

/* ---- flush_check.c: what an UPDATE or DELETE requires of its row ---- */

#define WEFTI_FLUSH_CHECKED_BYTES 4096 /* longer values are not compared */

weft_guard wefti_flush_guard(const wefti_flush *flush, const wefti_table *table);
/* Chooses row->checked where somebody else may have changed the row since it was read. written: the columns of the UPDATE; NULL for
 * a DELETE. */
weft_status wefti_flush_choose_checked(wefti_flush *flush, wefti_flush_table *plan, wefti_flush_row *row, const uint64_t *written);
/* What became of the rows that an UPDATE or DELETE was to meet. */
typedef struct wefti_flush_recheck {
    wefti_flush *flush;
    const wefti_table *table;
    const char *verb;       /* of messages */
    wefti_flush_row **rows; /* of one set and one checked set, sorted by key; afterwards the first `count` are those that the
                                    statement missed and whose rows hold what was read all the same: to be written by key */
    size_t count;
    const uint64_t *met; /* bit per row: the statement met it; NULL: not known which were met */
    size_t missed;       /* how many it did not meet */
    bool versioned;
} wefti_flush_recheck;
/* Locks and reads the rows that were missed and compares what came with what was read before, as weft compares. The session fails
 * with WEFT_ERROR_STALE where some row is gone or another one now. */
weft_status wefti_flush_recheck_rows(wefti_flush_recheck *recheck);
/* Fails the session with WEFT_ERROR_STALE: the row of the object was changed (in column, where it is known: from what was read to
 * what was found) or, where found is NULL, is gone. */
weft_status wefti_flush_refuse_stale(wefti_flush *flush, const char *verb, wefti_object *object, const wefti_column *column,
                                     const char *read, const char *found);

/* ---- flush_link.c ---- */

/* Takes the keys that are known; row->waits where some are not. */
weft_status wefti_flush_take_keys(wefti_flush *flush, wefti_flush_row *row);
/* Takes those that have become known since. */
weft_status wefti_flush_take_late_keys(wefti_flush *flush, wefti_flush_row *row);
/* Whether foreign keys were written without their relationships. */
bool wefti_flush_follows(const wefti_flush_row *row);
/* The loaded relationships at both ends follow the row's foreign keys. old: the struct before, NULL for a new row. */
weft_status wefti_flush_follow(wefti_flush *flush, const wefti_flush_row *row, const void *old);

/* ---- flush_delete.c ---- */

/* Orphans, then everything that deletes bring with them. Loads what it needs. */
weft_status wefti_flush_plan_deletes(wefti_flush *flush);
/* DELETE of the rows of many-to-many tables whose owners are deleted. */
weft_status wefti_flush_delete_links(wefti_flush *flush);
/* Takes deleted objects out of the loaded relationships of others. */
weft_status wefti_flush_forget_deleted(wefti_flush *flush);

/* ---- flush_view.c: where the schema has views ---- */

/* First: deletes through views become the main models' where something follows them. */
weft_status wefti_flush_delete_through_views(wefti_flush *flush);
/* Before rows are planned: what was changed through several models of a row is put together. */
weft_status wefti_flush_put_views_together(wefti_flush *flush);
/* Whether a row can be inserted through the view: it maps what a row must have. */
weft_status wefti_flush_check_view_insert(wefti_flush *flush, const wefti_table *view);
/* After all was sent, before deleted objects leave: other models' objects of the rows are stale or gone. */
weft_status wefti_flush_leave_views_behind(wefti_flush *flush);

/* ---- flush_sort.c ---- */

/* Notes that a row of table needs one of owner's to be there first. */
void wefti_flush_depends(wefti_flush *flush, const wefti_table *table, const wefti_table *owner);
/* The last table of the component that begins with first: tables whose new rows may need each other. entangled: they do. */
uint16_t wefti_flush_component(wefti_flush *flush, uint16_t first, bool *entangled);
/* The new rows of an entangled component by level: *rows in order, levels[i] the end of level i. Cycles are broken by deferring a
 * nullable foreign key. */
weft_status wefti_flush_sort_inserts(wefti_flush *flush, uint16_t first, uint16_t last, wefti_flush_row ***rows, uint32_t **levels,
                                     uint32_t *level_count);
/* The same for deleted rows, children first. A cycle is broken by adding an UPDATE that takes the foreign key away to *before. */
weft_status wefti_flush_sort_deletes(wefti_flush *flush, uint16_t first, uint16_t last, wefti_flush_row ***rows, uint32_t **levels,
                                     uint32_t *level_count, wefti_flush_deferred **before);
uint16_t wefti_flush_delete_component(wefti_flush *flush, uint16_t last, bool *entangled);

/* ---- flush_key.c ---- */

/* By primary key as the database has it. */
weft_status wefti_flush_sort_by_key(wefti_flush *flush, const wefti_table *table, wefti_flush_row **rows, uint32_t count);

/* ---- sending ---- */

/* Adds "flush: <verb> <table>" to the error and makes the session fail with it. */
weft_status wefti_flush_failed(wefti_flush *flush, const char *verb, const wefti_table *table, weft_error *error);
/* Runs DML that returns no rows. */
weft_status wefti_flush_run(wefti_flush *flush, const wefti_dml *dml, const weft_value *parameters, size_t count, uint64_t *changed,
                            weft_error *error);
/* What an UPDATE tells of the rows that it met, by their places in the arrays, or of the one row. */
typedef struct wefti_flush_told {
    size_t first;              /* the place of the first row of the statement */
    uint64_t *met;             /* gets the bit of each; NULL: not asked for */
    wefti_row_callback on_row; /* gets the columns that the statement returns, if any */
    void *context;
} wefti_flush_told;
/* The same for an UPDATE that returns something. Adds the number of rows that it met to *changed. */
weft_status wefti_flush_run_told(wefti_flush *flush, const wefti_dml *dml, const weft_value *parameters, size_t count,
                                 const wefti_flush_told *told, uint64_t *changed, weft_error *error);
/* A column of values from structs; one of its values, which stays as long as the flush. */
wefti_array wefti_flush_array(const wefti_column *column, const void *const *structs, size_t count);
weft_value wefti_flush_made(wefti_flush *flush, weft_value value); /* what a codec made, kept; the session fails without memory */
static inline weft_value wefti_flush_value(wefti_flush *flush, const wefti_array *array, size_t i)
{
    const weft_value value = wefti_field_value(array->type, array->size, wefti_array_field(array, i));
    return wefti_type_is_own(array->type) ? wefti_flush_made(flush, value) : value;
}
/* Puts rows with one set, and with one set of what is checked, beside each other: the groups in the order of their first rows, the
 * rows of each in theirs. */
weft_status wefti_flush_group_rows(wefti_flush *flush, wefti_flush_row **rows, uint32_t count);
/* The end of the group that begins with the first of these rows. */
uint32_t wefti_flush_group_end(wefti_flush_row *const *rows, uint32_t first, uint32_t count);
/* INSERT of n rows, all of whose values are known, in as few statements as the database allows; arrays: one for each column. */
weft_status wefti_flush_send_rows(wefti_flush *flush, const wefti_table *table, const uint16_t *columns, uint16_t column_count,
                                  const wefti_array *arrays, size_t n);
/* Rows of one table, any mixture of sets. */
weft_status wefti_flush_insert(wefti_flush *flush, wefti_flush_table *table, wefti_flush_row **rows, uint32_t count);
weft_status wefti_flush_update(wefti_flush *flush, wefti_flush_table *table, wefti_flush_row **rows, uint32_t count);
weft_status wefti_flush_delete(wefti_flush *flush, wefti_flush_table *table, wefti_flush_row **rows, uint32_t count);
/* Many-to-many rows to delete, then to insert. */
weft_status wefti_flush_count_pairs(wefti_flush *flush);
weft_status wefti_flush_delete_pairs(wefti_flush *flush);
weft_status wefti_flush_insert_pairs(wefti_flush *flush);

#endif
