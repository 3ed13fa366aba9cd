/* The request handler of README.md runs as it stands, around the models of its program. */
#include <stdio.h>
#include <weft/weft.h>

WEFT_DECLARE(User);
WEFT_DECLARE(Address);
struct User {
    int64_t id;
    const char *name;
    Address_list addresses;
};
struct Address {
    int64_t id;
    const char *email;
    int64_t user_id;
};
WEFT_MODEL(User, "user_account", WEFT_COLUMN(User, id, .primary_key = true), WEFT_COLUMN(User, name),
           WEFT_HAS_MANY(User, addresses, Address, .foreign_key = "user_id"));
WEFT_MODEL(Address, "address", WEFT_COLUMN(Address, id, .primary_key = true), WEFT_COLUMN(Address, email),
           WEFT_COLUMN(Address, user_id, .references = "user_account.id"));
WEFT_METADATA(models, &User_model, &Address_model);

static int handle(weft_scoped *sessions, size_t *count)
{
#include "handler.inc"
    *count = users.count;
    return http;
}

int main(void)
{
    weft_engine *engine;
    weft_scoped *sessions;
    weft_error error;
    size_t count = 99;
    if (weft_engine_open(&engine, "sqlite://", &(weft_engine_options){.metadata = &models}, &error) != WEFT_OK ||
        weft_scoped_open(&sessions, engine, NULL, &error) != WEFT_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    int without_tables = handle(sessions, &count);
    int with_tables = weft_create_all(engine, &error) == WEFT_OK ? handle(sessions, &count) : 0;
    weft_scoped_close(sessions);
    weft_engine_close(engine);
    printf("%d %d %zu\n", without_tables, with_tables, count);
    return without_tables == 503 && with_tables == 200 && count == 0 ? 0 : 1;
}
