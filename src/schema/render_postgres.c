/* Operations as PostgreSQL, from version 15 on, says them. */
#include "schema/drawn.h"
#include "schema/reading.h"
#include "schema/render_postgres.h"

#include "base/locale.h"
#include "type/type.h"

#include <stdio.h>

/* ---- how sequences count ---- */

/* before: what stands before the first number that is said, and then a blank. */
static void add_number(wefti_render_ddl *r, const char **before, const char *word, int64_t value, bool zero)
{
    if (value == 0 && !zero)
        return;
    wefti_text_add_format(&r->text, "%s%s %lld", *before, word, (long long)value);
    *before = " ";
}

static void add_counting(wefti_render_ddl *r, const char *before, const weft_counting *c)
{
    add_number(r, &before, "INCREMENT BY", c->increment, false);
    add_number(r, &before, "MINVALUE", c->minimum, c->minimum_is_zero);
    add_number(r, &before, "MAXVALUE", c->maximum, c->maximum_is_zero);
    add_number(r, &before, "START WITH", c->start, c->start_is_zero);
    add_number(r, &before, "CACHE", c->cache, false);
    if (c->cycle)
        wefti_text_add_format(&r->text, "%sCYCLE", before);
}

/* Of a sequence that is there a default must be said, too. before each: " ", or " SET ". */
static void set_counting(wefti_render_ddl *r, const char *before, const weft_counting *c)
{
    const weft_counting full = wefti_def_counting(c, WEFT_INT64);
    const bool minimum = c->minimum != 0 || c->minimum_is_zero, maximum = c->maximum != 0 || c->maximum_is_zero;
    wefti_text_add_format(&r->text, "%sINCREMENT BY %lld", before, (long long)full.increment);
    wefti_text_add_format(&r->text, minimum ? "%sMINVALUE %lld" : "%sNO MINVALUE", before, (long long)full.minimum);
    wefti_text_add_format(&r->text, maximum ? "%sMAXVALUE %lld" : "%sNO MAXVALUE", before, (long long)full.maximum);
    wefti_text_add_format(&r->text, "%sSTART WITH %lld", before, (long long)full.start);
    wefti_text_add_format(&r->text, "%sCACHE %lld%s%sCYCLE", before, (long long)full.cache, before, full.cycle ? "" : "NO ");
}

static void add_identity(wefti_render_ddl *r, bool always, const weft_counting *counting)
{
    wefti_text_add_format(&r->text, " GENERATED %s AS IDENTITY", always ? "ALWAYS" : "BY DEFAULT");
    if (!wefti_def_says_counting(counting))
        return;
    add_counting(r, " (", counting);
    wefti_ddl_add(r, ")");
}

/* The number that it is at lies beyond the new bounds, perhaps: then it begins anew within them; or it turns round. It goes on
 * behind the rows of its column. sequence: an expression. rows: a SELECT of the number that they are at, from f.n on; NULL where
 * there is none. */
static void begin_within(wefti_render_ddl *r, const char *sequence, const char *rows, const weft_counting *c, weft_type type)
{
    const weft_counting full = wefti_def_counting(c, type);
    wefti_text_add_format(
        &r->text,
        "SELECT setval(s, coalesce(m, n), called OR m IS NOT NULL) FROM (SELECT CAST(%s AS regclass)) AS q (s), "
        "LATERAL pg_sequence_last_value(s) AS l (v), LATERAL (SELECT CASE WHEN v BETWEEN %lld AND %lld THEN v ELSE "
        "CAST(%lld AS bigint) END, coalesce(v BETWEEN %lld AND %lld, false)) AS f (n, called), LATERAL (%s) AS r (m)",
        sequence, (long long)full.minimum, (long long)full.maximum, (long long)full.start, (long long)full.minimum,
        (long long)full.maximum, rows);
    wefti_ddl_send(r);
}

/* The widest bounds, within which it can be set to anything. The server takes those of the type itself for ones that nobody said,
 * and would replace them when the type changes. */
static void add_widest(wefti_render_ddl *r, const char *before, weft_type type, bool retype)
{
    const long long greatest = (long long)wefti_def_counting(&(weft_counting){0}, type).maximum - retype;
    wefti_text_add_format(&r->text, "%sMINVALUE %lld%sMAXVALUE %lld", before, -greatest - 1, before, greatest);
}

/* ---- columns ---- */

static void add_column(wefti_render_ddl *r, const weft_schema_table *table, const weft_schema_column *column)
{
    (void)table;
    wefti_ddl_add_name(r, column->name);
    wefti_text_add_char(&r->text, ' ');
    wefti_ddl_add_type(r, column);
    if (column->collation != NULL) {
        wefti_ddl_add(r, " COLLATE ");
        wefti_ddl_add_name(r, column->collation);
    }
    if (column->identity || column->identity_always)
        add_identity(r, column->identity_always, &column->counting);
    wefti_ddl_add_if(r, !column->nullable, " NOT NULL");
    wefti_ddl_add_default(r, column->server_default);
    if (column->generated != NULL)
        wefti_text_add_format(&r->text, " GENERATED ALWAYS AS (%s) %s", column->generated, column->stored ? "STORED" : "VIRTUAL");
}

