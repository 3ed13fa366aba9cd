/* What a program that is to run on a database must know of its schema. */
#include "schema/check.h"

#include "base/error.h"
#include "base/locale.h"
#include "schema/comparing.h"
#include "schema/drawn.h"
#include "type/type.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct check {
    wefti_comparing *c;
    wefti_arena *arena; /* of the differences */
    wefti_differences *to;
    const weft_schema_table *wanted, *found;
    wefti_pair pair;
    const char *label; /* "room", "audit.log" */
} check;

/* ---- telling ---- */

static const char *keep(check *k, const char *text)
{
    const char *kept = text == NULL || *text == '\0' ? "" : wefti_arena_strdup(k->arena, text);
    if (kept == NULL)
        wefti_comparing_no_memory(k->c);
    return kept;
}

static weft_difference *room(check *k)
{
    wefti_differences *to = k->to;
    if (to->count == to->room) {
        const size_t most = to->room < 8 ? 8 : 2 * to->room;
        weft_difference *items = wefti_arena_alloc(k->arena, most * sizeof *items);
        if (items == NULL)
            return wefti_comparing_no_memory(k->c), NULL;
        if (to->count > 0)
            memcpy(items, to->items, to->count * sizeof *items);
        to->items = items;
        to->room = most;
    }
    return &to->items[to->count++];
}

/* what has all but the table and the sentence, which follows. */
static WEFT_PRINTF(3, 4) void tell(check *k, weft_difference what, const char *format, ...)
{
    wefti_text text;
    va_list arguments;
    char sentence[600];
    weft_difference *to = room(k);
    if (to == NULL)
        return;
    va_start(arguments, format);
    (void)vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    wefti_text_init(&text, 0);
    wefti_text_add_bytes(&text, sentence, wefti_utf8_cut(sentence, strlen(sentence), sizeof sentence - 1));
    wefti_text_add(&text, "");
    *to = what;
    to->table = keep(k, k->label);
    to->name = keep(k, what.name);
    to->wanted = keep(k, what.wanted);
    to->found = keep(k, what.found);
    to->text = keep(k, text.failed ? "" : text.data);
    if (text.failed)
        wefti_comparing_no_memory(k->c);
    wefti_text_deinit(&text);
}

/* ---- columns ---- */

static bool same_name(const check *k, const char *a, const char *b)
{
    return k->c->ddl->adds_constraints ? strcmp(a, b) == 0 : wefti_ascii_equal(a, b);
}

static const weft_schema_column *column_of(const check *k, const weft_schema_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (same_name(k, table->columns[i].name, name))
            return &table->columns[i];
    return NULL;
}

static void add_number(wefti_text *text, const char *word, int64_t value, bool zero)
{
    if (value != 0 || zero)
        wefti_text_add_format(text, " %s %lld", word, (long long)value);
}

/* " from 1000 by 10" */
static void add_counting(wefti_text *text, const weft_counting *c)
{
    add_number(text, "from", c->start, c->start_is_zero);
    add_number(text, "by", c->increment, false);
    add_number(text, "minimum", c->minimum, c->minimum_is_zero);
    add_number(text, "maximum", c->maximum, c->maximum_is_zero);
    add_number(text, "cache", c->cache, false);
    wefti_text_add(text, c->cycle ? " cycle" : "");
}

/* "BIGINT NOT NULL DEFAULT 4" */
static const char *words_of(check *k, const weft_schema_column *column)
{
    wefti_text text;
    const char *type = wefti_comparing_type(k->c, column);
    wefti_text_init(&text, 0);
    wefti_text_add(&text, type != NULL ? type : "");
    wefti_text_add(&text, column->nullable ? "" : " NOT NULL");
    if (column->server_default != NULL)
        wefti_text_add_format(&text, " DEFAULT %s", column->server_default);
    if (column->generated != NULL)
        wefti_text_add_format(&text, " computed as %s", column->generated);
    wefti_text_add(&text, column->identity_always ? " always generated" : column->identity ? " generated" : "");
    add_counting(&text, column->identity ? &column->counting : &(const weft_counting){0});
    return wefti_comparing_keep(k->c, &text);
}

