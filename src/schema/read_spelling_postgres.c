/* How PostgreSQL spells texts: tables like those that were compared are made in a schema of their own, with each text as a
 * default, a computed column, a check, an exclusion or a view of its own, and the catalogue says what became of it. What it says
 * is read once more, since a text that was dumped and restored has been read twice. */
#include "schema/reading.h"
#include "schema/speller.h"

#include "base/limits.h"

#include <stdio.h>
#include <string.h>

/* ---- where ---- */

/* 2: a schema may be made; 1: temporary tables; 0: nothing, for all is read-only; -1: nothing. Nobody is waited for. */
static const char facts[] =
    "SELECT CAST(CASE WHEN pg_is_in_recovery() OR CAST(current_setting('transaction_read_only') AS boolean) THEN 0 "
    "WHEN has_database_privilege(current_database(), 'CREATE') THEN 2 WHEN has_database_privilege(current_database(), 'TEMP') "
    "THEN 1 ELSE -1 END AS bigint), CAST('weft_' || substr(md5(random() || ' ' || pg_backend_pid() || clock_timestamp()), 1, 16) "
    "AS text), set_config('lock_timeout', '1s', true)";

typedef struct server_facts {
    int64_t rights;
    char name[32];
} server_facts;

static weft_status take_facts(void *context, const weft_value *cells, weft_error *error)
{
    server_facts *to = context;
    const size_t size = cells[1].is_null || cells[1].as.s.size >= sizeof to->name ? 0 : cells[1].as.s.size;
    (void)error;
    to->rights = wefti_read_integer(&cells[0]);
    memcpy(to->name, size > 0 ? cells[1].as.s.data : "", size);
    to->name[size] = '\0';
    return WEFT_OK;
}

static void ask(wefti_speller *s, const char *sql, const weft_value *parameters, size_t count, wefti_read_row on_row, void *context)
{
    const wefti_asker *asker = &s->scratch->asker;
    if (s->status == WEFT_OK)
        s->status = asker->ask(asker->context, sql, parameters, count, on_row, context, s->error);
}

static weft_status ignore(void *context, const weft_value *cells, weft_error *error)
{
    (void)context;
    (void)cells;
    (void)error;
    return WEFT_OK;
}

static weft_status take_number(void *context, const weft_value *cells, weft_error *error)
{
    (void)error;
    *(int64_t *)context = wefti_read_integer(&cells[0]);
    return WEFT_OK;
}

static bool is_temporary(const wefti_speller *s) { return strcmp(s->scratch_name, "pg_temp") == 0; }

/* The schemas of both definitions but the one that is looked in first, each once. *at begins with 0. */
static const char *next_schema(const wefti_speller *s, size_t *at)
{
    for (; *at < s->relation_count; ++*at) {
        const char *schema = s->relations[*at].table->schema;
        bool known = schema == NULL;
        for (size_t i = 0; i < *at && !known; i++)
            known = s->relations[i].table->schema != NULL && strcmp(s->relations[i].table->schema, schema) == 0;
        if (!known) {
            ++*at;
            return schema;
        }
    }
    return NULL;
}

/* The scratch's name for a schema: that of the first one, or with its number. */
static void add_scratch(const wefti_speller *s, wefti_text *text, const char *schema)
{
    size_t at = 0, number = 0;
    wefti_text_add(text, s->scratch_name);
    if (schema == NULL || is_temporary(s))
        return;
    for (const char *one = next_schema(s, &at); one != NULL; one = next_schema(s, &at)) {
        number++;
        if (strcmp(one, schema) == 0)
            break;
    }
    wefti_text_add_format(text, "_%zu", number);
}

static void add_enums(wefti_speller *s, wefti_text *text, const wefti_definition *from, const wefti_definition *but)
{
    for (size_t i = 0; i < from->enum_count; i++) {
        const weft_schema_enum *type = &from->enums[i];
        bool there = false;
        for (size_t k = 0; but != NULL && k < but->enum_count; k++)
            there = there || strcmp(but->enums[k].name, type->name) == 0;
        for (size_t k = 0; k < i; k++)
            there = there || strcmp(from->enums[k].name, type->name) == 0;
        if (there)
            continue;
        wefti_text_add_format(text, "CREATE TYPE %s.", s->scratch_name);
        wefti_add_identifier(text, type->name);
        wefti_text_add(text, " AS ENUM (");
        for (size_t k = 0; k < wefti_def_count(type->values); k++) {
            wefti_text_add(text, k > 0 ? ", " : "");
            wefti_add_quoted_text(text, s->ddl->backslash_strings, type->values[k], strlen(type->values[k]));
        }
        wefti_text_add(text, ");");
    }
}

