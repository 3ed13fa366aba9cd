/* weft reflect --c: what it writes compiles without a warning, and compared with the database that it came from it is the same. */
#define _GNU_SOURCE
#include "fixtures/oddities.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weft/weft.h>

enum { MOST = 64 };

typedef struct written {
    char folder[100];
    char names[MOST][40]; /* of the files and of the metadata in them */
    char symbols[MOST][40];
    weft_schema *found[MOST];
    size_t count;
    void *library;
} written;

static void begin(written *w)
{
    *w = (written){.folder = "/tmp/weft_reflect_XXXXXX"};
    assert_non_null(mkdtemp(w->folder));
}

static void end(written *w)
{
    char command[200];
    snprintf(command, sizeof command, "rm -rf '%s'", w->folder);
    assert_int_equal(system(command), 0);
    for (size_t i = 0; i < w->count; i++)
        weft_schema_free(w->found[i]);
    if (w->library != NULL)
        assert_int_equal(dlclose(w->library), 0);
}

static int shell(const char *format, ...) WEFT_PRINTF(1, 2);
static int shell(const char *format, ...)
{
    char command[4000];
    va_list arguments;
    va_start(arguments, format);
    assert_in_range(vsnprintf(command, sizeof command, format, arguments), 1, sizeof command - 1);
    va_end(arguments);
    return system(command);
}

/* Models of what the database has now, by the command; options: more of them. */
static void reflect(written *w, const catalogue *c, weft_engine *engine, const char *options)
{
    const size_t i = w->count++;
    assert_in_range(w->count, 1, MOST);
    snprintf(w->names[i], sizeof w->names[i], "m%zu", i);
    snprintf(w->symbols[i], sizeof w->symbols[i], "models_%zu", i);
    assert_int_equal(setenv("WEFT_URL", c->database.url, 1), 0);
    if (shell("cd '%s' && '%s' reflect --c --quiet --output %s --symbol %s --prefix M%zux %s", w->folder, WEFT_PROGRAM, w->names[i],
              w->symbols[i], i, options) != 0)
        fail_msg("%s is not written", w->names[i]);
    w->found[i] = catalogue_reflect(engine);
}

/* All of them in one run of each compiler. */
static void compile(written *w, const char *more)
{
    static const char *const compilers[] = {WEFT_TEST_COMPILERS};
    char path[200];
    snprintf(path, sizeof path, "%s/all.c", w->folder);
    FILE *all = fopen(path, "w");
    assert_non_null(all);
    for (size_t i = 0; i < w->count; i++)
        fprintf(all, "#define weft_command_models models_of_%zu\n#include \"m%zu.c\"\n#undef weft_command_models\n", i, i);
    fputs(more, all);
    assert_int_equal(fclose(all), 0);
    for (size_t i = 0; i < sizeof compilers / sizeof compilers[0]; i++)
        if (shell("cd '%s' && '%s' -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror -O0 -shared -fPIC -I'%s' all.c -o "
                  "all%zu.so "
                  "2>errors || { head -n 20 errors >&2; false; }",
                  w->folder, compilers[i], WEFT_INCLUDE, i) != 0)
            fail_msg("%s does not compile what was written", compilers[i]);
    snprintf(path, sizeof path, "%s/all0.so", w->folder);
    if (w->library != NULL)
        assert_int_equal(dlclose(w->library), 0);
    w->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (w->library == NULL)
        fail_msg("%s", dlerror());
}

static const weft_metadata *models_of(const written *w, size_t i)
{
    const weft_metadata *models = dlsym(w->library, w->symbols[i]);
    assert_non_null(models);
    return models;
}

static void show(const written *w, size_t i, const weft_ops *ops)
{
    for (size_t k = 0; k < weft_ops_count(ops); k++) {
        char text[400];
        weft_ops_describe(ops, k, text, sizeof text);
        print_error("%s: %s\n", w->names[i], text);
    }
    if (getenv("WEFT_TEST_SHOW") != NULL)
        (void)shell("cat '%s/%s.c'", w->folder, w->names[i]);
}

/* engine: of the database, which is asked for what is spelt otherwise; NULL: texts are compared as they stand. */
static void compares_equal(const written *w, const catalogue *c, size_t i, weft_engine *engine)
{
    weft_error error = {0};
    weft_schema *wanted;
    weft_ops *ops = NULL;
    if (weft_schema_of_models(&wanted, models_of(w, i), c->postgres ? "postgresql" : "sqlite", &error) != WEFT_OK)
        fail_msg("%s: %s", w->names[i], error.message);
    const weft_status status = engine != NULL ? weft_schema_compare_on(engine, wanted, w->found[i], NULL, &ops, &error)
                                              : weft_schema_compare(wanted, w->found[i], NULL, &ops, &error);
    if (status != WEFT_OK)
        fail_msg("%s: %s", w->names[i], error.message);
    if (weft_ops_count(ops) > 0) {
        show(w, i, ops);
        fail_msg("models and database differ");
    }
    weft_ops_free(ops);
    weft_schema_free(wanted);
}

static bool stands_in(const written *w, const char *file, const char *words)
{
    return shell("grep -qF -- '%s' '%s/%s'", words, w->folder, file) == 0;
}

static void run(const catalogue *c, const char *const *statements)
{
    for (; *statements != NULL; statements++)
        test_database_exec(&c->database, *statements);
}
#define RUN(...) run(c, (const char *const[]){__VA_ARGS__, NULL})

/* ---- what others made ---- */

