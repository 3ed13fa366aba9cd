/* Joins: along relationships to aliases of their targets and with conditions of their own, right, full and cross joins, and columns
 * compared with columns. What comes back is compared with what nested loops over the same rows give. */
#include "support/fixture.h"

WEFT_DECLARE(Person);
WEFT_DECLARE(Team);
WEFT_DECLARE(Task);
struct Person {
    int64_t id;
    const char *name;
    weft_opt_int64 boss_id;
    weft_decimal pay;
    const Person *boss;
    Person_list staff;
    Team_list teams;
    Task_list tasks;
};
struct Team {
    int64_t id;
    const char *name;
    int32_t size;
};
struct Task {
    int64_t id;
    weft_opt_int64 person_id;
    int32_t hours;
    const Person *person;
};
WEFT_MODEL(Person, "person", WEFT_COLUMN(Person, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Person, name),
           WEFT_COLUMN(Person, boss_id), WEFT_COLUMN(Person, pay, .precision = 10, .scale = 2),
           WEFT_BELONGS_TO(Person, boss, Person, .foreign_key = "boss_id", .back_populates = "staff"),
           WEFT_HAS_MANY(Person, staff, Person, .foreign_key = "boss_id", .back_populates = "boss"),
           WEFT_MANY_TO_MANY(Person, teams, Team, .through = "member(person_id, team_id)"),
           WEFT_HAS_MANY(Person, tasks, Task, .foreign_key = "person_id", .back_populates = "person"));
WEFT_MODEL(Team, "team", WEFT_COLUMN(Team, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Team, name),
           WEFT_COLUMN(Team, size));
WEFT_MODEL(Task, "task", WEFT_COLUMN(Task, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Task, person_id),
           WEFT_COLUMN(Task, hours), WEFT_BELONGS_TO(Task, person, Person, .foreign_key = "person_id", .back_populates = "tasks"));
WEFT_METADATA(models, &Person_model, &Team_model, &Task_model);

/* Ada leads Bob and Cyd, Cyd leads Dan; task 4 is nobody's, Dan has none. */
static const char *const rows =
    "INSERT INTO person (id, name, boss_id, pay) VALUES (1, 'ada', NULL, '90.00'), (2, 'bob', 1, '95.00'), (3, 'cyd', 1, '80.00'), "
    "(4, 'dan', 3, '80.50'); INSERT INTO team (id, name, size) VALUES (1, 'red', 3), (2, 'blue', 9); "
    "INSERT INTO member (person_id, team_id) VALUES (1, 1), (1, 2), (2, 1), (3, 2); "
    "INSERT INTO task (id, person_id, hours) VALUES (1, 1, 5), (2, 1, 7), (3, 2, 7), (4, NULL, 7), (5, 3, 1)";
FIXTURE_ROWS(models, rows);

typedef struct Pair {
    const char *a, *b;
} Pair;
WEFT_ROW(Pair, WEFT_FIELD(Pair, a), WEFT_FIELD(Pair, b));
typedef struct Ids {
    weft_opt_int64 a, b;
} Ids;
WEFT_ROW(Ids, WEFT_FIELD(Ids, a), WEFT_FIELD(Ids, b));
typedef struct Number {
    int64_t v;
} Number;
WEFT_ROW(Number, WEFT_FIELD(Number, v));

#define C(M, f) weft_col(M, f)

/* "a-b " of each row, - for NULL. */
static const char *text_of_pairs(Pair_list list)
{
    static char text[512];
    text[0] = '\0';
    for (size_t i = 0; i < list.count; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s-%s", i > 0 ? " " : "",
                       list.items[i]->a != NULL ? list.items[i]->a : "", list.items[i]->b != NULL ? list.items[i]->b : "");
    return text;
}

static const char *text_of_ids(Ids_list list)
{
    static char text[512];
    text[0] = '\0';
    for (size_t i = 0; i < list.count; i++) {
        const Ids *ids = list.items[i];
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%lld-%lld", i > 0 ? " " : "",
                       ids->a.set ? (long long)ids->a.value : 0, ids->b.set ? (long long)ids->b.value : 0);
    }
    return text;
}

