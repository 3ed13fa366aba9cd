/* Shapes of relationships: many to many with oneself, both ends to oneself, one to one, two between the same tables,
    nested loaders;
 * loops that query, edit and delete within themselves. */
#include "support/fixture.h"

WEFT_DECLARE(Person);
WEFT_DECLARE(Passport);
WEFT_DECLARE(Letter);
struct Person {
    int64_t id;
    const char *name;
    weft_opt_int64 boss_id;
    weft_opt_int64 mentor_id;
    const Person *boss;
    Person_list reports;
    const Person *mentor;
    Person_list pupils;
    Person_list friends;
    Person_list friend_of;
    const Passport *passport;
    Letter_list sent;
    Letter_list received;
};
struct Passport {
    int64_t id;
    const char *number;
    weft_opt_int64 person_id;
    const Person *person;
};
struct Letter {
    int64_t id;
    const char *text;
    int64_t sender_id;
    weft_opt_int64 reader_id;
    const Person *sender;
    const Person *reader;
};
WEFT_MODEL(Person, "person", WEFT_COLUMN(Person, id, .primary_key = true), WEFT_COLUMN(Person, name, .unique = true),
           WEFT_COLUMN(Person, boss_id, .references = "person.id"), WEFT_COLUMN(Person, mentor_id, .references = "person.id"),
           WEFT_BELONGS_TO(Person, boss, Person, .foreign_key = "boss_id", .back_populates = "reports"),
           WEFT_HAS_MANY(Person, reports, Person, .foreign_key = "boss_id", .back_populates = "boss", .order_by = "name"),
           WEFT_BELONGS_TO(Person, mentor, Person, .foreign_key = "mentor_id", .back_populates = "pupils"),
           WEFT_HAS_MANY(Person, pupils, Person, .foreign_key = "mentor_id", .back_populates = "mentor", .order_by = "name"),
           WEFT_MANY_TO_MANY(Person, friends, Person, .through = "friendship(person_id; friend_id)", .back_populates = "friend_of",
                             .order_by = "name"),
           WEFT_MANY_TO_MANY(Person, friend_of, Person, .through = "friendship(friend_id; person_id)", .back_populates = "friends",
                             .order_by = "name"),
           WEFT_HAS_ONE(Person, passport, Passport, .foreign_key = "person_id", .back_populates = "person"),
           WEFT_HAS_MANY(Person, sent, Letter, .foreign_key = "sender_id", .back_populates = "sender", .cascade = WEFT_CASCADE_ALL,
                         .order_by = "id"),
           WEFT_HAS_MANY(Person, received, Letter, .foreign_key = "reader_id", .back_populates = "reader", .order_by = "id"));
WEFT_MODEL(Passport, "passport", WEFT_COLUMN(Passport, id, .primary_key = true), WEFT_COLUMN(Passport, number, .unique = true),
           WEFT_COLUMN(Passport, person_id, .references = "person.id", .unique = true),
           WEFT_BELONGS_TO(Passport, person, Person, .foreign_key = "person_id", .back_populates = "passport"));
WEFT_MODEL(Letter, "letter", WEFT_COLUMN(Letter, id, .primary_key = true), WEFT_COLUMN(Letter, text),
           WEFT_COLUMN(Letter, sender_id, .references = "person.id"), WEFT_COLUMN(Letter, reader_id, .references = "person.id"),
           WEFT_BELONGS_TO(Letter, sender, Person, .foreign_key = "sender_id", .back_populates = "sent"),
           WEFT_BELONGS_TO(Letter, reader, Person, .foreign_key = "reader_id", .back_populates = "received"));
WEFT_METADATA(models, &Person_model);
FIXTURE_MODELS(models);

static Person *person(weft_session *s, const char *name) { return weft_new(s, Person, .name = name); }

