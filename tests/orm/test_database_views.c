/* Models of views of the database's: everything reads them, nothing writes to them, and they come and go with the tables. */
#include "support/fixture.h"

WEFT_DECLARE(Hotel);
WEFT_DECLARE(Room);
WEFT_DECLARE(Capacity);
WEFT_DECLARE(Large);
WEFT_DECLARE(Offer);
WEFT_DECLARE(Foreign);
WEFT_DECLARE(Twin);
struct Hotel {
    int64_t id;
    const char *name;
    Room_list rooms;
    const Capacity *capacity;
    Hotel_list alike;
    const Foreign *foreign;
};
struct Room {
    int64_t id, hotel_id;
    int32_t beds;
    const Hotel *hotel;
    const Capacity *capacity;
};
struct Capacity {
    int64_t hotel_id;
    const char *name;
    weft_opt_int64 beds;
    const Hotel *hotel;
    Room_list rooms;
};
struct Large {
    int64_t hotel_id;
    weft_opt_int64 beds;
};
struct Offer {
    int64_t hotel_id;
    int32_t beds;
    int64_t rooms;
};
struct Foreign {
    int64_t id;
    const char *name;
    weft_opt_int64 hotel_id;
};
struct Twin {
    int64_t a_id, b_id;
};
WEFT_MODEL(Twin, "twin", WEFT_COLUMN(Twin, a_id, .primary_key = true), WEFT_COLUMN(Twin, b_id, .primary_key = true),
           WEFT_OPTIONS(Twin, .view = "SELECT a.id AS a_id, b.id AS b_id FROM hotel a JOIN hotel b ON a.id <> b.id "
                                      "WHERE length(a.name) = length(b.name)"));
WEFT_MODEL(Large, "large", WEFT_COLUMN(Large, hotel_id, .primary_key = true), WEFT_COLUMN(Large, beds),
           WEFT_OPTIONS(Large, .view = "SELECT hotel_id, beds FROM capacity WHERE beds > 3"));
WEFT_MODEL(Capacity, "capacity", WEFT_COLUMN(Capacity, hotel_id, .primary_key = true),
           WEFT_COLUMN(Capacity, name, .nullable = true), WEFT_COLUMN(Capacity, beds),
           WEFT_BELONGS_TO(Capacity, hotel, Hotel, .foreign_key = "hotel_id", .back_populates = "capacity"),
           WEFT_HAS_MANY(Capacity, rooms, Room, .foreign_key = "hotel_id", .order_by = "id", .back_populates = "capacity"),
           WEFT_OPTIONS(Capacity, .comment = "beds of each",
                        .view = "SELECT h.id AS hotel_id, h.name, sum(r.beds) AS beds\n"
                                "FROM hotel h LEFT JOIN room r ON r.hotel_id = h.id\n"
                                "GROUP BY h.id, h.name"));
WEFT_MODEL(Offer, "offer", WEFT_COLUMN(Offer, hotel_id, .primary_key = true), WEFT_COLUMN(Offer, beds, .primary_key = true),
           WEFT_COLUMN(Offer, rooms), WEFT_INDEX(Offer, "hotel_id, beds", .unique = true), WEFT_INDEX(Offer, "rooms DESC"),
           WEFT_OPTIONS(Offer, .materialized = true,
                        .view = "SELECT hotel_id, beds, count(*) AS rooms FROM room GROUP BY hotel_id, beds"));
WEFT_MODEL(Hotel, "hotel", WEFT_COLUMN(Hotel, id, .primary_key = true), WEFT_COLUMN(Hotel, name, .length = 30),
           WEFT_HAS_MANY(Hotel, rooms, Room, .order_by = "id", .back_populates = "hotel", .cascade = WEFT_CASCADE_ALL),
           WEFT_MANY_TO_MANY(Hotel, alike, Hotel, .through = "twin(a_id, b_id)", .order_by = "id"),
           WEFT_HAS_ONE(Hotel, foreign, Foreign, .foreign_key = "hotel_id"),
           WEFT_HAS_ONE(Hotel, capacity, Capacity, .foreign_key = "hotel_id", .back_populates = "hotel"));
WEFT_MODEL(Room, "room", WEFT_COLUMN(Room, id, .primary_key = true), WEFT_COLUMN(Room, hotel_id, .references = "hotel.id"),
           WEFT_COLUMN(Room, beds), WEFT_BELONGS_TO(Room, hotel, Hotel, .back_populates = "rooms"),
           WEFT_BELONGS_TO(Room, capacity, Capacity, .foreign_key = "hotel_id", .back_populates = "rooms"));