static void a_relationship_leads_to_an_alias_of_its_target(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_alias(Boss, Person);
    for (int run = 0; run < 2; run++) {
        Pair_list pairs = weft_rows(s, Pair, .from = weft_from(Person), .joins = weft_joins(weft_join_to(Person, boss, Boss)),
                                    .columns = weft_columns(C(Person, name), C(Boss, name)),
                                    .where = weft_gt_col(Person, pay, Boss, pay), .order_by = weft_order(weft_asc(Person, id)));
        assert_ok(s);
        assert_string_equal(text_of_pairs(pairs), "bob-ada dan-cyd");
        assert_string_equal(fixture_last_sql(f),
                            f->postgres ? "SELECT person.name, \"Boss\".name FROM person JOIN person AS \"Boss\" ON \"Boss\".id = "
                                          "person.boss_id WHERE person.pay > \"Boss\".pay ORDER BY person.id"
                                        : "SELECT person.name, \"Boss\".name FROM person JOIN person AS \"Boss\" ON \"Boss\".id = "
                                          "person.boss_id WHERE person.pay COLLATE WEFT_DECIMAL > \"Boss\".pay ORDER BY person.id");
        pairs = weft_rows(s, Pair, .from = weft_from(Person), .joins = weft_joins(weft_outer_join_to(Person, boss, Boss)),
                          .columns = weft_columns(C(Person, name), C(Boss, name)),
                          .order_by = weft_order(weft_asc(Boss, name), weft_asc(Person, id)));
        assert_ok(s);
        assert_string_equal(text_of_pairs(pairs), "bob-ada cyd-ada dan-cyd ada-");
    }
    /* On from the alias to another, and back along the other side; objects come as well. */
    weft_alias(Top, Person);
    Pair_list pairs = weft_rows(s, Pair, .from = weft_from(Person), .columns = weft_columns(C(Person, name), C(Top, name)),
                                .joins = weft_joins(weft_join_to(Person, boss, Boss), weft_join_to(Boss, boss, Top)));
    assert_ok(s);
    assert_string_equal(text_of_pairs(pairs), "dan-ada");
    Person_list people = weft_query(s, Person, .joins = weft_joins(weft_join_to(Person, staff, Boss)), .distinct = true,
                                    .where = weft_like(Boss, name, "%d%"), .order_by = weft_order(weft_asc(Person, id)));
    assert_ok(s);
    assert_int_equal(people.count, 2);
    assert_string_equal(people.items[0]->name, "ada");
    assert_string_equal(people.items[1]->name, "cyd");
    weft_alias(Side, Team);
    Pair_list teams = weft_rows(s, Pair, .from = weft_from(Person),
                                .joins = weft_joins(weft_join(Person, teams), weft_join_to(Person, teams, Side)),
                                .columns = weft_columns(C(Team, name), C(Side, name)), .where = weft_lt_col(Team, id, Side, id));
    assert_ok(s);
    assert_string_equal(text_of_pairs(teams), "red-blue");
}

