/* Looking things up in a definition. */
#include "schema/definition.h"

#include "base/locale.h"

#include <string.h>

bool wefti_def_has_word(const char *const *list, const char *word)
{
    for (; list != NULL && *list != NULL; list++)
        if (strcmp(*list, word) == 0)
            return true;
    return false;
}

size_t wefti_def_count(const char *const *names)
{
    size_t count = 0;
    while (names != NULL && names[count] != NULL)
        count++;
    return count;
}

bool wefti_def_same_word(const char *a, const char *b) { return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0); }

bool wefti_def_same_names(const char *const *a, const char *const *b)
{
    const size_t count = wefti_def_count(a);
    if (count != wefti_def_count(b))
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(a[i], b[i]) != 0)
            return false;
    return true;
}

static bool same_text(const char *a, const char *b) { return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0); }

bool wefti_def_same_name(const wefti_def_name *a, const wefti_def_name *b)
{
    return same_text(a->schema, b->schema) && same_text(a->name, b->name);
}

const weft_schema_table *wefti_def_find_table(const wefti_definition *definition, const wefti_def_name *name)
{
    for (size_t i = 0; i < definition->table_count; i++)
        if (wefti_def_same_name(&(wefti_def_name){definition->tables[i].schema, definition->tables[i].name}, name))
            return &definition->tables[i];
    return NULL;
}

const weft_schema_column *wefti_def_find_column(const weft_schema_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (same_text(table->columns[i].name, name))
            return &table->columns[i];
    return NULL;
}

const weft_schema_constraint *wefti_def_primary_key(const weft_schema_table *table)
{
    for (size_t i = 0; i < table->constraint_count; i++)
        if (table->constraints[i].kind == WEFT_CONSTRAINT_PRIMARY_KEY)
            return &table->constraints[i];
    return NULL;
}

bool wefti_def_is_made(const weft_schema_table *table)
{
    const bool view = table->kind == WEFT_RELATION_VIEW || table->kind == WEFT_RELATION_MATERIALIZED_VIEW;
    return !view || table->definition != NULL;
}

bool wefti_def_begins_schema(const wefti_definition *definition, size_t t, bool made)
{
    const weft_schema_table *tables = definition->tables;
    for (size_t i = 0; i < t; i++)
        if (wefti_def_same_word(tables[i].schema, tables[t].schema) && (!made || wefti_def_is_made(&tables[i])))
            return false;
    return tables[t].schema != NULL && (!made || wefti_def_is_made(&tables[t]));
}

static bool names(const char *there, const char *schema) { return there != NULL && strcmp(there, schema) == 0; }

bool wefti_def_names_schema(const wefti_definition *definition, const char *schema)
{
    bool found = false;
    for (size_t i = 0; i < definition->table_count && !found; i++) {
        const weft_schema_table *table = &definition->tables[i];
        found = names(table->schema, schema);
        for (size_t k = 0; k < table->constraint_count && !found; k++)
            found = names(table->constraints[k].target_schema, schema);
    }
    return found;
}

void wefti_def_make_first(wefti_definition *definition, const char *schema)
{
    for (size_t i = 0; i < definition->table_count; i++) {
        weft_schema_table *table = (weft_schema_table *)(uintptr_t)&definition->tables[i];
        weft_schema_constraint *constraints = (weft_schema_constraint *)(uintptr_t)table->constraints;
        weft_schema_column *columns = (weft_schema_column *)(uintptr_t)table->columns;
        if (names(table->schema, schema))
            table->schema = NULL;
        for (size_t k = 0; k < table->constraint_count; k++)
            if (names(constraints[k].target_schema, schema))
                constraints[k].target_schema = NULL;
        for (size_t k = 0; k < table->column_count; k++)
            if (names(columns[k].enum_schema, schema))
                columns[k].enum_schema = NULL;
    }
    for (size_t i = 0; i < definition->enum_count; i++)
        if (names(definition->enums[i].schema, schema))
            ((weft_schema_enum *)(uintptr_t)&definition->enums[i])->schema = NULL;
    for (size_t i = 0; i < definition->sequence_count; i++)
        if (names(definition->sequences[i].schema, schema))
            ((weft_schema_sequence *)(uintptr_t)&definition->sequences[i])->schema = NULL;
}

