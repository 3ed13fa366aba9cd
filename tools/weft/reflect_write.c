/* Models as C: a header with the structs, and a source with what they say of the database. */
#include "reflect.h"

#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

/* The size of the character in UTF-8, or 0 where there is none. Those that change the direction of a text are none in a comment. */
static size_t character(const unsigned char *at)
{
    const size_t size = *at < 0x80                  ? 1
                        : *at >= 0xc2 && *at < 0xe0 ? 2
                        : *at >= 0xe0 && *at < 0xf0 ? 3
                        : *at >= 0xf0 && *at < 0xf5 ? 4
                                                    : 0;
    for (size_t i = 1; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    if (size == 3 && at[0] == 0xe2 &&
        ((at[1] == 0x80 && at[2] >= 0xaa && at[2] <= 0xae) || (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9)))
        return 0;
    return size;
}

/* A text in a comment: on one line, and never its end. */
static void write_remark(FILE *out, const char *text)
{
    char before = ' ';
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0';) {
        const size_t size = character(at);
        if ((before == '*' && *at == '/') || (before == '/' && *at == '*'))
            fputc(' ', out);
        before = (char)*at;
        if (size == 0 || ascii_control(*at) != 0)
            fputc(size == 0 ? '?' : ' ', out);
        else
            fwrite(at, 1, size, out);
        at += size > 0 ? size : 1;
    }
}

static void write_names(FILE *out, const char *const *names)
{
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        fputs(i > 0 ? ", " : "", out);
        write_remark(out, names[i]);
    }
}

/* ---- lists of names within strings ---- */

/* A name as lists in models take it. */
static char *listed(const char *name)
{
    const size_t plain = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    const bool word = name[plain] == '\0' && ascii_compare_n(name, "desc", 4) != 0 && ascii_compare_n(name, "asc", 3) != 0;
    return word ? copy_of(name) : sql_quoted(name);
}

static char *list_of(const char *const *names)
{
    char *list = NULL;
    for (; names != NULL && *names != NULL; names++) {
        char *name = listed(*names);
        append(&list, name);
        free(name);
    }
    return list != NULL ? list : copy_of("");
}

/* "table(a, b)", "schema.table(a, b)", and ".table(a, b)" in a model of another schema, which is looked into first. */
static char *place_of(const reflection *r, const model *m, const char *schema, const char *table, const char *inner)
{
    char *name = listed(table), *said = schema_to_say(r, schema) != NULL ? listed(schema) : copy_of("");
    const bool qualified = *said != '\0' || schema_to_say(r, m->table->schema) != NULL;
    char *made = text_of("%s%s%s(%s)", said, qualified ? "." : "", name, inner);
    free(said);
    free(name);
    return made;
}

static void write_option(FILE *out, const char *option, const char *text)
{
    if (text == NULL)
        return;
    fprintf(out, ", .%s = ", option);
    write_c_text(out, text);
}

/* ---- the header ---- */

static void write_guard(FILE *out, const reflection *r)
{
    const char *slash = strrchr(r->base, '/');
    char *name = name_of_field(slash != NULL ? slash + 1 : r->base);
    for (char *c = name; *c != '\0'; c++)
        *c = (char)ascii_to_upper((unsigned char)*c);
    fprintf(out, "#ifndef %s%s_H\n#define %s%s_H\n", *name == '_' ? "MODELS" : "", name, *name == '_' ? "MODELS" : "", name);
    free(name);
}

static void write_enum(FILE *out, reflection *r, size_t i)
{
    const weft_schema_enum *values = &r->enums[i];
    if (r->enum_types[i] == NULL)
        return;
    fprintf(out, "\ntypedef enum %s {\n", r->enum_types[i]);
    for (size_t k = 0; values->values[k] != NULL; k++) {
        char *wanted = name_of_value(r->enum_types[i], values->values[k]), *name = name_unique(&r->types, wanted);
        fprintf(out, "    %s%s", name, values->values[k + 1] != NULL ? "," : "");
        fputs(" /* ", out);
        write_remark(out, values->values[k]);
        fputs(" */\n", out);
        free(name);
        free(wanted);
    }
    fprintf(out, "} %s;\n", r->enum_types[i]);
}

