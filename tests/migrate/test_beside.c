/* Requests that go on while revisions come and go: what they prepared no longer fits (the type of a result, an enum that was made
 * anew, a table that was built anew), and no request fails or reads something wrong. */
#define _GNU_SOURCE
#include "fixtures/catalogue.h"

#include "revisions.h"

#include <pthread.h>
#include <stdatomic.h>

enum { ITEMS = 60, THREADS = 4, ROUNDS = 6 };

enum mood { SAD, GLAD };
static const char *const moods[] = {"sad", "glad"};

WEFT_DECLARE(Item);
WEFT_DECLARE(Part);
struct Item {
    int64_t id;
    const char *name;
    int mood;
    int64_t count;
    Part_list parts;
};
struct Part {
    int64_t id, item_id;
    const char *name;
};
WEFT_MODEL(Item, "item", WEFT_COLUMN(Item, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Item, name),
           WEFT_ENUM(Item, mood, moods, .sql_type = "mood"), WEFT_COLUMN(Item, count),
           WEFT_HAS_MANY(Item, parts, Part, .foreign_key = "item_id", .order_by = "id"));
WEFT_MODEL(Part, "part", WEFT_COLUMN(Part, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Part, item_id, .references = "item.id", .on_delete = "CASCADE", .index = true), WEFT_COLUMN(Part, name));
static WEFT_METADATA(models, &Item_model, &Part_model);

static const char first_postgres[] =
    "-- revision: a1\n-- parents: none\n-- up postgresql\nCREATE TYPE mood AS ENUM ('sad', 'glad');\n"
    "CREATE TABLE item (id bigint PRIMARY KEY, name text NOT NULL, mood mood NOT NULL, count bigint NOT NULL);\n"
    "CREATE TABLE part (id bigint PRIMARY KEY, item_id bigint NOT NULL REFERENCES item (id) ON DELETE CASCADE, name text NOT "
    "NULL);\n";
static const char second_postgres[] =
    "-- revision: b1\n-- parents: a1\n-- up postgresql\nALTER TABLE item ALTER COLUMN name TYPE varchar(40), ADD COLUMN note "
    "text;\n"
    "ALTER TABLE part ALTER COLUMN name TYPE varchar(40);\nALTER TYPE mood ADD VALUE 'fine';\n"
    "-- no transaction\nCREATE INDEX CONCURRENTLY ix_item_note ON item (note);\n"
    "-- down postgresql\n-- no transaction\nDROP INDEX CONCURRENTLY ix_item_note;\n"
    "ALTER TYPE mood RENAME TO mood_before;\nCREATE TYPE mood AS ENUM ('sad', 'glad');\n"
    "ALTER TABLE item ALTER COLUMN mood TYPE mood USING mood::text::mood, ALTER COLUMN name TYPE text, DROP COLUMN note;\n"
    "ALTER TABLE part ALTER COLUMN name TYPE text;\nDROP TYPE mood_before;\n";
#define ITEM_TABLE(more, moods) \
    "CREATE TABLE item (" more "id INTEGER PRIMARY KEY, name TEXT NOT NULL, mood ENUM_TEXT NOT NULL CHECK (mood IN (" moods \
    ")), count INTEGER NOT NULL);\n"
static const char first_sqlite[] = "-- revision: a1\n-- parents: none\n-- up sqlite\n" ITEM_TABLE(
    "",
    "'sad', 'glad'") "CREATE TABLE part (id INTEGER PRIMARY KEY, item_id INTEGER NOT NULL REFERENCES item (id) ON DELETE CASCADE, "
                     "name TEXT NOT NULL);\n";
static const char second_sqlite[] = "-- revision: b1\n-- parents: a1\n-- up sqlite\n-- rebuild item\n" ITEM_TABLE(
    "note TEXT, ",
    "'sad', 'glad', 'fine'") "CREATE INDEX ix_item_note ON item (note);\n"
                             "-- down sqlite\nDROP INDEX ix_item_note;\n-- rebuild item\n" ITEM_TABLE("", "'sad', 'glad'");

static void fill(const catalogue *c)
{
    for (int i = 1; i <= ITEMS; i++) {
        char sql[200];
        snprintf(sql, sizeof sql, "INSERT INTO item (id, name, mood, count) VALUES (%d, 'item %d', '%s', 0)", i, i, moods[i % 2]);
        test_database_exec(&c->database, sql);
        snprintf(sql, sizeof sql, "INSERT INTO part (id, item_id, name) VALUES (%d, %d, 'part of %d')", i, i, i);
        test_database_exec(&c->database, sql);
    }
}

