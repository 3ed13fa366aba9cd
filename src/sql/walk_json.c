/* What is within JSON, both sinks: by a path, by containment, and its elements and members in FROM.
 *
 * The path is written into the text, as an array of its steps: it is the program's and part of the shape, and an index on the
 * expression is found. Where the database has JSON of several types it is made jsonb first, which all rules here are those of. */
#include "sql/walk_expr.h"

#include <string.h>

/* ---- paths ---- */

typedef struct steps {
    wefti_walk *walk;
    const char *name; /* of the node */
    const char *path, *at;
    wefti_text text; /* the array */
    bool json;       /* a JSON array; else as an array is written in SQL */
    size_t count;
} steps;

static bool fail_path(steps *s)
{
    (void)wefti_walk_fail(
        s->walk, WEFT_ERROR_MISUSE,
        "%s: the path %.80s is wrong from its character %zu on; it is $ and then .name, .\"any key\" or [number], as "
        "often as needed",
        s->name, s->path, (size_t)(s->at - s->path) + 1);
    return false;
}

static bool is_plain(const char *data, size_t size)
{
    bool plain = size > 0 && !(size == 4 && wefti_ascii_equal(data, "null"));
    for (size_t i = 0; plain && i < size; i++)
        plain = (data[i] >= '0' && data[i] <= '9') || ((data[i] | 0x20) >= 'a' && (data[i] | 0x20) <= 'z') || data[i] == '_';
    return plain;
}

static void add_step(steps *s, const char *data, size_t size)
{
    wefti_text_add(&s->text, s->count++ == 0 ? "" : s->json ? ", " : ",");
    if (s->json) {
        wefti_text_add_json_string(&s->text, data, size);
    } else if (is_plain(data, size)) {
        wefti_text_add_bytes(&s->text, data, size);
    } else {
        wefti_text_add_char(&s->text, '"');
        for (size_t i = 0; i < size; i++) {
            if (data[i] == '"' || data[i] == '\\')
                wefti_text_add_char(&s->text, '\\');
            wefti_text_add_char(&s->text, data[i]);
        }
        wefti_text_add_char(&s->text, '"');
    }
}

static bool ends_name(char c) { return c == '\0' || strchr(".[]\"\\ \t\r\n*?@(){}'", c) != NULL; }

/* The key behind a dot. */
static bool read_key(steps *s)
{
    if (*s->at != '"') {
        const char *from = s->at;
        while (!ends_name(*s->at))
            s->at++;
        if (s->at == from)
            return fail_path(s);
        char *name = wefti_arena_strndup(&s->walk->render->arena, from, (size_t)(s->at - from));
        if (name == NULL)
            return wefti_walk_fail(s->walk, WEFT_ERROR_NO_MEMORY, "out of memory") == WEFT_OK;
        add_step(s, name, (size_t)(s->at - from));
        return true;
    }
    wefti_text key;
    wefti_text_init(&key, 0);
    for (s->at++; *s->at != '"' && *s->at != '\0'; s->at++) {
        s->at += *s->at == '\\' && (s->at[1] == '"' || s->at[1] == '\\');
        wefti_text_add_char(&key, *s->at);
    }
    const bool closed = *s->at == '"';
    s->at += closed;
    add_step(s, key.data != NULL ? key.data : "", key.size);
    s->text.failed = s->text.failed || key.failed;
    wefti_text_deinit(&key);
    return closed || fail_path(s);
}

static bool read_number(steps *s)
{
    const char *from = s->at;
    s->at += *s->at == '-';
    const char *digits = s->at;
    while (*s->at >= '0' && *s->at <= '9')
        s->at++;
    if (s->at == digits || s->at - digits > 9 || *s->at != ']')
        return fail_path(s);
    add_step(s, from, (size_t)(s->at++ - from));
    return true;
}

/* The steps as a literal. */
static void render_path(wefti_walk *walk, const weft_expr *expr)
{
    steps s = {.walk = walk, .name = wefti_walk_op_name(expr->op), .path = expr->name, .json = walk->dialect->json.functions};
    wefti_text_init(&s.text, 0);
    wefti_text_add_char(&s.text, s.json ? '[' : '{');
    s.at = s.path;
    bool good = *s.at == '$' || fail_path(&s);
    s.at += good;
    while (good && *s.at != '\0') {
        const char kind = *s.at;
        good = kind == '.' || kind == '[' || fail_path(&s);
        s.at += good;
        good = good && (kind == '.' ? read_key(&s) : read_number(&s));
    }
    wefti_text_add_char(&s.text, s.json ? ']' : '}');
    if (good && !s.text.failed)
        wefti_add_literal_bytes(&walk->render->text, walk->dialect, s.text.data, s.text.size);
    else if (good)
        (void)wefti_walk_fail(walk, WEFT_ERROR_NO_MEMORY, "out of memory");
    wefti_text_deinit(&s.text);
}

