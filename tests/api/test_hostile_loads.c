/* Loads at their edges: none, one, hundreds and a hundred thousand owners; limits, orders and offsets around joined and subquery
 * loads; loads in the state that a commit, a rollback or an expunge left behind. Statements are counted, and each strategy gives
 * the same. */
#include "support/fixture.h"

WEFT_DECLARE(Owner);
WEFT_DECLARE(Item);
WEFT_DECLARE(Tag);
struct Owner {
    int64_t id;
    int32_t rank;
    const char *name;
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
    const char *name;
    Item_list items;
};
WEFT_MODEL(Owner, "owner", WEFT_COLUMN(Owner, id, .primary_key = true), WEFT_COLUMN(Owner, rank, .index = true),
           WEFT_COLUMN(Owner, name),
           WEFT_HAS_MANY(Owner, items, Item, .foreign_key = "owner_id", .back_populates = "owner", .order_by = "size DESC, id"),
           WEFT_HAS_ONE(Owner, best, Item, .foreign_key = "best_of", .back_populates = "winner"));
WEFT_MODEL(Item, "item", WEFT_COLUMN(Item, id, .primary_key = true),
           WEFT_COLUMN(Item, owner_id, .references = "owner.id", .index = true),
           WEFT_COLUMN(Item, best_of, .references = "owner.id", .unique = true), WEFT_COLUMN(Item, size),
           WEFT_BELONGS_TO(Item, owner, Owner, .foreign_key = "owner_id", .back_populates = "items"),
           WEFT_BELONGS_TO(Item, winner, Owner, .foreign_key = "best_of", .back_populates = "best"),
           WEFT_MANY_TO_MANY(Item, tags, Tag, .through = "item_tag(item_id, tag_id)", .back_populates = "items",
                             .order_by = "name"));
WEFT_MODEL(Tag, "tag", WEFT_COLUMN(Tag, id, .primary_key = true), WEFT_COLUMN(Tag, name, .unique = true),
           WEFT_MANY_TO_MANY(Tag, items, Item, .through = "item_tag(tag_id, item_id)", .back_populates = "tags", .order_by = "id"));
WEFT_METADATA(models, &Owner_model);
FIXTURE_MODELS(models);

enum { STRATEGIES = 3 };

static const weft_loader *items_by(int how)
{
    static const weft_loader loaders[STRATEGIES] = {
        {.how = WEFT_LOAD_JOINED, .model = &Owner_model, .offset = offsetof(Owner, items)},
        {.how = WEFT_LOAD_SELECTIN, .model = &Owner_model, .offset = offsetof(Owner, items)},
        {.how = WEFT_LOAD_SUBQUERY, .model = &Owner_model, .offset = offsetof(Owner, items)},
    };
    static const weft_loader *end[] = {&weft_load_end};
    static weft_loader copies[STRATEGIES];
    copies[how] = loaders[how];
    copies[how].then = end;
    return &copies[how];
}

/* Owner i (from 1) has i % 4 items of sizes 0 to i % 4 - 1 and the rank i / 3; by SQL, because it is much. */
static void add_owners(fixture *f, int count)
{
    char sql[512];
    snprintf(sql, sizeof sql,
             "INSERT INTO owner (id, rank, name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE "
             "i < %d) SELECT i, i / 3, 'o' || i FROM n WHERE i <= %d",
             count, count);
    test_database_exec(&f->database, sql);
    test_database_exec(&f->database, "INSERT INTO item (id, owner_id, size) SELECT o.id * 4 + s.k, o.id, s.k FROM owner o JOIN "
                                     "(SELECT 0 AS k UNION SELECT 1 UNION SELECT 2) s ON s.k < o.id % 4");
}

static void every_number_of_owners_loads_in_few_statements(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const int counts[] = {0, 1, 2, 499, 500, 501};
    add_owners(f, 501);
    for (int how = 0; how < STRATEGIES; how++)
        for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
            weft_session_clear(s);
            test_recorder_clear(f->recorder);
            Owner_list owners = weft_query(s, Owner, .where = weft_le(Owner, id, counts[c]),
                                           .order_by = weft_order(weft_asc(Owner, id)), .load = items_by(how));
            assert_ok(s);
            assert_int_equal(owners.count, counts[c]);
            assert_int_equal(test_recorder_count(f->recorder), how == 0 || counts[c] == 0 ? 1 : 2);
            for (size_t i = 0; i < owners.count; i++) {
                const Owner *owner = owners.items[i];
                assert_int_equal(owner->items.count, (i + 1) % 4);
                for (size_t k = 0; k < owner->items.count; k++) {
                    assert_int_equal(owner->items.items[k]->size, (int)(owner->items.count - 1 - k));
                    assert_ptr_equal(owner->items.items[k]->owner, owner);
                }
            }
        }
}

