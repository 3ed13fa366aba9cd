/* Engines that call the schemas of models by other names: one for each tenant, and each statement compiled once for all. */
#define _GNU_SOURCE
#include "support/fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

WEFT_DECLARE(Bill);
WEFT_DECLARE(Payer);
WEFT_DECLARE(Shared);
struct Payer {
    int64_t id;
    const char *name;
    Bill_list bills;
};
struct Bill {
    int64_t id;
    int64_t payer_id;
    const char *text;
    int state;
    const Payer *payer;
};
struct Shared {
    int64_t id;
    const char *text;
};
static const char *const states[] = {"open", "paid"};
WEFT_MODEL(Payer, "payer", WEFT_OPTIONS(Payer, .schema = "people"), WEFT_COLUMN(Payer, id, .primary_key = true),
           WEFT_COLUMN(Payer, name), WEFT_HAS_MANY(Payer, bills, Bill, .back_populates = "payer", .cascade = WEFT_CASCADE_ALL));
WEFT_MODEL(Bill, "bill", WEFT_OPTIONS(Bill, .schema = "bills"), WEFT_COLUMN(Bill, id, .primary_key = true),
           WEFT_COLUMN(Bill, payer_id, .references = "people.payer.id"), WEFT_COLUMN(Bill, text, .index = true),
           WEFT_ENUM(Bill, state, states, .native_enum = "state"), WEFT_BELONGS_TO(Bill, payer, Payer, .back_populates = "bills"));
WEFT_MODEL(Shared, "shared", WEFT_COLUMN(Shared, id, .primary_key = true), WEFT_COLUMN(Shared, text));
static WEFT_METADATA(models, &Payer_model, &Bill_model, &Shared_model);
static WEFT_METADATA(others, &Shared_model);
FIXTURE_MODELS(others);

#define ACME "people = \"acme's \"\"people\"\"\", bills=acme_bills"
#define EMCA " bills = emca , people = emca "

static atomic_int compiled, reused;

static void count(void *context, const weft_log_record *record)
{
    (void)context;
    const char *text = record->message != NULL ? record->message : "";
    atomic_fetch_add(&compiled, strncmp(text, "compiled: ", 10) == 0);
    atomic_fetch_add(&reused, strncmp(text, "compiled by another engine: ", 28) == 0);
}

static weft_engine *tenant(fixture *f, const char *schemas)
{
    return fixture_engine(
        f, (weft_engine_options){.metadata = &models, .schemas = schemas, .log = count, .log_level = WEFT_LOG_DEBUG});
}

static void drop_schemas(fixture *f)
{
    test_database_exec(&f->database,
                       "DROP SCHEMA IF EXISTS \"acme's \"\"people\"\"\" CASCADE; DROP SCHEMA IF EXISTS acme_bills CASCADE; "
                       "DROP SCHEMA IF EXISTS emca CASCADE");
}

typedef struct Line {
    const char *text, *name;
} Line;
WEFT_ROW(Line, WEFT_FIELD(Line, text), WEFT_FIELD(Line, name));
typedef struct Ask {
    int state;
    const char *name;
} Ask;
WEFT_ROW(Ask, WEFT_FIELD(Ask, state), WEFT_FIELD(Ask, name));
WEFT_PARAMETERS(Ask);
WEFT_STATEMENT(lines, Line, Ask, .from = weft_from(Bill), .joins = weft_joins(weft_join(Bill, payer)),
               .columns = weft_columns(weft_col(Bill, text), weft_col(Payer, name)),
               .where = weft_and(weft_eq_col(Bill, state, Ask, state), weft_ne_col(Payer, name, Ask, name)));

/* What a tenant does all day; every row names it. */
static void work(weft_session *s, const char *name, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        const Payer *payer = weft_new(s, Payer, .name = name);
        (void)weft_new(s, Bill, .text = name, .state = i % 2, .payer = payer);
        (void)weft_new(s, Bill, .text = name, .payer = payer);
        commit_ok(s);
        Bill_list bills = weft_query(s, Bill, .joins = weft_joins(weft_join(Bill, payer)), .where = weft_ne(Payer, name, ""),
                                     .order_by = weft_order(weft_asc(Bill, id)), .load = weft_load(weft_selectin(Bill, payer)));
        assert_ok(s);
        assert_int_equal(bills.count, 2 * (i + 1));
        weft_each (Bill, bill, bills) {
            assert_string_equal(bill->text, name);
            assert_string_equal(bill->payer->name, name);
        }
        weft_edit(s, Bill, bills.items[0])->state = 1;
        Line_list list = weft_run(s, lines, .state = 1, .name = "nobody");
        assert_ok(s);
        assert_true(list.count >= 1);
        weft_each (Line, line, list) {
            assert_string_equal(line->text, name);
            assert_string_equal(line->name, name);
        }
        commit_ok(s);
        assert_non_null(weft_get(s, Payer, payer->id));
        assert_call(s, weft_session_clear(s), WEFT_OK);
    }
}

