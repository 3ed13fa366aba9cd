/* Tables of several schemas of a database: every statement says which table it means, and two of one name are two. */
#include "support/fixture.h"

WEFT_DECLARE(Client);
WEFT_DECLARE(Invoice);
WEFT_DECLARE(SalesInvoice);
WEFT_DECLARE(InvoiceTotal);
WEFT_DECLARE(Label);
WEFT_DECLARE(Line);

typedef enum State { OPEN, PAID } State;
static const char *const states[] = {"open", "paid"};
static const char *const sales_states[] = {"new", "sold"};

struct Client { /* where no schema is said */
    int64_t id;
    const char *name;
    Invoice_list invoices;
};
struct Invoice {
    int64_t id;
    int64_t client_id;
    const char *text;
    int total;
    int state;
    int64_t twice;
    int32_t version;
    const Client *client;
    Label_list labels;
    Line_list lines;
};
struct InvoiceTotal {
    int64_t id;
    int total;
};
struct SalesInvoice { /* of the same name elsewhere, and refers to the other one */
    int64_t id;
    weft_opt_int64 bill_id;
    const char *text;
    int state;
    const Invoice *bill;
};
struct Label {
    char code[10];
    const char *text;
    Invoice_list invoices;
};
struct Line {
    int64_t invoice_id;
    int32_t number;
    const char *text;
    const Invoice *invoice;
};

#define BILLING "billing \"x\""
WEFT_MODEL(Client, "client", WEFT_COLUMN(Client, id, .primary_key = true), WEFT_COLUMN(Client, name, .unique = true),
           WEFT_HAS_MANY(Client, invoices, Invoice, .back_populates = "client", .cascade = WEFT_CASCADE_ALL));
WEFT_MODEL(Invoice, "invoice", WEFT_OPTIONS(Invoice, .schema = BILLING, .comment = "what is owed"),
           WEFT_COLUMN(Invoice, id, .primary_key = true), WEFT_COLUMN(Invoice, client_id, .references = "client.id"),
           WEFT_COLUMN(Invoice, text, .index = true), WEFT_COLUMN(Invoice, total, .comment = "in cents"),
           WEFT_ENUM(Invoice, state, states, .native_enum = "state"), WEFT_COLUMN(Invoice, twice, .generated = "total * 2"),
           WEFT_COLUMN(Invoice, version, .version = true), WEFT_BELONGS_TO(Invoice, client, Client, .back_populates = "invoices"),
           WEFT_MANY_TO_MANY(Invoice, labels, Label, .through = "label_of(invoice_id, label_code)", .back_populates = "invoices"),
           WEFT_HAS_MANY(Invoice, lines, Line, .back_populates = "invoice", .cascade = WEFT_CASCADE_ALL));
WEFT_MODEL(InvoiceTotal, "invoice", WEFT_OPTIONS(InvoiceTotal, .view_of = &Invoice_model),
           WEFT_COLUMN(InvoiceTotal, id, .primary_key = true), WEFT_COLUMN(InvoiceTotal, total));
WEFT_MODEL(SalesInvoice, "invoice", WEFT_OPTIONS(SalesInvoice, .schema = "sales"),
           WEFT_COLUMN(SalesInvoice, id, .primary_key = true),
           WEFT_COLUMN(SalesInvoice, bill_id, .references = "\"billing \"\"x\"\"\".invoice.id", .on_delete = "SET NULL"),
           WEFT_COLUMN(SalesInvoice, text, .index = true), WEFT_ENUM(SalesInvoice, state, sales_states, .native_enum = "state"),
           WEFT_BELONGS_TO(SalesInvoice, bill, Invoice, .foreign_key = "bill_id"));
WEFT_MODEL(Label, "label", WEFT_OPTIONS(Label, .schema = BILLING), WEFT_COLUMN(Label, code, .primary_key = true),
           WEFT_COLUMN(Label, text),
           WEFT_MANY_TO_MANY(Label, invoices, Invoice, .through = "label_of(label_code, invoice_id)", .back_populates = "labels"));