static const char *type_of(const reflection *r, const field *f)
{
    return f->values != NULL && !f->optional && !f->column->array ? r->enum_types[f->values - r->enums] : f->type;
}

static void write_field(FILE *out, const reflection *r, const field *f)
{
    const char *type = type_of(r, f);
    const bool pointer = type[strlen(type) - 1] == '*';
    fprintf(out, "    %s%s%s;", type, pointer ? "" : " ", f->name);
    if (f->values != NULL && (f->optional || f->column->array))
        fprintf(out, " /* %s */", r->enum_types[f->values - r->enums]);
    if (f->column->comment != NULL) {
        fputs(" /* ", out);
        write_remark(out, f->column->comment);
        fputs(" */", out);
    }
    fputc('\n', out);
}

static void write_relation_field(FILE *out, const relation *one)
{
    if (one->kind == BELONGS_TO || one->kind == HAS_ONE)
        fprintf(out, "    const %s *%s;\n", one->target->type, one->name);
    else
        fprintf(out, "    %s_list %s;\n", one->target->type, one->name);
}

static void write_table_remark(FILE *out, const model *m)
{
    if (m->table->comment == NULL && m->mapped)
        return;
    fputs("\n/* ", out);
    if (!m->mapped) {
        write_remark(out, m->table->name);
        fprintf(out, ": %s. Its rows are read by the text in %s.%s", m->why, m->select, m->table->comment != NULL ? " " : "");
    }
    if (m->table->comment != NULL)
        write_remark(out, m->table->comment);
    fputs(" */", out);
}

static void write_struct(FILE *out, const reflection *r, const model *m)
{
    write_table_remark(out, m);
    fprintf(out, "\n%sstruct %s {\n", m->mapped ? "" : "typedef ", m->type);
    for (size_t i = 0; i < m->table->column_count; i++)
        if (m->fields[i].name != NULL)
            write_field(out, r, &m->fields[i]);
    for (size_t i = 0; i < m->relation_count; i++)
        write_relation_field(out, &m->relations[i]);
    if (m->mapped)
        fputs("};\n", out);
    else
        fprintf(out, "} %s;\n", m->type);
}

/* What rows without a model are read by: weft_text_rows(s, FilmList, film_list_select, NULL). */
static void write_row(FILE *out, const model *m)
{
    fprintf(out, "#ifndef __cplusplus\nWEFT_ROW(%s", m->type);
    for (size_t i = 0; i < m->table->column_count; i++)
        fprintf(out, ",%sWEFT_FIELD(%s, %s)", i % 4 == 0 ? "\n         " : " ", m->type, m->fields[i].name);
    fprintf(out, ");\n#endif\nextern const char %s[];\n", m->select);
}

static bool has_fields(const model *m)
{
    for (size_t i = 0; i < m->table->column_count; i++)
        if (m->fields[i].name != NULL)
            return true;
    return false;
}

void write_header(FILE *out, const reflection *r)
{
    fputs("/* Models of a database, written by weft reflect. They are yours now: what is written here is what weft keeps. */\n",
          out);
    write_guard(out, r);
    fputs("\n#include <weft/weft.h>\n\nWEFT_BEGIN_DECLS\n\n", out);
    for (size_t i = 0; i < r->count; i++)
        if (r->models[i].mapped)
            fprintf(out, "WEFT_DECLARE(%s);\n", r->models[i].type);
    fprintf(out, "\nextern const weft_metadata %s;\n", r->symbol);
    for (size_t i = 0; i < r->enum_count; i++)
        write_enum(out, (reflection *)(uintptr_t)r, i);
    for (size_t i = 0; i < r->count; i++)
        if (has_fields(&r->models[i])) {
            write_struct(out, r, &r->models[i]);
            if (!r->models[i].mapped)
                write_row(out, &r->models[i]);
        }
    fputs("\nWEFT_END_DECLS\n\n#endif\n", out);
}

/* ---- what stays as it is ---- */

