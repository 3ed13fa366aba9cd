/* Statements that write and say more than rows of the program's: UPDATE and DELETE beside other tables, INSERT of what a SELECT
 * gives, the rows that they give back, and CTEs that write. */
#include "support/fixture.h"

#include <stdio.h>

WEFT_DECLARE(Crew);
WEFT_DECLARE(Job);
WEFT_DECLARE(Past);
typedef enum phase { PHASE_OPEN, PHASE_DONE, PHASE_LOST } phase;
static const char *const phases[] = {"open", "done", "lost"};
struct Crew {
    int64_t id;
    const char *name;
    weft_decimal rate;
};
struct Job {
    int64_t id, crew_id;
    phase state;
    int32_t hours;
    weft_decimal cost;
    int64_t version;
};
struct Past {
    int64_t id, job_id;
    const char *what;
    phase state;
    weft_decimal cost;
    int64_t version;
    bool kept;
};
WEFT_MODEL(Crew, "crew", WEFT_COLUMN(Crew, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Crew, name, .length = 20),
           WEFT_COLUMN(Crew, rate, .precision = 8, .scale = 3));
WEFT_MODEL(Job, "job", WEFT_COLUMN(Job, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Job, crew_id),
           WEFT_ENUM(Job, state, phases), WEFT_COLUMN(Job, hours), WEFT_COLUMN(Job, cost, .precision = 8, .scale = 2),
           WEFT_COLUMN(Job, version, .version = true));
WEFT_MODEL(Past, "past", WEFT_COLUMN(Past, id, .primary_key = true), WEFT_COLUMN(Past, job_id),
           WEFT_COLUMN(Past, what, .length = 8), WEFT_ENUM(Past, state, phases),
           WEFT_COLUMN(Past, cost, .precision = 8, .scale = 2), WEFT_COLUMN(Past, version, .version = true),
           WEFT_COLUMN(Past, kept, .server_default = "true", .zero_is_unset = true), WEFT_UNIQUE(Past, "job_id", .where = "kept"));
WEFT_DECLARE(Every);
struct Every {
    int64_t id;
    bool on;
    double real;
    float small;
    int16_t brief;
    uint32_t large;
    weft_decimal exact;
    const char *text;
    weft_bytes bytes;
    weft_uuid uuid;
    weft_date day;
    weft_time hour;
    weft_timestamp at;
    weft_interval span;
    weft_json data;
    phase state;
};
#define EVERY(X) \
    X(on) X(real) X(small) X(brief) X(large) X(exact) X(text) X(bytes) X(uuid) X(day) X(hour) X(at) X(span) X(data) X(state)
WEFT_MODEL(Every, "every", WEFT_COLUMN(Every, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Every, on),
           WEFT_COLUMN(Every, real), WEFT_COLUMN(Every, small), WEFT_COLUMN(Every, brief), WEFT_COLUMN(Every, large),
           WEFT_COLUMN(Every, exact), WEFT_COLUMN(Every, text), WEFT_COLUMN(Every, bytes), WEFT_COLUMN(Every, uuid),
           WEFT_COLUMN(Every, day), WEFT_COLUMN(Every, hour), WEFT_COLUMN(Every, at), WEFT_COLUMN(Every, span),
           WEFT_COLUMN(Every, data), WEFT_ENUM(Every, state, phases, .native_enum = "phase"));
WEFT_DECLARE(Stage);
struct Stage {
    int64_t id;
    phase a, b, plain;
};
WEFT_MODEL(Stage, "stage", WEFT_COLUMN(Stage, id, .primary_key = true, .not_generated = true),
           WEFT_ENUM(Stage, a, phases, .native_enum = "phase"), WEFT_ENUM(Stage, b, phases, .native_enum = "other_phase"),
           WEFT_ENUM(Stage, plain, phases));
WEFT_METADATA(models, &Crew_model, &Job_model, &Past_model, &Every_model, &Stage_model);
FIXTURE_MODELS(models);

WEFT_DECLARE(Shown);
struct Shown {
    int64_t id;
    phase a, plain;
};
WEFT_MODEL(Shown, "shown", WEFT_OPTIONS(Shown, .existing_view = true), WEFT_COLUMN(Shown, id, .primary_key = true),
           WEFT_ENUM(Shown, a, phases), WEFT_ENUM(Shown, plain, phases));
static WEFT_METADATA(with_view, &Stage_model, &Shown_model);
typedef struct Named {
    int64_t id;
    const char *state;
} Named;
WEFT_ROW(Named, WEFT_FIELD(Named, id), WEFT_FIELD(Named, state));

typedef struct Id {
    int64_t v;
} Id;
WEFT_ROW(Id, WEFT_FIELD(Id, v));
typedef struct Longest {
    int64_t crew_id, hours;
} Longest;
WEFT_ROW(Longest, WEFT_FIELD(Longest, crew_id), WEFT_FIELD(Longest, hours));
typedef struct Moved {
    int64_t id;
    weft_decimal cost;
    const char *crew;
} Moved;
WEFT_ROW(Moved, WEFT_FIELD(Moved, id), WEFT_FIELD(Moved, cost), WEFT_FIELD(Moved, crew));
typedef struct Kept {
    int64_t job_id;
    const char *what;
    const char *state;
    weft_decimal cost;
    int64_t version;
} Kept;
WEFT_ROW(Kept, WEFT_FIELD(Kept, job_id), WEFT_FIELD(Kept, what), WEFT_FIELD(Kept, state), WEFT_FIELD(Kept, cost),
         WEFT_FIELD(Kept, version));

#define C(M, f) weft_col(M, f)

