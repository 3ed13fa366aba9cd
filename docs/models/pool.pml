/* The pool's protocol: checkout, line, return, hand-off, timing out, closing. One statement is one atomic operation of the code; scans are
 * one load per step, as there. Names follow src/pool (slot.c, checkout.c). Memory is sequentially consistent, which the code asks for
 * at every operation modelled here.
 *
 * Checked: no deadlock other than the proper end (so no lost wake-up), no connection with two holders, at the end every slot is idle
 * exactly once (none lost, none doubled) or, after a close, empty. With -DLIVENESS: thread 0, which has no deadline, is served although
 * the others go round for ever (weak fairness).
 *
 * -DMUTATION=n plants a mistake; run.sh demands that each is found. */

#ifndef THREADS
#define THREADS 3
#endif
#ifndef SLOTS
#define SLOTS 1
#endif
#ifndef CYCLES
#define CYCLES 2
#endif
#ifndef MUTATION
#define MUTATION 0
#endif
#define LOOKS_MOST 1
#ifndef DEADLINE_OF /* the thread that may time out; THREADS: none */
#define DEADLINE_OF THREADS
#endif

#define IDLE 0
#define OWNED 1
#define EMPTY 2

#define FREE 0
#define WAITING 1
#define HANDED 2
#define FAILED 3
#define LOOKING 4
#define NONE 255
#ifdef LIVENESS
#define LAST_TICKET 3  /* tickets stop growing there: only their order against thread 0's matters */
#else
#define LAST_TICKET 15
#endif

byte claim[SLOTS];
byte holders[SLOTS];
byte word[THREADS];      /* ticket * 8 + place */
byte handed_slot[THREADS];
bool pending[THREADS];   /* the event has moved on since prepare */
byte announced;
byte next_ticket;
bool closing, closed;
bool kicked;             /* the housekeeper's event */
byte waiting, finished;
bool wanted, served;     /* of thread 0 */

/* A compare-and-swap of the claim word. */
inline claim_slot(slot, got) {
#if MUTATION == 3 /* look and take in two steps */
    if
    :: claim[slot] == IDLE -> claim[slot] = OWNED; got = true
    :: else -> got = false
    fi
#else
    atomic {
        if
        :: claim[slot] == IDLE -> claim[slot] = OWNED; got = true
        :: else -> got = false
        fi
    }
#endif
}

inline find_oldest() {
    oldest = NONE; i = 0;
#ifdef LIVENESS
    d_step { /* the whole scan at once, for a space of states that fits: its steps are explored without LIVENESS */
#endif
    do
    :: i < THREADS ->
        atomic { /* one load; the rest is local */
            w = word[i];
            if
#if MUTATION == 6 /* serves the youngest */
            :: w % 8 == WAITING && (oldest == NONE || w > oldest) -> oldest = w; place = i
#else
            :: w % 8 == WAITING && w < oldest -> oldest = w; place = i
#endif
            :: else
            fi;
            i++
        }
    :: else -> break
    od;
#ifdef LIVENESS
    }
#endif
    w = 0; i = 0
}

inline hand_off(slot, done) {
    done = false;
    do
    :: find_oldest();
        if
        :: oldest == NONE -> break
        :: else ->
            atomic {
                if
                :: word[place] == oldest ->
                    word[place] = oldest - WAITING + HANDED; handed_slot[place] = slot; done = true
                :: else
                fi
            };
            if
            :: done ->
#if MUTATION != 9 /* 9: hands over without waking */
                pending[place] = true;
#endif
                break
            :: else
            fi
        fi
    od;
    oldest = NONE; place = 0
}

/* Gives up an owned slot. */
inline release(slot) {
    ok = false;
    if
    :: announced > 0 && !closing -> hand_off(slot, ok)
    :: else
    fi;
    do
    :: ok -> break
    :: else ->
        claim[slot] = IDLE; /* the swap: nobody else changes the word of an owned slot */
#if MUTATION == 2 /* no second look at the line */
        break;
#endif
        if
        :: announced == 0 || closing -> break
        :: else
        fi;
        find_oldest();
        if
        :: oldest == NONE -> break
        :: else
        fi;
#if MUTATION == 8 /* hands over a slot that it has given up */
        ok = true;
#else
        claim_slot(slot, ok);
#endif
        if
        :: !ok -> break /* whoever took it looks at the line on release */
        :: else -> hand_off(slot, ok)
        fi
    od;
    ok = false; oldest = NONE; place = 0
}

inline look_for_idle(found) {
    found = NONE; k = 0;
    do
    :: k < SLOTS ->
        claim_slot(k, ok);
        if
        :: ok -> found = k; break
        :: else -> k++
        fi
    :: else -> break
    od;
    ok = false; k = 0
}

/* Leaves the line by compare-and-swap; other: the slot that was handed over meanwhile, or NONE. */
inline leave_line(other) {
    other = NONE;
#if MUTATION == 4 /* leaves without looking whether it was served */
    word[me] = FREE;
#else
    atomic {
        if
        :: word[me] % 8 == WAITING -> word[me] = FREE
        :: word[me] % 8 == FAILED -> word[me] = FREE
        :: else -> other = handed_slot[me]; word[me] = FREE
        fi
    };
#endif
    announced--
}

