/* What the database takes for equal: keys that it spells otherwise, texts whose case or padding means nothing. Objects are found,
 * children belong, and every way to load agrees with a join. */
#include "support/fixture.h"

WEFT_DECLARE(Price);
WEFT_DECLARE(Sale);
WEFT_DECLARE(Person);
WEFT_DECLARE(Phone);
WEFT_DECLARE(Club);
WEFT_DECLARE(Loose);
WEFT_DECLARE(LooseItem);
struct Price {
    weft_decimal amount;
    const char *note;
    Sale_list sales;
};
struct Sale {
    int64_t id;
    weft_decimal price_amount;
    const Price *price;
};
/* The tables of these are made by each test, with the type of their keys. */
struct Person {
    const char *name;
    const char *note;
    Phone_list phones;
    Club_list clubs;
    const LooseItem *item;
};
struct Phone {
    int64_t id;
    const char *person_name;
    const Person *person;
};
struct Club {
    int64_t id;
    Person_list people;
};
struct LooseItem {
    int64_t id;
    const char *person_name;
};
/* The key of two columns, one of which is spelt in several ways. */
struct Loose {
    const char *code;
    int32_t number;
    const char *note;
};
#ifdef PLAIN_MODELS /* which do not say what their columns are, see test_spellings_plain.c */
#define PERSON_KEY .nullable = false
#else
#define PERSON_KEY .sql_type = "loose_text"
#endif
WEFT_MODEL(Price, "price", WEFT_COLUMN(Price, amount, .primary_key = true, .precision = 6, .scale = 2),
           WEFT_COLUMN(Price, note, .nullable = true),
           WEFT_HAS_MANY(Price, sales, Sale, .foreign_key = "price_amount", .back_populates = "price",
                         .cascade = WEFT_CASCADE_ALL));
WEFT_MODEL(Sale, "sale", WEFT_COLUMN(Sale, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Sale, price_amount, .precision = 6, .scale = 2),
           WEFT_BELONGS_TO(Sale, price, Price, .foreign_key = "price_amount", .back_populates = "sales"));
WEFT_MODEL(Person, "person", WEFT_COLUMN(Person, name, .primary_key = true, PERSON_KEY),
           WEFT_COLUMN(Person, note, .nullable = true),
           WEFT_HAS_MANY(Person, phones, Phone, .foreign_key = "person_name", .back_populates = "person",
                         .cascade = WEFT_CASCADE_ALL),
           WEFT_MANY_TO_MANY(Person, clubs, Club, .through = "person_club(person_name, club_id)", .back_populates = "people"),
           WEFT_HAS_ONE(Person, item, LooseItem, .foreign_key = "person_name"));
WEFT_MODEL(Phone, "phone", WEFT_COLUMN(Phone, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(Phone, person_name, PERSON_KEY),
           WEFT_BELONGS_TO(Phone, person, Person, .foreign_key = "person_name", .back_populates = "phones"));
WEFT_MODEL(Club, "club", WEFT_COLUMN(Club, id, .primary_key = true, .not_generated = true),
           WEFT_MANY_TO_MANY(Club, people, Person, .through = "person_club(club_id, person_name)", .back_populates = "clubs"));
WEFT_MODEL(LooseItem, "item", WEFT_COLUMN(LooseItem, id, .primary_key = true, .not_generated = true),
           WEFT_COLUMN(LooseItem, person_name, PERSON_KEY));
WEFT_MODEL(Loose, "loose", WEFT_COLUMN(Loose, code, .primary_key = true, PERSON_KEY),
           WEFT_COLUMN(Loose, number, .primary_key = true), WEFT_COLUMN(Loose, note, .nullable = true));
WEFT_METADATA(prices, &Price_model, &Sale_model);
WEFT_METADATA(people, &Person_model, &Phone_model, &Club_model, &LooseItem_model, &Loose_model);

FIXTURE_MODELS(prices);

/* ---- decimals ---- */

static void an_object_is_found_by_every_spelling_of_its_decimal_key(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const int counts[] = {1, 3, 70, 510};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        Price *made[510];
        char text[32];
        for (int i = 0; i < counts[c]; i++) {
            snprintf(text, sizeof text, "%d.5", i + 1);
            made[i] = weft_new(s, Price, .amount = {text}, .note = "a");
        }
        commit_ok(s);
        for (int i = 0; i < counts[c]; i++) {
            snprintf(text, sizeof text, "%d.5", i + 1);
            assert_ptr_equal(weft_get(s, Price, text), made[i]);
            snprintf(text, sizeof text, "%d.50", i + 1);
            assert_ptr_equal(weft_get(s, Price, text), made[i]);
            if (counts[c] == 1)
                assert_rows(f, "SELECT amount FROM price", made[i]->amount.text); /* as the database has it */
            weft_edit(s, Price, made[i])->note = "b";
        }
        commit_ok(s);
        Price_list all = weft_query(s, Price);
        assert_int_equal(all.count, counts[c]);
        weft_each (Price, price, all)
            assert_string_equal(price->note, "b");
        const char *asked[] = {"1.50", "01.5"};
        Price_list both = weft_get_many(s, Price, asked, 2);
        assert_ptr_equal(both.items[0], made[0]);
        assert_ptr_equal(both.items[1], made[0]);
        weft_each (Price, price, all)
            weft_delete(s, Price, price);
        commit_ok(s);
        assert_int_equal(test_database_integer(&f->database, "SELECT count(note) FROM price"), 0);
    }
}