static weft_connection *connect(fixture *f, weft_connection_options options)
{
    weft_connection *c;
    weft_error error;
    assert_error(weft_engine_connect(f->engine, &c, &options, &error), WEFT_OK, &error);
    return c;
}

/* Crews 1 to 3 at 1.125, 2.250 and 3.375; job n of crew n % 3 + 1 takes n hours, costs nothing and is open; 5 is done. */
static void add_jobs(weft_session *s)
{
    static const char *const names[] = {"red", "blue", "green"}, *const rates[] = {"1.125", "2.250", "3.375"};
    for (int64_t i = 0; i < 3; i++)
        (void)weft_new(s, Crew, .id = i + 1, .name = names[i], .rate = {rates[i]});
    for (int64_t i = 1; i <= 6; i++)
        (void)weft_new(s, Job, .id = i, .crew_id = i % 3 + 1, .state = i == 5 ? PHASE_DONE : PHASE_OPEN, .hours = (int32_t)i,
                       .cost = {"0"});
    commit_ok(s);
}

/* "id:cost:version …" of all jobs. */
static const char *jobs(fixture *f)
{
    static char said[400];
    size_t used = 0;
    said[0] = '\0';
    Job_list all = weft_query(f->s, Job, .order_by = weft_order(weft_asc(Job, id)), .refresh = true);
    assert_ok(f->s);
    for (size_t i = 0; i < all.count; i++)
        used += (size_t)snprintf(said + used, sizeof said - used, "%s%lld:%s:%lld", i > 0 ? " " : "", (long long)all.items[i]->id,
                                 all.items[i]->cost.text, (long long)all.items[i]->version);
    return said;
}

static void an_update_takes_values_of_what_stands_beside_it(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t changed = 0;
    add_jobs(s);
    const Job *seen = weft_get(s, Job, 1);
    assert_non_null(seen);
    assert_int_equal(weft_session_update(
                         s,
                         weft_update_of(Job, .set = weft_sets(weft_to_expr(Job, cost, weft_op(C(Job, hours), "*", C(Crew, rate)))),
                                        .from = weft_from(Crew),
                                        .where = weft_and(weft_eq_col(Crew, id, Job, crew_id), weft_ne(Crew, name, "red"))),
                         &changed),
                     WEFT_OK);
    assert_int_equal(changed, 4);
    if (f->postgres)
        assert_string_equal(fixture_last_sql(f),
                            "UPDATE job SET cost = job.hours * crew.rate, version = CASE WHEN job.version >= 9223372036854775807 "
                            "THEN 1 ELSE job.version + 1 END FROM crew WHERE crew.id = job.crew_id AND crew.name <> $1");
    /* 1 at 2.25, 2 at 3.375 (rounded), 4 and 5 likewise; 3 and 6 are of the first. */
    assert_string_equal(jobs(f), "1:2.25:2 2:6.75:2 3:0.00:1 4:9.00:2 5:16.88:2 6:0.00:1");
    assert_string_equal(seen->cost.text, "2.25");
}

static void an_update_reads_ctes_and_aliases_of_its_own_table(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t changed = 0;
    add_jobs(s);
    /* The hours of the longest job of the crew, for the others. */
    weft_alias(Other, Job);
    weft_cte(Longest,
             .query = weft_select(.from = weft_from(Job), .columns = weft_columns(C(Job, crew_id), weft_max(C(Job, hours))),
                                  .where = weft_lt(Job, id, 100), .group_by = weft_columns(C(Job, crew_id))));
    assert_int_equal(weft_session_update(s,
                                         weft_update_of(Job, .set = weft_sets(weft_to_expr(Job, hours, C(Other, hours))),
                                                        .from = weft_from(Longest),
                                                        .joins = weft_joins(weft_join_on(
                                                            Other, weft_and(weft_op(C(Other, crew_id), "=", C(Longest, crew_id)),
                                                                            weft_op(C(Other, hours), "=", C(Longest, hours))))),
                                                        .where = weft_and(weft_op(C(Longest, crew_id), "=", C(Job, crew_id)),
                                                                          weft_op(C(Longest, hours), ">", C(Job, hours)))),
                                         &changed),
                     WEFT_OK);
    assert_int_equal(changed, 3);
    Job_list all = weft_query(s, Job, .order_by = weft_order(weft_asc(Job, id)));
    static const int32_t hours[] = {4, 5, 6, 4, 5, 6};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(all.items[i]->hours, hours[i]);
}

static void a_delete_asks_what_stands_beside_it(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t deleted = 0;
    add_jobs(s);
    assert_int_equal(weft_session_delete_where(s,
                                               weft_delete_from(Job, .from = weft_from(Crew),
                                                                .where = weft_and(weft_eq_col(Crew, id, Job, crew_id),
                                                                                  weft_eq(Crew, name, "blue"))),
                                               &deleted),
                     WEFT_OK);
    assert_int_equal(deleted, 2);
    assert_string_equal(fixture_last_sql(f),
                        f->postgres
                            ? "DELETE FROM job USING crew WHERE crew.id = job.crew_id AND crew.name = $1"
                            : "DELETE FROM job WHERE EXISTS (SELECT 1 FROM crew WHERE crew.id = job.crew_id AND crew.name = ?1)");
    assert_string_equal(jobs(f), "2:0.00:1 3:0.00:1 5:0.00:1 6:0.00:1");
}

