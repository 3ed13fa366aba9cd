/* What waits for a flush is seen by every statement of a load, at whatever depth, and nothing else is flushed. */
#include "support/fixture.h"

/* Three levels by the models' own words, each by another strategy, and many to many at the end. */
WEFT_DECLARE(Hall);
WEFT_DECLARE(Rack);
WEFT_DECLARE(Slot);
WEFT_DECLARE(Mark);
WEFT_DECLARE(Lamp);
struct Hall {
    int64_t id;
    Rack_list racks;
};
struct Rack {
    int64_t id;
    int64_t hall_id;
    Slot_list slots;
};
struct Slot {
    int64_t id;
    int64_t rack_id;
    Mark_list marks;
};
struct Mark {
    int64_t id;
    const char *word;
};
struct Lamp { /* nothing loads it */
    int64_t id;
    int64_t hall_id;
};
WEFT_MODEL(Hall, "hall", WEFT_COLUMN(Hall, id, .primary_key = true),
           WEFT_HAS_MANY(Hall, racks, Rack, .foreign_key = "hall_id", .lazy = WEFT_LOAD_SELECTIN));
WEFT_MODEL(Rack, "rack", WEFT_COLUMN(Rack, id, .primary_key = true), WEFT_COLUMN(Rack, hall_id),
           WEFT_HAS_MANY(Rack, slots, Slot, .foreign_key = "rack_id", .lazy = WEFT_LOAD_JOINED));
WEFT_MODEL(Slot, "slot", WEFT_COLUMN(Slot, id, .primary_key = true), WEFT_COLUMN(Slot, rack_id),
           WEFT_MANY_TO_MANY(Slot, marks, Mark, .through = "slot_mark(slot_id, mark_id)", .lazy = WEFT_LOAD_SUBQUERY));
WEFT_MODEL(Mark, "mark", WEFT_COLUMN(Mark, id, .primary_key = true), WEFT_COLUMN(Mark, word));
WEFT_MODEL(Lamp, "lamp", WEFT_COLUMN(Lamp, id, .primary_key = true), WEFT_COLUMN(Lamp, hall_id));
WEFT_METADATA(halls, &Hall_model, &Rack_model, &Slot_model, &Mark_model, &Lamp_model);

FIXTURE_ROWS(halls, "INSERT INTO hall (id) VALUES (1); INSERT INTO rack (id, hall_id) VALUES (1, 1);"
                    "INSERT INTO slot (id, rack_id) VALUES (1, 1); INSERT INTO mark (id, word) VALUES (1, 'a'), (2, 'b');"
                    "INSERT INTO slot_mark (slot_id, mark_id) VALUES (1, 1)");

/* Rolls back and gives up what was loaded, so that the next way starts anew. */
static void again(weft_session *s)
{
    rollback_ok(s);
    assert_call(s, weft_session_clear(s), WEFT_OK);
}

static const Hall *by_query(weft_session *s)
{
    Hall_list halls_list = weft_query(s, Hall);
    assert_int_equal(halls_list.count, 1);
    return halls_list.items[0];
}
static const Hall *by_get(weft_session *s) { return weft_get(s, Hall, 1); }
static const Hall *by_first(weft_session *s) { return weft_first(s, Hall); }
static const Hall *by_get_many(weft_session *s) { return weft_get_many(s, Hall, ((const int64_t[]){1}), 1).items[0]; }
static const Hall *by_loader_and_default(weft_session *s)
{
    Hall_list list = weft_query(s, Hall, .load = weft_load(weft_subquery(Hall, racks)));
    return list.count == 0 ? NULL : list.items[0];
}
static const Hall *by_select(weft_session *s)
{
    weft_select *select = weft_select_new(s, Hall);
    Hall_list list = weft_select_all(select, Hall);
    return list.count == 0 ? NULL : list.items[0];
}

static void every_way_to_load_sees_what_waits_at_every_depth(void **state)
{
    fixture *f = *state;
    static const Hall *(*const ways[])(weft_session *) = {by_query, by_get, by_first, by_get_many, by_loader_and_default,
                                                          by_select};
    for (size_t way = 0; way < sizeof ways / sizeof ways[0]; way++) {
        weft_new(f->s, Rack, .id = 20, .hall_id = 1);
        assert_int_equal(ways[way](f->s)->racks.count, 2);
        again(f->s);
        weft_new(f->s, Slot, .id = 20, .rack_id = 1);
        assert_int_equal(ways[way](f->s)->racks.items[0]->slots.count, 2);
        again(f->s);
        const Slot *slot = weft_get(f->s, Slot, 1, .load = weft_load(weft_lazily(Slot, marks)));
        weft_append(f->s, Slot, slot, marks, Mark, weft_get(f->s, Mark, 2));
        assert_int_equal(ways[way](f->s)->racks.items[0]->slots.items[0]->marks.count, 2);
        again(f->s);
    }
}

static void a_lazy_load_sees_what_waits_below_it(void **state)
{
    fixture *f = *state;
    const Hall *hall = weft_get(f->s, Hall, 1, .load = weft_load(weft_lazily(Hall, racks)));
    weft_new(f->s, Slot, .id = 20, .rack_id = 1);
    Rack_list racks = weft_lazy(f->s, Hall, hall, racks);
    assert_int_equal(racks.count, 1);
    assert_int_equal(racks.items[0]->slots.count, 2);
    again(f->s);
    hall = weft_get(f->s, Hall, 1, .load = weft_load(weft_lazily(Hall, racks)));
    weft_new(f->s, Slot, .id = 21, .rack_id = 1);
    hall = weft_get(f->s, Hall, 1, .load = weft_load(weft_selectin(Hall, racks)));
    assert_int_equal(hall->racks.items[0]->slots.count, 2);
}

static void what_no_statement_of_the_load_reads_is_not_flushed(void **state)
{
    fixture *f = *state;
    weft_new(f->s, Lamp, .id = 1, .hall_id = 1);
    test_recorder_clear(f->recorder);
    assert_int_equal(by_query(f->s)->racks.count, 1);
    assert_int_equal(test_recorder_count_containing(f->recorder, "INSERT"), 0);
    again(f->s);
    weft_new(f->s, Slot, .id = 20, .rack_id = 1); /* the query loads nothing of it */
    test_recorder_clear(f->recorder);
    (void)weft_query(f->s, Hall, .load = weft_load(weft_lazily(Hall, racks)));
    assert_int_equal(test_recorder_count_containing(f->recorder, "INSERT"), 0);
    again(f->s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(every_way_to_load_sees_what_waits_at_every_depth),
        ON_BOTH(a_lazy_load_sees_what_waits_below_it),
        ON_BOTH(what_no_statement_of_the_load_reads_is_not_flushed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
