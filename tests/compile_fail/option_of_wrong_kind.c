/* expect: incompatible|without a cast */
/* variants: 12 */
#include "models.h"

typedef struct Count {
    int64_t users;
} Count;
WEFT_ROW(Count, WEFT_FIELD(Count, users));

/* A loader where a node is expected, a node where a loader is, a number where a pointer is: compilers only warn of them, and what
 * runs reads memory that is no such thing. */
void run(weft_session *s, weft_connection *c, weft_error *error)
{
    int64_t total;
    weft_status status;
    weft_result *result;
    Count_list rows;
    (void)s, (void)c, (void)error, (void)total, (void)status, (void)result, (void)rows;
#ifdef CORRECT
#define ORDER weft_order(weft_asc(User, id))
#define WHERE weft_eq(User, id, 3)
#define LOAD weft_load(weft_selectin(User, addresses))
#define SETS weft_sets(weft_to(User, name, "x"))
#else
#define ORDER weft_selectin(User, addresses)
#define WHERE 3
#define LOAD weft_order(weft_asc(User, id))
#define SETS weft_selectin(User, addresses)
#endif
#if VARIANT == 1
    (void)weft_query(s, User, .order_by = ORDER);
#elif VARIANT == 2
    (void)weft_query(s, User, .where = WHERE);
#elif VARIANT == 3
    (void)weft_get(s, User, 1, .load = LOAD);
#elif VARIANT == 4
    (void)weft_first(s, User, .order_by = ORDER);
#elif VARIANT == 5
    (void)weft_one(s, User, &status, .where = WHERE);
#elif VARIANT == 6
    (void)weft_query_page(s, User, &total, .order_by = ORDER);
#elif VARIANT == 7
    (void)weft_exists(s, User, .where = WHERE);
#elif VARIANT == 8
    (void)weft_count_of(s, User, .where = WHERE);
#elif VARIANT == 9
    (void)weft_rows(s, Count, .from = weft_from(User), .order_by = ORDER);
#elif VARIANT == 10
    (void)weft_fetch(c, Count, &rows, &result, error, .from = weft_from(User), .where = WHERE);
#elif VARIANT == 11
    (void)weft_execute_update(c, weft_update_of(User, .set = SETS, .all = true), NULL, error);
#else
    (void)weft_execute_delete(c, weft_delete_from(User, .where = WHERE), NULL, error);
#endif
}