/* Values of one are not those of the other, as far as both are types that weft knows. SQLite has no bool. */
static bool clashes(const check *k, const weft_schema_column *wanted, const weft_schema_column *found)
{
    unsigned a = wanted->type, b = found->type;
    if (wanted->sql_type != NULL || found->sql_type != NULL || wanted->enum_type != NULL || found->enum_type != NULL ||
        a == WEFT_UNMAPPED || b == WEFT_UNMAPPED)
        return false;
    a = wefti_type_of(a)->kin;
    b = wefti_type_of(b)->kin;
    if (!k->c->ddl->made_types && (a == WEFT_BOOL || b == WEFT_BOOL))
        return false;
    return a != b || wanted->array != found->array;
}

/* Statements of the models give every column a value but those that the database makes. */
static bool breaks(const check *k, const weft_schema_column *wanted, const weft_schema_column *found)
{
    const bool made = found->identity || found->server_default != NULL;
    if (k->wanted->kind != WEFT_RELATION_TABLE || wefti_ddl_is_view(k->found))
        return clashes(k, wanted, found);
    return clashes(k, wanted, found) || (wanted->nullable && !found->nullable) || (wanted->identity && !made) ||
           (found->identity_always && !wanted->identity) || (wanted->generated != NULL) != (found->generated != NULL) ||
           (wanted->server_default != NULL && !found->nullable && !made);
}

/* Where the model says how. */
static bool counts_alike(const weft_schema_column *wanted, const weft_schema_column *found)
{
    return !wefti_def_says_counting(&wanted->counting) || wefti_comparing_same_counting(wanted, found);
}

/* Where the model draws from a sequence: whether the database's default draws from one of that name, too. A schema that either
 * leaves out is taken for the other's. */
static bool draws_alike(check *k, const weft_schema_column *wanted, const weft_schema_column *found)
{
    const char *a = wanted->server_default, *b = found->server_default;
    wefti_def_name one, other;
    bool failed = false;
    if (a == NULL || b == NULL || !wefti_drawn_only(a) || !wefti_drawn_next(k->c->arena, &a, &one, &failed))
        return true;
    const bool draws = wefti_drawn_next(k->c->arena, &b, &other, &failed);
    if (failed)
        wefti_comparing_no_memory(k->c);
    return failed || (draws && strcmp(one.name, other.name) == 0 &&
                      (one.schema == NULL || other.schema == NULL || strcmp(one.schema, other.schema) == 0));
}

static void check_column(check *k, const weft_schema_column *column)
{
    const weft_schema_column *there = column_of(k, k->found, column->name);
    weft_schema_column wanted = *column, found = there != NULL ? *there : *column;
    wefti_comparing_columns(k->c, k->wanted, there != NULL ? k->found : k->wanted, &wanted, &found);
    if (there == NULL) {
        const char *words = words_of(k, &wanted);
        tell(k,
             (weft_difference){
                 .kind = WEFT_DIFFERENCE_MISSING, .fatal = true, .object = "column", .name = column->name, .wanted = words},
             "%s has no column %s (%s)", k->label, column->name, words != NULL ? words : "");
        return;
    }
    const bool is_view = k->wanted->kind != WEFT_RELATION_TABLE || wefti_ddl_is_view(k->found);
    const bool row_number = !k->c->ddl->adds_constraints && wanted.identity && found.identity;
    bool same = row_number || (is_view ? !clashes(k, &wanted, &found) /* what it is computed as has no length, and may be wider */
                                       : wefti_comparing_same_type(k->c, k->wanted, &wanted, &found));
    weft_schema_column whole = wanted;
    wefti_comparing_adopt_identity(k->c, k->wanted, &whole, &found);
    if (!is_view)
        same = same && wanted.nullable == found.nullable && whole.identity == found.identity &&
               whole.identity_always == found.identity_always && counts_alike(&whole, &found) &&
               (wanted.server_default != NULL) == (found.server_default != NULL) && draws_alike(k, &wanted, &found) &&
               (wanted.generated != NULL) == (found.generated != NULL);
    if (same || k->c->status != WEFT_OK)
        return;
    const char *a = words_of(k, &wanted), *b = words_of(k, &found);
    tell(k,
         (weft_difference){.kind = WEFT_DIFFERENCE_CHANGED,
                           .fatal = breaks(k, &wanted, &found),
                           .object = "column",
                           .name = column->name,
                           .wanted = a,
                           .found = b},
         "%s.%s is %s instead of %s", k->label, column->name, b != NULL ? b : "", a != NULL ? a : "");
}

