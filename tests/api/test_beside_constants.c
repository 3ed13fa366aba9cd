/* Constants, and what is computed of constants alone, beside columns of other types than they have in C: dates, enums and arrays.
 * Both databases find the same rows, or refuse the same. */
#include "support/fixture.h"

enum mood { CALM, CURIOUS, WILD };
static const char *const mood_names[] = {"calm", "curious", "wild"};

WEFT_DECLARE(Entry);
struct Entry {
    int64_t id;
    weft_date day;
    weft_opt_date maybe;
    weft_timestamp at;
    weft_array_int64 marks;
    weft_array_text tags;
    const char *note;
    int mood, native;
    weft_array_int32 moods, natives;
    weft_opt_bool done;
    weft_json content;
    weft_interval span;
};
WEFT_MODEL(Entry, "entry", WEFT_COLUMN(Entry, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Entry, day),
           WEFT_COLUMN(Entry, maybe), WEFT_COLUMN(Entry, at), WEFT_COLUMN(Entry, marks), WEFT_COLUMN(Entry, tags),
           WEFT_COLUMN(Entry, note), WEFT_ENUM(Entry, mood, mood_names),
           WEFT_ENUM(Entry, native, mood_names, .native_enum = "entry_mood"), WEFT_ENUM(Entry, moods, mood_names),
           WEFT_ENUM(Entry, natives, mood_names, .native_enum = "entry_mood"), WEFT_COLUMN(Entry, done),
           WEFT_COLUMN(Entry, content, .nullable = true), WEFT_COLUMN(Entry, span));
WEFT_METADATA(models, &Entry_model);
FIXTURE_MODELS(models);

typedef struct Id {
    int64_t id;
} Id;
WEFT_ROW(Id, WEFT_FIELD(Id, id));
typedef struct Text {
    const char *text;
} Text;
WEFT_ROW(Text, WEFT_FIELD(Text, text));
typedef struct Truth {
    bool is;
} Truth;
WEFT_ROW(Truth, WEFT_FIELD(Truth, is));

#define FIRST 19000 /* the day of row 0, 2022-01-08 */
#define MIDNIGHT(day) \
    (weft_timestamp) { (int64_t)(day) * 86400000000 }
#define AT(day) weft_val(MIDNIGHT(day))
#define DAY(day) weft_val((weft_date){day})

/* Row k is of day FIRST + k, at its midnight, in a mood of k % 3, which its note says in words. */
static void rows_are_there(fixture *f)
{
    for (int k = 1; k <= 5; k++)
        (void)weft_new(f->s, Entry, .id = k, .day = {FIRST + k}, .at = MIDNIGHT(FIRST + k),
                       .maybe = k % 2 == 0 ? (weft_opt_date)weft_some((weft_date){FIRST + k}) : (weft_opt_date)weft_unset,
                       .marks = k == 1 ? weft_int64s(1, 2) : weft_int64s(3),
                       .tags = k == 1 ? weft_texts("x", "y") : weft_texts("z"), .note = mood_names[k % 3], .mood = k % 3,
                       .native = k % 3, .moods = k == 1 ? weft_int32s(CALM, WILD, CALM) : weft_int32s(CALM),
                       .natives = k == 1 ? weft_int32s(CALM, WILD, CALM) : weft_int32s(CALM));
    commit_ok(f->s);
}

static void finds(fixture *f, const char *what, const weft_expr *condition, const char *expected)
{
    for (int literally = 0; literally < 2; literally++) {
        char found[32] = "";
        const Id_list rows = weft_rows(f->s, Id, .from = weft_from(Entry), .columns = weft_col(Entry, id),
                                       .where = literally ? weft_literally(condition) : condition, .order_by = weft_asc(Entry, id));
        if (weft_session_status(f->s) != WEFT_OK)
            fail_msg("%s%s: %s", what, literally ? ", literally" : "", weft_session_error(f->s)->message);
        weft_each (Id, row, rows)
            (void)snprintf(found + strlen(found), sizeof found - strlen(found), "%s%d", *found != '\0' ? " " : "", (int)row->id);
        if (strcmp(found, expected) != 0)
            fail_msg("%s%s: %s in place of %s", what, literally ? ", literally" : "", found, expected);
    }
}
#define FINDS(expected, ...) finds(f, #__VA_ARGS__, __VA_ARGS__, expected)

