/* Reading a schema: what is there is told as it is, whoever made it; what was made of a definition reads as that definition; and
 * what was read makes the same again. */
#include "fixtures/catalogue.h"
#include "fixtures/oddities.h"

#include "base/memory.h"
#include "schema/compare.h"
#include "type/type.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

/* ---- a schema in words ---- */

static void add_list(wefti_text *text, const char *before, const char *const *names)
{
    if (names == NULL)
        return;
    wefti_text_add_format(text, " %s(", before);
    for (const char *const *name = names; *name != NULL; name++)
        wefti_text_add_format(text, "%s%s", name == names ? "" : ", ", *name);
    wefti_text_add(text, ")");
}

static void add_word(wefti_text *text, const char *before, const char *word)
{
    if (word != NULL)
        wefti_text_add_format(text, " %s<%s>", before, word);
}

static void add_if(wefti_text *text, bool condition, const char *word) { wefti_text_add(text, condition ? word : ""); }

static void add_counting(wefti_text *text, const weft_counting *c)
{
    wefti_text_add_format(text, " %lld %lld %lld %lld", (long long)c->start, (long long)c->increment, (long long)c->minimum,
                          (long long)c->maximum);
    if (c->cache != 0)
        wefti_text_add_format(text, " cache %lld", (long long)c->cache);
    add_if(text, c->cycle, " cycle");
    add_if(text, c->start_is_zero, " from zero");
    add_if(text, c->minimum_is_zero, " zero and more");
    add_if(text, c->maximum_is_zero, " zero and less");
}

static void describe_column(wefti_text *text, const weft_schema_column *c)
{
    wefti_text_add_format(text, "  %s", c->name);
    if (c->type != WEFT_UNMAPPED)
        wefti_text_add_format(text, " %s", wefti_type_of(c->type)->name);
    if (c->length != 0 || c->precision != 0 || c->scale != 0)
        wefti_text_add_format(text, " (%d|%d|%d)", c->length, c->precision, c->scale);
    add_word(text, "sql", c->sql_type);
    add_word(text, "enum", c->enum_type);
    add_if(text, c->array, " []");
    add_if(text, c->nullable, " null");
    add_word(text, "default", c->server_default);
    add_word(text, "generated", c->generated);
    add_if(text, c->stored, " stored");
    add_if(text, c->identity, c->identity_always ? " always" : " identity");
    if (wefti_def_says_counting(&c->counting))
        add_counting(text, &c->counting);
    add_word(text, "collate", c->collation);
    add_word(text, "comment", c->comment);
    wefti_text_add(text, "\n");
}

static void describe_constraint(wefti_text *text, const weft_schema_constraint *c)
{
    static const char *const kinds[] = {"?", "key", "unique", "reference", "check", "exclude"};
    wefti_text_add_format(text, "  %s", kinds[c->kind]);
    add_word(text, "", c->name);
    add_list(text, "", c->columns);
    add_word(text, "schema", c->target_schema);
    add_word(text, "to", c->target_table);
    add_list(text, "", c->target_columns);
    add_word(text, "delete", c->on_delete);
    add_word(text, "update", c->on_update);
    add_word(text, "", c->expression);
    add_if(text, c->deferrable, c->initially_deferred ? " deferred" : " deferrable");
    add_if(text, c->match_full, " full");
    add_if(text, c->not_valid, " not valid");
    add_if(text, c->nulls_not_distinct, " nulls not distinct");
    add_list(text, "include", c->include);
    add_word(text, "with", c->storage);
    add_word(text, "in", c->tablespace);
    add_word(text, "comment", c->comment);
    wefti_text_add(text, "\n");
}

static void describe_index(wefti_text *text, const weft_schema_index *i)
{
    wefti_text_add_format(text, "  index %s", i->name);
    add_if(text, i->unique, " unique");
    for (size_t p = 0; p < i->part_count; p++) {
        const weft_schema_part *part = &i->parts[p];
        add_word(text, "by", part->column);
        add_word(text, "by expression", part->expression);
        add_word(text, "collate", part->collation);
        add_word(text, "class", part->operator_class);
        add_if(text, part->descending, " desc");
        add_if(text, part->nulls != WEFT_NULLS_DEFAULT, part->nulls == WEFT_NULLS_FIRST ? " nulls first" : " nulls last");
    }
    add_list(text, "include", i->include);
    add_word(text, "method", i->method);
    add_word(text, "where", i->where);
    add_if(text, i->nulls_not_distinct, " nulls not distinct");
    add_if(text, i->invalid, " invalid");
    add_word(text, "with", i->storage);
    add_word(text, "in", i->tablespace);
    add_word(text, "comment", i->comment);
    wefti_text_add(text, "\n");
}

static void describe_table(wefti_text *text, const weft_schema_table *t)
{
    static const char *const kinds[] = {"table", "view", "materialized view", "foreign table", "partition"};
    wefti_text_add_format(text, "%s", kinds[t->kind]);
    add_word(text, "schema", t->schema);
    add_word(text, "", t->name);
    add_word(text, "comment", t->comment);
    add_word(text, "as", t->definition);
    add_if(text, t->strict, " strict");
    add_if(text, t->without_rowid, " without rowid");
    add_if(text, t->unlogged, " unlogged");
    add_word(text, "with", t->storage);
    add_word(text, "in", t->tablespace);
    wefti_text_add(text, "\n");
    for (size_t i = 0; i < t->column_count; i++)
        describe_column(text, &t->columns[i]);
    for (size_t i = 0; i < t->constraint_count; i++)
        describe_constraint(text, &t->constraints[i]);
    for (size_t i = 0; i < t->index_count; i++)
        describe_index(text, &t->indexes[i]);
    for (const char *const *kept = t->kept; kept != NULL && *kept != NULL; kept++)
        wefti_text_add_format(text, "  beside <%s>\n", *kept);
}

