/* Tries server.c on a database: server_main URL. Threads list users and hand addresses to and fro; none may get lost. */
#define _POSIX_C_SOURCE 200809L
#include "api.h"

#include "../check.h"

#include <pthread.h>
#include <string.h>

enum { USERS = 8, ADDRESSES_EACH = 3, THREADS = 6, TRANSFERS = 25 };

static void fill(const char *url)
{
    weft_engine *engine;
    weft_error error = {0};
    CHECK(weft_engine_open(&engine, url, &(weft_engine_options){.metadata = &models}, &error) == WEFT_OK, "%s", error.message);
    CHECK(weft_create_all(engine, &error) == WEFT_OK, "%s", error.message);
    weft_session *s = weft_session_open(engine, NULL);
    for (int i = 0; i < USERS; i++) {
        User *user = weft_new(s, User, .name = weft_format(s, "user%d", i));
        for (int j = 0; j < ADDRESSES_EACH; j++) {
            weft_append(s, User, user, addresses, Address,
                        weft_new(s, Address, .email = weft_format(s, "%d.%d@example.com", i, j)));
        }
    }
    CHECK(weft_session_commit(s) == WEFT_OK, "%s", weft_session_error(s)->message);
    weft_session_close(s);
    weft_engine_close(engine);
}

/* The number of lines that begin with two blanks: list_users prints addresses so. */
static int listed_addresses(void)
{
    char line[128];
    int addresses = 0;
    FILE *file = tmpfile();
    CHECK(file != NULL, "no temporary file");
    CHECK(list_users(file) == 200, "the list of users");
    rewind(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        addresses += strncmp(line, "  ", 2) == 0;
    }
    fclose(file);
    return addresses;
}

static void *work(void *context)
{
    const int *number = context;
    for (int i = 0; i < TRANSFERS; i++) {
        int from = 1 + (*number + i) % USERS, to = 1 + (*number * 3 + i * 5) % USERS;
        int http = post_transfer(from, to);
        CHECK(http == 200 || http == 503, "transfer from %d to %d: %d", from, to, http); /* 503: five retries were not enough */
        if (i % 10 == 0) {
            CHECK(listed_addresses() == USERS * ADDRESSES_EACH, "in the middle");
        }
    }
    return NULL;
}

int main(int count, char **arguments)
{
    pthread_t threads[THREADS];
    int numbers[THREADS];
    weft_error error = {0};
    const char *url = count > 1 ? arguments[1] : "sqlite://";
    fill(url);
    CHECK(server_start(url, &error) == WEFT_OK, "%s", error.message);
    CHECK(listed_addresses() == USERS * ADDRESSES_EACH, "at first");
    CHECK(post_transfer(1, 2) == 200, "a transfer");
    CHECK(post_transfer(1, 999999) == 404, "to nobody");
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        CHECK(pthread_create(&threads[i], NULL, work, &numbers[i]) == 0, "no thread");
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK(listed_addresses() == USERS * ADDRESSES_EACH, "at last");
    return 0;
}