static void refuses(fixture *f, const char *what, const weft_expr *condition, weft_status status)
{
    (void)weft_rows(f->s, Id, .from = weft_from(Entry), .columns = weft_col(Entry, id), .where = condition);
    const weft_error *error = weft_session_error(f->s);
    if (weft_session_status(f->s) != status || *error->sqlstate != '\0')
        fail_msg("%s: %s: %s", what, weft_status_name(weft_session_status(f->s)), error->message);
    rollback_ok(f->s);
}
#define REFUSES(status, ...) refuses(f, #__VA_ARGS__, __VA_ARGS__, status)

/* A text among constants is a date or a timestamp, as what is beside it: a date is its midnight. */
static void texts_stand_among_dates_and_timestamps(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    const weft_expr *day = weft_col(Entry, day), *at = weft_col(Entry, at), *maybe = weft_col(Entry, maybe);
    FINDS("1 2", weft_between(day, AT(FIRST), weft_val("2022-01-10")));
    FINDS("1 2", weft_between(day, weft_date_add(weft_now(), weft_val(-100), WEFT_YEAR), weft_val("2022-01-10")));
    FINDS("3", weft_between(weft_val("2022-01-11"), day, at));
    FINDS("1 2 3 4 5", weft_between(weft_val("2022-01-10"), DAY(FIRST + 2), weft_now()));
    FINDS("2 3 4", weft_between(at, DAY(FIRST + 2), weft_val("2022-01-12")));
    FINDS("2", weft_between(at, weft_val("2022-01-10 00:00"), DAY(FIRST + 2)));
    FINDS("1 2", weft_between_symmetric(day, weft_val("2022-01-10"), AT(FIRST)));
    FINDS("1 2 4", weft_eq(Entry, at, weft_coalesce(maybe, weft_val("2022-01-09"), at)));
    FINDS("1 2 3 4 5",
          weft_eq(Entry, at, weft_case(weft_eq(Entry, id, 1), weft_val("2022-01-09"), weft_eq(Entry, id, 2), day, at)));
    FINDS("1 2 3 4 5", weft_op(weft_case(weft_eq(Entry, id, 1), weft_val("2022-01-09"), weft_eq(Entry, id, 2), day, at), "=", at));
    FINDS("2 4", weft_eq(Entry, at, weft_coalesce(maybe, weft_val("2022-01-10"))));
    FINDS("1 2 3 4 5", weft_eq(Entry, at, weft_case(weft_eq(Entry, id, 1), weft_val("2022-01-09"), day)));
    FINDS("2 3 4 5", weft_eq(Entry, at, weft_fn("nullif", day, weft_val("2022-01-09"))));
}

static void arrays_of_numbers_stand_for_enums(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    const weft_expr *moods = weft_col(Entry, moods), *natives = weft_col(Entry, natives);
    const weft_expr *four = weft_val(weft_int32s(CALM, WILD, CALM, CURIOUS)), *three = weft_val(weft_int32s(CALM, WILD, CALM));
    FINDS("1", weft_op(weft_array_append(moods, weft_val(CURIOUS)), "=", four));
    FINDS("1", weft_op(four, "=", weft_array_append(moods, weft_val(CURIOUS))));
    FINDS("1", weft_op(weft_array_append(natives, weft_val(CURIOUS)), "=", four));
    FINDS("1", weft_op(weft_array_concat(moods, weft_val(weft_int32s(CURIOUS))), "=", four));
    FINDS("1", weft_op(weft_array_concat(natives, weft_val(weft_int32s(CURIOUS))), "=", four));
    FINDS("1", weft_op(weft_array_remove(moods, weft_val(CURIOUS)), "=", three));
    FINDS("2 3 4 5", weft_op(weft_array_remove(natives, weft_val(WILD)), "<>", weft_val(weft_int32s(CALM, CALM))));
    REFUSES(WEFT_ERROR_TYPE, weft_op(weft_array_of(weft_select(.from = weft_from(Entry), .columns = weft_col(Entry, mood))), "=",
                                     weft_val(weft_int32s(CALM, CURIOUS))));
    REFUSES(WEFT_ERROR_TYPE, weft_eq(Entry, native, weft_coalesce(weft_val(WILD), weft_val(CALM))));
    REFUSES(WEFT_ERROR_TYPE, weft_eq(Entry, mood, weft_coalesce(weft_val(WILD), weft_val(CALM))));
    REFUSES(WEFT_ERROR_TYPE, weft_eq(Entry, natives, weft_array(weft_val(CALM), weft_val(WILD))));
    REFUSES(WEFT_ERROR_TYPE, weft_eq(Entry, moods, weft_array(weft_val(CALM), weft_val(WILD))));
    REFUSES(WEFT_ERROR_TYPE, weft_eq(Entry, native, weft_case(weft_eq(Entry, id, 1), weft_val(WILD), weft_val(CALM))));
    REFUSES(WEFT_ERROR_TYPE, weft_eq(Entry, mood, weft_case(weft_eq(Entry, id, 1), weft_val(WILD), weft_val(CALM))));
}

