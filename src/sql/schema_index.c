/* Unique constraints, indexes, checks and exclusions. */
#include "sql/schema_build.h"

#include "base/error.h"
#include "base/locale.h"
#include "base/text.h"

#include <string.h>

/* Parts as an index has them of plain columns; NULL: no memory. */
static weft_schema_part *plain_parts(wefti_build *build, const wefti_column *const *columns, uint16_t count)
{
    weft_schema_part *parts = wefti_arena_zalloc(build->arena, count * sizeof *parts);
    for (uint16_t i = 0; parts != NULL && i < count; i++)
        parts[i].column = columns[i]->name;
    return parts;
}

/* ---- what an index is sorted by, as SQL says it ---- */

/* Behind the parenthesis that closes the one at `at`, or NULL. Quotes of both kinds are passed over. */
static const char *end_of_parentheses(const char *at)
{
    int depth = 0;
    for (char quote = '\0'; *at != '\0'; at++) {
        if (quote != '\0')
            quote = *at == quote ? '\0' : quote;
        else if (*at == '\'' || *at == '"')
            quote = *at;
        else if (*at == '(')
            depth++;
        else if (*at == ')' && --depth == 0)
            return at + 1;
    }
    return NULL;
}

/* The end of a word, which may be qualified, have quoted parts, and parentheses behind it; NULL where they do not end. */
static const char *end_of_word(const char *at)
{
    while (*at != '\0' && *at != ',' && !wefti_name_is_blank(*at)) {
        if (*at == '(') {
            at = end_of_parentheses(at);
            if (at == NULL)
                return NULL;
        } else if (*at == '"') {
            at = strchr(at + 1, '"');
            if (at == NULL)
                return NULL;
            at++;
        } else {
            at++;
        }
    }
    return at;
}

typedef struct part_text {
    wefti_name name;        /* of a column, or of nothing */
    const char *expression; /* its text up to end */
    const char *end;
    wefti_name collation;
    const char *operator_class, *class_end;
    bool descending;
    weft_nulls_order nulls;
} part_text;

static bool word_is(const char *at, const char *end, const char *word)
{
    return (size_t)(end - at) == strlen(word) && wefti_ascii_begins(at, word);
}

/* One word behind a column or expression; the next one's beginning, or NULL where it is none. */
static const char *read_option(part_text *part, const char *at)
{
    const char *end = end_of_word(at);
    if (end == NULL || end == at)
        return NULL;
    if (word_is(at, end, "asc"))
        return end;
    if (word_is(at, end, "desc")) {
        part->descending = true;
        return end;
    }
    if (word_is(at, end, "collate")) {
        at = wefti_name_read(wefti_name_skip_blanks(end), "", &part->collation);
        return at != NULL && part->collation.size > 0 ? at : NULL;
    }
    if (word_is(at, end, "nulls")) {
        at = wefti_name_skip_blanks(end);
        end = end_of_word(at);
        if (end == NULL || (!word_is(at, end, "first") && !word_is(at, end, "last")))
            return NULL;
        part->nulls = word_is(at, end, "first") ? WEFT_NULLS_FIRST : WEFT_NULLS_LAST;
        return end;
    }
    if (part->operator_class != NULL || part->descending || part->nulls != WEFT_NULLS_DEFAULT)
        return NULL;
    part->operator_class = at;
    part->class_end = end;
    return end;
}

/* One of "lower(name), (a + b) DESC, tag"; where it ends, at a comma or the text's end, or NULL where it is none. */
static const char *read_part(part_text *part, const char *at)
{
    *part = (part_text){0};
    at = wefti_name_skip_blanks(at);
    const char *end = end_of_word(at);
    if (end == NULL || end == at)
        return NULL;
    if (*at == '(' || (*at != '"' && memchr(at, '(', (size_t)(end - at)) != NULL)) {
        const bool wrapped = *at == '(' && end_of_parentheses(at) == end;
        part->expression = at + wrapped;
        part->end = end - wrapped;
        at = end;
    } else {
        at = wefti_name_read(at, "", &part->name);
        if (at == NULL || part->name.size == 0)
            return NULL;
    }
    for (at = wefti_name_skip_blanks(at); *at != '\0' && *at != ','; at = wefti_name_skip_blanks(at)) {
        at = read_option(part, at);
        if (at == NULL)
            return NULL;
    }
    return at;
}