static void a_relationship_has_a_condition_of_its_own(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int32_t hours = 6; hours < 9; hours += 2) {
        Ids_list ids =
            weft_rows(s, Ids, .from = weft_from(Person),
                      .joins = weft_joins(
                          weft_outer_join_where(Person, tasks, weft_or(weft_gt(Task, hours, hours), weft_eq(Person, name, "cyd")))),
                      .columns = weft_columns(C(Person, id), C(Task, id)), .where = weft_lt(Person, id, 9),
                      .order_by = weft_order(weft_asc(Person, id), weft_asc(Task, id)));
        assert_ok(s);
        assert_string_equal(text_of_ids(ids), hours == 6 ? "1-2 2-3 3-5 4-0" : "1-0 2-0 3-5 4-0");
        if (f->postgres)
            assert_string_equal(
                fixture_last_sql(f),
                "SELECT person.id, task.id FROM person LEFT JOIN task ON task.person_id = person.id AND (task.hours "
                "> $1 OR person.name = $2) WHERE person.id < $3 ORDER BY person.id, task.id");
    }
    Person_list people = weft_query(s, Person, .joins = weft_joins(weft_join_where(Person, tasks, weft_lt(Task, hours, 6))),
                                    .order_by = weft_order(weft_asc(Person, id)));
    assert_ok(s);
    assert_int_equal(people.count, 2);
    assert_string_equal(people.items[1]->name, "cyd");
    /* A condition that is known. */
    people = weft_query(s, Person, .joins = weft_joins(weft_join_where(Person, tasks, &weft_true)), .distinct = true);
    assert_ok(s);
    assert_int_equal(people.count, 3);
    assert_null(strstr(fixture_last_sql(f), "true"));
    people = weft_query(s, Person, .joins = weft_joins(weft_join_where(Person, tasks, &weft_false)));
    assert_ok(s);
    assert_int_equal(people.count, 0);
}

/* A link that leads to no team which fulfils it leaves no second row. */
static void a_condition_at_a_link_concerns_link_and_target_together(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    for (int32_t size = 5; size < 20; size += 10) {
        Pair_list pairs = weft_rows(s, Pair, .from = weft_from(Person),
                                    .joins = weft_joins(weft_outer_join_where(Person, teams, weft_lt(Team, size, size))),
                                    .columns = weft_columns(C(Person, name), C(Team, name)),
                                    .order_by = weft_order(weft_asc(Person, id), weft_asc(Team, id)));
        assert_ok(s);
        assert_string_equal(text_of_pairs(pairs),
                            size == 5 ? "ada-red bob-red cyd- dan-" : "ada-red ada-blue bob-red cyd-blue dan-");
        if (f->postgres)
            assert_string_equal(fixture_last_sql(f),
                                "SELECT person.name, team.name FROM person LEFT JOIN (member JOIN team ON team.id = "
                                "member.team_id) ON member.person_id = person.id AND team.size < $1 ORDER BY person.id, team.id");
        pairs = weft_rows(s, Pair, .from = weft_from(Person),
                          .joins = weft_joins(weft_join_where(Person, teams, weft_lt(Team, size, size))),
                          .columns = weft_columns(C(Person, name), C(Team, name)),
                          .order_by = weft_order(weft_asc(Person, id), weft_asc(Team, id)));
        assert_ok(s);
        assert_string_equal(text_of_pairs(pairs), size == 5 ? "ada-red bob-red" : "ada-red ada-blue bob-red cyd-blue");
    }
}

static Ids_list join_tasks(weft_session *s, weft_join_step step)
{
    return weft_rows(s, Ids, .from = weft_from(Person), .joins = step, .columns = weft_columns(C(Person, id), C(Task, id)),
                     .order_by = weft_order(weft_asc(Person, id), weft_asc(Task, id)));
}