static weft_status take_path(void *context, const weft_value *cells, weft_error *error)
{
    wefti_speller *s = context;
    (void)error;
    s->scratch_path = wefti_arena_strndup(&s->arena, cells[0].as.s.data, cells[0].as.s.size);
    if (s->scratch_path == NULL)
        wefti_speller_no_memory(s);
    return s->status;
}

static void look_in(wefti_speller *s, const char *path)
{
    const weft_value parameter = weft_value_text(path);
    if (s->status == WEFT_OK)
        ask(s, "SELECT set_config('search_path', $1, true)", &parameter, 1, ignore, NULL);
}

static void make_schemas(wefti_speller *s)
{
    wefti_text text;
    size_t at = 0;
    wefti_text_init(&text, 0);
    wefti_text_add_format(&text, "CREATE SCHEMA %s;", s->scratch_name);
    for (const char *schema = next_schema(s, &at); schema != NULL; schema = next_schema(s, &at)) {
        wefti_text_add(&text, "CREATE SCHEMA ");
        add_scratch(s, &text, schema);
        wefti_text_add_char(&text, ';');
    }
    wefti_speller_run(s, &text);
    const weft_value name = weft_value_text(s->scratch_name);
    ask(s,
        "SELECT set_config('search_path', CAST($1 AS text) || CASE WHEN current_setting('search_path') = '' THEN '' "
        "ELSE ', ' || current_setting('search_path') END, true)",
        &name, 1, take_path, s);
}

static void begin(wefti_speller *s)
{
    server_facts server = {0};
    wefti_text types;
    ask(s, facts, NULL, 0, take_facts, &server);
    if (s->status != WEFT_OK)
        return;
    if (server.rights <= 0) {
        s->spelling->refused =
            server.rights == 0 ? "the database is read-only" : "the role may make neither schemas nor temporary tables";
        return;
    }
    s->scratch_name = server.rights == 1 ? "pg_temp" : wefti_arena_strdup(&s->arena, server.name);
    if (s->scratch_name == NULL)
        wefti_speller_no_memory(s);
    if (s->status == WEFT_OK && !is_temporary(s))
        make_schemas(s);
    else
        ask(s, "SELECT current_setting('search_path')", NULL, 0, take_path, s); /* temporary ones are always found */
    if (s->status != WEFT_OK)
        return;
    wefti_text_init(&types, 0);
    add_enums(s, &types, s->place->wanted, NULL);
    add_enums(s, &types, s->place->found, s->place->wanted);
    if (types.size > 0 || types.failed)
        (void)wefti_speller_attempt(s, &types); /* texts that need them are not taken either */
    else
        wefti_text_deinit(&types);
}

/* ---- texts within the scratch ---- */

static bool has_enum(const wefti_definition *d, const char *name)
{
    for (size_t i = 0; i < d->enum_count; i++)
        if (strcmp(d->enums[i].name, name) == 0)
            return true;
    return false;
}

/* A word as a name: without quotes, small letters where it has none. Empty: too long. */
static void name_of_word(const char *from, size_t size, char *name)
{
    size_t made = 0;
    const bool quoted = *from == '"' && size > 1;
    for (size_t i = quoted; i < size - quoted && made < WEFTI_MAX_IDENTIFIER_BYTES; i++) {
        i += quoted && from[i] == '"';
        name[made++] = !quoted && from[i] >= 'A' && from[i] <= 'Z' ? (char)(from[i] + ('a' - 'A')) : from[i];
    }
    name[made] = '\0';
}

