/* Objects, cohorts, the identity map, changes, the journal, and the session that has them: what the floors above share.
 *
 * An object is a hidden header before the program's struct. Its struct lies in the memory of its home batch, its text in that of
 * its cohort's batch; a batch is freed when no object needs it. A mutation of an object is preceded by wefti_object_touch, which
 * saves the struct in the journal (for rollback) and puts the object on the change list (for flush). Nothing here is shared between
 * threads. */
#ifndef WEFTI_OBJECT_OBJECT_H
#define WEFTI_OBJECT_OBJECT_H

#include "base/arena.h"
#include "base/atomic.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "sql/schema.h"
#include "sql/statement.h"

#include <weft/session.h>

#define WEFTI_OBJECT_MAGIC 0x7EF7u

typedef struct wefti_batch wefti_batch;
typedef struct wefti_cohort wefti_cohort;
typedef struct wefti_change wefti_change;
typedef struct wefti_object wefti_object;

/* Memory that objects share. refs counts the objects whose struct or text lies in it, plus one while the session fills it. */
struct wefti_batch {
    wefti_arena arena;
    weft_session *session;
    wefti_batch *next, *previous; /* session->batches */
    size_t refs;
};

/* Objects of one table that were loaded together: a lazy load for one is made for all. Slots of objects that left are NULL.
 * chunk k holds 8 << k items. */
struct wefti_cohort {
    wefti_batch *batch;
    const wefti_table *table;
    uint64_t serial; /* session->cohort_serial when it was made, from 1 on */
    uint32_t count;
    wefti_object **next, **end; /* the free slots of the newest chunk */
    uint64_t raise;             /* relationships that must not be loaded lazily, as the query said: bit = wefti_relation.index */
    wefti_object *first;        /* item 0 */
    wefti_object **chunks[24];  /* items from 1: chunk k begins at item 1 + 8 * (2^k - 1) */
};

typedef enum wefti_state {
    WEFTI_STATE_PENDING = 1, /* new, not inserted */
    WEFTI_STATE_PERSISTENT,
    WEFTI_STATE_DELETED,  /* delete flushed; readable until the transaction ends */
    WEFTI_STATE_DETACHED, /* expunged or rolled back */
    WEFTI_STATE_SCRATCH   /* given out where there was nothing to give: never flushed */
} wefti_state;

struct wefti_object {
    const wefti_table *table;
    wefti_batch *home;        /* holds this header and the struct */
    wefti_cohort *cohort;     /* whose batch holds the text; NULL once detached */
    wefti_cohort *left;       /* the cohort it had before: a rollback brings deleted objects back */
    wefti_change *change;     /* NULL: clean since the transaction began */
    uint64_t loaded;          /* relationships loaded: bit = wefti_relation.index */
    const uint64_t *unloaded; /* columns that are not, shared by all objects with the same ones; see columns.h. NULL: none */
    uint32_t hash;            /* of the key, while in the identity map */
    uint32_t generation;      /* of the session when last loaded or flushed; another one: stale */
    uint32_t held;            /* session->hold: the row is this transaction's; see wefti_object_hold */
    uint32_t cohort_index;
    uint16_t magic;
    uint8_t state;      /* wefti_state */
    bool to_delete : 1; /* weft_delete was called, not flushed */
    bool gone : 1;      /* a refresh found no row */
    bool mapped : 1;    /* in the identity map */
    bool visited : 1;   /* scratch bit of one pass; cleared by that pass */
    uint32_t known;     /* while it is held: the columns that nobody else can have changed since they were read */
};

#define WEFTI_HEADER_SIZE ((sizeof(wefti_object) + 15u) & ~(size_t)15u)
static inline void *wefti_object_struct(const wefti_object *object) { return (char *)(uintptr_t)object + WEFTI_HEADER_SIZE; }
static inline wefti_object *wefti_object_of(const void *structure)
{
    return (wefti_object *)(void *)((char *)(uintptr_t)structure - WEFTI_HEADER_SIZE);
}
static inline void *wefti_object_field(const wefti_object *object, size_t offset)
{
    return (char *)wefti_object_struct(object) + offset;
}