WEFT_MODEL(Foreign, "others_view", WEFT_COLUMN(Foreign, id, .primary_key = true), WEFT_COLUMN(Foreign, name, .nullable = true),
           WEFT_COLUMN(Foreign, hotel_id), WEFT_OPTIONS(Foreign, .existing_view = true));
WEFT_METADATA(models, &Large_model, &Offer_model, &Capacity_model, &Hotel_model, &Room_model, &Foreign_model, &Twin_model);
FIXTURE_MODELS(models);

typedef struct Sum {
    const char *name;
    weft_opt_int64 beds;
} Sum;
WEFT_ROW(Sum, WEFT_FIELD(Sum, name), WEFT_FIELD(Sum, beds));

/* Ritz: rooms of 1, 1 and 2 beds; Savoy: of 5; Inn: none. */
static void add_hotels(weft_session *s)
{
    Hotel *ritz = weft_new(s, Hotel, .id = 1, .name = "Ritz"), *savoy = weft_new(s, Hotel, .id = 2, .name = "Savoy");
    (void)weft_new(s, Hotel, .id = 3, .name = "Inn");
    (void)weft_new(s, Room, .id = 1, .beds = 1, .hotel = ritz);
    (void)weft_new(s, Room, .id = 2, .beds = 1, .hotel = ritz);
    (void)weft_new(s, Room, .id = 3, .beds = 2, .hotel = ritz);
    (void)weft_new(s, Room, .id = 4, .beds = 5, .hotel = savoy);
    commit_ok(s);
}

/* ---- reading ---- */

static void a_view_is_queried_got_joined_and_summed(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_hotels(s);
    Capacity_list all = weft_query(s, Capacity, .order_by = weft_order(weft_desc(Capacity, name)));
    assert_int_equal(all.count, 3);
    assert_string_equal(all.items[1]->name, "Ritz");
    assert_int_equal(all.items[1]->beds.value, 4);
    assert_false(all.items[2]->beds.set);
    assert_ptr_equal(weft_get(s, Capacity, 1), all.items[1]);
    assert_null(weft_get(s, Capacity, 9));
    Capacity_list some = weft_query(s, Capacity, .where = weft_gt(Capacity, beds, 4));
    assert_int_equal(some.count, 1);
    assert_ptr_equal(some.items[0], all.items[0]);
    assert_int_equal(weft_count_of(s, Large), 2); /* a view of a view */
    const Offer *offer = weft_one(s, Offer, NULL, .where = weft_eq(Offer, beds, 1));
    if (f->postgres) { /* as it was made: of nothing */
        assert_null(offer);
        weft_session_rollback(s);
        assert_call(s, weft_refresh_view(s, Offer, false), WEFT_OK);
        offer = weft_one(s, Offer, NULL, .where = weft_eq(Offer, beds, 1));
    }
    assert_int_equal(offer->rooms, 2);
    Sum_list sums =
        weft_rows(s, Sum, .from = weft_from(Hotel),
                  .joins = weft_joins(weft_join_on(Capacity, weft_op(weft_col(Capacity, hotel_id), "=", weft_col(Hotel, id)))),
                  .columns = weft_columns(weft_col(Hotel, name), weft_col(Capacity, beds)),
                  .where = weft_is_not_null(Capacity, beds), .order_by = weft_order(weft_asc(Capacity, beds)));
    assert_int_equal(sums.count, 2);
    assert_string_equal(sums.items[1]->name, "Savoy");
    assert_ok(s);
}