typedef struct worker {
    weft_engine *engine;
    const char *name;
} worker;

static void *run(void *context)
{
    const worker *w = context;
    weft_session *s = weft_session_open(w->engine, NULL);
    for (int i = 0; i < 30 && weft_session_status(s) == WEFT_OK; i++) {
        (void)weft_new(s, Payer, .name = w->name);
        (void)weft_session_commit(s);
        Payer_list payers = weft_query(s, Payer, .where = weft_ne(Payer, name, w->name));
        if (payers.count != 0 || weft_session_status(s) != WEFT_OK)
            break;
        (void)weft_session_rollback(s);
        if (i == 29) {
            weft_session_close(s);
            return NULL;
        }
    }
    weft_session_close(s);
    return context;
}

static void each_tenant_sees_its_own_rows_by_statements_of_all(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    drop_schemas(f);
    weft_engine *acme = tenant(f, ACME), *emca = tenant(f, EMCA);
    assert_error(weft_create_all(acme, &error), WEFT_OK, &error);
    assert_error(weft_create_all(emca, &error), WEFT_OK, &error);
    assert_rows(f,
                "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema LIKE 'acme%' OR table_schema = "
                "'emca' ORDER BY table_schema::text COLLATE \"C\", table_name",
                "acme's \"people\"|payer\nacme_bills|bill\nemca|bill\nemca|payer");
    weft_session *a = weft_session_open(acme, NULL), *e = weft_session_open(emca, NULL);
    atomic_store(&compiled, 0);
    atomic_store(&reused, 0);
    work(a, "acme", 3);
    const int first = atomic_load(&compiled);
    assert_true(first > 5);
    assert_int_equal(atomic_load(&reused), 0);
    work(e, "emca", 3);
    assert_int_equal(atomic_load(&compiled), first); /* nothing was compiled again */
    assert_int_equal(atomic_load(&reused), first);
    weft_session_close(a);
    weft_session_close(e);
    assert_rows(f,
                "SELECT (SELECT string_agg(DISTINCT text, ',') FROM acme_bills.bill), (SELECT string_agg(DISTINCT text, ',') FROM "
                "emca.bill), (SELECT count(*) FROM acme_bills.bill), (SELECT count(*) FROM emca.bill)",
                "acme|emca|6|6");
    worker workers[4] = {{acme, "acme"}, {emca, "emca"}, {acme, "acme"}, {emca, "emca"}};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run, &workers[i]), 0);
    for (int i = 0; i < 4; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    weft_engine_close(acme);
    /* What is shared stays while somebody has it. */
    e = weft_session_open(emca, NULL);
    assert_int_equal(weft_count_of(e, Payer, .where = weft_eq(Payer, name, "emca")), 63);
    weft_session_close(e);
    weft_engine_close(emca);
    drop_schemas(f);
}

static void checks_comparisons_and_drops_follow(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_difference *list = NULL;
    size_t differences = 0;
    weft_schema *wanted = NULL, *found = NULL;
    weft_ops *ops = NULL;
    drop_schemas(f);
    weft_engine *acme = tenant(f, ACME), *emca = tenant(f, EMCA);
    assert_error(weft_create_all(acme, &error), WEFT_OK, &error);
    assert_error(weft_engine_check(acme, &list, &differences, &error), WEFT_OK, &error);
    assert_int_equal(differences, 0);
    assert_error(weft_engine_check(emca, &list, &differences, &error), WEFT_OK, &error);
    assert_int_equal(differences, 2);
    assert_string_equal(list[0].table, "emca.payer");
    weft_free(list);
    assert_error(weft_create_all(emca, &error), WEFT_OK, &error);
    assert_error(weft_schema_of_models(&wanted, &models, "postgresql", &error), WEFT_OK, &error);
    assert_error(weft_reflect(&found, emca, NULL, &error), WEFT_OK, &error);
    assert_error(weft_schema_compare_on(emca, wanted, found, NULL, &ops, &error), WEFT_OK, &error);
    assert_int_equal(weft_ops_count(ops), 0);
    weft_ops_free(ops);
    weft_schema_free(found);
    weft_migrate *migrate = NULL;
    char folder[] = "/tmp/weft_tenants_XXXXXX";
    char *text = NULL;
    assert_non_null(mkdtemp(folder));
    assert_error(weft_migrate_open(&migrate, emca, &(weft_migrate_options){.folder = folder}, &error), WEFT_OK, &error);
    assert_error(weft_migrate_draft(migrate, NULL, &text, &error), WEFT_OK, &error);
    assert_string_equal(text, "");
    weft_free(text);
    test_database_exec(&f->database, "ALTER TABLE emca.bill DROP text");
    assert_error(weft_migrate_draft(migrate, NULL, &text, &error), WEFT_OK, &error);
    assert_non_null(strstr(text, "ALTER TABLE emca.bill ADD"));
    assert_null(strstr(text, "acme"));
    weft_free(text);
    weft_migrate_close(migrate);
    assert_int_equal(rmdir(folder), 0);
    weft_schema_free(wanted);
    assert_error(weft_drop_all(emca, &error), WEFT_OK, &error);
    assert_rows(f,
                "SELECT count(*) FILTER (WHERE table_schema = 'emca'), count(*) FILTER (WHERE table_schema LIKE 'acme%') FROM "
                "information_schema.tables",
                "0|2");
    weft_engine_close(acme);
    weft_engine_close(emca);
    drop_schemas(f);
}

