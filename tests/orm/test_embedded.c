/* Structs within the structs of models: their columns are the table's, each written and compared by itself. */
#include "support/fixture.h"

typedef struct Place {
    const char *street, *city;
    weft_opt_int32 zip;
} Place;
typedef struct Money {
    weft_decimal amount;
    char currency[4];
} Money;
typedef struct Offer { /* embeds another one */
    Money price;
    int32_t days;
} Offer;
typedef struct Traces { /* what several tables have */
    int64_t created_by;
    int version;
} Traces;
typedef struct Slot { /* a key */
    int32_t year, week;
} Slot;
WEFT_DECLARE_VALUE(Place);
WEFT_DECLARE_VALUE(Money);
WEFT_DECLARE_VALUE(Offer);
WEFT_DECLARE_VALUE(Traces);
WEFT_DECLARE_VALUE(Slot);
WEFT_VALUE(Place, WEFT_COLUMN(Place, street, .nullable = true), WEFT_COLUMN(Place, city, .index = true, .length = 40),
           WEFT_COLUMN(Place, zip));
WEFT_VALUE(Money, WEFT_COLUMN(Money, amount, .precision = 14, .scale = 2), WEFT_COLUMN(Money, currency, .column = "code"));
WEFT_VALUE(Offer, WEFT_EMBED(Offer, price, Money), WEFT_COLUMN(Offer, days));
WEFT_VALUE(Traces, WEFT_COLUMN(Traces, created_by), WEFT_COLUMN(Traces, version, .version = true));
WEFT_VALUE(Slot, WEFT_COLUMN(Slot, year, .primary_key = true), WEFT_COLUMN(Slot, week, .primary_key = true));

WEFT_DECLARE(Customer);
WEFT_DECLARE(Visit);
WEFT_DECLARE(Stop);
struct Customer {
    int64_t id;
    Traces traces;
    const char *name;
    Place home, office;
    Offer last;
    Visit_list visits;
};
struct Visit {
    Slot slot;
    int64_t customer_id;
    const Customer *customer;
    Stop_list stops;
};
struct Stop {
    int64_t id;
    Slot slot;
    Place at;
};
WEFT_MODEL(Customer, "customer", WEFT_COLUMN(Customer, id, .primary_key = true), WEFT_EMBED(Customer, traces, Traces, .flat = true),
           WEFT_COLUMN(Customer, name), WEFT_EMBED(Customer, home, Place), WEFT_EMBED(Customer, office, Place, .prefix = "work_"),
           WEFT_EMBED(Customer, last, Offer), WEFT_INDEX(Customer, "home_city, home_zip"),
           WEFT_HAS_MANY(Customer, visits, Visit, .foreign_key = "customer_id", .back_populates = "customer"));
WEFT_MODEL(Visit, "visit", WEFT_EMBED(Visit, slot, Slot, .flat = true),
           WEFT_COLUMN(Visit, customer_id, .references = "customer.id"),
           WEFT_BELONGS_TO(Visit, customer, Customer, .back_populates = "visits"),
           WEFT_HAS_MANY(Visit, stops, Stop, .foreign_key = "year, week"));
/* The same columns as a foreign key, which are no key here. */
typedef struct Ref {
    int32_t year, week;
} Ref;
WEFT_VALUE(Ref, WEFT_COLUMN(Ref, year), WEFT_COLUMN(Ref, week));
WEFT_MODEL(Stop, "stop", WEFT_COLUMN(Stop, id, .primary_key = true),
           {.kind = WEFT_ATTR_EMBED,
            .field = "slot",
            .offset = offsetof(Stop, slot),
            .size = sizeof(Slot),
            .embedded = &Ref_columns,
            .flat = true},
           WEFT_EMBED(Stop, at, Place), WEFT_FOREIGN_KEY(Stop, "year, week", "visit(year, week)"));
WEFT_METADATA(travel, &Customer_model, &Stop_model);
FIXTURE_MODELS(travel);

