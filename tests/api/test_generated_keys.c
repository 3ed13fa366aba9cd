/* Keys that the database makes, in every way that a table may make them: each object gets the key, and the other columns that the
 * database fills in, of its own row, however many rows go at once. */
#include "support/fixture.h"

WEFT_DECLARE(Long);
WEFT_DECLARE(Leaf);
WEFT_DECLARE(Middle);
WEFT_DECLARE(Small);
WEFT_DECLARE(Word);
WEFT_DECLARE(Mark);
WEFT_DECLARE(Price);
WEFT_DECLARE(Pair);

struct Long {
    int64_t id;
    int32_t no;
    Leaf_list leaves;
};
struct Leaf {
    int64_t id;
    int32_t no;
    int64_t long_id;
    const Long *owner;
};
struct Middle {
    int32_t id;
    int32_t no;
    const char *note;
};
struct Small {
    short id;
    int32_t no;
};
struct Word {
    const char *id;
    int32_t no;
    const char *note;
};
struct Mark {
    weft_uuid id;
    int32_t no;
};
struct Price {
    weft_decimal id;
    int32_t no;
};
struct Pair {
    int32_t area;
    const char *code;
    int32_t no;
    const char *note;
};

WEFT_MODEL(Long, "long", WEFT_COLUMN(Long, id, .primary_key = true), WEFT_COLUMN(Long, no),
           WEFT_HAS_MANY(Long, leaves, Leaf, .foreign_key = "long_id", .back_populates = "owner"));
WEFT_MODEL(Leaf, "leaf", WEFT_COLUMN(Leaf, id, .primary_key = true), WEFT_COLUMN(Leaf, no), WEFT_COLUMN(Leaf, long_id),
           WEFT_BELONGS_TO(Leaf, owner, Long, .foreign_key = "long_id", .back_populates = "leaves"));
WEFT_MODEL(Middle, "middle", WEFT_COLUMN(Middle, id, .primary_key = true), WEFT_COLUMN(Middle, no),
           WEFT_COLUMN(Middle, note, .server_default = "'?'"));
WEFT_MODEL(Small, "small", WEFT_COLUMN(Small, id, .primary_key = true), WEFT_COLUMN(Small, no));
WEFT_MODEL(Word, "word", WEFT_COLUMN(Word, id, .primary_key = true, .server_default = "'?'"), WEFT_COLUMN(Word, no),
           WEFT_COLUMN(Word, note, .server_default = "'?'"));
WEFT_MODEL(Mark, "mark", WEFT_COLUMN(Mark, id, .primary_key = true, .server_default = "'00000000-0000-0000-0000-000000000000'"),
           WEFT_COLUMN(Mark, no));
WEFT_MODEL(Price, "price", WEFT_COLUMN(Price, id, .primary_key = true, .server_default = "0"), WEFT_COLUMN(Price, no));
WEFT_MODEL(Pair, "pair", WEFT_COLUMN(Pair, area, .primary_key = true),
           WEFT_COLUMN(Pair, code, .primary_key = true, .server_default = "'?'"), WEFT_COLUMN(Pair, no),
           WEFT_COLUMN(Pair, note, .server_default = "'?'"));
WEFT_METADATA(models, &Long_model, &Leaf_model, &Middle_model, &Small_model, &Word_model, &Mark_model, &Price_model, &Pair_model);
FIXTURE_MODELS(models);

/* Around where rows take another path; the last ones only with WEFT_TEST_LONG. */
static const int sizes[] = {1, 3, 63, 64, 65, 499, 500, 501, 2, 20, 1300};
enum { SIZES_OF_ALL = sizeof sizes / sizeof sizes[0], SIZES_OF_CI = 8, MOST = 1300 };
#define SIZES (getenv("WEFT_TEST_LONG") != NULL ? SIZES_OF_ALL : SIZES_OF_CI)

/* Each statement of the list, which ends with NULL; "CREATE SEQUENCE" and the like only where there is a server. */
static void define(const fixture *f, const char *const *sql)
{
    for (; *sql != NULL; sql++)
        test_database_exec(&f->database, *sql);
}

/* The rows of a table by number, "no|id" or "no|id|note", must be those that the objects show. */
static void assert_table(const fixture *f, const char *sql, char (*expected)[100], int count)
{
    char *rows = test_database_rows(&f->database, sql), *at = rows;
    for (int i = 0; i < count; i++) {
        size_t size = strlen(expected[i]);
        if (strncmp(at, expected[i], size) != 0 || (at[size] != '\n' && at[size] != '\0')) {
            print_error("row %d of %d by %s is\n  %.100s\n  where the object says %s\n", i, count, sql, at, expected[i]);
            free(rows);
            fail();
        }
        at += size + (i + 1 < count);
    }
    assert_int_equal(*at, '\0');
    free(rows);
}

