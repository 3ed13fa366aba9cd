/* Text SQL into plain structs by the names of its columns, from a session and from a connection, on both databases: every type as
 * objects have it, columns in any order, and what the program is told where names do not match. */
#include "fixtures/things.h"

FIXTURE_MODELS(things);

/* What Thing has, in another order. */
typedef struct Plain {
    weft_opt_uuid maybe_uuid;
    hue hue;
    weft_json json;
    weft_decimal amount;
    weft_uuid uuid;
    weft_time hour;
    weft_date day;
    weft_timestamp at;
    weft_bytes data;
    char code[8];
    const char *text;
    double precise;
    float real;
    bool flag;
    int64_t big;
    uint32_t whole;
    int32_t number;
    int16_t small;
    weft_opt_timestamp maybe_at;
    weft_opt_bool maybe_flag;
    weft_opt_int16 maybe_small;
    int64_t id;
} Plain;
WEFT_ROW(Plain, WEFT_FIELD(Plain, maybe_uuid), WEFT_FIELD(Plain, json), WEFT_FIELD(Plain, amount), WEFT_FIELD(Plain, uuid),
         WEFT_FIELD(Plain, hour), WEFT_FIELD(Plain, day), WEFT_FIELD(Plain, at), WEFT_FIELD(Plain, data), WEFT_FIELD(Plain, code),
         WEFT_FIELD(Plain, text), WEFT_FIELD(Plain, precise), WEFT_FIELD(Plain, real), WEFT_FIELD(Plain, flag),
         WEFT_FIELD(Plain, big), WEFT_FIELD(Plain, whole), WEFT_FIELD(Plain, number), WEFT_FIELD(Plain, small),
         WEFT_FIELD(Plain, maybe_at), WEFT_FIELD(Plain, maybe_flag), WEFT_FIELD(Plain, maybe_small), WEFT_FIELD(Plain, id));

typedef struct Pair {
    const char *name;
    weft_opt_int64 sumOf;
} Pair;
WEFT_ROW(Pair, WEFT_FIELD(Pair, name), WEFT_FIELD(Pair, sumOf));

#define ALL \
    "SELECT id, small, number, whole, big, flag, real, precise, text, code, data, at, day, hour, uuid, amount, json, " \
    "maybe_small, " \
    "maybe_flag, maybe_at, maybe_uuid FROM thing ORDER BY id"

static void assert_text(const char *text, const char *wanted)
{
    if (text == NULL || wanted == NULL)
        assert_ptr_equal(text, wanted);
    else
        assert_string_equal(text, wanted);
}

static void assert_alike(const Plain *row, const Thing *thing)
{
    assert_int_equal(row->id, thing->id);
    assert_int_equal(row->small, thing->small);
    assert_int_equal(row->number, thing->number);
    assert_int_equal(row->whole, thing->whole);
    assert_int_equal(row->big, thing->big);
    assert_int_equal(row->flag, thing->flag);
    assert_true(row->real == thing->real && row->precise == thing->precise);
    assert_text(row->text, thing->text);
    assert_string_equal(row->code, thing->code);
    assert_int_equal(row->data.size, thing->data.size);
    assert_int_equal(row->data.data == NULL, thing->data.data == NULL);
    if (thing->data.size > 0)
        assert_memory_equal(row->data.data, thing->data.data, thing->data.size);
    assert_int_equal(row->at.usec, thing->at.usec);
    assert_int_equal(row->day.days, thing->day.days);
    assert_int_equal(row->hour.usec, thing->hour.usec);
    assert_memory_equal(&row->uuid, &thing->uuid, sizeof row->uuid);
    assert_text(row->amount.text, thing->amount.text);
    assert_text(row->json.text, thing->json.text);
    assert_int_equal(row->maybe_small.set, thing->maybe_small.set);
    assert_int_equal(row->maybe_flag.set, thing->maybe_flag.set);
    assert_int_equal(row->maybe_at.set, thing->maybe_at.set);
    assert_int_equal(row->maybe_at.value.usec, thing->maybe_at.value.usec);
    assert_int_equal(row->maybe_uuid.set, thing->maybe_uuid.set);
}

static void every_type_reads_as_objects_have_it(void **state)
{
    fixture *f = *state;
    things_fill(f, 600);
    things_put(f, "text", "'a text'", "id % 2 = 0");
    things_put(f, "maybe_small", "7", "id % 3 = 0");
    things_put(f, "data", f->postgres ? "'\\x00ff'" : "x'00ff'", "id % 2 = 0");
    things_put(f, "maybe_at", "NULL", "id % 5 = 0");
    Thing_list objects = weft_query(f->s, Thing, .order_by = weft_order(weft_asc(Thing, id)));
    weft_connection *c;
    weft_error error;
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    for (int again = 0; again < 3; again++) { /* a text that comes back is prepared */
        Plain_list rows = weft_text_rows(f->s, Plain, ALL, NULL);
        Plain_list fetched;
        weft_result *result;
        assert_ok(f->s);
        assert_int_equal(rows.count, 600);
        assert_error(weft_fetch_text(c, Plain, &fetched, &result, &error, ALL, NULL), WEFT_OK, &error);
        assert_int_equal(fetched.count, 600);
        for (size_t i = 0; i < rows.count; i++) {
            assert_alike(rows.items[i], objects.items[i]);
            assert_alike(fetched.items[i], objects.items[i]);
        }
        weft_result_close(result);
    }
    weft_connection_close(c);
}