WEFT_MODEL(Line, "line", WEFT_OPTIONS(Line, .schema = "sales"), WEFT_COLUMN(Line, invoice_id, .primary_key = true),
           WEFT_COLUMN(Line, number, .primary_key = true), WEFT_COLUMN(Line, text),
           WEFT_FOREIGN_KEY(Line, "invoice_id", "\"billing \"\"x\"\"\".invoice(id)", .on_delete = "CASCADE"),
           WEFT_BELONGS_TO(Line, invoice, Invoice, .foreign_key = "invoice_id", .back_populates = "lines"));
static WEFT_METADATA(places, &Client_model, &Invoice_model, &InvoiceTotal_model, &SalesInvoice_model, &Label_model, &Line_model);

#define SCHEMAS "DROP SCHEMA IF EXISTS \"billing \"\"x\"\"\" CASCADE; DROP SCHEMA IF EXISTS sales CASCADE"

static int open_places(void **state) { return fixture_open(state, TEST_POSTGRES, &places, NULL); }

static int close_places(void **state)
{
    fixture *f = *state;
    if (f->s != NULL)
        weft_session_close(f->s);
    f->s = NULL;
    test_database_exec(&f->database, SCHEMAS);
    return fixture_close(state);
}

static void fill(fixture *f)
{
    weft_session *s = f->s;
    const Client *ann = weft_new(s, Client, .name = "Ann");
    const Invoice *bill = weft_new(s, Invoice, .text = "b1", .total = 5, .state = PAID, .client = ann);
    const Label *label = weft_new(s, Label, .code = "red", .text = "urgent");
    assert_call(s, weft_append(s, Invoice, bill, labels, Label, label), WEFT_OK);
    (void)weft_new(s, Line, .number = 1, .text = "one", .invoice = bill);
    (void)weft_new(s, SalesInvoice, .text = "s1", .state = 1, .bill = bill);
    (void)weft_new(s, SalesInvoice, .text = "s2");
    commit_ok(s);
    assert_call(s, weft_session_clear(s), WEFT_OK);
}

static void tables_stand_where_models_say(void **state)
{
    fixture *f = *state;
    assert_rows(
        f,
        "SELECT CASE WHEN n.nspname = current_schema() THEN '-' ELSE n.nspname END, relname FROM pg_class c JOIN pg_namespace n "
        "ON n.oid = relnamespace WHERE relkind = 'r' AND n.nspname IN (current_schema(), 'sales', 'billing \"x\"') ORDER BY 1, 2",
        "-|client\nbilling \"x\"|invoice\nbilling \"x\"|label\nbilling \"x\"|label_of\nsales|invoice\nsales|line");
    assert_rows(f,
                "SELECT nspname, string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_type t JOIN pg_enum e ON e.enumtypid = "
                "t.oid JOIN pg_namespace n ON n.oid = typnamespace WHERE typname = 'state' GROUP BY 1 ORDER BY 1",
                "billing \"x\"|open,paid\nsales|new,sold");
    assert_rows(f,
                "SELECT conrelid::regclass, confrelid::regclass FROM pg_constraint WHERE contype = 'f' AND connamespace IN "
                "('sales'::regnamespace, '\"billing \"\"x\"\"\"'::regnamespace) ORDER BY conrelid::regclass::text, conname",
                "\"billing \"\"x\"\"\".invoice|client\n"
                "\"billing \"\"x\"\"\".label_of|\"billing \"\"x\"\"\".invoice\n"
                "\"billing \"\"x\"\"\".label_of|\"billing \"\"x\"\"\".label\n"
                "sales.invoice|\"billing \"\"x\"\"\".invoice\n"
                "sales.line|\"billing \"\"x\"\"\".invoice");
    assert_rows(f, "SELECT obj_description('\"billing \"\"x\"\"\".invoice'::regclass)", "what is owed");
}