/* Texts name the place of the test's tables, which is another each time: "here". */
static char *without_place(const test_database *database, wefti_text *text)
{
    const size_t size = strlen(database->place);
    char *made = malloc(text->size + 1), *to = made;
    assert_non_null(made);
    for (const char *at = text->size > 0 ? text->data : ""; *at != '\0';) {
        if (database->backend == TEST_POSTGRES && strncmp(at, database->place, size) == 0) {
            memcpy(to, "here", 4); /* shorter than the place */
            to += 4;
            at += size;
        } else {
            *to++ = *at++;
        }
    }
    *to = '\0';
    wefti_text_deinit(text);
    return made;
}

/* The first line that differs says more than both texts. */
static void same_words_at(const char *found, const char *wanted, int line)
{
    while (*found != '\0' && *wanted != '\0') {
        const size_t a = strcspn(found, "\n"), b = strcspn(wanted, "\n");
        if (a != b || strncmp(found, wanted, a) != 0)
            break;
        found += a + (found[a] == '\n');
        wanted += b + (wanted[b] == '\n');
    }
    if (*found != *wanted || strcmp(found, wanted) != 0)
        print_error("found:  %.*s\nwanted: %.*s\n", (int)strcspn(found, "\n"), found, (int)strcspn(wanted, "\n"), wanted);
    _assert_true(strcmp(found, wanted) == 0, "the same", __FILE__, line);
}
#define same_words(found, wanted) same_words_at((found), (wanted), __LINE__)

static wefti_definition definition_of(const weft_schema *schema)
{
    wefti_definition d;
    d.tables = weft_schema_tables(schema, &d.table_count);
    d.enums = weft_schema_enums(schema, &d.enum_count);
    d.sequences = weft_schema_sequences(schema, &d.sequence_count);
    return d;
}

static char *describe_definition(const test_database *database, const wefti_definition *d)
{
    wefti_text text;
    wefti_text_init(&text, 16u << 20);
    for (size_t i = 0; i < d->table_count; i++)
        describe_table(&text, &d->tables[i]);
    for (size_t i = 0; i < d->enum_count; i++) {
        wefti_text_add_format(&text, "enum %s", d->enums[i].name);
        add_list(&text, "", d->enums[i].values);
        wefti_text_add(&text, "\n");
    }
    for (size_t i = 0; i < d->sequence_count; i++) {
        const weft_schema_sequence *sequence = &d->sequences[i];
        wefti_text_add_format(&text, "sequence %s", sequence->name);
        add_counting(&text, &sequence->counting);
        wefti_text_add(&text, sequence->type == WEFT_INT32   ? " of 32 bits\n"
                              : sequence->type == WEFT_INT16 ? " of 16 bits\n"
                                                             : "\n");
    }
    return without_place(database, &text);
}

static char *describe(const test_database *database, const weft_schema *schema)
{
    const wefti_definition definition = definition_of(schema);
    return describe_definition(database, &definition);
}

static weft_schema *reflect(weft_engine *engine, const weft_reflect_options *options)
{
    weft_error error = {0};
    weft_schema *schema = NULL;
    if (weft_reflect(&schema, engine, options, &error) != WEFT_OK)
        fail_msg("%s: %s", weft_status_name(error.status), error.message);
    return schema;
}

static void reads(const catalogue *p, const char *expected)
{
    weft_engine *engine = catalogue_engine(p, NULL);
    weft_schema *schema = reflect(engine, NULL);
    char *words = describe(&p->database, schema);
    same_words(words, expected);
    free(words);
    weft_schema_free(schema);
    weft_engine_close(engine);
}

static void run(const catalogue *p, const char *const *statements)
{
    for (; *statements != NULL; statements++)
        test_database_exec(&p->database, *statements);
}
#define RUN(...) run(p, (const char *const[]){__VA_ARGS__, NULL})

/* ---- by others ---- */