static void rows_that_were_written_come_back(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_jobs(s);
    Id_list ids = weft_rows_of(s, Id, weft_deleted(Job, .where = weft_gt(Job, hours, 4), .returning = weft_columns(C(Job, id))));
    assert_ok(s);
    assert_int_equal(ids.count, 2);
    assert_int_equal(ids.items[0]->v + ids.items[1]->v, 11);
    ids = weft_rows_of(s, Id,
                       weft_updated(Job, .set = weft_sets(weft_to_expr(Job, hours, weft_op(C(Job, hours), "*", weft_val(10)))),
                                    .where = weft_eq(Job, id, 3), .returning = weft_columns(C(Job, hours))));
    assert_ok(s);
    assert_int_equal(ids.count, 1);
    assert_int_equal(ids.items[0]->v, 30);
    Moved_list moved =
        weft_rows_of(s, Moved,
                     weft_updated(Job, .set = weft_sets(weft_to_expr(Job, cost, C(Crew, rate))), .from = weft_from(Crew),
                                  .where = weft_and(weft_eq_col(Crew, id, Job, crew_id), weft_eq(Job, id, 4)),
                                  .returning = weft_columns(C(Job, id), C(Job, cost), weft_upper(C(Crew, name)))));
    if (f->postgres) {
        assert_ok(s);
        assert_int_equal(moved.count, 1);
        assert_string_equal(moved.items[0]->cost.text, "2.25");
        assert_string_equal(moved.items[0]->crew, "BLUE");
    } else {
        assert_int_equal(weft_session_status(s), WEFT_ERROR_UNSUPPORTED);
        assert_message(s, "Crew.name");
    }
    rollback_ok(s);
    assert_string_equal(jobs(f), "1:0.00:1 2:0.00:1 3:0.00:1 4:0.00:1 5:0.00:1 6:0.00:1");
    /* The same by a connection, which commits by itself. */
    weft_connection *c = connect(f, (weft_connection_options){.autocommit = true});
    weft_result *result;
    weft_error error;
    Id_list rows;
    assert_int_equal(weft_fetch_of(c, Id, &rows, &result, &error,
                                   weft_deleted(Job, .where = weft_gt(Job, hours, 4), .returning = weft_columns(C(Job, id)))),
                     WEFT_OK);
    assert_int_equal(rows.count, 2);
    weft_result_close(result);
    weft_connection_close(c);
    assert_string_equal(jobs(f), "1:0.00:1 2:0.00:1 3:0.00:1 4:0.00:1");
}

static const char *kept(fixture *f)
{
    static char said[400];
    size_t used = 0;
    said[0] = '\0';
    Kept_list all =
        weft_rows(f->s, Kept, .from = weft_from(Past),
                  .columns = weft_columns(C(Past, job_id), C(Past, what), C(Past, state), C(Past, cost), C(Past, version)),
                  .order_by = weft_order(weft_asc(Past, id)));
    assert_ok(f->s);
    for (size_t i = 0; i < all.count; i++)
        used += (size_t)snprintf(said + used, sizeof said - used, "%s%lld:%s:%s:%s:%lld", i > 0 ? " " : "",
                                 (long long)all.items[i]->job_id, all.items[i]->what, all.items[i]->state, all.items[i]->cost.text,
                                 (long long)all.items[i]->version);
    return said;
}

#define PAST_COLUMNS weft_columns(C(Past, job_id), C(Past, what), C(Past, state), C(Past, cost))

static void what_a_select_gives_is_inserted(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t inserted = 0;
    add_jobs(s);
    assert_int_equal(
        weft_session_insert(
            s,
            weft_insert_into(Past, .columns = PAST_COLUMNS,
                             .query = weft_select(.from = weft_from(Job),
                                                  .joins = weft_joins(weft_join_on(Crew, weft_eq_col(Crew, id, Job, crew_id))),
                                                  .columns = weft_columns(C(Job, id), C(Crew, name), C(Job, state),
                                                                          weft_op(C(Crew, rate), "*", weft_val(3))),
                                                  .where = weft_gt(Job, hours, 3), .order_by = weft_order(weft_desc(Job, id)))),
            &inserted),
        WEFT_OK);
    assert_int_equal(inserted, 3);
    char inserted_by[400];
    (void)snprintf(inserted_by, sizeof inserted_by, "%s", fixture_last_sql(f));
    assert_string_equal(kept(f), "6:red:open:3.38:1 5:green:done:10.13:1 4:blue:open:6.75:1");
    if (f->postgres)
        assert_string_equal(
            inserted_by,
            "INSERT INTO past (job_id, what, state, cost, version) SELECT job.id, crew.name, job.state, crew.rate * $1, 1 "
            "FROM job JOIN crew ON crew.id = job.crew_id WHERE job.hours > $2 ORDER BY job.id DESC");
    rollback_ok(s);
    /* What the column cannot hold is an error, and nothing is left. */
    weft_connection *c = connect(f, (weft_connection_options){0});
    weft_error error;
    assert_int_equal(
        weft_execute_insert(c,
                            weft_insert_into(Past, .columns = PAST_COLUMNS,
                                             .query = weft_select(.from = weft_from(Job),
                                                                  .columns = weft_columns(C(Job, id), weft_val("far too long"),
                                                                                          weft_val("open"), weft_val("1")))),
                            &inserted, &error),
        WEFT_ERROR_TYPE);
    weft_connection_rollback(c, NULL);
    assert_int_equal(weft_execute_insert(c,
                                         weft_insert_into(Past, .columns = PAST_COLUMNS,
                                                          .query =
                                                              weft_select(.from = weft_from(Job),
                                                                          .columns = weft_columns(C(Job, id),
                                                                                                  weft_op(weft_val("far too "),
                                                                                                          "||", weft_val("long")),
                                                                                                  C(Job, state), C(Job, hours)))),
                                         &inserted, &error),
                     WEFT_ERROR_DATA);
    weft_connection_rollback(c, NULL);
    weft_connection_close(c);
    assert_string_equal(kept(f), "");
}