static void many_to_many_with_oneself_goes_both_ways(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Person *a = person(s, "a"), *b = person(s, "b"), *c = person(s, "c");
    weft_append(s, Person, a, friends, Person, b);
    weft_append(s, Person, a, friends, Person, c);
    weft_append(s, Person, b, friends, Person, a);
    weft_append(s, Person, c, friends, Person, c);
    commit_ok(s);
    assert_rows(
        f,
        "SELECT p.name, q.name FROM friendship JOIN person p ON p.id = person_id JOIN person q ON q.id = friend_id ORDER BY 1, 2",
        "a|b\na|c\nb|a\nc|c");
    const weft_loader *const how[] = {weft_joined(Person, friends, weft_joined(Person, friend_of)),
                                      weft_selectin(Person, friends, weft_selectin(Person, friend_of)),
                                      weft_subquery(Person, friends, weft_subquery(Person, friend_of))};
    for (int i = 0; i < 3; i++) {
        weft_session_clear(s);
        Person_list all = weft_query(s, Person, .order_by = weft_order(weft_asc(Person, name)), .load = weft_load(how[i]));
        assert_ok(s);
        assert_int_equal(all.count, 3);
        assert_int_equal(all.items[0]->friends.count, 2);
        assert_int_equal(all.items[2]->friends.count, 1);
        assert_ptr_equal(all.items[2]->friends.items[0], all.items[2]);
        assert_int_equal(all.items[2]->friend_of.count, 2);
        assert_int_equal(all.items[0]->friend_of.count, 1);
    }
    const Person *first = weft_first(s, Person, .where = weft_eq(Person, name, "a"));
    weft_each (Person, other, weft_lazy(s, Person, first, friends))
        weft_remove(s, Person, first, friends, Person, other);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM friendship", "2");
    weft_delete(s, Person, weft_one(s, Person, NULL, .where = weft_eq(Person, name, "c")));
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM friendship", "1");
}

static void two_relationships_with_oneself_stay_apart(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Person *a = person(s, "a"), *b = person(s, "b"), *c = person(s, "c");
    weft_assign(s, Person, b, boss, Person, a);
    weft_append(s, Person, a, reports, Person, c);
    weft_append(s, Person, c, pupils, Person, b);
    weft_assign(s, Person, a, mentor, Person, b);
    commit_ok(s);
    assert_rows(f,
                "SELECT p.name, b.name, m.name FROM person p LEFT JOIN person b ON b.id = p.boss_id LEFT JOIN person m ON m.id = "
                "p.mentor_id "
                "ORDER BY 1",
                "a|NULL|b\nb|a|c\nc|a|NULL");
    const weft_loader *const how[] = {
        weft_joined(Person, reports, weft_joined(Person, pupils), weft_joined(Person, mentor, weft_joined(Person, boss))),
        weft_selectin(Person, reports, weft_selectin(Person, pupils), weft_selectin(Person, mentor, weft_selectin(Person, boss))),
        weft_subquery(Person, reports, weft_subquery(Person, pupils), weft_subquery(Person, mentor, weft_subquery(Person, boss)))};
    for (int i = 0; i < 3; i++) {
        weft_session_clear(s);
        const Person *top = weft_first(s, Person, .where = weft_is_null(Person, boss_id), .load = weft_load(how[i]));
        assert_ok(s);
        assert_string_equal(top->name, "a");
        assert_int_equal(top->reports.count, 2);
        const Person *bb = top->reports.items[0], *cc = top->reports.items[1];
        assert_ptr_equal(bb->mentor, cc);
        assert_ptr_equal(cc->boss, top);
        assert_int_equal(cc->pupils.count, 1);
        assert_ptr_equal(cc->pupils.items[0], bb);
        assert_null(cc->mentor);
    }
    /* A self-join by aliases: people whose boss is called a. */
    assert_int_equal(weft_count_of(s, Person, .joins = weft_joins(weft_join_as(1, Person, boss)),
                                   .where = weft_op(weft_col_at(1, Person, name), "=", weft_val("a"))),
                     2);
    assert_ok(s);
}

