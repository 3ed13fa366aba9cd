/* Nodes that outlive the block that they are written in: literals of inner blocks, copies by weft_keep in a session, a builder and
 * a room, and what a copy cannot be made of. */
#include "support/fixture.h"

WEFT_DECLARE(Star);
struct Star {
    int64_t id;
    const char *name;
    int64_t class;
    weft_bytes light;
};
WEFT_MODEL(Star, "star", WEFT_COLUMN(Star, id, .primary_key = true), WEFT_COLUMN(Star, name), WEFT_COLUMN(Star, class),
           WEFT_COLUMN(Star, light));
WEFT_METADATA(models, &Star_model);
FIXTURE_MODELS(models);

static void make_stars(fixture *f)
{
    static const char *const names[] = {"vega", "deneb", "altair"};
    for (int i = 0; i < 3; i++)
        weft_new(f->s, Star, .name = names[i], .class = i, .light = {names[i], 2});
    commit_ok(f->s);
}

static size_t count(fixture *f, const weft_expr *where) { return (size_t)weft_count_of(f->s, Star, .where = where); }

/* Writes over the stack below its caller. */
static __attribute__((noinline)) void scribble(void)
{
    volatile unsigned char room[8192];
    for (size_t i = 0; i < sizeof room; i++)
        room[i] = 0xA5;
}

#define KEEP_IN(owner, wanted, found) \
    do { \
        const weft_expr *kept[3]; \
        for (int64_t i_ = 0; i_ < 3; i_++) { \
            char name_[8] = "x"; \
            (void)snprintf(name_, sizeof name_, "%s", i_ == 0 ? "vega" : i_ == 1 ? "deneb" : "pollux"); \
            kept[i_] = weft_keep((owner), weft_and(weft_eq(Star, name, name_), weft_in(Star, class, &i_, 1), \
                                                   weft_eq(Star, light, ((weft_bytes){name_, 2})))); \
        } \
        scribble(); \
        const weft_expr *const both[] = {kept[0], kept[1], kept[2], &weft_end}; \
        assert_int_equal(count(f, &(const weft_expr){.op = WEFT_EXPR_OR, .args = both}), (wanted)); \
        (found) = count(f, kept[1]); \
    } while (0)

static void copies_live_as_long_as_their_owner(void **state)
{
    fixture *f = *state;
    make_stars(f);
    size_t found = 0;
    KEEP_IN(f->s, 2, found);
    assert_int_equal(found, 1);
    weft_builder *builder = weft_builder_new();
    KEEP_IN(builder, 2, found);
    assert_int_equal(found, 1);
    weft_builder_free(builder);
    WEFT_ROOM(room, 8192);
    KEEP_IN(&room, 2, found);
    assert_int_equal(found, 1);
    assert_ok(f->s);
}

static const weft_expr *by_name(weft_room *room, const char *name) { return weft_keep(room, weft_like(Star, name, name)); }

static const weft_expr *newest_first(weft_session *s)
{
    return weft_keep(s, weft_order(weft_desc(Star, class), weft_asc(Star, id)));
}

static void functions_give_copies(void **state)
{
    fixture *f = *state;
    make_stars(f);
    WEFT_ROOM(room, 1024);
    const weft_expr *where = by_name(&room, "%e%");
    const weft_expr *order = newest_first(f->s);
    scribble();
    Star_list stars = weft_query(f->s, Star, .where = where, .order_by = order);
    assert_int_equal(stars.count, 2);
    assert_string_equal(stars.items[0]->name, "deneb");
    weft_builder *builder = weft_builder_new();
    order = weft_keep(builder, weft_order(weft_asc(Star, name)));
    scribble();
    assert_string_equal(weft_first(f->s, Star, .order_by = order)->name, "altair");
    weft_builder_free(builder);
}