static void an_odd_schema_of_postgres(catalogue *c)
{
    RUN("CREATE TYPE mood AS ENUM ('sad', 'it''s', 'glad', 'NC-17')", "CREATE DOMAIN pos AS int CHECK (VALUE > 0)",
        "CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%')", "CREATE SEQUENCE odd START 10 INCREMENT 5",
        "CREATE TABLE base (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, \"na me\" varchar(20) NOT NULL DEFAULT 'x''y' "
        "COLLATE "
        "\"C\", p numeric(10, 2) DEFAULT 1 + 2 CHECK (p > 0 AND p < 3), g numeric GENERATED ALWAYS AS (p * 2) STORED, m mood "
        "DEFAULT "
        "'sad', m2 mood NOT NULL, m3 mood NOT NULL DEFAULT 'glad', m4 mood NOT NULL DEFAULT 'sad', ms mood[], d pos, e email NOT "
        "NULL, "
        "ts timestamptz(3), t0 timestamp NOT NULL DEFAULT now(), tz timestamptz, neg numeric(3, -2), ints int[], vs varchar(5)[], "
        "ns "
        "numeric(4,1)[], c char(3), j jsonb, jj json, s serial, r float4, tv tsvector, mo money, bt bit(3), tt time(3), iv "
        "interval "
        "day to second, nn numeric NOT NULL DEFAULT 5, dd date NOT NULL DEFAULT CURRENT_DATE, act boolean NOT NULL DEFAULT true, "
        "cnt "
        "int NOT NULL DEFAULT 0, by int GENERATED BY DEFAULT AS IDENTITY, UNIQUE NULLS NOT DISTINCT (\"na me\", p))",
        "CREATE TABLE child (id serial PRIMARY KEY, a bigint REFERENCES base ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, b "
        "int, "
        "during tsrange, EXCLUDE USING gist (during WITH &&) DEFERRABLE, CONSTRAINT whole FOREIGN KEY (a) REFERENCES base (id) "
        "MATCH "
        "FULL ON UPDATE CASCADE)",
        "ALTER TABLE child ADD CONSTRAINT late CHECK ((b > 1) OR (b < 0)) NOT VALID",
        "CREATE UNIQUE INDEX i1 ON base (lower(\"na me\") COLLATE \"C\" DESC, p NULLS FIRST, r DESC NULLS LAST) INCLUDE (s) WHERE "
        "p > "
        "3",
        "CREATE INDEX i2 ON base USING gin (j jsonb_path_ops)", "CREATE INDEX i3 ON base (\"na me\" text_pattern_ops)",
        "CREATE INDEX i4 ON base (p DESC, r) INCLUDE (s) WHERE p > 5 AND act",
        "CREATE VIEW seen AS SELECT id, tv, mo FROM base; CREATE MATERIALIZED VIEW stored AS SELECT id FROM base",
        "CREATE UNIQUE INDEX stored_id ON stored (id)", "CREATE INDEX stored_odd ON stored ((id::text || 'x')) WHERE id <> 7",
        "COMMENT ON VIEW seen IS 'what is''nt'; COMMENT ON COLUMN seen.mo IS 'mood'",
        "CREATE VIEW a_group AS SELECT b.act, count(*) AS \"how many\" FROM seen s JOIN base b ON b.id = s.id GROUP BY "
        "b.act",
        "CREATE TABLE whole (k int PRIMARY KEY, t text) PARTITION BY RANGE (k)",
        "CREATE TABLE whole1 PARTITION OF whole FOR VALUES FROM (1) TO (10)", "CREATE INDEX whole_t ON whole (t)",
        "CREATE TABLE kid (extra int) INHERITS (child)",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER watch BEFORE UPDATE ON child FOR EACH ROW EXECUTE FUNCTION f()",
        "COMMENT ON TABLE base IS 'it''s /* a */ \"comment\" ?\?/\nand more \\'", "COMMENT ON COLUMN base.p IS 'price \\'",
        "ALTER TABLE child ENABLE ROW LEVEL SECURITY", "CREATE TABLE \"User\" (id int PRIMARY KEY)",
        "CREATE TABLE \"user\" (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), \"ID\" int, \"class\" text, \"größe in cm\" int, "
        "\"1st\" text, \"a-b\" int, \"a b\" int, \"select\" int)",
        "CREATE TABLE \"class\" (\"class\" int PRIMARY KEY, \"int\" text, \"größe in cm\" int, \"1st\" text, \"a-b\" int, \"a b\" "
        "int, "
        "\"desc\" int, \"\"\"q\"\"\" int, namespace int, \"таблица\" int, \"___\" int, errno int, \"INT32_MAX\" int, UNIQUE "
        "(\"desc\", \"\"\"q\"\"\"), UNIQUE (\"a b\", \"größe in cm\"))",
        "CREATE TABLE comp (a int, b text, c bigint GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (b, a))",
        "CREATE TABLE comp_child (x int NOT NULL, y text NOT NULL, z int, PRIMARY KEY (y, x), FOREIGN KEY (y, x) REFERENCES comp "
        "ON "
        "DELETE CASCADE)",
        "CREATE TABLE parted (id bigint GENERATED BY DEFAULT AS IDENTITY, at date NOT NULL, PRIMARY KEY (id, at))",
        "CREATE TABLE \"odd (1), x\" (id int PRIMARY KEY)",
        "CREATE TABLE odd_child (id int PRIMARY KEY REFERENCES \"odd (1), x\", other bigint REFERENCES \"odd (1), x\" ON UPDATE "
        "CASCADE)",
        "CREATE TABLE follow (follower_id int REFERENCES child ON DELETE CASCADE, followed_id int REFERENCES child, PRIMARY KEY "
        "(follower_id, followed_id))",
        "CREATE TABLE a_table_with_a_name_of_exactly_sixty_three_bytes_which_is_the_end (id int PRIMARY KEY, "
        "a_column_with_a_name_of_exactly_sixty_three_bytes_which_is_an_end int UNIQUE)",
        "CREATE TABLE nothing ()", "CREATE TABLE cycle_a (id int PRIMARY KEY, b int)",
        "CREATE TABLE cycle_b (id int PRIMARY KEY, a int REFERENCES cycle_a)",
        "ALTER TABLE cycle_a ADD FOREIGN KEY (b) REFERENCES cycle_b", "CREATE TABLE uni (code text UNIQUE, id int PRIMARY KEY)",
        "CREATE TABLE of_uni (id int PRIMARY KEY, code text REFERENCES uni (code))",
        "CREATE TABLE spans (id int PRIMARY KEY, small int4range NOT NULL, large int8range DEFAULT '[1,5)', exact numrange, many "
        "daterange[], moments tstzrange NOT NULL DEFAULT tstzrange(now(), NULL), days datemultirange NOT NULL, exacts "
        "nummultirange "
        "DEFAULT '{[1,2)}', lists int4multirange[], local tsrange, three bit(3), flags varbit NOT NULL, up_to varbit(9), words "
        "tsvector NOT NULL, asked tsquery, "
        "all_words tsvector[])");
}