/* Adds the text, in which "schema.name" of a table, a view or an enum of the definitions names that of the scratch. */
static void add_moved(wefti_speller *s, wefti_text *text, const wefti_spelt *item)
{
    const char *at = item->text;
    char schema[WEFTI_MAX_IDENTIFIER_BYTES + 1], name[WEFTI_MAX_IDENTIFIER_BYTES + 1];
    for (bool behind_point = false;;) {
        const char *start = at, *after;
        const wefti_sql_token kind = wefti_sql_next(s->ddl->rules, &at);
        if (kind == WEFTI_SQL_END)
            return;
        const size_t size = (size_t)(at - start);
        after = at + (*at == '.');
        const char *next = after;
        if (kind == WEFTI_SQL_NAME && !behind_point && *at == '.' && wefti_sql_next(s->ddl->rules, &next) == WEFTI_SQL_NAME) {
            name_of_word(start, size, schema);
            name_of_word(after, (size_t)(next - after), name);
            const wefti_speller_relation *relation = wefti_speller_relation_of(s, schema, name, item->of_found);
            const bool is_enum = has_enum(s->place->wanted, name) || has_enum(s->place->found, name);
            if (relation != NULL || is_enum) {
                add_scratch(s, text, relation != NULL ? relation->table->schema : NULL);
                wefti_text_add_bytes(text, at, (size_t)(next - at));
                at = next;
                behind_point = false;
                continue;
            }
        }
        behind_point = kind == WEFTI_SQL_OTHER && *start == '.';
        wefti_text_add_bytes(text, start, size);
    }
}

/* What asks for item, behind "CREATE TABLE …," or, with ADD, "ALTER TABLE …": a column or a constraint. False: there is no way. */
static bool add_question(wefti_speller *s, wefti_text *text, size_t number, const char *prefix, const char *answer)
{
    const wefti_spelt *item = s->items[number];
    char name[32];
    (void)snprintf(name, sizeof name, "%s%zu", prefix, number);
    weft_schema_column typed = {.name = name, .sql_type = item->text};
    const weft_schema_column *column = item->as == WEFTI_SPELT_TYPE ? &typed : wefti_speller_column_of(s, number);
    switch (item->as) {
    case WEFTI_SPELT_TYPE: return wefti_speller_add_column(s, text, name, column, false);
    case WEFTI_SPELT_DEFAULT:
    case WEFTI_SPELT_COMPUTED:
        if (column == NULL || !wefti_speller_add_column(s, text, name, column, true))
            return false;
        wefti_text_add(text, item->as == WEFTI_SPELT_DEFAULT ? " DEFAULT (" : " GENERATED ALWAYS AS (");
        break;
    case WEFTI_SPELT_CONDITION: wefti_text_add_format(text, "CONSTRAINT %s CHECK (", name); break;
    case WEFTI_SPELT_EXPRESSION: wefti_text_add_format(text, "CONSTRAINT %s CHECK (%s", name, answer == NULL ? "(" : ""); break;
    case WEFTI_SPELT_EXCLUSION: wefti_text_add_format(text, "CONSTRAINT %s EXCLUDE ", name); break;
    case WEFTI_SPELT_VIEW: return false;
    }
    if (answer != NULL)
        wefti_text_add(text, answer);
    else
        add_moved(s, text, item);
    wefti_text_add(text, item->as == WEFTI_SPELT_EXPRESSION && answer == NULL ? ") IS NULL)"
                         : item->as == WEFTI_SPELT_COMPUTED                   ? ") STORED"
                         : item->as == WEFTI_SPELT_EXCLUSION                  ? ""
                                                                              : ")");
    return true;
}

/* ---- asking ---- */

static const char first_time[] = "weft_ask_a", again[] = "weft_ask_b";

static void add_qualified(wefti_speller *s, wefti_text *text, const weft_schema_table *table)
{
    add_scratch(s, text, table->schema);
    wefti_text_add_char(text, '.');
    wefti_add_identifier(text, table->name);
}

static bool is_asked_of(const wefti_speller *s, size_t item, const wefti_speller_relation *relation)
{
    return s->items[item]->as != WEFTI_SPELT_VIEW && s->tables[item] == relation;
}

/* Of two exclusions that are the same one statement makes one only. */
static bool is_asked_alone(const wefti_speller *s, size_t item) { return s->items[item]->as == WEFTI_SPELT_EXCLUSION; }

