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
#define _POSIX_C_SOURCE 200809L
#include <weft/weft.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/support.h"

enum { CLIENTS = 6, ACCOUNTS = 36, LABELS = 5, OPENING = 1000, GRAPH_ACCOUNTS = 3, GRAPH_ENTRIES = 4, MOST_THREADS = 64,
    BUCKETS = 40 * 8 };

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

WEFT_MODEL(Client, "stress_client",
    WEFT_COLUMN(Client, id, .primary_key = true),
    WEFT_COLUMN(Client, name),
    WEFT_COLUMN(Client, passing),
    WEFT_HAS_MANY(Client, accounts, Account, .foreign_key = "client_id", .back_populates = "client", .cascade = WEFT_CASCADE_ALL,
                  .order_by = "id"));
WEFT_MODEL(Account, "stress_account",
    WEFT_COLUMN(Account, id, .primary_key = true),
    WEFT_COLUMN(Account, client_id, .references = "stress_client.id", .index = true),
    WEFT_COLUMN(Account, balance),
    WEFT_COLUMN(Account, version, .version = true),
    WEFT_BELONGS_TO(Account, client, Client, .foreign_key = "client_id", .back_populates = "accounts"),
    WEFT_HAS_MANY(Account, entries, Entry, .foreign_key = "account_id", .back_populates = "account", .cascade = WEFT_CASCADE_ALL),
    WEFT_MANY_TO_MANY(Account, marks, Mark, .through = "stress_account_mark(account_id, mark_id)", .back_populates = "accounts"));
WEFT_MODEL(Entry, "stress_entry",
    WEFT_COLUMN(Entry, id, .primary_key = true),
    WEFT_COLUMN(Entry, account_id, .references = "stress_account.id", .index = true),
    WEFT_COLUMN(Entry, amount),
    WEFT_COLUMN(Entry, note),
    WEFT_BELONGS_TO(Entry, account, Account, .foreign_key = "account_id", .back_populates = "entries"));
WEFT_MODEL(Mark, "stress_mark",
    WEFT_COLUMN(Mark, id, .primary_key = true),
    WEFT_COLUMN(Mark, word),
    WEFT_MANY_TO_MANY(Mark, accounts, Account, .through = "stress_account_mark(mark_id, account_id)", .back_populates = "marks"));
WEFT_METADATA(stress_models, &Client_model, &Account_model, &Entry_model, &Mark_model);

typedef enum work_kind { TRANSFER, HAND_OVER, TOGGLE, MAKE_GRAPH, DELETE_GRAPH, READ, WORK_KINDS } work_kind;
static const char *const work_names[WORK_KINDS] = {"transfers", "hand-overs", "toggles", "graphs made", "graphs deleted", "reads"};

typedef struct worker {
    pthread_t thread;
    uint64_t random;
    bool writes;
    uint64_t done[WORK_KINDS];
    uint64_t runs;      /* of bodies, repetitions included */
    uint64_t lost;      /* toggles that another thread made first */
    uint64_t given_up;  /* after all attempts */
    uint64_t latency[BUCKETS];
} worker;

static weft_engine *engine;
static atomic_bool stop;
static atomic_int broken;
static pthread_barrier_t start;
static uint64_t seed;
static int seconds = 5;