static void begin_kept(FILE *out, bool *any, const char *what, const char *name)
{
    fputs(*any ? ";\n   " : "/* Not said here, and left as it is:\n   ", out);
    *any = true;
    fputs(what, out);
    if (name != NULL) {
        fputc(' ', out);
        write_remark(out, name);
    }
}

static void keep(FILE *out, bool *any, const char *what, const char *name, const char *detail)
{
    begin_kept(out, any, what, name);
    if (detail != NULL) {
        fputs(": ", out);
        write_remark(out, detail);
    }
}

static void keep_columns(FILE *out, const reflection *r, const model *m, bool *any)
{
    for (size_t i = 0; i < m->table->column_count; i++) {
        const weft_schema_column *column = &m->table->columns[i];
        if (m->fields[i].name == NULL) {
            keep(out, any, "the column", column->name, m->fields[i].why);
            fputs(column->generated != NULL ? " as " : "", out);
            write_remark(out, column->generated != NULL ? column->generated : "");
            continue;
        }
        if (column->collation != NULL)
            keep(out, any, "the collation of", column->name, column->collation);
        if (column->identity && !m->fields[i].counted && !r->sqlite)
            keep(out, any, "the identity of", column->name,
                 column->identity_always ? "the database takes no other values" : "models give such a key themselves");
    }
}

static void keep_constraints(FILE *out, const model *m, bool *any)
{
    for (size_t i = 0; i < m->table->constraint_count; i++) {
        const weft_schema_constraint *one = &m->table->constraints[i];
        const char *name = one->name != NULL ? one->name : "without a name";
        if (!m->said[i]) {
            begin_kept(out, any, one->kind == WEFT_CONSTRAINT_FOREIGN_KEY ? "the foreign key" : "the constraint", name);
            fputs(": ", out);
            write_remark(out, one->expression != NULL ? one->expression : "");
            write_names(out, one->columns);
            if (one->kind == WEFT_CONSTRAINT_FOREIGN_KEY) {
                fputs(" to ", out);
                write_remark(out, one->target_table);
            }
            continue;
        }
        if (one->not_valid)
            keep(out, any, "of the constraint", name, "it is not valid for older rows");
    }
}

static void keep_index(FILE *out, const reflection *r, const model *m, const weft_schema_index *index, bool *any)
{
    bool more = index->include != NULL || index->nulls_not_distinct;
    const char *why = why_not_index(r, m, index);
    if (why == NULL && says_all_of_index(r, index))
        return;
    for (size_t p = 0; p < index->part_count; p++) {
        const weft_schema_part *part = &index->parts[p];
        more = more || part->collation != NULL || part->operator_class != NULL || part->nulls != WEFT_NULLS_DEFAULT;
    }
    if (why == NULL && !more)
        return;
    begin_kept(out, any, why != NULL ? "the index" : "of the index", index->name);
    fputs(": ", out);
    if (why == NULL) {
        fputs("what else it says of its columns", out);
        return;
    }
    if (index->method != NULL)
        fprintf(out, "USING %s ", index->method);
    for (size_t p = 0; p < index->part_count; p++) {
        fputs(p > 0 ? ", " : "(", out);
        write_remark(out, index->parts[p].column != NULL ? index->parts[p].column : index->parts[p].expression);
    }
    fputs(")", out);
}

static bool says_autoincrement(const model *m)
{
    for (size_t i = 0; i < m->table->column_count; i++)
        if (m->fields[i].autoincrement)
            return true;
    return false;
}

static void write_kept(FILE *out, const reflection *r, const model *m)
{
    bool any = false;
    if (m->table->strict && !m->mapped)
        begin_kept(out, &any, "the table is STRICT", NULL);
    if (m->table->without_rowid && !m->mapped)
        begin_kept(out, &any, "the table is WITHOUT ROWID", NULL);
    keep_columns(out, r, m, &any);
    keep_constraints(out, m, &any);
    for (size_t i = 0; i < m->table->index_count; i++)
        keep_index(out, r, m, &m->table->indexes[i], &any);
    for (const char *const *kept = m->table->kept; kept != NULL && *kept != NULL; kept++) {
        if (m->mapped && says_autoincrement(m) && is_counting_on(*kept))
            continue;
        begin_kept(out, &any, "beside the table:", NULL);
        fputc(' ', out);
        write_remark(out, *kept);
    }
    if (any)
        fputs(" */\n", out);
}