static void children_of_a_decimal_key_spelt_otherwise_belong(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_new(s, Price, .amount = {"1.5"});
    weft_new(s, Sale, .id = 1, .price_amount = {"1.50"});
    commit_ok(s);
    static const int loads[] = {WEFT_LOAD_SELECTIN, WEFT_LOAD_SUBQUERY, WEFT_LOAD_JOINED, WEFT_LOAD_LAZY};
    for (int i = 0; i < 4; i++) {
        const weft_loader *const ends[] = {&weft_load_end};
        const weft_loader loader = {.how = loads[i], .model = &Price_model, .offset = offsetof(Price, sales), .then = ends};
        assert_call(s, weft_session_clear(s), WEFT_OK);
        Price_list all = weft_query(s, Price, .load = &loader);
        assert_int_equal(weft_lazy(s, Price, all.items[0], sales).count, 1);
        assert_ptr_equal(weft_lazy(s, Sale, weft_get(s, Sale, 1), price), all.items[0]);
    }
    const Price *there = weft_get(s, Price, "1.500");
    weft_new(s, Sale, .id = 2, .price_amount = {"1.500"});
    flush_ok(s);
    assert_int_equal(weft_lazy(s, Price, there, sales).count, 2);
    weft_delete(s, Price, there);
    commit_ok(s);
    assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM sale"), 0);
}

static void a_decimal_spelt_otherwise_is_no_change(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_new(s, Sale, .id = 3, .price = weft_new(s, Price, .amount = {"2.25"}));
    commit_ok(s);
    const Sale *sale = weft_first(s, Sale);
    test_recorder_clear(f->recorder);
    weft_edit(s, Sale, sale)->price_amount = (weft_decimal){"02.250"};
    flush_ok(s);
    assert_true(TEST_NO_STATEMENTS(f->recorder));
    commit_ok(s);
}

/* ---- texts ---- */

/* A session over tables whose keys are of this type. */
static weft_session *open_people(fixture *f, weft_engine **engine, const char *parent, const char *child)
{
    char sql[2000];
    snprintf(
        sql, sizeof sql,
        "CREATE TABLE person (name %s NOT NULL PRIMARY KEY, note TEXT); CREATE TABLE phone (id BIGINT PRIMARY KEY, person_name "
        "%s NOT NULL); CREATE TABLE club (id BIGINT PRIMARY KEY); CREATE TABLE person_club (person_name %s NOT NULL, club_id "
        "BIGINT NOT NULL, PRIMARY KEY (person_name, club_id)); CREATE TABLE item (id BIGINT PRIMARY KEY, person_name %s NOT NULL);"
        "CREATE TABLE loose (code %s NOT NULL, number INTEGER NOT NULL, note TEXT, PRIMARY KEY (code, number))",
        parent, child, child, child, parent);
    test_database_exec(&f->database, sql);
    *engine = fixture_engine(f, (weft_engine_options){.metadata = &people});
    return weft_session_open(*engine, NULL);
}

static void close_people(fixture *f, weft_session *s, weft_engine *engine)
{
    assert_ok(s);
    weft_session_close(s);
    weft_engine_close(engine);
    test_database_exec(&f->database,
                       "DROP TABLE person; DROP TABLE phone; DROP TABLE club; DROP TABLE person_club; DROP TABLE item;"
                       "DROP TABLE loose");
}

static const void *load_person(weft_session *s, int how, size_t field)
{
    const weft_loader *const ends[] = {&weft_load_end};
    const weft_loader loader = {.how = how, .model = &Person_model, .offset = field, .then = ends};
    assert_call(s, weft_session_clear(s), WEFT_OK);
    weft_list all = weft_session_query(s, &Person_model, &(const weft_query_options){.load = &loader});
    assert_int_equal(all.count, 2);
    const void *person = ((const void *const *)all.items)[0];
    if (((const Person *)person)->name[0] != 'A')
        person = ((const void *const *)all.items)[1];
    return weft_session_lazy(s, &Person_model, person, field, NULL, 0);
}