static void relationships_lead_from_and_to_a_view_and_are_loaded_every_way(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_hotels(s);
    for (int how = 0; how < 4; how++) {
        assert_call(s, weft_session_clear(s), WEFT_OK);
        Hotel_list hotels = how == 0   ? weft_query(s, Hotel, .order_by = weft_order(weft_asc(Hotel, id)))
                            : how == 1 ? weft_query(s, Hotel, .order_by = weft_order(weft_asc(Hotel, id)),
                                                    .load = weft_load(weft_joined(Hotel, capacity)))
                            : how == 2 ? weft_query(s, Hotel, .order_by = weft_order(weft_asc(Hotel, id)),
                                                    .load = weft_load(weft_subquery(Hotel, capacity)))
                                       : weft_query(s, Hotel, .order_by = weft_order(weft_asc(Hotel, id)),
                                                    .load = weft_load(weft_selectin(Hotel, capacity)));
        assert_int_equal(hotels.count, 3);
        const Capacity *first = weft_lazy(s, Hotel, hotels.items[0], capacity);
        assert_int_equal(first->beds.value, 4);
        assert_ptr_equal(weft_lazy(s, Capacity, first, hotel), hotels.items[0]);
        Capacity_list back =
            weft_query(s, Capacity, .where = weft_eq(Capacity, hotel_id, 1),
                       .load = weft_load(how % 2 == 0 ? weft_selectin(Capacity, rooms) : weft_joined(Capacity, rooms)));
        assert_int_equal(back.items[0]->rooms.count, 3);
        assert_int_equal(back.items[0]->rooms.items[2]->beds, 2);
        assert_ptr_equal(weft_lazy(s, Room, back.items[0]->rooms.items[0], capacity), first);
    }
    assert_ok(s);
}

static void a_view_shows_what_the_session_has_written(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_hotels(s);
    const Capacity *ritz = weft_get(s, Capacity, 1);
    assert_int_equal(ritz->beds.value, 4);
    (void)weft_new(s, Room, .id = 9, .beds = 10, .hotel_id = 1);
    assert_ptr_equal(weft_get(s, Capacity, 1), ritz); /* flushed, and read again */
    assert_int_equal(ritz->beds.value, 14);
    const Room *room = weft_get(s, Room, 9);
    weft_edit(s, Room, room)->beds = 20;
    assert_int_equal(weft_query(s, Large, .where = weft_eq(Large, beds, 24)).count, 1);
    assert_int_equal(weft_one(s, Capacity, NULL, .where = weft_eq(Capacity, hotel_id, 1))->beds.value, 24);
    weft_edit(s, Room, room)->beds = 30;
    assert_call(s, weft_refresh(s, Capacity, ritz), WEFT_OK);
    assert_int_equal(ritz->beds.value, 34);
    assert_call(s, weft_session_savepoint(s), WEFT_OK);
    weft_delete(s, Room, room);
    assert_int_equal(weft_get(s, Capacity, 1)->beds.value, 4);
    assert_call(s, weft_session_savepoint_rollback(s), WEFT_OK);
    assert_int_equal(weft_get(s, Capacity, 1)->beds.value, 34);
    int64_t changed = 0;
    assert_call(s, weft_session_update(s, weft_update_of(Room, .set = weft_sets(weft_to(Room, beds, 1)), .all = true), &changed),
                WEFT_OK);
    assert_int_equal(weft_get(s, Capacity, 1)->beds.value, 4);
    const Hotel *hotel = weft_get(s, Hotel, 1); /* the lazy load, too */
    weft_edit(s, Room, weft_get(s, Room, 9))->beds = 50;
    assert_int_equal(weft_lazy(s, Hotel, hotel, capacity)->beds.value, 53);
    commit_ok(s);
}

static void a_row_whose_key_is_null_is_told(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    test_database_exec(&f->database, "CREATE VIEW others_view AS SELECT NULL AS id, 'x' AS name, 1 AS hotel_id");
    if (f->postgres)
        test_database_exec(
            &f->database,
            "DROP VIEW others_view; CREATE VIEW others_view AS SELECT NULL::bigint AS id, 'x' AS name, 1::bigint AS hotel_id");
    assert_int_equal(weft_query(s, Foreign).count, 0);
    assert_message(s, "a row of the view \"others_view\" has NULL in the primary key of Foreign");
    assert_refused(s, WEFT_ERROR_DATA);
    assert_int_equal(weft_count_of(s, Foreign), 1);
    add_hotels(s);
    for (int how = 0; how < 3; how++) { /* nor is it left out of what is loaded with others */
        assert_int_equal(weft_query(s, Hotel,
                                    .load = weft_load(how == 0   ? weft_joined(Hotel, foreign)
                                                      : how == 1 ? weft_selectin(Hotel, foreign)
                                                                 : weft_subquery(Hotel, foreign)))
                             .count,
                         0);
        assert_message(s, "a row of the view \"others_view\" has NULL in the primary key of Foreign");
        assert_refused(s, WEFT_ERROR_DATA);
    }
    test_database_exec(&f->database, "DROP VIEW others_view");
    test_database_exec(&f->database, "CREATE VIEW others_view AS SELECT id, name, id AS hotel_id FROM hotel WHERE id > 1");
    Hotel_list hotels =
        weft_query(s, Hotel, .order_by = weft_order(weft_asc(Hotel, id)), .load = weft_load(weft_joined(Hotel, foreign)));
    assert_null(hotels.items[0]->foreign);
    assert_int_equal(hotels.items[1]->foreign->id, 2);
}