static char expected[MOST][100];

/* Parents with one child each: the child hangs on its own parent. */
static void insert_longs(fixture *f, const char *const *sql)
{
    static const Long *longs[MOST];
    define(f, sql);
    weft_engine *engine = fixture_engine(f, (weft_engine_options){0});
    weft_session *s = weft_session_open(engine, NULL);
    for (int k = 0; k < SIZES; k++) {
        for (int i = 0; i < sizes[k]; i++) {
            longs[i] = weft_new(s, Long, .no = i);
            (void)weft_new(s, Leaf, .no = i, .owner = longs[i]);
        }
        flush_ok(s);
        for (int i = 0; i < sizes[k]; i++) {
            snprintf(expected[i], sizeof expected[i], "%d|%lld", i, (long long)longs[i]->id);
            assert_ptr_equal(weft_get(s, Long, longs[i]->id), longs[i]);
        }
        commit_ok(s);
        assert_table(f, "SELECT no, id FROM \"long\" ORDER BY no", expected, sizes[k]);
        assert_int_equal(test_database_integer(
                             &f->database,
                             "SELECT count(*) FROM leaf JOIN \"long\" ON \"long\".id = leaf.long_id AND \"long\".no = leaf.no"),
                         sizes[k]);
        test_database_exec(&f->database, "DELETE FROM leaf");
        test_database_exec(&f->database, "DELETE FROM \"long\"");
        weft_session_clear(s);
    }
    weft_session_close(s);
    weft_engine_close(engine);
}

#define LONGS(...) \
    insert_longs(f, (const char *const[]){ \
                        "DROP TABLE leaf", "DROP TABLE IF EXISTS \"long\" CASCADE", __VA_ARGS__, \
                        "CREATE TABLE leaf (id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, no INTEGER, long_id BIGINT)", \
                        NULL})
#define PLAIN_TABLE "CREATE TABLE \"long\" (id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, no INTEGER)"
#define TRIGGER(body) \
    "CREATE OR REPLACE FUNCTION change_long() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN " body " RETURN NEW; END'", \
        "CREATE TRIGGER change BEFORE INSERT ON \"long\" FOR EACH ROW EXECUTE FUNCTION change_long()"

static void sequences_that_do_not_ascend_give_each_object_its_own_key(void **state)
{
    fixture *f = *state;
    LONGS("CREATE TABLE \"long\" (id BIGINT GENERATED BY DEFAULT AS IDENTITY (INCREMENT BY -1) PRIMARY KEY, no INTEGER)");
    LONGS("CREATE TABLE \"long\" (id BIGINT GENERATED ALWAYS AS IDENTITY (INCREMENT BY -7) PRIMARY KEY, no INTEGER)");
    LONGS("CREATE TABLE \"long\" (id BIGINT GENERATED BY DEFAULT AS IDENTITY (MAXVALUE 9000 START 8995 CYCLE) PRIMARY KEY, "
          "no INTEGER)");
    LONGS("CREATE SEQUENCE down INCREMENT BY -3 MINVALUE -1000000",
          "CREATE TABLE \"long\" (id BIGINT DEFAULT nextval('down') PRIMARY KEY, no INTEGER)");
}

static void sequences_that_are_not_the_columns_own_serve_all_the_same(void **state)
{
    fixture *f = *state;
    LONGS("CREATE TABLE \"long\" (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, no INTEGER)");
    LONGS("CREATE SEQUENCE shared", "CREATE TABLE \"long\" (id BIGINT DEFAULT nextval('shared') PRIMARY KEY, no INTEGER)");
    LONGS("CREATE SEQUENCE \"odd 'name\"",
          "CREATE TABLE \"long\" (id BIGINT DEFAULT nextval('\"odd ''name\"') PRIMARY KEY, no INTEGER)");
    LONGS("CREATE SEQUENCE twice", "CREATE TABLE \"long\" (id BIGINT DEFAULT -2 * nextval('twice') PRIMARY KEY, no INTEGER)");
    LONGS("CREATE TABLE \"long\" (id BIGSERIAL PRIMARY KEY, no INTEGER)",
          "ALTER TABLE \"long\" ALTER id SET DEFAULT (random() * 1e15)::bigint");
    LONGS("CREATE SEQUENCE in_domain", "CREATE DOMAIN counted AS BIGINT DEFAULT nextval('in_domain')",
          "CREATE TABLE \"long\" (id counted PRIMARY KEY, no INTEGER)");
}