/* The names of an enum are texts for what takes texts, and texts that are computed of constants are names. */
static void enums_of_the_database_stand_beside_texts(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    const weft_expr *native = weft_col(Entry, native), *one = weft_eq(Entry, id, 1), *calm = weft_val("calm"),
                    *wild = weft_val("wild");
    FINDS("1 2 3 4 5", weft_contains(Entry, note, native));
    FINDS("1 2 3 4 5", weft_starts_with(Entry, note, native));
    FINDS("1 2 3 4 5", weft_ends_with(Entry, note, native));
    FINDS("1 2 3 4 5", weft_ilike(Entry, note, native));
    FINDS("2 5", weft_eq(Entry, native, weft_case(one, calm, wild)));
    FINDS("3", weft_eq(Entry, native, weft_coalesce(calm, wild)));
    FINDS("3", weft_eq(Entry, native, weft_scalar(weft_select(.columns = calm))));
    FINDS("3", weft_op(weft_case(one, wild, calm), "=", native));
    FINDS("1 2 4 5", weft_ne(Entry, native, weft_coalesce(calm, wild)));
    FINDS("1 2 4 5", weft_between(native, weft_case(one, calm, weft_val("curious")), wild));
    FINDS("3", weft_in_query(native, weft_select(.columns = calm)));
    FINDS("3", weft_op(native, "=", weft_any_of(weft_select(.columns = calm))));
    int64_t changed = 0;
    weft_session_update(f->s,
                        weft_update_of(Entry, .all = true,
                                       .set = weft_to(Entry, native, weft_coalesce(weft_case(one, wild), native))),
                        &changed);
    assert_ok(f->s);
    assert_int_equal(changed, 5);
    commit_ok(f->s);
    assert_rows(f, "SELECT id, native FROM entry ORDER BY id", "1|wild\n2|wild\n3|calm\n4|curious\n5|wild");
}

static void is_text(fixture *f, const weft_expr *e, const char *expected)
{
    const Text_list rows = weft_rows(f->s, Text, .from = weft_from(Entry), .columns = e, .where = weft_eq(Entry, id, 1));
    assert_ok(f->s);
    assert_int_equal(rows.count, 1);
    assert_string_equal(rows.items[0]->text, expected);
}