static void an_odd_schema_of_sqlite(catalogue *c)
{
    RUN("CREATE TABLE \"we'ird \"\"N\" (id INTEGER PRIMARY KEY AUTOINCREMENT, [na me] TEXT NOT NULL DEFAULT 'x''y' COLLATE NOCASE, "
        "p "
        "DECIMAL_TEXT(10, 2) DEFAULT (1 + 2) CHECK (CAST(p AS REAL) > 0 AND CAST(p AS REAL) < (3)), g INTEGER AS (p * 2) STORED, h "
        "VARCHAR(20) CONSTRAINT uh UNIQUE ON CONFLICT REPLACE, r INTEGER REFERENCES other ON DELETE SET NULL DEFERRABLE INITIALLY "
        "DEFERRED NOT NULL, x, `t` INTEGER REFERENCE blob, [d e] BIGINT DEFAULT -1.5, CONSTRAINT f FOREIGN KEY (h, [d e]) "
        "REFERENCES "
        "other (a, b) ON UPDATE CASCADE NOT DEFERRABLE CHECK (p <> 5), UNIQUE (h, p))",
        "CREATE TABLE other (a TEXT, b INTEGER, PRIMARY KEY (a, b DESC)) WITHOUT ROWID, STRICT",
        "CREATE UNIQUE INDEX i1 ON other (lower(a), b DESC) WHERE b > 3",
        "CREATE INDEX i2 ON \"we'ird \"\"N\" (\"na me\" COLLATE NOCASE, (r + 1))",
        "CREATE INDEX i3 ON other (a COLLATE NOCASE, b DESC) WHERE b > 5",
        "CREATE VIEW seen AS SELECT a, b, 1 + 1 AS \"strange one\" FROM other",
        "CREATE TRIGGER watch AFTER INSERT ON other BEGIN DELETE FROM other WHERE a = 'z'; END",
        "CREATE TABLE down (id INTEGER PRIMARY KEY DESC, n INT)", "CREATE TABLE keyed (a INTEGER, b TEXT, PRIMARY KEY (a))",
        "CREATE TABLE copied AS SELECT 1 AS one, a FROM other", "CREATE VIRTUAL TABLE found USING fts5(body)",
        "CREATE TABLE films (film_id INTEGER PRIMARY KEY, title NVARCHAR(160) NOT NULL, active BOOLEAN NOT NULL DEFAULT 1, made "
        "DATETIME, "
        "price NUMERIC(10,2) NOT NULL DEFAULT 0, original_id INTEGER REFERENCES films, parent_id INTEGER REFERENCES films(film_id) "
        "ON "
        "DELETE CASCADE, FOREIGN KEY (parent_id) REFERENCES films)",
        "CREATE TABLE textkey (code TEXT PRIMARY KEY, uuid UUID, doc JSON, what STRING, n INT8 NOT NULL DEFAULT '7')",
        "CREATE TABLE row_less (a INT NOT NULL, b VARCHAR(10) NOT NULL, c DOUBLE PRECISION, PRIMARY KEY (b, a)) WITHOUT ROWID",
        "CREATE TABLE of_nothing (id INTEGER PRIMARY KEY, n INTEGER REFERENCES nowhere, m INTEGER CONSTRAINT uh UNIQUE)",
        "CREATE TABLE a_table_with_a_name_that_is_longer_than_any_that_postgresql_takes_for_one (id INTEGER PRIMARY KEY, n "
        "INTEGER)",
        "CREATE TABLE long_column (id INTEGER PRIMARY KEY, a_column_with_a_name_that_is_longer_than_any_that_postgresql_takes "
        "INTEGER)");
}

static void what_others_made_compares_equal(void **state)
{
    catalogue *c = *state;
    written w;
    begin(&w);
    (c->postgres ? an_odd_schema_of_postgres : an_odd_schema_of_sqlite)(c);
    weft_engine *engine = catalogue_engine(c, NULL);
    reflect(&w, c, engine, "2>/dev/null");
    compile(&w, "");
    compares_equal(&w, c, 0, NULL);
    compares_equal(&w, c, 0, engine);
    weft_engine_close(engine);
    end(&w);
}