static void check_columns(check *k)
{
    for (size_t i = 0; i < k->wanted->column_count && k->c->status == WEFT_OK; i++)
        check_column(k, &k->wanted->columns[i]);
    if (wefti_ddl_is_view(k->wanted) && k->wanted->definition == NULL)
        return; /* others make it, of what they like */
    for (size_t i = 0; i < k->found->column_count && k->c->status == WEFT_OK; i++) {
        const weft_schema_column found = wefti_comparing_column(k->c, k->found, &k->found->columns[i]);
        if (k->wanted->column_count == 0 || column_of(k, k->wanted, found.name) != NULL)
            continue;
        const bool fatal = k->wanted->kind == WEFT_RELATION_TABLE && !wefti_ddl_is_view(k->found) && !found.nullable &&
                           found.server_default == NULL && !found.identity && found.generated == NULL;
        const char *words = words_of(k, &found);
        tell(k,
             (weft_difference){
                 .kind = WEFT_DIFFERENCE_EXTRA, .fatal = fatal, .object = "column", .name = found.name, .found = words},
             fatal ? "%s.%s (%s) is in no model and must be given a value" : "%s.%s (%s) is in no model", k->label, found.name,
             words != NULL ? words : "");
    }
}

/* ---- constraints and indexes ---- */

/* "a, b" */
static const char *list_of(check *k, const char *const *names)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, "");
    for (size_t i = 0; i < wefti_def_count(names); i++)
        wefti_text_add_format(&text, "%s%s", i > 0 ? ", " : "", names[i]);
    return wefti_comparing_keep(k->c, &text);
}

static const char *word_of(weft_constraint_kind kind)
{
    switch (kind) {
    case WEFT_CONSTRAINT_PRIMARY_KEY: return "primary key";
    case WEFT_CONSTRAINT_UNIQUE: return "unique constraint";
    case WEFT_CONSTRAINT_FOREIGN_KEY: return "foreign key";
    case WEFT_CONSTRAINT_CHECK: return "check";
    case WEFT_CONSTRAINT_EXCLUDE: break;
    }
    return "exclusion constraint";
}

static bool has_name(const check *k, const char *const *names, const char *name)
{
    for (; names != NULL && *names != NULL; names++)
        if (same_name(k, *names, name))
            return true;
    return false;
}

static bool has_all(const check *k, const char *const *names, const char *const *wanted)
{
    for (; wanted != NULL && *wanted != NULL; wanted++)
        if (!has_name(k, names, *wanted))
            return false;
    return true;
}

static bool is_over(const check *k, const weft_schema_index *index, const char *const *columns)
{
    if (!index->unique || index->where != NULL || index->invalid || index->part_count != wefti_def_count(columns))
        return false;
    for (size_t i = 0; i < index->part_count; i++)
        if (index->parts[i].column == NULL || !has_name(k, columns, index->parts[i].column))
            return false;
    return true;
}

/* Whether a table sees to it that no two rows have the same in the columns. The key of a partitioned table has more than that. */
static bool is_unique(const check *k, const weft_schema_table *table, const char *const *columns, bool by_part)
{
    for (size_t i = 0; i < table->constraint_count; i++) {
        const weft_schema_constraint *one = &table->constraints[i];
        if ((one->kind == WEFT_CONSTRAINT_PRIMARY_KEY || one->kind == WEFT_CONSTRAINT_UNIQUE) &&
            has_all(k, one->columns, columns) && (by_part || has_all(k, columns, one->columns)))
            return true;
    }
    for (size_t i = 0; i < table->index_count; i++)
        if (is_over(k, &table->indexes[i], columns))
            return true;
    return false;
}