typedef struct asker {
    pthread_t thread;
    weft_engine *engine;
    int64_t own; /* the item that it counts on */
    int64_t counted;
    size_t reads;
    char trouble[400]; /* "": none */
} asker;

static atomic_bool over;

static bool reads_right(weft_session *s, asker *a)
{
    Item_list glad = weft_query(s, Item, .where = weft_eq(Item, mood, GLAD), .order_by = weft_order(weft_asc(Item, id)),
                                .load = weft_load(weft_selectin(Item, parts)));
    if (weft_session_status(s) != WEFT_OK)
        return true; /* told by the caller */
    if (glad.count != ITEMS / 2)
        snprintf(a->trouble, sizeof a->trouble, "%zu items are glad", glad.count);
    for (size_t i = 0; i < glad.count && *a->trouble == '\0'; i++) {
        const Item *item = glad.items[i];
        char name[40], part[40];
        snprintf(name, sizeof name, "item %lld", (long long)item->id);
        snprintf(part, sizeof part, "part of %lld", (long long)item->id);
        if (item->id != (int64_t)(2 * i + 1) || strcmp(item->name, name) != 0 || item->mood != GLAD || item->parts.count != 1 ||
            strcmp(item->parts.items[0]->name, part) != 0)
            snprintf(a->trouble, sizeof a->trouble, "item %lld: %s", (long long)item->id, item->name);
    }
    return *a->trouble == '\0';
}

static weft_status count_one(weft_session *s, void *context)
{
    asker *a = context;
    const Item *item = weft_first(s, Item, .where = weft_eq(Item, id, a->own));
    if (item == NULL)
        return WEFT_ERROR_NOT_FOUND;
    if (item->count != a->counted)
        snprintf(a->trouble, sizeof a->trouble, "%lld instead of %lld", (long long)item->count, (long long)a->counted);
    weft_edit(s, Item, item)->count = a->counted + 1;
    weft_edit(s, Item, item)->mood = (int)(a->own % 2); /* as it is */
    return WEFT_OK;
}

static void *ask(void *context)
{
    asker *a = context;
    weft_session *s = weft_session_open(a->engine, NULL);
    while (!atomic_load(&over) && *a->trouble == '\0') {
        if (!reads_right(s, a))
            break;
        if (weft_session_status(s) != WEFT_OK) {
            snprintf(a->trouble, sizeof a->trouble, "reading: %s: %s", weft_status_name(weft_session_status(s)),
                     weft_session_error(s)->message);
            break;
        }
        a->reads++;
        weft_session_rollback(s);
        const weft_status status = weft_transact(s, count_one, a, NULL);
        if (status != WEFT_OK)
            snprintf(a->trouble, sizeof a->trouble, "counting: %s: %s", weft_status_name(status), weft_session_error(s)->message);
        else
            a->counted++;
        weft_session_clear(s);
    }
    weft_session_close(s);
    return NULL;
}

static void go_both_ways(const catalogue *c, const char *folder)
{
    for (int round = 0; round < ROUNDS; round++) {
        draft_moves(c, folder, weft_migrate_upgrade, "head");
        noted(c, "a1 applied 0 0\nb1 applied 0 0");
        draft_moves(c, folder, weft_migrate_downgrade, "a1");
    }
    draft_moves(c, folder, weft_migrate_upgrade, "head");
}

static void no_request_fails_and_each_reads_right(void **state)
{
    catalogue *c = *state;
    char folder[512];
    asker askers[THREADS];
    revisions_folder(folder, "1.sql", c->postgres ? first_postgres : first_sqlite, "2.sql",
                     c->postgres ? second_postgres : second_sqlite, NULL);
    draft_moves(c, folder, weft_migrate_upgrade, "a1");
    fill(c);
    weft_engine *engine = catalogue_engine(c, &(weft_engine_options){.metadata = &models, .pool = {.size = THREADS}});
    atomic_store(&over, false);
    for (int i = 0; i < THREADS; i++) {
        askers[i] = (asker){.engine = engine, .own = i + 1};
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
    }
    go_both_ways(c, folder);
    atomic_store(&over, true);
    size_t reads = 0;
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
        if (*askers[i].trouble != '\0')
            print_error("thread %d: %s\n", i, askers[i].trouble);
        reads += askers[i].reads;
    }
    for (int i = 0; i < THREADS; i++) {
        char sql[100];
        assert_string_equal(askers[i].trouble, "");
        snprintf(sql, sizeof sql, "SELECT count FROM item WHERE id = %d", i + 1);
        assert_int_equal(test_database_integer(&c->database, sql), askers[i].counted);
        assert_true(askers[i].counted > 0);
    }
    assert_true(reads > 2 * ROUNDS);
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(no_request_fails_and_each_reads_right)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