/* ---- the source ---- */

static void write_enum_names(FILE *out, const reflection *r, size_t i)
{
    if (r->enum_types[i] == NULL)
        return;
    char *word = name_as_word(r->enum_types[i]);
    fprintf(out, "\nstatic const char *const %s_values[] = {", word);
    for (size_t k = 0; r->enums[i].values[k] != NULL; k++) {
        fputs(k > 0 ? ", " : "", out);
        write_c_text(out, r->enums[i].values[k]);
    }
    fputs("};\n", out);
    free(word);
}

static void write_number(FILE *out, const char **before, const char *word, int64_t value, bool zero)
{
    if (zero)
        fprintf(out, "%s.%s_is_zero = true", *before, word);
    else if (value == INT64_MIN) /* which is no literal */
        fprintf(out, "%s.%s = INT64_MIN", *before, word);
    else if (value != 0)
        fprintf(out, "%s.%s = %lld", *before, word, (long long)value);
    else
        return;
    *before = ", ";
}

static void write_counting(FILE *out, const weft_counting *c)
{
    const char *before = ", .counting = {";
    if (!says_counting(c))
        return;
    write_number(out, &before, "start", c->start, c->start_is_zero);
    write_number(out, &before, "increment", c->increment, false);
    write_number(out, &before, "minimum", c->minimum, c->minimum_is_zero);
    write_number(out, &before, "maximum", c->maximum, c->maximum_is_zero);
    write_number(out, &before, "cache", c->cache, false);
    fprintf(out, "%s%s}", c->cycle ? before : "", c->cycle ? ".cycle = true" : "");
}

/* Whether the model makes the type with its table: both stand in one schema. */
static bool makes_type(const model *m, const field *f)
{
    const char *type = f->column->enum_schema, *table = m->table->schema;
    return !is_view(m->table) && (type == NULL || table == NULL ? type == table : strcmp(type, table) == 0);
}

static void write_column(FILE *out, const reflection *r, const model *m, const field *f)
{
    if (f->values != NULL) {
        char *word = name_as_word(r->enum_types[f->values - r->enums]);
        fprintf(out, ",\n           WEFT_ENUM(%s, %s, %s_values", m->type, f->name, word);
        free(word);
    } else {
        fprintf(out, ",\n           WEFT_COLUMN(%s, %s", m->type, f->name);
    }
    if (strcmp(f->name, f->column->name) != 0)
        write_option(out, "column", f->column->name);
    fputs(f->key ? ", .primary_key = true" : "", out);
    fputs(f->not_generated ? ", .not_generated = true" : "", out);
    fputs(f->autoincrement ? ", .autoincrement = true" : "", out);
    fputs(f->nullable ? ", .nullable = true" : "", out);
    fputs(f->not_null ? ", .not_null = true" : "", out);
    if (f->values != NULL && makes_type(m, f))
        write_option(out, "native_enum", f->column->enum_type);
    else
        write_option(out, "sql_type", f->sql_type);
    if (f->sql_type == NULL && f->kind == WEFT_TEXT && f->column->length > 0)
        fprintf(out, ", .length = %d", f->column->length);
    if (f->sql_type == NULL && f->kind == WEFT_DECIMAL && f->column->precision > 0)
        fprintf(out, ", .precision = %d, .scale = %d", f->column->precision, f->column->scale);
    write_option(out, "server_default", f->server_default);
    fputs(f->zero_is_unset ? ", .zero_is_unset = true" : "", out);
    write_option(out, "generated", f->column->generated);
    write_option(out, "comment", is_view(m->table) ? NULL : f->column->comment);
    fputs(f->column->generated != NULL && f->column->stored ? ", .stored = true" : "", out);
    if (f->counted) {
        fputs(f->column->identity_always ? ", .identity_always = true" : f->key ? "" : ", .identity = true", out);
        write_counting(out, &f->column->counting);
    }
    fputc(')', out);
}

