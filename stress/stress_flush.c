/* Concurrent flushes of overlapping object graphs keep what they must: money is conserved, every account agrees with its entries,
 * every child has its parent.
 *
 * Clients own accounts, accounts have entries and labels (many to many). Writers, each by weft_transact: move money between two
 * accounts and write an entry in each; hand accounts from client to client; toggle labels; make graphs of a client, accounts,
 * entries and labels; delete such graphs by their cascades. Account versions make lost updates stale, and weft_transact repeats
 * them. Readers check, in one snapshot and while all this goes on, that balances add up to what was there in the beginning, that
 * each balance is the sum of its account's entries, that no account is without its client and that graphs are whole.
 *
 *    stress_flush [--database URL] [--threads N] [--seconds N] [--seed N] */
#include <weft/weft.h>

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#include "database.h"
#include "measure.h"

enum { CLIENTS = 6, ACCOUNTS = 36, LABELS = 5, OPENING = 1000, GRAPH_ACCOUNTS = 3, GRAPH_ENTRIES = 4 };

WEFT_DECLARE(Client);
WEFT_DECLARE(Account);
WEFT_DECLARE(Entry);
WEFT_DECLARE(Mark);

struct Client {
    int64_t id;
    const char *name;
    bool passing; /* of a graph that comes and goes */
    Account_list accounts;
};

struct Account {
    int64_t id;
    int64_t client_id;
    int64_t balance;
    int64_t version;
    const Client *client;
    Entry_list entries;
    Mark_list marks;
};

struct Entry {
    int64_t id;
    int64_t account_id;
    int64_t amount;
    const char *note;
    const Account *account;
};

struct Mark {
    int64_t id;
    const char *word;
    Account_list accounts;
};

WEFT_MODEL(Client, "stress_client", WEFT_COLUMN(Client, id, .primary_key = true), WEFT_COLUMN(Client, name),
           WEFT_COLUMN(Client, passing),
           WEFT_HAS_MANY(Client, accounts, Account, .foreign_key = "client_id", .back_populates = "client",
                         .cascade = WEFT_CASCADE_ALL, .order_by = "id"));
WEFT_MODEL(Account, "stress_account", WEFT_COLUMN(Account, id, .primary_key = true),
           WEFT_COLUMN(Account, client_id, .references = "stress_client.id", .index = true), WEFT_COLUMN(Account, balance),
           WEFT_COLUMN(Account, version, .version = true),
           WEFT_BELONGS_TO(Account, client, Client, .foreign_key = "client_id", .back_populates = "accounts"),
           WEFT_HAS_MANY(Account, entries, Entry, .foreign_key = "account_id", .back_populates = "account",
                         .cascade = WEFT_CASCADE_ALL),
           WEFT_MANY_TO_MANY(Account, marks, Mark, .through = "stress_account_mark(account_id, mark_id)",
                             .back_populates = "accounts"));
WEFT_MODEL(Entry, "stress_entry", WEFT_COLUMN(Entry, id, .primary_key = true),
           WEFT_COLUMN(Entry, account_id, .references = "stress_account.id", .index = true), WEFT_COLUMN(Entry, amount),
           WEFT_COLUMN(Entry, note),
           WEFT_BELONGS_TO(Entry, account, Account, .foreign_key = "account_id", .back_populates = "entries"));
WEFT_MODEL(Mark, "stress_mark", WEFT_COLUMN(Mark, id, .primary_key = true), WEFT_COLUMN(Mark, word),
           WEFT_MANY_TO_MANY(Mark, accounts, Account, .through = "stress_account_mark(mark_id, account_id)",
                             .back_populates = "marks"));
WEFT_METADATA(stress_models, &Client_model, &Account_model, &Entry_model, &Mark_model);

typedef enum work_kind { TRANSFER, HAND_OVER, TOGGLE, MAKE_GRAPH, DELETE_GRAPH, READ, WORK_KINDS } work_kind;
static const char *const work_names[WORK_KINDS] = {"transfers", "hand-overs", "toggles", "graphs made", "graphs deleted", "reads"};

