/* What the catalogue says about the rows that go into a table: who makes its keys, and who may replace them. Asked once on each
 * connection where the answer is the usual one, which what comes back of each statement confirms; else each time. */
#ifndef WEFTI_ENGINE_FACTS_H
#define WEFTI_ENGINE_FACTS_H

#include "engine/engine.h"

typedef struct wefti_key_facts {
    bool plain;                    /* rows go into the table as they are sent: no view, no foreign table, no rule */
    bool triggers;                 /* one may store another row than the one sent, or none */
    bool exact;                    /* the columns of the key give back the bytes that they are given */
    bool ascending;                /* keys that the database makes ascend in the order in which rows are inserted */
    bool may_reserve;              /* values may be taken from the sequence */
    int64_t sequence;              /* makes the keys; 0: none, or not by itself */
    const char *expression, *type; /* of the column that the database fills in, as SQL; from the arena; NULL: not known */
} wefti_key_facts;

/* The key's column that the database may fill in; NULL where there is none, or where it is one of several. */
static inline const wefti_column *wefti_made_key(const wefti_table *table)
{
    return table->generated != NULL                                         ? table->generated
           : table->key_count == 1 && table->key[0]->server_default != NULL ? table->key[0]
                                                                            : NULL;
}

/* All false where there is no such table. keyed: the database makes the keys of the rows to be sent. */
weft_status wefti_key_facts_find(weft_connection *connection, const wefti_table *table, bool keyed, wefti_arena *arena,
                                 wefti_deadline deadline, wefti_key_facts *facts, weft_error *error);
/* What happened was not what the facts said: they are asked again. distrust: keys of this table are not taken for ascending again.
 * */
void wefti_key_facts_forget(weft_connection *connection, const wefti_table *table, bool distrust);

/* Definitions are changed through the engine: what its connections know is asked again. */
void wefti_key_facts_outdate(weft_engine *engine);

#endif
