/* Enums in expressions: of types of the database's own, of different ones, and of texts, side by side. What comes back is compared
 * with the names themselves. */
#include "support/fixture.h"

typedef enum phase { PHASE_OPEN, PHASE_DONE, PHASE_LOST } phase;
static const char *const phases[] = {"open", "done", "lost"};
WEFT_DECLARE(Stage);
struct Stage {
    int64_t id;
    phase a, b, plain;
    const char *word;
};
WEFT_MODEL(Stage, "stage", WEFT_COLUMN(Stage, id, .primary_key = true, .not_generated = true),
           WEFT_ENUM(Stage, a, phases, .native_enum = "phase"), WEFT_ENUM(Stage, b, phases, .native_enum = "other_phase"),
           WEFT_ENUM(Stage, plain, phases), WEFT_COLUMN(Stage, word));
WEFT_METADATA(models, &Stage_model);
FIXTURE_MODELS(models);

#define C(f) weft_col(Stage, f)
#define LIST(...) weft_columns(__VA_ARGS__)

typedef struct Text {
    const char *text;
} Text;
WEFT_ROW(Text, WEFT_FIELD(Text, text));
typedef struct Number {
    int64_t id;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, id));

enum { STAGES = 5 };
static const int as[STAGES] = {0, 1, 2, 1, 0}, bs[STAGES] = {2, 1, 0, 2, 0}, plains[STAGES] = {2, 1, 2, 0, 1};
static const char *const words[STAGES] = {"open", "x", "lost", "done", ""};

static void add_stages(weft_session *s)
{
    for (int i = 0; i < STAGES; i++)
        (void)weft_new(s, Stage, .id = i, .a = (phase)as[i], .b = (phase)bs[i], .plain = (phase)plains[i], .word = words[i]);
    commit_ok(s);
}

static const char *a_of(int i) { return phases[as[i]]; }
static const char *b_of(int i) { return phases[bs[i]]; }
static const char *plain_of(int i) { return phases[plains[i]]; }

/* What an expression gives, with - for NULL, and what each row should. */
static void check_texts(weft_session *s, const weft_expr *e, const char *const expected[STAGES])
{
    Text_list list = weft_rows(s, Text, .from = weft_from(Stage), .columns = LIST(e), .order_by = weft_order(weft_asc(Stage, id)));
    assert_ok(s);
    assert_int_equal(list.count, STAGES);
    for (int i = 0; i < STAGES; i++) {
        assert_true((list.items[i]->text == NULL) == (expected[i] == NULL));
        if (expected[i] != NULL)
            assert_string_equal(list.items[i]->text, expected[i]);
    }
}

/* The rows for which a condition holds, as bits. */
static void check_rows(weft_session *s, const weft_expr *condition, unsigned expected)
{
    unsigned found = 0;
    Number_list list = weft_rows(s, Number, .from = weft_from(Stage), .columns = LIST(C(id)), .where = condition);
    assert_ok(s);
    for (size_t i = 0; i < list.count; i++)
        found |= 1u << list.items[i]->id;
    assert_int_equal(found, expected);
}

/* b where it is not open, which NULL stands for. */
static const char *known_of(int i) { return bs[i] != PHASE_OPEN ? b_of(i) : NULL; }
#define KNOWN weft_fn("nullif", C(b), weft_val("open"))

#define EACH(e) \
    for (int i = 0; i < STAGES; i++) \
    expected[i] = (e)