/* What is known of an object that may have been written to. Lives in session->work until the transaction ends. */
struct wefti_change { /* one cache line */
    wefti_object *object;
    wefti_change *next;         /* session->changes, in the order of first touch */
    wefti_change *next_touched; /* session->touched, in the order of the first touch since the last flush */
    void *base;                 /* the struct as the database knows it (persistent) or as weft_new made it (pending): flush compares
                                with it */
    uint64_t *set_columns;      /* bit per column: stored by weft_set, so that zero and NULL are sent; NULL: none */
    struct wefti_fk_link *links;
    uint32_t link_count; /* foreign keys to take from owners at flush */
    uint32_t mark;       /* journal mark at which the struct was last saved */
    uint32_t row;        /* flush's own, while it orders rows */
    bool doomed;         /* flush's own, while it runs: the object will be deleted */
    bool touched;        /* is on session->touched */
    bool edited;         /* a mutable pointer was given out, or a column was set: compare at flush */
    bool own_base;       /* base is no journal copy: flush may refresh it in place */
};

/* The child's foreign key columns follow an owner. relation is the BELONGS_TO of the child's table where there is one, else the
 * HAS_MANY or HAS_ONE of the owner's table. */
typedef struct wefti_fk_link {
    struct wefti_fk_link *next;
    const wefti_relation *relation;
    wefti_object *owner; /* NULL: the foreign key becomes NULL */
    wefti_object *lost;  /* the owner whose deletion made it NULL */
    bool orphan;         /* taken out of a DELETE_ORPHAN collection: delete unless it has an owner again */
} wefti_fk_link;

/* A change of a many-to-many relationship: a row to insert (+1) or delete (-1) in relation->link. relation is the canonical
 * side. */
typedef struct wefti_pair {
    const wefti_relation *relation;
    wefti_object *left, *right; /* of relation->source, relation->target */
    int how;                    /* +1, -1; 0: cancelled */
    bool known;                 /* one side was loaded: the row is not there (+1), is there (-1); else it may be either */
    bool fresh;                 /* flush's own: one side has no row yet, so the link has none */
} wefti_pair;

/* Undo: restoring entries from the newest to a mark gives the state at that mark. */
typedef struct wefti_journal_entry {
    wefti_object *object;
    void *saved; /* copy of the struct; NULL: only the state */
    uint64_t loaded;
    const uint64_t *unloaded;
    uint32_t generation;
    uint8_t state;
    bool to_delete, mapped;
    bool created; /* the object did not exist before: it is expunged */
} wefti_journal_entry;

/* Identity map of one table: open addressing over objects, at most three quarters full. */
typedef struct wefti_map {
    wefti_object **slots;
    uint32_t *tags;       /* of the slots, in the same block: 0 free, 1 a tombstone, else the object's hash or 2 more. A lookup
                                that finds nothing, as a new row's does, touches no object */
    uint32_t mask;        /* slots - 1; 0: no slots yet */
    uint32_t count, used; /* used counts tombstones too */
    uint32_t missed_hash, missed_at; /* of the last lookup that found nothing: its free slot, where an insert mostly follows */
    wefti_cohort *fresh;             /* cohort of objects made by weft_new in this transaction */
    bool dirty;                      /* has changes that a query must see: autoflush */
    bool written;                    /* flush has sent rows of the table in this transaction */
} wefti_map;

typedef struct wefti_savepoint {
    uint64_t serial; /* of the session's savepoints */
    uint32_t journal_count, mark, generation, hold_count;
    bool failed;
} wefti_savepoint;

typedef struct wefti_call_site {
    const void *what;
    const char *file;
    int line;
    uint64_t count;
} wefti_call_site;

/* A list array made by weft that may be appended to in place past its count: the header lies before items. */
typedef struct wefti_list_header {
    uint32_t capacity, used;
} wefti_list_header;

typedef struct wefti_unloaded_marker {
    uint64_t magic;
    weft_session *session;
    const wefti_relation *relation;
} wefti_unloaded_marker;

