/* NULL wherever a pointer is taken, numbers and texts that mean nothing, and names that do not exist: each is told, and nothing is
 * followed. */
#include "support/fixture.h"

WEFT_DECLARE(Owner);
WEFT_DECLARE(Pet);
struct Owner {
    int64_t id;
    const char *name;
    Pet_list pets;
};
struct Pet {
    int64_t id;
    const char *name;
    weft_opt_int64 owner_id;
    const Owner *owner;
};
WEFT_MODEL(Owner, "owner", WEFT_COLUMN(Owner, id, .primary_key = true), WEFT_COLUMN(Owner, name),
           WEFT_HAS_MANY(Owner, pets, Pet, .foreign_key = "owner_id", .back_populates = "owner"));
WEFT_MODEL(Pet, "pet", WEFT_COLUMN(Pet, id, .primary_key = true), WEFT_COLUMN(Pet, name),
           WEFT_COLUMN(Pet, owner_id, .references = "owner.id"),
           WEFT_BELONGS_TO(Pet, owner, Owner, .foreign_key = "owner_id", .back_populates = "pets"));
WEFT_METADATA(models, &Owner_model);
FIXTURE_MODELS(models);

typedef struct Name {
    const char *name;
} Name;
WEFT_ROW(Name, WEFT_FIELD(Name, name));

static weft_status do_nothing(weft_session *s, void *context)
{
    (void)s;
    (void)context;
    return WEFT_OK;
}