static void objects_of_two_tables_of_one_name_are_two(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    fill(f);
    const Invoice *bill = weft_get(s, Invoice, 1);
    const SalesInvoice *sale = weft_get(s, SalesInvoice, 1);
    const InvoiceTotal *total = weft_get(s, InvoiceTotal, 1);
    assert_ok(s);
    assert_string_equal(bill->text, "b1");
    assert_int_equal(bill->twice, 10);
    assert_string_equal(sale->text, "s1");
    assert_int_equal(sale->state, 1);
    assert_int_equal(total->total, 5);
    assert_ptr_equal(weft_lazy(s, SalesInvoice, sale, bill), bill);
    assert_int_equal(weft_lazy(s, Invoice, bill, labels).count, 1);
    assert_int_equal(weft_lazy(s, Invoice, bill, lines).count, 1);
    assert_string_equal(weft_lazy(s, Invoice, bill, client)->name, "Ann");
    weft_edit(s, Invoice, bill)->total = 7;
    weft_edit(s, SalesInvoice, sale)->text = "s1b";
    flush_ok(s);
    assert_int_equal(bill->twice, 14);
    total = weft_get(s, InvoiceTotal, 1);
    assert_int_equal(total->total, 7);
    assert_call(s, weft_delete(s, SalesInvoice, sale), WEFT_OK);
    commit_ok(s);
    assert_rows(f, "SELECT text, total, state FROM \"billing \"\"x\"\"\".invoice", "b1|7|paid");
    assert_rows(f, "SELECT text, bill_id, state FROM sales.invoice", "s2|NULL|new");
    assert_call(s, weft_delete(s, Client, weft_get(s, Client, 1)), WEFT_OK);
    commit_ok(s);
    assert_rows(
        f,
        "SELECT (SELECT count(*) FROM sales.line), (SELECT count(*) FROM \"billing \"\"x\"\"\".label_of), (SELECT count(*) FROM "
        "\"billing \"\"x\"\"\".label), (SELECT count(*) FROM sales.invoice)",
        "0|0|1|1");
}

static void queries_name_both(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    fill(f);
    const weft_loader *const ways[] = {weft_load(weft_joined(SalesInvoice, bill, weft_joined(Invoice, lines))),
                                       weft_load(weft_selectin(SalesInvoice, bill, weft_selectin(Invoice, labels))),
                                       weft_load(weft_subquery(SalesInvoice, bill, weft_subquery(Invoice, labels)))};
    for (size_t i = 0; i < 3; i++) {
        assert_call(s, weft_session_clear(s), WEFT_OK);
        SalesInvoice_list sales =
            weft_query(s, SalesInvoice, .joins = weft_joins(weft_join(SalesInvoice, bill)),
                       .where = weft_and(weft_eq(Invoice, text, "b1"), weft_eq(SalesInvoice, text, "s1")),
                       .order_by = weft_order(weft_asc(Invoice, text), weft_asc(SalesInvoice, text)), .load = ways[i]);
        assert_ok(s);
        assert_int_equal(sales.count, 1);
        assert_string_equal(sales.items[0]->bill->text, "b1");
        assert_int_equal(i == 0 ? sales.items[0]->bill->lines.count : sales.items[0]->bill->labels.count, 1);
    }
    assert_int_equal(weft_count_of(s, SalesInvoice, .where = weft_has(SalesInvoice, bill, weft_eq(Invoice, total, 5))), 1);
    assert_int_equal(weft_count_of(s, Invoice, .where = weft_any(Invoice, labels, weft_eq(Label, code, "red"))), 1);
    SalesInvoice_list locked = weft_query(s, SalesInvoice, .joins = weft_joins(weft_join(SalesInvoice, bill)), .for_update = true,
                                          .of = weft_models(&Invoice_model));
    assert_ok(s);
    assert_int_equal(locked.count, 1);
    int64_t changed = 0;
    assert_call(s,
                weft_session_update(s,
                                    weft_update_of(SalesInvoice, .set = weft_sets(weft_to(SalesInvoice, text, "of b1")),
                                                   .where = weft_has(SalesInvoice, bill, weft_eq(Invoice, text, "b1"))),
                                    &changed),
                WEFT_OK);
    assert_int_equal(changed, 1);
    assert_call(s,
                weft_session_update(s, weft_update_of(Invoice, .set = weft_sets(weft_to(Invoice, total, 9)), .all = true),
                                    &changed),
                WEFT_OK);
    assert_int_equal(changed, 1);
    assert_call(s,
                weft_session_delete_where(s, weft_delete_from(SalesInvoice, .where = weft_eq(SalesInvoice, text, "s2")), &changed),
                WEFT_OK);
    assert_int_equal(changed, 1);
    commit_ok(s);
    assert_rows(f, "SELECT i.text, total, version, s.text FROM \"billing \"\"x\"\"\".invoice i, sales.invoice s", "b1|9|2|of b1");
}