static weft_status no_list(const wefti_build *build, const wefti_table *table, const weft_attr *attr)
{
    return wefti_build_error(build, table, attr->columns, "this is no list of at most %d columns, such as \"a, b DESC\"",
                             WEFTI_MAX_KEY_COLUMNS);
}

/* The column or expression of a part, and what stands behind it. */
static weft_status add_part(wefti_build *build, const wefti_table *table, const weft_attr *attr, const part_text *text,
                            wefti_index *index, weft_schema_part *part)
{
    *part = (weft_schema_part){.descending = text->descending, .nulls = text->nulls};
    bool kept = true;
    if (text->expression != NULL) {
        part->expression = wefti_arena_strndup(build->arena, text->expression, (size_t)(text->end - text->expression));
        kept = part->expression != NULL;
    } else {
        wefti_name_list one = {.count = 1, .names = {text->name}};
        weft_status status = wefti_build_find_columns(build, table, attr->columns, table, &one, &index->columns[index->count]);
        if (status != WEFT_OK)
            return status;
        for (uint16_t i = 0; i < index->count; i++)
            if (index->columns[i] == index->columns[index->count])
                return wefti_build_error(build, table, attr->columns, "the column \"%s\" is named twice", index->columns[i]->name);
        part->column = index->columns[index->count++]->name;
    }
    if (text->collation.size > 0) {
        part->collation = wefti_name_copy(&text->collation, build->arena);
        kept = kept && part->collation != NULL;
    }
    if (text->operator_class != NULL) {
        part->operator_class =
            wefti_arena_strndup(build->arena, text->operator_class, (size_t)(text->class_end - text->operator_class));
        kept = kept && part->operator_class != NULL;
    }
    return kept ? WEFT_OK : wefti_error_memory(build->error);
}

static weft_status add_parts(wefti_build *build, const wefti_table *table, const weft_attr *attr, wefti_index *index)
{
    weft_schema_part *parts = wefti_arena_zalloc(build->arena, WEFTI_MAX_KEY_COLUMNS * sizeof *parts);
    if (parts == NULL)
        return wefti_error_memory(build->error);
    index->parts = parts;
    for (const char *at = attr->columns;; at++) {
        part_text text;
        at = index->part_count < WEFTI_MAX_KEY_COLUMNS ? read_part(&text, at) : NULL;
        if (at == NULL)
            return no_list(build, table, attr);
        weft_status status = add_part(build, table, attr, &text, index, &parts[index->part_count++]);
        if (status != WEFT_OK || *at == '\0')
            return status;
    }
}

static weft_status take_include(wefti_build *build, const wefti_table *table, const weft_attr *attr, const char *const **include)
{
    wefti_name_list list;
    const wefti_column *columns[WEFTI_MAX_KEY_COLUMNS];
    if (attr->include == NULL)
        return WEFT_OK;
    if (!wefti_name_list_parse(&list, attr->include, "", NULL))
        return wefti_build_error(build, table, attr->columns, ".include \"%s\" is no list of columns, such as \"a, b\"",
                                 attr->include);
    weft_status status = wefti_build_find_columns(build, table, attr->columns, table, &list, columns);
    const char **names = wefti_arena_zalloc(build->arena, (list.count + 1u) * sizeof *names);
    if (status != WEFT_OK || names == NULL)
        return status != WEFT_OK ? status : wefti_error_memory(build->error);
    for (uint16_t i = 0; i < list.count; i++)
        names[i] = columns[i]->name;
    *include = names;
    return WEFT_OK;
}

weft_status wefti_build_check_beside(const wefti_build *build, const wefti_table *table, const char *field,
                                     const wefti_storing *beside)
{
    wefti_storage_parameter one;
    const char *at = beside->storage;
    bool any = false;
    while (at != NULL && wefti_def_next_storage(&at, &one))
        any = true;
    if (at != NULL && (!any || *at != '\0'))
        return wefti_build_error(build, table, field, ".storage \"%s\" is no list of parameters, such as \"fillfactor = 70\"",
                                 beside->storage);
    return beside->tablespace == NULL ? WEFT_OK : wefti_build_check_name(build, table, field, "tablespace", beside->tablespace);
}

