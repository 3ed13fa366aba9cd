/* Hardware addresses: what was stored comes back on every path, in one text on SQLite, and any spelling of one finds it. */
#include "support/fixture.h"

WEFT_DECLARE(Device);
struct Device {
    weft_macaddr address;
    const char *name;
    weft_opt_macaddr backup;
};
WEFT_MODEL(Device, "device", WEFT_COLUMN(Device, address, .primary_key = true), WEFT_COLUMN(Device, name),
           WEFT_COLUMN(Device, backup));

WEFT_DECLARE(Lease);
struct Lease {
    int64_t id;
    weft_macaddr device_address;
    const Device *device;
};
WEFT_MODEL(Lease, "lease", WEFT_COLUMN(Lease, id, .primary_key = true),
           WEFT_COLUMN(Lease, device_address, .foreign_key = "device.address"),
           WEFT_BELONGS_TO(Lease, device, Device, .foreign_key = "device_address"));
WEFT_METADATA(models, &Device_model, &Lease_model);
FIXTURE_MODELS(models);

static const weft_macaddr none = {{0}}, most = {{255, 255, 255, 255, 255, 255}}, known = {{0x08, 0x00, 0x2b, 0x01, 0x02, 0x03}};

static bool same(weft_macaddr a, weft_macaddr b) { return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0; }

static weft_macaddr numbered(size_t n)
{
    return (weft_macaddr){{0x80, 0xfe, (unsigned char)(n >> 16), (unsigned char)(n >> 8), (unsigned char)n, 0x7f}};
}

static void an_address_has_one_text_and_several_are_read(void **state)
{
    static const char *const texts[] = {"08:00:2b:01:02:03", "08-00-2b-01-02-03", "08002b:010203", "08002b-010203",
                                        "0800.2b01.0203",    "0800-2b01-0203",    "08002b010203",  "08:00:2B:01:02:03"};
    static const char *const wrong[] = {"",
                                        "08:00:2b:01:02",
                                        "08:00:2b:01:02:0",
                                        "08:00:2b:01:02:03:04",
                                        "08:00-2b:01:02:03",
                                        "08.00.2b.01.02.03",
                                        "0800:2b01:0203",
                                        "08002b.010203",
                                        "08:00:2g:01:02:03",
                                        "08:00:2b:01:02:0\xc3",
                                        " 8002b010203",
                                        "08002b01020",
                                        "080 2b010203"};
    char text[WEFT_MACADDR_TEXT_SIZE];
    weft_macaddr read = none;
    (void)state;
    assert_string_equal(weft_macaddr_text(known, text), texts[0]);
    assert_string_equal(weft_macaddr_text(most, text), "ff:ff:ff:ff:ff:ff");
    assert_string_equal(weft_macaddr_text(none, text), "00:00:00:00:00:00");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        read = none;
        assert_true(weft_macaddr_parse(texts[i], &read) && same(read, known));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(weft_macaddr_parse(wrong[i], &read));
    assert_true(same(read, known)); /* unchanged */
    assert_false(weft_macaddr_parse(NULL, &read));
}

static void addresses_are_stored_in_one_form(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Device, .address = known, .name = "a", .backup = weft_some({{255, 255, 255, 255, 255, 255}}));
    (void)weft_new(f->s, Device, .address = none, .name = "b");
    commit_ok(f->s);
    assert_rows(f, "SELECT address, name, backup FROM device ORDER BY name",
                "08:00:2b:01:02:03|a|ff:ff:ff:ff:ff:ff\n00:00:00:00:00:00|b|NULL");
}