typedef struct worker {
    uint64_t random;
    bool writes;
    uint64_t done[WORK_KINDS];
    uint64_t runs;     /* of bodies, repetitions included */
    uint64_t lost;     /* toggles that another thread made first */
    uint64_t given_up; /* after all attempts */
    stress_latency latency;
} worker;

static weft_engine *engine;

/* ---- bodies of transactions ---- */

static weft_status transfer(weft_session *s, void *context)
{
    worker *w = context;
    w->runs++;
    const Account *from = weft_get(s, Account, stress_pick(&w->random, ACCOUNTS));
    const Account *to = weft_get(s, Account, stress_pick(&w->random, ACCOUNTS));
    if (from == NULL || to == NULL)
        return WEFT_ERROR_NOT_FOUND;
    int64_t amount = stress_pick(&w->random, 50);
    Entry *out = weft_new(s, Entry, .amount = -amount, .note = "out");
    Entry *in = weft_new(s, Entry, .amount = amount);
    in->note = weft_format(s, "from %" PRId64, from->id);
    weft_assign(s, Entry, out, account, Account, from);
    weft_append(s, Account, to, entries, Entry, in);
    weft_edit(s, Account, from)->balance -= amount;
    if (stress_random(&w->random) % 4 == 0)
        weft_session_flush(s);
    weft_edit(s, Account, to)->balance += amount;
    return WEFT_OK;
}

static weft_status hand_over(weft_session *s, void *context)
{
    worker *w = context;
    w->runs++;
    const Client *to = weft_get(s, Client, stress_pick(&w->random, CLIENTS), .load = weft_load(weft_selectin(Client, accounts)));
    const Account *account = weft_get(s, Account, stress_pick(&w->random, ACCOUNTS));
    if (to == NULL || account == NULL)
        return WEFT_ERROR_NOT_FOUND;
    if (stress_random(&w->random) % 2 == 0)
        weft_append(s, Client, to, accounts, Account, account);
    else
        weft_assign(s, Account, account, client, Client, to);
    return WEFT_OK;
}

static weft_status toggle(weft_session *s, void *context)
{
    worker *w = context;
    w->runs++;
    const Account *account =
        weft_get(s, Account, stress_pick(&w->random, ACCOUNTS), .load = weft_load(weft_selectin(Account, marks)));
    const Mark *mark = weft_get(s, Mark, stress_pick(&w->random, LABELS));
    if (account == NULL || mark == NULL)
        return WEFT_ERROR_NOT_FOUND;
    bool has = false;
    weft_each (Mark, m, account->marks)
        has = has || m == mark;
    if (has)
        weft_remove(s, Mark, mark, accounts, Account, account);
    else
        weft_append(s, Account, account, marks, Mark, mark);
    return WEFT_OK;
}

static weft_status make_graph(weft_session *s, void *context)
{
    worker *w = context;
    w->runs++;
    Client *client = weft_new(s, Client, .name = "passing", .passing = true);
    for (int i = 0; i < GRAPH_ACCOUNTS; i++) {
        Account *account = weft_new(s, Account, .client = client);
        for (int k = 0; k < GRAPH_ENTRIES; k++)
            weft_append(s, Account, account, entries, Entry, weft_new(s, Entry, .amount = k % 2 == 0 ? 7 : -7, .note = "graph"));
        const Mark *mark = weft_get(s, Mark, stress_pick(&w->random, LABELS));
        if (mark != NULL)
            weft_append(s, Account, account, marks, Mark, mark);
    }
    return WEFT_OK;
}

static weft_status delete_graph(weft_session *s, void *context)
{
    worker *w = context;
    w->runs++;
    Client_list clients =
        weft_query(s, Client, .where = weft_eq(Client, passing, true), .order_by = weft_order(weft_asc(Client, id)), .limit = 4);
    if (clients.count > 0)
        weft_delete(s, Client, clients.items[stress_random(&w->random) % clients.count]);
    return WEFT_OK;
}

/* ---- checks ---- */