static void tens_of_thousands_of_owners_load_by_each_strategy(void **state)
{
    const int count = getenv("WEFT_TEST_LONG") != NULL ? 100000 : 20000; /* more than any statement takes parameters for */
    fixture *f = *state;
    weft_session *s = f->s;
    add_owners(f, count);
    for (int how = 0; how < STRATEGIES; how++) {
        weft_session_clear(s);
        test_recorder_clear(f->recorder);
        Owner_list owners = weft_query(s, Owner, .load = items_by(how));
        assert_ok(s);
        assert_int_equal(owners.count, count);
        size_t items = 0;
        weft_each (Owner, owner, owners) {
            assert_int_equal(owner->items.count, owner->id % 4);
            items += owner->items.count;
        }
        assert_int_equal(items, count / 4 * 6);
        assert_true(test_recorder_count(f->recorder) <= 3);
    }
    weft_session_clear(s);
    Item_list items = weft_query(s, Item, .load = weft_load(weft_selectin(Item, owner)));
    assert_int_equal(items.count, count / 4 * 6);
    weft_each (Item, item, items)
        assert_int_equal(item->owner->id, item->owner_id.value);
    assert_ok(s);
}

static void limits_orders_and_offsets_hold_around_every_strategy(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_owners(f, 40);
    for (int how = 0; how < STRATEGIES; how++)
        for (int offset = 0; offset <= 42; offset += 7) {
            weft_session_clear(s);
            Owner_list owners = weft_query(s, Owner, .load = items_by(how), .limit = 5, .offset = offset,
                                           .order_by = weft_order(weft_desc(Owner, rank), weft_asc(Owner, name)));
            assert_ok(s);
            assert_int_equal(owners.count, offset >= 40 ? 0 : offset > 35 ? 40 - offset : 5);
            for (size_t i = 0; i < owners.count; i++) {
                assert_int_equal(owners.items[i]->items.count, owners.items[i]->id % 4);
                if (i > 0) {
                    const Owner *a = owners.items[i - 1], *b = owners.items[i];
                    assert_true(a->rank > b->rank || (a->rank == b->rank && strcmp(a->name, b->name) < 0));
                }
            }
            int64_t total = 0;
            assert_int_equal(weft_query_page(s, Owner, &total, .load = items_by(how), .limit = 5, .offset = offset).count,
                             owners.count);
            assert_int_equal(total, 40);
            const Owner *first =
                weft_first(s, Owner, .load = items_by(how), .offset = offset, .order_by = weft_order(weft_asc(Owner, id)));
            assert_true(offset >= 40 ? first == NULL : first->id == offset + 1 && first->items.count == (size_t)first->id % 4);
        }
    assert_ok(s);
}

/* An order by what is joined decides the limit, and the load does not take part in it. */
static void an_order_by_the_joined_and_a_load_of_it_stay_apart(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_owners(f, 12);
    for (int how = 0; how < STRATEGIES; how++) {
        weft_session_clear(s);
        Owner_list owners = weft_query(s, Owner, .joins = weft_joins(weft_join(Owner, items)), .where = weft_eq(Item, size, 2),
                                       .load = items_by(how), .order_by = weft_order(weft_desc(Item, id)), .limit = 2);
        assert_ok(s);
        assert_int_equal(owners.count, 2);
        assert_int_equal(owners.items[0]->id, 11);
        assert_int_equal(owners.items[1]->id, 7);
        assert_int_equal(owners.items[0]->items.count, 3); /* all of them, not only those of the condition */
        weft_session_clear(s);
        owners = weft_query(s, Owner, .where = weft_any(Owner, items, weft_ge(Item, size, 1)), .load = items_by(how),
                            .distinct = true, .order_by = weft_order(weft_asc(Owner, rank), weft_desc(Owner, id)), .limit = 3);
        assert_ok(s);
        assert_int_equal(owners.count, 3);
        assert_int_equal(owners.items[0]->id, 2);
        assert_int_equal(owners.items[0]->items.count, 2);
    }
}

static void loads_go_on_after_commit_rollback_and_expunge(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_owners(f, 8);
    Owner_list owners = weft_query(s, Owner, .order_by = weft_order(weft_asc(Owner, id)));
    commit_ok(s);
    test_recorder_clear(f->recorder);
    assert_int_equal(weft_lazy(s, Owner, owners.items[2], items).count, 3);
    assert_int_equal(weft_lazy(s, Owner, owners.items[5], items).count, 2);
    assert_int_equal(test_recorder_count(f->recorder), 2); /* all that are stale, then the items of all */
    rollback_ok(s);
    assert_int_equal(weft_lazy(s, Owner, owners.items[2], items).count, 3);
    weft_expunge(s, Owner, owners.items[3]);
    assert_int_equal(weft_lazy(s, Owner, owners.items[3], items).count, 0);
    assert_refused(s, WEFT_ERROR_MISUSE);
    test_database_exec(&f->database, "UPDATE item SET owner_id = NULL WHERE owner_id = 6");
    test_database_exec(&f->database, "DELETE FROM owner WHERE id = 6");
    commit_ok(s);
    assert_int_equal(weft_lazy(s, Owner, owners.items[5], items).count, 0); /* its row is gone */
    assert_ok(s);
    assert_int_equal(weft_lazy(s, Owner, owners.items[6], items).count, 3);
    assert_null(weft_get(s, Owner, 6));
    weft_edit(s, Owner, owners.items[5])->rank = 1; /* weft_get has found that it is no more */
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_query(s, Owner).count, 7);
    test_database_exec(&f->database, "DELETE FROM owner WHERE id = 8");
    weft_session_rollback(s);
    weft_edit(s, Owner, owners.items[7])->rank = 1; /* found here that it is */
    assert_refused(s, WEFT_ERROR_STALE);
    commit_ok(s);
}

