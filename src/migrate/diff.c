/* What leads from the database to the models, and back. */
#include "migrate/diff.h"

#include "base/error.h"
#include "base/locale.h"
#include "base/memory.h"
#include "engine/engine_private.h"
#include "schema/drawn.h"
#include "schema/naming.h"
#include "schema/render.h"
#include "sql/dialect.h"

#include <stdlib.h>
#include <string.h>

#include <weft/migrate.h>

void wefti_diff_free(wefti_diff *diff)
{
    weft_ops_free(diff->up);
    weft_ops_free(diff->down);
    weft_schema_free(diff->wanted);
    weft_schema_free(diff->found);
    *diff = (wefti_diff){0};
}

/* ---- what is not compared ---- */

/* "audit_*" and the like; patterns of at most one name each. */
static bool matches(const char *pattern, const char *end, const char *name)
{
    if (pattern == end)
        return *name == '\0';
    if (*pattern == '*')
        return matches(pattern + 1, end, name) || (*name != '\0' && matches(pattern, end, name + 1));
    return *name == *pattern && matches(pattern + 1, end, name + 1);
}

static bool is_ignored(const weft_migrate *m, const char *table)
{
    const char *at = m->options.ignored != NULL ? m->options.ignored : "";
    while (*at != '\0') {
        at += strspn(at, ", \t");
        const size_t size = strcspn(at, ", \t");
        if (size > 0 && matches(at, at + size, table))
            return true;
        at += size;
    }
    return false;
}

static bool is_compared(void *user, const char *schema, const char *table)
{
    const weft_migrate *m = user;
    const char *version = m->options.version_table != NULL ? m->options.version_table : "weft_version";
    const size_t size = strlen(version);
    const bool is_version = strncmp(table, version, size) == 0 && (table[size] == '\0' || strcmp(table + size, "_lease") == 0) &&
                            (m->options.version_schema == NULL || schema == NULL || strcmp(schema, m->options.version_schema) == 0);
    return !is_version && !is_ignored(m, table);
}

/* ---- what is compared ---- */

/* Models beside those of an engine that has one schema only, and calls all that models name so. */
static weft_status wanted_in_one(const weft_metadata *models, const wefti_dialect *dialect, weft_schema **wanted, weft_error *error)
{
    wefti_schema *resolved = NULL;
    weft_status status = wefti_schema_new_translated(models, dialect, &resolved, error);
    if (status == WEFT_OK)
        status = wefti_schema_of(wanted, resolved, dialect, error);
    wefti_schema_free(resolved);
    return status;
}

static weft_status wanted_of(const weft_migrate *m, const char *driver, weft_schema **wanted, weft_error *error)
{
    const wefti_dialect *dialect = wefti_engine_dialect(driver, error);
    if (dialect == NULL)
        return error->status;
    if (m->options.models != NULL) {
        weft_metadata models = *m->options.models;
        models.naming = models.naming != NULL ? models.naming : m->options.naming;
        if (m->engine != NULL && m->engine->places != NULL && m->engine->dialect == dialect && dialect->only_schema != NULL)
            return wanted_in_one(&models, dialect, wanted, error);
        return weft_schema_of_models(wanted, &models, driver, error);
    }
    if (m->engine != NULL && m->engine->schema != NULL && m->engine->schema->table_count > 0)
        return wefti_schema_of(wanted, m->engine->schema, dialect, error);
    weft_status status = wefti_error_set(error, WEFT_ERROR_MISUSE, "there are no models to compare with");
    wefti_error_hint(error, "weft_migrate_options.models, the engine's .metadata, or --models of the command");
    return status;
}

weft_status wefti_diff_wanted(const weft_migrate *m, const char *driver, weft_schema **wanted, weft_error *error)
{
    *wanted = NULL;
    weft_status status = wanted_of(m, driver, wanted, error);
    if (status != WEFT_OK)
        return status;
    wefti_definition *definition = &(*wanted)->definition;
    weft_schema_table *tables = (weft_schema_table *)(uintptr_t)definition->tables;
    size_t count = 0;
    for (size_t i = 0; i < definition->table_count; i++)
        if (!is_ignored(m, tables[i].name))
            tables[count++] = tables[i];
    definition->table_count = count;
    return WEFT_OK;
}

