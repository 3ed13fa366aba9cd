/* What no struct says and the database has beside a table or a view. A trigger or a policy of PostgreSQL that names a column keeps
 * it from getting another type: they go before. Triggers, rules and options of a view go with it. They come back in the words of
 * the database. */
#include "schema/comparing.h"

#include "base/locale.h"

#include <string.h>

/* A kept text, cut: "CREATE CONSTRAINT TRIGGER name …", "POLICY name …". */
typedef struct kept_text {
    bool policy;
    const char *name, *behind; /* from the one to the other the name, as it is written */
    const char *mentions;      /* what of it names columns */
} kept_text;

static bool is_word(const char *begin, const char *end, const char *word)
{
    return strlen(word) == (size_t)(end - begin) && wefti_ascii_begins(begin, word);
}

/* Arguments of a trigger's function are texts: what names columns ends before. */
static const char *before_function(wefti_comparing *c, const char *text)
{
    static const char word[] = " EXECUTE FUNCTION ";
    const char *end = NULL;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        end = at;
    wefti_text made;
    wefti_text_init(&made, 0);
    wefti_text_add_bytes(&made, text, end != NULL ? (size_t)(end - text) : strlen(text));
    return wefti_comparing_keep(c, &made);
}

static bool cut(wefti_comparing *c, const char *text, kept_text *cut)
{
    const char *at = text;
    *cut = (kept_text){0};
    for (int words = 0; words < 3 && cut->name == NULL;) {
        const char *begin = at;
        const wefti_sql_token token = wefti_sql_next(c->ddl->rules, &at);
        if (token == WEFTI_SQL_SPACE)
            continue;
        if (token != WEFTI_SQL_NAME || (words == 0 && !is_word(begin, at, "CREATE") && !is_word(begin, at, "POLICY")))
            return false;
        cut->policy = words == 0 && is_word(begin, at, "POLICY");
        words++;
        if (!cut->policy && !is_word(begin, at, "TRIGGER"))
            continue;
        while (*at == ' ')
            at++;
        cut->name = at;
        if (wefti_sql_next(c->ddl->rules, &at) != WEFTI_SQL_NAME)
            return false;
        cut->behind = at;
    }
    if (cut->name != NULL)
        cut->mentions = cut->policy ? text : before_function(c, text);
    return cut->mentions != NULL;
}

static bool names_changing(const wefti_comparing *c, const wefti_pair *pair, const char *text)
{
    for (size_t i = 0; i < pair->found->column_count; i++)
        if ((pair->column_changes[i] || pair->column_goes[i]) &&
            wefti_def_find_column(pair->wanted, pair->found->columns[i].name) != NULL &&
            wefti_comparing_mentions(c, text, pair->found->columns[i].name))
            return true;
    return false;
}

/* The texts have the names that were before. */
static bool is_renamed(const wefti_comparing *c, const wefti_pair *pair)
{
    const weft_schema_table *was = &c->what->found->tables[pair->found - c->found];
    bool renamed = strcmp(was->name, pair->found->name) != 0;
    for (size_t i = 0; i < was->column_count; i++)
        renamed = renamed || strcmp(was->columns[i].name, pair->found->columns[i].name) != 0;
    return renamed;
}

static const char *drop_of(wefti_comparing *c, const weft_schema_table *table, const kept_text *one)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, one->policy ? "DROP POLICY " : "DROP TRIGGER ");
    wefti_text_add_bytes(&text, one->name, (size_t)(one->behind - one->name));
    wefti_text_add(&text, " ON ");
    wefti_add_qualified(&text, table->schema, table->name);
    return wefti_comparing_keep(c, &text);
}

static const char *create_of(wefti_comparing *c, const weft_schema_table *table, const char *kept, const kept_text *one)
{
    if (!one->policy)
        return wefti_comparing_found_text(c, kept);
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, "CREATE POLICY ");
    wefti_text_add_bytes(&text, one->name, (size_t)(one->behind - one->name));
    wefti_text_add(&text, " ON ");
    wefti_add_qualified(&text, table->schema, table->name);
    wefti_text_add(&text, one->behind);
    const char *made = wefti_comparing_keep(c, &text);
    return made != NULL ? wefti_comparing_found_text(c, made) : NULL;
}

/* A statement of the database's; of "WITH (security_barrier=true)" one is made. NULL: nothing that a view has. */
static const char *statement_of(wefti_comparing *c, const weft_schema_table *view, const char *kept)
{
    const bool options = wefti_ascii_begins(kept, "WITH (");
    size_t size = strlen(kept);
    if (!options && !wefti_ascii_begins(kept, "CREATE "))
        return NULL;
    while (size > 0 && strchr("; \n", kept[size - 1]) != NULL)
        size--;
    wefti_text text;
    wefti_text_init(&text, 0);
    if (options) {
        wefti_text_add(&text, view->kind == WEFT_RELATION_VIEW ? "ALTER VIEW " : "ALTER MATERIALIZED VIEW ");
        wefti_add_qualified(&text, view->schema, view->name);
        wefti_text_add(&text, " SET ");
    }
    const size_t skipped = options ? strlen("WITH ") : 0;
    wefti_text_add_bytes(&text, kept + skipped, size - skipped);
    const char *made = wefti_comparing_keep(c, &text);
    return made != NULL ? wefti_comparing_found_text(c, made) : NULL;
}

void wefti_comparing_bring_kept(wefti_comparing *c, const weft_schema_table *wanted, const weft_schema_table *found)
{
    const char *const *kept = found != NULL && found->kept != NULL ? found->kept : wanted->kept;
    for (; kept != NULL && *kept != NULL && c->status == WEFT_OK; kept++) {
        const char *sql = statement_of(c, wanted, *kept);
        if (sql != NULL)
            WEFTI_COMPARING_ADD(c, WEFTI_PHASE_CREATE_VIEWS, WEFTI_OP_EXECUTE, .of.execute = {NULL, sql});
    }
}

void wefti_comparing_move_kept(wefti_comparing *c, const wefti_pair *pair)
{
    const char *const *kept = pair->found->kept != NULL ? pair->found->kept : pair->wanted->kept;
    if (!c->ddl->adds_constraints || is_renamed(c, pair))
        return;
    for (; kept != NULL && *kept != NULL && c->status == WEFT_OK; kept++) {
        kept_text one;
        if (!cut(c, *kept, &one) || !names_changing(c, pair, one.mentions))
            continue;
        const char *drop = drop_of(c, pair->wanted, &one), *create = create_of(c, pair->wanted, *kept, &one);
        if (drop == NULL || create == NULL)
            return;
        WEFTI_COMPARING_ADD(c, WEFTI_PHASE_DROP_CONSTRAINTS, WEFTI_OP_EXECUTE, .of.execute = {NULL, drop});
        WEFTI_COMPARING_ADD(c, WEFTI_PHASE_CREATE_VIEWS, WEFTI_OP_EXECUTE, .of.execute = {NULL, create});
    }
}
