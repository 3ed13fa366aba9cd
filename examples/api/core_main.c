/* Tries core.c on a database: core_main URL. */
#define _POSIX_C_SOURCE 200809L
#include "api.h"

#include "../check.h"

#include <string.h>
#include <unistd.h>

static weft_engine *open_engine(const char *url)
{
    weft_engine *engine;
    weft_error error = {0};
    CHECK(weft_engine_open(&engine, url, &(weft_engine_options){.metadata = &models}, &error) == WEFT_OK, "%s", error.message);
    CHECK(weft_create_all(engine, &error) == WEFT_OK, "%s", error.message);
    return engine;
}

/* Four users whose addresses differ only in case, and one of whom nothing is asked for. */
static void store_users(weft_session *s)
{
    static const char *const emails[] = {"sandy@example.com", "Sandy@example.com", "SANDY@example.com", "sandy@EXAMPLE.com"};
    for (int i = 0; i < 4; i++) {
        User *user = weft_new(s, User, .name = weft_format(s, "sandy%d", i), .age = {true, 20 + i});
        if (i == 0) {
            user->fullname = NULL; /* found by IS NULL though too young */
        }
        weft_append(s, User, user, addresses, Address, weft_new(s, Address, .email = emails[i]));
    }
    User *patrick = weft_new(s, User, .name = "patrick", .fullname = "Patrick Star", .age = {true, 12});
    weft_append(s, User, patrick, addresses, Address, weft_new(s, Address, .email = "patrick@example.com"));
    CHECK(weft_session_commit(s) == WEFT_OK, "%s", weft_session_error(s)->message);
}

/* What a function prints to stdout. */
static void capture(void (*print)(weft_session *), weft_session *s, char *text, size_t size)
{
    FILE *file = tmpfile();
    CHECK(file != NULL, "no temporary file");
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
    print(s);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    rewind(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

static void try_connection(weft_engine *engine)
{
    static const Keyword words[] = {{.word = "squirrel"}, {.word = "karate"}, {.word = "squirrel"}};
    weft_connection *connection;
    weft_error error = {0};
    int64_t deleted = -1;
    CHECK(weft_engine_connect(engine, &connection, NULL, &error) == WEFT_OK, "%s", error.message);
    CHECK(import_keywords(connection, words, 3, &error) == WEFT_OK, "%s", error.message);
    CHECK(import_keywords(connection, words, 3, &error) == WEFT_OK, "%s", error.message);
    CHECK(weft_connection_commit(connection, &error) == WEFT_OK, "%s", error.message);
    CHECK(vacuum_soft_deleted(connection, 2, &deleted, &error) == WEFT_OK, "%s", error.message);
    CHECK(deleted == 1, "%lld rows deleted", (long long)deleted);
    CHECK(weft_connection_commit(connection, &error) == WEFT_OK, "%s", error.message);
    weft_connection_close(connection);
}

int main(int count, char **arguments)
{
    char text[256];
    weft_engine *engine = open_engine(count > 1 ? arguments[1] : "sqlite://");
    weft_session *s = weft_session_open(engine, NULL);
    store_users(s);

    capture(busiest_domains, s, text, sizeof(text));
    CHECK(strcmp(text, "sandy@example.com 4\n") == 0, "printed: %s", text);
    CHECK(search(s, NULL, 0).count == 5, "all");
    CHECK(search(s, "sandy2", 0).count == 1, "by name");
    CHECK(search(s, NULL, 22).count == 2, "by age");
    CHECK(search(s, "patrick", 22).count == 0, "by both");

    try_connection(engine);
    CHECK(weft_count_of(s, Keyword) == 2, "a word twice is one row");
    CHECK(weft_count_of(s, User) == 4, "the first user is gone");
    CHECK(weft_count_of(s, Address) == 4, "and the user's address with it");
    CHECK(weft_session_status(s) == WEFT_OK, "%s", weft_session_error(s)->message);
    weft_session_close(s);
    weft_engine_close(engine);
    return 0;
}