/* What the engine calls the schemas of its models; the definition is the schema's own. */
static void translate(const weft_engine *engine, weft_schema *wanted)
{
    wefti_definition *definition = &wanted->definition;
    wefti_places_define(engine->places, definition);
    if (engine->places != NULL && definition->table_count > 1)
        qsort((void *)(uintptr_t)definition->tables, definition->table_count, sizeof *definition->tables, wefti_def_compare_tables);
    wanted->translated = engine->places != NULL;
}

/* A tenant's schema is the one that models mean where they name none. */
static weft_status make_default(weft_schema *found, const char *schema, weft_error *error)
{
    wefti_definition *definition = &found->definition;
    wefti_text spelt;
    wefti_text_init(&spelt, 0);
    wefti_add_identifier(&spelt, schema);
    definition->place = spelt.failed ? NULL : wefti_arena_strdup(&found->arena, spelt.data);
    wefti_text_deinit(&spelt);
    definition->first = definition->place != NULL ? wefti_arena_strdup(&found->arena, schema) : NULL;
    wefti_def_make_first(definition, schema);
    return definition->first != NULL ? WEFT_OK : wefti_error_memory(error);
}

static weft_status reflect(const weft_migrate *m, wefti_diff *diff, weft_error *error)
{
    const char *const schemas[] = {m->options.schema, NULL};
    const weft_reflect_options options = {.include = is_compared,
                                          .user = (void *)(uintptr_t)m,
                                          .schemas = m->options.schema != NULL ? schemas : NULL};
    weft_status status = wefti_reflect_beside(&diff->found, m->engine, &options, &diff->wanted->definition, error);
    return status == WEFT_OK && m->options.schema != NULL ? make_default(diff->found, m->options.schema, error) : status;
}

/* ---- views of the history ---- */

static wefti_sql_token next(const wefti_sql_rules *rules, const char **at, const char **start)
{
    wefti_sql_token kind;
    do {
        *start = *at;
        kind = wefti_sql_next(rules, at);
    } while (kind == WEFTI_SQL_SPACE);
    return kind;
}

static bool is_one_of(const char *start, const char *end, const char *const *words)
{
    for (; *words != NULL; words++)
        if ((size_t)(end - start) == strlen(*words) && wefti_ascii_begins(start, *words))
            return true;
    return false;
}

/* The name of the view that a statement creates or drops, without quotes, behind that of its schema where that is said; NULL: it is
 * another statement, or there is no memory. */
static const char *view_named(const wefti_sql_rules *rules, const char *sql, wefti_arena *arena, bool *creates, bool *failed)
{
    static const char *const create[] = {"CREATE", NULL}, *const drop[] = {"DROP", NULL}, *const view[] = {"VIEW", NULL};
    static const char *const before[] = {"OR", "REPLACE", "TEMP", "TEMPORARY", "RECURSIVE", "MATERIALIZED", NULL};
    static const char *const behind[] = {"IF", "NOT", "EXISTS", NULL};
    const char *at = sql, *start;
    if (next(rules, &at, &start) != WEFTI_SQL_NAME)
        return NULL;
    *creates = is_one_of(start, at, create);
    if (!*creates && !is_one_of(start, at, drop))
        return NULL;
    while (next(rules, &at, &start) == WEFTI_SQL_NAME && is_one_of(start, at, before))
        continue;
    if (!is_one_of(start, at, view))
        return NULL;
    while (next(rules, &at, &start) == WEFTI_SQL_NAME && is_one_of(start, at, behind))
        continue;
    /* "view", "schema.view" */
    char *name = wefti_arena_alloc(arena, strlen(sql) + 1), *to = name;
    *failed = *failed || name == NULL;
    for (const char *further = at, *dot = "."; name != NULL && *dot == '.'; further = at) {
        wefti_sql_unquote(start, at, to);
        if (next(rules, &further, &dot) != WEFTI_SQL_OTHER || *dot != '.')
            break;
        to += strlen(to);
        *to++ = '.';
        if (at = further, next(rules, &at, &start) != WEFTI_SQL_NAME)
            return NULL;
    }
    return name;
}

static bool is_listed(const wefti_name_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (wefti_ascii_equal(list->items[i], name))
            return true;
    return false;
}