static void a_conflict_of_what_a_select_gives_is_resolved(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    int64_t inserted = 0;
    add_jobs(s);
    for (int round = 0; round < 3; round++) {
        const weft_expr *where = round == 1 ? NULL : weft_when(round == 2, weft_gt(Job, id, 0)); /* one that folds first */
        /* The third time the costs differ for those above 4 alone. */
        if (round == 2)
            assert_int_equal(weft_session_update(s,
                                                 weft_update_of(Job, .set = weft_sets(weft_to(Job, cost, (weft_decimal){"7.5"})),
                                                                .where = weft_gt(Job, id, 4)),
                                                 NULL),
                             WEFT_OK);
        assert_int_equal(
            weft_session_insert(s,
                                weft_insert_into(Past, .columns = PAST_COLUMNS,
                                                 .query = weft_select(.from = weft_from(Job), .where = where,
                                                                      .columns = weft_columns(C(Job, id), weft_val("job"),
                                                                                              C(Job, state), C(Job, cost))),
                                                 .on_conflict = WEFT_CONFLICT_UPDATE, .conflict_columns = "job_id",
                                                 .conflict_where = C(Past, kept),
                                                 .set = weft_sets(weft_to_expr(Past, cost, weft_excluded(Past, cost)),
                                                                  weft_to(Past, what, "again")),
                                                 .update_where = weft_op(C(Past, cost), "<>", weft_excluded(Past, cost))),
                                &inserted),
            WEFT_OK);
        assert_int_equal(inserted, round == 0 ? 6 : round == 1 ? 0 : 2);
    }
    Kept_list rows =
        weft_rows(s, Kept, .from = weft_from(Past),
                  .columns = weft_columns(C(Past, job_id), C(Past, what), C(Past, state), C(Past, cost), C(Past, version)),
                  .order_by = weft_order(weft_asc(Past, job_id)));
    assert_int_equal(rows.count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(rows.items[i]->what, i < 4 ? "job" : "again");
        assert_int_equal(rows.items[i]->version, i < 4 ? 1 : 2);
        assert_string_equal(rows.items[i]->cost.text, i < 4 ? "0.00" : "7.50");
    }
    /* The same condition for rows of the program's. */
    weft_connection *c;
    commit_ok(s);
    c = connect(f, (weft_connection_options){0});
    weft_error error;
    uint64_t many = 99;
    Past mine[] = {{.job_id = 1, .what = "mine", .cost = {"1"}}, {.job_id = 6, .what = "mine", .cost = {"7.50"}}};
    assert_int_equal(weft_insert_many(c, Past, mine, 2,
                                      &(weft_insert_options){.on_conflict = WEFT_CONFLICT_UPDATE,
                                                             .conflict_columns = "job_id",
                                                             .conflict_where = C(Past, kept),
                                                             .set = weft_sets(weft_to_expr(Past, what, weft_excluded(Past, what))),
                                                             .where = weft_op(C(Past, cost), "<>", weft_excluded(Past, cost)),
                                                             .inserted = &many},
                                      &error),
                     WEFT_OK);
    assert_int_equal(many, 1);
    assert_int_equal(weft_connection_commit(c, &error), WEFT_OK);
    weft_connection_close(c);
    rows = weft_rows(s, Kept, .from = weft_from(Past),
                     .columns = weft_columns(C(Past, job_id), C(Past, what), C(Past, state), C(Past, cost), C(Past, version)),
                     .where = weft_eq(Past, what, "mine"));
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.items[0]->job_id, 1);
}

static void values_of_every_type_go_in_as_they_are(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    const Every one = {.id = 1,
                       .on = true,
                       .real = 1.0 / 3,
                       .small = 0.1f,
                       .brief = -7,
                       .large = 4000000000u,
                       .exact = {"123456789012345678901234567890.12345"},
                       .text = "it's \\ one",
                       .bytes = {"a\0b", 3},
                       .day = {-1},
                       .hour = {3661000001},
                       .at = {-5000001},
                       .span = {.months = 14, .days = -3, .usec = 5},
                       .data = {"{\"a\": [1, null]}"},
                       .state = PHASE_LOST};
    Every row = one;
    assert_true(weft_uuid_parse("0123abcd-4567-89ab-cdef-0123456789ab", &row.uuid));
    weft_connection *c = connect(f, (weft_connection_options){.autocommit = true});
    weft_error error;
    assert_error(weft_insert_many(c, Every, &row, 1, NULL, &error), WEFT_OK, &error);
    weft_connection_close(c);
#define OF_(f) , C(Every, f)
#define VALUE_(f) , weft_val(row.f)
    assert_call(s,
                weft_session_insert(s,
                                    weft_insert_into(Every, .columns = weft_columns(C(Every, id) EVERY(OF_)),
                                                     .query = weft_select(.from = weft_from(Every),
                                                                          .columns = weft_columns(
                                                                              weft_op(C(Every, id), "+", weft_val(1)) EVERY(OF_)))),
                                    NULL),
                WEFT_OK);
#undef EVERY
#define EVERY(X) X(on) X(real) X(small) X(brief) X(large) X(exact) X(text) X(bytes) X(uuid) X(day) X(hour) X(at) X(span) X(data)
    assert_call(s,
                weft_session_insert(s,
                                    weft_insert_into(Every, .columns = weft_columns(C(Every, id), C(Every, state) EVERY(OF_)),
                                                     .query = weft_select(.from = weft_from(Every), .where = weft_eq(Every, id, 1),
                                                                          .columns = weft_columns(weft_val(3),
                                                                                                  weft_val("lost") EVERY(VALUE_)))),
                                    NULL),
                WEFT_OK);
    Every_list all = weft_query(s, Every, .order_by = weft_order(weft_asc(Every, id)));
    assert_ok(s);
    assert_int_equal(all.count, 3);
    for (size_t i = 0; i < 3; i++) {
        const Every *e = all.items[i];
        assert_int_equal(e->id, i + 1);
        assert_true(e->on && e->real == row.real && e->small == row.small && e->brief == -7 && e->large == 4000000000u);
        assert_string_equal(e->exact.text, row.exact.text);
        assert_string_equal(e->text, row.text);
        assert_int_equal(e->bytes.size, 3);
        assert_memory_equal(e->bytes.data, row.bytes.data, 3);
        assert_memory_equal(&e->uuid, &row.uuid, sizeof row.uuid);
        assert_int_equal(e->day.days, -1);
        assert_int_equal(e->hour.usec, 3661000001);
        assert_int_equal(e->at.usec, -5000001);
        assert_memory_equal(&e->span, &row.span, sizeof row.span);
        assert_int_equal(e->state, PHASE_LOST);
        assert_non_null(strstr(e->data.text, "null"));
    }
    /* Rows that a foreign program wrote alike are alike: every byte. */
    assert_rows(f,
                f->postgres
                    ? "SELECT count(DISTINCT ((e.*)::text, 1)) FROM (SELECT \"on\", \"real\", small, brief, large, exact, text, "
                      "bytes, uuid, day, hour, at, span, data, state FROM every) AS e"
                    : "SELECT count(*) FROM (SELECT DISTINCT \"on\", typeof(\"real\"), \"real\", small, brief, large, "
                      "typeof(exact), exact, text, hex(bytes), typeof(uuid), uuid, typeof(day), day, hour, at, span, data, "
                      "state FROM every)",
                "1");
}