static void one_of_several_is_chosen(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const char *expected[STAGES];
    add_stages(s);
    EACH(known_of(i) != NULL ? known_of(i) : a_of(i));
    check_texts(s, weft_coalesce(KNOWN, C(a)), expected);
    assert_string_equal(
        fixture_last_sql(f),
        f->postgres ? "SELECT coalesce(CAST(nullif(stage.b, $1) AS text), CAST(stage.a AS text)) FROM stage ORDER BY stage.id"
                    : "SELECT coalesce(nullif(stage.b, ?1), stage.a) FROM stage ORDER BY stage.id");
    EACH(known_of(i) != NULL ? known_of(i) : plain_of(i));
    check_texts(s, weft_coalesce(KNOWN, C(plain)), expected);
    EACH(known_of(i) != NULL ? known_of(i) : words[i]);
    check_texts(s, weft_coalesce(KNOWN, C(word)), expected);
    EACH(known_of(i) != NULL ? known_of(i) : "lost");
    check_texts(s, weft_coalesce(KNOWN, weft_val("lost")), expected);
    EACH(strcmp(b_of(i), a_of(i)) == 0 ? NULL : a_of(i));
    check_texts(s, weft_fn("nullif", C(a), C(b)), expected);
    EACH(strcmp(plain_of(i), a_of(i)) == 0 ? NULL : plain_of(i));
    check_texts(s, weft_fn("nullif", C(plain), C(a)), expected);
    EACH(i > 2 ? a_of(i) : i > 1 ? b_of(i) : i > 0 ? words[i] : "done");
    check_texts(s,
                weft_case(weft_gt(Stage, id, 2), C(a), weft_gt(Stage, id, 1), C(b), weft_gt(Stage, id, 0), C(word),
                          weft_val("done")),
                expected);
    EACH(i > 2 ? a_of(i) : "done");
    check_texts(s, weft_case(weft_gt(Stage, id, 2), C(a), weft_val(1)), expected);
    EACH(i > 2 ? a_of(i) : plain_of(i));
    check_texts(s, weft_case(weft_gt(Stage, id, 2), C(a), weft_case(weft_gt(Stage, id, 7), C(b), C(plain))), expected);
}

static void what_is_chosen_is_compared(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_stages(s);
    unsigned same = 0, done = 0, plain = 0, between = 0, symmetric = 0;
    for (int i = 0; i < STAGES; i++) {
        const char *chosen = known_of(i) != NULL ? known_of(i) : a_of(i);
        same |= (unsigned)(strcmp(chosen, a_of(i)) == 0) << i;
        done |= (unsigned)(strcmp(chosen, "done") == 0) << i;
        plain |= (unsigned)(strcmp(chosen, plain_of(i)) == 0) << i;
        const bool up = strcmp(a_of(i), b_of(i)) >= 0 && strcmp(a_of(i), plain_of(i)) <= 0,
                   down = strcmp(a_of(i), b_of(i)) <= 0 && strcmp(a_of(i), plain_of(i)) >= 0;
        between |= (unsigned)up << i;
        symmetric |= (unsigned)(up || down) << i;
    }
    const weft_expr *chosen = weft_coalesce(KNOWN, C(a));
    check_rows(s, weft_op(chosen, "=", C(a)), same);
    check_rows(s, weft_op(C(a), "=", chosen), same);
    check_rows(s, weft_op(chosen, "=", weft_val("done")), done);
    check_rows(s, weft_op(chosen, "=", C(plain)), plain);
    check_rows(s, weft_between(C(a), C(b), C(plain)), between);
    check_rows(s, weft_between_symmetric(C(a), C(b), C(plain)), symmetric);
    const weft_rows_options *all = weft_select(.from = weft_from(Stage), .columns = LIST(C(plain)), .where = weft_eq(Stage, id, 3));
    check_rows(s, weft_op(C(a), "=", weft_any_of(all)), 0x11);
    check_rows(s, weft_op(C(a), "<>", weft_all_of(all)), 0xe);
    check_rows(s, weft_op(C(a), "=", weft_any_item(((const char *const[]){"open", "lost"}), 2)), 0x15);
}