static void tables_that_others_made_are_read_on_postgres(void **state)
{
    catalogue *p = *state;
    RUN("CREATE TYPE mood AS ENUM ('sad', 'it''s', 'glad')", "CREATE DOMAIN pos AS int CHECK (VALUE > 0)",
        "CREATE DOMAIN small_pos AS pos CHECK (VALUE < 9); CREATE DOMAIN label AS varchar(10); CREATE DOMAIN span AS tsrange",
        "CREATE SEQUENCE odd START 10 INCREMENT 5 MINVALUE 5 MAXVALUE 20 CYCLE", "CREATE SEQUENCE down INCREMENT -1",
        "CREATE TABLE base (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, \"na me\" varchar(20) NOT NULL DEFAULT 'x''y' "
        "COLLATE \"C\", p numeric(10, 2) DEFAULT 1 + 2 CHECK (p > 0 AND p < 3), g numeric GENERATED ALWAYS AS (p * 2) STORED, "
        "m mood DEFAULT 'sad', ms mood[], d pos, few small_pos, word label, spans span, ts timestamptz(3), tz timestamptz, neg "
        "numeric(3, -2), ints int[], "
        "vs varchar(5)[], c char(3), j jsonb, jj json, s serial, r float4, UNIQUE NULLS NOT DISTINCT (\"na me\", p))",
        "CREATE TABLE child (a bigint REFERENCES base ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, b int, during tsrange, "
        "EXCLUDE USING gist (during WITH &&) DEFERRABLE, CONSTRAINT whole FOREIGN KEY (a) REFERENCES base (id) MATCH FULL ON "
        "UPDATE CASCADE)",
        "ALTER TABLE child ADD CONSTRAINT late CHECK ((b > 1) OR (b < 0)) NOT VALID",
        "CREATE UNIQUE INDEX i1 ON base (lower(\"na me\") COLLATE \"C\" DESC, p NULLS FIRST, r DESC NULLS LAST) INCLUDE (s) WHERE "
        "p > 3",
        "CREATE INDEX i2 ON base USING gin (j jsonb_path_ops)", "CREATE INDEX i3 ON base (\"na me\" text_pattern_ops)",
        "CREATE VIEW seen AS SELECT id FROM base", "CREATE MATERIALIZED VIEW stored AS SELECT id FROM base",
        "CREATE UNIQUE INDEX stored_id ON stored (id)", "CREATE TABLE whole (k int, t text) PARTITION BY RANGE (k)",
        "CREATE TABLE whole1 PARTITION OF whole FOR VALUES FROM (1) TO (10)", "CREATE INDEX whole_t ON whole (t)",
        "CREATE TABLE kid (extra int) INHERITS (child)",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER watch BEFORE UPDATE ON child FOR EACH ROW EXECUTE FUNCTION f()", "COMMENT ON TABLE base IS 'it''s'",
        "COMMENT ON COLUMN base.p IS 'price'", "ALTER TABLE child ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY mine ON child AS RESTRICTIVE FOR SELECT TO CURRENT_USER USING (b > 1)",
        "CREATE RULE gone AS ON DELETE TO child DO INSTEAD NOTHING");
    reads(p, "table <base> comment<it's>\n"
             "  id int64 always\n"
             "  na me text (20|0|0) default<'x''y'::character varying> collate<C>\n"
             "  p decimal (0|10|2) null default<(1 + 2)> comment<price>\n"
             "  g decimal null generated<p * (2)::numeric> stored\n"
             "  m enum<mood> null default<'sad'::here.mood>\n"
             "  ms enum<mood> [] null\n"
             "  d int32 sql<here.pos> null\n  few int32 sql<here.small_pos> null\n  word text sql<here.label> null\n"
             "  spans sql<here.span> null\n"
             "  ts sql<timestamp(3) with time zone> null\n"
             "  tz timestamp null\n"
             "  neg decimal (0|3|-2) null\n"
             "  ints int32 [] null\n"
             "  vs text (5|0|0) [] null\n"
             "  c sql<character(3)> null\n"
             "  j json null\n"
             "  jj sql<json> null\n"
             "  s int32 default<nextval('here.base_s_seq'::regclass)>\n"
             "  r float null\n"
             "  key <base_pkey> (id)\n"
             "  unique <base_na me_p_key> (na me, p) nulls not distinct\n"
             "  check <base_p_check> <(p > (0)::numeric) AND (p < (3)::numeric)>\n"
             "  index i1 unique by expression<lower((\"na me\")::text)> collate<C> desc by<p> nulls first by<r> desc nulls last "
             "include(s) where<p > (3)::numeric>\n"
             "  index i2 by<j> class<jsonb_path_ops> method<gin>\n"
             "  index i3 by<na me> class<text_pattern_ops>\n"
             "table <child>\n"
             "  a int64 null\n  b int32 null\n  during sql<tsrange> null\n"
             "  reference <child_a_fkey> (a) to<base> (id) delete<SET NULL> deferred\n"
             "  reference <whole> (a) to<base> (id) update<CASCADE> full\n"
             "  check <late> <(b > 1) OR (b < 0)> not valid\n"
             "  exclude <child_during_excl> <USING gist (during WITH &&)> deferrable\n"
             "  beside <ENABLE ROW LEVEL SECURITY>\n"
             "  beside <CREATE TRIGGER watch BEFORE UPDATE ON here.child FOR EACH ROW EXECUTE FUNCTION here.f()>\n"
             "  beside <CREATE RULE gone AS\n    ON DELETE TO here.child DO INSTEAD NOTHING;>\n"
             "  beside <POLICY mine AS RESTRICTIVE FOR SELECT TO weft USING ((b > 1))>\n"
             "table <kid>\n"
             "  a int64 null\n  b int32 null\n  during sql<tsrange> null\n  extra int32 null\n"
             "  beside <INHERITS here.child>\n"
             "view <seen> as<SELECT base.id\n   FROM here.base>\n  id int64 null\n"
             "materialized view <stored> as<SELECT base.id\n   FROM here.base>\n  id int64 null\n"
             "  index stored_id unique by<id>\n"
             "table <whole>\n  k int32 null\n  t text null\n  index whole_t by<t>\n  beside <PARTITION BY RANGE (k)>\n"
             "partition <whole1>\n  k int32 null\n  t text null\n"
             "  beside <PARTITION OF here.whole FOR VALUES FROM (1) TO (10)>\n"
             "enum mood (sad, it's, glad)\n"
             "sequence base_s_seq 0 0 0 0 of 32 bits\n"
             "sequence down 0 -1 0 0\n"
             "sequence odd 10 5 5 20 cycle\n");
}