/* Two of the database's own types, and texts: a value goes from each into each, and each is compared with each. */
static void enums_of_different_types_go_together(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    (void)weft_new(s, Stage, .id = 1, .a = PHASE_OPEN, .b = PHASE_DONE, .plain = PHASE_LOST);
    (void)weft_new(s, Stage, .id = 2, .a = PHASE_LOST, .b = PHASE_LOST, .plain = PHASE_LOST);
    commit_ok(s);
    weft_alias(Old, Stage);
    const weft_expr *const conditions[] = {
        weft_eq_col(Stage, a, Stage, b),
        weft_eq_col(Stage, b, Old, plain),
        weft_in_query(C(Stage, a), weft_select(.from = weft_from(Old), .columns = weft_columns(C(Old, plain)))),
        weft_op(C(Stage, plain), "=", weft_coalesce(C(Old, b), weft_val("open"))),
        weft_ge_col(Stage, a, Old, plain),
    };
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        Id_list found = weft_rows(s, Id, .from = weft_from(Stage), .columns = weft_columns(C(Stage, id)),
                                  .joins = weft_joins(weft_join_on(Old, weft_eq_col(Old, id, Stage, id))), .where = conditions[i],
                                  .order_by = weft_order(weft_asc(Stage, id)));
        assert_ok(s);
        assert_int_equal(found.count, i == 4 ? 2 : 1 /* as texts */);
        assert_int_equal(found.items[found.count - 1]->v, 2);
    }
    assert_call(s,
                weft_session_update(s,
                                    weft_update_of(Stage, .from = weft_from(Old), .where = weft_eq_col(Old, id, Stage, id),
                                                   .set = weft_sets(weft_to_expr(Stage, a, C(Old, b)),
                                                                    weft_to_expr(Stage, b, C(Old, plain)),
                                                                    weft_to_expr(Stage, plain, C(Old, a)))),
                                    NULL),
                WEFT_OK);
    if (f->postgres) /* what is of the type already goes in as it is */
        assert_string_equal(fixture_last_sql(f), "UPDATE stage SET a = CAST(CAST(\"Old\".b AS text) AS phase), b = "
                                                 "CAST(CAST(\"Old\".plain AS text) AS other_phase), plain = \"Old\".a FROM stage "
                                                 "AS \"Old\" WHERE \"Old\".id = stage.id");
    commit_ok(s);
    assert_rows(f, "SELECT id, CAST(a AS text), CAST(b AS text), plain FROM stage ORDER BY id",
                "1|done|lost|open\n2|lost|lost|lost");
    assert_call(s,
                weft_session_insert(
                    s,
                    weft_insert_into(Stage, .columns = weft_columns(C(Stage, id), C(Stage, a), C(Stage, b), C(Stage, plain)),
                                     .query = weft_select(.from = weft_from(Stage), .where = weft_eq(Stage, id, 1),
                                                          .columns = weft_columns(
                                                              weft_op(C(Stage, id), "+", weft_val(2)), C(Stage, plain),
                                                              weft_case(weft_eq(Stage, id, 1), weft_val("lost"), C(Stage, b)),
                                                              C(Stage, b))),
                                     .on_conflict = WEFT_CONFLICT_UPDATE, .conflict_columns = "id",
                                     .set = weft_sets(weft_to_expr(Stage, a, weft_excluded(Stage, b)))),
                    NULL),
                WEFT_OK);
    commit_ok(s);
    assert_rows(f, "SELECT id, CAST(a AS text), CAST(b AS text), plain FROM stage ORDER BY id",
                "1|done|lost|open\n2|lost|lost|lost\n3|open|lost|lost");
    assert_call(s,
                weft_session_update(
                    s,
                    weft_update_of(Stage, .where = weft_eq(Stage, id, 2),
                                   .set = weft_sets(
                                       weft_to_expr(Stage, a,
                                                    weft_scalar(weft_select(.from = weft_from(Old),
                                                                            .columns = weft_columns(weft_min(C(Old, plain)))))))),
                    NULL),
                WEFT_OK);
    commit_ok(s);
    assert_rows(f, "SELECT CAST(a AS text) FROM stage WHERE id = 2", "lost");
}