/* Also what a model need not say: made in an empty database, it is the same again. */
static void what_is_said_is_made_again(void **state)
{
    static const char indexes[] = "SELECT replace(indexdef, current_schema() || '.', '') FROM pg_indexes WHERE schemaname = "
                                  "current_schema() ORDER BY 1";
    static const char constraints[] = "SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = "
                                      "current_schema()::regnamespace AND contype IN ('u', 'f') ORDER BY 1";
    static const char comments[] = "SELECT obj_description('room'::regclass) || ', ' || col_description('room'::regclass, 2)";
    static const char beside[] =
        "SELECT conname, obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE connamespace = "
        "current_schema()::regnamespace AND obj_description(oid, 'pg_constraint') IS NOT NULL UNION ALL SELECT relname, "
        "obj_description(oid, 'pg_class') || ' ' || array_to_string(reloptions, ', ') FROM pg_class WHERE relnamespace = "
        "current_schema()::regnamespace AND reloptions IS NOT NULL AND obj_description(oid, 'pg_class') IS NOT NULL UNION ALL "
        "SELECT relname, array_to_string(reloptions, ', ') FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND "
        "reloptions IS NOT NULL AND obj_description(oid, 'pg_class') IS NULL ORDER BY 1, 2";
    static const char said_beside[] = "by_doc|fastupdate=off\nby_size|sizes fillfactor=80\nhotel|fillfactor=40\n"
                                      "hotel_pkey|the hotel's\nof_hotel|where it stands\none|fillfactor=70\none|one \"room\"\n"
                                      "over_two|what fits";
    static const char said_indexes[] =
        "CREATE INDEX by_doc ON room USING gin (doc jsonb_path_ops) WITH (fastupdate=off)\n"
        "CREATE INDEX by_name ON room USING btree (name COLLATE \"POSIX\" text_pattern_ops DESC NULLS LAST, size NULLS FIRST) "
        "INCLUDE "
        "(hotel_id) WHERE (size > 5)\n"
        "CREATE UNIQUE INDEX by_size ON room USING btree (size, name) NULLS NOT DISTINCT WITH (fillfactor='80') WHERE (size < "
        "3)\n"
        "CREATE UNIQUE INDEX hotel_pkey ON hotel USING btree (id)\nCREATE UNIQUE INDEX late ON room USING btree (size)\n"
        "CREATE UNIQUE INDEX one ON room USING btree (name, size) INCLUDE (hotel_id) NULLS NOT DISTINCT WITH "
        "(fillfactor='70')\nCREATE UNIQUE INDEX room_pkey ON room USING btree (id) INCLUDE (name)";
    static const char said_constraints[] =
        "late UNIQUE (size) DEFERRABLE INITIALLY DEFERRED\nof_hotel FOREIGN KEY (hotel_id) REFERENCES hotel(id) ON DELETE CASCADE "
        "DEFERRABLE\none UNIQUE NULLS NOT DISTINCT (name, size) INCLUDE (hotel_id)";
    static const char said_comments[] = "it's \"a\" room \\, the name?";
    catalogue *c = *state;
    weft_error error = {0};
    written w;
    begin(&w);
    RUN("CREATE TABLE hotel (id bigint CONSTRAINT hotel_pkey PRIMARY KEY) WITH (fillfactor = 40)",
        "CREATE TABLE room (id bigint, CONSTRAINT room_pkey PRIMARY KEY (id) INCLUDE (name), name text NOT NULL, size integer "
        "CONSTRAINT late UNIQUE "
        "DEFERRABLE "
        "INITIALLY DEFERRED, doc jsonb, hotel_id bigint CONSTRAINT of_hotel REFERENCES hotel ON DELETE CASCADE DEFERRABLE, "
        "CONSTRAINT one "
        "UNIQUE NULLS NOT DISTINCT (name, size) INCLUDE (hotel_id) WITH (fillfactor = 70), CONSTRAINT over_two CHECK (size > 2))",
        "COMMENT ON CONSTRAINT one ON room IS 'one \"room\"'; COMMENT ON CONSTRAINT over_two ON room IS 'what fits'; COMMENT ON "
        "CONSTRAINT of_hotel ON room IS 'where it stands'; COMMENT ON CONSTRAINT hotel_pkey ON hotel IS 'the hotel''s'",
        "CREATE INDEX by_name ON room (name COLLATE \"POSIX\" text_pattern_ops DESC NULLS LAST, size NULLS FIRST) INCLUDE "
        "(hotel_id) "
        "WHERE size > 5",
        "CREATE INDEX by_doc ON room USING gin (doc jsonb_path_ops) WITH (fastupdate = off)",
        "CREATE UNIQUE INDEX by_size ON room (size, name) NULLS NOT DISTINCT WITH (fillfactor = 80) WHERE size < 3; COMMENT ON "
        "INDEX "
        "by_size IS 'sizes'",
        "COMMENT ON TABLE room IS 'it''s \"a\" room \\'", "COMMENT ON COLUMN room.name IS 'the name?'");
    weft_engine *engine = catalogue_engine(c, NULL);
    for (int made = 0; made < 2; made++) {
        shows(c, indexes, said_indexes);
        shows(c, constraints, said_constraints);
        shows(c, comments, said_comments);
        shows(c, beside, said_beside);
        if (made == 1)
            break;
        reflect(&w, c, engine, "");
        compile(&w, "");
        compares_equal(&w, c, 0, NULL);
        compares_equal(&w, c, 0, engine);
        weft_engine_close(engine);
        RUN("DROP TABLE room, hotel");
        assert_int_equal(weft_engine_open(&engine, c->database.url,
                                          &(weft_engine_options){.metadata = models_of(&w, 0), .check_schema = WEFT_SCHEMA_NONE},
                                          &error),
                         WEFT_OK);
        if (weft_create_all(engine, &error) != WEFT_OK)
            fail_msg("%s", error.message);
        RUN("ALTER INDEX pk_room RENAME TO room_pkey", "ALTER INDEX pk_hotel RENAME TO hotel_pkey"); /* names of keys are weft's */
    }
    weft_engine_close(engine);
    end(&w);
}

static void keys_that_do_not_return_are_said(void **state)
{
    catalogue *c = *state;
    weft_error error = {0};
    written w;
    begin(&w);
    RUN("CREATE TABLE slot (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL)",
        "CREATE TABLE plain (id INTEGER PRIMARY KEY)",
        "CREATE TABLE firm (code TEXT PRIMARY KEY, n INT, m INTEGER NOT NULL, x REAL, b BLOB) STRICT, WITHOUT ROWID");
    weft_engine *engine = catalogue_engine(c, NULL);
    reflect(&w, c, engine, "");
    compile(&w, "");
    compares_equal(&w, c, 0, engine);
    assert_true(stands_in(&w, "m0.c", ".primary_key = true, .autoincrement = true)"));
    assert_false(stands_in(&w, "m0.c", "beside the table"));
    assert_true(stands_in(&w, "m0.c", ", .strict = true, .without_rowid = true)"));
    weft_engine_close(engine);
    RUN("DROP TABLE slot", "DROP TABLE plain", "DROP TABLE firm");
    assert_int_equal(weft_engine_open(&engine, c->database.url, &(weft_engine_options){.metadata = models_of(&w, 0)}, &error),
                     WEFT_OK);
    assert_int_equal(weft_create_all(engine, &error), WEFT_OK);
    shows(c, "SELECT name, instr(sql, 'AUTOINCREMENT') > 0 FROM sqlite_schema WHERE name IN ('slot', 'plain') ORDER BY 1",
          "plain|0\nslot|1");
    shows(c, "SELECT strict, wr FROM pragma_table_list WHERE name = 'firm'", "1|1");
    weft_engine_close(engine);
    end(&w);
}