static const char *name_of(check *k, const weft_schema_constraint *one)
{
    const char *name = one->name != NULL ? one->name : wefti_made_constraint_name(k->c->arena, k->wanted->name, one);
    return name != NULL ? name : "";
}

static const char *words_of_constraint(check *k, const weft_schema_constraint *one)
{
    return one->columns != NULL ? list_of(k, one->columns) : one->expression != NULL ? one->expression : "";
}

static void tell_constraint(check *k, const weft_schema_constraint *one)
{
    const bool is_key = one->kind == WEFT_CONSTRAINT_PRIMARY_KEY, is_unique_one = one->kind == WEFT_CONSTRAINT_UNIQUE;
    const weft_schema_constraint *other = is_key ? wefti_def_primary_key(k->found) : NULL;
    const bool held = (is_key || is_unique_one) && is_unique(k, k->found, one->columns, is_key);
    if (is_unique_one && held)
        return;
    const char *words = words_of_constraint(k, one), *found = other != NULL ? words_of_constraint(k, other) : NULL;
    const weft_difference what = {.kind = other != NULL ? WEFT_DIFFERENCE_CHANGED : WEFT_DIFFERENCE_MISSING,
                                  .fatal = (is_key || is_unique_one) && !held,
                                  .object = word_of(one->kind),
                                  .name = name_of(k, one),
                                  .wanted = words,
                                  .found = found};
    if (found != NULL)
        tell(k, what, "the %s of %s is (%s) instead of (%s)", what.object, k->label, found, words != NULL ? words : "");
    else
        tell(k, what, "%s has no %s %s (%s)", k->label, what.object, what.name, words != NULL ? words : "");
}

/* A found one of the same name. What stands on a column that is another one is left for it in matching, though it is as the models
 * want it: the column is the difference. */
static size_t found_constraint(const check *k, const weft_schema_constraint *wanted)
{
    for (size_t i = 0; i < k->found->constraint_count; i++) {
        const weft_schema_constraint *found = &k->found->constraints[i];
        if (!k->pair.constraint_stays[i] && wanted->name != NULL && wefti_def_same_word(wanted->name, found->name) &&
            wefti_comparing_same_constraint(k->c, k->wanted, wanted, found))
            return i;
    }
    return SIZE_MAX;
}

static size_t found_index(const check *k, const weft_schema_index *wanted)
{
    for (size_t i = 0; i < k->found->index_count; i++)
        if (!k->pair.index_stays[i] && wefti_def_same_word(wanted->name, k->found->indexes[i].name))
            return i;
    return SIZE_MAX;
}

static void check_constraints(check *k)
{
    for (size_t i = 0; i < k->wanted->constraint_count && k->c->status == WEFT_OK; i++) {
        const size_t same = k->pair.constraint_of[i] == 0 ? found_constraint(k, &k->wanted->constraints[i]) : SIZE_MAX;
        if (same != SIZE_MAX) {
            k->pair.constraint_of[i] = (uint32_t)same + 1;
            k->pair.constraint_stays[same] = true;
        }
    }
    for (size_t i = 0; i < k->wanted->constraint_count && k->c->status == WEFT_OK; i++)
        if (k->pair.constraint_of[i] == 0)
            tell_constraint(k, &k->wanted->constraints[i]);
    for (size_t i = 0; i < k->found->constraint_count && k->c->status == WEFT_OK; i++) {
        const weft_schema_constraint *one = &k->found->constraints[i];
        if (k->pair.constraint_stays[i] || (one->kind == WEFT_CONSTRAINT_PRIMARY_KEY && wefti_def_primary_key(k->wanted) != NULL))
            continue;
        const char *words = words_of_constraint(k, one);
        tell(
            k,
            (weft_difference){.kind = WEFT_DIFFERENCE_EXTRA, .object = word_of(one->kind), .name = name_of(k, one), .found = words},
            "%s has a %s %s (%s) that is in no model", k->label, word_of(one->kind), name_of(k, one), words != NULL ? words : "");
    }
}