static void a_room_that_is_full_fails_the_statement(void **state)
{
    fixture *f = *state;
    make_stars(f);
    WEFT_ROOM(room, 160);
    const weft_expr *small = weft_keep(&room, weft_eq(Star, class, 1));
    const weft_expr *large = weft_keep(&room, weft_and(weft_eq(Star, class, 1), weft_eq(Star, class, 2)));
    assert_int_equal(count(f, small), 1);
    (void)fixture_statements(f);
    (void)count(f, large);
    assert_message(f->s, "weft_keep");
    assert_refused(f->s, WEFT_ERROR_LIMIT);
    (void)count(f, weft_keep((weft_room *)NULL, weft_eq(Star, class, 1)));
    assert_refused(f->s, WEFT_ERROR_LIMIT);
    (void)weft_query(f->s, Star, .order_by = weft_keep(&room, weft_order(weft_asc(Star, name), weft_asc(Star, id))));
    assert_refused(f->s, WEFT_ERROR_LIMIT);
    /* What did not fit took nothing. */
    assert_int_equal(count(f, weft_keep(&room, weft_eq(Star, class, 2))), 1);
    assert_ok(f->s);
}

static void what_cannot_be_copied_fails_the_statement(void **state)
{
    fixture *f = *state;
    make_stars(f);
    const weft_expr *none = NULL;
    WEFT_ROOM(room, 1 << 16);
    (void)weft_keep(f->s, none);
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)count(f, weft_keep(&room, none));
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    weft_expr loop = {.op = WEFT_EXPR_NOT};
    const weft_expr *const self[] = {&loop, &weft_end};
    loop.args = self;
    (void)count(f, weft_keep(&room, &loop));
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)weft_keep(f->s, &loop);
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    weft_builder *builder = weft_builder_new();
    (void)count(f, weft_keep(builder, &loop));
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    weft_builder_free(builder);
    /* A failed session copies nothing, and a statement of what it gave fails. */
    (void)weft_keep(f->s, none);
    const weft_expr *dead = weft_keep(f->s, weft_eq(Star, class, 1));
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    (void)count(f, dead);
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    assert_int_equal(count(f, weft_keep(f->s, &weft_true)), 3);
}

/* As programs are written: what the compilers do with literals of inner blocks is said in expr.h. Not under sanitizers, which hold
 * to the letter. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(WEFT_REUSE_STACK)
static const weft_expr *pick_order(bool by_class, const weft_expr *otherwise);

static __attribute__((noinline)) size_t query(fixture *f, const char *name, int64_t class, bool last, bool either)
{
    const weft_expr *where = &weft_true;
    const weft_expr *order = pick_order(last, NULL);
    weft_join_step joins = {0};
    if (name != NULL) {
        where = weft_eq(Star, name, name);
    }
    if (class >= 0) {
        const weft_expr *of_class = weft_eq(Star, class, class);
        where = either ? weft_or(where, of_class) : weft_and(where, of_class);
    }
    switch ((int)last) {
    case 1: {
        order = weft_order(weft_desc(Star, class));
        break;
    }
    default: {
        const weft_expr *other = weft_order(weft_asc(Star, class));
        order = other;
    }
    }
    if (name == NULL) {
        const weft_expr *unused = weft_eq(Star, name, "nothing");
        (void)unused;
    }
    if (class < 0) {
        const weft_expr *unused = weft_order(weft_asc(Star, name));
        (void)unused;
    }
    Star_list stars = weft_query(f->s, Star, .where = where, .order_by = order, .joins = joins);
    return stars.count * 10 + (stars.count > 0 ? (size_t)stars.items[0]->class : 9);
}

static const weft_expr *pick_order(bool by_class, const weft_expr *otherwise)
{
    (void)by_class;
    return otherwise;
}

static void literals_of_inner_blocks_are_what_they_were(void **state)
{
    fixture *f = *state;
    make_stars(f);
    assert_int_equal(query(f, "vega", -1, false, false), 10);
    assert_int_equal(query(f, NULL, -1, true, false), 32);
    assert_int_equal(query(f, NULL, 1, true, false), 11);
    assert_int_equal(query(f, "vega", 1, false, false), 9);
    assert_int_equal(query(f, "vega", 1, false, true), 20);
    assert_int_equal(query(f, "vega", 1, true, true), 21);
    assert_ok(f->s);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(copies_live_as_long_as_their_owner),
        ON_BOTH(functions_give_copies),
        ON_BOTH(a_room_that_is_full_fails_the_statement),
        ON_BOTH(what_cannot_be_copied_fails_the_statement),
#if !defined(__SANITIZE_ADDRESS__) && !defined(WEFT_REUSE_STACK)
        ON_BOTH(literals_of_inner_blocks_are_what_they_were),
#endif
    };
    return cmocka_run_group_tests_name("keep", tests, NULL, NULL);
}