inline stand_in_line(mine) {
    mine = NONE;
#if MUTATION == 1 /* looks, then announces itself */
    look_for_idle(mine);
    if
    :: mine != NONE -> goto served_now
    :: else
    fi;
#endif
    word[me] = ticket * 8 + WAITING;
    announced++;
look_again:
    do
    :: pending[me] = false; /* prepare */
        if
        :: word[me] % 8 == HANDED ->
            mine = handed_slot[me];
            word[me] = FREE;
            announced--;
            break
        :: else
        fi;
        if
        :: closing -> leave_line(mine); break
        :: else
        fi;
#if MUTATION != 1
        /* Loads only; what is seen idle is claimed while the place says LOOKING, so that nothing is handed over meanwhile. */
        ok = false; k = 0;
        do
        :: k < SLOTS && !ok -> ok = (claim[k] == IDLE); k++
        :: else -> break
        od;
        k = 0;
        if
        :: ok && looks == LOOKS_MOST -> ok = false; kicked = true /* the housekeeper hands it over */
        :: ok && looks < LOOKS_MOST ->
#if MUTATION != 10 /* 10: tries for ever, and is passed over meanwhile */
            looks++;
#endif
#if MUTATION == 5 /* claims while slots may still be handed to it, and forgets one */
            look_for_idle(mine);
#else
            atomic {
                if
                :: word[me] == ticket * 8 + WAITING -> word[me] = ticket * 8 + LOOKING
                :: else -> ok = false
                fi
            };
            if
            :: ok -> look_for_idle(mine)
            :: else
            fi;
#endif
            if
            :: mine != NONE -> word[me] = FREE; announced--; looks = 0; break
            :: mine == NONE && word[me] % 8 == LOOKING -> word[me] = ticket * 8 + WAITING
            :: else
            fi;
            ok = false;
            goto look_again
        :: else
        fi;
#endif
        if
        :: pending[me]                         /* woken */
        :: me == DEADLINE_OF && !pending[me] -> /* the deadline passes: a choice */
            leave_line(mine); break
        fi
    od;
    spare = NONE; looks = 0
}

proctype borrower(byte me) {
    byte slot, spare, oldest = NONE, place, w, i, k, ticket, round, looks;
    bool ok;
    spare = NONE;
again:
    atomic {
        round++;
        if
        :: me == 0 -> wanted = true
        :: else
        fi
    };
    if
    :: closing -> goto out
    :: else -> look_for_idle(slot)
    fi;
    if
    :: slot == NONE ->
        waiting++;
        atomic {
            if
            :: next_ticket < LAST_TICKET -> next_ticket++
            :: else
            fi;
            ticket = next_ticket
        };
        stand_in_line(slot);
#if MUTATION == 1
served_now:
#endif
        if
        :: slot == NONE -> waiting--; goto out
        :: else -> skip
        fi
    :: else -> spare = 0 /* did not wait */
    fi;
    atomic {
        holders[slot]++;
        assert(holders[slot] == 1);
        if
        :: me == 0 -> wanted = false; served = true
        :: else
        fi;
        ticket = 0
    };
    /* uses the connection */
    holders[slot]--;
    if
    :: spare == NONE -> waiting--
    :: else -> spare = NONE
    fi;
    release(slot);
#ifdef LIVENESS
    if
    :: me != 0 -> round = 0; goto again
    :: else
    fi;
#else
    if
    :: round < CYCLES -> goto again
    :: else
    fi;
#endif
out:
    finished++
}

/* Hands over what threads in line have seen idle. In one step: claiming and giving up are explored with the borrowers. */
proctype housekeeper() {
    byte h, oldest = NONE, place, w, i;
    bool ok;
end:
    do
    :: atomic {
        kicked -> kicked = false; h = 0;
        do
        :: h < SLOTS ->
            if
            :: claim[h] == IDLE -> claim[h] = OWNED; release(h)
            :: else
            fi;
            h++
        :: else -> break
        od;
        h = 0; w = 0; i = 0; ok = false
    }
    od
}

#ifdef CLOSER
/* wefti_pool_close without a limit of time. */
proctype closer() {
    byte s, i, left;
    bool ok;
#if MUTATION != 7 /* 7: says so only after it has sent the line home */
    closing = true;
#endif
    do
#if MUTATION != 7
    :: waiting == 0 -> break
#endif
    :: MUTATION == 7 || waiting > 0 ->
        i = 0;
        do
        :: i < THREADS ->
            atomic {
                if
                :: word[i] % 8 == WAITING -> word[i] = FAILED; pending[i] = true
                :: else
                fi;
                i++
            }
        :: else -> break
        od;
#if MUTATION == 7
        break
#endif
    od;
#if MUTATION == 7
    closing = true;
#endif
    do
    :: left = 0; s = 0;
        do
        :: s < SLOTS ->
            claim_slot(s, ok);
            if
            :: ok -> claim[s] = EMPTY
            :: !ok && claim[s] != EMPTY -> left++
            :: else
            fi;
            s++
        :: else -> break
        od;
        if
        :: left == 0 -> break
        :: else
        fi
    od;
    closed = true
}
#endif

init {
    byte n;
    atomic {
        n = 0;
        do
        :: n < THREADS -> run borrower(n); n++
        :: else -> break
        od;
        run housekeeper();
#ifdef CLOSER
        run closer();
#endif
        n = 0
    };
#ifndef LIVENESS
    finished == THREADS;
#ifdef CLOSER
    closed;
#endif
    do
    :: n < SLOTS ->
#ifdef CLOSER
        assert(claim[n] == EMPTY);
#else
        assert(claim[n] == IDLE);
#endif
        assert(holders[n] == 0); n++
    :: else -> break
    od;
    assert(announced == 0 && waiting == 0)
#endif
}

#ifdef LIVENESS
ltl everybody_is_served { [] (wanted -> <> served) }
#endif
