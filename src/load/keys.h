/* Keys of owners: the parameters of select-in loads, and targets that the identity map knows already. */
#ifndef WEFTI_LOAD_KEYS_H
#define WEFTI_LOAD_KEYS_H

#include "load/fill.h"

/* The key of the object that owner's foreign key refers to, in the order of the target's key; false where a part is NULL. */
bool wefti_load_target_key(const wefti_object *owner, const wefti_relation *relation, weft_value key[WEFTI_MAX_KEY_COLUMNS]);
/* That object where the identity map has it and it is current; NULL otherwise. */
wefti_object *wefti_load_target_find(weft_session *session, const wefti_relation *relation, const weft_value *key);
/* Sets a many-to-one relationship as loaded. False: no memory, the session failed. */
bool wefti_load_target_set(weft_session *session, wefti_object *owner, const wefti_relation *relation, const wefti_object *target);

/* Leaves one owner for each distinct foreign key. */
weft_status wefti_load_distinct(weft_session *session, const wefti_relation *relation, wefti_load_objects *owners);

/* The local columns of count owners as arrays. structs: room for count pointers, borrowed by the arrays. */
void wefti_load_key_arrays(const wefti_relation *relation, wefti_object *const *owners, size_t count, const void **structs,
                           wefti_array keys[WEFTI_MAX_KEY_COLUMNS]);

#endif
