/* IP addresses: what was stored comes back as PostgreSQL spells it, on every path, and equals other spellings of itself. SQLite
 * has no such type and says so before anything is sent. */
#include "support/fixture.h"

WEFT_DECLARE(Host);
struct Host {
    weft_inet address;
    const char *name;
    weft_inet gateway;
};
WEFT_MODEL(Host, "host", WEFT_COLUMN(Host, address, .primary_key = true), WEFT_COLUMN(Host, name),
           WEFT_COLUMN(Host, gateway, .nullable = true));
WEFT_METADATA(models, &Host_model);
static const weft_metadata no_models = {.models = NULL, .count = 0};
FIXTURE_MODELS(no_models);

#define INET(t) ((weft_inet){t})

static weft_session *session_of(fixture *f, weft_engine **engine)
{
    weft_error error = {0};
    *engine = fixture_engine(f, (weft_engine_options){.metadata = &models});
    assert_error(weft_create_all(*engine, &error), WEFT_OK, &error);
    return weft_session_open(*engine, NULL);
}

static const struct {
    const char *given, *kept;
} spellings[] = {
    {"10.0.0.1", "10.0.0.1"},
    {"10.0.0.3/32", "10.0.0.3"},
    {"10.1.2.3/16", "10.1.2.3/16"},
    {"0.0.0.0/0", "0.0.0.0/0"},
    {"255.255.255.255", "255.255.255.255"},
    {"::", "::"},
    {"::1", "::1"},
    {"0:0:0:0:0:0:0:1/64", "::1/64"},
    {"2001:DB8::00ff", "2001:db8::ff"},
    {"2001:db8::/32", "2001:db8::/32"},
    {"::ffff:1.2.3.4", "::ffff:1.2.3.4"},
    {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
    {"fe80::1/128", "fe80::1"},
};
enum { SPELLINGS = sizeof spellings / sizeof spellings[0] };

static void every_address_comes_back(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    for (size_t i = 0; i < SPELLINGS; i++) {
        (void)weft_new(s, Host, .address = {spellings[i].given}, .name = "h", .gateway = {i % 2 != 0 ? spellings[i].given : NULL});
        if (i < 4)
            flush_ok(s);
    }
    commit_ok(s);
    weft_session_clear(s);
    for (size_t i = 0; i < SPELLINGS; i++) {
        const Host *host = weft_get(s, Host, weft_key(Host, .address = {spellings[i].given}));
        assert_ok(s);
        assert_non_null(host);
        assert_string_equal(host->address.text, spellings[i].kept);
        assert_ptr_equal(weft_get(s, Host, weft_key(Host, .address = {spellings[i].kept})), host);
        assert_int_equal(host->gateway.text != NULL, i % 2);
        assert_int_equal(weft_count_of(s, Host, .where = weft_eq(Host, address, INET(spellings[i].given))), 1);
    }
    const weft_inet items[] = {{"::1"}, {"0::1/64"}, {"10.0.0.1/32"}};
    assert_int_equal(weft_count_of(s, Host, .where = weft_in(Host, address, items, 3)), 3);
    assert_int_equal(weft_count_of(s, Host, .where = weft_literally(weft_in(Host, address, items, 3))), 3);
    assert_int_equal(weft_count_of(s, Host, .where = weft_op(weft_col(Host, address), "<<", weft_val(INET("10.0.0.0/8")))), 3);
    assert_int_equal(weft_count_of(s, Host, .where = weft_is_null(Host, gateway)), 7);
    assert_ok(s);
    weft_session_close(s);
    weft_engine_close(engine);
}

static void they_come_back_from_copy_and_arrays(void **state)
{
    enum { COUNT = 3000 };
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    static char texts[COUNT][24];
    static Host rows[COUNT];
    weft_connection *c;
    weft_error error = {0};
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(texts[i], sizeof texts[i], i % 2 ? "10.1.%d.%d" : "2001:db8::%x%02x", i / 256, i % 256);
        rows[i] = (Host){.address = {texts[i]}, .name = "h", .gateway = {i % 3 ? texts[i] : NULL}};
    }
    assert_int_equal(weft_engine_connect(engine, &c, NULL, &error), WEFT_OK);
    assert_error(weft_insert_many(c, Host, rows, 100, NULL, &error), WEFT_OK, &error);
    assert_error(weft_insert_many(c, Host, rows + 100, COUNT - 100, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    for (int i = 0; i < COUNT; i += 7) {
        const Host *host = weft_get(s, Host, weft_key(Host, .address = {texts[i]}));
        assert_true(host != NULL && (host->gateway.text != NULL) == (i % 3 != 0));
    }
    weft_session_close(s);
    weft_engine_close(engine);
}

static void another_spelling_is_no_edit(void **state)
{
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    Host *host = weft_new(s, Host, .address = {"::1"}, .name = "h", .gateway = {"10.0.0.1"});
    commit_ok(s);
    weft_edit(s, Host, host)->gateway.text = "10.0.0.2/32";
    commit_ok(s);
    weft_session_clear(s);
    host = weft_edit(s, Host, weft_first(s, Host));
    assert_string_equal(host->gateway.text, "10.0.0.2");
    weft_session_close(s);
    weft_engine_close(engine);
}

static void what_is_no_address_is_refused_before_it_is_sent(void **state)
{
    static const char *const wrong[] = {"",          "10.0.0", "10.0.0.256", "10.0.0.1/33", "::1/129",
                                        "10.0.0.1/", "x",      "1::2::3",    "10.0.0.1 "};
    fixture *f = *state;
    weft_engine *engine;
    weft_session *s = session_of(f, &engine);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        (void)weft_new(s, Host, .address = {wrong[i]}, .name = "h");
        assert_int_not_equal(weft_session_flush(s), WEFT_OK);
        assert_refused(s, WEFT_ERROR_DATA);
        assert_int_equal(weft_count_of(s, Host, .where = weft_eq(Host, address, INET(wrong[i]))), 0);
        assert_refused(s, WEFT_ERROR_DATA);
    }
    weft_session_close(s);
    weft_engine_close(engine);
}

static void sqlite_says_which_field_it_cannot_keep(void **state)
{
    fixture *f = *state;
    weft_engine *engine = NULL;
    weft_error error = {0};
    weft_status status = weft_engine_open(&engine, f->database.url, &(weft_engine_options){.metadata = &models}, &error);
    assert_error(status, WEFT_ERROR_UNSUPPORTED, &error);
    assert_null(engine);
    assert_non_null(strstr(error.message, "Host.address"));
    assert_non_null(strstr(error.message, "const char *"));
    assert_string_equal(error.table, "host");
    assert_string_equal(error.column, "address");
    weft_connection *c;
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    const weft_value address = weft_value_inet(INET("::1"));
    assert_error(weft_execute_text(c, "SELECT $1", &(weft_values){&address, 1}, &error), WEFT_ERROR_UNSUPPORTED, &error);
    weft_connection_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(every_address_comes_back),
        ON_POSTGRES(they_come_back_from_copy_and_arrays),
        ON_POSTGRES(another_spelling_is_no_edit),
        ON_POSTGRES(what_is_no_address_is_refused_before_it_is_sent),
        ON_SQLITE(sqlite_says_which_field_it_cannot_keep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