static void right_and_full_joins_keep_what_has_no_partner(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const weft_expr *of = weft_eq_col(Task, person_id, Person, id);
    for (int run = 0; run < 2; run++) {
        assert_string_equal(text_of_ids(join_tasks(s, (weft_join_step)weft_right_join_on(Task, of))), "1-1 1-2 2-3 3-5 0-4");
        assert_string_equal(fixture_last_sql(f),
                            f->postgres
                                ? "SELECT person.id, task.id FROM person RIGHT JOIN task ON task.person_id = person.id ORDER BY "
                                  "person.id, task.id"
                                : "SELECT person.id, task.id FROM person RIGHT JOIN task ON task.person_id = person.id ORDER BY "
                                  "person.id NULLS LAST, task.id");
        assert_string_equal(text_of_ids(join_tasks(s, (weft_join_step)weft_full_join_on(Task, of))), "1-1 1-2 2-3 3-5 4-0 0-4");
        assert_non_null(strstr(fixture_last_sql(f), "FROM person FULL JOIN task ON task.person_id = person.id ORDER BY"));
        assert_string_equal(text_of_ids(join_tasks(s, (weft_join_step)weft_left_join_on(Task, of))), "1-1 1-2 2-3 3-5 4-0");
        assert_string_equal(text_of_ids(join_tasks(s, (weft_join_step)weft_join_on(Task, of))), "1-1 1-2 2-3 3-5");
        assert_int_equal(join_tasks(s, (weft_join_step)weft_cross_join(Task)).count, 20);
        assert_non_null(strstr(fixture_last_sql(f), "FROM person CROSS JOIN task ORDER BY"));
    }
    /* After a right join, on from what it kept; and a CTE on its other side. */
    weft_alias(Boss, Person);
    Ids_list ids = weft_rows(s, Ids, .from = weft_from(Person), .columns = weft_columns(C(Boss, id), C(Task, id)),
                             .joins = weft_joins(weft_right_join_on(Task, of), weft_outer_join_to(Person, boss, Boss)),
                             .order_by = weft_order(weft_asc(Task, id)));
    assert_ok(s);
    assert_string_equal(text_of_ids(ids), "0-1 0-2 1-3 0-4 1-5");
    weft_cte(Ids, .query = weft_select(.from = weft_from(Task), .columns = weft_columns(C(Task, person_id), weft_count_all()),
                                       .group_by = weft_columns(C(Task, person_id))));
    ids = weft_rows(s, Ids, .from = weft_from(Ids), .columns = weft_columns(C(Person, id), C(Ids, b)),
                    .joins = weft_joins(weft_right_join_on(Person, weft_eq_col(Ids, a, Person, id))),
                    .order_by = weft_order(weft_desc(Person, id)));
    assert_ok(s);
    assert_string_equal(text_of_ids(ids), "4-0 3-1 2-1 1-2");
}

static void kinds_of_joins_are_statements_of_their_own(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_alias(Boss, Person);
    const size_t before = fixture_cached(f);
    for (int run = 0; run < 3; run++) {
        const weft_expr *of = weft_eq_col(Task, person_id, Person, id);
        (void)join_tasks(s, (weft_join_step)weft_join_on(Task, of));
        (void)join_tasks(s, (weft_join_step)weft_left_join_on(Task, of));
        (void)join_tasks(s, (weft_join_step)weft_right_join_on(Task, of));
        (void)join_tasks(s, (weft_join_step)weft_full_join_on(Task, of));
        (void)join_tasks(s, (weft_join_step)weft_cross_join(Task));
        (void)join_tasks(s, (weft_join_step)weft_join(Person, tasks));
        (void)join_tasks(s, (weft_join_step)weft_join_where(Person, tasks, weft_gt(Task, hours, run)));
        (void)join_tasks(s, (weft_join_step)weft_join_where(Person, tasks, weft_lt(Task, hours, run)));
        (void)join_tasks(s, (weft_join_step)weft_outer_join_where(Person, tasks, weft_lt(Task, hours, run)));
        assert_int_equal(weft_count_of(s, Person, .joins = weft_joins(weft_join_to(Person, boss, Boss))), 3);
        assert_int_equal(weft_count_of(s, Person, .joins = weft_joins(weft_outer_join_to(Person, boss, Boss))), 4);
        assert_ok(s);
        assert_int_equal(fixture_cached(f), before + 11);
    }
}

/* Nested loops over the rows know nothing of SQL. */
enum { PEOPLE = 7, TASKS = 9 };
typedef struct person_row {
    int64_t id, pay;
} person_row;
typedef struct task_row {
    int64_t id, person_id; /* 0: of nobody */
    int hours;
} task_row;

static void add_pair(char *text, size_t size, int64_t a, int64_t b)
{
    (void)snprintf(text + strlen(text), size - strlen(text), "%s%lld-%lld", text[0] != '\0' ? " " : "", (long long)a, (long long)b);
}

