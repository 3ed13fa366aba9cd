/* The statement cache's protocol over epochs: find, publish, evict, retain, release, reclaim. Names follow src/base (shapecache.c,
 * epoch.c). One key; each miss makes a new entry. One statement is one atomic operation.
 *
 * Checked: no reader looks at a freed entry, inside its section or with a reference of its own; no entry is freed twice; never two
 * entries for the key in the table; at the end every entry made is freed, or is in the table, or waits for its epoch.
 *
 * -DMUTATION=n plants a mistake; run.sh demands that each is found. */

#ifndef READERS
#define READERS 2
#endif
#ifndef ENTRIES
#define ENTRIES 4
#endif
#ifndef ADVANCES
#define ADVANCES 4
#endif
#ifndef MUTATION
#define MUTATION 0
#endif

#define NOTHING 0

byte table;             /* the entry in the table: 1 .. ENTRIES - 1, or NOTHING */
byte in_table;          /* ghost: entries linked at once */
byte refs[ENTRIES];
byte stamp[ENTRIES];    /* epoch of retirement + 1, or 0 */
bool freed[ENTRIES];
byte made;              /* entries made so far */
byte epoch = 4;
byte section[READERS];  /* 0: quiet, else the epoch */
bool locked;
byte finished;

inline drop_reference(e) {
    atomic {
        assert(refs[e] > 0);
        refs[e]--;
        if
        :: refs[e] == 0 -> assert(!freed[e]); freed[e] = true
        :: else
        fi
    }
}

inline retire(e) {
#if MUTATION == 3 /* gives up the cache's reference at once: a reader may still come to retain */
    drop_reference(e)
#else
    stamp[e] = epoch + 1
#endif
}

proctype reader(byte me) {
    byte e, new, seen;
    bool keep;
#if MUTATION == 2 /* finds, then enters its section */
    e = table;
#endif
    seen = epoch;
    section[me] = seen;
#if MUTATION != 2
    e = table;
#endif
    if
    :: e == NOTHING && made + 1 < ENTRIES ->
        atomic { made++; new = made; refs[new] = 1 };
#if MUTATION != 5 /* 5: publishes without the lock */
        atomic { !locked -> locked = true };
#endif
        e = table;
        if
        :: e != NOTHING -> drop_reference(new) /* lost the race */
        :: else ->
            atomic { table = new; in_table++; assert(in_table == 1) };
            e = new
        fi;
#if MUTATION != 5
        locked = false;
#endif
        new = 0
    :: else
    fi;
    if
    :: e != NOTHING ->
        assert(!freed[e]);
        if
        :: keep = true; refs[e]++; assert(!freed[e])
        :: keep = false
        fi;
        assert(!freed[e]) /* a last look inside the section */
    :: else
    fi;
    section[me] = 0;
    if
    :: e != NOTHING && keep ->
        assert(!freed[e]); /* in use beyond the section */
        drop_reference(e)
    :: else
    fi;
    finished++
}

proctype evictor() {
    byte e, round;
    do
    :: round < 2 ->
        atomic { !locked -> locked = true };
        e = table;
        if
        :: e != NOTHING ->
#if MUTATION == 6 /* retires, then unlinks */
            retire(e);
            atomic { table = NOTHING; in_table-- }
#else
            atomic { table = NOTHING; in_table-- };
            retire(e)
#endif
        :: else
        fi;
        locked = false;
        e = 0;
        round++
    :: else -> break
    od;
    finished++
}

proctype reclaimer() {
    byte now, r, e, round;
    bool quiet;
    do
    :: round < ADVANCES ->
        now = epoch; quiet = true; r = 0;
#if MUTATION != 4 /* 4: does not look at the sections */
        do
        :: r < READERS ->
            atomic {
                if
                :: section[r] != 0 && section[r] != now -> quiet = false
                :: else
                fi;
                r++
            }
        :: else -> break
        od;
#endif
        if
        :: quiet -> epoch = now + 1
        :: else
        fi;
        atomic { /* each drop is one operation on an entry of its own, and nobody else drops these */
        e = 1;
        do
        :: e < ENTRIES ->
            if
#if MUTATION == 1 /* one epoch is not enough */
            :: stamp[e] != 0 && stamp[e] - 1 + 1 <= epoch -> stamp[e] = 0; drop_reference(e)
#else
            :: stamp[e] != 0 && stamp[e] - 1 + 2 <= epoch -> stamp[e] = 0; drop_reference(e)
#endif
            :: else
            fi;
            e++
        :: else -> break
        od;
        e = 0 };
        round++
    :: else -> break
    od;
    finished++
}

init {
    byte n;
    atomic {
        do
        :: n < READERS -> run reader(n); n++
        :: else -> break
        od;
        run evictor();
        run reclaimer();
        n = 1
    };
    finished == READERS + 2;
    do
    :: n <= made ->
        assert(freed[n] || table == n || stamp[n] != 0);
        n++
    :: else -> break
    od
}
