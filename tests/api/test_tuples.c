/* Several values compared as one: pages by what orders them, equality of pairs. */
#include "support/fixture.h"

WEFT_DECLARE(Post);
struct Post {
    int64_t id;
    weft_timestamp created;
    weft_decimal price;
    const char *title;
    weft_opt_int32 stars;
    double score;
};
WEFT_MODEL(Post, "post", WEFT_COLUMN(Post, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Post, created),
           WEFT_COLUMN(Post, price, .precision = 10, .scale = 2), WEFT_COLUMN(Post, title), WEFT_COLUMN(Post, stars),
           WEFT_COLUMN(Post, score));
WEFT_METADATA(models, &Post_model);
FIXTURE_MODELS(models);

#define C(f) weft_col(Post, f)
enum { POSTS = 17 };
static const char *const prices[] = {"9.50", "10.00", "-1.00", "100.25"};
static const char *const titles[] = {"a", "b", "c"};

static void add_posts(weft_session *s)
{
    for (int i = 0; i < POSTS; i++)
        (void)weft_new(s, Post, .id = i, .created = {INT64_C(3600000000) * (i * 7 % 5)}, .price = {prices[i % 4]},
                       .title = titles[i % 3], .stars = {i % 3 != 0, i % 2}, .score = i / 4.0);
    commit_ok(s);
}

static Post_list page(weft_session *s, const Post *last, int64_t size, bool down)
{
    const weft_expr *after =
        last == NULL ? &weft_true
        : down       ? weft_op(weft_tuple(C(created), C(id)), "<", weft_tuple(weft_val(last->created), weft_val(last->id)))
                     : weft_op(weft_tuple(C(price), C(title), C(id)), ">",
                               weft_tuple(weft_val(last->price), weft_val(last->title), weft_val(last->id)));
    Post_list list = weft_query(s, Post, .where = after, .limit = size,
                                .order_by = down ? weft_order(weft_desc(Post, created), weft_desc(Post, id))
                                                 : weft_order(weft_asc(Post, price), weft_asc(Post, title), weft_asc(Post, id)));
    assert_ok(s);
    return list;
}

static void pages_follow_each_other_without_gaps(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_posts(s);
    for (int down = 0; down < 2; down++) {
        Post_list all = page(s, NULL, 0, down);
        assert_int_equal(all.count, POSTS);
        for (int64_t size = 1; size < 8; size += 3) {
            const Post *last = NULL;
            size_t at = 0;
            for (Post_list list; (list = page(s, last, size, down)).count > 0; last = list.items[list.count - 1])
                for (size_t i = 0; i < list.count; i++)
                    assert_ptr_equal(list.items[i], all.items[at++]);
            assert_int_equal(at, POSTS);
        }
    }
    assert_non_null(strstr(fixture_last_sql(f), f->postgres ? "WHERE (post.created, post.id) < ($1, $2) ORDER BY"
                                                            : "WHERE (post.created, post.id) < (?1, ?2) ORDER BY"));
    (void)page(s, page(s, NULL, 1, false).items[0], 1, false);
    assert_non_null(
        strstr(fixture_last_sql(f), f->postgres ? "WHERE (post.price, post.title, post.id) > ($1, $2, $3) ORDER BY"
                                                : "WHERE (post.price COLLATE WEFT_DECIMAL, post.title, post.id) > (?1, ?2, ?3)"));
}

/* As many as a loop finds by comparing one after the other. */
static void the_first_that_differ_decide(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_posts(s);
    static const char *const names[] = {"<", "<=", ">", ">=", "=", "<>"};
    for (size_t o = 0; o < 6; o++)
        for (int i = 0; i < POSTS; i += 5)
            for (int second = 0; second < 3; second++) {
                int64_t expected = 0;
                for (int p = 0; p < POSTS; p++) {
                    const double a = strtod(prices[p % 4], NULL), b = strtod(prices[i % 4], NULL);
                    const int order = a < b ? -1 : a > b ? 1 : p % 3 - second;
                    expected += o == 0   ? order < 0
                                : o == 1 ? order <= 0
                                : o == 2 ? order > 0
                                : o == 3 ? order >= 0
                                : o == 4 ? order == 0
                                         : order != 0;
                }
                weft_builder *builder = weft_builder_new();
                const weft_expr *sides[] = {weft_tuple(C(price), C(title)),
                                            weft_tuple(weft_val(((weft_decimal){prices[i % 4]})), weft_val(titles[second]))};
                assert_int_equal(weft_count_of(s, Post, .where = weft_builder_node(builder, WEFT_EXPR_OP, names[o], sides, 2)),
                                 expected);
                assert_ok(s);
                weft_builder_free(builder);
            }
}