/* By person, then by task; those without a person come last. */
static void expect(char *text, size_t size, const person_row *people, const task_row *tasks, weft_join_how how, int least)
{
    bool matched[TASKS] = {false};
    text[0] = '\0';
    for (int p = 0; p < PEOPLE; p++) {
        bool any = false;
        for (int t = 0; t < TASKS; t++) {
            if (how != WEFT_JOIN_CROSS && (tasks[t].person_id != people[p].id || tasks[t].hours < least))
                continue;
            add_pair(text, size, people[p].id, tasks[t].id);
            matched[t] = any = true;
        }
        if (!any && (how == WEFT_JOIN_LEFT || how == WEFT_JOIN_FULL))
            add_pair(text, size, people[p].id, 0);
    }
    for (int t = 0; t < TASKS; t++)
        if (!matched[t] && (how == WEFT_JOIN_RIGHT || how == WEFT_JOIN_FULL))
            add_pair(text, size, 0, tasks[t].id);
}

static const char *join_kind(weft_session *s, weft_join_how how, int least)
{
    static char text[2048];
    const weft_expr *on = weft_and(weft_eq_col(Task, person_id, Person, id), weft_ge(Task, hours, least));
    Ids_list list = join_tasks(s, (weft_join_step){.to = &Task_model, .on = how == WEFT_JOIN_CROSS ? NULL : on, .how = how});
    assert_ok(s);
    text[0] = '\0';
    for (size_t i = 0; i < list.count; i++)
        add_pair(text, sizeof text, list.items[i]->a.set ? list.items[i]->a.value : 0,
                 list.items[i]->b.set ? list.items[i]->b.value : 0);
    return text;
}

static void joins_give_what_nested_loops_give(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    char expected[2048];
    unsigned seed = 20260811;
    for (int round = 0; round < 8; round++) {
        person_row people[PEOPLE];
        task_row tasks[TASKS];
        test_database_exec(&f->database, "DELETE FROM task");
        test_database_exec(&f->database, "DELETE FROM member");
        test_database_exec(&f->database, "DELETE FROM person");
        for (int p = 0; p < PEOPLE; p++) {
            people[p] = (person_row){p + 1, 0};
            (void)weft_new(s, Person, .id = p + 1, .name = "x", .pay = {"1.00"});
        }
        for (int t = 0; t < TASKS; t++) {
            seed = seed * 1103515245u + 12345u;
            tasks[t] = (task_row){t + 1, (int64_t)((seed >> 16) % (PEOPLE + 1)), (int)((seed >> 20) % 8)};
            (void)weft_new(s, Task, .id = t + 1, .person_id = {tasks[t].person_id != 0, tasks[t].person_id},
                           .hours = tasks[t].hours);
        }
        commit_ok(s);
        for (int how = WEFT_JOIN_INNER; how <= WEFT_JOIN_CROSS; how++)
            for (int least = 0; least < 8; least += 3) {
                expect(expected, sizeof expected, people, tasks, (weft_join_how)how, least);
                assert_string_equal(join_kind(s, (weft_join_how)how, least), expected);
            }
        weft_session_clear(s);
    }
}

static void columns_are_compared_with_columns(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_alias(Boss, Person);
    const struct {
        const weft_expr *where;
        const char *found;
    } cases[] = {
        {weft_eq_col(Person, pay, Boss, pay), ""},
        {weft_ne_col(Person, pay, Boss, pay), "bob-ada cyd-ada dan-cyd"},
        {weft_lt_col(Person, pay, Boss, pay), "cyd-ada"},
        {weft_le_col(Person, pay, Boss, pay), "cyd-ada"},
        {weft_gt_col(Person, pay, Boss, pay), "bob-ada dan-cyd"},
        {weft_ge_col(Person, name, Boss, name), "bob-ada cyd-ada dan-cyd"},
        {weft_eq_col(Person, boss_id, Boss, id), "bob-ada cyd-ada dan-cyd"}, /* an optional beside none */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Pair_list pairs = weft_rows(s, Pair, .from = weft_from(Person), .joins = weft_joins(weft_join_to(Person, boss, Boss)),
                                    .columns = weft_columns(C(Person, name), C(Boss, name)), .where = cases[i].where,
                                    .order_by = weft_order(weft_asc(Person, id)));
        assert_ok(s);
        assert_string_equal(text_of_pairs(pairs), cases[i].found);
    }
}