static void check_account(const Account *account, int64_t *total)
{
    int64_t entries = 0;
    if (account->client == NULL || account->client->id != account->client_id) {
        stress_broken("account %" PRId64 " is without its client %" PRId64, account->id, account->client_id);
        return;
    }
    weft_each (Entry, entry, account->entries) {
        entries += entry->amount;
        if (entry->account_id != account->id)
            stress_broken("entry %" PRId64 " of account %" PRId64 " is among those of %" PRId64, entry->id, entry->account_id,
                          account->id);
    }
    if (account->client->passing && account->entries.count != GRAPH_ENTRIES)
        stress_broken("account %" PRId64 " of a graph has %zu entries", account->id, account->entries.count);
    if (entries != account->balance - (account->client->passing ? 0 : OPENING))
        stress_broken("account %" PRId64 ": balance %" PRId64 ", entries %" PRId64, account->id, account->balance, entries);
    *total += account->balance;
}

/* In one snapshot. The number of entries of permanent accounts grows: only every so often all of them are read. */
static weft_status read_all(weft_session *s, void *context)
{
    worker *w = context;
    int64_t total = 0, accounts = 0;
    w->runs++;
    Account_list all = weft_query(s, Account, .load = weft_load(weft_joined(Account, client), weft_selectin(Account, entries)),
                                  .where = stress_random(&w->random) % 8 == 0 ? &weft_true : weft_le(Account, id, ACCOUNTS));
    if (weft_session_status(s) != WEFT_OK)
        return WEFT_OK;
    weft_each (Account, account, all) {
        check_account(account, &total);
        accounts += !account->client->passing;
    }
    if (accounts != ACCOUNTS || total != (int64_t)ACCOUNTS * OPENING)
        stress_broken("%" PRId64 " accounts hold %" PRId64 " instead of %d", accounts, total, ACCOUNTS * OPENING);
    Client_list clients =
        weft_query(s, Client, .where = weft_eq(Client, passing, true), .load = weft_load(weft_selectin(Client, accounts)));
    if (weft_session_status(s) == WEFT_OK)
        weft_each (Client, client, clients)
            if (client->accounts.count != GRAPH_ACCOUNTS)
                stress_broken("client %" PRId64 " of a graph has %zu accounts", client->id, client->accounts.count);
    return WEFT_OK;
}

/* ---- threads ---- */

static work_kind choose(worker *w)
{
    uint64_t dice = stress_random(&w->random) % 16;
    if (!w->writes)
        return READ;
    return dice < 8 ? TRANSFER : dice < 10 ? HAND_OVER : dice < 12 ? TOGGLE : dice < 14 ? MAKE_GRAPH : DELETE_GRAPH;
}

static void work_once(worker *w, weft_session *s)
{
    weft_status (*const bodies[WORK_KINDS])(weft_session *, void *) = {transfer,   hand_over,    toggle,
                                                                       make_graph, delete_graph, read_all};
    work_kind kind = choose(w);
    bool snapshot = kind == READ || stress_random(&w->random) % 8 == 0;
    weft_transact_options options = {.attempts = 40,
                                     .isolation = snapshot ? WEFT_ISOLATION_REPEATABLE_READ : WEFT_ISOLATION_DEFAULT};
    weft_status status = weft_transact(s, bodies[kind], w, &options);
    if (status == WEFT_OK)
        w->done[kind]++;
    else if (kind == TOGGLE && status == WEFT_ERROR_UNIQUE)
        w->lost++;
    else if (weft_status_is_retryable(status))
        w->given_up++;
    else
        stress_broken("%s: %s: %s", work_names[kind], weft_status_name(status), weft_session_error(s)->message);
    if (weft_session_status(s) != WEFT_OK || weft_session_in_transaction(s))
        stress_broken("%s: the session is not clean after weft_transact", work_names[kind]);
    if (kind == READ || stress_random(&w->random) % 8 == 0)
        weft_session_clear(s);
}

static void *work(void *context)
{
    worker *w = context;
    weft_session *s = weft_session_open(engine, NULL);
    while (!atomic_load(&stress_stop)) {
        int64_t began = stress_now_ns();
        work_once(w, s);
        stress_latency_count(&w->latency, stress_now_ns() - began);
    }
    weft_session_close(s);
    return NULL;
}