static void pairs_are_compared_as_single_values_are(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_posts(s);
    const weft_opt_int32 none = {0};
    for (int run = 0; run < 2; run++) {
        const weft_expr *null = weft_op(weft_tuple(C(stars), C(title)), "=", weft_tuple(weft_val(none), weft_val("a")));
        assert_int_equal(weft_count_of(s, Post, .where = null), 6);
        assert_int_equal(weft_count_of(s, Post, .where = weft_not(null)), POSTS - 6);
        assert_int_equal(weft_count_of(s, Post,
                                       .where = weft_op(weft_tuple(C(stars), C(title)), "<>",
                                                        weft_tuple(weft_val(none), weft_val("a")))),
                         POSTS - 6);
        /* A NULL is neither before nor behind. */
        assert_int_equal(weft_count_of(s, Post,
                                       .where = weft_op(weft_tuple(C(stars), C(id)), "<", weft_tuple(weft_val(none), weft_val(3)))),
                         0);
        assert_int_equal(weft_count_of(s, Post,
                                       .where = weft_op(weft_tuple(C(stars), C(id)), ">=", weft_tuple(weft_val(0), weft_val(0)))),
                         11);
    }
    assert_ok(s);
    /* Other columns, decimals of other spellings, a date beside timestamps. */
    weft_alias(Other, Post);
    assert_int_equal(weft_count_of(s, Post,
                                   .where = weft_exists_in(
                                       weft_select(.from = weft_from(Other),
                                                   .where = weft_op(weft_tuple(weft_col(Other, price), weft_col(Other, id)), ">",
                                                                    weft_tuple(C(price), C(id)))))),
                     POSTS - 1);
    assert_int_equal(weft_count_of(s, Post,
                                   .where = weft_op(weft_tuple(C(price), C(id)), ">",
                                                    weft_tuple(weft_val(((weft_decimal){"100.2500"})), weft_val(10)))),
                     2);
    assert_int_equal(weft_count_of(s, Post,
                                   .where = weft_op(weft_tuple(C(created), C(id)),
                                                    ">=", weft_tuple(weft_val(((weft_date){0})), weft_val(0)))),
                     POSTS);
    assert_int_equal(weft_count_of(s, Post,
                                   .where = weft_op(weft_tuple(C(price), C(id)), "<", weft_tuple(weft_val(10), weft_val(5)))),
                     10);
    assert_ok(s);
}

typedef struct Wanted {
    int64_t id;
    weft_decimal price;
    const char *title;
    weft_date day;
    double score;
} Wanted;
WEFT_ROW(Wanted, WEFT_FIELD(Wanted, id), WEFT_FIELD(Wanted, price), WEFT_FIELD(Wanted, title), WEFT_FIELD(Wanted, day),
         WEFT_FIELD(Wanted, score));