struct weft_session {
    wefti_atomic_u64 owner;        /* atomic: thread number, 0 released; all else is the owner thread's */
    weft_engine *engine;           /* const after open */
    const wefti_schema *schema;    /* const after open */
    weft_session_options options;  /* const after open */
    weft_error error;              /* sticky */
    weft_error undone;             /* what a savepoint that was rolled back ended with; status OK: none in this attempt */
    weft_connection connection;    /* holds a database connection while connected */
    char trace[WEFTI_TRACE_BYTES]; /* "": none */
    bool is_bound;                 /* const after open: to a connection of the program's */
    bool asks;                     /* const after open: its reads may want a transaction, whatever the isolation */
    wefti_bond bond;               /* with is_bound */
    bool connected;
    bool in_transaction; /* BEGIN sent or about to */
    bool reads_hold;     /* in_transaction: nobody changes what it has read, or the database refuses to write upon it */
    bool flushing;
    bool committing;          /* the flush under way is followed by COMMIT: what changes compare with is not needed again */
    bool may_delete;          /* something may have been deleted or orphaned since the last flush */
    bool failed_static;       /* the session that stands for "no memory" */
    weft_isolation isolation; /* of the running transaction (weft_transact changes it) */
    bool read_only;           /* of the running transaction, likewise */
    wefti_deadline deadline;  /* of the request */
    uint32_t generation;      /* transaction number: objects of another one are stale */
    uint32_t mark;            /* journal mark: changes with each savepoint and transaction */
    uint32_t hold;            /* number of the transaction, for wefti_object.held; never 0 */
    uint32_t called;          /* within weft_transact: the generation when it was called; else 0 */
    bool transacting;         /* within weft_transact: whatever is sent belongs to its transaction */
    bool aged;                /* this attempt has sent SQL that may have changed any row: what was read before the call is stale */
    bool changed_before;      /* a row read before the call had changed: another attempt would not notice */

    wefti_map *maps;         /* by table index */
    bool mapped;             /* one of them may hold objects: a session that only reads rows is cleared without a look at each */
    bool marked;             /* one of them may be fresh, dirty or written, likewise */
    wefti_batch *batches;    /* all of the session */
    wefti_batch *open_batch; /* takes small loads; NULL: none */
    uint64_t cohort_serial;  /* of the newest cohort */
    wefti_arena lists;       /* query lists, collections, markers: until clear or close */
    wefti_arena work;        /* changes, journal copies, weft_text: until the transaction ends */
    wefti_batch **released;  /* references to drop when the transaction ends, see wefti_batch_release_later */
    uint32_t released_count, released_capacity;
    wefti_batch **released_before; /* dropped at the end of the next transaction: expunged objects stay readable until then */
    uint32_t released_before_count, released_before_capacity;

    wefti_change *changes, *changes_last;
    wefti_change *touched, *touched_last; /* those that weft was told of since the last flush; some may have left the session */
    uint32_t change_count;
    wefti_pair *pairs;
    uint32_t pair_count, pair_capacity;
    wefti_journal_entry *journal;
    uint32_t journal_count, journal_capacity;
    wefti_object **holds; /* objects held since the outermost savepoint was opened, in order */
    uint32_t hold_count, hold_capacity;
    wefti_savepoint savepoints[WEFTI_MAX_SAVEPOINTS];
    uint32_t savepoint_count;
    uint64_t savepoint_serial; /* of the newest one, ever */

    struct wefti_column_set *column_sets; /* in lists: what objects and fetches leave out */
    bool fills;                           /* the fetch under way reads columns of objects that are there, and nothing else */
    wefti_object *reloaded;               /* by the fetch under way, which reads this object's row again; NULL: none */
    const void *got;                      /* the only item of the list that a query by one key gives; until the next one */
    wefti_unloaded_marker **markers;      /* by relation, made on first use when options.report_unloaded */
    const char *file;                     /* call site of the call under way; static or NULL */
    int line;
    const char *next_file; /* of the next call, which takes it */
    int next_line;
    struct weft_select *selects;
    wefti_call_site *sites;
    uint32_t site_count, site_capacity;
    weft_n_plus_one *report;
    uint32_t report_capacity;
    struct wefti_session_keeper *keeper; /* told before release and close; NULL: the session is the program's own */
    struct wefti_watch *watches;         /* options.check_writes: copies of what was mutable in the last transaction */
    weft_session_stats stats;
};

/* ---- calls from outside: owner, sticky error ---- */