static void what_the_database_counts_is_said_and_made_again(void **state)
{
    static const char counting[] =
        "SELECT c.relname, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle, "
        "a.attidentity FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid LEFT JOIN pg_depend d ON d.objid = c.oid AND "
        "d.deptype = 'i' LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid WHERE c.relnamespace = "
        "current_schema()::regnamespace ORDER BY 1";
    static const char expected[] = "chair_id_seq|integer|1|1|1|2147483647|1|f|NULL\n"
                                   "chair_least_seq|smallint|1|1|1|32767|1|f|NULL\n"
                                   "chair_most_seq|bigint|1|1|1|9223372036854775807|1|f|NULL\n"
                                   "codes|smallint|10|5|1|100|1|t|NULL\n"
                                   "few|integer|1|1|1|2147483647|1|f|NULL\n"
                                   "many|bigint|1|1|1|9223372036854775807|1|f|NULL\n"
                                   "room_floor_seq|smallint|1|1|1|32767|1|f|d\n"
                                   "room_id_seq|integer|0|3|0|2147483647|1|f|a\n"
                                   "room_number_seq|bigint|-1|-1|-9223372036854775808|-1|7|f|a\n"
                                   "wide|bigint|1|1|1|9223372036854775807|1|f|NULL";
    catalogue *c = *state;
    weft_error error = {0};
    weft_difference *list = NULL;
    size_t count = 9;
    written w;
    begin(&w);
    RUN("CREATE SEQUENCE codes AS smallint START 10 INCREMENT 5 CYCLE MAXVALUE 100", "CREATE SEQUENCE few AS integer",
        "CREATE SEQUENCE wide", "CREATE SEQUENCE many",
        "CREATE TABLE room (id int GENERATED ALWAYS AS IDENTITY (MINVALUE 0 START WITH 0 INCREMENT BY 3) PRIMARY KEY, number "
        "bigint GENERATED ALWAYS AS IDENTITY (INCREMENT BY -1 CACHE 7), floor smallint GENERATED BY DEFAULT AS IDENTITY, code "
        "bigint NOT NULL DEFAULT nextval('codes'))",
        "CREATE TABLE chair (id serial PRIMARY KEY, least smallserial, most bigserial, a bigint NOT NULL DEFAULT nextval('few'), b "
        "integer NOT NULL DEFAULT nextval('wide'), c bigint NOT NULL DEFAULT nextval('many'))",
        "ALTER SEQUENCE wide OWNED BY chair.b");
    shows(c, counting, expected);
    weft_engine *engine = catalogue_engine(c, NULL);
    reflect(&w, c, engine, "");
    compile(&w, "");
    compares_equal(&w, c, 0, NULL);
    compares_equal(&w, c, 0, engine);
    weft_engine_close(engine);
    assert_true(stands_in(&w, "m0.c", "\"codes\", .sql_type = \"smallint\", .counting ="));
    assert_true(stands_in(&w, "m0.c", "\"few\", .sql_type = \"integer\")"));
    assert_true(stands_in(&w, "m0.c", "\"wide\", .sql_type = \"bigint\")"));
    assert_true(stands_in(&w, "m0.c", "\"many\")"));
    RUN("DROP TABLE room, chair", "DROP SEQUENCE codes, few, many");
    assert_int_equal(weft_engine_open(&engine, c->database.url, &(weft_engine_options){.metadata = models_of(&w, 0)}, &error),
                     WEFT_OK);
    if (weft_create_all(engine, &error) != WEFT_OK)
        fail_msg("%s", error.message);
    shows(c, counting, expected);
    shows(c, "SELECT count(*) FROM pg_attribute WHERE attrelid = 'room'::regclass AND attnum > 0", "4");
    assert_int_equal(weft_engine_check(engine, &list, &count, &error), WEFT_OK);
    assert_int_equal(count, 0);
    RUN("ALTER SEQUENCE few AS bigint");
    assert_int_equal(weft_engine_check(engine, &list, &count, &error), WEFT_OK);
    assert_int_equal(count, 1);
    assert_string_equal(list[0].text, "the sequence few counts as BIGINT from 1 instead of as INTEGER from 1");
    weft_free(list);
    weft_engine_close(engine);
    end(&w);
}

/* ---- what nobody would make ---- */

static void random_schemas_compare_equal(void **state)
{
    catalogue *c = *state;
    const uint32_t rounds = getenv("WEFT_TEST_LONG") != NULL ? MOST : 12;
    odd_schema *r = malloc(sizeof *r);
    written w;
    assert_non_null(r);
    begin(&w);
    weft_engine *engine = catalogue_engine(c, NULL);
    for (uint32_t seed = 1; seed <= rounds; seed++) {
        oddities_make(r, c, seed);
        oddities_apply(c, &r->definition, false, seed);
        reflect(&w, c, engine, "");
        if (seed % 4 == 1) { /* the database is asked while it has what was read */
            compile(&w, "");
            compares_equal(&w, c, w.count - 1, engine);
        }
        oddities_apply(c, &r->definition, true, seed);
    }
    compile(&w, "");
    for (size_t i = 0; i < w.count; i++)
        compares_equal(&w, c, i, NULL);
    weft_engine_close(engine);
    end(&w);
    free(r);
}

/* ---- what is written is used ---- */