/* serial is a type, NOT NULL and the default from a sequence of its own. */
static void settle_column(weft_schema_column *wanted, const weft_schema_column *found)
{
    static const char *const words[][2] = {{"serial", "integer"}, {"serial4", "integer"},      {"bigserial", "bigint"},
                                           {"serial8", "bigint"}, {"smallserial", "smallint"}, {"serial2", "smallint"}};
    for (size_t i = 0; wanted->sql_type != NULL && i < sizeof words / sizeof words[0]; i++) {
        if (!wefti_ascii_equal(wanted->sql_type, words[i][0]))
            continue;
        wanted->sql_type = words[i][1];
        wanted->nullable = false;
        if (wanted->server_default == NULL && found->server_default != NULL &&
            wefti_ascii_begins(found->server_default, "nextval("))
            wanted->server_default = found->server_default;
        return;
    }
}

static void begin_alter(wefti_render_ddl *r, const wefti_def_name *table)
{
    wefti_ddl_add(r, "ALTER TABLE ");
    wefti_ddl_add_qualified(r, table);
}

/* ---- schemas ---- */

static void create_schema(wefti_render_ddl *r, const wefti_op *op)
{
    wefti_ddl_add(r, op->of.create_schema.if_not_exists ? "CREATE SCHEMA IF NOT EXISTS " : "CREATE SCHEMA ");
    wefti_ddl_add_name(r, op->of.create_schema.name);
    wefti_ddl_send(r);
}

static void drop_schema(wefti_render_ddl *r, const wefti_op *op)
{
    wefti_ddl_add(r, op->of.drop_schema.if_exists ? "DROP SCHEMA IF EXISTS " : "DROP SCHEMA ");
    wefti_ddl_add_name(r, op->of.drop_schema.name);
    wefti_ddl_add_if(r, op->of.drop_schema.cascade, " CASCADE");
    wefti_ddl_send(r);
}

/* ---- tables and columns ---- */

static const char *word_of(weft_relation_kind kind)
{
    switch (kind) {
    case WEFT_RELATION_VIEW: return "VIEW ";
    case WEFT_RELATION_MATERIALIZED_VIEW: return "MATERIALIZED VIEW ";
    case WEFT_RELATION_FOREIGN_TABLE: return "FOREIGN TABLE ";
    case WEFT_RELATION_TABLE:
    case WEFT_RELATION_PARTITION: break;
    }
    return "TABLE ";
}

static void send_comment(wefti_render_ddl *r, const wefti_op_comment *on)
{
    wefti_ddl_add(r, "COMMENT ON ");
    if (on->constraint != NULL) {
        wefti_ddl_add(r, "CONSTRAINT ");
        wefti_ddl_add_name(r, on->constraint);
        wefti_ddl_add(r, " ON ");
    } else {
        wefti_ddl_add(r, on->column != NULL ? "COLUMN " : on->index ? "INDEX " : word_of(on->kind));
    }
    wefti_ddl_add_qualified(r, &on->table);
    if (on->column != NULL) {
        wefti_text_add_char(&r->text, '.');
        wefti_ddl_add_name(r, on->column);
    }
    wefti_ddl_add(r, " IS ");
    if (on->comment != NULL)
        wefti_ddl_add_literal(r, on->comment);
    else
        wefti_ddl_add(r, "NULL");
    wefti_ddl_send(r);
}

/* That of a new constraint, which perhaps has its name from what it is. */
static void send_comment_of(wefti_render_ddl *r, const wefti_def_name *table, const weft_schema_constraint *constraint)
{
    wefti_arena arena;
    if (constraint->comment == NULL)
        return;
    wefti_arena_init(&arena, 0);
    const char *name = constraint->name != NULL ? constraint->name : wefti_made_constraint_name(&arena, table->name, constraint);
    if (name == NULL)
        wefti_ddl_misuse(r, "a constraint of \"%s\" has a comment and no name", table->name != NULL ? table->name : "");
    else
        send_comment(r, &(wefti_op_comment){.table = *table, .constraint = name, .comment = constraint->comment});
    wefti_arena_deinit(&arena);
}

/* Those of a new table or view, of its columns and its constraints. */
static void send_comments(wefti_render_ddl *r, const weft_schema_table *table)
{
    const wefti_def_name name = wefti_def_name_of(table);
    wefti_op_comment on = {.table = name, .comment = table->comment, .kind = table->kind};
    if (table->comment != NULL)
        send_comment(r, &on);
    for (size_t i = 0; i < table->column_count; i++) {
        on.column = table->columns[i].name;
        on.comment = table->columns[i].comment;
        if (on.comment != NULL)
            send_comment(r, &on);
    }
    for (size_t i = 0; i < table->constraint_count; i++)
        send_comment_of(r, &name, &table->constraints[i]);
}

static void add_tablespace(wefti_render_ddl *r, const char *tablespace)
{
    if (tablespace == NULL)
        return;
    wefti_ddl_add(r, " TABLESPACE ");
    wefti_ddl_add_name(r, tablespace);
}

