/* Enums among the fields of plain structs: rows of queries and of text, parameters, rows of the program's, CTEs, lateral subqueries
 * and items of arrays. The field has the number, SQL the name. */
#include "support/fixture.h"

typedef enum tone { LOW, MIDDLE, HIGH } tone;
static const char *const tones[] = {"low", "it's", "high"};
static const char *const holes[] = {[0] = "low", [2] = "high"};

WEFT_DECLARE(Note);
struct Note {
    int64_t id;
    tone kind;
    weft_opt_int32 other;
    weft_opt_int32 native;
    weft_array_int32 list;
    const char *word;
};
WEFT_MODEL(Note, "note", WEFT_COLUMN(Note, id, .primary_key = true, .not_generated = true), WEFT_ENUM(Note, kind, tones),
           WEFT_ENUM(Note, other, tones), WEFT_ENUM(Note, native, tones, .native_enum = "note_tone"),
           WEFT_ENUM(Note, list, tones, .nullable = true), WEFT_COLUMN(Note, word));
WEFT_METADATA(models, &Note_model);
FIXTURE_MODELS(models);

typedef struct Line {
    int64_t id;
    tone kind;
    weft_opt_int32 other, native;
    weft_array_int32 list;
} Line;
WEFT_ROW(Line, WEFT_FIELD(Line, id), WEFT_ENUM(Line, kind, tones), WEFT_ENUM(Line, other, tones), WEFT_ENUM(Line, native, tones),
         WEFT_ENUM(Line, list, tones));
typedef struct Pair {
    int64_t id;
    tone kind;
    weft_opt_int32 other;
} Pair;
WEFT_ROW(Pair, WEFT_FIELD(Pair, id), WEFT_ENUM(Pair, kind, tones), WEFT_ENUM(Pair, other, tones));
typedef struct Plain {
    int64_t id;
    tone kind;
} Plain;
WEFT_ROW(Plain, WEFT_FIELD(Plain, id), WEFT_FIELD(Plain, kind));
typedef struct Gap {
    int64_t id;
    tone kind;
} Gap;
WEFT_ROW(Gap, WEFT_FIELD(Gap, id), WEFT_ENUM(Gap, kind, holes));
typedef struct Item {
    tone value;
} Item;
WEFT_ROW(Item, WEFT_ENUM(Item, value, tones));
typedef struct Wanted {
    tone kind;
    weft_opt_int32 other;
} Wanted;
WEFT_ROW(Wanted, WEFT_ENUM(Wanted, kind, tones), WEFT_ENUM(Wanted, other, tones));
WEFT_PARAMETERS(Wanted);
typedef struct Text {
    int64_t id;
    const char *kind;
} Text;
WEFT_ROW(Text, WEFT_FIELD(Text, id), WEFT_FIELD(Text, kind));

#define C(f) weft_col(Note, f)
#define LINE weft_columns(C(id), C(kind), C(other), C(native), C(list))

static void notes_are_there(fixture *f)
{
    (void)weft_new(f->s, Note, .id = 1, .kind = HIGH, .other = weft_some(LOW), .native = weft_some(MIDDLE),
                   .list = weft_int32s(HIGH, LOW), .word = "high");
    (void)weft_new(f->s, Note, .id = 2, .kind = LOW, .word = "none");
    (void)weft_new(f->s, Note, .id = 3, .kind = MIDDLE, .other = weft_some(MIDDLE), .native = weft_some(HIGH),
                   .list = weft_int32s(MIDDLE), .word = "it's");
    commit_ok(f->s);
}

static void assert_lines(weft_session *s, Line_list lines)
{
    static const int32_t first[] = {HIGH, LOW};
    assert_ok(s);
    assert_int_equal(lines.count, 3);
    const Line *a = lines.items[0], *b = lines.items[1], *c = lines.items[2];
    assert_true(a->id == 1 && a->kind == HIGH && a->other.set && a->other.value == LOW && a->native.value == MIDDLE);
    assert_int_equal(a->list.count, 2);
    assert_memory_equal(a->list.items, first, sizeof first);
    assert_true(b->id == 2 && b->kind == LOW && !b->other.set && !b->native.set && b->list.items == NULL);
    assert_true(c->id == 3 && c->kind == MIDDLE && c->other.value == MIDDLE && c->native.value == HIGH && c->list.count == 1);
}