static void names_are_found_whatever_the_order_and_the_case(void **state)
{
    fixture *f = *state;
    things_fill(f, 2);
    Pair_list rows = weft_text_rows(f->s, Pair, "SELECT sum(id) AS sumOf, $1 || 'b' AS name FROM thing WHERE id <= $2",
                                    weft_parameters(weft_value_text("a"), weft_value_int64(2)));
    assert_ok(f->s);
    assert_int_equal(rows.count, 1);
    assert_string_equal(rows.items[0]->name, "ab");
    assert_true(rows.items[0]->sumOf.set);
    assert_int_equal(rows.items[0]->sumOf.value, 3);
    rows = weft_text_rows(f->s, Pair, "SELECT CAST(NULL AS int) AS \"sumOf\", text AS name FROM thing WHERE id < 0", NULL);
    assert_ok(f->s);
    assert_int_equal(rows.count, 0);
    if (f->postgres) { /* SQLite has one column of such a name */
        rows = weft_text_rows(f->s, Pair, "SELECT 1 AS SUMOF, 2 AS \"sumOf\", 'x' AS name", NULL);
        assert_refused(f->s, WEFT_ERROR_MISUSE);
    }
}

static void what_does_not_match_is_named(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *sql, *told;
    } wrong[] = {
        {"SELECT 'a' AS name", "Pair.sumOf"},
        {"SELECT 'a' AS name, 1 AS \"sumOf\", 2 AS other", "other"},
        {"SELECT 'a' AS name, 'b' AS name, 1 AS \"sumOf\"", "name"},
        {"SELECT 1 AS \"sumOf\", 'a' AS nam", "Pair.name"},
        {"UPDATE thing SET text = 'x' WHERE id < 0", "Pair.name"},
    };
    weft_connection *c;
    weft_error error;
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Pair_list rows = weft_text_rows(f->s, Pair, wrong[i].sql, NULL);
        weft_result *result;
        assert_int_equal(rows.count, 0);
        assert_message(f->s, wrong[i].told);
        assert_refused(f->s, WEFT_ERROR_MISUSE);
        assert_error(weft_fetch_text(c, Pair, &rows, &result, &error, wrong[i].sql, NULL), WEFT_ERROR_MISUSE, &error);
        assert_non_null(strstr(error.message, wrong[i].told));
        assert_null(result);
        assert_int_equal(rows.count, 0);
    }
    weft_connection_rollback(c, NULL);
    (void)weft_text_rows(f->s, Pair, "SELECT NULL AS name, 'nine' AS \"sumOf\"", NULL);
    assert_message(f->s, "sumOf");
    assert_refused(f->s, WEFT_ERROR_SCHEMA);
    (void)weft_text_rows(f->s, Pair, NULL, NULL);
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)weft_text_rows(f->s, Pair, "COMMIT", NULL);
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)weft_text_rows(f->s, Pair, "SELECT $1 AS name, 1 AS \"sumOf\"", NULL);
    assert_false(weft_session_status(f->s) == WEFT_OK);
    weft_session_rollback(f->s);
    weft_connection_close(c);
}

static void pending_changes_are_seen_and_writing_makes_objects_stale(void **state)
{
    fixture *f = *state;
    things_fill(f, 3);
    const Thing *thing = weft_get(f->s, Thing, 1);
    weft_edit(f->s, Thing, thing)->big = 77;
    Pair_list rows = weft_text_rows(f->s, Pair, "SELECT text AS name, big AS \"sumOf\" FROM thing WHERE big = 77", NULL);
    assert_ok(f->s);
    assert_int_equal(rows.count, 1);
    (void)fixture_statements(f);
    assert_ptr_equal(weft_get(f->s, Thing, 1), thing); /* a text that reads leaves objects as they are */
    assert_int_equal(fixture_statements(f), 0);
    rows = weft_text_rows(f->s, Pair, "UPDATE thing SET big = big + 1 WHERE id = 1 RETURNING text AS name, big AS \"sumOf\"", NULL);
    assert_ok(f->s);
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.items[0]->sumOf.value, 78);
    assert_int_equal(weft_get(f->s, Thing, 1)->big, 78);
    commit_ok(f->s);
    assert_rows(f, "SELECT big FROM thing WHERE id = 1", "78");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(every_type_reads_as_objects_have_it),
        ON_BOTH(names_are_found_whatever_the_order_and_the_case),
        ON_BOTH(what_does_not_match_is_named),
        ON_BOTH(pending_changes_are_seen_and_writing_makes_objects_stale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
