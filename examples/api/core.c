/* Core without the ORM's objects: rows into plain structs, aggregates, bulk rows, text SQL. */
#include "api.h"

#include <stdio.h>

typedef struct DomainCount { const char *domain; int64_t users; } DomainCount;

WEFT_ROW(DomainCount,
    WEFT_FIELD(DomainCount, domain),
    WEFT_FIELD(DomainCount, users));

void busiest_domains(weft_session *s)
{
    const weft_expr *domain = weft_fn("lower", weft_col(Address, email));
    DomainCount_list rows = weft_rows(s, DomainCount,
        .columns = weft_columns(domain, weft_count(weft_col(User, id))),
        .from = weft_from(User),
        .joins = weft_joins(weft_join(User, addresses)),
        .where = weft_or(weft_is_null(User, fullname), weft_op(weft_col(User, age), ">=", weft_val(21))),
        .group_by = weft_columns(domain),
        .having = weft_op(weft_count(weft_col(User, id)), ">", weft_val(3)),
        .order_by = weft_order(weft_desc_of(weft_count(weft_col(User, id)))));
    weft_each (DomainCount, row, rows)
        printf("%s %lld\n", row->domain, (long long)row->users);
}

weft_status import_keywords(weft_connection *c, const Keyword *words, size_t count, weft_error *error)
{
    /* From an array of structs, in as few statements as the database allows; rows are not tracked. */
    return weft_insert_many(c, Keyword, words, count, &(weft_insert_options){ .on_conflict = WEFT_CONFLICT_DO_NOTHING }, error);
}

weft_status vacuum_soft_deleted(weft_connection *c, int64_t before, int64_t *deleted, weft_error *error)
{
    weft_status status = weft_execute_delete(c, weft_delete_from(User, .where = weft_lt(User, id, before)), deleted, error);
    if (status == WEFT_OK)
        status = weft_execute_text(c, "ANALYZE user_account", NULL, error);
    return status;
}

/* A query assembled step by step copies nodes and text at each call: a node written inside an if or a loop lives only
 * to the end of that block, so nothing may be kept from it in a variable outside. */
User_list search(weft_session *s, const char *name, int64_t min_age)
{
    weft_select *q = weft_select_new(s, User);
    if (name != NULL)
        weft_select_where(q, weft_eq(User, name, name));
    if (min_age > 0)
        weft_select_where(q, weft_ge(User, age, min_age));
    weft_select_limit(q, 100);
    return weft_select_all(q, User);
}
