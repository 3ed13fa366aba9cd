/* ON CONFLICT with a unique key by its name (a constraint, an index of expressions with a condition, the primary key, what the
 * models do not know), and several clauses. */
#include "support/fixture.h"

WEFT_DECLARE(Account);
struct Account {
    int64_t id;
    const char *email;
    int32_t tenant;
    bool gone;
    int32_t sku;
    int32_t hits;
};
WEFT_MODEL(Account, "account", WEFT_COLUMN(Account, id, .primary_key = true, .not_generated = true), WEFT_COLUMN(Account, email),
           WEFT_COLUMN(Account, tenant), WEFT_COLUMN(Account, gone), WEFT_COLUMN(Account, sku), WEFT_COLUMN(Account, hits),
           WEFT_INDEX(Account, "lower(email), tenant DESC", .name = "uq_account_email", .unique = true, .where = "NOT gone"),
           WEFT_UNIQUE(Account, "sku"), WEFT_INDEX(Account, "hits", .name = "ix_hits"));
WEFT_METADATA(models, &Account_model);
FIXTURE_MODELS(models);

#define C(f) weft_col(Account, f)
#define ADDS weft_to_expr(Account, hits, weft_op(C(hits), "+", weft_excluded(Account, hits)))
#define KEY_SQL " ON CONFLICT ((lower(email)), tenant) WHERE (NOT gone) "
#define ADDS_SQLITE "weft_keep_int32(weft_integer_add(account.hits, excluded.hits, 32), 'account.hits')"

static weft_connection *connect(const fixture *f)
{
    weft_connection *c = NULL;
    weft_error error = {0};
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    return c;
}