static void create_table(wefti_render_ddl *r, const wefti_op *op)
{
    const weft_schema_table *table = op->of.create_table.table;
    if (table->strict || table->without_rowid)
        wefti_ddl_cannot(r, "leave them out", "\"%s\": STRICT and WITHOUT ROWID are not possible on PostgreSQL", table->name);
    wefti_ddl_create_table(r, op);
    wefti_ddl_add_storage(r, table->storage);
    add_tablespace(r, table->tablespace);
    wefti_ddl_send(r);
    send_comments(r, table);
}

static void add_column_to(wefti_render_ddl *r, const wefti_op *op)
{
    const wefti_op_add_column *add = &op->of.add_column;
    begin_alter(r, &add->table);
    wefti_ddl_add(r, add->if_not_exists ? " ADD COLUMN IF NOT EXISTS " : " ADD COLUMN ");
    add_column(r, NULL, add->column);
    wefti_ddl_send(r);
    if (add->column->comment != NULL)
        send_comment(r, &(wefti_op_comment){.table = add->table, .column = add->column->name, .comment = add->column->comment});
}

static void begin_action(wefti_render_ddl *r, const char *column, int *actions)
{
    wefti_ddl_add(r, (*actions)++ > 0 ? ", ALTER COLUMN " : " ALTER COLUMN ");
    wefti_ddl_add_name(r, column);
}

static void add_identity_action(wefti_render_ddl *r, const wefti_op_alter_column *alter, int *actions)
{
    if (!alter->add_identity && !alter->set_identity && !alter->set_counting)
        return;
    begin_action(r, alter->column, actions);
    if (alter->add_identity) {
        wefti_ddl_add(r, " ADD");
        add_identity(r, alter->always, &alter->counting);
        return;
    }
    if (alter->set_identity)
        wefti_ddl_add(r, alter->always ? " SET GENERATED ALWAYS" : " SET GENERATED BY DEFAULT");
    if (alter->set_counting)
        set_counting(r, " SET ", &alter->counting);
}

/* A name as the text of which regclass is made. */
static void add_named_literal(wefti_render_ddl *r, const wefti_def_name *name)
{
    wefti_render_ddl text = {.ddl = r->ddl, .error = r->error};
    wefti_text_init(&text.text, 0);
    wefti_ddl_add_qualified(&text, name);
    wefti_ddl_add_literal(r, text.text.data != NULL ? text.text.data : "");
    r->text.failed = r->text.failed || text.text.failed;
    if (r->status == WEFT_OK)
        r->status = text.status;
    wefti_text_deinit(&text.text);
}

/* Of the identity: pg_get_serial_sequence gives that of a serial which the column was. */
static void add_own_sequence(wefti_render_ddl *to, const wefti_op_alter_column *alter)
{
    wefti_ddl_add(to,
                  "(SELECT d.objid FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid "
                  "WHERE d.classid = CAST('pg_class' AS regclass) AND d.refclassid = d.classid AND d.deptype = 'i' AND "
                  "d.refobjid = CAST(");
    add_named_literal(to, &alter->table);
    wefti_ddl_add(to, " AS regclass) AND a.attname = ");
    wefti_ddl_add_literal(to, alter->column);
    wefti_ddl_add(to, ")");
}

/* The number of its own that a sequence has given last where rows have values up to theirs, from its start on or, behind
 * begin_within, from f.n; NULL: there are none. Values beyond its bounds are never met. */
static void add_last_of_rows(wefti_render_ddl *to, const wefti_op_alter_column *alter, bool from_start)
{
    const weft_counting *said = &alter->counting;
    const weft_counting full = wefti_def_counting(said, WEFT_INT64);
    const bool down = full.increment < 0, by_one = full.increment == 1 || full.increment == -1;
    const char *last = down ? "min(" : "max(";
    char from[32] = "f.n";
    if (from_start)
        (void)snprintf(from, sizeof from, "%lld", (long long)full.start);
    wefti_ddl_add(to, by_one ? "SELECT " : "SELECT CAST(");
    wefti_ddl_add(to, last);
    wefti_ddl_add_name(to, alter->column);
    wefti_ddl_add(to, ")");
    if (!by_one) {
        wefti_text_add_format(&to->text, " - mod(CAST(%s", last);
        wefti_ddl_add_name(to, alter->column);
        wefti_text_add_format(&to->text, ") AS numeric) - %s, %lld) AS bigint)", from, (long long)full.increment);
    }
    wefti_ddl_add(to, " FROM ");
    wefti_ddl_add_qualified(to, &alter->table);
    wefti_ddl_add_if(to, !from_start, " AS t"); /* it may be called f */
    wefti_ddl_add(to, " WHERE ");
    wefti_ddl_add_name(to, alter->column);
    wefti_text_add_format(&to->text, down ? " <= %s" : " >= %s", from);
    if (down ? said->minimum == 0 && !said->minimum_is_zero : said->maximum == 0 && !said->maximum_is_zero)
        return;
    wefti_ddl_add(to, " AND ");
    wefti_ddl_add_name(to, alter->column);
    wefti_text_add_format(&to->text, down ? " >= %lld" : " <= %lld", (long long)(down ? full.minimum : full.maximum));
}