/* In tuples, whose values the database compares pair by pair, and as what stands in for a row that is not there. */
static void enums_of_several_types_stand_side_by_side(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const char *expected[STAGES];
    add_stages(s);
    unsigned less = 0, equal = 0, words_less = 0;
    for (int i = 0; i < STAGES; i++) {
        less |= (unsigned)(strcmp(a_of(i), b_of(i)) <= 0) << i;
        equal |= (unsigned)(strcmp(a_of(i), plain_of(i)) == 0) << i;
        words_less |= (unsigned)(strcmp(words[i], b_of(i)) < 0) << i;
    }
    check_rows(s, weft_op(weft_tuple(C(a), C(id)), "<=", weft_tuple(C(b), C(id))), less);
    check_rows(s, weft_op(weft_tuple(C(a), C(id)), "=", weft_tuple(C(plain), C(id))), equal);
    check_rows(s, weft_op(weft_tuple(C(word), C(id)), "<", weft_tuple(C(b), C(id))), words_less);
    EACH(i > 0 ? a_of(i - 1) : b_of(i));
    check_texts(s, weft_over(weft_lag(C(a), weft_val(1), C(b)), .order_by = weft_order(weft_asc(Stage, id))), expected);
    EACH(i > 0 ? plain_of(i - 1) : a_of(i));
    check_texts(s, weft_over(weft_lag(C(plain), weft_val(1), C(a)), .order_by = weft_order(weft_asc(Stage, id))), expected);
    EACH(i < STAGES - 1 ? b_of(i + 1) : "open");
    check_texts(s, weft_over(weft_lead(C(b), weft_val(1), weft_val("open")), .order_by = weft_order(weft_asc(Stage, id))),
                expected);
}

static void enums_are_texts_to_functions(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const char *expected[STAGES];
    char room[STAGES][64];
    add_stages(s);
    EACH((snprintf(room[i], sizeof room[i], "%s%s", a_of(i), plain_of(i)), room[i]));
    check_texts(s, weft_op(C(a), "||", C(plain)), expected);
    EACH((snprintf(room[i], sizeof room[i], "%s-%s", a_of(i), b_of(i)), room[i]));
    check_texts(s, weft_op(weft_op(C(a), "||", weft_val("-")), "||", C(b)), expected);
    static const char *const large[] = {"OPEN", "DONE", "LOST"};
    EACH(large[as[i]]);
    check_texts(s, weft_upper(C(a)), expected);
    EACH((snprintf(room[i], sizeof room[i], "%.2s", a_of(i)), room[i]));
    check_texts(s, weft_fn("substr", C(a), weft_val(1), weft_val(2)), expected);
    check_rows(s, weft_op(weft_fn("length", C(a)), "=", weft_val(4)), 0x1f);
    weft_builder *builder = weft_builder_new();
    check_rows(s, weft_builder_compare(builder, WEFT_EXPR_LIKE, &Stage_model, "a", weft_value_text("o%")), 0x11);
    check_rows(s, weft_builder_compare(builder, WEFT_EXPR_CONTAINS, &Stage_model, "b", weft_value_text("on")), 0x2);
    check_rows(s, weft_builder_compare(builder, WEFT_EXPR_NOT_LIKE, &Stage_model, "a", weft_value_text("o%")), 0xe);
    check_rows(s, weft_builder_compare(builder, WEFT_EXPR_ILIKE, &Stage_model, "a", weft_value_text("O%")), 0x11);
    weft_builder_free(builder);
    check_rows(s, weft_op(C(a), "LIKE", weft_val("%st")), 0x4);
    Text_list all =
        weft_rows(s, Text, .from = weft_from(Stage),
                  .columns = LIST(weft_ordered(weft_string_agg(weft_distinct(C(a)), weft_val(",")), weft_desc(Stage, a))));
    assert_ok(s);
    assert_string_equal(all.items[0]->text, "open,lost,done");
    all = weft_rows(s, Text, .from = weft_from(Stage),
                    .columns = LIST(weft_ordered(weft_string_agg(C(b), weft_val(",")), weft_asc(Stage, id))));
    assert_ok(s);
    assert_string_equal(all.items[0]->text, "lost,done,open,lost,open");
    Text_list most = weft_rows(s, Text, .from = weft_from(Stage), .columns = LIST(weft_mode(weft_asc(Stage, plain))));
    assert_ok(s);
    assert_string_equal(most.items[0]->text, "done");
    most = weft_rows(s, Text, .from = weft_from(Stage), .columns = LIST(weft_mode(weft_asc(Stage, a))),
                     .where = weft_op(C(a), "<>", weft_val("open")));
    assert_ok(s);
    assert_string_equal(most.items[0]->text, "done");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(one_of_several_is_chosen),
        ON_BOTH(what_is_chosen_is_compared),
        ON_BOTH(enums_of_several_types_stand_side_by_side),
        ON_BOTH(enums_are_texts_to_functions),
    };
    return cmocka_run_group_tests_name("enums", tests, NULL, NULL);
}