static void one_to_one_may_be_swapped_and_taken_away(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Person *a = person(s, "a"), *b = person(s, "b");
    Passport *p = weft_new(s, Passport, .number = "p", .person = a), *q = weft_new(s, Passport, .number = "q");
    weft_assign(s, Person, b, passport, Passport, q);
    commit_ok(s);
    assert_ptr_equal(a->passport, p);
    assert_ptr_equal(q->person, b);
    weft_assign(s, Person, a, passport, Passport, (const Passport *)NULL);
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM passport WHERE person_id IS NULL", "1");
    weft_assign(s, Person, a, passport, Passport, q);
    commit_ok(s);
    assert_rows(f, "SELECT number FROM passport JOIN person ON person.id = person_id WHERE name = 'a'", "q");
    weft_session_clear(s);
    const weft_loader *const how[] = {weft_joined(Person, passport), weft_selectin(Person, passport),
                                      weft_subquery(Person, passport)};
    for (int i = 0; i < 3; i++) {
        weft_session_clear(s);
        Person_list all = weft_query(s, Person, .order_by = weft_order(weft_asc(Person, name)), .load = weft_load(how[i]));
        assert_string_equal(all.items[0]->passport->number, "q");
        assert_null(all.items[1]->passport);
        assert_ptr_equal(all.items[0]->passport->person, all.items[0]);
    }
}

static void two_relationships_between_two_tables_stay_apart(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Person *a = person(s, "a"), *b = person(s, "b");
    weft_new(s, Letter, .text = "1", .sender = a, .reader = b);
    weft_new(s, Letter, .text = "2", .sender = b, .reader = a);
    weft_new(s, Letter, .text = "3", .sender = a, .reader = a);
    weft_new(s, Letter, .text = "4", .sender = a);
    commit_ok(s);
    weft_session_clear(s);
    const Person *one =
        weft_first(s, Person, .where = weft_eq(Person, name, "a"),
                   .load = weft_load(weft_joined(Person, sent, weft_joined(Letter, reader)), weft_joined(Person, received)));
    assert_ok(s);
    assert_int_equal(one->sent.count, 3);
    assert_int_equal(one->received.count, 2);
    assert_string_equal(one->sent.items[0]->reader->name, "b");
    assert_ptr_equal(one->sent.items[1]->reader, one);
    assert_null(one->sent.items[2]->reader);
    assert_int_equal(weft_count_of(s, Letter, .joins = weft_joins(weft_join_as(1, Letter, sender), weft_outer_join(Letter, reader)),
                                   .where = weft_and(weft_op(weft_col_at(1, Person, name), "=", weft_val("a")),
                                                     weft_is_null(Person, id))),
                     1);
    assert_ok(s);
    /* Deleting deletes what was sent and clears what was received. */
    weft_delete(s, Person, one);
    commit_ok(s);
    assert_rows(f, "SELECT text, reader_id FROM letter", "2|NULL");
}