static void random_and_hashed_defaults_give_each_object_its_own_key(void **state)
{
    fixture *f = *state;
    LONGS("CREATE TABLE \"long\" (id BIGINT DEFAULT (random() * 1e15)::bigint PRIMARY KEY, no INTEGER)");
    LONGS("CREATE SEQUENCE hashed", "CREATE TABLE \"long\" (id BIGINT DEFAULT hashint8extended(nextval('hashed'), 0) PRIMARY KEY, "
                                    "no INTEGER)");
    LONGS("CREATE SEQUENCE inner_one",
          "CREATE FUNCTION make_key() RETURNS bigint LANGUAGE sql AS "
          "'SELECT 1000000 - nextval(''inner_one'')'",
          "CREATE TABLE \"long\" (id BIGINT DEFAULT make_key() PRIMARY KEY, no INTEGER)");
}

static void triggers_that_replace_the_key_are_seen(void **state)
{
    fixture *f = *state;
    LONGS(PLAIN_TABLE, TRIGGER("NEW.id := -NEW.id;"));
    LONGS(PLAIN_TABLE, TRIGGER("NEW.id := 100000 - NEW.id;"));
    LONGS(PLAIN_TABLE, "CREATE SEQUENCE falling INCREMENT BY -1 MINVALUE 1 MAXVALUE 100000 START 100000",
          TRIGGER("NEW.id := nextval(''falling'');"));
    LONGS(PLAIN_TABLE, TRIGGER("NEW.id := (random() * 1e15)::bigint;"));
    LONGS(PLAIN_TABLE, TRIGGER("NEW.id := nextval(''long_id_seq'');"));
    LONGS("CREATE TABLE \"long\" (id BIGINT PRIMARY KEY, no INTEGER)", "CREATE SEQUENCE given INCREMENT BY -1",
          TRIGGER("NEW.id := nextval(''given'');"));
    LONGS(PLAIN_TABLE, TRIGGER("NEW.no := NEW.no;"));
}

/* The trigger's keys are those of the sequence in another order. */
static void triggers_that_shuffle_the_keys_are_seen(void **state)
{
    fixture *f = *state;
    LONGS(PLAIN_TABLE, TRIGGER("NEW.id := NEW.id # 1;"));
    LONGS(PLAIN_TABLE, TRIGGER("NEW.id := (NEW.id - 1) / 500 * 500 + 500 - (NEW.id - 1) % 500;"));
}

static void triggers_of_partitions_are_seen(void **state)
{
    fixture *f = *state;
#define PARTITIONS \
    "CREATE TABLE \"long\" (id BIGINT NOT NULL DEFAULT nextval('parted'), no INTEGER) PARTITION BY RANGE (no)", \
        "CREATE TABLE low PARTITION OF \"long\" FOR VALUES FROM (0) TO (40)", \
        "CREATE TABLE high PARTITION OF \"long\" FOR VALUES FROM (40) TO (100000)"
    LONGS("CREATE SEQUENCE parted", PARTITIONS);
    LONGS(PARTITIONS,
          "CREATE OR REPLACE FUNCTION change_long() RETURNS trigger LANGUAGE plpgsql AS "
          "'BEGIN NEW.id := -NEW.id; RETURN NEW; END'",
          "CREATE TRIGGER change BEFORE INSERT ON high FOR EACH ROW EXECUTE FUNCTION change_long()");
    LONGS(PARTITIONS, TRIGGER("NEW.id := -NEW.id;"));
}