static void write_customers(fixture *f)
{
    weft_session *s = f->s;
    (void)weft_new(s, Customer, .name = "ann", .traces = {.created_by = 7}, .home = {"Lane 1", "Ulm", weft_some(89073)},
                   .office = {.city = "Bonn"}, .last = {{{"12.50"}, "EUR"}, 3});
    (void)weft_new(s, Customer, .name = "bob", .home = {"Road 2", "Bonn", {.set = false}}, .office = {"Way 3", "Ulm", weft_some(0)},
                   .last = {{{"0.99"}, "CHF"}, 0});
    commit_ok(s);
    assert_call(s, weft_session_clear(s), WEFT_OK);
    test_recorder_clear(f->recorder);
}

static void the_columns_are_the_tables(void **state)
{
    fixture *f = *state;
    assert_rows(f,
                f->postgres ? "SELECT string_agg(column_name || ' ' || is_nullable, ', ' ORDER BY ordinal_position) FROM "
                              "information_schema.columns WHERE table_name = 'customer' AND column_name <> 'id'"
                            : "SELECT group_concat(name || ' ' || CASE \"notnull\" WHEN 1 THEN 'NO' ELSE 'YES' END, ', ') FROM "
                              "pragma_table_info('customer') WHERE name <> 'id'",
                "created_by NO, version NO, name NO, home_street YES, home_city NO, home_zip YES, work_street YES, work_city NO, "
                "work_zip YES, last_price_amount NO, last_price_code NO, last_days NO");
    assert_rows(f,
                f->postgres
                    ? "SELECT string_agg(indexname, ', ' ORDER BY indexname) FROM pg_indexes WHERE tablename = 'customer'"
                    : "SELECT group_concat(name, ', ') FROM (SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = "
                      "'customer' ORDER BY name)",
                f->postgres ? "ix_customer_home_city, ix_customer_home_city_home_zip, ix_customer_work_city, pk_customer"
                            : "ix_customer_home_city, ix_customer_home_city_home_zip, ix_customer_work_city");
}

static void what_is_written_is_read_back(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_customers(f);
    assert_rows(
        f, "SELECT name, created_by, version, home_city, home_zip, work_city, work_zip, last_price_code FROM customer ORDER BY id",
        "ann|7|1|Ulm|89073|Bonn|NULL|EUR\nbob|0|1|Bonn|NULL|Ulm|0|CHF");
    Customer_list all = weft_query(s, Customer, .order_by = weft_order(weft_desc(Customer, home.city)));
    assert_ok(s);
    assert_int_equal(all.count, 2);
    const Customer *ann = all.items[0];
    assert_string_equal(ann->name, "ann");
    assert_string_equal(ann->home.street, "Lane 1");
    assert_true(ann->home.zip.set && ann->home.zip.value == 89073);
    assert_null(ann->office.street);
    assert_false(ann->office.zip.set);
    assert_string_equal(ann->last.price.amount.text, "12.50");
    assert_string_equal(ann->last.price.currency, "EUR");
    assert_int_equal(ann->last.days, 3);
    assert_int_equal(ann->traces.version, 1);
}

static void only_the_columns_that_changed_are_sent(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_customers(f);
    const Customer *ann = weft_first(s, Customer, .where = weft_eq(Customer, name, "ann"));
    test_recorder_clear(f->recorder);
    weft_edit(s, Customer, ann)->home = (Place){"Lane 1", "Kiel", weft_some(89073)}; /* the city alone is another one */
    flush_ok(s);
    const char *sql = fixture_last_sql(f);
    assert_non_null(strstr(sql, "home_city"));
    assert_null(strstr(sql, "home_street"));
    assert_null(strstr(sql, "home_zip"));
    assert_null(strstr(sql, "work_"));
    weft_set(s, Customer, ann, office.zip, 5);
    commit_ok(s);
    assert_rows(f, "SELECT home_city, work_zip, version FROM customer WHERE name = 'ann'", "Kiel|5|3");
}