static void breaks(const char *format, ...) WEFT_PRINTF(1, 2);
static void breaks(const char *format, ...)
{
    va_list arguments;
    if (atomic_fetch_add(&broken, 1) < 10) {
        va_start(arguments, format);
        printf("BROKEN: ");
        vprintf(format, arguments);
        putchar('\n');
        va_end(arguments);
    }
    atomic_store(&stop, true);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static uint64_t next_random(worker *w)
{
    w->random ^= w->random >> 12;
    w->random ^= w->random << 25;
    w->random ^= w->random >> 27;
    return w->random * UINT64_C(0x2545F4914F6CDD1D);
}

static int64_t pick(worker *w, int64_t count) { return (int64_t)(next_random(w) % (uint64_t)count) + 1; }

/* Eight buckets for each doubling of nanoseconds. */
static void count_latency(worker *w, int64_t ns)
{
    uint64_t value = ns < 8 ? 8 : (uint64_t)ns;
    unsigned top = 63u - (unsigned)__builtin_clzll(value);
    unsigned bucket = top * 8 + (unsigned)(value >> (top - 3) & 7);
    w->latency[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
}

/* ---- bodies of transactions ---- */

static weft_status transfer(weft_session *s, void *context)
{
    worker *w = context;
    w->runs++;
    const Account *from = weft_get(s, Account, pick(w, ACCOUNTS)), *to = weft_get(s, Account, pick(w, ACCOUNTS));
    if (from == NULL || to == NULL)
        return WEFT_ERROR_NOT_FOUND;
    int64_t amount = pick(w, 50);
    Entry *out = weft_new(s, Entry, .amount = -amount, .note = "out");
    Entry *in = weft_new(s, Entry, .amount = amount);
    in->note = weft_format(s, "from %" PRId64, from->id);
    weft_assign(s, Entry, out, account, Account, from);
    weft_append(s, Account, to, entries, Entry, in);
    weft_edit(s, Account, from)->balance -= amount;
    if (next_random(w) % 4 == 0)
        weft_session_flush(s);
    weft_edit(s, Account, to)->balance += amount;
    return WEFT_OK;
}

static weft_status hand_over(weft_session *s, void *context)
{
    worker *w = context;
    w->runs++;
    const Client *to = weft_get(s, Client, pick(w, CLIENTS), .load = weft_load(weft_selectin(Client, accounts)));
    const Account *account = weft_get(s, Account, pick(w, ACCOUNTS));
    if (to == NULL || account == NULL)
        return WEFT_ERROR_NOT_FOUND;
    if (next_random(w) % 2 == 0)
        weft_append(s, Client, to, accounts, Account, account);
    else
        weft_assign(s, Account, account, client, Client, to);
    return WEFT_OK;
}

static weft_status toggle(weft_session *s, void *context)
{
    worker *w = context;
    w->runs++;
    const Account *account = weft_get(s, Account, pick(w, ACCOUNTS), .load = weft_load(weft_selectin(Account, marks)));
    const Mark *mark = weft_get(s, Mark, pick(w, LABELS));
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
        const Mark *mark = weft_get(s, Mark, pick(w, LABELS));
        if (mark != NULL)
            weft_append(s, Account, account, marks, Mark, mark);
    }
    return WEFT_OK;
}

static weft_status delete_graph(weft_session *s, void *context)
{
    worker *w = context;
    w->runs++;
    Client_list clients = weft_query(s, Client, .where = weft_eq(Client, passing, true), .order_by = weft_order(weft_asc(Client,
        id)),
                                     .limit = 4);
    if (clients.count > 0)
        weft_delete(s, Client, clients.items[next_random(w) % clients.count]);
    return WEFT_OK;
}

/* ---- checks ---- */

static void check_account(const Account *account, int64_t *total)
{
    int64_t entries = 0;
    if (account->client == NULL || account->client->id != account->client_id) {
        breaks("account %" PRId64 " is without its client %" PRId64, account->id, account->client_id);
        return;
    }
    weft_each (Entry, entry, account->entries) {
        entries += entry->amount;
        if (entry->account_id != account->id)
            breaks("entry %" PRId64 " of account %" PRId64 " is among those of %" PRId64, entry->id, entry->account_id,
                account->id);
    }
    if (account->client->passing && account->entries.count != GRAPH_ENTRIES)
        breaks("account %" PRId64 " of a graph has %zu entries", account->id, account->entries.count);
    if (entries != account->balance - (account->client->passing ? 0 : OPENING))
        breaks("account %" PRId64 ": balance %" PRId64 ", entries %" PRId64, account->id, account->balance, entries);
    *total += account->balance;
}

/* In one snapshot. The number of entries of permanent accounts grows: only every so often all of them are read. */
static weft_status read_all(weft_session *s, void *context)
{
    worker *w = context;
    int64_t total = 0, accounts = 0;
    w->runs++;
    Account_list all = weft_query(s, Account, .load = weft_load(weft_joined(Account, client), weft_selectin(Account, entries)),
                                  .where = next_random(w) % 8 == 0 ? &weft_true : weft_le(Account, id, ACCOUNTS));
    if (weft_session_status(s) != WEFT_OK)
        return WEFT_OK;
    weft_each (Account, account, all) {
        check_account(account, &total);
        accounts += !account->client->passing;
    }
    if (accounts != ACCOUNTS || total != (int64_t)ACCOUNTS * OPENING)
        breaks("%" PRId64 " accounts hold %" PRId64 " instead of %d", accounts, total, ACCOUNTS * OPENING);
    Client_list clients = weft_query(s, Client, .where = weft_eq(Client, passing, true), .load = weft_load(weft_selectin(Client,
        accounts)));
    if (weft_session_status(s) == WEFT_OK)
        weft_each (Client, client, clients)
            if (client->accounts.count != GRAPH_ACCOUNTS)
                breaks("client %" PRId64 " of a graph has %zu accounts", client->id, client->accounts.count);
    return WEFT_OK;
}

/* ---- threads ---- */

static work_kind choose(worker *w)
{
    uint64_t dice = next_random(w) % 16;
    if (!w->writes)
        return READ;
    return dice < 8 ? TRANSFER : dice < 10 ? HAND_OVER : dice < 12 ? TOGGLE : dice < 14 ? MAKE_GRAPH : DELETE_GRAPH;
}

static void work_once(worker *w, weft_session *s)
{
    weft_status (*const bodies[WORK_KINDS])(weft_session *, void *) = {transfer, hand_over, toggle, make_graph, delete_graph,
        read_all};
    work_kind kind = choose(w);
    bool snapshot = kind == READ || next_random(w) % 8 == 0;
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
        breaks("%s: %s: %s", work_names[kind], weft_status_name(status), weft_session_error(s)->message);
    if (weft_session_status(s) != WEFT_OK || weft_session_in_transaction(s))
        breaks("%s: the session is not clean after weft_transact", work_names[kind]);
    if (kind == READ || next_random(w) % 8 == 0)
        weft_session_clear(s);
}

static void *work(void *context)
{
    worker *w = context;
    weft_session *s = weft_session_open(engine, NULL);
    pthread_barrier_wait(&start);
    while (!atomic_load(&stop)) {
        int64_t began = now_ns();
        work_once(w, s);
        count_latency(w, now_ns() - began);
    }
    weft_session_close(s);
    return NULL;
}

static bool fill_tables(weft_error *error)
{
    if (weft_drop_all(engine, error) != WEFT_OK || weft_create_all(engine, error) != WEFT_OK)
        return false;
    weft_session *s = weft_session_open(engine, NULL);
    Client *clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = weft_new(s, Client, .name = "client");
    for (int i = 0; i < ACCOUNTS; i++)
        weft_new(s, Account, .balance = OPENING, .client = clients[i % CLIENTS]);
    for (int i = 0; i < LABELS; i++)
        weft_new(s, Mark, .word = "label");
    weft_status status = weft_session_commit(s);
    *error = *weft_session_error(s);
    weft_session_close(s);
    return status == WEFT_OK;
}

static void print_latency(const char *what, const worker *workers, int count, bool writes)
{
    uint64_t sums[BUCKETS] = {0}, total = 0, seen = 0;
    static const double shares[] = {0.5, 0.9, 0.99, 0.999, 1.0};
    for (int i = 0; i < count; i++)
        for (int b = 0; b < BUCKETS && workers[i].writes == writes; b++)
            sums[b] += workers[i].latency[b], total += workers[i].latency[b];
    printf("%s latency µs:", what);
    for (size_t b = 0, next = 0; b < BUCKETS && next < 5; b++) {
        seen += sums[b];
        while (next < 5 && total > 0 && (double)seen >= shares[next] * (double)total)
            printf(" p%g %.0f", 100 * shares[next], (double)((UINT64_C(8) + b % 8 + 1) << (b / 8 - 3)) / 1000.0), next++;
    }
    putchar('\n');
}

static void print_result(const worker *workers, int count, double elapsed)
{
    uint64_t done[WORK_KINDS] = {0}, writes = 0, runs = 0, lost = 0, given_up = 0;
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < WORK_KINDS; k++)
            done[k] += workers[i].done[k];
        runs += workers[i].runs;
        lost += workers[i].lost;
        given_up += workers[i].given_up;
    }
    for (int k = 0; k < READ; k++)
        writes += done[k];
    printf("transactions %" PRIu64 " (%.0f/s):", writes + done[READ], (double)(writes + done[READ]) / elapsed);
    for (int k = 0; k < WORK_KINDS; k++)
        printf(" %s %" PRIu64, work_names[k], done[k]);
    printf("\nrepeated %" PRIu64 ", toggles lost %" PRIu64 ", given up %" PRIu64 "\n", runs - writes - done[READ] - lost, lost,
        given_up);
    print_latency("write", workers, count, true);
    print_latency("read", workers, count, false);
    if (writes == 0 || done[READ] == 0)
        breaks("nothing was written, or nothing was read");
}