static void every_loader_agrees(weft_session *s, const char *type)
{
    static const int loads[] = {WEFT_LOAD_SELECTIN, WEFT_LOAD_SUBQUERY, WEFT_LOAD_JOINED, WEFT_LOAD_LAZY};
    for (int i = 0; i < 4; i++) {
        const Person *ann = load_person(s, loads[i], offsetof(Person, phones));
        if (ann->phones.count != 2)
            fail_msg("%s: loader %d finds %zu phones", type, loads[i], ann->phones.count);
        weft_each (Phone, phone, ann->phones)
            assert_ptr_equal(weft_lazy(s, Phone, phone, person), ann);
        ann = load_person(s, loads[i], offsetof(Person, clubs));
        if (ann->clubs.count != 1)
            fail_msg("%s: loader %d finds %zu clubs", type, loads[i], ann->clubs.count);
        ann = load_person(s, loads[i], offsetof(Person, item));
        if (ann->item == NULL)
            fail_msg("%s: loader %d finds no item", type, loads[i]);
        assert_call(s, weft_session_clear(s), WEFT_OK);
        const weft_loader *const ends[] = {&weft_load_end};
        const weft_loader loader = {.how = loads[i], .model = &Phone_model, .offset = offsetof(Phone, person), .then = ends};
        weft_list phones = weft_session_query(s, &Phone_model, &(const weft_query_options){.load = &loader});
        assert_int_equal(phones.count, 3);
        for (size_t k = 0; k < phones.count; k++) {
            const Phone *phone = ((const Phone *const *)phones.items)[k];
            const Person *person = weft_lazy(s, Phone, phone, person);
            if (person == NULL || (person->name[0] == 'B') != (phone->id == 3))
                fail_msg("%s: loader %d gives phone %d to %s", type, loads[i], (int)phone->id,
                         person == NULL ? "nobody" : "another");
        }
    }
}

static void conditions_agree(weft_session *s, const char *other)
{
    const char *one[] = {other}, *two[] = {other, "zzz"};
    assert_int_equal(weft_count_of(s, Person, .where = weft_eq(Person, name, other)), 1);
    assert_int_equal(weft_count_of(s, Person, .where = weft_in(Person, name, one, 1)), 1);
    assert_int_equal(weft_count_of(s, Person, .where = weft_in(Person, name, two, 2)), 1);
    assert_int_equal(weft_count_of(s, Person, .where = weft_not_in(Person, name, two, 2)), 1);
    assert_int_equal(weft_count_of(s, Person, .where = weft_ne(Person, name, other)), 1);
}

/* Ann is spelt in another way by those who refer to her, and by those who ask. */
static void check_people(fixture *f, const char *parent, const char *child, const char *other)
{
    weft_engine *engine;
    char sql[1000];
    weft_session *s = open_people(f, &engine, parent, child);
    for (int i = 0; i < 2; i++)
        weft_new(s, Person, .name = i == 0 ? "Ann" : "Bob", .note = "n");
    for (int i = 0; i < 3; i++)
        weft_new(s, Phone, .id = i + 1, .person_name = i == 2 ? "Bob" : i == 0 ? other : "Ann");
    commit_ok(s);
    snprintf(sql, sizeof sql,
             "INSERT INTO club (id) VALUES (1); INSERT INTO person_club (person_name, club_id) VALUES ('%s', 1);"
             "INSERT INTO item (id, person_name) VALUES (1, '%s')",
             other, other);
    test_database_exec(&f->database, sql);
    assert_int_equal(
        test_database_integer(&f->database,
                              "SELECT count(*) FROM person JOIN phone ON person.name = phone.person_name WHERE person.note = 'n'"),
        3);
    const Person *ann = weft_get(s, Person, "Ann");
    assert_non_null(ann);
    assert_ptr_equal(weft_get(s, Person, other), ann);
    const char *asked[] = {other, "nobody", "Bob"};
    Person_list many = weft_get_many(s, Person, asked, 3);
    assert_ptr_equal(many.items[0], ann);
    assert_null(many.items[1]);
    assert_non_null(many.items[2]);
    weft_edit(s, Person, ann)->note = "changed";
    commit_ok(s);
    assert_ptr_equal(weft_get(s, Person, other), ann);
    assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM person WHERE note = 'changed'"), 1);
    conditions_agree(s, other);
    every_loader_agrees(s, parent);
    weft_new(s, Loose, .code = "Ann", .number = 1, .note = "x");
    weft_new(s, Loose, .code = "Ann", .number = 2, .note = "y");
    commit_ok(s);
    const Loose *loose = weft_get(s, Loose, weft_key(Loose, .code = other, .number = 2));
    assert_non_null(loose);
    assert_string_equal(loose->note, "y");
    close_people(f, s, engine);
}

