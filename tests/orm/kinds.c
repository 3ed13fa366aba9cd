#include "kinds.h"

typedef enum shade { SHADE_RED, SHADE_BLUE, SHADE_GREEN } shade;
static const char *const shade_names[] = {"red", "blue", "green"};

/* P and C with a key of one column. */
#define KIND_STRUCTS(P, C, type) \
    WEFT_DECLARE(P); \
    WEFT_DECLARE(C); \
    struct P { \
        type key; \
        const char *label; \
        C##_list children; \
    }; \
    struct C { \
        int64_t id; \
        const char *note; \
        type reference; \
        const P *owner; \
    }
#define KIND_RELATIONS(P, C) \
    WEFT_HAS_MANY(P, children, C, .foreign_key = "reference", .back_populates = "owner")
#define KIND_CHILD(P, C, table, ...) \
    WEFT_MODEL(C, table, WEFT_COLUMN(C, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(C, note, .nullable = true), \
               __VA_ARGS__, WEFT_BELONGS_TO(C, owner, P, .foreign_key = "reference", .back_populates = "children"))
#define KIND_MODELS(P, C, table, ...) \
    WEFT_MODEL(P, table, WEFT_COLUMN(P, key, .primary_key = true, __VA_ARGS__), WEFT_COLUMN(P, label, .nullable = true), \
               KIND_RELATIONS(P, C)); \
    KIND_CHILD(P, C, table "_child", WEFT_COLUMN(C, reference))
#define KIND_SETTERS(P, C, value) \
    static void set_key_##P(void *parent, int i) { P *p = parent; p->key = (value); } \
    static void set_reference_##P(void *child, int i) { C *c = child; c->reference = (value); } \
    struct fixture
#define KIND(what, P, C) \
    {what, &P##_model, &C##_model, offsetof(P, children), offsetof(C, owner), set_key_##P, set_reference_##P}

static const char *const words[] = {"ann", "bob", "cid"};
static const char *const numbers[] = {"1.25", "7", "-0.5"};
static const weft_uuid ids[] = {{{1}}, {{2}}, {{1, 2, 3}}};

KIND_STRUCTS(NumberParent, NumberChild, int64_t);
KIND_STRUCTS(ShortParent, ShortChild, int16_t);
KIND_STRUCTS(EnumParent, EnumChild, shade);
KIND_STRUCTS(TextParent, TextChild, const char *);
KIND_STRUCTS(UuidParent, UuidChild, weft_uuid);
KIND_STRUCTS(DecimalParent, DecimalChild, weft_decimal);
KIND_STRUCTS(DateParent, DateChild, weft_date);

KIND_MODELS(NumberParent, NumberChild, "number", .not_generated = true);
KIND_MODELS(ShortParent, ShortChild, "short_number", .not_generated = true);
WEFT_MODEL(EnumParent, "shade", WEFT_ENUM(EnumParent, key, shade_names, .primary_key = true),
           WEFT_COLUMN(EnumParent, label, .nullable = true), KIND_RELATIONS(EnumParent, EnumChild));
KIND_CHILD(EnumParent, EnumChild, "shade_child", WEFT_ENUM(EnumChild, reference, shade_names));
KIND_MODELS(TextParent, TextChild, "word", .nullable = false);
KIND_MODELS(UuidParent, UuidChild, "uuid_key", .nullable = false);
KIND_MODELS(DecimalParent, DecimalChild, "amount", .nullable = false);
KIND_MODELS(DateParent, DateChild, "day", .nullable = false);

KIND_SETTERS(NumberParent, NumberChild, (int64_t)i * 1000 + 1);
KIND_SETTERS(ShortParent, ShortChild, (int16_t)(i + 1));
KIND_SETTERS(EnumParent, EnumChild, (shade)i);
KIND_SETTERS(TextParent, TextChild, words[i]);
KIND_SETTERS(UuidParent, UuidChild, ids[i]);
KIND_SETTERS(DecimalParent, DecimalChild, (weft_decimal){numbers[i]});
KIND_SETTERS(DateParent, DateChild, (weft_date){19000 + i});

/* Keys of several columns, which the foreign key names in another order; the first column alone tells no two parents apart. */
WEFT_DECLARE(PairParent);
WEFT_DECLARE(PairChild);
WEFT_DECLARE(MixedParent);
WEFT_DECLARE(MixedChild);
struct PairParent {
    int64_t a, b;
    PairChild_list children;
};
struct PairChild {
    int64_t id;
    const char *note;
    int64_t pa, pb;
    const PairParent *owner;
};
struct MixedParent {
    shade color;
    const char *code;
    int32_t number;
    MixedChild_list children;
};
struct MixedChild {
    int64_t id;
    const char *note;
    int32_t number;
    shade color;
    const char *code;
    const MixedParent *owner;
};
WEFT_MODEL(PairParent, "pair", WEFT_COLUMN(PairParent, a, .primary_key = true), WEFT_COLUMN(PairParent, b, .primary_key = true),
           WEFT_HAS_MANY(PairParent, children, PairChild, .back_populates = "owner"));
WEFT_MODEL(PairChild, "pair_child", WEFT_COLUMN(PairChild, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(PairChild, note, .nullable = true), WEFT_COLUMN(PairChild, pa), WEFT_COLUMN(PairChild, pb),
           WEFT_FOREIGN_KEY(PairChild, "pb, pa", "pair(b, a)"),
           WEFT_BELONGS_TO(PairChild, owner, PairParent, .back_populates = "children"));
WEFT_MODEL(MixedParent, "mixed", WEFT_ENUM(MixedParent, color, shade_names, .primary_key = true),
           WEFT_COLUMN(MixedParent, code, .primary_key = true), WEFT_COLUMN(MixedParent, number, .primary_key = true),
           WEFT_HAS_MANY(MixedParent, children, MixedChild, .back_populates = "owner"));
WEFT_MODEL(MixedChild, "mixed_child", WEFT_COLUMN(MixedChild, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(MixedChild, note, .nullable = true), WEFT_COLUMN(MixedChild, number),
           WEFT_ENUM(MixedChild, color, shade_names), WEFT_COLUMN(MixedChild, code),
           WEFT_FOREIGN_KEY(MixedChild, "number, color, code", "mixed(number, color, code)"),
           WEFT_BELONGS_TO(MixedChild, owner, MixedParent, .back_populates = "children"));

static void set_key_PairParent(void *parent, int i)
{
    PairParent *p = parent;
    p->a = i == 1 ? 2 : 1;
    p->b = i == 0 ? 2 : 1;
}
static void set_reference_PairParent(void *child, int i)
{
    PairChild *c = child;
    c->pa = i == 1 ? 2 : 1;
    c->pb = i == 0 ? 2 : 1;
}
static void set_key_MixedParent(void *parent, int i)
{
    MixedParent *p = parent;
    p->color = SHADE_BLUE;
    p->code = words[i / 2];
    p->number = i;
}
static void set_reference_MixedParent(void *child, int i)
{
    MixedChild *c = child;
    c->color = SHADE_BLUE;
    c->code = words[i / 2];
    c->number = i;
}

WEFT_METADATA(kinds, &NumberParent_model, &NumberChild_model, &ShortParent_model, &ShortChild_model, &EnumParent_model,
              &EnumChild_model, &TextParent_model, &TextChild_model, &UuidParent_model, &UuidChild_model, &DecimalParent_model,
              &DecimalChild_model, &DateParent_model, &DateChild_model, &PairParent_model, &PairChild_model, &MixedParent_model,
              &MixedChild_model);

const kind all_kinds[] = {
    KIND("int64", NumberParent, NumberChild), KIND("int16", ShortParent, ShortChild), KIND("enum", EnumParent, EnumChild),
    KIND("text", TextParent, TextChild), KIND("uuid", UuidParent, UuidChild), KIND("decimal", DecimalParent, DecimalChild),
    KIND("date", DateParent, DateChild), KIND("composite", PairParent, PairChild), KIND("mixed", MixedParent, MixedChild),
};
const size_t kind_count = sizeof all_kinds / sizeof all_kinds[0];

/* Room for any struct of a kind. */
typedef union room { void *aligned; int64_t integer; unsigned char bytes[128]; } room;

void *kind_new_parent(weft_session *s, const kind *k, int i)
{
    room values = {0};
    k->set_key(&values, i);
    return weft_session_new(s, k->parent, &values);
}

void *kind_new_child(weft_session *s, const kind *k, int64_t id, int of)
{
    room values = {0};
    ((child_head *)(void *)&values)->id = id;
    k->set_reference(&values, of);
    return weft_session_new(s, k->child, &values);
}

const void *kind_parent(weft_session *s, const kind *k, int i)
{
    room key = {0};
    k->set_key(&key, i);
    return weft_session_get(s, k->parent, weft_key_struct(&key), NULL);
}

const void *kind_child(weft_session *s, const kind *k, int64_t id)
{
    return weft_session_get(s, k->child, weft_key_int64(id), NULL);
}

weft_list kind_children(const kind *k, const void *parent) { return *(const weft_list *)((const char *)parent + k->children); }

const void *kind_owner(const kind *k, const void *child) { return *(const void *const *)((const char *)child + k->owner); }