static void a_view_links_rows_of_tables(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_hotels(s);
    (void)weft_new(s, Hotel, .id = 4, .name = "Lux");
    const Hotel *inn = weft_get(s, Hotel, 3);
    Hotel_list alike = weft_lazy(s, Hotel, inn, alike);
    assert_int_equal(alike.count, 1);
    assert_string_equal(alike.items[0]->name, "Lux");
    weft_append(s, Hotel, inn, alike, Hotel, weft_get(s, Hotel, 1));
    assert_message(s, "Hotel.alike is view-only");
    assert_refused(s, WEFT_ERROR_MISUSE);
    weft_delete(s, Hotel, weft_get(s, Hotel, 3));
    commit_ok(s);
    assert_rows(f, "SELECT count(*) FROM hotel", "2");
}

/* ---- what is refused ---- */

#define REFUSED(part) \
    do { \
        assert_message(s, part); \
        assert_message(s, "is the model of the view"); \
        assert_refused(s, WEFT_ERROR_MISUSE); \
        assert_true(TEST_NO_STATEMENTS(f->recorder)); \
    } while (0)

static void nothing_is_written_to_a_view(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_hotels(s);
    test_recorder_clear(f->recorder);
    (void)weft_new(s, Capacity, .hotel_id = 7);
    REFUSED("weft_new: Capacity is the model of the view \"capacity\"");
    (void)weft_new(s, Foreign, .id = 7);
    REFUSED("weft_new: Foreign is the model of the view \"others_view\"");
    for (int i = 0; i < 3; i++) {
        const Capacity *ritz = weft_get(s, Capacity, 1);
        assert_non_null(ritz);
        test_recorder_clear(f->recorder);
        if (i == 0)
            weft_edit(s, Capacity, ritz)->name = "Palace";
        else if (i == 1)
            weft_set(s, Capacity, ritz, name, "Palace");
        else
            weft_delete(s, Capacity, ritz);
        REFUSED(i == 0 ? "weft_edit: Capacity" : i == 1 ? "weft_set: Capacity" : "weft_delete: Capacity");
        assert_string_equal(ritz->name, "Ritz");
    }
    weft_session_update(s, weft_update_of(Capacity, .set = weft_sets(weft_to(Capacity, name, "x")), .all = true), NULL);
    REFUSED("UPDATE: Capacity");
    weft_session_delete_where(s, weft_delete_from(Offer, .all = true), NULL);
    REFUSED("DELETE: Offer");
    weft_session_insert(s,
                        weft_insert_into(Large, .columns = weft_columns(weft_col(Large, hotel_id)),
                                         .query =
                                             weft_select(.from = weft_from(Hotel), .columns = weft_columns(weft_col(Hotel, id)))),
                        NULL);
    REFUSED("INSERT: Large");
    assert_int_equal(weft_rows_of(s, Sum,
                                  weft_deleted(Capacity, .all = true,
                                               .returning = weft_columns(weft_col(Capacity, name), weft_col(Capacity, beds))))
                         .count,
                     0);
    REFUSED("DELETE: Capacity");
    assert_rows(f, "SELECT name FROM hotel ORDER BY id", "Ritz\nSavoy\nInn");
}

