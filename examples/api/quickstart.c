/* A whole program: create the tables, store a graph, load it back without N+1, change it, commit. */
#include "models.h"

#include <stdio.h>

static int fail(const char *what, const weft_error *error)
{
    fprintf(stderr, "%s: %s: %s\n", what, weft_status_name(error->status), error->message);
    return 1;
}

int main(int count, char **arguments)
{
    const char *url = count > 1 ? arguments[1] : "sqlite://";
    weft_error error;
    weft_engine *engine;
    if (weft_engine_open(&engine, url, &(weft_engine_options){.metadata = &models, .echo = true}, &error) != WEFT_OK)
        return fail("open", &error);
    if (weft_create_all(engine, &error) != WEFT_OK)
        return fail("create tables", &error);

    weft_session *s = weft_session_open(engine, NULL);

    User *sandy = weft_new(s, User, .name = "sandy", .fullname = "Sandy Cheeks", .age = {true, 30});
    Address *home = weft_new(s, Address, .email = "sandy@example.com");
    Address *work = weft_new(s, Address, .email = "sandy@treedome.example");
    weft_append(s, User, sandy, addresses, Address, home);
    weft_append(s, User, sandy, addresses, Address, work);
    if (weft_session_commit(s) != WEFT_OK) /* one INSERT for the user, one for both addresses */
        return fail("store", weft_session_error(s));

    User_list users = weft_query(s, User, .where = weft_and(weft_gt(User, age, 18), weft_like(User, name, "s%")),
                                 .order_by = weft_order(weft_asc(User, name), weft_desc(User, id)),
                                 .load = weft_load(weft_joined(User, addresses), weft_subquery(User, keywords)), .limit = 10);
    weft_each (User, user, users)
        weft_each (Address, address, user->addresses)
            printf("%s <%s>\n", user->name, address->email);

    const User *one = weft_get(s, User, sandy->id);      /* from the identity map: no SQL */
    weft_edit(s, User, one)->fullname = "Sandra Cheeks"; /* one->fullname = … does not compile */
    weft_remove(s, User, one, addresses, Address, work); /* delete-orphan: the row goes at flush */
    if (weft_session_commit(s) != WEFT_OK)
        return fail("change", weft_session_error(s));

    weft_session_close(s);
    weft_engine_close(engine);
    return 0;
}