static void write_relation(FILE *out, const reflection *r, const model *m, const relation *one)
{
    static const char *const macros[] = {"WEFT_BELONGS_TO", "WEFT_HAS_MANY", "WEFT_HAS_ONE", "WEFT_MANY_TO_MANY"};
    fprintf(out, ",\n           %s(%s, %s, %s", macros[one->kind], m->type, one->name, one->target->type);
    char *list;
    if (one->kind == MANY_TO_MANY) {
        char *a = list_of(one->key->columns), *b = list_of(one->other->columns), *both = text_of("%s; %s", a, b);
        list = place_of(r, m, one->link->table->schema, one->link->table->name, both);
        free(both);
        free(b);
        free(a);
    } else {
        list = list_of(one->key->columns);
    }
    write_option(out, one->kind == MANY_TO_MANY ? "through" : "foreign_key", list);
    free(list);
    write_option(out, "back_populates", one->back);
    fputc(')', out);
}

/* Names that are given once. */
typedef struct writer {
    FILE *out;
    const reflection *r;
    name_set *schema; /* names in the schema, in small letters */
} writer;

/* schema: of which the name is one; NULL: the one that models mean, or none. */
static bool take_name(name_set *set, const char *schema, const char *name)
{
    char *small = text_of("%s%s%s", schema != NULL ? schema : "", schema != NULL ? "." : "", name);
    for (char *c = small; *c != '\0'; c++)
        *c = (char)ascii_to_lower((unsigned char)*c);
    bool free_ = true;
    for (size_t i = 0; i < set->count; i++)
        free_ = free_ && strcmp(set->names[i], small) != 0;
    if (free_)
        free(name_unique(set, small));
    free(small);
    return free_;
}

static const char *name_to_say(name_set *set, const char *schema, const char *name)
{
    return name != NULL && strlen(name) <= 63 && *name != '\0' && take_name(set, schema, name) ? name : NULL;
}

/* What weft writes for decimals of SQLite, which are texts, it writes of itself. */
static char *condition_of(const reflection *r, const model *m, const char *condition)
{
    char *text = copy_of(condition);
    for (size_t i = 0; r->sqlite && i < m->table->column_count; i++) {
        if (m->table->columns[i].type != WEFT_DECIMAL)
            continue;
        for (int with_quotes = 0; with_quotes < 2; with_quotes++) {
            const char *quote = with_quotes == 1 ? "\"" : "";
            char *name = text_of("%s%s%s", quote, m->table->columns[i].name, quote), *cast = text_of("CAST(%s AS REAL)", name);
            for (char *at = strstr(text, cast); at != NULL; at = strstr(at, cast)) {
                memcpy(at, name, strlen(name));
                memmove(at + strlen(name), at + strlen(cast), strlen(at + strlen(cast)) + 1);
                at += strlen(name);
            }
            free(cast);
            free(name);
        }
    }
    return text;
}

static void write_deferrable(FILE *out, const weft_schema_constraint *one)
{
    fputs(one->initially_deferred ? ", .initially_deferred = true" : one->deferrable ? ", .deferrable = true" : "", out);
}

static void write_reference(const writer *w, const model *m, const weft_schema_constraint *one, const char *name)
{
    const model *target = model_named(w->r, one->target_schema, one->target_table);
    const char *const *targets = one->target_columns != NULL ? one->target_columns : key_of(target->table)->columns;
    char *columns = list_of(one->columns), *inner = list_of(targets),
         *place = place_of(w->r, m, one->target_schema, one->target_table, inner);
    fprintf(w->out, ",\n           WEFT_FOREIGN_KEY(%s, ", m->type);
    write_c_text(w->out, columns);
    fputs(", ", w->out);
    write_c_text(w->out, place);
    write_option(w->out, "name", name);
    write_option(w->out, "on_delete", one->on_delete);
    write_option(w->out, "on_update", one->on_update);
    write_deferrable(w->out, one);
    fputs(one->match_full ? ", .match_full = true" : "", w->out);
    write_option(w->out, "comment", one->comment);
    fputc(')', w->out);
    free(place);
    free(inner);
    free(columns);
}