/* Those that a revision makes: without a model they are to go. Whatever else is a view is somebody else's, also where a revision
 * drops it and makes it again, around a table that it reads. */
static weft_status find_own_views(const weft_migrate *m, weft_schema *wanted, weft_error *error)
{
    wefti_name_list own = {0}, others = {0};
    bool failed = false;
    for (size_t i = 0; i < m->history.count; i++)
        for (size_t k = 0; k < m->history.revisions[i].up.count; k++) {
            const wefti_step *step = &m->history.revisions[i].up.items[k];
            bool creates = false;
            const char *name = step->call ? NULL : view_named(wanted->ddl->rules, step->sql, &wanted->arena, &creates, &failed);
            if (name != NULL && !is_listed(&own, name) && !is_listed(&others, name))
                failed = !wefti_name_list_add(&wanted->arena, creates ? &own : &others, name) || failed;
        }
    wanted->own_views = own.items;
    return failed ? wefti_error_memory(error) : WEFT_OK;
}

/* ---- comparing ---- */

static void add_told(wefti_text *text, const char *owner, const char *from, const char *to)
{
    const char *const parts[] = {owner, from, to};
    wefti_text_add(text, text->size > 0 ? ", " : "");
    for (int i = 0; i < 3; i++) {
        if (parts[i] == NULL)
            continue;
        wefti_text_add(text, i == 2 ? " = \"" : "\"");
        for (const char *c = parts[i]; *c != '\0'; c++) {
            wefti_text_add_char(text, *c);
            if (*c == '"')
                wefti_text_add_char(text, '"');
        }
        wefti_text_add(text, i == 0 ? "\"." : "\"");
    }
}

/* What was renamed, the other way. */
static void add_back(wefti_text *text, const wefti_ops *ops)
{
    for (size_t i = 0; i < ops->count; i++) {
        const wefti_op *op = &ops->items[i];
        if (op->kind == WEFTI_OP_RENAME_TABLE)
            add_told(text, op->of.rename_table.table.schema, op->of.rename_table.to, op->of.rename_table.table.name);
        else if (op->kind == WEFTI_OP_RENAME_COLUMN)
            add_told(text, op->of.rename_column.table.name, op->of.rename_column.to, op->of.rename_column.column);
        else if (op->kind == WEFTI_OP_RENAME_ENUM_VALUE)
            add_told(text, op->of.rename_enum_value.type.name, op->of.rename_enum_value.to, op->of.rename_enum_value.value);
    }
}

static weft_status compare(weft_engine *engine, const weft_schema *wanted, const weft_schema *found, const char *renames,
                           weft_ops **ops, weft_error *error)
{
    return engine != NULL ? weft_schema_compare_on(engine, wanted, found, renames, ops, error)
                          : weft_schema_compare(wanted, found, renames, ops, error);
}

/* What the database will have: what models want, but under the names that stay. */
static weft_status name_wanted(weft_schema *made, const weft_schema *wanted, const weft_schema *found, const weft_ops *up,
                               weft_error *error)
{
    const wefti_definition *definition = wanted->of_models ? &up->whole : &wanted->definition;
    const wefti_kept_names *kept = &up->kept;
    weft_schema_table *tables = wefti_copy_tables(&made->arena, definition->tables, definition->table_count);
    if (tables == NULL)
        return wefti_error_memory(error);
    made->definition = *definition;
    made->definition.tables = tables;
    if (wanted->of_models)
        made->definition.place = found->definition.place;
    for (size_t i = 0; i < kept->count; i++) {
        const wefti_kept_name *name = &kept->items[i];
        const weft_schema_table *table = wefti_def_find_table(&made->definition, &name->table);
        weft_schema_index *indexes = (weft_schema_index *)(uintptr_t)(table != NULL ? table->indexes : NULL);
        weft_schema_constraint *constraints = (weft_schema_constraint *)(uintptr_t)(table != NULL ? table->constraints : NULL);
        for (size_t k = 0; name->index && table != NULL && k < table->index_count; k++)
            if (strcmp(indexes[k].name, name->wanted) == 0)
                indexes[k].name = name->found;
        for (size_t k = 0; !name->index && table != NULL && k < table->constraint_count; k++)
            if (constraints[k].name != NULL && strcmp(constraints[k].name, name->wanted) == 0)
                constraints[k].name = name->found;
    }
    return WEFT_OK;
}