/* As many as a loop finds; decimals by number, dates beside timestamps as their midnight, whole numbers beside reals. */
/* As single values are: a whole number of 64 bits or a decimal beside a floating-point number becomes one. */
static void floating_point_numbers_stand_beside_others(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_new(s, Post, .id = INT64_C(9007199254740993), .price = {"1.50"}, .title = "a", .stars = {true, 2}, .score = 1.5);
    (void)weft_new(s, Post, .id = 1, .price = {"2.00"}, .title = "b", .stars = {true, 1}, .score = 9007199254740992.0);
    commit_ok(s);
    const weft_expr *one = weft_val(1), *real = weft_val(9007199254740992.0);
    const struct {
        const weft_expr *a, *b;
        const char *less, *more; /* the titles of those where (a, 1) < (b, 1), and where (b, 1) <= (a, 1) */
    } cases[] = {
        {C(id), C(score), "b", "a"},
        {C(score), C(id), "a", "b"},
        {C(stars), C(score), "b", "a"},
        {C(price), C(score), "b", "a"},
        {C(score), C(price), "", "ab"},
        {C(id), real, "b", "a"},
        {real, C(id), "", "ab"},
        {C(price), weft_val(1.75), "a", "b"},
        {weft_val(INT64_C(9007199254740993)), C(score), "", "ab"},
        {weft_val((weft_decimal){"1.6"}), C(score), "b", "a"},
        {C(score), weft_val(2), "a", "b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int more = 0; more < 2; more++) {
            const weft_expr *a = more ? cases[i].b : cases[i].a, *b = more ? cases[i].a : cases[i].b;
            const weft_expr *e =
                more ? weft_op(weft_tuple(a, one), "<=", weft_tuple(b, one)) : weft_op(weft_tuple(a, one), "<", weft_tuple(b, one));
            char found[8] = "";
            weft_each (Post, post, weft_query(s, Post, .where = e, .order_by = weft_order(weft_asc(Post, title))))
                (void)strncat(found, post->title, 1);
            assert_ok(s);
            if (strcmp(found, more ? cases[i].more : cases[i].less) != 0)
                fail_msg("case %zu, %s: %s", i, more ? "<=" : "<", found);
        }
}

static void pairs_are_looked_for_among_rows(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_posts(s);
    const Wanted list[] = {{.id = 0, .price = {"9.5"}, .title = "a", .day = {0}, .score = 0},
                           {.id = 1, .price = {"10"}, .title = "b", .day = {0}, .score = 1},
                           {.id = 2, .price = {"-1.000"}, .title = "b", .day = {1}, .score = 2},
                           {.id = 9, .price = {"1e1"}, .title = "a", .day = {5}, .score = 2.25}};
    weft_values_of(Wanted, list, 4);
#define AMONG(...) weft_select(.from = weft_from(Wanted), .columns = weft_columns(__VA_ARGS__))
    const weft_expr *const by_price =
        weft_in_query(weft_tuple(C(id), C(price)), AMONG(weft_col(Wanted, id), weft_col(Wanted, price)));
    assert_int_equal(weft_count_of(s, Post, .where = by_price), 4);
    const weft_expr *const by_title =
        weft_in_query(weft_tuple(C(title), C(id)), AMONG(weft_col(Wanted, title), weft_col(Wanted, id)));
    assert_int_equal(weft_count_of(s, Post, .where = by_title), 3);
    assert_int_equal(weft_count_of(s, Post, .where = weft_not(by_title)), POSTS - 3);
    assert_int_equal(weft_count_of(s, Post,
                                   .where = weft_not_in_query(weft_tuple(C(title), C(id)),
                                                              AMONG(weft_col(Wanted, title), weft_col(Wanted, id)))),
                     POSTS - 3);
    /* 0 was created at midnight of day 0, as 5, 10 and 15 were */
    assert_int_equal(weft_count_of(s, Post,
                                   .where = weft_in_query(weft_tuple(C(created), C(id)),
                                                          AMONG(weft_col(Wanted, day), weft_col(Wanted, id)))),
                     1);
    assert_int_equal(weft_count_of(s, Post,
                                   .where = weft_in_query(weft_tuple(C(score), C(id)),
                                                          AMONG(weft_col(Wanted, score), weft_col(Wanted, id)))),
                     2);
    assert_int_equal(weft_count_of(s, Post,
                                   .where = weft_in_query(weft_tuple(C(id), C(id)),
                                                          AMONG(weft_col(Wanted, score), weft_col(Wanted, id)))),
                     3);
    assert_int_equal(weft_count_of(s, Post,
                                   .where = weft_in_query(weft_tuple(weft_val(9), weft_val(((weft_decimal){"10.0"}))),
                                                          AMONG(weft_col(Wanted, id), weft_col(Wanted, price)))),
                     POSTS);
    assert_ok(s);
    (void)weft_query(s, Post,
                     .where = weft_in_query(weft_tuple(C(id), C(title)), AMONG(weft_col(Wanted, id), weft_col(Wanted, price))));
    assert_message(s, "IN has a text on its left and a number on its right");
    assert_refused(s, WEFT_ERROR_TYPE);
#undef AMONG
}

static void mistakes_name_the_tuple(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)fixture_statements(f);
    const struct {
        const weft_expr *where;
        const char *message;
        weft_status status;
    } cases[] = {
        {weft_op(weft_tuple(C(id), C(title)), "<", weft_val(1)), "a weft_tuple is compared with another weft_tuple",
         WEFT_ERROR_MISUSE},
        {weft_op(weft_tuple(C(id), C(title)), "+", weft_tuple(C(id), C(title))), "not by +", WEFT_ERROR_MISUSE},
        {weft_op(weft_tuple(C(id), C(title)), "<", weft_tuple(C(id))), "a weft_tuple of 2 values stands beside one of 1",
         WEFT_ERROR_MISUSE},
        {weft_op(weft_tuple(C(id), C(title)), "<", weft_tuple(C(title), C(id))),
         "< has a number on its left and a text on its right", WEFT_ERROR_TYPE},
        {weft_and(weft_tuple(C(id), C(title))), "weft_tuple (op", WEFT_ERROR_MISUSE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)weft_query(s, Post, .where = cases[i].where);
        assert_message(s, cases[i].message);
        assert_refused(s, cases[i].status);
    }
    assert_int_equal(fixture_statements(f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(pages_follow_each_other_without_gaps),    ON_BOTH(the_first_that_differ_decide),
        ON_BOTH(pairs_are_compared_as_single_values_are), ON_BOTH(floating_point_numbers_stand_beside_others),
        ON_BOTH(pairs_are_looked_for_among_rows),         ON_BOTH(mistakes_name_the_tuple),
    };
    return cmocka_run_group_tests_name("tuples", tests, NULL, NULL);
}