static bool fill_tables(void)
{
    weft_session *s = weft_session_open(engine, NULL);
    Client *clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = weft_new(s, Client, .name = "client");
    for (int i = 0; i < ACCOUNTS; i++)
        weft_new(s, Account, .balance = OPENING, .client = clients[i % CLIENTS]);
    for (int i = 0; i < LABELS; i++)
        weft_new(s, Mark, .word = "label");
    return stress_database_commit(s);
}

static void print_result(const worker *workers, const stress_options *options)
{
    stress_latency reading = {{0}}, writing = {{0}};
    uint64_t done[WORK_KINDS] = {0}, writes = 0, runs = 0, lost = 0, given_up = 0;
    for (int i = 0; i < options->threads; i++) {
        stress_latency_add(workers[i].writes ? &writing : &reading, &workers[i].latency);
        for (int k = 0; k < WORK_KINDS; k++)
            done[k] += workers[i].done[k];
        runs += workers[i].runs;
        lost += workers[i].lost;
        given_up += workers[i].given_up;
    }
    for (int k = 0; k < READ; k++)
        writes += done[k];
    printf("transactions %" PRIu64 " (%.0f/s):", writes + done[READ], (double)(writes + done[READ]) / options->seconds);
    for (int k = 0; k < WORK_KINDS; k++)
        printf(" %s %" PRIu64, work_names[k], done[k]);
    printf("\nrepeated %" PRIu64 ", toggles lost %" PRIu64 ", given up %" PRIu64 "\n", runs - writes - done[READ] - lost, lost,
           given_up);
    stress_latency_print("write", &writing);
    stress_latency_print("read", &reading);
    if (writes == 0 || done[READ] == 0)
        stress_broken("nothing was written, or nothing was read");
}

/* Afterwards, with nobody else there: all of it, and no row is without its parent. */
static void check_end(void)
{
    worker w = {.random = 8};
    weft_error error = {0};
    weft_session *s = weft_session_open(engine, NULL);
    int64_t orphans = 0;
    for (int i = 0; i < 20 && stress_broken_count() == 0; i++)
        if (weft_transact(s, read_all, &w, NULL) != WEFT_OK)
            stress_broken("the last check: %s", weft_session_error(s)->message);
    weft_result *result = NULL;
    if (weft_connection_query(
            weft_session_connection(s),
            "SELECT (SELECT count(*) FROM stress_entry e LEFT JOIN stress_account a ON e.account_id = a.id WHERE a.id IS NULL) + "
            "(SELECT count(*) FROM stress_account a LEFT JOIN stress_client c ON a.client_id = c.id WHERE c.id IS NULL) + "
            "(SELECT count(*) FROM stress_account_mark m LEFT JOIN stress_account a ON m.account_id = a.id WHERE a.id IS NULL)",
            NULL, &result, &error) != WEFT_OK)
        stress_broken("the last check: %s", error.message);
    if (result != NULL && (!weft_result_next(result, &error) || !weft_result_int64(result, 0, &orphans) || orphans != 0))
        stress_broken("%" PRId64 " rows are without their parents", orphans);
    weft_result_close(result);
    weft_session_close(s);
}

int main(int count, char **arguments)
{
    stress_options options = {.threads = 8, .seconds = 5};
    if (!stress_database_start(&engine, &options, count, arguments, &stress_models) || !fill_tables())
        return 2;
    static worker workers[STRESS_MOST_THREADS];
    for (int i = 0; i < options.threads; i++) {
        workers[i].writes = i % 4 != 3 && i != options.threads - 1;
        workers[i].random = options.seed + (uint64_t)i * 1000003;
    }
    stress_run(&options, work, workers, sizeof workers[0]);
    print_result(workers, &options);
    check_end();
    stress_database_end(engine);
    puts(stress_broken_count() == 0 ? "nothing was lost, and every child had its parent" : "the invariant broke");
    return stress_broken_count() == 0 ? 0 : 1;
}
