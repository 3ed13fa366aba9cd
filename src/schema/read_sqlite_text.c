/* SQLite keeps statements as they were typed, comments included, and edits them itself when a table is altered. They are read by
 * the grammar of CREATE TABLE, CREATE INDEX and CREATE VIEW (SQLite's parse.y), whose expressions are taken as they stand: SQLite
 * has accepted the text, so a mistake in it is not looked for. */
#include "schema/read_sqlite.h"

#include "base/error.h"
#include "base/locale.h"

#include <string.h>

/* Where a text is read: the token at hand. */
typedef struct scan {
    wefti_reading *r;
    const char *text, *start, *end; /* the statement; the token */
    const char *before;             /* where the token before it ended */
    wefti_sql_token kind;
    bool wrong;
} scan;

static void next(scan *s)
{
    s->before = s->end;
    do {
        s->start = s->end;
        s->kind = wefti_sql_next(&wefti_sql_rules_sqlite, &s->end);
    } while (s->kind == WEFTI_SQL_SPACE);
}

static scan begin(wefti_reading *r, const char *text)
{
    scan s = {.r = r, .text = text, .start = text, .end = text, .before = text};
    next(&s);
    return s;
}

static bool is_char(const scan *s, char c) { return s->kind == WEFTI_SQL_OTHER && *s->start == c; }

/* Whether an unquoted word stands there. */
static bool is_word(const scan *s, const char *word)
{
    const size_t size = strlen(word);
    return s->kind == WEFTI_SQL_NAME && (size_t)(s->end - s->start) == size && wefti_ascii_begins(s->start, word);
}

static bool skip_word(scan *s, const char *word)
{
    const bool there = is_word(s, word);
    if (there)
        next(s);
    return there;
}

static bool skip_char(scan *s, char c)
{
    const bool there = is_char(s, c);
    if (there)
        next(s);
    return there;
}

static const char *copy(const scan *s, const char *from, const char *to)
{
    const char *made = wefti_arena_strndup(s->r->arena, from, (size_t)(to - from));
    if (made == NULL && s->r->status == WEFT_OK)
        s->r->status = wefti_error_memory(s->r->error);
    return made;
}

/* A name, whose quotes may be those of SQL, of others, and of strings. */
static const char *take_name(scan *s)
{
    if (s->kind != WEFTI_SQL_NAME && s->kind != WEFTI_SQL_STRING) {
        s->wrong = true;
        return NULL;
    }
    const char *from = s->start, *to = s->end;
    char *name = (char *)(uintptr_t)copy(s, from, to);
    next(s);
    if (name != NULL)
        wefti_sql_unquote(from, to, name);
    return name;
}

/* From "(" to behind the ")" that closes it: what stands between. */
static const char *take_parenthesis(scan *s)
{
    if (!is_char(s, '(')) {
        s->wrong = true;
        return NULL;
    }
    next(s);
    const char *from = s->start, *to = from;
    for (int depth = 1; depth > 0; next(s)) {
        depth += is_char(s, '(') ? 1 : is_char(s, ')') ? -1 : 0;
        if (depth == 0)
            to = s->before;
        if (s->kind == WEFTI_SQL_END) {
            s->wrong = true;
            return NULL;
        }
    }
    return copy(s, from, to < from ? from : to);
}

/* (a, b COLLATE c DESC): names, of which what orders them is kept as text where it is said. */
static const char *const *take_names(scan *s, bool *ordered)
{
    const char *const *names = NULL;
    if (!skip_char(s, '(')) {
        s->wrong = true;
        return NULL;
    }
    do {
        wefti_read_add_name(s->r, &names, take_name(s));
        while (!s->wrong && s->kind != WEFTI_SQL_END && !is_char(s, ',') && !is_char(s, ')')) {
            *ordered = *ordered || !is_word(s, "ASC");
            next(s);
        }
    } while (!s->wrong && skip_char(s, ','));
    s->wrong = s->wrong || !skip_char(s, ')');
    return names;
}

/* ON CONFLICT …, which no definition says. */
static bool skip_conflict(scan *s)
{
    if (!is_word(s, "ON"))
        return false;
    scan ahead = *s;
    next(&ahead);
    if (!skip_word(&ahead, "CONFLICT"))
        return false;
    next(&ahead);
    *s = ahead;
    return true;
}

/* ---- constraints ---- */

/* Of what is being read. */
typedef struct table_scan {
    scan s;
    wefti_read_table *table;
    weft_schema_column *column; /* NULL: the table's own constraints */
    bool descending_key;        /* x INTEGER PRIMARY KEY DESC: a key that is no row number, for compatibility's sake */
} table_scan;