/* The values that rows have are not given out again: it goes on behind them, in its own steps. */
static void set_counter(wefti_render_ddl *r, const wefti_op_alter_column *alter)
{
    wefti_ddl_add(r, "SELECT setval(CAST(");
    add_own_sequence(r, alter);
    wefti_ddl_add(r, " AS regclass), m) FROM (");
    add_last_of_rows(r, alter, true);
    wefti_ddl_add(r, ") AS r (m) WHERE m IS NOT NULL");
    wefti_ddl_send(r);
}

static void begin_alter(wefti_render_ddl *r, const wefti_def_name *table);

static void begin_column_within(wefti_render_ddl *r, const wefti_op_alter_column *alter)
{
    const weft_type type = (weft_type)alter->counted;
    wefti_render_ddl own = {.ddl = r->ddl, .error = r->error}, rows = own;
    int actions = 0;
    begin_alter(r, &alter->table);
    begin_action(r, alter->column, &actions);
    add_widest(r, " SET ", (weft_type)alter->is_of, false);
    wefti_ddl_send(r);
    wefti_text_init(&own.text, 0);
    wefti_text_init(&rows.text, 0);
    add_own_sequence(&own, alter);
    add_last_of_rows(&rows, alter, false);
    r->text.failed = r->text.failed || own.text.failed || rows.text.failed;
    begin_within(r, own.text.data != NULL ? own.text.data : "", rows.text.data != NULL ? rows.text.data : "", &alter->counting,
                 type);
    wefti_text_deinit(&rows.text);
    wefti_text_deinit(&own.text);
}

/* The rows of a column, as t with the column v, where its values may be no numbers: those that are. */
static void add_numbers(wefti_render_ddl *r, const wefti_op_pass_rows *pass)
{
    wefti_ddl_add(r, "(SELECT CAST(substring(CAST(");
    wefti_ddl_add_name(r, pass->column);
    wefti_ddl_add(r, " AS text) FROM '^(-?[0-9]{1,18})([.][0-9]+)?$') AS bigint) FROM ");
    wefti_ddl_add_qualified(r, &pass->table);
    wefti_ddl_add(r, ") AS t (v)");
}

/* From the number that it is at, in its own steps: those that it has not given yet count, within its bounds, in its direction. What
 * others have drawn while the rows were looked at is asked in the end, and stays behind. The
 * sequence is written as the server writes it in defaults, where drafts leave out the schema that is migrated. */
static void pass_rows(wefti_render_ddl *r, const wefti_op_pass_rows *pass)
{
    const bool numbers = wefti_type_of(pass->counted)->kin == WEFT_INT64 || pass->counted == WEFT_DECIMAL;
    const char *const column = numbers ? pass->column : "v";
    wefti_ddl_add(r, "SELECT setval(");
    add_named_literal(r, &pass->sequence);
    wefti_ddl_add(r, "::regclass, CASE WHEN o.seqincrement > 0 THEN greatest(n, pg_sequence_last_value(o.seqrelid)) ELSE least(n, "
                     "pg_sequence_last_value(o.seqrelid)) END) FROM ");
    wefti_ddl_add_qualified(r, &pass->sequence);
    wefti_ddl_add(r, " AS s, pg_sequence AS o, LATERAL (SELECT CAST(CASE WHEN o.seqincrement > 0 THEN max(t.");
    wefti_ddl_add_name(r, column);
    wefti_ddl_add(r, ") ELSE min(t.");
    wefti_ddl_add_name(r, column);
    wefti_ddl_add(r, ") END AS numeric) FROM ");
    if (numbers) {
        wefti_ddl_add_qualified(r, &pass->table);
        wefti_ddl_add(r, " AS t");
    } else {
        add_numbers(r, pass);
    }
    wefti_ddl_add(r, " WHERE t.");
    wefti_ddl_add_name(r, column);
    wefti_ddl_add(r, " BETWEEN CASE WHEN o.seqincrement > 0 THEN s.last_value ELSE o.seqmin END AND "
                     "CASE WHEN o.seqincrement > 0 THEN o.seqmax ELSE s.last_value END) AS r (m), LATERAL (SELECT CAST(m - mod(m - "
                     "s.last_value, o.seqincrement) AS bigint)) AS f (n) WHERE o.seqrelid = ");
    add_named_literal(r, &pass->sequence);
    wefti_ddl_add(r, "::regclass AND m IS NOT NULL");
    wefti_ddl_send(r);
}

/* A column begins to draw from the sequence that its default names. */
static void pass_rows_of(wefti_render_ddl *r, const wefti_op_alter_column *alter)
{
    const char *at = alter->set_default;
    wefti_arena arena;
    wefti_op_pass_rows pass = {.table = alter->table, .column = alter->column, .counted = alter->counted};
    if (alter->set_default == NULL || alter->keeps_default || !wefti_drawn_only(alter->set_default))
        return;
    wefti_arena_init(&arena, 0);
    if (wefti_drawn_next(&arena, &at, &pass.sequence, &r->text.failed))
        pass_rows(r, &pass);
    wefti_arena_deinit(&arena);
}