/* ---- operands ---- */

/* Whether the database knows that it is jsonb. */
static bool is_known(wefti_walk *walk, const weft_expr *e)
{
    const weft_expr *bare = wefti_expr_bare(e);
    const wefti_column *column = bare->op == WEFT_EXPR_COLUMN ? wefti_walk_infer(walk, bare).column : NULL;
    switch (bare->op) {
    case WEFT_EXPR_VALUE:
    case WEFT_EXPR_JSON_GET:
    case WEFT_EXPR_JSON_SET:
    case WEFT_EXPR_JSON_REMOVE:
    case WEFT_EXPR_CAST: return true;
    case WEFT_EXPR_COLUMN:
        return column != NULL && !wefti_table_is_derived(column->table) &&
               (column->sql_type == NULL || wefti_ascii_equal(column->sql_type, "jsonb"));
    default: return false;
    }
}

static void walk_operand(wefti_walk *walk, const weft_expr *e, int precedence, const char *name)
{
    const wefti_hint hint = {.type = wefti_family_type(WEFTI_FAMILY_JSON), .untyped = WEFTI_UNTYPED_ALL};
    bool cast = false;
    if (walk->render != NULL && walk->status == WEFT_OK) {
        const wefti_family family = wefti_walk_family(walk, e);
        if (family != WEFTI_FAMILY_JSON && family != WEFTI_FAMILY_OTHER)
            (void)wefti_walk_fail(walk, WEFT_ERROR_TYPE, "%s takes JSON; cast what is another value, or give a weft_json", name);
        cast = !walk->dialect->json.functions && !is_known(walk, e);
    }
    wefti_walk_sql(walk, cast ? "CAST(" : "");
    wefti_walk_operand(walk, e, cast ? WEFTI_PRECEDENCE_NONE : precedence, &hint);
    wefti_walk_sql(walk, cast ? " AS jsonb)" : "");
}

/* ---- nodes ---- */

static const char *word_of(const wefti_json_sql *sql, int op)
{
    switch (op) {
    case WEFT_EXPR_JSON_GET: return sql->get;
    case WEFT_EXPR_JSON_TEXT: return sql->text;
    case WEFT_EXPR_JSON_HAS: return sql->has;
    case WEFT_EXPR_JSON_KIND: return sql->functions ? sql->kind : sql->get;
    case WEFT_EXPR_JSON_SET: return sql->set;
    case WEFT_EXPR_JSON_REMOVE: return sql->remove;
    default: return sql->contains;
    }
}

/* f(json, path, value) */
static void walk_function(wefti_walk *walk, const weft_expr *expr, const weft_expr *first, const weft_expr *second)
{
    const char *name = wefti_walk_op_name(expr->op);
    wefti_walk_sql(walk, word_of(&walk->dialect->json, expr->op));
    walk_operand(walk, first, WEFTI_PRECEDENCE_NONE, name);
    if (expr->op != WEFT_EXPR_JSON_CONTAINS) {
        wefti_walk_sql(walk, ", ");
        if (walk->render != NULL && walk->status == WEFT_OK)
            render_path(walk, expr);
    }
    wefti_walk_sql(walk, second != NULL ? ", " : "");
    if (second != NULL)
        walk_operand(walk, second, WEFTI_PRECEDENCE_NONE, name);
    wefti_walk_sql(walk, ")");
}

/* json OPERATOR path */
static void walk_operator(wefti_walk *walk, const weft_expr *expr, const weft_expr *first, const weft_expr *second, int precedence)
{
    const char *name = wefti_walk_op_name(expr->op);
    const bool has = expr->op == WEFT_EXPR_JSON_HAS, kind = expr->op == WEFT_EXPR_JSON_KIND;
    const bool paren = wefti_walk_open_paren(walk, has ? WEFTI_PRECEDENCE_COMPARE : WEFTI_PRECEDENCE_OTHER,
                                             kind ? WEFTI_PRECEDENCE_NONE : precedence);
    wefti_walk_sql(walk, kind ? walk->dialect->json.kind : "");
    walk_operand(walk, first, WEFTI_PRECEDENCE_UNARY, name);
    wefti_walk_sql(walk, word_of(&walk->dialect->json, expr->op));
    if (second != NULL)
        walk_operand(walk, second, WEFTI_PRECEDENCE_UNARY, name);
    else if (walk->render != NULL && walk->status == WEFT_OK)
        render_path(walk, expr);
    wefti_walk_sql(walk, has ? " IS NOT NULL" : kind ? ")" : "");
    wefti_walk_close_paren(walk, paren);
}