static void tables_that_others_made_are_read_on_sqlite(void **state)
{
    catalogue *p = *state;
    RUN("CREATE TABLE \"we'ird \"\"N\" (id INTEGER PRIMARY KEY AUTOINCREMENT, [na me] TEXT NOT NULL DEFAULT 'x''y' COLLATE NOCASE "
        "/* c, ) */, p DECIMAL_TEXT(10, 2) DEFAULT (1 + 2) CHECK (p > 0 AND p < (3)), g INTEGER AS (p * 2) STORED, "
        "h VARCHAR(20) CONSTRAINT uh UNIQUE ON CONFLICT REPLACE, -- )\n r INTEGER REFERENCES other ON DELETE SET NULL DEFERRABLE "
        "INITIALLY DEFERRED NOT NULL, x, `t` INTEGER REFERENCE blob, [d e] BIGINT DEFAULT -1.5, "
        "CONSTRAINT f FOREIGN KEY (h, p) REFERENCES other (a, b) ON UPDATE CASCADE NOT DEFERRABLE CHECK (p <> 5), UNIQUE (h, p))",
        "CREATE TABLE other (a TEXT, b INTEGER, PRIMARY KEY (a, b DESC)) WITHOUT ROWID, STRICT",
        "CREATE UNIQUE INDEX i1 ON other (lower(a), b DESC) WHERE b > 3 -- and more",
        "CREATE INDEX i2 ON \"we'ird \"\"N\" (\"na me\" COLLATE NOCASE, (p + 1))", "CREATE VIEW seen AS SELECT a FROM other",
        "CREATE TRIGGER watch AFTER INSERT ON other BEGIN DELETE FROM other WHERE a = 'z'; END",
        "CREATE TABLE down (id INTEGER PRIMARY KEY DESC, n INT)", "CREATE TABLE keyed (a INTEGER, b TEXT, PRIMARY KEY (a))",
        "CREATE TABLE copied AS SELECT 1 AS one, a FROM other", "CREATE VIRTUAL TABLE found USING fts5(body)");
    reads(p, "table <copied>\n  one sql<> null\n  a text null\n"
             "table <down>\n  id int64 null\n  n sql<INT> null\n  key (id)\n  beside <PRIMARY KEY DESC>\n"
             "foreign table <found>\n  body sql<> null\n  beside <CREATE VIRTUAL TABLE found USING fts5(body)>\n"
             "table <keyed>\n  a int64 identity\n  b text null\n  key (a)\n"
             "table <other> strict without rowid\n"
             "  a text\n  b int64\n"
             "  key (a, b)\n"
             "  index i1 unique by expression<lower(a)> by<b> desc where<b > 3>\n"
             "  beside <PRIMARY KEY (a, b DESC)>\n"
             "  beside <CREATE TRIGGER watch AFTER INSERT ON other BEGIN DELETE FROM other WHERE a = 'z'; END>\n"
             "view <seen> as<SELECT a FROM other>\n  a text null\n"
             "table <we'ird \"N>\n"
             "  id int64 identity\n"
             "  na me text default<'x''y'> collate<NOCASE>\n"
             "  p decimal (0|10|2) null default<1 + 2>\n"
             "  g int64 null generated<p * 2> stored\n"
             "  h text (20|0|0) null\n"
             "  r int64\n"
             "  x sql<> null\n"
             "  t sql<INTEGER REFERENCE blob> null\n"
             "  d e sql<BIGINT> null default<-1.5>\n"
             "  key (id)\n"
             "  unique <uh> (h)\n"
             "  unique (h, p)\n"
             "  reference <f> (h, p) to<other> (a, b) update<CASCADE>\n"
             "  reference (r) to<other> delete<SET NULL> deferred\n"
             "  check <p > 0 AND p < (3)>\n"
             "  check <p <> 5>\n"
             "  index i2 by<na me> collate<NOCASE> by expression<p + 1>\n"
             "  beside <PRIMARY KEY AUTOINCREMENT>\n"
             "  beside <CONSTRAINT uh UNIQUE ON CONFLICT REPLACE>\n");
}

/* ALTER TABLE edits the text that SQLite keeps. */
static void a_table_that_was_altered_is_read_as_it_is_now(void **state)
{
    catalogue *p = *state;
    RUN("CREATE TABLE room (id BIGINT PRIMARY KEY, name TEXT -- the sign\n)",
        "ALTER TABLE room ADD COLUMN size INTEGER DEFAULT 3 CHECK (size > 0)", "ALTER TABLE room RENAME COLUMN name TO label",
        "CREATE INDEX ix ON room (size)", "ALTER TABLE room RENAME TO hall");
    reads(p, p->postgres ? "table <hall>\n  id int64\n  label text null\n  size int32 null default<3>\n  key <room_pkey> (id)\n"
                           "  check <room_size_check> <size > 0>\n  index ix by<size>\n"
                         : "table <hall>\n  id sql<BIGINT> null\n  label text null\n  size int64 null default<3>\n  key (id)\n"
                           "  check <size > 0>\n  index ix by<size>\n");
}

/* ---- which ---- */