static void rows_have_the_numbers(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    notes_are_there(f);
    for (int i = 0; i < 2; i++) {
        assert_lines(s, weft_rows(s, Line, .from = weft_from(Note), .columns = LINE, .order_by = weft_asc(Note, id)));
        assert_lines(s, weft_text_rows(s, Line, "SELECT list, native, other, kind, id FROM note ORDER BY id", NULL));
    }
    Text_list texts =
        weft_rows(s, Text, .from = weft_from(Note), .columns = weft_columns(C(id), C(kind)), .order_by = weft_asc(Note, id));
    assert_int_equal(texts.count, 3);
    assert_string_equal(texts.items[2]->kind, "it's");
    rollback_ok(s);

    weft_connection *c = NULL;
    weft_error error = {0};
    weft_result *result = NULL;
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    Pair pair;
    int seen = 0;
    assert_error(weft_connection_select(c,
                                        weft_select(.from = weft_from(Note), .columns = weft_columns(C(id), C(kind), C(other)),
                                                    .order_by = weft_asc(Note, id), .stream = true),
                                        &result, &error),
                 WEFT_OK, &error);
    while (weft_result_next(result, &error)) {
        assert_error(weft_result_into(result, &Pair_row, &pair, &error), WEFT_OK, &error);
        seen += (int)pair.id * 100 + (int)pair.kind * 10 + pair.other.set;
    }
    assert_error(error.status, WEFT_OK, &error);
    assert_int_equal(seen, 121 + 200 + 311);
    weft_result_close(result);
    weft_connection_close(c);
}

WEFT_STATEMENT(by_kind, Pair, Wanted, .from = weft_from(Note), .columns = weft_columns(C(id), C(kind), C(other)),
               .where = weft_eq_col(Note, kind, Wanted, kind), .order_by = weft_asc(Note, id));
WEFT_STATEMENT(by_word, Pair, Wanted, .from = weft_from(Note),
               .columns = weft_columns(C(id), weft_param(Wanted, kind), weft_param(Wanted, other)),
               .where = weft_op(C(word), "=", weft_param(Wanted, kind)));
WEFT_CHANGE(set_other, Wanted,
            weft_updated(Note,
                         .set = weft_sets(weft_to_param(Note, other, Wanted, other), weft_to_param(Note, native, Wanted, other)),
                         .where = weft_eq_col(Note, kind, Wanted, kind)));

static void parameters_have_the_numbers(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    notes_are_there(f);
    for (int i = 0; i < 2; i++) {
        Pair_list found = weft_run(s, by_kind, .kind = MIDDLE);
        assert_ok(s);
        assert_int_equal(found.count, 1);
        assert_true(found.items[0]->id == 3 && found.items[0]->kind == MIDDLE);
        found = weft_run(s, by_word, .kind = MIDDLE, .other = weft_some(HIGH));
        assert_ok(s);
        assert_int_equal(found.count, 1);
        assert_true(found.items[0]->id == 3 && found.items[0]->kind == MIDDLE && found.items[0]->other.value == HIGH);
        found = weft_run(s, by_word, .kind = HIGH);
        assert_ok(s);
        assert_true(found.count == 1 && found.items[0]->id == 1 && !found.items[0]->other.set);
    }
    int64_t changed = 0;
    assert_call(s, weft_change(s, set_other, &changed, .kind = LOW, .other = weft_some(MIDDLE)), WEFT_OK);
    assert_call(s, weft_change(s, set_other, &changed, .kind = HIGH), WEFT_OK);
    commit_ok(s);
    assert_rows(f, "SELECT id, other, native FROM note ORDER BY id", "1|NULL|NULL\n2|it's|it's\n3|it's|high");
    (void)weft_run(s, by_kind, .kind = (tone)7);
    assert_message(s, "by_kind: the parameter Wanted.kind is none of its enum's 3 values");
    assert_refused(s, WEFT_ERROR_TYPE);
}