/* An identity that is perhaps ahead of the rows goes on behind them, in its own steps, and never back. */
static void pass_identity(wefti_render_ddl *r, const wefti_op_alter_column *alter)
{
    wefti_ddl_add(r, alter->counting.increment < 0 ? "SELECT setval(s, least" : "SELECT setval(s, greatest");
    wefti_ddl_add(r, "(m, pg_sequence_last_value(s))) FROM (SELECT CAST(");
    add_own_sequence(r, alter);
    wefti_ddl_add(r, " AS regclass)) AS q (s), (");
    add_last_of_rows(r, alter, true);
    wefti_ddl_add(r, ") AS r (m) WHERE m IS NOT NULL");
    wefti_ddl_send(r);
}

static void insert(wefti_render_ddl *r, const wefti_op *op)
{
    const wefti_op_insert *insert = &op->of.insert;
    wefti_ddl_insert(r, op);
    for (size_t i = 0; i < insert->column_count && insert->value_count > 0; i++) {
        const weft_schema_column *column = &insert->columns[i];
        const wefti_op_alter_column alter = {.table = insert->table,
                                             .column = column->name,
                                             .set_default = column->server_default,
                                             .counting = column->counting,
                                             .counted = column->sql_type == NULL ? column->type : (uint8_t)WEFT_UNMAPPED};
        if (column->identity || column->identity_always)
            pass_identity(r, &alter);
        else
            pass_rows_of(r, &alter);
    }
}

/* One statement: the table is rewritten once at most. The server takes a default away before it changes the type, and sets one
 * afterwards. */
static void alter_column(wefti_render_ddl *r, const wefti_op *op)
{
    const wefti_op_alter_column *alter = &op->of.alter_column;
    int actions = 0;
    if ((alter->set_not_null && alter->drop_not_null) || (alter->drop_default && alter->set_default != NULL && alter->type == NULL))
        wefti_ddl_misuse(r, "the alteration of the column \"%s\" contradicts itself", alter->column);
    if ((alter->add_identity && alter->drop_identity) || (alter->set_default != NULL && alter->add_identity))
        wefti_ddl_misuse(r, "the alteration of the column \"%s\" contradicts itself", alter->column);
    if (alter->narrows)
        begin_column_within(r, alter);
    begin_alter(r, &alter->table);
    if (alter->drop_identity) { /* before it may be NULL */
        begin_action(r, alter->column, &actions);
        wefti_ddl_add(r, " DROP IDENTITY");
    }
    if (alter->drop_default) {
        begin_action(r, alter->column, &actions);
        wefti_ddl_add(r, " DROP DEFAULT");
    }
    if (alter->drop_expression) {
        begin_action(r, alter->column, &actions);
        wefti_ddl_add(r, " DROP EXPRESSION");
    }
    if (alter->type != NULL) {
        begin_action(r, alter->column, &actions);
        wefti_text_add_format(&r->text, " TYPE %s", alter->type);
        if (alter->using_ != NULL)
            wefti_text_add_format(&r->text, " USING %s", alter->using_);
    }
    if (alter->set_not_null || alter->drop_not_null) {
        begin_action(r, alter->column, &actions);
        wefti_ddl_add(r, alter->set_not_null ? " SET NOT NULL" : " DROP NOT NULL");
    }
    if (alter->set_default != NULL) {
        begin_action(r, alter->column, &actions);
        wefti_ddl_add(r, " SET");
        wefti_ddl_add_default(r, alter->set_default);
    }
    add_identity_action(r, alter, &actions);
    if (actions == 0)
        wefti_ddl_misuse(r, "the alteration of the column \"%s\" changes nothing", alter->column);
    wefti_ddl_send(r);
    if (alter->add_identity)
        set_counter(r, alter);
    pass_rows_of(r, alter);
}

static void no_rebuild(wefti_render_ddl *r, const wefti_op *op)
{
    wefti_ddl_cannot(r, "alter it", "building the table \"%s\" anew is not possible on PostgreSQL",
                     op->of.rebuild_table.table->name);
}

static void comment_on(wefti_render_ddl *r, const wefti_op *op) { send_comment(r, &op->of.comment); }

static void store(wefti_render_ddl *r, const wefti_op *op)
{
    const wefti_op_store *store = &op->of.store;
    const char *before = " ";
    if (store->storage == NULL && store->reset == NULL && store->tablespace == NULL && store->logged == store->unlogged)
        wefti_ddl_misuse(r, "nothing is said of how \"%s\" is to be kept", store->what.name != NULL ? store->what.name : "");
    wefti_ddl_add(r, store->index ? "ALTER INDEX " : "ALTER TABLE ");
    wefti_ddl_add_qualified(r, &store->what);
    if (store->logged != store->unlogged) {
        wefti_text_add_format(&r->text, "%sSET %s", before, store->logged ? "LOGGED" : "UNLOGGED");
        before = ", ";
    }
    if (store->storage != NULL) {
        wefti_text_add_format(&r->text, "%sSET (%s)", before, store->storage);
        before = ", ";
    }
    if (store->reset != NULL) {
        wefti_text_add_format(&r->text, "%sRESET (%s)", before, store->reset);
        before = ", ";
    }
    if (store->tablespace != NULL) {
        wefti_text_add_format(&r->text, "%sSET", before);
        add_tablespace(r, store->tablespace);
    }
    wefti_ddl_send(r);
}

/* ---- indexes and constraints ---- */