weft_status wefti_diff_compare(weft_engine *engine, wefti_diff *diff, const char *renames, weft_error *error)
{
    weft_status status = compare(engine, diff->wanted, diff->found, renames, &diff->up, error);
    if (status != WEFT_OK)
        return status;
    wefti_text back;
    wefti_text_init(&back, 0);
    add_back(&back, &diff->up->list);
    weft_schema *then = wefti_new_schema(diff->wanted->ddl, error);
    status = then == NULL ? error->status : name_wanted(then, diff->wanted, diff->found, diff->up, error);
    if (status == WEFT_OK)
        status = back.failed ? wefti_error_memory(error)
                             : compare(engine, diff->found, then, back.size > 0 ? back.data : NULL, &diff->down, error);
    weft_schema_free(then);
    wefti_text_deinit(&back);
    return status;
}

static weft_status check_head(weft_migrate *m, weft_error *error)
{
    bool current = false;
    weft_status status = weft_migrate_is_current(m, &current, error);
    if (status != WEFT_OK || current)
        return status;
    status = wefti_error_set(error, WEFT_ERROR_SCHEMA, "the database is not at the head of the history");
    wefti_error_hint(error, "upgrade it first: what is not applied yet would be found missing, and written again");
    return status;
}

/* Types that models do not name, and sequences that neither they nor a column of a compared table has, stay as they are, back and
 * forth. */
static void keep_what_is_named(wefti_definition *found, const wefti_definition *wanted)
{
    weft_schema_enum *enums = (weft_schema_enum *)(uintptr_t)found->enums;
    size_t count = 0;
    for (size_t i = 0; i < found->enum_count; i++)
        for (size_t w = 0; w < wanted->enum_count; w++)
            if (wefti_def_same_word(enums[i].name, wanted->enums[w].name) &&
                wefti_def_same_word(enums[i].schema, wanted->enums[w].schema)) {
                enums[count++] = enums[i];
                break;
            }
    found->enum_count = count;
    weft_schema_sequence *sequences = (weft_schema_sequence *)(uintptr_t)found->sequences;
    count = 0;
    for (size_t i = 0; i < found->sequence_count; i++) {
        bool drawn = sequences[i].table != NULL &&
                     wefti_def_find_table(found, &(wefti_def_name){sequences[i].schema, sequences[i].table}) != NULL;
        for (size_t w = 0; w < wanted->sequence_count && !drawn; w++)
            drawn = wefti_drawn_same(found, &sequences[i], wanted->sequences[w].schema, wanted->sequences[w].name);
        if (drawn)
            sequences[count++] = sequences[i];
    }
    found->sequence_count = count;
}

weft_status wefti_diff_read(weft_migrate *m, const char *renames, wefti_diff *diff, weft_error *error)
{
    *diff = (wefti_diff){0};
    if (m->engine == NULL)
        return wefti_migrate_no_engine(error);
    weft_status status = wefti_diff_wanted(m, m->dialect->name, &diff->wanted, error);
    if (status == WEFT_OK && m->engine != NULL)
        translate(m->engine, diff->wanted);
    if (status == WEFT_OK)
        status = check_head(m, error);
    if (status == WEFT_OK)
        status = reflect(m, diff, error);
    if (status == WEFT_OK)
        status = find_own_views(m, diff->wanted, error);
    if (status != WEFT_OK)
        return status;
    keep_what_is_named(&diff->found->definition, &diff->wanted->definition);
    return wefti_diff_compare(m->engine, diff, renames, error);
}

weft_status weft_migrate_diff(weft_migrate *migrate, const char *renames, weft_ops **ops, weft_error *error)
{
    weft_error own = {0};
    error = error != NULL ? error : &own;
    if (ops == NULL || migrate == NULL)
        return wefti_error_set(error, WEFT_ERROR_MISUSE, "weft_migrate_diff needs a weft_migrate, and a place for the operations");
    *ops = NULL;
    wefti_error_clear(error);
    wefti_diff diff;
    weft_status status = wefti_diff_read(migrate, renames, &diff, error);
    if (status == WEFT_OK) {
        *ops = diff.up;
        diff.up = NULL;
    }
    wefti_diff_free(&diff);
    return status;
}