/* Unique constraints and unique indexes stand for each other. */
static bool stands_for(const check *k, const weft_schema_table *table, const weft_schema_index *index)
{
    for (size_t i = 0; i < table->constraint_count; i++)
        if (table->constraints[i].kind == WEFT_CONSTRAINT_UNIQUE && is_over(k, index, table->constraints[i].columns))
            return true;
    return false;
}

static const char *parts_of(check *k, const weft_schema_index *index)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, "");
    for (size_t i = 0; i < index->part_count; i++)
        wefti_text_add_format(&text, "%s%s%s", i > 0 ? ", " : "",
                              index->parts[i].column != NULL ? index->parts[i].column : index->parts[i].expression,
                              index->parts[i].descending ? " DESC" : "");
    if (index->where != NULL)
        wefti_text_add_format(&text, " WHERE %s", index->where);
    return wefti_comparing_keep(k->c, &text);
}

/* One of the same name is one difference, or none where it is the same. */
static void tell_changed_index(check *k, const weft_schema_index *wanted, const weft_schema_index *found)
{
    if (!found->invalid && wefti_comparing_same_index(k->c, k->wanted, wanted, found))
        return;
    const char *a = parts_of(k, wanted), *b = parts_of(k, found);
    const weft_difference what = {.kind = WEFT_DIFFERENCE_CHANGED,
                                  .fatal = wanted->unique && wanted->where == NULL,
                                  .object = "index",
                                  .name = wanted->name,
                                  .wanted = a,
                                  .found = b};
    if (found->invalid)
        tell(k, what, "the index %s of %s was never finished", wanted->name, k->label);
    else
        tell(k, what, "the %sindex %s of %s is (%s) instead of (%s)%s", found->unique ? "unique " : "", wanted->name, k->label,
             b != NULL ? b : "", a != NULL ? a : "", wanted->unique && !found->unique ? " and unique" : "");
}

static void check_indexes(check *k)
{
    for (size_t i = 0; i < k->wanted->index_count && k->c->status == WEFT_OK; i++) {
        const weft_schema_index *index = &k->wanted->indexes[i];
        if (k->pair.index_of[i] != 0 || stands_for(k, k->found, index))
            continue;
        const size_t same = found_index(k, index);
        if (same != SIZE_MAX) {
            k->pair.index_stays[same] = true;
            tell_changed_index(k, index, &k->found->indexes[same]);
            continue;
        }
        const char *parts = parts_of(k, index);
        tell(k,
             (weft_difference){.kind = WEFT_DIFFERENCE_MISSING,
                               .fatal = index->unique && index->where == NULL,
                               .object = "index",
                               .name = index->name,
                               .wanted = parts},
             "%s has no %sindex %s (%s)", k->label, index->unique ? "unique " : "", index->name, parts != NULL ? parts : "");
    }
    for (size_t i = 0; i < k->found->index_count && k->c->status == WEFT_OK; i++) {
        const weft_schema_index *index = &k->found->indexes[i];
        if (k->pair.index_stays[i] || stands_for(k, k->wanted, index))
            continue;
        const char *parts = parts_of(k, index);
        tell(k, (weft_difference){.kind = WEFT_DIFFERENCE_EXTRA, .object = "index", .name = index->name, .found = parts},
             index->invalid ? "%s has an index %s (%s) that was never finished" : "%s has an index %s (%s) that is in no model",
             k->label, index->name, parts != NULL ? parts : "");
    }
}

/* ---- values of enums ---- */

/* A quoted literal without its quotes and escapes. */
static const char *content_of(check *k, const char *from, const char *to)
{
    char *made = wefti_comparing_room(k->c, (size_t)(to - from), 1), *at = made;
    const bool escapes = *from == 'E' || *from == 'e';
    for (from += 1 + escapes; made != NULL && from < to - 1; from++) {
        from += (*from == '\'' || (escapes && *from == '\\')) && from < to - 2;
        *at++ = *from;
    }
    return made;
}

