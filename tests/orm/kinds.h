/* Parents and children whose keys are of every kind: each pair of models alike but for its key, so that one test runs for all.
 * FIXTURE_MODELS(kinds), and weft's plain functions with what a kind says. */
#ifndef TESTS_ORM_KINDS_H
#define TESTS_ORM_KINDS_H

#include "support/fixture.h"

typedef struct kind {
    const char *name;
    const weft_model *parent, *child;
    size_t children, owner;               /* offsets of parent's list and child's pointer */
    void (*set_key)(void *parent, int i); /* the i-th key, i from 0 to 2 */
    void (*set_reference)(void *child, int i);
} kind;

extern const kind all_kinds[];
extern const size_t kind_count;
extern const weft_metadata kinds;

/* Every child begins with these, whatever its reference. */
typedef struct child_head { int64_t id; const char *note; } child_head;

void *kind_new_parent(weft_session *s, const kind *k, int i);
void *kind_new_child(weft_session *s, const kind *k, int64_t id, int of); /* of: the parent, by its key */
const void *kind_parent(weft_session *s, const kind *k, int i);
const void *kind_child(weft_session *s, const kind *k, int64_t id);
weft_list kind_children(const kind *k, const void *parent);
const void *kind_owner(const kind *k, const void *child);

#endif