static void a_library(catalogue *c)
{
    const char *key = c->postgres ? "id serial PRIMARY KEY" : "id INTEGER PRIMARY KEY";
    char authors[500], books[500];
    snprintf(
        authors, sizeof authors,
        "CREATE TABLE authors (%s, name varchar(40) NOT NULL, rank integer NOT NULL DEFAULT 7, active boolean NOT NULL DEFAULT "
        "true, mentor_id integer REFERENCES authors)",
        key);
    snprintf(
        books, sizeof books,
        "CREATE TABLE books (%s, title text NOT NULL, author_id integer NOT NULL REFERENCES authors, editor_id integer REFERENCES "
        "authors, shout text GENERATED ALWAYS AS (upper(title)) STORED)",
        key);
    RUN(authors,
        "CREATE TABLE passports (author_id integer PRIMARY KEY REFERENCES authors ON DELETE CASCADE, number text NOT NULL UNIQUE)",
        books, "CREATE TABLE tags (code varchar(10) NOT NULL PRIMARY KEY, class text)",
        "CREATE TABLE book_tags (book_id integer NOT NULL REFERENCES books ON DELETE CASCADE, tag_code varchar(10) NOT NULL "
        "REFERENCES "
        "tags, PRIMARY KEY (book_id, tag_code))",
        "CREATE INDEX books_shout ON books (lower(title))",
        "CREATE VIEW long_titles AS SELECT id, title /* from */ FROM books WHERE title <> ' ; from'",
        "CREATE VIEW by_author AS SELECT author_id, count(*) AS n FROM long_titles JOIN books USING (id) GROUP BY author_id",
        "CREATE VIEW titles AS SELECT title, name FROM books JOIN authors ON authors.id = author_id",
        "CREATE TABLE not_ours (id integer PRIMARY KEY)");
}

static void empty_library(catalogue *c)
{
    RUN("DELETE FROM book_tags", "DELETE FROM tags", "DELETE FROM books", "DELETE FROM passports", "DELETE FROM authors");
}

static void programs_on_written_models_get_the_right_rows(void **state)
{
    static const char *const compilers[] = {WEFT_TEST_LINKERS};
    catalogue *c = *state;
    written w;
    begin(&w);
    a_library(c);
    assert_int_equal(setenv("WEFT_URL", c->database.url, 1), 0);
    assert_int_equal(shell("cd '%s' && '%s' reflect --c --quiet --output library --symbol library --exclude 'not_*'", w.folder,
                           WEFT_PROGRAM),
                     0);
    for (size_t i = 0; i < sizeof compilers / sizeof compilers[0]; i++) {
        char said[2000] = "";
        if (i > 0)
            empty_library(c);
        assert_int_equal(shell("cd '%s' && '%s' -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror -I'%s' -I. " WEFT_TEST_FLAGS
                               " '%s/use.c' library.c '%s' -Wl,-rpath,\"$(dirname '%s')\" -o use && ./use \"$WEFT_URL\" >said",
                               w.folder, compilers[i], WEFT_INCLUDE, WEFT_REFLECTED, WEFT_LIBRARY, WEFT_LIBRARY),
                         0);
        char path[200];
        snprintf(path, sizeof path, "%s/said", w.folder);
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        said[fread(said, 1, sizeof said - 1, file)] = '\0';
        fclose(file);
        assert_string_equal(said, "Ann rank 7 active, mentor none, passport P1: Sea/wet Tea of 2 tags edits 0, teaches 1\n"
                                  "Bob rank 0 retired, mentor Ann, passport none: edits 1, teaches 0\n"
                                  "hot (-): Green tea\n"
                                  "wet (of water): Sea\n"
                                  "2 titles, all by Ann\n"
                                  "long: Green tea, Sea; of 1 author\n");
        shows(c, "SELECT name, rank, CASE WHEN active THEN 1 ELSE 0 END FROM authors ORDER BY name", "Ann|7|1\nBob|0|0");
        shows(c, "SELECT title, shout, tag_code FROM books JOIN book_tags ON book_id = id ORDER BY title",
              "Green tea|GREEN TEA|hot\nSea|SEA|wet");
    }
    end(&w);
}

/* ---- the command ---- */

/* The columns of the key of a model that is one of a view, in the order of the model; "": there is none of the name. */
static void key_of_view(const written *w, const char *view, char *key, size_t size)
{
    const weft_metadata *models = dlsym(w->library, w->symbols[0]);
    assert_non_null(models);
    key[0] = '\0';
    for (size_t i = 0; i < models->count; i++) {
        const weft_model *model = models->models[i];
        bool of_view = false;
        for (size_t k = 0; k < model->attr_count; k++)
            of_view = of_view || (model->attrs[k].kind == WEFT_ATTR_OPTIONS && model->attrs[k].options->view != NULL);
        for (size_t k = 0; k < model->attr_count && of_view && strcmp(model->table, view) == 0; k++) {
            const weft_attr *attr = &model->attrs[k];
            const size_t at = strlen(key);
            if (attr->primary_key)
                snprintf(key + at, size - at, "%s%s", at > 0 ? " " : "", attr->column != NULL ? attr->column : attr->field);
        }
    }
}