/* The texts that stand in an expression, NULL at the end. *column gets the name where it is "name IN ('a', 'b')". */
static const char **literals_of(check *k, const char *expression, const char **column)
{
    const char **list = wefti_comparing_room(k->c, strlen(expression) + 1, sizeof *list);
    size_t count = 0, words = 0;
    bool is_list = true;
    *column = NULL;
    for (const char *at = expression; list != NULL;) {
        const char *start = at;
        const wefti_sql_token kind = wefti_sql_next(k->c->ddl->rules, &at);
        if (kind == WEFTI_SQL_END)
            break;
        if (kind == WEFTI_SQL_SPACE)
            continue;
        if (kind == WEFTI_SQL_STRING)
            list[count++] = content_of(k, start, at);
        if (words == 0 && kind == WEFTI_SQL_NAME)
            *column = *start == '"' ? content_of(k, start, at) : wefti_arena_strndup(k->c->arena, start, (size_t)(at - start));
        else if (words == 1)
            is_list = is_list && at - start == 2 && wefti_ascii_begins(start, "in");
        else
            is_list = is_list && (kind == WEFTI_SQL_STRING || (kind == WEFTI_SQL_OTHER && strchr("(),", *start) != NULL));
        words++;
    }
    if (!is_list || count == 0)
        *column = NULL;
    return list;
}

static bool is_type(const weft_schema_enum *type, const weft_schema_column *column)
{
    return wefti_def_same_word(type->name, column->enum_type) && wefti_def_same_word(type->schema, column->enum_schema);
}

static const char *const *values_of_type(const check *k, const weft_schema_column *column)
{
    const wefti_definition *found = k->c->what->found;
    for (size_t i = 0; column->enum_type != NULL && i < found->enum_count; i++)
        if (is_type(&found->enums[i], column))
            return found->enums[i].values;
    return NULL;
}

/* What the database lets the column have: the values of its type, or of the check of the same name, or of one that has texts and
 * no other column. NULL: anything. */
static const char *const *values_of(check *k, const weft_schema_constraint *wanted, const char *column)
{
    const weft_schema_column *there = column_of(k, k->found, column);
    const char *ignored, *const *values = there != NULL ? values_of_type(k, there) : NULL;
    for (int by_name = 1; values == NULL && by_name >= 0; by_name--)
        for (size_t i = 0; values == NULL && i < k->found->constraint_count; i++) {
            const weft_schema_constraint *one = &k->found->constraints[i];
            if (one->kind != WEFT_CONSTRAINT_CHECK || one->expression == NULL ||
                (by_name ? one->name == NULL || strcmp(one->name, name_of(k, wanted)) != 0
                         : !wefti_comparing_same_constraint(k->c, k->wanted, wanted, one)))
                continue;
            const char **list = literals_of(k, one->expression, &ignored);
            values = list != NULL && list[0] != NULL ? list : NULL;
        }
    return values;
}

static void check_values(check *k, const char *const *wanted, const char *const *found, const char *column)
{
    for (size_t i = 0; wanted[i] != NULL && k->c->status == WEFT_OK; i++)
        if (!wefti_comparing_names_contain(found, wanted[i]))
            tell(k,
                 (weft_difference){
                     .kind = WEFT_DIFFERENCE_MISSING, .fatal = true, .object = "enum value", .name = column, .wanted = wanted[i]},
                 "%s.%s takes no '%s'", k->label, column, wanted[i]);
    for (size_t i = 0; found[i] != NULL && k->c->status == WEFT_OK; i++)
        if (!wefti_comparing_names_contain(wanted, found[i]))
            tell(k, (weft_difference){.kind = WEFT_DIFFERENCE_EXTRA, .object = "enum value", .name = column, .found = found[i]},
                 "%s.%s takes '%s', which is in no model", k->label, column, found[i]);
}

static void check_enums(check *k)
{
    for (size_t i = 0; i < k->wanted->constraint_count && k->c->status == WEFT_OK; i++) {
        const weft_schema_constraint *one = &k->wanted->constraints[i];
        const char *column = NULL;
        const char *const *list =
            one->kind == WEFT_CONSTRAINT_CHECK && one->expression != NULL ? literals_of(k, one->expression, &column) : NULL;
        const char *const *found = column != NULL ? values_of(k, one, column) : NULL;
        if (list != NULL && found != NULL)
            check_values(k, list, found, column);
    }
    const wefti_definition *wanted = k->c->wanted;
    for (size_t i = 0; i < k->wanted->column_count && k->c->status == WEFT_OK; i++)
        for (size_t t = 0; t < wanted->enum_count; t++) {
            const weft_schema_column *column = &k->wanted->columns[i], *there = column_of(k, k->found, column->name);
            const char *const *found = there != NULL ? values_of_type(k, there) : NULL;
            if (found != NULL && is_type(&wanted->enums[t], column))
                check_values(k, wanted->enums[t].values, found, column->name);
        }
}