static void rules_and_views_give_each_object_its_own_key(void **state)
{
    fixture *f = *state;
    LONGS(PLAIN_TABLE, "CREATE TABLE IF NOT EXISTS logged (id BIGINT, no INTEGER)",
          "CREATE RULE also AS ON INSERT TO \"long\" DO ALSO INSERT INTO logged VALUES (1, 2)");
    LONGS("DROP TABLE IF EXISTS base CASCADE",
          "CREATE TABLE base (id BIGINT GENERATED BY DEFAULT AS IDENTITY (INCREMENT BY -1) "
          "PRIMARY KEY, no INTEGER)",
          PLAIN_TABLE,
          "CREATE RULE instead AS ON INSERT TO \"long\" DO INSTEAD INSERT INTO base (no) "
          "VALUES (NEW.no) RETURNING id, no",
          "CREATE RULE back AS ON DELETE TO \"long\" DO INSTEAD DELETE FROM base", "CREATE TABLE IF NOT EXISTS unused (n INTEGER)",
          "ALTER TABLE \"long\" RENAME TO hidden", "CREATE VIEW \"long\" AS SELECT * FROM base");
    test_database_exec(&f->database, "DROP VIEW \"long\" CASCADE");
    LONGS("DROP TABLE IF EXISTS base CASCADE",
          "CREATE TABLE base (id BIGINT GENERATED BY DEFAULT AS IDENTITY (INCREMENT BY -1) "
          "PRIMARY KEY, no INTEGER)",
          "CREATE VIEW \"long\" AS SELECT * FROM base",
          "CREATE OR REPLACE FUNCTION into_base() RETURNS trigger LANGUAGE plpgsql AS "
          "'BEGIN IF TG_OP = ''DELETE'' THEN DELETE FROM base WHERE no = OLD.no; RETURN OLD; END IF; "
          "INSERT INTO base (no) VALUES (NEW.no) RETURNING id INTO NEW.id; RETURN NEW; END'",
          "CREATE TRIGGER instead INSTEAD OF INSERT OR DELETE ON \"long\" FOR EACH ROW EXECUTE FUNCTION into_base()");
    test_database_exec(&f->database, "DROP VIEW \"long\" CASCADE");
}

/* ---- other keys, and columns beside them ---- */

#define INSERT_MODEL(M, table, format, ...) \
    static void insert_##M(fixture *f, const char *const *sql) \
    { \
        static const M *all[MOST]; \
        define(f, sql); \
        weft_engine *engine = fixture_engine(f, (weft_engine_options){0}); \
        weft_session *s = weft_session_open(engine, NULL); \
        for (int k = 0; k < SIZES; k++) { \
            for (int i = 0; i < sizes[k]; i++) \
                all[i] = weft_new(s, M, .no = i); \
            flush_ok(s); \
            for (int i = 0; i < sizes[k]; i++) { \
                const M *o = all[i]; \
                snprintf(expected[i], sizeof expected[i], format, __VA_ARGS__); \
            } \
            commit_ok(s); \
            assert_table(f, "SELECT * FROM " table " ORDER BY no", expected, sizes[k]); \
            test_database_exec(&f->database, "DELETE FROM " table); \
            weft_session_clear(s); \
        } \
        weft_session_close(s); \
        weft_engine_close(engine); \
    }

static const char *uuid_text(weft_uuid uuid)
{
    static char text[WEFT_UUID_TEXT_SIZE];
    return weft_uuid_text(uuid, text);
}

INSERT_MODEL(Middle, "middle", "%d|%d|%s", o->id, o->no, o->note)
INSERT_MODEL(Small, "small", "%d|%d", o->id, o->no)
INSERT_MODEL(Word, "word", "%s|%d|%s", o->id, o->no, o->note)
INSERT_MODEL(Mark, "mark", "%s|%d", uuid_text(o->id), o->no)
INSERT_MODEL(Price, "price", "%s|%d", o->id.text, o->no)
INSERT_MODEL(Pair, "pair", "%d|%s|%d|%s", o->area, o->code, o->no, o->note)

#define TABLE(M, table, ...) insert_##M(f, (const char *const[]){"DROP TABLE IF EXISTS " table, __VA_ARGS__, NULL})

static void keys_of_every_type_find_their_objects(void **state)
{
    fixture *f = *state;
    TABLE(Middle, "middle",
          "CREATE TABLE middle (id INTEGER GENERATED BY DEFAULT AS IDENTITY (INCREMENT BY -1) PRIMARY KEY, "
          "no INTEGER, note TEXT DEFAULT md5(random()::text))");
    TABLE(Middle, "middle", "CREATE TABLE middle (id SERIAL PRIMARY KEY, no INTEGER, note TEXT DEFAULT md5(random()::text))");
    TABLE(Small, "small",
          "CREATE TABLE small (id SMALLINT GENERATED ALWAYS AS IDENTITY (INCREMENT BY -1) PRIMARY KEY, no INTEGER)");
    TABLE(Word, "word",
          "CREATE TABLE word (id TEXT DEFAULT md5(random()::text) PRIMARY KEY, no INTEGER, "
          "note TEXT DEFAULT md5(random()::text))");
    TABLE(Word, "word",
          "CREATE TABLE word (id CHAR(40) DEFAULT md5(random()::text) PRIMARY KEY, no INTEGER, "
          "note VARCHAR(40) DEFAULT md5(random()::text))");
    TABLE(Mark, "mark", "CREATE TABLE mark (id UUID DEFAULT gen_random_uuid() PRIMARY KEY, no INTEGER)");
    TABLE(Price, "price", "CREATE SEQUENCE prices INCREMENT BY -1",
          "CREATE TABLE price (id NUMERIC(12, 2) DEFAULT nextval('prices') / 4.0 PRIMARY KEY, no INTEGER)");
    TABLE(Pair, "pair",
          "CREATE TABLE pair (area INTEGER, code TEXT DEFAULT md5(random()::text), no INTEGER, "
          "note TEXT DEFAULT md5(random()::text), PRIMARY KEY (area, code))");
}