/* Whether there is something to read once more. */
static bool is_asked_again(const wefti_speller *s, size_t item, const wefti_speller_relation *relation)
{
    return is_asked_of(s, item, relation) && s->items[item]->answer != NULL && s->items[item]->as != WEFTI_SPELT_TYPE;
}

static void add_key(wefti_text *text, const wefti_speller_relation *relation)
{
    const weft_schema_constraint *key = relation->is_named ? wefti_def_primary_key(relation->table) : NULL;
    if (key == NULL)
        return;
    wefti_text_add(text, ", PRIMARY KEY (");
    for (size_t i = 0; i < wefti_def_count(key->columns); i++) {
        wefti_text_add(text, i > 0 ? ", " : "");
        wefti_add_identifier(text, key->columns[i]);
    }
    wefti_text_add_char(text, ')');
}

/* With its questions, or without. */
static bool make_table(wefti_speller *s, const wefti_speller_relation *relation, bool with_questions)
{
    wefti_text text;
    bool asked = true;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, "CREATE TABLE ");
    add_qualified(s, &text, relation->table);
    wefti_text_add(&text, " (");
    if (relation->table->column_count == 0 || !wefti_speller_add_columns(s, &text, relation)) {
        wefti_text_deinit(&text);
        return false;
    }
    add_key(&text, relation);
    for (size_t i = 0; asked && with_questions && i < s->item_count; i++)
        if (is_asked_of(s, i, relation) && !is_asked_alone(s, i)) {
            wefti_text_add(&text, ", ");
            asked = add_question(s, &text, i, first_time, NULL);
        }
    wefti_text_add_char(&text, ')');
    if (asked)
        return wefti_speller_attempt(s, &text);
    wefti_text_deinit(&text);
    return false;
}

static void ask_one(wefti_speller *s, const wefti_speller_relation *relation, size_t item, const char *prefix, const char *answer)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, "ALTER TABLE ");
    add_qualified(s, &text, relation->table);
    wefti_text_add(&text, " ADD ");
    if (add_question(s, &text, item, prefix, answer))
        (void)wefti_speller_attempt(s, &text);
    else
        wefti_text_deinit(&text);
}

static void tables(wefti_speller *s)
{
    for (size_t t = 0; t < s->relation_count && s->status == WEFT_OK; t++) {
        wefti_speller_relation *relation = &s->relations[t];
        if (!relation->in || wefti_ddl_is_view(relation->table))
            continue;
        const bool together = make_table(s, relation, true);
        relation->made = together || make_table(s, relation, false); /* one of the questions is not taken */
        for (size_t i = 0; relation->made && i < s->item_count && s->status == WEFT_OK; i++)
            if (is_asked_of(s, i, relation) && (!together || is_asked_alone(s, i)))
                ask_one(s, relation, i, first_time, NULL);
    }
}

static bool make_view(wefti_speller *s, const char *schema, const char *name, const weft_schema_table *columns,
                      const wefti_spelt *item)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, "CREATE VIEW ");
    add_scratch(s, &text, schema);
    wefti_text_add_char(&text, '.');
    wefti_add_identifier(&text, name);
    for (size_t i = 0; columns != NULL && i < columns->column_count; i++) {
        wefti_text_add(&text, i == 0 ? " (" : ", ");
        wefti_add_identifier(&text, columns->columns[i].name);
    }
    wefti_text_add(&text, columns != NULL && columns->column_count > 0 ? ") AS " : " AS ");
    add_moved(s, &text, item);
    return wefti_speller_attempt(s, &text);
}

static void view(wefti_speller *s, wefti_speller_relation *relation)
{
    const wefti_spelt item = {.text = relation->table->definition, .of_found = !relation->is_wanted};
    relation->made = make_view(s, relation->table->schema, relation->table->name, relation->table, &item);
}

static void ask_view(wefti_speller *s, size_t item)
{
    const wefti_spelt *asked = s->items[item];
    const wefti_speller_relation *relation = s->tables[item];
    char name[32];
    (void)snprintf(name, sizeof name, "%s%zu", first_time, item);
    (void)make_view(s, NULL, name, asked->of_found || relation == NULL ? NULL : relation->table, asked);
}