/* What is written by the other spelling shows in collections that are loaded, and goes with its owner. */
static void check_following(fixture *f, const char *parent, const char *child, const char *other)
{
#ifdef PLAIN_MODELS /* memory takes their keys for plain texts until they are loaded again */
    return;
#endif
    weft_engine *engine;
    weft_session *s = open_people(f, &engine, parent, child);
    weft_new(s, Person, .name = "Ann");
    weft_new(s, Person, .name = "Bob");
    commit_ok(s);
    const Person *ann = weft_get(s, Person, "Ann"), *bob = weft_get(s, Person, "Bob");
    assert_int_equal(weft_lazy(s, Person, ann, phones).count, 0);
    assert_int_equal(weft_lazy(s, Person, bob, phones).count, 0);
    Phone *phone = weft_new(s, Phone, .id = 1, .person_name = other);
    weft_new(s, Phone, .id = 2, .person_name = "Bob");
    flush_ok(s);
    assert_int_equal(ann->phones.count, 1);
    assert_int_equal(bob->phones.count, 1);
    const Phone *second = weft_get(s, Phone, 2);
    weft_edit(s, Phone, second)->person_name = other;
    flush_ok(s);
    assert_int_equal(ann->phones.count, 2);
    assert_int_equal(bob->phones.count, 0);
    weft_assign(s, Phone, phone, person, Person, bob);
    assert_int_equal(ann->phones.count, 1);
    assert_int_equal(bob->phones.count, 1);
    commit_ok(s);
    ann = weft_get(s, Person, other);
    weft_delete(s, Person, ann);
    commit_ok(s);
    assert_rows(f, "SELECT id FROM phone", "1");
    close_people(f, s, engine);
}

static void case_means_nothing_where_the_column_says_so(void **state)
{
    fixture *f = *state;
    const char *type = "TEXT COLLATE NOCASE";
    if (f->postgres) {
        test_database_exec(&f->database, "CREATE DOMAIN loose_text AS TEXT; CREATE COLLATION caseless (provider = icu, locale = "
                                         "'und-u-ks-level2', deterministic = "
                                         "false)");
        type = "TEXT COLLATE caseless";
    }
    check_people(f, type, type, "aNN");
    check_following(f, type, type, "aNN");
}

#ifndef PLAIN_MODELS /* an extension is in a database once */
static void citext_is_one_text_in_any_case(void **state)
{
    fixture *f = *state;
    test_database_exec(&f->database, "CREATE EXTENSION citext; CREATE DOMAIN loose_text AS citext CHECK (VALUE <> 'no')");
    check_people(f, "citext", "citext", "aNN");
    check_following(f, "citext", "citext", "aNN");
    check_people(f, "loose_text", "loose_text", "aNN");
}
#endif

static void padding_means_nothing_where_the_column_says_so(void **state)
{
    fixture *f = *state;
    const char *type = f->postgres ? "CHAR(8)" : "TEXT COLLATE RTRIM";
    if (f->postgres)
        test_database_exec(&f->database, "CREATE DOMAIN loose_text AS CHAR(8)");
    check_people(f, type, type, "Ann   ");
    check_following(f, type, type, "Ann   ");
}

#ifndef PLAIN_MODELS
/* SQLite compares by the key's collation, as its foreign keys do. */
static void the_key_decides_where_key_and_reference_compare_otherwise(void **state)
{
    check_people(*state, "TEXT COLLATE NOCASE", "TEXT", "aNN");
    check_following(*state, "TEXT COLLATE NOCASE", "TEXT", "aNN");
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(an_object_is_found_by_every_spelling_of_its_decimal_key),
        ON_BOTH(children_of_a_decimal_key_spelt_otherwise_belong),
        ON_BOTH(a_decimal_spelt_otherwise_is_no_change),
        ON_BOTH(case_means_nothing_where_the_column_says_so),
        ON_BOTH(padding_means_nothing_where_the_column_says_so),
#ifndef PLAIN_MODELS
        ON_POSTGRES(citext_is_one_text_in_any_case),
        ON_SQLITE(the_key_decides_where_key_and_reference_compare_otherwise),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