static void arrays_stand_alone(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    const weft_expr *one = weft_eq(Entry, id, 1), *texts = weft_val(weft_texts("x", "y")), *other = weft_val(weft_texts("r"));
    is_text(f, weft_array_item(texts, weft_val(2)), "y");
    is_text(f, weft_array_item(weft_literal(weft_texts("x", "y")), weft_val(1)), "x");
    is_text(f, weft_array_item(weft_case(one, texts), weft_val(1)), "x");
    is_text(f, weft_array_item(weft_case(one, texts, other), weft_val(2)), "y");
    is_text(f, weft_array_item(weft_coalesce(texts, other), weft_val(2)), "y");
    FINDS("1 2 3 4 5", weft_op(weft_array_length(texts), "=", weft_val(2)));
    FINDS("1", weft_eq(Entry, tags, weft_case(one, texts, other)));
    FINDS("1", weft_eq(Entry, marks, weft_literal(weft_int32s(1, 2))));
    FINDS("1", weft_eq(Entry, marks, weft_val(weft_int32s(1, 2))));
    FINDS("1 2 3 4 5", weft_op(weft_val(weft_int64s(1)), "=", weft_val(weft_int32s(1))));
    FINDS("1 2 3 4 5", weft_op(weft_literal(weft_int32s(1)), "<", weft_literal(weft_int64s(2))));
    int64_t changed = 0;
    weft_session_update(f->s, weft_update_of(Entry, .all = true, .set = weft_to(Entry, tags, weft_case(one, other, texts))),
                        &changed);
    weft_session_update(f->s,
                        weft_update_of(Entry, .all = true,
                                       .set = weft_to(Entry, marks,
                                                      weft_case(one, weft_val(weft_int64s(7)), weft_val(weft_int64s(8))))),
                        &changed);
    assert_ok(f->s);
    commit_ok(f->s);
    assert_rows(f, "SELECT id, tags, marks FROM entry WHERE id < 3 ORDER BY id",
                f->postgres ? "1|{r}|{7}\n2|{x,y}|{8}" : "1|[\"r\"]|[7]\n2|[\"x\",\"y\"]|[8]");
}

static void what_is_no_value_of_its_place_is_refused(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    REFUSES(WEFT_ERROR_MISUSE, weft_eq(Entry, id, &weft_end));
    REFUSES(WEFT_ERROR_MISUSE, weft_starts_with(Entry, note, &weft_end));
    (void)weft_rows(f->s, Id, .from = weft_from(Entry), .columns = weft_col(Entry, id), .where = weft_gt(Entry, id, &weft_end));
    assert_message(f->s, "weft_gt: weft_end, which ends lists, is no expression");
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    weft_session_update(f->s, weft_update_of(Entry, .all = true, .set = weft_to(Entry, id, &weft_end)), NULL);
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)weft_rows(f->s, Truth, .columns = weft_array(weft_val(1), weft_val(2.0)));
    assert_message(f->s, "a floating-point value stands where an integer one is expected");
    assert_refused(f->s, WEFT_ERROR_TYPE);
    /* true is an int in C, whether what stands beside it is set or not. */
    for (int set = 0; set < 2; set++) {
        const weft_opt_bool truth = {.set = set != 0};
        (void)weft_rows(f->s, Truth, .columns = weft_coalesce(weft_val(truth), weft_val(true)));
        assert_message(f->s, "coalesce has a boolean and a number; cast one of them");
        assert_string_equal(weft_session_error(f->s)->hint,
                            "in C true and false are of type int; weft_val((bool)true) is a boolean");
        assert_refused(f->s, WEFT_ERROR_TYPE);
        const Truth_list rows = weft_rows(f->s, Truth, .columns = weft_coalesce(weft_val(truth), weft_val((bool)true)));
        assert_ok(f->s);
        assert_int_equal(rows.items[0]->is, set == 0);
    }
    FINDS("1 2 3 4 5", weft_eq(Entry, id, weft_coalesce(weft_val((weft_opt_int64){0}), weft_col(Entry, id))));
    (void)weft_rows(f->s, Id, .columns = weft_cast(weft_val((weft_decimal){"NaN"}), WEFT_INT64));
    assert_int_equal(weft_session_status(f->s), WEFT_ERROR_DATA);
    assert_null(strstr(weft_session_error(f->s)->message, "support"));
    rollback_ok(f->s);
}

static void is_not_assigned(fixture *f, const char *what, const weft_expr *to)
{
    weft_session_update(f->s, weft_update_of(Entry, .all = true, .set = to), NULL);
    const weft_error *error = weft_session_error(f->s);
    if (error->status != WEFT_ERROR_TYPE || *error->sqlstate != '\0')
        fail_msg("%s: %s: %s", what, weft_status_name(error->status), error->message);
    rollback_ok(f->s);
}
#define NOT_ASSIGNED(...) is_not_assigned(f, #__VA_ARGS__, __VA_ARGS__)