/* What a subquery gives is a text, and what a view does is not known. */
static void enums_of_views_and_subqueries_are_compared(void **state)
{
    fixture *f = *state;
    (void)weft_new(f->s, Stage, .id = 1, .a = PHASE_OPEN, .b = PHASE_DONE, .plain = PHASE_LOST);
    (void)weft_new(f->s, Stage, .id = 2, .a = PHASE_LOST, .b = PHASE_LOST, .plain = PHASE_LOST);
    commit_ok(f->s);
    test_database_exec(&f->database, "CREATE VIEW shown AS SELECT id, a, plain FROM stage");
    weft_session *s = weft_session_open(fixture_engine(f, (weft_engine_options){.metadata = &with_view}), NULL);
    weft_subselect(Named, weft_select(.from = weft_from(Stage), .columns = weft_columns(C(Stage, id), C(Stage, a))));
    weft_alias(Again, Shown);
    const weft_expr *const conditions[] = {
        weft_op(C(Named, state), "=", C(Stage, b)),
        weft_op(C(Stage, b), "=", C(Named, state)),
        weft_op(C(Named, state), "=", C(Shown, plain)),
        weft_eq_col(Shown, a, Shown, plain),
        weft_eq_col(Shown, a, Stage, plain),
        weft_eq_col(Stage, b, Shown, a),
        weft_in_query(C(Named, state), weft_select(.from = weft_from(Again), .columns = weft_columns(C(Again, plain)))),
        weft_in_query(C(Stage, a), weft_union(weft_select(.from = weft_from(Again), .columns = weft_columns(C(Again, a)),
                                                          .where = weft_eq(Again, id, 2)),
                                              weft_select(.from = weft_from(Again), .columns = weft_columns(C(Again, a)),
                                                          .where = weft_eq(Again, id, 3)))),
    };
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        Id_list found = weft_rows(s, Id, .from = weft_from(Stage), .columns = weft_columns(C(Stage, id)),
                                  .joins = weft_joins(weft_join_on(Named, weft_eq_col(Named, id, Stage, id)),
                                                      weft_join_on(Shown, weft_eq_col(Shown, id, Stage, id))),
                                  .where = conditions[i]);
        assert_ok(s);
        assert_int_equal(found.count, 1);
        assert_int_equal(found.items[0]->v, 2);
    }
    weft_session_close(s);
    test_database_exec(&f->database, "DROP VIEW shown");
}

static void rows_that_conflict_with_each_other_are_no_silent_loss(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_jobs(s);
    weft_connection *c = connect(f, (weft_connection_options){.autocommit = true});
    weft_error error;
    int64_t written = 0;
    const weft_insert *insert =
        weft_insert_into(Past, .columns = weft_columns(C(Past, job_id), C(Past, what), C(Past, state), C(Past, cost)),
                         .query = weft_select(.from = weft_from(Job), .where = weft_lt(Job, id, 5),
                                              .columns = weft_columns(C(Job, crew_id), weft_cast(C(Job, id), WEFT_TEXT),
                                                                      C(Job, state), C(Job, cost)),
                                              .order_by = weft_order(weft_asc(Job, id))),
                         .on_conflict = WEFT_CONFLICT_UPDATE, .conflict_columns = "job_id", .conflict_where = C(Past, kept),
                         .set = weft_sets(weft_to_expr(Past, what, weft_op(C(Past, what), "||", weft_excluded(Past, what)))));
    if (f->postgres) {
        assert_int_equal(weft_execute_insert(c, insert, &written, &error), WEFT_ERROR_SQL);
        assert_string_equal(error.sqlstate, "21000");
        assert_rows(f, "SELECT count(*) FROM past", "0");
    } else {
        assert_error(weft_execute_insert(c, insert, &written, &error), WEFT_OK, &error);
        assert_int_equal(written, 4);
        assert_rows(f, "SELECT job_id, what, version FROM past ORDER BY job_id", "1|3|1\n2|14|2\n3|2|1");
    }
    weft_connection_close(c);
}

static void a_conflict_on_what_is_no_key_is_told(void **state)
{
    fixture *f = *state;
    weft_connection *c = connect(f, (weft_connection_options){.autocommit = true});
    weft_error error;
    assert_int_equal(weft_execute_insert(c,
                                         weft_insert_into(Past, .columns = weft_columns(C(Past, job_id), C(Past, what)),
                                                          .query = weft_select(.from = weft_from(Job), .where = weft_eq(Job, id, 1),
                                                                               .columns = weft_columns(C(Job, id), weft_val("x"))),
                                                          .on_conflict = WEFT_CONFLICT_UPDATE, .conflict_columns = "job_id",
                                                          .conflict_where = weft_eq(Past, what, "secret"),
                                                          .set = weft_sets(weft_to(Past, what, "y"))),
                                         NULL, &error),
                     WEFT_ERROR_SQL);
    if (strstr(error.message, "ON CONFLICT") == NULL || strstr(error.message, "secret") != NULL)
        fail_msg("%s", error.message);
    weft_connection_close(c);
}