/* Whether the session belongs to the calling thread; false for NULL and for those that stand for an error. */
bool wefti_session_is_owned(const weft_session *session);
/* True where the call may go on: right thread, not failed. Else nothing was written (wrong thread) or the error stays. */
bool wefti_session_enter(weft_session *session);
/* As enter, but a failed session may go on. */
bool wefti_session_enter_failed(weft_session *session);
/* change.c: a value into an object's column, as weft_set does; call: for the error. */
weft_status wefti_object_set(weft_session *session, wefti_object *object, wefti_change *change, const wefti_column *column,
                             const weft_value *value, const char *call);
/* What the maker gives into an object's column. Nothing where that is NULL and the column may be. */
weft_status wefti_object_make(weft_session *session, wefti_object *object, wefti_change *change, const wefti_column *column,
                              weft_maker maker);
/* Makes session->error sticky with this status (first error wins) and returns the sticky status. */
weft_status wefti_session_fail(weft_session *session, weft_status status, const char *format, ...) WEFT_PRINTF(3, 4) WEFTI_COLD;
/* Takes an error in that some layer below has filled (session->error itself may be passed). */
weft_status wefti_session_fail_with(weft_session *session, const weft_error *error) WEFTI_COLD;
weft_status wefti_session_fail_memory(weft_session *session) WEFTI_COLD;
const wefti_table *wefti_session_table(weft_session *session, const weft_model *model); /* fails the session where unknown */

/* ---- connection ---- */

/* Gets a connection for one statement; begins the transaction where write, a higher isolation or an earlier BEGIN asks for it. */
weft_status wefti_session_connect(weft_session *session, bool write);
/* The same for text, of which only the database knows whether it writes: the transaction begins as lazily as the database can. */
weft_status wefti_session_connect_for_text(weft_session *session);
/* After the statement: gives the connection back where no transaction is open. */
void wefti_session_disconnect(weft_session *session);
/* What the disconnection of a connected session does, and its transaction ends. */
static inline void wefti_session_release(weft_session *session)
{
    if (__builtin_expect(session->asks, 0) && session->connection.dbc != NULL)
        session->connection.dbc->only_reads = false;
    wefti_connection_release(&session->connection);
}
wefti_deadline wefti_session_deadline(const weft_session *session); /* of one statement from now */

/* ---- memory ---- */

wefti_batch *wefti_batch_open(weft_session *session); /* one reference for the caller; NULL: no memory (session failed) */
void wefti_batch_unref(wefti_batch *batch);
void wefti_batch_release_later(weft_session *session, wefti_batch *batch);
wefti_cohort *wefti_cohort_new(wefti_batch *batch, const wefti_table *table);
bool wefti_cohort_move(wefti_cohort *cohort, wefti_object *object); /* from another, or where the newest chunk is full */
static inline bool wefti_cohort_add(wefti_cohort *cohort, wefti_object *object) /* moves it here from another */
{
    if (object->cohort != NULL || cohort->next == cohort->end)
        return wefti_cohort_move(cohort, object);
    *cohort->next++ = object;
    object->cohort = cohort;
    object->cohort_index = cohort->count++;
    cohort->batch->refs++;
    return true;
}
wefti_object *wefti_cohort_at(const wefti_cohort *cohort, uint32_t index);
void wefti_cohort_leave(wefti_object *object);  /* its slot becomes NULL, its cohort too */
void wefti_cohort_return(wefti_object *object); /* a deleted object that a rollback brings back */

/* A list array of capacity items in session->lists; *items is its room. False: no memory (session failed). */
const void **wefti_list_alloc(weft_session *session, uint32_t capacity);
/* The list with other at its end, in place where nobody else did so, or copied. */
bool wefti_list_append(weft_session *session, weft_list *list, const void *other);
/* A copy without other; unchanged where it is not in. */
bool wefti_list_without(weft_session *session, weft_list *list, const void *other);
bool wefti_list_contains(const weft_list *list, const void *other);

/* ---- objects and the identity map ---- */

/* A zeroed object with its header, not in the map, its relations set to unloaded (markers where reported). NULL: session failed. */
wefti_object *wefti_object_new(weft_session *session, const wefti_table *table, wefti_cohort *cohort, wefti_state state);
/* The object of a struct if it belongs to this session and model; else the session fails with MISUSE and NULL is returned. Scratch
 * objects are given. */