/* Told before anything is sent. */
static void what_no_assignment_converts_is_refused(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    NOT_ASSIGNED(weft_to(Entry, content, weft_col(Entry, native)));
    NOT_ASSIGNED(weft_to(Entry, content, weft_col(Entry, mood)));
    NOT_ASSIGNED(weft_to(Entry, day, weft_col(Entry, native)));
    NOT_ASSIGNED(weft_to(Entry, done, weft_col(Entry, native)));
    NOT_ASSIGNED(weft_to(Entry, native, weft_op(weft_col(Entry, id), "+", weft_val(1))));
    NOT_ASSIGNED(weft_to(Entry, natives, weft_col(Entry, day)));
    NOT_ASSIGNED(weft_to(Entry, tags, weft_col(Entry, marks)));
    NOT_ASSIGNED(weft_to(Entry, marks, weft_array(weft_cast(weft_val("1.5"), WEFT_DECIMAL))));
    NOT_ASSIGNED(weft_to(Entry, note, weft_col(Entry, marks)));
    NOT_ASSIGNED(weft_to(Entry, note, weft_array_append(weft_col(Entry, tags), weft_val("x"))));
    NOT_ASSIGNED(weft_to(Entry, id, weft_case(weft_eq(Entry, id, 1), weft_val(1), weft_val(2.5))));
    NOT_ASSIGNED(weft_to(Entry, span, weft_col(Entry, note)));
    NOT_ASSIGNED(weft_to(Entry, id, weft_col(Entry, span)));
    weft_session_update(f->s, weft_update_of(Entry, .all = true, .set = weft_to(Entry, note, weft_col(Entry, native))), NULL);
    assert_ok(f->s);
    weft_session_update(f->s, weft_update_of(Entry, .all = true, .set = weft_to(Entry, native, weft_col(Entry, mood))), NULL);
    assert_ok(f->s);
    rollback_ok(f->s);
    /* Enums beside what they are not. */
    REFUSES(WEFT_ERROR_TYPE, weft_null(weft_coalesce(weft_col(Entry, native), weft_val(1.0))));
    REFUSES(WEFT_ERROR_TYPE, weft_null(weft_coalesce(weft_col(Entry, mood), weft_val(1.0))));
    REFUSES(WEFT_ERROR_TYPE, weft_null(weft_case(weft_eq(Entry, id, 1), weft_col(Entry, native), weft_col(Entry, day))));
    REFUSES(WEFT_ERROR_TYPE, weft_op(weft_op(weft_col(Entry, native), "+", weft_val(1)), ">", weft_val(1)));
    REFUSES(WEFT_ERROR_TYPE, weft_in_query(weft_col(Entry, mood), weft_select(.columns = weft_val(3))));
    (void)weft_rows(f->s, Id, .from = weft_from(Entry), .columns = weft_sum(weft_col(Entry, native)));
    assert_message(f->s, "sum takes no text; cast it");
    assert_refused(f->s, WEFT_ERROR_TYPE);
}

static void what_is_deleted_by_text_is_gone(void **state)
{
    fixture *f = *state;
    rows_are_there(f);
    const Entry *third = weft_get(f->s, Entry, 3);
    assert_non_null(third);
    const Entry_list deleted = weft_text_query(f->s, Entry, "DELETE FROM entry WHERE id = 3 RETURNING *", NULL);
    assert_ok(f->s);
    assert_int_equal(deleted.count, 1);
    assert_null(weft_get(f->s, Entry, 3));
    assert_ok(f->s);
    const Entry_list changed = weft_text_query(f->s, Entry, "UPDATE entry SET note = 'new' WHERE id = 4 RETURNING *", NULL);
    assert_ok(f->s);
    test_recorder_clear(f->recorder);
    assert_ptr_equal(weft_get(f->s, Entry, 4), changed.items[0]);
    assert_true(TEST_NO_STATEMENTS(f->recorder));
    assert_string_equal(changed.items[0]->note, "new");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(texts_stand_among_dates_and_timestamps),   ON_BOTH(arrays_of_numbers_stand_for_enums),
        ON_BOTH(enums_of_the_database_stand_beside_texts), ON_BOTH(arrays_stand_alone),
        ON_BOTH(what_is_no_value_of_its_place_is_refused), ON_BOTH(what_no_assignment_converts_is_refused),
        ON_BOTH(what_is_deleted_by_text_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