/* Weft makes names of the columns. */
static bool has_twin(const model *m, size_t number)
{
    char *own = list_of(m->table->constraints[number].columns);
    bool found = false;
    for (size_t i = 0; i < m->table->constraint_count && !found; i++) {
        char *other = i != number && m->table->constraints[i].kind == WEFT_CONSTRAINT_FOREIGN_KEY
                          ? list_of(m->table->constraints[i].columns)
                          : copy_of("");
        found = strcmp(own, other) == 0;
        free(other);
    }
    free(own);
    return found;
}

/* What PostgreSQL has beside a key, a constraint or an index. */
static void write_beside(const writer *w, const model *m, const char *const *names, const char *storage, const char *tablespace,
                         const char *comment)
{
    if (says_include(m, names)) {
        char *include = list_of(names);
        write_option(w->out, "include", include);
        free(include);
    }
    write_option(w->out, "storage", storage);
    write_option(w->out, "tablespace", tablespace);
    write_option(w->out, "comment", comment);
}

static void write_constraint(const writer *w, const model *m, const weft_schema_constraint *one, name_set *table, size_t number)
{
    char *made = NULL, *text;
    const char *name = one->kind == WEFT_CONSTRAINT_PRIMARY_KEY ? NULL : name_to_say(table, NULL, one->name);
    if (name != NULL && one->kind == WEFT_CONSTRAINT_UNIQUE)
        name = name_to_say(w->schema, schema_to_say(w->r, m->table->schema), name);
    switch (one->kind) {
    case WEFT_CONSTRAINT_FOREIGN_KEY:
        if (name == NULL && has_twin(m, number))
            name = made = text_of("fk_%.40s_%zu", m->word, number);
        write_reference(w, m, one, name);
        break;
    case WEFT_CONSTRAINT_UNIQUE:
        text = list_of(one->columns);
        fprintf(w->out, ",\n           WEFT_UNIQUE(%s, ", m->type);
        write_c_text(w->out, text);
        write_option(w->out, "name", name);
        fputs(one->nulls_not_distinct ? ", .nulls_not_distinct = true" : "", w->out);
        write_deferrable(w->out, one);
        write_beside(w, m, one->include, one->storage, one->tablespace, one->comment);
        fputc(')', w->out);
        free(text);
        break;
    case WEFT_CONSTRAINT_CHECK:
        text = condition_of(w->r, m, one->expression);
        fprintf(w->out, ",\n           WEFT_CHECK(%s, ", m->type);
        write_c_text(w->out, text);
        write_option(w->out, "name", name);
        write_option(w->out, "comment", one->comment);
        fputc(')', w->out);
        free(text);
        break;
    case WEFT_CONSTRAINT_PRIMARY_KEY:
        if (one->include == NULL && one->storage == NULL && one->tablespace == NULL && one->comment == NULL)
            break;
        fprintf(w->out, ",\n           WEFT_PRIMARY_KEY(%s", m->type);
        write_beside(w, m, one->include, one->storage, one->tablespace, one->comment);
        fputc(')', w->out);
        break;
    case WEFT_CONSTRAINT_EXCLUDE: break;
    }
    free(made);
}

/* As CREATE INDEX has it; all: with what else it says of the part. */
static char *part_of(const weft_schema_part *part, bool all)
{
    char *name = part->column != NULL ? listed(part->column) : text_of("(%s)", part->expression);
    char *collation = all && part->collation != NULL ? sql_quoted(part->collation) : NULL;
    const char *nulls = !all                              ? ""
                        : part->nulls == WEFT_NULLS_FIRST ? " NULLS FIRST"
                        : part->nulls == WEFT_NULLS_LAST  ? " NULLS LAST"
                                                          : "";
    const bool class_too = all && part->operator_class != NULL;
    char *made = text_of("%s%s%s%s%s%s%s", name, collation != NULL ? " COLLATE " : "", collation != NULL ? collation : "",
                         class_too ? " " : "", class_too ? part->operator_class : "", part->descending ? " DESC" : "", nulls);
    free(collation);
    free(name);
    return made;
}