static weft_schema_constraint *add_constraint(table_scan *t, weft_constraint_kind kind, const char *name)
{
    weft_schema_constraint *constraint = WEFTI_READ_ADD(t->s.r, &t->table->constraints, weft_schema_constraint);
    if (constraint != NULL) {
        constraint->kind = kind;
        constraint->name = name;
    }
    return constraint;
}

static const char *take_action(scan *s)
{
    if (skip_word(s, "CASCADE"))
        return "CASCADE";
    if (skip_word(s, "RESTRICT"))
        return "RESTRICT";
    if (skip_word(s, "SET"))
        return skip_word(s, "NULL") ? "SET NULL" : (next(s), "SET DEFAULT");
    (void)skip_word(s, "NO");
    (void)skip_word(s, "ACTION");
    return NULL;
}

/* [NOT] DEFERRABLE [INITIALLY …]; *said: it stood there. */
static bool take_deferrable(scan *s, weft_schema_constraint *key)
{
    const bool negated = is_word(s, "NOT");
    if (negated) { /* or NOT NULL, the column's next constraint */
        scan ahead = *s;
        next(&ahead);
        if (!is_word(&ahead, "DEFERRABLE"))
            return false;
        *s = ahead;
    }
    if (!skip_word(s, "DEFERRABLE"))
        return false;
    key->deferrable = !negated;
    if (skip_word(s, "INITIALLY")) {
        key->initially_deferred = !negated && is_word(s, "DEFERRED");
        next(s);
    }
    return true;
}

/* From REFERENCES on. */
static void take_reference(table_scan *t, weft_schema_constraint *key)
{
    scan *s = &t->s;
    bool ordered = false;
    next(s);
    key->target_table = take_name(s);
    if (is_char(s, '('))
        key->target_columns = take_names(s, &ordered);
    while (!s->wrong) {
        if (skip_word(s, "ON")) {
            const char **action = is_word(s, "DELETE") ? &key->on_delete : &key->on_update;
            next(s);
            *action = take_action(s);
        } else if (skip_word(s, "MATCH")) { /* SQLite reads it and goes by SIMPLE */
            next(s);
        } else if (!take_deferrable(s, key)) {
            return;
        }
    }
}

static void add_reference(table_scan *t, weft_schema_constraint *key, const char *name)
{
    if (!t->s.wrong)
        take_reference(t, key);
    weft_schema_constraint *constraint = add_constraint(t, WEFT_CONSTRAINT_FOREIGN_KEY, name);
    if (constraint != NULL) {
        *constraint = *key;
        constraint->kind = WEFT_CONSTRAINT_FOREIGN_KEY;
        constraint->name = name;
    }
}

static void keep_from(table_scan *t, const char *from) { wefti_read_keep(t->s.r, t->table, copy(&t->s, from, t->s.before)); }

/* A key or unique constraint of the table or of one column; said from this place. */
static void take_key(table_scan *t, weft_constraint_kind kind, const char *name, const char *from)
{
    scan *s = &t->s;
    bool special = false;
    const char *const *columns = NULL;
    if (t->column == NULL)
        columns = take_names(s, &special);
    else
        wefti_read_add_name(s->r, &columns, t->column->name);
    if (t->column != NULL && !skip_word(s, "ASC") && skip_word(s, "DESC")) {
        special = true;
        t->descending_key = true;
    }
    special = skip_conflict(s) || special;
    special = skip_word(s, "AUTOINCREMENT") || special;
    weft_schema_constraint *constraint = add_constraint(t, kind, name);
    if (constraint != NULL)
        constraint->columns = columns;
    if (special)
        keep_from(t, from);
}

static void take_check(table_scan *t, const char *name, const char *from)
{
    const char *expression = take_parenthesis(&t->s);
    if (skip_conflict(&t->s))
        keep_from(t, from);
    weft_schema_constraint *constraint = add_constraint(t, WEFT_CONSTRAINT_CHECK, name);
    if (constraint != NULL)
        constraint->expression = expression;
}

/* What tables and columns say by the same words; false: it is something else. */
static bool take_common(table_scan *t, const char *name, const char *from)
{
    scan *s = &t->s;
    if (skip_word(s, "PRIMARY")) {
        next(s);
        take_key(t, WEFT_CONSTRAINT_PRIMARY_KEY, name, from);
    } else if (skip_word(s, "UNIQUE")) {
        take_key(t, WEFT_CONSTRAINT_UNIQUE, name, from);
    } else if (skip_word(s, "CHECK")) {
        take_check(t, name, from);
    } else {
        return false;
    }
    return true;
}

