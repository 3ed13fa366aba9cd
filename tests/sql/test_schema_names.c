/* Names that a database keeps in one space, and link tables that two relationships claim: refused when the schema is made. */
#include "base/error.h"
#include "sql/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <weft/weft.h>

static weft_error error;

#define ASSERT_REFUSED(metadata, one, other) assert_refused(&(metadata), one, other, __FILE__, __LINE__)
static void assert_refused(const weft_metadata *metadata, const char *one, const char *other, const char *file, int line)
{
    wefti_schema *schema = NULL;
    weft_status status = wefti_schema_new(metadata, &schema, &error);
    if (status == WEFT_ERROR_MODEL && strstr(error.message, one) != NULL && strstr(error.message, other) != NULL && schema == NULL)
        return;
    print_error("%s: %s\n", weft_status_identifier(status), error.message);
    wefti_schema_free(schema);
    _fail(file, line);
}

static void assert_taken(const weft_metadata *metadata)
{
    wefti_schema *schema = NULL;
    if (wefti_schema_new(metadata, &schema, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    wefti_schema_free(schema);
}

WEFT_DECLARE(A);
struct A {
    int64_t id;
};
WEFT_MODEL(A, "a", WEFT_COLUMN(A, id, .primary_key = true));

WEFT_DECLARE(I);
struct I {
    int64_t id;
    int v, w;
};
#define I_COLUMNS WEFT_COLUMN(I, id, .primary_key = true), WEFT_COLUMN(I, v), WEFT_COLUMN(I, w)
static const weft_model *with_I(const weft_attr *attrs, size_t count, const char *table)
{
    static weft_model models[32];
    static size_t used;
    weft_model *model = &models[used++];
    *model = (weft_model){.name = "I", .table = table, .size = sizeof(I), .attrs = attrs, .attr_count = count};
    return model;
}
#define I_NAMED(table, ...) \
    with_I((const weft_attr[]){I_COLUMNS, __VA_ARGS__}, sizeof((const weft_attr[]){I_COLUMNS, __VA_ARGS__}) / sizeof(weft_attr), \
           table)
#define WITH_A(...) ((const weft_metadata){.models = (const weft_model *const[]){&A_model, __VA_ARGS__}, .count = 2})

static void an_index_may_not_have_the_name_of_anything_else(void **state)
{
    (void)state;
    ASSERT_REFUSED(WITH_A(I_NAMED("i", WEFT_INDEX(I, "v", .name = "pk_a"))), "\"i\"", "primary key of \"a\"");
    ASSERT_REFUSED(WITH_A(I_NAMED("i", WEFT_INDEX(I, "v", .unique = true, .name = "a"))), "\"i\"", "table of \"a\"");
    ASSERT_REFUSED(WITH_A(I_NAMED("i", WEFT_UNIQUE(I, "v", .name = "A"))), "unique constraint of \"i\"", "\"a\"");
    ASSERT_REFUSED(WITH_A(I_NAMED("i", WEFT_INDEX(I, "v", .name = "a_id_seq"))), "sequence of the key of \"a\"", "\"i\"");
    ASSERT_REFUSED(WITH_A(I_NAMED("i", WEFT_INDEX(I, "v", .name = "x"), WEFT_INDEX(I, "w", .name = "X"))), "\"i\"", "index");
    ASSERT_REFUSED(WITH_A(I_NAMED("i", WEFT_INDEX(I, "v", .name = "i"))), "table of \"i\"", "index of \"i\"");
    ASSERT_REFUSED(WITH_A(I_NAMED("i", WEFT_INDEX(I, "v"), WEFT_INDEX(I, "w", .name = "ix_i_v"))), "index of \"i\"", "ix_i_v");
}

static void a_table_may_not_have_the_name_of_anything_else(void **state)
{
    (void)state;
    ASSERT_REFUSED(WITH_A(I_NAMED("pk_a", WEFT_INDEX(I, "v"))), "table of \"pk_a\"", "primary key of \"a\"");
    ASSERT_REFUSED(WITH_A(I_NAMED("a_id_seq", WEFT_INDEX(I, "v"))), "table of \"a_id_seq\"", "sequence");
    ASSERT_REFUSED(WITH_A(I_NAMED("A", WEFT_INDEX(I, "v"))), "\"A\"", "A");
}

static void constraints_of_a_table_have_names_of_their_own(void **state)
{
    (void)state;
    ASSERT_REFUSED(WITH_A(I_NAMED("i", WEFT_CHECK(I, "v > 0", .name = "c"), WEFT_CHECK(I, "w > 0", .name = "c"))), "check",
                   "\"c\"");
    ASSERT_REFUSED(WITH_A(I_NAMED("i", WEFT_CHECK(I, "v > 0", .name = "pk_i"))), "check", "primary key");
    ASSERT_REFUSED(WITH_A(I_NAMED("i", WEFT_CHECK(I, "v > 0", .name = "uq_i_v"), WEFT_UNIQUE(I, "v"))), "check",
                   "unique constraint");
    /* Those of another table have another space, and a check is no index. */
    weft_metadata metadata = WITH_A(I_NAMED("i", WEFT_CHECK(I, "v > 0", .name = "a"), WEFT_CHECK(I, "w > 0", .name = "pk_a")));
    assert_taken(&metadata);
}

#define LONG_59 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefg"
static void names_that_are_equal_once_they_are_cut_are_refused(void **state)
{
    (void)state;
    /* PostgreSQL cuts the table's part of "…_id_seq" to 56 bytes. */
    ASSERT_REFUSED(WITH_A(I_NAMED(LONG_59,
                                  WEFT_INDEX(I, "v", .name = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcd_id_seq"))),
                   "sequence", "index");
    weft_metadata metadata = WITH_A(I_NAMED(LONG_59, WEFT_INDEX(I, "v"), WEFT_INDEX(I, "w"), WEFT_UNIQUE(I, "v, w")));
    assert_taken(&metadata);
}

static void made_names_of_constraints_are_cut_between_characters(void **state)
{
    (void)state;
    /* 49 bytes, and a character of two that a cut at 50 would halve. */
    const char *table = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvw\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4";
    weft_metadata metadata = WITH_A(I_NAMED(table, WEFT_CHECK(I, "v > 0")));
    wefti_schema *schema = NULL;
    if (wefti_schema_new(&metadata, &schema, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    const wefti_table *made = wefti_schema_table_named(schema, table);
    assert_string_equal(made->checks[0].name, "ck_abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvw_1");
    wefti_schema_free(schema);
}

/* ---- link tables ---- */

WEFT_DECLARE(L1);
WEFT_DECLARE(L2);
WEFT_DECLARE(L3);
struct L1 {
    int64_t id;
    L2_list twos, more;
    L3_list threes;
};
struct L2 {
    int64_t id;
    L1_list ones;
};
struct L3 {
    int64_t id;
    L2_list twos;
};
static weft_model one_of(const char *name, const char *table, size_t size, const weft_attr *attrs, size_t count)
{
    return (weft_model){.name = name, .table = table, .size = size, .attrs = attrs, .attr_count = count};
}

static weft_model l1, l2, l3;
static const weft_model *const linked[] = {&l1, &l2, &l3};
static const weft_metadata links = {.models = linked, .count = 3};

static weft_attr many(const char *field, size_t offset, const weft_model *target, const char *through, const char *back,
                      bool view_only)
{
    return (weft_attr){.kind = WEFT_ATTR_MANY_TO_MANY,
                       .field = field,
                       .offset = offset,
                       .target = target,
                       .through = through,
                       .back_populates = back,
                       .view_only = view_only};
}
static weft_attr plain_key(size_t size)
{
    return (weft_attr){
        .kind = WEFT_ATTR_COLUMN, .field = "id", .offset = 0, .size = size, .field_type = WEFT_INT64, .primary_key = true};
}

static void set_models(const weft_attr *ones, size_t one_count, const weft_attr *twos, size_t two_count, const weft_attr *threes,
                       size_t three_count)
{
    l1 = one_of("L1", "l1", sizeof(L1), ones, one_count);
    l2 = one_of("L2", "l2", sizeof(L2), twos, two_count);
    l3 = one_of("L3", "l3", sizeof(L3), threes, three_count);
}
#define KEY plain_key(sizeof(int64_t))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void relationships_share_a_link_table_only_as_two_sides_of_one(void **state)
{
    (void)state;
    const weft_attr bare[] = {KEY};
    const weft_attr twos_of_one[] = {KEY, many("twos", offsetof(L1, twos), &l2, "lnk(x_id, y_id)", NULL, false)};
    const weft_attr twos_of_three[] = {KEY, many("twos", offsetof(L3, twos), &l2, "lnk(x_id, y_id)", NULL, false)};
    set_models(twos_of_one, COUNT(twos_of_one), bare, 1, twos_of_three, COUNT(twos_of_three));
    ASSERT_REFUSED(links, "lnk", "twos");
    const weft_attr twice[] = {KEY, many("twos", offsetof(L1, twos), &l2, "lnk(x_id, y_id)", NULL, false),
                               many("more", offsetof(L1, more), &l2, "lnk(x_id, y_id)", NULL, false)};
    set_models(twice, COUNT(twice), bare, 1, bare, 1);
    ASSERT_REFUSED(links, "lnk", "more");
    const weft_attr ones[] = {KEY, many("ones", offsetof(L2, ones), &l1, "lnk(y_id, x_id)", NULL, false)};
    set_models(twos_of_one, COUNT(twos_of_one), ones, COUNT(ones), bare, 1);
    ASSERT_REFUSED(links, "lnk", "ones");
    const weft_attr back[] = {KEY, many("ones", offsetof(L2, ones), &l1, "lnk(y_id, x_id)", "twos", false)};
    set_models(twos_of_one, COUNT(twos_of_one), back, COUNT(back), bare, 1);
    assert_taken(&links);
    const weft_attr seen[] = {KEY, many("twos", offsetof(L1, twos), &l2, "lnk(x_id, y_id)", NULL, false),
                              many("more", offsetof(L1, more), &l2, "lnk(x_id, y_id)", NULL, true)};
    set_models(seen, COUNT(seen), bare, 1, bare, 1);
    assert_taken(&links);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_index_may_not_have_the_name_of_anything_else),
        cmocka_unit_test(a_table_may_not_have_the_name_of_anything_else),
        cmocka_unit_test(constraints_of_a_table_have_names_of_their_own),
        cmocka_unit_test(names_that_are_equal_once_they_are_cut_are_refused),
        cmocka_unit_test(made_names_of_constraints_are_cut_between_characters),
        cmocka_unit_test(relationships_share_a_link_table_only_as_two_sides_of_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