wefti_object *wefti_object_check(weft_session *session, const weft_model *model, const void *structure, const char *call);
uint32_t wefti_hash_mix(uint64_t x);
uint32_t wefti_integer_hash(int64_t key);               /* of a key where table->integer_key */
uint32_t wefti_object_hash(const wefti_object *object); /* of its present key */
void wefti_object_key(const wefti_object *object, weft_value key[WEFTI_MAX_KEY_COLUMNS]);
wefti_object *wefti_map_find(weft_session *session, const wefti_table *table, const weft_value *key, uint32_t hash);
/* Where table->integer_key; *hash is what an insert of the key needs. */
wefti_object *wefti_map_find_integer(weft_session *session, const wefti_table *table, int64_t key, uint32_t *hash);
bool wefti_map_insert(weft_session *session, wefti_object *object);                       /* by its present key; false: no memory */
bool wefti_map_insert_hashed(weft_session *session, wefti_object *object, uint32_t hash); /* of its present key */
bool wefti_map_reserve(weft_session *session, const wefti_table *table, uint32_t more);   /* room for so many at once */
void wefti_map_remove(weft_session *session, wefti_object *object);
static inline bool wefti_object_stale(const weft_session *session, const wefti_object *object)
{
    return object->generation != session->generation && object->state == WEFTI_STATE_PERSISTENT &&
           (session->called == 0 || object->generation != session->called || session->aged);
}
/* Whether the object's struct is what was read before weft_transact was called. It stays so through all attempts, for what the
 * program has made of it rests on it. */
static inline bool wefti_object_from_before(const weft_session *session, const wefti_object *object)
{
    return session->called != 0 && object->generation <= session->called;
}
/* Marks a relation of an object as unloaded, its field empty (or the marker). */
void wefti_object_unload(weft_session *session, wefti_object *object, const wefti_relation *relation);
/* An object in messages: "User", and "User(7)" where the engine shows values. */
const char *wefti_object_name(weft_session *session, const wefti_object *object);

/* ---- changes ---- */

/* Before any write to an object's struct or state: saves it in the journal and puts it on the change list. NULL: no memory (session
 * failed). */
wefti_change *wefti_object_touch(weft_session *session, wefti_object *object);
/* From now on the column was set by weft_set, whatever it holds. False: no memory (session failed). */
bool wefti_change_set(weft_session *session, wefti_change *change, uint16_t column);
/* Undoes the journal down to count entries. */
void wefti_journal_undo(weft_session *session, uint32_t count);
/* The base becomes what the struct is now: the database knows it. */
weft_status wefti_change_renew_base(weft_session *session, wefti_change *change);
/* Whether something written to the object still waits for a flush. One that was flushed in this transaction has a change and no
 * edits: its row may be read again. */
bool wefti_object_has_edits(const wefti_object *object);
/* Stale, and free to be read again. */
static inline bool wefti_object_outdated(const weft_session *session, const wefti_object *object)
{
    return wefti_object_stale(session, object) && !object->to_delete && !wefti_object_has_edits(object);
}
/* Whether a refresh of all that was read before the cohort of this serial number is still to come for the object; 0: no refresh. */
static inline bool wefti_object_awaits(const wefti_object *object, uint64_t older)
{
    return older != 0 && (object->cohort == NULL || object->cohort->serial <= older);
}
/* The row of the object is this transaction's until its end, or until the rollback of the savepoint within which it became so: it
 * was locked and read, or read at an isolation at which the database itself refuses to overwrite, or written. What an UPDATE has
 * neither written nor checked may have been changed between the reading of the object and the lock: only those columns need no
 * check that are known. Bit i is column i, for columns from 31 on there is none; all bits: the whole row is known. */