/* ---- sequences ---- */

static const char *words_of_counting(check *k, const weft_counting *counting)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, "");
    add_counting(&text, counting);
    const char *words = wefti_comparing_keep(k->c, &text);
    return words != NULL && *words == ' ' ? words + 1 : "from 1";
}

static weft_type type_of(const weft_schema_sequence *one) { return one->type != WEFT_UNMAPPED ? (weft_type)one->type : WEFT_INT64; }

static const char *words_of_sequence(check *k, const weft_schema_sequence *one, bool typed)
{
    const char *words = words_of_counting(k, &one->counting);
    return typed && words != NULL ? wefti_arena_printf(k->c->arena, "as %s %s", wefti_ddl_type_name(k->c->ddl, type_of(one)), words)
                                  : words;
}

/* Of those that the definition has: it was read for it. */
static void check_sequence(check *k, const weft_schema_sequence *wanted)
{
    const wefti_definition *all = k->c->what->found;
    const weft_schema_sequence *found = NULL;
    for (size_t i = 0; i < all->sequence_count && found == NULL; i++)
        if (wefti_drawn_same(all, &all->sequences[i], wanted->schema, wanted->name))
            found = &all->sequences[i];
    k->label = wanted->schema == NULL ? wanted->name : wefti_arena_printf(k->c->arena, "%s.%s", wanted->schema, wanted->name);
    k->wanted = &(const weft_schema_table){.schema = wanted->schema, .name = wanted->name};
    if (k->label == NULL) {
        wefti_comparing_no_memory(k->c);
        return;
    }
    const bool retyped = found != NULL && wefti_def_says_type(wanted) && type_of(wanted) != type_of(found);
    const char *a = words_of_sequence(k, wanted, retyped), *b = found != NULL ? words_of_sequence(k, found, retyped) : "";
    const weft_difference what = {.kind = found == NULL ? WEFT_DIFFERENCE_MISSING : WEFT_DIFFERENCE_CHANGED,
                                  .fatal = found == NULL,
                                  .object = "sequence",
                                  .name = wanted->name,
                                  .wanted = a,
                                  .found = b};
    if (found == NULL)
        tell(k, what, "there is no sequence %s", k->label);
    else if (retyped || (wefti_def_says_counting(&wanted->counting) &&
                         !wefti_def_same_counting(&wanted->counting, &found->counting, type_of(found))))
        tell(k, what, "the sequence %s counts %s instead of %s", k->label, b, a);
}

/* ---- all ---- */

static void check_parts(check *k)
{
    wefti_comparing *c = k->c;
    check_columns(k);
    if (k->wanted->kind != WEFT_RELATION_TABLE ||
        (k->found->kind != WEFT_RELATION_TABLE && k->found->kind != WEFT_RELATION_PARTITION))
        return;
    k->pair = (wefti_pair){.wanted = k->wanted, .found = k->found};
    wefti_comparing_match(c, &k->pair);
    if (c->status != WEFT_OK)
        return;
    if (wefti_comparing_begins_to_count_on(c, k->wanted, k->found))
        tell(k, (weft_difference){.kind = WEFT_DIFFERENCE_CHANGED, .object = "table", .name = k->wanted->name},
             "%s gives out keys of rows that are gone again", k->label);
    if (k->wanted->strict && !k->found->strict)
        tell(k, (weft_difference){.kind = WEFT_DIFFERENCE_CHANGED, .object = "table", .name = k->wanted->name}, "%s is not STRICT",
             k->label);
    if (k->wanted->without_rowid && !k->found->without_rowid)
        tell(k, (weft_difference){.kind = WEFT_DIFFERENCE_CHANGED, .object = "table", .name = k->wanted->name},
             "%s is not WITHOUT ROWID", k->label);
    check_constraints(k);
    check_indexes(k);
    check_enums(k);
}

