/* When two parts of definitions are the same: texts by their tokens, types by what DDL says, constraints and indexes by what they
 * are and not by what they are called. */
#include "schema/comparing.h"

#include "base/limits.h"
#include "base/locale.h"

#include <string.h>

/* ---- texts ---- */

typedef struct words {
    const wefti_sql_rules *rules;
    const char *at, *start;
    const char *place; /* which is left out, with its dot */
    wefti_sql_token kind;
} words;

static void next(words *w)
{
    do {
        w->start = w->at;
        w->kind = wefti_sql_next(w->rules, &w->at);
    } while (w->kind == WEFTI_SQL_SPACE);
}

static bool is_place(const words *w)
{
    const size_t size = w->place != NULL ? strlen(w->place) : 0;
    return size > 0 && w->kind == WEFTI_SQL_NAME && (size_t)(w->at - w->start) == size && *w->at == '.' &&
           memcmp(w->start, w->place, size) == 0;
}

static void next_word(words *w)
{
    next(w);
    while (is_place(w)) {
        next(w);
        next(w);
    }
}

/* One character of a name: unquoted ones in small letters, and the quotes of quoted ones are not there. */
static int name_character(const char **at, const char *end, char quote)
{
    if (*at >= end)
        return -1;
    const char c = *(*at)++;
    if (quote == '\0')
        return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : (unsigned char)c;
    if (c == quote && *at < end)
        (*at)++;
    return (unsigned char)c;
}

static char quote_of(const char *start) { return *start == '[' ? ']' : *start == '"' || *start == '`' ? *start : '\0'; }

static bool same_word(const words *a, const words *b)
{
    const char *x = a->start, *y = b->start, *x_end = a->at, *y_end = b->at;
    const char x_quote = quote_of(x), y_quote = quote_of(y);
    x += x_quote != '\0';
    x_end -= x_quote != '\0';
    y += y_quote != '\0';
    y_end -= y_quote != '\0';
    for (;;) {
        const int c = name_character(&x, x_end, x_quote), d = name_character(&y, y_end, y_quote);
        if (c != d)
            return false;
        if (c < 0)
            return true;
    }
}

/* 'place.name' in a literal is that of a sequence or a type: the place is left out as elsewhere. */
static bool skips_place(const words *w, const char *at)
{
    const size_t size = w->place != NULL ? strlen(w->place) : 0;
    return size > 0 && at == w->start + 1 && (size_t)(w->at - at) > size && memcmp(at, w->place, size) == 0 && at[size] == '.';
}

static bool same_string(const words *a, const words *b)
{
    const char *x = a->start, *y = b->start;
    while (x < a->at && y < b->at) {
        x += skips_place(a, x) ? strlen(a->place) + 1 : 0;
        y += skips_place(b, y) ? strlen(b->place) + 1 : 0;
        if (*x++ != *y++)
            return false;
    }
    return x == a->at && y == b->at;
}

static bool same_token(const words *a, const words *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case WEFTI_SQL_NAME: return same_word(a, b);
    case WEFTI_SQL_STRING: return same_string(a, b);
    case WEFTI_SQL_END:
    case WEFTI_SQL_SPACE: return true;
    case WEFTI_SQL_NUMBER:
    case WEFTI_SQL_PARAMETER:
    case WEFTI_SQL_OTHER: break;
    }
    return a->at - a->start == b->at - b->start && memcmp(a->start, b->start, (size_t)(a->at - a->start)) == 0;
}

/* How many pairs of parentheses stand around all of the text. */
static size_t parentheses_around(const wefti_sql_rules *rules, const char *text)
{
    size_t depth = 0, leading = 0, closing = 0, least = SIZE_MAX, before = 0; /* before: the least depth before those that close */
    words w = {.rules = rules, .at = text};
    for (next(&w); w.kind == WEFTI_SQL_OTHER && *w.start == '('; next(&w))
        leading++;
    for (depth = leading; w.kind != WEFTI_SQL_END; next(&w)) {
        const char c = w.kind == WEFTI_SQL_OTHER ? *w.start : ' ';
        if (c != ')') {
            closing = 0;
        } else if (closing++ == 0) {
            before = least;
        }
        depth += c == '(' ? 1 : 0;
        depth -= c == ')' && depth > 0 ? 1 : 0;
        least = depth < least ? depth : least;
    }
    const size_t around = leading < closing ? leading : closing;
    return before < around ? before : around;
}