/* Asks without a lock. */
static bool is_elsewhere(wefti_speller *s, const char *name)
{
    wefti_text quoted;
    int64_t found = 0;
    wefti_text_init(&quoted, 0);
    wefti_add_identifier(&quoted, name);
    const weft_value parameter = weft_value_text(quoted.data);
    if (quoted.failed)
        wefti_speller_no_memory(s);
    else
        ask(s, "SELECT CAST(CAST(to_regclass(CAST($1 AS text)) AS oid) AS bigint)", &parameter, 1, take_number, &found);
    wefti_text_deinit(&quoted);
    return found != 0;
}

/* ---- answers ---- */

/* $1: the scratch's name; $2: how the names of what was asked begin. */
#define HERE "(left(n.nspname, length($1)) = $1 OR $1 = 'pg_temp' AND n.oid = pg_my_temp_schema())"
static const char answers[] =
    "SELECT CAST(k.conname AS text), CASE WHEN k.contype = 'c' THEN pg_get_expr(k.conbin, k.conrelid) "
    "ELSE pg_get_constraintdef(k.oid) END FROM pg_namespace n JOIN pg_constraint k ON k.connamespace = n.oid "
    "WHERE " HERE " AND left(k.conname, 10) = $2 "
    "UNION ALL SELECT CAST(a.attname AS text), CASE WHEN d.oid IS NULL THEN format_type(a.atttypid, a.atttypmod) ELSE "
    "pg_get_expr(d.adbin, d.adrelid) END FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind = 'r' "
    "JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
    "WHERE " HERE " AND left(a.attname, 10) = $2 "
    "UNION ALL SELECT CAST(c.relname AS text), pg_get_viewdef(c.oid) FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid "
    "WHERE " HERE " AND c.relkind = 'v' AND left(c.relname, 10) = $2";

static weft_status take_answer(void *context, const weft_value *cells, weft_error *error)
{
    static const char exclude[] = "EXCLUDE ";
    wefti_speller *s = context;
    (void)error;
    if (cells[0].is_null || cells[1].is_null || cells[0].as.s.size < sizeof first_time)
        return WEFT_OK;
    size_t item = 0;
    const char *name = cells[0].as.s.data, *text = cells[1].as.s.data;
    for (size_t i = sizeof first_time - 1; i < cells[0].as.s.size && name[i] >= '0' && name[i] <= '9' && item < s->item_count; i++)
        item = item * 10 + (size_t)(name[i] - '0');
    if (item >= s->item_count)
        return WEFT_OK;
    size_t size = cells[1].as.s.size;
    if (s->items[item]->as == WEFTI_SPELT_EXCLUSION && size > sizeof exclude - 1) {
        text += sizeof exclude - 1;
        size -= sizeof exclude - 1;
    }
    if (s->items[item]->as == WEFTI_SPELT_VIEW && size > 0 && text[size - 1] == ';')
        size--;
    wefti_speller_answer(s, item, text, size);
    return s->status;
}

static void ask_table_again(wefti_speller *s, const wefti_speller_relation *relation)
{
    wefti_text text;
    size_t asked = 0;
    bool together = true;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, "ALTER TABLE ");
    add_qualified(s, &text, relation->table);
    for (size_t i = 0; i < s->item_count; i++)
        if (is_asked_again(s, i, relation) && !is_asked_alone(s, i)) {
            wefti_text_add(&text, asked++ > 0 ? ", ADD " : " ADD ");
            (void)add_question(s, &text, i, again, s->items[i]->answer);
        }
    if (asked > 0)
        together = wefti_speller_attempt(s, &text);
    else
        wefti_text_deinit(&text);
    for (size_t i = 0; i < s->item_count && s->status == WEFT_OK; i++)
        if (is_asked_again(s, i, relation) && (!together || is_asked_alone(s, i)))
            ask_one(s, relation, i, again, s->items[i]->answer);
}

static void ask_again(wefti_speller *s)
{
    for (size_t t = 0; t < s->relation_count && s->status == WEFT_OK; t++)
        if (s->relations[t].made)
            ask_table_again(s, &s->relations[t]);
    for (size_t i = 0; i < s->item_count && s->status == WEFT_OK; i++)
        if (s->items[i]->as == WEFTI_SPELT_VIEW && s->items[i]->answer != NULL) {
            wefti_text text;
            wefti_text_init(&text, 0);
            wefti_text_add_format(&text, "CREATE VIEW %s.%s%zu AS %s", s->scratch_name, again, i, s->items[i]->answer);
            (void)wefti_speller_attempt(s, &text);
        }
}

