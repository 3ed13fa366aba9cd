/* Names that change: what is told, and what looks like it. */
#include "schema/comparing.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

/* ---- what is told ---- */

typedef struct told {
    const char *schema;  /* of three parts */
    wefti_def_name from; /* .schema: the table, or the enum; else NULL */
    const char *to;
} told;

typedef struct reader {
    wefti_comparing *c;
    const char *at;
} reader;

static void skip_blanks(reader *r)
{
    while (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r')
        r->at++;
}

/* A part of a name: a word, or within double quotes. NULL: there is none. */
static const char *take_part(reader *r)
{
    skip_blanks(r);
    const char *from = r->at;
    char *made = wefti_comparing_room(r->c, strlen(from) + 1, 1), *to = made;
    if (made == NULL)
        return NULL;
    if (*r->at == '"') {
        for (r->at++; *r->at != '\0' && (*r->at != '"' || r->at[1] == '"'); r->at++) {
            *to++ = *r->at;
            r->at += *r->at == '"';
        }
        r->at += *r->at == '"';
    } else {
        while (*r->at != '\0' && strchr(" \t\r\n.,=\"", *r->at) == NULL)
            *to++ = *r->at++;
    }
    skip_blanks(r);
    return to == made ? NULL : made;
}

static void wrong(wefti_comparing *c, const char *what)
{
    if (c->status == WEFT_OK)
        c->status = wefti_error_set(c->error, WEFT_ERROR_MISUSE,
                                    "renames: %s: they are \"old = new, table.old = new, schema.table.old = new\"", what);
}

static void absent(wefti_comparing *c, const char *where, const char *name, const char *who)
{
    if (c->status == WEFT_OK)
        c->status = wefti_error_set(c->error, WEFT_ERROR_MISUSE, "renames: %s has no \"%s%s%s\"", who, where != NULL ? where : "",
                                    where != NULL ? "." : "", name);
}

/* "a", "a.b", "a.b.c"; of the right side the last part counts. */
static bool take_told(reader *r, told *one)
{
    *one = (told){0};
    one->from.name = take_part(r);
    for (int part = 0; part < 2 && one->from.name != NULL && *r->at == '.'; part++) {
        r->at++;
        one->schema = one->from.schema;
        one->from.schema = one->from.name;
        one->from.name = take_part(r);
    }
    if (one->from.name == NULL || *r->at != '=')
        return false;
    r->at++;
    one->to = take_part(r);
    while (one->to != NULL && *r->at == '.') {
        r->at++;
        one->to = take_part(r);
    }
    return one->to != NULL && (*r->at == ',' || *r->at == '\0');
}

static weft_schema_table *found_table(const wefti_comparing *c, const char *schema, const char *name)
{
    for (size_t i = 0; i < c->found_count; i++)
        if (wefti_def_same_word(c->found[i].name, name) && wefti_def_same_word(c->found[i].schema, schema))
            return &c->found[i];
    return NULL;
}

static const weft_schema_table *wanted_table(const wefti_comparing *c, const char *schema, const char *name)
{
    return wefti_def_find_table(c->wanted, &(wefti_def_name){schema, name});
}

/* Foreign keys of all tables follow. */
static void retarget(wefti_comparing *c, const weft_schema_table *table, const char *to)
{
    for (size_t i = 0; i < c->found_count; i++) {
        weft_schema_constraint *constraints = (weft_schema_constraint *)(uintptr_t)c->found[i].constraints;
        for (size_t k = 0; k < c->found[i].constraint_count; k++)
            if (wefti_def_same_word(constraints[k].target_table, table->name) &&
                wefti_def_same_word(constraints[k].target_schema, table->schema))
                constraints[k].target_table = to;
    }
}

/* Expressions of a table say its columns by name, and may say its own; databases follow a rename in them. Views do not: what a
 * column of theirs is called stays. */
static void rename_in_texts(wefti_comparing *c, weft_schema_table *table, const char *from, const char *to, bool as_table)
{
    weft_schema_column *columns = (weft_schema_column *)(uintptr_t)table->columns;
    weft_schema_constraint *constraints = (weft_schema_constraint *)(uintptr_t)table->constraints;
    weft_schema_index *indexes = (weft_schema_index *)(uintptr_t)table->indexes;
    for (size_t i = 0; i < table->column_count; i++)
        columns[i].generated = wefti_comparing_renamed(c, columns[i].generated, from, to, as_table);
    for (size_t i = 0; i < table->constraint_count; i++)
        constraints[i].expression = wefti_comparing_renamed(c, constraints[i].expression, from, to, as_table);
    for (size_t i = 0; i < table->index_count; i++) {
        weft_schema_part *parts = (weft_schema_part *)(uintptr_t)indexes[i].parts;
        indexes[i].where = wefti_comparing_renamed(c, indexes[i].where, from, to, as_table);
        for (size_t p = 0; p < indexes[i].part_count; p++)
            parts[p].expression = wefti_comparing_renamed(c, parts[p].expression, from, to, as_table);
    }
}

static void rename_table(wefti_comparing *c, weft_schema_table *table, const char *to)
{
    if (wanted_table(c, table->schema, to) == NULL)
        absent(c, NULL, to, "what is wanted");
    else if (found_table(c, table->schema, to) != NULL)
        c->status = wefti_error_set(c->error, WEFT_ERROR_MISUSE, "renames: \"%s\" cannot become \"%s\": the database has that, too",
                                    table->name, to);
    if (c->status != WEFT_OK)
        return;
    WEFTI_COMPARING_ADD(c, WEFTI_PHASE_RENAMES, WEFTI_OP_RENAME_TABLE, .of.rename_table = {wefti_def_name_of(table), to});
    retarget(c, table, to);
    rename_in_texts(c, table, table->name, to, true);
    table->name = to;
}

static const char *const *renamed_in(wefti_comparing *c, const char *const *names, const char *from, const char *to)
{
    const size_t count = wefti_def_count(names);
    const char **made = wefti_comparing_room(c, count + 1, sizeof *made);
    for (size_t i = 0; made != NULL && i < count; i++)
        made[i] = strcmp(names[i], from) == 0 ? to : names[i];
    return made;
}

/* Keys and indexes say columns by name. */
static void rename_mentions(wefti_comparing *c, weft_schema_table *table, const char *from, const char *to)
{
    weft_schema_constraint *constraints = (weft_schema_constraint *)(uintptr_t)table->constraints;
    for (size_t i = 0; i < table->constraint_count; i++) {
        if (constraints[i].columns != NULL)
            constraints[i].columns = renamed_in(c, constraints[i].columns, from, to);
        if (constraints[i].include != NULL)
            constraints[i].include = renamed_in(c, constraints[i].include, from, to);
    }
    weft_schema_index *indexes = (weft_schema_index *)(uintptr_t)table->indexes;
    for (size_t i = 0; i < table->index_count; i++) {
        weft_schema_part *parts = (weft_schema_part *)(uintptr_t)indexes[i].parts;
        for (size_t p = 0; p < indexes[i].part_count; p++)
            if (wefti_def_same_word(parts[p].column, from))
                parts[p].column = to;
        if (indexes[i].include != NULL)
            indexes[i].include = renamed_in(c, indexes[i].include, from, to);
    }
    for (size_t t = 0; t < c->found_count; t++) {
        weft_schema_constraint *keys = (weft_schema_constraint *)(uintptr_t)c->found[t].constraints;
        for (size_t i = 0; i < c->found[t].constraint_count; i++)
            if (keys[i].target_columns != NULL && wefti_def_same_word(keys[i].target_table, table->name) &&
                wefti_def_same_word(keys[i].target_schema, table->schema))
                keys[i].target_columns = renamed_in(c, keys[i].target_columns, from, to);
    }
}

static void rename_column(wefti_comparing *c, weft_schema_table *table, const char *from, const char *to)
{
    const weft_schema_table *wanted = wanted_table(c, table->schema, table->name);
    weft_schema_column *column = (weft_schema_column *)(uintptr_t)wefti_def_find_column(table, from);
    if (column == NULL)
        absent(c, table->name, from, "the database");
    else if (wanted == NULL || wefti_def_find_column(wanted, to) == NULL)
        absent(c, table->name, to, "what is wanted");
    else if (wefti_def_find_column(table, to) != NULL && c->status == WEFT_OK)
        c->status = wefti_error_set(c->error, WEFT_ERROR_MISUSE, "renames: \"%s.%s\" cannot become \"%s\": the table has that, too",
                                    table->name, from, to);
    if (c->status != WEFT_OK)
        return;
    WEFTI_COMPARING_ADD(c, WEFTI_PHASE_RENAMES, WEFTI_OP_RENAME_COLUMN, .of.rename_column = {wefti_def_name_of(table), from, to});
    rename_mentions(c, table, from, to);
    rename_in_texts(c, table, from, to, false);
    column->name = to;
}

static void rename_value(wefti_comparing *c, weft_schema_enum *type, const char *from, const char *to)
{
    if (!wefti_comparing_names_contain(type->values, from))
        absent(c, type->name, from, "the database");
    if (c->status != WEFT_OK)
        return;
    WEFTI_COMPARING_ADD(c, WEFTI_PHASE_RENAMES, WEFTI_OP_RENAME_ENUM_VALUE,
                        .of.rename_enum_value = {{type->schema, type->name}, from, to});
    type->values = renamed_in(c, type->values, from, to);
}

/* 2: what was told is of this schema; 1: it may be, for it was told without one. */
static int fits_schema(const wefti_comparing *c, const char *said, const char *schema)
{
    if (said == NULL)
        return schema == NULL ? 2 : 1;
    return wefti_def_same_word(schema, wefti_def_same_word(said, c->what->found->first) ? NULL : said) ? 2 : 0;
}

/* Of a column's name its table may be called as it is or as it is to be. */
static weft_schema_table *table_told(wefti_comparing *c, const told *one)
{
    const char *name = one->from.schema;
    weft_schema_table *table = NULL;
    size_t count = 0;
    for (int fits = 2; fits >= 1 && count == 0; fits--)
        for (size_t i = 0; i < c->found_count; i++)
            if ((strcmp(c->found[i].name, name) == 0 || strcmp(c->what->found->tables[i].name, name) == 0) &&
                fits_schema(c, one->schema, c->found[i].schema) == fits) {
                table = &c->found[i];
                count++;
            }
    if (count > 1 && c->status == WEFT_OK)
        c->status = wefti_error_set(c->error, WEFT_ERROR_MISUSE,
                                    "renames: \"%s\" is in more than one schema: say \"schema.table.old = new\"", name);
    return table;
}

static void rename_part(wefti_comparing *c, const told *one)
{
    weft_schema_table *table = table_told(c, one);
    for (size_t i = 0; table == NULL && i < c->what->found->enum_count; i++)
        if (strcmp(c->found_enums[i].name, one->from.schema) == 0 && fits_schema(c, one->schema, c->found_enums[i].schema) > 0) {
            rename_value(c, &c->found_enums[i], one->from.name, one->to);
            return;
        }
    if (table == NULL)
        absent(c, NULL, one->from.schema, "the database");
    else
        rename_column(c, table, one->from.name, one->to);
}

/* Tables first: then names of columns may stand before or behind those of their tables. */
void wefti_comparing_rename(wefti_comparing *c)
{
    for (int parts = 0; parts < 2; parts++) {
        reader r = {c, c->what->renames != NULL ? c->what->renames : ""};
        skip_blanks(&r);
        while (*r.at != '\0' && c->status == WEFT_OK) {
            told one;
            if (!take_told(&r, &one)) {
                wrong(c, c->what->renames);
                return;
            }
            const bool qualified =
                one.schema == NULL && one.from.schema != NULL && wefti_def_find_table(c->what->found, &one.from) != NULL;
            weft_schema_table *table = one.from.schema == NULL || qualified ? found_table(c, one.from.schema, one.from.name) : NULL;
            if (parts == 1 && one.from.schema != NULL && !qualified)
                rename_part(c, &one);
            else if (parts == 0 && table != NULL)
                rename_table(c, table, one.to);
            else if (parts == 0 && one.from.schema == NULL)
                absent(c, NULL, one.from.name, "the database");
            if (*r.at == ',')
                r.at++;
        }
    }
}

/* ---- what looks like it ---- */

enum { COLUMN_LIKENESS = 60, TABLE_LIKENESS = 55, LONGEST = 64 };

/* 0 to 100: how much of both names is the longest common subsequence of letters. */
static int same_letters(const char *a, const char *b)
{
    const size_t a_size = strlen(a), b_size = strlen(b);
    const size_t m = a_size < LONGEST ? a_size : LONGEST, n = b_size < LONGEST ? b_size : LONGEST;
    size_t rows[2][LONGEST + 1] = {{0}};
    for (size_t i = 1; i <= m; i++)
        for (size_t k = 1; k <= n; k++) {
            const size_t up = rows[(i - 1) & 1][k], left = rows[i & 1][k - 1];
            rows[i & 1][k] = a[i - 1] == b[k - 1] ? rows[(i - 1) & 1][k - 1] + 1 : up > left ? up : left;
        }
    return m + n == 0 ? 0 : (int)(200 * rows[m & 1][n] / (m + n));
}

/* 0 to 100: how many of the words between underscores both have. */
static int same_words(const char *a, const char *b)
{
    size_t common = 0, all = 0, others = 1;
    for (const char *c = b; *c != '\0'; c++)
        others += *c == '_';
    for (const char *from = a; from != NULL; from = strchr(from, '_') != NULL ? strchr(from, '_') + 1 : NULL) {
        const size_t size = strcspn(from, "_");
        all++;
        for (const char *to = b; to != NULL; to = strchr(to, '_') != NULL ? strchr(to, '_') + 1 : NULL)
            if (strcspn(to, "_") == size && memcmp(from, to, size) == 0) {
                common++;
                break;
            }
    }
    return (int)(100 * common / (all + others - common));
}

static int same_names(const char *a, const char *b)
{
    const int letters = same_letters(a, b), words = same_words(a, b);
    return letters > words ? letters : words;
}

static const weft_schema_constraint *key_of(const weft_schema_table *table, const char *column)
{
    for (size_t i = 0; i < table->constraint_count; i++)
        if (table->constraints[i].kind == WEFT_CONSTRAINT_FOREIGN_KEY &&
            wefti_comparing_names_contain(table->constraints[i].columns, column))
            return &table->constraints[i];
    return NULL;
}

static int column_likeness(wefti_comparing *c, const wefti_pair *pair, const weft_schema_column *from, const weft_schema_column *to)
{
    int likeness = 45 * same_names(from->name, to->name) / 100;
    if (wefti_comparing_same_type(c, NULL, to, from))
        likeness += 35; /* with what its neighbours would add */
    else if (from->type == WEFT_UNMAPPED || from->type != to->type)
        return 0;
    else
        likeness += 10;
    likeness += from->nullable == to->nullable ? 10 : 0;
    likeness += wefti_comparing_same_text(c, to->server_default, from->server_default) ? 10 : 0;
    const weft_schema_constraint *a = key_of(pair->found, from->name), *b = key_of(pair->wanted, to->name);
    if (a != NULL && b != NULL)
        likeness += wefti_def_same_word(a->target_table, b->target_table) ? 20 : 0;
    else if (a != NULL || b != NULL)
        likeness -= 10;
    return likeness < 0 ? 0 : likeness > 100 ? 100 : likeness;
}

static int table_likeness(wefti_comparing *c, const weft_schema_table *from, const weft_schema_table *to)
{
    size_t common = 0;
    for (size_t i = 0; i < from->column_count; i++) {
        const weft_schema_column *column = wefti_def_find_column(to, from->columns[i].name);
        common += column != NULL && wefti_comparing_same_type(c, NULL, column, &from->columns[i]);
    }
    const size_t all = from->column_count + to->column_count - common;
    return all == 0 ? 0 : (int)(75 * common / all) + 25 * same_names(from->name, to->name) / 100;
}

static void note(wefti_comparing *c, weft_rename one)
{
    wefti_candidates *list = c->candidates;
    const char *const texts[] = {one.schema, one.table, one.from, one.to};
    const char *copies[4] = {NULL};
    if (list->count == list->room) {
        const size_t room = list->room == 0 ? 8 : 2 * list->room;
        weft_rename *items = wefti_arena_alloc(c->candidate_arena, room * sizeof *items);
        if (items == NULL) {
            wefti_comparing_no_memory(c);
            return;
        }
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->room = room;
    }
    for (int i = 0; i < 4; i++)
        if (texts[i] != NULL && (copies[i] = wefti_arena_strdup(c->candidate_arena, texts[i])) == NULL) {
            wefti_comparing_no_memory(c);
            return;
        }
    list->items[list->count++] = (weft_rename){copies[0], copies[1], copies[2], copies[3], one.likeness};
}

static void note_columns(wefti_comparing *c, const wefti_pair *pair)
{
    for (size_t i = 0; i < pair->found->column_count; i++) {
        const weft_schema_column *from = &pair->found->columns[i], *best = NULL;
        int most = COLUMN_LIKENESS - 1;
        if (wefti_def_find_column(pair->wanted, from->name) != NULL)
            continue;
        for (size_t k = 0; k < pair->wanted->column_count; k++) {
            const weft_schema_column *to = &pair->wanted->columns[k];
            const int likeness = wefti_def_find_column(pair->found, to->name) == NULL ? column_likeness(c, pair, from, to) : 0;
            if (likeness > most) {
                most = likeness;
                best = to;
            }
        }
        if (best != NULL)
            note(c, (weft_rename){pair->wanted->schema, pair->wanted->name, from->name, best->name, most});
    }
}

void wefti_comparing_candidates(wefti_comparing *c)
{
    for (size_t i = 0; i < c->found_count; i++) {
        const weft_schema_table *from = &c->found[i], *best = NULL;
        int most = TABLE_LIKENESS - 1;
        if (from->kind != WEFT_RELATION_TABLE || wanted_table(c, from->schema, from->name) != NULL)
            continue;
        for (size_t k = 0; k < c->wanted->table_count; k++) {
            const weft_schema_table *to = &c->wanted->tables[k];
            const bool is_new = to->kind == WEFT_RELATION_TABLE && wefti_def_same_word(to->schema, from->schema) &&
                                found_table(c, to->schema, to->name) == NULL;
            const int likeness = is_new ? table_likeness(c, from, to) : 0;
            if (likeness > most) {
                most = likeness;
                best = to;
            }
        }
        if (best != NULL)
            note(c, (weft_rename){from->schema, NULL, from->name, best->name, most});
    }
    for (size_t i = 0; i < c->pair_count; i++)
        if (c->pairs[i].wanted->kind == WEFT_RELATION_TABLE)
            note_columns(c, &c->pairs[i]);
}