static void views_are_models_where_their_key_shows(void **state)
{
    static const struct {
        const char *name, *select, *key; /* columns of the key; NULL: rows alone */
    } views[] = {
        {"plain", "SELECT id, name FROM thing WHERE kind > 1 ORDER BY name LIMIT 3", "id"},
        {"renamed", "SELECT t.name, t.id AS number FROM thing AS t", "number"},
        {"everything", "SELECT * FROM thing", "id"},
        {"pairs", "SELECT b, a, note FROM pair", "a b"},
        {"half", "SELECT a, note FROM pair", NULL},
        {"another", "SELECT kind AS id, name FROM thing", NULL},
        {"computed", "SELECT id + 1 AS id, name FROM thing", NULL},
        {"joined", "SELECT thing.id, pair.a FROM thing JOIN pair ON pair.a = thing.kind", NULL},
        {"crossed", "SELECT thing.id, pair.a FROM thing, pair", NULL},
        {"united", "SELECT id FROM thing UNION ALL SELECT kind FROM thing", NULL},
        {"nested", "SELECT id FROM (SELECT id FROM thing UNION ALL SELECT id FROM thing) AS thing", NULL},
        {"grouped",
         "SELECT t.kind, max(t.name) AS most FROM thing t JOIN pair p ON p.a = t.id GROUP BY t.kind HAVING max(t.id) > 0", "kind"},
        {"of_groups", "SELECT count(*) AS n, p.a, t.kind FROM thing t JOIN pair p ON p.a = t.id GROUP BY p.a, t.kind", "a kind"},
        {"hidden", "SELECT max(id) AS id FROM thing GROUP BY kind", NULL},
        {"by_term", "SELECT kind + 1 AS kind, count(*) AS n FROM thing GROUP BY kind + 1", NULL},
        {"of_view", "SELECT id FROM plain", NULL},
    };
    catalogue *c = *state;
    char text[400];
    written w;
    begin(&w);
    weft_engine *engine = catalogue_engine(c, NULL);
    RUN("CREATE TABLE thing (id integer PRIMARY KEY, name varchar(20), kind integer)",
        "CREATE TABLE pair (a integer NOT NULL, b integer NOT NULL, note text, PRIMARY KEY (a, b))");
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        snprintf(text, sizeof text, "CREATE VIEW %s AS %s", views[i].name, views[i].select);
        RUN(text);
    }
    if (c->postgres)
        RUN("CREATE VIEW repeated AS SELECT id, generate_series(1, 2) AS n FROM thing",
            "CREATE MATERIALIZED VIEW kept AS SELECT a.id, b.id AS other FROM thing a, thing b",
            "CREATE UNIQUE INDEX kept_key ON kept (other, id)");
    reflect(&w, c, engine, "");
    compile(&w, "");
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        key_of_view(&w, views[i].name, text, sizeof text);
        if (strcmp(text, views[i].key != NULL ? views[i].key : "") != 0)
            fail_msg("%s: the key is \"%s\"", views[i].name, text);
    }
    key_of_view(&w, "kept", text, sizeof text);
    assert_string_equal(text, c->postgres ? "other id" : "");
    if (c->postgres) {
        assert_true(stands_in(&w, "m0.h", "const char m0x_repeated_select[]"));
        assert_true(stands_in(&w, "m0.c", "WEFT_OPTIONS(M0xKept, .materialized = true, .view = "));
    }
    compares_equal(&w, c, 0, engine);
    weft_engine_close(engine);
    end(&w);
}

static void what_is_written_is_chosen(void **state)
{
    catalogue *c = *state;
    written w;
    begin(&w);
    a_library(c);
    RUN("CREATE TABLE weft_version (id integer PRIMARY KEY)", "CREATE TABLE weft_version_lease (id integer PRIMARY KEY)");
    assert_int_equal(setenv("WEFT_URL", c->database.url, 1), 0);
#define COMMAND(options) shell("cd '%s' && '%s' reflect " options " >out 2>err", w.folder, WEFT_PROGRAM)
#define CODE(n) ((n) << 8)
    assert_int_equal(COMMAND(""), CODE(2));
    assert_int_equal(COMMAND("--c --symbol 1a"), CODE(2));
    assert_int_equal(COMMAND("--c --prefix 'a b'"), CODE(2));
    assert_int_equal(COMMAND("--c --output nowhere/x"), CODE(2));
    assert_int_equal(COMMAND("--c --include 'auth*, tags' --exclude 'tag*' --json"), 0);
    assert_int_equal(shell("printf '[\n  {\"file\": \"models.h\"},\n  {\"file\": \"models.c\"}\n]\n' | cmp - '%s/out'", w.folder),
                     0);
    assert_true(stands_in(&w, "models.h", "struct Author {"));
    assert_false(stands_in(&w, "models.h", "Tag"));
    assert_false(stands_in(&w, "models.h", "Book"));
    assert_int_equal(COMMAND("--c"), CODE(2)); /* what is there stays */
    assert_true(stands_in(&w, "err", "models.h is there already: --force"));
    assert_int_equal(COMMAND("--c --force --prefix Db"), 0);
    assert_true(stands_in(&w, "models.h", "DbAuthor_list authors_mentor;"));
    assert_false(stands_in(&w, "models.h", "Version"));
    assert_true(stands_in(&w, "models.c", "WEFT_HAS_MANY(DbAuthor, books_editor, DbBook, .foreign_key = \"editor_id\""));
    assert_true(stands_in(&w, "models.c", "WEFT_MANY_TO_MANY(DbBook, tags, DbTag, .through = \"book_tags(book_id; tag_code)\""));
    assert_true(
        stands_in(&w, "models.c", "WEFT_COLUMN(DbBook, shout, .nullable = true, .generated = \"upper(title)\", .stored = true)"));
    assert_true(stands_in(&w, "models.c", "the index books_shout: (lower(title))"));
    assert_int_equal(shell("cp '%s/models.c' '%s/before.c'", w.folder, w.folder), 0);
    assert_int_equal(COMMAND("--c --force --prefix Db"), 0); /* the same again */
    assert_int_equal(shell("cmp '%s/models.c' '%s/before.c'", w.folder, w.folder), 0);
    end(&w);
}

/* ---- schemas ---- */