static void run(worker *workers, int count)
{
    pthread_barrier_init(&start, NULL, (unsigned)count + 1);
    for (int i = 0; i < count; i++) {
        workers[i].writes = i % 4 != 3 && i != count - 1;
        workers[i].random = seed * 1000003u + (uint64_t)i + 1;
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    pthread_barrier_wait(&start);
    int64_t began = now_ns(), end = began + (int64_t)seconds * 1000000000;
    while (!atomic_load(&stop) && now_ns() < end)
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    atomic_store(&stop, true);
    for (int i = 0; i < count; i++)
        pthread_join(workers[i].thread, NULL);
    print_result(workers, count, (double)(now_ns() - began) / 1e9);
    pthread_barrier_destroy(&start);
}

/* Afterwards, with nobody else there: all of it, and no row is without its parent. */
static void check_end(void)
{
    worker w = {.random = 8};
    weft_error error = {0};
    weft_session *s = weft_session_open(engine, NULL);
    int64_t orphans = 0;
    for (int i = 0; i < 20 && atomic_load(&broken) == 0; i++)
        if (weft_transact(s, read_all, &w, NULL) != WEFT_OK)
            breaks("the last check: %s", weft_session_error(s)->message);
    weft_result *result = NULL;
    if (weft_connection_query(weft_session_connection(s),
            "SELECT (SELECT count(*) FROM stress_entry e LEFT JOIN stress_account a ON e.account_id = a.id WHERE a.id IS NULL) + "
            "(SELECT count(*) FROM stress_account a LEFT JOIN stress_client c ON a.client_id = c.id WHERE c.id IS NULL) + "
            "(SELECT count(*) FROM stress_account_mark m LEFT JOIN stress_account a ON m.account_id = a.id WHERE a.id IS NULL)",
            NULL, &result, &error) != WEFT_OK)
        breaks("the last check: %s", error.message);
    if (result != NULL && (!weft_result_next(result, &error) || !weft_result_int64(result, 0, &orphans) || orphans != 0))
        breaks("%" PRId64 " rows are without their parents", orphans);
    weft_result_close(result);
    weft_session_close(s);
}

int main(int argc, char **argv)
{
    char path[256], url[512];
    int threads = 8;
    test_path_new(path, sizeof path, "stress.db");
    snprintf(url, sizeof url, "sqlite:///%s", path);
    seed = (uint64_t)now_ns();
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--database") == 0 || strcmp(argv[i], "--url") == 0)
            snprintf(url, sizeof url, "%s", argv[i + 1]);
        else if (strcmp(argv[i], "--threads") == 0)
            threads = (int)strtol(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0)
            seconds = (int)strtol(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0)
            seed = strtoull(argv[i + 1], NULL, 10);
        else
            return fprintf(stderr, "stress_flush: unknown option %s\n", argv[i]), 2;
    }
    threads = threads < 2 ? 2 : threads > MOST_THREADS ? MOST_THREADS : threads;
    printf("stress_flush: seed %" PRIu64 ", %d threads, %d s\n", seed, threads, seconds);
    static worker workers[MOST_THREADS];
    weft_error error = {0};
    weft_engine_options options = {.metadata = &stress_models, .pool = {.size = (uint32_t)threads + 2, .timeout_ms = 30000}};
    if (weft_engine_open(&engine, url, &options, &error) != WEFT_OK || !fill_tables(&error))
        return fprintf(stderr, "stress_flush: %s\n", error.message), 2;
    run(workers, threads);
    check_end();
    weft_pool_stats pool;
    weft_engine_pool_stats(engine, &pool);
    if (pool.in_use != 0)
        breaks("%u connections did not come back", pool.in_use);
    if (atomic_load(&broken) == 0)
        weft_drop_all(engine, &error);
    weft_engine_close(engine);
    printf(atomic_load(&broken) == 0 ? "held\n" : "%d violations\n", atomic_load(&broken));
    return atomic_load(&broken) == 0 ? 0 : 1;
}