static void schemas_are_named(void **state)
{
    catalogue *p = *state;
    weft_error error = {0};
    weft_engine *engine = catalogue_engine(p, NULL);
    const char **names = NULL;
    char sql[300], other[200];
    (void)snprintf(other, sizeof other, "%.100s and 'more\"", p->database.place);
    (void)snprintf(sql, sizeof sql, "CREATE SCHEMA \"%.100s and 'more\"\"\"", p->database.place);
    if (p->postgres)
        test_database_exec(&p->database, sql);
    assert_int_equal(weft_schema_names(engine, &names, &error), WEFT_OK);
    if (!p->postgres) {
        assert_string_equal(names[0], "main");
        assert_null(names[1]);
    }
    int found = 0;
    for (const char *const *name = names; *name != NULL && p->postgres; name++) {
        found += strcmp(*name, p->database.place) == 0 || strcmp(*name, other) == 0 || strcmp(*name, "public") == 0;
        assert_int_not_equal(strncmp(*name, "pg_", 3), 0);
        assert_int_not_equal(strcmp(*name, "information_schema"), 0);
        assert_true(name == names || strcmp(name[-1], *name) < 0);
    }
    assert_int_equal(found, p->postgres ? 3 : 0);
    if (p->postgres) {
        weft_schema *schema = reflect(engine, &(weft_reflect_options){.schemas = (const char *const[]){other, NULL}});
        size_t count = 1;
        (void)weft_schema_tables(schema, &count);
        assert_int_equal(count, 0);
        weft_schema_free(schema);
        (void)snprintf(sql, sizeof sql, "DROP SCHEMA \"%.100s and 'more\"\"\"", p->database.place);
        test_database_exec(&p->database, sql);
    }
    weft_free(names);
    assert_int_equal(weft_schema_names(NULL, &names, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_schema_names(engine, NULL, &error), WEFT_ERROR_MISUSE);
    weft_engine_close(engine);
}

static bool not_b(void *user, const char *schema, const char *table)
{
    assert_non_null(schema);
    (*(int *)user)++;
    return strcmp(table, "b") != 0;
}

static void what_is_not_wanted_is_left_out_with_what_belongs_to_it(void **state)
{
    catalogue *p = *state;
    int asked = 0;
    RUN("CREATE TABLE a (n INTEGER)", "CREATE TABLE b (n INTEGER UNIQUE, CHECK (n > 1))", "CREATE INDEX ix ON b (n)",
        "CREATE VIEW c AS SELECT n FROM a");
    weft_engine *engine = catalogue_engine(p, NULL);
    weft_schema *schema = reflect(engine, &(weft_reflect_options){.include = not_b, .user = &asked});
    size_t count;
    (void)weft_schema_tables(schema, &count);
    assert_int_equal(count, 2);
    assert_int_equal(asked, 3);
    assert_null(weft_schema_find_table(schema, NULL, "b"));
    assert_non_null(weft_schema_find_column(weft_schema_find_table(schema, NULL, "a"), "n"));
    assert_null(weft_schema_find_column(weft_schema_find_table(schema, NULL, "a"), "m"));
    assert_null(weft_schema_find_column(weft_schema_find_table(schema, NULL, "b"), "n"));
    weft_schema_free(schema);
    schema = reflect(engine, &(weft_reflect_options){.no_views = true});
    (void)weft_schema_tables(schema, &count);
    assert_int_equal(count, 2);
    assert_null(weft_schema_find_table(schema, NULL, "c"));
    weft_schema_free(schema);
    weft_schema_free(NULL);
    weft_engine_close(engine);
}

static void schemas_are_read_by_name(void **state)
{
    catalogue *p = *state;
    weft_error error = {0};
    weft_schema *schema = NULL;
    weft_engine *engine = catalogue_engine(p, NULL);
    RUN("CREATE TABLE a (n INTEGER)");
    const weft_reflect_options wrong = {.schemas = NAMES("nowhere")};
    assert_int_equal(weft_reflect(&schema, engine, &wrong, &error), WEFT_ERROR_NOT_FOUND);
    assert_non_null(strstr(error.message, "\"nowhere\""));
    assert_null(schema);
    if (p->postgres) {
        char other[300], sql[400];
        snprintf(other, sizeof other, "%s_o'ther", p->database.place);
        snprintf(sql, sizeof sql, "CREATE SCHEMA \"%s\"", other);
        test_database_exec(&p->database, sql);
        snprintf(sql, sizeof sql, "CREATE TABLE \"%s\".b (n INTEGER PRIMARY KEY)", other);
        test_database_exec(&p->database, sql);
        snprintf(sql, sizeof sql, "ALTER TABLE a ADD FOREIGN KEY (n) REFERENCES \"%s\".b", other);
        test_database_exec(&p->database, sql);
        schema = reflect(engine, &(weft_reflect_options){.schemas = NAMES(p->database.place, other)});
        const weft_schema_table *a = weft_schema_find_table(schema, NULL, "a"), *b = weft_schema_find_table(schema, other, "b");
        assert_non_null(a);
        assert_non_null(b);
        assert_null(a->schema);
        assert_string_equal(a->constraints[0].target_schema, other);
        snprintf(sql, sizeof sql, "DROP SCHEMA \"%s\" CASCADE", other);
        test_database_exec(&p->database, sql);
    } else {
        schema = reflect(engine, &(weft_reflect_options){.schemas = NAMES("main")});
        assert_non_null(weft_schema_find_table(schema, NULL, "a"));
    }
    weft_schema_free(schema);
    weft_engine_close(engine);
    reads(p, p->postgres ? "table <a>\n  n int32 null\n" : "table <a>\n  n int64 null\n");
}

static void mistakes_are_told(void **state)
{
    catalogue *p = *state;
    weft_error error = {0};
    weft_schema *schema = NULL;
    weft_engine *engine = catalogue_engine(p, NULL);
    assert_int_equal(weft_reflect(NULL, engine, NULL, &error), WEFT_ERROR_MISUSE);
    assert_int_equal(weft_reflect(&schema, NULL, NULL, &error), WEFT_ERROR_MISUSE);
    assert_null(schema);
    assert_int_equal(weft_reflect(&schema, engine, NULL, NULL), WEFT_OK);
    size_t count = 7;
    (void)weft_schema_tables(schema, &count);
    assert_int_equal(count, 0);
    assert_null(weft_schema_find_table(schema, NULL, NULL));
    weft_schema_free(schema);
    weft_engine_close(engine);
}

/* ---- cost, and what is left behind ---- */

/* A table with a bit of everything, after those before it; or its end. */
static void add_table(wefti_text *sql, bool postgres, int i, bool drop)
{
    if (drop) {
        wefti_text_add_format(sql, "DROP TABLE t%d;", i);
        return;
    }
    wefti_text_add_format(
        sql,
        "CREATE TABLE t%d (a INTEGER PRIMARY KEY, b INTEGER UNIQUE, c INTEGER REFERENCES t%d ON DELETE CASCADE, d TEXT "
        "DEFAULT 'x', CHECK (b > 1)); CREATE INDEX t%d_c ON t%d (c, d DESC); CREATE INDEX t%d_e ON t%d (lower(d)) WHERE "
        "c > 5;",
        i, i / 2, i, i, i, i);
    if (postgres)
        wefti_text_add_format(sql, "COMMENT ON TABLE t%d IS 'table'; COMMENT ON COLUMN t%d.b IS 'column';", i, i);
}

/* In parts: a transaction with all of them wants more locks than a server has. */
static void each_table(const catalogue *p, int from, int to, bool drop)
{
    wefti_text sql;
    wefti_text_init(&sql, 0);
    for (int i = from; i < to; i++) {
        add_table(&sql, p->postgres, drop ? to - 1 - i : i, drop);
        if (i % 100 == 99 || i + 1 == to) {
            assert_false(sql.failed);
            test_database_exec(&p->database, sql.data);
            wefti_text_clear(&sql);
        }
    }
    wefti_text_deinit(&sql);
}

static void the_number_of_queries_does_not_grow_with_the_tables(void **state)
{
    catalogue *p = *state;
    test_recorder *recorder = test_recorder_new();
    const weft_engine_options options = {.log = test_recorder_log, .log_context = recorder, .echo = true};
    weft_engine *engine = catalogue_engine(p, &options);
    static const int tables[] = {1, 10, 1000};
    size_t counts[3];
    for (int round = 0; round < 3; round++) {
        size_t count;
        each_table(p, round > 0 ? tables[round - 1] : 0, tables[round], false);
        test_recorder_clear(recorder);
        weft_schema *schema = reflect(engine, NULL);
        counts[round] = test_recorder_count(recorder);
        assert_non_null(weft_schema_tables(schema, &count));
        assert_int_equal(count, tables[round]);
        weft_schema_free(schema);
    }
    assert_int_equal(counts[0], counts[1]);
    assert_int_equal(counts[0], counts[2]);
    assert_in_range(counts[0], 1, 12);
    weft_engine_close(engine);
    test_recorder_free(recorder);
    each_table(p, 0, tables[2], true);
}

static void reading_leaves_nothing_behind(void **state)
{
    catalogue *p = *state;
    weft_error error = {0};
    weft_connection *connection = NULL;
    weft_result *result = NULL;
    const weft_engine_options options = {.pool = {.size = 1, .max_overflow = WEFT_NONE}};
    weft_engine *engine = catalogue_engine(p, &options);
    RUN("CREATE TABLE a (n INTEGER)");
    weft_schema_free(reflect(engine, NULL));
    assert_int_equal(weft_engine_connect(engine, &connection, NULL, &error), WEFT_OK);
    assert_int_equal(weft_execute_text(connection, "INSERT INTO a VALUES (1)", NULL, &error), WEFT_OK); /* by the search path */
    if (p->postgres) {
        assert_int_equal(weft_connection_query(connection, "SELECT current_setting('search_path')", NULL, &result, &error),
                         WEFT_OK);
        assert_true(weft_result_next(result, &error));
        assert_non_null(strstr(weft_result_text(result, 0), p->database.place));
        weft_result_close(result);
    }
    assert_int_equal(weft_connection_commit(connection, &error), WEFT_OK);
    weft_connection_close(connection);
    weft_engine_close(engine);
    assert_int_equal(test_database_integer(&p->database, "SELECT count(*) FROM a"), 1);
}

static void without_memory_reading_fails_and_leaves_nothing(void **state)
{
    catalogue *p = *state;
    RUN("CREATE TABLE other (a INTEGER PRIMARY KEY)",
        "CREATE TABLE a (n INTEGER PRIMARY KEY, t TEXT DEFAULT 'x', o INTEGER REFERENCES other ON DELETE CASCADE, UNIQUE (t), "
        "CHECK ((n > 1) AND (t <> 'y')))",
        "CREATE INDEX ix ON a (lower(t), o DESC) WHERE n > 5", "CREATE VIEW v AS SELECT n FROM a");
    weft_engine *engine = catalogue_engine(p, NULL);
    weft_schema *schema = reflect(engine, NULL);
    char *expected = describe(&p->database, schema);
    weft_schema_free(schema);
    bool failed = true;
    for (int64_t nth = 0; failed; nth++) {
        weft_error error = {0};
        wefti_memory_fail_after(nth, false);
        weft_status status = weft_reflect(&schema, engine, NULL, &error);
        failed = wefti_memory_fail_after(-1, false);
        if (status != WEFT_OK) {
            assert_int_equal(status, WEFT_ERROR_NO_MEMORY);
            assert_null(schema);
        } else {
            char *words = describe(&p->database, schema);
            same_words(words, expected);
            free(words);
            weft_schema_free(schema);
        }
        assert_in_range(nth, 0, 100000);
    }
    free(expected);
    weft_engine_close(engine);
}

/* ---- random definitions ---- */

static weft_status print_statement(void *context, const char *sql, weft_error *error)
{
    (void)context;
    (void)error;
    print_error("%s\n", sql);
    return WEFT_OK;
}

static void nothing_differs(const catalogue *p, const wefti_definition *wanted, const wefti_definition *found, uint32_t seed)
{
    char place[400];
    wefti_ops ops;
    wefti_candidates candidates = {0};
    weft_error error = {0};
    snprintf(place, sizeof place, "\"%s\"", p->database.place);
    const wefti_comparison what = {.ddl = p->ddl, .wanted = wanted, .found = found, .found_place = p->postgres ? place : NULL};
    wefti_ops_init(&ops);
    if (wefti_compare(&what, &ops, &candidates, &error) != WEFT_OK)
        fail_msg("seed %u: %s", seed, error.message);
    if (ops.count != 0)
        (void)wefti_ops_render(p->ddl, &ops, print_statement, NULL, &error);
    if (ops.count != 0)
        fail_msg("seed %u: %zu operations", seed, ops.count);
    wefti_ops_deinit(&ops);
}

static void what_is_read_is_what_was_made_and_makes_the_same_again(void **state)
{
    catalogue *p = *state;
    const uint32_t rounds = getenv("WEFT_TEST_LONG") != NULL ? 1000 : 30;
    odd_schema *r = malloc(sizeof *r);
    weft_engine *engine = catalogue_engine(p, NULL);
    assert_non_null(r);
    for (uint32_t seed = 1; seed <= rounds; seed++) {
        oddities_make(r, p, seed);
        oddities_apply(p, &r->definition, false, seed);
        weft_schema *first = reflect(engine, NULL);
        char *wanted = describe_definition(&p->database, &r->definition), *found = describe(&p->database, first);
        if (strcmp(wanted, found) != 0)
            print_error("seed %u\n", seed);
        same_words(found, wanted);
        const wefti_definition read = definition_of(first);
        nothing_differs(p, &r->definition, &read, seed);
        oddities_apply(p, &read, true, seed);
        oddities_apply(p, &read, false, seed);
        weft_schema *second = reflect(engine, NULL);
        char *again = describe(&p->database, second);
        same_words(again, found);
        oddities_apply(p, &read, true, seed);
        weft_schema_free(first);
        weft_schema_free(second);
        free(wanted);
        free(found);
        free(again);
    }
    weft_engine_close(engine);
    free(r);
}

/* Views on views, in no order, with names of their own for what they show. */
static void views_that_were_read_are_made_again(void **state)
{
    catalogue *p = *state;
    RUN("CREATE TABLE m (id INTEGER PRIMARY KEY, \"na me\" VARCHAR(9))",
        "CREATE VIEW z (\"One\", two) AS SELECT id, \"na me\" FROM m",
        "CREATE VIEW \"A\" AS SELECT \"One\", (SELECT max(m.id) FROM m) AS z FROM z WHERE two > 'a'",
        "CREATE VIEW c AS WITH q AS (SELECT \"One\" FROM \"A\") SELECT q.\"One\", z.two FROM q, z");
    if (p->postgres)
        RUN("CREATE MATERIALIZED VIEW b AS SELECT \"One\" AS id FROM c", "CREATE UNIQUE INDEX ix ON b (id)",
            "COMMENT ON MATERIALIZED VIEW b IS 'stored'", "COMMENT ON VIEW c IS 'it''s'", "COMMENT ON COLUMN c.two IS 'second'");
    weft_engine *engine = catalogue_engine(p, NULL);
    weft_schema *first = reflect(engine, NULL);
    char *found = describe(&p->database, first);
    const wefti_definition read = definition_of(first);
    oddities_apply(p, &read, true, 0);
    weft_schema *none = reflect(engine, NULL);
    char *nothing = describe(&p->database, none);
    assert_string_equal(nothing, "");
    oddities_apply(p, &read, false, 0);
    oddities_apply(p, &read, false, 0); /* they may be there */
    weft_schema *second = reflect(engine, NULL);
    char *again = describe(&p->database, second);
    same_words(again, found);
    weft_schema_free(first);
    weft_schema_free(none);
    weft_schema_free(second);
    free(found);
    free(nothing);
    free(again);
    weft_engine_close(engine);
}

static void options_of_views_and_tables_are_kept(void **state)
{
    catalogue *p = *state;
    RUN("CREATE UNLOGGED TABLE m (id INTEGER) WITH (fillfactor = 70)",
        "CREATE VIEW v WITH (security_barrier) AS SELECT id FROM m WHERE id > 1 WITH CASCADED CHECK OPTION");
    reads(p, "table <m> unlogged with<fillfactor=70>\n  id int32 null\n"
             "view <v> as<SELECT m.id\n   FROM here.m\n  WHERE (m.id > 1)>\n  id int32 null\n"
             "  beside <WITH (security_barrier=true, check_option=cascaded)>\n");
}

static void what_sqlite_cannot_compile_is_there_without_columns(void **state)
{
    catalogue *p = *state;
    RUN("CREATE TABLE a (id INTEGER PRIMARY KEY)", "CREATE VIEW by_function AS SELECT of_the_program(id) AS x FROM a",
        "CREATE VIEW fine AS SELECT id FROM a", "CREATE VIEW of_nothing AS SELECT n FROM nowhere",
        "PRAGMA writable_schema = 1; "
        "INSERT INTO sqlite_schema VALUES ('table', 'modular', 'modular', 0, 'CREATE VIRTUAL TABLE modular USING not_there(x)')");
    reads(p, "table <a>\n  id int64 identity\n  key (id)\n"
             "view <by_function> as<SELECT of_the_program(id) AS x FROM a>\n"
             "view <fine> as<SELECT id FROM a>\n  id int64 null\n"
             "foreign table <modular>\n  beside <CREATE VIRTUAL TABLE modular USING not_there(x)>\n"
             "view <of_nothing> as<SELECT n FROM nowhere>\n");
}

/* In the place of a default SQLite takes a name for a text, and quotes of names for those of texts. */
static void a_name_as_a_default_is_a_text_on_sqlite(void **state)
{
    catalogue *p = *state;
    RUN("CREATE TABLE a (b TEXT DEFAULT \"\", c TEXT DEFAULT \"it's\", d TEXT DEFAULT [y z], e TEXT DEFAULT `x`, f TEXT DEFAULT "
        "word, g INTEGER DEFAULT TRUE, h TEXT DEFAULT current_timestamp, i TEXT DEFAULT ('a' || 'b'), j TEXT DEFAULT null, "
        "k INTEGER DEFAULT -1)");
    reads(p, "table <a>\n  b text null default<''>\n  c text null default<'it''s'>\n  d text null default<'y z'>\n"
             "  e text null default<'x'>\n  f text null default<'word'>\n  g int64 null default<TRUE>\n"
             "  h text null default<current_timestamp>\n  i text null default<'a' || 'b'>\n  j text null default<null>\n"
             "  k int64 null default<-1>\n");
    weft_engine *engine = catalogue_engine(p, NULL);
    weft_schema *schema = reflect(engine, NULL);
    const wefti_definition made = definition_of(schema);
    RUN("INSERT INTO a (k) VALUES (1)", "ALTER TABLE a RENAME TO was");
    oddities_apply(p, &made, false, 0);
    RUN("INSERT INTO a (k) VALUES (1)");
    shows(p, "SELECT count(*) FROM (SELECT b, c, d, e, f, g, i, j FROM a INTERSECT SELECT b, c, d, e, f, g, i, j FROM was)", "1");
    weft_schema_free(schema);
    weft_engine_close(engine);
}

static void a_sequence_knows_the_column_that_it_goes_with(void **state)
{
    catalogue *p = *state;
    size_t count;
    RUN("CREATE TABLE a (id serial PRIMARY KEY, n bigint GENERATED ALWAYS AS IDENTITY)", "CREATE SEQUENCE by_itself");
    weft_engine *engine = catalogue_engine(p, NULL);
    weft_schema *schema = reflect(engine, NULL);
    const weft_schema_sequence *sequences = weft_schema_sequences(schema, &count);
    assert_int_equal(count, 2);
    assert_string_equal(sequences[0].name, "a_id_seq");
    assert_string_equal(sequences[0].table, "a");
    assert_string_equal(sequences[0].column, "id");
    assert_string_equal(sequences[1].name, "by_itself");
    assert_null(sequences[1].table);
    assert_null(sequences[1].column);
    weft_schema_free(schema);
    weft_engine_close(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_SQLITE(what_sqlite_cannot_compile_is_there_without_columns),
        ON_SQLITE(a_name_as_a_default_is_a_text_on_sqlite),
        ON_POSTGRES(a_sequence_knows_the_column_that_it_goes_with),
        ON_POSTGRES(tables_that_others_made_are_read_on_postgres),
        ON_SQLITE(tables_that_others_made_are_read_on_sqlite),
        ON_BOTH(a_table_that_was_altered_is_read_as_it_is_now),
        ON_BOTH(schemas_are_named),
        ON_BOTH(what_is_not_wanted_is_left_out_with_what_belongs_to_it),
        ON_BOTH(schemas_are_read_by_name),
        ON_BOTH(mistakes_are_told),
        ON_BOTH(the_number_of_queries_does_not_grow_with_the_tables),
        ON_BOTH(reading_leaves_nothing_behind),
        ON_BOTH(without_memory_reading_fails_and_leaves_nothing),
        ON_BOTH(what_is_read_is_what_was_made_and_makes_the_same_again),
        ON_BOTH(views_that_were_read_are_made_again),
        ON_POSTGRES(options_of_views_and_tables_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