static void models_are_of_the_first_schema(void **state)
{
    catalogue *c = *state;
    written w;
    char sql[300], other[200];
    begin(&w);
    snprintf(other, sizeof other, "%s_other", c->database.place);
    snprintf(sql, sizeof sql, "CREATE SCHEMA \"%s\"", other);
    RUN(sql, "CREATE TYPE mood AS ENUM ('sad', 'glad')",
        "CREATE TABLE rooms (id int PRIMARY KEY, name text NOT NULL, mood mood NOT NULL DEFAULT 'sad', moods "
        "mood[] NOT NULL DEFAULT '{glad}', maybe mood[])");
    snprintf(sql, sizeof sql, "CREATE TABLE \"%s\".rooms (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, floor int)", other);
    RUN(sql);
    snprintf(sql, sizeof sql, "CREATE TABLE \"%s\".beds (id bigint PRIMARY KEY, room_id bigint REFERENCES \"%s\".rooms)", other,
             other);
    RUN(sql);
    assert_int_equal(setenv("WEFT_URL", c->database.url, 1), 0);
    /* Both: the other one's models name it. */
    assert_int_equal(shell("cd '%s' && '%s' reflect --c --quiet --schema '%s,%s' --output both", w.folder, WEFT_PROGRAM,
                           c->database.place, other),
                     0);
    assert_true(stands_in(&w, "both.c", "WEFT_MODEL(Room, \"rooms\""));
    assert_true(stands_in(&w, "both.c", "WEFT_ENUM(Room, mood, mood_values, .native_enum = \"mood\""));
    assert_true(stands_in(&w, "both.h", "weft_array_opt_int32 moods; /* Mood */"));
    assert_true(stands_in(&w, "both.c", "WEFT_ENUM(Room, moods, mood_values, .native_enum = \"mood\", .server_default = "));
    assert_true(stands_in(&w, "both.c", "WEFT_ENUM(Room, maybe, mood_values, .nullable = true, .native_enum = \"mood\""));
    snprintf(sql, sizeof sql, ".schema = \"%s\")", other);
    assert_true(stands_in(&w, "both.c", sql));
    snprintf(sql, sizeof sql, "\"room_id\", \"%s.rooms(id)\"", other);
    assert_true(stands_in(&w, "both.c", sql));
    /* The other one alone: its models mean that schema, as --schema of check does. */
    assert_int_equal(shell("cd '%s' && '%s' reflect --c --quiet --schema '%s' --output other", w.folder, WEFT_PROGRAM, other), 0);
    assert_true(
        stands_in(&w, "other.c", "WEFT_BELONGS_TO(Bed, room, Room, .foreign_key = \"room_id\", .back_populates = \"beds\")"));
    assert_int_equal(
        shell("cd '%s' && '%s' -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror -shared -fPIC -I'%s' both.c -o both.so "
              "&& '%s' -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror -shared -fPIC -I'%s' other.c -o other.so && "
              "'%s' init --quiet && '%s' stamp --schema '%s' head && '%s' check --schema '%s' --models other.so && "
              "'%s' stamp head && '%s' check --models both.so",
              w.folder, WEFT_TEST_COMPILER, WEFT_INCLUDE, WEFT_TEST_COMPILER, WEFT_INCLUDE, WEFT_PROGRAM, WEFT_PROGRAM, other,
              WEFT_PROGRAM, other, WEFT_PROGRAM, WEFT_PROGRAM),
        0);
    snprintf(sql, sizeof sql, "DROP SCHEMA \"%s\" CASCADE", other);
    RUN(sql);
    end(&w);
}

/* ---- names ---- */

static void names_are_those_of_c(void **state)
{
    catalogue *c = *state;
    written w;
    begin(&w);
    RUN("CREATE TABLE people (id INTEGER PRIMARY KEY, \"class\" INTEGER, \"größe\" INTEGER, \"1st\" INTEGER, \"a b\" INTEGER, "
        "\"a-b\" INTEGER, "
        "boss_id INTEGER REFERENCES people)",
        "CREATE TABLE categories (id INTEGER PRIMARY KEY, \"parentId\" INTEGER REFERENCES categories)",
        "CREATE TABLE \"ORDER STATUSES\" (id INTEGER PRIMARY KEY)", "CREATE TABLE address (id INTEGER PRIMARY KEY)",
        "CREATE TABLE addresses (id INTEGER PRIMARY KEY)", "CREATE TABLE news (id INTEGER PRIMARY KEY)",
        "CREATE TABLE \"новости\" (id INTEGER PRIMARY KEY)", "CREATE TABLE \"2fa\" (id INTEGER PRIMARY KEY)",
        "CREATE TABLE buses (id INTEGER PRIMARY KEY, a INTEGER REFERENCES address, b INTEGER REFERENCES address)");
    assert_int_equal(setenv("WEFT_URL", c->database.url, 1), 0);
    assert_int_equal(shell("cd '%s' && '%s' reflect --c --quiet", w.folder, WEFT_PROGRAM), 0);
    static const char *const lines[] = {"WEFT_DECLARE(Person);",    "weft_opt_int64 class_;",
                                        "weft_opt_int64 groesse;",  "weft_opt_int64 _1st;",
                                        "weft_opt_int64 a_b;",      "weft_opt_int64 a_b_2;",
                                        "const Person *boss;",      "Person_list people_boss;",
                                        "WEFT_DECLARE(Category);",  "const Category *parent;",
                                        "Category_list children;",  "WEFT_DECLARE(OrderStatus);",
                                        "WEFT_DECLARE(Address);",   "WEFT_DECLARE(Address_2);",
                                        "WEFT_DECLARE(News);",      "WEFT_DECLARE(U043Du043Eu0432U043Eu0441U0442U0438);",
                                        "WEFT_DECLARE(T2Fa);",      "Bus_list buses_address;",
                                        "Bus_list buses_b_address;"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char line[200];
        snprintf(line, sizeof line, "%s", lines[i]);
        char *wide = strstr(line, "int64");
        if (c->postgres && wide != NULL)
            memcpy(wide, "int32", 5);
        if (!stands_in(&w, "models.h", line)) {
            (void)shell("cat '%s/models.h'", w.folder);
            fail_msg("there is no line \"%s\"", line);
        }
    }
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_POSTGRES(models_are_of_the_first_schema),
                                       ON_BOTH(names_are_those_of_c),
                                       ON_BOTH(programs_on_written_models_get_the_right_rows),
                                       ON_BOTH(views_are_models_where_their_key_shows),
                                       ON_BOTH(what_is_written_is_chosen),
                                       ON_BOTH(what_others_made_compares_equal),
                                       ON_POSTGRES(what_is_said_is_made_again),
                                       ON_SQLITE(keys_that_do_not_return_are_said),
                                       ON_POSTGRES(what_the_database_counts_is_said_and_made_again),
                                       ON_BOTH(random_schemas_compare_equal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