/* What was not flushed yet is written first, whichever side of a join reads it. */
static void joins_read_what_was_changed(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_new(s, Task, .id = 9, .hours = 9);
    assert_int_equal(join_tasks(s, (weft_join_step)weft_full_join_on(Task, weft_eq_col(Task, person_id, Person, id))).count, 7);
    (void)weft_new(s, Team, .id = 3, .name = "new", .size = 1);
    assert_int_equal(join_tasks(s, (weft_join_step)weft_cross_join(Task)).count, 24);
    Ids_list ids = weft_rows(s, Ids, .from = weft_from(Task), .joins = weft_joins(weft_right_join_on(Team, &weft_false)),
                             .columns = weft_columns(C(Task, id), C(Team, id)), .order_by = weft_order(weft_asc(Team, id)));
    assert_ok(s);
    assert_string_equal(text_of_ids(ids), "0-1 0-2 0-3");
}

static void join_by_steps(weft_session *s, weft_select *q, int32_t least)
{
    weft_select_join(q, (weft_join_step)weft_join_where(Person, tasks, weft_gt(Task, hours, least)));
    assert_ok(s);
}

static void a_join_with_a_condition_is_added_step_by_step(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_alias(Boss, Person);
    weft_select *q = weft_select_new(s, Person);
    join_by_steps(s, q, 6); /* whose nodes are gone */
    weft_select_join(q, (weft_join_step)weft_join_to(Person, boss, Boss));
    weft_select_where(q, weft_eq(Boss, name, "ada"));
    Person_list people = weft_select_all(q, Person);
    assert_ok(s);
    assert_int_equal(people.count, 1);
    assert_string_equal(people.items[0]->name, "bob");
    weft_select_free(q);
}

/* Each database has its own say otherwise: PostgreSQL refuses, SQLite takes inner joins in any order. */
static void a_join_sees_what_was_joined_before_it(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_alias(Boss, Person);
    (void)fixture_statements(f);
    const weft_expr *of_boss = weft_eq_col(Task, person_id, Boss, id), *boss = weft_eq_col(Person, boss_id, Boss, id);
    (void)weft_rows(s, Ids, .from = weft_from(Person), .columns = weft_columns(C(Person, id), C(Task, id)),
                    .joins = weft_joins(weft_left_join_on(Task, of_boss), weft_join_on(Boss, boss)));
    assert_message(
        s, "Boss.id stands in a join that comes before Boss: a join sees what was joined before it, so put that of Boss first");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_query(s, Person,
                     .joins = weft_joins(weft_join_where(Person, teams, weft_gt(Task, hours, 5)), weft_join(Person, tasks)));
    assert_message(s, "Task.hours stands in a join that comes before Task");
    assert_refused(s, WEFT_ERROR_MISUSE);
    /* Deep within, too, but not where a query within has a source of the same model. */
    (void)weft_query(
        s, Person,
        .joins =
            weft_joins(weft_join_on(Team, weft_exists_in(weft_select(.from = weft_from(Boss), .columns = weft_columns(C(Boss, id)),
                                                                     .where = weft_eq_col(Boss, id, Task, person_id)))),
                       weft_join(Person, tasks)));
    assert_message(s, "Task.person_id stands in a join that comes before Task");
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(fixture_statements(f), 0);
    const Person_list people =
        weft_query(s, Person,
                   .joins = weft_joins(weft_join_on(Team, weft_exists_in(weft_select(.from = weft_from(Task),
                                                                                     .columns = weft_columns(C(Task, id)),
                                                                                     .where = weft_eq(Task, hours, 1)))),
                                       weft_join(Person, tasks)),
                   .where = weft_eq(Team, name, "red"), .order_by = weft_order(weft_asc(Person, id)));
    assert_int_equal(people.count, 3);
    const Ids_list ids = weft_rows(s, Ids, .from = weft_from(Person), .columns = weft_columns(C(Person, id), C(Task, id)),
                                   .joins = weft_joins(weft_join_on(Boss, boss), weft_left_join_on(Task, of_boss)),
                                   .order_by = weft_order(weft_asc(Person, id), weft_asc(Task, id)));
    assert_string_equal(text_of_ids(ids), "2-1 2-2 3-1 3-2 4-5");
}