/* Keys that the program gives, and a column that comes back beside them. */
static void given_keys_find_what_comes_back_beside_them(void **state)
{
    fixture *f = *state;
    static const char *const keys[] = {"TEXT", "VARCHAR(8)", "CHAR(9)"};
    static const Word *words[MOST];
    for (size_t t = 0; t < sizeof keys / sizeof keys[0]; t++) {
        char sql[200];
        snprintf(sql, sizeof sql, "CREATE TABLE word (id %s PRIMARY KEY, no INTEGER, note TEXT DEFAULT %s)", keys[t],
                 f->postgres ? "md5(random()::text)" : "(hex(randomblob(8)))");
        test_database_exec(&f->database, "DROP TABLE word");
        test_database_exec(&f->database, sql);
        weft_engine *engine = fixture_engine(f, (weft_engine_options){0});
        weft_session *s = weft_session_open(engine, NULL);
        for (int k = 0; k < SIZES; k++) {
            for (int i = 0; i < sizes[k]; i++)
                words[i] = weft_new(s, Word, .id = weft_format(s, "k%d", (i * 7919) % MOST), .no = i);
            flush_ok(s);
            for (int i = 0; i < sizes[k]; i++)
                snprintf(expected[i], sizeof expected[i], "%d|%s", i, words[i]->note);
            commit_ok(s);
            assert_table(f, "SELECT no, note FROM word ORDER BY no", expected, sizes[k]);
            test_database_exec(&f->database, "DELETE FROM word");
            weft_session_clear(s);
        }
        weft_session_close(s);
        weft_engine_close(engine);
    }
}

/* ---- SQLite ---- */

#define LITE(...) insert_longs(f, (const char *const[]){"DROP TABLE IF EXISTS \"long\"", __VA_ARGS__, NULL})

static void keys_that_are_not_the_rowid_find_their_objects(void **state)
{
    fixture *f = *state;
    LITE("CREATE TABLE \"long\" (id BIGINT DEFAULT (abs(random()) / 2) PRIMARY KEY, no INTEGER)");
    LITE("CREATE TABLE \"long\" (id INT NOT NULL DEFAULT (abs(random()) / 2) PRIMARY KEY, no INTEGER)");
    LITE("CREATE TABLE \"long\" (id INTEGER PRIMARY KEY DESC DEFAULT (abs(random()) / 2), no INTEGER)");
    LITE("CREATE TABLE \"long\" (id INTEGER DEFAULT (abs(random()) / 2) PRIMARY KEY, no INTEGER) WITHOUT ROWID");
    LITE("CREATE TABLE \"long\" (rowid INTEGER, id INTEGER PRIMARY KEY, no INTEGER)");
    LITE("CREATE TABLE \"long\" (_rowid_ INTEGER, id INTEGER PRIMARY KEY, no INTEGER)");
    LITE("CREATE TABLE \"long\" (id INTEGER PRIMARY KEY AUTOINCREMENT, no INTEGER)");
    TABLE(Word, "word",
          "CREATE TABLE word (id TEXT DEFAULT (hex(randomblob(8))) PRIMARY KEY, no INTEGER, "
          "note TEXT DEFAULT (hex(randomblob(8))))");
    TABLE(Middle, "middle", "CREATE TABLE middle (id INTEGER PRIMARY KEY, no INTEGER, note TEXT DEFAULT (hex(randomblob(8))))");
    TABLE(Pair, "pair",
          "CREATE TABLE pair (area INTEGER, code TEXT DEFAULT (hex(randomblob(8))), no INTEGER, "
          "note TEXT DEFAULT (hex(randomblob(8))), PRIMARY KEY (area, code)) WITHOUT ROWID");
}