static void loaders_nest_to_their_limit_and_no_deeper(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Person *at = person(s, "p0");
    for (int i = 1; i < 12; i++) {
        Person *next = weft_new(s, Person, .name = weft_format(s, "p%d", i), .boss = at);
        at = next;
    }
    commit_ok(s);
    weft_session_clear(s);
    const weft_loader *deep[12];
    deep[0] = &(const weft_loader){.how = WEFT_LOAD_SELECTIN,
                                   .model = &Person_model,
                                   .offset = offsetof(Person, reports),
                                   .then = (const weft_loader *const[]){&weft_load_end}};
    const weft_loader *lists[12][2];
    weft_loader nodes[12];
    for (int i = 1; i < 12; i++) {
        lists[i][0] = deep[i - 1];
        lists[i][1] = &weft_load_end;
        nodes[i] = (weft_loader){.how = i % 3 == 0   ? WEFT_LOAD_JOINED
                                        : i % 3 == 1 ? WEFT_LOAD_SUBQUERY
                                                     : WEFT_LOAD_SELECTIN,
                                 .model = &Person_model,
                                 .offset = offsetof(Person, reports),
                                 .then = lists[i]};
        deep[i] = &nodes[i];
    }
    for (int depth = 1; depth <= 12; depth++) {
        weft_session_clear(s);
        const Person *p = weft_first(s, Person, .where = weft_eq(Person, name, "p0"), .load = weft_load(deep[depth - 1]));
        if (weft_session_status(s) != WEFT_OK) {
            assert_true(depth > 8);
            assert_refused(s, WEFT_ERROR_LIMIT);
            continue;
        }
        for (int i = 0; i < depth && i < 11; i++) {
            assert_int_equal(p->reports.count, 1);
            p = p->reports.items[0];
        }
    }
}

static void loops_may_query_edit_and_delete_inside(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int i = 0; i < 20; i++)
        weft_new(s, Letter, .text = "x", .sender = weft_new(s, Person, .name = weft_format(s, "n%02d", i)));
    commit_ok(s);
    int seen = 0;
    weft_each (Person, outer, weft_query(s, Person, .order_by = weft_order(weft_asc(Person, name)))) {
        weft_each (Person, inner, weft_query(s, Person, .where = weft_gt(Person, name, outer->name), .limit = 2))
            weft_each (Letter, letter, weft_lazy(s, Person, inner, sent)) {
                weft_edit(s, Letter, letter)->text = weft_format(s, "%s<%s", letter->text, outer->name);
                seen++;
            }
        if (seen % 3 == 0)
            (void)weft_session_flush(s);
    }
    assert_int_equal(seen, 37);
    commit_ok(s);
    /* After a commit in the loop its elements are stale but readable, and go on. */
    weft_each (Person, outer, weft_query(s, Person)) {
        weft_edit(s, Person, outer)->name = weft_format(s, "m%s", outer->name);
        commit_ok(s);
    }
    assert_rows(f, "SELECT count(*) FROM person WHERE name LIKE 'mn%'", "20");
    Person_list all = weft_query(s, Person);
    weft_each (Person, outer, all) {
        weft_delete(s, Person, outer);
        assert_int_equal(weft_query(s, Letter, .where = weft_eq(Letter, sender_id, outer->id)).count, 0);
        assert_ok(s);
    }
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM letter", "0");
    weft_each (Person, gone, all) /* deleted objects stay readable until the session is cleared */
        assert_int_equal(strlen(gone->name), 4);
}

static void a_collection_may_be_emptied_in_a_loop_over_it(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    Person *a = person(s, "a"), *b = person(s, "b");
    for (int i = 0; i < 10; i++)
        weft_append(s, Person, a, sent, Letter, weft_new(s, Letter, .text = weft_format(s, "%d", i)));
    commit_ok(s);
    int moved = 0;
    weft_each (Letter, letter, weft_lazy(s, Person, a, sent)) {
        weft_append(s, Person, b, sent, Letter, letter);
        moved++;
    }
    assert_int_equal(moved, 10);
    assert_int_equal(a->sent.count, 0);
    commit_ok(s);
    assert_int_equal(weft_count_of(s, Letter, .where = weft_eq(Letter, sender_id, b->id)), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(many_to_many_with_oneself_goes_both_ways),      ON_BOTH(two_relationships_with_oneself_stay_apart),
        ON_BOTH(one_to_one_may_be_swapped_and_taken_away),      ON_BOTH(two_relationships_between_two_tables_stay_apart),
        ON_BOTH(loaders_nest_to_their_limit_and_no_deeper),     ON_BOTH(loops_may_query_edit_and_delete_inside),
        ON_BOTH(a_collection_may_be_emptied_in_a_loop_over_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