static void a_connection_refuses_likewise_and_goes_on(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_connection *c;
    static const Capacity rows[] = {{.hotel_id = 7}, {.hotel_id = 8}};
    const weft_insert_options upsert = {.on_conflict = WEFT_CONFLICT_DO_NOTHING};
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    test_recorder_clear(f->recorder);
    for (int i = 0; i < 4; i++) {
        const weft_status status =
            i == 0   ? weft_insert_many(c, Capacity, rows, 2, NULL, &error)
            : i == 1 ? weft_insert_many(c, Capacity, rows, 2, &upsert, &error)
            : i == 2 ? weft_execute_delete(c, weft_delete_from(Capacity, .all = true), NULL, &error)
                     : weft_execute_update(c,
                                           weft_update_of(Capacity, .set = weft_sets(weft_to(Capacity, name, "x")),
                                                          .where = weft_eq(Capacity, hotel_id, 1)),
                                           NULL, &error);
        assert_int_equal(status, WEFT_ERROR_MISUSE);
        assert_non_null(strstr(error.message, ": Capacity is the model of the view \"capacity\", which is only read"));
        assert_true(error.nothing_sent);
    }
    assert_true(TEST_NO_STATEMENTS(f->recorder));
    static const Hotel hotel[] = {{.id = 5, .name = "Alp"}};
    assert_error(weft_insert_many(c, Hotel, hotel, 1, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    weft_connection_close(c);
    assert_rows(f, "SELECT name FROM capacity", "Alp");
}

static void relationships_of_a_view_are_only_read(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    add_hotels(s);
    const Hotel *ritz = weft_get(s, Hotel, 1);
    const Capacity *capacity = weft_get(s, Capacity, 2);
    weft_assign(s, Hotel, ritz, capacity, Capacity, capacity);
    assert_message(s, "Hotel.capacity is view-only");
    assert_refused(s, WEFT_ERROR_MISUSE);
    capacity = weft_get(s, Capacity, 2);
    weft_append(s, Capacity, capacity, rooms, Room, weft_get(s, Room, 1));
    assert_message(s, "Capacity.rooms is view-only");
    assert_refused(s, WEFT_ERROR_MISUSE);
    ritz = weft_get(s, Hotel, 1);
    assert_non_null(weft_lazy(s, Hotel, ritz, capacity));
    weft_delete(s, Hotel, ritz); /* with its rooms; the view's row goes by itself */
    commit_ok(s);
    assert_rows(f, "SELECT name FROM capacity ORDER BY name", "Inn\nSavoy");
    assert_rows(f, "SELECT count(*) FROM room", "1");
    assert_null(weft_get(s, Capacity, 1));
}

/* ---- DDL ---- */

static void views_are_made_after_what_they_read_and_dropped_before(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    assert_error(weft_drop_all(f->engine, &error), WEFT_OK, &error);
    const char *offer = f->postgres ? "MATERIALIZED VIEW" : "VIEW";
    char create[200], drop[80];
    (void)snprintf(create, sizeof create,
                   "CREATE %s offer AS SELECT hotel_id, beds, count(*) AS rooms FROM room GROUP BY hotel_id, beds", offer);
    (void)snprintf(drop, sizeof drop, "DROP %s IF EXISTS offer", offer);
    assert_rows(f,
                f->postgres ? "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema::regnamespace"
                            : "SELECT count(*) FROM sqlite_master",
                "0");
    test_recorder_clear(f->recorder);
    assert_error(weft_create_all(f->engine, &error), WEFT_OK, &error);
    assert_int_equal(test_recorder_count_containing(f->recorder, create), 1);
    assert_int_equal(test_recorder_count_containing(f->recorder, "others_view"), 0);
    assert_int_equal(test_recorder_count_containing(f->recorder, "FOREIGN KEY"), 1);
    assert_int_equal(test_recorder_count_containing(f->recorder, "capacity ("), 0);
    assert_int_equal(test_recorder_count_containing(f->recorder,
                                                    "CREATE UNIQUE INDEX uq_offer_hotel_id_beds ON offer (hotel_id, beds)"),
                     f->postgres);
    assert_int_equal(test_recorder_count_containing(f->recorder, "COMMENT ON VIEW capacity IS 'beds of each'"), f->postgres);
    test_recorder_clear(f->recorder);
    assert_error(weft_create_all(f->engine, &error), WEFT_OK, &error); /* all is there */
    assert_int_equal(test_recorder_count_containing(f->recorder, "CREATE"), 0);
    test_database_exec(&f->database, "CREATE VIEW others_view AS SELECT id, name, id AS hotel_id FROM hotel");
    test_database_exec(&f->database, "INSERT INTO hotel (id, name) VALUES (4, 'Spa')");
    assert_string_equal(weft_get(f->s, Foreign, 4)->name, "Spa");
    rollback_ok(f->s);
    test_database_exec(&f->database, "DROP VIEW others_view");
    test_recorder_clear(f->recorder);
    assert_error(weft_drop_all(f->engine, &error), WEFT_OK, &error);
    assert_int_equal(test_recorder_count_containing(f->recorder, drop), 1);
    assert_rows(f,
                f->postgres ? "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema::regnamespace"
                            : "SELECT count(*) FROM sqlite_master",
                "0");
    char *script = NULL;
    assert_error(weft_create_script(f->engine, &script, &error), WEFT_OK, &error);
    assert_true(strstr(script, " capacity AS") > strstr(script, " room ("));
    assert_true(strstr(script, " large AS") > strstr(script, " capacity AS"));
    assert_null(strstr(script, "others_view"));
    weft_free(script);
}

static void a_materialized_view_keeps_its_rows_until_it_is_refreshed(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_error error = {0};
    weft_connection *c;
    add_hotels(s);
    assert_call(s, weft_refresh_view(s, Offer, false), WEFT_OK);
    commit_ok(s);
    const Offer *offer = weft_get(s, Offer, weft_key(Offer, .hotel_id = 1, .beds = 1));
    assert_int_equal(offer->rooms, 2);
    (void)weft_new(s, Room, .id = 9, .beds = 1, .hotel_id = 1);
    assert_int_equal(weft_get(s, Offer, weft_key(Offer, .hotel_id = 1, .beds = 1))->rooms, f->postgres ? 2 : 3);
    test_recorder_clear(f->recorder);
    assert_call(s, weft_refresh_view(s, Offer, true), WEFT_OK);
    assert_int_equal(test_recorder_count_containing(f->recorder, "REFRESH MATERIALIZED VIEW CONCURRENTLY offer"), f->postgres);
    assert_int_equal(weft_get(s, Offer, weft_key(Offer, .hotel_id = 1, .beds = 1))->rooms, 3);
    commit_ok(s);
    test_database_exec(&f->database, "DELETE FROM room WHERE id = 9");
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    assert_error(weft_connection_refresh_view(c, &Offer_model, false, &error), WEFT_OK, &error);
    assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
    assert_int_equal(weft_connection_refresh_view(c, &Large_model, false, &error), WEFT_ERROR_MISUSE);
    assert_non_null(strstr(error.message, "Large is no model of a materialized view"));
    weft_connection_close(c);
    assert_rows(f, "SELECT rooms FROM offer WHERE hotel_id = 1 AND beds = 1", "2");
    (void)weft_refresh_view(s, Hotel, false);
    assert_message(s, "Hotel is no model of a materialized view");
    assert_refused(s, WEFT_ERROR_MISUSE);
}

static void the_check_at_the_start_knows_views(void **state)
{
    fixture *f = *state;
    weft_error error = {0};
    weft_difference *list = NULL;
    size_t count = 0;
    assert_error(weft_engine_check(f->engine, &list, &count, &error), WEFT_OK, &error);
    assert_int_equal(count, 1);
    assert_string_equal(list[0].text, "there is no view others_view");
    assert_true(list[0].fatal);
    weft_free(list);
    test_database_exec(&f->database, "CREATE VIEW others_view AS SELECT id, name AS title, 1 AS more, id AS hotel_id FROM hotel");
    assert_error(weft_engine_check(f->engine, &list, &count, &error), WEFT_OK, &error);
    assert_int_equal(count, 1);
    assert_non_null(strstr(list[0].text, "others_view has no column name"));
    weft_free(list);
    test_database_exec(&f->database,
                       f->postgres
                           ? "DROP VIEW others_view; CREATE VIEW others_view AS SELECT name AS id, name, id AS hotel_id FROM hotel"
                           : "DROP VIEW others_view");
    test_database_exec(&f->database, "DROP VIEW large");
    assert_error(weft_engine_check(f->engine, &list, &count, &error), WEFT_OK, &error);
    assert_int_equal(count, 2);
    assert_string_equal(list[1].text,
                        f->postgres ? "others_view.id is VARCHAR(30) instead of BIGINT NOT NULL" : "there is no view others_view");
    assert_string_equal(list[0].text, "there is no view large");
    assert_true(list[1].fatal);
    weft_free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_view_is_queried_got_joined_and_summed),
        ON_BOTH(relationships_lead_from_and_to_a_view_and_are_loaded_every_way),
        ON_BOTH(a_view_shows_what_the_session_has_written),
        ON_BOTH(a_row_whose_key_is_null_is_told),
        ON_BOTH(a_view_links_rows_of_tables),
        ON_BOTH(nothing_is_written_to_a_view),
        ON_BOTH(a_connection_refuses_likewise_and_goes_on),
        ON_BOTH(relationships_of_a_view_are_only_read),
        ON_BOTH(views_are_made_after_what_they_read_and_dropped_before),
        ON_BOTH(a_materialized_view_keeps_its_rows_until_it_is_refreshed),
        ON_BOTH(the_check_at_the_start_knows_views),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