static void write_index(const writer *w, const model *m, const weft_schema_index *index)
{
    if (why_not_index(w->r, m, index) != NULL)
        return;
    const bool all = says_all_of_index(w->r, index);
    char *list = NULL;
    for (size_t i = 0; i < index->part_count; i++) {
        char *part = part_of(&index->parts[i], all);
        append(&list, part);
        free(part);
    }
    fprintf(w->out, ",\n           WEFT_INDEX(%s, ", m->type);
    write_c_text(w->out, list);
    write_option(w->out, "name", name_to_say(w->schema, schema_to_say(w->r, m->table->schema), index->name));
    fputs(index->unique ? ", .unique = true" : "", w->out);
    if (all && index->method != NULL && ascii_compare(index->method, "btree") != 0)
        write_option(w->out, "method", index->method);
    if (all)
        write_beside(w, m, index->include, index->storage, index->tablespace, index->comment);
    fputs(all && index->nulls_not_distinct ? ", .nulls_not_distinct = true" : "", w->out);
    if (index->where != NULL) {
        char *where = condition_of(w->r, m, index->where);
        write_option(w->out, "where", where);
        free(where);
    }
    fputc(')', w->out);
    free(list);
}

/* Columns of the key come in its order, which is that of the model. */
static void write_columns(FILE *out, const reflection *r, const model *m)
{
    const weft_schema_constraint *key = key_of(m->table);
    for (size_t i = 0; key->columns[i] != NULL; i++)
        write_column(out, r, m, field_of(m, key->columns[i]));
    for (size_t i = 0; i < m->table->column_count; i++)
        if (m->fields[i].name != NULL && !m->fields[i].key)
            write_column(out, r, m, &m->fields[i]);
}

/* How those count from which its columns draw, where that is not as sequences do. */
static void write_sequences(FILE *out, const reflection *r, const model *m)
{
    size_t count;
    const weft_schema_sequence *sequences = weft_schema_sequences(r->schema, &count);
    for (size_t i = 0; i < count; i++) {
        if (model_that_draws(r, &sequences[i]) != m)
            continue;
        fprintf(out, ",\n           WEFT_SEQUENCE(%s, ", m->type);
        write_c_text(out, sequences[i].name);
        const char *wide = has_usual_type(r, &sequences[i]) ? NULL : "bigint";
        write_option(out, "sql_type",
                     sequences[i].type == WEFT_INT16   ? "smallint"
                     : sequences[i].type == WEFT_INT32 ? "integer"
                                                       : wide);
        write_counting(out, &sequences[i].counting);
        fputc(')', out);
    }
}

static void write_model(const writer *w, const model *m)
{
    name_set table = {0};
    fputc('\n', w->out);
    write_kept(w->out, w->r, m);
    fprintf(w->out, "WEFT_MODEL(%s, ", m->type);
    write_c_text(w->out, m->table->name);
    const bool of_a_kind = m->table->strict || m->table->without_rowid || m->table->storage != NULL ||
                           m->table->tablespace != NULL || m->table->unlogged;
    if (!is_view(m->table) && (schema_to_say(w->r, m->table->schema) != NULL || m->table->comment != NULL || of_a_kind)) {
        fprintf(w->out, ",\n           WEFT_OPTIONS(%s", m->type);
        write_option(w->out, "schema", schema_to_say(w->r, m->table->schema));
        write_option(w->out, "comment", m->table->comment);
        fputs(m->table->strict ? ", .strict = true" : "", w->out);
        fputs(m->table->without_rowid ? ", .without_rowid = true" : "", w->out);
        fputs(m->table->unlogged ? ", .unlogged = true" : "", w->out);
        write_option(w->out, "storage", m->table->storage);
        write_option(w->out, "tablespace", m->table->tablespace);
        fputc(')', w->out);
    }
    write_sequences(w->out, w->r, m);
    write_columns(w->out, w->r, m);
    for (size_t i = 0; i < m->table->constraint_count; i++)
        if (m->said[i])
            write_constraint(w, m, &m->table->constraints[i], &table, i);
    for (size_t i = 0; i < m->table->index_count; i++)
        write_index(w, m, &m->table->indexes[i]);
    for (size_t i = 0; i < m->relation_count; i++)
        write_relation(w->out, w->r, m, &m->relations[i]);
    if (is_view(m->table)) {
        char *select = view_text(w->r, m->table->definition);
        fprintf(w->out, ",\n           WEFT_OPTIONS(%s%s", m->type,
                m->table->kind == WEFT_RELATION_MATERIALIZED_VIEW ? ", .materialized = true" : "");
        write_option(w->out, "view", select);
        write_option(w->out, "schema", schema_to_say(w->r, m->table->schema));
        fputc(')', w->out);
        free(select);
    }
    fputs(");\n", w->out);
    names_free(&table);
}