static void create_index(wefti_render_ddl *r, const wefti_op *op)
{
    const wefti_op_create_index *create = &op->of.create_index;
    const weft_schema_index *index = create->index;
    wefti_ddl_add(r, index->unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ");
    wefti_ddl_add_if(r, index->concurrently, "CONCURRENTLY ");
    wefti_ddl_add_if(r, create->if_not_exists, "IF NOT EXISTS ");
    wefti_ddl_add_name(r, index->name);
    wefti_ddl_add(r, " ON ");
    wefti_ddl_add_qualified(r, &create->table);
    if (index->method != NULL) {
        wefti_ddl_add(r, " USING ");
        wefti_ddl_add_name(r, index->method);
    }
    wefti_text_add_char(&r->text, ' ');
    wefti_ddl_add_parts(r, index);
    if (index->include != NULL) {
        wefti_ddl_add(r, " INCLUDE ");
        wefti_ddl_add_names(r, index->include);
    }
    wefti_ddl_add_if(r, index->nulls_not_distinct, " NULLS NOT DISTINCT");
    wefti_ddl_add_storage(r, index->storage);
    add_tablespace(r, index->tablespace);
    if (index->where != NULL)
        wefti_text_add_format(&r->text, " WHERE %s", index->where);
    wefti_ddl_send(r);
    if (index->comment != NULL)
        send_comment(r,
                     &(wefti_op_comment){.table = {create->table.schema, index->name}, .index = true, .comment = index->comment});
}

static void drop_index(wefti_render_ddl *r, const wefti_op *op)
{
    wefti_ddl_add(r, op->of.drop_index.concurrently ? "DROP INDEX CONCURRENTLY " : "DROP INDEX ");
    wefti_ddl_add_if(r, op->of.drop_index.if_exists, "IF EXISTS ");
    wefti_ddl_add_qualified(r, &op->of.drop_index.index);
    wefti_ddl_send(r);
}

static void add_constraint(wefti_render_ddl *r, const wefti_op *op)
{
    begin_alter(r, &op->of.add_constraint.table);
    wefti_ddl_add(r, " ADD ");
    wefti_ddl_add_constraint(r, op->of.add_constraint.table.name, op->of.add_constraint.constraint);
    wefti_ddl_send(r);
    send_comment_of(r, &op->of.add_constraint.table, op->of.add_constraint.constraint);
}

static void validate_constraint(wefti_render_ddl *r, const wefti_op *op)
{
    begin_alter(r, &op->of.validate_constraint.table);
    wefti_ddl_add(r, " VALIDATE CONSTRAINT ");
    wefti_ddl_add_name(r, op->of.validate_constraint.name);
    wefti_ddl_send(r);
}

static void drop_constraint(wefti_render_ddl *r, const wefti_op *op)
{
    const wefti_op_drop_constraint *drop = &op->of.drop_constraint;
    wefti_ddl_add(r, drop->if_exists ? "ALTER TABLE IF EXISTS " : "ALTER TABLE ");
    wefti_ddl_add_qualified(r, &drop->table);
    wefti_ddl_add(r, drop->if_exists ? " DROP CONSTRAINT IF EXISTS " : " DROP CONSTRAINT ");
    wefti_ddl_add_name(r, drop->name);
    wefti_ddl_send(r);
}

/* ---- enum types and sequences ---- */

/* CREATE TYPE knows no IF NOT EXISTS. */
static void add_unless_type(wefti_render_ddl *r, const wefti_def_name *name)
{
    wefti_text quoted;
    wefti_text_init(&quoted, 0);
    wefti_add_qualified(&quoted, name->schema, name->name != NULL ? name->name : "");
    wefti_ddl_add(r, "DO $weft$ BEGIN IF to_regtype(");
    wefti_ddl_add_literal(r, quoted.failed ? "" : quoted.data);
    wefti_ddl_add(r, ") IS NULL THEN ");
    r->text.failed = r->text.failed || quoted.failed;
    wefti_text_deinit(&quoted);
}

static void create_enum(wefti_render_ddl *r, const wefti_op *op)
{
    const weft_schema_enum *type = op->of.create_enum.type;
    const wefti_def_name name = {type->schema, type->name};
    if (op->of.create_enum.if_not_exists)
        add_unless_type(r, &name);
    wefti_ddl_add(r, "CREATE TYPE ");
    wefti_ddl_add_qualified(r, &name);
    wefti_ddl_add(r, " AS ENUM (");
    for (size_t i = 0; type->values != NULL && type->values[i] != NULL; i++) {
        wefti_ddl_add_if(r, i > 0, ", ");
        wefti_ddl_add_literal(r, type->values[i]);
    }
    wefti_ddl_add(r, op->of.create_enum.if_not_exists ? "); END IF; END $weft$" : ")");
    wefti_ddl_send(r);
}

static void begin_type(wefti_render_ddl *r, const wefti_def_name *type, const char *value)
{
    if (value == NULL)
        wefti_ddl_misuse(r, "a value of the enum \"%s\" is not given", type->name != NULL ? type->name : "");
    wefti_ddl_add(r, "ALTER TYPE ");
    wefti_ddl_add_qualified(r, type);
}

static void add_enum_value(wefti_render_ddl *r, const wefti_op *op)
{
    const wefti_op_add_enum_value *add = &op->of.add_enum_value;
    begin_type(r, &add->type, add->value);
    wefti_ddl_add(r, add->if_not_exists ? " ADD VALUE IF NOT EXISTS " : " ADD VALUE ");
    wefti_ddl_add_literal(r, add->value != NULL ? add->value : "");
    if (add->before != NULL) {
        wefti_ddl_add(r, " BEFORE ");
        wefti_ddl_add_literal(r, add->before);
    }
    wefti_ddl_send(r);
}

static void rename_enum_value(wefti_render_ddl *r, const wefti_op *op)
{
    const wefti_op_rename_enum_value *rename = &op->of.rename_enum_value;
    begin_type(r, &rename->type, rename->to != NULL ? rename->value : NULL);
    wefti_ddl_add(r, " RENAME VALUE ");
    wefti_ddl_add_literal(r, rename->value != NULL ? rename->value : "");
    wefti_ddl_add(r, " TO ");
    wefti_ddl_add_literal(r, rename->to != NULL ? rename->to : "");
    wefti_ddl_send(r);
}

static void rename_enum(wefti_render_ddl *r, const wefti_op *op)
{
    wefti_ddl_add(r, "ALTER TYPE ");
    wefti_ddl_add_qualified(r, &op->of.rename_enum.type);
    wefti_ddl_add(r, " RENAME TO ");
    wefti_ddl_add_name(r, op->of.rename_enum.to);
    wefti_ddl_send(r);
}

static void drop_enum(wefti_render_ddl *r, const wefti_op *op)
{
    wefti_ddl_add(r, op->of.drop_enum.if_exists ? "DROP TYPE IF EXISTS " : "DROP TYPE ");
    wefti_ddl_add_qualified(r, &op->of.drop_enum.type);
    wefti_ddl_send(r);
}

static void add_owner(wefti_render_ddl *r, const weft_schema_sequence *sequence)
{
    if (sequence->table == NULL || sequence->column == NULL)
        return;
    wefti_ddl_add(r, " OWNED BY ");
    wefti_ddl_add_qualified(r, &(wefti_def_name){sequence->schema, sequence->table});
    wefti_text_add_char(&r->text, '.');
    wefti_ddl_add_name(r, sequence->column);
}

static void create_sequence(wefti_render_ddl *r, const wefti_op *op)
{
    const weft_schema_sequence *sequence = op->of.create_sequence.sequence;
    wefti_ddl_add(r, op->of.create_sequence.if_not_exists ? "CREATE SEQUENCE IF NOT EXISTS " : "CREATE SEQUENCE ");
    wefti_ddl_add_qualified(r, &(wefti_def_name){sequence->schema, sequence->name});
    if (sequence->type != WEFT_UNMAPPED && sequence->type != WEFT_INT64)
        wefti_text_add_format(&r->text, " AS %s", r->ddl->names[sequence->type].column);
    add_counting(r, " ", &sequence->counting);
    add_owner(r, sequence);
    wefti_ddl_send(r);
}

static void own_sequence(wefti_render_ddl *r, const wefti_op *op)
{
    const weft_schema_sequence *sequence = op->of.own_sequence.sequence;
    wefti_ddl_add(r, "ALTER SEQUENCE ");
    wefti_ddl_add_qualified(r, &(wefti_def_name){sequence->schema, sequence->name});
    add_owner(r, sequence);
    wefti_ddl_send(r);
}

static void begin_sequence_within(wefti_render_ddl *r, const wefti_op_alter_sequence *alter)
{
    const weft_schema_sequence *sequence = alter->sequence;
    wefti_render_ddl literal = {.ddl = r->ddl, .error = r->error};
    wefti_ddl_add(r, "ALTER SEQUENCE ");
    wefti_ddl_add_qualified(r, &(wefti_def_name){sequence->schema, sequence->name});
    wefti_ddl_add_if(r, alter->retype, " AS BIGINT");
    add_widest(r, " ", alter->retype ? WEFT_INT64 : (weft_type)sequence->type, alter->retype);
    wefti_ddl_send(r);
    wefti_text_init(&literal.text, 0);
    add_named_literal(&literal, &(wefti_def_name){sequence->schema, sequence->name});
    r->text.failed = r->text.failed || literal.text.failed;
    begin_within(r, literal.text.data != NULL ? literal.text.data : "", "SELECT CAST(NULL AS bigint)", &sequence->counting,
                 (weft_type)sequence->type);
    wefti_text_deinit(&literal.text);
}

static void alter_sequence(wefti_render_ddl *r, const wefti_op *op)
{
    const wefti_op_alter_sequence *alter = &op->of.alter_sequence;
    if (alter->narrows)
        begin_sequence_within(r, alter);
    const weft_schema_sequence *sequence = alter->sequence;
    const unsigned type = sequence->type != WEFT_UNMAPPED ? sequence->type : (unsigned)WEFT_INT64;
    wefti_ddl_add(r, "ALTER SEQUENCE ");
    wefti_ddl_add_qualified(r, &(wefti_def_name){sequence->schema, sequence->name});
    if (alter->retype)
        wefti_text_add_format(&r->text, " AS %s", r->ddl->names[type].column);
    set_counting(r, " ", &alter->sequence->counting);
    add_owner(r, alter->sequence);
    wefti_ddl_send(r);
}

static void pass_rows_by(wefti_render_ddl *r, const wefti_op *op) { pass_rows(r, &op->of.pass_rows); }

static void drop_sequence(wefti_render_ddl *r, const wefti_op *op)
{
    wefti_ddl_add(r, op->of.drop_sequence.if_exists ? "DROP SEQUENCE IF EXISTS " : "DROP SEQUENCE ");
    wefti_ddl_add_qualified(r, &op->of.drop_sequence.sequence);
    wefti_ddl_send(r);
}

/* ---- views ---- */

static void create_view(wefti_render_ddl *r, const wefti_op *op)
{
    const wefti_op_create_view *create = &op->of.create_view;
    const bool materialized = create->view->kind == WEFT_RELATION_MATERIALIZED_VIEW;
    if (materialized && create->replace)
        wefti_ddl_cannot(r, "drop it first", "\"%s\": replacing a materialized view is not possible on PostgreSQL",
                         create->view->name);
    if (!materialized && create->if_not_exists)
        wefti_ddl_cannot(r, "replace it", "\"%s\": CREATE VIEW IF NOT EXISTS is not possible on PostgreSQL", create->view->name);
    if (!materialized && create->no_data)
        wefti_ddl_misuse(r, "the view \"%s\" keeps no data that could be left out", create->view->name);
    wefti_ddl_add(r, create->replace ? "CREATE OR REPLACE " : "CREATE ");
    wefti_ddl_add(r, word_of(create->view->kind));
    wefti_ddl_add_if(r, create->if_not_exists, "IF NOT EXISTS ");
    wefti_ddl_add_view(r, create->view);
    wefti_ddl_add_if(r, create->no_data, " WITH NO DATA");
    wefti_ddl_send(r);
    send_comments(r, create->view);
}

const wefti_ddl wefti_ddl_postgres = {
    .name = "postgresql",
    .names = wefti_names_postgres,
    .read = wefti_read_postgres,
    .speller = &wefti_speller_postgres,
    .backslash_strings = true,
    .adds_constraints = true,
    .made_types = true,
    .index_options = true,
    .tablespace = "pg_default",
    .schema_names = "SELECT CAST(nspname AS text) FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> "
                    "'information_schema' ORDER BY nspname",
    .comments = true,
    .materialized_views = true,
    .replaces_views = true,
    .rules = &wefti_sql_rules_postgres,
    .add_column = add_column,
    .add_literal = wefti_ddl_postgres_literal,
    .override_counting = " OVERRIDING SYSTEM VALUE",
    .settle_column = settle_column,
    .renderers =
        {
            [WEFTI_OP_CREATE_SCHEMA] = create_schema,
            [WEFTI_OP_DROP_SCHEMA] = drop_schema,
            [WEFTI_OP_CREATE_TABLE] = create_table,
            [WEFTI_OP_DROP_TABLE] = wefti_ddl_drop_table,
            [WEFTI_OP_RENAME_TABLE] = wefti_ddl_rename_table,
            [WEFTI_OP_ADD_COLUMN] = add_column_to,
            [WEFTI_OP_DROP_COLUMN] = wefti_ddl_drop_column,
            [WEFTI_OP_RENAME_COLUMN] = wefti_ddl_rename_column,
            [WEFTI_OP_ALTER_COLUMN] = alter_column,
            [WEFTI_OP_CREATE_INDEX] = create_index,
            [WEFTI_OP_DROP_INDEX] = drop_index,
            [WEFTI_OP_ADD_CONSTRAINT] = add_constraint,
            [WEFTI_OP_VALIDATE_CONSTRAINT] = validate_constraint,
            [WEFTI_OP_DROP_CONSTRAINT] = drop_constraint,
            [WEFTI_OP_CREATE_ENUM] = create_enum,
            [WEFTI_OP_ADD_ENUM_VALUE] = add_enum_value,
            [WEFTI_OP_RENAME_ENUM_VALUE] = rename_enum_value,
            [WEFTI_OP_RENAME_ENUM] = rename_enum,
            [WEFTI_OP_DROP_ENUM] = drop_enum,
            [WEFTI_OP_CREATE_SEQUENCE] = create_sequence,
            [WEFTI_OP_ALTER_SEQUENCE] = alter_sequence,
            [WEFTI_OP_OWN_SEQUENCE] = own_sequence,
            [WEFTI_OP_PASS_ROWS] = pass_rows_by,
            [WEFTI_OP_DROP_SEQUENCE] = drop_sequence,
            [WEFTI_OP_CREATE_VIEW] = create_view,
            [WEFTI_OP_DROP_VIEW] = wefti_ddl_drop_view,
            [WEFTI_OP_COMMENT] = comment_on,
            [WEFTI_OP_STORE] = store,
            [WEFTI_OP_INSERT] = insert,
            [WEFTI_OP_EXECUTE] = wefti_ddl_execute,
            [WEFTI_OP_REBUILD_TABLE] = no_rebuild,
        },
};