static void mistakes_say_what_to_write(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_alias(Boss, Person);
    weft_alias(Side, Team);
    (void)fixture_statements(f);
    const weft_expr *of = weft_eq_col(Task, person_id, Person, id);
    const struct {
        weft_join_step step;
        const char *message;
    } cases[] = {
        {{.to = &Task_model, .how = WEFT_JOIN_RIGHT}, "the join to Task has no condition; weft_join_on takes one"},
        {{.to = &Task_model, .how = WEFT_JOIN_CROSS, .on = of}, "the join to Task is a cross join and has a condition"},
        {{.to = &Task_model, .how = (weft_join_how)9, .on = of}, "is of no known kind"},
        {{.model = &Person_model, .offset = offsetof(Person, tasks), .how = WEFT_JOIN_FULL},
         "along a relationship is inner or left"},
        {{.model = &Person_model, .offset = offsetof(Person, boss), .to = &Side_model},
         "Person.boss: Side is no weft_alias of Person"},
        {{.model = &Person_model, .offset = offsetof(Person, boss), .to = &Person_model}, "Person is no weft_alias of Person"},
        {{.model = &Person_model, .offset = offsetof(Person, boss), .on = of}, "join a weft_alias of it by weft_join_to"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)join_tasks(s, cases[i].step);
        assert_message(s, cases[i].message);
        assert_refused(s, WEFT_ERROR_MISUSE);
    }
    (void)weft_rows(s, Ids, .from = weft_from(Person), .columns = weft_columns(C(Person, id), C(Boss, id)),
                    .joins = weft_joins(weft_join_to(Person, boss, Boss), weft_join_to(Person, staff, Boss)));
    assert_message(s, "Boss is in the query already");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_query(s, Person, .joins = weft_joins(weft_right_join_on(Task, of)));
    assert_message(s, "the right join to Task gives rows without a Person, which are no objects");
    assert_refused(s, WEFT_ERROR_MISUSE);
    (void)weft_count_of(s, Person, .joins = weft_joins(weft_full_join_on(Task, of)));
    assert_message(s, "the full join to Task gives rows without a Person");
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_cte(Number,
             .query = weft_union_all(weft_select(.from = weft_from(Person), .columns = weft_columns(C(Person, id))),
                                     weft_select(.from = weft_from(Number), .columns = weft_columns(C(Number, v)),
                                                 .joins = weft_joins(weft_right_join_on(Task, weft_eq_col(Task, id, Number, v))))));
    (void)weft_rows(s, Number, .from = weft_from(Number));
    assert_message(s, "Number is recursive: the member that refers to it can have no outer join to itself");
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(fixture_statements(f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_relationship_leads_to_an_alias_of_its_target),
        ON_BOTH(a_relationship_has_a_condition_of_its_own),
        ON_BOTH(a_condition_at_a_link_concerns_link_and_target_together),
        ON_BOTH(right_and_full_joins_keep_what_has_no_partner),
        ON_BOTH(kinds_of_joins_are_statements_of_their_own),
        ON_BOTH(joins_give_what_nested_loops_give),
        ON_BOTH(columns_are_compared_with_columns),
        ON_BOTH(joins_read_what_was_changed),
        ON_BOTH(a_join_with_a_condition_is_added_step_by_step),
        ON_BOTH(a_join_sees_what_was_joined_before_it),
        ON_BOTH(mistakes_say_what_to_write),
    };
    return cmocka_run_group_tests_name("joins", tests, NULL, NULL);
}