/* Of a type that weft has no field for the text is read. */
static char *select_of(const model *m)
{
    char *list = NULL;
    for (size_t i = 0; i < m->table->column_count; i++) {
        const field *f = &m->fields[i];
        char *column = sql_quoted(f->column->name), *name = sql_quoted(f->name);
        char *part = f->sql_type != NULL && f->kind == WEFT_TEXT ? text_of("CAST(%s AS text) AS %s", column, name)
                                                                 : text_of("%s AS %s", column, name);
        append(&list, part);
        free(part);
        free(name);
        free(column);
    }
    char *table = sql_quoted(m->table->name), *schema = m->table->schema != NULL ? sql_quoted(m->table->schema) : copy_of("");
    char *made = text_of("SELECT %s FROM %s%s%s", list, schema, *schema != '\0' ? "." : "", table);
    free(schema);
    free(table);
    free(list);
    return made;
}

static void write_select(FILE *out, const model *m)
{
    char *text = select_of(m);
    fprintf(out, "\nconst char %s[] = ", m->select);
    if (strlen(text) > 4000)
        write_c_bytes(out, text);
    else
        write_c_text(out, text);
    fputs(";\n", out);
    free(text);
}

static void write_metadata(FILE *out, const reflection *r)
{
    size_t count = 0;
    for (size_t i = 0; i < r->count; i++)
        count += r->models[i].mapped;
    if (count == 0) {
        fprintf(out, "\nconst weft_metadata %s = {.count = 0};\n", r->symbol);
        return;
    }
    fprintf(out, "\nWEFT_METADATA(%s", r->symbol);
    for (size_t i = 0; i < r->count; i++)
        if (r->models[i].mapped)
            fprintf(out, ",\n              &%s_model", r->models[i].type);
    fputs(");\n", out);
}

void write_source(FILE *out, const reflection *r)
{
    name_set schema = {0};
    const writer w = {out, r, &schema};
    const char *slash = strrchr(r->base, '/');
    fputs("/* Models of a database, written by weft reflect: what they say of its tables. */\n#include ", out);
    char *header = text_of("%s.h", slash != NULL ? slash + 1 : r->base);
    write_c_text(out, header);
    free(header);
    fputs("\n\n#include <weft/command.h>\n", out);
    for (size_t i = 0; i < r->enum_count; i++)
        write_enum_names(out, r, i);
    for (size_t i = 0; i < r->count; i++) {
        char *key = text_of("pk_%s", r->models[i].table->name);
        const char *place = schema_to_say(r, r->models[i].table->schema);
        (void)take_name(&schema, place, r->models[i].table->name);
        (void)take_name(&schema, place, key);
        free(key);
    }
    for (size_t i = 0; i < r->count; i++)
        if (r->models[i].mapped)
            write_model(&w, &r->models[i]);
        else if (has_fields(&r->models[i]))
            write_select(out, &r->models[i]);
    write_metadata(out, r);
    fprintf(out,
            "\n/* For weft check and weft revision --autogenerate. */\nconst weft_metadata *weft_command_models(void) { return "
            "&%s; }\n",
            r->symbol);
    names_free(&schema);
}
