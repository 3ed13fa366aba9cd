/* Models whose parts a binding made: whatever is NULL, garbage or misplaced in them is WEFT_ERROR_MODEL, and never followed. */
#include "base/error.h"
#include "sql/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <weft/weft.h>

WEFT_DECLARE(Node);
struct Node {
    int64_t id;
    int32_t n;
    weft_opt_int32 o;
    const char *name;
    char code[8];
    weft_uuid u;
    int kind;
    Node_list down;
    const Node *up;
};
static const char *const kinds[] = {"a", "b"};
WEFT_MODEL(Node, "node", WEFT_COLUMN(Node, id, .primary_key = true), WEFT_COLUMN(Node, n), WEFT_COLUMN(Node, o),
           WEFT_COLUMN(Node, name), WEFT_COLUMN(Node, code), WEFT_COLUMN(Node, u), WEFT_ENUM(Node, kind, kinds),
           WEFT_MANY_TO_MANY(Node, down, Node, .through = "edge(from_id, to_id)"), WEFT_UNIQUE(Node, "name"), WEFT_INDEX(Node, "n"),
           WEFT_CHECK(Node, "n > 0"), WEFT_FOREIGN_KEY(Node, "n", "node(id)"));

#define MOST 16
static weft_attr attrs[MOST];
static weft_model model;
static const weft_model *const models[] = {&model};
static const weft_metadata metadata = {.models = models, .count = 1};
static weft_error error;

static void reset(void)
{
    assert_true(Node_model.attr_count <= MOST);
    memcpy(attrs, Node_model.attrs, Node_model.attr_count * sizeof *attrs);
    model = Node_model;
    model.attrs = attrs;
    for (size_t i = 0; i < model.attr_count; i++)
        if (attrs[i].target != NULL)
            attrs[i].target = &model;
}

static weft_status build(void)
{
    wefti_schema *schema = NULL;
    weft_status status = wefti_schema_new(&metadata, &schema, &error);
    assert_true((status == WEFT_OK) == (schema != NULL));
    wefti_schema_free(schema);
    return status;
}

#define REFUSED(change) \
    do { \
        reset(); \
        change; \
        if (build() != WEFT_ERROR_MODEL) \
            fail_msg("not refused: %s", #change); \
        assert_true(error.message[0] != '\0'); \
    } while (0)

static void parts_that_are_missing_are_told(void **state)
{
    (void)state;
    reset();
    assert_int_equal(build(), WEFT_OK);
    REFUSED(model.name = NULL);
    REFUSED(model.name = "");
    REFUSED(model.table = NULL);
    REFUSED(model.attrs = NULL);
    REFUSED(model.attr_count = 0);
    REFUSED(model.attr_count = SIZE_MAX);
    REFUSED(model.size = 0);
    REFUSED(model.size = 9);
    REFUSED(model.size = SIZE_MAX);
    for (size_t i = 0; i < 8; i++)
        REFUSED(attrs[i].field = NULL);
    for (size_t i = 0; i < Node_model.attr_count; i++) {
        REFUSED(attrs[i].kind = (weft_attr_kind)0);
        REFUSED(attrs[i].kind = (weft_attr_kind)77);
    }
    REFUSED(attrs[7].target = NULL);
    REFUSED(attrs[7].through = NULL);
    REFUSED(attrs[8].columns = NULL);
    REFUSED(attrs[9].columns = NULL);
    REFUSED(attrs[10].check = NULL);
    REFUSED(attrs[11].columns = NULL);
    REFUSED(attrs[11].target_columns = NULL);
}

static void fields_lie_in_the_struct_as_their_type_does(void **state)
{
    static const size_t garbage[] = {SIZE_MAX, SIZE_MAX - 7, SIZE_MAX / 2 + 1, sizeof(Node), sizeof(Node) - 1, 1u << 20};
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        for (size_t g = 0; g < sizeof garbage / sizeof garbage[0]; g++) {
            REFUSED(attrs[i].offset = garbage[g]);
            if (garbage[g] > sizeof(Node))
                REFUSED(attrs[i].size = garbage[g]);
        }
        if (i == 4 || i == 5) /* a char array and a UUID may stand anywhere, and the first has any size */
            continue;
        REFUSED(attrs[i].offset += 1);
        REFUSED(attrs[i].size += 1);
        if (i < 7) /* of a relationship it may be left out */
            REFUSED(attrs[i].size = 0);
        REFUSED(attrs[i].size = SIZE_MAX);
    }
    for (int type = -3; type < 300; type++) { /* another type than the field's: refused, or one of the same form */
        reset();
        attrs[1].field_type = type;
        weft_status status = build();
        assert_true(status == WEFT_ERROR_MODEL || type == WEFT_INT32 || type == WEFT_UINT32 || type == WEFT_FLOAT ||
                    type == WEFT_DATE || type == WEFT_CHARS || type == WEFT_OPT + WEFT_INT16);
    }
    REFUSED(attrs[6].field_type = WEFT_INT64);
    REFUSED(attrs[6].enum_count = 0);
    REFUSED(attrs[6].enum_count = SIZE_MAX);
}

/* Random damage to the parts' numbers: an answer, whatever it is. */
static void damaged_numbers_never_crash(void **state)
{
    uint64_t seed = 7;
    size_t taken = 0;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        reset();
        for (int change = 0; change < 3; change++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            weft_attr *attr = &attrs[(seed >> 33) % model.attr_count];
            size_t value = (seed >> 40) % 3 == 0 ? SIZE_MAX - (seed >> 50) % 9 : (seed >> 50) % 200;
            switch ((seed >> 45) % 9) {
            case 0: attr->offset = value; break;
            case 1: attr->size = value; break;
            case 2: attr->field_type = (int)value; break;
            case 3: attr->kind = (weft_attr_kind)(value % 12); break;
            case 4: attr->length = (int)value; break;
            case 5: attr->precision = (int)value; break;
            case 6: attr->cascade = (unsigned)value; break;
            case 7: attr->lazy = (weft_load_how)(value % 9); break;
            default: attr->scale = (int)value; break;
            }
        }
        weft_status status = build();
        assert_true(status == WEFT_OK || status == WEFT_ERROR_MODEL);
        taken += status == WEFT_OK;
    }
    assert_in_range(taken, 100, 19000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_that_are_missing_are_told),
        cmocka_unit_test(fields_lie_in_the_struct_as_their_type_does),
        cmocka_unit_test(damaged_numbers_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
