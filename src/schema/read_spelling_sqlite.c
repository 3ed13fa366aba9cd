/* How SQLite reads texts: it keeps what was typed, so two that mean the same are told by the programs that it compiles them to, on
 * temporary tables like those that were compared. A program is printed without its blobs, and with fifteen digits of a number, so
 * those are compared as they are written. */
#include "schema/reading.h"
#include "schema/speller.h"

#include <stdio.h>
#include <string.h>

static void begin(wefti_speller *s) { (void)s; }

/* ---- programs ---- */

enum { ROW_OPCODE = 1, ROW_P1, ROW_P2, ROW_P3, ROW_P4, ROW_P5, ROW_END };

typedef struct printing {
    wefti_text *program;
    bool one_table;
} printing;

static bool is_word(const weft_value *cell, const char *word)
{
    return !cell->is_null && cell->as.s.size == strlen(word) && memcmp(cell->as.s.data, word, cell->as.s.size) == 0;
}

/* Which schema a program is of, and where its table lies, changes from one scratch to the next. */
static weft_status take_step(void *context, const weft_value *cells, weft_error *error)
{
    const printing *to = context;
    wefti_text *program = to->program;
    (void)error;
    if (is_word(&cells[ROW_OPCODE], "Transaction"))
        return WEFT_OK;
    const int place = to->one_table && is_word(&cells[ROW_OPCODE], "OpenRead") ? ROW_P2 : ROW_END;
    for (int i = ROW_OPCODE; i < ROW_END; i++) {
        if (i == place)
            continue;
        wefti_text_add_char(program, ' ');
        if (cells[i].is_null)
            wefti_text_add_char(program, '-');
        else if (cells[i].type == WEFT_TEXT)
            wefti_text_add_bytes(program, cells[i].as.s.data, cells[i].as.s.size);
        else
            wefti_text_add_int(program, cells[i].as.i);
    }
    wefti_text_add_char(program, '\n');
    return WEFT_OK;
}

static weft_status take_name(void *context, const weft_value *cells, weft_error *error)
{
    wefti_text *names = context;
    (void)error;
    if (!cells[0].is_null)
        wefti_text_add_bytes(names, cells[0].as.s.data, cells[0].as.s.size);
    wefti_text_add_char(names, '\n');
    return WEFT_OK;
}

/* What the program does not tell. */
static void add_literals(const wefti_speller *s, wefti_text *to, const char *sql)
{
    enum { EXACT = 15 };
    for (const char *at = sql;;) {
        const char *start = at;
        const wefti_sql_token kind = wefti_sql_next(s->ddl->rules, &at);
        if (kind == WEFTI_SQL_END)
            return;
        const bool blob = kind == WEFTI_SQL_STRING && *start != '\'';
        if (!blob && (kind != WEFTI_SQL_NUMBER || at - start <= EXACT))
            continue;
        for (; start < at; start++)
            wefti_text_add_char(to, *start >= 'A' && *start <= 'Z' ? (char)(*start + ('a' - 'A')) : *start);
        wefti_text_add_char(to, '\n');
    }
}

static void ask(wefti_speller *s, const char *sql, wefti_read_row on_row, void *context)
{
    const wefti_asker *asker = &s->scratch->asker;
    if (s->status == WEFT_OK)
        s->status = asker->ask(asker->context, sql, NULL, 0, on_row, context, s->error);
}

/* The program of a SELECT, which is tried first: where it does not compile there is no answer. answer has what else tells it. */
static void ask_program(wefti_speller *s, size_t item, wefti_text *select, wefti_text *answer)
{
    wefti_text attempt;
    wefti_text_init(&attempt, 0);
    wefti_text_add(&attempt, select->failed ? "" : select->data);
    attempt.failed = attempt.failed || select->failed;
    if (wefti_speller_attempt(s, &attempt)) {
        printing to = {answer, s->items[item]->as != WEFTI_SPELT_VIEW};
        ask(s, select->data, take_step, &to);
        add_literals(s, answer, s->items[item]->text);
        if (answer->failed)
            wefti_speller_no_memory(s);
        else if (s->status == WEFT_OK)
            wefti_speller_answer(s, item, answer->data, answer->size);
    }
    wefti_text_deinit(select);
    wefti_text_deinit(answer);
}

