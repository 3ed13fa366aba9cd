/* A table that no struct describes: as the database has it, its columns by name; rows by name. */
#include "shop.h"
typedef struct Actor {
    const char *actor;
    int64_t n;
} Actor;
WEFT_ROW(Actor, WEFT_FIELD(Actor, actor), WEFT_FIELD(Actor, n));
void run(weft_session *s)
{
    const weft_model *audit = weft_session_table(s, "legacy_audit");
    if (audit == NULL)
        return;
    const weft_expr *actor = weft_named(audit, "actor");
    Actor_list rows = weft_rows(s, Actor, .from = audit, .joins = weft_join_on(Customer, weft_eq(Customer, name, actor)),
                                .columns = weft_columns(actor, weft_count_all()), .group_by = actor,
                                .where = weft_op(weft_named(audit, "at"), ">=", weft_val(weft_timestamp_now())));
    printf("%zu\n", rows.count);
    weft_result *result;
    weft_error error;
    if (weft_connection_select(weft_session_connection(s), weft_select(.from = audit), &result, &error) != WEFT_OK)
        return;
    const int at = weft_result_find(result, "at");
    while (at >= 0 && weft_result_next(result, &error))
        printf("%d\n", weft_result_value(result, (uint16_t)at).type);
    weft_result_close(result);
}