static void insert_many(fixture *f, size_t count)
{
    weft_connection *c;
    weft_error error = {0};
    Device *rows = calloc(count, sizeof *rows);
    for (size_t i = 0; i < count; i++)
        rows[i] = (Device){.address = numbered(i), .name = "d", .backup = {i % 2 != 0, numbered(i + 1)}};
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    assert_error(weft_insert_many(c, Device, rows, count, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    free(rows);
}

static void assert_stored(fixture *f, size_t count)
{
    Device_list found = weft_query(f->s, Device, .order_by = weft_order(weft_asc(Device, address)));
    assert_ok(f->s);
    assert_int_equal(found.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_true(same(found.items[i]->address, numbered(i)));
        assert_int_equal(found.items[i]->backup.set, i % 2);
        assert_true(i % 2 == 0 || same(found.items[i]->backup.value, numbered(i + 1)));
    }
}

static void addresses_come_back_from_arrays(void **state)
{
    insert_many(*state, 200);
    assert_stored(*state, 200);
}

static void addresses_come_back_from_copy(void **state)
{
    insert_many(*state, 3000);
    assert_stored(*state, 3000);
}

#define COUNT_OF(...) weft_count_of(f->s, Device, .where = __VA_ARGS__)

static void addresses_compare_by_their_bytes(void **state)
{
    fixture *f = *state;
    const weft_macaddr items[] = {numbered(3), numbered(300), most};
    insert_many(f, 400);
    assert_int_equal(COUNT_OF(weft_eq(Device, address, numbered(7))), 1);
    assert_int_equal(COUNT_OF(weft_ne(Device, address, numbered(7))), 399);
    assert_int_equal(COUNT_OF(weft_lt(Device, address, numbered(256))), 256);
    assert_int_equal(COUNT_OF(weft_ge(Device, address, numbered(256))), 144);
    assert_int_equal(COUNT_OF(weft_gt(Device, address, known)), 400);
    assert_int_equal(COUNT_OF(weft_in(Device, address, items, 3)), 2);
    assert_int_equal(COUNT_OF(weft_not_in(Device, address, items, 3)), 398);
    assert_int_equal(COUNT_OF(weft_is_null(Device, backup)), 200);
    assert_int_equal(COUNT_OF(weft_op(weft_col(Device, address), "<", weft_col(Device, backup))), 200);
    assert_int_equal(COUNT_OF(weft_between(weft_col(Device, address), weft_val(numbered(250)), weft_val(numbered(260)))), 11);
    assert_int_equal(COUNT_OF(
                         weft_op(weft_coalesce(weft_col(Device, backup), weft_col(Device, address)), "=", weft_val(numbered(2)))),
                     2);
    assert_int_equal(COUNT_OF(weft_literally(weft_eq(Device, address, numbered(7)))), 1);
    assert_int_equal(COUNT_OF(weft_literally(weft_in(Device, address, items, 3))), 2);
    assert_ok(f->s);
}

static void any_spelling_finds_an_address(void **state)
{
    fixture *f = *state;
    const weft_expr *address = weft_col(Device, address), *name = weft_col(Device, name);
    (void)weft_new(f->s, Device, .address = known, .name = "08-00-2B-01-02-03");
    commit_ok(f->s);
    assert_int_equal(COUNT_OF(weft_op(address, "=", weft_val("0800.2B01.0203"))), 1);
    assert_int_equal(COUNT_OF(weft_op(address, "=", weft_cast(name, WEFT_MACADDR))), 1);
    assert_int_equal(COUNT_OF(weft_op(weft_cast(address, WEFT_TEXT), "=", weft_val("08:00:2b:01:02:03"))), 1);
    assert_int_equal(COUNT_OF(weft_op(weft_op(address, "||", weft_val("!")), "=", weft_val("08:00:2b:01:02:03!"))), 1);
    assert_ok(f->s);
    (void)COUNT_OF(weft_op(address, "=", weft_val("08:00:2b")));
    assert_refused(f->s, f->postgres ? WEFT_ERROR_DATA : WEFT_ERROR_TYPE);
    (void)COUNT_OF(weft_op(address, "=", weft_cast(weft_op(name, "||", name), WEFT_MACADDR)));
    assert_refused(f->s, WEFT_ERROR_DATA);
}

typedef struct Reached {
    weft_macaddr address;
    int64_t count;
} Reached;
WEFT_ROW(Reached, WEFT_FIELD(Reached, address), WEFT_FIELD(Reached, count));

static void results_hold_addresses(void **state)
{
    fixture *f = *state;
    const weft_expr *reached = weft_coalesce(weft_col(Device, backup), weft_val("00-00-00-00-00-00"));
    insert_many(f, 4);
    Reached_list groups = weft_rows(f->s, Reached, .from = weft_from(Device), .columns = weft_columns(reached, weft_count_all()),
                                    .group_by = weft_columns(reached), .order_by = weft_order(weft_desc_of(reached)));
    assert_ok(f->s);
    assert_int_equal(groups.count, 3);
    assert_true(same(groups.items[0]->address, numbered(4)) && groups.items[0]->count == 1);
    assert_true(same(groups.items[2]->address, none) && groups.items[2]->count == 2);
}

static void what_is_no_address_is_told_before_it_is_sent(void **state)
{
    fixture *f = *state;
    (void)COUNT_OF(weft_op(weft_col(Device, address), "=", weft_val(5)));
    assert_message(f->s, "hardware address");
    assert_refused(f->s, WEFT_ERROR_TYPE);
    (void)COUNT_OF(weft_op(weft_col(Device, address), "=", weft_col(Device, name)));
    assert_refused(f->s, WEFT_ERROR_TYPE);
    (void)weft_rows(f->s, Reached, .from = weft_from(Device),
                    .columns = weft_columns(weft_max(weft_col(Device, address)), weft_count_all()));
    assert_refused(f->s, WEFT_ERROR_TYPE);
    (void)COUNT_OF(weft_op(weft_max(weft_col(Device, address)), "=", weft_val(known)));
    assert_refused(f->s, WEFT_ERROR_MISUSE);
}

static void an_address_is_a_key(void **state)
{
    fixture *f = *state;
    Device *device = weft_new(f->s, Device, .address = known, .name = "a");
    (void)weft_new(f->s, Lease, .device = device);
    commit_ok(f->s);
    weft_session_clear(f->s);
    const Lease *lease = weft_first(f->s, Lease, .load = weft_load(weft_joined(Lease, device)));
    assert_ok(f->s);
    assert_true(same(lease->device_address, known) && same(lease->device->address, known));
    assert_ptr_equal(weft_get(f->s, Device, weft_key(Device, .address = known)), lease->device);
    weft_edit(f->s, Device, lease->device)->backup = (weft_opt_macaddr){true, none};
    commit_ok(f->s);
    weft_session_clear(f->s);
    const Device *found = weft_first(f->s, Device);
    assert_true(found->backup.set && same(found->backup.value, none));
    weft_edit(f->s, Device, found)->backup = (weft_opt_macaddr)weft_unset;
    commit_ok(f->s);
    assert_rows(f, "SELECT backup FROM device", "NULL");
}

static void text_sql_gives_addresses(void **state)
{
    fixture *f = *state;
    insert_many(f, 5);
    weft_connection *c;
    weft_error error = {0};
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    for (int run = 0; run < 4; run++) { /* in text and in binary form */
        weft_result *result = NULL;
        size_t rows = 0;
        assert_error(weft_connection_query(c, "SELECT address FROM device ORDER BY address", NULL, &result, &error), WEFT_OK,
                     &error);
        for (; weft_result_next(result, &error); rows++) {
            const weft_value cell = weft_result_value(result, 0);
            assert_int_equal(cell.type, WEFT_MACADDR);
            assert_true(same(cell.as.macaddr, numbered(rows)));
        }
        assert_int_equal(rows, 5);
        weft_result_close(result);
    }
    weft_connection_close(c);
}

static void one_of_another_spelling_is_told_on_sqlite(void **state)
{
    fixture *f = *state;
    const char *sql = "INSERT INTO device (address, name) VALUES ('08-00-2b-01-02-03', 'd')";
    assert_call(f->s, weft_session_execute_text(f->s, sql, NULL), WEFT_OK);
    commit_ok(f->s);
    (void)weft_query(f->s, Device);
    assert_refused(f->s, WEFT_ERROR_SCHEMA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_has_one_text_and_several_are_read),
        ON_BOTH(addresses_are_stored_in_one_form),
        ON_BOTH(addresses_come_back_from_arrays),
        ON_BOTH(addresses_come_back_from_copy),
        ON_BOTH(addresses_compare_by_their_bytes),
        ON_BOTH(any_spelling_finds_an_address),
        ON_BOTH(results_hold_addresses),
        ON_BOTH(what_is_no_address_is_told_before_it_is_sent),
        ON_BOTH(an_address_is_a_key),
        ON_BOTH(text_sql_gives_addresses),
        ON_SQLITE(one_of_another_spelling_is_told_on_sqlite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