/* ---- texts of tables ---- */

static void ask_expression(wefti_speller *s, size_t item)
{
    const wefti_spelt *asked = s->items[item];
    wefti_text select, answer;
    if (asked->as == WEFTI_SPELT_TYPE || asked->as == WEFTI_SPELT_EXCLUSION)
        return;
    wefti_text_init(&select, 0);
    wefti_text_init(&answer, 0);
    wefti_text_add_format(&select, "EXPLAIN SELECT (%s)", asked->text);
    if (asked->as != WEFTI_SPELT_DEFAULT) {
        wefti_text_add(&select, " FROM temp.");
        wefti_add_identifier(&select, asked->table);
    }
    ask_program(s, item, &select, &answer);
}

static void tables(wefti_speller *s)
{
    for (size_t t = 0; t < s->relation_count && s->status == WEFT_OK; t++) {
        wefti_speller_relation *relation = &s->relations[t];
        wefti_text text;
        if (!relation->in || wefti_ddl_is_view(relation->table))
            continue;
        wefti_text_init(&text, 0);
        wefti_text_add(&text, "CREATE TEMP TABLE ");
        wefti_add_identifier(&text, relation->table->name);
        wefti_text_add(&text, " (");
        if (wefti_speller_add_columns(s, &text, relation)) {
            wefti_text_add_char(&text, ')');
            relation->made = wefti_speller_attempt(s, &text);
        } else {
            wefti_text_deinit(&text);
        }
    }
    for (size_t i = 0; i < s->item_count && s->status == WEFT_OK; i++) {
        const wefti_speller_relation *relation = s->items[i]->as != WEFTI_SPELT_VIEW ? s->tables[i] : NULL;
        if (relation != NULL && relation->made)
            ask_expression(s, i);
    }
}

/* ---- views ---- */

static bool make_view(wefti_speller *s, const char *name, const weft_schema_table *columns, const char *select)
{
    wefti_text text;
    wefti_text_init(&text, 0);
    wefti_text_add(&text, "CREATE TEMP VIEW ");
    wefti_add_identifier(&text, name);
    for (size_t i = 0; columns != NULL && i < columns->column_count; i++) {
        wefti_text_add(&text, i == 0 ? " (" : ", ");
        wefti_add_identifier(&text, columns->columns[i].name);
    }
    wefti_text_add(&text, columns != NULL && columns->column_count > 0 ? ") AS " : " AS ");
    wefti_text_add(&text, select);
    return wefti_speller_attempt(s, &text);
}

/* The names of what it shows do not stand in a view's SELECT. */
static const weft_schema_table *columns_of(const wefti_speller_relation *relation, const wefti_spelt *asked)
{
    return relation == NULL ? NULL : asked->of_found ? relation->found : relation->table;
}

static void view(wefti_speller *s, wefti_speller_relation *relation)
{
    relation->made = make_view(s, relation->table->name, relation->table, relation->table->definition);
}

static void ask_view(wefti_speller *s, size_t item)
{
    const wefti_spelt *asked = s->items[item];
    const wefti_speller_relation *relation = s->tables[item];
    char name[32];
    wefti_text select, answer;
    (void)snprintf(name, sizeof name, "weft_ask_%zu", item);
    if (!make_view(s, name, columns_of(relation, asked), asked->text))
        return;
    wefti_text_init(&select, 0);
    wefti_text_add_format(&select, "SELECT * FROM %s LIMIT 0", name);
    if (!wefti_speller_attempt(s, &select)) /* what a view reads is looked for when it is used */
        return;
    wefti_text_init(&select, 0);
    wefti_text_init(&answer, 0);
    wefti_text_add_format(&select, "SELECT name FROM pragma_table_info('%s') ORDER BY cid", name);
    if (select.failed)
        wefti_speller_no_memory(s);
    else
        ask(s, select.data, take_name, &answer);
    wefti_text_clear(&select);
    wefti_text_add_format(&select, "EXPLAIN SELECT * FROM %s", name);
    ask_program(s, item, &select, &answer);
}

static void finish(wefti_speller *s) { (void)s; }

const wefti_speller_ways wefti_speller_sqlite = {begin, tables, view, ask_view, NULL, finish, NULL};