bool wefti_comparing_same_text(wefti_comparing *c, const char *wanted, const char *found)
{
    if (wanted == found || wanted == NULL || found == NULL)
        return wanted == found;
    words a = {.rules = c->ddl->rules, .at = wanted, .place = c->what->wanted_place};
    words b = {.rules = c->ddl->rules, .at = found, .place = c->what->found_place};
    size_t a_around = parentheses_around(a.rules, wanted), b_around = parentheses_around(b.rules, found);
    for (size_t i = 0; i < a_around; i++)
        next(&a);
    for (size_t i = 0; i < b_around; i++)
        next(&b);
    for (;;) {
        next_word(&a);
        next_word(&b);
        words a_end = a, b_end = b;
        for (size_t i = 0; i < a_around && a_end.kind == WEFTI_SQL_OTHER && *a_end.start == ')'; i++)
            next(&a_end);
        for (size_t i = 0; i < b_around && b_end.kind == WEFTI_SQL_OTHER && *b_end.start == ')'; i++)
            next(&b_end);
        if (a_end.kind == WEFTI_SQL_END || b_end.kind == WEFTI_SQL_END)
            return a_end.kind == b_end.kind;
        if (!same_token(&a, &b))
            return false;
    }
}

/* One text; NULL: the database has not said what it makes of it. */
static const char *spelling_of(wefti_comparing *c, wefti_spelt like)
{
    const wefti_spelt *one = wefti_spelling_of(c->spelling, &like);
    if (one == NULL)
        wefti_comparing_no_memory(c);
    return one != NULL ? one->answer : NULL;
}

/* A name as a word of its own to compare with; room has 2 * WEFTI_MAX_IDENTIFIER_BYTES + 3. */
static words word_of(const char *name, char *room)
{
    char *to = room;
    *to++ = '"';
    for (const char *from = name; *from != '\0' && to < room + (size_t)2 * WEFTI_MAX_IDENTIFIER_BYTES; from++) {
        *to++ = *from;
        if (*from == '"')
            *to++ = '"';
    }
    *to++ = '"';
    return (words){.start = room, .at = to, .kind = WEFTI_SQL_NAME};
}

/* Behind "::" and AS there are types. */
static bool leads_to_type(const words *w)
{
    return *w->start == ':' || (w->at - w->start == 2 && wefti_ascii_begins(w->start, "as"));
}

/* Whether a name stands in the text, as a type or as anything else. */
static bool stands(const wefti_comparing *c, const char *text, const char *name, bool as_type)
{
    char room[2 * WEFTI_MAX_IDENTIFIER_BYTES + 3];
    const words wanted = word_of(name, room);
    bool is_type = false;
    if (text == NULL)
        return false;
    words w = {.rules = c->ddl->rules, .at = text};
    for (next(&w); w.kind != WEFTI_SQL_END; next(&w)) {
        if (w.kind == WEFTI_SQL_NAME && (as_type || !is_type) && same_word(&w, &wanted))
            return true;
        is_type = leads_to_type(&w);
    }
    return false;
}

const char *wefti_comparing_renamed(wefti_comparing *c, const char *text, const char *from, const char *to, bool as_table)
{
    char room[2 * WEFTI_MAX_IDENTIFIER_BYTES + 3];
    const words wanted = word_of(from, room);
    bool is_type = false;
    wefti_text made;
    if (!stands(c, text, from, true))
        return text;
    words w = {.rules = c->ddl->rules, .at = text};
    wefti_text_init(&made, 0);
    for (const char *last = text;; last = w.at) {
        next(&w);
        wefti_text_add_bytes(&made, last, (size_t)(w.start - last));
        if (w.kind == WEFTI_SQL_END)
            break;
        words after = w;
        next(&after);
        const bool found = w.kind == WEFTI_SQL_NAME && !is_type && same_word(&w, &wanted) &&
                           (as_table ? *after.start == '.' : *after.start != '.' && *after.start != '(');
        if (found)
            wefti_add_identifier(&made, to);
        else
            wefti_text_add_bytes(&made, w.start, (size_t)(w.at - w.start));
        is_type = leads_to_type(&w);
    }
    return wefti_comparing_keep(c, &made);
}

