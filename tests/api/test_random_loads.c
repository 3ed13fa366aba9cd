/* Random loader trees over random rows, in sessions that hold some of the rows already, current or stale, with changes that wait
 * for a flush: whatever is loaded is what plain arrays say, in its order, and nothing that was to be loaded is missing. The seed of
 * a run that fails is printed; WEFT_TEST_SEED runs that one, and WEFT_TEST_RUNS says how many. */
#include "support/fixture.h"

WEFT_DECLARE(Owner);
WEFT_DECLARE(Item);
WEFT_DECLARE(Tag);
struct Owner {
    int64_t id;
    int32_t rank;
    weft_opt_int64 boss_id;
    const Owner *boss;
    Owner_list staff;
    Item_list items;
    const Item *best;
};
struct Item {
    int64_t id;
    weft_opt_int64 owner_id;
    weft_opt_int64 best_of;
    int32_t size;
    const Owner *owner;
    const Owner *winner;
    Tag_list tags;
};
struct Tag {
    int64_t id;
    int32_t weight;
    Item_list items;
};
#define KEY(M) WEFT_COLUMN(M, id, .primary_key = true, .not_generated = true)
WEFT_MODEL(Owner, "owner", KEY(Owner), WEFT_COLUMN(Owner, rank), WEFT_COLUMN(Owner, boss_id, .references = "owner.id"),
           WEFT_BELONGS_TO(Owner, boss, Owner, .foreign_key = "boss_id", .back_populates = "staff"),
           WEFT_HAS_MANY(Owner, staff, Owner, .foreign_key = "boss_id", .back_populates = "boss", .order_by = "id DESC"),
           WEFT_HAS_MANY(Owner, items, Item, .foreign_key = "owner_id", .back_populates = "owner", .order_by = "size DESC, id"),
           WEFT_HAS_ONE(Owner, best, Item, .foreign_key = "best_of", .back_populates = "winner"));
WEFT_MODEL(Item, "item", KEY(Item), WEFT_COLUMN(Item, owner_id, .references = "owner.id"),
           WEFT_COLUMN(Item, best_of, .references = "owner.id", .unique = true), WEFT_COLUMN(Item, size),
           WEFT_BELONGS_TO(Item, owner, Owner, .foreign_key = "owner_id", .back_populates = "items"),
           WEFT_BELONGS_TO(Item, winner, Owner, .foreign_key = "best_of", .back_populates = "best"),
           WEFT_MANY_TO_MANY(Item, tags, Tag, .through = "item_tag(item_id, tag_id)", .back_populates = "items",
                             .order_by = "weight, id"));
WEFT_MODEL(Tag, "tag", KEY(Tag), WEFT_COLUMN(Tag, weight),
           WEFT_MANY_TO_MANY(Tag, items, Item, .through = "item_tag(tag_id, item_id)", .back_populates = "tags", .order_by = "id"));
WEFT_METADATA(models, &Owner_model);
FIXTURE_MODELS(models);

enum { OWNERS = 9, ITEMS = 17, TAGS = 5, NODES = 12, NOBODY = 0 };

typedef struct play {
    fixture *f;
    uint64_t seed, random;
    int boss[OWNERS + 1], owner[ITEMS + 1], best_of[ITEMS + 1], size[ITEMS + 1], weight[TAGS + 1]; /* by id, from 1 */
    bool tagged[ITEMS + 1][TAGS + 1];
    weft_loader nodes[NODES];
    const weft_loader *lists[NODES][4];
    int node_count, list_count;
    bool moved; /* since the session was cleared */
    unsigned checked;
} play;

static int pick(play *p, int below)
{
    p->random ^= p->random << 13;
    p->random ^= p->random >> 7;
    p->random ^= p->random << 17;
    return (int)(p->random % (uint64_t)below);
}