static void a_rollback_brings_the_struct_back(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_customers(f);
    const Customer *ann = weft_first(s, Customer, .where = weft_eq(Customer, name, "ann"));
    weft_edit(s, Customer, ann)->last.price = (Money){{"1.00"}, "USD"};
    flush_ok(s);
    rollback_ok(s);
    ann = weft_first(s, Customer, .where = weft_eq(Customer, name, "ann"));
    assert_string_equal(ann->last.price.currency, "EUR");
    assert_string_equal(ann->last.price.amount.text, "12.50");
}

static void conditions_name_fields_by_their_paths(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_customers(f);
    Customer_list there = weft_query(s, Customer,
                                     .where = weft_and(weft_eq(Customer, home.city, "Ulm"),
                                                       weft_gt(Customer, last.price.amount, ((weft_decimal){"10"})),
                                                       weft_is_null(Customer, office.zip)));
    assert_ok(s);
    assert_int_equal(there.count, 1);
    weft_builder *builder = weft_builder_new();
    const weft_expr *built =
        weft_builder_compare(builder, WEFT_EXPR_EQ, &Customer_model, "last.price.currency", weft_value_text("CHF"));
    there = weft_query(s, Customer, .where = built);
    assert_ok(s);
    assert_int_equal(there.count, 1);
    assert_string_equal(there.items[0]->name, "bob");
    weft_builder_free(builder);
    int64_t changed = 0;
    const weft_status updated =
        weft_session_update(s,
                            weft_update_of(Customer, .set = weft_sets(weft_to(Customer, office.city, "Jena")),
                                           .where = weft_eq(Customer, home.city, "Bonn")),
                            &changed);
    assert_call(s, updated, WEFT_OK);
    assert_int_equal(changed, 1);
    commit_ok(s);
    assert_rows(f, "SELECT name FROM customer WHERE work_city = 'Jena'", "bob");
}

static void a_path_to_no_column_is_told(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_builder *builder = weft_builder_new();
    static const char *const wrong[] = {"last.price", "last", "home.", "home.town", "home.city.name", ".city", "homecity", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        weft_builder_free(builder);
        builder = weft_builder_new();
        Customer_list none =
            weft_query(s, Customer,
                       .where = weft_builder_compare(builder, WEFT_EXPR_EQ, &Customer_model, wrong[i], weft_value_text("x")));
        assert_int_equal(none.count, 0);
        assert_refused(s, WEFT_ERROR_MISUSE);
    }
    weft_builder_free(builder);
}

static void keys_and_foreign_keys_may_be_embedded(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    write_customers(f);
    const Customer *ann = weft_first(s, Customer, .where = weft_eq(Customer, name, "ann"));
    Visit *visit = weft_new(s, Visit, .slot = {2026, 48}, .customer_id = ann->id);
    (void)visit;
    (void)weft_new(s, Stop, .slot = {2026, 48}, .at = {.city = "Ulm"});
    (void)weft_new(s, Stop, .slot = {2026, 48}, .at = {.city = "Aalen"});
    commit_ok(s);
    assert_call(s, weft_session_clear(s), WEFT_OK);
    Customer_list all = weft_query(s, Customer, .where = weft_eq(Customer, name, "ann"),
                                   .load = weft_load(weft_selectin(Customer, visits, weft_joined(Visit, stops))));
    assert_ok(s);
    assert_int_equal(all.items[0]->visits.count, 1);
    assert_int_equal(all.items[0]->visits.items[0]->slot.week, 48);
    assert_int_equal(all.items[0]->visits.items[0]->stops.count, 2);
}

/* ---- what does not fit ---- */

typedef struct Bad {
    int64_t id;
    Place home, office;
} Bad;
static const weft_columns_set nothing = {.name = "Nothing", .size = sizeof(Place)};
static const weft_columns_set with_relationship = {.name = "Deep",
                                                   .size = sizeof(Place),
                                                   .attrs = (const weft_attr[]){{.kind = WEFT_ATTR_INDEX, .columns = "city"}},
                                                   .attr_count = 1};