static void rows_of_the_programs_have_names(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    notes_are_there(f);
    static const int32_t two[] = {HIGH, MIDDLE};
    const Pair pairs[] = {{.id = 10, .kind = HIGH},
                          {.id = 11, .kind = MIDDLE, .other = weft_some(HIGH)},
                          {.id = 12, .kind = HIGH, .other = weft_some(LOW)}};
    for (int count = 3; count > 1; count--) { /* one shape */
        weft_values_as(Given, Pair, pairs, (size_t)count);
        Pair_list back = weft_rows(s, Pair, .from = weft_from(Given),
                                   .columns = weft_columns(weft_col(Given, id), weft_col(Given, kind), weft_col(Given, other)),
                                   .order_by = weft_asc(Given, id));
        assert_ok(s);
        assert_int_equal(back.count, count);
        assert_true(back.items[1]->kind == MIDDLE && back.items[1]->other.value == HIGH && !back.items[0]->other.set);
        Pair_list joined =
            weft_rows(s, Pair, .from = weft_from(Note), .joins = weft_join_on(Given, weft_eq_col(Note, kind, Given, kind)),
                      .columns =
                          weft_columns(weft_op(C(id), "+", weft_col(Given, id)), weft_col(Given, kind), weft_col(Given, other)),
                      .where = weft_or(weft_eq(Given, kind, HIGH), weft_in(Given, other, two, 2)), .order_by = weft_asc(Given, id));
        assert_ok(s);
        assert_int_equal(joined.count, count);
        assert_true(joined.items[0]->id == 11 && joined.items[1]->id == 14 && joined.items[1]->kind == MIDDLE);
    }
    const Pair wrong[] = {{.id = 1, .kind = (tone)3}};
    weft_values_as(Wrong, Pair, wrong, 1);
    (void)weft_rows(s, Pair, .from = weft_from(Wrong),
                    .columns = weft_columns(weft_col(Wrong, id), weft_col(Wrong, kind), weft_col(Wrong, other)));
    assert_message(s, "kind");
    assert_refused(s, WEFT_ERROR_TYPE);
    const Gap gaps[] = {{.id = 1, .kind = HIGH}, {.id = 2, .kind = MIDDLE}};
    for (size_t count = 1; count <= 2; count++) {
        weft_values_as(Gaps, Gap, gaps, count);
        Gap_list found =
            weft_rows(s, Gap, .from = weft_from(Gaps), .columns = weft_columns(weft_col(Gaps, id), weft_col(Gaps, kind)));
        if (count == 1)
            assert_true(found.count == 1 && found.items[0]->kind == HIGH);
        else
            assert_refused(s, WEFT_ERROR_TYPE);
    }
}

static void queries_within_queries_have_them(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    notes_are_there(f);
    const weft_rows_options *all = weft_select(.from = weft_from(Note), .columns = LINE);
    weft_subselect_as(Inner, Line, all);
    weft_cte_as(Common, Line, .query = all);
    weft_subselect_as(Both, Line,
                      weft_union_all(all, weft_select(.from = weft_from(Note), .columns = LINE, .where = weft_lt(Note, id, 0))));
    for (int i = 0; i < 2; i++) {
        assert_lines(s, weft_rows(s, Line, .from = weft_from(Inner), .order_by = weft_asc(Inner, id)));
        assert_lines(s, weft_rows(s, Line, .from = weft_from(Common), .order_by = weft_asc(Common, id)));
        assert_lines(s, weft_rows(s, Line, .from = weft_from(Both), .order_by = weft_asc(Both, id)));
        Line_list some = weft_rows(s, Line, .from = weft_from(Inner),
                                   .where = weft_and(weft_eq(Inner, kind, i == 0 ? HIGH : MIDDLE), weft_ne(Inner, native, LOW)));
        assert_ok(s);
        assert_int_equal(some.count, 1);
        assert_int_equal(some.items[0]->id, i == 0 ? 1 : 3);
        some = weft_rows(s, Line, .from = weft_from(Common), .where = weft_array_has(Common, list, MIDDLE));
        assert_ok(s);
        assert_true(some.count == 1 && some.items[0]->id == 3);
        Item_list items;
        weft_unnest(Item, C(list));
        items = weft_rows(s, Item, .from = weft_from(Note), .joins = weft_cross_join(Item),
                          .columns = weft_columns(weft_col(Item, value)), .where = weft_ne(Item, value, LOW),
                          .order_by = weft_asc(Note, id));
        assert_ok(s);
        assert_int_equal(items.count, 2);
        assert_true(items.items[0]->value == HIGH && items.items[1]->value == MIDDLE);
    }
    (void)weft_rows(s, Line, .from = weft_from(Inner), .where = weft_eq(Inner, kind, (tone)9));
    assert_message(s, "Inner.kind: the value is none of the enum's");
    assert_refused(s, WEFT_ERROR_TYPE);
}