static void triggers_do_not_come_between_an_object_and_its_key(void **state)
{
    fixture *f = *state;
    LITE("CREATE TABLE \"long\" (id INTEGER PRIMARY KEY, no INTEGER)", "CREATE TABLE other (id INTEGER PRIMARY KEY, n INTEGER)",
         "CREATE TRIGGER after_long AFTER INSERT ON \"long\" BEGIN INSERT INTO other (id, n) VALUES (NULL, NEW.id); END",
         "CREATE TRIGGER before_long BEFORE INSERT ON \"long\" BEGIN INSERT INTO other (id, n) VALUES (NULL, 0); END",
         "INSERT INTO other VALUES (5000, 1)");
}

/* A trigger that takes keys of the same table is not counted past. */
static void keys_that_a_trigger_takes_are_not_counted_past(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    define(f, (const char *const[]){
                  "DROP TABLE \"long\"", "CREATE TABLE \"long\" (id INTEGER PRIMARY KEY, no INTEGER)",
                  "CREATE TRIGGER twin AFTER INSERT ON \"long\" WHEN NEW.no >= 0 BEGIN INSERT INTO \"long\" (no) VALUES (-1); END",
                  NULL});
    for (int i = 0; i < 200; i++)
        (void)weft_new(s, Long, .no = i);
    commit_ok(s);
    assert_rows(f, "SELECT count(*), sum(no) FROM \"long\"", "400|19700");
}

/* A temporary one either, though the connection had no temporary objects when it was first asked. */
static void keys_that_a_temporary_trigger_takes_are_not_counted_past(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const Long *longs[600];
    define(f, (const char *const[]){"DROP TABLE \"long\"", "CREATE TABLE \"long\" (id INTEGER PRIMARY KEY, no INTEGER)", NULL});
    for (int i = 0; i < 600; i++) {
        if (i == 200 || i == 400) {
            flush_ok(s);
            assert_call(s,
                        weft_session_execute_text(s,
                                                  i == 400
                                                      ? "DROP TRIGGER twin"
                                                      : "CREATE TEMP TRIGGER twin AFTER INSERT ON main.\"long\" WHEN NEW.no >= 0 "
                                                        "BEGIN INSERT INTO \"long\" (no) VALUES (-1); END",
                                                  NULL),
                        WEFT_OK);
        }
        longs[i] = weft_new(s, Long, .no = i);
    }
    commit_ok(s);
    for (int i = 0; i < 600; i++)
        snprintf(expected[i], sizeof expected[i], "%d|%lld", i, (long long)longs[i]->id);
    assert_table(f, "SELECT no, id FROM \"long\" WHERE no >= 0 ORDER BY no", expected, 600);
    assert_rows(f, "SELECT count(*) FROM \"long\" WHERE no = -1", "200");
}

/* AUTOINCREMENT never gives a key twice, in batches neither. */
static void keys_of_deleted_rows_stay_used_where_they_are_to(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    define(f,
           (const char *const[]){"DROP TABLE \"long\"", "CREATE TABLE \"long\" (id INTEGER PRIMARY KEY AUTOINCREMENT, no INTEGER)",
                                 "INSERT INTO \"long\" VALUES (1000, 0)", "DELETE FROM \"long\"", NULL});
    const Long *first = NULL;
    for (int i = 0; i < 200; i++) {
        const Long *made = weft_new(s, Long, .no = i);
        first = first != NULL ? first : made;
    }
    commit_ok(s);
    assert_int_equal(first->id, 1001);
}

static void the_greatest_key_of_all_leaves_room_for_others(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    define(f, (const char *const[]){"DROP TABLE \"long\"", "CREATE TABLE \"long\" (id INTEGER PRIMARY KEY, no INTEGER)",
                                    "INSERT INTO \"long\" VALUES (9223372036854775807, -1)", NULL});
    static const Long *longs[100];
    for (int i = 0; i < 100; i++)
        longs[i] = weft_new(s, Long, .no = i);
    commit_ok(s);
    for (int i = 0; i < 100; i++)
        snprintf(expected[i], sizeof expected[i], "%d|%lld", i, (long long)longs[i]->id);
    assert_table(f, "SELECT no, id FROM \"long\" WHERE no >= 0 ORDER BY no", expected, 100);
}