bool wefti_def_is_action(const char *action)
{
    static const char *const actions[] = {"CASCADE", "SET NULL", "RESTRICT", "NO ACTION", "SET DEFAULT"};
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (strcmp(action, actions[i]) == 0)
            return true;
    return false;
}

int wefti_def_compare_texts(const char *a, const char *b)
{
    return a == NULL || b == NULL ? (a != NULL) - (b != NULL) : strcmp(a, b);
}

int wefti_def_compare_tables(const void *a, const void *b)
{
    const weft_schema_table *x = a, *y = b;
    const int order = wefti_def_compare_texts(x->schema, y->schema);
    return order != 0 ? order : wefti_def_compare_texts(x->name, y->name);
}

bool wefti_def_is_listed(const char *const *names, const weft_schema_table *table)
{
    const size_t size = table->schema != NULL ? strlen(table->schema) : 0;
    for (; names != NULL && *names != NULL; names++) {
        const bool inside = size > 0 && wefti_ascii_begins(*names, table->schema) && (*names)[size] == '.';
        if ((inside && wefti_ascii_equal(*names + size + 1, table->name)) || (size == 0 && wefti_ascii_equal(*names, table->name)))
            return true;
    }
    return false;
}

/* ---- how sequences count ---- */

bool wefti_def_says_counting(const weft_counting *c)
{
    return c->start != 0 || c->increment != 0 || c->minimum != 0 || c->maximum != 0 || c->cache != 0 || c->cycle ||
           c->start_is_zero || c->minimum_is_zero || c->maximum_is_zero;
}

static weft_counting defaults(int64_t increment, weft_type type)
{
    const int64_t greatest = type == WEFT_INT16 ? INT16_MAX : type == WEFT_INT32 ? INT32_MAX : INT64_MAX;
    const bool down = increment < 0;
    return (weft_counting){
        .start = down ? -1 : 1, .increment = 1, .minimum = down ? -greatest - 1 : 1, .maximum = down ? -1 : greatest, .cache = 1};
}

weft_counting wefti_def_counting(const weft_counting *counting, weft_type type)
{
    const weft_counting usual = defaults(counting->increment, type);
    weft_counting full = {.increment = counting->increment != 0 ? counting->increment : usual.increment,
                          .minimum = counting->minimum != 0 || counting->minimum_is_zero ? counting->minimum : usual.minimum,
                          .maximum = counting->maximum != 0 || counting->maximum_is_zero ? counting->maximum : usual.maximum,
                          .cache = counting->cache != 0 ? counting->cache : usual.cache,
                          .cycle = counting->cycle};
    const int64_t first = full.increment < 0 ? full.maximum : full.minimum;
    full.start = counting->start != 0 || counting->start_is_zero ? counting->start : first;
    return full;
}

weft_counting wefti_def_counting_of(const weft_counting *full, weft_type type)
{
    const weft_counting usual = defaults(full->increment, type);
    const int64_t first = full->increment < 0 ? full->maximum : full->minimum;
    return (weft_counting){.start = full->start == first ? 0 : full->start,
                           .increment = full->increment == usual.increment ? 0 : full->increment,
                           .minimum = full->minimum == usual.minimum ? 0 : full->minimum,
                           .maximum = full->maximum == usual.maximum ? 0 : full->maximum,
                           .cache = full->cache == usual.cache ? 0 : full->cache,
                           .cycle = full->cycle,
                           .start_is_zero = full->start == 0 && first != 0,
                           .minimum_is_zero = full->minimum == 0,
                           .maximum_is_zero = full->maximum == 0};
}