static void a_cte_writes(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_jobs(s);
    const Job *first = weft_get(s, Job, 1);
    weft_cte(Moved, .query = weft_updated(Job, .set = weft_sets(weft_to_expr(Job, cost, C(Crew, rate))), .from = weft_from(Crew),
                                          .where = weft_and(weft_eq_col(Crew, id, Job, crew_id), weft_lt(Job, id, 4)),
                                          .returning = weft_columns(C(Job, id), C(Job, cost), C(Crew, name))));
    Moved_list rows =
        weft_rows(s, Moved, .from = weft_from(Moved), .where = weft_gt(Moved, id, 1), .order_by = weft_order(weft_asc(Moved, id)));
    if (!f->postgres) {
        assert_int_equal(weft_session_status(s), WEFT_ERROR_UNSUPPORTED);
        return;
    }
    assert_ok(s);
    assert_string_equal(
        fixture_last_sql(f),
        "WITH \"Moved\" AS (UPDATE job SET cost = crew.rate, version = CASE WHEN job.version >= 9223372036854775807 "
        "THEN 1 ELSE job.version + 1 END FROM crew WHERE crew.id = job.crew_id AND job.id < $1 RETURNING job.id AS id, "
        "job.cost AS cost, crew.name AS crew) SELECT \"Moved\".id, \"Moved\".cost, \"Moved\".crew FROM \"Moved\" WHERE "
        "\"Moved\".id > $2 ORDER BY \"Moved\".id");
    assert_int_equal(rows.count, 2);
    assert_string_equal(rows.items[0]->cost.text, "3.38");
    assert_string_equal(rows.items[1]->crew, "red");
    assert_ptr_equal(weft_get(s, Job, 1), first);
    assert_string_equal(first->cost.text, "2.25");
    rollback_ok(s);
    assert_string_equal(jobs(f), "1:0.00:1 2:0.00:1 3:0.00:1 4:0.00:1 5:0.00:1 6:0.00:1");
    /* What was deleted goes elsewhere, in one statement; and one that nothing refers to. */
    weft_cte_as(Gone, Kept,
                .query = weft_deleted(Job, .where = weft_lt(Job, id, 3),
                                      .returning = weft_columns(C(Job, id), weft_val("gone"), weft_cast(C(Job, state), WEFT_TEXT),
                                                                C(Job, cost), C(Job, version))));
    weft_cte_as(Lost, Id,
                .query = weft_updated(Job, .set = weft_sets(weft_to(Job, state, PHASE_LOST)), .where = weft_eq(Job, id, 6),
                                      .returning = weft_columns(C(Job, id))));
    /* The same into another table: the usual way to move rows. */
    weft_cte_as(Taken, Kept,
                .query = weft_deleted(Job, .where = weft_eq(Job, id, 4),
                                      .returning = weft_columns(C(Job, id), weft_val("moved"), weft_cast(C(Job, state), WEFT_TEXT),
                                                                C(Job, cost), C(Job, version))));
    int64_t moved = 0;
    assert_call(s,
                weft_session_insert(
                    s,
                    weft_insert_into(Past, .columns = weft_columns(C(Past, job_id), C(Past, what), C(Past, cost), C(Past, state)),
                                     .query = weft_select(.from = weft_from(Taken),
                                                          .columns = weft_columns(C(Taken, job_id), C(Taken, what), C(Taken, cost),
                                                                                  weft_val("open")))),
                    &moved),
                WEFT_OK);
    assert_int_equal(moved, 1);
    assert_string_equal(kept(f), "4:moved:open:0.00:1");
    assert_string_equal(jobs(f), "1:0.00:1 2:0.00:1 3:0.00:1 5:0.00:1 6:0.00:1");
    rollback_ok(s);
    Id_list counted =
        weft_rows(s, Id, .from = weft_from(Gone), .columns = weft_columns(weft_count_all()), .with = weft_with(weft_from(Lost)));
    assert_ok(s);
    assert_int_equal(counted.items[0]->v, 2);
    assert_string_equal(jobs(f), "3:0.00:1 4:0.00:1 5:0.00:1 6:0.00:2");
    rollback_ok(s);
    weft_select *steps = weft_select_open(s, weft_from(Gone)); /* the same, step by step */
    weft_select_columns(steps, weft_count_all());
    weft_select_with(steps, weft_from(Lost));
    counted = weft_select_rows(steps, Id);
    assert_ok(s);
    assert_int_equal(counted.items[0]->v, 2);
    assert_string_equal(jobs(f), "3:0.00:1 4:0.00:1 5:0.00:1 6:0.00:2");
    weft_select_with(steps, NULL);
    assert_refused(s, WEFT_ERROR_MISUSE);
}

static void a_column_is_set_once(void **state)
{
    fixture *f = *state;
    weft_connection *c = connect(f, (weft_connection_options){0});
    weft_error error;
    (void)fixture_statements(f);
    assert_int_equal(weft_execute_update(c,
                                         weft_update_of(Job, .all = true,
                                                        .set = weft_sets(weft_to(Job, hours, 1), weft_to(Job, state, PHASE_DONE),
                                                                         weft_to(Job, hours, 2))),
                                         NULL, &error),
                     WEFT_ERROR_MISUSE);
    assert_non_null(strstr(error.message, "Job.hours two values"));
    assert_int_equal(weft_execute_insert(c,
                                         weft_insert_into(Past, .columns = weft_columns(C(Past, job_id)),
                                                          .query = weft_select(.from = weft_from(Job),
                                                                               .columns = weft_columns(C(Job, id))),
                                                          .on_conflict = WEFT_CONFLICT_UPDATE, .conflict_columns = "id",
                                                          .set = weft_sets(weft_to(Past, what, "a"),
                                                                           weft_to_expr(Past, what, weft_excluded(Past, what)))),
                                         NULL, &error),
                     WEFT_ERROR_MISUSE);
    assert_non_null(strstr(error.message, "Past.what two values"));
    assert_int_equal(fixture_statements(f), 0);
    weft_connection_close(c);
}