static void take_table_constraint(table_scan *t)
{
    scan *s = &t->s;
    const char *from = s->start, *name = skip_word(s, "CONSTRAINT") ? take_name(s) : NULL;
    t->column = NULL;
    if (take_common(t, name, from))
        return;
    if (skip_word(s, "FOREIGN")) {
        bool ordered = false;
        next(s);
        const char *const *columns = take_names(s, &ordered);
        weft_schema_constraint key = {.columns = columns};
        s->wrong = s->wrong || !is_word(s, "REFERENCES");
        add_reference(t, &key, name);
    } else {
        s->wrong = s->wrong || name == NULL; /* CONSTRAINT x alone is a constraint of nothing */
    }
}

/* ---- columns ---- */

/* DEFAULT (…), a sign and a number, a literal, a name: the pragma has told it. */
static void skip_default(scan *s)
{
    if (is_char(s, '('))
        (void)take_parenthesis(s);
    else {
        while (is_char(s, '-') || is_char(s, '+'))
            next(s);
        next(s);
    }
}

static void take_generated(table_scan *t)
{
    t->column->generated = take_parenthesis(&t->s);
    t->column->server_default = NULL;
    if (!skip_word(&t->s, "STORED"))
        (void)skip_word(&t->s, "VIRTUAL");
}

/* False: no constraint stands there. */
static bool take_column_constraint(table_scan *t)
{
    scan *s = &t->s;
    const char *from = s->start, *name = skip_word(s, "CONSTRAINT") ? take_name(s) : NULL;
    if (take_common(t, name, from))
        return true;
    if (is_word(s, "REFERENCES")) {
        weft_schema_constraint key = {0};
        wefti_read_add_name(s->r, &key.columns, t->column->name);
        add_reference(t, &key, name);
    } else if (skip_word(s, "NOT")) {
        next(s);
        if (skip_conflict(s))
            keep_from(t, from);
    } else if (skip_word(s, "NULL")) {
        (void)skip_conflict(s);
    } else if (skip_word(s, "DEFAULT")) {
        skip_default(s);
    } else if (skip_word(s, "COLLATE")) {
        t->column->collation = take_name(s);
    } else if (skip_word(s, "GENERATED")) {
        next(s); /* ALWAYS */
        next(s); /* AS */
        take_generated(t);
    } else if (skip_word(s, "AS")) {
        take_generated(t);
    } else {
        return name != NULL;
    }
    return true;
}

