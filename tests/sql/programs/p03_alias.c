/* Self-join along a relationship and by salary, with an alias that reads like a model: who earns more than the boss. */
#include "shop.h"
typedef struct Pair {
    const char *name, *boss;
} Pair;
WEFT_ROW(Pair, WEFT_FIELD(Pair, name), WEFT_FIELD(Pair, boss));
void run(weft_session *s)
{
    weft_alias(Boss, Employee);
    Pair_list pairs =
        weft_rows(s, Pair, .from = weft_from(Employee), .joins = weft_join_to(Employee, boss, Boss),
                  .columns = weft_columns(weft_put_col(Pair, boss, Boss, name), weft_put_col(Pair, name, Employee, name)),
                  .where = weft_and(weft_gt_col(Employee, salary, Boss, salary), weft_lt(Boss, hired, (weft_date){18000})),
                  .order_by = weft_asc(Boss, name));
    weft_each (Pair, p, pairs)
        printf("%s > %s\n", p->name, p->boss);
    /* The same alias in an ORM query: SELECT employee.* FROM employee JOIN employee AS "Boss" ON … WHERE "Boss".name = $1 */
    weft_each (Employee, e,
               weft_query(s, Employee, .joins = weft_join_to(Employee, boss, Boss), .where = weft_eq(Boss, name, "Ada"),
                          .load = weft_selectin(Employee, reports)))
        printf("%s\n", e->name);
}