static void refuse(fixture *f, const weft_metadata *metadata, const char *schemas, weft_status wanted, const char *message)
{
    weft_error error = {0};
    weft_engine *engine = NULL;
    const weft_status status =
        weft_engine_open(&engine, f->database.url, &(weft_engine_options){.metadata = metadata, .schemas = schemas}, &error);
    assert_int_equal(status, wanted);
    assert_null(engine);
    if (strstr(error.message, message) == NULL)
        fail_msg("\"%s\" instead of \"%s\"", error.message, message);
}

static void what_makes_no_sense_is_named(void **state)
{
    fixture *f = *state;
    refuse(f, &models, "people", WEFT_ERROR_MISUSE, ".schemas \"people\" is no list of schemas");
    refuse(f, &models, "people = a b", WEFT_ERROR_MISUSE, "is no list of schemas");
    refuse(f, &models, "people = \"a", WEFT_ERROR_MISUSE, "is no list of schemas");
    refuse(f, &models, "people = ", WEFT_ERROR_MISUSE, ".schemas has an empty name");
    refuse(f, &models, "\"\" = a", WEFT_ERROR_MISUSE, ".schemas has an empty name");
    refuse(f, &models, "persons = a", WEFT_ERROR_MISUSE, ".schemas names \"persons\", which is the schema of no model");
    refuse(f, &models, "people = a, people = b", WEFT_ERROR_MISUSE, ".schemas names \"people\" twice");
    refuse(f, &others, "people = a", WEFT_ERROR_MISUSE, "which is the schema of no model");
    if (!f->postgres)
        refuse(f, &models, "people = main", WEFT_ERROR_UNSUPPORTED, "sqlite has no schema \"bills\" for the models of \"bills\"");
}

WEFT_DECLARE(OtherBill);
struct OtherBill {
    int64_t id;
};
WEFT_MODEL(OtherBill, "bill", WEFT_OPTIONS(OtherBill, .schema = "old"), WEFT_COLUMN(OtherBill, id, .primary_key = true));
static WEFT_METADATA(twice, &Bill_model, &OtherBill_model);

static void two_tables_never_become_one(void **state)
{
    fixture *f = *state;
    refuse(f, &twice, f->postgres ? "bills = x, old = x" : "bills = main, old = main, people = main", WEFT_ERROR_MODEL, "\"bill\"");
}

static void sqlite_puts_all_into_main(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_engine *engine = tenant(f, "people = main, bills = main"), *again = tenant(f, "people = main, bills = main");
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    weft_session *s = weft_session_open(engine, NULL);
    atomic_store(&compiled, 0);
    work(s, "here", 2);
    const int first = atomic_load(&compiled);
    weft_session_close(s);
    s = weft_session_open(again, NULL);
    assert_int_equal(weft_count_of(s, Bill, .where = weft_eq(Bill, text, "here")), 4);
    assert_true(atomic_load(&compiled) <= first + 1);
    weft_session_close(s);
    weft_engine_close(engine);
    weft_engine_close(again);
    assert_rows(f, "SELECT count(*) FROM bill", "4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(each_tenant_sees_its_own_rows_by_statements_of_all),
        ON_POSTGRES(checks_comparisons_and_drops_follow),
        ON_BOTH(what_makes_no_sense_is_named),
        ON_BOTH(two_tables_never_become_one),
        ON_SQLITE(sqlite_puts_all_into_main),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