static weft_status take_beside(const wefti_build *build, const wefti_table *table, const weft_attr *attr, wefti_storing *beside)
{
    *beside = (wefti_storing){.storage = attr->storage, .tablespace = attr->tablespace, .comment = attr->comment};
    return wefti_build_check_beside(build, table, attr->columns, beside);
}

/* What has no index, or one that its own text describes. */
static weft_status refuse_index_options(const wefti_build *build, const wefti_table *table, const weft_attr *attr)
{
    if (attr->storage == NULL && attr->tablespace == NULL && attr->include == NULL)
        return WEFT_OK;
    return wefti_build_error(build, table, attr->columns != NULL ? attr->columns : attr->name,
                             ".storage, .tablespace and .include belong to WEFT_INDEX, WEFT_UNIQUE and WEFT_PRIMARY_KEY%s",
                             attr->kind == WEFT_ATTR_EXCLUDE ? "; those of an exclusion stand in its text" : "");
}

/* ---- entries ---- */

weft_status wefti_build_index(wefti_build *build, wefti_table *table, const wefti_index *made, const char *field)
{
    wefti_index *index = wefti_build_add_index(build, table);
    if (index == NULL)
        return wefti_error_memory(build->error);
    *index = *made;
    if (index->parts == NULL) {
        index->parts = plain_parts(build, index->columns, index->count);
        index->part_count = index->count;
    }
    if (index->parts == NULL)
        return wefti_error_memory(build->error);
    const wefti_named what = {.kind = index->unique ? WEFTI_NAMED_UNIQUE : WEFTI_NAMED_INDEX, .given = index->name};
    weft_status status = wefti_build_named(build, table, field, &what, index->columns, index->count, &index->name);
    if (status != WEFT_OK)
        return status;
    return wefti_build_check_name(build, table, field, "index", index->name);
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 0x80;
}

/* Whether SQL names the column, as a word in any case or quoted. Texts in it may look like names: then it is true once too often,
 * which costs a plan and nothing else. */
static bool names_column(const char *sql, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = sql; *at != '\0'; at++)
        if (wefti_ascii_begins(at, name) && !is_word(at[size]) && (at == sql || !is_word(at[-1])))
            return true;
    return false;
}

static void note_deciding(wefti_table *table, const char *condition)
{
    for (uint16_t i = 0; i < table->column_count; i++) {
        wefti_column *column = (wefti_column *)(uintptr_t)&table->columns[i];
        column->decides = column->decides || names_column(condition, column->name);
    }
}

/* Whether the index may be written as a constraint: of columns alone, in the order that constraints have. */
static bool is_plain(const wefti_index *index)
{
    bool plain = index->where == NULL && index->method == NULL;
    for (uint16_t i = 0; i < index->part_count; i++) {
        const weft_schema_part *part = &index->parts[i];
        plain = plain && part->column != NULL && !part->descending && part->collation == NULL && part->operator_class == NULL &&
                part->nulls == WEFT_NULLS_DEFAULT;
    }
    return plain;
}

static weft_status add_listed_index(wefti_build *build, wefti_table *table, const weft_attr *attr)
{
    wefti_index index = {.name = attr->name,
                         .where = attr->where,
                         .method = attr->method,
                         .unique = attr->kind == WEFT_ATTR_UNIQUE || attr->unique,
                         .nulls_not_distinct = attr->nulls_not_distinct,
                         .deferrable = attr->deferrable || attr->initially_deferred,
                         .initially_deferred = attr->initially_deferred};
    weft_status status = add_parts(build, table, attr, &index);
    if (status == WEFT_OK)
        status = take_include(build, table, attr, &index.include);
    if (status == WEFT_OK)
        status = take_beside(build, table, attr, &index.beside);
    if (status != WEFT_OK)
        return status;
    index.constraint = attr->kind == WEFT_ATTR_UNIQUE && is_plain(&index);
    if (index.deferrable && !index.constraint)
        return wefti_build_error(build, table, attr->columns,
                                 "indexes are never deferrable; a WEFT_UNIQUE of columns alone is, without .where and the like");
    if (index.nulls_not_distinct && !index.unique)
        return wefti_build_error(build, table, attr->columns, ".nulls_not_distinct is said of what is unique; add .unique = true");
    if (index.count < index.part_count && index.name == NULL)
        return wefti_build_error(build, table, attr->columns, "an index of expressions has no name by itself; give it a .name");
    if (attr->where != NULL)
        note_deciding(table, attr->where);
    return wefti_build_index(build, table, &index, attr->columns);
}