/* The table becomes another one under a statement that is prepared. */
static void a_table_that_is_made_anew_is_noticed(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    test_database_exec(&f->database, "DROP TABLE leaf");
    static const char *const lite[] = {"id INTEGER PRIMARY KEY, no INTEGER)",
                                       "id BIGINT DEFAULT (abs(random()) / 2) PRIMARY KEY, no INTEGER)",
                                       "id INTEGER PRIMARY KEY, no INTEGER)"};
    static const char *const server[] = {"id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, no INTEGER)",
                                         "id BIGINT GENERATED BY DEFAULT AS IDENTITY (INCREMENT BY -1) PRIMARY KEY, no INTEGER)",
                                         "id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, no INTEGER)"};
    for (int round = 0; round < 9; round++) {
        char sql[200];
        snprintf(sql, sizeof sql, "CREATE TABLE \"long\" (%s", (f->postgres ? server : lite)[round % 3]);
        test_database_exec(&f->database, "DROP TABLE \"long\"");
        test_database_exec(&f->database, sql);
        int count = round < 3 ? 5 : round < 6 ? 100 : 600;
        for (int attempt = 0;; attempt++) {
            static const Long *longs[600];
            for (int i = 0; i < count; i++)
                longs[i] = weft_new(s, Long, .no = i);
            if (weft_session_commit(s) != WEFT_OK) { /* noticed, and told so that the transaction is repeated */
                assert_true(attempt == 0 && weft_status_is_retryable(weft_session_status(s)));
                rollback_ok(s);
                weft_session_clear(s);
                continue;
            }
            for (int i = 0; i < count; i++)
                snprintf(expected[i], sizeof expected[i], "%d|%lld", i, (long long)longs[i]->id);
            assert_table(f, "SELECT no, id FROM \"long\" ORDER BY no", expected, count);
            weft_session_clear(s);
            break;
        }
    }
}

/* Where the program makes it anew itself, nothing has to be repeated. */
static void a_table_that_the_program_makes_anew_is_known_at_once(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    static const char *const definitions[] = {
        "(id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, no INTEGER)",
        "(id BIGINT DEFAULT (random() * 1e15)::bigint PRIMARY KEY, no INTEGER)",
        "(id BIGINT GENERATED BY DEFAULT AS IDENTITY (INCREMENT BY -1) PRIMARY KEY, no INTEGER)"};
    static const Long *longs[600];
    assert_call(s, weft_session_execute_text(s, "DROP TABLE leaf", NULL), WEFT_OK);
    for (int round = 0; round < 9; round++) {
        int count = round < 3 ? 5 : round < 6 ? 100 : 600;
        assert_call(s, weft_session_execute_text(s, "DROP TABLE \"long\"", NULL), WEFT_OK);
        assert_call(s, weft_session_execute_text(s, weft_format(s, "CREATE TABLE \"long\" %s", definitions[round % 3]), NULL),
                    WEFT_OK);
        for (int i = 0; i < count; i++)
            longs[i] = weft_new(s, Long, .no = i);
        commit_ok(s);
        for (int i = 0; i < count; i++)
            snprintf(expected[i], sizeof expected[i], "%d|%lld", i, (long long)longs[i]->id);
        assert_table(f, "SELECT no, id FROM \"long\" ORDER BY no", expected, count);
        weft_session_clear(s);
    }
}

static void a_trigger_made_meanwhile_is_noticed(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    define(f, (const char *const[]){"DROP TABLE leaf", "DROP TABLE \"long\"", PLAIN_TABLE, NULL});
    for (int size = 5; size <= 600; size += 595) {
        static const Long *longs[600];
        for (int i = 0; i < size; i++)
            (void)weft_new(s, Long, .no = i);
        commit_ok(s);
        define(f, (const char *const[]){"DELETE FROM \"long\"", TRIGGER("NEW.id := -NEW.id;"), NULL});
        weft_session_clear(s);
        for (int attempt = 0;; attempt++) {
            for (int i = 0; i < size; i++)
                longs[i] = weft_new(s, Long, .no = i);
            if (weft_session_commit(s) == WEFT_OK)
                break;
            assert_true(attempt == 0 && weft_status_is_retryable(weft_session_status(s)));
            rollback_ok(s);
            weft_session_clear(s);
        }
        for (int i = 0; i < size; i++)
            snprintf(expected[i], sizeof expected[i], "%d|%lld", i, (long long)longs[i]->id);
        assert_table(f, "SELECT no, id FROM \"long\" ORDER BY no", expected, size);
        define(f, (const char *const[]){"DROP TABLE \"long\"", PLAIN_TABLE, NULL});
        weft_session_clear(s);
    }
}

/* ---- rows that are kept out ---- */