/* Without the scratch's name, which is another each time. */
static void add_bare(const wefti_speller *s, wefti_text *text, const char *answer)
{
    const size_t size = strlen(s->scratch_name);
    for (const char *at = answer; *at != '\0';) {
        const char *found = strstr(at, s->scratch_name);
        if (found == NULL) {
            wefti_text_add(text, at);
            return;
        }
        wefti_text_add_bytes(text, at, (size_t)(found - at));
        at = found + size;
        at += *at == '.';
    }
}

static void finish(wefti_speller *s)
{
    weft_value parameters[] = {weft_value_text(s->scratch_name), weft_value_text(first_time)};
    ask(s, wefti_read_settings_postgres, NULL, 0, ignore, NULL);
    ask(s, answers, parameters, 2, take_answer, s);
    look_in(s, s->scratch_path);
    ask_again(s);
    look_in(s, "");
    parameters[1] = weft_value_text(again);
    ask(s, answers, parameters, 2, take_answer, s);
    for (size_t i = 0; i < s->item_count && s->status == WEFT_OK; i++) {
        if (s->items[i]->answer == NULL)
            continue;
        wefti_text bare, folded;
        wefti_text_init(&bare, 0);
        wefti_text_init(&folded, 0);
        add_bare(s, &bare, s->items[i]->answer);
        if (!bare.failed)
            wefti_spelling_fold(s->ddl->rules, s->items[i]->as == WEFTI_SPELT_DEFAULT, bare.data, &folded);
        if (bare.failed || folded.failed)
            wefti_speller_no_memory(s);
        else
            wefti_speller_answer(s, i, folded.data, folded.size);
        wefti_text_deinit(&bare);
        wefti_text_deinit(&folded);
    }
}

/* ---- types alone ---- */

/* $1: an array of names; to_regtype reads them as a statement would, and says nothing of what stands in parentheses. */
static const char known_types[] =
    "SELECT t.place, CAST(CAST(to_regtype(t.name) AS oid) AS bigint) FROM json_array_elements_text(CAST(CAST($1 AS text) AS json)) "
    "WITH ORDINALITY AS t (name, place)";

/* "(8, 2)" without blanks. */
static void add_modifier(wefti_text *text, const char *type)
{
    for (const char *at = strchr(type, '('); at != NULL && *at != '\0'; at++)
        if (*at != ' ')
            wefti_text_add_char(text, *at);
}

static weft_status take_type(void *context, const weft_value *cells, weft_error *error)
{
    wefti_speller *s = context;
    const int64_t place = wefti_read_integer(&cells[0]), oid = wefti_read_integer(&cells[1]);
    wefti_text text;
    (void)error;
    if (place < 1 || (uint64_t)place > s->item_count || oid == 0)
        return WEFT_OK;
    wefti_text_init(&text, 0);
    wefti_text_add_int(&text, oid);
    add_modifier(&text, s->items[place - 1]->text);
    if (text.failed)
        wefti_speller_no_memory(s);
    else
        wefti_speller_answer(s, (size_t)place - 1, text.data, text.size);
    wefti_text_deinit(&text);
    return s->status;
}

/* A name that is none ends the query: then there are no answers. */
static void types(wefti_speller *s)
{
    wefti_text names;
    wefti_text_init(&names, 0);
    for (size_t i = 0; i < s->item_count; i++) {
        wefti_text_add_char(&names, i == 0 ? '[' : ',');
        wefti_text_add_json_string(&names, s->items[i]->text, strlen(s->items[i]->text));
    }
    wefti_text_add_char(&names, ']');
    const weft_value parameter = weft_value_text(names.data);
    if (names.failed)
        wefti_speller_no_memory(s);
    else
        ask(s, known_types, &parameter, 1, take_type, s);
    if (s->status == WEFT_ERROR_SQL || s->status == WEFT_ERROR_SCHEMA || s->status == WEFT_ERROR_DATA)
        s->status = WEFT_OK;
    wefti_text_deinit(&names);
}

const wefti_speller_ways wefti_speller_postgres = {begin, tables, view, ask_view, is_elsewhere, finish, types};