static void an_engine_of_nothing_is_refused(void **state)
{
    fixture *f = *state;
    weft_engine *engine = f->engine;
    weft_error error;
    assert_int_equal(weft_engine_open(NULL, f->database.url, NULL, &error), WEFT_ERROR_MISUSE);
    assert_int_not_equal(weft_engine_open(&engine, NULL, NULL, &error), WEFT_OK);
    assert_null(engine);
    assert_int_not_equal(weft_engine_open(&engine, "", NULL, NULL), WEFT_OK);
    assert_null(engine);
    weft_engine_close(NULL);
    assert_int_equal(weft_engine_close_within(NULL, 10, &error), WEFT_OK);
    assert_int_equal(weft_engine_ping(NULL, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_create_all(NULL, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_drop_all(NULL, NULL), WEFT_ERROR_MISUSE);
    char *script = NULL;
    assert_int_equal(weft_create_script(NULL, &script, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_create_script(f->engine, NULL, &error), WEFT_ERROR_MISUSE);
    weft_engine_invalidate(NULL);
    weft_engine_clear_cache(NULL);
    weft_pool_stats pool;
    weft_cache_stats cache;
    weft_engine_pool_stats(NULL, &pool);
    weft_engine_cache_stats(NULL, &cache);
    weft_engine_pool_stats(f->engine, NULL);
    weft_engine_cache_stats(f->engine, NULL);
    (void)weft_engine_driver(NULL);
    (void)weft_engine_url(NULL);
    weft_free(NULL);
    assert_int_equal(weft_histogram_percentile(NULL, 0.5), 0);
}

static void a_connection_of_nothing_is_refused(void **state)
{
    fixture *f = *state;
    weft_connection *c = NULL;
    weft_result *r = NULL;
    weft_error error;
    Owner rows[1] = {{.name = "x"}};
    assert_int_equal(weft_engine_connect(NULL, &c, NULL, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_engine_connect(f->engine, NULL, NULL, &error), WEFT_ERROR_MISUSE);
    weft_connection_close(NULL);
    assert_int_equal(weft_connection_begin(NULL, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_commit(NULL, NULL), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_rollback(NULL, NULL), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_savepoint(NULL, NULL), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_release(NULL, NULL), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_rollback_to(NULL, NULL), WEFT_ERROR_MISUSE);
    assert_false(weft_connection_in_transaction(NULL));
    assert_int_equal(weft_insert_many(NULL, Owner, rows, 1, NULL, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_execute_text(NULL, "SELECT 1", NULL, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, NULL), WEFT_OK);
    assert_int_equal(weft_connection_insert_many(c, NULL, rows, 1, NULL, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_insert_many(c, &Owner_model, NULL, 1, NULL, &error), WEFT_ERROR_MISUSE);
    assert_error(weft_connection_insert_many(c, &Owner_model, NULL, 0, NULL, &error), WEFT_OK, &error);
    assert_int_equal(weft_execute_update(c, NULL, NULL, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_execute_update(c, &(weft_update){.all = true}, NULL, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_execute_update(c, weft_update_of(Owner, .all = true), NULL, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_execute_update(c, weft_update_of(Owner, .all = true, .set = weft_sets(NULL)), NULL, &error),
                     WEFT_ERROR_MISUSE);
    assert_int_equal(weft_execute_delete(c, NULL, NULL, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_execute_delete(c, &(weft_delete){.all = true}, NULL, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_execute_text(c, NULL, NULL, &error), WEFT_ERROR_MISUSE);
    assert_int_not_equal(weft_connection_query(c, "", NULL, &r, &error), WEFT_OK);
    assert_null(r);
    assert_int_equal(weft_connection_rollback(c, NULL), WEFT_OK);
    assert_int_equal(weft_connection_query(c, "SELECT 1", NULL, NULL, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_query(c, "SELECT $1", &(weft_values){.items = NULL, .count = 1}, &r, &error),
                     WEFT_ERROR_MISUSE);
    assert_null(r);
    assert_int_equal(weft_connection_select(c, NULL, &r, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_select(c, &(weft_rows_options){.from = NULL}, &r, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_select(c, &(weft_rows_options){.from = weft_from(Owner)}, NULL, &error), WEFT_ERROR_MISUSE);
    weft_list list = {0};
    assert_int_equal(weft_connection_fetch(c, NULL, &(weft_rows_options){.from = weft_from(Owner)}, &r, &list, &error),
                     WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_fetch(c, &Name_row, NULL, &r, &list, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_connection_fetch(c, &Name_row, &(weft_rows_options){.from = weft_from(Owner)}, &r, NULL, &error),
                     WEFT_ERROR_MISUSE);
    weft_connection_close(c);
}

static void a_result_of_nothing_has_nothing(void **state)
{
    fixture *f = *state;
    weft_connection *c;
    weft_result *r;
    weft_error error;
    int64_t i = 1;
    double d;
    bool b;
    weft_timestamp t;
    weft_uuid u;
    Name name;
    assert_false(weft_result_next(NULL, &error));
    assert_int_equal(weft_result_columns(NULL), 0);
    assert_null(weft_result_name(NULL, 0));
    assert_true(weft_result_value(NULL, 0).is_null);
    assert_false(weft_result_int64(NULL, 0, &i));
    assert_false(weft_result_double(NULL, 0, &d));
    assert_false(weft_result_bool(NULL, 0, &b));
    assert_false(weft_result_timestamp(NULL, 0, &t));
    assert_false(weft_result_uuid(NULL, 0, &u));
    assert_null(weft_result_text(NULL, 0));
    assert_int_equal(weft_result_into(NULL, &Name_row, &name, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_result_changed(NULL), 0);
    weft_result_close(NULL);
    assert_int_equal(weft_engine_connect(f->engine, &c, NULL, NULL), WEFT_OK);
    assert_int_equal(weft_connection_query(c, "SELECT 7", NULL, &r, &error), WEFT_OK);
    assert_true(weft_result_value(r, 0).is_null); /* no row yet */
    assert_false(weft_result_int64(r, 0, &i));
    assert_true(weft_result_next(r, NULL));
    assert_int_equal(weft_result_into(r, NULL, &name, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_result_into(r, &Name_row, NULL, &error), WEFT_ERROR_MISUSE);
    assert_true(weft_result_value(r, 1).is_null);
    assert_true(weft_result_value(r, UINT16_MAX).is_null);
    assert_true(weft_result_int64(r, 0, &i));
    assert_int_equal(i, 7);
    assert_false(weft_result_next(r, NULL));
    assert_false(weft_result_next(r, NULL));
    assert_false(weft_result_int64(r, 0, &i));
    weft_result_close(r);
    weft_connection_close(c);
}

static void a_session_of_nothing_is_a_failed_one(void **state)
{
    fixture *f = *state;
    weft_session *s = weft_session_open(NULL, NULL);
    assert_non_null(s);
    assert_int_not_equal(weft_session_status(s), WEFT_OK);
    assert_non_null(weft_new(s, Owner, .name = "x"));
    assert_int_equal(weft_query(s, Owner).count, 0);
    assert_null(weft_get(s, Owner, 1));
    weft_session_rollback(s);
    weft_session_close(s);
    weft_session_close(NULL);
    (void)f;
    assert_int_equal(weft_session_clear(NULL), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_session_adopt(NULL), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_session_release(NULL), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_session_set_deadline(NULL, 1), WEFT_ERROR_MISUSE);
    assert_null(weft_session_user(NULL));
    assert_null(weft_session_engine(NULL));
    assert_int_equal(weft_session_status(NULL), WEFT_ERROR_MISUSE);
    assert_non_null(weft_session_error(NULL));
    assert_int_equal(weft_session_flush(NULL), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_session_commit(NULL), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_session_rollback(NULL), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_session_savepoint(NULL), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_session_savepoint_release(NULL), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_session_savepoint_rollback(NULL), WEFT_ERROR_MISUSE);
    assert_false(weft_session_in_transaction(NULL));
    assert_int_equal(weft_transact(NULL, do_nothing, NULL, NULL), WEFT_ERROR_MISUSE);
    assert_null(weft_get(NULL, Owner, 1));
    assert_int_equal(weft_query(NULL, Owner).count, 0);
    int64_t total = 3;
    assert_int_equal(weft_query_page(NULL, Owner, &total, .limit = 1).count, 0);
    assert_null(weft_first(NULL, Owner));
    weft_status status = WEFT_OK;
    assert_null(weft_one(NULL, Owner, &status));
    assert_int_not_equal(status, WEFT_OK);
    assert_false(weft_exists(NULL, Owner));
    (void)weft_count_of(NULL, Owner);
    Owner *scratch = weft_new(NULL, Owner, .name = "x");
    assert_non_null(scratch);
    assert_non_null(weft_edit(NULL, Owner, scratch));
    assert_int_equal(weft_set(NULL, Owner, scratch, name, "x"), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_delete(NULL, Owner, scratch), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_append(NULL, Owner, scratch, pets, Pet, (Pet *)NULL), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_lazy(NULL, Owner, scratch, pets).count, 0);
    assert_false(weft_loaded(NULL, Owner, scratch, pets));
    assert_int_equal(weft_refresh(NULL, Owner, scratch), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_expunge(NULL, Owner, scratch), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_state_of(NULL, Owner, scratch), WEFT_OBJECT_NONE);
    (void)weft_text(NULL, "x");
    (void)weft_format(NULL, "%d", 1);
    weft_select *q = weft_select_new(NULL, Owner);
    assert_non_null(q);
    weft_select_where(q, weft_eq(Owner, id, 1));
    assert_int_equal(weft_select_all(q, Owner).count, 0);
    weft_select_free(q);
    assert_int_equal(weft_rows(NULL, Name, .from = weft_from(Owner), .columns = weft_columns(weft_col(Owner, name))).count, 0);
    assert_int_equal(weft_session_update(NULL, weft_update_of(Owner, .all = true), NULL), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_session_delete_where(NULL, weft_delete_from(Owner, .all = true), NULL), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_session_execute_text(NULL, "SELECT 1", NULL), WEFT_ERROR_MISUSE);
    assert_null(weft_session_connection(NULL));
    weft_session_stats stats;
    weft_session_stats_get(NULL, &stats);
    const weft_n_plus_one *items;
    assert_int_equal(weft_session_n_plus_one(NULL, &items), 0);
}

static void nothing_given_to_a_session_is_misuse(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    assert_non_null(weft_session_new(s, NULL, NULL));
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_non_null(weft_session_new(s, &Owner_model, NULL));
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_non_null(weft_session_edit(s, NULL, &(Owner){.id = 0}));
    (void)weft_session_rollback(s);
    assert_non_null(weft_edit(s, Owner, (const Owner *)NULL));
    weft_edit(s, Owner, (const Owner *)NULL)->name = "scratch";
    assert_ok(s);
    Owner *owner = weft_new(s, Owner, .name = "ann");
    commit_ok(s);
    assert_null(weft_session_get(s, NULL, weft_key_int64(1), NULL));
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_ptr_equal(weft_session_get(s, &Owner_model, weft_key_int64(owner->id), NULL), owner);
    assert_null(weft_get(s, Owner, (const Owner *)NULL));
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_session_query(s, NULL, NULL).count, 0);
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_session_query(s, &Owner_model, NULL).count, 1);
    assert_int_equal(weft_query_page(s, Owner, NULL, .limit = 1).count, 1);
    assert_non_null(weft_one(s, Owner, NULL));
    assert_null(weft_one(s, Owner, NULL, .where = weft_eq(Owner, id, -1)));
    assert_ok(s);
    assert_int_equal(weft_set(s, Owner, (Owner *)NULL, name, "x"), WEFT_ERROR_MISUSE);
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_session_set(s, NULL, owner, 0, weft_value_int64(1)), WEFT_ERROR_MISUSE);
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_session_set(s, &Owner_model, owner, 3, weft_value_int64(1)), WEFT_ERROR_MISUSE);
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_delete(s, Owner, (Owner *)NULL), WEFT_OK); /* deletes nothing */
    assert_ok(s);
    assert_int_equal(weft_append(s, Owner, owner, pets, Pet, (Pet *)NULL), WEFT_ERROR_MISUSE);
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_append(s, Owner, (Owner *)NULL, pets, Pet, (Pet *)NULL), WEFT_ERROR_MISUSE);
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_refresh(s, Owner, (Owner *)NULL), WEFT_ERROR_MISUSE);
    weft_session_rollback(s);
    assert_int_equal(weft_expunge(s, Owner, (Owner *)NULL), WEFT_ERROR_MISUSE);
    weft_session_rollback(s);
    assert_int_equal(weft_state_of(s, Owner, (Owner *)NULL), WEFT_OBJECT_NONE);
    assert_int_equal(weft_lazy(s, Owner, (Owner *)NULL, pets).count, 0);
    weft_session_rollback(s);
    assert_null(weft_text(s, NULL));
    assert_int_equal(weft_session_update(s, NULL, NULL), WEFT_ERROR_MISUSE);
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_session_delete_where(s, NULL, NULL), WEFT_ERROR_MISUSE);
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_session_execute_text(s, NULL, NULL), WEFT_ERROR_MISUSE);
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_session_rows(s, NULL, &(weft_rows_options){.from = weft_from(Owner)}).count, 0);
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_session_rows(s, &Name_row, NULL).count, 0);
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_transact(s, NULL, NULL, NULL), WEFT_ERROR_MISUSE);
    weft_session_rollback(s);
}

static void nothing_given_to_a_select_or_a_list_is_misuse(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    assert_non_null(weft_select_open(s, NULL));
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_select *q = weft_select_new(s, Owner);
    weft_select_where(q, NULL);
    (void)weft_select_all(q, Owner);
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_select_free(q);
    q = weft_select_new(s, Owner);
    weft_select_order(q, NULL);
    (void)weft_select_all(q, Owner);
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_select_free(q);
    q = weft_select_new(s, Owner);
    weft_select_load(q, NULL);
    (void)weft_select_all(q, Owner);
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_select_free(q);
    weft_select_free(NULL);
    weft_select_where(NULL, &weft_true);
    weft_select_limit(NULL, 1);
    assert_int_equal(weft_select_run(NULL, &Owner_model).count, 0);
    assert_null(weft_select_run_first(NULL, &Owner_model));
    (void)weft_select_count(NULL);
    int64_t *no_keys = NULL;
    assert_int_equal(weft_get_many(s, Owner, no_keys, 0).count, 0);
    assert_ok(s);
    assert_int_equal(weft_get_many(s, Owner, no_keys, 3).count, 0);
    assert_refused(s, WEFT_ERROR_MISUSE);
    assert_int_equal(weft_query(s, Owner, .where = weft_in(Owner, id, no_keys, 0)).count, 0);
    assert_ok(s);
    assert_int_equal(weft_query(s, Owner, .where = weft_in(Owner, id, no_keys, 2)).count, 0);
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_session_stats_get(s, NULL);
    (void)weft_session_n_plus_one(s, NULL);
    assert_ok(s);
}

static void scoped_sessions_of_nothing_are_failed_ones(void **state)
{
    fixture *f = *state;
    weft_scoped *registry = (weft_scoped *)1;
    weft_error error;
    assert_int_equal(weft_scoped_open(&registry, NULL, NULL, &error), WEFT_ERROR_MISUSE);
    assert_null(registry);
    assert_int_equal(weft_scoped_open(NULL, f->engine, NULL, &error), WEFT_ERROR_MISUSE);
    weft_session *s = weft_scoped_session(NULL);
    assert_non_null(s);
    assert_int_not_equal(weft_session_status(s), WEFT_OK);
    weft_scoped_remove(NULL);
    weft_scoped_remove_for(NULL, 1);
    assert_non_null(weft_scoped_session_for(NULL, 1));
    weft_scoped_close(NULL);
}

static void a_builder_of_nothing_makes_the_statement_fail(void **state)
{
    fixture *f = *state;
    weft_builder *b = weft_builder_new();
    weft_builder_free(NULL);
    const weft_expr *bad[] = {
        weft_builder_column(b, NULL, "id", 0),
        weft_builder_column(b, &Owner_model, NULL, 0),
        weft_builder_column(b, &Owner_model, "nope", 0),
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_non_null(bad[i]);
        assert_int_equal(weft_session_query(f->s, &Owner_model, &(weft_query_options){.where = bad[i]}).count, 0);
        assert_refused(f->s, WEFT_ERROR_MISUSE);
    }
    weft_builder_free(b);
    b = weft_builder_new();
    assert_non_null(weft_builder_node(b, WEFT_EXPR_AND, NULL, NULL, 2));
    weft_builder_free(b);
    b = weft_builder_new();
    const weft_expr *column = weft_builder_column(b, &Owner_model, "id", 0);
    const weft_expr *with_null[] = {column, NULL};
    const weft_expr *both = weft_builder_node(b, WEFT_EXPR_AND, NULL, with_null, 2);
    assert_non_null(both);
    assert_int_equal(weft_session_query(f->s, &Owner_model, &(weft_query_options){.where = both}).count, 0);
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    weft_builder_free(b);
    b = weft_builder_new();
    const weft_expr *in = weft_builder_in(b, &Owner_model, "id", NULL, 3);
    assert_int_equal(weft_session_query(f->s, &Owner_model, &(weft_query_options){.where = in}).count, 0);
    assert_refused(f->s, WEFT_ERROR_MISUSE);
    weft_builder_free(b);
    assert_non_null(weft_builder_column(NULL, &Owner_model, "id", 0));
    assert_non_null(weft_builder_value(NULL, weft_value_int64(1)));
    assert_non_null(weft_builder_compare(NULL, WEFT_EXPR_EQ, &Owner_model, "id", weft_value_int64(1)));
    assert_non_null(weft_builder_in(NULL, &Owner_model, "id", NULL, 0));
    assert_non_null(weft_builder_node(NULL, WEFT_EXPR_AND, NULL, NULL, 0));
    assert_non_null(weft_builder_list(NULL, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(an_engine_of_nothing_is_refused),
        ON_BOTH(a_connection_of_nothing_is_refused),
        ON_BOTH(a_result_of_nothing_has_nothing),
        ON_BOTH(a_session_of_nothing_is_a_failed_one),
        ON_BOTH(nothing_given_to_a_session_is_misuse),
        ON_BOTH(nothing_given_to_a_select_or_a_list_is_misuse),
        ON_BOTH(scoped_sessions_of_nothing_are_failed_ones),
        ON_BOTH(a_builder_of_nothing_makes_the_statement_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