static void rows_that_a_trigger_keeps_out_are_told_of(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    if (f->postgres)
        define(f, (const char *const[]){"DROP TABLE leaf", "DROP TABLE \"long\"", PLAIN_TABLE,
                                        "CREATE FUNCTION keep_out() RETURNS trigger LANGUAGE plpgsql AS "
                                        "'BEGIN IF NEW.no % 2 = 1 THEN RETURN NULL; END IF; RETURN NEW; END'",
                                        "CREATE TRIGGER keep BEFORE INSERT ON \"long\" FOR EACH ROW EXECUTE FUNCTION keep_out()",
                                        NULL});
    else
        define(f, (const char *const[]){
                      "DROP TABLE \"long\"", "CREATE TABLE \"long\" (id INTEGER PRIMARY KEY, no INTEGER)",
                      "CREATE TRIGGER keep BEFORE INSERT ON \"long\" WHEN NEW.no % 2 = 1 BEGIN SELECT RAISE(IGNORE); END", NULL});
    for (int given = 0; given < 2; given++)
        for (int k = 0; k < SIZES; k++) {
            for (int i = 0; i < sizes[k]; i++)
                (void)weft_new(s, Long, .id = given ? i + 1 : 0, .no = i + 1);
            assert_call(s, weft_session_commit(s), WEFT_ERROR_CONSTRAINT);
            rollback_ok(s);
            weft_session_clear(s);
            assert_rows(f, "SELECT count(*) FROM \"long\"", "0");
        }
}

/* ---- COPY and INSERT store the same ---- */

static void rules_apply_to_every_number_of_rows(void **state)
{
    fixture *f = *state;
    weft_session *s = f->s;
    weft_error error = {0};
    weft_connection *c;
    define(f, (const char *const[]){"CREATE TABLE logged (no INTEGER)",
                                    "CREATE RULE also AS ON INSERT TO \"long\" DO ALSO INSERT INTO logged VALUES (NEW.no)", NULL});
    assert_error(weft_engine_connect(f->engine, &c, NULL, &error), WEFT_OK, &error);
    for (int k = 0; k < SIZES; k++) {
        Long *rows = calloc((size_t)sizes[k], sizeof *rows);
        for (int i = 0; i < sizes[k]; i++) {
            (void)weft_new(s, Long, .id = i + 1, .no = i);
            rows[i] = (Long){.id = 100000 + i, .no = i};
        }
        commit_ok(s);
        assert_error(weft_insert_many(c, Long, rows, (size_t)sizes[k], NULL, &error), WEFT_OK, &error);
        assert_error(weft_connection_commit(c, &error), WEFT_OK, &error);
        assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM \"long\""), 2 * sizes[k]);
        assert_int_equal(test_database_integer(&f->database, "SELECT count(*) FROM logged"), 2 * sizes[k]);
        define(f, (const char *const[]){"DELETE FROM \"long\"", "DELETE FROM logged", NULL});
        weft_session_clear(s);
        free(rows);
    }
    weft_connection_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRES(sequences_that_do_not_ascend_give_each_object_its_own_key),
        ON_POSTGRES(sequences_that_are_not_the_columns_own_serve_all_the_same),
        ON_POSTGRES(random_and_hashed_defaults_give_each_object_its_own_key),
        ON_POSTGRES(triggers_that_replace_the_key_are_seen),
        ON_POSTGRES(triggers_that_shuffle_the_keys_are_seen),
        ON_POSTGRES(triggers_of_partitions_are_seen),
        ON_POSTGRES(rules_and_views_give_each_object_its_own_key),
        ON_POSTGRES(keys_of_every_type_find_their_objects),
        ON_BOTH(given_keys_find_what_comes_back_beside_them),
        ON_SQLITE(keys_that_are_not_the_rowid_find_their_objects),
        ON_SQLITE(triggers_do_not_come_between_an_object_and_its_key),
        ON_SQLITE(keys_that_a_trigger_takes_are_not_counted_past),
        ON_SQLITE(keys_that_a_temporary_trigger_takes_are_not_counted_past),
        ON_SQLITE(keys_of_deleted_rows_stay_used_where_they_are_to),
        ON_SQLITE(the_greatest_key_of_all_leaves_room_for_others),
        ON_BOTH(a_table_that_is_made_anew_is_noticed),
        ON_POSTGRES(a_table_that_the_program_makes_anew_is_known_at_once),
        ON_POSTGRES(a_trigger_made_meanwhile_is_noticed),
        ON_BOTH(rows_that_a_trigger_keeps_out_are_told_of),
        ON_POSTGRES(rules_apply_to_every_number_of_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