bool wefti_def_same_counting(const weft_counting *a, const weft_counting *b, weft_type type)
{
    const weft_counting x = wefti_def_counting(a, type), y = wefti_def_counting(b, type);
    return x.start == y.start && x.increment == y.increment && x.minimum == y.minimum && x.maximum == y.maximum &&
           x.cache == y.cache && x.cycle == y.cycle;
}

/* ---- storage parameters ---- */

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static const char *skip_blanks(const char *at)
{
    while (is_blank(*at))
        at++;
    return at;
}

static bool is_of_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/* A word, a number, or a text within single quotes, whose end it gives. */
static const char *end_of_value(const char *at)
{
    const char *end = at;
    if (*at != '\'') {
        while (is_of_name(*end) || *end == '-' || *end == '+')
            end++;
        return end;
    }
    for (end = at + 1; *end != '\0'; end++)
        if (*end == '\'' && *++end != '\'')
            return end;
    return at;
}

bool wefti_def_next_storage(const char **at, wefti_storage_parameter *parameter)
{
    static const char yes[] = "true";
    const char *next = skip_blanks(*at), *end = next;
    while (is_of_name(*end))
        end++;
    *parameter = (wefti_storage_parameter){next, yes, (size_t)(end - next), sizeof yes - 1};
    *at = next;
    next = skip_blanks(end);
    if (*next == '=') {
        parameter->value = skip_blanks(next + 1);
        end = end_of_value(parameter->value);
        parameter->value_size = (size_t)(end - parameter->value);
        next = skip_blanks(end);
    }
    if (parameter->name_size == 0 || parameter->value_size == 0 || (*next != ',' && *next != '\0'))
        return false;
    if (*next == ',' && *skip_blanks(next + 1) == '\0') /* nothing follows the comma */
        return false;
    *at = *next == ',' ? next + 1 : next;
    return true;
}

/* Words of any case, and what the database takes for one of two. */
static bool same_value(wefti_storage_parameter a, wefti_storage_parameter b)
{
    static const char *const words[][2] = {{"on", "true"}, {"yes", "true"}, {"off", "false"}, {"no", "false"}};
    wefti_storage_parameter *const both[] = {&a, &b};
    for (int i = 0; i < 2; i++) {
        if (both[i]->value_size >= 2 && *both[i]->value == '\'') {
            both[i]->value++;
            both[i]->value_size -= 2;
        }
        for (size_t w = 0; w < sizeof words / sizeof words[0]; w++)
            if (both[i]->value_size == strlen(words[w][0]) && wefti_ascii_begins(both[i]->value, words[w][0])) {
                both[i]->value = words[w][1];
                both[i]->value_size = strlen(words[w][1]);
            }
    }
    return a.value_size == b.value_size && wefti_ascii_same(a.value, b.value, a.value_size);
}

static bool find_parameter(const char *text, const wefti_storage_parameter *like, wefti_storage_parameter *found)
{
    while (text != NULL && wefti_def_next_storage(&text, found))
        if (found->name_size == like->name_size && wefti_ascii_same(found->name, like->name, like->name_size))
            return true;
    return false;
}

void wefti_def_add_storage(wefti_text *set, wefti_text *reset, const char *wanted, const char *found)
{
    wefti_storage_parameter one, there;
    for (const char *at = wanted; at != NULL && wefti_def_next_storage(&at, &one);)
        if (!find_parameter(found, &one, &there) || !same_value(one, there))
            wefti_text_add_format(set, "%s%.*s=%.*s", set->size > 0 ? ", " : "", (int)one.name_size, one.name, (int)one.value_size,
                                  one.value);
    for (const char *at = found; at != NULL && wefti_def_next_storage(&at, &one);)
        if (!find_parameter(wanted, &one, &there))
            wefti_text_add_format(reset, "%s%.*s", reset->size > 0 ? ", " : "", (int)one.name_size, one.name);
}