static void raise_tells_and_the_session_goes_on(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_owners(f, 4);
    const Owner *owner = weft_first(s, Owner, .where = weft_eq(Owner, id, 3),
                                    .load = weft_load(weft_raise(Owner, items), weft_selectin(Owner, best)));
    assert_false(weft_loaded(s, Owner, owner, items));
    assert_true(weft_loaded(s, Owner, owner, best));
    assert_null(owner->best);
    assert_int_equal(weft_lazy(s, Owner, owner, items).count, 0);
    assert_status(s, WEFT_ERROR_LAZY_LOAD);
    assert_message(s, "items");
    rollback_ok(s);
    Item *item = weft_new(s, Item, .size = 9);
    weft_append(s, Owner, owner, items, Item, item); /* a write needs no load */
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM item WHERE owner_id = 3", "4");
    assert_int_equal(weft_get(s, Owner, 3, .load = weft_load(weft_joined(Owner, items)))->items.count, 4);
    weft_delete(s, Owner, weft_get(s, Owner, 3, .load = weft_load(weft_raise(Owner, items))));
    commit_ok(s); /* the flush may load what the program may not */
    assert_rows(f, "SELECT count(*) FROM item WHERE owner_id = 3", "0");
}

static void every_way_to_the_same_collection_agrees(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_owners(f, 20);
    test_database_exec(&f->database, "INSERT INTO tag (id, name) VALUES (1, 'a'), (2, 'b'), (3, 'c')");
    test_database_exec(&f->database,
                       "INSERT INTO item_tag (item_id, tag_id) SELECT i.id, t.id FROM item i JOIN tag t ON (i.id + t.id) % 2 = 0");
    test_database_exec(&f->database, "UPDATE item SET best_of = owner_id WHERE size = 0");
    const weft_loader *const ways[] = {
        weft_load(weft_joined(Owner, items, weft_joined(Item, tags, weft_joined(Tag, items)), weft_joined(Item, winner)),
                  weft_joined(Owner, best, weft_joined(Item, tags))),
        weft_load(weft_selectin(Owner, items, weft_selectin(Item, tags, weft_selectin(Tag, items)), weft_selectin(Item, winner)),
                  weft_selectin(Owner, best, weft_selectin(Item, tags))),
        weft_load(weft_subquery(Owner, items, weft_subquery(Item, tags, weft_subquery(Tag, items)), weft_subquery(Item, winner)),
                  weft_subquery(Owner, best, weft_subquery(Item, tags))),
        weft_load(weft_joined(Owner, best, weft_selectin(Item, tags)),
                  weft_selectin(Owner, items, weft_joined(Item, winner), weft_subquery(Item, tags, weft_joined(Tag, items)))),
    };
    int64_t sums[4][3] = {{0}};
    for (size_t way = 0; way < 4; way++) {
        weft_session_clear(s);
        Owner_list owners = weft_query(s, Owner, .where = weft_gt(Owner, id, 3), .order_by = weft_order(weft_desc(Owner, id)),
                                       .limit = 11, .offset = 1, .load = ways[way]);
        assert_ok(s);
        assert_int_equal(owners.count, 11);
        weft_session_stats before, after;
        weft_session_stats_get(s, &before);
        weft_each (Owner, owner, owners) {
            weft_each (Item, item, weft_lazy(s, Owner, owner, items)) {
                weft_each (Tag, tag, weft_lazy(s, Item, item, tags)) {
                    sums[way][0] = (sums[way][0] * 31 + item->id * 7 + tag->id) % 1000000007;
                    sums[way][1] += (int64_t)weft_lazy(s, Tag, tag, items).count;
                }
                sums[way][2] += weft_lazy(s, Item, item, winner) != NULL;
            }
            const Item *best = weft_lazy(s, Owner, owner, best);
            assert_true(best == NULL || (best->winner == owner && best->size == 0));
            sums[way][2] += best != NULL ? 100 + (int64_t)weft_lazy(s, Item, best, tags).count : 0;
        }
        weft_session_stats_get(s, &after);
        assert_int_equal(after.statements, before.statements); /* all was there */
        assert_true(sums[way][0] != 0 && sums[way][2] != 0);
        assert_memory_equal(sums[way], sums[0], sizeof sums[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(every_number_of_owners_loads_in_few_statements),
        ON_BOTH(tens_of_thousands_of_owners_load_by_each_strategy),
        ON_BOTH(limits_orders_and_offsets_hold_around_every_strategy),
        ON_BOTH(an_order_by_the_joined_and_a_load_of_it_stay_apart),
        ON_BOTH(loads_go_on_after_commit_rollback_and_expunge),
        ON_BOTH(raise_tells_and_the_session_goes_on),
        ON_BOTH(every_way_to_the_same_collection_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