static bool begins_constraint(const scan *s)
{
    static const char *const words[] = {"CONSTRAINT", "PRIMARY", "UNIQUE",  "CHECK",     "FOREIGN", "REFERENCES",
                                        "NOT",        "DEFAULT", "COLLATE", "GENERATED", "AS",      "NULL"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (is_word(s, words[i]))
            return true;
    return false;
}

static weft_schema_column *column_named(const wefti_read_table *table, const char *name)
{
    weft_schema_column *columns = table->columns.items;
    for (size_t i = 0; name != NULL && i < table->columns.count; i++)
        if (columns[i].name != NULL && wefti_ascii_equal(columns[i].name, name))
            return &columns[i];
    return NULL;
}

static void take_column_definition(table_scan *t)
{
    scan *s = &t->s;
    t->column = column_named(t->table, take_name(s));
    s->wrong = s->wrong || t->column == NULL;
    while (!s->wrong && !begins_constraint(s) && !is_char(s, ',') && !is_char(s, ')') && s->kind != WEFTI_SQL_END) { /* its type */
        if (is_char(s, '('))
            (void)take_parenthesis(s);
        else
            next(s);
    }
    while (!s->wrong && s->r->status == WEFT_OK && take_column_constraint(t)) {
    }
}

/* ---- tables ---- */

/* A key of one column that is declared INTEGER is the row's number: never NULL, and made. */
static void mark_row_number(const table_scan *t)
{
    wefti_read_table *table = t->table;
    weft_schema_constraint *constraints = table->constraints.items;
    for (size_t i = 0; i < table->constraints.count; i++) {
        if (constraints[i].kind != WEFT_CONSTRAINT_PRIMARY_KEY || wefti_def_count(constraints[i].columns) != 1)
            continue;
        weft_schema_column *column = column_named(table, constraints[i].columns[0]);
        if (column != NULL && column->type == WEFT_INT64 && !table->table.without_rowid && !t->descending_key) {
            column->identity = true;
            column->nullable = false;
        }
    }
}

static void wrong_text(wefti_reading *r, const char *name, const char *text)
{
    if (r->status == WEFT_OK)
        r->status = wefti_error_set(r->error, WEFT_ERROR_DATA, "the definition of \"%s\" cannot be read: %.300s", name, text);
}

void wefti_read_table_text(wefti_reading *r, wefti_read_table *table)
{
    if (table->text == NULL)
        return;
    table_scan t = {.s = begin(r, table->text), .table = table};
    scan *s = &t.s;
    while (!is_char(s, '(') && s->kind != WEFTI_SQL_END) /* CREATE TABLE "name" */
        next(s);
    next(s);
    do {
        scan ahead = *s;
        const bool constraint = s->kind == WEFTI_SQL_NAME && (is_word(s, "CONSTRAINT") || is_word(s, "PRIMARY") ||
                                                              is_word(s, "UNIQUE") || is_word(s, "CHECK") || is_word(s, "FOREIGN"));
        if (constraint)
            take_table_constraint(&t);
        else
            take_column_definition(&t);
        while (constraint && !s->wrong && begins_constraint(s)) /* SQLite wants no comma between constraints of the table */
            take_table_constraint(&t);
        if (s->start == ahead.start)
            s->wrong = true;
    } while (!s->wrong && r->status == WEFT_OK && skip_char(s, ','));
    if (s->wrong || !is_char(s, ')'))
        wrong_text(r, table->table.name, table->text);
    mark_row_number(&t);
}

/* ---- indexes and views ---- */

/* A part: a column, or an expression up to what orders it. */
static void take_part(scan *s, const wefti_read_table *table, wefti_read_list *parts)
{
    weft_schema_part *part = WEFTI_READ_ADD(s->r, parts, weft_schema_part);
    if (part == NULL)
        return;
    const scan first = *s;
    const char *end = s->start;
    int depth = 0;
    while (s->kind != WEFTI_SQL_END && (depth > 0 || (!is_char(s, ',') && !is_char(s, ')')))) {
        if (depth == 0 && (is_word(s, "ASC") || is_word(s, "DESC"))) {
            part->descending = is_word(s, "DESC");
            next(s);
            continue;
        }
        if (depth == 0 && skip_word(s, "COLLATE")) {
            part->collation = take_name(s);
            continue;
        }
        depth += is_char(s, '(') ? 1 : is_char(s, ')') ? -1 : 0;
        end = s->end;
        next(s);
    }
    scan alone = first;
    const char *name = alone.kind == WEFTI_SQL_NAME || alone.kind == WEFTI_SQL_STRING ? take_name(&alone) : NULL;
    const weft_schema_column *column = name != NULL && alone.before == end ? column_named(table, name) : NULL;
    if (column != NULL)
        part->column = column->name;
    else
        part->expression = wefti_read_unwrapped(s->r, &wefti_sql_rules_sqlite, copy(s, first.start, end));
}

void wefti_read_index_text(wefti_reading *r, wefti_read_table *table, const char *name, const char *text)
{
    weft_schema_index *index = WEFTI_READ_ADD(r, &table->indexes, weft_schema_index);
    if (index == NULL)
        return;
    scan s = begin(r, text);
    wefti_read_list parts = {0};
    index->name = name;
    while (!is_char(&s, '(') && s.kind != WEFTI_SQL_END) { /* CREATE UNIQUE INDEX a ON b */
        index->unique = index->unique || is_word(&s, "UNIQUE");
        next(&s);
    }
    next(&s);
    do
        take_part(&s, table, &parts);
    while (r->status == WEFT_OK && skip_char(&s, ','));
    if (!skip_char(&s, ')') || (s.kind != WEFTI_SQL_END && !is_word(&s, "WHERE"))) {
        wrong_text(r, name, text);
        return;
    }
    index->parts = parts.items;
    index->part_count = parts.count;
    if (skip_word(&s, "WHERE")) {
        const char *from = s.start;
        while (s.kind != WEFTI_SQL_END)
            next(&s);
        index->where = copy(&s, from, s.before);
    }
}

const char *wefti_read_view_text(wefti_reading *r, const char *text)
{
    scan s = begin(r, text);
    while (s.kind != WEFTI_SQL_END && !is_word(&s, "AS")) /* CREATE VIEW a (b, c) AS */
        next(&s);
    next(&s);
    const char *from = s.start;
    while (s.kind != WEFTI_SQL_END)
        next(&s);
    return copy(&s, from, s.before);
}