static uint64_t insert(const fixture *f, const Account *rows, size_t count, weft_insert_options options)
{
    weft_connection *c = connect(f);
    weft_error error = {0};
    uint64_t inserted = 99;
    options.inserted = &inserted;
    assert_error(weft_insert_many(c, Account, rows, count, &options, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    return inserted;
}

/* Nothing is sent but what begins and ends a transaction. */
static void assert_fails(const fixture *f, weft_insert_options options, weft_status wanted, const char *message)
{
    const Account row = {.id = 1, .email = "a"};
    weft_connection *c = connect(f);
    weft_error error = {0};
    test_recorder_clear(f->recorder);
    assert_error(weft_insert_many(c, Account, &row, 1, &options, &error), wanted, &error);
    if (strstr(error.message, message) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", message, error.message);
    assert_int_equal(test_recorder_count_containing(f->recorder, "INSERT"), 0);
    weft_connection_close(c);
}

static const Account three[] = {{.id = 1, .email = "Ann", .tenant = 1, .sku = 1, .hits = 1},
                                {.id = 2, .email = "ann", .tenant = 2, .sku = 2, .hits = 1},
                                {.id = 3, .email = "ann", .tenant = 1, .sku = 3, .hits = 10, .gone = true}};

static void an_index_of_expressions_is_met_by_its_name(void **state)
{
    fixture *f = *state;
    const weft_insert_options adds = {.on_conflict = WEFT_CONFLICT_UPDATE, .conflict_key = "uq_account_email", .set = ADDS};
    assert_int_equal(insert(f, three, 3, adds), 3);
    const Account more[] = {{.id = 4, .email = "ANN", .tenant = 1, .sku = 4, .hits = 5},
                            {.id = 5, .email = "aNN", .tenant = 2, .sku = 5, .hits = 6},
                            {.id = 6, .email = "ANN", .tenant = 1, .sku = 6, .hits = 7, .gone = true}};
    assert_int_equal(insert(f, more, 3, adds), 3);
    assert_rows(f, "SELECT id, email, hits FROM account ORDER BY id", "1|Ann|6\n2|ann|7\n3|ann|10\n6|ANN|7");
    test_recorder_clear(f->recorder);
    assert_int_equal(insert(f, &more[0], 1, adds), 1);
    TEST_STATEMENTS(f->recorder, f->postgres
                                     ? "INSERT INTO account (id, email, tenant, gone, sku, hits) VALUES ($1, $2, $3, $4, $5, "
                                       "$6)" KEY_SQL "DO UPDATE SET hits = account.hits + excluded.hits"
                                     : "INSERT INTO account (id, email, tenant, gone, sku, hits) VALUES (?1, ?2, ?3, ?4, ?5, "
                                       "?6)" KEY_SQL "DO UPDATE SET hits = " ADDS_SQLITE);
    assert_rows(f, "SELECT hits FROM account WHERE id = 1", "11");
    const weft_insert_options leaves = {.on_conflict = WEFT_CONFLICT_DO_NOTHING, .conflict_key = "uq_account_email"};
    assert_int_equal(insert(f, more, 2, leaves), 0);
    assert_rows(f, "SELECT sum(hits), count(*) FROM account", "35|4");
}

static void thousands_of_rows_meet_it(void **state)
{
    enum { COUNT = 17000 };
    fixture *f = *state;
    Account *rows = calloc(COUNT, sizeof *rows);
    char(*emails)[16] = calloc(COUNT, sizeof *emails);
    for (int i = 0; i < COUNT; i++) {
        snprintf(emails[i], sizeof emails[i], i % 2 ? "M%d" : "m%d", i / 2);
        rows[i] = (Account){.id = i + 1, .email = emails[i], .sku = i, .hits = 1};
    }
    const weft_insert_options adds = {.on_conflict = WEFT_CONFLICT_UPDATE, .conflict_key = "uq_account_email", .set = ADDS};
    assert_int_equal(insert(f, rows, COUNT, adds), COUNT);
    assert_rows(f, "SELECT count(*), sum(hits), min(hits), max(hits) FROM account", "8500|17000|2|2");
    free(emails);
    free(rows);
}

static void keys_of_every_kind_have_names(void **state)
{
    static const char *const keys[] = {"uq_account_sku", "pk_account", "uq_account_email"};
    static const char *const sql[] = {"ON CONFLICT (sku) DO UPDATE", "ON CONFLICT (id) DO UPDATE",
                                      "ON CONFLICT ((lower(email)), tenant) WHERE (NOT gone) DO UPDATE"};
    fixture *f = *state;
    const Account met[] = {{.id = 9, .email = "new", .tenant = 1, .sku = 1, .hits = 100},
                           {.id = 2, .email = "new", .tenant = 1, .sku = 9, .hits = 100},
                           {.id = 9, .email = "ANN", .tenant = 2, .sku = 9, .hits = 100}};
    (void)insert(f, three, 3, (weft_insert_options){0});
    for (int i = 0; i < 6; i++) { /* twice, the second time from the cache */
        test_recorder_clear(f->recorder);
        assert_int_equal(
            insert(f, &met[i % 3], 1,
                   (weft_insert_options){.on_conflict = WEFT_CONFLICT_UPDATE, .conflict_key = keys[i % 3], .set = ADDS}),
            1);
        assert_int_equal(test_recorder_count_containing(f->recorder, sql[i % 3]), 1);
    }
    assert_rows(f, "SELECT id, hits FROM account ORDER BY id", "1|201\n2|401\n3|10");
}

static void rows_of_a_query_meet_it(void **state)
{
    fixture *f = *state;
    (void)insert(f, three, 3, (weft_insert_options){0});
    const weft_rows_options *query =
        weft_select(.from = weft_from(Account), .where = weft_eq(Account, gone, true),
                    .columns = weft_columns(weft_op(C(id), "+", weft_val(100)), weft_upper(C(email)), C(tenant), weft_val(false),
                                            weft_op(C(sku), "+", weft_val(100)), C(hits)));
    int64_t inserted = 0;
    assert_call(f->s,
                weft_session_insert(f->s,
                                    weft_insert_into(Account,
                                                     .columns = weft_columns(C(id), C(email), C(tenant), C(gone), C(sku), C(hits)),
                                                     .query = query, .on_conflict = WEFT_CONFLICT_UPDATE,
                                                     .conflict_key = "uq_account_email", .set = ADDS),
                                    &inserted),
                WEFT_OK);
    commit_ok(f->s);
    assert_int_equal(inserted, 1);
    assert_rows(f, "SELECT id, email, hits FROM account ORDER BY id", "1|Ann|11\n2|ann|1\n3|ann|10");
}

static void a_constraint_that_no_model_has_is_the_servers(void **state)
{
    fixture *f = *state;
    const weft_insert_options options = {.on_conflict = WEFT_CONFLICT_DO_NOTHING, .conflict_key = "one \"tenant\""};
    if (!f->postgres) {
        assert_fails(f, options, WEFT_ERROR_UNSUPPORTED, "\"one \"tenant\"\" is no unique key of the models' table \"account\"");
        return;
    }
    test_database_exec(&f->database, "ALTER TABLE account ADD CONSTRAINT \"one \"\"tenant\"\"\" EXCLUDE (tenant WITH =)");
    const Account rows[] = {{.id = 1, .email = "a", .tenant = 1, .sku = 1}, {.id = 2, .email = "b", .tenant = 1, .sku = 2}};
    assert_int_equal(insert(f, rows, 2, options), 1);
    assert_int_equal(test_recorder_count_containing(f->recorder, " ON CONFLICT ON CONSTRAINT \"one \"\"tenant\"\"\" DO NOTHING"),
                     1);
    assert_rows(f, "SELECT email FROM account", "a");
}

static const weft_insert_options by_sku = {.on_conflict = WEFT_CONFLICT_UPDATE,
                                           .conflict_key = "uq_account_sku",
                                           .set = weft_sets(weft_to_expr(Account, email, WEFT_LITERAL_TEXT("sku"))),
                                           .where = weft_op(C(email), "<>", WEFT_LITERAL_TEXT("b")),
                                           .otherwise = &(const weft_insert_options){.on_conflict = WEFT_CONFLICT_DO_NOTHING}};

static void a_row_takes_the_clause_of_its_conflict(void **state)
{
    fixture *f = *state;
    const weft_insert_options options = {.on_conflict = WEFT_CONFLICT_UPDATE,
                                         .conflict_columns = "id",
                                         .set = weft_sets(ADDS, weft_to(Account, tenant, 77)),
                                         .otherwise = &by_sku};
    if (f->postgres) {
        assert_fails(f, options, WEFT_ERROR_UNSUPPORTED, "takes one ON CONFLICT");
        return;
    }
    (void)insert(f, three, 3, (weft_insert_options){0});
    const Account rows[] = {
        {.id = 1, .email = "x", .tenant = 5, .sku = 50, .hits = 1000}, /* by id */
        {.id = 7, .email = "y", .tenant = 5, .sku = 2, .hits = 1000},  /* by sku */
        {.id = 8, .email = "ANN", .tenant = 77, .sku = 51, .hits = 7}, /* by email: nothing, for 1 moved there */
        {.id = 9, .email = "new", .tenant = 5, .sku = 52, .hits = 9},
        {.id = 1, .email = "z", .tenant = 5, .sku = 3, .hits = 1}}; /* by id: the first clause counts */
    for (int round = 0; round < 2; round++) {
        assert_int_equal(insert(f, rows, round == 0 ? 5 : 1, options), round == 0 ? 4 : 1);
        assert_rows(f, "SELECT id, email, tenant, hits FROM account ORDER BY id",
                    round == 0 ? "1|Ann|77|1002\n2|sku|2|1\n3|ann|1|10\n9|new|5|9"
                               : "1|Ann|77|2002\n2|sku|2|1\n3|ann|1|10\n9|new|5|9");
    }
    int64_t inserted = 0;
    const weft_rows_options *again =
        weft_select(.from = weft_from(Account), .where = weft_ge(Account, id, 2),
                    .columns = weft_columns(weft_op(C(id), "*", weft_val(10)), C(email), C(tenant), C(gone), C(sku), C(hits)));
    assert_call(f->s,
                weft_session_insert(f->s,
                                    weft_insert_into(Account,
                                                     .columns = weft_columns(C(id), C(email), C(tenant), C(gone), C(sku), C(hits)),
                                                     .query = again, .on_conflict = WEFT_CONFLICT_UPDATE, .conflict_columns = "id",
                                                     .set = ADDS, .otherwise = &by_sku),
                                    &inserted),
                WEFT_OK);
    commit_ok(f->s);
    assert_rows(f, "SELECT id, email FROM account ORDER BY id", "1|Ann\n2|sku\n3|sku\n9|sku");
}

/* ---- as constant data ---- */

typedef struct Move {
    int64_t from, to;
    int32_t sku;
} Move;
WEFT_ROW(Move, WEFT_FIELD(Move, from), WEFT_FIELD(Move, to), WEFT_FIELD(Move, sku));
WEFT_PARAMETERS(Move);
#define COPY_OF(...) \
    weft_inserted(Account, .columns = weft_columns(C(id), C(email), C(tenant), C(gone), C(sku), C(hits)), \
                  .query = weft_select(.from = weft_from(Account), .where = weft_eq_col(Account, id, Move, from), \
                                       .columns = weft_columns(weft_param(Move, to), C(email), C(tenant), C(gone), \
                                                               weft_param(Move, sku), C(hits))), \
                  __VA_ARGS__)
WEFT_CHANGE(copy_by_email, Move,
            COPY_OF(.on_conflict = WEFT_CONFLICT_UPDATE, .conflict_key = "uq_account_email", .set = weft_sets(ADDS)));
WEFT_CHANGE(copy_by_any, Move,
            COPY_OF(.on_conflict = WEFT_CONFLICT_UPDATE, .conflict_columns = "id", .set = weft_sets(ADDS),
                    .otherwise = &(const weft_insert_options){.on_conflict = WEFT_CONFLICT_UPDATE,
                                                              .conflict_key = "uq_account_email",
                                                              .set = weft_sets(weft_to_expr(Account, tenant,
                                                                                            weft_param(Move, sku))),
                                                              .otherwise = &by_sku}));

static void constant_statements_have_it(void **state)
{
    fixture *f = *state;
    int64_t changed = 0;
    (void)insert(f, three, 3, (weft_insert_options){0});
    for (int i = 0; i < 2; i++) {
        assert_call(f->s, weft_change(f->s, copy_by_email, &changed, .from = 1, .to = 50, .sku = 60 + i), WEFT_OK);
        assert_int_equal(changed, 1);
    }
    commit_ok(f->s);
    assert_rows(f, "SELECT id, hits FROM account ORDER BY id", "1|4\n2|1\n3|10");
    if (f->postgres) {
        assert_call(f->s, weft_change(f->s, copy_by_any, &changed, .from = 1, .to = 50, .sku = 1), WEFT_ERROR_UNSUPPORTED);
        return;
    }
    assert_call(f->s, weft_change(f->s, copy_by_any, &changed, .from = 3, .to = 1, .sku = 80), WEFT_OK);  /* by id */
    assert_call(f->s, weft_change(f->s, copy_by_any, &changed, .from = 2, .to = 51, .sku = 81), WEFT_OK); /* by email */
    assert_call(f->s, weft_change(f->s, copy_by_any, &changed, .from = 3, .to = 52, .sku = 2), WEFT_OK);  /* by sku */
    commit_ok(f->s);
    assert_rows(f, "SELECT id, email, tenant, hits FROM account ORDER BY id", "1|Ann|1|14\n2|sku|81|1\n3|ann|1|10");
}

static void what_does_not_go_together_is_refused(void **state)
{
    fixture *f = *state;
    const weft_insert_options nothing = {.on_conflict = WEFT_CONFLICT_DO_NOTHING}, by_nothing = {.conflict_columns = "id"};
    uint64_t counted = 0;
    const weft_insert_options counts = {.on_conflict = WEFT_CONFLICT_DO_NOTHING, .inserted = &counted};
    const struct {
        weft_insert_options options;
        const char *message;
    } wrong[] = {
        {{.on_conflict = WEFT_CONFLICT_DO_NOTHING, .conflict_key = "uq_account_sku", .conflict_columns = "sku"}, "at once"},
        {{.on_conflict = WEFT_CONFLICT_DO_NOTHING,
          .conflict_key = "uq_account_email",
          .conflict_where = weft_eq(Account, gone, false)},
         ".conflict_where beside .conflict_key"},
        {{.on_conflict = WEFT_CONFLICT_DO_NOTHING, .conflict_where = weft_eq(Account, gone, false)},
         ".conflict_where is the condition"},
        {{.conflict_key = "uq_account_sku"}, "without .on_conflict"},
        {{.conflict_columns = "sku"}, "without .on_conflict"},
        {{.otherwise = &nothing}, "without .on_conflict"},
        {{.on_conflict = WEFT_CONFLICT_DO_NOTHING, .otherwise = &nothing}, "takes every conflict"},
        {{.on_conflict = WEFT_CONFLICT_DO_NOTHING, .conflict_columns = "id", .otherwise = &by_nothing}, "without .on_conflict"},
        {{.on_conflict = WEFT_CONFLICT_DO_NOTHING, .conflict_columns = "id", .otherwise = &counts}, ".inserted of .otherwise"},
        {{.on_conflict = WEFT_CONFLICT_UPDATE, .set = ADDS}, "without .conflict_columns or .conflict_key"},
        {{.on_conflict = WEFT_CONFLICT_UPDATE, .conflict_key = "uq_account_sku"}, "without .set"},
        {{.on_conflict = WEFT_CONFLICT_DO_NOTHING, .conflict_key = "ix_hits"}, "\"ix_hits\" is an index that is not unique"},
        {{.on_conflict = WEFT_CONFLICT_DO_NOTHING, .where = weft_eq(Account, id, 1)}, "a condition on the rows to update"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_fails(f, wrong[i].options, WEFT_ERROR_MISUSE, wrong[i].message);
    weft_insert_options many[66];
    for (int i = 0; i < 66; i++)
        many[i] = (weft_insert_options){.on_conflict = WEFT_CONFLICT_DO_NOTHING,
                                        .conflict_columns = "id",
                                        .otherwise = i < 65 ? &many[i + 1] : NULL};
    assert_fails(f, many[0], WEFT_ERROR_LIMIT, "more than 64 clauses");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(an_index_of_expressions_is_met_by_its_name),
        ON_BOTH(thousands_of_rows_meet_it),
        ON_BOTH(keys_of_every_kind_have_names),
        ON_BOTH(rows_of_a_query_meet_it),
        ON_BOTH(a_constraint_that_no_model_has_is_the_servers),
        ON_BOTH(a_row_takes_the_clause_of_its_conflict),
        ON_BOTH(constant_statements_have_it),
        ON_BOTH(what_does_not_go_together_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