static weft_status add_check(wefti_build *build, wefti_table *table, const weft_attr *attr)
{
    const bool exclude = attr->kind == WEFT_ATTR_EXCLUDE;
    if (attr->check == NULL || attr->check[0] == '\0')
        return wefti_build_error(build, table, attr->name,
                                 exclude ? "the rule of WEFT_EXCLUDE is empty" : "the condition of WEFT_CHECK is empty");
    wefti_check *checks = wefti_arena_zalloc(build->arena, (table->check_count + 1u) * sizeof *checks);
    const char *name = NULL;
    const wefti_named what = {.kind = exclude ? WEFTI_NAMED_EXCLUSION : WEFTI_NAMED_CHECK,
                              .given = attr->name,
                              .number = table->check_count + 1};
    weft_status status = wefti_build_named(build, table, attr->name, &what, NULL, 0, &name);
    if (status != WEFT_OK)
        return status;
    if (checks == NULL)
        return wefti_error_memory(build->error);
    if (table->check_count > 0)
        memcpy(checks, table->checks, table->check_count * sizeof *checks);
    checks[table->check_count++] = (wefti_check){name, attr->check, exclude, attr->comment};
    table->checks = checks;
    return wefti_build_check_name(build, table, attr->name, exclude ? "exclusion" : "check", name);
}

const weft_attr *wefti_build_key_entry(const wefti_table *table)
{
    for (size_t i = 0; i < table->attr_count; i++)
        if (table->attrs[i].kind == WEFT_ATTR_PRIMARY_KEY)
            return &table->attrs[i];
    return NULL;
}

static weft_status take_key(wefti_build *build, wefti_table *table, const weft_attr *attr)
{
    if (attr != wefti_build_key_entry(table))
        return wefti_build_error(build, table, NULL, "the model has WEFT_PRIMARY_KEY twice");
    if (attr->columns != NULL || attr->where != NULL || attr->deferrable || attr->initially_deferred || attr->nulls_not_distinct)
        return wefti_build_error(build, table, NULL,
                                 "WEFT_PRIMARY_KEY takes .name, .include, .storage, .tablespace and .comment; the columns of the "
                                 "key are those with .primary_key");
    weft_status status = take_include(build, table, attr, &table->key_include);
    return status == WEFT_OK ? take_beside(build, table, attr, &table->key_beside) : status;
}

weft_status wefti_build_indexes(wefti_build *build, wefti_table *table)
{
    weft_status status = WEFT_OK;
    for (size_t i = 0; status == WEFT_OK && i < table->attr_count; i++) {
        const weft_attr *attr = &table->attrs[i];
        const wefti_column *column = attr->kind == WEFT_ATTR_COLUMN ? wefti_table_column_at(table, attr->offset) : NULL;
        if (column != NULL && attr->unique)
            status = wefti_build_index(build, table,
                                       &(wefti_index){.unique = true,
                                                      .constraint = true,
                                                      .deferrable = attr->references == NULL &&
                                                                    (attr->deferrable || attr->initially_deferred),
                                                      .initially_deferred = attr->references == NULL && attr->initially_deferred,
                                                      .count = 1,
                                                      .columns = {column}},
                                       attr->field);
        if (status == WEFT_OK && column != NULL && attr->index && !attr->unique)
            status = wefti_build_index(build, table, &(wefti_index){.count = 1, .columns = {column}}, attr->field);
        if (attr->kind == WEFT_ATTR_UNIQUE || attr->kind == WEFT_ATTR_INDEX)
            status = add_listed_index(build, table, attr);
        else if (attr->kind == WEFT_ATTR_CHECK || attr->kind == WEFT_ATTR_EXCLUDE)
            status = add_check(build, table, attr);
        else if (attr->kind == WEFT_ATTR_PRIMARY_KEY)
            status = take_key(build, table, attr);
        if (status == WEFT_OK &&
            (attr->kind == WEFT_ATTR_CHECK || attr->kind == WEFT_ATTR_EXCLUDE || attr->kind == WEFT_ATTR_FOREIGN_KEY))
            status = refuse_index_options(build, table, attr);
    }
    return status;
}