#define EXPECT(p, condition) \
    do { \
        if (!(condition)) \
            fail_msg("seed %llu: %s", (unsigned long long)(p)->seed, #condition); \
    } while (0)

/* ---- rows ---- */

static void store_rows(play *p)
{
    weft_session *s = weft_session_open(p->f->engine, NULL);
    for (int i = 1; i <= OWNERS; i++)
        weft_new(s, Owner, .id = i, .rank = i * 7 % 5);
    for (int i = 1; i <= TAGS; i++)
        weft_new(s, Tag, .id = i, .weight = p->weight[i] = pick(p, 3));
    for (int i = 1; i <= ITEMS; i++)
        weft_new(s, Item, .id = i, .size = p->size[i] = pick(p, 4));
    flush_ok(s);
    for (int i = 2; i <= OWNERS; i++)
        if ((p->boss[i] = pick(p, i)) != NOBODY)
            weft_edit(s, Owner, weft_get(s, Owner, i))->boss_id = (weft_opt_int64){true, p->boss[i]};
    bool taken[OWNERS + 1] = {false};
    for (int i = 1; i <= ITEMS; i++) {
        Item *item = weft_edit(s, Item, weft_get(s, Item, i));
        if ((p->owner[i] = pick(p, OWNERS + 1)) != NOBODY)
            item->owner_id = (weft_opt_int64){true, p->owner[i]};
        int best = pick(p, OWNERS + 1);
        p->best_of[i] = taken[best] ? NOBODY : best;
        taken[best] = true;
        if (p->best_of[i] != NOBODY)
            item->best_of = (weft_opt_int64){true, p->best_of[i]};
        for (int t = 1; t <= TAGS; t++)
            if ((p->tagged[i][t] = pick(p, 3) == 0))
                weft_append(s, Item, item, tags, Tag, weft_get(s, Tag, t));
    }
    commit_ok(s);
    weft_session_close(s);
}

/* ---- loaders ---- */

typedef struct way {
    const weft_model *model, *target;
    size_t offset;
    bool many;
} way;
static const way ways[] = {
    {&Owner_model, &Owner_model, offsetof(Owner, boss), false}, {&Owner_model, &Owner_model, offsetof(Owner, staff), true},
    {&Owner_model, &Item_model, offsetof(Owner, items), true},  {&Owner_model, &Item_model, offsetof(Owner, best), false},
    {&Item_model, &Owner_model, offsetof(Item, owner), false},  {&Item_model, &Owner_model, offsetof(Item, winner), false},
    {&Item_model, &Tag_model, offsetof(Item, tags), true},      {&Tag_model, &Item_model, offsetof(Tag, items), true},
};
enum { WAYS = sizeof ways / sizeof ways[0] };

static const weft_loader *const nothing[] = {&weft_load_end};

static const weft_loader *const *make_list(play *p, const weft_model *model, int depth)
{
    const weft_loader **list = p->lists[p->list_count++];
    int count = 0;
    for (int w = 0; w < WAYS; w++) {
        if (ways[w].model != model || count == 3 || p->node_count == NODES || pick(p, 2) == 0)
            continue;
        weft_loader *node = &p->nodes[p->node_count++];
        list[count++] = node;
        static const int hows[] = {WEFT_LOAD_JOINED, WEFT_LOAD_SELECTIN, WEFT_LOAD_SUBQUERY};
        *node = (weft_loader){.how = hows[pick(p, 3)], .model = model, .offset = ways[w].offset, .then = nothing};
        if (depth > 0 && p->list_count < NODES)
            node->then = make_list(p, ways[w].target, depth - 1);
    }
    list[count] = &weft_load_end;
    return list;
}

/* ---- what must be there ---- */

/* Whether the id stands at *at; a list that a program has appended to since it was loaded has its order no more. */
static bool holds(const play *p, const weft_list *list, size_t *at, int id)
{
    const int64_t *const *objects = list->items; /* the id is the first field of each */
    size_t place = (*at)++;
    if (!p->moved)
        return place < list->count && *objects[place] == id;
    for (size_t i = 0; i < list->count; i++)
        if (*objects[i] == id)
            return true;
    return false;
}

static void check_owners_staff(play *p, const Owner *owner)
{
    size_t at = 0;
    for (int i = OWNERS; i >= 1; i--)
        if (p->boss[i] == owner->id)
            EXPECT(p, holds(p, &(weft_list){owner->staff.items, owner->staff.count}, &at, i));
    EXPECT(p, at == owner->staff.count);
}

static void check_owners_items(play *p, const Owner *owner)
{
    size_t at = 0;
    for (int size = 3; size >= 0; size--)
        for (int i = 1; i <= ITEMS; i++)
            if (p->owner[i] == owner->id && p->size[i] == size)
                EXPECT(p, holds(p, &(weft_list){owner->items.items, owner->items.count}, &at, i));
    EXPECT(p, at == owner->items.count);
}

static void check_items_tags(play *p, const Item *item)
{
    size_t at = 0;
    for (int weight = 0; weight < 3; weight++)
        for (int t = 1; t <= TAGS; t++)
            if (p->tagged[item->id][t] && p->weight[t] == weight)
                EXPECT(p, holds(p, &(weft_list){item->tags.items, item->tags.count}, &at, t));
    EXPECT(p, at == item->tags.count);
}

static void check_tags_items(play *p, const Tag *tag)
{
    size_t at = 0;
    for (int i = 1; i <= ITEMS; i++)
        if (p->tagged[i][tag->id])
            EXPECT(p, holds(p, &(weft_list){tag->items.items, tag->items.count}, &at, i));
    EXPECT(p, at == tag->items.count);
}

static int64_t owner_id(const Owner *owner) { return owner != NULL ? owner->id : NOBODY; }

static void check_owner(play *p, const Owner *owner)
{
    weft_session *s = p->f->s;
    if (weft_loaded(s, Owner, owner, boss))
        EXPECT(p, owner_id(owner->boss) == p->boss[owner->id]);
    if (weft_loaded(s, Owner, owner, staff))
        check_owners_staff(p, owner);
    if (weft_loaded(s, Owner, owner, items))
        check_owners_items(p, owner);
    if (weft_loaded(s, Owner, owner, best) && owner->best != NULL)
        EXPECT(p, p->best_of[owner->best->id] == owner->id);
    for (int i = 1; weft_loaded(s, Owner, owner, best) && owner->best == NULL && i <= ITEMS; i++)
        EXPECT(p, p->best_of[i] != owner->id);
}

static void check_item(play *p, const Item *item)
{
    weft_session *s = p->f->s;
    EXPECT(p, item->size == p->size[item->id]);
    if (weft_loaded(s, Item, item, owner))
        EXPECT(p, owner_id(item->owner) == p->owner[item->id]);
    if (weft_loaded(s, Item, item, winner))
        EXPECT(p, owner_id(item->winner) == p->best_of[item->id]);
    if (weft_loaded(s, Item, item, tags))
        check_items_tags(p, item);
}

static void check_object(play *p, const weft_model *model, const void *object)
{
    p->checked++;
    if (model == &Owner_model)
        check_owner(p, object);
    else if (model == &Item_model)
        check_item(p, object);
    else if (weft_loaded(p->f->s, Tag, (const Tag *)object, items))
        check_tags_items(p, object);
}

/* Goes where the loaders went: there all must be loaded. */
static void check_below(play *p, const weft_model *model, const void *object, const weft_loader *const *loaders)
{
    check_object(p, model, object);
    for (; (*loaders)->how != weft_load_end.how; loaders++) {
        const weft_loader *loader = *loaders;
        EXPECT(p, weft_session_loaded(p->f->s, model, object, loader->offset));
        const way *w = ways;
        while (w->model != model || w->offset != loader->offset)
            w++;
        const void *field = (const char *)object + loader->offset;
        const weft_list one = {field, *(const void *const *)field != NULL}, *list = w->many ? field : &one;
        for (size_t i = 0; i < list->count; i++)
            check_below(p, w->target, ((const void *const *)list->items)[i], loader->then);
    }
}

/* ---- one run ---- */

/* The session's part of the rows before the query: some current, some stale, some changed and not flushed. */
static void prepare_session(play *p)
{
    weft_session *s = p->f->s;
    if (pick(p, 2) == 0) {
        commit_ok(s);
        weft_session_clear(s);
        p->moved = false;
    }
    for (int i = pick(p, 4); i > 0; i--) {
        p->node_count = p->list_count = 0;
        const weft_loader before = {.how = WEFT_LOADER_LIST, .then = make_list(p, &Owner_model, 1)};
        (void)weft_query(s, Owner, .where = weft_gt(Owner, id, pick(p, OWNERS)), .load = &before);
        if (pick(p, 3) == 0)
            commit_ok(s);
    }
    for (int i = pick(p, 4); i > 0; i--) {
        p->moved = true;
        int item = 1 + pick(p, ITEMS), to = 1 + pick(p, OWNERS);
        const Item *moved = weft_get(s, Item, item);
        if (pick(p, 2) == 0)
            weft_append(s, Owner, weft_get(s, Owner, to), items, Item, moved);
        else
            weft_assign(s, Item, moved, owner, Owner, weft_get(s, Owner, to));
        p->owner[item] = to;
        int tag = 1 + pick(p, TAGS);
        if (!p->tagged[item][tag])
            weft_append(s, Item, moved, tags, Tag, weft_get(s, Tag, tag));
        p->tagged[item][tag] = true;
    }
    if (pick(p, 2) == 0)
        flush_ok(s);
    assert_ok(s);
}

static void run(play *p)
{
    weft_session *s = p->f->s;
    for (int round = 0; round < 8; round++) {
        prepare_session(p);
        p->node_count = p->list_count = 0;
        const weft_loader load = {.how = WEFT_LOADER_LIST, .then = make_list(p, &Owner_model, 3)};
        int limit = pick(p, 3) == 0 ? 1 + pick(p, OWNERS) : 0, offset = limit > 0 ? pick(p, 4) : 0;
        Owner_list owners = weft_query(s, Owner, .load = &load, .limit = limit, .offset = offset, .refresh = pick(p, 4) == 0,
                                       .order_by = weft_order(weft_desc(Owner, rank), weft_asc(Owner, id)));
        assert_ok(s);
        EXPECT(p, owners.count == (size_t)(limit == 0 ? OWNERS : limit < OWNERS - offset ? limit : OWNERS - offset));
        weft_each (Owner, owner, owners)
            check_below(p, &Owner_model, owner, load.then);
        if (pick(p, 3) > 0)
            commit_ok(s);
    }
    commit_ok(s);
}

static void loaded_is_what_the_rows_are(void **state)
{
    play p = {.f = *state};
    uint64_t first = test_seed(1), end = first + test_runs(30);
    for (p.seed = first; p.seed < end; p.seed++) {
        p.random = p.seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
        weft_session_clear(p.f->s);
        p.moved = false;
        test_database_exec(&p.f->database, "DELETE FROM item_tag");
        test_database_exec(&p.f->database, "DELETE FROM item");
        test_database_exec(&p.f->database, "DELETE FROM tag");
        test_database_exec(&p.f->database, "UPDATE owner SET boss_id = NULL");
        test_database_exec(&p.f->database, "DELETE FROM owner");
        store_rows(&p);
        run(&p);
    }
    assert_true(p.checked > 1000 * (end - first) / 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_BOTH(loaded_is_what_the_rows_are)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