static bool same_columns(const wefti_comparing *c, const weft_schema_table *table, const char *wanted, const char *found)
{
    for (size_t i = 0; i < table->column_count && !wefti_ddl_is_view(table); i++)
        if (stands(c, wanted, table->columns[i].name, false) != stands(c, found, table->columns[i].name, false))
            return false;
    return true;
}

bool wefti_comparing_same_spelling(wefti_comparing *c, wefti_spelt_as as, const weft_schema_table *table, const char *column,
                                   const char *wanted, const char *found)
{
    if (wefti_comparing_same_text(c, wanted, found))
        return true;
    if (c->spelling == NULL || wanted == NULL || found == NULL)
        return false;
    if (c->spelling->refused != NULL && as != WEFTI_SPELT_TYPE)
        return same_columns(c, table, wanted, found); /* structure alone */
    const wefti_spelt like = {.as = as, .schema = table->schema, .table = table->name, .column = column, .text = wanted};
    wefti_spelt other = like;
    other.text = found;
    other.of_found = true;
    const char *a = spelling_of(c, like), *b = spelling_of(c, other);
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

bool wefti_comparing_mentions(const wefti_comparing *c, const char *text, const char *name) { return stands(c, text, name, true); }

/* ---- names ---- */

bool wefti_comparing_names_contain(const char *const *names, const char *name)
{
    for (; names != NULL && *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

/* ---- types ---- */

const char *wefti_comparing_type(wefti_comparing *c, const weft_schema_column *column)
{
    weft_error local = {0};
    wefti_render_ddl r = {.ddl = c->ddl, .error = &local};
    wefti_text_init(&r.text, 0);
    wefti_text_add(&r.text, "");
    wefti_ddl_add_type(&r, column);
    const char *made = r.text.failed || r.status != WEFT_OK ? NULL : wefti_arena_strdup(c->arena, r.text.data);
    wefti_text_deinit(&r.text);
    if (made == NULL && r.status == WEFT_OK)
        wefti_comparing_no_memory(c);
    else if (made == NULL && c->status == WEFT_OK) {
        *c->error = local;
        c->status = r.status;
    }
    return made;
}

const char *wefti_comparing_cast(wefti_comparing *c, const weft_schema_column *column, const char *type, bool by_words)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, by_words ? "CAST(CAST(" : "CAST(");
    wefti_add_identifier(&text, column->name);
    if (by_words)
        wefti_text_add(&text, column->array ? " AS text[])" : " AS text)");
    wefti_text_add_format(&text, " AS %s)", type != NULL ? type : "");
    return wefti_comparing_keep(c, &text);
}

bool wefti_comparing_same_type(wefti_comparing *c, const weft_schema_table *table, const weft_schema_column *wanted,
                               const weft_schema_column *found)
{
    const wefti_arena_mark mark = wefti_arena_mark_get(c->arena);
    const char *a = wefti_comparing_type(c, wanted), *b = wefti_comparing_type(c, found);
    const bool same = a == NULL || b == NULL ||
                      (table != NULL ? wefti_comparing_same_spelling(c, WEFTI_SPELT_TYPE, table, NULL, a, b)
                                     : wefti_comparing_same_text(c, a, b));
    wefti_arena_rewind(c->arena, mark);
    return same;
}

/* ---- constraints ---- */

static const char *action(const char *text) { return text != NULL && strcmp(text, "NO ACTION") == 0 ? NULL : text; }

/* NULL: the primary key of the target. */
static const char *const *target_columns(const weft_schema_table *tables, size_t count, const weft_schema_constraint *key)
{
    if (key->target_columns != NULL)
        return key->target_columns;
    for (size_t i = 0; i < count; i++) {
        const weft_schema_constraint *primary = NULL;
        if (wefti_def_same_word(tables[i].name, key->target_table) && wefti_def_same_word(tables[i].schema, key->target_schema))
            primary = wefti_def_primary_key(&tables[i]);
        if (primary != NULL)
            return primary->columns;
    }
    return NULL;
}

static bool same_key(const wefti_comparing *c, const weft_schema_constraint *a, const weft_schema_constraint *b)
{
    return wefti_def_same_word(a->target_schema, b->target_schema) && wefti_def_same_word(a->target_table, b->target_table) &&
           wefti_def_same_names(target_columns(c->wanted->tables, c->wanted->table_count, a),
                                target_columns(c->found, c->found_count, b)) &&
           wefti_def_same_word(action(a->on_delete), action(b->on_delete)) &&
           wefti_def_same_word(action(a->on_update), action(b->on_update)) && a->match_full == b->match_full;
}

bool wefti_comparing_same_constraint(wefti_comparing *c, const weft_schema_table *table, const weft_schema_constraint *wanted,
                                     const weft_schema_constraint *found)
{
    if (wanted->kind != found->kind ||
        (wanted->deferrable || wanted->initially_deferred) != (found->deferrable || found->initially_deferred) ||
        wanted->initially_deferred != found->initially_deferred || wanted->nulls_not_distinct != found->nulls_not_distinct)
        return false;
    switch (wanted->kind) {
    case WEFT_CONSTRAINT_PRIMARY_KEY:
    case WEFT_CONSTRAINT_UNIQUE:
        return wefti_def_same_names(wanted->columns, found->columns) && wefti_def_same_names(wanted->include, found->include);
    case WEFT_CONSTRAINT_FOREIGN_KEY: return wefti_def_same_names(wanted->columns, found->columns) && same_key(c, wanted, found);
    case WEFT_CONSTRAINT_CHECK:
    case WEFT_CONSTRAINT_EXCLUDE: break;
    }
    return wefti_comparing_same_spelling(c, wanted->kind == WEFT_CONSTRAINT_CHECK ? WEFTI_SPELT_CONDITION : WEFTI_SPELT_EXCLUSION,
                                         table, NULL, wanted->expression, found->expression);
}

/* ---- indexes ---- */

/* NULL comes last unless the order is descending. */
static weft_nulls_order nulls_of(const weft_schema_part *part)
{
    return part->nulls == (part->descending ? WEFT_NULLS_FIRST : WEFT_NULLS_LAST) ? WEFT_NULLS_DEFAULT : part->nulls;
}

/* "(name)" is the column; quotes are what a name needs. */
static const char *column_of(const wefti_comparing *c, const weft_schema_table *table, const weft_schema_part *part)
{
    if (part->column != NULL || part->expression == NULL)
        return part->column;
    words w = {.rules = c->ddl->rules, .at = part->expression};
    size_t around = parentheses_around(w.rules, part->expression);
    for (size_t i = 0; i < around; i++)
        next(&w);
    next(&w);
    words end = w;
    for (size_t i = 0; i <= around; i++)
        next(&end);
    for (size_t i = 0; end.kind == WEFTI_SQL_END && w.kind == WEFTI_SQL_NAME && i < table->column_count; i++)
        if (wefti_comparing_mentions(c, part->expression, table->columns[i].name))
            return table->columns[i].name;
    return NULL;
}

static bool same_part(wefti_comparing *c, const weft_schema_table *table, const weft_schema_part *a, const weft_schema_part *b)
{
    return wefti_def_same_word(column_of(c, table, a), column_of(c, table, b)) && wefti_def_same_word(a->collation, b->collation) &&
           wefti_comparing_same_text(c, a->operator_class, b->operator_class) && a->descending == b->descending &&
           nulls_of(a) == nulls_of(b) &&
           (column_of(c, table, a) != NULL ||
            wefti_comparing_same_spelling(c, WEFTI_SPELT_EXPRESSION, table, NULL, a->expression, b->expression));
}

static const char *method(const char *text) { return text != NULL && wefti_ascii_equal(text, "btree") ? NULL : text; }

/* What of them costs nothing to compare first. */
bool wefti_comparing_same_index(wefti_comparing *c, const weft_schema_table *table, const weft_schema_index *wanted,
                                const weft_schema_index *found)
{
    if (wanted->part_count != found->part_count || wanted->unique != found->unique || found->invalid ||
        wanted->nulls_not_distinct != found->nulls_not_distinct || !wefti_def_same_names(wanted->include, found->include) ||
        !wefti_def_same_word(method(wanted->method), method(found->method)))
        return false;
    for (size_t i = 0; i < wanted->part_count; i++)
        if (!same_part(c, table, &wanted->parts[i], &found->parts[i]))
            return false;
    return wefti_comparing_same_spelling(c, WEFTI_SPELT_CONDITION, table, NULL, wanted->where, found->where);
}

const char *wefti_comparing_found_text(wefti_comparing *c, const char *text)
{
    if (text == NULL)
        return NULL;
    wefti_text made;
    wefti_text_init(&made, 0);
    wefti_add_all_without_place(&made, c->ddl->rules, c->what->found_place, text);
    return wefti_comparing_keep(c, &made);
}