static void check_table(check *k)
{
    wefti_comparing *c = k->c;
    const wefti_def_name name = wefti_def_name_of(k->wanted);
    k->label =
        k->wanted->schema == NULL ? k->wanted->name : wefti_arena_printf(c->arena, "%s.%s", k->wanted->schema, k->wanted->name);
    if (k->label == NULL) {
        wefti_comparing_no_memory(c);
        return;
    }
    k->found = wefti_def_find_table(c->what->found, &name);
    if (k->found == NULL) {
        const char *word = wefti_ddl_is_view(k->wanted) ? "view" : "table";
        tell(k, (weft_difference){.kind = WEFT_DIFFERENCE_MISSING, .fatal = true, .object = word, .name = k->wanted->name},
             "there is no %s %s", word, k->label);
        return;
    }
    const weft_schema_table *said = k->wanted;
    weft_schema_table whole = *said;
    if (said->kind == WEFT_RELATION_TABLE && k->found->kind == WEFT_RELATION_TABLE) {
        wefti_comparing_adopt_kind(c, &whole, k->found);
        wefti_comparing_adopt_open(c, &whole, k->found);
    }
    k->wanted = &whole;
    if (c->status == WEFT_OK)
        check_parts(k);
    k->wanted = said;
}

static void fatal_first(wefti_differences *to)
{
    for (size_t i = 1; i < to->count; i++) {
        const weft_difference item = to->items[i];
        size_t at = i;
        for (; item.fatal && at > 0 && !to->items[at - 1].fatal; at--)
            to->items[at] = to->items[at - 1];
        to->items[at] = item;
    }
}

static weft_status check_once(const wefti_comparison *what, wefti_spelling *spelling, wefti_arena *to, wefti_differences *list,
                              bool *again, weft_error *error)
{
    wefti_arena arena;
    wefti_comparing c = {.what = what,
                         .ddl = what->ddl,
                         .arena = &arena,
                         .wanted = what->wanted,
                         .found = (weft_schema_table *)(uintptr_t)what->found->tables, /* nobody writes to them here */
                         .found_count = what->found->table_count,
                         .spelling = spelling,
                         .error = error};
    const wefti_arena_mark mark = wefti_arena_mark_get(to);
    wefti_arena_init(&arena, 0);
    *list = (wefti_differences){0};
    for (size_t i = 0; i < what->wanted->table_count && c.status == WEFT_OK; i++) {
        const weft_schema_table *table = &what->wanted->tables[i];
        check k = {.c = &c, .arena = to, .to = list, .wanted = table};
        if (table->kind == WEFT_RELATION_TABLE || wefti_ddl_is_view(table))
            check_table(&k);
    }
    for (size_t i = 0; i < what->wanted->sequence_count && c.status == WEFT_OK; i++) {
        check k = {.c = &c, .arena = to, .to = list};
        check_sequence(&k, &what->wanted->sequences[i]);
    }
    *again = c.status == WEFT_OK && spelling->open > 0;
    if (*again) {
        const wefti_spelling_place place = {what->ddl, what->wanted, what->found, what->wanted_place, what->found_place};
        wefti_arena_rewind(to, mark);
        c.status = wefti_spell(&place, what->scratch, spelling, error);
    }
    wefti_arena_deinit(&arena);
    return c.status;
}

weft_status wefti_find_differences(const wefti_comparison *what, wefti_arena *arena, wefti_differences *differences,
                                   weft_error *error)
{
    wefti_spelling spelling;
    bool again = true;
    weft_status status = WEFT_OK;
    wefti_spelling_init(&spelling);
    spelling.refused = "nothing is made for a check";
    while (status == WEFT_OK && again)
        status = check_once(what, &spelling, arena, differences, &again, error);
    wefti_spelling_deinit(&spelling);
    if (status == WEFT_OK)
        fatal_first(differences);
    return status;
}