/* By COPY, arrays, one by one, and upon conflicts; keys by sequences that stand elsewhere. */
static void rows_go_in_by_every_way(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_connection *connection = NULL;
    weft_error error = {0};
    enum { MOST = 600 };
    static SalesInvoice rows[MOST];
    static Line lines[MOST];
    for (int i = 0; i < MOST; i++)
        rows[i] = (SalesInvoice){.text = "core", .state = i % 2};
    (void)weft_new(s, Client, .name = "Ann");
    for (int i = 0; i < MOST; i++) {
        (void)weft_new(s, SalesInvoice, .text = "orm");
        (void)weft_new(s, Invoice, .text = "orm", .total = i, .client_id = 1);
    }
    commit_ok(s);
    Invoice_list bills = weft_query(s, Invoice, .order_by = weft_order(weft_asc(Invoice, id)));
    assert_int_equal(bills.count, MOST);
    weft_each (Invoice, bill, bills)
        weft_edit(s, Invoice, bill)->total = bill->total + 1;
    const int64_t bills_first = bills.items[0]->id;
    commit_ok(s);
    assert_error(weft_engine_connect(f->engine, &connection, NULL, &error), WEFT_OK, &error);
    for (int from = 0, count = 1; from + count <= MOST; from += count, count = count == 1 ? 9 : MOST - 10)
        assert_error(weft_connection_insert_many(connection, &SalesInvoice_model, rows + from, (size_t)count, NULL, &error),
                     WEFT_OK, &error);
    for (int i = 0; i < MOST; i++)
        lines[i] = (Line){.invoice_id = bills_first, .number = i, .text = "copied"};
    assert_error(weft_connection_insert_many(connection, &Line_model, lines, MOST, NULL, &error), WEFT_OK, &error);
    const SalesInvoice again = {.id = 1000, .text = "again"};
    const weft_insert_options upsert = {.on_conflict = WEFT_CONFLICT_UPDATE,
                                        .conflict_columns = "id",
                                        .set = weft_sets(weft_to_expr(SalesInvoice, text, weft_excluded(SalesInvoice, text)))};
    assert_error(weft_connection_insert_many(connection, &SalesInvoice_model, &again, 1, &upsert, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(connection, &error), WEFT_OK, &error);
    weft_connection_close(connection);
    assert_rows(f, "SELECT count(*), count(DISTINCT id), count(*) FILTER (WHERE text = 'core'), min(text) FROM sales.invoice",
                "1200|1200|600|again");
    assert_rows(f, "SELECT count(*), sum(total), sum(twice), max(text) FROM \"billing \"\"x\"\"\".invoice",
                "600|180300|360600|orm");
    assert_int_equal(test_recorder_count_containing(f->recorder, "COPY sales.line"), 1);
    assert_int_equal(test_recorder_count_containing(f->recorder, "INSERT INTO sales.line"), 0);
    assert_rows(f, "SELECT count(*) FROM sales.line", "600");
    assert_rows(f, "SELECT count(*) FROM sales.invoice WHERE id = 1000 AND text = 'again'", "1");
}

static void what_is_there_is_what_models_want(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_difference *list = NULL;
    size_t count = 0;
    weft_schema *wanted = NULL, *found = NULL;
    weft_ops *ops = NULL;
    char text[400];
    fill(f);
    assert_error(weft_engine_check(f->engine, &list, &count, &error), WEFT_OK, &error);
    for (size_t i = 0; i < count; i++)
        print_error("%s\n", list[i].text);
    assert_int_equal(count, 0);
    assert_error(weft_create_all(f->engine, &error), WEFT_OK, &error); /* nothing to do */
    weft_session_close(f->s);
    f->s = NULL;
    for (int round = 0; round < 2; round++) {
        assert_error(weft_schema_of_models(&wanted, &places, "postgresql", &error), WEFT_OK, &error);
        assert_error(weft_reflect(&found, f->engine, NULL, &error), WEFT_OK, &error);
        assert_error(weft_schema_compare_on(f->engine, wanted, found, NULL, &ops, &error), WEFT_OK, &error);
        for (size_t i = 0; i < weft_ops_count(ops); i++) {
            weft_ops_describe(ops, i, text, sizeof text);
            print_error("%s\n", text);
        }
        assert_int_equal(weft_ops_count(ops), 0);
        weft_ops_free(ops);
        weft_schema_free(found);
        weft_schema_free(wanted);
        /* Others in schemas that no model names are nobody's. */
        test_database_exec(&f->database, "CREATE SCHEMA IF NOT EXISTS others; CREATE TABLE IF NOT EXISTS others.invoice (id int)");
    }
    test_database_exec(&f->database,
                       "DROP SCHEMA others CASCADE; ALTER TABLE sales.invoice DROP text; ALTER TABLE sales.line RENAME "
                       "COLUMN text TO words; CREATE TABLE sales.gone (id int PRIMARY KEY); ALTER TYPE sales.state ADD "
                       "VALUE 'lost'");
    assert_error(weft_engine_check(f->engine, &list, &count, &error), WEFT_OK, &error);
    assert_true(count >= 2);
    assert_string_equal(list[0].table, "sales.invoice");
    assert_string_equal(list[0].text, "sales.invoice has no column text (TEXT NOT NULL)");
    weft_free(list);
    assert_error(weft_schema_of_models(&wanted, &places, "postgresql", &error), WEFT_OK, &error);
    assert_error(weft_reflect(&found, f->engine, NULL, &error), WEFT_OK, &error);
    assert_error(weft_schema_compare(wanted, found, NULL, &ops, &error), WEFT_OK, &error);
    bool dropped = false, added = false;
    for (size_t i = 0; i < weft_ops_count(ops); i++) {
        weft_ops_describe(ops, i, text, sizeof text);
        dropped = dropped || strcmp(text, "drop table sales.gone") == 0;
        added = added || strncmp(text, "add column sales.invoice.text", 29) == 0;
        assert_null(strstr(text, "billing"));
    }
    assert_true(dropped && added);
    weft_ops_free(ops);
    weft_schema_free(found);
    weft_schema_free(wanted);
}

static void schemas_that_are_missing_are_made_and_tables_go_again(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    char *script = NULL;
    weft_session_close(f->s);
    f->s = NULL;
    assert_error(weft_drop_all(f->engine, &error), WEFT_OK, &error);
    assert_rows(
        f,
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE n.nspname IN ('sales', 'billing \"x\"')",
        "0");
    assert_rows(
        f,
        "SELECT count(*) FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace WHERE n.nspname IN ('sales', 'billing \"x\"')",
        "0");
    assert_rows(f, "SELECT count(*) FROM pg_namespace WHERE nspname IN ('sales', 'billing \"x\"')",
                "2"); /* others may be in them */
    test_database_exec(&f->database, SCHEMAS "; CREATE SCHEMA sales; CREATE TABLE sales.line (id int)");
    test_recorder_clear(f->recorder);
    assert_error(weft_create_all(f->engine, &error), WEFT_OK, &error);
    assert_int_equal(test_recorder_count_containing(f->recorder, "CREATE SCHEMA"), 1);
    assert_rows(f, "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'sales' AND table_name = 'line'", "1");
    assert_error(weft_create_script(f->engine, &script, &error), WEFT_OK, &error);
    assert_non_null(strstr(script, "CREATE SCHEMA IF NOT EXISTS \"billing \"\"x\"\"\";"));
    weft_free(script);
}

static void the_first_schema_may_be_named(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_schema *wanted = NULL, *found = NULL;
    weft_ops *ops = NULL;
    weft_model_options named = {.schema = f->database.place};
    weft_attr attrs[3];
    memcpy(attrs, Client_model.attrs, 2 * sizeof *attrs);
    attrs[2] = (weft_attr){.kind = WEFT_ATTR_OPTIONS, .size = sizeof(Client), .options = &named};
    weft_model model = Client_model;
    model.table = "patron";
    model.attrs = attrs;
    model.attr_count = 3;
    const weft_model *const list[] = {&model};
    const weft_metadata models = {.models = list, .count = 1};
    assert_true(f->database.place[0] != '\0');
    weft_engine *engine = fixture_engine(f, (weft_engine_options){.metadata = &models});
    assert_error(weft_drop_all(f->engine, &error), WEFT_OK, &error);
    test_recorder_clear(f->recorder);
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    assert_error(weft_create_all(engine, &error), WEFT_OK, &error);
    assert_int_equal(test_recorder_count_containing(f->recorder, "CREATE SCHEMA"), 0);
    assert_rows(f, "SELECT count(*) FROM patron", "0");
    assert_error(weft_schema_of_models(&wanted, &models, "postgresql", &error), WEFT_OK, &error);
    assert_error(weft_reflect(&found, engine, NULL, &error), WEFT_OK, &error);
    assert_error(weft_schema_compare_on(engine, wanted, found, NULL, &ops, &error), WEFT_OK, &error);
    assert_int_equal(weft_ops_count(ops), 0);
    weft_ops_free(ops);
    weft_schema_free(found);
    weft_schema_free(wanted);
    weft_engine_close(engine);
}

/* ---- SQLite ---- */

WEFT_DECLARE(Note);
struct Note {
    int64_t id;
    const char *text;
};
WEFT_MODEL(Note, "note", WEFT_OPTIONS(Note, .schema = "main"), WEFT_COLUMN(Note, id, .primary_key = true), WEFT_COLUMN(Note, text));
static WEFT_METADATA(notes, &Note_model);

static void sqlite_has_one_schema(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_engine *engine = NULL;
    weft_schema *schema = NULL;
    weft_session *s = f->s;
    (void)weft_new(s, Note, .text = "here");
    commit_ok(s);
    assert_rows(f, "SELECT text FROM note", "here");
    assert_int_equal(weft_engine_open(&engine, f->database.url, &(weft_engine_options){.metadata = &places}, &error),
                     WEFT_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "Invoice: sqlite has no schema \"billing \"x\"\" for the table \"invoice\""));
    assert_int_equal(weft_schema_of_models(&schema, &places, "sqlite", &error), WEFT_ERROR_UNSUPPORTED);
}

static int open_notes(void **state) { return fixture_open(state, TEST_SQLITE, &notes, NULL); }

#define IN_PLACES(test) \
    { \
#test " (PostgreSQL)", test, open_places, close_places, NULL \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACES(tables_stand_where_models_say),
        IN_PLACES(objects_of_two_tables_of_one_name_are_two),
        IN_PLACES(queries_name_both),
        IN_PLACES(rows_go_in_by_every_way),
        IN_PLACES(what_is_there_is_what_models_want),
        IN_PLACES(schemas_that_are_missing_are_made_and_tables_go_again),
        IN_PLACES(the_first_schema_may_be_named),
        {"sqlite_has_one_schema (SQLite)", sqlite_has_one_schema, open_notes, fixture_close, NULL},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
