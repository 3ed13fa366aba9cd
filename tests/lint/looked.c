#include "looked.h"

#include "command.h"

#include <stdlib.h>
#include <string.h>

/* The command's, which is not linked. */
void *need(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

bool look(looked *made, const char *driver, const char *before, const char *text, weft_error *error)
{
    const size_t size = strlen(before) + strlen(text) + 200;
    char *first = need(malloc(size)), *second = need(malloc(size));
    snprintf(first, size, "-- revision: a1\n-- parents: none\n-- up\n%s\n-- down\nSELECT 1;\n", before);
    snprintf(second, size, "-- revision: b1\n-- parents: a1\n-- up\n%s\n-- down\nSELECT 1;\n", text);
    const weft_migration a = {.text = first, .file = "a1.sql"}, b = {.text = second, .file = "b1.sql"};
    WEFT_MIGRATIONS(both, &a, &b);
    memset(made, 0, sizeof *made);
    lint_init(&made->l, strcmp(driver, "sqlite") == 0);
    bool read =
        weft_migrate_open(&made->migrate, NULL, &(weft_migrate_options){.migrations = &both, .driver = driver}, error) == WEFT_OK;
    for (size_t i = 0; i < LINT_RULE_COUNT; i++)
        made->l.on[i] = true;
    for (size_t i = 0; i < 2 && read; i++) {
        weft_steps down;
        read = weft_migrate_steps(made->migrate, i, true, &made->steps, error) == WEFT_OK &&
               weft_migrate_steps(made->migrate, i, false, &down, error) == WEFT_OK;
        if (read)
            lint_revision(&made->l, i == 0 ? "a1" : "b1", i == 0 ? "a1.sql" : "b1.sql", &made->steps, &down, i == 1);
    }
    free(first);
    free(second);
    return read;
}

void look_end(looked *made)
{
    lint_free(&made->l);
    weft_migrate_close(made->migrate);
}

size_t found(const looked *made, lint_id rule)
{
    size_t count = 0;
    for (size_t i = 0; i < made->l.count; i++)
        count += made->l.findings[i].rule == rule && made->l.findings[i].allowed == NULL;
    return count;
}

const char looked_tables[] =
    "CREATE TABLE room (id bigint PRIMARY KEY, name varchar(10), n integer, m integer NOT NULL, price numeric(6, 2), made "
    "timestamptz);\n"
    "CREATE INDEX ix_room_m ON room (m);\n"
    "CREATE TABLE guest (id bigint PRIMARY KEY, room_id bigint, name text);\n"
    "CREATE INDEX ix_guest_room ON guest (room_id);\n"
    "CREATE TABLE visit (id bigint, day integer NOT NULL, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);\n"
    "CREATE TABLE visit_1 PARTITION OF visit FOR VALUES FROM (1) TO (10);\n"
    "CREATE TABLE visit_2 (id bigint NOT NULL, day integer NOT NULL, PRIMARY KEY (id, day));\n"
    "CREATE TYPE mood AS ENUM ('sad', 'ok');\n"
    "CREATE VIEW names AS SELECT name FROM guest;\n"
    "CREATE MATERIALIZED VIEW totals AS SELECT room_id, count(*) AS guests FROM guest GROUP BY room_id;\n"
    "CREATE UNIQUE INDEX ix_totals ON totals (room_id);\n"
    "CREATE FUNCTION twice(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';\n"
    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';\n"
    "CREATE SEQUENCE numbers;\n"
    "CREATE DOMAIN small AS integer;\n"
    "CREATE SCHEMA attic;\n";

const char looked_rows[] = "INSERT INTO room SELECT i, 'room', i, i, i, now() FROM generate_series(1, 500) i;\n"
                           "INSERT INTO guest SELECT i, i, 'guest' FROM generate_series(1, 500) i;\n"
                           "INSERT INTO visit SELECT i, 1 + i % 5 FROM generate_series(1, 500) i;\n"
                           "INSERT INTO visit_2 SELECT i, 11 + i % 5 FROM generate_series(1, 500) i;\n";

#define LONG_NAME "a23456789012345678901234567890123456789012345678901234567890123456789"

const lint_case looked_cases[] = {
    {LINT_INDEX_NOT_CONCURRENT, NULL, "CREATE INDEX i ON room (n);", "-- no transaction\nCREATE INDEX CONCURRENTLY i ON room (n);",
     SCANS},
    {LINT_INDEX_NOT_CONCURRENT, NULL, "CREATE UNIQUE INDEX ON public.room (n);",
     "CREATE TABLE new (id bigint PRIMARY KEY, n integer); CREATE INDEX i ON new (n);", SCANS},
    {LINT_DROP_INDEX_NOT_CONCURRENT, NULL, "DROP INDEX ix_room_m;", "-- no transaction\nDROP INDEX CONCURRENTLY ix_room_m;",
     EXCLUSIVE},
    {LINT_REINDEX_NOT_CONCURRENT, NULL, "REINDEX TABLE room;", "-- no transaction\nREINDEX TABLE CONCURRENTLY room;", SCANS},
    {LINT_CONCURRENT_IN_TRANSACTION, NULL, "ALTER TABLE visit DETACH PARTITION visit_1 CONCURRENTLY;",
     "-- no transaction\nALTER TABLE visit DETACH PARTITION visit_1 CONCURRENTLY;", FAILS},
    {LINT_CONCURRENT_IN_TRANSACTION, NULL, "CLUSTER;", "SELECT 1;", FAILS},
    {LINT_CONCURRENT_WITHOUT_NAME, NULL, "-- no transaction\nCREATE INDEX CONCURRENTLY ON room (n);",
     "-- no transaction\nCREATE INDEX CONCURRENTLY i ON room (n);", NOTHING_SEEN},
    {LINT_ADD_COLUMN_VOLATILE_DEFAULT, NULL, "ALTER TABLE room ADD COLUMN u uuid DEFAULT gen_random_uuid();",
     "ALTER TABLE room ADD COLUMN u uuid; ALTER TABLE room ALTER COLUMN u SET DEFAULT gen_random_uuid();", SCANS},
    {LINT_ADD_COLUMN_VOLATILE_DEFAULT, NULL, "ALTER TABLE room ADD u timestamptz NOT NULL DEFAULT clock_timestamp();",
     "ALTER TABLE room ADD u timestamptz NOT NULL DEFAULT date_trunc('day', now());", SCANS},
    {LINT_ADD_COLUMN_VOLATILE_DEFAULT, NULL, "ALTER TABLE room ADD u float8 DEFAULT round(1 + 2 * random());",
     "ALTER TABLE room ADD u integer DEFAULT abs(-5) + length('x');", SCANS},
    {LINT_ADD_COLUMN_SERIAL, NULL, "ALTER TABLE room ADD COLUMN k bigserial;",
     "ALTER TABLE room ADD COLUMN k bigint; CREATE SEQUENCE k_seq OWNED BY room.k; ALTER TABLE room ALTER COLUMN k SET DEFAULT "
     "nextval('k_seq');",
     SCANS},
    {LINT_ADD_COLUMN_SERIAL, NULL, "ALTER TABLE room ADD COLUMN k bigint GENERATED ALWAYS AS IDENTITY;",
     "ALTER TABLE room ADD COLUMN k bigint;", SCANS},
    {LINT_ADD_COLUMN_GENERATED, NULL, "ALTER TABLE room ADD COLUMN d integer GENERATED ALWAYS AS (n * 2) STORED;",
     "CREATE VIEW doubled AS SELECT id, n * 2 AS d FROM room;", SCANS},
    {LINT_ADD_COLUMN_NOT_NULL, NULL, "ALTER TABLE room ADD COLUMN z integer NOT NULL;",
     "ALTER TABLE room ADD COLUMN z integer NOT NULL DEFAULT 0;", FAILS},
    {LINT_ADD_COLUMN_NOT_NULL, NULL, "ALTER TABLE room ADD COLUMN z integer NOT NULL DEFAULT NULL;",
     "ALTER TABLE room ADD COLUMN z integer;", FAILS},
    {LINT_ADD_COLUMN_CONSTRAINT, NULL, "ALTER TABLE room ADD COLUMN z integer UNIQUE;", "ALTER TABLE room ADD COLUMN z integer;",
     SCANS},
    {LINT_ADD_COLUMN_CONSTRAINT, NULL, "ALTER TABLE room ADD COLUMN z integer CHECK (z > 0);",
     "ALTER TABLE room ADD COLUMN z integer; ALTER TABLE room ADD CONSTRAINT c CHECK (z > 0) NOT VALID;", SCANS},
    {LINT_SET_NOT_NULL, NULL, "ALTER TABLE room ALTER COLUMN n SET NOT NULL;",
     "ALTER TABLE room ADD CONSTRAINT c CHECK (n IS NOT NULL) NOT VALID;", SCANS},
    {LINT_SET_NOT_NULL, "ALTER TABLE room ADD CONSTRAINT c CHECK (m IS NOT NULL);", "ALTER TABLE room ALTER COLUMN n SET NOT NULL;",
     "ALTER TABLE room ALTER COLUMN m SET NOT NULL;", SCANS},
    {LINT_SET_NOT_NULL,
     "ALTER TABLE room ADD CONSTRAINT c CHECK (n IS NOT NULL) NOT VALID; ALTER TABLE room VALIDATE CONSTRAINT c;",
     "ALTER TABLE room ALTER COLUMN price SET NOT NULL;",
     "ALTER TABLE room ALTER COLUMN n SET NOT NULL; ALTER TABLE room DROP CONSTRAINT c;", SCANS},
    {LINT_SET_NOT_NULL, NULL, "ALTER TABLE room ALTER COLUMN n SET NOT NULL, ADD q integer;",
     "ALTER TABLE room ADD CONSTRAINT c CHECK (n IS NOT NULL) NOT VALID;\n-- no transaction\nALTER TABLE room VALIDATE CONSTRAINT "
     "c;\n"
     "ALTER TABLE room ALTER COLUMN n SET NOT NULL;\nALTER TABLE room DROP CONSTRAINT c;",
     SCANS},
    {LINT_DROP_NOT_NULL, NULL, "ALTER TABLE room ALTER COLUMN m DROP NOT NULL;",
     "ALTER TABLE room ALTER COLUMN m SET STATISTICS 10;", NOTHING_SEEN},
    {LINT_ALTER_TYPE, NULL, "ALTER TABLE room ALTER COLUMN n TYPE bigint;", "ALTER TABLE room ADD COLUMN n_new bigint;", SCANS},
    {LINT_ALTER_TYPE, NULL, "ALTER TABLE room ALTER COLUMN name TYPE varchar(5);",
     "ALTER TABLE room ALTER COLUMN name TYPE varchar(20);", SCANS},
    {LINT_ALTER_TYPE, NULL, "ALTER TABLE room ALTER COLUMN price TYPE numeric(8, 3);",
     "ALTER TABLE room ALTER COLUMN price TYPE numeric(8, 2);", SCANS},
    {LINT_ALTER_TYPE, NULL, "ALTER TABLE room ALTER COLUMN name TYPE text USING lower(name);",
     "ALTER TABLE room ALTER COLUMN name TYPE text USING name::text;", SCANS},
    {LINT_ALTER_TYPE_PREPARED, NULL, "ALTER TABLE room ALTER COLUMN name TYPE text;", "ALTER TABLE room ADD COLUMN long_name text;",
     NOTHING_SEEN},
    {LINT_CHECK_NOT_VALID_MISSING, NULL, "ALTER TABLE room ADD CONSTRAINT c CHECK (n > 0);",
     "ALTER TABLE room ADD CONSTRAINT c CHECK (n > 0) NOT VALID;", SCANS},
    {LINT_FK_NOT_VALID_MISSING, NULL, "ALTER TABLE guest ADD CONSTRAINT f FOREIGN KEY (room_id) REFERENCES room;",
     "ALTER TABLE guest ADD CONSTRAINT f FOREIGN KEY (room_id) REFERENCES room NOT VALID;", SCANS},
    {LINT_VALIDATE_SAME_TRANSACTION, "ALTER TABLE room ADD CONSTRAINT old CHECK (n > 0) NOT VALID;",
     "ALTER TABLE room ADD CONSTRAINT c CHECK (n > 0) NOT VALID; ALTER TABLE room VALIDATE CONSTRAINT c;",
     "ALTER TABLE room VALIDATE CONSTRAINT old;", SCANS},
    {LINT_UNIQUE_CONSTRAINT, "CREATE UNIQUE INDEX ix_u ON room (n);", "ALTER TABLE room ADD CONSTRAINT u UNIQUE (m);",
     "ALTER TABLE room ADD CONSTRAINT u UNIQUE USING INDEX ix_u;", SCANS},
    {LINT_UNIQUE_CONSTRAINT,
     "CREATE TABLE keyless (id integer NOT NULL); INSERT INTO keyless VALUES (1); CREATE UNIQUE INDEX ix_k ON keyless (id);",
     "ALTER TABLE keyless ADD PRIMARY KEY (id);", "ALTER TABLE keyless ADD PRIMARY KEY USING INDEX ix_k;", SCANS},
    {LINT_EXCLUSION_CONSTRAINT, NULL, "ALTER TABLE room ADD CONSTRAINT x EXCLUDE USING btree (m WITH =);",
     "CREATE TABLE new (id integer PRIMARY KEY, m integer, EXCLUDE USING btree (m WITH =));", SCANS},
    {LINT_FK_WITHOUT_INDEX, NULL, "ALTER TABLE room ADD CONSTRAINT f FOREIGN KEY (n) REFERENCES guest NOT VALID;",
     "ALTER TABLE guest ADD CONSTRAINT f FOREIGN KEY (room_id) REFERENCES room NOT VALID;", NOTHING_SEEN},
    {LINT_DROP_TABLE, NULL, "DROP TABLE visit_2;", "CREATE TABLE new (id integer PRIMARY KEY); DROP TABLE new;", EXCLUSIVE},
    {LINT_DROP_COLUMN, NULL, "ALTER TABLE room DROP COLUMN price;",
     "ALTER TABLE room ADD COLUMN q integer; ALTER TABLE room DROP COLUMN q;", NOTHING_SEEN},
    {LINT_DROP_SCHEMA, NULL, "DROP SCHEMA attic;", "CREATE SCHEMA cellar;", NOTHING_SEEN},
    {LINT_DROP_DATABASE, NULL, "-- no transaction\nDROP DATABASE nobody;", "SELECT 1;", FAILS},
    {LINT_DROP_VIEW, NULL, "DROP VIEW names;", "DROP VIEW names; CREATE VIEW names AS SELECT name, id FROM guest;", NOTHING_SEEN},
    {LINT_DROP_TYPE, NULL, "DROP TYPE mood;", "CREATE TYPE other AS ENUM ('a');", NOTHING_SEEN},
    {LINT_DROP_ROUTINE, NULL, "DROP FUNCTION twice(integer);",
     "DROP FUNCTION twice(integer); CREATE FUNCTION twice(integer) RETURNS bigint LANGUAGE sql AS 'SELECT $1 * 2::bigint';",
     NOTHING_SEEN},
    {LINT_DROP_SEQUENCE, NULL, "DROP SEQUENCE numbers;", "ALTER SEQUENCE numbers INCREMENT 2;", NOTHING_SEEN},
    {LINT_DROP_CONSTRAINT, "ALTER TABLE room ADD CONSTRAINT c CHECK (n > 0);", "ALTER TABLE room DROP CONSTRAINT c;",
     "ALTER TABLE room DROP CONSTRAINT c; ALTER TABLE room ADD CONSTRAINT c CHECK (n > 1) NOT VALID;", NOTHING_SEEN},
    {LINT_TRUNCATE, NULL, "TRUNCATE visit_2;", "CREATE TEMP TABLE t (i integer); TRUNCATE t;", EXCLUSIVE},
    {LINT_CASCADE, NULL, "DROP TABLE guest CASCADE;", "DROP VIEW names;", NOTHING_SEEN},
    {LINT_CASCADE, NULL, "ALTER TABLE guest DROP COLUMN name CASCADE;", "ALTER TABLE guest DROP COLUMN id;", NOTHING_SEEN},
    {LINT_RENAME_TABLE, NULL, "ALTER TABLE room RENAME TO chamber;",
     "ALTER TABLE room RENAME TO chamber; CREATE VIEW room AS SELECT * FROM chamber;", NOTHING_SEEN},
    {LINT_RENAME_COLUMN, NULL, "ALTER TABLE room RENAME n TO number;",
     "ALTER TABLE room ADD number integer; ALTER TABLE room RENAME number TO nr;", NOTHING_SEEN},
    {LINT_RENAME_SCHEMA, NULL, "ALTER SCHEMA attic RENAME TO loft;", "CREATE SCHEMA loft;", NOTHING_SEEN},
    {LINT_RENAME_ENUM_VALUE, NULL, "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';", "ALTER TYPE mood ADD VALUE 'blue' AFTER 'sad';",
     NOTHING_SEEN},
    {LINT_SET_SCHEMA, NULL, "ALTER TABLE room SET SCHEMA attic;",
     "CREATE TABLE new (id integer PRIMARY KEY); ALTER TABLE new SET SCHEMA attic;", NOTHING_SEEN},
    {LINT_ENUM_VALUE_POSITION, NULL, "ALTER TYPE mood ADD VALUE 'glad';", "ALTER TYPE mood ADD VALUE 'glad' AFTER 'ok';",
     NOTHING_SEEN},
    {LINT_DOMAIN_CONSTRAINT, NULL, "ALTER DOMAIN small ADD CONSTRAINT c CHECK (VALUE < 9);",
     "ALTER DOMAIN small ADD CONSTRAINT c CHECK (VALUE < 9) NOT VALID;", NOTHING_SEEN},
    {LINT_DETACH_PARTITION, NULL, "ALTER TABLE visit DETACH PARTITION visit_1;",
     "-- no transaction\nALTER TABLE visit DETACH PARTITION visit_1 CONCURRENTLY;", EXCLUSIVE},
    {LINT_ATTACH_PARTITION,
     "ALTER TABLE visit_2 ADD CONSTRAINT c CHECK (day >= 10 AND day < 20);\nCREATE TABLE visit_3 (id bigint NOT NULL, day integer "
     "NOT NULL, PRIMARY KEY (id, day));\nINSERT INTO visit_3 VALUES (1, 25);",
     "ALTER TABLE visit ATTACH PARTITION visit_3 FOR VALUES FROM (20) TO (30);",
     "ALTER TABLE visit ATTACH PARTITION visit_2 FOR VALUES FROM (10) TO (20);", SCANS},
    {LINT_VACUUM_FULL, NULL, "-- no transaction\nVACUUM FULL room;", "-- no transaction\nVACUUM (FULL off, ANALYZE) room;",
     NOTHING_SEEN},
    {LINT_CLUSTER, NULL, "CLUSTER room USING ix_room_m;", "ALTER TABLE room CLUSTER ON ix_room_m;", SCANS},
    {LINT_SET_LOGGED, NULL, "ALTER TABLE visit_2 SET UNLOGGED;", "CREATE UNLOGGED TABLE new (id integer PRIMARY KEY);", SCANS},
    {LINT_SET_TABLESPACE, NULL, "ALTER TABLE room SET TABLESPACE elsewhere;", "ALTER TABLE room SET (fillfactor = 80);", FAILS},
    {LINT_REFRESH_VIEW, NULL, "REFRESH MATERIALIZED VIEW totals;", "REFRESH MATERIALIZED VIEW CONCURRENTLY totals;", EXCLUSIVE},
    {LINT_UPDATE_ALL_ROWS, NULL, "UPDATE room SET n = 0;", "UPDATE room SET n = 0 WHERE id < 100;", NOTHING_SEEN},
    {LINT_DELETE_ALL_ROWS, NULL, "DELETE FROM guest;", "DELETE FROM guest WHERE id = 1;", NOTHING_SEEN},
    {LINT_DATA_AND_DDL, NULL, "ALTER TABLE room ADD COLUMN q integer; UPDATE room SET q = 1 WHERE id > 3;",
     "CREATE TABLE new (id integer PRIMARY KEY); INSERT INTO new SELECT id FROM room;", NOTHING_SEEN},
    {LINT_LOCK_TIMEOUT_OFF, NULL, "SET LOCAL lock_timeout = 0;", "SET LOCAL lock_timeout = '1s';", NOTHING_SEEN},
    {LINT_LOCK_TIMEOUT_OFF, NULL, "RESET lock_timeout;", "SET LOCAL statement_timeout = 0;", NOTHING_SEEN},
    {LINT_LOCK_TIMEOUT_CONCURRENT, NULL, "-- no transaction\nSET lock_timeout = 1000;",
     "-- no transaction\nSET statement_timeout = 0;", NOTHING_SEEN},
    {LINT_SET_NOT_LOCAL, NULL, "SET search_path = attic;", "SET LOCAL search_path = attic, public;", NOTHING_SEEN},
    {LINT_MANY_LOCKS, NULL, "ALTER TABLE room ADD q integer; ALTER TABLE guest ADD q integer;",
     "ALTER TABLE room ADD q integer; ALTER TABLE room ADD r integer;", NOTHING_SEEN},
    {LINT_LOCK_TABLE, NULL, "LOCK TABLE room IN ACCESS EXCLUSIVE MODE;", "LOCK TABLE room IN ROW SHARE MODE;", EXCLUSIVE},
    {LINT_TRIGGER, NULL, "CREATE TRIGGER t BEFORE UPDATE ON room FOR EACH ROW EXECUTE FUNCTION touch();",
     "CREATE TABLE new (id integer PRIMARY KEY); CREATE TRIGGER t BEFORE UPDATE ON new FOR EACH ROW EXECUTE FUNCTION touch();",
     NOTHING_SEEN},
    {LINT_ROW_SECURITY, NULL, "ALTER TABLE room ENABLE ROW LEVEL SECURITY;", "CREATE POLICY p ON room USING (true);", NOTHING_SEEN},
    {LINT_NOT_REPEATABLE, NULL, "-- no transaction\nDROP VIEW names;", "-- no transaction\nDROP VIEW IF EXISTS names;",
     NOTHING_SEEN},
    {LINT_DO_BLOCK, NULL, "DO $$ BEGIN EXECUTE 'SELECT ' || 1; END $$;", "DO $$ BEGIN PERFORM 1; EXECUTE 'SELECT 1'; END $$;",
     NOTHING_SEEN},
    {LINT_INDEX_NOT_CONCURRENT, NULL, "DO $$ BEGIN IF true THEN CREATE INDEX i ON room (n); END IF; END $$;",
     "DO $$ BEGIN CREATE TABLE new (id bigint PRIMARY KEY, n integer); CREATE INDEX i ON new (n); END $$;", SCANS},
    {LINT_CHECK_NOT_VALID_MISSING, NULL,
     "DO LANGUAGE plpgsql $x$ DECLARE k integer; BEGIN FOR k IN 1 .. 1 LOOP EXECUTE 'ALTER TABLE room ADD CONSTRAINT c CHECK (m > "
     "-1)'; END LOOP; EXCEPTION WHEN division_by_zero THEN NULL; END $x$;",
     "DO $$ BEGIN EXECUTE $q$ALTER TABLE room ADD CONSTRAINT c CHECK (m > -1) NOT VALID$q$; END $$;", SCANS},
    {LINT_CALL_STEP, NULL, "-- call fill_rooms", "SELECT 1;", NOTHING_SEEN},
    {LINT_IDENTIFIER_TOO_LONG, NULL, "ALTER TABLE room ADD COLUMN " LONG_NAME " integer;",
     "ALTER TABLE room ADD COLUMN \"a\"\"b\" text DEFAULT '" LONG_NAME "';", NOTHING_SEEN},
    {LINT_DUPLICATE_ASSIGNMENT, NULL, "UPDATE room SET n = 1, n = 2 WHERE id = 1;", "UPDATE room SET n = 1, m = 2 WHERE id = 1;",
     FAILS},
    {LINT_DUPLICATE_ASSIGNMENT, NULL, "ALTER TABLE room ALTER n TYPE bigint, ALTER n TYPE numeric;",
     "ALTER TABLE room ALTER n SET DEFAULT 1, ALTER m SET DEFAULT 1;", FAILS},
    {LINT_DUPLICATE_ASSIGNMENT, NULL, "ALTER TABLE room ALTER n TYPE bigint, ALTER n SET DEFAULT 1, ALTER n TYPE numeric;",
     "ALTER TABLE room ALTER n DROP DEFAULT, ALTER n TYPE bigint, ALTER n SET DEFAULT 1;", FAILS},
    {LINT_NO_PRIMARY_KEY, NULL, "CREATE TABLE new (id integer);",
     "CREATE TABLE new (id integer PRIMARY KEY); CREATE TABLE copy (LIKE new INCLUDING ALL);", NOTHING_SEEN},
    {LINT_TYPE_JSON, NULL, "ALTER TABLE room ADD j json;", "ALTER TABLE room ADD j jsonb;", NOTHING_SEEN},
    {LINT_TYPE_TIMESTAMP, NULL, "ALTER TABLE room ADD t timestamp;", "ALTER TABLE room ADD t timestamptz;", NOTHING_SEEN},
    {LINT_TYPE_CHAR, NULL, "ALTER TABLE room ADD t char(3);", "ALTER TABLE room ADD t text;", NOTHING_SEEN},
    {LINT_TYPE_SERIAL, NULL, "CREATE TABLE new (id serial PRIMARY KEY);",
     "CREATE TABLE new (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY);", NOTHING_SEEN},
    {LINT_TYPE_INTEGER_KEY, NULL, "CREATE TABLE new (id integer PRIMARY KEY);", "CREATE TABLE new (id bigint PRIMARY KEY);",
     NOTHING_SEEN},
    {LINT_TYPE_VARCHAR, NULL, "ALTER TABLE room ADD t varchar(3);", "ALTER TABLE room ADD t text;", NOTHING_SEEN},
    {LINT_INDEX_MANY_COLUMNS, NULL, "-- no transaction\nCREATE INDEX CONCURRENTLY i ON room (id, n, m, name);",
     "-- no transaction\nCREATE UNIQUE INDEX CONCURRENTLY i ON room (id, n, m, name);", NOTHING_SEEN},
    {LINT_UNPARSED, NULL, "ALTER TABLE room ADD COLUMN v integer GENERATED ALWAYS AS (n) VIRTUAL;", "SELECT 1;", FAILS},
    {LINT_LINT_COMMENT, NULL, "-- lint: allow\nDROP VIEW names;", "-- lint: allow drop-view nobody reads it\nDROP VIEW names;",
     NOTHING_SEEN},
    {LINT_LINT_COMMENT_UNUSED, NULL, "-- lint: allow drop-table it is empty\nDROP VIEW names;",
     "-- lint: allow drop-view nobody reads it\nDROP VIEW names;", NOTHING_SEEN},
};
const size_t looked_case_count = sizeof looked_cases / sizeof looked_cases[0];