static void what_cannot_be_is_told_before_anything_is_sent(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_error error;
    add_jobs(s);
    weft_connection *c = connect(f, (weft_connection_options){0});
    (void)fixture_statements(f);
    weft_cte_as(Hidden, Id, .query = weft_deleted(Job, .where = weft_lt(Job, id, 3), .returning = weft_columns(C(Job, id))));
    const struct {
        const weft_update *update;
        const char *says;
    } wrong[] = {
        {weft_update_of(Job, .set = weft_sets(weft_to(Job, hours, 1)), .from = weft_from(Job), .all = true), "weft_alias"},
        {weft_update_of(Job, .set = weft_sets(weft_to(Job, hours, 1)), .joins = weft_joins(weft_cross_join(Crew)), .all = true),
         "no .from"},
        {weft_update_of(Job, .set = weft_sets(weft_to(Job, hours, 1)), .from = weft_from(Past),
                        .joins = weft_joins(weft_join_on(Crew, weft_eq_col(Crew, id, Job, crew_id))), .all = true),
         "Job.crew_id"},
        {weft_update_of(Job, .set = weft_sets(weft_to(Crew, name, "x")), .from = weft_from(Crew), .all = true), "Crew.name"},
        {weft_update_of(Job, .set = weft_sets(weft_to(Job, hours, 1)), .all = true, .returning = weft_columns(C(Job, id))),
         "weft_fetch_of"},
        {weft_update_of(Job, .set = weft_sets(weft_to(Job, hours, 1)), .where = weft_eq(Crew, id, 1)), "Crew"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(weft_execute_update(c, wrong[i].update, NULL, &error), WEFT_ERROR_MISUSE);
        if (strstr(error.message, wrong[i].says) == NULL && strstr(error.hint, wrong[i].says) == NULL)
            fail_msg("%zu: %s", i, error.message);
    }
    const struct {
        const weft_insert *insert;
        const char *says;
    } bad[] = {
        {weft_insert_into(Past, .columns = PAST_COLUMNS), ".query"},
        {weft_insert_into(Past, .query = weft_select(.from = weft_from(Job), .columns = weft_columns(C(Job, id)))), ".columns"},
        {weft_insert_into(Past, .columns = weft_columns(C(Job, id)),
                          .query = weft_select(.from = weft_from(Job), .columns = weft_columns(C(Job, id)))),
         "weft_col(Past"},
        {weft_insert_into(Past, .columns = weft_columns(C(Past, cost), C(Past, cost)),
                          .query = weft_select(.from = weft_from(Job), .columns = weft_columns(C(Job, cost), C(Job, cost)))),
         "twice"},
        {weft_insert_into(Past, .columns = PAST_COLUMNS,
                          .query = weft_select(.from = weft_from(Job), .columns = weft_columns(C(Job, id)))),
         "4 .columns"},
        {weft_insert_into(Past, .columns = weft_columns(C(Past, job_id)),
                          .query = weft_select(.from = weft_from(Job), .columns = weft_columns(C(Job, id), C(Job, id)))),
         "gives 2"},
        {weft_insert_into(Past, .columns = weft_columns(C(Past, job_id)),
                          .query = weft_select(.from = weft_from(Job), .columns = weft_columns(C(Job, id))),
                          .update_where = weft_eq(Past, id, 1)),
         "WEFT_CONFLICT_UPDATE"},
        {weft_insert_into(Past, .columns = weft_columns(C(Past, job_id)),
                          .query = weft_union(weft_select(.from = weft_from(Job), .columns = weft_columns(C(Job, id))),
                                              weft_select(.from = weft_from(Job), .columns = weft_columns(C(Job, id))))),
         "weft_subselect"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(weft_execute_insert(c, bad[i].insert, NULL, &error), WEFT_ERROR_MISUSE);
        if (strstr(error.message, bad[i].says) == NULL)
            fail_msg("%zu: %s", i, error.message);
    }
    weft_result *result;
    Id_list rows;
    /* A CTE that writes stands where nobody looks for one. */
    assert_int_equal(weft_fetch(c, Id, &rows, &result, &error, .from = weft_from(Job), .columns = weft_columns(C(Job, id)),
                                .where = weft_in_query(C(Job, id), weft_select(.from = weft_from(Hidden),
                                                                               .columns = weft_columns(C(Hidden, v))))),
                     f->postgres ? WEFT_ERROR_MISUSE : WEFT_ERROR_MISUSE);
    assert_non_null(strstr(error.message, "weft_cte"));
    assert_int_equal(weft_fetch_of(c, Id, &rows, &result, &error, weft_deleted(Job, .all = true)), WEFT_ERROR_MISUSE);
    assert_non_null(strstr(error.message, ".returning"));
    assert_int_equal(weft_fetch_of(c, Id, &rows, &result, &error,
                                   weft_deleted(Job, .all = true, .returning = weft_columns(weft_count_all()))),
                     WEFT_ERROR_MISUSE);
    assert_int_equal(fixture_statements(f), 0);
    weft_connection_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(an_update_takes_values_of_what_stands_beside_it),
        ON_BOTH(an_update_reads_ctes_and_aliases_of_its_own_table),
        ON_BOTH(a_delete_asks_what_stands_beside_it),
        ON_BOTH(rows_that_were_written_come_back),
        ON_BOTH(what_a_select_gives_is_inserted),
        ON_BOTH(a_conflict_of_what_a_select_gives_is_resolved),
        ON_BOTH(values_of_every_type_go_in_as_they_are),
        ON_BOTH(enums_of_different_types_go_together),
        ON_BOTH(enums_of_views_and_subqueries_are_compared),
        ON_BOTH(rows_that_conflict_with_each_other_are_no_silent_loss),
        ON_BOTH(a_conflict_on_what_is_no_key_is_told),
        ON_BOTH(a_cte_writes),
        ON_BOTH(a_column_is_set_once),
        ON_BOTH(what_cannot_be_is_told_before_anything_is_sent),
    };
    return cmocka_run_group_tests_name("modify", tests, NULL, NULL);
}