static void numbers_are_results_in_whatever_place(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    notes_are_there(f);
    const weft_expr *high = weft_val_like(Note, kind, HIGH), *first = weft_eq(Note, id, 1);
    const struct {
        const weft_expr *e;
        int numbers[3]; /* -1: NULL */
    } cases[] = {
        {weft_case(first, weft_val_like(Note, kind, LOW), C(kind)), {LOW, LOW, MIDDLE}},
        {weft_case(first, C(kind), high), {HIGH, HIGH, HIGH}},
        {weft_case(first, high, weft_eq(Note, id, 2), C(kind), weft_val_like(Note, kind, MIDDLE)), {HIGH, LOW, MIDDLE}},
        {weft_case(first, high, C(native)), {HIGH, -1, HIGH}},
        {weft_coalesce(C(other), high), {LOW, HIGH, MIDDLE}},
        {weft_coalesce(high, C(other)), {HIGH, HIGH, HIGH}},
        {weft_fn("nullif", high, C(kind)), {-1, HIGH, HIGH}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Pair_list found = weft_rows(s, Pair, .from = weft_from(Note), .order_by = weft_asc(Note, id),
                                    .columns = weft_columns(C(id), C(kind), cases[i].e));
        assert_ok(s);
        assert_int_equal(found.count, 3);
        for (int k = 0; k < 3; k++)
            assert_int_equal(found.items[k]->other.set ? found.items[k]->other.value : -1, cases[i].numbers[k]);
    }
    int64_t changed = 0;
    assert_call(s,
                weft_session_update(
                    s,
                    weft_update_of(Note, .set = weft_to_expr(Note, kind, weft_case(first, weft_val_like(Note, kind, LOW), C(kind))),
                                   .all = true),
                    &changed),
                WEFT_OK);
    commit_ok(s);
    assert_rows(f, "SELECT id, kind FROM note ORDER BY id", "1|low\n2|low\n3|it's");
}

static void what_is_no_name_is_refused(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    notes_are_there(f);
    (void)weft_text_rows(s, Gap, "SELECT id, kind FROM note", NULL);
    assert_message(s, "Gap.kind");
    assert_refused(s, WEFT_ERROR_DATA);
    (void)weft_text_rows(s, Gap, "SELECT 1 AS id, 'other' AS kind", NULL);
    assert_refused(s, WEFT_ERROR_DATA);
    (void)weft_text_rows(s, Gap, "SELECT 1 AS id, NULL AS kind", NULL);
    assert_refused(s, WEFT_ERROR_SCHEMA);
    (void)weft_rows(s, Plain, .from = weft_from(Note), .columns = weft_columns(C(id), C(kind)));
    assert_non_null(strstr(weft_session_error(s)->hint, "WEFT_ENUM(T, field, names)"));
    assert_refused(s, WEFT_ERROR_SCHEMA);
    Gap_list numbers = weft_text_rows(s, Gap, "SELECT 1 AS id, 2 AS kind", NULL); /* of those who keep numbers */
    assert_ok(s);
    assert_true(numbers.count == 1 && numbers.items[0]->kind == HIGH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(rows_have_the_numbers),           ON_BOTH(parameters_have_the_numbers),
        ON_BOTH(rows_of_the_programs_have_names), ON_BOTH(queries_within_queries_have_them),
        ON_BOTH(what_is_no_name_is_refused),      ON_BOTH(numbers_are_results_in_whatever_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