enum { WEFTI_KNOWN_COLUMNS = 31 };
/* False: no memory, and the session has failed. */
bool wefti_hold_within_savepoint(weft_session *session, wefti_object *object, uint32_t known);
static inline uint32_t wefti_object_known(const weft_session *session, const wefti_object *object)
{
    return object->held == session->hold ? object->known : 0;
}
static inline bool wefti_object_hold_columns(weft_session *session, wefti_object *object, uint32_t columns)
{
    const uint32_t before = wefti_object_known(session, object), known = before | columns;
    if (known == before && object->held == session->hold)
        return true;
    if (session->savepoint_count > 0)
        return wefti_hold_within_savepoint(session, object, known);
    object->held = session->hold;
    object->known = known;
    return true;
}
static inline bool wefti_object_hold(weft_session *session, wefti_object *object)
{
    return wefti_object_hold_columns(session, object, UINT32_MAX);
}
/* Takes back what was held since the innermost savepoint, which is about to end by rollback. */
void wefti_holds_undo(weft_session *session, uint32_t count);
/* Whether reading a row is as good as holding it. */
static inline bool wefti_reads_hold(const weft_session *session) { return session->in_transaction && session->reads_hold; }
/* The objects of views become stale: what they are computed of has changed. */
void wefti_session_age_views(weft_session *session);
/* The objects of the session become stale, for SQL may have changed any row. */
static inline void wefti_session_age(weft_session *session)
{
    session->generation++;
    session->aged = true;
}
/* True where something waits for a flush. */
bool wefti_session_has_changes(const weft_session *session);
/* Whether something waits for a flush that what is read of the table would show. A view shows what any table holds: which, only its
 * SELECT says. */
static inline bool wefti_session_reads_dirty(const weft_session *session, const wefti_table *table)
{
    return session->maps[table->main->index].dirty || (wefti_table_is_view(table) && wefti_session_has_changes(session));
}
/* Takes an object out of the map and the session's lists of changes; its memory is released later. */
void wefti_object_detach(weft_session *session, wefti_object *object, wefti_state state);
/* Copies the text, bytes, decimal and JSON fields that base does not share into the object's batch and repoints them. base NULL:
 * all. */
bool wefti_object_own_text(weft_session *session, wefti_object *object, const void *base);
/* A copy of the object's struct in session->work. NULL: no memory (session failed). */
void *wefti_object_copy(weft_session *session, const wefti_object *object);
/* Ends the logical transaction: changes, journal, mutable pointers and superseded text go, all objects become stale. */
void wefti_session_end_transaction(weft_session *session);
/* options.check_writes: fails the session where a struct was written through a pointer whose transaction had ended. */
bool wefti_watch_compare(weft_session *session);
static inline bool wefti_watch_check(weft_session *session) { return session->watches == NULL || wefti_watch_compare(session); }
void wefti_watch_begin(weft_session *session);                              /* at the end of a transaction, before changes go */
void wefti_watch_update(weft_session *session, const wefti_object *object); /* after weft itself wrote to the struct */
void wefti_watch_drop(weft_session *session, const wefti_object *object);
void wefti_watch_undo(weft_session *session); /* takes those writes back */
void wefti_watch_free(weft_session *session);

/* ---- fetch: a SELECT into objects ---- */

/* Told of each row: objects[i] is that of entity i, NULL where an outer join found none. A status other than OK ends the fetch. */
typedef weft_status (*wefti_fetch_row)(void *context, wefti_object *const *objects, const weft_value *cells,
                                       const wefti_compiled *compiled);
/* Runs the select (after autoflush was seen to), finds or makes the objects, and reads stale ones again and, where older is not 0,
 * those that wefti_object_awaits; none with unflushed edits. Errors make the session fail. */
weft_status wefti_session_fetch(weft_session *session, const wefti_select *select, uint64_t older, wefti_fetch_row on_row,
                                void *context);
/* Text SQL whose columns, called as those of the table are, make objects of it. */
typedef struct wefti_object_text {
    const char *sql;
    const weft_values *parameters; /* may be NULL */
} wefti_object_text;
/* The same with the rows of a text, after the flush: in objects that are made of them what the text leaves out is not loaded.
 * on_row is given no compiled statement. Where the text writes, all objects become stale before. */
weft_status wefti_session_fetch_text(weft_session *session, const wefti_table *table, const wefti_object_text *text, uint64_t older,
                                     wefti_fetch_row on_row, void *context);
/* Refreshes an object and up to most - 1 stale ones of its cohort. *found false where the object's row is gone. */
weft_status wefti_session_reload(weft_session *session, wefti_object *object, uint32_t most, bool *found);

#endif