void wefti_walk_json(wefti_walk *walk, const weft_expr *expr, int precedence)
{
    const bool contains = expr->op == WEFT_EXPR_JSON_CONTAINS, two = contains || expr->op == WEFT_EXPR_JSON_SET;
    const weft_expr *first = wefti_walk_argument(walk, expr, 0), *second = two ? wefti_walk_argument(walk, expr, 1) : NULL;
    wefti_walk_no_more(walk, expr, two ? 2 : 1);
    if (walk->status == WEFT_OK && !contains && expr->name == NULL)
        (void)wefti_walk_fail(walk, WEFT_ERROR_MISUSE, "%s has no path", wefti_walk_op_name(expr->op));
    if (walk->status != WEFT_OK)
        return;
    wefti_walk_note(walk, (uint64_t)(unsigned)expr->op);
    if (!contains)
        wefti_walk_note_text(walk, expr->name);
    if (walk->dialect->json.functions || expr->op == WEFT_EXPR_JSON_SET)
        walk_function(walk, expr, first, second);
    else
        walk_operator(walk, expr, first, second, precedence);
    wefti_walk_note(walk, WEFTI_NOTE_END);
}

/* ---- in FROM ---- */

static bool is_named(const weft_attr *field, const char *name) { return strcmp(field->field, name) == 0; }

static bool is_of_family(const weft_attr *field, wefti_family family)
{
    return field->codec == NULL && wefti_type_of(wefti_row_field_type(field))->family == family;
}

static bool is_json(const weft_attr *field) { return is_named(field, "value") && is_of_family(field, WEFTI_FAMILY_JSON); }

const char *wefti_json_rows_fault(const weft_selectable *selectable)
{
    const bool members = selectable->kind == WEFT_SELECTABLE_MEMBERS;
    for (size_t i = 0; i < selectable->row->field_count; i++) {
        const weft_attr *field = &selectable->row->fields[i];
        if (is_named(field, "value") && (is_of_family(field, WEFTI_FAMILY_TEXT) || is_of_family(field, WEFTI_FAMILY_JSON)))
            continue;
        if (members ? !is_named(field, "key") || !is_of_family(field, WEFTI_FAMILY_TEXT)
                    : !is_named(field, "position") || !wefti_type_is_integer(wefti_row_field_type(field)))
            return members ? "has the fields key, a text, and value, a text or JSON"
                           : "has the fields value, a text or JSON, and position, an integer";
    }
    return selectable->call == NULL ? "has no JSON" : NULL;
}

static void add_columns(wefti_walk *walk, const weft_row_type *row)
{
    for (size_t i = 0; i < row->field_count; i++) {
        const weft_attr *field = &row->fields[i];
        const uint8_t type = wefti_row_field_type(field);
        wefti_walk_sql(walk, i > 0 ? ", " : "");
        if (is_named(field, "position")) {
            wefti_walk_sql(walk, "CAST(e.n AS ");
            wefti_walk_sql(walk, walk->dialect->names[type].cast);
            wefti_walk_sql(walk, ")");
        } else {
            wefti_walk_sql(walk, is_named(field, "key") ? "e.k" : is_json(field) ? "e.v" : "e.v #>> '{}'");
        }
        wefti_walk_sql(walk, " AS ");
        wefti_walk_identifier(walk, field->field);
    }
}

void wefti_walk_json_rows(wefti_walk *walk, const weft_model *model)
{
    const weft_selectable *selectable = model->selectable;
    const bool members = selectable->kind == WEFT_SELECTABLE_MEMBERS;
    const char *name = model->name, *each = walk->dialect->json.each;
    bool json = false;
    for (size_t i = 0; i < selectable->row->field_count; i++)
        json = json || is_json(&selectable->row->fields[i]);
    if (each != NULL) {
        wefti_walk_sql(walk, each);
        walk_operand(walk, selectable->call, WEFTI_PRECEDENCE_NONE, name);
        wefti_walk_sql(walk, ", ");
        wefti_walk_number(walk, members + 2 * json);
        wefti_walk_sql(walk, ")");
        return;
    }
    wefti_walk_sql(walk, walk->dialect->lateral);
    wefti_walk_sql(walk, "(SELECT ");
    if (walk->render != NULL)
        add_columns(walk, selectable->row);
    wefti_walk_sql(walk, " FROM (SELECT ");
    walk_operand(walk, selectable->call, WEFTI_PRECEDENCE_NONE, name);
    wefti_walk_sql(walk, members
                             ? " AS j) AS b CROSS JOIN LATERAL jsonb_each(CASE jsonb_typeof(b.j) WHEN 'object' THEN b.j ELSE '{}' "
                               "END) AS e(k, v))"
                             : " AS j) AS b CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(b.j) WHEN 'array' THEN b.j "
                               "ELSE '[]' END)");
    if (!members) {
        wefti_walk_sql(walk, walk->dialect->rows_numbered);
        wefti_walk_sql(walk, " AS e(v, n))");
    }
}