extern const weft_columns_set endless;
const weft_columns_set endless = {.name = "Endless",
                                  .size = sizeof(Place),
                                  .attrs =
                                      (const weft_attr[]){
                                          {.kind = WEFT_ATTR_EMBED, .field = "again", .size = sizeof(Place), .embedded = &endless}},
                                  .attr_count = 1};
#define ID WEFT_COLUMN(Bad, id, .primary_key = true)
#define HOME(set, ...) \
    { \
        .kind = WEFT_ATTR_EMBED, .field = "home", .offset = offsetof(Bad, home), .size = sizeof(Place), .embedded = (set), \
        __VA_ARGS__ \
    }
#define BAD(name_, ...) \
    static const weft_attr name_##_attrs[] = {__VA_ARGS__}; \
    static const weft_model name_ = {.name = "Bad", \
                                     .table = "bad", \
                                     .size = sizeof(Bad), \
                                     .attrs = name_##_attrs, \
                                     .attr_count = sizeof name_##_attrs / sizeof *name_##_attrs}
BAD(twice, ID, WEFT_EMBED(Bad, home, Place, .flat = true), WEFT_EMBED(Bad, office, Place, .flat = true));
BAD(same_field, ID, WEFT_EMBED(Bad, home, Place), WEFT_EMBED(Bad, home, Place, .prefix = "x_"));
BAD(both, ID, WEFT_EMBED(Bad, home, Place, .flat = true, .prefix = "x"));
BAD(option, ID, WEFT_EMBED(Bad, home, Place, .nullable = true));
BAD(empty, ID, HOME(&nothing, .zero_ = 0));
BAD(absent, ID, HOME(NULL, .zero_ = 0));
BAD(index_within, ID, HOME(&with_relationship, .zero_ = 0));
BAD(without_end, ID, HOME(&endless, .zero_ = 0));
BAD(another_size, ID, HOME(&Money_columns, .zero_ = 0));
BAD(long_name, ID, WEFT_EMBED(Bad, home, Place, .prefix = "a_prefix_of_sixty_characters_is_more_than_a_database_allows_us_"));

static void what_does_not_fit_is_told_at_once(void **state)
{
    (void)state;
    static const struct {
        const weft_model *model;
        const char *part;
    } wrong[] = {
        {&twice, "Bad.office.street: the column \"street\" is mapped by home.street too"},
        {&same_field, "Bad.home.street: the field is mapped twice"},
        {&both, "Bad.home: .flat and .prefix exclude each other"},
        {&option, "Bad.home: WEFT_EMBED takes .prefix and .flat"},
        {&empty, "Bad.home: the embedded struct has no columns"},
        {&absent, "Bad.home: the embedded struct has no columns"},
        {&index_within, "an embedded struct has columns only"},
        {&without_end, "embed themselves"},
        {&another_size, "and Money has"},
        {&long_name, "Bad.home.street: "},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const weft_metadata metadata = {.models = &wrong[i].model, .count = 1};
        weft_error error;
        weft_engine *engine = NULL;
        assert_error(weft_engine_open(&engine, "sqlite://:memory:", &(weft_engine_options){.metadata = &metadata}, &error),
                     WEFT_ERROR_MODEL, &error);
        if (strstr(error.message, wrong[i].part) == NULL)
            fail_msg("%zu: \"%s\" is not in \"%s\"", i, wrong[i].part, error.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(the_columns_are_the_tables),
        ON_BOTH(what_is_written_is_read_back),
        ON_BOTH(only_the_columns_that_changed_are_sent),
        ON_BOTH(a_rollback_brings_the_struct_back),
        ON_BOTH(conditions_name_fields_by_their_paths),
        ON_BOTH(a_path_to_no_column_is_told),
        ON_BOTH(keys_and_foreign_keys_may_be_embedded),
        cmocka_unit_test(what_does_not_fit_is_told_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
